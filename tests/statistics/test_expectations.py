"""Closed forms against quadrature, Monte Carlo and enumerations; bounds against what they bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from scipy.integrate import dblquad, quad
from scipy.stats import chi, norm
from support.chance import Array, agree, at_most, counted, forward

from polyregions import Box
from polyregions.errors import InvalidBoxError, InvalidInputError, TooLargeError
from polyregions.statistics.estimates import estimate
from polyregions.statistics.expectations import (
    bias_density_bound,
    boundary_density,
    boundary_volume_bound,
    distance_bound,
    gradient_bound,
    line_regions_bound,
    mean_norm,
    mean_squared_gradient,
    meeting_probability,
    one_layer_regions,
    published_boundary_volume_bound,
    regions_bound,
    typical_regions,
)
from polyregions.statistics.random_networks import draw_layers

#: Weights of He and biases of standard deviation 1/2: c_grad c_bias = sqrt(2) / (sqrt(2 pi) / 2).
C = 2 / math.sqrt(math.pi)
HE = {"c_grad": math.sqrt(2), "c_bias": bias_density_bound(0.5)}


def networks(
    widths: list[int], init: str, samples: int, seed: int = 0
) -> Iterator[list[tuple[Array, Array]]]:
    """Batches of random networks with biases of standard deviation 1/2."""
    rng = np.random.default_rng(seed)
    for _ in range(samples // 2000):
        yield draw_layers(widths, 2000, init, 0.5, rng)


# Gradients.


@pytest.mark.parametrize(
    ("widths", "init", "expected"),
    [
        # He: d v_1 = d 2/d, then n v / 2 = n (2/n) / 2 = 1.
        ([3, 20, 20, 20, 20, 1], "he", [2, 2, 2, 2]),
        ([3, 30, 7, 20, 1], "he", [2, 2, 2]),
        ([3, 24, 24, 1], "he_uniform", [2, 2]),
        # Glorot: 3 2/23; 20 (2/25) / 2 = 4/5; 5 (2/17) / 2 = 5/17.
        ([3, 20, 5, 12, 1], "glorot", [6 / 23, 24 / 115, 24 / 391]),
        ([3, 20, 5, 12, 1], "glorot_uniform", [6 / 23, 24 / 115, 24 / 391]),
        # Orthogonal: 3 2/20; 20 (2/20) / 2 = 1; 5 (2/12) / 2 = 5/12. Narrow first: 6 2/6; 4 (2/9) / 2 = 4/9.
        ([3, 20, 5, 12, 1], "orthogonal", [3 / 10, 3 / 10, 1 / 8]),
        ([6, 4, 9, 9, 1], "orthogonal", [2, 8 / 9, 8 / 9]),
    ],
)
def test_mean_squared_gradient(widths: list[int], init: str, expected: list[float]) -> None:
    assert mean_squared_gradient(widths, init) == pytest.approx(expected, rel=1e-14)
    assert gradient_bound(widths, init) == pytest.approx(math.sqrt(max(expected)), rel=1e-14)
    x = np.array([0.3, -0.7, 0.9, 0.2, -0.1, 0.4])[: widths[0]]
    squares: list[Array] = []
    along: list[Array] = []
    for layers in networks(widths, init, 40_000):
        _, gradients = forward(layers, x)
        squares.append(np.stack([(g**2).sum(axis=2).mean(axis=1) for g in gradients], axis=1))
        # And the derivative towards x, which the states do depend on: the d-th part.
        along.append(np.stack([((g @ x) ** 2).mean(axis=1) / (x @ x) for g in gradients], axis=1))
    for layer, value in enumerate(expected):
        assert agree(estimate(np.concatenate(squares)[:, layer]), value, 0.07)
        assert agree(estimate(np.concatenate(along)[:, layer]), value / widths[0], 0.1)


def test_bias_density() -> None:
    assert bias_density_bound(1e-3) == pytest.approx(398.94, abs=5e-3)  # the biases of Hanin and Rolnick
    assert bias_density_bound(0.7) == pytest.approx(norm.pdf(0, scale=0.7), rel=1e-14)


# Bounds. First their values where they are easily worked out, then what they bound.


def test_values_of_the_bounds() -> None:
    assert boundary_volume_bound(10, 1, **HE) == pytest.approx(10 * C)
    assert boundary_volume_bound(10, 2, **HE) == pytest.approx(45 * 4 / math.pi)
    assert published_boundary_volume_bound(10, 2, **HE) == pytest.approx(45 * 16 / math.pi)
    assert published_boundary_volume_bound(10, 3, **HE) == pytest.approx(120 * 8 * C**3)
    assert boundary_volume_bound(3, 4, **HE) == 0  # there are no four units
    assert boundary_volume_bound(3, 0, **HE) == 1
    assert line_regions_bound(10, 3, **HE) == pytest.approx(1 + 30 * C)
    assert distance_bound(10, **HE) == pytest.approx(math.sqrt(math.pi) / 80)
    assert regions_bound(10, 3, 2, **HE) == pytest.approx((32 * C * 10) ** 3 / 6 * 8)
    assert regions_bound(3, 3, 2, **HE) == pytest.approx((32 * C * 3) ** 3 / 6 * 8)
    assert regions_bound(2, 3, 2, **HE) == 4
    assert typical_regions(10, 3) == pytest.approx(1000 / 6)


def test_bounds_are_of_any_size() -> None:
    assert boundary_volume_bound(10**4, 500, **HE) == math.inf
    assert regions_bound(10**5, 784, 1, **HE) == math.inf
    assert regions_bound(10**5, 10**5 + 1, 1, **HE) == math.inf
    assert typical_regions(10**3, 500) == math.inf
    # Neither factor is a float64, but the product is.
    assert typical_regions(200, 200) == pytest.approx(200**200 // math.factorial(200), rel=1e-12)
    assert boundary_volume_bound(10**4, 500, 1, 0.02) == pytest.approx(
        math.comb(10**4, 500) / 50**500, rel=1e-12
    )
    assert boundary_volume_bound(10, 5, 1, 1e-80) == 0
    assert distance_bound(10, 1e-3, 1e3) == pytest.approx(1 / 40)
    for call in (
        lambda: boundary_volume_bound(10**9, 10**8, **HE),
        lambda: distance_bound(10**400, **HE),
        lambda: typical_regions(10**400, 3),
    ):
        with pytest.raises(TooLargeError, match="the limit is"):
            call()


def test_regions_need_a_cube_of_some_size() -> None:
    smallest = 1 / (15 * C)
    value = regions_bound(10, 2, smallest * 1.0001, **HE)
    assert value > 1  # a cube has a region, however small it is
    with pytest.raises(InvalidInputError, match=r"sides of at least 1 / \(15 c_grad c_bias\) = 0.0590"):
        regions_bound(10, 2, smallest * 0.9999, **HE)


@pytest.mark.parametrize(
    ("n_units", "inputs"), [(1, 1), (7, 1), (2, 2), (3, 2), (40, 2), (5, 5), (9, 4), (100, 12)]
)
def test_the_step_from_vertices_to_regions(n_units: int, inputs: int) -> None:
    """sum_k C(d, k) 2^(d-k) 2^k C(N, k) c^k is at most the bound."""
    for c in (1 / 15, 0.1, 0.5, 1.0, 3.0, 50.0):
        total = sum(
            math.comb(inputs, k) * 2**inputs * math.comb(n_units, k) * c**k for k in range(inputs + 1)
        )
        assert total <= regions_bound(n_units, inputs, c * (1 + 1e-12), 1, 1) * (1 + 1e-9)


@pytest.mark.slow
def test_bounds_hold_for_two_layers_in_the_plane() -> None:
    found = counted((2, 4, 4, 1), 1000, 1)
    assert at_most(found["boundary"], 4 * boundary_volume_bound(8, 1, **HE))
    assert at_most(found["vertices"], 4 * boundary_volume_bound(8, 2, **HE))
    assert at_most(found["regions"], regions_bound(8, 2, 2, **HE))
    # What it is derived from: four corners, vertices on the four sides, vertices inside.
    assert at_most(found["regions"], 4 * (1 + 2 * 8 * 2 * C + 28 * (2 * C) ** 2))
    # They are no bounds of something else: within a factor of 6.
    assert found["boundary"].mean > 4 * boundary_volume_bound(8, 1, **HE) / 6
    assert found["vertices"].mean > 4 * boundary_volume_bound(8, 2, **HE) / 16


@pytest.mark.slow
def test_the_bound_for_lines_holds() -> None:
    for widths, nets in (((1, 5, 1), 600), ((1, 5, 5, 1), 1000)):
        regions = counted(widths, nets, 2)["regions"]
        bound = line_regions_bound(sum(widths[1:-1]), 2, **HE)
        assert at_most(regions, bound)
        assert regions.mean > bound / 4


def test_the_bound_for_a_density_is_sharp_in_high_dimension() -> None:
    """At the origin ||w|| is nearly constant there: the bound is reached but for 1 - 1 / (4 d)."""
    density = boundary_density(np.zeros((1, 100)), math.sqrt(2 / 100), 0.5)[0]
    ratio = density / boundary_volume_bound(1, 1, **HE)
    assert 0.997 < ratio < 0.998


@pytest.mark.parametrize("widths", [[2, 6, 1], [3, 5, 5, 5, 1], [10, 20, 20, 1]])
def test_the_bound_for_distances_holds(widths: list[int]) -> None:
    """The least |z| / ||grad z||, which is what the derivation is about."""
    x = np.linspace(-0.4, 0.6, widths[0])
    nearest: list[Array] = []
    for layers in networks(widths, "he", 10_000):
        values, gradients = forward(layers, x)
        lengths = np.concatenate([np.linalg.norm(g, axis=2) for g in gradients], axis=1)
        with np.errstate(divide="ignore"):
            nearest.append((np.abs(np.concatenate(values, axis=1)) / lengths).min(axis=1))
    distances = np.concatenate(nearest)
    bound, n_units = distance_bound(sum(widths[1:-1]), **HE), sum(widths[1:-1])
    mean = estimate(distances)
    assert mean.mean - 4.5 * mean.standard_error >= bound
    assert mean.mean < 12 * bound
    # P(distance < t) <= 2 t N c_grad c_bias
    for t in (0.05, 0.2, 0.5):
        assert at_most(estimate(distances < t * bound), t * bound * 2 * n_units * C)


# One layer in full.


@pytest.mark.parametrize(("d", "published"), [(1, 0.900316), (2, 1.0), (3, 1.039596)])
def test_density_at_the_origin(d: int, published: float) -> None:
    """E||w|| / (s_b sqrt(2 pi)), for He and s_b = 1/2."""
    weight_std = math.sqrt(2 / d)
    density = boundary_density(np.zeros((1, d)), weight_std, 0.5)[0]
    assert density == pytest.approx(published, abs=5e-7)
    assert density == pytest.approx(mean_norm(d, weight_std) / (0.5 * math.sqrt(2 * math.pi)), rel=1e-14)
    assert mean_norm(d, weight_std) == pytest.approx(weight_std * chi.mean(d), rel=1e-12)


@pytest.mark.parametrize("d", [2, 3, 6])
@pytest.mark.parametrize(
    ("radius", "weight_std", "bias_std"), [(0.4, 1.0, 0.5), (2.0, 0.7, 0.3), (1.0, 0.2, 2.0)]
)
def test_density_by_quadrature(d: int, radius: float, weight_std: float, bias_std: float) -> None:
    """E[||w|| phi(w.x)] over the part of w along x, which is normal, and the rest, whose length is chi."""

    def integrand(rest: float, along: float) -> float:
        law = norm.pdf(along) * rest ** (d - 2) * math.exp(-(rest**2) / 2) * constant
        return float(law * math.hypot(along, rest) * norm.pdf(weight_std * along * radius, scale=bias_std))

    constant = 2 ** (1 - (d - 1) / 2) / math.gamma((d - 1) / 2)
    value = weight_std * dblquad(integrand, -9, 9, 0, 11, epsabs=1e-8, epsrel=1e-6)[0]
    x = np.zeros((2, d))
    x[0, 0], x[1] = radius, radius / math.sqrt(d)
    assert boundary_density(x, weight_std, bias_std) == pytest.approx([value] * 2, rel=1e-5)


@pytest.mark.parametrize(("low", "high"), [(-1, 1), (0.5, 3), (-0.1, 0.7), (1000, 1001)])
def test_breakpoints_of_a_unit(low: float, high: float) -> None:
    """-b / w has the Cauchy law of scale s_b / s_w."""
    weight_std, bias_std = math.sqrt(2), 0.5
    scale, box = bias_std / weight_std, Box([low], [high])
    law = (math.atan(high / scale) - math.atan(low / scale)) / math.pi
    assert meeting_probability(1, box, weight_std, bias_std) == pytest.approx(law, rel=1e-9)
    density = quad(lambda t: boundary_density([[t]], weight_std, bias_std)[0], low, high, epsrel=1e-11)[0]
    assert density == pytest.approx(law, rel=1e-9)
    assert one_layer_regions(5, box, weight_std, bias_std) == pytest.approx(1 + 5 * law, rel=1e-9)


def test_published_breakpoints() -> None:
    expected = one_layer_regions(5, Box([-1], [1]), math.sqrt(2), 0.5) - 1
    assert expected == pytest.approx(3.918266, abs=5e-7)
    assert expected == pytest.approx(5 * 2 / math.pi * math.atan(math.sqrt(2) / 0.5), rel=1e-13)
    assert agree(counted((1, 5, 1), 600, 2)["boundary"], expected, 0.08)


RECTANGLES = [Box.cube(2, -1, 1), Box([0.5, -1], [2, 1.5]), Box([-3, 0.5], [-1.5, 4]), Box([0, 0], [1, 0.1])]


@pytest.mark.parametrize("box", RECTANGLES, ids=str)
def test_two_lines_meet_by_quadrature(box: Box) -> None:
    """Their meeting point has the bivariate Cauchy law of scale s_b / s_w."""
    scale = 0.5 / 0.8

    def law(y: float, x: float) -> float:
        return scale / (2 * math.pi) * (scale**2 + x * x + y * y) ** -1.5

    (a, c), (b, e) = box.lower, box.upper
    value = dblquad(law, a, b, c, e, epsabs=0, epsrel=1e-9)[0]
    assert meeting_probability(2, box, 0.8, 0.5) == pytest.approx(value, rel=1e-8)


@pytest.mark.parametrize("box", RECTANGLES, ids=str)
def test_lines_meet_rectangles(box: Box) -> None:
    """A line meets the rectangle iff there are corners on both sides of it."""
    rng = np.random.default_rng(3)
    w, b = 0.8 * rng.standard_normal((400_000, 2, 2)), 0.5 * rng.standard_normal((400_000, 2))
    (a, c), (e, f) = box.lower, box.upper
    values = w @ np.array([[a, c], [a, f], [e, c], [e, f]]).T + b[:, :, None]
    met = (values.min(axis=2) < 0) & (values.max(axis=2) > 0)
    assert agree(estimate(met.mean(axis=1)), meeting_probability(1, box, 0.8, 0.5), 0.03)
    x, y = np.linalg.solve(w, -b[:, :, None])[:, :, 0].T
    inside = (a < x) & (x < e) & (c < y) & (y < f)
    assert agree(estimate(inside), meeting_probability(2, box, 0.8, 0.5), 0.15)
    # One region, one more for each line that meets the rectangle, one more for a point inside.
    assert agree(estimate(1 + met.sum(axis=1) + inside), one_layer_regions(2, box, 0.8, 0.5), 0.02)


@pytest.mark.slow
def test_published_probabilities() -> None:
    """2-6 of He, s_b = 1/2, in [-1, 1]^2: by Monte Carlo .929, .592 and .590 +- .002, and 15.45."""
    box = Box.cube(2, -1, 1)
    line, pair = (meeting_probability(k, box, 1.0, 0.5) for k in (1, 2))
    # Angle of (1, 1, 1/2) and (1, -1, 1/2); solid angle of the square, four corners alike.
    assert line == pytest.approx(2 / math.pi * math.acos(1 / 9), rel=1e-13)
    assert pair == pytest.approx(2 / math.pi * math.atan(4 / 3), rel=1e-13)
    assert line == pytest.approx(0.929, abs=5e-4)
    assert pair == pytest.approx(0.590, abs=2e-3)
    expected = one_layer_regions(6, box, 1.0, 0.5)
    assert expected == pytest.approx(1 + 6 * line + 15 * pair, rel=1e-13)
    assert expected == pytest.approx(15.45, abs=0.03)  # 15 pairs, each off by .002
    assert agree(counted((2, 6, 1), 800, 4)["regions"], expected, 0.08)


def test_a_probability_is_not_lost_far_away() -> None:
    """A segment of length h at distance D has about (s_b / s_w) h / (pi D^2): no cancellation."""
    box = Box([1e6], [1e6 + 1])
    assert meeting_probability(1, box, 1.0, 1.0) == pytest.approx(1 / (math.pi * 1e6 * (1e6 + 1)), rel=1e-3)


# Input that cannot be used.

CALLS: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (bias_density_bound, (0,), "bias_std must be a finite number above 0"),
    (bias_density_bound, (math.nan,), "bias_std"),
    (mean_squared_gradient, ([3, 4],), "widths"),
    (mean_squared_gradient, ([3, 4, 1], "xavier"), "unknown; known: he"),
    (gradient_bound, ([3, 0, 1],), "width"),
    (boundary_volume_bound, (0, 1, 1, 1), "n_units"),
    (boundary_volume_bound, (5, -1, 1, 1), "k must be"),
    (boundary_volume_bound, (5, 1.5, 1, 1), "k must be"),
    (boundary_volume_bound, (5, 1, 0, 1), "c_grad"),
    (boundary_volume_bound, (5, 1, 1, -1), "c_bias"),
    (published_boundary_volume_bound, (5, 1, "1", 1), "c_grad"),
    (line_regions_bound, (5, 0, 1, 1), "length"),
    (line_regions_bound, (5, math.inf, 1, 1), "length"),
    (distance_bound, (5, 1, math.inf), "c_bias"),
    (distance_bound, (2.0, 1, 1), "n_units"),
    (regions_bound, (5, 0, 1, 1, 1), "inputs"),
    (regions_bound, (5, 2, -1, 1, 1), "side"),
    (typical_regions, (5, 0), "inputs"),
    (mean_norm, (0, 1), "inputs"),
    (mean_norm, (2, 0), "weight_std"),
    (boundary_density, ([1.0, 2.0], 1, 1), "points must be finite"),
    (boundary_density, ([[math.nan]], 1, 1), "points must be finite"),
    (boundary_density, ([[1.0], [2.0, 3.0]], 1, 1), "different lengths"),
    (boundary_density, ([[1.0]], 1, 0), "bias_std"),
    (meeting_probability, (0, Box([0], [1]), 1, 1), "k must be"),
    (meeting_probability, (2, Box([0], [1]), 1, 1), "at most the dimension 1"),
    (meeting_probability, (1, [0, 1], 1, 1), "expected a Box"),
    (meeting_probability, (1, Box([0], [1]), -1, 1), "weight_std"),
    (one_layer_regions, (0, Box([0], [1]), 1, 1), "n_units"),
    (one_layer_regions, (5, None, 1, 1), "expected a Box"),
]


@pytest.mark.parametrize(("function", "arguments", "message"), CALLS)
def test_input_that_cannot_be_used(
    function: Callable[..., Any], arguments: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        function(*arguments)


def test_no_closed_form_in_three_dimensions() -> None:
    for call in (lambda box: meeting_probability(1, box, 1, 1), lambda box: one_layer_regions(5, box, 1, 1)):
        with pytest.raises(InvalidBoxError, match="1 or 2 dimensions, got 3"):
            call(Box.cube(3, 0, 1))


def test_absurd_networks() -> None:
    with pytest.raises(TooLargeError, match="the limit"):
        mean_squared_gradient([2, 10**9, 10**9, 1])
