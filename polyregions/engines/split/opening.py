"""A layer begins to cut a cell: the forms of its rows there, and which of its planes cut.

A cell's rows are those of its parent's with one column of the layer's weight more for each output below that
differs,

    rows' = rows + W[:, k] (eta'_k - eta_k),

eta_k the affine map of output k under its old and its new state. From one cell of the layer below to the
next, depth first, hardly any differ. After a while they are made from nothing, in the same way: all outputs
differ from zero.

Errors are bounded for all rows at once, on the whole box: with ``size`` a bound of the magnitudes of any
output's map and ``error`` one of its error, a row w of n terms is within ``|w|_1 (gamma_(n+4) size +
error)``. A change by the maps eta and eta' of an output rounds their difference, a product and a sum, which
adds at most ``|w|_1 (4 u (|eta| + |eta'|) + u (size + error))``. So the bound is kept for a row of norm 1.
Small whole numbers lose nothing.
"""

from __future__ import annotations

import numpy as np

from ...base.kernels import int64, kernel
from ...base.rounding import INFLATE, TINY, U
from ...geometry.signs import UNKNOWN
from .corners import sign_of
from .cut_general import number_facets
from .groups import (
    CANDIDATE,
    CANDIDATES,
    DECIDE,
    DEGREE,
    DONE,
    ENTRY,
    ERROR,
    FARTHEST,
    FIRST,
    FLAG,
    FORM_ERROR,
    FORM_SIZE,
    GAP,
    ID,
    INPUTS,
    LINE,
    MAGNITUDE,
    MORE_GENERAL,
    MORE_PLANES,
    MORE_SIGNS,
    MORE_WORDS,
    NEXT_SAME,
    NORM,
    NOW,
    NUMBER,
    OF,
    OF_LAYER,
    OF_PIECE,
    ON_WALL,
    OPEN,
    OTHER,
    OUTPUT,
    OUTPUTS,
    PAIR,
    PLACE,
    PLAIN,
    PLANE,
    PLANES,
    POINT,
    RADIUS,
    REACH,
    ROW,
    ROW_ERROR,
    ROWS,
    SAME,
    SERIAL,
    SETTLED,
    SPAN,
    START,
    STATE,
    STEEP,
    STEEPEST,
    TERMS,
    UNDER,
    UPDATES,
    VALUE,
    WEIGHT,
    WHOLES,
    WORDS,
    Work,
)

#: Changes after which the rows of a layer are made anew, times the number of its inputs.
ANEW = 2
#: What a candidate was found to be above or below of somewhere.
SOME_ABOVE, SOME_BELOW = 1, 2


@kernel(inline=True, bare=True, inner=True)
def add_output(layer: int, k: int, state: int, sign: float, work: Work) -> float:
    """Add an output's map in a state, times a sign, to ``scratch.vectors[GAP]``; return its magnitude."""
    layers, gap = work.layers, work.cells.scratch.vectors[GAP]
    sizes = layers.sizes[layer]
    d = gap.size - 1
    entry = sizes[ENTRY] + layers.outputs[sizes[FIRST] + k, STATE] + state
    slope, constant = layers.affine[entry, 0], layers.affine[entry, 1]
    at, rows = (d + 1) * sizes[ROW] + layers.pieces[entry], sizes[ROWS]
    total = abs(constant)
    if slope != 0.0:
        for j in range(d + 1):
            term = slope * work.path.maps[at + j * rows]
            gap[j] += sign * term
            total += abs(term)
    gap[d] += sign * constant
    return float(total)


@kernel(inline=True, bare=True, inner=True)
def add_column(layer: int, k: int, work: Work) -> None:
    """Add column k of a layer's weight, times ``scratch.vectors[GAP]``, to its rows."""
    sizes, gap, weight, maps = (
        work.layers.sizes[layer],
        work.cells.scratch.vectors[GAP],
        work.layers.weight,
        work.path.maps,
    )
    rows = sizes[ROWS]
    column = weight[sizes[WEIGHT] + k * rows : sizes[WEIGHT] + (k + 1) * rows]
    for j in range(gap.size):
        if gap[j] != 0.0:
            at = gap.size * sizes[ROW] + j * rows
            row = maps[at : at + rows]
            factor = gap[j]
            for r in range(rows):
                row[r] += factor * column[r]


