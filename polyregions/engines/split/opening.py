"""A layer begins to cut a cell: which of its planes cut, and the signs of these at the cell's vertices."""

from __future__ import annotations

from ...base.kernels import int64, kernel
from ...base.rounding import INFLATE, U
from ...geometry.signs import UNKNOWN
from .corners import sign_of
from .cut_general import number_facets
from .groups import (
    CANDIDATE,
    CANDIDATES,
    DECIDE,
    DEGREE,
    DONE,
    ERROR,
    FIRST,
    FLAG,
    FORM_ERROR,
    FORM_SIZE,
    GAP,
    ID,
    MAGNITUDE,
    MORE_GENERAL,
    MORE_PLANES,
    MORE_SIGNS,
    MORE_WORDS,
    NEXT_SAME,
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
    SAME,
    SERIAL,
    SETTLED,
    SPAN,
    START,
    STATE,
    STEEP,
    UPDATES,
    VALUE,
    WORDS,
    Search,
)
from .layer_rows import magnitude_of, make_rows, plane_forms

#: What a candidate was found to be above or below of somewhere.
SOME_ABOVE, SOME_BELOW = 1, 2


@kernel(inline=True, bare=True, inner=True)
def sift_planes(layer: int, begin: int, size: int, work: Search) -> int:
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
def open_layer(layer: int, begin: int, size: int, work: Search) -> int:
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
def drop_pieces(layer: int, output: int, work: Search) -> int:
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
def settle_states(layer: int, work: Search) -> None:
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
def link_same(layer: int, m: int, work: Search) -> None:
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
def holds_facet(begin: int, size: int, facet: int, c: int, work: Search) -> bool:
    """Whether candidate c is zero on a whole facet of a cell."""
    pool, items, n = work.cells.pool, work.cells.items, work.cells.at[CANDIDATES]
    for i in range(size):
        v = int64(items[begin + i])
        for k in range(int64(pool.links[v, DEGREE])):
            if pool.facets[v, k] == facet and work.opening.signs[i * n + c] != 0:
                return False
    return True


@kernel(bare=True, inner=True)
def loosen_facets(layer: int, begin: int, size: int, work: Search) -> bool:
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
def begin_layer(layer: int, begin: int, size: int, work: Search) -> int:
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
