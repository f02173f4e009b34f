"""The kernel that cuts all faces of a part by a group of hyperplanes of one step of a layer.

The topology is that of :mod:`polyregions.complex.topology`. Hyperplane after hyperplane, and for each of them
dimension after dimension, the faces on both sides of it are cut, edges first. Which faces those are is read
from linked lists, one for each dimension and hyperplane, so nothing is scanned; and the faces of one
hyperplane are cut while their boundaries are still small: as many as those of a cell of an arrangement, not
as many as all hyperplanes together make of them.

That is done for a batch of old cells after the other, each with those of its faces that no earlier batch has.
A face that was cut before is met as a finished part of a boundary.

The kernel works in arrays of fixed capacity. Where one is full, or a sign cannot be decided in float64, it
stops with a code that says so and goes on from the same place when it is called again.

A group has at most 32 hyperplanes, so that a face has one word of masks. Only vertices keep the signs of all
hyperplanes of the step, in an array of their own. Those of old vertices are given; a new vertex is strictly
on one side of a hyperplane if its edge is, and only for those that still cut the edge a form is evaluated
(:mod:`polyregions.geometry.signs`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.bits import bit_number
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
    BATCH,
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
    OLD,
    ROUND,
    STAGE,
    beyond,
    cut_edge,
    cut_face,
)
from .face_table import (
    ABOVE,
    BELOW,
    CARRIER,
    ENTRIES,
    FACES,
    LOW,
    MOST,
    OPEN,
    POOL,
    SECTION,
    SIBLING,
    SIZE,
    START,
    TOUCHED,
    VERTICES,
    WORD,
    Lists,
    NewFaces,
    enter,
    set_boundary,
)


class OldFaces(NamedTuple):
    """The complex to cut, and in which order.

    ``home`` is a cell around each face, the first. ``order`` lists the faces to cut, not the vertices, batch
    after batch, and dimension after dimension within a batch: those of batch p have the homes ``cells[p]`` to
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
    """The hyperplanes of the step, by their places in masks of ``words`` words.

    Attributes
    ----------
    place : int32 (places,)
        Number of each among all hyperplanes of the step.
    same, step, whole
        Those of the step's arrays, and its number.
    cell : int32 (old cells,)
        The cell of those with forms that each is a part of; ascending.
    forms : FormsOfCells
        Of all hyperplanes that cut each cell.
    number : int32 (cells of a batch, places)
        Memory for the number of each form.
    open : int32 (n, 3)
        Signs that wait for a decision: vertex, place of the hyperplane, cell with forms.
    word : int
        The word that is in the masks of faces.
    words : int
    """

    place: Int32Vector
    same: Int64Vector
    step: int
    whole: bool
    cell: Int32Vector
    forms: FormsOfCells
    number: Int32Matrix
    open: Int32Matrix
    word: int
    words: int


class MarkedVertices(NamedTuple):
    """The vertices, and rows of masks for each by its number.

    ``masks (vertices, 2 words + more)`` has the hyperplanes that it is strictly above, those that it is
    strictly below, and bits that a new vertex has if an end of its edge has them.
    """

    store: Store
    masks: Int32Matrix


class Scratch(NamedTuple):
    """Memory to work in: d rows of a system and their errors, ``(d, 2 d + 1)``, ``(3, 3)``."""

    rows: Matrix
    errors: Vector
    work: Matrix
    masks: Int64Matrix

    @classmethod
    def empty(cls, d: int) -> Scratch:
        """For a complex of dimension d."""
        return cls(
            np.empty((d, d + 1)), np.empty(d), np.empty((d, 2 * d + 1)), np.empty((3, 3), dtype=np.int64)
        )


class Cutting(NamedTuple):
    """All that a group is cut with.

    ``at (PLACES,)`` is where the work stands; see :mod:`polyregions.engines.subdivide.cut_face`.
    """

    at: Int64Vector
    old: OldFaces
    new: NewFaces
    lists: Lists
    corners: MarkedVertices
    cut: Hyperplanes
    scratch: Scratch


@kernel(bare=True)
def copy_face(f: int, old: OldFaces, new: NewFaces, lists: Lists) -> int:
    """Copy an old face, its boundary now made of pieces."""
    table, dim, pool, planes, piece_of, inside, used = new
    if used[FACES] + 1 > table.shape[0]:
        return MORE_FACES
    if used[ENTRIES] + WORD > lists.entries.shape[0]:
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
    piece_of[f], inside[face] = face, -1
    used[MOST] = max(used[MOST], end - begin)
    enter(face, k, LOW, new, lists)
    return DONE


@kernel(bare=True)
def number_forms(begin: int, end: int, cut: Hyperplanes) -> None:
    """Enter the numbers of the forms of the cells of a batch."""
    first, planes = cut.forms
    lowest = int64(cut.cell[begin])
    for cell in range(lowest, int64(cut.cell[end - 1]) + 1):
        for p in range(first[cell], first[cell + 1]):
            cut.number[cell - lowest, planes[p - first[0]]] = p


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
def mark_vertex(f: int, v: int, cell: int, row: int, work: Cutting) -> None:
    """Give the new vertex of edge f its signs, from those of the edge's ends.

    Where these are on both sides of a hyperplane its form is evaluated, unless it is the one that cuts the
    edge now, or a multiple of that.
    """
    table, pool, planes, used = work.new.table, work.new.pool, work.new.planes, work.new.used
    store, masks, cut = work.corners.store, work.corners.masks, work.cut
    number, begin = int64(table[v, START]), int64(table[f, START])
    a, b = int64(table[pool[begin], START]), int64(table[pool[begin + 1], START])
    point, radius = store.points[number], store.radii[number]
    for word in range(cut.words):
        above = int64(masks[a, word]) | int64(masks[b, word])
        below = int64(masks[a, cut.words + word]) | int64(masks[b, cut.words + word])
        both = above & below & LOW
        above, below = above & ~both, below & ~both
        while both != 0:
            there = both & -both
            both ^= there
            place = WORD * word + bit_number(there)
            if tied(planes[v], store.source, cut.same, cut.step, int64(cut.place[place])):
                continue
            q = int64(cut.number[row, place])
            sign = sign_at(store.forms[q], store.errors[q], point, radius)
            if sign == 1:
                above |= there
            elif sign == -1:
                below |= there
            elif sign == UNKNOWN:
                cut.open[used[OPEN], 0] = v
                cut.open[used[OPEN], 1] = place
                cut.open[used[OPEN], 2] = cell
                used[OPEN] += 1
        masks[number, word], masks[number, cut.words + word] = above, below
    for i in range(2 * cut.words, masks.shape[1]):
        masks[number, i] = masks[a, i] | masks[b, i]
    table[v, ABOVE], table[v, BELOW] = masks[number, cut.word], masks[number, cut.words + cut.word]
    table[v, TOUCHED] = 0


