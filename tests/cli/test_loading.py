"""The options that say how a network file is read: handed on as they are given, or refused in one line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.command_line import run

from polyregions import Network
from polyregions.network import formats
from polyregions.network.source import Reading

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
#: What each command needs beside NET.
COMMANDS = {
    "enumerate": ("--box", "-2", "2"),
    "info": ("--box", "-2", "2"),
    "line": ("--from", "0,0", "--to", "1,1"),
    "distance": ("--random", "3", "--box", "-2", "2"),
    "stats": ("--box", "-2", "2"),
    "verify": ("--box", "-2", "2", "--no-certify"),
}
GIVEN = (
    ("--input-shape", "1, 2"),
    ("--input", "x"),
    ("--output", "y"),
    ("--strip-last",),
    ("--normalise",),
    ("--as-float32",),
    ("--activation", "leaky_relu"),
    ("--slope", "0.25"),
)
HANDED_ON = {
    "input_shape": (1, 2),
    "input": "x",
    "output": "y",
    "strip_last": True,
    "normalise": True,
    "as_float32": True,
    "activation": "leaky_relu",
    "slope": 0.25,
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("polyregions.cli.forecast.PROBING", 0.1)
    LINES.save("net.json")
    Path("model.made").write_text("")
    return tmp_path


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a format that takes every option was asked for."""
    asked: list[dict[str, Any]] = []

    def read(
        path: Path,
        input_shape: Any = None,
        input: Any = None,
        output: Any = None,
        strip_last: Any = None,
        normalise: Any = None,
        as_float32: Any = None,
        activation: Any = None,
        slope: Any = None,
    ) -> Reading:
        given = {name: value for name, value in locals().items() if name in HANDED_ON}
        asked.append({name: value for name, value in given.items() if value is not None})
        return Reading(list(LINES.layers))

    module = ModuleType("polyregions.network.formats.made")
    module.read = read  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(formats.FORMATS, ".made", "made")
    return asked


@pytest.mark.parametrize("command", COMMANDS)
def test_what_is_given_is_handed_on_and_nothing_else(command: str, seen: list[dict[str, Any]]) -> None:
    result = run(command, "model.made", *COMMANDS[command], *sum(GIVEN, ()), "--json", "-")
    assert (result.exit_code, result.stderr) == (0, "")
    json.loads(result.stdout)
    assert run(command, "model.made", *COMMANDS[command], "-q").exit_code == 0
    assert seen == [HANDED_ON, {}]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("given", GIVEN, ids=lambda given: given[0])
def test_a_format_without_the_option_refuses(command: str, given: tuple[str, ...]) -> None:
    result = run(command, "net.json", *COMMANDS[command], *given)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert f"no option {given[0][2:].replace('-', '_')}" in result.stderr


@pytest.mark.parametrize("shape", ["", "1,", "0,2", "1x2", "-1", "1,,2", "1.5", "\u0661"])
def test_what_is_no_shape(shape: str, seen: list[dict[str, Any]]) -> None:
    result = run("enumerate", "model.made", "--box", "0", "1", "--input-shape", shape)
    assert (result.exit_code, result.stdout, result.stderr.count("\n"), seen) == (2, "", 1, [])
    assert "is no shape of one input, such as 1,28,28" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("stats", "--sizes", "2", "3", "1", "--box", "0", "1"),
        ("verify", "--arrangement", "shi", "--n", "3"),
        ("verify", "--construction", "montufar", "--inputs", "2", "--widths", "4"),
    ],
)
def test_options_of_a_file_where_there_is_none(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--strip-last")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: --strip-last is for a network file: leave it out\n"
