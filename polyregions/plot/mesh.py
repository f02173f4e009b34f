"""The regions of a box of one or two dimensions as arrays, to be drawn in bulk. Float64, for drawing."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..complex.bulk import region_corners
from ..complex.polygons import region_rings, shared_edges
from ..complex.regions import Regions
from ..network.box import Box


class Mesh(NamedTuple):
    """The polygons of all regions, and the edge of each wall.

    Attributes
    ----------
    points : float64 (points, 2)
        Each vertex once.
    corners : int64 (corners,)
        Rows of ``points``, region after region, counter-clockwise.
    offsets : int64 (regions + 1,)
        Region i has ``corners[offsets[i]:offsets[i + 1]]``.
    ends : int64 (walls, 2)
        Rows of ``points``: both ends of the edge between each two regions of ``cx.adjacencies``.
    """

    points: FloatArray
    corners: IntArray
    offsets: IntArray
    ends: IntArray

    @property
    def owners(self) -> IntArray:
        """The region of each corner."""
        return np.repeat(np.arange(len(self.offsets) - 1), np.diff(self.offsets))

    @property
    def polygons(self) -> list[FloatArray]:
        """The corners of each region, float64 (n, 2)."""
        around = self.points[self.corners]
        return [around[a:b] for a, b in pairwise(self.offsets.tolist())]

    @property
    def segments(self) -> FloatArray:
        """The edge of each wall, float64 (walls, 2 ends, 2)."""
        return np.asarray(self.points[self.ends])

    @property
    def triangles(self) -> IntArray:
        """Each region as a fan of triangles; rows of ``points``, int64 (triangles, 3)."""
        first = np.repeat(self.corners[self.offsets[:-1]], np.diff(self.offsets))
        # Corner k of a ring, with the next one and the first: two of them are none.
        inner = np.ones(len(self.corners), dtype=bool)
        inner[self.offsets[:-1]] = inner[self.offsets[1:] - 1] = False
        at = np.flatnonzero(inner)
        return np.stack([first[at], self.corners[at], self.corners[at + 1]], axis=1)

    def _sides(self, scale: FloatArray) -> tuple[FloatArray, FloatArray, IntArray]:
        """Corners from the first of their ring, in units of ``scale``; to the next one; the firsts."""
        around = self.points[self.corners]
        first = np.repeat(around[self.offsets[:-1]], np.diff(self.offsets), axis=0)
        place = (around - first) / scale
        following = np.arange(1, len(around) + 1)
        following[self.offsets[1:] - 1] = self.offsets[:-1]
        return place, place[following], self.offsets[:-1]

    def centres(self, box: Box) -> FloatArray:
        """Centre of mass of each polygon, float64 (regions, 2); of very thin ones the mean of the corners."""
        scale = box.upper - box.lower
        here, there, starts = self._sides(scale)
        doubled = here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0]
        total = np.add.reduceat(doubled, starts)
        with np.errstate(invalid="ignore", divide="ignore"):
            centre = np.add.reduceat((here + there) * doubled[:, None], starts) / (3 * total[:, None])
        mean = np.add.reduceat(here, starts) / np.diff(self.offsets)[:, None]
        spread = np.maximum.reduceat(np.abs(here).max(axis=1), starts)
        # Too thin for float64: the quotient could lie anywhere.
        centre = np.where((total > 1e-12 * spread**2)[:, None], centre, mean)
        return np.asarray(self.points[self.corners[starts]] + centre * scale)

    def thickness(self, box: Box) -> FloatArray:
        """4 area / perimeter of each polygon, for a square its side, where the box has side 1; (regions,)."""
        here, there, starts = self._sides(box.upper - box.lower)
        doubled = np.add.reduceat(here[:, 0] * there[:, 1] - here[:, 1] * there[:, 0], starts)
        perimeter = np.add.reduceat(np.hypot(*(there - here).T), starts)
        return np.asarray(2 * np.abs(doubled) / np.maximum(perimeter, 1e-300))


def region_mesh(cx: Regions) -> Mesh:
    """Return the polygons and walls of a two-dimensional box.

    From the faces where they are known; else region by region, in rational arithmetic, which takes about a
    millisecond for each.
    """
    if cx.known_faces is not None:
        faces = cx.faces
        corners, offsets = faces.ring_corners
        ends = faces.cells.boundaries(cx.walls.among(faces)).astype(np.int64).reshape(-1, 2)
        return Mesh(faces.points, faces.places[corners], offsets, faces.places[ends])
    rings = region_rings(cx)
    edges = shared_edges(cx, rings).reshape(-1, 2)
    points, rows = np.unique(np.concatenate([*rings, edges]), axis=0, return_inverse=True)
    offsets = np.concatenate([[0], np.cumsum([len(ring) for ring in rings])])
    rows = rows.reshape(-1)
    return Mesh(points, rows[: offsets[-1]], offsets, rows[offsets[-1] :].reshape(-1, 2))


def output_values(cx: Regions, points: FloatArray, output: int) -> FloatArray:
    """Values of an output of the network at points (n, d), infinite beyond the range of float64; (n,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(cx.network(points)[:, output])


def region_intervals(cx: Regions) -> FloatArray:
    """Return both ends of each region of a one-dimensional box, float64 (regions, 2)."""
    return np.asarray(region_corners(cx).points[:, 0].reshape(-1, 2))
