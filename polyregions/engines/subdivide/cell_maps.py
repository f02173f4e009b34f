"""The affine map of the network up to a layer on each top cell.

The cells that a layer makes of one cell share the map of that cell's pre-activations; theirs is the same
with each row replaced by a slope times a row plus a constant, by state. So one map is kept for each *parent*,
and a parent number and states for each cell. A map has d + 1 numbers for each row of a layer: those of
thousands of rows on thousands of cells would fill the memory. Where that is so none is kept, but made again
from those of the layer below, for a run of neighbouring cells at a time.

Errors are bounded for all units of a cell at once: with ``size`` a bound of the magnitudes of the terms
of any unit of the layer below, ``error`` of its error, and |W| the largest row sum of magnitudes,

    error of a pre-activation <= |W| (gamma_n size + error),  of a unit <= |slope| that + 3 u size',

n the largest number of entries of a row that are not zero, since adding zero rounds nothing, in any order;
and a few times TINY for each operation that may underflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, StateArray
from ...base.kernels import (
    Blocks,
    Int32Vector,
    Int64Vector,
    UInt8Matrix,
    UInt8Vector,
    Vector,
    kernel,
)
from ...base.rounding import INFLATE, TINY, U, gamma
from ...complex.packed_states import PackedStates
from ...network.layer_arrays import LayerArrays
from ...network.numbers import times

#: Numbers in the maps of a run of cells.
RUN = 2**20
#: Numbers in the maps of all cells, up to which they are kept.
KEPT = 2**23


class CellMaps(NamedTuple):
    """Unit k of cell c is, by its state, a slope times a piece of ``maps[parent[c]]`` plus a constant.

    Attributes
    ----------
    maps : float64 (parents, d + 1, pieces)
    parent : int32 (cells,); states : uint8 (cells, units)
    first : int64 (units + 1,); piece : int64; slopes, constants : float64
        The layer's table of states, see :class:`polyregions.network.layer_arrays.LayerArrays`.
    sizes, errors : float64 (cells,)
        Bounds of the magnitudes of all units on the box, and of their errors.
    kinds : uint8 (entries,)
        See :class:`polyregions.network.layer_arrays.LayerArrays`.
    zero : uint8 (parents, pieces)
        Whether a piece is identically zero for a reason that needs no arithmetic: all that it reads is.
    """

    maps: Blocks
    parent: Int32Vector
    states: UInt8Matrix
    first: Int64Vector
    piece: Int64Vector
    slopes: Vector
    constants: Vector
    sizes: Vector
    errors: Vector
    kinds: UInt8Vector
    zero: UInt8Matrix


class StateTable(NamedTuple):
    """A layer's table of states, see :class:`polyregions.network.layer_arrays.LayerArrays`."""

    first: Int64Vector
    piece: Int64Vector
    slopes: Vector
    constants: Vector
    kinds: UInt8Vector

    @classmethod
    def of(cls, layer: LayerArrays) -> StateTable:
        """That of a layer."""
        return cls(layer.first, layer.piece, layer.slopes, layer.constants, layer.kinds)


