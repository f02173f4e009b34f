"""The regions of a two-dimensional box as polygons: GeoJSON, WKT, SVG and GeoParquet.

Corners go round counter-clockwise, written by ``repr`` and in WKB as they are: each float64 is read back bit
for bit. A vertex that several regions share has the same coordinates in all of them.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import IO, TYPE_CHECKING, NamedTuple
from zlib import crc32

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..complex.attributes import Column, RegionColumns, runs
from ..complex.graph import graph_attributes
from ..complex.polygons import region_rings
from .rows import PLACES, filled
from .tables import arrow_batch

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex

#: Colours of regions in a picture, light enough for black lines between them.
FILLS = ("#cfe3f5", "#f6d9c6", "#d6ecd2", "#f5e6b8", "#e4d8ef", "#f3d3dc", "#d0ece9", "#e6e2d6")


class Rings(NamedTuple):
    """Some regions' corners: those of the k-th are ``points[ends[k]:ends[k + 1]]``."""

    first: int
    last: int
    points: FloatArray
    ends: IntArray

    def lists(self) -> Iterator[list[list[float]]]:
        """Yield the corners of each region."""
        points, ends = self.points.tolist(), self.ends.tolist()
        return (points[a:b] for a, b in pairwise(ends))


def ring_parts(cx: RegionComplex) -> Iterator[Rings]:
    """Yield the corners of the regions, some regions at a time."""
    if cx.box.dim == 2 and cx.known_faces is not None:
        points, offsets = cx.faces.rings()
    else:
        rings = region_rings(cx)
        points, offsets = np.concatenate(rings), np.cumsum([0, *map(len, rings)])
    for first, last in runs(cx, cx.n_regions):
        ends = offsets[first : last + 1]
        yield Rings(first, last, points[ends[0] : ends[-1]], ends - ends[0])


def write_geojson(cx: RegionComplex, file: IO[bytes], *, without: Collection[str] = ()) -> None:
    """Write a GeoJSON FeatureCollection (RFC 7946), a feature for each region with its attributes."""
    columns = RegionColumns(cx, without=without)
    about = json.dumps(graph_attributes(cx))
    file.write(f'{{"type": "FeatureCollection", "polyregions": {about}, "features": [\n'.encode())
    for rings in ring_parts(cx):
        shapes = [str([[*ring, ring[0]]]) for ring in rings.lists()]
        heads = [range(rings.first, rings.last), shapes]
        rows = filled(_feature, heads, columns.part(rings.first, rings.last))
        file.write(((",\n" if rings.first else "") + ",\n".join(rows)).encode())
    file.write(b"\n]}\n")


def _feature(columns: Sequence[Column]) -> str:
    properties = ", ".join(
        f'"{c.name}": ' + (f'"{PLACES[str]}"' if c.kind is str else PLACES[c.kind]) for c in columns
    )
    geometry = '{"type": "Polygon", "coordinates": %s}'
    return f'{{"type": "Feature", "id": %d, "geometry": {geometry}, "properties": {{{properties}}}}}'


def write_wkt(cx: RegionComplex, file: IO[bytes]) -> None:
    """Write a line of well-known text for each region, in their order."""
    for rings in ring_parts(cx):
        lines = [
            f"POLYGON (({', '.join(f'{x!r} {y!r}' for x, y in (*ring, ring[0]))}))\n"
            for ring in rings.lists()
        ]
        file.write("".join(lines).encode())


def write_svg(cx: RegionComplex, file: IO[bytes]) -> None:
    """Write an SVG picture: a polygon for each region, in the coordinates of the box, y upwards.

    A region's colour follows from its pattern, so that it is the same in another picture of the network.
    """
    (x, y), (right, top) = cx.box.lower.tolist(), cx.box.upper.tolist()
    file.write(
        '<?xml version="1.0" encoding="utf-8"?>\n'
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{x!r} {-top!r} {right - x!r} {top - y!r}">\n'
        '<g transform="scale(1,-1)" stroke="#16213a" stroke-width="1" stroke-linejoin="round">\n'.encode()
    )
    for rings in ring_parts(cx):
        patterns = cx.patterns_of(np.arange(rings.first, rings.last))
        lines = []
        for i, (ring, pattern) in enumerate(zip(rings.lists(), patterns, strict=True), rings.first):
            points = " ".join(f"{x!r},{y!r}" for x, y in ring)
            fill = FILLS[crc32(pattern.tobytes()) % len(FILLS)]
            style = f'fill="{fill}" vector-effect="non-scaling-stroke"'
            lines.append(f'<polygon id="region{i}" {style} points="{points}"/>\n')
        file.write("".join(lines).encode())
    file.write(b"</g>\n</svg>\n")


def write_geoparquet(cx: RegionComplex, file: IO[bytes], *, without: Collection[str] = ()) -> None:
    """Write GeoParquet 1.0: the table of the regions with their polygons as WKB, and no place on Earth."""
    import pyarrow
    import shapely
    from pyarrow.parquet import ParquetWriter

    columns = RegionColumns(cx, flat=True, without=without)

    def batch(first: int, last: int, shapes: list[bytes]) -> pyarrow.RecordBatch:
        rows = arrow_batch([Column("region", np.arange(first, last)), *columns.part(first, last)])
        return rows.append_column("geometry", pyarrow.array(shapes, type=pyarrow.binary()))

    about = {
        "encoding": "WKB",
        "geometry_types": ["Polygon"],
        "crs": None,
        "orientation": "counterclockwise",
        "edges": "planar",
        "bbox": [*cx.box.lower.tolist(), *cx.box.upper.tolist()],
    }
    geo = {"version": "1.0.0", "primary_column": "geometry", "columns": {"geometry": about}}
    schema = batch(0, 0, []).schema.with_metadata({"geo": json.dumps(geo)})
    with ParquetWriter(file, schema, compression="zstd", use_dictionary=False) as writer:
        for rings in ring_parts(cx):
            owner = np.repeat(np.arange(rings.last - rings.first), np.diff(rings.ends))
            polygons = shapely.polygons(shapely.linearrings(rings.points, indices=owner))
            rows = batch(rings.first, rings.last, shapely.to_wkb(polygons).tolist())
            writer.write_batch(pyarrow.record_batch(rows.columns, schema=schema))
