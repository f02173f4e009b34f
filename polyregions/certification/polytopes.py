"""The checker's own polytopes: corners, faces and volume of a cell, over the integers.

A cell is ``{x : row . (x, 1) >= 0 for all rows}``. Points are tuples of integers ``(x D, D)``, D > 0, without
a common divisor, so that equal points are equal tuples.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import factorial, gcd, prod
from typing import Any

from flint import fmpq, fmpz_mat

from ..errors import TooLargeError

Point = tuple[int, ...]  # (d + 1)
#: A region with so many corners takes some ten seconds.
MOST_CORNERS = 5_000


class NotACellError(Exception):
    """The rows do not bound a polytope of full dimension."""


@dataclass(frozen=True)
class Cell:
    """A bounded, full-dimensional polytope.

    Attributes
    ----------
    corners : list of Point
    tight : list of frozenset of int
        For each row the corners on it.
    """

    corners: list[Point]
    tight: list[frozenset[int]]

    def facets_of(self, face: frozenset[int]) -> list[frozenset[int]]:
        """The faces of dimension one less in the boundary of a face, as sets of corners."""
        proper = {face & other for other in self.tight if not face <= other} - {frozenset()}
        return [f for f in proper if not any(f < other for other in proper)]

    def volume(self) -> fmpq:
        """Volume (length, area, ...): each face is a fan of simplices from its first corner."""
        known: dict[frozenset[int], list[tuple[int, ...]]] = {}

        def fan(face: frozenset[int]) -> list[tuple[int, ...]]:
            if face not in known:
                first = min(face)
                sides = [f for f in self.facets_of(face) if first not in f]
                known[face] = [(first, *rest) for f in sides for rest in fan(f)] or [(first,)]
            return known[face]

        total = fmpq(0)
        for simplex in fan(frozenset(range(len(self.corners)))):
            points = [self.corners[k] for k in simplex]
            total += fmpq(abs(fmpz_mat(points).det()), prod(p[-1] for p in points))
        return total / factorial(len(self.corners[0]) - 1)


def inner_point(points: Sequence[Point]) -> list[int]:
    """A point in the relative interior of the hull: their mean, weighted by denominators."""
    return [sum(column) for column in zip(*points, strict=True)]


def cell(rows: Sequence[Sequence[Any]]) -> Cell:
    """The cell of some rows, by the double description method.

    The cone ``{r : rows . r >= 0}`` over the cell begins with d + 1 independent rows, whose rays are the
    columns of the inverse matrix, and is cut by the others in turn: rays beyond a row go, and each pair of
    neighbours on two sides of it gives a ray on it. Two rays are neighbours if no third lies on all rows that
    both lie on.

    Raises
    ------
    NotACellError
        If the cell is unbounded, empty or flat.
    TooLargeError
        If it has more than :data:`MOST_CORNERS` corners.
    """
    if not rows:
        raise NotACellError("it has no facets")
    table = [[int(v) for v in row] for row in rows]
    n = len(table[0])
    first = _independent(table)
    if len(first) < n:
        raise NotACellError("its facets do not bound it")
    numerators, _ = fmpz_mat([table[i] for i in first]).inv().numer_denom()
    columns = numerators.transpose().tolist()
    rays = [_primitive([int(v) for v in column]) for column in columns]
    on = [sum(1 << i for k, i in enumerate(first) if k != j) for j in range(n)]
    for i, row in enumerate(table):
        if i in first:
            continue
        values = [sum(a * x for a, x in zip(row, ray, strict=True)) for ray in rays]
        kept = [(ray, o | (1 << i) * (v == 0)) for ray, o, v in zip(rays, on, values, strict=True) if v >= 0]
        for p, m in _neighbors_across(on, values, n):
            crossing = [values[p] * y - values[m] * x for x, y in zip(rays[p], rays[m], strict=True)]
            kept.append((_primitive(crossing), on[p] & on[m] | 1 << i))
        rays, on = [ray for ray, _ in kept], [o for _, o in kept]
        if len(rays) > MOST_CORNERS:
            raise TooLargeError(
                f"certify: a region with {len(table)} facets in {n - 1} dimensions has more than "
                f"{MOST_CORNERS:,} corners, and all of them would be computed"
            )
    if not rays or any(ray[-1] <= 0 for ray in rays):
        raise NotACellError("its facets do not bound it")
    if len(rays) < n or fmpz_mat(rays).rank() < n:
        raise NotACellError("its facets leave no interior")
    tight = [frozenset(k for k, o in enumerate(on) if o >> i & 1) for i in range(len(table))]
    return Cell(rays, tight)


def _neighbors_across(on: list[int], values: list[int], n: int) -> Iterator[tuple[int, int]]:
    """Pairs of neighbouring rays, the first on the positive and the second on the negative side of a row.

    A ray on exactly n - 1 rows is *simple*: the rows are independent, and any n - 2 of them leave a
    two-dimensional face, with one neighbour. So pairs of simple rays are found by the rows that they share.
    """
    plus = [k for k, v in enumerate(values) if v > 0]
    minus = [k for k, v in enumerate(values) if v < 0]
    simple = [bin(o).count("1") == n - 1 for o in on]
    along: dict[int, list[int]] = {}
    for m in (m for m in minus if simple[m]):
        for edge in _without_one(on[m]):
            along.setdefault(edge, []).append(m)
    for p in plus:
        if simple[p]:
            yield from ((p, m) for edge in _without_one(on[p]) for m in along.get(edge, ()))
        for m in minus:
            both = on[p] & on[m]
            if (simple[p] and simple[m]) or bin(both).count("1") < n - 2:
                continue
            if all(o & both != both for k, o in enumerate(on) if k not in (p, m)):
                yield p, m


def _without_one(bits: int) -> Iterator[int]:
    """The sets with one element less."""
    rest = bits
    while rest:
        bit = rest & -rest
        yield bits ^ bit
        rest ^= bit


def _primitive(vector: list[int]) -> Point:
    divisor = gcd(*vector)
    return tuple(v // divisor for v in vector)


def _independent(table: list[list[int]]) -> list[int]:
    """The first rows that are independent: the columns with a pivot in the transpose's echelon form."""
    echelon, _, rank = fmpz_mat(table).transpose().rref()
    entries = echelon.tolist()
    return [next(j for j, v in enumerate(entries[r]) if v) for r in range(rank)]
