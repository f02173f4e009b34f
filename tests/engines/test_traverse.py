from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from support.networks import facets, random_network
from support.zoo import Case, by_name, folding

import polyregions
from polyregions import Box, Network, RegionComplex, load_result, save_result
from polyregions.certification import certify
from polyregions.engines.brute import enumerate_brute
from polyregions.engines.traverse import engine as traverse
from polyregions.errors import InvalidInputError

enumerate_regions = partial(polyregions.enumerate_regions, engine="traverse")


def same_bits(a: RegionComplex, b: RegionComplex) -> bool:
    arrays = ("states", "witnesses", "facet_offsets", "facet_neighbors")
    return a.complete == b.complete and all(
        getattr(a, name).tobytes() == getattr(b, name).tobytes() for name in arrays
    )


@pytest.mark.parametrize("scale", [2.0**-30, 2.0**30, 2.0**-300, 2.0**300])
def test_scaling_a_layer_changes_no_region(scale: float) -> None:
    """Multiplying weight and bias of a ReLU layer by a power of two, and dividing by it above, is exact."""
    from polyregions.network.layers import linear, relu

    net, box = random_network(5, 2, ["relu", "relu"], 6), Box.cube(2, -1, 1)
    first, second, last = net.layers
    scaled = Network(
        [
            relu(first.weight * scale, first.bias * scale),
            relu(second.weight / scale, second.bias),
            linear(last.weight, last.bias),
        ]
    )
    assert facets(enumerate_regions(scaled, box)) == facets(enumerate_regions(net, box))


@pytest.mark.parametrize("exponent", [-200, -40, 40, 200])
def test_scaling_the_input_changes_no_region(exponent: int) -> None:
    from polyregions.network.layers import relu

    net, unit = random_network(6, 3, ["relu", "relu"], 5), 2.0**exponent
    scaled = Network([relu(net.layers[0].weight / unit, net.layers[0].bias), *net.layers[1:]])
    expected = facets(enumerate_regions(net, Box.cube(3, -1, 1)))
    assert facets(enumerate_regions(scaled, Box.cube(3, -unit, unit))) == expected


@pytest.mark.slow
@pytest.mark.parametrize("name", ["scipy", "cvxpy"])
@pytest.mark.parametrize(
    "case",
    [
        (random_network(0, 2, ["relu", "relu"], 4), Box.cube(2, -1, 1)),
        (random_network(1, 3, ["maxout3", "relu"], 2), Box.cube(3, -1, 1)),
        (random_network(2, 4, ["hard_tanh"], 3), Box.cube(4, -1, 1)),
        (Network(folding(2, [3, 2])), Box.cube(2, -1, 2)),
        (by_name("five-slabs-2d").network, by_name("five-slabs-2d").box),
    ],
    ids=["relu", "maxout", "hard tanh", "folds", "slabs"],
)
def test_lp_back_ends_agree(case: tuple[Network, Box], name: str) -> None:
    native, other = enumerate_regions(*case), enumerate_regions(*case, lp=name)
    assert native.states.tobytes() == other.states.tobytes()
    assert native.facet_neighbors.tobytes() == other.facet_neighbors.tobytes()
    other.check()


def test_workers_and_batches_do_not_change_the_result(monkeypatch: pytest.MonkeyPatch) -> None:
    case = random_network(3, 2, ["relu", "relu"], 12), Box.cube(2, -1, 1)
    one = enumerate_regions(*case)
    assert same_bits(one, enumerate_regions(*case, workers=3))
    monkeypatch.setattr(traverse, "BATCH", 7)
    assert same_bits(one, enumerate_regions(*case))


@pytest.mark.parametrize("case", [by_name("fold-2d-2-2-outside"), by_name("braid-4")], ids=str)
def test_every_limit_gives_a_labelled_part(case: Case) -> None:
    whole = enumerate_regions(case.network, case.box)
    expected = facets(whole)
    for limit in range(1, case.regions):
        part = enumerate_regions(case.network, case.box, limit=limit)
        assert not part.complete
        assert part.stopped == "limit"
        assert part.n_regions == limit
        assert part.states.tobytes() == whole.states[:limit].tobytes()
        assert all(expected[pattern] == across for pattern, across in facets(part).items())
        part.check()
    assert enumerate_regions(case.network, case.box, limit=case.regions).complete


