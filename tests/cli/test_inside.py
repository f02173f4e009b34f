"""``--inside``: polytopes on the command line, and linear constraints of VNN-LIB files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from support.command_line import numbers, run
from support.networks import facets

from polyregions import Box, Network, Polytope, enumerate_regions, load_result

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
ROWS = [[-1.0, 0.0, 1.0], [0.0, -1.0, 1.0], [1.0, 1.0, 1.5]]
TRIANGLE = Polytope(np.array(ROWS)[:, :2], np.array(ROWS)[:, 2])
VNNLIB = """
(declare-const X_0 Real) (declare-const X_1 Real) (declare-const Y_0 Real)
(assert (and (>= X_0 -1) (<= X_0 2.5) (>= X_1 -1) (<= X_1 2.5)))
(assert (<= (+ X_0 X_1) 1.5))
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    Path("rows.json").write_text(json.dumps(ROWS))
    Path("rows.csv").write_text("# a1, a2, b\n" + "\n".join(", ".join(map(repr, row)) for row in ROWS))
    Path("rows.txt").write_text("\n".join(" ".join(map(repr, row)) for row in ROWS))
    np.save("rows.npy", np.array(ROWS))
    Path("case.vnnlib").write_text(VNNLIB)
    return tmp_path


@pytest.mark.parametrize("file", ["rows.json", "rows.csv", "rows.txt", "rows.npy"])
def test_rows_of_all_formats(file: str) -> None:
    found = numbers("enumerate", "net.json", "--inside", file, "--check", "--certify", "--definitions")
    expected = enumerate_regions(LINES, TRIANGLE)
    assert (found["regions"], found["adjacencies"]) == (expected.n_regions, expected.n_adjacencies)
    assert found["inside"] == {"file": file, "rows": 3}
    assert found["polytope"] == {"A": TRIANGLE.A.tolist(), "b": TRIANGLE.b.tolist()}
    assert found["box"] == {"lower": [-1, -1], "upper": [2.5, 2.5]}
    assert found["certificate"]["complete"]
    assert found["check"] == "passed"


def test_the_box_may_be_given_too() -> None:
    found = numbers("enumerate", "net.json", "--inside", "rows.csv", "--box", "-0.5", "1")
    expected = enumerate_regions(LINES, Polytope(TRIANGLE.A, TRIANGLE.b, Box.cube(2, -0.5, 1)))
    assert found["regions"] == expected.n_regions
    assert found["box"] == {"lower": [-0.5, -0.5], "upper": [1, 1]}


def test_fixed_inputs_leave_rows_of_the_others() -> None:
    found = numbers(
        "enumerate", "net.json", "--inside", "rows.csv", "--box", "-1", "3", "--box", "0.5", "0.5"
    )
    assert found["fixed"] == {"1": 0.5}
    assert found["polytope"] == {"A": [[-1], [0], [1]], "b": [1, 1.5, 1]}
    assert found["regions"] == 3  # x_0 from -1 to 1, cut at 0 and at 1/2
    Path("fine.csv").write_text("0.1, 0.1, 1\n")
    result = run("enumerate", "net.json", "--inside", "fine.csv", "--box", "-1", "3", "--box", "0.3", "0.3")
    assert result.exit_code == 2
    assert "is no float64; give the inputs a range" in result.stderr


def test_constraints_of_a_verification_task() -> None:
    found = numbers("enumerate", "net.json", "--vnnlib", "case.vnnlib", "--certify")
    expected = enumerate_regions(LINES, Polytope([[1, 1]], [1.5], Box.cube(2, -1, 2.5)))
    assert found["regions"] == expected.n_regions
    assert found["polytope"] == {"A": [[1, 1]], "b": [1.5]}
    # A command that looks at boxes names the line of what it cannot take.
    result = run("info", "net.json", "--vnnlib", "case.vnnlib")
    assert result.exit_code == 2
    assert "case.vnnlib: line 4: <= between '+' and '1.5' is no bound" in result.stderr


def test_slices_have_rows_of_their_coordinates() -> None:
    arguments = ("enumerate", "net.json", "--through", "0,0; 1,0; 0,1", "--inside", "rows.csv")
    assert numbers(*arguments)["regions"] == enumerate_regions(LINES, TRIANGLE).n_regions


def test_all_that_enumerates_takes_it() -> None:
    for arguments in (
        ("plot", "net.json", "--out", "regions.png"),
        ("view", "net.json", "--out", "page.html"),
        ("export", "net.json", "--out", "graph.graphml"),
        ("boundary", "net.json", "--level", "0.5", "--outputs", "0", "--out", "lines.csv"),
        ("enumerate", "net.json", "--save", "result.npz"),
    ):
        result = run(*arguments, "--inside", "rows.csv")
        assert result.exit_code == 0, result.output
        assert Path(arguments[-1]).stat().st_size > 0
    assert "polytope" in Path("graph.graphml").read_text()
    saved = load_result("result.npz")
    assert saved.domain == TRIANGLE
    assert facets(saved) == facets(enumerate_regions(LINES, TRIANGLE))
    again = numbers("boundary", "result.npz", "--level", "0.5", "--outputs", "0")
    assert again["pieces"] == numbers("boundary", "net.json", "--inside", "rows.csv", "--level", "0.5",
                                      "--outputs", "0")["pieces"]  # fmt: skip
    assert run("certify", "result.npz").exit_code == 0


def test_a_table_names_the_rows() -> None:
    assert "A x <= b, 3 rows of rows.csv" in run("enumerate", "net.json", "--inside", "rows.csv").stdout


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1, 1\n", "a row of A x <= b has 3 numbers, a1, ..., ad, b"),
        ("1, 1, 1\n", "rows.csv: polytope: it is unbounded"),
        ("1, 0, -2\n-1, 0, 1\n0, 1, 1\n0, -1, 1\n", "rows.csv: polytope: it is empty"),
        ("1, 0, 1\n-1, 0, -1\n0, 1, 1\n0, -1, 1\n", "rows.csv: polytope: it is flat"),
        ("1, x, 1\n", "rows.csv: line 1: 'x' is no number"),
        ("", "rows.csv: there are no points in it"),
    ],
)
def test_what_is_no_polytope_is_refused(text: str, message: str) -> None:
    Path("rows.csv").write_text(text)
    result = run("enumerate", "net.json", "--inside", "rows.csv")
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def test_what_does_not_go_with_it() -> None:
    result = run("enumerate", "net.json", "--inside", "rows.csv", "--vnnlib", "case.vnnlib")
    assert "leave out --inside" in result.stderr
    result = run("plot", "net.json", "--inside", "rows.csv", "--maxout", "0", "--out", "unit.png")
    assert result.exit_code == 2
    result = run("enumerate", "net.json", "--inside", "rows.csv", "--save", "rows.csv")
    assert result.exit_code == 2
    enumerate_regions(LINES, TRIANGLE).save("result.npz")
    result = run("plot", "result.npz", "--inside", "rows.csv", "--out", "regions.png")
    assert result.exit_code == 2
