"""The rows of a layer on a cell, and the forms of its planes there.

A cell's rows are those of its parent's with one column of the layer's weight more for each output below that
differs,

    rows' = rows + W[:, k] (eta'_k - eta_k),

eta_k the affine map of output k under its old and its new state. From one cell of the layer below to the
next, depth first, hardly any differ. After a while they are made from nothing, in the same way: all outputs
differ from zero.

Errors are bounded for all rows at once, on the whole box: with ``size`` a bound of the magnitudes of any
output's map and ``error`` one of its error, a row w of n terms is within ``|w|_1 (gamma_(n+4) size +
error)``. A change by the maps eta and eta' of an output rounds their difference, a product and a sum, which
adds at most ``|w|_1 (4 u (|eta| + |eta'|) + u (size + error))``. So the bound is kept for a row of norm 1.
Small whole numbers lose nothing.
"""

from __future__ import annotations

import numpy as np

from ...base.kernels import int64, kernel
from ...base.rounding import INFLATE, TINY, U
from .groups import (
    ENTRY,
    FARTHEST,
    FIRST,
    FORM_ERROR,
    FORM_SIZE,
    GAP,
    INPUTS,
    LINE,
    MAGNITUDE,
    NORM,
    NOW,
    OTHER,
    OUTPUT,
    PLAIN,
    PLANE,
    PLANES,
    REACH,
    ROW,
    ROW_ERROR,
    ROWS,
    STATE,
    STEEPEST,
    TERMS,
    UNDER,
    UPDATES,
    WEIGHT,
    WHOLES,
    Search,
)

#: Changes after which the rows of a layer are made anew, times the number of its inputs.
ANEW = 2


@kernel(inline=True, bare=True, inner=True)
def add_output(layer: int, k: int, state: int, sign: float, work: Search) -> float:
    """Add an output's map in a state, times a sign, to ``scratch.vectors[GAP]``; return its magnitude."""
    layers, gap = work.layers, work.cells.scratch.vectors[GAP]
    sizes = layers.sizes[layer]
    d = gap.size - 1
    entry = sizes[ENTRY] + layers.outputs[sizes[FIRST] + k, STATE] + state
    slope, constant = layers.affine[entry, 0], layers.affine[entry, 1]
    at, rows = (d + 1) * sizes[ROW] + layers.pieces[entry], sizes[ROWS]
    total = abs(constant)
    if slope != 0.0:
        for j in range(d + 1):
            term = slope * work.path.maps[at + j * rows]
            gap[j] += sign * term
            total += abs(term)
    gap[d] += sign * constant
    return float(total)


@kernel(inline=True, bare=True, inner=True)
def add_column(layer: int, k: int, work: Search) -> None:
    """Add column k of a layer's weight, times ``scratch.vectors[GAP]``, to its rows."""
    sizes, gap, weight, maps = (
        work.layers.sizes[layer],
        work.cells.scratch.vectors[GAP],
        work.layers.weight,
        work.path.maps,
    )
    rows = sizes[ROWS]
    column = weight[sizes[WEIGHT] + k * rows : sizes[WEIGHT] + (k + 1) * rows]
    for j in range(gap.size):
        if gap[j] != 0.0:
            at = gap.size * sizes[ROW] + j * rows
            row = maps[at : at + rows]
            factor = gap[j]
            for r in range(rows):
                row[r] += factor * column[r]


@kernel(inline=True, bare=True, inner=True)
def magnitude_of(layer: int, work: Search) -> float:
    """The largest sum of magnitudes of a row of the layer; all go to row REACH of ``opening.forms``."""
    sizes, maps = work.layers.sizes[layer], work.path.maps
    d1, rows = work.cells.scratch.vectors.shape[1], sizes[ROWS]
    total = work.opening.forms[REACH, :rows]
    for r in range(rows):
        total[r] = 0.0
    for j in range(d1):
        row = maps[d1 * sizes[ROW] + j * rows : d1 * sizes[ROW] + (j + 1) * rows]
        for r in range(rows):
            total[r] += abs(row[r])
    largest = 0.0
    for r in range(rows):
        largest = max(largest, total[r])
    for r in range(rows):
        # Written so that NaN fails: the bounds are infinite, and nothing is proven.
        if not total[r] <= largest:
            largest = np.inf
    return float(largest * INFLATE)


@kernel(inline=True, bare=True, inner=True)
def lost(layer: int, work: Search) -> float:
    """What the rows of a layer may have lost where a product underflows."""
    terms = work.layers.sizes[layer, INPUTS] + max(work.cells.planes.layers[layer, UPDATES], 0) + 8
    return float(8.0 * terms * work.cells.scratch.vectors.shape[1] * TINY)


