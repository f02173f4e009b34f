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
from ...base.kernels import Int32Vector, Matrix, int64, kernel
from ...base.rounding import INFLATE, WHOLE, U
from ...geometry.signs import UNKNOWN, solve_float, solve_whole
from .groups import (
    END,
    FREE,
    NEXT_SAME,
    OPEN,
    USED,
    Planes,
    Pool,
    Scratch,
    Work,
)

#: A vertex with a larger radius is solved afresh: a sign is left open about once in as many.
LARGE = 2.0**-20


@kernel(inline=True, bare=True, inner=True)
def take_vertex(work: Work) -> int:
    """A vertex that is in no cell."""
    at, pool = work.at, work.pool
    if at[FREE] > 0:
        at[FREE] -= 1
        return int64(pool.free[at[FREE]])
    at[USED] += 1
    return at[USED] - 1


@kernel(inline=True, bare=True, inner=True)
def give_back(v: int, work: Work) -> None:
    """Put a vertex back to those that are in no cell."""
    work.pool.free[work.at[FREE]] = v
    work.at[FREE] += 1


@kernel(inline=True, bare=True, inner=True)
def room_for(vertices: int, work: Work) -> bool:
    """Whether so many vertices can be taken."""
    return bool(work.at[FREE] + work.pool.radii.size - work.at[USED] >= vertices)


@kernel(inline=True, bare=True, inner=True)
def copy_point(v: int, w: int, pool: Pool) -> None:
    """Give vertex w the point, the facets and the masks of v."""
    for j in range(pool.points.shape[1]):
        pool.points[w, j] = pool.points[v, j]
    pool.radii[w], pool.rests[w] = pool.radii[v], pool.rests[v]
    pool.fresh[w], pool.degree[w] = pool.fresh[v], pool.degree[v]
    for k in range(pool.degree[v]):
        pool.facets[w, k] = pool.facets[v, k]
    for k in range(pool.above.shape[1]):
        pool.above[w, k], pool.below[w, k] = pool.above[v, k], pool.below[v, k]


@kernel(bare=True, inner=True)
def choose_forms(facets: Int32Vector, planes: Matrix, chosen: Int32Vector, work: Matrix) -> None:
    """Choose d of more facets of a vertex, with independent forms.

    The one that is farthest from what those before span comes next.
    """
    d = planes.shape[1] - 1
    for k in range(facets.size):
        for j in range(d):
            work[k, j] = planes[int64(facets[k]), j]
    for taken in range(d):
        best, column, largest = 0, 0, -1.0
        for k in range(facets.size):
            for j in range(d):
                if abs(work[k, j]) > largest:
                    best, column, largest = k, j, abs(work[k, j])
        chosen[taken] = facets[best]
        if largest > 0.0:
            for k in range(facets.size):
                if k != best:
                    factor = work[k, column] / work[best, column]
                    for j in range(d):
                        work[k, j] -= factor * work[best, j]
        for j in range(d):
            work[best, j] = 0.0


@kernel(inline=True, bare=True, inner=True)
def gather_forms(v: int, pool: Pool, planes: Planes, scratch: Scratch) -> bool:
    """Write d independent forms of a vertex to ``scratch.rows``; say whether all of them are exact."""
    d = pool.points.shape[1] - 1
    n = int64(pool.degree[v])
    chosen = scratch.chosen
    if n > d:
        choose_forms(pool.facets[v, :n], planes.forms, chosen, scratch.work)
    else:
        for k in range(d):
            chosen[k] = pool.facets[v, k]
    exact = True
    for k in range(d):
        q = int64(chosen[k])
        for j in range(d + 1):
            scratch.rows[k, j] = planes.forms[q, j]
        scratch.errors[k] = planes.errors[q]
        exact &= planes.errors[q] == 0.0
    return exact


