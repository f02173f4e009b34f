"""Names for the arrays that are handed around, for annotations alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
#: Activation patterns: one row a region or a point, one column a unit.
StateArray = NDArray[np.uint8]
