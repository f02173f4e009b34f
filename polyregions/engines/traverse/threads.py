"""Threads that can be left behind: Ctrl-C and a time limit do not wait for a cell of a thousand inputs."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress

from ...base.memory import memory_for_threads

#: The longest that Ctrl-C may go unnoticed, in seconds.
WAIT = 0.05


def run_in_threads(jobs: Sequence[Callable[[], None]], end: float = math.inf) -> None:
    """Run jobs side by side, each in a thread of its own, and wait for all of them.

    A compiled kernel cannot be interrupted. So the caller waits for it and does not run it: on Ctrl-C, or at
    the time ``end`` (of ``time.monotonic``), it goes on at once. What was left behind writes into arrays that
    nobody reads any more, and does not keep the process from ending.

    Raises
    ------
    TimeoutError
        If the time is over.

    Examples
    --------
    >>> found = []
    >>> run_in_threads([lambda: found.append(1), lambda: found.append(2)])
    >>> sorted(found)
    [1, 2]
    """
    if time.monotonic() >= end:
        raise TimeoutError
    ended: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def work(job: Callable[[], None]) -> None:
        try:
            job()
        except BaseException as error:  # noqa: BLE001  whatever it is, it is the caller's
            ended.put(error)
        else:
            ended.put(None)

    with memory_for_threads():
        for job in jobs:
            threading.Thread(target=work, args=(job,), daemon=True).start()
    for _ in jobs:
        error = _next(ended, end)
        if error is not None:
            raise error


def _next(ended: queue.SimpleQueue[BaseException | None], end: float) -> BaseException | None:
    """What the next thread that ends has to say."""
    while True:
        # A signal that comes just before the wait begins does not end it, so no wait is long.
        seconds = min(WAIT, end - time.monotonic())
        with suppress(queue.Empty):
            return ended.get(timeout=max(0.0, seconds))
        if seconds <= 0.0:
            raise TimeoutError
