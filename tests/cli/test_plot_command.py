"""``polyregions plot``: networks and results to pictures; bad combinations are one line and exit code 2."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import run
from support.networks import random_network

import polyregions.plot
from polyregions import Box, Network, enumerate_regions
from polyregions.network import linear, maxout

BOX = ("--box", "-2", "2")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for d in (1, 2, 3, 4):
        random_network(d, d, ["relu", "relu"], 3).save(f"net{d}.json")
    random_network(2, 2, ["relu", "relu"], 3).save("net2.npz")
    Network([maxout([[[1.0], [0.0]]], [[0, 0]]), linear([[1.0]], [0])]).save("tent.json")
    return tmp_path


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Any, dict[str, Any]]]:
    """What is handed to the functions that draw, which draw all the same."""
    found: list[tuple[str, Any, dict[str, Any]]] = []
    for name in ("plot_regions", "plot_growth", "plot_maxout"):
        draw = getattr(polyregions.plot, name)

        def spy(*args: Any, name: str = name, draw: Any = draw, **options: Any) -> Any:
            found.append((name, args[0], options))
            return draw(*args, **options)

        monkeypatch.setattr(polyregions.plot, name, spy)
    return found


@pytest.mark.parametrize(
    ("arguments", "called", "options"),
    [
        (["net2.json", *BOX], "plot_regions", {"color": None, "boundaries": None}),
        (["net2.json", *BOX, "--color", "layer:2"], "plot_regions", {"color": "layer:2"}),
        (
            ["net2.json", *BOX, "--color", "gradient", "--no-boundaries"],
            "plot_regions",
            {"boundaries": False},
        ),
        (["net2.json", *BOX, "--color", "class", "--boundaries"], "plot_regions", {"boundaries": True}),
        (
            ["net2.json", *BOX, "--decision", "--region-graph"],
            "plot_regions",
            {"decision": True, "graph": True},
        ),
        (["net1.json", *BOX, "--color", "output:1"], "plot_regions", {"color": "output:1"}),
        (["net3.json", *BOX, "--color", "area"], "plot_regions", {"color": "area"}),
        (["net2.json", *BOX, "--growth"], "plot_growth", {"boundaries": True}),
        (["net2.json", *BOX, "--growth", "--no-boundaries"], "plot_growth", {"boundaries": False}),
        (["tent.json", *BOX, "--maxout", "0"], "plot_maxout", {}),
        (["net4.json", "--through", "0,0,0,0; 1,0,0,0; 0,1,0,1", *BOX], "plot_regions", {}),
        (["net2.npz", *BOX], "plot_regions", {}),
    ],
)
def test_what_is_asked_for_is_drawn(
    calls: list[Any], folder: Path, arguments: list[str], called: str, options: dict[str, Any]
) -> None:
    result = run("plot", *arguments, "-o", "a.png")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "wrote a.png\n", "")
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    ((name, _, given),) = calls
    assert name == called
    assert {key: given[key] for key in options} == options


@pytest.mark.parametrize(
    ("ending", "magic", "more"),
    [("svg", b"<?xml", []), ("pdf", b"%PDF", []), ("gif", b"GIF89a", ["--growth"])],
)
def test_formats(folder: Path, ending: str, magic: bytes, more: list[str]) -> None:
    assert run("plot", "net2.json", *BOX, "-o", f"a.{ending}", "-q", *more).output == ""
    assert (folder / f"a.{ending}").read_bytes().startswith(magic)


def test_results_are_drawn_as_they_are(calls: list[Any]) -> None:
    cx = enumerate_regions(Network.load("net2.json"), Box.cube(2, -2, 2))
    cx.save("result.npz")
    assert run("plot", "result.npz", "-o", "a.png", "--decision").exit_code == 0
    walked = enumerate_regions(cx.network, cx.box, engine="traverse")
    walked.save("walked.npz")  # without faces
    assert run("plot", "walked.npz", "-o", "a.png").exit_code == 0
    assert run("plot", "walked.npz", "-o", "a.png", "--color", "class").exit_code == 0
    shown = [call[1] for call in calls]
    assert [one.engine for one in shown] == ["subdivide", "traverse", "subdivide"]
    assert all(np.array_equal(one.box.upper, [2, 2]) for one in shown)
    assert {one.n_regions for one in shown} == {cx.n_regions}


def test_partial_results_say_so(calls: list[Any]) -> None:
    result = run("plot", "net2.json", *BOX, "--limit", "3", "-o", "a.png")
    assert (result.exit_code, result.stdout) == (3, "wrote a.png\n")
    assert "partial: stopped early (limit)" in result.stderr
    assert not calls[0][1].complete


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["net3.json", *BOX, "--growth"], "over one or two inputs, and the box has 3"),
        (["net3.json", *BOX, "--boundaries"], "in three dimensions the polyhedra have edges"),
        (["net3.json", *BOX, "--region-graph", "--color", "area"], "leave out the colour"),
        (["net3.json", *BOX, "--maxout", "0"], "this picture at most 2"),
        (["net1.json", *BOX, "--region-graph"], "over one input the region graph is the line itself"),
        (["net4.json", *BOX], "the box has 4 dimensions and this picture at most 3"),
        (["net2.json"], "Missing option '--box'"),
        (["net2.json", *BOX, "--color", "colour"], "color 'colour' is unknown"),
        (["net2.json", *BOX, "--color", "layer:3"], "no such hidden layer; they are 1 to 2"),
        (["net2.json", *BOX, "--growth", "--maxout", "0"], "give one of: --growth, --maxout"),
        (["net2.json", *BOX, "--growth", "--decision"], "leave out --decision"),
        (["net2.json", *BOX, "--maxout", "0", "--no-boundaries"], "leave out --boundaries"),
        (["net2.json", *BOX, "--maxout", "0"], "there are none"),
        (["net2.json", *BOX, "-o", "a.gif"], ".gif shows growth: add --growth"),
        (["net2.json", *BOX, "-o", "a.webp"], "no picture format ends in '.webp'"),
        (["net2.json", *BOX, "-o", "net2.json"], "ends in '.json'"),
        (["net2.json", *BOX, "-o", "no/a.png"], "there is no directory"),
        (["net2.json", *BOX, "--decision", "--engine", "traverse"], "takes the faces"),
        (["result.npz", *BOX], "a result has its network, box and regions"),
        (["result.npz", "--limit", "3"], "a result has its network, box and regions: leave out --limit"),
        (["result.npz", "--as-float32"], "leave out --as-float32"),
        (["result.npz", "--maxout", "0"], "give the network file"),
    ],
)
def test_refusals(folder: Path, arguments: list[str], message: str) -> None:
    enumerate_regions(Network.load("net2.json"), Box.cube(2, -2, 2)).save("result.npz")
    before = sorted(folder.iterdir())
    arguments += [] if "-o" in arguments else ["-o", "a.png"]
    result = run("plot", *arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert result.stderr.startswith("error: ")
    assert sorted(folder.iterdir()) == before


def test_help_has_examples() -> None:
    text = run("plot", "--help").stdout
    assert text.count("polyregions plot ") >= 3
    for option in ("--color", "--boundaries", "--decision", "--region-graph", "--growth", "--maxout", "-o"):
        assert option in text
