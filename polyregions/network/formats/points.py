"""Points in files: the rows of a text, or of an array.

A text has a point a line, its numbers separated by commas or by spaces; what follows ``#`` is skipped. A
``.npy`` file holds one array (n, d), a ``.json`` file a list of n points. There a point may have any shape,
such as that of an image: its numbers are taken in C order. Nothing is unpickled.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.lib.format import MAGIC_PREFIX

from ...base.archives import UNREADABLE
from ...base.arrays import FloatArray
from ...base.files import known_ending
from ...errors import FileFormatError, InvalidInputError, TooLargeError, short_repr
from ..numbers import keeps_integers, real_array
from .json import parse

#: Endings of the files that hold points.
POINT_FORMATS = (".csv", ".txt", ".npy", ".json")
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
        points = READERS.get(ending, _read_text)(path)
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
                numbers.extend(read_number(cell.strip(), f"{path}: line {number}") for cell in cells)
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: not a text (it is not UTF-8)") from error
    return np.array(numbers, dtype=np.float64).reshape(-1, max(width, 1))


def read_number(text: str, where: str) -> float:
    """Read one finite number, and say where it stands if it is none."""
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
    points = np.array(raw, dtype=np.float64)
    if not keeps_integers(raw, points):
        raise InvalidInputError(f"{path}: an integer beyond 2**53 has no float64; round it first")
    return _flat(path, points)


def _read_lists(path: Path) -> FloatArray:
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: not a JSON text (it is not UTF-8)") from error
    try:
        points = real_array("points", parse(text), InvalidInputError)
    except (FileFormatError, InvalidInputError) as error:
        raise type(error)(f"{path}: {error}") from error
    return _flat(path, points)


def _flat(path: Path, points: FloatArray) -> FloatArray:
    """Points (n, ...) as (n, d), all of them finite."""
    if points.ndim < 2 and points.shape != (0,):
        raise FileFormatError(f"{path}: points must have the shape (n, d), got {points.shape}")
    flat = points.reshape(len(points), -1) if len(points) else points.reshape(0, 1)
    if not np.isfinite(flat).all():
        row, column = np.argwhere(~np.isfinite(flat))[0].tolist()
        raise InvalidInputError(f"{path}: row {row}: {flat[row, column]} is not a finite number")
    return flat


READERS: dict[str, Callable[[Path], FloatArray]] = {".npy": _read_array, ".json": _read_lists}
