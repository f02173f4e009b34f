"""The network recentred at the box, in float64, with a rigorous bound for every affine form.

The filter of the traversal. Write the box as ``x = m + h * t`` with t in [-1, 1]^d, m its midpoint and
h its half widths. Let z0 be the *exact* pre-activations at m. In the deviations ``delta = z - z0`` the
network reads

    delta_1 = (W_1 diag(h)) t,    delta_l = W_l eta_{l-1},    eta = slope_s delta + c_s,
    c_s = slope_s z0 + intercept_s - f(z0)            (maxout: eta = delta_s + o_s, o_s = z0_s - max z0),

and a scalar unit is beyond its breakpoint t_j iff ``delta > tau_j = t_j - z0``. The constants c_s, o_s,
tau_j and ``W_1 diag(h)`` are computed exactly and rounded once. So all roundings are relative to how
much the network *varies over the box*, not to how large its values are there: a box of side 2^-40 far
from the origin is as good as the unit cube.

The bound
---------
For a form F(t) = a . t + c, computed as (a^, c^), let ``e`` bound ``sum |a^_j - a_j| + |c^ - c|``, which
bounds |F^(t) - F(t)| for all t in the box at once. With u = 2^-53 and gamma_n = n u / (1 - n u) (Higham,
*Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1: a computed sum of n products is
within gamma_n of the sum of their magnitudes, in any order):

* matrix product over n inputs with rounded weights:
  ``e(delta_r) <= sum_k |W_rk| (gamma_{n+3} |eta_k| + e(eta_k))``, |F| the sum of its magnitudes;
* activation: ``e(eta) <= |slope| e(delta) + 3 u (|slope| |delta| + |c_s|)``;
* a row ``+-(delta - tau)``: ``e + 2 u (|c| + |tau|)``; a row ``(delta_s + o_s) - (delta_r + o_r)``:
  ``e_s + e_r + 3 u (|delta_s| + |o_s| + |delta_r| + |o_r|)``.

Each bound follows the forms of one cell (no worst case over patterns) and costs one more column in the
product. It is computed in float64 from non-negative terms; the factor 1 + 2^-16 covers the rounding of
sums of up to 2^36 terms. Underflow is covered by the smallest normal number for each operation (a unit
that is exactly zero has none), and a constant that would round to zero is rounded away from it. Where
a form overflows it is inf or NaN, its bound may be finite, and no certificate accepts it.

Units that sit on a breakpoint everywhere (zero weights, or a maxout piece that repeats an earlier one) can
never change state: their rows are written as the constant 1, which like any positive row is no boundary.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from flint import fmpz_mat

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.kernels import BYTES, INDICES, INT, MATRIX, NETWORK, kernel
from ...base.rationals import rational_point, round_nonzero
from ...base.rounding import INFLATE, TINY, U
from ...network.box import Box
from ...network.exact import scalar_intercepts
from ...network.layers import MaxoutLayer
from ...network.network import Network


class RecentredNetwork:
    """Float64 arrays of a network recentred at a box, for the kernels.

    Attributes
    ----------
    table : int64 (layers, 7)
        inputs, pieces, units, 1 if maxout, start in ``weights``, first unit in ``first``, first
        unit in the pattern (-1 if the layer has no states).
    weights : float64
        Each layer's weight transposed, (inputs, pieces), flattened.
    first : int64 (all units + 1,)
        Where a unit's entries start in the three arrays below, one entry a state.
    slopes, intercepts, thresholds : float64
        slope_s; c_s or o_s; tau_j (the last entry of a unit is unused), or 1 for a maxout piece that
        repeats an earlier one, else 0.
    """

    def __init__(self, network: Network, box: Box) -> None:
        self.network, self.box = network, box
        low = [Fraction(float(v)) for v in box.lower]
        high = [Fraction(float(v)) for v in box.upper]
        self.midpoint = [(a + b) / 2 for a, b in zip(low, high, strict=True)]
        self.halfwidths = [(b - a) / 2 for a, b in zip(low, high, strict=True)]
        column = fmpz_mat([[v] for v in rational_point(self.midpoint)])
        pre, _, _ = network.exact.propagate(column, lambda i, layer, z: layer.lexicographic_states(z))

        table: list[list[int]] = []
        weights: list[FloatArray] = []
        first = [0]
        slopes: list[float] = []
        intercepts: list[float] = []
        thresholds: list[float] = []
        unit = 0
        for layer, z in zip(network.layers, pre, strict=True):
            z0 = [Fraction(int(row[0]), int(z[-1][0])) for row in z[:-1]]
            has_states = layer.kind != "linear"
            table.append(
                [
                    layer.n_inputs,
                    len(z0),
                    layer.n_units,
                    int(isinstance(layer, MaxoutLayer)),
                    sum(w.size for w in weights),
                    len(first) - 1,
                    unit if has_states else -1,
                ]
            )
            unit += layer.n_units if has_states else 0
            weights.append(layer.weight.T if len(weights) else self._first_weight())
            if isinstance(layer, MaxoutLayer):
                for a, b in zip(layer.offsets[:-1], layer.offsets[1:], strict=True):
                    top = max(z0[a:b])
                    slopes += [1.0] * int(b - a)
                    repeats = _repeated(layer.weight[a:b], layer.bias[a:b])
                    intercepts += [round_nonzero(v - top) for v in z0[a:b]]
                    thresholds += repeats
                    first.append(len(slopes))
            else:
                t = [Fraction(float(v)) for v in layer.breakpoints]
                s = [Fraction(float(v)) for v in layer.slopes]
                c = scalar_intercepts(layer)
                for v, moves in zip(z0, np.any(layer.weight, axis=1).tolist(), strict=True):
                    here = sum(v > b for b in t)
                    value = s[here] * v + c[here]
                    slopes += [float(k) for k in s]
                    intercepts += [round_nonzero(k * v + i - value) for k, i in zip(s, c, strict=True)]
                    thresholds += [*(round_nonzero(b - v) if moves or b != v else 1.0 for b in t), 0.0]
                    first.append(len(slopes))
        self.table: IntArray = np.array(table, dtype=np.int64)
        self.weights: FloatArray = np.concatenate([np.ascontiguousarray(w).ravel() for w in weights])
        self.first: IntArray = np.array(first, dtype=np.int64)
        self.slopes: FloatArray = np.array(slopes)
        self.intercepts: FloatArray = np.array(intercepts)
        self.thresholds: FloatArray = np.array(thresholds)
        self.max_rows = _most_rows(network) + 2 * box.dim
        self.max_width = max(box.dim, int(self.table[:, 1].max()), int(self.table[:, 2].max()))

    def _first_weight(self) -> FloatArray:
        """``(W_1 diag(h))^T``, each entry the exact product rounded once."""
        W = self.network.layers[0].weight
        h = self.halfwidths
        if all(float(v) == v for v in h):
            with np.errstate(over="ignore"):
                return np.asarray(W.T * np.array([[float(v)] for v in h]))
        return np.array([[round_nonzero(Fraction(float(w)) * v) for w in W[:, j]] for j, v in enumerate(h)])

    @property
    def arrays(self) -> tuple[IntArray, FloatArray, IntArray, FloatArray, FloatArray, FloatArray]:
        """The arguments that every kernel takes first."""
        return self.table, self.weights, self.first, self.slopes, self.intercepts, self.thresholds

    def point(self, t: FloatArray) -> list[Fraction]:
        """The exact point ``m + h t``."""
        return [m + h * Fraction(float(v)) for m, h, v in zip(self.midpoint, self.halfwidths, t, strict=True)]

    def cell_rows(self, pattern: StateArray) -> tuple[FloatArray, IntArray, IntArray]:
        """Rows of one pattern's cell, those of the box last; see the kernel of the same name."""
        d = self.box.dim
        rows = np.empty((d + 2, self.max_rows))
        owner = np.empty(self.max_rows, dtype=np.int64)
        beyond = np.empty(self.max_rows, dtype=np.int64)
        delta, eta = np.empty((d + 2, self.max_width)), np.empty((d + 2, self.max_width))
        n = cell_rows(*self.arrays, pattern, rows, owner, beyond, delta, eta)
        return rows[:, :n], owner[:n], beyond[:n]


