r"""Volumes of faces as sums of simplices, in float64 with a proven bound.

A face of dimension k is cut into simplices: one for each chain of a k-face, a (k - 1)-face, ..., a 2-face,
and an edge. Its corners are the ends of the edge, a vertex of the 2-face, and for each other face the mean of
such points of its boundary. Each face is thus the union of the cones from a point of it over its boundary.

A simplex with the sides s_1, ..., s_k has the volume ``|s_1 ^ ... ^ s_k| / k!``, the wedge being the vector
of the minors of order k, made side by side: for k = d it is the determinant.

The bound
---------
Let the computed sides s_i be off by e_i, in the norm of sums of magnitudes ``|e_i| <= E_i``. Wedges are
linear in each side, and by Laplace's expansion ``|a ^ b| <= |a| |b|`` in that norm. So

    |s_1 ^ ... ^ s_k  -  (s_1 - e_1) ^ ... ^ (s_k - e_k)|  <=  prod (|s_i| + E_i) - prod |s_i|,

and the Euclidean lengths of the two differ by no more, whether or not the simplex turns over. Each minor is a
sum of products of k coordinates; rounding adds at most ``gamma(n) prod |s_i|``, n being the roundings on
the way (Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1). E_i comes from
proven radii of the vertices (:mod:`polyregions.geometry.signs`), where the box is [-1, 1]^d.

For a thin face the bound is about radius / thickness, and the radius mostly a thousand times the true error.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import factorial
from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..base.kernels import Int64Matrix, Int64Vector, Matrix, Vector, int64, kernel
from ..base.rounding import INFLATE, TINY, U
from .topology import Cells, FaceLists


class Corners(NamedTuple):
    """Points of faces in coordinates in which the box is [-1, 1]^d, as kernels take them.

    Attributes
    ----------
    points : float64 (faces, d)
        Of a vertex its place; of other faces a point that belongs to it.
    radii : float64 (faces,)
        How far the true one may be, in each coordinate.
    scales : float64 (d,)
        The unit of each coordinate.
    """

    points: Matrix
    radii: Vector
    scales: Vector


class Sums(NamedTuple):
    """What is summed over the simplices of each face.

    Attributes
    ----------
    values, errors : float64 (faces,)
        k! times the volume, and its bound.
    moments : float64 (faces, d)
        k! times the volume times the mean of the corners, minus the point of the face; or empty.
    """

    values: Vector
    errors: Vector
    moments: Matrix


class Wedges(NamedTuple):
    """How minors of order i are made of those of order i - 1 and side i: a sum of signed products.

    Attributes
    ----------
    terms : int64 (n, 4)
        Which minor gets it, which is multiplied, which coordinate of the side with, and the sign.
    first : int64 (k + 2,)
        Those that make minors of order i are ``terms[first[i] : first[i + 1]]``.
    """

    terms: Int64Matrix
    first: Int64Vector


@lru_cache(maxsize=64)
def wedges(d: int, k: int) -> Wedges:
    """The table for k sides in d dimensions; minor 0 is the empty one, the last are those of order k."""
    number = {
        columns: n for n, columns in enumerate(c for i in range(k + 1) for c in combinations(range(d), i))
    }
    terms, first = [], [0, 0]
    for i in range(1, k + 1):
        for columns in combinations(range(d), i):
            for place, column in enumerate(columns):
                rest = columns[:place] + columns[place + 1 :]
                terms.append([number[columns], number[rest], column, (-1) ** (i - 1 - place)])
        first.append(len(terms))
    return Wedges(np.array(terms, dtype=np.int64).reshape(-1, 4), np.array(first, dtype=np.int64))


def measure_in_units(
    cells: Cells, faces: IntArray, k: int, places: tuple[FloatArray, FloatArray], scales: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Volumes of faces of dimension k >= 1 in float64, and their bounds.

    ``places``: of all vertices (vertices, d), in the order of ``cells.faces(0)``, and their radii.
    """
    d = cells.dimension
    points, radii = np.empty((len(cells.dim), d)), np.empty(len(cells.dim))
    points[cells.faces(0)], radii[cells.faces(0)] = places
    own = Corners(points, radii, scales)
    for dimension in range(2, k + 1):
        middle(cells.faces(dimension), dimension, cells.lists, own)
    values, errors = np.empty(len(faces)), np.empty(len(faces))
    sum_simplices(faces, k, cells.lists, own, wedges(d, k), Sums(values, errors, np.empty((0, d))))
    # Every coordinate of a side is at most 2, so that what one operation loses by underflow grows to this.
    errors += TINY * (4.0 * d) ** (2 * d)
    return values / factorial(k), errors * INFLATE / factorial(k)


def moments_in_units(cells: Cells, places: tuple[FloatArray, FloatArray]) -> tuple[Sums, Corners]:
    """Volumes of the top cells times d!, their bounds, and first moments about a point of each.

    ``places`` as in :func:`measure_in_units`. The point of a cell is that in the second array.
    """
    d, faces = cells.dimension, cells.top
    points, radii = np.empty((len(cells.dim), d)), np.empty(len(cells.dim))
    points[cells.faces(0)], radii[cells.faces(0)] = places
    own = Corners(points, radii, np.ones(d))
    if d == 1:
        points[faces], radii[faces] = (v[cells.pool[cells.start[faces]]] for v in (points, radii))
    for dimension in range(2, d + 1):
        middle(cells.faces(dimension), dimension, cells.lists, own)
    sums = Sums(np.empty(len(faces)), np.empty(len(faces)), np.empty((len(faces), d)))
    sum_simplices(faces, d, cells.lists, own, wedges(d, d), sums)
    sums.errors[:] = (sums.errors + TINY * (4.0 * d) ** (2 * d)) * INFLATE
    return sums, own


