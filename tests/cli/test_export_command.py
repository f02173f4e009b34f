"""``polyregions export``: results and networks in, files out, and one line for what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import networkx
import numpy as np
import pytest
import shapely
from support.command_line import run

from polyregions import Box, Network, enumerate_regions
from polyregions.export.formats import FORMATS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    net.save("net.json")
    net.save("net.npz")
    Network.from_arrays([(np.eye(3), [0, 0, 0]), ([[1, 1, 1]], [0])]).save("net3.json")


def refused(*arguments: str) -> str:
    result = run("export", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    return result.stderr


def test_a_saved_result() -> None:
    run("enumerate", "net.json", "--box", "-2", "2", "--save", "r.npz", "-q")
    result = run("export", "r.npz", "-o", "g.graphml")
    assert (result.exit_code, result.stderr) == (0, "")
    assert "regions   7" in result.stdout
    assert "g.graphml: the region graph" in result.stdout
    graph = networkx.read_graphml("g.graphml", node_type=int)
    assert (len(graph), graph.number_of_edges()) == (7, 9)


@pytest.mark.parametrize("net", ["net.json", "net.npz"])
def test_a_network_in_a_box(net: str) -> None:
    assert run("export", net, "--box", "-2", "2", "-o", "r.wkt", "-q").stdout == ""
    polygons = shapely.from_wkt(Path("r.wkt").read_text().splitlines())
    assert (len(polygons), shapely.area(polygons).sum()) == (7, 16)


def test_the_format_by_its_name() -> None:
    for name, header in {
        "edges.csv": "source,target,units",
        ".ADJACENCIES.CSV": "lower,higher,flips",
    }.items():
        assert run("export", "net.json", "--box", "-2", "2", "-o", "t.txt", "--format", name).exit_code == 0
        assert Path("t.txt").read_text().startswith(header)


def test_slices_constructions_and_single_regions() -> None:
    assert (
        run(
            "export", "net3.json", "--through", "0,0,1; 1,0,1; 0,1,1", "--box", "-1", "1", "-o", "s.svg"
        ).exit_code
        == 0
    )
    assert Path("s.svg").read_text().count("<polygon") == 4
    assert run("export", "--arrangement", "shi", "--n", "3", "-o", "shi.ine.zip").exit_code == 0
    assert run("export", "net3.json", "--box", "-1", "1", "--region", "2", "-o", "r.ine").exit_code == 0
    assert "6 4 rational" in Path("r.ine").read_text()
    assert run("export", "net3.json", "--box", "-1", "1", "-o", "r.vtu").exit_code == 0


def test_a_format_that_takes_faces_takes_subdivide() -> None:
    assert run("export", "net.json", "--box", "-2", "2", "-o", "w.walls.csv").exit_code == 0
    assert len(Path("w.walls.csv").read_text().splitlines()) == 10
    text = refused("net.json", "--box", "-2", "2", "-o", "v.walls.csv", "--engine", "traverse")
    assert "error: .walls.csv: it takes the faces of all dimensions" in text
    assert not Path("v.walls.csv").exists()


def test_a_part_says_so() -> None:
    run("enumerate", "net.json", "--box", "-2", "2", "--limit", "3", "--save", "p.npz", "-q")
    result = run("export", "p.npz", "-o", "p.geojson")
    assert result.exit_code == 3
    assert "PARTIAL (stopped: limit)" in result.stdout
    assert json.loads(Path("p.geojson").read_text())["polyregions"]["complete"] is False


def test_what_is_refused_in_one_line() -> None:
    box = ("--box", "-1", "1")
    cases = {
        ("net.json", *box, "-o", "r.xyz"): "no export format ends in '.xyz'; known: .graphml",
        (
            "net.json",
            *box,
            "-o",
            "r.txt",
            "--format",
            "xlsx",
        ): "there is no export format 'xlsx'; known: .graphml",
        ("net3.json", *box, "-o", "r.svg"): ".svg holds polygons of 2 inputs, this box has 3 dimensions",
        ("net.json", *box, "-o", "r.stl"): ".stl holds surfaces of regions of 3 inputs",
        ("net.json", *box, "-o", "r.ine"): "choose one",
        ("net.json", *box, "-o", "r.ine", "--region", "99"): "region 99: there are",
        ("net.json", *box, "-o", "net.json"): "would overwrite the input",
        ("net.json", "-o", "r.wkt"): "a network takes --box",
        ("net.npz", "-o", "r.wkt"): "not a result",
        ("-o", "r.wkt"): "give one of",
        ("net.json", *box, "-o", "no/r.wkt"): "there is no directory",
    }
    for arguments, message in cases.items():
        text = refused(*arguments)
        assert message in text
        assert text.startswith("error: ")
        assert text.count("\n") == 1
    run("enumerate", "net.json", "--box", "-2", "2", "--save", "r.npz", "-q")
    assert "--engine is for networks" in refused("r.npz", "-o", "r.wkt", "--engine", "brute")
    assert "--n is for constructions" in refused("r.npz", "-o", "r.wkt", "--n", "3")
    assert not list(Path().glob("*.wkt"))


def test_help_lists_the_formats_and_examples() -> None:
    text = " ".join(run("export", "--help").stdout.split())
    for form in FORMATS:
        assert form.name in text
    assert "polyregions export wine_relu_2d.json --box -2 2 --out regions.geojson" in text


def test_what_enumerate_writes_is_the_same_file() -> None:
    run("enumerate", "net.json", "--box", "-2", "2", "--graph", "a.gexf", "-q")
    run("export", "net.json", "--box", "-2", "2", "-o", "b.gexf", "-q")
    assert Path("a.gexf").read_bytes() == Path("b.gexf").read_bytes()
    result = run("enumerate", "net.json", "--box", "-2", "2", "--graph", "a.wkt")
    assert result.exit_code == 2
    assert "known: .graphml, .gexf, .json, .dot" in result.stderr
    cx = enumerate_regions(Network.load("net.json"), Box.cube(2, -2, 2))
    assert len(networkx.read_gexf("a.gexf")) == cx.n_regions
