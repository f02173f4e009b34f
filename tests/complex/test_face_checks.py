"""The checks of all faces together: true complexes pass, and every way to break one is noticed."""

from __future__ import annotations

import copy
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from support.zoo import by_name

from polyregions import Box, RegionComplex, enumerate_regions
from polyregions.complex.face_checks import check_faces
from polyregions.complex.faces import Faces
from polyregions.errors import CheckFailedError

NAMES = ["six-differ", "fold-2d-2-2-outside", "grid-2-2-3", "triple-point", "maxout-3d-3-3-3", "braid-4"]


@pytest.fixture(params=NAMES)
def cx(request: pytest.FixtureRequest) -> RegionComplex:
    case = by_name(request.param)
    return enumerate_regions(case.network, case.box, engine="subdivide")


def broken(cx: RegionComplex, **arrays: np.ndarray) -> Faces:
    """The faces with other arrays in their cells."""
    assert cx.known_faces is not None
    faces = copy.copy(cx.faces)
    faces.cells = replace(faces.cells, _by_dim={}, **arrays)
    faces.__dict__.pop("inside", None)
    return faces


def refuses(cx: RegionComplex, faces: Faces) -> None:
    with pytest.raises(CheckFailedError):
        check_faces(cx, faces)


def test_true_faces_pass(cx: RegionComplex) -> None:
    assert cx.known_faces is not None
    check_faces(cx, cx.faces)


def test_a_boundary_with_another_face_in_it(cx: RegionComplex) -> None:
    rng = np.random.default_rng(0)
    cells = cx.faces.cells
    for k in range(1, cx.box.dim + 1):
        for f in rng.choice(cells.faces(k), 6):
            place = int(cells.start[f] + rng.integers(cells.size[f]))
            for other in rng.choice(len(cx.faces), 6):
                if other != cells.pool[place]:
                    pool = cells.pool.copy()
                    pool[place] = other
                    if k == 1 and cells.dim[other] == 0 and other not in cells.boundary(f):
                        continue  # an edge that ends elsewhere: its polygon is not closed, seen from k = 2 on
                    refuses(cx, broken(cx, pool=pool))


def test_an_edge_that_ends_elsewhere(cx: RegionComplex) -> None:
    if cx.box.dim == 1:
        return
    rng = np.random.default_rng(1)
    cells = cx.faces.cells
    for f, other in product(rng.choice(cells.faces(1), 6), rng.choice(cells.faces(0), 6)):
        if other not in cells.boundary(f):
            pool = cells.pool.copy()
            pool[cells.start[f]] = other
            refuses(cx, broken(cx, pool=pool))


def test_a_boundary_that_misses_a_face(cx: RegionComplex) -> None:
    rng = np.random.default_rng(2)
    cells = cx.faces.cells
    for k in range(1, cx.box.dim + 1):
        for f in rng.choice(cells.faces(k), 6):
            size = cells.size.copy()
            size[f] -= 1
            refuses(cx, broken(cx, size=size))


def test_a_region_that_is_missing(cx: RegionComplex) -> None:
    for i in range(0, cx.n_regions, max(1, cx.n_regions // 5)):
        refuses(cx, broken(cx, top=np.delete(cx.faces.cells.top, i)))


def test_two_regions_exchanged(cx: RegionComplex) -> None:
    if cx.n_regions > 2:
        top = cx.faces.cells.top.copy()
        top[[0, -1]] = top[[-1, 0]]
        refuses(cx, broken(cx, top=top))


def test_a_state_that_is_another(cx: RegionComplex) -> None:
    """Then a unit bends where there is no facet, or keeps its state across one, or the network jumps."""
    rng = np.random.default_rng(3)
    for i in rng.integers(cx.n_regions, size=8):
        for unit in rng.integers(cx.network.n_units, size=3):
            states = cx.states.copy()
            states[i, unit] = 1 - min(states[i, unit], 1)
            changed = replace(cx, states=states)
            with pytest.raises(CheckFailedError):
                changed.check()


def test_a_vertex_elsewhere(cx: RegionComplex) -> None:
    """Regions that are too large or too small, or maps that do not agree."""
    rng = np.random.default_rng(4)
    vertices = np.flatnonzero(cx.faces.inside[cx.faces.of_dimension(0)])
    if not vertices.size:
        return
    for v in rng.choice(vertices, 6):
        points = cx.faces.points.copy()
        points[v] += 1e-3 * (cx.box.upper - cx.box.lower) * rng.choice([-1, 1], cx.box.dim)
        faces = broken(cx)
        faces.__dict__["points"] = points
        refuses(cx, faces)


def test_a_sample_is_checked_exactly() -> None:
    case = by_name("fold-2d-2-2-outside")
    cx = enumerate_regions(case.network, Box.cube(2, -3, 3), engine="subdivide")
    cx.check()
