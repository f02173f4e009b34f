"""The affine map of the network up to a layer on each top cell, and its values at vertices.

The cells that a layer makes of one cell share the map of that cell's pre-activations; theirs is the same
with each row replaced by a slope times a row plus a constant, by state. So one map is kept for each *parent*,
made for all parents at once by one matrix product, and a parent number and states for each cell.

Errors are bounded for all units of a cell at once: with ``size`` a bound of the magnitudes of the terms
of any unit of the layer below, ``error`` of its error, and |W| the largest row sum of magnitudes,

    error of a pre-activation <= |W| (gamma_n size + error),  of a unit <= |slope| that + 3 u size',

and a few times TINY for each operation that may underflow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import StateArray
from ...base.kernels import (
    Blocks,
    BoolVector,
    Int32Matrix,
    Int32Vector,
    Int64Vector,
    Matrix,
    UInt8Matrix,
    UInt8Vector,
    Vector,
    int64,
    kernel,
)
from ...base.rounding import INFLATE, TINY, U, gamma
from ...complex.vertices import Store
from ...network.hyperplanes import LayerArrays, RowEntries
from ...network.numbers import times
from .face_table import MASKS, WORD


class CellMaps(NamedTuple):
    """Unit k of cell c is, by its state, a slope times a piece of ``maps[parent[c]]`` plus a constant.

    Attributes
    ----------
    maps : float64 (parents, d + 1, pieces)
    parent : int32 (cells,); states : uint8 (cells, units)
    first : int64 (units + 1,); piece : int64; slopes, constants : float64
        The layer's table of states, see :class:`polyregions.network.hyperplanes.LayerArrays`.
    sizes, errors : float64 (cells,)
        Bounds of the magnitudes of all units on the box, and of their errors.
    kinds : uint8 (entries,)
        See :class:`polyregions.network.hyperplanes.LayerArrays`.
    zero : uint8 (parents, pieces)
        Whether a piece is identically zero for a reason that needs no arithmetic: all that it reads is.
    """

    maps: Blocks
    parent: Int32Vector
    states: UInt8Matrix
    first: Int64Vector
    piece: Int64Vector
    slopes: Vector
    constants: Vector
    sizes: Vector
    errors: Vector
    kinds: UInt8Vector
    zero: UInt8Matrix

    @classmethod
    def identity(cls, d: int) -> CellMaps:
        """The coordinates themselves, on one cell."""
        maps = np.zeros((1, d + 1, d))
        maps[0, :d] = np.eye(d)
        return cls(
            maps,
            np.zeros(1, dtype=np.int32),
            np.zeros((1, d), dtype=np.uint8),
            np.arange(d + 1),
            np.arange(d),
            np.ones(d),
            np.zeros(d),
            np.ones(1),
            np.zeros(1),
            np.ones(d, dtype=np.uint8),
            np.zeros((1, d), dtype=np.uint8),
        )

    def above(self, layer: LayerArrays, parent: NDArray[np.int32], states: StateArray) -> CellMaps:
        """Maps of the cells that a layer makes, each with its parent and the layer's states."""
        cells, columns = len(self.parent), self.maps.shape[1]
        pieces, inputs = layer.weight.shape
        maps = np.empty((cells, columns, pieces))
        chunk = max(1, 2**20 // (columns * inputs))
        for start in range(0, cells, chunk):
            end = min(start + chunk, cells)
            units = np.empty((end - start, columns, inputs))
            unit_maps(start, self, units)
            product = times(units.reshape(-1, inputs), layer.weight)
            maps[start:end] = product.reshape(end - start, columns, pieces)
        with np.errstate(over="ignore"):
            norm = float(abs(layer.weight).sum(axis=1).max()) * INFLATE
        n = inputs + 5
        underflow = 8 * (n + columns) * columns * TINY
        bound = norm * (self.errors + gamma(n) * self.sizes) * INFLATE + underflow
        if layer.whole:
            bound[(self.errors == 0.0) & (norm * self.sizes < 2.0**53)] = 0.0
        n_cells = len(parent)
        table = layer.first, layer.piece, layer.slopes, layer.constants
        bounds = np.empty(n_cells), np.empty(n_cells)
        result = CellMaps(maps, parent, states, *table, *bounds, layer.kinds, self.zero_rows(layer))
        size_maps(result)
        steepest, sizes = float(np.abs(layer.slopes).max()), result.sizes
        result.errors[:] = (steepest * bound[parent] + 3 * U * sizes) * INFLATE + underflow
        if layer.whole:
            result.errors[(bound[parent] == 0.0) & (sizes < 2.0**53)] = 0.0
        return result

    def zero_rows(self, layer: LayerArrays) -> StateArray:
        """Which rows of a layer on these cells read nothing but what is identically zero; (cells, rows)."""
        zero = np.zeros((len(self.parent), layer.weight.shape[0]), dtype=np.uint8)
        bare = np.flatnonzero(layer.bare_rows)
        if bare.size:
            live = np.empty((len(self.parent), layer.weight.shape[1]), dtype=np.uint8)
            live_units(self, live)
            reads = layer.weight[bare] != 0.0
            zero[:, bare] = times(live.astype(np.float32), reads.astype(np.float32)) == 0.0
        return zero


class CutRows(NamedTuple):
    """A layer's hyperplanes, see :class:`polyregions.network.hyperplanes.LayerArrays`."""

    rows: RowEntries
    inputs: int
    norms: Vector
    row_of: Int64Vector
    threshold: Vector
    bare: BoolVector
    whole: bool


class LayerForms(NamedTuple):
    """What the forms of a layer's hyperplanes are made of: its rows, and the maps of the layer below."""

    cut: CutRows
    maps: CellMaps

    @classmethod
    def of(cls, layer: LayerArrays, maps: CellMaps) -> LayerForms:
        """Those of a layer on cells that have such maps."""
        rows, inputs = layer.entries, int(layer.cut.shape[1])
        own = layer.norms, layer.row_of, layer.threshold, layer.bare_planes, layer.whole
        return cls(CutRows(rows, inputs, *own), maps)


class VerticesOnCells(NamedTuple):
    """Old vertices: as new faces, by their numbers in the store, and a cell around each; (n,) each."""

    faces: Int64Vector
    numbers: Int64Vector
    cells: Int64Vector
    store: Store


@kernel(inline=True, bare=True)
def is_zero(maps: CellMaps, cell: int, unit: int) -> bool:
    """Whether a unit is identically zero on a cell: it is off, or what it reads is."""
    entry = maps.first[unit] + maps.states[cell, unit]
    kind = maps.kinds[entry]
    return bool(kind == 2 or (kind == 1 and maps.zero[maps.parent[cell], maps.piece[entry]]))


@kernel
def live_units(maps: CellMaps, out: UInt8Matrix) -> None:
    """Write which units are not known to be identically zero on each cell."""
    for c in range(out.shape[0]):
        for k in range(out.shape[1]):
            out[c, k] = not is_zero(maps, c, k)


@kernel(bare=True)
def vanishes(layer: LayerForms, cell: int, plane: int) -> bool:
    """Whether a hyperplane's form is identically zero on a cell, since all that it reads is."""
    cut, maps = layer
    if not cut.bare[plane]:
        return False
    start, column, _ = cut.rows
    row = cut.row_of[plane]
    zero = True
    for i in range(start[row], start[row + 1]):
        zero &= is_zero(maps, cell, int64(column[i]))
    return zero


@kernel
def unit_maps(begin: int, below: CellMaps, out: Blocks) -> None:
    """Affine maps of all units on cells ``begin ..``: out (cells, d + 1, units)."""
    maps, columns = below.maps, below.maps.shape[1]
    for i in range(out.shape[0]):
        c = begin + i
        home = below.parent[c]
        for k in range(out.shape[2]):
            entry = below.first[k] + below.states[c, k]
            for j in range(columns):
                out[i, j, k] = below.slopes[entry] * maps[home, j, below.piece[entry]]
            out[i, columns - 1, k] += below.constants[entry]


@kernel
def size_maps(cells: CellMaps) -> None:
    """Bound the magnitudes of all units on each cell, in ``cells.sizes``."""
    maps = cells.maps
    for c in range(cells.parent.size):
        largest = 0.0
        for k in range(cells.states.shape[1]):
            entry = cells.first[k] + cells.states[c, k]
            size = 0.0
            for j in range(maps.shape[1]):
                size += abs(maps[cells.parent[c], j, cells.piece[entry]])
            size = abs(cells.slopes[entry]) * size + abs(cells.constants[entry])
            # Infinite or NaN: the bounds are infinite, and nothing is proven.
            largest = max(largest, size) if size < np.inf else np.inf
        cells.sizes[c] = largest * INFLATE


@kernel
def vertex_values(vertices: VerticesOnCells, layer: LayerForms, values: Matrix, bounds: Vector) -> None:
    """Outputs of the layer below at vertices, each from one cell around it; ``bounds (n,)`` for all units."""
    points, radii, below = vertices.store.points, vertices.store.radii, layer.maps
    maps, sizes, errors = below.maps, below.sizes, below.errors
    d = points.shape[1] - 1
    for i in range(vertices.numbers.size):
        v, c = vertices.numbers[i], vertices.cells[i]
        home = below.parent[c]
        weight = points[v, d]
        for k in range(values.shape[1]):
            entry = below.first[k] + below.states[c, k]
            slope = below.slopes[entry]
            total = below.constants[entry] * weight
            if slope != 0.0:
                p = below.piece[entry]
                for j in range(d + 1):
                    total += slope * maps[home, j, p] * points[v, j]
            values[i, k] = total
        if layer.cut.whole and radii[v] == 0.0 and errors[c] == 0.0 and sizes[c] * weight < 2.0**53:
            bounds[i] = 0.0
        else:
            bounds[i] = (errors[c] + sizes[c] * (radii[v] + (d + 6) * U)) * weight * INFLATE


@kernel
def mark_signs(
    vertices: VerticesOnCells,
    z: Matrix,
    bounds: Vector,
    layer: LayerForms,
    table: Int32Matrix,
    open_signs: Int32Matrix,
) -> int:
    """Set the sign bits of vertices from their pre-activations z (n, pieces); list what stays open."""
    points, cut, d = vertices.store.points, layer.cut, vertices.store.points.shape[1] - 1
    norms, threshold = cut.norms, cut.threshold
    n_open = 0
    n = cut.inputs + 3
    rounding = n * U / (1.0 - n * U)
    for i in range(z.shape[0]):
        weight = points[vertices.numbers[i], d]
        size = layer.maps.sizes[vertices.cells[i]] * weight
        f = vertices.faces[i]
        for plane in range(threshold.size):
            unit = cut.row_of[plane]
            shift = threshold[plane] * weight
            value = z[i, unit] - shift
            total = norms[unit] * size + abs(shift)
            bound = 0.0
            if not (cut.whole and bounds[i] == 0.0 and total < 2.0**53):
                bound = (norms[unit] * bounds[i] + rounding * total) * INFLATE + 2.0 * n * TINY
            there = int64(1) << int64(plane % WORD)
            if value > bound:
                table[f, MASKS + 3 * (plane // WORD)] |= there
            elif value < -bound:
                table[f, MASKS + 3 * (plane // WORD) + 1] |= there
            elif not ((bound == 0.0 and value == 0.0) or vanishes(layer, vertices.cells[i], plane)):
                open_signs[n_open, 0], open_signs[n_open, 1] = f, plane
                n_open += 1
    return n_open


@kernel(bare=True)
def cell_form(cell: int, plane: int, layer: LayerForms, form: Vector) -> float:
    """Write the form (d + 1,) of a hyperplane on a cell of the complex below; return its error."""
    cut, maps = layer
    d = form.size - 1
    row = cut.row_of[plane]
    for j in range(d + 1):
        form[j] = 0.0
    home = maps.parent[cell]
    start, column, value = cut.rows
    for i in range(start[row], start[row + 1]):
        k, w = int64(column[i]), value[i]
        entry = maps.first[k] + maps.states[cell, k]
        slope = maps.slopes[entry]
        if slope != 0.0:
            p = maps.piece[entry]
            for j in range(d + 1):
                form[j] += w * (slope * maps.maps[home, j, p])
        form[d] += w * maps.constants[entry]
    threshold = cut.threshold[plane]
    form[d] -= threshold
    n = cut.inputs + 6
    size, error = cut.norms[row] * maps.sizes[cell], maps.errors[cell]
    if cut.whole and error == 0.0 and size + abs(threshold) < 2.0**53:
        return 0.0
    if size == 0.0 and error == 0.0:
        return float(U * abs(threshold))
    rounding = n * U / (1.0 - n * U)
    bound = cut.norms[row] * error + rounding * (size + abs(threshold))
    return float(bound * INFLATE + 2.0 * n * (d + 2) * TINY)
