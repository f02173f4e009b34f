"""Each step of the checker's proof is needed: false results that only this step gives away."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, product
from math import gcd, inf, nextafter
from typing import Any

import numpy as np
import pytest
from flint import fmpq, fmpz_mat

from polyregions import Box, Network, RegionComplex, certify, enumerate_regions
from polyregions.certification import checker
from polyregions.certification.checker import Checker, rounding_interval
from polyregions.certification.polytopes import NotACellError, cell
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.network.layers import relu


def quadrants(d: int = 2) -> Network:
    return Network.from_arrays([(np.eye(d), np.zeros(d)), (np.ones((1, d)), [0])])


def complex_of(network: Network, box: Box, patterns: list[tuple[int, ...]], facets: Any) -> RegionComplex:
    """A result with these patterns and lists of neighbours; the witnesses are true where they can be."""
    signs = [[1 if s else -1 for s in pattern] for pattern in patterns]
    return RegionComplex(
        network=network,
        box=box,
        engine="made up",
        states=np.array(patterns, dtype=np.uint8).reshape(len(patterns), network.n_units),
        witnesses=np.array([own[: box.dim] for own in signs], dtype=np.float64).reshape(-1, box.dim) / 2,
        facet_offsets=np.cumsum([0, *map(len, facets)]),
        facet_neighbors=np.array([j for own in facets for j in own], dtype=np.int64),
        complete=len(facets) == len(patterns),
        stopped="" if len(facets) == len(patterns) else "limit",
    )


def failed_claims(cx: RegionComplex) -> set[str]:
    return {s.claim for s in certify(cx).statements if s.verdict == "no"}


PATTERNS = [(0, 0), (0, 1), (1, 0), (1, 1)]
#: Neighbours across x, across y, and the sides.
TRUE = [[2, 1, -1, -3], [3, 0, -1, -4], [0, 3, -2, -3], [1, 2, -2, -4]]


def test_the_true_quadrants_are_proven() -> None:
    assert certify(complex_of(quadrants(), Box.cube(2, -1, 1), PATTERNS, TRUE)).complete


def test_facets_that_lead_to_the_wrong_regions() -> None:
    """Across x = 0 everybody leads to the region that lies opposite: the hyperplanes are the true ones."""
    crosswise = [[3, 1, -1, -3], [2, 0, -1, -4], [1, 3, -2, -3], [0, 2, -2, -4]]
    cx = complex_of(quadrants(), Box.cube(2, -1, 1), PATTERNS, crosswise)
    assert failed_claims(cx) == {checker.SHARED}


def test_a_partial_result_that_leads_to_the_wrong_region() -> None:
    cx = complex_of(quadrants(), Box.cube(2, -1, 1), [(0, 0), (1, 1), (0, 1)], [[1, 2, -1, -3]])
    assert checker.BEYOND in failed_claims(cx)
    right = complex_of(quadrants(), Box.cube(2, -1, 1), [(0, 0), (1, 0), (0, 1)], [[1, 2, -1, -3]])
    assert certify(right).valid


def test_a_partial_result_that_leads_out_of_the_box() -> None:
    """The box ends on x = 0; beyond, the pattern would be right."""
    cx = complex_of(quadrants(), Box([-1, -1], [0, 1]), [(0, 0), (1, 0), (0, 1)], [[1, 2, -1, -3]])
    assert checker.BEYOND in failed_claims(cx)


def test_a_dead_unit_that_is_called_on_in_an_unexplored_region() -> None:
    network = Network.from_arrays([([[1, 0], [0, 1], [0, 0]], [0, 0, 0]), ([[1, 1, 1]], [0])])
    assert certify(complex_of(network, Box.cube(2, -1, 1), [(1, 1, 0)], [])).valid
    cx = complex_of(network, Box.cube(2, -1, 1), [(1, 1, 1)], [])
    assert failed_claims(cx) == {checker.INTERIOR}


def test_a_facet_that_stands_twice_beyond_small_dimensions() -> None:
    cx = enumerate_regions(quadrants(5), Box.cube(5, -1, 1), engine="traverse")
    own = cx.facet_neighbors[: cx.facet_offsets[1]]
    twice = np.concatenate([own, own[own < 0][:1], cx.facet_neighbors[cx.facet_offsets[1] :]])
    offsets = cx.facet_offsets + (np.arange(len(cx.facet_offsets)) > 0)
    assert failed_claims(replace(cx, facet_neighbors=twice, facet_offsets=offsets)) == {checker.FACETS}


def test_no_region_at_all() -> None:
    cx = complex_of(quadrants(5), Box.cube(5, -1, 1), [], [])
    assert failed_claims(cx) == {checker.ARRAYS}


def test_regions_that_share_only_a_ridge_are_not_adjacent() -> None:
    """x + y changes together with x and y at once: between (0, 0, 0) and (1, 1, 1) lies a ridge."""
    network = Network.from_arrays([([[1, 1, 0, 0], [1, 0, 0, 0], [0, 1, 0, 0]], [0] * 3), ([[1] * 3], [0])])
    cx = enumerate_regions(network, Box.cube(4, -1, 1), engine="traverse")
    i, j = cx.find((0, 0, 0)), cx.find((1, 1, 1))
    lists = [
        cx.facet_neighbors[a:b].tolist()
        for a, b in zip(cx.facet_offsets[:-1], cx.facet_offsets[1:], strict=True)
    ]
    lists[i].append(j)
    lists[j].append(i)
    false = replace(
        cx,
        facet_offsets=np.cumsum([0, *map(len, lists)]),
        facet_neighbors=np.array([k for own in lists for k in own], dtype=np.int64),
    )
    assert checker.FACETS in failed_claims(false)


def test_a_region_beyond_a_side_of_the_box() -> None:
    """Without the sides' part of the redundancy, a region could reach out of the box."""
    outside = [[2, 1, -3], *TRUE[1:]]
    assert failed_claims(complex_of(quadrants(), Box.cube(2, -1, 1), PATTERNS, outside))


