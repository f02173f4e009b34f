"""Arithmetic and plumbing that knows no network.

``rationals``, ``rounding``: float64 as rational numbers, and what float64 may lose. ``arrays``, ``growing``,
``indices``: names of arrays, arrays that grow, numbers of things. ``kernels``: how functions are compiled.
``files``, ``archives``, ``memory``: what may be written, read, or held. ``named``: things by their names.
"""
