"""The float64 forms of a cell against the exact ones: the stated bound holds, whatever the numbers.

For thousands of random networks and patterns the true rows are computed in rationals, in the recentred
coordinates, straight from the weights. A row may be off by its bound e, and by no more.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from flint import fmpq
from support.reference import outputs_of

from polyregions import Box, Network, enumerate_regions
from polyregions.engines.brute import enumerate_brute
from polyregions.engines.traverse.rows import RecentredRows
from polyregions.geometry.proofs import REDUNDANT, UNDECIDED, live_rows
from polyregions.geometry.workspace import ScaledCell
from polyregions.network.kinds import make_layer
from polyregions.network.layers import Layer, leaky_relu, linear, relu

Form = list[Any]  # d coefficients and a constant, rationals

SLOPES = (0.01, -0.3, 1.0, 0.0, 2.0**-60, 3.7e5)
BENDS = (
    {"breakpoints": [-0.4, 0.1, 0.7], "slopes": [0.5, -1.0, 2.0, 0.1]},
    {"breakpoints": [0.0, 6.0], "slopes": [0.0, 1.0, 0.0]},
    {"breakpoints": [1e-9, 1e9], "slopes": [1e-9, 1.0, 1e9]},
)
KINDS = ("relu", "leaky_relu", "abs", "hard_tanh", "piecewise", "maxout", "linear")


def rational(value: float) -> Any:
    return fmpq(*float(value).as_integer_ratio())


def true_rows(network: Network, box: Box, pattern: Any) -> list[Form]:
    """Rows of the pattern's cell in t, ``x = m + h t``, in the order and scale of ``cell_rows``."""
    d = box.dim
    low, high = [rational(v) for v in box.lower], [rational(v) for v in box.upper]
    inputs = [
        [*((high[j] - low[j]) / 2 if i == j else fmpq(0) for i in range(d)), (low[j] + high[j]) / 2]
        for j in range(d)
    ]
    rows: list[Form] = []
    states = iter(pattern.tolist())
    for layer in network.layers:
        z = [
            [
                sum((rational(w) * y[i] for w, y in zip(row, inputs, strict=True)), fmpq(0))
                for i in range(d + 1)
            ]
            for row in layer.dense
        ]
        for form, bias in zip(z, layer.bias, strict=True):
            form[d] += rational(bias)
        inputs = []
        for output in outputs_of(layer):
            s = next(states) if output.has_state else 0
            if len(output.rows) > 1:
                top = z[output.rows[s]]
                others = [z[r] for r in output.rows if r != output.rows[s]] if output.has_state else []
                rows += [[p - q for p, q in zip(top, other, strict=True)] for other in others]
                inputs.append(top)
                continue
            form = z[output.rows[0]]
            t, slopes = ([rational(float(v)) for v in own] for own in (output.breakpoints, output.slopes))
            if output.has_state and s > 0:
                rows.append([*form[:d], form[d] - t[s - 1]])
            if output.has_state and s < len(t):
                rows.append([*(-a for a in form[:d]), t[s] - form[d]])
            anchor = t[max(s - 1, 0)] if t else fmpq(0)  # a point of the closure of piece s
            value = integral(anchor, t, slopes)
            inputs.append([*(slopes[s] * a for a in form[:d]), slopes[s] * (form[d] - anchor) + value])
    for j in range(d):
        rows += [[fmpq(sign * (i == j)) for i in range(d)] + [fmpq(1)] for sign in (1, -1)]
    return rows


def integral(value: Any, t: list[Any], slopes: list[Any]) -> Any:
    """The integral of the slopes from 0."""
    total, ends = fmpq(0), [min(fmpq(0), value), *t, max(fmpq(0), value)]
    for s, slope in enumerate(slopes):
        a = max(t[s - 1], ends[0]) if s else ends[0]
        b = min(t[s], ends[-1]) if s < len(t) else ends[-1]
        total += slope * max(b - a, fmpq(0))
    return total if value >= 0 else -total


def weights(rng: np.random.Generator, shape: tuple[int, ...], mode: str) -> Any:
    W = rng.normal(size=shape)
    if mode == "dyadic":
        return rng.integers(-4, 5, size=shape) / 2.0
    if mode == "cancelling":
        # Rows that are nearly each other's negatives: what is above sees differences of them.
        W[...] = W.reshape(-1, shape[-1])[0] * rng.choice([1.0, -1.0], size=(*shape[:-1], 1))
        return W * (1 + 2.0**-48 * rng.integers(-9, 10, size=shape))
    if mode == "2^30":
        return W * 2.0 ** rng.integers(-30, 31, size=shape)
    if mode == "2^500":
        return W * 2.0 ** rng.integers(-500, 501, size=shape)
    if mode == "huge":
        return W * 2.0 ** rng.integers(900, 1022, size=shape)
    if mode == "tiny":
        return W * 2.0 ** rng.integers(-1074, -900, size=shape)
    return W


