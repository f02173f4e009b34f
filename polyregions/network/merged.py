"""Equal units of a layer as one: copies bend together, and every facet of one is a facet of all.

Two outputs of a layer are equal if their rows, biases and functions are, once equal inputs are one. The
columns of equal inputs add up to one column; where a sum is no float64, the copies stay as they are. So
copies are found through all layers: two networks side by side that share layers, or windows of a pooling
that see the same.

A traversal of the merged network finds the same regions; their patterns are those of the whole network with
columns left out.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_array

from ..base.arrays import IntArray
from .formats.lowering.maps import sparse
from .layers import Layer
from .network import Network
from .numbers import is_sparse
from .pieces import Part


class Merged(NamedTuple):
    """A network whose equal units are one.

    Attributes
    ----------
    network : Network
    column : int64 (units of the whole network,)
        The unit of the merged network that each unit is; -1 if that has none, since all pieces are copies.
    kept : int64 (units of the merged network,)
        The first unit of the whole network that each of its units is.
    """

    network: Network
    column: IntArray
    kept: IntArray


def merge_equal_units(network: Network) -> Merged | None:
    """Merge equal units, or return None if there are none.

    Examples
    --------
    >>> net = Network.from_arrays([([[1.0], [2.0], [1.0]], [0, 0, 0]), ([[1.0, 1.0, 1.0]], [0])])
    >>> merged = merge_equal_units(net)
    >>> merged.network.layers[1].weight.tolist(), merged.column.tolist(), merged.kept.tolist()
    ([[2.0, 1.0]], [0, 1, 0], [0, 1])
    """
    if not any(_has_copies(layer) for layer in network.layers):
        return None
    layers, columns, kept, units = list(network.layers), [], [], 0
    for i, whole in enumerate(network.layers):
        first, group = np.unique(_first_equal(layers[i]), return_inverse=True)
        if first.size < group.size and i + 1 < len(layers):
            above = _with_columns_added(layers[i + 1], group, first.size)
            if above is not None:
                layers[i], layers[i + 1] = _outputs(layers[i], first), above
            else:
                first = group = np.arange(group.size)
        else:
            first = group = np.arange(group.size)
        own, table = layers[i].pieces.column, whole.pieces
        its = own[group[table.units]]
        columns.append(np.where(its >= 0, units + its, -1))
        kept.append(network.first_units[i] + table.column[first[layers[i].pieces.units]])
        units += layers[i].n_units
    if units == network.n_units:
        return None
    return Merged(Network(layers), np.concatenate(columns), np.concatenate(kept))


def _has_copies(layer: Layer) -> bool:
    """Whether two rows have the same weights: without that in any layer, no units are equal."""
    weight = layer.weight
    if not is_sparse(weight):
        return len({row.tobytes() for row in weight}) < len(weight)
    ends, places, values = weight.indptr.tolist(), weight.indices, weight.data
    rows = {places[a:b].tobytes() + values[a:b].tobytes() for a, b in pairwise(ends)}
    return len(rows) < layer.n_rows


def _first_equal(layer: Layer) -> IntArray:
    """The first output that each output is equal to."""
    weight = layer.weight.sorted_indices() if is_sparse(layer.weight) else layer.weight
    seen: dict[bytes, int] = {}
    equal, row, output = [], 0, 0
    for part in layer.parts:
        for u, rank in enumerate(part.ranks.tolist()):
            rows, bias = weight[row : row + rank], layer.bias[row : row + rank] + 0.0
            parts = [rows.indptr, rows.indices, rows.data] if is_sparse(weight) else [rows + 0.0]
            function = [part.breakpoints[u] + 0.0, part.slopes[u] + 0.0]
            key = b"|".join([part.kind.encode(), *(a.tobytes() for a in (*parts, bias, *function))])
            equal.append(seen.setdefault(key, output))
            row, output = row + rank, output + 1
    return np.array(equal, dtype=np.int64)


def _outputs(layer: Layer, outputs: IntArray) -> Layer:
    """The layer with some of its outputs, ascending."""
    ranks, starts = layer.ranks[outputs], layer.first_rows[outputs]
    rows = np.repeat(starts - np.cumsum(ranks) + ranks, ranks) + np.arange(int(ranks.sum()))
    parts, begin = [], 0
    for part in layer.parts:
        own = outputs[(outputs >= begin) & (outputs < begin + part.ranks.size)] - begin
        if own.size:
            parts.append(Part(part.kind, part.ranks[own], part.breakpoints[own], part.slopes[own]))
        begin += part.ranks.size
    return Layer(layer.weight[rows], layer.bias[rows], tuple(parts))


def _with_columns_added(layer: Layer, group: IntArray, groups: int) -> Layer | None:
    """The layer on inputs of which each group is one, or None if a sum is no float64."""
    entries = csr_array(layer.weight).tocoo()
    added = sparse(entries.row, group[entries.col], entries.data, (layer.n_rows, groups))
    if added is None:
        return None
    return Layer(added if is_sparse(layer.weight) else added.toarray(), layer.bias, layer.parts)
