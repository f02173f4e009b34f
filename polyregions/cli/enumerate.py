"""``polyregions enumerate``: the regions of a network file in a box, and all that can be made of them."""

from __future__ import annotations

import sys
import time
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..engines.enumerate import LP_BACKENDS, enumerate_regions
from ..errors import CheckFailedError, InvalidInputError
from ..export.graphs import graph_format, summary, write_graph
from ..network.network import Network
from ..theory.predictions import DEFINITIONS, FROM_FACES
from .certify import certify_shown, print_certificate
from .common import (
    CHECK_FAILED,
    STOPPED_EARLY,
    Sides,
    box_option,
    check_targets,
    complain,
    complete_text,
    engine_option,
    file_option,
    json_option,
    limit_option,
    make_slice,
    print_table,
    progress_bar,
    quiet_option,
    status,
    workers_option,
    write_json,
)

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex
    from ..network.box import Box


@click.command("enumerate")
@click.argument("net", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@box_option(required=True)
@engine_option
@click.option(
    "--lp",
    type=click.Choice(LP_BACKENDS),
    default="native",
    show_default=True,
    help="Linear programming back end of the traversal. It never changes the answer.",
)
@limit_option
@workers_option
@click.option(
    "--definitions",
    metavar="[LIST]",
    is_flag=False,
    flag_value="all",
    help="Count linear regions too, by a comma-separated list of definitions; without a list, by all: "
    f"{', '.join(DEFINITIONS)}.",
)
@json_option
@file_option("--save", "result_path", "Write the whole result: .npz, for certify.")
@file_option(
    "--graph", "graph_path", "Write the adjacency graph: .graphml, .gexf, .json (node-link) or .dot."
)
@file_option("--plot", "plot_path", "Draw the regions (one or two inputs): .png, .svg or .pdf.")
@click.option("--check", is_flag=True, help="Check the invariants of the result (exit code 1 if one fails).")
@click.option(
    "--certify",
    "certified",
    is_flag=True,
    help="Prove the result independently, in exact arithmetic (exit code 1 if it is wrong).",
)
@quiet_option
def enumerate_command(
    net: Path,
    sides: Sides,
    engine: str,
    lp: str,
    limit: int | None,
    workers: int,
    definitions: str | None,
    json_path: str | None,
    result_path: Path | None,
    graph_path: Path | None,
    plot_path: Path | None,
    check: bool,
    certified: bool,
    quiet: bool,
) -> None:
    """Enumerate the activation regions of the network file NET in a box.

    \b
    NET is .json or .npz. Examples:
      polyregions enumerate net.json --box -1 1
      polyregions enumerate net.json --box -1 1 --box 0 5 --graph g.graphml --plot p.png
      polyregions enumerate net.json --box 0 1 --definitions open_connected,affine --certify
      polyregions enumerate net.json --box 0 1 --limit 100000 --json -

    Every count is exact: weights and bounds are read as the rational numbers that they are, and no
    tolerance is used. A result that is not complete says so, and the exit code is 3.
    """  # noqa: D301  click needs the character that the escape stands for
    wanted, engine = _definitions(definitions, engine, limit)
    network, box = make_slice(net, Network.load(net), sides)
    targets = {"--json": json_path, "--save": result_path, "--graph": graph_path, "--plot": plot_path}
    _check_formats(box, result_path, graph_path, plot_path)
    check_targets(list(targets.items()), net)

    shown = not quiet and sys.stderr.isatty()
    start = time.perf_counter()
    # Some solvers greet on stdout when they are loaded, and stdout is for results.
    with redirect_stdout(sys.stderr), progress_bar(shown) as progress:
        cx = enumerate_regions(
            network, box, engine=engine, lp=lp, workers=workers, limit=limit, progress=progress
        )
    seconds = time.perf_counter() - start
    numbers = summary(cx, seconds)
    if result_path is not None:
        from ..export.results import save_result

        with status(shown, f"writing {result_path}"):
            save_result(cx, result_path)
    if wanted:
        from ..analysis.definitions import all_counts

        with status(shown, "merging linear regions"):
            numbers["linear_regions"] = all_counts(cx, wanted) if cx.complete else dict.fromkeys(wanted)
    failure = None
    if check:
        with status(shown, "checking"):
            failure = _failure(cx)
    numbers["check"] = ("passed" if failure is None else f"failed: {failure}") if check else None
    certificate = None
    if certified:
        certificate = certify_shown(cx, shown)
        numbers["certificate"] = certificate.summary()
    if json_path != "-" and not quiet:
        print_table(_rows(numbers))
        if certificate is not None:
            print_certificate(certificate)
    if json_path is not None:
        write_json(numbers, json_path)
    if graph_path is not None:
        with status(shown, f"writing {graph_path}"):
            write_graph(cx, graph_path)
    if plot_path is not None:
        from ..plot import plot_regions

        with status(shown, f"drawing {plot_path}"):
            plot_regions(cx, plot_path)
    failures = [str(failure)] if failure is not None else []
    if certificate is not None:
        failures += certificate.failures
    for error in failures:
        complain(error)
    if failures:
        click.get_current_context().exit(CHECK_FAILED)
    if not cx.complete:
        click.echo(f"partial: stopped early ({cx.stopped}), there may be more regions than these", err=True)
        click.get_current_context().exit(STOPPED_EARLY)


def _definitions(text: str | None, engine: str, limit: int | None) -> tuple[list[str], str]:
    """The definitions of a linear region that were asked for, and an engine that can tell them."""
    names = list(DEFINITIONS) if text == "all" else [] if text is None else text.split(",")
    unknown = [name for name in names if name not in DEFINITIONS]
    if unknown:
        raise InvalidInputError(
            f"--definitions: {unknown[0]!r} is unknown; known, separated by commas: {', '.join(DEFINITIONS)}"
        )
    if names and limit is not None:
        raise InvalidInputError("--definitions: all regions are needed; leave out --limit")
    from_faces = [name for name in names if name in FROM_FACES]
    if from_faces and engine not in ("auto", "subdivide"):
        raise InvalidInputError(
            f"--definitions: {from_faces[0]} is counted from all faces, and engine {engine!r} does not keep "
            "them; use --engine subdivide"
        )
    return names, "subdivide" if from_faces else engine


def _check_formats(
    box: Box, result_path: Path | None, graph_path: Path | None, plot_path: Path | None
) -> None:
    """Refuse, before any work, files whose names ask for what cannot be made."""
    if result_path is not None:
        from ..export.results import check_result_target

        check_result_target(result_path)
    if graph_path is not None:
        graph_format(graph_path)
    if plot_path is not None:
        from ..plot import check_plot

        check_plot(box, plot_path)


def _failure(cx: RegionComplex) -> CheckFailedError | None:
    try:
        cx.check()
    except CheckFailedError as error:
        return error
    return None


def _rows(numbers: dict[str, Any]) -> list[tuple[str, str]]:
    """What the table says."""
    degrees = numbers["degrees"]
    neighbours = "{min} to {max}, mean {mean:.2f}".format(**degrees) if degrees else "not known"
    rows = [("regions", f"[bold]{numbers['regions']:,}[/]"), ("adjacencies", f"{numbers['adjacencies']:,}")]
    rows.append(("neighbours", neighbours))
    if numbers["f_vector"] is not None:
        rows.append(("inner faces", ", ".join(f"{n:,}" for n in numbers["f_vector"])))
    for name, count in numbers.get("linear_regions", {}).items():
        rows.append((name.replace("_", " "), _count(count)))
    rows += [
        ("complete", complete_text(numbers)),
        ("exact", "yes"),
        ("inputs, units", f"{numbers['dimension']:,}, {numbers['units']:,}"),
        ("engine", numbers["engine"]),
    ]
    if numbers["undecided"] is not None:
        rows.append(("left to integers", f"{numbers['undecided']:,} signs"))
    rows.append(("time", f"{numbers['seconds']:.3g} s"))
    if numbers["check"] is not None:
        rows.append(("check", "passed" if numbers["check"] == "passed" else "[bold red]FAILED[/]"))
    return rows


def _count(count: int | list[int] | None) -> str:
    if count is None:
        return "not known"
    if isinstance(count, int):
        return f"{count:,}"
    low, high = count
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
