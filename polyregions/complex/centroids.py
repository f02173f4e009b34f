r"""Centres of mass of all regions at once, in float64 with a proven bound for each.

A region is cut into simplices of volumes v_i and means of corners m_i (:mod:`polyregions.complex.simplices`),
and its centre is ``sum v_i m_i / V``.

The bound
---------
Let v*_i, m*_i, V*, c* be the true ones, ``|v_i - v*_i| <= e_i``, sum e_i = E, and each corner off by at
most r in each coordinate. With c the computed centre and w the extent of the region in a coordinate,

    c - c* = sum (v_i - v*_i) (m_i - c*) / V  +  sum v*_i (m_i - m*_i) / V,

since ``sum v*_i (m*_i - c*) = 0``; so it is at most ``(E (w + 3 r) + (V + E) r) / V``. Moments are taken
about a point of the region, so that the roundings of their sum are of numbers up to V w, as many as
simplices, which E counts as well: once more ``E w / V``. A bound above the extent says nothing: both centres
are in the region.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray
from ..base.rounding import INFLATE, U
from .faces import Faces
from .simplices import moments_in_units
from .topology import Cells


class BoundedPoints(NamedTuple):
    """Points, and how far each coordinate may be from the true one.

    Attributes
    ----------
    values : float64 (n, d)
    errors : float64 (n, d)
        Proven bounds of ``|values - true values|``.
    """

    values: FloatArray
    errors: FloatArray


def region_centroids(faces: Faces) -> BoundedPoints:
    """Return the centre of mass of each region, in their order.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0]], [0]), ([[1]], [0])])   # two halves of a square
    >>> centroids = region_centroids(enumerate_regions(net, Box.cube(2, -1, 1)).faces)
    >>> centroids.values.tolist(), bool(centroids.errors.max() < 1e-12)
    ([[0.5, 0.0], [-0.5, 0.0]], True)
    """
    cells, box = faces.cells, faces.box
    sums, corners = moments_in_units(cells, faces.recentred)
    thick = cells.dim != 0
    low, high = (np.where(thick[:, None], limit, corners.points) for limit in (np.inf, -np.inf))
    extent = _over_boundaries(cells, high, np.maximum) - _over_boundaries(cells, low, np.minimum)
    radii = np.where(cells.dim == 1, 0.0, corners.radii)[:, None]  # edges have no point of their own
    r = _over_boundaries(cells, radii, np.maximum)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
        offset = np.where(sums.values[:, None] > 0, sums.moments / sums.values[:, None], 0.0)
        E, V = sums.errors[:, None], sums.values[:, None]
        errors = (2 * E * (extent + 3 * r) + (V + E) * r) / V + (box.dim + 10) * U * extent + 2 * U
        # Written so that NaN is not good enough.
        errors = np.where(errors <= extent + 3 * r, errors, extent + 3 * r) * INFLATE
        centre = np.clip(corners.points[cells.top] + offset, -1.0, 1.0)
        half = box.upper / 2 - box.lower / 2
        values = np.clip(box.lower / 2 + box.upper / 2 + half * centre, box.lower, box.upper)
        largest = box.farthest
        bounds = errors * half * INFLATE + 2.0**-50 * largest + 2.0**-1072
    return BoundedPoints(np.asarray(values), np.asarray(bounds))


def _over_boundaries(cells: Cells, values: FloatArray, join: np.ufunc) -> FloatArray:
    """Join the values of the faces (faces, columns) over all faces of each top cell; (cells, columns)."""
    values = values.copy()
    for k in range(1, cells.dimension + 1):
        faces = cells.faces(k)
        ends = np.cumsum(cells.size[faces], dtype=np.int64)
        joined = join.reduceat(values[cells.boundaries(faces)], np.append(0, ends[:-1]), axis=0)
        values[faces] = join(values[faces], joined)
    return values[cells.top]
