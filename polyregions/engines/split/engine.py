"""All regions of a box, and which are adjacent, cell by cell: :mod:`polyregions.engines.split.search`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...network.box import Box, box_rows
from ...network.network import Network
from .exact_signs import ExactSigns
from .groups import (
    BEGIN,
    BUDGET,
    CUT,
    DECIDE,
    DEPTH,
    DONE,
    FACETS,
    FULL,
    KEEP,
    OPEN,
    OPENING,
    PHASE,
    SIMPLE,
    SIZE,
    TOP,
    UNIT,
    USED,
    Work,
)
from .memory import enlarge, new_work
from .packing import pack_layers
from .search import search

SLICE = 2**14


class Splitting:
    """A search through the regions of a box, slice after slice."""

    def __init__(self, network: Network, box: Box, keep: bool = False) -> None:
        d = box.dim
        sides = np.zeros((2 * d, d + 1))
        sides[0::2, :d], sides[1::2, :d], sides[:, d] = np.eye(d), -np.eye(d), 1.0
        self.work = new_work(pack_layers(network, box), d, sides, keep)
        self.exact = ExactSigns(network, box_rows(box))
        self.work.at[KEEP] = keep
        self._start_with_box(d)

    def _start_with_box(self, d: int) -> None:
        n = 2**d
        while len(self.work.pool.radii) < n or len(self.work.stack.items) < n:
            from .groups import MORE_ITEMS, MORE_VERTICES

            self.work = enlarge(enlarge(self.work, MORE_VERTICES), MORE_ITEMS)
        work, corners = self.work, np.arange(n)[:, None]
        bits = corners >> np.arange(d) & 1
        pool = work.pool
        pool.points[:n, :d], pool.points[:n, d] = np.where(bits, 1.0, -1.0), 1.0
        pool.radii[:n], pool.fresh[:n], pool.degree[:n] = 0.0, 1, d
        pool.facets[:n] = 2 * np.arange(d) + bits
        pool.across[:n] = corners ^ (1 << np.arange(d))
        work.stack.items[:n] = np.arange(n)
        node = work.stack.nodes[0]
        node[[BEGIN, SIZE, DEPTH, SIMPLE, CUT, UNIT]] = 0, n, -1, 1, -1, -1
        work.stack.share[0] = 1.0
        work.at[TOP], work.at[USED] = 1, n
        work.at[PHASE] = OPENING

    def slices(self) -> Iterator[bool]:
        """Go on with the search; after each slice say whether it is done."""
        code = FULL
        while code != DONE:
            self.work.at[BUDGET] = SLICE
            code = self._slice()
            yield code == DONE
            self.work.at[FACETS] = 0
            self.work.listed.count[:] = 0

    def _slice(self) -> int:
        while True:
            code = int(search(self.work))
            if code in (DONE, FULL):
                return code
            if code == DECIDE:
                self.exact.decide(self.work, int(self.work.at[OPEN]))
                self.work.at[OPEN] = 0
            else:
                self.work = enlarge(self.work, code)


__all__ = ["Work"]
