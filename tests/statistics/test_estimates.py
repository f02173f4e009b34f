"""Means and standard errors, against rational arithmetic and against the law they are made for."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from support.chance import SIGMAS

from polyregions.errors import InvalidInputError
from polyregions.statistics.estimates import Estimate, estimate, estimate_curve


def test_mean_and_standard_error() -> None:
    samples = [3, 1, 4, 1, 5, 9, 2, 6]
    mean = Fraction(sum(samples), len(samples))
    variance = sum((value - mean) ** 2 for value in samples) / (len(samples) - 1)
    measured = estimate(samples)
    assert measured.mean == float(mean)
    assert measured.standard_error == pytest.approx(math.sqrt(variance / len(samples)), rel=1e-14)
    assert measured.n == 8
    assert estimate(np.array(samples, dtype=bool)).mean == 1.0


def test_the_interval_is_the_normal_one() -> None:
    measured = Estimate(10.0, 2.0, 50)
    low, high = measured.interval()
    # The quantile of 97.5 %, as every table has it.
    assert (low + high) / 2 == pytest.approx(10)
    assert (high - low) / 4 == pytest.approx(1.959964, abs=1e-6)
    assert measured.interval(0.6826894921)[1] == pytest.approx(12, abs=1e-8)


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(3000):
        low, high = estimate(rng.exponential(2.0, 400)).interval(0.8)
        covered += low <= 2.0 <= high
    # Binomial; the skewness of the law costs less than 0.3 % at n = 400.
    assert abs(covered / 3000 - 0.8) <= SIGMAS * math.sqrt(0.8 * 0.2 / 3000) + 0.003


def test_contains() -> None:
    measured = Estimate(1.0, 0.25, 9)
    assert measured.contains(1.5, 2)
    assert measured.contains(0.5, 2)
    assert not measured.contains(1.5, 1.9)
    assert not measured.contains(0.5, 1.9)


@pytest.mark.parametrize(
    ("mean", "error", "text"),
    [
        (15.4519, 0.0213, "15.452 +- 0.021"),
        (15.4519, 2.13, "15.5 +- 2.1"),
        (1234.5, 213.0, "1234 +- 213"),
        (-0.00123456, 0.000012, "-0.001235 +- 0.000012"),
        (3.0, 0.0, "3 +- 0"),
    ],
)
def test_text(mean: float, error: float, text: str) -> None:
    assert str(Estimate(mean, error, 5)) == text


def test_a_curve_is_an_estimate_at_each_place() -> None:
    samples = np.random.default_rng(0).normal(size=(20, 3)) * [1, 2, 3]
    curve = estimate_curve(samples)
    low, high = curve.interval(0.9)
    assert curve.n == 20
    for j in range(3):
        single = estimate(samples[:, j])
        assert curve.mean[j] == pytest.approx(single.mean, rel=1e-13)
        assert curve.standard_error[j] == pytest.approx(single.standard_error, rel=1e-13)
        assert (low[j], high[j]) == pytest.approx(single.interval(0.9), rel=1e-12)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([], "at least 2, got 0"),
        ([1.0], "at least 2, got 1"),
        ([1.0, math.nan], r"number \(1,\) is nan"),
        ([1.0, math.inf], "must be finite"),
        ([[1.0, 2.0], [3.0, 4.0]], r"shape \(n,\), got shape \(2, 2\)"),
        ([[1.0], [3.0, 4.0]], "ragged"),
        (["a", "b"], "expected numbers"),
        ([1j, 2j], "expected numbers"),
    ],
)
def test_samples_that_cannot_be_used(samples: object, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        estimate(samples)  # type: ignore[arg-type]


def test_curves_that_cannot_be_used() -> None:
    with pytest.raises(InvalidInputError, match=r"shape \(n, m\)"):
        estimate_curve([1, 2, 3])
    with pytest.raises(InvalidInputError, match="at least 2"):
        estimate_curve([[1, 2, 3]])


@pytest.mark.parametrize("level", [0, 1, -1, 95, math.nan, "0.95", None])
def test_levels(level: object) -> None:
    with pytest.raises(InvalidInputError, match="level"):
        Estimate(1.0, 0.1, 5).interval(level)  # type: ignore[arg-type]
    with pytest.raises(InvalidInputError, match="level"):
        estimate_curve([[1], [2]]).interval(level)  # type: ignore[arg-type]


def test_errors_beyond_all_measure() -> None:
    assert str(estimate([1e200, 3e200])) == "2e+200 +- inf"
    assert str(estimate([1e-20, 3e-20])) == "2e-20 +- 1e-20"
