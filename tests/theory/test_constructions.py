"""Folds, saws and gauges: every prediction against a count, the known tables, wrong parameters."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from support.measure import assert_predictions, value_of
from support.reference import forward

from polyregions import Box, enumerate_regions
from polyregions.errors import InvalidBoxError, InvalidInputError, TooLargeError
from polyregions.theory.bounds import network_upper_bound, serra_lower, serra_upper
from polyregions.theory.constructions import (
    CONSTRUCTIONS,
    Construction,
    absolute_value_fold,
    arora_zonotope,
    make_construction,
    maxout_cones,
    maxout_tents,
    montufar,
    montufar_folds,
    parallel_maxout,
    serra_fold,
    telgarsky_tent,
    voronoi_unit,
)

FOLDS = [
    (1, (1,)), (1, (2,)), (1, (3,)), (1, (2, 2)), (1, (3, 2)), (1, (2, 3)), (1, (4, 3)), (1, (2, 2, 2)),
    (1, (3, 3, 3)), (1, (1, 2, 3)), (1, (3, 2, 3)), (1, (2, 1, 2)), (1, (2,) * 8), (1, (5, 4, 3, 2)),
    (2, (2,)), (2, (3,)), (2, (2, 2)), (2, (3, 2)), (2, (2, 3, 1)), (3, (2,)), (3, (3,)), (3, (2, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "folds"), FOLDS)
@pytest.mark.parametrize("sides", [(0, 1), (-1, 2), (-0.5, 1), (0, 1.25)])
def test_folds(inputs: int, folds: tuple[int, ...], sides: tuple[float, float]) -> None:
    assert_predictions(montufar_folds(inputs, folds, Box.cube(inputs, *sides)), least=6)


#: n0, folds; on [0, 1]: regions, pairs; on [-1, 2]: regions, pairs, distinct maps. A grid of K^n0 cubes, and
#: one more cell at either end of a coordinate that has a bend there.
TABLE = [
    (1, (2,), 2, 1, 3, 2, 3),
    (1, (3,), 3, 2, 4, 3, 4),
    (1, (2, 2), 4, 3, 6, 5, 5),
    (1, (3, 2), 6, 5, 7, 6, 7),
    (1, (4, 3), 12, 11, 14, 13, 13),
    (1, (2, 2, 2), 8, 7, 10, 9, 9),
    (1, (3, 3, 3), 27, 26, 28, 27, 28),
    (2, (2,), 4, 4, 9, 12, 9),
    (2, (3,), 9, 12, 16, 24, 16),
    (2, (2, 2), 16, 24, 36, 60, 25),
    (2, (3, 2), 36, 60, 49, 84, 49),
    (3, (2,), 8, 12, 27, 54, 27),
    (3, (2, 2), 64, 144, 216, 540, 125),
    (3, (3,), 27, 54, 64, 144, 64),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}-{row[1]}")
def test_table_of_folds(row: tuple[Any, ...]) -> None:
    inputs, folds, regions, pairs, outer, outer_pairs, maps = row
    inside = montufar_folds(inputs, folds)
    assert [value_of(inside, q) for q in ("proper_activation", "open_connected", "affine")] == [regions] * 3
    assert value_of(inside, "adjacencies") == pairs
    outside = montufar_folds(inputs, folds, Box.cube(inputs, -1, 2))
    assert [value_of(outside, q) for q in ("proper_activation", "open_connected")] == [outer] * 2
    assert value_of(outside, "adjacencies") == outer_pairs
    assert value_of(outside, "affine") == maps


@pytest.mark.parametrize(("inputs", "folds"), [(1, (3, 2)), (2, (3,)), (2, (2, 2)), (3, (2,))])
def test_a_fold_maps_every_cube_onto_the_unit_cube(inputs: int, folds: tuple[int, ...]) -> None:
    """Each corner of the grid is mapped onto a corner of the cube, neighbours onto different ones."""
    network, K = montufar_folds(inputs, folds).network, int(np.prod(folds))
    for corner in itertools.product(range(K + 1), repeat=inputs):
        image, _ = forward(network.layers, [Fraction(i, K) for i in corner])
        assert image == [i % 2 for i in corner]


@pytest.mark.parametrize(("inputs", "depth"), [(1, 1), (1, 2), (1, 6), (2, 1), (2, 3), (3, 1), (3, 2)])
@pytest.mark.parametrize("sides", [(0, 1), (-1, 2)])
def test_absolute_values(inputs: int, depth: int, sides: tuple[int, int]) -> None:
    box = Box.cube(inputs, *sides)
    for relu_pairs in (False, True):
        cx = assert_predictions(absolute_value_fold(inputs, depth, relu_pairs, box), least=7)
        assert cx.n_regions == 2 ** (inputs * depth)


@pytest.mark.parametrize("depth", range(1, 8))
def test_tents(depth: int) -> None:
    """2^L pieces on [0, 1]; 3 and then 2^L + 2 on [-1, 2], where both ends are zero from L = 2 on."""
    assert assert_predictions(telgarsky_tent(depth), least=7).n_regions == 2**depth
    outside = telgarsky_tent(depth, Box([-1], [2]))
    assert assert_predictions(outside, least=7).n_regions == (3 if depth == 1 else 2**depth + 2)
    assert value_of(outside, "affine") == (3 if depth == 1 else 2**depth + 1)


@pytest.mark.parametrize(("inputs", "depth"), [(1, 1), (1, 2), (1, 3), (1, 4), (2, 1), (2, 2), (3, 1)])
def test_four_folds(inputs: int, depth: int) -> None:
    for box in (None, Box.cube(inputs, -1, 2)):
        cx = assert_predictions(serra_fold(depth, inputs, box), least=7)
        assert cx.n_regions == 4 ** (depth * inputs)
    if inputs == 1:
        assert serra_lower(1, [3] * depth).value == value_of(serra_fold(depth), "open_connected")


def test_the_four_fold_is_the_intended_function() -> None:
    network = serra_fold(2).network
    corners = [Fraction(0), Fraction(1, 6), Fraction(1, 3), Fraction(2, 3), Fraction(1)]
    once = serra_fold(1).network
    assert [forward(once.layers, [x])[0] for x in corners] == [[0], [1], [0], [1], [0]]
    for x in (Fraction(1, 7), Fraction(5, 11), Fraction(3, 4)):
        (y,), _ = forward(once.layers, [x])
        assert forward(once.layers, [y])[0] == forward(network.layers, [x])[0]


GAUGES = [
    (1, [2]), (1, [5, 2]), (1, [4, 2, 2]), (1, [2, 3, 2]), (2, [4]), (2, [5]), (2, [6]), (2, [8]),
    (2, [6, 2]), (2, [6, 3]), (2, [6, 2, 2]), (2, [6, 3, 2, 2]), (2, [4, 1, 2]), (3, [6]), (3, [8]),
    (3, [9, 2]), (3, [8, 2, 2]),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "widths"), GAUGES)
def test_gauges(inputs: int, widths: list[int]) -> None:
    assert_predictions(arora_zonotope(inputs, widths), least=6)
    assert_predictions(arora_zonotope(inputs, widths, Box.cube(inputs, -1.25, 3)), least=6)


@pytest.mark.parametrize(("inputs", "m", "cones"), [(2, 2, 4), (2, 3, 6), (2, 4, 8), (3, 3, 8), (3, 4, 14)])
def test_table_of_gauges(inputs: int, m: int, cones: int) -> None:
    """2 S(m-1, n-1) cones; one fold with two teeth: two shells; two folds: five, the outer ones merged."""
    alone, once, twice = (arora_zonotope(inputs, [2 * m, *teeth]) for teeth in ([], [2], [2, 2]))
    assert value_of(alone, "proper_activation") == value_of(alone, "affine") == cones
    assert value_of(once, "proper_activation") == value_of(once, "open_connected") == 2 * cones
    assert value_of(twice, "proper_activation") == 5 * cones
    assert value_of(twice, "open_connected") == value_of(twice, "affine") == 4 * cones + 1
    # The published bound counts the zonotope's vertices up to sign.
    assert value_of(twice, "open_connected", ">=") == cones // 2 * 4


SMALL = [
    montufar_folds(2, [2, 2]),
    montufar_folds(2, [2, 2], Box.cube(2, -1, 2)),
    absolute_value_fold(2, 2),
    absolute_value_fold(1, 2, relu_pairs=True),
    telgarsky_tent(3, Box([-1], [2])),
    serra_fold(1),
    arora_zonotope(2, [4, 2]),
    montufar(1, [2, 2]),
    montufar(2, [4, 3]),
    montufar(2, [4, 3], oriented=True),
    maxout_tents(2, 2),
    maxout_cones(2, 2, 2),
    parallel_maxout(2, [3, 2, 3]),
    voronoi_unit([[0, 0], [2, 1], [1, 3], [-2, 2]]),
]


@pytest.mark.parametrize("construction", SMALL, ids=lambda c: c.name)
@pytest.mark.parametrize("engine", ["traverse", "brute"])
def test_other_engines(construction: Construction, engine: str) -> None:
    assert_predictions(construction, engine, least=1)


@pytest.mark.parametrize("construction", SMALL, ids=lambda c: c.name)
def test_no_prediction_exceeds_what_any_network_can_have(construction: Construction) -> None:
    network = construction.network
    above = network_upper_bound(
        network.input_dim, [layer.pieces.n_states.tolist() for layer in network.hidden]
    ).value
    if {layer.kind for layer in network.hidden} == {"relu"}:
        above = min(above, serra_upper(network.input_dim, network.widths).value)
    for p in construction.predictions:
        if p.quantity == "proper_activation" and p.relation in ("=", ">="):
            assert p.value <= above


def test_boxes() -> None:
    """Nothing is claimed of a box that cuts the construction off; such a box is enumerated all the same."""
    half = Box([0.25], [0.75])
    for made in (
        montufar_folds(1, [3], half),
        telgarsky_tent(2, half),
        serra_fold(1, box=half),
        absolute_value_fold(1, 2, box=half),
        maxout_tents(1, 2, half),
        maxout_cones(1, 3, 2, half),
        arora_zonotope(1, [2], half),
        montufar(1, [2, 2], True, half),
        parallel_maxout(1, [3], half),
    ):
        assert made.box == half
        assert {p.value for p in made.predictions if p.relation != "<="} == {None}
        assert all(p.reason for p in made.predictions if p.value is None)
        assert enumerate_regions(made.network, made.box).complete
    with pytest.raises(InvalidBoxError, match="2 dimension"):
        telgarsky_tent(2, Box.cube(2, 0, 1))
    with pytest.raises(InvalidInputError, match="expected a Box"):
        telgarsky_tent(2, (0, 1))


PARAMETERS = {
    "montufar": {"inputs": 2, "widths": [4, 4, 3]},
    "montufar_folds": {"inputs": 2, "folds": [3, 2]},
    "absolute_value_fold": {"inputs": 2, "depth": 3, "relu_pairs": True},
    "telgarsky_tent": {"depth": 4},
    "serra_fold": {"inputs": 2, "depth": 2},
    "arora_zonotope": {"inputs": 2, "widths": [6, 2, 2]},
    "maxout_tents": {"inputs": 2, "depth": 3},
    "maxout_cones": {"inputs": 2, "rank": 3, "depth": 2},
    "parallel_maxout": {"inputs": 2, "ranks": [3, 4]},
}


def test_by_name() -> None:
    assert set(PARAMETERS) == set(CONSTRUCTIONS)
    for name, parameters in PARAMETERS.items():
        made = make_construction(name, **parameters)
        assert made.network == CONSTRUCTIONS[name](**parameters).network
        assert made.name.startswith(name)
        # Numpy's whole numbers are whole numbers.
        same = {
            k: np.array(v) if isinstance(v, list) else v if isinstance(v, bool) else np.int64(v)
            for k, v in parameters.items()
        }
        assert make_construction(name, **same).network == made.network
        box = Box.cube(made.box.dim, -3, 300)
        assert make_construction(name, **parameters, box=box).box == box


@pytest.mark.parametrize(
    ("name", "parameters", "message"),
    [
        ("mont", {}, "unknown; known: montufar, "),
        (None, {}, "unknown"),
        (
            "montufar",
            {"inputs": 2, "widths": [4], "rank": 3, "depth": 1},
            "no parameter rank, depth; it takes inputs",
        ),
        ("montufar", {"inputs": 2}, "needs widths; it takes inputs, widths, oriented, box"),
        ("telgarsky_tent", {"depth": 2, "inputs": 1}, "no parameter inputs"),
        ("maxout_cones", {}, "needs inputs, rank, depth"),
        ("montufar", {"inputs": 0, "widths": [4]}, "inputs must be a whole number, at least 1"),
        ("montufar", {"inputs": 2, "widths": []}, "widths: give at least one"),
        ("montufar", {"inputs": 2, "widths": 4}, "widths: expected a list"),
        ("montufar", {"inputs": 2, "widths": [4, 2.5]}, r"widths\[1\] must be a whole number"),
        ("montufar", {"inputs": 3, "widths": [2, 4]}, "at least 3 units, got 2"),
        ("montufar", {"inputs": 2, "widths": [4, 2], "oriented": True}, "needs? 3 units in the last layer"),
        ("montufar", {"inputs": 2, "widths": [4, 3], "oriented": 1}, "oriented must be True or False"),
        ("montufar_folds", {"inputs": 2, "folds": [2, 0]}, r"folds\[1\] must be a whole number"),
        ("montufar_folds", {"inputs": True, "folds": [2]}, "inputs must be a whole number"),
        (
            "absolute_value_fold",
            {"inputs": 1, "depth": 1, "relu_pairs": "no"},
            "relu_pairs must be True or False",
        ),
        ("telgarsky_tent", {"depth": -1}, "depth must be a whole number"),
        ("serra_fold", {"depth": "3"}, "depth must be a whole number"),
        ("arora_zonotope", {"inputs": 3, "widths": [5]}, "needs 6 units in the first layer at least, got 5"),
        ("maxout_cones", {"inputs": 2, "rank": 1, "depth": 2}, "rank must be a whole number, at least 2"),
        ("maxout_cones", {"inputs": 2, "rank": 257, "depth": 2}, "at most 256"),
        ("parallel_maxout", {"inputs": 2, "ranks": [3, 300]}, "at most 256"),
    ],
)
def test_wrong_parameters(name: Any, parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        make_construction(name, **parameters)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("montufar", {"inputs": 8, "widths": [8]}),  # (3 * 8 * 8)^8 is above 2^60
        ("montufar", {"inputs": 2, "widths": [10**6, 10**6, 3]}),
        ("montufar_folds", {"inputs": 10**6, "folds": [2]}),
        ("telgarsky_tent", {"depth": 10**12}),
        ("absolute_value_fold", {"inputs": 10**5, "depth": 1}),
        ("serra_fold", {"inputs": 10**5, "depth": 1}),
        ("arora_zonotope", {"inputs": 20, "widths": [400]}),  # 180^19
        ("arora_zonotope", {"inputs": 2, "widths": [10**9]}),
        ("maxout_tents", {"inputs": 10**5, "depth": 1}),
        ("maxout_cones", {"inputs": 2, "rank": 200, "depth": 1}),  # slopes up to 2^199
        ("maxout_cones", {"inputs": 10**5, "rank": 2, "depth": 1}),
        ("parallel_maxout", {"inputs": 10**9, "ranks": [3]}),
    ],
)
def test_too_large(name: str, parameters: dict[str, Any]) -> None:
    with pytest.raises(TooLargeError):
        make_construction(name, **parameters)
