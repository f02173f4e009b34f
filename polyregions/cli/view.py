"""``polyregions view``: a page on which one walks through the regions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..engines.enumerate import enumerate_regions
from .common import (
    check_targets,
    engine_option,
    input_file,
    limit_option,
    out_option,
    quiet_option,
    workers_option,
    yes_option,
)
from .epilog import SHIPPED, examples
from .forecast import look_ahead
from .loading import load_network, loading_options
from .output import say, stop_early
from .progress import enumerating, status
from .saved import is_result, load_saved
from .where import Where, where_options


@click.command(
    "view",
    epilog=examples(
        "polyregions view wine_relu_2d.json --box -2 3 --out wines.html",
        "polyregions enumerate cancer_relu_3d.json --box -1 1 --save result.npz",
        "polyregions view result.npz --out cells.html",
        folder=SHIPPED,
    ),
)
@click.argument("file", metavar="NET|RESULT", type=input_file)
@out_option("page", required=True)
@click.option(
    "--title", metavar="TEXT", default="", help="What stands above; the network's shape if not given."
)
@where_options(through=True, inside=True)
@loading_options
@engine_option
@limit_option
@workers_option
@yes_option
@quiet_option
def view_command(file: Path, page: Path, title: str, yes: bool, quiet: bool, **options: Any) -> None:
    """Write a page on which one can walk through the regions.

    For one, two or three inputs. NET is .json, .npz, or a model of another library; RESULT is what
    polyregions enumerate --save wrote, and has its box. The page is one .html file: any browser opens it,
    without a network, and without this library. It holds the weights. At most 500,000 regions; a smaller box
    has fewer.
    """
    from ..viewer import check_page, write_page

    where = Where.taken_from(options)
    check_targets([("--out", page)], file, *where.files)
    if is_result(file):
        cx = load_saved(file, where, options, {"engine": "auto", "workers": 1})
        check_page(cx.box.dim, page)
    else:
        domain = where.domain(file, load_network(file, options))
        check_page(domain.box.dim, page)
        limits = {"time_limit": None, **options}
        look_ahead(domain, limits, not quiet, yes)
        with enumerating(options, not quiet) as work:
            cx = enumerate_regions(domain.network, domain.place, **work)
    with status(not quiet, f"writing {page}"):
        write_page(cx, page, title)
    if not quiet:
        say(f"{page}: {cx.n_regions:,} regions, {page.stat().st_size / 1e6:.1f} MB; open it in a browser")
    if not cx.complete:
        stop_early(cx.stopped or "unknown why", "the page says so")