@kernel(inline=True, bare=True, inner=True)
def outputs_bounds(layer: int, work: Search) -> tuple[float, float]:
    """Bounds of the magnitudes of a layer's outputs on the path's cell, and of their errors."""
    layers, path = work.layers, work.path
    steepest, farthest = layers.bounds[layer, STEEPEST], layers.bounds[layer, FARTHEST]
    size = (steepest * path.bounds[layer, MAGNITUDE] + farthest) * INFLATE
    relative = path.bounds[layer, ROW_ERROR]
    if work.cells.at[WHOLES] != 0 and relative == 0.0 and size < 2.0**52:
        return size, 0.0
    error = (steepest * layers.bounds[layer, NORM] * relative + 3.0 * U * size) * INFLATE
    return size, error + steepest * lost(layer, work)


@kernel(inline=True, bare=True, inner=True)
def make_rows(layer: int, work: Search) -> None:
    """Make the rows of a layer, not the first, on the cell that the path's states below say."""
    layers, path, planes, gap = work.layers, work.path, work.cells.planes, work.cells.scratch.vectors[GAP]
    sizes = layers.sizes[layer]
    below, inputs, outputs = layer - 1, sizes[INPUTS], layers.sizes[layer - 1, OUTPUT]
    size, error = outputs_bounds(below, work)
    anew = planes.layers[layer, UPDATES] < 0 or planes.layers[layer, UPDATES] > ANEW * inputs
    if anew:
        at = gap.size * sizes[ROW]
        for i in range(gap.size * sizes[ROWS]):
            path.maps[at + i] = 0.0
        planes.layers[layer, UPDATES] = 0
        n = sizes[TERMS] + 4
        path.bounds[layer, ROW_ERROR] = (error + n * U / (1.0 - n * U) * size) * INFLATE
    changed, moved = 0, 0.0
    for k in range(inputs):
        state = path.states[NOW, outputs + k]
        before = path.states[UNDER, outputs + k]
        if anew or state != before:
            for j in range(gap.size):
                gap[j] = 0.0
            moved += add_output(below, k, int64(state), 1.0, work)
            if not anew:
                moved += add_output(below, k, int64(before), -1.0, work)
                changed += 1
            path.states[UNDER, outputs + k] = state
            add_column(layer, k, work)
    if changed > 0:
        planes.layers[layer, UPDATES] += changed
        largest = max(size, path.bounds[layer, ROW_ERROR])
        path.bounds[layer, ROW_ERROR] += (4.0 * U * moved + 2.0 * U * changed * largest) * INFLATE
    path.bounds[layer, MAGNITUDE] = magnitude_of(layer, work)
    if work.cells.at[WHOLES] != 0 and error == 0.0 and layers.bounds[layer, NORM] * size < 2.0**52:
        path.bounds[layer, ROW_ERROR] = 0.0


@kernel(inline=True, bare=True, inner=True)
def plane_forms(layer: int, work: Search) -> None:
    """Write the forms of a layer's planes to ``opening.forms``, and three bounds of each.

    Those of the rows are in row REACH.
    """
    layers, path, forms = work.layers, work.path, work.opening.forms
    sizes, d1 = layers.sizes[layer], work.cells.scratch.vectors.shape[1]
    rows, first, at, n = sizes[ROWS], sizes[PLANE], d1 * sizes[ROW], sizes[PLANES]
    last = sizes[WEIGHT] + sizes[INPUTS] * rows
    norms, total = layers.weight[last : last + rows], forms[REACH, :rows]
    errors, magnitudes = forms[FORM_ERROR, :n], forms[FORM_SIZE, :n]
    if sizes[PLAIN] != 0:
        for j in range(d1):
            row, form = path.maps[at + j * rows : at + (j + 1) * rows], forms[j, :n]
            for p in range(n):
                form[p] = row[p]
        form = forms[d1 - 1, :n]
        for p in range(n):
            form[p] -= layers.thresholds[first + p, 0]
            magnitudes[p] = total[p] + layers.thresholds[first + p, 1]
            errors[p] = norms[p]
    else:
        for p in range(n):
            line, other = layers.planes[first + p, LINE], layers.planes[first + p, OTHER]
            magnitudes[p], errors[p] = layers.thresholds[first + p, 1] + total[line], norms[line]
            for j in range(d1):
                forms[j, p] = path.maps[at + j * rows + line]
            if other >= 0:
                magnitudes[p] += total[other]
                errors[p] += norms[other]
                for j in range(d1):
                    forms[j, p] -= path.maps[at + j * rows + other]
            forms[d1 - 1, p] -= layers.thresholds[first + p, 0]
    relative, gone = path.bounds[layer, ROW_ERROR], lost(layer, work)
    is_whole = work.cells.at[WHOLES] != 0 and relative == 0.0
    for p in range(n):
        exact = is_whole and magnitudes[p] < 2.0**52
        magnitudes[p] *= INFLATE
        errors[p] = 0.0 if exact else (errors[p] * relative + 4.0 * U * magnitudes[p] + gone) * INFLATE
