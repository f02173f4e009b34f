"""Bounds against the numbers of the literature, against each other, and against enumerations."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from matplotlib.colors import to_hex

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.errors import FileFormatError, InvalidInputError, TooLargeError
from polyregions.plot import plot_shallow_and_deep
from polyregions.plot.styles import layer_colour
from polyregions.theory.bounds import (
    RATES,
    Bound,
    Rate,
    arora_2018,
    at_equal_parameters,
    at_equal_units,
    bounds_table,
    format_number,
    format_table,
    hinz_van_de_geer_2019,
    maxout_bounds,
    maxout_chain,
    maxout_folds,
    maxout_layer,
    maxout_layer_lower,
    maxout_layer_maximum,
    maxout_layer_upper,
    maxout_montufar_2014,
    maxout_patterns,
    maxout_serra,
    montufar_2014,
    montufar_2017,
    network_upper_bound,
    one_input_maximum,
    one_layer_maximum,
    parameter_count,
    pascanu_2013,
    raghu_2017,
    regions_in_general_position,
    relu_bounds,
    serra_lower,
    serra_upper,
    telgarsky_2015,
    tseran_montufar_2021,
    zonotope_pieces,
)

#: n0, widths, Pascanu 2013, Montufar 2014, Serra lower (None: its hypothesis fails), Serra upper,
#: Montufar 2017, Raghu 2017.
TABLE = [
    (1, (2, 2), 6, 6, None, 9, 9, 9),
    (1, (3, 3, 3), 36, 36, 64, 64, 64, 64),
    (2, (4,), 11, 11, 11, 11, 11, 11),
    (2, (4, 4), 22, 44, None, 121, 121, 121),
    (2, (4, 4, 4), 44, 176, None, 1331, 1331, 1331),
    (2, (5, 3), 14, 28, None, 112, 112, 256),
    (2, (2, 8), 37, 37, None, 56, 148, 1369),
    (2, (8, 2), 16, 64, 100, 148, 148, 1369),
    (2, (6, 6, 6), 198, 1782, 5632, 10648, 10648, 10648),
    (3, (6, 6), 84, 336, None, 1764, 1764, 1764),
    (3, (3, 9, 3), 24, 216, None, 2127, 8320, 2197000),
    (4, (8, 8), 326, 2608, None, 26569, 26569, 26569),
]
#: Shapes for sweeps: 1 to 3 inputs, one to three layers, some narrower than the input.
SHAPES = [
    (inputs, widths)
    for inputs in (1, 2, 3)
    for depth in (1, 2, 3)
    for widths in itertools.product((1, 2, 3, 6, 9), repeat=depth)
]


# --- formulas -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}-{row[1]}")
def test_table(row: tuple[int, ...]) -> None:
    inputs, widths, *expected = row
    bounds = (pascanu_2013, montufar_2014, serra_lower, serra_upper, montufar_2017, raghu_2017)
    assert [bound(inputs, widths).value for bound in bounds] == expected


def test_general_position() -> None:
    for m, d in itertools.product(range(7), range(6)):
        expected = sum(math.comb(m, j) for j in range(d + 1))
        assert regions_in_general_position(m, d) == expected
    assert regions_in_general_position(3, 10**9) == 8


def test_serra_sums_what_it_says() -> None:
    """The sum over all tuples, written out."""
    for inputs, widths in ((2, (3, 4)), (3, (4, 2, 5)), (2, (2, 8)), (1, (5, 5)), (7, (2, 3))):
        total = 0
        for js in itertools.product(*(range(n + 1) for n in widths)):
            ranks = [inputs]
            for n, j in zip(widths, js, strict=True):
                ranks.append(min(ranks[-1], n - j))
            if all(j <= rank for j, rank in zip(js, ranks, strict=False)):
                total += math.prod(math.comb(n, j) for n, j in zip(widths, js, strict=True))
        assert serra_upper(inputs, widths).value == total


def test_hinz_and_van_de_geer_in_matrices() -> None:
    """Their form: a product of matrices B and M; and the same number as the bound of Serra et al."""
    for inputs, widths in SHAPES:
        assert hinz_van_de_geer_2019(inputs, widths).value == serra_upper(inputs, widths).value
        histogram = np.zeros(inputs + 1, dtype=object)
        histogram[inputs] = 1
        for m, n in itertools.pairwise((inputs, *widths)):
            M = np.zeros((n + 1, m + 1), dtype=object)
            for r in range(m + 1):
                M[min(r, n), r] = 1
            B = np.zeros((n + 1, n + 1), dtype=object)
            for r in range(n + 1):
                for j in range(r + 1):
                    B[min(r, n - j), r] += math.comb(n, j)
            histogram = B @ (M @ histogram)
        assert hinz_van_de_geer_2019(inputs, widths).value == sum(histogram)


@pytest.mark.parametrize(
    ("inputs", "ranks", "regions"),
    [
        (1, (3, 4), 6),
        (2, (3, 3), 9),
        (2, (3, 3, 3), 19),
        (2, (4, 2, 3), 18),
        (2, (2, 2, 2, 2), 11),
        (3, (3, 3, 3), 27),
        (3, (2, 3, 2, 2), 22),
    ],
)
def test_maxout_layers(inputs: int, ranks: tuple[int, ...], regions: int) -> None:
    assert maxout_layer(inputs, ranks) == regions
    assert maxout_layer_maximum(inputs, [ranks]).value == regions
    assert network_upper_bound(inputs, [ranks]).value == regions
    # All subsets, one by one.
    subsets = (s for j in range(inputs + 1) for s in itertools.combinations(ranks, j))
    assert sum(math.prod(k - 1 for k in s) for s in subsets) == regions
    # Attained by convex functions of one linear form each, with k_i - 1 breakpoints.
    cx = enumerate_regions(_convex_layer(inputs, ranks), Box.cube(inputs, -512, 512))
    assert cx.n_regions == regions


def test_rank_two_is_relu() -> None:
    for inputs, widths in SHAPES:
        ranks = [[2] * n for n in widths]
        assert network_upper_bound(inputs, ranks).value == montufar_2017(inputs, widths).value
        assert maxout_serra(inputs, ranks).value == math.prod(
            regions_in_general_position(n, min(inputs, *widths[: i + 1])) for i, n in enumerate(widths)
        )
        assert maxout_patterns(inputs, ranks).value == 2 ** sum(widths)


def test_maxout_formulas() -> None:
    """Each as it is printed, for rank k and width n."""
    S = regions_in_general_position
    for n0, n, k in itertools.product((1, 2, 3), (1, 2, 3, 4), (2, 3, 4)):
        assert maxout_layer_lower(n0, [[k] * n]).value == k ** min(n0, n)
        assert maxout_layer_upper(n0, [[k] * n]).value == min(S(k * k * n, n0), k**n)
        assert maxout_serra(n0, [[k] * n] * 2).value == S(k * (k - 1) // 2 * n, min(n0, n)) ** 2
        assert maxout_layer_lower(n0, [[k] * n] * 2).reason == "there are 2 layers"
    assert maxout_montufar_2014(2, [[3, 3]] * 2).value == 3 * 3**2
    assert maxout_montufar_2014(3, [[4] * 3] * 3).value == 4**2 * 4**3
    assert maxout_folds(3, [[2] * 3] * 4).value == 2 ** (3 * 4)
    assert maxout_folds(4, [[3] * 4] * 2).value == 6**2 * 3**4


def test_zonotopes() -> None:
    for n0, m, w, k in itertools.product((1, 2, 3), (1, 2, 4), (2, 3), (1, 2)):
        value = sum(math.comb(m - 1, i) for i in range(n0)) * w**k
        assert zonotope_pieces(n0, m, w, k).value == value
        assert arora_2018(n0, [2 * m] + [w] * k).value == value
        assert arora_2018(n0, [2 * m + 1, w + 3] + [w] * k).value == value * w
    assert zonotope_pieces(2, 3, 1, 2).reason == "w is 1"
    assert arora_2018(2, [1]).reason == "there is one layer; a layer has 1 unit, fewer than 2"


def test_hard_tanh_after_raghu() -> None:
    assert raghu_2017(2, (3, 4, 2), breakpoints=2).value == regions_in_general_position(8, 2) ** 3
    for inputs, widths in SHAPES:
        layers = network_upper_bound(inputs, [[3] * n for n in widths])
        assert layers.value <= raghu_2017(inputs, widths, breakpoints=2).value


def test_expected_regions() -> None:
    """The ReLU formula (T N)^n / n! with twice the units, for rank 2: C(2 n, 2 n) is 1."""
    for n0, N in ((1, 4), (2, 5), (3, 3)):
        value = Fraction(32 * 2 * N, 4) ** n0 / math.factorial(n0) * 3**n0
        bound = tseran_montufar_2021(n0, N, 2, C_grad=0.5, C_bias=0.5, side=3)
        assert (bound.kind, bound.value) == ("expected", math.ceil(value))
    assert tseran_montufar_2021(3, 2, 4, C_grad=1, C_bias=1, side=0.1).value == 4**2
    assert tseran_montufar_2021(2, 7, 3, 1, 1, 1).value == (32 * 3 * 7) ** 2 * math.comb(6, 4) // 2
    assert tseran_montufar_2021(2, 7, 3, 1, 1, side=0.25).reason == "the side is too short"
    assert tseran_montufar_2021(2, 7, 1, 1, 1, side=1).reason == "a unit has rank 1"
    for bad in ({"C_grad": 0}, {"C_bias": float("nan")}, {"side": float("inf")}, {"C_grad": "1"}):
        with pytest.raises(InvalidInputError, match=next(iter(bad))):
            tseran_montufar_2021(2, 7, 3, **{"C_grad": 1, "C_bias": 1, "side": 1, **bad})


# --- bounds against each other ------------------------------------------------------------------------


def _check_order(bounds: list[Bound]) -> None:
    assert all(b.applies == (not b.reason) for b in bounds)
    of = {kind: [b.value for b in bounds if b.kind == kind and b.applies] for kind in ("lower", "upper")}
    exact = {b.value for b in bounds if b.kind == "exact" and b.applies}
    assert len(exact) <= 1
    assert max([1, *of["lower"], *exact]) <= min([*of["upper"], *exact])


def test_lower_bounds_are_below_upper_bounds() -> None:
    for inputs, widths in SHAPES:
        bounds = relu_bounds(inputs, widths)
        _check_order(bounds)
        values = {b.name: b.value for b in bounds if b.kind == "upper"}
        assert values["Serra et al. 2018"] <= values["Montufar 2017"] <= values["Raghu et al. 2017"]
        ranks = [[2] * n for n in widths]
        assert values["Montufar 2017"] == network_upper_bound(inputs, ranks).value


def test_maxout_lower_bounds_are_below_upper_bounds() -> None:
    for inputs, depth in itertools.product((1, 2, 3, 4), (1, 2, 3)):
        for layers in itertools.product(((2,), (3, 2), (3, 3), (1, 4, 4), (5, 2, 3, 3)), repeat=depth):
            bounds = maxout_bounds(inputs, layers)
            _check_order(bounds)
            values = {b.name: b.value for b in bounds if b.kind == "upper"}
            assert values["layer by layer"] <= min(values["Serra et al. 2018"], values["patterns"])
            theorem = maxout_montufar_2014(inputs, layers)
            if theorem.applies:
                assert theorem.value <= maxout_folds(inputs, layers).value


def test_each_hypothesis_is_checked() -> None:
    assert montufar_2014(3, (4, 2)).reason == "a layer has 2 units, fewer than 3"
    assert pascanu_2013(3, (2, 4)).reason == "a layer has 2 units, fewer than 3"
    assert serra_lower(2, (6, 5, 9)).reason == "a layer has 5 units, fewer than 6"
    assert serra_lower(2, (6, 6, 1)).value == 4**2 * 4**2 * 2  # the last layer may be narrow
    assert telgarsky_2015(2, (1, 2)).reason == "there are 2 inputs; a layer has 1 unit, fewer than 2"
    assert one_layer_maximum(2, (3, 3)).reason == "there are 2 layers"
    assert one_input_maximum(1, (3, 2, 3)).reason == "a layer has 2 units, fewer than 3"
    assert one_input_maximum(1, (3, 2)).value == 12
    assert maxout_folds(2, [[3, 3], [3]]).reason == "a layer has 1 unit, fewer than 2"
    assert maxout_folds(2, [[3, 1], [3, 3]]).reason == "a unit has rank 1"
    assert maxout_chain(2, [[3], [3, 3]]).reason == "there are 2 inputs; a layer has 2 units"
    assert "false" in maxout_montufar_2014(1, [[3], [3]]).reason


def test_a_bound_has_a_value_or_a_reason() -> None:
    for value, reason in ((None, ""), (3, "it fails")):
        with pytest.raises(InvalidInputError, match="bound x"):
            Bound("x", "nobody", "upper", value, "none", reason)


# --- no network has more ------------------------------------------------------------------------------


def _random_network(rng: np.random.Generator, sizes: tuple[int, ...], kind: str) -> Network:
    """Gaussian weights; maxout of ranks 2 to 4."""
    arrays = []
    for m, n in itertools.pairwise(sizes):
        shape = (n, int(rng.integers(2, 5)), m) if kind == "maxout" else (n, m)
        arrays.append((rng.normal(size=shape), rng.normal(size=shape[:-1])))
    readout = (np.ones((1, sizes[-1])), [0])
    parameters = {"slope": 0.125} if kind == "leaky_relu" else {}
    return Network.from_arrays([*arrays, readout], "relu" if kind == "maxout" else kind, **parameters)


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "abs", "hard_tanh", "maxout"])
@pytest.mark.parametrize("widths", [(4,), (4, 4), (1, 4), (3, 2, 3)], ids=str)
def test_no_network_has_more(kind: str, widths: tuple[int, ...]) -> None:
    for d, seed in itertools.product((1, 2, 3), (0, 1)):
        net = _random_network(np.random.default_rng(seed), (d, *widths), kind)
        cx = enumerate_regions(net, Box.cube(d, -9, 9))
        ranks = [layer.pieces.n_states for layer in net.layers]
        assert cx.n_regions <= network_upper_bound(d, ranks).value
        bounds = maxout_bounds(d, ranks[:-1])
        if kind == "relu":
            bounds = relu_bounds(d, widths)
        elif kind != "maxout":
            bounds = []
        for bound in bounds:
            if bound.kind in ("upper", "exact") and bound.applies:
                assert cx.n_regions <= bound.value, bound


def test_leaky_units_pass_serras_bound() -> None:
    """|x|, |y| and then four lines: every quadrant is cut alike.

    Serra's bound has S(4, 2) parts of one quadrant, S(4, 1) of two and 1 of the last: 11 + 2 * 5 + 1 = 22.
    """
    last = [[1, -1], [1, -2], [2, -1], [1, 1]], [0, 1, -1, -3]
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), last, ([[1] * 4], [0])], "abs")
    cx = enumerate_regions(net, Box.cube(2, -16, 16))
    assert serra_upper(2, (2, 4)).value == 22 < cx.n_regions <= 4 * 11
    assert network_upper_bound(2, [[2, 2], [2] * 4]).value == 4 * 11


@pytest.mark.parametrize(("kind", "states"), [("relu", 2), ("leaky_relu", 2), ("abs", 2), ("hard_tanh", 3)])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_one_layer_in_general_position_attains(kind: str, states: int, d: int) -> None:
    """Normals (1, i, i^2, ...) are independent, d by d; offsets are generic; the box holds all vertices."""
    normals = [[i**j for j in range(d)] for i in range(1, 6)]
    parameters = {"slope": 0.5} if kind == "leaky_relu" else {}
    readout = (np.ones((1, 5)), [0])
    net = Network.from_arrays([(normals, [0.0, 7.125, -3.875, 12.25, 29.625]), readout], kind, **parameters)
    cx = enumerate_regions(net, Box.cube(d, -4096, 4096))
    assert cx.n_regions == maxout_layer(d, [states] * 5)
    if kind == "relu":
        assert cx.n_regions == one_layer_maximum(d, [5]).value


# --- some network has as many -------------------------------------------------------------------------


def _zigzag(p: int) -> tuple[list[int], list[int], int]:
    """Kinks and slopes of the function of Serra et al. that maps p + 1 intervals onto [0, 2], and its length.

    Slopes are 2, -2, 1, -1, 2, -2, ...: with unit 3 turned around they can be realised.
    """
    slopes = [(-1) ** i * (1 if i in (2, 3) else 2) for i in range(p + 1)]
    ends = list(itertools.accumulate(2 // abs(s) for s in slopes))
    return ends[:-1], slopes, ends[-1]


def _serra_fold(p: int) -> tuple[list[int], list[int], list[int], int, int]:
    """Units ``relu(sign z + offset)``: signs, offsets, coefficients, constant; and the interval's length."""
    kinks, slopes, length = _zigzag(p)
    signs = [-1 if i == 2 else 1 for i in range(p)]
    jumps = [b - a for a, b in itertools.pairwise(slopes)]
    offsets = [-sign * t for sign, t in zip(signs, kinks, strict=True)]
    return signs, offsets, jumps, -jumps[2] * kinks[2], length


