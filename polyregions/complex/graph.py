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

from ..base.arrays import FloatArray, IntArray
from ..network.maps import region_maps
from .largest_outputs import decided_output, decided_outputs
from .regions import Regions

if TYPE_CHECKING:
    import networkx

#: Highest dimension in which there are volumes, and without faces decisions: beyond, they take too long.
VOLUME_DIM = 3
#: Without ``geometry``, affine maps of at most so many numbers are there: texts of more fill the memory.
MAP_NUMBERS = 256

# States compared at once: bounds the memory of the comparison.
_CHUNK = 1 << 22


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
        map           str    JSON text ``[[a, ..., c], ...]``, one row for each output, which is
                             ``a . x + c`` on the region; float64. Of more than 256 numbers only
                             with ``geometry``
        decision      int    the output that is largest on all of the region (the first of those
                             that tie throughout); missing if there is none, or one output only.
                             With faces, or ``geometry`` if explored and d <= 3
        volume        float  length, area or volume, if d <= 3. With faces, or ``geometry`` if
                             explored
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
    >>> sorted((data["volume"], data["map"]) for _, data in G.nodes(data=True))
    [(1.0, '[[-1.0, 2.0]]'), (1.0, '[[0.0, 0.0]]'), (1.0, '[[1.0, 0.0]]')]
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


def pattern_texts(cx: Regions) -> list[str]:
    """Return the pattern of every region as text, in the format of the node attribute ``pattern``."""
    separator = _separator(cx)
    if separator:
        return [separator.join(map(str, row)) for row in cx.states.tolist()]
    n = cx.states.shape[1]
    digits = (cx.states + ord("0")).tobytes().decode("ascii")
    return [digits[i * n : (i + 1) * n] for i in range(cx.n_regions)]


def lowest_flip_layers(cx: Regions) -> IntArray:
    """Return the lowest hidden layer that flips across each of ``cx.adjacencies``; int64 (pairs,)."""
    return np.asarray(cx.network.unit_layers[lowest_flips(cx)])


def lowest_flips(cx: Regions) -> IntArray:
    """Return the lowest unit that flips across each of ``cx.adjacencies``; int64 (pairs,)."""
    units = np.empty(cx.n_adjacencies, dtype=np.int64)
    for start, differ in _differences(cx):
        # argmax gives the first unit that differs, and units are numbered layer after layer.
        units[start : start + len(differ)] = differ.argmax(axis=1)
    return units


def _separator(cx: Regions) -> str:
    """What makes a pattern's text unambiguous; one answer for the network, not for each pattern."""
    return "." if any(int(layer.n_states.max()) > 10 for layer in cx.network.hidden) else ""


def _nodes(cx: Regions, geometry: bool) -> Iterator[tuple[int, dict[str, Any]]]:
    axes = [f"x{k}" for k in range(cx.box.dim)]
    texts: list[str] = []
    if geometry or cx.network.output_dim * (cx.box.dim + 1) <= MAP_NUMBERS:
        texts = _map_texts(cx)
    volumes, decisions = _from_faces(cx)
    singly = geometry and cx.box.dim <= VOLUME_DIM
    for i, (pattern, witness) in enumerate(zip(pattern_texts(cx), cx.witnesses.tolist(), strict=True)):
        node = {"pattern": pattern, "explored": i < cx.n_explored}
        if witness[0] == witness[0]:  # not NaN: a region that was not explored may have none
            node |= zip(axes, witness, strict=True)
        if texts:
            node["map"] = texts[i]
        decision = decisions[i] if decisions else -1
        if singly and node["explored"]:
            decision = decision if decisions else decided_output(cx[i])
            node["volume"] = cx[i].volume
        elif volumes:
            node["volume"] = volumes[i]
        if decision >= 0:
            node["decision"] = decision
        yield i, node


def _map_texts(cx: Regions) -> list[str]:
    """The affine map of each region as JSON text."""
    largest = np.maximum(np.abs(cx.box.lower), np.abs(cx.box.upper))
    maps, _ = region_maps(cx.network.layers, cx.states, largest)
    for i in np.flatnonzero(~np.isfinite(maps).all(axis=(1, 2))).tolist():
        maps[i, :, :-1], maps[i, :, -1] = cx[i].affine_map  # sums overflowed that are no larger than others
    return [json.dumps(rows) for rows in maps.tolist()]


def _from_faces(cx: Regions) -> tuple[list[float], list[int]]:
    """Volume of each region, and the output that decides there; empty where there is none to give."""
    volumes: list[float] = []
    decisions: list[int] = []
    if cx.known_faces is not None:
        if cx.box.dim <= VOLUME_DIM:
            volumes = cx.faces.volumes().tolist()
        if cx.network.output_dim > 1:
            decisions = decided_outputs(cx, cx.faces).tolist()
    return volumes, decisions


def _edges(cx: Regions, geometry: bool) -> Iterator[tuple[int, int, dict[str, Any]]]:
    names = [str(unit) for unit in range(cx.states.shape[1])]
    layers = lowest_flip_layers(cx).tolist()
    facets = (cx.walls.entries - cx.facet_offsets[cx.walls.sides[:, 0]]).tolist()
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


def _differences(cx: Regions) -> Iterator[tuple[int, Any]]:
    """Yield, chunk by chunk of ``cx.adjacencies``, its start and which units differ (pairs, units)."""
    pairs = max(1, _CHUNK // max(1, cx.network.n_units))
    for start in range(0, cx.n_adjacencies, pairs):
        i, j = cx.adjacencies[start : start + pairs].T
        yield start, cx.states[i] != cx.states[j]
