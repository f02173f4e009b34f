"""``polyregions distance``: how far points are from the nearest activation boundary."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ..errors import InvalidInputError, counted
from ..network.formats.points import POINT_FORMATS, read_points
from .common import (
    Sides,
    box_option,
    check_targets,
    csv_option,
    input_file,
    json_option,
    quiet_option,
    random_option,
    seed_option,
)
from .epilog import SHIPPED, examples
from .loading import load_network, loading_options
from .output import Styled, check_csv, complete_text, print_table, say, stop_early, write_csv, write_json
from .progress import progress_bar
from .sampling import check_sampling, sampled_from
from .where import Where, domain_rows, make_domain

if TYPE_CHECKING:
    from ..statistics import Distances

CAVEAT = "lower bounds for the distances to where the gradient jumps: a unit that no output hears counts too"


@click.command(
    "distance",
    epilog=examples(
        "polyregions distance wine_relu_2d.json --random 1000 --box -1.8 3.2 --csv distances.csv",
        folder=SHIPPED,
    ),
)
@click.argument("net", type=input_file)
@loading_options
@click.option(
    "--points",
    "points_path",
    metavar="FILE",
    type=input_file,
    help=f"Points, one a row: {', '.join(POINT_FORMATS)}.",
)
@random_option
@box_option(required=False)
@seed_option
@csv_option
@json_option
@quiet_option
def distance_command(
    net: Path,
    points_path: Path | None,
    n_random: int | None,
    sides: Sides,
    seed: int | None,
    csv_path: Path | None,
    json_path: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Measure how far points are from the nearest activation boundary of the network file NET.

    NET is .json, .npz, or a model of another library, with any number of inputs. Points are those of a file,
    --points data.csv, or random ones. Which unit is nearest is exact. Boundaries outside of the box count,
    its sides do not.
    """
    if (points_path is None) == (n_random is None):
        raise InvalidInputError("give one of: --points, --random")
    check_sampling(n_random, Where(sides), seed)
    network = load_network(net, options)
    check_csv(csv_path)
    check_targets([("--json", json_path), ("--csv", csv_path)], net, points_path)
    from ..statistics import distance_to_boundary
    from ..statistics.sampling import check_points, random_points

    domain = None
    if points_path is not None:
        points = read_points(points_path, network.input_dim)
        check_points(len(points), network)
    else:
        assert n_random is not None
        domain = make_domain(net, network, sides)
        network = domain.network
        check_points(n_random, network)
        points = random_points(domain.box, n_random, np.random.default_rng(seed or 0))
    begin = time.perf_counter()
    with progress_bar(not quiet, text="{done:,} of {total:,} points, {rate:,.0f} a second") as progress:
        found = distance_to_boundary(network, points, progress=progress)
    numbers = _numbers(found, time.perf_counter() - begin) | sampled_from(domain, seed)
    try:
        if json_path != "-" and not quiet:
            print_table([*_rows(numbers), *domain_rows(numbers)])
            say(CAVEAT)
    finally:  # a stdout that is lost loses no file
        if csv_path is not None:
            columns = (found.distance, found.reach, found.unit, found.layer + 1)
            rows = zip(range(len(found)), *(column.tolist() for column in columns), strict=True)
            write_csv(("point", "distance", "off_by", "unit", "layer"), rows, csv_path)
        if json_path is not None:
            write_json(numbers, json_path)
    stop_early(found.stopped, f"{len(found):,} of {counted(len(points), 'point')} were done")


def distance_numbers(found: Distances) -> dict[str, Any]:
    """Mean, standard error, least and most, over the points that have a boundary; and how many have none."""
    from ..statistics.summaries import finite, mean_of

    is_finite = np.isfinite(found.distance)
    mean, units = mean_of(found.distance[is_finite]), found.network.n_units
    return {
        **{name: mean[name] for name in ("mean", "standard_error", "least", "most")},
        "times_units": None if mean["mean"] is None else finite(mean["mean"] * units),
        "infinite": int((~is_finite).sum()),
    }


def _numbers(found: Distances, seconds: float) -> dict[str, Any]:
    """The results for JSON."""
    from ..statistics.summaries import finite

    layers = np.bincount(found.layer[found.unit >= 0], minlength=len(found.network.hidden))
    return {
        "points": len(found),
        **distance_numbers(found),
        "layers": layers.tolist(),
        "distances": [finite(value) for value in found.distance.tolist()],
        "nearest": [None if unit < 0 else unit for unit in found.unit.tolist()],
        "dimension": found.network.input_dim,
        "units": found.network.n_units,
        "undecided": found.undecided,
        "complete": found.complete,
        "stopped": found.stopped or None,
        "exact": True,
        "seconds": seconds,
    }


def _rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What the table says."""
    from ..statistics.summaries import mean_text

    units, has_boundary = numbers["units"], numbers["points"] - numbers["infinite"]
    mean = {**numbers, "n": has_boundary}
    rows: list[tuple[str, str | Styled]] = [("points", f"{numbers['points']:,}")]
    if has_boundary:
        rows += [
            ("distance to the nearest boundary", Styled(mean_text(mean), bold=True)),
            ("least, most", f"{numbers['least']:.6g}, {numbers['most']:.6g}"),
            ("times units", mean_text(mean, units)),
        ]
    if numbers["infinite"]:
        rows.append(("infinite: no boundary", f"{counted(numbers['infinite'], 'point')}, not in the mean"))
    for layer, count in enumerate(numbers["layers"], start=1):
        rows.append((f"nearest in hidden layer {layer}", counted(count, "point")))
    rows += [
        ("inputs, units", f"{numbers['dimension']:,}, {units:,}"),
        ("complete", complete_text(numbers)),
        ("exact", "yes"),
        ("decided in rational arithmetic", counted(numbers["undecided"], "point")),
        ("time", f"{numbers['seconds']:.3g} s"),
    ]
    return rows
