"""The command line. It reads arguments, calls the library, and prints; it decides nothing else.

Results go to stdout; errors and the progress bar go to stderr. Exit codes: 0 done, 1 a check
failed, 2 bad input or usage, 3 stopped early (the result is partial, says so, and was written), 130
interrupted with nothing to show.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .box import Box
from .enumerate import ENGINES, LP_BACKENDS, enumerate_regions
from .errors import CheckFailedError, InvalidInputError, PolyregionsError
from .export import check_target, graph_format, replacing, summary, write_graph
from .network import Network

if TYPE_CHECKING:
    from .complex import RegionComplex

CHECK_FAILED, BAD_INPUT, STOPPED_EARLY, INTERRUPTED = 1, 2, 3, 130

Progress = Callable[[int, int], None]


class _Commands(click.Group):
    """Turns what the library refuses into one line on stderr and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except PolyregionsError as error:
            _complain(error)
            ctx.exit(CHECK_FAILED if isinstance(error, CheckFailedError) else BAD_INPUT)
        except KeyboardInterrupt:
            click.echo("interrupted", err=True)
            ctx.exit(INTERRUPTED)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="polyregions", message="polyregions %(version)s")
def main() -> None:
    """Enumerate the linear regions of ReLU and maxout networks, exactly."""


@main.command("enumerate")
@click.argument("net", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--box",
    "sides",
    type=float,
    nargs=2,
    multiple=True,
    required=True,
    metavar="LO HI",
    help="Range of one input, in order; a single --box is the range of every input.",
)
@click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="How to enumerate."
)
@click.option(
    "--lp",
    type=click.Choice(LP_BACKENDS),
    default="native",
    show_default=True,
    help="Linear programming back end of the traversal. It never changes the answer.",
)
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N regions (exit code 3).")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of threads. It never changes the answer.",
)
@click.option(
    "--json",
    "json_path",
    metavar="FILE",
    type=click.Path(allow_dash=True),
    help="Write the summary as JSON; - is stdout, which then holds nothing else.",
)
@click.option(
    "--graph",
    "graph_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the adjacency graph: .graphml, .gexf, .json (node-link) or .dot.",
)
@click.option(
    "--plot",
    "plot_path",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw the regions (one or two inputs): .png, .svg or .pdf.",
)
@click.option("--check", is_flag=True, help="Check the invariants of the result (exit code 1 if one fails).")
@click.option("--quiet", "-q", is_flag=True, help="Print no table and no progress bar.")
def enumerate_command(
    net: Path,
    sides: tuple[tuple[float, float], ...],
    engine: str,
    lp: str,
    limit: int | None,
    workers: int,
    json_path: str | None,
    graph_path: Path | None,
    plot_path: Path | None,
    check: bool,
    quiet: bool,
) -> None:
    """Enumerate the activation regions of the network file NET in a box.

    \b
    NET is .json or .npz. Examples:
      polyregions enumerate net.json --box -1 1
      polyregions enumerate net.json --box -1 1 --box 0 5 --graph g.graphml --plot p.png
      polyregions enumerate net.json --box 0 1 --limit 100000 --json -

    Every count is exact: weights and bounds are read as the rational numbers that they are, and no
    tolerance is used. A result that is not complete says so, and the exit code is 3.
    """  # noqa: D301  click needs the character that the escape stands for
    network = Network.load(net)
    box = _box(net, network, sides)
    _check_outputs(net, box, json_path, graph_path, plot_path)

    shown = not quiet and sys.stderr.isatty()
    start = time.perf_counter()
    # Some solvers greet on stdout when they are loaded, and stdout is for results.
    with redirect_stdout(sys.stderr), _progress(shown) as progress:
        cx = enumerate_regions(
            network, box, engine=engine, lp=lp, workers=workers, limit=limit, progress=progress
        )
    seconds = time.perf_counter() - start

    failure = None
    if check:
        with _status(shown, "checking"):
            failure = _failure(cx)
    numbers = summary(cx, seconds)
    numbers["check"] = ("passed" if failure is None else f"failed: {failure}") if check else None
    _write_summary(numbers, json_path, table=not quiet)
    if graph_path is not None:
        with _status(shown, f"writing {graph_path}"):
            write_graph(cx, graph_path)
    if plot_path is not None:
        from .plot import plot_regions

        with _status(shown, f"drawing {plot_path}"):
            plot_regions(cx, plot_path)
    if failure is not None:
        _complain(failure)
        click.get_current_context().exit(CHECK_FAILED)
    if not cx.complete:
        click.echo(f"partial: stopped early ({cx.stopped}), there are more regions than these", err=True)
        click.get_current_context().exit(STOPPED_EARLY)


