"""Breadth-first enumeration of the activation regions of a box, in any dimension.

1. Start in the region just beyond the midpoint of the box in the direction (e, e^2, ..., e^d).
2. For each region in order of discovery: which rows of its cell are facets
   (:mod:`polyregions.engines.traverse.decisions`; what float64 cannot prove,
   :mod:`polyregions.engines.traverse.exact_cell` decides), and which pattern is across
each.
3. Every pattern is visited once; a known one only gets one more adjacency.

The interior of the box is connected and stays so without the faces of dimension d - 2 and less, so
crossing facets reaches every region. What a region's facets are depends on its pattern alone. So regions
are decided in batches, by several threads if wanted, and linked in order: the result does not depend on the
batch size, the number of workers or the LP back end.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from fractions import Fraction

import numpy as np

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.kernels import Int64Vector, int64, kernel
from ...base.memory import available_memory
from ...complex.region_complex import RegionComplex
from ...network.box import Box
from ...network.network import Network
from .decisions import Decisions, decide, inner_balls
from .exact_cell import ExactCell, exact_cell
from .pattern_set import EMPTY, PatternSet, Table, find_slot, unit_key
from .rows import RecentredNetwork

#: Regions decided at a time: enough to hide the cost of a call, little enough to stop soon.
BATCH = 512
#: More regions than any memory holds, and an int64.
MOST = 2**62

Progress = Callable[[int, int], None]


def enumerate_by_traversal(
    network: Network,
    box: Box,
    *,
    lp: str = "native",
    workers: int = 1,
    limit: int | None = None,
    progress: Progress | None = None,
    resume: RegionComplex | None = None,
) -> RegionComplex:
    """Return all activation regions of the box, with their facets.

    Parameters
    ----------
    lp : {"native", "scipy", "cvxpy"}
        Which LP solver proposes facets; see :mod:`polyregions.engines.traverse.decisions`.
    workers : int
        Threads. The result is the same for any number.
    limit : int, optional
        Stop as soon as there is a region beyond that number; the result is then partial.
    progress : callable, optional
        ``progress(explored, found)`` after each batch.
    resume : RegionComplex, optional
        A partial result of the same network and box to go on from. The result is the one that an
        uninterrupted run gives, to the last bit.

    Notes
    -----
    Ctrl-C, and memory running low, give a partial result too (``complete`` is False, ``stopped`` says why).
    """
    traversal = _Traversal(network, box, lp, limit, resume)
    stopped = ""
    try:
        with ExitStack() as stack:
            executor = stack.enter_context(ThreadPoolExecutor(workers)) if workers > 1 else None
            while not stopped and traversal.explored < traversal.found:
                stopped = traversal.advance(executor, workers)
                if progress is not None:
                    progress(traversal.explored, traversal.found)
    except KeyboardInterrupt:
        stopped = "interrupted"
    except MemoryError:
        stopped = "memory"
    return traversal.result(stopped)


class _Traversal:
    """The state of a traversal: patterns found, and the facets of the first ``explored`` of them."""

    def __init__(
        self, network: Network, box: Box, lp: str, limit: int | None, resume: RegionComplex | None
    ) -> None:
        self.network, self.box, self.lp = network, box, lp
        self.limit = min(limit, MOST) if limit is not None else MOST
        self.recentred = RecentredNetwork(network, box)
        self.patterns = PatternSet(network.n_units)
        self.chunks: list[tuple[IntArray, IntArray, FloatArray]] = []
        explored = 0
        if resume is None:
            start = network.exact.states_near(self.recentred.midpoint)
            self.patterns.add(np.array(start, dtype=np.uint8))
        else:
            for pattern in resume.states.copy():
                self.patterns.add(pattern)
            explored = resume.n_explored
            counts = np.diff(resume.facet_offsets)
            self.chunks.append((counts, resume.facet_neighbors, resume.witnesses[:explored]))
        self.result_bytes = 0
        # Replaced in one step after each batch: an interrupt in between loses that batch and nothing else.
        self.done = (explored, self.patterns.count, len(self.chunks))  # explored, found, chunks

    @property
    def explored(self) -> int:
        """Number of regions whose facets are known."""
        return self.done[0]

    @property
    def found(self) -> int:
        """Number of regions known."""
        return self.done[1]

    def advance(self, executor: ThreadPoolExecutor | None, workers: int) -> str:
        """Explore the next batch; return why the traversal has to stop after it, or ""."""
        start = self.explored
        batch = self.patterns.patterns[start : min(start + BATCH, self.found)].copy()
        decisions = decide(self.recentred, batch, self.lp, executor, workers)
        exact = {
            i: self._exact_cell(batch[i], decisions, i) for i in np.flatnonzero(~decisions.decided).tolist()
        }
        for i, cell in exact.items():
            decisions.counts[i] = len(cell.facets)
        facets = int(decisions.counts.sum())
        growth = self.patterns.growth(facets)
        if growth and growth + self.result_bytes > available_memory():
            return "memory"
        self.patterns.reserve(facets)  # no more than that can be new
        neighbors = np.empty(facets, dtype=np.int64)
        linked, written = self._link(start, decisions, exact, neighbors)
        witnesses = self._witnesses(batch[:linked], decisions, exact)
        self.chunks.append((decisions.counts[:linked].copy(), neighbors[:written].copy(), witnesses))
        self.result_bytes += sum(part.nbytes for part in self.chunks[-1])
        self.done = (start + linked, min(self.patterns.count, self.limit), len(self.chunks))
        return "" if linked == len(batch) else "limit"

    def _link(
        self, start: int, decisions: Decisions, exact: dict[int, ExactCell], neighbors: IntArray
    ) -> tuple[int, int]:
        """Write the ids across all facets of the batch; return how many regions and facets were done.

        Stops at the region that has a neighbour beyond the limit.
        """
        known = self.patterns
        written, begin = 0, 0
        for end in [*exact, len(decisions.counts)]:
            rest = neighbors[written:]
            begin, known.count, more = _link_flips(
                known.table, known.count, self.limit, start, begin, end, decisions, rest
            )
            written += more
            if begin < end or end == len(decisions.counts):
                return begin, written
            for k, across in enumerate(exact[end].facets):
                j = -1 - across if isinstance(across, int) else known.add(across)
                if j >= self.limit:
                    return begin, written
                neighbors[written + k] = j
            begin, written = end + 1, written + len(exact[end].facets)
        return begin, written

    def _exact_cell(self, pattern: StateArray, decisions: Decisions, i: int) -> ExactCell:
        t = decisions.centres[i]
        centre = self.recentred.point(t) if np.isfinite(t).all() else None
        return exact_cell(self.network, self.box, pattern, decisions.verdicts[i], decisions.bases[i], centre)

    def _witnesses(
        self, patterns: StateArray, decisions: Decisions, exact: dict[int, ExactCell]
    ) -> FloatArray:
        """A float64 point of each region; regions that are too small may hold none."""
        centres, radii = decisions.centres[: len(patterns)], decisions.radii[: len(patterns)]
        middle = np.array([float(v) for v in self.recentred.midpoint])
        half = np.array([float(v) for v in self.recentred.halfwidths])
        points = middle + half * centres
        # Four roundings, in units of the half widths: is the rounded point still in the ball?
        with np.errstate(divide="ignore"):
            error = 4.0 * 2.0**-53 * (1.0 + (np.abs(middle) + 2.0**-1000) / half) * (1.0 + 2.0**-10)
        for i in np.flatnonzero(~(np.sqrt(error @ error) < radii)).tolist():
            points[i] = [float(v) for v in self._interior_point(patterns[i], decisions, i, exact.get(i))]
        return points

    def _interior_point(
        self, pattern: StateArray, decisions: Decisions, i: int, cell: ExactCell | None
    ) -> list[Fraction]:
        if cell is None and decisions.radii[i] > 0.0:
            return self.recentred.point(decisions.centres[i])
        return (cell or self._exact_cell(pattern, decisions, i)).interior

    def result(self, stopped: str) -> RegionComplex:
        """The regions found so far; complete if ``stopped`` is empty."""
        explored, found, chunks = self.done
        counts, neighbors, witnesses = zip(*self.chunks[:chunks], strict=True) if chunks else ((), (), ())
        frontier = [self._interior_points(i, min(i + BATCH, found)) for i in range(explored, found, BATCH)]
        return RegionComplex(
            network=self.network,
            box=self.box,
            engine="traverse",
            states=self.patterns.patterns[:found].copy(),
            witnesses=np.concatenate([*witnesses, *frontier]),
            facet_offsets=np.concatenate([[0], *counts]).cumsum(dtype=np.int64),
            facet_neighbors=np.concatenate([*neighbors, np.empty(0, dtype=np.int64)]),
            complete=not stopped,
            stopped=stopped,
        )

    def _interior_points(self, start: int, end: int) -> FloatArray:
        """Witnesses of regions that were found but not explored."""
        patterns = self.patterns.patterns[start:end]
        return self._witnesses(patterns, inner_balls(self.recentred, patterns), {})


@kernel
def _link_flips(
    known: Table,
    count: int,
    limit: int,
    start: int,
    begin: int,
    end: int,
    decisions: Decisions,
    neighbors: Int64Vector,
) -> tuple[int, int, int]:
    """Link regions ``start + begin .. start + end``, each of whose facets flips one unit.

    Returns the first region of the batch not linked, the number of patterns known, of which there were
    ``count``, and of ``neighbors`` written. Stops at the region that has a neighbour beyond the limit.
    """
    slots, keys, patterns = known
    written = 0
    for i in range(begin, end):
        own = start + i
        for k in range(decisions.counts[i]):
            unit, state = int64(decisions.units[i, k]), int64(decisions.beyond[i, k])
            if unit < 0:
                neighbors[written + k] = -1 - state
                continue
            across = patterns[count]
            for u in range(across.size):
                across[u] = patterns[own, u]
            key = keys[own] - unit_key(unit, int64(across[unit])) + unit_key(unit, state)
            across[unit] = state
            slot = find_slot(known, key, across)
            if slots[slot] == EMPTY:
                if count >= limit:
                    return i, count, written
                slots[slot] = count
                keys[count] = key
                count += 1
            neighbors[written + k] = slots[slot]
        written += decisions.counts[i]
    return end, count, written
