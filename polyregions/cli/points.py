"""Points given on the command line."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from ..base.arrays import FloatArray
from ..errors import FileFormatError, InvalidInputError
from ..network.formats.points import POINT_FORMATS, read_number, read_points


def coordinates(ctx: click.Context, param: click.Parameter, value: str | None) -> FloatArray | None:
    """Turn the coordinates of one point, with commas or spaces between, into an array (d,)."""
    if value is None:
        return None
    try:
        return _point(value)
    except (FileFormatError, InvalidInputError):
        message = f"{value!r} is no list of finite numbers, such as 0.5,-1"
        raise click.BadParameter(message, ctx=ctx, param=param) from None


def slice_points(value: str, inputs: int) -> FloatArray:
    """Read the points (n, inputs) that a slice goes through, with n at least 2."""
    points = points_or_file("--through", value, inputs)
    if len(points) < 2:
        raise InvalidInputError(f"--through: two points or more make a slice, got {len(points)}")
    return points


def named_file(option: str, value: str | None) -> Path | None:
    """The file that an option for points names, if they are not written out.

    Raises
    ------
    InvalidInputError
        If no file can be called so.
    """
    if value is None:
        return None
    if "\0" in value:
        raise InvalidInputError(f"{option}: {value!r} has a NUL character, which no file's name can have")
    path = Path(value)
    return path if path.suffix.lower() in POINT_FORMATS or path.is_file() else None


def points_or_file(option: str, value: str, inputs: int) -> FloatArray:
    """Read the rows of a file, or points written out with semicolons between, ``"0,0; 1,0"``."""
    if (path := named_file(option, value)) is not None:
        return read_points(path, inputs)
    try:
        rows = [_point(row) for row in value.split(";")]
    except (FileFormatError, InvalidInputError):
        known = ", ".join(POINT_FORMATS)
        raise InvalidInputError(
            f"{option}: {value!r} is neither a file of points ({known}) nor points such as '0,0; 1,0; 0,1'"
        ) from None
    for row in rows:
        if row.size != inputs:
            raise InvalidInputError(
                f"{option}: a point has {row.size} coordinate(s), the network has {inputs} input(s)"
            )
    return np.array(rows)


def _point(text: str) -> FloatArray:
    cells = text.split(",") if "," in text else text.split()
    return np.array([read_number(cell.strip(), "a point") for cell in cells or [""]])
