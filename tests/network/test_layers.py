from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from support import reference
from support.strategies import networks

from polyregions import Network
from polyregions.errors import InvalidNetworkError, UnsupportedLayerError
from polyregions.network.kinds import LAYER_TYPES, make_layer
from polyregions.network.layers import (
    MAX_STATES,
    Layer,
    absolute,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    mixed,
    piecewise,
    preactivation,
    relu,
    stacked_maxout,
)

# ---------------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("layer", "values"),
    [
        (relu([[1]], [0]), {-3: 0, 0: 0, 2: 2}),
        (leaky_relu([[1]], [0], 0.25), {-4: -1, 0: 0, 4: 4}),
        (leaky_relu([[1]], [0], -2), {-4: 8, 0: 0, 4: 4}),
        (absolute([[1]], [0]), {-4: 4, 0: 0, 4: 4}),
        (hard_tanh([[1]], [0]), {-4: -1, -1: -1, -0.5: -0.5, 0: 0, 0.75: 0.75, 1: 1, 9: 1}),
        (linear([[1]], [0]), {-4: -4, 0: 0, 3: 3}),
        # Saturation must not cancel away: 1e20 - (1e20 - 1) would be 0.
        (hard_tanh([[1]], [0]), {1e20: 1, -1e20: -1, 1e300: 1}),
        (piecewise([[1]], [0], [0, 6], [0, 1, 0]), {-5: 0, 3: 3, 6: 6, 7: 6, 1e20: 6}),
        # Slopes 1, 0, 2, -1 between -1, 0, 2: f = x + 1, 0, 2 x, 6 - x.
        (piecewise([[1]], [0], [-1, 0, 2], [1, 0, 2, -1]), {-3: -2, -1: 0, -0.5: 0, 0: 0, 1: 2, 2: 4, 5: 1}),
        # All breakpoints right of the origin, f(0) = 0 on the first piece: 3 x, then 3, then 3 + (x - 2).
        (piecewise([[1]], [0], [1, 2], [3, 0, 1]), {-2: -6, 0: 0, 1: 3, 1.5: 3, 4: 5}),
        # All left: the last piece is 2 x; at -1 it is -2, constant to -3, then -2 + (x + 3).
        (piecewise([[1]], [0], [-3, -1], [1, 0, 2]), {4: 8, 0: 0, -1: -2, -2: -2, -5: -4}),
    ],
    ids=lambda case: getattr(case, "kind", ""),
)
def test_activations(layer: Layer, values: dict[float, float]) -> None:
    z = np.array([[float(v)] for v in values])
    assert layer.activate(preactivation(layer, z))[:, 0].tolist() == list(values.values())


def test_maxout_takes_the_largest_piece_of_each_unit() -> None:
    # max(x, -x), max(y, 1), x + y
    layer = maxout([[[1, 0], [-1, 0]], [[0, 1], [0, 0]], [[1, 1]]], [[0, 0], [0, 1], [0]])
    assert (layer.n_inputs, layer.n_outputs, layer.n_units, layer.n_states.tolist()) == (2, 3, 2, [2, 2])
    assert layer.first_rows.tolist() == [0, 2, 4]
    z = preactivation(layer, np.array([[-3.0, 4.0], [2.0, 0.5]]))
    assert layer.activate(z).tolist() == [[3, 4, 1], [2, 1, 2.5]]


@given(networks(), st.lists(st.integers(-40, 40), min_size=3, max_size=3))
def test_activate_is_exact_on_small_numbers(net: Network, eighths: list[int]) -> None:
    """Weights, breakpoints and slopes of the strategy are small dyadic numbers: float64 makes no error."""
    layer = net.layers[0]
    x = np.array(eighths[: layer.n_inputs]) / 8
    if np.abs(layer.weight).max() > 1e6 or np.abs(layer.weight[layer.weight != 0]).min(initial=1) < 1e-6:
        return
    exact, _ = reference.forward([layer], x.tolist())
    assert [Fraction(v) for v in layer.activate(preactivation(layer, x)).tolist()] == exact


