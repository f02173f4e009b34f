"""All faces of a complex, as the user sees them: incidences, coordinates, and the units that bend there.

A thin layer over :mod:`polyregions.complex.topology`, which knows how faces bound each other, and over
:mod:`polyregions.complex.vertices`, which knows where the vertices are.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Bounded, FloatArray, IntArray
from ..base.rationals import round_fraction
from ..base.rounding import U
from ..errors import InvalidInputError, short_repr
from ..geometry.domain import Domain, box_of, exact_volume, n_sides
from .measures import measure
from .patterns import Patterns
from .rings import doubled_areas, exact_doubled_area, reversed_where, rings
from .topology import Cells
from .vertices import Vertices

#: Vertices that are proven to be this close, in units of the half widths of the box, are not computed again.
CLOSE = 2.0**-20


class Faces:
    """All faces of all dimensions of the subdivided, closed domain. Faces are numbered from 0.

    Attributes
    ----------
    cells : Cells
        Which face bounds which; ``cells.top[i]`` is the face of region i.
    domain : Box or Polytope
    box : Box
        The box around it.

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

    def __init__(self, cells: Cells, vertices: Vertices, domain: Domain, patterns: Patterns) -> None:
        self.cells, self.domain, self.box = cells, domain, box_of(domain)
        self._vertices, self._patterns = vertices, patterns

    @property
    def vertices(self) -> Vertices:
        """Where the vertices are, the forms that define them, and the layers that made these."""
        return self._vertices

    @property
    def patterns(self) -> Patterns:
        """The patterns of the regions, by what each layer has cut."""
        return self._patterns

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
        """Whether each face meets the open domain, that is, lies in none of its sides; bool (faces,)."""
        d, cells = self.box.dim, self.cells
        fixed = np.arange(d) < d - cells.dim[:, None]
        return np.asarray(((cells.planes >= n_sides(self.domain)) | ~fixed).all(axis=1))

    @property
    def inside_counts(self) -> list[int]:
        """Numbers of faces of dimension 0, ..., d that meet the open domain."""
        return [int(n) for n in np.bincount(self.cells.dim[self.inside], minlength=self.box.dim + 1)]

    @cached_property
    def points(self) -> FloatArray:
        """Places of the vertices, in the order of ``of_dimension(0)``; float64 (vertices, d).

        A vertex has one place in all faces that it belongs to. Its coordinates are computed in float64, and
        off by at most ``reach``; where that is not small they are the exact ones, rounded.
        """
        box, exponents = self.box, self._exponents
        with np.errstate(under="ignore"):
            lower, upper = np.ldexp(box.lower, -exponents), np.ldexp(box.upper, -exponents)
            scaled = lower / 2 + upper / 2 + (upper / 2 - lower / 2) * self.recentred[0]
            points = np.clip(np.ldexp(scaled, exponents), box.lower, box.upper)
        for place, vertex in self._unsure:
            points[place] = [float(v) for v in self._exact(vertex)]
        points.flags.writeable = False
        return np.asarray(points)

    @cached_property
    def from_middle(self) -> FloatArray:
        """Places of the vertices minus the middle of the box, in the order of ``points``; (vertices, d).

        In a box far from the origin, ``points`` are rounded to the spacing of float64 there.
        """
        half = [h for _, h in self._middle_and_half]
        with np.errstate(under="ignore"):
            offsets = np.array([round_fraction(h.numerator, h.denominator) for h in half]) * self.recentred[0]
        for place, vertex in self._unsure:
            middle = [m for m, _ in self._middle_and_half]
            offsets[place] = [float(v - m) for v, m in zip(self._exact(vertex), middle, strict=True)]
        offsets.flags.writeable = False
        return np.asarray(offsets)

    @cached_property
    def recentred(self) -> tuple[FloatArray, FloatArray]:
        """Places of the vertices where the box is [-1, 1]^d, and how far each coordinate may be off.

        Returns
        -------
        places : float64 (vertices, d)
            In the order of ``of_dimension(0)``. What lengths and volumes are computed from.
        radii : float64 (vertices,)
            Proven.
        """
        store = self._vertices.store
        numbers = self.cells.start[self.cells.faces(0)]
        points, radii = store.points[numbers], store.radii[numbers]
        places = np.clip(points[:, :-1] / points[:, -1:], -1, 1)
        radii = radii + np.where(points[:, -1] == 1, 0.0, U)  # dividing rounds
        for place, vertex in self._unsure:
            pairs = zip(self._exact(vertex), self._middle_and_half, strict=True)
            places[place], radii[place] = [float((v - m) / h) for v, (m, h) in pairs], U
        places.flags.writeable = radii.flags.writeable = False
        return places, radii

    @cached_property
    def reach(self) -> FloatArray:
        """How far each of ``points`` may be from the true vertex, in each coordinate; (vertices, d).

        It is a proven bound, and mostly a thousand times the true error.
        """
        box = self.box
        radii = self._vertices.store.radii[self.cells.start[self.cells.faces(0)]]
        largest = box.farthest
        known = np.where(radii < CLOSE, radii, 0.0)[:, None]
        # The last term: subnormal numbers are rounded to a spacing of their own, here and in `points`.
        with np.errstate(under="ignore"):
            half = box.upper / 2 - box.lower / 2
            return np.asarray(known * half * 1.01 + 2.0**-50 * largest + 2.0**-1072)

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
        low = high = self._patterns.array()
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
            here = source[:, 0] == cut.step
            layer = self._vertices.steps[cut.step]
            output = layer.pairs[source[here, 2], 0]
            unit = cut.unit + np.searchsorted(layer.units, output)
            units[here] = np.where(layer.is_max[output], -1, unit)
        return units

    def rings(self) -> tuple[FloatArray, IntArray]:
        """The corners of each region in counter-clockwise order, one after the other; d = 2 only.

        Returns
        -------
        points : float64 (corners, 2)
        offsets : int64 (regions + 1,)
            Region i has the corners ``points[offsets[i]:offsets[i + 1]]``.
        """
        corners, offsets = self.ring_corners
        return np.asarray(self.points[self.places[corners]]), offsets

    @cached_property
    def ring_corners(self) -> tuple[IntArray, IntArray]:
        """As :meth:`rings`, with the vertices' numbers among all faces; int64 (corners,), (regions + 1,)."""
        corners, offsets = rings(self.cells)
        places, radii = self.recentred
        rows = self.places[corners]
        doubled, errors = doubled_areas(places[rows], radii[rows], offsets)
        clockwise = doubled < 0
        for i in np.flatnonzero(~(np.abs(doubled) > errors)).tolist():
            points = [self.exact_point(int(v)) for v in corners[offsets[i] : offsets[i + 1]]]
            clockwise[i] = exact_doubled_area(points) < 0
        return reversed_where(clockwise, corners, offsets), offsets

    def volumes(self, accuracy: float | None = None) -> FloatArray:
        """Volume (length, area, ...) of each region; float64 (regions,). See :meth:`measured`."""
        return self.measured_volumes(accuracy).values

    def shares(self, accuracy: float | None = None) -> FloatArray:
        """How much of the box each region fills; float64 (regions,). See :meth:`measured`."""
        return self.measured_shares(accuracy).values

    def measures(self, k: int, accuracy: float | None = None) -> FloatArray:
        """Volume of each face of dimension k, in the order of ``of_dimension(k)``. See :meth:`measured`."""
        return self.measured(k, accuracy).values

    def measured(self, k: int, accuracy: float | None = None) -> Bounded:
        """Volume of each face of dimension k, in the order of ``of_dimension(k)``, and how far it may be off.

        It is k-dimensional: 1 for a vertex, the length of an edge, an area, ... It is the sum of about
        2^k k! simplices for a face, so this is for k <= 4 or so.

        Parameters
        ----------
        k : int
        accuracy : float, optional
            Each value is proven to be within this times the true one, but for the spacing of subnormal
            numbers: where float64 cannot prove it, the exact value is rounded once. With 0 all are. By
            default it is 2^-30 if that takes rationals for at most 64 faces, else 2^-10; mostly the true
            error is a thousand times smaller.

        Returns
        -------
        Bounded
            ``values`` and ``errors``, float64 (faces,) each: ``|values - true values| <= errors``. A value is
            infinite only if the true one is beyond the range of float64.

        Raises
        ------
        InvalidInputError
            If k is not one of 0, ..., d, or the accuracy is not a number, 0 or more.

        Examples
        --------
        >>> from polyregions import Box, Network, enumerate_regions
        >>> net = Network.from_arrays([([[1, -1], [1, -1]], [0, 1e-12]), ([[1, 1]], [0])])   # a thin strip
        >>> faces = enumerate_regions(net, Box([0, 0], [1, 1]), engine="subdivide").faces
        >>> values, errors = faces.measured(2)
        >>> float(min(values)), bool((errors <= 2.0**-20 * values).all())
        (9.999999999995e-13, True)
        """
        return self.measured_faces(self.of_dimension(k), accuracy)

    def measured_faces(self, faces: IntArray, accuracy: float | None = None) -> Bounded:
        """Volume of each of some faces of one dimension, and how far it may be off. See :meth:`measured`."""
        return self._measured(faces, accuracy, Fraction(1))

    def measured_volumes(self, accuracy: float | None = None) -> Bounded:
        """Volume of each region, in their order, and how far it may be off. See :meth:`measured`."""
        return self.measured_faces(self.cells.top, accuracy)

    def measured_shares(self, accuracy: float | None = None) -> Bounded:
        """How much of the domain each region fills, and how far it may be off. See :meth:`measured`."""
        return self._measured(self.cells.top, accuracy, exact_volume(self.domain))

    def _measured(self, faces: IntArray, accuracy: float | None, whole: Fraction) -> Bounded:
        if accuracy is not None and not (isinstance(accuracy, float | int | np.number) and accuracy >= 0):
            raise InvalidInputError(f"accuracy must be a number, 0 or more, got {short_repr(accuracy)}")
        half = [half for _, half in self._middle_and_half]
        return measure(self.cells, self._vertices, faces, self.recentred, half, accuracy, whole)

    @cached_property
    def _middle_and_half(self) -> list[tuple[Fraction, Fraction]]:
        """Middle of the box and half its side, in each dimension."""
        pairs = zip(self.box.lower.tolist(), self.box.upper.tolist(), strict=True)
        return [((Fraction(b) + Fraction(a)) / 2, (Fraction(b) - Fraction(a)) / 2) for a, b in pairs]

    @property
    def _exponents(self) -> IntArray:
        """By which power of two the box is at most 1 in each dimension, so that no step leaves the range."""
        return np.frexp(self.box.farthest)[1].astype(np.int64)

    def in_units(self, points: FloatArray) -> FloatArray:
        """Points (n, d) in coordinates in which the box has side 1 and its middle is 0."""
        exponents = self._exponents
        with np.errstate(under="ignore"):
            x, lower, upper = (np.ldexp(v, -exponents) for v in (points, self.box.lower, self.box.upper))
            return np.asarray((x / 2 - (lower / 4 + upper / 4)) / (upper / 2 - lower / 2))

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
