"""What is told of each region and of each adjacency, some rows at a time.

A million regions are more than a graph of Python objects can hold, and their patterns more than an array. So
their attributes are columns, made for a run of rows when it is asked for. The graph of
:mod:`polyregions.complex.graph` and all files of :mod:`polyregions.export` read these, so that a name means
the same everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import BoolArray, FloatArray, IntArray, StateArray
from .largest_outputs import decided_output, decided_outputs
from .patterns import Patterns
from .regions import Regions

#: Highest dimension in which there are volumes, and without faces decisions: beyond, they take too long.
VOLUME_DIM = 3
#: Without ``geometry``, affine maps of at most so many numbers are there: texts of more fill the memory.
MAP_NUMBERS = 256

#: Attributes of regions that may be left out: they take the most time or room.
OPTIONAL = ("pattern", "map", "decision", "volume", "centroid")

# States that are made at once, and rows: they bound the memory.
_STATES, _ROWS = 1 << 22, 1 << 15


class Column(NamedTuple):
    """One attribute of some rows.

    Attributes
    ----------
    name : str
    values : array or list of str
        One a row: bool, int64, float64, or text.
    missing : bool array, optional
        The rows that do not have it; none, if not given.
    """

    name: str
    values: NDArray[Any] | list[str]
    missing: BoolArray | None = None

    @property
    def kind(self) -> type:
        """What a value is: bool, int, float or str."""
        if isinstance(self.values, list):
            return str
        return {"b": bool, "f": float}.get(self.values.dtype.kind, int)

    def plain(self) -> list[Any]:
        """The values as Python has them, None for those that are missing."""
        values = self.values if isinstance(self.values, list) else self.values.tolist()
        if self.missing is None or not self.missing.any():
            return values
        return [None if gone else value for value, gone in zip(values, self.missing.tolist(), strict=True)]


def runs(cx: Regions, rows: int) -> Iterator[tuple[int, int]]:
    """Yield from which row to which to take at a time, of so many."""
    together = max(1, min(_ROWS, _STATES // max(1, cx.network.n_units)))
    for first in range(0, rows, together):
        yield first, min(first + together, rows)


class RegionColumns:
    """Attributes of the regions, as :func:`polyregions.complex.graph.region_graph` lists them.

    Parameters
    ----------
    cx : Regions
    geometry : bool
        Whether to add what has to be computed exactly, region by region.
    flat : bool
        Whether columns are those of :func:`polyregions.complex.tables.region_table`: witnesses
        by its names, maps as numbers, errors and centres. The decision is there too.
    without : collection of str
        Which of ``OPTIONAL`` are left out, and not computed.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])   # a tent
    >>> columns = RegionColumns(enumerate_regions(net, Box([-1], [2])))
    >>> [(column.name, column.kind.__name__) for column in columns.part(0, 0)[:4]]
    [('pattern', 'str'), ('explored', 'bool'), ('degree', 'int'), ('x0', 'float')]
    >>> columns.part(1, 3)[-1].name, columns.part(1, 3)[-1].plain()
    ('volume', [1.0, 1.0])
    """

    def __init__(
        self, cx: Regions, *, geometry: bool = False, flat: bool = False, without: Collection[str] = ()
    ) -> None:
        self._cx, self._flat = cx, flat
        self._wanted = set(OPTIONAL) - set(without)
        if not geometry and cx.network.output_dim * (cx.box.dim + 1) > MAP_NUMBERS:
            self._wanted -= {"map"}
        if cx.network.output_dim == 1:
            self._wanted -= {"decision"}
        if not flat:
            self._wanted -= {"centroid", "volume"} if cx.box.dim > VOLUME_DIM else {"centroid"}
        self._singly = geometry and cx.box.dim <= VOLUME_DIM
        self._volumes = self._decisions = self._centroids = None
        if cx.known_faces is not None:
            if "volume" in self._wanted:
                self._volumes = cx.faces.measured_volumes()
            if "centroid" in self._wanted:
                self._centroids = _centroids(cx)
            if "decision" in self._wanted:
                self._decisions = decided_outputs(cx, cx.faces)

    def part(self, first: int, last: int) -> list[Column]:
        """The columns for the regions from ``first`` to before ``last``."""
        cx = self._cx
        regions = np.arange(first, last)
        explored = regions < cx.n_explored
        columns = [Column("explored", explored), Column("degree", cx.degrees[first:last])]
        if "pattern" in self._wanted:
            columns.insert(0, Column("pattern", texts_of(cx.patterns_of(regions), separator(cx))))
        name = "witness_" if self._flat else "x"
        points = cx.witnesses[first:last]
        columns += [Column(f"{name}{k}", x, np.isnan(x)) for k, x in enumerate(points.T)]
        if "map" in self._wanted:
            maps, errors = _maps(cx, first, last)
            columns += _flat_maps(maps, errors) if self._flat else [Column("map", _map_texts(maps))]
        return columns + self._measured(first, last)

    def _measured(self, first: int, last: int) -> list[Column]:
        """Decisions, volumes and centres."""
        cx, columns = self._cx, []
        some = range(first, min(last, cx.n_explored))
        if self._decisions is not None:
            decisions = self._decisions[first:last]
            columns.append(Column("decision", decisions, decisions < 0))
        elif self._singly and "decision" in self._wanted:
            decisions = np.full(last - first, -1)
            decisions[: len(some)] = [decided_output(cx[i]) for i in some]
            columns.append(Column("decision", decisions, decisions < 0))
        if self._volumes is not None:
            values, errors = (array[first:last] for array in self._volumes)
            # What is beyond the range of float64 has no number that every format could hold.
            missing = ~np.isfinite(values)
            columns.append(Column("volume", values, missing))
            if self._flat:
                columns.append(Column("volume_error", errors, missing))
        elif self._singly and "volume" in self._wanted:
            volumes = np.full(last - first, np.inf)
            volumes[: len(some)] = [cx[i].volume for i in some]
            columns.append(Column("volume", volumes, ~np.isfinite(volumes)))
        if self._centroids is not None:
            columns += [Column(f"centroid_{k}", x) for k, x in enumerate(self._centroids[first:last].T)]
        return columns


class AdjacencyColumns:
    """Attributes of the adjacencies, as :func:`polyregions.complex.graph.region_graph` lists them.

    Parameters
    ----------
    cx : Regions
    geometry : bool
        Whether to add hyperplanes of the facets, computed exactly, region by region.
    comma : str
        What stands between two units that flip.
    """

    def __init__(self, cx: Regions, *, geometry: bool = False, comma: str = ",") -> None:
        self._cx, self._geometry, self._comma = cx, geometry, comma
        self._names = [str(unit) for unit in range(cx.network.n_units)]
        self._facets = cx.walls.entries - cx.facet_offsets[cx.walls.sides[:, 0]]
        self._region = -1
        self._rows: tuple[FloatArray, FloatArray] = np.empty((0, 0)), np.empty(0)

    def part(self, first: int, last: int) -> list[Column]:
        """The columns for the adjacencies from ``first`` to before ``last``."""
        cx = self._cx
        units, ends = flipped_units(cx, first, last)
        names = [self._names[unit] for unit in units.tolist()]
        texts = names
        if len(names) != last - first:
            texts = [self._comma.join(names[a:b]) for a, b in pairwise(ends.tolist())]
        facets = self._facets[first:last]
        columns = [
            Column("units", texts),
            Column("n_flips", np.diff(ends)),
            # Units are numbered layer after layer, and layers are counted from 1.
            Column("layer", cx.network.unit_layers[units[ends[:-1]]] + 1),
            Column("facet", facets),
        ]
        return columns + (self._hyperplanes(cx.adjacencies[first:last, 0], facets) if self._geometry else [])

    def _hyperplanes(self, lower_ends: IntArray, facets: IntArray) -> list[Column]:
        """The hyperplane of each facet, from the rows of its lower region."""
        d = self._cx.box.dim
        rows = np.empty((len(facets), d + 1))
        for k, (i, facet) in enumerate(zip(lower_ends.tolist(), facets.tolist(), strict=True)):
            if i != self._region:  # adjacencies are sorted: each region's rows are computed once
                self._region, self._rows = i, self._cx[i].halfspaces
            rows[k, :d], rows[k, d] = self._rows[0][facet], self._rows[1][facet]
        return [*(Column(f"a{k}", rows[:, k]) for k in range(d)), Column("b", rows[:, d])]


def flipped_units(cx: Regions, first: int, last: int) -> tuple[IntArray, IntArray]:
    """Return the units that flip across each of some adjacencies.

    Returns
    -------
    units : int64 (flips,)
        Ascending for each adjacency.
    ends : int64 (last - first + 1,)
        Across adjacency ``first + k`` flip ``units[ends[k]:ends[k + 1]]``.
    """
    pair, unit = differences(cx, *cx.adjacencies[first:last].T)
    return unit, np.searchsorted(pair, np.arange(last - first + 1))


def differences(cx: Regions, lower: IntArray, higher: IntArray) -> tuple[IntArray, IntArray]:
    """Where patterns of regions ``lower[k]`` and ``higher[k]`` differ: each k, and each unit, ascending."""
    known = vars(cx)["states"]
    if isinstance(known, Patterns):
        return known.differences(lower, higher)
    pair, unit = np.nonzero(known[lower] != known[higher])
    return pair, unit


def separator(cx: Regions) -> str:
    """What makes a pattern's text unambiguous; one answer for the network, not for each pattern."""
    return "." if any(int(layer.n_states.max()) > 10 for layer in cx.network.hidden) else ""


