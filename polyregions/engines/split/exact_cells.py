"""Regions over the rationals, by their patterns: for the few that the search leaves to it."""

from __future__ import annotations

from fractions import Fraction
from operator import sub

import numpy as np
from flint import fmpq, fmpq_mat

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.rationals import IntegerRows, Point, round_fraction
from ...errors import CheckFailedError
from ...geometry import polytope
from ...network.network import Network


class ExactCells:
    """The closed cells of patterns of a network in a domain, with all their vertices.

    Parameters
    ----------
    network : Network
    sides : integer rows (sides, d + 1)
        ``a . x + c >= 0`` in the domain.
    """

    def __init__(self, network: Network, sides: IntegerRows) -> None:
        self._network, self._sides = network, sides
        self._known: dict[bytes, list[Point]] = {}

    def corners(self, pattern: StateArray) -> list[Point]:
        """The vertices of a cell."""
        key = pattern.tobytes()
        if key not in self._known:
            rows, _ = self._network.exact.rows(pattern)
            self._known[key] = polytope.vertices([*self._sides, *(row for row in rows if any(row[:-1]))])
        return self._known[key]

    def centre(self, pattern: StateArray) -> FloatArray:
        """The mean of a cell's vertices, rounded to float64."""
        corners = self.corners(pattern)
        means = [sum(values, Fraction(0)) / len(corners) for values in zip(*corners, strict=True)]
        return np.array([round_fraction(mean.numerator, mean.denominator) for mean in means])

    def share_facet(self, one: StateArray, other: StateArray) -> bool:
        """Whether two cells that meet face to face meet in a facet."""
        common = sorted(set(self.corners(one)) & set(self.corners(other)))
        if not common:
            return False
        d, first = len(common[0]), common[0]
        table = [[fmpq(x.numerator, x.denominator) for x in map(sub, p, first)] for p in common[1:]]
        rank = fmpq_mat(table).rank() if table else 0
        return bool(rank == d - 1)

    def matching(self, ones: StateArray, others: StateArray) -> IntArray:
        """For each of some cells on one side of a wall, which on the other side it shares a facet with.

        Raises
        ------
        CheckFailedError
            If there is not just one.
        """
        found = []
        for one in ones:
            partners = [k for k, other in enumerate(others) if self.share_facet(one, other)]
            if len(partners) != 1:
                raise CheckFailedError("a wall is not cut alike from both sides; this is a defect")
            found += partners
        return np.array(found, dtype=np.int64)
