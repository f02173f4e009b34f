"""All faces of a complex, as the user sees them: incidences, coordinates, and the units that bend there.

A thin layer over :mod:`polyregions.complex.topology`, which knows how faces bound each other, and over
:mod:`polyregions.complex.vertices`, which knows where the vertices are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.kernels import INDICES, INT, MATRIX, VECTOR, VOID, kernel
from ..errors import InvalidInputError
from ..network.box import Box
from .topology import FACE_LISTS, Cells
from .vertices import Vertices

#: Vertices that are proven to be this close, in units of the half widths of the box, are not computed again.
CLOSE = 2.0**-20


class Faces:
    """All faces of all dimensions of the subdivided, closed box. Faces are numbered from 0.

    Attributes
    ----------
    cells : Cells
        Which face bounds which; ``cells.top[i]`` is the face of region i.
    box : Box

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])   # a cross
    >>> faces = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide").faces
    >>> [len(faces.of_dimension(k)) for k in range(3)], faces.inside_counts
    ([9, 12, 4], [1, 4, 4])
    >>> centre = next(v for v in faces.of_dimension(0) if faces.inside[v])
    >>> faces.point(centre), faces.exact_point(centre)
    (array([0., 0.]), [Fraction(0, 1), Fraction(0, 1)])
    """

    def __init__(self, cells: Cells, vertices: Vertices, box: Box, states: StateArray) -> None:
        self.cells, self.box = cells, box
        self._vertices, self._states = vertices, states

    def __len__(self) -> int:
        return len(self.cells.dim)

    def of_dimension(self, k: int) -> IntArray:
        """Faces of dimension k, ascending; int64.

        Raises
        ------
        InvalidInputError
            If k is not one of 0, ..., d.
        """
        if not 0 <= k <= self.box.dim:
            raise InvalidInputError(f"dimension {k}: the faces of this complex have 0 to {self.box.dim}")
        return self.cells.faces(k)

    def boundary(self, face: int) -> IntArray:
        """The faces of dimension one less in a face's boundary."""
        return self.cells.boundary(self._valid(face)).astype(np.int64)

    def corners(self, face: int) -> IntArray:
        """The vertices of a face, as faces; ascending."""
        return np.array(sorted(self.cells.corners(self._valid(face))), dtype=np.int64)

    @cached_property
    def inside(self) -> NDArray[np.bool_]:
        """Whether each face meets the open box, that is, lies in none of its sides; bool (faces,)."""
        d, cells = self.box.dim, self.cells
        fixed = np.arange(d) < d - cells.dim[:, None]
        return np.asarray(((cells.planes >= 2 * d) | ~fixed).all(axis=1))

    @property
    def inside_counts(self) -> list[int]:
        """Numbers of faces of dimension 0, ..., d that meet the open box."""
        return [int(n) for n in np.bincount(self.cells.dim[self.inside], minlength=self.box.dim + 1)]

    @cached_property
    def points(self) -> FloatArray:
        """Places of the vertices, in the order of ``of_dimension(0)``; float64 (vertices, d).

        A vertex has one place in all faces that it belongs to. Its coordinates are computed in float64, and
        off by at most ``reach``; where that is not small they are the exact ones, rounded.
        """
        box = self.box
        points = np.clip(box.lower / 2 + box.upper / 2 + self.from_middle, box.lower, box.upper)
        for place, vertex in self._unsure:
            points[place] = [float(v) for v in self._exact(vertex)]
        points.flags.writeable = False
        return np.asarray(points)

    @cached_property
    def from_middle(self) -> FloatArray:
        """Places of the vertices minus the middle of the box, in the order of ``points``; (vertices, d).

        What lengths and volumes are computed from: in a box far from the origin, ``points`` are rounded to
        the spacing of float64 there.
        """
        store, box = self._vertices.store, self.box
        recentred = store.points[self.cells.start[self.cells.faces(0)]]
        offsets = (box.upper / 2 - box.lower / 2) * np.clip(recentred[:, :-1] / recentred[:, -1:], -1, 1)
        middle = [
            (Fraction(a) + Fraction(b)) / 2
            for a, b in zip(box.lower.tolist(), box.upper.tolist(), strict=True)
        ]
        for place, vertex in self._unsure:
            offsets[place] = [float(v - m) for v, m in zip(self._exact(vertex), middle, strict=True)]
        offsets.flags.writeable = False
        return np.asarray(offsets)

    @cached_property
    def reach(self) -> FloatArray:
        """How far each of ``points`` may be from the true vertex, in each coordinate; (vertices, d).

        It is a proven bound, and mostly a thousand times the true error.
        """
        box = self.box
        radii = self._vertices.store.radii[self.cells.start[self.cells.faces(0)]]
        largest = np.maximum(np.abs(box.lower), np.abs(box.upper))
        known = np.where(radii < CLOSE, radii, 0.0)[:, None]
        with np.errstate(under="ignore"):
            return np.asarray(known * (box.upper / 2 - box.lower / 2) * 1.01 + 2.0**-50 * largest)

    def point(self, vertex: int) -> FloatArray:
        """Place of one vertex; float64 (d,)."""
        return np.asarray(self.points[self._place(vertex)])

    def exact_point(self, vertex: int) -> list[Fraction]:
        """Place of one vertex as rational numbers."""
        self._place(vertex)
        return self._exact(int(self.cells.start[vertex]))

    def bent_units(self, k: int) -> NDArray[np.bool_]:
        """For each face of dimension k, the units that bend there; bool (faces, units).

        A unit bends on a face iff its states differ among the regions around it: its boundary runs through
        the face. A unit that is zero there without changing its state does not count.
        """
        self.of_dimension(k)
        low = high = self._states
        faces = self.cells.top
        for _ in range(self.box.dim - k):
            owner = np.repeat(np.arange(faces.size), self.cells.size[faces])
            boundary = self.cells.boundaries(faces).astype(np.int64)
            order = np.argsort(boundary, kind="stable")
            faces, first = np.unique(boundary[order], return_index=True)
            low = np.minimum.reduceat(low[owner[order]], first, axis=0)
            high = np.maximum.reduceat(high[owner[order]], first, axis=0)
        return np.asarray((low != high)[np.argsort(faces, kind="stable")])

    def scalar_units(self, faces: IntArray) -> IntArray:
        """For faces that lie in no side of the box, the unit by whose boundary each was made; int64.

        -1 for maxout units: a face may be made where two pieces are equal that are not the largest, and stay
        because another unit bends there too.
        """
        source = self._vertices.store.source[self.cells.planes[faces, 0]]
        units = np.full(len(faces), -1, dtype=np.int64)
        for cut in self._vertices.cuts:
            here = source[:, 0] == cut.layer
            unit, _, second = self._vertices.layers[cut.layer].pairs[source[here, 2]].T
            units[here] = np.where(second < 0, cut.unit + unit, -1)
        return units

    def rings(self) -> tuple[FloatArray, IntArray]:
        """The corners of each region in counter-clockwise order, one after the other; d = 2 only.

        Returns
        -------
        points : float64 (corners, 2)
        offsets : int64 (regions + 1,)
            Region i has the corners ``points[offsets[i]:offsets[i + 1]]``.
        """
        cells, top = self.cells, self.cells.top
        offsets = np.concatenate([[0], np.cumsum(cells.size[top], dtype=np.int64)])
        corners = np.empty(int(offsets[-1]), dtype=np.int64)
        go_round(top, *cells.lists, offsets, corners)
        points = self.points[self.places[corners]]
        following = np.arange(1, len(points) + 1)
        following[offsets[1:] - 1] = offsets[:-1]
        x, y = self.in_units(points).T
        with np.errstate(under="ignore"):
            doubled = np.add.reduceat(x * y[following] - x[following] * y, offsets[:-1])
        clockwise = np.repeat(doubled < 0, np.diff(offsets))
        mirrored = np.repeat(offsets[:-1] + offsets[1:] - 1, np.diff(offsets)) - np.arange(len(points))
        points = points[np.where(clockwise, mirrored, np.arange(len(points)))]
        return np.asarray(points), offsets

    def volumes(self) -> FloatArray:
        """Volume (length, area, ...) of each region; float64 (regions,). See :meth:`shares`."""
        return self.shares() * self.box.volume

    def shares(self) -> FloatArray:
        """How much of the box each region fills; float64 (regions,), they add up to 1.

        The sum of the simplices of the barycentric subdivision: one for each vertex of an edge of a ... of
        the region. They are about 2^d d! for a region, so this is for d <= 4 or so.
        """
        sides = self.box.upper - self.box.lower
        return self._sum_simplices(self.cells.top, self.box.dim, self.from_middle / sides)

    def measures(self, k: int) -> FloatArray:
        """Volume of each face of dimension k, in the order of ``of_dimension(k)``; float64.

        It is k-dimensional: 1 for a vertex, the length of an edge, an area, ... See :meth:`shares`.
        """
        return self._sum_simplices(self.of_dimension(k), k, self.from_middle)

    def _sum_simplices(self, faces: IntArray, k: int, places: FloatArray) -> FloatArray:
        """Volumes of faces of dimension k, the vertices being at these places."""
        centres = np.empty((len(self), self.box.dim))
        centres[self.cells.faces(0)] = places
        for dimension in range(1, k + 1):
            average(self.cells.faces(dimension), *self.cells.lists, centres)
        volumes = np.empty(len(faces))
        sum_simplices(faces, k, *self.cells.lists, centres, volumes)
        return volumes

    def in_units(self, points: FloatArray) -> FloatArray:
        """Points (n, d) in coordinates in which the box has side 1 and its middle is 0."""
        box = self.box
        return np.asarray((points - (box.lower / 2 + box.upper / 2)) / (box.upper - box.lower))

    @cached_property
    def places(self) -> IntArray:
        """Row of each vertex in ``points``, and -1 for other faces; int64 (faces,)."""
        places = np.full(len(self), -1, dtype=np.int64)
        places[self.cells.faces(0)] = np.arange(len(self.cells.faces(0)))
        return places

    @property
    def _unsure(self) -> Iterator[tuple[int, int]]:
        """The vertices that float64 is not proven to be close to: row in ``points``, number."""
        numbers = self.cells.start[self.cells.faces(0)]
        rows = np.flatnonzero(~(self._vertices.store.radii[numbers] < CLOSE))
        return zip(rows.tolist(), numbers[rows].tolist(), strict=True)

    def _exact(self, number: int) -> list[Fraction]:
        *x, scale = self._vertices.exact_point(number)
        return [Fraction(v, scale) for v in x]

    def _place(self, vertex: int) -> int:
        place = int(self.places[self._valid(vertex)])
        if place < 0:
            raise InvalidInputError(f"face {vertex} is no vertex: its dimension is {self.cells.dim[vertex]}")
        return place

    def _valid(self, face: int) -> int:
        if not 0 <= face < len(self):
            raise InvalidInputError(f"face {face}: this complex has {len(self)} faces, from 0")
        return face

    def __repr__(self) -> str:
        counts = np.bincount(self.cells.dim, minlength=self.box.dim + 1).tolist()
        return f"Faces({', '.join(f'{n} of dimension {k}' for k, n in enumerate(counts))})"


