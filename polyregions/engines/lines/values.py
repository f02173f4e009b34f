"""Values of a layer's units at points of segments, in float64, with a rigorous bound.

A segment ``x(t) = a + t (b - a)``, 0 <= t <= 1, is cut at *vertices* into intervals on which all layers so
far are affine in t. A vertex is known as a float64 t^ with ``|t^ - t| <= r``. What is computed belongs to the
point t^: the pre-activations z^ there, with a bound for each unit u,

    |z^_u - z_u(t^)| <= E_u = |W_u| (eps + gamma S) + 4 u |b_u|,    gamma = (n + 16) u, u = 2^-53,

where z_u is the affine function of the interval on the left, or of that on the right: the bound holds for
both. eps bounds the Euclidean norm of the error of the layer's n inputs, S their norm, and |W_u| is the norm
of a row (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1, with Cauchy
and Schwarz). So there are two numbers for each vertex, and no bound of a single unit is ever stored.

* The ends of a segment are exact: eps = 0.
* An activation with slopes up to K hands on ``eps' = K (|W|_2 eps + gamma |W|_F S + 4 u |b|)``, and the
  roundings of its own. The spectral norm is what keeps deep networks decidable.
* Between two vertices the inputs are interpolated, which does not increase eps;
  :mod:`polyregions.engines.lines.insertion` tells what new vertices add.

Norms other than 0 are at least FLOOR, so that no product of theirs vanishes; what is not finite becomes
infinite, and then nothing is certain.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.arrays import FloatArray
from ...base.kernels import BoolVector, Int64Vector, Matrix, Vector, kernel
from ...base.rounding import INFLATE, TINY, U
from ...network.layers import Layer
from ...network.numbers import Weight, dense, is_sparse

#: The least norm other than 0: an upper bound for what is smaller, times gamma no subnormal number.
FLOOR = 2.0**-900
#: More rows and columns than this, and a spectral norm is bounded without powers of the matrix.
LARGE = 1024
#: A breakpoint that no computed row exceeds unless it is far beyond what bounds can certify.
UNREACHED = 2.0**1021


#: Columns of a vertex's place, t^ and r, and of the size of a layer's inputs there, eps and S.
PLACE, REACH = range(2)
ERROR, NORM = range(2)


class RowNorms(NamedTuple):
    """What bounds are made of; all but the last two are upper bounds.

    Attributes
    ----------
    rows, biases : float64 (rows,)
        |W_r|, and 4 u |b_r| with what underflow can lose.
    gamma, spectral, frobenius, bias : float
        gamma; the spectral norm of W; gamma times its Frobenius norm; the norm of ``biases``.
    slope, constant : float
        The largest of the outputs' pieces; a slope of at least 1.
    """

    rows: Vector
    biases: Vector
    gamma: float
    spectral: float
    frobenius: float
    bias: float
    slope: float
    constant: float


class LayerRows(NamedTuple):
    """A layer as the kernels take it.

    Attributes
    ----------
    norms : RowNorms
    first : int64 (outputs + 1,)
        Where an output's entries start in the arrays of entries, one entry a state.
    row : int64 (entries,); levels, slopes, constants : float64 (entries,)
        The table of pieces (:class:`polyregions.network.pieces.Pieces`).
    skip : bool (entries,)
        Maxout pieces that repeat an earlier one of their unit.
    steps : float64 (most breakpoints, outputs)
        The breakpoints of a layer without maxout units once more, where output k has row k; those that an
        output does not have are at UNREACHED. Empty for other layers.
    is_relu, rounds : bool
        Whether all outputs are ReLU units; whether outputs are rounded.
    """

    norms: RowNorms
    first: Int64Vector
    row: Int64Vector
    levels: Vector
    slopes: Vector
    constants: Vector
    skip: BoolVector
    steps: Matrix
    is_relu: bool
    rounds: bool


class LineVertices(NamedTuple):
    """Vertices of many segments, segment after segment and from left to right.

    Attributes
    ----------
    segment : int64 (vertices,)
    place : float64 (vertices, 2)
        PLACE and REACH.
    size : float64 (vertices, 2)
        ERROR and NORM.
    """

    segment: Int64Vector
    place: Matrix
    size: Matrix


class LineValues(NamedTuple):
    """A layer's pre-activations ``z (vertices, rows)`` at vertices."""

    rows: LayerRows
    vertices: LineVertices
    z: Matrix


