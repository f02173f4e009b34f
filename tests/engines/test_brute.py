from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from support.profiles import examples
from support.strategies import cases
from support.zoo import ZOO, Case, by_name

from polyregions import Box, Network
from polyregions.complex.region_complex import RegionComplex
from polyregions.engines import brute
from polyregions.engines.brute import enumerate_brute
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.network.layers import absolute, hard_tanh, maxout, relu


def facets(cx: RegionComplex) -> list[list[int]]:
    return [part.tolist() for part in np.split(cx.facet_neighbors, cx.facet_offsets[1:-1])]


def test_zoo_is_consistent() -> None:
    for case in ZOO:
        assert case.source
        if case.f_vector is not None:
            # The open box is a ball: the Euler characteristic of its faces is that of an open d-ball.
            assert len(case.f_vector) == case.dim + 1, case.name
            assert sum((-1) ** k * n for k, n in enumerate(case.f_vector)) == (-1) ** case.dim, case.name
            assert case.f_vector[-2:] == (case.pairs, case.regions), case.name


@settings(max_examples=examples(100))
@given(cases())
def test_patterns_are_those_of_exact_interior_points(case: tuple[Network, Box]) -> None:
    cx = enumerate_brute(*case)
    assert len({row.tobytes() for row in cx.states}) == cx.n_regions
    assert cx.states.tolist() == sorted(cx.states.tolist())
    for region in cx:
        vertices = region.exact_vertices
        centre = [Fraction(sum(column), len(vertices)) for column in zip(*vertices, strict=True)]
        assert cx.network.exact.states_at(centre) == region.pattern.tolist()


@settings(max_examples=examples(100))
@given(cases())
def test_adjacency_is_mutual_and_connected(case: tuple[Network, Box]) -> None:
    cx = enumerate_brute(*case)
    targets = facets(cx)
    reached, frontier = {0}, [0]
    while frontier:
        new = {j for i in frontier for j in targets[i] if j >= 0} - reached
        reached |= new
        frontier = list(new)
    assert len(reached) == cx.n_regions
    for i, row in enumerate(targets):
        inner = [j for j in row if j >= 0]
        sides = [-1 - j for j in row if j < 0]
        assert row == inner + [-1 - side for side in sides]
        for ids in (inner, sides):
            assert ids == sorted(set(ids))
        assert all(i in targets[j] for j in row if j >= 0)
    on_sides = {-1 - j for row in targets for j in row if j < 0}
    assert on_sides == set(range(2 * cx.box.dim))


def test_facets_of_two_slabs() -> None:
    # x < 0 touches the lower side of x (0) and both of y (2, 3); x > 0 the upper side of x (1).
    cx = enumerate_brute(Network([relu([[1, 0]], [0])]), Box([-1, -1], [1, 2]))
    assert cx.states.tolist() == [[0], [1]]
    assert facets(cx) == [[1, -1, -3, -4], [0, -2, -3, -4]]
    np.testing.assert_array_equal(cx.witnesses, [[-0.5, 0.5], [0.5, 0.5]])


def test_facets_of_an_undivided_box() -> None:
    cx = enumerate_brute(Network([relu([[1, 1, 1]], [-3])]), Box.cube(3, -1, 1))
    assert facets(cx) == [[-1, -2, -3, -4, -5, -6]]
    assert cx.n_adjacencies == 0


def test_triangle_in_a_corner_has_two_sides() -> None:
    # x + y > 1 on [0, 1]^2 is a triangle with the two upper sides; the other part has the two lower sides
    # whole, and nothing of the upper ones but a corner.
    cx = enumerate_brute(Network([relu([[1, 1]], [-1])]), Box.cube(2, 0, 1))
    assert facets(cx) == [[1, -1, -3], [0, -2, -4]]


def test_opposite_quadrants_are_not_adjacent() -> None:
    cx = enumerate_brute(Network([relu([[1, 0], [0, 1]], [0, 0])]), Box.cube(2, -1, 1))
    assert cx.states.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert cx.adjacencies.tolist() == [[0, 1], [0, 2], [1, 3], [2, 3]]


@pytest.mark.parametrize("name", ["five-slabs-1d", "five-slabs-2d"])
def test_patterns_one_flip_apart_need_not_be_adjacent(name: str) -> None:
    case = by_name(name)
    cx = enumerate_brute(case.network, case.box)
    # Units x, x + 10, and the second layer; from left to right.
    path = [cx.find(p) for p in ([0, 0, 1], [0, 1, 1], [0, 1, 0], [1, 1, 0], [1, 1, 1])]
    assert sorted(path) == [0, 1, 2, 3, 4]
    expected = sorted(sorted(pair) for pair in pairwise(path))
    assert cx.adjacencies.tolist() == expected


def test_states_count_the_breakpoints_exceeded() -> None:
    cx = enumerate_brute(Network([hard_tanh([[1], [-1]], [0, 0])]), Box([-2], [2]))
    assert cx.states.tolist() == [[0, 2], [1, 1], [2, 0]]


def test_identically_zero_is_state_0() -> None:
    # x - 5 is dead on the box, and the unit above it sees 0.
    cx = enumerate_brute(Network([relu([[1]], [-5]), absolute([[1]], [0])]), Box([-1], [1]))
    assert cx.states.tolist() == [[0, 0]]


def test_ties_take_the_lowest_index() -> None:
    cx = enumerate_brute(Network([maxout([[[0], [1], [1], [0]]], [[0] * 4])]), Box([-1], [1]))
    assert cx.states.tolist() == [[0], [1]]


def test_more_than_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brute, "MAX_REGIONS", 15)
    case = by_name("generic-2d-5")  # 16 regions
    with pytest.raises(TooLargeError, match=r"at most 15 regions.*up to 10\^1\.2 by"):
        enumerate_brute(case.network, case.box)
    monkeypatch.setattr(brute, "MAX_REGIONS", 16)
    assert enumerate_brute(case.network, case.box).n_regions == 16


@pytest.mark.parametrize(("depth", "estimate"), [(3, r"10\^10\.0"), (2000, r"10\^6636\.5")])
def test_large_networks_are_refused_at_once(depth: int, estimate: str) -> None:
    # S(64, 2) = 2081 regions a layer: 10^3.318 each.
    layers = [relu(np.ones((64, 2 if i == 0 else 64)), np.zeros(64)) for i in range(depth)]
    with pytest.raises(TooLargeError, match=f"up to {estimate} regions"):
        enumerate_brute(Network(layers), Box.cube(2, -1, 1))


@pytest.mark.parametrize("case", ZOO, ids=lambda case: case.name)
def test_upper_bound_holds(case: Case) -> None:
    assert case.regions <= brute._upper_bound(case.network)


def test_upper_bound_is_attained() -> None:
    for case in ZOO:
        if case.name.startswith(("generic-", "maxout-2d-", "maxout-3d-", "four-fold-")):
            assert brute._upper_bound(case.network) == case.regions, case.name


def test_high_dimension_is_refused() -> None:
    with pytest.raises(TooLargeError, match=r"dimension 9 it has 2\*\*9"):
        enumerate_brute(Network([relu(np.ones((1, 9)), [0])]), Box.cube(9, -1, 1))


def test_box_of_another_dimension_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="2 inputs but the box has dimension 1"):
        enumerate_brute(Network([relu([[1, 0]], [0])]), Box([0], [1]))
