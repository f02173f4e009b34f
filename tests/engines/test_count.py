"""Regions counted and found one after the other, without keeping them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import random_network
from support.profiles import examples
from support.strategies import cases
from support.zoo import ZOO, Case, cube, folding

from polyregions import (
    Box,
    Network,
    Polytope,
    count_regions,
    enumerate_regions,
    iter_regions,
)
from polyregions.engines.split import splitting, tasks
from polyregions.errors import InvalidBoxError, InvalidInputError, TooLargeError
from polyregions.network.layers import linear, relu

COUNTING = ("split", "subdivide")


@pytest.mark.parametrize("engine", COUNTING)
@pytest.mark.parametrize("case", [case for case in ZOO if case.dim <= 6], ids=lambda case: case.name)
def test_the_zoo(case: Case, engine: str) -> None:
    counts = count_regions(case.network, case.box, engine=engine)
    assert (counts.regions, counts.adjacencies, counts.complete) == (case.regions, case.pairs, True)
    if case.f_vector is not None and counts.f_vector is not None:
        assert tuple(counts.f_vector) == case.f_vector
    assert counts.f_vector is not None or (engine == "split" and case.dim > 2)


@settings(max_examples=examples(60))
@given(cases(max_units=8), st.sampled_from((1, 3, 50)))
def test_counts_of_tiny_networks(case: tuple[Network, Box], together: int) -> None:
    net, box = case
    cx = enumerate_regions(net, box, engine="subdivide")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "SLICE", together)
        for workers in (1, 2):
            counts = count_regions(net, box, workers=workers)
            assert (counts.regions, counts.adjacencies) == (cx.n_regions, cx.n_adjacencies)
        found = list(iter_regions(net, box))
    split = enumerate_regions(net, box, engine="split")
    assert np.array_equal([region.pattern for region in found], split.states)
    assert [region.facets for region in found] == np.diff(split.facet_offsets).tolist()
    assert [region.neighbors for region in found] == split.degrees.tolist()
    for region in found:
        assert box.contains(region.witness)


@pytest.mark.parametrize("engine", COUNTING)
def test_folds_by_theory(engine: str) -> None:
    """L folds of the square in four: 4^L regions, and an edge between two of them for each inner side."""
    for folds in (1, 2, 3, 4):
        counts = count_regions(Network(folding(2, (2,) * folds)), cube(2, 0, 1), engine=engine, workers=2)
        n = 2**folds
        assert (counts.regions, counts.adjacencies) == (n * n, 2 * n * (n - 1))
        assert counts.f_vector == [(n - 1) ** 2, 2 * n * (n - 1), n * n]


@pytest.mark.parametrize("engine", COUNTING)
def test_in_a_polytope(engine: str) -> None:
    net, triangle = random_network(0, 2, ["relu", "relu"], 6), Polytope.simplex(2)
    cx = enumerate_regions(net, triangle)
    counts = count_regions(net, triangle, engine=engine)
    assert (counts.regions, counts.adjacencies, counts.f_vector) == (
        cx.n_regions,
        cx.n_adjacencies,
        cx.f_vector,
    )


def test_progress_tells_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SLICE", 20)
    net = random_network(0, 2, ["relu", "relu"], 16)
    for engine in COUNTING:
        told: list[tuple[int, float]] = []
        counts = count_regions(net, cube(2), engine=engine, progress=lambda *now, told=told: told.append(now))
        assert told == sorted(told)
        assert told[-1] == (counts.regions, pytest.approx(1.0))


@pytest.mark.parametrize("options", [{"limit": 100}, {"limit": 100, "workers": 2}, {"time_limit": 1e-9}])
def test_partial_counts(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SLICE", 20)
    net = random_network(0, 2, ["relu", "relu"], 16)
    whole, part = count_regions(net, cube(2)), count_regions(net, cube(2), **options)
    assert part.stopped == ("limit" if "limit" in options else "time")
    assert not part.complete
    assert part.f_vector is None
    assert part.regions < whole.regions
    assert part.adjacencies < whole.adjacencies


def test_what_is_counted_by_then_is_complete() -> None:
    """A limit that is met with the last regions leaves nothing out."""
    net = random_network(0, 2, ["relu"], 6)
    whole = count_regions(net, cube(2))
    assert count_regions(net, cube(2), limit=1) == whole


def test_regions_are_not_kept() -> None:
    search = splitting.Splitting(random_network(0, 2, ["relu", "relu"], 16), cube(2), keep=False)
    search.run(lambda: "")
    assert search.regions > 100
    assert not any(task.slices for task in search.root.in_order())


def test_the_order_is_depth_first() -> None:
    net = Network([relu([[1, 0], [0, 1]], [0, 0]), linear([[1, 1]], [0])])
    patterns = [region.pattern.tolist() for region in iter_regions(net, cube(2))]
    assert patterns == [[1, 1], [1, 0], [0, 1], [0, 0]]


def test_what_is_refused() -> None:
    net = random_network(0, 2, ["relu"], 4)
    with pytest.raises(
        InvalidInputError, match="engine 'traverse' keeps what it finds; regions are counted by 'auto'"
    ):
        count_regions(net, cube(2), engine="traverse")
    with pytest.raises(InvalidBoxError):
        count_regions(net, cube(3))
    with pytest.raises(InvalidBoxError):
        iter_regions(net, cube(3))
    with pytest.raises(InvalidInputError, match="workers"):
        count_regions(net, cube(2), workers=0)
    with pytest.raises(InvalidInputError, match="limit"):
        count_regions(net, cube(2), limit=0)
    wide = Network([relu(np.eye(17), np.zeros(17)), linear(np.ones((1, 17)), [0.0])])
    for count in (count_regions, iter_regions):
        with pytest.raises(TooLargeError, match=r"2\^17 corners"):
            count(wide, cube(17))
