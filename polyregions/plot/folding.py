"""A picture of a sheet that a network folds, layer by layer.

From left to right: the sheet with all creases; the stack that each layer folds it to, in the order in which
paper would lie; and the folded cube from above, as the further layers see it. Every cell keeps its colour: it
tells where in the sheet a part of the stack comes from. What is drawn on the folded cube, the boundaries of
the next layer or a letter F, shows through all the paper: it is in every cell of the sheet, mirrored where
the cell lies face down.

The verification is exact (:mod:`polyregions.analysis.folding`). Drawing is not, and decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.folding import Folding
from ..base.arrays import FloatArray
from ..errors import InvalidInputError, TooLargeError
from .figures import check_figure, count, new_axes, save
from .sheets import Sheet, Stack
from .styles import layer_colour, layer_handle, layer_name

#: Regions beyond which nothing could be seen.
MOST_REGIONS = 5_000
PAPER, INK = np.array([0.985, 0.97, 0.935]), np.array([0.16, 0.16, 0.2])
#: A letter F in the unit square.
LETTER = np.array([(0, 0), (3, 0), (3, 6), (7, 6), (7, 9), (3, 9), (3, 12), (9, 12), (9, 15), (0, 15)])
LETTER = [0.32, 0.18] + LETTER / 24
#: Where the second coordinate of the cube goes in the pictures of stacks.
BACKWARD = np.array([0.42, 0.3])
#: Angles at which a fold is drawn, from the lower layer to the upper one.
ANGLES = np.linspace(-np.pi / 2, np.pi / 2, 25)


def plot_folding(folding: Folding, path: str | Path | None = None) -> NDArray[Any]:
    """Draw how a network folds an interval or a square.

    Parameters
    ----------
    folding : Folding
        From :func:`polyregions.analysis.folding.verify_folding`, in one or two dimensions. All layers that
        fold the cube are drawn, and the boundaries of the next one. The cube is drawn with sides of one
        length.
    path : str or Path, optional
        File to write: ``.png``, ``.svg`` or ``.pdf``.

    Returns
    -------
    array of matplotlib.axes.Axes
        The sheet, a stack for each layer that folds it, the folded cube from above.

    Raises
    ------
    InvalidInputError
        If the cube has more than two dimensions, the first layer does not fold it, or the file cannot be
        written.
    TooLargeError
        If there are too many regions for a picture.
    FileFormatError
        If no picture format has the file's ending.
    MissingDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> from polyregions import Box, Network
    >>> from polyregions.analysis.folding import verify_folding
    >>> net = Network.from_arrays([([[2], [4]], [0, -2]), ([[2, -2], [4, -4]], [0, -2]), ([[1, -1]], [0])])
    >>> axes = plot_folding(verify_folding(net, Box([0], [1])))
    >>> [ax.get_title().splitlines() for ax in axes[:-1]]
    [['the sheet', '4 cells'], ['folded by layer 1', '2 to 1'], ['folded by layer 2', '4 to 1']]
    """
    _check(folding)
    check_figure(path)
    sheet = Sheet(folding)
    columns = folding.depth + 2
    axes = new_axes((3.2 * columns, 3.9), interactive=path is None, columns=columns)
    (_draw_strands if folding.cube.dim == 1 else _draw_sheets)(sheet, axes)
    for ax, title in zip(axes, _titles(folding), strict=True):
        ax.set_title(title, fontsize="medium")
        _frame(ax)
    _legend(axes[0].figure, sheet)
    if path is not None:
        save(axes[0].figure, Path(path))
    return np.asarray(axes)


def _check(folding: Folding) -> None:
    """Refuse what cannot be drawn."""
    if folding.cube.dim > 2:
        raise InvalidInputError(
            f"plot: the cube has {folding.cube.dim} dimensions, and a sheet to be drawn has at most 2"
        )
    if not folding.depth:
        first = folding.layers[0]
        raise InvalidInputError(
            f"plot: {layer_name(0)} does not fold the cube: {count(first.n_regions, 'region')}, "
            f"{count(len(first.images), 'image')}"
        )
    regions = folding.layers[min(folding.depth, len(folding.layers) - 1)].n_regions
    if regions > MOST_REGIONS:
        raise TooLargeError(f"plot: {regions:,} regions in each picture, and the limit is {MOST_REGIONS:,}")


def _titles(folding: Folding) -> list[str]:
    folded = folding.layers[: folding.depth]
    titles = [f"the sheet\n{count(folding.multiplicity, 'cell')}"]
    titles += [f"folded by {layer_name(layer.layer)}\n{layer.n_regions} to 1" for layer in folded]
    pieces = int(folded[-1].pieces[0])
    if pieces == 1:
        return [*titles, f"from above\n{count(folding.multiplicity, 'cell')} look like one"]
    regions = f"{pieces} regions of {layer_name(folding.depth)}"
    return [*titles, f"from above\n{regions}, {folding.multiplicity} times each"]


def _frame(ax: Any) -> None:
    """Show all that is drawn, in a square: then all titles are at one height."""
    ax.autoscale_view()
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    half = max(right - left, high - low) / 2
    ax.set_xlim((left + right) / 2 - half, (left + right) / 2 + half)
    ax.set_ylim((low + high) / 2 - half, (low + high) / 2 + half)
    ax.set_aspect("equal")
    ax.axis("off")


# --------------------------------------------------------------------------------------------------------
# Two dimensions


@dataclass
class _Ink:
    """Polygons, in the order in which they are painted."""

    polygons: list[FloatArray] = field(default_factory=list)
    faces: list[Any] = field(default_factory=list)
    edges: list[Any] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)

    def fill(self, polygon: FloatArray, colour: FloatArray) -> None:
        """Paint a polygon, with an edge: else the page would shine through between neighbours."""
        self._add(polygon, colour, colour, 0.3)

    def line(self, points: FloatArray, colour: Any, width: float) -> None:
        """Draw a closed line."""
        self._add(points, "none", colour, width)

    def _add(self, polygon: FloatArray, face: Any, edge: Any, width: float) -> None:
        from matplotlib.colors import to_rgba

        self.polygons.append(polygon)
        self.faces.append(to_rgba(face))
        self.edges.append(to_rgba(edge))
        self.widths.append(width)

    def paint(self, ax: Any) -> None:
        """Put all on the axes."""
        from matplotlib.collections import PolyCollection

        ax.add_collection(
            PolyCollection(
                self.polygons,
                facecolors=self.faces,
                edgecolors=self.edges,
                linewidths=self.widths,
                joinstyle="round",
                capstyle="round",
            )
        )


def _draw_sheets(sheet: Sheet, axes: Any) -> None:
    for ax, stack in zip(axes, sheet.stacks, strict=False):
        ink = _Ink()
        ribbons = _ribbons(sheet, stack)
        # Inner folds are hidden by outer ones: behind the stack these are painted first, in front last.
        for ribbon in sorted((r for r in ribbons if r.behind), key=lambda r: (-r.span, r.low)):
            ribbon.paint(ink)
        for paper in np.argsort(stack.height).tolist():
            _lay_paper(ink, sheet, stack, paper, len(stack.height) > 1)
        for ribbon in sorted((r for r in ribbons if not r.behind), key=lambda r: (r.span, r.low)):
            ribbon.paint(ink)
        ink.paint(ax)
    ink = _Ink()
    folded = sheet.stacks[-1]
    _lay_paper(ink, sheet, folded, int(np.argmax(folded.height)), False, PAPER)
    ink.paint(axes[-1])


def _lay_paper(
    ink: _Ink, sheet: Sheet, stack: Stack, paper: int, oblique: bool, colour: FloatArray | None = None
) -> None:
    """Paint one layer of paper: its pieces, the boundaries on it, and the letters that show through."""
    own = np.flatnonzero(stack.home == paper)

    def place(flat: FloatArray) -> FloatArray:
        return _project(flat, float(stack.height[paper])) if oblique else flat

    for i in own.tolist():
        shade = sheet.colours[i] if colour is None else colour
        ink.fill(place(stack.fold(paper, sheet.outlines[i])), shade)
    inner = (stack.home[sheet.pairs] == paper).all(axis=1)
    width = 1.5 / (1 + 0.06 * len(sheet.outlines) ** 0.5)
    for layer in np.unique(sheet.layers[inner])[::-1].tolist():  # the first layer on top
        for k in np.flatnonzero(inner & (sheet.layers == layer)).tolist():
            ink.line(place(stack.fold(paper, sheet.walls[k])), layer_colour(layer), width)
    if not sheet.cut:
        last = sheet.stacks[-1]
        for cell in np.unique(last.home[own]).tolist():
            ink.fill(place(stack.fold(paper, last.unfold(cell, LETTER))), INK)
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    ink.line(place(corners), INK, min(0.7, 12 / len(stack.height)))


def _project(points: FloatArray, height: float) -> FloatArray:
    """From the cube, and a height above it, to the picture."""
    return np.asarray(points[:, :1] * [1.0, 0.0] + points[:, 1:] * BACKWARD + [0.0, height])


@dataclass(frozen=True)
class _Ribbon:
    """A fold: the paper between two layers, along a side of the cube.

    Attributes
    ----------
    ends : float64 (2, 2)
        Ends of the side, half way up, in the picture.
    out : float64 (2,)
        Away from the cube.
    low, span : float
        Height of the lower layer, and how far the upper one is above it.
    behind : bool
        Whether the stack is in front of it.
    """

    ends: FloatArray
    out: FloatArray
    low: float
    span: float
    behind: bool
    colour: FloatArray

    def paint(self, ink: _Ink) -> None:
        """Paint the strips between the angles, as if light came from above."""
        curve = _reach(self.span) * np.cos(ANGLES)[:, None] * self.out
        curve[:, 1] += self.span / 2 * np.sin(ANGLES)
        left, right = self.ends[0] + curve, self.ends[1] + curve
        for k in range(len(ANGLES) - 1):
            light = 0.86 + 0.12 * np.sin(ANGLES[k]) - 0.08 * self.behind
            ink.fill(np.array([left[k], right[k], right[k + 1], left[k + 1]]), self.colour * light)


def _ribbons(sheet: Sheet, stack: Stack) -> list[_Ribbon]:
    ribbons = []
    for k, (i, j) in enumerate(sheet.pairs.tolist()):
        if stack.home[i] == stack.home[j]:
            continue
        low, high = sorted(stack.height[stack.home[[i, j]]].tolist())
        ends = stack.fold(int(stack.home[i]), sheet.walls[k])
        axis = int(np.argmin(np.ptp(ends, axis=0)))  # along which the side is at 0 or 1
        far = bool(ends[:, axis].mean() > 0.5)
        out = (1 if far else -1) * (np.array([1.0, 0.0]) if axis == 0 else BACKWARD)
        # Seen from the front and the right, the left and the far side are hidden.
        behind = far if axis == 1 else not far
        colour = (sheet.colours[i] + sheet.colours[j]) / 2
        ribbons.append(_Ribbon(_project(ends, (low + high) / 2), out, low, high - low, behind, colour))
    return ribbons


def _reach(span: float) -> float:
    """How far a fold reaches out: the farther, the more paper lies in it."""
    return float(0.35 * span**0.75)


# --------------------------------------------------------------------------------------------------------
# One dimension


def _draw_strands(sheet: Sheet, axes: Any) -> None:
    for ax, stack in zip(axes, sheet.stacks, strict=False):
        for k, (i, j) in enumerate(sheet.pairs.tolist()):
            if stack.home[i] == stack.home[j]:
                continue
            low, high = sorted(stack.height[stack.home[[i, j]]].tolist())
            at = float(stack.fold(int(stack.home[i]), sheet.walls[k])[0, 0])
            out = _reach(high - low) * (1 if at > 0.5 else -1)
            x, y = at + out * np.cos(ANGLES), (low + high) / 2 + (high - low) / 2 * np.sin(ANGLES)
            ax.plot(x, y, color=layer_colour(int(sheet.layers[k])), linewidth=1.4, zorder=1)
        for paper in range(len(stack.height)):
            _lay_strand(ax, sheet, stack, paper)
    folded = sheet.stacks[-1]
    _lay_strand(axes[-1], sheet, folded, int(np.argmax(folded.height)))


def _lay_strand(ax: Any, sheet: Sheet, stack: Stack, paper: int) -> None:
    """Draw one layer: its pieces, the boundaries on it, and arrows that show through in place of letters."""
    height = float(stack.height[paper])
    own = np.flatnonzero(stack.home == paper)
    for i in own.tolist():
        x = stack.fold(paper, sheet.outlines[i])[:, 0]
        ax.plot(x, [height] * 2, color=sheet.colours[i], linewidth=5, solid_capstyle="butt", zorder=2)
    inner = (stack.home[sheet.pairs] == paper).all(axis=1)
    for k in np.flatnonzero(inner).tolist():
        at = float(stack.fold(paper, sheet.walls[k])[0, 0])
        colour = layer_colour(int(sheet.layers[k]))
        ax.plot([at], [height], "|", color=colour, markersize=11, markeredgewidth=1.6, zorder=4)
    if not sheet.cut:
        last = sheet.stacks[-1]
        for cell in np.unique(last.home[own]).tolist():
            start, end = stack.fold(paper, last.unfold(cell, np.array([[0.2], [0.8]])))[:, 0].tolist()
            arrow = {"arrowstyle": "->", "color": INK, "shrinkA": 0, "shrinkB": 0, "linewidth": 0.8}
            ax.annotate("", (end, height), (start, height), arrowprops=arrow, zorder=3)


def _legend(figure: Any, sheet: Sheet) -> None:
    """Name the colours of the boundaries, below the pictures."""
    layers = np.unique(sheet.layers).tolist()
    names = [
        f"{'creases' if layer < sheet.depth else 'boundaries'} of {layer_name(layer)}" for layer in layers
    ]
    handles = [layer_handle(layer, name) for layer, name in zip(layers, names, strict=True)]
    figure.legend(
        handles=handles, loc="outside lower center", ncols=len(handles), frameon=False, fontsize="small"
    )
