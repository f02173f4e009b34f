"""Polytopes as such: what is refused, which sides have facets, corners, volumes, points, and balls inside."""

from __future__ import annotations

import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.corners import affine_rank, corners, value
from support.profiles import examples
from support.strategies import boxes, polytopes

from polyregions import Box, Polytope
from polyregions.base.rounding import WHOLE
from polyregions.errors import InvalidInputError, InvalidPolytopeError, TooLargeError
from polyregions.geometry import halfspaces, polytope_domain
from polyregions.geometry.domain import corners as corners_of
from polyregions.geometry.domain import facet_sides, n_sides, side_rows
from polyregions.geometry.recentred_domain import recentred_corners, recentred_sides

SQUARE = Box.cube(2, -1, 1)


@st.composite
def domains(draw: st.DrawFn) -> Polytope:
    return draw(polytopes(draw(boxes(draw(st.sampled_from((2, 1, 3)))))))


def rows_of(polytope: Polytope) -> list[list[int]]:
    """Integer rows of all sides, from A, b and the box alone."""
    A, b = polytope.halfspaces()
    rows = []
    for normal, bound in zip(A.tolist(), b.tolist(), strict=True):
        numbers = [*(-Fraction(a) for a in normal), Fraction(bound)]
        scale = max(v.denominator for v in numbers)
        rows.append([int(v * scale) for v in numbers])
    return rows


@settings(max_examples=examples(150))
@given(domains())
def test_corners_and_facets_are_those_of_all_sets_of_rows(polytope: Polytope) -> None:
    rows = rows_of(polytope)
    expected = corners(rows)
    assert set(polytope.exact_vertices) == expected
    tight = [frozenset(v for v in expected if value(row, v) == 0 and any(row[:-1])) for row in rows]
    facets = [k for k, own in enumerate(tight) if affine_rank(list(own)) == polytope.dim]
    assert list(polytope.facet_sides) == [k for k in facets if tight[k] not in tight[:k]]
    for corner in polytope.corners:
        point = tuple(Fraction(v, corner.point[-1]) for v in corner.point[:-1])
        assert list(corner.sides) == [k for k in polytope.facet_sides if point in tight[k]]
    assert all(value(row, polytope.interior) > 0 for row in rows if any(row[:-1]))
    assert side_rows(polytope) == polytope.rows
    assert n_sides(polytope) == len(rows)


@settings(max_examples=examples(60))
@given(domains())
def test_programs_find_what_corners_tell(polytope: Polytope) -> None:
    planes = halfspaces.distinct_planes(polytope.rows)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(halfspaces, "FEW_DIMENSIONS", 0)
        found = halfspaces.facet_planes(list(planes), list(polytope.interior))
    assert [list(planes.values())[k] for k in found] == list(polytope.facet_sides)


@settings(max_examples=examples(100))
@given(domains(), st.booleans())
def test_recentred_sides_and_corners_are_as_close_as_they_say(polytope: Polytope, whole: bool) -> None:
    box = polytope.box
    ends = [(Fraction(a), Fraction(b)) for a, b in zip(box.lower.tolist(), box.upper.tolist(), strict=True)]
    forms, errors = recentred_sides(polytope, whole)
    for row, form, error in zip(rows_of(polytope), forms.tolist(), errors.tolist(), strict=True):
        exact = [a * (high - low) / 2 for a, (low, high) in zip(row, ends, strict=False)]
        exact.append(row[-1] + sum(a * (low + high) / 2 for a, (low, high) in zip(row, ends, strict=False)))
        given = [Fraction(v) for v in form]
        k = max(range(len(exact)), key=lambda k: abs(exact[k]))
        scale = given[k] / exact[k] if exact[k] else Fraction(1)
        assert scale > 0
        off = sum(abs(g - scale * e) for g, e in zip(given, exact, strict=True))
        assert off <= Fraction(error) * 2
        if error == 0.0:
            assert off == 0
            assert not whole or all(v.denominator == 1 and abs(v) < WHOLE for v in given)
    points, radii = recentred_corners(polytope, whole)
    if polytope.is_box:
        assert radii.size == 2**polytope.dim
        return
    for vertex, point, radius in zip(polytope.exact_vertices, points.tolist(), radii.tolist(), strict=True):
        for v, (low, high), t in zip(vertex, ends, point, strict=False):
            exact_t = (2 * v - low - high) / (high - low)
            assert abs(Fraction(t) / Fraction(point[-1]) - exact_t) <= Fraction(radius)
        if whole and radius == 0.0:
            assert all(v == int(v) and abs(v) < WHOLE for v in point)


