"""A small dense simplex in float64, for the many linear programs of one cell.

Dictionary form (V. Chvatal, *Linear Programming*, 1983): every variable, the coordinates y and one slack
w_k = b_k - A_k . y >= 0 for each row, is an affine function of the d slacks that are zero at the current
vertex. One dictionary serves all programs of a cell: a pivot updates every slack at once, d + 1 vector
operations, and the vertex at which one program ends is where the next one starts.

What they work in are the groups of :mod:`polyregions.geometry.workspace`: m rows of a cell, and a dictionary.

The constant below steers pivots and nothing else: what comes out is proposed, not believed
(:mod:`polyregions.geometry.proofs`).
"""

from __future__ import annotations

import numpy as np

from ..base.kernels import Matrix, Vector, kernel
from .workspace import Dictionary, ScaledCell

STEER = 1e-11


@kernel(inline=True, bare=True)
def most_pivots(d: int) -> int:
    """After how many pivots a program in d variables is given up.

    The simplex takes a few for each variable. Nothing here keeps it from going in circles where many rows
    meet in one vertex; then it stops, and what it was to decide is left to exact arithmetic.
    """
    return 30 * (d + 3)


@kernel(bare=True)
def pivot(simplex: Dictionary, columns: int, entering: int, leaving: int) -> None:
    """Exchange the nonbasic variable in row ``entering`` with the basic one in column ``leaving``."""
    D, basis, place = simplex
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


@kernel(bare=True)
def chebyshev_centre(cell: ScaledCell, m: int, ball: Dictionary, centre: Vector) -> float:
    """Write the centre (d,) of a large ball inside the cell and return its radius (<= 0: none)."""
    A, b = cell.A, cell.b
    D, basis, place = ball
    d = A.shape[0]
    free = d + 1
    columns = free + m
    s = d
    lowest = 0
    for k in range(m):
        if b[k] < b[lowest]:
            lowest = k
    D[:, :columns] = 0.0
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
    pivot(ball, columns, d + 1, free + lowest)
    for _ in range(most_pivots(d)):
        entering, gain = 0, STEER
        for i in range(1, d + 2):
            slope = abs(D[i, s]) if basis[i] < free else D[i, s]
            if slope > gain:
                entering, gain = i, slope
        if entering == 0:
            break
        sign = 1.0 if D[entering, s] > 0.0 else -1.0
        leaving, step, size = -1, np.inf, 0.0
        for c in range(free, columns):
            slope = -sign * D[entering, c]
            if slope > STEER:
                ratio = D[0, c] / slope
                if ratio < step or (ratio == step and slope > size):
                    leaving, step, size = c, ratio, slope
        if leaving < 0:
            break
        pivot(ball, columns, entering, leaving)
    for j in range(d):
        centre[j] = D[0, j]
    return float(D[0, s])


@kernel(bare=True)
def first_vertex(cell: ScaledCell, m: int, simplex: Dictionary) -> bool:
    """Set up the dictionary of a cell (columns: y, then slacks) and pivot all of y in from y = 0."""
    A, b = cell.A, cell.b
    D, basis, place = simplex
    d = A.shape[0]
    columns = d + m
    D[:, :columns] = 0.0
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
        pivot(simplex, columns, j, leaving)
    return True


@kernel(bare=True)
def blocking(D: Matrix, first: int, columns: int, row: int, sign: float, skip: int) -> int:
    """Column of the slack that reaches zero first when nonbasic ``row`` moves; -1 if none does."""
    leaving, step, size = -1, np.inf, 0.0
    for c in range(first, columns):
        slope = -sign * D[row, c]
        if slope > STEER and c != skip:
            ratio = D[0, c] / slope
            if ratio < step or (ratio == step and slope > size):
                leaving, step, size = c, ratio, slope
    return leaving


@kernel(bare=True)
def drop_row(k: int, m: int, cell: ScaledCell, simplex: Dictionary) -> None:
    """Remove basic row k of m: the last row takes its place everywhere."""
    A, b, eps, _, number = cell
    D, basis, place = simplex
    d = A.shape[0]
    last = m - 1
    if k == last:
        return
    # Loops, here and elsewhere: numba takes seconds to compile the copy of a slice.
    for j in range(d):
        A[j, k] = A[j, last]
    b[k], eps[k], number[k] = b[last], eps[last], number[last]
    for i in range(d + 1):
        D[i, d + k] = D[i, d + last]
    place[d + k] = place[d + last]
    if place[d + last] > 0:
        basis[place[d + last]] = d + k
