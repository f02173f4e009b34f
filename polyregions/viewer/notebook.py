"""The page within a notebook."""

from __future__ import annotations

import html
from functools import cached_property
from pathlib import Path

from ..base.files import replacing
from ..complex.region_complex import RegionComplex
from .content import check_viewable
from .page import check_page, page_html


class View:
    """A page that a notebook shows where it stands: the last value of a cell.

    Parameters
    ----------
    cx : RegionComplex
        Of one, two or three inputs.
    title : str
    height : int
        In pixels.

    Raises
    ------
    InvalidInputError, TooLargeError
        As :func:`polyregions.viewer.page_html`.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 1], [1, -1]], [0, 0]), ([[1, 1]], [0])])
    >>> View(enumerate_regions(net, Box.cube(2, -1, 1)))
    View(4 regions)
    """

    def __init__(self, cx: RegionComplex, title: str = "", height: int = 640) -> None:
        check_viewable(cx.box.dim, cx.n_regions)
        self._cx, self._title, self._height = cx, title, height

    @cached_property
    def html(self) -> str:
        """The page as text."""
        return page_html(self._cx, self._title)

    def save(self, path: str | Path) -> None:
        """Write the page to an ``.html`` file."""
        check_page(self._cx.box.dim, path)
        with replacing(path) as file:
            file.write(self.html.encode())

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{html.escape(self.html)}" width="100%" height="{self._height}" '
            'style="border:0" sandbox="allow-scripts allow-downloads"></iframe>'
        )

    def __repr__(self) -> str:
        return f"View({self._cx.n_regions} regions)"
