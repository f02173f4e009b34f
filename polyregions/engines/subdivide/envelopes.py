"""A layer while its steps cut a complex: maxout units piece after piece.

The steps are those of :mod:`polyregions.network.hyperplanes`: each further one compares the next piece f of
each maxout unit with m, the largest of the pieces before. Where f is larger, the boundaries between those are
below the maximum, and must go. So after each step the faces are merged that lie in one face of the complex before
the layer and on which the same pieces are the largest so far. What is left is the complex of the upper envelopes
of the pieces so far.

A face on which no f is strictly larger has its old set of largest pieces, perhaps with f: it differs from all
other faces, as the faces before the step did. Only the others are compared.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import BoolArray, IntArray, StateArray
from ...complex.topology import Cells
from ...network.hyperplanes import LayerArrays
from .cell_forms import CellMaps, count_bends
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
        self._maps, self._left = maps, steps
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
            _leave_out(sets, step, table)
            if self._old is not None:
                cells, pieces = _merged(cells, old, sets, table)
            self._old, self._sets = (old, sets) if pieces is None else (old[pieces], sets[pieces])
        top = cells.top if pieces is None else pieces[cells.top]
        self.cell_of = homes[carrier[top]]
        self._parent = self._parent[self.cell_of]
        self.states = _states(self.states[self.cell_of], step, top, table)
        return cells


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
    )


def _all_states(layer: LayerArrays, faces: int) -> NDArray[np.uint8]:
    """A bit for each state of each output, all of them set; (faces, bytes)."""
    return np.tile(np.packbits(np.ones(int(layer.first[-1]), dtype=np.uint8)), (faces, 1))


def _leave_out(sets: NDArray[np.uint8], step: LayerArrays, table: NDArray[np.int32]) -> None:
    """Clear the bits of the states that do not hold throughout each face, by the signs of a step.

    Of pieces that have not come yet no bit is cleared: they are equal for all.
    """
    for plane, (output, below, above) in enumerate(step.pairs.tolist()):
        first = int(step.first[output])
        end = below if step.is_max[output] else above + 1
        is_above, is_below = sides(table, plane)
        _clear(sets, is_above, first + below, first + below + 1)
        _clear(sets, is_below, first + above, first + end)


def sides(table: NDArray[np.int32], plane: int) -> tuple[BoolArray, BoolArray]:
    """Whether each face is on the positive side of a hyperplane, and whether on the negative one."""
    column, bit = MASKS + 3 * (plane // WORD), plane % WORD
    return table[:, column] >> bit & 1 == 1, table[:, column + 1] >> bit & 1 == 1


def _clear(sets: NDArray[np.uint8], faces: BoolArray, begin: int, end: int) -> None:
    """Clear some bits of some faces."""
    for byte in range(begin // 8, (end + 7) // 8):
        own = range(max(begin - 8 * byte, 0), min(end - 8 * byte, 8))
        kept = 255 - sum(128 >> bit for bit in own)
        sets[:, byte] &= np.where(faces, np.uint8(kept), np.uint8(255))


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


def _states(states: StateArray, step: LayerArrays, top: IntArray, table: NDArray[np.int32]) -> StateArray:
    """The states of the top cells after a step, from those before it."""
    of_max = step.is_max[step.pairs[:, 0]]
    if not of_max.all():
        count_bends(top, table, step.pairs, states)
        states[:, step.is_max] = 0
    rows = table[top] if of_max.any() else table[:0]
    for plane in np.flatnonzero(of_max).tolist():
        output, piece, _ = step.pairs[plane]
        states[sides(rows, plane)[1], output] = piece
    return states
