"""A small dense simplex in float64, for the many linear programs of one cell.

Dictionary form (V. Chvatal, *Linear Programming*, 1983): every variable, the coordinates y and one slack
w_k = b_k - A_k . y >= 0 for each row, is an affine function of the d slacks that are zero at the current
vertex. One dictionary serves all programs of a cell: a pivot updates every slack at once, d + 1 vector
operations, and the vertex at which one program ends is where the next one starts.

Arrays: ``A (d, m), b (m,)`` are the rows ``A_k . y <= b_k``; ``D (1 + nonbasic, columns)`` holds the
constants in row 0, then the coefficients of each nonbasic variable, one column a variable; ``basis[i]`` is
the column of the nonbasic variable in row i, and ``place[column]`` its row, or 0 for a basic one.

The constant below steers pivots and nothing else: what comes out is proposed, not believed
(:mod:`polyregions.geometry.proofs`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base.kernels import BOOL, FLOAT, INDICES, INT, MATRIX, VECTOR, VOID, kernel

STEER = 1e-11


@kernel(VOID, MATRIX, INT, INDICES, INDICES, INT, INT)
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


@kernel(FLOAT, MATRIX, VECTOR, INT, MATRIX, INDICES, INDICES, VECTOR)
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


@kernel(BOOL, MATRIX, VECTOR, INT, MATRIX, INDICES, INDICES)
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


@kernel(INT, MATRIX, INT, INT, INT, FLOAT, INT)
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


@kernel(VOID, INT, INT, MATRIX, VECTOR, VECTOR, INDICES, MATRIX, INDICES, INDICES)
def drop_row(k: int, m: int, A: Any, b: Any, eps: Any, index: Any, D: Any, basis: Any, place: Any) -> None:
    """Remove basic row k of m: the last row takes its place everywhere."""
    d = A.shape[0]
    last = m - 1
    if k == last:
        return
    # Loops, here and elsewhere: numba takes seconds to compile the copy of a slice.
    for j in range(d):
        A[j, k] = A[j, last]
    b[k], eps[k], index[k] = b[last], eps[last], index[last]
    for i in range(d + 1):
        D[i, d + k] = D[i, d + last]
    place[d + k] = place[d + last]
    if place[d + last] > 0:
        basis[place[d + last]] = d + k