@kernel(inline=True, bare=True, inner=True)
def rest_of(v: int, pool: Pool, planes: Planes) -> float:
    """The largest value of a form of a vertex at its computed point, as a share of the form's size."""
    d = pool.points.shape[1] - 1
    rest = 0.0
    for k in range(pool.degree[v]):
        q = int64(pool.facets[v, k])
        value = planes.forms[q, d]
        for j in range(d):
            value += planes.forms[q, j] * pool.points[v, j]
        rest = max(rest, abs(value) / planes.sizes[q])
    return rest + (d + 4) * U


@kernel(inline=True, bare=True, inner=True)
def solve_afresh(v: int, pool: Pool, planes: Planes, scratch: Scratch) -> None:
    """Compute a vertex from its forms, and keep it if that is known better."""
    d = pool.points.shape[1] - 1
    pool.fresh[v] = 1
    gather_forms(v, pool, planes, scratch)
    radius = solve_float(scratch.rows, scratch.errors, scratch.point, scratch.work)
    if radius < pool.radii[v]:
        pool.radii[v] = radius
        for j in range(d + 1):
            pool.points[v, j] = scratch.point[j]
        pool.rests[v] = rest_of(v, pool, planes)


@kernel(inline=True, bare=True, inner=True)
def quick_sign(v: int, q: int, pool: Pool, planes: Planes) -> int:
    """Sign of a plane at a vertex as it is known, or UNKNOWN; bounds as in :func:`polyregions.geometry.signs.sign_at`, a little wider."""
    d = pool.points.shape[1] - 1
    weight, radius = pool.points[v, d], pool.radii[v]
    value, size = planes.forms[q, d] * weight, planes.sizes[q] * weight
    for j in range(d):
        value += planes.forms[q, j] * pool.points[v, j]
    bound = 0.0
    if not (planes.errors[q] == 0.0 and radius == 0.0 and size < WHOLE):
        bound = (planes.errors[q] * weight + planes.steep[q] * radius + (d + 4) * U * size) * INFLATE
    if value > bound:
        return 1
    if value < -bound:
        return -1
    return 0 if bound == 0.0 else UNKNOWN


@kernel(inline=True, bare=True, inner=True)
def sign_of(v: int, q: int, pool: Pool, planes: Planes, scratch: Scratch) -> int:
    """Sign of a plane at a vertex: -1, 0, 1, or UNKNOWN."""
    sign = int64(quick_sign(v, q, pool, planes))
    if sign == UNKNOWN and pool.fresh[v] == 0:
        solve_afresh(v, pool, planes, scratch)
        sign = int64(quick_sign(v, q, pool, planes))
    return sign


@kernel(inline=True, bare=True, inner=True)
def place_between(u: int, v: int, w: int, q: int, work: Work) -> None:
    """Compute vertex u, where plane q meets the edge from v to w; its facets are known."""
    pool, planes, scratch = work.pool, work.planes, work.scratch
    points, radii = pool.points, pool.radii
    d = points.shape[1] - 1
    pool.fresh[u] = 0
    if work.layers.whole and gather_forms(u, pool, planes, scratch):
        if solve_whole(scratch.rows, scratch.point, scratch.work) == 0.0:
            radii[u], pool.rests[u], pool.fresh[u] = 0.0, 0.0, 1
            for j in range(d + 1):
                points[u, j] = scratch.point[j]
            return
    one, other = 1.0, 1.0
    if points[v, d] != 1.0 or points[w, d] != 1.0:
        one, other = 1.0 / points[v, d], 1.0 / points[w, d]
    steep, size, constant = planes.steep[q], planes.sizes[q], planes.forms[q, d]
    reach = max(radii[v], radii[w]) + 8.0 * U
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
    off = planes.errors[q] + (d + 6) * U * size + steep * reach
    gap = abs(a - b) - 2.0 * off * INFLATE
    radius = np.inf
    if gap > 0.0 and t >= 0.0 and t <= 1.0:
        radius = (reach + (abs(x) + off) * (longest + 2.0 * reach) / gap * INFLATE) * INFLATE
    radii[u] = radius
    rest = max(pool.rests[v], pool.rests[w]) + 8.0 * U
    pool.rests[u] = max(rest, abs(x) / size + (d + 4) * U) * (1.0 + 4.0 * U)
    # Written so that NaN fails: then nothing is known of the point.
    if not (t >= 0.0 and t <= 1.0):
        pool.rests[u] = np.inf


