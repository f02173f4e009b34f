"""What the engine "split" alone promises: workers, tasks, limits, memory, faces on demand, loose walls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.networks import degenerate, facets, random_network
from support.profiles import examples
from support.strategies import boxes, networks
from support.zoo import cube, folding

from polyregions import Box, Network, RegionComplex, certify, enumerate_regions
from polyregions.complex.decision import level_boundary
from polyregions.engines.split import found, memory, splitting, tasks
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.network.layers import hard_tanh, linear, maxout, mixed, relu

ARRAYS = ("states", "witnesses", "facet_offsets", "facet_neighbors")


def split(network: Network, box: Box, **options: int) -> RegionComplex:
    return enumerate_regions(network, box, engine="split", **options)


def pooling() -> tuple[Network, Box]:
    """Pieces of maxima that are equal on walls, and another one of them is larger from the other side."""
    picked = np.zeros((3, 3, 5))
    for unit, pieces in enumerate(((2, 3, 1), (4, 0, 3), (1, 2, 2))):
        for piece, read in enumerate(pieces):
            picked[unit, piece, read] = 1.0
    pairs = np.zeros((6, 3))
    pairs[np.arange(6), np.arange(6) // 2] = [1, -1, 1, -1, 1, -1]
    first = mixed(
        [
            relu([[2, 0], [1, -1], [1, 2]], [-1, 0, 1]),
            linear([[1, 0]], [0]),
            hard_tanh([[0, 1]], [0]),
        ]
    )
    layers = [first, maxout(picked, np.zeros((3, 3))), relu(pairs, np.zeros(6))]
    return Network([*layers, linear([[2, 1, 0, 0, -1, -2]], [0])]), cube(2, -2, 2)


@pytest.mark.parametrize("d", [1, 2, 3, 5])
def test_workers_change_no_byte(d: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SLICE", 5)
    net = random_network(1, d, ["relu", "relu"], {1: 12, 2: 12, 3: 8, 5: 6}[d])
    one = split(net, cube(d))
    assert one.n_regions > 15
    for workers in (2, 3):
        other = split(net, cube(d), workers=workers)
        for name in ARRAYS:
            assert np.array_equal(getattr(one, name), getattr(other, name)), name


@pytest.mark.parametrize("together", [1, 2, 7, 10**6])
def test_tasks_of_any_size_find_the_same(together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = [
        (random_network(2, 2, ["relu", "maxout3"], 6), cube(2)),
        (random_network(3, 3, ["abs", "relu"], 6), cube(3)),
        (Network(folding(2, (2, 2))), cube(2, -1, 2)),
        pooling(),
    ]
    monkeypatch.setattr(tasks, "SLICE", together)
    for net, box in problems:
        cx = split(net, box)
        cx.check()
        assert facets(cx) == facets(enumerate_regions(net, box, engine="traverse"))


def test_regions_are_in_the_order_of_the_subdivision() -> None:
    for seed in range(4):
        net = random_network(seed, 2, ["relu", "hard_tanh", "relu"], 6)
        subdivided = enumerate_regions(net, cube(2), engine="subdivide")
        assert np.array_equal(split(net, cube(2)).states, subdivided.states)


@settings(max_examples=examples(100))
@given(st.data())
def test_little_memory_is_enlarged(data: st.DataObject) -> None:
    box = data.draw(boxes(data.draw(st.sampled_from((2, 1, 3)))))
    net = data.draw(networks(max_units=7, box=box))
    expected = facets(enumerate_regions(net, box, engine="brute"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tasks, "SLICE", 2)
        patch.setattr(memory, "ROOM", 1)
        assert facets(split(net, box, workers=data.draw(st.sampled_from((1, 2))))) == expected


def test_walls_that_come_in_another_order_from_the_other_side(monkeypatch: pytest.MonkeyPatch) -> None:
    net, box = pooling()
    rematched = []
    rematch = found.rematch
    monkeypatch.setattr(found, "rematch", lambda *given: (rematched.append(1), rematch(*given)))
    cx = split(net, box)
    assert rematched
    cx.check()
    assert facets(cx) == facets(enumerate_regions(net, box, engine="brute"))


@pytest.mark.parametrize("d", [2, 3])
def test_signs_that_float64_leaves_open(d: int) -> None:
    """Boundaries through common vertices with weights that are no small whole numbers."""
    left = 0
    for seed in range(6):
        rng = np.random.default_rng([seed, d])
        point, rows = rng.normal(size=d) / 4, rng.normal(size=(d + 2, d))
        first = relu(rows, -rows @ point)
        net = Network([first, relu(rng.normal(size=(4, d + 2)), np.zeros(4)), linear(np.ones((1, 4)), [0.0])])
        cx = split(net, cube(d))
        cx.check()
        assert facets(cx) == facets(enumerate_regions(net, cube(d), engine="subdivide"))
        left += cx.undecided or 0
    assert left > 0


def stopped(**options: object) -> Callable[..., RegionComplex]:
    return lambda net, box: enumerate_regions(net, box, engine="split", **options)  # type: ignore[arg-type]


def interrupted(net: Network, box: Box) -> RegionComplex:
    def interrupt(done: int, known: int) -> None:
        if done > 100:
            raise KeyboardInterrupt

    return enumerate_regions(net, box, engine="split", progress=interrupt)


@pytest.mark.parametrize(
    ("run", "why"),
    [
        (stopped(limit=1), "limit"),
        (stopped(limit=200), "limit"),
        (stopped(limit=200, workers=2), "limit"),
        (stopped(time_limit=1e-9), "time"),
        (interrupted, "interrupted"),
    ],
)
def test_partial_results(
    run: Callable[[Network, Box], RegionComplex], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "SLICE", 50)
    net, box = random_network(0, 2, ["relu", "relu"], 16), cube(2)
    whole, cx = split(net, box), run(net, box)
    assert (cx.complete, cx.stopped) == (False, why)
    assert 0 < cx.n_regions < whole.n_regions
    cx.check()
    assert certify(cx).valid
    true = facets(whole)
    for i in range(cx.n_explored):
        across = {cx.states[j].tobytes() if j >= 0 else int(j) for j in cx[i].facets}
        assert across == true[cx.states[i].tobytes()]
    assert {row.tobytes() for row in cx.states} <= set(true)
    with pytest.raises(InvalidInputError, match="is partial"):
        cx.need_faces("volumes")


def test_lack_of_memory_leaves_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "SLICE", 50)
    net, box = random_network(0, 2, ["relu", "relu"], 16), cube(2)
    slices = splitting.Splitting.slices

    def out_of_memory(self: splitting.Splitting, stop: Callable[[], str]) -> object:
        for n, task in enumerate(slices(self, stop)):
            if n == 2:
                raise MemoryError
            yield task

    monkeypatch.setattr(splitting.Splitting, "slices", out_of_memory)
    cx = split(net, box)
    assert (cx.complete, cx.stopped) == (False, "memory")
    assert cx.n_regions > 0
    cx.check()


def test_a_limit_that_is_not_reached_changes_nothing() -> None:
    net = random_network(0, 2, ["relu"], 6)
    whole = split(net, cube(2))
    cx = split(net, cube(2), limit=whole.n_regions)
    assert cx.complete
    assert np.array_equal(cx.states, whole.states)


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_faces_are_made_when_they_are_asked_for(d: int) -> None:
    for net in (random_network(5, d, ["relu", "maxout3"], 4), Network(degenerate(3, d))):
        box = cube(d, -2, 2)
        cx, other = split(net, box), enumerate_regions(net, box, engine="subdivide")
        assert cx.known_faces is None
        assert cx.faces.inside_counts == other.f_vector
        cells = cx.faces.cells
        for i in range(cx.n_regions):
            assert cx.volumes.values[i] == pytest.approx(float(cx[i].exact_volume), rel=1e-9)
            sides = [int(f) for f in cells.boundary(int(cells.top[i]))]
            across = cx[i].facets.tolist()
            assert [sum(f in cells.boundary(int(t)) for t in cells.top) for f in sides] == [
                2 if j >= 0 else 1 for j in across
            ]
        cx.check()
        if net.output_dim == 1:
            assert len(level_boundary(cx, 0, 0.125).facets) == len(level_boundary(other, 0, 0.125).facets)


def test_what_is_too_large_is_refused() -> None:
    net = Network([relu(np.eye(17), np.zeros(17)), linear(np.ones((1, 17)), [0.0])])
    with pytest.raises(TooLargeError, match=r"2\^17 corners; engine 'traverse'"):
        split(net, cube(17))
