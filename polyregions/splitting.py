"""The kernel that cuts all faces of a complex by the hyperplanes of one layer.

The topology is that of :mod:`polyregions.cells`: dimension after dimension, and within one dimension
hyperplane after hyperplane, the faces on both sides of it are cut, edges first. Which faces those are
is read from linked lists, one for each dimension and hyperplane, so nothing is scanned.

The kernel works in arrays of fixed capacity. Where one is full, or a sign cannot be decided in float64, it
stops with a code that says so and goes on from the same place when it is called again.

Signs of old vertices are given; a new vertex is strictly on one side of a hyperplane if its edge is, and
only for those that still cut the edge a form is evaluated (:mod:`polyregions.predicates`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .cell_maps import LAYER, cell_form
from .face_table import (
    BEYOND,
    CARRIER,
    ENTRIES,
    LOW,
    MASKS,
    SECTION,
    SEEN,
    SIBLING,
    SIZE,
    STAMP,
    START,
    WORD,
    begin_face,
    bit_number,
    enter,
    join,
    set_boundary,
    take,
)
from .kernels import (
    FLOAT,
    INDICES,
    INT,
    MATRIX,
    NARROW,
    NARROW_TABLE,
    TABLE,
    TINY,
    VECTOR,
    kernel,
)
from .predicates import UNKNOWN, sign_at, solve_float, solve_whole, tied

DONE, MORE_FACES, MORE_POOL, MORE_VERTICES, MORE_PLANES, MORE_ENTRIES, DECIDE, BROKEN = range(8)
#: Places in ``count``: how much of each array is in use.
FACES, POOL, VERTICES, PLANES, _, OPEN, MOST = range(7)  # and ENTRIES
#: Places in ``at``: dimension, stage (0 copy, 1 cut), hyperplane, dimension being cut, position in its list,
#: next old face, faces copied since the last cut, chunks so far.
BLOCK, STAGE, ROUND, LEVEL, CURSOR, OLD, COPIED, CHUNKS = range(8)
#: Old faces that are cut together: few enough that their pieces stay in the processor's cache.
CHUNK = 32


@kernel(
    INT,
    INDICES,
    INDICES,
    *[TINY, INDICES, NARROW, NARROW, NARROW_TABLE, NARROW, NARROW],
    *[NARROW_TABLE, NARROW, NARROW_TABLE],
    *[MATRIX, VECTOR, NARROW_TABLE, MATRIX, VECTOR, NARROW_TABLE],
    *[TABLE, NARROW, NARROW, NARROW_TABLE, NARROW, INDICES, NARROW_TABLE],
    *LAYER,
    VECTOR,
    VECTOR,
    FLOAT,
    INT,
)
def cut_faces(
    at: Any,
    count: Any,
    old_dim: Any,
    old_start: Any,
    old_size: Any,
    old_pool: Any,
    old_planes: Any,
    old_home: Any,
    piece_of: Any,
    table: Any,
    pool: Any,
    planes: Any,
    points: Any,
    radii: Any,
    vertex_planes: Any,
    forms: Any,
    form_errors: Any,
    form_source: Any,
    pairs: Any,
    entry_face: Any,
    entry_next: Any,
    head: Any,
    cached: Any,
    cached_round: Any,
    open_signs: Any,
    weight: Any,
    norms: Any,
    row_of: Any,
    threshold: Any,
    maps: Any,
    parent: Any,
    states: Any,
    first: Any,
    piece: Any,
    slopes: Any,
    constants: Any,
    sizes: Any,
    errors: Any,
    whole: float,
    layer: int,
) -> int:
    """Cut all faces of dimension 1 .. d; return DONE or what is missing.

    ``at`` and ``count`` hold where the work stands. The second line of arguments is the old complex, with a
    top cell ``old_home`` around each face and the first new face ``piece_of`` each old one (vertices given,
    the others written). The third is the new complex, one row of ``table`` a face (see the names of its
    columns), with its vertices given. Vertices have homogeneous ``points (n, d + 1)`` and ``radii``;
    hyperplanes on cells have ``forms (n, d + 1)``, ``form_errors`` and ``form_source`` (layer, cell,
    hyperplane).
    """
    d = points.shape[1] - 1
    n_planes = threshold.size
    form, rows, row_errors = np.empty(d + 1), np.empty((d, d + 1)), np.empty(d)
    work = np.empty((d, 2 * d + 1))
    masks = np.empty((table.shape[1] - MASKS, 3), dtype=np.int64)
    while at[BLOCK] <= d:
        k = at[BLOCK]
        if at[STAGE] == 0:
            # Copy the old k-faces, their boundaries now made of pieces.
            while at[OLD] < old_dim.size and at[COPIED] < CHUNK:
                f = at[OLD]
                if old_dim[f] != k:
                    at[OLD] += 1
                    continue
                if count[FACES] + 1 > table.shape[0]:
                    return MORE_FACES
                if count[ENTRIES] + n_planes > entry_face.size:
                    return MORE_ENTRIES
                begin = count[POOL]
                end = begin
                for i in range(old_start[f], old_start[f] + old_size[f]):
                    b = np.int64(piece_of[old_pool[i]])
                    while b >= 0:
                        if end == pool.size:
                            return MORE_POOL
                        pool[end] = b
                        end += 1
                        b = table[b, SIBLING]
                new = count[FACES]
                count[FACES] = new + 1
                count[POOL] = end
                begin_face(new, k, f, table)
                for j in range(d):
                    planes[new, j] = old_planes[f, j]
                set_boundary(new, begin, end, pool, table)
                piece_of[f] = new
                count[MOST] = max(count[MOST], end - begin)
                enter(new, k, -1, table, head, entry_face, entry_next, count)
                at[OLD] += 1
                at[COPIED] += 1
            at[STAGE], at[ROUND], at[LEVEL], at[CHUNKS] = 1, 0, 0, at[CHUNKS] + 1
            at[CURSOR] = head[1, 0]
        while at[ROUND] < n_planes:
            plane = at[ROUND]
            column, bit = MASKS + 3 * (plane // WORD), np.int64(1) << np.int64(plane % WORD)
            mark = at[CHUNKS] * n_planes + plane
            while at[LEVEL] <= k:
                level = at[LEVEL]
                while at[CURSOR] >= 0:
                    f = np.int64(entry_face[at[CURSOR]])
                    if table[f, column] & table[f, column + 1] & bit == 0:
                        at[CURSOR] = entry_next[at[CURSOR]]
                        continue
                    c = np.int64(old_home[table[f, CARRIER]])
                    if cached_round[c] != mark:
                        p = count[PLANES]
                        if p + 1 > form_errors.size:
                            return MORE_PLANES
                        form_errors[p] = cell_form(
                            c,
                            plane,
                            weight,
                            norms,
                            row_of,
                            threshold,
                            maps,
                            parent,
                            states,
                            first,
                            piece,
                            slopes,
                            constants,
                            sizes,
                            errors,
                            whole,
                            forms[p],
                        )
                        form_source[p, 0], form_source[p, 1], form_source[p, 2] = layer, c, plane
                        cached[c], cached_round[c] = p, mark
                        count[PLANES] = p + 1
                    if level == 0:
                        # A new vertex on edge f.
                        if count[FACES] + 1 > table.shape[0]:
                            return MORE_FACES
                        if count[VERTICES] + 1 > radii.size:
                            return MORE_VERTICES
                        if count[OPEN] + n_planes > open_signs.shape[0]:
                            return DECIDE
                        v, number = count[FACES], count[VERTICES]
                        count[FACES], count[VERTICES] = v + 1, number + 1
                        begin_face(v, 0, table[f, CARRIER], table)
                        table[v, START], table[v, SIZE] = number, 0
                        exact = whole != 0.0
                        for i in range(d):
                            q = np.int64(planes[f, i]) if i < d - 1 else np.int64(cached[c])
                            planes[v, i] = q
                            vertex_planes[number, i] = q
                            for j in range(d + 1):
                                rows[i, j] = forms[q, j]
                            row_errors[i] = form_errors[q]
                            exact &= form_errors[q] == 0.0
                        radii[number] = -1.0
                        if exact:
                            radii[number] = solve_whole(rows, points[number], work)
                        if radii[number] < 0.0:
                            radii[number] = solve_float(rows, row_errors, points[number], work)
                        for other_column in range(MASKS, table.shape[1], 3):
                            above = np.int64(table[f, other_column])
                            below = np.int64(table[f, other_column + 1])
                            both = above & below & LOW
                            above, below = above & ~both, below & ~both
                            while both != 0:
                                there = both & -both
                                both ^= there
                                other = WORD * ((other_column - MASKS) // 3) + bit_number(there)
                                if other <= plane or tied(planes[v], form_source, pairs, layer, other):
                                    continue
                                error = cell_form(
                                    c,
                                    other,
                                    weight,
                                    norms,
                                    row_of,
                                    threshold,
                                    maps,
                                    parent,
                                    states,
                                    first,
                                    piece,
                                    slopes,
                                    constants,
                                    sizes,
                                    errors,
                                    whole,
                                    form,
                                )
                                sign = sign_at(form, error, points[number], radii[number])
                                if sign == 1:
                                    above |= there
                                elif sign == -1:
                                    below |= there
                                elif sign == UNKNOWN:
                                    open_signs[count[OPEN], 0] = v
                                    open_signs[count[OPEN], 1] = other
                                    open_signs[count[OPEN], 2] = c
                                    count[OPEN] += 1
                            table[v, other_column], table[v, other_column + 1] = above, below
                            table[v, other_column + 2] = 0
                        table[f, SECTION], table[f, STAMP] = v, mark
                        at[CURSOR] = entry_next[at[CURSOR]]
                        continue
                    if count[FACES] + 2 > table.shape[0]:
                        return MORE_FACES
                    if count[ENTRIES] + 3 * n_planes > entry_face.size:
                        return MORE_ENTRIES
                    begin = np.int64(table[f, START])
                    end = begin + table[f, SIZE]
                    if level == 1:
                        if count[POOL] + 2 > pool.size:
                            return MORE_POOL
                        a, b = pool[begin], pool[begin + 1]
                        if table[a, column + 1] & bit != 0:
                            a, b = b, a
                        new = count[FACES]
                        count[FACES] = new + 1
                        tail = count[POOL]
                        pool[tail], pool[tail + 1] = table[f, SECTION], b
                        count[POOL] = tail + 2
                        pool[begin], pool[begin + 1] = a, table[f, SECTION]
                        set_boundary(f, begin, end, pool, table)
                        set_boundary(new, tail, tail + 2, pool, table)
                    else:
                        # Room for two boundaries and a section; count[MOST] bounds all sizes.
                        if count[POOL] + (end - begin) * (count[MOST] + 3) + 4 > pool.size:
                            return MORE_POOL
                        # One pass over the boundary of F. F- and F0 are collected at the end of the
                        # pool, F+ in the place of F; masks are joined on the way.
                        zero = count[FACES]
                        new = zero + 1
                        count[FACES] = zero + 2
                        lower = count[POOL]
                        section = lower + (end - begin) + 1
                        tail, last, place = section, lower, begin
                        masks[:] = 0
                        for i in range(begin, end):
                            b = np.int64(pool[i])
                            if table[b, STAMP] == mark:
                                pool[tail] = table[b, SECTION]
                                join(table, pool[tail], masks, 2)
                                tail += 1
                                pool[last] = table[b, BEYOND]
                                join(table, pool[last], masks, 1)
                                last += 1
                                pool[place] = b
                                join(table, b, masks, 0)
                                place += 1
                                continue
                            if table[b, column + 2] & bit != 0:
                                for j in range(table[b, START], table[b, START] + table[b, SIZE]):
                                    e = pool[j]
                                    if table[e, SEEN] != zero and (
                                        (table[e, column] | table[e, column + 1]) & bit == 0
                                    ):
                                        table[e, SEEN] = zero
                                        pool[tail] = e
                                        join(table, e, masks, 2)
                                        tail += 1
                            if table[b, column] & bit != 0:
                                pool[place] = b
                                join(table, b, masks, 0)
                                place += 1
                            else:
                                pool[last] = b
                                join(table, b, masks, 1)
                                last += 1
                        if tail - section < level:
                            return BROKEN
                        begin_face(zero, level - 1, table[f, CARRIER], table)
                        for i in range(d - level):
                            planes[zero, i] = planes[f, i]
                        planes[zero, d - level] = cached[c]
                        take(table, zero, masks, 2)
                        join(table, zero, masks, 0)
                        join(table, zero, masks, 1)
                        take(table, f, masks, 0)
                        take(table, new, masks, 1)
                        enter(zero, level - 1, plane, table, head, entry_face, entry_next, count)
                        pool[last] = zero
                        last += 1
                        table[new, START], table[new, SIZE] = lower, last - lower
                        table[zero, START], table[zero, SIZE] = last, tail - section
                        for i in range(tail - section):
                            pool[last + i] = pool[section + i]
                        last += tail - section
                        upper = begin
                        if place == end:
                            # Every face of the boundary reaches above: F+ has one more, and moves.
                            upper = last
                            for i in range(begin, end):
                                pool[last] = pool[i]
                                last += 1
                            place = last
                            last += 1
                        pool[place] = zero
                        table[f, START], table[f, SIZE] = upper, place + 1 - upper
                        count[POOL] = last
                        table[f, SECTION], table[f, STAMP] = zero, mark
                        for g in (f, new, zero):
                            count[MOST] = max(count[MOST], np.int64(table[g, SIZE]))
                    begin_face(new, level, table[f, CARRIER], table)
                    for i in range(d - level):
                        planes[new, i] = planes[f, i]
                    table[f, BEYOND] = new
                    if level == k:
                        table[new, SIBLING] = table[f, SIBLING]
                        table[f, SIBLING] = new
                    enter(new, level, plane, table, head, entry_face, entry_next, count)
                    at[CURSOR] = entry_next[at[CURSOR]]
                if level == 0 and count[OPEN] > 0:
                    return DECIDE
                at[LEVEL] = level + 1
                at[CURSOR] = head[level + 1, plane] if level < k else -1
                if level == k:
                    head[:, plane] = -1
            at[ROUND] = plane + 1
            at[LEVEL] = 0
            at[CURSOR] = head[1, plane + 1] if plane + 1 < n_planes else -1
        at[STAGE], at[COPIED], count[ENTRIES] = 0, 0, 0
        if at[OLD] == old_dim.size:
            at[BLOCK], at[OLD] = k + 1, 0
    return DONE
