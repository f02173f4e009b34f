"""The result: counts, look-ups and the attributes of one region."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import combinations
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import reference
from support.networks import random_network
from support.profiles import examples
from support.strategies import cases
from support.zoo import by_name

from polyregions import Box, Network, Region, RegionComplex, enumerate_regions
from polyregions.complex import walls
from polyregions.complex.regions import Regions
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.geometry.polytope import most_vertices
from polyregions.network.layers import absolute, relu

# x = 0, y = 0, x + y = 1 in [-2, 2]^2: seven regions, nine adjacencies, by hand.
NET = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
BOX = Box.cube(2, -2, 2)
LEFT, RIGHT, BOTTOM, TOP = -1, -2, -3, -4
AREAS = {"000": 4, "100": 3.5, "010": 3.5, "110": 0.5, "101": 0.5, "011": 0.5, "111": 3.5}
FACETS = {
    "000": {LEFT, BOTTOM, "100", "010"},
    "100": {BOTTOM, RIGHT, "000", "110", "101"},
    "010": {LEFT, TOP, "000", "110", "011"},
    "110": {"100", "010", "111"},
    "101": {RIGHT, "100", "111"},
    "011": {TOP, "010", "111"},
    "111": {RIGHT, TOP, "110", "101", "011"},
}
CORNERS = {
    "000": [(-2, -2), (0, -2), (0, 0), (-2, 0)],
    "100": [(0, -2), (2, -2), (2, -1), (1, 0), (0, 0)],
    "110": [(0, 0), (1, 0), (0, 1)],
    "101": [(1, 0), (2, -1), (2, 0)],
    "111": [(0, 1), (1, 0), (2, 0), (2, 2), (0, 2)],
}


@pytest.fixture(scope="module", params=["traverse", "brute"])
def cx(request: pytest.FixtureRequest) -> RegionComplex:
    return enumerate_regions(NET, BOX, engine=request.param)


def ids(cx: RegionComplex) -> dict[str, int]:
    return {"".join(map(str, row)): i for i, row in enumerate(cx.states.tolist())}


def name(cx: RegionComplex, i: int) -> str:
    return "".join(map(str, cx.states[i].tolist()))


# ------------------------------------------------------------------------------------------- the whole


def test_counts(cx: RegionComplex) -> None:
    assert (cx.n_regions, len(cx), cx.n_explored, cx.n_adjacencies) == (7, 7, 7, 9)
    assert (cx.complete, cx.stopped) == (True, "")
    assert set(ids(cx)) == set(AREAS)
    assert cx.states.dtype == np.uint8
    assert cx.witnesses.shape == (7, 2)
    cx.check()


def test_adjacencies_and_degrees(cx: RegionComplex) -> None:
    expected = {frozenset((a, b)) for a, across in FACETS.items() for b in across if isinstance(b, str)}
    assert {frozenset((name(cx, i), name(cx, j))) for i, j in cx.adjacencies.tolist()} == expected
    assert (cx.adjacencies[:, 0] < cx.adjacencies[:, 1]).all()
    assert cx.adjacencies.tolist() == sorted(cx.adjacencies.tolist())
    degrees = {name(cx, i): int(n) for i, n in enumerate(cx.degrees)}
    assert degrees == {a: sum(isinstance(b, str) for b in across) for a, across in FACETS.items()}


def test_flips(cx: RegionComplex) -> None:
    of = ids(cx)
    assert cx.flips(of["000"], of["100"]).tolist() == [0]
    assert cx.flips(of["000"], of["111"]).tolist() == [0, 1, 2]
    assert cx.flips(of["101"], of["101"]).tolist() == []
    for i, j in cx.adjacencies.tolist():
        assert len(cx.flips(i, j)) == 1


def test_find(cx: RegionComplex) -> None:
    for pattern, i in ids(cx).items():
        assert cx.find([int(c) for c in pattern]) == i
    assert cx.find([0, 0, 1]) == -1  # x < 0, y < 0, x + y > 1
    for bad in ([0, 0], [0, 0, 2], [0.0, 0.0, 1.0], "000"):
        with pytest.raises(InvalidInputError):
            cx.find(bad)


def test_repr(cx: RegionComplex) -> None:
    assert repr(cx) == f"RegionComplex(7 regions, 9 adjacencies, d=2, engine={cx.engine})"
    assert repr(cx[ids(cx)["101"]]) == f"Region(id={ids(cx)['101']}, pattern=1.0.1)"


def test_arrays_are_read_only(cx: RegionComplex) -> None:
    for array in (cx.states, cx.witnesses, cx.facet_offsets, cx.facet_neighbors, cx[0].pattern, cx[0].facets):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
    with pytest.raises(AttributeError):
        cx.complete = False


def test_indexing(cx: RegionComplex) -> None:
    assert [region.id for region in cx] == list(range(7))
    assert cx[-1].id == 6
    assert cx[np.int64(3)].id == 3
    assert type(cx[np.int64(3)].id) is int
    for bad in (7, -8, 10**20):
        with pytest.raises(IndexError):
            cx[bad]


# ---------------------------------------------------------------------------------------------- locate


def test_locate_inside_and_outside(cx: RegionComplex) -> None:
    of = ids(cx)
    points = [(-1, -1), (1, -1), (-1, 1), (0.2, 0.3), (1.8, -0.5), (1, 1), (3, 0), (0, -2.5), (-9, 9)]
    expected = [of["000"], of["100"], of["010"], of["110"], of["101"], of["111"], -1, -1, -1]
    assert cx.locate(points).tolist() == expected
    assert cx.locate(points).dtype == np.int64
    single = cx.locate(points[0])
    assert single.shape == ()
    assert int(single) == of["000"]
    assert cx.locate(np.zeros((0, 2))).shape == (0,)


def test_locate_on_boundaries(cx: RegionComplex) -> None:
    """A point on a breakpoint has the lower state; here each such pattern has a region."""
    of = ids(cx)
    expected = {
        (0, 0): "000",
        (0, -1): "000",
        (0, 0.5): "010",
        (1, 0): "100",
        (0, 1): "010",
        (0.5, 0.5): "110",
        (2, -1): "100",
        (2, 2): "111",
        (-2, -2): "000",
        (-2, 2): "010",
        (2, 0): "101",
    }
    assert cx.locate(list(expected)).tolist() == [of[pattern] for pattern in expected.values()]
    assert cx.locate([[np.nextafter(2, 3), 0], [2, np.nextafter(-2, -3)]]).tolist() == [-1, -1]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(-1, 1, [0, 1]), (0, 1, [0, 1]), (-1, 0, [1, 0])],
    ids=["inside", "left", "right"],
)
def test_locate_where_the_pattern_has_no_region(low: float, high: float, expected: list[int]) -> None:
    """relu(-x), relu(x): at 0 both are off, and no region is so. To the right, if the box goes there."""
    cx = enumerate_regions(Network([relu([[-1], [1]], [0, 0])]), Box([low], [high]))
    assert cx.states[cx.locate([0.0])].tolist() == expected


def test_locate_in_corners_where_the_pattern_has_no_region() -> None:
    net = Network([relu([[1, 0], [-1, 0], [0, 1], [0, -1]], [-1, 1, -1, 1])])  # x = 1 and y = 1, twice
    for box, states in [
        (Box([1, 1], [2, 2]), [1, 0, 1, 0]),
        (Box([0, 1], [1, 2]), [0, 1, 1, 0]),
        (Box([1, 0], [2, 1]), [1, 0, 0, 1]),
        (Box([0, 0], [1, 1]), [0, 1, 0, 1]),
        (Box([0, 0], [2, 2]), [1, 0, 1, 0]),
    ]:
        cx = enumerate_regions(net, box)
        assert cx.states[cx.locate([1.0, 1.0])].tolist() == states


@settings(max_examples=examples(150))
@given(cases(), st.data())
def test_locate_gives_a_region_that_holds_the_point(case: tuple[Network, Box], data: st.DataObject) -> None:
    net, box = case
    cx = enumerate_regions(net, box)
    t = st.sampled_from((0, 0.25, 0.5, 1, -0.5, 1.5))
    points = box.lower + (box.upper - box.lower) * [[data.draw(t) for _ in box.lower] for _ in range(5)]
    for x, i in zip(points, cx.locate(points).tolist(), strict=True):
        inside = bool(((x >= box.lower) & (x <= box.upper)).all())
        assert (i >= 0) == inside
        if inside:
            rows = [*net.exact.rows(cx.states[i])[0], *cx[i].exact_halfspaces]
            exact = [*map(Fraction, x.tolist()), Fraction(1)]
            assert all(sum(int(a) * v for a, v in zip(row, exact, strict=True)) >= 0 for row in rows)


def test_locate_refuses_bad_points(cx: RegionComplex) -> None:
    for bad in ([0.0], [0.0, 0.0, 0.0], [[np.nan, 0.0]], "ab", [[[0.0, 0.0]]]):
        with pytest.raises(InvalidInputError):
            cx.locate(bad)


# ------------------------------------------------------------------------------------------ one region


@pytest.mark.parametrize("pattern", AREAS)
def test_region_by_hand(cx: RegionComplex, pattern: str) -> None:
    region = cx[ids(cx)[pattern]]
    assert isinstance(region, Region)
    assert "".join(map(str, region.pattern.tolist())) == pattern
    assert region.volume == AREAS[pattern]
    assert {name(cx, j) if j >= 0 else j for j in region.facets.tolist()} == FACETS[pattern]
    assert region.neighbors == [j for j in region.facets.tolist() if j >= 0]
    assert net_states(region.witness) == pattern
    if pattern in CORNERS:
        assert set(map(tuple, region.vertices.tolist())) == set(CORNERS[pattern])
        assert len(region.vertices) == len(CORNERS[pattern])


def net_states(point: np.ndarray) -> str:
    return "".join(str(int(v > 0)) for v in (point[0], point[1], point[0] + point[1] - 1))


def test_centroids_and_affine_maps_by_hand(cx: RegionComplex) -> None:
    of = ids(cx)
    assert cx[of["000"]].centroid.tolist() == [-1, -1]
    assert cx[of["110"]].centroid.tolist() == [1 / 3, 1 / 3]
    maps = {
        "000": ([0, 0], 0),
        "100": ([1, 0], 0),
        "110": ([1, 1], 0),
        "111": ([2, 2], -1),
        "101": ([2, 1], -1),
    }
    for pattern, (gradient, constant) in maps.items():
        A, c = cx[of[pattern]].affine_map
        assert A.tolist() == [gradient]
        assert c.tolist() == [constant]


def test_halfspaces_by_hand(cx: RegionComplex) -> None:
    """The triangle x >= 0, y >= 0, x + y <= 1, in the order of the facets."""
    region = cx[ids(cx)["110"]]
    A, b = region.halfspaces
    expected = {"010": ([-1, 0], 0), "100": ([0, -1], 0), "111": ([1, 1], 1)}
    for row, bound, j in zip(A.tolist(), b.tolist(), region.facets.tolist(), strict=True):
        assert (row, bound) == expected[name(cx, j)]


@settings(max_examples=examples(150))
@given(cases(dims=(1, 2, 3)))
def test_regions_are_what_their_attributes_say(case: tuple[Network, Box]) -> None:
    net, box = case
    cx = enumerate_regions(net, box)
    d, total = box.dim, Fraction(0)
    for region in cx:
        points = region.exact_vertices
        rows = region.exact_halfspaces
        assert len(rows) == len(region.facets) >= d + 1
        for row in rows:
            values = [sum(int(a) * v for a, v in zip(row, [*p, 1], strict=True)) for p in points]
            assert min(values) == 0
            assert values.count(0) >= d  # d vertices of a polytope are never on a line, for d <= 3
        A, b = region.halfspaces
        assert A.shape == (len(rows), d)
        assert (np.abs(A).max(axis=1) == 1).all()
        reach = np.abs(box.lower).max() + np.abs(box.upper).max() + 1
        assert (b[:, None] + 1e-12 * reach >= A @ region.vertices.T).all()
        assert region.vertices.tolist() == [[float(v) for v in p] for p in points]
        gradient, constant = net.exact.affine_map(region.pattern)
        for p in points:
            mapped = [reference.evaluate([*g, c], p) for g, c in zip(gradient, constant, strict=True)]
            assert mapped == reference.forward(net.layers, p)[0]
        mean = [sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True)]
        assert reference.forward(net.layers, mean)[1] == region.pattern.tolist()
        total += Fraction(region.volume) if d == 1 else measure(points)
    sides = zip(reference.fractions(box.lower), reference.fractions(box.upper), strict=True)
    if d < 3:
        assert float(total) == pytest.approx(float(prod(b - a for a, b in sides)), rel=1e-12)
    else:
        assert sum(r.volume for r in cx) == pytest.approx(float(prod(b - a for a, b in sides)), rel=1e-12)


def measure(points: list[tuple[Fraction, ...]]) -> Fraction:
    """Area of a polygon whose corners are given counter-clockwise; 0 for other dimensions."""
    if len(points[0]) != 2:
        return Fraction(0)
    pairs = zip(points, [*points[1:], points[0]], strict=True)
    return sum((p[0] * q[1] - q[0] * p[1] for p, q in pairs), Fraction(0)) / 2


@settings(max_examples=examples(60))
@given(cases(dims=(1, 2, 3)))
def test_centroids_lie_inside(case: tuple[Network, Box]) -> None:
    """Up to rounding: where they do by more than that, the exact pattern there is the region's."""
    cx = enumerate_regions(*case)
    for region in cx:
        A, b = region.halfspaces
        slack = b - A @ region.centroid
        if (slack > 1e-9).all():
            assert cx.locate(region.centroid) == region.id
        assert (slack > -1e-9).all()


