"""The arithmetic of error bounds: what float64 may lose, said once.

A computed sum of n products is within ``gamma(n) sum |a_k||b_k|`` of the exact one, in any order of
summation (N. J. Higham, *Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1), if nothing
underflows; an operation that underflows loses at most :data:`TINY` more, flushed to zero or not.

A bound is itself computed in float64, from non-negative terms. Summing n of them and the few operations on
each, it comes out at least ``(1 - U)^(n + 8)`` times the exact one, which is above ``1 - 2^-16`` for up to
2^36 terms. What is computed is therefore multiplied by :data:`INFLATE`, once for each step in which terms
are summed: ``(1 + 2^-10)(1 - 2^-16) > 1`` leaves room for second-order terms that a bound drops, too, such as
``n U / (1 - n U) - n U < 2^-17 n U`` for n below 2^36.
"""

from __future__ import annotations

from math import fsum, inf

from .arrays import FloatArray

#: Unit roundoff of float64.
U = 2.0**-53
#: What a computed bound is multiplied by, so that it is one in spite of its own rounding.
INFLATE = 1.0 + 2.0**-10
#: The smallest normal number: more than one operation can lose by underflow.
TINY = 2.0**-1022
#: float64 holds every whole number up to here.
WHOLE = 2.0**53


def gamma(n: int) -> float:
    """Higham's gamma_n: the relative error of n roundings.

    Examples
    --------
    >>> gamma(1) > U, gamma(1) < 2 * U
    (True, True)
    """
    return n * U / (1 - n * U)


def bounded_sum(values: FloatArray, errors: FloatArray) -> tuple[float, float]:
    """Sum numbers that are known up to errors, and tell how far the sum may be off.

    Parameters
    ----------
    values : float64 (n,)
        Not negative.
    errors : float64 (n,)

    Returns
    -------
    total, error : float
        Infinite beyond the range of float64.

    Examples
    --------
    >>> import numpy as np
    >>> total, error = bounded_sum(np.array([1.0, 2.0**-60]), np.array([0.0, 0.0]))
    >>> total, error >= 2.0**-60
    (1.0, True)
    """
    total = _rounded_sum(values)
    return total, _rounded_sum(errors) * INFLATE + U * total


def _rounded_sum(values: FloatArray) -> float:
    """The sum, rounded once."""
    try:
        return fsum(values.tolist())
    except OverflowError:
        return inf
