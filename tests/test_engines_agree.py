"""All engines on one flat list of problems: the same regions, facets and faces, checked and proven.

A new engine is a line of ``ENGINES``, a new kind of network or trouble a few lines of ``PROBLEMS``. What one
engine alone promises (limits, workers, resuming, memory) is tested beside it, in ``tests/engines``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from support.cells import check_cells
from support.networks import RANDOM, degenerate, facets, random_network
from support.profiles import examples
from support.strategies import cases
from support.zoo import ZOO, Case, cube, folding

from polyregions import Box, Network, RegionComplex, certify, enumerate_regions
from polyregions.certification.checker import SMALL_DIM
from polyregions.network.layers import Layer, absolute, linear, maxout, relu


@dataclass(frozen=True)
class Problem:
    """What is to be enumerated, and what is known of it without an engine."""

    name: str
    network: Network
    box: Box
    regions: int | None = None
    pairs: int | None = None
    multi_flip: int | None = None
    f_vector: tuple[int, ...] | None = None
    same_as: Network | None = None  # another network, with the same patterns and facets
    tiny: bool = True  # the referee finishes in a second

    @property
    def engines(self) -> list[str]:
        return [name for name, takes in ENGINES.items() if takes(self)]


#: The engines, the first that takes a problem being its referee; and what is too much for them.
ENGINES = {
    "brute": lambda problem: problem.tiny,
    "traverse": lambda problem: True,
    "subdivide": lambda problem: problem.box.dim <= 6,
    "split": lambda problem: problem.box.dim <= 8,
}


def from_the_zoo(case: Case) -> Problem:
    known = case.regions, case.pairs, case.multi_flip, case.f_vector
    return Problem(case.name, case.network, case.box, *known)


def generic() -> Iterator[Problem]:
    """No two numbers related: every kind of layer, 1 to 6 inputs."""
    for d, kinds, width in RANDOM:
        for seed in range(3):
            net = random_network(seed, d, kinds, width)
            yield Problem(f"generic-{d}d-{'-'.join(kinds)}-{seed}", net, cube(d))
    for d, kinds, width in [(5, ["relu", "abs"], 4), (5, ["relu"], 8), (6, ["relu"], 6), (6, ["maxout3"], 3)]:
        net = random_network(7, d, kinds, width)
        yield Problem(f"generic-{d}d-{'-'.join(kinds)}", net, cube(d), tiny=False)
    for d, widths in [(1, 40), (2, 16), (3, 8)]:
        net = random_network(8, d, ["relu", "relu"], widths)
        yield Problem(f"generic-{d}d-wide", net, cube(d), tiny=False)


def coincidences() -> Iterator[Problem]:
    """Weights -1, 0, 1, 2: boundaries that meet, repeat, touch, lie on sides of the box."""
    for d, seeds in [(1, 12), (2, 16), (3, 12), (4, 4)]:
        for seed in range(seeds):
            net = Network(degenerate(seed, d))
            tiny = net.n_units * d <= 24
            yield Problem(f"degenerate-{d}d-{seed}", net, cube(d, -2, 2), tiny=tiny)


def thin_slabs() -> Iterator[Problem]:
    """0 < a . x < eps between two halves of the box, whole and cut in two by another hyperplane."""
    normals = {1: [1.0], 2: [1.0, 0.25], 3: [1.0, -0.5, 0.25], 5: [1.0, 0.5, -0.25, 0.125, 2.0]}
    for d, a in normals.items():
        across = [0.0] * (d - 1) + [1.0]
        for exponent in (30, 52, 80, 1000):
            b = [0.0, -(2.0**-exponent)]
            yield Problem(f"slab-{d}d-2^-{exponent}", Network([relu([a, a], b)]), cube(d), 3, 2, 0)
            if d > 1:
                net = Network([relu([a, a, across], [*b, 0.125])])
                yield Problem(f"slab-cut-{d}d-2^-{exponent}", net, cube(d), 6, 7, 0)


def large_and_small_weights() -> Iterator[Problem]:
    """Units scaled by powers of two, and taken back in the next layer: the same regions as without."""
    for d, width in [(1, 6), (2, 5), (3, 4)]:
        plain = random_network(5, d, ["relu", "relu"], width)
        first, second, last = plain.layers
        for exponent in (-30, 30):
            scale = 2.0 ** (exponent * (-1.0) ** np.arange(width))
            layers = [relu(first.weight * scale[:, None], first.bias * scale)]
            layers += [relu(second.weight / scale, second.bias), linear(last.weight, last.bias)]
            yield Problem(f"scaled-{d}d-2^{exponent}", Network(layers), cube(d), same_as=plain)


def folds_beyond_the_cube() -> Iterator[Problem]:
    """Folds of [0, 1]^d on boxes that are larger, uneven, or a piece of it: many units flip at once."""
    for d, folds in [(1, (3, 2, 2)), (1, (2, 2, 2, 2)), (2, (3, 2)), (2, (2, 2)), (3, (2, 2)), (3, (3,))]:
        name = f"fold-{d}d-{'-'.join(map(str, folds))}"
        net = Network(folding(d, folds))
        low, high = np.array([-3.0, 0.25, -1.0])[:d], np.array([2.0, 1.0, 4.0])[:d]
        yield Problem(f"{name}-uneven", net, Box(low, high), tiny=d < 3)
        yield Problem(f"{name}-wide", net, cube(d, -4, 4), tiny=d < 3)
    for d in (1, 2):
        # Folds of folds that read the folded vector by units of another kind.
        layers = folding(d, (2, 2))[:-1]
        top: Layer = absolute(np.ones((1, layers[-1].n_outputs)), [-0.5])
        yield Problem(f"fold-{d}d-2-2-abs", Network([*layers, top]), cube(d, -1, 2))


def maxout_ties() -> Iterator[Problem]:
    """Pieces that repeat, win only on a line, or tie everywhere; ranks that differ."""
    for d in (1, 2, 3):
        for seed in range(4):
            rng = np.random.default_rng([seed, d, 9])
            width = 3 if d < 3 else 2
            pieces = rng.choice([-1.0, 0.0, 1.0], size=(width, 3, d))
            biases = rng.choice([0.0, 0.0, 1.0], size=(width, 3))
            repeated = [np.vstack([p, p[[1]]]) for p in pieces], [np.append(b, b[1]) for b in biases]
            deep = rng.choice([-1.0, 0.0, 1.0], size=(2, 3, width))
            layers = [maxout(*repeated), maxout(deep, np.zeros((2, 3)))]
            yield Problem(f"maxout-ties-{d}d-{seed}", Network(layers), cube(d, -2, 2))


PROBLEMS: Sequence[Problem] = [
    *map(from_the_zoo, ZOO),
    *generic(),
    *coincidences(),
    *thin_slabs(),
    *large_and_small_weights(),
    *folds_beyond_the_cube(),
    *maxout_ties(),
]


def check_counts(problem: Problem, cx: RegionComplex) -> None:
    assert cx.complete
    assert problem.regions in (None, cx.n_regions)
    assert problem.pairs in (None, cx.n_adjacencies)
    flips = [len(cx.flips(i, j)) for i, j in cx.adjacencies.tolist()]
    assert min(flips, default=1) >= 1
    assert problem.multi_flip in (None, sum(n > 1 for n in flips))


def check_faces(problem: Problem, cx: RegionComplex) -> None:
    """The f-vector: as known, as the regions and facets say, as Euler says of an open ball."""
    found, d = cx.f_vector, problem.box.dim
    assert found is not None
    assert problem.f_vector in (None, tuple(found))
    assert found[-2:] == [cx.n_adjacencies, cx.n_regions]
    assert sum((-1) ** k * n for k, n in enumerate(found)) == (-1) ** d
    check_cells(cx.faces.cells)


def check_proof(problem: Problem, cx: RegionComplex) -> None:
    certificate = certify(cx)
    assert certificate.valid, str(certificate)
    assert certificate.complete
    assert certificate.regions == cx.n_regions
    counts = {s.claim: s.count for s in certificate.statements}
    assert counts["the facet is the same on both sides"] == cx.n_adjacencies
    undone = [s.claim for s in certificate.statements if s.verdict == "not checked"]
    assert len(undone) == (2 if problem.box.dim > SMALL_DIM else 0)


def check_all(problem: Problem) -> dict[str, RegionComplex]:
    """Every engine that takes the problem, against the first of them."""
    results = {name: enumerate_regions(problem.network, problem.box, engine=name) for name in problem.engines}
    expected = facets(next(iter(results.values())))
    if problem.same_as is not None:
        assert facets(enumerate_regions(problem.same_as, problem.box)) == expected
    for name, cx in results.items():
        assert cx.engine == name
        assert facets(cx) == expected, name
        check_counts(problem, cx)
        if cx.known_faces is not None:
            check_faces(problem, cx)
        cx.check()
    return results


@pytest.mark.parametrize("problem", PROBLEMS, ids=lambda problem: problem.name)
def test_engines_agree(problem: Problem) -> None:
    for cx in check_all(problem).values():
        check_proof(problem, cx)


@settings(max_examples=examples(500))
@given(cases(dims=(1, 2, 2, 3, 3, 4), max_units=9))
def test_engines_agree_on_tiny_networks(case: tuple[Network, Box]) -> None:
    check_all(Problem("tiny", *case))


def test_every_engine_has_problems() -> None:
    assert len({problem.name for problem in PROBLEMS}) == len(PROBLEMS)
    for name in ENGINES:
        assert sum(name in problem.engines for problem in PROBLEMS) > 100
    assert all(len(problem.engines) > 1 for problem in PROBLEMS)
