"""All regions of a domain, and which are adjacent, cell by cell: :mod:`polyregions.engines.split.search`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from ...base.arrays import IntArray, StateArray
from ...complex.region_complex import RegionComplex
from ...geometry.domain import Domain, fields_of, side_rows
from ...network.network import Network
from .exact_cells import ExactCells
from .found import joined, neighbors_of, witnesses_of
from .splitting import Splitting
from .walls import MISSING


def enumerate_by_splitting(
    network: Network,
    domain: Domain,
    *,
    workers: int = 1,
    limit: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[int, int], None] | None = None,
    further: Callable[[Any, Network], Any] | None = None,
) -> RegionComplex:
    """Return all activation regions of the domain, with their facets.

    Parameters
    ----------
    workers : int
        Threads. They never change the answer.
    limit : int, optional
        Stop as soon as there is a region beyond that number; the result is then partial.
    time_limit : float, optional
        Stop after about so many seconds; the result is then partial.
    progress : callable, optional
        ``progress(done, known)`` now and then: both are the number of regions so far.
    further : callable, optional
        What makes the faces of a complete result, see :class:`polyregions.complex.regions.Regions`.

    Notes
    -----
    Ctrl-C, and memory running low, give a partial result too (``complete`` is False, ``stopped`` says why).
    """
    splitting = Splitting(network, domain, workers)

    def report() -> None:
        if progress is not None:
            progress(splitting.regions, splitting.regions)

    splitting.run(splitting.stop_at(limit, time_limit, report))
    return result_of(splitting, limit, further)


@np.errstate(over="ignore", under="ignore", invalid="ignore")
def result_of(
    splitting: Splitting, limit: int | None, further: Callable[[Any, Network], Any] | None
) -> RegionComplex:
    """What a search has found; if it has stopped, at most so many regions."""
    network, domain = splitting.network, splitting.domain
    cells = ExactCells(network, side_rows(domain))
    tasks = splitting.root.done_in_order()
    found = joined(network, splitting.layers, tasks)
    neighbors = neighbors_of(found, splitting.root.in_order(), splitting.loose, cells)
    witnesses, stopped = witnesses_of(found, network, domain, cells), splitting.stopped
    states, offsets = cast("StateArray", found.patterns), found.offsets
    if stopped:
        order, explored = explored_first(offsets, neighbors, limit)
        states, witnesses = found.patterns.rows(order), witnesses[order]
        offsets, neighbors = reordered(order, explored, offsets, neighbors)
    return RegionComplex(
        network=network,
        **fields_of(domain),
        engine="split",
        states=states,
        witnesses=witnesses,
        facet_offsets=offsets,
        facet_neighbors=neighbors,
        complete=not stopped,
        stopped=stopped,
        undecided=splitting.decided,
        further=None if stopped else further,
    )


def explored_first(offsets: IntArray, neighbors: IntArray, limit: int | None) -> tuple[IntArray, int]:
    """Which regions of a partial result to list, explored ones first, and how many these are.

    Explored are the regions of which all neighbours are listed, as many as hang together.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(offsets) - 1 if limit is None else min(limit, len(offsets) - 1)
    owners = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    within = (neighbors < n) & (neighbors != MISSING)
    known = np.ones(n, dtype=np.bool_)
    known[owners[(owners < n) & ~within]] = False
    inner = (owners < n) & (neighbors >= 0) & (neighbors < n)
    inner[inner] = known[owners[inner]] & known[neighbors[inner]]
    links = coo_array(
        (np.ones(int(inner.sum()), dtype=np.int8), (owners[inner], neighbors[inner])), shape=(n, n)
    )
    _, label = connected_components(links, directed=False)
    sizes = np.bincount(label[known], minlength=1)
    explored = known & (label == int(sizes.argmax()))
    return np.concatenate([np.flatnonzero(explored), np.flatnonzero(~explored)]), int(explored.sum())


def reordered(
    order: IntArray, explored: int, offsets: IntArray, neighbors: IntArray
) -> tuple[IntArray, IntArray]:
    """Facets of the first regions of an order, which are explored, by their new numbers."""
    place = np.full(len(offsets) - 1, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    counts = np.diff(offsets)[order[:explored]]
    ends = np.cumsum(counts)
    within = np.arange(int(counts.sum())) - np.repeat(ends - counts, counts)
    across = neighbors[np.repeat(offsets[order[:explored]], counts) + within]
    across = np.where(across >= 0, place[np.maximum(across, 0)], across)
    return np.concatenate([[0], ends]).astype(np.int64), across
