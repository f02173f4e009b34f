"""Certificates: what a float64 point or a float64 multiplier *proves* about the rows of a cell.

A float LP only proposes. What it proposes is checked here against the rows themselves, with every
rounding error accounted for, so that no pivot rule, tolerance or loss of accuracy inside a solver can
ever change an answer: a wrong proposal fails its check, and the exact arithmetic decides instead.

Scaled rows
-----------
A row of :mod:`polyregions.engines.traverse.rows` is a form F(t) = a . t + c, known as (a^, c^) up to e on the
box. With a centre ``q`` and a scale ``rho`` write ``t = q + rho y`` and

    S(y) = F(t) / (rho |a^|)  =  b - A . y,      A = -a^ / |a^|,      b = (a^ . q + c^) / (rho |a^|),

so that S is a distance in units of rho. ``eps`` bounds the error of b and the part of the form's own
error e, the same for every y in the box; the rounding of A and of ``b - A . y`` is added where it is used,
because it grows with y (Higham 2002, section 3.1; u = 2^-53). ``e <= |a^| / 4`` is required of every row
(``tilt``): the true gradient of S then has a length between 3/4 and 5/4.

A facet
-------
Row i has a facet of the cell, and no other row vanishes on all of it, if there is a point p with

    S_k(p) > 3 |S_i(p)|   for every other row k      (all with their errors).

For the true S_i vanishes at some p' with |p' - p| <= |S_i(p)| / (3/4), and on the way no other S_k changes
by more than (5/4) |p' - p|. So at p' exactly one row of the cell is zero: crossing there flips one unit.
(The bounds e hold in the box only, and p may lie outside. But every row is proven positive at the centre, by
:func:`recentre`; so on the segment to p the rows other than i stay positive as long as it is in the box,
those of the box among them, and it can leave the cell only through row i.)

Rows that were dropped as redundant need not be looked at again: each is positive on the whole closed cell, so
no segment leaves the cell through it, and the rows that are left define the same cell.

Loose rows
----------
A row whose gradient is not well known is left out, and what is proven then is proven of a larger cell: that
a row is positive on all of it holds for the cell, too; that a row has a facet, or that a ball is inside,
holds if all loose rows are identically zero. Whether they are is for exact arithmetic to say.

A redundant row
---------------
With multipliers l_k >= 0 and r = v - sum l_k A_k, every y of the cell has

    v . y  =  sum l_k A_k . y + r . y  <=  sum l_k (b_k + error) + sum_j |r_j| Y_j,       |y_j| <= Y_j.

If this bound for v = A_i is below b_i by more than its error, then S_i > 0 on the whole closed cell.
"""

from __future__ import annotations

import numpy as np

from ..base.kernels import Column, Int64Vector, Matrix, UInt8Vector, Vector, kernel
from ..base.rounding import INFLATE, U
from .workspace import ScaledCell

UNDECIDED, FACET, REDUNDANT = 0, 1, 2
#: The gradient of the row is not well known: it may be zero. The row takes no part in any proof.
LOOSE = 4


@kernel(bare=True)
def live_rows(rows: Matrix, n: int, cell: ScaledCell, verdict: UInt8Vector) -> int:
    """Normalise the rows (d + 2, n) that may vanish on the box, and mark the others redundant, or loose.

    The cell gets m scaled rows, for centre 0 and scale 1. Returns m, or -1 if a row is not finite: then
    nothing is known.
    """
    A, b, eps, _, number = cell
    d = rows.shape[0] - 2
    m = 0
    for r in range(n):
        size = 0.0
        largest = 0.0
        for j in range(d):
            size += abs(rows[j, r])
            largest = max(largest, abs(rows[j, r]))
        if not (size + abs(rows[d, r]) + rows[d + 1, r] < np.inf):
            return -1
        error = (rows[d + 1, r] + (d + 4) * U * (size + abs(rows[d, r]))) * INFLATE
        if rows[d, r] - size > error:
            verdict[r] = REDUNDANT
            continue
        verdict[r] = UNDECIDED
        square = 0.0
        for j in range(d):
            square += (rows[j, r] / largest) ** 2
        norm = largest * square**0.5
        if not (rows[d + 1, r] <= 0.25 * norm and 2.0**-900 < norm < 2.0**900):
            verdict[r] = LOOSE
            continue
        for j in range(d):
            A[j, m] = -rows[j, r] / norm
        b[m] = rows[d, r] / norm
        eps[m] = error / norm
        number[m] = r
        m += 1
    return m


