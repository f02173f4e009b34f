"""Distances to the boundaries: by fractions over rows, by the geometry of all regions, in closed form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import combinations
from math import isqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support import reference
from support.profiles import examples
from support.strategies import cases
from support.zoo import ZOO, Case, by_name

from polyregions import Box, Network, enumerate_regions
from polyregions.complex.region_complex import RegionComplex
from polyregions.errors import InvalidInputError
from polyregions.network.layers import (
    absolute,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    piecewise,
    relu,
)
from polyregions.statistics import distances as module
from polyregions.statistics.distances import Distances, distance_to_boundary
from polyregions.theory.constructions import absolute_value_fold, montufar_folds

Vector = NDArray[np.float64]
Point = list[Fraction]
Row = tuple[int, list[Fraction]]  # unit, form in (x, 1)


def dot(a: Iterable[Fraction], b: Iterable[Fraction]) -> Fraction:
    return sum((v * w for v, w in zip(a, b, strict=True)), Fraction(0))


# -------------------------------------------------------------------- the definition, over all rows of a cell


def rows_of(net: Network, pattern: list[int]) -> Iterator[Row]:
    pre, _ = reference.forms(net.layers, pattern)
    unit = 0
    for layer, z in zip(net.layers, pre, strict=True):
        for output in reference.outputs_of(layer):
            if not output.has_state:
                continue
            s = pattern[unit]
            if len(output.rows) > 1:
                pieces = [z[k] for k in output.rows]
                for r, piece in enumerate(pieces):
                    if r != s:
                        yield unit, [a - b for a, b in zip(pieces[s], piece, strict=True)]
            else:
                t, form = output.breakpoints, z[output.rows[0]]
                for breakpoint in (t[s - 1] if s else None, t[s] if s < len(t) else None):
                    if breakpoint is not None:
                        yield unit, [*form[:-1], form[-1] - breakpoint]
            unit += 1


def integer_rows_of(net: Network, pattern: list[int]) -> Iterator[Row]:
    """The same from the integer network, which is quicker."""
    rows, beyond = net.exact.rows(pattern)
    for row, (unit, _) in zip(rows, beyond, strict=True):
        yield unit, [Fraction(int(v)) for v in row]


def nearest(
    rows: Iterable[Row], x: Iterable[float | Fraction]
) -> tuple[Fraction, int, list[Fraction]] | None:
    """Squared distance, the lowest unit that attains it, and the form of one of its rows that do."""
    x = [Fraction(v) for v in x]
    best: tuple[Fraction, int, list[Fraction]] | None = None
    for unit, form in rows:
        square = dot(form[:-1], form[:-1])
        if square:
            squared = reference.evaluate(form, x) ** 2 / square
            if best is None or (squared, unit) < best[:2]:
                best = squared, unit, form
    return best


def within_reach(near: Distances, i: int, squared: Fraction) -> bool:
    distance, reach = Fraction(near.distance[i]), Fraction(near.reach[i])
    return max(distance - reach, Fraction(0)) ** 2 <= squared <= (distance + reach) ** 2


def check(net: Network, points: Vector, integers: bool = False) -> Distances:
    near = distance_to_boundary(net, points)
    assert len(near) == len(points)
    for i, x in enumerate(points.tolist()):
        _, pattern = reference.forward(net.layers, x)
        expected = nearest((integer_rows_of if integers else rows_of)(net, pattern), x)
        if expected is None:
            assert (near.unit[i], near.layer[i], near.distance[i], near.reach[i]) == (-1, -1, np.inf, 0)
            continue
        squared, unit, _ = expected
        assert near.unit[i] == unit
        assert near.layer[i] == net.unit_layers[unit]
        assert near.exact_squared(i) == squared
        assert within_reach(near, i, squared)
        assert (near.distance[i] == 0) == (squared == 0)
    return near


@settings(max_examples=examples(150))
@given(cases(), st.integers(0, 10**6))
def test_degenerate_networks(case: tuple[Network, Box], seed: int) -> None:
    """At points of a lattice, on many boundaries and halfway between them, and at random ones."""
    net, box = case
    rng = np.random.default_rng(seed)
    lattice = box.lower + (box.upper - box.lower) * rng.integers(0, 5, size=(3, box.dim)) / 4
    check(net, np.concatenate([lattice, 2 * rng.normal(size=(2, box.dim))]))


@pytest.mark.parametrize("case", ZOO, ids=lambda case: case.name)
def test_zoo(case: Case) -> None:
    rng = np.random.default_rng(0)
    low, high = case.box.lower, case.box.upper
    lattice = low + (high - low) * rng.integers(0, 9, size=(4, case.dim)) / 8
    check(case.network, np.concatenate([lattice, rng.uniform(low, high, size=(2, case.dim))]), integers=True)


@pytest.mark.parametrize("seed", range(40))
def test_dense_networks_of_all_kinds(seed: int) -> None:
    """Float64 decides all of them: two distances agree to 12 digits with a chance of about 1e-10."""
    rng = np.random.default_rng(seed)
    d = 1 + seed % 6
    kinds = rng.choice(reference.KINDS, size=1 + seed % 3).tolist()
    net = Network(reference.random_layers(rng, d, kinds, int(rng.integers(1, 6))))
    near = check(net, rng.normal(size=(4, d)))
    assert near.undecided == 0


@pytest.mark.parametrize("kind", ["relu", "maxout3", "linear"])
@pytest.mark.parametrize("width", [1, 4, 9])
def test_more_inputs_than_first_rows(kind: str, width: int) -> None:
    """Gradients in the coordinates of the first layer's rows, here 1 to 27 of 30 inputs."""
    rng = np.random.default_rng(width)
    net = Network(reference.random_layers(rng, 30, [kind, "relu", "hard_tanh"], width))
    near = check(net, rng.normal(size=(5, 30)), integers=True)
    assert near.undecided == 0


