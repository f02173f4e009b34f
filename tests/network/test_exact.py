"""The integer network against the definitions in plain fractions (tests/reference.py)."""

from __future__ import annotations

from fractions import Fraction
from math import gcd
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support import reference
from support.strategies import cases, networks

from polyregions import Box, Network
from polyregions.base.rationals import dyadic, rational_point, round_fraction
from polyregions.network.exact import scalar_intercepts
from polyregions.network.layers import (
    absolute,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    piecewise,
    relu,
)

finite = st.floats(allow_nan=False, allow_infinity=False)
rationals = st.fractions(-3, 3, max_denominator=12) | st.sampled_from(
    (Fraction(0), Fraction(1), Fraction(-1, 2))
)


def points(d: int) -> st.SearchStrategy[list[Fraction]]:
    return st.lists(rationals, min_size=d, max_size=d)


@st.composite
def patterns(draw: st.DrawFn, net: Network) -> list[int]:
    """Any pattern, realised or not."""
    return [draw(st.integers(0, int(n) - 1)) for layer in net.hidden for n in layer.n_states]


# --------------------------------------------------------------------------------------- conversions


@given(st.lists(finite, max_size=6))
def test_dyadic(values: list[float]) -> None:
    integers, exponent = dyadic(values)
    assert exponent >= 0
    assert all(type(n) is int for n in integers)
    assert [Fraction(n, 2**exponent) for n in integers] == [Fraction(v) for v in values]
    if exponent:
        assert any(n % 2 for n in integers)  # the exponent is the least that does


def test_dyadic_by_hand() -> None:
    assert dyadic([0.75, -2.0, 0.0]) == ([3, -8, 0], 2)
    assert dyadic([4.0, 12.0]) == ([4, 12], 0)
    assert dyadic([5e-324]) == ([1], 1074)
    assert dyadic([2.0**1023]) == ([2**1023], 0)
    assert dyadic([-0.0]) == ([0], 0)
    assert dyadic([]) == ([], 0)
    assert dyadic([[0.5], [3.0]]) == ([1, 6], 1)


@given(st.integers(), st.integers(1))
def test_round_fraction(numerator: int, denominator: int) -> None:
    """The nearest float64: no neighbour is nearer, and a tie goes to the even mantissa."""
    exact, rounded = Fraction(numerator, denominator), round_fraction(numerator, denominator)
    distance = abs(Fraction(rounded) - exact)
    for other in (np.nextafter(rounded, np.inf), np.nextafter(rounded, -np.inf)):
        away = abs(Fraction(float(other)) - exact)
        assert distance < away or (distance == away and int(np.float64(rounded).view(np.int64)) % 2 == 0)


def test_round_fraction_at_the_ends_of_the_range() -> None:
    largest = 2**1024 - 2**971
    assert round_fraction(largest + 2**970 - 1, 1) == float(largest)
    assert round_fraction(largest + 2**970, 1) == np.inf  # a tie, to even
    assert round_fraction(-(10**400), 3) == -np.inf
    assert round_fraction(1, 2**1075) == 0
    assert round_fraction(3, 2**1076) == 5e-324
    assert round_fraction(1, 3) == 1 / 3


@given(st.lists(st.fractions(), min_size=1, max_size=4))
def test_rational_point_of_fractions(x: list[Fraction]) -> None:
    *coordinates, last = (int(v) for v in rational_point(x))
    assert last > 0
    assert [Fraction(v, last) for v in coordinates] == x
    assert gcd(*coordinates, last) == 1  # the least common denominator


@given(arrays(np.float64, st.integers(1, 4), elements=finite))
def test_rational_point_of_floats(x: np.ndarray) -> None:
    *coordinates, last = (int(v) for v in rational_point(x))
    assert last > 0
    assert [Fraction(v, last) for v in coordinates] == [Fraction(v) for v in x.tolist()]


