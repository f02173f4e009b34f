"""The forms of a step's hyperplanes on cells, and their signs at vertices.

A hyperplane is a row of the step times the outputs of the layer below, less a threshold. Its form on a cell
is the row times their maps (:mod:`polyregions.network.row_sums`), and its sign at a vertex that of the form
on a cell around it: d + 1 products for each. Bounds are as in
:mod:`polyregions.engines.subdivide.cell_maps`, but for each row.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.bits import bit_number
from ...base.kernels import (
    Blocks,
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
from ...network.unit_maps import CellMaps, is_zero
from .face_table import LOW, WORD


class CutRows(NamedTuple):
    """A step's hyperplanes, see :class:`polyregions.network.layer_arrays.LayerArrays`.

    ``inputs`` is the largest number of outputs below that one of them reads, and ``largest`` has the
    largest norm and threshold.
    """

    rows: RowEntries
    inputs: int
    norms: Vector
    row_of: Int64Vector
    threshold: Vector
    bare: BoolVector
    largest: Vector

    @classmethod
    def of(cls, step: LayerArrays) -> CutRows:
        """Those of a step."""
        largest = np.array([step.norms.max(initial=0.0), np.abs(step.threshold).max(initial=0.0)])
        own = step.norms, step.row_of, step.threshold, step.bare_planes, largest
        return cls(step.entries, step.cut_columns.most, *own)


class RowsOnCells(NamedTuple):
    """Forms of a step's rows on cells, see :class:`polyregions.engines.subdivide.cell_maps.RowMaps`.

    ``forms`` is (cells, d + 1, rows), or (0, d + 1, rows) where they are to be made one by one;
    ``shifts (parents, d + 1)`` those of the cells below; ``rounding`` and ``exact`` are (cells,).
    """

    forms: Blocks
    shifts: Matrix
    rounding: Vector
    exact: BoolVector


class LayerForms(NamedTuple):
    """What the forms of a step's hyperplanes are made of: its rows, maps of what they read, forms of rows."""

    cut: CutRows
    maps: CellMaps
    rows: RowsOnCells


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
    cut, maps = layer.cut, layer.maps
    if not cut.bare[plane]:
        return False
    start, column, _ = cut.rows
    row = cut.row_of[plane]
    for i in range(start[row], start[row + 1]):
        k = int64(column[i])
        if not ((live.size > 0 and live[at, k] == 0) or is_zero(maps, cell, k)):
            return False
    return True


@kernel(bare=True)
def values_at(vertex: Vector, form: Matrix, z: Vector) -> None:
    """Write the values z (rows,) of forms (d + 1, rows) at a vertex in homogeneous coordinates."""
    d = vertex.size - 1
    for r in range(z.size):
        z[r] = vertex[d] * form[d, r]
    for j in range(d):
        x, own = vertex[j], form[j]
        for r in range(z.size):
            z[r] += x * own[r]


class Gaps(NamedTuple):
    """The values of hyperplanes at a vertex, and bounds of their errors; (planes,) each."""

    values: Vector
    bounds: Vector


@kernel(bare=True)
def gaps_at(vertex: Vector, radius: float, cell: int, layer: LayerForms, z: Vector, gaps: Gaps) -> None:
    """Evaluate all hyperplanes at a vertex on a cell around it; ``z (rows,)`` is memory."""
    cut, maps, rows = layer.cut, layer.maps, layer.rows
    d = vertex.size - 1
    weight, inner = vertex[d], d + 8
    values_at(vertex, rows.forms[cell], z)
    # What the norm of a hyperplane's row multiplies, what its threshold does, and what is the same for all.
    steep = (maps.errors[cell] + maps.sizes[cell] * (radius + inner * U)) * weight * INFLATE
    shifted = 4.0 * U * weight
    flat = cut.inputs * rows.rounding[cell] * weight * INFLATE + 2.0 * (cut.inputs + 3) * (d + 2) * TINY
    size = (cut.largest[0] * maps.sizes[cell] + cut.largest[1]) * weight
    if rows.exact[cell] and radius == 0.0 and size < 2.0**53:
        steep = shifted = flat = 0.0
    for plane in range(gaps.values.size):
        row = cut.row_of[plane]
        gaps.values[plane] = z[row] - cut.threshold[plane] * weight
        bound = cut.norms[row] * steep + abs(cut.threshold[plane]) * shifted
        gaps.bounds[plane] = bound * INFLATE + flat


