"""Means of samples, for JSON and as text. What float64 cannot hold is None, and so is what is not known."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .estimates import Estimate, estimate


def finite(value: float) -> float | None:
    """A number for JSON, which has no infinity."""
    return float(value) if math.isfinite(value) else None


def mean_of(values: ArrayLike) -> dict[str, Any]:
    """Mean, standard error, least and most of n samples.

    Examples
    --------
    >>> mean_of([1, 2, 3, 6])
    {'mean': 3.0, 'standard_error': 1.0801..., 'least': 1.0, 'most': 6.0, 'n': 4}
    >>> mean_of([5])["standard_error"] is mean_of([])["mean"] is None
    True
    """
    samples = np.asarray(values, dtype=np.float64)
    n = samples.size
    if n == 0 or not np.isfinite(samples).all():
        return {"mean": None, "standard_error": None, "least": None, "most": None, "n": n}
    with np.errstate(over="ignore", invalid="ignore"):
        mean, error = finite(samples.mean()), None
        if n > 1:
            error = finite(estimate(samples).standard_error)
    return {
        "mean": mean,
        "standard_error": error,
        "least": float(samples.min()),
        "most": float(samples.max()),
        "n": n,
    }


def mean_text(numbers: dict[str, Any], factor: float = 1.0) -> str:
    """A mean with its standard error, times a factor.

    Examples
    --------
    >>> mean_text(mean_of([1, 2, 3, 6])), mean_text(mean_of([1, 2, 3, 6]), 0.1), mean_text(mean_of([2.5]))
    ('3.0 +- 1.1', '0.30 +- 0.11', '2.5')
    """
    mean, error = numbers["mean"], numbers["standard_error"]
    if mean is None:
        return "not known"
    if error is None:
        return f"{mean * factor:.6g}"
    if error and not 1e-6 < error * factor < 1e12:  # too many digits to be read
        return f"{mean * factor:.6g} +- {error * factor:.2g}"
    return str(Estimate(mean * factor, error * factor, numbers["n"]))
