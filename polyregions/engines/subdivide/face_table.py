"""One row of int32 for each face of a part that is being cut, and the kernels that fill it.

A row is read whole, again and again, while its face is near one that is cut: so all of it is together, in
half a cache line. The columns:

=========  ==========================================================================================
CARRIER    the old face that it lies in
SIBLING    the next piece of the same face, or -1
SECTION    F0 of a face F when it was cut last; F- is the face after it
START      where its boundary starts in the pool; of a vertex, its number
SIZE       of its boundary
ABOVE      mask of the hyperplanes of a word that it is partly above of,
BELOW      of those that it is partly below of,
TOUCHED    and of those that a face of its boundary lies in
=========  ==========================================================================================

Faces are numbered as they are made. So a face was cut in this round iff its SECTION is one of the faces
made in this round.
"""

from __future__ import annotations

from typing import NamedTuple

from ...base.bits import bit_number
from ...base.kernels import Int8Vector, Int32Matrix, Int32Vector, Int64Vector, int64, kernel
from ...complex.topology import FaceLists

COLUMNS = 8
CARRIER, SIBLING, SECTION, START, SIZE, ABOVE, BELOW, TOUCHED = range(COLUMNS)
#: Hyperplanes in one mask, and a mask of them.
WORD, LOW = 32, 0xFFFFFFFF
#: Places in ``used``: how much of each array is in use, and the size of the largest boundary.
COUNTERS = 6
FACES, POOL, VERTICES, ENTRIES, OPEN, MOST = range(COUNTERS)


class NewFaces(NamedTuple):
    """The faces that there are, and room for more.

    Attributes
    ----------
    table : int32 (faces, COLUMNS)
        As above.
    dim : int8 (faces,); planes : int32 (faces, d)
        See :class:`polyregions.complex.topology.Cells`.
    pool : int32
        The boundaries.
    piece_of : int32 (old faces,)
        The first piece of each old face.
    inside : int32 (faces,)
        The next face inside the same old face, of any dimension, or -1: of a face that was cut, first all of
        F+, then of F0, then of F-.
    used : int64 (COUNTERS,)
        How much of each array is in use, of those of :class:`Lists` and of the vertices, too.
    """

    table: Int32Matrix
    dim: Int8Vector
    pool: Int32Vector
    planes: Int32Matrix
    piece_of: Int32Vector
    inside: Int32Vector
    used: Int64Vector


class Lists(NamedTuple):
    """The faces that a hyperplane cuts: entries (face, next), from ``head[dimension, hyperplane]`` on.

    There are lists of the hyperplanes in the mask ``group``.
    """

    entries: Int32Matrix
    head: Int32Matrix
    group: int


@kernel(inline=True, bare=True)
def enter(face: int, level: int, later: int, new: NewFaces, lists: Lists) -> None:
    """Enter a face of dimension ``level`` into the lists of those hyperplanes in a mask that cut it."""
    table, used = new.table, new.used
    entries, head, group = lists
    both = int64(table[face, ABOVE] & table[face, BELOW]) & group & later
    while both != 0:
        lowest = both & -both
        both ^= lowest
        plane = bit_number(lowest)
        entry = used[ENTRIES]
        entries[entry, 0] = face
        entries[entry, 1] = head[level, plane]
        head[level, plane] = entry
        used[ENTRIES] = entry + 1


@kernel(inline=True, bare=True)
def set_boundary(face: int, begin: int, end: int, new: NewFaces) -> None:
    """Give a face the boundary ``pool[begin:end]`` and the masks that follow from it."""
    table, pool = new.table, new.pool
    above, below, touched = int64(0), int64(0), int64(0)
    for i in range(begin, end):
        up, down = int64(table[pool[i], ABOVE]), int64(table[pool[i], BELOW])
        above |= up
        below |= down
        touched |= ~(up | down)
    table[face, START], table[face, SIZE] = begin, end - begin
    table[face, ABOVE], table[face, BELOW], table[face, TOUCHED] = above, below, touched


@kernel
def enter_vertices(
    corners: Int64Vector, start: Int32Vector, planes: Int32Matrix, masks: Int32Matrix, new: NewFaces
) -> None:
    """Begin with the old vertices; ``masks (numbers, 2)`` has the masks of each by its number."""
    table, dim, _, own, piece_of, inside, _ = new
    for i in range(corners.size):
        f = corners[i]
        number = int64(start[f])
        table[i, CARRIER], table[i, SIBLING], table[i, SECTION] = f, -1, -1
        table[i, START], table[i, SIZE] = number, 0
        table[i, ABOVE], table[i, BELOW], table[i, TOUCHED] = masks[number, 0], masks[number, 1], 0
        dim[i] = 0
        piece_of[f], inside[i] = i, -1
        for j in range(planes.shape[1]):
            own[i, j] = planes[f, j]


@kernel
def take_out(new: NewFaces, lists: FaceLists, dim: Int8Vector, planes: Int32Matrix) -> int:
    """Copy all faces, their boundaries one after the other; return how much of ``lists.pool`` they take."""
    table, its_dim, its_pool, its_planes, _, _, used = new
    start, size, pool = lists
    place = 0
    for f in range(used[FACES]):
        n = int64(table[f, SIZE])
        begin = int64(table[f, START])
        dim[f] = its_dim[f]
        size[f] = n
        fixed = planes.shape[1] - int64(dim[f])
        for j in range(planes.shape[1]):
            planes[f, j] = its_planes[f, j] if j < fixed else -1
        if dim[f] == 0:
            start[f] = begin
            continue
        start[f] = place
        for i in range(begin, begin + n):
            pool[place] = its_pool[i]
            place += 1
    return place


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
def list_inside(
    old: Int64Vector, piece_of: Int32Vector, inside: Int32Vector, counts: Int64Vector, listed: Int64Vector
) -> int:
    """List the faces inside old faces, in an order that depends on the face and what cuts it alone."""
    n = 0
    for k in range(old.size):
        f, before = int64(piece_of[old[k]]), n
        while f >= 0:
            listed[n] = f
            n += 1
            f = int64(inside[f])
        counts[k] = n - before
    return n
