"""Cut a simple cell by a plane that meets none of its vertices: the graph of its edges is all that it takes.

Each vertex of a simple polytope of dimension d is on d facets and has d edges, each leaving one of them. An
edge with ends on both sides gets a new vertex, on the plane and on the d - 1 facets of the edge. The new
vertices are joined by the plane's cuts through 2-faces: a walk around the 2-face from the edge of one new
vertex ends at that of the other. All is found on the side that has fewer vertices, and the walks are short:
half of them go to another edge of the same vertex.
"""

from __future__ import annotations

from ...base.kernels import int64, kernel
from .corners import LARGE, bound_by_edges, copy_point, mark_between, place_between, plane_bit, take_vertex
from .groups import BESIDES, DEGREE, END, LOWER, NO_END, RADIUS, SLOT, TWIN, UPPER, Carving, Pool


@kernel(inline=True, bare=True, inner=True)
def slot_of(facet: int, v: int, pool: Pool) -> int:
    """Where a facet is in the list of a vertex of a simple cell; without a branch, since any guess is bad."""
    slot = 0
    for k in range(pool.points.shape[1] - BESIDES):
        slot += k * (int64(pool.facets[v, k]) == facet)
    return slot


@kernel(inline=True, bare=True, inner=True)
def walk_to(u: int, j: int, q: int, pool: Pool) -> None:
    """Join the new vertex u on plane q to that across its j-th facet.

    Let u be on the edge of x that leaves a facet. Both are on the 2-face of x's other facets but the j-th of
    u, and so are the edges and vertices on the way. A new vertex has the facets of the old one on its edge,
    in their order, but the one that the edge leaves.
    """
    last = pool.points.shape[1] - BESIDES - 1
    code = int64(pool.links[u, last])
    x, kept = code >> END, code & SLOT
    left = j + (j >= kept)
    while True:
        # The walk leaves the facet ``left`` of x, and keeps the facet ``kept``, that it leaves next.
        code = int64(pool.links[x, left])
        y = code >> END
        if int64(pool.facets[y, last]) == q:
            break
        leave = int64(pool.facets[x, kept])
        x, kept = y, code & SLOT
        left = slot_of(leave, x, pool)
    k = kept - (kept > left)
    pool.links[u, j], pool.links[y, k] = y << END | k, u << END | j


@kernel(inline=True, bare=True, inner=True)
def new_vertices(v: int, k: int, q: int, work: Carving) -> int:
    """Make the vertex on the edge of v that leaves its k-th facet, and its twin beyond plane q."""
    pool = work.pool
    d = pool.points.shape[1] - BESIDES
    code = int64(pool.links[v, k])
    w, back = code >> END, code & SLOT
    u, twin = take_vertex(work.at, pool), take_vertex(work.at, pool)
    n = 0
    for j in range(d):
        if j != k:
            pool.facets[u, n] = pool.facets[v, j]
            pool.links[u, n] = NO_END
            n += 1
    pool.facets[u, d - 1], pool.links[u, DEGREE], pool.links[u, TWIN] = q, d, twin
    pool.links[u, d - 1], pool.links[twin, d - 1] = v << END | k, w << END | back
    pool.links[v, k], pool.links[w, back] = u << END | (d - 1), twin << END | (d - 1)
    place_between(u, v, w, q, work)
    return u


@kernel(bare=True, inner=True)
def cut_simple(begin: int, size: int, q: int, work: Carving) -> None:
    """Cut the cell with the vertices ``items[begin : begin + size]``; lists of both parts go to the scratch.

    There is room, and each vertex is strictly on one side of plane q.
    """
    pool, items, parts = work.pool, work.items, work.scratch.parts
    d = pool.points.shape[1] - BESIDES
    column, bit = plane_bit(q, work.planes)
    n, m = 0, 0
    for i in range(begin, begin + size):
        v = int64(items[i])
        if pool.masks[v, column] & bit != 0:
            parts[0, n] = v
            n += 1
        else:
            parts[1, m] = v
            m += 1
    # New vertices are found from the side that has fewer.
    side = 0 if n <= m else 1
    near, far, beyond = parts[side], parts[1 - side], column + 1 - side
    old, oldest, made = min(n, m), max(n, m), 0
    for i in range(old):
        v = int64(near[i])
        for k in range(d):
            w = int64(pool.links[v, k]) >> END
            if pool.masks[w, beyond] & bit != 0:
                u = new_vertices(v, k, q, work)
                near[old + made], far[oldest + made] = u, pool.links[u, TWIN]
                made += 1
    for i in range(made):
        u = int64(near[old + i])
        for j in range(d - 1):
            if int64(pool.links[u, j]) == NO_END:
                walk_to(u, j, q, pool)
    for i in range(made):
        u, twin = int64(near[old + i]), int64(far[oldest + i])
        if not pool.points[u, RADIUS] < LARGE:
            bound_by_edges(u, pool, work.planes, work.scratch)
        v, w = int64(pool.links[u, d - 1]) >> END, int64(pool.links[twin, d - 1]) >> END
        mark_between(u, v, w, q, work)
        copy_point(u, twin, pool)
        for j in range(d - 1):
            code = int64(pool.links[u, j])
            pool.links[twin, j] = int64(pool.links[code >> END, TWIN]) << END | code & SLOT
    work.at[UPPER], work.at[LOWER] = n + made, m + made