@kernel(inline=True, bare=True, inner=True)
def magnitude_of(layer: int, work: Work) -> float:
    """The largest sum of magnitudes of a row of the layer; all go to row REACH of ``opening.forms``."""
    sizes, maps = work.layers.sizes[layer], work.path.maps
    d1, rows = work.cells.scratch.vectors.shape[1], sizes[ROWS]
    total = work.opening.forms[REACH, :rows]
    for r in range(rows):
        total[r] = 0.0
    for j in range(d1):
        row = maps[d1 * sizes[ROW] + j * rows : d1 * sizes[ROW] + (j + 1) * rows]
        for r in range(rows):
            total[r] += abs(row[r])
    largest = 0.0
    for r in range(rows):
        largest = max(largest, total[r])
    for r in range(rows):
        # Written so that NaN fails: the bounds are infinite, and nothing is proven.
        if not total[r] <= largest:
            largest = np.inf
    return float(largest * INFLATE)


@kernel(inline=True, bare=True, inner=True)
def lost(layer: int, work: Work) -> float:
    """What the rows of a layer may have lost where a product underflows."""
    terms = work.layers.sizes[layer, INPUTS] + max(work.cells.planes.layers[layer, UPDATES], 0) + 8
    return float(8.0 * terms * work.cells.scratch.vectors.shape[1] * TINY)


@kernel(inline=True, bare=True, inner=True)
def outputs_bounds(layer: int, work: Work) -> tuple[float, float]:
    """Bounds of the magnitudes of a layer's outputs on the path's cell, and of their errors."""
    layers, path = work.layers, work.path
    steepest, farthest = layers.bounds[layer, STEEPEST], layers.bounds[layer, FARTHEST]
    size = (steepest * path.bounds[layer, MAGNITUDE] + farthest) * INFLATE
    relative = path.bounds[layer, ROW_ERROR]
    if work.cells.at[WHOLES] != 0 and relative == 0.0 and size < 2.0**52:
        return size, 0.0
    error = (steepest * layers.bounds[layer, NORM] * relative + 3.0 * U * size) * INFLATE
    return size, error + steepest * lost(layer, work)


@kernel(inline=True, bare=True, inner=True)
def make_rows(layer: int, work: Work) -> None:
    """Make the rows of a layer, not the first, on the cell that the path's states below say."""
    layers, path, planes, gap = work.layers, work.path, work.cells.planes, work.cells.scratch.vectors[GAP]
    sizes = layers.sizes[layer]
    below, inputs, outputs = layer - 1, sizes[INPUTS], layers.sizes[layer - 1, OUTPUT]
    size, error = outputs_bounds(below, work)
    anew = planes.layers[layer, UPDATES] < 0 or planes.layers[layer, UPDATES] > ANEW * inputs
    if anew:
        at = gap.size * sizes[ROW]
        for i in range(gap.size * sizes[ROWS]):
            path.maps[at + i] = 0.0
        planes.layers[layer, UPDATES] = 0
        n = sizes[TERMS] + 4
        path.bounds[layer, ROW_ERROR] = (error + n * U / (1.0 - n * U) * size) * INFLATE
    changed, moved = 0, 0.0
    for k in range(inputs):
        state = path.states[NOW, outputs + k]
        before = path.states[UNDER, outputs + k]
        if anew or state != before:
            for j in range(gap.size):
                gap[j] = 0.0
            moved += add_output(below, k, int64(state), 1.0, work)
            if not anew:
                moved += add_output(below, k, int64(before), -1.0, work)
                changed += 1
            path.states[UNDER, outputs + k] = state
            add_column(layer, k, work)
    if changed > 0:
        planes.layers[layer, UPDATES] += changed
        largest = max(size, path.bounds[layer, ROW_ERROR])
        path.bounds[layer, ROW_ERROR] += (4.0 * U * moved + 2.0 * U * changed * largest) * INFLATE
    path.bounds[layer, MAGNITUDE] = magnitude_of(layer, work)
    if work.cells.at[WHOLES] != 0 and error == 0.0 and layers.bounds[layer, NORM] * size < 2.0**52:
        path.bounds[layer, ROW_ERROR] = 0.0