@settings(max_examples=examples(100))
@given(domains(), st.data())
def test_points_are_inside_exactly(polytope: Polytope, data: st.DataObject) -> None:
    shares = st.sampled_from((0.0, 0.25, 0.5, 1.0, 0.5 + 2.0**-50))
    box, rows = polytope.box, rows_of(polytope)
    points = np.array(
        [
            *(box.lower + (box.upper - box.lower) * [data.draw(shares) for _ in box.lower] for _ in range(4)),
            *polytope.vertices,
            box.upper + 1,
        ]
    )
    expected = [all(value(row, tuple(map(Fraction, x))) >= 0 for row in rows) for x in points.tolist()]
    assert polytope.contains(points).tolist() == expected


def test_the_bounding_box_is_found() -> None:
    third = Polytope([[-1, 0], [0, -1], [3, 0], [1, 3]], [0, 0, 1, 1])
    assert third.box.lower.tolist() == [0, 0]
    for value_ in third.box.upper.tolist():
        assert value_ == pytest.approx(1 / 3)
        assert Fraction(value_) >= Fraction(1, 3) > Fraction(float(np.nextafter(value_, 0)))
    for d in (1, 2, 3, 5):
        assert Polytope.cross(np.zeros(d), 0.5).box == Box.cube(d, -0.5, 0.5)
    shifted = Polytope([[1, 1], [-1, 1], [0, -1]], [3, 1, 0])
    assert shifted.box == Box([-1, 0], [3, 2])
    assert shifted.exact_volume == 4


REFUSED: list[tuple[Any, Any, Any, str]] = [
    ([[1, 1]], [1], None, "it is unbounded: it holds whole lines"),
    (np.zeros((0, 2)), [], None, "it is unbounded"),
    ([[1, 0], [-1, 0]], [1, 1], None, "it is unbounded: it holds whole lines"),
    ([[1, 1], [-1, 0]], [1, 0], None, "x_0, counted from 0, no upper bound"),
    ([[1, 0], [-1, 0], [0, 1]], [1, 1, 1], None, "x_1, counted from 0, no lower bound"),
    ([[1, 0], [-1, 0]], [0, 0], SQUARE, "it is flat"),
    ([[1, 1]], [-2], SQUARE, "it is flat"),
    ([[1, 1]], [-2.5], SQUARE, "it is empty"),
    ([[1, 0], [-1, 0], [0, 1], [0, -1]], [-1, 0, 1, 1], None, "it is empty"),
    ([[1, 0], [-1, 0], [0, 1], [0, -1]], [0, 0, 1, 1], None, "it is flat"),
    ([[0, 0]], [-1], SQUARE, "a row of zeros"),
    ([[1, 1, 1]], [1], SQUARE, "3 coefficients, the box has 2"),
    ([[1, 1]], [1, 2], SQUARE, "1 row of 2 coefficients and b 2 entries"),
    ([1, 1], [1], SQUARE, "expected 2 dimension"),
    ([[1, np.nan]], [1], SQUARE, "must be finite"),
    ([[1, np.inf]], [1], SQUARE, "must be finite"),
    ([["a", "b"]], [1], SQUARE, "real numbers"),
    ([[1e-300], [-1e-300]], [1e300, 1e300], None, "beyond the range of float64"),
]


@pytest.mark.parametrize(("A", "b", "box", "message"), REFUSED)
def test_what_is_no_polytope_is_refused(A: Any, b: Any, box: Box | None, message: str) -> None:
    with pytest.raises(InvalidPolytopeError, match=message):
        Polytope(A, b, box)


