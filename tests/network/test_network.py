from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import reference
from support.profiles import examples
from support.strategies import cases, networks
from support.zoo import ZOO, Case

from polyregions import Box, Network
from polyregions.errors import InvalidInputError, InvalidNetworkError, UnsupportedLayerError
from polyregions.network.layers import hard_tanh, linear, maxout, piecewise, relu

TENT = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
finite = st.floats(allow_nan=False, allow_infinity=False)


def nearest(value: Fraction) -> float:
    """The float64 nearest to a rational; beyond the range, infinite."""
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf


# ---------------------------------------------------------------------------------------- construction


def test_from_arrays_makes_the_last_pair_the_read_out() -> None:
    net = Network.from_arrays([([[1, 2]], [3]), ([[4]], [5])])
    assert [layer.kind for layer in net.layers] == ["relu", "linear"]
    assert (net.input_dim, net.output_dim, net.widths, net.n_units) == (2, 1, (1,), 1)
    assert net.unit_layers.tolist() == [0]
    assert repr(net) == "Network(2 -> relu 1 -> linear 1)"


def test_from_arrays_passes_parameters_to_the_hidden_layers() -> None:
    arrays = [([[1]], [0]), ([[1]], [0]), ([[1]], [0])]
    leaky = Network.from_arrays(arrays, "leaky_relu", slope=0.5)
    assert leaky([-4.0]).tolist() == [-1]  # halved twice
    relu6 = Network.from_arrays(arrays, "piecewise", breakpoints=[0, 6], slopes=[0, 1, 0])
    assert relu6([[3.0], [9.0], [-1.0]]).tolist() == [[3], [6], [0]]
    for activation, at_minus_four in (("relu", 0), ("abs", 4), ("hard_tanh", -1), ("linear", -4)):
        assert Network.from_arrays(arrays, activation)([-4.0]).tolist() == [at_minus_four]


def test_from_arrays_recognises_maxout_by_its_depth() -> None:
    ragged = ([[[1], [-1]], [[0]]], [[0, 0], [7]])  # |x| and 7
    for first in (ragged, (np.array([[[1], [-1]], [[0], [0]]]), np.array([[0, 0], [7, 7]]))):
        net = Network.from_arrays([first, ([[1, 1]], [0])], "abs")
        assert [layer.kind for layer in net.layers] == ["maxout", "linear"]
        assert net([-3.0]).tolist() == [10]
    last = Network.from_arrays([([[[1], [-1]]], [[0, 0]])])
    assert (last.layers[0].kind, last.n_units) == ("maxout", 1)


def test_layers_without_states_are_not_counted() -> None:
    net = Network(
        [linear([[1, 0], [0, 1]], [0, 0]), relu([[1, 1]], [0]), linear([[1]], [0]), maxout([[[1]]], [[0]])]
    )
    assert (net.widths, net.n_units, net.first_units) == ((1,), 1, (0, 0, 1, 1, 1))
    assert net.unit_layers.tolist() == [0]
    assert net.states([1.0, 1.0]).tolist() == [1]


BAD_ARRAYS: list[tuple[Any, str]] = [
    ([], "at least one layer"),
    (None, "list of pairs"),
    (3, "list of pairs"),
    ([3], "layer 1: expected a pair"),
    ([([[1]],)], "layer 1: expected a pair"),
    ([([[1]], None)], "layer 1: bias is None; give zeros"),
    ([([[1]], [0], 0)], "layer 1: expected a pair"),
    ([([[1]], [0]), ([[1, 2]], [0])], "layer 2 has 2 inputs but layer 1 has 1 output$"),
    ([([[1]], [0]), ([[np.nan]], [0])], r"layer 2: linear weight\[0, 0\] is nan"),
    ([([[np.inf]], [0]), ([[1]], [0])], r"layer 1: relu weight\[0, 0\] is inf"),
    ([([[1], [1, 2]], [0])], "layer 1: linear weight: rows have different lengths"),
    ([([[1j]], [0])], "layer 1: linear weight: .* complex128"),
    ([(np.ones((1, 1), dtype=np.longdouble), [0])], "layer 1: linear weight: .* wider than float64"),
    ([([[2**53 + 1]], [0])], r"layer 1: linear weight: an integer beyond 2\*\*53"),
    ([({"a": 1}, [0])], "layer 1: linear weight"),
    ([("ab", "c")], "layer 1: linear weight"),
    ([({1, 2}, [0])], "layer 1: linear weight"),
    ([(np.zeros((0, 3)), [])], "layer 1: linear weight: a layer needs at least one unit"),
    ([([], [])], "layer 1: linear weight"),
    ([([[]], [0])], "layer 1: linear weight: a layer needs at least one unit and one input"),
    ([([[[]]], [[0]])], "layer 1: maxout unit 0"),
    ([(np.zeros((1, 1, 1, 1)), [0])], r"layer 1: linear weight: expected 2 dimension\(s\)"),
]


