"""Jobs that are run one after the other, or by several threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def run_all(work: Callable[[T], R], jobs: Sequence[T], workers: int) -> list[R]:
    """What ``work`` returns for each job, in their order; threads only if more than one has something to do.

    Examples
    --------
    >>> run_all(abs, [-1, 2, -3], workers=2)
    [1, 2, 3]
    """
    workers = min(workers, len(jobs))
    if workers <= 1:
        return [work(job) for job in jobs]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, jobs))
