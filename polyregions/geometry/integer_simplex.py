"""An exact simplex over the integers, for the rows that float64 cannot decide.

The dictionary of :mod:`polyregions.geometry.simplex`, with entries ``E / den`` over one common denominator.
Integer pivoting (J. Edmonds, *Exact pivoting*, 1994; the division by the old denominator leaves no
remainder because all entries are minors of the first matrix) keeps numbers no longer than determinants,
and Bland's rule (R. G. Bland, 1977) ends on degenerate cells, which are the ones that come here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ..base.rationals import homogeneous

IntegerRow = Sequence[int]  # (d + 1): row . (x, 1) >= 0


class IntegerDictionary:
    """All rows of a full-dimensional, bounded cell as functions of the d rows zero at a vertex.

    Parameters
    ----------
    rows : sequence of integer vectors (d + 1)
        ``row . (x, 1) >= 0``, bounded, none with a zero gradient.
    interior : sequence of d Fractions
        A point at which every row is strictly positive.
    """

    def __init__(self, rows: Sequence[IntegerRow], interior: Sequence[Fraction]) -> None:
        d = len(interior)
        self.d = d
        start = homogeneous(interior)
        self.origin, self.unit = list(interior), start[-1]
        # Columns: the coordinates y with x = interior + y / q, then one slack for each row.
        constants = [0] * d + [sum(a * v for a, v in zip(row, start, strict=True)) for row in rows]
        self.entries = [constants]
        for j in range(d):
            self.entries.append([int(i == j) for i in range(d)] + [row[j] for row in rows])
        self.den = 1
        self.basis = list(range(d))  # nonbasic column of each row of entries[1:]
        self.active = set(range(d, d + len(rows)))
        for j in range(1, d + 1):
            leaving = self._blocking(j, 1, -1)
            if leaving < 0:
                leaving = self._blocking(j, -1, -1)
            if leaving < 0:
                raise ValueError("the cell is not bounded")
            self._pivot(j, leaving)

    def vertex(self) -> list[Fraction]:
        """Coordinates of the current vertex."""
        scale = self.den * self.unit
        return [x + Fraction(v, scale) for x, v in zip(self.origin, self.entries[0], strict=False)]

    def is_facet(self, row: int) -> bool:
        """Whether the cell without row number ``row`` reaches beyond it; if not, the row is dropped."""
        column = self.d + row
        if column in self.basis:
            j = 1 + self.basis.index(column)
            leaving = self._blocking(j, -1, column)
            if leaving < 0 or self.entries[0][leaving] > 0:
                return True
            self._pivot(j, leaving)
        while True:
            step = self._descent(column)
            if step is None:
                self.active.discard(column)
                return False
            j, leaving = step
            E = self.entries
            # The slack at the next vertex, times positive numbers.
            if leaving < 0 or E[0][column] * -E[j][leaving] + E[j][column] * E[0][leaving] < 0:
                return True
            self._pivot(j, leaving)

    def descend(self, row: int) -> bool:
        """Make one step that lowers (or does not raise) the slack of a row; False at its minimum."""
        column = self.d + row
        step = self._descent(column)
        if step is None or step[1] < 0 or column in self.basis:
            return False
        self._pivot(*step)
        return True

    def extreme(self, coordinate: int, sign: int) -> Fraction | None:
        """The largest value of a coordinate on the cell, or the least for sign -1; None if there is none."""
        while True:
            rising = [i for i in range(1, self.d + 1) if sign * self.entries[i][coordinate] > 0]
            if not rising:
                return self.vertex()[coordinate]
            j = min(rising, key=lambda i: self.basis[i - 1])
            leaving = self._blocking(j, 1, -1)
            if leaving < 0:
                return None
            self._pivot(j, leaving)

    def _descent(self, column: int) -> tuple[int, int] | None:
        """Entering row and blocking column of Bland's rule for a lower value of a column."""
        candidates = [j for j in range(1, self.d + 1) if self.entries[j][column] < 0]
        if not candidates:
            return None
        j = min(candidates, key=lambda i: self.basis[i - 1])
        return j, self._blocking(j, 1, column)

    def _blocking(self, j: int, sign: int, skip: int) -> int:
        """Active slack that reaches zero first when nonbasic j moves; lowest column on ties, -1 if none."""
        constants, slopes = self.entries[0], self.entries[j]
        best = -1
        for c in sorted(self.active):
            if (
                c != skip
                and sign * slopes[c] < 0
                and (best < 0 or constants[c] * abs(slopes[best]) < constants[best] * abs(slopes[c]))
            ):
                best = c
        return best

    def _pivot(self, j: int, leaving: int) -> None:
        E, den = self.entries, self.den
        p = E[j][leaving]
        source = E[j]
        sign = 1 if p > 0 else -1
        for i in range(self.d + 1):
            if i != j:
                factor = E[i][leaving]
                E[i] = [sign * (a * p - factor * s) // den for a, s in zip(E[i], source, strict=True)]
        # The entering variable in terms of the leaving one, over the new denominator |p|.
        E[j] = [sign * s for s in source]
        for i in range(self.d + 1):
            E[i][leaving] = 0
        E[j][leaving] = abs(p)
        self.den = abs(p)
        self.basis[j - 1] = leaving


def deepest_point(rows: Sequence[IntegerRow], start: Sequence[Fraction]) -> tuple[Fraction, list[Fraction]]:
    """Return a point strictly inside all rows ``row . (x, 1) >= 0`` and a positive number, or how far off.

    Maximises s over ``row . (x, 1) >= g s, s <= 1``, where g is the row's largest coefficient, from ``start``
    and an s low enough to be inside; the first vertex with s > 0 will do. If there is none, s is the largest:
    0 if the rows hold at some point together, but strictly at none, and negative if they do at no point.
    """
    d = len(start)
    scales = [max(map(abs, row[:-1])) for row in rows]
    lifted = [[*row[:-1], -g, row[-1]] for row, g in zip(rows, scales, strict=True)]
    lifted.append([0] * d + [-1, 1])
    lowest = min(
        (sum(a * v for a, v in zip(row, start, strict=False)) + row[-1]) / Fraction(g)
        for row, g in zip(rows, scales, strict=True)
    )
    dictionary = IntegerDictionary(lifted, [*start, min(lowest, Fraction(0)) - 1])
    while dictionary.vertex()[-1] <= 0 and dictionary.descend(len(rows)):
        pass
    *point, depth = dictionary.vertex()
    return depth, point


def interior_point(rows: Sequence[IntegerRow], start: Sequence[Fraction]) -> list[Fraction] | None:
    """Return a point strictly inside all rows ``row . (x, 1) >= 0``, or None if there is none."""
    depth, point = deepest_point(rows, start)
    return point if depth > 0 else None


def positive_at(rows: Sequence[IntegerRow], point: Sequence[Fraction]) -> bool:
    """Whether every row is strictly positive at the point."""
    x = homogeneous(point)
    return all(sum(a * v for a, v in zip(row, x, strict=True)) > 0 for row in rows)