def test_dependent_first_rows() -> None:
    """First rows that are zero, repeated, opposite and tiny: their coordinates have no full rank."""
    rng = np.random.default_rng(3)
    W, b = rng.normal(size=(6, 20)), rng.normal(size=6)
    W = np.concatenate([W, 0 * W[:2], W[:2], -W[2:4], 2.0**-30 * W[4:5], W[:1] + W[1:2]])
    b = np.concatenate([b, [1, 0], b[:2], -b[2:4], 2.0**-30 * b[4:5], [0.3]])
    upper = relu(rng.normal(size=(6, len(W))), rng.normal(size=6))
    near = check(Network([relu(W, b), upper]), rng.normal(size=(12, 20)), integers=True)
    assert 0 < near.undecided < 12  # the repeated units tie, where they are nearest


@pytest.mark.parametrize("d", [2, 12])
def test_errors_that_grow(d: int) -> None:
    """Rows that differ by 2^-40, units that see their difference alone, and enlarge it for the next."""
    rng = np.random.default_rng(d)
    W = np.repeat(rng.normal(size=(1, d)), 2, axis=0)
    W[1] += 2.0**-40 * rng.normal(size=d)
    difference = piecewise([[1, -1], [-1, 1]], [2.0**-44, 2.0**-43], [0], [2.0**39, 2.0**40])
    net = Network([relu(W, [9, 9]), difference, relu(rng.normal(size=(3, 2)), rng.normal(size=3))])
    near = check(net, rng.normal(size=(40, d)), integers=True)
    assert near.unit.max() >= 4
    # The values at the points lose 40 of 53 bits, and some more to the bounds.
    relative = near.reach[near.unit >= 4] / near.distance[near.unit >= 4]
    assert relative.max() > 2.0**-20


