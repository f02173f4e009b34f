"""How one face is cut by a hyperplane: the kernels behind :mod:`polyregions.complex.topology`.

They work in arrays of fixed capacity. Where one of them has too little room they return which, having changed
nothing. A face F becomes F+; its section F0 and then F- are new.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...base.kernels import BYTES_SIGNED, INDICES, INT, NARROW, NARROW_TABLE, TABLE, kernel
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
    enter,
    join,
    set_boundary,
    take,
)

DONE, MORE_FACES, MORE_POOL, MORE_VERTICES, MORE_PLANES, MORE_ENTRIES, DECIDE, PAUSE, BROKEN = range(9)


@kernel(
    INT, INT, INT, INT, NARROW_TABLE, NARROW, NARROW_TABLE, NARROW_TABLE, NARROW_TABLE, INDICES, bare=True
)
def cut_edge(
    f: int,
    plane: int,
    n_planes: int,
    table: Any,
    pool: Any,
    planes: Any,
    entries: Any,
    head: Any,
    count: Any,
) -> int:
    """Cut an edge in two at its new vertex. The half beyond it has its number already, and its dimension."""
    if count[ENTRIES] + 2 * n_planes > entries.shape[0]:
        return MORE_ENTRIES
    if count[POOL] + 2 > pool.size:
        return MORE_POOL
    column, bit = MASKS + 3 * (plane // WORD), np.int64(1) << np.int64(plane % WORD)
    begin, tail = np.int64(table[f, START]), count[POOL]
    vertex = np.int64(table[f, SECTION])
    beyond = vertex + 1
    a, b = pool[begin], pool[begin + 1]
    if table[a, column + 1] & bit != 0:
        a, b = b, a
    count[POOL] = tail + 2
    pool[begin], pool[begin + 1] = a, vertex
    pool[tail], pool[tail + 1] = vertex, b
    set_boundary(f, begin, begin + 2, pool, table)
    set_boundary(beyond, tail, tail + 2, pool, table)
    for i in range(planes.shape[1] - 1):
        planes[beyond, i] = planes[f, i]
    table[beyond, CARRIER], table[beyond, SECTION] = table[f, CARRIER], -1
    table[beyond, SIBLING] = table[f, SIBLING]
    table[f, SIBLING] = beyond
    enter(beyond, 1, plane, table, entries, head, count)
    return DONE


@kernel(
    *[INT] * 8,
    *[NARROW_TABLE, BYTES_SIGNED, NARROW, NARROW_TABLE, NARROW_TABLE, NARROW_TABLE, INDICES, TABLE],
    bare=True,
)
def cut_face(
    f: int,
    level: int,
    plane: int,
    form: int,
    mark: int,
    finished: int,
    n_planes: int,
    table: Any,
    dim: Any,
    pool: Any,
    planes: Any,
    entries: Any,
    head: Any,
    count: Any,
    masks: Any,
) -> int:
    """Cut a face of dimension ``level`` >= 2 whose boundary is cut.

    ``form`` is the number of the hyperplane's form; faces from ``mark`` on were made in this round, and those
    before ``finished`` in parts of the complex that are finished; ``masks`` is memory to work in.

    What F0 has in its boundary besides sections of this round lies in the hyperplane already. Each such face
    bounds two facets of F, one above and one below, and is found in the one above. A facet that is finished
    has at most one of them, which is more likely at the end of its boundary; another one can have several,
    pieces of a face that an earlier part has cut.
    """
    d = planes.shape[1]
    if count[FACES] + 2 > table.shape[0]:
        return MORE_FACES
    if count[ENTRIES] + 3 * n_planes > entries.shape[0]:
        return MORE_ENTRIES
    begin, size = np.int64(table[f, START]), np.int64(table[f, SIZE])
    end = begin + size
    column, bit = MASKS + 3 * (plane // WORD), np.int64(1) << np.int64(plane % WORD)
    # Room for F+, F-, and F0 twice. No boundary is larger than count[MOST].
    if count[POOL] + size * (2 * count[MOST] + 4) + 4 > pool.size:
        largest = size
        for i in range(begin, end):
            if table[pool[i], column + 2] & bit != 0:
                largest += np.int64(table[pool[i], SIZE])
        if count[POOL] + 2 * size + 2 * largest + 4 > pool.size:
            return MORE_POOL
    # One pass over the boundary of F. F- and F0 are collected at the end of the pool, F+ in the place of F;
    # masks are joined on the way.
    zero = count[FACES]
    beyond = zero + 1
    lower = count[POOL]
    section = lower + size + 1
    tail, last, place = section, lower, begin
    masks[:] = 0
    for i in range(begin, end):
        b = np.int64(pool[i])
        s = np.int64(table[b, SECTION])
        if s >= mark:
            pool[tail] = s
            join(table, s, masks, 2)
            tail += 1
            pool[last] = s + 1
            join(table, s + 1, masks, 1)
            last += 1
            pool[place] = b
            join(table, b, masks, 0)
            place += 1
        elif table[b, column] & bit != 0:
            pool[place] = b
            join(table, b, masks, 0)
            place += 1
            if table[b, column + 2] & bit != 0:
                for j in range(table[b, START] + table[b, SIZE] - 1, table[b, START] - 1, -1):
                    e = np.int64(pool[j])
                    if (table[e, column] | table[e, column + 1]) & bit == 0:
                        pool[tail] = e
                        join(table, e, masks, 2)
                        tail += 1
                        if b < finished:
                            break
        else:
            pool[last] = b
            join(table, b, masks, 1)
            last += 1
    if tail - section < level:
        return BROKEN
    count[FACES] = beyond + 1
    dim[zero], dim[beyond] = level - 1, level
    for i in range(d - level):
        planes[beyond, i] = planes[zero, i] = planes[f, i]
    planes[zero, d - level] = form
    table[zero, CARRIER] = table[beyond, CARRIER] = table[f, CARRIER]
    table[zero, SIBLING], table[zero, SECTION], table[beyond, SECTION] = -1, -1, -1
    take(table, zero, masks, 2)
    join(table, zero, masks, 0)
    join(table, zero, masks, 1)
    take(table, f, masks, 0)
    take(table, beyond, masks, 1)
    pool[last] = zero
    last += 1
    table[beyond, START], table[beyond, SIZE] = lower, last - lower
    table[zero, START], table[zero, SIZE] = last, tail - section
    for i in range(tail - section):
        pool[last + i] = pool[section + i]
    last += tail - section
    upper = begin
    if place == end:
        # Every face of the boundary reaches above: F+ has one more, and moves.
        upper = last
        for i in range(begin, end):
            pool[last] = pool[i]
            last += 1
        place = last
        last += 1
    pool[place] = zero
    table[f, START], table[f, SIZE] = upper, place + 1 - upper
    count[POOL] = last
    largest = max(table[f, SIZE], table[beyond, SIZE], table[zero, SIZE])
    count[MOST] = max(count[MOST], np.int64(largest))
    table[f, SECTION] = zero
    table[beyond, SIBLING] = table[f, SIBLING]
    table[f, SIBLING] = beyond
    enter(zero, level - 1, plane, table, entries, head, count)
    enter(beyond, level, plane, table, entries, head, count)
    return DONE
