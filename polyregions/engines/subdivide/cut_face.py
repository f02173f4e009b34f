"""How one face is cut by a hyperplane: the kernels behind :mod:`polyregions.complex.topology`.

They work in arrays of fixed capacity. Where one of them has too little room they return which, having changed
nothing. A face F becomes F+; its section F0 and then F- are new.
"""

from __future__ import annotations

from ...base.kernels import Int32Matrix, Int64Matrix, Int64Vector, int64, kernel
from .face_table import (
    ABOVE,
    BELOW,
    CARRIER,
    ENTRIES,
    FACES,
    LOW,
    MOST,
    POOL,
    SECTION,
    SIBLING,
    SIZE,
    START,
    TOUCHED,
    WORD,
    Lists,
    NewFaces,
    enter,
    set_boundary,
)

DONE, MORE_FACES, MORE_POOL, MORE_VERTICES, MORE_ENTRIES, DECIDE, BROKEN = range(7)

#: Places in ``at``, where the work stands: batch of old faces, stage (0 copy, 1 cut), place in the order of
#: the old faces, hyperplane, dimension being cut (0: new vertices), place in its list, faces when the
#: hyperplane's turn began, faces when the batch's turn began.
PLACES = 8
BATCH, STAGE, OLD, ROUND, LEVEL, CURSOR, MARK, BEFORE = range(PLACES)

#: Rows of the masks that are collected: of F+ and F- as far as they are known, and of F0.
UPPER, LOWER, ON = range(3)


@kernel(inline=True, bare=True)
def beyond(plane: int) -> int:
    """Mask of the hyperplanes after one."""
    return int64(LOW) & ~((int64(2) << int64(plane)) - int64(1))


@kernel(bare=True)
def cut_edge(f: int, plane: int, new: NewFaces, lists: Lists) -> int:
    """Cut an edge in two at its new vertex. The half beyond it has its number already, and its dimension."""
    table, _, pool, planes, _, inside, used = new
    # Each half may be in the lists of all hyperplanes.
    if used[ENTRIES] + 2 * WORD > lists.entries.shape[0]:
        return MORE_ENTRIES
    if used[POOL] + 2 > pool.size:
        return MORE_POOL
    bit = int64(1) << int64(plane)
    begin, tail = int64(table[f, START]), used[POOL]
    vertex = int64(table[f, SECTION])
    other = vertex + 1
    a, b = pool[begin], pool[begin + 1]
    if table[a, BELOW] & bit != 0:
        a, b = b, a
    used[POOL] = tail + 2
    pool[begin], pool[begin + 1] = a, vertex
    pool[tail], pool[tail + 1] = vertex, b
    set_boundary(f, begin, begin + 2, new)
    set_boundary(other, tail, tail + 2, new)
    for i in range(planes.shape[1] - 1):
        planes[other, i] = planes[f, i]
    table[other, CARRIER], table[other, SECTION] = table[f, CARRIER], -1
    table[other, SIBLING] = table[f, SIBLING]
    table[f, SIBLING] = other
    inside[other], inside[vertex], inside[f] = inside[f], other, vertex
    enter(other, 1, beyond(plane), new, lists)
    return DONE


@kernel(part=True, bare=True)
def has_room(f: int, plane: int, new: NewFaces) -> bool:
    """Whether the pool has room for F+, F-, and F0 twice. No boundary is larger than ``used[MOST]``."""
    table, _, pool, _, _, _, used = new
    begin, size = int64(table[f, START]), int64(table[f, SIZE])
    if used[POOL] + size * (2 * used[MOST] + 4) + 4 <= pool.size:
        return True
    bit = int64(1) << int64(plane)
    largest = size
    for i in range(begin, begin + size):
        if table[pool[i], TOUCHED] & bit != 0:
            largest += int64(table[pool[i], SIZE])
    return bool(used[POOL] + 2 * size + 2 * largest + 4 <= pool.size)


