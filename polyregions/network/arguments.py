"""Points and patterns as they are handed in, or a clear word why they cannot be used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import FloatArray, StateArray
from ..errors import InvalidInputError
from .layers import Layer
from .numbers import real_array


def pattern_of(states: ArrayLike, hidden: Sequence[Layer]) -> StateArray:
    """Return one pattern of the units of some layers as uint8 (units,), or raise InvalidInputError."""
    try:
        pattern = np.asarray(states)
    except ValueError as error:
        raise InvalidInputError("a pattern is a list of integer states, one for each unit") from error
    top = np.concatenate([layer.n_states for layer in hidden]) if hidden else np.zeros(0, dtype=np.int64)
    if pattern.shape != top.shape or (top.size and pattern.dtype.kind not in "iu"):
        raise InvalidInputError(
            f"a pattern of this network has {top.size} integer states, got shape {pattern.shape}, "
            f"dtype {pattern.dtype}"
        )
    bad = np.flatnonzero((pattern < 0) | (pattern >= top))
    if bad.size:
        u = int(bad[0])
        raise InvalidInputError(f"unit {u} has states 0..{int(top[u]) - 1}, got {int(pattern[u])}")
    return pattern.astype(np.uint8)


def points_of(x: ArrayLike, inputs: int) -> tuple[FloatArray, bool]:
    """Return points as float64 (n, inputs), and whether one alone was given, or raise InvalidInputError."""
    points = real_array("points", x, InvalidInputError)
    single = points.ndim == 1
    points = np.atleast_2d(points)
    if points.ndim != 2 or points.shape[1] != inputs or not np.isfinite(points).all():
        raise InvalidInputError(
            f"points must be finite, of shape (n, {inputs}) or ({inputs},), got {np.shape(x)}"
        )
    return points, single
