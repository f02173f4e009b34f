"""What is enumerated: layers, a network, its box; states, values and maps, bounded in float64 and exact."""

from __future__ import annotations

from .box import Box
from .layers import Layer, absolute, hard_tanh, leaky_relu, linear, maxout, mixed, piecewise, relu
from .network import Network

__all__ = [
    "Box",
    "Layer",
    "Network",
    "absolute",
    "hard_tanh",
    "leaky_relu",
    "linear",
    "maxout",
    "mixed",
    "piecewise",
    "relu",
]
