"""Lower and upper bounds of the distances to the boundaries of all units, at many points, in float64.

The filter of :mod:`polyregions.statistics.distances`. A row of a point's cell vanishes at the distance
``gap / norm``: gap is the value of the row at the point (>= 0), norm that of its gradient g. Both are
computed layer by layer under the point's exact states, each with a rigorous bound of its error:

*Gap.* A computed sum of n products is within ``gamma_n`` times the sum of their magnitudes (N. J. Higham,
*Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1), and errors e_k of the inputs add
``sum |w_k| e_k``, as in :mod:`polyregions.network.states`.

*Gradient.* With d inputs and r < d rows W of the first layer, all gradients are combinations of these rows,
and are written in r coordinates: ``W^T = Q R``, Q (d, r) with nearly orthonormal columns. The computed pair
need not be a good factorisation, it is measured: ``|Q^T Q - I|_F <= defect`` gives
``(1 - defect) |y| <= |Q y| <= (1 + defect) |y|``, and column v of ``W^T - Q R`` is at most residual_v long.
So a gradient is a vector y of coordinates with a bound e on ``|Q y - g|``, and from one layer to the next
``e_u = sum_v |W_uv| |slope_v| (gamma |y_v| + e_v)``: one column where the coordinates are r. (For d <= r, Q
is the identity.) Units of slope zero contribute nothing, neither value nor error.

Bounds are computed from non-negative terms. A factor 2 on each new rounding term covers its own roundings,
those of norms, and the norm of Q (at most 3/2, else nothing is certified); the factor ``INFLATE`` covers
those of sums of old terms, up to 2^36 of them. TINY covers an underflow. Where anything is infinite or NaN
the bounds are 0 and infinity: true, and no decision.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.rounding import INFLATE, TINY, U, gamma
from ..network.layers import Layer, preactivation
from ..network.network import Network

#: Bounds the underflow of one operation, flushed to zero or not; its root that of a sum of squares.
#: The root of TINY.
ROOT_TINY = 2.0**-511
LARGEST = float(np.finfo(np.float64).max)

Flags = NDArray[np.bool_]


class Basis(NamedTuple):
    """Coordinates of the first layer's rows; all gradients are combinations of them."""

    coordinates: FloatArray  # R, (k, rows), k = min(inputs, rows)
    residual: FloatArray  # (rows,)
    defect: float


class BoundedRows(NamedTuple):
    """The units, or the pieces of maxout units, of one layer at n points."""

    value: FloatArray  # (n, rows)
    value_error: FloatArray
    gradient: FloatArray  # (n, k, rows) coordinates, (1, k, rows) where it is the same at all points
    norm: FloatArray  # (n, rows): that of the coordinates
    error: FloatArray  # of the gradient: |Q y - g|
    live: Flags  # False only where the gradient is exactly zero


def gradient_basis(weight: FloatArray) -> Basis:
    """Return coordinates of the rows of ``weight`` (rows, inputs) and how far they are from true ones."""
    rows, inputs = weight.shape
    if inputs <= rows:
        return Basis(weight.T, np.zeros(rows), 0.0)
    with np.errstate(all="ignore"):
        Q, R = np.linalg.qr(weight.T)
        # |computed difference| + its rounding bounds the true difference, entry by entry.
        rounding = 2 * gamma(inputs + 3)
        missed = np.abs(weight.T - Q @ R) + rounding * (np.abs(weight.T) + np.abs(Q) @ np.abs(R))
        skew = np.abs(Q.T @ Q - np.eye(rows)) + rounding * (np.abs(Q).T @ np.abs(Q) + np.eye(rows))
        residual = 2 * np.sqrt((missed**2).sum(axis=0)) + inputs * ROOT_TINY
        defect = float(2 * np.sqrt((skew**2).sum())) + inputs * ROOT_TINY
    return Basis(R, residual, defect if defect <= 0.5 else np.inf)


