"""Folding: constructions whose classes follow from p alone, folds broken in every way, and a referee."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import combinations, permutations, product
from math import comb, prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import reference
from support.profiles import examples
from support.strategies import cases
from support.zoo import fold_layers, inside_unit_cube, tents_of_rank_2
from support.zoo import folding as fold_network

from polyregions import Box, Network, enumerate_regions
from polyregions.analysis.folding import FoldedLayer, Folding, Image, cut_off, overlaps, verify_folding
from polyregions.analysis.folding import find_folding as verify
from polyregions.analysis.folding.images import extreme_points
from polyregions.errors import InvalidBoxError, InvalidInputError, TooLargeError
from polyregions.network.layers import absolute, linear, maxout, relu
from polyregions.theory.bounds import montufar_2014

Vector = tuple[Fraction, ...]

FOLDS = [
    (1, (2,)),
    (1, (3,)),
    (1, (4, 3)),
    (1, (2, 3, 2)),
    (2, (2,)),
    (2, (3, 2)),
    (2, (2, 4)),
    (2, (2, 3, 2)),
    (3, (2,)),
    (3, (2, 2)),
    (3, (2, 3)),
]


def classes(layer: FoldedLayer) -> list[list[int]]:
    """Numbers of regions of each image."""
    return sorted(np.bincount(layer.labels).tolist())


def check_folds(folding: Folding, n0: int, folds: Sequence[int]) -> None:
    """The cube after the first l layers is a grid of K^n0 cubes, K = p_1 ... p_l, all with one image."""
    for number, p in enumerate(folds):
        layer, K = folding.layers[number], prod(folds[: number + 1])
        assert layer.layer == number
        assert (layer.n_regions, layer.multiplicities.tolist()) == (K**n0, [K**n0])
        assert layer.is_fold
        assert layer.onto.all()
        assert layer.injective.all()
        assert layer.cube == 0
        assert layer.uniform
        # One wall for each pair of neighbouring cubes, and the sheet turns at each.
        assert len(layer.turned) == n0 * (K - 1) * K ** (n0 - 1) == layer.turned.sum()
        assert layer.overlaps is not None
        assert len(layer.overlaps) == 0
        # Neighbours show different faces.
        assert abs(layer.orientations.sum()) == K**n0 % 2
        if number + 1 < len(folds):
            assert (layer.pieces == folds[number + 1] ** n0).all()
        assert p == K // prod(folds[:number])
    assert folding.adds_up


# ------------------------------------------------------------------------------------------------------
# The construction of Montufar et al. 2014


@pytest.mark.parametrize("surplus", [0, 1])
@pytest.mark.parametrize(("n0", "folds"), FOLDS)
def test_folds(n0: int, folds: tuple[int, ...], surplus: int) -> None:
    folding = verify_folding(Network(fold_network(n0, folds, surplus=surplus)), Box.cube(n0, 0, 1))
    check_folds(folding, n0, folds)
    assert folding.is_folding
    assert (folding.depth, folding.multiplicity) == (len(folds), prod(folds) ** n0)
    for number, p in enumerate(folds[1:]):
        # The next layer sees p y_j and 2 p y_j - 2 i for each coordinate y_j in [0, 1], and zeros.
        corner, edges = folding.layers[number].images[0].frame
        zeros = [0] * surplus
        units = [(j, i) for j in range(n0) for i in range(p)]
        assert list(corner) == [-2 * i for _, i in units] + zeros
        for j, edge in enumerate(edges):
            assert list(edge) == [(p if i == 0 else 2 * p) * (k == j) for k, i in units] + zeros
    # The read-out is the folded vector itself.
    assert {tuple(map(int, v)) for v in folding.layers[-1].images[0].exact_vertices} == set(
        product((0, 1), repeat=n0)
    )


@pytest.mark.parametrize(("n0", "folds"), FOLDS)
def test_folds_in_a_larger_box(n0: int, folds: tuple[int, ...]) -> None:
    box, cube = Box.cube(n0, -1, 2), Box.cube(n0, 0, 1)
    folding = verify_folding(Network(fold_network(n0, folds)), box, cube)
    check_folds(folding, n0, folds)
    for number in range(len(folds)):
        # Along one axis: one region left of 0. Right of 1 the value goes on growing, without a breakpoint,
        # so that the last region sticks out of the cube; or it falls below 0, once a fold of even p was
        # folded again: then the later folds are off there, and 1 is a breakpoint.
        K = prod(folds[: number + 1])
        breaks = any(p % 2 == 0 for p in folds[:number])
        inner, cut, outer = (K, 0, 2) if breaks else (K - 1, 1, 1)
        around = folding.layers[number].surroundings
        assert around.inside == inner**n0
        assert around.cut == K**n0 - inner**n0
        assert around.outside == (inner + cut + outer) ** n0 - K**n0
        # Regions left of 0 are flat, and those that stick out have larger images.
        assert around.alike == 0


@pytest.mark.parametrize(("n0", "folds", "m"), [(1, (3, 2), 2), (2, (2,), 2), (2, (3, 2), 3), (3, (2,), 4)])
def test_the_last_layer_is_repeated(n0: int, folds: tuple[int, ...], m: int) -> None:
    """Theorem 4: S(m, n0) regions in the folded cube, so K^n0 S(m, n0) in the cube."""
    network = Network(fold_network(n0, folds, inside_unit_cube(n0, m)))
    folding = verify_folding(network, Box.cube(n0, 0, 1))
    check_folds(folding, n0, folds)
    assert folding.is_folding
    assert (folding.depth, folding.multiplicity) == (len(folds), prod(folds) ** n0)
    pieces = sum(comb(m, j) for j in range(n0 + 1))
    assert (folding.layers[-2].pieces == pieces).all()
    assert folding.layers[-1].n_regions == pieces * prod(folds) ** n0
    assert folding.layers[-1].n_regions == montufar_2014(n0, network.widths).value


@pytest.mark.parametrize("n0", [1, 2, 3])
@pytest.mark.parametrize("kind", ["maxout", "abs"])
def test_tents(n0: int, kind: str) -> None:
    """|2 y - 1| in each coordinate folds it in two."""
    depth = 2
    layers = tents_of_rank_2(n0, depth)
    if kind == "abs":
        layers = [absolute(2 * np.eye(n0), [-1] * n0)] * depth
    folding = verify_folding(Network([*layers, linear(np.eye(n0), [0] * n0)]), Box.cube(n0, 0, 1))
    check_folds(folding, n0, (2,) * depth)
    assert folding.is_folding


def test_folds_of_unequal_width() -> None:
    """Serra et al. 2018: F below takes the values 0, 1, 0, 1, 0 in 0, 1/6, 1/3, 2/3, 1."""
    inner, outer, bias = np.array([[6], [3], [-3]]), np.array([[-2, 3, -2]]), np.array([-1, -1, 2])
    layers = [relu(inner, bias), relu(inner @ outer, 4 * inner[:, 0] + bias), linear(outer, [4])]
    check_folds(verify_folding(Network(layers), Box([0], [1])), 1, (4, 4))


def test_folds_through_linear_layers() -> None:
    """The read-out of a fold may be a layer of its own: what counts is what the next hidden layer sees."""
    layers, out = fold_layers(2, (2, 3))
    plain, _ = fold_layers(2, (3,))
    folding = verify_folding(
        Network(
            [layers[0], linear(out_of_first := fold_layers(2, (2,))[1], [0, 0]), *plain, linear(out, [0, 0])]
        ),
        Box.cube(2, 0, 1),
    )
    assert out_of_first.shape == (2, 4)
    check_folds(folding, 2, (2, 3))
    assert len(folding.layers) == 2


def test_a_fold_in_eight_dimensions() -> None:
    """Without the faces of all dimensions."""
    folding = verify_folding(Network(fold_network(8, (2,))), Box.cube(8, 0, 1))
    assert folding.layers[0].regions.known_faces is None
    check_folds(folding, 8, (2,))


def test_a_linear_bijection_between_folds() -> None:
    """The folded cube is seen as a parallelogram; its corner and edges follow from the map."""
    fold, out = fold_layers(2, (2,))
    mixed, shift = np.array([[1, 1], [-1, 2], [0, 3]]) @ out, [5, 0, -1]
    (layer,) = verify_folding(Network([*fold, linear(mixed, shift)]), Box.cube(2, 0, 1)).layers
    assert layer.is_fold
    # The images of (0, 0), (1, 0), (0, 1), (1, 1): the least is the first.
    corner, edges = layer.images[0].frame
    assert (list(corner), [list(e) for e in edges]) == ([5, 0, -1], [[1, 2, 3], [1, -1, 0]])
    assert layer.images[0].coordinates([corner, tuple(map(Fraction, (6, 2, 2)))]) == [(0, 0), (1, 0)]
    assert layer.images[0].coordinates([tuple(map(Fraction, (6, 2, 3)))]) is None


# ------------------------------------------------------------------------------------------------------
# The cube in the box


def test_a_part_of_a_fold() -> None:
    """A fold in four on half of the cube folds that in two, and repeats it outside."""
    network = Network(fold_network(1, (4,)))
    folding = verify_folding(network, Box([0], [1]), Box([0], [0.5]))
    check_folds(folding, 1, (2,))
    around = folding.layers[0].surroundings
    assert (around.inside, around.cut, around.outside, around.alike) == (2, 0, 2, 2)


def test_a_cube_whose_side_cuts_a_region() -> None:
    """[0, 3/8] holds half of the second segment [1/4, 1/2]: its image there is half of that of the first."""
    folding = verify_folding(Network(fold_network(1, (4,))), Box([0], [1]), Box([0], [0.375]))
    (layer,) = folding.layers
    assert not folding.is_folding
    assert [[list(v) for v in image.exact_vertices] for image in layer.images] in (
        [[[0], [1]], [[0.5], [1]]],
        [[[0.5], [1]], [[0], [1]]],
    )
    assert classes(layer) == [1, 1]
    assert layer.onto.sum() == 1
    assert layer.overlaps.tolist() == [[0, 1]]
    around = layer.surroundings
    # All of the second segment, and the two outside, have the image [0, 1].
    assert (around.inside, around.cut, around.outside, around.alike) == (1, 1, 2, 3)


# ------------------------------------------------------------------------------------------------------
# Broken folds


@pytest.mark.parametrize("where", [(0, 0), (0, 1), (1, 0), (1, 3)])
def test_a_weight_that_is_off_by_a_hair(where: tuple[int, int]) -> None:
    """2^-40 in a weight of the second layer, on any input: the next layer tells regions apart."""
    layers = fold_network(2, (2, 2))
    weight = layers[1].weight.copy()
    assert weight[where] != 0 or where == (1, 3)
    weight[where] += 2.0**-40
    folding = verify_folding(Network([layers[0], relu(weight, layers[1].bias), layers[2]]), Box.cube(2, 0, 1))
    first = folding.layers[0]
    # In y = h_1 - h_2 of one coordinate, the halves of the sheet lie apart now, in different planes; each is
    # still folded in the other coordinate, unless it is that one which the weight adds.
    assert first.n_regions == 4
    assert not first.is_fold
    assert len(first.images) == 2
    assert classes(first) == [2, 2]
    assert first.turned.sum() == 2
    assert folding.depth == 0
    assert not folding.is_folding
    assert folding.adds_up


def test_a_fold_that_does_not_fill_the_cube() -> None:
    """0.9 of a fold is a fold onto a smaller cube, but its second half is too short for the next fold."""
    layers = fold_network(1, (2, 2, 2))
    short = relu(0.9 * layers[1].weight, layers[1].bias)  # the products are exact: powers of two
    assert (short.weight / np.array([[2], [4]]) == [[0.9, -0.9]]).all()
    folding = verify_folding(Network([layers[0], short, *layers[2:]]), Box([0], [1]))
    first, second, _ = folding.layers
    assert first.is_fold
    assert not second.is_fold
    assert (folding.depth, folding.multiplicity, folding.is_folding) == (1, 2, False)
    # [0, 1/2] is mapped onto [0, 1], but [1/2, 0.9] onto [1 - 2 * 0.4, 1], both twice.
    assert classes(second) == [2, 2]
    assert second.onto.sum() == 2
    low = 1 - 2 * (Fraction(0.9) - Fraction(1, 2))
    spans = sorted((v[0][0], v[1][0]) for v in (image.exact_vertices for image in second.images))
    assert spans == [(0, 4), (4 * low, 4)] or spans == [(0, 2), (2 * low, 2)]
    assert second.overlaps.tolist() == [[0, 1]]


def test_activations_themselves_are_not_identified() -> None:
    """Without a read-out the next layer would see the activations, which tell all regions apart."""
    layers, _ = fold_layers(2, (2,))
    (layer,) = verify_folding(Network(layers), Box.cube(2, 0, 1)).layers
    assert classes(layer) == [1, 1, 1, 1]
    assert not layer.is_fold
    assert not layer.turned.any()


def test_a_random_network_does_not_fold() -> None:
    rng = np.random.default_rng(5)
    shapes = [(6, 2), (5, 6), (3, 5)]
    network = Network.from_arrays([(rng.normal(size=s), rng.normal(size=s[0])) for s in shapes])
    folding = verify_folding(network, Box.cube(2, -1, 1))
    assert min(layer.n_regions for layer in folding.layers) > 5
    for layer in folding.layers:
        assert classes(layer) == [1] * layer.n_regions
        assert not layer.is_fold
    assert not folding.is_folding
    assert (folding.depth, folding.multiplicity) == (0, 1)
    assert folding.adds_up


def test_equal_images_that_are_no_cube() -> None:
    """|x - y| and x + y fold the square along its diagonal: both triangles have the same image."""
    fold = [linear([[1, -1], [1, 1]], [0, 0]), maxout([[[1, 0], [-1, 0]], [[0, 1]]], [[0, 0], [0]])]
    folding = verify_folding(Network(fold), Box.cube(2, 0, 1))
    (layer,) = folding.layers
    assert classes(layer) == [2]
    assert layer.turned.all()
    assert layer.injective.all()
    assert [list(v) for v in layer.images[0].exact_vertices] == [[0, 0], [0, 2], [1, 1]]
    assert layer.images[0].frame is None
    assert layer.cube is None
    assert not layer.is_fold
    assert not folding.is_folding


def test_no_crease_is_no_fold() -> None:
    folding = verify_folding(Network([relu(np.eye(2), [1, 1]), linear(np.eye(2), [0, 0])]), Box.cube(2, 0, 1))
    assert folding.layers[0].is_fold  # 1 to 1
    assert (folding.depth, folding.multiplicity, folding.is_folding) == (1, 1, False)


def uneven(n0: int, slope: int) -> Network:
    """x up to 1/2, and with this slope beyond, in each coordinate."""
    eye = np.eye(n0)
    layer = relu(np.concatenate([eye, 2 * eye]), [0] * n0 + [-1] * n0)
    return Network([layer, linear(np.concatenate([eye, (slope - 1) / 2 * eye], axis=1), [0] * n0)])


@pytest.mark.parametrize("n0", [1, 2, 3])
def test_partial_overlap(n0: int) -> None:
    """Slopes 1 and -2 map the halves onto [0, 1/2] and [-1/2, 1/2]: all products of these overlap."""
    (layer,) = verify_folding(uneven(n0, -2), Box.cube(n0, 0, 1)).layers
    assert classes(layer) == [1] * 2**n0
    assert layer.overlaps.tolist() == [list(pair) for pair in combinations(range(2**n0), 2)]
    assert layer.turned.all()
    # The product of all the longer ones holds the others.
    assert layer.onto.sum() == 1
    assert not layer.is_fold


def test_overlap_beside_a_constant() -> None:
    """All images lie in a plane where one of the coordinates does not change: it does not tell them apart."""
    first, last = uneven(1, -2).layers
    network = Network([first, linear(np.vstack([[0, 0], last.weight]), [3, 0])])
    (layer,) = verify_folding(network, Box([0], [1])).layers
    ends = sorted(image.exact_vertices for image in layer.images)
    assert ends == [[(3, -0.5), (3, 0.5)], [(3, 0), (3, 0.5)]]
    assert layer.overlaps.tolist() == [[0, 1]]


@pytest.mark.parametrize("n0", [1, 2, 3])
@pytest.mark.parametrize("slope", [2, 1])
def test_images_that_only_touch(n0: int, slope: int) -> None:
    (layer,) = verify_folding(uneven(n0, slope), Box.cube(n0, 0, 1)).layers
    assert layer.n_regions == 2**n0
    assert classes(layer) == [1] * 2**n0
    assert layer.overlaps.tolist() == []
    assert not layer.turned.any()
    assert layer.injective.all()
    assert layer.cube is None


def test_collapse() -> None:
    """If the next layer sees one coordinate twice, all regions are identified, but the sheet is lost."""
    layers, out = fold_layers(2, (2,))
    twice = linear(np.stack([out[0], out[0]]), [0, 0])
    folding = verify_folding(Network([*layers, twice]), Box.cube(2, 0, 1))
    (layer,) = folding.layers
    assert classes(layer) == [4]
    assert (layer.images[0].dim, layer.injective.any(), layer.turned.any()) == (1, False, False)
    assert [list(v) for v in layer.images[0].exact_vertices] == [[0, 0], [1, 1]]
    assert not layer.is_fold
    assert not folding.is_folding


def test_shadows_of_a_cube() -> None:
    """The cube seen along its diagonal is a hexagon, along an edge a square, along a plane a segment."""

    def shadow(weight: list[list[int]]) -> Image:
        rows = [*np.eye(3), *(-np.eye(3))]  # no unit changes in the box
        network = Network(
            [relu(rows, [1] * 6), linear(np.hstack([weight, np.zeros_like(weight)]), [0] * len(weight))]
        )
        (layer,) = verify_folding(network, Box.cube(3, -1, 1)).layers
        assert layer.n_regions == 1
        return layer.images[0]

    hexagon = shadow([[1, 0, -1], [0, 1, -1]])
    # The images of the corners without (-1, -1, -1) and (1, 1, 1); relu(x + 1) is x + 1.
    corners = [c for c in product((0, 2), repeat=3) if 0 < sum(c) < 6]
    assert {tuple(map(int, v)) for v in hexagon.exact_vertices} == {(x - z, y - z) for x, y, z in corners}
    assert (hexagon.dim, hexagon.frame) == (2, None)
    square = shadow([[1, 0, 0], [0, 1, 0], [1, 1, 0]])
    assert (square.dim, len(square.points)) == (2, 4)
    assert [list(e) for e in square.frame[1]] == [[2, 0, 2], [0, 2, 2]]
    segment = shadow([[1, 1, 1]])
    assert [list(v) for v in segment.exact_vertices] == [[0], [6]]
    point = shadow([[0, 0, 0]])
    assert (point.dim, [list(v) for v in point.exact_vertices], point.frame[1]) == (0, [[0]], ())
    assert point.coordinates([(Fraction(0),)]) == [()]
    assert point.coordinates([(Fraction(1),)]) is None


# ------------------------------------------------------------------------------------------------------
# Images by themselves


def image_of(points: Sequence[Sequence[int]], dim: int) -> Image:
    return Image(frozenset((*point, 1) for point in points), dim)


@given(st.integers(1, 3), st.data())
def test_parallelotopes_are_found(d: int, data: st.DataObject) -> None:
    """Corner plus subset sums of independent vectors; one vertex elsewhere, and it is none."""
    m = data.draw(st.integers(d, 4))
    numbers = st.lists(st.integers(-4, 4), min_size=m, max_size=m)
    edges = np.array(data.draw(st.lists(numbers, min_size=d, max_size=d)))
    if np.linalg.matrix_rank(edges) < d:
        return
    corner = np.array(data.draw(numbers))
    points = [corner + np.array(chosen) @ edges for chosen in product((0, 1), repeat=d)]
    image = image_of([p.tolist() for p in points], d)
    found_corner, found = image.frame
    sums = {
        tuple(int(v) for v in np.array(found_corner) + np.array(c) @ np.array(found))
        for c in product((0, 1), repeat=d)
    }
    assert sums == {tuple(p.tolist()) for p in points}
    assert list(found) == sorted(found, reverse=True)
    units = image.coordinates(image.exact_vertices)
    assert set(units) == set(product((0, 1), repeat=d))
    if d > 1:
        moved = [*points[:-1], points[-1] + edges[0]]
        if len({tuple(p.tolist()) for p in moved}) == 2**d:
            assert image_of([p.tolist() for p in moved], d).frame is None


def test_the_folded_cube_holds_all_images() -> None:
    """A diamond is a cube in affine coordinates, and so is the square around it, which sticks out."""
    (layer,) = verify_folding(Network(fold_network(2, (2,))), Box.cube(2, 0, 1)).layers
    diamond = image_of([(-1, 0), (1, 0), (0, -1), (0, 1)], 2)
    corner = image_of([(0, 0), (1, 0), (0, 1), (1, 1)], 2)
    square = image_of(list(product((-1, 1), repeat=2)), 2)
    triangle = image_of([(-1, 0), (1, 0), (0, 1)], 2)
    labels = np.array([0, 0, 1, 2])

    def cube(*images: Image) -> int | None:
        return replace(layer, images=images, labels=labels).cube

    assert cube(diamond, triangle, image_of([(0, 1)], 0)) == 0
    assert cube(triangle, diamond, image_of([(0, 0), (0, 1)], 1)) == 1
    assert cube(diamond, triangle, corner) is None
    assert cube(diamond, corner, square) == 2
    assert replace(layer, images=(diamond, corner, square), labels=labels).onto.tolist() == [False] * 3 + [
        True
    ]


def test_lemma_2_can_fail() -> None:
    """Only for a wrong enumeration: here numbers are changed by hand."""
    folding = verify_folding(Network(fold_network(2, (2, 2))), Box.cube(2, 0, 1))
    first, second = folding.layers
    assert (first.pieces.tolist(), first.adds_up, folding.adds_up) == ([4] * 4, True, True)
    uneven = replace(first, pieces=np.array([4, 5, 3, 4]))
    assert not uneven.adds_up
    assert not replace(folding, layers=(uneven, second)).adds_up
    missing = replace(first, pieces=np.array([3] * 4))
    assert missing.adds_up
    assert not replace(folding, layers=(missing, second)).adds_up


def test_coordinates_need_a_parallelotope() -> None:
    with pytest.raises(InvalidInputError, match="no parallelotope"):
        image_of([(0, 0), (1, 0), (0, 1)], 2).coordinates([])


def test_vertices_are_rounded_once() -> None:
    image = Image(frozenset([(1, 0, 3), (0, 2, 3)]), 1)
    assert image.vertices.tolist() == [[0, 2 / 3], [1 / 3, 0]]


@settings(max_examples=examples(60))
@given(st.sampled_from([1, 2, 3]), st.data())
def test_extreme_points_are_those_in_no_simplex_of_others(d: int, data: st.DataObject) -> None:
    """A point is not extreme iff it is a convex combination of at most d + 1 others (Caratheodory)."""
    point = st.tuples(*[st.integers(-2, 2)] * d)
    points = sorted(data.draw(st.sets(point, min_size=d + 1, max_size=7)))
    if np.linalg.matrix_rank(np.array(points[1:]) - np.array(points[0])) < d:
        return
    rational = [tuple(map(Fraction, p)) for p in points]

    def inside(p: Vector, corners: Sequence[Vector]) -> bool:
        columns = [[*corner, Fraction(1)] for corner in corners]
        weights = solve([list(row) for row in zip(*columns, strict=True)], [*p, Fraction(1)])
        return weights is not None and all(w >= 0 for w in weights)

    expected = [
        k
        for k, p in enumerate(rational)
        if not any(
            inside(p, corners)
            for size in range(1, d + 2)
            for corners in combinations([q for q in rational if q != p], size)
        )
    ]
    assert extreme_points(rational) == expected


# ------------------------------------------------------------------------------------------------------
# The referee: images, planes and overlaps once more, in fractions


def solve(matrix: list[list[Fraction]], right: list[Fraction]) -> list[Fraction] | None:
    """The one solution of a system of full column rank; None if there is none, or more than one."""
    rows = [[*row, b] for row, b in zip(matrix, right, strict=True)]
    n = len(matrix[0])
    for c in range(n):
        pivot = next((r for r in range(c, len(rows)) if rows[r][c]), None)
        if pivot is None:
            return None
        rows[c], rows[pivot] = rows[pivot], rows[c]
        rows[c] = [v / rows[c][c] for v in rows[c]]
        rows = [
            row if r == c else [a - row[c] * b for a, b in zip(row, rows[c], strict=True)]
            for r, row in enumerate(rows)
        ]
    return None if any(row[-1] for row in rows[n:]) else [row[-1] for row in rows[:n]]


def rank(vectors: Sequence[Vector]) -> int:
    rest, found = [list(v) for v in vectors], 0
    while rest:
        row = rest.pop()
        lead = next((k for k, v in enumerate(row) if v), None)
        if lead is not None:
            found += 1
            rest = [
                [a - other[lead] / row[lead] * b for a, b in zip(other, row, strict=True)] for other in rest
            ]
    return found


def seen_forms(network: Network, number: int, states: Sequence[int]) -> list[list[Fraction]]:
    """Affine forms of what the next hidden layer sees, from the definition."""
    hidden = [i for i, layer in enumerate(network.layers) if layer.n_units]
    if number + 1 == len(hidden):
        return reference.forms(network.layers, states)[1]
    following = network.layers[hidden[number + 1]]
    _, y = reference.forms(network.layers[: hidden[number + 1]], states)
    result = []
    for weights, bias in zip(following.weight.tolist(), following.bias.tolist(), strict=True):
        form = [
            sum((Fraction(w) * own[k] for w, own in zip(weights, y, strict=True)), Fraction(0))
            for k in range(len(y[0]))
        ]
        result.append([*form[:-1], form[-1] + Fraction(bias)])
    return result


def hull(points: set[Vector], dim: int) -> frozenset[Vector]:
    """Extreme points of points in an affine space of dimension at most 2, or of cubes' worth of them."""
    listed = sorted(points)
    if dim <= 1:
        return frozenset([listed[0], listed[-1]])
    places = next(
        places
        for places in combinations(range(len(listed[0])), 2)
        if rank([tuple(p[k] - listed[0][k] for k in places) for p in listed]) == 2
    )
    ordered = sorted(listed, key=lambda p: [p[k] for k in places])

    def chain(sequence: list[Vector]) -> list[Vector]:
        kept: list[Vector] = []
        for p in sequence:
            while len(kept) > 1:
                (ax, ay), (bx, by), (cx, cy) = ([q[k] for k in places] for q in (*kept[-2:], p))
                if (bx - ax) * (cy - ay) - (by - ay) * (cx - ax) > 0:
                    break
                kept.pop()
            kept.append(p)
        return kept

    return frozenset(chain(ordered)) | frozenset(chain(ordered[::-1]))


