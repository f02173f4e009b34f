"""Matrices of states in as few bits as they need: one row for each cell, one column for each output.

A layer of thousands of units makes tens of thousands of cells, and most units have two states. They are kept
by 1, 2, 4 or 8 bits each, as many as the unit with the most states needs, and are bytes again where they are
asked for, some rows at a time.
"""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import IntArray, StateArray

#: Rows that are worked on at once.
ROWS_TOGETHER = 2**10


class PackedStates:
    """States 0 .. n_states - 1 of each column; all 0 at first.

    Parameters
    ----------
    rows : int
    n_states : int64 (columns,)

    Attributes
    ----------
    bits : int
        For each state.
    packed : uint8 (rows, bytes)
        The state of column j is in the bits from ``bits * j`` on, the lowest bit of a byte first.

    Examples
    --------
    >>> states = PackedStates(2, np.array([2, 4, 1]))
    >>> states.write(0, np.array([[1, 3, 0], [0, 2, 0]], dtype=np.uint8))
    >>> states.bits, states.rows(slice(0, 2)).tolist()
    (2, [[1, 3, 0], [0, 2, 0]])
    """

    def __init__(self, rows: int, n_states: IntArray) -> None:
        largest = int(n_states.max(initial=1)) - 1
        self.bits = next(bits for bits in (0, 1, 2, 4, 8) if largest < 2**bits)
        self.columns = n_states.size
        width = -(-n_states.size * self.bits // 8)
        self.packed: NDArray[np.uint8] = np.zeros((rows, width), dtype=np.uint8)

    def __len__(self) -> int:
        return len(self.packed)

    def some(self, rows: slice) -> PackedStates:
        """Some rows, which share their memory."""
        return self.with_rows(self.packed[rows])

    def with_rows(self, packed: NDArray[np.uint8]) -> PackedStates:
        """States of the same columns."""
        other = copy(self)
        other.packed = packed
        return other

    def write(self, first: int, states: StateArray) -> None:
        """Set the rows from ``first`` on."""
        if self.bits == 0 or not len(states):
            return
        if self.bits == 1:
            packed = np.packbits(states, axis=1, bitorder="little")
        else:
            each = 8 // self.bits
            padded = np.zeros((len(states), self.packed.shape[1], each), dtype=np.uint8)
            padded.reshape(len(states), padded[0].size)[:, : self.columns] = states
            packed = np.bitwise_or.reduce(padded << self._shifts(), axis=2)
        self.packed[first : first + len(states)] = packed

    def rows(self, which: slice | IntArray | NDArray[np.int32]) -> StateArray:
        """Some rows; uint8 (rows, columns)."""
        packed = self.packed[which]
        if self.bits == 0:
            return np.zeros((len(packed), self.columns), dtype=np.uint8)
        if self.bits == 1:
            return np.unpackbits(packed, axis=1, count=self.columns, bitorder="little")
        states = packed[:, :, None] >> self._shifts() & np.uint8(2**self.bits - 1)
        return np.ascontiguousarray(
            states.reshape(len(packed), packed.shape[1] * 8 // self.bits)[:, : self.columns]
        )

    def at(self, rows: NDArray[Any], columns: IntArray) -> StateArray:
        """The states at some places; uint8 (n,).

        Examples
        --------
        >>> states = PackedStates(2, np.array([2, 4, 1]))
        >>> states.write(0, np.array([[1, 3, 0], [0, 2, 0]], dtype=np.uint8))
        >>> states.at(np.array([0, 0, 1]), np.array([0, 1, 1])).tolist()
        [1, 3, 2]
        """
        if self.bits == 0:
            return np.zeros(len(rows), dtype=np.uint8)
        each = 8 // self.bits
        shifts = (self.bits * (columns % each)).astype(np.uint8)
        return np.asarray(self.packed[rows, columns // each] >> shifts & np.uint8(2**self.bits - 1))

    def differences(self, first: NDArray[Any], second: NDArray[Any]) -> tuple[IntArray, IntArray]:
        """Where rows ``first[k]`` and ``second[k]`` differ: each k, and each column, ascending."""
        if self.bits == 0:
            return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)
        apart = self.packed[first] ^ self.packed[second]
        row, byte = np.nonzero(apart != 0)
        fields = apart[row, byte][:, None] >> self._shifts() & np.uint8(2**self.bits - 1)
        entry, field = np.nonzero(fields)
        return row[entry], byte[entry] * (8 // self.bits) + field

    def _shifts(self) -> NDArray[np.uint8]:
        return np.arange(0, 8, self.bits, dtype=np.uint8)
