"""Measures of faces in bulk: within their proven bounds of exact ones, in thin cells and any box."""

from __future__ import annotations

from decimal import Decimal, localcontext
from fractions import Fraction
from math import factorial, inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples
from support.slabs import below
from support.zoo import by_name

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.analysis.definitions import linear_regions
from polyregions.complex.faces import Faces
from polyregions.complex.measures import COARSE, FINE
from polyregions.errors import InvalidInputError
from polyregions.statistics import boundary_volume

SCALES = [1.0, 1.0, 1.0, 10.0, 1e5, 1e-8, 1e150, 1e-150, 1e300, 1e-300, 1e307, 1e-310, 1e-318]


def determinant(table: list[list[Fraction]]) -> Fraction:
    if not table:
        return Fraction(1)
    return sum(
        (
            (-1) ** j * v * determinant([row[:j] + row[j + 1 :] for row in table[1:]])
            for j, v in enumerate(table[0])
            if v
        ),
        Fraction(0),
    )


def simplices(faces: Faces, face: int) -> list[list[int]]:
    """A fan from the highest vertex of each face."""
    if faces.cells.dim[face] == 0:
        return [[face]]
    apex = int(faces.corners(face).max())
    around = [below for below in faces.boundary(face).tolist() if apex not in faces.corners(below)]
    return [[apex, *rest] for below in around for rest in simplices(faces, below)]


def true_measure(faces: Faces, face: int) -> Decimal:
    """By Gram's determinants, to 60 digits."""
    total = Decimal(0)
    for simplex in simplices(faces, face):
        first, *others = [faces.exact_point(v) for v in simplex]
        sides = [[a - b for a, b in zip(point, first, strict=True)] for point in others]
        gram = determinant(
            [[sum((x * y for x, y in zip(u, v, strict=True)), Fraction(0)) for v in sides] for u in sides]
        )
        total += (Decimal(gram.numerator) / Decimal(gram.denominator)).sqrt()
    return total / factorial(int(faces.cells.dim[face]))


@st.composite
def complexes(draw: st.DrawFn) -> RegionComplex:
    """Few planes, some of them nearly the same, in boxes of sides of every size."""
    d, m = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    scale = np.array(draw(st.lists(st.sampled_from(SCALES), min_size=d, max_size=d)))
    if draw(st.booleans()):
        scale[:] = scale[0]
    entries = st.lists(st.integers(-3, 3), min_size=d, max_size=d)
    weights = np.array(draw(st.lists(entries, min_size=m, max_size=m))) * draw(st.sampled_from([1, 0.1]))
    biases = np.array(draw(st.lists(st.integers(-2, 2), min_size=m, max_size=m))) / 3
    if draw(st.booleans()):
        weights[-1] = weights[0]
        biases[-1] = biases[0] + draw(st.sampled_from([1e-9, 1e-12, 1e-15, 1e-300]))
    scale = np.maximum(scale, 1e-306) if weights.any() else scale
    lower = -scale * draw(st.sampled_from([0.0, 0.5, 1.0]))
    upper = scale * draw(st.sampled_from([0.25, 1.0, 1.7]))
    if draw(st.booleans()):  # subnormal sides
        lower, upper = lower * 2.0**-40, upper * 2.0**-40
    network = Network.from_arrays([(weights / scale, biases), (np.ones((1, m)), [0])])
    return enumerate_regions(network, Box(lower, upper), engine="subdivide")


@settings(max_examples=examples(60))
@given(complexes(), st.sampled_from([None, 1.0, 2.0**-15, 2.0**-40, 0.0]), st.data())
def test_within_the_bound(cx: RegionComplex, accuracy: float | None, data: st.DataObject) -> None:
    assert cx.known_faces is not None
    cx.check()
    relative = COARSE if accuracy is None else max(accuracy, 2.0**-52)
    with localcontext(prec=60, Emax=10**9, Emin=-(10**9)):
        for k in range(cx.box.dim + 1):
            values, errors = cx.faces.measured(k, accuracy)
            faces = cx.faces.of_dimension(k)
            for place in data.draw(st.lists(st.integers(0, len(faces) - 1), max_size=3)):
                true = true_measure(cx.faces, int(faces[place]))
                value, error = float(values[place]), float(errors[place])
                if value == inf:
                    assert true > Decimal(np.finfo(np.float64).max)
                    continue
                assert abs(Decimal(value) - true) <= Decimal(error) * (1 + Decimal(10) ** -40)
                assert error <= relative * value + 5e-324
                if accuracy == 0:  # rounded once
                    assert abs(Decimal(value) - true) <= Decimal(float(np.spacing(value))) * Decimal("0.5001")


