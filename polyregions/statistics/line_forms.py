"""Affine forms on intervals of a segment, in float64, with a rigorous bound.

On an interval of a segment ``x(t) = a + t (b - a)`` all layers so far are affine in t. A form is kept as
its value v at the interval's centre c and its slope q, ``z(t) = v + q (t - c)``, so that it stays accurate
however short the interval is. With h the half length, u = 2^-53 and gamma_n = n u / (1 - n u), every
computed form has a bound E with ``|v^ - v| + h |q^ - q| <= E``, hence ``|z^(t) - z(t)| <= E`` on the
interval:

* after a product with weights W over n inputs, ``E_r <= sum_k |W_rk| g_k + 4 u |b_r|`` with
  ``g_k = gamma_n (|v_k| + h |q_k|) + E_k`` of the inputs (N. J. Higham, *Accuracy and Stability of Numerical
  Algorithms*, 2nd ed., section 3.1). By Cauchy and Schwarz the sum is at most ``|W_r| |g|``, Euclidean norms:
  one number for each row and one for each interval, and no second product;
* an activation multiplies E by its slope, and adds its roundings;
* a shorter interval inside has the same E, and the roundings of ``v + q (c' - c)``.

An end t of an interval is known as t^ with ``|t^ - t| <= r``: it is the zero of a form, so r is its E over
|q^|, and does not depend on how the ends of longer intervals were computed.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..exact import round_nonzero, scalar_intercepts
from ..kernels import FLAGS, FLOAT, INDICES, INT, MATRIX, VECTOR, U, group, kernel
from ..layers import Layer, MaxoutLayer

#: Covers second-order terms and the rounding of the bounds themselves.
SLACK = 1.0 + 2.0**-20
#: Bounds the underflow of one operation.
TINY = 2.0**-1022


class Rows(NamedTuple):
    """A layer as the kernels take it.

    Attributes
    ----------
    norms, errors : float64 (pieces,)
        |W_r|, and 4 u |b_r| with what underflow can lose.
    first : int64 (units + 1,)
        The pieces of each unit; a scalar unit has one.
    skip : bool (pieces,)
        Maxout pieces that repeat an earlier one of their unit.
    breakpoints (m,), slopes, intercepts (m + 1,)
        Of a scalar layer; empty for maxout.
    """

    norms: Any
    errors: Any
    first: Any
    skip: Any
    breakpoints: Any
    slopes: Any
    intercepts: Any


ROWS = group(Rows, VECTOR, VECTOR, INDICES, FLAGS, VECTOR, VECTOR, VECTOR)


class Intervals(NamedTuple):
    """Intervals of many segments, segment after segment and from left to right.

    Attributes
    ----------
    segment : int64 (intervals,)
    ends : float64 (intervals, 4)
        Left end and how far off it may be, right end and how far off.
    """

    segment: Any
    ends: Any


INTERVALS = group(Intervals, INDICES, MATRIX)


def layer_rows(layer: Layer) -> Rows:
    """The constants of a layer."""
    with np.errstate(over="ignore"):
        largest = np.abs(layer.weight).max(axis=1)
        scaled = layer.weight / np.where(largest > 0.0, largest, 1.0)[:, None]
        norms = np.sqrt((scaled**2).sum(axis=1)) * largest * SLACK
    errors = (4 * U * np.abs(layer.bias) + (layer.n_inputs + 4) * TINY) * SLACK
    none = np.empty(0)
    if isinstance(layer, MaxoutLayer):
        skip = np.zeros(len(layer.weight), dtype=bool)
        for a, b in zip(layer.offsets[:-1], layer.offsets[1:], strict=True):
            table = np.concatenate([layer.weight[a:b], layer.bias[a:b, None]], axis=1)
            skip[a:b] = True
            skip[a + np.unique(table, axis=0, return_index=True)[1]] = False
        return Rows(norms, errors, layer.offsets, skip, none, none, none)
    first = np.arange(layer.n_units + 1)
    intercepts = np.array([round_nonzero(v) for v in scalar_intercepts(layer)])
    skip = np.zeros(layer.n_units, dtype=bool)
    return Rows(norms, errors, first, skip, layer.breakpoints.copy(), layer.slopes.copy(), intercepts)


@kernel(FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, inline=True)
def half_length(low: float, low_off: float, high: float, high_off: float) -> float:
    """How far an interval reaches from its computed centre, at most."""
    return (0.5 * (high - low) + max(low_off, high_off) + 2.0 * U) * (1.0 + 8.0 * U)


@kernel(FLOAT, FLOAT, FLOAT, FLOAT, inline=True)
def form_bound(size: float, norm: float, error: float) -> float:
    """E of a row on an interval whose inputs have |g| = size."""
    # Without inputs, or with inputs that are exactly zero, the form is the bias: nothing was rounded.
    if norm == 0.0 or size == 0.0:
        return 0.0
    return norm * size + error


@kernel(FLOAT, ROWS, MATRIX, INT, FLOAT, FLOAT, INT, INT, inline=True)
def pair_bound(rows: Any, z: Any, i: int, h: float, size: float, p: int, r: int) -> float:
    """Bound for the difference of two pieces anywhere on interval i."""
    v = abs(z[2 * i, p]) + abs(z[2 * i, r])
    q = abs(z[2 * i + 1, p]) + abs(z[2 * i + 1, r])
    e = form_bound(size, rows.norms[p], rows.errors[p]) + form_bound(size, rows.norms[r], rows.errors[r])
    return float((e + 8.0 * U * (v + q * h)) * SLACK)
