"""Random networks beside theory: what is measured of some, and what the theorems say of all.

An :class:`Ensemble` is a law of networks and how many are drawn. :func:`measure_all` measures them,
:class:`Expectations` is what theory says of such networks in a box, and :func:`compare` puts the means of the
one beside the other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import numpy as np

from ..base.checks import check_number, check_whole
from ..errors import InvalidInputError, counted
from ..network.box import Box
from ..network.network import Network
from .coarea import expected_boundary_volume
from .expectations import (
    bias_density_bound,
    boundary_volume_bound,
    distance_bound,
    gradient_bound,
    line_regions_bound,
    one_layer_regions,
    regions_bound,
    typical_regions,
)
from .measurements import Measured, Sampling, measure
from .random_networks import check_network_widths, check_seed, random_network, weight_variance
from .summaries import finite, mean_of

#: The constants are those of the gradient's moments up to this one, and so are the bounds made of them.
MOMENTS = 2
#: Where weights are normal, one layer has closed forms.
NORMAL = ("he", "glorot")


@dataclass(frozen=True)
class Ensemble:
    """A law of random ReLU networks, and how many are drawn.

    Parameters
    ----------
    widths : sequence of int
        ``[inputs, n_1, ..., n_L, outputs]``: at least one hidden layer.
    init, bias_std
        As in :func:`polyregions.statistics.random_network`; ``bias_std`` is above 0: theory divides by it.
    networks : int
        How many; at least 2, since a mean has a standard error.
    seed : int
        The same whole number gives the same networks.

    Raises
    ------
    InvalidInputError
        If one of them is not what it should be.
    TooLargeError
        If the networks have too many weights and biases.

    Examples
    --------
    >>> ensemble = Ensemble([2, 3, 1], networks=4)
    >>> sampling = Sampling(Box.cube(2, -1, 1), lines=10, points=10)
    >>> theory = Expectations(ensemble, sampling, samples=100)
    >>> for q in compare(measure_all(ensemble, sampling), theory):
    ...     if q.quantity in ("regions", "distance"):
    ...         t = q.theory[0]
    ...         print(q.quantity, round(q.measured["mean"], 2), t.relation, round(t.value, 2))
    regions 5.75 = 6.14
    distance 0.28 >= 0.04
    """

    widths: Sequence[int]
    init: str = "he"
    bias_std: float = 0.3
    networks: int = 30
    seed: int = 0

    def __post_init__(self) -> None:
        # Frozen, and kept as Python's own numbers: numpy's would overflow, and are no JSON.
        object.__setattr__(self, "widths", check_network_widths(self.widths))
        weight_variance(self.init, 1, 1)
        object.__setattr__(self, "bias_std", check_number("bias_std", self.bias_std))
        object.__setattr__(self, "networks", check_whole("networks", self.networks, least=2))
        check_seed(self.seed)

    @property
    def n_units(self) -> int:
        """Number of hidden units."""
        return sum(self.widths[1:-1])

    def draw(self) -> Iterator[Network]:
        """All networks, one after the other from one generator."""
        rng = np.random.default_rng(self.seed)
        for _ in range(self.networks):
            yield random_network(self.widths, init=self.init, bias_std=self.bias_std, seed=rng)

    def generator(self, purpose: int) -> np.random.Generator:
        """A generator of something else: the networks stay the same, however much is drawn from it."""
        return np.random.default_rng([self.seed, purpose])


@dataclass(frozen=True)
class Theory:
    """What is known of a mean: it is, or is at most, or at least, or typically, the value.

    Attributes
    ----------
    relation : "=", "<=", ">=", "~" (typically) or "-" (nothing is known)
    value : float or None
    source : str
        The theorem; without a value, why nothing is known.
    standard_error : float or None
        Where the value is itself an estimate.
    """

    relation: Literal["=", "<=", ">=", "~", "-"]
    value: float | None
    source: str
    standard_error: float | None = None


@dataclass(frozen=True)
class Quantity:
    """One quantity: its mean over the networks, and theory.

    Attributes
    ----------
    quantity : str
        "regions", "boundary volume", "regions along a line" or "distance".
    k, boundary : int or None, str or None
        Codimension and name of a boundary; else None.
    measured : dict
        As :func:`~polyregions.statistics.summaries.mean_of` returns it.
    theory : list of Theory
        At least one.
    """

    quantity: str
    k: int | None
    boundary: str | None
    measured: dict[str, Any]
    theory: list[Theory]

    def numbers(self) -> dict[str, Any]:
        """Return it as a dictionary that ``json.dumps`` can write."""
        return {**asdict(self), "theory": [{**asdict(t), "value": _finite(t.value)} for t in self.theory]}


def _finite(value: float | None) -> float | None:
    return None if value is None else finite(value)


def measure_all(
    ensemble: Ensemble, sampling: Sampling, progress: Callable[[int, int], None] | None = None
) -> list[Measured]:
    """Measure the networks; with Ctrl-C only those that were done, if a mean can be made of them.

    Parameters
    ----------
    ensemble : Ensemble
    sampling : Sampling
        Of as many inputs as the networks.
    progress : callable, optional
        Called after each network with the numbers of those done and of all.

    Raises
    ------
    InvalidInputError
        If the box has another dimension than the networks have inputs.
    """
    _check_dimension(ensemble, sampling.box)
    lines, points = ensemble.generator(1), ensemble.generator(2)
    done: list[Measured] = []
    try:
        for network in ensemble.draw():
            done.append(measure(network, sampling, lines, points))
            if progress is not None:
                progress(len(done), ensemble.networks)
    except KeyboardInterrupt:
        if len(done) < 2:
            raise
    return done


def _check_dimension(ensemble: Ensemble, box: Box) -> None:
    if box.dim != ensemble.widths[0]:
        raise InvalidInputError(
            f"box: it has dimension {box.dim}, and the networks have {counted(ensemble.widths[0], 'input')}"
        )


class Expectations:
    """What theory says of the networks of an ensemble in a box.

    Parameters
    ----------
    ensemble : Ensemble
    sampling : Sampling
        Of as many inputs as the networks.
    samples : int
        For each integral of the co-area formula.

    Attributes
    ----------
    n, d : int
        Numbers of units and of inputs.
    c_grad, c_bias : float
        The constants of Hanin and Rolnick: of the gradient's moments, and of the biases' density.
    """

    def __init__(self, ensemble: Ensemble, sampling: Sampling, samples: int) -> None:
        _check_dimension(ensemble, sampling.box)
        self.ensemble, self.box = ensemble, sampling.box
        self.n, self.d = ensemble.n_units, sampling.box.dim
        self.c_grad = gradient_bound(ensemble.widths, ensemble.init)
        self.c_bias = bias_density_bound(ensemble.bias_std)
        self.coarea = self._coarea(samples) if sampling.enumerates else {}

    def _coarea(self, samples: int) -> dict[tuple[str, int], Theory]:
        """Expected volumes; the boundaries "good" and "linear" are the same with probability 1."""
        found: dict[tuple[str, int], Theory] = {}
        rng = self.ensemble.generator(3)
        boundaries: tuple[Literal["activation", "good"], ...] = ("activation", "good")
        for boundary in boundaries:
            for k in range(1, 1 + min(2, self.d, self.n)):
                expected = expected_boundary_volume(
                    self.ensemble.widths,
                    self.box,
                    k,
                    init=self.ensemble.init,
                    bias_std=self.ensemble.bias_std,
                    boundary=boundary,
                    samples=samples,
                    seed=rng,
                )
                source = f"co-area formula, {samples:,} samples"
                found[boundary, k] = Theory("=", expected.mean, source, expected.standard_error)
        return found | {("linear", k): found["good", k] for name, k in found if name == "good"}

    def regions(self) -> list[Theory]:
        """Of the number of activation regions."""
        found = []
        d, init = self.d, self.ensemble.init
        if len(self.ensemble.widths) == 3 and d <= 2 and init in NORMAL:
            std = weight_variance(init, *self.ensemble.widths[:2]) ** 0.5
            value = one_layer_regions(self.n, self.box, std, self.ensemble.bias_std)
            found.append(Theory("=", value, "one layer, exactly"))
        found.append(Theory("~", typical_regions(self.n, d), "N^n / n!, the yardstick (NeurIPS 2019)"))
        sides = self.box.upper - self.box.lower
        source = "(32 C_grad C_bias N side)^n / n! (NeurIPS 2019, Theorem 5)"
        if d > MOMENTS:
            return [*found, Theory("-", None, f"{source}: it takes moments of the gradient above {MOMENTS}")]
        if (sides != sides[0]).any():
            return [*found, Theory("-", None, f"{source}: the box is no cube")]
        try:
            value = regions_bound(self.n, d, float(sides[0]), self.c_grad, self.c_bias)
        except InvalidInputError as error:
            return [*found, Theory("-", None, f"{source}: {error}")]
        return [*found, Theory("<=", value, source)]

    def volume(self, boundary: str, k: int) -> list[Theory]:
        """Of a boundary volume."""
        found = [self.coarea[boundary, k]] if (boundary, k) in self.coarea else []
        source = "C(N, k) (C_grad C_bias)^k times the box (ICML 2019, Theorem 3)"
        if k > MOMENTS:
            return [*found, Theory("-", None, f"k = {k} takes moments of the gradient above {MOMENTS}")]
        value = boundary_volume_bound(self.n, k, self.c_grad, self.c_bias) * self.box.volume
        return [*found, Theory("<=", value, source)]

    def lines(self, length: float) -> list[Theory]:
        """Of the number of regions along lines with this mean length."""
        if not 0 < length < math.inf:
            return [Theory("-", None, f"the mean length is {length} in float64")]
        # A derivative along a line has the n-th part of the gradient's mean square.
        value = line_regions_bound(self.n, length, self.c_grad / self.d**0.5, self.c_bias)
        return [Theory("<=", value, "1 + N C_grad C_bias length / sqrt(n) (ICML 2019, Corollary 4)")]

    def distances(self) -> list[Theory]:
        """Of the distance to the nearest boundary."""
        value = distance_bound(self.n, self.c_grad, self.c_bias)
        return [Theory(">=", value, "1 / (4 N C_grad C_bias) (ICML 2019, Corollary 5)")]


def compare(done: list[Measured], theory: Expectations) -> list[Quantity]:
    """Put the means over the networks beside theory.

    Parameters
    ----------
    done : list of Measured
        At least one, all in the box of ``theory``.
    theory : Expectations

    Raises
    ------
    InvalidInputError
        If nothing was measured.
    """
    if not done:
        raise InvalidInputError("compare: there are no measured networks")
    rows = []
    if done[0].regions is not None:
        counts = [m.regions for m in done]
        rows.append(Quantity("regions", None, None, mean_of(cast(list[int], counts)), theory.regions()))
    for i, volume in enumerate(done[0].volumes):
        k, boundary = volume.k, volume.boundary
        totals = mean_of([m.volumes[i].total for m in done])
        rows.append(Quantity("boundary volume", k, boundary, totals, theory.volume(boundary, k)))
    length = float(np.mean([m.lines.lengths.mean() for m in done]))
    along = mean_of([m.lines.counts.mean() for m in done])
    rows.append(Quantity("regions along a line", None, None, along, theory.lines(length)))
    far = mean_of([m.distances.distance.mean() for m in done])
    rows.append(Quantity("distance", None, None, far, theory.distances()))
    return rows
