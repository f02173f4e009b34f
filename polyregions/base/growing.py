"""Arrays that grow at their end, and can be handed out without a copy."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

S = TypeVar("S", bound=np.generic)


class GrowingArray(Generic[S]):
    """An array with room for more rows: what is never written takes no memory.

    Attributes
    ----------
    rows : array (capacity, ...)
        Whoever fills them keeps count.

    Examples
    --------
    >>> numbers = GrowingArray(np.int64)
    >>> numbers.reserve(3)
    >>> numbers.rows[:3] = 5, 6, 7
    >>> numbers.reserve(10**6)
    >>> numbers.rows[:3].tolist()
    [5, 6, 7]
    """

    def __init__(self, dtype: type[S], width: int | None = None, capacity: int = 1024) -> None:
        shape = (capacity,) if width is None else (capacity, width)
        self.rows: NDArray[S] = np.empty(shape, dtype=dtype)

    def growth(self, need: int) -> int:
        """Bytes that :meth:`reserve` would take."""
        return 0 if need <= len(self.rows) else self._room(need) * self.rows[:1].nbytes

    def reserve(self, need: int) -> None:
        """Make room for so many rows. If there is no memory for them, all stays as it was."""
        if need > len(self.rows):
            grown: NDArray[Any] = np.empty((self._room(need), *self.rows.shape[1:]), dtype=self.rows.dtype)
            grown[: len(self.rows)] = self.rows
            self.rows = grown

    def _room(self, need: int) -> int:
        return max(need, 2 * len(self.rows))
