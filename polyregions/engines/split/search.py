"""The search, depth first: cut the cell on top of the stack, and each region when nothing cuts it any more.

A cell is cut by the first plane of its layer that has vertices on both sides; the part above comes first.
When no plane of the layer cuts it, the layer's states on it are known, and the next layer begins to cut it.
After the last layer it is a region.

Which regions are adjacent
--------------------------
A cut makes a *wall* between its two parts, and each region inherits from its cell on which wall each of its
facets is. From both sides a wall is cut into the same pieces, since the network is continuous; and depth
first they come in the same order: let A and B be regions on one side of a wall, FA and FB their facets on it,
and i the first plane of all on which FA and FB have other signs. Where A and B come apart is a plane that
separates FA from FB, or holds both; but a plane that holds a facet on the wall, on a cell where it is affine,
holds all of the cell's facets there, and the cell is on one side of it. So A and B come apart at i, from
whichever side one looks: the k-th region on one side of the wall is adjacent to the k-th on the other. (Of
maxout pieces two may be equal on a facet, and which is taken beyond it may differ from side to side: such
walls are told, and their facets are compared.)
"""

from __future__ import annotations

from ...base.bits import bit_number
from ...base.kernels import int64, kernel
from ...base.rounding import INFLATE
from .clip import begin_clip, clip_once, cut_cell, free_cell
from .corners import bound_by_edges, list_open
from .cut_general import number_facets
from .groups import (
    BEGIN,
    BEGINNING,
    BESIDES,
    BUDGET,
    CUT,
    CUTTING,
    DECIDE,
    DEPTH,
    DONE,
    ERROR,
    FACETS,
    FIRST,
    FULL,
    ID,
    INNER,
    KEEP,
    LEAVES,
    LOWER,
    MORE_GENERAL,
    MORE_ITEMS,
    MORE_NODES,
    MORE_SIGNS,
    NODE,
    NOW,
    NUMBER,
    OF,
    OF_PIECE,
    ON_SIDE,
    ON_WALL,
    OPEN,
    OPENING,
    OTHER,
    OUTPUT,
    OUTPUTS,
    PAIR,
    PHASE,
    PLANE,
    POINT,
    RADIUS,
    REGIONS,
    SETTLED,
    SIDE,
    SIMPLE,
    SIZE,
    START,
    STATE,
    STEEP,
    TOP,
    UNIT,
    UPPER,
    WALL,
    WALLS,
    WORDS,
    Carving,
    Search,
)
from .opening import begin_layer, open_layer


@kernel(part=True, bare=True)
def first_cut(begin: int, size: int, layer: int, work: Search) -> int:
    """The first plane of a layer that cuts a cell, -1 if none does; ``either`` becomes the cell's masks."""
    pool, items, either = work.cells.pool, work.cells.items, work.either
    found = -1
    for k in range(work.cells.planes.layers[layer, WORDS]):
        above, below = int64(0), int64(0)
        for i in range(begin, begin + size):
            v = int64(items[i])
            above |= pool.masks[v, 2 * k]
            below |= pool.masks[v, 2 * k + 1]
        either[0, k], either[1, k] = above, below
        both = above & below
        if both != 0 and found < 0:
            found = work.cells.planes.layers[layer, START] + 64 * k + bit_number(both & -both)
    return found


@kernel(part=True, bare=True)
def lists_room(begin: int, size: int, work: Search) -> int:
    """DONE if there is room for the parts of a cell, else what is missing."""
    stack, parts = work.stack, work.cells.scratch.parts
    edges = max(size * (work.cells.pool.points.shape[1] - BESIDES), work.general.edges.shape[0])
    if begin + 2 * (size + edges) > work.cells.items.size:
        return MORE_ITEMS
    if size + edges > parts.shape[1]:
        return MORE_GENERAL
    if work.cells.at[TOP] == stack.nodes.shape[0]:
        return MORE_NODES
    return DONE


@kernel(part=True, bare=True)
def split_top(q: int, work: Search) -> int:
    """Replace the cell on top of the stack by its parts below and above a plane."""
    at, nodes, share, items = work.cells.at, work.stack.nodes, work.stack.share, work.cells.items
    top = at[TOP] - 1
    begin, size = nodes[top, BEGIN], nodes[top, SIZE]
    if list_open(begin, size, q, work.cells) < 0:
        at[OPEN] = 0
        return MORE_SIGNS
    if at[OPEN] > 0:
        return DECIDE
    code = cut_cell(begin, size, nodes[top, SIMPLE], q, work.cells, work.general)
    if code % 64 != DONE:
        return code
    n, m = at[UPPER], at[LOWER]
    for i in range(m):
        items[begin + i] = work.cells.scratch.parts[1][i]
    for i in range(n):
        items[begin + m + i] = work.cells.scratch.parts[0][i]
    for k in range(NODE):
        nodes[top + 1, k] = nodes[top, k]
    nodes[top, SIZE], nodes[top + 1, BEGIN], nodes[top + 1, SIZE] = m, begin + m, n
    nodes[top, SIMPLE], nodes[top + 1, SIMPLE] = code // 128, code // 64 & 1
    nodes[top, CUT], nodes[top, WALL], nodes[top, SIDE] = q, at[WALLS], 1
    nodes[top + 1, CUT], nodes[top + 1, WALL], nodes[top + 1, SIDE] = q, at[WALLS], 0
    share[top] *= 0.5
    share[top + 1] = share[top]
    at[WALLS] += 1
    at[TOP] += 1
    return DONE