@pytest.mark.parametrize(
    ("layer", "n_states"),
    [
        (relu([[1]] * 3, [0] * 3), [2, 2, 2]),
        (leaky_relu([[1]], [0], 0.5), [2]),
        (leaky_relu([[1]], [0], 1), []),  # the identity
        (leaky_relu([[1]] * 3, [0] * 3, [0.5, 1, 0]), [2, 2]),
        (absolute([[1]], [0]), [2]),
        (hard_tanh([[1]] * 2, [0] * 2), [3, 3]),
        (piecewise([[1]], [0], [1, 2, 3], [0, 1, 0, 1]), [4]),
        (linear([[1]] * 2, [0] * 2), []),
        (maxout([[[1], [2], [1]], [[1]]], [[0] * 3, [0]]), [3]),
        (maxout([[[1]] * 3, [[-0.0], [0.0]]], [[0] * 3, [1, 1]]), []),  # pieces that are all the same map
        (piecewise([[1]] * 2, [0] * 2, [[0, 1], [2, 3]], [[1, 0, 1], [2, 2, 2]]), [3]),
        (mixed([linear([[1]], [0]), hard_tanh([[1]], [0]), maxout([[[1], [2]]], [[0, 0]])]), [3, 2]),
    ],
    ids=lambda case: getattr(case, "kind", ""),
)
def test_numbers_of_states(layer: Layer, n_states: list[int]) -> None:
    assert layer.n_states.tolist() == n_states


# ---------------------------------------------------------------------------------------------- storage


def arrays_of(layer: Layer) -> list[np.ndarray]:
    (part,) = layer.parts
    return [layer.weight, layer.bias, part.ranks, part.slopes]


@pytest.mark.parametrize("layer", [relu([[1.0]], [0.0]), maxout([[[1.0]]], [[0.0]])], ids=["relu", "maxout"])
def test_arrays_are_read_only(layer: Layer) -> None:
    for array in arrays_of(layer):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7


def test_arrays_are_copies() -> None:
    W, b = np.ones((2, 2)), np.zeros(2)
    layer = relu(W, b)
    W[0, 0] = b[0] = 7
    assert layer.weight.tolist() == [[1, 1], [1, 1]]
    assert layer.bias.tolist() == [0, 0]
    pieces = np.ones((1, 2, 2))
    unit = maxout(pieces, [[0, 0]])
    pieces[:] = 7
    assert unit.weight.tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("dtype", [np.float16, np.float32, ">f8", np.int8, np.uint64], ids=str)
def test_narrower_numbers_widen_without_loss(dtype: Any) -> None:
    layer = relu(np.array([[1, 2], [3, 4]], dtype=dtype, order="F"), [0, 0])
    assert layer.weight.dtype == np.float64
    assert layer.weight.flags.c_contiguous
    assert layer.weight.tolist() == [[1, 2], [3, 4]]
    tenth = relu(np.array([[0.1]], dtype=np.float32), [0]).weight[0, 0]
    assert tenth == float(np.float32(0.1)) != 0.1


def test_negative_zero_and_subnormals_survive() -> None:
    layer = relu([[-0.0, 5e-324, 1.7976931348623157e308]], [-5e-324])
    smallest, largest = "0x0.0000000000001p-1022", "0x1.fffffffffffffp+1023"
    assert [v.hex() for v in layer.weight[0].tolist()] == ["-0x0.0p+0", smallest, largest]
    assert layer.bias[0] == -5e-324


def test_large_integers_that_are_floats_are_kept() -> None:
    assert relu([[2**53, 2**60, -(2**53) - 2]], [0]).weight.tolist() == [[2.0**53, 2.0**60, -(2.0**53) - 2]]
    assert relu([[2**60, 0.5]], [0]).weight.tolist() == [[2.0**60, 0.5]]
    assert relu([[1e300, 0.5]], [0]).weight.tolist() == [[1e300, 0.5]]


# ---------------------------------------------------------------------------------------------- errors

