"""What the certificates accept is true: of every row that the float64 row may stand for.

Rows (a^, c^, e) are drawn near every degeneracy: cells a few 2^-40 thin, rows that nearly touch a vertex,
nearly parallel rows, coefficients that are wrong by all of e. Whatever is proposed, a "yes" must hold for the
true rows, by the vertices of the true cell in rationals; and some proposals must be accepted.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from support.corners import Corner, affine_rank, corners, mean, value
from support.rough_rows import integers, random_rows, true_rows

from polyregions import Box, Network
from polyregions.engines.traverse.decisions import decide
from polyregions.engines.traverse.rows import RecentredRows
from polyregions.geometry.proofs import (
    FACET,
    LOOSE,
    REDUNDANT,
    UNDECIDED,
    U,
    certifies_facet,
    certifies_redundant,
    live_rows,
    recentre,
    upper_bound,
)
from polyregions.geometry.workspace import ScaledCell
from polyregions.network.layers import relu


@dataclass
class Cell:
    """The float64 rows of a cell, scaled about a centre, and the true rows they stand for."""

    truth: list[list[int]]
    verdict: Any
    scaled: ScaledCell
    m: int
    centre: Any
    rho: float
    radius: float

    @property
    def A(self) -> Any:  # noqa: N802
        return self.scaled.A

    @property
    def b(self) -> Any:
        return self.scaled.b

    def to_y(self, point: Corner) -> Any:
        return np.array(
            [float((x - Fraction(q)) / Fraction(self.rho)) for x, q in zip(point, self.centre, strict=True)]
        )


def scaled(A: Any, b: Any, eps: Any, ymax: float) -> ScaledCell:
    """Rows that are scaled already, of a cell on which no coordinate exceeds ``ymax``."""
    return ScaledCell(A, b, eps, np.full(len(A), ymax), np.arange(b.size))


def copied(cell: ScaledCell) -> ScaledCell:
    return ScaledCell(*(array.copy() for array in cell))


def random_cell(seed: int) -> Cell | None:
    """A cell around a centre that is not quite its own, or None if none is proven to lie inside."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 4))
    rows = random_rows(rng, d)
    n = rows.shape[1]
    truth = true_rows(rows, rng)
    vertices = corners([integers(rows[: d + 1, r]) for r in range(n)])
    if not vertices:
        return None
    scaled, verdict = ScaledCell.empty(n, d), np.empty(n, dtype=np.uint8)
    m = live_rows(rows, n, scaled, verdict)
    if (verdict == LOOSE).any():
        return None
    middle, some = mean(vertices), list(vertices)[int(rng.integers(len(vertices)))]
    t = Fraction(float(rng.choice([0.0, 0.0, 0.5, 0.99])))
    centre = np.array([float(x + t * (y - x)) for x, y in zip(middle, some, strict=True)])
    slack = np.min(scaled.b[:m] - scaled.A[:, :m].T @ centre)
    rho = float(max(slack, 2.0**-60) * rng.choice([1.0, 0.1, 30.0]))
    radius = recentre(scaled, m, centre, rho)
    if not radius > 0.0:
        return None
    return Cell(truth, verdict, scaled, m, centre, rho, radius)


@pytest.fixture(scope="module")
def cells() -> list[tuple[int, Cell]]:
    return [(seed, cell) for seed in range(1200) if (cell := random_cell(seed)) is not None]


def is_facet(rows: list[list[int]], vertices: set[Corner], i: int) -> bool:
    """Whether there is a point at which row i is zero and no other row is, nor negative."""
    on = {v for v in vertices if value(rows[i], v) == 0}
    return bool(on) and all(value(row, mean(on)) > 0 for k, row in enumerate(rows) if k != i)


def is_positive(rows: list[list[int]], vertices: set[Corner], i: int) -> bool:
    """Whether row i is strictly positive on the closed cell."""
    return all(value(rows[i], v) > 0 for v in vertices)


def test_the_ball_is_inside(cells: list[tuple[int, Cell]]) -> None:
    assert len(cells) > 500
    useful = 0
    for _, cell in cells:
        q, squared = tuple(Fraction(v) for v in cell.centre), Fraction(cell.radius) ** 2
        for row in cell.truth:
            depth = value(row, q)
            assert depth > 0
            assert depth**2 > squared * sum(a * a for a in row[:-1])
        useful += cell.radius > 0.5 * cell.rho
    assert useful > 100


def test_rows_dropped_at_once_are_positive_on_the_box(cells: list[tuple[int, Cell]]) -> None:
    dropped = 0
    for _, cell in cells:
        d = len(cell.centre)
        box = corners(cell.truth[-2 * d :])
        for r in np.flatnonzero(cell.verdict == REDUNDANT):
            assert is_positive(cell.truth, box, r)
            dropped += 1
    assert dropped > 30


