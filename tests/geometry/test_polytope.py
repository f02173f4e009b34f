from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations, permutations, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull, HalfspaceIntersection

from polyregions import Box
from polyregions.base.rationals import homogeneous
from polyregions.errors import CheckFailedError
from polyregions.geometry.polytope import (
    centroid,
    exact_volume,
    float_halfspaces,
    polygon_vertices,
    simplices,
    vertices,
    volume,
)
from polyregions.network.box import box_rows

Rows = list[list[int]]


def unit(d: int, j: int, sign: int, constant: int) -> list[int]:
    row = [0] * (d + 1)
    row[j], row[-1] = sign, constant
    return row


def simplex(d: int) -> Rows:
    """x >= 0, sum x <= 1: vertices 0 and the unit vectors, volume 1 / d!, centroid 1 / (d + 1)."""
    return [unit(d, j, 1, 0) for j in range(d)] + [[-1] * d + [1]]


def cross_polytope(d: int) -> Rows:
    """sum |x| <= 1: 2 d vertices, volume 2^d / d!."""
    return [[*signs, 1] for signs in product((1, -1), repeat=d)]


def permutohedron(d: int) -> Rows:
    """Permutations of 0..d projected along the last coordinate: (d + 1)! vertices, (d + 1)^(d - 1) volume."""
    rows = []
    for size in range(1, d + 1):
        for subset in combinations(range(d + 1), size):
            # The sum over a subset is at least 0 + 1 + ... + (size - 1); x_d = total - the others.
            row, bound = [int(i in subset) for i in range(d + 1)], size * (size - 1) // 2
            last = row.pop()
            rows.append([v - last for v in row] + [last * d * (d + 1) // 2 - bound])
    return rows


# ------------------------------------------------------------------------------------- known polytopes


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_simplices(d: int) -> None:
    rows = simplex(d)
    points = vertices(rows)
    corners = {tuple(Fraction(int(i == j)) for i in range(d)) for j in range(d + 1)}
    assert len(points) == d + 1
    assert set(points) == corners
    assert exact_volume(points, rows) == Fraction(1, math.factorial(d))
    assert centroid(points, rows) == pytest.approx([1 / (d + 1)] * d, rel=1e-14)
    assert len(simplices(points, rows)) == 1


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_boxes(d: int) -> None:
    low, high = [-1.5, 0.1, -3.0, 2.0**-30, 7.0][:d], [2.5, 0.3, -1.0, 2.0**-29, 7.25][:d]
    box = Box(low, high)
    rows = box_rows(box)
    points = vertices(rows)
    assert len(points) == 2**d
    assert set(points) == set(product(*([Fraction(a), Fraction(b)] for a, b in zip(low, high, strict=True))))
    sides = [Fraction(b) - Fraction(a) for a, b in zip(low, high, strict=True)]
    assert exact_volume(points, rows) == math.prod(sides)
    assert volume(points, rows) == pytest.approx(float(math.prod(sides)), rel=1e-12)
    centre = [float((Fraction(b) + Fraction(a)) / 2) for a, b in zip(low, high, strict=True)]
    assert centroid(points, rows) == pytest.approx(centre, rel=1e-12)


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_cross_polytopes(d: int) -> None:
    """For d >= 3 a vertex lies on 2^(d - 1) > d facets."""
    rows = cross_polytope(d)
    points = vertices(rows)
    assert len(points) == 2 * d
    assert all(sorted(map(abs, p)) == [0] * (d - 1) + [1] for p in points)
    assert exact_volume(points, rows) == Fraction(2**d, math.factorial(d))
    assert volume(points, rows) == pytest.approx(2**d / math.factorial(d), rel=1e-12)
    assert centroid(points, rows) == pytest.approx([0] * d, abs=1e-12)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_permutohedra(d: int) -> None:
    """Volume (d + 1)^(d - 1): the number of trees on d + 1 labelled vertices (Cayley, Stanley)."""
    rows = permutohedron(d)
    points = vertices(rows)
    assert len(points) == math.factorial(d + 1)
    assert set(points) == {p[:-1] for p in permutations([Fraction(k) for k in range(d + 1)])}
    assert exact_volume(points, rows) == (d + 1) ** (d - 1)
    assert centroid(points, rows).tolist() == [d / 2] * d


def test_pyramid() -> None:
    """Square [-1, 1]^2 at height 0, apex at height 3: volume 4, centroid at a quarter of the height."""
    rows = [[0, 0, 1, 0], [3, 0, -1, 3], [-3, 0, -1, 3], [0, 3, -1, 3], [0, -3, -1, 3]]
    points = vertices(rows)
    assert set(points) == {(-1, -1, 0), (-1, 1, 0), (1, -1, 0), (1, 1, 0), (0, 0, 3)}
    assert exact_volume(points, rows) == 4
    assert centroid(points, rows).tolist() == [0, 0, 0.75]


def test_polygon_by_hand() -> None:
    """The hexagon |x|, |y|, |x - y| <= 1 counter-clockwise from its least vertex; area 3."""
    rows = [[1, 0, 1], [-1, 0, 1], [0, 1, 1], [0, -1, 1], [1, -1, 1], [-1, 1, 1]]
    expected = [(-1, -1), (0, -1), (1, 0), (1, 1), (0, 1), (-1, 0)]
    assert vertices(rows) == expected
    assert polygon_vertices(rows) == expected
    assert exact_volume(expected, rows) == 3


def test_redundant_and_repeated_rows_change_nothing() -> None:
    rows = simplex(3)
    points = vertices(rows)
    more = [*rows, [2, 0, 0, 0], [-1, -1, -1, 5], [-2, -2, 0, 2], *rows]  # the third touches an edge
    assert set(vertices(more)) == set(points)
    assert exact_volume(points, more) == Fraction(1, 6)


def test_extreme_coordinates() -> None:
    thin = Fraction(1, 2**1000)
    rows = [[1, 0, 0], [-(2**1000), 0, 1], [0, 1, 2**900], [0, -1, 2**900]]
    points = vertices(rows)
    assert set(points) == {(x, y) for x in (0, thin) for y in (-(2**900), 2**900)}
    assert exact_volume(points, rows) == Fraction(2, 2**100)
    assert volume(points, rows) == 2.0**-99


# ------------------------------------------------------------------------------------ not a polytope


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 0, 0], [0, 1, 0]],  # a quadrant
        [[1, 0, 0], [-1, 0, 1]],  # a strip: the rows do not span
        [[1, 0, 0], [-1, 0, 1], [0, 1, 0]],  # half a strip
        [[1, 0, -1], [-1, 0, 0], [0, 1, 0], [0, -1, 1]],  # x >= 1 and x <= 0
        [[1, 0, 0], [0, 1, 0], [-1, -1, -1]],  # x + y <= -1
        [[1, 0, -1], [-1, 0, 0], [0, 1, 0], [0, -1, 1], [1, 0, 5], [-1, 0, 5]],
    ],
    ids=["quadrant", "strip", "half strip", "empty", "empty simplex", "empty in a box"],
)
def test_unbounded_and_empty_ones_are_refused(rows: Rows) -> None:
    with pytest.raises(CheckFailedError):
        vertices(rows)


