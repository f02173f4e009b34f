"""The exact simplex on degenerate cells, against vertices found by trying all sets of d rows."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import gcd

import numpy as np
import pytest
from support.corners import Corner, Row, affine_rank, corners, mean, value

from polyregions.geometry.integer_simplex import IntegerDictionary, interior_point, positive_at


def facet_numbers(rows: Sequence[Row], vertices: set[Corner]) -> set[int]:
    """Rows on which d affinely independent vertices lie."""
    d = len(rows[0]) - 1
    return {i for i, row in enumerate(rows) if affine_rank([v for v in vertices if value(row, v) == 0]) == d}


def cube(d: int, size: int = 1) -> list[Row]:
    return [[*(sign * (i == j) for i in range(d)), size] for j in range(d) for sign in (1, -1)]


def cross_polytope(d: int) -> list[Row]:
    return [[*signs, 1] for signs in product((1, -1), repeat=d)]


def pyramid(d: int) -> list[Row]:
    """Over the cube |x_i| <= 1, i < d, with apex (0, .., 0, 1): 2 (d - 1) facets meet in it."""
    sides = [[*(sign * (i == j) for i in range(d - 1)), -1, 1] for j in range(d - 1) for sign in (1, -1)]
    return [*sides, [0] * (d - 1) + [1, 0]]


def touching(rows: list[Row], d: int, rng: np.random.Generator) -> list[Row]:
    """The rows, more that touch the cell in a face or not at all, and none twice; in any order."""
    normals = rng.integers(-3, 4, size=(8, d))
    vertices = corners(rows)
    extra = []
    for normal in normals[np.abs(normals).sum(axis=1) > 0].tolist():
        lowest = min(value([*normal, 0], v) for v in vertices)
        gap = Fraction(int(rng.choice([0, 0, 0, 1])), 7)
        numbers = [*(Fraction(v) for v in normal), gap - lowest]
        q = 7 * np.prod([v.denominator for v in numbers])
        extra.append([int(v * int(q)) for v in numbers])
    unique = {tuple(v // gcd(*row) for v in row): None for row in map(list, [*rows, *extra])}
    table = [list(row) for row in unique]
    rng.shuffle(table)
    return table


SHAPES = [
    (shape, d)
    for shape in (cube, cross_polytope, pyramid)
    for d in (2, 3, 4)
    if (shape, d) != (cross_polytope, 4)
]


@pytest.mark.parametrize(("shape", "d"), SHAPES, ids=lambda v: getattr(v, "__name__", str(v)))
def test_facets_of_degenerate_cells(shape, d: int) -> None:
    redundant = 0
    for seed in range(12 if d < 4 else 4):
        rng = np.random.default_rng(seed)
        rows = touching(shape(d), d, rng)
        vertices = corners(rows)
        expected = facet_numbers(rows, vertices)
        redundant += len(rows) - len(expected)
        dictionary = IntegerDictionary(rows, mean(vertices))
        order = rng.permutation(len(rows)).tolist()
        assert {i for i in order if dictionary.is_facet(i)} == expected
    assert redundant > 8


def random_cell(rng: np.random.Generator, d: int, extra: int, size: int) -> list[Row]:
    """Small integers: many rows through common points, some cells flat, some empty."""
    rows: dict[tuple[int, ...], None] = {}
    for row in [*cube(d, 2), *rng.integers(-size, size + 1, size=(extra, d + 1)).tolist()]:
        if any(row[:-1]):
            rows[tuple(v // gcd(*row) for v in row)] = None
    return [list(row) for row in rows]


@pytest.mark.parametrize("d", [1, 2, 3])
def test_random_cells(d: int) -> None:
    """Facets where there is an interior, and None where there is none, also for flat and single points."""
    kinds = {"interior": 0, "flat": 0, "empty": 0}
    for seed in range(250 if d < 3 else 120):
        rng = np.random.default_rng([d, seed])
        rows = random_cell(rng, d, int(rng.integers(1, 6)), 1 + seed % 2)
        if seed % 5 == 0:
            row = rows[-1]
            rows.append([-v for v in row])  # at most flat
        vertices = corners(rows)
        centre = mean(vertices) if vertices else None
        start = [Fraction(v) for v in rng.integers(-9, 10, size=d).tolist()]
        point = interior_point(rows, start)
        if centre is None or not positive_at(rows, centre):
            kinds["flat" if vertices else "empty"] += 1
            assert point is None
            continue
        kinds["interior"] += 1
        assert point is not None
        assert all(value(row, tuple(point)) > 0 for row in rows)
        dictionary = IntegerDictionary(rows, point)
        assert {i for i in range(len(rows)) if dictionary.is_facet(i)} == facet_numbers(rows, vertices)
    assert min(kinds.values()) > 10


def test_pivots_divide_without_remainder() -> None:
    """After each pivot every entry is an exact quotient: the slacks are those of the vertex."""
    for seed in range(40):
        rng = np.random.default_rng(seed)
        d = int(rng.integers(2, 5))
        rows = cube(d, 10**6) + rng.integers(-(10**6), 10**6, size=(6, d + 1)).tolist()
        rows = [[*row[:-1], abs(row[-1]) + 1] for row in map(list, rows)]
        dictionary = IntegerDictionary(rows, [Fraction(0)] * d)
        for number in range(len(rows)):
            dictionary.is_facet(number)
            vertex = tuple(dictionary.vertex())
            assert [Fraction(v, dictionary.den * dictionary.unit) for v in dictionary.entries[0][d:]] == [
                value(row, vertex) for row in rows
            ]
            assert all(
                dictionary.entries[0][d + k] >= 0 for k in range(len(rows)) if d + k in dictionary.active
            )


def test_a_klee_minty_cube_ends() -> None:
    """Exponentially many steps for some pivot rules; here a few dozen rows must just come out right."""
    d = 5
    rows: list[Row] = []
    for j in range(d):
        lower = [0] * (d + 1)
        lower[j] = 3
        upper = [0] * d + [3]
        upper[j] = -3
        if j:
            lower[j - 1], upper[j - 1] = -1, -1
        rows += [lower, upper]
    point = interior_point(rows, [Fraction(100)] * d)
    assert point is not None
    assert positive_at(rows, point)
    dictionary = IntegerDictionary(rows, point)
    assert all(dictionary.is_facet(i) for i in range(2 * d))


def test_an_unbounded_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="not bounded"):
        IntegerDictionary([[1, 0, 1], [-1, 0, 1]], [Fraction(0), Fraction(0)])


def test_interior_point_of_a_sliver() -> None:
    """0 <= x <= 2^-200 from far away; and nothing for 2^-200 replaced by 0 or less."""
    q = 2**200
    box = cube(2, 5)
    assert interior_point([*box, [q, 0, 0], [-q, 0, 0]], [Fraction(4), Fraction(4)]) is None
    assert interior_point([*box, [q, 0, 0], [-q, 0, -1]], [Fraction(4), Fraction(4)]) is None
    point = interior_point([*box, [q, 0, 0], [-q, 0, 1]], [Fraction(4), Fraction(4)])
    assert point is not None
    assert 0 < point[0] < Fraction(1, q)
