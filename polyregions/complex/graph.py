"""The adjacency graph of the regions, as a ``networkx.Graph`` that every file format can hold.

All attributes are plain ``str``, ``int``, ``float`` and ``bool``, one value each: GraphML, GEXF, node-link
JSON and DOT take these and nothing more. The tables in :func:`region_graph`, and docs/region-graph.md, say
which there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import IntArray
from .attributes import AdjacencyColumns, RegionColumns, flipped_units, present, runs, separator, texts_of
from .regions import Regions

if TYPE_CHECKING:
    import networkx


def region_graph(cx: Regions, *, geometry: bool = False) -> networkx.Graph[int]:
    """Return the graph whose nodes are the regions and whose edges are the facets between them.

    Parameters
    ----------
    cx : Regions
    geometry : bool
        Whether to add what has to be computed exactly, region by region (about 0.5 ms each in 2-D):
        hyperplanes of the facets, and volumes and decisions where no faces tell them. All the rest takes
        some 10 us a region.

    Returns
    -------
    networkx.Graph
        Nodes are the region ids 0, 1, ..., in this order; edges are in the order of
        ``cx.adjacencies``.

        ============  =====  ==================================================================
        of the graph
        ============  =====  ==================================================================
        n_regions     int    number of nodes
        complete      bool   whether these are all regions of the domain
        stopped       str    why not, if they are not ("limit", "interrupted", ...); else ""
        engine        str    which engine found them
        box           str    JSON text ``[[lower, upper], ...]``, one pair a dimension
        polytope      str    JSON text ``[[a1, ..., ad, b], ...]``, the rows ``a . x <= b`` that
                             the regions are inside of; missing if they fill the box
        separator     str    what stands between the states of a pattern: "" or "."
        ============  =====  ==================================================================

        ============  =====  ==================================================================
        of a node
        ============  =====  ==================================================================
        pattern       str    states of all units in order. They are digits side by side,
                             ``"0110"``, unless some unit of the network has more than ten
                             states: then they are decimals joined by dots, ``"0.11.10"``
        explored      bool   whether its facets are known; true for all if complete
        degree        int    number of neighbours, as far as they are known
        x0, x1, ...   float  the witness, a point of the region
        map           str    JSON text ``[[a, ..., c], ...]``, one row for each output, which is
                             ``a . x + c`` on the region; float64. Of more than 256 numbers only
                             with ``geometry``
        decision      int    the output that is largest on all of the region (the first of those
                             that tie throughout); missing if there is none, or one output only.
                             With faces, or ``geometry`` if explored and d <= 3
        volume        float  length, area or volume, if d <= 3. With faces, or ``geometry`` if
                             explored; missing if beyond the range of float64
        ============  =====  ==================================================================

        ============  =====  ==================================================================
        of an edge
        ============  =====  ==================================================================
        units         str    units that flip across the facet, ascending: ``"3,7"``
        n_flips       int    how many they are
        layer         int    hidden layer (1, 2, ...) of the lowest of them
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
    >>> sorted((data["volume"], data["map"]) for _, data in G.nodes(data=True))
    [(1.0, '[[-1.0, 2.0]]'), (1.0, '[[0.0, 0.0]]'), (1.0, '[[1.0, 0.0]]')]
    >>> sorted(units for _, _, units in G.edges(data="units"))
    ['0', '1']
    """
    import networkx

    graph = networkx.Graph(**graph_attributes(cx))
    graph.add_nodes_from(_nodes(cx, geometry))
    graph.add_edges_from(_edges(cx, geometry))
    return graph


def graph_attributes(cx: Regions) -> dict[str, str | int | bool]:
    """Return the attributes of the graph itself, as :func:`region_graph` lists them."""
    bounds = np.stack([cx.box.lower, cx.box.upper], axis=1)
    attributes: dict[str, str | int | bool] = {
        "n_regions": cx.n_regions,
        "complete": cx.complete,
        "stopped": cx.stopped,
        "engine": cx.engine,
        "box": json.dumps(bounds.tolist()),
        "separator": separator(cx),
    }
    if cx.polytope is not None:
        rows = np.column_stack([cx.polytope.A, cx.polytope.b])
        attributes["polytope"] = json.dumps(rows.tolist())
    return attributes


def pattern_texts(cx: Regions) -> list[str]:
    """Return the pattern of every region as text, in the format of the node attribute ``pattern``."""
    return texts_of(cx.states, separator(cx))


def lowest_flip_layers(cx: Regions) -> IntArray:
    """Return the lowest layer, from 0, that flips across each of ``cx.adjacencies``; int64 (pairs,)."""
    return np.asarray(cx.network.unit_layers[lowest_flips(cx)])


def lowest_flips(cx: Regions) -> IntArray:
    """Return the lowest unit that flips across each of ``cx.adjacencies``; int64 (pairs,)."""
    lowest = np.empty(cx.n_adjacencies, dtype=np.int64)
    for first, last in runs(cx, cx.n_adjacencies):
        units, ends = flipped_units(cx, first, last)
        lowest[first:last] = units[ends[:-1]]
    return lowest


def _nodes(cx: Regions, geometry: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    columns = RegionColumns(cx, geometry=geometry)
    for first, last in runs(cx, cx.n_regions):
        yield from zip(range(first, last), present(columns.part(first, last)), strict=True)


def _edges(cx: Regions, geometry: bool) -> Iterator[tuple[int, int, dict[str, Any]]]:
    columns = AdjacencyColumns(cx, geometry=geometry)
    for first, last in runs(cx, cx.n_adjacencies):
        pairs = cx.adjacencies[first:last].tolist()
        for (i, j), attributes in zip(pairs, present(columns.part(first, last)), strict=True):
            yield i, j, attributes
