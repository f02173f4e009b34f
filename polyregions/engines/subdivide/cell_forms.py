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

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, StateArray
from ...base.kernels import (
    BLOCKS,
    BYTE_TABLE,
    FLOAT,
    INDICES,
    INT,
    MATRIX,
    NARROW,
    NARROW_TABLE,
    TABLE,
    VECTOR,
    VOID,
    group,
    kernel,
)
from ...base.rounding import INFLATE, TINY, U, gamma
from ...network.hyperplanes import LayerArrays
from .face_table import MASKS, WORD


class LayerForms(NamedTuple):
    """What the forms of a layer's hyperplanes are made of: its arrays, and the layer below.

    See :class:`polyregions.network.hyperplanes.LayerArrays` for the first four and :class:`CellMaps`.
    """

    cut: Any
    norms: Any
    row_of: Any
    threshold: Any
    maps: Any
    parent: Any
    states: Any
    first: Any
    piece: Any
    slopes: Any
    constants: Any
    sizes: Any
    errors: Any


LAYER_FORMS = group(
    LayerForms,
    *[MATRIX, VECTOR, INDICES, VECTOR],
    *[BLOCKS, NARROW, BYTE_TABLE, INDICES, INDICES, *[VECTOR] * 4],
)


@dataclass(frozen=True)
class CellMaps:
    """Unit k of cell c is, by its state, a slope times a piece of ``maps[parent[c]]`` plus a constant.

    ``sizes (cells,)`` bounds the magnitudes of all units on the box, ``errors (cells,)`` their errors.
    """

    maps: FloatArray  # (parents, d + 1, pieces)
    parent: NDArray[np.int32]  # (cells,)
    states: StateArray  # (cells, units)
    first: NDArray[np.int64]  # (units + 1,)
    piece: NDArray[np.int64]
    slopes: FloatArray
    constants: FloatArray
    sizes: FloatArray
    errors: FloatArray

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
        )

    def forms(self, layer: LayerArrays) -> LayerForms:
        """What the forms of a layer on these cells are made of."""
        arrays = layer.cut, layer.norms, layer.row_of, layer.threshold, *self.arrays, self.sizes, self.errors
        return LayerForms(*arrays)

    @property
    def arrays(self) -> tuple[Any, ...]:
        """The first seven, as kernels take them."""
        return self.maps, self.parent, self.states, self.first, self.piece, self.slopes, self.constants

    def above(self, layer: LayerArrays, parent: NDArray[np.int32], states: StateArray) -> CellMaps:
        """Maps of the cells that a layer makes, each with its parent and the layer's states."""
        cells, columns = len(self.parent), self.maps.shape[1]
        pieces, inputs = layer.weight.shape
        maps = np.empty((cells, columns, pieces))
        chunk = max(1, 2**20 // (columns * inputs))
        for start in range(0, cells, chunk):
            end = min(start + chunk, cells)
            units = np.empty((end - start, columns, inputs))
            unit_maps(start, *self.arrays, units)
            product = units.reshape(-1, inputs) @ layer.weight.T
            maps[start:end] = product.reshape(end - start, columns, pieces)
        with np.errstate(over="ignore"):
            norm = float(np.abs(layer.weight).sum(axis=1).max()) * INFLATE
        n = inputs + 5
        underflow = 8 * (n + columns) * columns * TINY
        bound = norm * (self.errors + gamma(n) * self.sizes) * INFLATE + underflow
        if layer.whole:
            bound[(self.errors == 0.0) & (norm * self.sizes < 2.0**53)] = 0.0
        sizes = np.empty(len(parent))
        size_maps(maps, parent, states, layer.first, layer.piece, layer.slopes, layer.constants, sizes)
        errors = (float(np.abs(layer.slopes).max()) * bound[parent] + 3 * U * sizes) * INFLATE + underflow
        if layer.whole:
            errors[(bound[parent] == 0.0) & (sizes < 2.0**53)] = 0.0
        return CellMaps(
            maps, parent, states, layer.first, layer.piece, layer.slopes, layer.constants, sizes, errors
        )


@kernel(VOID, INT, BLOCKS, NARROW, BYTE_TABLE, INDICES, INDICES, VECTOR, VECTOR, BLOCKS)
def unit_maps(
    begin: int,
    maps: Any,
    parent: Any,
    states: Any,
    first: Any,
    piece: Any,
    slopes: Any,
    constants: Any,
    out: Any,
) -> None:
    """Affine maps of all units on cells ``begin ..``: out (cells, d + 1, units)."""
    columns = maps.shape[1]
    for i in range(out.shape[0]):
        c = begin + i
        for k in range(out.shape[2]):
            entry = first[k] + states[c, k]
            for j in range(columns):
                out[i, j, k] = slopes[entry] * maps[parent[c], j, piece[entry]]
            out[i, columns - 1, k] += constants[entry]


@kernel(VOID, BLOCKS, NARROW, BYTE_TABLE, INDICES, INDICES, VECTOR, VECTOR, VECTOR)
def size_maps(
    maps: Any, parent: Any, states: Any, first: Any, piece: Any, slopes: Any, constants: Any, sizes: Any
) -> None:
    """Bound the magnitudes of all units on each cell."""
    for c in range(parent.size):
        largest = 0.0
        for k in range(states.shape[1]):
            entry = first[k] + states[c, k]
            size = 0.0
            for j in range(maps.shape[1]):
                size += abs(maps[parent[c], j, piece[entry]])
            size = abs(slopes[entry]) * size + abs(constants[entry])
            # Infinite or NaN: the bounds are infinite, and nothing is proven.
            largest = max(largest, size) if size < np.inf else np.inf
        sizes[c] = largest * INFLATE


@kernel(VOID, INDICES, INDICES, MATRIX, VECTOR, LAYER_FORMS, FLOAT, MATRIX, VECTOR)
def vertex_values(
    numbers: Any, cells: Any, points: Any, radii: Any, layer: Any, whole: float, values: Any, bounds: Any
) -> None:
    """Outputs of the layer below at vertices, each from one cell around it; ``bounds (n,)`` for all units."""
    maps, parent, states, first, piece, slopes, constants, sizes, errors = layer[4:]
    d = points.shape[1] - 1
    for i in range(numbers.size):
        v, c = numbers[i], cells[i]
        home = parent[c]
        weight = points[v, d]
        for k in range(values.shape[1]):
            entry = first[k] + states[c, k]
            slope = slopes[entry]
            total = constants[entry] * weight
            if slope != 0.0:
                p = piece[entry]
                for j in range(d + 1):
                    total += slope * maps[home, j, p] * points[v, j]
            values[i, k] = total
        if whole != 0.0 and radii[v] == 0.0 and errors[c] == 0.0 and sizes[c] * weight < 2.0**53:
            bounds[i] = 0.0
        else:
            bounds[i] = (errors[c] + sizes[c] * (radii[v] + (d + 6) * U)) * weight * INFLATE


@kernel(
    *[INT, MATRIX, VECTOR, INDICES, INDICES, MATRIX, LAYER_FORMS, FLOAT],
    *[INDICES, NARROW_TABLE, NARROW_TABLE],
)
def mark_signs(
    z: Any,
    bounds: Any,
    numbers: Any,
    cells: Any,
    points: Any,
    layer: Any,
    whole: float,
    faces: Any,
    table: Any,
    open_signs: Any,
) -> int:
    """Set the sign bits of vertices from their pre-activations z (n, pieces); list what stays open."""
    d = points.shape[1] - 1
    norms, threshold = layer.norms, layer.threshold
    n_open = 0
    n = layer.cut.shape[1] + 3
    rounding = n * U / (1.0 - n * U)
    for i in range(z.shape[0]):
        weight = points[numbers[i], d]
        size = layer.sizes[cells[i]] * weight
        f = faces[i]
        for plane in range(threshold.size):
            unit = layer.row_of[plane]
            shift = threshold[plane] * weight
            value = z[i, unit] - shift
            total = norms[unit] * size + abs(shift)
            bound = 0.0
            if not (whole != 0.0 and bounds[i] == 0.0 and total < 2.0**53):
                bound = (norms[unit] * bounds[i] + rounding * total) * INFLATE + 2.0 * n * TINY
            there = np.int64(1) << np.int64(plane % WORD)
            if value > bound:
                table[f, MASKS + 3 * (plane // WORD)] |= there
            elif value < -bound:
                table[f, MASKS + 3 * (plane // WORD) + 1] |= there
            elif not (bound == 0.0 and value == 0.0):
                open_signs[n_open, 0], open_signs[n_open, 1] = f, plane
                n_open += 1
    return n_open


@kernel(VOID, INDICES, NARROW_TABLE, TABLE, BYTE_TABLE)
def count_bends(faces: Any, table: Any, pairs: Any, states: Any) -> None:
    """State of each scalar unit on each face: the number of its hyperplanes that the face is above of."""
    for i in range(faces.size):
        for plane in range(pairs.shape[0]):
            word = table[faces[i], MASKS + 3 * (plane // WORD)]
            states[i, pairs[plane, 0]] += (word >> np.int64(plane % WORD)) & 1


@kernel(FLOAT, INT, INT, LAYER_FORMS, FLOAT, VECTOR, bare=True)
def cell_form(cell: int, plane: int, layer: Any, whole: float, form: Any) -> Any:
    """Write the form (d + 1,) of a hyperplane on a cell of the complex below; return its error."""
    d = form.size - 1
    row = layer.row_of[plane]
    for j in range(d + 1):
        form[j] = 0.0
    home = layer.parent[cell]
    inputs = layer.cut.shape[1]
    for k in range(inputs):
        w = layer.cut[row, k]
        if w == 0.0:
            continue
        entry = layer.first[k] + layer.states[cell, k]
        slope = layer.slopes[entry]
        if slope != 0.0:
            p = layer.piece[entry]
            for j in range(d + 1):
                form[j] += w * (slope * layer.maps[home, j, p])
        form[d] += w * layer.constants[entry]
    threshold = layer.threshold[plane]
    form[d] -= threshold
    n = inputs + 6
    size, error = layer.norms[row] * layer.sizes[cell], layer.errors[cell]
    if whole != 0.0 and error == 0.0 and size + abs(threshold) < 2.0**53:
        return 0.0
    if size == 0.0 and error == 0.0:
        return U * abs(threshold)
    rounding = n * U / (1.0 - n * U)
    bound = layer.norms[row] * error + rounding * (size + abs(threshold))
    return bound * INFLATE + 2.0 * n * (d + 2) * TINY
