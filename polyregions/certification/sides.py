"""The sides of the domain of a result, read from the numbers of its box and its polytope alone."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from .polytopes import cell

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex
    from ..geometry.polytope_domain import Polytope
    from ..network.box import Box


def domain_rows(cx: RegionComplex) -> list[list[int]]:
    """The sides of the domain as rows >= 0: those of the box, then those of the polytope, if there is one."""
    rows = box_rows(cx.box)
    if cx.polytope is not None:
        for normal, bound in zip(cx.polytope.A.tolist(), cx.polytope.b.tolist(), strict=True):
            numbers = [*(-Fraction(a) for a in normal), Fraction(bound)]
            scale = max(v.denominator for v in numbers)  # powers of two
            rows.append([int(v * scale) for v in numbers])
    return rows


def is_within(polytope: Polytope | None, box: Box) -> bool:
    """Whether rows of a polytope are such as cut the box."""
    if polytope is None:
        return True
    A, b, own = polytope.A, polytope.b, polytope.box
    same = np.array_equal(own.lower, box.lower) and np.array_equal(own.upper, box.upper)
    return bool(same and A.shape == (b.size, own.lower.size) and np.isfinite([*A.ravel(), *b]).all())


def box_rows(box: Box) -> list[list[int]]:
    """The sides of a box as rows >= 0: side 2 j is the lower one of dimension j, 2 j + 1 the upper."""
    ends = zip(box.lower.tolist(), box.upper.tolist(), strict=True)
    return [row for j, (a, b) in enumerate(ends) for row in between(box.dim, j, Fraction(a), Fraction(b))]


def between(dim: int, j: int, low: Fraction, high: Fraction) -> list[list[int]]:
    """The rows ``x_j - low`` and ``high - x_j``, times the denominators."""
    rows = [[0] * (dim + 1) for _ in range(2)]
    for row, sign, end in zip(rows, (1, -1), (low, high), strict=True):
        row[j], row[-1] = sign * end.denominator, -sign * end.numerator
    return rows


def volume(cx: RegionComplex) -> Fraction:
    """The exact volume of the domain.

    Raises
    ------
    TooLargeError
        If it is a polytope of too many corners.
    """
    if cx.polytope is None:
        ends = zip(cx.box.lower.tolist(), cx.box.upper.tolist(), strict=True)
        return prod((Fraction(b) - Fraction(a) for a, b in ends), start=Fraction(1))
    exact = cell([row for row in domain_rows(cx) if any(row[:-1])]).volume()
    return Fraction(int(exact.p), int(exact.q))
