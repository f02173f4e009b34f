"""Pictures of the regions of a network, in one and two dimensions, with matplotlib.

A region's colour depends on its activation pattern alone, so pictures of parts, of slices with the same
pattern, and of another day agree. Boundaries are coloured by the lowest hidden layer that flips
across them: layer 0 draws straight lines, each further layer bends where it meets the ones before.
Linear regions and decisions are drawn likewise: regions that belong together have one colour, and no boundary
between them.
"""

from __future__ import annotations

import hashlib
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..analysis.definitions import LinearRegions
from ..base.arrays import FloatArray, IntArray
from ..complex.decision import DecisionBoundary
from ..complex.graph import lowest_flip_layers
from ..complex.polygons import region_rings, region_vertices, shared_edges
from ..complex.region_complex import RegionComplex
from ..complex.regions import Regions
from ..errors import InvalidInputError
from ..network.box import Box
from .figures import check_figure, count, layer_colour, new_axes, save

#: Vector files of more paths than this come with a warning. A million took 131 s and 146 MB.
MANY_PATHS = 100_000
SECONDS_A_PATH, BYTES_A_PATH = 131e-6, 146
#: So many decisions are named beside the picture: about as many as fit there.
MOST_NAMED = 24


class _Subject(NamedTuple):
    """What is drawn: regions, what each belongs to, and the colour of each; rgb float64 (regions, 3)."""

    regions: Regions
    groups: IntArray
    colours: FloatArray
    title: str
    decisions: tuple[int, ...] = ()

    @property
    def drawn(self) -> Any:
        """Which of the walls are drawn: those between two groups; bool (walls,)."""
        i, j = self.regions.walls.sides.T
        return self.groups[i] != self.groups[j]


def _subject(shown: RegionComplex | LinearRegions | DecisionBoundary[RegionComplex]) -> _Subject:
    if isinstance(shown, LinearRegions):
        cx, groups = shown.complex, shown.labels
        colours = pattern_colours(cx)[[int(region.members[0]) for region in shown]][groups]
        title = f"{count(len(shown), 'linear region')} ({shown.definition})"
        return _Subject(cx, groups, colours, title)
    if isinstance(shown, DecisionBoundary):
        groups = shown.decisions
        found = tuple(np.unique(groups).tolist())
        title = f"{count(len(found), 'decision')}, {count(len(shown.pairs), 'facet')} between them"
        return _Subject(shown.complex, groups, decision_colours(groups), title, found)
    if isinstance(shown, Regions):
        title = f"{count(shown.n_regions, 'region')}, {count(shown.n_adjacencies, 'adjacency')}"
        return _Subject(shown, np.arange(shown.n_regions), pattern_colours(shown), title)
    raise InvalidInputError(
        f"plot: expected regions, linear regions or a decision boundary, got {type(shown).__name__}"
    )


def plot_regions(
    shown: RegionComplex | LinearRegions | DecisionBoundary[RegionComplex],
    path: str | Path | None = None,
    ax: Any = None,
) -> Any:
    """Draw the regions of a one- or two-dimensional box, linear regions, or decisions.

    In two dimensions every region is filled, and every boundary between two regions is drawn once.
    In one dimension the regions are coloured bands, with output 0 of the network above them.

    Parameters
    ----------
    shown : RegionComplex, LinearRegions or DecisionBoundary
        A partial result is drawn as far as it goes: the rest is grey, and the title says so.
    path : str or Path, optional
        File to write: ``.png``, ``.svg`` or ``.pdf``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given (shown by ``matplotlib.pyplot.show()`` unless
        there is a path).

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidInputError
        If it is nothing of these, the box has more than two dimensions, or the file cannot be written.
    FileFormatError
        If no picture format has the file's ending.
    MissingDependencyError
        If matplotlib is not installed.

    Warns
    -----
    UserWarning
        If an .svg or .pdf file would hold more than 100,000 paths: with its size and time.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 1], [1, -1]], [0, 0]), ([[1, 1]], [0])])
    >>> ax = plot_regions(enumerate_regions(net, Box.cube(2, -1, 1)))
    >>> ax.get_title()
    '4 regions, 4 adjacencies'
    """
    subject = _subject(shown)
    cx = subject.regions
    check_plot(cx.box, path)
    if path is not None and Path(path).suffix.lower() != ".png":
        _warn_of_size(Path(path), cx.n_regions + int(subject.drawn.sum()))
    if ax is None:
        ax = new_axes((7.6, 3.8) if cx.box.dim == 1 else (7.6, 6.4), interactive=path is None)
    (_draw_bands if cx.box.dim == 1 else _draw_polygons)(subject, ax)
    partial = ""
    if not cx.complete:
        partial = f" (partial: {cx.stopped})"
        ax.set_facecolor("0.9")  # grey is what the result does not cover; no region is grey
    ax.set_title(f"{subject.title}{partial}")
    if path is not None:
        save(ax.figure, Path(path))
    return ax


