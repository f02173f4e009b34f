"""The checker's own reading of a network, over the integers.

It is written without a look at the arithmetic of the engines (:mod:`polyregions.network.exact` and above),
from the definition of a layer alone. A vector of affine forms in x is an integer matrix, one row for each
form in ``(x, 1)``, with a last row ``(0, ..., 0, D)``, D > 0: the forms are its rows divided by D. So a layer
is one matrix product, nothing is reduced, and signs are those of integers. The columns may as well be those
of a point (its homogeneous coordinates) or of a point and a direction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from flint import fmpz_mat

from ..network.layers import Layer, MaxoutLayer, ScalarLayer

Rows = list[list[Any]]  # integers of flint
#: States of one layer, chosen from its pre-activations (the row of D last).
Choose = Callable[["RationalLayer", Rows], Sequence[int]]


class RationalLayer:
    """One layer: weights and bias as integers over one denominator, and the pieces of its units."""

    def __init__(self, layer: Layer) -> None:
        table = [
            [*(Fraction(w) for w in row), Fraction(b)]
            for row, b in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)
        ]
        denominator = lcm(*(v.denominator for row in table for v in row))
        rows = [[int(v * denominator) for v in row] for row in table]
        self.weight = fmpz_mat([*rows, [0] * layer.n_inputs + [denominator]])
        self.n_units = layer.n_units
        self.pieces: list[range] | None = None
        if isinstance(layer, MaxoutLayer):
            ends = [sum(layer.ranks.tolist()[: u + 1]) for u in range(layer.n_units)]
            self.pieces = [range(e - r, e) for e, r in zip(ends, layer.ranks.tolist(), strict=True)]
            self.has_states = True
            return
        breakpoints = [Fraction(t) for t in layer.breakpoints.tolist()]
        slopes = [Fraction(a) for a in layer.slopes.tolist()]
        constants = _constants(breakpoints, slopes)
        self.scale = lcm(*(v.denominator for v in (*breakpoints, *slopes, *constants)))
        self.breakpoints = [int(v * self.scale) for v in breakpoints]
        self.slopes = [int(v * self.scale) for v in slopes]
        self.constants = [int(v * self.scale) for v in constants]
        self.has_states = bool(breakpoints) or _hidden(layer)

    def excess(self, z: Rows, unit: int, breakpoint: int) -> list[Any]:
        """A positive multiple of ``z_unit`` minus a breakpoint."""
        t = self.breakpoints[breakpoint]
        return [self.scale * a - t * h for a, h in zip(z[unit], z[-1], strict=True)] if t else z[unit]

    def lead(self, z: Rows, unit: int, a: int, b: int) -> list[Any]:
        """By how much piece a of a maxout unit exceeds piece b."""
        assert self.pieces is not None
        first = self.pieces[unit].start
        return [p - q for p, q in zip(z[first + a], z[first + b], strict=True)]

    def constraints(self, z: Rows, states: Sequence[int]) -> fmpz_mat:
        """Forms that are >= 0 exactly where the units are in these states, or on the border of them."""
        rows = []
        for u, s in enumerate(states):
            if self.pieces is not None:
                rows += [self.lead(z, u, s, r) for r in range(len(self.pieces[u])) if r != s]
                continue
            if s > 0:
                rows.append(self.excess(z, u, s - 1))
            if s < len(self.breakpoints):
                rows.append([-v for v in self.excess(z, u, s)])
        return fmpz_mat(rows) if rows else fmpz_mat(0, len(z[-1]))

    def border(self, z: Rows, unit: int, here: int, there: int) -> list[Any]:
        """The one of :meth:`constraints` between two states of a unit."""
        if self.pieces is not None:
            return self.lead(z, unit, here, there)
        if there < here:
            return self.excess(z, unit, here - 1)
        return [-v for v in self.excess(z, unit, here)]

    def states(self, z: Rows) -> list[int]:
        """States read off columns of values (or of values, then derivatives, compared in this order)."""
        if self.pieces is not None:
            # The first of the largest: index() takes the lowest.
            return [(own := [z[p] for p in pieces]).index(max(own)) for pieces in self.pieces]
        zero = [0] * len(z[-1])
        if self.breakpoints == [0]:
            return [int(row > zero) for row in z[:-1]]
        return [
            sum(self.excess(z, u, t) > zero for t in range(len(self.breakpoints)))
            for u in range(self.n_units)
        ]

    def output(self, z: Rows, states: Sequence[int]) -> fmpz_mat:
        """Outputs of the units under these states, with the row of D last."""
        if self.pieces is not None:
            return fmpz_mat([*(z[p.start + s] for p, s in zip(self.pieces, states, strict=True)), z[-1]])
        rows, zero = [], [0] * len(z[-1])
        for row, s in zip(z[:-1], states, strict=True):
            slope, constant = self.slopes[s], self.constants[s]
            if constant:
                rows.append([slope * a + constant * h for a, h in zip(row, z[-1], strict=True)])
            else:
                rows.append(row if slope == 1 else [slope * a for a in row] if slope else zero)
        return fmpz_mat([*rows, [self.scale * h for h in z[-1]]])


class RationalNetwork:
    """All layers. Patterns are sequences of the states of the hidden units, layer after layer."""

    def __init__(self, layers: Sequence[Layer]) -> None:
        self.dim = layers[0].n_inputs
        every = [RationalLayer(layer) for layer in layers]
        # What comes after the last states does not matter to patterns.
        self.layers = every[: max((i + 1 for i, layer in enumerate(every) if layer.has_states), default=0)]
        # What the last pattern gave, layer by layer: patterns that begin alike share the work.
        self._known: list[tuple[tuple[int, ...], Rows, fmpz_mat, fmpz_mat]] = []

    def under(self, pattern: Sequence[int]) -> list[tuple[RationalLayer, Rows, fmpz_mat]]:
        """Each layer with its pre-activations and constraints as forms in (x, 1), under a pattern."""
        place, below = 0, _identity(self.dim)
        for i, layer in enumerate(self.layers):
            states = tuple(pattern[place : place + layer.n_units]) if layer.has_states else ()
            place += len(states)
            if i < len(self._known) and self._known[i][0] == states:
                below = self._known[i][3]
                continue
            del self._known[i:]
            z = (layer.weight * below).tolist()
            below = layer.output(z, states or [0] * layer.n_units)
            self._known.append((states, z, layer.constraints(z, states), below))
        return [(layer, z, rows) for layer, (_, z, rows, _) in zip(self.layers, self._known, strict=True)]

    def states_at(self, point: Sequence[int]) -> list[int]:
        """Pattern at a point with homogeneous coordinates (x D, D), D > 0."""
        return self._states(fmpz_mat([[v] for v in point]))

    def states_beyond(self, point: Sequence[int], direction: Sequence[int]) -> list[int]:
        """Pattern just beyond a point in a direction (d,)."""
        return self._states(fmpz_mat([[v, w] for v, w in zip(point, [*direction, 0], strict=True)]))

    def _states(self, columns: fmpz_mat) -> list[int]:
        pattern: list[int] = []
        for layer in self.layers:
            z = (layer.weight * columns).tolist()
            states = layer.states(z)
            columns = layer.output(z, states)
            pattern += states if layer.has_states else []
        return pattern


def _identity(dim: int) -> fmpz_mat:
    return fmpz_mat([[int(i == j) for j in range(dim + 1)] for i in range(dim + 1)])


def _hidden(layer: ScalarLayer) -> bool:
    return layer.kind != "linear"


def _constants(breakpoints: list[Fraction], slopes: list[Fraction]) -> list[Fraction]:
    """``c_s`` with ``f(z) = slope_s z + c_s``, from f(0) = 0 and continuity at each breakpoint."""
    steps = [(a - b) * t for a, b, t in zip(slopes, slopes[1:], breakpoints, strict=False)]
    rising = [sum(steps[:s], Fraction(0)) for s in range(len(slopes))]
    at_zero = sum(t < 0 for t in breakpoints)
    return [c - rising[at_zero] for c in rising]
