"""A part while a group of hyperplanes cuts it: the arrays that the kernel works in.

They are kept from one group to the next, so that what is written is in the processor's cache already. What is
made is copied out of them, without the gaps that cutting leaves.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...base.kernels import Int8Vector, Int32Vector, Int64Vector, kernel
from ...base.memory import available_memory
from ...complex.topology import Cells, FaceLists
from ...complex.vertices import Vertices
from ...errors import CheckFailedError, TooLargeError
from .cell_forms import FormsOfCells
from .cut_face import DECIDE, DONE, MORE_ENTRIES, MORE_FACES, MORE_POOL, MORE_VERTICES, PLACES
from .cut_faces import Cutting, Hyperplanes, MarkedVertices, OldFaces, Scratch, cut_faces
from .face_table import (
    ABOVE,
    BELOW,
    CARRIER,
    COLUMNS,
    COUNTERS,
    FACES,
    OPEN,
    POOL,
    START,
    VERTICES,
    WORD,
    Lists,
    NewFaces,
    enter_vertices,
    pieces_in_order,
    take_out,
)
from .masks import Masks

#: Old faces that are cut together: few enough that their pieces stay in the nearest cache.
FACES_TOGETHER = 128
#: Faces are numbered by int32.
MOST_FACES = 2**31 - 1
#: Rows that arrays have at least once they grow, and by how much they grow at once.
LEAST, GROWTH = 256, 8
#: How many times the faces of a complex there is room for at first.
ROOM = 8
#: Arrays of less than this may grow without a look at how much memory there is.
SMALL = 2**26


class Group(NamedTuple):
    """Hyperplanes of a step by their places in masks, and what they are on the cells that the step cuts.

    Attributes
    ----------
    step : int
    places : int32 (places,)
        The number of each hyperplane of the masks among all of the step.
    same : int64 (hyperplanes of the step,); whole : bool
        See :class:`polyregions.network.layer_arrays.LayerArrays`.
    forms : FormsOfCells
        Of the cells that the step cuts.
    first : int
        Number of the first of these cells among those that the step before has made.
    word, planes : int
        The word of masks, and a mask of those of its hyperplanes that cut.
    """

    step: int
    places: NDArray[np.int32]
    same: IntArray
    whole: bool
    forms: FormsOfCells
    first: int
    word: int
    planes: int


class OldPart(NamedTuple):
    """What a group cuts.

    ``order`` lists the faces, each after those that it bounds, ``homes`` has a cell around each, the first;
    ``cell`` is for each cell the one with forms that it is a part of; ``owned`` says which faces count.
    """

    cells: Cells
    order: IntArray
    homes: NDArray[np.int32]
    cell: NDArray[np.int32]
    owned: NDArray[np.bool_]


class CutSpace:
    """Room for the faces that a group makes."""

    def __init__(self, d: int) -> None:
        self.table = np.empty((1024, COLUMNS), dtype=np.int32)
        self.dim = np.empty(1024, dtype=np.int8)
        self.planes = np.empty((1024, d), dtype=np.int32)
        self.inside = np.empty(1024, dtype=np.int32)
        self.pool = np.empty(8192, dtype=np.int32)
        self.entries = np.empty((4096, 2), dtype=np.int32)
        self.head = np.full((d + 1, WORD), -1, dtype=np.int32)
        self.numbers = np.empty((1, WORD), dtype=np.int32)
        self.scratch = Scratch.empty(d)

    def reserve(self, cells: Cells) -> None:
        """Make room for many times the faces of a complex: what is never touched takes no memory."""
        if len(self.table) < cells.dim.size:
            self.enlarge(ROOM * cells.dim.size)
        if len(self.pool) < cells.pool.size:
            (self.pool,) = grown(self.pool, rows=ROOM * cells.pool.size)

    def enlarge(self, faces: int = 0) -> None:
        """Make room for more faces, or for so many."""
        arrays = self.table, self.dim, self.planes, self.inside
        self.table, self.dim, self.planes, self.inside = grown(*arrays, rows=faces)


class GroupCut:
    """All faces of a part while they are cut by a group.

    Attributes
    ----------
    masks : int32 (vertices, words)
        Of each vertex by its number: those that it is above, those that it is below, and what is known to be
        zero there.
    undecided : int
        Number of signs that float64 left open.
    """

    def __init__(self, old: OldPart, group: Group, vertices: Vertices, masks: Masks, used: int) -> None:
        self.old, self.group, self.vertices, self.masks = old, group, vertices, masks
        self.count = np.zeros(COUNTERS, dtype=np.int64)
        self.count[VERTICES] = used
        self.undecided = 0

    @property
    def used(self) -> int:
        """Number of vertices."""
        return int(self.count[VERTICES])

    def run(self, work: CutSpace) -> tuple[NewFaces, Cells]:
        """Cut all faces; return what was made, which is good until the next run, and the complex."""
        cells, group, words = self.old.cells, self.group, self.group.places.size // WORD
        corners = cells.faces(0)
        work.reserve(cells)
        piece_of = np.full(cells.dim.size, -1, dtype=np.int32)
        own = np.ascontiguousarray(self.masks[:, group.word :: words][:, :2])
        enter_vertices(corners, cells.start, cells.planes, own, self._new(work, piece_of))
        self.count[FACES] = corners.size
        old = in_batches(cells, self.old.order, self.old.homes)
        self._cut(work, old, piece_of)
        return self._result(work, piece_of)

    def _cut(self, work: CutSpace, old: OldFaces, piece_of: NDArray[np.int32]) -> None:
        """Run the kernel: enlarge what is full, decide what is open."""
        group, at = self.group, np.zeros(PLACES, dtype=np.int64)
        bounds = self.old.cell[np.minimum(old.cells, len(self.old.cell) - 1)]
        places = group.places.size
        rows = int((self.old.cell[old.cells[1:] - 1] - bounds[:-1]).max(initial=0)) + 1
        if work.numbers.shape[1] != places or len(work.numbers) < rows:
            work.numbers = np.empty((2 * rows, places), dtype=np.int32)
        undecided = np.empty((max(256, 2 * places), 3), dtype=np.int32)
        own = group.places, group.same, group.step, group.whole, self.old.cell, group.forms
        planes = Hyperplanes(*own, work.numbers, undecided, group.word, places // WORD)
        while True:
            new, lists = self._new(work, piece_of), Lists(work.entries, work.head, group.planes)
            corners = MarkedVertices(self.vertices.store, self.masks)
            code = cut_faces(Cutting(at, old, new, lists, corners, planes, work.scratch))
            if code == DONE:
                return
            if code == DECIDE:
                for face, place, cell in undecided[: self.count[OPEN]].tolist():
                    self._decide(work.table, face, place, cell)
                self.count[OPEN] = 0
            elif code == MORE_FACES:
                work.enlarge()
            elif code == MORE_POOL:
                (work.pool,) = grown(work.pool)
            elif code == MORE_ENTRIES:
                (work.entries,) = grown(work.entries)
            elif code == MORE_VERTICES:
                store = self.vertices.store
                points, radii, its, self.masks = grown(store.points, store.radii, store.planes, self.masks)
                self.vertices.store = store._replace(points=points, radii=radii, planes=its)
            else:
                raise CheckFailedError("a section has too few faces; this is a defect, please report it")

    def _decide(self, table: NDArray[np.int32], face: int, place: int, cell: int) -> None:
        """Decide, over the integers, on which side of a hyperplane a new vertex is."""
        group, vertex = self.group, int(table[face, START])
        sign = self.vertices.exact_sign(group.step, vertex, group.first + cell, int(group.places[place]))
        if sign != 0:
            word, bit = place // WORD, np.uint32(1 << place % WORD).astype(np.int32)
            words = group.places.size // WORD
            self.masks[vertex, word + (words if sign < 0 else 0)] |= bit
            if word == group.word:
                table[face, ABOVE if sign > 0 else BELOW] |= bit
        self.undecided += bool(self.old.owned[table[face, CARRIER]])

    def _new(self, work: CutSpace, piece_of: NDArray[np.int32]) -> NewFaces:
        return NewFaces(work.table, work.dim, work.pool, work.planes, piece_of, work.inside, self.count)

    def _result(self, work: CutSpace, piece_of: NDArray[np.int32]) -> tuple[NewFaces, Cells]:
        """What was made, and the complex; cells are ordered by the old cell, and by hyperplane sides."""
        cells, faces = self.old.cells, int(self.count[FACES])
        if faces > MOST_FACES:
            raise _too_large(faces, 4 * COLUMNS)
        table, d = work.table[:faces], cells.dimension
        dim, planes = np.empty(faces, dtype=np.int8), np.empty((faces, d), dtype=np.int32)
        start, size = np.empty(faces, dtype=np.int32), np.empty(faces, dtype=np.int32)
        pool = np.empty(int(self.count[POOL]), dtype=np.int32)
        new = self._new(work, piece_of)
        end = take_out(new, FaceLists(start, size, pool), dim, planes)
        top = np.empty(int(np.count_nonzero(dim == d)), dtype=np.int64)
        pieces_in_order(cells.top, piece_of, table, top)
        return new._replace(table=table), Cells(dim, start, size, pool[:end], planes, top)


def in_batches(cells: Cells, listed: IntArray, homes: NDArray[np.int32]) -> OldFaces:
    """The old faces, in the order in which they are cut: neighbouring cells together, edges first."""
    n, d = cells.top.size, cells.dimension
    first = np.empty(n + 1, dtype=np.int64)
    ends = np.zeros(n * (d + 1) + 1, dtype=np.int64)
    order = np.empty(len(listed), dtype=np.int32)
    batch_of = np.zeros(n, dtype=np.int64)
    batches = order_faces(FACES_TOGETHER, cells.dim, homes, batch_of, first, ends, order)
    own = np.ascontiguousarray(ends[d : batches * (d + 1) : d + 1])
    return OldFaces(cells.dim, cells.lists, cells.planes, homes, order, own, first[: batches + 1])


@kernel(bare=True)
def order_faces(
    together: int,
    dim: Int8Vector,
    home: Int32Vector,
    batch_of: Int64Vector,
    first: Int64Vector,
    ends: Int64Vector,
    order: Int32Vector,
) -> int:
    """Order all faces but the vertices by the batch of their home, and then by dimension.

    ``batch_of (cells,)`` and ``ends (cells * (d + 1) + 1,)`` are memory, zeros; on return the batches, as
    many as are returned, begin with the cells ``first``, and batch p and dimension k end at
    ``ends[p (d + 1) + k]``.
    """
    cells = batch_of.size
    d1 = (ends.size - 1) // cells
    for f in range(dim.size):
        if dim[f] > 0:
            batch_of[home[f]] += 1
    batches, faces = 0, 0
    for c in range(cells):
        # A cell counts too, so that a batch has not too many of them.
        count = batch_of[c] + 1
        if c == 0 or faces >= together:
            first[batches] = c
            batches += 1
            faces = 0
        faces += count
        batch_of[c] = batches - 1
    first[batches] = cells
    for f in range(dim.size):
        if dim[f] > 0:
            ends[batch_of[home[f]] * d1 + dim[f] + 1] += 1
    for i in range(1, batches * d1 + 1):
        ends[i] += ends[i - 1]
    for f in range(dim.size):
        if dim[f] > 0:
            i = batch_of[home[f]] * d1 + dim[f]
            order[ends[i]] = f
            ends[i] += 1
    return batches


def grown(*arrays: Any, rows: int = 0) -> list[Any]:
    """The arrays, of one length, with room for eight times as much, or for so many rows at least."""
    length = len(arrays[0])
    width = sum(array[:1].nbytes for array in arrays)
    room = min(max(GROWTH * length, rows, LEAST), MOST_FACES)
    if room * width > SMALL:
        room = min(room, available_memory() // (2 * width))
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
