"""What a sample says of a mean: the sample mean and its standard error.

Every number that is measured on random networks, lines or points is such a mean. Its error is that of the
central limit theorem; with fewer than some thirty samples, or heavy tails, the intervals are too short.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import FloatArray
from ..errors import InvalidInputError, short_repr


@dataclass(frozen=True)
class Estimate:
    """The mean of independent samples.

    Attributes
    ----------
    mean : float
    standard_error : float
        Standard deviation of the samples (with n - 1) over the root of n.
    n : int
        Number of samples.

    Examples
    --------
    >>> measured = estimate([1, 2, 3, 4])
    >>> print(measured)
    2.50 +- 0.65
    >>> measured.contains(3.0, 1), measured.contains(3.5, 1)
    (True, False)
    """

    mean: float
    standard_error: float
    n: int

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the interval that holds the true mean with the given probability, if n is large.

        Raises
        ------
        InvalidInputError
            If the level is not between 0 and 1.
        """
        reach = _normal_quantile(level) * self.standard_error
        return self.mean - reach, self.mean + reach

    def contains(self, value: float, sigmas: float) -> bool:
        """Whether the value is at most so many standard errors away from the mean."""
        return abs(value - self.mean) <= sigmas * self.standard_error

    def __str__(self) -> str:
        if not 1e-9 < self.standard_error < 1e9:  # and 0, and infinity
            return f"{self.mean:g} +- {self.standard_error:.2g}"
        # The error with two significant digits, the mean as far as that.
        places = max(0, 1 - math.floor(math.log10(self.standard_error)))
        return f"{self.mean:.{places}f} +- {self.standard_error:.{places}f}"


@dataclass(frozen=True, eq=False)
class CurveEstimate:
    """The means of independent samples of a curve, at each of its m places.

    The samples are the curves: what is said of one place holds for it alone, not for all at once.

    Attributes
    ----------
    mean, standard_error : float64 array (m,)
    n : int
        Number of curves.

    Examples
    --------
    >>> curve = estimate_curve([[0, 1], [2, 1], [4, 4]])
    >>> curve.mean, curve.n
    (array([2., 2.]), 3)
    >>> low, high = curve.interval(0.5)
    >>> low.round(2), high.round(2)
    (array([1.22, 1.33]), array([2.78, 2.67]))
    """

    mean: FloatArray
    standard_error: FloatArray
    n: int

    def interval(self, level: float = 0.95) -> tuple[FloatArray, FloatArray]:
        """Return both ends (m,) of the intervals of :meth:`Estimate.interval`."""
        reach = _normal_quantile(level) * self.standard_error
        return self.mean - reach, self.mean + reach


def estimate(samples: ArrayLike) -> Estimate:
    """Return the mean of samples (n,), with its standard error.

    Raises
    ------
    InvalidInputError
        If there are fewer than two samples, or one is not a finite number.
    """
    values = _samples(samples, 1)
    mean, error = _mean_and_error(values)
    return Estimate(float(mean), float(error), len(values))


def estimate_curve(samples: ArrayLike) -> CurveEstimate:
    """Return the means of curves (n, m) at each of m places, with their standard errors.

    Raises
    ------
    InvalidInputError
        If there are fewer than two curves, or one has a number that is not finite.
    """
    values = _samples(samples, 2)
    mean, error = _mean_and_error(values)
    return CurveEstimate(mean, error, len(values))


def _mean_and_error(values: FloatArray) -> tuple[Any, Any]:
    with np.errstate(over="ignore", invalid="ignore"):  # infinite beyond the range of float64
        return values.mean(axis=0), values.std(axis=0, ddof=1) / math.sqrt(len(values))


def _samples(samples: ArrayLike, ndim: int) -> FloatArray:
    shape = "(n,)" if ndim == 1 else "(n, m)"
    try:
        raw = np.asarray(samples)
    except ValueError as error:
        raise InvalidInputError(f"samples: expected numbers of shape {shape}, got ragged lists") from error
    if raw.dtype.kind not in "fiub" or raw.ndim != ndim:
        raise InvalidInputError(
            f"samples: expected numbers of shape {shape}, got shape {raw.shape}, dtype {raw.dtype}"
        )
    if len(raw) < 2:
        raise InvalidInputError(f"samples: a standard error needs at least 2, got {len(raw)}")
    values = raw.astype(np.float64)
    if not np.isfinite(values).all():
        where = tuple(np.argwhere(~np.isfinite(values))[0].tolist())
        raise InvalidInputError(f"samples: number {where} is {values[where]}; all must be finite")
    return values


def _normal_quantile(level: Any) -> float:
    number = isinstance(level, Real)
    if not number or not 0 < level < 1:
        raise InvalidInputError(f"level must be between 0 and 1, got {short_repr(level)}")
    return NormalDist().inv_cdf((1 + level) / 2)
