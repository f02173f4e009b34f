from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from polyregions import Box
from polyregions.errors import InvalidBoxError, InvalidInputError, PolyregionsError

finite = st.floats(allow_nan=False, allow_infinity=False)


@st.composite
def bounds(draw: st.DrawFn) -> tuple[list[float], list[float]]:
    pairs = draw(st.lists(st.tuples(finite, finite).filter(lambda p: p[0] != p[1]), min_size=1, max_size=5))
    return [min(p) for p in pairs], [max(p) for p in pairs]


@given(bounds())
def test_keeps_its_bounds_bit_for_bit(case: tuple[list[float], list[float]]) -> None:
    lower, upper = case
    box = Box(lower, upper)
    assert box.dim == len(lower)
    assert [v.hex() for v in box.lower.tolist()] == [v.hex() for v in lower]
    assert [v.hex() for v in box.upper.tolist()] == [v.hex() for v in upper]
    assert box == Box(np.array(lower), tuple(upper))
    assert hash(box) == hash(Box(lower, upper))


@given(bounds())
def test_halfspaces_are_the_sides(case: tuple[list[float], list[float]]) -> None:
    box = Box(*case)
    A, b = box.halfspaces()
    assert A.shape == (2 * box.dim, box.dim)
    for j in range(box.dim):
        side = np.zeros(box.dim)
        side[j] = 1
        assert (A[2 * j] == -side).all()
        assert (A[2 * j + 1] == side).all()
        assert (-b[2 * j], b[2 * j + 1]) == (case[0][j], case[1][j])


@given(bounds(), st.data())
def test_contains_is_closed(case: tuple[list[float], list[float]], data: st.DataObject) -> None:
    box = Box(*case)
    corner = np.array([data.draw(st.sampled_from(pair)) for pair in zip(*case, strict=True)])
    j = data.draw(st.integers(0, box.dim - 1))
    below, above = corner.copy(), corner.copy()
    with np.errstate(over="ignore"):
        below[j], above[j] = np.nextafter(box.lower[j], -np.inf), np.nextafter(box.upper[j], np.inf)
    assert box.contains([corner, below, above]).tolist() == [True, False, False]
    assert box.contains(corner).tolist() == [True]


def test_contains_refuses_other_dimensions() -> None:
    """In one dimension, a list of points would otherwise be taken for one point."""
    for points in ([0.5, 0.25], [[0.5, 0.25]], 3 * [[[0.5]]]):
        with pytest.raises(InvalidInputError, match=r"shape \(n, 1\)"):
            Box([0], [1]).contains(points)
    assert not Box([0, 0], [1, 1]).contains(np.full((1, 2), np.nan)).any()


@pytest.mark.parametrize(
    ("lower", "upper", "volume"),
    [([0], [3], 3), ([-1, 2], [1, 4], 4), ([0, 0, -0.5], [2, 2, 0.5], 4), ([-1e308], [1e308], np.inf)],
)
def test_volume(lower: list[float], upper: list[float], volume: float) -> None:
    assert Box(lower, upper).volume == volume


def test_cube() -> None:
    assert Box.cube(3, -1, 2) == Box([-1, -1, -1], [2, 2, 2])
    assert Box.cube(np.int64(1), 0, 1).dim == 1


def test_is_frozen_and_does_not_share_memory() -> None:
    lower, upper = np.zeros(2), np.ones(2)
    box = Box(lower, upper)
    lower[0] = 0.5
    assert box.lower.tolist() == [0, 0]
    for array in (box.lower, box.upper):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 7
    with pytest.raises(AttributeError):
        box.lower = upper


def test_equality() -> None:
    box = Box([0, 1], [2, 3])
    assert box != Box([0, 1], [2, 3.5])
    assert box != Box([0.5, 1], [2, 3])
    assert box != Box([0], [2])
    assert box != "box"
    assert len({box, Box([0, 1], [2, 3]), Box([0, 1], [2, 4])}) == 2


def test_repr_evaluates_to_itself() -> None:
    box = Box([0.1, -1e300], [1 / 3, 5e-324])
    assert eval(repr(box), {"Box": Box}) == box


def test_accepts_every_number_that_is_a_float64() -> None:
    expected = Box([-1], [2])
    for number in (int, np.int8, np.uint8, np.float16, np.float32, np.float64):
        assert Box([-1.0], np.array([2], dtype=number)) == expected
    assert Box(-1, 2) == expected  # a number is a list of one
    assert Box([0], [2**60]).upper.tolist() == [2.0**60]


