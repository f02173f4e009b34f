"""Rows times maps, as exact sums of rounded products: beside rational numbers, and by any way to a cell."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from polyregions.base.arrays import FloatArray
from polyregions.base.rounding import U
from polyregions.network import row_sums
from polyregions.network.layer_arrays import Columns
from polyregions.network.row_sums import last_places, row_maps, shift_of
from polyregions.network.unit_maps import CellMaps, measure

CELLS, PARENTS, WIDTH, UNITS = 40, 3, 4, 11


def cells(rng: np.random.Generator, scale: float = 1.0, whole: bool = False) -> CellMaps:
    """Units with one to four states, slopes and constants of all signs, some of them zero."""
    n_states = rng.integers(1, 5, UNITS)
    first = np.concatenate([[0], np.cumsum(n_states)])
    entries = int(first[-1])

    def numbers(*shape: int) -> FloatArray:
        drawn = rng.integers(-9, 10, shape).astype(float) if whole else rng.normal(size=shape)
        return drawn * (rng.random(shape) < 0.7)

    parent = np.sort(rng.integers(0, PARENTS, CELLS)).astype(np.int32)
    states = (rng.integers(0, 60, (CELLS, UNITS)) % n_states).astype(np.uint8)
    # Neighbours that differ in few units, and some that are the same.
    for c in range(1, CELLS):
        stay = rng.random(UNITS) < 0.8
        states[c, stay] = states[c - 1, stay]
    bounds = np.empty(CELLS), np.zeros(CELLS)
    table = first, rng.integers(0, 6, entries), numbers(entries), numbers(entries) * scale
    kinds, zero = np.zeros(entries, dtype=np.uint8), np.zeros((1, 6), dtype=np.uint8)
    return CellMaps(numbers(PARENTS, WIDTH, 6) * scale, parent, states, *table, *bounds, kinds, zero)


def forms(below: CellMaps, weight: Any) -> tuple[FloatArray, FloatArray]:
    """The forms of all rows, and the last places of all columns."""
    columns, reach = Columns.of(weight), np.zeros((PARENTS, WIDTH))
    measure(below, np.ones(WIDTH), reach)
    places = last_places(columns, reach)
    out = np.empty((len(below.parent), WIDTH, len(weight)))
    row_maps(below, shift_of(places), columns, out)
    return out, places


def unit(below: CellMaps, c: int, k: int) -> list[Fraction]:
    """The map of a unit, as it is rounded before it is multiplied."""
    entry = int(below.first[k]) + int(below.states[c, k])
    own = below.slopes[entry] * below.maps[below.parent[c], :, below.piece[entry]]
    own[-1] += below.constants[entry]
    return [Fraction(v) for v in own.tolist()]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("scale", [1.0, 2.0**-900, 2.0**900])
def test_beside_rational_numbers(seed: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    below, weight = cells(rng, scale), rng.normal(size=(9, UNITS))
    found, places = forms(below, weight)
    for c in range(0, CELLS, 5):
        units = [unit(below, c, k) for k in range(UNITS)]
        for r, row in enumerate(weight.tolist()):
            for j in range(WIDTH):
                terms = [Fraction(w) * own[j] for w, own in zip(row, units, strict=True)]
                lost = UNITS * Fraction(float(places[below.parent[c], j])) / 2
                lost += Fraction(2 * U) * sum(map(abs, terms))
                assert abs(Fraction(float(found[c, j, r])) - sum(terms)) <= lost
                # And each is a multiple of the last place.
                assert (
                    Fraction(float(found[c, j, r])) / Fraction(places[below.parent[c], j])
                ).denominator == 1


@pytest.mark.parametrize("rows", [1, 3, 9, 40])
@pytest.mark.parametrize("seed", range(4))
def test_the_way_does_not_matter(seed: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cell after the other, each alone, in another order, by arrays or entries: the same to the byte."""
    rng = np.random.default_rng(seed)
    below, weight = cells(rng), rng.normal(size=(rows, UNITS)) * (rng.random((rows, UNITS)) < 0.6)
    found, _ = forms(below, weight)
    order = rng.permutation(CELLS)
    order = order[np.argsort(below.parent[order], kind="stable")]
    changed = below._replace(states=below.states[order], sizes=np.empty(CELLS))
    assert forms(changed, weight)[0].tobytes() == found[order].tobytes()
    columns, reach = Columns.of(weight), np.zeros((PARENTS, WIDTH))
    measure(below, np.ones(WIDTH), reach)
    for c in range(CELLS):
        alone = np.empty((1, WIDTH, rows))
        own = below._replace(parent=below.parent[c : c + 1], states=below.states[c : c + 1])
        row_maps(own, shift_of(last_places(columns, reach)), columns, alone)
        assert alone[0].tobytes() == found[c].tobytes()
    for name, number in (("FEW_ROWS", 0), ("FEW_ROWS", 100)):
        monkeypatch.setattr(f"polyregions.network.layer_arrays.{name}", number)
        assert forms(below, weight)[0].tobytes() == found.tobytes()


def test_whole_numbers_are_exact() -> None:
    rng = np.random.default_rng(1)
    below, weight = cells(rng, whole=True), rng.integers(-99, 100, (7, UNITS)).astype(float)
    found, places = forms(below, weight)
    assert places.max() <= 1.0
    for c in range(CELLS):
        units = np.array([[int(v) for v in unit(below, c, k)] for k in range(UNITS)])
        assert (found[c] == units.T @ weight.T).all()


def test_what_leaves_the_range_has_no_last_place() -> None:
    columns = Columns.of(np.array([[2.0, 1.0]]))
    reach = np.array([1.0, np.inf, np.nan, 1e308, 0.0])
    places = last_places(columns, reach)
    assert np.isinf(places[1:4]).all()
    assert places[4] * 2.0**53 == 2 * row_sums.LEAST


@pytest.mark.parametrize("broken", [np.inf, np.nan])
def test_a_map_out_of_range_reaches_everywhere(broken: float) -> None:
    """Cells of one parent are made from each other: none of them may be trusted then."""
    below = cells(np.random.default_rng(2))
    below.maps[1, 2, :] = broken
    reach = np.zeros((PARENTS, WIDTH))
    measure(below, np.ones(WIDTH), reach)
    assert np.isinf(reach[1]).all()
    assert np.isfinite(reach[[0, 2]]).all()
