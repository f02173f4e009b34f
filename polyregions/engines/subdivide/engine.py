"""The whole polyhedral complex of a network in a box, layer by layer.

1. Start with the 3^d faces of the box.
2. For each layer: the signs of its hyperplanes at all vertices (one matrix product over the vertices, with
   an error bound for each vertex), then all faces are cut (:mod:`polyregions.engines.subdivide.cut_faces`).
   Scalar units are cut at their breakpoints. A maxout unit is cut where two of its pieces are equal, piece
   after piece: (a, b) leaves a face whole if a piece before b beats a there. Then faces on which the same
   pieces are largest are merged: boundaries that a later piece has covered go.
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
from numpy.typing import NDArray

from ...base.arrays import StateArray
from ...base.memory import memory_for_threads
from ...complex.faces import Faces
from ...complex.region_complex import RegionComplex
from ...complex.regions import Regions
from ...complex.topology import Cells, find_neighbors
from ...complex.vertices import Cut, Vertices
from ...errors import InvalidInputError, TooLargeError
from ...network.box import Box
from ...network.hyperplanes import LayerArrays, layer_arrays
from ...network.network import Network
from .cell_forms import CellMaps, LayerForms, VerticesOnCells, count_bends, mark_signs, vertex_values
from .face_table import CARRIER, MASKS, WORD
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
        self.layers = layer_arrays(network, box)
        self.cells = Cells.box(box.dim)
        self.vertices = Vertices(network, box, self.layers, self.cells)
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
        self.vertices = faces.vertices.continued(network, self.layers)
        return self

    # As in enumerate_regions: what leaves the range of float64 proves nothing.
    @np.errstate(over="ignore", under="ignore", invalid="ignore")
    def further(self) -> RegionComplex:
        """Cut by the layers beyond those that have cut already."""
        cuts = {cut.layer: cut for cut in self.vertices.cuts}
        done = 1 + max(cuts, default=-1)
        maps = CellMaps.identity(self.d)
        for i, layer in enumerate(self.layers[:done]):
            cells = np.arange(len(maps.parent), dtype=np.int32)
            parent = cuts[i].cell_of if i in cuts else cells
            states = np.zeros((parent.size, layer.n_outputs), dtype=np.uint8)
            if i in cuts:
                states[:, layer.units] = cuts[i].states
            maps = maps.above(layer, parent, states)
        return self._cut_layers(done, maps, None)

    def _cut_layers(
        self, first: int, maps: CellMaps, progress: Callable[[int, int], None] | None
    ) -> RegionComplex:
        last = max((i for i, layer in enumerate(self.layers) if layer.row_of.size), default=-1)
        for i, layer in enumerate(self.layers[first : last + 1], first):
            parent, states = self._cut(LayerOnCells(i, layer, maps), progress)
            if layer.row_of.size:
                units = self.layers[i].units
                own = states if units.size == states.shape[1] else states[:, units]
                self.vertices.cuts.append(Cut(i, self.network.first_units[i], parent, own))
            if i < last:
                maps = maps.above(layer, parent, states)
            if progress is not None:
                progress(0, len(parent))
        result = self._result()
        if progress is not None:
            progress(result.n_regions, result.n_regions)
        return result

    def _cut(
        self, layer: LayerOnCells, progress: Callable[[int, int], None] | None
    ) -> tuple[NDArray[np.int32], StateArray]:
        """Cut the complex by a layer; return the old cell and the states of each new top cell."""
        old, arrays, outputs = self.cells, layer.arrays, layer.arrays.n_outputs
        if layer.n_planes == 0:
            return np.arange(old.top.size, dtype=np.int32), np.zeros((old.top.size, outputs), dtype=np.uint8)
        homes = old.homes()
        cut = LayerCut(old, homes, layer, self.vertices)
        self._mark_vertices(cut)
        cut.run(self.workers, None if progress is None else partial(progress, 0, old.top.size))
        table, cells = cut.result()
        self.undecided += cut.undecided
        if not arrays.is_max.any():
            pieces = cells.top
            states: StateArray = np.zeros((pieces.size, outputs), dtype=np.uint8)
            count_bends(pieces, table, arrays.pairs, states)
        else:
            touched = _touched_states(arrays, table)
            carrier = np.ascontiguousarray(table[:, CARRIER])[:, None].view(np.uint8)
            cells, whole = cells.merge(np.concatenate([carrier, touched], axis=1))
            pieces = whole[cells.top]
            ends = zip(arrays.first[:-1], arrays.first[1:], strict=True)
            states = np.stack([touched[pieces, a:b].argmax(axis=1) for a, b in ends], axis=1).astype(np.uint8)
        self.cells = cells
        return homes[table[pieces, CARRIER]], states

    def _mark_vertices(self, cut: LayerCut) -> None:
        """Signs of the layer's hyperplanes at the old vertices, cell after cell."""
        corners = self.cells.faces(0)
        order = np.argsort(cut.homes[corners], kind="stable")
        chunk = max(1, SIGNS_TOGETHER // cut.layer.n_planes)
        parts = [order[start : start + chunk] for start in range(0, corners.size, chunk)]
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
            z = values @ rows.T
        undecided = np.empty((part.size * cut.layer.n_planes, 2), dtype=np.int32)
        n = mark_signs(vertices, z, bounds, layer, cut.table, undecided)
        return undecided[:n].T

    def _result(self) -> RegionComplex:
        cells, top = self.cells, self.cells.top
        states = np.zeros((top.size, self.network.n_units), dtype=np.uint8)
        at: NDArray[Any] = np.arange(top.size)
        for cut in reversed(self.vertices.cuts):
            states[:, cut.unit : cut.unit + cut.states.shape[1]] = cut.states[at]
            at = cut.cell_of[at]
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


def _touched_states(layer: LayerArrays, table: Any) -> NDArray[np.uint8]:
    """Whether each state of each output holds throughout each face, on its border perhaps; (faces, entries).

    A maxout piece is then a largest one, a scalar unit's row between the breakpoints of the state. A face on
    both sides of the hyperplane of pieces a < b was left whole, since a piece before b beats a: that one's
    hyperplane tells.
    """
    touched = np.ones((len(table), int(layer.first[-1])), dtype=np.uint8)
    for plane, (output, below, above) in enumerate(layer.pairs.tolist()):
        first, column, bit = layer.first[output], MASKS + 3 * (plane // WORD), plane % WORD
        is_above, is_below = table[:, column] >> bit & 1, table[:, column + 1] >> bit & 1
        touched[:, first + below] &= is_above <= is_below
        touched[:, first + above] &= is_below <= is_above
    return touched