def test_several_flips_and_reused_hyperplanes() -> None:
    """x, 2 x and -x flip together: one facet, whose row is the hyperplane x = 0."""
    cx = enumerate_regions(Network([relu([[1, 0], [2, 0], [-1, 0]], [0, 0, 0])]), Box.cube(2, -1, 1))
    assert (cx.n_regions, cx.n_adjacencies) == (2, 1)
    assert cx.flips(0, 1).tolist() == [0, 1, 2]
    for region in cx:
        A, b = region.halfspaces
        k = region.facets.tolist().index(1 - region.id)
        side = 1 if region.pattern.tolist() == [0, 0, 1] else -1
        assert A[k].tolist() == [side, 0]
        assert b[k] == 0


def test_a_region_of_a_network_that_bends_back() -> None:
    """| |x| - 1 |: on -1 < x < 0 the map is x + 1, and so on."""
    cx = enumerate_regions(Network([absolute([[1]], [0]), absolute([[1]], [-1])]), Box([-2], [2]))
    maps = sorted((r.centroid[0], r.affine_map[0].item(), r.affine_map[1].item()) for r in cx)
    assert maps == [(-1.5, -1, -1), (-0.5, 1, 1), (0.5, -1, 1), (1.5, 1, -1)]


# ------------------------------------------------------------------------------------- partial results


