"""Lengths, areas, ... of boundaries: closed forms, other geometry, and the definition in fractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations
from math import acos, comb, dist, hypot, pi, prod, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import ConvexHull
from support.linear_reference import Point, faces_of_region, in_a_side, maps_of
from support.profiles import examples
from support.reference import outputs_of
from support.strategies import cases
from support.zoo import ZOO, Case

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.errors import InvalidInputError
from polyregions.network.layers import (
    Layer,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    relu,
)
from polyregions.statistics.boundary_volumes import BOUNDARIES, _stratum, boundary_volume
from polyregions.theory.constructions import maxout_cones, maxout_tents, montufar_folds

EXACT = {"rel": 1e-13, "abs": 0.0}
SQUARE = Box.cube(2, -1, 1)


def subdivided(network: Network, box: Box) -> RegionComplex:
    return enumerate_regions(network, box, engine="subdivide")


def random_network(
    d: int, widths: Sequence[int], seed: int, outputs: int = 1, spread: float = 0.3
) -> Network:
    rng = np.random.default_rng(seed)
    arrays, n = [], d
    for width in (*widths, outputs):
        arrays.append((rng.normal(0, sqrt(2 / n), (width, n)), rng.normal(0, spread, width)))
        n = width
    return Network.from_arrays(arrays)


def totals(cx: RegionComplex, k: int = 1) -> list[float]:
    return [boundary_volume(cx, k, boundary).total for boundary in BOUNDARIES]


# --------------------------------------------------------------------------------------------------------
# Closed forms
# --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize(
    ("d", "folds"), [(1, [3]), (1, [2, 2]), (2, [3]), (2, [2, 3]), (3, [2]), (3, [2, 2]), (4, [2])]
)
def test_folds_of_the_unit_cube(d: int, folds: list[int], boundary: str) -> None:
    """K - 1 hyperplanes in each coordinate, where K = p_1 ... p_L; k of them meet in a unit (d - k)-cube."""
    cx = subdivided(montufar_folds(d, folds).network, Box.cube(d, 0, 1))
    for k in range(1, d + 1):
        found = boundary_volume(cx, k, boundary)
        assert found.total == pytest.approx(comb(d, k) * (prod(folds) - 1) ** k, **EXACT)
        assert found.dimension == d - k
        assert found.density == pytest.approx(found.total, **EXACT)


@pytest.mark.parametrize("boundary", BOUNDARIES)
@pytest.mark.parametrize("d", [1, 2, 3])
def test_folds_on_a_larger_cube(d: int, boundary: str) -> None:
    """Two folds with p = 2 bend at 0, 1/4, 1/2, 3/4 and 1.

    The first layer's units at 0 and at 1/2; the second layer's at 0 and 1, where the fold is 0, and at 1/4
    and 3/4, where it is 1/2. At 0 two units bend.
    """
    cx = subdivided(montufar_folds(d, [2, 2]).network, Box.cube(d, -1, 2))
    for k in range(1, d + 1):
        found = boundary_volume(cx, k, boundary)
        assert found.total == pytest.approx(comb(d, k) * 5**k * 3 ** (d - k), **EXACT)
        # One hyperplane of the unit's coordinate, and k - 1 of others. But the first unit is not heard at 0
        # if the one after it is off on one side.
        others = comb(d - 1, k - 1) * 5 ** (k - 1) * 3 ** (d - k)
        assert found.per_unit == pytest.approx(
            [(0 if boundary == "good" else 1) * others, others] * d + [2 * others, 2 * others] * d, **EXACT
        )


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_units_of_one_fold(boundary: str) -> None:
    """The first unit of each coordinate bends at a side of [0, 1]^2, which is not inside."""
    cx = subdivided(montufar_folds(2, [3]).network, Box.cube(2, 0, 1))
    assert boundary_volume(cx, 1, boundary).per_unit == pytest.approx([0, 1, 1, 0, 1, 1], **EXACT)
    assert boundary_volume(cx, 2, boundary).per_unit == pytest.approx([0, 2, 2, 0, 2, 2], **EXACT)


def test_tents() -> None:
    """|2 x - 1| twice in each coordinate: bends at 1/4, 1/2, 3/4 of [0, 1]^3."""
    construction = maxout_tents(3, 2)
    cx = subdivided(construction.network, construction.box)
    for k in range(1, 4):
        assert totals(cx, k) == pytest.approx([comb(3, k) * 3**k] * 3, **EXACT)


def test_cones() -> None:
    """One maxout unit a cone: two rays through the origin, a line in the square of half width 1."""
    net = Network([maxout([[[1, 0], [0, 1], [0, 0]]], [[0, 0, 0]])])
    cx = subdivided(net, SQUARE)
    # max(x, y, 0) bends on x = y > 0, on x = 0 > y and on y = 0 > x; the three meet in 0.
    for boundary in BOUNDARIES:
        found = boundary_volume(cx, 1, boundary)
        assert found.total == pytest.approx(2 + sqrt(2), **EXACT)
        assert found.per_unit == pytest.approx([2 + sqrt(2)], **EXACT)
        assert boundary_volume(cx, 2, boundary).total == 1
    space = subdivided(Network([maxout([np.eye(4, 3)], [[0] * 4])]), Box.cube(3, -1, 1))
    # max(x, y, z, 0) bends on x = 0 > y, z, area 1, and on x = y > 0, z, area sqrt 2 times the integral of
    # 1 + x; and so on. Edges: x = y = 0 > z, and so on, and x = y = z > 0.
    assert totals(space, 1) == pytest.approx([3 + 3 * sqrt(2) * 1.5] * 3, **EXACT)
    assert totals(space, 2) == pytest.approx([sqrt(3) + 3] * 3, **EXACT)
    assert totals(space, 3) == [1, 1, 1]


def test_maxout_cones_by_length() -> None:
    construction = maxout_cones(2, 3, 1)
    cx = subdivided(construction.network, construction.box)
    assert boundary_volume(cx).total == pytest.approx(half_of_perimeters(cx), rel=1e-12)


# --------------------------------------------------------------------------------------------------------
# What is no boundary, or one of several units
# --------------------------------------------------------------------------------------------------------


def test_copies_get_the_boundary_each_and_it_counts_once() -> None:
    net = Network.from_arrays([([[1, 0], [-1, 0], [3, 0], [0, 1]], [0, 0, 0, 0]), ([[1, 1, 1, 1]], [0])])
    cx = subdivided(net, Box([-1, -1], [1, 2]))
    for boundary in BOUNDARIES:
        lines = boundary_volume(cx, 1, boundary)
        assert (lines.total, lines.per_unit.tolist(), lines.per_layer.tolist()) == (5, [3, 3, 3, 2], [5])
        points = boundary_volume(cx, 2, boundary)
        assert (points.total, points.per_unit.tolist(), points.per_layer.tolist()) == (1, [1] * 4, [1])


def test_units_that_cancel() -> None:
    """relu(x) - relu(-x) = x: both units are heard, and the map does not change. |y| does."""
    net = Network.from_arrays([([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4), ([[1, -1, 1, 1]], [0])])
    cx = subdivided(net, SQUARE)
    assert totals(cx, 1) == [4, 4, 2]
    assert totals(cx, 2) == [1, 1, 0]  # y = 0 goes straight through x = 0
    assert boundary_volume(cx, 1, "linear").per_unit.tolist() == [0, 0, 2, 2]


def test_a_unit_that_touches_is_no_boundary() -> None:
    """relu(|x| + |y|) touches zero in one point, relu(|x|) on a line."""
    first = relu([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4)
    net = Network([first, relu([[1, 1, 1, 1], [1, 1, 0, 0]], [0, 0]), linear([[1, 1]], [0])])
    for boundary in BOUNDARIES:
        found = boundary_volume(subdivided(net, SQUARE), 1, boundary)
        assert (found.total, found.per_unit.tolist(), found.per_layer.tolist()) == (
            4,
            [2] * 4 + [0, 0],
            [4, 0],
        )


def test_the_output_hears_only_through_active_units() -> None:
    """f = relu(y + relu(x)): the line x = 0 ends where the second layer's unit turns off.

    That one's boundary is y = 0 for x < 0 and y = -x for x > 0, and in 0 a T-junction.
    """
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 2]), ([[1, 1]], [-2]), ([[1]], [0])])
    cx = subdivided(net, SQUARE)
    w = 1 + sqrt(2)
    assert totals(cx, 1) == pytest.approx([2 + w, 1 + w, 1 + w], **EXACT)
    assert totals(cx, 2) == [1, 1, 1]
    assert boundary_volume(cx).per_unit == pytest.approx([2, 0, w], **EXACT)
    assert boundary_volume(cx).per_layer == pytest.approx([2, w], **EXACT)
    assert boundary_volume(cx, 1, "good").per_unit == pytest.approx([1, 0, w], **EXACT)
    assert boundary_volume(cx, 2, "good").per_unit.tolist() == [1, 0, 1]
    mute = subdivided(Network([*net.layers[:-1], linear([[0]], [1])]), SQUARE)
    assert totals(mute, 1) == pytest.approx([2 + w, 0, 0], **EXACT)
    assert totals(mute, 2) == [1, 0, 0]
    assert boundary_volume(mute, 1, "good").per_unit.tolist() == [0, 0, 0]


def test_dead_units_downstream() -> None:
    """relu(x) goes into a unit that is never on, relu(y) into one that always is."""
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 0], [0, 1]], [-9, 9]), ([[1, 1]], [0])])
    cx = subdivided(net, Box([-1, -2], [1, 2]))
    assert totals(cx, 1) == [6, 2, 2]
    assert totals(cx, 2) == [1, 0, 0]


def test_a_maxout_unit_hears_its_largest_piece() -> None:
    """max(relu(x), y): x = 0 is heard for y < 0."""
    net = Network([relu([[1, 0], [0, 1]], [0, 2]), maxout([[[1, 0], [0, 1]]], [[0, -2]]), linear([[1]], [0])])
    cx = subdivided(net, SQUARE)
    w = 1 + sqrt(2)  # y = relu(x)
    assert totals(cx, 1) == pytest.approx([2 + w, 1 + w, 1 + w], **EXACT)
    assert boundary_volume(cx, 1, "good").per_unit == pytest.approx([1, 0, w], **EXACT)


@pytest.mark.parametrize(
    ("second", "heard"),
    [
        (relu([[1, 0], [1, 0]], [0, 1]), [1, 0, 1, 0]),  # the second unit is on: a path around the first
        (relu([[1, 0]], [0]), [0, 0, 1]),  # off on one side
        (leaky_relu([[1, 1]], [0], 0.5), [1, 1, 0]),  # touches
        (leaky_relu([[1, -1]], [0], 0.5), [1, 1, 1]),  # bends, and is active on both sides
        (hard_tanh([[1, -1]], [1]), [0, 0, 1]),  # flat from x = 0 on
        (maxout([[[1, 0], [0, 1]]], [[0, 0]]), [0, 0, 1]),  # each is in one piece
        (maxout([[[2, 1], [1, 2]]], [[0, 0]]), [1, 1, 1]),  # each is in both
        (maxout([[[2, 1], [1, 0]]], [[0, 0]]), [1, 1, 0]),  # the first piece is the largest everywhere
    ],
)
def test_paths_through_units_that_bend_at_the_same_place(second: Layer, heard: list[int]) -> None:
    """The first layer is relu(x), relu(-x); all bend at 0, if they do."""
    net = Network([relu([[1], [-1]], [0, 0]), second, linear([[1.0] * second.n_outputs], [0])])
    found = boundary_volume(subdivided(net, Box([-1], [1])), 1, "good")
    assert (found.total, found.per_unit.tolist()) == (1, heard)


def test_paths_go_through_linear_layers() -> None:
    """Unit 0 is lost in the linear layer, unit 1 reaches the outputs through both nodes, which cancel."""
    net = Network(
        [
            relu([[1, 0], [0, 1]], [0, 0]),
            linear([[0, 1], [0, 1]], [0, 0]),
            linear([[1, -1]], [0]),
        ]
    )
    cx = subdivided(net, SQUARE)
    assert totals(cx, 1) == [4, 2, 0]
    assert boundary_volume(cx, 1, "good").per_unit.tolist() == [0, 2]


def test_without_a_boundary() -> None:
    for net in (Network([linear([[1, 2]], [0])]), Network.from_arrays([([[1, 0]], [9]), ([[1]], [0])])):
        for boundary in BOUNDARIES:
            for k in (1, 2):
                found = boundary_volume(subdivided(net, SQUARE), k, boundary)
                assert (found.total, found.density, found.faces.size) == (0, 0, 0)
                assert found.per_unit.shape == (net.n_units,)
                assert found.per_layer.shape == (len(net.widths),)
                assert found.per_unit.dtype == found.per_layer.dtype == np.float64


# --------------------------------------------------------------------------------------------------------
# Other geometry
# --------------------------------------------------------------------------------------------------------


def clipped(points: NDArray[np.float64], direction: NDArray[np.float64], box: Box) -> float:
    """Length of a line within a box."""
    with np.errstate(divide="ignore"):
        t = (np.stack([box.lower, box.upper]) - points) / direction
    low, high = t.min(axis=0).max(), t.max(axis=0).min()
    return max(0.0, float((high - low) * np.linalg.norm(direction)))


BOXES = [SQUARE, Box([-3, -0.01], [0.5, 0.02]), Box([-1e-6, -1e6], [2e-6, 1e6])]


@pytest.mark.parametrize("box", BOXES, ids=str)
@pytest.mark.parametrize("seed", range(3))
def test_lines_of_one_layer(seed: int, box: Box) -> None:
    rng = np.random.default_rng(seed)
    # Lines through points of the box.
    weight = rng.normal(size=(12, 2)) / (box.upper - box.lower)
    net = Network.from_arrays(
        [(weight, -(weight * rng.uniform(box.lower, box.upper, (12, 2))).sum(axis=1)), ([[1.0] * 12], [0])]
    )
    W, b = net.layers[0].weight, net.layers[0].bias
    expected = [clipped(-c * w / (w @ w), np.array([-w[1], w[0]]), box) for w, c in zip(W, b, strict=True)]
    for boundary in BOUNDARIES:
        found = boundary_volume(subdivided(net, box), 1, boundary)
        assert found.per_unit == pytest.approx(expected, rel=1e-9)
        assert found.total == pytest.approx(sum(expected), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_edges_of_planes_of_one_layer(seed: int) -> None:
    box = Box([-1, -2, 0], [1, 0.5, 0.25])
    net = random_network(3, [8], seed)
    W, b = net.layers[0].weight, net.layers[0].bias
    per_unit, total = np.zeros(8), 0.0
    for i, j in combinations(range(8), 2):
        direction = np.cross(W[i], W[j])
        on_both = np.linalg.lstsq(W[[i, j]], -b[[i, j]], rcond=None)[0]
        length = clipped(on_both, direction, box)
        per_unit[[i, j]] += length
        total += length
    cx = subdivided(net, box)
    found = boundary_volume(cx, 2)
    assert found.total == pytest.approx(total, rel=1e-9)
    assert found.per_unit == pytest.approx(per_unit, rel=1e-9)
    corners = sum(
        bool(box.contains(np.linalg.solve(W[list(c)], -b[list(c)]))[0]) for c in combinations(range(8), 3)
    )
    assert boundary_volume(cx, 3).total == corners


def half_of_perimeters(cx: RegionComplex) -> float:
    """Each inner edge bounds two polygons, each outer one the box."""
    sides = cx.box.upper - cx.box.lower
    return float(sum(p.length for p in cx.polygons()) - 2 * sides.sum()) / 2


def half_of_surfaces(cx: RegionComplex) -> float:
    """The same in other dimensions, by Qhull."""
    sides = cx.box.upper - cx.box.lower
    outside = 2 * sum(np.delete(sides, j).prod() for j in range(cx.box.dim))
    return float(sum(ConvexHull(region.vertices).area for region in cx) - outside) / 2


DEEP = [
    random_network(2, [8, 8, 8], 0),
    random_network(2, [12, 6], 1, outputs=3),
    Network(
        [
            maxout(np.random.default_rng(2).normal(size=(4, 3, 2)), np.zeros((4, 3)) + 0.1),
            linear([[1] * 4], [0]),
        ]
    ),
    Network(
        [
            hard_tanh(np.random.default_rng(3).normal(size=(5, 2)), [0.1] * 5),
            leaky_relu(np.random.default_rng(4).normal(size=(5, 5)), [0.2] * 5, -0.3),
        ]
    ),
]


@pytest.mark.parametrize("net", DEEP, ids=repr)
@pytest.mark.parametrize("box", [SQUARE, Box([-0.5, -4], [3, 0.25])], ids=str)
def test_deep_networks_in_the_plane(net: Network, box: Box) -> None:
    cx = subdivided(net, box)
    found = boundary_volume(cx)
    assert found.total == pytest.approx(half_of_perimeters(cx), rel=1e-10)
    assert found.density == pytest.approx(found.total / np.prod(box.upper - box.lower), rel=1e-12)
    assert found.per_unit.sum() == pytest.approx(found.total, rel=1e-12)  # in general position
    assert found.per_layer.sum() == pytest.approx(found.total, rel=1e-12)


@pytest.mark.parametrize(("d", "widths"), [(3, [5, 4]), (3, [3, 3, 3]), (4, [4, 3])], ids=str)
def test_deep_networks_in_space(d: int, widths: list[int]) -> None:
    cx = subdivided(random_network(d, widths, 5), Box([-1, -0.5, -2, -1][:d], [1, 1.5, 0.25, 1][:d]))
    assert boundary_volume(cx).total == pytest.approx(half_of_surfaces(cx), rel=1e-9)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_every_face_is_in_its_stratum_of_the_activation_boundary(d: int) -> None:
    """In general position also: k units bend on it."""
    cx = subdivided(random_network(d, [5, 4], 7), Box.cube(d, -1, 1))
    for k in range(1, d + 1):
        found = boundary_volume(cx, k)
        own = cx.faces.of_dimension(d - k)
        assert found.faces.tolist() == own[cx.faces.inside[own]].tolist()
        assert len(found.volumes) == cx.f_vector[d - k]
        assert found.per_unit.sum() == pytest.approx(k * found.total, rel=1e-12)
        assert found.per_unit == pytest.approx(
            [found.volumes[row].sum() for row in cx.faces.bent_units(d - k)[cx.faces.inside[own]].T],
            rel=1e-12,
        )
    assert found.total == cx.f_vector[0] > 0


@pytest.mark.parametrize(
    "case", [c for c in ZOO if c.regions <= 400 and c.box.dim <= 4][::3], ids=lambda c: c.name
)
def test_the_zoo(case: Case) -> None:
    """Every face also where boundaries coincide or meet in few points; and what contains what."""
    cx = subdivided(case.network, case.box)
    for k in range(1, case.dim + 1):
        every, good, true = (boundary_volume(cx, k, boundary) for boundary in BOUNDARIES)
        assert len(every.faces) == cx.f_vector[case.dim - k]
        assert set(true.faces) <= set(good.faces) <= set(every.faces)
        assert (good.per_unit <= every.per_unit).all()


def test_cutting_the_box_cuts_the_boundary() -> None:
    net = random_network(3, [6, 5], 11)
    box, cut = Box.cube(3, -1, 1), 0.15
    parts = Box([-1, -1, -1], [1, cut, 1]), Box([-1, cut, -1], [1, 1, 1])
    for boundary in BOUNDARIES:
        for k in (1, 2, 3):
            whole, *both = (
                boundary_volume(subdivided(net, part), k, boundary).per_unit for part in (box, *parts)
            )
            assert sum(both) == pytest.approx(whole, rel=1e-9)


# --------------------------------------------------------------------------------------------------------
# Numbers in float64
# --------------------------------------------------------------------------------------------------------


def test_far_from_the_origin() -> None:
    """3 x = y in a square of side 2^-10 at (2^20, 2^20): from its corner to a third of its upper side."""
    low, side = 2.0**20, 2.0**-10
    net = Network.from_arrays([([[3, -1]], [-2 * low]), ([[1]], [0])])
    found = boundary_volume(subdivided(net, Box.cube(2, low, low + side)))
    assert found.total == pytest.approx(side * hypot(1 / 3, 1), rel=1e-14)
    thin = Network.from_arrays([([[1, -side]], [-low]), ([[1]], [0])])
    found = boundary_volume(subdivided(thin, Box([low, 0], [low + side, 1])))
    assert found.total == pytest.approx(sqrt(1 + side**2), rel=1e-15)


@pytest.mark.parametrize("exponent", [-300, -100, 300])
def test_tiny_and_huge(exponent: int) -> None:
    """Lengths in a square of side 2 * 2^e; squares of these would leave the range of float64."""
    half = 2.0**exponent
    net = Network.from_arrays([([[1, -1]], [0]), ([[1]], [0])])
    found = boundary_volume(subdivided(net, Box.cube(2, -half, half)))
    assert found.total == pytest.approx(2 * sqrt(2) * half, rel=1e-15)


@pytest.mark.parametrize(
    "case", [c for c in ZOO if c.regions <= 200 and c.box.dim <= 3][::4], ids=lambda c: c.name
)
def test_places_from_the_middle_and_measures(case: Case) -> None:
    cx = subdivided(case.network, case.box)
    faces, d = cx.faces, case.dim
    half = (case.box.upper - case.box.lower) / 2
    middle = [(Fraction(a) + Fraction(b)) / 2 for a, b in zip(case.box.lower, case.box.upper, strict=True)]
    for vertex, offset in zip(faces.of_dimension(0).tolist(), faces.from_middle, strict=True):
        exact = [float(v - m) for v, m in zip(faces.exact_point(vertex), middle, strict=True)]
        assert (np.abs(offset - exact) <= 2.0**-20 * half).all()
    assert faces.measures(0).tolist() == [1.0] * len(faces.of_dimension(0))
    assert faces.measures(d).sum() == pytest.approx(case.box.volume, rel=1e-9)
    for edge, length in zip(faces.of_dimension(1).tolist(), faces.measures(1), strict=True):
        a, b = (faces.exact_point(v) for v in faces.corners(edge).tolist())
        scale = float(half.max())
        assert length == pytest.approx(dist(map(float, a), map(float, b)), rel=1e-9, abs=1e-12 * scale)


def test_a_vertex_that_float64_cannot_place() -> None:
    """Two lines through nearly the same points, at an angle of 2^-45: where they meet is computed exactly."""
    weight = np.array([[0.3, -0.7], [0.3, -0.7 * (1 + 2.0**-45)]])
    net = Network.from_arrays([(weight, -weight @ [2.1, 2.3]), ([[1, 1]], [0])])
    cx = subdivided(net, Box([1, 1], [3, 3.5]))
    rows = [[Fraction(v) for v in row] for row in np.c_[weight, net.layers[0].bias].tolist()]
    (a, b, c), (d, e, f) = rows
    determinant = a * e - b * d
    meet = ((b * f - c * e) / determinant, (c * d - a * f) / determinant)
    (vertex,) = (v for v in cx.faces.of_dimension(0).tolist() if cx.faces.inside[v])
    expected = [float(meet[0] - 2), float(meet[1] - Fraction(9, 4))]
    assert cx.faces.from_middle[cx.faces.places[vertex]].tolist() == expected
    # Each line from side to side of the box; they go on where they meet.
    lengths = [clipped(np.array([2.1, 2.3]), np.array([-w[1], w[0]]), cx.box) for w in weight]
    assert boundary_volume(cx).per_unit == pytest.approx(lengths, rel=1e-12)


@pytest.mark.parametrize("together", [1, 40, 41])
def test_walls_are_compared_in_parts(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another number of states at once, the same result."""
    cx = subdivided(random_network(2, [6, 3, 2], 3), SQUARE)
    expected = {boundary: boundary_volume(cx, 2, boundary) for boundary in BOUNDARIES}
    assert expected["good"].total < expected["activation"].total
    monkeypatch.setattr("polyregions.statistics.boundary_volumes.TOGETHER", together)
    for boundary, whole in expected.items():
        found = boundary_volume(cx, 2, boundary)
        assert found.faces.tolist() == whole.faces.tolist()
        assert found.per_unit.tolist() == whole.per_unit.tolist()


