"""Whether a form cuts a cell: what float64 proves is true for all it may stand for, and integers decide."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from support.corners import Corner, corners, mean, value
from support.rough_rows import integers, random_rows, true_rows

from polyregions.geometry.cuts import (
    CUTS,
    NEGATIVE,
    POSITIVE,
    UNKNOWN,
    ZERO,
    Inside,
    exact_side,
    look_inside,
    side_of,
)
from polyregions.geometry.proofs import REDUNDANT

SQUARE = np.array([[1.0, -1, 0, 0], [0, 0, 1, -1], [1, 1, 1, 1], [0, 0, 0, 0]])


def true_side(form: list[int], vertices: set[Corner]) -> int:
    """Which signs a form has inside of a full-dimensional cell, by its vertices."""
    values = [value(form, v) for v in vertices]
    if max(values) > 0 > min(values):
        return CUTS
    return POSITIVE if max(values) > 0 else NEGATIVE if min(values) < 0 else ZERO


def looked(rows: Any) -> tuple[int, Inside]:
    inside = Inside.empty(rows.shape[1], rows.shape[0] - 2)
    return int(look_inside(rows, rows.shape[1], inside)), inside


def problems(seed: int) -> Any:
    """A cell of rough rows, and further forms: those rows moved about, and others."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 4))
    rows = random_rows(rng, d)
    forms = np.concatenate([rows, random_rows(rng, d)], axis=1)
    moves = rng.choice([0.0, 0.0, -1.0, -2.0, 0.5], size=forms.shape[1]) * np.abs(forms[:d]).max(axis=0)
    size = 2.0 ** -float(rng.choice([0, 3, 20, 50]))
    forms[d] += moves * size
    truth = true_rows(np.concatenate([rows, forms], axis=1), rng)
    return rows, forms, truth[: rows.shape[1]], truth[rows.shape[1] :]


def test_what_float64_proves_is_true() -> None:
    counts = dict.fromkeys((NEGATIVE, CUTS, POSITIVE, UNKNOWN), 0)
    for seed in range(600):
        rows, forms, truth, true_forms = problems(seed)
        vertices = corners(truth)
        if not vertices:
            continue
        m, inside = looked(rows)
        for column, form in enumerate(true_forms):
            found = int(side_of(forms, column, m, inside))
            counts[found] += 1
            assert found in (true_side(form, vertices), UNKNOWN), (seed, column)
    assert min(counts.values()) > 200
    assert counts[UNKNOWN] < 0.5 * sum(counts.values())


def test_whole_numbers_decide_all() -> None:
    counts = dict.fromkeys((NEGATIVE, CUTS, POSITIVE, ZERO), 0)
    for seed in range(200):
        _, forms, truth, true_forms = problems(seed)
        vertices = corners(truth)
        if not vertices:
            continue
        zero = [0] * forms.shape[0]
        for form in [*true_forms, *([-v for v in row] for row in truth), zero[:-1]]:
            found = exact_side(truth, mean(vertices), form)
            assert found == true_side(form, vertices), seed
            counts[found] += 1
    assert min(counts.values()) > 50


def test_ball_and_box_are_proven() -> None:
    seen = 0
    for seed in range(400):
        rows, _, truth, _ = problems(seed)
        vertices = corners(truth)
        if not vertices:
            continue
        _, inside = looked(rows)
        for vertex in vertices:
            for x, middle, half in zip(vertex, inside.middle.tolist(), inside.half.tolist(), strict=True):
                assert abs(x - Fraction(middle)) <= Fraction(half)
        if not inside.size[1] > 0.0:
            continue
        seen += 1
        centre, squared = tuple(map(Fraction, inside.centre.tolist())), Fraction(float(inside.size[1])) ** 2
        for row in truth:
            depth = value(row, centre)
            assert depth > 0
            assert depth**2 > squared * sum(a * a for a in row[:-1])
        for r in np.flatnonzero(inside.verdict[: len(truth)] == REDUNDANT):
            assert all(value(truth[r], v) > 0 for v in vertices)
    assert seen > 100


@pytest.mark.parametrize(
    ("form", "side"),
    [
        ([1, 0, 0, 0], CUTS),
        ([1, 1, 1.5, 0], CUTS),  # only near a corner
        ([1, 1, 3, 0], POSITIVE),
        ([1, 1, -3, 0], NEGATIVE),
        ([0, 0, 1, 0], POSITIVE),
        ([0, 0, -1e-300, 0], NEGATIVE),
        ([0, 0, 0, 0], UNKNOWN),
        ([1, 1, 2, 0], UNKNOWN),  # touches a corner
        ([1, 0, 1, 0], UNKNOWN),  # a side
        ([0, 0, 1, 2], UNKNOWN),
        ([1e-20, 0, 0, 1e-18], UNKNOWN),
        ([1, 0, 0, np.nan], UNKNOWN),
        ([1, 0, 0, np.inf], UNKNOWN),
        ([np.nan, 0, 1, 0], UNKNOWN),
        ([1, 0, np.inf, 0], UNKNOWN),
        ([np.inf, 0, 0, 0], UNKNOWN),
        ([1e200, 0, 0, 0], UNKNOWN),  # its square overflows
        ([1e-200, 1e-200, 1.5e-200, 0], CUTS),
    ],
)
def test_forms_on_a_square(form: list[float], side: int) -> None:
    m, inside = looked(SQUARE)
    assert m == 4
    with np.errstate(all="ignore"):
        assert side_of(np.array(form, dtype=float)[:, None], 0, m, inside) == side


def test_the_order_of_questions_does_not_matter() -> None:
    """One dictionary serves all forms, and no form stays in it."""
    rng = np.random.default_rng(0)
    rows = np.concatenate([SQUARE, [[1.0], [1.0], [0.5], [0.0]]], axis=1)
    forms = np.concatenate([rng.normal(size=(3, 60)), np.zeros((1, 60))])
    alone = []
    for column in range(60):
        m, inside = looked(rows)
        alone.append(int(side_of(forms, column, m, inside)))
    m, inside = looked(rows)
    for order in (range(60), range(59, -1, -1)):
        assert [int(side_of(forms, k, m, inside)) for k in order] == [alone[k] for k in order]
    vertices = corners([integers(rows[:3, r]) for r in range(5)])
    assert alone == [true_side(integers(forms[:3, k]), vertices) for k in range(60)]
    assert set(alone) == {NEGATIVE, CUTS, POSITIVE}


def test_a_cell_that_float64_cannot_see() -> None:
    """Between two lines that are nearer to each other than their errors there is no point, and no proof."""
    rows = np.concatenate([SQUARE, [[1.0, -1.0], [0, 0], [1e-17, 0.0], [1e-16, 1e-16]]], axis=1)
    m, inside = looked(rows)
    assert (m, inside.size[1]) == (0, 0.0)
    assert side_of(np.array([[1.0], [0], [3], [0]]), 0, m, inside) == POSITIVE  # by the box around it
    assert side_of(np.array([[0.0], [1], [0], [0]]), 0, m, inside) == UNKNOWN


def test_a_row_that_may_be_zero_hides_the_cell() -> None:
    """Without it there would be a ball, but perhaps not in the cell."""
    rows = np.concatenate([SQUARE, [[1e-9], [0.0], [1e-10], [1e-9]]], axis=1)
    m, inside = looked(rows)
    assert (m, inside.size[1]) == (0, 0.0)
    assert side_of(np.array([[1.0], [0], [0], [0]]), 0, m, inside) == UNKNOWN
    assert looked(SQUARE)[1].size[1] > 0.5
