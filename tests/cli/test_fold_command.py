"""``polyregions fold``: what it tells of folds, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.command_line import numbers, run

from polyregions import Box, Network
from polyregions.analysis.folding import Folding, verify_folding
from polyregions.theory.constructions import make_construction

# The plane is folded twice along both coordinates, and cut by two lines.
FOLD = [[2, 0], [4, 0], [0, 2], [0, 4]], [0, -2, 0, -2]
AGAIN = [[2, -2, 0, 0], [4, -4, 0, 0], [0, 0, 2, -2], [0, 0, 4, -4]], [0, -2, 0, -2]
LINES = [[1, -1, 1, -1], [1, -1, -1, 1]], [-0.5, 0]
NET = Network.from_arrays([FOLD, AGAIN, LINES, ([[1, 0], [0, 1]], [0, 0])])
UNIT = ("--box", "0", "1")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    NET.save("fold.json")
    Network.from_arrays([([[1, 1]], [-1]), ([[1]], [0])]).save("crush.json")
    Network.from_arrays([([[1, 2]], [0])]).save("affine.json")
    make_construction("montufar", inputs=3, widths=[6, 3]).network.save("cube.json")
    return tmp_path


def test_json_is_what_python_says() -> None:
    folding = verify_folding(NET, Box.cube(2, 0, 1))
    data = numbers("fold", "fold.json", *UNIT)
    assert data["headline"] == str(folding).splitlines()[0] == "2 of 3 hidden layers fold the cube, 16 to 1"
    for name in ("is_folding", "depth", "multiplicity", "adds_up"):
        assert data[name] == getattr(folding, name)
    assert [layer["layer"] for layer in data["layers"]] == [1, 2, 3]
    assert [layer["multiplicities"] for layer in data["layers"]] == [[[4, 1]], [[16, 1]], [[16, 4]]]
    # The next layer sees 2 g - 0, 4 g - 2 of each coordinate, g from 0 to 1.
    cube = {"corner": [0, -2, 0, -2], "edges": [[2, 4, 0, 0], [0, 0, 2, 4]]}
    assert [layer["folded_cube"] for layer in data["layers"][::2]] == [cube, None]
    assert data["box"] == data["cube"] == {"lower": [0, 0], "upper": [1, 1]}


def test_table() -> None:
    result = run("fold", "fold.json", *UNIT)
    assert (result.exit_code, result.stderr) == (0, "")
    head, _, header, *rest = result.stdout.splitlines()
    assert head == "2 of 3 hidden layers fold the cube, 16 to 1"
    assert header.split()[:4] == ["layer", "folds", "regions", "images"]
    assert [line.split()[:3] for line in rest[:3]] == [
        ["1", "yes", "4"],
        ["2", "yes", "16"],
        ["3", "no", "64"],
    ]
    assert "layer 1 folds onto  corner (0, -2, 0, -2), edges (2, 4, 0, 0), (0, 0, 2, 4)" in rest
    assert not any(line.startswith("layer 3 folds") for line in rest)


def test_a_cube_in_a_larger_box() -> None:
    assert numbers("fold", "fold.json", "--box", "-1", "2")["depth"] == 0
    data = numbers("fold", "fold.json", "--box", "-1", "2", "--cube", "0", "1")
    assert (data["multiplicity"], data["cube"]["upper"]) == (16, [1, 1])
    assert data["layers"][1]["surroundings"] == {"inside": 16, "cut": 0, "outside": 20, "alike": 0}
    text = run("fold", "fold.json", "--box", "-1", "2", *["--cube", "0", "1"] * 2).stdout
    assert "regions of the box" in text


def test_what_does_not_fold() -> None:
    result = run("fold", "crush.json", *UNIT)
    assert result.exit_code == 0
    assert result.stdout.startswith("0 of 1 hidden layer fold the cube\n")
    assert "a folding      no" in result.stdout
    assert numbers("fold", "crush.json", *UNIT)["is_folding"] is False


def test_slices_and_fixed_inputs() -> None:
    data = numbers("fold", "fold.json", "--through", "0,0; 1,0", *UNIT)
    assert (data["dimension"], data["depth"], data["through"]) == (1, 2, [[0, 0], [1, 0]])
    fixed = numbers("fold", "fold.json", *UNIT, "--box", "0.25", "0.25", "--cube", "0", "1")
    assert (fixed["fixed"], fixed["multiplicity"]) == ({"1": 0.25}, 4)


def test_too_many_dimensions() -> None:
    Network.from_arrays([([[1] * 100], [0]), ([[1]], [0])]).save("wide.json")
    result = run("fold", "wide.json", *UNIT)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "in 100 dimensions are some ~2.53e+30 exact numbers, and the limit is 10,000,000" in result.stderr


def test_picture_and_files() -> None:
    assert run("fold", "fold.json", *UNIT, "-q", "--plot", "f.svg", "--json", "f.json").stdout == ""
    assert Path("f.svg").read_text().startswith("<?xml")
    assert json.loads(Path("f.json").read_text())["depth"] == 2


def test_a_picture_of_no_fold_is_refused_after_the_table() -> None:
    result = run("fold", "crush.json", *UNIT, "--plot", "f.png")
    assert result.exit_code == 2
    assert result.stdout.startswith("0 of 1")
    assert result.stderr.startswith("error: plot: ")
    assert not Path("f.png").exists()


def test_what_does_not_add_up_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Folding, "adds_up", property(lambda _: False))
    result = run("fold", "fold.json", *UNIT)
    assert result.exit_code == 1
    assert "adds up             NO" in result.stdout
    assert result.stderr.startswith("error: the regions of the layers do not add up")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fold.json"], "Missing option '--box'"),
        (["affine.json", *UNIT], "it has no hidden layer, so nothing folds"),
        (["fold.json", *UNIT, "--cube", "0", "2"], "does not lie in"),
        (["fold.json", *UNIT, *["--cube", "0", "1"] * 3], "--cube is given 3 times: give it once"),
        (["fold.json", *UNIT, "--plot", "f.txt"], "known: .png, .svg, .pdf"),
        (["cube.json", *UNIT, "--plot", "f.png"], "--plot: the box has 3 dimensions"),
        (["fold.json", *UNIT, "--json", "fold.json"], "--json would overwrite the input"),
        (["none.json", *UNIT], "does not exist"),
    ],
)
def test_refused(arguments: list[Any], message: str, folder: Path) -> None:
    before = sorted(folder.iterdir())
    result = run("fold", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr
    assert sorted(folder.iterdir()) == before
