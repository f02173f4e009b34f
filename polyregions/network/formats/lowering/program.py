"""Units over the inputs and earlier units, in the order in which a forward pass makes them.

The *basis* of a program is the inputs, numbered first, and the outputs of all units, numbered as they are
made. A block is units of one kind: rows over the basis so far, each followed by nothing ("linear"), by its
own continuous piecewise-linear function with f(0) = 0, or they are groups of rows of which the largest counts
("maxout").
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from ....base.arrays import FloatArray, IntArray
from ....base.memory import available_memory
from ....errors import TooLargeError, counted

#: The most inputs and units of a program: beyond, no engine could do anything with it.
MOST = 2**22
#: The most entries of an array on the way, and weights of a layer.
MOST_ENTRIES = 2**26
#: Bytes that rows take for each weight while they are made; and weights that fit into memory anyway.
BYTES, FEW = 128, 2**16


@dataclass(frozen=True, eq=False)
class Block:
    """Units of one kind.

    Attributes
    ----------
    kind : str
        As in :class:`polyregions.network.pieces.Part`.
    rows : sparse float64 (rows, basis), bias : float64 (rows,)
    ranks : int64 (units,)
        Rows of each unit; 1 if it is no maxout unit.
    breakpoints : float64 (units, m), slopes : float64 (units, m + 1)
        With m = 0 for linear and maxout units.
    first : int
        Number of the first unit in the basis.
    level : int64 (units,)
        The layer of each unit: one above the highest of what it reads.
    """

    kind: str
    rows: csr_array
    bias: FloatArray
    ranks: IntArray
    breakpoints: FloatArray
    slopes: FloatArray
    first: int
    level: IntArray

    @property
    def size(self) -> int:
        """Number of units."""
        return int(self.ranks.size)


@dataclass(eq=False)
class Program:
    """The units of one network, as far as they were made.

    Attributes
    ----------
    n_inputs : int
    blocks : list of Block
    operators : Counter
        How often each operator of the framework was met, by its name there.
    rounded : Counter
        How many numbers had to be rounded (once each), by what they are.
    stripped : list of str
        Last operators that were left out because the caller said so.
    """

    n_inputs: int
    blocks: list[Block] = field(default_factory=list)
    operators: Counter[str] = field(default_factory=Counter)
    rounded: Counter[str] = field(default_factory=Counter)
    stripped: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._check_size(0)
        self.levels = np.zeros(self.n_inputs, dtype=np.int64)

    @property
    def size(self) -> int:
        """Number of inputs and units."""
        return int(self.levels.size)

    def append(
        self,
        kind: str,
        rows: csr_array,
        bias: FloatArray,
        ranks: IntArray | None = None,
        breakpoints: FloatArray | None = None,
        slopes: FloatArray | None = None,
        above: int = 0,
    ) -> int:
        """Append a block; return the number of its first unit. One row each where no ranks are given.

        Its units stand above what they read, and above the layer ``above`` in any case.
        """
        ranks = np.ones(rows.shape[0], dtype=np.int64) if ranks is None else ranks
        self._check_size(ranks.size)
        level = np.full(rows.shape[0], above, dtype=np.int64)
        np.maximum.at(
            level, np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr)), self.levels[rows.indices]
        )
        if ranks.size:
            level = np.maximum.reduceat(level, np.cumsum(ranks) - ranks) + 1
        none, one = np.empty((ranks.size, 0)), np.ones((ranks.size, 1))
        t, s = (none, one) if breakpoints is None or slopes is None else (breakpoints, slopes)
        first = self.size
        self.blocks.append(Block(kind, rows, bias, ranks, t, s, first, level))
        self.levels = np.concatenate([self.levels, level])
        return first

    def _check_size(self, more: int) -> None:
        size = more + (self.size if more else self.n_inputs)
        if size > MOST:
            raise TooLargeError(
                f"the network has {counted(size, 'input')} and units or more; at most {MOST:,} are supported"
            )


def check_entries(entries: int) -> None:
    """Refuse arrays that are too large, before they are made."""
    if entries > MOST_ENTRIES:
        raise TooLargeError(
            f"an array of {counted(entries, 'entry', 'entries')} on the way; "
            f"at most {MOST_ENTRIES:,} are supported"
        )
    if entries > FEW and entries * BYTES > available_memory():
        raise TooLargeError(
            f"an array of {counted(entries, 'entry', 'entries')} on the way takes up to "
            f"{entries * BYTES / 2**30:.1f} GiB; {available_memory() / 2**30:.1f} GiB are left"
        )