def _box(path: Path, network: Network, sides: tuple[tuple[float, float], ...]) -> Box:
    d = network.input_dim
    if len(sides) not in (1, d):
        times = "once" if d == 1 else f"once, for all of them, or {d} times"
        raise InvalidInputError(f"{path} has {d} input(s): give --box {times}, not {len(sides)} times")
    lower, upper = zip(*(sides * d if len(sides) == 1 else sides), strict=True)
    return Box(lower, upper)


def _check_outputs(
    net: Path, box: Box, json_path: str | None, graph_path: Path | None, plot_path: Path | None
) -> None:
    """Refuse, before any work, outputs that cannot be written in the end."""
    if graph_path is not None:
        graph_format(graph_path)
    if plot_path is not None:
        from .plot import check_plot

        check_plot(box, plot_path)
    taken = {net.resolve(): "NET"}
    for option, target in (("--json", json_path), ("--graph", graph_path), ("--plot", plot_path)):
        if target is None or target == "-":
            continue
        place = Path(target).resolve()
        if place in taken:
            raise InvalidInputError(f"{target}: {option} would overwrite {taken[place]}, the same file")
        taken[place] = option
        check_target(target)


def _failure(cx: RegionComplex) -> CheckFailedError | None:
    try:
        cx.check()
    except CheckFailedError as error:
        return error
    return None


def _write_summary(numbers: dict[str, Any], json_path: str | None, table: bool) -> None:
    text = json.dumps(numbers, indent=2, allow_nan=False) + "\n"
    if json_path == "-":
        click.echo(text, nl=False)
        return
    if table:
        _print_table(numbers)
    if json_path is not None:
        with replacing(json_path) as file:
            file.write(text.encode())


def _print_table(numbers: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    degrees = numbers["degrees"]
    neighbours = "{min} to {max}, mean {mean:.2f}".format(**degrees) if degrees else "not known"
    complete = "yes" if numbers["complete"] else f"[bold yellow]PARTIAL[/] (stopped: {numbers['stopped']})"
    rows = [
        ("regions", f"[bold]{numbers['regions']:,}[/]"),
        ("adjacencies", f"{numbers['adjacencies']:,}"),
        ("neighbours", neighbours),
        ("complete", complete),
        ("exact", "yes"),
        ("inputs, units", f"{numbers['dimension']:,}, {numbers['units']:,}"),
        ("engine", numbers["engine"]),
        ("time", f"{numbers['seconds']:.3g} s"),
    ]
    if numbers["undecided"] is not None:
        rows.insert(-1, ("left to integers", f"{numbers['undecided']:,} signs"))
    if numbers["f_vector"] is not None:
        rows.insert(3, ("inner faces", ", ".join(f"{n:,}" for n in numbers["f_vector"])))
    if numbers["check"] is not None:
        rows.append(("check", "passed" if numbers["check"] == "passed" else "[bold red]FAILED[/]"))
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim")
    table.add_column()
    for row in rows:
        table.add_row(*row)
    Console(highlight=False).print(table)


@contextmanager
def _progress(shown: bool) -> Iterator[Progress | None]:
    """Give a callback that draws a bar on stderr, or None."""
    if not shown:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        BarColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    start = time.perf_counter()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("preparing (the very first run compiles, which takes a while)", total=None)

        def report(explored: int, found: int) -> None:
            rate = explored / max(time.perf_counter() - start, 1e-9)
            text = f"{explored:,} explored of {found:,} found, {rate:,.0f} regions/s"
            bar.update(task, completed=explored, total=found, description=text)

        yield report


def _status(shown: bool, text: str) -> AbstractContextManager[Any]:
    """Show on stderr what is going on."""
    if not shown:
        return nullcontext()
    from rich.console import Console
    from rich.text import Text

    return Console(stderr=True).status(Text(text))


def _complain(error: PolyregionsError) -> None:
    # One line, whatever the message holds: scripts read the errors of many runs line by line.
    click.echo(f"error: {' '.join(str(error).split())}", err=True)
