"""The regions of a two-dimensional box as polygons: ``shapely`` objects, and the edges between them.

A vertex that several regions share has the same float64 coordinates in all their polygons, and no polygon
has a vertex inside the edge of another: the polygons fit without gaps or overlaps. With the engine
"subdivide" the coordinates are those of :attr:`polyregions.complex.faces.Faces.points`; with others they are
computed exactly and rounded once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import FloatArray
from ..errors import InvalidInputError, counted
from ..geometry import polytope
from ..geometry.domain import side_rows
from .regions import Regions

if TYPE_CHECKING:
    import shapely


def region_polygons(cx: Regions) -> list[shapely.Polygon]:
    """Return one polygon per region, in the order of the regions; d = 2 only.

    Parameters
    ----------
    cx : Regions
        May be partial: regions whose facets are not known have polygons too.

    Returns
    -------
    list of shapely.Polygon
        Counter-clockwise. A region thinner than the spacing of float64 there can round to a polygon of
        area 0 (``is_valid`` is then False).

    Raises
    ------
    InvalidInputError
        If the complex is not two-dimensional.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, -1]], [0]), ([[1]], [0])])   # one unit, on where x > y
    >>> cx = enumerate_regions(net, Box([0, 0], [1, 1]))
    >>> sorted((polygon.area, len(polygon.exterior.coords) - 1) for polygon in cx.polygons())
    [(0.5, 3), (0.5, 3)]
    """
    return list(polygon_array(cx))


def polygon_array(cx: Regions) -> Any:
    """Return the polygons of :func:`region_polygons` as an array of objects; (regions,)."""
    import shapely

    if cx.box.dim == 2 and cx.known_faces is not None:
        points, offsets = cx.known_faces.rings()
        counts = np.diff(offsets)
    else:
        rings = region_rings(cx)
        points, counts = np.concatenate(rings), np.array([len(ring) for ring in rings])
    # One call for all: shapely closes each ring by repeating its first point.
    owner = np.repeat(np.arange(counts.size), counts)
    return shapely.polygons(shapely.linearrings(points, indices=owner))


def region_rings(cx: Regions) -> list[FloatArray]:
    """Return the vertices of each region, counter-clockwise, float64 (n, 2); d = 2 only."""
    if cx.box.dim != 2:
        raise InvalidInputError(
            f"polygons: the box has {counted(cx.box.dim, 'dimension')}, polygons need 2; "
            "net.restrict(origin, directions) gives the network on a plane"
        )
    if cx.known_faces is not None:
        points, offsets = cx.faces.rings()
        return np.split(points, offsets[1:-1])
    return [region_vertices(cx, i) for i in range(cx.n_regions)]


def region_vertices(cx: Regions, i: int) -> FloatArray:
    """Return the vertices of region i, whether or not its facets are known; float64 (n, d)."""
    if i < cx.n_explored:
        return cx[i].vertices
    rows, _ = cx.network.exact.rows(cx.states[i])
    rows = [row for row in rows if any(row[:-1])]
    points = polytope.vertices(rows + side_rows(cx.domain))
    return np.array([[float(v) for v in point] for point in points])


def shared_edges(cx: Regions, rings: list[FloatArray]) -> FloatArray:
    """Return the edge between each of ``cx.adjacencies``; float64 (pairs, 2 ends, 2).

    Two adjacent regions share a whole edge, and its two ends are vertices of both.
    """
    segments = np.zeros((cx.n_adjacencies, 2, 2))
    points: list[dict[tuple[Any, ...], None]] = [dict.fromkeys(map(tuple, ring.tolist())) for ring in rings]
    for k, (i, j) in enumerate(cx.adjacencies.tolist()):
        common = [point for point in points[i] if point in points[j]]
        # Fewer than two if both ends round to the same point; more if other vertices round to them.
        if common:
            segments[k] = min(common), max(common)
    return segments