def _warn_of_size(path: Path, paths: int) -> None:
    if paths > MANY_PATHS:
        warnings.warn(
            f"plot: {path.name} will hold {paths:,} paths, about {paths * BYTES_A_PATH / 1e6:.0f} MB and "
            f"{paths * SECONDS_A_PATH:.0f} s of writing; a .png file stays small whatever it shows",
            stacklevel=3,
        )


def check_plot(box: Box, path: str | Path | None = None) -> None:
    """Refuse a picture that cannot be made, before any work."""
    if box.dim > 2:
        raise InvalidInputError(
            f"plot: the box has {box.dim} dimensions and a picture has at most 2; "
            "net.restrict(origin, directions) gives the network on a line or a plane"
        )
    if (box.upper / 4 - box.lower / 4 > 1e307).any():  # quarters: the difference itself may overflow
        raise InvalidInputError("plot: the box is too wide to be drawn in float64")
    check_figure(path)


def pattern_colours(cx: Regions) -> FloatArray:
    """Return a soft colour for each region, rgb float64 (regions, 3).

    It is a function of the pattern alone, the same in every process and on every machine.
    """
    digests = (hashlib.blake2b(row.tobytes(), digest_size=4).digest() for row in cx.states)
    hashes = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 4) / 256
    hue = 2 * np.pi * (hashes[:, 0] + hashes[:, 1] / 256)
    lightness = 0.84 + 0.11 * hashes[:, 2]
    chroma = 0.03 + 0.05 * hashes[:, 3]
    return _oklab_to_rgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue))


def decision_colours(decisions: IntArray) -> FloatArray:
    """Return a soft colour for each decision, rgb float64 (n, 3): hues of the first few lie far apart."""
    hue = np.pi * (3 - np.sqrt(5)) * decisions
    return _oklab_to_rgb(np.full(len(hue), 0.88), 0.08 * np.cos(hue), 0.08 * np.sin(hue))


