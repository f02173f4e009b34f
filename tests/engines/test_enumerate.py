"""What ``enumerate_regions`` refuses, and what its options promise."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from support.networks import facets, random_network

from polyregions import Box, Network, enumerate_regions, linear_regions
from polyregions.engines import sizes
from polyregions.engines.enumerate import ENGINES
from polyregions.errors import InvalidBoxError, InvalidInputError, PolyregionsError, TooLargeError
from polyregions.network.layers import hard_tanh, linear, maxout, relu

NET = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])  # four quadrants
BOX = Box.cube(2, -1, 1)


@pytest.mark.parametrize("network", [None, "net.json", [([[1]], [0])], NET.layers[0], Network], ids=repr)
def test_refuses_what_is_no_network(network: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"expected a Network, got {type(network).__name__}"):
        enumerate_regions(network, BOX)


@pytest.mark.parametrize("box", [None, (-1, 1), [[-1, 1], [-1, 1]], np.zeros((2, 2)), Box], ids=repr)
def test_refuses_what_is_no_box(box: Any) -> None:
    with pytest.raises(InvalidInputError, match=f"expected a Box or a Polytope, got {type(box).__name__}"):
        enumerate_regions(NET, box)


@pytest.mark.parametrize("dim", [1, 3])
def test_refuses_a_box_of_another_dimension(dim: int) -> None:
    with pytest.raises(InvalidBoxError, match=rf"{dim} dimension\(s\) .* 2 input\(s\)"):
        enumerate_regions(NET, Box.cube(dim, -1, 1))


OPTIONS: list[tuple[dict[str, Any], str]] = [
    ({"engine": "subdivde"}, "engine 'subdivde' is unknown; known: auto, subdivide, split, traverse, brute"),
    ({"engine": "Traverse"}, "engine 'Traverse' is unknown"),
    ({"engine": None}, "engine None is unknown"),
    ({"engine": ["auto"]}, "engine .* is unknown"),
    ({"lp": "gurobi"}, "lp 'gurobi' is unknown; known: native, scipy, cvxpy"),
    ({"lp": None}, "lp None is unknown"),
    ({"workers": 0}, "workers must be a whole number, 1 to 256, got 0"),
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
    ({"workers": None}, "workers must be a whole number, 1 to 256, got None"),
    ({"workers": 10**6}, "workers must be a whole number, 1 to 256, got 1000000"),
    ({"time_limit": 0}, "time_limit must be a finite number above 0, got 0"),
    ({"time_limit": -1.0}, "time_limit must be"),
    ({"time_limit": float("nan")}, "time_limit must be"),
    ({"time_limit": float("inf")}, "time_limit must be"),
    ({"time_limit": "1"}, "time_limit must be .* got '1'"),
    ({"time_limit": True}, "time_limit must be"),
    ({"resume": "r.npz"}, "resume: expected a RegionComplex, as load_result gives, got str"),
    ({"resume": NET}, "resume: expected a RegionComplex, as load_result gives, got Network"),
    ({"engine": "brute", "lp": "cvxpy"}, "'brute' does not take lp: leave out lp, or use 'traverse'"),
    (
        {"engine": "brute", "workers": 7},
        "'brute' does not take workers: .* 'subdivide' or 'split' or 'traverse'",
    ),
    ({"engine": "brute", "progress": print}, "'brute' does not take progress"),
    ({"engine": "brute", "time_limit": 1}, "'brute' has all regions or none: leave out time_limit"),
    ({"engine": "subdivide", "lp": "scipy"}, "'subdivide' does not take lp: leave out lp, or use 'traverse'"),
    ({"engine": "traverse", "lp": "scipy", "workers": 2}, "lp 'scipy' works in one thread"),
    ({"lp": "cvxpy", "workers": 2}, "lp 'cvxpy' works in one thread"),
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


@pytest.mark.parametrize("engine", ["auto", "subdivide", "split", "traverse", "brute"])
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


def test_every_engine_takes_the_defaults() -> None:
    for engine in ENGINES:
        cx = enumerate_regions(
            NET, BOX, engine=engine, lp="native", workers=1, limit=None, time_limit=None, progress=None
        )
        assert cx.n_regions == 4


@pytest.mark.parametrize("option", [{"lp": "scipy"}, {"limit": 9}, {"time_limit": 60.0}], ids=str)
def test_auto_takes_an_engine_that_takes_the_options(option: dict[str, Any]) -> None:
    assert enumerate_regions(NET, BOX, **option).engine == "traverse"


@pytest.mark.parametrize("engine", ["auto", "subdivide", "split", "traverse"])
def test_progress_ends_with_everything(engine: str) -> None:
    calls: list[tuple[int, int]] = []
    net = random_network(1, 2, ["relu", "maxout3", "relu"], 6)
    cx = enumerate_regions(
        net, BOX, engine=engine, progress=lambda explored, found: calls.append((explored, found))
    )
    assert calls
    assert calls == sorted(calls)
    assert all(explored <= found <= cx.n_regions for explored, found in calls)
    assert [found for _, found in calls] == sorted(found for _, found in calls)
    assert calls[-1] == (cx.n_regions, cx.n_regions)


def test_more_workers_than_work() -> None:
    """A few regions are not worth hundreds of threads."""
    start = threading.active_count()
    most = [start]
    cx = enumerate_regions(
        NET, BOX, engine="traverse", workers=256, progress=lambda *_: most.append(threading.active_count())
    )
    assert cx.n_regions == 4
    assert max(most) <= start + 4


def test_auto_estimates_memory_before_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """About 1,000 regions: with a gigabyte "subdivide" takes them, with 256 KiB "split"."""
    net = random_network(0, 2, ["relu", "relu"], 30)
    regions = enumerate_regions(net, BOX, engine="traverse").n_regions
    assert regions / 3 < sizes.likely_regions(net, BOX) < 3 * regions
    monkeypatch.setattr(sizes, "available_memory", lambda: 2**30)
    assert enumerate_regions(net, BOX).engine == "subdivide"
    monkeypatch.setattr(sizes, "available_memory", lambda: 2**18)
    assert enumerate_regions(net, BOX).engine == "split"


def test_auto_leaves_many_layers_to_traverse() -> None:
    """200 rotations and ReLU: the bounds of "subdivide" prove nothing there."""
    rng = np.random.default_rng(0)
    layers: list[Any] = []
    for _ in range(200):
        q, _ = np.linalg.qr(rng.normal(size=(2, 2)))
        layers.append((q, rng.normal(size=2) / 10 + 0.3))
    cx = enumerate_regions(Network.from_arrays([*layers, ([[1, 1]], [0])]), BOX)
    assert cx.engine == "traverse"


@pytest.mark.parametrize("engine", ["auto", "subdivide", "split", "traverse", "brute"])
def test_whatever_numpy_is_told_of_overflow(engine: str) -> None:
    cases: list[Network] = [NET, random_network(2, 2, ["relu", "maxout3", "hard_tanh"], 3)]
    cases += [
        Network.from_arrays([(np.eye(2) * scale, [0, 0]), (np.eye(2), [0, 0])]) for scale in (1e-300, 1e300)
    ]
    for net in cases:
        for size in (1e-300, 1.0, 1e300):
            box = Box.cube(2, -size, size)
            expected = enumerate_regions(net, box, engine=engine)
            with np.errstate(all="raise"):
                cx = enumerate_regions(net, box, engine=engine)
                assert cx.states.tobytes() == expected.states.tobytes()
                assert cx.graph().number_of_edges() == expected.n_adjacencies
                assert linear_regions(cx).volumes().sum() == linear_regions(expected).volumes().sum()


@pytest.mark.parametrize(("rank", "dim"), [(256, 1), (6, 2), (64, 2), (5, 3), (64, 3), (4, 4), (24, 4)])
def test_auto_leaves_units_of_many_pieces_to_subdivide(rank: int, dim: int) -> None:
    rng = np.random.default_rng(rank)
    net = Network.from_arrays([(rng.normal(size=(1, rank, dim)), rng.normal(size=(1, rank))), ([[1]], [0])])
    cx = enumerate_regions(net, Box.cube(dim, -1, 1))
    assert cx.engine == ("split" if dim > 2 and rank <= 8 else "subdivide")
    assert facets(cx) == facets(enumerate_regions(net, Box.cube(dim, -1, 1), engine="traverse"))


def test_a_bound_of_the_regions_is_that_of_the_theorems() -> None:
    """Of a layer, sum_(j <= d) e_j(states - 1); layers multiply."""
    rng = np.random.default_rng(0)
    for ranks, dim, bound in (([256], 2, 256), ([3, 4], 1, 1 + 5), ([3, 4], 2, 1 + 5 + 6), ([2] * 6, 2, 22)):
        units = maxout([rng.normal(size=(r, dim)) for r in ranks], [rng.normal(size=r) for r in ranks])
        assert sizes.region_bound(Network([units])) == bound
    two = Network([hard_tanh(np.eye(2), [0, 0]), linear(np.eye(2), [0, 0]), relu(np.eye(2), [0, 0])])
    assert sizes.region_bound(two) == (1 + 4 + 4) * (1 + 2 + 1)
