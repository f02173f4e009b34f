"""Random networks, measured by enumeration, and when a sample agrees with a formula.

Tolerances are standard errors of the sample at hand. Some 250 means are tested in all; the probability that
bad luck alone puts one of them 4.5 standard errors off is below 1/500, and seeds are fixed. A test must also
be able to fail: the sample has to be so large that a formula that is wrong by the given share is found out.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

from polyregions import Box, enumerate_regions
from polyregions.statistics.estimates import Estimate, estimate
from polyregions.statistics.random_networks import random_network

SIGMAS = 4.5
Array = NDArray[np.float64]


def agree(measured: Estimate, expected: float | Estimate, power: float) -> bool:
    """Whether both agree within their error, which is so small that an error by the share ``power`` shows."""
    value, error = (
        (expected.mean, expected.standard_error) if isinstance(expected, Estimate) else (expected, 0.0)
    )
    combined = math.hypot(measured.standard_error, error)
    # A true value that is off by `power` is SIGMAS + 3 errors away, and seen with a probability of 99.9 %.
    assert (SIGMAS + 3) * combined <= power * abs(value), "the sample is too small for the test to fail"
    # What does not depend on chance (orthogonal weights) has the error of rounding.
    return abs(measured.mean - value) <= SIGMAS * combined + 1e-12 * abs(value)


def at_most(measured: Estimate, bound: float) -> bool:
    """Whether the mean is below the bound, not just by bad luck."""
    return measured.mean + SIGMAS * measured.standard_error <= bound


def forward(layers: list[tuple[Array, Array]], x: Array) -> tuple[list[Array], list[Array]]:
    """Pre-activations with biases, lists of (samples, n), and their gradients (samples, n, d), at x (d,)."""
    y, slope = np.tile(x, (len(layers[0][0]), 1)), np.tile(np.eye(len(x)), (len(layers[0][0]), 1, 1))
    values, gradients = [], []
    for weight, bias in layers[:-1]:
        values.append(np.einsum("soi,si->so", weight, y) + bias)
        gradients.append(np.einsum("soi,sid->sod", weight, slope))
        y = values[-1].clip(0)
        slope = np.where(values[-1][..., None] > 0, gradients[-1], 0)
    return values, gradients


@cache
def counted(widths: tuple[int, ...], nets: int, seed: int) -> dict[str, Estimate]:
    """Enumerate networks of He with biases of standard deviation 1/2 in [-1, 1]^d, and take means.

    "regions"; "vertices" inside the box, for d = 2; "boundary", the number of breakpoints for d = 1, and
    for d = 2 the length: a piece is in the perimeters of two polygons, a part of the box's sides in one.
    """
    rng, box = np.random.default_rng(seed), Box.cube(widths[0], -1, 1)
    found: dict[str, list[float]] = {"regions": [], "boundary": [], "vertices": []}
    for _ in range(nets):
        net = random_network(widths, bias_std=0.5, seed=rng)
        cx = enumerate_regions(net, box, engine="subdivide")
        found["regions"].append(cx.n_regions)
        if box.dim == 1:
            found["boundary"].append(cx.n_adjacencies)
        else:
            assert cx.f_vector is not None
            found["vertices"].append(cx.f_vector[0])
            found["boundary"].append((sum(polygon.length for polygon in cx.polygons()) - 8) / 2)
    return {name: estimate(values) for name, values in found.items() if values}
