"""``polyregions certify`` and ``enumerate --save --certify --definitions``."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import run

from polyregions import Network


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])]).save("net.json")


def saved(*arguments: str) -> None:
    assert run(
        "enumerate", "net.json", "--box", "-2", "2", "--save", "r.npz", "-q", *arguments
    ).exit_code in (0, 3)


def broken(name: str, change: Any) -> None:
    with np.load("r.npz") as archive:
        found = dict(archive)
    found[name] = change(found[name])
    np.savez("r.npz", **found)


def test_a_saved_result_is_proven() -> None:
    saved()
    result = run("certify", "r.npz", "--json", "c.json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.endswith("VALID: 7 regions, all regions of the domain\n")
    assert "the patterns are distinct" in result.stdout
    report = json.loads(Path("c.json").read_text())
    assert (report["valid"], report["complete"], report["regions"]) == (True, True, 7)
    assert {s["verdict"] for s in report["statements"]} == {"yes"}
    assert json.loads(run("certify", "r.npz", "--json", "-").stdout) == report
    assert run("certify", "r.npz", "--quiet").stdout == ""


def test_a_broken_result_is_rejected() -> None:
    saved("--engine", "traverse")
    broken("states", lambda states: states ^ 1)
    result = run("certify", "r.npz")
    assert result.exit_code == 1
    assert "REJECTED: 7 regions" in result.stdout
    assert result.stderr.startswith("error: ")
    assert "region" in result.stderr


def test_a_partial_result_is_proven_as_far_as_it_goes() -> None:
    saved("--engine", "traverse", "--limit", "3")
    result = run("certify", "r.npz")
    assert result.exit_code == 3
    assert result.stdout.endswith("VALID: 3 regions, not proven to be all regions of the domain\n")
    assert result.stderr == "partial: stopped early (limit), there may be more regions than these\n"


def test_enumerate_and_certify_at_once() -> None:
    result = run("enumerate", "net.json", "--box", "-2", "2", "--certify")
    assert result.exit_code == 0
    assert result.stdout.endswith("VALID: 7 regions, all regions of the domain\n")
    data = json.loads(run("enumerate", "net.json", "--box", "-2", "2", "--certify", "--json", "-").stdout)
    assert data["certificate"]["valid"] is True


def test_enumerate_tells_a_rejection(monkeypatch: pytest.MonkeyPatch) -> None:
    from polyregions.certification import Certificate, Statement

    wrong = Certificate((Statement("the patterns are distinct", "no", 0, "two are the same"),), 7, False)
    monkeypatch.setattr(sys.modules["polyregions.certification"], "certify", lambda cx, progress=None: wrong)
    result = run("enumerate", "net.json", "--box", "-2", "2", "--certify")
    assert result.exit_code == 1
    assert result.stderr == "error: the patterns are distinct: two are the same\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("certify", "net.json"), "no result format ends in '.json'"),
        (("certify", "r.npz", "--json", "r.npz"), "--json would overwrite"),
        (("certify", "r.npz", "--json", "none/c.json"), "no directory"),
        (("enumerate", "net.json", "--box", "0", "1", "--save", "r.txt"), "no result format"),
        (("enumerate", "net.json", "--box", "0", "1", "--save", "none/r.npz"), "no directory"),
        (
            ("enumerate", "net.json", "--box", "0", "1", "--save", "a.npz", "--json", "a.npz"),
            "would overwrite",
        ),
        (("enumerate", "net.json", "--box", "0", "1", "--definitions", "open,affine"), "'open' is unknown"),
        (("enumerate", "net.json", "--box", "0", "1", "--definitions", "all", "--limit", "3"), "leave out"),
        (
            ("enumerate", "net.json", "--box", "0", "1", "--engine", "brute", "--definitions", "activation"),
            "use --engine subdivide",
        ),
    ],
)
def test_refused_before_the_work(arguments: tuple[str, ...], message: str) -> None:
    saved()
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_no_result() -> None:
    Path("r.npz").write_text("no")
    result = run("certify", "r.npz")
    assert result.exit_code == 2
    assert "r.npz: not a readable .npz archive" in result.stderr


def test_definitions() -> None:
    # relu(|x| - 1) in the plane: three strips, of which the middle one is two activation regions.
    strips = Network.from_arrays([([[1, 0], [-1, 0]], [0, 0]), ([[1, 1]], [-1]), ([[1]], [0])])
    strips.save("strips.json")
    box = ("strips.json", "--box", "-2", "2")
    data = json.loads(run("enumerate", *box, "--json", "-", "--definitions").stdout)
    assert data["linear_regions"] == {
        "activation": 5,  # and the line x = 0, where both units of the first layer are off
        "proper_activation": 4,
        "convex": [3, 3],
        "open_connected": 3,
        "closed_connected": 3,
        "affine": 3,
    }
    result = run("enumerate", *box, "--engine", "traverse", "--definitions", "affine,open_connected")
    assert re.search(r"^open connected +3 *$", result.stdout, re.MULTILINE)
    assert "activation" not in result.stdout
    assert "linear_regions" not in json.loads(run("enumerate", *box, "--json", "-").stdout)


def test_definitions_of_five_inputs_take_the_engine_that_keeps_faces() -> None:
    Network.from_arrays([(np.eye(5), np.zeros(5)), (np.ones((1, 5)), [0])]).save("five.json")
    five = ("enumerate", "five.json", "--box", "-1", "1", "--json", "-", "--definitions")
    assert json.loads(run(*five, "affine").stdout)["engine"] == "split"
    data = json.loads(run(*five, "activation").stdout)
    assert (data["engine"], data["linear_regions"]) == ("subdivide", {"activation": 32})
