"""Networks made of two: their values exactly, and their regions the common refinement."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import zip_longest
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array
from support.networks import facets, random_network
from support.profiles import examples
from support.reference import forward
from support.strategies import boxes, networks

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.errors import InvalidInputError, InvalidNetworkError
from polyregions.network.combining import difference, maximum, side_by_side, then
from polyregions.network.layers import linear, maxout, mixed, piecewise, relu

COMBINED = [side_by_side, difference, maximum]


def points(d: int, seed: int = 0) -> list[list[Fraction]]:
    """Rational points, most of them no floats, and some at which weights of the strategies meet."""
    rng = np.random.default_rng(seed)
    thirds = [[Fraction(int(n), 3) for n in row] for row in rng.integers(-6, 7, size=(6, d))]
    return [*thirds, *([Fraction(v)] * d for v in (0, 1, -1))]


def expected(how: Any, ya: Sequence[Fraction], yb: Sequence[Fraction]) -> list[Fraction]:
    if how is side_by_side:
        return [*ya, *yb]
    if how is difference:
        return [p - q for p, q in zip(ya, yb, strict=True)]
    return [max(p, q) for p, q in zip(ya, yb, strict=True)]


def with_outputs(net: Network, n: int) -> Network:
    """Another read-out: sums of the outputs, with weights 1/10 so that nothing can be multiplied out."""
    weights = 0.1 * np.arange(1, n * net.output_dim + 1).reshape(n, net.output_dim)
    return Network([*net.layers, linear(weights, 0.3 * np.arange(n))])


def states_by_layer(net: Network, x: Any) -> list[Any]:
    """The states of each layer's units at a point, linear layers included."""
    states = net.states(x)
    return [states[i:j] for i, j in zip(net.first_units[:-1], net.first_units[1:], strict=True)]


def states_side_by_side(a: Network, b: Network, x: Any) -> list[int]:
    pairs = zip_longest(states_by_layer(a, x), states_by_layer(b, x), fillvalue=[])
    return [int(s) for first, second in pairs for s in (*first, *second)]


@st.composite
def pairs(draw: st.DrawFn, max_units: int = 5) -> tuple[Network, Network, Box]:
    """Two networks on one box, of the same number of outputs; sometimes twice the same one."""
    box = draw(boxes(draw(st.sampled_from((1, 2)))))
    a = draw(networks(max_units=max_units, box=box))
    b = a if draw(st.booleans()) else draw(networks(max_units=max_units, box=box))
    if a.output_dim != b.output_dim or draw(st.booleans()):
        n = draw(st.integers(1, 2))
        a, b = with_outputs(a, n), with_outputs(b, n)
    return a, b, box


@settings(max_examples=examples(70))
@given(case=pairs(), how=st.sampled_from(COMBINED))
def test_values_and_states_are_those_of_both(case: tuple[Network, Network, Box], how: Any) -> None:
    a, b, box = case
    net = how(a, b)
    for x in points(a.input_dim):
        ya, yb = forward(a.layers, x)[0], forward(b.layers, x)[0]
        assert net.exact.value(x) == expected(how, ya, yb)
    n = a.n_units + b.n_units
    for x in np.random.default_rng(0).uniform(box.lower, box.upper, size=(10, box.dim)):
        assert net.states(x)[:n].tolist() == states_side_by_side(a, b, x)
    # The largest of two outputs are units of a last layer; equal outputs make none.
    assert net.n_units - n <= (a.output_dim if how is maximum else 0)


@settings(max_examples=examples(30))
@given(case=pairs(max_units=4))
def test_the_regions_are_the_common_refinement(case: tuple[Network, Network, Box]) -> None:
    """Both engines; a pattern of the one alone is found as often as the region of it is cut by the other."""
    a, b, box = case
    net = side_by_side(a, b)
    cx = enumerate_regions(net, box, engine="subdivide")
    assert facets(cx) == facets(enumerate_regions(net, box, engine="traverse"))
    first, second = columns(a, b)
    for part, own in ((a, first), (b, second)):
        alone = enumerate_regions(part, box)
        assert {s.tobytes() for s in cx.states[:, own]} == {s.tobytes() for s in alone.states}
        volumes = dict.fromkeys((s.tobytes() for s in alone.states), Fraction(0))
        for i in range(cx.n_regions):
            volumes[cx.states[i, own].tobytes()] += cx[i].exact_volume
        assert volumes == {alone.states[i].tobytes(): alone[i].exact_volume for i in range(alone.n_regions)}
    if a is b:
        assert cx.n_regions == enumerate_regions(a, box).n_regions
    assert {s.tobytes() for s in enumerate_regions(difference(a, b), box).states} == {
        s.tobytes() for s in cx.states
    }


def columns(a: Network, b: Network) -> tuple[list[int], list[int]]:
    """The columns of the first and of the second network in a pattern of both."""
    own: tuple[list[int], list[int]] = ([], [])
    place = 0
    for counts in zip_longest(*([layer.n_units for layer in net.layers] for net in (a, b)), fillvalue=0):
        for part, count in zip(own, counts, strict=True):
            part += range(place, place + count)
            place += count
    return own


@pytest.mark.parametrize("engine", ["subdivide", "traverse", "brute"])
@pytest.mark.parametrize("how", COMBINED)
def test_every_engine(engine: str, how: Any) -> None:
    a, b = random_network(1, 2, ["relu", "maxout2"], 2), random_network(2, 2, ["abs"], 2)
    box = Box.cube(2, -1, 1)
    cx = enumerate_regions(how(a, b), box, engine=engine)
    cx.check()
    assert facets(cx) == facets(enumerate_regions(how(a, b), box))
    assert cx.n_regions > max(enumerate_regions(net, box).n_regions for net in (a, b))


