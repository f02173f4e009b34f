"""``polyregions plot``: pictures of the regions of a network file, or of a saved result."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..errors import InvalidInputError
from .common import check_targets, engine_option, input_file, limit_option, out_option, quiet_option
from .epilog import SHIPPED, examples
from .forecast import look_ahead
from .loading import load_network, loading_options
from .output import say, stop_early
from .progress import enumerating, status
from .saved import is_result, load_saved
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
        over = {"--color": self.color, "--decision": self.decision, "--region-graph": self.graph}
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


@click.command(
    "plot",
    epilog=examples(
        "polyregions plot wine_relu_2d.json --box -2 3 --out regions.png",
        "polyregions plot wine_relu_2d.json --box -2 3 --color class --decision --out classes.svg",
        "polyregions plot wine_relu_2d.json --box -2 3 --growth --out growth.gif",
        folder=SHIPPED,
    ),
)
@click.argument("file", metavar="NET|RESULT", type=input_file)
@where_options(through=True, inside=True)
@loading_options
@out_option("picture", required=True)
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
@click.option(
    "--region-graph",
    "graph",
    is_flag=True,
    help="Draw the region graph over the regions; not over one input.",
)
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
    """Draw a network or a result: its regions, boundaries, decisions, graph or growth.

    NET is .json, .npz, or a model of another library; RESULT is what polyregions enumerate --save wrote, and
    has its box. Over one, two or three inputs, or a slice through more. The picture is .png, .svg or .pdf;
    with --growth also .gif, or .mp4 where ffmpeg is installed. Regions are coloured by their pattern unless
    --color says otherwise. Of a partial result, what is not known is grey, and the exit code is 3.
    """
    wanted, where = Wanted.taken_from(options), Where.taken_from(options)
    asked = {"engine": engine, "limit": limit, "time_limit": None}
    if is_result(file):
        cx = load_saved(file, where, options | asked, {"engine": "auto"})
        if wanted.maxout is not None:
            raise InvalidInputError(f"{file}: --maxout draws a unit of a network: give the network file")
        wanted.check(cx, file)
        cx = _with_faces(cx, wanted, quiet)
    else:
        domain = where.domain(file, load_network(file, options))
        wanted.check(domain, file, *where.files)
        if wanted.maxout is not None:
            from ..plot import plot_maxout

            if domain.polytope is not None:
                raise InvalidInputError("--maxout draws a unit on a box: leave out --inside")
            plot_maxout(domain.network, domain.box, wanted.maxout, wanted.picture)
            _done(wanted, quiet)
            return
        look_ahead(domain, asked, not quiet, yes=False)
        cx = _enumerate(domain, asked, wanted, quiet)
    with status(not quiet, f"drawing {wanted.picture}"):
        wanted.draw(cx)
    _done(wanted, quiet)
    stop_early(cx.stopped, "there may be more regions than these")


def _with_faces(cx: RegionComplex, wanted: Wanted, quiet: bool) -> RegionComplex:
    """The result, enumerated again if it was read without the faces that the picture takes."""
    if cx.known_faces is not None or not cx.complete or not (wanted.needs_faces or cx.box.dim == 3):
        return cx
    asked = {"engine": "subdivide", "limit": None, "time_limit": None}
    return _enumerate(Domain(cx.network, cx.box, polytope=cx.polytope), asked, wanted, quiet)


def _enumerate(domain: Domain, asked: dict[str, Any], wanted: Wanted, quiet: bool) -> RegionComplex:
    """Enumerate the regions, with their faces if the picture takes them."""
    from ..engines.enumerate import enumerate_regions

    options = {name: value for name, value in asked.items() if value is not None}
    if wanted.needs_faces and options["engine"] == "auto" and "limit" not in options:
        options["engine"] = "subdivide"
    with enumerating(options, not quiet) as work:
        return enumerate_regions(domain.network, domain.place, **work)


def _done(wanted: Wanted, quiet: bool) -> None:
    if not quiet:
        say(f"wrote {wanted.picture}")
