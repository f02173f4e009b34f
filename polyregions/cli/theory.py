"""``polyregions bounds`` and ``polyregions construct``: theory without an enumeration."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .common import Sides, box_option, check_targets, file_option, json_option, output_file
from .output import print_columns, write_json
from .subject import ListCommand, choose, parameter_options, whole_numbers
from .where import Where


@click.command("bounds", cls=ListCommand)
@click.option("--inputs", type=int, required=True, metavar="N", help="Number of inputs.")
@click.option(
    "--widths", callback=whole_numbers, required=True, metavar="N N ...", help="Units of the hidden layers."
)
@click.option("--rank", type=int, metavar="K", help="Maxout of this rank; ReLU if not given.")
@json_option
@file_option(
    "--plot", "plot_path", "Draw deep networks beside shallow ones of the same size: .png, .svg or .pdf."
)
def bounds_command(
    inputs: int, widths: list[int], rank: int | None, json_path: str | None, plot_path: Path | None
) -> None:
    """Tell how many regions networks of a shape can have, by every theorem.

    \b
    Example:
      polyregions bounds --inputs 2 --widths 4 4 3

    A bound whose hypothesis fails has no value, and the reason stands beside it.
    """  # noqa: D301  click needs the character that the escape stands for
    from ..theory.bounds import bounds_table, format_number

    check_targets([("--json", json_path), ("--plot", plot_path)])
    if plot_path is not None:
        from ..plot.figures import check_figure

        check_figure(plot_path)
    table = bounds_table(inputs, widths, rank)
    if json_path is not None:
        write_json(
            {"inputs": inputs, "widths": widths, "rank": rank, "bounds": [asdict(b) for b in table]},
            json_path,
        )
    if plot_path is not None:
        from ..plot import plot_shallow_and_deep

        plot_shallow_and_deep(inputs, path=plot_path)
    if json_path != "-":
        rows = [
            (
                b.name,
                b.kind,
                "-" if b.value is None else format_number(b.value),
                b.counts,
                b.reason or b.source,
            )
            for b in table
        ]
        print_columns([("bound", "kind", "number", "of", "source, or why not"), *rows])


@click.command("construct", cls=ListCommand)
@click.argument("file", type=output_file)
@parameter_options
@box_option(required=False)
def construct_command(
    file: Path, construction: str | None, arrangement: str | None, sides: Sides, **parameters: Any
) -> None:
    """Write a construction or an arrangement as the network file FILE, and tell what theory predicts.

    \b
    FILE is .json or .npz. Examples:
      polyregions construct fold.json --construction montufar --inputs 2 --widths 4 4 3
      polyregions construct shi.json --arrangement shi --n 4
    """  # noqa: D301  click needs the character that the escape stands for
    from ..verification.claims import show
    from ..verification.report import exact_text

    check_targets([("FILE", file)])
    subject = choose(None, construction, arrangement, Where(sides), parameters)
    subject.network.save(file)
    rows = [("network", repr(subject.network)), ("source", subject.source)]
    ends = zip(subject.box.lower.tolist(), subject.box.upper.tolist(), strict=True)
    given = [f"--box {exact_text(a)} {exact_text(b)}" for a, b in ends]
    rows.append(("box", " ".join(given[:1] if len(set(given)) == 1 else given)))
    for p in subject.predictions:
        value = f"{p.relation} {show(p.value)}" if p.value is not None else f"not predicted: {p.reason}"
        rows.append((p.quantity.replace("_", " "), value))
    print_columns(rows)
