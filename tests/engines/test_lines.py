"""Regions along lines against rational arithmetic, whole complexes, closed forms and the other engine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from support.reference import KINDS, forward, fractions, outputs_of, random_layers
from support.strategies import networks
from support.zoo import ZOO, Case, folding

import polyregions.engines.lines.engine as lines_module
from polyregions import Box, Network, enumerate_regions
from polyregions.engines.lines import segments as line_cut
from polyregions.engines.lines import values
from polyregions.engines.lines.values import norm_bound, spectral_norm_bound
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.network.layers import (
    Layer,
    absolute,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    relu,
)
from polyregions.statistics import LineRegions, line_regions

Ends = list[tuple[Fraction, tuple[int, ...]]]  # left end and pattern of each region


def exact_line(layers: Sequence[Layer], a: Iterable[Any], b: Iterable[Any]) -> Ends:
    """Regions from a to b, by evaluating the network at rational points only.

    Between two cuts of the layers below, a layer's pre-activations are affine: their values at the two ends
    tell where they cross.
    """
    start, end = fractions(a), fractions(b)

    def at(t: Fraction) -> list[Fraction]:
        return [p + t * (q - p) for p, q in zip(start, end, strict=True)]

    cuts = [Fraction(0), Fraction(1)]
    for i, layer in enumerate(layers):
        found = set(cuts)
        table = [fractions([*row, c]) for row, c in zip(layer.weight, layer.bias, strict=True)]
        for low, high in pairwise(cuts):
            inputs = [[*forward(layers[:i], at(t))[0], Fraction(1)] for t in (low, high)]
            z = [[sum(w * v for w, v in zip(row, y, strict=True)) for row in table] for y in inputs]
            gaps = []
            for output in outputs_of(layer):
                own = output.rows
                gaps += [(z[0][p] - z[0][r], z[1][p] - z[1][r]) for p in own for r in own if p < r]
                gaps += [(z[0][own[0]] - t, z[1][own[0]] - t) for t in output.breakpoints]
            found |= {low + (high - low) * u / (u - v) for u, v in gaps if u * v < 0}
        cuts = sorted(found)
    regions: Ends = []
    for low, high in pairwise(cuts):
        pattern = tuple(forward(layers, at((low + high) / 2))[1])
        if not regions or pattern != regions[-1][1]:
            regions.append((low, pattern))
    return regions


def assert_is(found: LineRegions, expected: Sequence[Ends], line: int = 0) -> None:
    """One line, with what is expected of each of its segments."""
    whole = [(s, t, p) for s, ends in enumerate(expected) for t, p in ends]
    regions = [whole[0]] + [b for a, b in pairwise(whole) if a[2] != b[2]]
    patterns = [tuple(row) for row in found.patterns(line).tolist()]
    assert patterns == [pattern for _, _, pattern in regions]
    assert found.counts[line] == len(regions)
    span = slice(int(found.offsets[line]), int(found.offsets[line + 1]))
    assert found.segments[span].tolist() == [s for s, _, _ in regions[1:]]
    for k, (_, t, pattern) in enumerate(regions[1:]):
        assert found.exact_position(line, k) == t
        assert abs(Fraction(float(found.positions[span][k])) - t) <= Fraction(float(found.reach[span][k]))
        flips = np.flatnonzero(np.array(pattern) != np.array(regions[k][2]))
        assert found.flips(line, k).tolist() == flips.tolist()


@pytest.mark.parametrize("case", [c for c in ZOO if c.network.n_units <= 24], ids=lambda c: c.name)
def test_zoo(case: Case) -> None:
    """Lines in general position, along the axes, between corners, and through the centre."""
    rng = np.random.default_rng(0)
    low, high, layers = case.box.lower, case.box.upper, case.network.layers
    middle = low / 2 + high / 2
    corner = np.where(np.arange(case.dim) % 2, low, high)
    for a, b in [
        (rng.uniform(low, high), rng.uniform(low, high)),
        (low, high),
        (np.where(np.arange(case.dim), middle, low), np.where(np.arange(case.dim), middle, high)),
        (corner, 2 * middle - corner),
        (np.where(np.arange(case.dim), low, high), low),
    ]:
        assert_is(line_regions(case.network, a, b), [exact_line(layers, a, b)])


lattice = st.sampled_from((-1.0, -0.5, 0.0, 0.25, 0.5, 1.0, 3.0))


@given(networks(dims=(1, 2, 3)), st.lists(st.tuples(lattice, lattice, lattice), min_size=2, max_size=4))
def test_degenerate_polylines(network: Network, corners: list[tuple[float, ...]]) -> None:
    """Corners where boundaries meet, and lines within boundaries."""
    points = [corner[: network.input_dim] for corner in corners]
    assume(all(p != q for p, q in pairwise(points)))
    found = line_regions(network, *points)
    assert_is(found, [exact_line(network.layers, p, q) for p, q in pairwise(points)])


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("scale", [1.0, 2.0**30, 2.0**-30])
def test_random_networks(kind: str, scale: float) -> None:
    rng = np.random.default_rng(1)
    network = Network(random_layers(rng, 5, (kind, "relu", kind), 7))
    a, b = scale * rng.normal(size=(2, 4, 5))
    found = line_regions(network, a, b)
    for line in range(4):
        assert_is(found, [exact_line(network.layers, a[line], b[line])], line)
    # In general position float64 decides everything; if it did not, the tests would not test it.
    assert scale != 1.0 or found.undecided == 0


@pytest.mark.slow
@pytest.mark.parametrize("kinds", [("relu", "relu"), ("maxout3", "abs"), ("hard_tanh", "maxout2")])
@pytest.mark.parametrize("d", [2, 3])
def test_the_complex_restricted_to_a_line(kinds: Sequence[str], d: int) -> None:
    """The regions of the complex that the line meets in more than a point are those along it."""
    rng = np.random.default_rng(d)
    network = Network(random_layers(rng, d, kinds, 6))
    regions = enumerate_regions(network, Box.cube(d, -1, 1), engine="traverse")
    a, b = rng.uniform(-1, 1, (2, 20, d))
    found = line_regions(network, a, b)
    for line in range(20):
        assert_is_restriction(found, line, regions)


@pytest.mark.parametrize(
    "case", [c for c in ZOO if 2 <= c.dim <= 3 and c.regions <= 300], ids=lambda c: c.name
)
def test_degenerate_complexes_restricted_to_a_line(case: Case) -> None:
    rng = np.random.default_rng(2)
    regions = enumerate_regions(case.network, case.box)
    # Through points with few digits, but not within boundaries: there a line is on two regions at once.
    a = case.box.lower + (case.box.upper - case.box.lower) * rng.integers(0, 9, (6, case.dim)) / 8
    b = rng.uniform(case.box.lower, case.box.upper, (6, case.dim))
    found = line_regions(case.network, a, b)
    for line in range(6):
        assert_is_restriction(found, line, regions)


def assert_is_restriction(found: LineRegions, line: int, regions: Any) -> None:
    a, b = (fractions(corner) for corner in found.corners[line])
    met = []
    for region in regions:
        low, high = Fraction(0), Fraction(1)
        for row in region.exact_halfspaces:  # row . (x, 1) >= 0
            *normal, constant = (int(v) for v in row)
            value = sum((n * x for n, x in zip(normal, a, strict=True)), Fraction(constant))
            slope = sum(n * (y - x) for n, x, y in zip(normal, a, b, strict=True))
            if slope > 0:
                low = max(low, -value / slope)
            elif slope < 0:
                high = min(high, -value / slope)
            elif value < 0:
                low = high
        if low < high:
            met.append((low, tuple(region.pattern.tolist())))
    met.sort()
    assert [tuple(row) for row in found.patterns(line).tolist()] == [pattern for _, pattern in met]
    assert [found.exact_position(line, k) for k in range(len(met) - 1)] == [low for low, _ in met[1:]]


@pytest.mark.parametrize(
    ("folds", "n0"), [((2, 2, 2), 1), ((3, 3), 2), ((2,) * 6, 2), ((4, 3), 3), ((2,) * 8, 1)]
)
def test_folds(folds: tuple[int, ...], n0: int) -> None:
    """Across the unit cube a fold has K regions along an axis and along the diagonal, K the product."""
    network, k = Network(folding(n0, folds)), int(np.prod(folds))
    inner = np.full(n0, 0.3)
    a, b = np.stack([np.where(np.arange(n0), inner, 0.0), np.zeros(n0)]), np.ones(n0)
    found = line_regions(network, a, np.stack([np.where(np.arange(n0), inner, 1.0), b]))
    assert found.counts.tolist() == [k, k]
    for line in range(2):
        assert [found.exact_position(line, i) for i in range(k - 1)] == [Fraction(i, k) for i in range(1, k)]
    # All n0 coordinates fold at once on the diagonal.
    assert {found.flips(1, i).size for i in range(k - 1)} == {n0}


def test_many_inputs() -> None:
    """784 inputs: the same regions as of the network on the segment, by the other engine."""
    rng = np.random.default_rng(3)
    network = Network(random_layers(rng, 784, ("relu", "relu", "relu"), 20))
    a, b = rng.random((2, 3, 784))
    found = line_regions(network, a, b)
    assert found.undecided == 0
    for line in range(3):
        cx = enumerate_regions(network.through([a[line], b[line]]), Box([0.0], [1.0]), engine="traverse")
        assert found.counts[line] == cx.n_regions
        ends = sorted(min(region.exact_vertices)[0] for region in cx)
        assert ends[1:] == [found.exact_position(line, k) for k in range(cx.n_regions - 1)]
        assert {bytes(p) for p in found.patterns(line)} == {bytes(p) for p in cx.states}


@pytest.mark.parametrize("gap", [2.0**-40, 2.0**-52, 2.0**-60])
def test_breakpoints_that_are_close(gap: float) -> None:
    """Breakpoints that float64 cannot tell apart keep their order: y, y - gap and y - 2 gap, and a copy."""
    layers = [
        relu([[1.0], [-1.0]], [0.0, 0.0]),
        relu([[1.0, -1.0]] * 4, [-gap / 8, -gap / 4, -gap / 16, -gap / 8]),
    ]
    found = line_regions(Network(layers), [-1.0], [1.0])
    assert [found.flips(0, k).tolist() for k in range(4)] == [[0, 1], [4], [2, 5], [3]]
    assert found.exact_position(0, 3) == Fraction(1, 2) + Fraction(gap / 8)
    assert_is(found, [exact_line(layers, [-1.0], [1.0])])


def test_copies_are_decided_without_exact_arithmetic() -> None:
    rng = np.random.default_rng(4)
    W, b = rng.normal(size=(6, 9)), rng.normal(size=6)
    copies = relu(np.concatenate([W, -W, 3 * W, 2.0**-30 * W]), np.concatenate([b, -b, 3 * b, 2.0**-30 * b]))
    exact = [Fraction(v) * 3 == Fraction(3 * v) for v in [*W.ravel().tolist(), *b.tolist()]]
    assert not all(exact)  # three times a float64 is rounded, so the third copy is another hyperplane
    a, b = rng.normal(size=(2, 50, 9))
    network = Network(
        [relu(copies.weight[[*range(12), *range(18, 24)]], copies.bias[[*range(12), *range(18, 24)]])]
    )
    found = line_regions(network, a, b)
    assert found.undecided == 0
    assert set(np.diff(found.flip_offsets).tolist()) == {3}
    near = line_regions(Network([copies]), a[:5], b[:5])
    for line in range(5):
        assert_is(near, [exact_line([copies], a[line], b[line])], line)


def test_touching_is_no_breakpoint() -> None:
    """|x| touches 0 at x = 0; -|x| too, and is never positive; a zero unit never switches."""
    layers = [
        absolute([[1.0], [0.0]], [0.0, 0.0]),
        relu([[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0]], [0.0, 0.0, 0.0]),
    ]
    found = line_regions(Network(layers), [-1.0], [2.0])
    assert found.patterns(0).tolist() == [[0, 0, 1, 0, 0], [1, 0, 1, 0, 0]]
    assert found.exact_position(0, 0) == Fraction(1, 3)


def test_maxout_ties() -> None:
    """Three pieces meet in one point, and a repeated piece never wins."""
    unit = [[-1.0], [0.0], [1.0], [0.0], [1.0]]
    tied = maxout([unit], [[0.0] * 5])
    lifted = maxout([unit], [[0.0, 0.25, 0.0, 0.25, 0.0]])
    for layer, states in ((tied, [0, 2]), (lifted, [0, 1, 2])):
        found = line_regions(Network([layer]), [-1.0], [1.0])
        assert found.patterns(0).ravel().tolist() == states
        assert_is(found, [exact_line([layer], [-1.0], [1.0])])


def test_polyline_merges_across_corners_and_counts_returns() -> None:
    network = Network([relu(np.eye(2), [0.0, 0.0])])
    square = [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [1.0, 1.0]]
    found = line_regions(network, *square)
    assert found.counts.tolist() == [5]  # four quadrants, the first one twice
    assert found.breakpoints(0).tolist() == [0.5, 1.5, 2.5, 3.5]
    assert found.points(0).tolist() == [[0.0, 1.0], [-1.0, 0.0], [0.0, -1.0], [1.0, 0.0]]
    assert found.lengths.tolist() == [8.0]
    turning = line_regions(network, [-1.0, 0.0], [0.0, 0.0], [0.0, 1.0])  # the corner is on both boundaries
    assert turning.counts.tolist() == [2]
    assert turning.breakpoints(0).tolist() == [1.0]
    assert turning.exact_position(0, 0) == 0
    assert turning.segments.tolist() == [1]


def test_lines_together_and_alone_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    network = Network(random_layers(rng, 6, ("relu", "maxout3"), 9))
    a, b, c = rng.normal(size=(3, 30, 6))
    together = line_regions(network, a, b, c)
    monkeypatch.setattr(lines_module, "TOGETHER", 1)
    done: list[tuple[int, int]] = []
    alone = line_regions(network, a, b, c, progress=lambda *args: done.append(args))
    assert done == [(i, 60) for i in range(1, 61)]
    for name in ("offsets", "segments", "flip_offsets", "flip_units", "flip_states", "first"):
        assert np.array_equal(getattr(together, name), getattr(alone, name))
    single = line_regions(network, a[7], b[7], c[7])
    assert np.array_equal(single.patterns(0), together.patterns(7))


def test_exact_arithmetic_gives_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave every segment open: integers must find what float64 proved."""
    rng = np.random.default_rng(6)
    network = Network(random_layers(rng, 4, ("hard_tanh", "maxout3", "relu"), 8))
    a, b = rng.normal(size=(2, 10, 4))
    floating = line_regions(network, a, b)
    assert floating.undecided == 0
    monkeypatch.setattr(line_cut, "find_crossings", _open_all(line_cut.find_crossings))
    exact = line_regions(network, a, b)
    assert exact.undecided == 10
    for name in ("offsets", "segments", "flip_offsets", "flip_units", "flip_states", "first"):
        assert np.array_equal(getattr(floating, name), getattr(exact, name))
    assert (np.abs(floating.positions - exact.positions) <= floating.reach + exact.reach).all()


