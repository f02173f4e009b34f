"""New vertices, where a plane meets an edge, and the signs of planes at them.

The bound
---------
Let v and w be the ends of an edge on both sides of a plane h, known up to r in each coordinate, and let the
computed point be ``x = v + t (w - v)`` with the computed ``t = h(v) / (h(v) - h(w))``. The true edge has a
point y with the same t, and |x - y| <= r + 8 u. The true h is affine along the true edge, from its value at
v to that at w, so that its zero, the true vertex, is at the parameter ``t + h(y) / (h(v) - h(w))``: within

    r + 8 u + |h(y)| |w - v| / (h(v) - h(w)),   |h(y)| <= |h(x)| + e + |a|_1 (r + 8 u),

all bounded from above, the denominator from below. From cut to cut such a radius multiplies.

What does not grow is the *rest*, the largest value of one of its d forms at the computed point, as a share of
the form's size s: those of the edge are as small at x as at the ends, and h is as good as zero. So where a
radius is no longer small, it is bounded by rests. The edges of a simple cell that leave a vertex x are, up to
scale, the columns of the inverse of the matrix A of its forms. With the columns ``d_i = (y_i - x) / g_i``,
y_i the neighbour and g_i the value of form i there,

    A D = I + E,   |E_ki| <= 2 rest s_k / |g_i|,

since all forms but the i-th are nearly zero at y_i too. The true vertex is x + D w with
``|w_k| <= r_k + 2 rest s_k T``, where ``r_k = rest s_k + e_k`` and ``T = sum_i |w_i / g_i|``; hence
``T <= sum_i r_i / |g_i| / (1 - sum_k 2 rest s_k / |g_k|)``, and its distance from x is at most
``sum_i (r_i + 2 rest s_i T) |y_i - x| / |g_i|``.

A vertex of a cell that is not simple, or at which a sign stays open, is solved afresh from its forms
(:func:`polyregions.geometry.signs.solve_float`); what that leaves open integers decide.
"""

from __future__ import annotations

import numpy as np

from ...base.bits import bit_number
from ...base.kernels import Int64Matrix, Int64Vector, Matrix, UInt32Vector, int64, kernel
from ...base.rounding import INFLATE, WHOLE, U
from ...geometry.signs import UNKNOWN, solve_float, solve_whole
from .groups import (
    BESIDES,
    CHOSEN,
    DEGREE,
    END,
    ERROR,
    ERRORS,
    FREE,
    FRESH,
    GAP,
    NEXT_SAME,
    OF_LAYER,
    OPEN,
    POINT,
    RADIUS,
    REST,
    SPAN,
    SPARE,
    START,
    STEEP,
    TWIN,
    USED,
    WHOLES,
    WORDS,
    Carving,
    Planes,
    Pool,
    Solving,
)

#: A vertex with a larger radius is solved afresh: a sign is left open about once in as many.
LARGE = 2.0**-12