@kernel
def mark_signs(vertices: VerticesOnCells, layer: LayerForms, signs: Signs, open_signs: Int32Matrix) -> int:
    """Set the sign bits of vertices, each on a cell around it; list what stays open."""
    store, planes, n_open = vertices.store, layer.cut.threshold.size, 0
    z, gaps = np.empty(layer.rows.forms.shape[2]), Gaps(np.empty(planes), np.empty(planes))
    for i in range(vertices.numbers.size):
        v, c = vertices.numbers[i], vertices.cells[i]
        gaps_at(store.points[v], store.radii[v], c, layer, z, gaps)
        for word in range(signs.above.shape[1]):
            above, known, first = int64(0), int64(0), word * WORD
            end = min(first + WORD, planes)
            for plane in range(first, end):
                value, bound, there = gaps.values[plane], gaps.bounds[plane], int64(plane - first)
                above |= int64(value > bound) << there
                known |= int64(abs(value) > bound) << there
            signs.above[i, word], signs.below[i, word] = above, known & ~above
            left = ~known & ((int64(1) << int64(end - first)) - 1)
            while left != 0:
                lowest = left & -left
                left ^= lowest
                plane = first + bit_number(lowest)
                nothing = gaps.values[plane] == 0.0 and gaps.bounds[plane] == 0.0
                if not (nothing or vanishes(layer, c, plane, vertices.live, i)):
                    open_signs[n_open, 0], open_signs[n_open, 1] = i, plane
                    n_open += 1
    return n_open


@kernel(bare=True)
def sum_row(cell: int, row: int, layer: LayerForms, form: Vector) -> None:
    """Write the form (d + 1,) of a row on a cell, as :func:`polyregions.network.row_sums.row_maps` does."""
    maps, d = layer.maps, form.size - 1
    start, column, value = layer.cut.rows
    home = int64(maps.parent[cell])
    for j in range(d + 1):
        form[j] = 0.0
    for i in range(start[row], start[row + 1]):
        k, w = int64(column[i]), value[i]
        entry = maps.first[k] + maps.states[cell, k]
        piece, slope = maps.piece[entry], maps.slopes[entry]
        for j in range(d + 1):
            number = slope * maps.maps[home, j, piece] if slope != 0.0 else 0.0
            if j == d:
                number += maps.constants[entry]
            shift = layer.rows.shifts[home, j]
            form[j] += (number * w + shift) - shift


@kernel(bare=True)
def cell_form(cell: int, plane: int, layer: LayerForms, form: Vector) -> float:
    """Write the form (d + 1,) of a hyperplane on a cell of the complex below; return its error."""
    cut, maps, rows = layer
    d, row, threshold = form.size - 1, cut.row_of[plane], cut.threshold[plane]
    if rows.forms.shape[0] > 0:
        for j in range(d + 1):
            form[j] = rows.forms[cell, j, row]
    else:
        sum_row(cell, row, layer, form)
    form[d] -= threshold
    size, error = cut.norms[row] * maps.sizes[cell], cut.norms[row] * maps.errors[cell]
    if rows.exact[cell] and size + abs(threshold) < 2.0**53:
        return 0.0
    bound = error + 6.0 * U * size + 2.0 * U * abs(threshold) + cut.inputs * rows.rounding[cell]
    return float(bound * INFLATE + 2.0 * (cut.inputs + 6) * (d + 2) * TINY)


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