@pytest.mark.parametrize("harm", ["basis", "coordinates", "both", "overflow", "nothing"])
def test_bad_coordinates_are_noticed(harm: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No trust in the QR factorisation: its errors are measured, and go into the bounds."""
    rng = np.random.default_rng(6)
    net = Network(reference.random_layers(rng, 14, ["relu", "relu"], 5))
    points = rng.normal(size=(20, 14))
    qr = np.linalg.qr

    def harmed(a: Vector) -> tuple[Vector, Vector]:
        Q, R = qr(a)
        factor = {"basis": 1 + 2.0**-20, "overflow": 1e300}.get(harm, 1.0)
        if harm in ("coordinates", "both"):
            R = R * (1 + 2.0**-20 * rng.uniform(-1, 1, size=R.shape))
        if harm == "both":
            Q = Q + 0.3 * rng.normal(size=Q.shape)
        return Q * factor, R / factor

    monkeypatch.setattr(np.linalg, "qr", harmed)
    near = check(net, points, integers=True)
    if harm in ("both", "overflow"):
        assert near.undecided == 20  # the columns are not nearly orthonormal: nothing is certified
    else:
        assert near.undecided == 0
        assert (near.reach > 2.0**-30 * near.distance).all() == (harm != "nothing")


# ------------------------------------------------------------------------------- the geometry of all regions


def project(x: Point, corners: tuple[Point, ...]) -> Fraction | None:
    """Squared distance to the flat through the corners, if its foot is in their convex hull."""
    base, *others = corners
    sides = [[a - b for a, b in zip(corner, base, strict=True)] for corner in others]
    offset = [a - b for a, b in zip(x, base, strict=True)]
    # Gram-Schmidt without roots; the foot's coefficients on the sides are found from the last one back.
    gram = [[dot(a, b) for b in [*sides, offset]] for a in sides]
    n = len(sides)
    for k in range(n):
        if gram[k][k] == 0:
            return None  # the corners depend on each other: other choices of corners do
        for j in range(k + 1, n):
            factor = gram[j][k] / gram[k][k]
            gram[j] = [a - factor * b for a, b in zip(gram[j], gram[k], strict=True)]
    shares = [Fraction(0)] * n
    for k in reversed(range(n)):
        shares[k] = (gram[k][n] - dot(gram[k][k + 1 : n], shares[k + 1 :])) / gram[k][k]
    if sum(shares, Fraction(0)) > 1 or any(v < 0 for v in shares):
        return None
    for share, side in zip(shares, sides, strict=True):
        offset = [a - share * b for a, b in zip(offset, side, strict=True)]
    return dot(offset, offset)


def distance_to_hull(x: Point, corners: list[Point], enough: Fraction | None) -> Fraction | None:
    """Squared distance of a point that is not in the interior, None if it exceeds ``enough``.

    The nearest point is in a simplex of at most d corners (Caratheodory, in the face that holds it).
    """
    spans = [(min(v), max(v)) for v in zip(*corners, strict=True)]
    away = [max(low - v, v - high, Fraction(0)) for v, (low, high) in zip(x, spans, strict=True)]
    if enough is not None and dot(away, away) > enough:
        return None
    found = (project(x, some) for k in range(1, len(x) + 1) for some in combinations(corners, k))
    return min(v for v in found if v is not None)


def nearest_region(cx: RegionComplex, x: Point) -> tuple[Fraction | None, int]:
    """Squared distance to the nearest other region, and the lowest unit that is not the same in all at it.

    A ball without a boundary is in one region. So the distance to the boundary is that to the other regions;
    no form of any unit is used. Where x is on a boundary, all regions around it count.
    """
    _, own = reference.forward(cx.network.layers, x)
    best: Fraction | None = None
    states = [own] if cx.find(own) >= 0 else []
    for region in cx:
        if region.pattern.tolist() == own:
            continue
        squared = distance_to_hull(x, region.exact_vertices, best)
        if squared is None:
            continue
        if best is None or squared < best:
            best = squared
            states = [s for s in states if s == own]
        if squared == best:
            states.append(region.pattern.tolist())
    differ = [unit for unit, column in enumerate(zip(*states, strict=True)) if len(set(column)) > 1]
    return best, min(differ, default=-1)


def check_geometry(net: Network, box: Box, points: Vector) -> int:
    """Compare with all regions in the box; what is nearer than its sides is seen. Return how many are."""
    cx = enumerate_regions(net, box)
    near = distance_to_boundary(net, points)
    seen = 0
    for i, x in enumerate(points.tolist()):
        point = [Fraction(v) for v in x]
        low, high = (reference.fractions(side) for side in (box.lower, box.upper))
        side = min(min(v - a, b - v) for v, a, b in zip(point, low, high, strict=True)) ** 2
        squared, unit = nearest_region(cx, point)
        if squared is None or squared >= side:
            assert near.unit[i] == -1 or near.exact_squared(i) >= side
            continue
        assert near.exact_squared(i) == squared
        assert near.unit[i] == unit
        assert within_reach(near, i, squared)
        seen += 1
    return seen


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(9))
def test_geometry_of_random_networks(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = 1 + seed % 3
    kinds = [k for k in reference.KINDS if k != "linear"]
    net = Network(reference.random_layers(rng, d, rng.choice(kinds, size=2).tolist(), (8, 5, 3)[d - 1]))
    assert check_geometry(net, Box.cube(d, -8, 8), rng.normal(size=(2, d))) == 2


SMALL = [case for case in ZOO if case.dim <= 3 and case.regions <= (64, 40, 12)[case.dim - 1]]


@pytest.mark.parametrize("case", SMALL, ids=lambda case: case.name)
def test_geometry_of_the_zoo(case: Case) -> None:
    rng = np.random.default_rng(1)
    low, high = case.box.lower, case.box.upper
    inner = low + (high - low) * rng.integers(1, 8, size=(2, case.dim)) / 8
    check_geometry(
        case.network, case.box, np.concatenate([inner, rng.uniform(low, high, size=(1, case.dim))])
    )


@settings(max_examples=examples(60))
@given(cases(dims=(1, 2), max_units=6), st.integers(0, 10**6))
def test_geometry_of_degenerate_networks(case: tuple[Network, Box], seed: int) -> None:
    net, box = case
    rng = np.random.default_rng(seed)
    lattice = box.lower + (box.upper - box.lower) * rng.integers(1, 8, size=(2, box.dim)) / 8
    check_geometry(net, box, lattice)


# ----------------------------------------------------------------------- the ball, and what is just beyond it


@pytest.mark.parametrize("seed", range(20))
def test_the_open_ball_has_one_pattern_and_the_unit_flips_behind_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = (1, 2, 4, 9)[seed % 4]
    kinds = rng.choice([k for k in reference.KINDS if k != "maxout1"], size=3).tolist()
    net = Network(reference.random_layers(rng, d, ["relu", *kinds[1:]], 4))
    near = distance_to_boundary(net, rng.normal(size=(2, d)))
    for i, x in enumerate(near.points.tolist()):
        point = [Fraction(v) for v in x]
        own = reference.forward(net.layers, point)[1]
        squared = near.exact_squared(i)
        found = nearest(rows_of(net, own), point)
        assert found is not None
        directions = [reference.fractions(v) for v in rng.normal(size=(6, d))] + [found[2][:-1]]
        for v in [*directions, [-a for a in directions[-1]]]:
            # The largest multiple of 2^-60 with |step v| < distance.
            step = Fraction(isqrt(int(squared * 4**60 / dot(v, v))), 2**60)
            inside = [a + step * b for a, b in zip(point, v, strict=True)]
            assert reference.forward(net.layers, inside)[1] == own
        # From x to the foot of its row and 2^-300 of the way further.
        g = found[2][:-1]
        way = -reference.evaluate(found[2], point) / dot(g, g) * (1 + Fraction(1, 2**300))
        behind = reference.forward(net.layers, [a + way * b for a, b in zip(point, g, strict=True)])[1]
        assert behind[near.unit[i]] != own[near.unit[i]]
        assert behind[: near.unit[i]] == own[: near.unit[i]]


# --------------------------------------------------------------------------------------------- closed forms


@pytest.mark.parametrize(("d", "depth"), [(1, 1), (1, 4), (2, 3), (3, 2)])
def test_absolute_value_folds(d: int, depth: int) -> None:
    """The breakpoints of each coordinate are k/K, 0 < k < K = 2^depth; k/K = odd/2^l is of layer l."""
    net = absolute_value_fold(d, depth).network
    K = 2**depth
    rng = np.random.default_rng(0)
    # On breakpoints, in the middle between them, at centres of cells, at corners, outside, and anywhere.
    lattice = rng.integers(-2, 4 * K + 3, size=(20, d)) / (4 * K)
    centre = np.full((1, d), 1 / 2 + 1 / (2 * K))
    near = distance_to_boundary(net, np.concatenate([lattice, centre, rng.uniform(-0.2, 1.2, size=(10, d))]))
    for i, x in enumerate(near.points.tolist()):
        ways = []
        for j, v in enumerate(x):
            for k in range(1, K):
                level = depth - ((k & -k).bit_length() - 1)
                ways.append((abs(Fraction(v) - Fraction(k, K)), d * (level - 1) + j))
        distance, unit = min(ways)
        assert near.unit[i] == unit
        assert near.exact_squared(i) == distance**2
        assert abs(Fraction(near.distance[i]) - distance) <= Fraction(near.reach[i])
    if K > 2:
        assert near.undecided >= 1  # at least the centre: there 2 d boundaries tie
        assert (near.distance[20], near.reach[20]) == (1 / (2 * K), 0)


@pytest.mark.parametrize(("d", "folds"), [(1, [3, 2]), (2, [2, 2]), (2, [3, 3]), (3, [2, 3])])
def test_montufar_folds(d: int, folds: list[int]) -> None:
    """K^d cubes of side 1/K: inside, the nearest multiple of 1/K in any coordinate; 1/K may have no float."""
    net = montufar_folds(d, folds).network
    K = int(np.prod(folds))
    rng = np.random.default_rng(0)
    half = Fraction(1, 2 * K)
    points = rng.uniform(1 / (2 * K) + 1e-9, 1 - 1 / (2 * K) - 1e-9, size=(20, d))
    near = distance_to_boundary(net, points)
    for i, x in enumerate(points.tolist()):
        assert all(half < Fraction(v) < 1 - half for v in x)
        distance = min(abs(Fraction(v) - Fraction(k, K)) for v in x for k in range(1, K))
        # The weights are floats: where 1/K is none, breakpoints are off by the roundings of a few numbers.
        slack = 0 if K & (K - 1) == 0 else Fraction(K, 2**48)
        assert abs(Fraction(near.distance[i]) - distance) <= Fraction(near.reach[i]) + slack


def single(net: Network, *x: float) -> tuple[Fraction, int]:
    near = distance_to_boundary(net, list(x))
    assert len(near) == 1
    squared, unit = near.exact_squared(0), int(near.unit[0])
    assert within_reach(near, 0, squared)
    return squared, unit


def test_by_hand() -> None:
    # The line 3 x + 4 y = 5, distance 1 from the origin.
    assert single(Network([relu([[3, 4]], [-5])]), 0, 0) == (1, 0)
    # In the second layer 2 * (3 x + 4 y) - 30 = 0 is 3 from the origin, whatever the norm of its row, 2.
    plane = [relu([[3, 4], [-3, -4]], [0, 0]), relu([[2, 0]], [-30])]
    assert single(Network(plane), 1.5, 2) == (Fraction(1, 4), 2)
    # Behind a leaky unit of slope 1/4 the same line in x < 0: x / 4 = -1 is at -4, not at -1.
    assert single(Network([leaky_relu([[1]], [0], 0.25), relu([[1]], [1])]), -3) == (1, 1)
    # Hard tanh: the nearer of -1 and 1.
    assert single(Network([hard_tanh([[2]], [0])]), 0.25) == (Fraction(1, 16), 0)
    assert single(Network([hard_tanh([[2]], [0])]), -0.25) == (Fraction(1, 16), 0)
    assert single(Network([hard_tanh([[2]], [0])]), 5) == (Fraction(81, 4), 0)
    # Between the breakpoints 0 and 2, with the third far away.
    assert single(Network([piecewise([[1]], [0], [0, 2, 9], [0, 1, 0, 1])]), 1.75) == (Fraction(1, 16), 0)
    # max(x, 3 y, 0) at (1, 0): 3 y = x is 1/sqrt(10) away, x = 0 is 1 away.
    assert single(Network([maxout([[[1, 0], [0, 3], [0, 0]]], [[0, 0, 0]])]), 1, 0) == (Fraction(1, 10), 0)
    # The distance of 1/3 is no float.
    assert single(Network([relu([[3]], [0]), relu([[1]], [-4])]), 1) == (Fraction(1, 9), 1)


def test_the_lowest_of_tied_units() -> None:
    # Repeated, opposite and scaled units; a dead and a zero one before them.
    rows = [[0, 0], [1, 0], [-1, 0], [4, 0], [0, 1], [1, 0]]
    net = Network([relu(rows, [0, 0, 0, 0, 0, 0])])
    assert single(net, 0.5, 3) == (Fraction(1, 4), 1)
    assert single(net, 0.5, 0.5) == (Fraction(1, 4), 1)
    assert single(net, 3, -0.25) == (Fraction(1, 16), 4)
    assert single(net, 0, 0) == (0, 1)
    # |x| only touches zero at x = 0, where the form of x > 0 would cross it: never alone.
    touching = Network([absolute([[1]], [0]), relu([[1], [-1]], [0, 0])])
    assert single(touching, 1) == (1, 0)
    assert single(touching, -2) == (4, 0)
    assert single(touching, 0) == (0, 0)
    # max(0, x, -x): the constant piece is above the others on x = 0 alone.
    assert single(Network([maxout([[[0], [1], [-1]]], [[0, 0, 0]])]), 1) == (1, 0)
    # |x| - 1 and |y| - 1 from the centre of a cell, four lines tie; on the diagonal of a tie, the lower.
    net = Network([absolute([[0, 1], [1, 0]], [-2, -2])])
    assert single(net, 1, 1) == (1, 0)
    assert single(net, 1, 0) == (1, 1)


def test_pieces_that_are_equal_are_no_boundary() -> None:
    tied = distance_to_boundary(Network([maxout([[[1, 2]] * 3], [[1] * 3])]), [[3, 4]])
    assert (tied.unit[0], tied.distance[0], tied.reach[0], tied.undecided) == (-1, np.inf, 0, 0)
    # max(x, x - 1, -x): the second piece is never the largest, and parallel.
    assert single(Network([maxout([[[1], [1], [-1]]], [[0, -1, 0]])]), 2) == (4, 0)


def test_units_without_a_gradient_are_no_boundary() -> None:
    # For x < -1 the lower units are off; what is above is constant, be it on, off or zero.
    net = Network([relu([[1]], [1]), relu([[1], [1], [1]], [1, -1, 0])])
    near = distance_to_boundary(net, [[-3], [-1], [5]])
    assert near.unit.tolist() == [0, 0, 2]
    assert [near.exact_squared(i) for i in range(3)] == [4, 0, 25]
    assert (
        near.undecided == 1
    )  # on the boundary; where weights of zero or units of slope zero tell, float64 does
    # For x < -1 the second unit is 1, on, without a gradient, and so the fourth is zero.
    deep = Network([relu([[1]], [1]), relu([[1]], [1]), relu([[1], [2]], [5, -2])])
    near = distance_to_boundary(deep, [[-3]])
    assert (near.unit[0], near.undecided) == (0, 0)
    # h_1 - h_2 = 1 where both are on: the unit above is identically zero there, with weights that are not.
    cancelling = Network([relu([[1], [1]], [1, 0]), relu([[1, -1]], [-1])])
    assert single(cancelling, 2) == (4, 1)
    # One that cancels everywhere: the two tie, and there is no other boundary to be near.
    always = Network([linear([[1], [1]], [0, 0]), relu([[1, -1]], [0])])
    near = distance_to_boundary(always, [[2]])
    assert (near.unit[0], near.distance[0], near.reach[0], near.undecided) == (-1, np.inf, 0, 1)


def test_far_and_thin() -> None:
    # Slabs of 2^-40, weights of 2^+-30: distances of any size.
    thin = by_name("thin-slab-1d").network
    assert single(thin, 2.0**-41) == (Fraction(1, 4**41), 0)
    assert single(thin, 0.75 * 2.0**-40) == (Fraction(1, 16 * 4**40), 1)
    net = Network([relu([[2.0**30, 0], [0, 2.0**-30]], [1, 1])])
    assert single(net, 0, 0) == (Fraction(1, 4**30), 0)
    assert single(net, 1, 0) == (Fraction(2**30 + 1, 2**30) ** 2, 0)
    # Beyond the range of float64 on the way, of squares, and products that underflow.
    assert single(Network([relu([[1e200], [1]], [0, -0.5])]), 1) == (Fraction(1, 4), 1)
    assert single(Network([relu([[1e-200], [1]], [-0.5e-200, -4])]), 1) == (
        (1 - Fraction(0.5e-200) / Fraction(1e-200)) ** 2,
        0,
    )
    assert single(by_name("overflow-sum").network, 3, 1) == (8, 0)
    assert single(by_name("overflow-deep").network, 1) == ((1 - 1 / Fraction(1e308)) ** 2, 1)
    assert single(Network([relu([[2.0**-600]], [0]), relu([[2.0**-600]], [-(2.0**-1000)])]), 2.0**201) == (
        (2**201 - 2**200) ** 2,
        1,
    )


def test_distances_at_the_ends_of_the_range() -> None:
    smallest = 5e-324
    # x + 1e308 = 0 with a weight of 2^-1074: 1e308 2^1074 away.
    far = distance_to_boundary(Network([relu([[smallest]], [1e308])]), [[0]])
    assert (far.distance[0], far.reach[0], far.unit[0]) == (np.inf, np.inf, 0)
    assert far.exact_squared(0) == (Fraction(1e308) * 2**1074) ** 2
    # 2 x = 2^-1074 at x = 0: half the smallest float, which is not 0.
    small = distance_to_boundary(Network([relu([[2]], [-smallest])]), [[0]])
    assert small.distance[0] == smallest
    assert within_reach(small, 0, Fraction(1, 4**1075))
    assert small.exact_squared(0) == Fraction(1, 4**1075)


@settings(max_examples=examples(200))
@given(st.integers(1, 2**80), st.integers(1, 2**80), st.integers(-1200, 1200))
def test_the_root_is_rounded_once(p: int, q: int, power: int) -> None:
    """The nearest float64: the root is between the midpoints to its neighbours."""
    squared = Fraction(p, q) * Fraction(2) ** power
    root, reach = module._root(squared)
    below, above = Fraction(np.nextafter(root, 0)), Fraction(np.nextafter(root, np.inf))
    exact = Fraction(root)
    assert ((exact + below) / 2) ** 2 <= squared <= ((exact + above) / 2) ** 2
    assert (exact - Fraction(reach)) ** 2 <= squared <= (exact + Fraction(reach)) ** 2
    assert (reach == 0) == (exact**2 == squared)
    assert module._root(exact**2) == (root, 0)


def test_the_root_of_a_number_close_to_a_tie() -> None:
    tie = 1 + Fraction(1, 2**53)
    for shift, root in ((0, 1.0), (Fraction(1, 2**400), 1 + 2.0**-52), (-Fraction(1, 2**400), 1.0)):
        assert module._root((tie + shift) ** 2)[0] == root


# ------------------------------------------------------------------------------------------------- the bounds


@pytest.mark.parametrize(("d", "widths"), [(3, (8, 8)), (20, (30, 20, 20)), (40, (16, 16))])
def test_the_reach_is_small(d: int, widths: tuple[int, ...]) -> None:
    """As small as the errors of the formula allow, up to a factor for each layer.

    With g = 2 gamma_(n + 4), n the most inputs of a layer, a layer adds g (|W||y| + |b|) to the error of a
    value, g |W||J| to that of a gradient, and both pass through |W|. So with L layers the errors are below
    (L + 1) g times what the network with the weights |W| and |b| gives. With more inputs than first rows, k
    of them, the coordinates add 4 sqrt(k) g times the norm of a row, and four times the departure of Q from
    orthonormal, which for Householder's factors is sqrt(k) gamma_(c d k), c a small number (Higham, section
    19.3). Half the interval of a quotient v / |g| is e_v / |g| + v e_g / |g|^2 and terms of higher order,
    below a factor 2 here.
    """
    rng = np.random.default_rng(d)
    layers, n = [], d
    for width in widths:
        layers.append(relu(rng.normal(size=(width, n)) * np.sqrt(2 / n), 0.1 * rng.normal(size=width)))
        n = width
    net = Network(layers)
    near = distance_to_boundary(net, rng.normal(size=(50, d)))
    assert near.undecided == 0
    u, k = 2.0**-53, min(d, widths[0])
    g = 2 * (max(d, *widths) + 4) * u
    basis = 0 if d <= widths[0] else 4 * np.sqrt(k) * (g + 4 * d * k * u)
    for i, x in enumerate(near.points):
        unit, layer = near.unit[i], near.layer[i]
        value, size = np.abs(x), np.zeros(0)
        for j in range(layer + 1):
            W = np.abs(layers[j].weight)
            value = W @ value + np.abs(layers[j].bias)
            size = W @ size if j else np.linalg.norm(W, axis=1)
        pre, _ = net.exact.forms(net.exact.states_at(x))
        own = unit - sum(widths[:layer])
        *gradient, _ = (Fraction(int(v), int(pre[layer][-1][-1])) for v in pre[layer][own])
        norm = np.sqrt(float(dot(gradient, gradient)))
        errors = (layer + 2) * g * value[own] + ((layer + 2) * g + basis) * size[own] * near.distance[i]
        assert 0 < near.reach[i] <= 2 * errors / norm


def test_chunks_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    net = Network(reference.random_layers(rng, 12, ["relu", "maxout3", "abs"], 6))
    points = rng.normal(size=(9, 12))
    whole = distance_to_boundary(net, points)
    monkeypatch.setattr(module, "TOGETHER", 4 * 18 * 6)  # four at a time, 18 pieces, 6 columns
    parts = distance_to_boundary(net, points)
    assert parts.unit.tolist() == whole.unit.tolist()
    assert (np.abs(parts.distance - whole.distance) <= parts.reach + whole.reach).all()
    # The same for points that float64 leaves open: multiples of 1/8 on a fold of eight cells a side.
    points = rng.integers(0, 9, size=(30, 2)) / 8 + 1 / 16
    monkeypatch.setattr(module, "TOGETHER", 16)
    parts = check(absolute_value_fold(2, 3).network, points, integers=True)
    assert parts.undecided > 20


# ----------------------------------------------------------------------------------------- what may be asked


def test_arrays() -> None:
    net = Network([relu([[1, 0], [0, 1]], [0, 0])])
    points = np.array([[1.0, 2.0], [3.0, -1.0]])
    near = distance_to_boundary(net, points)
    points[0] = 9
    assert near.points.tolist() == [[1, 2], [3, -1]]
    for array in (near.points, near.distance, near.reach, near.unit):
        assert not array.flags.writeable
    assert near.unit.dtype == np.int64
    assert near.network is net
    empty = distance_to_boundary(net, np.empty((0, 2)))
    assert (len(empty), empty.distance.shape, empty.unit.shape, empty.layer.shape) == (0, (0,), (0,), (0,))
    assert empty.undecided == 0
    assert distance_to_boundary(net, [3, 4]).points.shape == (1, 2)
    assert near.exact_squared(np.int64(1)) == 1


def test_no_units() -> None:
    near = distance_to_boundary(Network([linear([[1, 2]], [3])]), [[0, 0], [1, 1]])
    assert near.unit.tolist() == [-1, -1]
    assert near.distance.tolist() == [np.inf, np.inf]
    assert near.layer.tolist() == [-1, -1]
    with pytest.raises(InvalidInputError, match="infinite"):
        near.exact_squared(0)


def test_bad_input() -> None:
    net = Network([relu([[1, 0]], [0])])
    for points in ([[1, 2, 3]], [[1, np.nan]], [["a", "b"]], [[1, 2], [3]], 5, [[[1, 2]]]):
        with pytest.raises(InvalidInputError):
            distance_to_boundary(net, points)
    with pytest.raises(InvalidInputError, match="expected a Network"):
        distance_to_boundary("net", [[1, 2]])  # type: ignore[arg-type]
    near = distance_to_boundary(net, [[1, 2]])
    for i in (1, -1, 1.0, "0", None):
        with pytest.raises(InvalidInputError):
            near.exact_squared(i)  # type: ignore[arg-type]
