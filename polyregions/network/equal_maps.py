"""Which activation patterns have the same affine map, decided exactly and for a million patterns at once.

Over the integers the map of every pattern has the same denominator: the product of the powers of two by which
the layers are scaled (:mod:`polyregions.network.exact`). So two maps are equal iff their whole numerators
are. And those need not be known:

* if they differ modulo some prime, they differ;
* if they agree modulo primes whose product exceeds 2 h, and no numerator exceeds h in magnitude, they agree
  (the Chinese remainder theorem: the difference is a multiple of the product, and too small for another one
  than zero).

Residues are computed layer by layer for all patterns, as :mod:`polyregions.network.maps` does it with
rounded numbers. The primes are so small that all sums of products stay below 2^53, where float64 computes
exactly, in any order (:mod:`polyregions.network.row_sums`). In general position the first prime tells
nearly all maps apart, and only what is left over goes through the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isqrt
from typing import Any

import numpy as np
from flint import fmpz
from numpy.typing import NDArray

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.rationals import common_integers, dyadic
from .layers import Layer
from .runs import Runs

#: Numbers that are worked on at once.
TOGETHER = 2**20


def map_labels(layers: Sequence[Layer], states: StateArray) -> IntArray:
    """Number the affine maps of patterns: two labels are equal iff the maps are.

    Parameters
    ----------
    layers : sequence of Layer
        Of the network.
    states : uint8 (n, units)
        Patterns.

    Returns
    -------
    int64 (n,)
        0, 1, ... in the order in which the maps appear.

    Examples
    --------
    >>> from polyregions.network.layers import linear, relu
    >>> net = [relu([[1.0], [-1.0]], [0.0, 0.0]), linear([[1.0, -1.0]], [0.0])]   # relu(x) - relu(-x) = x
    >>> map_labels(net, np.array([[0, 1], [1, 0], [0, 0]], dtype=np.uint8)).tolist()
    [0, 0, 1]
    """
    whole = [_WholeLayer(layer) for layer in layers]
    widest = max(layer.table.shape[1] for layer in whole)
    labels, made = np.zeros(len(states), dtype=np.int64), 1
    undecided, product, enough = np.arange(len(states)), 1, 2 * _largest_numerator(whole)
    for prime in _primes(isqrt(int(0.9 * 2**55 / widest))):
        residues = _residues([_Residues(layer, prime) for layer in whole], states[undecided], prime)
        groups = labels[undecided]
        for column in residues.T:
            groups = np.unique(groups * prime + column, return_inverse=True)[1]
        labels[undecided] = made + groups
        made += len(states)
        product *= prime
        if product > enough:
            break
        undecided = undecided[np.bincount(groups)[groups] > 1]
        if undecided.size == 0:
            break
    return in_order(labels)


def in_order(labels: IntArray) -> IntArray:
    """Renumber labels 0, 1, ... in the order in which they appear."""
    _, first, group = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(first.size, dtype=np.int64)
    rank[np.argsort(first)] = np.arange(first.size)
    return rank[group]


def join(n: int, pairs: IntArray) -> IntArray:
    """Label the connected components of a graph with n nodes and these edges, in order; int64 (n,)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    graph = coo_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return in_order(np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64))


class _WholeLayer:
    """A layer over the integers, as arrays of Python's.

    ``table (rows, inputs + 1)`` has the weights and biases times ``unit``; ``slopes`` and ``constants``, one
    for each entry of the table of pieces, are times ``scale``.
    """

    def __init__(self, layer: Layer) -> None:
        numbers, exponent = dyadic(np.concatenate([layer.dense, layer.bias[:, None]], axis=1))
        self.layer, self.unit = layer, 1 << exponent
        self.table: NDArray[Any] = np.array(numbers, dtype=object).reshape(layer.n_rows, -1)
        (slopes, constants), self.scale = common_integers(layer.pieces.slope.tolist(), layer.pieces.constants)
        self.slopes: NDArray[Any] = np.array(slopes, dtype=object)
        self.constants: NDArray[Any] = np.array(constants, dtype=object)


