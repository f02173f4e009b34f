"""All formats in one table, and :func:`write_file`, which writes a result in one of them.

A format is told by the ending of a file's name, or by its name, which is that ending without the dot. Nothing
is written before all that can be refused has been.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import IntArray
from ..base.files import check_target, checked_path, replacing
from ..base.indices import numbers
from ..complex.attributes import OPTIONAL
from ..errors import FileFormatError, InvalidInputError, MissingDependencyError, counted, short_repr
from . import cdd, graphs, matlab, meshes, planar, tables

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes
    ----------
    name : str
        The ending without the dot.
    holds : str
        What is in the file, for lists of formats.
    write : callable
        ``write(cx, file)`` writes into an open file, with ``regions=`` if ``each``, ``without=`` if
        ``attributes``.
    dims : tuple of int
        The numbers of inputs that it can hold; all, if empty.
    faces : bool
        Whether it takes the faces of all dimensions.
    each : bool
        Whether it holds regions by themselves, which can be chosen.
    attributes : bool
        Whether it holds attributes of the regions, of which some may be left out.
    single : bool
        Whether it holds one region only.
    package : str
        What has to be installed, by the extra "parquet".
    also : str
        Another name.
    """

    name: str
    holds: str
    write: Callable[..., None]
    dims: tuple[int, ...] = ()
    faces: bool = False
    each: bool = False
    attributes: bool = False
    single: bool = False
    package: str = ""
    also: str = ""

    @property
    def ending(self) -> str:
        """The ending of the names of its files."""
        return f".{self.name}"

    def check_dimension(self, dim: int) -> None:
        """Refuse a box whose dimension the format cannot hold.

        Raises
        ------
        InvalidInputError
        """
        if self.dims and dim not in self.dims:
            *others, last = map(str, self.dims)
            needed = f"{', '.join(others)} or {last}" if others else last
            raise InvalidInputError(
                f"{self.ending} holds {self.holds} of {needed} {'input' if needed == '1' else 'inputs'}, "
                f"this box has {counted(dim, 'dimension')}"
            )

    def check_package(self) -> None:
        """Refuse a format whose package is not installed.

        Raises
        ------
        MissingDependencyError
        """
        if self.package and find_spec(self.package) is None:
            raise MissingDependencyError(
                f"{self.ending}: needs {self.package}; get it with: pip install 'polyregions[parquet]'"
            )

    def check_left_out(self, without: Collection[str]) -> None:
        """Refuse attributes that cannot be left out.

        Raises
        ------
        InvalidInputError
        """
        for name in without:
            if name not in OPTIONAL:
                raise InvalidInputError(
                    f"without {short_repr(name)}: what may be left out is {', '.join(OPTIONAL)}"
                )
        if without and not self.attributes:
            raise InvalidInputError(f"{self.ending} holds no attributes of regions that could be left out")

    def check_count(self, regions: Sequence[int] | None) -> None:
        """Refuse regions for a format that holds the whole result, and any number but one for a single one.

        Raises
        ------
        InvalidInputError
        """
        if regions is not None and not self.each:
            raise InvalidInputError(f"{self.ending} holds the whole result: regions cannot be chosen")
        if self.single and (regions is None or len(regions) != 1):
            raise InvalidInputError(
                f"{self.ending} holds one region: choose one, or take {self.ending}.zip for several"
            )

    def chosen(self, cx: RegionComplex, regions: Sequence[int] | None) -> IntArray:
        """The regions to write, by default all that were explored.

        Raises
        ------
        InvalidInputError
            If one does not exist or was not explored.
        """
        found = range(cx.n_explored) if regions is None else regions
        try:
            rows = np.array([numbers("region", i, cx.n_regions) for i in found], dtype=np.int64)
        except IndexError as error:
            raise InvalidInputError(f"{error}, from 0") from error
        for i in rows[rows >= cx.n_explored].tolist():
            raise InvalidInputError(
                f"region {i}: its facets are not known, the result is partial ({cx.stopped})"
            )
        return rows


def _graph(ending: str, holds: str) -> Format:
    return Format(ending[1:], holds, partial(graphs.stream, style=graphs.STYLES[ending]), attributes=True)


def _table(of: str, kind: str, write: Callable[..., None], also: str = "", **more: Any) -> Format:
    package = "pyarrow" if kind == "parquet" else ""
    write = partial(write, kind=kind)
    return Format(f"{of}.{kind}", f"a table of the {of}", write, package=package, also=also, **more)


GRAPHS = (
    _graph(".graphml", "the region graph"),
    _graph(".gexf", "the region graph"),
    _graph(".json", "the region graph, node-link"),
    _graph(".dot", "the region graph"),
)
TABLES = tuple(
    table
    for kind in ("csv", "parquet")
    for table in (
        _table("regions", kind, tables.write_regions, kind, attributes=True),
        _table("adjacencies", kind, tables.write_adjacencies),
        _table("walls", kind, tables.write_walls, faces=True),
    )
)

