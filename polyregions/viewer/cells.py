"""The cells of each layer, as a tree: how the subdivision builds up.

The regions of the first l hidden layers are the cells of layer l. Each lies in one cell of layer l - 1, and a
pattern has one region at most: so they are the different patterns up to layer l, and the cells of the last
layer are the regions themselves.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import IntArray, StateArray
from ..complex.regions import Regions


class LayerCells(NamedTuple):
    """The cells of one hidden layer.

    Attributes
    ----------
    states : uint8 (cells, units of the layer)
        Their states of this layer.
    parents : int64 (cells,)
        The cell of the layer below that each lies in; all 0 for the first layer, which cuts the box.
    """

    states: StateArray
    parents: IntArray


def layer_cells(cx: Regions) -> list[LayerCells]:
    """Return the cells of each hidden layer; those of the last one are in the order of the regions.

    Of a partial result they are the cells that hold a region that is listed.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -1]], [-0.5]), ([[1]], [0])])
    >>> [len(cells.parents) for cells in layer_cells(enumerate_regions(net, Box([-1], [2])))]
    [3, 4]
    """
    layers = cx.network.hidden
    above: IntArray = np.zeros(cx.n_regions, dtype=np.int64)  # the cell that each region lies in
    found = []
    unit = 0
    for number, layer in enumerate(layers):
        own = cx.states[:, unit : unit + layer.n_units]
        unit += layer.n_units
        if number == len(layers) - 1:
            cells, firsts = np.arange(cx.n_regions), np.arange(cx.n_regions)
        else:
            cells, firsts = _numbered(above, own)
        found.append(LayerCells(own[firsts], above[firsts]))
        above = cells
    return found


def _numbered(above: IntArray, own: StateArray) -> tuple[IntArray, IntArray]:
    """Number pairs of a cell and states by their first appearance; and where each appears first."""
    key = np.concatenate([above.astype(">u4").view(np.uint8).reshape(-1, 4), _packed(own)], axis=1)
    key = np.ascontiguousarray(key).view(np.dtype((np.void, key.shape[1]))).reshape(-1)
    _, firsts, labels = np.unique(key, return_index=True, return_inverse=True)
    order = np.argsort(firsts)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank[labels.reshape(-1)], firsts[order]


def _packed(states: StateArray) -> NDArray[np.uint8]:
    """The same rows in fewer bytes, if all states are 0 or 1."""
    return states if states.size and states.max() > 1 else np.packbits(states, axis=1)


def differences(states: StateArray) -> tuple[NDArray[np.uint8], int]:
    """Rows of states in few bits, each but the first as what differs from the row before; and bits a state.

    Cells that follow each other are mostly neighbours, and differ in few units: what is left is mostly zero.
    """
    bits = 8 if states.size and states.max() > 1 else 1
    rows = np.packbits(states, axis=1, bitorder="little") if bits == 1 else states
    changes = rows.copy()
    changes[1:] ^= rows[:-1]
    return changes, bits