@pytest.mark.parametrize("rows", [[[1, 0, 0], [0, 1, 0], [1, 1, 3]], [[1, 0, 0], [0, 1, 0], [0, -1, 1]]])
def test_unbounded_polygons_are_refused(rows: Rows) -> None:
    with pytest.raises(CheckFailedError):
        polygon_vertices(rows)


def test_a_single_interval() -> None:
    assert vertices([[3, -1], [-2, 5]]) == [(Fraction(1, 3),), (Fraction(5, 2),)]


# ------------------------------------------------------------------------------------ random ones

entries = st.integers(-9, 9)


@st.composite
def polytopes(draw: st.DrawFn, dims: tuple[int, ...] = (1, 2, 3, 4)) -> Rows:
    """Rational rows that are strictly positive at one rational point, in a box."""
    d = draw(st.sampled_from(dims))
    inside = [draw(st.fractions(-1, 1, max_denominator=8)) for _ in range(d)]
    rows = box_rows(Box([-2] * d, [2] * d))
    for _ in range(draw(st.integers(0, 6))):
        normal = [draw(entries) for _ in range(d)]
        if any(normal):
            depth = draw(st.fractions(Fraction(1, 20), 3, max_denominator=20))
            constant = depth - sum(a * v for a, v in zip(normal, inside, strict=True))
            rows.append([a * constant.denominator for a in normal] + [constant.numerator])
    return rows