#: All formats, in the order in which lists show them.
FORMATS = (
    *GRAPHS,
    Format("edges.csv", "the edges of the region graph", tables.write_edges),
    *TABLES,
    Format("geojson", "polygons with attributes", planar.write_geojson, dims=(2,), attributes=True),
    Format(
        "geoparquet",
        "polygons with attributes",
        planar.write_geoparquet,
        dims=(2,),
        attributes=True,
        package="pyarrow",
    ),
    Format("wkt", "polygons", planar.write_wkt, dims=(2,)),
    Format("svg", "polygons", planar.write_svg, dims=(2,)),
    Format("vtu", "a mesh with attributes", meshes.write_vtu, dims=(1, 2, 3), faces=True, attributes=True),
    Format("stl", "surfaces of regions", meshes.write_stl, dims=(3,), faces=True, each=True),
    Format("ine", "the half-spaces of one region", cdd.write_ine, each=True, single=True),
    Format("ext", "the vertices of one region", cdd.write_ext, each=True, single=True),
    Format("ine.zip", "the half-spaces of each region", cdd.write_ine_zip, each=True),
    Format("ext.zip", "the vertices of each region", cdd.write_ext_zip, each=True),
    Format("mat", "all arrays", matlab.write_mat, attributes=True),
)


def find_format(
    path: str | Path, name: str | None = None, among: Sequence[Format] = FORMATS, what: str = "export"
) -> Format:
    """Return the format of a name, or that which the name of a file asks for.

    Raises
    ------
    FileFormatError
        If there is none.

    Examples
    --------
    >>> find_format("a/regions.GraphML").name, find_format("net.walls.csv").name, find_format("net.csv").name
    ('graphml', 'walls.csv', 'regions.csv')
    >>> find_format("x.txt", "wkt").holds
    'polygons'
    """
    known = {name: form for form in among for name in (form.name, form.also) if name}
    if name is not None:
        asked = [name.lower().removeprefix(".")]
    else:
        path = checked_path(path)
        parts = path.name.lower().split(".")
        # A name such as ".dot" is one without an ending.
        asked = [".".join(parts[-2:]), parts[-1]] if path.suffix else []
    for text in asked:
        if text in known:
            return known[text]
    listed = ", ".join(form.ending for form in among)
    if name is not None:
        raise FileFormatError(f"there is no {what} format {name!r}; known: {listed}")
    if not asked:
        raise FileFormatError(
            f"{path}: no {what} format is told by a name without an ending; known: {listed}"
        )
    raise FileFormatError(f"{path}: no {what} format ends in '.{asked[-1]}'; known: {listed}")


def write_file(
    cx: RegionComplex,
    path: str | Path,
    format: str | None = None,
    *,
    regions: Iterable[int] | None = None,
    without: Collection[str] = (),
) -> None:
    """Write a result as a file that other programs open, whole or not at all.

    Parameters
    ----------
    cx : RegionComplex
    path : str or Path
        An existing file is replaced.
    format : str, optional
        A name in ``FORMATS``; by default the ending of the file's name tells it. docs/export.md lists all.
    regions : iterable of int, optional
        For formats that hold regions by themselves: which; by default all that were explored.
    without : collection of str
        Attributes of regions to leave out: "pattern", "map", "decision", "volume" or "centroid". Maps take as
        long as some forward passes for each region, and patterns a byte for each unit.

    Raises
    ------
    FileFormatError
        If no format has this name or ending.
    InvalidInputError
        If the format cannot hold this result, takes faces that are not known, or the file cannot be written.
    MissingDependencyError
        If a package is needed that is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, -1]], [0]), ([[1]], [0])])
    >>> cx = enumerate_regions(net, Box([0, 0], [1, 1]))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(cx, f"{folder}/regions.wkt")
    ...     print(*sorted(open(f"{folder}/regions.wkt")), sep="", end="")
    POLYGON ((1.0 0.0, 1.0 1.0, 0.0 0.0, 1.0 0.0))
    POLYGON ((1.0 1.0, 0.0 1.0, 0.0 0.0, 1.0 1.0))
    """
    form = find_format(path, format)
    form.check_dimension(cx.box.dim)
    form.check_package()
    form.check_left_out(without)
    if form.faces:
        cx.need_faces(form.ending)
    some = None if regions is None else list(regions)
    form.check_count(some)
    more: dict[str, Any] = {"regions": form.chosen(cx, some)} if form.each else {}
    check_target(path)
    if form.attributes:
        more["without"] = without
    with replacing(path) as file:
        form.write(cx, file, **more)