def random_layer(rng: np.random.Generator, n: int, width: int, mode: str) -> Layer:
    kind = str(rng.choice(KINDS))
    if kind == "maxout":
        ranks = rng.integers(1, 5, size=width)
        return make_layer(
            kind,
            [weights(rng, (k, n), mode) for k in ranks],
            [weights(rng, (k, 1), mode)[:, 0] for k in ranks],
        )
    parameters: dict[str, Any] = {}
    if kind == "leaky_relu":
        parameters = {"slope": float(rng.choice(SLOPES))}
    elif kind == "piecewise":
        parameters = BENDS[int(rng.integers(len(BENDS)))]
    return make_layer(
        kind, weights(rng, (width, n), mode), weights(rng, (width, 1), mode)[:, 0], **parameters
    )


def random_box(rng: np.random.Generator, d: int, kind: str) -> Box:
    if kind == "unit":
        return Box.cube(d, -1, 1)
    if kind == "far":
        # Sides of a few 2^-40 around points of size 2^12, some of them with midpoints that are no float64.
        low = rng.integers(-(2**52), 2**52, size=d) * 2.0**-40
        return Box(low, low + rng.integers(1, 6, size=d) * 2.0**-40)
    low = rng.normal(size=d) * 2.0 ** rng.integers(-60, 60, size=d)
    return Box(low, low + abs(low) * rng.uniform(0.1, 9.0, size=d))


def random_case(seed: int, modes: tuple[str, ...], box: str) -> tuple[Network, Box, Any]:
    """A network of 1 to 4 layers, a box and a pattern: of a point of the box, or any."""
    rng = np.random.default_rng(seed)
    d = n = int(rng.integers(1, 5))
    layers = []
    for _ in range(rng.integers(1, 5)):
        layers.append(random_layer(rng, n, int(rng.integers(1, 5)), str(rng.choice(modes))))
        n = layers[-1].n_outputs
    network, domain = Network(layers), random_box(rng, d, box)
    if rng.random() < 0.5:
        point = domain.lower + (domain.upper - domain.lower) * rng.random(d)
        return network, domain, network.states(point)
    tops = np.concatenate([layer.n_states for layer in network.hidden] or [np.zeros(0, dtype=np.int64)])
    return network, domain, rng.integers(0, np.maximum(tops, 1)).astype(np.uint8)


def proves_nothing(rows: Any) -> bool:
    """Whether the rows, which are not all finite, stop the float64 path."""
    d, n = rows.shape[0] - 2, rows.shape[1]
    verdict = np.full(n, UNDECIDED, dtype=np.uint8)
    m = live_rows(np.ascontiguousarray(rows), n, ScaledCell.empty(n, d), verdict)
    bad = ~np.isfinite(rows).all(axis=0)
    return m < 0 and not (verdict[bad] == REDUNDANT).any()


def no_boundary(network: Network, unit: int, state: int) -> bool:
    """Whether a unit can be on its breakpoint only everywhere, or a piece repeats an earlier one."""
    layer = network.hidden[network.unit_layers[unit]]
    own = unit - int(np.flatnonzero(network.unit_layers == network.unit_layers[unit])[0])
    rows = [output for output in outputs_of(layer) if output.has_state][own].rows
    if len(rows) == 1:
        return not layer.dense[rows[0]].any()
    pieces = np.column_stack([layer.dense, layer.bias])[rows[0] :][: state + 1].tolist()
    return pieces[-1] in pieces[:-1]


def check_bounds(network: Network, box: Box, pattern: Any) -> tuple[int, int]:
    """Check all rows; return how many are finite, and how many of them are not exact."""
    d = box.dim
    rows, owner, beyond = RecentredRows(network, box).cell_rows(pattern)
    truth = true_rows(network, box, pattern)
    assert rows.shape[1] == len(truth)
    assert (
        list(zip(owner[: -2 * d].tolist(), beyond[: -2 * d].tolist(), strict=True))
        == network.exact.rows(pattern)[1]
    )
    assert owner[-2 * d :].tolist() == [-1] * 2 * d
    finite = np.isfinite(rows).all(axis=0)
    inexact = 0
    for r in np.flatnonzero(finite):
        if owner[r] >= 0 and no_boundary(network, owner[r], beyond[r]):
            twins = [truth[q] for q in range(r) if owner[q] == owner[r]]
            if not any(truth[r]) or truth[r] in twins:
                # Written as 1, or as -1 in a state that the unit cannot have.
                assert rows[:d, r].tolist() == [0.0] * d
                assert rows[d, r] == (-1.0 if beyond[r] < pattern[owner[r]] and not any(truth[r]) else 1.0)
                continue
        error = sum((abs(rational(v) - w) for v, w in zip(rows[: d + 1, r], truth[r], strict=True)), fmpq(0))
        assert error <= rational(rows[d + 1, r]), (r, float(rows[d + 1, r]), error)
        inexact += error > 0
    if not finite.all():
        assert proves_nothing(rows)
    return int(finite.sum()), inexact


CASES = [
    (("normal",), "unit"),
    (("normal",), "far"),
    (("dyadic", "cancelling"), "unit"),
    (("cancelling",), "far"),
    (("normal", "2^30"), "any"),
    (("cancelling", "2^30"), "far"),
    (("normal", "huge"), "unit"),
]


