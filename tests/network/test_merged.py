"""Equal units as one: the same regions, patterns with columns repeated."""

from __future__ import annotations

import numpy as np
import pytest
from support.zoo import cube

from polyregions import Network, certify, enumerate_regions
from polyregions.network import linear, maxout, mixed, relu
from polyregions.network.merged import merge_equal_units


def twins(seed: int, sparse: bool = False) -> tuple[Network, Network]:
    """A network, and two copies of it side by side that are added up."""
    from scipy.sparse import csr_array

    rng = np.random.default_rng(seed)
    W, V, U = rng.normal(size=(5, 2)), rng.normal(size=(4, 5)), rng.normal(size=(2, 4))
    b, c = rng.normal(size=5), rng.normal(size=4)
    none = np.zeros_like(V)
    both = np.block([[V, none], [none, V]])
    one = Network.from_arrays([(W, b), (V, c), (U, [0, 0])])
    two = Network(
        [
            relu(np.concatenate([W, W]), np.concatenate([b, b])),
            relu(csr_array(both) if sparse else both, np.concatenate([c, c])),
            linear(np.concatenate([U, U], axis=1), [0, 0]),
        ]
    )
    return one, two


@pytest.mark.parametrize("sparse", [False, True])
def test_copies_are_found_through_all_layers(sparse: bool) -> None:
    one, two = twins(0, sparse)
    merged = merge_equal_units(two)
    assert merged is not None
    assert merged.network.widths == one.widths
    assert merged.column.tolist() == [*range(5), *range(5), *range(5, 9), *range(5, 9)]
    x = np.random.default_rng(1).normal(size=(50, 2))
    assert (two.states(x) == merged.network.states(x)[:, merged.column]).all()
    assert (merged.network.states(x) == two.states(x)[:, merged.kept]).all()
    np.testing.assert_allclose(merged.network(x), two(x), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_twins_have_the_regions_of_one(seed: int) -> None:
    one, two = twins(seed)
    cx, alone = (enumerate_regions(net, cube(2, -2, 2), engine="traverse") for net in (two, one))
    other = enumerate_regions(two, cube(2, -2, 2), engine="subdivide")
    assert cx.n_regions == alone.n_regions == other.n_regions
    assert cx.n_adjacencies == alone.n_adjacencies == other.n_adjacencies
    assert cx.network == two
    assert {row.tobytes() for row in cx.states} == {row.tobytes() for row in other.states}
    cx.check()
    assert certify(cx).valid
    partial = enumerate_regions(two, cube(2, -2, 2), engine="traverse", limit=alone.n_regions - 2)
    whole = enumerate_regions(two, cube(2, -2, 2), engine="traverse", resume=partial)
    assert (whole.states == cx.states).all()
    assert (whole.facet_neighbors == cx.facet_neighbors).all()


def test_copies_of_several_kinds() -> None:
    rows = [[1.0, 0.5], [0.25, -1.0]]
    layer = mixed([maxout([rows, rows], [[0, 1], [0, 1]]), relu(rows, [0, 1]), linear([rows[0]] * 2, [0, 0])])
    net = Network([layer, linear(np.ones((1, 6)), [0])])
    merged = merge_equal_units(net)
    assert merged is not None
    assert merged.network.layers[0].n_outputs == 4
    assert merged.network.widths == (3,)
    assert merged.column.tolist() == [0, 0, 1, 2]
    found = {
        e: enumerate_regions(net, cube(2), engine=e).n_regions for e in ("traverse", "subdivide", "brute")
    }
    assert len(set(found.values())) == 1


def test_nothing_is_rounded() -> None:
    """Copies stay where their columns add up to no float64."""
    tiny = 2.0**-60
    net = Network.from_arrays([([[1.0], [1.0], [2.0], [2.0]], [0] * 4), ([[1.0, tiny, 1.0, 1.0]], [0])])
    assert merge_equal_units(net) is None
    assert merge_equal_units(Network.from_arrays([([[1.0], [2.0]], [0, 0]), ([[1.0, 1.0]], [0])])) is None