@kernel(inline=True, bare=True, inner=True)
def plane_bit(q: int, planes: Planes) -> tuple[int, int]:
    """Where a plane of the path is in masks of vertices: which column says what is above it, and its bit."""
    plane = q - planes.layers[planes.marks[q, OF_LAYER], START]
    return 2 * (plane // 64), int64(1) << int64(plane % 64)


@kernel(inline=True, bare=True, inner=True)
def take_vertex(at: Int64Vector, pool: Pool) -> int:
    """A vertex that is in no cell."""
    v = at[USED]
    if at[SPARE] > 0:
        v = at[FREE]
        at[FREE] = int64(pool.links[v, TWIN])
        at[SPARE] -= 1
    else:
        at[USED] += 1
    return int64(v)


@kernel(inline=True, bare=True, inner=True)
def give_back(v: int, at: Int64Vector, pool: Pool) -> None:
    """Put a vertex back to those that are in no cell."""
    pool.links[v, TWIN] = at[FREE]
    at[FREE] = v
    at[SPARE] += 1


@kernel(inline=True, bare=True, inner=True)
def room_for(vertices: int, at: Int64Vector, pool: Pool) -> bool:
    """Whether so many vertices can be taken."""
    return bool(at[SPARE] + pool.points.shape[0] - at[USED] >= vertices)


@kernel(inline=True, bare=True, inner=True)
def copy_point(v: int, w: int, pool: Pool) -> None:
    """Give vertex w the point, the facets and the masks of v."""
    for j in range(pool.points.shape[1]):
        pool.points[w, j] = pool.points[v, j]
    pool.links[w, FRESH], pool.links[w, DEGREE] = pool.links[v, FRESH], pool.links[v, DEGREE]
    for k in range(int64(pool.links[v, DEGREE])):
        pool.facets[w, k] = pool.facets[v, k]
    for k in range(pool.masks.shape[1]):
        pool.masks[w, k] = pool.masks[v, k]


@kernel(bare=True, inner=True)
def choose_forms(facets: UInt32Vector, planes: Matrix, lists: Int64Matrix, work: Matrix) -> None:
    """Choose d of more facets of a vertex, with independent forms; list them in column CHOSEN.

    The one that is farthest from what those before span comes next.
    """
    d = planes.shape[1] - 4
    for k in range(facets.size):
        for j in range(d):
            work[k, j] = planes[int64(facets[k]), j]
    for taken in range(d):
        best, column, largest = 0, 0, -1.0
        for k in range(facets.size):
            for j in range(d):
                if abs(work[k, j]) > largest:
                    best, column, largest = k, j, abs(work[k, j])
        lists[taken, CHOSEN] = int64(facets[best])
        if largest > 0.0:
            for k in range(facets.size):
                if k != best:
                    factor = work[k, column] / work[best, column]
                    for j in range(d):
                        work[k, j] -= factor * work[best, j]
        for j in range(d):
            work[best, j] = 0.0


@kernel(inline=True, bare=True, inner=True)
def gather_forms(v: int, pool: Pool, planes: Planes, scratch: Solving) -> bool:
    """Write d independent forms of a vertex to ``scratch.rows``; say whether all of them are exact."""
    d = pool.points.shape[1] - BESIDES
    n = int64(pool.links[v, DEGREE])
    if n > d:
        choose_forms(pool.facets[v, :n], planes.forms, scratch.lists, scratch.work)
    else:
        for k in range(d):
            scratch.lists[k, CHOSEN] = int64(pool.facets[v, k])
    exact = True
    for k in range(d):
        q = scratch.lists[k, CHOSEN]
        for j in range(d + 1):
            scratch.rows[k, j] = planes.forms[q, j]
        scratch.vectors[ERRORS][k] = planes.forms[q, ERROR]
        exact &= planes.forms[q, ERROR] == 0.0
    return exact


@kernel(part=True, bare=True)
def rest_of(v: int, pool: Pool, planes: Planes) -> float:
    """The largest value of a form of a vertex at its computed point, as a share of the form's size."""
    d = pool.points.shape[1] - BESIDES
    rest = 0.0
    for k in range(int64(pool.links[v, DEGREE])):
        q = int64(pool.facets[v, k])
        value = planes.forms[q, d]
        for j in range(d):
            value += planes.forms[q, j] * pool.points[v, j]
        rest = max(rest, abs(value) / planes.forms[q, SPAN])
    return float(rest + (d + 4) * U)


@kernel(bare=True, inner=True)
def solve_afresh(v: int, pool: Pool, planes: Planes, scratch: Solving) -> None:
    """Compute a vertex from its forms, and keep it if that is known better."""
    d = pool.points.shape[1] - BESIDES
    pool.links[v, FRESH] = 1
    gather_forms(v, pool, planes, scratch)
    radius = solve_float(scratch.rows, scratch.vectors[ERRORS], scratch.vectors[POINT], scratch.work)
    if radius < pool.points[v, RADIUS]:
        pool.points[v, RADIUS] = radius
        for j in range(d + 1):
            pool.points[v, j] = scratch.vectors[POINT][j]
        pool.points[v, REST] = rest_of(v, pool, planes)


@kernel(inline=True, bare=True, inner=True)
def quick_sign(v: int, q: int, pool: Pool, planes: Planes) -> int:
    """Sign of a plane at a vertex as it is known, or UNKNOWN.

    Bounds are those of :func:`polyregions.geometry.signs.sign_at`, a little wider.
    """
    d = pool.points.shape[1] - BESIDES
    weight, radius = pool.points[v, d], pool.points[v, RADIUS]
    value, size = planes.forms[q, d] * weight, planes.forms[q, SPAN] * weight
    for j in range(d):
        value += planes.forms[q, j] * pool.points[v, j]
    bound = 0.0
    if not (planes.forms[q, ERROR] == 0.0 and radius == 0.0 and size < WHOLE):
        bound = (
            planes.forms[q, ERROR] * weight + planes.forms[q, STEEP] * radius + (d + 4) * U * size
        ) * INFLATE
    if value > bound:
        return 1
    if value < -bound:
        return -1
    return 0 if bound == 0.0 else UNKNOWN


@kernel(bare=True, inner=True)
def sign_afresh(v: int, q: int, pool: Pool, planes: Planes, scratch: Solving) -> int:
    """Compute a vertex from its forms, then the sign of a plane at it."""
    solve_afresh(v, pool, planes, scratch)
    return int64(quick_sign(v, q, pool, planes))


@kernel(inline=True, bare=True, inner=True)
def sign_of(v: int, q: int, pool: Pool, planes: Planes, scratch: Solving) -> int:
    """Sign of a plane at a vertex: -1, 0, 1, or UNKNOWN."""
    sign = int64(quick_sign(v, q, pool, planes))
    if sign == UNKNOWN and pool.links[v, FRESH] == 0:
        sign = sign_afresh(v, q, pool, planes, scratch)
    return sign


@kernel(inline=True, bare=True, inner=True)
def place_between(u: int, v: int, w: int, q: int, work: Carving) -> None:
    """Compute vertex u, where plane q meets the edge from v to w; its facets are known."""
    pool, planes, scratch = work.pool, work.planes, work.scratch
    points = pool.points
    d = points.shape[1] - BESIDES
    pool.links[u, FRESH] = 0
    solution = scratch.vectors[POINT]
    is_whole = work.at[WHOLES] != 0 and gather_forms(u, pool, planes, scratch)
    if is_whole and solve_whole(scratch.rows, solution, scratch.work) == 0.0:
        points[u, RADIUS], points[u, REST], pool.links[u, FRESH] = 0.0, 0.0, 1
        for j in range(d + 1):
            points[u, j] = solution[j]
        return
    one, other = 1.0, 1.0
    if points[v, d] != 1.0 or points[w, d] != 1.0:
        one, other = 1.0 / points[v, d], 1.0 / points[w, d]
    steep, size, constant = planes.forms[q, STEEP], planes.forms[q, SPAN], planes.forms[q, d]
    reach = max(points[v, RADIUS], points[w, RADIUS]) + 8.0 * U
    a, b, longest = constant, constant, 0.0
    for j in range(d):
        p, r, form = points[v, j] * one, points[w, j] * other, planes.forms[q, j]
        a += form * p
        b += form * r
        longest = max(longest, abs(r - p))
    t = a / (a - b)
    x = constant
    for j in range(d):
        p = points[v, j] * one
        points[u, j] = p + t * (points[w, j] * other - p)
        x += planes.forms[q, j] * points[u, j]
    points[u, d] = 1.0
    # Each of the three values is off by no more than this.
    off = planes.forms[q, ERROR] + (d + 6) * U * size + steep * reach
    gap = abs(a - b) - 2.0 * off * INFLATE
    radius = np.inf
    if gap > 0.0 and t >= 0.0 and t <= 1.0:
        radius = (reach + (abs(x) + off) * (longest + 2.0 * reach) / gap * INFLATE) * INFLATE
    points[u, RADIUS] = radius
    rest = max(points[v, REST], points[w, REST]) + 8.0 * U
    points[u, REST] = max(rest, abs(x) / size + (d + 4) * U) * (1.0 + 4.0 * U)
    # Written so that NaN fails: then nothing is known of the point.
    if not (t >= 0.0 and t <= 1.0):
        points[u, REST] = np.inf


@kernel(part=True, bare=True)
def bound_by_edges(u: int, pool: Pool, planes: Planes, scratch: Solving) -> None:
    """Bound how far a vertex of a simple cell is from its point by its edges, if less than is known."""
    points, d = pool.points, pool.points.shape[1] - BESIDES
    lengths, values = scratch.vectors[GAP], scratch.vectors[ERRORS]
    rest, one = pool.points[u, REST], 1.0 / points[u, d]
    for i in range(d):
        q, y = int64(pool.facets[u, i]), int64(pool.links[u, i]) >> END
        other = 1.0 / points[y, d]
        value, longest = planes.forms[q, d], 0.0
        for j in range(d):
            p = points[y, j] * other
            value += planes.forms[q, j] * p
            longest = max(longest, abs(p - points[u, j] * one))
        values[i] = abs(value) - (d + 6) * U * planes.forms[q, SPAN]
        lengths[i] = longest + 4.0 * U
        rest = max(rest, pool.points[y, REST])
        if not values[i] > 0.0:
            return
    total, loss = 0.0, 0.0
    for i in range(d):
        q = int64(pool.facets[u, i])
        total += (rest * planes.forms[q, SPAN] + planes.forms[q, ERROR]) / values[i]
        loss += 2.0 * rest * planes.forms[q, SPAN] / values[i]
    if not loss < 0.5:
        return
    total /= 1.0 - loss * INFLATE
    radius = 0.0
    for i in range(d):
        q = int64(pool.facets[u, i])
        off = rest * planes.forms[q, SPAN] * (1.0 + 2.0 * total) + planes.forms[q, ERROR]
        radius += off * lengths[i] / values[i]
    pool.points[u, RADIUS] = min(pool.points[u, RADIUS], radius * INFLATE * INFLATE)


@kernel(inline=True, bare=True, inner=True)
def mark_between(u: int, v: int, w: int, q: int, work: Carving) -> None:
    """Give the vertex u on the edge from v to w, and on plane q, its masks.

    It is strictly on one side of a plane if the edge is; only for those that cut the edge a form is
    evaluated. On planes that are the same as q it is zero. A sign that stays open has both bits set.
    """
    pool, planes = work.pool, work.planes
    layer = int64(planes.marks[q, OF_LAYER])
    base, words = planes.layers[layer, START], planes.layers[layer, WORDS]
    for k in range(words):
        above = pool.masks[v, 2 * k] | pool.masks[w, 2 * k]
        below = pool.masks[v, 2 * k + 1] | pool.masks[w, 2 * k + 1]
        both = above & below
        above ^= both
        below ^= both
        p = q
        while p >= 0:
            if (p - base) // 64 == k:
                both &= ~(int64(1) << int64((p - base) % 64))
            p = int64(planes.marks[p, NEXT_SAME])
        while both != 0:
            bit = both & -both
            both ^= bit
            sign = sign_of(u, base + 64 * k + bit_number(bit), pool, planes, work.scratch)
            if sign > 0:
                above |= bit
            if sign < 0 or sign == UNKNOWN:
                below |= bit
        pool.masks[u, 2 * k], pool.masks[u, 2 * k + 1] = above, below


@kernel(bare=True, inner=True)
def list_open(begin: int, size: int, q: int, work: Carving) -> int:
    """List the vertices of a cell at which a plane's sign is open; return how many, or -1 without room."""
    at, pool, items = work.at, work.pool, work.items
    column, bit = plane_bit(q, work.planes)
    for i in range(begin, begin + size):
        v = int64(items[i])
        if pool.masks[v, column] & pool.masks[v, column + 1] & bit != 0:
            if at[OPEN] == work.open.shape[0]:
                return -1
            work.open[at[OPEN], 0], work.open[at[OPEN], 1], work.open[at[OPEN], 2] = v, -1, q
            at[OPEN] += 1
    return int64(at[OPEN])
