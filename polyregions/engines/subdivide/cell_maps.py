"""The affine map of the network up to a layer on each top cell.

Of the cells that a layer makes, parents and states are kept (:mod:`polyregions.network.unit_maps`), and the
maps of the layer's rows on the parents. A map has d + 1 numbers for each row of a layer: those of
thousands of rows on thousands of cells would fill the memory. Where that is so none is kept, but made again
from those of the layer below, for a run of neighbouring cells at a time; they come out the same
(:mod:`polyregions.network.row_sums`).

Errors are bounded for all units of a cell at once. Let ``size`` bound the sum of the d + 1 magnitudes in
the map of any unit of the layer below, and ``error`` its error on the box; let |W| be the largest row sum
of magnitudes, n the largest number of entries of a row that are not zero, and G the sum of the columns'
last places:

    error of a pre-activation <= |W| (error + 4 u size) + n G / 2,  of a unit <= |slope| that + 3 u size',

and a few times TINY for each operation that may underflow.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, StateArray
from ...base.jobs import run_all
from ...base.kernels import Int64Vector, UInt8Vector, Vector
from ...base.rounding import INFLATE, TINY, U
from ...complex.packed_states import PackedStates
from ...network.layer_arrays import Columns, LayerArrays
from ...network.numbers import Weight, times
from ...network.row_sums import last_places, row_maps, shift_of
from ...network.unit_maps import CellMaps, live_units, measure

#: Numbers in the maps of a run of cells.
RUN = 2**18
#: Numbers in the maps of all cells, up to which they are kept.
KEPT = 2**24


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


class RowMaps:
    """The forms of rows on the cells below them, made for some cells at a time if all would be too many.

    Attributes
    ----------
    weight : float64 (rows, inputs), sparse or an array
    rows : int
    kept : float64 (cells, d + 1, rows) or None
        All of them, if they are few enough.
    shifts : float64 (parents, d + 1)
        See :mod:`polyregions.network.row_sums`; of the cells that those below are parts of.
    rounding : float64 (cells,)
        What products may lose by it, each in all columns together.
    exact : bool (cells,)
        Whether all numbers are whole, and exact.
    bounds : float64 (cells,)
        Of the errors of all rows.
    """

    def __init__(
        self, weight: Weight, columns: Columns, whole: bool, below: OutputMaps, workers: int = 1
    ) -> None:
        self.weight, self.rows, self._columns = weight, weight.shape[0], columns
        places = last_places(columns, below.reach)
        self.shifts = shift_of(places)
        self._parent = parent = below.parent
        errors, sizes = below.errors, below.sizes
        half = (places.sum(axis=1) / 2)[parent]
        # Where all units are zero, so is the sum.
        self.rounding = np.where((sizes > 0.0) | (half == np.inf), half, 0.0)
        self.bounds = columns.norm * (errors + 4 * U * sizes) + columns.most * self.rounding
        self.bounds = self.bounds * INFLATE + underflow(columns.most, below.columns)
        self.exact = np.zeros(len(parent), dtype=np.bool_)
        if whole:
            self.exact = (errors == 0.0) & ((places.max(axis=1) <= 1.0)[parent] | (self.rounding == 0.0))
            self.bounds[self.exact] = 0.0
        self.kept: FloatArray | None = None
        self._below: OutputMaps | None = below
        if len(parent) * below.columns * self.rows <= KEPT:
            kept = np.empty((len(parent), below.columns, self.rows))

            def work(run: tuple[int, int]) -> None:
                kept[run[0] : run[1]] = self.on(*run)

            run_all(work, list(below.runs(self.rows)), workers)
            # From now on what is below is not asked, and may be forgotten.
            self.kept, self._below = kept, None

    def on(self, begin: int, end: int) -> FloatArray:
        """Their forms on some cells; float64 (cells, d + 1, rows)."""
        if self._below is None:
            assert self.kept is not None
            return self.kept[begin:end]
        maps = np.empty((end - begin, self._below.columns, self.rows))
        row_maps(self._below.on(begin, end), self.shifts_on(begin, end), self._columns, maps)
        return maps

    def shifts_on(self, begin: int, end: int) -> FloatArray:
        """The shifts of the parents that some cells have, from the first to the last one."""
        first, last = run_of(self._parent[begin:end])
        return self.shifts[first:last]


class PieceMaps:
    """The maps of a layer's rows on the cells below it.

    Attributes
    ----------
    cells, rows, columns : int
        ``columns`` is d + 1.
    bounds : float64 (cells,)
        Of the errors of all rows.
    """

    def __init__(self, layer: LayerArrays, below: OutputMaps) -> None:
        self._layer, self._below = layer, below
        self.cells, self.rows, self.columns = len(below.parent), layer.weight.shape[0], below.columns
        self._maps = below.times(layer.weight, layer.columns, layer.whole)
        self.bounds = self._maps.bounds
        self._zero: NDArray[np.uint8] | None = None
        if self._maps.kept is not None:
            runs = list(below.runs(self.rows))
            self._zero = np.concatenate([self._zeros(begin, end) for begin, end in runs])

    def on(self, begin: int, end: int) -> tuple[FloatArray, NDArray[np.uint8]]:
        """``maps`` and ``zero`` of some cells, see :class:`CellMaps`."""
        zero = self._zeros(begin, end) if self._zero is None else self._zero[begin:end]
        return self._maps.on(begin, end), zero

    def _zeros(self, begin: int, end: int) -> NDArray[np.uint8]:
        layer, zero = self._layer, np.zeros((end - begin, self.rows), dtype=np.uint8)
        bare = np.flatnonzero(layer.bare_rows)
        if bare.size:
            live = np.empty((end - begin, layer.weight.shape[1]), dtype=np.uint8)
            live_units(self._below.on(begin, end), live)
            reads = layer.weight[bare] != 0.0
            zero[:, bare] = times(live.astype(np.float32), reads.astype(np.float32)) == 0.0
        return zero


class Coordinates:
    """The coordinates themselves, on one cell."""

    bounds = np.zeros(1)

    def __init__(self, d: int) -> None:
        self.cells, self.rows = 1, d
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
    reach : float64 (parents, d + 1)
        Bounds of the numbers in the maps of all outputs, in any state.
    """

    def __init__(
        self,
        pieces: PieceMaps | Coordinates,
        parent: NDArray[np.int32],
        states: StatesOfCells,
        table: StateTable,
        bounds: tuple[FloatArray, FloatArray, FloatArray],
    ) -> None:
        self.pieces, self.parent, self.table, self._states = pieces, parent, table, states
        self.sizes, self.errors, self.reach = bounds
        self.columns = self.reach.shape[1]
        self._rows: RowMaps | None = None

    @classmethod
    def identity(cls, d: int) -> OutputMaps:
        """The coordinates themselves, on one cell."""
        one, unit = np.ones(d), np.arange(d)
        table = StateTable(np.arange(d + 1), unit, one, np.zeros(d), np.ones(d, dtype=np.uint8))
        states = PackedStates(1, np.ones(d, dtype=np.int64))
        # Of no row are two products summed in one column, so that none need be rounded.
        bounds = np.ones(1), np.zeros(1), np.zeros((1, d + 1))
        return cls(Coordinates(d), np.zeros(1, dtype=np.int32), states, table, bounds)

    @classmethod
    def above(
        cls, pieces: PieceMaps, parent: NDArray[np.int32], states: StatesOfCells, layer: LayerArrays
    ) -> OutputMaps:
        """Those of a layer's outputs, on cells with such parents and states."""
        sizes, reach = np.empty(len(parent)), np.zeros((pieces.cells, pieces.columns))
        maps = cls(pieces, parent, states, StateTable.of(layer), (sizes, np.empty(len(parent)), reach))
        for begin, end in maps.runs(0):
            first, last = run_of(parent[begin:end])
            measure(maps.on(begin, end), np.ones(maps.columns), reach[first:last])
        steepest, bound = float(np.abs(layer.slopes).max()), pieces.bounds[parent]
        n = layer.columns.most + 5
        maps.errors[:] = (steepest * bound + 3 * U * sizes) * INFLATE + underflow(n, maps.columns)
        if layer.whole:
            maps.errors[(bound == 0.0) & (sizes < 2.0**53)] = 0.0
        return maps

    def seen_as(self, states: StatesOfCells, table: StateTable, cells: NDArray[np.int32]) -> OutputMaps:
        """Other outputs of the same pieces, on parts of some of the cells here, with the bounds of these."""
        bounds = self.sizes[cells], self.errors[cells], self.reach
        return OutputMaps(self.pieces, self.parent[cells], states, table, bounds)

    def restricted(self, begin: int, end: int) -> OutputMaps:
        """The same on some neighbouring cells alone."""
        if (begin, end) == (0, len(self.parent)):
            return self
        some = slice(begin, end)
        bounds = self.sizes[some], self.errors[some], self.reach
        return OutputMaps(self.pieces, self.parent[some], self._states.some(some), self.table, bounds)

    def runs(self, rows: int) -> Iterator[tuple[int, int]]:
        """Runs of neighbouring cells, from and to, for work with so many rows more on each."""
        width = self.columns * max(self.pieces.rows, self.table.first.size, rows)
        step, cells = max(1, RUN // width), len(self.parent)
        return ((begin, min(begin + step, cells)) for begin in range(0, cells, step))

    def times(self, weight: Weight, columns: Columns, whole: bool, workers: int = 1) -> RowMaps:
        """The forms of rows that read the outputs; the last ones are kept, if they are asked for again."""
        if self._rows is not None and self._rows.weight is weight:
            return self._rows
        rows = RowMaps(weight, columns, whole, self, workers)
        if rows.kept is not None:
            self._rows = rows
        return rows

    def on(self, begin: int, end: int) -> CellMaps:
        """The maps on some neighbouring cells."""
        parent = self.parent[begin:end]
        first, last = run_of(parent)
        maps, zero = self.pieces.on(first, last)
        states, bounds = self._states.rows(slice(begin, end)), (self.sizes[begin:end], self.errors[begin:end])
        first_entry, piece, slopes, constants, kinds = self.table
        own = first_entry, piece, slopes, constants, *bounds
        return CellMaps(maps, parent - np.int32(first), states, *own, kinds, zero)


def run_of(cells: NDArray[np.int32]) -> tuple[int, int]:
    """From and to which number some cells are."""
    return int(cells.min()), int(cells.max()) + 1


def underflow(n: int, columns: int) -> float:
    """A bound of what may be lost where sums of n products underflow, in a map of so many columns."""
    return 8 * (n + columns) * columns * TINY