@pytest.mark.parametrize(("modes", "box"), CASES, ids=str)
def test_rows_are_within_their_bounds(modes: tuple[str, ...], box: str) -> None:
    finite = inexact = 0
    for seed in range(400):
        a, b = check_bounds(*random_case(seed, modes, box))
        finite, inexact = finite + a, inexact + b
    # Not vacuous: most rows are finite, and many are rounded.
    assert finite > 3000
    assert inexact > 1000


def underflowing_case(seed: int, kinds: tuple[str, ...]) -> tuple[Network, Box, Any]:
    """Layers that take values down to subnormal numbers, and up again."""
    rng = np.random.default_rng(seed)
    d = n = int(rng.integers(1, 3))
    layers: list[Layer] = []
    level = 0
    for depth in range(rng.integers(2, 5)):
        target = rng.integers(-60, 40) if depth % 2 else rng.integers(-1080, -1000)
        shift = int(np.clip(target - level, -1070, 1020))
        level += shift
        width, kind = int(rng.integers(1, 4)), str(rng.choice(kinds))
        W = np.ldexp(rng.normal(size=(width, n)) * (rng.random((width, n)) < 0.8), shift)
        b = np.ldexp(rng.normal(size=width), level)
        parameters = {"slope": float(rng.choice(SLOPES))} if kind == "leaky_relu" else {}
        layers.append(make_layer(kind, W, b, **parameters))
        n = width
    network = Network(layers)
    tops = np.concatenate([layer.n_states for layer in network.layers])
    return (
        network,
        random_box(rng, d, str(rng.choice(["unit", "far"]))),
        rng.integers(0, tops).astype(np.uint8),
    )


@pytest.mark.parametrize("kinds", [("relu",), ("leaky_relu",), ("relu", "leaky_relu", "abs")], ids=str)
def test_bounds_cover_underflow(kinds: tuple[str, ...]) -> None:
    for seed in range(300):
        check_bounds(*underflowing_case(seed, kinds))


@pytest.mark.parametrize(
    "modes", [("2^500",), ("2^500", "normal"), ("tiny", "normal"), ("tiny", "huge")], ids=str
)
def test_extreme_rows_are_within_their_bounds_or_prove_nothing(modes: tuple[str, ...]) -> None:
    finite = 0
    for seed in range(300):
        finite += check_bounds(*random_case(seed, modes, "unit"))[0]
    assert finite > 1000


def test_a_boundary_seen_through_subnormal_numbers() -> None:
    """The first unit is always off and hands on 2^-1060 (x - 3), the second is zero at x = -1/2."""
    first = leaky_relu([[2.0**-1000]], [-3 * 2.0**-1000], 2.0**-60)
    case = Network([first, relu([[2.0**1000]], [2.0**-61 + 3 * 2.0**-60])]), Box.cube(1, -1, 1)
    assert enumerate_brute(*case).n_regions == 2
    assert enumerate_regions(*case).n_regions == 2


def test_a_tiny_constant_that_is_not_zero() -> None:
    """2^-1200 x through two layers, and up again to x: on at x = 2 or not matters."""
    down, up = 2.0**-600, 2.0**600
    case = Network([relu([[w]], [b]) for w, b in ((down, 0), (down, 0), (up, 0), (up, -2))]), Box([1], [4])
    assert enumerate_regions(*case).n_regions == enumerate_brute(*case).n_regions == 2


def test_an_overflow_inside_a_sum_certifies_nothing() -> None:
    """2^1023 + 2^1023 - 2^1023 - 2^1023, in that order, is not a number in float64, and zero."""
    big = 2.0**1023
    layers = [linear([[1.0]] * 4, [1.0] * 4), relu([[big, big, -big, -big], [1, 0, 0, 0]], [0, -1])]
    network, box = Network(layers), Box.cube(1, 0, 4)
    rows, _, _ = RecentredRows(network, box).cell_rows(np.array([0, 1], dtype=np.uint8))
    assert not np.isfinite(rows).all()
    assert proves_nothing(rows)
    assert enumerate_regions(network, box).states.tolist() == [[0, 1]]


def test_rows_of_a_tiny_box_far_away_are_as_good_as_those_of_the_unit_cube() -> None:
    """The bound is relative to how much the network varies over the box, not to the size of its values."""
    rng = np.random.default_rng(0)
    W, V = rng.normal(size=(6, 2)), rng.normal(size=(6, 6))
    box = Box.cube(2, 4096, 4096 + 2.0**-40)
    first = relu(W, -(W @ [4096.0, 4096.0]))
    network = Network([first, relu(V, np.zeros(6))])
    rows, _, _ = RecentredRows(network, box).cell_rows(np.ones(12, dtype=np.uint8))
    steep = np.abs(rows[:2, 6:12]).max(axis=0)
    assert (rows[3, 6:12] < 1e-13 * (steep + np.abs(rows[2, 6:12]))).all()
