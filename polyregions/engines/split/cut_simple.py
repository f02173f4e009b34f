"""Cut a simple cell by a plane that meets none of its vertices: the graph of its edges is all that it takes.

Each vertex of a simple polytope of dimension d is on d facets and has d edges, each leaving one of them. An
edge with ends on both sides gets a new vertex, on the plane and on the d - 1 facets of the edge. Two new
vertices are joined iff they are on the same 2-face, that is, have d - 2 of these facets in common: where the
plane cuts it, a 2-face has just two of them. They find each other in a table by the mask of those facets; of
a cell that has too many facets for that, by a walk around the 2-face, on the upper side.
"""

from __future__ import annotations

import numpy as np

from ...base.kernels import int64, kernel
from .corners import LARGE, bound_by_edges, copy_point, mark_between, place_between, plane_bit, take_vertex
from .groups import (
    BESIDES,
    DEGREE,
    END,
    INDEX,
    LOWER,
    NO_END,
    RADIUS,
    SEEN,
    SLOT,
    STAMP,
    TWIN,
    UPPER,
    Cells,
    Pool,
)

#: Facets that the mask of a new vertex may have.
MOST_FACETS = 63
#: 2^64 by the golden ratio: the upper bits of a mask's product with it are its place in the table.
GOLDEN = 0x9E3779B97F4A7C15


@kernel(part=True, bare=True)
def slot_of(facet: int, v: int, pool: Pool) -> int:
    """Where a facet is in the list of a vertex of a simple cell."""
    k = 0
    while int64(pool.facets[v, k]) != facet:
        k += 1
    return k


@kernel(bare=True, inner=True)
def walk_to(u: int, j: int, q: int, pool: Pool) -> None:
    """Join the new vertex u on plane q to that across its j-th facet.

    Let u be on the edge of v that leaves facet ``first``. Both are on the 2-face of v's other facets but the
    j-th, and so are the edges and vertices on the way.
    """
    d = pool.points.shape[1] - BESIDES
    code = int64(pool.links[u, d - 1])
    at, leave = code >> END, int64(pool.facets[u, j])
    keep = int64(pool.facets[at, code & SLOT])
    while True:
        code = int64(pool.links[at, slot_of(leave, at, pool)])
        x = code >> END
        if int64(pool.facets[x, d - 1]) == q:
            break
        at, keep, leave = x, int64(pool.facets[x, code & SLOT]), keep
    k = slot_of(keep, x, pool)
    pool.links[u, j], pool.links[x, k] = x << END | k, u << END | j


@kernel(part=True, bare=True)
def number_bits(old: int, n: int, work: Cells) -> int:
    """Number the facets of the new vertices ``parts[0, old : n]``, but their last ones; return how many."""
    pool, lists, upper = work.pool, work.scratch.lists, work.scratch.parts[0]
    d = pool.points.shape[1] - BESIDES
    work.at[STAMP] += 1
    stamp, facets = work.at[STAMP], 0
    for i in range(old, n):
        u = int64(upper[i])
        for j in range(d - 1):
            f = int64(pool.facets[u, j])
            if lists[f, SEEN] != stamp:
                lists[f, SEEN], lists[f, INDEX] = stamp, facets
                facets += 1
    return facets