class PieceMaps:
    """The maps of a layer's rows on the cells below it, made for some of them at a time.

    Attributes
    ----------
    bounds : float64 (cells,)
        Of the errors of all rows.
    """

    def __init__(self, layer: LayerArrays, below: OutputMaps) -> None:
        self._layer, self._below = layer, below
        self.rows = layer.weight.shape[0]
        self.bounds = self._bounds()
        self._kept: tuple[FloatArray, NDArray[np.uint8]] | None = None
        cells, columns = len(below.parent), below.columns
        if cells * columns * self.rows <= KEPT:
            maps = np.empty((cells, columns, self.rows))
            zero = np.empty((cells, self.rows), dtype=np.uint8)
            for begin, end in below.runs(self.rows):
                maps[begin:end], zero[begin:end] = self._made(begin, end)
            self._kept = maps, zero

    def on(self, begin: int, end: int) -> tuple[FloatArray, NDArray[np.uint8]]:
        """``maps`` and ``zero`` of some cells, see :class:`CellMaps`."""
        if self._kept is not None:
            return self._kept[0][begin:end], self._kept[1][begin:end]
        return self._made(begin, end)

    def _made(self, begin: int, end: int) -> tuple[FloatArray, NDArray[np.uint8]]:
        layer, below = self._layer, self._below.on(begin, end)
        cells, columns, inputs = end - begin, below.maps.shape[1], layer.weight.shape[1]
        units = np.empty((cells, columns, inputs))
        unit_maps(below, units)
        product = times(units.reshape(-1, inputs), layer.weight)
        zero = np.zeros((cells, self.rows), dtype=np.uint8)
        bare = np.flatnonzero(layer.bare_rows)
        if bare.size:
            live = np.empty((cells, inputs), dtype=np.uint8)
            live_units(below, live)
            reads = layer.weight[bare] != 0.0
            zero[:, bare] = times(live.astype(np.float32), reads.astype(np.float32)) == 0.0
        return product.reshape(cells, columns, self.rows), zero

    def _bounds(self) -> FloatArray:
        layer, errors, sizes = self._layer, self._below.errors, self._below.sizes
        columns, n = self._below.columns, layer.most_inputs[0] + 5
        with np.errstate(over="ignore"):
            norm = float(abs(layer.weight).sum(axis=1).max()) * INFLATE
        bounds = norm * (errors + gamma(n) * sizes) * INFLATE + underflow(n, columns)
        if layer.whole:
            bounds[(errors == 0.0) & (norm * sizes < 2.0**53)] = 0.0
        return np.asarray(bounds)


class Coordinates:
    """The coordinates themselves, on one cell."""

    bounds = np.zeros(1)

    def __init__(self, d: int) -> None:
        self.rows = d
        self._maps = np.zeros((1, d + 1, d))
        self._maps[0, :d] = np.eye(d)

    def on(self, begin: int, end: int) -> tuple[FloatArray, NDArray[np.uint8]]:
        """``maps`` and ``zero``, see :class:`CellMaps`."""
        return self._maps[begin:end], np.zeros((end - begin, self.rows), dtype=np.uint8)


class StatesOfCells(Protocol):
    """States of outputs on cells, as :class:`polyregions.complex.packed_states.PackedStates` has them."""

    def rows(self, which: slice, /) -> StateArray:
        """States on some cells; uint8 (cells, outputs)."""
        ...

    def some(self, which: slice, /) -> StatesOfCells:
        """Those of some cells alone."""
        ...