def test_an_interrupt_keeps_what_was_found() -> None:
    net, box = random_network(4, 2, ["relu", "relu"], 20), Box.cube(2, -1, 1)
    calls = []

    def interrupt(explored: int, found: int) -> None:
        calls.append((explored, found))
        if explored > 40:
            raise KeyboardInterrupt

    part = enumerate_regions(net, box, progress=interrupt)
    assert (part.complete, part.stopped) == (False, "interrupted")
    assert (part.n_explored, part.n_regions) == calls[-1]
    part.check()
    expected = facets(enumerate_regions(net, box))
    assert all(expected[pattern] == across for pattern, across in facets(part).items())


def test_a_time_limit_gives_a_labelled_part_in_time() -> None:
    """Millions of regions; those explored have their facets, and what is given of the others is true."""
    net, box = random_network(4, 6, ["relu", "relu"], 40), Box.cube(6, -1, 1)
    enumerate_regions(random_network(4, 6, ["relu"], 2), box)
    start = time.monotonic()
    part = enumerate_regions(net, box, time_limit=1.0)
    assert time.monotonic() - start < 3.0
    assert (part.complete, part.stopped) == (False, "time")
    assert 0 < part.n_explored < part.n_regions
    known = np.isfinite(part.witnesses).all(axis=1)
    assert known[: part.n_explored].all()
    assert (net.states(part.witnesses[known]) == part.states[known]).all()
    more = enumerate_regions(net, box, resume=part, limit=part.n_regions + 1)
    assert more.states[:-1].tobytes() == part.states.tobytes()


def test_ctrl_c_does_not_wait_for_a_cell() -> None:
    """One cell of 784 inputs takes many seconds."""
    script = """
import os, signal, threading, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
import numpy as np
from polyregions import Box, Network, enumerate_regions
small = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
enumerate_regions(small, Box.cube(2, -1, 1), engine="traverse")
rng = np.random.default_rng(0)
net = Network.from_arrays([(rng.normal(size=(60, 784)), rng.normal(size=60)), (np.ones((1, 60)), [0])])
sent = []
def press():
    time.sleep(3)
    sent.append(time.monotonic())
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=press, daemon=True).start()
part = enumerate_regions(net, Box.cube(784, -1, 1))
assert time.monotonic() - sent[0] < 2, time.monotonic() - sent[0]
assert (part.complete, part.stopped) == (False, "interrupted"), part
"""
    start = time.monotonic()
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - start < 60


