"""Maxout units piece after piece: the complex is that of the upper envelope, whatever lies below it."""

from __future__ import annotations

import time
from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from support.cells import check_cells
from support.networks import facets
from support.profiles import examples
from support.strategies import cases

from polyregions import Box, Network, RegionComplex, certify, enumerate_regions
from polyregions.engines.subdivide import growth
from polyregions.engines.subdivide.engine import Subdivision
from polyregions.network.copies import find_copies
from polyregions.network.hyperplanes import layer_steps, next_pieces
from polyregions.network.layers import Layer, hard_tanh, linear, maxout, mixed, relu
from polyregions.theory.constructions import voronoi_unit


def subdivide(net: Network, box: Box) -> RegionComplex:
    return enumerate_regions(net, box, engine="subdivide")


def vertices(cx: RegionComplex) -> set[tuple[Fraction, ...]]:
    return {tuple(cx.faces.exact_point(int(v))) for v in cx.faces.of_dimension(0)}


def check_whole(cx: RegionComplex) -> None:
    """The other engine, every invariant, and the independent proof."""
    assert facets(cx) == facets(enumerate_regions(cx.network, cx.box, engine="traverse"))
    check_cells(cx.faces.cells)
    cx.check()
    assert certify(cx).valid


def layer(rng: np.random.Generator, inputs: int, ranks: list[int]) -> Layer:
    """Maxout units of these ranks; in place of rank 1 a ReLU, of 0 a pass-through, of -1 a hard tanh."""
    parts = []
    for rank in ranks:
        rows = max(rank, 1)
        weight = rng.choice([-2.0, -1.0, 0.0, 0.5, 1.0, 2.0], size=(rows, inputs))
        bias = rng.choice([-1.0, 0.0, 0.0, 0.25, 0.5], size=rows)
        if rank > 2:
            # Pieces that repeat another one, or are a hair above it.
            weight[-1], bias[-1] = weight[0], bias[0] + rng.choice([0.0, 2.0**-40])
        if rank > 1:
            parts.append(maxout([weight], [bias]))
        else:
            parts.append({1: relu, 0: linear, -1: hard_tanh}[rank](weight, bias))
    return mixed(parts)


RANKS = [
    (1, [[8, 1, 5], [3, 0, 4]]),
    (2, [[3]]),
    (2, [[4, 1, 0, 3, 2]]),
    (2, [[8, 5]]),
    (2, [[3, 0, 2], [1, 4, -1], [3, 6]]),
    (3, [[5, 1, 0]]),
    (3, [[3, 4], [0, 3]]),
    (4, [[4, 1]]),
]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("d", "ranks"), RANKS, ids=str)
def test_units_of_several_ranks_and_kinds(d: int, ranks: list[list[int]], seed: int) -> None:
    rng = np.random.default_rng([seed, d])
    inputs = [d, *(len(own) for own in ranks)]
    layers = [layer(rng, n, own) for n, own in zip(inputs, ranks, strict=False)]
    net, box = Network([*layers, linear(np.ones((1, inputs[-1])), [0.5])]), Box.cube(d, -1, 1)
    cx = subdivide(net, box)
    check_whole(cx)
    if cx.n_regions < 20 and d < 4:
        assert facets(cx) == facets(enumerate_regions(net, box, engine="brute"))


@given(cases(kinds=("maxout", "mixed")))
@settings(max_examples=examples(60))
def test_agrees_with_brute_on_degenerate_networks(case: tuple[Network, Box]) -> None:
    cx = subdivide(*case)
    assert facets(cx) == facets(enumerate_regions(*case, engine="brute"))
    check_cells(cx.faces.cells)
    cx.check()


@pytest.mark.parametrize(("d", "rank", "units"), [(1, 8, 4), (2, 6, 4), (2, 12, 2), (3, 6, 2), (4, 5, 1)])
def test_the_order_of_the_pieces_does_not_matter(d: int, rank: int, units: int) -> None:
    """Other steps and other boundaries below the maximum, the same faces and the same exact vertices."""
    rng = np.random.default_rng([d, rank])
    weight, bias = rng.normal(size=(2, units, rank, d)), rng.normal(size=(2, units, rank)) / 3
    found = []
    for order in (np.arange(rank), np.arange(rank)[::-1], rng.permutation(rank)):
        last = maxout(weight[1][:, :, : min(units, d)], bias[1])
        first = maxout(weight[0][: last.n_inputs, order], bias[0][: last.n_inputs, order])
        cx = subdivide(Network([first, last]), Box.cube(d, -1, 1))
        states = cx.states.copy()
        states[:, : last.n_inputs] = order[states[:, : last.n_inputs]]
        found.append((cx.f_vector, cx.faces.inside_counts, vertices(cx), {row.tobytes() for row in states}))
    assert found[0] == found[1] == found[2]
    assert len(found[0][3]) > 2


def grid(d: int, side: int) -> np.ndarray:
    axes = np.meshgrid(*[np.arange(side, dtype=np.float64)] * d)
    return np.stack(axes, axis=-1).reshape(-1, d)


