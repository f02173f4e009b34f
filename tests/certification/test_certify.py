"""The checker: it accepts what is true, and whatever is broken in a true result is caught."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import product
from math import factorial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from support import zoo
from support.reference import KINDS, forms, forward, random_layers
from support.strategies import cases

import polyregions
from polyregions import Box, Certificate, Network, RegionComplex, certify, enumerate_regions
from polyregions.certification.polytopes import NotACellError, cell, inner_point
from polyregions.certification.rational import RationalNetwork
from polyregions.certification.sums import ExactSum

ARRANGEMENTS = ("shi-3", "fold-2d-2-2-surplus", "braid-4", "near-pencil")
OTHERS = ("maxout-3d-2-3-2-2", "hard-tanh-twice", "mixed")
CASES = [zoo.by_name(name) for name in ARRANGEMENTS + OTHERS]


def test_it_shares_no_code_with_the_engines() -> None:
    """It may know errors, layers, the network's and box's data, and the result's arrays, for types alone."""
    for path in (Path(polyregions.__file__).parent / "certification").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        types_only = {
            id(node)
            for block in ast.walk(tree)
            if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
            for node in ast.walk(block)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.level == 2 and id(node) not in types_only:
                assert node.module in ("errors", "network.layers"), (path.name, ast.unparse(node))
            # Nor may it ask the network or the box to compute.
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("exact", "forms", "affine_map", "halfspaces", "contains", "activate")


@given(cases())
def test_degenerate_networks_are_proven(pair: tuple[Network, Box]) -> None:
    network, box = pair
    certificate = certify(enumerate_regions(network, box))
    assert certificate.valid, str(certificate)
    assert certificate.complete


def test_partial_results_are_proven_as_far_as_they_go() -> None:
    case = zoo.by_name("catalan-4")
    for limit in (1, 2, 7, 100, 335):
        cx = enumerate_regions(case.network, case.box, engine="traverse", limit=limit)
        certificate = certify(cx)
        assert certificate.valid, str(certificate)
        assert not cx.complete
        assert not certificate.complete
        verdicts = {s.claim: s.verdict for s in certificate.statements}
        assert verdicts["no facet leads out of the list, which is complete"] == "not checked"


def test_partial_results_that_lie_are_caught() -> None:
    case = zoo.by_name("catalan-4")
    cx = enumerate_regions(case.network, case.box, engine="traverse", limit=100)
    assert cx.n_explored < 99
    assert not certify(replace(cx, complete=True, stopped="")).valid
    last = cx.states.copy()
    last[-1, 0] ^= 1  # an unexplored region
    assert not certify(replace(cx, states=last)).valid
    moved = cx.witnesses.copy()
    moved[-1] = moved[0]
    assert not certify(replace(cx, witnesses=moved)).valid
    # A true region that no explored one leads to is proven by itself.
    alone = replace(
        cx, facet_offsets=np.zeros(1, dtype=np.int64), facet_neighbors=np.zeros(0, dtype=np.int64)
    )
    assert certify(alone).valid


# --------------------------------------------------------------------------------------------------------
# Each of these breaks a true result in one way; rng chooses where.


def drop_region(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """Forget a region and every mention of it."""
    gone = int(rng.integers(cx.n_regions))
    keep = (cx.facet_owners != gone) & (cx.facet_neighbors != gone)
    counts = np.bincount(cx.facet_owners[keep], minlength=cx.n_regions)
    counts = np.delete(counts, gone)
    across = cx.facet_neighbors[keep]
    return replace(
        cx,
        states=np.delete(cx.states, gone, axis=0),
        witnesses=np.delete(cx.witnesses, gone, axis=0),
        facet_offsets=np.concatenate([[0], np.cumsum(counts)]),
        facet_neighbors=across - (across > gone),
        known_faces=None,
    )


def edit_facets(cx: RegionComplex, edit: Callable[[list[list[int]]], None]) -> RegionComplex:
    lists = [
        cx.facet_neighbors[a:b].tolist()
        for a, b in zip(cx.facet_offsets[:-1], cx.facet_offsets[1:], strict=True)
    ]
    edit(lists)
    return replace(
        cx,
        facet_offsets=np.cumsum([0, *map(len, lists)]),
        facet_neighbors=np.array([j for own in lists for j in own], dtype=np.int64),
    )


def false_adjacency(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """Join two regions that share no facet, on both sides."""
    true = set(map(tuple, cx.adjacencies.tolist()))
    false = [(i, j) for j in range(cx.n_regions) for i in range(j) if (i, j) not in true]
    i, j = false[rng.integers(len(false))]

    def edit(lists: list[list[int]]) -> None:
        lists[i].append(j)
        lists[j].append(i)

    return edit_facets(cx, edit)


def dropped_adjacency(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    i, j = cx.adjacencies[rng.integers(cx.n_adjacencies)].tolist()

    def edit(lists: list[list[int]]) -> None:
        lists[i].remove(j)
        lists[j].remove(i)

    return edit_facets(cx, edit)


def one_sided_adjacency(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    i, j = cx.adjacencies[rng.integers(cx.n_adjacencies)].tolist()
    return edit_facets(cx, lambda lists: lists[i].remove(j))


def facet_twice(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    i, j = cx.adjacencies[rng.integers(cx.n_adjacencies)].tolist()
    return edit_facets(cx, lambda lists: lists[i].append(j))


def facet_to_itself(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    i = int(rng.integers(cx.n_regions))
    return edit_facets(cx, lambda lists: lists[i].append(i))


def redirected_facet(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    across = cx.facet_neighbors.copy()
    k = int(rng.choice(np.flatnonzero(across >= 0)))
    others = np.setdiff1d(np.arange(cx.n_regions), across[k])
    across[k] = rng.choice(others)
    return replace(cx, facet_neighbors=across)


def facet_into_the_wall(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """Take an adjacency for a side of the box, on both sides."""
    i, j = cx.adjacencies[rng.integers(cx.n_adjacencies)].tolist()

    def edit(lists: list[list[int]]) -> None:
        lists[i][lists[i].index(j)] = -1
        lists[j][lists[j].index(i)] = -2

    return edit_facets(cx, edit)


def other_wall(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    across = cx.facet_neighbors.copy()
    k = int(rng.choice(np.flatnonzero(across < 0)))
    across[k] = -1 - (-1 - across[k] ^ 1)
    return replace(cx, facet_neighbors=across)


def wall_dropped(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    i = int(rng.choice(cx.facet_owners[cx.facet_neighbors < 0]))
    return edit_facets(cx, lambda lists: lists[i].remove(min(lists[i])))


def swapped_neighbors(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """Two regions exchange their patterns, and nothing else."""
    i, j = rng.choice(cx.n_regions, 2, replace=False)
    states = cx.states.copy()
    states[[i, j]] = states[[j, i]]
    return replace(cx, states=states)


def flipped_state(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    states = cx.states.copy()
    states[rng.integers(cx.n_regions), rng.integers(states.shape[1])] ^= 1
    return replace(cx, states=states)


def flipped_unit(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """One unit is in the other state everywhere: patterns stay distinct."""
    states = cx.states.copy()
    states[:, rng.integers(states.shape[1])] ^= 1
    return replace(cx, states=states)


def impossible_state(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    states = cx.states.copy()
    states[rng.integers(cx.n_regions), 0] = 7
    return replace(cx, states=states)


def duplicated_region(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """List a region twice, with its facets."""
    i = int(rng.integers(cx.n_regions))
    own = cx.facet_neighbors[cx.facet_offsets[i] : cx.facet_offsets[i + 1]]
    return replace(
        cx,
        states=np.concatenate([cx.states, cx.states[[i]]]),
        witnesses=np.concatenate([cx.witnesses, cx.witnesses[[i]]]),
        facet_offsets=np.append(cx.facet_offsets, cx.facet_offsets[-1] + len(own)),
        facet_neighbors=np.concatenate([cx.facet_neighbors, own]),
        known_faces=None,
    )


def invented_region(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """List a region with a pattern of its own that does not exist."""
    known = {row.tobytes() for row in cx.states}
    ranges = [range(n) for layer in cx.network.hidden for n in layer.n_states.tolist()]
    pattern = next(p for p in product(*ranges) if bytes(p) not in known)
    broken = duplicated_region(cx, rng)
    states = broken.states.copy()
    states[-1] = pattern
    return replace(broken, states=states)


def moved_witness(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    i, j = rng.choice(cx.n_regions, 2, replace=False)
    witnesses = cx.witnesses.copy()
    witnesses[i] = witnesses[j]
    return replace(cx, witnesses=witnesses)


def witness_outside(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    witnesses = cx.witnesses.copy()
    witnesses[rng.integers(cx.n_regions)] = cx.box.upper + 1
    return replace(cx, witnesses=witnesses)


def witness_nan(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    witnesses = cx.witnesses.copy()
    witnesses[rng.integers(cx.n_regions), 0] = np.nan
    return replace(cx, witnesses=witnesses)


def other_box(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    return replace(cx, box=Box(cx.box.lower, np.nextafter(cx.box.upper, np.inf)), known_faces=None)


def other_weights(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    """Take the result for that of another network: one that bends a little elsewhere."""
    first = cx.network.layers[0]
    bias = first.bias.copy()
    u = int(rng.choice(np.flatnonzero(first.weight.any(axis=1))))
    bias[u] += 2.0**-30
    layer = replace(first, bias=bias)
    return replace(cx, network=Network([layer, *cx.network.layers[1:]]), known_faces=None)


def shifted_offsets(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    offsets = cx.facet_offsets.copy()
    offsets[rng.integers(1, cx.n_regions)] += 1
    return replace(cx, facet_offsets=offsets)


def short_offsets(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    return replace(cx, facet_offsets=cx.facet_offsets[:-1])


def called_partial(cx: RegionComplex, rng: np.random.Generator) -> RegionComplex:
    return replace(cx, complete=False)


BREAKS = [
    drop_region,
    false_adjacency,
    dropped_adjacency,
    one_sided_adjacency,
    facet_twice,
    facet_to_itself,
    redirected_facet,
    facet_into_the_wall,
    other_wall,
    wall_dropped,
    swapped_neighbors,
    flipped_state,
    flipped_unit,
    impossible_state,
    duplicated_region,
    invented_region,
    moved_witness,
    witness_outside,
    witness_nan,
    shifted_offsets,
    short_offsets,
    called_partial,
]


@pytest.mark.parametrize("engine", ["subdivide", "traverse"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("broken", BREAKS, ids=lambda broken: broken.__name__)
def test_broken_results_are_rejected(
    broken: Callable[..., RegionComplex], case: zoo.Case, engine: str
) -> None:
    cx = enumerate_regions(case.network, case.box, engine=engine)
    for seed in range(3):
        certificate = certify(broken(cx, np.random.default_rng(seed)))
        assert not certificate.valid
        assert not certificate.complete
        assert certificate.failures


@pytest.mark.parametrize("case", CASES[: len(ARRANGEMENTS)], ids=lambda case: case.name)
def test_the_result_of_another_network_is_proven_only_if_it_is_the_same(case: zoo.Case) -> None:
    cx = enumerate_regions(case.network, case.box)
    for seed in range(6):
        other = other_weights(cx, np.random.default_rng(seed))
        true = enumerate_regions(other.network, other.box)
        same = set(map(bytes, true.states)) == set(map(bytes, cx.states))
        assert certify(other).valid == same
        # Planes through common points no longer meet in them.
        assert not (same and case.name == "braid-4")


def test_another_box() -> None:
    for name in ("shi-3", "catalan-3"):  # no hyperplane goes through an edge of the box
        case = zoo.by_name(name)
        cx = enumerate_regions(case.network, case.box)
        moved = certify(other_box(cx, np.random.default_rng(0)))
        # The same patterns and adjacencies hold in a slightly larger box: that is true, and proven.
        assert moved.valid
        assert not certify(replace(cx, box=Box.cube(cx.box.dim, 1000, 1001))).valid


def test_wrong_numbers_of_faces_are_rejected() -> None:
    case = zoo.by_name("braid-4")
    cx = enumerate_regions(case.network, case.box, engine="subdivide")
    right = cx.f_vector
    assert right is not None
    cx.__dict__["f_vector"] = [right[0], right[1] + 1, *right[2:]]
    certificate = certify(cx)
    assert [s.claim for s in certificate.statements if s.verdict == "no"] == [
        "the numbers of faces alternate to 1, and are those given"
    ]


def test_the_first_failure_is_told() -> None:
    case = zoo.by_name("shi-3")
    cx = enumerate_regions(case.network, case.box)
    states = cx.states.copy()
    states[3] = states[5]
    certificate = certify(replace(cx, states=states))
    assert certificate.failures == ("the patterns are distinct: regions 3 and 5 have the same",)
    assert str(certificate).endswith("REJECTED: 16 regions, not proven to be all regions of the domain")
    assert certificate.summary()["valid"] is False


def test_progress_is_reported() -> None:
    calls: list[tuple[int, int]] = []
    cx = enumerate_regions(CASES[0].network, CASES[0].box)
    assert isinstance(certify(cx, progress=lambda *pair: calls.append(pair)), Certificate)
    assert calls[0] == (1, 16)
    assert calls[-1] == (16, 16)


# --------------------------------------------------------------------------------------------------------
# Its parts, against definitions written a third time.


@pytest.mark.parametrize("kind", KINDS)
def test_the_checkers_network(kind: str) -> None:
    rng = np.random.default_rng(7)
    for _ in range(5):
        layers = random_layers(rng, 2, [kind, "relu", kind], 3)
        network = RationalNetwork(layers)
        for x in rng.normal(size=(10, 2)):
            _, pattern = forward(layers, [Fraction(v) for v in x])
            point = [Fraction(v) for v in x]
            scale = max(v.denominator for v in point)
            assert network.states_at([*(int(v * scale) for v in point), scale]) == pattern
            pre, _ = forms(layers, pattern)
            known = network.under(pattern)
            assert len(known) >= len(Network(layers).hidden)  # linear layers at the end decide nothing
            for expected, (_, z, _) in zip(pre[: len(known)], known, strict=True):
                denominator = Fraction(int(z[-1][-1]))
                assert [[int(v) / denominator for v in row] for row in z[:-1]] == expected


def test_states_just_beyond_a_point() -> None:
    layers = Network.from_arrays([([[1, 0], [0, 1], [1, -1]], [0, 0, 0]), ([[1, 1, 1]], [0])]).layers
    network = RationalNetwork(layers)
    assert network.states_at([0, 0, 1]) == [0, 0, 0]
    assert network.states_beyond([0, 0, 1], [1, 1]) == [1, 1, 0]
    assert network.states_beyond([0, 0, 1], [1, -1]) == [1, 0, 1]
    assert network.states_beyond([0, 5, 1], [-1, 3]) == [0, 1, 0]


@pytest.mark.parametrize("d", [1, 2, 3, 4])
def test_cubes_and_simplices(d: int) -> None:
    unit = np.eye(d, dtype=int).tolist()
    cube = [[*row, 0] for row in unit] + [[*(-v for v in row), 3] for row in unit]
    own = cell(cube)
    assert sorted(own.corners) == sorted((*point, 1) for point in product((0, 3), repeat=d))
    assert own.volume() == 3**d
    *middle, scale = inner_point(own.corners)
    assert [Fraction(v, scale) for v in middle] == [Fraction(3, 2)] * d
    assert all(len(tight) == 2 ** (d - 1) for tight in own.tight)
    simplex = cell([[*row, 0] for row in unit] + [[-1] * d + [1]])
    assert simplex.volume() * factorial(d) == 1
    assert len(simplex.corners) == d + 1


@pytest.mark.parametrize(
    "rows",
    [
        [[1, 0, 0], [0, 1, 0]],  # unbounded
        [[1, 0, 0], [0, 1, 0], [1, 1, 5]],
        [[1, 0, 0], [0, 1, 0], [-1, -1, -1]],  # empty
        [[1, 0, 0], [0, 1, 0], [-1, -1, 0]],  # one point
        [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 1]],  # flat
    ],
)
def test_what_is_no_cell(rows: list[list[int]]) -> None:
    with pytest.raises(NotACellError):
        cell(rows)


def test_exact_sums() -> None:
    from flint import fmpq

    rng = np.random.default_rng(0)
    terms = [Fraction(int(a), int(b)) for a, b in rng.integers(1, 2**40, (37, 2))]
    total = ExactSum()
    for term in terms:
        total.add(fmpq(term.numerator, term.denominator))
    assert total.equals(sum(terms, Fraction(0)))
    assert not total.equals(sum(terms, Fraction(0)) + Fraction(1, 2**2000))
