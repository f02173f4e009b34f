"""Points for a command: the rows of a file, or uniform in a box; and what is refused of either.

A text file has a point a line, its numbers separated by commas or by spaces; what follows ``#`` is skipped. A
``.npy`` file holds one array (n, d). Nothing is unpickled.
"""

from __future__ import annotations

from array import array
from pathlib import Path

import click
import numpy as np
from numpy.lib.format import MAGIC_PREFIX

from ..base.archives import UNREADABLE
from ..base.arrays import FloatArray
from ..base.files import known_ending
from ..base.memory import available_memory
from ..errors import FileFormatError, InvalidInputError, TooLargeError, short_repr
from ..network.box import Box
from ..network.numbers import keeps_integers
from .common import Sides

#: Endings of the files that hold points.
POINT_FORMATS = (".csv", ".txt", ".npy")
#: Larger files are not opened.
MOST_BYTES = 2**30


def read_points(path: Path, inputs: int) -> FloatArray:
    """Read the points of a file, (n, inputs) with n at least 1.

    Raises
    ------
    FileFormatError
        If the file is not what its name says: no numbers, ragged, truncated, empty.
    InvalidInputError
        If a number is not finite, or the network has another number of inputs.
    TooLargeError
        If the file has more than :data:`MOST_BYTES`.
    """
    ending = known_ending(path, "point", POINT_FORMATS)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise TooLargeError(f"{path}: it has {size:,} bytes, and {MOST_BYTES:,} is the limit")
        points = _read_array(path) if ending == ".npy" else _read_text(path)
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    if points.size == 0:
        raise FileFormatError(f"{path}: there are no points in it")
    if points.shape[1] != inputs:
        raise InvalidInputError(
            f"{path}: its points have {points.shape[1]} coordinate(s), the network has {inputs} input(s)"
        )
    return points


def _read_text(path: Path) -> FloatArray:
    numbers, width, first = array("d"), 0, 0
    try:
        # Like spreadsheets, which put a mark before the first number.
        with path.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, 1):
                text = line.split("#", 1)[0].strip()
                cells = text.split(",") if "," in text else text.split()
                if not cells:
                    continue
                if first and len(cells) != width:
                    raise FileFormatError(
                        f"{path}: line {number} has {len(cells)} number(s), line {first} has {width}"
                    )
                first, width = first or number, len(cells)
                numbers.extend(_number(cell.strip(), f"{path}: line {number}") for cell in cells)
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: not a text (it is not UTF-8)") from error
    return np.array(numbers, dtype=np.float64).reshape(-1, max(width, 1))


def _number(text: str, where: str) -> float:
    try:
        value = float(text.replace("_", " "))  # Python would read 1_0 as ten.
    except ValueError:
        raise FileFormatError(
            f"{where}: {short_repr(text)} is no number (a line that is none begins with #)"
        ) from None
    if not np.isfinite(value):
        raise InvalidInputError(f"{where}: {short_repr(text)} is not a finite number")
    return value


def _read_array(path: Path) -> FloatArray:
    with path.open("rb") as file:
        if file.read(len(MAGIC_PREFIX)) != MAGIC_PREFIX:
            raise FileFormatError(f"{path}: not a .npy array")
    try:
        # Mapped: however much the head of the file promises, no more is taken than the file holds.
        raw = np.load(path, mmap_mode="r", allow_pickle=False)
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FileFormatError(f"{path}: not a readable .npy array, truncated perhaps: {reason}") from error
    if raw.dtype.kind not in "fiu" or raw.dtype.itemsize > 8:
        raise FileFormatError(f"{path}: points must be float64 or integers, got dtype {raw.dtype}")
    if raw.ndim != 2:
        raise FileFormatError(f"{path}: points must have the shape (n, d), got {raw.shape}")
    points = np.array(raw, dtype=np.float64)
    if not np.isfinite(points).all():
        row, column = np.argwhere(~np.isfinite(points))[0].tolist()
        raise InvalidInputError(f"{path}: row {row}: {points[row, column]} is not a finite number")
    if not keeps_integers(raw, points):
        raise InvalidInputError(f"{path}: an integer beyond 2**53 has no float64; round it first")
    return points


def random_points(box: Box, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw n points of a box, uniform, (n, d)."""
    share = rng.random((n, box.dim))
    # Two products: the length of a side may exceed float64.
    return np.clip(box.lower * (1 - share) + box.upper * share, box.lower, box.upper)


def coordinates(ctx: click.Context, param: click.Parameter, value: str | None) -> FloatArray | None:
    """Turn the coordinates of one point, with commas or spaces between, into an array (d,)."""
    if value is None:
        return None
    cells = value.split(",") if "," in value else value.split()
    try:
        return np.array([_number(cell.strip(), "a point") for cell in cells or [""]])
    except (FileFormatError, InvalidInputError):
        message = f"{value!r} is no list of finite numbers, such as 0.5,-1"
        raise click.BadParameter(message, ctx=ctx, param=param) from None


def check_room(what: str, n: int, bytes_each: int) -> None:
    """Refuse more of something than fits into the memory that is free.

    Raises
    ------
    TooLargeError
        If it does not.
    """
    need, free = n * bytes_each, available_memory()
    if need > free:
        raise TooLargeError(
            f"{n:,} {what} take about {need / 2**30:,.3g} GiB, and {free / 2**30:,.3g} GiB are free; "
            "ask for fewer"
        )


def check_sampling(n_random: int | None, sides: Sides, seed: int | None) -> None:
    """Refuse --random without --box, and what is for --random only."""
    if n_random is not None and not sides:
        raise InvalidInputError("--random: give --box LO HI too, the range of every input")
    if n_random is None and (sides or seed is not None):
        raise InvalidInputError(f"{'--box' if sides else '--seed'} is for --random only: leave it out")


def sides_of(box: Box | None) -> dict[str, list[float]] | None:
    """A box for JSON."""
    return None if box is None else {"lower": box.lower.tolist(), "upper": box.upper.tolist()}
