"""What must be true of every result; each violation is a defect of an engine.

All in exact arithmetic, from the network and the box alone:

* patterns are distinct, and each is realised at an interior point of its region;
* facets are symmetric: if j is across a facet of i, then i is across exactly one facet of j;
* a bounded cell has at least d + 1 facets, and all the regions hang together;
* the network is continuous: across a facet the two affine maps differ by multiples of the facet's form;
* the regions fill the box: their volumes add up to the box's (d <= 3, complete results only).
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, NoReturn

import numpy as np

from . import polytope
from .errors import CheckFailedError

if TYPE_CHECKING:
    from .complex import RegionComplex


def check(cx: RegionComplex) -> None:
    """Raise CheckFailedError if an invariant does not hold."""
    _check_patterns(cx)
    _check_facets(cx)
    if cx.complete:
        _check_connected(cx)
    _check_geometry(cx)


def _fail(message: str) -> NoReturn:
    raise CheckFailedError(f"{message}; this is a defect of the library, please report it")


def _check_patterns(cx: RegionComplex) -> None:
    if len(np.unique(cx.states, axis=0)) != cx.n_regions and cx.network.n_units:
        _fail("two regions have the same pattern")
    if not cx.network.n_units and cx.n_regions != 1:
        _fail("a network without units has one region")
    elsewhere = (cx.network.states(cx.witnesses) != cx.states).any(axis=1)
    elsewhere |= ~cx.box.contains(cx.witnesses)
    for i in np.flatnonzero(elsewhere[: cx.n_explored]):
        # A region may be too small for float64 points: then its vertices' mean must do.
        points = cx[int(i)].exact_vertices
        mean = [sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True)]
        if cx.network.exact.states_at(mean) != cx.states[i].tolist():
            _fail(f"the pattern of region {i} is not the one at its interior")


def _check_facets(cx: RegionComplex) -> None:
    counts = np.diff(cx.facet_offsets)
    if (counts < cx.box.dim + 1).any():
        _fail(f"region {int(np.argmin(counts))} has fewer than d + 1 facets")
    owner = np.repeat(np.arange(cx.n_explored), counts)
    target = cx.facet_neighbors
    pairs = np.stack([owner, target], axis=1)
    if len(np.unique(pairs, axis=0)) != len(pairs):
        _fail("two facets of a region lead to the same neighbour")
    # Only facets between explored regions are known from both sides.
    both = pairs[(target >= 0) & (target < cx.n_explored)]
    order = np.lexsort((both[:, 1], both[:, 0]))
    mirrored = both[:, ::-1]
    mirrored_order = np.lexsort((mirrored[:, 1], mirrored[:, 0]))
    if not (both[order] == mirrored[mirrored_order]).all():
        _fail("a facet is known from one of its two sides only")


def _check_connected(cx: RegionComplex) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = cx.adjacencies
    shape = (cx.n_regions, cx.n_regions)
    matrix = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=shape)
    if connected_components(matrix, directed=False)[0] != 1:
        _fail("the adjacency graph is not connected")


def _check_geometry(cx: RegionComplex) -> None:
    """Continuity across every facet, and the volumes' sum: one pass, since rows are dear."""
    volumes = Fraction(0)
    measured = cx.complete and cx.box.dim <= 3
    maps = [_integer_map(cx, i) for i in range(cx.n_regions)]
    for i in range(cx.n_explored):
        region = cx[i]
        rows = region.exact_halfspaces
        for j, row in zip(region.facets.tolist(), rows, strict=True):
            if j > i and not _continuous(maps[i], maps[j], [int(v) for v in row]):
                _fail(f"the network jumps between regions {i} and {j}")
        if measured:
            volumes += polytope.exact_volume(region.exact_vertices, rows)
    sides = (Fraction(b) - Fraction(a) for a, b in zip(cx.box.lower, cx.box.upper, strict=True))
    if measured and volumes != prod(sides, start=Fraction(1)):
        _fail("the volumes of the regions do not add up to the volume of the box")


def _integer_map(cx: RegionComplex, i: int) -> tuple[list[list[int]], int]:
    """The affine map of a region as integers over one denominator."""
    _, output = cx.network.exact.forms(cx.states[i])
    table = [[int(v) for v in row] for row in output]
    return table[:-1], table[-1][-1]


def _continuous(
    here: tuple[list[list[int]], int], there: tuple[list[list[int]], int], row: list[int]
) -> bool:
    """Whether every output's difference is a multiple of the facet's form."""
    lead = next(k for k, v in enumerate(row) if v)
    for p, q in zip(here[0], there[0], strict=True):
        jump = [a * there[1] - b * here[1] for a, b in zip(p, q, strict=True)]
        if any(v * row[lead] != jump[lead] * w for v, w in zip(jump, row, strict=True)):
            return False
    return True
