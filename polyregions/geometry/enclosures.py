"""Bounding boxes of a cell, and the rows they show to be redundant.

With 300 units a cell has 300 rows, but five of them are facets in the plane. Two boxes, each proven by
multipliers, drop most of the others at the price of one pass over the rows:

* the bounding box of the simplex made by the rows that touch the inscribed ball, which costs nothing
  but the dictionary that found the ball;
* if many rows are left, the bounding box of the cell itself, by 2 d programs.
"""

from __future__ import annotations

from typing import Any

from ..base.kernels import BOOL, BYTES, INDICES, INT, MATRIX, VECTOR, VOID, kernel
from ..base.rounding import INFLATE, U
from .proofs import REDUNDANT, upper_bound
from .simplex import STEER, blocking, drop_row, pivot


@kernel(VOID, MATRIX, VECTOR, VECTOR, VECTOR, MATRIX, INDICES, VECTOR, INDICES, VECTOR, VECTOR, VECTOR)
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


@kernel(BOOL, INT, MATRIX, VECTOR, VECTOR, VECTOR, VECTOR)
def positive_on_box(k: int, A: Any, b: Any, eps: Any, low: Any, high: Any) -> bool:
    """Whether row k is proven strictly positive on the box ``low <= y <= high``, which holds 0."""
    reach = 0.0
    size = b[k]
    for j in range(A.shape[0]):
        up, down = A[j, k] * high[j], A[j, k] * low[j]
        reach += max(up, down)
        size += abs(up) + abs(down)
    return bool(b[k] - reach > (eps[k] + (2 * A.shape[0] + 8) * U * size) * INFLATE)


@kernel(INT, INT, MATRIX, VECTOR, VECTOR, VECTOR, INDICES, BYTES, VECTOR, VECTOR)
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


@kernel(
    INT,
    *[INT, MATRIX, VECTOR, VECTOR, VECTOR, INDICES, BYTES, MATRIX, INDICES, INDICES],
    *[VECTOR, INDICES, VECTOR, VECTOR, VECTOR],
)
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
