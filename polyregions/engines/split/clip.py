"""Cut a cell by a maxout unit: one part for each piece that is the largest one somewhere.

The part of piece i is what is left of the cell when it is clipped by the borders to all other pieces, keeping
the side on which i is larger. Parts are listed by their pieces. Across its facet on the border of i and j
lies the part of j; where several borders are the same hyperplane there, it is that of the piece that is
largest beyond, which is the smallest of them on this side.

A part's vertices are a copy of the cell's. Masks of the unit's pairs serve the clipping; when it is done they
say of all vertices that i is larger.
"""

from __future__ import annotations

from ...base.kernels import int64, kernel
from .borders import (
    CUTS,
    MISSES,
    TAKES_ALL,
    TOUCHES,
    largest_pieces,
    on_the_facet,
    plane_of_pair,
    rank_of,
    sides_met,
    smaller_piece,
)
from .corners import copy_point, give_back, list_open, plane_bit, room_for, take_vertex
from .cut_general import cut_general, number_facets
from .cut_simple import cut_simple
from .groups import (
    BEGIN,
    BESIDES,
    BETWEEN,
    BEYOND,
    CUT,
    DECIDE,
    DEPTH,
    DONE,
    END,
    ID,
    LOWER,
    MORE_GENERAL,
    MORE_ITEMS,
    MORE_NODES,
    MORE_SIGNS,
    MORE_VERTICES,
    NEXT,
    NODE,
    NUMBER,
    OF,
    OF_PIECE,
    ON_SIDE,
    ON_WALL,
    OPEN,
    PIECE,
    PLANE,
    SIMPLE,
    SIZE,
    SLOT,
    TOP,
    TWIN,
    UNIT,
    UPPER,
    WALLS,
    Carving,
    General,
    Search,
)


@kernel(part=True, bare=True)
def cut_cell(begin: int, size: int, simple: int, q: int, work: Carving, general: General) -> int:
    """Cut a cell, see :func:`cut_general`, whose way of returning it has."""
    pool, items = work.pool, work.items
    d = pool.points.shape[1] - BESIDES
    if simple != 0:
        column, bit = plane_bit(q, work.planes)
        zero = False
        for i in range(begin, begin + size):
            v = int64(items[i])
            zero |= (pool.masks[v, column] | pool.masks[v, column + 1]) & bit == 0
        if not zero:
            if not room_for(2 * size * d, work.at, work.pool):
                return MORE_VERTICES
            cut_simple(begin, size, q, work)
            return 64 * 3 + DONE
    return int64(cut_general(begin, size, q, work, general))


@kernel(inline=True, bare=True, inner=True)
def copy_cell(begin: int, size: int, to: int, simple: int, work: Carving) -> None:
    """Copy the vertices of a cell, and its edges if it is simple; list them from ``items[to]`` on.

    There is room.
    """
    pool, items = work.pool, work.items
    for i in range(size):
        v, w = int64(items[begin + i]), take_vertex(work.at, work.pool)
        items[to + i] = w
        copy_point(v, w, pool)
        pool.links[v, TWIN] = w
    if simple == 0:
        return
    for i in range(size):
        v, w = int64(items[begin + i]), int64(items[to + i])
        for k in range(pool.points.shape[1] - BESIDES):
            code = int64(pool.links[v, k])
            pool.links[w, k] = int64(pool.links[code >> END, TWIN]) << END | code & SLOT


@kernel(inline=True, bare=True, inner=True)
def free_cell(begin: int, size: int, work: Carving) -> None:
    """Give the vertices of a cell back."""
    for i in range(begin, begin + size):
        give_back(int64(work.items[i]), work.at, work.pool)


@kernel(inline=True, bare=True, inner=True)
def list_open_pairs(begin: int, size: int, layer: int, output: int, work: Search) -> int:
    """List the open signs of a unit's pairs at the vertices of a cell; DECIDE if there are any, else DONE."""
    rank = rank_of(layer, output, work)
    for i in range(rank):
        for j in range(i + 1, rank):
            q = plane_of_pair(layer, output, i, j, work)
            if q >= 0 and list_open(begin, size, q, work.cells) < 0:
                work.cells.at[OPEN] = 0
                return MORE_SIGNS
    return DECIDE if work.cells.at[OPEN] > 0 else DONE


