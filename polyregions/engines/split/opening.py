"""A layer begins to cut a cell: the forms of its rows there, and which of its planes cut.

A cell's rows are those of its parent's with one column of the layer's weight more for each output below that
differs,

    rows' = rows + W[:, k] (eta'_k - eta_k),

eta_k the affine map of output k under its old and its new state. From one cell of the layer below to the
next, depth first, hardly any differ. After a while they are made from nothing, in the same way: all outputs
differ from zero.

Errors are bounded for all rows at once, on the whole box: with ``size`` a bound of the magnitudes of any
output's map and ``error`` one of its error, a row w of n terms is within ``|w|_1 (gamma_(n+4) size + error)``.
A change by the maps eta and eta' of an output rounds their difference, a product and a sum, which adds at most
``|w|_1 (4 u (|eta| + |eta'|) + u (size + error))``. So the bound is kept for a row of norm 1. Small whole
numbers lose nothing.
"""

from __future__ import annotations

import numpy as np

from ...base.kernels import int64, kernel
from ...base.rounding import INFLATE, TINY, U
from ...geometry.signs import UNKNOWN
from .corners import sign_of
from .cut_general import number_facets
from .groups import (
    CANDIDATES,
    DECIDE,
    DONE,
    ENTRY,
    FARTHEST,
    FIRST,
    INPUTS,
    LINE,
    MORE_GENERAL,
    MORE_PLANES,
    MORE_SIGNS,
    MORE_WORDS,
    NORM,
    OF,
    OPEN,
    OTHER,
    OUTPUT,
    OUTPUTS,
    PLAIN,
    PLANE,
    PLANES,
    ROW,
    ROWS,
    SAME,
    STEEPEST,
    TERMS,
    WEIGHT,
    Work,
)

#: Changes after which the rows of a layer are made anew, times the number of its inputs.
ANEW = 2
#: What a candidate was found to be above or below of somewhere.
SOME_ABOVE, SOME_BELOW = 1, 2


@kernel(inline=True, bare=True, inner=True)
def add_output(layer: int, k: int, state: int, sign: float, work: Work) -> float:
    """Add an output's map in a state, times a sign, to ``scratch.gap``; return its magnitude."""
    layers, gap = work.layers, work.scratch.gap
    sizes = layers.sizes[layer]
    d = gap.size - 1
    entry = sizes[ENTRY] + layers.first[sizes[FIRST] + k] + state
    slope, constant = layers.slopes[entry], layers.constants[entry]
    at, rows = (d + 1) * sizes[ROW] + layers.piece[entry], sizes[ROWS]
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
    """Add column k of a layer's weight, times ``scratch.gap``, to its rows."""
    sizes, gap, weight, maps = work.layers.sizes[layer], work.scratch.gap, work.layers.weight, work.path.maps
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
    """The largest sum of magnitudes of a row of the layer; all of them go to ``scratch.bounds[3]``."""
    sizes, maps = work.layers.sizes[layer], work.path.maps
    d1, rows = work.scratch.gap.size, sizes[ROWS]
    total = work.scratch.bounds[3, :rows]
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
    terms = work.layers.sizes[layer, INPUTS] + max(work.path.updates[layer], 0) + 8
    return 8.0 * terms * work.scratch.gap.size * TINY


@kernel(inline=True, bare=True, inner=True)
def outputs_bounds(layer: int, work: Work) -> tuple[float, float]:
    """Bounds of the magnitudes of a layer's outputs on the path's cell, and of their errors."""
    layers, path = work.layers, work.path
    steepest, farthest = layers.bounds[layer, STEEPEST], layers.bounds[layer, FARTHEST]
    size = (steepest * path.magnitudes[layer] + farthest) * INFLATE
    relative = path.errors[layer]
    if layers.whole and relative == 0.0 and size < 2.0**52:
        return size, 0.0
    error = (steepest * layers.bounds[layer, NORM] * relative + 3.0 * U * size) * INFLATE
    return size, error + steepest * lost(layer, work)


