"""What the commands share: options, and which files may be written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from ..base.files import check_target
from ..engines.enumerate import ENGINES
from ..errors import InvalidInputError
from .lists import whole_numbers

Sides = tuple[tuple[float, float], ...]


class FilePath(click.Path):
    """A path that the system can take."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Refuse what no file can be called, and read the rest as click does."""
        if "\0" in str(value):
            self.fail(f"{str(value)!r} has a NUL character, which no file's name can have", param, ctx)
        return super().convert(value, param, ctx)


input_file = FilePath(exists=True, dir_okay=False, path_type=Path)
output_file = FilePath(path_type=Path)


def box_option(required: bool) -> Callable[[Any], Any]:
    """The option ``--box``, given once or once for each input."""
    return click.option(
        "--box",
        "sides",
        type=float,
        nargs=2,
        multiple=True,
        required=required,
        metavar="LO HI",
        help="Range of one input, in order; a single --box is the range of every input. An input whose LO "
        "and HI are the same is fixed.",
    )


def file_option(name: str, dest: str, text: str) -> Callable[[Any], Any]:
    """An option that names a file to write."""
    return click.option(name, dest, metavar="FILE", type=output_file, help=text)


def out_option(dest: str, **more: Any) -> Callable[[Any], Any]:
    """The option ``--out``, for commands that write one kind of thing in several formats."""
    text = "What to write; the ending of its name tells the format."
    return click.option("--out", "-o", dest, metavar="FILE", type=output_file, help=text, **more)


def inputs_option(required: bool) -> Callable[[Any], Any]:
    """The option ``--inputs``, of networks that are made or thought of."""
    return click.option("--inputs", type=int, required=required, metavar="N", help="Number of inputs.")


def widths_option(required: bool) -> Callable[[Any], Any]:
    """The option ``--widths``, likewise."""
    return click.option(
        "--widths",
        callback=whole_numbers,
        required=required,
        metavar="N N ...",
        help="Units of each hidden layer.",
    )


rank_option = click.option("--rank", type=int, metavar="N", help="Pieces of each maxout unit.")
engine_option = click.option(
    "--engine", type=click.Choice(ENGINES), default="auto", show_default=True, help="How to enumerate."
)
limit_option = click.option(
    "--limit", type=click.IntRange(min=1), metavar="N", help="Stop after N regions (exit code 3)."
)
workers_option = click.option(
    "--workers",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    metavar="N",
    help="Number of threads. It never changes the answer.",
)
yes_option = click.option(
    "--yes",
    "-y",
    is_flag=True,
    help="Begin without a question, however many regions are to be expected.",
)
plot_option = file_option("--plot", "plot_path", "Draw the result: .png, .svg or .pdf.")
csv_option = file_option("--csv", "csv_path", "Write every row of the result as a table: .csv.")
certify_option = click.option(
    "--certify/--no-certify",
    "certified",
    default=None,
    help="Prove the result independently, in exact arithmetic (exit code 1 if it is wrong). Only verify does "
    "if not told.",
)
json_option = click.option(
    "--json",
    "json_path",
    metavar="FILE",
    type=FilePath(allow_dash=True),
    help="Write the summary as JSON; - is stdout, which then holds nothing else.",
)
random_option = click.option(
    "--random",
    "n_random",
    type=click.IntRange(min=1),
    metavar="N",
    help="Take N at random, uniform in the box of --box.",
)
seed_option = click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="What is random is the same for the same seed; 0 if not given.",
)
quiet_option = click.option("--quiet", "-q", is_flag=True, help="Print no table and no progress.")


def check_targets(targets: Sequence[tuple[str, str | Path | None]], *sources: Path | None) -> None:
    """Refuse, before any work, files that cannot be written, or would overwrite an input or each other."""
    places = {source.resolve(): "the input" for source in sources if source is not None}
    for option, target in targets:
        if target is None or target == "-":
            continue
        place = Path(target).resolve()
        if place in places:
            raise InvalidInputError(f"{target}: {option} would overwrite {places[place]}, the same file")
        places[place] = option
        check_target(target)