def texts_of(patterns: StateArray, between: str) -> list[str]:
    """Return patterns (n, units) as texts, with this between the states."""
    if between:
        return [between.join(map(str, row)) for row in patterns.tolist()]
    n = patterns.shape[1]
    digits = (patterns + ord("0")).tobytes().decode("ascii")
    return [digits[i * n : (i + 1) * n] for i in range(len(patterns))]


def _centroids(cx: Regions) -> FloatArray:
    from .centroids import region_centroids  # loads kernels

    return region_centroids(cx.faces).values


def _maps(cx: Regions, first: int, last: int) -> tuple[FloatArray, FloatArray]:
    """The affine maps of some regions, (n, outputs, d + 1), and their errors (n, outputs)."""
    known = vars(cx).get("affine_maps")
    if known is not None:  # they were asked for before, and kept
        A, c, errors = (array[first:last] for array in known)
        return np.concatenate([A, c[:, :, None]], axis=2), errors
    if first == last:
        outputs = cx.network.output_dim
        return np.empty((0, outputs, cx.box.dim + 1)), np.empty((0, outputs))
    from ..network.maps import region_maps  # loads kernels

    largest = cx.box.farthest
    maps, errors = region_maps(cx.network.layers, cx.patterns_of(np.arange(first, last)), largest)
    for i in np.flatnonzero(~np.isfinite(maps).all(axis=(1, 2))).tolist():
        # Sums overflowed that are no larger than others.
        maps[i, :, :-1], maps[i, :, -1] = cx[first + i].affine_map
    return maps, errors


def _map_texts(maps: FloatArray) -> list[str]:
    """Each map as JSON text."""
    # One call for all, and cut where one map ends and the next begins: a call for each takes thrice as long.
    text = json.dumps(maps.tolist())
    return [f"[[{rows}]]" for rows in text[3:-3].split("]], [[")] if len(maps) else []


def _flat_maps(maps: FloatArray, errors: FloatArray) -> list[Column]:
    outputs, d = maps.shape[1], maps.shape[2] - 1
    columns = [Column(f"A_{k}_{j}", maps[:, k, j]) for k in range(outputs) for j in range(d)]
    columns += [Column(f"c_{k}", maps[:, k, d]) for k in range(outputs)]
    known = np.isfinite(errors)
    return columns + [Column(f"map_error_{k}", errors[:, k], ~known[:, k]) for k in range(outputs)]


def present(columns: Sequence[Column]) -> Iterator[dict[str, Any]]:
    """Yield the attributes that each row has."""
    names = [column.name for column in columns]
    for row in zip(*(column.plain() for column in columns), strict=True):
        yield {name: value for name, value in zip(names, row, strict=True) if value is not None}
