"""What is drawn on axes over two inputs: regions, values, boundaries, decisions, the region graph.

Each function takes axes and a result, adds artists to the axes in bulk, and returns them. None changes the
limits of the axes, a title or a legend.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.arrays import BoolArray, FloatArray, IntArray
from ..complex.decision import DecisionBoundary
from ..complex.graph import lowest_flip_layers
from ..complex.polylines import join_segments
from ..complex.region_complex import RegionComplex
from ..complex.regions import Regions
from .mesh import Mesh, output_values, region_mesh
from .styles import layer_colour, layer_line, layer_width

#: Colour of the region graph, which no layer has.
GRAPH = "#5b3a00"


def draw_regions(ax: Any, cx: Regions, colours: FloatArray, mesh: Mesh | None = None) -> Any:
    """Fill each region with its colour.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    cx : Regions
        Of a box of two dimensions.
    colours : float64 (regions, 3 or 4)
    mesh : Mesh, optional
        From :func:`region_mesh`, if it is known.

    Returns
    -------
    matplotlib.collections.PolyCollection
        One polygon for each region, in their order.
    """
    from matplotlib.collections import PolyCollection

    mesh = region_mesh(cx) if mesh is None else mesh
    # Each polygon is outlined in its own colour, else the page shines through between neighbours.
    drawn = PolyCollection(
        mesh.polygons, facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=1, closed=True
    )
    return ax.add_collection(drawn, autolim=False)


def draw_values(ax: Any, cx: Regions, scale: Any, output: int = 0, mesh: Mesh | None = None) -> Any:
    """Shade an output as it is: affine in each region, continuous from one to the next.

    Returns
    -------
    matplotlib.collections.TriMesh
        Its array has the output at each of ``region_mesh(cx).points``.
    """
    from matplotlib.collections import TriMesh
    from matplotlib.tri import Triangulation

    mesh = region_mesh(cx) if mesh is None else mesh
    triangulation = Triangulation(*mesh.points.T, triangles=mesh.triangles)
    drawn = TriMesh(triangulation, norm=scale.norm, cmap=scale.cmap, zorder=1)
    drawn.set_array(np.ma.masked_invalid(output_values(cx, mesh.points, output)))
    drawn.set_rasterized(True)  # vector formats have no such shading
    return ax.add_collection(drawn, autolim=False)


def draw_boundaries(
    ax: Any,
    cx: Regions,
    drawn: BoolArray | None = None,
    mesh: Mesh | None = None,
    width: float | None = None,
) -> dict[int, Any]:
    """Draw the edge between each two regions, in the style of the lowest layer that flips across it.

    Parameters
    ----------
    drawn : bool (walls,), optional
        Which of ``cx.adjacencies``; all by default.
    width : float, optional
        Of the boundaries of the first layer, in points; by default thinner beside thin regions.

    Returns
    -------
    dict of int to matplotlib.collections.LineCollection
        By the hidden layer (0, 1, ...).
    """
    mesh = region_mesh(cx) if mesh is None else mesh
    drawn = np.ones(len(mesh.ends), dtype=bool) if drawn is None else drawn
    layers, ends = lowest_flip_layers(cx)[drawn], mesh.ends[drawn]
    widths = boundary_widths(cx, mesh, ax)[drawn] if width is None else np.full(len(ends), width)
    found: dict[int, Any] = {}
    for layer in np.unique(layers)[::-1].tolist():  # the first layer on top
        of = layers == layer
        found[layer] = draw_lines(ax, mesh.points, ends[of], widths[of], layer)
    return dict(sorted(found.items()))


def draw_lines(ax: Any, points: FloatArray, ends: IntArray, widths: FloatArray, layer: int) -> Any:
    """Draw edges in the style of a layer; those of a dashed style are joined, so that the dashes go on."""
    from matplotlib.collections import LineCollection

    style = layer_line(layer)
    lines: Any = points[ends]
    if style != "solid":
        lines = [points[line] for line in join_segments(ends)]
        widths = np.full(len(lines), np.median(widths))
    # One width for all where they are the same: a file of vectors then says it once.
    drawn = LineCollection(
        lines,
        colors=layer_colour(layer),
        linewidths=widths * layer_width(layer),
        linestyles=[style],
        capstyle="round" if style == "solid" else "butt",
        zorder=2,
    )
    return ax.add_collection(drawn, autolim=False)


def draw_decision(ax: Any, boundary: DecisionBoundary[RegionComplex], width: float = 2.0) -> Any:
    """Draw where the decision changes, as black lines with a white rim.

    Returns
    -------
    matplotlib.collections.LineCollection
        One line for each of ``boundary.polylines()``.
    """
    from matplotlib.collections import LineCollection

    lines = boundary.polylines()
    for colour, points in (("white", width + 2.0), ("black", width)):
        drawn = LineCollection(lines, colors=colour, linewidths=points, capstyle="round", zorder=4)
        drawn.set_joinstyle("round")
        ax.add_collection(drawn, autolim=False)
    return drawn


def draw_graph(ax: Any, cx: Regions, mesh: Mesh | None = None) -> tuple[Any, Any]:
    """Draw the region graph: a dot at the centre of mass of each region, a line between neighbours.

    Returns
    -------
    (matplotlib.collections.LineCollection, matplotlib.collections.PathCollection)
        A line for each of ``cx.adjacencies``, and a dot for each region.
    """
    from matplotlib.collections import LineCollection

    mesh = region_mesh(cx) if mesh is None else mesh
    centres = mesh.centres(cx.box)
    side = 72 * min(ax.figure.get_size_inches())
    size = float(np.clip(0.12 * side / max(cx.n_regions, 1) ** 0.5, 0.4, 5.0))
    lines = LineCollection(centres[cx.adjacencies], colors=GRAPH, linewidths=size / 5, zorder=5, alpha=0.8)
    ax.add_collection(lines, autolim=False)
    dots = ax.scatter(*centres.T, s=size**2, color=GRAPH, linewidths=0, zorder=6)
    return lines, dots


def frame(ax: Any, cx: Regions) -> None:
    """Show the box, with both inputs in one scale unless it is long and thin, and name the axes."""
    low, high = cx.box.lower, cx.box.upper
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    ratio = (high[1] - low[1]) / (high[0] - low[0])
    ax.set_aspect("equal" if 0.2 <= ratio <= 5 else "auto")
    ax.set_xlabel("x0")
    ax.set_ylabel("x1")


def boundary_widths(cx: Regions, mesh: Mesh, ax: Any) -> FloatArray:
    """Width in points of each boundary: thinner beside thin regions, so that their colour shows."""
    side = 72 * min(ax.figure.get_size_inches())
    widest = np.clip(0.09 * side / max(cx.n_regions, 1) ** 0.5, 0.3, 1.3)
    beside = 0.2 * side * mesh.thickness(cx.box)[cx.adjacencies].min(axis=1)
    return np.asarray(np.clip(beside, 0.4 * widest, widest))