@pytest.mark.parametrize(
    ("layer", "intercepts"),
    [
        (relu([[1]], [0]), [0, 0]),
        (leaky_relu([[1]], [0], 0.1), [0, 0]),
        (absolute([[1]], [0]), [0, 0]),
        (linear([[1]], [0]), [0]),
        (hard_tanh([[1]], [0]), [-1, 0, 1]),
        (piecewise([[1]], [0], [0, 6], [0, 1, 0]), [0, 0, 6]),
        (piecewise([[1]], [0], [1, 2], [3, 0, 1]), [0, 3, 1]),  # 3 z, 3, 3 + (z - 2)
        (piecewise([[1]], [0], [-3, -1], [1, 0, 2]), [1, -2, 0]),  # -2 + (z + 3), -2, 2 z
    ],
    ids=lambda case: getattr(case, "kind", ""),
)
def test_scalar_intercepts(layer: Any, intercepts: list[int]) -> None:
    assert scalar_intercepts(layer) == intercepts
    assert layer.intercepts.tolist() == intercepts


# ---------------------------------------------------------------------------------------- evaluation


@settings(max_examples=200, deadline=None)
@given(networks(), st.data())
def test_value_and_states_at_rational_points(net: Network, data: st.DataObject) -> None:
    x = data.draw(points(net.input_dim))
    value, states = reference.forward(net.layers, x)
    assert net.exact.value(x) == value
    assert net.exact.states_at(x) == states


@pytest.mark.parametrize("seed", range(30))
def test_value_and_states_of_dense_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = reference.random_layers(rng, 3, rng.choice(reference.KINDS, size=3).tolist(), 4)
    net = Network(layers)
    for x in rng.normal(size=(3, 3)):
        value, states = reference.forward(layers, x.tolist())
        assert net.exact.value(x) == value
        assert net.exact.states_at(x) == states
        assert net.exact.states_at([Fraction(v) for v in x.tolist()]) == states


@settings(max_examples=150, deadline=None)
@given(networks(), st.data())
def test_forms_are_those_of_the_pattern(net: Network, data: st.DataObject) -> None:
    pattern = data.draw(patterns(net))
    pre, output = net.exact.forms(pattern)
    expected_pre, expected_output = reference.forms(net.layers, pattern)
    for rows, expected in [*zip(pre, expected_pre, strict=True), (output, expected_output)]:
        *above, homogeneous = [[int(v) for v in row] for row in rows]
        assert homogeneous[:-1] == [0] * net.input_dim
        assert homogeneous[-1] > 0
        assert [[Fraction(v, homogeneous[-1]) for v in row] for row in above] == expected


# --------------------------------------------------------------------------------------- states near


@settings(max_examples=200, deadline=None)
@given(cases(), st.data())
def test_states_near_is_the_pattern_of_points_nearby(case: tuple[Network, Box], data: st.DataObject) -> None:
    """At x + (s1 e, s2 e^2, ...), e so small that no form of these small networks vanishes on the way."""
    net, box = case
    t = [data.draw(st.sampled_from((0, Fraction(1, 4), Fraction(1, 2), 1))) for _ in range(box.dim)]
    low, high = reference.fractions(box.lower), reference.fractions(box.upper)
    x = [a + (b - a) * s for a, b, s in zip(low, high, t, strict=True)]
    signs = data.draw(st.lists(st.sampled_from((1, -1)), min_size=box.dim, max_size=box.dim))
    epsilon = Fraction(1, 2**600)
    nearby = [v + s * epsilon ** (j + 1) for j, (v, s) in enumerate(zip(x, signs, strict=True))]
    assert net.exact.states_near(x, signs) == reference.forward(net.layers, nearby)[1]
    if all(s == 1 for s in signs):
        assert net.exact.states_near(x) == net.exact.states_near(x, signs)


