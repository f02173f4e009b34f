"""Pictures of the regions of a network in one, two and three dimensions, with matplotlib.

A region's colour depends on its activation pattern alone, so pictures of parts, of slices with the same
pattern, and of another day agree; or it shows something else, see ``color``. Boundaries are drawn in the
style of the lowest hidden layer that flips across them: layer 1 draws straight lines, each further layer
bends where it meets the ones before. Linear regions and decisions are drawn likewise: regions that belong
together have one colour, and no boundary between them.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import BoolArray
from ..complex.decision import DecisionBoundary
from ..complex.graph import lowest_flip_layers
from ..complex.region_complex import RegionComplex
from ..complex.regions import Regions
from ..errors import InvalidInputError
from ..network.box import Box
from .bands import draw_bands, draw_breakpoints, draw_decision_points, draw_function, frame_bands
from .coloring import Coloured, Shown, colour_regions, decide, regions_of
from .colours import decision_colours
from .figures import check_figure, legend_beside, new_axes, save
from .flat import draw_boundaries, draw_decision, draw_graph, draw_lines, draw_regions, draw_values, frame
from .mesh import region_mesh
from .solid import SURFACE, check_solid, draw_cells, draw_decision_facets, draw_solid_graph, frame_solid
from .styles import layer_handle, layer_name

#: Vector files of more paths than this come with a warning. A million took 131 s and 146 MB.
MANY_PATHS = 100_000
SECONDS_A_PATH, BYTES_A_PATH = 131e-6, 146
#: So many decisions are named beside the picture: about as many as fit there.
MOST_NAMED = 24
SIZES = {1: (7.6, 3.8), 2: (7.6, 6.4), 3: (7.6, 6.4)}
#: Width in points of the boundary between decisions where regions are coloured by them.
BETWEEN_DECISIONS = 1.3


class Parts(NamedTuple):
    """What is drawn over the regions.

    Attributes
    ----------
    boundaries : bool or None
        Boundaries between regions; None: where there are such (one and two dimensions).
    decision : bool
        Where the largest output changes, or the only one its sign.
    graph : bool
        The region graph.
    """

    boundaries: bool | None = None
    decision: bool = False
    graph: bool = False


def plot_regions(
    shown: Shown,
    path: str | Path | None = None,
    ax: Any = None,
    *,
    color: str | ArrayLike | None = None,
    boundaries: bool | None = None,
    decision: bool = False,
    graph: bool = False,
) -> Any:
    """Draw the regions of a box of one, two or three dimensions, linear regions, or decisions.

    In two dimensions every region is filled, and every boundary between two regions is drawn once.
    In one dimension the regions are coloured bands, with an output of the network above them, and a dot at
    each of its breakpoints. In three dimensions they are polyhedra, a little apart; or the region graph or
    the decision boundary alone, which polyhedra would hide.

    Parameters
    ----------
    shown : RegionComplex, LinearRegions or DecisionBoundary
        A partial result is drawn as far as it goes: the rest is grey, and the title says so.
    path : str or Path, optional
        File to write: ``.png``, ``.svg`` or ``.pdf``.
    ax : matplotlib.axes.Axes, optional
        Where to draw; a new figure if not given (shown by ``matplotlib.pyplot.show()`` unless
        there is a path). For three dimensions with ``projection="3d"``.
    color : str or array, optional
        By what regions are coloured:

        ==============  ==========================================================================
        ``"pattern"``   the activation pattern; the default, but for linear regions and decisions
        ``"layer:N"``   the states of hidden layer N alone; 1, the first, without a number
        ``"output:N"``  output N (0 without a number): shaded in two dimensions, drawn as a
                        function in one, the value at the centre of mass in three
        ``"gradient"``  the norm of the gradient of an output, ``"gradient:N"``
        ``"class"``     the largest output; for a single output, whether it is above 0
        ``"area"``      length, area or volume, on a logarithmic scale
        array           a number (regions,) or a colour (regions, 3 or 4) for each region
        ==============  ==========================================================================
    boundaries : bool, optional
        Whether to draw the boundaries, by layer; by default in one and two dimensions.
    decision : bool
        Whether to draw where the largest output changes; for a single output, where it is 0.
    graph : bool
        Whether to draw the region graph at the centres of mass; not in one dimension.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    InvalidInputError
        If it is nothing of these, the box has more than three dimensions, something asked for does not go
        with it, or the file cannot be written.
    TooLargeError
        If there are more than 5,000 regions in three dimensions.
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
    >>> cx = enumerate_regions(net, Box.cube(2, -1, 1))
    >>> ax = plot_regions(cx)
    >>> ax.get_title()
    '4 regions, 4 adjacencies'
    >>> ax = plot_regions(cx, color="gradient", graph=True)
    """
    parts = Parts(boundaries, decision, graph)
    cx = regions_of(shown)
    check_plot(cx.box, path)
    check_parts(cx.box.dim, parts, color is not None)
    if cx.box.dim == 3:
        check_solid(cx)
    subject = colour_regions(shown, color)
    between = _decision(cx, subject) if decision else None
    cx = subject.regions
    if path is not None and Path(path).suffix.lower() != ".png":
        _warn_of_size(Path(path), cx.n_regions + int(subject.drawn.sum()))
    if ax is None:
        ax = new_axes(SIZES[cx.box.dim], interactive=path is None, solid=cx.box.dim == 3)
    (_draw_line, _draw_plane, _draw_space)[cx.box.dim - 1](subject, ax, parts, between)
    partial = ""
    if not cx.complete:
        partial = f" (partial: {cx.stopped})"
        ax.set_facecolor("0.9")  # grey is what the result does not cover; no region is grey
    ax.set_title(f"{subject.title}{partial}")
    if path is not None:
        save(ax.figure, Path(path))
    return ax


def check_plot(box: Box, path: str | Path | None = None, most: int = 3) -> None:
    """Refuse a picture that cannot be made, before any work."""
    if box.dim > most:
        raise InvalidInputError(
            f"plot: the box has {box.dim} dimensions and this picture at most {most}; "
            "net.restrict(origin, directions) gives the network on a line or a plane"
        )
    if (box.upper / 4 - box.lower / 4 > 1e307).any():  # quarters: the difference itself may overflow
        raise InvalidInputError("plot: the box is too wide to be drawn in float64")
    check_figure(path)


def check_parts(dim: int, parts: Parts, coloured: bool = False) -> None:
    """Refuse what does not go with the dimension of the box, or with a colour that was asked for."""
    if parts.graph and dim == 1:
        raise InvalidInputError(
            "plot: over one input the region graph is the line itself; leave out the graph"
        )
    if parts.boundaries and dim == 3:
        raise InvalidInputError(
            "plot: boundaries by layer are drawn over one or two inputs; in three dimensions the polyhedra "
            "have edges"
        )
    if dim == 3 and coloured and (parts.graph or parts.decision):
        raise InvalidInputError(
            "plot: in three dimensions the decision and the graph are drawn without the polyhedra, which "
            "would hide them; leave out the colour"
        )


def _decision(cx: Regions, subject: Coloured) -> DecisionBoundary[RegionComplex]:
    """Where the decision changes; regions that are coloured by it have been cut there."""
    return decide(cx) if subject.boundary is None else subject.boundary


def _warn_of_size(path: Path, paths: int) -> None:
    if paths > MANY_PATHS:
        warnings.warn(
            f"plot: {path.name} will hold {paths:,} paths, about {paths * BYTES_A_PATH / 1e6:.0f} MB and "
            f"{paths * SECONDS_A_PATH:.0f} s of writing; a .png file stays small whatever it shows",
            stacklevel=3,
        )


def _draw_plane(subject: Coloured, ax: Any, parts: Parts, between: DecisionBoundary[Any] | None) -> None:
    cx, mesh = subject.regions, region_mesh(subject.regions)
    if subject.output is not None:
        draw_values(ax, cx, subject.scale, subject.output, mesh)
    else:
        draw_regions(ax, cx, subject.colours, mesh)
    handles: list[Any] = []
    if subject.boundary is None and parts.boundaries is not False:
        draw_boundaries(ax, cx, subject.drawn, mesh)
        handles = _layer_handles(cx, subject.drawn)
    elif subject.boundary is not None and parts.boundaries:
        own = lowest_flip_layers(cx) < cx.network.unit_layers[-1]  # the last unit is the decision
        draw_boundaries(ax, cx, own, mesh)
        # Without numbers: the decision cuts facets of the layers in two.
        handles = [layer_handle(k, layer_name(k)) for k in np.unique(lowest_flip_layers(cx)[own]).tolist()]
        between = subject.boundary
    elif subject.boundary is not None and parts.boundaries is None and between is None:
        ends = mesh.ends[subject.drawn]  # one line, however thin the regions beside it
        draw_lines(ax, mesh.points, ends, np.full(len(ends), BETWEEN_DECISIONS), 0)
    if parts.graph:
        draw_graph(ax, cx, mesh)
    if between is not None:
        draw_decision(ax, between)
    frame(ax, cx)
    _explain(ax, subject, handles, between)


def _draw_line(subject: Coloured, ax: Any, parts: Parts, between: DecisionBoundary[Any] | None) -> None:
    cx = subject.regions
    draw_bands(ax, cx, subject.colours)
    handles: list[Any] = []
    if parts.boundaries is not False and subject.boundary is None:
        draw_breakpoints(ax, cx, subject.drawn)
        handles = _layer_handles(cx, subject.drawn)
    if (cut := subject.boundary or between) is not None:
        draw_decision_points(ax, cut, rim=subject.boundary is None)
    output = subject.output or 0
    _, dots = draw_function(ax, cx, output)
    if subject.boundary is not None:  # whose last unit is the decision, of no layer of the network
        dots.set_facecolor("black")
    frame_bands(ax, cx, "unit that decides" if subject.boundary else f"output {output}")
    _explain(ax, subject, handles, between)


def _draw_space(subject: Coloured, ax: Any, parts: Parts, between: DecisionBoundary[Any] | None) -> None:
    cx = subject.regions
    if parts.graph:
        draw_solid_graph(ax, cx)
    if between is not None:
        draw_decision_facets(ax, between)
    if not parts.graph and between is None:  # which polyhedra would hide
        draw_cells(ax, cx, subject.colours)
    frame_solid(ax, cx)
    _explain(ax, subject, [], between)


def _layer_handles(cx: Regions, drawn: BoolArray) -> list[Any]:
    """Lines for the legend, one for each layer, with the number of its facets."""
    layers, numbers = np.unique(lowest_flip_layers(cx)[drawn], return_counts=True)
    return [
        layer_handle(layer, f"{layer_name(layer)} ({n:,})")
        for layer, n in zip(layers.tolist(), numbers.tolist(), strict=True)
    ]


def _explain(ax: Any, subject: Coloured, handles: list[Any], between: DecisionBoundary[Any] | None) -> None:
    """Say beside the picture what the colours and the lines are."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    lines = list(handles)
    if between is not None:
        colour = SURFACE if ax.name == "3d" else "black"
        lines.append(Line2D([], [], color=colour, linewidth=2.6, label="the decision"))
    patches = [
        Patch(color=colour, label=subject.decisions[label])
        for label, colour in zip(
            list(subject.decisions)[:MOST_NAMED],
            decision_colours(np.array(list(subject.decisions), dtype=np.int64)).tolist(),
            strict=False,
        )
    ]
    if subject.scale is not None:
        draw_scale(ax, subject)
    if patches:
        legend = legend_beside(ax, patches, "decision")
        if lines:  # below the first legend, of which axes would keep one only
            ax.add_artist(legend)
    if lines:
        legend_beside(ax, lines, "boundary of", top=not patches)


def draw_scale(ax: Any, subject: Coloured) -> Any:
    """Say below the picture which colour a number has; as wide as the axes."""
    extend = "min" if subject.below else "neither"
    if ax.name == "3d":
        bar = ax.figure.colorbar(subject.scale, ax=ax, location="bottom", shrink=0.6, pad=0.02, extend=extend)
    else:
        inset = ax.inset_axes((0.0, -0.19 if ax.bbox.height > ax.bbox.width / 2 else -0.32, 1.0, 0.04))
        bar = ax.figure.colorbar(subject.scale, cax=inset, orientation="horizontal", extend=extend)
    bar.set_label(subject.label)
    return bar
