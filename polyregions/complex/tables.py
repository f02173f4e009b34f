"""Tables of a result: its regions, the adjacencies between them, and the walls, some rows at a time.

What they hold is that of :mod:`polyregions.complex.attributes`, as columns of numbers and texts. Files and
data frames are made of them. Volumes, centres and sizes of walls need the faces of the complex, which the
engine "subdivide" keeps; without, their columns are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..errors import MissingDependencyError
from .attributes import AdjacencyColumns, Column, RegionColumns, flipped_units, runs
from .regions import Regions

if TYPE_CHECKING:
    import pandas

#: The columns of a table for some rows at a time; first those of no rows, which tell names and kinds.
Table = Iterator[list[Column]]


class Tables(NamedTuple):
    """Data frames: see :func:`region_table`, :func:`adjacency_table` and :func:`wall_table`."""

    regions: pandas.DataFrame
    adjacencies: pandas.DataFrame
    walls: pandas.DataFrame


def region_table(cx: Regions, without: Collection[str] = ()) -> Table:
    """Yield the table of the regions.

    Its columns: ``region`` (the number), ``pattern`` (text), ``explored``, ``degree``, ``witness_0``, ...;
    for maps of at most 256 numbers ``A_0_0`` (output, input), ..., ``c_0``, ..., ``map_error_0``, ...; with
    faces ``decision`` (of several outputs), ``volume``, ``volume_error``, ``centroid_0``, ...
    """
    columns = RegionColumns(cx, flat=True, without=without)
    for first, last in (0, 0), *runs(cx, cx.n_regions):
        yield [Column("region", np.arange(first, last)), *columns.part(first, last)]


def adjacency_table(cx: Regions) -> Table:
    """Yield the table of the pairs of regions that share a facet, in the order of ``cx.adjacencies``.

    Its columns: ``lower`` and ``higher`` (regions), ``flips`` (how many units differ), ``unit`` (the first
    that does), ``layer`` (that it is in, 1 is the first), ``units`` (all that differ, as text).
    """
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


def edge_table(cx: Regions) -> Table:
    """Yield the edges of the region graph, by the names that graph programs know."""
    columns = AdjacencyColumns(cx, comma=" ")
    for first, last in (0, 0), *runs(cx, cx.n_adjacencies):
        yield [*_ends(cx, first, last, "source", "target"), *columns.part(first, last)]


def wall_table(cx: Regions) -> Table:
    """Yield the table of the facets between two regions, in the order of ``cx.adjacencies``.

    Its columns: ``lower`` and ``higher`` (regions), ``facet`` (its number among the facets of the lower one);
    with faces ``size`` (length, area, ...) and ``size_error``, and in two dimensions the ends ``x0_0``,
    ``x0_1``, ``x1_0``, ``x1_1``.
    """
    facets = cx.walls.entries - cx.facet_offsets[cx.walls.sides[:, 0]]
    faces = cx.known_faces
    walls = None if faces is None else cx.walls.among(faces)
    measured = None if faces is None or walls is None else faces.measured_faces(walls)
    for first, last in (0, 0), *runs(cx, cx.n_adjacencies):
        columns = [*_ends(cx, first, last, "lower", "higher"), Column("facet", facets[first:last])]
        if faces is not None and walls is not None and measured is not None:
            sizes, errors = (array[first:last] for array in measured)
            beyond = ~np.isfinite(sizes)
            columns += [Column("size", sizes, beyond), Column("size_error", errors, beyond)]
            if cx.box.dim == 2:
                vertices = faces.places[faces.cells.boundaries(walls[first:last])]
                ends = faces.points[vertices].reshape(-1, 4).T
                names = ("x0_0", "x0_1", "x1_0", "x1_1")
                columns += [Column(name, x) for name, x in zip(names, ends, strict=True)]
        yield columns


def _ends(cx: Regions, first: int, last: int, *names: str) -> list[Column]:
    """Both regions of each adjacency."""
    return [Column(name, ids) for name, ids in zip(names, cx.adjacencies[first:last].T, strict=True)]


def data_frames(cx: Regions) -> Tables:
    """Return the three tables as ``pandas.DataFrame``.

    That of the regions has ``linear_map`` as well: a number, the same iff the affine maps are. What a row
    does not have is NaN.

    Raises
    ------
    MissingDependencyError
        If pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise MissingDependencyError(
            "tables as data frames need pandas: pip install 'polyregions[pandas]'"
        ) from error

    def series(parts: tuple[Column, ...]) -> Any:
        if parts[0].kind is str:
            return [value for part in parts for value in part.values]
        joined = np.concatenate([part.values for part in parts])
        none = [np.zeros(len(part.values), dtype=np.bool_) for part in parts]
        masks = [own if part.missing is None else part.missing for part, own in zip(parts, none, strict=True)]
        gone = np.concatenate(masks)
        return np.where(gone, np.nan, joined) if gone.any() else joined

    def frame(table: Table) -> pandas.DataFrame:
        columns = zip(*table, strict=True)
        return pandas.DataFrame({parts[0].name: series(parts) for parts in columns})

    regions = frame(region_table(cx))
    regions["linear_map"] = cx.map_labels
    return Tables(regions, frame(adjacency_table(cx)), frame(wall_table(cx)))
