"""What a search has found, made into a result."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, IntArray, StateArray
from ...complex.packed_states import PackedStates
from ...complex.patterns import Cut, Patterns
from ...geometry.domain import Domain, box_of
from ...network.network import Network
from ...network.pieces import as_slice
from .exact_cells import ExactCells
from .groups import OUTPUT, OUTPUTS, Layers, Listed
from .tasks import Task
from .walls import find_neighbors


class Slice(NamedTuple):
    """The cells of each layer that a slice has listed, and its regions.

    Attributes
    ----------
    states : list of PackedStates
    parents : list of int64 arrays
        Counted within the task; -1 is the last one before it.
    points : float64 (regions, d + 1); ends : int64 (regions,); facets : int64
        See :class:`polyregions.engines.split.groups.Listed`.
    """

    states: list[PackedStates]
    parents: list[IntArray]
    points: FloatArray
    ends: IntArray
    facets: IntArray


class Keeper:
    """Copies slices.

    Parameters
    ----------
    network : Network
    layers : Layers
    """

    def __init__(self, network: Network, layers: Layers) -> None:
        self._sizes = layers.sizes
        self._n_states = [network.layers[i].pieces.n_states for i in range(len(layers.sizes))]

    def __call__(self, listed: Listed, facets: int) -> Slice:
        """Copy what is listed, with so many facets."""
        rows, states, parents = listed.parents.shape[1], [], []
        for number, sizes in enumerate(self._sizes):
            n, width, at = int(listed.counts[number]), int(sizes[OUTPUTS]), rows * int(sizes[OUTPUT])
            packed = PackedStates(n, self._n_states[number])
            packed.write(0, listed.states[at : at + n * width].reshape(n, width))
            states.append(packed)
            parents.append(listed.parents[number, :n].copy())
        n = int(listed.counts[-1])
        return Slice(
            states, parents, listed.points[:n].copy(), listed.ends[:n].copy(), listed.facets[:facets].copy()
        )


class Found(NamedTuple):
    """All regions that tasks have found, in the order of the search."""

    patterns: Patterns
    points: FloatArray
    offsets: IntArray
    facets: IntArray


def joined(network: Network, layers: Layers, tasks: list[Task]) -> Found:
    """Join what tasks have found, in their order; walls are numbered from 0 on."""
    sizes = layers.sizes
    slices = [[cast(Slice, part) for part in task.slices] for task in tasks]
    every = [part for parts in slices for part in parts]
    cuts = []
    before = np.zeros(len(sizes) + 1, dtype=np.int64)
    parents: list[list[NDArray[np.int32]]] = [[] for _ in sizes]
    for parts in slices:
        for part in parts:
            for number in range(len(sizes)):
                cells = part.parents[number] + (before[number - 1] if number else 0)
                parents[number].append(cells.astype(np.int32))
        for number in range(len(sizes)):
            before[number] += sum(len(part.states[number]) for part in parts)
    for number in range(len(sizes)):
        pieces = network.layers[number].pieces
        states = PackedStates(0, pieces.n_states)
        states.packed = np.concatenate([states.packed, *(part.states[number].packed for part in every)])
        cell_of = np.concatenate([np.zeros(0, dtype=np.int32), *parents[number]])
        units = as_slice(pieces.units)
        cuts.append(Cut(number, number, network.first_units[number], cell_of, states, units))
    n = int(before[len(sizes) - 1])
    counts = [np.diff(part.ends, prepend=0) for part in every]
    offsets = np.concatenate([[0], np.cumsum(np.concatenate([np.zeros(0, dtype=np.int64), *counts]))])
    points = np.concatenate([np.zeros((0, network.input_dim + 1)), *(part.points for part in every)])
    facets = np.concatenate([np.zeros(0, dtype=np.int64), *(part.facets for part in every)])
    return Found(Patterns(cuts, len(network.layers), n, network.n_units), points, offsets, facets)


def neighbors_of(found: Found, tasks: list[Task], loose: set[int], cells: ExactCells) -> IntArray:
    """The region across each facet, -1 - side, or MISSING where it was not found.

    ``loose`` are the walls whose facets may come in another order from the other side.
    """
    # Walls are numbered from 0 on, task after task.
    first = np.zeros(max(task.number for task in tasks) + 2, dtype=np.int64)
    for task in tasks:
        first[task.number + 1] = task.walls
    np.cumsum(first, out=first)
    neighbors = find_neighbors(found.facets, found.offsets[1:], first)
    for wall in sorted(loose):
        own = np.flatnonzero(found.facets >> 1 == wall)
        sides = [own[found.facets[own] & 1 == side] for side in (0, 1)]
        if 1 < sides[0].size == sides[1].size:
            rematch(found, sides, neighbors, cells)
    return neighbors


def rematch(found: Found, sides: list[IntArray], neighbors: IntArray, cells: ExactCells) -> None:
    """Find the regions across the facets of a wall by their vertices."""
    ones, others = (np.searchsorted(found.offsets, facets, side="right") - 1 for facets in sides)
    partner = cells.matching(found.patterns.rows(ones), found.patterns.rows(others))
    neighbors[sides[0]], neighbors[sides[1][partner]] = others[partner], ones


def witnesses_of(found: Found, network: Network, domain: Domain, cells: ExactCells) -> FloatArray:
    """A point of each region."""
    return rounded_points(found.points, found.patterns, network, domain, cells)


def rounded_points(
    points: FloatArray, patterns: Patterns | StateArray, network: Network, domain: Domain, cells: ExactCells
) -> FloatArray:
    """The means of the regions' vertices, rounded; by exact arithmetic where that may be outside."""
    d, box = domain.dim, box_of(domain)
    middle, half = box.lower / 2 + box.upper / 2, box.upper / 2 - box.lower / 2
    # What has left the range of float64 says nothing.
    unknown = np.flatnonzero(~np.isfinite(points[:, :d]).all(axis=1))
    centres = points[:, :d].copy()
    centres[unknown] = 0.0
    witnesses: FloatArray = np.clip(middle + half * centres, box.lower, box.upper)
    doubtful = np.flatnonzero(points[:, d] == 0.0)
    if doubtful.size:
        own = patterns[doubtful]
        elsewhere = (network.states(witnesses[doubtful]) != own).any(axis=1)
        elsewhere |= ~domain.contains(witnesses[doubtful]) | np.isin(doubtful, unknown)
        for k in np.flatnonzero(elsewhere).tolist():
            witnesses[doubtful[k]] = cells.centre(own[k])
    return witnesses
