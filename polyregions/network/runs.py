"""Runs of patterns that are the same in the lower layers: what depends on those is computed once for each."""

from __future__ import annotations

import numpy as np

from ..base.arrays import IntArray, StateArray
from .layers import Layer


class Runs:
    """Runs of patterns that have been the same so far: neighbours in a list often are.

    Attributes
    ----------
    of : int64 (n,)
        The run of each pattern.
    """

    def __init__(self, states: StateArray) -> None:
        self._states, self._unit = states, 0
        self.of: IntArray = np.zeros(len(states), dtype=np.int64)

    def after(self, layer: Layer) -> tuple[IntArray, StateArray]:
        """Go on by a layer: the old run of each new one, and the layer's states (runs, units)."""
        columns = self._states[:, self._unit : self._unit + layer.n_units]
        self._unit += layer.n_units
        changes = (columns[1:] != columns[:-1]).any(axis=1) | (self.of[1:] != self.of[:-1])
        firsts = np.concatenate([np.zeros(1, dtype=np.int64), 1 + np.flatnonzero(changes)])
        before, own = self.of[firsts], columns[firsts]
        self.of = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(changes)])
        return before, own
