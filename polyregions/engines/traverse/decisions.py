"""Linear programs over the cells of a batch of patterns: which rows are facets.

Three back ends propose points and multipliers, and the certificates of
:mod:`polyregions.geometry.proofs` accept or refuse what they propose, so that the answer does not depend on
the back end; only how much is left to exact arithmetic does.

=========  ==========================================================================================
"native"   the simplex of :mod:`polyregions.geometry.simplex`, compiled; the one to use
"scipy"    HiGHS through ``scipy.optimize.linprog``, one program a row: an independent answer, slow
"cvxpy"    the default solver of cvxpy, one program a row: another one, slower
=========  ==========================================================================================
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.kernels import (
    BASES,
    BYTES,
    FLAGS,
    INDICES,
    INT,
    MATRIX,
    PATTERNS,
    SMALL,
    SMALL_TABLE,
    VECTOR,
    VOID,
    kernel,
)
from ...geometry.facets import decide_cell
from ...geometry.proofs import (
    AMBIGUOUS,
    FACET,
    REDUNDANT,
    certifies_facet,
    certifies_redundant,
    live_rows,
    recentre,
)
from ...geometry.simplex import chebyshev_centre
from .rows import RECENTRED, RecentredRows, cell_rows
from .threads import run_in_threads

BACKENDS = ("native", "scipy", "cvxpy")

#: ``maximise(c, A, b)``: a maximiser of ``c . x`` over ``A x <= b`` and the rows' multipliers, or None.
Solver = Callable[[FloatArray, FloatArray, FloatArray], "tuple[FloatArray, FloatArray] | None"]


@dataclass(frozen=True)
class Decisions:
    """What is proven about the cells of n patterns; R is the most rows that a pattern can have.

    Attributes
    ----------
    verdicts : uint8 (n, R)
        FACET, REDUNDANT or AMBIGUOUS for each row, in the order of the rows of a cell.
    centres : float64 (n, d)
        A point of each cell in the recentred coordinates, NaN if none was found.
    radii : float64 (n,)
        Radius of a ball around the centre that is proven to lie inside, 0 if there is none.
    bases : int32 (n, R, d)
        For each ambiguous row: d rows that seem to make it redundant; -1 first if there are none.
    decided : bool (n,)
        Whether no row of the cell is ambiguous.
    counts : int64 (n,)
        Number of proven facets.
    units, beyond : int32 (n, R)
        Unit that flips across each proven facet and its state there; -1 and the side for the box.
    """

    verdicts: NDArray[np.uint8]
    centres: FloatArray
    radii: FloatArray
    bases: NDArray[np.int32]
    decided: NDArray[np.bool_]
    counts: IntArray
    units: NDArray[np.int32]
    beyond: NDArray[np.int32]

    @classmethod
    def empty(cls, n: int, dim: int, rows: int) -> Decisions:
        """Return uninitialised arrays for n cells."""
        return cls(
            np.empty((n, rows), dtype=np.uint8),
            np.empty((n, dim)),
            np.empty(n),
            np.empty((n, rows, dim), dtype=np.int32),
            np.empty(n, dtype=np.bool_),
            np.empty(n, dtype=np.int64),
            np.empty((n, rows), dtype=np.int32),
            np.empty((n, rows), dtype=np.int32),
        )

    def slice(self, start: int, end: int) -> tuple[Any, ...]:
        """Views of the cells start..end, in the order of the kernels' arguments."""
        parts = (
            self.verdicts,
            self.centres,
            self.radii,
            self.bases,
            self.decided,
            self.counts,
            self.units,
            self.beyond,
        )
        return tuple(part[start:end] for part in parts)


