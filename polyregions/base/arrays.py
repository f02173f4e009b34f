"""Names for the arrays that are handed around, and whether float64 holds their integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
#: Activation patterns: one row a region or a point, one column a unit.
StateArray = NDArray[np.uint8]


def keeps_integers(raw: NDArray[Any], array: FloatArray) -> bool:
    """Whether the integers of an array are the same in float64, which holds all up to 2^53."""
    if raw.dtype.kind not in "iu" or not (np.abs(array) >= 2.0**53).any():
        return True
    return bool((array.astype(object) == raw.astype(object)).all())
