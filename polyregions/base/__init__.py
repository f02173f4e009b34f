"""Arithmetic and plumbing that knows no network: files, memory, kernels, making things by name."""
