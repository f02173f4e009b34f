"""Tables of regions, adjacencies and walls, as CSV and as Parquet, and the edges of the region graph.

They are those of :mod:`polyregions.complex.tables`; rows are written some at a time.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import IO, TYPE_CHECKING

from ..complex.attributes import Column
from ..complex.tables import Table, adjacency_table, edge_table, region_table, wall_table
from .rows import PLACES, filled

if TYPE_CHECKING:
    import pyarrow

    from ..complex.region_complex import RegionComplex


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
