"""A small dense simplex in float64 that decides the rows of one cell: facet, redundant or ambiguous.

Dictionary form (V. Chvatal, *Linear Programming*, 1983): every variable, the coordinates y and one slack
w_k = b_k - A_k . y >= 0 for each row, is an affine function of the d slacks that are zero at the current
vertex. One dictionary serves all rows of a cell: a pivot updates every slack at once, d + 1 vector
operations, and the vertex at which one row's program ends is where the next one starts.

Steps for one cell
------------------
1. Chebyshev centre: the program max s, A t + s <= b in d + 1 variables, started at t = 0 with the
   smallest slack for s. The cell is recentred there and rescaled to inradius 1.
2. The rows that touch that ball bound a simplex around the cell; its bounding box is proven by
   multipliers from the same dictionary, and rows positive on that box are dropped. If many are left
   (more than 6 d), the same with the cell's own bounding box, by 2 d programs.
3. A ray from the centre along each row's normal: the row hit first is a facet, with the hit as its witness.
4. Each row r still open, those that are zero at the current vertex first: minimise w_r over the *other*
   rows. If w_r can become negative, the segment from the centre to that vertex crosses row r inside a
   facet; if it cannot, the reduced costs are multipliers that prove it redundant, and it leaves the
   dictionary.

Nothing here decides: every facet and every redundancy is proven by :mod:`polyregions.certificates` from the
rows themselves. The small constants below steer pivots only, and what is not proven is left ambiguous.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from .certificates import (
    AMBIGUOUS,
    FACET,
    INFLATE,
    REDUNDANT,
    U,
    certifies_facet,
    certifies_redundant,
    live_rows,
    recentre,
    upper_bound,
)

STEER = 1e-11
#: Tried and not proven, while the other rows of the cell are decided.
OPEN = 3


@njit(cache=True, nogil=True, error_model="numpy")
def pivot(D: Any, columns: int, basis: Any, place: Any, entering: int, leaving: int) -> None:
    """Exchange nonbasic ``basis[entering]`` (row ``entering`` of D) with the basic column ``leaving``.

    ``D (1 + nonbasic, columns)``: constants in row 0, then the coefficients of each nonbasic variable.
    ``place[column]`` is its row in D if nonbasic, else 0.
    """
    p = 1.0 / D[entering, leaving]
    source = D[entering]
    for c in range(columns):
        source[c] *= p
    for i in range(D.shape[0]):
        factor = D[i, leaving]
        if i != entering and factor != 0.0:
            target = D[i]
            for c in range(columns):
                target[c] -= factor * source[c]
            target[leaving] = 0.0
    source[leaving] = 1.0
    place[basis[entering]] = 0
    basis[entering] = leaving
    place[leaving] = entering


@njit(cache=True, nogil=True, error_model="numpy")
def chebyshev_centre(A: Any, b: Any, m: int, D: Any, basis: Any, place: Any, centre: Any) -> float:
    """Write the centre (d,) of a large ball inside ``A t <= b`` and return its radius (<= 0: none)."""
    d = A.shape[0]
    free = d + 1
    columns = free + m
    s = d
    lowest = 0
    for k in range(m):
        if b[k] < b[lowest]:
            lowest = k
    D[: d + 2, :columns] = 0.0
    for j in range(d):
        D[1 + j, j] = 1.0
        for k in range(m):
            D[1 + j, free + k] = -A[j, k]
    D[d + 1, s] = 1.0
    for k in range(m):
        D[0, free + k] = b[k]
        D[d + 1, free + k] = -1.0
    for c in range(columns):
        place[c] = 0
    for j in range(free):
        basis[1 + j] = j
        place[j] = 1 + j
    work = D[: d + 2]
    pivot(work, columns, basis, place, d + 1, free + lowest)
    for _ in range(30 * (d + 2)):
        entering, gain = 0, STEER
        for i in range(1, d + 2):
            slope = abs(work[i, s]) if basis[i] < free else work[i, s]
            if slope > gain:
                entering, gain = i, slope
        if entering == 0:
            break
        sign = 1.0 if work[entering, s] > 0.0 else -1.0
        leaving, step, size = -1, np.inf, 0.0
        for c in range(free, columns):
            slope = -sign * work[entering, c]
            if slope > STEER:
                ratio = work[0, c] / slope
                if ratio < step or (ratio == step and slope > size):
                    leaving, step, size = c, ratio, slope
        if leaving < 0:
            break
        pivot(work, columns, basis, place, entering, leaving)
    for j in range(d):
        centre[j] = work[0, j]
    return float(work[0, s])


@njit(cache=True, nogil=True, error_model="numpy")
def first_vertex(A: Any, b: Any, m: int, D: Any, basis: Any, place: Any) -> bool:
    """Set up the dictionary of a cell (columns: y, then slacks) and pivot all of y in from y = 0."""
    d = A.shape[0]
    columns = d + m
    D[: d + 1, :columns] = 0.0
    for j in range(d):
        D[1 + j, j] = 1.0
        for k in range(m):
            D[1 + j, d + k] = -A[j, k]
        basis[1 + j] = j
    for c in range(columns):
        place[c] = 0
    for k in range(m):
        D[0, d + k] = b[k]
    for j in range(1, d + 1):
        leaving, step = -1, np.inf
        for c in range(d, columns):
            if D[j, c] < -STEER and place[c] == 0:
                ratio = -D[0, c] / D[j, c]
                if ratio < step:
                    leaving, step = c, ratio
        if leaving < 0:
            return False
        place[j - 1] = j
        pivot(D[: d + 1], columns, basis, place, j, leaving)
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def blocking(D: Any, first: int, columns: int, row: int, sign: float, skip: int) -> int:
    """Column of the slack that reaches zero first when nonbasic ``row`` moves; -1 if none does."""
    leaving, step, size = -1, np.inf, 0.0
    for c in range(first, columns):
        slope = -sign * D[row, c]
        if slope > STEER and c != skip:
            ratio = D[0, c] / slope
            if ratio < step or (ratio == step and slope > size):
                leaving, step, size = c, ratio, slope
    return leaving


@njit(cache=True, nogil=True, error_model="numpy")
def drop_row(
    k: int, m: int, A: Any, b: Any, eps: Any, index: Any, D: Any, basis: Any, place: Any
) -> None:
    """Remove basic row k of m: the last row takes its place everywhere."""
    d = A.shape[0]
    last = m - 1
    if k == last:
        return
    A[:, k] = A[:, last]
    b[k], eps[k], index[k] = b[last], eps[last], index[last]
    D[: d + 1, d + k] = D[: d + 1, d + last]
    place[d + k] = place[d + last]
    if place[d + last] > 0:
        basis[place[d + last]] = d + k


@njit(cache=True, nogil=True, error_model="numpy")
def bound_by_simplex(
    A: Any,
    b: Any,
    eps: Any,
    ymax: Any,
    D: Any,
    basis: Any,
    point: Any,
    chosen: Any,
    multipliers: Any,
    low: Any,
    high: Any,
) -> None:
    """Bound the cell by the d + 1 rows zero in the final dictionary of :func:`chebyshev_centre`.

    There s = rho - sum l_i w_i with sum l_i A_i = 0, and t_j = .. + sum D_ij w_i: so e_j is the sum of
    (x l_i - D_ij) A_i for any x, and x is chosen least such that no multiplier is negative.
    """
    d = A.shape[0]
    for i in range(d + 1):
        chosen[i] = basis[1 + i] - (d + 1)
    for j in range(d):
        for side in range(2):
            sign = 1.0 if side == 0 else -1.0
            shift, bounded = 0.0, True
            for i in range(d + 1):
                weight = -D[1 + i, d]
                bounded &= chosen[i] >= 0 and weight > STEER
                if bounded:
                    shift = max(shift, sign * D[1 + i, j] / weight)
            bound = ymax[j]
            if bounded:
                for i in range(d + 1):
                    multipliers[i] = -shift * D[1 + i, d] - sign * D[1 + i, j]
                point[:] = 0.0
                point[j] = sign
                bound = min(bound, upper_bound(point, A, b, eps, ymax, chosen, multipliers, d + 1))
            if side == 0:
                high[j] = bound
            else:
                low[j] = -bound


@njit(cache=True, nogil=True, error_model="numpy")
def positive_on_box(k: int, A: Any, b: Any, eps: Any, low: Any, high: Any) -> bool:
    """Whether row k is proven strictly positive on the box ``low <= y <= high``, which holds 0."""
    reach = 0.0
    size = b[k]
    for j in range(A.shape[0]):
        up, down = A[j, k] * high[j], A[j, k] * low[j]
        reach += max(up, down)
        size += abs(up) + abs(down)
    return bool(b[k] - reach > (eps[k] + (A.shape[0] + 8) * U * size) * INFLATE)


@njit(cache=True, nogil=True, error_model="numpy")
def shrink_to_simplex(
    m: int, A: Any, b: Any, eps: Any, ymax: Any, index: Any, verdict: Any, low: Any, high: Any
) -> int:
    """Drop the rows that are positive on a bounding box, and tighten ``ymax``."""
    d = A.shape[0]
    kept = 0
    for k in range(m):
        if positive_on_box(k, A, b, eps, low, high):
            verdict[index[k]] = REDUNDANT
        else:
            for j in range(d):
                A[j, kept] = A[j, k]
            b[kept], eps[kept], index[kept] = b[k], eps[k], index[k]
            kept += 1
    for j in range(d):
        ymax[j] = min(ymax[j], max(high[j], -low[j]))
    return kept


@njit(cache=True, nogil=True, error_model="numpy")
def shrink_to_bounding_box(
    m: int,
    A: Any,
    b: Any,
    eps: Any,
    ymax: Any,
    index: Any,
    verdict: Any,
    D: Any,
    basis: Any,
    place: Any,
    point: Any,
    chosen: Any,
    multipliers: Any,
    low: Any,
    high: Any,
) -> int:
    """Bound the cell by 2 d programs and drop the rows that are positive on its bounding box."""
    d = A.shape[0]
    for j in range(d):
        for side in range(2):
            sign = 1.0 if side == 0 else -1.0
            for _ in range(20 * (d + 2)):
                entering, gain = 0, STEER
                for i in range(1, d + 1):
                    if sign * D[i, j] > gain:
                        entering, gain = i, sign * D[i, j]
                if entering == 0:
                    break
                leaving = blocking(D, d, d + m, entering, 1.0, -1)
                if leaving < 0:
                    break
                pivot(D[: d + 1], d + m, basis, place, entering, leaving)
            for i in range(d):
                chosen[i] = basis[1 + i] - d
                multipliers[i] = max(0.0, -sign * D[1 + i, j])
            point[:] = 0.0
            point[j] = sign
            bound = min(ymax[j], upper_bound(point, A, b, eps, ymax, chosen, multipliers, d))
            if side == 0:
                high[j] = bound
            else:
                low[j] = -bound
    for j in range(d):
        ymax[j] = min(ymax[j], max(high[j], -low[j]))
    k = 0
    while k < m:
        if place[d + k] == 0 and positive_on_box(k, A, b, eps, low, high):
            verdict[index[k]] = REDUNDANT
            drop_row(k, m, A, b, eps, index, D, basis, place)
            m -= 1
        else:
            k += 1
    return m


@njit(cache=True, nogil=True, error_model="numpy")
def shoot_rays(m: int, A: Any, b: Any, eps: Any, index: Any, verdict: Any, point: Any, reach: Any) -> None:
    """Mark as facets the rows that rays from the centre along the rows' normals hit first."""
    d = A.shape[0]
    for i in range(m):
        if verdict[index[i]] != AMBIGUOUS:
            continue
        reach[:m] = 0.0
        for j in range(d):
            for k in range(m):
                reach[k] += A[j, i] * A[j, k]
        first, step = -1, np.inf
        for k in range(m):
            # b[k] / reach[k] < step, without the division
            if reach[k] > STEER and b[k] < step * reach[k]:
                first, step = k, b[k] / reach[k]
        if first >= 0 and verdict[index[first]] == AMBIGUOUS:
            for j in range(d):
                point[j] = step * A[j, i]
            if certifies_facet(A, b, eps, m, first, point):
                verdict[index[first]] = FACET


