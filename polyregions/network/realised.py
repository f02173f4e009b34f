"""Which patterns surely have a given point inside: in float64, with a rigorous error bound.

A forward pass multiplies by all weights at each point. Where neighbours in a list of patterns have much in
common, the forms of a layer's rows are quicker made from those of the pattern before
(:mod:`polyregions.network.maps`), and a value is d + 1 products. That each unit is in the state that the
pattern says, layer after layer under the pattern itself, is all that there is to show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ..base.arrays import BoolArray, FloatArray, StateArray
from ..base.kernels import Blocks, BoolVector, Int64Vector, Matrix, UInt8Matrix, Vector, kernel
from ..base.rounding import INFLATE, TINY, U
from .layers import Layer
from .maps import RowsOfRuns, maps_of, output_states


class StateBorders(NamedTuple):
    """A layer's table of states; see :class:`polyregions.network.pieces.Pieces`."""

    first: Int64Vector
    row: Int64Vector
    levels: Vector
    is_max: BoolVector

    @classmethod
    def of(cls, layer: Layer) -> StateBorders:
        """That of a layer."""
        table = layer.pieces
        return cls(table.first.copy(), table.row.copy(), table.levels.copy(), table.is_max.copy())


def realised_maps(
    layers: tuple[Layer, ...], states: Callable[[slice], StateArray], points: FloatArray, largest: FloatArray
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """The affine maps of patterns, and whether each surely is that of the network at its point.

    Parameters
    ----------
    layers : tuple of Layer
    states : callable
        The patterns of some of the points; uint8 (n, units).
    points : float64 (n, d)
    largest : float64 (d,)
        Largest |x_j| of the box. Points that are not in it are sure of nothing.

    Returns
    -------
    maps, errors
        See :func:`polyregions.network.maps.region_maps`.
    sure : bool (n,)
    """
    sure = np.asarray((np.abs(points) <= largest).all(axis=1))

    def look(part: slice, rows: RowsOfRuns, states: StateArray) -> None:
        at, here = np.array(points[part], order="C"), output_states(rows.layer, states)
        agree(at, rows.of, rows.z, _bounds(rows), StateBorders.of(rows.layer), here, sure[part])

    maps, errors = maps_of(layers, states, len(points), largest, look)
    return maps, errors, sure


def _bounds(rows: RowsOfRuns) -> FloatArray:
    """Bounds of the errors of rows at any point of the box, if they are evaluated there; float64 (runs,)."""
    d, largest = rows.z.shape[1] - 1, np.abs(rows.layer.bias).max()
    size = rows.norm * rows.sizes + largest
    return np.asarray((rows.bounds + (d + 3) * U * size) * INFLATE + 8 * d * TINY)


@kernel
def agree(
    points: Matrix,
    of: Int64Vector,
    z: Blocks,
    bounds: Vector,
    borders: StateBorders,
    states: UInt8Matrix,
    sure: BoolVector,
) -> None:
    """Clear ``sure`` of the points at which some output is not surely in its state."""
    first, row, levels, is_max = borders
    d = points.shape[1]
    values = np.empty(z.shape[2])
    for i in range(points.shape[0]):
        form, bound = z[of[i]], bounds[of[i]]
        values[:] = form[d]
        for j in range(d):
            x, own = points[i, j], form[j]
            for r in range(values.size):
                values[r] += x * own[r]
        for u in range(first.size - 1):
            begin, end = first[u], first[u + 1]
            here = begin + states[i, u]
            value = values[row[here]]
            if is_max[u]:
                for e in range(begin, end):
                    if e != here and not (value - values[row[e]]) * (1 - 4 * U) > 2 * bound:
                        sure[i] = False
            else:
                if here > begin and not (value - levels[here - 1]) * (1 - 4 * U) > bound:
                    sure[i] = False
                if here < end - 1 and not (levels[here] - value) * (1 - 4 * U) > bound:
                    sure[i] = False
