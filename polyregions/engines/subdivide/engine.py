"""The whole polyhedral complex of a network in a box, layer by layer.

1. Start with the 3^d faces of the box.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import numpy as np

from ...base.memory import memory_for_threads
from ...complex.faces import Faces
from ...complex.region_complex import RegionComplex
from ...complex.regions import Regions
from ...complex.topology import Cells, find_neighbors
from ...complex.vertices import Cut, Vertices
from ...errors import InvalidInputError, TooLargeError
from ...network.box import Box
from ...network.hyperplanes import layer_steps
from ...network.network import Network
from ...network.numbers import times
from .cell_forms import CellMaps, LayerForms, VerticesOnCells, mark_signs, vertex_values
from .envelopes import PartlyCut
from .inner_points import interior_points
from .layer_cut import LayerCut, LayerOnCells

#: Entries of the largest matrices of signs that are made at once.
SIGNS_TOGETHER = 2**19


def enumerate_by_subdivision(
    network: Network, box: Box, *, workers: int = 1, progress: Callable[[int, int], None] | None = None
) -> RegionComplex:
    """Return all activation regions of the box, with their facets.

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
        return Subdivision(network, box, workers).run(progress)


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

    def __init__(self, network: Network, box: Box, workers: int = 1) -> None:
        if 3**box.dim > 10**6:
            raise TooLargeError(
                f"a box of {box.dim} dimensions has 3^{box.dim} faces; engine 'traverse' has no need of them"
            )
        self.network, self.box, self.d = network, box, box.dim
        self.steps = layer_steps(network, box)
        self.cells = Cells.box(box.dim)
        self.vertices = Vertices(network, box, self.steps, self.cells)
        self.undecided, self.workers = 0, workers

    def run(self, progress: Callable[[int, int], None] | None = None) -> RegionComplex:
        """Cut by all layers."""
        return self._cut_layers(0, CellMaps.identity(self.d), progress)

    @classmethod
    def of(cls, cx: Regions, network: Network, workers: int) -> Subdivision:
        """Where a result stands whose network begins like this one."""
        faces = cx.need_faces("cutting further")
        self = cls(network, cx.box, workers)
        self.cells, self.undecided = faces.cells, cx.undecided or 0
        self.vertices = faces.vertices.continued(network, self.steps)
        return self

    # As in enumerate_regions: what leaves the range of float64 proves nothing.
    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def further(self) -> RegionComplex:
        """Cut by the layers beyond those that have cut already."""
        done = 1 + max((cut.layer for cut in self.vertices.cuts), default=-1)
        maps = CellMaps.identity(self.d)
        for number in range(done):
            cuts = [cut for cut in self.vertices.cuts if cut.layer == number]
            arrays = next(step for step in self.steps if step.layer == number)
            parent = np.arange(len(maps.parent), dtype=np.int32)
            for cut in cuts:
                parent = parent[cut.cell_of]
            states = np.zeros((parent.size, arrays.n_outputs), dtype=np.uint8)
            if cuts:
                states[:, arrays.units] = cuts[-1].states
            maps = maps.above(arrays, parent, states)
        return self._cut_layers(done, maps, None)

    def _cut_layers(
        self, first: int, maps: CellMaps, progress: Callable[[int, int], None] | None
    ) -> RegionComplex:
        last = max((step.layer for step in self.steps if step.row_of.size), default=-1)
        for number in range(first, last + 1):
            steps = [i for i, step in enumerate(self.steps) if step.layer == number]
            part = PartlyCut(self.steps[steps[0]], maps, len(steps))
            # A step may leave fewer cells than it has cut; what is told never falls.
            report = None if progress is None else partial(progress, 0, self.cells.top.size)
            for i in steps:
                if self.steps[i].row_of.size:
                    self._cut(i, part, report)
            if progress is not None:
                progress(0, self.cells.top.size)
            if number < last:
                maps = part.above()
        result = self._result()
        if progress is not None:
            progress(result.n_regions, result.n_regions)
        return result

    def _cut(self, number: int, part: PartlyCut, report: Callable[[], None] | None) -> None:
        """Cut the complex by one step of a layer."""
        step, cells = self.steps[number], self.cells
        homes = cells.homes()
        cut = LayerCut(cells, homes, LayerOnCells(number, step, part.maps(step)), self.vertices)
        self._mark_vertices(cut)
        cut.run(self.workers, report)
        table, made = cut.result()
        self.undecided += cut.undecided
        self.cells = part.follow(step, table, homes, made)
        own = part.states if step.units.size == step.n_outputs else part.states[:, step.units]
        unit = self.network.first_units[step.layer]
        self.vertices.cuts.append(Cut(number, step.layer, unit, part.cell_of, own))

    def _mark_vertices(self, cut: LayerCut) -> None:
        """Signs of the layer's hyperplanes at the old vertices, cell after cell."""
        corners = self.cells.faces(0)
        order = np.argsort(cut.homes[corners], kind="stable")
        chunk = max(1, SIGNS_TOGETHER // cut.layer.n_planes)
        parts = [order[start : start + chunk] for start in range(0, corners.size, chunk)]
        if len(parts) == 1:
            undecided = [self._mark(cut, corners, parts[0])]
        else:
            with ThreadPoolExecutor(self.workers) as pool:
                undecided = list(pool.map(partial(self._mark, cut, corners), parts))
        for faces, planes in undecided:
            for face, plane in zip(faces.tolist(), planes.tolist(), strict=True):
                cut.set_sign(face, plane, int(cut.homes[corners[face]]))

    def _mark(self, cut: LayerCut, corners: Any, part: Any) -> Any:
        """Signs at some vertices; return the new faces and hyperplanes of those that are undecided."""
        layer, rows = LayerForms.of(cut.layer.arrays, cut.layer.maps), cut.layer.arrays.cut
        numbers = self.cells.start[corners[part]].astype(np.int64)
        cells = cut.homes[corners[part]].astype(np.int64)
        vertices = VerticesOnCells(part, numbers, cells, self.vertices.store)
        values, bounds = np.empty((part.size, rows.shape[1])), np.empty(part.size)
        vertex_values(vertices, layer, values, bounds)
        with np.errstate(over="ignore", invalid="ignore"):
            z = times(values, rows)
        undecided = np.empty((part.size * cut.layer.n_planes, 2), dtype=np.int32)
        n = mark_signs(vertices, z, bounds, layer, cut.table, undecided)
        return undecided[:n].T

    def _result(self) -> RegionComplex:
        cells, top = self.cells, self.cells.top
        states = self.vertices.patterns(np.arange(top.size), len(self.network.layers))
        offsets = np.concatenate([[0], np.cumsum(cells.size[top], dtype=np.int64)])
        neighbors = np.empty(offsets[-1], dtype=np.int64)
        met = np.full(cells.dim.size, -1, dtype=np.int32)
        find_neighbors(top, cells.lists, cells.planes, offsets, met, neighbors)
        return RegionComplex(
            network=self.network,
            box=self.box,
            engine="subdivide",
            states=states,
            witnesses=interior_points(cells, self.vertices, states, self.box, self.workers),
            facet_offsets=offsets,
            facet_neighbors=neighbors,
            complete=True,
            known_faces=Faces(cells, self.vertices, self.box, states),
            undecided=self.undecided,
            further=extend,
        )
