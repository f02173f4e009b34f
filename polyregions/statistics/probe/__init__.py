"""How many regions there are, about, without going to all of them: an unbiased estimate.

D. E. Knuth: *Estimating the efficiency of backtrack programs* (Mathematics of Computation 29, 1975). Go down
a tree from its root to a leaf, at each node to a child that is drawn with a known probability p > 0, and
multiply the numbers 1 / p on the way. A leaf is reached with the product of the p, so that the mean of this
weight is the sum of 1 over all leaves: their number, whatever the probabilities are. The nearer these are to
the shares of the leaves below the children, the smaller is the variance.

The tree is that of :mod:`polyregions.statistics.probe.descent`, whose leaves are the activation regions. Each
decision on the way is the true one, by float64 with a proof or by whole numbers
(:mod:`polyregions.geometry.cuts`); else the estimate would not be unbiased. In a few dimensions a probe takes
some milliseconds, and its weight has a standard deviation of once or twice the mean: a few hundred probes
tell the number up to a tenth.
"""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

import numpy as np

from ...base.arrays import FloatArray
from ...base.checks import check_number, check_whole
from ...base.memory import needs_memory
from ...engines.enumerate import check_problem
from ...network.box import Box
from ...network.network import Network
from ..estimates import Estimate
from ..summaries import finite

if TYPE_CHECKING:
    from .descent import Leaf, Tree

#: The share of the time of :func:`estimate_within` in which it finds out how long a probe takes.
PILOT = 0.1
#: The most probes that it makes: a standard error of a percent or two.
MOST_PROBES = 10_000


@dataclass(frozen=True)
class RegionEstimate:
    """An unbiased estimate of a number of regions.

    Attributes
    ----------
    mean : float
        Infinite beyond the range of float64.
    standard_error : float
        That of the mean, by the sample; too small where a few regions of many were never met.
    probes : int
    """

    mean: float
    standard_error: float
    probes: int

    def __str__(self) -> str:
        return str(Estimate(self.mean, self.standard_error, self.probes))


@needs_memory("the probes: take a smaller network")
def estimate_regions(
    network: Network,
    box: Box,
    probes: int = 1000,
    seed: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> RegionEstimate:
    """Estimate the number of activation regions of a network in a box by random descents.

    Parameters
    ----------
    network : Network
    box : Box
        Of the network's input dimension.
    probes : int
        At least 2.
    seed : int
        The same number gives the same estimate.
    progress : callable, optional
        ``progress(done, probes)`` after each probe.

    Raises
    ------
    InvalidBoxError
        If the box has another dimension than the network's input.
    InvalidInputError
        If an argument is not what it should be.

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> found = estimate_regions(net, Box.cube(2, -2, 2), probes=200)      # there are 7
    >>> abs(found.mean - 7) < 4 * found.standard_error < 2
    True
    """
    check_problem(network, box)
    probes, rng = check_whole("probes", probes, 2), np.random.default_rng(check_whole("seed", seed, 0))
    tree = make_tree(network, box)
    weights = np.empty(probes)
    for done in range(probes):
        weights[done] = probe(tree, rng)
        if progress is not None:
            progress(done + 1, probes)
    return _estimate(weights)


@needs_memory("the probes: take a smaller network")
def estimate_within(network: Network, box: Box, seconds: float, seed: int = 0) -> RegionEstimate | None:
    """Estimate the number of regions by as many probes as about so many seconds allow; None if too few.

    They come beside the time that the exact network takes, which an enumeration has use for, too. How many,
    is told by the time of some others before, whose weights are thrown away: if probes were stopped by the
    clock, those of quick descents would count too often.

    Raises
    ------
    InvalidBoxError, InvalidInputError
        As :func:`estimate_regions`.
    """
    check_problem(network, box)
    check_number("seconds", seconds)
    tree, rng = make_tree(network, box), np.random.default_rng(seed)
    begin, done, spent = time.perf_counter(), 0, 0.0
    while done == 0 or spent < PILOT * seconds:
        probe(tree, rng)
        done, spent = done + 1, time.perf_counter() - begin
    probes = min(MOST_PROBES, int((seconds - spent) / spent * done))
    if probes < 2:
        return None
    return _estimate(np.array([probe(tree, rng) for _ in range(probes)]))


def make_tree(network: Network, box: Box) -> Tree:
    """The tree of a network in a box."""
    # Loaded when it is needed: its kernels take some seconds to compile, once on each machine.
    from .descent import Tree

    return Tree(network, box)


def probe(tree: Tree, rng: np.random.Generator) -> float:
    """The weight of one random descent: one over its probability, infinite beyond the range of float64."""

    def choose(shares: Sequence[int]) -> int:
        drawn = int(rng.integers(sum(shares)))
        return bisect_right(list(accumulate(shares)), drawn)

    return weight_of(tree.descend(choose))


def weight_of(leaf: Leaf) -> float:
    """One over the probability with which a leaf is reached."""
    return math.prod((total / share for share, total in leaf.shares), start=1.0)


def _estimate(weights: FloatArray) -> RegionEstimate:
    with np.errstate(over="ignore", invalid="ignore"):
        mean, spread = float(weights.mean()), float(weights.std(ddof=1)) / math.sqrt(len(weights))
    known = finite(mean) is not None and finite(spread) is not None
    return RegionEstimate(mean, spread if known else math.inf, len(weights))
