"""What a shell completes: by click's mechanism, as the shells call it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import BashComplete

from polyregions.cli import COMMANDS, main


def completed(line: str, incomplete: str = "") -> list[tuple[str, str]]:
    """Pairs (type, value) for what may stand after a line."""
    shell = BashComplete(main, {}, "polyregions", "_POLYREGIONS_COMPLETE")
    return [(item.type, item.value) for item in shell.get_completions(line.split(), incomplete)]


def words(line: str, incomplete: str = "") -> list[str]:
    return [value for _, value in completed(line, incomplete)]


def test_commands() -> None:
    assert words("") == list(COMMANDS)
    assert words("", "bound") == ["boundary", "bounds"]


def test_options() -> None:
    assert words("fold net.json", "--j") == ["--json"]
    assert words("boundary net.json", "--le") == ["--level"]
    assert "--box" in words("enumerate net.json", "--")
    assert words("verify net.json", "--no-c") == ["--no-certify"]


def test_choices_and_names() -> None:
    assert words("enumerate net.json --engine", "s") == ["subdivide", "split"]
    assert words("construct a.json --construction", "mont") == ["montufar", "montufar_folds"]
    assert words("verify --arrangement", "sh") == ["shi"]
    assert words("stats --init", "glorot") == ["glorot", "glorot_uniform"]
    assert words("enumerate net.json --definitions", "affine,op") == ["affine,open_connected"]


@pytest.mark.parametrize(
    "line",
    [
        "enumerate",
        "boundary",
        "certify",
        "boundary net.json -o",
        "fold net.json --plot",
        "enumerate net.json --graph",
        "enumerate net.json --json",
        "line net.json --along",
        "fold net.json --through",
        "distance net.json --points",
    ],
)
def test_files(line: str) -> None:
    assert completed(line, "ne") == [("file", "ne")]


@pytest.mark.parametrize(
    ("shell", "script"),
    [
        ("bash", "complete -o nosort"),
        ("zsh", "compdef"),
        ("fish", "complete --no-files --command polyregions"),
    ],
)
def test_the_scripts_that_shells_read(shell: str, script: str) -> None:
    """As docs/command-line.md says, with _POLYREGIONS_COMPLETE set."""

    def call(**variables: str) -> str:
        run = subprocess.run(
            [sys.executable, "-m", "polyregions"],
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=True,
        )
        return run.stdout

    assert script in call(_POLYREGIONS_COMPLETE=f"{shell}_source")
    page = (Path(__file__).parents[2] / "docs" / "command-line.md").read_text(encoding="utf-8")
    assert f"_POLYREGIONS_COMPLETE={shell}_source polyregions" in page
    typed = {"COMP_WORDS": "polyregions fo", "COMP_CWORD": "fo" if shell == "fish" else "1"}
    assert "fold" in call(_POLYREGIONS_COMPLETE=f"{shell}_complete", **typed)
