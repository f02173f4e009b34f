"""A network recentred at the midpoint of a box, exactly.

Write the box as ``x = m + h * t`` with t in [-1, 1]^d, m its midpoint and h its half widths. Let z0 be the
*exact* pre-activations at m. In the deviations ``delta = z - z0`` the network reads

    delta_1 = (W_1 diag(h)) t,    delta_l = W_l eta_{l-1},    eta = slope_s delta_row + c_s,
    c_s = slope_s z0_row + constant_s - f(z0),

f(z0) the unit's output at m. Two states meet where ``delta_row = tau = level - z0_row``, or for maxout
pieces where ``delta_row - delta_other = tau = z0_other - z0_row``. All roundings are then relative to how
much the network *varies over the box*, not to how large its values are there: a box of side 2^-40 far from
the origin is as good as the unit cube.

c, tau and ``W_1 diag(h)`` are computed exactly, over the integers; whoever rounds them does so once.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from flint import fmpz_mat

from ..base.arrays import FloatArray
from ..base.rationals import rational_point, round_nonzero
from ..base.rounding import TINY, WHOLE
from .box import Box
from .layers import Layer
from .network import Network
from .numbers import Weight, dense


@dataclass(frozen=True)
class RecentredLayer:
    """One layer in deviations from its values at the midpoint.

    Attributes
    ----------
    layer : Layer
    weight : float64 (rows, inputs)
        For the first layer ``W_1 diag(h)``, each entry rounded once; else that of the layer, which may be
        sparse.
    exact : bool
        Whether no entry of ``weight`` was rounded.
    scale : int
        A power of two; the numbers below are divided by it.
    thresholds : list of int (borders,)
        tau of each of the scalar units' borders, in their order. That of two maxout pieces is the difference
        of their constants.
    constants : list of int (entries,)
        c of each entry of the table of pieces.
    """

    layer: Layer
    weight: Weight
    exact: bool
    scale: int
    thresholds: list[int]
    constants: list[int]


@dataclass(frozen=True)
class RecentredNetwork:
    """All layers, and the midpoint and the half widths as rationals."""

    layers: tuple[RecentredLayer, ...]
    midpoint: tuple[Fraction, ...]
    halfwidths: tuple[Fraction, ...]

    def point(self, t: FloatArray) -> list[Fraction]:
        """The exact point ``m + h t``."""
        return [
            m + h * Fraction(v) for m, h, v in zip(self.midpoint, self.halfwidths, t.tolist(), strict=True)
        ]


def recentre(network: Network, box: Box) -> RecentredNetwork:
    """Recentre a network at a box of its input dimension."""
    ends = [(Fraction(a), Fraction(b)) for a, b in zip(box.lower.tolist(), box.upper.tolist(), strict=True)]
    midpoint = tuple((a + b) / 2 for a, b in ends)
    half = tuple((b - a) / 2 for a, b in ends)
    column = fmpz_mat([[v] for v in rational_point(midpoint)])
    pre, _, _ = network.exact.propagate(column, lambda i, layer, z: layer.lexicographic_states(z))
    layers = []
    for number, (layer, z) in enumerate(zip(network.layers, pre, strict=True)):
        weight, exact = (layer.weight, True) if number else scaled(dense(layer.weight), half)
        values = [int(row[0]) for row in z]
        layers.append(RecentredLayer(layer, weight, exact, *_constants(layer, values[:-1], values[-1])))
    return RecentredNetwork(tuple(layers), midpoint, half)


def _constants(layer: Layer, z0: list[int], below: int) -> tuple[int, list[int], list[int]]:
    """The scale, thresholds and constants of a layer whose rows are ``z0 / below`` at the midpoint."""
    table, borders = layer.pieces, layer.pieces.thresholds
    slopes, added, levels, own = table.whole
    thresholds = [
        level * below - own * z0[row] for row, level in zip(borders.row.tolist(), levels, strict=True)
    ]
    values = [
        slope * z0[row] + constant * below
        for slope, row, constant in zip(slopes, table.row.tolist(), added, strict=True)
    ]
    constants = []
    first = table.first.tolist()
    steps = iter(zip(thresholds, borders.output.tolist(), strict=True))
    counts = [0] * layer.n_outputs
    for tau, output in steps:
        counts[output] += tau < 0  # at the midpoint, delta is 0
    for output, is_max in enumerate(table.is_max.tolist()):
        begin, end = first[output], first[output + 1]
        here = max(values[begin:end]) if is_max else values[begin + counts[output]]
        constants += [value - here for value in values[begin:end]]
    return own * below, thresholds, constants


def scaled(weight: FloatArray, factors: tuple[Fraction, ...]) -> tuple[FloatArray, bool]:
    """Return ``weight * factors``, one for each column, each entry rounded once; and whether none was.

    No entry becomes zero that is not, and beyond the range of float64 it is infinite.
    """
    rounded = np.array([round_nonzero(v) for v in factors])
    with np.errstate(all="ignore"):
        product = np.asarray(weight * rounded)
        product = np.where((product == 0.0) & (weight != 0.0), np.sign(weight) * 5e-324, product)
        # Odd parts multiply to an odd number: exact iff that has at most 53 bits, and is a normal number.
        exact = _odd_part(weight) * _odd_part(rounded) < WHOLE
        exact &= (np.abs(product) >= TINY) & (np.abs(product) < np.inf) | (weight == 0.0)
    every = bool(exact.all())
    for j, v in enumerate(factors):
        if Fraction(rounded[j]) != v:
            product[:, j] = [round_nonzero(Fraction(w) * v) for w in weight[:, j].tolist()]
            every = every and not weight[:, j].any()
    return product, every


def _odd_part(values: FloatArray) -> FloatArray:
    """Each number divided by the largest power of two that leaves a whole number; 0 stays."""
    mantissas, _ = np.frexp(values)
    digits = np.abs(np.ldexp(mantissas, 53)).astype(np.int64)
    return np.asarray(digits // np.maximum(digits & -digits, 1), dtype=np.float64)
