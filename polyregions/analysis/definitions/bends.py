"""How many convex regions there can be, from the hyperplanes in which the network bends: without any faces.

The walls with different affine maps on both sides lie in some hyperplanes. Let these, in full, cut the box:
on each cell the network is affine, since no such wall meets its interior, and all cells together are a
polyhedral complex. So there are at most as many convex regions as m hyperplanes in general position make in d
dimensions, ``C(m, 0) + ... + C(m, d)``: one if nothing bends, two if all bends lie in one hyperplane.
"""

from __future__ import annotations

from math import comb

import numpy as np

from ...base.arrays import IntArray
from ...base.rationals import primitive
from ...complex.regions import Regions


def cells_of_hyperplanes(cx: Regions, affine: IntArray) -> int:
    """Return an upper bound of the number of convex regions, at most that of all regions.

    Parameters
    ----------
    cx : Regions
        Complete.
    affine : int64 (regions,)
        Labels of the affine maps.
    """
    dim, n = cx.box.dim, cx.n_regions
    lower, upper = cx.walls.sides.T
    bends = np.flatnonzero(affine[lower] != affine[upper])
    places = cx.walls.entries - cx.facet_offsets[lower]
    units = (cx.states[lower[bends]] != cx.states[upper[bends]]).argmax(axis=1) if bends.size else bends
    layers = cx.network.unit_layers
    begins = np.searchsorted(layers, layers[units])  # the lowest unit that flips, and its layer's first one
    seen: set[tuple[int, bytes]] = set()
    hyperplanes: set[tuple[int, ...]] = set()
    most = 1
    for wall, unit, begin in zip(bends.tolist(), units.tolist(), begins.tolist(), strict=True):
        i = int(lower[wall])
        # A unit's form depends on the states of the layers below alone; its own tell which breakpoint it is.
        key = unit, cx.states[i, :begin].tobytes() + cx.states[[i, upper[wall]], unit].tobytes()
        if key in seen:
            continue
        seen.add(key)
        row = primitive([int(v) for v in cx[i].exact_halfspaces[places[wall]]])
        sign = 1 if next(v for v in row if v) > 0 else -1
        hyperplanes.add(tuple(sign * v for v in row))
        most = sum(comb(len(hyperplanes), k) for k in range(dim + 1))
        if most >= n:
            return n
    return most
