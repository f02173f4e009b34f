"""Exact volume and centroid of one polytope, in any dimension, from its vertices and rows.

A polytope F of dimension k is the union of the cones from one of its vertices, v, over its facets G that do
not contain v, so its volume is a sum over them of height times volume, over k. Every face is measured once,
however many chains of faces lead to it (J. B. Lasserre, *An analytical expression and an algorithm for the
volume of a convex polyhedron*, 1983, and B. Bueler, A. Enge, K. Fukuda, *Exact volume computation for
polytopes*, 2000, who keep what is known of faces): a cube has 3^d faces, and d! simplices.

Heights and volumes within a flat are square roots. What is added up here is rational. Let N be the wedge of
the normals of d - k independent rows that vanish on F. The k-vector of F, k! times its volume times the unit
k-vector of its flat, is ``w * star N`` for a rational w. If the row (a, c) makes the facet G of F, then the
vector g - v from v to G, on which the normals of F vanish, contracts ``star (N ^ a)`` to ``(a . g - a . v)
star N``; and ``a . g + c = 0``. So

    w(F) = sum over G of (a . v + c) w(G),  w(vertex) = 1 / |det of its normals|,  volume = w / d!,

if w(G) belongs to the rows of F and a. A face where more rows vanish than needed may be known with others:
their wedge is a multiple of that one, by the ratio of two minors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any, NamedTuple

import numpy as np
from flint import fmpq, fmpz_mat

from ..base.arrays import FloatArray
from ..base.rationals import IntegerRows, Point, homogeneous, round_fraction
from ..errors import CheckFailedError, TooLargeError

#: Faces that one polytope may have, estimated: about a minute.
MOST_FACES = 2**22


class _Measured(NamedTuple):
    """A face that is measured: ``w`` for the wedge of these rows, and ``w`` times its centroid."""

    rows: tuple[int, ...]
    weight: Any  # fmpq
    moment: list[Any]  # d fmpq


class _Polytope:
    """Vertices and rows of a polytope, and the faces that are measured. A face is its vertices, as bits."""

    def __init__(self, points: Sequence[Point], rows: IntegerRows) -> None:
        self.dim = len(points[0])
        if len(points) << self.dim > MOST_FACES:
            raise TooLargeError(
                f"volume: a polytope with {len(points):,} vertices in {self.dim} dimensions may have "
                f"{len(points) << self.dim:,} faces, the limit is {MOST_FACES:,}"
            )
        self.rows = [[int(v) for v in row] for row in rows]
        places = [homogeneous(point) for point in points]
        self.points = [[fmpq(v, place[-1]) for v in place[:-1]] for place in places]
        values = (fmpz_mat(self.rows) * fmpz_mat(places).transpose()).tolist()
        self.heights = [[fmpq(v, p[-1]) for v, p in zip(row, places, strict=True)] for row in values]
        self.zeros = [sum(1 << i for i, v in enumerate(row) if v == 0) for row in values]
        self.known: dict[int, _Measured] = {}

    def facets(self, face: int) -> Iterator[tuple[int, int]]:
        """The facets of a face, and a row that vanishes on each."""
        found: dict[int, int] = {}
        for row, zero in enumerate(self.zeros):
            if face & zero and face & ~zero:
                found.setdefault(face & zero, row)
        proper = list(found)
        for facet, row in found.items():
            if not any(facet & ~other == 0 for other in proper if other != facet):
                yield facet, row

    def measured(self, face: int, rows: tuple[int, ...]) -> _Measured:
        """Measure a face of the flat of these rows, for the wedge of their normals."""
        if face not in self.known:
            self.known[face] = self._measure(face, rows)
        own, weight, moment = self.known[face]
        if own == rows or set(own) == set(rows):
            return _Measured(rows, weight, moment)
        ratio = self._ratio(rows, own)
        return _Measured(rows, weight / ratio, [v / ratio for v in moment])

    def _measure(self, face: int, rows: tuple[int, ...]) -> _Measured:
        if len(rows) == self.dim:
            determinant = abs(fmpz_mat([self.rows[i][:-1] for i in rows]).det())
            if determinant == 0 or face & (face - 1):
                raise CheckFailedError("volume: the rows do not describe the hull of the vertices")
            weight = fmpq(1, determinant)
            return _Measured(rows, weight, [weight * x for x in self.points[face.bit_length() - 1]])
        apex, k = face & -face, self.dim - len(rows)
        at = apex.bit_length() - 1
        weight, moment = fmpq(0), [fmpq(0)] * self.dim
        for facet, row in self.facets(face):
            if facet & apex:
                continue
            _, part, sums = self.measured(facet, (*rows, row))
            height = self.heights[row][at]
            weight += height * part
            # The centroid of a cone: its apex once, that of its base k times.
            moment = [
                m + height * (part * x + k * y) / (k + 1)
                for m, x, y in zip(moment, self.points[at], sums, strict=True)
            ]
        return _Measured(rows, weight, moment)

    def _ratio(self, rows: tuple[int, ...], own: tuple[int, ...]) -> Any:
        """By what the wedge of some rows' normals is larger than that of others of the same span."""
        for columns in combinations(range(self.dim), len(rows)):
            minor = fmpz_mat([[self.rows[i][j] for j in columns] for i in own]).det()
            if minor != 0:
                other = fmpz_mat([[self.rows[i][j] for j in columns] for i in rows]).det()
                return fmpq(abs(other), abs(minor))
        raise CheckFailedError("volume: the rows of a face are dependent")


def _whole(points: Sequence[Point], rows: IntegerRows) -> _Measured:
    """The polytope itself."""
    return _Polytope(points, rows).measured((1 << len(points)) - 1, ())


def exact_volume(points: Sequence[Point], rows: IntegerRows) -> Fraction:
    """Volume (length, area, ...) of the hull of the vertices, given its rows.

    Raises
    ------
    TooLargeError
        If it may have more than 2^22 faces: a cube of more than 11 dimensions.

    Examples
    --------
    >>> from polyregions.geometry.polytope import vertices
    >>> rows = [[1, 0, 0], [0, 1, 0], [-3, -3, 1]]
    >>> str(exact_volume(vertices(rows), rows))
    '1/18'
    """
    weight = _whole(points, rows).weight
    return Fraction(int(weight.p), int(weight.q) * factorial(len(points[0])))


def volume(points: Sequence[Point], rows: IntegerRows) -> float:
    """Volume in float64: the exact one rounded once, infinite beyond its range.

    Raises
    ------
    TooLargeError
        As :func:`exact_volume`.
    """
    exact = exact_volume(points, rows)
    return round_fraction(exact.numerator, exact.denominator)


def centroid(points: Sequence[Point], rows: IntegerRows) -> FloatArray:
    """Centre of mass, float64 (d,): the exact one rounded once.

    Raises
    ------
    TooLargeError
        As :func:`exact_volume`.
    """
    return np.array([round_fraction(v.numerator, v.denominator) for v in exact_centroid(points, rows)])


def exact_centroid(points: Sequence[Point], rows: IntegerRows) -> Point:
    """Centre of mass of the hull of the vertices, given its rows.

    Raises
    ------
    TooLargeError
        As :func:`exact_volume`.
    """
    _, weight, moment = _whole(points, rows)
    return tuple(Fraction(int(v.p), int(v.q)) for v in (m / weight for m in moment))