@kernel(inline=True, bare=True, inner=True)
def make_rows(layer: int, work: Work) -> None:
    """Make the rows of a layer, not the first, on the cell that the path's states below say."""
    layers, path, gap = work.layers, work.path, work.scratch.gap
    sizes = layers.sizes[layer]
    below, inputs, outputs = layer - 1, sizes[INPUTS], layers.sizes[layer - 1, OUTPUT]
    size, error = outputs_bounds(below, work)
    anew = path.updates[layer] < 0 or path.updates[layer] > ANEW * inputs
    if anew:
        at = gap.size * sizes[ROW]
        for i in range(gap.size * sizes[ROWS]):
            path.maps[at + i] = 0.0
        path.updates[layer] = 0
        n = sizes[TERMS] + 4
        path.errors[layer] = (error + n * U / (1.0 - n * U) * size) * INFLATE
    changed, moved = 0, 0.0
    for k in range(inputs):
        state = path.states[outputs + k]
        before = path.under[outputs + k]
        if anew or state != before:
            for j in range(gap.size):
                gap[j] = 0.0
            moved += add_output(below, k, int64(state), 1.0, work)
            if not anew:
                moved += add_output(below, k, int64(before), -1.0, work)
                changed += 1
            path.under[outputs + k] = state
            add_column(layer, k, work)
    if changed > 0:
        path.updates[layer] += changed
        largest = max(size, path.errors[layer])
        path.errors[layer] += (4.0 * U * moved + 2.0 * U * changed * largest) * INFLATE
    path.magnitudes[layer] = magnitude_of(layer, work)
    if layers.whole and error == 0.0 and layers.bounds[layer, NORM] * size < 2.0**52:
        path.errors[layer] = 0.0


@kernel(inline=True, bare=True, inner=True)
def plane_forms(layer: int, work: Work) -> None:
    """Write the forms of a layer's planes to ``scratch.forms (d + 1, planes)``, and three bounds of each.

    ``bounds``: errors on the box, magnitudes of forms, and room for values; those of the rows are in the last.
    """
    layers, path, scratch = work.layers, work.path, work.scratch
    sizes, d1 = layers.sizes[layer], scratch.gap.size
    rows, first, at, n = sizes[ROWS], sizes[PLANE], d1 * sizes[ROW], sizes[PLANES]
    norms, total = layers.norms[sizes[ROW] : sizes[ROW] + rows], scratch.bounds[3, :rows]
    errors, magnitudes = scratch.bounds[0, :n], scratch.bounds[1, :n]
    if sizes[PLAIN] != 0:
        for j in range(d1):
            row, form = path.maps[at + j * rows : at + (j + 1) * rows], scratch.forms[j, :n]
            for p in range(n):
                form[p] = row[p]
        form = scratch.forms[d1 - 1, :n]
        for p in range(n):
            form[p] -= layers.thresholds[first + p, 0]
            magnitudes[p] = total[p] + layers.thresholds[first + p, 1]
            errors[p] = norms[p]
    else:
        for p in range(n):
            line, other = layers.planes[first + p, LINE], layers.planes[first + p, OTHER]
            magnitudes[p], errors[p] = layers.thresholds[first + p, 1] + total[line], norms[line]
            for j in range(d1):
                scratch.forms[j, p] = path.maps[at + j * rows + line]
            if other >= 0:
                magnitudes[p] += total[other]
                errors[p] += norms[other]
                for j in range(d1):
                    scratch.forms[j, p] -= path.maps[at + j * rows + other]
            scratch.forms[d1 - 1, p] -= layers.thresholds[first + p, 0]
    relative, gone = path.errors[layer], lost(layer, work)
    is_whole = layers.whole and relative == 0.0
    for p in range(n):
        exact = is_whole and magnitudes[p] < 2.0**52
        magnitudes[p] *= INFLATE
        errors[p] = 0.0 if exact else (errors[p] * relative + 4.0 * U * magnitudes[p] + gone) * INFLATE


@kernel(inline=True, bare=True, inner=True)
def sift_planes(layer: int, begin: int, size: int, work: Work) -> int:
    """Find the planes that may cut a cell, by a box around it; list them as candidates and return how many.

    ``flags`` says of all others on which side the cell is.
    """
    layers, pool, scratch = work.layers, work.pool, work.scratch
    items = work.stack.items
    d, n, first = scratch.gap.size - 1, layers.sizes[layer, PLANES], layers.sizes[layer, PLANE]
    middle, half = scratch.point, scratch.gap
    value, reach = scratch.bounds[2, :n], scratch.bounds[3, :n]
    form = scratch.forms[d, :n]
    for p in range(n):
        value[p], reach[p] = form[p], 0.0
    for j in range(d):
        low, high, radius = 1e300, -1e300, 0.0
        for i in range(begin, begin + size):
            v = int64(items[i])
            x = pool.points[v, j] / pool.points[v, d]
            low, high, radius = min(low, x), max(high, x), max(radius, pool.radii[v])
        middle[j], half[j] = 0.5 * (low + high), (0.5 * (high - low) + radius + 4.0 * U) * INFLATE
        form, centre, width = scratch.forms[j, :n], middle[j], half[j]
        for p in range(n):
            value[p] += form[p] * centre
            reach[p] += abs(form[p]) * width
    count = 0
    for p in range(n):
        bound = (reach[p] + scratch.bounds[0, p] + (d + 6) * U * scratch.bounds[1, p]) * INFLATE
        if layers.planes[first + p, SAME] < 0:
            scratch.flags[p] = 0
        elif value[p] > bound:
            scratch.flags[p] = SOME_ABOVE
        elif value[p] < -bound:
            scratch.flags[p] = SOME_BELOW
        else:
            scratch.candidates[count] = p
            count += 1
    return count