@kernel(inline=True, bare=True, inner=True)
def loosen_walls(begin: int, size: int, q: int, work: Search) -> bool:
    """List the walls that a pair's border holds a whole facet of; False if there is no room.

    There the two pieces are equal, and from the other side another one of them may be the larger one: then
    the pieces of the wall come in another order there.
    """
    planes, loose = work.cells.planes, work.listed.loose
    facets = number_facets(begin, size, -1, work.cells)
    for k in range(facets):
        f = int64(work.cells.scratch.lists[k, ID])
        if planes.marks[f, ON_WALL] >= 0 and on_the_facet(begin, size, f, q, work.cells):
            if loose[0] + 1 == loose.size:
                return False
            loose[0] += 1
            loose[loose[0]] = planes.marks[f, ON_WALL]
    return facets >= 0


@kernel(inline=True, bare=True, inner=True)
def loosen_all(begin: int, size: int, layer: int, output: int, work: Search) -> int:
    """As :func:`loosen_walls`, for all pairs of a unit; DONE, or what is missing."""
    rank = rank_of(layer, output, work)
    if work.listed.loose.size == 0:
        return DONE
    for i in range(rank):
        for j in range(i + 1, rank):
            q = plane_of_pair(layer, output, i, j, work)
            touched = q >= 0 and sides_met(begin, size, q, 1, work.cells) != MISSES
            if touched and not loosen_walls(begin, size, q, work):
                return MORE_GENERAL
    return DONE


@kernel(inline=True, bare=True, inner=True)
def look_beyond(begin: int, size: int, layer: int, output: int, i: int, j: int, work: Search) -> None:
    """Where the border of i and j holds a facet on another border of i: find which piece lies beyond."""
    planes = work.cells.planes
    for r in range(rank_of(layer, output, work)):
        if r in (i, j):
            continue
        q = plane_of_pair(layer, output, min(i, r), max(i, r), work)
        pair = plane_of_pair(layer, output, min(i, j), max(i, j), work)
        if q >= 0 and on_the_facet(begin, size, q, pair, work.cells):
            side = 0 if i < r else 1
            known = planes.marks[q, BEYOND + side]
            other = plane_of_pair(layer, output, min(known, j), max(known, j), work)
            if known != j and other >= 0:
                planes.marks[q, BEYOND + side] = smaller_piece(begin, size, known, j, other, work.cells)


@kernel(inline=True, bare=True, inner=True)
def mark_piece(begin: int, size: int, layer: int, output: int, i: int, work: Search) -> None:
    """Let the masks of a part say that piece i is largest, and its facets on borders of i what they are."""
    pool, items, planes, rank = (
        work.cells.pool,
        work.cells.items,
        work.cells.planes,
        rank_of(layer, output, work),
    )
    for a in range(rank):
        for b in range(a + 1, rank):
            q = plane_of_pair(layer, output, a, b, work)
            if q < 0:
                continue
            column, bit = plane_bit(q, planes)
            for k in range(begin, begin + size):
                v = int64(items[k])
                pool.masks[v, column] &= ~bit
                pool.masks[v, column + 1] &= ~bit
                if a == i:
                    pool.masks[v, column] |= bit
                elif b == i:
                    pool.masks[v, column + 1] |= bit
            if a == i or b == i:
                beyond = planes.marks[q, BEYOND + (a != i)]
                wall = plane_of_pair(layer, output, min(i, beyond), max(i, beyond), work)
                planes.marks[q, ON_WALL], planes.marks[q, ON_SIDE] = (
                    planes.marks[wall, BETWEEN],
                    0 if i < beyond else 1,
                )


