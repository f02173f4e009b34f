"""Who is across each facet, from the walls that facets are parts of."""

from __future__ import annotations

import numpy as np

from ...base.arrays import IntArray
from ...base.kernels import Int64Vector, kernel


@kernel(bare=True)
def match_facets(
    facets: Int64Vector, owners: Int64Vector, head: Int64Vector, tail: Int64Vector, neighbors: Int64Vector
) -> int:
    """Find the region across each facet; return how many facets wait for one that was not listed.

    ``facets`` are as they are listed: wall times 2 plus side, or -1 - side of the box. Of each wall those on
    side 0 come before those on side 1, in the same order. ``head`` and ``tail (walls,)`` are memory, all -1.
    ``neighbors`` of facets that wait are -2^62.
    """
    waiting = 0
    missing = -(1 << 62)
    for k in range(facets.size):
        code = facets[k]
        if code < 0:
            neighbors[k] = code
            continue
        wall = code >> 1
        if code & 1 == 0:
            # Those that wait are chained in the array of neighbours.
            neighbors[k] = -1
            if head[wall] < 0:
                head[wall] = k
            else:
                neighbors[tail[wall]] = k
            tail[wall] = k
            waiting += 1
        elif head[wall] >= 0:
            other = head[wall]
            following = neighbors[other]
            neighbors[other], neighbors[k] = owners[k], owners[other]
            head[wall] = following
            waiting -= 1
        else:
            neighbors[k] = missing
            waiting += 1
    for wall in range(head.size):
        k = head[wall]
        while k >= 0:
            following = neighbors[k]
            neighbors[k] = missing
            k = following
    return waiting


def find_neighbors(facets: IntArray, ends: IntArray, walls: int) -> tuple[IntArray, int]:
    """The region across each facet, or -1 - side, or -2^62 where it was not listed; and how many were not."""
    owners = np.repeat(np.arange(ends.size), np.diff(ends, prepend=0))
    neighbors = np.empty(facets.size, dtype=np.int64)
    chains = [np.full(walls, -1, dtype=np.int64) for _ in range(2)]
    return neighbors, int(match_facets(facets, owners, *chains, neighbors))
