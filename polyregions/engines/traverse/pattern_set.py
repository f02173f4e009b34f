"""A set of activation patterns with ids in order of discovery: open addressing over byte arrays.

The hash of a pattern is the sum, modulo 2^64, of one pseudo-random number for each (unit, state), as in
A. L. Zobrist, *A new hashing method with application for game playing* (1970): flipping a unit changes it
by one subtraction and one addition, so a neighbour is looked up without reading its pattern twice.
Equality is always decided on the patterns themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.arrays import StateArray
from ...base.kernels import Int64Vector, UInt8Matrix, UInt8Vector, UInt64, UInt64Vector, int64, kernel

EMPTY = -1


class Table(NamedTuple):
    """The arrays of a set of patterns.

    Attributes
    ----------
    slots : int64 (power of two,)
        Ids by hash, EMPTY where free.
    keys : uint64 (capacity,); patterns : uint8 (capacity, units)
        By id; the first of them are in use.
    """

    slots: Int64Vector
    keys: UInt64Vector
    patterns: UInt8Matrix


@kernel
def unit_key(unit: int, state: int) -> UInt64:
    """Pseudo-random 64 bits of a (unit, state): the finaliser of splitmix64."""
    z = np.uint64(unit * 256 + state + 1) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel
def pattern_key(pattern: UInt8Vector) -> UInt64:
    """Hash of a whole pattern (units,)."""
    total = np.uint64(0)
    for unit in range(pattern.size):
        total += unit_key(unit, int64(pattern[unit]))
    return total


@kernel
def find_slot(table: Table, key: UInt64, pattern: UInt8Vector) -> int:
    """Slot that holds the pattern, or the empty slot where it belongs."""
    slots, keys, patterns = table
    mask = slots.size - 1
    slot = int64(key & np.uint64(mask))
    while slots[slot] != EMPTY:
        known = slots[slot]
        if keys[known] == key:
            same = True
            for unit in range(pattern.size):
                if patterns[known, unit] != pattern[unit]:
                    same = False
                    break
            if same:
                return slot
        slot = (slot + 1) & mask
    return slot


@kernel
def _refill(table: Table, count: int) -> None:
    """Enter the first ``count`` patterns into slots that are all empty."""
    slots, keys, _ = table
    mask = slots.size - 1
    for i in range(count):
        slot = int64(keys[i] & np.uint64(mask))
        while slots[slot] != EMPTY:
            slot = (slot + 1) & mask
        slots[slot] = i


@kernel
def _add(table: Table, count: int, pattern: UInt8Vector) -> int:
    """Id of the pattern, which is ``count`` if it was not there and has now been written."""
    slots, keys, patterns = table
    key = pattern_key(pattern)
    slot = find_slot(table, key, pattern)
    if slots[slot] != EMPTY:
        return int64(slots[slot])
    slots[slot] = count
    keys[count] = key
    for unit in range(pattern.size):
        patterns[count, unit] = pattern[unit]
    return count


class PatternSet:
    """Patterns of one network, numbered in order of discovery.

    Attributes
    ----------
    table : Table
        Room for more than there are.
    count : int
        How many there are.
    """

    def __init__(self, units: int) -> None:
        self.count = 0
        self.table = Table(
            np.full(4096, EMPTY, dtype=np.int64),
            np.empty(1024, dtype=np.uint64),
            np.empty((1024, units), dtype=np.uint8),
        )

    @property
    def patterns(self) -> StateArray:
        """By id; the first ``count`` are in use."""
        return self.table.patterns

    def growth(self, more: int) -> int:
        """Bytes that :meth:`reserve` would take."""
        need = self.count + more
        if need <= len(self.patterns):
            return 0
        return max(need, 2 * len(self.patterns)) * (int(self.patterns.shape[1]) + 8) + 32 * need

    def reserve(self, more: int) -> None:
        """Make room for that many further patterns; the table stays at most half full."""
        need = self.count + more
        slots, keys, patterns = self.table
        if need > len(patterns):
            capacity = max(need, 2 * len(patterns))
            grown = np.empty((capacity, patterns.shape[1]), dtype=np.uint8)
            grown[: self.count] = patterns[: self.count]
            more_keys = np.empty(capacity, dtype=np.uint64)
            more_keys[: self.count] = keys[: self.count]
            self.table = Table(slots, more_keys, grown)
        if 2 * need > slots.size:
            size = slots.size
            while 2 * need > size:
                size *= 2
            self.table = self.table._replace(slots=np.full(size, EMPTY, dtype=np.int64))
            _refill(self.table, self.count)

    def add(self, pattern: StateArray) -> int:
        """Id of a pattern, new or known."""
        self.reserve(1)
        found = int(_add(self.table, self.count, pattern))
        self.count = max(self.count, found + 1)
        return found

    def __len__(self) -> int:
        return self.count