BEYOND = 2**53 + 1
BAD_WEIGHTS: list[tuple[Any, str]] = [
    ([[np.nan, 1]], r"weight\[0, 0\] is nan"),
    ([[1, np.inf]], r"weight\[0, 1\] is inf"),
    ([[1, 2], [3, -np.inf]], r"weight\[1, 1\] is -inf"),
    ([1, 2], r"expected 2 dimension\(s\), got shape \(2,\)"),
    (1.0, r"expected 2 dimension\(s\), got shape \(\)"),
    ([[[1, 2]]], r"expected 2 dimension\(s\), got shape \(1, 1, 2\)"),
    ([[1, 2], [3]], "rows have different lengths"),
    ([[1j, 2]], "got dtype complex128"),
    (np.array([[1, 2]], dtype=np.longdouble), "wider than float64"),
    (np.array([[True, False]]), "got dtype bool"),
    ([["1", "2"]], "got dtype <U1"),
    ("weight", "got dtype <U6"),
    (b"weight", "got dtype"),
    (None, "got None"),
    ({"a": 1}, "got dtype object"),
    ([[None, 1]], "got dtype object"),
    ([[Fraction(1, 3), 1]], "got dtype object"),
    ([[BEYOND, 1]], r"integer beyond 2\*\*53"),
    ([[BEYOND, 0.5]], r"integer beyond 2\*\*53"),
    ([[2**63 + 1, -1]], r"integer beyond 2\*\*53"),
    ([[10**30, 1]], "got dtype object"),
    (np.array([[BEYOND, 1]]), r"integer beyond 2\*\*53"),
    (np.array([[-BEYOND, 1]], dtype=np.int64), r"integer beyond 2\*\*53"),
    (np.array([[2**64 - 1, 1]], dtype=np.uint64), r"integer beyond 2\*\*53"),
    (np.array([["2020-01-01", "2020-01-02"]], dtype="datetime64[D]"), "got dtype datetime64"),
    (np.zeros((0, 2)), "at least one unit and one input"),
    (np.zeros((1, 0)), "at least one unit and one input"),
    (np.zeros((2, 2)), r"weight has shape \(2, 2\) but bias has 1 entry;"),
]


@pytest.mark.parametrize(("weight", "message"), BAD_WEIGHTS, ids=str)
@pytest.mark.parametrize("make", [relu, absolute, hard_tanh, linear])
def test_refuses_weights(make: Callable[[Any, Any], Layer], weight: Any, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message) as caught:
        make(weight, [0])
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("bias", "message"),
    [
        ([np.nan], r"relu bias\[0\] is nan"),
        ([[0]], r"relu bias: expected 1 dimension\(s\)"),
        (0, r"relu bias: expected 1 dimension\(s\)"),
        ([0, 0], "bias has 2 entries"),
        ([], "bias has 0 entries"),
        (None, "relu bias: expected real numbers"),
        (["0"], "relu bias: expected real numbers"),
    ],
    ids=str,
)
def test_refuses_biases(bias: Any, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message):
        relu([[1, 2]], bias)


@pytest.mark.parametrize(
    ("breakpoints", "slopes", "message"),
    [
        ([0, 0], [1, 2, 3], "must increase strictly"),
        ([1, 0], [1, 2, 3], "must increase strictly"),
        ([0, 1], [1, 2], "is needed, 3, got 2"),
        ([0], [1, 2, 3], "is needed, 2, got 3"),
        # Without a breakpoint there are no states, yet it would count as a layer of units.
        ([], [2], "at least one breakpoint"),
        ([np.nan], [1, 2], r"breakpoints\[0\] is nan"),
        ([0], [1, np.inf], r"slopes\[1\] is inf"),
        (0, [1, 2], "breakpoints: expected 1 dimension"),
        ([0], None, "slopes: expected real numbers"),
        (list(range(MAX_STATES)), [0] * (MAX_STATES + 1), "at most 256"),
    ],
    ids=lambda case: str(case)[:30],
)
def test_refuses_breakpoints(breakpoints: Any, slopes: Any, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message):
        piecewise([[1]], [0], breakpoints, slopes)


def test_extreme_breakpoints_are_increasing() -> None:
    """Their difference overflows; their order does not."""
    assert piecewise([[1]], [0], [-1.7e308, 1.7e308], [0, 1, 0]).parts[0].breakpoints.tolist() == [
        [-1.7e308, 1.7e308]
    ]
    assert piecewise([[1]], [0], [0, 5e-324], [0, 1, 0]).n_states.tolist() == [3]
    most = piecewise([[1]], [0], list(range(MAX_STATES - 1)), [0] * (MAX_STATES - 1) + [1])
    assert most.n_states.tolist() == [256]


@pytest.mark.parametrize("slope", [np.nan, np.inf, "1", None, [[0.5]], [True], 1j], ids=str)
def test_refuses_slopes(slope: Any) -> None:
    with pytest.raises(InvalidNetworkError, match="leaky_relu slope"):
        make_layer("leaky_relu", [[1]], [0], slope=slope)


