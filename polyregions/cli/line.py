"""``polyregions line``: the regions along lines, in any number of inputs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ..base.arrays import FloatArray
from ..errors import InvalidInputError, counted
from ..network.formats.points import POINT_FORMATS
from ..network.network import Network
from .common import (
    check_targets,
    csv_option,
    input_file,
    json_option,
    quiet_option,
    random_option,
    seed_option,
)
from .completion import files
from .epilog import SHIPPED, examples
from .lists import ListCommand
from .loading import load_network, loading_options
from .output import (
    Styled,
    check_csv,
    complete_text,
    print_columns,
    print_table,
    say,
    stop_early,
    write_csv,
    write_json,
)
from .points import coordinates, named_file, points_or_file
from .progress import progress_bar
from .sampling import check_sampling, sampled_from
from .where import Where, domain_rows, where_options

if TYPE_CHECKING:
    from ..statistics import LineRegions

#: Breakpoints that the table shows.
SCREENFUL = 20


@click.command(
    "line",
    cls=ListCommand,
    earlier={"--through": "--along"},
    epilog=examples(
        "polyregions line wine_relu_2d.json --from -1,-1 --to 1,1",
        'polyregions line cancer_relu_3d.json --along "-1,-1,0; 0,0,0; 1,0,1" --csv breakpoints.csv',
        "polyregions line wine_relu_2d.json --random 1000 --box -1.8 3.2 --seed 0",
        folder=SHIPPED,
    ),
)
@click.argument("net", type=input_file)
@click.option(
    "--along",
    metavar="POINTS",
    shell_complete=files,
    help=f"One line from point to point: a file ({', '.join(POINT_FORMATS)}), or written out, such as "
    "'0,0; 1,0; 1,1'.",
)
@click.option("--from", "start", metavar="X,X,..", callback=coordinates, help="One segment begins here, ...")
@click.option("--to", "end", metavar="X,X,..", callback=coordinates, help="... and ends here.")
@random_option
@where_options(through=False)
@seed_option
@loading_options
@csv_option
@json_option
@quiet_option
def line_command(
    net: Path,
    along: str | None,
    start: FloatArray | None,
    end: FloatArray | None,
    n_random: int | None,
    seed: int | None,
    csv_path: Path | None,
    json_path: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Find all regions of the network file NET along lines.

    NET is .json, .npz, or a model of another library, with any number of inputs. Random lines are segments
    between two uniform points of the box. Breakpoints, where the activation pattern changes, and their order
    are exact.
    """
    forms = {
        "--along": along,
        "--from and --to": start if end is None else end,
        "--random": n_random,
    }
    if sum(value is not None for value in forms.values()) != 1 or (start is None) != (end is None):
        raise InvalidInputError(f"give one of: {', '.join(forms)}")
    where = Where.taken_from(options)
    check_sampling(n_random, where, seed)
    network = load_network(net, options)
    check_csv(csv_path)
    check_targets(
        [("--json", json_path), ("--csv", csv_path)], net, named_file("--along", along), *where.files
    )
    from ..statistics.sampling import check_lines, random_ends

    domain = None
    if n_random is not None:
        domain = where.domain(net, network)
        network, chosen = domain.network, domain.chosen
        check_lines(n_random, network)
        corners = list(random_ends(domain.box, n_random, np.random.default_rng(seed or 0)))
    else:
        network, what, chosen = where.sliced(net, network)
        corners = _corners(what, network, along, start, end)
    lines, seconds = _find(network, corners, along, not quiet)
    asked = n_random or 1
    numbers = _numbers(lines, asked, seconds) | sampled_from(domain, seed) | chosen
    try:
        if json_path != "-" and not quiet:
            print_table([*_rows(numbers), *domain_rows(numbers)])
            if len(lines) == 1:
                say()
                print_breakpoints(lines)
    finally:  # a stdout that is lost loses no file
        if csv_path is not None:
            header = ("line", "t", "segment", "share", "off_by", "units", "states")
            write_csv(header, _breakpoints(lines), csv_path)
        if json_path is not None:
            write_json(numbers, json_path)
    stop_early(lines.stopped, f"{len(lines):,} of {counted(asked, 'line')} were done")


