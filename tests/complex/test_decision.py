"""Decision boundaries against the other engine, the network's own outputs and counts by hand."""

from __future__ import annotations

import pickle
import random
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from itertools import pairwise
from time import perf_counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import facets
from support.profiles import examples

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.complex.decision import DecisionBoundary, with_argmax
from polyregions.engines.subdivide.engine import extend
from polyregions.errors import InvalidInputError
from polyregions.network.layers import linear, maxout, piecewise, relu

NETS = [(1, (6, 5), 3), (2, (5, 4), 2), (2, (8,), 4), (3, (4, 3), 3)]


def random_net(d: int, widths: tuple[int, ...], outputs: int) -> Network:
    rng = np.random.default_rng([7, d, *widths, outputs])
    sizes = [d, *widths, outputs]
    return Network.from_arrays(
        [(rng.normal(size=(n, m)), rng.normal(size=n) / 2) for m, n in pairwise(sizes)]
    )


def check_decisions(boundary: DecisionBoundary[RegionComplex], net: Network) -> None:
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


def test_many_outputs_that_are_one() -> None:
    """Twelve times the same output: no unit decides, the first one listed does."""
    net = Network([relu([[1.0, 0.0]], [0.0]), linear([[1.0]] * 12, [0.5] * 12)])
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    for outputs, first in ((None, 0), ([7, 3], 7), (list(range(11, 0, -1)), 11)):
        boundary = cx.decision_boundary(outputs)
        assert boundary.decisions.tolist() == [first, first]
        assert (boundary.complex.n_regions, len(boundary.pairs), boundary.polylines()) == (2, 0, [])
    assert {k for _, k in cx.graph().nodes(data="decision")} == {0}


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


@st.composite
def many_outputs(draw: st.DrawFn) -> Network:
    """Outputs of small whole weights, so that they tie at vertices, along edges and on whole regions."""
    numbers = st.integers(-2, 2)
    width, outputs = draw(st.integers(1, 4)), draw(st.integers(9, 14))

    def rows(n: int, m: int) -> list[list[int]]:
        return [[draw(numbers) for _ in range(m)] for _ in range(n)]

    d = draw(st.integers(1, 2))
    return Network.from_arrays([(rows(width, d), *rows(1, width)), (rows(outputs, width), *rows(1, outputs))])


@settings(max_examples=examples(40))
@given(many_outputs(), st.randoms(use_true_random=False))
def test_few_of_many_outputs_decide_as_all_do(net: Network, random: random.Random) -> None:
    """Against all pieces of one maxout unit, and the decision at each region's interior by rationals."""
    box = Box.cube(net.input_dim, -1, 1)
    cx = enumerate_regions(net, box, engine="subdivide")
    outputs = random.sample(range(net.output_dim), random.randint(9, net.output_dim))
    boundary = cx.decision_boundary(outputs)
    assert set(boundary.labels) <= set(outputs)
    by_hand = enumerate_regions(with_argmax(net, outputs), box, engine="traverse")
    hidden = net.n_units
    # Outputs that are all the same make no unit: then it is the first.
    expected = {(tuple(row[:hidden]), outputs[[*row, 0][hidden]]) for row in by_hand.states.tolist()}
    rows = boundary.complex.states[:, :hidden].tolist()
    found = {(tuple(row), k) for row, k in zip(rows, boundary.decisions.tolist(), strict=True)}
    assert found == expected
    assert (boundary.complex.n_regions, boundary.complex.n_adjacencies) == (
        by_hand.n_regions,
        by_hand.n_adjacencies,
    )
    boundary.complex.check()


def test_many_outputs_take_a_moment() -> None:
    """80 outputs, 5 of them largest somewhere: all pairs took minutes (3160 hyperplanes in each region)."""
    net = random_net(2, (6,), 80)
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    start = perf_counter()
    boundary = cx.decision_boundary()
    assert perf_counter() - start < 20
    check_decisions(boundary, net)
    grid = np.stack(np.meshgrid(*[np.linspace(-1, 1, 60)] * 2), axis=-1).reshape(-1, 2)
    assert set(net(grid).argmax(axis=1)) <= set(boundary.labels)
    assert len(boundary.labels) < 20


