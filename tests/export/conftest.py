"""Results to write: in general position and degenerate, with and without faces, whole and partial."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from polyregions import Box, Network, RegionComplex, enumerate_regions


def random_network(*shape: int) -> Network:
    rng = np.random.default_rng(shape)
    pairs = [(rng.normal(size=(m, n)), rng.normal(size=m)) for n, m in pairwise(shape)]
    return Network.from_arrays(pairs)


def fold_network(d: int) -> Network:
    """Each coordinate of [-1, 1]^d folded four times: true zeros, and pairs of units that flip together."""
    first = np.repeat(np.eye(d), 2, axis=0) * np.tile([2.0, 4.0], d)[:, None]
    again = np.kron(np.eye(d), np.array([[2.0, -2.0], [4.0, -4.0]]))
    bias = np.tile([0.0, -2.0], d)
    return Network.from_arrays(
        [(first, bias), (again, bias), (np.ones((2, 2 * d)) * [[1.0], [0.5]], [0, 0.25])]
    )


@pytest.fixture(scope="session")
def plane() -> RegionComplex:
    return enumerate_regions(random_network(2, 8, 8, 3), Box([-1.5, -0.7], [1.1, 2.3]))


@pytest.fixture(scope="session")
def space() -> RegionComplex:
    return enumerate_regions(random_network(3, 6, 5, 2), Box.cube(3, -1, 1), engine="subdivide")


@pytest.fixture(scope="session", params=["general", "fold", "no faces", "partial"])
def any_plane(request: pytest.FixtureRequest, plane: RegionComplex) -> RegionComplex:
    """Results with two inputs of all kinds."""
    if request.param == "general":
        return plane
    if request.param == "fold":
        return enumerate_regions(fold_network(2), Box.cube(2, -1, 1), engine="subdivide")
    limit = 9 if request.param == "partial" else None
    return enumerate_regions(plane.network, plane.box, engine="traverse", limit=limit)


@pytest.fixture(scope="session", params=["general", "fold", "one region"])
def any_space(request: pytest.FixtureRequest, space: RegionComplex) -> RegionComplex:
    """Results with three inputs and faces."""
    if request.param == "general":
        return space
    if request.param == "fold":
        return enumerate_regions(fold_network(3), Box.cube(3, -1, 1), engine="subdivide")
    net = Network.from_arrays([([[1, 1, 1]], [5]), ([[1]], [0])])
    return enumerate_regions(net, Box.cube(3, -1, 1), engine="subdivide")
