"""Rows of cells near every degeneracy, known up to an error, and the true rows they may stand for."""

from __future__ import annotations

from fractions import Fraction
from math import lcm
from typing import Any

import numpy as np


def integers(row: Any) -> list[int]:
    """Integer multiple of a row of floats or rationals."""
    numbers = [Fraction(v) for v in row]
    q = lcm(*(v.denominator for v in numbers))
    return [int(v * q) for v in numbers]


def random_rows(rng: np.random.Generator, d: int) -> Any:
    """Rows (d + 2, n) with errors, the sides of the box last."""
    m = int(rng.integers(1, 6))
    a = rng.normal(size=(m, d))
    inside = rng.uniform(-0.9, 0.9, size=d)
    size = 2.0 ** -float(rng.choice([0, 2, 10, 25, 40]))  # the cell's
    c = size * rng.uniform(0.1, 1, size=m) - a @ inside
    for k in range(1, m):
        how = rng.integers(6)
        other = int(rng.integers(k))
        if how == 0:  # nearly parallel, the same or the other way round: a slab
            sign = rng.choice([1.0, -1.0])
            a[k] = sign * a[other] + 2.0 ** -float(rng.integers(20, 60)) * rng.normal(size=d)
            c[k] = size * rng.uniform(0.1, 1) - a[k] @ inside
        elif how == 1:  # nearly a combination of others: it almost touches
            shares = rng.uniform(0.1, 1, size=k)
            a[k], c[k] = shares @ a[:k], shares @ c[:k]
            c[k] += size * rng.choice([0.0, 1.0, -1.0]) * 2.0 ** -float(rng.integers(5, 60))
    scale = 2.0 ** rng.integers(-200, 200, size=m) if rng.random() < 0.3 else np.ones(m)
    e = np.abs(a).max(axis=1) * 2.0 ** -rng.choice([20.0, 40.0, 50.0, 60.0]) * rng.random(m)
    rows = np.zeros((d + 2, m + 2 * d))
    rows[:d, :m], rows[d, :m] = a.T * scale, c * scale
    rows[d + 1, :m] = e * scale * (rng.random() < 0.7)
    for j in range(d):
        rows[j, m + 2 * j], rows[j, m + 2 * j + 1] = 1.0, -1.0
    rows[d, m:] = 1.0
    return rows


def true_rows(rows: Any, rng: np.random.Generator) -> list[list[int]]:
    """Rows that use up their errors, in one coordinate or in several."""
    d = rows.shape[0] - 2
    result = []
    for r in range(rows.shape[1]):
        share = rng.dirichlet(np.full(d + 1, rng.choice([0.1, 1.0]))) * rng.choice([1.0, -1.0], size=d + 1)
        shift = [Fraction(v) for v in share.tolist()]
        total = sum((abs(v) for v in shift), Fraction(0))
        e = Fraction(float(rows[d + 1, r]))
        numbers = [
            Fraction(float(v)) + e * s / max(total, Fraction(1))
            for v, s in zip(rows[: d + 1, r], shift, strict=True)
        ]
        q = lcm(*(v.denominator for v in numbers))
        result.append([int(v * q) for v in numbers])
    return result