def norm_bound(values: FloatArray) -> FloatArray:
    """Bounds for the Euclidean norms of the rows of (n, m), also of huge and tiny numbers."""
    largest = np.abs(values).max(axis=1, initial=0.0)
    scale = np.where(largest > 0.0, largest, 1.0)
    norms = np.sqrt(((values / scale[:, None]) ** 2).sum(axis=1)) * largest * INFLATE
    return np.where(largest > 0.0, np.maximum(norms, FLOOR), 0.0)


def _row_norms(weight: Weight) -> FloatArray:
    """Bounds for the Euclidean norms of the rows of a weight."""
    if not is_sparse(weight):
        return norm_bound(weight)
    # The entries of each row to the left.
    starts, counts = weight.indptr[:-1], np.diff(weight.indptr)
    values = np.zeros((counts.size, int(counts.max(initial=0))))
    row = np.repeat(np.arange(counts.size), counts)
    values[row, np.arange(row.size) - starts[row]] = weight.data
    return norm_bound(values)


def spectral_norm_bound(weight: Weight) -> float:
    """A bound for the largest singular value, by repeated squaring.

    The Frobenius norm bounds the spectral norm, and for ``A = W W^T`` the root of that of ``A^(2^k)`` does so
    with a factor of at most ``n^(1 / 2^(k + 1))``. Each product is scaled to Frobenius norm 1 before it is
    squared: of two such matrices the product is off by ``gamma_n`` and twice what they are off.

    Of a large matrix the cubes of its size would take longer than all lines, and the root of the largest row
    sum times the largest column sum of magnitudes is taken (Schur), or the Frobenius norm if that is less.
    """
    scale = float(abs(weight).max())
    if not 0.0 < scale < np.inf:
        return scale
    scaled = weight / scale
    if min(weight.shape) > LARGE:
        size = abs(scaled)
        schur = float(size.sum(axis=1).max() * size.sum(axis=0).max()) ** 0.5
        frobenius = float((size * size).sum()) ** 0.5
        return max(float(scale * min(schur, frobenius) * INFLATE), FLOOR)
    scaled = dense(scaled)
    power = scaled @ scaled.T if weight.shape[0] <= weight.shape[1] else scaled.T @ scaled
    n = max(weight.shape)
    norm = float(np.linalg.norm(power))
    # ``power`` is a multiple of A^(2^k), off by at most ``off``, and 2^bound the root of their quotient.
    off = 4 * n**1.5 * U
    bound, power = np.log2(norm * (1 + off)), power / norm
    for k in range(1, 6):
        power = power @ power
        norm = float(np.linalg.norm(power))
        off = off * (2 + off) + 4 * n * U
        bound += np.log2(norm + off) / 2**k
        power, off = power / norm, off / norm
    return max(float(scale * 2.0 ** (bound / 2) * INFLATE), FLOOR)


def layer_rows(layer: Layer, is_inner: bool) -> LayerRows:
    """The constants of a layer.

    Where it is not an inner one the Frobenius norm stands for the spectral norm, which takes time and has no
    effect: the inputs of the first layer have no error, and the outputs of the last one are not used.
    """
    W, table = layer.weight, layer.pieces
    with np.errstate(all="ignore"):
        norms, inputs = _row_norms(W), layer.most_inputs
        errors = (4 * U * np.abs(layer.bias) + (inputs + 4) * TINY) * INFLATE
        gamma = (inputs + 16) * U * INFLATE
        frobenius, error = float(norm_bound(norms[None])[0]), float(norm_bound(errors[None])[0])
        spectral = spectral_norm_bound(W) if is_inner else frobenius
    # At least 1: rows that are not rounded hand on their errors as they are.
    steepest, farthest = max(1.0, float(np.abs(table.slope).max())), float(np.abs(table.constant).max())
    steps = np.empty((0, 0))
    if layer.n_rows == layer.n_outputs:
        steps = np.full((int(table.n_states.max()) - 1, layer.n_outputs), UNREACHED)
        borders = table.thresholds
        steps[borders.below, borders.output] = borders.level
    return LayerRows(
        RowNorms(norms, errors, gamma, spectral, gamma * frobenius, error, steepest, farthest),
        table.first.copy(),
        table.row.copy(),
        table.levels.copy(),
        table.slope.copy(),
        table.constant.copy(),
        layer.repeats[table.row] & np.repeat(table.is_max, table.n_states),
        steps,
        layer.kind == "relu",
        table.rounds,
    )


