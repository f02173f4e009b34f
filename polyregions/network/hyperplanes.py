"""The hyperplanes of a network recentred at a box, as arrays for the kernels of the subdivision.

In the notation of :mod:`polyregions.network.recentred`. Every number is rounded once. If all of them are
small whole numbers times one power of two a layer, they are scaled to whole numbers instead: eta and delta
then come in units of a power of two, which changes no sign, and float64 computes exactly
(:mod:`polyregions.geometry.signs`).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..base.arrays import BoolArray, FloatArray, IntArray
from ..base.rationals import round_fraction
from ..base.rounding import INFLATE, WHOLE
from .box import Box
from .network import Network
from .recentred import RecentredLayer, RecentredNetwork, recentre


@dataclass(frozen=True)
class LayerArrays:
    """One layer recentred and rounded: the borders of its units as hyperplanes, and what its outputs hand on.

    Attributes
    ----------
    weight : float64 (rows, inputs)
        delta = weight @ eta.
    cut : float64 (cut rows, inputs); norms (cut rows,): sums of the magnitudes of its rows
    row_of : int64 (hyperplanes,)
        Row of ``cut`` of each hyperplane ``cut_row . eta = tau``: the borders of the layer's units.
    threshold : float64 (hyperplanes,), tau
    pairs : int64 (hyperplanes, 3)
        For each hyperplane its output, and the states below and above it. Of a scalar unit the state below is
        the lower one, of maxout pieces the higher one.
    same : int64 (hyperplanes,)
        The first hyperplane that is the same one, because the rows are multiples of each other.
    first : int64 (outputs + 1,)
        Where an output's entries start in the three arrays below, one entry a state.
    piece, slopes, constants
        eta = slope * delta_piece + constant in that state.
    units : int64 (units,)
        The outputs that are units: the columns of patterns.
    is_max : bool (outputs,)
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
    units: IntArray
    is_max: BoolArray
    whole: bool

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return int(self.first.size - 1)


def layer_arrays(network: Network, box: Box) -> list[LayerArrays]:
    """Return the arrays of every layer, scaled to whole numbers if that is possible for all of them."""
    recentred = recentre(network, box)
    layers = [_ExactLayer(layer, recentred, i == 0) for i, layer in enumerate(recentred.layers)]
    is_whole = _scale_to_whole(layers)
    return [layer.arrays(is_whole) for layer in layers]


