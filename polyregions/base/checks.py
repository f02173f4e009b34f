"""Parameters that must be numbers: whole ones, positive ones, lists of them; or an error that names them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

from ..errors import InvalidInputError, short_repr


def check_whole(name: str, value: Any, least: int = 1, most: int | None = None) -> int:
    """Return a whole number as Python's int: numpy's would overflow.

    Raises
    ------
    InvalidInputError
        If it is not whole, too small, or too large.

    Examples
    --------
    >>> check_whole("depth", 3)
    3
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or value < least or not _up_to(value, most):
        limits = f"at least {least}" if most is None else f"{least} to {most}"
        raise InvalidInputError(f"{name} must be a whole number, {limits}, got {short_repr(value)}")
    return int(value)


def _up_to(value: Integral, most: int | None) -> bool:
    return most is None or int(value) <= most


def check_whole_numbers(name: str, values: Sequence[int]) -> list[int]:
    """Return a list of whole numbers, each at least 1.

    Raises
    ------
    InvalidInputError
        If it is no list, empty, or has another entry.
    """
    try:
        numbers = list(values)
    except TypeError as error:
        raise InvalidInputError(f"{name}: expected a list, got {short_repr(values)}") from error
    if not numbers:
        raise InvalidInputError(f"{name}: give at least one number")
    return [check_whole(f"{name}[{i}]", value) for i, value in enumerate(numbers)]


def check_number(name: str, value: Any, *, zero: bool = False) -> float:
    """Return a positive number, or 0 where that is allowed, as Python's float.

    Raises
    ------
    InvalidInputError
        If it is no number, not finite, or too small.
    """
    number = isinstance(value, Real) and not isinstance(value, bool)
    if not number or not (0 < value < math.inf or (zero and value == 0)):
        least = "at least" if zero else "above"
        raise InvalidInputError(f"{name} must be a finite number {least} 0, got {short_repr(value)}")
    return float(value)
