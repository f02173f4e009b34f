"""The affine maps of the network on many regions at once, in float64 with a rigorous error bound.

Layer by layer, with the d + 1 coefficients of each unit in the place of its value. Patterns that are the
same below a layer share the forms of its rows there, and neighbours in a list often are: these are made
once for each *run* of such patterns, and from those of the run before
(:mod:`polyregions.network.row_sums`).

Errors are bounded for all points of a box together: a coefficient of coordinate j counts times the largest
|x_j| of the box; and for all units of a layer together, with ``size`` and ``error`` bounds for any unit of
the layer below, as in :mod:`polyregions.engines.subdivide.cell_maps`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.rounding import INFLATE, TINY, U
from .layer_arrays import Columns
from .layers import Layer
from .row_sums import last_places, row_maps, shift_of
from .runs import Runs
from .unit_maps import CellMaps, measure, plain_maps

#: Numbers that are worked on at once.
TOGETHER = 2**20
_COLUMNS: WeakKeyDictionary[Layer, Columns] = WeakKeyDictionary()


def region_maps(
    layers: tuple[Layer, ...], states: StateArray, largest: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the affine map of each pattern.

    Parameters
    ----------
    layers : tuple of Layer
    states : uint8 (n, units)
        Quickest if neighbours have much in common, in the lower layers above all.
    largest : float64 (d,)
        Largest |x_j| of the box.

    Returns
    -------
    maps : float64 (n, outputs, d + 1)
        The last column is the constant. They depend on the pattern alone, to the last bit.
    errors : float64 (n, outputs)
        |computed - true| at any point of the box.
    """
    return maps_of(layers, lambda part: states[part], len(states), largest)


