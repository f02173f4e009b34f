"""A bounded polytope in which regions are enumerated, exact for the float64 numbers as given."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base.arrays import FloatArray
from ..base.rationals import IntegerRows, Point, dyadic, homogeneous, round_fraction
from ..base.rounding import INFLATE, TINY, U
from ..errors import InvalidInputError, InvalidPolytopeError, TooLargeError, counted
from ..network.box import Box, box_rows
from ..network.numbers import float_array
from . import polytope, volumes
from .halfspaces import bounding_box, distinct_planes, facet_planes, rounded_up, strict_point

#: A cross-polytope may have so many dimensions: it has 2^12 rows then.
MOST_SIGNS = 12


class Corner(NamedTuple):
    """A vertex of a domain.

    Attributes
    ----------
    point : tuple of int (d + 1,)
        Homogeneous coordinates without a common divisor; the last one is positive.
    sides : tuple of int
        All of ``facet_sides`` that hold it, ascending: d of them, or more.
    """

    point: tuple[int, ...]
    sides: tuple[int, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Polytope:
    """A closed, bounded, full-dimensional polytope ``{x in box : A x <= b}``, exact for the numbers as given.

    Rows may be redundant: repeated, scaled, implied by others or touching a vertex or an edge only.

    Parameters
    ----------
    A : array_like (m, d)
    b : array_like (m,)
    box : Box, optional
        What it is cut out of. If it is not given it is the least box around ``A x <= b``, each bound rounded
        outwards to the nearest float64.

    Attributes
    ----------
    A, b : float64 (m, d), (m,)
    box : Box
    facet_sides : tuple of int
        The sides on which its facets lie, ascending; of several sides in one hyperplane the first. Side 2 j
        is the lower one of dimension j of the box, 2 j + 1 the upper one, and 2 d + k row k of ``A``.
    interior : tuple of Fraction (d,)
        A point strictly inside.

    Raises
    ------
    InvalidPolytopeError
        If A and b are no finite numbers of fitting shapes, if no box is given and the rows bound none, or if
        no point satisfies the rows (it is empty), or none strictly (it is flat).
    InvalidInputError
        If ``box`` is no Box.

    Examples
    --------
    >>> triangle = Polytope([[1, 1]], [1], box=Box([0, 0], [2, 2]))
    >>> triangle.facet_sides, triangle.volume      # x >= 0, y >= 0 and the row; the upper sides are redundant
    ((0, 2, 4), 0.5)
    >>> Polytope([[-1, 0], [0, -1], [1, 3]], [0, 0, 1]).box
    Box([0.0, 0.0], [1.0, 0.33333333333333337])
    >>> Polytope([[1, 0], [-1, 0]], [0, 0], box=Box.cube(2, -1, 1))
    Traceback (most recent call last):
    polyregions.errors.InvalidPolytopeError: polytope: it is flat: its rows hold together only with equality
    """

    A: FloatArray
    b: FloatArray
    box: Box
    facet_sides: tuple[int, ...]
    interior: tuple[Fraction, ...]

    def __init__(self, A: ArrayLike, b: ArrayLike, box: Box | None = None) -> None:
        normals = float_array("polytope: A", A, 2, InvalidPolytopeError)
        bounds = float_array("polytope: b", b, 1, InvalidPolytopeError)
        m, d = normals.shape
        if bounds.size != m or d == 0:
            raise InvalidPolytopeError(
                f"polytope: A has {counted(m, 'row')} of {counted(d, 'coefficient')} and b "
                f"{counted(bounds.size, 'entry', 'entries')}; need (m, d) with d >= 1, and (m,)"
            )
        if box is not None and not isinstance(box, Box):
            raise InvalidInputError(f"polytope: box: expected a Box, got {type(box).__name__}")
        if box is not None and box.dim != d:
            raise InvalidPolytopeError(
                f"polytope: its rows have {counted(d, 'coefficient')}, the box has {box.dim}"
            )
        rows = _integer_rows(normals, bounds)
        own = bounding_box(distinct_planes(rows), d) if box is None else box
        planes = distinct_planes([*box_rows(own), *rows])
        ends = zip(own.lower.tolist(), own.upper.tolist(), strict=True)
        interior = strict_point(list(planes), [(Fraction(low) + Fraction(high)) / 2 for low, high in ends])
        numbers = list(planes.values())
        sides = tuple(numbers[k] for k in facet_planes(list(planes), interior))
        values = normals, bounds, own, sides, tuple(interior)
        for name, value in zip(("A", "b", "box", "facet_sides", "interior"), values, strict=True):
            object.__setattr__(self, name, value)

    @classmethod
    def simplex(cls, dim: int, size: float = 1.0) -> Polytope:
        """Return the simplex of all x >= 0 with ``x_1 + ... + x_d <= size``.

        Examples
        --------
        >>> Polytope.simplex(3).exact_volume
        Fraction(1, 6)
        """
        box = Box.cube(dim, 0.0, size)
        return cls(np.ones((1, dim)), [size], box)

    @classmethod
    def cross(cls, centre: ArrayLike, radius: float) -> Polytope:
        """Return the cross-polytope of all x with ``|x_1 - c_1| + ... + |x_d - c_d| <= radius``.

        Where the bounds of its 2^d rows are no float64 they are rounded up, so that nothing is missing.

        Examples
        --------
        >>> Polytope.cross([0, 0, 0], 1).exact_volume
        Fraction(4, 3)
        """
        c = float_array("centre", centre, 1, InvalidPolytopeError)
        if c.size > MOST_SIGNS:
            raise TooLargeError(f"a cross-polytope in {c.size} dimensions has 2^{c.size} rows, too many")
        signs = np.where(np.arange(2**c.size)[:, None] >> np.arange(c.size) & 1, 1.0, -1.0)
        return _around(signs, c, radius, [Fraction(1)] * len(signs))

    @classmethod
    def around_ball(cls, centre: ArrayLike, radius: float, sides: int | ArrayLike = 16) -> Polytope:
        """Return a polytope around a ball (d = 2: a disc), whose sides touch it but for rounding.

        Parameters
        ----------
        centre : array_like (d,)
        radius : float
        sides : int or array_like (n, d)
            The normals of the sides, of any length; for d = 2 also the number of sides of a regular polygon.

        Returns
        -------
        Polytope
            Each bound is rounded up: it is proven to hold the whole ball.

        Examples
        --------
        >>> octagon = Polytope.around_ball([1, 0], 0.5, sides=8)
        >>> len(octagon.facet_sides), octagon.volume > 0.25 * 3.14159
        (8, True)
        """
        c = float_array("centre", centre, 1, InvalidPolytopeError)
        normals = sides if not isinstance(sides, int | np.integer) else _directions(int(sides), c.size)
        A = float_array("sides", normals, 2, InvalidPolytopeError)
        if A.shape[1] != c.size:
            raise InvalidPolytopeError(
                f"sides: their normals have {counted(A.shape[1], 'entry', 'entries')}, the centre {c.size}"
            )
        return _around(A, c, radius, [_length_above(row) for row in A.tolist()])

    @classmethod
    def from_vnnlib(cls, path: str | Path, index: int | None = None) -> Polytope:
        """Return what a VNN-LIB file says of the inputs: their bounds, and linear constraints between them.

        Parameters
        ----------
        path : str or Path
            Of version 1. Decimal numbers are read as the nearest float64.
        index : int
            Which case, from 0 on, if the file has several.

        Raises
        ------
        InvalidPolytopeError
            If the case is empty or flat.
        InvalidBoxError
            If an input is fixed.
        InvalidInputError
            If there are several cases and no index, or there is no such case.
        FileFormatError
            If it is no such file.
        """
        from ..network.vnnlib import choose, read_cases

        lower, upper, A, b = choose(path, read_cases(path), index)
        try:
            return cls(A, b, Box(lower, upper))
        except InvalidInputError as error:
            raise type(error)(f"{path}: {error}") from error

    @property
    def dim(self) -> int:
        """Number of dimensions d."""
        return self.box.dim

    @property
    def n_sides(self) -> int:
        """Number of sides, those of the box and the rows of A, whether or not a facet lies there."""
        return 2 * self.dim + len(self.b)

    @property
    def is_box(self) -> bool:
        """Whether it is its box: every row of A is redundant."""
        return self.facet_sides == tuple(range(2 * self.dim))

    @cached_property
    def corners(self) -> list[Corner]:
        """The vertices, sorted by their coordinates.

        Raises
        ------
        TooLargeError
            If there are more than 2^16.
        """
        found = polytope.corners([self.rows[side] for side in self.facet_sides])
        corners = [
            Corner(tuple(point), tuple(self.facet_sides[k] for k in polytope.bits(on))) for point, on in found
        ]
        return sorted(corners, key=lambda corner: [Fraction(v, corner.point[-1]) for v in corner.point])

    @property
    def exact_vertices(self) -> list[Point]:
        """The vertices as rational points, sorted by their coordinates."""
        return [tuple(Fraction(v, c.point[-1]) for v in c.point[:-1]) for c in self.corners]

    @property
    def vertices(self) -> FloatArray:
        """The vertices, float64 (n, d), each coordinate rounded once from the exact rational."""
        return np.array([[float(v) for v in point] for point in self.exact_vertices])

    @cached_property
    def exact_volume(self) -> Fraction:
        """Volume (length, area, ...) as a rational number."""
        return volumes.exact_volume(self.exact_vertices, [self.rows[side] for side in self.facet_sides])

    @property
    def volume(self) -> float:
        """Volume in float64: the exact one rounded once, infinite beyond its range."""
        return round_fraction(self.exact_volume.numerator, self.exact_volume.denominator)

    def halfspaces(self) -> tuple[FloatArray, FloatArray]:
        """Return ``(A, b)`` of shapes (n_sides, d) and (n_sides,): one row for each side, in their order."""
        A, b = self.box.halfspaces()
        return np.concatenate([A, self.A]), np.concatenate([b, self.b])

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Whether each of the points (n, d) lies in the closed polytope; exact; shape (n,)."""
        inside = self.box.contains(points)
        x = np.atleast_2d(np.asarray(points, dtype=np.float64))
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            value, size = x @ self.A.T - self.b, np.abs(x) @ np.abs(self.A).T + np.abs(self.b)
            error = ((self.dim + 4) * U * size + (self.dim + 1) * TINY) * INFLATE
            inside &= ~(value > error).any(axis=1)
            # Written so that NaN is open.
            doubtful = np.flatnonzero(inside & ~(value < -error).all(axis=1))
        for i in doubtful.tolist():
            point = homogeneous([Fraction(v) for v in x[i].tolist()])
            inside[i] = all(
                sum(a * v for a, v in zip(row, point, strict=True)) >= 0 for row in self.rows[2 * self.dim :]
            )
        return inside

    @cached_property
    def rows(self) -> IntegerRows:
        """Integer rows ``row . (x, 1) >= 0`` of all sides, by their numbers."""
        return [*box_rows(self.box), *_integer_rows(self.A, self.b)]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Polytope):
            return NotImplemented
        return self.box == other.box and self._key == other._key

    def __hash__(self) -> int:
        return hash((self.box, self._key))

    @property
    def _key(self) -> tuple[bytes, bytes]:
        return self.A.tobytes(), self.b.tobytes()

    def __repr__(self) -> str:
        lower, upper = self.box.lower.tolist(), self.box.upper.tolist()
        return f"Polytope({counted(len(self.b), 'row')} in {lower} to {upper})"


