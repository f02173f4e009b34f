"""Places of vertices, and values there: within their errors, and exact where they say so."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from support.reference import KINDS, evaluate, forms, random_layers
from support.zoo import ZOO, Case, by_name, cube, folding

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.complex.vertex_values import exponent_of, places, walk

SMALL = [case for case in ZOO if case.regions <= 120 and case.dim <= 3]


def check_values(cx: RegionComplex) -> tuple[int, int]:
    """Numbers of vertices, and of those at which everything is exact."""
    assert cx.known_faces is not None
    faces, layers = cx.faces, cx.network.layers
    where = places(faces)
    vertices = faces.of_dimension(0)
    home = faces.cells.homes()[vertices]
    points = [faces.exact_point(int(v)) for v in vertices]
    for x, (*own, scale), errors, whole in zip(
        points, where.points.tolist(), where.errors, where.whole, strict=True
    ):
        assert scale > 0
        assert not whole or not errors.any()
        assert all(
            abs(Fraction(a) / Fraction(scale) - v) <= Fraction(e)
            for a, v, e in zip(own, x, errors, strict=True)
        )
    *pre, outputs = walk(layers, where, cx.states[home])
    true_forms = [forms(layers, cx.states[i]) for i in home]
    for k, values in enumerate([*pre, outputs]):
        for v, x in enumerate(points):
            scale = Fraction(where.points[v, -1])
            rows = true_forms[v][0][k] if k < len(pre) else true_forms[v][1]
            for form, number, error in zip(rows, values.numbers[v], values.errors[v], strict=True):
                assert not (abs(Fraction(number) - evaluate(form, x) * scale) > Fraction(error))
                if values.whole[v]:
                    assert error == 0.0
                    assert (Fraction(number) * 2**values.exponent).denominator == 1
    return len(vertices), int(outputs.whole.sum())


def finite(case: Case) -> bool:
    return not case.name.startswith("overflow")


@pytest.mark.parametrize("case", [case for case in SMALL if finite(case)][::4], ids=lambda case: case.name)
def test_zoo(case: Case) -> None:
    check_values(enumerate_regions(case.network, case.box, engine="subdivide"))


@pytest.mark.parametrize("kind", KINDS)
def test_random_weights(kind: str) -> None:
    layers = random_layers(np.random.default_rng(8), 2, ["relu", kind], 4)
    vertices, exact = check_values(enumerate_regions(Network(layers), cube(2), engine="subdivide"))
    assert exact < vertices  # but at the corners of the box something may be exact


@pytest.mark.parametrize(
    "case", ["fold-2d-3-2", "fold-2d-2-2-outside", "shi-4", "maxout-tent-2d-2", "diamond-abs"]
)
def test_all_is_exact_where_numbers_are_whole(case: str) -> None:
    found = by_name(case)
    vertices, exact = check_values(enumerate_regions(found.network, found.box, engine="subdivide"))
    assert exact == vertices


def test_boxes_whose_middle_is_no_whole_number() -> None:
    net = Network(folding(2, (2, 2)))
    vertices, exact = check_values(enumerate_regions(net, Box([-1, 0.25], [0.5, 2]), engine="subdivide"))
    assert exact == vertices
    # 0.1 is a multiple of 2^-55: the coordinates are too long to be whole numbers.
    vertices, exact = check_values(enumerate_regions(net, Box([0.1, 0.1], [1, 1]), engine="subdivide"))
    assert exact < vertices


def test_exponents() -> None:
    assert exponent_of(np.array([0.75, -2.0]), np.array([0.0])) == 2
    assert exponent_of(np.array([8.0])) == exponent_of(np.array([0.0])) == exponent_of(np.zeros(0)) == 0
    assert exponent_of(np.array([5e-324])) == 1074
    assert exponent_of(np.array([0.1])) == 55
