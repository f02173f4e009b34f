"""Units whose border is that of an earlier unit: where that one changes its state, so do they.

A number that is handed on by a pair relu(z), relu(-z) makes two units of one hyperplane. Decided one by one
they would be two rows of each cell that no rounding tells apart, and every facet would need exact arithmetic.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.arrays import StateArray
from ...base.kernels import BoolVector, Int64Vector
from ...network.network import Network
from ...network.same_borders import SameBorders


class Followers(NamedTuple):
    """Those of unit u are ``units[first[u]:first[u + 1]]``; all have two states.

    Attributes
    ----------
    first : int64 (units + 1,)
    units : int64 (followers,)
    opposite : bool (followers,)
        Whether each is on where its unit is off, but for where both are zero.
    """

    first: Int64Vector
    units: Int64Vector
    opposite: BoolVector

    @classmethod
    def find(cls, same: SameBorders) -> Followers:
        """From the first unit with the same border as each.

        Examples
        --------
        >>> followers = Followers.find(SameBorders(np.array([0, 1, 0]), np.array([False, False, True])))
        >>> followers.of(0), followers.of(1)
        ([2], [])
        """
        leader = same.first
        units = np.flatnonzero(leader != np.arange(leader.size))
        units = units[np.argsort(leader[units], kind="stable")]
        counts = np.bincount(leader[units], minlength=leader.size)
        return cls(
            np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)]), units, same.opposite[units]
        )

    def contradicted_by(self, states: StateArray, network: Network) -> bool:
        """Whether a follower is in a state of a pattern (n, units) that its unit's state forbids.

        Both are off where the unit's row is identically zero, and only there.
        """
        leader = np.repeat(np.arange(self.first.size - 1), np.diff(self.first))
        same = states[:, leader] == states[:, self.units]
        region, which = np.nonzero(same == self.opposite)
        for i, k in zip(region.tolist(), which.tolist(), strict=True):
            unit = int(leader[k])
            both_off = self.opposite[k] and states[i, unit] == 0
            if not both_off or any(v != 0 for row in network.exact.unit_rows(states[i], unit) for v in row):
                return True
        return False

    def of(self, unit: int) -> list[int]:
        """The followers of a unit."""
        return [int(u) for u in self.units[self.first[unit] : self.first[unit + 1]]]