def distance_bounds(
    network: Network, basis: Basis, points: FloatArray, states: StateArray
) -> tuple[FloatArray, FloatArray]:
    """Return lower and upper bounds of the distance of each point to the boundaries of each unit.

    Parameters
    ----------
    basis : Basis
        Of the first layer's weight.
    points : float64 (n, d)
    states : uint8 (n, units)
        The exact states at the points.

    Returns
    -------
    lower, upper : float64 (n, units)
        Both are infinite where all gradients of the unit are known to be zero. The upper bound is also
        infinite where a gradient may be zero.
    """
    shape = (len(points), network.n_units)
    lower, upper = np.full(shape, np.inf), np.full(shape, np.inf)
    below: BoundedRows | None = None
    unit = 0
    with np.errstate(all="ignore"):
        for layer in network.layers:
            rows = _first(layer, basis, points) if below is None else _above(layer, below)
            own = slice(unit, unit + layer.n_units)
            unit = own.stop
            table = layer.pieces
            state = states[:, own].astype(np.int64)
            entry = table.entries(state)
            if layer.n_units:
                is_max = table.is_max[table.units]
                near = _scalar_bounds(layer, rows, state[:, ~is_max], basis.defect)
                far = _maxout_bounds(layer, rows, entry, basis.defect)
                for bounds, scalar, several in zip((lower, upper), near, far, strict=True):
                    bounds[:, own][:, ~is_max] = scalar
                    bounds[:, own][:, is_max] = several
            below = (
                _activate(layer, rows if layer.has_row_each else _take(rows, table.row[entry]), entry)
                if not layer.is_linear
                else rows
            )
            if unit == network.n_units:
                break
    return lower, upper


def _first(layer: Layer, basis: Basis, points: FloatArray) -> BoundedRows:
    """BoundedRows of the first layer."""
    gradient, live = basis.coordinates[None], (layer.dense != 0).any(axis=1, keepdims=True).T
    values = _values(layer, points, np.zeros_like(points))
    return BoundedRows(*values, gradient, _norm(gradient), basis.residual[None], live)


def _above(layer: Layer, below: BoundedRows) -> BoundedRows:
    """BoundedRows of a layer from the outputs of the one below."""
    W, n, k = layer.dense, layer.n_inputs, below.gradient.shape[1]
    gradient = (below.gradient.reshape(-1, n) @ W.T).reshape(-1, k, len(W))
    live = below.live.astype(np.float64) @ (W != 0).T.astype(np.float64) > 0
    error = (2 * gamma(n + 4) * below.norm + below.error) @ np.abs(W).T * INFLATE + 4 * n * k * TINY * live
    return BoundedRows(
        *_values(layer, below.value, below.value_error), gradient, _norm(gradient), error, live
    )


def _values(layer: Layer, y: FloatArray, error: FloatArray) -> tuple[FloatArray, FloatArray]:
    """``W y + b`` and its error."""
    n = layer.n_inputs
    rounding = 2 * gamma(n + 4)
    bound = (rounding * np.abs(y) + error) @ np.abs(layer.dense).T * INFLATE
    return preactivation(layer, y), bound + 2 * rounding * np.abs(layer.bias) + 4 * n * TINY


def _activate(layer: Layer, rows: BoundedRows, entry: IntArray) -> BoundedRows:
    """What the outputs give to the layer above, from the row that each follows; ``entry (n, outputs)``."""
    k, table = rows.gradient.shape[1], layer.pieces
    slope, constant = table.slope[entry], table.constant[entry]
    steep = np.abs(slope)
    if not table.rounds:
        live = rows.live & (slope != 0)
        gradient = slope[:, None, :] * rows.gradient
        value, error = slope * rows.value, steep * rows.value_error
        return BoundedRows(value, error, gradient, steep * rows.norm, steep * rows.error, live)
    value = slope * rows.value + constant
    size = steep * np.abs(rows.value) + np.abs(constant)
    moves = slope != 0
    live = rows.live & moves
    return BoundedRows(
        value,
        steep * rows.value_error + 8 * U * size + 4 * TINY * (moves | (constant != 0)),
        slope[:, None, :] * rows.gradient,
        steep * rows.norm,
        steep * (rows.error * INFLATE + 8 * U * rows.norm) + 4 * k * TINY * live,
        live,
    )


