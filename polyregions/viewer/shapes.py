"""The corners of the regions, in the frame of the page: the box is [-1, 1]^d there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..complex.polygons import region_rings, region_vertices
from ..complex.regions import Regions


class Shapes(NamedTuple):
    """Vertices, each once, and which of them each region has.

    Attributes
    ----------
    points : float64 (vertices, d)
    corners : int64 (corners,), sizes : int64 (regions,)
        Region after region; in 2-D counter-clockwise, in 1-D from left to right.
    volumes : float64 (regions,)
        Lengths, areas or volumes, in the units of the box.
    """

    points: FloatArray
    corners: IntArray
    sizes: IntArray
    volumes: FloatArray


def region_shapes(cx: Regions) -> Shapes:
    """Return the corners and the volumes of all regions; d <= 3.

    With faces they are theirs; without, each region's are computed exactly and rounded once.
    """
    return _from_faces(cx) if cx.known_faces is not None else _one_by_one(cx)


def middle_and_half(cx: Regions) -> tuple[FloatArray, FloatArray]:
    """The middle of the box and half of its sides, without overflow; float64 (d,) each."""
    lower, upper = cx.box.lower, cx.box.upper
    return lower / 2 + upper / 2, upper / 2 - lower / 2


def _from_faces(cx: Regions) -> Shapes:
    faces, cells = cx.faces, cx.faces.cells
    places = faces.recentred[0]
    if cx.box.dim == 2:
        corners, offsets = faces.ring_corners
        rows, sizes = faces.places[corners], np.diff(offsets)
    else:
        found = [faces.places[faces.corners(int(cell))] for cell in cells.top]
        sizes = np.array([len(own) for own in found], dtype=np.int64)
        rows = np.concatenate(found)
        if cx.box.dim == 1:
            ends = rows.reshape(-1, 2)
            falling = places[ends[:, 0], 0] > places[ends[:, 1], 0]
            ends[falling] = ends[falling, ::-1]
            rows = ends.reshape(-1)
    return Shapes(places, rows.astype(np.int64), sizes, faces.volumes())


def _one_by_one(cx: Regions) -> Shapes:
    middle, half = middle_and_half(cx)
    every_one = range(cx.n_regions)
    found = region_rings(cx) if cx.box.dim == 2 else [region_vertices(cx, i) for i in every_one]
    if cx.box.dim == 1:
        found = [np.sort(own, axis=0) for own in found]
    every = np.concatenate(found)
    points, rows = np.unique(every, axis=0, return_inverse=True)
    sizes = np.array([len(own) for own in found], dtype=np.int64)
    volumes = np.array([_volume(own) if cx.box.dim < 3 else np.nan for own in found])
    if cx.box.dim == 3:
        volumes[: cx.n_explored] = [cx[i].volume for i in range(cx.n_explored)]
    return Shapes((points - middle) / half, rows.reshape(-1).astype(np.int64), sizes, volumes)


def _volume(corners: FloatArray) -> float:
    """Length of a segment, or area of a ring."""
    if corners.shape[1] == 1:
        return float(corners[-1, 0] - corners[0, 0])
    x, y = (corners - corners[0]).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
