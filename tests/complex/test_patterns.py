"""Where patterns differ, from packed states, beside the patterns themselves."""

from __future__ import annotations

import numpy as np
import pytest
from support.zoo import ZOO

from polyregions import Box, enumerate_regions
from polyregions.complex.attributes import differences
from polyregions.complex.patterns import Patterns, states_at
from polyregions.network import Network, linear, maxout, mixed, relu


def check(cx):
    kept = vars(cx)["states"]
    assert isinstance(kept, Patterns)
    lower, higher = cx.adjacencies.T
    # Pairs far apart too, and a region beside itself.
    lower, higher = (np.append(ids, np.arange(cx.n_regions)) for ids in (lower, higher))
    higher[-cx.n_regions // 2 :] = np.arange(cx.n_regions)[: len(higher[-cx.n_regions // 2 :])][::-1]
    pair, unit = differences(cx, lower, higher)
    expected = np.nonzero(kept.array()[lower] != kept.array()[higher])
    assert pair.tolist() == expected[0].tolist()
    assert unit.tolist() == expected[1].tolist()
    rng = np.random.default_rng(len(cx))
    cells = rng.integers(0, cx.n_regions, 300)
    units = rng.integers(0, max(1, cx.network.n_units), 300) if cx.network.n_units else cells[:0]
    expected_states = kept.array()[cells[: units.size], units]
    assert states_at(vars(cx)["states"], cells[: units.size], units).tolist() == expected_states.tolist()
    cx.states  # noqa: B018  from here on an array
    assert states_at(vars(cx)["states"], cells[: units.size], units).tolist() == expected_states.tolist()
    assert [ids.tolist() for ids in differences(cx, lower, higher)] == [ids.tolist() for ids in expected]
    return len(unit)


@pytest.mark.parametrize("case", [case for case in ZOO if case.dim <= 3], ids=lambda case: case.name)
def test_differences(case):
    check(enumerate_regions(case.network, case.box, engine="subdivide"))


def test_differences_of_units_of_all_kinds():
    """Maxout of five pieces beside units of two, values that pass through, and a layer of no units."""
    rng = np.random.default_rng(3)
    some = maxout(rng.normal(size=(3, 5, 2)), rng.normal(size=(3, 5)))
    through = linear(np.eye(2), np.zeros(2))
    first = mixed([through, some, relu(rng.normal(size=(9, 2)), rng.normal(size=9))])
    width = 2 + 3 + 9
    nothing = linear(rng.normal(size=(4, width)), rng.normal(size=4))
    last = relu(rng.normal(size=(7, 4)), rng.normal(size=7))
    layers = [first, nothing, last, linear(rng.normal(size=(1, 7)), [0.0])]
    assert check(enumerate_regions(Network(layers), Box.cube(2, -2, 2), engine="subdivide")) > 100