def relatively_open_hulls_meet(P: frozenset[Vector], Q: frozenset[Vector]) -> bool:
    """In the plane: they do not iff a line separates them that does not hold both.

    If there is one, there is one along or across an edge, or across the way between two points.
    """

    def edges(points: frozenset[Vector]) -> list[Vector]:
        return [tuple(b - a for a, b in zip(p, q, strict=True)) for p, q in permutations(points, 2)]

    vectors = edges(P) + edges(Q) + [tuple(b - a for a, b in zip(min(P), min(Q), strict=True))]
    for x, y in vectors:
        for u, v in ((x, y), (-y, x), (-x, -y), (y, -x)):
            p, q = [u * a + v * b for a, b in P], [u * a + v * b for a, b in Q]
            if max(p) <= min(q) and not min(p) == max(p) == min(q) == max(q):
                return False
    return True


def check_against_referee(folding: Folding) -> None:
    for number, layer in enumerate(folding.layers):
        d, cx = folding.cube.dim, layer.regions
        maps = [seen_forms(folding.network, number, states) for states in cx.states.tolist()]
        images = []
        for region, forms in zip(corners_of_all(cx), maps, strict=True):
            points = {tuple(reference.evaluate(form, x) for form in forms) for x in region}
            dim = rank([tuple(form[:-1]) for form in forms])
            images.append(frozenset(points) if dim == d else hull(points, dim))
            assert layer.images[layer.labels[len(images) - 1]].dim == dim
        for i, image in enumerate(images):
            assert frozenset(layer.images[layer.labels[i]].exact_vertices) == image
        # Different labels are different images, in order of their number.
        assert len({frozenset(image.exact_vertices) for image in layer.images}) == len(layer.images)
        assert sorted(layer.multiplicities.tolist(), reverse=True) == layer.multiplicities.tolist()
        for (i, j), turned in zip(cx.adjacencies.tolist(), layer.turned.tolist(), strict=True):
            assert turned == turns_back(maps[i], maps[j], d)
        if layer.overlaps is not None and len(maps[0]) <= 2:
            flat = [frozenset((*v, Fraction(0))[:2] for v in image.exact_vertices) for image in layer.images]
            expected = [
                [i, j]
                for i, j in combinations(range(len(flat)), 2)
                if relatively_open_hulls_meet(flat[i], flat[j])
            ]
            assert layer.overlaps.tolist() == expected
        if d <= 2:
            assert layer.cube == image_of_all(layer, d)
        if number + 1 < len(folding.layers):
            # Regions of the next layer, by where their witnesses lie.
            following = folding.layers[number + 1].regions
            homes = [cx.find(exact_states(cx.network, region)) for region in corners_of_all(following)]
            assert np.bincount(homes, minlength=cx.n_regions).tolist() == layer.pieces.tolist()
    assert folding.adds_up


