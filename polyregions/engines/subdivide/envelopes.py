"""A layer while its steps cut a complex: maxout units piece after piece.

The steps are those of :mod:`polyregions.network.hyperplanes`: each further one compares the next piece f of
each maxout unit with m, the largest of the pieces before. Where f is larger, the boundaries between those are
below the maximum, and must go. So after each step the faces are merged that lie in one face of the complex
before the layer and on which the same pieces are the largest so far. What is left is the complex of the upper
envelopes of the pieces so far.

A face on which no f is strictly larger has its old set of largest pieces, perhaps with f: it differs from all
other faces, as the faces before the step did. Only the others are compared.
"""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import BoolArray, IntArray, StateArray
from ...base.bits import bit_number
from ...base.kernels import BoolVector, Int32Matrix, Int64Matrix, UInt8Matrix, int64, kernel
from ...complex.packed_states import ROWS_TOGETHER, PackedStates
from ...complex.topology import Cells
from ...network.layer_arrays import LayerArrays
from .cell_maps import OutputMaps, PieceMaps, StateTable
from .face_table import ABOVE, BELOW, CARRIER, WORD
from .masks import bits_of, masks_of


class MergedFaces(NamedTuple):
    """A complex of merged faces, an old piece of each, and the new number of each old face."""

    cells: Cells
    pieces: IntArray
    number: IntArray


class PartlyCut:
    """What the steps of one layer have done so far on a part.

    Attributes
    ----------
    parent : int32 (cells,)
        The cell that each cell is a part of, of those that the layer began to cut: cells of the part when the
        step began that cuts it, if one does.
    states : PackedStates (cells, outputs)
        The lowest of the states that hold on these.
    rounds : int
        Number of the layer's steps. Where it has more than one, cells of one parent may be merged again.
    """

    def __init__(self, first: LayerArrays, maps: OutputMaps, rounds: int) -> None:
        cells = len(maps.parent)
        self.parent = np.arange(cells, dtype=np.int32)
        self.states = PackedStates(cells, first.n_states)
        self.rounds = rounds
        self._first, self._maps, self._done = first, maps, 0
        self._values: OutputMaps | None = None
        self._old: NDArray[np.int32] | None = None
        self._sets: NDArray[np.uint8] | None = None
        self._larger: BoolArray | None = None

    def maps(self, step: LayerArrays) -> OutputMaps:
        """What a step's hyperplanes are forms of, on the cells that it cuts."""
        if self._done == 0:
            return self._maps
        return _largest_and_next(step, self.values(), self.parent, self.states)

    def values(self) -> OutputMaps:
        """The values of all entries of the layer's table, as if each were an output, on the cells below."""
        if self._values is None:
            layer, cells = self._first, len(self._maps.parent)
            n, pieces = layer.piece.size, PieceMaps(layer, self._maps)
            every, states = np.arange(cells, dtype=np.int32), PackedStates(cells, np.ones(n, dtype=np.int64))
            outputs = replace(layer, first=np.arange(n + 1))
            self._values = OutputMaps.above(pieces, every, states, outputs)
        return self._values

    def settle(self, step: LayerArrays, above: NDArray[np.int32], planes: IntArray) -> None:
        """Enter the states that follow from some hyperplanes of scalar units, which cut no cell.

        ``above (cells, words)`` are the masks of those that each cell is above.
        """
        if not planes.size:
            return
        output, first = np.unique(step.pairs[planes, 0], return_index=True)
        for start in range(0, len(above), ROWS_TOGETHER):
            rows = slice(start, min(start + ROWS_TOGETHER, len(above)))
            states = self.states.rows(rows)
            bits = bits_of(above[rows], len(step.pairs))[:, planes]
            states[:, output] += np.add.reduceat(bits, first, axis=1)
            self.states.write(start, states)

    def follow(self, step: LayerArrays, word: int, group: int, table: NDArray[np.int32]) -> None:
        """Enter what a group of a step's hyperplanes has made.

        Parameters
        ----------
        word, group : int
            The word of masks that the hyperplanes are in, and a mask of them.
        table : int32 (faces, columns)
            Of the new faces, see :mod:`polyregions.engines.subdivide.face_table`.
        """
        if self.rounds == 1:
            return
        carrier = table[:, CARRIER]
        self._old = carrier.copy() if self._old is None else self._old[carrier]
        self._sets = _all_states(step, len(table)) if self._sets is None else self._sets[carrier]
        leave_out(_left_out(step), WORD * word, group, table, self._sets)
        is_max = step.is_max[step.pairs[WORD * word : WORD * (word + 1), 0]]
        larger = (table[:, BELOW] & masks_of(is_max[None])[0, 0] & group) != 0
        self._larger = larger if self._larger is None else larger | self._larger[carrier]

    def merge(self, cells: Cells) -> MergedFaces | None:
        """Merge the faces that belong together, when all groups of a step are done; None if none do."""
        if self._old is None or self._sets is None or self._larger is None:
            return None
        merged = None if self._done == 0 else _merged(cells, self._old, self._sets, self._larger)
        self._larger = None
        if merged is not None:
            self._old, self._sets = self._old[merged.pieces], self._sets[merged.pieces]
        return merged

    def pass_over(self) -> None:
        """Enter a step of which no hyperplane cuts a cell."""
        self._done += 1

    def finish(
        self, step: LayerArrays, cell: NDArray[np.int32], above: NDArray[np.int32], below: NDArray[np.int32]
    ) -> None:
        """Enter that a step is done.

        Parameters
        ----------
        cell : int32 (cells,)
            The cell that each is a part of, of those that the step has cut.
        above, below : int32 (cells, words)
            Masks of the hyperplanes that each is above and below.
        """
        self._done += 1
        self.parent = self.parent[cell]
        before, self.states = self.states, PackedStates(cell.size, step.n_states)
        for start in range(0, cell.size, ROWS_TOGETHER):
            rows = slice(start, start + ROWS_TOGETHER)
            states = before.rows(cell[rows])
            enter_states(step.pairs, step.is_max, above[rows], below[rows], states)
            self.states.write(start, states)

    def some(self, faces: IntArray, cells: slice) -> PartlyCut:
        """The same for some faces, and some of the cells that ``parent`` is of."""
        other = copy(self)
        parent = self.parent[cells]
        first, end = int(parent[0]), int(parent[-1]) + 1
        other.parent, other.states = parent - np.int32(first), self.states.some(cells)
        other._maps = self._maps.restricted(first, end)
        other._values = None if self._values is None else self._values.restricted(first, end)
        if self._old is not None and self._sets is not None:
            other._old, other._sets = self._old[faces], self._sets[faces]
        if self._larger is not None:
            other._larger = self._larger[faces]
        return other

    def above(self) -> OutputMaps:
        """The maps of what the layer hands on, when all its steps are done."""
        layer = self._first
        if self._values is None:
            return OutputMaps.above(PieceMaps(layer, self._maps), self.parent, self.states, layer)
        return self._values.seen_as(self.states, StateTable.of(layer), self.parent)


