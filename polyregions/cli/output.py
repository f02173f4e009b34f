"""What the commands write: lines and tables on stdout, errors on stderr, JSON and CSV files.

Every line goes through :func:`say`, which escapes what a terminal would obey: titles, names and errors may
come from files.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import click

from ..base.files import known_ending, replacing
from ..errors import printable

CHECK_FAILED, BAD_INPUT, STOPPED_EARLY, INTERRUPTED, NO_READER = 1, 2, 3, 130, 141


class Styled(NamedTuple):
    """A text with a style, if the terminal has any."""

    text: str
    color: str | None = None
    bold: bool = False
    dim: bool = False


def say(*cells: str | Styled, err: bool = False) -> None:
    """Print one line, its cells two spaces apart."""
    shown = [
        click.style(printable(cell.text), fg=cell.color, bold=cell.bold or None, dim=cell.dim or None)
        if isinstance(cell, Styled)
        else printable(cell)
        for cell in cells
    ]
    write("  ".join(shown).rstrip() + "\n", err=err)


def write(text: str, *, err: bool = False) -> None:
    """Write text that is known to be safe.

    Raises
    ------
    OSError
        If stdout is full, closed, or has no reader. What stderr does not take is lost.
    """
    stream = sys.stderr if err else sys.stdout
    if stream is None:  # closed by the caller
        if err:
            return
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    # Letters that the encoding of the stream lacks are shown as escapes.
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        click.echo(text.encode(encoding, "backslashreplace").decode(encoding), nl=False, err=err)
    except OSError:
        if not err:
            raise
        discard(stream)


def discard(stream: TextIO) -> None:
    """Send what a stream still holds nowhere: Python would try again at the end, and complain."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, stream.fileno())
    os.close(null)


def complain(error: object) -> None:
    """Print an error on stderr."""
    # One line, whatever the message holds: scripts read the errors of many runs line by line.
    say(f"error: {' '.join(str(error).split())}", err=True)


def print_table(rows: Sequence[tuple[str, str | Styled]]) -> None:
    """Print names and values."""
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        say(Styled(f"{name:<{width}}", dim=True), value)


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Print columns that line up, however long: nothing is wrapped, so that sources stay on their line."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        say(*(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)))


def write_json(numbers: dict[str, Any], json_path: str) -> None:
    """Write a JSON object to a file, or to stdout."""
    text = json.dumps(numbers, indent=2, allow_nan=False) + "\n"
    if json_path == "-":
        write(text)
        return
    with replacing(json_path) as file:
        file.write(text.encode())


def check_csv(csv_path: Path | None) -> None:
    """Refuse, before any work, a name that asks for another format."""
    if csv_path is not None:
        known_ending(csv_path, "table", (".csv",))


def write_csv(header: Sequence[str], rows: Iterable[Sequence[Any]], csv_path: Path) -> None:
    """Write a table to a file; numbers read back as they are, lists have spaces between."""
    with replacing(csv_path) as file:
        for row in chain([header], rows):
            file.write((",".join(map(_csv_cell, row)) + "\n").encode())


def _csv_cell(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def complete_text(numbers: dict[str, Any]) -> str | Styled:
    """What a table says of a result that may be partial."""
    if numbers["complete"]:
        return "yes"
    return Styled(f"PARTIAL (stopped: {numbers['stopped']})", "yellow", bold=True)


def stop_early(stopped: str, *done: str) -> None:
    """If work stopped early, say so and how much was done, and end the command."""
    if stopped:
        say(", ".join([f"partial: stopped early ({stopped})", *done]), err=True)
        click.get_current_context().exit(STOPPED_EARLY)
