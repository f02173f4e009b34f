"""Sides and corners of a domain in the coordinates t in which its box is [-1, 1]^d, in float64 with bounds.

Where layers are scaled to whole numbers (:mod:`polyregions.geometry.signs`), so are these, as far as they are
below 2^53: forms without an error, and corners as homogeneous coordinates without a radius.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ..base.arrays import FloatArray
from ..base.rationals import common_integers, homogeneous, primitive, round_fraction
from ..base.rounding import INFLATE, TINY, WHOLE, U
from ..network.box import Box
from .domain import Domain, box_of, side_rows
from .polytope_domain import Polytope


class RecentredSides(NamedTuple):
    """The forms ``forms[:, :d] . t + forms[:, d] >= 0`` of all sides.

    Attributes
    ----------
    forms : float64 (sides, d + 1)
    errors : float64 (sides,)
        How far each may be off at every point of the box.
    """

    forms: FloatArray
    errors: FloatArray


class RecentredCorners(NamedTuple):
    """The corners, in the order of :func:`polyregions.geometry.domain.corners`.

    Attributes
    ----------
    points : float64 (corners, d + 1)
        Homogeneous coordinates.
    radii : float64 (corners,)
        How far the true coordinates may be from them.
    """

    points: FloatArray
    radii: FloatArray


def recentred_sides(domain: Domain, whole: bool = False) -> RecentredSides:
    """The forms of all sides.

    Examples
    --------
    >>> from polyregions import Box, Polytope
    >>> recentred_sides(Polytope([[1, 1]], [3], box=Box([0, 0], [2, 2]))).forms[4].tolist()
    [-0.5, -0.5, 0.5]
    """
    d = domain.dim
    forms, errors = np.zeros((2 * d, d + 1)), np.zeros(2 * d)
    forms[0::2, :d], forms[1::2, :d] = np.eye(d), -np.eye(d)
    forms[:, d] = 1.0
    if not isinstance(domain, Polytope):
        return RecentredSides(forms, errors)
    middle, half = _middle_and_half(domain)
    own = []
    for row in side_rows(domain)[2 * d :]:
        constant = row[-1] + sum((a * m for a, m in zip(row[:-1], middle, strict=True)), Fraction(0))
        own.append([*(a * h for a, h in zip(row[:-1], half, strict=True)), constant])
    rounded = [_rounded_form(row, whole) for row in own]
    return RecentredSides(
        np.array([*forms.tolist(), *(form for form, _ in rounded)]),
        np.array([*errors.tolist(), *(error for _, error in rounded)]),
    )


def recentred_corners(domain: Domain, whole: bool = False) -> RecentredCorners:
    """The corners.

    Examples
    --------
    >>> from polyregions import Box, Polytope
    >>> recentred_corners(Polytope([[1, 1]], [3], box=Box([0, 0], [4, 4]))).points.tolist()
    [[-1.0, -1.0, 1.0], [-1.0, 0.5, 1.0], [0.5, -1.0, 1.0]]
    """
    d = domain.dim
    if not isinstance(domain, Polytope) or domain.is_box:
        corners = np.arange(2**d)[:, None]
        signs = np.where(corners >> np.arange(d) & 1, 1.0, -1.0)
        return RecentredCorners(np.column_stack([signs, np.ones(2**d)]), np.zeros(2**d))
    middle, half = _middle_and_half(domain)
    points, radii = [], []
    for vertex in domain.exact_vertices:
        t = [(v - m) / h for v, m, h in zip(vertex, middle, half, strict=True)]
        whole_point = homogeneous(t)
        point = [round_fraction(v.numerator, v.denominator) for v in t] + [1.0]
        exact = all(Fraction(p) == v for p, v in zip(point, t, strict=False))
        if whole and max(map(abs, whole_point)) < WHOLE:
            point, exact = [float(v) for v in whole_point], True
        elif whole:
            exact = False
        points.append(point)
        radii.append(0.0 if exact else U)
    return RecentredCorners(np.array(points), np.array(radii))


def rounding_of_points(box: Box) -> float:
    """How far a point of a box may be from its coordinates t once it is rounded to float64, or more."""
    middle, half = box.lower / 2 + box.upper / 2, box.upper / 2 - box.lower / 2
    with np.errstate(divide="ignore"):
        moved = 4 * 2.0**-53 * (1 + (np.abs(middle) + 2.0**-1000) / half)
    return float(moved.max()) + 2.0 ** (box.dim - 50)


def _middle_and_half(domain: Domain) -> tuple[list[Fraction], list[Fraction]]:
    """Middle of the box and half its side, in each dimension."""
    box = box_of(domain)
    ends = [(Fraction(a), Fraction(b)) for a, b in zip(box.lower.tolist(), box.upper.tolist(), strict=True)]
    return [(a + b) / 2 for a, b in ends], [(b - a) / 2 for a, b in ends]


def _rounded_form(row: list[Fraction], whole: bool) -> tuple[list[float], float]:
    """A multiple of a form in float64, and how far it may be off on the box."""
    if not any(row):
        return [0.0] * len(row), 0.0
    (numbers,), _ = common_integers(row)
    numbers = primitive(numbers)
    largest = max(map(abs, numbers))
    if largest < WHOLE and whole:
        return [float(v) for v in numbers], 0.0
    scale = 1 << largest.bit_length()
    form = [round_fraction(v, scale) for v in numbers]
    # Among whole numbers, no fraction may count as exact.
    exact = not whole and all(Fraction(f) * scale == v for f, v in zip(form, numbers, strict=True))
    size = sum(map(abs, form))
    return form, 0.0 if exact else (U * size + len(form) * TINY) * INFLATE