class _Chosen:
    """States of m of each hyperplane of a further step, and of f, which has one."""

    def __init__(self, states: PackedStates, outputs: IntArray) -> None:
        self._states, self._outputs = states, outputs

    def rows(self, which: slice) -> StateArray:
        """States on some cells; uint8 (cells, 2 hyperplanes)."""
        largest = self._states.rows(which).take(self._outputs, axis=1)
        return np.concatenate([largest, np.zeros_like(largest)], axis=1)

    def some(self, which: slice) -> _Chosen:
        """Those of some cells alone."""
        return _Chosen(self._states.some(which), self._outputs)


def _largest_and_next(
    step: LayerArrays, values: OutputMaps, parent: NDArray[np.int32], states: PackedStates
) -> OutputMaps:
    """The m of each hyperplane of a further step, then the f; see :mod:`polyregions.network.hyperplanes`."""
    output, piece, _ = step.pairs.T
    first, n = step.first[output], output.size
    sizes = np.concatenate([step.first[output + 1] - first, np.ones(n, dtype=np.int64)])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    begin = np.concatenate([first, first + piece])
    entries = np.arange(starts[-1]) + np.repeat(begin - starts[:-1], sizes)
    own = (
        np.ascontiguousarray(part[entries]) for part in (step.piece, step.slopes, step.constants, step.kinds)
    )
    return values.seen_as(_Chosen(states, output), StateTable(starts, *own), parent)


def _all_states(layer: LayerArrays, faces: int) -> NDArray[np.uint8]:
    """A bit for each state of each output, all of them set; (faces, bytes)."""
    return np.full((faces, -(-int(layer.first[-1]) // 8)), 255, dtype=np.uint8)


def _left_out(step: LayerArrays) -> IntArray:
    """Which states do not hold above each hyperplane, from and to, and which below it; (hyperplanes, 4).

    Of pieces that have not come yet none is left out: they are equal for all.
    """
    output, below, above = step.pairs.T
    first = step.first[output]
    end = np.where(step.is_max[output], below, above + 1)
    return np.stack([first + below, first + below + 1, first + above, first + end], axis=1)


def _merged(
    cells: Cells, old: NDArray[np.int32], sets: NDArray[np.uint8], larger: BoolArray
) -> MergedFaces | None:
    """Merge the faces on which a new piece is larger, where old face and set are the same."""
    changed = np.flatnonzero(larger)
    keys = np.concatenate([np.ascontiguousarray(old[changed])[:, None].view(np.uint8), sets[changed]], axis=1)
    _, group = np.unique(keys.view(np.dtype((np.void, keys.shape[1]))).ravel(), return_inverse=True)
    same = len(old) - changed.size
    if group.size == 0 or group.max() + 1 == changed.size:
        return None
    groups = np.empty(len(old), dtype=np.int64)
    groups[~larger], groups[changed] = np.arange(same), same + group
    return MergedFaces(*cells.merge(groups))


@kernel(bare=True)
def leave_out(ranges: Int64Matrix, first: int, group: int, table: Int32Matrix, sets: UInt8Matrix) -> None:
    """Clear the bits of the states that do not hold throughout each face, by the signs of a group.

    Its hyperplanes are those of the bits of a mask, from number ``first`` on.
    """
    for f in range(table.shape[0]):
        left = int64(group)
        while left != 0:
            bit = left & -left
            left ^= bit
            plane = first + bit_number(bit)
            side = 0
            if table[f, ABOVE] & bit == 0:
                if table[f, BELOW] & bit == 0:
                    continue
                side = 2
            for entry in range(ranges[plane, side], ranges[plane, side + 1]):
                sets[f, entry // 8] &= 255 - (1 << (entry % 8))


@kernel(bare=True)
def enter_states(
    pairs: Int64Matrix, is_max: BoolVector, above: Int32Matrix, below: Int32Matrix, states: UInt8Matrix
) -> None:
    """Update the states of cells by the signs of a step, masks (cells, words).

    A scalar unit's state is the number of its hyperplanes that the cell is above of; a maxout unit's becomes
    the new piece where that is strictly larger.
    """
    for i in range(states.shape[0]):
        for plane in range(pairs.shape[0]):
            word, bit = plane // WORD, int64(1) << int64(plane % WORD)
            output = pairs[plane, 0]
            if is_max[output]:
                if below[i, word] & bit != 0:
                    states[i, output] = pairs[plane, 1]
            elif above[i, word] & bit != 0:
                states[i, output] += 1
