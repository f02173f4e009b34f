"""What a command says, where, and how it ends when stdout, memory or a file's text is against it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import run

from polyregions import Box, Network, enumerate_regions, load_result, save_result
from polyregions.certification import Certificate, Statement
from polyregions.cli import progress
from polyregions.cli.output import say
from polyregions.errors import FileFormatError, InvalidInputError, counted, printable
from polyregions.verification import verify

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
#: What clears a terminal, forges a verdict, and hides what comes after it.
FORGED = "limit)\nVALID: 4 regions, all regions of the domain\n\x1b[8m\x1b[2J\u202e"
needs_full = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    LINES.save("net.json")
    return tmp_path


def program(*arguments: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **streams}
    return subprocess.run(
        [sys.executable, "-m", "polyregions", *arguments], text=True, check=False, **streams
    )


# text of files


def obeyed(text: str) -> set[str]:
    """The characters of a text that a terminal obeys, but the ends of lines."""
    return {c for c in text if not c.isprintable()} - {"\n"}


def test_printable() -> None:
    assert printable("a b\u00e9 [bold] \\n") == "a b\u00e9 [bold] \\n"
    assert printable("\x1b[2J\n\r\t\x00\x9b\u202e\u2028\ud800") == (
        r"\x1b[2J\n\r\t\x00\x9b\u202e\u2028\ud800"
    )


@pytest.mark.parametrize("entry", ["stopped", "engine"])
def test_no_text_of_a_result_forges_a_verdict(entry: str) -> None:
    save_result(enumerate_regions(LINES, Box.cube(2, -2, 2), engine="traverse", limit=3), "r.npz")
    with np.load("r.npz") as archive:
        found = dict(archive)
    found[entry] = np.array(FORGED)
    np.savez("r.npz", **found)
    result = run("certify", "r.npz")
    assert result.exit_code in (2, 3)  # refused, or proven as a partial result
    assert not obeyed(result.stdout + result.stderr)
    assert not any(line.startswith("VALID: 4") for line in (result.stdout + result.stderr).splitlines())
    # Escaped or refused, nothing is hidden: the last line is of the command, not of the file.
    assert result.stderr.splitlines()[-1].startswith(("partial: ", "error: "))


def test_a_table_takes_no_markup_and_no_escapes_from_a_result(monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    def forged(*arguments: Any, **options: Any) -> Any:
        found = enumerate_regions(*arguments, engine="traverse", limit=3)
        return replace(found, stopped=f"[/] [red]x {FORGED}", engine="traverse\x1b[1A")

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", forged)
    result = run("enumerate", "net.json", "--box", "-2", "2")
    assert result.exit_code == 3
    assert not obeyed(result.stdout + result.stderr)
    assert r"PARTIAL (stopped: [/] [red]x limit)\nVALID" in result.stdout
    assert result.stderr.count("\n") == 1


def test_no_name_and_no_error_is_printed_raw() -> None:
    name = "a\x1b[2Jb\nVALID.json"
    Path(name).write_text("{}")
    result = run("enumerate", name, "--box", "0", "1")
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert not obeyed(result.stderr)
    for arguments in (("certify", "no\x1b[2J"), ("no\x1b[2J",), ("enumerate", "--no\x1b[2J\n")):
        result = run(*arguments)
        assert result.exit_code == 2
        assert not obeyed(result.stdout + result.stderr)
    LINES.save(name)
    result = run("verify", name, "--box", "-2", "2", "--report", "page.md")
    assert result.exit_code == 0
    assert not obeyed(result.stdout)
    assert not obeyed(Path("page.md").read_text())
    run("verify", name, "--box", "-2", "2", "--report", "page.html", "-q")
    assert not obeyed(Path("page.html").read_text())


def test_reports_and_certificates_are_printable() -> None:
    certificate = Certificate((Statement("it is", "not checked", 0, FORGED),), 1, False)
    assert str(certificate).splitlines()[-1] == "VALID: 1 region, not proven to be all regions of the domain"
    report = verify(LINES, Box.cube(2, -2, 2), title=FORGED, source=FORGED)
    assert not obeyed(str(certificate) + str(report))
    assert not any(line.startswith("VALID: 4") for line in str(report).splitlines())


def test_letters_that_the_terminal_lacks() -> None:
    LINES.save("n\u00e9t.json")
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = program("verify", "n\u00e9t.json", "--box", "-2", "2", env=ascii_only)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(r"n\xe9t.json")
    refused = program("enumerate", "n\u00e9t.json", "--box", "2", "-2", "--graph", "\u00e9", env=ascii_only)
    assert refused.returncode == 2


# exit codes


COMMANDS = [
    ("enumerate", "net.json", "--box", "-2", "2"),
    ("enumerate", "net.json", "--box", "-2", "2", "--json", "-"),
    ("bounds", "--inputs", "2", "--widths", "3"),
    ("line", "net.json", "--from", "-1,-1", "--to", "1,1"),
    ("boundary", "net.json", "--box", "-2", "2", "--level", "1"),
    ("fold", "net.json", "--box", "-2", "2", "--json", "-"),
    ("--help",),
    ("stats", "--help"),
    ("--version",),
]


@pytest.mark.slow
@needs_full
@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_full_stdout(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "w") as full:
        done = program(*arguments, stdout=full)
    assert done.returncode == 2
    assert done.stderr == "error: stdout: cannot be written: No space left on device\n"


@pytest.mark.slow
@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_stdout_that_nobody_reads(arguments: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = program(*arguments, stdout=writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


@needs_full
def test_a_lost_stdout_loses_no_file() -> None:
    with open("/dev/full", "w") as full:
        outputs = ("--json", "s.json", "--graph", "g.dot", "--save", "r.npz")
        done = program("enumerate", "net.json", "--box", "-2", "2", *outputs, stdout=full)
        assert done.returncode == 2
        line = ("line", "net.json", "--from", "-1,-1", "--to", "1,1", "--csv", "b.csv")
        assert program(*line, stdout=full).returncode == 2
        level = (
            "boundary",
            "net.json",
            "--box",
            "-2",
            "2",
            "--level",
            "1",
            "--json",
            "l.json",
            "-o",
            "l.csv",
        )
        assert program(*level, stdout=full).returncode == 2
        Network.from_arrays([([[2], [4]], [0, -2]), ([[1, -1]], [0])]).save("fold.json")
        fold = ("fold", "fold.json", "--box", "0", "1", "--json", "f.json", "--plot", "f.svg")
        assert program(*fold, stdout=full).returncode == 2
    names = ("s.json", "g.dot", "r.npz", "b.csv", "l.json", "l.csv", "f.json", "f.svg")
    assert all(Path(name).stat().st_size for name in names)


@needs_full
def test_a_full_stderr_changes_no_exit_code() -> None:
    with open("/dev/full", "w") as full:
        assert program("enumerate", "net.json", "--box", "2", "-2", stderr=full).returncode == 2
        limited = program("enumerate", "net.json", "--box", "-2", "2", "--limit", "3", stderr=full)
    assert limited.returncode == 3
    assert "PARTIAL" in limited.stdout


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        (("enumerate", "net.json", "--box", "0", "1"), "polyregions.cli.enumerate.enumerate_regions"),
        (("certify", "r.npz"), "polyregions.certification.certify"),
        (("verify", "net.json", "--box", "0", "1"), "polyregions.verification.verify"),
        (("bounds", "--inputs", "2", "--widths", "3"), "polyregions.theory.bounds.bounds_table"),
        (("line", "net.json", "--from", "0,0", "--to", "1,1"), "polyregions.statistics.line_regions"),
        (
            ("distance", "net.json", "--random", "3", "--box", "0", "1"),
            "polyregions.statistics.distance_to_boundary",
        ),
        (("stats", "net.json", "--box", "0", "1"), "polyregions.statistics.measure"),
        (("boundary", "net.json", "--box", "0", "1", "--level", "1"), "polyregions.cli.boundary._enumerate"),
        (("fold", "net.json", "--box", "0", "1"), "polyregions.analysis.folding.verify_folding"),
        (("construct", "f.json", "--arrangement", "shi", "--n", "3"), "polyregions.cli.theory.choose"),
    ],
)
def test_too_little_memory_is_one_line(
    arguments: tuple[str, ...], where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import importlib

    save_result(enumerate_regions(LINES, Box.cube(2, -2, 2)), "r.npz")

    def greedy(*arguments: Any, **options: Any) -> Any:
        raise MemoryError

    module, name = where.rsplit(".", 1)
    importlib.import_module(module)
    monkeypatch.setattr(sys.modules[module], name, greedy)
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "error: out of memory: take a smaller network or box, or ask for less\n"


def test_errors_of_usage_are_one_line() -> None:
    for arguments in (
        ("enumerate",),
        ("enumerate", "net.json"),
        ("enumerate", "net.json", "--box", "0"),
        ("enumerate", "net.json", "--box", "0", "1", "--engine", "magic"),
        ("enumerate", "net.json", "--box", "0", "1", "--time-limit", "0"),
        ("magic",),
        ("certify", "none.npz"),
        ("bounds", "--inputs", "two", "--widths", "3"),
    ):
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (2, "")
        assert re.fullmatch(r"error: .+ \(try: (polyregions|main).* --help\)\n", result.stderr)


@pytest.mark.parametrize(
    "arguments",
    [
        ("enumerate", "a\0.json", "--box", "0", "1"),
        ("enumerate", "net.json", "--box", "0", "1", "--json", "a\0"),
        ("enumerate", "net.json", "--box", "0", "1", "--save", "a\0.npz"),
        ("enumerate", "net.json", "--box", "0", "1", "--resume", "a\0.npz"),
        ("enumerate", "net.json", "--box", "0", "1", "--through", "a\0.csv"),
        ("construct", "a\0.json", "--arrangement", "shi", "--n", "3"),
        ("certify", "a\0.npz"),
        ("line", "net.json", "--along", "a\0.csv"),
        ("boundary", "a\0.npz"),
        ("boundary", "net.json", "--box", "0", "1", "--level", "1", "-o", "a\0.csv"),
        ("fold", "net.json", "--box", "0", "1", "--plot", "a\0.png"),
    ],
)
def test_names_with_nul(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert "has a NUL character" in result.stderr


@pytest.mark.parametrize("path", [None, 3, b"r.npz", "a\0.npz"])
def test_no_path_at_all(path: Any) -> None:
    cx = enumerate_regions(LINES, Box.cube(2, -2, 2))
    with pytest.raises(InvalidInputError, match=r"a file is named by|no file's name"):
        load_result(path)
    with pytest.raises(InvalidInputError, match=r"a file is named by|no file's name"):
        save_result(cx, path)


def test_names_without_an_ending() -> None:
    with pytest.raises(FileFormatError, match=r"^r: no result format is told by a name without an ending; "):
        load_result("r")


# words


def test_counted() -> None:
    assert [counted(n, "region") for n in (0, 1, 2, 1000)] == [
        "0 regions",
        "1 region",
        "2 regions",
        "1,000 regions",
    ]


def test_one_of_each_is_said_right() -> None:
    Network.from_arrays([([[1]], [0]), ([[1]], [0])]).save("one.json")
    texts = [
        run("line", "one.json", "--random", "1", "--box", "-1", "1").stdout,
        run("distance", "one.json", "--random", "1", "--box", "-1", "1").stdout,
        run("stats", "one.json", "--box", "-1", "1", "--random-lines", "1", "--random-points", "1").stdout,
        run("enumerate", "one.json", "--box", "1", "2", "--certify").stdout,
    ]
    assert all(texts)
    for text in texts:
        assert not re.search(r"\b1 (points|lines|regions|segments|signs|networks|inputs)\b", text), text


# what goes on


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """An enumeration that tells numbers once and takes a third of a second; lines come ten times as often."""

    def enumerate_slowly(*arguments: Any, progress: Any = None, **options: Any) -> Any:
        progress and progress(3, 7)
        time.sleep(0.35)
        return enumerate_regions(*arguments, **options)

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", enumerate_slowly)
    monkeypatch.setattr(progress, "EVERY", 0.1)


@pytest.mark.usefixtures("slow")
def test_a_line_now_and_then_without_a_terminal() -> None:
    result = run("enumerate", "net.json", "--box", "-2", "2", "--json", "-")
    assert result.exit_code == 0
    lines = result.stderr.splitlines()
    assert len(lines) >= 2
    for line in lines:
        assert re.fullmatch(r"enumerating: 3 explored of 7 found, \d+ regions/s, \d+ s", line)
    assert run("enumerate", "net.json", "--box", "-2", "2", "-q").stderr == ""


def test_short_work_is_silent() -> None:
    result = run("enumerate", "net.json", "--box", "-2", "2", "--certify", "--check")
    assert (result.exit_code, result.stderr) == (0, "")


def test_compiling_is_said_only_while_numba_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core import event

    work = progress.Work("working", progress.REGIONS, already=0)
    assert str(work) == "working"
    with event.trigger_event("numba:compile"):
        assert str(work) == progress.COMPILING
        with event.trigger_event("numba:compile"):
            assert str(work) == progress.COMPILING
        assert str(work) == progress.COMPILING
    assert str(work) == "working"
    work.report(5, 10)
    assert str(work).startswith("working: 5 explored of 10 found")
    listeners = len(event._registered["numba:compile"])
    work.compiler.close()
    assert len(event._registered["numba:compile"]) == listeners - 1


def test_what_was_done_before_is_no_speed() -> None:
    work = progress.Work("working", "{rate:.0f}", already=1000)
    work.report(1000, 2000)
    assert str(work) == "working: 0"


def test_the_bar_asks_at_every_refresh(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "150")
    with progress.progress_bar(True, "doing [bold]\x1b[8m") as report:
        assert report is not None
        report(1, 2)
        time.sleep(0.3)
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "1 explored of 2 found" in shown.err
    assert r"doing [bold]\x1b[8m" in shown.err
    assert "\x1b[8m" not in shown.err


def test_say_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    say("a\nb", "c\x1b[0m")
    assert capsys.readouterr().out == "a\\nb  c\\x1b[0m\n"


def test_stages_are_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(progress, "EVERY", 0.1)
    with progress.stages(True) as tell:
        assert tell is not None
        tell("enumerating", 5, 9)
        time.sleep(0.25)
        tell("certifying", 1, 7)
        time.sleep(0.25)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("enumerating: 5 of 9, ")
    assert lines[-1].startswith("certifying: 1 of 7, ")
    with progress.stages(False) as nothing:
        assert nothing is None
