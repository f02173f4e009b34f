"""What ``things[i]`` asks for, where things are numbered from 0."""

from __future__ import annotations

from operator import index

from ..errors import InvalidInputError, short_repr


def numbers(noun: str, i: int | slice, n: int) -> int | range:
    """Return what ``things[i]`` asks for of n things: a number from 0, or the numbers of a slice.

    Raises
    ------
    IndexError
        If there is no such thing.
    InvalidInputError
        If it is no whole number, nor a slice of them.

    Examples
    --------
    >>> numbers("region", -1, 4), numbers("region", slice(1, None), 4)
    (3, range(1, 4))
    """
    try:
        if isinstance(i, slice):
            return range(n)[i]
        number = index(i)
    except (TypeError, ValueError) as error:
        raise InvalidInputError(
            f"{noun} {short_repr(i)}: they are numbered by whole numbers from 0; {error}"
        ) from error
    if not -n <= number < n:
        raise IndexError(f"{noun} {number}: there are {n}")
    return number % n