@pytest.mark.parametrize(("arrays", "message"), BAD_ARRAYS, ids=lambda case: str(case)[:40])
def test_from_arrays_refuses(arrays: Any, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message) as caught:
        Network.from_arrays(arrays)
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("activation", ["gelu", "ReLU", "", None, ["relu"]], ids=repr)
@pytest.mark.parametrize("depth", [1, 2])
def test_an_unknown_activation_is_named(activation: Any, depth: int) -> None:
    """Even where no layer would have it, because the only one is the read-out."""
    with pytest.raises(UnsupportedLayerError) as caught:
        Network.from_arrays([([[1]], [0])] * depth, activation)
    assert repr(activation) in str(caught.value)
    assert "hard_tanh" in str(caught.value)


def test_parameters_that_the_activation_does_not_have() -> None:
    arrays = [([[1]], [0]), ([[1]], [0])]
    with pytest.raises(InvalidNetworkError, match="layer 1: relu layer: unknown 'slope'"):
        Network.from_arrays(arrays, slope=0.1)
    with pytest.raises(InvalidNetworkError, match="layer 1: leaky_relu layer: missing slope"):
        Network.from_arrays(arrays, "leaky_relu")


@pytest.mark.parametrize("layers", [[], [None], [relu([[1]], [0]), "relu"], [([[1]], [0])]], ids=repr)
def test_the_constructor_takes_layers_only(layers: Any) -> None:
    with pytest.raises(InvalidNetworkError, match=r"at least one layer|expected a Layer"):
        Network(layers)


# ---------------------------------------------------------------------------------------- forward pass


