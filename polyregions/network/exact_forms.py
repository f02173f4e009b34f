"""Exact forms of all rows of a layer on one cell after the other, made from those of the cell before.

Neighbouring cells differ in the states of few units. A row that reads none of these, nor a row below that has
changed, is the same form, and the same object. So what is made anew for a cell is little, whatever the layer.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from flint import fmpz

from ..base.arrays import IntArray, StateArray
from .exact import ExactNetwork, IntegerLayer
from .integer_map import IntRows


class MadeRows(NamedTuple):
    """What a layer's rows were made of: the rows below, and the entry that each output followed."""

    below: IntRows
    entries: IntArray
    rows: IntRows


class FormMaker:
    """Makes rows of the layers of a network as integers in (x, 1), the homogeneous row last.

    Parameters
    ----------
    exact : ExactNetwork
    """

    def __init__(self, exact: ExactNetwork) -> None:
        self._exact = exact
        self._last: dict[int, MadeRows] = {}
        self._readers: dict[int, list[list[int]]] = {}

    def first(self) -> IntRows:
        """Those of the first layer, everywhere."""
        return self._exact.first()

    def above(self, i: int, below: IntRows, states: StateArray) -> IntRows:
        """Rows of layer i + 1 from those of layer i, under the states of its units."""
        layer, above = self._exact.layers[i], self._exact.layers[i + 1]
        entries = layer.entries_under(states)
        last = self._last.get(i)
        rows: IntRows | None = None
        if last is not None:
            changed = set(np.flatnonzero(entries != last.entries).tolist())
            if below is not last.below:
                pairs = zip(below[:-1], last.below[:-1], strict=True)
                changed.update(layer.owner[r] for r, (one, other) in enumerate(pairs) if one is not other)
            readers = self._readers_of(i + 1)
            again = {r for k in changed for r in readers[k]}
            if 4 * len(again) < above.affine.count:
                rows = list(last.rows)
                for r in again:
                    rows[r] = _row(above, r, layer, below, entries)
        if rows is None:
            rows = above.affine.push(layer.output(below, [int(s) for s in states]))
        self._last[i] = MadeRows(below, entries, rows)
        return rows

    def _readers_of(self, i: int) -> list[list[int]]:
        """For each input of a layer the rows that read it."""
        if i not in self._readers:
            affine = self._exact.layers[i].affine
            readers: list[list[int]] = [[] for _ in range(affine.inputs + 1)]
            for r in range(affine.count):
                for k, _ in affine.entries(r):
                    readers[k].append(r)
            self._readers[i] = readers
        return self._readers[i]


def _row(above: IntegerLayer, r: int, layer: IntegerLayer, below: IntRows, entries: IntArray) -> list[Any]:
    """One row of a layer from those of the layer below, each output following an entry of its table."""
    last, inputs = below[-1], above.affine.inputs
    total = [fmpz(0)] * len(last)
    for k, w in above.affine.entries(r):
        if k == inputs:
            total[-1] += w * layer.scale * last[-1]
            continue
        at, slope, constant = layer.pieces[entries[k]]
        if slope != 0:
            factor = w * slope
            for j, v in enumerate(below[at]):
                total[j] += factor * v
        if constant != 0:
            total[-1] += w * constant * last[-1]
    return total
