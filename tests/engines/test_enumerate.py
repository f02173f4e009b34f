"""What ``enumerate_regions`` refuses, and what its options promise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from polyregions import Box, Network, enumerate_regions
from polyregions.errors import InvalidBoxError, InvalidInputError, PolyregionsError, TooLargeError

NET = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])  # four quadrants
BOX = Box.cube(2, -1, 1)


@pytest.mark.parametrize("network", [None, "net.json", [([[1]], [0])], NET.layers[0], Network], ids=repr)
def test_refuses_what_is_no_network(network: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"expected a Network, got {type(network).__name__}"):
        enumerate_regions(network, BOX)


@pytest.mark.parametrize("box", [None, (-1, 1), [[-1, 1], [-1, 1]], np.zeros((2, 2)), Box], ids=repr)
def test_refuses_what_is_no_box(box: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"expected a Box, got {type(box).__name__}"):
        enumerate_regions(NET, box)


@pytest.mark.parametrize("dim", [1, 3])
def test_refuses_a_box_of_another_dimension(dim: int) -> None:
    with pytest.raises(InvalidBoxError, match=rf"{dim} dimension\(s\) .* 2 input\(s\)"):
        enumerate_regions(NET, Box.cube(dim, -1, 1))


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"engine": "subdivde"}, "engine 'subdivde' is unknown; known: auto, subdivide, traverse, brute"),
    ({"engine": "Traverse"}, "engine 'Traverse' is unknown"),
    ({"engine": None}, "engine None is unknown"),
    ({"engine": ["auto"]}, "engine .* is unknown"),
    ({"lp": "gurobi"}, "lp 'gurobi' is unknown; known: native, scipy, cvxpy"),
    ({"lp": None}, "lp None is unknown"),
    ({"workers": 0}, "workers must be a whole number, at least 1, got 0"),
    ({"workers": -1}, "workers must be"),
    ({"workers": 1.0}, "workers must be .* got 1.0"),
    ({"workers": "2"}, "workers must be .* got '2'"),
    ({"workers": True}, "workers must be .* got True"),
    ({"limit": 0}, "limit must be a whole number, at least 1, got 0"),
    ({"limit": -5}, "limit must be"),
    ({"limit": 2.5}, "limit must be"),
    ({"limit": float("nan")}, "limit must be"),
    ({"limit": "10"}, "limit must be"),
    ({"limit": False}, "limit must be"),
    ({"engine": "brute", "limit": 2}, "'brute' .* limit"),
    ({"progress": 3}, "progress must be a function, got int"),
    ({"progress": "bar"}, "progress must be a function, got str"),
]


@pytest.mark.parametrize(("options", "message"), OPTIONS, ids=str)
def test_refuses_options(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message) as caught:
        enumerate_regions(NET, BOX, **options)
    assert isinstance(caught.value, PolyregionsError)
    assert len(str(caught.value).splitlines()) == 1


def test_options_are_keywords() -> None:
    with pytest.raises(TypeError):
        enumerate_regions(NET, BOX, "traverse")


def test_an_engine_that_gives_up_says_so() -> None:
    rng = np.random.default_rng(0)
    net = Network.from_arrays([(rng.normal(size=(300, 6)), rng.normal(size=300)), (np.ones((1, 300)), [0])])
    with pytest.raises(TooLargeError, match="brute"):
        enumerate_regions(net, Box.cube(6, -1, 1), engine="brute")


@pytest.mark.parametrize("engine", ["auto", "subdivide", "traverse", "brute"])
def test_four_quadrants(engine: str) -> None:
    cx = enumerate_regions(NET, BOX, engine=engine)
    assert (cx.n_regions, cx.n_adjacencies, cx.complete, cx.stopped) == (4, 4, True, "")
    assert cx.engine == ("subdivide" if engine == "auto" else engine)
    assert sorted(map(tuple, cx.states.tolist())) == [(0, 0), (0, 1), (1, 0), (1, 1)]


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_limit(limit: int) -> None:
    cx = enumerate_regions(NET, BOX, limit=limit)
    assert cx.n_regions == min(limit, 4)
    assert cx.complete == (limit >= 4)
    assert cx.stopped == ("" if limit >= 4 else "limit")


def test_progress_ends_with_everything() -> None:
    calls: list[tuple[int, int]] = []
    cx = enumerate_regions(NET, BOX, progress=lambda explored, found: calls.append((explored, found)))
    assert calls
    assert calls == sorted(calls)
    assert all(explored <= found <= cx.n_regions for explored, found in calls)


@pytest.mark.parametrize(
    ("rank", "dim", "engine"),
    [
        (16, 1, "subdivide"),
        (17, 1, "traverse"),
        (5, 2, "subdivide"),
        (6, 2, "traverse"),
        (4, 3, "subdivide"),
        (5, 3, "traverse"),
        (3, 4, "subdivide"),
        (4, 4, "traverse"),
    ],
)
def test_auto_leaves_units_of_many_pieces_to_traverse(rank: int, dim: int, engine: str) -> None:
    rng = np.random.default_rng(rank)
    net = Network.from_arrays([(rng.normal(size=(1, rank, dim)), rng.normal(size=(1, rank))), ([[1]], [0])])
    assert enumerate_regions(net, Box.cube(dim, -1, 1)).engine == engine