@kernel(inline=True, bare=True, inner=True)
def plane_forms(layer: int, work: Work) -> None:
    """Write the forms of a layer's planes to ``opening.forms``, and three bounds of each.

    Those of the rows are in row REACH.
    """
    layers, path, forms = work.layers, work.path, work.opening.forms
    sizes, d1 = layers.sizes[layer], work.cells.scratch.vectors.shape[1]
    rows, first, at, n = sizes[ROWS], sizes[PLANE], d1 * sizes[ROW], sizes[PLANES]
    last = sizes[WEIGHT] + sizes[INPUTS] * rows
    norms, total = layers.weight[last : last + rows], forms[REACH, :rows]
    errors, magnitudes = forms[FORM_ERROR, :n], forms[FORM_SIZE, :n]
    if sizes[PLAIN] != 0:
        for j in range(d1):
            row, form = path.maps[at + j * rows : at + (j + 1) * rows], forms[j, :n]
            for p in range(n):
                form[p] = row[p]
        form = forms[d1 - 1, :n]
        for p in range(n):
            form[p] -= layers.thresholds[first + p, 0]
            magnitudes[p] = total[p] + layers.thresholds[first + p, 1]
            errors[p] = norms[p]
    else:
        for p in range(n):
            line, other = layers.planes[first + p, LINE], layers.planes[first + p, OTHER]
            magnitudes[p], errors[p] = layers.thresholds[first + p, 1] + total[line], norms[line]
            for j in range(d1):
                forms[j, p] = path.maps[at + j * rows + line]
            if other >= 0:
                magnitudes[p] += total[other]
                errors[p] += norms[other]
                for j in range(d1):
                    forms[j, p] -= path.maps[at + j * rows + other]
            forms[d1 - 1, p] -= layers.thresholds[first + p, 0]
    relative, gone = path.bounds[layer, ROW_ERROR], lost(layer, work)
    is_whole = work.cells.at[WHOLES] != 0 and relative == 0.0
    for p in range(n):
        exact = is_whole and magnitudes[p] < 2.0**52
        magnitudes[p] *= INFLATE
        errors[p] = 0.0 if exact else (errors[p] * relative + 4.0 * U * magnitudes[p] + gone) * INFLATE


@kernel(inline=True, bare=True, inner=True)
def sift_planes(layer: int, begin: int, size: int, work: Work) -> int:
    """Find the planes that may cut a cell, by a box around it; list them as candidates and return how many.

    Column FLAG says of all others on which side the cell is.
    """
    layers, pool, scratch = work.layers, work.cells.pool, work.cells.scratch
    items, forms = work.cells.items, work.opening.forms
    d, n, first = scratch.vectors.shape[1] - 1, layers.sizes[layer, PLANES], layers.sizes[layer, PLANE]
    middle, half = scratch.vectors[POINT], scratch.vectors[GAP]
    value, reach = forms[VALUE, :n], forms[REACH, :n]
    form = forms[d, :n]
    for p in range(n):
        value[p], reach[p] = form[p], 0.0
    for j in range(d):
        low, high, radius = 1e300, -1e300, 0.0
        for i in range(begin, begin + size):
            v = int64(items[i])
            x = pool.points[v, j] / pool.points[v, d]
            low, high, radius = min(low, x), max(high, x), max(radius, pool.points[v, RADIUS])
        middle[j], half[j] = 0.5 * (low + high), (0.5 * (high - low) + radius + 4.0 * U) * INFLATE
        form, centre, width = forms[j, :n], middle[j], half[j]
        for p in range(n):
            value[p] += form[p] * centre
            reach[p] += abs(form[p]) * width
    count = 0
    for p in range(n):
        bound = (reach[p] + forms[FORM_ERROR, p] + (d + 6) * U * forms[FORM_SIZE, p]) * INFLATE
        if layers.planes[first + p, SAME] < 0:
            scratch.lists[p, FLAG] = 0
        elif value[p] > bound:
            scratch.lists[p, FLAG] = SOME_ABOVE
        elif value[p] < -bound:
            scratch.lists[p, FLAG] = SOME_BELOW
        else:
            scratch.lists[count, CANDIDATE] = p
            count += 1
    return count


