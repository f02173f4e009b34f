"""A step on its way through a part: the hyperplanes that cut something there, a group of them at a time.

A group is at most a word of them, and fewer where these would make too many faces at once.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...complex.topology import Cells
from ...network.layer_arrays import LayerArrays
from .cell_forms import FormsOfCells
from .face_table import LOW, WORD
from .group_cut import Group
from .masks import Masks, masks_of, of_cells

#: Faces that a group may make at once, about. Batches keep to the cache; this bounds what cannot be divided.
FACES_AT_ONCE = 2**26


class StepBegun(NamedTuple):
    """A step that cuts, as it was when it began.

    ``arrays`` are those of its hyperplanes that are in the masks, ``places`` their numbers among all;
    ``first`` is the number of the first cell that it cuts among those that the step before has made.
    """

    number: int
    arrays: LayerArrays
    places: NDArray[np.int32]
    same: IntArray
    forms: FormsOfCells
    first: int

    def some(self, begin: int, end: int, form: int) -> StepBegun:
        """The same on some of the cells that it began with, whose forms are numbered from ``form`` on."""
        first, planes = self.forms
        low, high = (int(first[i] - first[0]) for i in (begin, end))
        own = FormsOfCells(first[begin : end + 1] - first[begin] + form, planes[low:high].copy())
        return self._replace(forms=own, first=self.first + begin)


@dataclass
class UnderWay:
    """How far a step has come on a part.

    Attributes
    ----------
    step : StepBegun
    masks : int32 (vertices, 2 words + more)
        See :class:`polyregions.engines.subdivide.cut_faces.MarkedVertices`.
    cell : int32 (cells,)
        The cell that each is a part of, of those that the step began with.
    above, below : int32 (cells, words)
        Masks of the hyperplanes that each is partly above and below, as far as they are looked at.
    word : int
        That is being worked on; ``left`` is a mask of the hyperplanes in it that have not come yet.
    """

    step: StepBegun
    masks: Masks
    cell: NDArray[np.int32]
    above: Masks
    below: Masks
    word: int = -1
    left: int = 0

    def next_group(self, cells: Cells, order: Callable[[], IntArray]) -> Group | None:
        """The hyperplanes that cut next, or None if the step is done.

        ``order()`` lists the faces of ``cells``, each after those that it bounds.
        """
        while self.left == 0:
            self.word += 1
            if self.word == self.above.shape[1]:
                return None
            if self.word > 0:
                self._look_again(cells, order())
            self.left = self._in_hand()
        planes, both = self.left, self.above[:, self.word] & self.below[:, self.word]
        most, per_cell = _most_cells(cells.dimension), 2.0**cells.dimension
        while planes.bit_count() > 1:
            counts = np.bitwise_count((both & np.uint32(planes).astype(np.int32)).view(np.uint32))
            if most[counts].sum() * per_cell <= max(FACES_AT_ONCE, 2 * cells.dim.size):
                break
            planes = _lower_half(planes)
        self.left &= ~planes
        step = self.step
        own = step.number, step.places, step.same, step.arrays.whole, step.forms, step.first
        return Group(*own, self.word, planes)

    def follow(self, before: IntArray | NDArray[np.int32], above: Masks, below: Masks) -> None:
        """Go over to the cells that a group has made, each of an old one, with their masks in its word."""
        self.take(before)
        self.above[:, self.word], self.below[:, self.word] = above, below

    def take(self, cells: IntArray | NDArray[np.int32]) -> None:
        """Go over to parts of some of the cells."""
        self.cell, self.above, self.below = self.cell[cells], self.above[cells], self.below[cells]

    def _look_again(self, cells: Cells, order: IntArray) -> None:
        """Masks of the cells in a word, as they are now."""
        words, corners = self.above.shape[1], cells.start[cells.faces(0)]
        for side, column in ((self.above, self.word), (self.below, words + self.word)):
            side[:, self.word] = of_cells(cells, order, self.masks[corners, column, None])[:, 0]

    def _in_hand(self) -> int:
        """A mask of the hyperplanes of the word that cut a cell, or give a maxout unit a larger piece."""
        above, below, arrays = self.above[:, self.word], self.below[:, self.word], self.step.arrays
        cut = int(np.bitwise_or.reduce(above & below))
        is_max = arrays.is_max[arrays.pairs[WORD * self.word : WORD * (self.word + 1), 0]]
        if is_max.any():
            cut |= int(np.bitwise_or.reduce(below)) & int(masks_of(is_max[None])[0, 0])
        return cut & LOW


def _lower_half(planes: int) -> int:
    """The lower half of the bits of a mask."""
    kept = 0
    for _ in range(planes.bit_count() // 2):
        lowest = planes & -planes
        kept, planes = kept | lowest, planes ^ lowest
    return kept


@cache
def _most_cells(d: int) -> NDArray[np.float64]:
    """C(m, 0) + ... + C(m, d), by m = 0 .. 32."""
    return np.array([float(sum(comb(m, i) for i in range(d + 1))) for m in range(WORD + 1)])
