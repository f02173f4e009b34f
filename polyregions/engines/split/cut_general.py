"""Cut any cell by a plane, also through its vertices: the facets through each vertex are all that it takes.

This is the double description step (Motzkin et al., 1953; Fukuda and Prodon, 1996). Two vertices span an edge
iff no third one is on all the facets that both are on. A plane on which some but not all vertices of a cell
are touches it in a face; it is a facet of a part iff no other plane holds all those of the part's vertices
that it holds. Parts of which each vertex is on d facets again are simple, and their edges are found.
"""

from __future__ import annotations

from ...base.bits import bit_number, count_bits
from ...base.kernels import int64, kernel
from .corners import (
    LARGE,
    copy_point,
    mark_between,
    place_between,
    plane_bit,
    room_for,
    solve_afresh,
    take_vertex,
)
from .groups import (
    BESIDES,
    DEGREE,
    DONE,
    END,
    ID,
    INDEX,
    LOWER,
    MORE_FACETS,
    MORE_GENERAL,
    MORE_VERTICES,
    RADIUS,
    SEEN,
    STAMP,
    TWIN,
    UPPER,
    Carving,
    General,
)


@kernel(inline=True, bare=True, inner=True)
def number_facets(begin: int, size: int, extra: int, work: Carving) -> int:
    """Number the facets of a cell, ``extra`` last; return how many, or -1 if there is too little room."""
    pool, items, scratch = work.pool, work.items, work.scratch
    work.at[STAMP] += 1
    stamp, n = work.at[STAMP], 0
    for i in range(begin, begin + size):
        v = int64(items[i])
        for k in range(int64(pool.links[v, DEGREE])):
            f = int64(pool.facets[v, k])
            if scratch.lists[f, SEEN] != stamp:
                if n + 1 >= scratch.lists.shape[0]:
                    return -1
                scratch.lists[f, SEEN] = stamp
                scratch.lists[f, INDEX] = n
                scratch.lists[n, ID] = f
                n += 1
    if extra >= 0:
        scratch.lists[extra, INDEX] = n
        scratch.lists[n, ID] = extra
        n += 1
    return n


