"""Float64 points of cells whose centres are known, and of as many others as there is time for."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, StateArray
from .decisions import Decisions, inner_balls
from .rows import RecentredRows
from .threads import run_in_threads

#: Cells whose centres are looked for at a time, where time is short.
TOGETHER = 8


def rounded_centres(
    network: RecentredRows, decisions: Decisions, n: int
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """The first n centres (n, d), rounded, and whether each is proven to be inside its cell."""
    middle, half, error = network.frame
    # Is the rounded point still in the ball?
    return middle + half * decisions.centres[:n], error < decisions.radii[:n]


def add_witnesses(network: RecentredRows, patterns: StateArray, witnesses: FloatArray, end: float) -> None:
    """Fill in witnesses (n, d) of patterns (n, units) that float64 proves.

    Raises
    ------
    TimeoutError
        If there are more than can be found before ``end`` (of ``time.monotonic``).
    """
    for start in range(0, len(patterns), TOGETHER):
        part = slice(start, start + TOGETHER)
        balls: list[Decisions] = []
        run_in_threads([partial(_append_balls, balls, network, patterns[part])], end)
        points, inside = rounded_centres(network, balls[0], len(patterns[part]))
        witnesses[part][inside] = points[inside]


def _append_balls(balls: list[Decisions], network: RecentredRows, patterns: StateArray) -> None:
    balls.append(inner_balls(network, patterns))
