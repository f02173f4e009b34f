"""The corners of the regions, in the frame of the page: the box is [-1, 1]^d there."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..complex.bulk import corners_of_cells, region_corners
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
    faces = cx.faces
    if cx.box.dim == 2:
        corners, offsets = faces.ring_corners
        sizes = np.diff(offsets)
    else:
        owners, corners = corners_of_cells(faces.cells)
        sizes = np.bincount(owners, minlength=cx.n_regions)
    places, rows = faces.recentred[0], faces.places[corners].astype(np.int64)
    if cx.box.dim == 1:
        ends = rows.reshape(-1, 2)
        falling = places[ends[:, 0], 0] > places[ends[:, 1], 0]
        ends[falling] = ends[falling, ::-1]
    return Shapes(places, rows, sizes, faces.volumes())


def _one_by_one(cx: Regions) -> Shapes:
    middle, half = middle_and_half(cx)
    every, offsets = region_corners(cx)
    points, rows = np.unique(every, axis=0, return_inverse=True)
    volumes = np.full(cx.n_regions, np.nan)
    if cx.box.dim < 3:
        volumes[:] = [_volume(own) for own in np.split(every, offsets[1:-1])]
    else:
        volumes[: cx.n_explored] = [cx[i].volume for i in range(cx.n_explored)]
    return Shapes((points - middle) / half, rows.reshape(-1).astype(np.int64), np.diff(offsets), volumes)


def _volume(corners: FloatArray) -> float:
    """Length of a segment, or area of a ring."""
    if corners.shape[1] == 1:
        return float(corners[-1, 0] - corners[0, 0])
    x, y = (corners - corners[0]).T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2