def test_states_near_by_hand() -> None:
    # In the corner of x, y, x - y: beyond (+, +) x wins over y, since e > e^2.
    net = Network([relu([[1, 0], [0, 1], [1, -1]], [0, 0, 0])])
    origin = [Fraction(0), Fraction(0)]
    assert net.exact.states_at(origin) == [0, 0, 0]
    assert net.exact.states_near(origin) == [1, 1, 1]
    assert net.exact.states_near(origin, [-1, 1]) == [0, 1, 0]
    assert net.exact.states_near(origin, [1, -1]) == [1, 0, 1]
    assert net.exact.states_near(origin, [-1, -1]) == [0, 0, 0]
    # Identically zero is off, wherever one goes; a tie between equal pieces is the lowest.
    dead = Network([relu([[1, 0]], [-5]), relu([[1]], [0]), maxout([[[1], [2]]], [[0, 0]])])
    assert dead.exact.states_near(origin) == [0, 0, 0]


# ---------------------------------------------------------------------------------------------- rows


def expected_rows(net: Network, pattern: list[int]) -> list[tuple[list[Fraction], tuple[int, int]]]:
    """In the documented order: z - t_s, then t_(s+1) - z; for maxout z_s - z_r, r in order."""
    pre, _ = reference.forms(net.layers, pattern)
    result, unit = [], 0
    for layer, z in zip(net.layers, pre, strict=True):
        if layer.kind == "linear":
            continue
        for u in range(layer.n_units):
            s = pattern[unit]
            if layer.kind == "maxout":
                pieces = reference.units_of(layer)[u]
                for r in range(len(pieces)):
                    if r != s:
                        form = [a - b for a, b in zip(z[pieces[s]], z[pieces[r]], strict=True)]
                        result.append((form, (unit, r)))
            else:
                t = reference.fractions(layer.breakpoints)
                if s > 0:
                    result.append(([*z[u][:-1], z[u][-1] - t[s - 1]], (unit, s - 1)))
                if s < len(t):
                    result.append(([*(-v for v in z[u][:-1]), t[s] - z[u][-1]], (unit, s + 1)))
            unit += 1
    return result


@settings(max_examples=150, deadline=None)
@given(networks(), st.data())
def test_rows_are_the_constraints_of_the_pattern(net: Network, data: st.DataObject) -> None:
    pattern = data.draw(patterns(net))
    rows, beyond = net.exact.rows(pattern)
    expected = expected_rows(net, pattern)
    assert beyond == [target for _, target in expected]
    for row, (form, _) in zip(rows, expected, strict=True):
        assert reference.proportional(row, form)


@settings(max_examples=100, deadline=None)
@given(networks(), st.data())
def test_rows_hold_exactly_where_the_pattern_is(net: Network, data: st.DataObject) -> None:
    """All rows of a point's pattern are >= 0 there; where all rows of a pattern are > 0, it is that one."""
    x = data.draw(points(net.input_dim))
    own = net.exact.states_at(x)
    column = [*x, Fraction(1)]
    pattern = data.draw(patterns(net) | st.just(own))
    values = [
        sum((int(a) * v for a, v in zip(row, column, strict=True)), Fraction(0))
        for row in net.exact.rows(pattern)[0]
    ]
    if pattern == own:
        assert all(v >= 0 for v in values)
    if all(v > 0 for v in values):
        assert pattern == own


@settings(max_examples=150, deadline=None)
@given(networks(), st.data())
def test_rows_of_one_unit(net: Network, data: st.DataObject) -> None:
    pattern = data.draw(patterns(net))
    expected: list[list[list[Fraction]]] = [[] for _ in pattern]
    for form, (unit, _) in expected_rows(net, pattern):
        expected[unit].append(form)
    for unit, forms in enumerate(expected):
        rows = net.exact.unit_rows(pattern, unit)
        assert len(rows) == len(forms)
        assert all(reference.proportional(row, form) for row, form in zip(rows, forms, strict=True))


# --------------------------------------------------------------------------------------------- cross