@pytest.mark.parametrize(
    ("weight", "bias", "message"),
    [
        ([], [], "0 units in weight"),
        ([[[1]]], [[0], [0]], "1 unit in weight and 2 in bias"),
        ([[[1]], [[1, 2]]], [[0], [0]], "pieces have 2 inputs, those of unit 0 have 1"),
        ([[[1], [2]]], [[0]], "unit 0: weight has 2 pieces and bias has 1"),
        (np.zeros((1, 0, 2)), np.zeros((1, 0)), "weight has 0 pieces"),
        (np.zeros((2, 2, 0)), np.zeros((2, 2)), "unit 0: .*0 inputs"),
        ([[[1], [2, 3]]], [[0, 0]], r"weight\[0\]: rows have different lengths"),
        ([[1, 2]], [[0]], r"weight\[0\]: expected 2 dimension"),
        ([[[np.nan]]], [[0]], r"weight\[0\]\[0, 0\] is nan"),
        ([[[1]]], [[np.inf]], r"bias\[0\]\[0\] is inf"),
        ([[[1]]], [0], r"bias\[0\]: expected 1 dimension"),
        (None, [[0]], r"\[unit\]\[piece\]"),
        (3.0, [[0]], r"\[unit\]\[piece\]"),
        ("ab", "cd", r"weight\[0\]: expected real numbers"),
        ({"a": 1}, {"b": 1}, r"weight\[0\]: expected real numbers"),
        (np.zeros((1, 257, 1)), np.zeros((1, 257)), "at most 256"),
    ],
    ids=lambda case: str(case)[:30],
)
def test_refuses_maxout(weight: Any, bias: Any, message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message) as caught:
        maxout(weight, bias)
    assert len(str(caught.value).splitlines()) == 1


def test_maxout_of_the_highest_rank() -> None:
    assert maxout(np.zeros((1, 256, 1)), [range(256)]).n_states.tolist() == [256]


# ------------------------------------------------------------------------------------------- make_layer


def test_make_layer_knows_every_type() -> None:
    parameters = {"leaky_relu": {"slope": 0.1}, "piecewise": {"breakpoints": [0], "slopes": [0, 1]}}
    for kind in LAYER_TYPES:
        weight, bias = ([[[1]]], [[0]]) if kind == "maxout" else ([[1]], [0])
        assert make_layer(kind, weight, bias, **parameters.get(kind, {})).kind == kind


@pytest.mark.parametrize(
    "kind", ["ReLU", "gelu", "", None, 3, ["relu"], {"relu": 1}, "a\nb", "x" * 1000], ids=repr
)
def test_unknown_types_are_named(kind: Any) -> None:
    with pytest.raises(UnsupportedLayerError, match="known: relu") as caught:
        make_layer(kind, [[1]], [0])
    message = str(caught.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 200
    if kind in ("ReLU", "gelu"):
        assert repr(kind) in message


@pytest.mark.parametrize(
    ("kind", "parameters", "message"),
    [
        ("relu", {"slope": 1}, "unknown 'slope'"),
        ("leaky_relu", {}, "missing slope"),
        ("leaky_relu", {"slope": 1, "alpha": 2}, "unknown 'alpha'"),
        ("piecewise", {"breakpoints": [0]}, "missing slopes"),
        ("piecewise", {"slope": 1}, "missing breakpoints, slopes; unknown 'slope'"),
        ("maxout", {"rank": 2}, "unknown 'rank'"),
        ("relu", {"kind": 1}, "unknown 'kind'"),
        ("relu", {"line\nbreak": 1}, "unknown"),
    ],
    ids=str,
)
def test_missing_and_superfluous_parameters(kind: str, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidNetworkError, match=message) as caught:
        make_layer(kind, [[1]], [0], **parameters)
    assert len(str(caught.value).splitlines()) == 1


def test_a_signalling_nan_of_float32_is_refused_like_any_other() -> None:
    signalling = np.array([[0x7F810000]], dtype=np.uint32).view(np.float32)
    with pytest.raises(InvalidNetworkError, match="finite"):
        relu(signalling, [0.0])


def test_repeated_pieces_of_sparse_weights() -> None:
    """Found without making them dense: places and numbers must both be the same, and the bias."""
    W = np.array([[1, 0, 2], [0, 1, 2], [1, 0, 2], [1, 0, 2], [0, 0, 0], [1, 2, 0], [0, 0, 0]], dtype=float)
    b = np.array([0.0, 0.0, 0.0, 1.0, 0.0, 0.0, -0.0])
    expected = [False, False, True, False, False, False, True]
    assert stacked_maxout(W, b, [7]).repeats.tolist() == expected
    assert stacked_maxout(csr_array(W), b, [7]).repeats.tolist() == expected
