"""``polyregions boundary``: what it measures, the files that it writes, and what it refuses."""

from __future__ import annotations

import csv
import json
import re
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from support.command_line import numbers, run

from polyregions import Box, Network, enumerate_regions, save_result
from polyregions.cli.boundary import rounded_up
from polyregions.network.layers import absolute, linear
from polyregions.statistics import random_network

BOX = ("--box", "-2", "2")
#: |x| + |y|, and 1: a diamond.
DIAMOND = Network([absolute(np.eye(2), [0, 0]), linear([[1, 1], [0, 0]], [0, 1])])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    DIAMOND.save("diamond.json")
    DIAMOND.save("diamond.npz")
    Network([absolute(np.eye(3), [0, 0, 0]), linear([[1, 1, 1]], [0])]).save("octahedron.json")
    Network([absolute([[1]], [0]), linear([[1], [0], [-1]], [0, 1, 0])]).save("line.json")
    return tmp_path


def test_largest_output() -> None:
    data = numbers("boundary", "diamond.json", *BOX)
    assert (data["pieces"], data["components"], data["lines"], data["regions"]) == (4, 1, 1, 8)
    assert abs(data["measure"] - 4 * sqrt(2)) <= data["error"] + 1e-15
    (between,) = data["between"]
    assert (between["first"], between["second"], between["pieces"]) == (0, 1, 4)
    assert [(d["decision"], d["regions"]) for d in data["decisions"]] == [(0, 4), (1, 4)]
    assert all(
        abs(d["share"] - share) <= d["error"]
        for d, share in zip(data["decisions"], (7 / 8, 1 / 8), strict=True)
    )
    assert (data["outputs"], data["level"], data["complete"], data["exact"]) == ([0, 1], None, True, True)
    assert (data["units"], data["box"]) == (2, {"lower": [-2, -2], "upper": [2, 2]})


def test_level_set() -> None:
    data = numbers("boundary", "diamond.json", *BOX, "--outputs", "0", "--level", "1")
    assert (data["outputs"], data["level"], data["pieces"]) == ([0], 1, 4)
    octahedron = numbers("boundary", "octahedron.json", *BOX, "--level", "1")
    assert (octahedron["pieces"], octahedron["lines"], octahedron["components"]) == (8, None, 1)
    assert abs(octahedron["measure"] - 4 * sqrt(3)) <= octahedron["error"] + 1e-15
    nowhere = numbers("boundary", "octahedron.json", *BOX, "--level", "7")
    assert (nowhere["pieces"], nowhere["measure"], nowhere["components"], nowhere["between"]) == (0, 0, 0, [])


def test_some_outputs() -> None:
    everything = numbers("boundary", "line.json", *BOX)
    # |x| against 1: at -1 and 1. -|x| is never the largest.
    assert (everything["pieces"], everything["components"], everything["outputs"]) == (2, 2, [0, 1, 2])
    assert [d["decision"] for d in everything["decisions"]] == [0, 1]
    two = numbers("boundary", "line.json", *BOX, "--outputs", "0", "2")
    assert (two["pieces"], two["outputs"]) == (0, [0, 2])  # they touch at 0
    assert numbers("boundary", "line.json", *BOX, "--outputs", "0,1")["pieces"] == 2


def test_table() -> None:
    result = run("boundary", "diamond.json", *BOX)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())
    assert rows["where"] == "the largest of outputs 0, 1 changes"
    assert (rows["pieces"], rows["connected parts"], rows["lines, end to end"]) == ("4", "1", "1")
    assert rows["output 1 largest"] == "4 regions, 12.5% of the box"
    # What is shown of the length is true of what is shown.
    length, error = re.fullmatch(r"(\S+), off by at most (\S+)", rows["length"]).groups()
    assert abs(Fraction(length) ** 2 - 32) <= 2 * 6 * Fraction(error)
    points = run("boundary", "line.json", *BOX).stdout
    assert "length" not in points
    assert "area" in run("boundary", "octahedron.json", *BOX, "--level", "1").stdout
    assert (
        "where              output 0 crosses 1.0"
        in run("boundary", "diamond.json", *BOX, "--outputs", "0", "--level", "1").stdout
    )


def test_a_shown_bound_is_rounded_up() -> None:
    for bound in (Fraction(1, 3), Fraction(10001, 10**9), Fraction(99999, 10**30), Fraction(0)):
        shown = Fraction(rounded_up(bound))
        assert bound <= shown <= bound * Fraction(12, 10)


