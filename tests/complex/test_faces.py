"""Faces of all dimensions as the user sees them: places, incidences, bends, measures."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from support.zoo import ZOO, Case, by_name

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.errors import InvalidInputError

SMALL = [case for case in ZOO if case.regions <= 300 and case.box.dim <= 3]
SOME = SMALL[:: max(1, len(SMALL) // 40)]


def subdivided(case: Case) -> RegionComplex:
    return enumerate_regions(case.network, case.box, engine="subdivide")


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_places_are_the_exact_ones_rounded(case: Case) -> None:
    faces = subdivided(case).faces
    assert faces is not None
    for vertex, place, reach in zip(faces.of_dimension(0).tolist(), faces.points, faces.reach, strict=True):
        assert (faces.point(vertex) == place).all()
        for v, x, r in zip(faces.exact_point(vertex), place.tolist(), reach.tolist(), strict=True):
            assert abs(Fraction(x) - v) <= Fraction(r)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_corners_of_regions_are_those_found_without_faces(case: Case) -> None:
    cx = subdivided(case)
    for i, region in enumerate(cx):
        corners = cx.faces.corners(int(cx.faces.cells.top[i]))
        assert {tuple(cx.faces.exact_point(int(v))) for v in corners} == set(region.exact_vertices)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_volumes(case: Case) -> None:
    cx = subdivided(case)
    expected = np.array([region.volume for region in cx])
    whole = case.box.volume
    assert np.allclose(cx.faces.volumes(), expected, rtol=1e-9, atol=1e-12 * whole)
    assert cx.faces.volumes().sum() == pytest.approx(whole, rel=1e-9)


@pytest.mark.parametrize(
    "case", [case for case in SMALL if case.box.dim == 2][::5], ids=lambda case: case.name
)
def test_rings_go_round(case: Case) -> None:
    cx = subdivided(case)
    points, offsets = cx.faces.rings()
    for i, region in enumerate(cx):
        ring, exact = points[offsets[i] : offsets[i + 1]], region.vertices
        # The same corners in the same cyclic order, from another start.
        shift = next(
            k
            for k in range(len(exact))
            if np.allclose(np.roll(ring, k, axis=0), exact, rtol=1e-9, atol=1e-12)
        )
        assert 0 <= shift < len(exact)


@pytest.mark.parametrize("case", SOME, ids=lambda case: case.name)
def test_units_bend_where_states_differ(case: Case) -> None:
    cx = subdivided(case)
    for k in range(case.box.dim + 1):
        bent = cx.faces.bent_units(k)
        around: dict[int, set[int]] = {int(f): set() for f in cx.faces.of_dimension(k)}
        for i, cell in enumerate(cx.faces.cells.top.tolist()):
            below = {cell}
            for _ in range(case.box.dim - k):
                below = {int(b) for f in below for b in cx.faces.boundary(f)}
            for f in below:
                around[f].add(i)
        for row, regions in zip(bent, around.values(), strict=True):
            states = cx.states[sorted(regions)]
            assert (row == (states != states[0]).any(axis=0)).all()


def test_wrong_questions() -> None:
    faces = subdivided(by_name("six-differ")).faces
    assert faces is not None
    edge = int(faces.of_dimension(1)[0])
    with pytest.raises(InvalidInputError, match="is no vertex"):
        faces.exact_point(edge)
    with pytest.raises(InvalidInputError, match="this complex has"):
        faces.boundary(len(faces))
    with pytest.raises(InvalidInputError, match="have 0 to"):
        faces.of_dimension(3)


def test_other_engines_have_no_faces() -> None:
    net = Network.from_arrays([([[1.0]], [0.0]), ([[1.0], [2.0]], [0.0, 0.0])])
    cx = enumerate_regions(net, Box.cube(1, -1, 1), engine="traverse")
    assert cx.known_faces is None
    with pytest.raises(InvalidInputError, match=r"faces of this result: .* does not keep them; use"):
        cx.faces.volumes()
    with pytest.raises(InvalidInputError, match="engine='subdivide'"):
        cx.decision_boundary()