BAD: list[tuple[Any, Any, str]] = [
    ([0, 1], [1, 1], "dimension 1 is empty"),
    ([0, 1], [1, 0.5], "dimension 1 is inverted"),
    ([0.0], [-0.0], "dimension 0 is empty"),
    ([np.nan], [1], "lower must be finite"),
    ([0], [np.nan], "upper must be finite"),
    ([-np.inf], [1], "lower must be finite"),
    ([0], [np.inf], "upper must be finite"),
    ([0, 0], [1], "lower has 2 entries and upper has 1"),
    ([0], [1, 1], "lower has 1 entry and upper has 2"),
    ([], [], "at least|d >= 1"),
    ([[0, 0]], [[1, 1]], "shape"),
    ([[0], [0, 1]], [1, 1], "different lengths"),
    (["0"], [1], "real numbers|wider than float64"),
    ("zero", [1], "real numbers|wider than float64"),
    (None, [1], "real numbers|wider than float64"),
    ([0], [None], "real numbers|wider than float64"),
    ([0], {"upper": 1}, "real numbers|wider than float64"),
    ([False], [True], "real numbers|wider than float64"),
    (np.array([0j]), np.array([1 + 0j]), "real numbers|wider than float64"),
    ([0], np.array([1], dtype=np.longdouble), "real numbers|wider than float64"),
    ([0], [2**53 + 1], "2\\*\\*53"),
    ([0, 0], [2**53 + 1, 0.5], "2\\*\\*53"),
    ([0], np.array([2**53 + 1]), "2\\*\\*53"),
    ([-(10**400)], [0], "real numbers|wider than float64"),
]


@pytest.mark.parametrize(("lower", "upper", "message"), BAD, ids=str)
def test_refuses(lower: Any, upper: Any, message: str) -> None:
    with pytest.raises(InvalidBoxError, match=message) as caught:
        Box(lower, upper)
    assert isinstance(caught.value, PolyregionsError)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("dim", [0, -1, 2.0, "2", None])
def test_cube_refuses(dim: Any) -> None:
    with pytest.raises(InvalidBoxError, match="dimension must be a whole number"):
        Box.cube(dim, 0, 1)


@given(arrays(np.float64, st.tuples(st.integers(1, 6), st.integers(1, 3)), elements=finite))
def test_the_smallest_box_around_points(points: Any) -> None:
    low, high = points.min(axis=0), points.max(axis=0)
    if (low < high).all():
        box = Box.from_data(points)
        assert (box.lower == low).all()
        assert (box.upper == high).all()
        assert box.contains(points).all()
    else:
        with pytest.raises(InvalidBoxError, match=r"is empty.*fix_inputs for a fixed input"):
            Box.from_data(points)


def test_a_margin_is_a_share_of_each_side() -> None:
    points = np.array([[0, -100], [1, 100], [0.5, 0]], dtype=np.float32)
    assert Box.from_data(points, margin=0.5) == Box([-0.5, -200], [1.5, 200])
    assert Box.from_data(points, 0) == Box.from_data(points)
    for constant in ([[1, 2], [1, 3]], [[1, 2]]):
        with pytest.raises(InvalidBoxError, match="fix_inputs"):
            Box.from_data(constant, margin=0.5)
    with pytest.raises(InvalidBoxError, match="must be finite"):
        Box.from_data([[-1e308], [1e308]], margin=0.5)
    assert Box.from_data([[-1e308], [1e308]]) == Box([-1e308], [1e308])


@pytest.mark.parametrize(
    ("points", "margin", "message"),
    [
        ([1, 2], 0, "points: expected 2 dimension"),
        ([], 0, "points: expected 2 dimension"),
        ([[]], 0, "at least one point"),
        (np.empty((0, 2)), 0, "at least one point"),
        ([[1, np.nan]], 0, r"points\[0, 1\] is nan"),
        ([[1, "a"]], 0, "points: expected real numbers"),
        ([[0], [1]], -0.1, "margin must be a finite number at least 0"),
        ([[0], [1]], np.inf, "margin must be"),
        ([[0], [1]], "a", "margin must be"),
    ],
)
def test_data_that_have_no_box(points: Any, margin: Any, message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Box.from_data(points, margin)
