"""The regions of a search slice by slice, while no more than one slice is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, cast

import numpy as np

from ...base.arrays import FloatArray, IntArray, StateArray
from ...geometry.domain import Domain, side_rows
from ...network.network import Network
from .exact_cells import ExactCells
from .found import Slice, rounded_points
from .splitting import Splitting


class Streamed(NamedTuple):
    """Regions of a slice: patterns (n, units), witnesses (n, d), numbers of facets and of neighbours (n,)."""

    patterns: StateArray
    witnesses: FloatArray
    facets: IntArray
    neighbors: IntArray


def stream_slices(network: Network, domain: Domain) -> Iterator[Streamed]:
    """Search a domain, and hand out what each slice has found, in order."""
    splitting = Splitting(network, domain)
    cells = ExactCells(network, side_rows(domain))
    layers = network.layers[: len(splitting.layers.sizes)]
    # The last cell of each layer so far: those of the layer above may go on to be parts of it.
    last = [np.zeros((1, layer.n_outputs), dtype=np.uint8) for layer in layers]
    number, begin = -1, np.zeros(len(layers), dtype=np.int64)
    for task in splitting.slices(lambda: ""):
        part = cast("Slice", task.slices.pop())
        task.tasks.clear()
        if task.number != number:
            number, begin = task.number, np.zeros(len(layers), dtype=np.int64)
        at: IntArray = np.arange(len(part.points))
        states: list[StateArray] = []
        for i in reversed(range(len(layers))):
            # Place 0 is the last cell before the slice.
            every = np.concatenate([last[i], part.states[i].rows(slice(0, None))])
            last[i] = every[-1:]
            states.insert(0, every[at + 1][:, layers[i].pieces.units])
            if i > 0:
                carried = begin[i - 1 : i] - 1
                at = np.concatenate([carried, part.parents[i]])[at + 1] - begin[i - 1]
        begin = begin + np.array([len(own) for own in part.states], dtype=np.int64)
        if len(part.points):
            patterns = np.concatenate(states, axis=1)
            witnesses = rounded_points(part.points, patterns, network, domain, cells)
            counts = np.diff(part.ends, prepend=0)
            inner = np.add.reduceat(part.facets >= 0, part.ends - counts, dtype=np.int64)
            yield Streamed(patterns, witnesses, counts, inner)
