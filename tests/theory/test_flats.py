"""Counts by Zaslavsky's theorem against definitions written anew: sign vectors, Moebius sums, finite fields.

Nothing below knows restrictions, Weisner's theorem or the simplex method: feasibility is decided by
Fourier-Motzkin elimination, rank by elimination in fractions.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import combinations, product
from math import comb, gcd
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples
from support.zoo import ZOO, Case

from polyregions import Box, Network, enumerate_regions
from polyregions.errors import InvalidBoxError, InvalidInputError, TooLargeError
from polyregions.theory.arrangements import (
    Arrangement,
    arrangement_of,
    boolean,
    braid,
    catalan,
    flats,
    general_position,
    grid_of,
    linial,
    near_pencil,
    pencil,
    resonance,
    semiorder,
    shi,
    threshold,
    type_b,
    type_b_shi,
    type_d,
)
from polyregions.theory.arrangements.flats import (
    FaceCounts,
    bounded_regions,
    characteristic_polynomial,
    count_in_box,
    count_in_space,
)

Rows = list[tuple[int, ...]]  # (coefficients..., constant)


def make(d: int, planes: Iterable[Sequence[Fraction | int]]) -> Arrangement:
    """An arrangement from rows (normal, offset)."""
    rows = [tuple(plane) for plane in planes]
    return Arrangement("test", d, tuple(r[:-1] for r in rows), tuple(r[-1] for r in rows), "", "")


# --------------------------------------------------------------------------------------------------------
# The referee: sign vectors


def integers(row: Sequence[Fraction]) -> tuple[int, ...]:
    denominator = 1
    for v in row:
        denominator *= Fraction(v).denominator
    whole = [int(v * denominator) for v in row]
    divisor = gcd(*whole) or 1
    return tuple(v // divisor for v in whole)


def solvable(equations: Rows, inequalities: Rows) -> bool:
    """Whether some x has ``row . (x, 1) = 0`` for the equations and ``> 0`` for the inequalities."""
    while equations:
        row, equations = equations[0], equations[1:]
        p = next((i for i, v in enumerate(row[:-1]) if v), None)
        if p is None:
            if row[-1]:
                return False
            continue
        sign = 1 if row[p] > 0 else -1

        def substituted(
            other: tuple[int, ...], row: tuple[int, ...] = row, p: int = p, s: int = sign
        ) -> tuple[int, ...]:
            return integers([s * row[p] * a - s * other[p] * b for a, b in zip(other, row, strict=True)])

        equations = [substituted(r) for r in equations]
        inequalities = [substituted(r) for r in inequalities]
    rows = set(inequalities)
    for p in range(len(next(iter(rows), (0,))) - 1):
        lower, upper = [r for r in rows if r[p] > 0], [r for r in rows if r[p] < 0]
        pairs = {
            integers([-u[p] * a + low[p] * b for a, b in zip(low, u, strict=True)])
            for low in lower
            for u in upper
        }
        rows = {r for r in rows if not r[p]} | pairs
    return all(r[-1] > 0 for r in rows)


def rank(rows: Iterable[Sequence[int]]) -> int:
    table = [[Fraction(v) for v in row] for row in rows]
    found = 0
    for p in range(len(table[0]) if table else 0):
        pivot = next((r for r in table[found:] if r[p]), None)
        if pivot is not None:
            table.remove(pivot)
            table.insert(found, pivot)
            found += 1
            for i in range(found, len(table)):
                f = table[i][p] / pivot[p]
                table[i] = [a - f * b for a, b in zip(table[i], pivot, strict=True)]
    return found


def forms(arrangement: Arrangement) -> Rows:
    """All hyperplanes as they stand, the repeated ones too."""
    pairs = zip(arrangement.normals, arrangement.offsets, strict=True)
    return [integers([*map(Fraction, normal), Fraction(-offset)]) for normal, offset in pairs]


def sides(box: Box) -> Rows:
    rows = []
    for j, (low, high) in enumerate(zip(box.lower.tolist(), box.upper.tolist(), strict=True)):
        axis = [Fraction(int(i == j)) for i in range(box.dim)]
        rows += [integers([*axis, -Fraction(low)]), integers([*(-v for v in axis), Fraction(high)])]
    return rows


def faces_by_signs(arrangement: Arrangement, box: Box) -> tuple[int, ...]:
    """Every sign vector that some point of the open box has is one face."""
    d, planes = arrangement.dimension, forms(arrangement)
    counts = [0] * (d + 1)

    def extend(i: int, equations: Rows, inequalities: Rows) -> None:
        if not solvable(equations, inequalities):
            return
        if i == len(planes):
            counts[d - rank([e[:-1] for e in equations])] += 1
            return
        extend(i + 1, [*equations, planes[i]], inequalities)
        extend(i + 1, equations, [*inequalities, planes[i]])
        extend(i + 1, equations, [*inequalities, tuple(-v for v in planes[i])])

    extend(0, [], sides(box))
    return tuple(counts)


def by_definition(arrangement: Arrangement, box: Box | None) -> FaceCounts:
    """The Moebius function by its recursion, over the intersections of all subsets of hyperplanes."""
    d, planes = arrangement.dimension, list(arrangement.hyperplanes)
    planes = [(*p[:-1], -p[-1]) for p in planes]
    open_box = sides(box) if box is not None else []
    dimension: dict[frozenset[int], int] = {}
    for j in range(d + 1):
        for subset in combinations(range(len(planes)), j):
            chosen = [planes[i] for i in subset]
            if rank(chosen) == j == rank([c[:-1] for c in chosen]) and solvable(chosen, open_box):
                through = (i for i, p in enumerate(planes) if rank([*chosen, p]) == j)
                dimension[frozenset(through)] = d - j
    order = sorted(dimension, key=len)
    faces, characteristic = [0] * (d + 1), [0] * (d + 1)
    for top in order:
        mu = {top: 1}
        for flat in order:
            if flat > top:
                mu[flat] = -sum(value for above, value in mu.items() if above < flat)
        faces[dimension[top]] += sum(map(abs, mu.values()))
        if not top:
            for flat, value in mu.items():
                characteristic[dimension[flat]] += value
    number = [list(dimension.values()).count(k) for k in range(d + 1)]
    return FaceCounts(tuple(faces), tuple(number), tuple(characteristic))


coefficient = st.integers(-2, 2)
place = st.sampled_from([Fraction(v, 2) for v in range(-4, 5)])


@st.composite
def cut_boxes(
    draw: st.DrawFn, dimensions: Sequence[int] = (1, 2, 3), most: int = 5
) -> tuple[Arrangement, Box]:
    """Small numbers: hyperplanes coincide, are parallel, meet in corners, run along sides of the box."""
    d = draw(st.sampled_from(dimensions))
    planes = []
    for _ in range(draw(st.integers(0, most))):
        normal = draw(st.lists(coefficient, min_size=d, max_size=d).filter(any))
        planes.append((*normal, draw(place)))
    ends = [sorted(draw(st.tuples(place, place).filter(lambda e: e[0] != e[1]))) for _ in range(d)]
    return make(d, planes), Box([float(e[0]) for e in ends], [float(e[1]) for e in ends])


@settings(max_examples=examples(150))
@given(cut_boxes())
def test_every_sign_vector_is_a_face(case: tuple[Arrangement, Box]) -> None:
    arrangement, box = case
    counts = count_in_box(arrangement, box)
    assert counts.f_vector == faces_by_signs(arrangement, box)
    # The open box is an open ball.
    d = box.dim
    assert sum((-1) ** k * n for k, n in enumerate(counts.f_vector)) == (-1) ** d
    assert counts.regions == sum(map(abs, counts.characteristic))


@settings(max_examples=examples(60))
@given(cut_boxes(dimensions=(2, 3, 4), most=6))
def test_the_moebius_function_by_its_definition(case: tuple[Arrangement, Box]) -> None:
    arrangement, box = case
    assert count_in_space(arrangement) == by_definition(arrangement, None)
    if box.dim < 4:
        assert count_in_box(arrangement, box) == by_definition(arrangement, box)


@settings(max_examples=examples(60))
@given(cut_boxes(dimensions=(1, 2, 3), most=5))
def test_brute_engine(case: tuple[Arrangement, Box]) -> None:
    arrangement, box = case
    if not arrangement.normals:
        return
    counts = count_in_box(arrangement, box)
    cx = enumerate_regions(arrangement.network(), box, engine="brute")
    assert (cx.n_regions, cx.n_adjacencies) == (counts.regions, counts.facets)


@settings(max_examples=examples(60))
@given(cut_boxes(dimensions=(4, 5), most=9))
def test_subdivide_engine(case: tuple[Arrangement, Box]) -> None:
    """Dimensions in which planes, and not just lines and points, must be held against the box."""
    arrangement, box = case
    if not arrangement.normals:
        return
    counts = count_in_box(arrangement, box)
    cx = enumerate_regions(arrangement.network(), box, engine="subdivide")
    assert cx.known_faces is not None
    assert list(counts.f_vector) == cx.faces.inside_counts
    assert (cx.n_regions, cx.n_adjacencies) == (counts.regions, counts.facets)


@settings(max_examples=examples(200))
@given(
    st.integers(0, 3).flatmap(
        lambda n: st.lists(st.tuples(*[st.integers(-3, 3)] * (n + 1)), min_size=1, max_size=7)
    )
)
def test_forms_that_are_positive_together(rows: Rows) -> None:
    assert flats._positive_somewhere(rows) == solvable([], rows)


# --------------------------------------------------------------------------------------------------------
# Theorems


def points_off(arrangement: Arrangement, q: int) -> int:
    """Points of the vector space over the field of q elements that lie on no hyperplane."""
    grid = np.array(list(product(range(q), repeat=arrangement.dimension)))
    off = np.ones(len(grid), dtype=bool)
    for *normal, offset in arrangement.hyperplanes:
        off &= (grid @ normal - offset) % q != 0
    return int(off.sum())


@pytest.mark.parametrize(
    "arrangement",
    [
        *(boolean(3), braid(4), type_b(3), type_d(3), shi(4), catalan(4), linial(4), semiorder(4)),
        *(type_b_shi(2), resonance(3), threshold(2), pencil(5), near_pencil(5), general_position(5)),
        grid_of([2, 3]),
    ],
    ids=lambda arrangement: arrangement.name,
)
def test_points_over_finite_fields(arrangement: Arrangement) -> None:
    """The characteristic polynomial at a large prime (Crapo and Rota 1970; Athanasiadis 1996)."""
    chi = characteristic_polynomial(arrangement)
    for q in (17, 19, 23):
        assert points_off(arrangement, q) == sum(c * q**k for k, c in enumerate(chi))


@pytest.mark.parametrize(
    ("arrangement", "roots"),
    [
        (braid(6), (1, 2, 3, 4, 5)),
        (type_b(5), (1, 3, 5, 7, 9)),
        (type_d(5), (1, 3, 5, 7, 4)),
        (shi(5), (5, 5, 5, 5)),
        (catalan(5), (6, 7, 8, 9)),
        (boolean(4), (1, 1, 1, 1)),
        (type_b_shi(3), (6, 6, 6)),
    ],
    ids=lambda value: value.name if isinstance(value, Arrangement) else "",
)
def test_factored_polynomials(arrangement: Arrangement, roots: tuple[int, ...]) -> None:
    """Exponents (Brieskorn 1973), h as many times as dimensions for Shi, n+1 .. 2n-1 for Catalan."""
    polynomial = [1]
    for root in roots:
        shifted, scaled = [0, *polynomial], [*(-root * c for c in polynomial), 0]
        polynomial = [a + b for a, b in zip(shifted, scaled, strict=True)]
    assert characteristic_polynomial(arrangement) == tuple(polynomial)


def test_bounded_regions() -> None:
    for n in range(2, 6):
        assert bounded_regions(shi(n)) == (n - 1) ** (n - 1)  # Shi 1986; Athanasiadis 1996
    for d in (1, 2, 3):
        for m in range(d, 8):
            assert bounded_regions(general_position(m, dimension=d)) == comb(m - 1, d)
    assert bounded_regions(grid_of([3, 4])) == 2 * 3
    assert bounded_regions(braid(4)) == 0
    # Two parallel planes in R^3: the slab between them is bounded across.
    assert bounded_regions(make(3, [(1, 1, 1, 0), (1, 1, 1, 1)])) == 1


def test_no_hyperplane() -> None:
    counts = count_in_box(make(2, []), Box.cube(2, 0, 1))
    assert counts == count_in_space(make(2, [])) == FaceCounts((0, 0, 1), (0, 0, 1), (0, 0, 1))
    assert (counts.regions, counts.facets) == (1, 0)


# --------------------------------------------------------------------------------------------------------
# Boxes, by hand


@pytest.mark.parametrize(
    ("box", "f_vector"),
    [
        (Box([-2, -2], [2, 2]), (1, 6, 6)),  # three lines through the origin
        (Box([0, -1], [2, 1]), (0, 2, 3)),  # the origin and x = 0 in a side: y = 0 and x + y = 0 are left
        (Box([0, 0], [2, 2]), (0, 0, 1)),  # all touch it, in two sides and a corner
        (Box([-1, 0], [0, 1]), (0, 1, 2)),  # the diagonal from corner to corner
        (Box([1, 1], [2, 2]), (0, 0, 1)),
        (Box([-2, -1], [-1, 2]), (0, 2, 3)),
        (Box([-2, 1], [-1, 2]), (0, 1, 2)),
    ],
)
def test_three_lines(box: Box, f_vector: tuple[int, ...]) -> None:
    lines = make(2, [(1, 0, 0), (0, 1, 0), (1, 1, 0)])
    assert count_in_box(lines, box).f_vector == f_vector == faces_by_signs(lines, box)


def test_planes_that_only_touch() -> None:
    """sum x = c and the cube [0, 1]^d: a corner for c = 0 and c = d, the inside between."""
    for d in range(1, 7):
        for c in range(-1, d + 2):
            inside = 0 < c < d
            counts = count_in_box(make(d, [(*[1] * d, c)]), Box.cube(d, 0, 1))
            assert (counts.regions, counts.facets) == (1 + inside, int(inside))
    # x_1 + x_2 = a, x_3 + x_4 = b: b = 2 and a = 0 touch; 1 and 1 meet inside, and so do 3/2 and 1/2.
    cube = Box.cube(4, 0, 1)
    half = Fraction(1, 2)
    for a, b, meet in ((1, 2, False), (1, 1, True), (3 * half, half, True), (0, 1, False)):
        counts = count_in_box(make(4, [(1, 1, 0, 0, a), (0, 0, 1, 1, b)]), cube)
        assert counts.flats[2] == int(meet)
    # x_1 + x_2 + x_3 = 1 and x_1 = 1 meet the cube's closure in an edge only, x_2 = 1 likewise.
    counts = count_in_box(make(4, [(1, 1, 1, 0, 1), (2, 1, 1, 0, 2)]), cube)
    assert counts.flats == (0, 0, 0, 2, 1)


def test_copies_and_multiples_count_once() -> None:
    lines = [(1, 2, 1), (0, 1, 0), (1, 0, 0)]
    copies = [(Fraction(1, 2), 1, Fraction(1, 2)), (-3, -6, -3), (0, 1, 0), (0, -7, 0)]
    box = Box([-1, -2], [3, 2])
    assert count_in_box(make(2, lines + copies), box) == count_in_box(make(2, lines), box)


def test_scales() -> None:
    """Slabs of width 2^-60 and coordinates of 2^40: the counts are those of plain numbers."""
    plain = count_in_box(make(2, [(1, 0, 0), (1, 0, 1), (1, 1, 1), (1, -1, 0)]), Box([-1, -1], [2, 2]))
    tiny, big = Fraction(1, 2**60), 2**40
    thin = make(2, [(1, 0, big), (1, 0, big + tiny), (1, 1, big + tiny), (1, -1, big)])
    wide = Box([float(big) - 1, -1], [float(big) + 1, 1])
    scaled = make(2, [(big, 0, 0), (tiny, 0, tiny), (7, 7, 7), (Fraction(1, 3), -Fraction(1, 3), 0)])
    assert count_in_box(scaled, Box([-1, -1], [2, 2])) == plain
    assert count_in_box(thin, wide).f_vector == plain.f_vector


def test_a_box_that_cuts_only_what_it_meets() -> None:
    """500 lines of which two cross the box."""
    lines = [(1, k, 1000 + k) for k in range(2, 500)] + [(1, 0, 0), (0, 1, 0)]
    assert count_in_box(make(2, lines), Box.cube(2, -1, 1)).f_vector == (1, 4, 4)


def is_arrangement(case: Case) -> bool:
    hidden = case.network.hidden
    return len(hidden) == 1 and not hidden[0].pieces.is_max.any()


ONE_LAYER = [case for case in ZOO if is_arrangement(case)]


@pytest.mark.parametrize("case", ONE_LAYER, ids=lambda case: case.name)
def test_networks_of_one_layer(case: Case) -> None:
    counts = count_in_box(arrangement_of(case.network), case.box)
    assert (counts.regions, counts.facets) == (case.regions, case.pairs)
    assert case.f_vector is None or counts.f_vector == case.f_vector


def test_the_zoo_has_networks_of_one_layer() -> None:
    assert len(ONE_LAYER) > 50


@pytest.mark.parametrize("activation", ["relu", "abs", "hard_tanh"])
def test_random_networks_of_one_layer(activation: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng(seed)
        d, m = 2 + seed % 3, 9
        net = Network.from_arrays(
            [(rng.normal(size=(m, d)), rng.normal(size=m)), (np.ones((1, m)), [0])], activation
        )
        box = Box.cube(d, -1.5, 1.0)
        counts = count_in_box(arrangement_of(net), box)
        for engine in ("subdivide", "traverse"):
            cx = enumerate_regions(net, box, engine=engine)
            assert (cx.n_regions, cx.n_adjacencies) == (counts.regions, counts.facets)


# --------------------------------------------------------------------------------------------------------
# Limits and independence


def test_too_many_flats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flats, "MAX_FLATS", 30)
    assert count_in_space(general_position(7)).flats == (21, 7, 1)
    with pytest.raises(TooLargeError, match="have up to 37 flats, and these more than 30, the limit"):
        count_in_space(general_position(8))
    # Flats that miss the box are looked at too.
    with pytest.raises(TooLargeError, match="the limit"):
        count_in_box(general_position(40), Box.cube(2, -1000, -999))


def test_wrong_arguments() -> None:
    with pytest.raises(InvalidBoxError, match="3 dimension"):
        count_in_box(shi(3), Box.cube(3, -1, 1))
    with pytest.raises(InvalidInputError, match="expected a Box"):
        count_in_box(shi(3), (-1, 1))
    with pytest.raises(InvalidInputError, match="expected an Arrangement"):
        count_in_box(shi(3).network(), Box.cube(2, -1, 1))
    with pytest.raises(InvalidInputError, match="expected an Arrangement"):
        characteristic_polynomial([(1, 0)])


def test_the_referee_shares_nothing_with_the_engines() -> None:
    tree = ast.parse(Path(flats.__file__).read_text(encoding="utf-8"))
    used = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.level}
    assert used == {None, "network.box", "errors"}
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert not names
