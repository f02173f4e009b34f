"""States at points by one float64 forward pass with a rigorous error bound.

Write ``e`` for a bound on |computed - true| of each output of a layer. A computed sum of n products is
within ``gamma_n sum |w_k||y_k|``, ``gamma_n = n u / (1 - n u)``, of the exact sum of the same numbers,
in any order of summation, and zeros do not count (N. J. Higham, *Accuracy and Stability of Numerical
Algorithms*, 2nd ed., section 3.1), and errors e_k of the inputs add ``sum |w_k| e_k``. Gradual underflow
adds at most the smallest subnormal a product. An activation of Lipschitz constant K multiplies the error
by K and adds the roundings of its own evaluation. The bound is itself computed in float64 from non-negative
terms: a factor 2 on what is new in a layer covers that, and a factor next to 1 on what is inherited, so that
it does not double from layer to layer. Where it overflows it is inf or NaN, and no comparison with it
certifies.

A state is certain when the gap that decides it exceeds its bound. What is left over is for
:meth:`polyregions.network.exact.ExactNetwork.states_at`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import BoolArray, FloatArray, IntArray, StateArray
from ..base.rounding import INFLATE, TINY, U, gamma
from .layers import Layer, preactivation
from .numbers import times
from .pieces import as_slice

#: Numbers that are worked on at once.
TOGETHER = 2**21

Certain = NDArray[np.bool_]  # (points, units)


def filtered_states(layers: Sequence[Layer], points: FloatArray) -> tuple[StateArray, BoolArray]:
    """States (n, units) of points (n, d), and for each point whether all of them are certain."""
    states, certain = states_by_unit(layers, points)
    return states, np.asarray(certain.all(axis=1))


def states_by_unit(layers: Sequence[Layer], points: FloatArray) -> tuple[StateArray, Certain]:
    """States (n, units) of points (n, d), and whether each of them is certain."""
    widest = max(max(layer.n_rows, layer.pieces.thresholds.row.size) for layer in layers)
    chunk = max(1, int(TOGETHER // widest))
    parts = [_filtered(layers, points[i : i + chunk]) for i in range(0, max(1, len(points)), chunk)]
    states, certain = zip(*parts, strict=True)
    return np.concatenate(states), np.concatenate(certain)


def _filtered(layers: Sequence[Layer], points: FloatArray) -> tuple[StateArray, Certain]:
    y, error = points, None
    columns: list[StateArray] = [np.zeros((len(points), 0), dtype=np.uint8)]
    certain: list[Certain] = [np.zeros((len(points), 0), dtype=np.bool_)]
    with np.errstate(all="ignore"):
        for layer in layers:
            z = preactivation(layer, y)
            n, weight = layer.most_inputs + 2, abs(layer.weight)
            size = times(np.abs(y) if error is None else np.abs(y) + error, weight) + np.abs(layer.bias)
            bound = 2 * (gamma(n) * size + n * TINY)
            if error is not None:  # points are exact
                bound += times(error, weight) * INFLATE
            states, sure = _states(layer, z, bound)
            certain.append(sure[:, layer.pieces.units])
            error = _output_error(layer, z, bound)
            y = layer.activate(z)
            columns.append(states[:, layer.pieces.units].astype(np.uint8))
    return np.concatenate(columns, axis=1), np.concatenate(certain, axis=1)


def _states(layer: Layer, z: FloatArray, bound: FloatArray) -> tuple[IntArray, Certain]:
    """States of all outputs, and whether the gaps that decide each exceed their bounds."""
    states = layer.threshold_counts(z)
    borders = layer.pieces.thresholds
    columns = as_slice(borders.row)
    gaps = z[:, columns] - borders.level
    numbers = np.asarray(~np.isnan(z).any(axis=1))
    certain = np.repeat(numbers[:, None], layer.n_outputs, axis=1)
    output, first = np.unique(borders.output, return_index=True)
    if output.size:
        sure = np.abs(gaps) * (1 - 4 * U) > bound[:, columns]
        certain[:, output] &= np.logical_and.reduceat(sure, first, axis=1)
    rows, starts, ranks = layer.maxout_rows
    if rows.size:
        own = z[:, rows]
        top = np.repeat(np.maximum.reduceat(own, starts, axis=1), ranks, axis=1)
        place = np.arange(rows.size) - np.repeat(starts, ranks)
        # The first of the largest; NaN is none, and certain of nothing.
        best = np.minimum.reduceat(np.where(own == top, place, rows.size), starts, axis=1)
        best = np.minimum(best, ranks - 1)
        at = np.repeat(starts + best, ranks, axis=1)
        top_bound = np.take_along_axis(bound[:, rows], at, axis=1)
        decided = (top - own) * (1 - 4 * U) > top_bound + bound[:, rows]
        decided |= at == np.arange(rows.size)
        certain[:, layer.pieces.is_max] &= np.logical_and.reduceat(decided, starts, axis=1)
        states[:, layer.pieces.is_max] = best
    return states, certain


def _output_error(layer: Layer, z: FloatArray, bound: FloatArray) -> FloatArray:
    """Bounds of the errors of ``layer.activate(z)``."""
    table, first = layer.pieces, layer.first_rows
    largest = bound if layer.has_row_each else np.maximum.reduceat(bound, first, axis=1)
    if not table.rounds:
        return largest
    # slope z + constant has two roundings, and the constant was rounded once.
    size = table.steepest * np.abs(z[:, first]) + table.farthest
    rounding = np.where(table.is_max, 0.0, 2 * (gamma(4) * size + 4 * TINY))
    return np.asarray(table.steepest * largest * INFLATE + rounding)
