"""Closed connected regions: where regions with the same affine map hang together, be it along a thin set.

Let g be the affine map of some regions. The network f is equal to g on these, but also on slices of other
regions: on ``{h = g}`` within a region with another map h. All of them make up the closed set
``Z = {x in the box: f(x) = g(x)}``, and the regions with the map g belong together that lie in one component
of Z.

*Slices.* Z meets each closed region in a convex set, its slice. Two slices of regions C, C' meet iff Z meets
some face F that they share: the intersection of C and C' is a face of both. So Z is searched region by
region, from those with the map g on. With m outputs it is enough to try faces F of dimension at most m: the
vertices of a slice, the solutions of m equations, lie in such faces.

*Does Z meet F?* Iff zero is in the convex hull of the values of f - g at the corners of F, which are vectors
of m numbers. For one output signs tell: a vertex with f = g, or an edge with different signs at its ends.
Signs come from :mod:`polyregions.complex.vertex_values`. What they leave open is decided in rational
arithmetic, by Gordan's theorem: zero is not in the hull iff some vector y has positive products with all of
them.
"""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ...base.arrays import FloatArray, IntArray
from ...base.kernels import BoolVector, Int8Vector, Int64Vector, Matrix, kernel
from ...base.rationals import round_fraction
from ...base.rounding import INFLATE, TINY, U
from ...complex.topology import Cells, FaceLists
from ...complex.vertex_values import DEEPEST, SURELY_WHOLE, places, walk
from ...geometry.integer_simplex import interior_point
from ...geometry.signs import UNKNOWN

if TYPE_CHECKING:
    from ...complex.faces import Faces
    from ...complex.region_complex import RegionComplex

#: Numbers that are worked on at once.
TOGETHER = 2**21


def closed_labels(cx: RegionComplex, faces: Faces, affine: IntArray, opened: IntArray) -> IntArray:
    """Number the closed connected regions.

    Parameters
    ----------
    affine, opened : int64 (regions,)
        Labels of the affine maps, and of the open connected regions.

    Returns
    -------
    int64 (regions,)
    """
    # Of which map there are several open connected regions, and which regions have it.
    pairs = np.unique(np.stack([affine, opened], axis=1), axis=0)
    several = np.flatnonzero(np.bincount(pairs[:, 0]) > 1)
    labels = opened.copy()
    if several.size:
        search = _Search(cx, faces)
        order = np.argsort(affine, kind="stable")
        first, end = (np.searchsorted(affine[order], several, side=side) for side in ("left", "right"))
        for a, b in zip(first.tolist(), end.tolist(), strict=True):
            search.join(order[a:b], labels)
    return labels


class Incidences(NamedTuple):
    """Which faces to try in each region, which regions are around each face, and the corners of each.

    The lists of i are ``entries[offsets[i]:offsets[i + 1]]``. A corner is given by its number as a vertex.
    """

    faces: Int64Vector
    face_offsets: Int64Vector
    regions: Int64Vector
    region_offsets: Int64Vector
    corners: Int64Vector
    corner_offsets: Int64Vector


class AtVertices(NamedTuple):
    """The vertices in homogeneous coordinates (n, d + 1), and the outputs (n, m) there.

    ``slips (n, d)`` and ``errors (n, m)`` are the errors of both. The outputs at vertices that are ``whole``
    are exact, and multiples of a power of two that is known.
    """

    points: Matrix
    slips: Matrix
    outputs: Matrix
    errors: Matrix
    whole: BoolVector


class Marks(NamedTuple):
    """What a search along one set has found so far.

    ``visited (regions,)`` and ``tried (faces,)`` are the last search that came by; ``queue`` lists the
    regions of this one, ``waiting`` the faces that float64 leaves open; ``at (PLACES,)`` is where it stands.
    """

    visited: Int64Vector
    tried: Int64Vector
    queue: Int64Vector
    waiting: Int64Vector
    at: Int64Vector

    @classmethod
    def empty(cls, regions: int, faces: int) -> Marks:
        """Before the first search."""
        return cls(
            np.zeros(regions, dtype=np.int64),
            np.zeros(faces, dtype=np.int64),
            np.empty(regions, dtype=np.int64),
            np.empty(faces, dtype=np.int64),
            np.zeros(PLACES, dtype=np.int64),
        )


class Closure(NamedTuple):
    """Memory to go through closures, both (faces,): who met each face last, and where to go on."""

    met: Int64Vector
    stack: Int64Vector


#: Places in ``at``: how far the queue is done and filled, number of the search, faces that wait.
PLACES = 4
DONE, FILLED, SEARCH, OPEN = range(PLACES)


