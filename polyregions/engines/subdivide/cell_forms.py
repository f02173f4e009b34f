"""The forms of a step's hyperplanes on cells, and their signs at vertices.

A hyperplane is a row of the step times the outputs of the layer below. Its sign at a vertex is that of the
row times the values of these outputs there, all hyperplanes by one matrix product; its form on a cell is the
row times their maps. Bounds are as in :mod:`polyregions.engines.subdivide.cell_maps`.
"""

from __future__ import annotations

from typing import NamedTuple

from ...base.kernels import (
    BoolVector,
    Int32Matrix,
    Int32Vector,
    Int64Vector,
    Matrix,
    UInt8Matrix,
    Vector,
    int64,
    kernel,
)
from ...base.rounding import INFLATE, TINY, U
from ...complex.vertices import Store
from ...network.layer_arrays import LayerArrays, RowEntries
from .cell_maps import CellMaps, is_zero
from .face_table import LOW, WORD, bit_number


class CutRows(NamedTuple):
    """A step's hyperplanes, see :class:`polyregions.network.layer_arrays.LayerArrays`.

    ``inputs`` is the largest number of outputs below that one of them reads.
    """

    rows: RowEntries
    inputs: int
    norms: Vector
    row_of: Int64Vector
    threshold: Vector
    bare: BoolVector
    whole: bool

    @classmethod
    def of(cls, step: LayerArrays) -> CutRows:
        """Those of a step."""
        own = step.norms, step.row_of, step.threshold, step.bare_planes, step.whole
        return cls(step.entries, step.most_inputs[1], *own)


class LayerForms(NamedTuple):
    """What the forms of a step's hyperplanes are made of: its rows, and maps of what they read."""

    cut: CutRows
    maps: CellMaps


class VerticesOnCells(NamedTuple):
    """Vertices by their numbers in the store, and a cell around each; (n,) each.

    ``live (n, inputs)`` is 0 where an input is known to be zero at the vertex; (0, 0) if nothing is known.
    """

    numbers: Int64Vector
    cells: Int64Vector
    store: Store
    live: UInt8Matrix


class Signs(NamedTuple):
    """Masks of the hyperplanes that each vertex is strictly above, and below; (n, words) each."""

    above: Int32Matrix
    below: Int32Matrix


class FormsOfCells(NamedTuple):
    """Where the forms stand of the hyperplanes that cut a cell.

    Those of cell c have the numbers ``first[c] .. first[c + 1]`` in the store; ``planes`` has the hyperplane
    of each of them, from number ``first[0]`` on.
    """

    first: Int64Vector
    planes: Int32Vector


@kernel(bare=True)
def vanishes(layer: LayerForms, cell: int, plane: int, live: UInt8Matrix, at: int) -> bool:
    """Whether a hyperplane's form is zero at a vertex of a cell since all that it reads is.

    That is so if each unit is identically zero on the cell, or known to be zero at vertex ``at``.
    """
    cut, maps = layer
    if not cut.bare[plane]:
        return False
    start, column, _ = cut.rows
    row = cut.row_of[plane]
    for i in range(start[row], start[row + 1]):
        k = int64(column[i])
        if not ((live.size > 0 and live[at, k] == 0) or is_zero(maps, cell, k)):
            return False
    return True


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
    signs: Signs,
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
                signs.above[i, plane // WORD] |= there
            elif value < -bound:
                signs.below[i, plane // WORD] |= there
            elif not (
                (bound == 0.0 and value == 0.0) or vanishes(layer, vertices.cells[i], plane, vertices.live, i)
            ):
                open_signs[n_open, 0], open_signs[n_open, 1] = i, plane
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


@kernel
def planes_of_cells(cutting: Int32Matrix, first: Int64Vector, planes: Int32Vector) -> None:
    """List the hyperplanes in the masks (cells, words) of those that cut each cell, see FormsOfCells."""
    for c in range(cutting.shape[0]):
        n = first[c] - first[0]
        for word in range(cutting.shape[1]):
            left = int64(cutting[c, word]) & LOW
            while left != 0:
                lowest = left & -left
                left ^= lowest
                planes[n] = WORD * word + bit_number(lowest)
                n += 1


@kernel
def forms_of_cells(
    begin: int, end: int, step: int, layer: LayerForms, forms: FormsOfCells, store: Store
) -> None:
    """Compute the forms of the hyperplanes that cut cells ``begin .. end``, whose maps the layer has."""
    first, planes = forms
    for c in range(begin, end):
        for p in range(first[c], first[c + 1]):
            plane = int64(planes[p - first[0]])
            store.errors[p] = cell_form(c - begin, plane, layer, store.forms[p])
            store.source[p, 0], store.source[p, 1], store.source[p, 2] = step, c, plane
