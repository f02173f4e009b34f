"""Linear programs for one cell by the solvers of libraries: independent answers, and slow ones.

The counterpart of :mod:`polyregions.geometry.facets`: a solver proposes points and multipliers, and
:mod:`polyregions.geometry.proofs` accepts or refuses what it proposes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..base.arrays import FloatArray
from .facets import Answer
from .proofs import FACET, REDUNDANT, UNDECIDED, certifies_facet, certifies_redundant, live_rows, recentre
from .workspace import ScaledCell

#: ``maximise(c, A, b)``: a maximiser of ``c . x`` over ``A x <= b`` and the rows' multipliers, or None.
Solver = Callable[[FloatArray, FloatArray, FloatArray], "tuple[FloatArray, FloatArray] | None"]


def decide_cell_with(solver: Solver, rows: FloatArray, answer: Answer) -> bool:
    """Decide the rows (d + 2, n) of one cell. Whether no row is left undecided."""
    d, n = rows.shape[0] - 2, rows.shape[1]
    cell, verdict = ScaledCell.empty(n, d), answer.verdict
    verdict[:], answer.centre[:], answer.ball[:], answer.bases[:] = UNDECIDED, np.nan, 0.0, -1
    m = live_rows(rows, n, cell, verdict)
    if m <= 0:
        return False
    A, b = cell.A, cell.b
    ball = solver(np.eye(d + 1)[d], np.column_stack([A[:, :m].T, np.ones(m)]), b[:m])
    if ball is None or not ball[0][d] > 0:
        return False
    answer.centre[:] = ball[0][:d]
    answer.ball[0] = recentre(cell, m, answer.centre, float(ball[0][d]))
    if not answer.ball[0] > 0.0:
        return False
    live = list(range(m))
    for k in range(m):
        # Row k itself is only kept from running away: one unit beyond is far enough to see a facet.
        relaxed = b[live] + (np.array(live) == k)
        found = solver(np.ascontiguousarray(A[:, k]), A[:, live].T, relaxed)
        if found is None:
            continue
        point, multipliers = found
        slack = b[k] - A[:, k] @ point
        if slack < 0:
            # Where the segment from the centre to the point crosses row k.
            point = point * (b[k] / (b[k] - slack))
            rest = cell._replace(A=np.ascontiguousarray(A[:, live]), b=b[live], eps=cell.eps[live])
            if certifies_facet(rest, len(live), live.index(k), point):
                verdict[cell.number[k]] = FACET
            continue
        others = np.array([j for j in live if j != k], dtype=np.int64)
        keep = np.maximum(multipliers[np.array(live) != k], 0.0)
        if certifies_redundant(cell, k, others, keep, others.size):
            verdict[cell.number[k]] = REDUNDANT
            live.remove(k)
    return bool(((verdict[:n] == FACET) | (verdict[:n] == REDUNDANT)).all())


def _scipy(c: FloatArray, A: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    from scipy.optimize import linprog

    answer = linprog(-c, A_ub=A, b_ub=b, bounds=(None, None), method="highs")
    return (answer.x, -answer.ineqlin.marginals) if answer.status == 0 else None


def _cvxpy(c: FloatArray, A: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    import cvxpy

    x = cvxpy.Variable(c.size)
    constraint = A @ x <= b
    problem = cvxpy.Problem(cvxpy.Maximize(c @ x), [constraint])
    try:
        problem.solve()
    except cvxpy.SolverError:
        # Unsolved is one of the answers: the row stays open for exact arithmetic.
        return None
    return (x.value, constraint.dual_value) if problem.status == cvxpy.OPTIMAL else None


SOLVERS: dict[str, Solver] = {"scipy": _scipy, "cvxpy": _cvxpy}
