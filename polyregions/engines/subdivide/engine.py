"""The whole polyhedral complex of a network in a domain, layer by layer.

1. Start with the faces of the domain, 3^d of a box (:mod:`polyregions.complex.beginning`).
2. For each layer: the signs of its hyperplanes at all vertices (one matrix product over the vertices, with
   an error bound for each vertex), then all faces are cut (:mod:`polyregions.engines.subdivide.cut_faces`).
   Scalar units are cut at their breakpoints. A maxout unit is cut piece after piece, each where it equals the
   largest of those before, and faces on which the same pieces are largest are merged
   (:mod:`polyregions.engines.subdivide.envelopes`).
3. A top cell's states follow from its signs; its affine map is its parent's, row by row scaled by the
   states (:mod:`polyregions.engines.subdivide.cell_forms`).

Signs are those of affine forms at vertices (:mod:`polyregions.geometry.signs`). What float64 cannot prove is
decided over the integers, from the exact forms that define the vertex (:mod:`polyregions.complex.vertices`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import cast

import numpy as np

from ...base.arrays import StateArray
from ...base.memory import memory_for_threads
from ...complex.beginning import first_cells
from ...complex.faces import Faces
from ...complex.packed_states import PackedStates
from ...complex.patterns import Cut, Patterns
from ...complex.region_complex import RegionComplex
from ...complex.regions import Regions
from ...complex.topology import find_neighbors
from ...complex.vertices import Vertices
from ...errors import InvalidInputError, TooLargeError
from ...geometry.domain import Domain, box_of, fields_of
from ...network.hyperplanes import layer_steps
from ...network.network import Network
from ...network.pieces import as_slice
from .cell_maps import OutputMaps, PieceMaps
from .envelopes import PartlyCut
from .face_table import CARRIER, MASKS
from .inner_points import interior_points
from .layer_cut import LayerCut
from .marking import StepOnCells, make_forms, mark
from .zeros import KnownZeros, NewSigns


def enumerate_by_subdivision(
    network: Network, domain: Domain, *, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> RegionComplex:
    """Return all activation regions of the domain, with their facets.

    Parameters
    ----------
    workers : int
        Threads. They never change the answer.
    progress : callable, optional
        ``progress(0, cells)`` now and then while a layer cuts so many cells, and ``progress(cells, cells)``
        at the end.

    Raises
    ------
    TooLargeError
        If the faces do not fit into memory, or are more than 2^31.
    """
    with _enough_memory():
        return Subdivision(network, domain, workers).run(progress)


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
    """The complex of the layers cut so far.

    Attributes
    ----------
    cells : Cells
    vertices : Vertices
    undecided : int
        Number of signs that float64 left open.
    """

    def __init__(self, network: Network, domain: Domain, workers: int = 1) -> None:
        self.network, self.domain, self.d = network, domain, domain.dim
        self.cells = first_cells(domain)
        self.steps = layer_steps(network, box_of(domain))
        self.vertices = Vertices(network, domain, self.steps, self.cells)
        self.undecided, self.workers = 0, workers

    def run(self, progress: Callable[[int, int], None] | None = None) -> RegionComplex:
        """Cut by all layers."""
        return self._cut_layers(0, OutputMaps.identity(self.d), progress)

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

    # As in enumerate_regions: what leaves the range of float64 proves nothing.
    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def further(self) -> RegionComplex:
        """Cut by the layers beyond those that have cut already."""
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
        return self._cut_layers(done, maps, None)

    def _cut_layers(
        self, first: int, maps: OutputMaps, progress: Callable[[int, int], None] | None
    ) -> RegionComplex:
        last = max((step.layer for step in self.steps if step.row_of.size), default=-1)
        zeros = KnownZeros(self.steps, last + 1)
        for number in range(first, last + 1):
            steps = [i for i, step in enumerate(self.steps) if step.layer == number]
            arrays = self.steps[steps[0]]
            part = PartlyCut(arrays, maps, len(steps))
            zeros.begin(arrays, self.cells)
            # A step may leave fewer cells than it has cut; what is told never falls.
            report = None if progress is None else partial(progress, 0, self.cells.top.size)
            for i in steps:
                if self.steps[i].row_of.size:
                    self._cut(i, part, zeros, report)
            if progress is not None:
                progress(0, self.cells.top.size)
            if number < last:
                maps = part.above()
                zeros.end(arrays, part.states, self.cells)
        result = self._result()
        if progress is not None:
            progress(result.n_regions, result.n_regions)
        return result

    def _cut(
        self, number: int, part: PartlyCut, zeros: KnownZeros, report: Callable[[], None] | None
    ) -> None:
        """Cut the complex by one step of a layer."""
        step, cells = self.steps[number], self.cells
        homes = cells.homes()
        own = StepOnCells(number, step, part.maps(step), cells, homes, zeros.of(step, part.states))
        marks, strict, undecided = mark(own, self.vertices, self.workers, zeros.needs_signs)
        self.undecided += undecided
        planes = marks.cutting(step)
        is_other = ~step.is_max[step.pairs[:, 0]]
        is_other[planes] = False
        part.settle(step, marks.above, np.flatnonzero(is_other))
        if planes.size < step.row_of.size:
            self.steps[number] = step.only(planes)
            marks, own = marks.only(planes, step.row_of.size), replace(own, arrays=self.steps[number])
        if planes.size == 0:
            part.pass_over()
            carriers, signs = cells.faces(0), marks.vertices.above
        else:
            forms = make_forms(own, marks, self.vertices, self.workers)
            cut = LayerCut(own, marks, forms, self.vertices)
            cut.run(self.workers, report)
            table, made = cut.result()
            self.undecided += cut.undecided
            self.cells, pieces = part.follow(own.arrays, table, homes, made)
            rows = self.cells.faces(0) if pieces is None else pieces[self.cells.faces(0)]
            carriers = table[rows, CARRIER].astype(np.int64)
            signs = table[rows, MASKS::3] | table[rows, MASKS + 1 :: 3]
        zeros.follow(step, cells, carriers, NewSigns(strict, planes, signs))
        unit, units = self.network.first_units[step.layer], as_slice(step.units)
        self.vertices.cuts.append(Cut(number, step.layer, unit, part.cell_of, part.states, units))

    def _result(self) -> RegionComplex:
        cells, top = self.cells, self.cells.top
        patterns = Patterns(self.vertices.cuts, len(self.network.layers), top.size, self.network.n_units)
        offsets = np.concatenate([[0], np.cumsum(cells.size[top], dtype=np.int64)])
        neighbors = np.empty(offsets[-1], dtype=np.int64)
        met = np.full(cells.dim.size, -1, dtype=np.int32)
        find_neighbors(top, cells.lists, cells.planes, offsets, met, neighbors)
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
