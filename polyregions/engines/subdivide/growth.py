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

import numpy as np
from numpy.typing import NDArray

from ...errors import TooLargeError
from .group_cut import Workspace
from .part import Part

#: Faces of a part that is divided, by dimension: the more faces around a vertex, the more are on borders.
MOST_FACES = {1: 2**16, 2: 2**16, 3: 2**17}
MOST_IN_HIGH_DIMENSION = 2**18
#: About how many parts such a part is divided into.
PIECES = 4


class Branch:
    """A part while it is whole, or what has become of it.

    Attributes
    ----------
    part : Part or None
        None before it is begun, and once it is counted.
    share : float
        Of all work, as far as it can be told: the parts that one is divided into have equal cells.
    children : list of Branch
        Those that it was divided into.
    is_done : bool
        Whether it was taken through all layers without being divided.
    """

    def __init__(self, part: Part | None, share: float) -> None:
        self.part, self.share = part, share
        self.children: list[Branch] = []
        self.is_done = False
        self.n_cells = 1 if part is None else part.cells.top.size
        self._above: tuple[Part, int, int, NDArray[np.int32]] | None = None

    def divide(self, borders: list[int]) -> None:
        """Go on by runs of cells, which are made when they are begun."""
        part = self.part
        assert part is not None
        last, n = part.cells.homes(last=True), part.cells.top.size
        for begin, end in zip(borders[:-1], borders[1:], strict=True):
            child = Branch(None, self.share * (end - begin) / n)
            child._above, child.n_cells = (part, begin, end, last), end - begin
            self.children.append(child)

    def begin(self) -> Part:
        """The part, made now if it was not yet."""
        if self.part is None:
            assert self._above is not None
            part, begin, end, last = self._above
            self.part, self._above = part.some(begin, end, last), None
        return self.part

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
    root : Part
    done : callable
        ``done(branch)`` is called for each that is done, one at a time.
    report : callable, optional
        ``report(share, done, known)`` now and then: share of the work, regions, and cells so far.
    limits : tuple
        Most regions, and when to stop by ``time.monotonic()``.
    """

    def __init__(
        self,
        root: Part,
        done: Callable[[Branch], None],
        report: Callable[[float, int, int], None] | None = None,
        limits: tuple[int | None, float | None] = (None, None),
    ) -> None:
        self.root = Branch(root, 1.0)
        self.stopped, self._dimension = "", root.cells.dimension
        self._most = MOST_FACES.get(self._dimension, MOST_IN_HIGH_DIMENSION)
        self._done, self._report, (self._limit, self._until) = done, report, limits
        self._waiting, self._active = [self.root], 0
        self._change = threading.Condition()
        self._error: BaseException | None = None
        self._share, self._regions, self._known = 0.0, 0, self.root.n_cells

    def run(self, workers: int) -> None:
        """Work until all is done, or ``stopped`` says why not.

        Raises
        ------
        MemoryError, TooLargeError
            If memory ran out before any part was done.
        """
        try:
            if workers == 1:
                self._work(True)
            else:
                with ThreadPoolExecutor(workers - 1) as pool:
                    jobs = [pool.submit(self._work, False) for _ in range(workers - 1)]
                    try:
                        self._work(True)
                    finally:
                        if self._waiting or self._active:
                            self._stop("interrupted")
                    for job in jobs:
                        job.result()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
            if not any(True for _ in self.root.finished()):
                raise
        if self._error is not None:
            if self.stopped != "memory" or not any(True for _ in self.root.finished()):
                raise self._error

    def _work(self, is_main: bool) -> None:
        work: Workspace | None = None
        while (branch := self._next()) is not None:
            try:
                if work is None:
                    work = Workspace(self._dimension)
                self._grow(branch, work, is_main)
            except (MemoryError, TooLargeError) as error:
                self._fail("memory", error)
            except BaseException as error:
                self._fail("interrupted", error)
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

    def _grow(self, branch: Branch, work: Workspace, is_main: bool) -> None:
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
            branch.is_done = True
            self._done(branch)
            self._share += branch.share
            self._regions += branch.n_cells
            self._look(branch)

    def _divide(self, branch: Branch, borders: list[int]) -> None:
        branch.divide(borders)
        with self._change:
            self._waiting += branch.children[::-1]
            self._change.notify_all()

    def _look(self, branch: Branch) -> None:
        """Stop where a limit is reached."""
        if self._limit is not None and self._regions > self._limit:
            if sum(done.n_cells for done in self.root.finished()) > self._limit:
                self._stop("limit")

    def _tell(self, branch: Branch, cells: int, is_main: bool) -> None:
        with self._change:
            self._known += cells - branch.n_cells
            branch.n_cells = cells
        if self._until is not None and time.monotonic() > self._until:
            self._stop("time")
        if is_main and self._report is not None:
            self._report(self._share, self._regions, self._known)

    def _stop(self, why: str) -> None:
        with self._change:
            self.stopped = self.stopped or why
            self._change.notify_all()

    def _fail(self, why: str, error: BaseException) -> None:
        with self._change:
            self._error = self._error or error
            self.stopped = self.stopped or why
            self._change.notify_all()


def _spread(part: Part, most: int) -> list[int]:
    """Where to divide a part so that each has about equally many cells; at 0 and at the end if nowhere."""
    borders, n = part.borders(), part.cells.top.size
    parts = min(-(-PIECES * part.cells.dim.size // most), n)
    wanted = np.arange(parts + 1) * n // parts
    return np.unique(borders[np.searchsorted(borders, wanted)]).tolist()