@kernel(part=True, bare=True)
def new_vertex(f: int, cell: int, row: int, plane: int, work: Cutting) -> int:
    """Make the vertex in which a hyperplane meets edge f, with its signs for the hyperplanes to come."""
    table, dim, _, planes, _, _, used = work.new
    store, cut = work.corners.store, work.cut
    d = planes.shape[1]
    if used[FACES] + 2 > table.shape[0]:
        return MORE_FACES
    if used[VERTICES] + 1 > store.radii.size:
        return MORE_VERTICES
    if used[OPEN] + WORD * cut.words > cut.open.shape[0]:
        return DECIDE
    v, number = used[FACES], used[VERTICES]
    # The next number is kept for the edge beyond the vertex.
    used[FACES], used[VERTICES] = v + 2, number + 1
    dim[v], dim[v + 1] = 0, 1
    table[v, CARRIER], table[v, SIBLING], table[v, SECTION] = table[f, CARRIER], -1, -1
    table[v, START], table[v, SIZE] = number, 0
    for i in range(d - 1):
        planes[v, i] = planes[f, i]
    planes[v, d - 1] = cut.number[row, WORD * cut.word + plane]
    solve_vertex(number, planes[v], store, cut.whole, work.scratch)
    mark_vertex(f, v, cell, row, work)
    table[f, SECTION] = v
    return DONE


@kernel(part=True, bare=True)
def cut_listed(work: Cutting) -> int:
    """Cut the faces of one dimension that are in the hyperplane's list, from ``at[CURSOR]`` on."""
    at, old, new, lists, _, cut, scratch = work
    table, entries = new.table, lists.entries
    level, plane = at[LEVEL], at[ROUND]
    bit, first = int64(1) << int64(plane), int64(cut.cell[old.cells[at[BATCH]]])
    while at[CURSOR] >= 0:
        f = int64(entries[at[CURSOR], 0])
        if table[f, ABOVE] & table[f, BELOW] & bit != 0:
            if level == 1:
                code = cut_edge(f, plane, new, lists)
            else:
                cell = int64(cut.cell[old.home[table[f, CARRIER]]])
                row = cell - first
                if level == 0:
                    code = new_vertex(f, cell, row, plane, work)
                else:
                    form = int64(cut.number[row, WORD * cut.word + plane])
                    code = cut_face(f, form, at, new, lists, scratch.masks)
            if code != DONE:
                return code
        at[CURSOR] = entries[at[CURSOR], 1]
    return DONE


@kernel(part=True, bare=True)
def copy_batch(work: Cutting) -> int:
    """Copy the faces of a batch, from ``at[OLD]`` on, and go over to cutting them."""
    at, old, new, lists, _, _, _ = work
    while at[OLD] < old.ends[at[BATCH]]:
        code = copy_face(int64(old.order[at[OLD]]), old, new, lists)
        if code != DONE:
            return code
        at[OLD] += 1
    at[STAGE], at[ROUND], at[LEVEL], at[MARK] = 1, -1, 0, new.used[FACES]
    return DONE


@kernel(part=True, bare=True)
def next_plane(work: Cutting) -> None:
    """Go over to the next hyperplane of the group; to 32 if there is none."""
    at, head = work.at, work.lists.head
    left = work.lists.group & (LOW if at[ROUND] < 0 else beyond(at[ROUND]))
    at[ROUND], at[LEVEL], at[MARK] = WORD, 0, work.new.used[FACES]
    if left != 0:
        at[ROUND] = bit_number(left & -left)
        at[CURSOR] = head[1, at[ROUND]]


@kernel(bare=True)
def cut_faces(work: Cutting) -> int:
    """Cut all faces of dimension 1 .. d; return DONE or what is missing.

    Vertices of the old complex stand in the new one already, with their signs.
    """
    at, old, used, head = work.at, work.old, work.new.used, work.lists.head
    d = work.new.planes.shape[1]
    while at[BATCH] < old.ends.size:
        if at[STAGE] == 0:
            if at[OLD] == (0 if at[BATCH] == 0 else old.ends[at[BATCH] - 1]):
                if at[OLD] == old.ends[at[BATCH]]:
                    at[BATCH] += 1
                    continue
                at[BEFORE] = used[FACES]
                number_forms(old.cells[at[BATCH]], old.cells[at[BATCH] + 1], work.cut)
            code = copy_batch(work)
            if code != DONE:
                return code
            next_plane(work)
        while at[ROUND] < WORD:
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
            next_plane(work)
        at[STAGE], used[ENTRIES] = 0, 0
        at[BATCH] += 1
    return DONE
