"""The whole polyhedral complex of a network in a box, layer by layer.

1. Start with the 3^d faces of the box.
2. For each layer: the signs of its hyperplanes at all vertices (one matrix product over the vertices, with
   an error bound for each vertex), then all faces are cut (:mod:`polyregions.splitting`). Scalar units are
   cut at their breakpoints. A maxout unit is cut where any two of its pieces are equal, and then faces on
   which the same pieces are largest are merged: boundaries below the maximum go.
3. A top cell's states follow from its signs; its affine map is its parent's, row by row scaled by the
   states (:mod:`polyregions.cell_maps`).

Signs are those of affine forms at vertices (:mod:`polyregions.predicates`). What float64 cannot prove is
decided over the integers, from the exact forms that define the vertex (:mod:`polyregions.vertices`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..box import Box
from ..cell_maps import CellMaps, count_bends, mark_signs, vertex_values
from ..cells import Cells
from ..centres import interior_points
from ..complex import RegionComplex
from ..errors import CheckFailedError, TooLargeError
from ..face_table import CARRIER, DIM, MASKS, SEEN, SIBLING, SIZE, STAMP, START, WORD
from ..layer_arrays import LayerArrays, layer_arrays
from ..memory import available_memory
from ..network import Network, StateArray
from ..splitting import (
    DECIDE,
    DONE,
    FACES,
    MORE_ENTRIES,
    MORE_FACES,
    MORE_PLANES,
    MORE_POOL,
    MORE_VERTICES,
    OPEN,
    PLANES,
    VERTICES,
    cut_faces,
)
from ..vertices import Cut, Vertices

#: Faces are numbered by int32.
MOST_FACES = 2**31 - 1


def enumerate_by_subdivision(
    network: Network, box: Box, *, progress: Callable[[int, int], None] | None = None
) -> RegionComplex:
    """Return all activation regions of the box, with their facets.

    Parameters
    ----------
    progress : callable, optional
        ``progress(regions, regions)`` after each layer.

    Raises
    ------
    TooLargeError
        If the faces do not fit into memory, or are more than 2^31.
    """
    return Subdivision(network, box).run(progress)


class Subdivision:
    """The complex of the layers cut so far.

    Attributes
    ----------
    cells : Cells
    vertices : Vertices
    undecided : int
        Number of signs that float64 left open.
    """

    def __init__(self, network: Network, box: Box) -> None:
        if 3**box.dim > 10**6:
            raise TooLargeError(
                f"a box of {box.dim} dimensions has {3**box.dim} faces; engine 'traverse' has no need of them"
            )
        self.network, self.box, self.d = network, box, box.dim
        self.layers = layer_arrays(network, box)
        self.whole = float(self.layers[0].whole)
        self.cells = Cells.box(box.dim)
        self.vertices = Vertices(network, box, self.layers, self.cells)
        self.undecided = 0

    def run(self, progress: Callable[[int, int], None] | None = None) -> RegionComplex:
        """Cut by all layers."""
        maps = CellMaps.identity(self.d)
        own = [layer.n_units if layer.kind != "linear" else 0 for layer in self.network.layers]
        last = max((i for i, layer in enumerate(self.layers) if layer.row_of.size), default=-1)
        for i, layer in enumerate(self.layers[: last + 1]):
            parent, states = self._cut(i, layer, maps)
            if layer.row_of.size:
                self.vertices.cuts.append(Cut(i, sum(own[:i]), parent, states))
            if i < last:
                maps = maps.above(layer, parent, states)
            if progress is not None:
                progress(len(parent), len(parent))
        return self._result()

    def _cut(self, number: int, layer: LayerArrays, maps: CellMaps) -> tuple[NDArray[np.int32], StateArray]:
        """Cut the complex by a layer; return the old cell and the states of each new top cell."""
        old, d, units = self.cells, self.d, layer.first.size - 1
        n_cells, n_planes = old.faces(d).size, layer.row_of.size
        if n_planes == 0:
            return np.arange(n_cells, dtype=np.int32), np.zeros((n_cells, units), dtype=np.uint8)
        homes = old.homes()
        table, planes = self._copy_vertices(old, n_planes)
        self._mark_vertices(number, layer, maps, homes, table)
        table, pool, planes = self._cut_faces(number, layer, maps, homes, table, planes)
        cells = Cells(
            table[:, DIM].astype(np.int8),
            table[:, START].astype(np.int64),
            table[:, SIZE].copy(),
            pool,
            planes,
        )
        top = cells.faces(d)
        if (layer.pairs[:, 2] < 0).all():
            states = np.zeros((top.size, units), dtype=np.uint8)
            count_bends(top, table, layer.pairs, states)
        else:
            largest = _largest_pieces(layer, table)
            carrier = np.ascontiguousarray(table[:, CARRIER])[:, None].view(np.uint8)
            cells, pieces = cells.merge(np.concatenate([carrier, largest], axis=1))
            top = pieces[cells.faces(d)]
            cuts = zip(layer.first[:-1], layer.first[1:], strict=True)
            states = np.stack([largest[top, a:b].argmax(axis=1) for a, b in cuts], axis=1).astype(np.uint8)
        self.cells = cells.compact()
        return homes[table[top, CARRIER]], states

    def _copy_vertices(self, old: Cells, n_planes: int) -> tuple[Any, Any]:
        """Start the table of new faces with the old vertices; see :mod:`polyregions.splitting`."""
        vertices = old.faces(0)
        n, room = vertices.size, max(1024, 8 * old.dim.size)
        table = np.empty((room, MASKS + 3 * ((n_planes + WORD - 1) // WORD)), dtype=np.int32)
        table[:n, DIM], table[:n, CARRIER], table[:n, START] = 0, vertices, old.start[vertices]
        table[:n, SIBLING] = table[:n, STAMP] = table[:n, SEEN] = -1
        table[:n, SIZE], table[:n, MASKS:] = 0, 0
        planes = np.empty((room, self.d), np.int32)
        planes[:n] = old.planes[vertices]
        return table, planes

    def _mark_vertices(self, number: int, layer: LayerArrays, maps: CellMaps, homes: Any, table: Any) -> None:
        """Signs of the layer's hyperplanes at the old vertices, cell after cell."""
        old, store = self.cells, self.vertices
        vertices = old.faces(0)
        order = np.argsort(homes[vertices], kind="stable")
        chunk = max(1, 2**19 // layer.row_of.size)
        for start in range(0, vertices.size, chunk):
            part = order[start : start + chunk]
            numbers = old.start[vertices[part]]
            cells = homes[vertices[part]].astype(np.int64)
            values, bounds = np.empty((part.size, layer.weight.shape[1])), np.empty(part.size)
            vertex_values(
                numbers,
                cells,
                store.points,
                store.radii,
                *maps.arrays,
                maps.sizes,
                maps.errors,
                self.whole,
                values,
                bounds,
            )
            with np.errstate(over="ignore", invalid="ignore"):
                z = values @ layer.cut.T
            signs = np.empty((part.size * layer.row_of.size, 2), np.int32)
            n = mark_signs(
                z,
                bounds,
                store.points[numbers],
                maps.sizes[cells],
                layer.norms,
                layer.row_of,
                layer.threshold,
                self.whole,
                layer.weight.shape[1],
                part,
                table,
                signs,
            )
            for v, plane in signs[:n].tolist():
                cell = int(homes[vertices[v]])
                _set_sign(table, v, plane, store.exact_sign(number, int(old.start[vertices[v]]), cell, plane))
            self.undecided += n

    def _cut_faces(
        self, number: int, layer: LayerArrays, maps: CellMaps, homes: Any, table: Any, planes: Any
    ) -> tuple[Any, Any, Any]:
        """Run the kernel to its end: enlarge what is full, decide what is open."""
        old, store, d, n_planes = self.cells, self.vertices, self.d, layer.row_of.size
        n_cells, vertices = old.faces(d).size, old.faces(0)
        piece_of = np.full(old.dim.size, -1, dtype=np.int32)
        piece_of[vertices] = np.arange(vertices.size)
        pool = np.empty(max(4096, 16 * old.pool.size), np.int32)
        at = np.array([1, 0, 0, 0, 0, 0, 0, 0], dtype=np.int64)
        count = np.array([vertices.size, 0, store.radii.size, store.errors.size, 0, 0, 2], dtype=np.int64)
        entries = [np.empty(4096 + 4 * n_planes, np.int32) for _ in range(2)]
        head = np.full((d + 1, n_planes), -1, dtype=np.int32)
        cached, cached_round = np.empty(n_cells, np.int32), np.full(n_cells, -1, np.int64)
        signs = np.empty((max(1024, 2 * n_planes), 3), np.int32)
        while True:
            code = cut_faces(
                at,
                count,
                old.dim,
                old.start,
                old.size,
                old.pool,
                old.planes,
                homes,
                piece_of,
                table,
                pool,
                planes,
                *store.arrays,
                layer.pairs,
                *entries,
                head,
                cached,
                cached_round,
                signs,
                layer.cut,
                layer.norms,
                layer.row_of,
                layer.threshold,
                *maps.arrays,
                maps.sizes,
                maps.errors,
                self.whole,
                number,
            )
            if code == DONE:
                break
            if code == DECIDE:
                for v, plane, cell in signs[: count[OPEN]].tolist():
                    _set_sign(table, v, plane, store.exact_sign(number, int(table[v, START]), cell, plane))
                self.undecided += int(count[OPEN])
                count[OPEN] = 0
            elif code == MORE_FACES:
                table, planes = _grown(table), _grown(planes)
            elif code == MORE_POOL:
                pool = _grown(pool)
            elif code == MORE_ENTRIES:
                entries = [_grown(array) for array in entries]
            elif code == MORE_VERTICES:
                store.points, store.radii, store.planes = map(
                    _grown, (store.points, store.radii, store.planes)
                )
            elif code == MORE_PLANES:
                store.forms, store.errors, store.source = map(
                    _grown, (store.forms, store.errors, store.source)
                )
            else:
                raise CheckFailedError("a section has too few faces; this is a defect, please report it")
        v, p = int(count[VERTICES]), int(count[PLANES])
        store.points, store.radii, store.planes = store.points[:v], store.radii[:v], store.planes[:v]
        store.forms, store.errors, store.source = store.forms[:p], store.errors[:p], store.source[:p]
        faces = int(count[FACES])
        return table[:faces], pool, planes[:faces]

    def _result(self) -> RegionComplex:
        cells, d = self.cells, self.d
        top = cells.faces(d)
        states = np.zeros((top.size, self.network.n_units), dtype=np.uint8)
        at: NDArray[Any] = np.arange(top.size)
        for cut in reversed(self.vertices.cuts):
            states[:, cut.unit : cut.unit + cut.states.shape[1]] = cut.states[at]
            at = cut.cell_of[at]
        counts = cells.size[top].astype(np.int64)
        facets = cells.boundaries(top)
        owner = np.repeat(np.arange(top.size), counts)
        # Each facet stands in one list or in two: its first owner and its last.
        first, last = np.empty(cells.dim.size, dtype=np.int64), np.empty(cells.dim.size, dtype=np.int64)
        last[facets] = owner
        first[facets[::-1]] = owner[::-1]
        neighbors = first[facets] + last[facets] - owner
        rim = first[facets] == last[facets]
        neighbors[rim] = -1 - cells.planes[facets[rim], 0]
        return RegionComplex(
            network=self.network,
            box=self.box,
            engine="subdivide",
            states=states,
            witnesses=interior_points(cells, self.vertices, states, self.box),
            facet_offsets=np.concatenate([[0], np.cumsum(counts)]),
            facet_neighbors=neighbors,
            complete=True,
            cells=cells,
        )


def _largest_pieces(layer: LayerArrays, table: Any) -> NDArray[np.uint8]:
    """Whether each maxout piece is a largest one throughout each face; 0 or 1, (faces, pieces)."""
    largest = np.ones((len(table), int(layer.first[-1])), dtype=np.uint8)
    for plane, (unit, a, b) in enumerate(layer.pairs.tolist()):
        first, column, bit = layer.first[unit], MASKS + 3 * (plane // WORD), plane % WORD
        largest[:, first + a] &= table[:, column + 1] >> bit & 1 == 0
        largest[:, first + b] &= table[:, column] >> bit & 1 == 0
    return largest


def _set_sign(table: Any, face: int, plane: int, sign: int) -> None:
    if sign != 0:
        bit = np.uint32(1 << plane % WORD).astype(np.int32)
        table[face, MASKS + 3 * (plane // WORD) + (sign < 0)] |= bit


def _grown(array: Any) -> Any:
    """The array with as much room again, which is not touched until it is used."""
    if 2 * len(array) > MOST_FACES or 2 * array.nbytes > available_memory():
        raise TooLargeError(
            f"the complex needs more than {2 * array.nbytes / 2**30:.1f} GiB for one of its arrays; "
            "take a smaller box, or engine 'traverse' with a limit"
        )
    result = np.empty((2 * len(array), *array.shape[1:]), dtype=array.dtype)
    result[: len(array)] = array
    return result
