"""The corners of small polytopes by trying all sets of d rows, in rational numbers."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

from flint import fmpq, fmpq_mat

Row = Sequence[int]  # (d + 1): row . (x, 1) >= 0


Corner = tuple[Fraction, ...]


def value(row: Row, point: Corner) -> Fraction:
    return sum((Fraction(a) * x for a, x in zip(row, point, strict=False)), Fraction(row[-1]))


def corners(rows: Sequence[Row]) -> set[Corner]:
    """All vertices of ``row . (x, 1) >= 0``: the feasible solutions of d rows, for each set of d rows."""
    d = len(rows[0]) - 1
    found = set()
    for chosen in combinations(rows, d):
        matrix = fmpq_mat([[fmpq(int(v)) for v in row[:-1]] for row in chosen])
        if matrix.rank() == d:
            solution = matrix.solve(fmpq_mat([[fmpq(-int(row[-1]))] for row in chosen]))
            point = tuple(Fraction(int(v.p), int(v.q)) for v in solution.entries())
            if all(value(row, point) >= 0 for row in rows):
                found.add(point)
    return found


def mean(points: set[Corner]) -> Corner:
    """The average of the vertices: in the relative interior."""
    return tuple(sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True))


def affine_rank(points: list[Corner]) -> int:
    table = [[*(fmpq(v.numerator, v.denominator) for v in point), fmpq(1)] for point in points]
    return int(fmpq_mat(table).rank()) if points else 0
