"""Polygons of two-dimensional regions, against shapes derived by hand and shapely's own checks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely

from polyregions import Box, Network, enumerate_regions
from polyregions.complex.polygons import region_polygons, region_rings, shared_edges
from polyregions.errors import InvalidInputError


def _random_net(widths, seed):
    rng = np.random.default_rng(seed)
    sizes = pairwise(widths)
    return Network.from_arrays([(rng.normal(size=(n, m)), 0.3 * rng.normal(size=n)) for m, n in sizes])


def test_triangle_and_pentagon():
    # One unit cuts the corner x0 + x1 > 3/2 off the unit square.
    net = Network.from_arrays([([[1, 1]], [-1.5]), ([[1]], [0])])
    cx = enumerate_regions(net, Box.cube(2, 0, 1), engine="brute")
    rest, corner = (cx.polygons()[cx.find(pattern)] for pattern in ([0], [1]))
    assert list(rest.exterior.coords) == [(0, 0), (1, 0), (1, 0.5), (0.5, 1), (0, 1), (0, 0)]
    assert list(corner.exterior.coords) == [(0.5, 1), (1, 0.5), (1, 1), (0.5, 1)]
    assert (rest.area, corner.area) == (0.875, 0.125)


@pytest.mark.parametrize("seed", range(3))
def test_polygons_tile_the_box(seed):
    cx = enumerate_regions(_random_net([2, 5, 4, 1], seed), Box([-2, -1], [1, 3]), engine="brute")
    polygons = region_polygons(cx)
    assert len(polygons) == cx.n_regions > 10
    assert all(polygon.is_valid and polygon.exterior.is_ccw for polygon in polygons)
    assert shapely.coverage_is_valid(polygons)  # no gap and no overlap, vertex for vertex
    assert shapely.union_all(polygons).equals(shapely.box(-2, -1, 1, 3))
    for polygon, witness in zip(polygons, cx.witnesses, strict=True):
        assert polygon.contains(shapely.Point(witness))


@pytest.mark.parametrize("seed", range(3))
def test_shared_edges_are_where_polygons_touch(seed):
    cx = enumerate_regions(_random_net([2, 4, 4, 1], seed), Box.cube(2, -1, 1), engine="brute")
    polygons = region_polygons(cx)
    segments = shared_edges(cx, region_rings(cx))
    assert segments.shape == (cx.n_adjacencies, 2, 2)
    for (i, j), segment in zip(cx.adjacencies, segments, strict=True):
        assert shapely.LineString(segment).length > 0
        for polygon in (polygons[i], polygons[j]):
            ring = polygon.exterior.coords[:]
            steps = [{a, b} for a, b in pairwise(ring)]
            assert {tuple(segment[0]), tuple(segment[1])} in steps


def test_vertices_come_from_the_exact_ones():
    # The line through (1/3, 0) and (0, 1/3): neither coordinate is a float64.
    net = Network.from_arrays([([[3, 3]], [-1]), ([[1]], [0])])
    cx = enumerate_regions(net, Box.cube(2, 0, 1), engine="brute")
    corner = cx.polygons()[cx.find([0])]
    assert corner.exterior.coords[:] == [(0, 0), (1 / 3, 0), (0, 1 / 3), (0, 0)]


def test_partial_result_has_polygons_of_all_regions_listed():
    net = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
    cx = enumerate_regions(net, Box([-1, -2], [3, 4]), engine="traverse", limit=2)
    assert not cx.complete
    assert cx.n_explored < cx.n_regions
    areas = {"00": 2.0, "10": 6.0, "01": 4.0, "11": 12.0}
    expected = [areas[f"{a}{b}"] for a, b in cx.states]
    assert [polygon.area for polygon in cx.polygons()] == expected


def test_one_region_is_the_box():
    cx = enumerate_regions(Network.from_arrays([([[1, 2]], [3])]), Box([0, 1], [2, 5]), engine="brute")
    (polygon,) = cx.polygons()
    assert polygon.equals(shapely.box(0, 1, 2, 5))
    assert shared_edges(cx, region_rings(cx)).shape == (0, 2, 2)


@pytest.mark.parametrize("d", [1, 3])
def test_other_dimensions_are_refused(d):
    cx = enumerate_regions(Network.from_arrays([(np.ones((1, d)), [0])]), Box.cube(d, 0, 1), engine="brute")
    with pytest.raises(InvalidInputError, match=f"box has {d} dimensions?, polygons"):
        cx.polygons()
