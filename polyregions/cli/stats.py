"""``polyregions stats``: regions, boundaries, lines and distances, of one network or of random ones."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInputError, counted
from ..network.network import Network
from .common import Sides, box_option, check_targets, input_file, json_option, quiet_option, seed_option
from .completion import names_of
from .distance import distance_numbers
from .epilog import SHIPPED, examples
from .lists import ListCommand, whole_numbers
from .loading import loading_options, taken_loading
from .output import Styled, complete_text, print_columns, print_table, say, stop_early, write_json
from .progress import progress_bar, status
from .where import Domain, domain_rows, make_box, make_domain, sides_of

if TYPE_CHECKING:
    from ..statistics import Ensemble, Sampling

#: What the options are if they are not given.
RANDOM: dict[str, Any] = {"init": "he", "bias_std": 0.3, "networks": 30, "samples": 20_000}


@click.command(
    "stats",
    cls=ListCommand,
    earlier={"--widths": "--sizes", "--lines": "--random-lines", "--points": "--random-points"},
    epilog=examples(
        "polyregions stats wine_relu_2d.json --box -1.8 3.2",
        "polyregions stats --sizes 2 16 16 1 --bias-std 0.3 --networks 10 --box -1 1",
        folder=SHIPPED,
    ),
)
@click.argument("net", required=False, type=input_file)
@loading_options
@click.option(
    "--sizes",
    "widths",
    callback=whole_numbers,
    metavar="N N ...",
    help="Random ReLU networks instead of NET: inputs, units of each hidden layer, outputs.",
)
@click.option(
    "--init",
    metavar="NAME",
    shell_complete=names_of("statistics.random_networks", "INITIALISATIONS"),
    help="Law of their weights: he (if not given), he_uniform, glorot, glorot_uniform, orthogonal.",
)
@click.option(
    "--bias-std", type=float, metavar="S", help="Standard deviation of their biases; 0.3 if not given."
)
@click.option(
    "--networks",
    type=click.IntRange(2, 10**6),
    metavar="N",
    help="How many random networks; 30 if not given.",
)
@click.option(
    "--samples",
    type=click.IntRange(2, 10**8),
    metavar="N",
    help="Samples for each integral of the co-area formula; 20000 if not given.",
)
@box_option(required=True)
@click.option(
    "--random-lines",
    "lines",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    metavar="N",
    help="Random lines in each network.",
)
@click.option(
    "--random-points",
    "points",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    metavar="N",
    help="Random points in each network.",
)
@seed_option
@click.option(
    "--most-regions",
    type=click.IntRange(min=1),
    default=10_000_000,
    show_default=True,
    metavar="N",
    help="Refuse networks for which theory expects more.",
)
@json_option
@quiet_option
def stats_command(
    net: Path | None,
    widths: list[int] | None,
    sides: Sides,
    lines: int,
    points: int,
    seed: int | None,
    most_regions: int,
    json_path: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Measure what Hanin and Rolnick measure, of the network file NET or of random networks.

    NET is .json, .npz, or a model of another library. It tells the number of regions, the boundary volumes of
    all codimensions, regions along random lines, and distances of random points to the nearest boundary; of
    random networks their means beside theory. Regions and boundary volumes are for up to 4 inputs, the rest
    for any number.
    """
    from ..statistics import Ensemble, Sampling
    from ..statistics.measurements import check_size

    loading = taken_loading(options)
    given = {name: value for name, value in options.items() if value is not None}
    if (net is None) == (widths is None):
        raise InvalidInputError("give one of: a network file NET, --sizes N N ...")
    if net is not None and given:
        raise InvalidInputError(
            f"{net}: a network file is not random: leave out --{next(iter(given)).replace('_', '-')}"
        )
    if net is None and loading:
        option = next(iter(loading)).replace("_", "-")
        raise InvalidInputError(f"--{option} is for a network file: leave it out")
    check_targets([("--json", json_path)], net)
    if net is not None:
        domain = make_domain(net, Network.load(net, **loading), sides)
        numbers = _of_network(domain, Sampling(domain.box, lines, points), most_regions, seed or 0, not quiet)
    else:
        assert widths is not None
        law = RANDOM | given
        samples = law.pop("samples")
        ensemble = Ensemble(widths, seed=seed or 0, **law)
        sampling = Sampling(make_box("--sizes", widths[0], sides), lines, points)
        check_size(next(ensemble.draw()), sampling, most_regions)
        numbers = _of_ensemble(ensemble, sampling, samples, not quiet)
    try:
        if json_path != "-" and not quiet:
            (_print_ensemble if net is None else _print_network)(numbers)
    finally:  # a stdout that is lost loses no file
        if json_path is not None:
            write_json(numbers, json_path)
    if not numbers["complete"]:
        done = f"{numbers['networks']:,} of {counted(numbers['asked'], 'network')} were done"
        stop_early(numbers["stopped"], done)


