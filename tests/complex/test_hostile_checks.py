"""``check`` raises no false alarm: nearly equal rows, slabs 2^-40 thin, huge and subnormal boxes."""

from __future__ import annotations

import copy
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples

from polyregions import Box, Network, enumerate_regions
from polyregions.complex.face_checks import check_faces
from polyregions.complex.rings import exact_doubled_area
from polyregions.errors import CheckFailedError

FACTORS = [1.0, 0.1, 3.0, -1.0, 1 / 3, 2.0**-20, 1e-3, 7.0]
SCALES = [1.0, 1.0, 1e150, 1e300, 1.7e308, 1e-150, 1e-290, 1e-300, 1e-308, 1e-318, 5e-324]


@st.composite
def nearly_equal_rows(draw: st.DrawFn, width: int, columns: int) -> np.ndarray:
    """Multiples of one or two rows, some moved to the next float64 or by a slab."""
    entries = st.lists(st.integers(-4, 4), min_size=columns, max_size=columns)
    base = np.array(draw(st.lists(entries, min_size=2, max_size=2))) / draw(st.sampled_from([1, 3, 10]))
    rows = []
    for _ in range(width):
        row = base[draw(st.integers(0, 1))] * draw(st.sampled_from(FACTORS))
        if draw(st.booleans()):
            k = draw(st.integers(0, columns - 1))
            row[k] = np.nextafter(row[k], draw(st.sampled_from([-np.inf, np.inf])))
        row[-1] += draw(st.sampled_from([0, 0, 2.0**-40, 1e-14]))
        rows.append(row)
    return np.array(rows)


@st.composite
def hostile(draw: st.DrawFn) -> tuple[Network, Box]:
    d, scale = draw(st.integers(1, 3)), draw(st.sampled_from(SCALES))
    layers, n = [], d
    for depth in range(draw(st.integers(1, 2))):
        rows = draw(nearly_equal_rows(draw(st.integers(1, 4)), n + 1))
        weight, bias = rows[:, :-1], rows[:, -1]
        if depth == 0 and draw(st.booleans()) and scale > 1e-300:
            weight = weight / scale
        elif depth == 0:
            bias = bias * min(scale, 1e307)
        layers.append((weight, bias))
        n = len(rows)
    layers.append((np.array([draw(st.lists(st.integers(-3, 3), min_size=n, max_size=n))]), np.zeros(1)))
    lower, upper = -scale * draw(st.sampled_from([1.0, 0.0])), scale
    box = Box(np.full(d, lower), np.full(d, upper) * [1, 0.25, 0.5][:d] if scale > 1e-320 else [upper] * d)
    return Network.from_arrays(layers), box


@settings(max_examples=examples(150))
@given(hostile())
def test_true_complexes_pass(case: tuple[Network, Box]) -> None:
    network, box = case
    found = [enumerate_regions(network, box, engine=engine) for engine in ("subdivide", "traverse")]
    for cx in found:
        cx.check()
    assert found[0].n_regions == found[1].n_regions
    assert found[0].n_adjacencies == found[1].n_adjacencies
    if box.dim == 2:
        cx = found[0]
        corners, offsets = cx.faces.ring_corners
        for i in range(cx.n_regions):
            ring = corners[offsets[i] : offsets[i + 1]]
            assert exact_doubled_area([cx.faces.exact_point(int(v)) for v in ring]) > 0


def test_rows_that_differ_in_the_last_bit() -> None:
    """Three regions, one of them 1e-17 thin: a polygon that float64 turns over."""
    network = Network.from_arrays([([[0, 3], [0, 0.1]], [-0.54642, -0.018214]), ([[1, 1]], [0])])
    for engine in ("subdivide", "traverse"):
        cx = enumerate_regions(network, Box.cube(2, -1, 1), engine=engine)
        assert cx.n_regions == 3
        cx.check()
    thin = abs(Fraction(0.54642) / 3 - Fraction(0.018214) / Fraction(0.1)) * 2
    assert min(region.exact_volume for region in cx) == thin
    cx = enumerate_regions(network, Box.cube(2, -1, 1), engine="subdivide")
    assert min(cx.faces.volumes()) == float(thin)


@pytest.mark.parametrize("scale", [1.0, 1e300, 1e-300])
def test_true_alarms_are_raised_in_any_box(scale: float) -> None:
    """A vertex of a thin region that is said to be elsewhere, or a region that is missing."""
    weight = np.array([[1, 0.5], [1, 0.5], [1, -1]]) / scale
    network = Network.from_arrays([(weight, [0, -1e-16, 0.1]), ([[1, 1, 1]], [0])])
    cx = enumerate_regions(network, Box.cube(2, -scale, scale), engine="subdivide")
    cx.check()
    for v in np.flatnonzero(cx.faces.inside[cx.faces.of_dimension(0)]).tolist():
        faces = copy.copy(cx.faces)
        points = faces.points.copy()
        points[v] += np.array([1e-3, -1e-3]) * scale
        faces.__dict__["points"] = points
        with pytest.raises(CheckFailedError):
            check_faces(cx, faces)
    for i in range(cx.n_regions):
        faces = copy.copy(cx.faces)
        places, radii = faces.recentred
        moved = places.copy()
        moved[faces.places[faces.corners(int(faces.cells.top[i]))]] *= 0.99
        faces.__dict__["recentred"] = moved, radii
        with pytest.raises(CheckFailedError, match="do not add up"):
            check_faces(cx, faces)
