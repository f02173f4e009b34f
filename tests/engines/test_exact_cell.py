"""One cell by exact arithmetic alone, whatever float64 has proven or proposed, against the referee."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples
from support.strategies import cases
from support.zoo import ZOO, Case

from polyregions import Box, Network, RegionComplex
from polyregions.engines.brute import enumerate_brute
from polyregions.engines.traverse.decisions import decide
from polyregions.engines.traverse.exact_cell import ExactCell, exact_cell
from polyregions.engines.traverse.rows import RecentredRows
from polyregions.errors import CheckFailedError
from polyregions.geometry.proofs import UNDECIDED
from polyregions.network.layers import absolute, hard_tanh, maxout, relu


def nothing_known(network: Network, box: Box, pattern: Any) -> tuple[Any, Any]:
    """Verdicts and bases of a cell of which float64 knows nothing."""
    n = len(network.exact.rows(pattern)[0]) + 2 * box.dim
    return np.full(n, UNDECIDED, dtype=np.uint8), np.full((n, box.dim), -1, dtype=np.int32)


def plain_cell(network: Network, box: Box, pattern: Any) -> ExactCell:
    return exact_cell(network, box, pattern, *nothing_known(network, box, pattern), None)


def across(cell: ExactCell) -> list[int | bytes]:
    """What lies across the facets: patterns as bytes, sides of the box as -1 - side."""
    return [-1 - facet if isinstance(facet, int) else facet.tobytes() for facet in cell.facets]


def expected(cx: RegionComplex, i: int) -> set[int | bytes]:
    targets = cx.facet_neighbors[cx.facet_offsets[i] : cx.facet_offsets[i + 1]].tolist()
    return {cx.states[j].tobytes() if j >= 0 else j for j in targets}


def check_cell(cx: RegionComplex, i: int, cell: ExactCell) -> None:
    """Facets as the referee's, each once, and a point whose exact states are the region's."""
    found = across(cell)
    assert len(set(found)) == len(found)
    assert set(found) == expected(cx, i)
    assert cx.network.exact.states_at(cell.interior) == cx.states[i].tolist()
    low, high = ([Fraction(v) for v in bound.tolist()] for bound in (cx.box.lower, cx.box.upper))
    assert all(a < x < b for a, x, b in zip(low, cell.interior, high, strict=True))


@settings(max_examples=examples(250))
@given(cases(max_units=6))
def test_cells_of_small_networks(case: tuple[Network, Box]) -> None:
    cx = enumerate_brute(*case)
    for i in range(cx.n_regions):
        check_cell(cx, i, plain_cell(*case, cx.states[i]))


@settings(max_examples=examples(250))
@given(cases(max_units=6), st.integers(0, 2**32 - 1))
def test_proposals_change_nothing(case: tuple[Network, Box], seed: int) -> None:
    """Bases of arbitrary rows, a centre anywhere: they may be of no use, but never believed."""
    rng = np.random.default_rng(seed)
    cx, d = enumerate_brute(*case), case[1].dim
    for i in range(cx.n_regions):
        verdict, bases = nothing_known(*case, cx.states[i])
        bases[:] = rng.integers(0, len(bases), size=bases.shape)
        bases[rng.random(len(bases)) < 0.2, 0] = -1
        numerators = rng.integers(-9, 10, size=d).tolist()
        centre = [Fraction(n, int(rng.integers(1, 9))) for n in numerators]
        check_cell(cx, i, exact_cell(*case, cx.states[i], verdict, bases, centre))


@settings(max_examples=examples(250))
@given(cases(max_units=6))
def test_what_is_proven_in_float64_may_be_left_out(case: tuple[Network, Box]) -> None:
    cx, network = enumerate_brute(*case), RecentredRows(*case)
    decisions = decide(network, cx.states.copy())
    for i in range(cx.n_regions):
        t = decisions.centres[i]
        centre = network.point(t) if np.isfinite(t).all() else None
        verdict, bases = decisions.verdicts[i], decisions.bases[i]
        check_cell(cx, i, exact_cell(*case, cx.states[i], verdict, bases, centre))


SMALL = [case for case in ZOO if case.regions <= 40 and case.box.dim <= 3]


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_cells_of_the_zoo(case: Case) -> None:
    cx = enumerate_brute(case.network, case.box)
    for i in range(cx.n_regions):
        check_cell(cx, i, plain_cell(case.network, case.box, cx.states[i]))


def facets_of(layers: list[Any], box: Box, pattern: list[int]) -> set[int | tuple[int, ...]]:
    cell = plain_cell(Network(layers), box, np.array(pattern, dtype=np.uint8))
    return {facet if isinstance(facet, int) else tuple(facet.tolist()) for facet in cell.facets}


def test_all_units_of_one_hyperplane_flip() -> None:
    """x = 0 four times (scaled, negated, and seen by the second layer), y = 0 once."""
    first = relu([[1, 0], [3, 0], [-0.25, 0], [0, 1]], [0] * 4)
    layers = [first, relu([[1, 1, 0, 0], [0, 0, -1, 0]], [0, 0])]
    there = {(0, 0, 1, 1, 0, 0), (1, 1, 0, 0, 1, 0), 1, 3}
    assert facets_of(layers, Box.cube(2, -1, 1), [1, 1, 0, 1, 1, 0]) == there


def test_units_that_are_zero_here_and_not_beyond() -> None:
    """relu(x), then h, -h, h - 0: identically zero for x < 0; only h is positive beyond."""
    layers = [relu([[1]], [0]), relu([[1], [-1], [2]], [0, 0, 0])]
    assert facets_of(layers, Box.cube(1, -1, 1), [0, 0, 0, 0]) == {0, (1, 1, 0, 1)}
    assert facets_of(layers, Box.cube(1, -1, 1), [1, 1, 0, 1]) == {1, (0, 0, 0, 0)}


def test_a_unit_with_two_breakpoints_is_zero_at_the_upper_one() -> None:
    """Hard tanh of hard tanh: at 1 for x > 1, which does not exceed 1; no flip of the outer unit there."""
    layers = [hard_tanh([[1]], [0]), hard_tanh([[1]], [0])]
    assert facets_of(layers, Box.cube(1, -2, 2), [2, 1]) == {1, (1, 1)}
    assert facets_of(layers, Box.cube(1, -2, 2), [1, 1]) == {(2, 1), (0, 0)}
    assert facets_of(layers, Box.cube(1, -2, 2), [0, 0]) == {0, (1, 1)}


def test_tied_pieces_beyond_a_facet_take_the_lowest_index() -> None:
    """max(-x, 0, x, x, 2 x): from -x to 2 x; with pieces -x, x, x alone, to the first x."""
    box = Box.cube(1, -1, 1)
    assert facets_of([maxout([[[-1], [0], [1], [1], [2]]], [[0] * 5])], box, [0]) == {0, (4,)}
    assert facets_of([maxout([[[-1], [1], [1]]], [[0] * 3])], box, [0]) == {0, (1,)}
    # x as two equal pieces 1 and 2, seen from the side where they win: the tie is a zero row.
    assert facets_of([maxout([[[-1], [1], [1]]], [[0] * 3])], box, [1]) == {1, (0,)}


def test_pieces_that_come_apart_beyond_a_facet() -> None:
    """h = relu(x): max(h, 0) is tied for x < 0, max(0, h) flips beyond, max(0, -h) does not."""
    layers = [relu([[1]], [0]), maxout([[[1], [0]], [[0], [1]], [[0], [-1]]], [[0, 0]] * 3)]
    assert facets_of(layers, Box.cube(1, -1, 1), [0, 0, 0, 0]) == {0, (1, 0, 1, 0)}


def test_boundaries_in_sides_of_the_box_are_sides() -> None:
    layers = [relu([[1, 0], [0, -2]], [-1, 2]), absolute([[1, 1]], [0])]
    assert facets_of(layers, Box.cube(2, -1, 1), [0, 1, 1]) == {0, 1, 2, 3}


@pytest.mark.parametrize(
    ("bias", "pattern"),
    [
        ([0.0, 0.0], [1, 1]),  # x > 0 and -x > 0: empty
        ([-0.5, -0.5], [1, 1]),
        ([-2.0, 0.0], [1, 0]),  # outside the box
        ([-1.0, 0.0], [1, 0]),  # touches a side
    ],
)
def test_a_pattern_without_a_region(bias: list[float], pattern: list[int]) -> None:
    with pytest.raises(CheckFailedError, match="no region"):
        facets_of([relu([[1, 0], [-1, 0]], bias)], Box.cube(2, -1, 1), pattern)


@pytest.mark.parametrize(("bias", "state"), [(-1.0, 1), (1.0, 0), (0.0, 1)])
def test_a_constant_unit_in_the_wrong_state_has_no_region(bias: float, state: int) -> None:
    with pytest.raises(CheckFailedError, match="no region"):
        facets_of([relu([[0.0]], [bias])], Box.cube(1, -1, 1), [state])
