"""What is going on, on stderr: a bar on a terminal, else a plain line every ten seconds.

A command says nothing at all with ``--quiet``, nor on work of a moment without a terminal.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from ..errors import printable
from .output import say

Progress = Callable[[int, int], None]

#: Seconds between two lines where there is no terminal.
EVERY = 10.0
REGIONS = "{done:,} explored of {total:,} found, {rate:,.0f} regions/s"
COMPILING = "compiling the kernels (in the first run on this machine only)"


class Work:
    """Work that goes on: what is done of it, told by the worker, and asked by what shows it."""

    def __init__(self, doing: str, text: str, already: int) -> None:
        self.doing, self.text, self.already = doing, text, already
        self.start = time.perf_counter()
        self.counts: tuple[int, int] | None = None
        self.compiler = CompilerWatch()

    def report(self, done: int, total: int) -> None:
        """Take the numbers of what is done, and of what is known of."""
        self.counts = done, total

    def stage(self, name: str, done: int, total: int) -> None:
        """Take the numbers of one of several stages; each has a speed of its own."""
        if name != self.doing:
            self.doing, self.start = name, time.perf_counter()
        self.report(done, total)

    def __str__(self) -> str:
        if self.compiler.active():
            return COMPILING
        if self.counts is None:
            return self.doing
        done, total = self.counts
        rate = (done - self.already) / max(time.perf_counter() - self.start, 1e-9)
        return f"{self.doing}: {self.text.format(done=done, total=total, rate=rate)}"


class CompilerWatch:
    """Whether numba compiles: it takes up to half a minute in the very first run, and says nothing."""

    def __init__(self) -> None:
        self.events: Any = None
        self.recorder: Any = None

    def active(self) -> bool:
        """Ask now; numba is watched from the first question after it was loaded."""
        events: Any = sys.modules.get("numba.core.event")
        if self.recorder is None and hasattr(events, "RecordingListener") and hasattr(events, "unregister"):
            self.events, self.recorder = events, events.RecordingListener()
            events.register("numba:compile", self.recorder)
        running = 0
        # One kernel may compile another; the first event may be the end of what began before.
        for _, event in self.recorder.buffer if self.recorder else ():
            running = max(0, running + (1 if event.is_start else -1))
        return running > 0

    def close(self) -> None:
        """Watch no longer."""
        if self.recorder is not None:
            self.events.unregister("numba:compile", self.recorder)
            self.recorder = None


@contextmanager
def progress_bar(
    shown: bool, doing: str = "working", text: str = REGIONS, already: int = 0
) -> Iterator[Progress | None]:
    """Give a callback for what is done and what is known of, or None if nothing is to be shown.

    What was done ``already``, before this run, has no part in its speed.
    """
    if not shown:
        yield None
        return
    work = Work(doing, text, already)
    with _told(work):
        yield work.report


@contextmanager
def stages(shown: bool) -> Iterator[Callable[[str, int, int], None] | None]:
    """Give a callback for work in stages: their name, what is done, and of how much."""
    if not shown:
        yield None
        return
    work = Work("working", "{done:,} of {total:,}, {rate:,.0f} a second", already=0)
    with _told(work):
        yield work.stage


@contextmanager
def status(shown: bool, doing: str) -> Iterator[None]:
    """Show what is going on where nothing can be counted."""
    with progress_bar(shown, doing):
        yield


@contextmanager
def _told(work: Work) -> Iterator[None]:
    """Show work until it ends."""
    try:
        with _bar(work) if sys.stderr is not None and sys.stderr.isatty() else _lines(work):
            yield
    finally:
        work.compiler.close()


@contextmanager
def _bar(work: Work) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import BarColumn, ProgressColumn, SpinnerColumn, Task, TimeElapsedColumn
    from rich.progress import Progress as Bar
    from rich.table import Column
    from rich.text import Text

    class Doing(ProgressColumn):
        """Asks for the text at every refresh, so that it is true even if no number comes."""

        def render(self, task: Task) -> Text:
            return Text(printable(work))

    class Done(BarColumn):
        def render(self, task: Task) -> Any:
            if work.counts is not None:
                task.completed, task.total = work.counts
            return super().render(task)

    columns = (SpinnerColumn(), Done(bar_width=20), Doing(Column(no_wrap=True)), TimeElapsedColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        bar.add_task("", total=None)
        yield


@contextmanager
def _lines(work: Work) -> Iterator[None]:
    """Print a line now and then until the work ends."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(EVERY):
            seconds = time.perf_counter() - work.start
            say(f"{work}, {seconds:,.0f} s", err=True)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def enumerating(options: dict[str, Any], shown: bool, already: int = 0) -> Iterator[dict[str, Any]]:
    """Show a bar while regions are enumerated; yield the options of an engine with what moves it.

    Some solvers greet on stdout when they are loaded, and stdout is for results.
    """
    with redirect_stdout(sys.stderr), progress_bar(shown, "enumerating", already=already) as progress:
        # The engine "brute" tells nothing on its way.
        yield options if options.get("engine") == "brute" else {**options, "progress": progress}


@contextmanager
def counting(shown: bool) -> Iterator[Callable[[int, float], None] | None]:
    """Give a callback for the regions counted so far, and the share of the work that is done."""
    if not shown:
        yield None
        return
    work = Counting("counting", "", already=0)
    with redirect_stdout(sys.stderr), _told(work):
        yield work.count


class Counting(Work):
    """Regions that are counted, and how much of the work is done."""

    share, regions = 0.0, 0

    def count(self, regions: int, share: float) -> None:
        """Take what is counted, and the share of the work."""
        self.regions, self.share = regions, share
        self.report(int(1000 * share), 1000)

    def __str__(self) -> str:
        if self.counts is None or self.compiler.active():
            return super().__str__()
        rate = self.regions / max(time.perf_counter() - self.start, 1e-9)
        return f"{self.doing}: {self.regions:,} regions, {self.share:.1%} of the work, {rate:,.0f} regions/s"
