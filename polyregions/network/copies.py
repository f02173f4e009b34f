"""Rows and outputs that are the same function of the network's inputs, since they read the same.

Windows that see the same background, two networks side by side that share layers: real networks are full of
copies. Their hyperplanes are one, and of equal pieces of a maximum only the first is ever needed; but float64
cannot tell two copies apart from two units that nearly agree.

From the first layer up, what is equal gets one number. Two rows are equal if they have the same bias and the
same weights on inputs of the same number, two outputs if their rows and their functions are. What is known
to be zero counts as not read. (Rows may be equal for other reasons, which are not seen.)
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray, IntArray
from .layers import Layer
from .network import Network
from .numbers import is_sparse

#: The number of what is zero everywhere.
ZERO = -1


class Copies(NamedTuple):
    """Numbers of a layer's rows (rows,) and outputs (outputs,): those of equal ones are the same; int64."""

    rows: IntArray
    outputs: IntArray


def find_copies(network: Network) -> list[Copies]:
    """Number the rows and outputs of each layer; what was found is kept with the network.

    Examples
    --------
    >>> net = Network.from_arrays([([[1.0], [2.0], [1.0]], [0, 0, 0]), ([[3, 1, 0], [0, 1, 3]], [0, 0])])
    >>> [(copies.rows.tolist(), copies.outputs.tolist()) for copies in find_copies(net)]
    [([0, 1, 0], [0, 1, 0]), ([0, 0], [0, 0])]
    """
    kept: list[Copies] | None = vars(network).get("_copies")
    if kept is None:
        kept = vars(network)["_copies"] = _find_copies(network)
    return kept


def _find_copies(network: Network) -> list[Copies]:
    inputs = np.arange(network.input_dim)
    found = []
    for layer in network.layers:
        rows, constant = _rows(layer, inputs)
        inputs = _outputs(layer, rows, constant)
        found.append(Copies(rows, inputs))
    return found


def all_differ(numbers: IntArray) -> bool:
    """Whether no two of such numbers are the same, and none is zero everywhere."""
    return bool((numbers == np.arange(numbers.size)).all())


def _rows(layer: Layer, inputs: IntArray) -> tuple[IntArray, dict[int, float]]:
    """Numbers of the rows, and of those that read nothing the value."""
    bias = layer.bias + 0.0
    seen: dict[bytes, int] = {}
    numbers, constant = np.empty(layer.n_rows, dtype=np.int64), {}
    for r, (columns, values) in enumerate(row_entries(layer, inputs)):
        if not values.any():
            constant[r] = float(bias[r])
        key = columns.tobytes() + values.tobytes() + bias[r].tobytes()
        numbers[r] = ZERO if constant.get(r) == 0.0 else seen.setdefault(key, r)
    return numbers, constant


def row_entries(layer: Layer, inputs: IntArray) -> Iterator[tuple[IntArray, FloatArray]]:
    """Numbers of the inputs that each row reads, in order, and its weights; without numbers, all weights."""
    weight, plain = layer.weight, all_differ(inputs)
    if is_sparse(weight):
        weight = weight.sorted_indices()
        columns = weight.indices.astype(np.int64)
        rows = ((columns[a:b], weight.data[a:b]) for a, b in pairwise(weight.indptr.tolist()))
    elif plain:
        rows = ((np.empty(0, dtype=np.int64), row + 0.0) for row in weight)
    else:
        rows = ((np.flatnonzero(row), row[row != 0.0]) for row in weight)
    return rows if plain else (in_order(inputs[columns], values) for columns, values in rows)


def in_order(columns: IntArray, values: FloatArray) -> tuple[IntArray, FloatArray]:
    """Entries that are not zero, by number and value."""
    columns, values = columns[columns != ZERO], values[columns != ZERO]
    order = np.lexsort((values, columns))
    return columns[order], values[order]


def _outputs(layer: Layer, rows: IntArray, constant: dict[int, float]) -> IntArray:
    """Numbers of the outputs from those of the rows."""
    if not constant and all_differ(rows):
        return np.arange(layer.n_outputs)
    seen: dict[bytes, int] = {}
    numbers, output = np.empty(layer.n_outputs, dtype=np.int64), 0
    for part in layer.parts:
        for u, rank in enumerate(part.ranks.tolist()):
            first = int(layer.first_rows[output])
            own = rows[first : first + rank]
            function = part.breakpoints[u] + 0.0, part.slopes[u] + 0.0
            key = b"|".join([part.kind.encode(), *(a.tobytes() for a in (own, *function))])
            numbers[output] = seen.setdefault(key, output)
            known = [constant[r] for r in range(first, first + rank) if r in constant]
            if len(known) == rank and _value(layer, output, known) == 0:
                numbers[output] = ZERO
            output += 1
    return numbers


def _value(layer: Layer, output: int, rows: list[float]) -> Fraction:
    """An output whose rows have such values."""
    table = layer.pieces
    begin, end = int(table.first[output]), int(table.first[output + 1])
    if table.is_max[output]:
        return Fraction(max(rows))
    entry = begin + int((table.levels[begin : end - 1] < rows[0]).sum())
    return Fraction(float(table.slope[entry])) * Fraction(rows[0]) + table.constants[entry]
