"""Layers by the names of their kinds, as they stand in files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import InvalidNetworkError, UnsupportedLayerError, short_repr
from .layers import Layer, absolute, hard_tanh, leaky_relu, linear, maxout, piecewise, relu
from .numbers import float_array

#: Activations by name, for those that need no further parameter.
PLAIN: dict[str, Callable[[Any, Any], Layer]] = {
    "relu": relu,
    "abs": absolute,
    "hard_tanh": hard_tanh,
    "linear": linear,
}

#: Every layer type by its name in files.
LAYER_TYPES = (*PLAIN, "leaky_relu", "piecewise", "maxout")


def make_layer(kind: str, weight: Any, bias: Any, /, **parameters: Any) -> Layer:
    """Build a layer from its type's name and parameters, as they stand in a file.

    Raises
    ------
    UnsupportedLayerError
        If the name is unknown.
    InvalidNetworkError
        If parameters are missing, superfluous or have bad values.
    """
    if not isinstance(kind, str) or kind not in LAYER_TYPES:
        raise UnsupportedLayerError(
            f"layer type {short_repr(kind)} is not supported; known: {', '.join(LAYER_TYPES)}"
        )
    required = {"leaky_relu": {"slope"}, "piecewise": {"breakpoints", "slopes"}}.get(kind, set())
    if set(parameters) != required:
        missing = sorted(required - set(parameters))
        extra = [short_repr(name) for name in sorted(set(parameters) - required)]
        parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(extra)}"] * bool(
            extra
        )
        raise InvalidNetworkError(f"{kind} layer: {'; '.join(parts)}")
    if kind == "maxout":
        return maxout(weight, bias)
    if kind == "piecewise":
        return piecewise(weight, bias, **parameters)
    if kind == "leaky_relu":
        slope = parameters["slope"]
        slope = float_array("leaky_relu slope", slope, 1 if np.ndim(slope) else 0)
        return leaky_relu(weight, bias, slope if slope.ndim else float(slope))
    return PLAIN[kind](weight, bias)


def make_layers(
    arrays: Sequence[tuple[Any, Any]], activation: str, parameters: dict[str, Any]
) -> list[Layer]:
    """The layers of :meth:`polyregions.Network.from_arrays`."""
    try:
        pairs = list(arrays)
    except TypeError as error:
        raise InvalidNetworkError("a network is made of a list of pairs (weight, bias)") from error
    if not pairs:
        raise InvalidNetworkError("a network needs at least one layer")
    if activation not in LAYER_TYPES:
        raise UnsupportedLayerError(
            f"activation {short_repr(activation)} is not supported; known: {', '.join(LAYER_TYPES)}"
        )
    layers = []
    for i, pair in enumerate(pairs):
        try:
            W, b = pair
        except (TypeError, ValueError) as error:
            raise InvalidNetworkError(f"layer {i + 1}: expected a pair (weight, bias)") from error
        if b is None:
            raise InvalidNetworkError(f"layer {i + 1}: bias is None; give zeros to a layer without bias")
        last = i == len(pairs) - 1
        kind = "maxout" if _depth(W) == 3 else "linear" if last else activation
        try:
            layers.append(make_layer(kind, W, b, **(parameters if kind == activation else {})))
        except InvalidNetworkError as error:
            raise type(error)(f"layer {i + 1}: {error}") from error
    return layers


def _depth(values: Any) -> int:
    """Depth of nesting (4 is deepest) of an array or of nested lists, by their first entries."""
    depth = 0
    while isinstance(values, list | tuple) and depth < 4:
        depth += 1
        values = values[0] if values else None
    return depth + int(getattr(values, "ndim", 0))
