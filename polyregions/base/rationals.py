"""Rational numbers: float64 as the dyadic rationals that they are, integer rows, homogeneous points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import Any

import numpy as np
from flint import fmpz
from numpy.typing import ArrayLike

from .arrays import FloatArray

#: Rows ``row . (x, 1) >= 0``, each of d + 1 integers.
IntegerRows = list[list[Any]]
#: A rational point (d,).
Point = tuple[Fraction, ...]


def dyadic(values: ArrayLike) -> tuple[list[int], int]:
    """Return integers n_i and one exponent e >= 0 with ``values[i] = n_i / 2**e`` exactly.

    Examples
    --------
    >>> dyadic([0.75, -2.0])
    ([3, -8], 2)
    """
    array = np.asarray(values, dtype=np.float64).ravel()
    if array.size < 32:
        ratios = [value.as_integer_ratio() for value in array.tolist()]
        shift = max((q.bit_length() for _, q in ratios), default=1) - 1
        return [n << (shift + 1 - q.bit_length()) for n, q in ratios], shift
    mantissas, exponents = np.frexp(array)
    integers = np.ldexp(mantissas, 53).astype(np.int64)
    # Trailing zero bits are dropped first: small numbers stay small integers.
    zeros = np.frexp((integers & -integers).astype(np.float64))[1].astype(np.int64) - 1
    zeros = np.maximum(zeros, 0)
    odd, powers = integers >> zeros, np.where(integers != 0, exponents - 53 + zeros, 0)
    shift = max(0, -int(powers.min(initial=0)))
    powers += shift
    if (np.frexp(odd.astype(np.float64))[1] + powers).max(initial=0) < 63:
        return (odd << powers).tolist(), shift
    return [n << p for n, p in zip(odd.tolist(), powers.tolist(), strict=True)], shift


def common_integers(*lists: Sequence[float | Fraction]) -> tuple[list[list[int]], int]:
    """Return lists of dyadic rationals times the least power of two that makes them whole, and that power.

    Examples
    --------
    >>> common_integers([0.75, 2.0], [Fraction(1, 2)])
    ([[3, 8], [2]], 4)
    """
    ratios = [[value.as_integer_ratio() for value in values] for values in lists]
    scale = max((q for part in ratios for _, q in part), default=1)
    return [[p * (scale // q) for p, q in part] for part in ratios], scale


def round_fraction(numerator: Any, denominator: Any) -> float:
    """Return numerator / denominator rounded once to the nearest float64, infinite beyond its range."""
    try:
        return int(numerator) / int(denominator)
    except OverflowError:
        return math.inf if numerator > 0 else -math.inf  # denominators are positive


def round_root(square: Fraction) -> float:
    """Return the square root of a rational number rounded once to the nearest float64.

    Examples
    --------
    >>> round_root(Fraction(2)), round_root(Fraction(1, 9)), round_root(Fraction(10) ** 700)
    (1.4142135623730951, 0.3333333333333333, inf)
    """
    p, q = square.numerator, square.denominator
    # The root has 70 bits, and one more that says that it is not exact: then it rounds as the true one.
    shift = 70 - (p.bit_length() - q.bit_length()) // 2
    p, q = (p << 2 * shift, q) if shift >= 0 else (p, q << -2 * shift)
    root = math.isqrt(p // q)
    root = 2 * root + (root * root * q != p)
    return round_fraction(root << max(0, -shift - 1), 1 << max(0, shift + 1))


def round_nonzero(value: Fraction) -> float:
    """Return the nearest float64, but never 0 for another number, and infinite beyond the range."""
    sign = 1.0 if value > 0 else -1.0
    try:
        return float(value) or (sign * 5e-324 if value else 0.0)
    except OverflowError:
        return sign * float("inf")


def round_nonzero_fraction(numerator: int, denominator: int) -> float:
    """Return numerator / denominator rounded once, but never 0 for another number; infinite beyond the range.

    Examples
    --------
    >>> round_nonzero_fraction(1, 3), round_nonzero_fraction(-1, 1 << 2000), round_nonzero_fraction(0, 7)
    (0.3333333333333333, -5e-324, 0.0)
    """
    smallest = 5e-324 if numerator > 0 else -5e-324 if numerator else 0.0
    return round_fraction(numerator, denominator) or smallest


def rational_point(x: Sequence[Fraction] | FloatArray) -> list[Any]:
    """Return homogeneous integer coordinates (d + 1) of a point; the last one is positive."""
    if isinstance(x, np.ndarray):
        integers, exponent = dyadic(x)
        return [fmpz(n) for n in integers] + [fmpz(1 << exponent)]
    denominator = 1
    for value in x:
        denominator = denominator * value.denominator // gcd(denominator, value.denominator)
    return [fmpz(int(value * denominator)) for value in x] + [fmpz(denominator)]


def homogeneous(point: Sequence[Fraction]) -> list[int]:
    """Return the least integers proportional to ``(point, 1)``; the last one is positive."""
    q = lcm(*(v.denominator for v in point))
    return [int(v * q) for v in point] + [q]


def primitive(vector: list[int]) -> list[int]:
    """Divide whole numbers by their greatest common divisor."""
    divisor = gcd(*vector)
    return [v // divisor for v in vector]