@kernel(bare=True, inner=True)
def open_layer(layer: int, begin: int, size: int, work: Work) -> int:
    """Find the signs of a layer's planes at the vertices of a cell, for those that may cut it.

    ``signs (vertices, candidates)``; open ones are listed by vertex, -1 and candidate.
    """
    at, path, planes, scratch = work.cells.at, work.path, work.cells.planes, work.cells.scratch
    forms, signs = work.opening.forms, work.opening.signs
    if layer > 0:
        make_rows(layer, work)
    else:
        path.bounds[layer, MAGNITUDE] = magnitude_of(layer, work)
    plane_forms(layer, work)
    n = sift_planes(layer, begin, size, work)
    base, d1 = planes.layers[layer, START], scratch.vectors.shape[1]
    if base + n > planes.forms.shape[0]:
        return MORE_PLANES
    if n * size > signs.size:
        return MORE_SIGNS
    if n > 64 * (work.cells.pool.masks.shape[1] // 2):
        return MORE_WORDS
    at[CANDIDATES] = n
    planes.layers[layer, SERIAL] += 1
    for c in range(n):
        p, q = scratch.lists[c, CANDIDATE], base + c
        steep = 0.0
        for j in range(d1):
            planes.forms[q, j] = forms[j, p]
        for j in range(d1 - 1):
            steep += abs(planes.forms[q, j])
        planes.forms[q, ERROR], planes.forms[q, STEEP] = forms[FORM_ERROR, p], steep * INFLATE
        planes.forms[q, SPAN] = forms[FORM_SIZE, p]
        planes.marks[q, OF_LAYER], planes.marks[q, NUMBER], planes.marks[q, NEXT_SAME] = layer, p, -1
    for i in range(size):
        v = int64(work.cells.items[begin + i])
        for c in range(n):
            sign = sign_of(v, base + c, work.cells.pool, planes, scratch)
            if sign == UNKNOWN:
                if at[OPEN] == work.cells.open.shape[0]:
                    at[OPEN] = 0
                    return MORE_SIGNS
                work.cells.open[at[OPEN], 0], work.cells.open[at[OPEN], 1], work.cells.open[at[OPEN], 2] = (
                    v,
                    i * n + c,
                    base + c,
                )
                at[OPEN] += 1
                sign = 0
            signs[i * n + c] = sign
    return DECIDE if at[OPEN] > 0 else DONE


@kernel(inline=True, bare=True, inner=True)
def drop_pieces(layer: int, output: int, work: Work) -> int:
    """Of a maxout unit, find the pieces that are larger than all others somewhere: ``lost`` of the others.

    Return how many are left; column OF_PIECE is 1 for those that are not.
    """
    layers, scratch = work.layers, work.cells.scratch
    at = layers.sizes[layer, FIRST] + output
    first = layers.outputs[at, PAIR] - layers.sizes[layer, PLANE]
    rank = layers.outputs[at + 1, STATE] - layers.outputs[at, STATE]
    for i in range(rank):
        scratch.lists[i, OF_PIECE] = 0
    p = first
    for i in range(rank):
        for j in range(i + 1, rank):
            flag = int64(scratch.lists[p, FLAG])
            if flag & SOME_BELOW == 0:
                scratch.lists[j, OF_PIECE] = 1
            elif flag & SOME_ABOVE == 0:
                scratch.lists[i, OF_PIECE] = 1
            p += 1
    left = 0
    for i in range(rank):
        left += 1 - int64(scratch.lists[i, OF_PIECE])
    return left


@kernel(inline=True, bare=True, inner=True)
def settle_states(layer: int, work: Work) -> None:
    """Enter the states that follow from the planes that do not cut; unmark those of settled maxout units."""
    layers, scratch, settled = work.layers, work.cells.scratch, work.path.states[SETTLED]
    sizes = layers.sizes[layer]
    out = sizes[OUTPUT]
    outputs = layers.sizes[layer, OUTPUTS]
    for k in range(outputs):
        settled[out + k] = 0
    if sizes[PLAIN] != 0:
        for p in range(outputs):
            settled[out + p] = scratch.lists[p, FLAG] == SOME_ABOVE
        return
    p = 0
    while p < sizes[PLANES]:
        output = layers.planes[sizes[PLANE] + p, OF]
        if layers.outputs[sizes[FIRST] + output, PAIR] < 0:
            if scratch.lists[p, FLAG] == SOME_ABOVE:
                settled[out + output] += 1
            p += 1
            continue
        left = drop_pieces(layer, output, work)
        at = sizes[FIRST] + output
        rank = layers.outputs[at + 1, STATE] - layers.outputs[at, STATE]
        for i in range(rank):
            if left == 1 and scratch.lists[i, OF_PIECE] == 0:
                settled[out + output] = i
            for j in range(i + 1, rank):
                if left == 1 or scratch.lists[i, OF_PIECE] + scratch.lists[j, OF_PIECE] > 0:
                    scratch.lists[p, FLAG] = 0
                p += 1


@kernel(inline=True, bare=True, inner=True)
def link_same(layer: int, m: int, work: Work) -> None:
    """Tell each plane which of those after it is the same one."""
    layers, planes, base = work.layers, work.cells.planes, work.cells.planes.layers[layer, START]
    first = layers.sizes[layer, PLANE]
    for c in range(m):
        same = layers.planes[first + int64(planes.marks[base + c, NUMBER]), SAME]
        if same != int64(planes.marks[base + c, NUMBER]):
            for b in range(c - 1, -1, -1):
                if layers.planes[first + int64(planes.marks[base + b, NUMBER]), SAME] == same:
                    planes.marks[base + b, NEXT_SAME] = base + c
                    break


@kernel(inline=True, bare=True, inner=True)
def holds_facet(begin: int, size: int, facet: int, c: int, work: Work) -> bool:
    """Whether candidate c is zero on a whole facet of a cell."""
    pool, items, n = work.cells.pool, work.cells.items, work.cells.at[CANDIDATES]
    for i in range(size):
        v = int64(items[begin + i])
        for k in range(int64(pool.links[v, DEGREE])):
            if pool.facets[v, k] == facet and work.opening.signs[i * n + c] != 0:
                return False
    return True


@kernel(bare=True, inner=True)
def loosen_facets(layer: int, begin: int, size: int, work: Work) -> bool:
    """List the walls on which two pieces of a maxout unit are equal; False if there is no room.

    From the other side another one of the two may be the larger one: then the pieces of the wall come in
    another order there.
    """
    layers, planes, scratch, loose = work.layers, work.cells.planes, work.cells.scratch, work.listed.loose
    n, first = work.cells.at[CANDIDATES], layers.sizes[layer, PLANE]
    facets = number_facets(begin, size, -1, work.cells)
    for c in range(n):
        zeros = 0
        for i in range(size):
            zeros += work.opening.signs[i * n + c] == 0
        if zeros == 0 or layers.planes[first + scratch.lists[c, CANDIDATE], OTHER] < 0:
            continue
        for k in range(facets):
            f = int64(scratch.lists[k, ID])
            if planes.marks[f, ON_WALL] >= 0 and holds_facet(begin, size, f, c, work):
                if loose[0] + 1 == loose.size:
                    return False
                loose[0] += 1
                loose[loose[0]] = planes.marks[f, ON_WALL]
    return facets >= 0


@kernel(bare=True, inner=True)
def begin_layer(layer: int, begin: int, size: int, work: Work) -> int:
    """With all signs known: choose the planes that cut the cell, and give its vertices their masks."""
    layers, planes, scratch, pool = work.layers, work.cells.planes, work.cells.scratch, work.cells.pool
    sizes, base, n = layers.sizes[layer], planes.layers[layer, START], work.cells.at[CANDIDATES]
    if sizes[PLAIN] == 0 and work.listed.loose.size > 0 and not loosen_facets(layer, begin, size, work):
        return MORE_GENERAL
    for c in range(n):
        p = scratch.lists[c, CANDIDATE]
        scratch.lists[p, FLAG] = 0
        for i in range(size):
            sign = work.opening.signs[i * n + c]
            scratch.lists[p, FLAG] |= SOME_ABOVE if sign > 0 else (SOME_BELOW if sign < 0 else 0)
    settle_states(layer, work)
    # Pairs of pieces that both are largest somewhere need not cut: all of them are kept.
    m = 0
    for c in range(n):
        p = scratch.lists[c, CANDIDATE]
        if scratch.lists[p, FLAG] == SOME_ABOVE | SOME_BELOW:
            scratch.lists[m, CANDIDATE], scratch.lists[m, ID] = p, c
            m += 1
    words = (m + 63) // 64
    if sizes[PLAIN] == 0:
        for p in range(sizes[PLANES]):
            planes.marks[sizes[PLANE] + p, PLACE] = -1
    for c in range(m):
        q, old = base + c, base + int64(scratch.lists[c, ID])
        if q != old:
            for j in range(scratch.vectors.shape[1]):
                planes.forms[q, j] = planes.forms[old, j]
            planes.forms[q, ERROR], planes.forms[q, STEEP] = (
                planes.forms[old, ERROR],
                planes.forms[old, STEEP],
            )
            planes.forms[q, SPAN] = planes.forms[old, SPAN]
            planes.marks[q, NUMBER] = planes.marks[old, NUMBER]
        planes.marks[sizes[PLANE] + scratch.lists[c, CANDIDATE], PLACE] = c
        planes.marks[q, NEXT_SAME] = -1
    link_same(layer, m, work)
    for i in range(size):
        v = int64(work.cells.items[begin + i])
        for k in range(words):
            pool.masks[v, 2 * k] = pool.masks[v, 2 * k + 1] = 0
        for c in range(m):
            sign = work.opening.signs[i * n + int64(scratch.lists[c, ID])]
            if sign > 0:
                pool.masks[v, 2 * (c // 64)] |= int64(1) << int64(c % 64)
            elif sign < 0:
                pool.masks[v, 2 * (c // 64) + 1] |= int64(1) << int64(c % 64)
    planes.layers[layer, WORDS] = words
    planes.layers[layer + 1, START] = base + m
    if layer + 2 < planes.layers.shape[0]:
        planes.layers[layer + 1, UPDATES] = -1
    return DONE
