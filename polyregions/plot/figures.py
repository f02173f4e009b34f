"""What all pictures share: a new figure, its file, the colours of the layers."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..base.files import check_target, known_ending, replacing
from ..errors import MissingDependencyError

#: Endings of the picture formats.
PLOT_FORMATS = (".png", ".svg", ".pdf")

# Colours of the layers, in turn: the first is nearly black, all are darker than any region.
LAYER_COLOURS = ("#16213a", "#b8285a", "#d9731a", "#2e7d52", "#2f6fb5", "#7d4fa3", "#8a6a12", "#0d8a94")


def check_figure(path: str | Path | None = None) -> None:
    """Refuse a picture that cannot be made or written, before any work.

    Raises
    ------
    InvalidInputError
        If the file cannot be written.
    FileFormatError
        If no picture format has the file's ending.
    MissingDependencyError
        If matplotlib is not installed.
    """
    if path is not None:
        known_ending(path, "picture", PLOT_FORMATS)
        check_target(path)
    if find_spec("matplotlib") is None:
        raise MissingDependencyError("plot: needs matplotlib; get it with: pip install 'polyregions[plot]'")


def new_axes(size: tuple[float, float], interactive: bool, columns: int = 1) -> Any:
    """Axes of a new figure of this size in inches: one, or an array of several beside each other."""
    if interactive:
        import matplotlib.pyplot as plt

        return plt.subplots(1, columns, figsize=size, layout="constrained")[1]
    from matplotlib.figure import Figure

    # Outside pyplot nothing is kept for a window that nobody opens.
    return Figure(figsize=size, layout="constrained").subplots(1, columns)


def save(figure: Any, path: Path) -> None:
    """Write a figure; no dates and no random ids: the same picture is the same file."""
    import matplotlib as mpl

    ending = path.suffix.lower()
    dated = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with replacing(path) as file, mpl.rc_context({"svg.hashsalt": "polyregions"}):
        figure.savefig(file, format=ending[1:], dpi=200, bbox_inches="tight", metadata=dated[ending])


def layer_colour(layer: int) -> str:
    """Colour of the boundaries of a hidden layer (0, 1, ...)."""
    return LAYER_COLOURS[layer % len(LAYER_COLOURS)]


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is due."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