@kernel(VOID, INDICES, *FACE_LISTS, INDICES, INDICES, bare=True)
def go_round(polygons: Any, start: Any, size: Any, pool: Any, offsets: Any, corners: Any) -> None:
    """List the vertices of each polygon from edge to edge."""
    for i in range(polygons.size):
        begin, n = start[polygons[i]], size[polygons[i]]
        edge, at = np.int64(pool[begin]), np.int64(pool[start[pool[begin]]])
        for step in range(n):
            corners[offsets[i] + step] = at
            # The other end of this edge, and the other edge at that end.
            a, b = np.int64(pool[start[edge]]), np.int64(pool[start[edge] + 1])
            at = b if a == at else a
            for k in range(begin, begin + n):
                other = np.int64(pool[k])
                if other != edge and (pool[start[other]] == at or pool[start[other] + 1] == at):
                    edge = other
                    break


@kernel(VOID, INDICES, *FACE_LISTS, MATRIX, bare=True)
def average(faces: Any, start: Any, size: Any, pool: Any, centres: Any) -> None:
    """Give each face the mean of the centres of its boundary, a point of its relative interior."""
    for f in faces:
        for j in range(centres.shape[1]):
            total = 0.0
            for i in range(start[f], start[f] + size[f]):
                total += centres[pool[i], j]
            centres[f, j] = total / size[f]


