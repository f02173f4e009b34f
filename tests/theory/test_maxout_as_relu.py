"""Maxout layers of rank 2 as ReLU layers: the same function exactly, and how the regions correspond."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from support.reference import forward

from polyregions import Box, Network, enumerate_regions
from polyregions.errors import InvalidBoxError, InvalidInputError
from polyregions.network.layers import (
    Layer,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    piecewise,
    relu,
)
from polyregions.theory.constructions import maxout_as_relu, maxout_cones, maxout_tents


def random_network(seed: int) -> Network:
    """Small whole numbers and halves; maxout of rank 2, and now and then a layer of another kind."""
    rng = np.random.default_rng(seed)
    n = d = int(rng.integers(1, 4))
    layers: list[Layer] = []
    for depth in range(int(rng.integers(1, 4))):
        width = int(rng.integers(1, 4))

        def weight(*shape: int) -> np.ndarray:
            return rng.integers(-4, 5, size=shape) / 2

        kind = rng.integers(0, 8) if depth else 0
        if kind == 1:
            layers.append(relu(weight(width, n), weight(width)))
        elif kind == 2:
            layers.append(leaky_relu(weight(width, n), weight(width), -0.5))
        elif kind == 3:
            layers.append(piecewise(weight(width, n), weight(width), [-1, 0.5, 2], [1, -2, 0, 3]))
        elif kind == 4:
            layers.append(hard_tanh(weight(width, n), weight(width)))
        else:
            layers.append(maxout(weight(width, 2, n), weight(width, 2)))
        n = width
    if rng.integers(0, 2):
        layers.append(linear(rng.integers(-2, 3, size=(2, n)), [1, 0]))
    assert layers[0].n_inputs == d
    return Network(layers)


def differences(network: Network, rewritten: Network) -> np.ndarray:
    """The units of the rewritten network whose states are those of the original."""
    columns, start = [], 0
    hidden = [layer for layer in rewritten.layers if layer.kind != "linear"]
    for old, new in zip(network.hidden, hidden, strict=True):
        columns.append(np.arange(start, start + old.n_units))
        start += new.n_units
    return np.concatenate(columns)


def points(network: Network, box: Box, seed: int) -> list[list[Fraction]]:
    rng = np.random.default_rng(seed)
    ends = list(zip(box.lower.tolist(), box.upper.tolist(), strict=True))
    return [
        [
            Fraction(a) + (Fraction(b) - Fraction(a)) * Fraction(int(v), 60)
            for (a, b), v in zip(ends, row, strict=True)
        ]
        for row in rng.integers(0, 61, size=(20, network.input_dim))
    ]


@pytest.mark.parametrize("seed", range(40))
def test_in_a_box(seed: int) -> None:
    """Function and regions are the same, one for one, with the same neighbours; added units are always on."""
    network = random_network(seed)
    box = Box.cube(network.input_dim, -2, 3)
    rewritten = maxout_as_relu(network, box)
    assert all(layer.kind != "maxout" for layer in rewritten.layers)
    for x in points(network, box, seed):
        assert forward(network.layers, x)[0] == forward(rewritten.layers, x)[0]

    old, new = enumerate_regions(network, box), enumerate_regions(rewritten, box)
    own = differences(network, rewritten)
    others = np.setdiff1d(np.arange(rewritten.n_units), own)
    assert (new.states[:, others] == 1).all()
    ids = [old.find(states) for states in new.states[:, own]]
    assert sorted(ids) == list(range(old.n_regions))
    assert {tuple(sorted((ids[i], ids[j]))) for i, j in new.adjacencies.tolist()} == set(
        map(tuple, old.adjacencies.tolist())
    )


@pytest.mark.parametrize("seed", range(40))
def test_everywhere(seed: int) -> None:
    """The function is the same on all of space; the regions are those of the maxout network, cut further."""
    network = random_network(seed)
    rewritten = maxout_as_relu(network)
    box = Box.cube(network.input_dim, -2, 3)
    for x in points(network, Box.cube(network.input_dim, -1000, 900), seed) + points(network, box, seed):
        assert forward(network.layers, x)[0] == forward(rewritten.layers, x)[0]
    old, new = enumerate_regions(network, box), enumerate_regions(rewritten, box)
    ids = [old.find(states) for states in new.states[:, differences(network, rewritten)]]
    assert set(ids) == set(range(old.n_regions))
    assert new.n_regions >= old.n_regions
    for i in range(new.n_regions):
        assert new[i].complex.network.exact.affine_map(new.states[i]) == network.exact.affine_map(
            old.states[ids[i]]
        )


def test_known_counts_survive() -> None:
    for made in (maxout_tents(2, 3), maxout_cones(2, 2, 2), maxout_tents(1, 5)):
        rewritten = maxout_as_relu(made.network, made.box)
        widths = [n for layer in made.network.layers for n in [2 * layer.n_units]]
        assert list(rewritten.widths) == widths
        n_regions = enumerate_regions(made.network, made.box).n_regions
        assert enumerate_regions(rewritten, made.box).n_regions == n_regions


def test_the_cuts_that_are_added() -> None:
    """max(x, x - 1) = x is one region; relu(x) - relu(-x) makes two of it, a unit that is always on none."""
    network = Network([maxout([[[1], [1]]], [[0, -1]])])
    box = Box([-1], [1])
    assert enumerate_regions(network, box).n_regions == 1
    assert enumerate_regions(maxout_as_relu(network), box).n_regions == 2
    assert enumerate_regions(maxout_as_relu(network, box), box).n_regions == 1


def test_networks_without_maxout_stay_as_they_are() -> None:
    network = Network([relu([[1, 2]], [3]), linear([[1]], [0])])
    assert maxout_as_relu(network) == network


def test_refusals() -> None:
    with pytest.raises(InvalidInputError, match="layer 2, unit 0: rank 3"):
        maxout_as_relu(Network([relu([[1]], [0]), maxout([[[1], [2], [3]]], [[0, 0, 0]])]))
    with pytest.raises(InvalidInputError, match="unit 1: rank 1"):
        maxout_as_relu(Network([maxout([[[1], [2]], [[1]]], [[0, 0], [0]])]))
    # 2^60 - 1 and 2^60 + 2^-60 need more than 53 bits; 2^1023 + 2^1023 is beyond float64.
    for pieces in ([[1], [2.0**60]], [[2.0**-60], [-(2.0**60)]], [[-(2.0**1023)], [2.0**1023]]):
        with pytest.raises(InvalidInputError, match="no float64"):
            maxout_as_relu(Network([maxout([pieces], [[0, 0]])]))
    # The weights are fine, the constants that go into the next layer are not.
    network = Network([maxout([[[1], [2]]], [[2.0**-50, 0]]), linear([[1]], [0])])
    with pytest.raises(InvalidInputError, match="layer 2: rewritten, it has the number"):
        maxout_as_relu(network, Box([-100], [100]))
    with pytest.raises(InvalidBoxError, match="2 dimension"):
        maxout_as_relu(network, Box.cube(2, 0, 1))
    with pytest.raises(InvalidInputError, match="expected a Network"):
        maxout_as_relu([network])