def _repeated(weight: FloatArray, bias: FloatArray) -> list[float]:
    """1 for each maxout piece that is the same as an earlier one of its unit, else 0."""
    seen: list[tuple[float, ...]] = []
    repeated = []
    for row in zip(*weight.T.tolist(), bias.tolist(), strict=True):
        repeated.append(float(row in seen))
        seen.append(row)
    return repeated


def _most_rows(network: Network) -> int:
    """The most rows that a pattern can have."""
    total = 0
    for layer in network.hidden:
        if isinstance(layer, MaxoutLayer):
            total += int((layer.ranks - 1).sum())
        else:
            total += layer.n_units * min(2, layer.breakpoints.size)
    return total


@kernel(INT, *NETWORK, BYTES, MATRIX, INDICES, INDICES, MATRIX, MATRIX)
def cell_rows(
    table: Any,
    weights: Any,
    first: Any,
    slopes: Any,
    intercepts: Any,
    thresholds: Any,
    pattern: Any,
    rows: Any,
    owner: Any,
    beyond: Any,
    delta: Any,
    eta: Any,
) -> int:
    """Write the constraints ``rows[:d, r] . t + rows[d, r] >= 0`` of a pattern's cell.

    ``rows[d + 1, r]`` is the bound e. ``owner[r]`` is the unit and ``beyond[r]`` its state on the other
    side; the last 2 d rows are the sides of the box, ``owner = -1`` and ``beyond`` the side. The order
    is that of :meth:`polyregions.network.exact.ExactNetwork.rows`. ``delta`` and ``eta`` are work space.
    """
    d = rows.shape[0] - 2
    count = 0
    width = d
    eta[:, :d] = 0.0
    for k in range(d):
        eta[k, k] = 1.0
    for layer in range(table.shape[0]):
        pieces, units = table[layer, 1], table[layer, 2]
        is_maxout, start, unit0, state0 = table[layer, 3], table[layer, 4], table[layer, 5], table[layer, 6]
        gamma = (width + 3) * U / (1.0 - (width + 3) * U)
        delta[:, :pieces] = 0.0
        for k in range(width):
            size = 0.0
            for j in range(d + 1):
                size += abs(eta[j, k])
            if size == 0.0 and eta[d + 1, k] == 0.0:
                continue
            grown = gamma * size + eta[d + 1, k]
            w = weights[start + k * pieces : start + (k + 1) * pieces]
            for j in range(d + 1):
                factor = eta[j, k]
                if factor != 0.0:
                    target = delta[j]
                    for r in range(pieces):
                        target[r] += factor * w[r]
            target = delta[d + 1]
            for r in range(pieces):
                target[r] += grown * abs(w[r])
        for r in range(pieces):
            delta[d + 1, r] = delta[d + 1, r] * INFLATE + width * (d + 1) * TINY
        for unit in range(units):
            entry = first[unit0 + unit]
            n_states = first[unit0 + unit + 1] - entry
            state: Any = np.int64(0)
            if state0 >= 0:
                state = np.int64(pattern[state0 + unit])
            if is_maxout:
                piece0 = entry - first[unit0]
                p = piece0 + state
                offset = intercepts[entry + state]
                size = abs(offset)
                for j in range(d + 1):
                    size += abs(delta[j, p])
                for other in range(n_states):
                    if other == state:
                        continue
                    q = piece0 + other
                    size_other = abs(intercepts[entry + other])
                    for j in range(d + 1):
                        size_other += abs(delta[j, q])
                        rows[j, count] = delta[j, p] - delta[j, q]
                    rows[d, count] = (delta[d, p] + offset) - (delta[d, q] + intercepts[entry + other])
                    rows[d + 1, count] = (
                        delta[d + 1, p] + delta[d + 1, q] + 3.0 * U * (size + size_other)
                    ) * INFLATE
                    if thresholds[entry + other] == 1.0:
                        rows[:, count] = 0.0
                        rows[d, count] = 1.0
                    owner[count] = state0 + unit
                    beyond[count] = other
                    count += 1
                for j in range(d):
                    eta[j, unit] = delta[j, p]
                eta[d, unit] = delta[d, p] + offset
                eta[d + 1, unit] = (delta[d + 1, p] + 3.0 * U * size) * INFLATE
                continue
            for side in range(2):
                # side 0: z - t_state >= 0; side 1: t_{state + 1} - z >= 0
                if (side == 0 and state == 0) or (side == 1 and state == n_states - 1):
                    continue
                sign = 1.0 if side == 0 else -1.0
                tau = thresholds[entry + state - 1 + side]
                for j in range(d):
                    rows[j, count] = sign * delta[j, unit]
                rows[d, count] = sign * (delta[d, unit] - tau)
                rows[d + 1, count] = (
                    delta[d + 1, unit] + 2.0 * U * (abs(delta[d, unit]) + abs(tau))
                ) * INFLATE
                owner[count] = state0 + unit
                beyond[count] = state - 1 if side == 0 else state + 1
                count += 1
            slope, intercept = slopes[entry + state], intercepts[entry + state]
            size = 0.0
            for j in range(d + 1):
                size += abs(delta[j, unit])
                eta[j, unit] = slope * delta[j, unit]
            eta[d, unit] += intercept
            eta[d + 1, unit] = (
                abs(slope) * delta[d + 1, unit] + 3.0 * U * (abs(slope) * size + abs(intercept))
            ) * INFLATE
            if slope != 0.0 or intercept != 0.0:
                eta[d + 1, unit] += (d + 5) * TINY
        width = units
    for j in range(d):
        for side in range(2):
            rows[:, count] = 0.0
            rows[j, count] = 1.0 if side == 0 else -1.0
            rows[d, count] = 1.0
            owner[count] = -1
            beyond[count] = 2 * j + side
            count += 1
    return count
