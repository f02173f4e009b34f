"""Random networks beside theory: what is measured of some, and what the theorems say of all."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Literal, cast

import numpy as np

from ..errors import InvalidInputError
from ..network.network import Network
from .common import Progress
from .means import finite, mean_of
from .measured import Measured, Sampling, measure

#: The constants are those of the gradient's moments up to this one, and so are the bounds made of them.
MOMENTS = 2
#: Where weights are normal, one layer has closed forms.
NORMAL = ("he", "glorot")


@dataclass(frozen=True)
class Ensemble:
    """A law of random ReLU networks, and how many are drawn."""

    widths: list[int]
    init: str
    bias_std: float
    networks: int
    seed: int

    @property
    def n_units(self) -> int:
        """Number of hidden units."""
        return sum(self.widths[1:-1])

    def draw(self) -> Iterator[Network]:
        """All networks, one after the other from one generator."""
        from ..statistics import random_network

        rng = np.random.default_rng(self.seed)
        for _ in range(self.networks):
            yield random_network(self.widths, init=self.init, bias_std=self.bias_std, seed=rng)

    def generator(self, purpose: int) -> np.random.Generator:
        """A generator of something else: the networks stay the same, however much is drawn from it."""
        return np.random.default_rng([self.seed, purpose])


@dataclass(frozen=True)
class Theory:
    """What is known of a mean: it is, or is at most, or at least, or typically, the value.

    Without a value, ``source`` is the reason why nothing is known.
    """

    relation: Literal["=", "<=", ">=", "~", "-"]
    value: float | None
    source: str
    standard_error: float | None = None


@dataclass(frozen=True)
class Quantity:
    """One quantity: its mean over the networks, and theory."""

    quantity: str
    k: int | None
    boundary: str | None
    measured: dict[str, Any]
    theory: list[Theory]

    def numbers(self) -> dict[str, Any]:
        """All of it for JSON."""
        return {**asdict(self), "theory": [{**asdict(t), "value": _finite(t.value)} for t in self.theory]}


def _finite(value: float | None) -> float | None:
    return None if value is None else finite(value)


def measure_all(ensemble: Ensemble, sampling: Sampling, progress: Progress | None) -> list[Measured]:
    """Measure the networks; with Ctrl-C only those that were done, if a mean can be made of them."""
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


class Expectations:
    """What theory says of the networks of an ensemble in a box."""

    def __init__(self, ensemble: Ensemble, sampling: Sampling, samples: int) -> None:
        from ..statistics import bias_density_bound, gradient_bound

        self.ensemble, self.box = ensemble, sampling.box
        self.n, self.d = ensemble.n_units, sampling.box.dim
        self.c_grad = gradient_bound(ensemble.widths, ensemble.init)
        self.c_bias = bias_density_bound(ensemble.bias_std)
        self.coarea = self._coarea(samples) if sampling.enumerates else {}

    def _coarea(self, samples: int) -> dict[tuple[str, int], Theory]:
        """Expected volumes; the boundaries "good" and "linear" are the same with probability 1."""
        from ..statistics import expected_boundary_volume

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
        from ..statistics import one_layer_regions, regions_bound, typical_regions, weight_variance

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
        from ..statistics import boundary_volume_bound

        found = [self.coarea[boundary, k]] if (boundary, k) in self.coarea else []
        source = "C(N, k) (C_grad C_bias)^k times the box (ICML 2019, Theorem 3)"
        if k > MOMENTS:
            return [*found, Theory("-", None, f"k = {k} takes moments of the gradient above {MOMENTS}")]
        value = boundary_volume_bound(self.n, k, self.c_grad, self.c_bias) * self.box.volume
        return [*found, Theory("<=", value, source)]

    def lines(self, length: float) -> list[Theory]:
        """Of the number of regions along lines with this mean length."""
        from ..statistics import line_regions_bound

        if not 0 < length < math.inf:
            return [Theory("-", None, f"the mean length is {length} in float64")]
        # A derivative along a line has the n-th part of the gradient's mean square.
        value = line_regions_bound(self.n, length, self.c_grad / self.d**0.5, self.c_bias)
        return [Theory("<=", value, "1 + N C_grad C_bias length / sqrt(n) (ICML 2019, Corollary 4)")]

    def distances(self) -> list[Theory]:
        """Of the distance to the nearest boundary."""
        from ..statistics import distance_bound

        value = distance_bound(self.n, self.c_grad, self.c_bias)
        return [Theory(">=", value, "1 / (4 N C_grad C_bias) (ICML 2019, Corollary 5)")]


def compare(done: list[Measured], theory: Expectations) -> list[Quantity]:
    """Put the means over the networks beside theory."""
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
