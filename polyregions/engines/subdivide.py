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
from ..cell_maps import CellMaps, LayerForms, count_bends, mark_signs, vertex_values
from ..cells import Cells, find_neighbors
from ..centres import interior_points
from ..complex import RegionComplex
from ..errors import CheckFailedError, TooLargeError
from ..cutting import DECIDE, DONE, MORE_ENTRIES, MORE_FACES, MORE_PLANES, MORE_POOL, MORE_VERTICES
from ..face_table import (
    CARRIER,
    FACES,
    MASKS,
    OPEN,
    PLANES,
    POOL,
    SECTION,
    SIBLING,
    SIZE,
    START,
    VERTICES,
    WORD,
    Lists,
    NewFaces,
)
from ..layer_arrays import LayerArrays, layer_arrays
from ..memory import available_memory
from ..network import Network, StateArray
from ..splitting import OldFaces, Scratch, Signs, Store, cut_faces, order_faces
from ..vertices import Cut, Vertices

#: Old faces that are cut together: few enough that their pieces stay in the processor's cache.
FACES_TOGETHER = 128
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
        table = self._copy_vertices(old, n_planes)
        self._mark_vertices(number, layer, maps, homes, table)
        table, cells = self._cut_faces(number, layer, maps, homes, table)
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
        self.cells = cells
        return homes[table[top, CARRIER]], states

    def _copy_vertices(self, old: Cells, n_planes: int) -> Any:
        """Start the table of new faces with the old vertices; see :mod:`polyregions.face_table`."""
        vertices = old.faces(0)
        n, words = vertices.size, (n_planes + WORD - 1) // WORD
        table = np.empty((max(1024, 8 * old.dim.size), MASKS + 3 * words), dtype=np.int32)
        table[:n, CARRIER], table[:n, START], table[:n, SIZE] = vertices, old.start[vertices], 0
        table[:n, SIBLING] = table[:n, SECTION] = -1
        table[:n, MASKS:] = 0
        return table

    def _mark_vertices(self, number: int, layer: LayerArrays, maps: CellMaps, homes: Any, table: Any) -> None:
        """Signs of the layer's hyperplanes at the old vertices, cell after cell."""
        old, store = self.cells, self.vertices
        vertices = old.faces(0)
        order = np.argsort(homes[vertices], kind="stable")
        chunk = max(1, 2**19 // layer.row_of.size)
        for start in range(0, vertices.size, chunk):
            part = order[start : start + chunk]
            numbers = old.start[vertices[part]].astype(np.int64)
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
        self, number: int, layer: LayerArrays, maps: CellMaps, homes: Any, table: Any
    ) -> tuple[Any, Cells]:
        """Run the kernel to its end: enlarge what is full, decide what is open."""
        cells, store, n_planes = self.cells, self.vertices, layer.row_of.size
        vertices = cells.faces(0)
        old = self._in_parts(homes)
        piece_of = np.full(cells.dim.size, -1, dtype=np.int32)
        piece_of[vertices] = np.arange(vertices.size)
        dim = np.zeros(len(table), dtype=np.int8)
        planes = np.empty((len(table), self.d), dtype=np.int32)
        planes[: vertices.size] = cells.planes[vertices]
        pool = np.empty(max(4096, 16 * cells.pool.size), np.int32)
        at = np.zeros(7, dtype=np.int64)
        count = np.array([vertices.size, 0, store.radii.size, store.errors.size, 0, 0], dtype=np.int64)
        entries = np.empty((4096 + 4 * n_planes, 2), np.int32)
        head = np.full((self.d + 1, n_planes), -1, dtype=np.int32)
        signs = Signs(
            np.full((int(np.diff(old.cells).max()), n_planes), -1, dtype=np.int32),
            np.empty((max(1024, 2 * n_planes), 3), np.int32),
            layer.pairs,
            number,
        )
        forms = LayerForms(
            layer.cut, layer.norms, layer.row_of, layer.threshold, *maps.arrays, maps.sizes, maps.errors
        )
        scratch = Scratch.empty(self.d, table.shape[1] - MASKS)
        while True:
            code = cut_faces(
                at,
                count,
                old,
                NewFaces(table, dim, pool, planes, piece_of),
                Lists(entries, head),
                Store(*store.arrays),
                signs,
                forms,
                self.whole,
                scratch,
            )
            if code == DONE:
                break
            if code == DECIDE:
                for v, plane, cell in signs.open[: count[OPEN]].tolist():
                    _set_sign(table, v, plane, store.exact_sign(number, int(table[v, START]), cell, plane))
                self.undecided += int(count[OPEN])
                count[OPEN] = 0
            elif code == MORE_FACES:
                table, dim, planes = map(_grown, (table, dim, planes))
            elif code == MORE_POOL:
                pool = _grown(pool)
            elif code == MORE_ENTRIES:
                entries = _grown(entries)
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
        table = table[: count[FACES]]
        start, size = table[:, START].copy(), table[:, SIZE].copy()
        return table, Cells(dim[: len(table)], start, size, pool[: count[POOL]], planes[: len(table)])

    def _in_parts(self, homes: Any) -> OldFaces:
        """The complex in parts that are cut one after the other: neighbouring cells, with their faces."""
        cells = self.cells
        counts = np.bincount(homes[cells.dim > 0], minlength=cells.faces(self.d).size)
        begins = (np.cumsum(counts) - counts) // FACES_TOGETHER
        part_of = np.concatenate([[0], np.cumsum(begins[1:] > begins[:-1])]).astype(np.int32)
        parts = int(part_of[-1]) + 1
        ends = np.zeros(parts * (self.d + 1) + 1, dtype=np.int64)
        order = np.empty(int(counts.sum()), dtype=np.int32)
        order_faces(cells.dim, homes, part_of, ends, order)
        first = np.searchsorted(part_of, np.arange(parts + 1))
        ends = ends[self.d : -1 : self.d + 1].copy()
        return OldFaces(cells.dim, *cells.lists, cells.planes, homes, order, ends, first)

    def _result(self) -> RegionComplex:
        cells, d = self.cells, self.d
        top = cells.faces(d)
        states = np.zeros((top.size, self.network.n_units), dtype=np.uint8)
        at: NDArray[Any] = np.arange(top.size)
        for cut in reversed(self.vertices.cuts):
            states[:, cut.unit : cut.unit + cut.states.shape[1]] = cut.states[at]
            at = cut.cell_of[at]
        offsets = np.concatenate([[0], np.cumsum(cells.size[top], dtype=np.int64)])
        neighbors = np.empty(offsets[-1], dtype=np.int64)
        met = np.full(cells.dim.size, -1, dtype=np.int32)
        find_neighbors(top, *cells.lists, cells.planes, offsets, met, neighbors)
        return RegionComplex(
            network=self.network,
            box=self.box,
            engine="subdivide",
            states=states,
            witnesses=interior_points(cells, self.vertices, states, self.box),
            facet_offsets=offsets,
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
    """The array with room for eight times as much. Memory that is never touched costs nothing."""
    width = array[:1].nbytes
    room = min(8 * len(array), MOST_FACES, available_memory() // (2 * width))
    if room < len(array) + len(array) // 8 + 1:
        raise TooLargeError(
            f"the complex needs arrays of more than {len(array):,} rows, {width} bytes each; "
            "take a smaller box, or engine 'traverse' with a limit"
        )
    result = np.empty((room, *array.shape[1:]), dtype=array.dtype)
    result[: len(array)] = array
    return result
