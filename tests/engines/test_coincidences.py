"""Networks full of copies, pairs, pools and dead units, through all engines, and in runs of any size."""

from __future__ import annotations

import numpy as np
import pytest
from support.networks import facets
from support.zoo import cube

from polyregions import Box, Network, RegionComplex, certify, enumerate_regions
from polyregions.complex import patterns
from polyregions.engines.subdivide import cell_maps, envelopes, marking, masks
from polyregions.engines.subdivide.zeros import KnownZeros
from polyregions.errors import TooLargeError
from polyregions.network.layers import Layer, hard_tanh, linear, maxout, mixed, relu

KINDS = ("pairs", "copies", "pool", "mix", "bare", "pass")


def numbers(rng: np.random.Generator, shape: tuple[int, ...], whole: bool) -> np.ndarray:
    return rng.integers(-2, 3, size=shape).astype(float) if whole else rng.normal(size=shape)


def layer(rng: np.random.Generator, kind: str, n: int, whole: bool) -> Layer:
    """A layer on n inputs, of which some units have a hyperplane, or a piece, or nothing of their own."""
    w = int(rng.integers(1, 4))
    W, b = numbers(rng, (w, n), whole), numbers(rng, (w,), whole) * (rng.random() < 0.5)
    if kind == "pairs":
        factor = 2.0 ** rng.integers(-3, 4, size=w)
        order = rng.permutation(2 * w)
        return relu(np.vstack([W, -factor[:, None] * W])[order], np.concatenate([b, -factor * b])[order])
    if kind == "copies":
        order = rng.permutation(2 * w)
        return relu(np.vstack([W, W])[order], np.concatenate([b, b])[order])
    if kind == "pool":
        rank = int(rng.integers(2, 4))
        return maxout(np.eye(n)[rng.integers(0, n, size=(w, rank))], np.zeros((w, rank)))
    if kind == "mix":
        return mixed(
            [relu(W, b), linear(np.eye(n)[:1], [0.0]), hard_tanh(numbers(rng, (1, n), whole), [0.0])]
        )
    if kind == "bare":
        return relu(W, np.zeros(w))
    if n % 2:
        return relu(np.kron(np.eye(n), [[1], [-1]]), np.zeros(2 * n))
    handed_on = np.kron(np.diag(np.ones(n // 2) if whole else rng.normal(size=n // 2)), [[1, -1]])
    return relu(np.vstack([handed_on, -handed_on, W]), np.concatenate([np.zeros(n), b]))


def problem(seed: int) -> tuple[Network, Box]:
    rng = np.random.default_rng(seed)
    n = d = int(rng.integers(1, 4))
    whole, layers = bool(rng.random() < 0.5), []
    for kind in rng.choice(KINDS, size=int(rng.integers(1, 4))):
        layers.append(layer(rng, str(kind), n, whole))
        n = layers[-1].n_outputs
    last = linear(numbers(rng, (1, n), whole), [0.0])
    return Network([*layers, last]), cube(d, -1 if rng.random() < 0.8 else 0, 1)


@pytest.mark.parametrize("seed", range(120))
def test_all_engines_agree(seed: int) -> None:
    network, box = problem(seed)
    try:
        expected = facets(enumerate_regions(network, box, engine="brute"))
    except TooLargeError:
        pytest.skip("too large for the referee")
    for engine in ("subdivide", "traverse"):
        cx = enumerate_regions(network, box, engine=engine)
        assert facets(cx) == expected
        if seed % 8 == 0:
            assert certify(cx).valid
            cx.check()


def pooled() -> tuple[Network, Box]:
    """Two layers, the second of which the largest of overlapping windows is taken of, and one on top."""
    rng = np.random.default_rng(3)
    windows = np.eye(8)[np.array([[0, 1, 2], [2, 3, 4], [4, 5, 6], [6, 7, 0]])]
    layers = [
        relu(rng.normal(size=(6, 2)), rng.normal(size=6)),
        relu(rng.normal(size=(8, 6)), rng.normal(size=8)),
        maxout(windows, np.zeros((4, 3))),
        relu(rng.normal(size=(5, 4)), 0.3 * rng.normal(size=5)),
        linear(rng.normal(size=(1, 5)), [0.0]),
    ]
    return Network(layers), cube(2, -2, 2)


def arrays(cx: RegionComplex) -> list[bytes]:
    return [a.tobytes() for a in (cx.states, cx.witnesses, cx.facet_offsets, cx.facet_neighbors)]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("together", [1, 7])
def test_runs_of_any_size(together: int, workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Maps that are made again, and work on a few cells, vertices or rows at once: the same, to the byte."""
    problems = [pooled(), *(problem(seed) for seed in range(30))]
    expected = [enumerate_regions(*case, engine="subdivide") for case in problems]
    for module, name in (
        (cell_maps, "RUN"),
        (marking, "SIGNS_TOGETHER"),
        (masks, "BITS_TOGETHER"),
        (masks, "WORDS_TOGETHER"),
        (patterns, "TOGETHER"),
    ):
        monkeypatch.setattr(module, name, together)
    monkeypatch.setattr(cell_maps, "KEPT", 0)
    monkeypatch.setattr(envelopes, "ROWS_TOGETHER", together)
    for case, cx in zip(problems, expected, strict=True):
        again = enumerate_regions(*case, engine="subdivide", workers=workers)
        assert arrays(again) == arrays(cx)


def test_zeros_at_vertices_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly all true zeros of pooling after ReLU are known without integers, and none is wrong."""
    network, box = pooled()
    cx = enumerate_regions(network, box, engine="subdivide")
    other = enumerate_regions(network, box, engine="traverse")
    assert facets(cx) == facets(other)
    monkeypatch.setattr(KnownZeros, "of", lambda self, *_: None)
    unknowing = enumerate_regions(network, box, engine="subdivide")
    assert arrays(unknowing) == arrays(cx)
    assert cx.undecided is not None
    assert unknowing.undecided is not None
    assert 10 * cx.undecided < unknowing.undecided


def test_hyperplanes_that_cut_nothing_are_left_out() -> None:
    """200 of 210 units are on or off in the whole box; their states are right all the same."""
    rng = np.random.default_rng(0)
    W = rng.normal(size=(210, 2))
    b = np.where(np.arange(210) % 2 == 0, 9.0, -9.0) * np.abs(W).sum(axis=1)
    b[::21] = 0.1
    network = Network([relu(W, b), linear(np.ones((1, 210)), [0.0])])
    cx = enumerate_regions(network, cube(2, -1, 1), engine="subdivide")
    other = enumerate_regions(network, cube(2, -1, 1), engine="traverse")
    assert facets(cx) == facets(other)
    source = cx.faces.vertices.store.source
    assert np.unique(source[source[:, 0] == 0, 2]).tolist() == list(range(0, 210, 21))
    boundary = cx.level_set(0, 30.0).complex
    assert boundary.network.n_units == 211
    boundary.check()
