"""Maxout units: the pieces that are drawn as the largest are, and cells are those of the power diagram."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection

from polyregions import Box, Network
from polyregions.errors import InvalidInputError
from polyregions.network import linear, maxout, mixed, relu
from polyregions.plot import plot_maxout
from polyregions.plot.colours import decision_colours

RNG = np.random.default_rng(4)
W2, B2 = RNG.normal(size=(6, 2)), RNG.normal(size=6) / 4
BOX = Box([-1, -2], [2, 1])


def network(weight: object, bias: object) -> Network:
    layer = maxout([weight], [bias])
    return Network([layer, linear(np.ones((1, 1)), [0.0])])


def colour_of(piece: int) -> tuple[float, ...]:
    return tuple(np.round(decision_colours(np.array([piece]))[0], 12))


def test_cells_are_nearest_by_the_power_distance() -> None:
    surface, diagram = plot_maxout(network(W2, B2), BOX)
    (cells,) = [c for c in diagram.collections if type(c) is PolyCollection]
    points = np.random.default_rng(0).uniform(BOX.lower, BOX.upper, (400, 2))
    # |x - w|^2 - r^2 with r^2 = |w|^2 + 2 b
    radii = (W2**2).sum(axis=1) + 2 * B2
    power = ((points[:, None] - W2) ** 2).sum(axis=2) - radii
    nearest = power.argmin(axis=1)
    assert len(set(nearest.tolist())) > 3
    colours = [tuple(np.round(c[:3], 12)) for c in cells.get_facecolors()]
    for path, colour in zip(cells.get_paths(), colours, strict=True):
        inside = path.contains_points(points)
        assert {colour_of(int(piece)) for piece in nearest[inside]} <= {colour}
    assert sum(path.contains_points(points).sum() for path in cells.get_paths()) == 400
    # Sites in the box, and the numbers of all cells.
    dots = diagram.collections[-1]
    assert np.array_equal(dots.get_offsets(), W2[BOX.contains(W2)])
    assert len(diagram.texts) == len(cells.get_paths())
    heights = (points @ W2.T + B2).max(axis=1)
    assert surface.get_zlim()[0] <= heights.min()
    assert heights.max() <= surface.get_zlim()[1]


def test_the_envelope_of_lines() -> None:
    weight, bias = [[-1.0], [0.0], [1.0], [0.0]], [-0.5, 0.25, -0.5, 0.0]
    (ax,) = plot_maxout(network(weight, bias), Box([-0.5], [0.75]))
    assert ax.get_title() == "unit 0 of layer 1: 1 of 4 pieces are largest somewhere"
    (ax,) = plot_maxout(network(weight, bias), Box([-2], [2]))
    assert ax.get_title() == "unit 0 of layer 1: 3 of 4 pieces are largest somewhere"
    pieces, envelope = [c for c in ax.collections if type(c) is LineCollection]
    assert [line.tolist() for line in pieces.get_segments()] == [
        [[-2, -2 * w[0] + b], [2, 2 * w[0] + b]] for w, b in zip(weight, bias, strict=True)
    ]
    assert sorted(map(tuple, np.concatenate(envelope.get_segments()).tolist())) == sorted(
        [(-2, 1.5), (-0.75, 0.25), (-0.75, 0.25), (0.75, 0.25), (0.75, 0.25), (2, 1.5)]
    )
    assert sorted(text.get_text() for text in ax.texts) == ["0", "1", "2"]


def test_a_piece_that_is_there_twice() -> None:
    """States skip it, and the later pieces keep their numbers."""
    weight, bias = [[0.0], [0.0], [1.0]], [0.0, 0.0, 0.0]
    (ax,) = plot_maxout(network(weight, bias), Box([-1], [1]))
    assert sorted(text.get_text() for text in ax.texts) == ["0", "2"]


def test_units_are_counted_among_the_maxout_units(tmp_path: Path) -> None:
    layer = mixed(
        [relu([[1.0]], [0.0]), maxout([[[1.0], [-1.0]], [[0.5], [0.0], [2.0]]], [[0, 0], [0, 0, 0]])]
    )
    net = Network([layer, linear(np.ones((1, 3)), [0.0])])
    (ax,) = plot_maxout(net, Box([-1], [1]), 1, tmp_path / "a.png")
    assert ax.get_title() == "unit 1 of layer 1: 2 of 3 pieces are largest somewhere"
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(InvalidInputError, match="no such unit; they are 0 to 1"):
        plot_maxout(net, Box([-1], [1]), 2)


def test_refusals() -> None:
    with pytest.raises(
        InvalidInputError, match="maxout unit 0 of the first layer: no such unit; there are none"
    ):
        plot_maxout(Network([relu([[1.0]], [0.0]), linear([[1.0]], [0.0])]), Box([-1], [1]))
    three = network(np.eye(3), np.zeros(3))
    with pytest.raises(InvalidInputError, match="3 dimensions, the network 3 inputs"):
        plot_maxout(three, Box.cube(3, -1, 1))
    with pytest.raises(InvalidInputError, match="1 dimension, the network 2 inputs"):
        plot_maxout(network(W2, B2), Box([-1], [1]))