def maps_of(
    layers: tuple[Layer, ...],
    states: Callable[[slice], StateArray],
    n: int,
    largest: FloatArray,
    look: Callable[[slice, RowsOfRuns, StateArray], None] | None = None,
) -> tuple[FloatArray, FloatArray]:
    """The same, of patterns that are made when they are asked for, some at a time.

    ``look`` is handed the rows of each layer under some patterns, and the states of its units.
    """
    outputs, columns = layers[-1].n_outputs, [columns_of(layer) for layer in layers]
    maps, errors = np.empty((n, outputs, largest.size + 1)), np.empty((n, outputs))
    width = max(largest.size, *(layer.n_rows for layer in layers))
    chunk = max(1, TOGETHER // (width * (largest.size + 1)))
    # What leaves the range of float64 has infinite bounds.
    with np.errstate(all="ignore"):
        for part in (slice(i, min(i + chunk, n)) for i in range(0, n, chunk)):
            own, unit = states(part), 0
            runs = Runs(own)
            for rows in rows_of(layers, columns, runs, largest):
                if look is not None:
                    look(part, rows, own[:, unit : unit + rows.layer.n_units])
                unit += rows.layer.n_units
            maps[part], errors[part] = _outputs(rows, runs, np.append(largest, 1.0))
    return maps, errors


def columns_of(layer: Layer) -> Columns:
    """The columns of a layer's weight: kept, since maps are often asked for some regions at a time."""
    if layer not in _COLUMNS:
        _COLUMNS[layer] = Columns.of(layer.weight)
    return _COLUMNS[layer]


def similar_first(states: StateArray) -> IntArray:
    """An order of patterns in which neighbours have much in common, in the lower layers above all.

    Examples
    --------
    >>> similar_first(np.array([[1, 0], [0, 1], [1, 1], [0, 0]], dtype=np.uint8)).tolist()
    [3, 1, 0, 2]
    """
    if not states.shape[1]:
        return np.arange(len(states))
    rows = np.ascontiguousarray(states).view(np.dtype((np.void, states.shape[1])))
    return np.argsort(rows.ravel(), kind="stable")


class RowsOfRuns(NamedTuple):
    """The forms of a layer's rows under each run of patterns that are the same below.

    Attributes
    ----------
    layer : Layer
    z : float64 (runs, d + 1, rows)
    of : int64 (n,)
        The run of each pattern.
    sizes, errors, flat : float64 (runs,)
        A row with magnitudes that sum up to w is off by at most ``w (errors + 4 U sizes) + flat`` on the
        box, and by the rounding of its bias; up to that its own magnitudes sum up to ``w sizes`` there.
    norm : float
        The largest w.
    """

    layer: Layer
    z: FloatArray
    of: IntArray
    sizes: FloatArray
    errors: FloatArray
    flat: FloatArray
    norm: float

    @property
    def bounds(self) -> FloatArray:
        """Bounds of the errors of all rows; float64 (runs,)."""
        steep = self.norm * (self.errors + 4 * U * self.sizes)
        return np.asarray((steep + self.flat + 2 * U * np.abs(self.layer.bias).max()) * INFLATE)


def rows_of(
    layers: tuple[Layer, ...], columns: list[Columns], runs: Runs, largest: FloatArray
) -> Iterator[RowsOfRuns]:
    """Yield the rows of each layer; the runs are those of all layers but the last one in the end."""
    d, scale = largest.size, np.append(largest, 1.0)
    below, reach = plain_maps(np.eye(d + 1, d)[None]), np.zeros((1, d + 1))
    below.sizes[:], below.errors[:] = largest.max(), 0.0
    for layer, own in zip(layers, columns, strict=True):
        places = last_places(own, reach)
        z = np.empty((len(below.parent), d + 1, layer.n_rows))
        row_maps(below, shift_of(places), own, z)
        z[:, d] += layer.bias
        flat = own.most * (places @ scale)[below.parent] / 2 + 8 * (own.most + d) * TINY * scale.sum()
        rows = RowsOfRuns(layer, z, runs.of, below.sizes, below.errors, flat, own.norm)
        yield rows
        if layer is layers[-1]:
            return
        before, states = runs.after(layer)
        below, reach = units_of(layer, z, before, states), np.zeros((len(z), d + 1))
        measure(below, scale, reach)
        steepest = float(np.abs(below.slopes).max())
        rounding = 4 * U * below.sizes + 8 * d * TINY * scale.sum()
        below.errors[:] = (steepest * rows.bounds[before] + rounding) * INFLATE


def units_of(layer: Layer, z: FloatArray, before: IntArray, states: StateArray) -> CellMaps:
    """A layer's outputs where the rows are z; bounds are yet to be entered."""
    table, n = layer.pieces, len(states)
    entries = table.first.copy(), table.row.copy(), table.slope.copy(), table.constant.copy()
    # No piece is said to be zero: sums do not ask.
    kinds, zero = np.zeros(table.row.size, dtype=np.uint8), np.zeros((1, layer.n_rows), dtype=np.uint8)
    bounds = np.empty(n), np.empty(n)
    return CellMaps(z, before.astype(np.int32), output_states(layer, states), *entries, *bounds, kinds, zero)


def output_states(layer: Layer, states: StateArray) -> StateArray:
    """The states of all outputs, from those of the units."""
    if layer.n_units == layer.n_outputs:
        return np.array(states, order="C")
    every = np.zeros((len(states), layer.n_outputs), dtype=np.uint8)
    every[:, layer.pieces.units] = states
    return every


def _outputs(last: RowsOfRuns, runs: Runs, scale: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The maps (n, outputs, d + 1) of the last layer, and their errors."""
    layer, table = last.layer, last.layer.pieces
    norms = np.asarray(abs(layer.weight).sum(axis=1)) * INFLATE
    steep = last.errors + 4 * U * last.sizes
    bounds = (steep[:, None] * norms + last.flat[:, None] + 2 * U * np.abs(layer.bias)) * INFLATE
    before, states = runs.after(layer)
    z, errors, entry = last.z[before], bounds[before], table.entries(states)
    if not layer.has_row_each:
        row = table.row[entry]
        z, errors = np.take_along_axis(z, row[:, None, :], axis=2), np.take_along_axis(errors, row, axis=1)
    slope, constant = table.slope[entry], table.constant[entry]
    z *= slope[:, None, :]
    z[:, -1] += constant
    errors = np.abs(slope) * errors
    if table.rounds:
        size = np.einsum("njk,j->nk", np.abs(z), scale) + np.abs(constant)
        errors = 2 * (errors + 4 * U * size + 4 * TINY * scale.sum())
    return z.transpose(0, 2, 1)[runs.of], errors[runs.of]
