"""The signs of a step's hyperplanes on the complex that it cuts: at its vertices, and what follows for cells.

Vertices are taken with the cells around them, a run of neighbouring cells at a time
(:mod:`polyregions.engines.subdivide.cell_maps`). Most of thousands of hyperplanes cut no cell at all: their
signs say the states of their units, and they are left out before any face is cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...base.jobs import run_all
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
from .masks import Masks, bits_of, joined, selected
from .zeros import PieceZeros, Zeros

#: Signs that are found at once.
SIGNS_TOGETHER = 2**19


@dataclass(frozen=True)
class StepOnCells:
    """Step ``number``: its hyperplanes, the complex that it cuts, and the maps that they are forms of there.

    ``homes`` is a cell around each face, the first; ``zeros`` is what is known to be zero at vertices.
    """

    number: int
    arrays: LayerArrays
    maps: OutputMaps
    cells: Cells
    homes: NDArray[np.int32]
    zeros: Zeros | PieceZeros | None

    def rows(self, workers: int) -> RowMaps:
        """The forms of its rows on the cells."""
        step = self.arrays
        return self.maps.times(step.cut, step.cut_columns, step.whole, workers)

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
        larger = np.bitwise_or.reduce(self.vertices.below, axis=0)
        is_max = step.is_max[step.pairs[:, 0]]
        cuts, gives = (bits_of(mask[None], is_max.size)[0] != 0 for mask in (cut, larger))
        planes = np.flatnonzero(np.where(is_max, gives, cuts))
        return planes if planes.size <= WORD * (self.above.shape[1] - 1) else np.arange(is_max.size)

    def only(self, planes: IntArray, of: int) -> StepMarks:
        """The same for some of so many hyperplanes."""
        vertices = Signs(selected(self.vertices.above, planes, of), selected(self.vertices.below, planes, of))
        return StepMarks(vertices, selected(self.above, planes, of), selected(self.below, planes, of))


def mark(
    step: StepOnCells, vertices: Vertices, workers: int, is_strict: bool
) -> tuple[StepMarks, Masks | None, int]:
    """Find the signs of a step's hyperplanes.

    Returns
    -------
    marks : StepMarks
    strict : int32 (faces, words) or None
        The hyperplanes that are not zero on all of each face, if ``is_strict``.
    undecided : int
        Number of signs that float64 left open; they are decided over the integers.
    """
    corners, n_planes = step.cells.faces(0), step.arrays.row_of.size
    words = -(-n_planes // WORD)
    signs = Signs(*(np.zeros((corners.size, words), dtype=np.int32) for _ in range(2)))
    home = step.homes[corners]
    order = np.argsort(home, kind="stable")
    rows, parts = step.rows(workers), []
    for begin, end in step.maps.runs(rows.rows):
        first, last = np.searchsorted(home, (begin, end), sorter=order).tolist()
        if first < last:
            parts.append((begin, end, order[first:last]))
    undecided = run_all(partial(_mark, step, rows, vertices, signs), parts, workers)
    count = 0
    for place, plane in (pair for some in undecided for pair in some.tolist()):
        sign = vertices.exact_sign(
            step.number, int(step.cells.start[corners[place]]), int(home[place]), plane
        )
        if sign != 0:
            mask = signs.above if sign > 0 else signs.below
            mask[place, plane // WORD] |= np.uint32(1 << plane % WORD).astype(np.int32)
        count += 1
    above, below, strict = _of_faces(step.cells, signs, is_strict)
    return StepMarks(signs, above, below), strict, count


def make_forms(step: StepOnCells, marks: StepMarks, vertices: Vertices, workers: int) -> FormsOfCells:
    """Add the forms of the hyperplanes that cut each cell to the store of forms."""
    cutting = marks.above & marks.below
    counts = np.bitwise_count(cutting.view(np.uint32)).sum(axis=1, dtype=np.int64)
    base = len(vertices.store.errors)
    first = base + np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)])
    forms = FormsOfCells(first, np.empty(int(counts.sum()), dtype=np.int32))
    planes_of_cells(cutting, *forms)
    vertices.add_forms(forms.planes.size)
    rows = step.rows(workers)

    def work(run: tuple[int, int]) -> None:
        begin, end = run
        if first[begin] < first[end]:
            forms_of_cells(
                begin, end, step.number, step.forms(rows, *run, all_rows=False), forms, vertices.store
            )

    run_all(work, list(step.maps.runs(0)), workers)
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


def _of_faces(cells: Cells, signs: Signs, is_strict: bool) -> tuple[Masks, Masks, Masks | None]:
    """Masks of top cells, above and below, and those of either for all faces if that is asked for."""
    shape = cells.top.size, signs.above.shape[1]
    above, below = np.empty(shape, dtype=np.int32), np.empty(shape, dtype=np.int32)
    strict = np.zeros((cells.dim.size, shape[1]), dtype=np.int32) if is_strict else None
    for side, of_vertices in ((above, signs.above), (below, signs.below)):
        for words, masks in joined(cells, of_vertices):
            side[:, words] = masks[cells.top]
            if strict is not None:
                strict[:, words] |= masks
    return above, below, strict
