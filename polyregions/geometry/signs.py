"""The one numeric question of the subdivision: the sign of an affine form at a vertex.

A vertex is the solution of d affine forms, a fresh problem each time, so its error does not grow from
vertex to vertex. Forms are rows ``a . t + c`` in the recentred coordinates, |t_j| <= 1 on the box, known
up to ``e``: |computed - true| <= e at every point of the box (:mod:`polyregions.engines.traverse.rows`).

The bound
---------
Let A (d, d), c (d,) be the computed forms of a vertex, t' the true vertex and t^ the computed one, B an
approximate inverse of A. The true forms vanish at t', so |A t' + c| <= e componentwise, and with
r = A t^ + c and g = ||I - B A||_inf < 1,

    t' - t^ = (I - B A)(t' - t^) + B (A t' + c - r),
    so  ||t' - t^||_inf <= || |B| (e + |r|) ||_inf / (1 - g).

(Rump, *Verification methods*, Acta Numerica 2010, section 10.) r and g are computed with a bound for their
own rounding. The sign of another form at the vertex is that of ``a . t^ + c`` if this exceeds
``e + ||a||_1 radius`` and its rounding.

Whole numbers
-------------
Folding networks and arrangements have small whole weights, and nearly every decision about them is a true
zero, which no bound can prove. There the forms are scaled to whole numbers: as long as sums of
magnitudes stay below 2^53 every operation of float64 is exact. Such forms have e = 0, their vertices are
whole homogeneous coordinates from fraction-free elimination (E. H. Bareiss, 1968) with radius 0, and the
computed value of a form at a vertex, zero included, is the true one.
"""

from __future__ import annotations

import numpy as np

from ..base.kernels import Int32Matrix, Int32Vector, Int64Vector, Matrix, Vector, kernel
from ..base.rounding import INFLATE, WHOLE, U

UNKNOWN = 2


@kernel(bare=True)
def solve_whole(rows: Matrix, point: Vector, work: Matrix) -> float:
    """Solve d whole forms (d, d + 1) for homogeneous coordinates (d + 1,); 0 if exact, else -1."""
    d = rows.shape[0]
    for i in range(d):
        for j in range(d + 1):
            work[i, j] = rows[i, j]
    last = 1.0
    for k in range(d):
        p = k
        while p < d and work[p, k] == 0.0:
            p += 1
        if p == d:
            return -1.0
        if p != k:
            for j in range(d + 1):
                work[k, j], work[p, j] = work[p, j], work[k, j]
        pivot = work[k, k]
        for i in range(d):
            if i == k:
                continue
            factor = work[i, k]
            for j in range(d + 1):
                if abs(pivot * work[i, j]) + abs(factor * work[k, j]) >= WHOLE:
                    return -1.0
                work[i, j] = (pivot * work[i, j] - factor * work[k, j]) / last
        last = pivot
    # All diagonal entries are the same now: the determinant, up to the sign of the row exchanges.
    sign = 1.0 if work[d - 1, d - 1] > 0.0 else -1.0
    for j in range(d):
        point[j] = -sign * work[j, d]
    point[d] = sign * work[d - 1, d - 1]
    return 0.0


@kernel(bare=True)
def solve_float(rows: Matrix, errors: Vector, point: Vector, work: Matrix) -> float:
    """Solve d forms (d, d + 1) for a point (d,) with ``point[d] = 1``; the radius of a proven ball, or inf.

    ``work (d, 2 d)``.
    """
    d = rows.shape[0]
    point[d] = 1.0
    for i in range(d):
        point[i] = 0.0
        for j in range(d):
            work[i, j] = rows[i, j]
            work[i, d + j] = 1.0 if i == j else 0.0
    for k in range(d):
        p = k
        for i in range(k + 1, d):
            if abs(work[i, k]) > abs(work[p, k]):
                p = i
        if not abs(work[p, k]) > 0.0:
            return np.inf
        if p != k:
            for j in range(2 * d):
                work[k, j], work[p, j] = work[p, j], work[k, j]
        scale = 1.0 / work[k, k]
        for j in range(2 * d):
            work[k, j] *= scale
        for i in range(d):
            factor = work[i, k]
            if i != k and factor != 0.0:
                for j in range(2 * d):
                    work[i, j] -= factor * work[k, j]
    for i in range(d):
        total = 0.0
        for j in range(d):
            total -= work[i, d + j] * rows[j, d]
        point[i] = total
    # work[:, 0] becomes e + |r|
    for i in range(d):
        value, size = rows[i, d], abs(rows[i, d])
        for j in range(d):
            term = rows[i, j] * point[j]
            value += term
            size += abs(term)
        work[i, 0] = errors[i] + abs(value) + (d + 3) * U * size
    contraction, radius = 0.0, 0.0
    for i in range(d):
        moved, row = 0.0, 0.0
        for j in range(d):
            value = 1.0 if i == j else 0.0
            size = value
            for k in range(d):
                term = work[i, d + k] * rows[k, j]
                value -= term
                size += abs(term)
            row += abs(value) + (d + 3) * U * size
            moved += abs(work[i, d + j]) * work[j, 0]
        # Written so that NaN fails, here and below.
        if not (row < 0.5 and moved < np.inf):
            return np.inf
        contraction = max(contraction, row)
        radius = max(radius, moved)
    return float(radius / (1.0 - contraction) * INFLATE)


@kernel(bare=True)
def sign_at(form: Vector, error: float, point: Vector, radius: float) -> int:
    """Sign of a form (d + 1,) at a vertex (d + 1,): -1, 0, 1, or UNKNOWN."""
    d = form.size - 1
    value, size, steep = form[d] * point[d], abs(form[d] * point[d]), 0.0
    for j in range(d):
        term = form[j] * point[j]
        value += term
        size += abs(term)
        steep += abs(form[j])
    bound = 0.0
    if not (error == 0.0 and radius == 0.0 and size < WHOLE):
        bound = (error * point[d] + steep * radius + (d + 4) * U * size) * INFLATE
    if value > bound:
        return 1
    if value < -bound:
        return -1
    return 0 if bound == 0.0 else UNKNOWN


@kernel(bare=True)
def tied(planes: Int32Vector, source: Int32Matrix, same: Int64Vector, step: int, plane: int) -> bool:
    """Whether a vertex was made on the same hyperplane of the same step: on a multiple of its form."""
    for i in range(planes.size):
        if source[planes[i], 0] == step and same[source[planes[i], 2]] == same[plane]:
            return True
    return False
