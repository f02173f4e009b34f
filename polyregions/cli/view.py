"""``polyregions view``: a page on which one walks through the regions."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..base.archives import read_archive
from ..engines.enumerate import enumerate_regions
from ..errors import InvalidInputError
from .common import (
    check_targets,
    engine_option,
    input_file,
    limit_option,
    output_file,
    quiet_option,
    workers_option,
)
from .forecast import look_ahead
from .loading import load_network, loading_options
from .output import say, stop_early
from .progress import progress_bar, status
from .where import Where, where_options

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex


@click.command("view")
@click.argument("file", metavar="NET|RESULT", type=input_file)
@click.option(
    "--output-file", "-o", "page", metavar="FILE", type=output_file, required=True, help="The page: .html."
)
@click.option(
    "--title", metavar="TEXT", default="", help="What stands above; the network's shape if not given."
)
@where_options(through=True)
@loading_options
@engine_option
@limit_option
@workers_option
@click.option(
    "--yes", "-y", is_flag=True, help="Begin without a question, however many regions are expected."
)
@quiet_option
def view_command(file: Path, page: Path, title: str, yes: bool, quiet: bool, **options: Any) -> None:
    """Write a page on which one walks through the regions of one, two or three inputs.

    \b
    NET is a network file; RESULT is written by enumerate --save. Examples:
      polyregions view net.json --box -1 1 -o page.html
      polyregions view images.npz --plane three_images.npy -o page.html
      polyregions view result.npz -o page.html

    The page is one file: any browser opens it, without a network, and without this library. It holds the
    weights. At most 500,000 regions; a smaller box has fewer.
    """  # noqa: D301  click needs the character that the escape stands for
    from ..viewer import check_page, write_page

    where = Where.taken_from(options)
    check_targets([("--output-file", page)], file, *where.files)
    if _is_result(file):
        _refuse_options(file, where, options)
        cx = _loaded(file, page)
    else:
        domain = where.domain(file, load_network(file, options))
        check_page(domain.box.dim, page)
        limits = {"time_limit": None, **options}
        look_ahead(domain, limits, not quiet, yes)
        with redirect_stdout(sys.stderr), progress_bar(not quiet, "enumerating") as progress:
            if options["engine"] != "brute":  # which tells nothing on its way
                options["progress"] = progress
            cx = enumerate_regions(domain.network, domain.box, **options)
    with status(not quiet, f"writing {page}"):
        write_page(cx, page, title)
    if not quiet:
        say(f"{page}: {cx.n_regions:,} regions, {page.stat().st_size / 1e6:.1f} MB; open it in a browser")
    if not cx.complete:
        stop_early(cx.stopped or "unknown why", "the page says so")


def _is_result(file: Path) -> bool:
    """Whether a file says of itself that it is a result; networks may be .npz files, too."""
    from ..complex.result_files import FORMAT

    if file.suffix.lower() != ".npz":
        return False
    return str(read_archive(file, ("format",)).get("format")) == FORMAT


def _refuse_options(file: Path, where: Where, options: dict[str, Any]) -> None:
    """A result has its box and its regions: nothing is read or enumerated anew."""
    usual = {"engine": "auto", "workers": 1}
    given = [name for name, value in options.items() if value is not None and value != usual.get(name)]
    if where != Where() or given:
        name = given[0] if given else "box"
        raise InvalidInputError(
            f"{file}: a result has its box and its regions: leave out --{name.replace('_', '-')}"
        )


def _loaded(file: Path, page: Path) -> RegionComplex:
    from ..complex.region_complex import load_result
    from ..viewer import check_page

    cx = load_result(file)
    check_page(cx.box.dim, page)
    return cx
