"""Bounding boxes of a cell, and the rows they show to be redundant.

With 300 units a cell has 300 rows, but five of them are facets in the plane. Two boxes, each proven by
multipliers, drop most of the others at the price of one pass over the rows:

* the bounding box of the simplex made by the rows that touch the inscribed ball, which costs nothing
  but the dictionary that found the ball;
* if many rows are left, the bounding box of the cell itself, by 2 d programs.
"""

from __future__ import annotations

from ..base.kernels import UInt8Vector, Vector, kernel
from ..base.rounding import INFLATE, U
from .proofs import REDUNDANT, upper_bound
from .simplex import STEER, blocking, drop_row, most_pivots, pivot
from .workspace import ScaledCell, Workspace


@kernel(bare=True)
def bound_by_simplex(work: Workspace) -> None:
    """Bound the cell by the d + 1 rows that are zero in the dictionary that found the ball.

    In that, the last one of :func:`polyregions.geometry.simplex.chebyshev_centre`, s = rho - sum l_i w_i with
    sum l_i A_i = 0, and t_j = .. + sum D_ij w_i: so e_j is the sum of (x l_i - D_ij) A_i for any x, and x is
    chosen least such that no multiplier is negative.
    """
    cell, D, basis = work.cell, work.ball.D, work.ball.basis
    chosen, multipliers, point = work.chosen, work.multipliers, work.point
    d = point.size
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
            bound = cell.ymax[j]
            if bounded:
                for i in range(d + 1):
                    multipliers[i] = -shift * D[1 + i, d] - sign * D[1 + i, j]
                point[:] = 0.0
                point[j] = sign
                bound = min(bound, upper_bound(point, cell, chosen, multipliers, d + 1))
            if side == 0:
                work.high[j] = bound
            else:
                work.low[j] = -bound


@kernel(bare=True)
def positive_on_box(k: int, cell: ScaledCell, low: Vector, high: Vector) -> bool:
    """Whether row k is proven strictly positive on the box ``low <= y <= high``, which holds 0."""
    A, b, eps = cell.A, cell.b, cell.eps
    reach = 0.0
    size = b[k]
    for j in range(A.shape[0]):
        up, down = A[j, k] * high[j], A[j, k] * low[j]
        reach += max(up, down)
        size += abs(up) + abs(down)
    return bool(b[k] - reach > (eps[k] + (2 * A.shape[0] + 8) * U * size) * INFLATE)


@kernel(bare=True)
def shrink_to_simplex(m: int, verdict: UInt8Vector, work: Workspace) -> int:
    """Drop the rows that are positive on a bounding box, and tighten ``ymax``."""
    cell, low, high = work.cell, work.low, work.high
    A, b, eps, ymax, number = cell
    d = A.shape[0]
    kept = 0
    for k in range(m):
        if positive_on_box(k, cell, low, high):
            verdict[number[k]] = REDUNDANT
        else:
            for j in range(d):
                A[j, kept] = A[j, k]
            b[kept], eps[kept], number[kept] = b[k], eps[k], number[k]
            kept += 1
    for j in range(d):
        ymax[j] = min(ymax[j], max(high[j], -low[j]))
    return kept


@kernel(bare=True)
def shrink_to_bounding_box(m: int, verdict: UInt8Vector, work: Workspace) -> int:
    """Bound the cell by 2 d programs and drop the rows that are positive on its bounding box."""
    cell, simplex, low, high = work.cell, work.simplex, work.low, work.high
    chosen, multipliers, point = work.chosen, work.multipliers, work.point
    D, basis, place = simplex
    ymax = cell.ymax
    d = point.size
    for j in range(d):
        for side in range(2):
            sign = 1.0 if side == 0 else -1.0
            for _ in range(most_pivots(d)):
                entering, gain = 0, STEER
                for i in range(1, d + 1):
                    if sign * D[i, j] > gain:
                        entering, gain = i, sign * D[i, j]
                if entering == 0:
                    break
                leaving = blocking(D, d, d + m, entering, 1.0, -1)
                if leaving < 0:
                    break
                pivot(simplex, d + m, entering, leaving)
            for i in range(d):
                chosen[i] = basis[1 + i] - d
                multipliers[i] = max(0.0, -sign * D[1 + i, j])
            point[:] = 0.0
            point[j] = sign
            bound = min(ymax[j], upper_bound(point, cell, chosen, multipliers, d))
            if side == 0:
                work.high[j] = bound
            else:
                work.low[j] = -bound
    for j in range(d):
        ymax[j] = min(ymax[j], max(high[j], -low[j]))
    k = 0
    while k < m:
        if place[d + k] == 0 and positive_on_box(k, cell, low, high):
            verdict[cell.number[k]] = REDUNDANT
            drop_row(k, m, cell, simplex)
            m -= 1
        else:
            k += 1
    return m