def _integer_rows(A: FloatArray, b: FloatArray) -> IntegerRows:
    """Integer rows ``row . (x, 1) >= 0`` of A and b."""
    return [[-v for v in n[:-1]] + [n[-1]] for n, _ in map(dyadic, np.column_stack([A, b]))]


def _directions(sides: int, d: int) -> FloatArray:
    """Normals of a regular polygon, the first along the first axis."""
    if d != 2 or sides < 3:
        raise InvalidPolytopeError(
            f"sides: a number of them, 3 or more, is for two dimensions; got {sides} for {d}: give normals"
        )
    angles = 2 * np.pi * np.arange(sides) / sides
    return np.column_stack([np.cos(angles), np.sin(angles)])


def _length_above(row: list[float]) -> Fraction:
    """No less than the length of a vector, and hardly more."""
    n, e = dyadic(row)
    square = sum(v * v for v in n) << 128
    return Fraction(isqrt(square) + 1, 1 << (e + 64))


def _around(A: FloatArray, centre: FloatArray, radius: float, lengths: list[Fraction]) -> Polytope:
    """The polytope with the normals A whose sides are ``radius`` lengths away from the centre, or farther."""
    r = float_array("radius", radius, 0, InvalidPolytopeError)
    if not r > 0:
        raise InvalidPolytopeError(f"radius: it must be positive, got {float(r)!r}")
    middle, reach = [Fraction(v) for v in centre.tolist()], Fraction(float(r))
    b: list[Any] = []
    for row, length in zip(A.tolist(), lengths, strict=True):
        at = sum((Fraction(a) * c for a, c in zip(row, middle, strict=True)), Fraction(0))
        b.append(rounded_up(at + reach * length))
    return Polytope(A, b)
