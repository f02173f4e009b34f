"""Polygons read back by shapely, geopandas and an XML parser, coordinates bit for bit."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from polyregions.complex.polygons import region_rings
from polyregions.export.formats import write_file


def corners(cx):
    return [ring.tolist() for ring in region_rings(cx)]


def exterior(polygon):
    ring = [list(point) for point in polygon.exterior.coords]
    assert ring[0] == ring[-1]
    return ring[:-1]


def test_geojson(any_plane, tmp_path):
    write_file(any_plane, tmp_path / "r.geojson")
    document = json.loads((tmp_path / "r.geojson").read_text())
    assert document["type"] == "FeatureCollection"
    assert document["polyregions"]["complete"] is any_plane.complete
    features = document["features"]
    assert [feature["id"] for feature in features] == list(range(any_plane.n_regions))
    assert [exterior(shape(feature["geometry"])) for feature in features] == corners(any_plane)
    assert all(shape(feature["geometry"]).exterior.is_ccw for feature in features)
    graph = any_plane.graph()
    assert [feature["properties"] for feature in features] == [graph.nodes[i] for i in graph]


def test_wkt(any_plane, tmp_path):
    write_file(any_plane, tmp_path / "r.wkt")
    polygons = shapely.from_wkt((tmp_path / "r.wkt").read_text().splitlines())
    assert [exterior(polygon) for polygon in polygons] == corners(any_plane)


def test_svg(any_plane, tmp_path):
    write_file(any_plane, tmp_path / "r.svg")
    root = ET.parse(tmp_path / "r.svg").getroot()
    polygons = list(root.iter("{http://www.w3.org/2000/svg}polygon"))
    assert [p.get("id") for p in polygons] == [f"region{i}" for i in range(any_plane.n_regions)]
    rings = [[[float(x) for x in pair.split(",")] for pair in p.get("points").split()] for p in polygons]
    assert rings == corners(any_plane)
    # The picture shows the box: the group turns y around, and the view is the box turned around.
    x, y, width, height = map(float, root.get("viewBox").split())
    lower, upper = any_plane.box.lower, any_plane.box.upper
    assert [x, y] == [lower[0], -upper[1]]
    assert [width, height] == (upper - lower).tolist()
    (group,) = root
    assert group.get("transform") == "scale(1,-1)"
    assert len({p.get("fill") for p in polygons}) > 1


def test_the_polygons_fill_the_box(plane, tmp_path):
    write_file(plane, tmp_path / "r.wkt")
    polygons = shapely.from_wkt((tmp_path / "r.wkt").read_text().splitlines())
    box = shapely.box(*plane.box.lower, *plane.box.upper)
    assert shapely.area(polygons).sum() == pytest.approx(box.area, rel=1e-12)
    assert shapely.coverage_is_valid(polygons)


def test_geoparquet(any_plane, tmp_path):
    geopandas = pytest.importorskip("geopandas", reason="reads GeoParquet")
    write_file(any_plane, tmp_path / "r.geoparquet")
    table = geopandas.read_parquet(tmp_path / "r.geoparquet")
    assert table.crs is None
    assert table["region"].tolist() == list(range(any_plane.n_regions))
    assert [exterior(polygon) for polygon in table.geometry] == corners(any_plane)
    assert np.array_equal(table["degree"], any_plane.degrees)
    if any_plane.known_faces is not None:
        assert table.geometry.area.to_numpy() == pytest.approx(table["volume"].to_numpy(), rel=1e-9)
