"""Linear regions by each of the six definitions: known numbers, and a slow referee in fractions."""

from __future__ import annotations

from copy import copy
from fractions import Fraction
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from support import linear_reference as slow
from support.networks import degenerate, some, subdivided
from support.profiles import examples
from support.reference import forward
from support.strategies import cases
from support.zoo import by_name, cube, fold_layers, folding, inside_unit_cube

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.analysis.definitions import all_counts, count_linear_regions, linear_regions
from polyregions.analysis.definitions.closed_regions import zero_in_hull
from polyregions.complex import regions, vertex_values
from polyregions.errors import InvalidInputError
from polyregions.network.layers import Layer, absolute, linear, maxout, relu
from polyregions.statistics import boundary_volume
from polyregions.theory.predictions import DEFINITIONS


def counts(cx: RegionComplex) -> list[int | list[int]]:
    """In the order of the definitions, finest first."""
    return [all_counts(cx)[name] for name in DEFINITIONS]


# Stargalla, Hertrich, Reichman 2025; the nets are derived in the zoo. In the third all six numbers differ.
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("six-convex", [7, 5, 4, 3, 3, 3]),
        ("six-differ", [10, 8, 8, 6, 5, 4]),
        ("six-differ-useless", [15, 12, 8, 6, 5, 4]),
        ("six-cancelling", [3, 2, 1, 1, 1, 1]),
        ("six-central", [7, 6, 6, 6, 5, 5]),
        ("six-hat", [5, 4, 4, 4, 4, 3]),
    ],
)
def test_known_numbers(name: str, expected: list[int]) -> None:
    case = by_name(name)
    expected_or_bounds = [*expected[:2], [expected[2]] * 2, *expected[3:]]
    assert counts(enumerate_regions(case.network, case.box)) == expected_or_bounds


# min(relu(y), |x|) is y in two sectors, |x| between them, 0 below: maps 0, y, x, -x. The walls are on the x
# axis, y = |x| and the positive y axis; the negative one is removable: 6 activation regions, 5 open
# connected ones. f = y on all of the x axis, too: the two sectors are one closed connected region. Only on
# the y axis there are other patterns, one above and one below. A complex has angles below pi around the
# origin, where five walls meet: so the lower half is cut.
T_JUNCTION = [[[0, 1], [1, 0], [-1, 0]], [[1, 0, 0], [1, -1, -1]], [[1, -1]]]


@pytest.mark.parametrize("d", [2, 3])
def test_t_junction(d: int) -> None:
    first, second, last = (np.array(w, dtype=float) for w in T_JUNCTION)
    first = np.pad(first, ((0, 0), (0, d - 2)))
    layers = [relu(first, [0] * 3), relu(second, [0] * 2), linear(last, [0])]
    assert counts(subdivided(layers, cube(d, -2, 2))) == [8, 6, [6, 6], 5, 4, 4]


# --------------------------------------------------------------------------------------------------------
# Folds (Montufar et al. 2014). On [0, 1]^n0 all activation regions are linear regions with different maps. On
# [-1, 2] there are, in each dimension, two more intervals; after an even fold with another one above it, the
# network is zero on both.

OUTSIDE = {(2,): 3, (3,): 4, (2, 2): 5, (3, 2): 7, (4, 3): 13, (2, 2, 2): 9, (3, 3, 3): 28}


@pytest.mark.parametrize(
    ("n0", "folds"),
    [*((1, p) for p in OUTSIDE), *((2, p) for p in OUTSIDE if len(p) < 3), (3, (2,)), (3, (2, 2))],
)
def test_folds(n0: int, folds: tuple[int, ...]) -> None:
    cells = int(np.prod(folds)) ** n0
    inside = subdivided(folding(n0, folds), cube(n0, 0, 1))
    expected = [cells, [cells, cells], cells, cells, cells]
    assert counts(inside)[1:] == expected
    outside = subdivided(folding(n0, folds), cube(n0, -1, 2))
    regions = outside.n_regions
    assert count_linear_regions(outside) == regions
    assert count_linear_regions(outside, "affine") == OUTSIDE[folds] ** n0
    assert count_linear_regions(outside, "convex") == (regions, regions)


def test_patterns_of_folds() -> None:
    """Coordinates do not interact: patterns are pairs of those in one dimension, all met at some i / 2K."""
    layers, _ = fold_layers(1, (3, 2, 3))
    patterns = {tuple(forward(layers, [Fraction(i, 36)])[1]) for i in range(1, 36)}
    assert len(patterns) > 18
    for n0 in (1, 2):
        cx = subdivided(folding(n0, (3, 2, 3)), cube(n0, 0, 1))
        assert count_linear_regions(cx, "activation") == len(patterns) ** n0


