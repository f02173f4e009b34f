"""The affine maps of a layer's outputs under many patterns, or on the cells that have them, for kernels.

Patterns that are the same below a layer share the map of its rows; those of the outputs are the same with
each row replaced by a slope times a row plus a constant, by state. So one map is kept for each *parent*,
and a parent number and states for each cell.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray
from ..base.kernels import (
    Blocks,
    Int32Vector,
    Int64Vector,
    Matrix,
    UInt8Matrix,
    UInt8Vector,
    Vector,
    kernel,
)
from ..base.rounding import INFLATE


class CellMaps(NamedTuple):
    """Unit k of cell c is, by its state, a slope times a piece of ``maps[parent[c]]`` plus a constant.

    Attributes
    ----------
    maps : float64 (parents, d + 1, pieces)
    parent : int32 (cells,); states : uint8 (cells, units)
    first : int64 (units + 1,); piece : int64; slopes, constants : float64
        The layer's table of states, see :class:`polyregions.network.layer_arrays.LayerArrays`.
    sizes, errors : float64 (cells,)
        Bounds of the magnitudes of all units on the box, and of their errors.
    kinds : uint8 (entries,)
        See :class:`polyregions.network.layer_arrays.LayerArrays`.
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


def plain_maps(maps: FloatArray) -> CellMaps:
    """Outputs that are the pieces themselves, a cell for each parent; bounds are yet to be entered."""
    n, _, units = maps.shape
    first, none, kinds = (
        np.arange(units + 1),
        np.zeros((n, units), dtype=np.uint8),
        np.ones(units, dtype=np.uint8),
    )
    table = first, first[:units].copy(), np.ones(units), np.zeros(units)
    return CellMaps(maps, np.arange(n, dtype=np.int32), none, *table, np.empty(n), np.empty(n), kinds, none)


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


class PieceBounds(NamedTuple):
    """Of each piece the largest |slope| and |constant| of its entries, and memory; float64 (pieces,) each."""

    slopes: Vector
    constants: Vector
    sizes: Vector
    numbers: Vector


@kernel(bare=True)
def largest_of(values: Vector) -> float:
    """The largest of some numbers that are not negative."""
    largest = 0.0
    for value in values:
        if value > largest:
            largest = value
    return largest


@kernel(bare=True)
def measure_parent(
    cells: CellMaps, home: int, scale: Vector, pieces: PieceBounds, reach: Vector, sizes: Vector
) -> None:
    """Bound the d + 1 numbers of all units on a parent, in any state, and each entry's magnitude there."""
    last, numbers = reach.size - 1, pieces.numbers
    pieces.sizes[:] = 0.0
    for j in range(last + 1):
        own, factor = cells.maps[home, j], scale[j]
        for p in range(numbers.size):
            pieces.sizes[p] += factor * abs(own[p])
            numbers[p] = pieces.slopes[p] * abs(own[p])
        if j == last:
            for p in range(numbers.size):
                numbers[p] += pieces.constants[p]
        reach[j] = largest_of(numbers)
    for entry in range(sizes.size):
        slope, constant = abs(cells.slopes[entry]), abs(cells.constants[entry])
        size = slope * pieces.sizes[cells.piece[entry]] + constant
        sizes[entry] = size
        if not size < np.inf:
            # Or not a number: the bounds are infinite, and nothing is proven.
            sizes[entry] = np.inf
            reach[:] = np.inf


@kernel
def measure(cells: CellMaps, scale: Vector, reach: Matrix) -> None:
    """Bound the magnitudes of all units on each cell, in ``cells.sizes``, and the reach of each parent.

    ``scale (d + 1,)`` is by how much each number of a map counts: the largest |x_j| of the box, and 1.
    """
    n, sizes = cells.maps.shape[2], np.empty(cells.piece.size)
    pieces = PieceBounds(np.zeros(n), np.zeros(n), np.empty(n), np.empty(n))
    for entry in range(sizes.size):
        p = cells.piece[entry]
        pieces.slopes[p] = max(pieces.slopes[p], abs(cells.slopes[entry]))
        pieces.constants[p] = max(pieces.constants[p], abs(cells.constants[entry]))
    for c in range(cells.parent.size):
        home = cells.parent[c]
        if c == 0 or home != cells.parent[c - 1]:
            measure_parent(cells, home, scale, pieces, reach[home], sizes)
        largest = 0.0
        for k in range(cells.states.shape[1]):
            largest = max(largest, sizes[cells.first[k] + cells.states[c, k]])
        cells.sizes[c] = largest * INFLATE
