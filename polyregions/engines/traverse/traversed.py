"""Which network is traversed: the whole one, or the one in which equal units are one."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.arrays import StateArray
from ...network.merged import Merged, merge_equal_units
from ...network.network import Network


class Traversed(NamedTuple):
    """The network that is traversed, whose equal units are one, and the whole one.

    Attributes
    ----------
    whole, network : Network
    merged : Merged, optional
        How the units of the two belong together; None if they are the same.
    """

    whole: Network
    network: Network
    merged: Merged | None

    @classmethod
    def of(cls, network: Network) -> Traversed:
        """Merge equal units: their rows are the same in every cell, where float64 cannot tell them apart."""
        merged = merge_equal_units(network)
        return cls(network, network if merged is None else merged.network, merged)

    def widened(self, states: StateArray) -> StateArray:
        """Patterns of the network (n, units) as patterns of the whole one."""
        if self.merged is None:
            return states
        widened = np.zeros((len(states), self.merged.column.size), dtype=np.uint8)
        there = np.flatnonzero(self.merged.column >= 0)
        widened[:, there] = states[:, self.merged.column[there]]
        return widened

    def narrowed(self, states: StateArray) -> StateArray:
        """Patterns of the whole network as patterns of the one that is traversed."""
        return states.copy() if self.merged is None else np.ascontiguousarray(states[:, self.merged.kept])
