"""Published counts, in dimensions 3 to 6: both engines and Zaslavsky's sum must give them.

The hyperplanes are those of :mod:`polyregions.theory.arrangements`; the numbers are written down here a
second time.
"""

from __future__ import annotations

from math import comb, factorial

import numpy as np
import pytest

from polyregions import RegionComplex, enumerate_regions
from polyregions.theory.arrangements import (
    Arrangement,
    braid,
    catalan,
    complete_bipartite,
    general_position,
    linial,
    resonance,
    semiorder,
    shi,
    threshold,
    type_b,
    type_b_shi,
    type_d,
    type_e,
    type_f,
)
from polyregions.theory.arrangements.flats import count_in_box

#: Arrangement, hyperplanes, dimension, regions, adjacent pairs (None: not published), source.
PUBLISHED: list[tuple[Arrangement, int, int, int, int | None, str]] = [
    (braid(6), 15, 5, 720, 1800, "Coxeter A_5: n!, rank |W| / 2"),
    (type_b(5), 25, 5, 3840, 9600, "Coxeter B_5: 2^n n!, rank |W| / 2"),
    (type_d(5), 20, 5, 1920, 4800, "Coxeter D_5: 2^(n-1) n!, rank |W| / 2"),
    (type_f(), 24, 4, 1152, 2304, "Coxeter F_4, rank |W| / 2"),
    (shi(5), 20, 4, 1296, 5 * (6**4 - 5**4), "Shi 1986; pairs Athanasiadis 1996"),
    (catalan(5), 30, 4, 5040, None, "Stanley 1996: n! C_n"),
    (linial(5), 10, 4, 246, None, "Postnikov and Stanley 2000; OEIS A007889"),
    (linial(6), 15, 5, 2104, None, "Postnikov and Stanley 2000; OEIS A007889"),
    (semiorder(4), 12, 3, 183, None, "OEIS A006531"),
    (semiorder(5), 20, 4, 2371, None, "OEIS A006531"),
    (type_b_shi(3), 18, 3, 343, None, "Shi 1987: (h + 1)^n"),
    (resonance(5), 31, 5, 11292, None, "OEIS A034997"),
    (threshold(3), 8, 4, 104, None, "OEIS A000609"),
    (threshold(4), 16, 5, 1882, None, "OEIS A000609"),
    (complete_bipartite(3, 3), 9, 5, 230, None, "acyclic orientations of K_{3,3}: OEIS A048163"),
    (general_position(14, dimension=4), 14, 4, 1471, 14 * 378, "Buck 1943: S(14, 4), m S(13, 3)"),
]
#: Too many regions for the engine that solves linear programs to stand in a test: about two minutes.
MANY = [
    (type_e(6), 36, 6, 51840, 155520, "Coxeter E_6, rank |W| / 2"),
    (threshold(5), 32, 6, 94572, None, "OEIS A000609"),
]


def check(
    row: tuple[Arrangement, int, int, int, int | None, str], engines: tuple[str, ...]
) -> dict[str, RegionComplex]:
    arrangement, m, d, regions, pairs, _ = row
    net, box = arrangement.network(), arrangement.box()
    assert (net.n_units, net.input_dim) == (m, d)
    counts = count_in_box(arrangement, box)
    assert counts.regions == regions
    assert pairs is None or counts.facets == pairs
    found = {}
    for engine in engines:
        cx = found[engine] = enumerate_regions(net, box, engine=engine)
        assert cx.complete
        assert (cx.n_regions, cx.n_adjacencies) == (regions, counts.facets)
        if cx.known_faces is not None:
            assert cx.faces.inside_counts == list(counts.f_vector)
    return found


def quick(row: tuple[Arrangement, int, int, int, int | None, str]) -> bool:
    return row[3] < 1500


@pytest.mark.parametrize(
    "row",
    [pytest.param(r, id=r[0].name, marks=() if quick(r) else pytest.mark.slow) for r in PUBLISHED],
)
def test_published(row: tuple[Arrangement, int, int, int, int | None, str]) -> None:
    found = check(row, ("subdivide", "traverse"))
    ours, theirs = (np.unique(found[engine].states, axis=0) for engine in ("subdivide", "traverse"))
    assert np.array_equal(ours, theirs)


@pytest.mark.slow
@pytest.mark.parametrize("row", MANY, ids=lambda row: row[0].name)
def test_many(row: tuple[Arrangement, int, int, int, int | None, str]) -> None:
    check(row, ("subdivide",))


def test_numbers_that_formulas_give() -> None:
    """The numbers above that are values of a formula, computed from it."""
    values = {row[0].name: row[3:5] for row in PUBLISHED + MANY}
    assert values["braid 6"] == (factorial(6), 5 * factorial(6) // 2)
    assert values["type B 5"] == (2**5 * factorial(5), 5 * 2**5 * factorial(5) // 2)
    assert values["type D 5"] == (2**4 * factorial(5), 5 * 2**4 * factorial(5) // 2)
    assert values["Shi 5"][0] == 6**4
    assert values["Catalan 5"][0] == factorial(5) * comb(10, 5) // 6
    assert values["type-B Shi 3"][0] == 7**3
    assert values["general position 14 in R^4"] == (
        sum(comb(14, j) for j in range(5)),
        14 * sum(comb(13, j) for j in range(4)),
    )
