"""Slices, planes and bounds from files: ``--plane``, ``--slice``, ``--vnnlib``."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import numbers, run

from polyregions import Box, Network, enumerate_regions, load_result
from polyregions.cli.where import Where
from polyregions.network.slices import fix_inputs

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
BOX = ("--box", "-2", "2")
CORNERS = np.array([[-1.0, -1.0], [2.0, -1.0], [-1.0, 2.0]])


def images_network() -> Network:
    rng = np.random.default_rng(0)
    W = [rng.standard_normal((n, m)) for n, m in ((9, 784), (5, 9), (3, 5))]
    return Network.from_arrays([(w, rng.standard_normal(len(w))) for w in W])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    np.save("plane.npy", CORNERS)
    np.savez("slice.npz", origin=CORNERS[0], directions=CORNERS[1:] - CORNERS[0])
    return tmp_path


@pytest.fixture
def bounded() -> None:
    """VNN-LIB files with one box, with three, and with such as do not fit."""
    write_bounds("one.vnnlib", ([-2, 3], [2, 3]))
    write_bounds("three.vnnlib", ([-2, -2], [2, 2]), ([-2, 3], [2, 3]), ([5, 5], [6, 6]))
    write_bounds("wide.vnnlib", ([0, 0, 0], [1, 1, 1]))
    write_bounds("point.vnnlib", ([0, 1], [0, 1]))
    write_bounds("wrong.vnnlib", ([1, 0], [0, 1]))


def write_bounds(name: str, *boxes: tuple[list[float], list[float]]) -> None:
    """A file that says that the inputs are in one of some boxes, and something of an output."""
    inputs = range(len(boxes[0][0]))
    lines = [f"(declare-const X_{j} Real)" for j in inputs] + ["(declare-const Y_0 Real)"]
    cases = [" ".join(f"(>= X_{j} {low[j]}) (<= X_{j} {high[j]})" for j in inputs) for low, high in boxes]
    lines += [f"(assert (or {' '.join(f'(and {case})' for case in cases)}))", "(assert (<= Y_0 0))"]
    Path(name).write_text("\n".join(lines) + "\n")


def rows(*arguments: str) -> list[tuple[str, ...]]:
    lines = run(*arguments).stdout.splitlines()
    return [tuple(re.split(r"\s{2,}", line, maxsplit=1)) for line in lines]


# planes


def test_a_plane_has_the_unit_square_unless_a_box_is_given() -> None:
    whole = enumerate_regions(LINES.through(CORNERS), Box.cube(2, 0, 1))
    data = numbers("enumerate", "net.json", "--plane", "plane.npy")
    assert (data["regions"], data["f_vector"]) == (whole.n_regions, whole.f_vector)
    assert whole.n_regions == 7
    assert data["box"] == {"lower": [0, 0], "upper": [1, 1]}
    assert data["plane"] == {"points": CORNERS.tolist(), "default_box": True}
    assert (data["through"], data["slice"], data["vnnlib"]) == (None, None, None)
    table = rows("enumerate", "net.json", "--plane", "plane.npy")
    assert ("slice", "through 3 points of 2 inputs, exactly") in table
    assert ("box", "0 to 1 for each of its coordinates, since no --box was given") in table
    data = numbers("enumerate", "net.json", "--plane", "plane.npy", "--box", "0", "0.25")
    assert (data["regions"], data["plane"]["default_box"]) == (1, False)
    assert "box" not in dict(rows("enumerate", "net.json", "--plane", "plane.npy", "--box", "0", "0.25"))


@pytest.mark.parametrize("name", ["images.npy", "images.csv", "images.json"])
@pytest.mark.parametrize("count", [2, 3, 4])
def test_a_plane_through_images_of_any_shape(name: str, count: int) -> None:
    network = images_network()
    network.save("images.npz")
    images = np.random.default_rng(1).random((count, 1, 28, 28))
    flat = images.reshape(count, 784)
    if name == "images.npy":
        np.save(name, images)
    elif name == "images.csv":
        np.savetxt(name, flat, delimiter=",")
    else:
        Path(name).write_text(json.dumps(images.tolist()))
    found = enumerate_regions(network.through(flat), Box.cube(count - 1, 0, 1))
    data = numbers("enumerate", "images.npz", "--plane", name, "--save", "r.npz")
    assert (data["regions"], data["dimension"]) == (found.n_regions, count - 1)
    assert load_result("r.npz").network == network.through(flat)  # nothing was rounded
    lines = numbers("line", "images.npz", "--plane", name, "--random", "4")
    assert (lines["dimension"], lines["box"]) == (count - 1, data["box"])
    assert numbers("verify", "images.npz", "--plane", name)["regions"] == found.n_regions


def test_a_line_in_a_plane() -> None:
    # Along the first side of the triangle, y = -1: only x = 0 is crossed at t = 1/3, and x + y = 1 ends it.
    data = numbers("line", "net.json", "--plane", "plane.npy", "--from", "0,0", "--to", "1,0")
    assert [point["t"] for point in data["breakpoints"]] == [pytest.approx(1 / 3)]
    assert data["plane"]["points"] == CORNERS.tolist()
    assert data["box"] is None
    result = run("line", "net.json", "--plane", "plane.npy", "--from", "0,0,0", "--to", "1,0,0")
    assert "the slice of --plane has 2 input(s)" in result.stderr


# slices


def test_a_slice_is_rounded_once_and_says_so() -> None:
    origin, directions = CORNERS[0], CORNERS[1:] - CORNERS[0]
    whole = enumerate_regions(LINES.restrict(origin, directions), Box.cube(2, 0, 1))
    data = numbers("enumerate", "net.json", "--slice", "slice.npz", "--box", "0", "1")
    assert data["regions"] == whole.n_regions == 7
    assert data["slice"] == {"origin": origin.tolist(), "directions": directions.tolist()}
    table = dict(rows("enumerate", "net.json", "--slice", "slice.npz", "--box", "0", "1"))
    assert table["slice"] == "2 directions in 2 inputs; each number of the first layer was rounded once"
    assert numbers("line", "net.json", "--slice", "slice.npz", "--from", "0,0", "--to", "1,0")["slice"]
    assert numbers("verify", "net.json", "--slice", "slice.npz", "--box", "0", "1")["slice"]
    result = run("enumerate", "net.json", "--slice", "slice.npz")
    assert result.exit_code == 2
    assert "Missing option '--box': the range of every input of the slice of --slice" in result.stderr


# bounds


@pytest.mark.usefixtures("bounded")
def test_bounds_of_a_file() -> None:
    data = numbers("enumerate", "net.json", "--vnnlib", "one.vnnlib")
    assert (data["regions"], data["dimension"], data["fixed"]) == (2, 1, {"1": 3.0})
    assert data["vnnlib"] == {"file": "one.vnnlib", "case": 0, "cases": 1}
    table = rows("enumerate", "net.json", "--vnnlib", "one.vnnlib")
    assert ("box", "the bounds of one.vnnlib") in table
    assert ("fixed input", "1 at 3.0; numbered from 0") in table
    domain = Where(vnnlib=Path("one.vnnlib")).domain("net", LINES)
    assert domain.network == fix_inputs(LINES, [-2, 3], [2, 3]).network


@pytest.mark.usefixtures("bounded")
def test_one_of_several_cases() -> None:
    regions = [
        numbers("enumerate", "net.json", "--vnnlib", "three.vnnlib", "--vnnlib-case", case)["regions"]
        for case in "012"
    ]
    assert regions == [7, 2, 1]
    table = rows("enumerate", "net.json", "--vnnlib", "three.vnnlib", "--vnnlib-case", "1")
    assert ("box", "the bounds of three.vnnlib, case 1 of 3, numbered from 0") in table
    lines = numbers("line", "net.json", "--random", "2", "--vnnlib", "three.vnnlib", "--vnnlib-case", "2")
    assert lines["box"] == {"lower": [5, 5], "upper": [6, 6]}


# what is refused


@pytest.mark.usefixtures("bounded")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--plane", "none.npy"), "does not exist"),
        (("--plane", "slice.npz"), "no point format ends in '.npz'; known: .csv, .txt, .npy, .json"),
        (("--plane", "one.csv"), "one.csv: two points or more make a slice, got 1"),
        (("--plane", "wide.json"), "wide.json: its points have 4 coordinate(s), the network has 2 input(s)"),
        (("--plane", "flat.json"), "flat.json: points must have the shape (n, d), got (2,)"),
        (("--plane", "cut.json"), "cut.json: not valid JSON, truncated perhaps"),
        (("--plane", "ragged.json"), "ragged.json: points: rows have different lengths"),
        (("--plane", "text.json"), "text.json: points: expected real numbers"),
        (("--plane", "inf.json"), "inf.json: row 1: inf is not a finite number"),
        (("--plane", "latin.json"), "latin.json: not a JSON text (it is not UTF-8)"),
        (("--plane", "empty.json"), "empty.json: there are no points in it"),
        (("--plane", "plane.npy", "--through", "0,0;1,1"), "give one of: --through, --plane"),
        (("--plane", "plane.npy", *BOX * 3), "the slice of --plane has 2 input(s)"),
        (("--plane", "plane.npy", "--json", "plane.npy"), "--json would overwrite the input"),
        (("--slice", "plane.npy", *BOX), "a slice is an .npz file with origin (d,) and directions (k, d)"),
        (("--slice", "half.npz", *BOX), "half.npz: it has no array 'directions'"),
        (("--slice", "long.npz", *BOX), "long.npz: restrict: the network has 2 inputs"),
        (("--slice", "text.npz", *BOX), "text.npz: restrict: origin"),
        (("--slice", "cut.npz", *BOX), "cut.npz: "),
        (("--vnnlib", "one.vnnlib", *BOX), "--vnnlib has the box in its file: leave out --box"),
        (("--vnnlib", "one.vnnlib", "--slice", "slice.npz"), "give one of: --slice, --vnnlib"),
        (("--vnnlib", "one.vnnlib", "--vnnlib-case", "1"), "one.vnnlib: it has no case 1; there is 0 alone"),
        (("--vnnlib", "three.vnnlib", "--vnnlib-case", "3"), "it has no case 3; there is 0 to 2"),
        (("--vnnlib", "three.vnnlib", "--vnnlib-case", "-1"), "'--vnnlib-case'"),
        (("--vnnlib", "three.vnnlib"), "it has 3 cases; give --vnnlib-case I, one of 0 to 2"),
        (("--vnnlib", "wide.vnnlib"), "wide.vnnlib: it bounds 3 inputs, the network has 2 inputs"),
        (("--vnnlib", "point.vnnlib"), "point.vnnlib: box: it is empty but for one point"),
        (("--vnnlib", "wrong.vnnlib"), "wrong.vnnlib: "),
        (("--vnnlib", "plane.npy"), "plane.npy: "),
        (("--vnnlib-case", "0", *BOX), "--vnnlib-case is for --vnnlib only"),
        ((), "Missing option '--box': the range of every input of net.json"),
    ],
)
def test_refused_before_the_work(
    arguments: tuple[str, ...], message: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = {
        "one.csv": "1,2\n",
        "wide.json": "[[[1, 2], [3, 4]]]",
        "flat.json": "[1, 2]",
        "cut.json": "[[1, 2], [3",
        "ragged.json": "[[1, 2], [3]]",
        "text.json": '[["a", "b"]]',
        "inf.json": "[[1, 2], [3, 1e999]]",
        "empty.json": "[]",
        "cut.npz": "PK",
    }
    for name, text in texts.items():
        Path(name).write_text(text)
    Path("latin.json").write_bytes(b'["\xff"]')
    np.savez("half.npz", origin=CORNERS[0])
    np.savez("long.npz", origin=np.zeros(3), directions=np.eye(3))
    np.savez("text.npz", origin=np.array(["a", "b"]), directions=np.eye(2))

    def work(*arguments: Any, **options: Any) -> None:
        pytest.fail("this should have been refused before the work")

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", work)
    before = sorted(folder.iterdir())
    result = run("enumerate", "net.json", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr
    assert sorted(folder.iterdir()) == before


@pytest.mark.usefixtures("bounded")
def test_bounds_are_for_random_lines_only() -> None:
    result = run("line", "net.json", "--from", "0,0", "--to", "1,1", "--vnnlib", "one.vnnlib")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: --vnnlib is for --random only: leave it out\n"
    result = run("verify", "--arrangement", "shi", "--n", "3", "--plane", "plane.npy")
    assert result.stderr == "error: slices and --vnnlib are for a network file: leave them out\n"