def _montufar_fold(p: int) -> tuple[list[int], list[int], list[int], int, int]:
    """The same for relu(p y), relu(2 (p y - 1)), ... on [0, p] (y scaled by p), with image [0, 2]."""
    jumps = [2 * (-1) ** i * (1 if i == 0 else 2) for i in range(p)]
    return [1] * p, [-i for i in range(p)], jumps, 0, p


def _folding_network(
    fold, inputs: int, widths: tuple[int, ...], turn: tuple[int, ...] = ()
) -> tuple[Network, Box]:
    """Folds of each coordinate, then hyperplanes in general position, all vertices near (1, ..., 1)."""
    *folds, last = widths
    layers, G, g, box = [], np.eye(inputs), np.zeros(inputs), Box(np.zeros(inputs), np.full(inputs, 2.0))
    for n in folds:
        signs, offsets, jumps, constant, length = fold(n // inputs)
        p = len(signs)
        if not layers:
            G = G * 2 / length  # so that G times length / 2 is the identity
            box = Box(np.zeros(inputs), np.full(inputs, float(length)))
        W, b, H = np.zeros((n, G.shape[1])), np.zeros(n), np.zeros((inputs, n))
        for j in range(inputs):
            units = slice(j * p, (j + 1) * p)
            W[units] = np.outer(signs, G[j] * length / 2)
            b[units] = np.array(offsets) + np.array(signs) * g[j] * length / 2
            H[j, units] = jumps
        layers.append((W, b))
        G, g = H, np.full(inputs, float(constant))
    normals = np.array([[i**j for j in range(inputs)] for i in range(1, last + 1)], dtype=float)
    offsets = np.random.default_rng(3).integers(1, 64, last) * 2.0**-14
    turned = np.array(turn or [1] * last)
    layers.append((turned[:, None] * (normals @ G), turned * (normals @ (g - 1) + offsets)))
    return Network.from_arrays([*layers, (3.0 ** np.arange(last)[None], [0])]), box


@pytest.mark.parametrize(
    ("inputs", "widths"),
    [
        (1, (3, 1)),
        (1, (4, 3)),
        (1, (5, 3, 4)),
        (1, (6, 3)),
        (2, (6, 3)),
        (2, (7, 2)),
        (2, (6, 6, 4)),
        (3, (9, 4)),
    ],
)
def test_serras_construction_has_so_many(inputs: int, widths: tuple[int, ...]) -> None:
    net, box = _folding_network(_serra_fold, inputs, widths)
    assert enumerate_regions(net, box).n_regions == serra_lower(inputs, widths).value


@pytest.mark.parametrize(
    ("inputs", "widths"), [(1, (2, 1)), (1, (3, 2, 4)), (2, (4, 3)), (2, (4, 7, 3)), (3, (6, 4))]
)
def test_montufars_construction_has_so_many(inputs: int, widths: tuple[int, ...]) -> None:
    net, box = _folding_network(_montufar_fold, inputs, widths)
    assert enumerate_regions(net, box).n_regions == montufar_2014(inputs, widths).value


def _linear_regions(cx: RegionComplex) -> int:
    """Open connected linear regions: neighbours with equal maps are merged.

    The maps are the exact ones, rounded once: equal ones stay equal, and so the count is never too large.
    """
    import networkx

    maps = [np.c_[cx[i].affine_map[0], cx[i].affine_map[1]] for i in range(cx.n_regions)]
    graph = networkx.Graph()
    graph.add_nodes_from(range(cx.n_regions))
    graph.add_edges_from((i, j) for i, j in cx.adjacencies.tolist() if (maps[i] == maps[j]).all())
    return networkx.number_connected_components(graph)


@pytest.mark.parametrize(
    ("fold", "bound", "inputs", "widths"),
    [
        (_montufar_fold, montufar_2014, 1, (3, 2)),
        (_montufar_fold, montufar_2014, 2, (4, 3)),
        (_serra_fold, serra_lower, 1, (4, 3, 2)),
        (_serra_fold, serra_lower, 2, (6, 3)),
    ],
)
def test_folds_have_as_many_linear_regions(fold, bound, inputs: int, widths: tuple[int, ...]) -> None:
    """If n_L > n0, with the last hyperplanes turned so that in no cell all units are off."""
    counts = []
    for turn in itertools.product((1, -1), repeat=widths[-1]):
        counts.append(_linear_regions(enumerate_regions(*_folding_network(fold, inputs, widths, turn))))
    assert bound(inputs, widths).counts == "linear regions"
    assert min(counts) < max(counts) == bound(inputs, widths).value


def test_theorem_4_counts_activation_regions_where_the_last_layer_is_narrow() -> None:
    """Widths (9, 1): at best 10 pieces, all of which cross 0, with 10 parts above and 6 intervals below."""
    bound = montufar_2014(1, (9, 1))
    assert (bound.value, bound.counts) == (18, "activation regions")
    for folds in (pascanu_2013, montufar_2014, serra_lower):
        assert folds(2, (9, 2)).counts == "activation regions"
        assert folds(2, (9, 3)).counts == "linear regions"
    net, box = _folding_network(_serra_fold, 1, (9, 1))
    cx = enumerate_regions(net, box)
    assert (cx.n_regions, _linear_regions(cx)) == (20, 16)


@pytest.mark.parametrize("L", [1, 2, 4])
def test_tents(L: int) -> None:
    tent = [([[1], [1]], [0, -0.5]), *[([[2, -4]] * 2, [0, -0.5])] * (L - 1), ([[2, -4]], [0])]
    cx = enumerate_regions(Network.from_arrays(tent), Box([0], [1]))
    assert cx.n_regions == _linear_regions(cx) == telgarsky_2015(1, [2] * L).value == 2**L


@pytest.mark.parametrize("m", [2, 3])
def test_zonotope_family(m: int) -> None:
    """Two folds of the gauge: 2 m cones with 4 pieces each, and beyond them one region where it is 0."""
    a = np.array([[1, 0], [0, 1], [1, 1]][:m]) / 4
    saw = [([[2] * (2 * m)] * 2, [0, -1]), ([[2, -4]] * 2, [0, -1]), ([[1, -2]], [0])]
    net = Network.from_arrays([(np.r_[a, -a], np.zeros(2 * m)), *saw])
    found = _linear_regions(enumerate_regions(net, Box.cube(2, -8, 8)))
    assert found == 8 * m + 1 >= 2 * zonotope_pieces(2, m, 2, 2).value


def _convex_layer(inputs: int, ranks: tuple[int, ...]) -> Network:
    """Units ``max_s (s z_i - 1 - 2 - ... )`` of linear forms z_i with independent slopes; offsets generic."""
    weight, bias = [], []
    for i, k in enumerate(ranks, start=1):
        form = np.array([i**j for j in range(inputs)])
        kinks = [0, *itertools.accumulate(range(1, k))]
        weight.append([(s * form).tolist() for s in range(k)])
        bias.append([s * i**3 / 8 - kinks[s] for s in range(k)])
    return _maxout(weight, bias, np.ones((1, len(ranks))))


def _maxout(weight, bias, readout) -> Network:
    from polyregions.network.kinds import make_layer

    return Network(
        [make_layer("maxout", weight, bias), make_layer("linear", readout, np.zeros(len(readout)))]
    )


def _fans(inputs: int, k: int, depth: int) -> Network:
    """The networks of the proof of :func:`maxout_folds`, with rounded polygons: the images still overlap."""
    arrays, apex = [], 0.0
    for layer in range(depth - 1):
        W = np.zeros((inputs, k, inputs))
        for i in range(inputs):
            if i == inputs - 1 and inputs % 2:
                W[i, :, i] = [1] + [-1] * (k - 1)
            else:
                angles = 2 * np.pi * np.arange(k) / k + (i % 2) * np.pi / k
                W[i, :, i - i % 2 : i - i % 2 + 2] = np.c_[np.cos(angles), np.sin(angles)]
        arrays.append((W, -(W * apex).sum(axis=2)))
        apex = 0.5 / 16**layer
    # A linear form of its own for each last unit, the same for its pieces: no map is constant.
    W = np.repeat(np.random.default_rng(5).normal(size=(inputs, 1, inputs)), k, axis=1)
    for i in range(inputs):
        W[i, :, i] += np.arange(k)
    kinks = [0.0, *itertools.accumulate(apex + s * apex / 64 for s in range(k - 1))]
    arrays.append((W, -np.tile(kinks, (inputs, 1))))
    return Network.from_arrays([*arrays, (np.ones((1, inputs)), [0])])


@pytest.mark.parametrize(("inputs", "k", "depth"), [(2, 3, 2), (2, 4, 2), (2, 3, 3), (2, 2, 3), (3, 3, 2)])
def test_fans_have_so_many(inputs: int, k: int, depth: int) -> None:
    """The sharper count is reached, so Theorem 8 holds in these cases; and by linear regions."""
    ranks = [[k] * inputs] * depth
    bound = maxout_folds(inputs, ranks)
    cx = enumerate_regions(_fans(inputs, k, depth), Box.cube(inputs, -1, 1))
    assert bound.counts == maxout_montufar_2014(inputs, ranks).counts == "linear regions"
    assert maxout_montufar_2014(inputs, ranks).value <= bound.value <= _linear_regions(cx) <= cx.n_regions
    assert cx.n_regions <= network_upper_bound(inputs, ranks).value


def _chain(rng: np.random.Generator, ranks: tuple[int, ...], folded: bool) -> Network:
    """Random convex functions of one variable; ``folded``: each maps [0, 1] two-to-one onto itself."""
    layers = []
    for k in ranks:
        if folded:
            kinks = np.sort(rng.choice(np.arange(1, 256), k - 1, replace=False)) / 256
            # Down to 0 at the last kink, on a convex curve; the pieces join (kinks, heights).
            heights = (1 - kinks / kinks[-1]) ** 2
            x, y = np.r_[0, kinks, 1], np.r_[1, heights, 1]
            slopes = np.diff(y) / np.diff(x)
            pieces = slopes[:, None, None].T.reshape(1, k, 1), (y[:-1] - slopes * x[:-1]).reshape(1, k)
        else:
            pieces = rng.normal(size=(1, k, 1)), rng.normal(size=(1, k))
        layers.append(pieces)
    return Network.from_arrays([*layers, ([[1]], [0])])


@pytest.mark.parametrize("ranks", [(3, 3), (3, 3, 3), (4, 2, 3), (2, 2, 2, 2)], ids=str)
def test_chains(ranks: tuple[int, ...]) -> None:
    """Never more than the maximum, which is found; for ranks (3, 3) that is 7, and not the 9 of Theorem 8."""
    bound = maxout_chain(1, [[k] for k in ranks])
    assert bound.value == 1 + sum((k - 1) * 2**i for i, k in enumerate(ranks))
    rng = np.random.default_rng(0)
    counts = []
    for i in range(60):
        box = Box([0], [1]) if i % 2 else Box([-20], [20])
        counts.append(enumerate_regions(_chain(rng, ranks, bool(i % 2)), box).n_regions)
    assert max(counts) == bound.value
    if ranks == (3, 3):
        assert bound.value == 7
        assert maxout_montufar_2014(1, [[3], [3]]).value is None


def test_random_maxout_networks_have_fewer_on_average() -> None:
    """One layer, w and b of N(0, 1): E|w| < 1, and the densities are at most 1 / sqrt(2 pi)."""
    rng = np.random.default_rng(1)
    counts = [enumerate_regions(_random_layer(rng), Box([-4], [4])).n_regions for _ in range(50)]
    bound = tseran_montufar_2021(1, 4, 3, C_grad=1, C_bias=1 / math.sqrt(2 * math.pi), side=8)
    assert np.mean(counts) <= bound.value


def _random_layer(rng: np.random.Generator) -> Network:
    return _maxout(rng.normal(size=(4, 3, 1)), rng.normal(size=(4, 3)), np.ones((1, 4)))


# --- depth --------------------------------------------------------------------------------------------


def test_parameters_are_counted() -> None:
    for inputs, widths, outputs in ((2, (3,), 1), (3, (4, 5), 2), (1, (7, 1, 2), 3)):
        sizes = (inputs, *widths, outputs)
        net = Network.from_arrays([(np.ones((n, m)), np.ones(n)) for m, n in itertools.pairwise(sizes)])
        expected = sum(layer.weight.size + layer.bias.size for layer in net.layers)
        assert parameter_count(inputs, widths, outputs) == expected


def test_equal_units() -> None:
    rows = at_equal_units(3, 60)
    assert [(row.depth, row.width) for row in rows] == [
        (1, 60), (2, 30), (3, 20), (4, 15), (5, 12), (6, 10), (10, 6), (12, 5), (15, 4), (20, 3),
    ]  # fmt: skip
    for row in rows:
        assert row.units == 60 == row.depth * row.width == row.shallow_units
        assert row.shallow == regions_in_general_position(60, 3)
        assert row.montufar == montufar_2014(3, [row.width] * row.depth)
        assert row.serra == serra_lower(3, [row.width] * row.depth)
        assert row.deep == max(b.value for b in (row.pascanu, row.montufar, row.serra) if b.applies)
    assert rows[0].deep == rows[0].shallow
    assert rows[1].deep > rows[1].shallow > rows[-1].deep


def test_equal_parameters() -> None:
    for inputs, budget in [(1, 40), (3, 1000), (5, 777), *((2, budget) for budget in range(50, 150))]:
        rows = at_equal_parameters(inputs, budget, depths=range(1, 12))
        for row in rows:
            assert row.parameters == parameter_count(inputs, [row.width] * row.depth) <= budget
            assert parameter_count(inputs, [row.width + 1] * row.depth) > budget
            assert row.shallow == regions_in_general_position(rows[0].width, inputs)
        first_left_out = [inputs] * (rows[-1].depth + 1)
        assert len(rows) == 11 or parameter_count(inputs, first_left_out) > budget


#: n0, L for which rates are checked.
GROWTH = [(1, 1), (1, 3), (2, 1), (2, 2), (2, 4), (3, 2), (3, 3)]


@pytest.mark.parametrize("rate", RATES, ids=lambda rate: rate.name)
def test_rates(rate: Rate) -> None:
    """number / rate tends to the limit stated, with an error of the order 1 / size.

    Each quotient is a product of at most p = 2 n0 L + 2 factors within 1 +- c / n of their limits, with
    c = n0 + L + 3. From C(n, d) <= S(n, d) <= C(n + d, d) follows (n - d)^d <= d! S(n, d) <= (n + d)^d: d
    factors within 1 +- d / n. floor(n/n0) n0/n lies in [1 - n0/n, 1]. The parameters exceed their leading
    term (L - 1) n^2 by (n0 + L + 1) n + 1, or N (n0 + 2) by 1. For zonotopes floor(n/2) doubles c.
    """
    for n0, L in GROWTH:
        if rate.least_depth > L or (rate.formula == "Omega(k^(L-1) k^n0)" and n0 == 1 < L):
            continue
        errors = []
        for size in (10**4 + 7, 10**5 + 7):
            quotient = rate.number(n0, size, L) / rate.rate(n0, size, L) / rate.limit(n0, L)
            errors.append(abs(quotient - 1))
            factor = 1 + Fraction(2 * (n0 + L + 3), size)
            assert errors[-1] <= factor ** (2 * n0 * L + 2) - 1, (n0, L)
        assert errors[1] <= errors[0] / 2


def test_rates_of_depth() -> None:
    """For fixed n, log number / log rate tends to 1 as L grows: only the last layer's factor differs."""
    by_name = {rate.name: rate for rate in RATES}
    for name in ("Montufar et al. 2014", "Pascanu et al. 2013", "Serra et al. 2018"):
        rate = by_name[name]
        for n0, n in ((1, 4), (2, 8), (3, 12)):
            gap = abs(math.log(regions_in_general_position(n, n0) / n**n0))
            for L in (10, 100):
                number, approximation = (math.log(f(n0, n, L)) for f in (rate.number, rate.rate))
                assert abs(number - approximation) == pytest.approx(gap)
                assert abs(number / approximation - 1) <= gap / (0.9 * L * math.log(n / n0)) + 1e-12


def test_rates_need_their_hypothesis() -> None:
    rate = next(rate for rate in RATES if rate.name == "Serra et al. 2018")
    with pytest.raises(InvalidInputError, match="fewer than 6"):
        rate.number(2, 5, 2)


# --- tables, pictures, wrong input --------------------------------------------------------------------


def test_bounds_table() -> None:
    names = [(bound.name, bound.kind) for bound in bounds_table(1, (3, 3))]
    assert names == [(bound.name, bound.kind) for bound in bounds_table(4, (2,))]
    assert len(set(names)) == len(names)
    kinds = [bound.kind for bound in bounds_table(1, (3, 3))]
    assert kinds == sorted(kinds, key=["lower", "exact", "upper"].index)
    assert bounds_table(2, (3, 2), ranks=3) == maxout_bounds(2, [[3] * 3, [3] * 2])
    assert bounds_table(2, (3, 2), ranks=[[3, 4, 2], (5, 5)]) == maxout_bounds(2, [[3, 4, 2], [5, 5]])
    kinds = [bound.kind for bound in bounds_table(2, (3, 2), ranks=3)]
    assert kinds == sorted(kinds, key=["lower", "exact", "upper"].index)


def test_numpy_numbers_do_not_overflow() -> None:
    widths = np.array([90, 90])
    assert bounds_table(np.int64(2), widths) == bounds_table(2, [90, 90])
    assert network_upper_bound(2, [np.full(90, 255, dtype=np.uint8)]).value == maxout_layer(2, [255] * 90)


def test_format_table() -> None:
    text = format_table([*bounds_table(2, (5, 3)), *bounds_table(3, (600, 600))])
    lines = text.split("\n")
    assert len({len(line) for line in lines}) == 1
    assert len(lines) == 2 + 24
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert cells[0] == ["bound", "kind", "regions", "of", "hypothesis"]
    assert set(cells[1]) == {":" + "-" * (len(c) - 1) for c in cells[1] if c[0] == ":"} | {cells[1][2]}
    assert ["Montufar et al. 2014", "lower", "28", "linear", "every width >= n0"] in cells
    failed = "every width but the last >= 3 n0 (fails: a layer has 5 units, fewer than 6)"
    assert ["Serra et al. 2018", "lower", "-", "linear", failed] in cells
    assert format_table([]).count("\n") == 1


def test_format_number() -> None:
    assert format_number(10**15 - 1) == "999,999,999,999,999"
    for exponent in (15, 22, 23, 300, 5000):
        assert format_number(10**exponent) == f"~1.00e+{exponent}"
        assert format_number(10**exponent - 1) == (
            f"~9.99e+{exponent - 1}" if exponent > 15 else "999,999,999,999,999"
        )
    assert format_number(123456 * 10**20) == "~1.23e+25"


def test_picture(tmp_path) -> None:
    path = tmp_path / "deep.png"
    left, right = plot_shallow_and_deep(2, units=48, depths=(2, 3), path=path)
    assert path.stat().st_size > 10_000
    assert (left.get_yscale(), left.get_xscale(), right.get_xscale()) == ("log", "log", "log")
    assert left.get_ylim() == right.get_ylim()
    drawn = {}
    for ax in (left, right):
        for line in ax.get_lines():
            key = (ax is left, to_hex(line.get_color()), line.get_linestyle())
            drawn[key] = dict(zip(*map(np.ndarray.tolist, line.get_data()), strict=True))
    assert len(drawn) == 10
    assert drawn[True, layer_colour(0), "-"][48] == regions_in_general_position(48, 2)
    assert drawn[True, layer_colour(1), "-"][48] == montufar_2014(2, [24, 24]).value
    assert drawn[True, layer_colour(2), "--"][48] == serra_lower(2, [16] * 3).value
    assert min(drawn[True, layer_colour(2), "--"]) == 18  # 3 layers of 3 n0
    assert max(drawn[False, layer_colour(1), "-"]) == parameter_count(2, [24, 24])
    at = parameter_count(2, [10] * 3)
    assert drawn[False, layer_colour(2), "-"][at] == montufar_2014(2, [10] * 3).value
    labels = [text.get_text() for text in right.get_legend().get_texts()]
    assert labels[:3] == ["3 hidden layers, at least", "2 hidden layers, at least", "1 hidden layer, at most"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"depths": (1, 2)},
        {"depths": (3, 2)},
        {"depths": ()},
        {"inputs": 0},
        {"units": 9.5},
        {"units": 31},  # 4 * 4 layers * 2 inputs = 32
    ],
    ids=str,
)
def test_pictures_refused(arguments: dict[str, object], tmp_path) -> None:
    with pytest.raises(InvalidInputError, match="plot"):
        plot_shallow_and_deep(**arguments, path=tmp_path / "a.png")
    assert not list(tmp_path.iterdir())


