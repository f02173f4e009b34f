"""How one face is cut by a hyperplane: the kernels behind :mod:`polyregions.complex.topology`.

They work in arrays of fixed capacity. Where one of them has too little room they return which, having changed
nothing. A face F becomes F+; its section F0 and then F- are new.
"""

from __future__ import annotations

from ...base.kernels import Int64Matrix, Int64Vector, int64, kernel
from .face_table import (
    CARRIER,
    ENTRIES,
    FACES,
    MASKS,
    MOST,
    POOL,
    SECTION,
    SIBLING,
    SIZE,
    START,
    WORD,
    Lists,
    NewFaces,
    enter,
    join,
    set_boundary,
    take,
)

DONE, MORE_FACES, MORE_POOL, MORE_VERTICES, MORE_ENTRIES, DECIDE, PAUSE, BROKEN = range(8)

#: Places in ``at``, where the work stands: part of the old complex, stage (0 copy, 1 cut), place in the order
#: of the old faces, hyperplane, dimension being cut (0: new vertices), place in its list, faces when the
#: hyperplane's turn began, faces when the part's turn began, faces at which to pause.
PLACES = 9
PART, STAGE, OLD, ROUND, LEVEL, CURSOR, MARK, BEFORE, NEXT = range(PLACES)

#: Rows of the masks that are collected: of what is above the hyperplane, below it, and on it.
ABOVE, BELOW, ON = range(3)


