"""A cell on the way down: its rows, what float64 proves of it, and whole numbers where that is not enough."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd
from typing import NamedTuple

import numpy as np

from ...base.arrays import FloatArray, StateArray
from ...engines.traverse.rows import RecentredRows
from ...errors import CheckFailedError
from ...geometry.cuts import UNKNOWN, Inside, exact_side, look_inside, side_of
from ...geometry.integer_simplex import interior_point
from ...geometry.proofs import REDUNDANT
from ...network.box import box_rows
from ...network.integer_map import IntRows


class Border(NamedTuple):
    """Where an output of a layer changes from one state to another; its form is positive in the first."""

    layer: int
    output: int
    state: int
    other: int


class ExactForms:
    """Whole numbers for one way down: the forms of all layers, each made when it is first asked for."""

    def __init__(self, recentred: RecentredRows, pattern: StateArray) -> None:
        self.recentred, self.network, self.pattern = recentred, recentred.network, pattern
        self.sides: list[list[int]] = [[int(v) for v in row] for row in box_rows(recentred.box)]
        self.layers: list[IntRows] = []

    def row(self, border: Border | int) -> list[int]:
        """A positive multiple of the form of a border, or of a side of the box."""
        if isinstance(border, int):
            return self.sides[border]
        exact, first = self.network.exact, self.network.first_units
        while len(self.layers) <= border.layer:
            i = len(self.layers) - 1
            below = self.pattern[first[i] : first[i + 1]] if i >= 0 else None
            self.layers.append(exact.first() if below is None else exact.following(i, self.layers[i], below))
        row = [int(v) for v in exact.border(border.layer, self.layers[border.layer], *border[1:])]
        divisor = gcd(*row)
        return [v // divisor for v in row] if divisor > 1 else row


class ProbeNode:
    """A polytope with interior points, in the box.

    Attributes
    ----------
    rows : float64 (d + 2, n)
        Forms that are positive inside of it, with their bounds, in the coordinates of the recentred box.
    borders : list of Border, or of sides of the box
        What the rows are.
    inside : Inside
        What float64 has proven.
    active : int
        How many rows are at work there.
    """

    def __init__(self, rows: FloatArray, borders: Sequence[Border | int], inside: Inside) -> None:
        self.rows, self.borders, self.inside = rows, list(borders), inside
        n = rows.shape[1]
        self.active = int(look_inside(rows, n, inside))
        if self.active:
            kept = inside.verdict[:n] != REDUNDANT
            self.rows = np.ascontiguousarray(rows[:, kept])
            self.borders = [b for b, keep in zip(borders, kept.tolist(), strict=True) if keep]

    def part(self, form: FloatArray, border: Border, inside: Inside) -> ProbeNode:
        """The part where a form (d + 2,) that cuts the cell is positive."""
        inside.middle[:], inside.half[:] = self.inside.middle, self.inside.half
        rows = np.concatenate([self.rows, form[:, None]], axis=1)
        return ProbeNode(rows, [*self.borders, border], inside)

    def side(self, forms: FloatArray, column: int, border: Border, exact: ExactForms) -> int:
        """Which signs a form has inside: NEGATIVE, CUTS, POSITIVE or ZERO."""
        found = int(side_of(forms, column, self.active, self.inside))
        return self.exact_side(border, exact) if found == UNKNOWN else found

    def exact_side(self, border: Border, exact: ExactForms) -> int:
        """The same, over the integers."""
        rows = [exact.row(b) for b in self.borders]
        return exact_side(rows, self.interior(rows, exact.recentred), exact.row(border))

    def interior(self, rows: Sequence[Sequence[int]], recentred: RecentredRows) -> list[Fraction]:
        """An exact point inside."""
        if self.inside.size[1] > 0.0:
            return recentred.point(self.inside.centre)
        found = interior_point(rows, recentred.midpoint)
        if found is None:
            raise CheckFailedError("a part of a cell has no interior point")
        return found
