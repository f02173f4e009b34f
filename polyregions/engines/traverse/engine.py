"""Breadth-first enumeration of the activation regions of a box, in any dimension.

1. Start in the region just beyond the midpoint of the box in the direction (e, e^2, ..., e^d).
2. For each region in order of discovery: which rows of its cell are facets
   (:mod:`polyregions.engines.traverse.decisions`; what float64 cannot prove,
   :mod:`polyregions.engines.traverse.exact_cell` decides), and which pattern is across each.
3. Every pattern is visited once; a known one only gets one more adjacency.

The interior of the box is connected and stays so without the faces of dimension d - 2 and less, so
crossing facets reaches every region. What a region's facets are depends on its pattern alone. So regions
are decided in batches, by several threads if wanted, and linked in order: the result does not depend on the
batch size or the number of workers, and of the LP back end only the witnesses do.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction

import numpy as np

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.growing import GrowingArray
from ...base.kernels import Int64Vector, int64, kernel
from ...base.memory import available_memory
from ...complex.region_complex import RegionComplex
from ...errors import CheckFailedError, InvalidInputError
from ...geometry.domain import Domain, fields_of, inner_point
from ...network.network import Network
from ...network.same_borders import same_borders
from .decisions import Decisions, decide, inner_balls
from .exact_cell import ExactCell, exact_cell
from .followers import Followers
from .pattern_set import EMPTY, PatternSet, Table, find_slot, unit_key
from .rows import RecentredRows
from .traversed import Traversed
from .witnesses import add_witnesses, rounded_centres

#: Regions decided at a time: enough to hide the cost of a call, little enough to stop soon.
BATCH = 512
#: A batch should take about so many seconds, so that Ctrl-C and a time limit are heard soon.
BATCH_SECONDS = 0.1
#: Bytes that the decisions of one batch may take.
BATCH_BYTES = 2**27
#: After Ctrl-C or the time limit, seconds for the witnesses of regions that were not explored.
LAST_SECONDS = 0.3
#: Why a traversal may have stopped that then has little time.
HURRIED = ("interrupted", "time")
#: How many blocks of how many explored regions are decided again before a partial result is gone on from;
#: all of them are before the result is called complete.
PROVEN, PROVEN_TOGETHER = 64, 16
#: More regions than any memory holds, and an int64.
MOST = 2**62

Progress = Callable[[int, int], None]


def enumerate_by_traversal(
    network: Network,
    domain: Domain,
    *,
    lp: str = "native",
    workers: int = 1,
    limit: int | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
    resume: RegionComplex | None = None,
) -> RegionComplex:
    """Return all activation regions of the domain, with their facets.

    Parameters
    ----------
    lp : {"native", "scipy", "cvxpy"}
        Which LP solver proposes facets; see :mod:`polyregions.engines.traverse.decisions`.
    workers : int
        Threads. The result is the same for any number.
    limit : int, optional
        Stop as soon as there is a region beyond that number; the result is then partial.
    time_limit : float, optional
        Stop after about so many seconds; the result is then partial.
    progress : callable, optional
        ``progress(explored, found)`` after each batch.
    resume : RegionComplex, optional
        A partial result of the same network and domain to go on from. The result is the one that an
        uninterrupted run gives, to the last bit.

    Notes
    -----
    Ctrl-C, and memory running low, give a partial result too (``complete`` is False, ``stopped`` says why).
    """
    end = math.inf if time_limit is None else time.monotonic() + time_limit
    traversal = _Traversal(Traversed.of(network), domain, lp, workers, limit, resume)
    stopped = ""
    try:
        if resume is not None:
            traversal.prove(resume, PROVEN, end)
        while not stopped and traversal.explored < traversal.found:
            stopped = traversal.advance(end)
            if progress is not None:
                progress(traversal.explored, traversal.found)
        if resume is not None and not stopped:
            traversal.prove_all(resume, end)
    except TimeoutError:
        stopped = "time"
    except KeyboardInterrupt:
        stopped = "interrupted"
    except MemoryError:
        stopped = "memory"
    except CheckFailedError as error:
        if resume is None:
            raise
        raise InvalidInputError(f"resume: {error}") from error
    return traversal.result(stopped)


class _Traversal:
    """The state of a traversal: patterns found, and the facets of the first ``explored`` of them.

    The arrays of the result grow as regions are found, so that a run that ends for lack of memory needs no
    more of it to hand out what there is.
    """

    def __init__(
        self,
        traversed: Traversed,
        domain: Domain,
        lp: str,
        workers: int,
        limit: int | None,
        resume: RegionComplex | None,
    ) -> None:
        self.traversed, self.domain, self.lp, self.workers = traversed, domain, lp, workers
        self.network = network = traversed.network
        self.limit = min(limit, MOST) if limit is not None else MOST
        same = same_borders(network)
        self.followers = Followers.find(same)
        self.recentred = RecentredRows(network, domain, same.first)
        self.patterns = PatternSet(network.n_units)
        self.offsets = GrowingArray(np.int64)
        self.neighbors = GrowingArray(np.int64)
        self.witnesses = GrowingArray(np.float64, domain.dim)
        self.offsets.rows[0] = explored = 0
        self.done = (0, 0)
        if resume is None:
            start = network.exact.states_near(inner_point(domain))
            self.patterns.add(np.array(start, dtype=np.uint8))
        else:
            patterns = traversed.narrowed(resume.states)
            if self.followers.contradicted_by(patterns, network):
                raise InvalidInputError("resume: a pattern has no region: units of one border contradict")
            for pattern in patterns:
                self.patterns.add(pattern)
            explored, facets = resume.n_explored, len(resume.facet_neighbors)
            self.offsets.reserve(explored + 1)
            self.neighbors.reserve(facets)
            self.witnesses.reserve(self.patterns.count)
            self.offsets.rows[: explored + 1] = resume.facet_offsets
            self.neighbors.rows[:facets] = resume.facet_neighbors
            self.witnesses.rows[:explored] = resume.witnesses[:explored]
        row_bytes = 4 * domain.dim + 9
        # Regions in the next batch, and the most there may be.
        self.most_together = max(1, min(BATCH, BATCH_BYTES // (self.recentred.max_rows * row_bytes)))
        self.together = min(16, self.most_together)
        # Replaced in one step after each batch: an interrupt in between loses that batch and nothing else.
        self.done = self.before = (explored, self.patterns.count)

    @property
    def explored(self) -> int:
        """Number of regions whose facets are known."""
        return self.done[0]

    @property
    def found(self) -> int:
        """Number of regions known."""
        return self.done[1]

    def advance(self, until: float) -> str:
        """Explore the next batch; return why the traversal has to stop after it, or "".

        Raises
        ------
        TimeoutError
            If it takes longer than ``until``.
        """
        start, size, began = self.explored, self.together, time.monotonic()
        batch = self.patterns.patterns[start : min(start + size, self.found)].copy()
        decisions, exact = self._decide(batch, until)
        facets = int(decisions.counts.sum())
        if not self._reserve(start + len(batch), facets):
            return "memory"
        written, end = int(self.offsets.rows[start]), start + len(batch)
        linked = self._link(start, decisions, exact, self.neighbors.rows[written : written + facets])
        self.offsets.rows[start + 1 : end + 1] = written + np.cumsum(decisions.counts)
        self.witnesses.rows[start : start + linked] = self._witnesses(batch[:linked], decisions, exact)
        self.before, self.done = self.done, (start + linked, min(self.patterns.count, self.limit))
        if len(batch) == size:
            self._adapt(time.monotonic() - began)
        return "" if linked == len(batch) else "limit"

    def prove_all(self, resume: RegionComplex, until: float) -> None:
        """Decide all explored regions of a partial result again, which the result is complete with.

        If it is interrupted, the result is the partial one before the last batch.
        """
        done, self.done = self.done, self.before
        if resume.n_explored > PROVEN * PROVEN_TOGETHER:
            self.prove(resume, resume.n_explored, until)
        self.done = done

    def prove(self, resume: RegionComplex, most: int, until: float) -> None:
        """Decide explored regions of a partial result again: so many blocks, spread over them.

        Raises
        ------
        InvalidInputError
            If one has other facets than those that the result lists.
        """
        blocks = -(-resume.n_explored // PROVEN_TOGETHER)
        for block in np.unique(np.linspace(0, blocks - 1, min(blocks, most)).astype(np.int64)).tolist():
            start, found = block * PROVEN_TOGETHER, self.patterns.count
            end = min(start + PROVEN_TOGETHER, resume.n_explored)
            batch = self.patterns.patterns[start:end].copy()
            decisions, exact = self._decide(batch, until)
            facets = int(decisions.counts.sum())
            self.patterns.reserve(facets)
            neighbors = np.empty(facets, dtype=np.int64)
            linked = self._link(start, decisions, exact, neighbors)
            offsets = resume.facet_offsets[start : end + 1]
            same = linked == len(batch) and self.patterns.count == found
            same = same and np.array_equal(np.diff(offsets), decisions.counts)
            if not (same and np.array_equal(resume.facet_neighbors[offsets[0] : offsets[-1]], neighbors)):
                raise InvalidInputError(
                    f"resume: among its regions {start} to {end - 1} one has other facets than those listed"
                )

    def _decide(self, batch: StateArray, until: float) -> tuple[Decisions, dict[int, ExactCell]]:
        """What is proven about each pattern's cell, and exactly of those that float64 leaves open."""
        decisions = decide(self.recentred, batch, self.lp, self.workers, until)
        exact: dict[int, ExactCell] = {}
        for i in np.flatnonzero(~decisions.decided).tolist():
            exact[i] = self._exact_cell(batch[i], decisions, i)
            decisions.counts[i] = len(exact[i].facets)
            if not exact[i].float_holds:
                decisions.radii[i] = 0.0
            if time.monotonic() > until:
                raise TimeoutError
        return decisions, exact

    def _adapt(self, seconds: float) -> None:
        """Choose the size of the next batch by the time that this one took."""
        factor = 2.0 if seconds < BATCH_SECONDS / 2 else 1.0 if seconds < BATCH_SECONDS else 0.5
        self.together = max(1, min(self.most_together, int(self.together * factor)))

    def _reserve(self, explored: int, facets: int) -> bool:
        """Make room for so many explored regions and further facets; False if there is no memory for it."""
        found = self.patterns.count + facets  # no more than that can be new
        total = int(self.offsets.rows[self.explored]) + facets
        needs = ((self.offsets, explored + 1), (self.neighbors, total), (self.witnesses, found))
        growth = self.patterns.growth(facets) + sum(array.growth(need) for array, need in needs)
        if growth and growth > available_memory():
            return False
        self.patterns.reserve(facets)
        for array, need in needs:
            array.reserve(need)
        return True

    def _link(
        self, start: int, decisions: Decisions, exact: dict[int, ExactCell], neighbors: IntArray
    ) -> int:
        """Write the ids across all facets of the batch from the start on; return how many regions were done.

        Stops at the region that has a neighbour beyond the limit.
        """
        known = self.patterns
        written, begin = 0, 0
        for end in [*exact, len(decisions.counts)]:
            rest, span = neighbors[written:], (start, begin, end)
            begin, known.count, more = _link_flips(
                known.table, known.count, self.limit, span, decisions, self.followers, rest
            )
            written += more
            if begin < end or end == len(decisions.counts):
                return int(begin)
            for k, across in enumerate(exact[end].facets):
                j = -1 - across if isinstance(across, int) else known.add(across)
                if j >= self.limit:
                    return int(begin)
                neighbors[written + k] = j
            begin, written = end + 1, written + len(exact[end].facets)
        return int(begin)

    def _exact_cell(self, pattern: StateArray, decisions: Decisions, i: int) -> ExactCell:
        t = decisions.centres[i]
        centre = self.recentred.point(t) if np.isfinite(t).all() else None
        proven = decisions.verdicts[i], decisions.bases[i]
        return exact_cell(self.network, self.domain, pattern, *proven, centre, self.followers)

    def _witnesses(
        self, patterns: StateArray, decisions: Decisions, exact: dict[int, ExactCell]
    ) -> FloatArray:
        """A float64 point of each region; regions that are too small may hold none."""
        points, inside = rounded_centres(self.recentred, decisions, len(patterns))
        for i in np.flatnonzero(~inside).tolist():
            points[i] = [float(v) for v in self._interior_point(patterns[i], decisions, i, exact.get(i))]
        return points

    def _interior_point(
        self, pattern: StateArray, decisions: Decisions, i: int, cell: ExactCell | None
    ) -> list[Fraction]:
        if cell is None and decisions.radii[i] > 0.0:
            return self.recentred.point(decisions.centres[i])
        return (cell or self._exact_cell(pattern, decisions, i)).interior

    def result(self, stopped: str) -> RegionComplex:
        """The regions found so far; complete if all of them are explored."""
        explored, found = self.done
        if explored == found:
            stopped = ""
        # Reserved with the batch in which they were found, but for a first one that was interrupted.
        self.witnesses.reserve(found)
        self.witnesses.rows[explored:found] = np.nan
        with suppress(MemoryError, KeyboardInterrupt, TimeoutError):
            # Regions without a witness are labelled so; waiting for them, or losing all, would be worse.
            self._add_frontier(time.monotonic() + LAST_SECONDS if stopped in HURRIED else math.inf)
        return RegionComplex(
            network=self.traversed.whole,
            **fields_of(self.domain),
            engine="traverse",
            states=self.traversed.widened(self.patterns.patterns[:found]),
            witnesses=self.witnesses.rows[:found],
            facet_offsets=self.offsets.rows[: explored + 1],
            facet_neighbors=self.neighbors.rows[: self.offsets.rows[explored]],
            complete=not stopped,
            stopped=stopped,
        )

    def _add_frontier(self, end: float) -> None:
        """Witnesses of regions that were found but not explored, as long as there is time.

        Exact arithmetic, which may take long, is left out where there is an end.
        """
        explored, found = self.done
        patterns, witnesses = self.patterns.patterns[explored:found], self.witnesses.rows[explored:found]
        if end < math.inf:
            add_witnesses(self.recentred, patterns, witnesses, end)
            return
        for start in range(0, len(patterns), self.most_together):
            part = slice(start, start + self.most_together)
            witnesses[part] = self._witnesses(patterns[part], inner_balls(self.recentred, patterns[part]), {})


@kernel
def _link_flips(
    known: Table,
    count: int,
    limit: int,
    span: tuple[int, int, int],
    decisions: Decisions,
    followers: Followers,
    neighbors: Int64Vector,
) -> tuple[int, int, int]:
    """Link regions ``start + begin .. start + end``, each of whose facets flips one unit, and its followers.

    ``span`` is start, begin and end. Returns the first region of the batch not linked, the number of patterns
    known, of which there were ``count``, and of ``neighbors`` written. Stops at the region that has a
    neighbour beyond the limit.
    """
    slots, keys, patterns = known
    start, begin, end = span
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
            for f in range(followers.first[unit], followers.first[unit + 1]):
                other = followers.units[f]
                flipped = int64(1 - across[other])
                key = key - unit_key(other, int64(across[other])) + unit_key(other, flipped)
                across[other] = flipped
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
