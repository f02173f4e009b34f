"""Random ReLU networks: the usual initialisations, one network at a time or many at once.

A network has the widths ``[inputs, n_1, ..., n_L, outputs]``: hidden ReLU layers and a linear read-out. In
each layer all weights have the same variance v, those of one unit are uncorrelated, and turning the signs of
one unit's weights does not change the law of the layer. What :mod:`~polyregions.statistics.expectations` says
of gradients needs no more.

Biases are iid normal with a standard deviation of their own. Hanin and Rolnick (ICML 2019, section 3) take
the variance 1e-6 with weights of He's: with zero biases all regions would be cones that meet at the origin.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ..base.arrays import FloatArray
from ..base.checks import check_number, check_whole
from ..errors import InvalidInputError, TooLargeError, short_repr
from ..network.network import Network

#: Standard deviation of the biases in Hanin and Rolnick's experiments.
BIAS_STD = 1e-3
#: The most weights and biases that one network may have: 800 MB.
MAX_PARAMETERS = 10**8


class Initialisation(NamedTuple):
    """How one layer is drawn.

    Attributes
    ----------
    variance : callable
        ``(fan_in, fan_out)`` to the variance of a weight.
    unit : callable
        ``(generator, samples, fan_out, fan_in)`` to weights (samples, fan_out, fan_in) of variance 1.
    """

    variance: Callable[[int, int], float]
    unit: Callable[[np.random.Generator, int, int, int], FloatArray]


def _normal(rng: np.random.Generator, samples: int, fan_out: int, fan_in: int) -> FloatArray:
    return rng.standard_normal((samples, fan_out, fan_in))


def _uniform(rng: np.random.Generator, samples: int, fan_out: int, fan_in: int) -> FloatArray:
    return rng.uniform(-math.sqrt(3), math.sqrt(3), (samples, fan_out, fan_in))


def _orthogonal(rng: np.random.Generator, samples: int, fan_out: int, fan_in: int) -> FloatArray:
    """Rows or columns orthogonal, whichever are fewer, with the Haar law.

    Q of a normal matrix has it if the diagonal of R is positive (Mezzadri, Notices AMS 54, 2007). Rows and
    columns of the larger number have the mean squared length min / max, so entries are scaled by sqrt(max).
    """
    small, large = sorted((fan_out, fan_in))
    q, r = np.linalg.qr(rng.standard_normal((samples, large, small)))
    signs = np.where(np.diagonal(r, axis1=1, axis2=2) < 0, -1.0, 1.0)
    columns = q * signs[:, None, :] * math.sqrt(large)
    return np.asarray(columns if fan_out == large else columns.transpose(0, 2, 1))


#: The known initialisations by name. "orthogonal" has the gain sqrt(2), as usual for ReLU.
INITIALISATIONS: dict[str, Initialisation] = {
    "he": Initialisation(lambda fan_in, fan_out: 2 / fan_in, _normal),
    "he_uniform": Initialisation(lambda fan_in, fan_out: 2 / fan_in, _uniform),
    "glorot": Initialisation(lambda fan_in, fan_out: 2 / (fan_in + fan_out), _normal),
    "glorot_uniform": Initialisation(lambda fan_in, fan_out: 2 / (fan_in + fan_out), _uniform),
    "orthogonal": Initialisation(lambda fan_in, fan_out: 2 / max(fan_in, fan_out), _orthogonal),
}


def random_network(
    widths: Sequence[int],
    *,
    init: str = "he",
    bias_std: float = BIAS_STD,
    seed: int | np.random.Generator,
) -> Network:
    """Draw a ReLU network.

    Parameters
    ----------
    widths : sequence of int
        ``[inputs, n_1, ..., n_L, outputs]``: at least one hidden layer.
    init : str
        Law of the weights of every layer, the read-out included; a name in :data:`INITIALISATIONS`.
        "he": normal of variance 2 / fan_in (He et al. 2015). "glorot": normal of variance
        2 / (fan_in + fan_out) (Glorot and Bengio 2010). "he_uniform", "glorot_uniform": uniform of the same
        variances. "orthogonal": sqrt(2) times rows or columns that are orthonormal (Saxe et al. 2014).
    bias_std : float
        Standard deviation of the biases, which are normal; 0 for none.
    seed : int or numpy.random.Generator
        The same whole number gives the same network; a generator goes on from where it is.

    Raises
    ------
    InvalidInputError
        If the initialisation is unknown, or a width, ``bias_std`` or the seed cannot be used.
    TooLargeError
        If the network has more than :data:`MAX_PARAMETERS` weights and biases.

    Examples
    --------
    >>> net = random_network([2, 8, 8, 1], seed=0)
    >>> net
    Network(2 -> relu 8 -> relu 8 -> linear 1)
    >>> net == random_network([2, 8, 8, 1], seed=0)
    True
    """
    layers = draw_layers(check_network_widths(widths), 1, init, bias_std, check_seed(seed))
    return Network.from_arrays([(weights[0], biases[0]) for weights, biases in layers])


def draw_layers(
    widths: Sequence[int], samples: int, init: str, bias_std: float, rng: np.random.Generator
) -> list[tuple[FloatArray, FloatArray]]:
    """Draw many networks at once: weights (samples, out, in) and biases (samples, out) of each layer.

    Raises
    ------
    InvalidInputError
        If the initialisation is unknown, or ``bias_std`` is negative or not finite.

    Examples
    --------
    >>> layers = draw_layers([2, 8, 1], 100, "he", 0.5, np.random.default_rng(0))
    >>> [(weights.shape, biases.shape) for weights, biases in layers]
    [((100, 8, 2), (100, 8)), ((100, 1, 8), (100, 1))]
    """
    check_number("bias_std", bias_std, zero=True)
    layers = []
    for fan_in, fan_out in pairwise(widths):
        std = math.sqrt(weight_variance(init, fan_in, fan_out))
        weights = std * INITIALISATIONS[init].unit(rng, samples, fan_out, fan_in)
        layers.append((weights, bias_std * rng.standard_normal((samples, fan_out))))
    return layers


def weight_variance(init: str, fan_in: int, fan_out: int) -> float:
    """Variance of each weight of a layer with so many inputs and units.

    Raises
    ------
    InvalidInputError
        If the initialisation is unknown, or a number is not whole or below 1.

    Examples
    --------
    >>> [weight_variance(init, 10, 40) for init in ("he", "glorot", "orthogonal")]
    [0.2, 0.04, 0.05]
    """
    if not isinstance(init, str) or init not in INITIALISATIONS:
        raise InvalidInputError(f"init {short_repr(init)} is unknown; known: {', '.join(INITIALISATIONS)}")
    return INITIALISATIONS[init].variance(check_whole("fan_in", fan_in), check_whole("fan_out", fan_out))


def check_network_widths(widths: Any) -> tuple[int, ...]:
    """Return ``[inputs, n_1, ..., n_L, outputs]`` as Python's whole numbers.

    Raises
    ------
    InvalidInputError
        If there are fewer than three, or one is not whole or below 1.
    TooLargeError
        If the network has more than :data:`MAX_PARAMETERS` weights and biases.
    """
    try:
        sizes = tuple(check_whole("a width", n) for n in widths)
    except TypeError as error:
        raise InvalidInputError(f"widths: expected a list, got {short_repr(widths)}") from error
    if len(sizes) < 3:
        raise InvalidInputError(
            f"widths: expected [inputs, hidden units of each layer ..., outputs], got {list(sizes)}"
        )
    parameters = sum((n + 1) * m for n, m in pairwise(sizes))
    if parameters > MAX_PARAMETERS:
        raise TooLargeError(
            f"widths: this network has {parameters:.1e} weights and biases, the limit is {MAX_PARAMETERS:.0e}"
        )
    return sizes


def check_seed(seed: Any) -> np.random.Generator:
    """Return the generator of a seed.

    Raises
    ------
    InvalidInputError
        If it is neither a whole number of at least 0 nor a generator.
    """
    if isinstance(seed, np.random.Generator):
        return seed
    return np.random.default_rng(check_whole("seed (unless it is a numpy Generator)", seed, 0))