@kernel(inline=True)
def bound_at(rows: LayerRows, vertices: LineVertices, i: int, row: int) -> float:
    """E of a row at vertex i and at the next one."""
    norms, size = rows.norms, vertices.size
    inputs = max(
        size[i, ERROR] + norms.gamma * size[i, NORM], size[i + 1, ERROR] + norms.gamma * size[i + 1, NORM]
    )
    # Without inputs, or with inputs that are exactly zero, the form is the bias: nothing was rounded.
    if norms.rows[row] == 0.0 or inputs == 0.0:
        return 0.0
    return float(norms.rows[row] * inputs + norms.biases[row])


@kernel(bare=True)
def norm(row: Vector) -> float:
    """A bound for the Euclidean norm of a vector."""
    even, odd = 0.0, 0.0
    for k in range(0, row.size - 1, 2):
        even += row[k] * row[k]
        odd += row[k + 1] * row[k + 1]
    if row.size % 2:
        even += row[row.size - 1] * row[row.size - 1]
    if even + odd > 2.0**-900:
        return float(np.sqrt(even + odd) * INFLATE)
    # Squares of the smallest numbers vanish; their sum is a bound too.
    total = 0.0
    for k in range(row.size):
        total += abs(row[k])
    return max(float(total * INFLATE), FLOOR) if total > 0.0 else total


@kernel(bare=True)
def state_at(rows: LayerRows, z: Vector, k: int) -> int:
    """The state of output k as computed, from rows z at a vertex."""
    first, end = rows.first[k], rows.first[k + 1]
    if end - first > 1 and rows.row[first] != rows.row[first + 1]:
        best = first
        for entry in range(first + 1, end):
            if not rows.skip[entry] and z[rows.row[entry]] > z[rows.row[best]]:
                best = entry
        return int(best - first)
    state = 0
    for entry in range(first, end - 1):
        state += 1 if z[rows.row[first]] > rows.levels[entry] else 0
    return state


@kernel
def activate(values: LineValues, y: Matrix, size: Matrix) -> None:
    """Write the outputs ``y (vertices, outputs)``, and ERROR and NORM of them."""
    rows, vertices, z = values
    norms, outputs = rows.norms, rows.first.size - 1
    for i in range(y.shape[0]):
        row = y[i]
        if rows.is_relu:
            for k in range(outputs):
                row[k] = max(z[i, k], 0.0)
        else:
            for k in range(outputs):
                entry = rows.first[k] + state_at(rows, z[i], k)
                row[k] = rows.slopes[entry] * z[i, rows.row[entry]] + rows.constants[entry]
        size[i, NORM] = norm(row)
        eps, inputs = vertices.size[i, ERROR], vertices.size[i, NORM]
        size[i, ERROR] = 0.0
        if eps > 0.0 or inputs > 0.0:
            size[i, ERROR] = norms.slope * (norms.spectral * eps + norms.frobenius * inputs + norms.bias)
        if rows.rounds:
            size[i, ERROR] += 8.0 * U * (size[i, NORM] + outputs * norms.constant)
        size[i, ERROR] *= INFLATE
        for k in range(2):
            # A maximum may lose NaN, but not infinity.
            if not size[i, k] < np.inf:
                size[i, k] = np.inf
