"""The adjacency graph: attributes against truth derived by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from polyregions import Box, Network, Polytope, RegionComplex, enumerate_regions
from polyregions.complex.graph import lowest_flip_layers, pattern_texts, region_graph


@pytest.fixture
def quadrants() -> RegionComplex:
    """Two units, x0 and x1, in [-1, 1] x [-2, 2], written down by hand."""
    return RegionComplex(
        network=Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])]),
        box=Box([-1, -2], [1, 2]),
        engine="hand",
        states=np.array([[0, 0], [1, 0], [0, 1], [1, 1]], dtype=np.uint8),
        witnesses=np.array([[-0.5, -1.0], [0.5, -1.0], [-0.5, 1.0], [0.5, 1.0]]),
        facet_offsets=np.array([0, 4, 8, 12, 16]),
        facet_neighbors=np.array([-1, 2, 1, -3, 0, 3, -2, -3, -1, 0, 3, -4, 2, 1, -2, -4]),
        complete=True,
    )


def test_quadrants(quadrants):
    G = quadrants.graph()
    common = {"explored": True, "degree": 2}
    assert dict(G.nodes(data=True)) == {
        0: common | {"pattern": "00", "x0": -0.5, "x1": -1.0, "map": "[[0.0, 0.0, 0.0]]"},
        1: common | {"pattern": "10", "x0": 0.5, "x1": -1.0, "map": "[[1.0, 0.0, 0.0]]"},
        2: common | {"pattern": "01", "x0": -0.5, "x1": 1.0, "map": "[[0.0, 1.0, 0.0]]"},
        3: common | {"pattern": "11", "x0": 0.5, "x1": 1.0, "map": "[[1.0, 1.0, 0.0]]"},
    }
    assert list(G.edges(data=True)) == [
        (0, 1, {"units": "0", "n_flips": 1, "layer": 1, "facet": 2}),
        (0, 2, {"units": "1", "n_flips": 1, "layer": 1, "facet": 1}),
        (1, 3, {"units": "1", "n_flips": 1, "layer": 1, "facet": 1}),
        (2, 3, {"units": "0", "n_flips": 1, "layer": 1, "facet": 2}),
    ]
    assert G.graph == {
        "n_regions": 4,
        "complete": True,
        "stopped": "",
        "engine": "hand",
        "box": "[[-1.0, 1.0], [-2.0, 2.0]]",
        "separator": "",
    }


def test_geometry_of_quadrants(quadrants):
    G = region_graph(quadrants, geometry=True)
    assert dict(G.nodes(data="volume")) == {0: 2.0, 1: 2.0, 2: 2.0, 3: 2.0}
    hyperplanes = {(i, j): (e["a0"], e["a1"], e["b"]) for i, j, e in G.edges(data=True)}
    # All point from the lower to the higher id: to the right across x0 = 0, upwards across x1 = 0.
    assert hyperplanes == {(0, 1): (1, 0, 0), (2, 3): (1, 0, 0), (0, 2): (0, 1, 0), (1, 3): (0, 1, 0)}


def test_all_values_are_plain(quadrants):
    G = region_graph(quadrants, geometry=True)
    values = [*G.graph.values()]
    values += [v for _, data in G.nodes(data=True) for v in data.values()]
    values += [v for _, _, data in G.edges(data=True) for v in data.values()]
    assert {type(v) for v in values} == {str, int, float, bool}
    assert {type(node) for node in G} == {int}


@pytest.mark.parametrize(("engine", "geometry"), [("subdivide", False), ("subdivide", True), ("brute", True)])
def test_volume_decision_and_map(engine, geometry):
    """Outputs 2 relu(x) and 1 on [-1, 1] x [0, 3]: 1 is larger where x < 0, and neither on all of x > 0."""
    net = Network.from_arrays([([[1, 0]], [0]), ([[2], [0]], [0, 1])])
    cx = enumerate_regions(net, Box([-1, 0], [1, 3]), engine=engine)
    nodes = {data["pattern"]: data for _, data in region_graph(cx, geometry=geometry).nodes(data=True)}
    assert {pattern: data["volume"] for pattern, data in nodes.items()} == {"0": 3.0, "1": 3.0}
    assert {pattern: data.get("decision") for pattern, data in nodes.items()} == {"0": 1, "1": None}
    assert json.loads(nodes["0"]["map"]) == [[0, 0, 0], [0, 0, 1]]
    assert json.loads(nodes["1"]["map"]) == [[2, 0, 0], [0, 0, 1]]


def test_decisions_of_outputs_that_touch_or_tie():
    """x and 0 and again 0 on [0, 1]: they touch at the end; of equal outputs it is the first."""
    net = Network.from_arrays([([[1]], [0]), ([[0], [0], [-1]], [0, 0, 0])])
    for cx in (enumerate_regions(net, Box([0], [1]), engine=engine) for engine in ("subdivide", "brute")):
        assert list(region_graph(cx, geometry=True).nodes(data="decision")) == [(0, 0)]
    third = Network.from_arrays([([[1]], [0]), ([[1], [3]], [-1 / 3, -1])])  # both 0 at float64's 1/3, nearly
    cx = enumerate_regions(third, Box([0], [1]), engine="subdivide")
    assert list(cx.graph().nodes(data="decision")) == [(0, None)]


def test_maps_of_many_numbers_only_on_request():
    net = Network.from_arrays([(np.eye(2), [0, 0]), (np.ones((86, 2)), np.zeros(86))])
    cx = enumerate_regions(net, Box.cube(2, 1, 2), engine="traverse")
    assert cx.graph().nodes[0].get("map") is None
    assert json.loads(region_graph(cx, geometry=True).nodes[0]["map"]) == [[1, 1, 0]] * 86


def test_several_units_flip_across_one_facet():
    # |x| as two units, then | |x| - 1/2 |: at 0 the units 0 and 1 flip, at +-1/2 the units 2 and 3.
    net = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1], [-1, -1]], [-0.5, 0.5]), ([[1, 1]], [0])])
    G = region_graph(enumerate_regions(net, Box([-1], [1]), engine="brute"), geometry=True)
    edges = {tuple(sorted((G.nodes[i]["x0"], G.nodes[j]["x0"]))): e for i, j, e in G.edges(data=True)}
    in_order = [edges[key] for key in sorted(edges)]
    assert [e["units"] for e in in_order] == ["2,3", "0,1", "2,3"]
    assert [e["n_flips"] for e in in_order] == [2, 2, 2]
    assert [e["layer"] for e in in_order] == [2, 1, 2]
    assert [e["b"] / e["a0"] for e in in_order] == [-0.5, 0.0, 0.5]
    assert sorted(G.nodes(data="pattern"), key=lambda node: G.nodes[node[0]]["x0"])[0][1] == "0110"
    assert [G.nodes[i]["volume"] for i in G] == [0.5] * 4


def test_facet_is_the_row_of_the_lower_region():
    rng = np.random.default_rng(5)
    net = Network.from_arrays([(rng.normal(size=(5, 3)), rng.normal(size=5)), (np.ones((1, 5)), [0])])
    cx = enumerate_regions(net, Box.cube(3, -2, 2), engine="brute")
    G = cx.graph()
    assert G.number_of_edges() == cx.n_adjacencies > 10
    for i, j, row in G.edges(data="facet"):
        assert cx[min(i, j)].facets[row] == max(i, j)


def test_volumes_stop_at_three_dimensions():
    def graph(d):
        net = Network.from_arrays([(np.eye(d), np.zeros(d)), (np.ones((1, d)), [0])])
        return region_graph(enumerate_regions(net, Box.cube(d, -1, 1), engine="brute"), geometry=True)

    assert [volume for _, volume in graph(3).nodes(data="volume")] == pytest.approx([1.0] * 8)
    assert all("volume" not in data for _, data in graph(4).nodes(data=True))


def test_patterns_with_more_than_ten_states():
    # One unit with 12 pieces: the state counts the breakpoints 1, 2, ..., 11 below x.
    cx = enumerate_regions(_staircase(12), Box([0], [12]), engine="brute")
    G = cx.graph()
    assert G.graph["separator"] == "."
    by_place = sorted(G.nodes(data=True), key=lambda node: node[1]["x0"])
    # The second unit is identically zero, hence off, on [6, 7].
    assert [data["pattern"] for _, data in by_place] == [f"{s}.{int(s >= 7)}" for s in range(12)]


def _staircase(pieces):
    from polyregions.network.layers import linear, piecewise, relu

    steps = piecewise([[1]], [0], breakpoints=range(1, pieces), slopes=[s % 2 for s in range(pieces)])
    # The output rises on every other piece: it is 3 on [6, 7], and larger beyond.
    return Network([steps, relu([[1]], [-3]), linear([[1]], [0])])


def test_pattern_text_has_one_format_for_the_whole_network(quadrants):
    assert pattern_texts(quadrants) == ["00", "10", "01", "11"]


def test_network_without_hidden_units():
    cx = enumerate_regions(Network.from_arrays([([[1, 2]], [3])]), Box.cube(2, 0, 1), engine="brute")
    G = region_graph(cx, geometry=True)
    assert list(G.nodes(data="pattern")) == [(0, "")]
    assert list(G.nodes(data="volume")) == [(0, 1.0)]
    assert G.number_of_edges() == 0


def test_partial_result_is_labelled(quadrants):
    partial = RegionComplex(
        quadrants.network,
        quadrants.box,
        "hand",
        quadrants.states[:3].copy(),
        quadrants.witnesses[:3].copy(),
        np.array([0, 4]),
        quadrants.facet_neighbors[:4].copy(),
        complete=False,
        stopped="limit",
    )
    G = region_graph(partial, geometry=True)
    assert (G.graph["complete"], G.graph["stopped"]) == (False, "limit")
    assert list(G.nodes(data="explored")) == [(0, True), (1, False), (2, False)]
    assert sorted(G.edges) == [(0, 1), (0, 2)]
    assert dict(G.nodes(data="volume")) == {0: 2.0, 1: None, 2: None}


def test_chunks_do_not_show(quadrants, monkeypatch):
    whole = list(quadrants.graph().edges(data=True))
    monkeypatch.setattr("polyregions.complex.attributes._ROWS", 1)
    assert list(quadrants.graph().edges(data=True)) == whole
    assert lowest_flip_layers(quadrants).tolist() == [0, 0, 0, 0]


def test_graph_is_a_json_document(quadrants):
    import networkx

    data = json.loads(json.dumps(networkx.node_link_data(quadrants.graph(), edges="edges")))
    again = networkx.node_link_graph(data, edges="edges")
    assert dict(again.nodes(data=True)) == dict(quadrants.graph().nodes(data=True))


def test_the_page_lists_all_attributes():
    """docs/region-graph.md: every attribute, with its type, and no other."""
    page = (Path(__file__).parents[2] / "docs" / "region-graph.md").read_text()
    tables = re.split(r"\n\| of (?:the graph|a node|an edge) \|", page)[1:]
    listed = [
        {name: kind for cell, kind in re.findall(r"^\| (`.*?) \| (\w+) \|", table, re.MULTILINE)
         for name in re.findall(r"`(\w+)`", cell)}
        for table in tables
    ]  # fmt: skip
    net = Network.from_arrays([(np.eye(2), [0, 0]), (np.eye(2), [0, 0])])
    G = region_graph(enumerate_regions(net, Polytope.cross([0, 0], 1)), geometry=True)
    nodes, edges = (data for _, data in G.nodes(data=True)), (data for *_, data in G.edges(data=True))
    for expected, found in zip(listed, ([G.graph], nodes, edges), strict=True):
        assert expected == {name: type(value).__name__ for data in found for name, value in data.items()}
