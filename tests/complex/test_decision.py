"""Decision boundaries against the other engine, the network's own outputs and counts by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from support.networks import facets

from polyregions import Box, Network, enumerate_regions
from polyregions.complex.decision import DecisionBoundary
from polyregions.errors import InvalidInputError
from polyregions.network.layers import linear, maxout, piecewise, relu

NETS = [(1, (6, 5), 3), (2, (5, 4), 2), (2, (8,), 4), (3, (4, 3), 3)]


def random_net(d: int, widths: tuple[int, ...], outputs: int) -> Network:
    rng = np.random.default_rng([7, d, *widths, outputs])
    sizes = [d, *widths, outputs]
    return Network.from_arrays(
        [(rng.normal(size=(n, m)), rng.normal(size=n) / 2) for m, n in pairwise(sizes)]
    )


def check_decisions(boundary: DecisionBoundary, net: Network) -> None:
    """Every region decides as its witness does, and the outputs tie on the boundary."""
    cx = boundary.complex
    values = net(cx.witnesses)[:, list(boundary.labels)]
    ordered = np.sort(values, axis=1)
    clear = ordered[:, -1] - ordered[:, -2] > 1e-9
    assert clear.any()
    labels = np.array(boundary.labels)[values.argmax(axis=1)]
    assert (boundary.decisions[clear] == labels[clear]).all()
    for (i, j), piece in zip(boundary.pairs.tolist(), boundary.pieces(), strict=True):
        a, b = boundary.decisions[[i, j]]
        assert a != b
        assert len(piece) >= cx.box.dim
        f = net(piece)
        assert np.allclose(f[:, a], f[:, b], rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("d", "widths", "outputs"), NETS)
def test_argmax(d: int, widths: tuple[int, ...], outputs: int) -> None:
    net, box = random_net(d, widths, outputs), Box.cube(d, -1, 1)
    cx = enumerate_regions(net, box, engine="subdivide")
    before = cx.states.tobytes(), cx.facet_neighbors.tobytes(), len(cx.faces)
    boundary = cx.decision_boundary()
    # The same unit written into the network by hand, and the other engine.
    last = net.layers[-1]
    by_hand = Network([*net.layers[:-1], maxout([last.weight], [last.bias])])
    assert facets(boundary.complex) == facets(enumerate_regions(by_hand, box, engine="traverse"))
    check_decisions(boundary, net)
    boundary.complex.check()
    assert (cx.states.tobytes(), cx.facet_neighbors.tobytes(), len(cx.faces)) == before
    two = cx.decision_boundary([outputs - 1, 0])
    assert set(two.decisions.tolist()) <= {0, outputs - 1}
    check_decisions(two, net)


@pytest.mark.parametrize(("d", "widths", "outputs"), NETS)
def test_level_set(d: int, widths: tuple[int, ...], outputs: int) -> None:
    net, box = random_net(d, widths, outputs), Box.cube(d, -1, 1)
    cx = enumerate_regions(net, box, engine="subdivide")
    level = float(np.median(net(cx.witnesses)[:, 1]))
    boundary = cx.level_set(1, level)
    last = net.layers[-1]
    unit = piecewise(last.weight[[1]], last.bias[[1]], [level], [0.0, 1.0])
    by_hand = Network([*net.layers[:-1], unit])
    assert facets(boundary.complex) == facets(enumerate_regions(by_hand, box, engine="traverse"))
    above = net(boundary.complex.witnesses)[:, 1] - level
    clear = abs(above) > 1e-9
    assert (boundary.decisions[clear] == (above > 0)[clear]).all()
    assert len(boundary.pairs) > 0
    for piece in boundary.pieces():
        assert np.allclose(net(piece)[:, 1], level, rtol=1e-9, atol=1e-9)


def test_outputs_that_tie_throughout() -> None:
    """Duplicate outputs: the first one listed wins, and there is no boundary between them."""
    net = Network([relu([[1.0, 0.0]], [0.0]), linear([[1.0], [1.0], [0.0]], [0.0, 0.0, 0.5])])
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    boundary = cx.decision_boundary()
    assert set(boundary.decisions.tolist()) == {0, 2}
    assert [sorted(piece.tolist()) for piece in boundary.pieces()] == [[[0.5, -1.0], [0.5, 1.0]]]
    assert set(cx.decision_boundary([1, 0]).decisions.tolist()) == {1}
    assert len(cx.decision_boundary([1, 0]).pairs) == 0


def test_a_boundary_along_a_breakpoint_and_along_the_box() -> None:
    """relu(x) = 0 is crossed by the level -1 nowhere, by 0 at the unit's own boundary, by 1 at the side."""
    net = Network([relu([[1.0, 0.0]], [0.0]), linear([[1.0]], [0.0])])
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    assert len(cx.level_set(0, -1.0).pairs) == 0
    assert cx.level_set(0, 0.0).complex.n_regions == 2
    assert [sorted(piece.tolist()) for piece in cx.level_set(0, 0.0).pieces()] == [[[0.0, -1.0], [0.0, 1.0]]]
    assert len(cx.level_set(0, 1.0).pairs) == 0


def test_a_network_without_a_read_out() -> None:
    net = Network([relu([[1.0, 0.0], [0.0, 1.0]], [0.0, 0.0])])
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    boundary = cx.decision_boundary()
    ends = sorted(map(tuple, np.concatenate(boundary.pieces()).tolist()))
    assert ends == [(-1.0, 0.0), (0.0, 0.0), (0.0, 0.0), (1.0, 1.0)]


def test_wrong_questions() -> None:
    net = random_net(2, (3,), 2)
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    for outputs in ([0], [0, 0], [0, 2]):
        with pytest.raises(InvalidInputError, match="output"):
            cx.decision_boundary(outputs)
    with pytest.raises(InvalidInputError, match="output 5"):
        cx.level_set(5)
    with pytest.raises(InvalidInputError, match="finite"):
        cx.level_set(0, float("nan"))
