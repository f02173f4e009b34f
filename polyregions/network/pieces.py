"""The pieces of a layer's units: one table, made once and exactly, that everything else reads.

A unit is continuous and piecewise linear in the layer's rows ``z = W y + b``. In state s it is
``slope z_row + constant``: a scalar unit has one row and a slope for each of its states, a maxout unit a row
for each. Entry ``first[u] + s`` of the table is that of output u in state s.

Two states of a unit meet in a *border*: ``z_row = level`` between a scalar unit's states j and j + 1, listed
as ``thresholds``; ``z_row = z_other`` between any two pieces of a maxout unit, too many to list.

An output whose pieces are all the same map is no unit: it has one entry and no state. A linear layer has none
but such outputs; beside units they carry a value to a later layer, and are called *pass-through*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

import numpy as np

from ..base.arrays import BoolArray, FloatArray, IntArray, StateArray
from ..base.rationals import common_integers, round_nonzero


@dataclass(frozen=True, eq=False)
class Part:
    """Units of one kind that stand next to each other in a layer.

    Attributes
    ----------
    kind : str
        The name in files: "relu", "leaky_relu", "abs", "hard_tanh", "piecewise", "linear", "maxout".
    ranks : int64 (units,)
        How many rows each unit has: its pieces, if it is a maxout unit; else 1.
    breakpoints : float64 (units, m), slopes : float64 (units, m + 1)
        Of each unit's own activation; m = 0 for linear and maxout units.
    """

    kind: str
    ranks: IntArray
    breakpoints: FloatArray
    slopes: FloatArray


class WholeNumbers(NamedTuple):
    """Slopes and constants (entries,) and levels of the thresholds (borders,), all times ``scale``."""

    slopes: list[int]
    constants: list[int]
    levels: list[int]
    scale: int


class Borders(NamedTuple):
    """Borders between a scalar unit's states: ``z_row - level``, positive on the side of ``above``.

    Attributes
    ----------
    entry : int64 (borders,)
        Of the state below.
    output : int64 (borders,)
    below, above : int64 (borders,)
        States.
    row : int64 (borders,)
    level : float64 (borders,)
    """

    entry: IntArray
    output: IntArray
    below: IntArray
    above: IntArray
    row: IntArray
    level: FloatArray


@dataclass(frozen=True, eq=False)
class Pieces:
    """The table of one layer.

    Attributes
    ----------
    first : int64 (outputs + 1,)
        Where the entries of each output start.
    row : int64 (entries,)
    slope : float64 (entries,)
    constants : tuple of Fraction (entries,)
    levels : float64 (entries,)
        The breakpoint above each state of a scalar unit; infinite for its last state and for maxout pieces.
    """

    first: IntArray
    row: IntArray
    slope: FloatArray
    constants: tuple[Fraction, ...]
    levels: FloatArray

    @cached_property
    def n_states(self) -> IntArray:
        """Number of states of each output; 1 for those that are no units. int64 (outputs,)."""
        return np.diff(self.first)

    @cached_property
    def units(self) -> IntArray:
        """The outputs that are units, ascending; the columns of a pattern. int64 (units,)."""
        return np.flatnonzero(self.n_states > 1)

    @cached_property
    def column(self) -> IntArray:
        """Column of each output in the layer's states, -1 if it is no unit; int64 (outputs,)."""
        column = np.full(self.n_states.size, -1, dtype=np.int64)
        column[self.units] = np.arange(self.units.size)
        return column

    @cached_property
    def is_max(self) -> BoolArray:
        """Whether each output is a maxout unit; bool (outputs,)."""
        second = np.minimum(self.first[:-1] + 1, len(self.row) - 1)
        return np.asarray((self.n_states > 1) & (self.row[self.first[:-1]] != self.row[second]))

    @cached_property
    def constant(self) -> FloatArray:
        """The constants, rounded once and 0 only if they are; float64 (entries,)."""
        return np.array([round_nonzero(c) if c else 0.0 for c in self.constants])

    @cached_property
    def steepest(self) -> FloatArray:
        """The largest |slope| of each output: its Lipschitz constant; float64 (outputs,)."""
        return np.maximum.reduceat(np.abs(self.slope), self.first[:-1])

    @cached_property
    def farthest(self) -> FloatArray:
        """The largest |constant| of each output, rounded once; float64 (outputs,)."""
        return np.maximum.reduceat(np.abs(self.constant), self.first[:-1])

    @cached_property
    def constants_are_floats(self) -> bool:
        """Whether no constant was rounded."""
        rounded = zip(self.constant.tolist(), self.constants, strict=True)
        return all(abs(v) < np.inf and Fraction(v) == c for v, c in rounded)

    @cached_property
    def whole(self) -> WholeNumbers:
        """The exact numbers, times the least power of two that makes them whole."""
        (slopes, constants, levels), scale = common_integers(
            self.slope.tolist(), self.constants, self.thresholds.level.tolist()
        )
        return WholeNumbers(slopes, constants, levels, scale)

    @cached_property
    def rounds(self) -> bool:
        """Whether computing outputs from rows rounds: slopes other than -1, 0, 1, or constants."""
        return bool((np.abs(self.slope) > 1.0).any() or (self.slope % 1.0).any() or self.constant.any())

    def entries(self, states: StateArray | IntArray) -> IntArray:
        """Entry of each output under states (n, units); int64 (n, outputs)."""
        entries = np.repeat(self.first[None, :-1], len(states), axis=0)
        entries[:, self.units] += states
        return entries

    @cached_property
    def thresholds(self) -> Borders:
        """The borders of the scalar units, by output and state."""
        entry = np.flatnonzero(np.isfinite(self.levels))
        output = np.searchsorted(self.first, entry, side="right") - 1
        state = entry - self.first[output]
        return Borders(entry, output, state, state + 1, self.row[entry], self.levels[entry])


