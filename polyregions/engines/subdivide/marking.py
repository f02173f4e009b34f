"""The signs of a step's hyperplanes on the complex that it cuts: at its vertices, and what follows for cells.

Vertices are taken with the cells around them, a run of neighbouring cells at a time
(:mod:`polyregions.engines.subdivide.cell_maps`). Most of thousands of hyperplanes cut no cell at all: their
signs say the states of their units, and they are left out before any face is cut.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import BoolArray, IntArray
from ...complex.topology import Cells
from ...complex.vertices import Vertices
from ...network.layer_arrays import LayerArrays
from .cell_forms import (
    CutRows,
    FormsOfCells,
    LayerForms,
    RowsOnCells,
    Signs,
    VerticesOnCells,
    forms_of_cells,
    mark_signs,
    planes_of_cells,
)
from .cell_maps import OutputMaps, RowMaps
from .face_table import WORD
from .masks import Masks, bits_of, masks_of, of_cells, selected
from .zeros import PieceZeros, Zeros

#: Signs that are found at once.
SIGNS_TOGETHER = 2**19


@dataclass(frozen=True)
class StepOnCells:
    """Step ``number``: its hyperplanes, the complex that it cuts, and the maps that they are forms of there.

    ``homes`` is a cell around each face, the first, ``order`` lists the faces, each after those that it
    bounds; ``zeros`` is what is known to be zero at vertices.
    """

    number: int
    arrays: LayerArrays
    maps: OutputMaps
    cells: Cells
    homes: NDArray[np.int32]
    order: IntArray
    zeros: Zeros | PieceZeros | None

    def rows(self) -> RowMaps:
        """The forms of its rows on the cells."""
        step = self.arrays
        return self.maps.times(step.cut, step.cut_columns, step.whole)

    def forms(self, rows: RowMaps, begin: int, end: int, all_rows: bool = True) -> LayerForms:
        """What the forms of hyperplanes on a run of cells are made of: of all rows, or one by one."""
        maps = np.empty((0, self.maps.columns, rows.rows))
        if all_rows or rows.kept is not None:
            maps = rows.on(begin, end)
        own = maps, rows.shifts_on(begin, end), rows.rounding[begin:end], rows.exact[begin:end]
        return LayerForms(CutRows.of(self.arrays), self.maps.on(begin, end), RowsOnCells(*own))


@dataclass(frozen=True)
class StepMarks:
    """Masks of hyperplanes: those that something is partly above, and partly below.

    Attributes
    ----------
    vertices : Signs
        In the order of ``cells.faces(0)``.
    above, below : int32 (cells, words)
        Of the top cells.
    """

    vertices: Signs
    above: Masks
    below: Masks

    def cutting(self, step: LayerArrays) -> IntArray:
        """The hyperplanes that cut a cell, or give a maxout unit a larger piece; int64, ascending.

        All of them, if masks without the others had as many words.
        """
        cut = np.bitwise_or.reduce(self.above & self.below, axis=0)
        is_max = step.is_max[step.pairs[:, 0]]
        if is_max.any():
            cut |= np.bitwise_or.reduce(self.vertices.below, axis=0) & masks_of(is_max[None])[0]
        planes = np.flatnonzero(bits_of(cut[None], is_max.size)[0])
        return planes if planes.size <= WORD * (self.above.shape[1] - 1) else np.arange(is_max.size)

    def only(self, planes: IntArray, of: int) -> StepMarks:
        """The same for some of so many hyperplanes."""
        vertices = Signs(selected(self.vertices.above, planes, of), selected(self.vertices.below, planes, of))
        return StepMarks(vertices, selected(self.above, planes, of), selected(self.below, planes, of))


def mark(step: StepOnCells, vertices: Vertices, first: int, owned: BoolArray) -> tuple[StepMarks, int]:
    """Find the signs of a step's hyperplanes.

    Parameters
    ----------
    first : int
        Number of the first cell among those that the step before has made.
    owned : bool (faces,)
        Which vertices count.

    Returns
    -------
    marks : StepMarks
    undecided : int
        Number of signs that float64 left open; they are decided over the integers.
    """
    corners, n_planes = step.cells.faces(0), step.arrays.row_of.size
    words = -(-n_planes // WORD)
    signs = Signs(*(np.zeros((corners.size, words), dtype=np.int32) for _ in range(2)))
    home = step.homes[corners]
    order = np.argsort(home, kind="stable")
    rows = step.rows()
    count = 0
    for begin, end in step.maps.runs(rows.rows):
        low, high = np.searchsorted(home, (begin, end), sorter=order).tolist()
        if low == high:
            continue
        some = _mark(step, rows, vertices, signs, (begin, end, order[low:high]))
        for place, plane in some.tolist():
            vertex = int(step.cells.start[corners[place]])
            sign = vertices.exact_sign(step.number, vertex, first + int(home[place]), plane)
            if sign != 0:
                mask = signs.above if sign > 0 else signs.below
                mask[place, plane // WORD] |= np.uint32(1 << plane % WORD).astype(np.int32)
            count += int(owned[corners[place]])
    above, below = (of_cells(step.cells, step.order, masks) for masks in signs)
    return StepMarks(signs, above, below), count


def make_forms(step: StepOnCells, marks: StepMarks, vertices: Vertices) -> FormsOfCells:
    """Add the forms of the hyperplanes that cut each cell to the store of forms."""
    cutting = marks.above & marks.below
    counts = np.bitwise_count(cutting.view(np.uint32)).sum(axis=1, dtype=np.int64)
    base = len(vertices.store.errors)
    first = base + np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
    forms = FormsOfCells(first, np.empty(int(counts.sum()), dtype=np.int32))
    planes_of_cells(cutting, *forms)
    vertices.add_forms(forms.planes.size)
    rows = step.rows()
    for begin, end in step.maps.runs(0):
        if first[begin] < first[end]:
            layer = step.forms(rows, begin, end, all_rows=False)
            forms_of_cells(begin, end, step.number, layer, forms, vertices.store)
    return forms


def _mark(
    step: StepOnCells, rows: RowMaps, vertices: Vertices, signs: Signs, part: tuple[int, int, IntArray]
) -> NDArray[np.int32]:
    """Signs at the vertices around a run of cells; return place and hyperplane of those left open."""
    begin, end, around = part
    layer, n_planes, undecided = step.forms(rows, begin, end), step.arrays.row_of.size, []
    together = max(1, SIGNS_TOGETHER // max(n_planes, step.arrays.cut.shape[1]))
    for places in (around[i : i + together] for i in range(0, around.size, together)):
        corners = step.cells.faces(0)[places]
        cells = step.homes[corners].astype(np.int64)
        live = np.empty((0, 0), dtype=np.uint8) if step.zeros is None else step.zeros.inputs(places, cells)
        own = VerticesOnCells(step.cells.start[corners].astype(np.int64), cells - begin, vertices.store, live)
        found = Signs(*(np.empty((places.size, signs.above.shape[1]), dtype=np.int32) for _ in range(2)))
        left = np.empty((places.size * n_planes, 2), dtype=np.int32)
        n = mark_signs(own, layer, found, left)
        signs.above[places], signs.below[places] = found
        undecided.append(np.column_stack([places[left[:n, 0]], left[:n, 1]]).astype(np.int32))
    return np.concatenate(undecided)
