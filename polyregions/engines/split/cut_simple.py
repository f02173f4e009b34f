"""Cut a simple cell by a plane that meets none of its vertices: the graph of its edges is all that it takes.

Each vertex of a simple polytope of dimension d is on d facets and has d edges, each leaving one of them. An
edge with ends on both sides gets a new vertex, on the plane and on the d - 1 facets of the edge. The new
vertices are joined by the plane's cuts through 2-faces: a walk around the 2-face, on the upper side, from the
edge of one new vertex, ends at that of the other.
"""

from __future__ import annotations

from ...base.kernels import int64, kernel
from .corners import copy_point, mark_between, place_between, take_vertex
from .groups import LOWER, STAMP, UPPER, Pool, Work


@kernel(inline=True, bare=True)
def place_of(facet: int, v: int, pool: Pool) -> int:
    """Where a facet is in the list of a vertex of a simple cell."""
    k = 0
    while pool.facets[v, k] != facet:
        k += 1
    return k


@kernel(inline=True, bare=True)
def walk_to(u: int, v: int, first: int, second: int, work: Work) -> None:
    """Join the new vertex u, on the edge of v that leaves facet ``first``, to that beyond ``second``.

    Both are on the 2-face of all other facets of v.
    """
    pool, stamp = work.pool, work.at[STAMP]
    at, keep, leave = v, first, second
    while True:
        x = int64(pool.across[at, place_of(leave, at, pool)])
        if pool.made[x] == stamp:
            break
        k = 0
        while pool.across[x, k] != at:
            k += 1
        at, keep, leave = x, int64(pool.facets[x, k]), keep
    pool.across[u, place_of(second, u, pool)] = x
    pool.across[x, place_of(keep, x, pool)] = u


@kernel(inline=True, bare=True)
def new_vertices(v: int, k: int, w: int, q: int, work: Work) -> int:
    """Make the vertex on the edge of v that leaves its k-th facet, to w, on both sides of plane q."""
    pool, at = work.pool, work.at
    d = pool.across.shape[1]
    u, twin = take_vertex(work), take_vertex(work)
    n = 0
    for j in range(d):
        if j != k:
            pool.facets[u, n] = pool.facets[v, j]
            pool.across[u, n] = -1
            n += 1
    pool.facets[u, d - 1], pool.degree[u] = q, d
    place_between(u, v, w, q, work)
    mark_between(u, v, w, q, work)
    copy_point(u, twin, pool)
    pool.twin[u], pool.made[u], pool.made[twin] = twin, at[STAMP], 0
    pool.across[u, d - 1], pool.across[twin, d - 1] = v, w
    back = 0
    while pool.across[w, back] != v:
        back += 1
    pool.across[v, k], pool.across[w, back] = u, twin
    return u


@kernel(inline=True, bare=True)
def cut_simple(begin: int, size: int, q: int, work: Work) -> None:
    """Cut the cell with the vertices ``items[begin : begin + size]``; lists of both parts go to the scratch.

    There is room, and each vertex is strictly on one side of plane q.
    """
    at, pool, items = work.at, work.pool, work.stack.items
    upper, lower = work.scratch.upper, work.scratch.lower
    d = pool.across.shape[1]
    plane = q - work.path.begin[int64(work.planes.source[q, 0])]
    word, bit = plane // 64, int64(1) << int64(plane % 64)
    at[STAMP] += 1
    n, m = 0, 0
    for i in range(begin, begin + size):
        v = int64(items[i])
        if pool.above[v, word] & bit != 0:
            upper[n] = v
            n += 1
        else:
            lower[m] = v
            m += 1
    old, oldest = n, m
    for i in range(old):
        v = int64(upper[i])
        for k in range(d):
            w = int64(pool.across[v, k])
            if pool.made[w] != at[STAMP] and pool.below[w, word] & bit != 0:
                u = new_vertices(v, k, w, q, work)
                upper[n], lower[m] = u, pool.twin[u]
                n, m = n + 1, m + 1
    if d == 2:
        u, x = int64(upper[old]), int64(upper[old + 1])
        pool.across[u, 0], pool.across[x, 0] = x, u
    else:
        for i in range(old, n):
            u = int64(upper[i])
            v = int64(pool.across[u, d - 1])
            k = 0
            while pool.across[v, k] != u:
                k += 1
            for j in range(d - 1):
                if pool.across[u, j] < 0:
                    walk_to(u, v, int64(pool.facets[v, k]), int64(pool.facets[u, j]), work)
    for i in range(n - old):
        u = int64(upper[old + i])
        for j in range(d - 1):
            pool.across[int64(lower[oldest + i]), j] = pool.twin[int64(pool.across[u, j])]
    at[UPPER], at[LOWER] = n, m