def by_all_bases(rows: Rows) -> set[tuple[Fraction, ...]]:
    """Vertices by definition: solutions of d independent rows at which no row is negative (Cramer)."""
    d = len(rows[0]) - 1
    found = set()
    for basis in combinations(rows, d):
        matrix = [[Fraction(v) for v in row] for row in basis]
        for c in range(d):
            pivot = next((r for r in range(c, d) if matrix[r][c]), None)
            if pivot is None:
                break
            matrix[c], matrix[pivot] = matrix[pivot], matrix[c]
            matrix[c] = [v / matrix[c][c] for v in matrix[c]]
            for r in range(d):
                if r != c:
                    matrix[r] = [a - matrix[r][c] * b for a, b in zip(matrix[r], matrix[c], strict=True)]
        else:
            point = tuple(-row[-1] for row in matrix)
            if all(sum(a * v for a, v in zip(row, [*point, 1], strict=True)) >= 0 for row in rows):
                found.add(point)
    return found


@settings(max_examples=150, deadline=None)
@given(polytopes((1, 2, 3)))
def test_vertices_are_those_of_all_bases(rows: Rows) -> None:
    points = vertices(rows)
    assert len(set(points)) == len(points)
    assert set(points) == by_all_bases(rows)


def irredundant(rows: Rows, points: list[tuple[Fraction, ...]]) -> Rows:
    """One row for each edge of a polygon."""
    kept: dict[frozenset[int], list[int]] = {}
    for row in rows:
        on = frozenset(
            i for i, p in enumerate(points) if sum(a * v for a, v in zip(row, [*p, 1], strict=True)) == 0
        )
        if len(on) == 2:
            kept[on] = row
    return list(kept.values())


@settings(max_examples=150, deadline=None)
@given(polytopes((2,)))
def test_polygons_are_convex_and_counter_clockwise(rows: Rows) -> None:
    points = vertices(rows)
    assert points[0] == min(points)
    for p, q, r in zip(points, points[1:] + points[:1], points[2:] + points[:2], strict=True):
        assert (q[0] - p[0]) * (r[1] - q[1]) > (q[1] - p[1]) * (r[0] - q[0])
    assert polygon_vertices(irredundant(rows, points)) == points
    shoelace = sum(
        (p[0] * q[1] - p[1] * q[0] for p, q in zip(points, points[1:] + points[:1], strict=True)), Fraction(0)
    )
    assert exact_volume(points, rows) == shoelace / 2


