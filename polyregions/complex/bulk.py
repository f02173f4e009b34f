"""Arrays over all regions at once: affine maps, corners and packed patterns.

What :class:`polyregions.complex.regions.Region` computes exactly for one region is here in float64 for all of
them, with proven bounds, thousands of times as fast. Volumes are in :mod:`polyregions.complex.measures`,
centres of mass in :mod:`polyregions.complex.centroids`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base.arrays import FloatArray, IntArray
from .packed_states import ROWS_TOGETHER, PackedStates
from .polygons import region_rings, region_vertices
from .regions import Regions

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from .topology import Cells  # loads kernels


class AffineMaps(NamedTuple):
    """The affine map of each region: ``f(x) = A x + c``.

    Attributes
    ----------
    A : float64 (regions, outputs, d)
    c : float64 (regions, outputs)
    errors : float64 (regions, outputs)
        Proven bounds of ``|A x + c - g(x)|`` for every x of the box, g the true map, continued to all of it.
    """

    A: FloatArray
    c: FloatArray
    errors: FloatArray


class RegionCorners(NamedTuple):
    """The vertices of all regions, one region after the other.

    Attributes
    ----------
    points : float64 (corners, d)
        In two dimensions counter-clockwise, the first one not repeated; in one, ascending.
    offsets : int64 (regions + 1,)
        Region i has ``points[offsets[i]:offsets[i + 1]]``.
    """

    points: FloatArray
    offsets: IntArray


def affine_maps(cx: Regions) -> AffineMaps:
    """Return the affine maps of all regions.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])   # a tent
    >>> A, c, errors = affine_maps(enumerate_regions(net, Box([-1], [2])))
    >>> sorted(zip(A.ravel().tolist(), c.ravel().tolist())), bool((errors < 1e-12).all())
    ([(-1.0, 2.0), (0.0, 0.0), (1.0, 0.0)], True)
    """
    from ..network.maps import maps_of, similar_first  # loads kernels

    order = np.arange(cx.n_regions)
    if cx.known_faces is None:
        # Those of a subdivision are in such an order already.
        order = similar_first(cx.states)
    maps, errors = maps_of(
        cx.network.layers, lambda part: cx.patterns_of(order[part]), cx.n_regions, cx.box.farthest
    )
    A, c, bounds = np.empty(maps[:, :, :-1].shape), np.empty(errors.shape), np.empty(errors.shape)
    A[order], c[order], bounds[order] = maps[:, :, :-1], maps[:, :, -1], errors
    return AffineMaps(A, c, bounds)


def region_corners(cx: Regions) -> RegionCorners:
    """Return the vertices of all regions.

    With faces, coordinates are those of :attr:`polyregions.complex.faces.Faces.points`, and a vertex has the
    same in all its regions; without, they are computed exactly and rounded once, a millisecond a region.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0]], [0]), ([[1]], [0])])
    >>> points, offsets = region_corners(enumerate_regions(net, Box.cube(2, -1, 1)))
    >>> offsets.tolist(), sorted(points[:4].tolist())
    ([0, 4, 8], [[0.0, -1.0], [0.0, 1.0], [1.0, -1.0], [1.0, 1.0]])
    """
    if cx.known_faces is not None and cx.box.dim == 2:
        return RegionCorners(*cx.known_faces.rings())
    if cx.known_faces is not None:
        faces = cx.known_faces
        owner, corner = corners_of_cells(faces.cells)
        offsets = np.searchsorted(owner, np.arange(cx.n_regions + 1))
        points = faces.points[faces.places[corner]]
        if cx.box.dim == 1:
            points = np.sort(points.reshape(-1, 2), axis=1).reshape(-1, 1)
        return RegionCorners(points, offsets)
    flat = cx.box.dim == 2
    listed = region_rings(cx) if flat else [region_vertices(cx, i) for i in range(cx.n_regions)]
    if cx.box.dim == 1:
        listed = [np.sort(ends, axis=0) for ends in listed]
    sizes = np.array([len(points) for points in listed], dtype=np.int64)
    return RegionCorners(np.concatenate(listed), np.append(0, np.cumsum(sizes)))


def corners_of_cells(cells: Cells) -> tuple[IntArray, IntArray]:
    """Pairs of a top cell's number and a vertex of it, as a face, sorted; int64 (pairs,) each."""
    owner, face = np.arange(cells.top.size), cells.top
    for _ in range(cells.dimension):
        owner, face = np.repeat(owner, cells.size[face]), cells.boundaries(face).astype(np.int64)
        keys = np.unique(owner * cells.dim.size + face)
        owner, face = np.divmod(keys, cells.dim.size)
    return owner, face


def packed_patterns(cx: Regions) -> PackedStates:
    """Return the patterns of all regions in as few bits a unit as they need; made anew each time."""
    counts = [layer.n_states[layer.pieces.units] for layer in cx.network.layers]
    packed = PackedStates(cx.n_regions, np.concatenate(counts))
    for start in range(0, cx.n_regions, ROWS_TOGETHER):
        regions = np.arange(start, min(start + ROWS_TOGETHER, cx.n_regions))
        packed.write(start, cx.patterns_of(regions))
    return packed


def adjacency_matrix(cx: Regions) -> csr_array:
    """Return the adjacencies as a symmetric sparse matrix of booleans (regions, regions).

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
    >>> adjacency_matrix(enumerate_regions(net, Box([-1], [2]))).toarray().astype(int).tolist()
    [[0, 1, 0], [1, 0, 1], [0, 1, 0]]
    """
    from scipy.sparse import coo_array

    lower, higher = cx.adjacencies.T
    places = np.concatenate([lower, higher]), np.concatenate([higher, lower])
    shape = cx.n_regions, cx.n_regions
    return coo_array((np.ones(2 * lower.size, dtype=np.bool_), places), shape=shape).tocsr()
