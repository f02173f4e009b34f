"""Voronoi and power diagrams as maxout units, against scipy's and against distances in rational numbers."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from scipy.spatial import ConvexHull, Delaunay, Voronoi
from support.measure import assert_predictions, value_of

from polyregions import Box, RegionComplex, enumerate_regions
from polyregions.errors import InvalidBoxError, InvalidInputError
from polyregions.theory.constructions import Construction, power_diagram, voronoi_unit

Point = list[Fraction]


def square(p: Point, q: Point) -> Fraction:
    return sum(((a - b) ** 2 for a, b in zip(p, q, strict=True)), Fraction(0))


def rational(points: np.ndarray) -> list[Point]:
    return [[Fraction(v) for v in p] for p in points.tolist()]


def enumerated(made: Construction) -> RegionComplex:
    return enumerate_regions(made.network, made.box)


def site_pairs(cx: RegionComplex) -> set[tuple[int, ...]]:
    """Adjacent regions, by their sites."""
    site = cx.states[:, 0].astype(int)
    return {tuple(sorted(pair)) for pair in site[cx.adjacencies].tolist()}


def far(corners: np.ndarray) -> Box:
    """A box with all vertices of a diagram, and so wide that all unbounded ridges are seen in it."""
    d = corners.shape[1]
    half = 2.0 ** np.ceil(np.log2(64 * (1 + np.abs(corners).max())))
    return Box.cube(d, -half, half)


def distinct_sites(seed: int, n: int, d: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    sites = np.unique(rng.integers(-400, 401, size=(n, d)), axis=0) / 4
    return rng.permutation(sites)


def delaunay_edges(sites: np.ndarray) -> set[tuple[int, ...]]:
    return {
        pair for simplex in Delaunay(sites).simplices for pair in combinations(sorted(map(int, simplex)), 2)
    }


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("n", "d"), [(4, 2), (10, 2), (16, 2), (5, 3), (12, 3)])
def test_voronoi_like_scipy(seed: int, n: int, d: int) -> None:
    """As many cells, the same neighbours, as many vertices, each of which has d + 1 nearest sites, exactly.

    So no d + 2 sites are on an empty sphere, which would leave scipy's answer to chance. In dimension 3 scipy
    leaves out ridges of one finite vertex; the edges of the Delaunay triangulation are all of them.
    """
    sites = distinct_sites(seed, n, d)
    theirs = Voronoi(sites)
    made = voronoi_unit(sites, far(np.concatenate([sites, theirs.vertices])))
    cx = assert_predictions(made, least=6)
    assert cx.n_regions == len(sites)
    ridges = {tuple(sorted(map(int, pair))) for pair in theirs.ridge_points}
    assert site_pairs(cx) == delaunay_edges(sites) >= ridges
    if d == 2:
        assert site_pairs(cx) == ridges
    assert cx.n_adjacencies == len(delaunay_edges(sites))

    faces, exact = cx.faces, rational(sites)
    vertices = [faces.exact_point(int(v)) for v in faces.of_dimension(0) if faces.inside[v]]
    assert len(vertices) == len(theirs.vertices)
    for vertex in vertices:
        distances = [square(vertex, s) for s in exact]
        assert distances.count(min(distances)) == d + 1
        nearest = np.abs(theirs.vertices - np.array([float(v) for v in vertex])).max(axis=1).min()
        assert nearest < 1e-6 * (1 + max(abs(float(v)) for v in vertex))


@pytest.mark.parametrize(("n", "d"), [(150, 2), (60, 3)])
def test_many_sites(n: int, d: int) -> None:
    sites = distinct_sites(100, n, d)
    made = voronoi_unit(sites, far(np.concatenate([sites, Voronoi(sites).vertices])))
    cx = enumerate_regions(made.network, made.box, engine="traverse")
    assert cx.n_regions == len(sites)
    assert site_pairs(cx) == delaunay_edges(sites)


def test_a_square_grid() -> None:
    """Nine squares touch in 12 sides. Four meet in each of 4 vertices: diagonal ones are no neighbours."""
    sites = [[x, y] for x in range(3) for y in range(3)]
    cx = assert_predictions(voronoi_unit(sites), least=6)
    assert tuple(cx.f_vector) == (4, 12, 9)
    assert site_pairs(cx) == {
        (i, j)
        for i, p in enumerate(sites)
        for j, q in enumerate(sites)
        if i < j and abs(p[0] - q[0]) + abs(p[1] - q[1]) == 1
    }


def test_other_degenerate_sites() -> None:
    # Eight points of a circle, by Pythagoras: eight sectors around its middle.
    circle = [[3, 4], [4, 3], [-3, 4], [-4, 3], [3, -4], [4, -3], [-3, -4], [-4, -3]]
    assert tuple(assert_predictions(voronoi_unit(circle)).f_vector) == (1, 8, 8)
    # Five points of a line: four parallel boundaries.
    line = [[k, 2 * k] for k in (0, 1, 3, 4, 8)]
    assert tuple(assert_predictions(voronoi_unit(line)).f_vector) == (0, 4, 5)
    # The corners of a cube: octants.
    cube = [[a, b, c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    assert tuple(assert_predictions(voronoi_unit(cube)).f_vector) == (1, 6, 12, 8)
    # One site; one dimension.
    assert assert_predictions(voronoi_unit([[5, 5]])).n_regions == 1
    cx = assert_predictions(voronoi_unit([[3], [-1], [0], [10]]), least=8)
    assert site_pairs(cx) == {(1, 2), (0, 2), (0, 3)}
    # 2^-40 apart.
    cx = assert_predictions(voronoi_unit([[0, 0], [2.0**-40, 0], [0, 2.0**-40]], Box.cube(2, -1, 1)))
    assert tuple(cx.f_vector) == (1, 3, 3)


def test_sites_outside_of_the_box() -> None:
    """Bisectors x = 2 of 0, 4 and x = 6 of 4, 8: in [1, 3], which has no site, 0 and 4 have a cell."""
    made = voronoi_unit([[0], [4], [8]], Box([1], [3]))
    assert value_of(made, "proper_activation", "<=") == 3
    assert value_of(made, "proper_activation", ">=") == 0
    assert assert_predictions(made, least=2).states[:, 0].tolist() == [0, 1]


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(("n", "d"), [(6, 2), (16, 2), (10, 3)])
def test_power_diagrams_by_lower_hulls(seed: int, n: int, d: int) -> None:
    """Sites lifted to |s|^2 - w: vertices of the lower hull have cells, its edges are neighbours."""
    sites = distinct_sites(seed, n, d)
    weights = np.random.default_rng(seed).integers(0, 6000, size=len(sites)) / 2
    lifted = np.column_stack([sites, (sites**2).sum(axis=1) - weights])
    hull = ConvexHull(lifted)
    lower = hull.simplices[hull.equations[:, d] < 0]
    edges = {tuple(sorted((int(a), int(b)))) for s in lower for a in s for b in s if a < b}
    # The vertices are the gradients of the lower facets, halved.
    normals = hull.equations[hull.equations[:, d] < 0]
    box = far(np.concatenate([sites, normals[:, :d] / normals[:, d : d + 1] / 2]))
    cx = assert_predictions(power_diagram(sites, weights, box), least=2)
    assert set(cx.states[:, 0].tolist()) == set(lower.ravel().tolist())
    assert site_pairs(cx) == edges


@pytest.mark.parametrize("d", [1, 2, 3])
def test_states_are_the_least_power_distances(d: int) -> None:
    rng = np.random.default_rng(d)
    sites, weights = rng.integers(-6, 7, size=(9, d)) / 2, rng.integers(-9, 9, size=9) / 4
    exact, w = rational(sites), [Fraction(v) for v in weights.tolist()]
    made = power_diagram(sites, weights)
    assert_predictions(made, least=1)
    for point in rng.integers(-20, 21, size=(200, d)) / 4:
        distances = [square(rational(point[None])[0], s) - v for s, v in zip(exact, w, strict=True)]
        (state,) = made.network.states(point)
        # Of those that tie, the first one.
        assert state == distances.index(min(distances))


def test_weights_that_change_nothing() -> None:
    """Equal weights give the Voronoi diagram; a large one swallows its neighbours."""
    sites = distinct_sites(7, 10, 2)
    plain, heavier = voronoi_unit(sites), power_diagram(sites, np.full(len(sites), 2.5))
    a, b = (enumerate_regions(made.network, plain.box) for made in (plain, heavier))
    assert site_pairs(a) == site_pairs(b)
    assert value_of(heavier, "affine") == len(sites)
    # |x|^2 - 100 < |x - 1|^2 until 2 x = 101.
    swallowed = power_diagram([[0], [1]], [100, 0])
    assert value_of(swallowed, "proper_activation", ">=") == 1
    assert enumerate_regions(swallowed.network, swallowed.box).n_regions == 1
    assert enumerate_regions(swallowed.network, Box([0], [64])).n_regions == 2
    # The same site twice: of equal weight there is one map, and no unit; else the heavier one wins.
    assert power_diagram([[0], [0]], [1, 1]).network.n_units == 0
    for weights, winner in (([2, 1], 0), ([1, 2], 1)):
        assert enumerated(power_diagram([[0], [0]], weights)).states.tolist() == [[winner]]


@pytest.mark.parametrize(
    ("sites", "message"),
    [
        ([], "sites"),
        ([[]], "1 to 256 points"),
        ([1, 2], "sites: expected 2 dimension"),
        ([[0, 0], [1]], "different lengths"),
        ([["a", 0]], "real numbers"),
        ([[0, float("nan")]], "finite"),
        ([[0, 0], [1, 1], [0, 0]], "site 2 is the same as site 0"),
        ([[k] for k in range(257)], "1 to 256 points"),
        ([[0.1, 0.2]], "site 0: its piece has the number"),  # 0.1^2 needs 106 bits
        ([[2.0**600]], "no float64"),
    ],
)
def test_wrong_sites(sites: list[list[float]], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        voronoi_unit(sites)


def test_wrong_weights_and_boxes() -> None:
    with pytest.raises(InvalidInputError, match="1 of them for 2 sites"):
        power_diagram([[0], [1]], [1])
    with pytest.raises(InvalidInputError, match="no float64"):
        power_diagram([[0], [1]], [0, 2.0**-60])
    with pytest.raises(InvalidBoxError):
        voronoi_unit([[0, 0]], Box([0], [1]))