@kernel(bare=True)
def middle(faces: Int64Vector, k: int, lists: FaceLists, places: Corners) -> None:
    """Give each face of dimension 2 one of its vertices, each other one the mean of its boundary's points."""
    points, radii = places.points, places.radii
    start, size, pool = lists
    for f in faces:
        begin, n = start[f], size[f]
        if k == 2:
            vertex = pool[start[pool[begin]]]
            radii[f] = radii[vertex]
            for j in range(points.shape[1]):
                points[f, j] = points[vertex, j]
            continue
        radius = 0.0
        for i in range(begin, begin + n):
            radius += radii[pool[i]]
        # The sum of n numbers up to 1, and the division.
        radii[f] = radius / n * INFLATE + (n + 1) * U
        for j in range(points.shape[1]):
            total = 0.0
            for i in range(begin, begin + n):
                total += points[pool[i], j]
            points[f, j] = total / n


@kernel(bare=True)
def add_side(
    i: int, origin: int, end: int, places: Corners, table: Wedges, minors: Vector, sizes: Matrix
) -> None:
    """Make the minors of order i by the side from one point to another, and the two products of the bound."""
    d = places.scales.size
    scale, norm = 0.0, 0.0
    for j in range(d):
        scale += places.scales[j]
        norm += abs(places.scales[j] * (places.points[end, j] - places.points[origin, j]))
    # Rounding the scale, the difference and the product.
    error = scale * (places.radii[end] + places.radii[origin]) + 4.0 * U * norm
    sizes[i, 0] = sizes[i - 1, 0] * norm
    sizes[i, 1] = sizes[i - 1, 1] * (norm + error) + sizes[i - 1, 0] * error
    target = -1
    for t in range(table.first[i], table.first[i + 1]):
        j = table.terms[t, 2]
        side = places.scales[j] * (places.points[end, j] - places.points[origin, j])
        term = table.terms[t, 3] * side * minors[table.terms[t, 1]]
        if table.terms[t, 0] == target:
            minors[target] += term
        else:
            target = table.terms[t, 0]
            minors[target] = term


@kernel(bare=True)
def length(minors: Vector, n: int) -> float:
    """Length of the vector of the last n numbers; its largest is made 1: no square leaves the range."""
    largest, square = 0.0, 0.0
    for i in range(minors.size - n, minors.size):
        largest = max(largest, abs(minors[i]))
    if n == 1 or largest == 0.0:
        return largest
    for i in range(minors.size - n, minors.size):
        square += (minors[i] / largest) * (minors[i] / largest)
    return float(largest * np.sqrt(square))


@kernel
def sum_simplices(
    faces: Int64Vector,
    k: int,
    lists: FaceLists,
    places: Corners,
    table: Wedges,
    sums: Sums,
) -> None:
    """Sum k! times the volumes of the simplices of each k-face, and their bounds; see the module."""
    values, errors, moments = sums
    start, size, pool = lists
    count = table.terms[table.terms.shape[0] - 1, 0] + 1  # minors of all orders
    n = (table.first[k + 1] - table.first[k]) // k  # of order k
    roundings = (k * (k + 3) // 2 + n + 5) * U * (1.0 + 2.0**-20)
    minors, sizes = np.empty(count), np.empty((k + 1, 2))
    minors[0], sizes[0, 0], sizes[0, 1] = 1.0, 1.0, 0.0
    chain, place = np.empty(k + 1, dtype=np.int64), np.zeros(k + 1, dtype=np.int64)
    for f in range(faces.size):
        total, bound, simplices = 0.0, 0.0, 0
        top = int64(faces[f])
        if k == 1:
            add_side(1, int64(pool[start[top]]), int64(pool[start[top] + 1]), places, table, minors, sizes)
            values[f] = length(minors, n)
            errors[f] = sizes[1, 1] + roundings * sizes[1, 0]
            if moments.size > 0:
                origin, other = int64(pool[start[top]]), int64(pool[start[top] + 1])
                moments[f, 0] = values[f] * (places.points[other, 0] - places.points[origin, 0]) / 2
            continue
        if moments.size > 0:
            moments[f] = 0.0
        chain[k], place[k] = top, 0
        level = k
        while level <= k:
            if place[level] == size[chain[level]]:
                level += 1
                continue
            below = int64(pool[start[chain[level]] + place[level]])
            place[level] += 1
            if level > 2:
                add_side(k - level + 1, top, below, places, table, minors, sizes)
                level -= 1
                chain[level], place[level] = below, 0
                continue
            # An edge: none with the vertex of its 2-face, where the simplex is flat.
            one, other = int64(pool[start[below]]), int64(pool[start[below] + 1])
            apex = int64(pool[start[pool[start[chain[2]]]]])
            if one == apex or other == apex:
                continue
            add_side(k - 1, top, one, places, table, minors, sizes)
            add_side(k, one, other, places, table, minors, sizes)
            volume = length(minors, n)
            total += volume
            bound += sizes[k, 1] + roundings * sizes[k, 0]
            if moments.size > 0:
                for j in range(moments.shape[1]):
                    moment = places.points[one, j] + places.points[other, j] - 2 * places.points[top, j]
                    for i in range(2, k):
                        moment += places.points[chain[i], j] - places.points[top, j]
                    moments[f, j] += volume * moment / (k + 1)
            simplices += 1
        values[f] = total
        errors[f] = bound + (simplices + 2) * U * total
