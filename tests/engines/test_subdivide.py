"""The subdivision: all faces, workers, and the bounds of its predicate."""

from __future__ import annotations

import os
import subprocess
import sys
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from support.cells import check_cells
from support.networks import RANDOM, facets, random_network
from support.profiles import examples
from support.strategies import cases
from support.zoo import by_name, folding

from polyregions import Box, Network, enumerate_regions
from polyregions.complex.region_complex import RegionComplex
from polyregions.complex.topology import Cells
from polyregions.engines.subdivide import group_cut, growth, under_way
from polyregions.engines.subdivide.engine import Subdivision, count_by_subdivision
from polyregions.engines.subdivide.part import CellPart
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.geometry.signs import UNKNOWN, sign_at, solve_float, solve_whole
from polyregions.network.layers import linear, maxout, piecewise, relu


@pytest.mark.parametrize(
    ("d", "kinds", "width"), [*RANDOM, (5, ["relu", "abs"], 4), (6, ["relu"], 6)], ids=str
)
def test_agrees_with_traverse_on_random_networks(d: int, kinds: list[str], width: int) -> None:
    case = random_network(7, d, kinds, width), Box.cube(d, -1, 1)
    subdivision = Subdivision(*case)
    cx = subdivision.run()
    assert facets(cx) == facets(enumerate_regions(*case, engine="traverse"))
    assert subdivision.undecided == 0
    check_cells(cx.faces.cells)


@pytest.mark.parametrize(("n0", "folds"), [(1, [3] * 6), (2, [3, 3, 3]), (2, [4, 4]), (3, [3, 2])], ids=str)
def test_folds_need_no_integers_beyond_float64(n0: int, folds: list[int]) -> None:
    """Montufar et al. 2014: prod p^n0 regions in the unit cube, every decision about them a true zero."""
    subdivision = Subdivision(Network(folding(n0, folds)), Box.cube(n0, 0, 1))
    cx = subdivision.run()
    k = int(np.prod(folds))
    assert (cx.n_regions, cx.n_adjacencies) == (k**n0, n0 * (k - 1) * k ** (n0 - 1))
    assert all(layer.whole for layer in subdivision.steps)
    assert subdivision.undecided == 0


def test_a_deep_fold_beyond_whole_numbers() -> None:
    """Telgarsky's tent 40 times over a piece of the line: the forms outgrow 2^53, exact integers decide."""
    tent = [relu([[1], [1]], [0, -0.5]), *[relu([[2, -4], [2, -4]], [0, -0.5])] * 39, linear([[2, -4]], [0])]
    box = Box([0.25], [0.25 + 2.0**-36])
    subdivision = Subdivision(Network(tent), box)
    assert subdivision.run().n_regions == 2**4
    assert subdivision.undecided > 0


def test_generic_arrangement_in_six_dimensions() -> None:
    """Zaslavsky: m = 7 planes in general position whose vertices all lie in the box."""
    W = [[float((i + 1) ** j) for j in range(6)] for i in range(7)]
    net = Network([relu(W, [float((i + 1) ** 6) for i in range(7)])])
    cx = enumerate_regions(net, Box.cube(6, -1e7, 1e7), engine="subdivide")
    # C(7, 6 - k) S(1 + k, k), where S(k + 1, k) = 2^(k + 1) - 1
    assert cx.f_vector == [comb(7, 6 - k) * (2 ** (k + 1) - 1) for k in range(7)]


def test_a_box_has_3_to_the_d_faces() -> None:
    for d in range(1, 6):
        cells = Cells.box(d)
        assert cells.dim.size == 3**d
        check_cells(cells)


def test_refuses_too_many_dimensions() -> None:
    with pytest.raises(TooLargeError, match="traverse"):
        enumerate_regions(Network([relu(np.eye(13), np.zeros(13))]), Box.cube(13, -1, 1), engine="subdivide")