@pytest.mark.parametrize(("d", "side"), [(1, 256), (2, 16), (3, 6), (4, 3)])
def test_a_grid_of_cubes_is_one_unit(d: int, side: int) -> None:
    """Voronoi cells of the points of a grid in a random order: of all coincidences the grid is left."""
    sites = np.random.default_rng(d).permutation(grid(d, side))
    start = time.monotonic()
    cx = subdivide(voronoi_unit(sites).network, Box.cube(d, -1.5, side + 0.5))
    assert cx.n_regions == side**d
    # Of d factors of a k-face, k are one of side intervals each, and the others one of side - 1 points.
    assert cx.faces.inside_counts == [comb(d, k) * side**k * (side - 1) ** (d - k) for k in range(d + 1)]
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(("rank", "d"), [(24, 2), (64, 2), (256, 2), (24, 3), (64, 3), (256, 3), (64, 4)])
def test_units_of_many_pieces_all_of_which_are_largest_somewhere(rank: int, d: int) -> None:
    """All pairs of 64 pieces are equal on 2016 lines, and these cut the plane into a million cells."""
    sites = np.random.default_rng(rank).integers(-(2**20), 2**20, (rank, d)) / 2**20
    case = voronoi_unit(sites)
    start = time.monotonic()
    cx = subdivide(case.network, case.box)
    assert cx.n_regions == rank
    assert cx.undecided == 0
    assert time.monotonic() - start < 30
    assert facets(cx) == facets(enumerate_regions(case.network, case.box, engine="traverse"))


def test_pieces_that_are_the_largest_nowhere_leave_nothing() -> None:
    """The last piece is above all others by 100: one region, and the faces of the box."""
    rng = np.random.default_rng(0)
    weight, bias = rng.normal(size=(1, 12, 3)), rng.normal(size=(1, 12))
    bias[0, -1] = 100.0
    told: list[tuple[int, int]] = []
    cx = enumerate_regions(
        Network([maxout(weight, bias)]),
        Box.cube(3, -1, 1),
        engine="subdivide",
        progress=lambda *n: told.append(n),
    )
    assert [len(cx.faces.of_dimension(k)) for k in range(4)] == [8, 12, 6, 1]
    assert cx.states.tolist() == [[11]]
    # Also while there are more cells: what is told never falls.
    assert told == sorted(told)


@pytest.mark.parametrize("workers", [2, 3])
def test_workers_change_nothing(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(growth, "MOST_FACES", {})
    monkeypatch.setattr(growth, "MOST_IN_HIGH_DIMENSION", 30)
    rng = np.random.default_rng(3)
    net = Network([layer(rng, 2, [5, 1, 4, 3]), layer(rng, 4, [4, 3, 0])])
    one, more = (
        enumerate_regions(net, Box.cube(2, -2, 2), engine="subdivide", workers=n) for n in (1, workers)
    )
    for name in ("states", "witnesses", "facet_offsets", "facet_neighbors"):
        assert getattr(one, name).tobytes() == getattr(more, name).tobytes()
    assert one.f_vector == more.f_vector
    assert vertices(one) == vertices(more)


def test_cutting_further_is_cutting_at_once() -> None:
    """On top of maxout units, by a maxout unit of the outputs and by a level of one of them."""
    rng = np.random.default_rng(2)
    layers = [layer(rng, 2, [4, 1, 3]), layer(rng, 3, [3, 0, 5])]
    weight, bias = rng.normal(size=(6, 3)), rng.normal(size=6) / 4
    box = Box.cube(2, -1, 1)
    cx = subdivide(Network([*layers, linear(weight, bias)]), box)
    further = cx.decision_boundary().complex
    at_once = subdivide(Network([*layers, maxout([weight], [bias])]), box)
    assert facets(further) == facets(at_once)
    assert (further.f_vector, vertices(further)) == (at_once.f_vector, vertices(at_once))
    check_whole(further)
    level = cx.level_set(2, 0.25).complex
    check_whole(level)
    assert further.n_regions > cx.n_regions
    assert level.n_regions > cx.n_regions


def test_forms_are_those_of_their_sources() -> None:
    """Each float64 form has the sign of the exact one that its step, cell and hyperplane stand for."""
    rng = np.random.default_rng(0)
    layers, n = [], 2
    for ranks in ((5, 3), (4, 2, 4)):
        layers.append(
            maxout([rng.normal(size=(r, n)) for r in ranks], [rng.normal(size=r) / 4 for r in ranks])
        )
        n = len(ranks)
    subdivision = Subdivision(
        Network([*layers[:1], mixed([relu(np.eye(2), [0.1, 0.2]), *layers[1:]])]), Box.cube(2, -1, 1)
    )
    cx = subdivision.run()
    store = subdivision.vertices.store
    assert {step for step, _, _ in store.source.tolist()} == {-1, *range(len(subdivision.steps))}
    points = rng.uniform(-1, 1, (20, 2))
    for form, source in zip(store.forms[4:], store.source[4:].tolist(), strict=True):
        exact = subdivision.vertices.exact_form(*source)
        for p in points:
            value = form[:2] @ p + form[2]
            true = sum(Fraction(v) * Fraction(x) for v, x in zip(exact, [*p.tolist(), 1], strict=True))
            assert abs(value) < 1e-9 or (value > 0) == (true > 0)
    check_whole(cx)


def test_which_piece_comes_in_which_step() -> None:
    """A step for each piece of the unit that has most of them; what repeats a piece comes never."""
    zero = [[0.0]]
    own = mixed(
        [
            maxout([[[1], [1], [2], [1], [3]]], [[0, 0, 0, 1, 0]]),
            relu([[1]], [0]),
            maxout([zero * 2, [*zero, [1]]], [[1, 1], [0, 0]]),
        ]
    )
    # Output 2 is no unit: its pieces are all the same.
    assert [step.tolist() for step in next_pieces(own, find_copies(Network([own]))[0].rows)] == [
        [[0, 2], [3, 1]],
        [[0, 3]],
        [[0, 4]],
    ]
    steps = layer_steps(Network([own]), Box([-1], [1]))
    assert [step.pairs.tolist() for step in steps] == [
        [[0, 2, 0], [1, 0, 1], [3, 1, 0]],
        [[0, 3, 0]],
        [[0, 4, 0]],
    ]
