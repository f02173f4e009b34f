"""One row of int32 for each face of a complex that is being cut, and the kernels that fill it.

A row is read whole, again and again, while its face is near one that is cut: so all of it is together, in
half a cache line for up to 32 hyperplanes. The columns:

=========  ==========================================================================================
CARRIER    the old face that it lies in
SIBLING    the next piece of the same face, or -1
SECTION    F0 of a face F when it was cut last; F- is the face after it
START      where its boundary starts in the pool; of a vertex, its number
SIZE       of its boundary
MASKS      from here on, for every 32 hyperplanes three masks: of those it is partly above of, of those
           it is partly below of, and of those that a face of its boundary lies in
=========  ==========================================================================================

Faces are numbered as they are made. So a face was cut in this round iff its SECTION is one of the faces
made in this round.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...base.kernels import BYTES_SIGNED, INDICES, INT, NARROW, NARROW_TABLE, TABLE, VOID, group, kernel

CARRIER, SIBLING, SECTION, START, SIZE, MASKS = range(6)
#: Hyperplanes in one mask, and a mask of them.
WORD, LOW = 32, 0xFFFFFFFF
#: Places in ``count``: how much of each array is in use, and the size of the largest boundary.
COUNTERS = 7
FACES, POOL, VERTICES, PLANES, ENTRIES, OPEN, MOST = range(COUNTERS)


class NewFaces(NamedTuple):
    """``table`` as above, dimensions ``dim``, boundaries ``pool``, ``planes (faces, d)``.

    ``piece_of (old faces,)`` is the first piece of each old face.
    """

    table: Any
    dim: Any
    pool: Any
    planes: Any
    piece_of: Any


class Lists(NamedTuple):
    """The faces that a hyperplane cuts: entries (face, next), from ``head[dimension, hyperplane]`` on."""

    entries: Any
    head: Any


NEW_FACES = group(NewFaces, NARROW_TABLE, BYTES_SIGNED, NARROW, NARROW_TABLE, NARROW)
LISTS = group(Lists, NARROW_TABLE, NARROW_TABLE)

#: Position of the only bit of a number by its product with a de Bruijn sequence (Leiserson et al., 1998).
DE_BRUIJN = 0x03F79D71B4CB0A89
BITS = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    BITS[(DE_BRUIJN << _bit) % 2**64 >> 58] = _bit


@kernel(INT, INT, inline=True, bare=True)
def bit_number(power: int) -> Any:
    """Position of the only bit set."""
    return BITS[np.int64((np.uint64(power) * np.uint64(DE_BRUIJN)) >> np.uint64(58))]


@kernel(VOID, INT, INT, INT, NARROW_TABLE, NARROW_TABLE, NARROW_TABLE, INDICES, inline=True, bare=True)
def enter(face: int, level: int, after: int, table: Any, entries: Any, head: Any, count: Any) -> None:
    """Enter a face of dimension ``level`` into the lists of the hyperplanes beyond ``after`` that cut it."""
    for column in range(MASKS, table.shape[1], 3):
        both = np.int64(table[face, column] & table[face, column + 1]) & LOW
        while both != 0:
            lowest = both & -both
            both ^= lowest
            plane = WORD * ((column - MASKS) // 3) + bit_number(lowest)
            if plane > after:
                entry = count[ENTRIES]
                entries[entry, 0] = face
                entries[entry, 1] = head[level, plane]
                head[level, plane] = entry
                count[ENTRIES] = entry + 1


@kernel(VOID, INT, INT, INT, NARROW, NARROW_TABLE, inline=True, bare=True)
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


@kernel(VOID, NARROW_TABLE, INT, TABLE, INT, inline=True, bare=True)
def join(table: Any, face: int, masks: Any, which: int) -> None:
    """Join the masks of a face to those that are collected for a face around it, ``masks[which]``."""
    for i in range(0, masks.shape[1], 3):
        up, down = table[face, MASKS + i], table[face, MASKS + i + 1]
        masks[which, i] |= up
        masks[which, i + 1] |= down
        masks[which, i + 2] |= ~(up | down)


@kernel(VOID, NARROW_TABLE, INT, TABLE, INT, inline=True, bare=True)
def take(table: Any, face: int, masks: Any, which: int) -> None:
    """Give a face the masks collected for it."""
    for i in range(masks.shape[1]):
        table[face, MASKS + i] = masks[which, i]


@kernel(VOID, INDICES, NARROW, NARROW_TABLE, INDICES)
def pieces_in_order(old: Any, piece_of: Any, table: Any, new: Any) -> None:
    """List the pieces of old faces, of two pieces the one above their first hyperplane first."""
    n = 0
    for f in old:
        piece = np.int64(piece_of[f])
        while piece >= 0:
            new[n] = piece
            n += 1
            piece = np.int64(table[piece, SIBLING])


@kernel(VOID, NARROW_TABLE, BYTES_SIGNED, NARROW_TABLE, NARROW, NARROW, INDICES, INDICES)
def renumber(table: Any, dim: Any, planes: Any, pool: Any, piece_of: Any, base: Any, shift: Any) -> None:
    """Add ``shift`` to the numbers from ``base`` on, of faces, places in the pool, vertices and forms."""
    d = planes.shape[1]
    for f in range(table.shape[0]):
        if table[f, SIBLING] >= base[FACES]:
            table[f, SIBLING] += shift[FACES]
        table[f, START] += shift[POOL] if dim[f] > 0 else shift[VERTICES]
        for i in range(d - dim[f]):
            if planes[f, i] >= base[PLANES]:
                planes[f, i] += shift[PLANES]
    for i in range(pool.size):
        if pool[i] >= base[FACES]:
            pool[i] += shift[FACES]
    for f in range(piece_of.size):
        if piece_of[f] >= base[FACES]:
            piece_of[f] += shift[FACES]


@kernel(VOID, INDICES, NARROW, NARROW, NARROW, NARROW_TABLE)
def join_masks(faces: Any, start: Any, size: Any, pool: Any, masks: Any) -> None:
    """Give each face the union of the masks of its boundary."""
    for f in faces:
        for i in range(start[f], start[f] + size[f]):
            for j in range(masks.shape[1]):
                masks[f, j] |= masks[pool[i], j]
