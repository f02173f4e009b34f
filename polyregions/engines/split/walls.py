"""Who is across each facet, from the walls that facets are parts of."""

from __future__ import annotations

import numpy as np

from ...base.arrays import IntArray
from ...base.kernels import Int64Matrix, Int64Vector, kernel

#: Numbers of walls of different tasks differ in the bits from here on.
WALL_BITS = 40
WALLS_OF_TASK = 1 << WALL_BITS
#: Stands for a region that was not found.
MISSING = -(1 << 62)
#: Columns of ``chains``: the first and the last facet of a wall that waits for the one from the other side.
HEAD, TAIL = range(2)


@kernel(bare=True)
def match_facets(
    facets: Int64Vector, owners: Int64Vector, first: Int64Vector, chains: Int64Matrix, across: Int64Vector
) -> None:
    """Find the region across each facet.

    ``facets`` are as they are listed: wall times 2 plus side, or -1 - side of the domain. Walls of task t are
    numbered from ``first[t]`` on. Of each wall, the facets on side 0 come before those on side 1, in the same
    order. ``chains (walls, 2)`` is memory, all -1.
    """
    for k in range(facets.size):
        code = facets[k]
        if code < 0:
            across[k] = code
            continue
        wall = first[code >> (WALL_BITS + 1)] + (code >> 1 & (WALLS_OF_TASK - 1))
        waiting = chains[wall, HEAD]
        if code & 1 == 0:
            # Those that wait are chained in the array of what is across.
            across[k] = -1
            if waiting < 0:
                chains[wall, HEAD] = k
            else:
                across[chains[wall, TAIL]] = k
            chains[wall, TAIL] = k
        elif waiting >= 0:
            chains[wall, HEAD] = across[waiting]
            across[waiting], across[k] = owners[k], owners[waiting]
        else:
            across[k] = MISSING
    for wall in range(chains.shape[0]):
        k = chains[wall, HEAD]
        while k >= 0:
            following = across[k]
            across[k] = MISSING
            k = following


def find_neighbors(facets: IntArray, ends: IntArray, first: IntArray) -> IntArray:
    """The region across each facet, or -1 - side, or MISSING where it was not found.

    Parameters
    ----------
    facets : int64 (facets,)
        As they are listed.
    ends : int64 (regions,)
        Where each region's facets end.
    first : int64 (tasks + 1,)
        Where the walls of each task begin.

    Examples
    --------
    >>> find_neighbors(np.array([-1, 0, 1, -2]), np.array([2, 4]), np.array([0, 1])).tolist()
    [-1, 1, 0, -2]
    """
    owners = np.repeat(np.arange(ends.size), np.diff(ends, prepend=0))
    across = np.empty(facets.size, dtype=np.int64)
    match_facets(facets, owners, first, np.full((int(first[-1]), 2), -1, dtype=np.int64), across)
    return across