def corners_of_all(cx) -> list[list[Vector]]:
    """The vertices of each region by their rows, not by the faces of the complex."""
    return [region.exact_vertices for region in cx]


def image_of_all(layer: FoldedLayer, d: int) -> int | None:
    """The image that is a parallelogram (or a segment) and the hull of all images."""
    images = [frozenset(image.exact_vertices) for image in layer.images]
    points = set().union(*images)
    origin = min(points)
    if rank([tuple(a - b for a, b in zip(p, origin, strict=True)) for p in points]) != d:
        return None
    whole = hull(points, d)
    if len(whole) != 2**d or whole not in images:
        return None
    a, *_, b = ordered = sorted(whole)
    middle = [
        tuple(v + w for v, w in zip(*pair, strict=True)) for pair in ((a, b), (ordered[1], ordered[-2]))
    ]
    return images.index(whole) if middle[0] == middle[1] else None


def exact_states(network: Network, corners: list[Vector]) -> list[int]:
    mean = [sum(column, Fraction(0)) / len(corners) for column in zip(*corners, strict=True)]
    return reference.forward(network.layers, mean)[1]


def turns_back(first: list[list[Fraction]], second: list[list[Fraction]], d: int) -> bool:
    """Whether the second linear map is the first after one that reverses orientation, both one-to-one."""
    A, B = ([form[:-1] for form in forms] for forms in (first, second))
    if rank([tuple(row) for row in A]) < d or rank([tuple(row) for row in B]) < d:
        return False
    columns = [solve(A, [row[k] for row in B]) for k in range(d)]
    return all(column is not None for column in columns) and determinant(columns) < 0


