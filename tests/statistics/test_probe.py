"""The estimate of a number of regions by random descents: its mean over all descents is the number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from support.networks import RANDOM, degenerate, random_network
from support.profiles import examples
from support.reference import random_layers
from support.strategies import cases
from support.zoo import ZOO, Case, by_name, cube

from polyregions import Box, Network, enumerate_regions
from polyregions import statistics as public
from polyregions.errors import InvalidBoxError, InvalidInputError
from polyregions.network.layers import absolute, hard_tanh, linear, maxout, mixed, piecewise, relu
from polyregions.network.slices import fix_inputs
from polyregions.statistics import estimate_regions
from polyregions.statistics.probe import RegionEstimate, estimate_within, probe, weight_of
from polyregions.statistics.probe.descent import Leaf, Tree


def all_leaves(network: Network, box: Box) -> Iterator[Leaf]:
    """Every way down, each once: those not taken at a node are gone later."""
    tree, open_ = Tree(network, box), [[]]
    while open_:
        script = open_.pop()
        taken: list[int] = []

        def choose(shares: Sequence[int], script: list[int] = script, taken: list[int] = taken) -> int:
            assert len(shares) > 1
            assert min(shares) >= 1
            if len(taken) == len(script):
                open_.extend([*script, other] for other in range(1, len(shares)))
                script.append(0)
            taken.append(script[len(taken)])
            return taken[-1]

        yield tree.descend(choose)


def assert_unbiased(network: Network, box: Box, engine: str = "auto") -> None:
    """The probabilities of all ways sum to 1, and their mean weight is the number of regions, exactly."""
    cx = enumerate_regions(network, box, engine=engine)
    total, mean, patterns = Fraction(0), Fraction(0), []
    for leaf in all_leaves(network, box):
        probability = math.prod((Fraction(*share) for share in leaf.shares), start=Fraction(1))
        weight = 1 / probability
        assert weight_of(leaf) == pytest.approx(float(weight), rel=1e-12)
        total += probability
        mean += probability * weight
        patterns.append(leaf.pattern.tobytes())
    assert total == 1
    assert mean == cx.n_regions
    assert sorted(patterns) == sorted(pattern.tobytes() for pattern in cx.states)


# unbiased, as a theorem


@pytest.mark.parametrize("case", [c for c in ZOO if c.regions <= 130], ids=lambda case: case.name)
def test_the_zoo(case: Case) -> None:
    assert_unbiased(case.network, case.box)


@settings(max_examples=examples(300))
@given(cases(dims=(1, 2, 3), max_units=6))
def test_small_networks(case: tuple[Network, Box]) -> None:
    assert_unbiased(*case, engine="brute")


@pytest.mark.parametrize("problem", RANDOM, ids=str)
def test_generic_networks(problem: tuple[int, list[str], int]) -> None:
    assert_unbiased(random_network(1, *problem), cube(problem[0]))


def test_float64_decides_all_of_a_generic_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whole numbers are for what touches or coincides: with them alone, a probe would take a second."""

    def exact(*arguments: object) -> None:
        pytest.fail("float64 should have decided this")

    monkeypatch.setattr("polyregions.statistics.probe.nodes.exact_side", exact)
    for d, kinds, width in [*RANDOM, (2, ["relu", "maxout3", "hard_tanh"], 12), (5, ["relu", "relu"], 5)]:
        tree, rng = Tree(random_network(2, d, kinds, width), cube(d)), np.random.default_rng(0)
        for _ in range(20):
            assert probe(tree, rng) >= 1