@kernel(part=True, bare=True)
def part_boundary(f: int, at: Int64Vector, new: NewFaces, masks: Int64Matrix) -> tuple[int, int, int]:
    """Pass once over the boundary of F: what is above the hyperplane stays, the rest goes to the pool's end.

    F- begins where the pool ends, F0 one place more than F's size after it. Returns where F+, F- and F0 end.
    The masks of all three are joined on the way.

    Faces from ``at[MARK]`` on were made in this round, and those before ``at[BEFORE]`` in batches that are
    finished. What F0 has in its boundary besides sections of this round lies in the hyperplane already. Each
    such face bounds two facets of F, one above and one below, and is found in the one above. A facet that is
    finished has at most one of them, which is more likely at the end of its boundary; another one can have
    several, pieces of a face that an earlier batch has cut.
    """
    table, _, pool, _, _, _, used = new
    plane, mark, finished = at[ROUND], at[MARK], at[BEFORE]
    bit = int64(1) << int64(plane)
    begin, size = int64(table[f, START]), int64(table[f, SIZE])
    place, last = begin, used[POOL]
    tail = last + size + 1
    upper_a, upper_b, upper_t = int64(0), int64(0), int64(0)
    lower_a, lower_b, lower_t = int64(0), int64(0), int64(0)
    on_a, on_b, on_t = int64(0), int64(0), int64(0)
    for i in range(begin, begin + size):
        b = int64(pool[i])
        s = int64(table[b, SECTION])
        up, down = int64(table[b, ABOVE]), int64(table[b, BELOW])
        if s >= mark:
            pool[tail] = s
            tail += 1
            pool[last] = s + 1
            last += 1
            pool[place] = b
            place += 1
            upper_a |= up
            upper_b |= down
            upper_t |= ~(up | down)
            up, down = int64(table[s, ABOVE]), int64(table[s, BELOW])
            on_a |= up
            on_b |= down
            on_t |= ~(up | down)
            up, down = int64(table[s + 1, ABOVE]), int64(table[s + 1, BELOW])
            lower_a |= up
            lower_b |= down
            lower_t |= ~(up | down)
        elif up & bit != 0:
            pool[place] = b
            place += 1
            upper_a |= up
            upper_b |= down
            upper_t |= ~(up | down)
            if table[b, TOUCHED] & bit != 0:
                for j in range(table[b, START] + table[b, SIZE] - 1, table[b, START] - 1, -1):
                    e = int64(pool[j])
                    up, down = int64(table[e, ABOVE]), int64(table[e, BELOW])
                    if (up | down) & bit == 0:
                        pool[tail] = e
                        tail += 1
                        on_a |= up
                        on_b |= down
                        on_t |= ~(up | down)
                        if b < finished:
                            break
        else:
            pool[last] = b
            last += 1
            lower_a |= up
            lower_b |= down
            lower_t |= ~(up | down)
    masks[UPPER, 0], masks[UPPER, 1], masks[UPPER, 2] = upper_a, upper_b, upper_t
    masks[LOWER, 0], masks[LOWER, 1], masks[LOWER, 2] = lower_a, lower_b, lower_t
    masks[ON, 0], masks[ON, 1], masks[ON, 2] = on_a, on_b, on_t
    return place, last, tail


@kernel(inline=True, bare=True)
def take(table: Int32Matrix, face: int, masks: Int64Matrix, which: int, outside: int) -> None:
    """Give a face the masks collected for it, to which a face with the masks collected for F0 may come.

    ``outside`` is -1 for F0 itself, else a mask of the bits in which F0 does not lie.
    """
    up, down, touched = masks[which, 0], masks[which, 1], masks[which, 2]
    if which != ON:
        up |= masks[ON, 0]
        down |= masks[ON, 1]
        touched |= outside
    table[face, ABOVE], table[face, BELOW], table[face, TOUCHED] = up, down, touched


@kernel(bare=True)
def cut_face(f: int, form: int, at: Int64Vector, new: NewFaces, lists: Lists, masks: Int64Matrix) -> int:
    """Cut a face of dimension ``at[LEVEL]`` >= 2, whose boundary is cut, by the hyperplane ``at[ROUND]``.

    ``form`` is the number of the hyperplane's form; ``masks (3, 3)`` is memory to work in.
    """
    level, plane = at[LEVEL], at[ROUND]
    table, dim, pool, planes, _, inside, used = new
    d = planes.shape[1]
    if used[FACES] + 2 > table.shape[0]:
        return MORE_FACES
    # Each of the three faces may be in the lists of all hyperplanes.
    if used[ENTRIES] + 3 * WORD > lists.entries.shape[0]:
        return MORE_ENTRIES
    if not has_room(f, plane, new):
        return MORE_POOL
    begin, lower = int64(table[f, START]), used[POOL]
    place, last, tail = part_boundary(f, at, new, masks)
    section = lower + int64(table[f, SIZE]) + 1
    if tail - section < level:
        return BROKEN
    zero = used[FACES]
    other = zero + 1
    used[FACES] = other + 1
    dim[zero], dim[other] = level - 1, level
    for i in range(d - level):
        planes[other, i] = planes[zero, i] = planes[f, i]
    planes[zero, d - level] = form
    table[zero, CARRIER] = table[other, CARRIER] = table[f, CARRIER]
    table[zero, SIBLING], table[zero, SECTION], table[other, SECTION] = -1, -1, -1
    outside = ~(masks[ON, 0] | masks[ON, 1])
    take(table, zero, masks, ON, -1)
    take(table, f, masks, UPPER, outside)
    take(table, other, masks, LOWER, outside)
    pool[last] = zero
    last += 1
    table[other, START], table[other, SIZE] = lower, last - lower
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
    largest = max(table[f, SIZE], table[other, SIZE], table[zero, SIZE])
    used[MOST] = max(used[MOST], int64(largest))
    table[f, SECTION] = zero
    table[other, SIBLING] = table[f, SIBLING]
    table[f, SIBLING] = other
    inside[other], inside[zero], inside[f] = inside[f], other, zero
    enter(zero, level - 1, beyond(plane), new, lists)
    enter(other, level, beyond(plane), new, lists)
    return DONE
