"""A point inside each top cell of a subdivision."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ...base.arrays import FloatArray
from ...base.jobs import run_all
from ...base.kernels import Int32Matrix, Int64Vector, Matrix, UInt8Vector, int64, kernel
from ...complex.patterns import Patterns
from ...complex.topology import Cells, FaceLists
from ...complex.vertices import Store, Vertices
from ...geometry.domain import Domain, box_of
from ...geometry.recentred_domain import rounding_of_points
from ...network.box import Box

#: Cells that one worker takes at once.
TOGETHER = 2**14


def interior_points(
    cells: Cells, vertices: Vertices, patterns: Patterns, domain: Domain, workers: int = 1
) -> FloatArray:
    """A point inside each top cell: a mean of its vertices, rounded to float64.

    Where a rounded mean is not clearly inside, the network's states there are compared with the cell's, and
    if they differ, or it is outside of the domain, the mean is computed exactly before it is rounded (the
    cell may hold no float64 point).
    """
    d, top, store, box = domain.dim, cells.top, vertices.store, box_of(domain)
    # In the last column, how far off each place is at most.
    places = np.column_stack([store.points[:, :-1] / store.points[:, -1:], store.radii])
    for v in np.flatnonzero(~(store.radii < 2.0**-20)).tolist():
        places[v] = [*_exact_place(vertices, v, box), 2.0**-53]
    centres = np.empty((top.size, d + 1))
    low, high = box.lower, box.upper
    middle, half = low / 2 + high / 2, high / 2 - low / 2
    # How far a witness may be from its centre, in units of the half widths.
    moved = rounding_of_points(box)
    clear = np.zeros(top.size, dtype=np.uint8)

    def work(part: slice) -> None:
        inner_points(top[part], cells.lists, places, centres[part])
        away_from_facets(top[part], cells.lists, cells.planes, store, centres[part], moved, clear[part])

    run_all(work, [slice(i, i + TOGETHER) for i in range(0, top.size, TOGETHER)], workers)
    witnesses = np.clip(middle + half * centres[:, :d], low, high)
    doubtful = np.flatnonzero(clear == 0)
    if not doubtful.size:
        return np.asarray(witnesses)
    elsewhere = (vertices.network.states(witnesses[doubtful]) != patterns.rows(doubtful)).any(axis=1)
    elsewhere |= ~domain.contains(witnesses[doubtful])
    for i in doubtful[elsewhere].tolist():
        corners = {tuple(vertices.exact_point(int(cells.start[v]))) for v in cells.corners(int(top[i]))}
        for j in range(d):
            mean = sum((Fraction(p[j], p[-1]) for p in corners), Fraction(0)) / len(corners)
            witnesses[i, j] = float(mean)
    return np.asarray(witnesses)


def _exact_place(vertices: Vertices, vertex: int, box: Box) -> list[float]:
    """A vertex in the coordinates in which the box is [-1, 1]^d, each rounded once."""
    *x, q = vertices.exact_point(vertex)
    low = [Fraction(v) for v in box.lower.tolist()]
    high = [Fraction(v) for v in box.upper.tolist()]
    return [float((2 * Fraction(v, q) - a - b) / (b - a)) for v, a, b in zip(x, low, high, strict=True)]


@kernel(bare=True)
def inner_points(faces: Int64Vector, lists: FaceLists, places: Matrix, centres: Matrix) -> None:
    """A point of the relative interior of each face.

    It is the midpoint of such points of two faces of the boundary, the first and the last: a face that held
    the midpoint would hold both. So it is a mean of vertices, one for each sequence of firsts and lasts.
    ``places (n, d + 1)`` and ``centres (faces, d + 1)`` have a bound of their errors in the last column.
    """
    start, size, pool = lists
    d = places.shape[1] - 1
    for c in range(faces.size):
        for j in range(d + 1):
            centres[c, j] = 0.0
        for choices in range(1 << d):
            f = faces[c]
            for k in range(d):
                last = int64(size[f] - 1) if choices >> k & 1 else int64(0)
                f = int64(pool[start[f] + last])
            for j in range(d + 1):
                centres[c, j] += places[start[f], j]
        for j in range(d + 1):
            centres[c, j] /= 1 << d


@kernel(bare=True)
def away_from_facets(
    top: Int64Vector,
    lists: FaceLists,
    planes: Int32Matrix,
    store: Store,
    centres: Matrix,
    moved: float,
    clear: UInt8Vector,
) -> None:
    """Mark the cells whose centre is farther from all facets than its error and ``moved`` together.

    Then what is no farther from the true centre, which is inside, is on the same side of all facets.
    """
    start, size, pool = lists
    forms, errors = store.forms, store.errors
    d = centres.shape[1] - 1
    for c in range(top.size):
        clear[c] = 1
        reach = moved + centres[c, d]
        for i in range(start[top[c]], start[top[c]] + size[top[c]]):
            p = planes[pool[i], 0]
            value, steep = forms[p, d], 0.0
            for j in range(d):
                value += forms[p, j] * centres[c, j]
                steep += abs(forms[p, j])
            if not abs(value) > (errors[p] + steep * reach) * 2.0:
                clear[c] = 0