@kernel(inline=True, bare=True, inner=True)
def open_layer(layer: int, begin: int, size: int, work: Work) -> int:
    """Find the signs of a layer's planes at the vertices of a cell, for those that may cut it.

    ``signs (vertices, candidates)``; open ones are listed by vertex, -1 and candidate.
    """
    at, path, planes, scratch = work.at, work.path, work.planes, work.scratch
    if layer > 0:
        make_rows(layer, work)
    else:
        path.magnitudes[layer] = magnitude_of(layer, work)
    plane_forms(layer, work)
    n = sift_planes(layer, begin, size, work)
    base, d1 = path.begin[layer], scratch.gap.size
    if base + n > planes.errors.size:
        return MORE_PLANES
    if n * size > scratch.signs.size:
        return MORE_SIGNS
    if n > 64 * work.pool.above.shape[1]:
        return MORE_WORDS
    at[CANDIDATES] = n
    path.serial[layer] += 1
    for c in range(n):
        p, q = scratch.candidates[c], base + c
        steep = 0.0
        for j in range(d1):
            planes.forms[q, j] = scratch.forms[j, p]
        for j in range(d1 - 1):
            steep += abs(planes.forms[q, j])
        planes.errors[q], planes.steep[q] = scratch.bounds[0, p], steep * INFLATE
        planes.sizes[q] = scratch.bounds[1, p]
        planes.source[q, 0], planes.source[q, 1], planes.source[q, 2] = layer, p, -1
    for i in range(size):
        v = int64(work.stack.items[begin + i])
        for c in range(n):
            sign = sign_of(v, base + c, work.pool, planes, scratch)
            if sign == UNKNOWN:
                if at[OPEN] == work.open.shape[0]:
                    at[OPEN] = 0
                    return MORE_SIGNS
                work.open[at[OPEN], 0], work.open[at[OPEN], 1], work.open[at[OPEN], 2] = (
                    v,
                    i * n + c,
                    base + c,
                )
                at[OPEN] += 1
                sign = 0
            scratch.signs[i * n + c] = sign
    return DECIDE if at[OPEN] > 0 else DONE


@kernel(inline=True, bare=True, inner=True)
def drop_pieces(layer: int, output: int, work: Work) -> int:
    """Of a maxout unit, find the pieces that are larger than all others somewhere: ``lost`` of the others.

    Return how many are left; ``scratch.number`` is 1 for those that are not.
    """
    layers, scratch = work.layers, work.scratch
    first = layers.pair[layers.sizes[layer, OUTPUT] + output] - layers.sizes[layer, PLANE]
    at = layers.sizes[layer, FIRST] + output
    rank = layers.first[at + 1] - layers.first[at]
    for i in range(rank):
        scratch.number[i] = 0
    p = first
    for i in range(rank):
        for j in range(i + 1, rank):
            flag = int64(scratch.flags[p])
            if flag & SOME_BELOW == 0:
                scratch.number[j] = 1
            elif flag & SOME_ABOVE == 0:
                scratch.number[i] = 1
            p += 1
    left = 0
    for i in range(rank):
        left += 1 - int64(scratch.number[i])
    return left


@kernel(inline=True, bare=True, inner=True)
def settle_states(layer: int, work: Work) -> None:
    """Enter the states that follow from the planes that do not cut; unmark those of settled maxout units."""
    layers, scratch, settled = work.layers, work.scratch, work.path.settled
    sizes = layers.sizes[layer]
    out = sizes[OUTPUT]
    outputs = layers.sizes[layer, OUTPUTS]
    for k in range(outputs):
        settled[out + k] = 0
    if sizes[PLAIN] != 0:
        for p in range(outputs):
            settled[out + p] = scratch.flags[p] == SOME_ABOVE
        return
    p = 0
    while p < sizes[PLANES]:
        output = layers.planes[sizes[PLANE] + p, OF]
        if layers.pair[out + output] < 0:
            if scratch.flags[p] == SOME_ABOVE:
                settled[out + output] += 1
            p += 1
            continue
        left = drop_pieces(layer, output, work)
        at = sizes[FIRST] + output
        rank = layers.first[at + 1] - layers.first[at]
        for i in range(rank):
            if left == 1 and scratch.number[i] == 0:
                settled[out + output] = i
            for j in range(i + 1, rank):
                if left == 1 or scratch.number[i] + scratch.number[j] > 0:
                    scratch.flags[p] = 0
                p += 1