@kernel(bare=True, inner=True)
def begin_clip(q: int, work: Search) -> int:
    """Replace the cell on top of the stack by one for each piece of the unit that plane q is a border of."""
    at, nodes, share, planes = work.cells.at, work.stack.nodes, work.stack.share, work.cells.planes
    top = at[TOP] - 1
    begin, size, layer = nodes[top, BEGIN], nodes[top, SIZE], nodes[top, DEPTH]
    first = work.layers.sizes[layer, PLANE]
    output = work.layers.planes[first + int64(planes.marks[q, NUMBER]), OF]
    code = list_open_pairs(begin, size, layer, output, work)
    if code == DONE:
        code = loosen_all(begin, size, layer, output, work)
    if code != DONE:
        return code
    left, rank = largest_pieces(begin, size, layer, output, work), rank_of(layer, output, work)
    if top + left > nodes.shape[0]:
        return MORE_NODES
    if begin + left * size > work.cells.items.size:
        return MORE_ITEMS
    if not room_for((left - 1) * size, work.cells.at, work.cells.pool):
        return MORE_VERTICES
    for i in range(rank):
        for j in range(i + 1, rank):
            pair = plane_of_pair(layer, output, i, j, work)
            if pair >= 0:
                planes.marks[pair, BEYOND], planes.marks[pair, BEYOND + 1], planes.marks[pair, BETWEEN] = (
                    j,
                    i,
                    at[WALLS],
                )
                at[WALLS] += 1 - max(
                    int64(work.cells.scratch.lists[i, OF_PIECE]), int64(work.cells.scratch.lists[j, OF_PIECE])
                )
    n, part = top, share[top] / left
    for i in range(rank - 1, -1, -1):
        if work.cells.scratch.lists[i, OF_PIECE] == 0:
            if n > top:
                copy_cell(begin, size, begin + (n - top) * size, nodes[top, SIMPLE], work.cells)
                for k in range(NODE):
                    nodes[n, k] = nodes[top, k]
            nodes[n, BEGIN], share[n], nodes[n, CUT] = begin + (n - top) * size, part, -1
            nodes[n, UNIT], nodes[n, PIECE], nodes[n, NEXT] = output, i, 0
            n += 1
    at[TOP] = n
    return DONE


@kernel(bare=True, inner=True)
def clip_once(work: Search) -> int:
    """Clip the cell on top of the stack by the border to the next piece."""
    at, nodes, items = work.cells.at, work.stack.nodes, work.cells.items
    top = at[TOP] - 1
    begin, size, layer, output = nodes[top, BEGIN], nodes[top, SIZE], nodes[top, DEPTH], nodes[top, UNIT]
    i, j = nodes[top, PIECE], nodes[top, NEXT]
    if j == rank_of(layer, output, work):
        mark_piece(begin, size, layer, output, i, work)
        nodes[top, UNIT] = -1
        return DONE
    q = plane_of_pair(layer, output, min(i, j), max(i, j), work) if i != j else -1
    if q >= 0:
        if list_open(begin, size, q, work.cells) < 0:
            at[OPEN] = 0
            return MORE_SIGNS
        if at[OPEN] > 0:
            return DECIDE
        met = sides_met(begin, size, q, 1 if i < j else -1, work.cells)
        if met == TAKES_ALL:
            free_cell(begin, size, work.cells)
            at[TOP] = top
            return DONE
        if met == TOUCHES:
            look_beyond(begin, size, layer, output, i, j, work)
        elif met == CUTS:
            code = cut_cell(begin, size, nodes[top, SIMPLE], q, work.cells, work.general)
            if code % 64 != DONE:
                return code
            keep, drop = work.cells.scratch.parts[0], work.cells.scratch.parts[1]
            kept, dropped, simple = at[UPPER], at[LOWER], code // 64 & 1
            if i > j:
                keep, drop = drop, keep
                kept, dropped, simple = dropped, kept, code // 128
            for k in range(dropped):
                give_back(int64(drop[k]), work.cells.at, work.cells.pool)
            for k in range(kept):
                items[begin + k] = keep[k]
            nodes[top, SIZE], nodes[top, SIMPLE] = kept, simple
    nodes[top, NEXT] = j + 1
    return DONE