def _open_all(kernel: Any) -> Any:
    def opened(*arguments: Any) -> Any:
        arguments[-1][:] = True
        return kernel(*arguments)

    return opened


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("size", [1e200, 1e300, 1e-200, 1e-310])
def test_huge_and_tiny_numbers(size: float) -> None:
    """What overflows or underflows is decided over the integers."""
    layers = [relu([[size, -size], [size, size / 2]], [size / 4, -size / 8]), relu([[size, -size]], [0.0])]
    a, b = [-1.0, -0.75], [1.0, 0.5]
    assert_is(line_regions(Network(layers), a, b), [exact_line(layers, a, b)])


def test_far_away_and_very_short() -> None:
    layers = [relu([[1.0, -1.0], [1.0, 2.0]], [0.0, -3.0 * 2.0**40])]
    a = [2.0**40 - 2.0**-10, 2.0**40]
    b = [2.0**40 + 2.0**-9, 2.0**40 + 2.0**-11]
    found = line_regions(Network(layers), a, b)
    assert found.counts.tolist() == [3]
    assert_is(found, [exact_line(layers, a, b)])


def test_networks_without_units() -> None:
    found = line_regions(Network([linear([[1.0, 2.0]], [0.0])]), [0, 0], [1, 1])
    assert found.counts.tolist() == [1]
    assert found.patterns(0).shape == (1, 0)


