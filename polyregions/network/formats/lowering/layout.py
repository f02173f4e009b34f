"""Units of a program laid out in layers; what a later layer reads is carried there by linear outputs.

Each unit stands in the layer of its level, above all that it reads. Units that the output does not depend on
are left out, unless they belong to the network by definition: those of a plain stack of layers, or of a
network that was laid out before. Layer l holds the units of level l, kind after kind, and then what was made
below and is read above.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from ....base.arrays import BoolArray, FloatArray, IntArray
from ....errors import InvalidNetworkError
from ...kinds import make_layer
from ...layers import Layer, linear, mixed, stacked_maxout
from .forms import Forms
from .program import Block, Program

#: Below so many numbers, a weight with zeros is as well off as an array.
SMALL = 2**12


def layers_of(output: Forms, every_unit: bool = False) -> list[Layer]:
    """The layers of a network with this output, all entries in one row.

    Parameters
    ----------
    output : Forms
    every_unit : bool
        Keep the units that the output does not depend on, too.

    Raises
    ------
    InvalidNetworkError
        If the output does not depend on the inputs, and units are left out for that.
    """
    program = output.program
    if output.is_constant and not every_unit:
        raise InvalidNetworkError("the output does not depend on the input")
    uses = [UsedBlock(block) for block in program.blocks]
    last = _last_readers(program, uses, output, every_unit)
    place = np.full(program.size, -1, dtype=np.int64)
    place[: program.n_inputs] = np.arange(program.n_inputs)
    width, layers = program.n_inputs, []
    by_level = _by_level(uses)
    for level in range(1, int(last.max(initial=0)) + 1):
        parts, made = [], []
        for use, units in by_level.get(level, []):
            parts.append(use.part(units, place, width))
            made.append(use.block.first + units)
        carried = np.flatnonzero((place >= 0) & (last >= level))
        if carried.size:
            picked = csr_array(
                (np.ones(carried.size), place[carried], np.arange(carried.size + 1)),
                shape=(carried.size, width),
            )
            parts.append(LayerPart("linear", picked, np.zeros(carried.size), {}))
            made.append(carried)
        layers.append(_layer(parts))
        place[:] = -1
        place[np.concatenate(made)] = np.arange(sum(units.size for units in made))
        width = layers[-1].n_outputs
    final = _moved(output.wide(), place, width)
    if final.shape[0] == width and not output.bias.any() and _is_identity(final) and layers:
        return layers
    return [*layers, linear(_stored(final), output.bias)]


class UsedBlock:
    """A block, and which of its units the output needs."""

    def __init__(self, block: Block) -> None:
        self.block = block
        self.starts = np.cumsum(block.ranks) - block.ranks
        self.needed: BoolArray = np.zeros(block.size, dtype=np.bool_)

    def rows(self, units: IntArray) -> IntArray:
        """The rows of some units, one unit after the other."""
        ranks = self.block.ranks[units]
        within = np.arange(int(ranks.sum())) - np.repeat(np.cumsum(ranks) - ranks, ranks)
        return np.asarray(np.repeat(self.starts[units], ranks) + within)

    def part(self, units: IntArray, place: IntArray, width: int) -> LayerPart:
        """Some units of one layer."""
        block, rows = self.block, self.rows(units)
        extra: dict[str, Any] = {}
        if block.kind == "maxout":
            extra = {"ranks": block.ranks[units]}
        elif block.kind == "leaky_relu":
            extra = {"slope": block.slopes[units, 0]}
        elif block.kind == "piecewise":
            extra = {"breakpoints": block.breakpoints[units], "slopes": block.slopes[units]}
        return LayerPart(block.kind, _moved(block.rows[rows], place, width), block.bias[rows], extra)


class LayerPart:
    """Units of one kind with their rows over the layer below."""

    def __init__(self, kind: str, rows: csr_array, bias: FloatArray, extra: dict[str, Any]) -> None:
        self.kind, self.rows, self.bias, self.extra = kind, rows, bias, extra

    @property
    def key(self) -> tuple[Any, ...]:
        """Parts of one key can be one part."""
        return (self.kind, *(value.shape[1:] for value in self.extra.values()))


def _last_readers(program: Program, uses: Sequence[UsedBlock], output: Forms, every_unit: bool) -> IntArray:
    """The highest layer whose outputs must hold each input or unit; -1 for what nothing needs."""
    last = np.full(program.size, -1, dtype=np.int64)
    if every_unit:
        last[program.n_inputs :] = program.levels[program.n_inputs :]
    top = max(int(program.levels[output.rows.indices].max(initial=0)), int(last.max(initial=0)))
    last[output.rows.indices] = top
    for use in reversed(uses):
        block = use.block
        use.needed = last[block.first : block.first + block.size] >= 0
        units = np.flatnonzero(use.needed)
        rows = use.rows(units)
        reader = np.repeat(
            np.repeat(block.level[units], block.ranks[units]), np.diff(block.rows.indptr)[rows]
        )
        np.maximum.at(last, block.rows[rows].indices, reader - 1)
    return last


def _by_level(uses: Sequence[UsedBlock]) -> dict[int, list[tuple[UsedBlock, IntArray]]]:
    """The needed units of each layer, block after block."""
    found: dict[int, list[tuple[UsedBlock, IntArray]]] = {}
    for use in uses:
        for level in np.unique(use.block.level[use.needed]).tolist():
            units = np.flatnonzero(use.needed & (use.block.level == level))
            found.setdefault(level, []).append((use, units))
    return found


def _moved(rows: csr_array, place: IntArray, width: int) -> csr_array:
    """Rows over the basis as rows over the outputs of a layer."""
    moved = csr_array((rows.data, place[rows.indices], rows.indptr), shape=(rows.shape[0], width))
    moved.sort_indices()
    return moved


def _layer(parts: Sequence[LayerPart]) -> Layer:
    """One layer of some parts; neighbours of one kind are one part."""
    own = []
    for key, group in groupby(parts, key=lambda part: part.key):
        same = list(group)
        weight = _stored(csr_array(vstack([part.rows for part in same], format="csr")))
        bias = np.concatenate([part.bias for part in same])
        extra = {name: np.concatenate([part.extra[name] for part in same]) for name in same[0].extra}
        if key[0] == "maxout":
            own.append(stacked_maxout(weight, bias, extra["ranks"]))
        else:
            own.append(make_layer(key[0], weight, bias, **extra))
    return own[0] if len(own) == 1 else mixed(own)


def _stored(weight: csr_array) -> Any:
    """A weight as an array, unless it is large and most of it is zero."""
    size = weight.shape[0] * weight.shape[1]
    return weight if size > SMALL and weight.nnz * 4 < size else weight.toarray()


def _is_identity(matrix: csr_array) -> bool:
    n = matrix.shape[0]
    return bool(
        matrix.nnz == n
        and (matrix.data == 1.0).all()
        and (matrix.indices == np.arange(n)).all()
        and (np.diff(matrix.indptr) == 1).all()
    )