def _oklab_to_rgb(lightness: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Convert Oklab to sRGB (B. Ottosson, 2020): equal steps look equal, whatever the hue."""
    long = lightness + 0.3963377774 * a + 0.2158037573 * b
    medium = lightness - 0.1055613458 * a - 0.0638541728 * b
    short = lightness - 0.0894841775 * a - 1.2914855480 * b
    linear = np.stack([long, medium, short], axis=1) ** 3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    linear = np.clip(linear, 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def _draw_polygons(subject: _Subject, ax: Any) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    cx, colours, drawn = subject.regions, subject.colours, subject.drawn
    rings = region_rings(cx)
    # Each polygon is outlined in its own colour, else the page shines through between neighbours.
    ax.add_collection(
        PolyCollection(rings, facecolors=colours, edgecolors=colours, linewidths=0.3, zorder=1), autolim=False
    )
    edges = shared_edges(cx, rings)[drawn]
    layers = lowest_flip_layers(cx)[drawn]
    widths = _edge_widths(cx, rings, ax)[drawn]
    if subject.decisions:  # one line, however thin the regions beside it
        layers, widths = np.zeros_like(layers), np.full_like(widths, 1.3)
    for layer in np.unique(layers)[::-1].tolist():  # the first layer on top
        ax.add_collection(
            LineCollection(
                edges[layers == layer],
                colors=layer_colour(layer),
                linewidths=widths[layers == layer] * max(0.55, 0.85**layer),
                capstyle="round",
                zorder=2,
            ),
            autolim=False,
        )
    low, high = cx.box.lower, cx.box.upper
    ax.set_xlim(low[0], high[0])
    ax.set_ylim(low[1], high[1])
    ratio = (high[1] - low[1]) / (high[0] - low[0])
    ax.set_aspect("equal" if 0.2 <= ratio <= 5 else "auto")
    ax.set_xlabel("x0")
    ax.set_ylabel("x1")
    _legend(ax, subject, layers)


def _draw_bands(subject: _Subject, ax: Any) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    cx, colours, drawn = subject.regions, subject.colours, subject.drawn
    ends = np.array([np.sort(region_vertices(cx, i)[:, 0]) for i in range(cx.n_regions)])
    # x in data coordinates, y from the bottom (0) to the top (1) of the axes.
    across = ax.get_xaxis_transform()
    corners = np.stack([ends[:, [0, 1, 1, 0]], np.tile([0.0, 0.0, 1.0, 1.0], (len(ends), 1))], axis=2)
    ax.add_collection(
        PolyCollection(corners, facecolors=colours, edgecolors="none", transform=across, zorder=1),
        autolim=False,
    )
    i, j = cx.adjacencies[drawn].T
    # Two intervals meet where the one that begins later begins.
    places = np.maximum(ends[i, 0], ends[j, 0])
    layers = lowest_flip_layers(cx)[drawn]
    width = float(np.clip(72 * ax.figure.get_figwidth() / len(ends) / 5, 0.25, 1.3))
    for layer in np.unique(layers)[::-1].tolist():
        at = places[layers == layer]
        lines = np.stack([np.repeat(at[:, None], 2, axis=1), np.tile([0.0, 1.0], (len(at), 1))], axis=2)
        colour = layer_colour(layer)
        ax.add_collection(
            LineCollection(lines, colors=colour, linewidths=width, transform=across, zorder=2), autolim=False
        )
    # A region apart from the others (in a partial result) begins a new stroke.
    segments = np.stack([ends, cx.network(ends.reshape(-1, 1))[:, 0].reshape(-1, 2)], axis=2)
    ax.add_collection(
        LineCollection(segments, colors="black", linewidths=1.6, capstyle="round", zorder=3), autolim=False
    )
    low, high = float(segments[:, :, 1].min()), float(segments[:, :, 1].max())
    margin = 0.06 * (high - low) or 1.0
    ax.set_xlim(float(cx.box.lower[0]), float(cx.box.upper[0]))
    ax.set_ylim(low - margin, high + margin)
    ax.set_xlabel("x0")
    ax.set_ylabel("unit that decides" if subject.decisions else "output 0")
    _legend(ax, subject, layers)


def _legend(ax: Any, subject: _Subject, layers: Any) -> None:
    """Name the colours of decisions, or of boundaries, beside the picture so that nothing is covered."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=layer_colour(layer), linewidth=2.2, label=f"layer {layer} ({count:,})")
        for layer, count in np.stack(np.unique(layers, return_counts=True), axis=1).tolist()
    ]
    if subject.decisions:
        labels = np.array(subject.decisions[:MOST_NAMED])
        handles = [
            Patch(color=colour, label=f"{label}")
            for label, colour in zip(labels.tolist(), decision_colours(labels).tolist(), strict=True)
        ]
    if not handles:
        return
    ax.legend(
        handles=handles,
        title="decision" if subject.decisions else "boundary of",
        loc="upper left",
        bbox_to_anchor=(1.01, 1.0),
        borderaxespad=0.0,
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        alignment="left",
    )


def _edge_widths(cx: Regions, rings: list[FloatArray], ax: Any) -> FloatArray:
    """Width in points of each boundary: thinner beside thin regions, so that their colour shows."""
    extent = cx.box.upper - cx.box.lower
    thickness = np.empty(len(rings))  # 4 area / perimeter: the side of a square; the box's side is 1
    for k, ring in enumerate(rings):
        x, y = ((ring - cx.box.lower) / extent).T
        dx, dy = np.roll(x, -1) - x, np.roll(y, -1) - y
        thickness[k] = 2 * abs(x @ dy - y @ dx) / max(np.hypot(dx, dy).sum(), 1e-300)
    side = 72 * min(ax.figure.get_size_inches())
    widest = np.clip(0.09 * side / cx.n_regions**0.5, 0.3, 1.3)
    beside = 0.2 * side * thickness[cx.adjacencies].min(axis=1)
    return np.asarray(np.clip(beside, 0.4 * widest, widest))