def test_a_region_without_a_witness_is_no_fault(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Ctrl-C leaves no time for them: the result is checked, certified and gone on from."""
    monkeypatch.setattr(traverse, "LAST_SECONDS", -1.0)
    net, box = random_network(4, 2, ["relu", "relu"], 20), Box.cube(2, -1, 1)

    def interrupt(explored: int, found: int) -> None:
        raise KeyboardInterrupt

    part = enumerate_regions(net, box, progress=interrupt)
    missing = np.isnan(part.witnesses).all(axis=1)
    assert (missing == (np.arange(part.n_regions) >= part.n_explored)).all()
    part.check()
    assert certify(part).valid
    assert not certify(replace(part, witnesses=np.full_like(part.witnesses, np.nan))).valid
    graph = part.graph()
    assert "x0" in graph.nodes[0]
    assert "x0" not in graph.nodes[part.n_regions - 1]
    save_result(part, tmp_path / "r.npz")
    again = load_result(tmp_path / "r.npz")
    assert same_bits(enumerate_regions(net, box, resume=again), enumerate_regions(net, box))


def test_little_memory_gives_a_labelled_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traverse, "available_memory", lambda: 0)
    net = random_network(4, 2, ["relu"], 100)
    part = enumerate_regions(net, Box.cube(2, -1, 1))
    assert (part.complete, part.stopped) == (False, "memory")
    assert 0 < part.n_explored < part.n_regions
    part.check()


def test_a_network_without_units_has_one_region() -> None:
    cx = enumerate_regions(Network.from_arrays([([[1.0, 2.0]], [0.5])]), Box.cube(2, 0, 1))
    assert (cx.n_regions, cx.n_adjacencies, cx.complete) == (1, 0, True)
    assert cx[0].facets.tolist() == [-1, -2, -3, -4]
    cx.check()


@pytest.mark.parametrize("d", [5, 6, 8, 10])
def test_coordinate_planes_in_high_dimensions(d: int) -> None:
    """The Boolean arrangement: 2^d regions, each with d neighbours and d sides of the box."""
    cx = enumerate_regions(
        Network.from_arrays([(np.eye(d), np.zeros(d)), (np.ones((1, d)), [0])]), Box.cube(d, -1, 1)
    )
    assert (cx.n_regions, cx.n_adjacencies) == (2**d, d * 2 ** (d - 1))
    assert (cx.degrees == d).all()
    cx.check()


def test_generic_arrangement_in_five_dimensions() -> None:
    """Zaslavsky: m = 7 planes in general position whose vertices all lie in the box: sum C(7, j), j <= 5."""
    W = [[float((i + 1) ** j) for j in range(5)] for i in range(7)]
    net = Network.from_arrays([(W, [float((i + 1) ** 5) for i in range(7)]), (np.ones((1, 7)), [0])])
    cx = enumerate_regions(net, Box.cube(5, -1e6, 1e6))
    assert cx.n_regions == 1 + 7 + 21 + 35 + 35 + 21
    assert cx.n_adjacencies == 7 * (1 + 6 + 15 + 20 + 15)


@pytest.mark.parametrize(
    "case", [by_name("fold-2d-3-2-outside"), by_name("resonance-3")], ids=lambda case: case.name
)
def test_a_resumed_part_becomes_the_whole(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traverse, "BATCH", 5)
    whole = enumerate_regions(case.network, case.box)
    part = enumerate_regions(case.network, case.box, limit=1)
    for limit in range(2, case.regions, 7):
        part = enumerate_regions(case.network, case.box, limit=limit, resume=part)
        assert (part.n_regions, part.stopped) == (limit, "limit")
    assert same_bits(whole, enumerate_regions(case.network, case.box, resume=part))
    assert same_bits(whole, enumerate_regions(case.network, case.box, resume=whole))


def test_an_interrupted_run_can_be_resumed() -> None:
    net, box = random_network(4, 2, ["relu", "relu"], 20), Box.cube(2, -1, 1)

    def interrupt(explored: int, found: int) -> None:
        raise KeyboardInterrupt

    part = enumerate_regions(net, box, progress=interrupt)
    assert 0 < part.n_explored < part.n_regions
    assert same_bits(enumerate_regions(net, box, resume=part), enumerate_regions(net, box))
    with pytest.raises(InvalidInputError, match="another network or box"):
        enumerate_regions(net, Box.cube(2, 0, 1), resume=part)
    # It would list fewer regions than it explored.
    with pytest.raises(InvalidInputError, match=f"limit: resume has {part.n_regions} regions, more than 2"):
        enumerate_regions(net, box, resume=part, limit=2)


def test_units_that_never_move_cost_nothing() -> None:
    """Zero weights on a breakpoint and repeated maxout pieces are ties that float64 settles."""
    from polyregions.engines.traverse.decisions import decide
    from polyregions.engines.traverse.rows import RecentredRows
    from polyregions.network.layers import hard_tanh, maxout, relu

    rng = np.random.default_rng(1)
    W, P = rng.normal(size=(6, 2)), rng.normal(size=(2, 3, 6))
    layers = [
        relu(np.vstack([W, np.zeros((1, 2))]), [*rng.normal(size=6), 0.0]),
        relu(np.eye(6, 7), np.ones(6)),
    ]
    layers += [
        maxout(P[:, [0, 1, 1, 2, 0]], rng.normal(size=(2, 3))[:, [0, 1, 1, 2, 0]]),
        hard_tanh([[0, 0]], [1]),
    ]
    case = Network(layers), Box.cube(2, -2, 2)
    cx = enumerate_regions(*case)
    assert decide(RecentredRows(*case), cx.states.copy()).decided.all()
    assert facets(cx) == facets(enumerate_brute(*case))
    cx.check()


def without_wall(cx: RegionComplex, i: int, j: int) -> RegionComplex:
    """The same without the facet between two regions, on both sides."""
    gone = (cx.facet_owners == i) & (cx.facet_neighbors == j)
    gone |= (cx.facet_owners == j) & (cx.facet_neighbors == i)
    counts = np.diff(cx.facet_offsets) - np.bincount(cx.facet_owners[gone], minlength=cx.n_explored)
    offsets = np.concatenate([[0], np.cumsum(counts)])
    return replace(cx, facet_offsets=offsets, facet_neighbors=cx.facet_neighbors[~gone])


def test_what_is_resumed_is_decided_again() -> None:
    """A wall taken away on both sides contradicts nothing, and would make a complete result with one less."""
    net, box = random_network(4, 2, ["relu", "relu"], 12), Box.cube(2, -1, 1)
    part = enumerate_regions(net, box, limit=60)
    known = part.adjacencies[(part.adjacencies < part.n_explored).all(axis=1)]
    refused = 0
    for i, j in known.tolist():
        if min(np.diff(part.facet_offsets)[[i, j]]) <= 3:
            continue
        with pytest.raises(InvalidInputError, match="resume: "):
            enumerate_regions(net, box, resume=without_wall(part, i, j))
        refused += 1
    assert refused > 10


def test_a_pattern_without_a_region_is_not_resumed() -> None:
    """relu(x) and relu(-x) are never both on: as the last pattern found, it contradicts nothing else."""
    net, box = Network.from_arrays([([[1], [-1], [1]], [0, 0, -0.5]), ([[1, 1, 1]], [0])]), Box([-1], [1])
    part = enumerate_regions(net, box, limit=2)
    assert part.n_explored < 2
    states = part.states.copy()
    states[1] = [1, 1, 0]
    forged = replace(part, states=states, witnesses=np.where([[False], [True]], np.nan, part.witnesses))
    with pytest.raises(InvalidInputError, match="resume: "):
        enumerate_regions(net, box, resume=forged)


def large_part() -> tuple[Network, Box, RegionComplex]:
    """A partial result of more regions than are decided again before it is gone on from."""
    net, box = random_network(4, 3, ["relu", "relu"], 20), Box.cube(3, -1, 1)
    part = enumerate_regions(net, box, engine="traverse", limit=3000)
    assert part.n_explored > 1200
    return net, box, part


def test_what_becomes_complete_is_decided_again_throughout(monkeypatch: pytest.MonkeyPatch) -> None:
    net, box, part = large_part()
    monkeypatch.setattr(traverse, "PROVEN", 1)  # the first block only
    known = part.adjacencies[(part.adjacencies < part.n_explored).all(axis=1)]
    many = np.diff(part.facet_offsets)[known].min(axis=1) > 4
    i, j = known[many & (known.min(axis=1) > 600)][0]
    forged = without_wall(part, i, j)
    assert not enumerate_regions(net, box, resume=forged, limit=part.n_regions + 1).complete
    with pytest.raises(InvalidInputError, match=r"resume: among its regions \d+ to \d+ one has other facets"):
        enumerate_regions(net, box, resume=forged)


def test_a_proof_that_is_interrupted_leaves_a_partial_result(monkeypatch: pytest.MonkeyPatch) -> None:
    net, box, part = large_part()
    whole = enumerate_regions(net, box, engine="traverse")
    proven = traverse._Traversal.prove

    def interrupted(self: traverse._Traversal, resume: RegionComplex, most: int, until: float) -> None:
        if most > traverse.PROVEN:
            raise KeyboardInterrupt
        proven(self, resume, most, until)

    with monkeypatch.context() as patch:
        patch.setattr(traverse._Traversal, "prove", interrupted)
        stopped = enumerate_regions(net, box, resume=part)
    assert (stopped.complete, stopped.stopped) == (False, "interrupted")
    assert part.n_explored < stopped.n_explored < whole.n_explored
    assert same_bits(enumerate_regions(net, box, resume=stopped), whole)
