"""``polyregions boundary``: where the largest output changes, or one output crosses a level."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import numpy as np

from ..errors import InvalidInputError, TooLargeError, counted
from .boundary_files import BoundaryFiles, file_options
from .common import input_file, quiet_option, workers_option, yes_option
from .epilog import SHIPPED, examples
from .forecast import look_ahead
from .lists import ListCommand, whole_numbers
from .loading import load_network, loading_options
from .output import Styled, print_table
from .progress import enumerating, status
from .saved import is_result, load_saved
from .where import Domain, Where, domain_rows, sides_of, where_options

if TYPE_CHECKING:
    from ..complex.decision import DecisionBoundary
    from ..complex.region_complex import RegionComplex

#: What the measure of a boundary is called, by the dimension of the box.
MEASURES = {1: "points", 2: "length", 3: "area"}
#: Decisions, and pairs of them, that the table shows.
SCREENFUL = 12


@click.command(
    "boundary",
    cls=ListCommand,
    epilog=examples(
        "polyregions boundary wine_relu_2d.json --box -1.8 3.2 --box -1.7 3.3 --out lines.geojson",
        "polyregions boundary iris_mixed_2d.json --box -1.5 1.8 --outputs 1 2 --plot classes.png",
        "polyregions boundary cancer_relu_3d.json --box -2 2 --outputs 0 --level 0.5",
        folder=SHIPPED,
    ),
)
@click.argument("net", metavar="NET|RESULT", type=input_file)
@where_options(through=True, inside=True)
@click.option(
    "--outputs",
    callback=whole_numbers,
    metavar="N N ...",
    help="Outputs that compete for the largest, numbered from 0, all if not given; with --level, the one.",
)
@click.option(
    "--level", type=float, metavar="V", help="Where one output crosses V, not where the largest changes."
)
@loading_options
@workers_option
@yes_option
@file_options
@quiet_option
def boundary_command(
    net: Path, outputs: list[int] | None, level: float | None, yes: bool, quiet: bool, **options: Any
) -> None:
    """Find where the largest output changes, the decision boundary, or where one output crosses a level.

    NET is .json, .npz, or a model of another library; RESULT is what polyregions enumerate --save wrote, and
    has its box. It tells the number of flat pieces, their length (area, ...) with a proven bound, and how
    many connected parts they form. Pieces and parts are exact. Of outputs that tie throughout a region the
    first is taken; at a level, what is not above it is below. The result is written as .csv or .geojson (in
    the plane, lines from end to end), or drawn; --out may be given several times.
    """
    files = BoundaryFiles.taken_from(options)
    where, workers = Where.taken_from(options), options.pop("workers")
    domain, cx = _subject(net, where, options)
    competing = _outputs(domain, outputs, level)
    files.check(domain.box, net, *where.files)
    start = time.perf_counter()
    if cx is None:
        look_ahead(domain, {"engine": "subdivide", "limit": None, "time_limit": None}, not quiet, yes)
        start = time.perf_counter()
        cx = _enumerate(domain, workers, not quiet)
    with status(not quiet, "cutting the regions where the decision changes"):
        found = cx.decision_boundary(competing) if level is None else cx.level_set(competing[0], level)
        numbers = _numbers(found, competing, level)
    numbers |= domain.numbers() | {"exact": True, "seconds": time.perf_counter() - start}
    try:
        if files.json_path != "-" and not quiet:
            print_table(_rows(numbers))
    finally:  # a stdout that is lost loses no file
        files.write(found, numbers, not quiet)


def _subject(net: Path, where: Where, options: dict[str, Any]) -> tuple[Domain, RegionComplex | None]:
    """The network in its box, and its regions if a result holds them with their faces."""
    if not is_result(net):
        return where.domain(net, load_network(net, options)), None
    cx = load_saved(net, where, options, {})
    has_all = cx.complete and cx.known_faces is not None and cx.further is not None
    return Domain(cx.network, cx.box, polytope=cx.polytope), cx if has_all else None


def _enumerate(domain: Domain, workers: int, shown: bool) -> RegionComplex:
    """All regions with all their faces, which boundaries are cut from."""
    from ..engines.enumerate import enumerate_regions

    try:
        with enumerating({"engine": "subdivide", "workers": workers}, shown) as work:
            return enumerate_regions(domain.network, domain.place, **work)
    except TooLargeError as error:
        dim = domain.box.dim
        raise TooLargeError(
            f"a boundary is cut from all faces of the regions, too many in {dim} dimensions; "
            "take a plane through points by --through or --plane, or fix inputs by --box"
        ) from error


def _outputs(domain: Domain, outputs: list[int] | None, level: float | None) -> tuple[int, ...]:
    """The outputs that compete, or the one that crosses the level; refused before any work."""
    from ..complex.decision import competing_outputs, with_level

    network = domain.network
    if level is None and outputs is None and network.output_dim == 1:
        raise InvalidInputError("the network has one output, which is always the largest: give --level V")
    if level is None:
        return competing_outputs(network, outputs)
    if outputs is None and network.output_dim > 1:
        raise InvalidInputError(f"--level is for one of {network.output_dim} outputs: give --outputs N too")
    chosen = outputs or [0]
    if len(chosen) != 1:
        raise InvalidInputError(f"--level is for one output, --outputs names {len(chosen)}")
    with_level(network, chosen[0], level)
    return (chosen[0],)


def _numbers(
    found: DecisionBoundary[RegionComplex], outputs: tuple[int, ...], level: float | None
) -> dict[str, Any]:
    """The results for JSON."""
    from ..base.rounding import bounded_sum

    cx, decisions = found.complex, found.decisions
    values, errors = found.measured()
    shares, off = cx.need_faces("decisions").measured_shares()
    sides = found.piece_decisions()

    def measured(here: Any) -> dict[str, float | None]:
        total, error = bounded_sum(values[here], errors[here])
        return {"measure": _finite(total), "error": _finite(error)}

    def decided(label: int) -> dict[str, Any]:
        here = decisions == label
        share, error = bounded_sum(shares[here], off[here])
        return {"decision": label, "regions": int(here.sum()), "share": share, "error": error}

    between = [
        {"first": a, "second": b, "pieces": int(here.sum()), **measured(here)}
        for a, b in np.unique(sides, axis=0).tolist()
        for here in [(sides == [a, b]).all(axis=1)]
    ]
    plane = cx.box.dim == 2
    return {
        "outputs": list(outputs),
        "level": level,
        "pieces": len(sides),
        "pieces_dimension": cx.box.dim - 1,
        **measured(slice(None)),
        "components": len(np.unique(found.components)),
        "lines": len(found.polylines()) if plane else None,
        "between": between,
        "decisions": [decided(label) for label in np.unique(decisions).tolist()],
        "regions": cx.n_regions,
        "dimension": cx.box.dim,
        "units": cx.network.n_units - cx.network.layers[-1].n_units,
        "box": sides_of(cx.box),
        "complete": True,
    }


def _finite(number: float) -> float | None:
    """A number that JSON has, or None."""
    return number if math.isfinite(number) else None


def _rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What the table says."""
    outputs, level = numbers["outputs"], numbers["level"]
    of = f"the largest of outputs {', '.join(map(str, outputs))} changes"
    if level is not None:
        of = f"output {outputs[0]} crosses {level!r}"
    rows: list[tuple[str, str | Styled]] = [
        ("where", of),
        ("pieces", Styled(f"{numbers['pieces']:,}", bold=True)),
    ]
    if numbers["dimension"] > 1:
        name = MEASURES.get(numbers["dimension"], f"volume, of dimension {numbers['pieces_dimension']}")
        rows.append((name, _measure_text(numbers)))
    rows.append(("connected parts", f"{numbers['components']:,}"))
    if numbers["lines"] is not None:
        rows.append(("lines, end to end", f"{numbers['lines']:,}"))
    if level is None and len(numbers["between"]) > 1:
        for pair in numbers["between"][:SCREENFUL]:
            text = counted(pair["pieces"], "piece")
            if numbers["dimension"] > 1:
                text += f", {_measure_text(pair)}"
            rows.append((f"between {pair['first']} and {pair['second']}", text))
    for decided in numbers["decisions"][:SCREENFUL]:
        name = f"output {decided['decision']} largest" if level is None else "not above it"
        name = "above it" if level is not None and decided["decision"] else name
        share = f"{100 * decided['share']:.4g}% of the box"
        rows.append((name, f"{counted(decided['regions'], 'region')}, {share}"))
    if max(len(numbers["between"]), len(numbers["decisions"])) > SCREENFUL:
        rows.append(("more", "--json - shows all"))
    rows += [
        ("exact", "yes"),
        ("inputs, units", f"{numbers['dimension']:,}, {numbers['units']:,}"),
        *domain_rows(numbers),
        ("time", f"{numbers['seconds']:.3g} s"),
    ]
    return rows


def _measure_text(numbers: dict[str, Any]) -> str:
    """A length, area, ... and how far it may be off."""
    if numbers["measure"] is None:
        return "more than float64 holds"
    if numbers["error"] is None:
        return f"{numbers['measure']:.12g}"
    shown = f"{numbers['measure']:.12g}"
    # What is shown is rounded too, and so is the bound: up.
    error = Fraction(numbers["error"]) + abs(Fraction(shown) - Fraction(numbers["measure"]))
    return f"{shown}, off by at most {rounded_up(error)}"


def rounded_up(bound: Fraction) -> str:
    """A number with two digits that is not below it.

    Examples
    --------
    >>> rounded_up(Fraction(12345, 10**14)), rounded_up(Fraction(0)), rounded_up(Fraction(1, 4))
    ('1.3e-10', '0', '0.25')
    """
    shown = f"{float(bound):.2g}"
    if Fraction(shown) >= bound:
        return shown
    digits = -math.floor(math.log10(float(bound))) + 1
    return f"{float(Fraction(math.ceil(bound * Fraction(10) ** digits), 1) / Fraction(10) ** digits):.2g}"