@pytest.mark.parametrize("d", [1, 2, 3, 4])
@pytest.mark.parametrize("scale", [1.0, 1e150, 1e-150])
@pytest.mark.parametrize("width", [1e-9, 1e-12, 1e-14, 2.0**-40])
def test_slabs(d: int, scale: float, width: float) -> None:
    """Few regions: each is proven to 2^-30; the sums of the linear regions agree with those of one by one."""
    weights, box = [1.0, -0.5, 0.25, 1.5][:d], Box.cube(d, -scale, scale)
    network = Network.from_arrays([([weights] * 2, [0, -width * scale]), ([[1, 1]], [0])])
    cx = enumerate_regions(network, box, engine="subdivide")
    assert cx.known_faces is not None
    exact = [below(weights, level, box) for level in (0.0, width * scale, 10 * scale)]
    true = {(0, 0): exact[0], (1, 0): exact[1] - exact[0], (1, 1): exact[2] - exact[1]}
    shares, share_errors = cx.faces.measured_shares()
    values, errors = cx.faces.measured_volumes()
    for i, region in enumerate(cx):
        volume = true[tuple(region.pattern.tolist())]
        assert abs(Fraction(shares[i]) - volume / exact[2]) <= Fraction(share_errors[i])
        assert share_errors[i] <= FINE * shares[i] * 1.001
        if volume < Fraction(2) ** 1023:
            assert abs(Fraction(values[i]) - volume) <= Fraction(errors[i])
            assert errors[i] <= FINE * values[i] * 1.001 + 5e-324
    merged = linear_regions(cx)
    sums, sum_errors = merged.measured_volumes()
    for region, value, error in zip(merged, sums.tolist(), sum_errors.tolist(), strict=True):
        assert region.volume == value or abs(region.volume - value) <= error
    boundary = boundary_volume(cx)
    assert (boundary.errors <= FINE * boundary.volumes * 1.001 + 5e-324).all()
    wall = boundary_volume(cx, accuracy=0)
    assert abs(boundary.total - wall.total) <= boundary.error + wall.error or wall.total == inf


def test_many_faces_are_proven_to_the_coarser_accuracy() -> None:
    """And the bounds say how close they are; asked for more, more of them come from rationals."""
    rng = np.random.default_rng(0)
    layers = [(rng.normal(size=(24, n)), rng.normal(size=24) / 2) for n in (2, 24, 24)]
    network = Network.from_arrays([*layers, (np.ones((1, 24)), [0])])
    cx = enumerate_regions(network, Box.cube(2, -1, 1), engine="subdivide")
    assert cx.known_faces is not None
    values, errors = cx.faces.measured_volumes()
    assert np.count_nonzero(errors > FINE * values) > 64
    assert (errors <= COARSE * values).all()
    finer, bounds = cx.faces.measured_volumes(2.0**-26)
    assert (bounds <= 2.0**-26 * finer * 1.001).all()
    assert (np.abs(finer - values) <= bounds + errors).all()
    for i in np.argsort(-errors / values)[:20].tolist():
        assert abs(Fraction(values[i]) - cx[i].exact_volume) <= Fraction(errors[i])
    assert abs(values.sum() - 4) <= errors.sum() + 1e-12


def test_exact_volumes_fill_the_box_exactly() -> None:
    case = by_name("maxout-3d-3-3-3")
    cx = enumerate_regions(case.network, case.box, engine="subdivide")
    assert cx.known_faces is not None
    sides = [Fraction(b) - Fraction(a) for a, b in zip(case.box.lower, case.box.upper, strict=True)]
    assert sum(region.exact_volume for region in cx) == sides[0] * sides[1] * sides[2]
    assert cx.faces.volumes(0).tolist() == [region.volume for region in cx]


@pytest.mark.parametrize("accuracy", [-1.0, float("nan"), "high"])
def test_what_is_no_accuracy(accuracy: object) -> None:
    case = by_name("triple-point")
    faces = enumerate_regions(case.network, case.box, engine="subdivide").faces
    assert faces is not None
    with pytest.raises(InvalidInputError, match="accuracy must be a number, 0 or more"):
        faces.volumes(accuracy)  # type: ignore[arg-type]


@pytest.mark.parametrize("side", [1e-290, 1e-300, 1e-308, 1e-318, 5e-324, 1.7e308])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_places_in_boxes_of_every_size(side: float, d: int) -> None:
    """The corners of a box are themselves, and other vertices within their reach."""
    boxes = [Box.cube(d, 0, side), Box.cube(d, -side, side), Box.cube(d, -side, 0)]
    weight = 1 / max(side, 1e-307)
    bias = -0.3 * weight * side  # a vertex at 0.3 side, where subnormal numbers have few digits
    network = Network.from_arrays([([[weight] * d], [bias]), ([[1]], [0])])
    for box in boxes:
        faces = enumerate_regions(network, box, engine="subdivide").faces
        assert faces is not None
        bounds = list(zip(box.lower.tolist(), box.upper.tolist(), strict=True))
        for vertex, place, reach in zip(
            faces.of_dimension(0).tolist(), faces.points.tolist(), faces.reach.tolist(), strict=True
        ):
            for true, x, r, ends in zip(faces.exact_point(vertex), place, reach, bounds, strict=True):
                assert abs(Fraction(x) - true) <= Fraction(r)
                if true in map(Fraction, ends):
                    assert Fraction(x) == true


def test_reach_covers_vertices_of_nearly_parallel_planes() -> None:
    """Their places are off by more than float64's spacing, and still in reach."""
    rng = np.random.default_rng(3)
    beyond = 0
    for _ in range(20):
        row, point = rng.normal(size=2), rng.uniform(-0.5, 0.5, size=2)
        weight = np.array([row, row * 3 + rng.normal(size=2) * 1e-3])
        network = Network.from_arrays([(weight, -weight @ point), ([[1, 1]], [0])])
        faces = enumerate_regions(network, Box.cube(2, -1, 1), engine="subdivide").faces
        assert faces is not None
        for v, x, r in zip(faces.of_dimension(0).tolist(), faces.points, faces.reach, strict=True):
            off = [abs(Fraction(a) - b) for a, b in zip(x.tolist(), faces.exact_point(v), strict=True)]
            assert all(a <= Fraction(b) for a, b in zip(off, r.tolist(), strict=True))
            beyond += max(off) > Fraction(2) ** -50
    assert beyond > 5
