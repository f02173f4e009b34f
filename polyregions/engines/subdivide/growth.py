"""Parts on their way through all layers, depth first, and by several workers.

A part that has more faces than the cache holds is divided, and each run of its cells is taken through all
that is left before the next is begun. So what is worked on stays small, whatever the whole; and where parts
are divided follows from their sizes alone, not from who works when.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.memory import available_memory
from ...errors import TooLargeError
from .group_cut import CutSpace
from .origins import Events, Tracked
from .part import CellPart

#: Faces of a part that is divided, by dimension: the more faces around a vertex, the more are on borders.
MOST_FACES = {1: 2**16, 2: 2**17, 3: 2**17, 4: 2**18, 5: 2**20}
MOST_IN_HIGH_DIMENSION = 2**22
#: Memory that is left for other things.
SPARE = 2**26
#: About how many parts such a part is divided into.
PIECES = 4


class Limits(NamedTuple):
    """Most regions, when to stop by ``time.monotonic()``, and whether all that is done is kept."""

    regions: int | None = None
    until: float | None = None
    keeps: bool = False


class Above(NamedTuple):
    """A part that was divided, a run of its cells, and the last cell around each of its faces."""

    part: CellPart
    begin: int
    end: int
    last: NDArray[np.int32]


class Branch:
    """A part while it is whole, or what has become of it.

    Attributes
    ----------
    part : CellPart or None
        None before it is begun, and once it is divided or counted.
    events, tracked
        What names its faces when parts are put together.
    share : float
        Of all work, as far as it can be told: the parts that one is divided into have equal cells.
    children : list of Branch
        Those that it was divided into.
    is_done : bool
        Whether it was taken through all layers without being divided.
    """

    def __init__(self, part: CellPart | None, n_cells: int, share: float, above: Above | None = None) -> None:
        self.part, self.n_cells, self.share = part, n_cells, share
        self.events: Events | None = None
        self.tracked: Tracked | None = None
        self.children: list[Branch] = []
        self.is_done = False
        self._above = above

    def divide(self, borders: list[int]) -> None:
        """Go on by runs of cells, which are made when they are begun."""
        part, self.part = self.part, None
        assert part is not None
        self.events, self.tracked = part.events, part.tracked
        last, n = part.cells.homes(last=True), part.cells.top.size
        for begin, end in pairwise(borders):
            above = Above(part, begin, end, last)
            self.children.append(Branch(None, end - begin, self.share * (end - begin) / n, above))

    def begin(self) -> CellPart:
        """The part, made now if it was not yet."""
        if self.part is None:
            assert self._above is not None
            whole, begin, end, last = self._above
            self.part, self._above = whole.some(begin, end, last), None
        return self.part

    def end(self) -> None:
        """It was taken through all layers."""
        assert self.part is not None
        self.is_done, self.events, self.tracked = True, self.part.events, self.part.tracked

    def finished(self) -> Iterator[Branch]:
        """Those that are done, in order, up to the first that is not."""
        if self.is_done:
            yield self
        for child in self.children:
            yield from child.finished()
            if not child.is_whole:
                return

    @property
    def is_whole(self) -> bool:
        """Whether all of it is done."""
        if self.children:
            return all(child.is_whole for child in self.children)
        return self.is_done


class Growth:
    """The work of taking a part, and what it is divided into, through all layers.

    Parameters
    ----------
    root : CellPart
    done : callable
        ``done(branch)`` is called for each that is done, one at a time.
    report : callable, optional
        ``report(share, done, known)`` now and then: share of the work, regions, and cells so far.
    limits : Limits

    Attributes
    ----------
    root : Branch
    stopped : str
        Why the work has stopped ("limit", "time", "memory", "interrupted"), or "".
    """

    def __init__(
        self,
        root: CellPart,
        done: Callable[[Branch], None],
        report: Callable[[float, int, int], None] | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.root = Branch(root, root.cells.top.size, 1.0)
        self.stopped, self._dimension = "", root.cells.dimension
        self._most = MOST_FACES.get(self._dimension, MOST_IN_HIGH_DIMENSION)
        self._done, self._report, self._limits = done, report, limits or Limits()
        self._waiting, self._active = [self.root], 0
        self._change = threading.Condition()
        self._error: Exception | None = None
        self._share, self._regions, self._known, self._held = 0.0, 0, self.root.n_cells, 0

    def run(self, workers: int) -> None:
        """Work until all is done, or ``stopped`` says why not, with at least one part that is done.

        Raises
        ------
        MemoryError, TooLargeError, KeyboardInterrupt
            If memory ran out, or Ctrl-C was pressed, before that.
        """
        try:
            if workers == 1:
                self._work(True)
            else:
                with ThreadPoolExecutor(workers - 1) as pool:
                    jobs = [pool.submit(self._work, False) for _ in range(workers - 1)]
                    try:
                        self._work(True)
                    except BaseException:
                        self._stop("interrupted")  # the others, which are waited for
                        raise
                    for job in jobs:
                        job.result()
        except KeyboardInterrupt:
            self._stop("interrupted")
            if not self._has_some:
                raise
        if self._error is not None and not self._has_some:
            raise self._error

    @property
    def _has_some(self) -> bool:
        return self._regions > 0

    def _work(self, is_main: bool) -> None:
        work: CutSpace | None = None
        while (branch := self._next()) is not None:
            try:
                work = work or CutSpace(self._dimension)
                self._grow(branch, work, is_main)
            except (MemoryError, TooLargeError) as error:
                self._error = self._error or error
                self._stop("memory")
            except BaseException:
                self._stop("interrupted")  # the others
                raise
            finally:
                with self._change:
                    self._active -= 1
                    self._change.notify_all()

    def _next(self) -> Branch | None:
        with self._change:
            while not self._waiting and self._active and not self.stopped:
                self._change.wait()
            if self.stopped or not self._waiting:
                return None
            self._active += 1
            return self._waiting.pop()

    def _grow(self, branch: Branch, work: CutSpace, is_main: bool) -> None:
        """Take a part as far as it goes whole."""
        part = branch.begin()
        while True:
            if part.cells.dim.size > self._most and part.is_cut_further:
                borders = _spread(part, self._most)
                if len(borders) > 2:
                    self._divide(branch, borders)
                    return
            goes_on = part.advance(work)
            self._tell(branch, part.cells.top.size, is_main)
            if self.stopped:
                return
            if not goes_on:
                break
        with self._change:
            branch.end()
            self._held += part.size
            self._done(branch)
            self._share += branch.share
            self._regions += branch.n_cells
        self._look()

    def _divide(self, branch: Branch, borders: list[int]) -> None:
        branch.divide(borders)
        with self._change:
            self._waiting += branch.children[::-1]
            self._change.notify_all()

    def _look(self) -> None:
        """Stop where a limit is reached."""
        most, _, keeps = self._limits
        is_near = most is not None and self._regions > most
        if is_near and sum(done.n_cells for done in self.root.finished()) > (most or 0):
            self._stop("limit")
        # What is put together takes as much again.
        if keeps and self._held > SPARE and available_memory() < self._held + SPARE:
            self._stop("memory")

    def _tell(self, branch: Branch, cells: int, is_main: bool) -> None:
        with self._change:
            self._known += cells - branch.n_cells
            branch.n_cells = cells
        if self._limits.until is not None and time.monotonic() > self._limits.until and self._has_some:
            self._stop("time")
        if is_main and self._report is not None:
            self._report(self._share, self._regions, self._known)

    def _stop(self, why: str) -> None:
        with self._change:
            self.stopped = self.stopped or why
            self._change.notify_all()


def _spread(part: CellPart, most: int) -> list[int]:
    """Where to divide a part so that each has about equally many cells; at 0 and at the end if nowhere."""
    borders, n = part.borders(), part.cells.top.size
    parts = min(-(-PIECES * part.cells.dim.size // most), n)
    wanted = np.arange(parts + 1) * n // parts
    chosen: list[int] = np.unique(borders[np.searchsorted(borders, wanted)]).tolist()
    return chosen
