"""What a network was read from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from .layers import Layer


@dataclass(frozen=True)
class Source:
    """What a network was read from, and how.

    It is exact for the float64 network that was read: float32 and float16 weights widen without loss; where a
    number had to be rounded it was rounded once and is listed; the framework computes in its own precision
    and may differ from it near boundaries.

    Attributes
    ----------
    format : str
        "onnx", "torch", ...
    input_shape, output_shape : tuple of int
        Without the axis of the batch; inputs and outputs of the network are in C order.
    operators : mapping str -> int
        How often each operator was met, by its name in the framework.
    rounded : mapping str -> int
        How many numbers were rounded once, by what they are.
    stripped : tuple of str
        Last operators that were left out, because the caller said so.
    points : int
        At how many sample points the model's own forward pass was compared.
    largest_difference : float
        The largest difference there.
    """

    format: str
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    operators: Mapping[str, int] = field(default_factory=dict)
    rounded: Mapping[str, int] = field(default_factory=dict)
    stripped: tuple[str, ...] = ()
    points: int = 0
    largest_difference: float = 0.0


class Reading(NamedTuple):
    """What a reader makes of a file or a model."""

    layers: list[Layer]
    source: Source | None = None