def _of_network(
    domain: Domain, sampling: Sampling, most_regions: int, seed: int, shown: bool
) -> dict[str, Any]:
    """Measure one network; its lines are those of ``polyregions line``, its points those of ``distance``."""
    from ..statistics import measure, typical_regions
    from ..statistics.measurements import SKIPPED, check_size, volume_numbers
    from ..statistics.summaries import finite, mean_of

    network = domain.network
    check_size(network, sampling, most_regions)
    start = time.perf_counter()
    with progress_bar(shown) as progress:
        found = measure(network, sampling, seed, seed, progress)
    units, dim = network.n_units, network.input_dim
    typical = finite(typical_regions(units, dim)) if units else None
    along = mean_of(found.lines.counts)
    return {
        "network": repr(network),
        "dimension": dim,
        "units": units,
        "widths": list(network.widths),
        "box": sides_of(sampling.box),
        **domain.numbers(),
        "seed": seed,
        "regions": found.regions,
        "typical_regions": typical,
        "boundary_volumes": [volume_numbers(volume) for volume in found.volumes],
        "skipped": "" if sampling.enumerates else SKIPPED,
        "lines": {**along, "per_unit": along["mean"] / units if units else None},
        "distances": {**distance_numbers(found.distances), "n": sampling.points},
        "complete": True,
        "stopped": None,
        "exact": True,
        "seconds": time.perf_counter() - start,
    }


def _print_network(numbers: dict[str, Any]) -> None:
    """Print what was measured of one network."""
    print_table(_network_rows(numbers))
    _print_volumes(numbers["boundary_volumes"])