class _ExactLayer:
    """A layer's hyperplanes before they are rounded or scaled."""

    def __init__(self, layer: RecentredLayer, network: RecentredNetwork, is_first: bool) -> None:
        self.layer, self.weight, self.exact = layer, layer.weight, layer.exact
        self.borders = borders = layer.layer.pieces.borders
        is_pair = borders.other >= 0
        # Scalar units are cut where a row is, maxout units where a difference of rows is.
        rows, self.row_of = np.unique(borders.row[~is_pair], return_inverse=True)
        above, below = borders.row[is_pair], borders.other[is_pair]
        self.cut = self.weight[rows]
        if is_pair.any():
            with np.errstate(all="ignore"):
                p, q = self.weight[above], self.weight[below]
                differences = p - q
                # The error of a difference that is rounded once (Moeller 1965, Knuth): zero iff it is exact.
                back = differences + q
                self.exact &= bool((((p - back) + (back - differences - q)) == 0.0).all())
            if is_first and not layer.exact:
                differences = _exact_differences(layer.layer.dense, above, below, network.halfwidths)
                self.exact = False
            every = np.empty(borders.row.size, dtype=np.int64)
            every[~is_pair] = self.row_of
            every[is_pair] = rows.size + np.arange(above.size)
            self.cut, self.row_of = np.concatenate([self.cut, differences]), every
        table = layer.layer.pieces
        self.slopes = [Fraction(v) for v in table.slope.tolist()]
        self.ratio, self.bend, self.delta, self.eta = 1, 1, 1, 1

    def arrays(self, is_whole: bool) -> LayerArrays:
        """Round each number once, or scale it to a whole one."""
        layer, table = self.layer, self.layer.layer.pieces
        weight, cut, scale = self.weight, self.cut, layer.scale
        same = _first_of_the_same(self)
        if is_whole:
            weight, cut = weight * float(self.ratio), cut * float(self.ratio)
            threshold = np.array([float(v * self.delta // scale) for v in layer.thresholds])
            constants = np.array([float(v * self.eta // scale) for v in layer.constants])
            slopes = table.slope * float(self.bend)
        else:
            threshold = np.array([_rounded(v, scale) for v in layer.thresholds])
            constants = np.array([_rounded(v, scale) for v in layer.constants])
            slopes = table.slope.copy()
        with np.errstate(all="ignore"):
            norms = np.abs(cut).sum(axis=1) * INFLATE
        return LayerArrays(
            np.array(weight, order="C"),
            np.array(cut.reshape(-1, weight.shape[1]), order="C"),
            norms,
            np.array(self.row_of, dtype=np.int64),
            threshold,
            np.stack([self.borders.output, self.borders.below, self.borders.above], axis=1),
            same,
            table.first.copy(),
            table.row.copy(),
            slopes,
            constants,
            table.units.copy(),
            table.is_max.copy(),
            is_whole,
        )


def _rounded(numerator: int, denominator: int) -> float:
    """The nearest float64, but never 0 for another number."""
    return round_fraction(numerator, denominator) or (
        5e-324 if numerator > 0 else -5e-324 if numerator else 0.0
    )


def _exact_differences(
    weight: FloatArray, above: IntArray, below: IntArray, factors: tuple[Fraction, ...]
) -> FloatArray:
    """``(weight[above] - weight[below]) * factors``, each entry rounded once."""
    table = [
        [
            _rounded(v.numerator, v.denominator)
            for v in ((Fraction(p) - Fraction(q)) * h for p, q, h in zip(*rows, factors, strict=True))
        ]
        for rows in zip(weight[above].tolist(), weight[below].tolist(), strict=True)
    ]
    return np.array(table)


def _first_of_the_same(layer: _ExactLayer) -> IntArray:
    """For each hyperplane the first one that is a multiple of it; differences of pieces are left alone."""
    same = np.arange(len(layer.row_of))
    planes = np.flatnonzero(layer.borders.other < 0)
    if not layer.exact or not planes.size:
        return same
    rows = layer.cut[layer.row_of[planes]]
    largest = np.abs(rows).argmax(axis=1)
    lead = rows[np.arange(len(rows)), largest]
    # Rows that are multiples of each other have nearly the same directions; few others do.
    with np.errstate(all="ignore"):
        directions = np.round(rows / lead[:, None], 9) + 0.0
    _, group, sizes = np.unique(directions, axis=0, return_inverse=True, return_counts=True)
    group = group.ravel()
    seen: dict[tuple[int, int, Fraction], int] = {}
    for k in np.flatnonzero((sizes[group] > 1) & (lead != 0.0)).tolist():
        plane = int(planes[k])
        a = Fraction(float(lead[k]))
        tau = Fraction(layer.layer.thresholds[plane], layer.layer.scale)
        other = seen.setdefault((int(group[k]), int(largest[k]), tau / a), k)
        b = Fraction(float(lead[other]))
        entries = zip(rows[k].tolist(), rows[other].tolist(), strict=True)
        if other != k and all(Fraction(v) * b == Fraction(w) * a for v, w in entries):
            same[plane] = planes[other]
    return same


def _scale_to_whole(layers: list[_ExactLayer]) -> bool:
    """Find the powers of two that make all layers whole numbers below 2^53; False if there are none."""
    unit = 1  # eta is counted in units of 1 / unit
    for layer in layers:
        power = _lowest_bit(np.concatenate([layer.weight, layer.cut])) if layer.exact else -1000
        if power < -52:
            return False
        ratio = 2 ** max(0, -power)
        bend = max((v.denominator for v in layer.slopes), default=1)
        after = _denominator(layer.layer.thresholds, layer.layer.scale)
        final = _denominator(layer.layer.constants, layer.layer.scale)
        # delta in units of 1 / (ratio unit), eta of 1 / (bend ratio unit): both must hold the constants
        ratio *= max(1, after // (ratio * unit), final // (bend * ratio * unit))
        delta, eta = ratio * unit, bend * ratio * unit
        if eta >= WHOLE:
            return False
        numbers = [abs(v) * delta // layer.layer.scale for v in layer.layer.thresholds]
        numbers += [abs(v) * eta // layer.layer.scale for v in layer.layer.constants]
        numbers += [abs(v) * bend for v in layer.slopes]
        largest = max(np.abs(layer.weight).max(), np.abs(layer.cut).max(initial=0.0)) * float(ratio)
        if max(numbers, default=0) >= WHOLE or largest >= WHOLE:
            return False
        layer.ratio, layer.bend, layer.delta, layer.eta = ratio, bend, delta, eta
        unit = eta
    return True


def _denominator(numerators: list[int], scale: int) -> int:
    """The least power of two over which all of ``numerators / scale`` are whole numbers."""
    bits = 0
    for v in numerators:
        bits |= v  # the lowest bit set in any of them
    return max(1, scale // (bits & -bits)) if bits else 1


def _lowest_bit(values: FloatArray) -> int:
    """Exponent of the lowest bit set in any of the numbers; 0 if they are all zero."""
    mantissa, exponent = np.frexp(values[values != 0.0])
    if not mantissa.size:
        return 0
    digits = np.ldexp(mantissa, 53).astype(np.int64)
    zeros = np.log2((digits & -digits).astype(np.float64)).astype(np.int64)
    return int((exponent - 53 + zeros).min())