def decide(
    network: RecentredRows,
    patterns: StateArray,
    lp: str = "native",
    workers: int = 1,
    until: float = math.inf,
) -> Decisions:
    """Decide the rows of the cells of n patterns (n, units).

    The batch is cut into one part a worker; the answer is the same.

    Raises
    ------
    TimeoutError
        If it takes longer than ``until`` (of ``time.monotonic``).
    """
    n = len(patterns)
    result = Decisions.empty(n, network.box.dim, network.max_rows)
    if lp != "native":
        run_in_threads([partial(_decide_with, SOLVERS[lp], network, patterns, result)], until)
        return result

    def part(start: int, end: int) -> None:
        _decide_batch(network.arrays, network.max_width, patterns[start:end], *result.slice(start, end))

    parts = min(workers, n)
    cuts = [n * k // parts for k in range(parts + 1)]
    run_in_threads([partial(part, *span) for span in pairwise(cuts)], until)
    return result


def inner_balls(network: RecentredRows, patterns: StateArray) -> Decisions:
    """Find only the centres and radii of the cells; every row is left ambiguous."""
    n, d = len(patterns), network.box.dim
    result = Decisions.empty(n, d, network.max_rows)
    result.verdicts[:], result.centres[:], result.radii[:] = AMBIGUOUS, np.nan, 0.0
    result.bases[:, :, 0] = -1
    columns = network.max_rows + 2 * d + 3
    A, b, eps = np.empty((d, columns)), np.empty(columns), np.empty(columns)
    D, basis, place = np.empty((d + 2, columns)), np.empty(columns, np.int64), np.empty(columns, np.int64)
    verdict, index, ymax = np.empty(columns, np.uint8), np.empty(columns, np.int64), np.empty(d)
    for i, pattern in enumerate(patterns):
        rows = np.ascontiguousarray(network.cell_rows(pattern)[0])
        m = live_rows(rows, rows.shape[1], verdict, A, b, eps, index)
        if m > 0:
            rho = chebyshev_centre(A, b, m, D, basis, place, result.centres[i])
            result.radii[i] = recentre(A, b, eps, m, result.centres[i], rho, ymax)
    return result


@kernel(INT, INT, BYTES, INDICES, INDICES, SMALL, SMALL)
def _collect_facets(n: int, verdict: Any, owner: Any, other: Any, units: Any, beyond: Any) -> int:
    """Write unit and state beyond of each row with verdict FACET; return their number."""
    count = 0
    for r in range(n):
        if verdict[r] == FACET:
            units[count], beyond[count] = owner[r], other[r]
            count += 1
    return count


@kernel(
    VOID,
    RECENTRED,
    INT,
    PATTERNS,
    *[PATTERNS, MATRIX, VECTOR, BASES, FLAGS, INDICES, SMALL_TABLE, SMALL_TABLE],
)
def _decide_batch(
    network: Any,
    max_width: int,
    patterns: Any,
    verdicts: Any,
    centres: Any,
    radii: Any,
    bases: Any,
    decided: Any,
    counts: Any,
    units: Any,
    beyond: Any,
) -> None:
    """Native back end: rows, simplex and certificates of each cell in turn."""
    d, most = centres.shape[1], verdicts.shape[1]
    rows = np.empty((d + 2, most))
    owner, other = np.empty(most, dtype=np.int64), np.empty(most, dtype=np.int64)
    delta, eta = np.empty((d + 2, max_width)), np.empty((d + 2, max_width))
    floats = np.empty((2 * d + 12, most + 2 * d + 3))
    integers = np.empty((3, most + 2 * d + 3), dtype=np.int64)
    for i in range(patterns.shape[0]):
        n = cell_rows(network, patterns[i], rows, owner, other, delta, eta)
        decided[i] = decide_cell(
            rows, n, verdicts[i], centres[i], radii[i : i + 1], bases[i], floats, integers
        )
        counts[i] = _collect_facets(n, verdicts[i], owner, other, units[i], beyond[i])


def _decide_with(solver: Solver, network: RecentredRows, patterns: StateArray, result: Decisions) -> None:
    """Decide each cell with the programs of a library's solver."""
    for i, pattern in enumerate(patterns):
        rows, owner, other = network.cell_rows(pattern)
        verdict = result.verdicts[i]
        result.bases[i] = -1
        result.decided[i] = _decide_cell_with(
            solver, np.ascontiguousarray(rows), verdict, result.centres[i], result.radii[i : i + 1]
        )
        result.counts[i] = _collect_facets(
            owner.size, verdict, owner, other, result.units[i], result.beyond[i]
        )


def _decide_cell_with(
    solver: Solver, rows: FloatArray, verdict: NDArray[np.uint8], centre: FloatArray, radius: FloatArray
) -> bool:
    """Decide the rows (d + 2, n) of one cell: the counterpart of :func:`.facets.decide_cell`."""
    d, n = rows.shape[0] - 2, rows.shape[1]
    A, b, eps, index = np.empty((d, n)), np.empty(n), np.empty(n), np.empty(n, dtype=np.int64)
    verdict[:], centre[:], radius[:] = AMBIGUOUS, np.nan, 0.0
    m = live_rows(rows, n, verdict, A, b, eps, index)
    if m < 0:
        return False
    ball = solver(np.eye(d + 1)[d], np.column_stack([A[:, :m].T, np.ones(m)]), b[:m])
    if ball is None or not ball[0][d] > 0:
        return False
    centre[:] = ball[0][:d]
    ymax = np.empty(d)
    radius[:] = recentre(A, b, eps, m, centre, float(ball[0][d]), ymax)
    if not radius[0] > 0.0:
        return False
    live = list(range(m))
    for k in range(m):
        # Row k itself is only kept from running away: one unit beyond is far enough to see a facet.
        relaxed = b[live] + (np.array(live) == k)
        answer = solver(np.ascontiguousarray(A[:, k]), A[:, live].T, relaxed)
        if answer is None:
            continue
        point, multipliers = answer
        slack = b[k] - A[:, k] @ point
        if slack < 0:
            # Where the segment from the centre to the point crosses row k.
            point = point * (b[k] / (b[k] - slack))
            rest = np.ascontiguousarray(A[:, live])
            if certifies_facet(rest, b[live], eps[live], len(live), live.index(k), point):
                verdict[index[k]] = FACET
            continue
        others = np.array([j for j in live if j != k], dtype=np.int64)
        keep = np.maximum(multipliers[np.array(live) != k], 0.0)
        if certifies_redundant(A, b, eps, ymax, k, others, keep, others.size):
            verdict[index[k]] = REDUNDANT
            live.remove(k)
    return bool((verdict[:n] != AMBIGUOUS).all())


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
