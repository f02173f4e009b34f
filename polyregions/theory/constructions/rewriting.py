"""Maxout as ReLU: the same function, with a ReLU layer in the place of each maxout layer of rank 2."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidBoxError, InvalidInputError
from ...network.box import Box
from ...network.layers import Layer, linear, relu
from ...network.network import Network
from .construction import is_float

Exact = NDArray[np.object_]  # of Fraction


def maxout_as_relu(network: Network, box: Box | None = None) -> Network:
    """Rewrite each maxout layer of rank 2 as a ReLU layer; the linear maps go into the layers that follow.

    For a unit with the pieces a and b, ``max(a, b) = a + relu(b - a)``. The first unit, ``relu(b - a)``, is
    on iff b > a: it has the state of the maxout unit. But a has to pass the layer, too.

    *With a box*, by one more unit, ``a = relu(a + c) - c`` with a constant c so large that it is on all
    over the box (by interval arithmetic through the layers, a power of two). It changes nowhere, so the
    regions in the box are the same, one for one: its state is 1, all others are those of the maxout
    network. The functions agree on the box.

    *Without*, by two, ``a = relu(a) - relu(-a)``. The functions agree everywhere, and the regions are those
    of the maxout network, cut further where some a changes its sign.

    Parameters
    ----------
    network : Network
        Its maxout units have rank 2. Other layers stay as they are.
    box : Box, optional

    Returns
    -------
    Network
        For n maxout units there are the n units ``relu(b - a)``, then the n units ``relu(a + c)``; or n
        units each of ``relu(b - a)``, ``relu(a)``, ``relu(-a)``.

    Raises
    ------
    InvalidInputError
        If a unit has another rank, or a number of the new network has no float64.
    InvalidBoxError
        If the box has another dimension than the network's input.

    Examples
    --------
    >>> tent = Network.from_arrays([([[[2], [-2]]], [[-1, 1]]), ([[1]], [0])])
    >>> maxout_as_relu(tent)
    Network(1 -> relu 3 -> linear 1)
    >>> net = maxout_as_relu(tent, Box([0], [1]))
    >>> net, net([0.25])
    (Network(1 -> relu 2 -> linear 1), array([0.5]))
    """
    if not isinstance(network, Network):
        raise InvalidInputError(f"network: expected a Network, got {type(network).__name__}")
    if box is not None and box.dim != network.input_dim:
        raise InvalidBoxError(
            f"box: it has {box.dim} dimension(s) but the network has {network.input_dim} input(s)"
        )
    # The input of a layer is M h + v, with h the output of the new layer below.
    M, v = _identity(network.input_dim)
    ends = None if box is None else (_exact(box.lower), _exact(box.upper))
    layers: list[Layer] = []
    for number, layer in enumerate(network.layers, start=1):
        W, b = _exact(layer.dense), _exact(layer.bias)
        if layer.kind == "maxout":
            if (layer.ranks != 2).any():
                unit = int(np.flatnonzero(layer.ranks != 2)[0])
                raise InvalidInputError(
                    f"layer {number}, unit {unit}: rank {int(layer.ranks[unit])}; only rank 2 is rewritten"
                )
            first, difference = W[::2], W[1::2] - W[::2]
            rows = [difference @ M, first @ M]
            constants = [difference @ v + b[1::2] - b[::2]]
            one, zero = _identity(layer.n_outputs)
            if ends is None:
                rows.append(-rows[1])
                a = first @ v + b[::2]
                constants += [a, -a]
                M, v = np.hstack([one, one, -one]), zero
            else:
                # relu(first M h + c) is on if c exceeds -first M h = first v - first y.
                lowest, _ = _range(first, 0 * b[::2], *ends)
                c = _powers_above(first @ v - lowest)
                constants.append(c)
                M, v = np.hstack([one, one]), first @ v + b[::2] - c
            layers.append(relu(_floats(number, np.vstack(rows)), _floats(number, np.concatenate(constants))))
        else:
            weight, bias = _floats(number, W @ M), _floats(number, W @ v + b)
            layers.append(Layer(weight, bias, layer.parts))
            M, v = _identity(layer.n_outputs)
        if ends is not None:
            ends = _output_range(layer, *ends)
    if network.layers[-1].kind == "maxout":
        layers.append(linear(_floats(len(network.layers), M), _floats(len(network.layers), v)))
    return Network(layers)


def _output_range(layer: Layer, lower: Exact, upper: Exact) -> tuple[Exact, Exact]:
    """Bounds of a layer's output by those of its input."""
    low, high = _range(_exact(layer.dense), _exact(layer.bias), lower, upper)
    table, ends = layer.pieces, []
    for u, (first, end) in enumerate(pairwise(table.first.tolist())):
        rows = table.row[first:end].tolist()
        if table.is_max[u]:
            ends.append((max(low[rows]), max(high[rows])))
            continue
        t = [Fraction(v) for v in table.levels[first : end - 1].tolist()]
        slopes = [Fraction(v) for v in table.slope[first:end].tolist()]
        a, c = low[rows[0]], high[rows[0]]
        # A piecewise linear function is largest, and lowest, at an end or at a breakpoint.
        places = [a, c, *(z for z in t if a < z < c)]
        states = [sum(v < z for v in t) for z in places]
        values = [slopes[s] * z + table.constants[first + s] for s, z in zip(states, places, strict=True)]
        ends.append((min(values), max(values)))
    return np.array([a for a, _ in ends], dtype=object), np.array([c for _, c in ends], dtype=object)


def _range(W: Exact, b: Exact, lower: Exact, upper: Exact) -> tuple[Exact, Exact]:
    """The range of each entry of ``W y + b`` for lower <= y <= upper."""
    up, down = (W + abs(W)) / 2, (W - abs(W)) / 2
    return up @ lower + down @ upper + b, up @ upper + down @ lower + b


def _powers_above(values: Exact) -> Exact:
    """A power of two above each number, and at least 1."""
    return np.array([Fraction(1 << int(max(v, 0)).bit_length()) for v in values], dtype=object)


def _identity(n: int) -> tuple[Exact, Exact]:
    return _exact(np.eye(n)), _exact(np.zeros(n))


def _exact(values: Sequence[float] | NDArray[np.float64]) -> Exact:
    array = np.asarray(values, dtype=np.float64)
    flat = np.empty(array.size, dtype=object)
    flat[:] = [Fraction(v) for v in array.ravel().tolist()]
    return flat.reshape(array.shape)


def _floats(number: int, values: Exact) -> NDArray[np.float64]:
    for value in values.ravel().tolist():
        if not is_float(value):
            raise InvalidInputError(
                f"layer {number}: rewritten, it has the number {value}, which is no float64: "
                "the function cannot be kept exactly"
            )
    return values.astype(np.float64)
