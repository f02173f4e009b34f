"""The hyperplanes of a network recentred at a box, as arrays for the kernels of the subdivision.

In the notation of :mod:`polyregions.network.recentred`. Every number is rounded once. If all of them are
small whole numbers times one power of two a layer, they are scaled to whole numbers instead: eta and delta
then come in units of a power of two, which changes no sign, and float64 computes exactly
(:mod:`polyregions.geometry.signs`).

Steps
-----
A maxout unit changes its piece only where its largest ones are equal. Of r pieces r (r - 1) / 2 pairs are
equal somewhere, nearly all of them below the maximum. So its pieces come one after the other: the first step
of a layer has the borders of its scalar units and, for each maxout unit, that between its first two pieces;
each further step has one hyperplane for each maxout unit that has another piece f,

    m - f = 0,    m the largest of the pieces before f.

On the cells that the steps before have made, m is affine. A piece that is the same form as an earlier one is
left out, since it is never larger than those before.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import zip_longest

import numpy as np

from ..base.arrays import BoolArray, FloatArray, IntArray
from ..base.rationals import round_nonzero_fraction
from ..base.rounding import INFLATE, WHOLE
from .box import Box
from .copies import Copies, all_differ, find_copies
from .layer_arrays import LayerArrays
from .layers import Layer
from .network import Network
from .numbers import Weight, arrays_of, dense, stacked
from .recentred import RecentredNetwork, recentre


def layer_steps(network: Network, box: Box) -> list[LayerArrays]:
    """Return the steps of every layer, scaled to whole numbers if that is possible for all of them.

    Those of the last box are kept with the network.
    """
    kept = vars(network).get("_steps")
    if kept is None or kept[0] != box:
        kept = vars(network)["_steps"] = box, _layer_steps(network, box)
    return list(kept[1])


def _layer_steps(network: Network, box: Box) -> list[LayerArrays]:
    recentred, copies = recentre(network, box), find_copies(network)
    layers = [_ExactLayer(number, recentred, copies[number]) for number in range(len(recentred.layers))]
    is_whole = _scale_to_whole(layers)
    return [step for layer in layers for step in layer.steps(is_whole)]


def next_pieces(layer: Layer, rows: IntArray) -> list[IntArray]:
    """For each step, the maxout units that have another piece, and which; int64 (units, 2) each.

    ``rows`` are numbers of the rows, the same for equal ones.

    Examples
    --------
    >>> from .layers import maxout
    >>> layer = maxout([[[1], [2]], [[1], [1], [2], [3]]], [[0, 0], [0, 0, 0, 0]])
    >>> [step.tolist() for step in next_pieces(layer, np.array([0, 1, 0, 0, 1, 3]))]
    [[[0, 1], [1, 2]], [[1, 3]]]
    """
    table, later = layer.pieces, []
    for u in np.flatnonzero(table.is_max).tolist():
        own = rows[layer.first_rows[u] : layer.first_rows[u] + int(table.n_states[u])]
        _, new = np.unique(own, return_index=True)
        later.append([(u, s) for s in sorted(new.tolist()) if s > 0])
    steps = zip_longest(*later)
    return [np.array([own for own in step if own is not None], dtype=np.int64) for step in steps]


class _ExactLayer:
    """A layer's hyperplanes before they are rounded or scaled.

    ``pairs``, ``row_of`` and ``taus`` are those of the first step, and ``rows`` the scalar units' rows in it.
    """

    def __init__(self, number: int, network: RecentredNetwork, copies: Copies) -> None:
        self.number, self.layer = number, network.layers[number]
        own, self.weight, self.exact = self.layer.layer, self.layer.weight, self.layer.exact
        table, scalar, self.pieces = own.pieces, own.pieces.thresholds, next_pieces(own, copies.rows)
        # Scalar units are cut where a row is, maxout units where a difference of rows is.
        rows, row_of = np.unique(scalar.row, return_inverse=True)
        self.cut, self.taus = self._rows(rows), list(self.layer.thresholds)
        pairs = np.stack([scalar.output, scalar.below, scalar.above], axis=1)
        if self.pieces:
            output, below = self.pieces[0].T
            first = table.first[output]
            self.cut = stacked([self.cut, self._differences(own.first_rows[output], below, network)])
            row_of = np.concatenate([row_of, rows.size + np.arange(output.size)])
            pairs = np.concatenate([pairs, np.stack([output, below, np.zeros_like(below)], axis=1)])
            constants = self.layer.constants
            self.taus += [
                constants[b] - constants[a]
                for a, b in zip(first.tolist(), (first + below).tolist(), strict=True)
            ]
        order = np.argsort(pairs[:, 0], kind="stable")
        self.pairs, self.row_of, self.is_pair = pairs[order], row_of[order], order >= scalar.row.size
        self.taus = [self.taus[k] for k in order.tolist()]
        self.copies = self._first_copies(copies.rows)
        self.slopes = [Fraction(v) for v in set(table.slope.tolist())]
        self.ratio, self.bend, self.delta, self.eta = 1, 1, 1, 1

    def _first_copies(self, rows: IntArray) -> IntArray:
        """For each hyperplane the first one that is made of copies of the same rows at the same level."""
        table = self.layer.layer.pieces
        output, below, above = self.pairs.T
        if all_differ(rows):
            return np.arange(output.size)
        entry = table.first[output] + np.minimum(below, above)
        one, other = rows[table.row[entry]], rows[table.row[table.first[output] + below]]
        numbers = np.stack([np.minimum(one, other), np.maximum(one, other), self.is_pair], axis=1)
        keys = np.column_stack([numbers, np.where(self.is_pair, 0.0, table.levels[entry] + 0.0)])
        _, first, group = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        return np.asarray(first[group.reshape(-1)])

    def _bare_planes(self) -> BoolArray:
        """Whether biases and levels leave nothing of each hyperplane's form where its inputs are zero."""
        own = self.layer.layer
        output, below, above = self.pairs.T
        first = own.first_rows[output]
        level = own.pieces.levels[own.pieces.first[output] + np.minimum(below, above)]
        of_pieces = own.bias[first] == own.bias[first + np.where(self.is_pair, below, 0)]
        return np.asarray(np.where(self.is_pair, of_pieces, own.bias[first] == level))

    def _bends_at_zero(self) -> BoolArray:
        """Whether each hyperplane's unit is zero on it."""
        table = self.layer.layer.pieces
        entry = table.first[self.pairs[:, 0]] + np.minimum(self.pairs[:, 1], self.pairs[:, 2])
        slope, level = table.slope[entry], np.where(self.is_pair, 0.0, table.levels[entry])
        plain = (slope == 0.0) | (level == 0.0)
        zero = plain & (table.constant[entry] == 0.0) & ~self.is_pair
        for k in np.flatnonzero(~plain).tolist():
            zero[k] = Fraction(slope[k]) * Fraction(level[k]) + table.constants[entry[k]] == 0
        return np.asarray(zero)

    def _rows(self, rows: IntArray) -> Weight:
        """Some rows of the weight; all of them are the weight itself."""
        return self.weight if rows.size == self.weight.shape[0] else self.weight[rows]

    def _differences(self, first: IntArray, second: IntArray, network: RecentredNetwork) -> FloatArray:
        """First rows of units minus others, by their place after the first."""
        with np.errstate(all="ignore"):
            p, q = dense(self.weight[first]), dense(self.weight[first + second])
            differences = p - q
            # The error of a difference that is rounded once (Moeller 1965, Knuth): zero iff it is exact.
            back = differences + q
            self.exact &= bool((((p - back) + (back - differences - q)) == 0.0).all())
        if self.number == 0 and not self.layer.exact:
            differences = _exact_differences(
                self.layer.layer.dense, first, first + second, network.halfwidths
            )
            self.exact = False
        return np.asarray(differences)

    def steps(self, is_whole: bool) -> list[LayerArrays]:
        """Round each number once, or scale it to a whole one."""
        first = self._first_step(is_whole)
        steps = [first]
        for pieces in self.pieces[1:]:
            n = len(pieces)
            cut = np.concatenate([np.eye(n), -np.eye(n)], axis=1)
            every = np.arange(n)
            steps.append(
                replace(
                    first,
                    cut=cut,
                    norms=np.full(n, 2 * INFLATE),
                    row_of=every,
                    threshold=np.zeros(n),
                    pairs=np.column_stack([pieces, np.zeros(n, dtype=np.int64)]),
                    bare_planes=np.ones(n, dtype=np.bool_),
                    bends_at_zero=np.zeros(n, dtype=np.bool_),
                    same=every,
                )
            )
        return steps

    def _first_step(self, is_whole: bool) -> LayerArrays:
        layer, table = self.layer, self.layer.layer.pieces
        weight, cut, scale = self.weight, self.cut, layer.scale
        same = _first_of_the_same(self)
        if is_whole:
            weight = self.weight * float(self.ratio)
            cut = weight if self.cut is self.weight else self.cut * float(self.ratio)
            threshold = np.array([float(v * self.delta // scale) for v in self.taus])
            constants = np.array([float(v * self.eta // scale) for v in layer.constants])
            slopes = table.slope * float(self.bend)
        else:
            threshold = np.array([round_nonzero_fraction(v, scale) for v in self.taus])
            constants = np.array([round_nonzero_fraction(v, scale) for v in layer.constants])
            slopes = table.slope.copy()
        with np.errstate(all="ignore"):
            norms = np.asarray(abs(cut).sum(axis=1)) * INFLATE
        return LayerArrays(
            self.number,
            weight,
            cut,
            norms,
            np.array(self.row_of, dtype=np.int64),
            threshold,
            np.array(self.pairs, order="C"),
            same,
            table.first.copy(),
            table.row.copy(),
            slopes,
            constants,
            np.where([c != 0 for c in table.constants], 0, 1 + (table.slope == 0.0)).astype(np.uint8),
            layer.layer.bias == 0.0,
            self._bare_planes(),
            self._bends_at_zero(),
            table.units.copy(),
            table.is_max.copy(),
            is_whole,
        )


def _exact_differences(
    weight: FloatArray, above: IntArray, below: IntArray, factors: tuple[Fraction, ...]
) -> FloatArray:
    """``(weight[above] - weight[below]) * factors``, each entry rounded once."""
    table = [
        [
            round_nonzero_fraction(v.numerator, v.denominator)
            for v in ((Fraction(p) - Fraction(q)) * h for p, q, h in zip(*rows, factors, strict=True))
        ]
        for rows in zip(weight[above].tolist(), weight[below].tolist(), strict=True)
    ]
    return np.array(table)


def _first_of_the_same(layer: _ExactLayer) -> IntArray:
    """For each hyperplane the first one that is the same: a multiple of it, or one made of copies."""
    same = _first_multiples(layer)
    for k in np.flatnonzero(layer.copies != np.arange(same.size)).tolist():
        same[k] = min(same[k], same[layer.copies[k]])
    return same


def _first_multiples(layer: _ExactLayer) -> IntArray:
    """For each hyperplane the first one that is a multiple of it; differences of pieces are left alone."""
    same = np.arange(len(layer.row_of))
    planes = np.flatnonzero(~layer.is_pair)
    if not layer.exact or not planes.size:
        return same
    rows = layer.cut[layer.row_of[planes]]
    # What multiples of one row have in common, nearly; few others do.
    angles = np.arange(1.0, rows.shape[1] + 1.0)
    with np.errstate(all="ignore"):
        key = np.round((rows @ np.sin(angles)) / (rows @ np.cos(angles)), 9) + 0.0
    _, group, sizes = np.unique(key, return_inverse=True, return_counts=True)
    seen: dict[tuple[int, Fraction], int] = {}
    for k in np.flatnonzero(sizes[group] > 1).tolist():
        plane, own = int(planes[k]), _fractions(rows, k)
        lead = next((v for v in own if v), None)
        if lead is None:
            continue
        tau = Fraction(layer.taus[plane], layer.layer.scale)
        other = seen.setdefault((int(group[k]), tau / lead), k)
        if other == k:
            continue
        others = _fractions(rows, other)
        factor = next(v for v in others if v)
        if all(v * factor == w * lead for v, w in zip(own, others, strict=True)):
            same[plane] = planes[other]
    return same


def _fractions(rows: Weight, k: int) -> list[Fraction]:
    """A row of a matrix, exactly."""
    return [Fraction(v) for v in dense(rows[[k]])[0].tolist()]


def _scale_to_whole(layers: list[_ExactLayer]) -> bool:
    """Find the powers of two that make all layers whole numbers below 2^53; False if there are none."""
    unit = 1  # eta is counted in units of 1 / unit
    for layer in layers:
        numbers_of = np.concatenate([arrays_of(layer.weight)[0].ravel(), arrays_of(layer.cut)[0].ravel()])
        power = _lowest_bit(numbers_of) if layer.exact else -1000
        if power < -52:
            return False
        ratio = 2 ** max(0, -power)
        bend = max((v.denominator for v in layer.slopes), default=1)
        after = _denominator(layer.taus, layer.layer.scale)
        final = _denominator(layer.layer.constants, layer.layer.scale)
        # delta in units of 1 / (ratio unit), eta of 1 / (bend ratio unit): both must hold the constants
        ratio *= max(1, after // (ratio * unit), final // (bend * ratio * unit))
        delta, eta = ratio * unit, bend * ratio * unit
        if eta >= WHOLE:
            return False
        numbers = [abs(v) * delta // layer.layer.scale for v in layer.taus]
        numbers += [abs(v) * eta // layer.layer.scale for v in layer.layer.constants]
        numbers += [abs(v) * bend for v in layer.slopes]
        largest = float(np.abs(numbers_of).max(initial=0.0)) * float(ratio)
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
