"""The kernel that cuts all faces of a complex by the hyperplanes of one step of a layer.

The topology is that of :mod:`polyregions.complex.topology`. Hyperplane after hyperplane, and for each of them
dimension after dimension, the faces on both sides of it are cut, edges first. Which faces those are is read
from linked lists, one for each dimension and hyperplane, so nothing is scanned; and the faces of one
hyperplane are cut while their boundaries are still small: as many as those of a cell of an arrangement, not
as many as all hyperplanes together make of them.

That is done for some old cells after the other, each with those of its faces that no earlier cell has.
A face that was cut before is met as a finished part of a boundary.

The kernel works in arrays of fixed capacity. Where one is full, or a sign cannot be decided in float64, it
stops with a code that says so and goes on from the same place when it is called again.

Signs of old vertices are given; a new vertex is strictly on one side of a hyperplane if its edge is, and
only for those that still cut the edge a form is evaluated (:mod:`polyregions.geometry.signs`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.kernels import (
    Int8Vector,
    Int32Matrix,
    Int32Vector,
    Int64Matrix,
    Int64Vector,
    Matrix,
    Vector,
    int64,
    kernel,
)
from ...complex.topology import FaceLists
from ...complex.vertices import Store
from ...geometry.signs import UNKNOWN, sign_at, solve_float, solve_whole, tied
from .cell_forms import FormsOfCells
from .cut_face import (
    BEFORE,
    CURSOR,
    DECIDE,
    DONE,
    LEVEL,
    MARK,
    MORE_ENTRIES,
    MORE_FACES,
    MORE_POOL,
    MORE_VERTICES,
    NEXT,
    OLD,
    PART,
    PAUSE,
    ROUND,
    STAGE,
    cut_edge,
    cut_face,
)
from .face_table import (
    CARRIER,
    ENTRIES,
    FACES,
    LOW,
    MASKS,
    MOST,
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
    bit_number,
    enter,
    set_boundary,
)

#: Faces made between pauses: less than a second.
STEP = 2**18


class OldFaces(NamedTuple):
    """The complex to cut, and in which order.

    ``home`` is a cell around each face, the first. ``order`` lists the faces to cut, not the vertices, part
    after part, and dimension after dimension within a part: those of part p have the homes ``cells[p]`` to
    ``cells[p + 1] - 1``, and end at ``ends[p]``.
    """

    dim: Int8Vector
    lists: FaceLists
    planes: Int32Matrix
    home: Int32Vector
    order: Int32Vector
    ends: Int64Vector
    cells: Int64Vector


class Hyperplanes(NamedTuple):
    """The hyperplanes of the step on the cells of the part that is cut.

    ``number (cells, hyperplanes)`` is memory for the number of each form; ``open (n, 3)`` are the signs that
    wait for a decision: face, hyperplane, cell. ``same`` and ``whole`` are those of the step's arrays,
    ``step`` is its number. ``forms`` are those of all hyperplanes that cut each cell.
    """

    number: Int32Matrix
    open: Int32Matrix
    same: Int64Vector
    step: int
    whole: bool
    forms: FormsOfCells


class Scratch(NamedTuple):
    """Memory to work in: d rows of a system and their errors, ``(d, 2 d + 1)``, ``(3, masks of a face)``."""

    rows: Matrix
    errors: Vector
    work: Matrix
    masks: Int64Matrix

    @classmethod
    def empty(cls, d: int, masks: int) -> Scratch:
        """For a complex of dimension d."""
        return cls(
            np.empty((d, d + 1)), np.empty(d), np.empty((d, 2 * d + 1)), np.empty((3, masks), dtype=np.int64)
        )


class Cutting(NamedTuple):
    """All that a layer is cut with.

    ``at (PLACES,)`` is where the work stands; see :mod:`polyregions.engines.subdivide.cut_face`.
    """

    at: Int64Vector
    old: OldFaces
    new: NewFaces
    lists: Lists
    store: Store
    cut: Hyperplanes
    scratch: Scratch


@kernel(bare=True)
def copy_face(f: int, old: OldFaces, new: NewFaces, lists: Lists) -> int:
    """Copy an old face, its boundary now made of pieces."""
    table, dim, pool, planes, piece_of, used = new
    if used[FACES] + 1 > table.shape[0]:
        return MORE_FACES
    if used[ENTRIES] + lists.head.shape[1] > lists.entries.shape[0]:
        return MORE_ENTRIES
    begin = used[POOL]
    end = begin
    for i in range(old.lists.start[f], old.lists.start[f] + old.lists.size[f]):
        b = int64(piece_of[old.lists.pool[i]])
        while b >= 0:
            if end == pool.size:
                return MORE_POOL
            pool[end] = b
            end += 1
            b = int64(table[b, SIBLING])
    face, k = used[FACES], int64(old.dim[f])
    used[FACES], used[POOL] = face + 1, end
    dim[face] = k
    for j in range(planes.shape[1]):
        planes[face, j] = old.planes[f, j]
    table[face, CARRIER], table[face, SIBLING], table[face, SECTION] = f, -1, -1
    set_boundary(face, begin, end, new)
    piece_of[f] = face
    used[MOST] = max(used[MOST], end - begin)
    enter(face, k, -1, new, lists)
    return DONE


@kernel(bare=True)
def number_forms(begin: int, end: int, cut: Hyperplanes) -> None:
    """Enter the numbers of the forms of the cells of a part."""
    first, planes = cut.forms
    for cell in range(begin, end):
        for p in range(first[cell], first[cell + 1]):
            cut.number[cell - begin, planes[p - first[0]]] = p


@kernel(part=True, bare=True)
def solve_vertex(number: int, planes: Int32Vector, store: Store, whole: bool, scratch: Scratch) -> None:
    """Compute the point in which the forms ``planes (d,)`` vanish, and enter it with them."""
    rows, errors, work, _ = scratch
    d = planes.size
    exact = whole
    for i in range(d):
        q = int64(planes[i])
        store.planes[number, i] = q
        for j in range(d + 1):
            rows[i, j] = store.forms[q, j]
        errors[i] = store.errors[q]
        exact &= errors[i] == 0.0
    radius = -1.0
    if exact:
        radius = solve_whole(rows, store.points[number], work)
    if radius < 0.0:
        radius = solve_float(rows, errors, store.points[number], work)
    store.radii[number] = radius


@kernel(part=True, bare=True)
def mark_vertex(f: int, v: int, cell: int, row: int, plane: int, work: Cutting) -> None:
    """Give the new vertex of edge f its signs for the hyperplanes beyond ``plane``.

    It is strictly on one side if its edge is; only for those that still cut the edge a form is evaluated.
    """
    table, planes, used = work.new.table, work.new.planes, work.new.used
    store, cut = work.store, work.cut
    number = int64(table[v, START])
    point, radius = store.points[number], store.radii[number]
    for column in range(MASKS, table.shape[1], 3):
        above, below = int64(table[f, column]), int64(table[f, column + 1])
        both = above & below & LOW
        above, below = above & ~both, below & ~both
        while both != 0:
            there = both & -both
            both ^= there
            other = WORD * ((column - MASKS) // 3) + bit_number(there)
            if other <= plane or tied(planes[v], store.source, cut.same, cut.step, other):
                continue
            q = int64(cut.number[row, other])
            sign = sign_at(store.forms[q], store.errors[q], point, radius)
            if sign == 1:
                above |= there
            elif sign == -1:
                below |= there
            elif sign == UNKNOWN:
                cut.open[used[OPEN], 0] = v
                cut.open[used[OPEN], 1] = other
                cut.open[used[OPEN], 2] = cell
                used[OPEN] += 1
        table[v, column], table[v, column + 1], table[v, column + 2] = above, below, 0


@kernel(part=True, bare=True)
def new_vertex(f: int, cell: int, row: int, plane: int, work: Cutting) -> int:
    """Make the vertex in which a hyperplane meets edge f, with its signs for the hyperplanes to come."""
    table, dim, _, planes, _, used = work.new
    store, cut = work.store, work.cut
    d, n_planes = planes.shape[1], work.lists.head.shape[1]
    if used[FACES] + 2 > table.shape[0]:
        return MORE_FACES
    if used[VERTICES] + 1 > store.radii.size:
        return MORE_VERTICES
    if used[OPEN] + n_planes > cut.open.shape[0]:
        return DECIDE
    v, number = used[FACES], used[VERTICES]
    # The next number is kept for the edge beyond the vertex.
    used[FACES], used[VERTICES] = v + 2, number + 1
    dim[v], dim[v + 1] = 0, 1
    table[v, CARRIER], table[v, SIBLING], table[v, SECTION] = table[f, CARRIER], -1, -1
    table[v, START], table[v, SIZE] = number, 0
    for i in range(d - 1):
        planes[v, i] = planes[f, i]
    planes[v, d - 1] = cut.number[row, plane]
    solve_vertex(number, planes[v], store, cut.whole, work.scratch)
    mark_vertex(f, v, cell, row, plane, work)
    table[f, SECTION] = v
    return DONE


@kernel(part=True, bare=True)
def cut_listed(work: Cutting) -> int:
    """Cut the faces of one dimension that are in the hyperplane's list, from ``at[CURSOR]`` on."""
    at, old, new, lists, _, cut, scratch = work
    table, entries = new.table, lists.entries
    level, plane, first_cell = at[LEVEL], at[ROUND], old.cells[at[PART]]
    column, bit = MASKS + 3 * (plane // WORD), int64(1) << int64(plane % WORD)
    while at[CURSOR] >= 0:
        f = int64(entries[at[CURSOR], 0])
        if table[f, column] & table[f, column + 1] & bit != 0:
            if level == 1:
                code = cut_edge(f, plane, new, lists)
            else:
                cell = int64(old.home[table[f, CARRIER]])
                row = cell - first_cell
                if level == 0:
                    code = new_vertex(f, cell, row, plane, work)
                else:
                    code = cut_face(f, int64(cut.number[row, plane]), at, new, lists, scratch.masks)
            if code != DONE:
                return code
        at[CURSOR] = entries[at[CURSOR], 1]
    return DONE


@kernel(part=True, bare=True)
def copy_part(work: Cutting) -> int:
    """Copy the faces of a part, from ``at[OLD]`` on, and go over to cutting them."""
    at, old, new, lists, _, _, _ = work
    while at[OLD] < old.ends[at[PART]]:
        code = copy_face(int64(old.order[at[OLD]]), old, new, lists)
        if code != DONE:
            return code
        at[OLD] += 1
    at[STAGE], at[ROUND], at[LEVEL], at[MARK] = 1, 0, 0, new.used[FACES]
    at[CURSOR] = lists.head[1, 0]
    return DONE


@kernel(bare=True)
def cut_faces(work: Cutting) -> int:
    """Cut all faces of dimension 1 .. d; return DONE or what is missing.

    Vertices of the old complex stand in the new one already, with their signs.
    """
    at, old, used, head = work.at, work.old, work.new.used, work.lists.head
    d, n_planes = work.new.planes.shape[1], head.shape[1]
    while at[PART] < old.ends.size:
        if at[STAGE] == 0:
            if at[OLD] == (0 if at[PART] == 0 else old.ends[at[PART] - 1]):
                if at[OLD] == old.ends[at[PART]]:
                    at[PART] += 1
                    continue
                at[BEFORE] = used[FACES]
                number_forms(old.cells[at[PART]], old.cells[at[PART] + 1], work.cut)
            code = copy_part(work)
            if code != DONE:
                return code
        while at[ROUND] < n_planes:
            if at[LEVEL] == 0 and used[FACES] >= at[NEXT]:
                at[NEXT] = used[FACES] + STEP
                return PAUSE
            plane = at[ROUND]
            while at[LEVEL] <= d:
                code = cut_listed(work)
                if code != DONE:
                    return code
                if at[LEVEL] == 0 and used[OPEN] > 0:
                    return DECIDE
                at[LEVEL] += 1
                at[CURSOR] = head[at[LEVEL], plane] if at[LEVEL] <= d else -1
            for level in range(d + 1):
                head[level, plane] = -1
            at[ROUND], at[LEVEL], at[MARK] = plane + 1, 0, used[FACES]
            at[CURSOR] = head[1, plane + 1] if plane + 1 < n_planes else -1
        at[STAGE], used[ENTRIES] = 0, 0
        at[PART] += 1
    return DONE
