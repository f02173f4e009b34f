"""``polyregions export``: a result as a file that other programs open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..complex.attributes import OPTIONAL
from ..engines.enumerate import enumerate_regions
from ..errors import InvalidInputError
from ..export.formats import FORMATS, Format, find_format, write_file
from .common import check_targets, engine_option, input_file, out_option, quiet_option, workers_option
from .epilog import SHIPPED, examples
from .lists import ListCommand
from .loading import NAMES, loading_options
from .output import complete_text, print_table, stop_early
from .progress import enumerating, status
from .subject import choose, parameter_options
from .where import Where, where_options

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex

#: The options that say how to enumerate a network; a saved result has been.
WORK = {"engine": "auto", "workers": 1}


@click.command(
    "export",
    cls=ListCommand,
    epilog=examples(
        "polyregions export wine_relu_2d.json --box -2 2 --out regions.geojson",
        "polyregions export wine_relu_2d.json --box -2 2 --out table.csv --format regions.csv --without map",
        "polyregions export --arrangement shi --n 3 --out shi.ine.zip",
        folder=SHIPPED,
    ),
)
@click.argument("source", metavar="[NET|RESULT]", required=False, type=input_file)
@out_option("target", required=True)
@click.option(
    "--format",
    "-f",
    "name",
    metavar="F",
    help="The format, if the ending of FILE does not tell it: "
    f"{', '.join(form.name.removeprefix('.') for form in FORMATS)}.",
)
@click.option(
    "--region",
    "regions",
    type=int,
    multiple=True,
    metavar="I",
    help="Which region, for formats that hold regions by themselves (.stl, .ine, .ext); may be given again.",
)
@click.option(
    "--without",
    type=click.Choice(OPTIONAL),
    multiple=True,
    help="What to leave out of the attributes of regions; may be given again. Maps take the most time, "
    "patterns the most room.",
)
@where_options(through=True, inside=True)
@loading_options
@parameter_options
@engine_option
@workers_option
@quiet_option
def export_command(
    source: Path | None,
    target: Path,
    name: str | None,
    regions: tuple[int, ...],
    without: tuple[str, ...],
    quiet: bool,
    **options: Any,
) -> None:
    """Write a result to a file that other programs open.

    RESULT is what polyregions enumerate --save wrote; NET is .json, .npz, or a model of another library,
    which is enumerated in the box that is given; or a construction or an arrangement is taken by name.
    docs/export.md says what each format holds, and what opens it.
    """
    form = find_format(target, name)
    form.check_package()
    form.check_left_out(without)
    form.check_count(regions or None)
    where = Where.taken_from(options)
    check_targets([("--out", target)], source, *where.files)
    cx = _found(source, where, form, options, not quiet)
    with status(not quiet, f"writing {target}"):
        write_file(cx, target, form.name, regions=regions or None, without=without)
    if not quiet:
        numbers = {"complete": cx.complete, "stopped": cx.stopped}
        print_table(
            [
                ("regions", f"{cx.n_regions:,}"),
                ("complete", complete_text(numbers)),
                ("written", f"{target}: {form.holds}"),
            ]
        )
    stop_early(cx.stopped, "there may be more regions than these")


def _found(
    source: Path | None, where: Where, form: Format, options: dict[str, Any], shown: bool
) -> RegionComplex:
    """The saved result, or that of the network."""
    construction, arrangement = options.pop("construction"), options.pop("arrangement")
    if source is not None and where == Where() and construction is None and arrangement is None:
        return _loaded(source, form, options)
    work = {option: options.pop(option) for option in WORK}
    subject = choose(source, construction, arrangement, where, options)
    form.check_dimension(subject.box.dim)
    if form.faces and work["engine"] == "auto":
        work["engine"] = "subdivide"
    with enumerating(work, shown) as told:
        return enumerate_regions(subject.network, subject.domain.place, **told)


def _loaded(source: Path, form: Format, options: dict[str, Any]) -> RegionComplex:
    from ..complex.region_complex import RegionComplex
    from ..complex.result_files import RESULT_FORMATS

    if source.suffix.lower() not in RESULT_FORMATS:
        raise InvalidInputError(
            f"{source}: a saved result ends in {RESULT_FORMATS[0]}; a network takes --box, the range of each "
            "of its inputs"
        )
    given = [name for name, value in options.items() if value != WORK.get(name)]
    if given:
        of = "networks" if given[0] in (*NAMES, *WORK) else "constructions and arrangements"
        raise InvalidInputError(
            f"--{given[0].replace('_', '-')} is for {of}, and {source} is taken for a saved result, "
            "since no --box is given"
        )
    return RegionComplex.load(source)
