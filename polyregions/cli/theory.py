"""``polyregions bounds`` and ``polyregions construct``: theory without an enumeration."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from .common import (
    Sides,
    box_option,
    check_targets,
    inputs_option,
    json_option,
    output_file,
    plot_option,
    rank_option,
    widths_option,
)
from .epilog import examples
from .lists import ListCommand
from .output import print_columns, write_json
from .subject import choose, parameter_options
from .where import Where


@click.command(
    "bounds",
    cls=ListCommand,
    epilog=examples(
        "polyregions bounds --inputs 2 --widths 4 4 3",
        "polyregions bounds --inputs 2 --widths 4 4 --rank 3",
    ),
)
@inputs_option(required=True)
@widths_option(required=True)
@rank_option
@json_option
@plot_option
def bounds_command(
    inputs: int, widths: list[int], rank: int | None, json_path: str | None, plot_path: Path | None
) -> None:
    """Tell how many regions networks of a shape can have, by every theorem.

    Units are maxout units if --rank is given, else ReLU. A bound whose hypothesis fails has no value, and the
    reason stands beside it. The picture shows deep networks beside shallow ones of the same size.
    """
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


@click.command(
    "construct",
    cls=ListCommand,
    epilog=examples(
        "polyregions construct fold.json --construction montufar --inputs 2 --widths 4 4 3",
        "polyregions construct shi.json --arrangement shi --n 4",
    ),
)
@click.argument("file", type=output_file)
@parameter_options
@box_option(required=False)
def construct_command(
    file: Path, construction: str | None, arrangement: str | None, sides: Sides, **parameters: Any
) -> None:
    """Write a construction or an arrangement as the network file FILE, and tell what theory predicts.

    FILE is .json or .npz.
    """
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
