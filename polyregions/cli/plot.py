"""``polyregions plot``: pictures of the regions of a network file, or of a saved result."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.archives import read_archive
from ..errors import InvalidInputError
from .common import check_targets, engine_option, input_file, limit_option, output_file, quiet_option
from .forecast import look_ahead
from .loading import load_network, loading_options, taken_loading
from .output import say, stop_early
from .progress import progress_bar, status
from .where import Domain, Where, where_options

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex


@dataclass(frozen=True)
class Wanted:
    """What the picture is to show; None, or False, for what was not asked for."""

    picture: Path
    color: str | None
    boundaries: bool | None
    decision: bool
    graph: bool
    growth: bool
    maxout: int | None

    @classmethod
    def taken_from(cls, options: dict[str, Any]) -> Wanted:
        """Take them out of the options of the command.

        Raises
        ------
        InvalidInputError
            If two of them do not go together.
        """
        wanted = cls(**{field.name: options.pop(field.name) for field in fields(cls)})
        wanted._check()
        return wanted

    def _check(self) -> None:
        from ..plot.coloring import parse_color
        from ..plot.growth import MOVING_FORMATS

        if self.color is not None:
            parse_color(self.color)
        over = {"--color": self.color, "--decision": self.decision, "--graph": self.graph}
        given = [option for option, value in over.items() if value]
        if self.growth and self.maxout is not None:
            raise InvalidInputError("give one of: --growth, --maxout")
        if self.growth and given:
            raise InvalidInputError(f"--growth shows patterns and boundaries: leave out {given[0]}")
        if self.maxout is not None and (given or self.boundaries is not None):
            option = given[0] if given else "--boundaries"
            raise InvalidInputError(f"--maxout shows one unit: leave out {option}")
        if not self.growth and self.picture.suffix.lower() in MOVING_FORMATS:
            raise InvalidInputError(f"{self.picture}: {self.picture.suffix} shows growth: add --growth")

    def check(self, domain: Domain | RegionComplex, *read: Path | None) -> None:
        """Refuse, before any work, what cannot be drawn of this box, or written."""
        from ..plot.coloring import parse_color
        from ..plot.growth import check_growth
        from ..plot.regions import Parts, check_parts, check_plot

        box = domain.box
        if self.growth:
            check_growth(box.dim, self.picture)
        check_plot(box, None if self.growth else self.picture, most=3 if self.maxout is None else 2)
        parts = Parts(self.boundaries, self.decision, self.graph)
        check_parts(box.dim, parts, self.color is not None)
        if self.color is not None:
            parse_color(self.color, domain.network)
        check_targets([("--out", self.picture)], *read)

    @property
    def needs_faces(self) -> bool:
        """Whether decisions are asked for."""
        return self.decision or self.color == "class"

    def draw(self, cx: RegionComplex) -> None:
        """Draw the regions."""
        from ..plot import plot_growth, plot_regions

        if self.growth:
            plot_growth(cx, self.picture, boundaries=self.boundaries is not False)
            return
        plot_regions(
            cx,
            self.picture,
            color=self.color,
            boundaries=self.boundaries,
            decision=self.decision,
            graph=self.graph,
        )


@click.command("plot")
@click.argument("file", type=input_file)
@where_options(through=True)
@loading_options
@click.option(
    "--out",
    "-o",
    "picture",
    metavar="PICTURE",
    type=output_file,
    required=True,
    help="File to write: .png, .svg or .pdf; with --growth also .gif, or .mp4 where ffmpeg is installed.",
)
@click.option(
    "--color",
    metavar="WHAT",
    help="pattern (if not given), layer[:N] (its states alone; 1 is the first), output[:N] (0 is the first), "
    "gradient[:N] (norm of that of an output), class (the largest output), area.",
)
@click.option(
    "--boundaries/--no-boundaries",
    default=None,
    help="Whether to draw boundaries, by layer; drawn over one or two inputs if not given.",
)
@click.option(
    "--decision", is_flag=True, help="Draw where the largest output changes; of a single one, its 0."
)
@click.option("--graph", is_flag=True, help="Draw the region graph over the regions; not over one input.")
@click.option(
    "--growth", is_flag=True, help="Draw how the subdivision grows layer by layer; up to two inputs."
)
@click.option(
    "--maxout",
    type=click.IntRange(min=0),
    metavar="I",
    help="Draw maxout unit I of the first layer, from 0: its upper envelope and its power diagram.",
)
@engine_option
@limit_option
@quiet_option
def plot_command(file: Path, engine: str, limit: int | None, quiet: bool, **options: Any) -> None:
    """Draw the regions of FILE: a network, or a result that was written by --save.

    \b
    Over one, two or three inputs, or a slice through more. Examples:
      polyregions plot net.json --box -1 1 -o regions.png
      polyregions plot net.json --box -1 1 -o states.svg --color layer:2
      polyregions plot net.json --box -1 1 -o steep.png --color gradient --no-boundaries
      polyregions plot net.json --box -1 1 -o classes.png --color class --boundaries
      polyregions plot net.json --box -1 1 -o graph.pdf --graph --decision
      polyregions plot net.json --box -1 1 -o growth.png --growth
      polyregions plot net.json --box -1 1 -o growth.gif --growth
      polyregions plot maxout.json --box -1 1 -o unit.png --maxout 0
      polyregions plot images.npz --plane three_images.npy -o plane.png --decision
      polyregions plot result.npz -o regions.png --color area

    Regions are coloured by their pattern unless --color says otherwise. Of a partial result, what is not
    known is grey, and the exit code is 3.
    """  # noqa: D301  click needs the character that the escape stands for
    wanted, where = Wanted.taken_from(options), Where.taken_from(options)
    asked = {"engine": engine, "limit": limit, "time_limit": None}
    cx = _result(file)
    if cx is not None:
        _check_result(file, where, options | asked)
        if wanted.maxout is not None:
            raise InvalidInputError(f"{file}: --maxout draws a unit of a network: give the network file")
        wanted.check(cx, file)
        cx = _with_faces(cx, wanted, quiet)
    else:
        domain = where.domain(file, load_network(file, options))
        wanted.check(domain, file, *where.files)
        if wanted.maxout is not None:
            from ..plot import plot_maxout

            plot_maxout(domain.network, domain.box, wanted.maxout, wanted.picture)
            _done(wanted, quiet)
            return
        look_ahead(domain, asked, not quiet, yes=False)
        cx = _enumerate(domain, asked, wanted, quiet)
    with status(not quiet, f"drawing {wanted.picture}"):
        wanted.draw(cx)
    _done(wanted, quiet)
    stop_early(cx.stopped, "there may be more regions than these")


def _result(file: Path) -> RegionComplex | None:
    """The result in a file, or None if the file is something else."""
    from ..complex.region_complex import load_result
    from ..complex.result_files import FORMAT, RESULT_FORMATS

    if file.suffix.lower() not in RESULT_FORMATS:
        return None
    if str(read_archive(file, ("format",)).get("format")) != FORMAT:
        return None
    return load_result(file)


def _check_result(file: Path, where: Where, options: dict[str, Any]) -> None:
    """Refuse options that a result has no use for: it has its box, and is there already."""
    if where != Where():
        raise InvalidInputError(f"{file}: a result has its own box: leave out --box, slices and --vnnlib")
    given = list(taken_loading(options))
    given += [name for name, usual in (("engine", "auto"), ("limit", None)) if options[name] != usual]
    if given:
        raise InvalidInputError(
            f"{file}: a result is drawn as it is: leave out --{given[0].replace('_', '-')}"
        )


def _with_faces(cx: RegionComplex, wanted: Wanted, quiet: bool) -> RegionComplex:
    """The result, enumerated again if it was read without the faces that the picture takes."""
    if cx.known_faces is not None or not cx.complete or not (wanted.needs_faces or cx.box.dim == 3):
        return cx
    asked = {"engine": "subdivide", "limit": None, "time_limit": None}
    return _enumerate(Domain(cx.network, cx.box), asked, wanted, quiet)


def _enumerate(domain: Domain, asked: dict[str, Any], wanted: Wanted, quiet: bool) -> RegionComplex:
    """Enumerate the regions, with their faces if the picture takes them."""
    from ..engines.enumerate import enumerate_regions

    options = {name: value for name, value in asked.items() if value is not None}
    if wanted.needs_faces and options["engine"] == "auto" and "limit" not in options:
        options["engine"] = "subdivide"
    with redirect_stdout(sys.stderr), progress_bar(not quiet, "enumerating") as progress:
        if options["engine"] != "brute":  # which tells nothing on its way
            options["progress"] = progress
        return enumerate_regions(domain.network, domain.box, **options)


def _done(wanted: Wanted, quiet: bool) -> None:
    if not quiet:
        say(f"wrote {wanted.picture}")
