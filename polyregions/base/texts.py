"""Texts that somebody hands in: of limited size, UTF-8, with numbers in plain decimal notation."""

from __future__ import annotations

import re
from pathlib import Path

from ..errors import FileFormatError, TooLargeError, short_repr

#: Plain decimal notation. Python's ``float`` would take 1_0, nan, infinity and digits of other scripts, too.
DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def read_text(path: Path, most_bytes: int) -> str:
    """Read a file of text.

    Raises
    ------
    FileFormatError
        If it cannot be read, or is not UTF-8.
    TooLargeError
        If it has more than ``most_bytes``.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(most_bytes + 1)
    except OSError as error:
        raise FileFormatError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(raw) > most_bytes:
        raise TooLargeError(f"{path}: it has more than {most_bytes:,} bytes, which is the limit")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: not a text (it is not UTF-8)") from error


def decimal(text: str, where: str) -> float:
    """Return the float64 nearest to a decimal number, or say where something else stands.

    Examples
    --------
    >>> decimal("-2.5e-1", "line 1")
    -0.25
    >>> decimal("1e999", "line 1")
    Traceback (most recent call last):
    ...
    polyregions.errors.FileFormatError: line 1: '1e999' is beyond the range of float64
    """
    if not DECIMAL.fullmatch(text):
        raise FileFormatError(f"{where}: {short_repr(text)} is no number")
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise FileFormatError(f"{where}: {short_repr(text)} is beyond the range of float64")
    return value
