"""Decision boundaries and level sets as files: tables of their points, and GeoJSON.

Coordinates are those of the box (of a slice, its own ones), each as close to the true vertex as
:attr:`polyregions.complex.faces.Faces.reach` says; where lines meet, they have the same numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from ..base.files import check_target, known_ending, replacing
from ..errors import InvalidInputError, counted

if TYPE_CHECKING:
    from ..complex.decision import DecisionBoundary
    from ..complex.region_complex import RegionComplex

    Boundary = DecisionBoundary[RegionComplex]


def write_boundary(boundary: Boundary, path: str | Path) -> None:
    """Write where decisions change; the format is told by the name's ending.

    Parameters
    ----------
    boundary : DecisionBoundary
        From :meth:`polyregions.RegionComplex.decision_boundary` or its ``level_set``.
    path : str or Path
        ``.csv``: one row a point, with the columns ``line``, ``first`` and ``second`` (the decisions on both
        sides, the lower one first), ``x0``, ``x1``, ...; in the plane these are the points of each line in
        order, in other dimensions the corners of each piece. ``.geojson``, in the plane only: one
        ``LineString`` a line, with the properties ``line``, ``first``, ``second`` and ``closed``. An existing
        file is replaced.

    Raises
    ------
    FileFormatError
        If no boundary format has this ending.
    InvalidInputError
        If the file cannot be written, or the format needs a plane and the box is none.

    Examples
    --------
    >>> import tempfile
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0], [-1, 0]], [0, 0]), ([[1, 1]], [0])])          # |x|
    >>> boundary = enumerate_regions(net, Box.cube(2, -1, 1)).level_set(level=0.5)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_boundary(boundary, f"{folder}/lines.csv")
    ...     print(Path(f"{folder}/lines.csv").read_text(), end="")
    line,first,second,x0,x1
    0,0,1,-0.5,-1.0
    0,0,1,-0.5,1.0
    1,0,1,0.5,1.0
    1,0,1,0.5,-1.0
    """
    write = _WRITERS[check_boundary_target(path, boundary.complex.box.dim)]
    with replacing(path) as file:
        write(boundary, file)


def check_boundary_target(path: str | Path, dimension: int) -> str:
    """Refuse, before any work, a path to which no boundary of that dimension of box can be written.

    Returns
    -------
    str
        The format.
    """
    ending = known_ending(path, "boundary", BOUNDARY_FORMATS)
    if ending == ".geojson" and dimension != 2:
        raise InvalidInputError(
            f"{path}: GeoJSON holds what lies in a plane, and the box has {counted(dimension, 'dimension')}; "
            "take .csv, or a plane through the inputs"
        )
    check_target(path)
    return ending


def _write_csv(boundary: Boundary, file: IO[bytes]) -> None:
    coordinates = [f"x{k}" for k in range(boundary.complex.box.dim)]
    file.write((",".join(["line", "first", "second", *coordinates]) + "\n").encode())
    for line, (points, (first, second)) in enumerate(_parts(boundary)):
        rows = [",".join(map(repr, (line, first, second, *point))) for point in points]
        file.write("".join(f"{row}\n" for row in rows).encode())


def _write_geojson(boundary: Boundary, file: IO[bytes]) -> None:
    """One feature a line; written line by line, so that no second copy of a large boundary is held."""
    file.write(b'{"type": "FeatureCollection", "features": [')
    for line, (points, (first, second)) in enumerate(_parts(boundary)):
        feature = {
            "type": "Feature",
            "properties": {
                "line": line,
                "first": first,
                "second": second,
                "closed": points[0] == points[-1],
            },
            "geometry": {"type": "LineString", "coordinates": points},
        }
        file.write(b",\n" * (line > 0) + json.dumps(feature, allow_nan=False).encode())
    file.write(b"]}\n")


def _parts(boundary: Boundary) -> Iterator[tuple[list[Any], list[int]]]:
    """The points of each line, or the corners of each piece, and the decisions on both sides."""
    if boundary.complex.box.dim == 2:
        points, sides = boundary.polylines(), boundary.polyline_decisions()
    else:
        points, sides = boundary.pieces(), boundary.piece_decisions()
    for own, pair in zip(points, sides.tolist(), strict=True):
        yield own.tolist(), pair


_WRITERS: dict[str, Callable[[Boundary, IO[bytes]], None]] = {".csv": _write_csv, ".geojson": _write_geojson}

#: Endings of the boundary formats.
BOUNDARY_FORMATS = tuple(_WRITERS)
