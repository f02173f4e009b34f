"""What half-spaces ``row . (x, 1) >= 0`` make: whether it is bounded, empty or flat, and its facets."""

from __future__ import annotations

from fractions import Fraction
from math import inf, isfinite, nextafter

import numpy as np

from ..base.rationals import IntegerRows, primitive, round_fraction
from ..errors import InvalidPolytopeError
from ..network.box import Box
from . import polytope
from .integer_simplex import IntegerDictionary, deepest_point, positive_at

#: Up to so many dimensions all corners are found sooner than linear programs are solved.
FEW_DIMENSIONS = 4


def distinct_planes(rows: IntegerRows) -> dict[tuple[int, ...], int]:
    """The hyperplanes of the rows, each once as a primitive row, and the first row that lies there."""
    planes: dict[tuple[int, ...], int] = {}
    for k, row in enumerate(rows):
        if any(row[:-1]):
            planes.setdefault(tuple(primitive(row)), k)
        elif row[-1] < 0:
            raise InvalidPolytopeError("polytope: it is empty: a row of zeros has a negative bound")
    return planes


def strict_point(planes: list[tuple[int, ...]], start: list[Fraction]) -> list[Fraction]:
    """A point strictly inside."""
    if positive_at(planes, start):
        return start
    depth, point = deepest_point(planes, start)
    if depth < 0:
        raise InvalidPolytopeError("polytope: it is empty: no point satisfies all rows")
    if depth == 0:
        raise InvalidPolytopeError("polytope: it is flat: its rows hold together only with equality")
    return point


def facet_planes(planes: list[tuple[int, ...]], interior: list[Fraction]) -> list[int]:
    """Which of the hyperplanes, no two of them the same, hold facets."""
    if len(interior) > FEW_DIMENSIONS:
        dictionary = IntegerDictionary(planes, interior)
        return [k for k in range(len(planes)) if dictionary.is_facet(k)]
    holds = [0] * len(planes)
    for number, (_, on) in enumerate(polytope.corners([list(row) for row in planes])):
        for k in polytope.bits(on):
            holds[k] |= 1 << number
    # Every other face lies in a facet, and has fewer corners.
    return [
        k
        for k, own in enumerate(holds)
        if own and not any(own & ~other == 0 and own != other for other in holds)
    ]


def bounding_box(planes: dict[tuple[int, ...], int], d: int) -> Box:
    """The least box around the rows, rounded outwards."""
    origin = [Fraction(0)] * d
    # The directions in which it is unbounded are those of the same rows with bound 1, which hold 0.
    reach = _extremes([(*row[:-1], 1) for row in planes], origin, d)
    for j, ends in enumerate(reach):
        for end, word in zip(ends, ("lower", "upper"), strict=True):
            if end is None:
                raise InvalidPolytopeError(
                    f"polytope: it is unbounded: its rows give x_{j}, counted from 0, no {word} bound; "
                    "give a box"
                )
    lower, upper = [], []
    for low, high in _extremes(list(planes), strict_point(list(planes), origin), d):
        assert low is not None
        assert high is not None
        lower.append(0.0 - rounded_up(-low))  # never -0
        upper.append(rounded_up(high))
    if not np.isfinite([*lower, *upper]).all():
        raise InvalidPolytopeError("polytope: it reaches beyond the range of float64")
    return Box(lower, upper)


def _extremes(
    planes: list[tuple[int, ...]], interior: list[Fraction], d: int
) -> list[tuple[Fraction | None, Fraction | None]]:
    """The least and the largest value of each coordinate, None where there is none."""
    try:
        dictionary = IntegerDictionary(planes, interior)
    except ValueError as error:
        raise InvalidPolytopeError(
            "polytope: it is unbounded: it holds whole lines, on which no row changes; give a box"
        ) from error
    return [(dictionary.extreme(j, -1), dictionary.extreme(j, 1)) for j in range(d)]


def rounded_up(value: Fraction) -> float:
    """The least float64 that is no smaller; infinite beyond the range.

    Examples
    --------
    >>> rounded_up(Fraction(1, 3)) > Fraction(1, 3), rounded_up(-Fraction(10) ** 400)
    (True, -inf)
    """
    near = round_fraction(value.numerator, value.denominator)
    return nextafter(near, inf) if isfinite(near) and Fraction(near) < value else near
