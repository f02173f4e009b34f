"""Patterns and points inside of them, beside the exact states at the points."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import RANDOM, random_network

from polyregions import Box, Network, enumerate_regions
from polyregions.network.maps import region_maps
from polyregions.network.realised import realised_maps


def sure_of(net: Network, states: np.ndarray, points: np.ndarray, box: Box) -> list[bool]:
    maps, errors, sure = realised_maps(net.layers, lambda part: states[part], points, box.farthest)
    known = region_maps(net.layers, states, box.farthest)
    assert maps.tobytes() == known[0].tobytes()
    assert errors.tobytes() == known[1].tobytes()
    return sure.tolist()


@pytest.mark.parametrize(("d", "kinds", "width"), RANDOM, ids=str)
def test_inside_and_elsewhere(d: int, kinds: list[str], width: int) -> None:
    net, box = random_network(5, d, kinds, width), Box.cube(d, -1, 1)
    cx = enumerate_regions(net, box, engine="subdivide")
    assert all(sure_of(net, cx.states, cx.witnesses, box))
    # No point has the pattern of another region.
    assert not any(sure_of(net, cx.states, np.roll(cx.witnesses, 1, axis=0), box)) or cx.n_regions == 1
    # Nor any other pattern.
    rng = np.random.default_rng(0)
    units = rng.integers(0, net.n_units, cx.n_regions)
    states, rows = cx.states.copy(), np.arange(cx.n_regions)
    most = np.concatenate([layer.n_states for layer in net.hidden])
    states[rows, units] = (states[rows, units] + 1) % most[units]
    assert not any(sure_of(net, states, cx.witnesses, box))


def test_on_a_boundary_nothing_is_sure() -> None:
    net = Network.from_arrays([([[1, 1], [1, -1]], [0, 0]), ([[1, 1]], [0])])
    points = np.array([[0.5, -0.5], [0.5, 0.25], [3.0, 0.0], [np.nan, 0.0]])
    states = np.array([[0, 1], [1, 1], [1, 1], [1, 1]], dtype=np.uint8)
    assert sure_of(net, states, points, Box.cube(2, -1, 1)) == [False, True, False, False]


def test_near_a_boundary_bounds_decide() -> None:
    """Never sure of what is not so: points a few roundings from a boundary, on both of its sides."""
    rng = np.random.default_rng(7)
    net, box = random_network(2, 2, ["relu", "relu"], 6), Box.cube(2, -1, 1)
    cx = enumerate_regions(net, box, engine="subdivide")
    corners = cx.faces.points
    points = corners[rng.integers(0, len(corners), 400)] + rng.integers(-40, 41, (400, 2)) * 2.0**-53
    points = np.clip(points, -1, 1)
    states = cx.states[rng.integers(0, cx.n_regions, 400)]
    states[:200] = net.states(points[:200])
    for i, sure in enumerate(sure_of(net, states, points, box)):
        assert not sure or net.exact.states_at(points[i]) == states[i].tolist()