def _largest_numerator(layers: list[_WholeLayer]) -> int:
    """A bound for the magnitudes of the numerators of all maps."""
    heights: NDArray[Any] = np.ones(layers[0].table.shape[1] - 1, dtype=object)
    denominator = 1
    for layer in layers:
        sizes = abs(layer.table)
        heights = sizes[:, :-1] @ heights + sizes[:, -1] * denominator
        denominator *= layer.unit
        pieces = layer.layer.pieces
        largest = abs(layer.slopes) * heights[pieces.row] + abs(layer.constants) * denominator
        heights = np.maximum.reduceat(largest, pieces.first[:-1])
        denominator *= layer.scale
    return int(max(heights))


def _primes(largest: int) -> Iterator[int]:
    """Primes from ``largest`` downwards."""
    return (n for n in range(largest, 1, -1) if fmpz(n).is_prime())


class _Residues:
    """A layer modulo a prime: numbers in float64, of magnitude at most half the prime."""

    def __init__(self, whole: _WholeLayer, prime: int) -> None:
        from .layer_arrays import Columns  # loads kernels

        table = _residue(whole.table, prime)
        self.layer, self.unit, self.scale = whole.layer, whole.unit, whole.scale
        self.columns, self.bias = Columns.of(table[:, :-1]), table[:, -1]
        self.slopes, self.constants = _residue(whole.slopes, prime), _residue(whole.constants, prime)
        self.is_plain = bool((np.abs(self.slopes) <= 1.0).all()) and not self.constants.any()


def _residue(values: NDArray[Any], prime: int) -> FloatArray:
    """Residues of whole numbers, of least magnitude."""
    half = prime // 2
    return np.asarray((values + half) % prime - half, dtype=np.float64)


def _reduce(values: FloatArray, prime: int) -> None:
    """Reduce whole numbers below 2^53 in place, to at most 0.51 primes: quotients are hardly off."""
    values -= np.rint(values * (1.0 / prime)) * prime


def _residues(layers: list[_Residues], states: StateArray, prime: int) -> NDArray[np.int32]:
    """Numerators of the maps modulo a prime, from 0 on; (n, (d + 1) outputs)."""
    d = layers[0].layer.n_inputs
    width = max(d, *(layer.layer.n_rows for layer in layers))
    chunk = max(1, TOGETHER // (width * (d + 1)))
    parts = [_chunk(layers, states[i : i + chunk], d, prime) for i in range(0, len(states), chunk)]
    return np.concatenate(parts)


def _chunk(layers: list[_Residues], states: StateArray, d: int, prime: int) -> NDArray[np.int32]:
    from .maps import units_of  # loads kernels, as those below
    from .row_sums import row_maps
    from .unit_maps import plain_maps

    runs, denominator = Runs(states), 1
    below = plain_maps(np.eye(d + 1, d)[None])
    for layer in layers:
        z = np.empty((len(below.parent), d + 1, layer.layer.n_rows))
        # Sums of whole numbers below 2^53: nothing needs rounding.
        row_maps(below, np.zeros((len(below.maps), d + 1)), layer.columns, z)
        z[:, d] += _times(layer.bias, denominator, prime)
        _reduce(z, prime)
        denominator = denominator * layer.unit % prime
        before, own = runs.after(layer.layer)
        if layer.is_plain and layer is not layers[-1]:
            below = units_of(layer.layer, z, before, own)._replace(
                slopes=layer.slopes, constants=layer.constants
            )
        else:
            below = plain_maps(_outputs(layer, z[before], own, denominator, prime))
        denominator = denominator * layer.scale % prime
    numerators = below.maps.reshape(len(below.maps), -1).astype(np.int64) % prime
    return np.asarray(numerators.astype(np.int32)[runs.of])


def _outputs(layer: _Residues, z: FloatArray, states: StateArray, denominator: int, prime: int) -> FloatArray:
    """Residues of a layer's outputs (n, d + 1, outputs) from those of its rows."""
    entry = layer.layer.pieces.entries(states)
    if not layer.layer.has_row_each:
        z = np.take_along_axis(z, layer.layer.pieces.row[entry][:, None, :], axis=2)
    z *= layer.slopes[entry][:, None, :]
    if not layer.is_plain:
        _reduce(z, prime)
        z[:, -1] += _times(layer.constants, denominator, prime)[entry]
        _reduce(z, prime)
    return z


def _times(residues: FloatArray, factor: int, prime: int) -> FloatArray:
    """Residues times a number, reduced."""
    return _residue(residues.astype(np.int64).astype(object) * factor, prime)
