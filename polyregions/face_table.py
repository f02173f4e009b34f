"""One row of int32 for each face of a complex that is being cut, and the kernels that fill it.

A row is read whole, again and again, while its face is near one that is cut: so all of it is together.
The columns:

=========  ==========================================================================================
DIM        dimension
CARRIER    the old face that it lies in
SIBLING    the next piece of the same old face, or -1
SECTION    F0 and
BEYOND     F- of a face F that was cut
STAMP      in this round
SEEN       the last section that it was put in
START      where its boundary starts in the pool; of a vertex, its number
SIZE       of its boundary
MASKS      from here on, for every 32 hyperplanes three masks: of those it is partly above of, of those
           it is partly below of, and of those that a face of its boundary lies in
=========  ==========================================================================================
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .kernels import INDICES, INT, NARROW, NARROW_TABLE, TABLE, VOID, kernel

DIM, CARRIER, SIBLING, SECTION, BEYOND, SEEN, STAMP, START, SIZE, MASKS = range(10)
#: Hyperplanes in one mask, and a mask of them.
WORD, LOW = 32, 0xFFFFFFFF
#: Where the number of list entries stands in ``count``, see :mod:`polyregions.splitting`.
ENTRIES = 4

#: Position of the only bit of a number by its product with a de Bruijn sequence (Leiserson et al., 1998).
DE_BRUIJN = 0x03F79D71B4CB0A89
BITS = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    BITS[(DE_BRUIJN << _bit) % 2**64 >> 58] = _bit


@kernel(INT, INT)
def bit_number(power: int) -> Any:
    """Position of the only bit set."""
    return BITS[np.int64((np.uint64(power) * np.uint64(DE_BRUIJN)) >> np.uint64(58))]


@kernel(VOID, INT, INT, INT, NARROW_TABLE, NARROW_TABLE, NARROW, NARROW, INDICES)
def enter(
    face: int, level: int, after: int, table: Any, head: Any, entry_face: Any, entry_next: Any, count: Any
) -> None:
    """Enter a face of dimension ``level`` into the lists of the hyperplanes beyond ``after`` that cut it."""
    for column in range(MASKS, table.shape[1], 3):
        both = np.int64(table[face, column] & table[face, column + 1]) & LOW
        while both != 0:
            lowest = both & -both
            both ^= lowest
            plane = WORD * ((column - MASKS) // 3) + bit_number(lowest)
            if plane > after:
                entry = count[ENTRIES]
                entry_face[entry] = face
                entry_next[entry] = head[level, plane]
                head[level, plane] = entry
                count[ENTRIES] = entry + 1


@kernel(VOID, INT, INT, INT, NARROW, NARROW_TABLE)
def set_boundary(face: int, begin: int, end: int, pool: Any, table: Any) -> None:
    """Give a face the boundary ``pool[begin:end]`` and the masks that follow from it."""
    table[face, START], table[face, SIZE] = begin, end - begin
    for column in range(MASKS, table.shape[1], 3):
        above, below, touched = np.int64(0), np.int64(0), np.int64(0)
        for i in range(begin, end):
            up, down = table[pool[i], column], table[pool[i], column + 1]
            above |= up
            below |= down
            touched |= ~(up | down)
        table[face, column], table[face, column + 1], table[face, column + 2] = above, below, touched


@kernel(VOID, INT, INT, INT, NARROW_TABLE)
def begin_face(face: int, kind: int, old: int, table: Any) -> None:
    """Set up a face of dimension ``kind`` inside an old face."""
    table[face, DIM], table[face, CARRIER] = kind, old
    table[face, SIBLING], table[face, STAMP], table[face, SEEN] = -1, -1, -1


@kernel(VOID, NARROW_TABLE, INT, TABLE, INT)
def join(table: Any, face: int, masks: Any, which: int) -> None:
    """Join the masks of a face to those that are collected for a face around it, ``masks[:, which]``."""
    for i in range(0, masks.shape[0], 3):
        up, down = table[face, MASKS + i], table[face, MASKS + i + 1]
        masks[i, which] |= up
        masks[i + 1, which] |= down
        masks[i + 2, which] |= ~(up | down)


@kernel(VOID, NARROW_TABLE, INT, TABLE, INT)
def take(table: Any, face: int, masks: Any, which: int) -> None:
    """Give a face the masks collected for it."""
    for i in range(masks.shape[0]):
        table[face, MASKS + i] = masks[i, which]
