"""``polyregions count``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.command_line import numbers, run

from polyregions import Box, Network, count_regions
from polyregions.engines.split import tasks

FOLDER = Path(__file__).parents[2] / "examples" / "networks"
NETWORK = str(FOLDER / "cancer_relu_3d.json")


def test_counts_as_json() -> None:
    counts = count_regions(Network.load(NETWORK), Box.cube(3, -2, 2))
    for options in ((), ("--workers", "2"), ("--engine", "subdivide")):
        data = numbers("count", NETWORK, "--box", "-2", "2", *options)
        assert (data["regions"], data["adjacencies"]) == (counts.regions, counts.adjacencies)
        assert (data["complete"], data["stopped"], data["exact"]) == (True, None, True)
        assert data["seconds"] > 0
        assert (data["f_vector"] is None) == (data["engine"] == "split")


def test_a_table() -> None:
    result = run("count", NETWORK, "--box", "-2", "2", "--engine", "subdivide")
    assert result.exit_code == 0
    rows = dict(line.split(maxsplit=1) for line in result.stdout.splitlines() if line)
    assert rows["regions"] == "1,357"
    assert rows["complete"] == "yes"
    assert "inner" in rows


def test_partial_counts_say_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tasks, "SLICE", 20)
    file = tmp_path / "counts.json"
    result = run("count", NETWORK, "--box", "-2", "2", "--limit", "100", "--json", str(file))
    assert result.exit_code == 3
    assert "at least" in result.stdout
    assert "partial" in result.stderr
    data = json.loads(file.read_text())
    assert (data["complete"], data["stopped"]) == (False, "limit")
    assert 100 < data["regions"] < 1357


def test_inside_a_polytope_and_on_a_slice() -> None:
    triangle = str(FOLDER / "triangle.csv")
    inside = numbers("count", str(FOLDER / "wine_relu_2d.json"), "--inside", triangle)
    assert inside["inside"]["rows"] == 3
    line = numbers("count", NETWORK, "--through", "0,0,0; 1,1,1", "--box", "-1", "1")
    assert line["dimension"] == 1
    assert line["f_vector"] == [line["adjacencies"], line["regions"]]


def test_what_is_refused(tmp_path: Path) -> None:
    result = run("count", NETWORK, "--box", "2", "-2")
    assert result.exit_code == 2
    assert "inverted" in result.stderr
    assert run("count", NETWORK, "--box", "-2", "2", "--json", NETWORK).exit_code == 2