def determinant(matrix: list[list[Fraction]]) -> Fraction:
    total = Fraction(0)
    for order in permutations(range(len(matrix))):
        sign = (-1) ** sum(a > b for a, b in combinations(order, 2))
        total += sign * prod((row[k] for row, k in zip(matrix, order, strict=True)), start=Fraction(1))
    return total


@settings(max_examples=examples(60))
@given(cases(max_units=5))
def test_degenerate_networks(case: tuple[Network, Box]) -> None:
    network, box = case
    if network.hidden:
        check_against_referee(verify_folding(network, box))


@settings(max_examples=examples(60))
@given(st.data())
def test_networks_that_fold_at_random(data: st.DataObject) -> None:
    """Small whole weights and narrow layers: identifications, overlaps and collapses of all kinds."""
    d = data.draw(st.sampled_from([2, 1, 3]))
    number = st.sampled_from([1, -1, 0, 2, -2])
    layers, n = [], d
    for _ in range(data.draw(st.sampled_from([1, 2]))):
        kind: Callable = data.draw(st.sampled_from([absolute, relu, absolute]))
        width = data.draw(st.sampled_from([2, 3]))
        layers.append(kind(*draw_rows(data, number, width, n)))
        n = width
    layers.append(linear(*draw_rows(data, number, data.draw(st.sampled_from([2, 1, 3])), n)))
    check_against_referee(verify_folding(Network(layers), Box.cube(d, -1, 1)))


