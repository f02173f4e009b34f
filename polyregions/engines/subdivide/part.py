"""A part of the complex on its way through the network: neighbouring cells with all their faces.

Step by step, and within a step group by group, its faces are cut by the hyperplanes of the layers. At the
beginning of a step all its hyperplanes are looked at: the signs at the vertices, and the forms on the cells
that they cut. A group is at most a word of those that cut something here, and fewer where so many would make
more faces at once than the cache holds.

A part can be divided between two groups: then each run of cells goes on as a part of its own. A face on the
border of two parts is in both, and cut in both, in the same way; the first part that has it *owns* it.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...complex.patterns import Cut
from ...complex.topology import Cells
from ...complex.vertices import Vertices
from ...network.layer_arrays import LayerArrays
from ...network.pieces import as_slice
from .cell_forms import FormsOfCells
from .cell_maps import OutputMaps
from .envelopes import PartlyCut
from .face_table import ABOVE, BELOW, CARRIER, WORD
from .group_cut import CutSpace, Group, GroupCut, OldPart
from .marking import StepMarks, StepOnCells, make_forms, mark
from .masks import Masks
from .origins import Events, Tracked
from .under_way import StepBegun, UnderWay
from .zeros import KnownZeros, wanted_zeros


class CellPart:
    """Cells with all their faces, and what is known to go on cutting them.

    Attributes
    ----------
    cells : Cells
    owned : bool (faces,)
        Which faces no part before has.
    vertices : Vertices
        Of which ``corners`` are in use.
    first : int
        Number of the first cell among those that the last step has made.
    """

    def __init__(self, cells: Cells, vertices: Vertices, maps: OutputMaps, steps: tuple[int, int]) -> None:
        self.cells, self.vertices, self.corners = cells, vertices, len(vertices.store.radii)
        self.owned = np.ones(cells.dim.size, dtype=np.bool_)
        (self.at, self.end), self.first, self.undecided = steps, 0, 0
        self.events: Events | None = None
        self.tracked: Tracked | None = None
        self._maps: OutputMaps | None = maps
        own = vertices.steps[: self.end]
        self._zeros = KnownZeros(wanted_zeros(own, own[-1].layer + 1 if own else 0))
        self._layer: PartlyCut | None = None
        self._step: UnderWay | None = None

    # Made when they are asked for: many parts end with the faces that a group has made.
    @cached_property
    def _listed(self) -> tuple[IntArray, NDArray[np.int32]]:
        numbers = np.arange(self.cells.top.size, dtype=np.int32)
        return self.cells.closure(self.cells.top, numbers)

    @property
    def order(self) -> IntArray:
        """All faces, each after those that it bounds."""
        return self._listed[0]

    @property
    def homes(self) -> NDArray[np.int32]:
        """A cell around each face, the first."""
        return self._listed[1]

    def _become(self, cells: Cells, owned: NDArray[np.bool_]) -> None:
        """Go over to other faces."""
        self.cells, self.owned = cells, owned
        vars(self).pop("_listed", None)

    @property
    def steps(self) -> list[LayerArrays]:
        """The steps of all layers."""
        return self.vertices.steps

    def advance(self, work: CutSpace) -> bool:
        """Go on by a group, or by a step that cuts nothing; False if there is nothing more to do."""
        while True:
            if self._step is not None:
                group = self._step.next_group(self.cells, lambda: self.order)
                if group is not None:
                    self._cut(group, work)
                    return True
                self._finish_step()
            elif self.at == self.end:
                return False
            else:
                self._begin_step()

    def _begin_step(self) -> None:
        step, cells = self.steps[self.at], self.cells
        if self._layer is None:
            rounds = sum(other.layer == step.layer for other in self.steps[self.at : self.at + 256])
            if self._maps is None:
                raise RuntimeError("no maps")
            self._layer = PartlyCut(step, self._maps, rounds)
            self._zeros.begin(step, self.corners)
        if step.row_of.size == 0:
            self._end_of_step(step)
            return
        corners = cells.faces(0)
        zeros = self._zeros.of(step, self._layer.states, cells.start[corners].astype(np.int64))
        maps = self._layer.maps(step)
        own = StepOnCells(self.at, step, maps, cells, self.homes, self.order, zeros)
        marks, undecided = mark(own, self.vertices, self.first, self.owned)
        self.undecided += undecided
        every = np.arange(step.row_of.size)
        planes = every if self._zeros.needs_signs(step) else marks.cutting(step)
        is_other = ~step.is_max[step.pairs[:, 0]]
        is_other[planes] = False
        self._layer.settle(step, marks.above, np.flatnonzero(is_other))
        if not planes.size:
            self._layer.pass_over()
            self._zeros.follow(step, self._zeros.masks, lambda: np.empty((0, 0), dtype=np.int32))
            self._enter_cut(step, np.arange(cells.top.size, dtype=np.int32) + np.int32(self.first))
            return
        if planes.size < every.size:
            marks, own = marks.only(planes, every.size), replace(own, arrays=step.only(planes))
        forms = self._make_forms(own, marks, planes)
        words = marks.above.shape[1]
        places = np.zeros(WORD * words, dtype=np.int32)
        places[: planes.size] = planes
        begun = StepBegun(self.at, own.arrays, places, step.same, forms, self.first)
        numbers = np.arange(cells.top.size, dtype=np.int32)
        self._step = UnderWay(begun, self._masks(marks), numbers, marks.above, marks.below)

    def _make_forms(self, own: StepOnCells, marks: StepMarks, planes: IntArray) -> FormsOfCells:
        base = len(self.vertices.store.errors)
        forms = make_forms(own, marks, self.vertices)
        source = self.vertices.store.source[base:]
        source[:, 1] += np.int32(self.first)
        source[:, 2] = planes[source[:, 2]]
        if self.events is not None:
            self.events.add_forms(self.vertices.store, base)
        return forms

    def _masks(self, marks: StepMarks) -> Masks:
        """The masks of the vertices by their numbers, with room for as many as the store has."""
        words, more = marks.above.shape[1], self._zeros.masks
        masks = np.zeros((len(self.vertices.store.radii), 2 * words + more.shape[1]), dtype=np.int32)
        corners = self.cells.start[self.cells.faces(0)]
        masks[corners, :words], masks[corners, words : 2 * words] = marks.vertices
        if more.size:
            masks[: self.corners, 2 * words :] = more[: self.corners]
        return masks

    def _cut(self, group: Group, work: CutSpace) -> None:
        now, layer, homes = self._step, self._layer, self.homes
        assert now is not None
        assert layer is not None
        old = OldPart(self.cells, self.order, homes, now.cell, self.owned)
        cut = GroupCut(old, group, self.vertices, now.masks, self.corners)
        new, cells = cut.run(work)
        now.masks, self.corners = cut.masks, cut.used
        self.undecided += cut.undecided
        layer.follow(now.step.arrays, group.word, group.planes, new.table)
        if self.tracked is not None:
            self.tracked = self.tracked.follow(new)
        carrier, top = new.table[:, CARRIER], cells.top
        now.follow(homes[carrier[top]], new.table[top, ABOVE], new.table[top, BELOW])
        self._become(cells, self.owned[carrier])

    def _finish_step(self) -> None:
        now, layer = self._step, self._layer
        assert now is not None
        assert layer is not None
        self._step = None
        step, words = now.step, now.above.shape[1]
        merged = layer.merge(self.cells)
        if merged is not None:
            now.take(self.homes[merged.pieces[merged.cells.top]])
            self._become(merged.cells, self.owned[merged.pieces])
            if self.tracked is not None:
                self.tracked = self.tracked.merged(merged.number)
        layer.finish(step.arrays, now.cell, now.above, now.below)
        whole = self.steps[self.at]
        self._zeros.follow(
            whole,
            now.masks[: self.corners, 2 * words :],
            lambda: now.masks[: self.corners, :words] | now.masks[: self.corners, words : 2 * words],
        )
        self._enter_cut(whole, now.cell + np.int32(step.first))

    def _enter_cut(self, step: LayerArrays, cell_of: NDArray[np.int32]) -> None:
        """Enter what a step did, and go on to the next."""
        assert self._layer is not None
        unit, units = self.vertices.network.first_units[step.layer], as_slice(step.units)
        cut = Cut(self.at, step.layer, unit, cell_of, self._layer.states, units)
        self.vertices.cuts.append(cut)
        if self.events is not None:
            self.events.add_cut(cut)
        self.first = 0
        self._end_of_step(step)

    def _end_of_step(self, step: LayerArrays) -> None:
        """Go over to the next step, and with it perhaps to the next layer."""
        layer = self._layer
        assert layer is not None
        self.at += 1
        if self.at < self.end and self.steps[self.at].layer == step.layer:
            return
        self._layer = None
        if self.at == self.end:
            self._maps = None
            return
        self._maps = layer.above()
        self._zeros.end(step, layer.states, self.corners, self._cells_of_vertices)

    def _cells_of_vertices(self) -> IntArray:
        """A cell around each vertex by its number; -1 for those that are gone."""
        corners, cells = self.cells.faces(0), np.full(self.corners, -1, dtype=np.int64)
        cells[self.cells.start[corners]] = self.homes[corners]
        return cells

    @property
    def size(self) -> int:
        """Bytes that its faces and vertices take, about."""
        own = self.cells.pool.nbytes + self.cells.planes.nbytes + 10 * self.cells.dim.size
        return own + self.corners * (12 * self.cells.dimension + 16)

    def counts(self) -> IntArray:
        """Number of owned faces of each dimension 0 .. d that lie in no side of the box."""
        cells, d = self.cells, self.cells.dimension
        fixed = np.arange(d) < d - cells.dim[:, None]
        inside = ((cells.planes >= self.vertices.n_sides) | ~fixed).all(axis=1)
        return np.bincount(cells.dim[inside & self.owned], minlength=d + 1)

    @property
    def is_cut_further(self) -> bool:
        """Whether there are hyperplanes to come that may cut a cell."""
        now = self._step
        if now is None or self.at + 1 < self.end:
            return self.at < self.end
        later = slice(now.word + 1, None)
        return now.left != 0 or bool((now.above[:, later] & now.below[:, later]).any())

    def borders(self) -> IntArray:
        """Where the part may be divided: numbers of cells, from 0 to the number of all."""
        n, layer = self.cells.top.size, self._layer
        if layer is None or layer.rounds == 1:
            return np.arange(n + 1)
        # Pieces of one cell below the layer may be merged again: they stay together.
        parent = layer.parent if self._step is None else layer.parent[self._step.cell]
        return np.concatenate([[0], np.flatnonzero(parent[1:] != parent[:-1]) + 1, [n]])

    def some(self, begin: int, end: int, last: NDArray[np.int32]) -> CellPart:
        """The part of some neighbouring cells; ``last`` is the last cell around each face."""
        numbers = np.arange(begin, end, dtype=np.int32)
        faces, _ = self.cells.closure(self.cells.top[begin:end], numbers)
        part = object.__new__(CellPart)
        part.cells = self.cells.part(faces, self.cells.top[begin:end])
        part.owned = self.owned[faces] & (self.homes[faces] >= begin)
        part.at, part.end, part.events, part.tracked = self.at, self.end, None, None
        part.undecided = self.undecided if begin == 0 else 0  # each is counted once
        if self.events is not None:
            shared = (self.homes[faces] < begin) | (last[faces] >= end)
            part.tracked = Tracked.begin(faces, shared, self.tracked, self.cells.dim.size)
            part.events = self.events.beneath()
        now, run = self._step, slice(begin, end)
        part.first = self.first if now is not None else self.first + begin
        part._maps = None
        if self._layer is None and self._maps is not None:
            part._maps = self._maps.restricted(begin, end)
        part._layer, part._step = None, None
        whole = run if now is None else slice(int(now.cell[begin]), int(now.cell[end - 1]) + 1)
        if self._layer is not None:
            part._layer = self._layer.some(faces, whole)
        first = None if now is None else now.step.forms.first[[whole.start, whole.stop]]
        corners, forms = self._take_vertices(part, first)
        zeros = self._zeros.masks if now is None else now.masks[:, 2 * now.above.shape[1] :]
        part._zeros = self._zeros.some(zeros[corners] if zeros.size else zeros)
        if now is not None:
            masks = np.zeros((len(part.vertices.store.radii), now.masks.shape[1]), dtype=np.int32)
            masks[: corners.size] = now.masks[corners]
            step = now.step.some(whole.start, whole.stop, forms)
            cell = now.cell[run] - np.int32(whole.start)
            own = now.above[run].copy(), now.below[run].copy()
            part._step = UnderWay(step, masks, cell, *own, now.word, now.left)
        return part

    def _take_vertices(self, part: CellPart, step: IntArray | None) -> tuple[IntArray, int]:
        """Give a part its vertices and their forms.

        Forms from number ``step[0]`` to ``step[1]`` will be needed, too. Returns the vertices' numbers here,
        and the first of these forms there.
        """
        cells, d, own = part.cells, self.cells.dimension, part.cells.faces(0)
        corners = cells.start[own].astype(np.int64)
        cells.start[own] = np.arange(corners.size, dtype=np.int32)
        known = np.zeros(len(self.vertices.store.errors), dtype=np.bool_)
        known[: self.vertices.n_sides] = True
        known[cells.planes[np.arange(d) < d - cells.dim[:, None]]] = True
        known[self.vertices.store.planes[corners]] = True
        if step is not None:
            known[step[0] : step[1]] = True
        forms = np.flatnonzero(known)
        place = np.full(known.size + 1, -1, dtype=np.int32)
        place[forms] = np.arange(forms.size, dtype=np.int32)
        cells.planes = place[cells.planes]
        part.vertices = self.vertices.some(corners, forms, 2 * corners.size + 64)
        part.corners = corners.size
        if part.events is not None:
            part.events.keep(forms)
        return corners, 0 if step is None else int(np.searchsorted(forms, step[0]))
