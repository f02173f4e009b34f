"""Exact arithmetic: a network and its activation patterns over the integers.

A float64 is a dyadic rational, so each layer is an integer matrix divided by a power of two. With
the homogeneous coordinate carried along, an affine map ``y = A x + c`` is an integer matrix whose
last row is ``(0, ..., 0, D)``, D a power of two, and all of it is divided by D: composing layers is
one integer matrix product each, no fraction is ever reduced, and the sign of a form is the sign of an
integer.

Everything is one operation: push columns through the layers and choose the states layer by layer
(:meth:`ExactNetwork.propagate`). What the columns are decides what comes out:

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

from bisect import bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate
from threading import Lock
from typing import Any

import numpy as np
from flint import fmpz, fmpz_mat

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.rationals import rational_point
from .integer_map import IntegerMap, IntRows
from .layers import Layer

#: Forms of a layer that are kept, each under another pattern of the layers up to it.
KNOWN = 16


class IntegerLayer:
    """One layer scaled to integers: its rows, with the homogeneous one last, and the table of its pieces."""

    def __init__(self, layer: Layer) -> None:
        self.affine = IntegerMap(layer)
        table = layer.pieces
        self.n_outputs = layer.n_outputs
        self.units: list[int] = table.units.tolist()
        self.first: list[int] = table.first.tolist()
        self.row: list[int] = table.row.tolist()
        self.owner: list[int] = np.repeat(np.arange(layer.n_outputs), layer.ranks).tolist()
        self._table = table
        self.is_max: list[bool] = table.is_max.tolist()
        slopes, constants, levels, scale = table.whole
        self.scale = fmpz(scale)
        self.slopes, self.constants = list(map(fmpz, slopes)), list(map(fmpz, constants))
        self.pieces = list(zip(self.row, self.slopes, self.constants, strict=True))
        self.levels: list[Any] = [None] * len(self.row)
        for entry, level in zip(table.thresholds.entry.tolist(), levels, strict=True):
            self.levels[entry] = fmpz(level)

    def n_states(self, output: int) -> int:
        """Number of states of an output; 1 if it is no unit."""
        return self.first[output + 1] - self.first[output]

    def gap(self, z: IntRows, output: int, state: int) -> list[Any]:
        """Positive multiple of ``z - t``, t the breakpoint of a scalar unit above a state."""
        row = z[self.row[self.first[output]]]
        t = self.levels[self.first[output] + state]
        if t == 0:
            return row
        return [self.scale * a - t * h for a, h in zip(row, z[-1], strict=True)]

    def border(self, z: IntRows, output: int, a: int, b: int) -> list[Any]:
        """Positive multiple of a form that is positive in state a, and where it is negative lies state b."""
        if not self.is_max[output]:
            gap = self.gap(z, output, min(a, b))
            return gap if a > b else [-v for v in gap]
        first = self.first[output]
        return [p - q for p, q in zip(z[self.row[first + a]], z[self.row[first + b]], strict=True)]

    def neighbors(self, output: int, state: int) -> list[int]:
        """The states with which a state has a border: of a scalar unit the next ones, else all others."""
        others = range(self.n_states(output)) if self.is_max[output] else (state - 1, state + 1)
        return [r for r in others if 0 <= r < self.n_states(output) and r != state]

    def entries_under(self, states: StateArray) -> IntArray:
        """The entry of the table that each output follows under the states of the units; int64 (outputs,)."""
        entries: IntArray = self._table.first[:-1].copy()
        entries[self._table.units] += states
        return entries

    def every_state(self, states: Sequence[int]) -> list[int]:
        """The states of all outputs from those of the units; 0 for what has no state."""
        if len(self.units) == self.n_outputs:
            return list(states)
        every = [0] * self.n_outputs
        for u, s in zip(self.units, states, strict=True):
            every[u] = s
        return every

    def output(self, z: IntRows, states: Sequence[int]) -> IntRows:
        """Rows of the layer's output (with the homogeneous row) under the units' states."""
        rows, last = [], z[-1]
        for first, s in zip(self.first, self.every_state(states), strict=False):
            at, slope, constant = self.pieces[first + s]
            if constant:
                rows.append([slope * a + constant * h for a, h in zip(z[at], last, strict=True)])
            elif slope == 1:
                rows.append(z[at])
            else:
                rows.append([slope * a for a in z[at]])
        rows.append(z[-1] if self.scale == 1 else [self.scale * h for h in z[-1]])
        return rows

    def pull_back(self, rows: IntRows, states: Sequence[int]) -> IntRows:
        """Coefficients on the outputs to those on the rows: :meth:`output` transposed."""
        entries = [first + s for first, s in zip(self.first, self.every_state(states), strict=False)]
        pulled = []
        for *coefficients, last in rows:
            z = [fmpz(0)] * self.affine.count
            last = self.scale * last
            for a, entry in zip(coefficients, entries, strict=True):
                z[self.row[entry]] += self.slopes[entry] * a
                last += self.constants[entry] * a
            pulled.append([*z, last])
        return pulled

    def lexicographic_states(self, z: IntRows) -> list[int]:
        """States of the units read off columns in lexicographic order; all zero is identically zero."""
        zero = [fmpz(0)] * len(z[0])
        states = []
        for u in self.units:
            first, end = self.first[u], self.first[u + 1]
            if self.is_max[u]:
                # max() keeps the first of equal rows: tied pieces take the lowest index.
                states.append(max(range(first, end), key=lambda e: z[self.row[e]]) - first)
            else:
                states.append(sum(self.gap(z, u, j) > zero for j in range(end - first - 1)))
        return states


class ExactNetwork:
    """A network over the integers. Patterns are tuples or arrays of states, hidden units in order.

    Parameters
    ----------
    layers : sequence of Layer
        All layers of the network, the linear ones included.
    """

    def __init__(self, layers: Sequence[Layer]) -> None:
        self._layers = [IntegerLayer(layer) for layer in layers]
        self._dim = layers[0].n_inputs
        self._starts = [0, *accumulate(len(layer.units) for layer in self._layers)]
        # Forms under the patterns of the first layers: neighbours often begin alike.
        self._known: list[dict[bytes, tuple[IntRows, IntRows]]] = [{} for _ in self._layers]
        self._lock = Lock()

    def propagate(
        self, columns: fmpz_mat, choose: Callable[[int, IntegerLayer, IntRows], Sequence[int]]
    ) -> tuple[list[IntRows], IntRows, list[int]]:
        """Push columns (d + 1, c) through all layers.

        ``choose(i, layer, z)`` gives the states of layer i's units from its pre-activations z. Returns the
        pre-activations of every layer (each with the homogeneous row last), the output rows, and
        the states of all hidden units.
        """
        rows = columns.tolist()
        pre: list[IntRows] = []
        states: list[int] = []
        for i, layer in enumerate(self._layers):
            z = layer.affine.push(rows)
            pre.append(z)
            chosen = choose(i, layer, z) if layer.units else []
            rows = layer.output(z, chosen)
            states.extend(chosen)
        return pre, rows, states

    def forms(self, pattern: Sequence[int] | StateArray) -> tuple[list[IntRows], IntRows]:
        """Pre-activations of every layer, and the output, as integer forms in ``(x, 1)``."""
        states = bytes(int(s) for s in pattern)
        identity = fmpz_mat([[int(i == j) for j in range(self._dim + 1)] for i in range(self._dim + 1)])
        rows, pre = identity.tolist(), []
        for i, layer in enumerate(self._layers):
            key = states[: self._starts[i + 1]]
            known = self._known[i].get(key)
            if known is None:
                z = layer.affine.push(rows)
                known = z, layer.output(z, list(key[self._starts[i] :]))
                with self._lock:
                    if len(self._known[i]) >= KNOWN:
                        del self._known[i][next(iter(self._known[i]))]  # the oldest
                    self._known[i][key] = known
            pre.append(known[0])
            rows = known[1]
        return pre, rows

    @property
    def layers(self) -> list[IntegerLayer]:
        """All layers."""
        return self._layers

    def first(self) -> IntRows:
        """Pre-activations of the first layer as integer forms in ``(x, 1)``."""
        identity = [[fmpz(int(i == j)) for j in range(self._dim + 1)] for i in range(self._dim + 1)]
        return self._layers[0].affine.push(identity)

    def following(self, i: int, z: IntRows, states: Sequence[int] | StateArray) -> IntRows:
        """Pre-activations of layer i + 1 from those of layer i, under the states of its units."""
        return self._layers[i + 1].affine.push(self._layers[i].output(z, [int(s) for s in states]))

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
        self,
        point: Sequence[Fraction] | FloatArray,
        signs: Sequence[int] | None = None,
        towards: Sequence[Fraction] | None = None,
    ) -> list[int]:
        """Pattern of the region that contains ``point + (s1 e, s2 e^2, ..., sd e^d)``, e > 0 small.

        ``signs`` are the s_j (each 1 or -1), all 1 if not given. With ``towards``, a point, it is that of
        ``point + e (towards - point) + (s1 e^2, ..., sd e^(d + 1))``.
        """
        d = self._dim
        homogeneous = rational_point(point)
        signs = [1] * d if signs is None else signs
        table = [[homogeneous[i], *(signs[j] if i == j else 0 for j in range(d))] for i in range(d + 1)]
        if towards is not None:
            x, y = homogeneous, rational_point(towards)
            for i, row in enumerate(table):
                row.insert(1, y[i] * x[d] - x[i] * y[d])  # a positive multiple; 0 for the last coordinate
        return self.propagate(fmpz_mat(table), _lexicographic)[2]

    def rows(
        self, pattern: Sequence[int] | StateArray, wanted: Sequence[bool] | None = None
    ) -> tuple[IntRows, list[tuple[int, int]]]:
        """Constraints ``row . (x, 1) >= 0`` of a pattern's closed cell, and what lies beyond each.

        Parameters
        ----------
        pattern : states of the units
        wanted : sequence of bool, optional
            Which rows to make, by their number; others are empty lists.

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
        for layer, start, z in zip(self._layers, self._starts, pre, strict=False):
            for unit, output in enumerate(layer.units, start):
                s = int(pattern[unit])
                for r in layer.neighbors(output, s):
                    make = wanted is None or wanted[len(rows)]
                    rows.append(layer.border(z, output, s, r) if make else [])
                    beyond.append((unit, r))
        return rows, beyond

    def neighbors(self, unit: int, state: int) -> list[int]:
        """The states beyond the rows of a unit in a state, in the order of :meth:`rows`."""
        i = bisect_right(self._starts, unit) - 1
        return self._layers[i].neighbors(self._layers[i].units[unit - self._starts[i]], state)

    def unit_rows(self, pattern: Sequence[int] | StateArray, unit: int) -> IntRows:
        """Positive multiples of the rows of one unit, in the order of :meth:`rows`.

        From the unit down, row vectors times the layers: that spares the d columns of all forms.
        """
        given = self._given(pattern)
        top = bisect_right(self._starts, unit) - 1
        own, s = self._layers[top], int(pattern[unit])
        u = own.units[unit - self._starts[top]]
        # Coefficients on the rows of the unit's layer, the homogeneous one last.
        first = own.first[u]
        entries: list[dict[int, Any]] = []
        for r in own.neighbors(u, s):
            if own.is_max[u]:
                entries.append({own.row[first + s]: 1, own.row[first + r]: -1})
            else:
                sign = 1 if r < s else -1
                entries.append({own.row[first]: sign * own.scale, -1: -sign * own.levels[first + min(r, s)]})
        if not entries:
            return []
        columns = [*range(own.affine.count), -1]
        rows: IntRows = [[some.get(j, 0) for j in columns] for some in entries]
        for i in range(top, -1, -1):
            below = self._layers[i]
            if i < top:
                rows = below.pull_back(rows, given(i, below, []))
            rows = below.affine.pull(rows)
        return rows

    def border(self, layer: int, z: IntRows, output: int, a: int, b: int) -> list[Any]:
        """Positive multiple of the form between states a and b of an output of a layer, positive in a.

        ``z`` are the pre-activations of the layer from :meth:`forms`.
        """
        return self._layers[layer].border(z, output, a, b)

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

        def choose(i: int, layer: IntegerLayer, z: IntRows) -> list[int]:
            states = []
            for unit, output in enumerate(layer.units, self._starts[i]):
                s = int(pattern[unit])
                others = tied.get(unit)
                if others is not None and layer.is_max[output]:
                    first = layer.first[output]
                    s = max(sorted([s, *others]), key=lambda r: z[layer.row[first + r]][0])
                elif others is not None:
                    # The breakpoint touched lies between s and the state beyond.
                    low = min(s, others[0])
                    s = low + 1 if z[layer.row[layer.first[output]]][0] > 0 else low
                states.append(s)
            return states

        return self.propagate(column, choose)[2]

    def _given(
        self, pattern: Sequence[int] | StateArray
    ) -> Callable[[int, IntegerLayer, IntRows], Sequence[int]]:
        states = [int(s) for s in pattern]
        return lambda i, layer, z: states[self._starts[i] : self._starts[i + 1]]


def _lexicographic(i: int, layer: IntegerLayer, z: IntRows) -> list[int]:
    return layer.lexicographic_states(z)
