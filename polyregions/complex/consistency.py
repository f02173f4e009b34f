"""What the arrays of a result must say of each other, looked at for all regions at once.

A file may be damaged, and a partial result is gone on from: so it is looked at before it is believed. What
passes is a list of distinct patterns with facets that lead from region to region and back, in the order in
which they were found. That is no proof, which is :func:`polyregions.certify`'s.
"""

from __future__ import annotations

import numpy as np

from ..base.arrays import IntArray, StateArray
from ..geometry.domain import n_sides
from .checks import rounded_from_inside
from .regions import Regions

#: Why a result may be partial.
STOPS = ("limit", "time", "interrupted", "memory")
#: Engines that a result may come from.
RESULT_ENGINES = ("subdivide", "traverse", "brute")


def contradiction(cx: Regions) -> str:
    """Return what a result's arrays contradict, in a few words; "" if nothing was found.

    Examples
    --------
    >>> from dataclasses import replace
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
    >>> cx = enumerate_regions(net, Box([-1], [2]))
    >>> contradiction(cx), contradiction(replace(cx, states=cx.states[[0, 1, 1]]))
    ('', 'two regions have the same pattern')
    """
    return _labels(cx) or _patterns(cx) or _facets(cx) or _order(cx) or _witnesses(cx)


def misplaced_witness(cx: Regions) -> str:
    """Return which witness has not its region's pattern, in a few words; "" if all given have.

    A region may be too small for float64 points: then an inner point must round to its witness.
    """
    given = np.flatnonzero(np.isfinite(cx.witnesses).all(axis=1))
    elsewhere = (cx.network.states(cx.witnesses[given]) != cx.states[given]).any(axis=1)
    for i in given[elsewhere].tolist():
        if not rounded_from_inside(cx, i):
            return f"the pattern of region {i} is not that of its witness"
    return ""


def _labels(cx: Regions) -> str:
    n, explored = cx.n_regions, cx.n_explored
    if n == 0:
        return "there is no region"
    if cx.engine not in RESULT_ENGINES:
        return f"the engine is none of {', '.join(RESULT_ENGINES)}"
    if explored > n:
        return f"{explored} regions are explored, and there are {n}"
    if cx.complete != (explored == n):
        return f"complete is {cx.complete}, and {explored} of {n} regions are explored"
    if cx.complete and cx.stopped:
        return "it is complete, and it was stopped"
    if not cx.complete and cx.stopped not in STOPS:
        return f"it is partial, and stopped is none of {', '.join(STOPS)}"
    return ""


def _patterns(cx: Regions) -> str:
    """States that their units have, and no pattern twice."""
    ranges = [layer.n_states for layer in cx.network.hidden]
    if ranges and (cx.states >= np.concatenate(ranges)).any():
        return "a unit is in a state that it does not have"
    if cx.n_regions > 1 and (not cx.network.n_units or _repeated(cx.states)):
        return "two regions have the same pattern"
    return ""


def _repeated(states: StateArray) -> bool:
    rows = np.ascontiguousarray(states).view(np.dtype((np.void, states.shape[1]))).ravel()
    order = np.argsort(rows)
    return bool((states[order[1:]] == states[order[:-1]]).all(axis=1).any())


def _facets(cx: Regions) -> str:
    """Enough of them, none twice, none to the region itself, and each wall from both of its sides."""
    n, explored, d, sides = cx.n_regions, cx.n_explored, cx.box.dim, n_sides(cx.domain)
    owners, across = cx.facet_owners, cx.facet_neighbors
    if ((across < -sides) | (across >= n)).any():
        return "facet_neighbors name regions or sides of the domain that do not exist"
    if (np.diff(cx.facet_offsets) <= d).any():
        return f"a region has fewer than {d + 1} facets"
    if (owners == across).any():
        return "a facet leads back to its own region"
    width = n + sides
    keys = owners * width + (across + sides)
    keys.sort()
    if (keys[1:] == keys[:-1]).any():
        return "two facets of a region lead to the same place"
    mutual = (across >= 0) & (across < explored)
    back = across[mutual] * width + (owners[mutual] + sides)
    if not np.isin(back, keys).all():
        return "a facet leads to a region from which none leads back"
    return _connection(n, explored, owners, across)


def _connection(n: int, explored: int, owners: IntArray, across: IntArray) -> str:
    """The explored regions hang together: the inside of a domain does."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    inner = (across >= 0) & (across < explored)
    shape = (max(1, explored), max(1, explored))
    links = coo_array((np.ones(int(inner.sum()), dtype=np.int8), (owners[inner], across[inner])), shape=shape)
    if connected_components(links, directed=False, return_labels=False) > 1:
        return "the regions are not connected by facets"
    return ""


def _order(cx: Regions) -> str:
    """A traversal numbers regions as it finds them: 0, and then what is across each facet in turn."""
    if cx.engine != "traverse":
        return ""
    inner = cx.facet_neighbors[cx.facet_neighbors > 0]
    found, first = np.unique(inner, return_index=True)
    if (found != np.arange(1, found.size + 1)).any() or (first[1:] < first[:-1]).any():
        return "the regions are not in the order in which they were found"
    return ""


def _witnesses(cx: Regions) -> str:
    """Each region has one in the domain, but for those that were found and not explored."""
    given = np.isfinite(cx.witnesses).all(axis=1)
    missing = np.isnan(cx.witnesses).all(axis=1) & (np.arange(cx.n_regions) >= cx.n_explored)
    if not (given | missing).all():
        return "a witness is not finite"
    # In a polytope that is thin a witness may be a rounded inner point, as that of a thin region may be.
    outside = np.flatnonzero(given)[~cx.domain.contains(cx.witnesses[given])]
    if not cx.box.contains(cx.witnesses[given]).all():
        return "a witness is outside the box"
    if not all(rounded_from_inside(cx, int(i)) for i in outside):
        return "a witness is outside the polytope"
    return ""
