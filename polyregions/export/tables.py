"""Tables of regions, adjacencies and walls, as CSV and as Parquet, and the edges of the region graph.

Columns are those of :mod:`polyregions.complex.tables`, but for ``linear_map``; and those that only a graph
has, such as all the units that flip. Rows are written some at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import IO, TYPE_CHECKING

import numpy as np

from ..complex.attributes import AdjacencyColumns, Column, RegionColumns, flipped_units, runs
from .rows import PLACES, filled

if TYPE_CHECKING:
    import pyarrow

    from ..complex.region_complex import RegionComplex

#: The columns of a table for some rows at a time; first those of no rows, which tell names and kinds.
Table = Iterator[list[Column]]


def region_table(cx: RegionComplex, without: Collection[str] = ()) -> Table:
    """Yield the table of the regions: their number, then their attributes."""
    columns = RegionColumns(cx, flat=True, without=without)
    for first, last in (0, 0), *runs(cx, cx.n_regions):
        yield [Column("region", np.arange(first, last)), *columns.part(first, last)]


def adjacency_table(cx: RegionComplex) -> Table:
    """Yield the table of the adjacencies."""
    for first, last in (0, 0), *runs(cx, cx.n_adjacencies):
        units, ends = flipped_units(cx, first, last)
        unit = units[ends[:-1]]
        yield [
            *_ends(cx, first, last, "lower", "higher"),
            Column("flips", np.diff(ends)),
            Column("unit", unit),
            Column("layer", cx.network.unit_layers[unit] + 1),
            Column("units", [" ".join(map(str, units[a:b].tolist())) for a, b in pairwise(ends.tolist())]),
        ]


def edge_table(cx: RegionComplex) -> Table:
    """Yield the edges of the region graph, by the names that graph programs know."""
    columns = AdjacencyColumns(cx, comma=" ")
    for first, last in (0, 0), *runs(cx, cx.n_adjacencies):
        yield [*_ends(cx, first, last, "source", "target"), *columns.part(first, last)]


def wall_table(cx: RegionComplex) -> Table:
    """Yield the table of the walls: how large each facet between two regions is, and in 2-D where it ends."""
    faces = cx.need_faces("walls")
    walls = cx.walls.among(faces)
    measured, errors = faces.measured_faces(walls)
    facets = cx.walls.entries - cx.facet_offsets[cx.walls.sides[:, 0]]
    for first, last in (0, 0), *runs(cx, cx.n_adjacencies):
        beyond = ~np.isfinite(measured[first:last])
        columns = [
            *_ends(cx, first, last, "lower", "higher"),
            Column("facet", facets[first:last]),
            Column("size", measured[first:last], beyond),
            Column("size_error", errors[first:last], beyond),
        ]
        if cx.box.dim == 2:
            vertices = faces.places[faces.cells.boundaries(walls[first:last])]
            ends = faces.points[vertices].reshape(-1, 4).T
            names = ("x0_0", "x0_1", "x1_0", "x1_1")
            columns += [Column(name, x) for name, x in zip(names, ends, strict=True)]
        yield columns


def _ends(cx: RegionComplex, first: int, last: int, *names: str) -> list[Column]:
    """Both regions of each adjacency."""
    return [Column(name, ids) for name, ids in zip(names, cx.adjacencies[first:last].T, strict=True)]


def write_csv_table(parts: Table, file: IO[bytes]) -> None:
    """Write a table as CSV: a header, then a line for each row; what is missing is empty."""
    names = [column.name for column in next(parts)]
    file.write((",".join(names) + "\n").encode())
    for columns in parts:
        cells = [Column(c.name, _cells(c)) if c.missing is not None else c for c in columns]
        rows = filled(_csv_template, [], cells)
        file.write("".join(rows).encode())


def _csv_template(columns: Sequence[Column]) -> str:
    return ",".join(PLACES[column.kind] for column in columns) + "\n"


def _cells(column: Column) -> list[str]:
    return ["" if value is None else repr(value) for value in column.plain()]


def write_parquet_table(parts: Table, file: IO[bytes]) -> None:
    """Write a table as Parquet, a group of rows at a time."""
    from pyarrow.parquet import ParquetWriter

    schema = arrow_batch(next(parts)).schema
    # Patterns and floats are all different: a dictionary of them would only take time.
    with ParquetWriter(file, schema, compression="zstd", use_dictionary=False) as writer:
        for columns in parts:
            writer.write_batch(arrow_batch(columns))


def arrow_batch(columns: list[Column]) -> pyarrow.RecordBatch:
    """Some rows of a table as Arrow has them."""
    import pyarrow

    kinds = {bool: pyarrow.bool_(), int: pyarrow.int64(), float: pyarrow.float64(), str: pyarrow.string()}
    arrays = [pyarrow.array(c.values, type=kinds[c.kind], mask=c.missing) for c in columns]
    return pyarrow.record_batch(arrays, names=[column.name for column in columns])


WRITERS = {"csv": write_csv_table, "parquet": write_parquet_table}


def write_regions(cx: RegionComplex, file: IO[bytes], kind: str, *, without: Collection[str] = ()) -> None:
    """Write the table of the regions; the kind is "csv" or "parquet"."""
    WRITERS[kind](region_table(cx, without), file)


def write_adjacencies(cx: RegionComplex, file: IO[bytes], kind: str) -> None:
    """Write the table of the adjacencies."""
    WRITERS[kind](adjacency_table(cx), file)


def write_edges(cx: RegionComplex, file: IO[bytes]) -> None:
    """Write the edges of the region graph as CSV."""
    write_csv_table(edge_table(cx), file)


def write_walls(cx: RegionComplex, file: IO[bytes], kind: str) -> None:
    """Write the table of the walls."""
    WRITERS[kind](wall_table(cx), file)
