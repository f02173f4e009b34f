"""Named arrangements: published tables, closed forms against each other and against Zaslavsky's sum."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb, factorial, prod

import numpy as np
import pytest

from polyregions import Box, Network
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.network.layers import absolute, hard_tanh, linear, maxout, relu
from polyregions.theory.arrangements import (
    FAMILIES,
    Arrangement,
    arrangement_of,
    boolean,
    braid,
    catalan,
    complete,
    complete_bipartite,
    cycle,
    general_position,
    generic_central,
    graphical,
    grid_of,
    linial,
    near_pencil,
    parallel_families,
    path,
    pencil,
    resonance,
    semiorder,
    shi,
    threshold,
    type_b,
    type_b_shi,
    type_d,
    type_e,
    type_f,
    type_g,
)
from polyregions.theory.arrangements.counting import acyclic_orientations, set_partitions
from polyregions.theory.arrangements.flats import FaceCounts, bounded_regions, count_in_box, count_in_space
from polyregions.theory.arrangements.reflection import parabolic_faces, positive_roots
from polyregions.theory.arrangements.subsets import A000609, A034997


def predicted(arrangement: Arrangement) -> dict[str, int | tuple[int, ...] | None]:
    return {p.quantity: p.value for p in arrangement.predictions}


def assert_predictions_hold(arrangement: Arrangement, counts: FaceCounts) -> None:
    measured = {
        "proper_activation": counts.regions,
        "adjacencies": counts.facets,
        "f_vector": counts.f_vector,
    }
    assert arrangement.predictions
    for prediction in arrangement.predictions:
        if prediction.applies:
            assert prediction.holds(measured[prediction.quantity]), (arrangement, prediction, counts)


# --------------------------------------------------------------------------------------------------------
# Tables


#: d, hyperplanes, regions, bounded, pairs, f-vector (Buck 1943; Zaslavsky 1975).
GENERAL = [
    (1, 5, 6, 4, 5, (5, 6)),
    (2, 3, 7, 1, 9, (3, 9, 7)),
    (2, 5, 16, 6, 25, (10, 25, 16)),
    (2, 8, 37, 21, 64, (28, 64, 37)),
    (3, 4, 15, 1, 28, (4, 18, 28, 15)),
    (3, 6, 42, 10, 96, (20, 75, 96, 42)),
    (4, 6, 57, 5, 156, (15, 80, 165, 156, 57)),
    (4, 5, 31, 1, 75, (5, 30, 70, 75, 31)),
]


@pytest.mark.parametrize(("d", "m", "regions", "bounded", "pairs", "f_vector"), GENERAL)
def test_general_position(
    d: int, m: int, regions: int, bounded: int, pairs: int, f_vector: tuple[int, ...]
) -> None:
    arrangement = general_position(m, dimension=d)
    expected = {"proper_activation": regions, "adjacencies": pairs, "f_vector": f_vector}
    assert predicted(arrangement) == expected
    assert count_in_box(arrangement, arrangement.box()).f_vector == f_vector
    assert bounded_regions(arrangement) == bounded


#: d, hyperplanes, regions, pairs (Schlaefli; Zaslavsky 1975).
CENTRAL = [
    (2, 5, 10, None),
    (3, 4, 14, None),
    (3, 5, 22, 40),
    (3, 6, 32, None),
    (4, 5, 30, 70),
    (4, 6, 52, None),
]


@pytest.mark.parametrize(("d", "m", "regions", "pairs"), CENTRAL)
def test_generic_central(d: int, m: int, regions: int, pairs: int | None) -> None:
    arrangement = generic_central(m, dimension=d)
    assert predicted(arrangement)["proper_activation"] == regions
    counts = count_in_box(arrangement, arrangement.box())
    assert counts.regions == regions
    assert pairs is None or predicted(arrangement)["adjacencies"] == counts.facets == pairs
    assert bounded_regions(arrangement) == 0


_K4_MINUS = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
_TRIPLE = Arrangement(
    "triple point and transversal", 2, ((1, 0), (0, 1), (1, 1), (1, -1)), (0, 0, 0, 1), "", "Zaslavsky 1975"
)

#: Arrangement, d, hyperplanes, regions, pairs, f-vector. Sources: those of the arrangements; the face numbers
#: of Linial, semiorder, type-B Shi, resonance and threshold have no closed form here, and were found by
#: listing the cells as well as by the sum over the flats.
TABLE: list[tuple[Arrangement, int, int, int, int, tuple[int, ...] | None]] = [
    (boolean(3), 3, 3, 8, 12, (1, 6, 12, 8)),
    (braid(3), 2, 3, 6, 6, None),
    (braid(4), 3, 6, 24, 36, None),
    (braid(5), 4, 10, 120, 240, (1, 30, 150, 240, 120)),
    (type_b(2), 2, 4, 8, 8, None),
    (type_b(3), 3, 9, 48, 72, (1, 26, 72, 48)),
    (type_d(3), 3, 6, 24, 36, (1, 14, 36, 24)),
    (shi(3), 2, 6, 16, 21, (6, 21, 16)),
    (shi(4), 3, 12, 125, 244, (24, 144, 244, 125)),
    (catalan(3), 2, 9, 30, 42, (13, 42, 30)),
    (catalan(4), 3, 18, 336, 684, (75, 424, 684, 336)),
    (linial(3), 2, 3, 7, 9, (3, 9, 7)),
    (linial(4), 3, 6, 36, 76, (10, 51, 76, 36)),
    (semiorder(3), 2, 6, 19, 30, (12, 30, 19)),
    (type_b_shi(2), 2, 8, 25, 34, (10, 34, 25)),
    (resonance(2), 2, 3, 6, 6, None),
    (resonance(3), 3, 7, 32, 48, (1, 18, 48, 32)),
    (resonance(4), 4, 15, 370, 760, (1, 90, 480, 760, 370)),
    (threshold(2), 3, 4, 14, 24, (1, 12, 24, 14)),
    (cycle(3), 2, 3, 6, 6, None),
    (cycle(4), 3, 4, 14, 24, (1, 12, 24, 14)),
    (graphical(4, _K4_MINUS), 3, 5, 18, 28, (1, 12, 28, 18)),
    (complete_bipartite(2, 3), 4, 6, 46, 108, (1, 22, 84, 108, 46)),
    (pencil(6), 2, 6, 12, 12, (1, 12, 12)),
    (near_pencil(6), 3, 6, 20, 30, (1, 12, 30, 20)),
    (grid_of([3, 4]), 2, 7, 20, 31, (12, 31, 20)),
    (grid_of([2, 2, 3]), 3, 7, 36, 75, (12, 52, 75, 36)),
    (_TRIPLE, 2, 4, 10, 13, (4, 13, 10)),
    # Published, and larger.
    (braid(6), 5, 15, 720, 1800, None),
    (type_b(5), 5, 25, 3840, 9600, None),
    (type_e(6), 6, 36, 51840, 155520, None),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0].name)
def test_table(row: tuple[Arrangement, int, int, int, int, tuple[int, ...] | None]) -> None:
    arrangement, d, m, regions, pairs, f_vector = row
    assert (arrangement.dimension, len(arrangement.hyperplanes)) == (d, m)
    for box in (arrangement.box(), Box.cube(d, -50, 50)):
        counts = count_in_box(arrangement, box)
        assert (counts.regions, counts.facets) == (regions, pairs)
        assert f_vector is None or counts.f_vector == f_vector
    expected = {"proper_activation": regions, "adjacencies": pairs}
    found = predicted(arrangement)
    assert {q: found[q] for q in expected if q in found} == {q: expected[q] for q in expected if q in found}
    assert f_vector is None or found.get("f_vector", f_vector) == f_vector


def test_every_family_in_the_table_with_a_closed_form_says_so() -> None:
    silent = {row[0].name for row in TABLE if "proper_activation" not in predicted(row[0])}
    assert silent == {_TRIPLE.name}


# --------------------------------------------------------------------------------------------------------
# Every family against the sum over its flats

SIZES = {
    "boolean": range(1, 7),
    "general_position": range(1, 12),
    "generic_central": range(1, 10),
    "parallel": range(1, 5),
    "grid": range(1, 6),
    "pencil": range(1, 9),
    "near_pencil": range(3, 9),
    "braid": range(2, 8),
    "type_b": range(1, 6),
    "type_d": range(2, 7),
    "type_e": range(6, 7),
    "type_f": range(4, 5),
    "type_g": range(2, 3),
    "shi": range(2, 7),
    "catalan": range(2, 6),
    "linial": range(2, 7),
    "semiorder": range(2, 6),
    "type_b_shi": range(1, 5),
    "path": range(2, 8),
    "cycle": range(3, 8),
    "complete": range(2, 7),
    "complete_bipartite": range(1, 4),
    "resonance": range(1, 6),
    "threshold": range(1, 6),
}


def test_every_family_has_sizes() -> None:
    assert set(SIZES) == set(FAMILIES)


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_predictions_are_the_sums_over_the_flats(name: str) -> None:
    for n in SIZES[name]:
        arrangement = FAMILIES[name](n)
        assert all(p.applies for p in arrangement.predictions)
        counts = count_in_box(arrangement, arrangement.box())
        assert_predictions_hold(arrangement, counts)
        # The box loses no flat.
        assert counts == count_in_space(arrangement)


@pytest.mark.parametrize(
    "arrangement",
    [general_position(n, dimension=d) for d, n in ((1, 4), (3, 2), (3, 7), (4, 3), (4, 8), (5, 7))]
    + [generic_central(n, dimension=d) for d, n in ((1, 1), (2, 1), (3, 2), (4, 3), (4, 7), (5, 5))]
    + [
        parallel_families(*p)
        for p in (([3], 1), ([4, 1], 1), ([2, 3], 3), ([2, 1, 3, 2], 2), ([3, 2, 2, 1, 3], 3))
    ]
    + [grid_of([1, 4, 2]), complete_bipartite(1, 4), graphical(5, [(0, 1), (3, 4), (1, 0)])],
    ids=lambda arrangement: arrangement.name,
)
def test_predictions_with_other_parameters(arrangement: Arrangement) -> None:
    counts = count_in_box(arrangement, arrangement.box())
    assert_predictions_hold(arrangement, counts)
    assert counts == count_in_space(arrangement)


def test_predictions_are_those_of_a_subdivided_ball() -> None:
    """The open box is a ball: alternating sums of its faces are those of an open d-ball."""
    seen = 0
    for name, sizes in SIZES.items():
        for n in sizes:
            found = predicted(FAMILIES[name](n))
            if "f_vector" in found:
                faces = found["f_vector"]
                assert isinstance(faces, tuple)
                assert sum((-1) ** k * f for k, f in enumerate(faces)) == (-1) ** (len(faces) - 1)
                assert (faces[-1], faces[-2]) == (found["proper_activation"], found["adjacencies"])
                seen += 1
    assert seen > 60


# --------------------------------------------------------------------------------------------------------
# Closed forms against other closed forms


def faces(arrangement: Arrangement) -> tuple[int, ...]:
    value = predicted(arrangement)["f_vector"]
    assert isinstance(value, tuple)
    return value


def regions(arrangement: Arrangement) -> int:
    value = predicted(arrangement)["proper_activation"]
    assert isinstance(value, int)
    return value


def catalan_number(n: int) -> int:
    return comb(2 * n, n) // (n + 1)


def test_general_position_in_two_ways() -> None:
    for d in range(1, 6):
        for m in range(1, 10):
            other = [
                comb(m, d - k) * sum(comb(m - d + k, j) for j in range(k + 1)) if m >= d - k else 0
                for k in range(d + 1)
            ]
            assert faces(general_position(m, dimension=d)) == tuple(other)
            pairs = m * sum(comb(m - 1, j) for j in range(d))
            assert predicted(general_position(m, dimension=d))["adjacencies"] == pairs


def test_central_pairs() -> None:
    for d in range(2, 6):
        for m in range(2, 9):
            pairs = m * 2 * sum(comb(m - 2, j) for j in range(d - 1))
            assert predicted(generic_central(m, dimension=d))["adjacencies"] == pairs


def test_parallel_families_choose_subsets() -> None:
    for counts, d in (((3, 2), 2), ((2, 2, 2), 2), ((3, 1, 2), 3), ((4, 2, 3, 1), 3), ((2, 5), 1)):
        chosen = [s for j in range(d + 1) for s in combinations(counts, j)]
        assert regions(parallel_families(counts, d)) == sum(prod(s) for s in chosen)
    assert faces(grid_of([3, 4, 2])) == faces(parallel_families([3, 4, 2], 3))


def test_reflection_groups() -> None:
    """All cones are simplicial: each of |W| regions has as many facets as dimensions."""
    groups = [(boolean(n), 2**n) for n in range(1, 6)]
    groups += [(braid(n), factorial(n)) for n in range(2, 8)]
    groups += [(type_b(n), 2**n * factorial(n)) for n in range(1, 7)]
    groups += [(type_d(n), 2 ** (n - 1) * factorial(n)) for n in range(2, 7)]
    groups += [(type_e(6), 51840), (type_e(7), 2903040), (type_e(8), 696729600)]
    groups += [(type_f(), 1152), (type_g(), 12)]
    for arrangement, order in groups:
        assert regions(arrangement) == order, arrangement
        assert predicted(arrangement)["adjacencies"] == arrangement.dimension * order // 2


def test_numbers_of_mirrors() -> None:
    mirrors = {n: len(type_e(n).hyperplanes) for n in (6, 7, 8)}
    assert mirrors == {6: 36, 7: 63, 8: 120}
    assert len(type_f().hyperplanes) == 24
    assert len(type_g().hyperplanes) == 6


def test_set_partitions_and_parabolic_subgroups_count_the_same_faces() -> None:
    for n in range(2, 7):
        chain = {pair: -1 for i in range(n - 1) for pair in ((i, i + 1), (i + 1, i))}
        assert parabolic_faces(n, positive_roots(n, chain)) == list(faces(braid(n + 1)))
        doubled = {**chain, (n - 2, n - 1): -2}
        assert parabolic_faces(n, positive_roots(n, doubled)) == list(faces(type_b(n)))
        if n >= 4:
            fork = {pair: -1 for i in range(n - 2) for pair in ((i, i + 1), (i + 1, i))}
            fork.update({(n - 3, n - 1): -1, (n - 1, n - 3): -1})
            assert parabolic_faces(n, positive_roots(n, fork)) == list(faces(type_d(n)))


def test_low_types_coincide() -> None:
    assert faces(type_d(3)) == faces(braid(4))
    assert faces(type_b(1)) == faces(boolean(1)) == faces(braid(2))
    assert faces(type_d(2)) == faces(boolean(2))
    assert faces(complete(5)) == faces(braid(5))
    assert complete(5).hyperplanes == braid(5).hyperplanes


def test_shi_and_catalan() -> None:
    for n in range(2, 9):
        assert regions(shi(n)) == (n + 1) ** (n - 1)
        assert predicted(shi(n))["adjacencies"] == n * ((n + 1) ** (n - 1) - n ** (n - 1))
        assert regions(catalan(n)) == factorial(n) * catalan_number(n)
        # A vertex puts all x_i at distances that are whole numbers without a gap: an ordered set partition.
        assert faces(catalan(n))[0] == sum(factorial(k) * set_partitions(n, k) for k in range(n + 1))


def test_type_b_shi() -> None:
    assert [regions(type_b_shi(n)) for n in (1, 2, 3, 4)] == [3, 25, 343, 6561]


def alternating_trees(n: int) -> int:
    """Labelled trees in which each vertex is above all its neighbours or below all, by Pruefer codes."""
    count = 0
    for code in product(range(n), repeat=n - 2):
        degree = [1 + code.count(v) for v in range(n)]
        edges = []
        for v in code:
            leaf = degree.index(1)
            edges.append((leaf, v))
            degree[leaf] -= 1
            degree[v] -= 1
        edges.append(tuple(v for v in range(n) if degree[v]))
        count += not {min(e) for e in edges} & {max(e) for e in edges}
    return count


def test_linial() -> None:
    """As many regions as alternating trees of one vertex more (Postnikov); the values of A007889."""
    assert [regions(linial(n)) for n in range(2, 9)] == [2, 7, 36, 246, 2104, 21652, 260720]
    for n in (2, 3, 4, 5):
        assert regions(linial(n)) == alternating_trees(n + 1)


def semiorders(n: int) -> int:
    """Labelled partial orders without 2 + 2 and 3 + 1 (Scott and Suppes), by the definition."""
    pairs = list(permutations(range(n), 2))
    count = 0
    for chosen in product((False, True), repeat=len(pairs)):
        below = {p for p, c in zip(pairs, chosen, strict=True) if c}
        count += all(
            # Each axiom of a semiorder says that of two relations a < b, c < d one of two others follows.
            ((a, d) in below or (c, b) in below)
            and (b != c or all((a, v) in below or (v, d) in below for v in range(n)))
            for (a, b), (c, d) in product(below, repeat=2)
        )  # fmt: skip
    return count


def test_semiorders() -> None:
    assert [regions(semiorder(n)) for n in range(2, 8)] == [3, 19, 183, 2371, 38703, 763099]  # A006531
    for n in (2, 3, 4):
        assert regions(semiorder(n)) == semiorders(n)


def test_acyclic_orientations_by_listing_them() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        n = int(rng.integers(2, 6))
        edges = [e for e in combinations(range(n), 2) if rng.random() < 0.7]
        orders = {tuple(p.index(i) < p.index(j) for i, j in edges) for p in permutations(range(n))}
        assert acyclic_orientations(edges) == len(orders)
        assert regions(graphical(n, edges)) == len(orders)


def test_graphs() -> None:
    for n in range(3, 9):
        assert regions(cycle(n)) == 2**n - 2
        assert faces(path(n)) == faces(boolean(n - 1))
        assert regions(complete(n)) == factorial(n)
    for a in range(1, 5):
        for b in range(1, 5):
            # Poly-Bernoulli numbers (Cameron, Glass and Schumacher 2014).
            known = sum(
                factorial(j) ** 2 * set_partitions(a + 1, j + 1) * set_partitions(b + 1, j + 1)
                for j in range(min(a, b) + 1)
            )
            assert regions(complete_bipartite(a, b)) == known


def test_a_graph_beyond_listing_has_no_prediction() -> None:
    (prediction,) = cycle(9).predictions
    assert not prediction.applies
    assert "up to 8" in prediction.reason


#: OEIS A344494: sizes of the coefficients of the characteristic polynomials, from that of t^(n-1) down
#: (Brysiewicz, Eble and Kuehne 2021).
A344494 = [
    (1,),
    (3, 2),
    (7, 15, 9),
    (15, 80, 170, 104),
    (31, 375, 2130, 5270, 3485),
    (63, 1652, 22435, 159460, 510524, 371909),
    (127, 7035, 215439, 3831835, 37769977, 169824305, 135677633),
    (255, 29360, 1957200, 81029004, 2076831708, 30623870732, 207507589302, 178881449368),
    (511, 120975, 17153460, 1582492380, 96834110730, 3829831100340, 89702833260450, 973784079284874,
     887815808473419),
]  # fmt: skip


def test_resonance() -> None:
    assert [1 + sum(row) for row in A344494] == list(A034997)
    for n in range(1, 6):
        signed = [(-1) ** (n - k) * v for k, v in enumerate((*reversed(A344494[n - 1]), 1))]
        assert count_in_space(resonance(n)).characteristic == tuple(signed)


def test_threshold() -> None:
    """Functions of n variables are functions of exactly k of them (A000615)."""
    exactly = [2, 2, 8, 72, 1536, 86080, 14487040, 8274797440, 17494930604032]
    for n in range(1, 9):
        assert sum(comb(n, k) * exactly[k] for k in range(n + 1)) == A000609[n - 1]


def test_tables_end() -> None:
    assert predicted(resonance(9))["proper_activation"] == A034997[-1]
    (prediction,) = resonance(10).predictions
    assert not prediction.applies
    assert "published up to n = 9" in prediction.reason


# --------------------------------------------------------------------------------------------------------
# The data class, and networks


def test_hyperplanes_are_distinct() -> None:
    half = Fraction(1, 2)
    planes = Arrangement("", 2, ((1, 2), (-2, -4), (half, 1), (1, 2), (0, -3)), (3, -6, half, 3, 0), "", "")
    assert planes.hyperplanes == ((1, 2, 3), (1, 2, 1), (0, 1, 0))


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_networks(name: str) -> None:
    """Unit i is the distance of hyperplane i, on its side, in units of its normal."""
    for n in SIZES[name]:
        arrangement = FAMILIES[name](n)
        assert arrangement.definition
        assert arrangement.source
        net, box = arrangement.network(), arrangement.box()
        assert net.widths == (len(arrangement.normals),)
        assert (net.input_dim, net.output_dim, box.dim) == (arrangement.dimension, 1, arrangement.dimension)
        assert arrangement_of(net).hyperplanes == arrangement.hyperplanes
        rng = np.random.default_rng(n)
        x = [Fraction(int(v), 4) for v in rng.integers(-8, 9, size=arrangement.dimension)]
        levels = [
            sum(a * b for a, b in zip(normal, x, strict=True)) - offset
            for normal, offset in zip(arrangement.normals, arrangement.offsets, strict=True)
        ]
        assert net([float(v) for v in x]) == pytest.approx([float(sum(max(v, Fraction()) for v in levels))])
        assert net.states([float(v) for v in x]).tolist() == [int(v > 0) for v in levels]


def test_a_number_without_float64_makes_no_network() -> None:
    for normal, offset in (
        ((Fraction(1, 3),), 0),
        ((1,), 2**53 + 1),
        ((10**400,), 0),
        ((1,), Fraction(1, 10**400)),
    ):
        arrangement = Arrangement("odd", 1, (normal,), (offset,), "", "")
        with pytest.raises(InvalidInputError, match="is no float64"):
            arrangement.network()
        assert len(arrangement.hyperplanes) == 1
    with pytest.raises(InvalidInputError, match="at least one"):
        Arrangement("none", 1, (), (), "", "").network()


def test_the_box_of_any_arrangement_holds_all_vertices() -> None:
    rng = np.random.default_rng(7)
    for trial in range(60):
        d = 1 + trial % 3
        m = int(rng.integers(1, 6))
        normals = [tuple(map(int, row)) for row in rng.integers(-3, 4, size=(m, d)) if row.any()]
        offsets = tuple(Fraction(int(v), 3) for v in rng.integers(-30, 31, size=len(normals)))
        arrangement = Arrangement("random", d, tuple(normals), offsets, "", "")
        assert count_in_box(arrangement, arrangement.box()) == count_in_space(arrangement)


def test_boxes() -> None:
    assert braid(4).box() == Box.cube(3, -1, 1)
    far = Arrangement("far", 1, ((1,),), (2**1010,), "", "")
    assert count_in_box(far, far.box()).regions == 2
    with pytest.raises(TooLargeError, match="give a box"):
        Arrangement("far", 1, ((1,),), (2**1030,), "", "").box()
    # Half widths beyond 2^53 are rounded up.
    wide = general_position(4, dimension=40)
    assert count_in_box(wide, wide.box()).regions == 16


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, (), ()), "dimension"),
        ((2, ((1, 0),), ()), "1 normals and 0 offsets"),
        ((2, ((1, 0, 0),), (0,)), "normal 0 has 3 entries, not 2"),
        ((2, ((1, 0), (0.5, 1)), (0, 0)), "hyperplane 1: expected int or Fraction"),
        ((2, ((1, 0),), (0.5,)), "expected int or Fraction"),
        ((2, ((1, 0), (0, 0)), (0, 1)), "normal 1 is zero"),
    ],
)
def test_bad_arrangements(
    arguments: tuple[int, Sequence[Sequence[float]], Sequence[float]], message: str
) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Arrangement("bad", *arguments, "", "")
    with pytest.raises(InvalidInputError, match="1 half widths"):
        Arrangement("bad", 2, ((1, 0),), (0,), "", "", (), (1,))


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_bad_sizes(name: str) -> None:
    for n in (0, -1, 2.0, "3", True, None):
        with pytest.raises(InvalidInputError, match="must be a whole number"):
            FAMILIES[name](n)
    if name not in ("type_e", "type_f", "type_g"):
        with pytest.raises(TooLargeError, match="the limit is 100000"):
            FAMILIES[name](10**9)


def test_other_bad_parameters() -> None:
    for call in (
        lambda: general_position(3, dimension=0),
        lambda: parallel_families([], 2),
        lambda: parallel_families([2, 0], 2),
        lambda: grid_of([]),
        lambda: complete_bipartite(2, 0),
        lambda: graphical(3, [(0, 0)]),
        lambda: graphical(3, [(0, 3)]),
        lambda: graphical(3, [(0, 1, 2)]),
        lambda: graphical(3, [(0, "1")]),
        lambda: type_e(5),
        lambda: type_e(9),
    ):
        with pytest.raises(InvalidInputError):
            call()


def test_arrangement_of_a_network() -> None:
    rows, bias = [[1, 2], [0, 0], [-1, -2], [0, 4]], [0.5, 1, -0.5, 0]
    for layer in (relu(rows, bias), absolute(rows, bias)):
        arrangement = arrangement_of(Network([layer]))
        assert arrangement.hyperplanes == ((2, 4, -1), (0, 1, 0))
        assert not arrangement.predictions
    arrangement = arrangement_of(Network([hard_tanh(rows, bias)]))
    assert arrangement.hyperplanes == ((2, 4, -3), (2, 4, 1), (0, 4, -1), (0, 4, 1))
    # 1 - 0.1 has no float64, and yet the breakpoint is where it is.
    (one, other) = arrangement_of(Network([hard_tanh([[1]], [0.1])])).hyperplanes
    tenth = Fraction(0.1)
    assert {Fraction(o, n) for n, o in (one, other)} == {1 - tenth, -1 - tenth}


def test_arrangement_behind_linear_layers() -> None:
    first, second = linear([[1, 1], [1, -1]], [1, 0]), linear([[2, 0], [0, 0.5]], [0, 1])
    # y = (2 (x_1 + x_2 + 1), (x_1 - x_2) / 2 + 1); the units are y_1 - 4 and y_1 + 4 y_2
    net = Network([first, second, relu([[1, 0], [1, 4]], [-4, 0]), linear([[1, 1]], [0]), linear([[3]], [1])])
    assert arrangement_of(net).hyperplanes == ((1, 1, 1), (2, 0, -3))


@pytest.mark.parametrize(
    "layers",
    [
        [linear([[1]], [0])],
        [relu([[1]], [0]), relu([[1]], [0])],
        [maxout([[[1], [2]]], [[0, 0]])],
        [relu([[1]], [0]), maxout([[[1], [2]]], [[0, 0]])],
    ],
)
def test_networks_that_are_no_arrangement(layers: list) -> None:
    with pytest.raises(InvalidInputError, match="one hidden layer"):
        arrangement_of(Network(layers))
