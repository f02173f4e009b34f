"""Names for the arrays that are handed around."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
#: Activation patterns: one row a region or a point, one column a unit.
StateArray = NDArray[np.uint8]


class Bounded(NamedTuple):
    """Numbers, and how far each may be from the true one.

    Attributes
    ----------
    values : float64 (n,)
        Infinite only where the true value is beyond the range of float64.
    errors : float64 (n,)
        Proven bounds of ``|values - true values|``.
    """

    values: FloatArray
    errors: FloatArray