class OutputMaps:
    """The maps of a layer's outputs on the cells that it has made.

    Attributes
    ----------
    columns : int
        d + 1.
    parent : int32 (cells,)
        The cell below the layer that each is a part of.
    sizes, errors : float64 (cells,)
        See :class:`CellMaps`.
    """

    def __init__(
        self,
        pieces: PieceMaps | Coordinates,
        parent: NDArray[np.int32],
        states: StatesOfCells,
        table: StateTable,
        bounds: tuple[FloatArray, FloatArray],
    ) -> None:
        self.pieces, self.parent, self.table, self._states = pieces, parent, table, states
        self.sizes, self.errors = bounds
        self.columns = pieces.on(0, 1)[0].shape[1]

    @classmethod
    def identity(cls, d: int) -> OutputMaps:
        """The coordinates themselves, on one cell."""
        one, unit = np.ones(d), np.arange(d)
        table = StateTable(np.arange(d + 1), unit, one, np.zeros(d), np.ones(d, dtype=np.uint8))
        states = PackedStates(1, np.ones(d, dtype=np.int64))
        return cls(Coordinates(d), np.zeros(1, dtype=np.int32), states, table, (np.ones(1), np.zeros(1)))

    @classmethod
    def above(
        cls, pieces: PieceMaps, parent: NDArray[np.int32], states: StatesOfCells, layer: LayerArrays
    ) -> OutputMaps:
        """Those of a layer's outputs, on cells with such parents and states."""
        sizes = np.empty(len(parent))
        maps = cls(pieces, parent, states, StateTable.of(layer), (sizes, np.empty(len(parent))))
        for begin, end in maps.runs(0):
            size_maps(maps.on(begin, end))
        steepest, bound = float(np.abs(layer.slopes).max()), pieces.bounds[parent]
        n = layer.most_inputs[0] + 5
        maps.errors[:] = (steepest * bound + 3 * U * sizes) * INFLATE + underflow(n, maps.columns)
        if layer.whole:
            maps.errors[(bound == 0.0) & (sizes < 2.0**53)] = 0.0
        return maps

    def seen_as(self, states: StatesOfCells, table: StateTable, cells: NDArray[np.int32]) -> OutputMaps:
        """Other outputs of the same pieces, on parts of some of the cells here, with the bounds of these."""
        bounds = self.sizes[cells], self.errors[cells]
        return OutputMaps(self.pieces, self.parent[cells], states, table, bounds)

    def restricted(self, begin: int, end: int) -> OutputMaps:
        """The same on some neighbouring cells alone."""
        if (begin, end) == (0, len(self.parent)):
            return self
        some = slice(begin, end)
        bounds = self.sizes[some], self.errors[some]
        return OutputMaps(self.pieces, self.parent[some], self._states.some(some), self.table, bounds)

    def runs(self, rows: int) -> Iterator[tuple[int, int]]:
        """Runs of neighbouring cells, from and to, for work with so many rows more on each."""
        width = self.columns * max(self.pieces.rows, self.table.first.size, rows)
        step, cells = max(1, RUN // width), len(self.parent)
        return ((begin, min(begin + step, cells)) for begin in range(0, cells, step))

    def on(self, begin: int, end: int) -> CellMaps:
        """The maps on some neighbouring cells."""
        parent = self.parent[begin:end]
        first, last = int(parent.min()), int(parent.max())
        maps, zero = self.pieces.on(first, last + 1)
        states, bounds = self._states.rows(slice(begin, end)), (self.sizes[begin:end], self.errors[begin:end])
        first_entry, piece, slopes, constants, kinds = self.table
        own = first_entry, piece, slopes, constants, *bounds
        return CellMaps(maps, parent - np.int32(first), states, *own, kinds, zero)


def underflow(n: int, columns: int) -> float:
    """A bound of what may be lost where sums of n products underflow, in a map of so many columns."""
    return 8 * (n + columns) * columns * TINY


@kernel(inline=True, bare=True)
def is_zero(maps: CellMaps, cell: int, unit: int) -> bool:
    """Whether a unit is identically zero on a cell: it is off, or what it reads is."""
    entry = maps.first[unit] + maps.states[cell, unit]
    kind = maps.kinds[entry]
    return bool(kind == 2 or (kind == 1 and maps.zero[maps.parent[cell], maps.piece[entry]]))


@kernel
def live_units(maps: CellMaps, out: UInt8Matrix) -> None:
    """Write which units are not known to be identically zero on each cell."""
    for c in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[c, k] = not is_zero(maps, c, k)


@kernel
def unit_maps(below: CellMaps, out: Blocks) -> None:
    """Affine maps of all units on each cell: out (cells, d + 1, units)."""
    maps, columns = below.maps, below.maps.shape[1]
    for c in range(out.shape[0]):
        home = below.parent[c]
        for k in range(out.shape[2]):
            entry = below.first[k] + below.states[c, k]
            for j in range(columns):
                out[c, j, k] = below.slopes[entry] * maps[home, j, below.piece[entry]]
            out[c, columns - 1, k] += below.constants[entry]


@kernel
def size_maps(cells: CellMaps) -> None:
    """Bound the magnitudes of all units on each cell, in ``cells.sizes``."""
    maps = cells.maps
    for c in range(cells.parent.size):
        largest = 0.0
        for k in range(cells.states.shape[1]):
            entry = cells.first[k] + cells.states[c, k]
            size = 0.0
            for j in range(maps.shape[1]):
                size += abs(maps[cells.parent[c], j, cells.piece[entry]])
            size = abs(cells.slopes[entry]) * size + abs(cells.constants[entry])
            # Infinite or NaN: the bounds are infinite, and nothing is proven.
            largest = max(largest, size) if size < np.inf else np.inf
        cells.sizes[c] = largest * INFLATE
