"""Rows and outputs that are the same function, and units of one hyperplane."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import csr_array

from polyregions import Network
from polyregions.network.copies import ZERO, find_copies
from polyregions.network.layers import absolute, hard_tanh, linear, maxout, mixed, relu
from polyregions.network.same_borders import same_borders


def networks(*layers: object) -> list[Network]:
    """A network with dense weights, and the same with sparse ones."""
    sparse = [type(layer)(csr_array(layer.weight), layer.bias, layer.parts) for layer in layers]
    return [Network(list(layers)), Network(sparse)]


def test_copies_through_two_layers() -> None:
    """Rows 0 and 2 differ in which copy they read, and in nothing else."""
    below = relu([[1, 2], [3, 4], [1, 2]], [0.5, 0, 0.5])
    above = relu([[7, 1, 0], [7, 1, 1], [0, 1, 7], [7, 2, 0]], [0, 0, 0, 0])
    for network in networks(below, above):
        first, second = find_copies(network)
        assert first.outputs.tolist() == [0, 1, 0]
        assert second.rows.tolist() == [0, 1, 0, 3]


def test_biases_and_functions_tell_apart() -> None:
    layer = mixed(
        [relu([[1], [1]], [0, 1]), absolute([[1]], [0]), hard_tanh([[1]], [0]), relu([[1]], [-0.0])]
    )
    for network in networks(layer):
        (copies,) = find_copies(network)
        assert copies.rows.tolist() == [0, 1, 0, 0, 0]
        assert copies.outputs.tolist() == [0, 1, 2, 3, 0]


def test_what_is_zero_is_not_read() -> None:
    """Zero, a unit that is off everywhere, and a constant that is not zero."""
    below = relu([[0, 0], [0, 0], [0, 0], [1, 0]], [0, -1, 2, 0])
    above = relu([[5, 6, 0, 1], [0, 0, 0, 1], [0, 0, 1, 1], [3, 0, 0, 0]], [0, 0, 0, 0])
    for network in networks(below, above):
        first, second = find_copies(network)
        assert first.outputs.tolist() == [ZERO, ZERO, 2, 3]
        assert second.rows.tolist() == [0, 0, 2, ZERO]


def test_maxout_units_are_copies_piece_by_piece() -> None:
    layer = maxout([[[1], [2]], [[2], [1]], [[1], [2]], [[0], [0]]], [[0, 0], [0, 0], [0, 0], [-1, 0]])
    for network in networks(layer):
        (copies,) = find_copies(network)
        assert copies.rows.tolist() == [0, 1, 1, 0, 0, 1, 6, ZERO]
        assert copies.outputs.tolist() == [0, 1, 0, ZERO]


@pytest.mark.parametrize("factor", [1.0, 4.0, 2.0**-40, -1.0, -0.5])
def test_multiples_by_powers_of_two(factor: float) -> None:
    row = np.array([0.3, -0.7])
    for network in networks(relu([row, [1, 0], factor * row], [0.1, 0, factor * 0.1])):
        assert same_borders(network).first.tolist() == [0, 1, 0]
        assert same_borders(network).opposite.tolist() == [False, False, factor < 0]


@pytest.mark.parametrize(
    "layer",
    [
        relu([[0.3, -0.7], [0.3, -0.7]], [0.1, 0.2]),
        relu([[0.3, -0.7], [-0.3, -0.7]], [0.0, 0.0]),
        relu([[3, 1], [2.0**-1074, 2.0**-1074]], [0, 0]),
        hard_tanh([[1, 0], [1, 0]], [0, 0]),
        relu([[0, 0], [0, 0]], [0, 0]),
    ],
)
def test_others_are_left_alone(layer: object) -> None:
    for network in networks(layer):
        assert same_borders(network).first.tolist() == [0, 1]


def test_numbers_that_are_handed_on() -> None:
    """x is a pair twice; 0.3 x has its border too, and is no power of two: what reads that is left alone."""
    pair = relu([[1.0], [-1.0]], [0, 0])
    again = relu([[1, -1], [-1, 1], [0.3, -0.3], [-0.3, 0.3], [1, 1], [1, -2]], [0, 0, 0, 0, 0, 0])
    third = relu([[1, -1, 0, 0, 0, 0], [0, 0, 1, -1, 0, 0]], [0, 0])
    for network in networks(pair, again, third):
        assert same_borders(network).first.tolist() == [0, 0, 0, 0, 0, 0, 6, 7, 0, 9]
    shifted = relu([[1, -1]], [0.5])
    assert same_borders(Network([pair, shifted, linear([[1]], [0])])).first.tolist() == [0, 0, 2]
