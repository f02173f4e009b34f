"""A complex while one step of a layer cuts it: the arrays that the kernel works in, and who works where.

The kernel (:mod:`polyregions.engines.subdivide.cut_faces`) cuts one part of neighbouring cells after the
other. Several workers share the cells out: first all faces between two shares are cut, then each share in a
copy of the work so far, and last the copies are joined. What one share has made is numbered after what the
one before it has made, and no region, facet or vertex depends on how many there are.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb

from ...base.memory import available_memory
from ...complex.topology import Cells
from ...complex.vertices import Vertices
from ...errors import CheckFailedError, TooLargeError
from .cell_forms import FormsOfCells
from .cut_face import (
    DECIDE,
    DONE,
    MORE_ENTRIES,
    MORE_FACES,
    MORE_POOL,
    MORE_VERTICES,
    PAUSE,
    PLACES,
)
from .cut_faces import Cutting, Hyperplanes, OldFaces, Scratch, cut_faces
from .face_table import (
    CARRIER,
    COUNTERS,
    FACES,
    MASKS,
    OPEN,
    POOL,
    SECTION,
    SIBLING,
    SIZE,
    START,
    VERTICES,
    WORD,
    Lists,
    NewFaces,
    order_faces,
    pieces_in_order,
    renumber,
)
from .marking import StepMarks, StepOnCells

#: Old faces that are cut together: few enough that their pieces stay in the processor's cache.
FACES_TOGETHER = 128
#: Fewer cells than this are not worth a second worker.
SHARED_CELLS = 64
#: Faces are numbered by int32.
MOST_FACES = 2**31 - 1


class LayerCut:
    """All faces of a complex, while they are cut. At first, the vertices.

    Attributes
    ----------
    table, dim, planes, pool
        The new faces, see :mod:`polyregions.engines.subdivide.face_table`.
    piece_of : int32 (old faces,)
        First piece of each old face, or -1.
    vertices : Vertices
    count : int64
        How much of each array is in use.
    undecided : int
        Number of signs that float64 left open.
    """

    def __init__(self, step: StepOnCells, marks: StepMarks, forms: FormsOfCells, vertices: Vertices) -> None:
        self.old, self.homes, self.step, self.vertices = step.cells, step.homes, step, vertices
        self.marks, self.forms, old = marks, forms, step.cells
        corners = old.faces(0)
        n, d, words = corners.size, old.dimension, marks.above.shape[1]
        columns = MASKS + 3 * words
        room = _room(max(1024, 64 * old.dim.size), 4 * columns + 4 * d + 1, n)
        self.table = np.empty((room, columns), dtype=np.int32)
        self.table[:n, CARRIER], self.table[:n, START], self.table[:n, SIZE] = corners, old.start[corners], 0
        self.table[:n, SIBLING] = self.table[:n, SECTION] = -1
        self.table[:n, MASKS::3], self.table[:n, MASKS + 1 :: 3] = marks.vertices
        self.table[:n, MASKS + 2 :: 3] = 0
        self.dim = np.empty(room, dtype=np.int8)
        self.dim[:n] = 0
        self.planes = np.empty((room, d), dtype=np.int32)
        self.planes[:n] = old.planes[corners]
        self.pool = np.empty(_room(max(4096, 64 * old.pool.size), 4, 1), dtype=np.int32)
        self.piece_of = np.full(old.dim.size, -1, dtype=np.int32)
        self.piece_of[corners] = np.arange(n)
        self.count = np.zeros(COUNTERS, dtype=np.int64)
        self.count[FACES] = n
        self.count[VERTICES] = vertices.store.radii.size
        self.undecided = 0

    def set_sign(self, face: int, plane: int, cell: int) -> None:
        """Decide, over the integers, on which side of a hyperplane a vertex is."""
        vertex = int(self.table[face, START])
        sign = self.vertices.exact_sign(self.step.number, vertex, cell, plane)
        if sign != 0:
            bit = np.uint32(1 << plane % WORD).astype(np.int32)
            self.table[face, MASKS + 3 * (plane // WORD) + (sign < 0)] |= bit
        self.undecided += 1

    def run(self, workers: int = 1, pause: Callable[[], None] | None = None) -> None:
        """Cut all faces. ``pause`` is called now and then, and may raise."""
        cells = len(self.old.top)
        shares = workers if cells >= SHARED_CELLS * workers else 1
        wholes = np.flatnonzero(self.old.dim > 0)
        if shares == 1:
            self._cut(wholes, pause)
            return
        # About equal numbers of pieces for each share; a face of two shares goes first.
        weight = np.cumsum(self._pieces())
        share_of = np.minimum(weight / weight[-1] * shares, shares - 1).astype(np.int64)
        last = self.old.homes(last=True)
        own, between = share_of[self.homes[wholes]], share_of[self.homes[wholes]] != share_of[last[wholes]]
        self._cut(wholes[between], pause)
        # When one share fails, or is interrupted, the others are told to stop at their next pause.
        stop = threading.Event()

        def work(cut: LayerCut, share: int, wait: Callable[[], None] | None) -> None:
            def go_on() -> None:
                if stop.is_set():
                    raise InterruptedError
                if wait is not None:
                    wait()

            try:
                cut._cut(wholes[~between & (own == share)], go_on)
            finally:
                if sys.exc_info()[0] is not None:
                    stop.set()

        copies = [self._copy() for _ in range(shares - 1)]
        base = self.count.copy()
        with ThreadPoolExecutor(shares - 1) as pool:
            jobs = [pool.submit(work, copy, i, None) for i, copy in enumerate(copies, 1)]
            with suppress(InterruptedError):
                work(self, 0, pause)
            for job, copy in zip(jobs, copies, strict=True):
                job.result()
                self._append(copy, base)

    def result(self) -> tuple[Any, Cells]:
        """The table and the new complex; its cells are ordered by the old cell, and by hyperplane sides."""
        self.vertices.store = self.vertices.first(int(self.count[VERTICES]))
        table = self.table[: self.count[FACES]]
        start, size = table[:, START].copy(), table[:, SIZE].copy()
        top = np.empty(int((self.dim[: len(table)] == self.old.dimension).sum()), dtype=np.int64)
        pieces_in_order(self.old.top, self.piece_of, table, top)
        pool = self.pool[: self.count[POOL]]
        return table, Cells(self.dim[: len(table)], start, size, pool, self.planes[: len(table)], top)

    def _cut(self, faces: NDArray[np.int64], pause: Callable[[], None] | None) -> None:
        """Run the kernel on some of the old faces: enlarge what is full, decide what is open."""
        arrays = self.step.arrays
        n_planes = arrays.row_of.size
        old = self._in_parts(faces)
        at = np.zeros(PLACES, dtype=np.int64)
        entries = np.empty((4096 + 4 * n_planes, 2), dtype=np.int32)
        head = np.full((self.old.dimension + 1, n_planes), -1, dtype=np.int32)
        numbers = np.full((int(np.diff(old.cells).max(initial=0)), n_planes), -1, dtype=np.int32)
        undecided = np.empty((max(1024, 2 * n_planes), 3), dtype=np.int32)
        hyperplanes = Hyperplanes(numbers, undecided, arrays.same, self.step.number, arrays.whole, self.forms)
        scratch = Scratch.empty(self.old.dimension, self.table.shape[1] - MASKS)
        while True:
            new, lists = self._new_faces(), Lists(entries, head)
            code = cut_faces(Cutting(at, old, new, lists, self.vertices.store, hyperplanes, scratch))
            if code == DONE:
                return
            if code == PAUSE:
                if pause is not None:
                    pause()
            elif code == DECIDE:
                for face, plane, cell in undecided[: self.count[OPEN]].tolist():
                    self.set_sign(face, plane, cell)
                self.count[OPEN] = 0
            elif code == MORE_FACES:
                self.table, self.dim, self.planes = _grown(self.table, self.dim, self.planes)
            elif code == MORE_POOL:
                (self.pool,) = _grown(self.pool)
            elif code == MORE_ENTRIES:
                (entries,) = _grown(entries)
            elif code == MORE_VERTICES:
                store = self.vertices.store
                points, radii, planes = _grown(store.points, store.radii, store.planes)
                self.vertices.store = store._replace(points=points, radii=radii, planes=planes)
            else:
                raise CheckFailedError("a section has too few faces; this is a defect, please report it")

    def _new_faces(self) -> NewFaces:
        return NewFaces(self.table, self.dim, self.pool, self.planes, self.piece_of, self.count)

    def _in_parts(self, faces: NDArray[np.int64]) -> OldFaces:
        """The old faces, in the order in which they are cut: neighbouring cells together, edges first."""
        old, d, n_cells = self.old, self.old.dimension, len(self.old.top)
        counts = np.bincount(self.homes[faces], minlength=n_cells)
        # A cell counts too, so that a part has not too many of them.
        begins = (np.cumsum(counts + 1) - counts - 1) // FACES_TOGETHER
        part_of = np.concatenate([[0], np.cumsum(begins[1:] > begins[:-1])]).astype(np.int32)
        parts = int(part_of[-1]) + 1
        ends: NDArray[np.int64] = np.zeros(parts * (d + 1) + 1, dtype=np.int64)
        order = np.empty(faces.size, dtype=np.int32)
        order_faces(faces, old.dim, self.homes, part_of, ends, order)
        first = np.searchsorted(part_of, np.arange(parts + 1))
        ends = ends[d : -1 : d + 1].copy()
        return OldFaces(old.dim, old.lists, old.planes, self.homes, order, ends, first)

    def _pieces(self) -> NDArray[np.float64]:
        """For each cell, in how many pieces its hyperplanes cut it if they are in general position."""
        cutting = self.marks.above & self.marks.below
        planes = np.bitwise_count(cutting.view(np.uint32)).sum(axis=1)
        return np.asarray(sum(comb(planes, i) for i in range(self.old.dimension + 1)))

    def _copy(self) -> LayerCut:
        """A copy of what there is, with its own arrays to go on in."""
        copy = object.__new__(LayerCut)
        copy.old, copy.homes, copy.step = self.old, self.homes, self.step
        copy.marks, copy.forms = self.marks, self.forms
        copy.vertices = self.vertices.copy(int(self.count[VERTICES]))
        for name in ("table", "dim", "planes", "pool"):
            array = getattr(self, name)
            twin = np.empty_like(array)
            used = self.count[POOL if name == "pool" else FACES]
            twin[:used] = array[:used]
            setattr(copy, name, twin)
        copy.piece_of, copy.count, copy.undecided = self.piece_of.copy(), self.count.copy(), 0
        return copy

    def _append(self, other: LayerCut, base: NDArray[np.int64]) -> None:
        """Take over what another has made since both had ``base`` in use."""
        shift = self.count - base
        total = self.count + other.count - base
        if len(self.table) < total[FACES]:
            arrays = self.table, self.dim, self.planes
            self.table, self.dim, self.planes = _grown(*arrays, rows=int(total[FACES]))
        if len(self.pool) < total[POOL]:
            (self.pool,) = _grown(self.pool, rows=int(total[POOL]))
        faces, pool = slice(base[FACES], other.count[FACES]), slice(base[POOL], other.count[POOL])
        its = other._new_faces()
        made = its._replace(
            table=its.table[faces], dim=its.dim[faces], planes=its.planes[faces], pool=its.pool[pool]
        )
        renumber(made, base, shift)
        self.table[self.count[FACES] : total[FACES]] = other.table[faces]
        self.dim[self.count[FACES] : total[FACES]] = other.dim[faces]
        self.planes[self.count[FACES] : total[FACES]] = other.planes[faces]
        self.pool[self.count[POOL] : total[POOL]] = other.pool[pool]
        np.maximum(self.piece_of, other.piece_of, out=self.piece_of)
        counts = int(self.count[VERTICES]), int(base[VERTICES]), int(other.count[VERTICES])
        self.vertices.append(other.vertices, counts)
        self.undecided += other.undecided
        self.count[:3] = total[:3]


def _room(rows: int, width: int, least: int) -> int:
    """How many rows of so many bytes to make room for: fewer if they would take much of the memory.

    What is never touched takes none.
    """
    room = min(rows, MOST_FACES, 1024 + available_memory() // (8 * width))
    if room < least:
        raise _too_large(least, width)
    return room


def _grown(*arrays: Any, rows: int = 0) -> list[Any]:
    """The arrays, of one length, with room for eight times as much, or for so many rows."""
    length = len(arrays[0])
    width = sum(array[:1].nbytes for array in arrays)
    room = min(max(8 * length, rows), MOST_FACES, available_memory() // (2 * width))
    if room < max(rows, length + length // 8 + 1):
        raise _too_large(length, width)
    result = [np.empty((room, *array.shape[1:]), dtype=array.dtype) for array in arrays]
    for new, array in zip(result, arrays, strict=True):
        new[:length] = array
    return result


def _too_large(rows: int, width: int) -> TooLargeError:
    return TooLargeError(
        f"the complex needs arrays of more than {rows:,} rows, {width} bytes each; "
        "take a smaller box, or engine 'traverse' with a limit"
    )