def test_partial_results() -> None:
    case = by_name("grid-3-4")
    part = enumerate_regions(case.network, case.box, limit=7)
    assert (part.complete, part.stopped, part.n_regions) == (False, "limit", 7)
    assert part.n_explored < 7
    assert repr(part).endswith(f"d=2, engine={part.engine}, partial: limit)")
    for region in part:
        if region.id < part.n_explored:
            assert len(region.facets) >= 3
            assert region.volume > 0
            continue
        for attribute in ("facets", "neighbors", "halfspaces", "vertices", "volume", "centroid"):
            with pytest.raises(
                InvalidInputError, match=r"facets are not known, the result is partial \(limit\)"
            ):
                getattr(region, attribute)
        assert part.locate(region.witness) == region.id
    whole = enumerate_regions(case.network, case.box)
    found = part.locate(whole.witnesses)
    assert sorted(found[found >= 0].tolist()) == list(range(7))
    assert (found < 0).sum() == whole.n_regions - 7
    assert len(part.degrees) == 7


def test_replace_keeps_the_arrays_frozen(cx: RegionComplex) -> None:
    other = replace(cx, engine="other")
    assert other.engine == "other"
    assert not other.states.flags.writeable


# ------------------------------------------------------------------------------------------- what is refused


def test_slices_are_lists_of_regions(cx: RegionComplex) -> None:
    assert [region.id for region in cx[:3]] == [0, 1, 2]
    assert [region.id for region in cx[-2:]] == [5, 6]
    assert [region.id for region in cx[::-3]] == [6, 3, 0]
    assert cx[7:] == []
    assert cx[np.array(2)].id == 2  # as locate gives it for one point