@pytest.mark.slow
def test_many_regions() -> None:
    """Five folds by three: 59,049 regions, and about 4 sqrt(59049) maps if the coordinates are added."""
    layers = folding(2, (3,) * 5)
    assert [count for count in counts(subdivided(layers, cube(2, 0, 1)))[1:] if isinstance(count, int)] == [
        59049
    ] * 4
    *below, last = layers
    total = subdivided([*below, linear(last.weight.sum(axis=0, keepdims=True), [0])], cube(2, 0, 1))
    # saw(x) + saw(y), with slopes +-K and saw = 0 at even and 1 at odd multiples of 1 / K. Piece k = 0..K-1
    # is K x - k if k is even and k + 1 - K x if it is odd: constants -k, even, 0..242, or k + 1, 2..242.
    # Maps by the two slopes: -(a + b) for even a, b: 0..484, 243; -a + b: -242..240 + 2: -240..242, 242 each,
    # for two orders; a + b: 4..484, 241.
    assert count_linear_regions(total, "affine") == 243 + 2 * 242 + 241
    assert count_linear_regions(total, "open_connected") == 59049
    # {f = g} is connected: f - g = u(x) + v(y) with u and v monotone, if g is one of these maps.
    assert count_linear_regions(total, "closed_connected") == 968


ORIENTED = [(1, (3,), 2), (2, (2,), 3), (2, (3,), 3), (2, (2, 2), 3), (3, (2,), 4)]


@pytest.mark.parametrize(("n0", "folds", "m"), ORIENTED)
def test_theorem_4(n0: int, folds: tuple[int, ...], m: int) -> None:
    """With a last layer as it comes, copies of the cell where it is all off merge; oriented well, none do."""
    box, last = cube(n0, 0, 1), inside_unit_cube(n0, m)
    case = by_name(f"theorem4-{n0}d-{'-'.join(map(str, folds))}-{m}")
    raw = [v for v in counts(enumerate_regions(case.network, box)) if isinstance(v, int)]
    assert raw[1] == case.regions
    assert raw == sorted(raw, reverse=True)
    # A sign vector that no cell of the last layer's arrangement has is moved to "all off".
    realised = {tuple(row) for row in enumerate_regions(Network([last]), box).states.tolist()}
    unrealised = next(row for row in product((0, 1), repeat=m) if row not in realised)
    sign = 1.0 - 2.0 * np.array(unrealised)
    oriented = relu(last.weight * sign[:, None], last.bias * sign)
    *below, _ = folding(n0, folds, oriented)
    cx = subdivided([*below, linear([[1.0, 0.375, 5.5, -2.25][:m]], [0])], box)
    assert cx.n_regions == case.regions  # the theorem's bound
    assert count_linear_regions(cx) == case.regions


# --------------------------------------------------------------------------------------------------------
# The referee.


def check_all(cx: RegionComplex) -> list[int | list[int]]:
    found = counts(cx)
    activation, proper, convex, opened, closed, affine = found
    assert isinstance(convex, list)
    low, high = convex
    assert affine <= closed <= opened <= low <= high <= proper <= activation
    assert proper == cx.n_regions
    assert affine == slow.count_affine(cx)
    assert opened == len(slow.open_components(cx))
    assert activation == slow.count_activation(cx)
    assert closed == slow.count_closed_connected(cx)
    return found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("d", "most", "seeds"), [(1, 60, range(60)), (2, 45, range(110)), (3, 20, range(60))]
)
def test_coincidences(d: int, most: int, seeds: range) -> None:
    apart = np.zeros(5, dtype=int)
    for cx in some(d, most, seeds):
        activation, proper, convex, *rest = check_all(cx)
        numbers = [activation, proper, convex[0], *rest]  # type: ignore[index]
        apart += [a > b for a, b in pairwise(numbers)]
    # In the line convex, open connected and closed connected regions are the same.
    assert (apart[:2] > 1).all()
    assert ((apart[2:4] > 1) == (d > 1)).all()
    assert apart[4] > 1 or d == 3


@settings(max_examples=examples(60))
@given(cases(max_units=5))
def test_degenerate_networks(case: tuple[Network, Box]) -> None:
    cx = enumerate_regions(*case, engine="subdivide")
    if cx.n_regions <= 30:
        check_all(cx)


