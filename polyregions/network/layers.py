"""Layers: an affine map followed by a continuous piecewise-linear unit.

Two kinds cover everything. A :class:`ScalarLayer` applies one continuous piecewise-linear function
``f`` with ``f(0) = 0`` to each pre-activation ``z = W y + b``; ReLU, leaky ReLU, absolute value, hard
tanh and the identity are instances. A :class:`MaxoutLayer` takes the largest of several affine
*pieces*. The *state* of a unit says which of its affine pieces is on: for a scalar unit the number of
breakpoints that z strictly exceeds, for a maxout unit the lowest index of a largest piece.

Weights are ``(out, in)`` float64, finite and read-only; they are read as the exact dyadic rationals
that they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base.arrays import FloatArray, IntArray
from ..errors import InvalidNetworkError, UnsupportedLayerError, short_repr

#: The most pieces that one unit may have: states are kept in one byte.
MAX_STATES = 256


def float_array(name: str, values: Any, ndim: int) -> FloatArray:
    """Return a read-only float64 copy of ``values``, or say why it cannot be one."""
    try:
        raw = np.asarray(values)
    except ValueError as error:
        raise InvalidNetworkError(f"{name}: rows have different lengths") from error
    if raw.dtype == object or raw.dtype.kind not in "fiu":
        raise InvalidNetworkError(
            f"{name}: expected real numbers in a rectangular array, got dtype {raw.dtype}"
        )
    if raw.dtype.itemsize > 8 and raw.dtype.kind == "f":
        raise InvalidNetworkError(f"{name}: {raw.dtype} is wider than float64; round it first")
    with np.errstate(over="ignore", invalid="ignore"):
        array = np.array(raw, dtype=np.float64, order="C")
    if not keeps_integers(raw, array):
        raise InvalidNetworkError(f"{name}: an integer beyond 2**53 has no float64; round it first")
    if raw.dtype.kind == "f" and not isinstance(values, np.ndarray) and (np.abs(array) >= 2.0**53).any():
        # Among floats, numpy has rounded Python's integers without a word.
        mixed = np.asarray(values, dtype=object).ravel().tolist()
        if any(isinstance(v, int) and int(float(v)) != v for v in mixed):
            raise InvalidNetworkError(f"{name}: an integer beyond 2**53 has no float64; round it first")
    if array.ndim != ndim:
        raise InvalidNetworkError(f"{name}: expected {ndim} dimension(s), got shape {array.shape}")
    bad = np.argwhere(~np.isfinite(array))
    if bad.size:
        where = ", ".join(str(i) for i in bad[0])
        raise InvalidNetworkError(f"{name}[{where}] is {array[tuple(bad[0])]}; all numbers must be finite")
    array.flags.writeable = False
    return array


def keeps_integers(raw: NDArray[Any], array: FloatArray) -> bool:
    """Whether the integers of an array are the same in float64, which holds all up to 2^53."""
    if raw.dtype.kind not in "iu" or not (np.abs(array) >= 2.0**53).any():
        return True
    return bool((array.astype(object) == raw.astype(object)).all())


@dataclass(frozen=True, eq=False)
class ScalarLayer:
    """``f(W y + b)`` with a continuous piecewise-linear ``f``, ``f(0) = 0``, on each coordinate.

    Built by :func:`relu`, :func:`leaky_relu`, :func:`absolute`, :func:`hard_tanh`,
    :func:`piecewise` and :func:`linear`.
    """

    kind: str
    weight: FloatArray  # (units, in)
    bias: FloatArray  # (units,)
    breakpoints: FloatArray  # (m,) strictly increasing
    slopes: FloatArray  # (m + 1,)

    @property
    def n_inputs(self) -> int:
        """Width of the layer below."""
        return int(self.weight.shape[1])

    @property
    def n_units(self) -> int:
        """Number of units, which is the width of the layer."""
        return int(self.weight.shape[0])

    @property
    def n_states(self) -> IntArray:
        """Number of states of each unit, shape (units,)."""
        return np.full(self.n_units, self.slopes.size, dtype=np.int64)

    def activate(self, z: FloatArray) -> FloatArray:
        """Apply f to pre-activations (..., units) in float64."""
        if self.kind == "relu":
            return np.asarray(np.maximum(z, 0.0))
        if self.kind == "abs":
            return np.asarray(np.abs(z))
        if self.kind == "linear":
            return z
        piece = np.searchsorted(self.breakpoints, z)
        return np.asarray(self.slopes[piece] * z + self.intercepts[piece])

    @cached_property
    def intercepts(self) -> FloatArray:
        """``f(z) = slopes[s] z + intercepts[s]`` on piece s, in float64; shape (m + 1,)."""
        t, slopes = self.breakpoints.tolist(), self.slopes.tolist()
        values = [0.0] * len(slopes)
        origin = sum(v < 0 for v in t)  # a piece whose closure contains 0
        for s in range(origin, len(t)):
            values[s + 1] = values[s] + (slopes[s] * t[s] - slopes[s + 1] * t[s])
        for s in range(origin, 0, -1):
            values[s - 1] = values[s] + (slopes[s] * t[s - 1] - slopes[s - 1] * t[s - 1])
        return np.array(values)


@dataclass(frozen=True, eq=False)
class MaxoutLayer:
    """Each unit is the largest of its affine pieces; units may differ in rank. See :func:`maxout`."""

    weight: FloatArray  # (pieces, in): the pieces of unit 0, then those of unit 1, ...
    bias: FloatArray  # (pieces,)
    ranks: IntArray  # (units,) number of pieces of each unit

    kind = "maxout"

    @property
    def n_inputs(self) -> int:
        """Width of the layer below."""
        return int(self.weight.shape[1])

    @property
    def n_units(self) -> int:
        """Number of units, which is the width of the layer."""
        return int(self.ranks.size)

    @property
    def n_states(self) -> IntArray:
        """Number of states of each unit, shape (units,)."""
        return self.ranks

    @property
    def offsets(self) -> IntArray:
        """First piece of each unit, and the number of pieces at the end; shape (units + 1,)."""
        return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(self.ranks)])

    def activate(self, z: FloatArray) -> FloatArray:
        """Take the largest piece of each unit: (..., pieces) to (..., units)."""
        return np.asarray(np.maximum.reduceat(z, self.offsets[:-1], axis=-1))


Layer = ScalarLayer | MaxoutLayer


def preactivation(layer: Layer, y: FloatArray) -> FloatArray:
    """Return ``W y + b`` in float64 for inputs of shape (..., in); (..., units) or (..., pieces)."""
    return np.asarray(y @ layer.weight.T + layer.bias)


def _scalar(kind: str, weight: ArrayLike, bias: ArrayLike, breakpoints: Any, slopes: Any) -> ScalarLayer:
    W = float_array(f"{kind} weight", weight, 2)
    b = float_array(f"{kind} bias", bias, 1)
    if W.shape[0] == 0 or W.shape[1] == 0:
        raise InvalidNetworkError(
            f"{kind} weight: a layer needs at least one unit and one input, got shape {W.shape}"
        )
    if b.shape[0] != W.shape[0]:
        raise InvalidNetworkError(
            f"{kind}: weight has shape {W.shape} but bias has {b.size} entries; "
            "weight is (out, in), bias is (out,)"
        )
    t = float_array(f"{kind} breakpoints", breakpoints, 1)
    s = float_array(f"{kind} slopes", slopes, 1)
    if s.size != t.size + 1:
        raise InvalidNetworkError(f"{kind}: {t.size} breakpoints need {t.size + 1} slopes, got {s.size}")
    if s.size > MAX_STATES:
        raise InvalidNetworkError(f"{kind}: {s.size} slopes; at most {MAX_STATES} are supported")
    if t.size == 0 and kind != "linear":
        raise InvalidNetworkError(f"{kind}: at least one breakpoint is needed; without, it is a linear layer")
    if not (t[1:] > t[:-1]).all():
        raise InvalidNetworkError(f"{kind}: breakpoints must increase strictly, got {t.tolist()}")
    return ScalarLayer(kind, W, b, t, s)


def relu(weight: ArrayLike, bias: ArrayLike) -> ScalarLayer:
    """ReLU layer ``max(W y + b, 0)``; state 1 where the pre-activation is positive, else 0."""
    return _scalar("relu", weight, bias, [0.0], [0.0, 1.0])


def leaky_relu(weight: ArrayLike, bias: ArrayLike, slope: float) -> ScalarLayer:
    """Leaky ReLU: slope ``slope`` (any finite number) below zero, 1 above."""
    return _scalar("leaky_relu", weight, bias, [0.0], [slope, 1.0])


def absolute(weight: ArrayLike, bias: ArrayLike) -> ScalarLayer:
    """Absolute-value layer ``|W y + b|``."""
    return _scalar("abs", weight, bias, [0.0], [-1.0, 1.0])


def hard_tanh(weight: ArrayLike, bias: ArrayLike) -> ScalarLayer:
    """Hard tanh ``min(max(W y + b, -1), 1)``, three states."""
    return _scalar("hard_tanh", weight, bias, [-1.0, 1.0], [0.0, 1.0, 0.0])


def piecewise(
    weight: ArrayLike, bias: ArrayLike, breakpoints: Sequence[float], slopes: Sequence[float]
) -> ScalarLayer:
    """General continuous piecewise-linear activation with ``f(0) = 0``.

    ``slopes[s]`` holds between ``breakpoints[s - 1]`` and ``breakpoints[s]``. ReLU6 is
    ``breakpoints=[0, 6], slopes=[0, 1, 0]``. A value other than 0 at the origin belongs into the
    bias of the next layer.
    """
    return _scalar("piecewise", weight, bias, breakpoints, slopes)


def linear(weight: ArrayLike, bias: ArrayLike) -> ScalarLayer:
    """Affine map without units: the read-out, or a linear layer between others. It has no states."""
    return _scalar("linear", weight, bias, [], [1.0])


def maxout(weight: Sequence[ArrayLike] | ArrayLike, bias: Sequence[ArrayLike] | ArrayLike) -> MaxoutLayer:
    """Maxout layer; ``weight[unit][piece][input]`` and ``bias[unit][piece]``.

    The units of one layer may differ in rank (their number of pieces).
    """
    try:
        weights: list[Any] = list(weight)  # type: ignore[arg-type]
        biases: list[Any] = list(bias)  # type: ignore[arg-type]
    except TypeError as error:
        raise InvalidNetworkError("maxout: weight is [unit][piece][input], bias is [unit][piece]") from error
    if not weights or len(weights) != len(biases):
        raise InvalidNetworkError(
            f"maxout: {len(weights)} units in weight and {len(biases)} in bias; need as many, at least 1"
        )
    ws = [float_array(f"maxout weight[{u}]", w, 2) for u, w in enumerate(weights)]
    bs = [float_array(f"maxout bias[{u}]", b, 1) for u, b in enumerate(biases)]
    for u, (w, b) in enumerate(zip(ws, bs, strict=True)):
        if w.shape[0] == 0 or w.shape[0] != b.shape[0]:
            raise InvalidNetworkError(
                f"maxout unit {u}: weight has {w.shape[0]} pieces and bias has {b.shape[0]}; "
                "need the same number, at least 1"
            )
        if w.shape[0] > MAX_STATES:
            raise InvalidNetworkError(
                f"maxout unit {u}: rank {w.shape[0]}; at most {MAX_STATES} is supported"
            )
        if w.shape[1] != ws[0].shape[1] or w.shape[1] == 0:
            raise InvalidNetworkError(
                f"maxout unit {u}: pieces have {w.shape[1]} inputs, those of unit 0 have {ws[0].shape[1]}"
            )
    ranks = np.array([w.shape[0] for w in ws], dtype=np.int64)
    W, c = np.concatenate(ws), np.concatenate(bs)
    for array in (W, c, ranks):
        array.flags.writeable = False
    return MaxoutLayer(W, c, ranks)


#: Activations by name, for those that need no further parameter.
PLAIN = {"relu": relu, "abs": absolute, "hard_tanh": hard_tanh, "linear": linear}

#: Every layer type by its name in files.
LAYER_TYPES = (*PLAIN, "leaky_relu", "piecewise", "maxout")


def make_layer(kind: str, weight: Any, bias: Any, /, **parameters: Any) -> Layer:
    """Build a layer from its type's name and parameters, as they stand in a file.

    Raises
    ------
    UnsupportedLayerError
        If the name is unknown.
    InvalidNetworkError
        If parameters are missing, superfluous or have bad values.
    """
    if not isinstance(kind, str) or kind not in LAYER_TYPES:
        raise UnsupportedLayerError(
            f"layer type {short_repr(kind)} is not supported; known: {', '.join(LAYER_TYPES)}"
        )
    required = {"leaky_relu": {"slope"}, "piecewise": {"breakpoints", "slopes"}}.get(kind, set())
    if set(parameters) != required:
        missing = sorted(required - set(parameters))
        extra = [short_repr(name) for name in sorted(set(parameters) - required)]
        parts = [f"missing {', '.join(missing)}"] * bool(missing) + [f"unknown {', '.join(extra)}"] * bool(
            extra
        )
        raise InvalidNetworkError(f"{kind} layer: {'; '.join(parts)}")
    if kind == "maxout":
        return maxout(weight, bias)
    if kind == "piecewise":
        return piecewise(weight, bias, **parameters)
    if kind == "leaky_relu":
        slope = float_array("leaky_relu slope", parameters["slope"], 0)
        return leaky_relu(weight, bias, float(slope))
    return PLAIN[kind](weight, bias)