@pytest.mark.parametrize(
    "bad", ["0", 1.0, None, (0, 1), [0], np.array([0, 1]), slice("a", None), slice(0, 4, 0)]
)
def test_other_indices_are_refused(cx: RegionComplex, bad: object) -> None:
    with pytest.raises(InvalidInputError, match=r"region .*: they are numbered by whole numbers"):
        cx[bad]  # type: ignore[call-overload]


def test_need_faces(cx: RegionComplex) -> None:
    with pytest.raises(InvalidInputError, match=f"areas: .* engine '{cx.engine}' does not keep them; use"):
        cx.need_faces("areas")
    known = enumerate_regions(NET, BOX, engine="subdivide")
    assert known.need_faces("areas") is known.faces
    with pytest.raises(InvalidInputError, match="this result has lost them"):
        replace(known, known_faces=None).need_faces("areas")


def test_walls(cx: RegionComplex) -> None:
    """By hand: each adjacency once, and the facet of the lower region that leads to the higher one."""
    expected = {tuple(sorted((a, b))) for a, across in FACETS.items() for b in across if isinstance(b, str)}
    assert [tuple(pair) for pair in cx.walls.sides.tolist()] == sorted(
        tuple(sorted((ids(cx)[a], ids(cx)[b]))) for a, b in expected
    )
    assert cx.facet_owners[cx.walls.entries].tolist() == cx.walls.sides[:, 0].tolist()
    assert cx.facet_neighbors[cx.walls.entries].tolist() == cx.walls.sides[:, 1].tolist()


