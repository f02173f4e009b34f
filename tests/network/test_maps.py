"""Affine maps of many regions in float64: the exact ones, within the bound."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from support.networks import RANDOM, random_network
from support.zoo import by_name

from polyregions import Box, Network, enumerate_regions
from polyregions.network import maps
from polyregions.network.maps import region_maps


def check_maps(net: Network, box: Box, engine: str) -> float:
    """Largest quotient of a true error and its bound."""
    cx = enumerate_regions(net, box, engine=engine)
    largest = np.maximum(np.abs(box.lower), np.abs(box.upper))
    values, errors = region_maps(net.layers, cx.states, largest)
    assert values.shape == (cx.n_regions, net.output_dim, box.dim + 1)
    scale = [*map(Fraction, largest.tolist()), Fraction(1)]
    worst = 0.0
    for i in range(0, cx.n_regions, max(1, cx.n_regions // 25)):
        _, output = net.exact.forms(cx.states[i])
        for row, computed, error in zip(output[:-1], values[i].tolist(), errors[i].tolist(), strict=True):
            true = [Fraction(int(v), int(output[-1][-1])) for v in row]
            off = sum(abs(a - Fraction(b)) * s for a, b, s in zip(true, computed, scale, strict=True))
            assert off <= Fraction(error)
            worst = max(worst, float(off) / error)
    return worst


@pytest.mark.parametrize(("d", "kinds", "width"), RANDOM, ids=str)
@pytest.mark.parametrize("engine", ["subdivide", "traverse"])
def test_within_the_bound(d: int, kinds: list[str], width: int, engine: str) -> None:
    assert 0.0 < check_maps(random_network(3, d, kinds, width), Box.cube(d, -1, 1), engine) < 1.0


@pytest.mark.parametrize(("d", "kinds", "width"), RANDOM, ids=str)
def test_a_map_is_that_of_its_pattern_alone(
    d: int, kinds: list[str], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In any order, all at once or one by one: the same to the byte."""
    net = random_network(4, d, kinds, width)
    cx = enumerate_regions(net, Box.cube(d, -1, 1), engine="traverse")
    found = region_maps(net.layers, cx.states, np.ones(d))
    order = np.random.default_rng(0).permutation(cx.n_regions)
    shuffled = region_maps(net.layers, cx.states[order], np.ones(d))
    assert [a.tobytes() for a in shuffled] == [a[order].tobytes() for a in found]
    monkeypatch.setattr(maps, "TOGETHER", 1)
    assert [a.tobytes() for a in region_maps(net.layers, cx.states, np.ones(d))] == [
        a.tobytes() for a in found
    ]


@pytest.mark.parametrize("name", ["overflow-sum", "six-differ", "hard-tanh-twice"])
def test_special_numbers(name: str) -> None:
    case = by_name(name)
    cx = enumerate_regions(case.network, case.box)
    values, errors = region_maps(case.network.layers, cx.states, np.abs(case.box.upper))
    assert len(values) == len(errors) == cx.n_regions