def test_one_point_serves_all_lines() -> None:
    network = Network([relu(np.eye(2), [0.0, 0.0])])
    found = line_regions(network, [0.5, 0.5], [[-1, 0.5], [-1, -2], [1, 1]])
    assert found.counts.tolist() == [2, 3, 1]
    assert len(found) == 3
    assert repr(found) == "LineRegions(3 lines, 6 regions)"
    with pytest.raises(ValueError, match="read-only"):
        found.positions[0] = 0


def test_a_long_fold_is_cut_by_one_line() -> None:
    found = line_regions(Network(folding(1, (2,) * 14)), [0.0], [1.0])
    assert found.counts.tolist() == [2**14]
    assert np.array_equal(found.breakpoints(0), np.arange(1, 2**14) / 2**14)


@pytest.mark.parametrize(
    ("corners", "message"),
    [
        ([[0.0, 0.0]], "at least two corners"),
        ([[0.0, 0.0], [0.0, 0.0, 1.0]], r"shape \(n, 2\)"),
        ([[0.0, 0.0], [np.nan, 1.0]], "finite"),
        ([[0.0, 0.0], [0.0, 0.0]], "line 0: corners 0 and 1 are the same"),
        ([[[0, 0], [1, 1]], [2, 2], [[3, 3], [2, 2]]], "line 1: corners 1 and 2 are the same"),
        ([np.zeros((2, 2)), np.ones((3, 2))], "as many points as there are lines"),
        ([np.zeros((0, 2)), np.ones((1, 2))], "at least one"),
        ([["a", "b"], [0, 1]], "real numbers"),
    ],
)
def test_bad_corners(corners: list[Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        line_regions(Network([relu(np.eye(2), [0.0, 0.0])]), *corners)


def test_bad_numbers_of_lines() -> None:
    found = line_regions(Network([relu(np.eye(2), [0.0, 0.0])]), [-1, -1], [1, 0.5])
    for call in (found.patterns, found.breakpoints, found.points):
        with pytest.raises(InvalidInputError, match="line 1: there are 1"):
            call(1)
    with pytest.raises(InvalidInputError, match="breakpoint 2: line 0 has 2"):
        found.flips(0, 2)
    with pytest.raises(InvalidInputError, match="breakpoint -1"):
        found.exact_position(0, -1)


def test_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines that are done are kept, and the result says that there are more."""
    monkeypatch.setattr(lines_module, "TOGETHER", 1)
    network, a = Network([relu(np.eye(2), [0.0, 0.0])]), np.full((5, 2), -1.0)

    def progress(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    found = line_regions(network, a, -a, progress=progress)
    assert (len(found), found.complete, found.stopped) == (3, False, "interrupted")
    assert found.counts.tolist() == [2, 2, 2]
    assert "partial: interrupted" in repr(found)
    # Of polylines with two segments each, one is done, and half of another.
    polylines = line_regions(network, a, [0.5, 1], -a, progress=progress)
    assert (len(polylines), polylines.stopped, polylines.counts.tolist()) == (1, "interrupted", [3])
    assert polylines.flip_units.tolist() == [1, 0]
    with pytest.raises(KeyboardInterrupt):
        line_regions(network, *[[float(i), 0.5] for i in range(5)], progress=progress)


def test_too_many_intervals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line_cut, "UNASKED", 0)
    monkeypatch.setattr(line_cut, "available_memory", lambda: 100)
    with pytest.raises(TooLargeError, match="shorter segments"):
        line_regions(Network([relu(np.eye(2), [0.0, 0.0])]), [-1, -1], [1, 0.5])


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_lengths_whose_squares_have_no_float64(size: float) -> None:
    network = Network([relu(np.eye(2), [0.0, 0.0])])
    found = line_regions(network, [-size, -size], [2 * size, 3 * size], [2 * size, 0.0])
    assert found.lengths == pytest.approx([8 * size], rel=1e-14)
    assert found.counts.tolist() == [3]


# Decisions that are close: each of these was wrong when one of the bounds was left out.


def test_a_steep_slope_multiplies_the_error() -> None:
    """A steep unit whose value nearly vanishes, against a bias that makes up for it but for a rounding."""
    rng = np.random.default_rng(7)
    for _ in range(20):
        w, x = rng.normal(size=(2, 6))
        w[5] = -float((exact_dot(w[:5], x[:5]) + Fraction(2) ** -40) / Fraction(x[5]))
        z = exact_dot(w, x)
        layers = [leaky_relu([w], [0.0], 2.0**30), relu([[1.0]], [-float(2**30 * z if z < 0 else z)])]
        end = x + 2.0**-42 * rng.normal(size=6)
        assert_is(line_regions(Network(layers), x, end), [exact_line(layers, x, end)])


def test_maxout_pieces_that_cross_at_nearly_one_place() -> None:
    rng = np.random.default_rng(11)
    for _ in range(20):
        w, a, b = rng.normal(size=(3, 5))
        bias = -float(w @ (a + b) / 2)
        layer = maxout([[0 * w, w, 3 * w]], [[0.0, bias, 3 * bias]])
        assert_is(line_regions(Network([layer]), a, b), [exact_line([layer], a, b)])


def test_maxout_pieces_that_are_equal_within_rounding_at_an_end() -> None:
    rng = np.random.default_rng(13)
    for k in range(30):
        W = rng.normal(size=(3, 5))
        a, b = rng.normal(size=(2, 5))
        if k % 4 < 2:
            W[1] = W[0] + 2.0**-30 * rng.normal(size=5)
        first, second, _ = (exact_dot(row, (a, b)[k % 2]) for row in W)
        layer = maxout([W], [[0.0, float(first - second), -50.0]])
        assert_is(line_regions(Network([layer]), a, b), [exact_line([layer], a, b)])


def test_two_flips_of_a_unit_before_a_corner() -> None:
    network = Network([hard_tanh([[1.0]], [0.0])])
    assert line_regions(network, [-2.0], [2.0], [3.0]).counts.tolist() == [3]


def test_subnormal_corners() -> None:
    w = 2.0**-1035
    for layer, a, b in [
        (relu([[2.0**-40, 2.0**-40]], [0.0]), [-w, 0.0], [w, w / 2]),
        (hard_tanh([[2.0**-40]], [1.0]), [0.0], [w]),
    ]:
        assert_is(line_regions(Network([layer]), a, b), [exact_line([layer], a, b)])


def test_subnormal_weights() -> None:
    layers = [linear([[5.8728e-319, 4.20842e-318, -3.00651e-318]], [0.0]), relu([[1.0]], [0.0])]
    a = [9.118875019991355e299, 9.185220609989747e299, 1.46384515997182e300]
    b = [6.077585464669431e299, 5.853958711839251e299, 9.262911572628268e299]
    assert_is(line_regions(Network(layers), a, b), [exact_line(layers, a, b)])


def test_norms_that_overflow() -> None:
    c = 2.0**1022
    layers = [linear([[c, c, -c, -c]] * 4, [2.0**-40] * 4), relu([[1.0, 0, 0, 0]], [0.0])]
    b = np.array([1, 1.5 * 2.0**-53, 1, 1.75 * 2.0**-53]) * 2.0**-1000
    assert_is(line_regions(Network(layers), np.zeros(4), b), [exact_line(layers, np.zeros(4), b)])


def exact_dot(p: Iterable[Any], q: Iterable[Any]) -> Fraction:
    return sum((v * w for v, w in zip(fractions(p), fractions(q), strict=True)), Fraction(0))


@pytest.mark.parametrize("scale", [1.0, 2.0**-1060, 2.0**-500, 2.0**1000])
def test_norms_are_upper_bounds(scale: float) -> None:
    """By squares of rational numbers; the spectral norm by that of rank one, and between two others."""
    rng = np.random.default_rng(8)
    for shape in ((1, 1), (1, 6), (6, 1), (5, 5), (4, 9)):
        W = scale * rng.integers(-9, 10, shape).astype(float)
        for row, bound in zip(W, norm_bound(W), strict=True):
            assert exact_dot(row, row) <= Fraction(float(bound)) ** 2
        p, q = rng.integers(1, 9, shape[0]).astype(float), rng.integers(1, 9, shape[1]).astype(float)
        bound = Fraction(spectral_norm_bound(scale * np.outer(p, q)))
        exact = exact_dot(p, p) * exact_dot(q, q) * Fraction(scale) ** 2
        assert exact <= bound**2
        assert scale < 1e-250 or bound**2 <= exact * Fraction(21, 20)
        true = np.linalg.svd(W / scale, compute_uv=False)[0]
        assert true * (1 - 1e-12) <= spectral_norm_bound(W) / scale
    assert spectral_norm_bound(np.zeros((2, 3))) == 0.0


def test_spectral_norms_of_large_matrices_are_bounded_without_powers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values, "LARGE", 2)
    rng = np.random.default_rng(0)
    for shape in ((3, 3), (8, 5), (40, 60)):
        for scale in (1.0, 2.0**700, 2.0**-700):
            W = rng.normal(size=shape) * (rng.random(shape) < 0.3)
            W[0, 0] = 1.0
            bound, true = spectral_norm_bound(scale * W) / scale, float(np.linalg.svd(W, compute_uv=False)[0])
            assert true * (1 - 1e-12) <= bound <= 1.01 * float(np.linalg.norm(W))


def test_places_never_descend() -> None:
    place = np.array([[0.25, 0.1], [0.5, 0.125], [0.375, 0.25], [0.4375, 0.0], [0.125, 0.5]])
    lines_module._ascend(place, np.array([True, True, True, False]))
    assert place.tolist() == [[0.25, 0.1], [0.5, 0.125], [0.5, 0.25], [0.5, 0.25], [0.125, 0.5]]
