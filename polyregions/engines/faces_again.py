"""Faces of all dimensions for a result that has none: cut again, and told in the result's own order."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from ..base.arrays import IntArray, StateArray
from ..base.memory import available_memory
from ..complex.faces import Faces
from ..complex.packed_states import PackedStates
from ..complex.patterns import Patterns
from ..complex.region_complex import RegionComplex
from ..complex.regions import Regions
from ..errors import CheckFailedError, TooLargeError
from ..network.network import Network
from .sizes import bytes_of_region
from .subdivide.engine import enumerate_by_subdivision, extend


def cut_again(cx: Regions, network: Network) -> RegionComplex:
    """Cut a result's network again, with all faces, and then by what another network has beyond it.

    Parameters
    ----------
    cx : Regions
        A complete result of any engine. It stays as it is.
    network : Network
        That of the result, or one whose hidden layers begin with those.

    Raises
    ------
    TooLargeError
        If the faces do not fit into memory.
    CheckFailedError
        If the result has other regions or facets.
    """
    needed = bytes_of_region(cx.network) * cx.n_regions
    if needed > available_memory():
        raise TooLargeError(
            f"faces of all dimensions of {cx.n_regions:,} regions would take some {needed / 2**30:,.0f} GB"
        )
    found = with_faces(cx)
    return found if network == cx.network else extend(found, network)


def with_faces(cx: Regions) -> RegionComplex:
    """Return the same result with faces: region i is the face ``cells.top[i]``, its facets in their order."""
    own = enumerate_by_subdivision(cx.network, cx.domain)
    order = same_patterns(own.states, cx.states)
    cells, vertices = own.faces.cells, own.faces.vertices
    if vertices.cuts:
        last = vertices.cuts[-1]
        states = PackedStates(0, np.diff(vertices.steps[last.step].first))
        states.packed = last.states.packed[order]
        vertices.cuts[-1] = replace(last, cell_of=last.cell_of[order], states=states)
    top = cells.top[order]
    pool = cells.pool.copy()
    places = np.repeat(cells.start[top].astype(np.int64), cells.size[top])
    places += np.arange(len(places)) - np.repeat(cx.facet_offsets[:-1], cells.size[top])
    pool[places] = cells.boundaries(top)[same_facets(own, order, cx)]
    cells = replace(cells, pool=pool, top=top, _by_dim={})
    patterns = Patterns(vertices.cuts, len(cx.network.layers), top.size, cx.network.n_units)
    kept = {name: getattr(cx, name) for name in ("network", "box", "polytope", "engine", "witnesses")}
    return RegionComplex(
        **kept,
        states=cast("StateArray", patterns),
        facet_offsets=cx.facet_offsets,
        facet_neighbors=cx.facet_neighbors,
        complete=True,
        known_faces=Faces(cells, vertices, cx.domain, patterns),
        undecided=cx.undecided,
        further=extend,
    )


def same_patterns(own: StateArray, others: StateArray) -> IntArray:
    """Where each of some patterns (n, units) is among the same ones in another order."""
    if np.array_equal(own, others):
        return np.arange(len(others))
    if own.shape != others.shape:
        raise CheckFailedError("the result has other regions than the subdivision")
    whole = np.dtype((np.void, own.shape[1]))
    mine, its = (np.argsort(np.ascontiguousarray(rows).view(whole).ravel()) for rows in (own, others))
    if not (own[mine] == others[its]).all():
        raise CheckFailedError("the result has other regions than the subdivision")
    order = np.empty(len(others), dtype=np.int64)
    order[its] = mine
    return order


def same_facets(own: Regions, order: IntArray, cx: Regions) -> IntArray:
    """Where each facet of a result is among those of its regions in the subdivision, one after the other."""
    counts = np.diff(own.facet_offsets)[order]
    if not np.array_equal(counts, np.diff(cx.facet_offsets)):
        raise CheckFailedError("the result has other facets than the subdivision")
    number = np.empty(order.size, dtype=np.int64)
    number[order] = np.arange(order.size)
    begin = own.facet_offsets[order]
    within = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
    across = own.facet_neighbors[np.repeat(begin, counts) + within]
    across = np.where(across >= 0, number[np.maximum(across, 0)], across)
    mine = np.lexsort([across, cx.facet_owners])
    its = np.lexsort([cx.facet_neighbors, cx.facet_owners])
    if not np.array_equal(across[mine], cx.facet_neighbors[its]):
        raise CheckFailedError("the result has other facets than the subdivision")
    place = np.empty(across.size, dtype=np.int64)
    place[its] = mine
    return place