def draw_rows(data: st.DataObject, number: st.SearchStrategy, rows: int, columns: int) -> tuple[list, list]:
    table = data.draw(
        st.lists(st.lists(number, min_size=columns + 1, max_size=columns + 1), min_size=rows, max_size=rows)
    )
    return [row[:-1] for row in table], [row[-1] for row in table]


def test_the_referee_sees_folds() -> None:
    for n0, folds in [(1, (3, 2)), (2, (2, 2)), (3, (2,))]:
        check_against_referee(verify_folding(Network(fold_network(n0, folds)), Box.cube(n0, -1, 2)))


# ------------------------------------------------------------------------------------------------------
# Reports and refusals


def test_summary_and_text() -> None:
    folding = verify_folding(Network(fold_network(2, (2, 3), inside_unit_cube(2, 3))), Box.cube(2, 0, 1))
    summary = json.loads(json.dumps(folding.summary()))
    assert (summary["is_folding"], summary["depth"], summary["multiplicity"]) == (True, 2, 36)
    first = summary["layers"][0]
    assert first["multiplicities"] == [[4, 1]]
    assert (first["regions"], first["images"], first["onto_cube"], first["injective"]) == (4, 1, 4, 4)
    assert (first["facets"], first["turned_facets"], first["mirror_images"]) == (4, 4, 4)
    assert (first["dimensions"], first["parallelotopes"], first["overlapping_images"]) == ([2], 1, 0)
    # 7 regions of 3 lines, each once for each of 36 squares, and their images are points or segments.
    last = summary["layers"][2]
    assert (last["regions"], last["injective"], last["is_fold"]) == (252, 0, False)
    assert sum(m * n for m, n in last["multiplicities"]) == 252
    head, *lines = str(folding).splitlines()
    assert head == "2 of 3 hidden layers fold the cube, 36 to 1"
    assert lines[1] == (
        "layer 2: 36 regions: 1 image of 36 regions; 36 onto the folded cube; turned at 60 of 60 facets"
    )
    assert len(lines) == 3
    assert str(verify_folding(uneven(1, -2), Box([0], [1]))) == (
        "0 of 1 hidden layer fold the cube\n"
        "layer 1: 2 regions: 2 images of 1 region; 1 onto the folded cube; turned at 1 of 1 facet; "
        "1 pair of images overlap"
    )


