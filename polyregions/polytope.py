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
from math import gcd
from typing import Any

import numpy as np

from .box import Box
from .errors import CheckFailedError
from .exact import dyadic, round_fraction
from .layers import FloatArray

IntegerRows = list[list[Any]]  # each (d + 1) integers
Point = tuple[Fraction, ...]  # (d,)


def box_rows(box: Box) -> IntegerRows:
    """Integer rows of the sides of a box: side 2j is the lower, 2j + 1 the upper of dimension j."""
    rows = []
    for j in range(box.dim):
        for bound, sign in ((box.lower[j], 1), (box.upper[j], -1)):
            (n,), e = dyadic([bound])
            row = [0] * (box.dim + 1)
            row[j], row[-1] = sign * (1 << e), -sign * n
            rows.append(row)
    return rows


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
    if any(ray[-1] <= 0 for ray in rays):
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
                    _primitive([values[p] * y - values[m] * x for x, y in zip(rays[p], rays[m], strict=True)])
                )
                new_zeros.append(common | 1 << i)
        rays, zeros = new_rays, new_zeros
    return rays


def _primitive(vector: list[int]) -> list[int]:
    divisor = gcd(*vector)
    return [v // divisor for v in vector]


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
            rest = _primitive(rest)
            reduced.append((next(c for c, v in enumerate(rest) if v), rest))
            chosen.append(i)
            if len(chosen) == len(row):
                break
    return chosen


def _simplicial_rays(rows: list[list[int]]) -> list[list[int]]:
    """Rays of the cone of n independent rows in n dimensions: columns of the inverse, primitive."""
    n = len(rows)
    work = [[Fraction(v) for v in row] + [Fraction(int(i == j)) for j in range(n)] for i, row in enumerate(rows)]
    for c in range(n):
        pivot = next(r for r in range(c, n) if work[r][c])
        work[c], work[pivot] = work[pivot], work[c]
        work[c] = [v / work[c][c] for v in work[c]]
        for r in range(n):
            if r != c and work[r][c]:
                work[r] = [a - work[r][c] * b for a, b in zip(work[r], work[c], strict=True)]
    rays = []
    for j in range(n):
        column = [work[i][n + j] for i in range(n)]
        scale = 1
        for v in column:
            scale = scale * v.denominator // gcd(scale, v.denominator)
        rays.append(_primitive([int(v * scale) for v in column]))
    return rays


def _counter_clockwise(points: list[Point]) -> list[Point]:
    """Sort the vertices of a convex polygon around it, from the lexicographically least."""
    ox, oy = points[0]

    def turn(p: Point, q: Point) -> int:
        cross = (p[0] - ox) * (q[1] - oy) - (p[1] - oy) * (q[0] - ox)
        return -1 if cross > 0 else int(cross < 0)

    return [points[0], *sorted(points[1:], key=cmp_to_key(turn))]


def volume(points: Sequence[Point]) -> float:
    """Volume of the hull of the vertices; exact before one rounding for d <= 2, else float64."""
    if len(points[0]) == 1:
        return float(max(points)[0] - min(points)[0])
    if len(points[0]) == 2:
        return float(_doubled_area(points) / 2)
    return _float_volume_and_centroid(points)[0]


def centroid(points: Sequence[Point]) -> FloatArray:
    """Centre of mass of the hull of the vertices, float64 (d,)."""
    if len(points[0]) == 1:
        return np.array([float((max(points)[0] + min(points)[0]) / 2)])
    if len(points[0]) == 2:
        total = 3 * _doubled_area(points)
        pairs = list(zip(points, [*points[1:], points[0]], strict=True))
        weights = [p[0] * q[1] - q[0] * p[1] for p, q in pairs]
        return np.array(
            [float(sum((p[k] + q[k]) * w for (p, q), w in zip(pairs, weights, strict=True)) / total) for k in (0, 1)]
        )
    return _float_volume_and_centroid(points)[1]


def _doubled_area(points: Sequence[Point]) -> Fraction:
    """Shoelace formula; points counter-clockwise."""
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return sum((p[0] * q[1] - q[0] * p[1] for p, q in pairs), Fraction(0))


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
