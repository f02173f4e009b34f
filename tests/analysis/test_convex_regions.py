"""Convex regions: the complex found is one, and both bounds hold where the number is known."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from support import linear_reference as slow
from support.networks import degenerate, some, subdivided
from support.profiles import examples
from support.strategies import cases
from support.zoo import ZOO, by_name, cube

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.analysis.definitions.convex_regions import ConvexRegions, convex_regions
from polyregions.complex.ridges import Ridge, ridges_of_walls
from polyregions.network.equal_maps import join, map_labels
from polyregions.network.layers import Layer, absolute, linear, maxout, relu


def convex(cx: RegionComplex) -> ConvexRegions:
    assert cx.known_faces is not None
    affine = map_labels(cx.network.layers, cx.states)
    sides = cx.walls.sides
    opened = join(cx.n_regions, sides[affine[sides[:, 0]] == affine[sides[:, 1]]])
    return convex_regions(cx, cx.faces, affine, opened)


def check(cx: RegionComplex) -> ConvexRegions:
    found = convex(cx)
    assert found.labels.max() + 1 == found.high
    slow.check_polyhedral_complex(cx, found.labels)
    components = sorted(slow.open_components(cx), key=min)  # as they are numbered
    assert len(components) <= found.low <= found.high <= cx.n_regions
    assert found.convex.tolist() == [is_convex(cx, component) for component in components]
    return found


def is_convex(cx: RegionComplex, component: set[int]) -> bool:
    """Whether all corners of the component lie inside of all facets to others."""
    corners = slow.corners_of(cx)
    points = set().union(*(corners[i] for i in component))
    for i in component:
        for row, across in zip(cx[i].exact_halfspaces, cx[i].facets.tolist(), strict=True):
            form = [slow.Fraction(int(v)) for v in row]
            if across not in component and any(slow.evaluate(form, p) < 0 for p in points):
                return False
    return True


@pytest.mark.slow
@pytest.mark.parametrize(("d", "most", "seeds"), [(1, 60, range(20)), (2, 40, range(80)), (3, 20, range(60))])
def test_coincidences(d: int, most: int, seeds: range) -> None:
    found = [(cx, check(cx)) for cx in some(d, most, seeds)]
    if d == 1:
        assert all(f.low == f.high and f.convex.all() for _, f in found)
    else:
        assert sum(f.high < cx.n_regions for cx, f in found) > 3
        assert sum(not f.convex.all() for _, f in found) > 3


@settings(max_examples=examples(40))
@given(cases(dims=(2, 3), max_units=6))
def test_degenerate_networks(case: tuple[Network, Box]) -> None:
    cx = enumerate_regions(*case, engine="subdivide")
    if cx.n_regions <= 40:
        check(cx)


@pytest.mark.parametrize("name", [case.name for case in ZOO if case.dim > 1 and case.regions <= 60][::5])
def test_zoo(name: str) -> None:
    case = by_name(name)
    check(enumerate_regions(case.network, case.box, engine="subdivide"))


def narrow(seed: int, d: int) -> RegionComplex:
    """Deep and narrow: large parts are dead, and their walls removable."""
    rng = np.random.default_rng([seed, d, 9])
    sizes = [d, 3, 3, 3, 3, 1]
    arrays = [(rng.normal(size=(n, m)), rng.normal(size=n) / 3) for m, n in pairwise(sizes)]
    return enumerate_regions(Network.from_arrays(arrays), cube(d), engine="subdivide")


@pytest.mark.slow
@pytest.mark.parametrize("d", [2, 3])
def test_narrow_networks(d: int) -> None:
    found = [check(cx) for cx in (narrow(seed, d) for seed in range(25)) if cx.n_regions <= 33]
    assert any(not f.convex.all() for f in found)


@pytest.mark.slow
@pytest.mark.parametrize("d", [2, 3])
def test_no_choice_of_walls_is_better(d: int) -> None:
    """All choices, for networks with few removable walls: the bounds hold, and the search finds the best."""
    tried = 0
    examples = [subdivided(degenerate(seed, d), cube(d, -2, 2)) for seed in range(40)]
    for cx in [*examples, *(narrow(seed, d) for seed in range(12))]:
        sides, maps = cx.walls.sides, slow.maps_of(cx) if cx.n_regions <= 30 else []
        if not maps:
            continue
        removable = [k for k, (i, j) in enumerate(sides.tolist()) if maps[i] == maps[j]]
        found = convex(cx)
        if found.low == found.high or len(removable) > 6:
            continue
        tried += 1
        best = cx.n_regions
        for choice in product((False, True), repeat=len(removable)):
            gone = np.zeros(len(sides), dtype=bool)
            gone[removable] = choice
            labels = join(cx.n_regions, sides[gone])
            if labels.max() + 1 < best and is_complex(cx, labels):
                best = int(labels.max()) + 1
        assert found.low <= best == found.high
    assert tried > 1


def is_complex(cx: RegionComplex, labels: np.ndarray) -> bool:
    try:
        slow.check_polyhedral_complex(cx, labels)
    except AssertionError:
        return False
    return True


# --------------------------------------------------------------------------------------------------------
# Numbers known by hand.

ABS = absolute([[1, 0], [0, 1]], [0, 0])

#: min(relu(x), relu(y)): x and y in two sectors of the first quadrant, 0 in the three other ones. Its angle
#: at the origin is 3 pi / 2, so that region takes two cells: a cut along (-1, -1), say, gives 4. The walls
#: of the network go along the negative axes, opposite to walls that are there: either one alone would leave
#: an angle of pi beside a third wall. So its activation regions give no complex with less than 5 cells.
CORNER = [relu([[1, 0], [0, 1]], [0, 0]), relu([[1, 0], [1, -1]], [0, 0]), linear([[1, -1]], [0])]

#: relu(1 - max(|x|, |y|)): a pyramid on a square, zero around it. Each corner of the hole needs a cut
#: strictly between the extensions of its sides, and no two corners see each other there. Let b cuts end in
#: the sides of the box, i vertices between: 2 c >= 4 + b + 3 i, so there are c - i >= (4 + b) / 2 cells; and
#: b >= 3, because two convex cells that hold all sides of the box would fill it. So 4 cells, as the
#: diagonals show, and 4 in the pyramid.
PYRAMID = [ABS, maxout([[[1, 0], [0, 1]]], [[0, 0]]), relu([[-1]], [1])]

#: relu(min(|x|, |y|) - 1): zero on a cross with four such corners. Cuts from two opposite corners cross those
#: of the other two: 4 cells, and 8 others, two in each quadrant. Without the crossing 3 would do.
CROSS = [ABS, maxout([[[-1, 0], [0, -1]]], [[0, 0]]), relu([[-1]], [-1])]


@pytest.mark.parametrize(
    ("layers", "low", "true", "high", "nonconvex"),
    [(CORNER, 4, 4, 5, 1), (PYRAMID, 6, 8, 8, 1), (CROSS, 11, 12, 12, 1)],
)
def test_known_numbers(layers: list[Layer], low: int, true: int, high: int, nonconvex: int) -> None:
    found = check(subdivided(layers, cube(2, -4, 4)))
    assert (found.low, found.high) == (low, high)
    assert low <= true <= high
    assert (~found.convex).sum() == nonconvex


@pytest.mark.parametrize("name", ["six-convex", "six-differ", "six-differ-useless", "six-cancelling"])
def test_prisms(name: str) -> None:
    """With one more input that nothing depends on, every number stays."""
    case = by_name(name)
    first, *rest = case.network.layers
    flat = check(subdivided([first, *rest], case.box))
    first = relu(np.pad(first.weight, ((0, 0), (0, 1))), first.bias)
    found = check(subdivided([first, *rest], cube(3, -8, 8)))
    assert (found.low, found.high) == (flat.low, flat.high)


def test_useless_units() -> None:
    """Lines with weight zero in the read-out leave a simple arrangement of the others."""
    angles = np.arange(12) * 0.26 + 0.1
    weight = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    bias = 0.3 * np.cos(7 * angles)
    last = np.zeros((1, 12))
    last[0, ::2] = 1 + np.arange(6)
    found = convex(subdivided([relu(weight, bias), linear(last, [0])], cube(2)))
    alone = subdivided([relu(weight[::2], bias[::2]), linear(last[:, ::2], [0])], cube(2))
    assert found.low == found.high == alone.n_regions


# --------------------------------------------------------------------------------------------------------
# Ridges.


def test_cycles_and_angles() -> None:
    """Four lines through the origin: eight walls, and after three others the opposite one."""
    lines = relu([[0, 1], [1, 1], [1, 0], [1, -1]], [0] * 4)
    for layers in ([lines], [lines, relu([[1, 0, 0, 0]], [0])]):
        cx = subdivided(layers, cube(2))
        assert cx.known_faces is not None
        (ridge,) = ridges_of_walls(cx, cx.faces, np.ones(8, dtype=bool))
        assert ridge.reach == [3] * 8
        assert all(ridge.opposite)
        sides = cx.walls.sides
        for k, wall in enumerate(ridge.walls):
            assert sorted({ridge.regions[k - 1], ridge.regions[k]}) == sides[wall].tolist()


def test_angle_from_a_wall_to_itself() -> None:
    ridge = Ridge([5, 6, 7], [0, 1, 2], [1, 1, 1], [False, True, False])
    assert [ridge.angle(0, k) for k in range(3)] == [1, -1, 1]
    assert [ridge.angle(1, k) for k in range(3)] == [0, 1, -1]


@pytest.mark.parametrize("d", [2, 3, 4])
def test_angles_of_walls_against_determinants(d: int) -> None:
    """For all pairs: a point of the one wall is beyond the other's hyperplane, in it, or on this side."""
    rng = np.random.default_rng(d)
    layers = [relu(rng.integers(-2, 3, (4, d)), [0, 0, 1, 1]), relu(rng.integers(-2, 3, (2, 4)), [0, -1])]
    cx = subdivided(layers, cube(d, -2, 2))
    assert cx.known_faces is not None
    sides, corners = cx.walls.sides, slow.corners_of(cx)
    ridges = ridges_of_walls(cx, cx.faces, np.ones(len(sides), dtype=bool))
    assert len(ridges) == cx.faces.inside_counts[d - 2]
    for ridge in ridges:
        around = [corners[i] & corners[j] for i, j in sides[ridge.walls].tolist()]
        for a in range(len(around)):
            region = cx[ridge.regions[a]]  # after wall a, so positive for the row of that wall
            facet = region.facets.tolist().index(ridge.regions[a - 1])
            row = [slow.Fraction(int(v)) for v in region.exact_halfspaces[facet]]
            for b in range(len(around)):
                if a != b:
                    values = [slow.evaluate(row, p) for p in around[b]]
                    sign = max(values) > 0, min(values) < 0
                    assert ridge.angle(a, b) == {(True, False): -1, (False, False): 0, (False, True): 1}[sign]
