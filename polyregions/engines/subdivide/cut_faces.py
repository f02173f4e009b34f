"""The kernel that cuts all faces of a complex by the hyperplanes of one layer.

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

from typing import Any, NamedTuple

import numpy as np

from ...base.kernels import (
    BYTES_SIGNED,
    FLOAT,
    INDICES,
    INT,
    MATRIX,
    NARROW,
    NARROW_TABLE,
    TABLE,
    VECTOR,
    VOID,
    group,
    kernel,
)
from ...complex.vertices import STORE
from ...geometry.signs import UNKNOWN, sign_at, solve_float, solve_whole, tied
from .cell_forms import LAYER_FORMS, cell_form
from .cut_face import (
    DECIDE,
    DONE,
    MORE_ENTRIES,
    MORE_FACES,
    MORE_PLANES,
    MORE_POOL,
    MORE_VERTICES,
    PAUSE,
    cut_edge,
    cut_face,
)
from .face_table import (
    CARRIER,
    ENTRIES,
    FACES,
    LISTS,
    LOW,
    MASKS,
    MOST,
    NEW_FACES,
    OPEN,
    PLANES,
    POOL,
    SECTION,
    SIBLING,
    SIZE,
    START,
    VERTICES,
    WORD,
    bit_number,
    enter,
    set_boundary,
)

#: Places in ``at``: part of the old complex, stage (0 copy, 1 cut), place in the order of the old faces,
#: hyperplane, dimension being cut (0: new vertices), place in its list, faces when the hyperplane's turn
#: began, faces when the part's turn began, faces at which to pause.
PLACES = 9
PART, STAGE, OLD, ROUND, LEVEL, CURSOR, MARK, BEFORE, NEXT = range(PLACES)
#: Faces made between pauses: less than a second.
STEP = 2**18


class OldFaces(NamedTuple):
    """The complex to cut, and in which order.

    ``home`` is a cell around each face, the first. ``order`` lists the faces to cut, not the vertices, part
    after part, and dimension after dimension within a part: those of part p have the homes ``cells[p]`` to
    ``cells[p + 1] - 1``, and end at ``ends[p]``.
    """

    dim: Any
    start: Any
    size: Any
    pool: Any
    planes: Any
    home: Any
    order: Any
    ends: Any
    cells: Any


class Signs(NamedTuple):
    """The hyperplanes of the layer on the cells of the part that is cut.

    ``forms (cells, hyperplanes)`` is the number of each form that is known, else -1; ``open (n, 3)`` are the
    signs that wait for a decision: face, hyperplane, cell. ``pairs`` and ``same`` as in the layer's arrays.
    """

    forms: Any
    open: Any
    pairs: Any
    same: Any
    layer: Any


class Scratch(NamedTuple):
    """Memory to work in: d rows of a system and their errors, ``(d, 2 d + 1)``, ``(3, masks of a face)``."""

    rows: Any
    errors: Any
    work: Any
    masks: Any

    @classmethod
    def empty(cls, d: int, masks: int) -> Scratch:
        """For a complex of dimension d."""
        return cls(
            np.empty((d, d + 1)), np.empty(d), np.empty((d, 2 * d + 1)), np.empty((3, masks), dtype=np.int64)
        )


OLD_FACES = group(
    OldFaces, BYTES_SIGNED, NARROW, NARROW, NARROW, NARROW_TABLE, NARROW, NARROW, INDICES, INDICES
)
SIGNS = group(Signs, NARROW_TABLE, NARROW_TABLE, TABLE, INDICES, INT)
SCRATCH = group(Scratch, MATRIX, VECTOR, MATRIX, TABLE)


@kernel(INT, INT, OLD_FACES, NEW_FACES, LISTS, INDICES, INT, bare=True)
def copy_face(f: int, old: Any, new: Any, lists: Any, count: Any, n_planes: int) -> int:
    """Copy an old face, its boundary now made of pieces."""
    table, pool = new.table, new.pool
    if count[FACES] + 1 > table.shape[0]:
        return MORE_FACES
    if count[ENTRIES] + n_planes > lists.entries.shape[0]:
        return MORE_ENTRIES
    begin = count[POOL]
    end = begin
    for i in range(old.start[f], old.start[f] + old.size[f]):
        b = np.int64(new.piece_of[old.pool[i]])
        while b >= 0:
            if end == pool.size:
                return MORE_POOL
            pool[end] = b
            end += 1
            b = np.int64(table[b, SIBLING])
    face, k = count[FACES], np.int64(old.dim[f])
    count[FACES], count[POOL] = face + 1, end
    new.dim[face] = k
    for j in range(new.planes.shape[1]):
        new.planes[face, j] = old.planes[f, j]
    table[face, CARRIER], table[face, SIBLING], table[face, SECTION] = f, -1, -1
    set_boundary(face, begin, end, pool, table)
    new.piece_of[f] = face
    count[MOST] = max(count[MOST], end - begin)
    enter(face, k, -1, table, lists.entries, lists.head, count)
    return DONE


@kernel(INT, INT, INT, INT, STORE, SIGNS, LAYER_FORMS, FLOAT, INDICES, bare=True)
def form_number(
    plane: int, cell: int, row: int, store: Any, signs: Any, layer: Any, whole: float, count: Any
) -> Any:
    """Number of the form of a hyperplane on an old cell. It is computed when it is first asked for."""
    p = np.int64(signs.forms[row, plane])
    if p < 0:
        p = count[PLANES]
        count[PLANES] = p + 1
        store.errors[p] = cell_form(cell, plane, layer, whole, store.forms[p])
        store.source[p, 0], store.source[p, 1], store.source[p, 2] = signs.layer, cell, plane
        signs.forms[row, plane] = p
    return p


@kernel(
    *[INT] * 5,
    *[NEW_FACES, STORE, SIGNS, LAYER_FORMS, FLOAT, INDICES, SCRATCH],
    bare=True,
)
def new_vertex(
    f: int,
    plane: int,
    cell: int,
    row: int,
    new: Any,
    store: Any,
    signs: Any,
    layer: Any,
    whole: float,
    count: Any,
    scratch: Any,
) -> int:
    """Make the vertex in which a hyperplane meets edge f, with its signs for the hyperplanes to come."""
    table, planes = new.table, new.planes
    rows, errors, work, _ = scratch
    d, n_planes = planes.shape[1], layer.threshold.size
    if count[FACES] + 2 > table.shape[0]:
        return MORE_FACES
    if count[VERTICES] + 1 > store.radii.size:
        return MORE_VERTICES
    if count[PLANES] + n_planes > store.errors.size:
        return MORE_PLANES
    if count[OPEN] + n_planes > signs.open.shape[0]:
        return DECIDE
    v, number = count[FACES], count[VERTICES]
    # The next number is kept for the edge beyond the vertex.
    count[FACES], count[VERTICES] = v + 2, number + 1
    new.dim[v], new.dim[v + 1] = 0, 1
    table[v, CARRIER], table[v, SIBLING], table[v, SECTION] = table[f, CARRIER], -1, -1
    table[v, START], table[v, SIZE] = number, 0
    last = form_number(plane, cell, row, store, signs, layer, whole, count)
    exact = whole != 0.0
    for i in range(d):
        q = np.int64(planes[f, i]) if i < d - 1 else last
        planes[v, i] = q
        store.planes[number, i] = q
        for j in range(d + 1):
            rows[i, j] = store.forms[q, j]
        errors[i] = store.errors[q]
        exact &= errors[i] == 0.0
    point = store.points[number]
    radius = -1.0
    if exact:
        radius = solve_whole(rows, point, work)
    if radius < 0.0:
        radius = solve_float(rows, errors, point, work)
    store.radii[number] = radius
    for column in range(MASKS, table.shape[1], 3):
        above, below = np.int64(table[f, column]), np.int64(table[f, column + 1])
        both = above & below & LOW
        above, below = above & ~both, below & ~both
        while both != 0:
            there = both & -both
            both ^= there
            other = WORD * ((column - MASKS) // 3) + bit_number(there)
            if other <= plane or tied(planes[v], store.source, signs.pairs, signs.same, signs.layer, other):
                continue
            q = form_number(other, cell, row, store, signs, layer, whole, count)
            sign = sign_at(store.forms[q], store.errors[q], point, radius)
            if sign == 1:
                above |= there
            elif sign == -1:
                below |= there
            elif sign == UNKNOWN:
                signs.open[count[OPEN], 0] = v
                signs.open[count[OPEN], 1] = other
                signs.open[count[OPEN], 2] = cell
                count[OPEN] += 1
        table[v, column], table[v, column + 1], table[v, column + 2] = above, below, 0
    table[f, SECTION] = v
    return DONE


@kernel(
    INT, INDICES, INDICES, OLD_FACES, NEW_FACES, LISTS, STORE, SIGNS, LAYER_FORMS, FLOAT, SCRATCH, bare=True
)
def cut_faces(
    at: Any,
    count: Any,
    old: Any,
    new: Any,
    lists: Any,
    store: Any,
    signs: Any,
    layer: Any,
    whole: float,
    scratch: Any,
) -> Any:
    """Cut all faces of dimension 1 .. d; return DONE or what is missing.

    ``at`` and ``count`` hold where the work stands. Vertices of the old complex stand in the new one already,
    with their signs.
    """
    table, dim, pool, planes, _ = new
    entries, head = lists
    d = planes.shape[1]
    n_planes = layer.threshold.size
    while at[PART] < old.ends.size:
        if at[STAGE] == 0:
            if at[OLD] == (0 if at[PART] == 0 else old.ends[at[PART] - 1]):
                if at[OLD] == old.ends[at[PART]]:
                    at[PART] += 1
                    continue
                at[BEFORE] = count[FACES]
            while at[OLD] < old.ends[at[PART]]:
                code = copy_face(np.int64(old.order[at[OLD]]), old, new, lists, count, n_planes)
                if code != DONE:
                    return code
                at[OLD] += 1
            at[STAGE], at[ROUND], at[LEVEL], at[MARK] = 1, 0, 0, count[FACES]
            at[CURSOR] = head[1, 0]
        first_cell = old.cells[at[PART]]
        while at[ROUND] < n_planes:
            if at[LEVEL] == 0 and count[FACES] >= at[NEXT]:
                at[NEXT] = count[FACES] + STEP
                return PAUSE
            plane, mark = at[ROUND], at[MARK]
            column, bit = MASKS + 3 * (plane // WORD), np.int64(1) << np.int64(plane % WORD)
            while at[LEVEL] <= d:
                level = at[LEVEL]
                while at[CURSOR] >= 0:
                    f = np.int64(entries[at[CURSOR], 0])
                    if table[f, column] & table[f, column + 1] & bit != 0:
                        code = DONE
                        if level == 1:
                            code = cut_edge(f, plane, n_planes, table, pool, planes, entries, head, count)
                        else:
                            cell = np.int64(old.home[table[f, CARRIER]])
                            row = cell - first_cell
                            if level == 0:
                                code = new_vertex(
                                    f, plane, cell, row, new, store, signs, layer, whole, count, scratch
                                )
                            else:
                                if count[PLANES] == store.errors.size:
                                    return MORE_PLANES
                                form = np.int64(signs.forms[row, plane])
                                if form < 0:
                                    form = form_number(plane, cell, row, store, signs, layer, whole, count)
                                code = cut_face(
                                    *(f, level, plane, form, mark, at[BEFORE], n_planes),
                                    *(table, dim, pool, planes, entries, head, count, scratch.masks),
                                )
                        if code != DONE:
                            return code
                    at[CURSOR] = entries[at[CURSOR], 1]
                if level == 0 and count[OPEN] > 0:
                    return DECIDE
                at[LEVEL] = level + 1
                at[CURSOR] = head[level + 1, plane] if level < d else -1
            for level in range(d + 1):
                head[level, plane] = -1
            at[ROUND], at[LEVEL], at[MARK] = plane + 1, 0, count[FACES]
            at[CURSOR] = head[1, plane + 1] if plane + 1 < n_planes else -1
        for row in range(old.cells[at[PART] + 1] - first_cell):
            for plane in range(n_planes):
                signs.forms[row, plane] = -1
        at[STAGE], count[ENTRIES] = 0, 0
        at[PART] += 1
    return DONE


@kernel(VOID, INDICES, BYTES_SIGNED, NARROW, NARROW, INDICES, NARROW)
def order_faces(faces: Any, dim: Any, home: Any, part_of: Any, ends: Any, order: Any) -> None:
    """Order faces by the part of their home and then by dimension.

    ``ends (parts * (d + 1) + 1,)`` is memory: zeros, and on return where each part and dimension ends.
    """
    d1 = (ends.size - 1) // (part_of[part_of.size - 1] + 1)
    for f in faces:
        ends[part_of[home[f]] * d1 + dim[f] + 1] += 1
    for i in range(1, ends.size):
        ends[i] += ends[i - 1]
    for f in faces:
        i = part_of[home[f]] * d1 + dim[f]
        order[ends[i]] = f
        ends[i] += 1
