"""Images of regions under the network's affine maps, exactly: extreme points, and cubes among them.

An image is the hull of the images of the region's vertices. If the map is one-to-one, these are its extreme
points; else the extreme ones among them are (:func:`extreme_points`). Points are kept as primitive integer
vectors ``(x q, q)``: equal points are equal tuples, and equal images are equal sets.

An image is a *parallelotope*, a cube in affine coordinates, iff its extreme points are the sums of one of
them with all subsets of d vectors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd
from typing import Any, NamedTuple

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from ...base.arrays import FloatArray, StateArray
from ...base.rationals import Point, homogeneous
from ...errors import InvalidInputError
from ...geometry.polytope import vertices
from ...network.network import Network

IntegerPoint = tuple[int, ...]  # (m + 1): a point of R^m times the last entry, without a common factor


@dataclass(frozen=True, eq=False)
class Image:
    """A polytope in the space of what the next layer sees.

    Attributes
    ----------
    points : frozenset of integer points
        Its extreme points.
    dim : int
        Its dimension.

    Examples
    --------
    >>> image = Image(frozenset([(0, 0, 1), (0, 4, 1), (2, 1, 1), (2, 5, 1)]), 2)
    >>> corner, edges = image.frame
    >>> [[int(v) for v in vector] for vector in (corner, *edges)]
    [[0, 0], [2, 1], [0, 4]]
    >>> [str(v) for v in image.coordinates([(Fraction(1), Fraction(1))])[0]]
    ['1/2', '1/8']
    """

    points: frozenset[IntegerPoint]
    dim: int

    @property
    def exact_vertices(self) -> list[Point]:
        """The extreme points as rationals, in lexicographic order."""
        return sorted(tuple(Fraction(v, point[-1]) for v in point[:-1]) for point in self.points)

    @property
    def vertices(self) -> FloatArray:
        """The extreme points, float64 (n, inputs of the next layer), each number rounded once."""
        return np.array([[float(v) for v in point] for point in self.exact_vertices])

    @cached_property
    def frame(self) -> tuple[Point, tuple[Point, ...]] | None:
        """Corner and edges if this is a parallelotope, else None.

        The corner is the lexicographically least vertex, and the edges descend lexicographically: where the
        next layer sees multiples of coordinates in order, the edges are in the order of these coordinates.
        """
        if len(self.points) != 1 << self.dim:
            return None
        corner, *_ = points = self.exact_vertices
        differences = [_add(point, corner, -1) for point in points]
        known, sums = set(differences), {differences[0]}
        edges: list[Point] = []
        # No difference is negative, lexicographically: the least one that is no sum of edges is an edge.
        for difference in differences:
            if difference not in sums:
                edges.append(difference)
                sums |= {_add(point, difference) for point in sums}
                if not sums <= known:
                    return None
        return corner, tuple(reversed(edges))

    def coordinates(self, points: Sequence[Point]) -> list[Point] | None:
        """Return coordinates in which this image is [0, 1]^dim, or None if a point lies off its plane.

        Raises
        ------
        InvalidInputError
            If this image is no parallelotope.
        """
        if self.frame is None:
            raise InvalidInputError("coordinates: this image is no parallelotope")
        corner, edges = self.frame
        if not edges:
            return [()] * len(points) if all(point == corner for point in points) else None
        E = fmpq_mat([[_flint(v) for v in row] for row in zip(*edges, strict=True)])
        B = fmpq_mat([[_flint(point[k] - v) for point in points] for k, v in enumerate(corner)])
        basis = pivots(E.transpose().rref()[0].tolist(), len(edges))
        left, right = E.tolist(), B.tolist()
        T = fmpq_mat([left[k] for k in basis]).solve(fmpq_mat([right[k] for k in basis]))
        if E * T != B:
            return None
        rows = [[Fraction(int(v.p), int(v.q)) for v in row] for row in T.tolist()]
        return list(zip(*rows, strict=True))


class MappedRegion(NamedTuple):
    """The image of one region, and how it lies there.

    Attributes
    ----------
    points : frozenset of integer vectors
        The extreme points.
    dim : int
    plane : integers
        The same for two maps iff their ranges are parallel.
    orientation : int
        1 or -1, by which maps into one plane compare; 0 if the map is not one-to-one.
    """

    points: frozenset[IntegerPoint]
    dim: int
    plane: IntegerPoint
    orientation: int


def map_region(network: Network, states: StateArray, corners: Sequence[Sequence[int]]) -> MappedRegion:
    """Map a region by the network's affine map on it; ``corners`` are its vertices, homogeneous."""
    _, rows = network.exact.forms(states)
    columns = [list(column) for column in zip(*rows[:-1], strict=True)][:-1]  # one for each coordinate of x
    echelon, scale, rank = fmpz_mat(columns).rref()
    basis = echelon.tolist()[:rank]
    places = pivots(basis, rank)
    entries = [int(v) for row in basis for v in row]
    divisor = gcd(int(scale), *entries) * (1 if scale > 0 else -1)
    orientation = 0
    if rank == len(columns):
        orientation = 1 if fmpz_mat([[column[k] for k in places] for column in columns]).det() > 0 else -1
    mapped = fmpz_mat(rows) * fmpz_mat([list(row) for row in zip(*corners, strict=True)])
    points = {_primitive(column) for column in zip(*mapped.tolist(), strict=True)}
    if orientation == 0:
        # In these coordinates the image has full dimension, and they tell its points apart.
        listed = sorted(points)
        flat = [tuple(Fraction(point[k], point[-1]) for k in places) for point in listed]
        points = {listed[k] for k in extreme_points(flat)}
    return MappedRegion(frozenset(points), rank, tuple(v // divisor for v in entries), orientation)


def extreme_points(points: Sequence[Point]) -> list[int]:
    """Return which of different points are extreme in their hull, which has full dimension.

    The facets of the hull are the vertices of its polar about the mean of the points. A point is extreme iff
    no other one lies in all the facets in which it lies.

    Examples
    --------
    >>> extreme_points([(Fraction(x), Fraction(y)) for x, y in [(0, 0), (2, 0), (1, 0), (0, 2), (1, 1)]])
    [0, 1, 3]
    """
    if len(points[0]) < 2:
        return sorted({points.index(min(points)), points.index(max(points))})
    mean = [sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True)]
    shifted = [[v - c for v, c in zip(point, mean, strict=True)] for point in points]
    facets = vertices([homogeneous(point) for point in shifted])  # 1 + x . facet >= 0
    lies_in = [
        {f for f, facet in enumerate(facets) if sum(a * v for a, v in zip(facet, point, strict=True)) == -1}
        for point in shifted
    ]
    others = [[other for j, other in enumerate(lies_in) if j != k] for k in range(len(points))]
    return [k for k, own in enumerate(lies_in) if not any(own <= other for other in others[k])]


def pivots(echelon: Sequence[Sequence[Any]], rank: int) -> list[int]:
    """Column of the first entry of each row of an echelon form that is not zero."""
    return [next(k for k, v in enumerate(row) if v != 0) for row in echelon[:rank]]


def _primitive(column: Sequence[Any]) -> IntegerPoint:
    numbers = [int(v) for v in column]
    divisor = gcd(*numbers)
    return tuple(v // divisor for v in numbers)


def _add(p: Point, q: Point, sign: int = 1) -> Point:
    return tuple(a + sign * b for a, b in zip(p, q, strict=True))


def _flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)
