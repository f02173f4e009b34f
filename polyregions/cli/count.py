"""``polyregions count``: how many regions there are, without keeping them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..engines.count import count_regions
from .common import (
    check_targets,
    engine_option,
    input_file,
    json_option,
    limit_option,
    quiet_option,
    workers_option,
)
from .epilog import SHIPPED, examples
from .loading import load_network, loading_options
from .output import Styled, complete_text, print_table, stop_early, write_json
from .progress import counting
from .where import Domain, Where, domain_rows, where_options

if TYPE_CHECKING:
    from ..engines.count import Counts


@click.command(
    "count",
    epilog=examples(
        "polyregions count wine_relu_2d.json --box -1.8 3.2 --box -1.7 3.3",
        "polyregions count cancer_relu_3d.json --box -2 2 --engine subdivide --json -",
        "polyregions count cancer_relu_3d.json --box -2 2 --time-limit 60 --workers 2",
        folder=SHIPPED,
    ),
)
@click.argument("net", type=input_file)
@where_options(through=True, inside=True)
@loading_options
@engine_option
@limit_option
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Stop after so many seconds (exit code 3).",
)
@workers_option
@json_option
@quiet_option
def count_command(net: Path, json_path: str | None, quiet: bool, **options: Any) -> None:
    """Count the activation regions of the network file NET in a box, and their adjacencies.

    Regions are forgotten as soon as they are counted, so memory does not grow with them: hundreds of millions
    can be counted. The numbers are exact. Engine "split" counts regions and adjacencies, "subdivide" the
    faces of all dimensions, too; the others keep what they find, and do not count.
    """
    where = Where.taken_from(options)
    domain = where.domain(net, load_network(net, options))
    check_targets([("--json", json_path)], net, *where.files)
    start = time.perf_counter()
    with counting(not quiet) as progress:
        counts = count_regions(domain.network, domain.place, **options, progress=progress)
    numbers = _numbers(counts, domain, time.perf_counter() - start)
    if json_path != "-" and not quiet:
        print_table(_rows(numbers))
    if json_path is not None:
        write_json(numbers, json_path)
    stop_early(counts.stopped, "there are more regions than these")


def _numbers(counts: Counts, domain: Domain, seconds: float) -> dict[str, Any]:
    """What was counted, ready for JSON."""
    box = domain.box
    return {
        "regions": counts.regions,
        "adjacencies": counts.adjacencies,
        "f_vector": counts.f_vector,
        "dimension": box.dim,
        "units": domain.network.n_units,
        "box": {"lower": box.lower.tolist(), "upper": box.upper.tolist()},
        "engine": counts.engine,
        "complete": counts.complete,
        "stopped": counts.stopped or None,
        "exact": True,
        "seconds": seconds,
        **domain.numbers(),
    }


def _rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What the table says."""
    least = "" if numbers["complete"] else "at least "
    rows: list[tuple[str, str | Styled]] = [
        ("regions", Styled(f"{least}{numbers['regions']:,}", bold=True)),
        ("adjacencies", f"{least}{numbers['adjacencies']:,}"),
    ]
    if numbers["f_vector"] is not None:
        rows.append(("inner faces", ", ".join(f"{n:,}" for n in numbers["f_vector"])))
    return [
        *rows,
        ("complete", complete_text(numbers)),
        ("exact", "yes"),
        ("inputs, units", f"{numbers['dimension']:,}, {numbers['units']:,}"),
        *domain_rows(numbers),
        ("engine", numbers["engine"]),
        ("time", f"{numbers['seconds']:.3g} s"),
    ]
