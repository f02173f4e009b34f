"""What the commands share: exit codes, the box, bars on stderr, errors in one line, files and tables."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import chain
from pathlib import Path
from typing import Any

import click

from ..base.files import check_target, known_ending, replacing
from ..engines.enumerate import ENGINES
from ..errors import CheckFailedError, InvalidInputError, PolyregionsError
from ..network.box import Box
from ..network.network import Network
from ..network.slices import fix_inputs

CHECK_FAILED, BAD_INPUT, STOPPED_EARLY, INTERRUPTED = 1, 2, 3, 130

Progress = Callable[[int, int], None]
Sides = tuple[tuple[float, float], ...]


def box_option(required: bool) -> Callable[[Any], Any]:
    """The option ``--box``, given once or once for each input."""
    return click.option(
        "--box",
        "sides",
        type=float,
        nargs=2,
        multiple=True,
        required=required,
        metavar="LO HI",
        help="Range of one input, in order; a single --box is the range of every input.",
    )


def file_option(name: str, dest: str, text: str) -> Callable[[Any], Any]:
    """An option that names a file to write."""
    return click.option(name, dest, metavar="FILE", type=click.Path(path_type=Path), help=text)


engine_option = click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="How to enumerate."
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N regions (exit code 3)."
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of threads. It never changes the answer.",
)
json_option = click.option(
    "--json",
    "json_path",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Write the summary as JSON; - is stdout, which then holds nothing else.",
)
random_option = click.option(
    "--random",
    "n_random",
    type=click.IntRange(min=1),
    metavar="N",
    help="Take N at random, uniform in the box of --box.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="What is random is the same for the same seed; 0 if not given.",
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print no table and no progress bar.")


class Commands(click.Group):
    """Turns what the library refuses into one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except PolyregionsError as error:
            complain(error)
            ctx.exit(CHECK_FAILED if isinstance(error, CheckFailedError) else BAD_INPUT)
        except MemoryError:
            complain("there is not enough memory for this; take a smaller box or network, or a --limit")
            ctx.exit(BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


def make_box(what: str | Path, d: int, sides: Sides) -> Box:
    """The box of the ``--box`` options, for d inputs."""
    return Box(*_bounds(what, d, sides))


def make_slice(what: str | Path, network: Network, sides: Sides) -> tuple[Network, Box]:
    """The network on the inputs that ``--box`` leaves free, and their box; says so if some are fixed."""
    found, box, free = fix_inputs(network, *_bounds(what, network.input_dim, sides))
    if box.dim < network.input_dim:
        fixed = network.input_dim - box.dim
        numbers = ", ".join(map(str, free[:10].tolist())) + ", ..." * (box.dim > 10)
        click.echo(f"{fixed} of {network.input_dim} inputs are fixed; free, from 0: {numbers}", err=True)
    return found, box


def _bounds(what: str | Path, d: int, sides: Sides) -> Any:
    """Lower and upper bounds of the ``--box`` options, for d inputs."""
    if len(sides) not in (1, d):
        times = "once" if d == 1 else f"once, for all of them, or {d} times"
        raise InvalidInputError(f"{what} has {d} input(s): give --box {times}, not {len(sides)} times")
    return zip(*(sides * d if len(sides) == 1 else sides), strict=True)


def check_targets(targets: Sequence[tuple[str, str | Path | None]], *sources: Path | None) -> None:
    """Refuse, before any work, files that cannot be written, or would overwrite an input or each other."""
    places = {source.resolve(): "the input" for source in sources if source is not None}
    for option, target in targets:
        if target is None or target == "-":
            continue
        place = Path(target).resolve()
        if place in places:
            raise InvalidInputError(f"{target}: {option} would overwrite {places[place]}, the same file")
        places[place] = option
        check_target(target)


def write_json(numbers: dict[str, Any], json_path: str) -> None:
    """Write a JSON object to a file, or to stdout."""
    text = json.dumps(numbers, indent=2, allow_nan=False) + "\n"
    if json_path == "-":
        click.echo(text, nl=False)
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


def print_table(rows: Sequence[Sequence[str]]) -> None:
    """Print names and values; cells may hold rich's markup."""
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


def print_columns(rows: Sequence[Sequence[str]]) -> None:
    """Print columns that line up, however long: nothing is wrapped, so that sources stay on their line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())


@contextmanager
def progress_bar(
    shown: bool,
    doing: str = "preparing (the very first run compiles, which takes a while)",
    text: str = "{done:,} explored of {total:,} found, {rate:,.0f} regions/s",
) -> Iterator[Progress | None]:
    """Give a callback that draws a bar on stderr, or None."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    start = time.perf_counter()
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(doing, total=None)

        def report(done: int, total: int) -> None:
            rate = done / max(time.perf_counter() - start, 1e-9)
            description = text.format(done=done, total=total, rate=rate)
            bar.update(task, completed=done, total=total, description=description)

        yield report


@contextmanager
def stages(shown: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a callback for work in stages: their name, what is done, and of how much."""
    if not shown:
        yield None
        return
    with progress_bar(True, text="{done:,} of {total:,}, {rate:,.0f} a second") as report:
        assert report is not None
        yield lambda _, done, total: report(done, total)


def status(shown: bool, text: str) -> AbstractContextManager[Any]:
    """Show on stderr what is going on."""
    if not shown:
        return nullcontext()
    from rich.console import Console
    from rich.text import Text

    return Console(stderr=True).status(Text(text))


def complete_text(numbers: dict[str, Any]) -> str:
    """What a table says of a result that may be partial."""
    return "yes" if numbers["complete"] else f"[bold yellow]PARTIAL[/] (stopped: {numbers['stopped']})"


def stop_early(stopped: str, done: str) -> None:
    """If work stopped early, say so and how much was done, and end the command."""
    if stopped:
        click.echo(f"partial: stopped early ({stopped}), {done} were done", err=True)
        click.get_current_context().exit(STOPPED_EARLY)


def complain(error: PolyregionsError | str) -> None:
    """Print an error on stderr."""
    # One line, whatever the message holds: scripts read the errors of many runs line by line.
    click.echo(f"error: {' '.join(str(error).split())}", err=True)