@kernel(inline=True, bare=True, inner=True)
def write_incidence(row: int, v: int, words: int, work: Carving, general: General) -> None:
    """Write the mask of the facets through a vertex."""
    pool, scratch = work.pool, work.scratch
    for k in range(words):
        general.incident[row, k] = 0
    for k in range(int64(pool.links[v, DEGREE])):
        n = int64(scratch.lists[int64(pool.facets[v, k]), INDEX])
        general.incident[row, n // 64] |= int64(1) << int64(n % 64)


@kernel(inline=True, bare=True, inner=True)
def is_edge(a: int, b: int, size: int, words: int, work: Carving, general: General) -> bool:
    """Whether two vertices span an edge, by the masks of all ``size`` vertices of the cell."""
    incident, d = general.incident, work.pool.points.shape[1] - BESIDES
    common = 0
    for k in range(words):
        common += count_bits(incident[a, k] & incident[b, k])
    if common < d - 1:
        return False
    for c in range(size):
        if c in (a, b):
            continue
        holds = True
        for k in range(words):
            both = incident[a, k] & incident[b, k]
            holds &= incident[c, k] & both == both
        if holds:
            return False
    return True


@kernel(inline=True, bare=True, inner=True)
def find_edges(
    begin: int, size: int, column: int, bit: int, words: int, work: Carving, general: General
) -> int:
    """List the edges with ends on both sides in ``general.edges``; return how many, or -1 without room."""
    pool, items, edges = work.pool, work.items, general.edges
    n = 0
    for a in range(size):
        if pool.masks[int64(items[begin + a]), column] & bit == 0:
            continue
        for b in range(size):
            if pool.masks[int64(items[begin + b]), column + 1] & bit != 0 and is_edge(
                a, b, size, words, work, general
            ):
                if n == edges.shape[0]:
                    return -1
                edges[n, 0], edges[n, 1] = a, b
                n += 1
    return n


@kernel(inline=True, bare=True, inner=True)
def keep_facets(lists: int, n: int, facets: int, words: int, work: Carving, general: General) -> None:
    """Leave only true facets in the masks of a part, ``incident[lists : lists + n]``."""
    incident, corners = general.incident, general.corners
    wide = (n + 63) // 64
    for f in range(facets):
        for k in range(wide):
            corners[f, k] = 0
    for i in range(n):
        for k in range(words):
            left = incident[lists + i, k]
            while left != 0:
                bit = left & -left
                left ^= bit
                corners[64 * k + bit_number(bit), i // 64] |= int64(1) << int64(i % 64)
    for f in range(facets):
        inside = False
        for g in range(facets):
            if g != f and not inside:
                inside = True
                for k in range(wide):
                    inside &= corners[f, k] & ~corners[g, k] == 0
        if inside:
            bit = int64(1) << int64(f % 64)
            for i in range(n):
                incident[lists + i, f // 64] &= ~bit


@kernel(inline=True, bare=True, inner=True)
def write_facets(v: int, row: int, words: int, work: Carving, general: General) -> None:
    """Give a vertex the facets in a mask."""
    pool, scratch = work.pool, work.scratch
    n = 0
    for k in range(words):
        left = general.incident[row, k]
        while left != 0:
            bit = left & -left
            left ^= bit
            pool.facets[v, n] = scratch.lists[64 * k + bit_number(bit), ID]
            n += 1
    pool.links[v, DEGREE] = n


@kernel(inline=True, bare=True, inner=True)
def join_simple(part: int, n: int, lists: int, words: int, work: Carving, general: General) -> bool:
    """Find the edges of a part if it is simple, which is returned. Part 0 is the upper one."""
    pool, scratch = work.pool, work.scratch
    d = pool.points.shape[1] - BESIDES
    vertices = work.scratch.parts[part]
    for i in range(n):
        if int64(pool.links[int64(vertices[i]), DEGREE]) != d:
            return False
    for i in range(n):
        v = int64(vertices[i])
        for h in range(i):
            w = int64(vertices[h])
            common = 0
            for k in range(words):
                common += count_bits(general.incident[lists + i, k] & general.incident[lists + h, k])
            if common != d - 1:
                continue
            one, other = 0, 0
            for k in range(d):
                f = int64(scratch.lists[int64(pool.facets[v, k]), INDEX])
                if general.incident[lists + h, f // 64] >> int64(f % 64) & 1 == 0:
                    one = k
                f = int64(scratch.lists[int64(pool.facets[w, k]), INDEX])
                if general.incident[lists + i, f // 64] >> int64(f % 64) & 1 == 0:
                    other = k
            pool.links[v, one], pool.links[w, other] = w << END | other, v << END | one
    return True


@kernel(inline=True, bare=True, inner=True)
def most_facets(begin: int, size: int, work: Carving) -> int:
    """The largest number of facets through a vertex of a cell."""
    most = 0
    for i in range(begin, begin + size):
        most = max(most, int64(work.pool.links[int64(work.items[i]), DEGREE]))
    return most


@kernel(inline=True, bare=True, inner=True)
def settle_part(part: int, n: int, facets: int, work: Carving, general: General) -> bool:
    """Find the true facets of a part, and its edges if it is simple, which is returned."""
    words = (facets + 63) // 64
    vertices = work.scratch.parts[part]
    for i in range(n):
        write_incidence(i, int64(vertices[i]), words, work, general)
    keep_facets(0, n, facets, words, work, general)
    for i in range(n):
        write_facets(int64(vertices[i]), i, words, work, general)
    return bool(join_simple(part, n, 0, words, work, general))


@kernel(inline=True, bare=True, inner=True)
def middle_vertices(edge: int, begin: int, q: int, words: int, work: Carving, general: General) -> int:
    """Make the vertex in which plane q meets an edge, for both parts."""
    pool, scratch = work.pool, work.scratch
    a, b = int64(general.edges[edge, 0]), int64(general.edges[edge, 1])
    v, w = int64(work.items[begin + a]), int64(work.items[begin + b])
    u, twin = take_vertex(work.at, work.pool), take_vertex(work.at, work.pool)
    n = 0
    for k in range(words):
        left = general.incident[a, k] & general.incident[b, k]
        while left != 0:
            bit = left & -left
            left ^= bit
            pool.facets[u, n] = scratch.lists[64 * k + bit_number(bit), ID]
            n += 1
    pool.facets[u, n] = q
    pool.links[u, DEGREE] = n + 1
    place_between(u, v, w, q, work)
    if not pool.points[u, RADIUS] < LARGE:
        solve_afresh(u, pool, work.planes, scratch)
    mark_between(u, v, w, q, work)
    copy_point(u, twin, pool)
    pool.links[u, TWIN] = twin
    return u


@kernel(inline=True, bare=True, inner=True)
def has_room(size: int, facets: int, general: General) -> bool:
    """Whether there is memory for the masks of so many vertices and facets."""
    words = (facets + 63) // 64
    incident, corners = general.incident.shape, general.corners.shape
    return bool(
        size <= incident[0] and words <= incident[1] and facets <= corners[0] and size <= 64 * corners[1]
    )


@kernel(bare=True, inner=True)
def cut_general(begin: int, size: int, q: int, work: Carving, general: General) -> int:
    """Cut the cell with the vertices ``items[begin : begin + size]``; lists of both parts go to the scratch.

    Return DONE and 64 times: 1 if the upper part is simple, and 2 if the lower one is. Or return what is
    missing, having changed nothing.
    """
    at, pool, scratch, items = work.at, work.pool, work.scratch, work.items
    upper, lower = scratch.parts[0], scratch.parts[1]
    column, bit = plane_bit(q, work.planes)
    facets = number_facets(begin, size, q, work)
    if facets < 0 or not has_room(size, facets, general):
        return MORE_GENERAL
    words = (facets + 63) // 64
    for i in range(size):
        write_incidence(i, int64(items[begin + i]), words, work, general)
    edges = find_edges(begin, size, column, bit, words, work, general)
    if edges < 0 or not has_room(size + edges, facets, general):
        return MORE_GENERAL
    if most_facets(begin, size, work) + 1 > pool.facets.shape[1]:
        return MORE_FACETS
    if not room_for(2 * edges + size, work.at, work.pool):
        return MORE_VERTICES
    n, m = 0, 0
    for i in range(size):
        v = int64(items[begin + i])
        if pool.masks[v, column] & bit != 0:
            upper[n] = v
            n += 1
        elif pool.masks[v, column + 1] & bit != 0:
            lower[m] = v
            m += 1
        else:
            degree = int64(pool.links[v, DEGREE])
            pool.facets[v, degree] = q
            pool.links[v, DEGREE] = degree + 1
            twin = take_vertex(work.at, work.pool)
            copy_point(v, twin, pool)
            upper[n], lower[m] = v, twin
            n, m = n + 1, m + 1
    for edge in range(edges):
        u = middle_vertices(edge, begin, q, words, work, general)
        upper[n], lower[m] = u, pool.links[u, TWIN]
        n, m = n + 1, m + 1
    at[UPPER], at[LOWER] = n, m
    code = 0
    for part in range(2):
        if settle_part(part, at[UPPER + part], facets, work, general):
            code += 1 << part
    return 64 * code + DONE
