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

from ..network.layers import Layer

Rows = list[list[Any]]  # integers of flint
#: States of one layer, chosen from its pre-activations (the row of D last).
Choose = Callable[["RationalLayer", Rows], Sequence[int]]


class RationalLayer:
    """One layer: weights and bias as integers over one denominator, and the pieces of its outputs."""

    def __init__(self, layer: Layer) -> None:
        table = [
            [*(Fraction(w) for w in row), Fraction(b)]
            for row, b in zip(layer.dense.tolist(), layer.bias.tolist(), strict=True)
        ]
        denominator = lcm(*(v.denominator for row in table for v in row))
        rows = [[int(v * denominator) for v in row] for row in table]
        self.weight = fmpz_mat([*rows, [0] * layer.n_inputs + [denominator]])
        scalars: dict[tuple[tuple[float, ...], tuple[float, ...]], Scalar] = {}
        outputs: list[tuple[range, Scalar]] = []
        for part in layer.parts:
            for rank, *own in zip(
                part.ranks.tolist(), part.breakpoints.tolist(), part.slopes.tolist(), strict=True
            ):
                key = tuple(own[0]), tuple(own[1])
                first = outputs[-1][0].stop if outputs else 0
                outputs.append((range(first, first + rank), scalars.setdefault(key, Scalar(*key))))
        #: Over one denominator for all outputs.
        self.scale = lcm(*(scalar.denominator for _, scalar in outputs))
        for scalar in scalars.values():
            scalar.scale_to(self.scale)
        self.outputs = outputs
        #: Row, slope and constant of each output in each of its states.
        self.pieces = [
            [(r, self.scale, 0) for r in own]
            if len(own) > 1
            else [(own.start, *piece) for piece in zip(scalar.slopes, scalar.constants, strict=True)]
            for own, scalar in outputs
        ]
        self.units = [
            u
            for u, (own, scalar) in enumerate(outputs)
            if len(set(scalar.slopes)) > 1 or any(rows[r] != rows[own.start] for r in own)
        ]
        #: The row of each unit that bends at 0 alone, which most do; else -1.
        self.hinges = [
            outputs[u][0].start if len(outputs[u][0]) == 1 and outputs[u][1].breakpoints == [0] else -1
            for u in self.units
        ]
        self.n_units = len(self.units)
        self.has_states = bool(self.units)

    def excess(self, z: Rows, output: int, breakpoint: int) -> list[Any]:
        """A positive multiple of an output's row minus a breakpoint."""
        own, scalar = self.outputs[output]
        t, row = scalar.breakpoints[breakpoint], z[own.start]
        return [self.scale * a - t * h for a, h in zip(row, z[-1], strict=True)] if t else row

    def lead(self, z: Rows, output: int, a: int, b: int) -> list[Any]:
        """By how much piece a of a maxout unit exceeds piece b."""
        first = self.outputs[output][0].start
        return [p - q for p, q in zip(z[first + a], z[first + b], strict=True)]

    def constraints(self, z: Rows, states: Sequence[int]) -> fmpz_mat:
        """Forms that are >= 0 exactly where the units are in these states, or on the border of them."""
        rows = []
        for u, hinge, s in zip(self.units, self.hinges, states, strict=True):
            if hinge >= 0:
                rows.append(z[hinge] if s else [-v for v in z[hinge]])
                continue
            own, scalar = self.outputs[u]
            if len(own) > 1:
                rows += [self.lead(z, u, s, r) for r in range(len(own)) if r != s]
                continue
            if s > 0:
                rows.append(self.excess(z, u, s - 1))
            if s < len(scalar.breakpoints):
                rows.append([-v for v in self.excess(z, u, s)])
        return fmpz_mat(rows) if rows else fmpz_mat(0, len(z[-1]))

    def border(self, z: Rows, unit: int, here: int, there: int) -> list[Any]:
        """The one of :meth:`constraints` between two states of a unit."""
        output = self.units[unit]
        if len(self.outputs[output][0]) > 1:
            return self.lead(z, output, here, there)
        if there < here:
            return self.excess(z, output, here - 1)
        return [-v for v in self.excess(z, output, here)]

    def states(self, z: Rows) -> list[int]:
        """States read off columns of values (or of values, then derivatives, compared in this order)."""
        zero = [0] * len(z[-1])
        states = []
        for u, hinge in zip(self.units, self.hinges, strict=True):
            own, scalar = self.outputs[u]
            if hinge >= 0:
                states.append(int(z[hinge] > zero))
            elif len(own) > 1:
                # The first of the largest: index() takes the lowest.
                rows = [z[r] for r in own]
                states.append(rows.index(max(rows)))
            else:
                above = [self.excess(z, u, t) > zero for t in range(len(scalar.breakpoints))]
                states.append(above.count(True))
        return states

    def output(self, z: Rows, states: Sequence[int]) -> fmpz_mat:
        """Outputs under the units' states, with the row of D last."""
        every = [0] * len(self.outputs)
        for u, s in zip(self.units, states, strict=True):
            every[u] = s
        rows, zero = [], [0] * len(z[-1])
        for pieces, s in zip(self.pieces, every, strict=True):
            row, slope, constant = pieces[s]
            if constant:
                rows.append([slope * a + constant * h for a, h in zip(z[row], z[-1], strict=True)])
            else:
                rows.append(z[row] if slope == 1 else [slope * a for a in z[row]] if slope else zero)
        return fmpz_mat([*rows, [self.scale * h for h in z[-1]]])


class Scalar:
    """A continuous piecewise-linear function f with f(0) = 0, over a denominator."""

    def __init__(self, breakpoints: Sequence[float], slopes: Sequence[float]) -> None:
        self._numbers = [Fraction(t) for t in breakpoints], [Fraction(a) for a in slopes]
        self._constants = _constants(*self._numbers)
        self.denominator = lcm(*(v.denominator for some in (*self._numbers, self._constants) for v in some))

    def scale_to(self, scale: int) -> None:
        """Write all numbers as integers over one denominator."""
        breakpoints, slopes = self._numbers
        self.breakpoints = [int(v * scale) for v in breakpoints]
        self.slopes = [int(v * scale) for v in slopes]
        self.constants = [int(v * scale) for v in self._constants]


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
            below = layer.output(z, states)
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


def _constants(breakpoints: list[Fraction], slopes: list[Fraction]) -> list[Fraction]:
    """``c_s`` with ``f(z) = slope_s z + c_s``, from f(0) = 0 and continuity at each breakpoint."""
    steps = [(a - b) * t for a, b, t in zip(slopes, slopes[1:], breakpoints, strict=False)]
    rising = [sum(steps[:s], Fraction(0)) for s in range(len(slopes))]
    at_zero = sum(t < 0 for t in breakpoints)
    return [c - rising[at_zero] for c in rising]