@njit(cache=True, nogil=True, error_model="numpy")
def crosses(
    r: int, m: int, A: Any, b: Any, eps: Any, D: Any, row: int, step: float, point: Any
) -> bool:
    """Whether the point ``step`` along nonbasic ``row`` proves, seen from the centre, a facet of row r."""
    d = A.shape[0]
    slack = b[r]
    for j in range(d):
        point[j] = D[0, j] + step * D[row, j]
        slack -= A[j, r] * point[j]
    if not slack < 0.0:
        return False
    factor = b[r] / (b[r] - slack)
    for j in range(d):
        point[j] *= factor
    return bool(certifies_facet(A, b, eps, m, r, point))


@njit(cache=True, nogil=True, error_model="numpy")
def decide_row(
    r: int,
    m: int,
    A: Any,
    b: Any,
    eps: Any,
    ymax: Any,
    D: Any,
    basis: Any,
    place: Any,
    point: Any,
    chosen: Any,
    multipliers: Any,
) -> int:
    """Minimise the slack of row r over the other rows; return its verdict."""
    d = A.shape[0]
    columns = d + m
    column = d + r
    for _ in range(20 * (d + 5)):
        row = place[column]
        if row > 0:
            # Row r is zero at this vertex: relax it along its own edge.
            leaving = blocking(D, d, columns, row, -1.0, column)
            step = 1.0 if leaving < 0 else D[0, leaving] / D[row, leaving]
            if crosses(r, m, A, b, eps, D, row, -step, point):
                return FACET
            if leaving < 0 or step > STEER:
                return AMBIGUOUS
            pivot(D[: d + 1], columns, basis, place, row, leaving)
            continue
        entering, gain = 0, STEER
        for i in range(1, d + 1):
            if -D[i, column] > gain:
                entering, gain = i, -D[i, column]
        if entering == 0:
            for i in range(d):
                chosen[i] = basis[1 + i] - d
                multipliers[i] = max(0.0, D[1 + i, column])
            if certifies_redundant(A, b, eps, ymax, r, chosen, multipliers, d):
                return REDUNDANT
            return AMBIGUOUS
        leaving = blocking(D, d, columns, entering, 1.0, column)
        step = 2.0 * (D[0, column] / gain + 1.0) if leaving < 0 else -D[0, leaving] / D[entering, leaving]
        if D[0, column] - gain * step < 0.0:
            # Its slack would change sign before the next vertex: the dictionary stays feasible as it is.
            return FACET if crosses(r, m, A, b, eps, D, entering, step, point) else AMBIGUOUS
        pivot(D[: d + 1], columns, basis, place, entering, leaving)
    return AMBIGUOUS