@pytest.mark.parametrize("claim", [checker.VOLUMES, checker.FACES])
def test_sums_that_do_not_add_up(claim: str) -> None:
    proof = Checker(complex_of(quadrants(), Box.cube(2, -1, 1), PATTERNS, TRUE), None)
    if claim == checker.VOLUMES:
        proof.volumes.add(fmpq(1, 2**200))
    else:
        proof.faces.add(cell([[1, 0, -5], [0, 1, -5], [-1, -1, 11]]), [0, 0, 0])
    certificate = proof.run()
    assert [s.claim for s in certificate.statements if s.verdict == "no"] == [claim]
    assert not certificate.complete


def test_sums_that_are_too_long_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checker, "SUM_BITS", 1)
    certificate = certify(complex_of(quadrants(), Box.cube(2, -1, 1), PATTERNS, TRUE))
    assert certificate.complete
    assert [s.claim for s in certificate.statements if s.verdict == "not checked"] == [checker.VOLUMES]


def test_one_wrong_witness_is_all_that_is_told() -> None:
    cx = enumerate_regions(quadrants(), Box.cube(2, -1, 1))
    witnesses = cx.witnesses.copy()
    witnesses[1] = witnesses[2]
    assert failed_claims(replace(cx, witnesses=witnesses)) == {checker.WITNESSES}


@pytest.mark.parametrize(
    ("x", "valid"),
    [(0.5, True), (1.0, True), (nextafter(1.0, inf), False), (0.0, True), (-5e-324, False), (-0.25, False)],
)
def test_a_witness_is_an_inner_point_rounded(x: float, valid: bool) -> None:
    """An inner point can round to the border of its region, but not beyond the nearest float64."""
    network = Network.from_arrays([([[1]], [0]), ([[1]], [0])])
    cx = enumerate_regions(network, Box([-1], [1]))
    witnesses = cx.witnesses.copy()
    witnesses[cx.find([1])] = x
    assert certify(replace(cx, witnesses=witnesses)).valid == valid


def test_rounding_intervals() -> None:
    largest = sys.float_info.max
    assert rounding_interval(1.0) == (1 - Fraction(1, 2**54), 1 + Fraction(1, 2**53))
    assert rounding_interval(0.0) == (-Fraction(1, 2**1075), Fraction(1, 2**1075))
    below, above = rounding_interval(largest)
    assert above - Fraction(largest) == Fraction(largest) - below == Fraction(2) ** 970
    assert rounding_interval(-largest) == (-above, -below)


@pytest.mark.parametrize("engine", ["subdivide", "traverse", "brute"])
def test_boxes_at_the_end_of_float64(engine: str) -> None:
    largest = sys.float_info.max
    last = nextafter(largest, 0)
    layers = [relu([[1.0]], [-last]), relu([[1.0]], [-0.75 * (largest - last)])]
    cx = enumerate_regions(Network(layers), Box([last], [largest]), engine=engine)
    assert cx.n_regions == 2
    assert certify(cx).complete
    cx.check()


# --------------------------------------------------------------------------------------------------------
# What is no result