def test_files() -> None:
    paths = ["b.csv", "b.geojson", "b.svg"]
    outputs = [part for path in paths for part in ("-o", path)]
    result = run("boundary", "diamond.json", *BOX, *outputs, "--plot", "p.png", "--json", "b.json", "-q")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    (line,) = shapely.from_geojson(Path("b.geojson").read_text()).geoms
    assert np.isclose(shapely.length(line), 4 * sqrt(2))
    with open("b.csv", newline="") as file:
        assert len(list(csv.DictReader(file))) == 5
    assert Path("b.svg").read_text().startswith("<?xml")
    assert Path("p.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(Path("b.json").read_text())["pieces"] == 4


@pytest.mark.parametrize("engine", ["subdivide", "traverse"])
def test_a_result_has_its_box(engine: str) -> None:
    save_result(enumerate_regions(DIAMOND, Box.cube(2, -2, 2), engine=engine), "result.npz")
    assert numbers("boundary", "result.npz")["pieces"] == 4
    assert numbers("boundary", "diamond.npz", *BOX)["pieces"] == 4  # a network of the same ending
    for arguments in (BOX, ("--through", "0,0; 1,1"), ("--strip-last",)):
        result = run("boundary", "result.npz", *arguments)
        assert result.exit_code == 2
        assert "a result has its network, box and regions: leave out" in result.stderr


def test_slices() -> None:
    data = numbers("boundary", "octahedron.json", "--through", "0,0,0; 1,0,0; 0,1,0", *BOX, "--level", "1")
    assert (data["pieces"], data["dimension"], len(data["through"])) == (4, 2, 3)
    fixed = numbers("boundary", "octahedron.json", *BOX, *BOX, "--box", "0.5", "0.5", "--level", "1")
    assert (fixed["fixed"], np.isclose(fixed["measure"], 2 * sqrt(2))) == ({"2": 0.5}, True)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["diamond.json"], "Missing option '--box'"),
        (
            ["octahedron.json", *BOX],
            "the network has one output, which is always the largest: give --level V",
        ),
        (["diamond.json", *BOX, "--level", "1"], "--level is for one of 2 outputs: give --outputs N too"),
        (["diamond.json", *BOX, "--level", "1", "--outputs", "0", "1"], "--outputs names 2"),
        (["diamond.json", *BOX, "--level", "nan", "--outputs", "0"], "level must be a finite number"),
        (["diamond.json", *BOX, "--level", "1", "--outputs", "2"], "output 2: the network has 2, from 0"),
        (["diamond.json", *BOX, "--outputs", "1"], "a decision takes two or more"),
        (["diamond.json", *BOX, "--outputs", "x"], "is no list of whole numbers"),
        (["diamond.json", *BOX, "-o", "b.txt"], "no boundary format ends in '.txt'"),
        (["diamond.json", *BOX, "-o", "none/b.csv"], "no directory"),
        (["diamond.json", *BOX, "-o", "b.csv", "-o", "b.csv"], "--out would overwrite --out, the same file"),
        (["diamond.json", *BOX, "-o", "b.csv", "--json", "b.csv"], "--out would overwrite --json"),
        (["octahedron.json", *BOX, "--level", "1", "-o", "b.geojson"], "GeoJSON holds what lies in a plane"),
        (["octahedron.json", *BOX, "--level", "1", "--plot", "b.png"], "3 dimensions"),
        (["diamond.json", *BOX, "--plot", "b.csv"], "no picture format"),
        (["none.json", *BOX], "does not exist"),
    ],
)
def test_refused_before_the_work(
    arguments: list[Any], message: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(*_: Any, **__: Any) -> None:
        pytest.fail("this should have been refused before the work")

    monkeypatch.setattr("polyregions.engines.enumerate.enumerate_regions", work)
    before = sorted(folder.iterdir())
    result = run("boundary", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr
    assert sorted(folder.iterdir()) == before


def test_too_many_dimensions() -> None:
    random_network([100, 4, 2], seed=0).save("wide.npz")
    result = run("boundary", "wide.npz", *BOX)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "too many in 100 dimensions; take a plane through points by --through" in result.stderr


def test_an_npz_that_is_neither() -> None:
    np.savez("other.npz", a=np.zeros(2))
    result = run("boundary", "other.npz", *BOX)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "other.npz" in result.stderr
