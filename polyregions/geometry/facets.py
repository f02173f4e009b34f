"""Which rows of a cell are facets: float64 proposes, certificates decide.

1. Chebyshev centre: the program max s, A t + s <= b in d + 1 variables, started at t = 0 with the
   smallest slack for s. The cell is recentred there and rescaled to inradius 1.
2. Rows that are positive on a bounding box of the cell are dropped (:mod:`polyregions.geometry.enclosures`).
3. A ray from the centre along each row's normal: the row hit first is a facet, the hit its witness.
4. Each row r still open, those that are zero at the current vertex first: minimise w_r over the *other*
   rows. If w_r can become negative, the segment from the centre to that vertex crosses row r inside a
   facet; if it cannot, the reduced costs are multipliers that prove it redundant, and it leaves the
   dictionary.

Every facet and every redundancy is proven by :mod:`polyregions.geometry.proofs` from the rows themselves.
What is not proven is left ambiguous.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.kernels import BOOL, BYTES, FLOAT, INDICES, INT, MATRIX, SMALL_TABLE, TABLE, VECTOR, VOID, kernel
from .enclosures import bound_by_simplex, shrink_to_bounding_box, shrink_to_simplex
from .proofs import AMBIGUOUS, FACET, REDUNDANT, certifies_facet, certifies_redundant, live_rows, recentre
from .simplex import STEER, blocking, chebyshev_centre, drop_row, first_vertex, pivot

#: Tried and not proven: not to be tried again while the other rows of the cell are decided.
OPEN = 3


@kernel(VOID, INT, MATRIX, VECTOR, VECTOR, INDICES, BYTES, VECTOR, VECTOR)
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


@kernel(BOOL, INT, INT, MATRIX, VECTOR, VECTOR, MATRIX, INT, FLOAT, VECTOR)
def crosses(r: int, m: int, A: Any, b: Any, eps: Any, D: Any, row: int, step: float, point: Any) -> bool:
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


@kernel(
    INT, *[INT, INT, MATRIX, VECTOR, VECTOR, VECTOR, MATRIX, INDICES, INDICES], *[VECTOR, INDICES, VECTOR]
)
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
    """Minimise the slack of row r over the other rows; return its verdict.

    OPEN if the d rows in ``chosen`` seem to make it redundant but do not prove it.
    """
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
            return OPEN
        leaving = blocking(D, d, columns, entering, 1.0, column)
        step = 2.0 * (D[0, column] / gain + 1.0) if leaving < 0 else -D[0, leaving] / D[entering, leaving]
        if D[0, column] - gain * step < 0.0:
            # Its slack would change sign before the next vertex: the dictionary stays feasible as it is.
            return FACET if crosses(r, m, A, b, eps, D, entering, step, point) else AMBIGUOUS
        pivot(D[: d + 1], columns, basis, place, entering, leaving)
    return AMBIGUOUS


@kernel(BOOL, MATRIX, INT, BYTES, VECTOR, VECTOR, SMALL_TABLE, MATRIX, TABLE)
def decide_cell(
    rows: Any, n: int, verdict: Any, centre: Any, ball: Any, bases: Any, floats: Any, integers: Any
) -> bool:
    """Decide the n rows (d + 2, n) of one cell. Whether no row is left ambiguous.

    ``verdict (n,)``, ``centre (d,)`` (in the coordinates of the rows; NaN if none was found) and
    ``ball (1,)``, the radius of a ball around it that is proven to be inside, are written; so is, for each
    ambiguous row, ``bases (n, d)``: d rows that seem to make it redundant, or -1 first if it seems a facet;
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
    bases[:n, 0] = -1
    centre[:] = np.nan
    ball[0] = 0.0
    m = live_rows(rows, n, verdict, A, b, eps, index)
    if m < 0:
        return False
    rho = chebyshev_centre(A, b, m, D, basis, place, point)
    if not rho > 0.0:
        return False
    for j in range(d):
        centre[j] = point[j]
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
        if answer == OPEN:
            for i in range(d):
                bases[index[r], i] = index[chosen[i]]
        if answer in (AMBIGUOUS, OPEN):
            decided = False
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