def exact_solution(rows: list[list[Fraction]]) -> list[Fraction]:
    """Gauss over the rationals."""
    d = len(rows)
    work = [list(row) for row in rows]
    for k in range(d):
        p = next(i for i in range(k, d) if work[i][k])
        work[k], work[p] = work[p], work[k]
        for i in range(d):
            if i != k:
                factor = work[i][k] / work[k][k]
                work[i] = [a - factor * b for a, b in zip(work[i], work[k], strict=True)]
    return [-work[i][d] / work[i][i] for i in range(d)]


@pytest.mark.parametrize("d", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("closeness", [0, -20, -40, -60])
def test_vertices_and_signs_are_within_their_bounds(d: int, closeness: int) -> None:
    """True forms that differ from the computed ones by up to e, and rows that are nearly parallel."""
    rng = np.random.default_rng(d)
    proven = decided = 0
    for _ in range(300):
        rows = rng.normal(size=(d, d + 1))
        if d > 1:
            rows[1] = rows[0] + 2.0**closeness * rng.normal(size=d + 1)
        errors = 2.0**-52 * rng.integers(0, 9, size=d) * (closeness > -60)
        true = [[Fraction(v) for v in row] for row in rows.tolist()]
        for row, e in zip(true, errors.tolist(), strict=True):
            row[d] += Fraction(e) * int(rng.integers(-1, 2))
        point, work = np.empty(d + 1), np.empty((d, 2 * d))
        radius = solve_float(rows, errors, point, work)
        try:
            vertex = exact_solution(true)
        except StopIteration:
            continue
        if not radius < np.inf or max(map(abs, vertex)) > 1:
            continue  # the bound is claimed for vertices in the box
        proven += 1
        assert max(abs(Fraction(p) - v) for p, v in zip(point, vertex, strict=False)) <= Fraction(radius)
        form = rng.normal(size=d + 1)
        form[d] = -form[:d] @ point[:d] + rng.normal() * radius * rng.choice([0.1, 1.0, 100.0])
        value = sum(Fraction(a) * v for a, v in zip(form, [*vertex, Fraction(1)], strict=True))
        sign = sign_at(form, 0.0, point, radius)
        decided += sign != UNKNOWN
        assert sign in (UNKNOWN, (value > 0) - (value < 0))
    if closeness > -60:
        assert proven > 20
        assert decided > 10


def test_whole_vertices_are_exact() -> None:
    rng = np.random.default_rng(0)
    solved = 0
    for _ in range(500):
        d = int(rng.integers(1, 6))
        rows = rng.integers(-9, 10, size=(d, d + 1)).astype(float)
        if round(abs(np.linalg.det(rows[:, :d]))) == 0:
            continue
        point, work = np.empty(d + 1), np.empty((d, 2 * d + 1))
        assert solve_whole(rows, point, work) == 0.0
        assert (rows @ point == 0.0).all()
        assert point[d] > 0.0
        assert [Fraction(p) / Fraction(point[d]) for p in point[:d]] == exact_solution(
            [[Fraction(v) for v in row] for row in rows.tolist()]
        )
        solved += 1
    assert solved > 300


def test_whole_numbers_stop_at_their_limit() -> None:
    point, work = np.empty(3), np.empty((2, 5))
    assert solve_whole(np.array([[2.0**30, 1, 1], [1, 2.0**30, 1]]), point, work) == -1.0
    assert sign_at(np.array([2.0**53, 0.0, 1.0]), 0.0, np.array([1.0, 0.0, -(2.0**53)]), 0.0) == UNKNOWN


def divide(patch: pytest.MonkeyPatch, most: int, at_once: int = 2**20, together: int = 128) -> None:
    """Parts of so many faces at most, groups that make about so many at once, and batches of faces."""
    patch.setattr(growth, "MOST_FACES", {})
    patch.setattr(growth, "MOST_IN_HIGH_DIMENSION", most)
    patch.setattr(under_way, "FACES_AT_ONCE", at_once)
    patch.setattr(group_cut, "FACES_TOGETHER", together)


@settings(max_examples=examples(60))
@given(cases(dims=(1, 2, 3, 4), max_units=10))
def test_parts_groups_and_workers_change_nothing(case: tuple[Network, Box]) -> None:
    """Every cell a part, every hyperplane a group; and a few of each."""
    expected = enumerate_regions(*case, engine="subdivide")
    for most, at_once, together in ((1, 1, 1), (20, 2**20, 128), (60, 1, 16), (300, 2**20, 128)):
        with pytest.MonkeyPatch.context() as patch:
            divide(patch, most, at_once, together)
            for workers in (1, 2, 3):
                cx = enumerate_regions(*case, engine="subdivide", workers=workers)
                for name in ("states", "facet_neighbors", "facet_offsets"):
                    assert getattr(cx, name).tobytes() == getattr(expected, name).tobytes()
                # Sums of a few numbers at once may be rounded otherwise.
                assert np.allclose(cx.witnesses, expected.witnesses, rtol=0, atol=1e-9 * case[1].farthest)
                assert cx.f_vector == expected.f_vector
            check_cells(cx.faces.cells)
            counts = count_by_subdivision(*case, workers=2)
            assert counts == (expected.n_regions, expected.n_adjacencies, expected.f_vector, "")


@pytest.mark.parametrize("most", [300, 3000])
def test_workers_change_no_byte(most: int, monkeypatch: pytest.MonkeyPatch) -> None:
    divide(monkeypatch, most)
    for d, kinds, width in RANDOM:
        case = random_network(3, d, kinds, width), Box.cube(d, -1, 1)
        expected = enumerate_regions(*case, engine="subdivide")
        for workers in (2, 3):
            cx = enumerate_regions(*case, engine="subdivide", workers=workers)
            for name in ("states", "witnesses", "facet_neighbors", "facet_offsets"):
                assert getattr(cx, name).tobytes() == getattr(expected, name).tobytes()
            assert cx.undecided == expected.undecided
            assert cx.faces.points.tobytes() == expected.faces.points.tobytes()


@pytest.mark.parametrize("name", ["fold-2d-2-2-outside", "six-differ", "braid-5"])
def test_nothing_depends_on_how_the_arrays_grow(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Arrays that start full stop the kernel at every place where it can stop."""
    case = by_name(name)
    expected = enumerate_regions(case.network, case.box, engine="subdivide")

    def little(*arrays: np.ndarray, rows: int = 0) -> list[np.ndarray]:
        length = max(rows, len(arrays[0]) + 1)
        grown = [np.empty((length, *array.shape[1:]), dtype=array.dtype) for array in arrays]
        for new, array in zip(grown, arrays, strict=True):
            new[: len(array)] = array
        return grown

    monkeypatch.setattr(group_cut, "grown", little)
    divide(monkeypatch, 50, 1)
    cx = enumerate_regions(case.network, case.box, engine="subdivide")
    assert cx.states.tobytes() == expected.states.tobytes()
    assert cx.facet_neighbors.tobytes() == expected.facet_neighbors.tobytes()


@pytest.mark.parametrize(("d", "widths"), [(5, (6, 5)), (5, (8,)), (6, (7,)), (6, (5, 4))])
def test_five_and_six_dimensions(d: int, widths: tuple[int, ...]) -> None:
    net = random_network(0, d, ["relu"] * len(widths), max(widths))
    box = Box.cube(d, -1, 1)
    cx = enumerate_regions(net, box, engine="subdivide")
    assert facets(cx) == facets(enumerate_regions(net, box, engine="traverse"))
    check_cells(cx.faces.cells)
    cx.check()


def test_more_faces_than_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces are numbered by int32: where they run out, the error says so, and "auto" goes another way."""
    case = by_name("fold-2d-2-2-outside")
    expected = facets(enumerate_regions(case.network, case.box, engine="subdivide"))
    monkeypatch.setattr(group_cut, "MOST_FACES", 60)
    with pytest.raises(TooLargeError, match="smaller box, or engine 'traverse'"):
        enumerate_regions(case.network, case.box, engine="subdivide")
    cx = enumerate_regions(case.network, case.box)
    assert cx.engine == "split"
    assert facets(cx) == expected


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_leaves_what_is_done(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    divide(monkeypatch, 60, 1)
    net, box = random_network(0, 2, ["relu", "relu"], 8), Box.cube(2, -1, 1)
    expected = enumerate_regions(net, box, engine="subdivide")
    told = []

    def interrupt(done: int, known: int) -> None:
        told.append((done, known))
        if 0 < done < expected.n_regions:
            raise KeyboardInterrupt

    for _ in range(20):  # another worker may do it all
        told.clear()
        cx = enumerate_regions(net, box, engine="subdivide", workers=workers, progress=interrupt)
        if not cx.complete:
            break
    assert (cx.complete, cx.stopped) == (False, "interrupted")
    assert told == sorted(told)
    assert 0 < cx.n_regions < expected.n_regions
    agrees_as_far_as_it_goes(cx, expected)

    def at_once(done: int, known: int) -> None:
        raise KeyboardInterrupt

    if workers == 1:  # another one may have done something by then
        with pytest.raises(KeyboardInterrupt):
            enumerate_regions(net, box, engine="subdivide", progress=at_once)


def agrees_as_far_as_it_goes(cx: RegionComplex, whole: RegionComplex) -> None:
    """A partial result has true regions, and all facets of those that it has explored."""
    cx.check()
    with pytest.raises(InvalidInputError, match="this result is partial"):
        _ = cx.faces
    sides = range(-1, -1 - 2 * cx.box.dim, -1)
    for i in range(cx.n_explored):
        here, there = cx[i], whole[whole.find(cx.states[i])]
        for j in sides:
            assert (j in here.facets) == (j in there.facets)
        own = sorted(cx.states[j].tobytes() for j in here.neighbors)
        assert own == sorted(whole.states[j].tobytes() for j in there.neighbors)
    assert all(whole.find(pattern) >= 0 for pattern in cx.states)


@pytest.mark.parametrize("workers", [1, 3])
def test_a_limit(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    divide(monkeypatch, 60, 1)
    problems = [(random_network(1, d, kinds, width), Box.cube(d, -1, 1)) for d, kinds, width in RANDOM[:4]]
    for net, box in problems:
        whole = enumerate_regions(net, box, engine="subdivide")
        n = whole.n_regions
        for limit in sorted({1, n // 3, n - 1, n, n + 1} - {0}):
            cx = enumerate_regions(net, box, engine="subdivide", limit=limit, workers=workers)
            assert cx.n_regions == min(limit, n)
            assert (cx.complete, cx.stopped) == ((True, "") if limit >= n else (False, "limit"))
            if limit < n:
                agrees_as_far_as_it_goes(cx, whole)


def test_a_time_limit_gives_at_least_one_part(monkeypatch: pytest.MonkeyPatch) -> None:
    divide(monkeypatch, 60, 1)
    net, box = random_network(0, 2, ["relu", "relu"], 10), Box.cube(2, -1, 1)
    whole = enumerate_regions(net, box, engine="subdivide")
    cx = enumerate_regions(net, box, engine="subdivide", time_limit=1e-6)
    assert (cx.complete, cx.stopped) == (False, "time")
    assert 0 < cx.n_regions < whole.n_regions
    agrees_as_far_as_it_goes(cx, whole)


def test_progress_of_counting_knows_the_share(monkeypatch: pytest.MonkeyPatch) -> None:
    divide(monkeypatch, 60, 1)
    told: list[tuple[float, int]] = []
    net, box = random_network(0, 2, ["relu", "relu"], 10), Box.cube(2, -1, 1)
    counts = count_by_subdivision(net, box, progress=lambda *pair: told.append(pair))
    assert told == sorted(told)
    assert 0.5 < told[-1][0] < 1 + 1e-9
    assert told[-1][1] <= counts.regions
    assert len({share for share, _ in told}) > 10


def test_multiples_of_a_unit_are_one_hyperplane() -> None:
    """Weights of no special form, twice, negated and scaled: no sign is left to integers for that."""
    rng = np.random.default_rng(5)
    layers = []
    for n_in, units in ((2, 9), (9, 8)):
        weight, bias = rng.normal(size=(units, n_in)), rng.normal(size=units)
        for other, unit, factor in ((3, 1, 1.0), (4, 1, -1.0), (5, 2, 4.0), (6, 2, -0.25)):
            weight[other], bias[other] = factor * weight[unit], factor * bias[unit]
        layers.append(relu(weight, bias))
    net, box = Network(layers), Box.cube(2, -1, 1)
    subdivision = Subdivision(net, box)
    cx = subdivision.run()
    assert facets(cx) == facets(enumerate_regions(net, box, engine="traverse"))
    assert cx.undecided == subdivision.undecided == 0


def fan(seed: int, d: int, more: int) -> Network:
    """Second-layer boundaries that run through edges that the first layer made, and are cut there again."""
    rng = np.random.default_rng(seed)
    axes = np.eye(d)
    weight = [*axes[:2], *-axes[:2], axes[2], *rng.integers(-2, 3, (more, d))]
    bias = [0.0] * 4 + [4.0, *rng.integers(-2, 3, more)]
    order = rng.permutation(4)
    weight[:4] = [weight[i] for i in order]
    x, y = (np.zeros(len(weight)) for _ in range(2))
    # relu(v) - relu(-v) = v
    for k, (plus, minus) in enumerate(((0, 2), (1, 3))):
        row = (x, y)[k]
        row[list(order).index(plus)], row[list(order).index(minus)] = 1.0, -1.0
    z = np.zeros(len(weight))
    z[4] = 1.0
    rows = [y - x, z, z, z, x + y, y - 2 * x]
    return Network([relu(weight, bias), relu(rows, [0.0, -4.0, -4.5, -3.5, 0.0, 0.0])])


@pytest.mark.parametrize("together", [1, 16, 128])
@pytest.mark.parametrize("seed", range(6))
def test_boundaries_through_old_edges(seed: int, together: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ridge in the hyperplane may be in pieces already when the facet beside it is not."""
    divide(monkeypatch, 3 * together, together=together)
    for d, more in ((3, 0), (3, 3), (4, 1)):
        net, box = fan(seed, d, more), Box.cube(d, -1, 1)
        expected = facets(enumerate_regions(net, box, engine="traverse"))
        for workers in (1, 2):
            cx = enumerate_regions(net, box, engine="subdivide", workers=workers)
            assert facets(cx) == expected
            check_cells(cx.faces.cells)


def same_as_traverse(net: Network, box: Box) -> None:
    cx = enumerate_regions(net, box, engine="subdivide")
    assert facets(cx) == facets(enumerate_regions(net, box, engine="traverse"))
    cx.check()


def test_pieces_whose_difference_is_smaller_than_their_rounding() -> None:
    net = Network([maxout([[[1.0 + 2.0**-51], [1.0]]], [[0.0, 2.0**-51 * 0.1 * 0.98]])])
    same_as_traverse(net, Box([0.0], [0.1]))
    assert enumerate_regions(net, Box([0.0], [0.1]), engine="subdivide").n_regions == 2


@pytest.mark.parametrize("fill", [-1.0, 0.0, 1.0, np.nan])
def test_forms_that_float64_takes_for_parallel(fill: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """(1, 1) and (1, 1 + 2^-60): their vertex has no coordinates in float64, whatever memory held before."""
    grown = group_cut.grown

    def filled(*arrays: np.ndarray, rows: int = 0) -> list[np.ndarray]:
        results = grown(*arrays, rows=rows)
        for result, array in zip(results, arrays, strict=True):
            if result.dtype == np.float64:
                result[len(array) :] = fill
        return results

    monkeypatch.setattr(group_cut, "grown", filled)
    rng = np.random.default_rng(0)
    first = relu([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], [2.0, 2.0, 2.0])
    second = relu([[1.0, 1.0, 0.0], [1.0, 1.0, 2.0**-60]], [-4.0, -4.0 - 2.0**-61])
    third = relu(rng.integers(-2, 3, (5, 2)), rng.integers(-1, 2, 5) / 4)
    same_as_traverse(Network([first, second, third]), Box.cube(2, -1, 1))


def test_numbers_whose_products_underflow() -> None:
    same_as_traverse(Network([relu([[5e-324, 1e-323]], [-5e-324])]), Box([0, 0], [1, 1]))
    for seed in range(10):
        rng = np.random.default_rng(seed)
        layers = [relu(rng.normal(size=(3, 2)) * 1e-161, rng.normal(size=3) * 1e-161)]
        layers.append(relu(rng.normal(size=(3, 3)) * 1e-161, rng.normal(size=3) * 1e-322))
        same_as_traverse(Network(layers), Box.cube(2, -1, 1))
    steep = piecewise([[1e200]], [0], [5e199], [1e-200, 0.0])
    same_as_traverse(Network([steep, relu([[1.0], [1e-200]], [-0.5, -1e-205])]), Box([-1], [1]))


@pytest.mark.parametrize("side", [1e-200, 1e-110, 1e110, 1e200])
def test_boxes_whose_volume_is_no_number(side: float) -> None:
    for d in (2, 3):
        net = Network([relu(np.eye(d), np.zeros(d)), linear(np.ones((1, d)), [0.0])])
        same_as_traverse(net, Box.cube(d, -side, side))
    same_as_traverse(Network([relu([[1e-300]], [-0.5]), linear([[1e-300]], [0.0])]), Box([0], [1e300]))


@pytest.mark.parametrize("workers", [1, 2])
def test_memory_that_runs_out_leaves_what_is_done(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    divide(monkeypatch, 60, 1)
    net, box = random_network(0, 2, ["relu", "relu"], 8), Box.cube(2, -1, 1)
    expected = enumerate_regions(net, box, engine="subdivide")
    advance, calls = CellPart.advance, []

    def failing(self: CellPart, work: group_cut.CutSpace) -> bool:
        calls.append(self)
        if len(calls) == after:
            raise MemoryError
        return advance(self, work)

    monkeypatch.setattr(CellPart, "advance", failing)
    for after in (1, 3, 14):
        calls.clear()
        if after < 14:
            with pytest.raises(TooLargeError, match="does not fit"):
                enumerate_regions(net, box, engine="subdivide", workers=workers)
        else:
            cx = enumerate_regions(net, box, engine="subdivide", workers=workers)
            assert (cx.complete, cx.stopped) == (False, "memory")
            agrees_as_far_as_it_goes(cx, expected)


def test_kernels_stay_within_their_arrays() -> None:
    """As plain Python every index is checked; compiled, none is."""
    script = """
from support.zoo import by_name
from polyregions import enumerate_regions
from polyregions.engines.subdivide import growth
growth.MOST_FACES, growth.MOST_IN_HIGH_DIMENSION = {}, 40
for name in ("fold-2d-2-2-outside", "six-differ", "maxout-three", "grid-2-2-3"):
    case = by_name(name)
    cx = enumerate_regions(case.network, case.box, engine="subdivide", workers=2)
    assert cx.n_regions == case.regions
    cx.check()
"""
    environment = os.environ | {"NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[1])}
    subprocess.run([sys.executable, "-c", script], env=environment, check=True, timeout=300)
