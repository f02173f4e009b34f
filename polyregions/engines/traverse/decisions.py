"""Linear programs over the cells of a batch of patterns: which rows are facets.

Three back ends propose points and multipliers, and the certificates of
:mod:`polyregions.geometry.proofs` accept or refuse what they propose, so that the answer does not depend on
the back end; only how much is left to exact arithmetic does.

=========  ==========================================================================================
"native"   the simplex of :mod:`polyregions.geometry.simplex`, compiled; the one to use
"scipy"    HiGHS through ``scipy.optimize.linprog``, one program a row: an independent answer, slow
"cvxpy"    the default solver of cvxpy, one program a row: another one, slower
=========  ==========================================================================================

The last two are those of :mod:`polyregions.geometry.backends`.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ...base.arrays import StateArray
from ...base.kernels import (
    BoolVector,
    Int32Blocks,
    Int32Matrix,
    Int32Vector,
    Int64Vector,
    Matrix,
    UInt8Matrix,
    UInt8Vector,
    Vector,
    kernel,
)
from ...geometry.backends import SOLVERS, Solver, decide_cell_with
from ...geometry.facets import Answer, decide_cell
from ...geometry.proofs import FACET, LOOSE, UNDECIDED, live_rows, recentre
from ...geometry.simplex import chebyshev_centre
from ...geometry.workspace import Workspace
from .rows import CellRows, RecentredArrays, RecentredRows, cell_rows
from .threads import run_in_threads

#: Work, in rows compared with rows times dimensions, that is done at once: a few hundredths of a second, for
#: which no thread needs to be left behind on Ctrl-C.
SHORT = 10**7


class Decisions(NamedTuple):
    """What is proven about the cells of n patterns; R is the most rows that a pattern can have.

    Attributes
    ----------
    verdicts : uint8 (n, R)
        FACET, REDUNDANT, UNDECIDED or LOOSE for each row, in the order of the rows of a cell.
    centres : float64 (n, d)
        A point of each cell in the recentred coordinates, NaN if none was found.
    radii : float64 (n,)
        Radius of a ball around the centre that is proven to lie inside, if no row is loose; 0 if there is
        none.
    bases : int32 (n, R, d)
        For each undecided row: d rows that seem to make it redundant; -1 first if there are none.
    decided : bool (n,)
        Whether no row of the cell is undecided.
    counts : int64 (n,)
        Number of proven facets.
    units, beyond : int32 (n, R)
        Unit that flips across each proven facet and its state there; -1 and the side for the box.
    """

    verdicts: UInt8Matrix
    centres: Matrix
    radii: Vector
    bases: Int32Blocks
    decided: BoolVector
    counts: Int64Vector
    units: Int32Matrix
    beyond: Int32Matrix

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

    def part(self, start: int, end: int) -> Decisions:
        """Views of the cells start..end."""
        return Decisions._make(array[start:end] for array in self)

    def answer(self, i: int) -> Answer:
        """Views of one cell."""
        return Answer(self.verdicts[i], self.centres[i], self.radii[i : i + 1], self.bases[i])


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
    n, d = len(patterns), network.box.dim
    result = Decisions.empty(n, d, network.max_rows)
    if lp != "native":
        run_in_threads([partial(_decide_with, SOLVERS[lp], network, patterns, result)], until)
        return result

    parts = min(workers, n)
    if parts == 1 and n * network.max_rows**2 * d < SHORT:
        _decide_batch(network.arrays, patterns, result, *network.memory)
        return result

    def part(start: int, end: int) -> None:
        # Of its own: a thread may be left behind, still at work.
        room, work = network.new_memory()
        _decide_batch(network.arrays, patterns[start:end], result.part(start, end), room, work)

    cuts = [n * k // parts for k in range(parts + 1)]
    run_in_threads([partial(part, *span) for span in pairwise(cuts)], until)
    return result


def inner_balls(network: RecentredRows, patterns: StateArray) -> Decisions:
    """Find only the centres and radii of the cells; every row is left undecided."""
    n, d = len(patterns), network.box.dim
    result = Decisions.empty(n, d, network.max_rows)
    result.centres[:], result.radii[:] = np.nan, 0.0
    result.bases[:, :, 0] = -1
    _, work = network.new_memory()
    for i, pattern in enumerate(patterns):
        rows = np.ascontiguousarray(network.cell_rows(pattern)[0])
        m = live_rows(rows, rows.shape[1], work.cell, result.verdicts[i])
        if m > 0 and not (result.verdicts[i, : rows.shape[1]] == LOOSE).any():
            rho = chebyshev_centre(work.cell, m, work.ball, result.centres[i])
            result.radii[i] = recentre(work.cell, m, result.centres[i], rho)
    result.verdicts[:] = UNDECIDED
    return result


@kernel(bare=True)
def _collect_facets(
    verdict: UInt8Vector,
    n: int,
    owner: Int64Vector,
    other: Int64Vector,
    units: Int32Vector,
    beyond: Int32Vector,
) -> int:
    """Write unit and state beyond of each of n rows with verdict FACET; return their number."""
    count = 0
    for r in range(n):
        if verdict[r] == FACET:
            units[count], beyond[count] = owner[r], other[r]
            count += 1
    return count


@kernel(bare=True)
def _decide_batch(
    network: RecentredArrays, patterns: UInt8Matrix, result: Decisions, room: CellRows, work: Workspace
) -> None:
    """Native back end: rows, simplex and certificates of each cell in turn."""
    for i in range(patterns.shape[0]):
        n = cell_rows(network, patterns[i], room)
        verdict = result.verdicts[i]
        answer = Answer(verdict, result.centres[i], result.radii[i : i + 1], result.bases[i])
        result.decided[i] = decide_cell(room.rows, n, answer, work)
        counted = _collect_facets(verdict, n, room.owner, room.beyond, result.units[i], result.beyond[i])
        result.counts[i] = counted


def _decide_with(solver: Solver, network: RecentredRows, patterns: StateArray, result: Decisions) -> None:
    """Decide each cell with the programs of a library's solver."""
    for i, pattern in enumerate(patterns):
        rows, owner, other = network.cell_rows(pattern)
        answer = result.answer(i)
        result.decided[i] = decide_cell_with(solver, np.ascontiguousarray(rows), answer)
        result.counts[i] = _collect_facets(
            answer.verdict, owner.size, owner, other, result.units[i], result.beyond[i]
        )