@kernel(inline=True, bare=True, inner=True)
def bound_by_edges(u: int, pool: Pool, planes: Planes, scratch: Scratch) -> None:
    """Bound how far a vertex of a simple cell is from its point by its edges, if that is less than is known."""
    points, d = pool.points, pool.points.shape[1] - 1
    lengths, values = scratch.gap, scratch.errors
    rest, one = pool.rests[u], 1.0 / points[u, d]
    for i in range(d):
        q, y = int64(pool.facets[u, i]), int64(pool.across[u, i]) >> END
        other = 1.0 / points[y, d]
        value, longest = planes.forms[q, d], 0.0
        for j in range(d):
            p = points[y, j] * other
            value += planes.forms[q, j] * p
            longest = max(longest, abs(p - points[u, j] * one))
        values[i] = abs(value) - (d + 6) * U * planes.sizes[q]
        lengths[i] = longest + 4.0 * U
        rest = max(rest, pool.rests[y])
        if not values[i] > 0.0:
            return
    total, loss = 0.0, 0.0
    for i in range(d):
        q = int64(pool.facets[u, i])
        total += (rest * planes.sizes[q] + planes.errors[q]) / values[i]
        loss += 2.0 * rest * planes.sizes[q] / values[i]
    if not loss < 0.5:
        return
    total /= 1.0 - loss * INFLATE
    radius = 0.0
    for i in range(d):
        q = int64(pool.facets[u, i])
        off = rest * planes.sizes[q] * (1.0 + 2.0 * total) + planes.errors[q]
        radius += off * lengths[i] / values[i]
    pool.radii[u] = min(pool.radii[u], radius * INFLATE * INFLATE)


@kernel(inline=True, bare=True, inner=True)
def mark_between(u: int, v: int, w: int, q: int, work: Work) -> None:
    """Give the vertex u on the edge from v to w, and on plane q, its masks.

    It is strictly on one side of a plane if the edge is; only for those that cut the edge a form is
    evaluated. On planes that are the same as q it is zero. A sign that stays open has both bits set.
    """
    pool, planes = work.pool, work.planes
    layer = int64(planes.source[q, 0])
    base, words = work.path.begin[layer], work.path.words[layer]
    for k in range(words):
        above = pool.above[v, k] | pool.above[w, k]
        below = pool.below[v, k] | pool.below[w, k]
        both = above & below
        above ^= both
        below ^= both
        p = q
        while p >= 0:
            if (p - base) // 64 == k:
                both &= ~(int64(1) << int64((p - base) % 64))
            p = int64(planes.source[p, NEXT_SAME])
        while both != 0:
            bit = both & -both
            both ^= bit
            sign = sign_of(u, base + 64 * k + bit_number(bit), pool, planes, work.scratch)
            if sign > 0:
                above |= bit
            if sign < 0 or sign == UNKNOWN:
                below |= bit
        pool.above[u, k], pool.below[u, k] = above, below


@kernel(inline=True, bare=True, inner=True)
def list_open(begin: int, size: int, q: int, work: Work) -> int:
    """List the vertices of a cell at which the sign of a plane is open; return how many, or -1 without room."""
    at, pool, items = work.at, work.pool, work.stack.items
    plane = q - work.path.begin[int64(work.planes.source[q, 0])]
    word, bit = plane // 64, int64(1) << int64(plane % 64)
    for i in range(begin, begin + size):
        v = int64(items[i])
        if pool.above[v, word] & pool.below[v, word] & bit != 0:
            if at[OPEN] == work.open.shape[0]:
                return -1
            work.open[at[OPEN], 0], work.open[at[OPEN], 1], work.open[at[OPEN], 2] = v, -1, q
            at[OPEN] += 1
    return at[OPEN]