@njit(cache=True, nogil=True, error_model="numpy")
def decide_cell(
    rows: Any, n: int, verdict: Any, centre: Any, ball: Any, floats: Any, integers: Any
) -> bool:
    """Decide the n rows (d + 2, n) of one cell. Whether no row is left ambiguous.

    ``verdict (n,)``, ``centre (d,)`` (in the coordinates of the rows; NaN if none was found) and
    ``ball (1,)``, the radius of a ball around it that is proven to be inside, are written;
    ``floats (2 d + 12, n + 2 d + 3)`` and ``integers (3, n + 2 d + 3)`` are work space.
    """
    d = rows.shape[0] - 2
    D, A = floats[: d + 2], floats[d + 2 : 2 * d + 2]
    b, eps, reach = floats[2 * d + 2], floats[2 * d + 3], floats[2 * d + 4]
    ymax, point, multipliers = floats[2 * d + 5, :d], floats[2 * d + 6, :d], floats[2 * d + 7, : d + 1]
    low, high = floats[2 * d + 8, :d], floats[2 * d + 9, :d]
    basis, place, index = integers[0], integers[1], integers[2]
    chosen = integers[0, d + 2 : 2 * d + 3]

    verdict[:n] = AMBIGUOUS
    centre[:] = np.nan
    ball[0] = 0.0
    m = live_rows(rows, n, verdict, A, b, eps, index)
    if m < 0:
        return False
    rho = chebyshev_centre(A, b, m, D, basis, place, point)
    if not rho > 0.0:
        return False
    centre[:] = point
    ball[0] = recentre(A, b, eps, m, centre, rho, ymax)
    if not ball[0] > 0.0:
        return False
    bound_by_simplex(A, b, eps, ymax, D, basis, point, chosen, multipliers, low, high)
    m = shrink_to_simplex(m, A, b, eps, ymax, index, verdict, low, high)
    vertex = False
    if m > 6 * d:
        vertex = first_vertex(A, b, m, D, basis, place)
        if vertex:
            m = shrink_to_bounding_box(
                m, A, b, eps, ymax, index, verdict, D, basis, place, point, chosen, multipliers, low, high
            )
    shoot_rays(m, A, b, eps, index, verdict, point, reach)
    decided = True
    k = 0
    while k < m:
        if verdict[index[k]] != AMBIGUOUS:
            k += 1
            continue
        if not vertex:
            vertex = first_vertex(A, b, m, D, basis, place)
            if not vertex:
                return False
        r = k
        for i in range(1, d + 1):
            if verdict[index[basis[i] - d]] == AMBIGUOUS:
                r = basis[i] - d
        answer = decide_row(r, m, A, b, eps, ymax, D, basis, place, point, chosen, multipliers)
        if answer == AMBIGUOUS:
            decided = False
            # Not to be tried again; the caller sees AMBIGUOUS.
            verdict[index[r]] = OPEN
            continue
        verdict[index[r]] = answer
        if answer == REDUNDANT:
            drop_row(r, m, A, b, eps, index, D, basis, place)
            m -= 1
    for k in range(m):
        if verdict[index[k]] == OPEN:
            verdict[index[k]] = AMBIGUOUS
    return decided
