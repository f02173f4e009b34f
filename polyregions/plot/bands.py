"""What is drawn on axes over one input: regions as bands, breakpoints, and an output above them.

Each function takes axes and a result, adds artists to the axes in bulk, and returns them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.arrays import BoolArray, FloatArray
from ..complex.decision import DecisionBoundary
from ..complex.graph import lowest_flip_layers
from ..complex.region_complex import RegionComplex
from ..complex.regions import Regions
from .coloring import function_ends
from .mesh import output_values, region_intervals
from .styles import layer_colour, layer_line


def draw_bands(ax: Any, cx: Regions, colours: FloatArray) -> Any:
    """Fill the band above each region with its colour, from the bottom to the top of the axes.

    Returns
    -------
    matplotlib.collections.PolyCollection
        One band for each region, in their order.
    """
    from matplotlib.collections import PolyCollection

    ends = region_intervals(cx)
    corners = np.stack([ends[:, [0, 1, 1, 0]], np.tile([0.0, 0.0, 1.0, 1.0], (len(ends), 1))], axis=2)
    # x in data coordinates, y from the bottom (0) to the top (1) of the axes.
    across = ax.get_xaxis_transform()
    drawn = PolyCollection(corners, facecolors=colours, edgecolors="none", transform=across, zorder=1)
    return ax.add_collection(drawn, autolim=False)


def breakpoints(cx: Regions) -> FloatArray:
    """Where each two regions of ``cx.adjacencies`` meet, float64 (walls,)."""
    starts = region_intervals(cx)[:, 0]
    # Two intervals meet where the one that begins later begins.
    return np.asarray(starts[cx.adjacencies].max(axis=1))


def draw_breakpoints(ax: Any, cx: Regions, drawn: BoolArray | None = None) -> dict[int, Any]:
    """Draw a vertical line between each two regions, in the style of the lowest layer that flips.

    Returns
    -------
    dict of int to matplotlib.collections.LineCollection
        By the hidden layer (0, 1, ...).
    """
    from matplotlib.collections import LineCollection

    drawn = np.ones(cx.n_adjacencies, dtype=bool) if drawn is None else drawn
    places, layers = breakpoints(cx)[drawn], lowest_flip_layers(cx)[drawn]
    width = float(np.clip(72 * ax.figure.get_figwidth() / cx.n_regions / 5, 0.25, 1.3))
    found = {}
    for layer in np.unique(layers)[::-1].tolist():
        at = places[layers == layer]
        lines = np.stack([np.repeat(at[:, None], 2, axis=1), np.tile([0.0, 1.0], (len(at), 1))], axis=2)
        found[layer] = LineCollection(
            lines,
            colors=layer_colour(layer),
            linewidths=width,
            linestyles=[layer_line(layer)],
            transform=ax.get_xaxis_transform(),
            zorder=2,
        )
        ax.add_collection(found[layer], autolim=False)
    return dict(sorted(found.items()))


def draw_function(ax: Any, cx: Regions, output: int = 0, drawn: BoolArray | None = None) -> tuple[Any, Any]:
    """Draw an output of the network, with a dot at each breakpoint.

    Parameters
    ----------
    drawn : bool (walls,), optional
        Which of ``cx.adjacencies`` have a dot; all by default.

    Returns
    -------
    (matplotlib.collections.LineCollection, matplotlib.collections.PathCollection)
        A segment for each region, and a dot for each breakpoint, in the colour of its layer.
    """
    from matplotlib.collections import LineCollection

    # A region apart from the others (in a partial result) begins a new stroke.
    segments = function_ends(cx, output)
    line = LineCollection(segments, colors="black", linewidths=1.6, capstyle="round", zorder=3)
    ax.add_collection(line, autolim=False)
    drawn = np.ones(cx.n_adjacencies, dtype=bool) if drawn is None else drawn
    places, layers = breakpoints(cx)[drawn], lowest_flip_layers(cx)[drawn]
    size = float(np.clip(72 * ax.figure.get_figwidth() / cx.n_regions / 4, 0.0, 4.5))
    dots = ax.scatter(
        places,
        output_values(cx, places.reshape(-1, 1), output),
        s=size**2,
        c=[layer_colour(layer) for layer in layers.tolist()] or None,
        edgecolors="white",
        linewidths=0.5,
        zorder=4,
    )
    values = segments[:, :, 1][np.isfinite(segments[:, :, 1])]
    show_heights(ax, values if values.size else np.zeros(1))
    return line, dots


def show_heights(ax: Any, values: FloatArray) -> None:
    """Let the axes reach a little beyond the least and the largest of some values."""
    low, high = float(values.min()), float(values.max())
    margin = 0.06 * (high - low) or 1.0
    ax.set_ylim(low - margin, high + margin)


def frame_bands(ax: Any, cx: Regions, name: str) -> None:
    """Show the box, and name the axes."""
    ax.set_xlim(float(cx.box.lower[0]), float(cx.box.upper[0]))
    ax.set_xlabel("x0")
    ax.set_ylabel(name)


def draw_decision_points(ax: Any, boundary: DecisionBoundary[RegionComplex], rim: bool = True) -> Any:
    """Draw where the decision changes, as black lines, with a white rim where there are other lines.

    Returns
    -------
    matplotlib.collections.LineCollection
        A line for each of ``boundary.pairs``.
    """
    from matplotlib.collections import LineCollection

    cx = boundary.complex
    i, j = cx.adjacencies.T
    at = breakpoints(cx)[boundary.decisions[i] != boundary.decisions[j]]
    lines = np.stack([np.repeat(at[:, None], 2, axis=1), np.tile([0.0, 1.0], (len(at), 1))], axis=2)
    for colour, points in (("white", 4.0), ("black", 2.0))[0 if rim else 1 :]:
        drawn = LineCollection(
            lines, colors=colour, linewidths=points, transform=ax.get_xaxis_transform(), zorder=2.5
        )
        ax.add_collection(drawn, autolim=False)
    return drawn
