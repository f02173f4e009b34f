"""Exact arithmetic: a network and its activation patterns over the integers.

A float64 is a dyadic rational, so each layer is an integer matrix divided by a power of two. With
the homogeneous coordinate carried along, an affine map ``y = A x + c`` is an integer matrix whose
last row is ``(0, ..., 0, D)``, D a power of two, and all of it is divided by D: composing layers is
one integer matrix product each, no fraction is ever reduced, and the sign of a form is the sign of an
integer.

Everything is one operation, :meth:`ExactNetwork.propagate`: push columns through the layers and choose
the states layer by layer. What the columns are decides what comes out:

============================  ============================================================
columns                       result
============================  ============================================================
identity (d + 1)              affine forms of all pieces under a given pattern
a point                       pre-activations at the point
a point and d directions      the states *just beyond* the point: signs read
                              lexicographically, value first, then derivatives
a direction v                 how the pre-activations that vanish on a facet move across it
============================  ============================================================
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz, fmpz_mat

from ..base.arrays import FloatArray, StateArray
from ..base.rationals import dyadic, rational_point
from .layers import Layer, MaxoutLayer, ScalarLayer

IntRows = list[list[Any]]  # rows of flint integers


def scalar_intercepts(layer: ScalarLayer) -> list[Fraction]:
    """Return c_s with ``f(z) = slope_s z + c_s`` on piece s; f is continuous and f(0) = 0."""
    t = [Fraction(float(v)) for v in layer.breakpoints]
    slopes = [Fraction(float(v)) for v in layer.slopes]
    c = [Fraction(0)] * len(slopes)
    origin = sum(v < 0 for v in t)
    for s in range(origin, len(t)):
        c[s + 1] = c[s] + (slopes[s] - slopes[s + 1]) * t[s]
    for s in range(origin, 0, -1):
        c[s - 1] = c[s] + (slopes[s] - slopes[s - 1]) * t[s - 1]
    return c


def _common(values: list[Fraction]) -> tuple[list[Any], Any]:
    """Integers over one common denominator (a power of two here)."""
    denominator = 1
    for value in values:
        denominator = max(denominator, value.denominator)
    return [fmpz(int(value * denominator)) for value in values], fmpz(denominator)


class _IntegerLayer:
    """One layer scaled to integers; ``weight`` has the homogeneous row and the bias column."""

    def __init__(self, layer: Layer) -> None:
        rows, inputs = layer.weight.shape
        numbers, exponent = dyadic(np.concatenate([layer.weight, layer.bias[:, None]], axis=1))
        table = [numbers[i * (inputs + 1) : (i + 1) * (inputs + 1)] for i in range(rows)]
        table.append([0] * inputs + [1 << exponent])
        self.weight = fmpz_mat(table)
        self.n_units = layer.n_units
        self.offsets: list[int] | None = None
        if isinstance(layer, MaxoutLayer):
            self.offsets = layer.offsets.tolist()
        else:
            m = layer.breakpoints.size
            values = [Fraction(float(v)) for v in (*layer.breakpoints, *layer.slopes)]
            integers, self.scale = _common(values + scalar_intercepts(layer))
            self.breakpoints = integers[:m]
            self.slopes = integers[m : 2 * m + 1]
            self.intercepts = integers[2 * m + 1 :]

    def gap(self, z: IntRows, unit: int, breakpoint: int) -> list[Any]:
        """Positive multiple of the form ``z_unit - t_breakpoint``."""
        t = self.breakpoints[breakpoint]
        scale = self.scale
        if t == 0:
            return z[unit]
        return [scale * a - t * h for a, h in zip(z[unit], z[-1], strict=True)]

    def output(self, z: IntRows, states: Sequence[int]) -> IntRows:
        """Rows of the layer's output (with the homogeneous row) under the given states."""
        if self.offsets is not None:
            return [z[first + s] for first, s in zip(self.offsets, states, strict=False)] + [z[-1]]
        rows = []
        for row, s in zip(z, states, strict=False):
            slope, intercept = self.slopes[s], self.intercepts[s]
            if intercept == 0:
                rows.append(row if slope == 1 else [slope * a for a in row])
            else:
                rows.append([slope * a + intercept * h for a, h in zip(row, z[-1], strict=True)])
        rows.append(z[-1] if self.scale == 1 else [self.scale * h for h in z[-1]])
        return rows

    def pull_back(self, rows: IntRows, states: Sequence[int]) -> IntRows:
        """Coefficients on the outputs to those on the pre-activations: :meth:`output` transposed."""
        pulled = []
        for *row, last in rows:
            if self.offsets is not None:
                z = [fmpz(0)] * self.offsets[-1]
                for first, s, a in zip(self.offsets, states, row, strict=False):
                    z[first + s] = a
            else:
                z = [self.slopes[s] * a for a, s in zip(row, states, strict=True)]
                intercepts = (self.intercepts[s] * a for a, s in zip(row, states, strict=True))
                last = sum(intercepts, self.scale * last)
            pulled.append([*z, last])
        return pulled

    def lexicographic_states(self, z: IntRows) -> list[int]:
        """States read off columns in lexicographic order; all zero counts as identically zero."""
        if self.offsets is not None:
            ends = zip(self.offsets[:-1], self.offsets[1:], strict=True)
            # max() keeps the first of equal rows: tied pieces take the lowest index.
            return [max(range(a, b), key=z.__getitem__) - a for a, b in ends]
        zero = [fmpz(0)] * len(z[0])
        m = len(self.breakpoints)
        return [sum(self.gap(z, u, j) > zero for j in range(m)) for u in range(self.n_units)]


