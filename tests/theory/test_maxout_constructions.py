"""Maxout constructions: Theorem 8 where it holds and where it does not, and the maximum of one layer."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, product
from math import prod

import numpy as np
import pytest
from support.measure import assert_predictions, value_of
from support.reference import forward

from polyregions import Box, Network, enumerate_regions
from polyregions.network.layers import stacked_maxout
from polyregions.theory.bounds import maxout_chain, maxout_layer, network_upper_bound
from polyregions.theory.constructions import maxout_cones, maxout_tents, parallel_maxout


@pytest.mark.parametrize(("inputs", "depth"), [(1, 1), (1, 2), (1, 6), (2, 1), (2, 3), (3, 1), (3, 2)])
@pytest.mark.parametrize("sides", [(0, 1), (-1, 2)])
def test_tents(inputs: int, depth: int, sides: tuple[int, int]) -> None:
    made = maxout_tents(inputs, depth, Box.cube(inputs, *sides))
    assert assert_predictions(made, least=8).n_regions == 2 ** (inputs * depth)
    # Theorem 8 for rank 2: k^(L-1) k^n0.
    assert value_of(made, "open_connected", ">=") == 2 ** (depth - 1 + inputs)


CONES = [
    (1, 2, 1), (1, 2, 4), (1, 3, 1), (1, 3, 2), (1, 3, 3), (1, 6, 2), (2, 2, 1), (2, 2, 2), (2, 2, 3),
    (2, 3, 1), (2, 3, 2), (2, 4, 2), (2, 5, 2), (2, 7, 1), (3, 2, 2), (3, 3, 1), (3, 3, 2), (4, 2, 1),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "rank", "depth"), CONES)
def test_cones(inputs: int, rank: int, depth: int) -> None:
    made = maxout_cones(inputs, rank, depth)
    assert {layer.n_units for layer in made.network.layers} == {inputs}
    assert {int(k) for layer in made.network.layers for k in layer.ranks} == {rank}
    cx = assert_predictions(made, least=2)
    (theorem,) = (p for p in made.predictions if "Theorem 8" in p.source)
    if inputs == 1:
        assert cx.n_regions == 2 ** (depth - 1) * rank
        (above,) = (p for p in made.predictions if p.relation == "<=")
        assert above.value == (rank - 1) * (2**depth - 1) + 1
        assert theorem.applies == (rank == 2 or depth == 1)
        assert "false" in theorem.reason or theorem.applies
    else:
        assert theorem.value == rank ** (depth - 1) * rank**inputs
        copies = (2 * rank - 1) ** (inputs // 2) * 2 ** (inputs % 2)
        assert value_of(made, "affine", ">=") == copies ** (depth - 1) * rank**inputs >= theorem.value


def test_three_layers_of_rank_three() -> None:
    made = maxout_cones(2, 3, 3)
    cx = enumerate_regions(made.network, made.box)
    assert cx.n_regions >= value_of(made, "proper_activation", ">=") == 25 * 9
    assert value_of(made, "open_connected", ">=") == 81


@pytest.mark.parametrize("rank", [2, 3, 4, 5, 8])
def test_every_cone_covers_the_triangle(rank: int) -> None:
    """The proof's claim: a point of the triangle has a preimage in each of the 2 k - 1 cones of the triangle.

    On the cone n, where pieces n and n + 1 are on, (X, Y) = M (x, y) + (0, -1): solved by Cramer's rule, and
    tried with the layer itself.
    """
    k = rank
    layer, following, _ = maxout_cones(2, k, 3).network.layers
    a = 2 * k * (k * k + 3) + 1
    targets = [(Fraction(j, 7), Fraction(y, 100)) for y in (1, 50, 99) for j in range(1, 7)]
    for n in range(-k, k - 1):
        even, odd = (n, n + 1) if n % 2 == 0 else (n + 1, n)
        top, bottom = [a * (odd - even), a * (even**2 - odd**2)], [even, 3 - even**2]
        det = top[0] * bottom[1] - top[1] * bottom[0]
        assert det % 2 == 1
        for share, Y in targets:
            X = (-2 * k + (4 * k - 2) * share) * Y
            x = (X * bottom[1] - top[1] * (Y + 1)) / det
            y = (top[0] * (Y + 1) - bottom[0] * X) / det
            assert 0 < y < 1
            assert 2 * n * y < x < (2 * n + 2) * y
            (h, other), _ = forward([layer], [x, y])
            assert (a * (other - h), h - 1) == (X, Y)
            # The next layer does to (X, Y) what the first one does to (x, y).
            assert forward([following], [h, other])[0] == forward([layer], [X, Y])[0]


def chain(*layers: list[tuple[float, float]]) -> Network:
    """One unit a layer; its pieces (slope, constant)."""
    return Network(
        [
            stacked_maxout(np.array([[s] for s, _ in p]), np.array([c for _, c in p]), np.array([len(p)]))
            for p in layers
        ]
    )


def test_one_input_folds_once_a_layer() -> None:
    """Rank 3, two layers: 9 regions by the formula of Theorem 8, never more than 7, and 7 can be had.

    u = max(-2 x, x, 3 x - 4) has kinks at 0 and 2 and its minimum at 0; max(0, u - 1, 2 u - 4) has them at
    u = 1 and 3. u takes 1 at -1/2 and 1, and 3 at -3/2 and 7/3: six breakpoints.
    """
    best = chain([(-2.0, 0.0), (1.0, 0.0), (3.0, -4.0)], [(0.0, 0.0), (1.0, -1.0), (2.0, -4.0)])
    assert enumerate_regions(best, Box([-9], [9])).n_regions == 7 == maxout_chain(1, [[3], [3]]).value

    rng = np.random.default_rng(0)
    most = 0
    for _ in range(300):
        net = chain(
            *(list(zip(*rng.integers(-8, 9, size=(2, 3)).astype(float), strict=True)) for _ in range(2))
        )
        most = max(most, enumerate_regions(net, Box([-64], [64])).n_regions)
    assert 5 <= most <= 7


#: Inputs, ranks, regions, pairs.
PARALLEL = [
    (1, (3, 4), 6, 5),
    (2, (3, 3), 9, 12),
    (2, (3, 3, 3), 19, 30),
    (2, (4, 2, 3), 18, 28),
    (2, (2, 2, 2, 2), 11, 16),
    (3, (3, 3, 3), 27, 54),
    (3, (2, 3, 2, 2), 22, 44),
]


@pytest.mark.parametrize("row", PARALLEL, ids=lambda row: f"{row[0]}-{row[1]}")
def test_table_of_parallel_families(row: tuple[int, tuple[int, ...], int, int]) -> None:
    inputs, ranks, regions, pairs = row
    made = parallel_maxout(inputs, ranks)
    cx = assert_predictions(made, least=8)
    assert (cx.n_regions, cx.n_adjacencies) == (regions, pairs)


@pytest.mark.parametrize(
    ("inputs", "ranks"),
    [
        (1, [1]),
        (2, [1]),
        (2, [2]),
        (2, [1, 5, 1]),
        (1, [2] * 6),
        (3, [4]),
        (2, [5, 5]),
        (3, [2, 2, 3, 2, 2]),
        (4, [2] * 5),
    ],
)
def test_parallel_families(inputs: int, ranks: list[int]) -> None:
    made = parallel_maxout(inputs, ranks)
    cx = assert_predictions(made, least=8)
    wider = Box(made.box.lower - 1, 2 * made.box.upper + 1)
    assert assert_predictions(parallel_maxout(inputs, ranks, wider), least=8).n_regions == cx.n_regions
    # The formula written out, over all sets of units.
    subsets = [s for j in range(inputs + 1) for s in combinations(range(len(ranks)), j)]
    assert cx.n_regions == sum(prod(ranks[i] - 1 for i in s) for s in subsets) == maxout_layer(inputs, ranks)
    pairs = sum(
        (k - 1) * prod(ranks[j] - 1 for j in s)
        for i, k in enumerate(ranks)
        for s in subsets
        if len(s) < inputs and i not in s
    )
    assert cx.n_adjacencies == pairs


def test_the_bounds_of_other_networks_hold() -> None:
    """Random networks of the same shapes never have more than is said to be the most."""
    rng = np.random.default_rng(1)
    for inputs, rank, depth in product((1, 2), (2, 3), (1, 2)):
        above = network_upper_bound(inputs, [[rank] * inputs] * depth).value
        for _ in range(5):
            layers = [
                stacked_maxout(
                    rng.normal(size=(rank * inputs, inputs)),
                    rng.normal(size=rank * inputs),
                    np.full(inputs, rank),
                )
                for _ in range(depth)
            ]
            assert enumerate_regions(Network(layers), Box.cube(inputs, -20, 20)).n_regions <= above
