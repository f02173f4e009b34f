"""``enumerate --through``, fixed inputs, ``--resume`` and ``--time-limit``."""

from __future__ import annotations

import inspect
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import numbers, run

from polyregions import Box, Network, enumerate_regions, load_result

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
BOX = ("--box", "-2", "2")

needs_slices = pytest.mark.skipif(
    find_spec("polyregions.network.slices") is None, reason="network.slices is not in this checkout yet"
)
needs_time_limit = pytest.mark.skipif(
    "time_limit" not in inspect.signature(enumerate_regions).parameters,
    reason="enumerate_regions takes no time_limit in this checkout yet",
)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    return tmp_path


def table(*arguments: str) -> dict[str, str]:
    rows = (re.split(r"\s{2,}", line, maxsplit=1) for line in run(*arguments).stdout.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


# slices


def test_a_line_through_two_points_written_out() -> None:
    # x0 = x1 = t: the boundaries are at 0 (twice) and 1/2.
    data = numbers("enumerate", "net.json", "--through", "0,0; 1,1", *BOX)
    assert (data["regions"], data["adjacencies"], data["dimension"]) == (3, 2, 1)
    assert data["through"] == [[0, 0], [1, 1]]
    assert table("enumerate", "net.json", "--through", "0 0;1 1", *BOX)["slice"] == (
        "through 2 points of 2 inputs"
    )
    assert numbers("enumerate", "net.json", *BOX)["through"] is None


@pytest.mark.parametrize("name", ["images.npy", "images.csv", "images.txt"])
def test_a_plane_through_images(name: str) -> None:
    rng = np.random.default_rng(0)
    W = [rng.standard_normal((n, m)) for n, m in ((9, 784), (5, 9), (3, 5))]
    network = Network.from_arrays([(w, rng.standard_normal(len(w))) for w in W])
    network.save("images.npz")
    images = rng.random((3, 784))
    if name == "images.npy":
        np.save(name, images)
    else:
        np.savetxt(name, images, delimiter="," if name == "images.csv" else " ")
    found = enumerate_regions(network.through(images), Box.cube(2, -1, 2))
    arguments = ("enumerate", "images.npz", "--through", name, "--box", "-1", "2")
    data = numbers(*arguments, "--plot", "p.svg", "--save", "r.npz")
    assert (data["regions"], data["f_vector"]) == (found.n_regions, found.f_vector)
    assert found.n_regions > 10
    assert data["through"] == images.tolist()
    assert (data["dimension"], data["complete"], Path("p.svg").exists()) == (2, True, True)
    assert run("certify", "r.npz").exit_code == 0
    assert (load_result("r.npz").network, load_result("r.npz").box) == (found.network, found.box)


@pytest.mark.parametrize(
    ("through", "message"),
    [
        ("0,0", "--through: two points or more make a slice, got 1"),
        ("0,0; 1", "--through: a point has 1 coordinate(s), the network has 2 input(s)"),
        ("0,0; 1,x", "is neither a file of points (.csv, .txt, .npy, .json) nor points"),
        ("", "is neither a file of points"),
        ("0,0; 1,nan", "is neither a file of points"),
        ("none.csv", "none.csv: cannot be read: No such file"),
        ("one.csv", "--through: two points or more make a slice, got 1"),
        ("wide.csv", "its points have 3 coordinate(s), the network has 2 input(s)"),
    ],
)
def test_points_that_make_no_slice(through: str, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("one.csv").write_text("1,2\n")
    Path("wide.csv").write_text("1,2,3\n3,4,5\n")

    def work(*arguments: Any, **options: Any) -> None:
        pytest.fail("this should have been refused before the work")

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", work)
    result = run("enumerate", "net.json", "--through", through, *BOX)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr


def test_the_box_is_that_of_the_slice() -> None:
    result = run("enumerate", "net.json", "--through", "0,0; 1,1", *BOX, *BOX)
    assert result.exit_code == 2
    assert "the slice of --through has 1 input(s): give --box once" in result.stderr


# fixed inputs


@needs_slices
def test_fixed_inputs_are_told() -> None:
    # x1 = 3: the boundaries are x0 = 0 and x0 = -2, of which the second is a side of the box.
    fixed = ("net.json", *BOX, "--box", "3", "3")
    data = numbers("enumerate", *fixed)
    assert (data["regions"], data["dimension"], data["fixed"]) == (2, 1, {"1": 3.0})
    assert table("enumerate", *fixed)["fixed input"] == "1 at 3.0; numbered from 0"
    assert numbers("enumerate", "net.json", *BOX)["fixed"] == {}
    assert "fixed input" not in table("enumerate", "net.json", *BOX)
    assert numbers("verify", *fixed)["fixed"] == {"1": 3.0}
    assert table("verify", *fixed)["fixed input"] == "1 at 3.0; numbered from 0"
    assert (numbers("stats", *fixed)["regions"], numbers("stats", *fixed)["fixed"]) == (2, {"1": 3.0})
    for command in ("line", "distance"):
        assert numbers(command, *fixed, "--random", "3")["fixed"] == {"1": 3.0}
        assert table(command, *fixed, "--random", "3")["fixed input"] == "1 at 3.0; numbered from 0"


@needs_slices
def test_a_box_that_is_a_point() -> None:
    result = run("enumerate", "net.json", "--box", "1", "1")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)


# stopping and going on


def test_a_partial_table_tells_what_was_explored() -> None:
    limited = ("enumerate", "net.json", *BOX, "--limit", "5", "--engine", "traverse")
    partial = enumerate_regions(LINES, Box.cube(2, -2, 2), engine="traverse", limit=5)
    assert table(*limited)["regions"] == f"5 found, {partial.n_explored} of them explored"
    assert table("enumerate", "net.json", *BOX)["regions"] == "7"


def test_resume_gives_the_result_of_an_uninterrupted_run() -> None:
    whole = numbers("enumerate", "net.json", *BOX, "--engine", "traverse")
    result = run("enumerate", "net.json", *BOX, "--limit", "3", "--save", "part.npz", "-q")
    assert (result.exit_code, load_result("part.npz").n_regions) == (3, 3)
    # The same file may be read and replaced: the same line goes on until it is done.
    data = numbers("enumerate", "net.json", *BOX, "--resume", "part.npz", "--save", "part.npz")
    assert (data["engine"], load_result("part.npz").complete) == ("traverse", True)
    del whole["seconds"], data["seconds"], whole["undecided"], data["undecided"]
    assert data == whole
    again = numbers("enumerate", "net.json", *BOX, "--resume", "part.npz")  # complete already
    assert again["regions"] == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--box", "-2", "3", "--resume", "part.npz"), "it is a result of another network or box"),
        ((*BOX, "--resume", "net.json"), "no result format ends in '.json'"),
        ((*BOX, "--resume", "none.npz"), "does not exist"),
        ((*BOX, "--resume", "part.npz", "--json", "part.npz"), "--json would overwrite the input"),
        ((*BOX, "--resume", "part.npz", "--engine", "brute"), "'brute'"),
        ((*BOX, "--definitions", "--time-limit", "5"), "leave out --time-limit"),
        ((*BOX, "--time-limit", "soon"), "'--time-limit'"),
        ((*BOX, "--time-limit", "-1"), "'--time-limit'"),
    ],
)
def test_what_cannot_be_resumed(arguments: tuple[str, ...], message: str) -> None:
    run("enumerate", "net.json", *BOX, "--limit", "3", "--save", "part.npz", "-q")
    before = Path("part.npz").read_bytes()
    result = run("enumerate", "net.json", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr
    assert Path("part.npz").read_bytes() == before


def test_the_time_limit_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    def noted(*arguments: Any, **options: Any) -> Any:
        seen.append(options.pop("time_limit", None))
        return enumerate_regions(*arguments, **options)

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", noted)
    numbers("enumerate", "net.json", *BOX, "--time-limit", "2.5")
    numbers("enumerate", "net.json", *BOX)
    assert seen == [2.5, None]


@needs_time_limit
def test_a_time_limit_stops() -> None:
    rng = np.random.default_rng(0)
    W = [rng.standard_normal((n, m)) for n, m in ((40, 6), (40, 40), (1, 40))]
    Network.from_arrays([(w, rng.standard_normal(len(w))) for w in W]).save("large.npz")
    result = run("enumerate", "large.npz", "--box", "-1", "1", "--time-limit", "0.5", "--json", "-")
    assert result.exit_code == 3
    data = json.loads(result.stdout)
    assert (data["complete"], data["stopped"]) == (False, "time")
    assert 0 < data["explored"] <= data["regions"]
    assert result.stderr == "partial: stopped early (time), there may be more regions than these\n"
