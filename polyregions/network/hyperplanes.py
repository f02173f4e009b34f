"""The layers of a network recentred at a box, as arrays for the kernels of the subdivision.

In the notation of :mod:`polyregions.engines.traverse.rows`: delta = W eta, a unit is beyond its breakpoint
iff delta > tau, and eta = slope delta + c. Every number is computed exactly and rounded once. If all of them
are small whole numbers times one power of two a layer, they are scaled to whole numbers instead: eta and
delta then come in units of a power of two, which changes no sign, and float64 computes exactly
(:mod:`polyregions.geometry.signs`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import combinations

import numpy as np
from flint import fmpz_mat

from ..base.arrays import FloatArray, IntArray
from ..base.rationals import rational_point, round_nonzero
from ..base.rounding import WHOLE
from .box import Box
from .exact import scalar_intercepts
from .layers import Layer, MaxoutLayer, ScalarLayer
from .network import Network

WHOLE_RANGE = float("inf")


@dataclass(frozen=True)
class LayerArrays:
    """One layer: its hyperplanes, and what its units hand on.

    Attributes
    ----------
    weight : float64 (pieces, inputs)
        delta = weight @ eta.
    cut : float64 (rows, inputs); norms (rows,): sums of the magnitudes of its rows
    row_of : int64 (hyperplanes,)
        Row of ``cut`` of each hyperplane ``cut_row . eta = tau``: a breakpoint of a scalar unit, or a
        pair of pieces a < b of a maxout unit, positive where a is larger.
    threshold : float64 (hyperplanes,), tau
    pairs : int64 (hyperplanes, 3)
        For each hyperplane its unit, and its breakpoint and -1, or the pieces a and b.
    same : int64 (hyperplanes,)
        The first hyperplane that is the same one, because the rows are multiples of each other.
    first : int64 (units + 1,)
        Where a unit's entries start in the three arrays below, one entry a state.
    piece, slopes, constants
        eta = slope * delta_piece + constant in that state.
    whole : bool
    """

    weight: FloatArray
    cut: FloatArray
    norms: FloatArray
    row_of: IntArray
    threshold: FloatArray
    pairs: IntArray
    same: IntArray
    first: IntArray
    piece: IntArray
    slopes: FloatArray
    constants: FloatArray
    whole: bool


@dataclass
class _ExactLayer:
    weight: FloatArray  # each entry exact, or the exact number rounded once
    cut: FloatArray
    exact: bool  # whether weight and cut were not rounded
    row_of: list[int]
    threshold: list[Fraction]
    pairs: list[tuple[int, int, int]]
    first: list[int]
    piece: list[int]
    slopes: list[Fraction]
    constants: list[Fraction]


def layer_arrays(network: Network, box: Box) -> list[LayerArrays]:
    """Return the arrays of every layer, scaled to whole numbers if that is possible for all of them."""
    exact = _exact_layers(network, box)
    whole = _whole_layers(exact)
    return [_round(layer, whole is not None) for layer in (whole or exact)]


def _exact_layers(network: Network, box: Box) -> list[_ExactLayer]:
    low = [Fraction(float(v)) for v in box.lower]
    high = [Fraction(float(v)) for v in box.upper]
    midpoint = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
    half = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
    column = fmpz_mat([[v] for v in rational_point(midpoint)])
    pre, _, _ = network.exact.propagate(column, lambda i, layer, z: layer.lexicographic_states(z))
    layers = []
    for number, (layer, z) in enumerate(zip(network.layers, pre, strict=True)):
        z0 = [Fraction(int(row[0]), int(z[-1][0])) for row in z[:-1]]
        weight, exact = layer.weight, True
        factors = half if number == 0 else [Fraction(1)] * layer.n_inputs
        if number == 0:
            weight, exact = _rounded(_scaled_rows(layer, factors))
        if isinstance(layer, ScalarLayer):
            layers.append(_scalar(layer, weight, exact, z0))
        else:
            layers.append(_maxout(layer, weight, exact, z0, _scaled_rows(layer, factors)))
    return layers


def _scaled_rows(layer: Layer, factors: list[Fraction]) -> list[list[Fraction]]:
    """The weights, one factor for each input."""
    return [[Fraction(v) * h for v, h in zip(row, factors, strict=True)] for row in layer.weight.tolist()]


def _rounded(rows: list[list[Fraction]]) -> tuple[FloatArray, bool]:
    """Round each number once; whether all of them are exact."""
    table = [[round_nonzero(v) for v in row] for row in rows]
    exact = all(
        abs(v) < WHOLE_RANGE and Fraction(v) == w
        for row, other in zip(table, rows, strict=True)
        for v, w in zip(row, other, strict=True)
    )
    return np.array(table), exact


def _scalar(layer: ScalarLayer, weight: FloatArray, exact: bool, z0: list[Fraction]) -> _ExactLayer:
    t = [Fraction(v) for v in layer.breakpoints.tolist()]
    s = [Fraction(v) for v in layer.slopes.tolist()]
    c = scalar_intercepts(layer)
    result = _ExactLayer(weight, weight, exact, [], [], [], [0], [], [], [])
    for unit, v in enumerate(z0):
        here = sum(v > b for b in t)
        value = s[here] * v + c[here]
        result.row_of += [unit] * len(t)
        result.pairs += [(unit, b, -1) for b in range(len(t))]
        result.threshold += [b - v for b in t]
        result.piece += [unit] * len(s)
        result.slopes += s
        result.constants += [k * v + i - value for k, i in zip(s, c, strict=True)]
        result.first.append(len(result.slopes))
    return result


def _maxout(
    layer: MaxoutLayer, weight: FloatArray, exact: bool, z0: list[Fraction], table: list[list[Fraction]]
) -> _ExactLayer:
    pieces = len(z0)
    result = _ExactLayer(
        weight, weight, exact, [], [], [], [0], list(range(pieces)), [Fraction(1)] * pieces, []
    )
    cut: list[list[Fraction]] = []
    ends = zip(layer.offsets[:-1].tolist(), layer.offsets[1:].tolist(), strict=True)
    for unit, (begin, end) in enumerate(ends):
        top = max(z0[begin:end])
        result.constants += [v - top for v in z0[begin:end]]
        result.first.append(end)
        for a, b in combinations(range(begin, end), 2):
            result.row_of.append(len(cut))
            cut.append([p - q for p, q in zip(table[a], table[b], strict=True)])
            result.threshold.append(z0[b] - z0[a])
            result.pairs.append((unit, a - begin, b - begin))
    result.cut, whole = _rounded(cut)
    result.cut = result.cut.reshape(-1, weight.shape[1])
    result.exact &= whole
    return result


def _first_of_the_same(layer: _ExactLayer) -> IntArray:
    """For each hyperplane the first one that is a multiple of it; differences of pieces are left alone."""
    same = np.arange(len(layer.threshold))
    if not layer.exact or not same.size or layer.pairs[0][2] >= 0:
        return same
    rows = layer.cut[layer.row_of]
    largest = np.abs(rows).argmax(axis=1)
    lead = rows[np.arange(len(rows)), largest]
    # Rows that are multiples of each other have nearly the same directions; few others do.
    with np.errstate(divide="ignore", invalid="ignore"):
        directions = np.round(rows / lead[:, None], 9) + 0.0
    _, group, sizes = np.unique(directions, axis=0, return_inverse=True, return_counts=True)
    group = group.ravel()
    seen: dict[tuple[int, int, Fraction], int] = {}
    for plane in np.flatnonzero((sizes[group] > 1) & (lead != 0.0)).tolist():
        a = Fraction(float(lead[plane]))
        other = seen.setdefault((int(group[plane]), int(largest[plane]), layer.threshold[plane] / a), plane)
        b = Fraction(float(lead[other]))
        entries = zip(rows[plane].tolist(), rows[other].tolist(), strict=True)
        if other != plane and all(Fraction(v) * b == Fraction(w) * a for v, w in entries):
            same[plane] = other
    return same


def _whole_layers(layers: list[_ExactLayer]) -> list[_ExactLayer] | None:
    """Scale all layers to whole numbers below 2^53, or return None."""
    scaled = []
    scale = 1  # eta is counted in units of 1 / scale
    for layer in layers:
        power = _lowest_bit(np.concatenate([layer.weight, layer.cut])) if layer.exact else -1000
        if power < -52:
            return None
        ratio = 2 ** max(0, -power)
        bend = max((v.denominator for v in layer.slopes), default=1)
        after = max((v.denominator for v in layer.threshold), default=1)
        final = max((v.denominator for v in layer.constants), default=1)
        # delta in units of 1 / (ratio scale), eta of 1 / (bend ratio scale): both must hold the constants
        while (ratio * scale) % after or (bend * ratio * scale) % final:
            ratio *= 2
        delta, eta = ratio * scale, bend * ratio * scale
        if eta >= WHOLE:
            return None
        weight, cut = layer.weight * float(ratio), layer.cut * float(ratio)
        threshold = [v * delta for v in layer.threshold]
        slopes = [v * bend for v in layer.slopes]
        constants = [v * eta for v in layer.constants]
        largest = max((abs(v) for v in [*threshold, *slopes, *constants]), default=Fraction(0))
        if largest >= WHOLE or max(np.abs(weight).max(), np.abs(cut).max(initial=0.0)) >= WHOLE:
            return None
        scaled.append(
            replace(layer, weight=weight, cut=cut, threshold=threshold, slopes=slopes, constants=constants)
        )
        scale = eta
    return scaled


def _lowest_bit(values: FloatArray) -> int:
    """Exponent of the lowest bit set in any of the numbers; 0 if they are all zero."""
    mantissa, exponent = np.frexp(values[values != 0.0])
    if not mantissa.size:
        return 0
    digits = np.ldexp(mantissa, 53).astype(np.int64)
    zeros = np.log2((digits & -digits).astype(np.float64)).astype(np.int64)
    return int((exponent - 53 + zeros).min())


def _round(layer: _ExactLayer, whole: bool) -> LayerArrays:
    with np.errstate(over="ignore"):
        norms = np.abs(layer.cut).sum(axis=1) * (1 + 2.0**-40)
    return LayerArrays(
        np.array(layer.weight, order="C"),
        np.array(layer.cut, order="C"),
        norms,
        np.array(layer.row_of, dtype=np.int64),
        np.array([round_nonzero(v) for v in layer.threshold]),
        np.array(layer.pairs, dtype=np.int64).reshape(-1, 3),
        _first_of_the_same(layer),
        np.array(layer.first, dtype=np.int64),
        np.array(layer.piece, dtype=np.int64),
        np.array([round_nonzero(v) for v in layer.slopes]),
        np.array([round_nonzero(v) for v in layer.constants]),
        whole,
    )