@kernel(inline=True, bare=True, inner=True)
def link_same(layer: int, m: int, work: Work) -> None:
    """Tell each plane which of those after it is the same one."""
    layers, planes, base = work.layers, work.planes, work.path.begin[layer]
    first = layers.sizes[layer, PLANE]
    for c in range(m):
        same = layers.planes[first + int64(planes.source[base + c, 1]), SAME]
        if same != int64(planes.source[base + c, 1]):
            for b in range(c - 1, -1, -1):
                if layers.planes[first + int64(planes.source[base + b, 1]), SAME] == same:
                    planes.source[base + b, 2] = base + c
                    break


@kernel(bare=True, inner=True)
def holds_facet(begin: int, size: int, facet: int, c: int, work: Work) -> bool:
    """Whether candidate c is zero on a whole facet of a cell."""
    pool, items, scratch, n = work.pool, work.stack.items, work.scratch, work.at[CANDIDATES]
    for i in range(size):
        v = int64(items[begin + i])
        for k in range(pool.degree[v]):
            if pool.facets[v, k] == facet and scratch.signs[i * n + c] != 0:
                return False
    return True


@kernel(bare=True, inner=True)
def loosen_facets(layer: int, begin: int, size: int, work: Work) -> bool:
    """List the walls on which two pieces of a maxout unit are equal; False if there is no room.

    From the other side another one of the two may be the larger one: then the pieces of the wall come in
    another order there.
    """
    layers, planes, scratch, loose = work.layers, work.planes, work.scratch, work.listed.loose
    n, first = work.at[CANDIDATES], layers.sizes[layer, PLANE]
    facets = number_facets(begin, size, -1, work)
    for c in range(n):
        zeros = 0
        for i in range(size):
            zeros += scratch.signs[i * n + c] == 0
        if zeros == 0 or layers.planes[first + scratch.candidates[c], OTHER] < 0:
            continue
        for k in range(facets):
            f = int64(scratch.ids[k])
            if planes.wall[f] >= 0 and holds_facet(begin, size, f, c, work):
                if loose[0] + 1 == loose.size:
                    return False
                loose[0] += 1
                loose[loose[0]] = planes.wall[f]
    return facets >= 0


@kernel(inline=True, bare=True, inner=True)
def begin_layer(layer: int, begin: int, size: int, work: Work) -> int:
    """With all signs known: choose the planes that cut the cell, and give its vertices their masks."""
    layers, path, planes, scratch, pool = work.layers, work.path, work.planes, work.scratch, work.pool
    sizes, base, n = layers.sizes[layer], path.begin[layer], work.at[CANDIDATES]
    if sizes[PLAIN] == 0 and work.listed.loose.size > 0 and not loosen_facets(layer, begin, size, work):
        return MORE_GENERAL
    for c in range(n):
        p = scratch.candidates[c]
        scratch.flags[p] = 0
        for i in range(size):
            sign = scratch.signs[i * n + c]
            scratch.flags[p] |= SOME_ABOVE if sign > 0 else (SOME_BELOW if sign < 0 else 0)
    settle_states(layer, work)
    # Pairs of pieces that both are largest somewhere need not cut: all of them are kept.
    m = 0
    for c in range(n):
        p = scratch.candidates[c]
        if scratch.flags[p] == SOME_ABOVE | SOME_BELOW:
            scratch.candidates[m], scratch.ids[m] = p, c
            m += 1
    words = (m + 63) // 64
    if sizes[PLAIN] == 0:
        for p in range(sizes[PLANES]):
            planes.place[sizes[PLANE] + p] = -1
    for c in range(m):
        q, old = base + c, base + int64(scratch.ids[c])
        if q != old:
            for j in range(scratch.gap.size):
                planes.forms[q, j] = planes.forms[old, j]
            planes.errors[q], planes.steep[q] = planes.errors[old], planes.steep[old]
            planes.sizes[q] = planes.sizes[old]
            planes.source[q, 1] = planes.source[old, 1]
        planes.place[sizes[PLANE] + scratch.candidates[c]] = c
        planes.source[q, 2] = -1
    link_same(layer, m, work)
    for i in range(size):
        v = int64(work.stack.items[begin + i])
        for k in range(words):
            pool.above[v, k] = pool.below[v, k] = 0
        for c in range(m):
            sign = scratch.signs[i * n + int64(scratch.ids[c])]
            if sign > 0:
                pool.above[v, c // 64] |= int64(1) << int64(c % 64)
            elif sign < 0:
                pool.below[v, c // 64] |= int64(1) << int64(c % 64)
    path.words[layer] = words
    path.begin[layer + 1] = base + m
    if layer + 1 < path.updates.size:
        path.updates[layer + 1] = -1
    return DONE
