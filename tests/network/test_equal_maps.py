"""Equality of affine maps, decided by residues, against fractions."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reference import KINDS, forms, random_layers
from support.strategies import networks
from support.zoo import cube, folding

from polyregions import Network, enumerate_regions
from polyregions.network import equal_maps
from polyregions.network.equal_maps import in_order, map_labels
from polyregions.network.layers import Layer, linear, relu


def labels_by_fractions(layers: list[Layer], states: np.ndarray) -> list[int]:
    seen: dict[tuple[tuple[object, ...], ...], int] = {}
    maps = (tuple(map(tuple, forms(layers, row)[1])) for row in states)
    return [seen.setdefault(key, len(seen)) for key in maps]


def random_patterns(net: Network, n: int, seed: int) -> np.ndarray:
    """Any patterns, realised or not, some of them nearly the same."""
    rng = np.random.default_rng(seed)
    top = np.concatenate([layer.n_states for layer in net.hidden]) if net.hidden else np.zeros(0)
    rows = rng.integers(0, np.maximum(top, 1), size=(n, top.size))
    half = n // 2
    rows[half:] = rows[: n - half]
    if top.size:
        unit = rng.integers(top.size, size=n - half)
        rows[np.arange(half, n), unit] = rng.integers(0, top[unit])
    return rows.astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_of_layers(kind: str) -> None:
    layers = random_layers(np.random.default_rng(5), 2, [kind, kind], 3)
    states = random_patterns(Network(layers), 60, 1)
    assert map_labels(layers, states).tolist() == labels_by_fractions(layers, states)


@given(networks(), st.integers(0, 99))
def test_degenerate_networks(net: Network, seed: int) -> None:
    states = random_patterns(net, 12, seed)
    assert map_labels(net.layers, states).tolist() == labels_by_fractions(list(net.layers), states)


def test_maps_that_agree_modulo_the_first_prime(monkeypatch: pytest.MonkeyPatch) -> None:
    """2^30 * relu(15015 x) is zero modulo 2, 3, 5, 7, 11 and 13, but not zero."""
    small = [2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71]
    asked: list[int] = []

    def primes(largest: int) -> Iterator[int]:
        for prime in small:
            asked.append(prime)
            yield prime

    monkeypatch.setattr(equal_maps, "_primes", primes)
    layers = [relu([[15015.0]], [0.0]), linear([[2.0**30]], [0.0])]
    assert map_labels(layers, np.array([[0], [1]], dtype=np.uint8)).tolist() == [0, 1]
    assert asked == [2, 3, 5, 7, 11, 13, 17]
    # Equal ones take primes whose product exceeds 2 * 2^30 * 15015 = 2^44.9: 41# is 2^48.1, 37# is 2^42.8.
    asked.clear()
    assert map_labels(layers, np.array([[0], [0]], dtype=np.uint8)).tolist() == [0, 0]
    assert asked == small[: small.index(41) + 1]


@pytest.mark.parametrize(
    "layers", [folding(2, (3, 2)), random_layers(np.random.default_rng(2), 2, ["relu"] * 2, 6)]
)
def test_no_choice_of_primes_matters(layers: list[Layer], monkeypatch: pytest.MonkeyPatch) -> None:
    states = enumerate_regions(Network(layers), cube(2, -1, 2)).states
    expected = map_labels(layers, states).tolist()
    assert expected == labels_by_fractions(layers, states)
    true_primes = equal_maps._primes
    monkeypatch.setattr(equal_maps, "_primes", lambda largest: true_primes(5000))
    monkeypatch.setattr(equal_maps, "TOGETHER", 50)
    assert map_labels(layers, states).tolist() == expected


def test_rounding_makes_no_difference() -> None:
    """0.1 + 0.2 - 0.3 is not zero as the float64 numbers are, 1/4 + 1/2 - 3/4 is; 1 + 2^-300 is not 1."""
    states = np.array([[0, 0, 0], [1, 1, 1]], dtype=np.uint8)
    for weights, maps in [((0.1, 0.2, -0.3), 2), ((0.25, 0.5, -0.75), 1), ((1.0, 2.0**-300, -1.0), 2)]:
        layers = [relu([[1.0]] * 3, [0.0] * 3), linear([weights], [0.0])]
        assert map_labels(layers, states).max() + 1 == maps


def test_largest_and_smallest_numbers() -> None:
    """Numerators of more than 4000 bits."""
    layers = [relu([[1e308]], [5e-324]), relu([[1e308]], [5e-324]), linear([[5e-324]], [1.0])]
    states = np.array([[0, 0], [1, 1], [0, 1], [1, 0]], dtype=np.uint8)
    assert map_labels(layers, states).tolist() == labels_by_fractions(layers, states) == [0, 1, 2, 0]


def test_labels_are_in_order() -> None:
    assert in_order(np.array([7, 3, 7, 9, 3])).tolist() == [0, 1, 0, 2, 1]
