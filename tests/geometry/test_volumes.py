"""Exact volumes and centroids in every dimension, against closed forms and another algorithm."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples
from support.slabs import below
from support.triangulation import fan_centroid, fan_volume

from polyregions import Box, Network, enumerate_regions
from polyregions.base.rationals import round_fraction
from polyregions.errors import TooLargeError
from polyregions.geometry.polytope import vertices
from polyregions.geometry.volumes import centroid, exact_centroid, exact_volume, volume
from polyregions.network.box import box_rows

WEIGHTS = [1.0, -0.5, 0.25, 1.5, -0.75, 0.625]
WIDTHS = [1e-9, 1e-12, 1e-13, 1e-14, 2.0**-40, 0.25]


def slab_network(d: int, width: float, scale: float) -> Network:
    """Two parallel planes, so far apart."""
    return Network.from_arrays([([WEIGHTS[:d]] * 2, [0, -width * scale]), ([[1, 1]], [0])])


def slab_volumes(d: int, width: float, box: Box, scale: float) -> dict[tuple[int, int], Fraction]:
    """Volume of each region by its pattern."""
    first, second = (below(WEIGHTS[:d], c, box) for c in (0.0, width * scale))
    whole = below(WEIGHTS[:d], sum(map(abs, WEIGHTS)) * scale * 2, box)
    return {(0, 0): first, (1, 0): second - first, (1, 1): whole - second}


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("scale", [1.0, 1e150, 1e-150])
def test_slabs(d: int, scale: float) -> None:
    box = Box.cube(d, -scale, scale)
    for width in WIDTHS:
        network = slab_network(d, width, scale)
        true = slab_volumes(d, width, box, scale)
        cx = enumerate_regions(network, box, engine="traverse")
        assert cx.n_regions == 3
        for region in cx:
            exact = true[tuple(region.pattern.tolist())]
            assert region.exact_volume == exact
            assert region.volume == round_fraction(exact.numerator, exact.denominator)
        parts = [(r.exact_volume, exact_centroid(r.exact_vertices, r.exact_halfspaces)) for r in cx]
        for j in range(d):  # the middle of the box is 0
            assert sum(v * c[j] for v, c in parts) == 0


@pytest.mark.parametrize(("side", "d", "finite"), [(1e150, 2, True), (1e150, 3, False), (1e300, 1, True)])
def test_infinite_only_beyond_the_range(side: float, d: int, finite: bool) -> None:
    box = Box.cube(d, -side, side)
    for region in enumerate_regions(slab_network(d, 0.25, side), box, engine="traverse"):
        assert math.isfinite(region.volume) == finite
        assert np.isfinite(region.centroid).all()


def test_infinite_beside_finite() -> None:
    """Whether the true volume is within the range is asked of each region."""
    box = Box.cube(2, -1e154, 1e154)
    network = slab_network(2, 1e-3, 1e154)
    volumes = {tuple(r.pattern.tolist()): r.volume for r in enumerate_regions(network, box)}
    assert volumes[0, 0] == volumes[1, 1] == math.inf
    true = slab_volumes(2, 1e-3, box, 1e154)[1, 0]
    assert volumes[1, 0] == float(true)


@pytest.mark.parametrize("d", [1, 2, 3, 4, 5])
def test_thin_slabs_against_a_triangulation(d: int) -> None:
    for region in enumerate_regions(slab_network(d, 1e-14, 1.0), Box.cube(d, -1, 1), engine="traverse"):
        points, rows = region.exact_vertices, region.exact_halfspaces
        assert exact_volume(points, rows) == fan_volume(points, rows)
        assert exact_centroid(points, rows) == tuple(fan_centroid(points, rows))
        assert region.centroid.tolist() == [float(v) for v in fan_centroid(points, rows)]


@settings(max_examples=examples(60))
@given(st.data())
def test_corners_cut_off_a_box(data: st.DataObject) -> None:
    """One half-space, whole numbers: planes through many corners of the box, which are not simple."""
    d = data.draw(st.integers(1, 6))
    weights = data.draw(st.lists(st.integers(-2, 2), min_size=d, max_size=d).filter(any))
    level = data.draw(st.integers(-4, 4))
    box = Box.cube(d, -1, 1)
    rows = [*box_rows(box), [*(-a for a in weights), level]]
    exact = below(weights, level, box)
    if exact == 0:
        return
    points = vertices(rows)
    assert exact_volume(points, rows) == exact
    mirrored = tuple(-v for v in exact_centroid(points, rows))
    rows = [*box_rows(box), [*weights, level]]
    assert exact_centroid(vertices(rows), rows) == mirrored


@pytest.mark.parametrize("d", [7, 9])
def test_cross_polytopes_and_cubes(d: int) -> None:
    """Cross-polytopes have corners with 2^(d - 1) facets; their volume is 2^d / d!."""
    if d == 7:
        rows = [[*signs, 1] for signs in product((1, -1), repeat=d)]
        points = vertices(rows)
        assert exact_volume(points, rows) == Fraction(2**d, math.factorial(d))
        assert not centroid(points, rows).any()
    rows = box_rows(Box(np.arange(d), np.arange(d) + 2.0))
    points = vertices(rows)
    assert volume(points, rows) == 2.0**d
    assert centroid(points, rows).tolist() == [j + 1.0 for j in range(d)]


def test_too_large() -> None:
    rows = box_rows(Box.cube(12, -1, 1))
    points = vertices(rows)
    with pytest.raises(TooLargeError, match="vertices in 12 dimensions"):
        volume(points, rows)
    with pytest.raises(TooLargeError, match="the limits are 65,536"):
        vertices(box_rows(Box.cube(20, -1, 1)))