@kernel(bare=True)
def recentre(cell: ScaledCell, m: int, centre: Vector, rho: float) -> float:
    """Move the scaled rows to a new centre and scale, in place, and bound ``|y_j|`` on the box.

    Returns the radius, before scaling, of a ball around the centre that is proven to lie in the interior
    of the cell; 0 if there is none. The certificates below are valid only if there is one.
    """
    A, b, eps, ymax, _ = cell
    d = A.shape[0]
    radius = np.inf
    if not 0.0 < rho < 4.0:
        return 0.0
    for j in range(d):
        ymax[j] = (1.0 + abs(centre[j])) / rho * INFLATE
    for k in range(m):
        value, size = b[k], abs(b[k])
        for j in range(d):
            term = A[j, k] * centre[j]
            value -= term
            size += abs(term)
        b[k] = value / rho
        eps[k] = (eps[k] + (d + 8) * U * size) / rho * INFLATE
        # The form falls by at most 5/4 for each unit of length.
        depth = (b[k] - eps[k] * INFLATE) * 0.75
        if not depth > 0.0:
            return 0.0
        radius = min(radius, depth)
    return radius * rho


@kernel(bare=True)
def certifies_facet(cell: ScaledCell, m: int, i: int, p: Vector) -> bool:
    """Whether the point p (d,) proves a facet of row i on which no other row vanishes."""
    A, b, eps = cell.A, cell.b, cell.eps
    d = A.shape[0]
    size = 0.0
    for j in range(d):
        size += abs(p[j])
    own = b[i]
    for j in range(d):
        own -= A[j, i] * p[j]
    rounding = (d + 8) * U
    off = 3.0 * (abs(own) + eps[i] + rounding * (b[i] + size))
    for k in range(m):
        slack = b[k]
        for j in range(d):
            slack -= A[j, k] * p[j]
        if k != i and not slack > (off + eps[k] + rounding * (b[k] + size)) * INFLATE:
            return False
    return True


@kernel(bare=True)
def upper_bound(v: Column, cell: ScaledCell, chosen: Int64Vector, multipliers: Vector, n: int) -> float:
    """Proven upper bound of v . y over the cell from n multipliers of the rows ``chosen``."""
    A, b, eps, ymax, _ = cell
    d = A.shape[0]
    total = 0.0
    for i in range(n):
        if multipliers[i] > 0.0:
            k = chosen[i]
            total += multipliers[i] * (b[k] + eps[k] * INFLATE + (d + 8) * U * b[k])
    rounding = (n + d + 8) * U
    total += rounding * total
    for j in range(d):
        rest, size = v[j], abs(v[j])
        for i in range(n):
            if multipliers[i] > 0.0:
                term = multipliers[i] * A[j, chosen[i]]
                rest -= term
                size += abs(term)
        total += (abs(rest) + rounding * size) * ymax[j] * INFLATE
    return float(total)


@kernel(bare=True)
def certifies_redundant(cell: ScaledCell, i: int, chosen: Int64Vector, multipliers: Vector, n: int) -> bool:
    """Whether n multipliers of the rows ``chosen`` prove row i strictly positive on the closed cell."""
    A, b, eps, ymax, _ = cell
    bound = upper_bound(A[:, i], cell, chosen, multipliers, n)
    d = A.shape[0]
    rounding = (d + 8) * U * (b[i] + abs(bound))
    for j in range(d):
        rounding += (d + 8) * U * abs(A[j, i]) * ymax[j]
    return bool(b[i] - bound > (eps[i] + rounding) * INFLATE)