class ExactNetwork:
    """A network over the integers. Patterns are tuples or arrays of states, hidden units in order.

    Parameters
    ----------
    layers : sequence of Layer
        All layers of the network, the linear ones included.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = [_IntegerLayer(layer) for layer in layers]
        self._dim = layers[0].n_inputs
        # Linear layers have no states: their slice of the pattern is empty.
        self._has_states = [isinstance(layer, MaxoutLayer) or layer.breakpoints.size > 0 for layer in layers]

    def propagate(
        self, columns: fmpz_mat, choose: Callable[[int, _IntegerLayer, IntRows], Sequence[int]]
    ) -> tuple[list[IntRows], IntRows, list[int]]:
        """Push columns (d + 1, c) through all layers.

        ``choose(i, layer, z)`` gives the states of layer i from its pre-activations z. Returns the
        pre-activations of every layer (each with the homogeneous row last), the output rows, and
        the states of all hidden units.
        """
        rows = columns.tolist()
        pre: list[IntRows] = []
        states: list[int] = []
        for i, layer in enumerate(self._layers):
            z = (layer.weight * fmpz_mat(rows)).tolist()
            pre.append(z)
            chosen = choose(i, layer, z) if self._has_states[i] else [0] * layer.n_units
            rows = layer.output(z, chosen)
            if self._has_states[i]:
                states.extend(chosen)
        return pre, rows, states

    def forms(self, pattern: Sequence[int] | StateArray) -> tuple[list[IntRows], IntRows]:
        """Pre-activations of every layer, and the output, as integer forms in ``(x, 1)``."""
        identity = fmpz_mat([[int(i == j) for j in range(self._dim + 1)] for i in range(self._dim + 1)])
        pre, output, _ = self.propagate(identity, self._given(pattern))
        return pre, output

    def affine_map(self, pattern: Sequence[int] | StateArray) -> tuple[list[list[Fraction]], list[Fraction]]:
        """Exact (A, c) with ``f(x) = A x + c`` under the pattern."""
        _, output = self.forms(pattern)
        denominator = int(output[-1][-1])
        table = [[Fraction(int(v), denominator) for v in row] for row in output[:-1]]
        return [row[:-1] for row in table], [row[-1] for row in table]

    def value(self, point: Sequence[Fraction] | FloatArray) -> list[Fraction]:
        """Exact output at a rational point."""
        column = fmpz_mat([[v] for v in rational_point(point)])
        _, output, _ = self.propagate(column, _lexicographic)
        return [Fraction(int(row[0]), int(output[-1][0])) for row in output[:-1]]

    def states_at(self, point: Sequence[Fraction] | FloatArray) -> list[int]:
        """Exact states of all hidden units at a rational point."""
        column = fmpz_mat([[v] for v in rational_point(point)])
        return self.propagate(column, _lexicographic)[2]

    def states_near(
        self, point: Sequence[Fraction] | FloatArray, signs: Sequence[int] | None = None
    ) -> list[int]:
        """Pattern of the region that contains ``point + (s1 e, s2 e^2, ..., sd e^d)``, e > 0 small.

        ``signs`` are the s_j (each 1 or -1), all 1 if not given.
        """
        d = self._dim
        homogeneous = rational_point(point)
        signs = [1] * d if signs is None else signs
        table = [[homogeneous[i], *(signs[j] if i == j else 0 for j in range(d))] for i in range(d + 1)]
        return self.propagate(fmpz_mat(table), _lexicographic)[2]

    def rows(self, pattern: Sequence[int] | StateArray) -> tuple[IntRows, list[tuple[int, int]]]:
        """Constraints ``row . (x, 1) >= 0`` of a pattern's closed cell, and what lies beyond each.

        Returns
        -------
        rows : list of integer vectors (d + 1)
            For each hidden unit in order: a scalar unit in state s has the rows ``z - t_s`` (if
            s > 0) and ``t_{s+1} - z`` (if not the last), a maxout unit in state s the rows
            ``z_s - z_r`` for r != s in order. Box sides are not included.
        beyond : list of (unit, state)
            The state that the unit has on the other side of the row.
        """
        pre, _ = self.forms(pattern)
        rows: IntRows = []
        beyond: list[tuple[int, int]] = []
        unit = 0
        for i, layer in enumerate(self._layers):
            if not self._has_states[i]:
                continue
            z = pre[i]
            for u in range(layer.n_units):
                s = int(pattern[unit])
                if layer.offsets is not None:
                    first, end = layer.offsets[u], layer.offsets[u + 1]
                    for r in range(end - first):
                        if r != s:
                            rows.append([a - b for a, b in zip(z[first + s], z[first + r], strict=True)])
                            beyond.append((unit, r))
                else:
                    if s > 0:
                        rows.append(layer.gap(z, u, s - 1))
                        beyond.append((unit, s - 1))
                    if s < len(layer.breakpoints):
                        rows.append([-a for a in layer.gap(z, u, s)])
                        beyond.append((unit, s + 1))
                unit += 1
        return rows, beyond

    def unit_rows(self, pattern: Sequence[int] | StateArray, unit: int) -> IntRows:
        """Positive multiples of the rows of one unit, in the order of :meth:`rows`.

        From the unit down, row vectors times the layers: that spares the d columns of all forms.
        """
        starts, given = self._unit_starts(), self._given(pattern)
        top = max(i for i, has in enumerate(self._has_states) if has and starts[i] <= unit)
        own, u, s = self._layers[top], unit - starts[top], int(pattern[unit])
        # Coefficients on the pre-activations of the unit's layer, the homogeneous one last.
        if own.offsets is not None:
            first, end = own.offsets[u : u + 2]
            entries = [{first + s: 1, r: -1} for r in range(first, end) if r != first + s]
        else:
            sides = [(j, sign) for j, sign in ((s - 1, 1), (s, -1)) if 0 <= j < len(own.breakpoints)]
            entries = [{u: sign * own.scale, -1: -sign * own.breakpoints[j]} for j, sign in sides]
        if not entries:
            return []
        columns = [*range(own.weight.nrows() - 1), -1]
        rows: IntRows = [[some.get(j, 0) for j in columns] for some in entries]
        for i in range(top, -1, -1):
            below = self._layers[i]
            if i < top:
                rows = below.pull_back(
                    rows, given(i, below, []) if self._has_states[i] else [0] * below.n_units
                )
            rows = (fmpz_mat(rows) * below.weight).tolist()
        return rows

    def hyperplane(self, layer: int, z: IntRows, unit: int, a: int, b: int) -> list[Any]:
        """Positive multiple of ``z_unit - t_a`` (b < 0), or of ``z_a - z_b`` of a maxout unit's pieces.

        ``z`` are the pre-activations of a layer from :meth:`forms`.
        """
        own = self._layers[layer]
        if own.offsets is None:
            return own.gap(z, unit, a)
        first = own.offsets[unit]
        return [p - q for p, q in zip(z[first + a], z[first + b], strict=True)]

    def cross(
        self, pattern: Sequence[int] | StateArray, tied: dict[int, list[int]], direction: Sequence[Any]
    ) -> list[int]:
        """Pattern across a facet, however many units flip there.

        Parameters
        ----------
        pattern : states on this side
        tied : dict unit -> list of states
            For each unit with a row that vanishes on the facet: the states beyond those rows.
        direction : integer vector (d,)
            Points out of this region through the facet.

        Notes
        -----
        On the facet the forms of tied units agree with their neighbours' (the network is
        continuous), so beyond it only derivatives along ``direction`` decide, layer by layer under
        the new states. A derivative that is zero means identically zero (or tied) beyond.
        """
        column = fmpz_mat([[v] for v in direction] + [[0]])
        starts = self._unit_starts()

        def choose(i: int, layer: _IntegerLayer, z: IntRows) -> list[int]:
            states = []
            for u in range(layer.n_units):
                unit = starts[i] + u
                s = int(pattern[unit])
                others = tied.get(unit)
                if others is not None:
                    if layer.offsets is not None:
                        first = layer.offsets[u]
                        candidates = sorted([s, *others])
                        s = max(candidates, key=lambda r: z[first + r][0])
                    else:
                        # The breakpoint touched lies between s and the state beyond.
                        low = min(s, others[0])
                        s = low + 1 if z[u][0] > 0 else low
                states.append(s)
            return states

        return self.propagate(column, choose)[2]

    def _unit_starts(self) -> list[int]:
        starts, unit = [], 0
        for layer, has in zip(self._layers, self._has_states, strict=True):
            starts.append(unit)
            unit += layer.n_units if has else 0
        return starts

    def _given(
        self, pattern: Sequence[int] | StateArray
    ) -> Callable[[int, _IntegerLayer, IntRows], Sequence[int]]:
        starts = self._unit_starts()
        states = [int(s) for s in pattern]
        return lambda i, layer, z: states[starts[i] : starts[i] + layer.n_units]


def _lexicographic(i: int, layer: _IntegerLayer, z: IntRows) -> list[int]:
    return layer.lexicographic_states(z)
