"""The affine maps of the network on many regions at once, in float64 with a rigorous error bound.

Layer by layer, as in :mod:`polyregions.network.states`, with the d + 1 coefficients of each unit in the place
of its value. Errors are bounded for all points of a box together: a coefficient of coordinate j counts times
the largest |x_j| of the box.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray
from ..base.rounding import TINY, U, gamma
from .layers import Layer, MaxoutLayer

#: Numbers that are worked on at once.
TOGETHER = 2**22


def region_maps(
    layers: tuple[Layer, ...], states: NDArray[np.uint8], largest: FloatArray
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
    width = max(largest.size, *(layer.weight.shape[0] for layer in layers))
    chunk = max(1, TOGETHER // (width * (largest.size + 1)))
    parts = [_maps(layers, states[i : i + chunk], largest) for i in range(0, len(states), chunk)]
    maps, errors = zip(*parts, strict=True)
    return np.concatenate(maps), np.concatenate(errors)


def _maps(
    layers: tuple[Layer, ...], states: NDArray[np.uint8], largest: FloatArray
) -> tuple[FloatArray, ...]:
    n, d = len(states), largest.size
    scale = np.append(largest, 1.0)
    # One map for each run of patterns that have been the same so far: neighbours in the list often are.
    run_of: NDArray[np.int64] = np.zeros(n, dtype=np.int64)
    y: FloatArray = np.eye(d + 1, d)[None]
    error: FloatArray = np.zeros((1, d))
    unit = 0
    with np.errstate(over="ignore", invalid="ignore"):
        for layer in layers:
            size = np.einsum("njk,j->nk", np.abs(y), scale) + error
            rounding = gamma(layer.n_inputs + d + 4)
            weight = np.abs(layer.weight).T
            size = size @ weight + np.abs(layer.bias)
            z = (y.reshape(-1, layer.n_inputs) @ layer.weight.T).reshape(len(y), d + 1, -1)
            z[:, d] += layer.bias
            error = 2 * (error @ weight + rounding * size + (layer.n_inputs + 2) * TINY * scale.sum())
            if layer.kind == "linear":
                y = z
                continue
            columns = states[:, unit : unit + layer.n_units]
            unit += layer.n_units
            changes = (columns[1:] != columns[:-1]).any(axis=1) | (run_of[1:] != run_of[:-1])
            firsts = np.concatenate([[0], 1 + np.flatnonzero(changes)])
            before, own = run_of[firsts], columns[firsts].astype(np.int64)
            run_of = np.concatenate([[0], np.cumsum(changes)])
            z, size, error = z[before], size[before], error[before]
            if isinstance(layer, MaxoutLayer):
                piece = layer.offsets[:-1] + own
                y = np.take_along_axis(z, piece[:, None, :], axis=2)
                error = np.take_along_axis(error, piece, axis=1)
                continue
            slope, intercept = layer.slopes[own], layer.intercepts[own]
            y = slope[:, None, :] * z
            y[:, d] += intercept
            bends = layer.slopes.size
            largest_bend = np.abs(layer.breakpoints).max(initial=0.0) * np.abs(layer.slopes).max()
            error = 2 * (
                np.abs(slope) * error
                + 4 * U * (np.abs(slope) * size + np.abs(intercept))
                + gamma(8 * bends) * 2 * bends * largest_bend
                + 8 * bends * TINY * scale.sum()
            )
    return y.transpose(0, 2, 1)[run_of], error[run_of]