def _corners(
    what: str | Path,
    network: Network,
    along: str | None,
    start: FloatArray | None,
    end: FloatArray | None,
) -> list[FloatArray]:
    """The corners of a line that is given."""
    from ..statistics.sampling import check_lines

    if along is not None:
        corners = list(points_or_file("--along", along, network.input_dim))
        check_lines(len(corners), network, "corners")
        return corners
    assert start is not None
    assert end is not None
    for option, point in (("--from", start), ("--to", end)):
        if point.size != network.input_dim:
            raise InvalidInputError(
                f"{option} has {point.size} coordinate(s), {what} has {network.input_dim} input(s)"
            )
    return [start, end]


def _find(
    network: Network, corners: list[FloatArray], along: str | None, shown: bool
) -> tuple[LineRegions, float]:
    """The regions, and how long it took."""
    from ..statistics import line_regions

    start = time.perf_counter()
    try:
        with progress_bar(shown, text="{done:,} of {total:,} segments, {rate:,.0f} a second") as progress:
            return line_regions(network, *corners, progress=progress), time.perf_counter() - start
    except InvalidInputError as error:
        raise InvalidInputError(f"{along or 'line'}: {error}") from error


def _numbers(lines: LineRegions, asked: int, seconds: float) -> dict[str, Any]:
    """The results for JSON."""
    from ..statistics.summaries import finite, mean_of

    units, counts = lines.network.n_units, lines.counts
    mean = mean_of(counts)
    with np.errstate(over="ignore"):
        lengths = lines.lengths
        mean_length = float(lengths.mean())
    single = None
    if len(lines) == 1:
        single = [
            {"t": t, "segment": segment, "share": share, "off_by": off_by, "units": flips, "states": states}
            for _, t, segment, share, off_by, flips, states in _breakpoints(lines)
        ]
    return {
        "lines": len(lines),
        "asked": asked,
        "regions": counts.tolist(),
        **{name: mean[name] for name in ("mean", "standard_error", "least", "most")},
        "per_unit": mean["mean"] / units if units else None,
        "mean_length": finite(mean_length),
        "lengths": [finite(length) for length in lengths.tolist()],
        "breakpoints": single,
        "dimension": lines.network.input_dim,
        "units": units,
        "undecided": lines.undecided,
        "complete": lines.complete,
        "stopped": lines.stopped or None,
        "exact": True,
        "seconds": seconds,
    }


def _breakpoints(lines: LineRegions) -> Iterator[tuple[Any, ...]]:
    """Rows: line, t, segment, share of the segment, how far off, units that flip, their states after it."""
    for line in range(len(lines)):
        for k in range(int(lines.offsets[line]), int(lines.offsets[line + 1])):
            segment, share = int(lines.segments[k]), float(lines.positions[k])
            flips = slice(int(lines.flip_offsets[k]), int(lines.flip_offsets[k + 1]))
            units, states = lines.flip_units[flips].tolist(), lines.flip_states[flips].tolist()
            yield line, segment + share, segment, share, float(lines.reach[k]), units, states


def _rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What the table says."""
    from ..statistics.summaries import mean_text

    units, several = numbers["units"], numbers["lines"] > 1
    mean = {**numbers, "n": numbers["lines"]}
    rows: list[tuple[str, str | Styled]] = [("lines", f"{numbers['lines']:,}")]
    if several:
        rows.append(("regions along a line", Styled(mean_text(mean), bold=True)))
        rows.append(("least, most", f"{numbers['least']:,.0f}, {numbers['most']:,.0f}"))
    else:
        rows.append(("regions along it", Styled(f"{numbers['regions'][0]:,}", bold=True)))
    rows.append(("per unit", mean_text(mean, 1 / units) if units else "there are no units"))
    length = numbers["mean_length"]
    rows.append(("mean length" if several else "length", "not known" if length is None else f"{length:.6g}"))
    rows += [
        ("inputs, units", f"{numbers['dimension']:,}, {units:,}"),
        ("complete", complete_text(numbers)),
        ("exact", "yes"),
        ("decided over the integers", counted(numbers["undecided"], "segment")),
        ("time", f"{numbers['seconds']:.3g} s"),
    ]
    return rows


def print_breakpoints(lines: LineRegions) -> None:
    """Print the breakpoints of a single line, a screenful of them."""
    rows = [("t", "units that change : states after it")]
    for _, t, *_, units, states in list(_breakpoints(lines))[:SCREENFUL]:
        rows.append((f"{t:.10g}", "  ".join(f"{u}:{s}" for u, s in zip(units, states, strict=True))))
    print_columns(rows)
    if (more := int(lines.counts[0]) - 1 - SCREENFUL) > 0:
        say(f"and {more:,} more; --csv writes all")