@kernel(inline=True, bare=True, inner=True)
def join_new(old: int, n: int, q: int, work: Cells) -> None:
    """Join the new vertices ``parts[0, old : n]`` on plane q."""
    pool, lists, table, upper = work.pool, work.scratch.lists, work.scratch.table, work.scratch.parts[0]
    d = pool.points.shape[1] - BESIDES
    length, shift = 2, 63
    while length < 2 * (n - old) * (d - 1):
        length *= 2
        shift -= 1
    if n == old or d == 1:
        return
    facets = number_bits(old, n, work)
    if facets > MOST_FACETS or 2 * length > table.size:
        for i in range(old, n):
            for j in range(d - 1):
                pool.links[int64(upper[i]), j] = NO_END
        for i in range(old, n):
            u = int64(upper[i])
            for j in range(d - 1):
                if pool.links[u, j] == NO_END:
                    walk_to(u, j, q, pool)
        return
    # Each mask comes twice. To begin with, all ends in the table are one that is not known yet: what is
    # entered there is of no account, and nothing depends on whether a mask is new.
    other = int64(pool.links[int64(upper[old]), TWIN]) << END
    for i in range(length):
        table[2 * i], table[2 * i + 1] = -1, other
    for i in range(old, n):
        u, mask = int64(upper[i]), int64(0)
        for j in range(d - 1):
            mask |= int64(1) << lists[int64(pool.facets[u, j]), INDEX]
        for j in range(d - 1):
            key = mask ^ (int64(1) << lists[int64(pool.facets[u, j]), INDEX])
            place = int64((np.uint64(key) * np.uint64(GOLDEN)) >> np.uint64(shift))
            # While the place is taken by another mask; as one number, so that this is one branch.
            while (table[2 * place] ^ key) & ~(table[2 * place] >> 63) != 0:
                place = (place + 1) & (length - 1)
            code, own = table[2 * place + 1], u << END | j
            table[2 * place], table[2 * place + 1] = key, own
            pool.links[u, j] = code
            pool.links[code >> END, code & SLOT] = own


@kernel(inline=True, bare=True, inner=True)
def new_vertices(v: int, k: int, q: int, is_upper: bool, work: Cells) -> int:
    """Make the vertex, on both sides of plane q, on the edge of v that leaves its k-th facet.

    Return the upper one.
    """
    pool = work.pool
    d = pool.points.shape[1] - BESIDES
    code = int64(pool.links[v, k])
    w, back = code >> END, code & SLOT
    u, twin = take_vertex(work.at, work.pool), take_vertex(work.at, work.pool)
    n = 0
    for j in range(d):
        if j != k:
            pool.facets[u, n] = pool.facets[v, j]
            n += 1
    pool.facets[u, d - 1], pool.links[u, DEGREE], pool.links[u, TWIN] = q, d, twin
    near, far = (u, twin) if is_upper else (twin, u)
    pool.links[near, d - 1], pool.links[far, d - 1] = v << END | k, w << END | back
    pool.links[v, k], pool.links[w, back] = near << END | (d - 1), far << END | (d - 1)
    place_between(u, v, w, q, work)
    return u


@kernel(bare=True, inner=True)
def cut_simple(begin: int, size: int, q: int, work: Cells) -> None:
    """Cut the cell with the vertices ``items[begin : begin + size]``; lists of both parts go to the scratch.

    There is room, and each vertex is strictly on one side of plane q.
    """
    at, pool, items = work.at, work.pool, work.items
    upper, lower = work.scratch.parts[0], work.scratch.parts[1]
    d = pool.points.shape[1] - BESIDES
    column, bit = plane_bit(q, work.planes)
    n, m = 0, 0
    for i in range(begin, begin + size):
        v = int64(items[i])
        if pool.masks[v, column] & bit != 0:
            upper[n] = v
            n += 1
        else:
            lower[m] = v
            m += 1
    # An edge is found from that of its ends on whose side fewer vertices are.
    old, oldest, is_upper = n, m, n <= m
    fewer, beyond = (upper, column + 1) if is_upper else (lower, column)
    for i in range(min(old, oldest)):
        v = int64(fewer[i])
        for k in range(d):
            w = int64(pool.links[v, k]) >> END
            if pool.masks[w, beyond] & bit != 0:
                u = new_vertices(v, k, q, is_upper, work)
                upper[n], lower[m] = u, pool.links[u, TWIN]
                n, m = n + 1, m + 1
    join_new(old, n, q, work)
    for i in range(n - old):
        u, twin = int64(upper[old + i]), int64(lower[oldest + i])
        if not pool.points[u, RADIUS] < LARGE:
            bound_by_edges(u, pool, work.planes, work.scratch)
        v, w = int64(pool.links[u, d - 1]) >> END, int64(pool.links[twin, d - 1]) >> END
        mark_between(u, v, w, q, work)
        copy_point(u, twin, pool)
        for j in range(d - 1):
            code = int64(pool.links[u, j])
            pool.links[twin, j] = int64(pool.links[code >> END, TWIN]) << END | code & SLOT
    at[UPPER], at[LOWER] = n, m
