"""Single regions as exact polytopes, in the formats of cdd and lrs: ``.ine`` and ``.ext``.

``.ine`` has the irredundant half-spaces as rows ``b -A`` with ``b - A x >= 0``, ``.ext`` the vertices as
rows ``1 x``. All numbers are rational and exact. A file holds one polytope; of several regions a
``.zip`` holds one file each.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from typing import IO, TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from ..complex.attributes import separator, texts_of

if TYPE_CHECKING:
    from ..base.arrays import IntArray
    from ..complex.region_complex import RegionComplex
    from ..complex.regions import Region


def halfspace_text(region: Region) -> str:
    """The half-spaces of a region, H-representation.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1]], [-0.5]), ([[1]], [0])])
    >>> cx = enumerate_regions(net, Box([0], [1]))
    >>> print(halfspace_text(cx[cx.locate([0.75])]))     # 1 - x >= 0, 2 x - 1 >= 0
    H-representation
    begin
    2 2 rational
    1 -1
    -1 2
    end
    <BLANKLINE>
    """
    return _text("H-representation", [[row[-1], *row[:-1]] for row in region.exact_halfspaces])


def vertex_text(region: Region) -> str:
    """The vertices of a region, V-representation."""
    return _text("V-representation", [[Fraction(1), *point] for point in region.exact_vertices])


def _text(name: str, rows: list[list[Any]]) -> str:
    lines = [name, "begin", f"{len(rows)} {len(rows[0])} rational"]
    lines += [" ".join(map(str, row)) for row in rows]
    return "\n".join([*lines, "end", ""])


def write_one(
    cx: RegionComplex, file: IO[bytes], regions: IntArray, *, text: Callable[[Region], str]
) -> None:
    """Write the only region that there is."""
    file.write(_titled(cx, int(regions[0]), text).encode())


def write_zip(
    cx: RegionComplex, file: IO[bytes], regions: IntArray, *, text: Callable[[Region], str], ending: str
) -> None:
    """Write a file for each region, ``region12.ine``, into an archive."""
    with ZipFile(file, "w", ZIP_DEFLATED) as archive:
        for i in regions.tolist():
            # Without a date, the same regions are the same file.
            info = ZipInfo(f"region{i}{ending}")
            archive.writestr(info, _titled(cx, i, text), ZIP_DEFLATED)


def _titled(cx: RegionComplex, i: int, text: Callable[[Region], str]) -> str:
    region = cx[i]
    (pattern,) = texts_of(region.pattern[None], separator(cx))
    return f"* polyregions: region {i}, pattern {pattern}\n{text(region)}"


write_ine = partial(write_one, text=halfspace_text)
write_ext = partial(write_one, text=vertex_text)
write_ine_zip = partial(write_zip, text=halfspace_text, ending=".ine")
write_ext_zip = partial(write_zip, text=vertex_text, ending=".ext")