def test_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    network, box = Network(fold_network(2, (2,))), Box.cube(2, 0, 1)
    with pytest.raises(InvalidInputError, match="no hidden layer"):
        verify_folding(Network([linear([[1, 2]], [0])]), box)
    with pytest.raises(InvalidInputError, match="expected a Network, got list"):
        verify_folding([], box)
    with pytest.raises(InvalidInputError, match="box: expected a Box"):
        verify_folding(network, None)
    with pytest.raises(InvalidInputError, match="cube: expected a Box"):
        verify_folding(network, box, [0, 1])
    with pytest.raises(InvalidBoxError, match=r"cube: .* does not lie in"):
        verify_folding(network, box, Box.cube(2, 0, 2))
    with pytest.raises(InvalidBoxError, match="does not lie in"):
        verify_folding(network, box, Box.cube(1, 0, 1))
    with pytest.raises(InvalidBoxError, match="3 dimension"):
        verify_folding(network, Box.cube(3, 0, 1))
    with pytest.raises(InvalidInputError, match="1 hidden layer"):
        cut_off(network, 1)
    # 4 regions, 2^2 corners of 2 coordinates and a denominator each.
    monkeypatch.setattr(verify, "MOST_NUMBERS", 4 * 4 * 3)
    verify_folding(network, box)
    monkeypatch.setattr(verify, "MOST_NUMBERS", 4 * 4 * 3 - 1)
    with pytest.raises(TooLargeError, match=r"4 or more regions in 2 dimensions are some 48 .* limit is 47"):
        verify_folding(network, box)


def test_too_many_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overlaps, "MOST_PAIRS", 5)
    (layer,) = verify_folding(uneven(2, -2), Box.cube(2, 0, 1)).layers  # 6 pairs
    assert layer.overlaps is None
    assert layer.summary()["overlapping_images"] is None
    assert "perhaps some of images overlap" in str(layer)


def test_an_enumeration_that_stops_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    network, box = Network(fold_network(2, (2,))), Box.cube(2, 0, 1)
    monkeypatch.setattr(verify, "enumerate_regions", lambda *a, **k: enumerate_regions(*a, **k, limit=3))
    with pytest.raises(TooLargeError, match=r"3 regions are not all: the enumeration stopped \(limit\)"):
        verify_folding(network, box)


def test_results_are_read_only() -> None:
    (layer,) = verify_folding(Network(fold_network(1, (2,))), Box([0], [1])).layers
    for array in (layer.labels, layer.orientations, layer.turned, layer.pieces):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0
