"""The borders between the pieces of a maxout unit, and what they do to a cell."""

from __future__ import annotations

from ...base.kernels import int64, kernel
from .corners import plane_bit
from .groups import (
    DEGREE,
    FIRST,
    OF_PIECE,
    PAIR,
    PLACE,
    START,
    STATE,
    Carving,
    Search,
)

#: What a border may do to a part.
MISSES, TOUCHES, CUTS, TAKES_ALL = range(4)


@kernel(inline=True, bare=True, inner=True)
def pair_number(i: int, j: int, rank: int) -> int:
    """Number of the pair of pieces i < j among those of a unit.

    Examples
    --------
    >>> [pair_number(i, j, 3) for i, j in ((0, 1), (0, 2), (1, 2))]
    [0, 1, 2]
    """
    return i * rank - (i * (i + 1)) // 2 + j - i - 1


@kernel(inline=True, bare=True, inner=True)
def plane_of_pair(layer: int, output: int, i: int, j: int, work: Search) -> int:
    """The plane of the path on which two pieces i < j are equal, or -1 if it is none."""
    layers = work.layers
    at = layers.sizes[layer, FIRST] + output
    rank = layers.outputs[at + 1, STATE] - layers.outputs[at, STATE]
    number = layers.outputs[at, PAIR] + pair_number(i, j, rank)
    place = int64(work.cells.planes.marks[number, PLACE])
    return work.cells.planes.layers[layer, START] + place if place >= 0 else -1


@kernel(bare=True, inner=True)
def sides_met(begin: int, size: int, q: int, keep: int, work: Carving) -> int:
    """What a plane does to a cell of which one side, 1 above or -1 below, is to be kept."""
    pool, items = work.pool, work.items
    column, bit = plane_bit(q, work.planes)
    above, below, zeros = 0, 0, 0
    for i in range(begin, begin + size):
        v = int64(items[i])
        if pool.masks[v, column] & bit != 0:
            above += 1
        elif pool.masks[v, column + 1] & bit != 0:
            below += 1
        else:
            zeros += 1
    good, bad = (above, below) if keep > 0 else (below, above)
    if bad == 0:
        return TOUCHES if zeros > 0 else MISSES
    return CUTS if good > 0 else TAKES_ALL


@kernel(bare=True, inner=True)
def on_the_facet(begin: int, size: int, facet: int, q: int, work: Carving) -> bool:
    """Whether a cell has a facet on one plane, and all of it lies in another one, q."""
    pool, items = work.pool, work.items
    column, bit = plane_bit(q, work.planes)
    found = False
    for i in range(begin, begin + size):
        v = int64(items[i])
        for k in range(int64(pool.links[v, DEGREE])):
            if pool.facets[v, k] == facet:
                found = True
                if (pool.masks[v, column] | pool.masks[v, column + 1]) & bit != 0:
                    return False
    return found


@kernel(inline=True, bare=True, inner=True)
def smaller_piece(begin: int, size: int, j: int, r: int, pair: int, work: Carving) -> int:
    """Of two pieces with the border ``pair``, that which is smaller on a part, or the first one."""
    pool, items = work.pool, work.items
    column, bit = plane_bit(pair, work.planes)
    for i in range(begin, begin + size):
        v = int64(items[i])
        if pool.masks[v, column] & bit != 0:
            return max(j, r)
        if pool.masks[v, column + 1] & bit != 0:
            return min(j, r)
    return min(j, r)


@kernel(inline=True, bare=True, inner=True)
def rank_of(layer: int, output: int, work: Search) -> int:
    """Number of pieces of a maxout unit."""
    at = work.layers.sizes[layer, FIRST] + output
    return int64(work.layers.outputs[at + 1, STATE] - work.layers.outputs[at, STATE])


@kernel(part=True, bare=True)
def largest_pieces(begin: int, size: int, layer: int, output: int, work: Search) -> int:
    """Mark the pieces that are not the largest anywhere on a cell, in column OF_PIECE; count the others.

    All signs of their pairs are known.
    """
    lists, rank = work.cells.scratch.lists, rank_of(layer, output, work)
    for i in range(rank):
        lists[i, OF_PIECE] = 1
    for i in range(rank):
        for j in range(i + 1, rank):
            if plane_of_pair(layer, output, i, j, work) >= 0:
                lists[i, OF_PIECE] = lists[j, OF_PIECE] = 0
    for i in range(rank):
        for j in range(i + 1, rank):
            q = plane_of_pair(layer, output, i, j, work)
            if q >= 0:
                met = sides_met(begin, size, q, 1, work.cells)
                if met in (MISSES, TOUCHES):
                    lists[j, OF_PIECE] = 1
                elif met == TAKES_ALL:
                    lists[i, OF_PIECE] = 1
    left = 0
    for i in range(rank):
        left += 1 - lists[i, OF_PIECE]
    return left