# --------------------------------------------------------------------------------------------------------
# The definition, in fractions
# --------------------------------------------------------------------------------------------------------

Face = frozenset[Point]


def rank(rows: Iterable[Sequence[Fraction]]) -> int:
    rows = [list(row) for row in rows]
    found = 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((r for r in range(found, len(rows)) if rows[r][column]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for r in range(found + 1, len(rows)):
            factor = rows[r][column] / rows[found][column]
            rows[r] = [a - factor * b for a, b in zip(rows[r], rows[found], strict=True)]
        found += 1
    return found


def span(points: Iterable[Point]) -> int:
    """Dimension of the flat through some points."""
    first, *rest = points
    return rank([[a - b for a, b in zip(p, first, strict=True)] for p in rest])


def ring(points: Face) -> list[Point]:
    """The corners of a polygon in the plane or in space, going round."""
    points = sorted(points)
    axes = next(
        pair
        for pair in combinations(range(len(points[0])), 2)
        if span([tuple(p[j] for j in pair) for p in points]) == 2
    )
    x, y = axes
    half: list[list[Point]] = []
    for order in (points, points[::-1]):
        chain: list[Point] = []
        for p in order:
            while len(chain) > 1 and (chain[-1][x] - chain[-2][x]) * (p[y] - chain[-2][y]) <= (
                chain[-1][y] - chain[-2][y]
            ) * (p[x] - chain[-2][x]):
                chain.pop()
            chain.append(p)
        half.append(chain[:-1])
    return half[0] + half[1]


def root(value: Fraction) -> float:
    """A square root that keeps tiny numbers."""
    if value == 0:
        return 0.0
    shift = (value.denominator.bit_length() - value.numerator.bit_length()) // 2
    return sqrt(value * Fraction(4) ** shift) * 2.0**-shift


def measure(face: Face) -> float:
    """Volume of a face of dimension 0, 1, 2."""
    dimension = span(face)
    if dimension == 0:
        return 1.0
    if dimension == 1:
        a, b = face
        return root(sum((u - v) ** 2 for u, v in zip(a, b, strict=True)))
    corners = ring(face)
    # Twice the area is the length of the vector of the areas of the projections.
    square = Fraction(0)
    for i, j in combinations(range(len(corners[0])), 2):
        pairs = zip(corners, corners[1:] + corners[:1], strict=True)
        square += sum(p[i] * q[j] - q[i] * p[j] for p, q in pairs) ** 2
    return root(square) / 2


def angle(face: Face, corner: Point) -> float:
    """Angle of a polygon at a corner."""
    corners = ring(face)
    at = corners.index(corner)
    u, v = (
        [a - b for a, b in zip(corners[(at + step) % len(corners)], corner, strict=True)] for step in (1, -1)
    )
    product, squares = sum(a * b for a, b in zip(u, v, strict=True)), [sum(a * a for a in w) for w in (u, v)]
    cosine = float(product) / (root(squares[0]) * root(squares[1]))
    return acos(max(-1.0, min(1.0, cosine)))


class Slow:
    """Strata by their definition, d <= 3; faces are sets of corners of regions."""

    def __init__(self, cx: RegionComplex) -> None:
        self.cx, self.d = cx, cx.box.dim
        self.cells = [frozenset(region.exact_vertices) for region in cx]
        faces = {face for region in cx for face in faces_of_region(region)}
        self.faces = sorted(
            (f for f in faces if not in_a_side(sorted(f), cx)), key=lambda f: (-span(f), sorted(f))
        )
        self.walls = {self.cells[i] & self.cells[j]: (i, j) for i, j in cx.adjacencies.tolist()}

    def good(self, i: int, j: int) -> set[int]:
        """Units that bend between two regions and are heard, by walking all paths."""
        layers, states = self.cx.network.layers, self.cx.states[[i, j]].tolist()
        first = np.cumsum([0] + [sum(u.has_state for u in outputs_of(la)) for la in layers]).tolist()

        def weight(n: int, node: int, source: int) -> bool:
            """Whether a node of layer n passes on, on both sides, what it gets from a source."""
            outputs = outputs_of(layers[n])
            output, column = outputs[node], sum(u.has_state for u in outputs[:node])
            own = [s[first[n] + column] if output.has_state else 0 for s in states]
            if len(output.rows) > 1:
                return all(layers[n].weight[output.rows[s], source] != 0 for s in own)
            return bool(layers[n].weight[output.rows[0], source] != 0) and all(
                output.slopes[s] != 0 for s in own
            )

        def heard(n: int, node: int) -> bool:
            if n == len(layers) - 1:
                return True
            return any(weight(n + 1, m, node) and heard(n + 1, m) for m in range(layers[n + 1].n_outputs))

        return {
            first[n] + u
            for n, layer in enumerate(layers)
            for u, node in enumerate(k for k, out in enumerate(outputs_of(layer)) if out.has_state)
            if states[0][first[n] + u] != states[1][first[n] + u] and heard(n, node)
        }

    def boundary(self, name: str) -> set[Face]:
        if name == "good":
            return {wall for wall, (i, j) in self.walls.items() if self.good(i, j)}
        maps = maps_of(self.cx)
        return {wall for wall, (i, j) in self.walls.items() if name == "activation" or maps[i] != maps[j]}

    def strata(self, walls: set[Face]) -> dict[Face, int]:
        """The stratum of each face; 0 outside the boundary."""
        number: dict[Face, int] = {}
        for face in self.faces:
            codimension = self.d - span(face)
            if codimension == 0 or not any(face <= wall for wall in walls):
                number[face] = 0
                continue
            around = [g for g in number if face < g]
            number[face] = next(
                (
                    j
                    for j in range(1, codimension)
                    if self.is_flat([g for g in around if number[g] >= j], face, self.d - j)
                ),
                codimension,
            )
        return number

    def is_flat(self, around: list[Face], face: Face, dimension: int) -> bool:
        """Whether faces around a face fill a flat of some dimension, near that face."""
        if not around or span(frozenset().union(*around)) != dimension:
            return False
        thick = [g for g in around if span(g) == dimension]
        if dimension == span(face) + 1:
            return len(thick) == 2  # half-flats
        assert (dimension, span(face)) == (2, 0)
        (corner,) = face
        return abs(sum(angle(g, corner) for g in thick) - 2 * pi) < 1e-6

    def units(self, face: Face, name: str) -> set[int]:
        """The units that bend on a face; for "good" on a wall around it where they are heard."""
        if name == "good":
            return set().union(*(self.good(i, j) for wall, (i, j) in self.walls.items() if face <= wall))
        states = self.cx.states[[i for i, cell in enumerate(self.cells) if face <= cell]]
        return set(np.flatnonzero((states != states[0]).any(axis=0)).tolist())


def assert_as_defined(network: Network, box: Box) -> None:
    cx = subdivided(network, box)
    slow, d = Slow(cx), box.dim
    side, reach = float((box.upper - box.lower).max()), float(cx.faces.reach.max())
    for name in BOUNDARIES:
        number = slow.strata(slow.boundary(name))
        for k in range(1, d + 1):
            own = [face for face, j in number.items() if j == k and span(face) == d - k]
            per_unit, per_layer = np.zeros(network.n_units), np.zeros(len(network.widths))
            for face in own:
                units = sorted(slow.units(face, name))
                per_unit[units] += measure(face)
                per_layer[sorted({int(network.unit_layers[u]) for u in units})] += measure(face)
            found = boundary_volume(cx, k, name)
            # A face of dimension 1 or 2 changes by at most so much if its corners are off by the reach.
            off = 4 * len(own) * sqrt(d) * reach * (sqrt(d) * side) ** (d - k - 1) if k < d else 0.0
            close = {"rel": 1e-9, "abs": off}
            assert len(found.faces) == len(own), (name, k)
            assert found.total == pytest.approx(sum(map(measure, own)), **close)
            assert found.per_unit == pytest.approx(per_unit, **close)
            assert found.per_layer == pytest.approx(per_layer, **close)


@settings(max_examples=examples(120))
@given(cases(dims=(1, 2), max_units=7))
def test_degenerate_networks_in_the_plane(case: tuple[Network, Box]) -> None:
    assert_as_defined(*case)


@settings(max_examples=examples(60))
@given(cases(dims=(3,), max_units=5))
def test_degenerate_networks_in_space(case: tuple[Network, Box]) -> None:
    assert_as_defined(*case)


whole = st.sampled_from((0.0, 1.0, -1.0))


@settings(max_examples=examples(60))
@given(st.data(), st.sampled_from([(2, 4, 3), (2, 3, 2), (3, 3, 2)]))
def test_networks_with_many_zero_weights(data: st.DataObject, shape: tuple[int, int, int]) -> None:
    """Units that nobody hears, or that cancel: here the three boundaries differ."""
    arrays, n = [], shape[0]
    for width in (*shape[1:], 1):
        rows = data.draw(
            st.lists(st.lists(whole, min_size=n + 1, max_size=n + 1), min_size=width, max_size=width)
        )
        arrays.append((np.array(rows)[:, :-1], np.array(rows)[:, -1] / 2))
        n = width
    assert_as_defined(Network.from_arrays(arrays), Box.cube(shape[0], -1, 1.5))


# --------------------------------------------------------------------------------------------------------
# Strata of any union of walls
# --------------------------------------------------------------------------------------------------------


def walls_of(cx: RegionComplex) -> NDArray[np.int64]:
    own = cx.faces.of_dimension(cx.box.dim - 1)
    return own[cx.faces.inside[own]]


def stratum_of(cx: RegionComplex, walls: Iterable[int], k: int) -> int:
    none: NDArray[np.int64] = np.empty(0, dtype=np.int64)
    return len(_stratum(cx.faces, np.array(sorted(walls), dtype=np.int64), none, k))


def test_ends_bends_and_straight_lines() -> None:
    """Some of the four walls of a cross: its centre is a corner unless two opposite ones were chosen."""
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    cx = subdivided(net, SQUARE)
    walls = walls_of(cx).tolist()
    middle = {w: cx.faces.from_middle[cx.faces.places[cx.faces.corners(w)]].sum(axis=0) for w in walls}
    for size in range(5):
        for some in combinations(walls, size):
            straight = size == 2 and not (middle[some[0]] + middle[some[1]]).any()
            assert stratum_of(cx, some, 2) == (0 if straight or not some else 1)


@pytest.mark.parametrize(
    ("row", "cut"), [((1, 0, 0), (0, 1, 0)), ((0.3, -0.7, 0.1), (0.11, 0.9, -0.05))], ids=["whole", "rounded"]
)
def test_a_line_that_other_hyperplanes_go_on_with(
    row: tuple[float, float, float], cut: tuple[float, float, float]
) -> None:
    """Two equal units of the second layer, which cancel or do not; a unit of the first cuts their line.

    They do not hear it, so the line is straight, but its parts are made by the forms of different cells. If
    they do hear it, the line bends.
    """
    first = relu([row[:2], cut[:2]], [row[2] + 8, cut[2]])
    for hears, corners in ((0, 0), (1, 1)):
        for other in (1, -1):
            net = Network([first, relu([[1, hears]] * 2, [-8, -8]), linear([[1, other]], [0])])
            cx = subdivided(net, SQUARE)
            own = cx.faces.of_dimension(1)[cx.faces.bent_units(1)[:, 2]]
            assert len(own) == len(set(cx.faces.cells.planes[own, 0].tolist())) == 2
            assert totals(cx, 2) == [1, corners, corners if other == 1 else 0]
            assert stratum_of(cx, own, 2) == corners


def test_a_boundary_that_bends_where_nothing_else_meets_it() -> None:
    """The unit min(1 + relu(min(x, y)), 1) is heard, and bends on the sides of a quadrant.

    What bends elsewhere is not heard: where min(x, y) < 0 it is cut off, and where it is positive, the last
    unit is flat. So the output does not even change.
    """
    net = Network(
        [
            relu([[1, -1], [1, 0]], [0, 2]),
            relu([[-1, 1]], [-2]),  # relu(x - relu(x - y))
            hard_tanh([[1]], [1]),
            linear([[1]], [0]),
        ]
    )
    cx = subdivided(net, SQUARE)
    assert totals(cx, 1) == pytest.approx([2 + 2 * sqrt(2), 2, 0], **EXACT)
    assert totals(cx, 2) == [1, 1, 0]
    assert boundary_volume(cx, 1, "good").per_unit.tolist() == [0, 0, 0, 2]


def test_all_but_some_of_four_coordinate_hyperplanes() -> None:
    """In [-1, 1]^4, m hyperplanes: C(m, k) flats of size 2^(4 - k), whatever else cuts them up."""
    net = Network.from_arrays([(np.eye(4), np.zeros(4)), ([[1] * 4], [0])])
    for m in range(5):
        silent = Network([net.layers[0], linear([[1.0] * m + [0.0] * (4 - m)], [0])])
        cx = subdivided(silent, Box.cube(4, -1, 1))
        for k in range(1, 5):
            expected = comb(m, k) * 2.0 ** (4 - k)
            assert totals(cx, k) == pytest.approx([comb(4, k) * 2.0 ** (4 - k), expected, expected], **EXACT)


@pytest.mark.parametrize("d", [2, 3])
def test_any_walls(d: int) -> None:
    """The definition does not ask where the walls come from."""
    rng = np.random.default_rng(d)
    arrays = [([*np.eye(d), [1.0] * d], [0.0] * (d + 1)), ([[1.0] * (d + 1)], [0])]
    cx = subdivided(Network.from_arrays(arrays), Box.cube(d, -1, 1))
    slow, faces = Slow(cx), cx.faces
    by_corners = {
        frozenset(tuple(faces.exact_point(v)) for v in faces.corners(w).tolist()): w
        for w in walls_of(cx).tolist()
    }
    assert set(by_corners) == set(slow.walls)
    straight = {"flat": 0}
    for trial in range(20):
        share = (0.2, 0.5, 0.8)[trial % 3]
        chosen = {wall for wall in by_corners if rng.random() < share}
        if trial % 4 == 0:  # some whole hyperplanes and some walls
            axis = int(rng.integers(d))
            chosen = {wall for wall in by_corners if all(p[axis] == 0 for p in wall)} | set(list(chosen)[:2])
        number = slow.strata(chosen)
        for k in range(1, d + 1):
            expected = sum(j == k and span(face) == d - k for face, j in number.items())
            assert stratum_of(cx, [by_corners[wall] for wall in chosen], k) == expected
        straight["flat"] += sum(0 < j < d - span(face) for face, j in number.items())
    assert straight["flat"] > 0


# --------------------------------------------------------------------------------------------------------
# What is refused
# --------------------------------------------------------------------------------------------------------


def test_wrong_questions() -> None:
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    cx = subdivided(net, SQUARE)
    for k in (0, 3, -1, 1.0, "1", None):
        with pytest.raises(InvalidInputError, match="from 1 to d = 2"):
            boundary_volume(cx, k)
    with pytest.raises(InvalidInputError, match="known: activation, good, linear"):
        boundary_volume(cx, 1, "Linear")
    with pytest.raises(InvalidInputError, match="engine='subdivide'"):
        boundary_volume(enumerate_regions(net, SQUARE, engine="traverse"))
    with pytest.raises(InvalidInputError, match=r"partial \(limit\)"):
        boundary_volume(enumerate_regions(net, SQUARE, engine="traverse", limit=2))


def test_the_result_is_frozen() -> None:
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    found = boundary_volume(subdivided(net, SQUARE), np.int64(2))
    assert repr(found) == "BoundaryVolume(activation, k=2: 1 of dimension 0, 1 faces)"
    assert type(found.k) is int
    for array in (found.per_unit, found.per_layer, found.faces, found.volumes):
        with pytest.raises(ValueError, match="read-only"):
            array[:] = 0


def test_beyond_the_range_of_float64() -> None:
    """The axes of the plane: 4 h long in [-h, h]^2, whose area may vanish or overflow."""
    cross = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
    for half, total, density in ((1e308, np.inf, np.nan), (1e-200, 4e-200, np.inf), (1e200, 4e200, 0.0)):
        volume = boundary_volume(enumerate_regions(cross, Box.cube(2, -half, half), engine="subdivide"))
        assert volume.total == pytest.approx(total, rel=1e-14)
        assert volume.density == pytest.approx(density, nan_ok=True)
