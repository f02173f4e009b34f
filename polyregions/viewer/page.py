"""The page: one file of HTML with its scripts, its style and its data, which asks the network for nothing.

A browser obeys the policy that stands in the page: scripts and styles only by their hashes, images that the
page makes itself, and nothing else from anywhere.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from importlib.resources import files
from pathlib import Path

from ..base.files import check_target, known_ending, replacing
from ..complex.region_complex import RegionComplex
from .content import check_viewable, page_content
from .packing import pack

PAGE_FORMATS = (".html", ".htm")
#: The scripts of a page, in the order in which they build on each other.
SCRIPTS = (
    "vendor/d3.min.js",
    "unpack.js",
    "network.js",
    "regions.js",
    "colours.js",
    "fills.js",
    "raster.js",
    "slices.js",
    "frame.js",
    "plane.js",
    "overlay.js",
    "line.js",
    "panel.js",
    "search.js",
    "svg.js",
    "link.js",
    "keys.js",
    "controls.js",
    "main.js",
)


def page_html(cx: RegionComplex, title: str = "") -> str:
    """Return the page on which one walks through the regions, as text.

    Parameters
    ----------
    cx : RegionComplex
        Of one, two or three inputs; may be partial, and the page says so.
    title : str
        What stands above; the shape of the network, if nothing.

    Returns
    -------
    str
        HTML. It holds the weights of the network.

    Raises
    ------
    InvalidInputError
        If the box has more than three dimensions.
    TooLargeError
        If there are more than 500,000 regions.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 1], [1, -1]], [0, 0]), ([[1, 1]], [0])])
    >>> text = page_html(enumerate_regions(net, Box.cube(2, -1, 1)))
    >>> text.startswith("<!DOCTYPE html>"), "http-equiv" in text
    (True, True)
    """
    network = cx.network
    shape = "-".join(map(str, (network.input_dim, *network.widths, network.output_dim)))
    head, arrays = page_content(cx, title or f"network {shape}")
    head["table"], data = pack(arrays)
    return _assembled(head["title"], json.dumps(head), data)


def write_page(cx: RegionComplex, path: str | Path, title: str = "") -> None:
    """Write the page to a file, whole or not at all.

    Parameters
    ----------
    cx, title
        As :func:`page_html`.
    path : str or Path
        ``.html``. An existing file is replaced.

    Raises
    ------
    InvalidInputError
        If the box has more than three dimensions, or the file cannot be written.
    TooLargeError
        If there are more than 500,000 regions.
    FileFormatError
        If the name has another ending.
    """
    check_page(cx.box.dim, path)
    text = page_html(cx, title)
    with replacing(path) as file:
        file.write(text.encode())


def check_page(dim: int, path: str | Path) -> None:
    """Refuse, before any work, a box that no page shows, and a file that cannot be one or be written."""
    check_viewable(dim)
    known_ending(path, "page", PAGE_FORMATS)
    check_target(path)


def _asset(name: str) -> str:
    return files(__package__).joinpath("assets", *name.split("/")).read_text(encoding="utf-8")


def _assembled(title: str, head: str, data: str) -> str:
    # The licences of the library that is bundled go where it goes.
    licences = f"/*\n{_asset('vendor/d3.LICENSE.txt')}*/\n"
    script = '"use strict";\n' + licences + "\n".join(_asset(name) for name in SCRIPTS)
    style = _asset("page.css")
    # No text of a network's may end the element that it stands in.
    head = head.replace("<", "\\u003c")
    places = {
        "{{policy}}": _policy(script, style),
        "{{title}}": html.escape(title),
        "{{style}}": style,
        "{{head}}": head,
        "{{data}}": data,
        "{{script}}": script,
    }
    text = _asset("page.html")
    before: list[str] = []
    for place, value in places.items():
        start, end = text.split(place)  # in the order of the page, and what is put in is not looked at again
        before += [start, value]
        text = end
    return "".join([*before, text])


def _policy(script: str, style: str) -> str:
    """Nothing from anywhere, but this script, this style, and images that the page makes."""
    return (
        f"default-src 'none'; script-src '{_source_hash(script)}'; style-src '{_source_hash(style)}'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )


def _source_hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
