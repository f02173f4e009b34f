"""The complex as a mesh: VTU for ParaView and PyVista, STL for anything that shows or prints surfaces."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import IO, TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray, IntArray
from ..complex.attributes import RegionColumns, runs
from ..errors import InvalidInputError

if TYPE_CHECKING:
    from ..complex.faces import Faces
    from ..complex.region_complex import RegionComplex

#: Cells of VTK by the dimension: a line, a polygon, a polyhedron.
CELL_TYPES = {1: 3, 2: 7, 3: 42}
NAMES = {"f": "Float64", "i": "Int64", "b": "UInt8", "u": "UInt8"}
#: Triangles that are made at once.
TOGETHER = 2**16
TRIANGLE = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("unused", "<u2")])


class Surfaces(NamedTuple):
    """The facets of some regions of a complex of dimension 3, one region after the other.

    Attributes
    ----------
    owner : int64 (facets,)
        Which of the regions each belongs to, counted from 0.
    corners, ends : int64
        Facet k has the corners ``corners[ends[k]:ends[k + 1]]``, rows of ``Faces.points`` from edge to edge,
        counter-clockwise as seen from outside of the region.
    normals : float64 (facets, 3)
        Outwards; their lengths are twice the areas.
    """

    owner: IntArray
    corners: IntArray
    ends: IntArray
    normals: FloatArray


def surfaces(cx: RegionComplex, regions: IntArray) -> Surfaces:
    """Return the facets of some regions, d = 3."""
    from ..complex.rings import go_round, reversed_where

    faces = cx.faces
    cells = faces.cells
    tops = cells.top[regions]
    polygons = cells.boundaries(tops).astype(np.int64)
    ends = np.concatenate([[0], np.cumsum(cells.size[polygons], dtype=np.int64)])
    corners = np.empty(int(ends[-1]), dtype=np.int64)
    go_round(polygons, cells.lists, ends, corners)
    corners, owner = faces.places[corners], np.repeat(np.arange(len(regions)), cells.size[tops])
    points = faces.points[corners] - np.repeat(faces.points[corners[ends[:-1]]], np.diff(ends), axis=0)
    following = np.arange(1, len(corners) + 1)
    following[ends[1:] - 1] = ends[:-1]
    normals = np.add.reduceat(np.cross(points, points[following]), ends[:-1])
    inner = cx.witnesses[regions[owner]]
    inwards = np.einsum("ij,ij->i", normals, faces.points[corners[ends[:-1]]] - inner) < 0
    normals[inwards] *= -1
    return Surfaces(owner, reversed_where(inwards, corners, ends), ends, normals)


def write_vtu(cx: RegionComplex, file: IO[bytes], *, without: Collection[str] = ()) -> None:
    """Write a VTK unstructured grid (XML): a cell for each region, with all attributes that are numbers.

    Coordinates of one and two dimensions get zeros. Numbers are float64 and int64 in base64; what is missing
    is NaN or -1.
    """
    faces = cx.need_faces("mesh")
    d, n = cx.box.dim, cx.n_regions
    points = np.zeros((len(faces.points), 3))
    points[:, :d] = faces.points
    connected = _connected(faces) if d < 3 else _polyhedra(cx)
    connected["types"] = np.full(n, CELL_TYPES[d], dtype=np.uint8)
    file.write(
        b'<?xml version="1.0"?>\n'
        b'<VTKFile type="UnstructuredGrid" version="1.0" byte_order="LittleEndian" header_type="UInt64">\n'
        b"<UnstructuredGrid>\n<FieldData>\n"
    )
    _write_array(file, "complete", np.array([cx.complete]), ' NumberOfTuples="1"')
    pieces = f'<Piece NumberOfPoints="{len(points)}" NumberOfCells="{n}">'
    file.write(f"</FieldData>\n{pieces}\n<Points>\n".encode())
    _write_array(file, "Points", points, ' NumberOfComponents="3"')
    file.write(b"</Points>\n<Cells>\n")
    for name, array in connected.items():
        _write_array(file, name, array)
    file.write(b"</Cells>\n<CellData>\n")
    for name, array in cell_numbers(cx, without).items():
        _write_array(file, name, array)
    file.write(b"</CellData>\n</Piece>\n</UnstructuredGrid>\n</VTKFile>\n")


def cell_numbers(cx: RegionComplex, without: Collection[str]) -> dict[str, NDArray[np.generic]]:
    """The number of each region and its attributes that are numbers; NaN or -1 where they are missing."""
    columns = RegionColumns(cx, flat=True, without={"pattern", *without})
    found: dict[str, NDArray[np.generic]] = {"region": np.arange(cx.n_regions)}
    for first, last in runs(cx, cx.n_regions):
        for column in columns.part(first, last):
            if isinstance(column.values, list):
                continue
            values = column.values
            if column.missing is not None:
                values = np.where(column.missing, np.nan if column.kind is float else -1, values)
            found.setdefault(column.name, np.empty(cx.n_regions, dtype=values.dtype))[first:last] = values
    return found


def _connected(faces: Faces) -> dict[str, NDArray[np.generic]]:
    """The vertices of each region, d = 1 or 2."""
    cells = faces.cells
    if cells.dimension == 1:
        return {
            "connectivity": faces.places[cells.boundaries(cells.top)],
            "offsets": 2 * np.arange(1, len(cells.top) + 1),
        }
    corners, offsets = faces.ring_corners
    return {"connectivity": faces.places[corners], "offsets": offsets[1:]}


def _polyhedra(cx: RegionComplex) -> dict[str, NDArray[np.generic]]:
    """The vertices of each region, and its facets as VTK lists them, d = 3.

    Of each region: the number of facets, and for each of them the number of corners and the corners.
    """
    n, vertices = cx.n_regions, len(cx.faces.points)
    owner, corners, ends, _ = surfaces(cx, np.arange(n))
    sizes = np.diff(ends)
    # Where each facet begins: after a number for each region up to its own, and one for each facet before it.
    begins = ends[:-1] + np.arange(len(sizes)) + owner + 1
    stream = np.empty(len(corners) + len(sizes) + n, dtype=np.int64)
    stream[begins] = sizes
    stream[np.arange(len(corners)) + np.repeat(begins + 1 - ends[:-1], sizes)] = corners
    facets = np.bincount(owner, minlength=n)
    numbers = np.zeros(n, dtype=np.int64)
    numbers[1:] = np.cumsum(np.add.reduceat(sizes + 1, np.cumsum(facets) - facets) + 1)[:-1]
    stream[numbers] = facets
    # Each vertex of a region once.
    cells, connected = np.divmod(np.unique(np.repeat(owner, sizes) * vertices + corners), vertices)
    return {
        "connectivity": connected,
        "offsets": np.cumsum(np.bincount(cells, minlength=n)),
        "faces": stream,
        "faceoffsets": np.append(numbers[1:], len(stream)),
    }


def _write_array(file: IO[bytes], name: str, array: NDArray[np.generic], more: str = "") -> None:
    """Write an array as base64 of its length in bytes and its numbers."""
    kind = array.dtype.kind
    data = np.ascontiguousarray(array, dtype={"f": "<f8", "i": "<i8"}.get(kind, "u1"))
    file.write(f'<DataArray type="{NAMES[kind]}" Name="{name}" format="binary"{more}>'.encode())
    file.write(base64.b64encode(np.array(data.nbytes, dtype="<u8").tobytes() + data.tobytes()))
    file.write(b"</DataArray>\n")


def write_stl(cx: RegionComplex, file: IO[bytes], regions: IntArray) -> None:
    """Write the closed surface of each of some regions as triangles, normals outwards; d = 3.

    STL has float32: coordinates are rounded.
    """
    faces = cx.need_faces("surfaces")
    if np.abs(faces.points).max() > np.finfo(np.float32).max:
        raise InvalidInputError("STL: its coordinates are float32, and the box is beyond their range")
    found = surfaces(cx, regions)
    total = int((np.diff(found.ends) - 2).sum())
    if total >= 2**32:
        raise InvalidInputError(f"STL: it holds up to {2**32 - 1:,} triangles, these regions have {total:,}")
    file.write(b"polyregions".ljust(80) + np.uint32(total).astype("<u4").tobytes())
    for first in range(0, len(found.owner), TOGETHER):
        ends = found.ends[first : first + TOGETHER + 1]
        corners = faces.points[found.corners[ends[0] : ends[-1]]]
        normals = found.normals[first : first + TOGETHER]
        file.write(_triangles(corners, ends - ends[0], normals).tobytes())


def _triangles(corners: FloatArray, ends: IntArray, normals: FloatArray) -> NDArray[np.void]:
    """Triangles of some convex polygons, from the first corner of each."""
    count = np.diff(ends) - 2
    owner = np.repeat(np.arange(len(count)), count)
    step = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    start = ends[:-1][owner]
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    records = np.zeros(len(owner), dtype=TRIANGLE)
    records["normal"] = (normals / np.where(length > 0, length, 1))[owner]
    records["corners"] = np.stack(
        [corners[start], corners[start + step + 1], corners[start + step + 2]], axis=1
    )
    return records