def test_polylines() -> None:
    """A square ring where |x| + |y| crosses 1, and an open line where x crosses 0."""
    ring = Network.from_arrays([(np.array([[1, 0], [-1, 0], [0, 1], [0, -1]]), [0] * 4), ([[1] * 4], [0])])
    cx = enumerate_regions(ring, Box.cube(2, -2, 2), engine="subdivide")
    (line,) = cx.level_set(0, 1.0).polylines()
    assert line[0].tolist() == line[-1].tolist()
    assert sorted(map(tuple, line[1:].tolist())) == [(-1, 0), (0, -1), (0, 1), (1, 0)]
    assert (np.abs(np.diff(line, axis=0)) == 1).all()
    # x against |y| against -1: three lines meet in points, where they end.
    cross = Network([relu([[0.0, 1.0], [0.0, -1.0], [1.0, 0.0], [-1.0, 0.0]], [0.0] * 4)])
    lines = enumerate_regions(cross, Box.cube(2, -1, 1), engine="subdivide").decision_boundary().polylines()
    assert len(lines) == 4
    assert all([0.0, 0.0] in line[[0, -1]].tolist() for line in lines)
    assert sum(len(line) - 1 for line in lines) == 4


@pytest.mark.parametrize(("d", "widths", "outputs"), [net for net in NETS if net[0] == 2])
def test_polylines_are_the_pieces_end_to_end(d: int, widths: tuple[int, ...], outputs: int) -> None:
    boundary = enumerate_regions(random_net(d, widths, outputs), Box.cube(d, -1, 1)).decision_boundary()
    lines = boundary.polylines()
    steps = sorted(sorted(map(tuple, pair)) for line in lines for pair in pairwise(line.tolist()))
    assert steps == sorted(sorted(map(tuple, piece.tolist())) for piece in boundary.pieces())
    assert len(lines) < len(steps)


def test_polylines_need_a_plane() -> None:
    boundary = enumerate_regions(random_net(3, (3,), 2), Box.cube(3, -1, 1)).decision_boundary()
    with pytest.raises(InvalidInputError, match="3 dimensions, lines need 2"):
        boundary.polylines()


@pytest.mark.parametrize("engine", ["traverse", "brute"])
def test_without_faces(engine: str) -> None:
    cx = enumerate_regions(random_net(2, (3,), 2), Box.cube(2, -1, 1), engine=engine)
    with pytest.raises(InvalidInputError, match=f"decision boundary: .*engine '{engine}' does not keep them"):
        cx.decision_boundary()
    with pytest.raises(InvalidInputError, match="level set: it takes the faces"):
        cx.level_set()


def test_a_result_holds_no_engine() -> None:
    """A copy from a pickle is cut further like the result itself, and what was computed is not kept in it."""
    net = random_net(2, (5, 4), 2)
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    size = len(pickle.dumps(cx))
    copy = pickle.loads(pickle.dumps(cx))
    again, boundary = copy.decision_boundary(), cx.decision_boundary()
    assert again.complex.states.tobytes() == boundary.complex.states.tobytes()
    assert not copy.states.flags.writeable
    for made in (cx.walls, cx.map_labels, cx.degrees):
        assert made is not None
    assert len(pickle.dumps(cx)) <= 1.1 * size
    assert {item.name for item in fields(cx)} == cx.__getstate__().keys()
    assert cx.further is extend


def test_cut_further_by_a_network_that_begins_otherwise() -> None:
    net, other = random_net(2, (5, 4), 2), random_net(2, (5, 3), 2)
    cx = enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide")
    with pytest.raises(InvalidInputError, match="does not begin with"):
        extend(cx, other)
    longer = Network([*net.layers[:-1], relu(np.ones((2, 4)), [-1.0, 0.25])])
    expected = enumerate_regions(longer, cx.box, engine="traverse")
    for workers in (1, 2):
        assert facets(extend(cx, longer, workers=workers)) == facets(expected)


@pytest.mark.parametrize(
    "ask",
    [
        lambda cx: cx.level_set(0.0),
        lambda cx: cx.level_set(0, None),
        lambda cx: cx.level_set(0, "1"),
        lambda cx: cx.level_set(0, 2**53 + 1),
        lambda cx: cx.level_set(0, 10**400),
        lambda cx: cx.level_set(0, Fraction(1, 3)),
        lambda cx: cx.level_set(0, True),
        lambda cx: cx.level_set(True),
        lambda cx: cx.decision_boundary([False, True]),
        lambda cx: cx.decision_boundary(5),
        lambda cx: cx.decision_boundary([0, 1.0]),
        lambda cx: cx.decision_boundary("01"),
    ],
)
def test_arguments_of_another_kind(ask: Callable[[RegionComplex], object]) -> None:
    cx = enumerate_regions(random_net(2, (3,), 2), Box.cube(2, -1, 1), engine="subdivide")
    with pytest.raises(InvalidInputError):
        ask(cx)


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
