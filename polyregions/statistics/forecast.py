"""What an enumeration is likely to take, told before it begins.

The number of regions is bounded by the shape of the network, guessed from the regions along a few lines, and
where that is quick enough estimated without bias (:mod:`polyregions.statistics.probe`). Time and memory
follow from rates that were measured on one machine with two shared cores; another may be three times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..base.arrays import IntArray
from ..engines.enumerate import check_problem, likely_engine
from ..engines.sizes import in_general_position, region_bound, sample_lines
from ..network.box import Box
from ..network.network import Network
from .probe import RegionEstimate, estimate_within
from .summaries import finite, mean_of

#: Probes take linear programs in so many dimensions at most, and numbers in the layers.
MOST_DIMENSIONS, MOST_NUMBERS = 20, 10**7


@dataclass(frozen=True)
class Forecast:
    """What is known of a number of regions in advance.

    Attributes
    ----------
    dim : int
        Of the box.
    engine : str
        Which one "auto" takes, or the one that was asked for.
    bound : float
        No network of this shape has more regions; infinite beyond the range of float64.
    along : int64 (lines,)
        Regions along a few lines through the box.
    estimate : RegionEstimate or None
        None where there are too many dimensions or numbers for it, or too little time.
    seconds_each, bytes_each : float
        What the engine takes for a region, about.
    """

    dim: int
    engine: str
    bound: float
    along: IntArray
    estimate: RegionEstimate | None
    seconds_each: float
    bytes_each: float

    @property
    def regions(self) -> float:
        """The number of regions that is expected.

        Without an estimate it is that of the hyperplanes that a line meets, in general position: right for
        random networks in few dimensions up to a small factor.
        """
        if self.estimate is not None:
            return min(self.bound, self.estimate.mean)
        return min(self.bound, in_general_position(int(self.along.max()) - 1, self.dim))

    @property
    def seconds(self) -> float:
        """How long the enumeration is expected to take."""
        return self.regions * self.seconds_each

    @property
    def bytes(self) -> float:
        """How much memory it is expected to take."""
        return self.regions * self.bytes_each

    def numbers(self) -> dict[str, Any]:
        """All of it, ready for ``json.dumps``; None for what float64 does not hold."""
        estimate = self.estimate
        return {
            "regions": finite(self.regions),
            "at_most": finite(self.bound),
            "lines": mean_of(self.along),
            "estimate": None
            if estimate is None
            else {
                "mean": finite(estimate.mean),
                "standard_error": finite(estimate.standard_error),
                "probes": estimate.probes,
            },
            "engine": self.engine,
            "regions_per_second": 1.0 / self.seconds_each,
            "bytes_per_region": self.bytes_each,
            "seconds": finite(self.seconds),
            "bytes": finite(self.bytes),
        }


def forecast(network: Network, box: Box, engine: str = "auto", seconds: float = 1.0) -> Forecast:
    """Tell how many regions are to be expected, in about so many seconds, and what they will take.

    Parameters
    ----------
    network : Network
    box : Box
        Of the network's input dimension.
    engine : str
        As for :func:`polyregions.enumerate_regions`.
    seconds : float
        For the probes; the lines take some hundredths more.

    Raises
    ------
    InvalidBoxError, InvalidInputError
        As :func:`polyregions.enumerate_regions`.

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> found = forecast(net, Box.cube(2, -2, 2), seconds=0.1)
    >>> found.engine, found.bound, 6 < found.regions < 8
    ('subdivide', 7.0, True)
    """
    check_problem(network, box)
    chosen = likely_engine(network, box, engine)
    estimate = estimate_within(network, box, seconds) if can_probe(network) else None
    along = sample_lines(network, box).counts
    each = seconds_of_region(network, chosen), bytes_of_region(network, chosen)
    return Forecast(box.dim, chosen, region_bound(network), along, estimate, *each)


def can_probe(network: Network) -> bool:
    """Whether probes are quick enough to be worth it."""
    numbers = sum(layer.n_rows * layer.n_inputs for layer in network.layers)
    return network.input_dim <= MOST_DIMENSIONS and numbers <= MOST_NUMBERS


def seconds_of_region(network: Network, engine: str) -> float:
    """About what an engine takes for a region.

    A region of "subdivide" has about 2^d faces, at half a microsecond each, one of "split" 2^d vertices,
    one of "traverse" a linear program for each unit; and the affine maps of all layers are pushed through the
    next.
    """
    d, numbers = network.input_dim, sum(layer.n_rows * layer.n_inputs for layer in network.layers[:-1])
    if engine == "subdivide":
        return float(5e-7 * 2.0 ** min(d, 60) + 2e-11 * numbers * (d + 1))
    if engine == "split":
        return float(1e-6 + 1e-7 * 2.0 ** min(d, 60) + 1e-11 * numbers * (d + 1))
    return float(1e-5 + 4e-8 * network.n_units * d**2 + 1e-10 * numbers * (d + 1))


def bytes_of_region(network: Network, engine: str) -> float:
    """About the memory that an engine takes for a region: its faces or facets, its pattern, a point of it."""
    d, units = network.input_dim, network.n_units
    if engine == "subdivide":
        return float(100 * 2.0 ** min(d, 60) + 3 * units)
    if engine == "split":
        return float(units / 4 + 60 * d + 60)
    return float(2 * (units + 24 * d + 60))
