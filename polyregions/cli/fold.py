"""``polyregions fold``: which layers fold the box, onto what, and how many regions become one."""

from __future__ import annotations

import time
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInputError, counted
from ..network.box import Box
from .common import Sides, check_targets, input_file, json_option, plot_option, quiet_option
from .epilog import examples
from .loading import load_network, loading_options
from .output import CHECK_FAILED, Styled, complain, print_columns, print_table, say, write_json
from .progress import status
from .where import Domain, Where, domain_rows, make_box, sides_of, where_options

if TYPE_CHECKING:
    from ..analysis.folding import FoldedLayer, Folding

#: Of the table of layers.
HEADER = ("layer", "folds", "regions", "images", "onto the cube", "one to one", "turned", "overlaps")
#: Characters of an image that the table shows.
WIDEST = 72


@click.command(
    "fold",
    epilog=examples(
        "polyregions construct fold.json --construction montufar --inputs 2 --widths 4 4 3",
        "polyregions fold fold.json --box 0 1 --plot fold.png",
        "polyregions fold fold.json --box -1 2 --cube 0 1",
    ),
)
@click.argument("net", type=input_file)
@where_options(through=True)
@click.option(
    "--cube",
    "cube_sides",
    type=float,
    nargs=2,
    multiple=True,
    metavar="LO HI",
    help="The part of the box that is to be folded, given as --box is; all of it if not given.",
)
@loading_options
@plot_option
@json_option
@quiet_option
def fold_command(
    net: Path,
    cube_sides: Sides,
    plot_path: Path | None,
    json_path: str | None,
    quiet: bool,
    **options: Any,
) -> None:
    """Find out which layers of the network file NET fold the box, onto what, and how many to one.

    NET is .json, .npz, or a model of another library. A layer folds the box if it and those before it map
    every region of the box one to one onto the same image, which is a cube in affine coordinates: then all
    that later layers draw on the image is in each of these regions. All of it is decided exactly. The exit
    code is 1 if the regions of the layers do not add up, which no network can bring about.
    """
    where = Where.taken_from(options)
    domain = where.domain(net, load_network(net, options))
    cube = _cube(domain, cube_sides)
    check_targets([("--json", json_path), ("--plot", plot_path)], net, *where.files)
    if plot_path is not None:
        _check_picture(domain, plot_path)
    from ..analysis.folding import verify_folding

    start = time.perf_counter()
    with status(not quiet, "comparing the images of the regions"):
        folding = verify_folding(domain.network, domain.box, cube)
    numbers = _numbers(folding, time.perf_counter() - start) | domain.numbers()
    try:
        if json_path != "-" and not quiet:
            _print(folding, numbers)
    finally:  # a stdout that is lost loses no file
        if json_path is not None:
            write_json(numbers, json_path)
        if plot_path is not None:
            _draw(folding, plot_path, not quiet)
    if not folding.adds_up:
        complain("the regions of the layers do not add up as identified regions do; please report this")
        click.get_current_context().exit(CHECK_FAILED)


def _cube(domain: Domain, sides: Sides) -> Box | None:
    """The part of the box that is to be folded."""
    if not sides:
        return None
    dim = domain.box.dim
    if len(sides) not in (1, dim):
        raise InvalidInputError(
            f"--cube is given {counted(len(sides), 'time')}: give it once, for all inputs that are free, or "
            f"{counted(dim, 'time')}"
        )
    return make_box("--cube", dim, sides)


def _check_picture(domain: Domain, path: Path) -> None:
    """Refuse, before any work, a picture that cannot be drawn."""
    from ..plot.figures import check_figure

    if domain.box.dim > 2:
        raise InvalidInputError(
            f"--plot: the box has {domain.box.dim} dimensions, and a sheet to be drawn has at most 2"
        )
    check_figure(path)


def _draw(folding: Folding, path: Path, shown: bool) -> None:
    from ..plot import plot_folding

    with status(shown, f"drawing {path}"):
        plot_folding(folding, path)


def _numbers(folding: Folding, seconds: float) -> dict[str, Any]:
    """The results for JSON."""
    found = folding.summary()
    for layer, numbers in zip(folding.layers, found["layers"], strict=True):
        numbers["folded_cube"] = _frame(layer)
    return {
        "headline": folding.headline,
        **found,
        "box": sides_of(folding.box),
        "cube": sides_of(folding.cube),
        "dimension": folding.box.dim,
        "units": folding.network.n_units,
        "exact": True,
        "seconds": seconds,
    }


def _frame(layer: FoldedLayer) -> dict[str, Any] | None:
    """The corner of the folded cube and the edges from it, as the next layer sees them; rounded once."""
    frame = None if layer.cube is None else layer.images[layer.cube].frame
    if frame is None:
        return None
    corner, edges = frame
    return {"corner": [float(v) for v in corner], "edges": [[float(v) for v in edge] for edge in edges]}


def _print(folding: Folding, numbers: dict[str, Any]) -> None:
    say(Styled(folding.headline, bold=True))
    say()
    print_columns([HEADER, *map(_columns, folding.layers)])
    say()
    rows: list[tuple[str, str | Styled]] = []
    for layer in folding.layers:
        if layer.is_fold:
            rows.append((f"layer {layer.layer + 1} folds onto", _image_text(layer)))
    rows += [
        ("a folding", "yes" if folding.is_folding else "no"),
        ("adds up", "yes" if folding.adds_up else Styled("NO", "red", bold=True)),
    ]
    if folding.cube != folding.box:
        around = folding.layers[-1].surroundings
        text = f"{around.inside:,} in the cube, {around.cut:,} cut by its sides, {around.outside:,} outside"
        rows.append(("regions of the box", text))
    rows += [
        ("exact", "yes"),
        ("inputs, units", f"{numbers['dimension']:,}, {numbers['units']:,}"),
        *domain_rows(numbers),
        ("time", f"{numbers['seconds']:.3g} s"),
    ]
    print_table(rows)


def _columns(layer: FoldedLayer) -> tuple[str, ...]:
    """One row of the table of layers."""
    images = [
        f"{counted(count, 'image')} of {counted(size, 'region')}"
        for size, count in layer.summary()["multiplicities"]
    ]
    shown = ", ".join(images[:3]) + (", ..." if len(images) > 3 else "")
    return (
        str(layer.layer + 1),
        "yes" if layer.is_fold else "no",
        f"{layer.n_regions:,}",
        shown,
        f"{int(layer.onto.sum()):,}" if layer.cube is not None else "there is none",
        f"{int(layer.injective.sum()):,}",
        f"{int(layer.turned.sum()):,} of {counted(len(layer.turned), 'facet')}",
        "not known" if layer.overlaps is None else counted(len(layer.overlaps), "pair"),
    )


def _image_text(layer: FoldedLayer) -> str:
    """The folded cube as the next layer sees it: a corner and the edges from it."""
    frame = None if layer.cube is None else layer.images[layer.cube].frame
    assert frame is not None
    corner, edges = frame
    text = f"corner {_point(corner)}, edges {', '.join(map(_point, edges))}"
    if len(text) <= WIDEST:
        return text
    return f"a cube of {counted(len(edges), 'dimension')} in {counted(len(corner), 'coordinate')}"


def _point(point: tuple[Fraction, ...]) -> str:
    return f"({', '.join(map(str, point))})"
