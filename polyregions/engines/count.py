"""Count regions without keeping them, or take them one after the other: memory does not grow with them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray, StateArray
from ..base.checks import check_number, check_whole
from ..errors import InvalidInputError, TooLargeError
from ..geometry.domain import Domain
from ..network.network import Network
from .enumerate import ENGINES, MOST_WORKERS, check_domain
from .sizes import too_large_to_split, too_large_to_subdivide

#: Engines that count.
COUNTING = ("auto", "split", "subdivide")

#: ``progress(regions, share)``.
Progress = Callable[[int, float], None]
#: Most regions, and seconds.
Limits = tuple[int | None, float | None]


@dataclass(frozen=True)
class Counts:
    """What there is in a domain.

    Attributes
    ----------
    regions : int
        Activation regions.
    adjacencies : int
        Pairs of them that share a facet.
    f_vector : list of int or None
        Faces of dimension 0, 1, ..., d inside the domain; None if they were not counted.
    complete : bool
        Whether these are all. If not, there are at least so many.
    stopped : str
        Why not, if they are not all ("limit", "time", "interrupted", "memory"); else "".
    engine : str
        Which engine counted.
    """

    regions: int
    adjacencies: int
    f_vector: list[int] | None
    complete: bool
    stopped: str
    engine: str


class FoundRegion(NamedTuple):
    """A region as it is found.

    Attributes
    ----------
    pattern : uint8 (units,)
    witness : float64 (d,)
        A point of the region.
    facets, neighbors : int
        Number of its facets, and of those that lead to another region.
    """

    pattern: StateArray
    witness: FloatArray
    facets: int
    neighbors: int


def count_regions(
    network: Network,
    box: Domain,
    *,
    engine: str = "auto",
    workers: int = 1,
    limit: int | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> Counts:
    """Count the activation regions of a network in a box or a polytope, and which are adjacent, exactly.

    Parameters
    ----------
    network : Network
    box : Box or Polytope
    engine : {"auto", "split", "subdivide"}
        "split" counts regions and adjacencies, "subdivide" the faces of all dimensions, too. "auto" is the
        first.
    workers : int
        Threads, at most 256. They never change the answer.
    limit : int, optional
        Stop as soon as there are more regions; the counts are then partial.
    time_limit : float, optional
        Stop after about so many seconds; the counts are then partial.
    progress : callable, optional
        ``progress(regions, share)`` now and then: regions so far, and the share of the work that is done,
        from 0 to 1, as far as that can be known: each cut halves that of its cell.

    Returns
    -------
    Counts
        Partial, and labelled so, if a limit was met, memory ran low, or Ctrl-C was pressed.

    Raises
    ------
    InvalidBoxError
        If the box has another dimension than the network's input.
    InvalidInputError
        If the engine is unknown, or a number is out of its range.
    TooLargeError
        If the network or the dimension is too large for the engine.

    Examples
    --------
    >>> from polyregions import Box
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> count_regions(net, Box.cube(2, -2, 2))
    Counts(regions=7, adjacencies=9, f_vector=[3, 9, 7], complete=True, stopped='', engine='split')
    """
    check_domain(network, box)
    if engine not in COUNTING:
        known = ", ".join(repr(name) for name in COUNTING)
        why = "keeps what it finds" if engine in ENGINES else "is unknown"
        raise InvalidInputError(f"engine {engine!r} {why}; regions are counted by {known}")
    check_whole("workers", workers, 1, MOST_WORKERS)
    if limit is not None:
        check_whole("limit", limit)
    if time_limit is not None:
        check_number("time_limit", time_limit)
    too_large = too_large_to_subdivide if engine == "subdivide" else too_large_to_split
    if why := too_large(network, box):
        raise TooLargeError(why)
    count = _count_by_subdivision if engine == "subdivide" else _count_by_splitting
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return count(network, box, workers, (limit, time_limit), progress)


def _count_by_splitting(
    network: Network, domain: Domain, workers: int, limits: Limits, progress: Progress | None
) -> Counts:
    from .split.splitting import Splitting

    splitting = Splitting(network, domain, workers, keep=False)

    def report() -> None:
        if progress is not None:
            progress(splitting.regions, splitting.done)

    splitting.run(splitting.stop_at(*limits, report))
    regions, stopped = splitting.regions, "" if splitting.finished else splitting.stopped
    # Each wall was met from both of its sides; of a part, from one at least.
    adjacencies = (splitting.inner + 1) // 2
    f_vector = None
    if not stopped and domain.dim == 1:
        f_vector = [adjacencies, regions]
    elif not stopped and domain.dim == 2:  # the faces that meet the open domain satisfy Euler's relation
        f_vector = [1 + adjacencies - regions, adjacencies, regions]
    return Counts(regions, adjacencies, f_vector, not stopped, stopped, "split")


def _count_by_subdivision(
    network: Network, domain: Domain, workers: int, limits: Limits, progress: Progress | None
) -> Counts:
    from .subdivide.engine import count_by_subdivision

    def report(share: float, regions: int) -> None:
        if progress is not None:
            progress(regions, share)

    regions, adjacencies, f_vector, stopped = count_by_subdivision(
        network, domain, workers=workers, limit=limits[0], time_limit=limits[1], progress=report
    )
    if progress is not None and not stopped:
        progress(regions, 1.0)
    whole = None if stopped else f_vector
    return Counts(regions, adjacencies, whole, not stopped, stopped, "subdivide")


def iter_regions(network: Network, box: Domain) -> Iterator[FoundRegion]:
    """Find the activation regions of a network one after the other, in memory that does not grow.

    The order is depth first: regions whose states first differ at some unit come with the higher state of a
    scalar unit first, with the lower piece of a maxout unit first. It is that of the engine "split".

    Raises
    ------
    InvalidBoxError
        If the box has another dimension than the network's input.
    TooLargeError
        If the network or the dimension is too large for the engine.

    Examples
    --------
    >>> from polyregions import Box
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
    >>> for region in iter_regions(net, Box([-1], [2])):
    ...     print(region.pattern, region.witness, region.neighbors)
    [1 1] [1.5] 1
    [1 0] [0.5] 2
    [0 0] [-0.5] 1
    """
    check_domain(network, box)
    if why := too_large_to_split(network, box):
        raise TooLargeError(why)
    return _found(network, box)


def _found(network: Network, box: Domain) -> Iterator[FoundRegion]:
    from .split.stream import stream_slices

    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        for patterns, witnesses, facets, inner in stream_slices(network, box):
            yield from map(FoundRegion, patterns, witnesses, facets.tolist(), inner.tolist())
