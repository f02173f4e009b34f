"""Maxout units of the first layer, the largest of some affine functions: envelopes and power diagrams.

Over one input each piece is a line, and the unit their upper envelope. Over two inputs the regions in which
one piece is the largest are the cells of a power diagram: since ``2 (w . x + b) = |x|^2 - (|x - w|^2 - r^2)``
with ``r^2 = |w|^2 + 2 b``, the largest piece is the one whose circle around its gradient w, of radius r, is
nearest by the power distance. Adding one number to all b changes no cell.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..complex.region_complex import RegionComplex
from ..engines.enumerate import enumerate_regions
from ..errors import InvalidInputError, counted
from ..network.box import Box
from ..network.layers import linear, maxout
from ..network.network import Network
from .bands import draw_bands, draw_function, frame_bands, show_heights
from .colours import decision_colours
from .figures import check_figure, count, new_axes, new_figure, save
from .flat import draw_lines, draw_regions, frame
from .mesh import region_intervals, region_mesh
from .solid import thin_ticks
from .styles import layer_colour

#: Gradients (rank, inputs) and constants (rank,) of a unit.
Forms = tuple[FloatArray, FloatArray]


def plot_maxout(network: Network, box: Box, unit: int = 0, path: str | Path | None = None) -> Any:
    """Draw a maxout unit of the first hidden layer.

    Over one input: its pieces as thin lines, their upper envelope, and the bands in which each is the
    largest. Over two inputs: the upper envelope as a surface, and the power diagram beside it, with the
    gradients of the pieces, which are its sites, where they lie in the box.

    Parameters
    ----------
    network : Network
        With one or two inputs.
    box : Box
    unit : int
        Which of the maxout units of the first layer, from 0.
    path : str or Path, optional
        File to write: ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    array of matplotlib.axes.Axes
        For one input one, for two the surface and the diagram.

    Raises
    ------
    InvalidInputError
        If the first layer has no such unit, the box does not fit or has more than two dimensions, or the file
        cannot be written.
    FileFormatError
        If no picture format has the file's ending.
    MissingDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from polyregions.network import linear, maxout
    >>> tent = Network([maxout([[[1], [-1], [0]]], [[0, 0, -1]]), linear([[1]], [0])])   # |x|; -1 is never
    >>> (ax,) = plot_maxout(tent, Box([-1], [1]))
    >>> ax.get_title()
    'unit 0 of layer 1: 2 of 3 pieces are largest somewhere'
    """
    check_figure(path)
    weight, bias = maxout_pieces(network, unit)
    if box.dim != network.input_dim or box.dim > 2:
        raise InvalidInputError(
            f"plot: a maxout unit is drawn over a box of its 1 or 2 inputs; the box has "
            f"{counted(box.dim, 'dimension')}, the network {counted(network.input_dim, 'input')}"
        )
    own = Network([maxout([weight], [bias]), linear([[1.0]], [0.0])])
    cx = enumerate_regions(own, box, engine="subdivide")
    winners = largest_pieces(cx)
    found = count(len(bias), "piece")
    title = f"unit {unit} of layer 1: {len(set(winners.tolist()))} of {found} are largest somewhere"
    if box.dim == 1:
        axes = np.atleast_1d(new_axes((7.6, 3.8), interactive=path is None))
        _draw_envelope(axes[0], cx, winners, (weight, bias))
        axes[0].set_title(title)
    else:
        axes = _surface_and_diagram(cx, winners, (weight, bias), path is None)
        axes[0].figure.suptitle(title)
    if path is not None:
        save(axes[0].figure, Path(path))
    return axes


def maxout_pieces(network: Network, unit: int) -> Forms:
    """Gradients (rank, inputs) and constants (rank,) of a maxout unit of the first layer.

    Raises
    ------
    InvalidInputError
        If there is none of this number.
    """
    layer = network.layers[0]
    many = np.flatnonzero(layer.pieces.is_max)
    if not 0 <= unit < len(many):
        last = f"they are 0 to {len(many) - 1}" if len(many) else "there are none"
        raise InvalidInputError(f"plot: maxout unit {unit} of the first layer: no such unit; {last}")
    first = int(layer.first_rows[many[unit]])
    rows = slice(first, first + int(layer.ranks[many[unit]]))
    return layer.dense[rows], layer.bias[rows]


def largest_pieces(cx: RegionComplex) -> IntArray:
    """The piece that is largest on each region of a network of one maxout unit; int64 (regions,)."""
    rows = cx.network.layers[0].pieces.row
    # Of pieces that are the same map the first one stands for all: states skip the others.
    return np.asarray(rows[cx.states[:, 0]])


def _draw_envelope(ax: Any, cx: RegionComplex, winners: IntArray, pieces: Forms) -> None:
    """The pieces, their largest, and where it changes."""
    from matplotlib.collections import LineCollection

    weight, bias = pieces
    draw_bands(ax, cx, decision_colours(winners))
    ends = np.array([cx.box.lower[0], cx.box.upper[0]])
    values = weight * ends + bias[:, None]
    lines = np.stack([np.broadcast_to(ends, values.shape), values], axis=2)
    ax.add_collection(LineCollection(lines, colors="0.45", linewidths=0.9, zorder=2), autolim=False)
    draw_function(ax, cx)
    show_heights(ax, values)
    frame_bands(ax, cx, "largest piece")
    for piece, middle in zip(winners.tolist(), region_intervals(cx).mean(axis=1).tolist(), strict=True):
        place = (middle, 0.985)
        ax.annotate(f"{piece}", place, xycoords=ax.get_xaxis_transform(), ha="center", va="top")


def _surface_and_diagram(cx: RegionComplex, winners: IntArray, pieces: Forms, interactive: bool) -> Any:
    """The upper envelope as a surface, and the cells in which each piece is the largest."""
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection

    figure = new_figure((10.4, 5.0), interactive)
    solid, flat = figure.add_subplot(1, 2, 1, projection="3d"), figure.add_subplot(1, 2, 2)
    mesh, colours = region_mesh(cx), decision_colours(winners)
    heights = cx.network(mesh.points)[:, 0]
    at = np.column_stack([mesh.points, heights])[mesh.corners]
    surface = [at[a:b] for a, b in pairwise(mesh.offsets.tolist())]
    solid.add_collection3d(
        Poly3DCollection(surface, facecolors=colours, edgecolors=layer_colour(0), linewidths=0.8)
    )
    low, high = cx.box.lower, cx.box.upper
    solid.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), zlim=(heights.min(), heights.max()))
    solid.set(xlabel="x0", ylabel="x1", zlabel="largest piece", title="upper envelope")
    thin_ticks(solid)
    draw_regions(flat, cx, colours, mesh)
    draw_lines(flat, mesh.points, mesh.ends, np.full(len(mesh.ends), 1.4), 0)
    frame(flat, cx)
    _name_cells(flat, winners, mesh.centres(cx.box), pieces[0], cx.box)
    flat.set_title("power diagram; dots are sites")
    return np.array([solid, flat])


def _name_cells(ax: Any, winners: IntArray, centres: FloatArray, sites: FloatArray, box: Box) -> None:
    """Write its piece into each cell, and mark the sites that lie in the box in the colour of their cells."""
    inside = np.flatnonzero(box.contains(sites))
    for piece, centre in zip(winners.tolist(), centres.tolist(), strict=True):
        near = np.abs((sites[inside] - centre) / (box.upper - box.lower)).max(axis=1, initial=0.0) < 0.06
        shift = (-11, -11) if near.any() else (0, 0)  # not on a site
        ax.annotate(
            f"{piece}", centre, xytext=shift, textcoords="offset points", ha="center", va="center", zorder=5
        )
    ax.scatter(
        *sites[inside].T, s=26, color=decision_colours(inside), edgecolors="black", linewidths=1.2, zorder=4
    )
