"""Layers put into a program and laid out again: the same network, unit by unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from scipy.sparse import csr_array
from support.profiles import examples
from support.strategies import networks

from polyregions import Network
from polyregions.errors import InvalidNetworkError
from polyregions.network.formats.lowering.embedding import embed
from polyregions.network.formats.lowering.forms import Forms
from polyregions.network.formats.lowering.layout import layers_of
from polyregions.network.formats.lowering.program import Program
from polyregions.network.layers import absolute, leaky_relu, linear, maxout, mixed, piecewise, relu


def through(net: Network) -> Network:
    program = Program(net.input_dim)
    return Network(layers_of(embed(net.layers, Forms.inputs(program, (net.input_dim,))), every_unit=True))


@settings(max_examples=examples(300))
@given(net=networks())
def test_units_stay_where_they_are(net: Network) -> None:
    """Those that read nothing and those that nothing reads, too."""
    back = through(net)
    n = len(back.layers)  # a last layer that changes nothing is none
    assert n in (len(net.layers), len(net.layers) - 1)
    assert back.widths == net.widths
    for own, other in zip(back.layers, net.layers[:n], strict=True):
        assert (own.dense == other.dense).all()
        assert (own.bias == other.bias).all()
        assert (own.ranks == other.ranks).all()
    x = np.random.default_rng(0).uniform(-1, 1, size=(20, net.input_dim))
    assert (back.states(x) == net.states(x)).all()
    assert [back.exact.value(p) for p in x] == [net.exact.value(p) for p in x]


def test_every_kind_of_part_bit_for_bit() -> None:
    layers = [
        mixed([
            relu([[1, 0], [0, 0]], [0.5, -1]),
            piecewise([[1, 2], [3, 4]], [0, 1], [[0, 1], [-1, 2]], [[0, 1, 0], [1, 2, 3]]),
            leaky_relu([[0.1, 0.2], [1, -1]], [0, 0], [0.25, -0.5]),
            maxout([[[1, 0], [0, 1], [1, 1]], [[2, 3]], [[1, 1], [0, 1]]], [[0, 1, 2], [0.5], [0, 0]]),
            linear([[1, 0], [0.3, 0.7]], [0, 0.1]),
        ]),
        linear(np.arange(33.0).reshape(3, 11), [0, 1, 2]),
        absolute(csr_array([[0, 0, 0.1], [2, 0.5, 0]]), [0, 0.2]),
        piecewise([[1, 1]], [0], [-1, 0, 2], [0, 1, 0, 1]),
    ]  # fmt: skip
    net = Network(layers)
    back = through(net)
    assert repr(back) == repr(net)
    # A weight is stored as an array where that is as small.
    dense = Network([*layers[:2], absolute(layers[2].dense, layers[2].bias), layers[3]])
    assert back == dense


def test_a_constant_network_is_one() -> None:
    net = Network.from_arrays([([[1, 2]], [3]), ([[0], [0]], [4, 5])])
    assert through(net) == net


def test_a_wide_sparse_layer_stays_sparse() -> None:
    weight = csr_array((np.ones(200), (np.arange(200), np.arange(200) % 100)), shape=(200, 100))
    net = Network([relu(weight, np.zeros(200)), linear(np.ones((1, 200)), [0])])
    assert through(net) == net


def test_as_many_inputs_as_the_first_layer_has() -> None:
    with pytest.raises(InvalidNetworkError, match="the first layer has 2 inputs, and it is given 3"):
        embed([relu([[1, 1]], [0])], Forms.inputs(Program(3), (3,)))
