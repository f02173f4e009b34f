"""Vertices, volume and centroid of one polytope given by exact rows ``row . (x, 1) >= 0``.

Vertices come from the double description method over the integers (Motzkin et al. 1953; Fukuda and
Prodon, *Double description method revisited*, 1996): a cone is cut by one row after the other; each
cut keeps the rays on its positive side and adds the ray where each *adjacent* pair of a positive and
a negative ray meets it. So the same vertex of two regions is the same rational, and the same float64
after rounding once.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cmp_to_key
from math import factorial, lcm, prod

import numpy as np
from flint import fmpz_mat

from ..base.arrays import FloatArray
from ..base.rationals import IntegerRows, Point, homogeneous, primitive, round_fraction
from ..errors import CheckFailedError

#: Exact volumes and centroids up to this dimension; the number of simplices grows quickly with it.
EXACT_MEASURE_DIM = 4


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

    Examples
    --------
    >>> [tuple(map(str, v)) for v in vertices([[1, 0, 0], [0, 1, 0], [-3, -3, 1]])]
    [('0', '0'), ('1/3', '0'), ('0', '1/3')]
    """
    table = [[int(v) for v in row] for row in rows]
    rays = _extreme_rays(table)
    if not rays or any(ray[-1] <= 0 for ray in rays):
        raise CheckFailedError("a region is unbounded or empty: its rows do not describe a cell of the box")
    points = sorted(tuple(Fraction(v, ray[-1]) for v in ray[:-1]) for ray in rays)
    return _counter_clockwise(points) if len(table[0]) == 3 else points


def _extreme_rays(rows: list[list[int]]) -> list[list[int]]:
    """Extreme rays of the pointed cone ``rows . r >= 0``, as primitive integer vectors."""
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
        plus = [k for k, v in enumerate(values) if v > 0]
        minus = [k for k, v in enumerate(values) if v < 0]
        keep = [k for k, v in enumerate(values) if v >= 0]
        new_rays = [rays[k] for k in keep]
        new_zeros = [zeros[k] | (1 << i if values[k] == 0 else 0) for k in keep]
        for p in plus:
            for m in minus:
                common = zeros[p] & zeros[m]
                if bin(common).count("1") < n - 2:
                    continue
                if any(common & ~z == 0 for k, z in enumerate(zeros) if k not in (p, m)):
                    continue  # another ray lies on the same face: the two are not adjacent
                new_rays.append(
                    primitive([values[p] * y - values[m] * x for x, y in zip(rays[p], rays[m], strict=True)])
                )
                new_zeros.append(common | 1 << i)
        rays, zeros = new_rays, new_zeros
    return rays


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


def exact_volume(points: Sequence[Point], rows: IntegerRows) -> Fraction:
    """Volume (length, area, ...) of the hull of the vertices, given its rows.

    Examples
    --------
    >>> rows = [[1, 0, 0], [0, 1, 0], [-3, -3, 1]]
    >>> str(exact_volume(vertices(rows), rows))
    '1/18'
    """
    return sum((_simplex_volume(simplex) for simplex in simplices(points, rows)), Fraction(0))


def volume(points: Sequence[Point], rows: IntegerRows) -> float:
    """Volume in float64: the exact one rounded once for d <= 4, by Qhull beyond."""
    if len(points[0]) <= EXACT_MEASURE_DIM:
        return float(exact_volume(points, rows))
    return _float_volume_and_centroid(points)[0]


def centroid(points: Sequence[Point], rows: IntegerRows) -> FloatArray:
    """Centre of mass, float64 (d,): the exact one rounded once for d <= 4, by Qhull beyond."""
    d = len(points[0])
    if d > EXACT_MEASURE_DIM:
        return _float_volume_and_centroid(points)[1]
    parts = [(_simplex_volume(simplex), simplex) for simplex in simplices(points, rows)]
    total = sum((weight for weight, _ in parts), Fraction(0)) * (d + 1)
    moments = [sum((w * sum(p[k] for p in simplex) for w, simplex in parts), Fraction(0)) for k in range(d)]
    return np.array([float(moment / total) for moment in moments])


def _simplex_volume(simplex: Sequence[Point]) -> Fraction:
    """Volume by the determinant of the homogeneous vertices."""
    rows = [homogeneous(point) for point in simplex]
    determinant = abs(int(fmpz_mat(rows).det()))
    return Fraction(determinant, prod(row[-1] for row in rows) * factorial(len(simplex) - 1))


def _float_volume_and_centroid(points: Sequence[Point]) -> tuple[float, FloatArray]:
    """By Qhull, after moving one vertex to the origin and scaling every extent to 1, exactly."""
    from scipy.spatial import ConvexHull

    d = len(points[0])
    origin = points[0]
    extents = [max(p[k] for p in points) - min(p[k] for p in points) for k in range(d)]
    scaled = np.array([[float((p[k] - origin[k]) / extents[k]) for k in range(d)] for p in points])
    hull = ConvexHull(scaled)
    apex = scaled.mean(axis=0)
    simplices = scaled[hull.simplices]  # (simplices, d, d)
    weights = np.abs(np.linalg.det(simplices - apex))
    centres = (simplices.sum(axis=1) + apex) / (d + 1)
    centre = (weights[:, None] * centres).sum(axis=0) / weights.sum()
    scale = np.array([float(v) for v in extents])
    volume = float(hull.volume * np.prod(scale))
    return volume, np.array([float(v) for v in origin]) + scale * centre
