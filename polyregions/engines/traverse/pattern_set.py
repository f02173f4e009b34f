"""A set of activation patterns with ids in order of discovery: open addressing over byte arrays.

The hash of a pattern is the sum, modulo 2^64, of one pseudo-random number for each (unit, state), as in
A. L. Zobrist, *A new hashing method with application for game playing* (1970): flipping a unit changes it
by one subtraction and one addition, so a neighbour is looked up without reading its pattern twice.
Equality is always decided on the patterns themselves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.arrays import StateArray
from ...base.kernels import BYTES, INDICES, INT, KEY, KEYS, PATTERNS, VOID, kernel

EMPTY = -1


@kernel(KEY, INT, INT)
def unit_key(unit: Any, state: Any) -> Any:
    """Pseudo-random 64 bits of a (unit, state): the finaliser of splitmix64."""
    z = np.uint64(unit * 256 + state + 1) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))


@kernel(KEY, BYTES)
def pattern_key(pattern: Any) -> Any:
    """Hash of a whole pattern (units,)."""
    total = np.uint64(0)
    for unit in range(pattern.size):
        total += unit_key(unit, np.int64(pattern[unit]))
    return total


@kernel(INT, INDICES, KEYS, PATTERNS, KEY, BYTES)
def find_slot(slots: Any, keys: Any, patterns: Any, key: Any, pattern: Any) -> Any:
    """Slot that holds the pattern, or the empty slot where it belongs."""
    mask = slots.size - 1
    slot = np.int64(key & np.uint64(mask))
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


@kernel(VOID, INDICES, KEYS, INT)
def _refill(slots: Any, keys: Any, count: int) -> None:
    mask = slots.size - 1
    for i in range(count):
        slot = np.int64(keys[i] & np.uint64(mask))
        while slots[slot] != EMPTY:
            slot = (slot + 1) & mask
        slots[slot] = i


@kernel(INT, INDICES, KEYS, PATTERNS, INT, BYTES)
def _add(slots: Any, keys: Any, patterns: Any, count: int, pattern: Any) -> Any:
    """Id of the pattern, which is ``count`` if it was not there and has now been written."""
    key = pattern_key(pattern)
    slot = find_slot(slots, keys, patterns, key, pattern)
    if slots[slot] != EMPTY:
        return slots[slot]
    slots[slot] = count
    keys[count] = key
    for unit in range(pattern.size):
        patterns[count, unit] = pattern[unit]
    return count


class PatternSet:
    """Patterns of one network, numbered in order of discovery.

    Attributes
    ----------
    slots : int64 (power of two,)
        Ids by hash, EMPTY where free.
    keys : uint64 (capacity,); patterns : uint8 (capacity, units)
        By id; the first ``count`` are in use.
    """

    def __init__(self, units: int) -> None:
        self.count = 0
        self.slots = np.full(4096, EMPTY, dtype=np.int64)
        self.keys = np.empty(1024, dtype=np.uint64)
        self.patterns: StateArray = np.empty((1024, units), dtype=np.uint8)

    def growth(self, more: int) -> int:
        """Bytes that :meth:`reserve` would take."""
        need = self.count + more
        if need <= len(self.patterns):
            return 0
        return max(need, 2 * len(self.patterns)) * (int(self.patterns.shape[1]) + 8) + 32 * need

    def reserve(self, more: int) -> None:
        """Make room for that many further patterns; the table stays at most half full."""
        need = self.count + more
        if need > len(self.patterns):
            capacity = max(need, 2 * len(self.patterns))
            grown = np.empty((capacity, self.patterns.shape[1]), dtype=np.uint8)
            grown[: self.count] = self.patterns[: self.count]
            keys = np.empty(capacity, dtype=np.uint64)
            keys[: self.count] = self.keys[: self.count]
            self.patterns, self.keys = grown, keys
        if 2 * need > self.slots.size:
            size = self.slots.size
            while 2 * need > size:
                size *= 2
            self.slots = np.full(size, EMPTY, dtype=np.int64)
            _refill(self.slots, self.keys, self.count)

    def add(self, pattern: StateArray) -> int:
        """Id of a pattern, new or known."""
        self.reserve(1)
        found = int(_add(self.slots, self.keys, self.patterns, self.count, pattern))
        self.count = max(self.count, found + 1)
        return found

    def __len__(self) -> int:
        return self.count
