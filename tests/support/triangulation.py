"""Triangulations and volumes of a polytope by another algorithm than the library's."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import factorial, prod

from flint import fmpz_mat

from polyregions.base.rationals import IntegerRows, Point, homogeneous


def simplices(points: Sequence[Point], rows: IntegerRows) -> list[list[Point]]:
    """Triangulate the hull of the vertices, given its rows: every face is a fan from its first vertex.

    Each simplex is a list of d + 1 vertices. The faces are read off exactly, from the rows that vanish.
    """
    columns = [homogeneous(point) for point in points]
    zeros = [
        frozenset(i for i, x in enumerate(columns) if not sum(a * v for a, v in zip(row, x, strict=True)))
        for row in ([int(v) for v in row] for row in rows)
    ]
    known: dict[frozenset[int], list[tuple[int, ...]]] = {}

    def fan(face: frozenset[int]) -> list[tuple[int, ...]]:
        if face not in known:
            apex = min(face)
            proper = {face & zero for zero in zeros if not face <= zero} - {frozenset()}
            facets = [f for f in proper if not any(f < other for other in proper)]
            known[face] = [(apex, *rest) for f in facets if apex not in f for rest in fan(f)] or [(apex,)]
        return known[face]

    return [[points[i] for i in simplex] for simplex in fan(frozenset(range(len(points))))]


def fan_volume(points: Sequence[Point], rows: IntegerRows) -> Fraction:
    """The sum of the simplices."""
    return sum((simplex_volume(simplex) for simplex in simplices(points, rows)), Fraction(0))


def fan_centroid(points: Sequence[Point], rows: IntegerRows) -> list[Fraction]:
    """The mean of the simplices' centres, by their volumes."""
    parts = [(simplex_volume(simplex), simplex) for simplex in simplices(points, rows)]
    total = sum(weight for weight, _ in parts) * (len(points[0]) + 1)
    return [
        sum((weight * sum(p[k] for p in simplex) for weight, simplex in parts), Fraction(0)) / total
        for k in range(len(points[0]))
    ]


def simplex_volume(simplex: Sequence[Point]) -> Fraction:
    """Volume by the determinant of the homogeneous vertices."""
    rows = [homogeneous(point) for point in simplex]
    return Fraction(
        abs(int(fmpz_mat(rows).det())), prod(row[-1] for row in rows) * factorial(len(simplex) - 1)
    )
