"""The co-area formula against counting, done in several ways, and against closed forms of one layer.

Where networks are counted by enumeration the sample is small; three families can be counted by a few lines
of numpy, hundreds of thousands of networks at a time, so that an error of a percent shows.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import dblquad
from support.chance import Array, agree, counted

from polyregions import Box, enumerate_regions
from polyregions.analysis.definitions import count_linear_regions
from polyregions.errors import InvalidBoxError, InvalidInputError, TooLargeError
from polyregions.statistics.boundary_volumes import boundary_volume
from polyregions.statistics.coarea import expected_boundary_volume
from polyregions.statistics.estimates import estimate
from polyregions.statistics.expectations import boundary_density, meeting_probability
from polyregions.statistics.random_networks import draw_layers, random_network

SEGMENT, SQUARE = Box.cube(1, -1, 1), Box.cube(2, -1, 1)


# One layer.


@pytest.mark.parametrize("init", ["he", "glorot"])
def test_breakpoints_of_one_layer(init: str) -> None:
    weight_std = math.sqrt({"he": 2.0, "glorot": 2 / 6}[init])
    box = Box([-0.5], [2])
    expected = 5 * meeting_probability(1, box, weight_std, 0.5)
    measured = expected_boundary_volume([1, 5, 1], box, init=init, bias_std=0.5, samples=100_000, seed=0)
    assert agree(measured, expected, 0.03)


def test_the_length_of_the_lines_of_one_layer() -> None:
    def density(y: float, x: float) -> float:
        return float(boundary_density([[x, y]], 1.0, 0.5)[0])

    length = 6 * dblquad(density, -1, 1, -1, 1, epsabs=1e-6)[0]
    for boundary in ("activation", "good"):
        measured = expected_boundary_volume(
            [2, 6, 1], SQUARE, bias_std=0.5, boundary=boundary, samples=100_000, seed=0
        )
        assert agree(measured, length, 0.03)


@pytest.mark.parametrize("d", [2, 3, 5])
def test_the_density_of_one_layer_near_the_origin(d: int) -> None:
    """In a cube so small that the density is constant: it changes by a share of some side^2."""
    box = Box.cube(d, -0.005, 0.005)
    measured = expected_boundary_volume([d, 4, 1], box, bias_std=0.5, samples=50_000, seed=d)
    density = boundary_density(np.zeros((1, d)), math.sqrt(2 / d), 0.5)[0]
    assert agree(measured, 4 * density * box.volume, 0.02)


def test_crossings_of_two_lines() -> None:
    expected = 15 * meeting_probability(2, SQUARE, 1.0, 0.5)
    assert expected == pytest.approx(15 * 0.590, abs=15 * 0.002)  # published
    assert agree(
        expected_boundary_volume([2, 6, 1], SQUARE, 2, bias_std=0.5, samples=300_000, seed=1), expected, 0.03
    )


def test_points_and_lines_in_three_dimensions() -> None:
    """At the origin, in a small cube.

    Three planes meet at a point of the Cauchy law, of density ``s / (pi^2 (s^2 + x^2)^2)`` at x, s = s_b/s_w.
    Two planes meet in lines of density ``E||w_1 x w_2|| / (2 pi s_b^2)``. For standard normal vectors that
    mean is the product of the mean lengths in 3 and 2 dimensions, ``2 sqrt(2 / pi) sqrt(pi / 2) = 2``.
    """
    box, weight_std = Box.cube(3, -0.01, 0.01), math.sqrt(2 / 3)
    points = expected_boundary_volume([3, 3, 1], box, 3, bias_std=0.5, samples=200_000, seed=2)
    assert agree(points, box.volume / (math.pi**2 * (0.5 / weight_std) ** 3), 0.03)
    lines = expected_boundary_volume([3, 4, 1], box, 2, bias_std=0.5, samples=50_000, seed=3)
    assert agree(lines, 6 * box.volume * weight_std**2 * 2 / (2 * math.pi * 0.25), 0.03)


# Deeper networks, counted by enumeration.


@pytest.mark.slow
def test_two_layers_on_a_segment() -> None:
    coarea = expected_boundary_volume([1, 5, 5, 1], SEGMENT, bias_std=0.5, samples=300_000, seed=4)
    assert agree(counted((1, 5, 5, 1), 1000, 2)["boundary"], coarea, 0.08)
    # Published: 6.95 +- .015 by counting, 7.02 +- .035 by the formula.
    assert abs(coarea.mean - 6.95) <= 4.5 * math.hypot(coarea.standard_error, 0.015)
    assert abs(coarea.mean - 7.02) <= 4.5 * math.hypot(coarea.standard_error, 0.035)


@pytest.mark.slow
def test_two_layers_in_the_plane() -> None:
    found = counted((2, 4, 4, 1), 1000, 1)
    length = expected_boundary_volume([2, 4, 4, 1], SQUARE, bias_std=0.5, samples=200_000, seed=5)
    assert agree(found["boundary"], length, 0.1)
    vertices = expected_boundary_volume([2, 4, 4, 1], SQUARE, 2, bias_std=0.5, samples=300_000, seed=6)
    assert agree(found["vertices"], vertices, 0.2)


@pytest.mark.slow
def test_good_is_where_the_slope_jumps() -> None:
    """Narrow layers die often, so that a third of the breakpoints is not heard at the output."""
    rng = np.random.default_rng(7)
    jumps, switches = [], []
    for _ in range(500):
        cx = enumerate_regions(
            random_network([1, 4, 2, 2, 1], bias_std=0.5, seed=rng), SEGMENT, engine="subdivide"
        )
        jumps.append(count_linear_regions(cx, "open_connected") - 1)
        switches.append(cx.n_regions - 1)
    widths = [1, 4, 2, 2, 1]
    good = expected_boundary_volume(widths, SEGMENT, bias_std=0.5, boundary="good", samples=200_000, seed=7)
    assert agree(estimate(jumps), good, 0.3)
    assert agree(
        estimate(switches),
        expected_boundary_volume(widths, SEGMENT, bias_std=0.5, samples=200_000, seed=7),
        0.15,
    )


@pytest.mark.slow
def test_good_in_the_plane() -> None:
    """Walls across which the affine map changes, decided exactly, and the corners of their union."""
    rng, widths = np.random.default_rng(8), [2, 4, 2, 1, 1]
    walls, corners = [], []
    for _ in range(300):
        cx = enumerate_regions(random_network(widths, bias_std=0.5, seed=rng), SQUARE, engine="subdivide")
        walls.append(boundary_volume(cx, 1, "linear").total)
        corners.append(boundary_volume(cx, 2, "linear").total)
    for k, found in ((1, walls), (2, corners)):
        good = expected_boundary_volume(
            widths, SQUARE, k, bias_std=0.5, boundary="good", samples=200_000, seed=9
        )
        assert agree(estimate(found), good, 0.5)


# Two layers, counted by hand.


def count_on_segment(widths: list[int], samples: int, seed: int) -> tuple[Array, Array]:
    """Breakpoints in [-1, 1] of networks with two hidden layers: of all units, and of good ones.

    A unit of layer 1 switches at -b / w; it is good if a unit of layer 2 is active there. Between these
    points the units of layer 2 are affine: they switch where their sign changes from one to the next.
    """
    (w1, b1), (w2, b2), _ = draw_layers(widths, samples, "he", 0.5, np.random.default_rng(seed))
    points = (-b1 / w1[:, :, 0]).clip(-1, 1)
    inside = np.abs(points) < 1

    def second(x: Array) -> Array:
        hidden = (w1[:, None, :, 0] * x[:, :, None] + b1[:, None, :]).clip(0)
        return np.einsum("sph,soh->spo", hidden, w2) + b2[:, None, :]

    heard = (second(points) > 0).any(axis=2)
    ends = np.ones((samples, 1))
    signs = second(np.concatenate([-ends, np.sort(points, axis=1), ends], axis=1)) > 0
    upper = (signs[:, 1:] != signs[:, :-1]).sum(axis=(1, 2))
    return inside.sum(axis=1) + upper, (inside & heard).sum(axis=1) + upper


@pytest.mark.parametrize("widths", [[1, 5, 5, 1], [1, 6, 1, 1]])
def test_two_layers_on_a_segment_by_hand(widths: list[int]) -> None:
    for boundary, found in zip(("activation", "good"), count_on_segment(widths, 100_000, 10), strict=True):
        coarea = expected_boundary_volume(
            widths, SEGMENT, bias_std=0.5, boundary=boundary, samples=300_000, seed=11
        )
        assert agree(estimate(found), coarea, 0.03)


@pytest.mark.slow
def test_vertices_of_units_in_different_layers() -> None:
    """2-2-1: units u and v of layer 1, and t above with the pre-activation ``p relu(u) + q relu(v) + c``.

    u and v meet once. t meets u where u = 0 and q v = -c, if that v is positive. That is a 2 x 2 system for
    each. A formula that leaves u the output of its drawn bias, instead of 0, gives 2.7 % less. With "good",
    u and v count where c > 0, and the others always: t is heard, and u where t is active.
    """
    samples = 1_000_000
    (w1, b1), (w2, b2), _ = draw_layers([2, 2, 1, 1], samples, "he", 1.0, np.random.default_rng(12))
    c = b2[:, 0]

    def inside(u: Array | float, v: Array | float) -> Array:
        target = np.stack([np.broadcast_to(u, samples), np.broadcast_to(v, samples)], axis=1) - b1
        x = np.linalg.solve(w1, target[:, :, None])[:, :, 0]
        return (np.abs(x) < 1).all(axis=1)

    level_u, level_v = -c / w2[:, 0, 0], -c / w2[:, 0, 1]
    mixed = (inside(0, level_v) & (level_v > 0)).astype(float) + (inside(level_u, 0) & (level_u > 0))
    lower = inside(0, 0)
    for boundary, found in (("activation", lower + mixed), ("good", (lower & (c > 0)) + mixed)):
        coarea = expected_boundary_volume(
            [2, 2, 1, 1], SQUARE, 2, bias_std=1.0, boundary=boundary, samples=1_000_000, seed=13
        )
        assert agree(estimate(found), coarea, 0.025)


# The function itself.


def test_a_seed_gives_one_estimate() -> None:
    def run(seed: int | np.random.Generator) -> float:
        return expected_boundary_volume([2, 3, 3, 1], SQUARE, 2, bias_std=0.5, samples=50, seed=seed).mean

    assert run(1) == run(np.random.default_rng(1)) != run(2)


def test_samples_are_counted_over_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("polyregions.statistics.coarea.BATCH", 400)
    measured = expected_boundary_volume([1, 5, 1], SEGMENT, bias_std=0.5, samples=5001, seed=0)
    assert measured.n == 5001
    assert agree(measured, 5 * meeting_probability(1, SEGMENT, math.sqrt(2), 0.5), 0.1)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"k": 0}, "k must be"),
        ({"k": 3}, "k must be at most 2, for 2 inputs and 3 units; got 3"),
        ({"k": 2, "widths": [2, 1, 1]}, "k must be at most 1, for 2 inputs and 1 unit;"),
        ({"boundary": "linear"}, "known: activation, good"),
        ({"boundary": None}, "known: activation, good"),
        ({"bias_std": 0}, "bias_std must be a finite number above 0"),
        ({"samples": 1}, "samples must be"),
        ({"samples": 10.5}, "samples must be"),
        ({"seed": -1}, "seed"),
        ({"init": "xavier"}, "unknown; known: he"),
        ({"widths": [2, 3]}, "widths"),
        ({"box": [[-1, 1], [-1, 1]]}, "expected a Box"),
    ],
)
def test_input_that_cannot_be_used(changes: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"widths": [2, 3, 1], "box": SQUARE, "bias_std": 0.5, "seed": 0, **changes}
    with pytest.raises(InvalidInputError, match=message):
        expected_boundary_volume(**arguments)  # type: ignore[arg-type]


def test_the_box_has_the_dimension_of_the_input() -> None:
    with pytest.raises(InvalidBoxError, match=r"1 dimension\(s\) but the network has 2"):
        expected_boundary_volume([2, 3, 1], SEGMENT, seed=0)


def test_absurd_requests() -> None:
    with pytest.raises(TooLargeError, match="weights and biases, the limit is 1e"):
        expected_boundary_volume([2, 10**9, 1], SQUARE, seed=0)
    with pytest.raises(TooLargeError, match="sets of k units, the limit is 1e15"):
        expected_boundary_volume([50, 100, 1], Box.cube(50, -1, 1), 25, seed=0)
