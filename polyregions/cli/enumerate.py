"""``polyregions enumerate``: the regions of a network file in a box, and all that can be made of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..engines.enumerate import LP_BACKENDS, choose_engine, enumerate_regions
from ..errors import CheckFailedError, InvalidInputError, counted
from ..export.summary import summary
from ..theory.predictions import DEFINITIONS, FROM_FACES
from .certify import certify_shown, print_certificate
from .common import (
    certify_option,
    engine_option,
    input_file,
    limit_option,
    quiet_option,
    workers_option,
    yes_option,
)
from .completion import listed_names_of
from .epilog import SHIPPED, examples
from .forecast import look_ahead
from .loading import load_network, loading_options
from .output import CHECK_FAILED, Styled, complain, complete_text, print_table, stop_early
from .outputs import Outputs, output_options
from .progress import enumerating, status
from .where import Domain, Where, domain_rows, where_options

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex


def work_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say how to enumerate, and when to stop."""
    options = [
        engine_option,
        click.option(
            "--lp",
            type=click.Choice(LP_BACKENDS),
            default="native",
            show_default=True,
            help="Linear programming back end of the traversal. It never changes the answer.",
        ),
        limit_option,
        click.option(
            "--time-limit",
            type=click.FloatRange(min=0, min_open=True),
            metavar="SECONDS",
            help="Stop after so many seconds (exit code 3).",
        ),
        click.option(
            "--resume",
            "resume_path",
            metavar="FILE",
            type=input_file,
            help="Go on from a partial result of the same network and box, written by --save.",
        ),
        workers_option,
        yes_option,
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command(
    "enumerate",
    epilog=examples(
        "polyregions enumerate wine_relu_2d.json --box -1.8 3.2 --box -1.7 3.3 --check --plot regions.png",
        "polyregions enumerate wine_relu_2d.json --inside triangle.csv --graph regions.graphml --certify",
        'polyregions enumerate wine_relu_2d.json --through "0,0; 1,1" --box -2 2 --definitions',
        folder=SHIPPED,
    ),
)
@click.argument("net", type=input_file)
@where_options(through=True, inside=True)
@loading_options
@work_options
@click.option(
    "--definitions",
    metavar="[LIST]",
    shell_complete=listed_names_of("theory.predictions", "DEFINITIONS"),
    is_flag=False,
    flag_value="all",
    help="Count linear regions too, by a comma-separated list of definitions; without a list, by all: "
    f"{', '.join(DEFINITIONS)}.",
)
@output_options
@click.option("--check", is_flag=True, help="Check the invariants of the result (exit code 1 if one fails).")
@certify_option
@quiet_option
def enumerate_command(
    net: Path,
    resume_path: Path | None,
    yes: bool,
    definitions: str | None,
    check: bool,
    certified: bool | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Enumerate the activation regions of the network file NET in a box or polytope.

    NET is .json, .npz, or a model of another library. Every count is exact: weights and bounds are read as
    the rational numbers that they are, and no tolerance is used. A result that is not complete says so, and
    the exit code is 3.
    """
    outputs = Outputs.taken_from(options)
    wanted, options["engine"] = _definitions(definitions, options)
    where = Where.taken_from(options)
    domain = where.domain(net, load_network(net, options))
    outputs.check(domain.box, resume_path, net, *where.files)
    resume = _resumed(resume_path)
    expected = look_ahead(domain, options, not quiet, yes) if resume is None else None

    why = _reason(domain, options) if resume is None else None
    start = time.perf_counter()
    with enumerating(options, not quiet, resume.n_explored if resume else 0) as work:
        cx = enumerate_regions(domain.network, domain.place, **work, resume=resume)
    numbers = summary(cx, time.perf_counter() - start) | domain.numbers()
    numbers["engine_reason"] = why
    numbers["forecast"] = expected
    outputs.save(cx, not quiet)
    if wanted:
        from ..analysis.definitions import all_counts

        with status(not quiet, "merging linear regions"):
            numbers["linear_regions"] = all_counts(cx, wanted) if cx.complete else dict.fromkeys(wanted)
    failures = []
    if cx.stopped == "interrupted":  # whoever pressed Ctrl-C wants the end
        check = certified = False
    if check:
        with status(not quiet, "checking"):
            failures += _failures(cx)
    numbers["check"] = ("passed" if not failures else f"failed: {failures[0]}") if check else None
    certificate = certify_shown(cx, not quiet) if certified else None
    if certificate is not None:
        numbers["certificate"] = certificate.summary()
        failures += certificate.failures
    try:
        if outputs.json_path != "-" and not quiet:
            print_table(_rows(numbers))
            if certificate is not None:
                print_certificate(certificate)
    finally:  # a stdout that is lost loses no file
        outputs.write(cx, numbers, not quiet)
    for error in failures:
        complain(error)
    if failures:
        click.get_current_context().exit(CHECK_FAILED)
    stop_early(cx.stopped, "there may be more regions than these")


def _resumed(path: Path | None) -> RegionComplex | None:
    """The partial result to go on from."""
    if path is None:
        return None
    from ..complex.region_complex import load_result

    return load_result(path)


def _reason(domain: Domain, options: dict[str, Any]) -> str | None:
    """Choose the engine if none was asked for, and tell why it is the one."""
    own = dict(options)
    asked = own.pop("engine")
    if asked != "auto":
        return None
    options["engine"], why = choose_engine(domain.network, domain.place, **own)
    return why


def _definitions(text: str | None, options: dict[str, Any]) -> tuple[list[str], str]:
    """The definitions of a linear region that were asked for, and an engine that can tell them."""
    engine: str = options["engine"]
    names = list(DEFINITIONS) if text == "all" else [] if text is None else text.split(",")
    unknown = [name for name in names if name not in DEFINITIONS]
    if unknown:
        raise InvalidInputError(
            f"--definitions: {unknown[0]!r} is unknown; known, separated by commas: {', '.join(DEFINITIONS)}"
        )
    for option in ("limit", "time_limit"):
        if names and options[option] is not None:
            raise InvalidInputError(
                f"--definitions: all regions are needed; leave out --{option.replace('_', '-')}"
            )
    from_faces = [name for name in names if name in FROM_FACES]
    if from_faces and engine not in ("auto", "subdivide"):
        raise InvalidInputError(
            f"--definitions: {from_faces[0]} is counted from all faces, and engine {engine!r} does not keep "
            "them; use --engine subdivide"
        )
    return names, "subdivide" if from_faces else engine


def _failures(cx: RegionComplex) -> list[str]:
    try:
        cx.check()
    except CheckFailedError as error:
        return [str(error)]
    return []


def _rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What the table says."""
    degrees = numbers["degrees"]
    neighbours = "{min} to {max}, mean {mean:.2f}".format(**degrees) if degrees else "not known"
    regions = f"{numbers['regions']:,}"
    if not numbers["complete"]:
        regions += f" found, {numbers['explored']:,} of them explored"
    rows: list[tuple[str, str | Styled]] = [
        ("regions", Styled(regions, bold=True)),
        ("adjacencies", f"{numbers['adjacencies']:,}"),
        ("neighbours", neighbours),
    ]
    if numbers["f_vector"] is not None:
        rows.append(("inner faces", ", ".join(f"{n:,}" for n in numbers["f_vector"])))
    for name, count in numbers.get("linear_regions", {}).items():
        rows.append((name.replace("_", " "), _count(count)))
    rows += [
        ("complete", complete_text(numbers)),
        ("exact", "yes"),
        ("inputs, units", f"{numbers['dimension']:,}, {numbers['units']:,}"),
        *domain_rows(numbers),
    ]
    why = f" ({numbers['engine_reason']})" if numbers["engine_reason"] else ""
    rows.append(("engine", f"{numbers['engine']}{why}"))
    if numbers["undecided"] is not None:
        rows.append(("left to integers", counted(numbers["undecided"], "sign")))
    rows.append(("time", f"{numbers['seconds']:.3g} s"))
    if numbers["check"] is not None:
        failed = Styled("FAILED", "red", bold=True)
        rows.append(("check", "passed" if numbers["check"] == "passed" else failed))
    return rows


def _count(count: int | list[int] | None) -> str:
    if count is None:
        return "not known"
    if isinstance(count, int):
        return f"{count:,}"
    low, high = count
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