@pytest.mark.parametrize(
    "name", ["six-differ-useless", "six-central", "six-convex", "diamond-relu", "touching"]
)
def test_nothing_depends_on_what_float64_can_decide(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no number taken for whole, every zero is decided in rational arithmetic."""
    case = by_name(name)
    expected = counts(enumerate_regions(case.network, case.box))
    monkeypatch.setattr(vertex_values, "WHOLE", 0.0)
    assert counts(enumerate_regions(case.network, case.box)) == expected


def with_arrays(layer: Layer, weight: np.ndarray, bias: np.ndarray) -> Layer:
    layer = copy(layer)
    object.__setattr__(layer, "weight", weight)
    object.__setattr__(layer, "bias", bias)
    return layer


@pytest.mark.parametrize("seed", range(25))
def test_nothing_depends_on_the_scale(seed: int) -> None:
    """Without biases above, the first layer can be multiplied by any positive number: here one of 53 bits."""
    first, *rest = degenerate(seed, 2)
    if any(layer.kind == "hard_tanh" for layer in (first, *rest)):
        return
    above = [with_arrays(layer, layer.weight, 0 * layer.bias) for layer in rest]
    scale = 1 + 2.0**-52
    scaled = with_arrays(first, scale * first.weight, scale * first.bias)
    cx, other = (subdivided([layer, *above], cube(2, -2, 2)) for layer in (first, scaled))
    assert counts(cx) == counts(other)


@pytest.mark.parametrize("engine", ["traverse", "brute"])
@pytest.mark.parametrize("seed", range(8))
def test_engines_agree(engine: str, seed: int) -> None:
    layers, box = degenerate(seed, 2), cube(2, -2, 2)
    with_faces = all_counts(subdivided(layers, box))
    other = enumerate_regions(Network(layers), box, engine=engine)
    found = all_counts(other)
    assert set(found) == {"proper_activation", "convex", "open_connected", "affine"}
    assert {k: v for k, v in found.items() if k != "convex"} == {
        k: with_faces[k] for k in found if k != "convex"
    }
    (low, high), (below, above) = found["convex"], with_faces["convex"]  # type: ignore[misc]
    assert low == found["open_connected"] <= below
    assert below <= high <= found["proper_activation"]
    assert low <= above
    if found["affine"] == 1:
        assert high == 1


def test_bounds_meet_in_one_dimension_without_faces() -> None:
    case = by_name("mixed")
    cx = enumerate_regions(case.network, case.box, engine="traverse")
    assert count_linear_regions(cx, "convex") == (count_linear_regions(cx),) * 2


# --------------------------------------------------------------------------------------------------------
# Vectors.


def test_contact_in_a_vertex() -> None:
    """f = (relu(relu(x) - |y|), relu(relu(-x) - |y|)) is zero in two sectors that touch at the origin."""
    first = relu([[1, 0], [-1, 0], [0, 1], [0, -1]], [0] * 4)
    second = relu([[1, 0, -1, -1], [0, 1, -1, -1]], [0, 0])
    cx = subdivided([first, second], cube(2))
    # Nonzero: right and left, each cut in two by y = 0. Zero: above and below.
    assert [count_linear_regions(cx, name) for name in DEFINITIONS[3:]] == [6, 5, 5]
    # With 1/8 added to both, there is a gap between them.
    second = relu([[1, 0, -1, -1], [0, 1, -1, -1]], [0.125, 0.125])
    apart = subdivided([first, second], cube(2))
    opened, closed, affine = (count_linear_regions(apart, name) for name in DEFINITIONS[3:])
    assert opened == closed == affine + 1


def test_along_a_line_through_the_inside_of_facets() -> None:
    """Two equations in space: {f = g} is a line there, and leads through facets without meeting an edge."""
    layers = [
        relu([[-1, -2, 0], [1, -2, 0], [-1, -1, 2], [1, 0, 1]], [0, -1, 0, 0]),
        relu([[2, 2, -2, -2], [2, -2, -1, 1], [0, -1, 0, 2], [-1, -1, 0, 2], [2, -2, -1, -2]], [0] * 5),
        linear([[0, 1, -1, 0, 1], [1, 0, -1, 1, 1]], [0, 0]),
    ]
    cx = subdivided(layers, cube(3, -2, 2))
    opened, closed, affine = (count_linear_regions(cx, name) for name in DEFINITIONS[3:])
    assert opened > closed == affine == slow.count_affine(cx) == slow.count_closed_connected(cx)


@pytest.mark.parametrize("m", [1, 2, 3])
def test_zero_in_a_hull(m: int) -> None:
    rng = np.random.default_rng(m)
    answers = []
    for _ in range(150):
        vectors = rng.integers(-4, 5, size=(rng.integers(1, 7), m))
        exact = [
            [Fraction(int(v), int(q)) for v in row]
            for row, q in zip(vectors, rng.integers(1, 9, 99), strict=False)
        ]
        answers.append(slow.zero_in_hull(exact))
        assert zero_in_hull(exact) == answers[-1]
    assert 20 < sum(answers) < 130


def test_three_outputs_in_space() -> None:
    """Hulls of vectors in faces of dimension 0, 1 and 2."""
    for seed in range(40):
        layers = degenerate(seed, 3)
        if layers[-1].n_units == 3:
            cx = subdivided(layers, cube(3, -2, 2))
            if cx.n_regions <= 16:
                assert count_linear_regions(cx, "closed_connected") == slow.count_closed_connected(cx)


# --------------------------------------------------------------------------------------------------------
# Regions as objects.


@pytest.mark.parametrize("definition", ["proper_activation", "open_connected", "closed_connected", "affine"])
@pytest.mark.parametrize("name", ["six-differ-useless", "six-hat", "theorem4-2d-2-3", "mixed"])
def test_regions(definition: str, name: str) -> None:
    case = by_name(name)
    cx = enumerate_regions(case.network, case.box)
    regions = linear_regions(cx, definition)
    assert len(regions) == count_linear_regions(cx, definition) == len(list(regions))
    assert sorted(i for region in regions for i in region.members.tolist()) == list(range(cx.n_regions))
    assert [region.members[0] for region in regions] == sorted(region.members[0] for region in regions)
    maps, volumes = slow.maps_of(cx), regions.volumes()
    assert volumes.sum() == pytest.approx(case.box.volume)
    pairs = set()
    for region in regions:
        assert (regions.labels[region.members] == region.id).all()
        A, c = region.exact_affine_map
        own = tuple((*row, constant) for row, constant in zip(A, c, strict=True))
        assert {maps[i] for i in region.members} == {own}
        assert region.affine_map[0].tolist() == [[float(v) for v in row] for row in A]
        assert region.volume == pytest.approx(volumes[region.id])
        pairs |= {tuple(sorted((region.id, other))) for other in region.neighbors}
        assert region.is_convex == (None if regions.convex is None else regions.convex[region.id])
    assert regions.adjacencies.tolist() == sorted(map(list, pairs))
    assert regions.sizes.sum() == cx.n_regions
    assert (regions.convex is None) == (definition in ("closed_connected", "affine"))
    with pytest.raises(IndexError):
        regions[len(regions)]
    assert "of" in repr(regions)
    assert definition in repr(regions[-1])


def test_which_regions_are_convex() -> None:
    """Of "six-differ", two of the six open connected regions are not (theory: the strips beside y = x)."""
    case = by_name("six-differ")
    regions = linear_regions(enumerate_regions(case.network, case.box))
    assert regions.convex is not None
    maps = [[*A[0].tolist(), float(c[0])] for A, c in (r.affine_map for r in regions if not r.is_convex)]
    assert sorted(maps) == [[-1.0, 1.0, 0.0], [1.0, -1.0, 0.0]]


def test_regions_without_faces() -> None:
    case = by_name("six-hat")
    cx = enumerate_regions(case.network, case.box, engine="traverse")
    regions = linear_regions(cx, "affine")
    assert sorted(regions.volumes()) == pytest.approx(sorted(r.volume for r in regions))
    assert linear_regions(cx).convex is None


def test_a_network_without_units() -> None:
    for layers in (
        [linear([[1, 2], [3, 4]], [5, 6])],
        [maxout([[[1, 0]]], [[0]])],
        [absolute([[0, 0]], [1])],
    ):
        assert counts(subdivided(layers, cube(2))) == [1, 1, [1, 1], 1, 1, 1]


def test_a_layer_that_stands_in_several_places() -> None:
    """|2 x - 1| three times, as one object: 8 intervals, and the patterns at all i / 16."""
    tent = maxout([[[2], [-2]]], [[-1, 1]])
    cx = subdivided([tent] * 3, cube(1, 0, 1))
    patterns = {tuple(forward([tent] * 3, [Fraction(i, 16)])[1]) for i in range(1, 16)}
    assert counts(cx) == [len(patterns), 8, [8, 8], 8, 8, 8]
    fold = absolute([[2, 0], [0, 2]], [-1, -1])
    cx = subdivided([fold] * 2, cube(2, 0, 1))
    assert counts(cx)[1:] == [16, [16, 16], 16, 16, 16]
    assert count_linear_regions(cx, "activation") == slow.count_activation(cx)


# --------------------------------------------------------------------------------------------------------
# What is refused.


def test_wrong_questions() -> None:
    case = by_name("six-hat")
    cx = enumerate_regions(case.network, case.box)
    with pytest.raises(InvalidInputError, match="'linear' is unknown; known: activation, proper_activation"):
        count_linear_regions(cx, "linear")
    for definition in ("activation", "convex"):
        with pytest.raises(InvalidInputError, match="does not merge activation regions"):
            linear_regions(cx, definition)
    without = enumerate_regions(case.network, case.box, engine="brute")
    for definition in ("activation", "closed_connected"):
        with pytest.raises(InvalidInputError, match="engine='subdivide'"):
            count_linear_regions(without, definition)
    with pytest.raises(InvalidInputError, match="engine='subdivide'"):
        linear_regions(without, "closed_connected")
    partial = enumerate_regions(case.network, case.box, engine="traverse", limit=2)
    for definition in DEFINITIONS:
        with pytest.raises(InvalidInputError, match=r"partial.*resume"):
            count_linear_regions(partial, definition)
    with pytest.raises(InvalidInputError, match="partial"):
        all_counts(partial)


def test_types() -> None:
    case = by_name("six-convex")
    cx = enumerate_regions(case.network, case.box)
    assert count_linear_regions(cx, "convex") == (4, 4)
    assert count_linear_regions(cx) == 3
    assert all_counts(cx, ["affine", "convex"]) == {"affine": 3, "convex": [4, 4]}


def linear_pairs(units: int, d: int, *, bent: int) -> Network:
    """Sums of z = relu(z) - relu(-z), affine each, but for some units, where relu(z) counts twice."""
    rng = np.random.default_rng([units, d])
    weight, bias = rng.normal(size=(units, d)), rng.normal(size=units) / 4
    out = np.append(np.ones(units) + (np.arange(units) < bent), -np.ones(units))
    return Network.from_arrays([(np.r_[weight, -weight], np.r_[bias, -bias]), (out[None], [0])])


@pytest.mark.parametrize(("bent", "most"), [(0, 1), (1, 2), (2, 4), (3, 7)])
def test_convex_regions_without_faces(bent: int, most: int) -> None:
    """What bends in m lines has at most as many convex regions as these make, whatever the patterns."""
    cx = enumerate_regions(linear_pairs(9, 2, bent=bent), Box.cube(2, -1, 1), engine="traverse")
    low, high = count_linear_regions(cx, "convex")
    assert count_linear_regions(cx, "affine") <= count_linear_regions(cx) == low <= high <= most
    assert cx.n_regions > 3 * most
    exact = enumerate_regions(cx.network, cx.box, engine="subdivide")
    below, above = count_linear_regions(exact, "convex")
    assert max(low, below) <= min(high, above)


@settings(max_examples=examples(30))
@given(cases())
def test_bounds_without_faces_hold(case: tuple[Network, Box]) -> None:
    net, box = case
    cx = enumerate_regions(net, box, engine="traverse")
    low, high = count_linear_regions(cx, "convex")
    below, above = count_linear_regions(enumerate_regions(net, box, engine="subdivide"), "convex")
    assert max(low, below) <= min(high, above)
    assert count_linear_regions(cx, "affine") <= low <= high <= cx.n_regions


def test_maps_are_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five definitions one by one, merged regions and the measure of their boundary share the labels."""
    runs = []
    compare = regions.map_labels
    monkeypatch.setattr(regions, "map_labels", lambda *args: runs.append(1) or compare(*args))
    cx = enumerate_regions(linear_pairs(4, 2, bent=1), Box.cube(2, -1, 1), engine="subdivide")
    for definition in DEFINITIONS:
        count_linear_regions(cx, definition)
    all_counts(cx)
    linear_regions(cx, "affine")
    boundary_volume(cx, 1, "linear")
    assert len(runs) == 1


def test_slices_of_linear_regions() -> None:
    cx = enumerate_regions(linear_pairs(4, 2, bent=2), Box.cube(2, -1, 1))
    merged = linear_regions(cx)
    assert [region.id for region in merged[1:3]] == [1, 2]
    with pytest.raises(InvalidInputError, match="linear region '0'"):
        merged["0"]  # type: ignore[call-overload]
    with pytest.raises(IndexError):
        merged[len(merged)]
