"""The walls: the facets between two regions, each once.

Every facet between two regions is listed with both of them, and the sides of the box with one. A wall is such
a facet seen from the lower region: there the number across is the larger one. Of a partial result the regions
whose facets are known come first, so each wall that is known at all is known from its lower region.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base.arrays import IntArray

if TYPE_CHECKING:
    from .faces import Faces  # loads kernels, which walls themselves have no need of

#: Regions whose walls are counted at a time.
TOGETHER = 2**16


class Walls(NamedTuple):
    """The facets between two regions, sorted by these.

    Attributes
    ----------
    sides : int64 (walls, 2)
        The regions on both sides, the lower one first.
    entries : int64 (walls,)
        Place of each in ``facet_neighbors``, among the facets of its lower region.
    """

    sides: IntArray
    entries: IntArray

    def among(self, faces: Faces) -> IntArray:
        """Return the number of each wall among the faces of the complex; int64 (walls,)."""
        cells = faces.cells
        return cells.boundaries(cells.top)[self.entries].astype(np.int64)


def find_walls(owners: IntArray, neighbors: IntArray) -> Walls:
    """Return the walls, from the region that has each facet and what lies across it."""
    entries = np.flatnonzero(neighbors > owners)
    entries = entries[np.lexsort((neighbors[entries], owners[entries]))]
    return Walls(np.stack([owners[entries], neighbors[entries]], axis=1), entries)


def sides_in_parts(offsets: IntArray, neighbors: IntArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield the lower and the higher regions of all walls, some at a time.

    A result that filled the memory is still counted.
    """
    for start in range(0, len(offsets) - 1, TOGETHER):
        bounds = offsets[start : start + TOGETHER + 1]
        across = neighbors[bounds[0] : bounds[-1]]
        owners = np.repeat(np.arange(start, start + len(bounds) - 1), np.diff(bounds))
        higher = across > owners
        yield owners[higher], across[higher]
