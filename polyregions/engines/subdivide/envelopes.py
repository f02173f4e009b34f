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

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray, StateArray
from ...base.kernels import BoolVector, Int32Matrix, Int64Matrix, Int64Vector, UInt8Matrix, int64, kernel
from ...complex.topology import Cells
from ...network.hyperplanes import LayerArrays
from .cell_forms import CellMaps
from .face_table import CARRIER, MASKS, WORD


class PartlyCut:
    """What the steps of one layer have done so far.

    Attributes
    ----------
    cell_of : int32 (cells,)
        For each cell one that the step before had, or the layer below, that it has a part of.
    states : uint8 (cells, outputs)
        The lowest of the states that hold on it.
    """

    def __init__(self, first: LayerArrays, maps: CellMaps, steps: int) -> None:
        cells = len(maps.parent)
        self.cell_of = self._parent = np.arange(cells, dtype=np.int32)
        self.states: StateArray = np.zeros((cells, first.n_outputs), dtype=np.uint8)
        self._first, self._maps, self._left = first, maps, steps
        self._values: CellMaps | None = None
        self._old: NDArray[np.int32] | None = None
        self._sets: NDArray[np.uint8] | None = None

    def maps(self, step: LayerArrays) -> CellMaps:
        """What a step's hyperplanes are forms of, on the cells that it cuts."""
        if self._old is None:
            return self._maps
        if self._values is None:
            self._values = _values_of_pieces(step, self._maps)
        return _largest_and_next(step, self._values, self._parent, self.states)

    def follow(
        self, step: LayerArrays, table: NDArray[np.int32], homes: NDArray[np.int32], cells: Cells
    ) -> Cells:
        """Enter what a step has made; return the cells with those merged that belong together.

        Parameters
        ----------
        table : int32 (faces, columns)
            Of the faces of ``cells``, see :mod:`polyregions.engines.subdivide.face_table`.
        homes : int32 (old faces,)
            A cell around each face that was cut.
        """
        self._left -= 1
        pieces = None
        carrier = table[:, CARRIER]
        if self._left or self._old is not None:
            old = carrier if self._old is None else self._old[carrier]
            sets = _all_states(step, len(table)) if self._sets is None else self._sets[carrier]
            leave_out(_left_out(step), table, sets)
            if self._old is not None:
                cells, pieces = _merged(cells, old, sets, table)
            self._old, self._sets = (old, sets) if pieces is None else (old[pieces], sets[pieces])
        top = cells.top if pieces is None else pieces[cells.top]
        self.cell_of = homes[carrier[top]]
        self._parent = self._parent[self.cell_of]
        self.states = self.states[self.cell_of]
        enter_states(top, step.pairs, step.is_max, table, self.states)
        return cells

    def above(self) -> CellMaps:
        """The maps of what the layer hands on, when all its steps are done."""
        if self._values is None:
            return self._maps.above(self._first, self._parent, self.states)
        layer, sizes, errors = self._first, self._values.sizes, self._values.errors
        return self._values._replace(
            parent=self._parent,
            states=self.states,
            first=layer.first,
            kinds=layer.kinds,
            sizes=sizes[self._parent],
            errors=errors[self._parent],
        )


def _values_of_pieces(layer: LayerArrays, maps: CellMaps) -> CellMaps:
    """The values of all entries of a layer's table, as if each were an output, on the cells below it."""
    n, cells = layer.piece.size, len(maps.parent)
    outputs = replace(layer, first=np.arange(n + 1))
    return maps.above(outputs, np.arange(cells, dtype=np.int32), np.zeros((cells, n), dtype=np.uint8))


def _largest_and_next(
    step: LayerArrays, values: CellMaps, parent: NDArray[np.int32], states: StateArray
) -> CellMaps:
    """The m of each hyperplane of a further step, then the f; see :mod:`polyregions.network.hyperplanes`."""
    output, piece, _ = step.pairs.T
    first, n = step.first[output], output.size
    sizes = np.concatenate([step.first[output + 1] - first, np.ones(n, dtype=np.int64)])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    begin = np.concatenate([first, first + piece])
    entries = np.arange(starts[-1]) + np.repeat(begin - starts[:-1], sizes)
    chosen = np.zeros((len(parent), 2 * n), dtype=np.uint8)
    chosen[:, :n] = states[:, output]
    return CellMaps(
        values.maps,
        parent,
        chosen,
        starts,
        step.piece[entries],
        step.slopes[entries],
        step.constants[entries],
        values.sizes[parent],
        values.errors[parent],
        step.kinds[entries],
        values.zero,
    )


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
    cells: Cells, old: NDArray[np.int32], sets: NDArray[np.uint8], table: NDArray[np.int32]
) -> tuple[Cells, IntArray | None]:
    """Merge the faces on which a new piece is larger, where old face and set are the same."""
    below = (table[:, MASKS + 1 :: 3] != 0).any(axis=1)
    changed = np.flatnonzero(below)
    keys = np.concatenate([np.ascontiguousarray(old[changed])[:, None].view(np.uint8), sets[changed]], axis=1)
    _, group = np.unique(keys.view(np.dtype((np.void, keys.shape[1]))).ravel(), return_inverse=True)
    same = len(table) - changed.size
    if group.size == 0 or group.max() + 1 == changed.size:
        return cells, None
    groups = np.empty(len(table), dtype=np.int64)
    groups[~below], groups[changed] = np.arange(same), same + group
    return cells.merge(groups)


@kernel(bare=True)
def leave_out(ranges: Int64Matrix, table: Int32Matrix, sets: UInt8Matrix) -> None:
    """Clear the bits of the states that do not hold throughout each face, by the signs of a step."""
    for f in range(table.shape[0]):
        for plane in range(ranges.shape[0]):
            column, bit = MASKS + 3 * (plane // WORD), int64(1) << int64(plane % WORD)
            side = 0
            if table[f, column] & bit == 0:
                if table[f, column + 1] & bit == 0:
                    continue
                side = 2
            for entry in range(ranges[plane, side], ranges[plane, side + 1]):
                sets[f, entry // 8] &= 255 - (1 << (entry % 8))


@kernel(bare=True)
def enter_states(
    top: Int64Vector, pairs: Int64Matrix, is_max: BoolVector, table: Int32Matrix, states: UInt8Matrix
) -> None:
    """Update the states of top cells by the signs of a step.

    A scalar unit's state is the number of its hyperplanes that the cell is above of; a maxout unit's becomes
    the new piece where that is strictly larger.
    """
    for i in range(top.size):
        for plane in range(pairs.shape[0]):
            column, bit = MASKS + 3 * (plane // WORD), int64(1) << int64(plane % WORD)
            output = pairs[plane, 0]
            if is_max[output]:
                if table[top[i], column + 1] & bit != 0:
                    states[i, output] = pairs[plane, 1]
            elif table[top[i], column] & bit != 0:
                states[i, output] += 1
