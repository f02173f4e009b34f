"""The regions of a search slice by slice, while no more than one slice is kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np

from ...base.arrays import FloatArray, IntArray, StateArray
from ...geometry.domain import Domain, side_rows
from ...network.network import Network
from .exact_cells import ExactCells
from .found import Slice, rounded_points
from .splitting import Splitting


def stream_slices(
    network: Network, domain: Domain
) -> Iterator[tuple[StateArray, FloatArray, IntArray, IntArray]]:
    """Patterns, witnesses, numbers of facets and of neighbours of the regions of each slice, in order."""
    splitting = Splitting(network, domain)
    cells = ExactCells(network, side_rows(domain))
    columns = [layer.pieces.units for layer in network.layers[: len(splitting.layers.sizes)]]
    # The last cell of each layer so far: those of the layer above may go on to be parts of it.
    last = [
        np.zeros((1, len(network.layers[i].pieces.n_states)), dtype=np.uint8) for i in range(len(columns))
    ]
    before: dict[int, IntArray] = {}
    for task in splitting.slices(lambda: ""):
        part = cast("Slice", task.slices.pop())
        task.tasks.clear()
        begin = before.get(task.number, np.zeros(len(columns), dtype=np.int64))
        rows = np.arange(len(part.points))
        states = [np.zeros((len(rows), 0), dtype=np.uint8)] * len(columns)
        for number in reversed(range(len(columns))):
            every = np.concatenate([last[number], part.states[number].rows(slice(0, None))])
            at = rows if number == len(columns) - 1 else parents - begin[number]
            states[number] = every[at + 1][:, columns[number]]
            parents = (
                np.concatenate([[-1 + begin[number - 1]], part.parents[number]])[at + 1] if number else at
            )
            last[number] = every[-1:]
        before = {task.number: begin + [len(own) for own in part.states]}
        if len(rows):
            patterns = np.concatenate(states, axis=1)
            points = rounded_points(part.points, patterns, network, domain, cells)
            counts = np.diff(part.ends, prepend=0)
            inner = np.add.reduceat(part.facets >= 0, part.ends - counts, dtype=np.int64)
            yield patterns, points, counts, inner
