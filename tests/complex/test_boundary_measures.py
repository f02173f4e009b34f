"""How long decision boundaries are, how they hang together, and their files, by hand and by shapely."""

from __future__ import annotations

import csv
import json
from math import sqrt
from pathlib import Path

import networkx
import numpy as np
import pytest
import shapely
from support.networks import random_network

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.base.rounding import bounded_sum
from polyregions.complex.decision import DecisionBoundary
from polyregions.errors import FileFormatError, InvalidInputError
from polyregions.export.boundaries import check_boundary_target, write_boundary
from polyregions.network.layers import absolute, linear

Boundary = DecisionBoundary[RegionComplex]
#: A seed whose three outputs all win somewhere.
SEVERAL = 8


def diamond(d: int, side: float = 2.0) -> RegionComplex:
    """The sum of |x|, whose level sets are cross polytopes: 2^d facets each."""
    net = Network([absolute(np.eye(d), np.zeros(d)), linear(np.ones((1, d)), [0])])
    return enumerate_regions(net, Box.cube(d, -side, side), engine="subdivide")


def two_diamonds() -> Boundary:
    """| |x| + |y| - 1 | = 1/2: diamonds of radius 1/2 and 3/2."""
    layers = [absolute(np.eye(2), [0, 0]), absolute([[1, 1]], [-1]), linear([[1]], [0])]
    return enumerate_regions(Network(layers), Box.cube(2, -2, 2), engine="subdivide").level_set(level=0.5)


def classes(seed: int, d: int) -> Boundary:
    """Three outputs of a random network."""
    net = random_network(seed, d, ["relu", "relu"], 5)
    weight = np.random.default_rng(seed).integers(-4, 5, (3, net.output_dim))
    net = Network([*net.layers, linear(weight, [0, 1, -1])])
    return enumerate_regions(net, Box.cube(d, -2, 2), engine="subdivide").decision_boundary()


def touching() -> Boundary:
    """|x| = y in a box whose side goes through the corner of the V."""
    layers = [absolute([[1, 0], [0, 1]], [0, 0]), linear([[1, -1]], [0])]
    return enumerate_regions(Network(layers), Box([-1, 0], [1, 1]), engine="subdivide").level_set()


@pytest.mark.parametrize(
    ("boundary", "pieces", "measure", "parts"),
    [
        (diamond(1).level_set(level=1), 2, 2, 2),  # two points, of measure 1 each
        (diamond(2).level_set(level=1), 4, 4 * sqrt(2), 1),
        (diamond(3).level_set(level=1), 8, 4 * sqrt(3), 1),  # an octahedron
        (diamond(2).level_set(level=9), 0, 0, 0),
        (diamond(2, side=1).level_set(level=1.5), 4, 2 * sqrt(2), 4),  # a corner of the box each
        (two_diamonds(), 8, 8 * sqrt(2), 2),
    ],
)
def test_by_hand(boundary: Boundary, pieces: int, measure: float, parts: int) -> None:
    values, errors = boundary.measured()
    assert len(values) == len(boundary.pairs) == pieces
    total, error = bounded_sum(values, errors)
    assert abs(total - measure) <= error + 4e-15
    assert error <= 1e-9
    assert sorted(set(boundary.components.tolist())) == list(range(parts))


def test_lines_end_at_the_sides_of_the_box() -> None:
    boundary = touching()
    assert [line.tolist() for line in boundary.polylines()] == [[[-1, 1], [0, 0]], [[1, 1], [0, 0]]]
    assert boundary.components.tolist() == [0, 0]  # though they touch there


def by_corners(boundary: Boundary) -> int:
    """Parts, from the corners as numbers: a vertex has one place in all pieces that it belongs to."""
    graph = networkx.Graph()
    for k, piece in enumerate(boundary.pieces()):
        graph.add_edges_from((k, tuple(corner)) for corner in piece.tolist())
    return networkx.number_connected_components(graph)


@pytest.mark.parametrize("d", [1, 2, 3])
def test_random_networks(d: int) -> None:
    several = 0
    for seed in range(1, 10):
        boundary = classes(seed, d)
        parts = boundary.components
        assert int(parts.max(initial=-1)) + 1 == by_corners(boundary)
        several += by_corners(boundary) > 1
        firsts = [parts.tolist().index(k) for k in range(int(parts.max(initial=-1)) + 1)]
        assert firsts == sorted(firsts)
        if d == 2:
            check_lines(boundary)
    assert several or d == 3


