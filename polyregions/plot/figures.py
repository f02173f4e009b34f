"""What all pictures share: a new figure, its file, and a legend beside it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ..base.files import check_target, known_ending, replacing
from ..errors import MissingDependencyError

#: Endings of the picture formats.
PLOT_FORMATS = (".png", ".svg", ".pdf")
#: Colours of a PNG with a palette.
PALETTE = 256


def check_figure(path: str | Path | None = None, formats: tuple[str, ...] = PLOT_FORMATS) -> None:
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
        known_ending(path, "picture", formats)
        check_target(path)
    if find_spec("matplotlib") is None:
        raise MissingDependencyError("plot: needs matplotlib; get it with: pip install 'polyregions[plot]'")


def new_axes(size: tuple[float, float], interactive: bool, columns: int = 1, solid: bool = False) -> Any:
    """Axes of a new figure of this size in inches: one, or an array of several beside each other."""
    kind = {"projection": "3d"} if solid else {}
    return new_figure(size, interactive).subplots(1, columns, subplot_kw=kind)


def new_figure(size: tuple[float, float], interactive: bool) -> Any:
    """A new figure of this size in inches; ``matplotlib.pyplot.show()`` shows interactive ones."""
    if interactive:
        import matplotlib.pyplot as plt

        return plt.figure(figsize=size, layout="constrained")
    from matplotlib.figure import Figure

    # Outside pyplot nothing is kept for a window that nobody opens.
    return Figure(figsize=size, layout="constrained")


def save(figure: Any, path: Path, dpi: int = 200) -> None:
    """Write a figure; no dates and no random ids: the same picture is the same file."""
    import matplotlib as mpl

    ending = path.suffix.lower()
    dated = {".png": {}, ".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with replacing(path) as file, mpl.rc_context({"svg.hashsalt": "polyregions"}):
        figure.savefig(file, format=ending[1:], dpi=dpi, bbox_inches="tight", metadata=dated[ending])


def use_palette(path: str | Path, colours: int = PALETTE, width: int | None = None) -> None:
    """Write a PNG file again with a palette: pictures of flat colours and lines take a third of the bytes.

    Parameters
    ----------
    path : str or Path
        A PNG file without transparency; it is replaced.
    colours : int
        Most colours, at most 256.
    width : int, optional
        Most pixels from left to right; a wider picture is made smaller first.
    """
    from PIL import Image

    with Image.open(path) as opened:
        image = opened.convert("RGB")
    if width is not None and image.width > width:
        height = round(image.height * width / image.width)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    with replacing(path) as file:
        with_palette(image, colours).save(file, format="png", optimize=True)


def with_palette(image: Any, colours: int = PALETTE) -> Any:
    """A picture of Pillow with a palette, the colour of whose first corner is kept as it is: the page."""
    from PIL import Image

    # No dithering: it would speckle flat colours, and speckles do not compress.
    reduced = image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    entries, page = list(reduced.getpalette()), reduced.getpixel((0, 0))
    entries[3 * page : 3 * page + 3] = image.getpixel((0, 0))
    reduced.putpalette(entries)
    return reduced


def legend_beside(ax: Any, handles: list[Any], title: str = "", top: bool = True) -> Any:
    """A legend to the right of the axes, at their top or their bottom, so that nothing is covered."""
    return ax.legend(
        handles=handles,
        title=title,
        loc="upper left" if top else "lower left",
        bbox_to_anchor=(1.01, 1.0 if top else 0.0),
        borderaxespad=0.0,
        frameon=False,
        fontsize="small",
        title_fontsize="small",
        alignment="left",
    )


def count(number: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it is due."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{number:,} {noun if number == 1 else plural}"