def as_slice(columns: IntArray) -> IntArray | slice:
    """The same columns as a slice, which copies nothing, if they are 0, 1, 2, ... in order."""
    n = columns.size
    if n and columns[0] == 0 and columns[-1] == n - 1 and bool((np.diff(columns) == 1).all()):
        return slice(0, n)
    return columns


def make_pieces(parts: Sequence[Part], same: BoolArray) -> Pieces:
    """Make the table of the units of some parts, one part after the other.

    Parameters
    ----------
    parts : sequence of Part
    same : bool (units,)
        Whether all rows of a unit are the same form.
    """
    known: dict[tuple[tuple[float, ...], tuple[float, ...]], list[Fraction]] = {}
    counts: list[IntArray] = []
    slopes: list[FloatArray] = []
    levels: list[FloatArray] = []
    constants: list[Fraction] = []
    row_starts: list[IntArray] = []
    unit = row = 0
    for part in parts:
        n, m = part.breakpoints.shape
        starts = row + np.cumsum(part.ranks) - part.ranks
        if part.kind == "maxout":
            states = np.where(same[unit : unit + n], 1, part.ranks)
            total = int(states.sum())
            slopes.append(np.ones(total))
            levels.append(np.full(total, np.inf))
            constants += [Fraction(0)] * total
            within = np.arange(total) - np.repeat(np.cumsum(states) - states, states)
            row_starts.append(np.repeat(starts, states) + within)
        else:
            bends = (part.slopes != part.slopes[:, :1]).any(axis=1)
            states = np.where(bends, m + 1, 1)
            kept = bends[:, None] | (np.arange(m + 1) == 0)
            slopes.append(part.slopes[kept])
            ends = np.concatenate([part.breakpoints, np.full((n, 1), np.inf)], axis=1)
            levels.append(np.where(bends[:, None], ends, np.inf)[kept])
            units = zip(part.breakpoints.tolist(), part.slopes.tolist(), strict=True)
            for key in ((tuple(t), tuple(s)) for t, s in units):
                if key not in known:
                    own = constants_of(*key)
                    known[key] = own if len(set(key[1])) > 1 else own[:1]
                constants += known[key]
            row_starts.append(np.repeat(starts, states))
        counts.append(states)
        unit, row = unit + n, row + int(part.ranks.sum())
    first = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype(np.int64)
    return Pieces(
        first, np.concatenate(row_starts), np.concatenate(slopes), tuple(constants), np.concatenate(levels)
    )


def constants_of(breakpoints: Sequence[float], slopes: Sequence[float]) -> list[Fraction]:
    """Return c_s with ``f(z) = slopes[s] z + c_s`` on piece s; f is continuous and f(0) = 0.

    Examples
    --------
    >>> [str(c) for c in constants_of([-1.0, 1.0], [0.0, 1.0, 0.0])]     # hard tanh
    ['-1', '0', '1']
    """
    t, s = [Fraction(v) for v in breakpoints], [Fraction(v) for v in slopes]
    c = [Fraction(0)] * len(s)
    origin = sum(v < 0 for v in t)  # a piece whose closure contains 0
    for k in range(origin, len(t)):
        c[k + 1] = c[k] + (s[k] - s[k + 1]) * t[k]
    for k in range(origin, 0, -1):
        c[k - 1] = c[k] + (s[k] - s[k - 1]) * t[k - 1]
    return c
