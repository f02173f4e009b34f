"""What must be true of every result; each violation is a defect of an engine.

For all regions:

* patterns are distinct, and each is realised at an interior point of its region;
* facets are symmetric: if j is across a facet of i, then i is across exactly one facet of j;
* a bounded cell has at least d + 1 facets, and all the regions hang together;
* if the faces are known, they fit together (:mod:`polyregions.complex.face_checks`).

In exact rational arithmetic, from the network and the domain alone, for all regions, or for 250 spread
over the result if the faces are known (50 if the network is large):

* the network is continuous: across a facet the two affine maps differ by multiples of the facet's form;
* for d <= 4, the facets of a region bound exactly the cell of its pattern, and two neighbours share a whole
  facet;
* for d <= 3, the regions fill the domain: their volumes add up to its own (complete results, all regions).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache, partial
from typing import NoReturn

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from ..base.arrays import Bounded, IntArray, StateArray
from ..base.rationals import Point, homogeneous
from ..errors import CheckFailedError
from ..geometry.domain import exact_volume as domain_volume
from ..geometry.domain import n_sides, side_rows
from ..geometry.volumes import exact_volume
from .face_checks import check_faces
from .patterns import TOGETHER
from .regions import Region, Regions

#: Cells (their vertices) and volumes are checked up to these dimensions; beyond, they take too long.
CELL_DIM, VOLUME_DIM = 4, 3
#: Regions that are checked in rational arithmetic if float64 has checked them all: so many, or fewer (but not
#: fewer than the second) of a network that has more than so many weights.
SAMPLE, LEAST_SAMPLE, WEIGHTS = 250, 50, 2**17
#: So many of them are next to each other in the list.
RUN = 5


def check(cx: Regions) -> None:
    """Raise CheckFailedError if an invariant does not hold."""
    # What leaves the range of float64 is decided by rationals, however the caller wants to hear of it.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        _check_arrays(cx)
        _check_states(cx)
        if cx.engine == "split" and cx.complete and cx.n_regions > SAMPLE and cx.box.dim <= CELL_DIM:
            cx.need_faces("check")  # by which another engine finds the same regions and facets
        maps, left = _maps_and_doubtful(cx)
        _check_witnesses(cx, left)
        _check_facets(cx)
        if cx.complete:
            _check_connected(cx)
        if cx.complete and cx.known_faces is not None:
            check_faces(cx, cx.faces, maps)
        _check_geometry(cx)


def _fail(message: str) -> NoReturn:
    raise CheckFailedError(f"{message}; this is a defect of the library, please report it")


def _check_arrays(cx: Regions) -> None:
    n, d, offsets = cx.n_regions, cx.box.dim, cx.facet_offsets
    if n < 1 or vars(cx)["states"].shape != (n, cx.network.n_units) or cx.witnesses.shape != (n, d):
        _fail("states and witnesses do not fit each other, the network and the domain")
    if not np.isfinite(cx.witnesses[_with_witness(cx)]).all():
        _fail("a witness is not finite")
    if offsets[0] != 0 or offsets[-1] != len(cx.facet_neighbors) or (offsets[1:] < offsets[:-1]).any():
        _fail("facet_offsets do not cut facet_neighbors into parts")
    if cx.n_explored > n or (cx.complete and cx.n_explored < n) or cx.complete == bool(cx.stopped):
        _fail("the label 'complete' contradicts what is known")
    owner = cx.facet_owners
    across = cx.facet_neighbors
    if ((across < -n_sides(cx.domain)) | (across >= n) | (across == owner)).any():
        _fail("across a facet there is neither a side of the domain nor another region")


def _with_witness(cx: Regions) -> NDArray[np.bool_]:
    """Which regions must have a witness: those explored, and those found that were given one."""
    return (np.arange(cx.n_regions) < cx.n_explored) | ~np.isnan(cx.witnesses).all(axis=1)


def _check_states(cx: Regions) -> None:
    """All patterns, some at a time: that there are such states, and that no two are the same."""
    ranges = [layer.n_states for layer in cx.network.hidden]
    most, hashes = np.concatenate(ranges) if ranges else np.empty(0), []
    together = max(1, TOGETHER // max(1, cx.network.n_units))
    for start in range(0, cx.n_regions, together):
        states = cx.patterns_of(np.arange(start, min(start + together, cx.n_regions)))
        if (states >= most).any():
            _fail("a unit is in a state that it does not have")
        hashes.append(_hashes(states))
    if cx.network.n_units and not _distinct(cx, np.concatenate(hashes)):
        _fail("two regions have the same pattern")
    if not cx.network.n_units and cx.n_regions != 1:
        _fail("a network without units has one region")


def _maps_and_doubtful(cx: Regions) -> tuple[Bounded, IntArray]:
    """The affine maps of a subdivision, and the regions whose witness has not surely their pattern.

    Its regions are in an order in which neighbours have much in common: their forms are quickly made. For
    others a forward pass is quicker, and maps are not asked for.
    """
    given = _with_witness(cx)
    if cx.known_faces is None:
        return Bounded(np.empty(0), np.empty(0)), np.flatnonzero(given)
    from ..network.realised import realised_maps  # loads kernels

    def states(part: slice) -> StateArray:
        return cx.patterns_of(np.arange(part.start, part.stop))

    *maps, sure = realised_maps(cx.network.layers, states, cx.witnesses, cx.box.farthest)
    return Bounded(*maps), np.flatnonzero(given & ~(sure & cx.domain.contains(cx.witnesses)))


def _check_witnesses(cx: Regions, left: IntArray) -> None:
    """Check the patterns of some regions, those that are left, against their witnesses."""
    for i in _elsewhere(cx, left).tolist():
        if not rounded_from_inside(cx, i):
            _fail(f"the witness of region {i} is not in it")
        if i >= cx.n_explored:
            continue
        # A region may be too small for float64 points: then its vertices' mean must do.
        points = cx[i].exact_vertices
        mean = [sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True)]
        if cx.network.exact.states_at(mean) != cx[i].pattern.tolist():
            _fail(f"the pattern of region {i} is not the one at its interior")


def _elsewhere(cx: Regions, regions: IntArray) -> IntArray:
    """The regions, of some, whose witness has another pattern or is outside of the domain."""
    found = [np.empty(0, dtype=np.int64)]
    for part in np.array_split(regions, -(-regions.size * cx.network.n_units // TOGETHER) or 1):
        points = cx.witnesses[part]
        other = (cx.network.states(points) != cx.patterns_of(part)).any(axis=1)
        found.append(part[other | ~cx.domain.contains(points)])
    return np.concatenate(found)


def _hashes(rows: StateArray) -> NDArray[np.uint64]:
    """A hash of each row; uint64 (rows,)."""
    width = -(-rows.shape[1] // 8) * 8
    padded = np.zeros((len(rows), width), dtype=np.uint8)
    padded[:, : rows.shape[1]] = rows
    factors = np.random.default_rng(0).integers(2**63, size=width // 8, dtype=np.uint64) * 2 + 1
    return np.asarray((padded.view(np.uint64) * factors).sum(axis=1, dtype=np.uint64))


def _distinct(cx: Regions, hashes: NDArray[np.uint64]) -> bool:
    """Whether no two patterns are the same: those of equal hash are compared themselves."""
    order = np.argsort(hashes)
    same = hashes[order[1:]] == hashes[order[:-1]]
    doubtful = cx.patterns_of(np.unique(np.concatenate([order[1:][same], order[:-1][same]])))
    return len(np.unique(doubtful, axis=0)) == len(doubtful)


def rounded_from_inside(cx: Regions, i: int) -> bool:
    """Whether each row of the region is positive somewhere among the points that round to its witness."""
    x = [Fraction(float(v)) for v in cx.witnesses[i]]
    # Next to the largest float64 there is none to measure the distance to: the one below does.
    inner = np.minimum(np.abs(cx.witnesses[i]), np.nextafter(np.finfo(np.float64).max, 0))
    reach = [Fraction(float(v)) / 2 for v in np.spacing(inner)]
    for row in (*cx.network.exact.rows(cx[i].pattern)[0], *side_rows(cx.domain)):
        *normal, constant = (int(v) for v in row)
        value = constant + sum(a * v for a, v in zip(normal, x, strict=True))
        value += sum(abs(a) * r for a, r in zip(normal, reach, strict=True))
        if value < 0 or (value == 0 and any(normal)):
            return False
    return True


def _check_facets(cx: Regions) -> None:
    counts = np.diff(cx.facet_offsets)
    if (counts < cx.box.dim + 1).any():
        _fail(f"region {int(np.argmin(counts))} has fewer than d + 1 facets")
    owner, target = cx.facet_owners, cx.facet_neighbors
    sides = n_sides(cx.domain)
    width = cx.n_regions + sides
    keys = np.sort(owner * width + target + sides)
    if (keys[1:] == keys[:-1]).any():
        _fail("two facets of a region lead to the same neighbour")
    # Only facets between explored regions are known from both sides.
    both = (target >= 0) & (target < cx.n_explored)
    owner, target = owner[both], target[both]
    if not np.array_equal(np.sort(owner * width + target), np.sort(target * width + owner)):
        _fail("a facet is known from one of its two sides only")


def _check_connected(cx: Regions) -> None:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = cx.adjacencies
    shape = (cx.n_regions, cx.n_regions)
    matrix = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=shape)
    if connected_components(matrix, directed=False)[0] != 1:
        _fail("the adjacency graph is not connected")


def _check_geometry(cx: Regions) -> None:
    """Continuity across facets, the cells in low dimension: one pass, since rows are dear."""
    volumes = Fraction(0)
    chosen: Sequence[int] = range(cx.n_explored)
    weights = sum(layer.n_rows * layer.most_inputs for layer in cx.network.layers)
    sample = max(LEAST_SAMPLE, min(SAMPLE, SAMPLE * WEIGHTS // max(1, weights)))
    if cx.complete and cx.known_faces is not None and cx.n_regions > sample:
        # Neighbours in the list have much in common, which is computed once.
        starts = np.linspace(0, cx.n_regions - RUN, sample // RUN, dtype=np.int64)
        chosen = np.unique(starts[:, None] + np.arange(RUN)).tolist()
    measured = cx.complete and cx.box.dim <= VOLUME_DIM and len(chosen) == cx.n_regions
    own = set(chosen)
    seen: dict[tuple[int, int], frozenset[Point]] = {}
    integer_map = lru_cache(maxsize=None)(partial(_integer_map, cx))
    for i in chosen:
        region = cx[i]
        rows = region.exact_halfspaces
        for j, row in zip(region.facets.tolist(), rows, strict=True):
            new = j > i or (j >= 0 and j not in own)
            if new and not _continuous(integer_map(i), integer_map(j), [int(v) for v in row]):
                _fail(f"the network jumps between regions {i} and {j}")
        if cx.box.dim <= CELL_DIM:
            for j, face in zip(region.facets.tolist(), _facet_vertices(region), strict=True):
                if seen.pop((j, i), face) != face:
                    _fail(f"regions {i} and {j} do not share a whole facet")
                if j > i and j in own:
                    seen[i, j] = face
        if measured:
            volumes += exact_volume(region.exact_vertices, rows)
    if measured and volumes != domain_volume(cx.domain):
        _fail("the volumes of the regions do not add up to the volume of the domain")


def _facet_vertices(region: Region) -> list[frozenset[Point]]:
    """Vertices of each facet, after checking that the facets bound exactly the cell of the pattern."""
    dim, points = region.complex.box.dim, region.exact_vertices
    places = [homogeneous(point) for point in points]
    columns = fmpz_mat(places).transpose()
    rows = [*region._pattern_rows[0], *side_rows(region.complex.domain)]
    if min((fmpz_mat(rows) * columns).entries()) < 0:
        _fail(f"region {region.id} reaches beyond the cell of its pattern: a facet is missing")
    values = (fmpz_mat(region.exact_halfspaces) * columns).tolist()
    faces = []
    for row in values:
        tight = [k for k, v in enumerate(row) if v == 0]
        if len(tight) < dim or fmpz_mat([places[k] for k in tight]).rank() < dim:
            _fail(f"a facet of region {region.id} has dimension {dim - 2} or less")
        faces.append(frozenset(points[k] for k in tight))
    if len(set(faces)) < len(faces):
        _fail(f"a facet of region {region.id} stands twice")
    return faces


def _integer_map(cx: Regions, i: int) -> tuple[list[list[int]], int]:
    """The affine map of a region as integers over one denominator."""
    _, output = cx.network.exact.forms(cx[i].pattern)
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