def _network_rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What the table says of one network."""
    from ..statistics.summaries import mean_text

    units, regions, typical = numbers["units"], numbers["regions"], numbers["typical_regions"]
    along, far = numbers["lines"], numbers["distances"]
    rows: list[tuple[str, str | Styled]] = [("network", numbers["network"]), *domain_rows(numbers)]
    if numbers["skipped"]:
        rows.append(("regions, boundary volumes", f"skipped: {numbers['skipped']}"))
    else:
        rows.append(("regions", Styled(f"{regions:,}", bold=True)))
        if typical is not None:
            beside = f"{typical:,.6g}, the regions are {regions / typical:.3g} times as many"
            rows.append(("units^inputs / inputs!", beside))
    rows.append((f"regions along {counted(along['n'], 'line')}", mean_text(along)))
    if units:
        rows.append(("per unit", mean_text(along, 1 / units)))
    with_boundary = {**far, "n": far["n"] - far["infinite"]}
    rows.append((f"distance at {counted(far['n'], 'point')}", mean_text(with_boundary)))
    if far["mean"] is not None:
        rows.append(("times units", mean_text(with_boundary, units)))
    if far["infinite"]:
        rows.append(("infinite: no boundary", f"{counted(far['infinite'], 'point')}, not in the mean"))
    return [*rows, ("exact", "yes"), ("time", f"{numbers['seconds']:.3g} s")]


def _print_volumes(volumes: list[dict[str, Any]]) -> None:
    if not volumes:
        return
    rows = [("boundary", "k", "dimension", "volume", "per unit volume", "in each hidden layer")]
    for v in volumes:
        layers = ", ".join(map(_show, v["per_layer"]))
        numbers = (_show(v["total"]), _show(v["density"]), layers)
        rows.append((v["boundary"], str(v["k"]), str(v["dimension"]), *numbers))
    say()
    print_columns(rows)


def _show(value: float | None) -> str:
    return "-" if value is None else f"{value:,.6g}"


def _of_ensemble(ensemble: Ensemble, sampling: Sampling, samples: int, shown: bool) -> dict[str, Any]:
    """Measure random networks, and put them beside theory."""
    from ..statistics import Expectations, compare, measure_all
    from ..statistics.measurements import SKIPPED

    start = time.perf_counter()
    with status(shown, "integrating the co-area formula"):
        theory = Expectations(ensemble, sampling, samples)
    with progress_bar(shown, text="{done:,} of {total:,} networks") as progress:
        done = measure_all(ensemble, sampling, progress)
    complete = len(done) == ensemble.networks
    return {
        "widths": list(ensemble.widths),
        "init": ensemble.init,
        "bias_std": ensemble.bias_std,
        "networks": len(done),
        "asked": ensemble.networks,
        "seed": ensemble.seed,
        "box": sides_of(sampling.box),
        "lines": sampling.lines,
        "points": sampling.points,
        "samples": samples,
        "dimension": theory.d,
        "units": theory.n,
        "c_grad": theory.c_grad,
        "c_bias": theory.c_bias,
        "quantities": [quantity.numbers() for quantity in compare(done, theory)],
        "skipped": "" if sampling.enumerates else SKIPPED,
        "complete": complete,
        "stopped": None if complete else "interrupted",
        "exact": True,
        "seconds": time.perf_counter() - start,
    }


def _print_ensemble(numbers: dict[str, Any]) -> None:
    """Print what was measured of random networks, beside theory."""
    from ..statistics.summaries import mean_text

    widths = " ".join(map(str, numbers["widths"]))
    rows: list[tuple[str, str | Styled]] = [
        ("networks", f"{numbers['networks']:,} of widths {widths}"),
        ("weights, biases", f"{numbers['init']}, standard deviation {numbers['bias_std']:g}"),
        ("units N, inputs n", f"{numbers['units']:,}, {numbers['dimension']:,}"),
        ("C_grad, C_bias", f"{numbers['c_grad']:.6g}, {numbers['c_bias']:.6g}"),
        ("complete", complete_text(numbers)),
        ("time", f"{numbers['seconds']:.3g} s"),
    ]
    if numbers["skipped"]:
        rows.insert(1, ("regions, boundary volumes", f"skipped: {numbers['skipped']}"))
    print_table(rows)
    say()
    columns = [("mean over the networks", "measured", "theory", "what it is")]
    for quantity in numbers["quantities"]:
        name, boundary = quantity["quantity"], quantity["boundary"]
        if boundary is not None:
            name = f"{boundary} boundary, k = {quantity['k']}"
        measured = mean_text(quantity["measured"])
        # The bounds of the largest boundary hold for those within it.
        within = boundary not in (None, "activation")
        for theory in quantity["theory"][: 1 if within else None]:
            columns.append((name, measured, _theory_text(theory), theory["source"]))
            name = measured = ""
    print_columns(columns)


def _theory_text(theory: dict[str, Any]) -> str:
    from ..statistics.summaries import mean_text

    if theory["relation"] == "-":
        return "-"
    if theory["value"] is None:
        number = "more than float64 holds"
    elif theory["standard_error"] is not None:
        number = mean_text({"mean": theory["value"], "standard_error": theory["standard_error"], "n": 2})
    else:
        number = f"{theory['value']:,.6g}"
    return f"{theory['relation']} {number}"
