"""Patterns that are made when they are asked for, from the states of each layer's cells.

A pattern has a byte for each unit of the network; of ten thousand units and thirty thousand regions that is
300 MB. But a subdivision knows the states of a layer for the cells that the layer makes, which are fewer in
lower layers, and which of them each later cell is a part of. So patterns are read off those *cuts* on the way
down, for as many cells as are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import BoolArray, IntArray, StateArray
from .packed_states import PackedStates

#: Entries of patterns that are made at once.
TOGETHER = 2**24


@dataclass(frozen=True)
class Cut:
    """What one step of a layer did: the old cell and the states of each new top cell.

    Attributes
    ----------
    step, layer : int
        Number of the step, of all layers' steps, and of its layer.
    unit : int
        First unit of the layer in a pattern.
    cell_of : int32 (cells,)
        A cell that the new one has a part of.
    states : PackedStates (cells, outputs of the layer)
        Of a maxout unit, the lowest index of a largest piece among those that have come so far.
    units : int64 (units of the layer,), or the same as a slice
        The outputs that are units.
    """

    step: int
    layer: int
    unit: int
    cell_of: NDArray[np.int32]
    states: PackedStates
    units: IntArray | slice


class Patterns:
    """Patterns of cells that the layers have made, by their cuts.

    Parameters
    ----------
    cuts : sequence of Cut
    layer : int
        The layer that begins to cut the cells: states of units from there on are zero.
    cells : int
    n_units : int
    """

    def __init__(self, cuts: Sequence[Cut], layer: int, cells: int, n_units: int) -> None:
        self._cuts = [cut for cut in cuts if cut.layer < layer]
        self.shape = cells, n_units

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, cells: IntArray | NDArray[np.int32]) -> StateArray:
        return self.rows(cells)

    def rows(self, cells: IntArray | NDArray[np.int32]) -> StateArray:
        """States (cells, units) of some cells."""
        at: NDArray[Any] = cells
        states = np.zeros((len(cells), self.shape[1]), dtype=np.uint8)
        above = -1
        for cut in reversed(self._cuts):
            # The last step of a layer has its final states.
            if cut.layer != above:
                own = cut.states.rows(at)[:, cut.units]
                states[:, cut.unit : cut.unit + own.shape[1]] = own
            above, at = cut.layer, cut.cell_of[at]
        return states

    def at(self, cells: IntArray, units: IntArray) -> StateArray:
        """The state of one unit on each of some cells; uint8 (n,)."""
        states = np.zeros(len(cells), dtype=np.uint8)
        at: NDArray[Any] = cells
        above = -1
        for cut in reversed(self._cuts):
            # The last step of a layer has its final states.
            if cut.layer != above:
                columns = np.arange(cut.states.columns)[cut.units]
                own = np.flatnonzero((units >= cut.unit) & (units < cut.unit + columns.size))
                states[own] = cut.states.at(at[own], columns[units[own] - cut.unit])
            above, at = cut.layer, cut.cell_of[at]
        return states

    def differences(self, first: IntArray, second: IntArray) -> tuple[IntArray, IntArray]:
        """Where patterns of cells ``first[k]`` and ``second[k]`` differ: each k, and each unit, ascending.

        Packed states are compared, an eighth of the patterns, and only of parts of different lower cells.
        """
        pairs = np.arange(len(first))
        a: NDArray[Any] = first
        b: NDArray[Any] = second
        found: list[tuple[IntArray, IntArray]] = []
        above = -1
        for cut in reversed(self._cuts):
            # The last step of a layer has its final states.
            if cut.layer != above:
                row, column = cut.states.differences(a, b)
                known = np.arange(cut.states.columns)[cut.units]
                place = np.minimum(np.searchsorted(known, column), max(0, known.size - 1))
                is_unit: BoolArray = known[place] == column if known.size else np.zeros(len(column), np.bool_)
                found.append((pairs[row[is_unit]], cut.unit + place[is_unit]))
            above, a, b = cut.layer, cut.cell_of[a], cut.cell_of[b]
            apart = a != b
            pairs, a, b = pairs[apart], a[apart], b[apart]
        found.append((np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)))
        pair: IntArray = np.concatenate([rows for rows, _ in reversed(found)])
        unit: IntArray = np.concatenate([units for _, units in reversed(found)])
        order = np.argsort(pair, kind="stable")
        return pair[order], unit[order]

    def array(self) -> StateArray:
        """All patterns; uint8 (cells, units)."""
        states = np.empty(self.shape, dtype=np.uint8)
        together = max(1, TOGETHER // max(1, self.shape[1]))
        for start in range(0, self.shape[0], together):
            end = min(start + together, self.shape[0])
            states[start:end] = self.rows(np.arange(start, end))
        return states


def states_at(states: Patterns | StateArray, cells: IntArray, units: IntArray) -> StateArray:
    """The state of one unit on each of some cells; uint8 (n,). Patterns are not made for it."""
    return states.at(cells, units) if isinstance(states, Patterns) else np.asarray(states[cells, units])


class PatternsOrArray:
    """An attribute that may be given as :class:`Patterns`, and is an array from when it is first read."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, owner: object | None, kind: type) -> Any:
        if owner is None:
            return self
        given = vars(owner)[self._name]
        if isinstance(given, Patterns):
            given = vars(owner)[self._name] = given.array()
            given.flags.writeable = False
        return given

    def __set__(self, owner: object, value: Any) -> None:
        vars(owner)[self._name] = value
