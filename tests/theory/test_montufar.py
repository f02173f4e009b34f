"""The folding network of Montufar et al. 2014: Theorem 4 met exactly, general position tested."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import comb, prod

import numpy as np
import pytest
from support.measure import assert_predictions, value_of

from polyregions import Box, enumerate_regions
from polyregions.theory.arrangements import Arrangement
from polyregions.theory.arrangements.flats import count_in_box
from polyregions.theory.bounds import montufar_2014, pascanu_2013, regions_in_general_position
from polyregions.theory.constructions import montufar, montufar_folds
from polyregions.theory.constructions.montufar_nets import general_position_in_cube

#: One to three inputs; depth up to 8; surplus units; unequal widths; layers that do not fold.
SHAPES = [
    (1, [1]), (1, [6]), (1, [2, 1]), (1, [3, 1]), (1, [3, 2]), (1, [2, 3, 4]), (1, [5, 1, 3]), (1, [4, 4, 4]),
    (1, [3, 3, 3, 3]), (1, [2] * 8), (1, [2, 3, 2, 3, 2, 1]), (1, [2, 2, 1, 1, 2, 2, 3]),
    (2, [2]), (2, [3]), (2, [7]), (2, [4, 2]), (2, [4, 3]), (2, [5, 3]), (2, [6, 3]), (2, [7, 4]),
    (2, [4, 4, 4]), (2, [4, 6, 3]), (2, [3, 5, 2]), (2, [9, 4, 3]), (2, [2, 4, 2, 4, 3]),
    (3, [3]), (3, [5]), (3, [6, 3]), (3, [6, 4]), (3, [8, 5]), (3, [9, 4]), (3, [4, 7, 4]), (3, [3, 6, 4]),
    (4, [4]), (4, [6]), (4, [8, 5]),
]  # fmt: skip
#: Fewer last units than inputs: the theorem does not speak of them, the derivation does.
NARROW = [(2, [1]), (2, [4, 1]), (2, [6, 5, 1]), (3, [2]), (3, [6, 2]), (3, [6, 1])]


@pytest.mark.slow
@pytest.mark.parametrize(("inputs", "widths"), SHAPES)
def test_the_bound_is_met(inputs: int, widths: list[int]) -> None:
    bound = montufar_2014(inputs, widths).value
    raw = montufar(inputs, widths)
    cx = assert_predictions(raw, least=4)
    assert cx.n_regions == bound
    # Fewer linear regions: the cell where no last unit is on, in copies side by side.
    folds = prod(n // inputs for n in widths[:-1])
    assert (value_of(raw, "open_connected") < bound) == (folds > 1)
    (theorem,) = (p for p in raw.predictions if p.relation == ">=")
    assert theorem.value is None
    assert "merged" in theorem.reason

    if widths[-1] > inputs:
        oriented = montufar(inputs, widths, oriented=True)
        cx = assert_predictions(oriented, least=5)
        assert cx.n_regions == value_of(oriented, "open_connected") == bound
        assert value_of(oriented, "open_connected", ">=") == bound
        assert cx.states[:, -widths[-1] :].any(axis=1).all()


@pytest.mark.parametrize(("inputs", "widths"), NARROW)
def test_narrow_last_layers(inputs: int, widths: list[int]) -> None:
    made = montufar(inputs, widths)
    *folds, last = widths
    expected = prod((n // inputs) ** inputs for n in folds) * 2**last
    assert assert_predictions(made, least=4).n_regions == expected
    (theorem,) = (p for p in made.predictions if p.relation == ">=")
    assert theorem.value is None
    assert "fewer than" in theorem.reason


#: n0, p for each layer, n_L, the bound; linear regions raw and oriented. These raw numbers are of this last
#: layer; another one merges more or less.
TABLE = [
    (1, [2], 1, 4, 3),
    (1, [3], 1, 6, 5),
    (1, [3], 2, 9, 8),
    (2, [2], 2, 16, None),
    (2, [2], 3, 28, None),
    (2, [3], 3, 63, None),
    (2, [2, 2], 3, 112, None),
    (3, [2], 4, 120, None),
]


@pytest.mark.parametrize(("inputs", "folds", "last", "bound", "raw"), TABLE)
def test_table(inputs: int, folds: list[int], last: int, bound: int, raw: int | None) -> None:
    widths = [*(p * inputs for p in folds), last]
    made = montufar(inputs, widths)
    assert value_of(made, "proper_activation") == bound
    assert raw in (None, value_of(made, "open_connected"))
    if last > inputs:
        assert value_of(montufar(inputs, widths, True), "open_connected") == bound
    assert pascanu_2013(inputs, widths).value <= bound


def test_surplus_units_change_nothing() -> None:
    plain, surplus = (
        enumerate_regions(montufar(2, w).network, Box.cube(2, 0, 1)) for w in ([4, 6, 3], [5, 7, 3])
    )
    assert (plain.n_regions, plain.f_vector) == (surplus.n_regions, surplus.f_vector)
    assert not surplus.states[:, [4, 5 + 6]].any()


@pytest.mark.parametrize("shape", [(1, [3, 2]), (2, [4, 3]), (2, [4, 2, 3]), (3, [6, 4])], ids=str)
@pytest.mark.parametrize("oriented", [False, True])
def test_larger_boxes(shape: tuple[int, list[int]], oriented: bool) -> None:
    inputs, widths = shape
    made = montufar(inputs, widths, oriented, Box.cube(inputs, -1, 2))
    assert_predictions(made, least=1)
    assert value_of(made, "proper_activation", ">=") == montufar_2014(inputs, widths).value
    assert value_of(made, "proper_activation") is None


@pytest.mark.parametrize("shape", [(1, [3, 3, 2]), (2, [4, 4, 3]), (3, [6, 4])], ids=str)
def test_traverse_agrees(shape: tuple[int, list[int]]) -> None:
    for oriented in (False, True):
        assert_predictions(montufar(*shape, oriented), "traverse", least=3)


# --------------------------------------------------------------------------------------------------------
# The hyperplanes of the last layer.


def hyperplanes(d: int, m: int) -> list[list[Fraction]]:
    """Rows (normal, offset), normal . y = offset."""
    weight, bias = general_position_in_cube(d, m)
    return [
        [*(Fraction(v) for v in w), -Fraction(b)] for w, b in zip(weight.tolist(), bias.tolist(), strict=True)
    ]


def solve(rows: list[list[Fraction]]) -> list[Fraction]:
    """The point of d hyperplanes, by Gauss and Jordan; fails if there is none, or more."""
    table = [list(row) for row in rows]
    d = len(table)
    for j in range(d):
        p = next(i for i in range(j, d) if table[i][j])
        table[j], table[p] = table[p], table[j]
        table[j] = [v / table[j][j] for v in table[j]]
        for i in range(d):
            if i != j:
                table[i] = [v - table[i][j] * w for v, w in zip(table[i], table[j], strict=True)]
    return [row[-1] for row in table]


POSITIONS = [(1, 1), (1, 7), (2, 2), (2, 8), (3, 3), (3, 7), (4, 4), (4, 7), (5, 6), (6, 7)]


@pytest.mark.parametrize(("d", "m"), POSITIONS)
def test_all_vertices_are_in_the_open_cube_and_simple(d: int, m: int) -> None:
    rows = hyperplanes(d, m)
    vertices = [solve([rows[i] for i in own]) for own in combinations(range(m), d)]
    assert all(0 < v < 1 for vertex in vertices for v in vertex)
    assert len({tuple(v) for v in vertices}) == comb(m, d)
    for own, vertex in zip(combinations(range(m), d), vertices, strict=True):
        on = [
            i
            for i, row in enumerate(rows)
            if sum(a * v for a, v in zip(row[:-1], vertex, strict=True)) == row[-1]
        ]
        assert on == list(own)


def arrangement(d: int, m: int, side: tuple[int, int] | None = None) -> Arrangement:
    """The hyperplanes, perhaps on the side y_j = value of the cube; there d is one less."""
    rows = hyperplanes(d, m)
    if side is not None:
        j, value = side
        rows = [[*row[:j], *row[j + 1 : -1], row[-1] - value * row[j]] for row in rows]
    return Arrangement(
        "last layer", len(rows[0]) - 1, tuple(tuple(r[:-1]) for r in rows), tuple(r[-1] for r in rows), "", ""
    )


@pytest.mark.parametrize(("d", "m"), [*POSITIONS, (2, 1), (3, 1), (3, 2), (4, 2), (5, 3)])
def test_the_cube_and_its_sides_by_zaslavsky(d: int, m: int) -> None:
    """S(m, d) cells in the open cube, S(m, d - k) on each of the sides of y_k: counted flat by flat."""
    counts = count_in_box(arrangement(d, m), Box.cube(d, 0, 1))
    assert counts.regions == regions_in_general_position(m, d)
    if d > 1:
        for k in range(1, d + 1):
            for value in (0, 1):
                on_side = count_in_box(arrangement(d, m, (k - 1, value)), Box.cube(d - 1, 0, 1))
                assert on_side.regions == regions_in_general_position(m, d - k)


@pytest.mark.parametrize(("d", "m"), [(1, 2), (1, 5), (2, 3), (2, 6), (3, 4), (3, 6), (4, 5), (5, 6)])
def test_oriented_units_have_a_positive_combination(d: int, m: int) -> None:
    """Numbers c_a > 0 with sum c_a o_a z_a = 1: the last d + 1 oriented units are nowhere all off.

    By the divided difference: c_a = 1 / |prod (a - b)|, b the other ones of m - d, ..., m.
    """
    weight, bias = general_position_in_cube(d, m)
    total = [Fraction(0)] * (d + 1)
    nodes = range(m - d, m + 1)
    for a in nodes:
        c = Fraction(1, abs(prod(a - b for b in nodes if b != a)))
        row = [*weight[a - 1].tolist(), float(bias[a - 1])]
        total = [t + (-1) ** (m - a) * c * Fraction(v) for t, v in zip(total, row, strict=True)]
    assert total == [0] * d + [1]
    last = montufar(d, [m], oriented=True).network.layers[0]
    assert np.array_equal(last.weight, [(-1) ** (m - a) * weight[a - 1] for a in range(1, m + 1)])


@pytest.mark.parametrize(("d", "m"), [(2, 100), (3, 300), (5, 90), (7, 7)])
def test_large_coefficients_are_exact(d: int, m: int) -> None:
    """The value at a of the polynomial whose coefficients s_k = B^k (2 y_k - 1) belong to a point y."""
    weight, bias = general_position_in_cube(d, m)
    y = [Fraction(3 * k + 1, 7 * k + 5) for k in range(1, d + 1)]
    s = [Fraction(1)] + [(3 * d * m) ** k * (2 * v - 1) for k, v in enumerate(y, start=1)]
    for a in (1, 2, m // 2, m):
        value = sum(Fraction(w) * v for w, v in zip(weight[a - 1].tolist(), y, strict=True)) + Fraction(
            bias[a - 1]
        )
        assert value == sum((-1) ** k * v * a ** (d - k) for k, v in enumerate(s))


@pytest.mark.slow
def test_a_million_regions() -> None:
    made = montufar_folds(2, [4] * 5)
    cx = enumerate_regions(made.network, made.box, engine="subdivide")
    assert cx.n_regions == value_of(made, "proper_activation") == 4**10
    assert cx.n_adjacencies == value_of(made, "adjacencies") == 2 * (4**5 - 1) * 4**5
    assert tuple(cx.f_vector) == value_of(made, "f_vector")
