"""Vertices of one polytope given by exact rows ``row . (x, 1) >= 0``.

Its volume is that of :mod:`polyregions.geometry.volumes`.

They come from the double description method over the integers (Motzkin et al. 1953; Fukuda and Prodon,
*Double description method revisited*, 1996): a cone is cut by one row after the other; each cut keeps the
rays on its positive side and adds the ray where each *adjacent* pair of a positive and a negative ray meets
it. Two rays are adjacent iff no third lies on all the rows that both lie on. So the same vertex of two
regions is the same rational, and the same float64 after rounding once.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cmp_to_key
from math import comb, lcm

import numpy as np
from flint import fmpz_mat

from ..base.arrays import FloatArray
from ..base.rationals import IntegerRows, Point, primitive, round_fraction
from ..errors import CheckFailedError, TooLargeError

#: Vertices of one polytope, and pairs of them that one cut may look at: about 10 seconds each.
MOST_VERTICES, MOST_PAIRS = 2**16, 2**24


def float_halfspaces(rows: IntegerRows) -> tuple[FloatArray, FloatArray]:
    """Return (A, b) with ``A x <= b``; each row divided by its largest coefficient and rounded once."""
    d = len(rows[0]) - 1
    A, b = np.empty((len(rows), d)), np.empty(len(rows))
    for i, row in enumerate(rows):
        largest = max(abs(v) for v in row[:-1])
        A[i] = [round_fraction(-v, largest) for v in row[:-1]]
        b[i] = round_fraction(row[-1], largest)
    return A, b


def vertices(rows: IntegerRows) -> list[Point]:
    """Vertices of the bounded, full-dimensional polytope of the rows; counter-clockwise for d = 2.

    Raises
    ------
    CheckFailedError
        If it is unbounded or empty.
    TooLargeError
        If there are more than 2^16 vertices, or a cut is between too many.

    Examples
    --------
    >>> [tuple(map(str, v)) for v in vertices([[1, 0, 0], [0, 1, 0], [-3, -3, 1]])]
    [('0', '0'), ('1/3', '0'), ('0', '1/3')]
    """
    points = sorted(tuple(Fraction(v, ray[-1]) for v in ray[:-1]) for ray, _ in corners(rows))
    return _counter_clockwise(points) if len(rows[0]) == 3 else points


def most_vertices(dim: int, facets: int) -> int:
    """The largest number of vertices of a polytope with so many facets (McMullen's upper bound theorem).

    >>> most_vertices(2, 6), most_vertices(3, 6), most_vertices(4, 8)   # a hexagon, a cube, a cyclic one
    (6, 8, 20)
    """
    low, high = dim // 2, (dim + 1) // 2
    return comb(facets - high, low) + comb(facets - low - 1, high - 1)


def corners(rows: IntegerRows) -> list[tuple[list[int], int]]:
    """The vertices as :func:`vertices`, as primitive homogeneous integers, and the rows through each as bits.

    Examples
    --------
    >>> sorted(corners([[1, 0], [-2, 3]]))
    [([0, 1], 1), ([3, 2], 2)]
    """
    rays, zeros = _extreme_rays([[int(v) for v in row] for row in rows])
    if not rays or any(ray[-1] <= 0 for ray in rays):
        raise CheckFailedError("a region is unbounded or empty: its rows do not describe a cell of the box")
    return list(zip(rays, zeros, strict=True))


def _extreme_rays(rows: list[list[int]]) -> tuple[list[list[int]], list[int]]:
    """Extreme rays of the pointed cone ``rows . r >= 0``, as primitive integer vectors.

    And the rows that vanish on each, as bits.
    """
    n = len(rows[0])
    basis = _independent(rows)
    if len(basis) < n:
        raise CheckFailedError("a region is unbounded: its rows do not span the space")
    order = basis + [i for i in range(len(rows)) if i not in set(basis)]
    rays = _simplicial_rays([rows[i] for i in basis])
    # Bit i of a ray's zero set: row i vanishes on it.
    zeros = [sum(1 << i for k, i in enumerate(basis) if k != j) for j in range(n)]
    for i in order[n:]:
        values = [sum(a * x for a, x in zip(rows[i], ray, strict=True)) for ray in rays]
        new_rays = [ray for ray, v in zip(rays, values, strict=True) if v >= 0]
        new_zeros = [z | (1 << i if v == 0 else 0) for z, v in zip(zeros, values, strict=True) if v >= 0]
        for p, m, common in _adjacent(zeros, values, n):
            new_rays.append(
                primitive([values[p] * y - values[m] * x for x, y in zip(rays[p], rays[m], strict=True)])
            )
            new_zeros.append(common | 1 << i)
        rays, zeros = new_rays, new_zeros
    return rays, zeros


def _adjacent(zeros: list[int], values: list[int], n: int) -> Iterator[tuple[int, int, int]]:
    """Adjacent rays on which a row is positive, negative, and the rows that vanish on both."""
    plus = [k for k, v in enumerate(values) if v > 0]
    minus = [k for k, v in enumerate(values) if v < 0]
    if len(zeros) > MOST_VERTICES or len(plus) * len(minus) > MOST_PAIRS:
        raise TooLargeError(
            f"vertices: a cell has more than {len(zeros):,} of them, and its next cut looks at "
            f"{len(plus) * len(minus):,} pairs; the limits are {MOST_VERTICES:,} and {MOST_PAIRS:,}. Ask for "
            "fewer dimensions: net.restrict(origin, directions) gives the network on a plane"
        )
    on: dict[int, int] = {}  # the rays on each row, as bits
    for k, zero in enumerate(zeros):
        for row in bits(zero):
            on[row] = on.get(row, 0) | 1 << k
    for p in plus:
        for m in minus:
            common = zeros[p] & zeros[m]
            if common.bit_count() < n - 2:
                continue
            others = -1
            for row in bits(common):
                others &= on[row]
            if others in (-1, 1 << p | 1 << m):
                yield p, m, common


def bits(number: int) -> Iterator[int]:
    """Places of the ones in a whole number, ascending.

    Examples
    --------
    >>> list(bits(0b1101))
    [0, 2, 3]
    """
    while number:
        yield (number & -number).bit_length() - 1
        number &= number - 1


def _independent(rows: list[list[int]]) -> list[int]:
    """Indices of the first rows that form a basis of the row space."""
    reduced: list[tuple[int, list[int]]] = []  # (pivot column, row)
    chosen = []
    for i, row in enumerate(rows):
        rest = list(row)
        for column, other in reduced:
            if rest[column]:
                rest = [other[column] * a - rest[column] * b for a, b in zip(rest, other, strict=True)]
        if any(rest):
            rest = primitive(rest)
            reduced.append((next(c for c, v in enumerate(rest) if v), rest))
            chosen.append(i)
            if len(chosen) == len(row):
                break
    return chosen


def _simplicial_rays(rows: list[list[int]]) -> list[list[int]]:
    """Rays of the cone of n independent rows in n dimensions: columns of the inverse, primitive."""
    n = len(rows)
    inverse = fmpz_mat(rows).inv()
    rays = []
    for j in range(n):
        column = [inverse[i, j] for i in range(n)]
        scale = lcm(*(int(v.q) for v in column))
        rays.append(primitive([int(v * scale) for v in column]))
    return rays


def polygon_vertices(rows: IntegerRows) -> list[Point]:
    """Vertices of a bounded polygon given by irredundant rows, as :func:`vertices`, in fewer steps.

    Sorted by the angle of their normals, rows next to each other meet in a vertex.
    """
    table = [[int(v) for v in row] for row in rows]

    def turn(p: list[int], q: list[int]) -> int:
        upper_p, upper_q = (r[1] > 0 or (r[1] == 0 and r[0] > 0) for r in (p, q))
        if upper_p != upper_q:
            return -1 if upper_p else 1
        cross = p[0] * q[1] - p[1] * q[0]
        return -1 if cross > 0 else int(cross < 0)

    table.sort(key=cmp_to_key(turn))
    points: list[Point] = []
    for (a, b, c), (e, f, g) in zip(table, [*table[1:], table[0]], strict=True):
        w = a * f - b * e
        if w <= 0:
            raise CheckFailedError(
                "a region is unbounded or empty: its rows do not describe a cell of the box"
            )
        points.append((Fraction(b * g - c * f, w), Fraction(c * e - a * g, w)))
    first = points.index(min(points))
    return points[first:] + points[:first]


def _counter_clockwise(points: list[Point]) -> list[Point]:
    """Sort the vertices of a convex polygon around it, from the lexicographically least."""
    ox, oy = points[0]

    def turn(p: Point, q: Point) -> int:
        cross = (p[0] - ox) * (q[1] - oy) - (p[1] - oy) * (q[0] - ox)
        return -1 if cross > 0 else int(cross < 0)

    return [points[0], *sorted(points[1:], key=cmp_to_key(turn))]