@pytest.mark.slow
def test_proven_facets_are_facets(cells: list[tuple[int, Cell]]) -> None:
    """Proposals: the middle and the vertices of the true facet, points near them, and anywhere on the row."""
    yes = no = 0
    for seed, cell in cells:
        rng = np.random.default_rng(seed)
        vertices = corners(cell.truth)
        for i in range(cell.m):
            r = int(cell.scaled.number[i])
            on = {v for v in vertices if value(cell.truth[r], v) == 0}
            targets = [mean(on), *on] if on else []
            points = [cell.to_y(point) for point in targets]
            points += [p + 2.0 ** -float(rng.integers(5, 60)) * rng.normal(size=p.size) for p in points]
            direction = rng.normal(size=cell.A.shape[0])
            reach = cell.A[:, : cell.m].T @ direction
            points.append(direction * cell.b[i] / reach[i] if reach[i] else direction)
            facet = is_facet(cell.truth, vertices, r)
            for p in points:
                accepted = certifies_facet(cell.scaled, cell.m, i, p)
                assert facet or not accepted, (seed, i)
                yes, no = yes + accepted, no + (not facet)
    assert yes > 2000
    assert no > 500


def multipliers(cell: Cell, i: int, chosen: Any) -> Any:
    """``A_i = sum l_k A_k`` for d rows, negative ones set to zero; None if they are no basis."""
    try:
        return np.maximum(np.linalg.solve(cell.A[:, chosen], cell.A[:, i]), 0.0)
    except np.linalg.LinAlgError:
        return None


@pytest.mark.slow
def test_rows_proven_redundant_are_positive(cells: list[tuple[int, Cell]]) -> None:
    """Proposals: the multipliers of any d rows, and numbers near them."""
    yes = no = 0
    for seed, cell in cells:
        rng = np.random.default_rng(seed)
        d = cell.A.shape[0]
        vertices = corners(cell.truth)
        for i in range(cell.m):
            positive = is_positive(cell.truth, vertices, int(cell.scaled.number[i]))
            others = [k for k in range(cell.m) if k != i]
            for _ in range(12):
                chosen = rng.choice(others, size=d, replace=False)
                weights = multipliers(cell, i, chosen)
                if weights is None:
                    continue
                if rng.random() < 0.3:
                    weights *= 1 + 2.0 ** -float(rng.integers(1, 60)) * rng.normal(size=d)
                accepted = certifies_redundant(cell.scaled, i, chosen, weights, d)
                assert positive or not accepted, (seed, i)
                yes, no = yes + accepted, no + (not positive)
    assert yes > 1000
    assert no > 5000


@pytest.mark.slow
def test_bounds_of_linear_functions_hold(cells: list[tuple[int, Cell]]) -> None:
    tight = 0
    for seed, cell in cells:
        rng = np.random.default_rng(seed)
        d = cell.A.shape[0]
        v = rng.normal(size=d)
        exact = max(
            sum(
                Fraction(a) * (x - Fraction(q)) / Fraction(cell.rho)
                for a, x, q in zip(v.tolist(), point, cell.centre.tolist(), strict=True)
            )
            for point in corners(cell.truth)
        )
        for _ in range(6):
            chosen = rng.choice(cell.m, size=d, replace=False)
            try:
                weights = np.linalg.solve(cell.A[:, chosen], v)
            except np.linalg.LinAlgError:
                continue
            bound = upper_bound(v, cell.scaled, chosen, np.maximum(weights, 0), d)
            assert Fraction(bound) >= exact
            tight += bound < 1.01 * float(exact)
    assert tight > 300