MALFORMED: dict[str, tuple[Any, ...]] = {
    "states": (
        np.zeros((4, 2)),
        np.zeros((4, 2), dtype=np.int64) - 1,
        np.zeros((4, 2), dtype=complex),
        np.zeros((4, 3), dtype=np.uint8),
        np.zeros(4, dtype=np.uint8),
        np.zeros((), dtype=np.uint8),
        "no",
        None,
    ),
    "witnesses": (
        np.zeros((4, 3)),
        np.zeros((4, 2), dtype=object),
        np.zeros((4, 2), dtype=complex),
        np.full((4, 2), np.inf),
        np.zeros(8),
    ),
    "facet_offsets": (
        np.zeros(5),
        np.zeros(0, dtype=np.int64),
        np.zeros((5, 1), dtype=np.int64),
        np.array([0, 4, 8, 12, 16], dtype=np.uint64),
        np.array([0, 4, 8, 12, 17]),
        np.array([1, 4, 8, 12, 16]),
        np.array([0, 8, 4, 12, 16]),
        np.array([0, 4, 8, 12, 16, 16]),
        np.array([0, 2**62, 2**63 - 1, -2, 16]),  # differences overflow
    ),
    "facet_neighbors": (
        np.zeros(16),
        np.zeros(16, dtype=object),
        np.zeros((4, 4), dtype=np.int64),
        np.full(16, 4),
        np.full(16, -5),
    ),
    "complete": ("no", 1, None, False),
    "stopped": ("limit",),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in MALFORMED.items() for value in values]
)
def test_malformed_arrays_are_told(name: str, value: Any) -> None:
    cx = complex_of(quadrants(), Box.cube(2, -1, 1), PATTERNS, TRUE)
    object.__setattr__(cx, name, value)  # RegionComplex itself would stumble over some
    assert failed_claims(cx) == {checker.ARRAYS}


def test_regions_without_facets_are_told() -> None:
    assert failed_claims(complex_of(quadrants(), Box.cube(2, -1, 1), PATTERNS, [[], [], [], []])) == {
        checker.INTERIOR
    }


def test_what_is_no_result_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="expected a RegionComplex, got Network"):
        certify(quadrants())  # type: ignore[arg-type]


@pytest.mark.slow
def test_regions_of_too_many_corners_are_refused() -> None:
    network = Network.from_arrays([([[1.0] * 13], [0]), ([[1]], [0])])
    with pytest.raises(TooLargeError, match="more than 5,000 corners"):
        certify(enumerate_regions(network, Box.cube(13, -1, 1)))


# --------------------------------------------------------------------------------------------------------
# Cells against all intersections of d rows


def brute_corners(rows: list[list[int]]) -> set[tuple[int, ...]]:
    d, found = len(rows[0]) - 1, set()
    for chosen in combinations(rows, d):
        matrix = fmpz_mat(list(chosen))
        if matrix.rank() < d:
            continue
        # The kernel of d independent rows is one line, by Cramer's rule.
        point = [
            (-1) ** k * int(fmpz_mat([[v for c, v in enumerate(row) if c != k] for row in chosen]).det())
            for k in range(d + 1)
        ]
        if point[-1] < 0:
            point = [-v for v in point]
        if point[-1] and all(sum(a * v for a, v in zip(row, point, strict=True)) >= 0 for row in rows):
            found.add(tuple(v // gcd(*point) for v in point))
    return found


SHAPES = {
    "pyramid": [[0, 0, 1, 0]] + [[*sign, -1, 2] for sign in ((1, 0), (-1, 0), (0, 1), (0, -1))],
    "octahedron": [[*signs, 1] for signs in product((1, -1), repeat=3)],
    "cross polytope": [[*signs, 1] for signs in product((1, -1), repeat=4)],
    "cube, and a row through three corners": [
        *([*(int(i == j) * s for i in range(3)), 1] for j in range(3) for s in (1, -1)),
        [-1, -1, -1, 1],
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_corners_of_degenerate_cells(shape: str) -> None:
    rows = SHAPES[shape]
    own = cell(rows)
    assert set(own.corners) == brute_corners(rows)
    assert len(own.corners) == len(set(own.corners))
    for row, tight in zip(rows, own.tight, strict=True):
        zero = {k for k, p in enumerate(own.corners) if not sum(a * v for a, v in zip(row, p, strict=True))}
        assert zero == tight


def test_corners_of_random_cells() -> None:
    rng = np.random.default_rng(3)
    tried = 0
    for _ in range(300):
        d = int(rng.integers(1, 5))
        sides = [[*(int(i == j) * s for i in range(d)), 2] for j in range(d) for s in (1, -1)]
        rows = sides + rng.integers(-2, 3, size=(int(rng.integers(0, 6)), d + 1)).tolist()
        rows = [row for row in rows if any(row[:-1])]
        corners = brute_corners(rows)
        if not corners or fmpz_mat([list(p) for p in corners]).rank() < d + 1:
            with pytest.raises(NotACellError):
                cell(rows)
            continue
        tried += 1
        assert set(cell(rows).corners) == corners
    assert tried > 100
