"""Break true results in every way we can think of: ``check`` must notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from support import reference
from support.profiles import examples
from support.strategies import cases
from support.zoo import ZOO, by_name

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.complex import checks as invariants
from polyregions.errors import CheckFailedError
from polyregions.network.layers import relu


def enumerated(name: str, engine: str = "traverse") -> RegionComplex:
    case = by_name(name)
    return enumerate_regions(case.network, case.box, engine=engine)


NAMES = [
    "tent-3-outside",
    "five-slabs-1d",
    "triple-point",
    "five-slabs-2d",
    "fold-2d-2-2-outside",
    "zonotope-2d-3-fold-1",
    "six-differ-useless",
    "maxout-2d-3-3-3",
    "maxout-three-tied",
    "hard-tanh-2d",
    "thin-triangle",
    "tiny-box-at-1",
    "braid-4",
    "grid-2-2-3",
    "maxout-3d-3-3-3",
    "thin-simplex",
    "generic-4d-5",
]


@pytest.fixture(scope="module", params=product(NAMES, ("traverse", "subdivide")), ids="-".join)
def cx(request: pytest.FixtureRequest) -> RegionComplex:
    return enumerated(*request.param)


def lists(cx: RegionComplex) -> list[list[int]]:
    """Facets of each region, to be edited."""
    return [part.tolist() for part in np.split(cx.facet_neighbors, cx.facet_offsets[1:-1])]


def with_facets(cx: RegionComplex, facets: list[list[int]], **changes: Any) -> RegionComplex:
    offsets = np.cumsum([0, *map(len, facets)])
    return replace(
        cx, facet_offsets=offsets, facet_neighbors=np.concatenate(facets).astype(np.int64), **changes
    )


def refuses(broken: RegionComplex, message: str = ".") -> None:
    with pytest.raises(CheckFailedError, match=message) as caught:
        broken.check()
    assert len(str(caught.value).splitlines()) == 1


def some(cx: RegionComplex, count: int = 6) -> list[int]:
    return np.linspace(0, cx.n_regions - 1, min(count, cx.n_regions)).astype(int).tolist()


def without(cx: RegionComplex, k: int) -> tuple[list[list[int]], dict[str, Any]]:
    """Facets and fields after leaving out region k; facets to it are -99."""
    renumbered = [
        [-99 if j == k else j - (j > k) for j in part] for i, part in enumerate(lists(cx)) if i != k
    ]
    return renumbered, {"states": np.delete(cx.states, k, 0), "witnesses": np.delete(cx.witnesses, k, 0)}


def test_the_true_results_pass(cx: RegionComplex) -> None:
    cx.check()


# -------------------------------------------------------------------------------------- regions


def test_a_region_is_left_out(cx: RegionComplex) -> None:
    for k in some(cx):
        facets, fields = without(cx, k)
        forgotten = [[j for j in part if j != -99] for part in facets]
        refuses(with_facets(cx, forgotten, **fields))
        # The ids of the others left as they are:
        refuses(with_facets(cx, [part for i, part in enumerate(lists(cx)) if i != k], **fields))


def test_a_region_is_swallowed_by_its_neighbour(cx: RegionComplex) -> None:
    """As if a facet had been called redundant: the neighbour inherits what lay beyond."""
    for k in some(cx):
        for i in [j for j in lists(cx)[k] if j >= 0][:3]:
            facets, fields = without(cx, k)
            heir = i - (i > k)
            beyond = [j - (j > k) for j in lists(cx)[k] if j != i]  # a side, -1 or less, stays
            facets[heir] = sorted({*(j for j in facets[heir] if j != -99), *beyond})
            for j in beyond:
                if j >= 0:
                    facets[j] = sorted({heir if v == -99 else v for v in facets[j]})
            refuses(with_facets(cx, [[v for v in part if v != -99] for part in facets], **fields))


def test_a_region_stands_twice(cx: RegionComplex) -> None:
    for k in some(cx):
        fields = {
            "states": np.concatenate([cx.states, cx.states[k : k + 1]]),
            "witnesses": np.concatenate([cx.witnesses, cx.witnesses[k : k + 1]]),
        }
        refuses(with_facets(cx, [*lists(cx), lists(cx)[k]], **fields), "same pattern")


def test_a_region_that_does_not_exist(cx: RegionComplex) -> None:
    """A pattern that is realised nowhere, as a copy of a region but for one state."""
    known = {row.tobytes() for row in cx.states}
    tops = np.concatenate([layer.n_states for layer in cx.network.hidden])
    made = 0
    for k in range(cx.n_regions):
        for unit in range(cx.network.n_units):
            state = cx.states[k].copy()
            state[unit] = (state[unit] + 1) % tops[unit]
            if state.tobytes() in known or made == 20:
                continue
            made += 1
            fields = {
                "states": np.concatenate([cx.states, state[None]]),
                "witnesses": np.concatenate([cx.witnesses, cx.witnesses[k : k + 1]]),
            }
            facets = [*lists(cx), [k, *(j for j in lists(cx)[k] if j < 0)]]
            facets[k] = [*facets[k], cx.n_regions]
            refuses(with_facets(cx, facets, **fields))
    assert made or cx.n_regions == np.prod(tops.astype(object))  # all patterns are realised


def test_two_regions_change_places(cx: RegionComplex) -> None:
    """Their patterns and witnesses, but not their facets."""
    facets = [set(part) for part in lists(cx)]
    for i, j in [*cx.adjacencies.tolist()[:6], (0, cx.n_regions - 1)]:
        order = np.arange(cx.n_regions)
        order[[i, j]] = order[[j, i]]
        if {order[v] if v >= 0 else v for v in facets[i]} == facets[j]:
            continue  # a symmetry
        refuses(replace(cx, states=cx.states[order], witnesses=cx.witnesses[order]))


# --------------------------------------------------------------------------------------- facets


def test_a_facet_is_known_from_one_side_only(cx: RegionComplex) -> None:
    for i in some(cx):
        for j in lists(cx)[i]:
            if j >= 0:
                facets = lists(cx)
                facets[i].remove(j)
                refuses(with_facets(cx, facets))


def test_a_facet_is_missing_on_both_sides(cx: RegionComplex) -> None:
    for i, j in cx.adjacencies[:: max(1, cx.n_adjacencies // 8)].tolist():
        facets = lists(cx)
        facets[i].remove(j)
        facets[j].remove(i)
        refuses(with_facets(cx, facets))


def test_a_facet_too_many(cx: RegionComplex) -> None:
    known = {tuple(pair) for pair in cx.adjacencies.tolist()}
    pairs = [(i, j) for i in some(cx) for j in range(i + 1, cx.n_regions) if (i, j) not in known]
    for i, j in pairs[:: max(1, len(pairs) // 25)]:
        facets = lists(cx)
        facets[i].append(j)
        refuses(with_facets(cx, facets), "one of its two sides|no neighbours|jumps|facet|reaches|unbounded")
        facets[j].append(i)
        refuses(with_facets(cx, facets))


def test_a_facet_stands_twice(cx: RegionComplex) -> None:
    for i in some(cx, 3):
        for j in lists(cx)[i]:
            facets = lists(cx)
            facets[i].append(j)
            refuses(with_facets(cx, facets), "same neighbour")


def test_two_neighbours_are_exchanged(cx: RegionComplex) -> None:
    """i - j and k - l become i - l and k - j, on both sides."""
    pairs = [tuple(p) for p in cx.adjacencies.tolist()]
    rng = np.random.default_rng(0)
    tried = 0
    for _ in range(60):
        (i, j), (k, m) = (pairs[n] for n in rng.integers(len(pairs), size=2))
        facets = lists(cx)
        if len({i, j, k, m}) < 4 or m in facets[i] or j in facets[k]:
            continue
        tried += 1
        facets[i] = [m if v == j else v for v in facets[i]]
        facets[j] = [k if v == i else v for v in facets[j]]
        facets[k] = [j if v == m else v for v in facets[k]]
        facets[m] = [i if v == k else v for v in facets[m]]
        refuses(with_facets(cx, facets))
    assert tried or cx.n_adjacencies < 8


def test_sides_of_the_box(cx: RegionComplex) -> None:
    """Missing, another one, one too many; in place of a neighbour."""
    sides = range(-2 * cx.box.dim, 0)
    for i in some(cx, 4):
        own = lists(cx)[i]
        for v in own:
            facets = lists(cx)
            if v < 0:
                facets[i] = [w for w in own if w != v]
                refuses(with_facets(cx, facets))
            for side in sides:
                if side not in own:
                    facets[i] = [side if w == v else w for w in own]
                    refuses(with_facets(cx, facets))
        for side in sides:
            if side not in own:
                facets = lists(cx)
                facets[i] = [*own, side]
                refuses(with_facets(cx, facets))


def test_facets_that_lead_nowhere(cx: RegionComplex) -> None:
    for bad in (cx.n_regions, cx.n_regions + 5, -2 * cx.box.dim - 1, 10**12, -(10**12)):
        facets = lists(cx)
        facets[0][0] = bad
        refuses(with_facets(cx, facets), "neither a side of the domain nor another region")
    facets = lists(cx)
    facets[1].append(1)
    refuses(with_facets(cx, facets), "neither a side of the domain nor another region")


# ---------------------------------------------------------------------------- states, witnesses


def test_a_state_is_flipped(cx: RegionComplex) -> None:
    tops = np.concatenate([layer.n_states for layer in cx.network.hidden])
    for i in some(cx):
        for unit in range(cx.network.n_units):
            for state in range(int(tops[unit])):
                if state != cx.states[i, unit]:
                    states = cx.states.copy()
                    states[i, unit] = state
                    refuses(replace(cx, states=states))


def test_a_state_that_the_unit_does_not_have(cx: RegionComplex) -> None:
    tops = np.concatenate([layer.n_states for layer in cx.network.hidden])
    for unit in range(cx.network.n_units):
        for state in (int(tops[unit]), 255):
            states = cx.states.copy()
            states[0, unit] = state
            refuses(replace(cx, states=states), "a state that it does not have")


def test_a_witness_is_moved(cx: RegionComplex) -> None:
    def moved(i: int, witness: np.ndarray) -> RegionComplex:
        witnesses = cx.witnesses.copy()
        witnesses[i] = witness
        return replace(cx, witnesses=witnesses)

    for i in some(cx):
        for j in some(cx):
            if i != j:
                refuses(moved(i, cx.witnesses[j]), f"witness of region {i} ")
        for k in range(cx.box.dim):
            witness = cx.witnesses[i].copy()
            witness[k] = 2 * cx.box.upper[k] - cx.box.lower[k]
            refuses(moved(i, witness), f"witness of region {i} ")
            for bad in (np.nan, np.inf):
                witness[k] = bad
                refuses(moved(i, witness), "not finite")


def test_a_witness_just_beyond_its_facet() -> None:
    """Unit boxes of a grid: from the centre, past a side by a millionth."""
    cx = enumerated("grid-3-4")
    i = cx.find([1, 0, 0, 1, 0, 0, 0])  # 0 < x < 1, 0 < y < 1
    for witness in ([1.000001, 0.5], [0.5, 1.000001], [-0.000001, 0.5], [-5e-324, 0.5], [1, 1], [0.0, 0.5]):
        witnesses = cx.witnesses.copy()
        witnesses[i] = witness
        broken = replace(cx, witnesses=witnesses)
        if witness in ([1, 1], [0.0, 0.5]):
            broken.check()  # points inside round to it
        else:
            refuses(broken, f"witness of region {i} ")


# -------------------------------------------------------------------------------- arrays, labels


def offsets(how: Callable[[np.ndarray], np.ndarray]) -> Callable[[RegionComplex], dict[str, Any]]:
    return lambda cx: {"facet_offsets": how(cx.facet_offsets.copy())}


def swapped(array: np.ndarray) -> np.ndarray:
    array[[1, 2]] = array[[2, 1]]
    return array


def shifted(array: np.ndarray) -> np.ndarray:
    array[1:-1] += 1
    return array


ARRAYS: dict[str, Callable[[RegionComplex], dict[str, Any]]] = {
    "a unit too few": lambda cx: {"states": cx.states[:, :-1]},
    "a unit too many": lambda cx: {"states": np.repeat(cx.states, 2, axis=1)},
    "a state missing": lambda cx: {"states": cx.states[:-1]},
    "a witness missing": lambda cx: {"witnesses": cx.witnesses[:-1]},
    "a coordinate too many": lambda cx: {"witnesses": np.repeat(cx.witnesses, 2, axis=1)},
    "no region": lambda cx: {"states": cx.states[:0], "witnesses": cx.witnesses[:0]},
    "offsets from 1": offsets(lambda a: a + 1),
    "offsets end early": offsets(lambda a: np.append(a[:-1], a[-1] - 1)),
    "offsets end late": offsets(lambda a: np.append(a[:-1], a[-1] + 1)),
    "offsets for a region less": offsets(lambda a: np.delete(a, 1)),
    "offsets for a region more": offsets(lambda a: np.append(a, a[-1])),
    "offsets fall": offsets(swapped),
    "offsets shifted": offsets(shifted),
    "a facet too many": lambda cx: {"facet_neighbors": np.append(cx.facet_neighbors, 0)},
    "partial, without a reason": lambda cx: {"complete": False},
    "complete, with a reason": lambda cx: {"stopped": "limit"},
}


@pytest.mark.parametrize("how", ARRAYS)
def test_arrays_that_do_not_fit(how: str) -> None:
    for name in ("triple-point", "maxout-2d-3-3-3"):
        cx = enumerated(name)
        refuses(replace(cx, **ARRAYS[how](cx)))


def test_another_network_or_another_box() -> None:
    cx = enumerated("triple-point")
    refuses(replace(cx, box=Box.cube(2, 1, 50)))  # the vertex at (0, 0) is outside
    refuses(replace(cx, box=Box.cube(3, -50, 50)))
    for row in range(4):
        bias = cx.network.layers[0].bias.copy()
        bias[row] += 1
        other = Network([relu(cx.network.layers[0].weight, bias), *cx.network.layers[1:]])
        if row < 3:  # the three lines meet no longer in one point
            refuses(replace(cx, network=other))


# ------------------------------------------------------------------------------ partial results


@pytest.fixture(scope="module")
def part() -> RegionComplex:
    case = by_name("grid-3-4")
    return enumerate_regions(case.network, case.box, limit=12)


def test_partial_results_are_checked_too(part: RegionComplex) -> None:
    part.check()
    assert 2 <= part.n_explored < part.n_regions
    refuses(replace(part, complete=True, stopped=""), "complete")
    refuses(replace(part, stopped=""), "complete")
    for i in range(part.n_regions):
        witnesses, states = part.witnesses.copy(), part.states.copy()
        witnesses[i] = part.witnesses[i - 1]
        refuses(replace(part, witnesses=witnesses), f"witness of region {i} ")
        states[i, 0] = 1 - states[i, 0]
        refuses(replace(part, states=states))
    for i in range(part.n_explored):
        for v in lists(part)[i]:
            facets = lists(part)
            facets[i].remove(v)
            refuses(with_facets(part, facets))


# -------------------------------------------------------------------------------------- at random


@settings(max_examples=examples(150))
@given(cases(dims=(1, 2, 3), max_units=6), st.data())
def test_random_damage(case: tuple[Network, Box], data: st.DataObject) -> None:
    """One entry of one array becomes another one."""
    cx = enumerate_regions(*case)
    cx.check()
    field = data.draw(st.sampled_from(["facet_neighbors", "states", "facet_offsets"]))
    array = getattr(cx, field).copy()
    assume(array.size)
    k = data.draw(st.integers(0, array.size - 1))
    low = -2 * cx.box.dim if field == "facet_neighbors" else 0
    value = data.draw(st.integers(low, max(cx.n_regions, 3)))
    assume(value != array.flat[k])
    array.flat[k] = value
    refuses(replace(cx, **{field: array}))


def test_beyond_four_dimensions() -> None:
    """Cells are not looked at: what is still caught there. (A facet missing on both sides is not.)"""
    layers = reference.random_layers(np.random.default_rng(0), 5, ["relu"], 5)
    cx = enumerate_regions(Network(layers), Box.cube(5, -1, 1))
    cx.check()
    i, j = cx.adjacencies[0].tolist()
    facets = lists(cx)
    facets[i].remove(j)
    refuses(with_facets(cx, facets), "one of its two sides")
    states = cx.states.copy()
    states[i, 0] = 1 - states[i, 0]
    refuses(replace(cx, states=states))
    witnesses = cx.witnesses.copy()
    witnesses[i] = witnesses[j]
    refuses(replace(cx, witnesses=witnesses), "witness")


def test_continuity_alone() -> None:
    """In five dimensions it is what tells regions that are no neighbours."""
    layers = reference.random_layers(np.random.default_rng(0), 5, ["relu"], 5)
    cx = enumerate_regions(Network(layers), Box.cube(5, -1, 1))
    pairs = [(i, j) for i in some(cx) for j in range(i + 1, cx.n_regions) if len(cx.flips(i, j)) > 1]
    for i, j in pairs[:20]:
        facets = lists(cx)
        facets[i].append(j)
        facets[j].append(i)
        refuses(with_facets(cx, facets), f"jumps between regions {i} and {j}")


def test_connection_alone() -> None:
    cx = enumerate_regions(Network([relu([[1, 0, 0, 0, 0]], [0])]), Box.cube(5, -1, 1))
    refuses(with_facets(cx, [[j for j in part if j < 0] for part in lists(cx)]), "not connected")


def test_volumes_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a look at the cells: two neighbours that reach to the sides of the box."""
    monkeypatch.setattr(invariants, "CELL_DIM", 0)
    cx = enumerated("grid-3-4")
    cx.check()
    walls = [(i, j) for i, j in cx.adjacencies.tolist() if cx.flips(i, j)[0] < 3]  # x = 0, 1, 2
    assert len(walls) == 15
    for i, j in walls:
        left, right = sorted((i, j), key=lambda k: cx.witnesses[k, 0])
        facets = lists(cx)
        facets[left] = [-2 if v == right else v for v in facets[left]]
        facets[right] = [-1 if v == left else v for v in facets[right]]
        refuses(with_facets(cx, facets), "volumes of the regions do not add up")


def test_the_zoo_has_the_cases_used_here() -> None:
    assert set(NAMES) <= {case.name for case in ZOO}
