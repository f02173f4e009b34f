"""Cut a simple cell by a plane that meets none of its vertices: the graph of its edges is all that it takes.

Each vertex of a simple polytope of dimension d is on d facets and has d edges, each leaving one of them. An
edge with ends on both sides gets a new vertex, on the plane and on the d - 1 facets of the edge. The new
vertices are joined by the plane's cuts through 2-faces: a walk around the 2-face, on the upper side, from the
edge of one new vertex, ends at that of the other.
"""

from __future__ import annotations

from ...base.kernels import int64, kernel
from .corners import LARGE, bound_by_edges, copy_point, mark_between, place_between, take_vertex
from .groups import END, LOWER, SLOT, UPPER, Pool, Work


@kernel(inline=True, bare=True, inner=True)
def place_of(facet: int, v: int, pool: Pool) -> int:
    """Where a facet is in the list of a vertex of a simple cell."""
    k = 0
    while pool.facets[v, k] != facet:
        k += 1
    return k


@kernel(inline=True, bare=True, inner=True)
def walk_to(u: int, j: int, q: int, pool: Pool) -> None:
    """Join the new vertex u on plane q to that across its j-th facet.

    Let u be on the edge of v that leaves facet ``first``. Both are on the 2-face of v's other facets but the
    j-th, and so are the edges and vertices on the way.
    """
    d = pool.across.shape[1]
    code = int64(pool.across[u, d - 1])
    at, leave = code >> END, int64(pool.facets[u, j])
    keep = int64(pool.facets[at, code & SLOT])
    while True:
        code = int64(pool.across[at, place_of(leave, at, pool)])
        x = code >> END
        if pool.facets[x, d - 1] == q:
            break
        at, keep, leave = x, int64(pool.facets[x, code & SLOT]), keep
    k = place_of(keep, x, pool)
    pool.across[u, j], pool.across[x, k] = x << END | k, u << END | j


@kernel(inline=True, bare=True, inner=True)
def new_vertices(v: int, k: int, q: int, work: Work) -> int:
    """Make the vertex on the edge of v that leaves its k-th facet, on both sides of plane q."""
    pool = work.pool
    d = pool.across.shape[1]
    code = int64(pool.across[v, k])
    w, back = code >> END, code & SLOT
    u, twin = take_vertex(work), take_vertex(work)
    n = 0
    for j in range(d):
        if j != k:
            pool.facets[u, n] = pool.facets[v, j]
            pool.across[u, n] = -1
            n += 1
    pool.facets[u, d - 1], pool.degree[u], pool.twin[u] = q, d, twin
    place_between(u, v, w, q, work)
    pool.across[u, d - 1], pool.across[twin, d - 1] = v << END | k, w << END | back
    pool.across[v, k], pool.across[w, back] = u << END | d - 1, twin << END | d - 1
    return u


@kernel(inline=True, bare=True, inner=True)
def cut_simple(begin: int, size: int, q: int, work: Work) -> None:
    """Cut the cell with the vertices ``items[begin : begin + size]``; lists of both parts go to the scratch.

    There is room, and each vertex is strictly on one side of plane q.
    """
    at, pool, items = work.at, work.pool, work.stack.items
    upper, lower = work.scratch.upper, work.scratch.lower
    d = pool.across.shape[1]
    plane = q - work.path.begin[int64(work.planes.source[q, 0])]
    word, bit = plane // 64, int64(1) << int64(plane % 64)
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
            w = int64(pool.across[v, k]) >> END
            if pool.below[w, word] & bit != 0:
                u = new_vertices(v, k, q, work)
                upper[n], lower[m] = u, pool.twin[u]
                n, m = n + 1, m + 1
    for i in range(old, n):
        u = int64(upper[i])
        for j in range(d - 1):
            if pool.across[u, j] < 0:
                walk_to(u, j, q, pool)
    for i in range(n - old):
        u, twin = int64(upper[old + i]), int64(lower[oldest + i])
        if not pool.radii[u] < LARGE:
            bound_by_edges(u, pool, work.planes, work.scratch)
        v, w = int64(pool.across[u, d - 1]) >> END, int64(pool.across[twin, d - 1]) >> END
        mark_between(u, v, w, q, work)
        copy_point(u, twin, pool)
        for j in range(d - 1):
            code = int64(pool.across[u, j])
            pool.across[twin, j] = int64(pool.twin[code >> END]) << END | code & SLOT
    at[UPPER], at[LOWER] = n, m
