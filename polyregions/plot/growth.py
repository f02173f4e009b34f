"""How a subdivision grows, unit after unit and layer after layer: as a row of small pictures, or moving.

The first units, in their order, subdivide the box into regions of their own. Each is the union of the final
regions whose states of these units agree, so nothing is enumerated again: a boundary comes in when the first
unit that flips across it does, and until then both sides have one colour.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..base.files import replacing
from ..complex.graph import lowest_flips
from ..complex.regions import Regions
from ..errors import InvalidInputError, MissingDependencyError
from .bands import draw_bands, draw_breakpoints, draw_function, frame_bands
from .colours import pattern_colours
from .figures import PLOT_FORMATS, check_figure, count, new_axes, save, with_palette
from .flat import draw_boundaries, draw_regions, frame
from .mesh import region_mesh
from .styles import layer_handle, layer_name

#: Endings of moving pictures.
MOVING_FORMATS = (".gif", ".mp4")
#: At most so many pictures are shown of one layer while its units come in.
STEPS = 8
#: Milliseconds for a picture of a moving one, and for the last picture of a layer.
SHORT, LONG = 200, 1400
#: Pixels of a moving picture for an inch.
DPI = 80


class Stage(NamedTuple):
    """The subdivision by the first units.

    Attributes
    ----------
    units : int
        How many.
    layer : int
        The hidden layer (0, 1, ...) of the last of them; -1 if there are none.
    whole : bool
        Whether these are all units of the layer.
    groups : int64 (regions,)
        The first of the final regions that each is in one region with, so far.
    domain : str
        What is subdivided.
    """

    units: int
    layer: int
    whole: bool
    groups: IntArray
    domain: str = "the box"

    @property
    def n_regions(self) -> int:
        """Number of regions so far."""
        return len(np.unique(self.groups))

    @property
    def title(self) -> str:
        """What there is so far."""
        found = count(self.n_regions, "region")
        if self.layer < 0:
            return f"{self.domain}\n{found}"
        return f"{'' if self.whole else 'in '}{layer_name(self.layer)}\n{found}"


def stages(cx: Regions, steps: int = 1) -> Iterator[Stage]:
    """Yield the empty box, and what each layer makes of it in so many steps.

    Parameters
    ----------
    cx : Regions
        Of any dimension.
    steps : int
        At most so many for a layer.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1]], [-0.5]), ([[1]], [0])])   # ||x| - 1/2|
    >>> [stage.n_regions for stage in stages(enumerate_regions(net, Box([-1], [1])))]
    [1, 2, 4]
    """
    states, layers = cx.states, cx.network.unit_layers
    groups = np.zeros(cx.n_regions, dtype=np.int64)
    yield Stage(0, -1, True, groups, "the box" if cx.polytope is None else "the polytope")
    begin = 0
    for layer in range(len(cx.network.hidden)):
        end = int(np.searchsorted(layers, layer, side="right"))
        for units in np.unique(np.linspace(begin, end, min(steps, max(end - begin, 1)) + 1).astype(int))[1:]:
            for unit in range(begin, int(units)):
                groups = _split(groups, states[:, unit])
            begin = int(units)
            yield Stage(begin, layer, begin == end, groups)


def _split(groups: IntArray, states: Any) -> IntArray:
    """The first region of each group of those that agree in one state more."""
    key = groups * 256 + states
    _, first, of = np.unique(key, return_index=True, return_inverse=True)
    return np.asarray(first[of.reshape(-1)])


def plot_growth(cx: Regions, path: str | Path | None = None, *, boundaries: bool = True) -> Any:
    """Draw how the subdivision grows layer by layer, in a row of small pictures or as a moving one.

    Where a region is divided, the part with the first of the final regions keeps its colour.

    Parameters
    ----------
    cx : Regions
        Of a box of one or two dimensions, complete.
    path : str or Path, optional
        File to write: ``.png``, ``.svg`` or ``.pdf`` for a row with a picture of each layer; ``.gif``, or
        ``.mp4`` where ffmpeg is installed, for a moving picture in which up to eight steps lead through a
        layer.
    boundaries : bool
        Whether to draw the boundaries, by layer.

    Returns
    -------
    array of matplotlib.axes.Axes
        The small pictures: the box, and one for each hidden layer. For a moving one its axes alone.

    Raises
    ------
    InvalidInputError
        If the box has more than two dimensions, the result is partial, or the file cannot be written.
    FileFormatError
        If no picture format has the file's ending.
    MissingDependencyError
        If matplotlib is not installed, or ffmpeg for an ``.mp4`` file.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 1], [1, -1]], [0, 0]), ([[1, 1]], [-1]), ([[1]], [0])])
    >>> axes = plot_growth(enumerate_regions(net, Box.cube(2, -1, 1)))
    >>> [ax.get_title().splitlines() for ax in axes]
    [['the box', '1 region'], ['layer 1', '4 regions'], ['layer 2', '7 regions']]
    """
    check_growth(cx.box.dim, path)
    if not cx.complete:
        raise InvalidInputError(
            f"plot: growth needs a complete result, and this one is partial ({cx.stopped})"
        )
    if path is not None and Path(path).suffix.lower() in MOVING_FORMATS:
        return _animate(cx, Path(path), boundaries)
    found = list(stages(cx))
    flat = cx.box.dim == 2
    axes = np.atleast_1d(new_axes((3.1 * len(found), 3.7 if flat else 2.8), path is None, len(found)))
    picture = _Picture(cx, boundaries)
    for ax, stage in zip(axes, found, strict=True):
        picture.draw(ax, stage)
        ax.set_title(stage.title, fontsize="medium")
        if ax is not axes[0]:
            ax.set_ylabel("")
            ax.tick_params(labelleft=False)
    figure = axes[0].figure
    if handles := picture.handles(range(len(found) - 1)):
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), frameon=False)
        figure.get_layout_engine().set(h_pad=0.1)  # between the names of the axes and the legend
    if path is not None:
        save(figure, Path(path))
    return axes


def check_growth(dim: int, path: str | Path | None = None) -> None:
    """Refuse a picture of growth that cannot be made or written, before any work."""
    if dim > 2:
        raise InvalidInputError(f"plot: growth is drawn over one or two inputs, and the box has {dim}")
    check_figure(path, (*PLOT_FORMATS, *MOVING_FORMATS))
    if path is not None and Path(path).suffix.lower() == ".mp4":
        from matplotlib.animation import FFMpegWriter

        if not FFMpegWriter.isAvailable():
            raise MissingDependencyError(f"{path}: .mp4 needs the program ffmpeg; .gif needs nothing else")


class _Picture:
    """What all stages share: where regions lie, their final colours, and when each boundary comes in."""

    def __init__(self, cx: Regions, boundaries: bool) -> None:
        self.cx, self.boundaries = cx, boundaries
        self.colours: FloatArray = pattern_colours(cx)
        self.flips = lowest_flips(cx)
        self.mesh = region_mesh(cx) if cx.box.dim == 2 else None

    def draw(self, ax: Any, stage: Stage) -> None:
        """Draw one stage on its axes."""
        cx, colours = self.cx, self.colours[stage.groups]
        drawn = (self.flips < stage.units) & self.boundaries
        if self.mesh is not None:
            draw_regions(ax, cx, colours, self.mesh)
            # One width: that beside the final regions would change along what is one line so far.
            draw_boundaries(ax, cx, drawn, self.mesh, float(np.clip(12 / cx.n_regions**0.5, 0.25, 1.2)))
            frame(ax, cx)
            return
        draw_bands(ax, cx, colours)
        draw_breakpoints(ax, cx, drawn)
        draw_function(ax, cx, drawn=drawn)
        frame_bands(ax, cx, "output 0")

    def handles(self, layers: range) -> list[Any]:
        """What the legend says."""
        return [layer_handle(k, f"boundaries of {layer_name(k)}") for k in layers] if self.boundaries else []


def _animate(cx: Regions, path: Path, boundaries: bool) -> Any:
    """Write a moving picture."""
    picture = _Picture(cx, boundaries)
    figure = new_axes((6.0, 5.0 if cx.box.dim == 2 else 3.2), interactive=False).figure

    def drawn() -> Iterator[int]:
        """Draw one picture after the other, and yield how many milliseconds it stays."""
        for stage in stages(cx, STEPS):
            figure.clear()
            ax = figure.subplots()
            picture.draw(ax, stage)
            ax.set_title(stage.title.replace("\n", ": "), fontsize="medium")
            # The same from the first picture to the last: the axes stay where they are.
            if handles := picture.handles(range(len(cx.network.hidden))):
                columns = min(len(handles), 4)
                figure.legend(handles=handles, loc="outside lower center", ncols=columns, frameon=False)
            yield LONG if stage.whole else SHORT

    (_write_gif if path.suffix.lower() == ".gif" else _write_mp4)(figure, drawn(), path)
    return figure.axes[0]


def _write_gif(figure: Any, drawn: Iterator[int], path: Path) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    figure.set_dpi(DPI)
    canvas = FigureCanvasAgg(figure)
    frames, times = [], []
    for time in drawn:
        canvas.draw()
        frames.append(Image.fromarray(np.asarray(canvas.buffer_rgba())[:, :, :3].copy()))
        times.append(time)
    # One palette for all, that of the last picture, which has all colours: else they would flicker.
    palette = with_palette(frames[-1])
    frames = [one.quantize(palette=palette, dither=Image.Dither.NONE) for one in frames]
    with replacing(path) as file:
        frames[0].save(
            file,
            format="gif",
            save_all=True,
            append_images=frames[1:],
            duration=times,
            loop=0,
            optimize=False,
        )


def _write_mp4(figure: Any, drawn: Iterator[int], path: Path) -> None:
    from matplotlib.animation import FFMpegWriter

    # The format is said, for the name under which it is written does not tell it.
    writer = FFMpegWriter(fps=1000 // SHORT, extra_args=["-f", "mp4", "-pix_fmt", "yuv420p"])
    with replacing(path) as file, writer.saving(figure, file.name, DPI):
        for time in drawn:
            for _ in range(time // SHORT):
                writer.grab_frame()