def test_pictures_that_cannot_be_drawn(tmp_path) -> None:
    with pytest.raises(TooLargeError, match="1e200"):
        plot_shallow_and_deep(2, 20_000, (2, 60), path=tmp_path / "a.png")
    with pytest.raises(FileFormatError):
        plot_shallow_and_deep(path=tmp_path / "a.txt")


def test_wrong_shapes() -> None:
    wrong = ((0, (2,)), (2, ()), (2, (3, 0)), (2, (3, 2.0)), (True, (2,)), (2, 3), (2, ("3",)), (2, (True,)))
    for inputs, widths in wrong:
        with pytest.raises(InvalidInputError):
            relu_bounds(inputs, widths)
        with pytest.raises(InvalidInputError):
            parameter_count(inputs, widths)
    for ranks in ([], [[]], [[3], []], [3], [[3, 0]], [[2.5]], [["3"]], None):
        with pytest.raises(InvalidInputError):
            network_upper_bound(2, ranks)
    with pytest.raises(InvalidInputError, match="at least 0"):
        regions_in_general_position(-1, 2)
    with pytest.raises(InvalidInputError, match="layers of 2, 1 units, but the widths are 2, 2"):
        bounds_table(2, (2, 2), ranks=[[3, 3], [3]])
    for ranks in (0, 2.0, "3", [3, 3]):
        with pytest.raises(InvalidInputError, match="rank"):
            bounds_table(2, (2, 2), ranks=ranks)
    with pytest.raises(InvalidInputError, match="3 are fewer than the 4 inputs"):
        at_equal_units(4, 3)
    with pytest.raises(InvalidInputError, match=r"4 inputs need at least 25"):
        at_equal_parameters(4, 24)
    assert len(at_equal_parameters(4, 25)) == 1
    with pytest.raises(InvalidInputError, match="depth"):
        at_equal_parameters(2, 100, depths=[0])
    with pytest.raises(InvalidInputError):
        raghu_2017(2, (3,), breakpoints=0)


def test_absurd_sizes() -> None:
    for work in (
        lambda: relu_bounds(10**6, [10**6]),
        lambda: relu_bounds(2, [10**12]),
        lambda: relu_bounds(2, [10**400]),
        lambda: zonotope_pieces(2, 2, 10**9, 10**3),
        lambda: network_upper_bound(10**5, [[255] * 10**5]),
        lambda: regions_in_general_position(10**9, 10**9),
        lambda: at_equal_units(2, 10**13),
        lambda: at_equal_parameters(2, 10**15),
        lambda: tseran_montufar_2021(10**9, 10**9, 3, 1, 1, 1),
        lambda: raghu_2017(2, [10], breakpoints=10**12),
    ):
        with pytest.raises(TooLargeError, match="bit operations"):
            work()
