"""Arithmetic and plumbing that knows no network: arrays, rationals, rounding, files, memory, kernels."""