@settings(max_examples=100, deadline=None)
@given(polytopes((2, 3, 4)))
def test_volume_and_centroid_are_those_of_qhull(rows: Rows) -> None:
    points = vertices(rows)
    hull = ConvexHull(np.array(points, dtype=float))
    assert len(hull.vertices) == len(points)
    measure = exact_volume(points, rows)
    assert float(measure) == pytest.approx(hull.volume, rel=1e-9)
    assert volume(points, rows) == float(measure)
    centre = np.array(points, dtype=float).mean(axis=0)
    cones = hull.points[hull.simplices]
    weights = np.abs(np.linalg.det(cones - centre))
    means = (cones.sum(axis=1) + centre) / (len(centre) + 1)
    assert centroid(points, rows) == pytest.approx(weights @ means / weights.sum(), abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(polytopes((2, 3, 4)))
def test_vertices_are_those_of_qhull(rows: Rows) -> None:
    points = vertices(rows)
    matrix = -np.array(rows, dtype=float)
    inside = [float(sum(column) / len(points)) for column in zip(*points, strict=True)]
    slack = matrix[:, :-1] @ inside + matrix[:, -1]
    assume((slack / np.linalg.norm(matrix[:, :-1], axis=1) < -1e-3).all())
    found = HalfspaceIntersection(matrix, np.array(inside)).intersections
    exact = np.array(points, dtype=float)
    distances = np.abs(found[:, None] - exact[None]).max(axis=2)
    assert distances.min(axis=1).max() < 1e-6
    assert distances.min(axis=0).max() < 1e-6


@settings(max_examples=15, deadline=None)
@given(polytopes((5,)))
def test_five_dimensions_in_float(rows: Rows) -> None:
    """Beyond d = 4 volume and centroid come from Qhull; here against the exact fan."""
    assume(len(rows) <= 13)
    points = vertices(rows)
    parts = simplices(points, rows)
    exact = exact_volume(points, rows)
    assert volume(points, rows) == pytest.approx(float(exact), rel=1e-9)
    moments = np.zeros(5)
    for part in parts:
        corners = np.array(part, dtype=float)
        moments += abs(np.linalg.det(corners[1:] - corners[0])) / 120 * corners.mean(axis=0)
    assert centroid(points, rows) == pytest.approx(moments / float(exact), abs=1e-8)


@settings(max_examples=80, deadline=None)
@given(polytopes((2, 3)), st.data())
def test_volumes_of_two_halves_add_up(rows: Rows, data: st.DataObject) -> None:
    """Cut by a plane through the mean of the vertices."""
    points = vertices(rows)
    mean = [sum(column, Fraction(0)) / len(points) for column in zip(*points, strict=True)]
    normal = [data.draw(entries) for _ in mean]
    assume(any(normal))
    constant = -sum((a * v for a, v in zip(normal, mean, strict=True)), Fraction(0))
    cut = [a * constant.denominator for a in normal] + [constant.numerator]
    halves = [[*rows, cut], [*rows, [-v for v in cut]]]
    total = sum((exact_volume(vertices(half), half) for half in halves), Fraction(0))
    assert total == exact_volume(points, rows)


# ---------------------------------------------------------------------------------------- conversions


@given(st.lists(st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)), min_size=1, max_size=4))
def test_box_rows(pairs: list[tuple[float, float]]) -> None:
    pairs = [(min(p), max(p)) for p in pairs]
    assume(all(a < b for a, b in pairs))
    box = Box([a for a, _ in pairs], [b for _, b in pairs])
    for side, row in enumerate(box_rows(box)):
        j, bound = side // 2, pairs[side // 2][side % 2]
        sign = 1 if side % 2 == 0 else -1
        assert [k for k, v in enumerate(row[:-1]) if v] == [j]
        assert row[j] * sign > 0
        assert Fraction(-row[-1], row[j]) == Fraction(bound)


def test_float_halfspaces() -> None:
    """Divided by the largest coefficient, rounded once, turned into A x <= b."""
    A, b = float_halfspaces([[3, -1, 2], [0, 5, -10], [-7, 7, 0], [10**400, 3, 10**399]])
    assert A.tolist() == [[-1, 1 / 3], [0, -1], [1, -1], [-1, 0]]
    assert b.tolist() == [2 / 3, -2, 0, 0.1]


def test_homogeneous() -> None:
    assert homogeneous((Fraction(1, 2), Fraction(-2, 3))) == [3, -4, 6]
    assert homogeneous((Fraction(0),)) == [0, 1]
