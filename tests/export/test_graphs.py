"""Files: every format read back by an independent reader, and nothing half-written."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import networkx
import numpy as np
import pydot
import pytest
from support.zoo import ZOO

from polyregions import Box, Network, enumerate_regions
from polyregions.complex.graph import region_graph
from polyregions.errors import FileFormatError, InvalidInputError
from polyregions.export import graphs as export
from polyregions.export.summary import summary

# pydot uses names that pyparsing has since renamed.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:pydot")


@pytest.fixture
def cx():
    """Three lines in general position: seven regions, nine segments."""
    net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    return enumerate_regions(net, Box.cube(2, -2, 2), engine="brute")


def _read_dot(path):
    (dot,) = pydot.graph_from_dot_file(str(path))

    def plain(attributes):
        return {name: value.strip('"') for name, value in attributes.items()}

    graph = networkx.Graph(**plain(dot.get_graph_defaults()[0]))
    for node in dot.get_nodes():
        if node.get_name() != "graph":
            graph.add_node(int(node.get_name()), **plain(node.get_attributes()))
    for edge in dot.get_edges():
        graph.add_edge(int(edge.get_source()), int(edge.get_destination()), **plain(edge.get_attributes()))
    return graph


READERS = {
    ".graphml": lambda path: networkx.read_graphml(path, node_type=int),
    ".gexf": lambda path: networkx.read_gexf(path, node_type=int),
    ".json": lambda path: networkx.node_link_graph(json.loads(path.read_text()), edges="edges"),
    ".dot": _read_dot,
}


@pytest.mark.parametrize("geometry", [False, True])
@pytest.mark.parametrize("ending", export.GRAPH_FORMATS)
def test_graph_comes_back(cx, tmp_path, ending, geometry):
    path = tmp_path / f"graph{ending}"
    export.write_graph(cx, path, geometry=geometry)
    graph, again = region_graph(cx, geometry=geometry), READERS[ending](path)

    def wanted(value):
        if ending != ".dot":
            return value
        return str(value).lower() if isinstance(value, bool) else str(value)  # DOT has only text

    assert (len(again), again.number_of_edges()) == (7, 9)
    for node, data in graph.nodes(data=True):
        assert {name: again.nodes[node][name] for name in data} == {k: wanted(v) for k, v in data.items()}
    for i, j, data in graph.edges(data=True):
        assert {name: again.edges[i, j][name] for name in data} == {k: wanted(v) for k, v in data.items()}
    if ending != ".gexf":  # it cannot hold attributes of the graph
        assert {name: again.graph[name] for name in graph.graph} == {
            k: wanted(v) for k, v in graph.graph.items()
        }


@pytest.mark.parametrize("ending", [".graphml", ".gexf"])
def test_booleans_are_those_of_xml(cx, tmp_path, ending):
    """XML Schema knows true and false, and no True and False: strict readers refuse these."""
    path = tmp_path / f"graph{ending}"
    export.write_graph(cx, path)
    text = path.read_text()
    assert "True" not in text
    assert "False" not in text
    assert text.lower().count("true") >= 7


def test_partial_graph_says_so_in_every_format(tmp_path):
    net = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
    partial = enumerate_regions(net, Box.cube(2, -1, 1), engine="traverse", limit=2)
    assert not partial.complete
    for ending in export.GRAPH_FORMATS:
        export.write_graph(partial, tmp_path / f"g{ending}")
        again = READERS[ending](tmp_path / f"g{ending}")
        assert {str(v).lower() for _, v in again.nodes(data="explored")} >= {"false"}
        if ending != ".gexf":
            assert str(again.graph["complete"]).lower() == "false"
            assert again.graph["stopped"] == "limit"


def test_dot_text_survives_quotes():
    assert export._dot_text('say "x"') == '"say \\"x\\""'
    assert export._dot_text(True) == '"true"'


@pytest.mark.parametrize("name", ["graph.xyz", "graph", "graph.graphml.gz", ".dot", "graph.svg"])
def test_unknown_endings_are_refused(cx, tmp_path, name):
    with pytest.raises(FileFormatError, match=r"known: \.graphml, \.gexf, \.json, \.dot"):
        export.write_graph(cx, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_endings_ignore_case(cx, tmp_path):
    export.write_graph(cx, tmp_path / "G.DOT")
    assert (tmp_path / "G.DOT").read_text().startswith("graph regions {")


def test_targets_that_cannot_be_written(tmp_path):
    (tmp_path / "folder.dot").mkdir()
    (tmp_path / "file").write_text("")
    for path, reason in (
        (tmp_path / "folder.dot", "is a directory"),
        (tmp_path / "no" / "g.dot", "there is no directory"),
        (tmp_path / "file" / "g.dot", "there is no directory"),
    ):
        with pytest.raises(InvalidInputError, match=reason):
            export.check_target(path)
    export.check_target(tmp_path / "new.dot")
    export.check_target(tmp_path / "file")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_folder_without_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(InvalidInputError, match="no permission"):
        export.check_target(tmp_path / "g.dot")


def test_failure_leaves_the_old_file_alone(tmp_path):
    path = tmp_path / "result.json"
    path.write_text("old")

    def write():
        with export.replacing(path) as file:
            file.write(b"new, but unfin")
            raise RuntimeError("half way")

    with pytest.raises(RuntimeError, match="half way"):
        write()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_an_error_of_ours(tmp_path):
    path = tmp_path / "result.json"
    with pytest.raises(InvalidInputError, match="cannot be written: No space"), export.replacing(path):
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


def test_symbolic_link_stays_a_link(tmp_path):
    real, link = tmp_path / "real.json", tmp_path / "link.json"
    real.write_text("old")
    link.symlink_to(real)
    with export.replacing(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert real.read_text() == "new"


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="needs /dev/null")
def test_device_is_written_not_replaced():
    with export.replacing("/dev/null") as file:
        file.write(b"gone")
    assert Path("/dev/null").is_char_device()


def test_new_file_has_the_usual_permissions(tmp_path):
    (tmp_path / "plain").write_text("")
    with export.replacing(tmp_path / "ours"):
        pass
    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_summary_of_three_lines(cx):
    numbers = summary(cx, seconds=0.25)
    assert json.loads(json.dumps(numbers)) == {
        "regions": 7,
        "adjacencies": 9,
        "explored": 7,
        # The triangle touches 3 regions; so do the 3 across its sides; the 3 at its corners touch 2.
        "degrees": {"min": 2, "mean": 18 / 7, "max": 3},
        # Three lines in general position: Zaslavsky's 3, 9, 7.
        "f_vector": [3, 9, 7],
        "dimension": 2,
        "units": 3,
        "widths": [3],
        "box": {"lower": [-2.0, -2.0], "upper": [2.0, 2.0]},
        "polytope": None,
        "engine": "brute",
        "complete": True,
        "stopped": None,
        "exact": True,
        "undecided": None,
        "seconds": 0.25,
    }


def test_f_vector_counts_the_exact_vertices():
    rng = np.random.default_rng(1)
    arrays = [(rng.normal(size=(5, 2)), rng.normal(size=5)), (rng.normal(size=(4, 5)), rng.normal(size=4))]
    net = Network.from_arrays([*arrays, (np.ones((1, 4)), [0])])
    cx = enumerate_regions(net, Box.cube(2, -2, 2), engine="brute")
    inside = {p for region in cx for p in region.exact_vertices if max(map(abs, p)) < 2}
    assert cx.f_vector == [len(inside), cx.n_adjacencies, cx.n_regions]


def test_f_vector_where_many_lines_meet():
    # Four lines through the origin, two of them the diagonals: one vertex inside and eight spokes.
    net = Network.from_arrays([([[1, 0], [0, 1], [1, 1], [1, -1]], [0] * 4), ([[1] * 4], [0])])
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="brute")
    assert cx.f_vector == [1, 8, 8]


def test_f_vector_in_other_dimensions():
    def result(d, **options):
        net = Network.from_arrays([(np.eye(d), np.zeros(d)), (np.ones((1, d)), [0])])
        return enumerate_regions(net, Box.cube(d, -1, 1), **options)

    assert result(1, engine="brute").f_vector == [1, 2]
    assert result(3, engine="brute").f_vector is None
    assert result(2, engine="traverse", limit=2).f_vector is None


def test_summary_of_a_partial_result():
    net = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
    partial = enumerate_regions(net, Box.cube(2, -1, 1), engine="traverse", limit=1)
    numbers = summary(partial, 0.0)
    assert (numbers["regions"], numbers["complete"], numbers["stopped"]) == (1, False, "limit")
    assert numbers["f_vector"] is None
    json.dumps(numbers, allow_nan=False)


@pytest.mark.parametrize("case", [c for c in ZOO if c.f_vector and c.dim <= 2], ids=lambda case: case.name)
def test_f_vectors_of_the_zoo(case):
    assert enumerate_regions(case.network, case.box, engine="traverse").f_vector == list(case.f_vector)


@pytest.mark.parametrize("ending", export.GRAPH_FORMATS)
def test_never_the_whole_text(tmp_path, monkeypatch, ending):
    """What is written at a time is a part of the file, however large that is."""
    rng = np.random.default_rng(0)
    net = Network.from_arrays([(rng.normal(size=(40, 2)), rng.normal(size=40)), (np.ones((1, 40)), [0])])
    cx = enumerate_regions(net, Box.cube(2, -3, 3))
    assert cx.n_regions > 500
    monkeypatch.setattr("polyregions.complex.attributes._ROWS", 16)
    sizes = []

    class Recorder:
        def write(self, data):
            sizes.append(len(data))

    export.stream(cx, Recorder(), export.STYLES[ending])
    assert max(sizes) < sum(sizes) / 20


@pytest.mark.parametrize("ending", export.GRAPH_FORMATS)
def test_hostile_texts_and_missing_witnesses(cx, tmp_path, ending):
    text = 'a "quoted" <tag> & more'
    witnesses = cx.witnesses.copy()
    witnesses[2] = np.nan
    strange = replace(cx, stopped=text, witnesses=witnesses)
    path = tmp_path / f"g{ending}"
    export.write_graph(strange, path)
    if ending == ".gexf":
        description = ElementTree.parse(path).find(".//{*}description").text
        assert json.loads(description)["stopped"] == text
    elif ending == ".dot":
        assert 'stopped="a \\"quoted\\" <tag> & more"' in path.read_text()
    else:
        assert READERS[ending](path).graph["stopped"] == text
    again = READERS[ending](path)
    assert [i for i, x in again.nodes(data="x0") if x is None] == [2]
    export.write_graph(replace(cx, stopped="\x1b[2J"), path)
    READERS[ending](path)