def test_other_arguments_that_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="expected a Box, got tuple"):
        Polytope([[1, 1]], [1], (0, 1))  # type: ignore[arg-type]
    with pytest.raises(InvalidPolytopeError, match="give normals"):
        Polytope.around_ball([0, 0, 0], 1, 8)
    with pytest.raises(InvalidPolytopeError, match="3 or more"):
        Polytope.around_ball([0, 0], 1, 2)
    with pytest.raises(InvalidPolytopeError, match="positive"):
        Polytope.around_ball([0, 0], -1)
    with pytest.raises(InvalidPolytopeError, match="3 entries, the centre 2"):
        Polytope.around_ball([0, 0], 1, np.eye(3))
    with pytest.raises(InvalidPolytopeError, match="positive"):
        Polytope.cross([0, 0], 0)
    with pytest.raises(TooLargeError, match=r"2\^30 rows"):
        Polytope.cross(np.zeros(30), 1)


@pytest.mark.parametrize("seed", range(20))
def test_the_ball_is_inside(seed: int) -> None:
    """Each row, exactly: ``b - a . c >= r |a|``, and hardly more."""
    rng = np.random.default_rng(seed)
    d = 2 + seed % 3
    centre, radius = rng.normal(size=d) * 10.0 ** rng.integers(-5, 6), float(rng.random()) + 0.01
    normals = np.concatenate([rng.normal(size=(9, d)), np.eye(d), -np.eye(d)])
    found = Polytope.around_ball(centre, radius, normals if d > 2 else 7 + seed)
    cross = Polytope.cross(centre, radius)
    for A, b, length in ((found.A, found.b, 2), (cross.A, cross.b, 1)):
        for row, bound in zip(A.tolist(), b.tolist(), strict=True):
            gap = Fraction(bound) - sum(Fraction(a) * Fraction(c) for a, c in zip(row, centre, strict=True))
            square = sum(Fraction(a) ** 2 for a in row) if length == 2 else Fraction(1)
            reach = Fraction(radius) ** 2 * square
            assert gap > 0
            assert reach <= gap**2 <= reach * (1 + Fraction(1, 10**3))


def test_shapes_have_their_sizes() -> None:
    for d in (1, 2, 3, 4):
        simplex, cross = Polytope.simplex(d, 2), Polytope.cross(np.zeros(d), 1)
        factorial = int(np.prod(np.arange(1, d + 1)))
        assert simplex.exact_volume == Fraction(2**d, factorial)
        assert len(simplex.corners) == d + 1
        assert cross.exact_volume == Fraction(2**d, factorial)
        assert len(cross.corners) == 2 * d
    assert len(Polytope.around_ball([0, 0], 1, 12).facet_sides) == 12


def test_it_is_a_value() -> None:
    one, two = Polytope([[1, 1]], [1], SQUARE), Polytope([[1.0, 1.0]], [1.0], Box.cube(2, -1, 1))
    assert one == two
    assert hash(one) == hash(two)
    assert one != Polytope([[1, 1]], [1.5], SQUARE)
    assert one != SQUARE
    assert pickle.loads(pickle.dumps(one)) == one
    assert repr(one) == "Polytope(1 row in [-1.0, -1.0] to [1.0, 1.0])"
    with pytest.raises(ValueError, match="read-only"):
        one.A[0, 0] = 2
    with pytest.raises(AttributeError, match="cannot assign"):
        one.box = SQUARE  # type: ignore[misc]
    assert facet_sides(SQUARE) == (0, 1, 2, 3)
    assert polytope_domain.Polytope is Polytope


@settings(max_examples=examples(50))
@given(st.sampled_from((1, 2, 3)).flatmap(boxes))
def test_corners_of_a_box_are_those_of_its_rows(box: Box) -> None:
    """In the order of the recentred ones, with all sides through them."""
    A, b = box.halfspaces()
    same = Polytope(A, b, box)
    assert same.is_box
    assert corners_of(same) == corners_of(box)
    assert sorted(corners_of(box)) == sorted(same.corners)
    points, radii = recentred_corners(box)
    assert not radii.any()
    for corner, point in zip(corners_of(box), points.tolist(), strict=True):
        assert corner.sides == tuple(2 * j + (t > 0) for j, t in enumerate(point[:-1]))
        ends = [(box.upper if t > 0 else box.lower)[j] for j, t in enumerate(point[:-1])]
        assert [Fraction(v, corner.point[-1]) for v in corner.point[:-1]] == [Fraction(v) for v in ends]