@kernel(bare=True)
def cut_edge(f: int, plane: int, new: NewFaces, lists: Lists) -> int:
    """Cut an edge in two at its new vertex. The half beyond it has its number already, and its dimension."""
    table, _, pool, planes, _, used = new
    # Each half may be in the lists of all hyperplanes.
    if used[ENTRIES] + 2 * lists.head.shape[1] > lists.entries.shape[0]:
        return MORE_ENTRIES
    if used[POOL] + 2 > pool.size:
        return MORE_POOL
    column, bit = MASKS + 3 * (plane // WORD), int64(1) << int64(plane % WORD)
    begin, tail = int64(table[f, START]), used[POOL]
    vertex = int64(table[f, SECTION])
    beyond = vertex + 1
    a, b = pool[begin], pool[begin + 1]
    if table[a, column + 1] & bit != 0:
        a, b = b, a
    used[POOL] = tail + 2
    pool[begin], pool[begin + 1] = a, vertex
    pool[tail], pool[tail + 1] = vertex, b
    set_boundary(f, begin, begin + 2, new)
    set_boundary(beyond, tail, tail + 2, new)
    for i in range(planes.shape[1] - 1):
        planes[beyond, i] = planes[f, i]
    table[beyond, CARRIER], table[beyond, SECTION] = table[f, CARRIER], -1
    table[beyond, SIBLING] = table[f, SIBLING]
    table[f, SIBLING] = beyond
    enter(beyond, 1, plane, new, lists)
    return DONE


@kernel(part=True, bare=True)
def has_room(f: int, plane: int, new: NewFaces) -> bool:
    """Whether the pool has room for F+, F-, and F0 twice. No boundary is larger than ``used[MOST]``."""
    table, _, pool, _, _, used = new
    begin, size = int64(table[f, START]), int64(table[f, SIZE])
    if used[POOL] + size * (2 * used[MOST] + 4) + 4 <= pool.size:
        return True
    column, bit = MASKS + 3 * (plane // WORD), int64(1) << int64(plane % WORD)
    largest = size
    for i in range(begin, begin + size):
        if table[pool[i], column + 2] & bit != 0:
            largest += int64(table[pool[i], SIZE])
    return bool(used[POOL] + 2 * size + 2 * largest + 4 <= pool.size)


@kernel(part=True, bare=True)
def part_boundary(f: int, at: Int64Vector, new: NewFaces, masks: Int64Matrix) -> tuple[int, int, int]:
    """Pass once over the boundary of F: what is above the hyperplane stays, the rest goes to the pool's end.

    F- begins where the pool ends, F0 one place more than F's size after it. Returns where F+, F- and F0 end.
    The masks of all three are joined on the way.

    Faces from ``at[MARK]`` on were made in this round, and those before ``at[BEFORE]`` in parts of the
    complex that are finished. What F0 has in its boundary besides sections of this round lies in the
    hyperplane already. Each such face bounds two facets of F, one above and one below, and is found in the
    one above. A facet that is finished has at most one of them, which is more likely at the end of its
    boundary; another one can have several, pieces of a face that an earlier part has cut.
    """
    table, _, pool, _, _, used = new
    plane, mark, finished = at[ROUND], at[MARK], at[BEFORE]
    column, bit = MASKS + 3 * (plane // WORD), int64(1) << int64(plane % WORD)
    begin, size = int64(table[f, START]), int64(table[f, SIZE])
    place, last = begin, used[POOL]
    tail = last + size + 1
    masks[:] = 0
    for i in range(begin, begin + size):
        b = int64(pool[i])
        s = int64(table[b, SECTION])
        if s >= mark:
            pool[tail] = s
            join(table, s, masks, ON)
            tail += 1
            pool[last] = s + 1
            join(table, s + 1, masks, BELOW)
            last += 1
            pool[place] = b
            join(table, b, masks, ABOVE)
            place += 1
        elif table[b, column] & bit != 0:
            pool[place] = b
            join(table, b, masks, ABOVE)
            place += 1
            if table[b, column + 2] & bit != 0:
                for j in range(table[b, START] + table[b, SIZE] - 1, table[b, START] - 1, -1):
                    e = int64(pool[j])
                    if (table[e, column] | table[e, column + 1]) & bit == 0:
                        pool[tail] = e
                        join(table, e, masks, ON)
                        tail += 1
                        if b < finished:
                            break
        else:
            pool[last] = b
            join(table, b, masks, BELOW)
            last += 1
    return place, last, tail


@kernel(bare=True)
def cut_face(f: int, form: int, at: Int64Vector, new: NewFaces, lists: Lists, masks: Int64Matrix) -> int:
    """Cut a face of dimension ``at[LEVEL]`` >= 2, whose boundary is cut, by the hyperplane ``at[ROUND]``.

    ``form`` is the number of the hyperplane's form; ``masks (3, masks of a face)`` is memory to work in.
    """
    level, plane = at[LEVEL], at[ROUND]
    table, dim, pool, planes, _, used = new
    d = planes.shape[1]
    if used[FACES] + 2 > table.shape[0]:
        return MORE_FACES
    # Each of the three faces may be in the lists of all hyperplanes.
    if used[ENTRIES] + 3 * lists.head.shape[1] > lists.entries.shape[0]:
        return MORE_ENTRIES
    if not has_room(f, plane, new):
        return MORE_POOL
    begin, lower = int64(table[f, START]), used[POOL]
    place, last, tail = part_boundary(f, at, new, masks)
    section = lower + int64(table[f, SIZE]) + 1
    if tail - section < level:
        return BROKEN
    zero = used[FACES]
    beyond = zero + 1
    used[FACES] = beyond + 1
    dim[zero], dim[beyond] = level - 1, level
    for i in range(d - level):
        planes[beyond, i] = planes[zero, i] = planes[f, i]
    planes[zero, d - level] = form
    table[zero, CARRIER] = table[beyond, CARRIER] = table[f, CARRIER]
    table[zero, SIBLING], table[zero, SECTION], table[beyond, SECTION] = -1, -1, -1
    take(table, zero, masks, ON)
    join(table, zero, masks, ABOVE)
    join(table, zero, masks, BELOW)
    take(table, f, masks, ABOVE)
    take(table, beyond, masks, BELOW)
    pool[last] = zero
    last += 1
    table[beyond, START], table[beyond, SIZE] = lower, last - lower
    table[zero, START], table[zero, SIZE] = last, tail - section
    for i in range(tail - section):
        pool[last + i] = pool[section + i]
    last += tail - section
    upper = begin
    if place == begin + int64(table[f, SIZE]):
        # Every face of the boundary reaches above: F+ has one more, and moves.
        upper = last
        for i in range(begin, place):
            pool[last] = pool[i]
            last += 1
        place = last
        last += 1
    pool[place] = zero
    table[f, START], table[f, SIZE] = upper, place + 1 - upper
    used[POOL] = last
    largest = max(table[f, SIZE], table[beyond, SIZE], table[zero, SIZE])
    used[MOST] = max(used[MOST], int64(largest))
    table[f, SECTION] = zero
    table[beyond, SIBLING] = table[f, SIBLING]
    table[f, SIBLING] = beyond
    enter(zero, level - 1, plane, new, lists)
    enter(beyond, level, plane, new, lists)
    return DONE
