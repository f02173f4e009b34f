"""States at points by one float64 forward pass with a rigorous error bound.

Write ``e`` for a bound on |computed - true| of each output of a layer. A computed sum of n products is
within ``gamma_n sum |w_k||y_k|``, ``gamma_n = n u / (1 - n u)``, of the exact sum of the same numbers,
in any order of summation (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed.,
section 3.1), and errors e_k of the inputs add ``sum |w_k| e_k``. Gradual underflow adds at most the
smallest subnormal a product. An activation of Lipschitz constant K multiplies the error by K and adds
the roundings of its own evaluation. The bound is itself computed in float64 from non-negative terms: a
factor 2 on what is new in a layer covers that, and a factor next to 1 on what is inherited, so that it does
not double from layer to layer. Where it overflows it is inf or NaN, and no comparison with it certifies.

A state is certain when the gap that decides it exceeds its bound. What is left over is for
:meth:`polyregions.network.exact.ExactNetwork.states_at`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray
from ..base.rounding import INFLATE, TINY, U, gamma
from .layers import Layer, MaxoutLayer, ScalarLayer, preactivation

#: Numbers that are worked on at once.
TOGETHER = 2**21

Certain = NDArray[np.bool_]  # (points,)


def filtered_states(layers: Sequence[Layer], points: FloatArray) -> tuple[NDArray[np.uint8], Certain]:
    """States (n, units) of points (n, d), and for each point whether all of them are certain."""
    widest = max(layer.weight.size // layer.n_inputs * layer.n_states.max() for layer in layers)
    chunk = max(1, int(TOGETHER // widest))
    parts = [_filtered(layers, points[i : i + chunk]) for i in range(0, max(1, len(points)), chunk)]
    states, certain = zip(*parts, strict=True)
    return np.concatenate(states), np.concatenate(certain)


def _filtered(layers: Sequence[Layer], points: FloatArray) -> tuple[NDArray[np.uint8], Certain]:
    y, error = points, np.zeros_like(points)
    columns: list[NDArray[np.uint8]] = []
    certain = np.ones(len(points), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        for layer in layers:
            z = preactivation(layer, y)
            n = layer.n_inputs + 2
            size = (np.abs(y) + error) @ np.abs(layer.weight).T + np.abs(layer.bias)
            inherited = error @ np.abs(layer.weight).T * INFLATE
            bound = 2 * (gamma(n) * size + n * TINY) + inherited
            states: NDArray[np.uint8] | None
            if isinstance(layer, MaxoutLayer):
                states, sure = _maxout_states(layer, z, bound)
                error = np.maximum.reduceat(bound, layer.offsets[:-1], axis=1)
            else:
                states, sure = _scalar_states(layer, z, bound)
                error = _scalar_error(layer, z, bound)
            y = layer.activate(z)
            certain &= sure
            if states is not None:
                columns.append(states)
    if not columns:
        return np.zeros((len(points), 0), dtype=np.uint8), certain
    return np.concatenate(columns, axis=1), certain


def _scalar_states(
    layer: ScalarLayer, z: FloatArray, bound: FloatArray
) -> tuple[NDArray[np.uint8] | None, Certain]:
    if layer.breakpoints.size == 0:
        return None, np.ones(len(z), dtype=bool)
    gaps = z[:, :, None] - layer.breakpoints
    decided = np.abs(gaps) * (1 - 4 * U) > bound[:, :, None]
    return (gaps > 0).sum(axis=2).astype(np.uint8), np.asarray(decided.all(axis=(1, 2)))


def _scalar_error(layer: ScalarLayer, z: FloatArray, bound: FloatArray) -> FloatArray:
    lipschitz = np.abs(layer.slopes).max()
    if layer.breakpoints.size == 0:
        return np.asarray(lipschitz * bound * INFLATE)
    # activate() adds slope times z and an intercept, which is the sum of one term of size <= 2 K |t| per
    # breakpoint, a few roundings each.
    size = 2 * lipschitz * (np.abs(z) + np.abs(layer.breakpoints).max())
    terms = layer.slopes.size
    rounding = 2 * (gamma(8 * terms) * terms * size + terms * TINY)
    return np.asarray(lipschitz * bound * INFLATE + rounding)


def _maxout_states(layer: MaxoutLayer, z: FloatArray, bound: FloatArray) -> tuple[NDArray[np.uint8], Certain]:
    states = np.empty((len(z), layer.n_units), dtype=np.uint8)
    certain = np.ones(len(z), dtype=bool)
    points = np.arange(len(z))
    for unit, (first, end) in enumerate(zip(layer.offsets[:-1], layer.offsets[1:], strict=True)):
        best = np.argmax(z[:, first:end], axis=1)
        top, top_bound = z[points, first + best], bound[points, first + best]
        gaps = top[:, None] - z[:, first:end]
        decided = gaps * (1 - 4 * U) > top_bound[:, None] + bound[:, first:end]
        decided[points, best] = True
        certain &= decided.all(axis=1)
        states[:, unit] = best
    return states, certain