def test_walls_among_the_faces() -> None:
    cx = enumerate_regions(NET, BOX, engine="subdivide")
    assert cx.known_faces is not None
    walls = cx.walls.among(cx.faces)
    assert sorted(walls.tolist()) == [f for f in cx.faces.of_dimension(1).tolist() if cx.faces.inside[f]]
    for (i, j), wall in zip(cx.walls.sides.tolist(), walls.tolist(), strict=True):
        corners = {tuple(cx.faces.exact_point(v)) for v in cx.faces.corners(wall).tolist()}
        assert corners == set(cx[i].exact_vertices) & set(cx[j].exact_vertices)


@pytest.mark.parametrize("units", [1, 3])
def test_more_vertices_than_can_be_listed(units: int) -> None:
    """The corners of a box of 20 dimensions are a million: refused before any work, with the way out."""
    net = Network([relu(np.eye(20)[:units], np.zeros(units))])
    cx = enumerate_regions(net, Box.cube(20, -1, 1), engine="traverse")
    assert cx.n_regions == 2**units
    for ask in ("vertices", "exact_vertices", "volume", "centroid"):
        with pytest.raises(
            TooLargeError, match=r"40 facets in 20 dimensions it has up to 40,060,020 vertices"
        ):
            getattr(cx[0], ask)
    A, b = cx[0].halfspaces
    assert (A.shape, b.shape) == ((40, 20), (40,))


@pytest.mark.parametrize("dim", range(1, 7))
def test_the_most_vertices(dim: int) -> None:
    """Simplices and cubes never have more, and cyclic polytopes (moment curve) have as many, by Gale."""
    assert most_vertices(dim, dim + 1) == dim + 1
    assert most_vertices(dim, 2 * dim) >= 2**dim
    for n in range(dim + 1, dim + 5):
        # Facets of the cyclic polytope: sets of dim points between which all others come in pairs.
        facets = 0
        for chosen in combinations(range(n), dim):
            others = [p for p in range(n) if p not in chosen]
            facets += all(sum(a < c < b for c in chosen) % 2 == 0 for a, b in combinations(others, 2))
        if dim > 1:
            assert most_vertices(dim, n) == facets


def test_adjacencies_are_counted_without_listing_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a partial result that filled the memory is still told, and saved."""
    net, box = random_network(3, 2, ["relu", "relu"], 12), Box.cube(2, -1, 1)
    for limit in (None, 20):
        cx = enumerate_regions(net, box, engine="traverse", limit=limit)
        pairs = replace(cx).adjacencies
        monkeypatch.setattr(walls, "TOGETHER", 7)
        monkeypatch.setattr(Regions, "adjacencies", property(lambda self: pytest.fail("listed")))
        assert cx.n_adjacencies == len(pairs)
        assert (cx.degrees == np.bincount(pairs.ravel(), minlength=cx.n_regions)).all()
        monkeypatch.undo()