def test_one_layer_side_by_side_is_one_layer() -> None:
    """The regions of all their hyperplanes together."""
    a, b = random_network(3, 2, ["relu"], 4), random_network(4, 2, ["relu"], 3)
    first, last = zip(a.layers, b.layers, strict=True)  # of each, its two layers
    weight = np.concatenate([layer.weight for layer in first])
    bias = np.concatenate([layer.bias for layer in first])
    beside = np.block([[last[0].weight, np.zeros((2, 3))], [np.zeros((2, 4)), last[1].weight]])
    together = Network.from_arrays([(weight, bias), (beside, np.zeros(4))])
    assert side_by_side(a, b) == together


def test_a_network_minus_itself_is_zero() -> None:
    a = random_network(5, 2, ["relu", "piecewise", "maxout3"], 4)
    cx = enumerate_regions(difference(a, a), Box.cube(2, -1, 1))
    assert cx.n_regions == enumerate_regions(a, Box.cube(2, -1, 1)).n_regions
    for states in cx.states:
        matrix, constant = cx.network.affine_map(states)
        assert not matrix.any()
        assert not constant.any()


def test_the_larger_of_two_has_walls_where_they_are_equal() -> None:
    """|x| and x/2 + 1 cross at -2/3 and 2: with 0, three breakpoints."""
    a = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1]], [0])])
    b = Network.from_arrays([([[0.5]], [1])])
    cx = enumerate_regions(maximum(a, b), Box([-3], [3]))
    assert sorted({v for i in range(cx.n_regions) for v in cx[i].vertices[:, 0].tolist()}) == pytest.approx(
        [-3, -2 / 3, 0, 2, 3]
    )


def count(net: Network) -> int:
    cx: RegionComplex = enumerate_regions(net, Box([0], [1]))
    return cx.n_regions


def test_depths_that_differ_and_networks_without_units() -> None:
    """A linear network beside a deep one; sums of numbers that no float64 holds."""
    tent = Network.from_arrays([([[1], [1]], [0, -0.5]), ([[2, -4]], [0])])
    line = Network.from_arrays([([[0.1]], [0.3])])
    other = Network.from_arrays([([[1e-20]], [1e20])])
    constant = Network.from_arrays([([[0]], [0.7])])
    deep = then(then(tent, tent), tent)
    assert count(deep) == 8
    less = Network.from_arrays([([[0]], [0.1])])
    cases = [(deep, line), (line, deep), (line, other), (line, line)]
    cases += [(constant, line), (line, constant), (constant, constant), (constant, less)]
    for how in COMBINED:
        for a, b in cases:
            net = how(a, b)
            for x in points(1):
                assert net.exact.value(x) == expected(how, a.exact.value(x), b.exact.value(x))
    assert count(side_by_side(deep, line)) == 8
    assert difference(constant, constant).output_dim == 1


def test_all_kinds_of_parts_and_sparse_weights() -> None:
    a = Network([
        mixed([
            piecewise([[1, 0], [0, 1]], [0, 0.25], [[0, 1], [-1, 2]], [[0, 1, 0], [1, 2, 3]]),
            maxout([[[1, 0], [0, 1], [1, 1]], [[2, 3], [3, 2]]], [[0, 1, 2], [0.5, 0]]),
            linear([[0.3, 0.7]], [0.1]),
        ]),
        relu(csr_array(np.diag([1.0, 2, 3, 4, 5])), np.zeros(5)),
    ])  # fmt: skip
    wide = csr_array(np.repeat(np.arange(100.0)[:, None], 2, axis=1))
    b = Network([relu(wide, np.arange(-50.0, 50)), linear(np.ones((5, 100)), np.zeros(5))])
    for how in COMBINED:
        net = how(a, b)
        for x in points(2):
            assert net.exact.value(x) == expected(how, a.exact.value(x), b.exact.value(x))


@settings(max_examples=examples(100))
@given(a=networks(max_units=4), data=st.data())
def test_one_after_the_other(a: Network, data: st.DataObject) -> None:
    b = data.draw(networks(dims=(a.output_dim,), max_units=4))
    net = then(a, b)
    assert net.layers == (*a.layers, *b.layers)
    for x in points(a.input_dim):
        assert net.exact.value(x) == forward(b.layers, forward(a.layers, x)[0])[0]


def test_what_does_not_fit() -> None:
    a, b = random_network(0, 2, ["relu"], 2), random_network(0, 3, ["relu"], 2)
    one = Network.from_arrays([([[1, 1]], [0])])
    for how in COMBINED:
        with pytest.raises(InvalidNetworkError, match="the first network has 2 inputs, the second has 3"):
            how(a, b)
        with pytest.raises(InvalidInputError, match="two networks are combined, got list"):
            how(a, [])
    for how in (difference, maximum):
        with pytest.raises(InvalidNetworkError, match="the first network has 2 outputs, the second has 1"):
            how(a, one)
    with pytest.raises(
        InvalidNetworkError, match="then: the first network has 1 output, the second has 2 inputs"
    ):
        then(one, a)
    with pytest.raises(InvalidInputError, match="got NoneType"):
        then(one, None)  # type: ignore[arg-type]
