"""Ties that need no arithmetic: units that are off tie at zero, and what reads nothing else is zero, too."""

from __future__ import annotations

import numpy as np
import pytest
from support.zoo import cube

from polyregions import Network, certify, enumerate_regions
from polyregions.network import hyperplanes, linear, maxout, mixed, relu


def pooled(seed: int, depth: int) -> Network:
    """ReLU units with real weights, the largest of each two of them, and so on."""
    rng = np.random.default_rng(seed)
    layers, n = [], 2
    for _ in range(depth):
        layers.append(relu(rng.normal(size=(8, n)), rng.normal(size=8)))
        pairs = np.zeros((5, 2, 8))
        for unit, (a, b) in enumerate([(0, 1), (2, 3), (4, 5), (6, 7), (1, 2)]):
            pairs[unit, 0, a] = pairs[unit, 1, b] = 1.0
        layers.append(maxout(pairs, np.zeros((5, 2))))
        n = 5
    return Network([*layers, linear(rng.normal(size=(2, n)), np.zeros(2))])


@pytest.mark.parametrize("seed", range(4))
def test_pools_of_units_that_are_off(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer signs are left to integers than without the knowledge, and nothing else is different."""
    network, box = pooled(seed, 1), cube(2, -2, 2)
    cx = enumerate_regions(network, box, engine="subdivide")
    other = enumerate_regions(network, box, engine="traverse")
    assert (cx.n_regions, cx.n_adjacencies) == (other.n_regions, other.n_adjacencies)
    assert {row.tobytes() for row in cx.states} == {row.tobytes() for row in other.states}
    cx.check()
    monkeypatch.setattr(
        hyperplanes._ExactLayer, "_bare_planes", lambda self: np.zeros(len(self.pairs), dtype=np.bool_)
    )
    unknowing = enumerate_regions(Network(network.layers), box, engine="subdivide")
    assert (unknowing.states == cx.states).all()
    assert (unknowing.facet_neighbors == cx.facet_neighbors).all()
    assert cx.undecided is not None
    assert unknowing.undecided is not None
    assert cx.undecided < unknowing.undecided


def test_through_several_layers() -> None:
    network = pooled(5, 2)
    cx = enumerate_regions(network, cube(2, -2, 2), engine="subdivide")
    other = enumerate_regions(network, cube(2, -2, 2), engine="traverse")
    assert (cx.n_regions, cx.n_adjacencies) == (other.n_regions, other.n_adjacencies)
    assert certify(cx).valid


def test_what_looks_like_zero_and_is_not() -> None:
    """A bias, a level, or a unit that is on: each leaves something."""
    off = relu([[0.1, 0.3], [0.3, 0.1]], [-9.0, -9.0])  # nowhere on in the box
    layers = [
        mixed([off, linear([[0.7, 0.0]], [0.0])]),
        mixed(
            [
                relu([[1.0, 1.0, 0.0], [1.0, -1.0, 0.1]], [0.0, 0.0]),  # zero; 0.07 x
                maxout([[[1, 0, 0], [0, 1, 0]], [[1, 0, 0], [0, 1, 0.1]]], [[0, 0], [0, 0.01]]),
            ]
        ),
    ]
    network = Network([*layers, linear([[1.0, 1.0, 1.0, 1.0]], [0.0])])
    results = [enumerate_regions(network, cube(2), engine=e) for e in ("subdivide", "traverse", "brute")]
    assert {cx.n_regions for cx in results} == {3}  # cut at x = 0 and where 0.07 x + 0.01 = 0
