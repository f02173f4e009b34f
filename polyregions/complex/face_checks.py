"""What must be true of all faces of a complex together: topology, values and measures, for all at once.

Counts and incidences are checked as such. What has coordinates is checked in float64, up to a proven bound
for the rounding: it raises no false alarm, and misses nothing that is larger. Where float64 cannot decide,
because numbers leave its range or a region is thinner than its spacing, rational numbers do.

* every face of dimension k has at least k + 1 faces in its boundary, each once; each of *their* boundaries is
  shared by exactly two of them (the diamond property of polytopes);
* every facet bounds two regions, or one and a side of the box, and they are those of ``facet_neighbors``;
* the numbers of faces of the closed box alternate to 1 (Euler's relation);
* the unit on whose boundary a facet was made changes its state there;
* the affine maps of two neighbours agree on the facet between them;
* for d <= 3, the volumes of the regions add up to the volume of the domain;
* for d = 2, the polygons fit without gaps or overlaps (``shapely.coverage_invalid_edges``). Where those of
  float64 do not, because a region is too thin to be a polygon there, its true vertices make a convex polygon,
  and are where the rounded ones are said to be.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from ..base.arrays import Bounded, IntArray
from ..base.rounding import INFLATE, TINY, U
from ..errors import CheckFailedError
from .patterns import states_at
from .regions import Regions

if TYPE_CHECKING:
    from .faces import Faces

#: Volumes are added up to this dimension; beyond, a region is too many simplices.
VOLUME_DIM = 3
#: How far the share of a region may be off, relative to it: what its vertices leave open, even so.
ENOUGH = 0.25


def check_faces(cx: Regions, faces: Faces, maps: Bounded | None = None) -> None:
    """Raise CheckFailedError if the faces of a complete complex do not fit together.

    ``maps`` are the affine maps of the regions, float64 (regions, outputs, d + 1), with bounds (regions,
    outputs), if they are known.
    """
    if maps is None:
        from ..network.maps import region_maps  # loads kernels

        maps = Bounded(*region_maps(cx.network.layers, cx.states, cx.box.farthest))
    _check_incidences(faces)
    facets = _check_neighbors(cx, faces)
    _check_bends(cx, faces, facets)
    _check_continuity(cx, faces, facets, maps)
    if cx.box.dim <= VOLUME_DIM:
        _check_volumes(faces)
    if cx.box.dim == 2:
        _check_coverage(faces)


def _check_incidences(faces: Faces) -> None:
    cells, d = faces.cells, faces.box.dim
    counts = np.bincount(cells.dim, minlength=d + 1)
    if sum((-1) ** k * int(n) for k, n in enumerate(counts)) != 1:
        raise CheckFailedError(f"the numbers of faces {counts.tolist()} do not alternate to 1")
    for k in range(1, d + 1):
        here = cells.faces(k)
        if (cells.size[here] < k + 1).any() or (k == 1 and (cells.size[here] != 2).any()):
            raise CheckFailedError(f"a face of dimension {k} has too few faces in its boundary")
        owner = np.repeat(here, cells.size[here])
        boundary = cells.boundaries(here).astype(np.int64)
        if (cells.dim[boundary] != k - 1).any():
            raise CheckFailedError(f"the boundary of a face of dimension {k} has another than {k - 1}")
        if _repeats(owner * len(faces) + boundary, 1):
            raise CheckFailedError(f"a face of dimension {k} has a face twice in its boundary")
        if k > 1:
            ridges = cells.boundaries(boundary).astype(np.int64)
            if _repeats(np.repeat(owner, cells.size[boundary]) * len(faces) + ridges, 2):
                raise CheckFailedError(f"the boundary of a face of dimension {k} is not closed")


def _repeats(keys: IntArray, times: int) -> bool:
    """Whether some key does not occur exactly so many times."""
    keys = np.sort(keys)
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    return bool((np.diff(np.append(first, keys.size)) != times).any())


def _check_neighbors(cx: Regions, faces: Faces) -> IntArray:
    """The facet of each entry of ``facet_neighbors``; int64."""
    cells = faces.cells
    if not np.array_equal(np.diff(cx.facet_offsets), cells.size[cells.top]):
        raise CheckFailedError("a region has more or fewer facets than its face")
    facets = cells.boundaries(cells.top).astype(np.int64)
    owner = cx.facet_owners
    inner = faces.inside[facets]
    times = np.bincount(facets, minlength=len(faces))[cells.faces(cx.box.dim - 1)]
    if (times != np.where(faces.inside[cells.faces(cx.box.dim - 1)], 2, 1)).any():
        raise CheckFailedError("a facet bounds neither two regions nor one and a side of the box")
    if (cx.facet_neighbors[~inner] != -1 - cells.planes[facets[~inner], 0]).any():
        raise CheckFailedError("a facet lies in another side of the box than the region says")
    order = np.argsort(facets[inner], kind="stable")
    pairs = owner[inner][order].reshape(-1, 2)
    if (cx.facet_neighbors[inner][order].reshape(-1, 2) != pairs[:, ::-1]).any():
        raise CheckFailedError("a facet leads to another region than the one that it bounds")
    return facets


def _check_bends(cx: Regions, faces: Faces, facets: IntArray) -> None:
    units = faces.scalar_units(facets[cx.walls.entries])
    i, j = cx.walls.sides[units >= 0].T
    units = units[units >= 0]
    known = vars(cx)["states"]
    if (states_at(known, i, units) == states_at(known, j, units)).any():
        raise CheckFailedError("a facet lies on the boundary of a unit that keeps its state across it")


def _check_continuity(cx: Regions, faces: Faces, facets: IntArray, maps: Bounded) -> None:
    """Compare the maps of neighbours at corners of the facet between them.

    A corner's place is off by at most ``faces.reach``, so the maps may differ there by their difference's
    slope times that, and by their own rounding.
    """
    d, cells = cx.box.dim, faces.cells
    values, errors = maps
    (i, j), own = cx.walls.sides.T, facets[cx.walls.entries]
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        difference = values[i] - values[j]
        steps, jump = difference[:, :, :d], difference[:, :, d]
        slopes = np.abs(steps)
        bound = errors[i] + errors[j] + (d + 2) * 2.0**-50 * (slopes @ cx.box.farthest + np.abs(jump))
        bound += (d + 2) * TINY
    for choices in range(1 << (d - 1)):
        corner = own
        for k in range(d - 1):
            last = (cells.size[corner] - 1) * (choices >> k & 1)
            corner = cells.pool[cells.start[corner] + last].astype(np.int64)
        places = faces.places[corner]
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            value = np.einsum("noj,nj->no", steps, faces.points[places]) + jump
            bounds = bound + np.einsum("noj,nj->no", slopes, faces.reach[places])
        wrong = (np.abs(value) > bounds).any(axis=1)
        # Beyond the range of float64.
        for n in np.flatnonzero(~(np.isfinite(value) & np.isfinite(bounds)).all(axis=1)).tolist():
            wrong[n] = _values(cx, i[n], corner[n]) != _values(cx, j[n], corner[n])
        if wrong.any():
            n = int(np.argmax(wrong))
            raise CheckFailedError(f"the network jumps between regions {i[n]} and {j[n]}")


def _values(cx: Regions, region: int, vertex: int) -> list[Fraction]:
    """The affine map of a region at a vertex."""
    assert cx.known_faces is not None
    slopes, constants = cx.network.exact.affine_map(cx[region].pattern)
    point = cx.faces.exact_point(int(vertex))
    return [
        sum((a * x for a, x in zip(row, point, strict=True)), c)
        for row, c in zip(slopes, constants, strict=True)
    ]


def _check_volumes(faces: Faces) -> None:
    shares, errors = faces.measured_shares(accuracy=ENOUGH)
    n = len(shares)
    if not abs(shares.sum() - 1) <= errors.sum() * INFLATE + n * U:
        raise CheckFailedError("the volumes of the regions do not add up to the volume of the domain")


def _check_coverage(faces: Faces) -> None:
    import shapely

    corners, offsets = faces.ring_corners
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    # In units of the box: GEOS multiplies coordinates, which may be tiny or huge.
    points = faces.in_units(faces.points[faces.places[corners]])
    polygons = shapely.polygons(shapely.linearrings(points, indices=owner))
    # A region thinner than the spacing of float64 is flat, or turned over, when its corners are rounded.
    proper = np.flatnonzero(shapely.is_valid(polygons))
    doubtful = np.ones(len(polygons), dtype=np.bool_)
    doubtful[proper] = ~shapely.is_empty(shapely.coverage_invalid_edges(polygons[proper]))
    for i in np.flatnonzero(doubtful).tolist():
        if not _is_polygon(faces, corners[offsets[i] : offsets[i + 1]]):
            raise CheckFailedError("the polygons of the regions overlap or leave gaps")


def _is_polygon(faces: Faces, ring: IntArray) -> bool:
    """Whether the vertices of a ring are where they are said to be, and go once round a convex polygon."""
    points = [faces.exact_point(int(v)) for v in ring]
    for point, place in zip(points, faces.places[ring].tolist(), strict=True):
        known = zip(point, faces.points[place].tolist(), faces.reach[place].tolist(), strict=True)
        if any(abs(x - Fraction(y)) > Fraction(r) for x, y, r in known):
            return False
    turns = [
        (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
        for a, b in zip(points, [*points[1:], points[0]], strict=True)
        for p in points
    ]
    return min(turns) >= 0 and max(turns) > 0