class _Search:
    """Searches along the sets where the network is equal to one of its affine maps."""

    def __init__(self, cx: RegionComplex, faces: Faces) -> None:
        self.cx, self.faces = cx, faces
        self.incidences = _incidences(faces.cells, min(cx.network.output_dim, faces.box.dim - 1))
        self.vertices, exponent = _at_vertices(cx, faces)
        self.unit = 2.0**exponent if exponent <= DEEPEST else np.inf
        self.marks = Marks.empty(cx.n_regions, len(faces))
        self._outputs: dict[int, list[Fraction]] = {}

    def join(self, regions: IntArray, labels: IntArray) -> None:
        """Give one label to those of the regions, all with the same map, that hang together."""
        A, c = self.cx.network.exact.affine_map(self.cx.states[regions[0]])
        g = [[*row, constant] for row, constant in zip(A, c, strict=True)]
        rounded = np.array([[round_fraction(v.numerator, v.denominator) for v in row] for row in g])
        same = np.isfinite(rounded).all() and [[Fraction(v) for v in row] for row in rounded.tolist()] == g
        marks = self.marks
        marks.at[SEARCH] += 1
        mine = set(regions.tolist())
        for region in regions.tolist():
            if marks.visited[region] != marks.at[SEARCH]:
                self._search(region, g, rounded, self.unit if same else np.inf)
                found = marks.queue[: marks.at[FILLED]].tolist()
                labels[[r for r in found if r in mine]] = labels[region]

    def _search(self, region: int, g: list[list[Fraction]], rounded: FloatArray, unit: float) -> None:
        """Fill the queue with all regions that Z leads to from this one."""
        at, lists = self.marks.at, self.incidences
        at[DONE] = at[FILLED] = 0
        self._enter(region)
        while at[DONE] < at[FILLED]:
            at[OPEN] = 0
            spread(rounded, unit, lists, self.vertices, self.marks)
            for face in self.marks.waiting[: at[OPEN]].tolist():
                if self._meets(face, g):
                    for other in _listed(lists.regions, lists.region_offsets, face):
                        self._enter(other)

    def _enter(self, region: int) -> None:
        """Enter a region into the queue, unless it has been there."""
        visited, _, queue, _, at = self.marks
        if visited[region] != at[SEARCH]:
            visited[region] = at[SEARCH]
            queue[at[FILLED]] = region
            at[FILLED] += 1

    def _meets(self, face: int, g: list[list[Fraction]]) -> bool:
        """Whether f = g somewhere on a face, in rational arithmetic."""
        corners = _listed(self.incidences.corners, self.incidences.corner_offsets, face)
        return zero_in_hull([self._difference(corner, g) for corner in corners])

    def _difference(self, corner: int, g: list[list[Fraction]]) -> list[Fraction]:
        """Return f - g at a vertex."""
        x = self.faces.exact_point(int(self.faces.cells.faces(0)[corner]))
        if corner not in self._outputs:
            self._outputs[corner] = self.cx.network.exact.value(x)
        values = [sum((a * v for a, v in zip(row, x, strict=False)), row[-1]) for row in g]
        return [f - value for f, value in zip(self._outputs[corner], values, strict=True)]


def _listed(entries: IntArray, offsets: IntArray, i: int) -> list[int]:
    return [int(v) for v in entries[offsets[i] : offsets[i + 1]]]


def zero_in_hull(vectors: list[list[Fraction]]) -> bool:
    """Whether zero is a convex combination of the vectors.

    Examples
    --------
    >>> zero_in_hull([[Fraction(1), Fraction(0)], [Fraction(-1), Fraction(1)], [Fraction(-1), Fraction(-1)]])
    True
    """
    if not all(any(vector) for vector in vectors):
        return True
    if any(min(column) > 0 or max(column) < 0 for column in zip(*vectors, strict=True)):
        return False
    m = len(vectors[0])
    rows = []
    for vector in vectors:
        scale = lcm(*(v.denominator for v in vector))
        rows.append([*(int(v * scale) for v in vector), 0])
    # y can be taken from a box: only its direction counts.
    for j in range(m):
        rows += [[*(sign * (i == j) for i in range(m)), 1] for sign in (1, -1)]
    return interior_point(rows, [Fraction(0)] * m) is None


def _incidences(cells: Cells, highest: int) -> Incidences:
    """Lists for faces up to a dimension."""
    faces, face_offsets = _within(cells, cells.top, highest)
    regions = np.repeat(np.arange(cells.top.size), np.diff(face_offsets))[np.argsort(faces, kind="stable")]
    counts = np.bincount(faces, minlength=cells.dim.size)
    number = np.cumsum(cells.dim == 0) - 1
    roots = np.flatnonzero(cells.dim <= highest)
    corners, offsets = _within(cells, roots, 0)
    sizes = np.zeros(cells.dim.size, dtype=np.int64)
    sizes[roots] = np.diff(offsets)
    corner_lists = number[corners].astype(np.int64), _offsets(sizes)
    return Incidences(faces, face_offsets, regions, _offsets(counts), *corner_lists)


def _offsets(counts: IntArray) -> IntArray:
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts, dtype=np.int64)])


