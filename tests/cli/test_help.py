"""What ``--help`` says: examples that run, and one vocabulary through all commands."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import pytest
from support.command_line import run

from polyregions.cli import main
from polyregions.cli.program import LazyCommand

ROOT = Path(__file__).parents[2]


def commands() -> dict[str, click.Command]:
    return {
        name: command.loaded for name, command in main.commands.items() if isinstance(command, LazyCommand)
    }


COMMANDS = commands()


def example_lines(*arguments: str) -> list[str]:
    """The lines with which a help ends."""
    text = run(*arguments, "--help").stdout
    title, *lines = text[text.rindex("\n  Example") :].strip().splitlines()
    assert re.fullmatch("Examples?(, in examples/networks)?:", title)
    assert all(line.startswith("    polyregions ") for line in lines)  # to the very end
    return [line.strip() for line in lines]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["", *COMMANDS])
def test_examples_of_the_help_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "examples" / "networks", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    lines = example_lines(*([name] if name else []))
    assert 1 <= len(lines) <= 3
    assert any(f"polyregions {name}" in line for line in lines)
    for line in lines:
        arguments = shlex.split(line)[1:]
        result = run(*arguments)
        assert result.exit_code == 0, (line, result.output)
        for option, value in itertools.pairwise(arguments):
            if option in ("-o", "--out", "--save", "--graph", "--plot", "--csv", "--report"):
                assert (tmp_path / value).stat().st_size > 0, line


def options() -> list[tuple[str, click.Option]]:
    return [(name, p) for name, c in COMMANDS.items() for p in c.params if isinstance(p, click.Option)]


def meaning(option: click.Option) -> tuple[Any, ...]:
    """What a user may know of an option; whether it must be given, and how often, depends on the command."""
    kind = type(option.type).__name__, vars(option.type).get("choices"), vars(option.type).get("min")
    texts = option.metavar, option.help, str(option.default), option.show_default
    names = tuple(option.opts), tuple(option.secondary_opts)
    return *texts, kind, names, option.nargs, option.is_flag, option.flag_value


def test_one_name_is_one_thing() -> None:
    """The same option has the same name, metavar, help and default in all commands."""
    meanings: dict[str, dict[tuple[Any, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
    for command, option in options():
        for name in (*option.opts, *option.secondary_opts):
            meanings[name][meaning(option)].append(command)
    shared = [name for name, found in meanings.items() if sum(map(len, found.values())) > 1]
    assert {"--box", "--json", "--quiet", "--plot", "--csv", "--certify"} <= set(shared)
    assert not {name: dict(found) for name, found in meanings.items() if len(found) > 1}


def test_two_names_are_two_things() -> None:
    """No two options are told by the same words."""
    texts = defaultdict(set)
    for _, option in options():
        texts[option.help].add(option.opts[0])
    assert {text for text, names in texts.items() if len(names) > 1} == set()


def test_every_option_is_told() -> None:
    for command, option in options():
        assert option.help, (command, option.opts)
        assert option.is_flag or option.metavar or isinstance(option.type, click.Choice), (
            command,
            option.opts,
        )


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_says_what_their_help_says(name: str) -> None:
    listed, command = main.commands[name], COMMANDS[name]
    assert command.name == name
    first = re.split(r"(?<=\.)\s", command.help or "")[0]
    assert listed.short_help == " ".join(first.split()) != ""


def loaded_after(*arguments: str) -> set[str]:
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom polyregions.cli import main\n"
        f"assert CliRunner().invoke(main, {list(arguments)!r}).exit_code == 0\nprint(*sys.modules)"
    )
    return set(
        subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_the_list_of_commands_loads_none() -> None:
    loaded = loaded_after("--help")
    assert "polyregions.cli.program" in loaded
    assert not loaded & {"numpy", "flint", "rich", "polyregions.cli.common", "polyregions.network"}


@pytest.mark.parametrize("name", COMMANDS)
def test_no_help_loads_anything_heavy(name: str) -> None:
    heavy = {"numba", "scipy", "cvxpy", "matplotlib", "networkx", "shapely", "rich", "pandas", "torch"}
    assert not loaded_after(name, "--help") & heavy


@pytest.mark.parametrize(
    ("earlier", "now"),
    [
        ("line wine_relu_2d.json --through p.csv", "line wine_relu_2d.json --along p.csv"),
        (
            "stats --widths 2 3 1 --lines 5 --points=5",
            "stats --sizes 2 3 1 --random-lines 5 --random-points 5",
        ),
    ],
)
def test_earlier_names_are_understood(
    earlier: str, now: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "examples" / "networks" / "wine_relu_2d.json", tmp_path)
    Path("p.csv").write_text("-1,-1\n1,1\n")
    more = [] if "line wine" in earlier else ["--networks", "2", "--samples", "9", "--box", "-1", "1"]
    results = [run(*line.split(), *more) for line in (earlier, now)]
    assert [result.exit_code for result in results] == [0, 0]
    first, second = (re.sub("time .*", "", result.stdout) for result in results)
    assert first == second
    assert not any("--widths" in option.opts for command, option in options() if command == "stats")
