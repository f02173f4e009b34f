"""The corners of the polygons of a complex of dimension 2, in counter-clockwise order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray, IntArray
from ..base.kernels import Int64Vector, int64, kernel
from ..base.rounding import INFLATE, TINY, U
from .topology import Cells, FaceLists


def rings(cells: Cells) -> tuple[IntArray, IntArray]:
    """List the vertices of each polygon from edge to edge, one way round or the other.

    Returns
    -------
    corners : int64 (corners,)
        Vertices, as faces.
    offsets : int64 (cells + 1,)
        Cell i has the corners ``corners[offsets[i]:offsets[i + 1]]``.
    """
    offsets = np.concatenate([[0], np.cumsum(cells.size[cells.top], dtype=np.int64)])
    corners = np.empty(int(offsets[-1]), dtype=np.int64)
    go_round(cells.top, cells.lists, offsets, corners)
    return corners, offsets


def reversed_where(chosen: NDArray[np.bool_], corners: IntArray, offsets: IntArray) -> IntArray:
    """The corners, those of the chosen rings in the other order."""
    sizes, places = np.diff(offsets), np.arange(len(corners))
    mirrored = np.repeat(offsets[:-1] + offsets[1:] - 1, sizes) - places
    return corners[np.where(np.repeat(chosen, sizes), mirrored, places)]


def doubled_areas(points: FloatArray, radii: FloatArray, offsets: IntArray) -> tuple[FloatArray, FloatArray]:
    """Twice the area of each ring, negative if it goes round clockwise, and how far it may be off.

    ``points`` (corners, 2) are in [-1, 1]^2, and off by at most ``radii`` (corners,) in each coordinate. With
    q_i = p_i - p_0, the doubled area is the sum of ``q_i x q_(i+1)``. If each coordinate of each q is off by
    at most s, a product is by at most ``s (|q_i| + |q_(i+1)|) + 2 s^2``, in the norm of sums of magnitudes.
    """
    sizes = np.diff(offsets)
    following = np.arange(1, len(points) + 1)
    following[offsets[1:] - 1] = offsets[:-1]
    x, y = (points - np.repeat(points[offsets[:-1]], sizes, axis=0)).T
    norms = np.abs(x) + np.abs(y)
    # The radii of two vertices, and the rounding of a difference of at most 2.
    slack = 2 * np.maximum.reduceat(radii, offsets[:-1]) + 2 * U
    lengths = np.add.reduceat(norms, offsets[:-1])
    rounding = (sizes + 3) * U * np.add.reduceat(norms * norms[following], offsets[:-1])
    errors = (2 * slack * (lengths + sizes * slack) + rounding) * INFLATE + TINY
    return np.add.reduceat(x * y[following] - x[following] * y, offsets[:-1]), errors


def exact_doubled_area(points: Sequence[Sequence[Fraction]]) -> Fraction:
    """Twice the area of a ring, negative if it goes round clockwise.

    Examples
    --------
    >>> exact_doubled_area([[0, 0], [2, 0], [2, 3]])
    Fraction(6, 1)
    """
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return sum((x * v - u * y for (x, y), (u, v) in pairs), Fraction(0))


@kernel(bare=True)
def go_round(polygons: Int64Vector, lists: FaceLists, offsets: Int64Vector, corners: Int64Vector) -> None:
    """List the vertices of each polygon from edge to edge."""
    start, size, pool = lists
    for i in range(polygons.size):
        begin, n = start[polygons[i]], size[polygons[i]]
        edge, at = int64(pool[begin]), int64(pool[start[pool[begin]]])
        for step in range(n):
            corners[offsets[i] + step] = at
            # The other end of this edge, and the other edge at that end.
            a, b = int64(pool[start[edge]]), int64(pool[start[edge] + 1])
            at = b if a == at else a
            for k in range(begin, begin + n):
                other = int64(pool[k])
                if other != edge and (pool[start[other]] == at or pool[start[other] + 1] == at):
                    edge = other
                    break