@pytest.mark.parametrize("seed", range(4))
def test_forward_pass_is_plain_numpy(seed: int) -> None:
    rng = np.random.default_rng(seed)
    (W0, b0), (W1, b1), (W2, b2) = [
        (rng.normal(size=(m, n)), rng.normal(size=m)) for n, m in ((3, 6), (6, 5), (5, 2))
    ]
    x = rng.normal(size=(20, 3))
    functions = {
        "relu": lambda z: np.where(z > 0, z, 0),
        "abs": np.abs,
        "hard_tanh": lambda z: np.clip(z, -1, 1),
        "linear": lambda z: z,
    }
    for name, f in functions.items():
        net = Network.from_arrays([(W0, b0), (W1, b1), (W2, b2)], name)
        expected = np.array([W2 @ f(W1 @ f(W0 @ point + b0) + b1) + b2 for point in x])
        assert net(x) == pytest.approx(expected, rel=1e-12, abs=1e-12)
        assert net(x[0]).shape == (2,)
        assert net(x[0]) == pytest.approx(expected[0], rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_forward_pass_is_near_the_exact_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    layers = reference.random_layers(rng, 3, rng.choice(reference.KINDS, size=3).tolist(), 4)
    net, x = Network(layers), rng.normal(size=(5, 3))
    exact = [[float(v) for v in reference.forward(layers, point)[0]] for point in x.tolist()]
    assert net(x) == pytest.approx(np.array(exact), rel=1e-12, abs=1e-12)


# --------------------------------------------------------------------------------------------- states


@settings(max_examples=examples(200))
@given(cases(), st.data())
def test_states_are_exact_at_special_points(case: tuple[Network, Box], data: st.DataObject) -> None:
    """The networks of the strategy have breakpoints in corners, centres and quarters of their box."""
    net, box = case
    fractions = st.sampled_from((0.0, 0.25, 0.5, 1.0))
    t = np.array([[data.draw(fractions) for _ in range(box.dim)] for _ in range(4)])
    points = box.lower + (box.upper - box.lower) * t
    points = np.concatenate([points, np.nextafter(points, np.inf), np.nextafter(points, -np.inf)])
    expected = [reference.forward(net.layers, x)[1] for x in points.tolist()]
    states = net.states(points)
    assert states.dtype == np.uint8
    assert states.tolist() == expected
    assert net.states(points[0]).tolist() == expected[0]


def test_on_a_breakpoint_the_unit_is_in_the_lower_state() -> None:
    assert TENT.states([[0.0], [5e-324], [-5e-324], [1.0]]).tolist() == [[0, 0], [1, 0], [0, 0], [1, 0]]
    tanh = Network([hard_tanh([[1]], [0])])
    assert tanh.states([[-2.0], [-1.0], [0.0], [1.0], [1.5]]).tolist() == [[0], [0], [1], [1], [2]]
    bends = Network([piecewise([[2]], [1], [-1, 0, 5], [1, 0, 2, 0])])  # z = 2 x + 1
    assert bends.states([[-1.0], [-0.5], [2.0], [2.1]]).tolist() == [[0], [1], [2], [3]]


def test_tied_pieces_take_the_lowest_index() -> None:
    net = Network([maxout([[[0, 0], [1, 0], [0, 1], [1, 0]]], [[0, 0, 0, 0]])])
    points = [[-1, -1], [0, -1], [0, 0], [1, 1], [1, 0], [0, 1], [1, 2]]
    assert net.states(points)[:, 0].tolist() == [0, 0, 0, 1, 1, 2, 2]


def test_states_where_float64_gets_the_sign_wrong() -> None:
    """0.1 * 3 - 0.3 is 5.55e-17 in float64; exactly it is 3 * 0.1 - 0.3 = 2.77e-17 > 0, and so on."""
    wrong = 0
    rng = np.random.default_rng(0)
    for _ in range(300):
        x = rng.uniform(-1, 1, size=3)
        W = rng.uniform(-1, 1, size=(1, 3)) * 2.0 ** rng.integers(-30, 30, size=(1, 3))
        bias = -(W @ x)  # the rounded value: the exact sum is the rounding error, of either sign or zero
        net = Network([relu(W, bias)])
        exact = sum(Fraction(w) * Fraction(v) for w, v in zip(W[0].tolist(), x.tolist(), strict=True))
        exact += Fraction(float(bias[0]))
        assert net.states(x).tolist() == [int(exact > 0)]
        wrong += (float((W @ x + bias)[0]) > 0) != (exact > 0)
    assert wrong > 50  # else the test would show nothing


def test_states_of_a_cancelling_network() -> None:
    """2^60 (h - h') with h = x + 2^-50, h' = x: float64 loses the difference at x = 1 + 2^-30."""
    layers = [linear([[1], [1]], [2.0**-60, 0]), relu([[2.0**60, -(2.0**60)]], [-0.5])]
    assert Network(layers).states([1 + 2.0**-30]).tolist() == [1]  # 1 - 1/2 > 0; in float64 -1/2
    assert reference.forward(layers, [1 + 2.0**-30])[1] == [1]


@pytest.mark.parametrize("case", [c for c in ZOO if not c.name.startswith("fold")][::3], ids=lambda c: c.name)
def test_states_on_the_zoo(case: Case) -> None:
    rng = np.random.default_rng(1)
    points = case.box.lower + (case.box.upper - case.box.lower) * rng.integers(0, 5, size=(12, case.dim)) / 4
    expected = [reference.forward(case.network.layers, x)[1] for x in points.tolist()]
    assert case.network.states(points).tolist() == expected


def test_states_of_no_point_and_of_no_unit() -> None:
    assert TENT.states(np.zeros((0, 1))).shape == (0, 2)
    assert Network([linear([[1]], [0])]).states([[1.0], [2.0]]).shape == (2, 0)


BAD_POINTS: list[Any] = [
    [[1.0, 2.0]],
    [],
    [[[1.0]]],
    [[np.nan]],
    [[np.inf]],
    "x",
    ["x"],
    None,
    {"x": 1},
    [[1.0], [1.0, 2.0]],
    np.array([[1j]]),
    np.array([[1]], dtype=np.longdouble),
]


@pytest.mark.parametrize("points", BAD_POINTS, ids=repr)
def test_refuses_points(points: Any) -> None:
    for method in (TENT, TENT.states):
        with pytest.raises(InvalidInputError, match="points") as caught:
            method(points)
        assert len(str(caught.value).splitlines()) == 1


# ----------------------------------------------------------------------------------------- affine maps


@settings(max_examples=examples(100))
@given(networks(), st.data())
def test_affine_map_is_the_exact_one_rounded_once(net: Network, data: st.DataObject) -> None:
    """For any pattern, realised or not."""
    tops = [int(n) for layer in net.hidden for n in layer.n_states]
    pattern = [data.draw(st.integers(0, n - 1)) for n in tops]
    _, output = reference.forms(net.layers, pattern)
    A, c = net.affine_map(pattern)
    assert A.tolist() == [[nearest(v) for v in form[:-1]] for form in output]
    assert c.tolist() == [nearest(form[-1]) for form in output]
    exact_A, exact_c = net.exact.affine_map(pattern)
    assert [[*row, v] for row, v in zip(exact_A, exact_c, strict=True)] == output


@settings(max_examples=examples(100))
@given(networks(), st.lists(st.integers(-8, 8), min_size=3, max_size=3))
def test_affine_map_is_the_network_on_the_cell(net: Network, eighths: list[int]) -> None:
    x = [Fraction(k, 8) for k in eighths[: net.input_dim]]
    output, states = reference.forward(net.layers, x)
    A, c = net.exact.affine_map(states)
    assert [reference.evaluate([*row, v], x) for row, v in zip(A, c, strict=True)] == output


def test_affine_map_beyond_the_range_is_infinite() -> None:
    net = Network([linear([[1e308]], [1]), linear([[-1e308]], [0])])
    assert [v.tolist() for v in net.affine_map([])] == [[[-np.inf]], [-1e308]]
    tiny = Network([linear([[5e-324]], [0]), linear([[0.5]], [0])])
    assert tiny.affine_map([])[0].tolist() == [[0]]  # 2^-1075 is a tie, to even


@pytest.mark.parametrize(
    "pattern",
    [
        [1],
        [1, 0, 0],
        [[1, 0]],
        [0.0, 1.0],
        [True, False],
        ["1", "0"],
        None,
        3,
        [[1], [1, 0]],
        [2, 0],
        [0, -1],
        [0, 300],
    ],
    ids=repr,
)
def test_refuses_patterns(pattern: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        TENT.affine_map(pattern)
    assert len(str(caught.value).splitlines()) == 1


def test_validate_pattern() -> None:
    pattern = TENT.validate_pattern(np.array([1, 0], dtype=np.int32))
    assert (pattern.dtype, pattern.tolist()) == (np.uint8, [1, 0])
    with pytest.raises(InvalidInputError, match=r"unit 1 has states 0\.\.1, got 2"):
        TENT.validate_pattern([0, 2])


# -------------------------------------------------------------------------------------------- restrict


def slices(dim: int) -> st.SearchStrategy[tuple[list[float], list[list[float]]]]:
    numbers = st.floats(-1e10, 1e10) | st.sampled_from((0.1, 1 / 3, 5e-324, -0.0, 2.0**-1060, 1e150))
    vector = st.lists(numbers, min_size=dim, max_size=dim)
    return st.tuples(vector, st.lists(vector, min_size=1, max_size=3))


@settings(max_examples=examples(200))
@given(st.integers(0, 10**6), st.sampled_from(("relu", "maxout2", "linear", "piecewise")), st.data())
def test_restrict_rounds_each_exact_sum_once(seed: int, kind: str, data: st.DataObject) -> None:
    layers = reference.random_layers(np.random.default_rng(seed), 3, [kind, "relu"], 2)
    origin, directions = data.draw(slices(3))
    net = Network(layers).restrict(origin, directions)
    assert (net.input_dim, net.layers[1:], net.layers[0].kind) == (
        len(directions),
        tuple(layers[1:]),
        layers[0].kind,
    )
    old, new = layers[0], net.layers[0]
    for row, b, new_row, new_b in zip(old.weight, old.bias, new.weight, new.bias, strict=True):
        weights = reference.fractions(row)
        for direction, entry in zip(directions, new_row.tolist(), strict=True):
            exact = sum(w * Fraction(v) for w, v in zip(weights, direction, strict=True))
            assert entry == nearest(exact)
        exact = sum((w * Fraction(v) for w, v in zip(weights, origin, strict=True)), Fraction(float(b)))
        assert float(new_b) == nearest(exact)


def test_restrict_where_numpy_would_cancel() -> None:
    """1e16 + 1 - 1e16 = 1 exactly; summed in float64 it is 0 (or 2)."""
    net = Network([relu([[1e16, 1.0, -1e16]], [0.0])]).restrict([1, 1, 1], [[1, 1, 1], [0, 1, 0]])
    assert net.layers[0].weight.tolist() == [[1, 1]]
    assert net.layers[0].bias.tolist() == [1]


def test_restrict_is_the_network_on_the_slice() -> None:
    rng = np.random.default_rng(3)
    for kind in ("relu", "hard_tanh", "maxout3"):
        net = Network(reference.random_layers(rng, 4, [kind, "abs"], 5))
        origin, directions, t = rng.normal(size=4), rng.normal(size=(2, 4)), rng.normal(size=(30, 2))
        restricted = net.restrict(origin, directions)
        assert restricted(t) == pytest.approx(net(origin + t @ directions), rel=1e-12, abs=1e-12)
        assert (restricted.states(t) == net.states(origin + t @ directions)).all()  # generic points
        assert restricted.widths == net.widths
        for layer in restricted.layers:
            assert not layer.weight.flags.writeable
            assert not layer.bias.flags.writeable


@pytest.mark.parametrize(
    ("origin", "directions"),
    [
        ([0, 0, 0], [[1, 0]]),
        ([0, 0], [[1, 0, 0]]),
        ([0, 0], [1, 0]),
        ([0, 0], np.zeros((0, 2))),
        ([[0, 0]], [[1, 0]]),
        ([np.nan, 0], [[1, 0]]),
        ([0, 0], [[np.inf, 0]]),
        ([1e300, 0], [[1, 0]]),  # 1e300 * 1e300 is beyond float64
        ([0, 0], [[1e300, 0]]),
        (None, [[1, 0]]),
        ([0, 0], "ab"),
        ([0, 0], [[1, 0], [1]]),
    ],
    ids=repr,
)
def test_restrict_refuses(origin: Any, directions: Any) -> None:
    with pytest.raises(InvalidInputError, match="restrict") as caught:
        Network([relu([[1e300, 1]], [0])]).restrict(origin, directions)
    assert len(str(caught.value).splitlines()) == 1


# ------------------------------------------------------------------------------------ equality, frozen


def test_equality_and_hash_see_every_bit() -> None:
    def make(**changes: Any) -> Network:
        values = {"w": 1.0, "b": 0.5, "slope": 0.1, "out": 2.0} | changes
        arrays = [([[values["w"]]], [values["b"]]), ([[values["out"]]], [0.0])]
        return Network.from_arrays(arrays, "leaky_relu", slope=values["slope"])

    net = make()
    assert net == make()
    assert hash(net) == hash(make())
    for name in ("w", "b", "slope", "out"):
        other = make(**{name: float(np.nextafter({"w": 1.0, "b": 0.5, "slope": 0.1, "out": 2.0}[name], 9.0))})
        assert other != net
        assert hash(other) != hash(net)
    assert make(b=0.0) != make(b=-0.0)
    assert net != "network"


def test_equality_sees_kinds_shapes_and_ranks() -> None:
    assert Network([relu([[1]], [0])]) != Network([linear([[1]], [0])])
    assert Network([relu([[1, 0]], [0])]) != Network([relu([[1], [0]], [0, 0])])
    one = Network([maxout([[[1], [2]], [[3]]], [[0, 0], [0]])])
    other = Network([maxout([[[1]], [[2], [3]]], [[0], [0, 0]])])
    assert one != other
    assert one == Network([maxout([[[1], [2]], [[3]]], [[0, 0], [0]])])


def test_is_frozen() -> None:
    with pytest.raises(AttributeError):
        TENT.layers = ()


def test_pickles() -> None:
    assert TENT.exact.states_at([Fraction(1, 3)]) == [1, 0]  # made, and left behind
    copy = pickle.loads(pickle.dumps(TENT))
    assert copy == TENT
    assert copy.exact.states_at([Fraction(4, 3)]) == [1, 1]


@pytest.mark.parametrize("d", [1, 3, 5])
def test_through_rounds_nothing(d: int) -> None:
    """Values on a plane through points whose differences are no float64, by rational arithmetic."""
    rng = np.random.default_rng(d)
    network = Network(reference.random_layers(rng, d, ("relu", "maxout3"), 4))
    points = rng.normal(size=(3, d)) * 10.0 ** rng.integers(-9, 9, (3, d))
    plane = network.through(points)
    assert plane.input_dim == 2
    assert plane.widths == network.widths
    for t in rng.integers(-8, 9, (5, 2)) / 8:
        s, u = Fraction(t[0]), Fraction(t[1])
        p = [[Fraction(v) for v in row] for row in points.tolist()]
        x = [a + s * (b - a) + u * (c - a) for a, b, c in zip(*p, strict=True)]
        assert plane.exact.value(t) == network.exact.value(x) == reference.forward(network.layers, x)[0]
        assert plane.states(t).tolist() == network.exact.states_at(x)


@pytest.mark.parametrize("points", [[[0.0, 1.0]], [[0.0], [1.0]], [[0.0, 1.0], [0.0, np.inf]], [0.0, 1.0]])
def test_through_bad_points(points: list[Any]) -> None:
    network = Network.from_arrays([([[1, 0]], [0]), ([[1]], [0])])
    with pytest.raises(InvalidInputError, match="through: points") as caught:
        network.through(points)
    assert caught.type is InvalidInputError  # nothing is wrong with the network
