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
What is not proven is left undecided.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.kernels import Int32Matrix, Matrix, UInt8Vector, Vector, kernel
from .enclosures import bound_by_simplex, shrink_to_bounding_box, shrink_to_simplex
from .proofs import (
    FACET,
    LOOSE,
    REDUNDANT,
    UNDECIDED,
    certifies_facet,
    certifies_redundant,
    live_rows,
    recentre,
)
from .simplex import STEER, blocking, chebyshev_centre, drop_row, first_vertex, most_pivots, pivot
from .workspace import ScaledCell, Workspace

#: Tried and not proven: not to be tried again while the other rows of the cell are decided.
OPEN = 3
#: Rows for each dimension from which on 2 d programs for a bounding box are worth the rows that it drops.
MANY_ROWS = 6


class Answer(NamedTuple):
    """What is decided about one cell of n rows.

    Attributes
    ----------
    verdict : uint8 (n,)
        FACET, REDUNDANT, UNDECIDED or LOOSE for each row, REDUNDANT for what is no row. If any is loose,
        facets and the ball are those of the cell without the loose rows.
    centre : float64 (d,)
        A point of the cell, in the coordinates of the rows; NaN if none was found.
    ball : float64 (1,)
        The radius of a ball around it that is proven to be inside; 0 if there is none.
    bases : int32 (n, d)
        For each undecided row: d rows that seem to make it redundant, or -1 first if it seems a facet.
    """

    verdict: UInt8Vector
    centre: Vector
    ball: Vector
    bases: Int32Matrix


@kernel(bare=True)
def shoot_rays(m: int, verdict: UInt8Vector, work: Workspace) -> None:
    """Mark as facets the rows that rays from the centre along the rows' normals hit first."""
    A, b, _, _, number = work.cell
    point, reach = work.point, work.reach
    d = A.shape[0]
    for i in range(m):
        if verdict[number[i]] != UNDECIDED:
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
        if first >= 0 and verdict[number[first]] == UNDECIDED:
            for j in range(d):
                point[j] = step * A[j, i]
            if certifies_facet(work.cell, m, first, point):
                verdict[number[first]] = FACET


@kernel(bare=True)
def crosses(r: int, m: int, cell: ScaledCell, D: Matrix, row: int, step: float, point: Vector) -> bool:
    """Whether the point ``step`` along nonbasic ``row`` proves, seen from the centre, a facet of row r."""
    A, b = cell.A, cell.b
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
    return bool(certifies_facet(cell, m, r, point))


@kernel(bare=True)
def decide_row(r: int, m: int, work: Workspace) -> int:
    """Minimise the slack of row r over the other rows; return its verdict.

    OPEN if the d rows in ``chosen`` seem to make it redundant but do not prove it.
    """
    cell, simplex, chosen, multipliers = work.cell, work.simplex, work.chosen, work.multipliers
    D, basis, place = simplex
    d = work.point.size
    columns = d + m
    column = d + r
    for _ in range(most_pivots(d)):
        row = place[column]
        if row > 0:
            # Row r is zero at this vertex: relax it along its own edge.
            leaving = blocking(D, d, columns, row, -1.0, column)
            step = 1.0 if leaving < 0 else D[0, leaving] / D[row, leaving]
            if crosses(r, m, cell, D, row, -step, work.point):
                return FACET
            if leaving < 0 or step > STEER:
                return UNDECIDED
            pivot(simplex, columns, row, leaving)
            continue
        entering, gain = 0, STEER
        for i in range(1, d + 1):
            if -D[i, column] > gain:
                entering, gain = i, -D[i, column]
        if entering == 0:
            for i in range(d):
                chosen[i] = basis[1 + i] - d
                multipliers[i] = max(0.0, D[1 + i, column])
            if certifies_redundant(cell, r, chosen, multipliers, d):
                return REDUNDANT
            return OPEN
        leaving = blocking(D, d, columns, entering, 1.0, column)
        step = 2.0 * (D[0, column] / gain + 1.0) if leaving < 0 else -D[0, leaving] / D[entering, leaving]
        if D[0, column] - gain * step < 0.0:
            # Its slack would change sign before the next vertex: the dictionary stays feasible as it is.
            return FACET if crosses(r, m, cell, D, entering, step, work.point) else UNDECIDED
        pivot(simplex, columns, entering, leaving)
    return UNDECIDED


@kernel(bare=True)
def decide_rows(m: int, vertex: bool, answer: Answer, work: Workspace) -> bool:
    """Decide the m rows that are left, one after the other; ``vertex`` says if the dictionary is set up."""
    verdict, number, basis = answer.verdict, work.cell.number, work.simplex.basis
    d = work.point.size
    decided = True
    k = 0
    while k < m:
        if verdict[number[k]] != UNDECIDED:
            k += 1
            continue
        if not vertex:
            vertex = first_vertex(work.cell, m, work.simplex)
            if not vertex:
                return False
        # Those that are zero at the current vertex first.
        r = k
        for i in range(1, d + 1):
            if verdict[number[basis[i] - d]] == UNDECIDED:
                r = basis[i] - d
        found = decide_row(r, m, work)
        if found == OPEN:
            for i in range(d):
                answer.bases[number[r], i] = number[work.chosen[i]]
        if found in (UNDECIDED, OPEN):
            decided = False
            verdict[number[r]] = OPEN
            continue
        verdict[number[r]] = found
        if found == REDUNDANT:
            drop_row(r, m, work.cell, work.simplex)
            m -= 1
    for k in range(m):
        if verdict[number[k]] == OPEN:
            verdict[number[k]] = UNDECIDED
    return decided


@kernel(bare=True)
def decide_cell(rows: Matrix, n: int, answer: Answer, work: Workspace) -> bool:
    """Decide the n rows (d + 2, n) of one cell. Whether no row is left undecided."""
    d = rows.shape[0] - 2
    verdict, cell = answer.verdict, work.cell
    verdict[:n] = UNDECIDED
    verdict[n:] = REDUNDANT  # other cells have more rows
    answer.bases[:n, 0] = -1
    answer.centre[:] = np.nan
    answer.ball[0] = 0.0
    m = live_rows(rows, n, cell, verdict)
    if m <= 0:
        return False
    loose = False
    for r in range(n):
        loose |= verdict[r] == LOOSE
    rho = chebyshev_centre(cell, m, work.ball, work.point)
    if not rho > 0.0:
        return False
    for j in range(d):
        answer.centre[j] = work.point[j]
    answer.ball[0] = recentre(cell, m, answer.centre, rho)
    if not answer.ball[0] > 0.0:
        return False
    bound_by_simplex(work)
    m = shrink_to_simplex(m, verdict, work)
    vertex = False
    if m > MANY_ROWS * d:
        vertex = first_vertex(cell, m, work.simplex)
        if vertex:
            m = shrink_to_bounding_box(m, verdict, work)
    shoot_rays(m, verdict, work)
    return decide_rows(m, vertex, answer, work) and not loose
