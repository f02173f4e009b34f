"""The float64 filter: what it calls certain is true, and that is nearly everything."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support import reference
from support.profiles import examples
from support.strategies import cases

from polyregions import Box, Network
from polyregions.base.rounding import gamma
from polyregions.network.kinds import make_layer
from polyregions.network.layers import (
    Layer,
    absolute,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    mixed,
    piecewise,
    relu,
)
from polyregions.network.states import filtered_states

from support.zoo import ZOO, Case  # isort: skip

KINDS = [kind for kind in reference.KINDS if kind != "linear"]


def check(layers: Sequence[Layer], points: np.ndarray) -> tuple[int, int]:
    """Compare with the exact states; return the numbers of certain points and of wrong uncertain ones."""
    states, certain = filtered_states(layers, points)
    exact = Network(layers).exact
    wrong = 0
    for x, found, sure in zip(points, states, certain, strict=True):
        same = found.tolist() == exact.states_at(x)
        assert same or not sure, x
        wrong += not same
    return int(certain.sum()), wrong


def test_gamma() -> None:
    """Higham: n u / (1 - n u) with u = 2^-53; n u for small n."""
    assert gamma(1) == pytest.approx(2.0**-53, rel=1e-12)
    assert gamma(2**52) == 1.0


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("depth", [1, 3, 8])
def test_generic_points_are_certain(kind: str, depth: int) -> None:
    rng = np.random.default_rng(depth)
    layers = reference.random_layers(rng, 4, [kind] * depth, 12)
    points = rng.uniform(-1, 1, size=(400, 4))
    certain, _ = check(layers, points)
    assert certain >= 398


def test_a_large_network_is_certain() -> None:
    rng = np.random.default_rng(0)
    layers = reference.random_layers(rng, 10, ["relu"] * 4, 128)
    _, certain = filtered_states(layers, rng.uniform(-1, 1, size=(5000, 10)))
    assert certain.mean() > 0.999


@pytest.mark.parametrize("seed", range(25))
def test_random_networks_of_all_kinds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = reference.random_layers(rng, 3, rng.choice(reference.KINDS, size=4).tolist(), 5)
    check(layers, rng.normal(size=(40, 3)))


def ill_conditioned(rng: np.random.Generator, kind: str, n: int, width: int) -> Layer:
    """Weights between 2^-30 and 2^30, some of them nearly cancelling."""
    rows = 3 * width if kind.startswith("maxout") else width
    W = rng.normal(size=(rows, n)) * 2.0 ** rng.integers(-30, 31, size=(rows, n))
    b = rng.normal(size=rows) * 2.0 ** rng.integers(-30, 31, size=rows)
    for i in range(1, rows):
        how = rng.integers(4)
        if how == 0:  # nearly the row before
            W[i], b[i] = W[i - 1] * (1 + rng.integers(-2, 3) * 2.0**-52), b[i - 1]
        elif how == 1:  # two columns that cancel where their inputs agree
            W[i, -1] = -W[i, 0]
    if kind == "mixed":
        kinds = rng.choice(["linear", "relu", "hard_tanh", "abs"], size=width).tolist()
        return mixed([make_layer(own, [w], [c]) for w, c, own in zip(W, b, kinds, strict=True)])
    if kind.startswith("maxout"):
        return maxout(W.reshape(width, 3, n), b.reshape(width, 3))
    return make_layer(kind, W, b, **reference.PARAMETERS.get(kind, {}))


@pytest.mark.parametrize("kind", KINDS)
def test_ill_conditioned_networks_near_their_boundaries(kind: str) -> None:
    """Points are bisected to where the float states change, and float64 gets some of them wrong."""
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(12):
        layers: list[Layer] = []
        n = 3
        for _ in range(rng.integers(1, 5)):
            layers.append(ill_conditioned(rng, kind, n, 4))
            n = 4
        a, b = rng.normal(size=(2, 25, 3))
        start, _ = filtered_states(layers, a)
        for _ in range(60):
            middle = (a + b) / 2
            same = (filtered_states(layers, middle)[0] == start).all(axis=1)
            a, b = np.where(same[:, None], middle, a), np.where(same[:, None], b, middle)
        wrong += check(layers, np.concatenate([a, b]))[1]
    assert wrong > 0  # float64 was wrong somewhere: the test had something to find


@settings(max_examples=examples(200))
@given(cases(), st.integers(0, 10**6))
def test_degenerate_networks(case: tuple[Network, Box], seed: int) -> None:
    net, box = case
    t = np.random.default_rng(seed).choice([0, 0.25, 0.5, 1, 1 / 3], size=(8, box.dim))
    points = box.lower + (box.upper - box.lower) * t
    points = np.concatenate([points, np.nextafter(points, np.inf)])
    check(net.layers, points)


extreme = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(
    (0.0, -0.0, 1.0, -1.0, 5e-324, 1e-310, 1e308, -1e308, 2.0**511, 2.0**-537, 1e-160)
)


@settings(max_examples=examples(300))
@given(st.data(), st.sampled_from(("relu", "abs", "hard_tanh", "leaky_relu", "piecewise", "maxout")))
def test_overflow_and_underflow(data: st.DataObject, kind: str) -> None:
    """Any float64 anywhere: infinities and NaN on the way certify nothing."""
    layers: list[Layer] = []
    for _ in range(data.draw(st.integers(1, 3))):
        weight = data.draw(arrays(np.float64, (4, 2), elements=extreme))
        bias = data.draw(arrays(np.float64, 4, elements=extreme))
        if kind == "maxout":
            layers.append(maxout(weight.reshape(2, 2, 2), bias.reshape(2, 2)))
            continue
        parameters = {}
        if kind == "leaky_relu":
            parameters = {"slope": data.draw(extreme)}
        if kind == "piecewise":
            t = sorted({v + 0.0 for v in data.draw(st.lists(extreme, min_size=1, max_size=3))})
            slopes = data.draw(st.lists(extreme, min_size=len(t) + 1, max_size=len(t) + 1))
            parameters = {"breakpoints": t, "slopes": slopes}
        layers += [
            make_layer(kind, weight, bias, **parameters),
            linear([[1, 0, 1, 0], [0, 1, 0, -1]], [0, 0]),
        ]
    check(layers, data.draw(arrays(np.float64, (4, 2), elements=extreme)))


@pytest.mark.parametrize(
    ("layer", "points"),
    [
        (relu([[1, 1]], [-1]), [[0.5, 0.5], [1.0, 0.0]]),
        (absolute([[1, 0]], [0]), [[0.0, 3.0]]),
        (leaky_relu([[1, 0]], [0], 0.5), [[0.0, 3.0]]),
        (hard_tanh([[1, 0]], [0]), [[1.0, 3.0], [-1.0, 0.0]]),
        (piecewise([[1, 0]], [0], [1, 2], [0, 1, 0]), [[1.0, 3.0], [2.0, 0.0]]),
        (maxout([[[1, 0], [0, 1]]], [[0, 0]]), [[3.0, 3.0], [0.0, 0.0]]),
        (maxout([[[0, 0], [1, 0], [0, 1]]], [[0, 0, 0]]), [[3.0, 3.0], [0.0, -1.0]]),
    ],
    ids=lambda case: getattr(case, "kind", ""),
)
def test_points_on_breakpoints_are_never_certain(layer: Layer, points: list[list[float]]) -> None:
    """A forward error bound is positive: it cannot prove a zero."""
    _, certain = filtered_states([layer], np.array(points))
    assert not certain.any()
    _, beside = filtered_states([layer], np.array(points) + np.array([2.0**-40, 2.0**-42]))
    assert beside.all()


def test_a_breakpoint_deep_in_the_network_makes_its_point_uncertain() -> None:
    layers = [linear([[1]], [0]), relu([[1]], [-0.5]), linear([[1]], [0]), relu([[1]], [5])]
    assert filtered_states(layers, np.array([[0.5], [0.25]]))[1].tolist() == [False, True]


def test_shapes() -> None:
    layers = [relu([[1, 0], [0, 1]], [0, 0]), maxout([[[1, 0], [0, 1]]], [[0, 0]]), hard_tanh([[1]], [0])]
    states, certain = filtered_states(layers, np.zeros((0, 2)))
    assert (states.shape, states.dtype, certain.shape) == ((0, 4), np.uint8, (0,))
    states, certain = filtered_states([linear([[1, 0]], [0])], np.ones((3, 2)))
    assert (states.shape, certain.tolist()) == ((3, 0), [True] * 3)
    one_piece = [maxout([[[1, 0]]], [[0]])]
    assert filtered_states(one_piece, np.zeros((1, 2)))[1].tolist() == [True]  # nothing to decide


@pytest.mark.parametrize("case", ZOO[::4], ids=lambda case: case.name)
def test_zoo(case: Case) -> None:
    rng = np.random.default_rng(2)
    grid = case.box.lower + (case.box.upper - case.box.lower) * rng.integers(0, 9, size=(20, case.dim)) / 8
    check(case.network.layers, grid)