def _within(cells: Cells, roots: IntArray, highest: int) -> tuple[IntArray, IntArray]:
    """The faces up to a dimension in the closure of each root, and offsets."""
    counts = np.zeros(roots.size, dtype=np.int64)
    n = cells.dim.size
    memory = Closure(np.full(n, -1, dtype=np.int64), np.empty(n, dtype=np.int64))
    none = np.empty(0, dtype=np.int64)
    list_within(roots, highest, cells.dim, cells.lists, counts, none, none, memory)
    offsets = _offsets(counts)
    entries = np.empty(offsets[-1], dtype=np.int64)
    memory.met[:] = -1
    list_within(roots, highest, cells.dim, cells.lists, counts, offsets, entries, memory)
    return entries, offsets


def _at_vertices(cx: RegionComplex, faces: Faces) -> tuple[AtVertices, int]:
    """The outputs at all vertices, and the exponent of the unit of those that are whole."""
    where = places(faces)
    home = faces.cells.homes()[faces.cells.faces(0)]
    n, outputs = len(home), cx.network.output_dim
    widest = max(layer.n_rows for layer in cx.network.layers)
    numbers, errors, whole = np.empty((n, outputs)), np.empty((n, outputs)), np.empty(n, dtype=np.bool_)
    exponent, chunk = 0, max(1, TOGETHER // widest)
    for i in range(0, n, chunk):
        part = slice(i, min(i + chunk, n))
        *_, last = walk(cx.network.layers, where[part], cx.states[home[part]])
        numbers[part], errors[part], whole[part], exponent = (
            last.numbers,
            last.errors,
            last.whole,
            last.exponent,
        )
    return AtVertices(where.points, where.errors, numbers, errors, whole), exponent


@kernel
def list_within(
    roots: Int64Vector,
    highest: int,
    dim: Int8Vector,
    lists: FaceLists,
    counts: Int64Vector,
    offsets: Int64Vector,
    entries: Int64Vector,
    memory: Closure,
) -> None:
    """Count, or enter if there are entries, the faces up to a dimension in the closure of each root."""
    start, size, pool = lists
    met, stack = memory
    for i in range(roots.size):
        n, top = 0, 1
        stack[0] = roots[i]
        met[roots[i]] = i
        while top > 0:
            top -= 1
            f = stack[top]
            if dim[f] <= highest:
                if entries.size > 0:
                    entries[offsets[i] + n] = f
                n += 1
            if dim[f] > 0:
                for j in range(start[f], start[f] + size[f]):
                    if met[pool[j]] != i:
                        met[pool[j]] = i
                        stack[top] = pool[j]
                        top += 1
        counts[i] = n


@kernel(bare=True)
def sign_of_difference(g: Matrix, unit: float, k: int, v: int, vertices: AtVertices) -> int:
    """Sign of f - g at a vertex, output k."""
    d = g.shape[1] - 1
    value, size, slip = vertices.outputs[v, k], abs(vertices.outputs[v, k]), 0.0
    for j in range(d + 1):
        term = g[k, j] * vertices.points[v, j]
        value -= term
        size += abs(term)
        if j < d:
            slip += abs(g[k, j]) * vertices.slips[v, j]
    # All are multiples of 1 / unit, and so few that their sum is exact.
    if vertices.whole[v] and size * unit < SURELY_WHOLE:
        return int(value > 0.0) - int(value < 0.0)
    bound = (vertices.errors[v, k] + slip + (d + 6) * U * size) * INFLATE + 2.0 * (d + 8) * TINY
    if value > bound:
        return 1
    return -1 if value < -bound else UNKNOWN


@kernel(bare=True)
def meets(g: Matrix, unit: float, face: int, incidences: Incidences, vertices: AtVertices) -> int:
    """Whether f = g somewhere on a face: 1, 0 or UNKNOWN."""
    m = g.shape[0]
    begin, end = incidences.corner_offsets[face], incidences.corner_offsets[face + 1]
    known = m == 1 or end == begin + 1
    for k in range(m):
        above, below, zero = 0, 0, 0
        for i in range(begin, end):
            sign = sign_of_difference(g, unit, k, incidences.corners[i], vertices)
            above += int(sign == 1)
            below += int(sign == -1)
            zero += int(sign == 0)
        if above == end - begin or below == end - begin:
            return 0
        known = known and (zero > 0 or (above > 0 and below > 0))
    return 1 if known else UNKNOWN


@kernel
def spread(g: Matrix, unit: float, incidences: Incidences, vertices: AtVertices, marks: Marks) -> None:
    """Go on from the regions in the queue to all that are around a face where f = g; note what is unknown."""
    visited, tried, queue, waiting, at = marks
    search = at[SEARCH]
    while at[DONE] < at[FILLED]:
        region = queue[at[DONE]]
        at[DONE] += 1
        for i in range(incidences.face_offsets[region], incidences.face_offsets[region + 1]):
            face = incidences.faces[i]
            if tried[face] == search:
                continue
            tried[face] = search
            verdict = meets(g, unit, face, incidences, vertices)
            if verdict == UNKNOWN:
                waiting[at[OPEN]] = face
                at[OPEN] += 1
            if verdict != 1:
                continue
            for j in range(incidences.region_offsets[face], incidences.region_offsets[face + 1]):
                other = incidences.regions[j]
                if visited[other] != search:
                    visited[other] = search
                    queue[at[FILLED]] = other
                    at[FILLED] += 1
