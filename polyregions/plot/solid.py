"""What is drawn on axes of three dimensions: regions as polyhedra, shrunk a little so that each is seen.

Each function takes axes (``projection="3d"``) and a result, adds artists in bulk, and returns them.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..complex.centroids import region_centroids
from ..complex.decision import DecisionBoundary
from ..complex.region_complex import RegionComplex
from ..complex.regions import Regions
from ..complex.rings import go_round, reversed_where
from ..errors import InvalidInputError, TooLargeError

if TYPE_CHECKING:
    from ..complex.faces import Faces

#: Regions beyond which nothing could be seen, and matplotlib would take minutes.
MOST_CELLS = 5_000
#: Half a side of the box: matplotlib multiplies three coordinates.
WIDEST = 1e100
#: Where light comes from, and the colour of a decision boundary.
LIGHT, SURFACE = np.array([0.36, -0.48, 0.8]), (0.95, 0.72, 0.42)


def check_solid(cx: Regions, shrink: float = 0.9) -> None:
    """Refuse what cannot be drawn as polyhedra.

    Raises
    ------
    InvalidInputError
        If the box has not three dimensions or is too wide, faces are not known, or ``shrink`` is not between
        0 and 1.
    TooLargeError
        If there are more than 5,000 regions.
    """
    if cx.box.dim != 3:
        raise InvalidInputError(f"plot: polyhedra need a box of 3 dimensions, this one has {cx.box.dim}")
    if not 0 < shrink <= 1:
        raise InvalidInputError(f"plot: shrink must be above 0 and at most 1, got {shrink!r}")
    if (cx.box.upper / 2 - cx.box.lower / 2).max() > WIDEST:
        raise InvalidInputError("plot: the box is too wide to be drawn in three dimensions")
    if cx.n_regions > MOST_CELLS:
        raise TooLargeError(f"plot: {cx.n_regions:,} regions in 3-D, and the limit is {MOST_CELLS:,}")
    cx.need_faces("plot: polyhedra")


def draw_cells(ax: Any, cx: Regions, colours: FloatArray, shrink: float = 0.9, alpha: float = 1.0) -> Any:
    """Draw each region as a polyhedron, shrunk towards the mean of its corners.

    Parameters
    ----------
    ax : mpl_toolkits.mplot3d.axes3d.Axes3D
    cx : Regions
        Of a box of three dimensions, with faces; at most 5,000 regions.
    colours : float64 (regions, 3 or 4)
    shrink : float
        How long an edge is drawn, as a part of its length.
    alpha : float
        Opacity.

    Returns
    -------
    mpl_toolkits.mplot3d.art3d.Poly3DCollection
        The facets of each region, in the order of ``cx.faces.cells.boundaries(cx.faces.cells.top)``.
    """
    from matplotlib.colors import LightSource
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    check_solid(cx, shrink)
    polygons, owners = cell_polygons(cx, shrink)
    drawn = Poly3DCollection(
        polygons,
        facecolors=colours[owners],
        edgecolors="0.25",
        linewidths=float(np.clip(4 / cx.n_regions**0.5, 0.1, 0.5)),
        alpha=alpha,
        shade=True,
        lightsource=LightSource(azdeg=200, altdeg=55),
    )
    return ax.add_collection3d(drawn)


def draw_decision_facets(ax: Any, boundary: DecisionBoundary[RegionComplex]) -> Any:
    """Draw where the decision changes.

    Returns
    -------
    mpl_toolkits.mplot3d.art3d.Poly3DCollection
        A polygon for each of ``boundary.facets``.
    """
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    faces = boundary.complex.need_faces("plot: decision boundary")
    corners, offsets = _rings(faces, boundary.facets)
    points = faces.points[faces.places[corners]]
    polygons = _split(points, offsets)
    drawn = Poly3DCollection(
        polygons,
        facecolors=_lit(polygons),
        edgecolors="0.25",
        linewidths=0.4,
    )
    return ax.add_collection3d(drawn)


def draw_solid_graph(ax: Any, cx: Regions) -> tuple[Any, Any]:
    """Draw the region graph: a dot at the centre of mass of each region, a line between neighbours."""
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    centres = region_centroids(cx.faces).values
    lines = Line3DCollection(centres[cx.adjacencies], colors="#5b3a00", linewidths=0.8)
    if len(cx.adjacencies):  # matplotlib cannot draw none
        ax.add_collection3d(lines)
    dots = ax.scatter(*centres.T, s=12, color="#5b3a00", depthshade=False)
    return lines, dots


def frame_solid(ax: Any, cx: Regions) -> None:
    """Show the box, in one scale unless it is long and thin, and name the axes."""
    low, high = cx.box.lower, cx.box.upper
    ax.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(low[2], high[2]))
    sides = (high - low) / (high - low).max()
    ax.set_box_aspect(sides if sides.min() >= 0.2 else (1, 1, 1))
    ax.set(xlabel="x0", ylabel="x1", zlabel="x2")
    thin_ticks(ax)


def thin_ticks(ax: Any) -> None:
    """Few labels, and none at the ends of the axes: those would meet at the corners."""
    from matplotlib.ticker import MaxNLocator

    for axis in (ax.xaxis, ax.yaxis, ax.zaxis):
        axis.set_major_locator(MaxNLocator(4, prune="both"))
    ax.view_init(elev=24, azim=-52)


def cell_middles(cx: Regions) -> FloatArray:
    """Mean of the corners of each region, each as often as facets have it; float64 (regions, 3)."""
    faces = cx.faces
    corners, offsets, owners = _facet_rings(cx)
    points = faces.points[faces.places[corners]]
    of = np.repeat(owners, np.diff(offsets))
    sums = np.stack([np.bincount(of, column, cx.n_regions) for column in points.T], axis=1)
    return np.asarray(sums / np.bincount(of, minlength=cx.n_regions)[:, None])


def cell_polygons(cx: Regions, shrink: float) -> tuple[list[FloatArray], IntArray]:
    """The shrunk facets of all regions, counter-clockwise seen from outside, and the region of each."""
    faces = cx.faces
    corners, offsets, owners = _facet_rings(cx)
    middles = cell_middles(cx)[owners]
    sizes = np.diff(offsets)
    points = faces.points[faces.places[corners]]
    following = np.arange(1, len(points) + 1)
    following[offsets[1:] - 1] = offsets[:-1]
    arms = points - np.repeat(points[offsets[:-1]], sizes, axis=0)
    normals = np.add.reduceat(np.cross(arms, arms[following]), offsets[:-1], axis=0)
    inward = ((points[offsets[:-1]] - middles) * normals).sum(axis=1) < 0
    points = faces.points[faces.places[reversed_where(inward, corners, offsets)]]
    middle = np.repeat(middles, sizes, axis=0)
    return _split(middle + shrink * (points - middle), offsets), owners


def _lit(polygons: list[FloatArray]) -> FloatArray:
    """A shade for each polygon, the same from both sides; rgb float64 (n, 3)."""
    shades = []
    for polygon in polygons:
        arms = polygon - polygon[0]
        normal = np.cross(arms[1:-1], arms[2:]).sum(axis=0)
        steep = abs(normal @ LIGHT) / max(float(np.linalg.norm(normal)), 1e-300)
        shades.append(0.35 + 0.65 * steep)
    return np.asarray(np.array(shades)[:, None] * np.array(SURFACE))


def _facet_rings(cx: Regions) -> tuple[IntArray, IntArray, IntArray]:
    """Corners of the facets of each region, their offsets, and the region of each facet."""
    cells = cx.faces.cells
    owners = np.repeat(np.arange(cells.top.size), cells.size[cells.top])
    corners, offsets = _rings(cx.faces, cells.boundaries(cells.top).astype(np.int64))
    return corners, offsets, owners


def _rings(faces: Faces, polygons: IntArray) -> tuple[IntArray, IntArray]:
    """The vertices of faces of dimension 2, from edge to edge, and where each begins."""
    offsets = np.concatenate([[0], np.cumsum(faces.cells.size[polygons], dtype=np.int64)])
    corners = np.empty(int(offsets[-1]), dtype=np.int64)
    go_round(polygons, faces.cells.lists, offsets, corners)
    return corners, offsets


def _split(points: FloatArray, offsets: IntArray) -> list[FloatArray]:
    return [points[a:b] for a, b in pairwise(offsets.tolist())]
