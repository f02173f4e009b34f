"""The whole polyhedral complex of a network in a domain, layer by layer.

1. Start with the faces of the domain, 3^d of a box (:mod:`polyregions.complex.beginning`).
2. For each layer: the signs of its hyperplanes at all vertices (one matrix product over the vertices, with
   an error bound for each vertex), then all faces are cut (:mod:`polyregions.engines.subdivide.cut_faces`),
   by a group of hyperplanes at a time. Scalar units are cut at their breakpoints. A maxout unit is cut piece
   after piece, each where it equals the largest of those before, and faces on which the same pieces are
   largest are merged (:mod:`polyregions.engines.subdivide.envelopes`).
3. A top cell's states follow from its signs; its affine map is its parent's, row by row scaled by the
   states (:mod:`polyregions.engines.subdivide.cell_forms`).

Once there are more faces than the cache holds, that is done for one part of neighbouring cells after the
other, each of which goes through all layers (:mod:`polyregions.engines.subdivide.growth`). Whoever wants all
faces puts the parts together (:mod:`polyregions.engines.subdivide.joining`); whoever counts forgets them.

Signs are those of affine forms at vertices (:mod:`polyregions.geometry.signs`). What float64 cannot prove is
decided over the integers, from the exact forms that define the vertex (:mod:`polyregions.complex.vertices`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple, cast

import numpy as np

from ...base.arrays import IntArray, StateArray
from ...base.memory import memory_for_threads
from ...complex.beginning import first_cells
from ...complex.faces import Faces
from ...complex.packed_states import PackedStates
from ...complex.patterns import Cut, Patterns
from ...complex.region_complex import RegionComplex
from ...complex.regions import Regions
from ...complex.topology import Cells, find_neighbors
from ...complex.vertices import Vertices
from ...errors import InvalidInputError, TooLargeError
from ...geometry.domain import Domain, box_of, fields_of, n_sides
from ...network.hyperplanes import layer_steps
from ...network.network import Network
from .cell_maps import OutputMaps, PieceMaps
from .growth import Branch, Growth, Limits
from .inner_points import interior_points
from .joining import join
from .origins import Events
from .part import CellPart

#: ``progress(done, known)``.
Progress = Callable[[int, int], None]


def enumerate_by_subdivision(
    network: Network,
    domain: Domain,
    *,
    workers: int = 1,
    limit: int | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
) -> RegionComplex:
    """Return all activation regions of the domain, with their facets.

    Parameters
    ----------
    workers : int
        Threads. They never change the answer.
    limit : int, optional
        Most regions to list.
    time_limit : float, optional
        Seconds after which to stop.
    progress : callable, optional
        ``progress(done, known)`` now and then: how many regions are done, of how many cells so far. Neither
        number ever falls, and they are the same at the end.

    Returns
    -------
    RegionComplex
        Partial, and labelled so, if a limit was met, memory ran low, or Ctrl-C was pressed, once some part of
        the box was done: with the regions of the parts that are done, without faces. Those that have a facet
        to another part count as found, not as explored.

    Raises
    ------
    TooLargeError
        If the faces do not fit into memory, or are more than 2^31.
    KeyboardInterrupt
        If Ctrl-C was pressed before any part was done.
    """
    until = None if time_limit is None else time.monotonic() + time_limit
    with _enough_memory():
        return Subdivision(network, domain, workers).run(progress, limit, until)


class CountedFaces(NamedTuple):
    """Numbers of regions, of pairs of them that share a facet, and of faces of each dimension.

    ``stopped`` says why these are not all ("limit", "time", "memory", "interrupted"), or "".
    """

    regions: int
    adjacencies: int
    f_vector: list[int]
    stopped: str


def count_by_subdivision(
    network: Network,
    domain: Domain,
    *,
    workers: int = 1,
    limit: int | None = None,
    time_limit: float | None = None,
    progress: Callable[[float, int], None] | None = None,
) -> CountedFaces:
    """Count the activation regions of the domain, and the faces, without keeping them.

    The memory that it takes does not grow with their number.

    Parameters
    ----------
    workers : int
        Threads. They never change the answer.
    limit, time_limit : optional
        Regions, or seconds, after which to stop.
    progress : callable, optional
        ``progress(share, regions)`` now and then: which share of the work is done, 0 to 1, as far as it can
        be told, and the regions that were counted. Neither ever falls.

    Returns
    -------
    CountedFaces
        ``f_vector`` has the faces of dimension 0, ..., d that lie in no side of the domain.

    Raises
    ------
    TooLargeError
        If not even a few parts fit into memory.

    Examples
    --------
    >>> from polyregions import Box
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> count_by_subdivision(net, Box.cube(2, -2, 2))
    CountedFaces(regions=7, adjacencies=9, f_vector=[3, 9, 7], stopped='')
    """

    def report(share: float, regions: int, _known: int) -> None:
        if progress is not None:
            progress(share, regions)

    limits = Limits(limit, None if time_limit is None else time.monotonic() + time_limit)
    # As in enumerate_regions: what leaves the range of float64 proves nothing.
    with _enough_memory(), np.errstate(over="ignore", under="ignore", invalid="ignore"):
        told = None if progress is None else report
        counted, stopped = Subdivision(network, domain, workers).count(told, limits)
    found = counted.tolist()
    return CountedFaces(found[-1], found[-2], found, stopped)


def extend(cx: Regions, network: Network, *, workers: int = 1) -> RegionComplex:
    """Cut a result further, by what a network has beyond the layers that cut it already.

    Parameters
    ----------
    cx : Regions
        With its faces, which hold all that is read here. It stays as it is.
    network : Network
        Its hidden layers begin with those of ``cx.network``, weight by weight.
    workers : int
        Threads. They never change the answer.

    Raises
    ------
    InvalidInputError
        If the faces are not known, or the network begins otherwise.
    TooLargeError
        If the faces do not fit into memory, or are more than 2^31.

    Examples
    --------
    >>> from polyregions.network.layers import relu
    >>> net = Network([relu([[1.0, 0.0]], [0.0])])
    >>> from polyregions import Box
    >>> cx = enumerate_by_subdivision(net, Box.cube(2, -1, 1))
    >>> extend(cx, Network([*net.layers, relu([[1.0]], [-0.5])]))
    RegionComplex(3 regions, 2 adjacencies, d=2, engine=subdivide)
    """
    own = cx.network.layers[:-1] if cx.network.layers[-1].is_linear else cx.network.layers
    if own and Network(network.layers[: len(own)]) != Network(own):
        raise InvalidInputError(f"network: it does not begin with the {len(own)} layers of the result's own")
    with _enough_memory():
        return Subdivision.of(cx, network, workers).further()


@contextmanager
def _enough_memory() -> Iterator[None]:
    try:
        with memory_for_threads():
            yield
    except MemoryError as error:
        raise TooLargeError(
            "the complex does not fit into memory; take a smaller box, or engine 'traverse' with a limit"
        ) from error


class Subdivision:
    """A complex, and the steps that are to cut it.

    Attributes
    ----------
    undecided : int
        Number of signs that float64 left open.
    """

    def __init__(self, network: Network, domain: Domain, workers: int = 1) -> None:
        self.network, self.domain, self.d = network, domain, domain.dim
        self.cells = first_cells(domain)
        self.steps = layer_steps(network, box_of(domain))
        self.vertices = Vertices(network, domain, self.steps, self.cells)
        self.undecided, self.workers = 0, workers

    @classmethod
    def of(cls, cx: Regions, network: Network, workers: int) -> Subdivision:
        """Where a result stands whose network begins like this one."""
        faces = cx.need_faces("cutting further")
        self = cls(network, cx.domain, workers)
        self.cells, self.undecided = faces.cells, cx.undecided or 0
        done = {cut.step: faces.vertices.steps[cut.step] for cut in faces.vertices.cuts}
        self.steps = [
            step.with_planes_of(done[i]) if i in done else step for i, step in enumerate(self.steps)
        ]
        self.vertices = faces.vertices.continued(network, self.steps)
        return self

    def run(
        self, progress: Progress | None = None, limit: int | None = None, until: float | None = None
    ) -> RegionComplex:
        """Cut by all layers, with all faces."""
        root, before = self._root(), list(self.vertices.cuts)
        root.events = Events(self.vertices.store)

        def done(branch: Branch) -> None:
            self.undecided += branch.begin().undecided

        told = [0, 0]

        def report(_share: float, regions: int, known: int) -> None:
            told[:] = max(told[0], regions), max(told[1], known)
            if progress is not None:
                progress(*told)

        growth = Growth(root, done, None if progress is None else report, Limits(limit, until, True))
        growth.run(self.workers)
        cells = self._take(growth, before)
        if growth.stopped:
            return self._partial(cells, growth.stopped, limit)
        result = self._result(cells)
        if progress is not None:
            progress(max(result.n_regions, *told), max(result.n_regions, *told))
        return result

    # As in enumerate_regions: what leaves the range of float64 proves nothing.
    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def further(self) -> RegionComplex:
        """Cut by the layers beyond those that have cut already."""
        return self.run()

    def count(self, report: Callable[[float, int, int], None] | None, limits: Limits) -> tuple[IntArray, str]:
        """Count the faces of each dimension inside the domain, and forget them; say why not all, or ""."""
        total = np.zeros(self.d + 1, dtype=np.int64)

        def done(branch: Branch) -> None:
            total[:] += branch.begin().counts()
            branch.part = None

        growth = Growth(self._root(), done, report, limits)
        growth.run(self.workers)
        return total, growth.stopped

    def _root(self) -> CellPart:
        """What there is, as one part."""
        done = 1 + max((cut.layer for cut in self.vertices.cuts), default=-1)
        maps = OutputMaps.identity(self.d)
        for number in range(done):
            cuts = [cut for cut in self.vertices.cuts if cut.layer == number]
            arrays = next(step for step in self.steps if step.layer == number)
            parent = np.arange(len(maps.parent), dtype=np.int32)
            for cut in cuts:
                parent = parent[cut.cell_of]
            states = cuts[-1].states if cuts else PackedStates(parent.size, arrays.n_states)
            maps = OutputMaps.above(PieceMaps(arrays, maps), parent, states, arrays)
        begin = sum(step.layer < done for step in self.steps)
        cutting = [i for i, step in enumerate(self.steps) if step.row_of.size]
        end = max(begin, cutting[-1] + 1 if cutting else 0)
        return CellPart(self.cells, self.vertices, maps, (begin, end))

    def _take(self, growth: Growth, before: list[Cut]) -> Cells:
        """Take over what is done; ``before`` are the cuts that there were."""
        if growth.root.is_done:
            root = growth.root.begin()
            self.vertices.store = self.vertices.first(root.corners)
            return root.cells
        cells, store, cuts = join(growth.root, before, in_order=growth.stopped == "limit")
        self.vertices.store, self.vertices.cuts = store, cuts
        return cells

    def _neighbors(self, cells: Cells) -> tuple[IntArray, IntArray]:
        top = cells.top
        offsets = np.concatenate([[0], np.cumsum(cells.size[top], dtype=np.int64)])
        neighbors = np.empty(offsets[-1], dtype=np.int64)
        met = np.full(cells.dim.size, -1, dtype=np.int32)
        find_neighbors(top, cells.lists, cells.planes, offsets, met, neighbors)
        return offsets, neighbors

    def _result(self, cells: Cells) -> RegionComplex:
        patterns = Patterns(
            self.vertices.cuts, len(self.network.layers), cells.top.size, self.network.n_units
        )
        offsets, neighbors = self._neighbors(cells)
        return RegionComplex(
            network=self.network,
            **fields_of(self.domain),
            engine="subdivide",
            states=cast("StateArray", patterns),  # an array when it is asked for
            witnesses=interior_points(cells, self.vertices, patterns, self.domain, self.workers),
            facet_offsets=offsets,
            facet_neighbors=neighbors,
            complete=True,
            known_faces=Faces(cells, self.vertices, self.domain, patterns),
            undecided=self.undecided,
            further=extend,
        )

    def _partial(self, cells: Cells, why: str, limit: int | None) -> RegionComplex:
        """The regions that are done, those first whose facets all lead to others or to sides of the box."""
        n = cells.top.size if limit is None else min(limit, cells.top.size)
        patterns = Patterns(
            self.vertices.cuts, len(self.network.layers), cells.top.size, self.network.n_units
        )
        offsets, neighbors = self._neighbors(cells)
        owner = np.repeat(np.arange(cells.top.size), np.diff(offsets))
        is_open = np.zeros(cells.top.size, dtype=np.bool_)
        is_open[owner[(neighbors < -n_sides(self.domain)) | (neighbors >= n)]] = True
        explored, found = np.flatnonzero(~is_open[:n]), np.flatnonzero(is_open[:n])
        order = np.concatenate([explored, found])
        number = np.empty(cells.top.size, dtype=np.int64)
        number[order] = np.arange(n)
        across = neighbors[np.isin(owner, explored)]
        across = np.where(across >= 0, number[np.maximum(across, 0)], across)
        witnesses = interior_points(cells, self.vertices, patterns, self.domain, self.workers)
        return RegionComplex(
            network=self.network,
            **fields_of(self.domain),
            engine="subdivide",
            states=patterns.rows(order),
            witnesses=witnesses[order],
            facet_offsets=np.concatenate([[0], np.cumsum(np.diff(offsets)[explored])]),
            facet_neighbors=across,
            complete=False,
            stopped=why,
            undecided=self.undecided,
        )