@pytest.mark.parametrize("d", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_degenerate_networks(seed: int, d: int) -> None:
    assert_unbiased(Network(degenerate(seed, d)), cube(d, -2, 2))


def test_mixed_layers() -> None:
    rng = np.random.default_rng(0)
    for d in (1, 2, 3):
        assert_unbiased(Network(random_layers(rng, d, ["mixed", "mixed"], 4)), cube(d))


def test_duplicate_dead_and_opposite_units() -> None:
    rows = [[1, 1], [1, 1], [-1, -1], [2, 2], [0, 0], [0, 0], [0, 0], [1, 0], [1e-3, 0]]
    bias = [0, 0, 0, 0, 0, 1, -1, 5, -5]
    second = [[1, -1, 0, 0, 0, 0, 0, 0, 0], [0, 0, 1, -1, 1, 1, 1, 0, 0], [0, 0, 1, 0, 0, 0, 0, 0, 0]]
    network = Network([relu(rows, bias), absolute(second, [0, 0, -1]), linear([[1, 1, 1]], [0])])
    assert_unbiased(network, cube(2), engine="brute")
    # With s = x + y: first s = 0, then |relu(-s) - 2 relu(s) + 1| bends at s = 1/2, |relu(-s) - 1| at s = -1.
    assert enumerate_regions(network, cube(2)).n_regions == 4


def test_boundaries_in_sides_and_corners_of_the_box() -> None:
    rows = [[1, 0], [1, 0], [0, 1], [1, 1], [1, -1], [1, 1]]
    network = Network([relu(rows, [1, -1, -1, -2, 0, 2]), linear([[1] * 6], [0])])
    assert_unbiased(network, cube(2), engine="brute")
    assert sum(1 for _ in all_leaves(network, cube(2))) == 2


def test_several_breakpoints() -> None:
    steps = piecewise([[1, 0.5], [1, 0.5]], [0, 1], [-1.0, -0.5, 0.25, 0.75], [0.0, 1.0, 1.0, -1.0, 2.0])
    layers = [steps, hard_tanh([[1, 1], [1, -1]], [0, 0.5]), linear([[1, 1]], [0])]
    assert_unbiased(Network(layers), cube(2), engine="brute")


def test_tied_pieces() -> None:
    """Pieces that are equal as they stand, equal on a cell only, and never the largest."""
    first = maxout([[[1, 0], [1, 0], [0, 1], [-1, 0]], [[0, 0], [1, 1], [0, 0]]], [[0, 0, 0, 0], [0, 0, 0]])
    second = maxout([[[1, 0], [1, 1], [1, 0.5]], [[1, 0], [0, 1], [0, 0]]], [[0, 0, 0], [0, 0, -100]])
    network = Network([first, second, mixed([relu([[1, -1]], [0]), linear([[1, 0]], [0])])])
    assert_unbiased(network, cube(2), engine="brute")


def test_slices() -> None:
    network = random_network(3, 4, ["relu", "maxout3", "abs"], 4)
    rng = np.random.default_rng(0)
    assert_unbiased(network.through(rng.normal(size=(3, 4))), cube(2, -1, 2))
    assert_unbiased(network.restrict(rng.normal(size=4), rng.normal(size=(3, 4))), cube(3))
    free = fix_inputs(network, [-1, 0.25, -1, 0], [1, 0.25, 1, 0])
    assert_unbiased(free.network, free.box)


@pytest.mark.parametrize("scale", [2.0**-40, 2.0**30])
@pytest.mark.parametrize("middle", [0.0, 1000.0])
def test_boxes_of_all_sizes(scale: float, middle: float) -> None:
    """Boundaries through the box, whatever its size and place."""
    rows = np.random.default_rng(2).normal(size=(6, 2))
    points = np.random.default_rng(3).uniform(-0.7, 0.7, size=(6, 2))
    bias = -(rows * (middle + scale * points)).sum(axis=1)
    network = Network([relu(rows, bias), relu(np.eye(3, 6), [0, 0, -scale / 8]), linear([[1, 1, 1]], [0])])
    assert_unbiased(network, Box([middle - scale] * 2, [middle + scale] * 2))


def test_networks_without_units_and_boxes_without_borders() -> None:
    assert [leaf.pattern.size for leaf in all_leaves(Network([linear([[1, 2]], [3])]), cube(2))] == [0]
    network = Network([relu([[1, 0]], [5]), linear([[1]], [0])])
    assert [leaf.pattern.tolist() for leaf in all_leaves(network, cube(2))] == [[1]]


# the estimate


@pytest.mark.parametrize(("d", "kinds", "width"), [(2, ["relu", "relu"], 24), (3, ["maxout3", "relu"], 8)])
def test_a_sample_is_near_the_count(d: int, kinds: list[str], width: int) -> None:
    network, box = random_network(5, d, kinds, width), cube(d)
    count = enumerate_regions(network, box).n_regions
    assert count > 200
    found = estimate_regions(network, box, probes=1500, seed=1)
    assert abs(found.mean - count) < 3 * found.standard_error < 0.3 * count


def test_many_dimensions() -> None:
    """One boundary in each of 12 directions: 2^12 regions, and every descent says so."""
    network = Network([relu(np.eye(12), np.zeros(12)), linear([[1] * 12], [0])])
    found = estimate_regions(network, cube(12), probes=20)
    assert found.mean == pytest.approx(2**12, rel=0.01)
    assert found.standard_error < 0.01 * 2**12


def test_the_seed_says_which_sample() -> None:
    case = by_name("generic-2d-8")
    first = estimate_regions(case.network, case.box, probes=50, seed=3)
    assert estimate_regions(case.network, case.box, probes=50, seed=3) == first
    assert estimate_regions(case.network, case.box, probes=50, seed=4) != first
    assert str(RegionEstimate(1234.5, 20.0, 100)) == "1234 +- 20"
    assert (public.estimate_regions, public.RegionEstimate) == (estimate_regions, RegionEstimate)


def test_progress_is_told() -> None:
    case, seen = by_name("generic-1d-5"), []
    estimate_regions(case.network, case.box, probes=4, progress=lambda *numbers: seen.append(numbers))
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_more_regions_than_float64_holds() -> None:
    assert weight_of(Leaf(np.zeros(0, dtype=np.uint8), [(1, 2)] * 2000)) == math.inf
    shares = [(2**19, 2**20)] * 20
    assert weight_of(Leaf(np.zeros(0, dtype=np.uint8), shares)) == 2.0**20


def test_an_estimate_within_some_time() -> None:
    case = by_name("generic-2d-8")
    found = estimate_within(case.network, case.box, 0.2)
    assert found is not None
    assert found.probes >= 2
    assert abs(found.mean - case.regions) < 5 * found.standard_error
    assert estimate_within(case.network, case.box, 1e-9) is None


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"network": "net.json"}, InvalidInputError, "expected a Network, got str"),
        ({"box": [0, 1]}, InvalidInputError, "expected a Box, got list"),
        ({"box": Box([0], [1])}, InvalidBoxError, "1 dimension(s) but the network has 2 input(s)"),
        ({"probes": 1}, InvalidInputError, "probes must be a whole number, at least 2, got 1"),
        ({"probes": 2.5}, InvalidInputError, "probes must be a whole number"),
        ({"seed": -1}, InvalidInputError, "seed must be a whole number, at least 0"),
    ],
)
def test_what_is_refused(arguments: dict[str, object], error: type[Exception], message: str) -> None:
    case = by_name("generic-2d-3")
    given_: dict[str, object] = {"network": case.network, "box": case.box, "probes": 2, "seed": 0}
    with pytest.raises(error) as raised:
        estimate_regions(**{**given_, **arguments})  # type: ignore[arg-type]
    assert message in str(raised.value)
