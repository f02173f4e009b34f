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

from typing import NamedTuple

import numpy as np

from ...base.kernels import Int8Vector, Int32Matrix, Int32Vector, Int64Matrix, Int64Vector, int64, kernel
from ...complex.topology import FaceLists

CARRIER, SIBLING, SECTION, START, SIZE, MASKS = range(6)
#: Hyperplanes in one mask, and a mask of them.
WORD, LOW = 32, 0xFFFFFFFF
#: Places in ``used``: how much of each array is in use, and the size of the largest boundary.
COUNTERS = 6
FACES, POOL, VERTICES, ENTRIES, OPEN, MOST = range(COUNTERS)


class NewFaces(NamedTuple):
    """The faces that there are, and room for more.

    Attributes
    ----------
    table : int32 (faces, columns)
        As above.
    dim : int8 (faces,); planes : int32 (faces, d)
        See :class:`polyregions.complex.topology.Cells`.
    pool : int32
        The boundaries.
    piece_of : int32 (old faces,)
        The first piece of each old face.
    used : int64 (COUNTERS,)
        How much of each array is in use, of those of :class:`Lists` and of the vertices, too.
    """

    table: Int32Matrix
    dim: Int8Vector
    pool: Int32Vector
    planes: Int32Matrix
    piece_of: Int32Vector
    used: Int64Vector


class Lists(NamedTuple):
    """The faces that a hyperplane cuts: entries (face, next), from ``head[dimension, hyperplane]`` on."""

    entries: Int32Matrix
    head: Int32Matrix


#: Position of the only bit of a number by its product with a de Bruijn sequence (Leiserson et al., 1998).
DE_BRUIJN = 0x03F79D71B4CB0A89
BITS = np.zeros(64, dtype=np.int64)
for _bit in range(64):
    BITS[(DE_BRUIJN << _bit) % 2**64 >> 58] = _bit


@kernel(inline=True, bare=True)
def bit_number(power: int) -> int:
    """Position of the only bit set."""
    return int64(BITS[np.int64((np.uint64(power) * np.uint64(DE_BRUIJN)) >> np.uint64(58))])


@kernel(inline=True, bare=True)
def enter(face: int, level: int, after: int, new: NewFaces, lists: Lists) -> None:
    """Enter a face of dimension ``level`` into the lists of the hyperplanes beyond ``after`` that cut it."""
    table, used = new.table, new.used
    entries, head = lists
    for column in range(MASKS, table.shape[1], 3):
        both = int64(table[face, column] & table[face, column + 1]) & LOW
        while both != 0:
            lowest = both & -both
            both ^= lowest
            plane = WORD * ((column - MASKS) // 3) + bit_number(lowest)
            if plane > after:
                entry = used[ENTRIES]
                entries[entry, 0] = face
                entries[entry, 1] = head[level, plane]
                head[level, plane] = entry
                used[ENTRIES] = entry + 1


@kernel(inline=True, bare=True)
def set_boundary(face: int, begin: int, end: int, new: NewFaces) -> None:
    """Give a face the boundary ``pool[begin:end]`` and the masks that follow from it."""
    table, pool = new.table, new.pool
    table[face, START], table[face, SIZE] = begin, end - begin
    for column in range(MASKS, table.shape[1], 3):
        above, below, touched = int64(0), int64(0), int64(0)
        for i in range(begin, end):
            up, down = table[pool[i], column], table[pool[i], column + 1]
            above |= up
            below |= down
            touched |= ~(up | down)
        table[face, column], table[face, column + 1], table[face, column + 2] = above, below, touched


@kernel(inline=True, bare=True)
def join(table: Int32Matrix, face: int, masks: Int64Matrix, which: int) -> None:
    """Join the masks of a face to those that are collected for a face around it, ``masks[which]``."""
    for i in range(0, masks.shape[1], 3):
        up, down = table[face, MASKS + i], table[face, MASKS + i + 1]
        masks[which, i] |= up
        masks[which, i + 1] |= down
        masks[which, i + 2] |= ~(up | down)


@kernel(inline=True, bare=True)
def take(table: Int32Matrix, face: int, masks: Int64Matrix, which: int) -> None:
    """Give a face the masks collected for it."""
    for i in range(masks.shape[1]):
        table[face, MASKS + i] = masks[which, i]


@kernel
def pieces_in_order(old: Int64Vector, piece_of: Int32Vector, table: Int32Matrix, pieces: Int64Vector) -> None:
    """List the pieces of old faces, of two pieces the one above their first hyperplane first."""
    n = 0
    for f in old:
        piece = int64(piece_of[f])
        while piece >= 0:
            pieces[n] = piece
            n += 1
            piece = int64(table[piece, SIBLING])


@kernel
def renumber(new: NewFaces, base: Int64Vector, shift: Int64Vector) -> None:
    """Add ``shift`` to the numbers from ``base`` on, of faces, places in the pool and vertices."""
    table, dim, pool, _, piece_of, _ = new
    for f in range(table.shape[0]):
        if table[f, SIBLING] >= base[FACES]:
            table[f, SIBLING] += shift[FACES]
        table[f, START] += shift[POOL] if dim[f] > 0 else shift[VERTICES]
    for i in range(pool.size):
        if pool[i] >= base[FACES]:
            pool[i] += shift[FACES]
    for f in range(piece_of.size):
        if piece_of[f] >= base[FACES]:
            piece_of[f] += shift[FACES]


@kernel
def join_masks(faces: Int64Vector, lists: FaceLists, masks: Int32Matrix) -> None:
    """Give each face the union of the masks of its boundary."""
    start, size, pool = lists
    for f in faces:
        for i in range(start[f], start[f] + size[f]):
            for j in range(masks.shape[1]):
                masks[f, j] |= masks[pool[i], j]


@kernel
def order_faces(
    faces: Int64Vector,
    dim: Int8Vector,
    home: Int32Vector,
    part_of: Int32Vector,
    ends: Int64Vector,
    order: Int32Vector,
) -> None:
    """Order faces by the part of their home and then by dimension.

    ``ends (parts * (d + 1) + 1,)`` is memory: zeros, and on return where each part and dimension ends.
    """
    d1 = (ends.size - 1) // (part_of[part_of.size - 1] + 1)
    for f in faces:
        ends[part_of[home[f]] * d1 + dim[f] + 1] += 1
    for i in range(1, ends.size):
        ends[i] += ends[i - 1]
    for f in faces:
        i = part_of[home[f]] * d1 + dim[f]
        order[ends[i]] = f
        ends[i] += 1
