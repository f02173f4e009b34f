"""The adjacency graph of the regions, as a ``networkx.Graph`` that every file format can hold.

All attributes are plain ``str``, ``int``, ``float`` and ``bool``, one value each: GraphML, GEXF, node-link
JSON and DOT take these and nothing more. The tables in :func:`region_graph` say which there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import FloatArray, IntArray

if TYPE_CHECKING:
    import networkx

    from .region_complex import RegionComplex

#: Highest dimension in which ``geometry=True`` gives volumes.
VOLUME_DIM = 3

# States compared at once: bounds the memory of the comparison.
_CHUNK = 1 << 22


def region_graph(cx: RegionComplex, *, geometry: bool = False) -> networkx.Graph[int]:
    """Return the graph whose nodes are the regions and whose edges are the facets between them.

    Parameters
    ----------
    cx : RegionComplex
    geometry : bool
        Whether to add what has to be computed exactly, region by region (about 0.5 ms each in 2-D):
        volumes and the facets' hyperplanes. All the rest takes some 10 us a region.

    Returns
    -------
    networkx.Graph
        Nodes are the region ids 0, 1, ..., in this order; edges are in the order of
        ``cx.adjacencies``.

        ============  =====  ==================================================================
        of the graph
        ============  =====  ==================================================================
        n_regions     int    number of nodes
        complete      bool   whether these are all regions of the box
        stopped       str    why not, if they are not ("limit", "interrupted", ...); else ""
        engine        str    which engine found them
        box           str    JSON text ``[[lower, upper], ...]``, one pair a dimension
        separator     str    what stands between the states of a pattern: "" or "."
        ============  =====  ==================================================================

        ============  =====  ==================================================================
        of a node
        ============  =====  ==================================================================
        pattern       str    states of all units in order. They are digits side by side,
                             ``"0110"``, unless some unit of the network has more than ten
                             states: then they are decimals joined by dots, ``"0.11.10"``
        explored      bool   whether its facets are known; true for all if complete
        x0, x1, ...   float  the witness, a point of the region
        volume        float  with ``geometry``, if explored and d <= 3: length, area or volume
        ============  =====  ==================================================================

        ============  =====  ==================================================================
        of an edge
        ============  =====  ==================================================================
        units         str    units that flip across the facet, ascending: ``"3,7"``
        n_flips       int    how many they are
        layer         int    hidden layer (0, 1, ...) of the lowest of them
        facet         int    the facet's row in ``cx[i].halfspaces``, i the lower end of the edge
        a0, a1, ...   float  with ``geometry``: normal of the facet, pointing from the lower end
                             of the edge to the higher one
        b             float  with ``geometry``: the facet lies in ``a . x = b``
        ============  =====  ==================================================================

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])   # a tent
    >>> G = enumerate_regions(net, Box([-1], [2])).graph()
    >>> sorted(pattern for _, pattern in G.nodes(data="pattern"))
    ['00', '10', '11']
    >>> sorted(units for _, _, units in G.edges(data="units"))
    ['0', '1']
    """
    import networkx

    bounds = np.stack([cx.box.lower, cx.box.upper], axis=1)
    graph = networkx.Graph(
        n_regions=cx.n_regions,
        complete=cx.complete,
        stopped=cx.stopped,
        engine=cx.engine,
        box=json.dumps(bounds.tolist()),
        separator=_separator(cx),
    )
    graph.add_nodes_from(_nodes(cx, geometry))
    graph.add_edges_from(_edges(cx, geometry))
    return graph


def pattern_texts(cx: RegionComplex) -> list[str]:
    """Return the pattern of every region as text, in the format of the node attribute ``pattern``."""
    separator = _separator(cx)
    if separator:
        return [separator.join(map(str, row)) for row in cx.states.tolist()]
    n = cx.states.shape[1]
    digits = (cx.states + ord("0")).tobytes().decode("ascii")
    return [digits[i * n : (i + 1) * n] for i in range(cx.n_regions)]


def lowest_flip_layers(cx: RegionComplex) -> IntArray:
    """Return the lowest hidden layer that flips across each of ``cx.adjacencies``; int64 (pairs,)."""
    layers = np.empty(cx.n_adjacencies, dtype=np.int64)
    for start, differ in _differences(cx):
        # argmax gives the first unit that differs, and units are numbered layer after layer.
        layers[start : start + len(differ)] = cx.network.unit_layers[differ.argmax(axis=1)]
    return layers


def _separator(cx: RegionComplex) -> str:
    """What makes a pattern's text unambiguous; one answer for the network, not for each pattern."""
    return "." if any(int(layer.n_states.max()) > 10 for layer in cx.network.hidden) else ""


def _nodes(cx: RegionComplex, geometry: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    axes = [f"x{k}" for k in range(cx.box.dim)]
    volumes = geometry and cx.box.dim <= VOLUME_DIM
    for i, (pattern, witness) in enumerate(zip(pattern_texts(cx), cx.witnesses.tolist(), strict=True)):
        node = {"pattern": pattern, "explored": i < cx.n_explored}
        if witness[0] == witness[0]:  # not NaN: a region that was not explored may have none
            node |= zip(axes, witness, strict=True)
        if volumes and node["explored"]:
            node["volume"] = cx[i].volume
        yield i, node


def _edges(cx: RegionComplex, geometry: bool) -> Iterator[tuple[int, int, dict[str, Any]]]:
    names = [str(unit) for unit in range(cx.states.shape[1])]
    layers = lowest_flip_layers(cx).tolist()
    facets = _facet_rows(cx).tolist()
    axes = [f"a{k}" for k in range(cx.box.dim)]
    lower_end = -1
    A: FloatArray = np.empty((0, 0))
    b: FloatArray = np.empty(0)
    for start, differ in _differences(cx):
        pair, unit = np.nonzero(differ)
        ends = np.searchsorted(pair, np.arange(len(differ) + 1)).tolist()
        flipped = [names[u] for u in unit.tolist()]
        for k, (i, j) in enumerate(cx.adjacencies[start : start + len(differ)].tolist()):
            edge = {
                "units": ",".join(flipped[ends[k] : ends[k + 1]]),
                "n_flips": ends[k + 1] - ends[k],
                "layer": layers[start + k],
                "facet": facets[start + k],
            }
            if geometry:
                if i != lower_end:  # the edges are sorted: each region's rows are computed once
                    lower_end, (A, b) = i, cx[i].halfspaces
                row = edge["facet"]
                edge.update(zip(axes, A[row].tolist(), strict=True), b=float(b[row]))
            yield i, j, edge


def _differences(cx: RegionComplex) -> Iterator[tuple[int, Any]]:
    """Yield, chunk by chunk of ``cx.adjacencies``, its start and which units differ (pairs, units)."""
    pairs = max(1, _CHUNK // max(1, cx.network.n_units))
    for start in range(0, cx.n_adjacencies, pairs):
        i, j = cx.adjacencies[start : start + pairs].T
        yield start, cx.states[i] != cx.states[j]


def _facet_rows(cx: RegionComplex) -> IntArray:
    """For each of ``cx.adjacencies``, the place of the facet among those of the lower region.

    The lower region of a pair is explored: one of the two is, and the explored ones come first.
    """
    owner = np.repeat(np.arange(cx.n_explored), np.diff(cx.facet_offsets))
    place = np.arange(owner.size) - cx.facet_offsets[owner]
    upward = cx.facet_neighbors > owner
    owner, neighbor, place = owner[upward], cx.facet_neighbors[upward], place[upward]
    return np.asarray(place[np.lexsort((neighbor, owner))])