def test_many_multipliers() -> None:
    """A thousand multipliers, each just too small to change the sum of the bounds."""
    n = 1000
    share = 0.9 * U
    b = np.full(n + 2, 1.0 + 2.0**-30)
    b[-1] *= 1 - 0.5 * n * share  # row n + 1 is negative where the others are zero
    A, eps = np.ones((1, n + 2)), np.full(n + 2, 5 * U)
    weights = np.full(n + 1, share)
    weights[0] = 1 - n * share
    assert not certifies_redundant(scaled(A, b, eps, 4.0), n + 1, np.arange(n + 1), weights, n + 1)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_prove_nothing(bad: float) -> None:
    """The square |y_j| <= 1; in each place of the input in turn."""
    A, b = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]]), np.ones(4)
    eps, p = np.full(4, 1e-15), np.array([1.0, 0.0])
    square = scaled(A, b, eps, 2.0)
    assert certifies_facet(square, 4, 0, p)
    for j in range(2):
        spoiled = p.copy()
        spoiled[j] = bad
        assert not certifies_facet(square, 4, 0, spoiled)
    spoiled = eps.copy()
    spoiled[2] = abs(bad)
    assert not certifies_facet(square._replace(eps=spoiled), 4, 0, p)
    # The row y_0 <= 3 / 2, by the row y_0 <= 1.
    more = scaled(np.column_stack([A, [1.0, 0.0]]), np.append(b, 1.5), np.append(eps, 1e-15), 2.0)
    chosen, weights = np.array([0, 2]), np.array([1.0, 0.0])
    assert certifies_redundant(more, 4, chosen, weights, 2)
    assert not certifies_redundant(more, 4, chosen, np.array([bad, 0.0]), 2)
    spoiled = np.append(eps, bad if bad > 0 else np.nan)
    assert not certifies_redundant(more._replace(eps=spoiled), 4, chosen, weights, 2)
    assert not recentre(copied(more), 5, np.array([bad, 0.0]), 1.0) > 0
    assert not recentre(copied(more), 5, np.zeros(2), abs(bad)) > 0
    assert recentre(copied(more), 5, np.zeros(2), 1.0) > 0
    for place in range(4):
        rows = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0], [1.0] * 4, [1e-16] * 4])
        rows[place, 2] = abs(bad) if place == 3 else bad
        verdict, cell = np.empty(4, dtype=np.uint8), ScaledCell.empty(4, 2)
        assert live_rows(rows, 4, cell, verdict) == -1
        assert not (verdict[:2] == REDUNDANT).any()


def test_rows_with_unknown_gradients_take_no_part() -> None:
    for row in ([0.0, 0.0, 0.0, 0.0], [1e-3, 0, 0, 1e-3], [2.0**-1000, 0, 0, 0], [2.0**1000, 0, 0, 0]):
        rows = np.array([row]).T
        verdict = np.empty(1, dtype=np.uint8)
        assert live_rows(rows, 1, ScaledCell.empty(1, 2), verdict) == 0
        assert verdict[0] == LOOSE


def cell_of_layer(seed: int) -> tuple[Network, Box, Any]:
    """One layer whose units are all on: its rows are the rows of the cell, exactly."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5 if seed % 8 == 0 else 4))
    rows = random_rows(rng, d)
    a, c = rows[:d, : -2 * d].T, rows[d, : -2 * d]
    if seed % 3 == 0:  # small integers: everything meets everything
        a = rng.integers(-2, 3, size=(int(rng.integers(1, 9)), d)) * 1.0
        a[~a.any(axis=1), 0] = 1.0
        c = rng.integers(0, 3, size=len(a)) * 1.0
    elif seed % 3 == 1:  # general position
        a = rng.normal(size=(int(rng.integers(1, 11)), d))
        c = rng.uniform(0.1, 1.0, size=len(a))
    return Network([relu(a, c)]), Box.cube(d, -1, 1), np.ones(len(a), dtype=np.uint8)


@pytest.mark.slow
@pytest.mark.parametrize("lp", ["native", "scipy"])
def test_cells_are_decided_right(lp: str) -> None:
    count = {FACET: 0, REDUNDANT: 0, UNDECIDED: 0}
    generic = whole = 0
    for seed in range(750 if lp == "native" else 60):
        network, box, pattern = cell_of_layer(seed)
        layer = network.layers[0]
        d = box.dim
        truth = [integers([*w, b]) for w, b in zip(layer.weight.tolist(), layer.bias.tolist(), strict=True)]
        truth += [[*(sign * (i == j) for i in range(d)), 1] for j in range(d) for sign in (1, -1)]
        decisions = decide(RecentredRows(network, box), pattern[None], lp)
        verdict = decisions.verdicts[0, : len(truth)]
        vertices = corners(truth)
        if decisions.radii[0] > 0:
            q, squared = tuple(Fraction(v) for v in decisions.centres[0]), Fraction(decisions.radii[0]) ** 2
            for row in truth:
                assert value(row, q) > 0
                assert value(row, q) ** 2 > squared * sum(a * a for a in row[:-1])
        for r, answer in enumerate(verdict.tolist()):
            count[answer] += 1
            if answer == FACET:
                assert is_facet(truth, vertices, r), (seed, r)
                assert affine_rank([v for v in vertices if value(truth[r], v) == 0]) == d
            elif answer == REDUNDANT:
                assert is_positive(truth, vertices, r), (seed, r)
        assert decisions.decided[0] == (verdict != UNDECIDED).all()
        assert decisions.counts[0] == (verdict == FACET).sum()
        if seed % 3 == 1:
            generic, whole = generic + 1, whole + bool(decisions.decided[0])
    # In general position float64 decides nearly everything.
    assert whole > 0.95 * generic
    assert min(count.values()) > (100 if lp == "native" else 10)