@kernel(inline=True, bare=True, inner=True)
def read_states(layer: int, work: Search) -> None:
    """Enter the states of a layer on a cell that it cuts no more, from the cell's masks."""
    layers, path, planes, either = work.layers, work.path, work.cells.planes, work.either
    out = layers.sizes[layer, OUTPUT]
    for k in range(layers.sizes[layer, OUTPUTS]):
        path.states[NOW, out + k] = path.states[SETTLED, out + k]
    base, first, lists = planes.layers[layer, START], layers.sizes[layer, PLANE], work.cells.scratch.lists
    c, end = 0, planes.layers[layer + 1, START] - planes.layers[layer, START]
    while c < end:
        output = layers.planes[first + int64(planes.marks[base + c, NUMBER]), OF]
        if layers.outputs[layers.sizes[layer, FIRST] + output, PAIR] < 0:
            path.states[NOW, out + output] += either[0, c // 64] >> int64(c % 64) & 1
            c += 1
            continue
        # The piece that loses to no other one.
        at = layers.sizes[layer, FIRST] + output
        rank = layers.outputs[at + 1, STATE] - layers.outputs[at, STATE]
        for i in range(rank):
            lists[i, OF_PIECE] = -1
        while c < end and layers.planes[first + int64(planes.marks[base + c, NUMBER]), OF] == output:
            p = int64(planes.marks[base + c, NUMBER]) - (layers.outputs[at, PAIR] - first)
            i = 0
            while p >= rank - 1 - i:
                p -= rank - 1 - i
                i += 1
            j = i + 1 + p
            lists[i, OF_PIECE], lists[j, OF_PIECE] = max(0, lists[i, OF_PIECE]), max(0, lists[j, OF_PIECE])
            if either[1, c // 64] >> int64(c % 64) & 1 != 0:
                lists[i, OF_PIECE] = 1
            else:
                lists[j, OF_PIECE] = 1
            c += 1
        for i in range(rank):
            if lists[i, OF_PIECE] == 0:
                path.states[NOW, out + output] = i


@kernel(part=True, bare=True)
def list_cell(layer: int, work: Search) -> None:
    """List the states of a cell that a layer has made."""
    layers, path, planes, listed = work.layers, work.path, work.cells.planes, work.listed
    n, outputs, out = listed.counts[layer], layers.sizes[layer, OUTPUTS], layers.sizes[layer, OUTPUT]
    rows = listed.parents.shape[1]
    at = rows * out + n * outputs
    for k in range(outputs):
        listed.states[at + k] = path.states[NOW, out + k]
    listed.parents[layer, n] = planes.layers[layer - 1, LEAVES] - 1 if layer > 0 else 0
    listed.counts[layer] = n + 1


@kernel(inline=True, bare=True, inner=True)
def find_centre(begin: int, size: int, cells: Carving) -> float:
    """Write the mean of a cell's vertices to the scratch; return how far off it is at most."""
    points, items, centre = cells.pool.points, cells.items, cells.scratch.vectors[POINT]
    d, radius = points.shape[1] - BESIDES, 0.0
    for j in range(d):
        centre[j] = 0.0
    for i in range(begin, begin + size):
        v = int64(items[i])
        for j in range(d):
            centre[j] += points[v, j] / points[v, d]
        radius += points[v, RADIUS]
    for j in range(d):
        centre[j] /= size
    return float(radius / size * INFLATE)


@kernel(inline=True, bare=True, inner=True)
def is_clear(facets: int, reach: float, cells: Carving) -> bool:
    """Whether the point in the scratch is farther from all facets, by column ID, than it may be off."""
    forms, point = cells.planes.forms, cells.scratch.vectors[POINT]
    d = cells.pool.points.shape[1] - BESIDES
    clear = True
    for k in range(facets):
        f = int64(cells.scratch.lists[k, ID])
        value = forms[f, d]
        for j in range(d):
            value += forms[f, j] * point[j]
        clear &= abs(value) > (forms[f, ERROR] + forms[f, STEEP] * reach) * 2.0 * INFLATE
    return bool(clear)


@kernel(inline=True, bare=True, inner=True)
def list_region(begin: int, size: int, facets: int, simple: int, work: Search) -> None:
    """List a region: a point of it, and which wall or side each facet is on, by column ID."""
    cells, listed, moved = work.cells, work.listed, work.done[1]
    row, n = listed.counts[listed.counts.size - 1] - 1, cells.at[FACETS]
    clear = is_clear(facets, moved + find_centre(begin, size, cells), cells)
    if not clear and simple != 0:
        # Radii were let grow as far as cuts could do with them.
        for i in range(begin, begin + size):
            bound_by_edges(int64(cells.items[i]), cells.pool, cells.planes, cells.scratch)
        clear = is_clear(facets, moved + find_centre(begin, size, cells), cells)
    d = cells.pool.points.shape[1] - BESIDES
    for j in range(d):
        listed.points[row, j] = cells.scratch.vectors[POINT, j]
    for k in range(facets):
        f = int64(cells.scratch.lists[k, ID])
        wall, side = cells.planes.marks[f, ON_WALL], cells.planes.marks[f, ON_SIDE]
        listed.facets[n + k] = 2 * wall + side if wall >= 0 else wall
    listed.points[row, d] = 1.0 if clear else 0.0
    listed.ends[row] = n + facets


@kernel(bare=True, inner=True)
def end_layer(layer: int, work: Search) -> int:
    """The layer on top of the stack cuts its cell no more: it is a region, or the next layer opens."""
    at, nodes, planes = work.cells.at, work.stack.nodes, work.cells.planes
    top = at[TOP] - 1
    begin, size = nodes[top, BEGIN], nodes[top, SIZE]
    last = layer + 1 == work.layers.sizes.shape[0]
    facets = 0
    if last:
        facets = number_facets(begin, size, -1, work.cells)
        if facets < 0:
            return MORE_GENERAL
    if at[KEEP] != 0:
        listed = work.listed
        if listed.counts[layer] == listed.parents.shape[1]:
            return FULL
        if last and at[FACETS] + facets > listed.facets.size:
            return FULL
    read_states(layer, work)
    if at[KEEP] != 0:
        list_cell(layer, work)
        if last:
            list_region(begin, size, facets, nodes[top, SIMPLE], work)
    planes.layers[layer, LEAVES] += 1
    if not last:
        at[PHASE] = OPENING
        return DONE
    for k in range(facets):
        if work.cells.planes.marks[int64(work.cells.scratch.lists[k, ID]), ON_WALL] >= 0:
            at[INNER] += 1
    at[REGIONS] += 1
    at[FACETS] += facets
    at[BUDGET] -= 1
    work.done[0] += work.stack.share[top]
    free_cell(begin, size, work.cells)
    at[TOP] = top
    return DONE


@kernel(part=True, bare=True)
def step(work: Search) -> int:
    """Take one step with the cell on top of the stack; DONE, or what is missing."""
    at, nodes, planes = work.cells.at, work.stack.nodes, work.cells.planes
    top = at[TOP] - 1
    begin, size, layer = nodes[top, BEGIN], nodes[top, SIZE], nodes[top, DEPTH]
    if at[PHASE] == OPENING:
        code = open_layer(layer + 1, begin, size, work)
        if code in (DONE, DECIDE):
            at[PHASE] = BEGINNING
        return int64(code)
    if at[PHASE] == BEGINNING:
        code = int64(begin_layer(layer + 1, begin, size, work))
        if code != DONE:
            return code
        nodes[top, DEPTH] = layer + 1
        at[PHASE] = CUTTING
        return DONE
    if nodes[top, CUT] >= 0:
        cut = nodes[top, CUT]
        planes.marks[cut, ON_WALL], planes.marks[cut, ON_SIDE] = nodes[top, WALL], nodes[top, SIDE]
        nodes[top, CUT] = -1
    code = int64(lists_room(begin, size, work))
    if code != DONE:
        return code
    if nodes[top, UNIT] >= 0:
        return int64(clip_once(work))
    q = first_cut(begin, size, layer, work)
    if q < 0:
        return int64(end_layer(layer, work))
    number = work.layers.sizes[layer, PLANE] + int64(planes.marks[q, NUMBER])
    if work.layers.planes[number, OTHER] >= 0:
        return int64(begin_clip(q, work))
    return int64(split_top(q, work))


@kernel(bare=True)
def search(work: Search) -> int:
    """Go on until all is done, the slice is full, or something is missing; return which."""
    at = work.cells.at
    while at[TOP] > 0:
        if at[BUDGET] <= 0:
            return FULL
        code = int64(step(work))
        if code != DONE:
            return code
    return DONE