def check_lines(boundary: Boundary) -> None:
    """Lines are as long as pieces, in each pair of decisions too, and lie between these."""
    lines, sides = boundary.polylines(), boundary.polyline_decisions()
    values, pairs = boundary.measured().values, boundary.piece_decisions()
    assert len(lines) == len(sides)
    assert {*map(tuple, sides.tolist())} == {*map(tuple, pairs.tolist())}
    for pair in np.unique(pairs, axis=0):
        own = [line for line, side in zip(lines, sides, strict=True) if (side == pair).all()]
        assert np.isclose(
            shapely.length(shapely.multilinestrings(list(map(shapely.LineString, own)))),
            values[(pairs == pair).all(axis=1)].sum(),
            rtol=1e-9,
        )
    net = boundary.complex.network
    for line, (a, b) in zip(lines, sides.tolist(), strict=True):
        # The last unit is a maxout unit over the outputs, and both are largest along the line.
        outputs = net.layers[-1].dense @ _below(net, line) + net.layers[-1].bias[:, None]
        largest = outputs.max(axis=0)
        assert np.allclose(outputs[boundary.labels.index(a)], largest, atol=1e-9)
        assert np.allclose(outputs[boundary.labels.index(b)], largest, atol=1e-9)


def _below(net: Network, points: np.ndarray) -> np.ndarray:
    """What the last layer is given; (inputs, points)."""
    return Network(net.layers[:-1])(points).T


def test_files(tmp_path: Path) -> None:
    boundary = classes(SEVERAL, 2)
    lines, sides = boundary.polylines(), boundary.polyline_decisions().tolist()
    assert len(lines) > 1
    write_boundary(boundary, tmp_path / "b.geojson")
    found = shapely.from_geojson((tmp_path / "b.geojson").read_text())
    assert [shapely.get_coordinates(line).tolist() for line in found.geoms] == [x.tolist() for x in lines]
    document = json.loads((tmp_path / "b.geojson").read_text())
    named = [feature["properties"] for feature in document["features"]]
    assert [[p["first"], p["second"]] for p in named] == sides
    assert [p["line"] for p in named] == list(range(len(lines)))
    assert [p["closed"] for p in named] == [bool((x[0] == x[-1]).all()) for x in lines]
    write_boundary(boundary, tmp_path / "b.csv")
    with open(tmp_path / "b.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    for k, line in enumerate(lines):
        own = [row for row in rows if row["line"] == str(k)]
        assert [[float(row["x0"]), float(row["x1"])] for row in own] == line.tolist()
        assert {(int(row["first"]), int(row["second"])) for row in own} == {tuple(sides[k])}
    assert len(rows) == sum(map(len, lines))


def test_files_of_a_closed_line_and_of_none(tmp_path: Path) -> None:
    write_boundary(two_diamonds(), tmp_path / "b.geojson")
    document = json.loads((tmp_path / "b.geojson").read_text())
    assert [feature["properties"]["closed"] for feature in document["features"]] == [True, True]
    write_boundary(diamond(2).level_set(level=9), tmp_path / "b.geojson")
    assert json.loads((tmp_path / "b.geojson").read_text())["features"] == []


@pytest.mark.parametrize("d", [1, 3])
def test_tables_in_other_dimensions(d: int, tmp_path: Path) -> None:
    boundary = diamond(d).level_set(level=1)
    write_boundary(boundary, tmp_path / "b.csv")
    with open(tmp_path / "b.csv", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["line", "first", "second", *(f"x{k}" for k in range(d))]
    for k, piece in enumerate(boundary.pieces()):
        assert [list(map(float, row[3:])) for row in rows if row[0] == str(k)] == piece.tolist()
    with pytest.raises(InvalidInputError, match="a plane"):
        write_boundary(boundary, tmp_path / "b.geojson")


def test_refused_files(tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match=r"known: \.csv, \.geojson"):
        check_boundary_target(tmp_path / "b.txt", 2)
    with pytest.raises(InvalidInputError, match="no directory"):
        check_boundary_target(tmp_path / "none" / "b.csv", 2)
    assert check_boundary_target(tmp_path / "B.CSV", 5) == ".csv"
    assert not list(tmp_path.iterdir())