@kernel(VOID, INDICES, INT, *FACE_LISTS, MATRIX, VECTOR)
def sum_simplices(faces: Any, k: int, start: Any, size: Any, pool: Any, centres: Any, volumes: Any) -> None:
    """Volumes of k-faces from the chains k-face, (k-1)-face, ..., vertex: each is a simplex of centres."""
    d = centres.shape[1]
    chain, place = np.empty(k + 1, dtype=np.int64), np.zeros(k + 1, dtype=np.int64)
    sides = np.empty((k, d))
    for f in range(faces.size):
        total = 0.0
        chain[k], place[k] = faces[f], 0
        level = k
        while level <= k:
            if level > 0 and place[level] < size[chain[level]]:
                chain[level - 1] = pool[start[chain[level]] + place[level]]
                place[level] += 1
                level -= 1
                place[level] = 0
                continue
            if level == 0:
                for i in range(k):
                    for j in range(d):
                        sides[i, j] = centres[chain[i + 1], j] - centres[chain[0], j]
                # Each side is as high as what is left of it at right angles to those before it. Its largest
                # coordinate is made 1, so that no square leaves the range of float64.
                volume = 1.0
                for i in range(k):
                    largest = 0.0
                    for j in range(d):
                        largest = max(largest, abs(sides[i, j]))
                    if largest == 0.0:
                        volume = 0.0
                        break
                    square = 0.0
                    for j in range(d):
                        sides[i, j] /= largest
                        square += sides[i, j] * sides[i, j]
                    volume *= largest * np.sqrt(square) / (i + 1)
                    for r in range(i + 1, k):
                        product = 0.0
                        for j in range(d):
                            product += sides[r, j] * sides[i, j]
                        for j in range(d):
                            sides[r, j] -= product / square * sides[i, j]
                total += volume
            level += 1
        volumes[f] = total
