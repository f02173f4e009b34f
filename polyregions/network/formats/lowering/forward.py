"""Whether a network that was read computes what the model computes, up to the model's own rounding."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ....base.arrays import FloatArray
from ....base.rounding import INFLATE, TINY
from ....errors import CheckFailedError, counted
from ...layers import Layer, preactivation
from ...numbers import is_sparse, times

#: Points of each kind: the origin, the corner of ones, and random ones near, in and far from the unit cube.
RANDOM = 10
#: How many times the bound for one order of operations a model that uses another order may be off.
ORDERS = 8.0
#: Numbers of one layer at all points that are compared at once: a wide layer takes point after point.
TOGETHER = 2**20


def sample_points(n_inputs: int) -> FloatArray:
    """Points (n, inputs) that float32 holds: fixed ones, so that a reading is repeatable."""
    rng = np.random.default_rng(0)
    shape = (RANDOM, n_inputs)
    kinds = [
        np.zeros((1, n_inputs)),
        np.ones((1, n_inputs)),
        rng.uniform(0.0, 1.0, shape),
        rng.normal(size=shape),
        8.0 * rng.normal(size=shape),
    ]
    return np.concatenate(kinds).astype(np.float32).astype(np.float64)


def compare(
    layers: Sequence[Layer],
    points: FloatArray,
    evaluate: Callable[[FloatArray], FloatArray],
    unit_roundoff: float,
) -> float:
    """Return the largest difference of the model's outputs from those of the layers.

    Parameters
    ----------
    layers : sequence of Layer
    points : float64 (n, inputs)
    evaluate : callable
        The model: points (k, inputs) to outputs (k, out).
    unit_roundoff : float
        Of the model's arithmetic.

    Raises
    ------
    CheckFailedError
        If a difference is larger than rounding explains, or no output is a finite number.
    """
    widest = max(max(layer.n_rows, layer.n_inputs) for layer in layers)
    step = max(1, TOGETHER // widest)
    parts = [points[i : i + step] for i in range(0, len(points), step)]
    found = [_largest_difference(layers, part, evaluate(part), unit_roundoff) for part in parts]
    if max(found) < 0.0:
        raise CheckFailedError("the model gives no finite number at any sample point")
    return max(found)


def _largest_difference(
    layers: Sequence[Layer], points: FloatArray, found: FloatArray, unit_roundoff: float
) -> float:
    """The largest difference at some points; -1 if no number can be compared."""
    own, bound = outputs(layers, points, unit_roundoff)
    if found.shape != own.shape:
        raise CheckFailedError(
            f"the model gives {counted(found.shape[1], 'output')}, the network read from it {own.shape[1]}"
        )
    with np.errstate(invalid="ignore"):
        difference = np.abs(own - found)
    comparable = np.isfinite(found) & np.isfinite(own)
    # A bound that is no number (an overflow times 0) explains whatever there is.
    bad = np.argwhere(comparable & (difference > ORDERS * bound))
    if bad.size:
        i, j = bad[0]
        raise CheckFailedError(
            f"at a sample point output {j} of the model is {found[i, j]:.9g}, but that of the network read "
            f"from it is {own[i, j]:.9g}; rounding explains {ORDERS * bound[i, j]:.3g}. "
            "The model was not read right"
        )
    return float(difference[comparable].max(initial=-1.0))


def outputs(
    layers: Sequence[Layer], points: FloatArray, unit_roundoff: float
) -> tuple[FloatArray, FloatArray]:
    """Outputs (n, out) in float64, and how far off arithmetic with another unit roundoff may be.

    The bound is the usual one, layer by layer (see :mod:`polyregions.network.states`): products of n terms
    lose ``n u`` of the sum of their magnitudes and what underflows, and errors grow by the weights'
    magnitudes and the slopes.
    """
    u, y, error = unit_roundoff, points, np.zeros_like(points)
    with np.errstate(all="ignore"):
        for layer in layers:
            z = preactivation(layer, y)
            terms = int(np.diff(layer.weight.indptr).max()) if is_sparse(layer.weight) else layer.n_inputs
            size = abs(layer.weight)
            lost = times((terms + 3) * u * np.abs(y) + error, size) + 2 * u * np.abs(layer.bias)
            lost += (terms + 3) * TINY
            table = layer.pieces
            grown = np.maximum.reduceat(lost, layer.first_rows, axis=1) * table.steepest
            y = layer.activate(z)
            error = (grown + 4 * u * (np.abs(y) + table.farthest)) * INFLATE
    return y, error
