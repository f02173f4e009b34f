"""The affine maps of the network on many regions at once, in float64 with a rigorous error bound.

Layer by layer, as in :mod:`polyregions.network.states`, with the d + 1 coefficients of each unit in the place
of its value. Errors are bounded for all points of a box together: a coefficient of coordinate j counts times
the largest |x_j| of the box.
"""

from __future__ import annotations

import numpy as np

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.rounding import TINY, U, gamma
from .layers import Layer
from .numbers import times

#: Numbers that are worked on at once.
TOGETHER = 2**22


def region_maps(
    layers: tuple[Layer, ...], states: StateArray, largest: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the affine map of each pattern.

    Parameters
    ----------
    layers : tuple of Layer
    states : uint8 (n, units)
    largest : float64 (d,)
        Largest |x_j| of the box.

    Returns
    -------
    maps : float64 (n, outputs, d + 1)
        The last column is the constant.
    errors : float64 (n, outputs)
        |computed - true| at any point of the box.
    """
    width = max(largest.size, *(layer.n_rows for layer in layers))
    chunk = max(1, TOGETHER // (width * (largest.size + 1)))
    parts = [_maps(layers, states[i : i + chunk], largest) for i in range(0, len(states), chunk)]
    maps, errors = zip(*parts, strict=True)
    return np.concatenate(maps), np.concatenate(errors)


def _maps(layers: tuple[Layer, ...], states: StateArray, largest: FloatArray) -> tuple[FloatArray, ...]:
    d = largest.size
    scale = np.append(largest, 1.0)
    runs = Runs(states)
    y: FloatArray = np.eye(d + 1, d)[None]
    error: FloatArray = np.zeros((1, d))
    with np.errstate(all="ignore"):
        for layer in layers:
            size = np.einsum("njk,j->nk", np.abs(y), scale) + error
            rounding = gamma(layer.most_inputs + d + 4)
            weight = abs(layer.weight)
            size = times(size, weight) + np.abs(layer.bias)
            z = times(y, layer.weight)
            z[:, d] += layer.bias
            error = 2 * (times(error, weight) + rounding * size + (layer.n_inputs + 2) * TINY * scale.sum())
            before, own = runs.after(layer)
            z, size, error = z[before], size[before], error[before]
            table = layer.pieces
            entry = table.entries(own)
            y = z
            if not layer.has_row_each:
                row = table.row[entry]
                y = np.take_along_axis(z, row[:, None, :], axis=2)
                error, size = (np.take_along_axis(v, row, axis=1) for v in (error, size))
            if not table.rounds:
                y *= table.slope[entry][:, None, :]
                error *= np.abs(table.slope[entry])
                continue
            slope, constant = table.slope[entry], table.constant[entry]
            y *= slope[:, None, :]
            y[:, d] += constant
            error = 2 * (
                np.abs(slope) * error
                + 4 * U * (np.abs(slope) * size + np.abs(constant))
                + 4 * TINY * scale.sum()
            )
    return y.transpose(0, 2, 1)[runs.of], error[runs.of]


class Runs:
    """Runs of patterns that have been the same so far: neighbours in a list often are.

    Attributes
    ----------
    of : int64 (n,)
        The run of each pattern.
    """

    def __init__(self, states: StateArray) -> None:
        self._states, self._unit = states, 0
        self.of: IntArray = np.zeros(len(states), dtype=np.int64)

    def after(self, layer: Layer) -> tuple[IntArray, IntArray]:
        """Go on by a layer: the old run of each new one, and the layer's states (runs, units)."""
        columns = self._states[:, self._unit : self._unit + layer.n_units]
        self._unit += layer.n_units
        changes = (columns[1:] != columns[:-1]).any(axis=1) | (self.of[1:] != self.of[:-1])
        firsts = np.concatenate([np.zeros(1, dtype=np.int64), 1 + np.flatnonzero(changes)])
        before, own = self.of[firsts], columns[firsts].astype(np.int64)
        self.of = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(changes)])
        return before, own