def _take(rows: BoundedRows, columns: IntArray) -> BoundedRows:
    """The given row of each entry of ``columns`` (n, m)."""
    n = len(columns)
    gradient = np.broadcast_to(rows.gradient, (n, *rows.gradient.shape[1:]))
    gradient = np.take_along_axis(gradient, columns[:, None, :], axis=2)
    value, value_error, norm, error = (
        np.take_along_axis(np.broadcast_to(array, (n, array.shape[1])), columns, axis=1)
        for array in (rows.value, rows.value_error, rows.norm, rows.error)
    )
    live = np.take_along_axis(np.broadcast_to(rows.live, (n, rows.live.shape[1])), columns, axis=1)
    return BoundedRows(value, value_error, gradient, norm, error, live)


def _norm(gradient: FloatArray) -> FloatArray:
    """Norms of (n, k, rows) over k, rounded, and at least what underflow may have hidden."""
    squares = np.einsum("nkr,nkr->nr", gradient, gradient)
    return np.asarray(np.sqrt(squares) + gradient.shape[1] * ROOT_TINY)


def _scalar_bounds(
    layer: Layer, rows: BoundedRows, state: IntArray, defect: float
) -> tuple[FloatArray, FloatArray]:
    """Bounds of the scalar units, for the nearer of the two breakpoints at the ends of a unit's piece."""
    table = layer.pieces
    units = table.units[~table.is_max[table.units]]
    columns = table.row[table.first[units]]
    value, value_error, norm, error = (
        array[:, columns] for array in (rows.value, rows.value_error, rows.norm, rows.error)
    )
    entry = table.first[units] + state
    below = np.where(state > 0, table.levels[np.maximum(entry - 1, 0)], -np.inf)
    gap = np.minimum(value - below, table.levels[entry] - value)
    return _quotients(gap, value_error, norm, error, rows.live[:, columns], rows.gradient.shape[1], defect)


def _maxout_bounds(
    layer: Layer, rows: BoundedRows, entry: IntArray, defect: float
) -> tuple[FloatArray, FloatArray]:
    """Bounds of the maxout units, for the nearest other piece; those of equal weights have no boundary."""
    pieces, starts, ranks = layer.maxout_rows
    if not pieces.size:
        none = np.empty((len(entry), 0))
        return none, none
    table = layer.pieces
    _, same = np.unique(layer.dense + 0.0, axis=0, return_inverse=True)
    winner = np.repeat(table.row[entry[:, table.is_max]], ranks, axis=1)
    same = same.reshape(-1)
    apart = same[winner] != same[pieces]
    top, own = _take(rows, winner), _take(rows, np.broadcast_to(pieces, winner.shape))
    difference = top.gradient - own.gradient
    norm = _norm(difference)
    lower, upper = _quotients(
        top.value - own.value,
        top.value_error + own.value_error,
        norm,
        top.error + own.error + 4 * U * norm,
        (top.live | own.live) & apart,
        difference.shape[1],
        defect,
    )
    return np.minimum.reduceat(lower, starts, axis=1), np.minimum.reduceat(upper, starts, axis=1)


def _quotients(
    gap: FloatArray,
    gap_error: FloatArray,
    norm: FloatArray,
    error: FloatArray,
    live: Flags,
    k: int,
    defect: float,
) -> tuple[FloatArray, FloatArray]:
    """Bounds of gap / |gradient|."""
    gap_error = gap_error * INFLATE + 2 * U * np.abs(gap)
    error = error * INFLATE + 2 * (gamma(k + 4) + defect) * norm + 2 * k * ROOT_TINY
    low, high = gap - gap_error, gap + gap_error
    shallow, steep = norm - error, norm + error
    finite = np.isfinite(low) & np.isfinite(high) & np.isfinite(steep)
    down, up = 1 - 8 * U, 1 + 8 * U
    lower = np.where(finite & (low > 0), np.minimum(low / steep, LARGEST) * down - TINY, 0.0)
    upper = np.where(finite & (shallow > 0), high / shallow * up + TINY, np.inf)
    return np.where(live, np.maximum(lower, 0.0), np.inf), np.where(live, upper, np.inf)
