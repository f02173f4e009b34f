"""The chain of layers that a network is: checked, as a key of all its bits, and in one line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..errors import InvalidNetworkError, counted
from .layers import Layer
from .numbers import arrays_of


def checked_chain(layers: Sequence[Layer]) -> tuple[Layer, ...]:
    """Return layers of which each takes the outputs of the one below, or raise InvalidNetworkError."""
    try:
        chain = tuple(layers)
    except TypeError as error:
        raise InvalidNetworkError(
            f"a network is made of a list of layers, not of {_article(type(layers).__name__)}; "
            "Network.from_arrays([(W, b), ...]) takes the weights of a model, Network.load a file"
        ) from error
    if not chain:
        raise InvalidNetworkError("a network needs at least one layer")
    for i, layer in enumerate(chain):
        if not isinstance(layer, Layer):
            raise InvalidNetworkError(
                f"layer {i + 1}: expected a Layer, got {_article(type(layer).__name__)}; "
                "Network.from_arrays([(W, b), ...]) takes the weights of a model"
            )
        if i and layer.n_inputs != chain[i - 1].n_outputs:
            raise InvalidNetworkError(
                f"layer {i + 1} has {counted(layer.n_inputs, 'input')} but layer {i} has "
                f"{counted(chain[i - 1].n_outputs, 'output')}"
            )
    return chain


def all_bits(chain: Sequence[Layer]) -> tuple[Any, ...]:
    """A key that two chains share if they are the same bit by bit; -0.0 and 0.0 differ."""
    fields: list[Any] = []
    for layer in chain:
        arrays = [*arrays_of(layer.weight), layer.bias]
        for part in layer.parts:
            fields.append(part.kind)
            arrays += [part.ranks, part.breakpoints, part.slopes]
        fields.append(tuple((a.shape, a.tobytes()) for a in arrays))
    return tuple(fields)


def described(chain: Sequence[Layer]) -> str:
    """The inputs, and the kinds and numbers of the units of each layer, in one line."""
    parts = [" + ".join(f"{part.kind} {len(part.ranks)}" for part in layer.parts) for layer in chain]
    return f"{chain[0].n_inputs} -> {' -> '.join(parts)}"


def _article(name: str) -> str:
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
