"""Random networks: their shape, their seeds, and the law of their weights."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from support.chance import agree

from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.statistics.estimates import estimate
from polyregions.statistics.random_networks import (
    BIAS_STD,
    INITIALISATIONS,
    draw_layers,
    random_network,
    weight_variance,
)

#: Variance of a weight of a layer with 3 inputs and 7 units, and the other way round: the definitions.
VARIANCES = {
    "he": (2 / 3, 2 / 7),
    "he_uniform": (2 / 3, 2 / 7),
    "glorot": (1 / 5, 1 / 5),
    "glorot_uniform": (1 / 5, 1 / 5),
    # sqrt(2) times orthonormal columns (3 of them) or rows: the squares of 21 entries add up to 2 * 3.
    "orthogonal": (6 / 21, 6 / 21),
}


def draw(init: str, fan_in: int, fan_out: int, samples: int = 20_000, seed: int = 0) -> NDArray[np.float64]:
    """Weights (samples, fan_out, fan_in) of a hidden layer."""
    return draw_layers([fan_in, fan_out, 1], samples, init, 0.5, np.random.default_rng(seed))[0][0]


def test_the_shape() -> None:
    net = random_network([3, 5, 4, 2], init="orthogonal", seed=7)
    assert [layer.kind for layer in net.layers] == ["relu", "relu", "linear"]
    assert [layer.weight.shape for layer in net.layers] == [(5, 3), (4, 5), (2, 4)]
    assert (net.input_dim, net.widths, net.output_dim) == (3, (5, 4), 2)


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_a_seed_gives_one_network(init: str) -> None:
    widths = (2, 6, 3, 1)
    net = random_network(widths, init=init, bias_std=0.5, seed=3)
    assert net == random_network(list(widths), init=init, bias_std=0.5, seed=np.random.default_rng(3))
    assert net == random_network(np.array(widths), init=init, bias_std=0.5, seed=np.int64(3))  # type: ignore[arg-type]
    assert net != random_network(widths, init=init, bias_std=0.5, seed=4)
    rng = np.random.default_rng(3)
    first, second = (random_network(widths, init=init, bias_std=0.5, seed=rng) for _ in range(2))
    assert net == first != second
    assert len({layer.weight.tobytes() for layer in (*first.layers, *second.layers)}) == 6


@pytest.mark.parametrize("init", INITIALISATIONS)
def test_one_network_is_a_batch_of_one(init: str) -> None:
    net = random_network([2, 6, 3, 1], init=init, bias_std=0.25, seed=5)
    layers = draw_layers([2, 6, 3, 1], 1, init, 0.25, np.random.default_rng(5))
    for layer, (weights, biases) in zip(net.layers, layers, strict=True):
        np.testing.assert_array_equal(layer.weight, weights[0])
        np.testing.assert_array_equal(layer.bias, biases[0])


def test_every_initialisation_is_tested() -> None:
    assert set(VARIANCES) == set(INITIALISATIONS)


@pytest.mark.parametrize("init", VARIANCES)
@pytest.mark.parametrize("wide", [True, False])
def test_weights_are_uncorrelated_with_the_known_variance(init: str, wide: bool) -> None:
    fan_in, fan_out = (3, 7) if wide else (7, 3)
    variance = VARIANCES[init][0 if wide else 1]
    assert weight_variance(init, fan_in, fan_out) == pytest.approx(variance, rel=1e-15)
    weights = draw(init, fan_in, fan_out, 60_000)
    # E[w w^T] = v I for each unit: all that the formulas for gradients take from the law.
    row = weights[:, 1]
    for i in range(fan_in):
        assert agree(estimate(row[:, i] ** 2), variance, 0.06)
    for i in range(fan_in - 1):
        covariance = estimate(row[:, i] * row[:, i + 1])
        assert covariance.contains(0, 4.5)
        assert covariance.standard_error < 0.01 * variance
    assert estimate(row[:, 0]).contains(0, 4.5)


@pytest.mark.parametrize(
    ("init", "kurtosis"), [("he", 3), ("glorot", 3), ("he_uniform", 1.8), ("glorot_uniform", 1.8)]
)
def test_the_law_is_normal_or_uniform(init: str, kurtosis: float) -> None:
    weights = draw(init, 3, 7)
    standard = weights / math.sqrt(VARIANCES[init][0])
    assert agree(estimate((standard**4).mean(axis=(1, 2))), kurtosis, 0.1)
    if "uniform" in init:
        assert np.abs(standard).max() <= math.sqrt(3)
        assert np.abs(standard).max() > 0.999 * math.sqrt(3)
    else:
        # P(|g| > 2) of the normal law
        assert agree(estimate((np.abs(standard) > 2).mean(axis=(1, 2))), math.erfc(math.sqrt(2)), 0.1)


@pytest.mark.parametrize(("fan_in", "fan_out"), [(3, 7), (7, 3), (4, 4), (1, 5), (5, 1)])
def test_orthogonal(fan_in: int, fan_out: int) -> None:
    for weights in draw("orthogonal", fan_in, fan_out, 20):
        gram = weights.T @ weights if fan_out >= fan_in else weights @ weights.T
        # The gain sqrt(2), up to rounding.
        np.testing.assert_allclose(gram, 2 * np.eye(len(gram)), atol=1e-14)


def test_orthogonal_has_the_haar_law() -> None:
    """E[tr Q] = 0 and E[(tr Q)^2] = 1 (Diaconis and Shahshahani 1994); a QR without the signs fails both."""
    Q = draw("orthogonal", 4, 4, 40_000) / math.sqrt(2)
    trace = np.trace(Q, axis1=1, axis2=2)
    assert estimate(trace).contains(0, 4.5)
    assert agree(estimate(trace**2), 1, 0.06)
    # Both halves of O(4)
    assert agree(estimate(np.linalg.det(Q) > 0), 0.5, 0.04)


def test_biases() -> None:
    (_, biases), (_, last) = draw_layers([2, 6, 3], 20_000, "he", 0.25, np.random.default_rng(0))
    for values in (biases, last):
        assert agree(estimate((values**2).mean(axis=1)), 1 / 16, 0.06)
        assert agree(estimate((values**4).mean(axis=1)), 3 / 256, 0.15)
        assert estimate(values[:, 0] * values[:, 1]).contains(0, 4.5)
    assert pytest.approx(1e-6) == BIAS_STD**2
    default = random_network([1, 4000, 1], seed=0).layers[0].bias
    assert agree(estimate(default**2), 1e-6, 0.2)
    assert not random_network([2, 6, 3], bias_std=0, seed=0).layers[0].bias.any()


@pytest.mark.parametrize("init", ["xavier", "He", None, 3, ["he"]])
def test_unknown_initialisations(init: object) -> None:
    with pytest.raises(InvalidInputError, match=r"is unknown; known: he, he_uniform, glorot"):
        random_network([2, 3, 1], init=init, seed=0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "widths", [[2, 3], [], [2], [2, 0, 1], [2, -3, 1], [2, 3.5, 1], [2, True, 1], 5, None, "243"]
)
def test_widths_that_make_no_network(widths: object) -> None:
    with pytest.raises(InvalidInputError, match="width"):
        random_network(widths, seed=0)  # type: ignore[arg-type]


@pytest.mark.parametrize("widths", [[10**6, 10**6, 1], [2, 10**18, 1], [2, 10**30, 1], [10**8, 1, 1]])
def test_networks_that_are_too_large(widths: list[int]) -> None:
    with pytest.raises(TooLargeError, match="the limit is 1e"):
        random_network(widths, seed=0)


@pytest.mark.parametrize("bias_std", [-1, math.nan, math.inf, "1", None, 1j, True])
def test_standard_deviations(bias_std: object) -> None:
    with pytest.raises(InvalidInputError, match="bias_std must be a finite number at least 0"):
        random_network([2, 3, 1], bias_std=bias_std, seed=0)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [-1, 1.5, None, "0", True])
def test_seeds(seed: object) -> None:
    with pytest.raises(InvalidInputError, match="seed"):
        random_network([2, 3, 1], seed=seed)  # type: ignore[arg-type]


def test_the_variance_needs_whole_numbers() -> None:
    with pytest.raises(InvalidInputError, match="fan_in"):
        weight_variance("he", 0, 3)
    with pytest.raises(InvalidInputError, match="fan_out"):
        weight_variance("he", 3, 2.5)  # type: ignore[arg-type]