@settings(max_examples=300, deadline=None)
@given(cases(), st.data())
def test_cross_gives_the_pattern_on_the_other_side(case: tuple[Network, Box], data: st.DataObject) -> None:
    """Shoot a generic ray from a generic point to the first row of its pattern that vanishes on it."""
    net, box = case
    d = box.dim
    seed = data.draw(st.integers(0, 10**6))
    rng = np.random.default_rng(seed)
    low, high = reference.fractions(box.lower), reference.fractions(box.upper)
    t = reference.fractions(rng.uniform(0.1, 0.9, size=d))
    x = [a + (b - a) * s for a, b, s in zip(low, high, t, strict=True)]
    ray = [v * (b - a) for a, b, v in zip(low, high, reference.fractions(rng.normal(size=d)), strict=True)]
    pattern = net.exact.states_at(x)
    expected = expected_rows(net, pattern)
    hits = []
    for form, target in expected:
        value = reference.evaluate(form, x)
        slope = sum((a * v for a, v in zip(form[:-1], ray, strict=True)), Fraction(0))
        if slope < 0 < value:
            hits.append((value / -slope, target, form))
    assume(hits)
    distance = min(hit[0] for hit in hits)
    first = [form for s, _, form in hits if s == distance]
    normal = first[0]
    zero = [form for form, _ in expected if not any(form)]
    assume(all(_parallel(form, normal) for form in first))  # else a corner, not a facet
    tied: dict[int, list[int]] = {}
    for form, target in expected:
        if form in zero or any(form is other for other in first):
            tied.setdefault(target[0], []).append(target[1])
    scale = Fraction(1)
    for v in normal[:-1]:
        scale *= v.denominator
    outward = [-int(v * scale) for v in normal[:-1]]
    beyond = [v + (distance + Fraction(1, 2**400)) * r for v, r in zip(x, ray, strict=True)]
    assert net.exact.cross(pattern, tied, outward) == reference.forward(net.layers, beyond)[1]


def _parallel(a: list[Fraction], b: list[Fraction]) -> bool:
    lead = next(k for k, v in enumerate(b) if v)
    return all(v * b[lead] == a[lead] * w for v, w in zip(a, b, strict=True))


def test_cross_by_hand() -> None:
    # The tent m(x) = 2 relu(x) - 4 relu(x - 1/2), twice: at x = 1/2 the top of the first tent.
    tent = Network([relu([[1], [1]], [0, -0.5]), relu([[2, -4], [2, -4]], [0, -0.5])])
    assert tent.exact.cross([1, 0, 1, 1], {1: [1]}, [1]) == [1, 1, 1, 1]
    # At x = 0 both first units turn off; going on to the left all is off.
    assert tent.exact.cross([1, 0, 1, 0], {0: [0], 2: [0]}, [-1]) == [0, 0, 0, 0]
    # Of the duplicated and negated unit, all flip.
    folded = Network([relu([[1, 0], [2, 0], [-1, 0]], [0, 0, 0])])
    assert folded.exact.cross([0, 0, 1], {0: [1], 1: [1], 2: [0]}, [1, 0]) == [1, 1, 0]
    # |x| >= 0 only touches zero at x = 0: the second unit stays on.
    touching = Network([absolute([[1]], [0]), relu([[1]], [0])])
    assert touching.exact.cross([1, 1], {0: [0], 1: [0]}, [-1]) == [0, 1]
    # max(0, x, 2 x, 2 x): of the pieces that meet at 0, the one that grows most; of equal ones the first.
    fan = Network([maxout([[[0], [1], [2], [2]]], [[0, 0, 0, 0]])])
    assert fan.exact.cross([0], {0: [1, 2, 3]}, [1]) == [2]
    assert fan.exact.cross([2], {0: [0, 1, 3]}, [-1]) == [0]
    # Hard tanh at its upper breakpoint, both ways.
    tanh = Network([hard_tanh([[1]], [0])])
    assert tanh.exact.cross([1], {0: [2]}, [1]) == [2]
    assert tanh.exact.cross([2], {0: [1]}, [-1]) == [1]
    assert tanh.exact.cross([1], {0: [0]}, [-1]) == [0]
