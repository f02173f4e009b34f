"""Uniform points and lines in a box, and how many of them fit into memory."""

from __future__ import annotations

import numpy as np

from ..base.arrays import FloatArray
from ..base.memory import available_memory
from ..errors import TooLargeError
from ..network.box import Box
from ..network.network import Network

#: About what one breakpoint takes while it is worked on; a line meets about one for each unit.
BREAKPOINT_BYTES = 100


def random_points(box: Box, n: int, rng: np.random.Generator) -> FloatArray:
    """Draw n points of a box, uniform, (n, d).

    Examples
    --------
    >>> points = random_points(Box([0, 5], [1, 6]), 100, np.random.default_rng(0))
    >>> points.shape, bool((points[:, 1] >= 5).all())
    ((100, 2), True)
    """
    share = rng.random((n, box.dim))
    # Two products: the length of a side may exceed float64.
    return np.clip(box.lower * (1 - share) + box.upper * share, box.lower, box.upper)


def random_ends(box: Box, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Draw both ends of n segments in a box, (n, d) each: first all beginnings, then all ends."""
    return random_points(box, n, rng), random_points(box, n, rng)


def check_points(n: int, network: Network) -> None:
    """Refuse more points than fit into memory.

    Raises
    ------
    TooLargeError
        If they do not.
    """
    _check_room("points", n, 24 * network.input_dim + 2 * network.n_units + 64)


def check_lines(n: int, network: Network, what: str = "lines") -> None:
    """Refuse more lines, or more corners of one, than fit into memory.

    Raises
    ------
    TooLargeError
        If they do not.
    """
    _check_room(what, n, 32 * network.input_dim + BREAKPOINT_BYTES * (1 + network.n_units))


def _check_room(what: str, n: int, bytes_each: int) -> None:
    need, free = n * bytes_each, available_memory()
    if need > free:
        raise TooLargeError(
            f"{n:,} {what} take about {need / 2**30:,.3g} GiB, and {free / 2**30:,.3g} GiB are free; "
            "ask for fewer"
        )
