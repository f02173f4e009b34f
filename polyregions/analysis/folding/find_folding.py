"""Compare the images of the regions after each hidden layer.

The network is cut off after each hidden layer (:func:`cut_off`), and its regions in the cube are enumerated.
Regions with the same image are identified. The regions of the next layer are counted in each.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ...base.arrays import IntArray
from ...base.rationals import homogeneous
from ...complex.region_complex import RegionComplex
from ...engines.enumerate import enumerate_regions
from ...errors import CheckFailedError, InvalidBoxError, InvalidInputError, TooLargeError
from ...network.box import Box
from ...network.layers import linear
from ...network.network import Network
from .folding import FoldedLayer, Folding, Surroundings
from .images import Image, IntegerPoint, map_region
from .overlaps import find_overlaps

Corners = list[list[list[int]]]

#: Numbers in the images of all regions, at least, beyond which none is computed: minutes of work.
MOST_NUMBERS = 10**7


def verify_folding(network: Network, box: Box, cube: Box | None = None) -> Folding:
    """Find out, exactly, whether and how the layers of a network fold a cube.

    Parameters
    ----------
    network : Network
        With layers of any kind.
    box : Box
    cube : Box, optional
        The part of the box that is to be folded; all of it if not given. Of a region that sticks out of the
        cube the part in it counts; ``surroundings`` of each layer tells how many of the box's regions do.

    Returns
    -------
    Folding

    Raises
    ------
    InvalidInputError
        If the network has no hidden layer.
    InvalidBoxError
        If the box does not fit the network, or the cube is not in the box.
    TooLargeError
        If the regions are too many, or of too high a dimension, for exact images.

    Notes
    -----
    Source: Montufar, Pascanu, Cho, Bengio (NIPS 2014), Definition 1, Lemma 2 and section 3.1.

    Examples
    --------
    A sheet is folded in two along both coordinates, twice, and the last layer cuts what is left by two lines.
    Of each coordinate y, a fold takes relu(2 y) and relu(4 y - 2), and their difference is the next y:

    >>> fold = [[2, 0], [4, 0], [0, 2], [0, 4]], [0, -2, 0, -2]
    >>> again = [[2, -2, 0, 0], [4, -4, 0, 0], [0, 0, 2, -2], [0, 0, 4, -4]], [0, -2, 0, -2]
    >>> lines = [[1, -1, 1, -1], [1, -1, -1, 1]], [-0.5, 0]
    >>> net = Network.from_arrays([fold, again, lines, ([[1, 0], [0, 1]], [0, 0])])
    >>> print(verify_folding(net, Box.cube(2, 0, 1)))
    2 of 3 hidden layers fold the cube, 16 to 1
    layer 1: 4 regions: 1 image of 4 regions; 4 onto the folded cube; turned at 4 of 4 facets
    layer 2: 16 regions: 1 image of 16 regions; 16 onto the folded cube; turned at 24 of 24 facets
    layer 3: 64 regions: 4 images of 16 regions; turned at 12 of 96 facets; 48 not one-to-one
    """
    cube = _validate(network, box, cube)
    complexes = []
    for layer in range(len(network.hidden)):
        complexes.append(_enumerate(cut_off(network, layer), cube))
    layers = []
    for layer, cx in enumerate(complexes):
        finer = complexes[min(layer + 1, len(complexes) - 1)]
        layers.append(_fold(layer, cx, np.bincount(homes(cx, finer)), box))
    return Folding(network, box, cube, tuple(layers))


def cut_off(network: Network, layer: int) -> Network:
    """Return the network up to a hidden layer (0, 1, ...), with what the next one sees as its outputs.

    These are the pre-activations of the next hidden layer (all pieces, for maxout), or the outputs of the
    network if it is the last.

    Raises
    ------
    InvalidInputError
        If there is no such layer.

    Examples
    --------
    >>> net = Network.from_arrays([([[1], [-1]], [0, 0]), ([[2, 2]], [-1]), ([[3]], [0])])
    >>> cut_off(net, 0)([-1.0]), cut_off(net, 1)([-1.0])
    (array([1.]), array([3.]))
    """
    hidden = [i for i, own in enumerate(network.layers) if own.n_units]
    if not 0 <= layer < len(hidden):
        raise InvalidInputError(f"layer {layer}: the network has {len(hidden)} hidden layer(s), from 0")
    if layer + 1 == len(hidden):
        return network
    following = network.layers[hidden[layer + 1]]
    return Network([*network.layers[: hidden[layer + 1]], linear(following.weight, following.bias)])


def _validate(network: Network, box: Box, cube: Box | None) -> Box:
    """Return the cube."""
    if not isinstance(network, Network):
        raise InvalidInputError(f"network: expected a Network, got {type(network).__name__}")
    if not network.hidden:
        raise InvalidInputError("network: it has no hidden layer, so nothing folds")
    for name, value in (("box", box), ("cube", cube)):
        if not isinstance(value, Box) and (name == "box" or value is not None):
            raise InvalidInputError(f"{name}: expected a Box, got {type(value).__name__}")
    if cube is None:
        return box
    if cube.dim != box.dim or (cube.lower < box.lower).any() or (cube.upper > box.upper).any():
        raise InvalidBoxError(f"cube: {cube} does not lie in {box}")
    return cube


class _TooMany(Exception):  # noqa: N818  (ends an enumeration; the user never sees it)
    pass


def _enumerate(network: Network, box: Box) -> RegionComplex:
    """Enumerate, but no more regions than can be mapped. Each has d + 1 vertices, 2^d if it is a cube."""
    each = 2**box.dim * (network.output_dim + 1)

    if each > MOST_NUMBERS:
        raise _too_large(1, each, box)

    def stop(_: int, found: int) -> None:
        if found * each > MOST_NUMBERS:
            raise _TooMany(found)

    try:
        cx = enumerate_regions(network, box, progress=stop)
        stop(0, cx.n_regions)
    except _TooMany as error:
        raise _too_large(error.args[0], each, box) from None
    if not cx.complete:
        raise TooLargeError(
            f"folding: {cx.n_regions:,} regions are not all: the enumeration stopped ({cx.stopped})"
        )
    return cx


def _too_large(found: int, each: int, box: Box) -> TooLargeError:
    """What is said of images that would take too long."""
    from ...theory.bounds import format_number

    return TooLargeError(
        f"folding: the images of {found:,} or more regions in {box.dim} dimensions are some "
        f"{format_number(found * each)} exact numbers, and the limit is {MOST_NUMBERS:,}; "
        "take fewer layers or a smaller box"
    )


def _fold(layer: int, cx: RegionComplex, pieces: IntArray, box: Box) -> FoldedLayer:
    corners = _corners(cx)
    mapped = [map_region(cx.network, states, own) for states, own in zip(cx.states, corners, strict=True)]
    members: dict[frozenset[IntegerPoint], list[int]] = {}
    for i, region in enumerate(mapped):
        members.setdefault(region.points, []).append(i)
    classes = sorted(members.values(), key=lambda regions: (-len(regions), regions))
    labels = np.empty(cx.n_regions, dtype=np.int64)
    for k, regions in enumerate(classes):
        labels[regions] = k
    firsts = [regions[0] for regions in classes]
    images = tuple(Image(mapped[i].points, mapped[i].dim) for i in firsts)
    numbers: dict[IntegerPoint, int] = {}
    planes = np.array([numbers.setdefault(region.plane, len(numbers)) for region in mapped])
    orientations = np.array([region.orientation for region in mapped], dtype=np.int8)
    i, j = cx.adjacencies.T
    return FoldedLayer(
        layer,
        cx,
        images,
        labels,
        orientations,
        np.asarray((planes[i] == planes[j]) & (orientations[i] * orientations[j] < 0)),
        pieces,
        find_overlaps(cx, images, firsts),
        _surroundings(cx, corners, members.keys(), box),
    )


def _corners(cx: RegionComplex) -> Corners:
    """The vertices of each region in homogeneous integers."""
    faces = cx.known_faces
    if faces is None:
        return [[homogeneous(point) for point in region.exact_vertices] for region in cx]
    places = {v: homogeneous(faces.exact_point(v)) for v in faces.of_dimension(0).tolist()}
    return [[places[v] for v in faces.cells.corners(top)] for top in faces.cells.top.tolist()]


def homes(cx: RegionComplex, finer: RegionComplex) -> IntArray:
    """For each region of a complex that more layers of the same network cut, the region that it lies in.

    Raises
    ------
    CheckFailedError
        If one lies in none, or a region holds none.
    """
    index = {row.tobytes(): i for i, row in enumerate(cx.states)}
    found = [index.get(row.tobytes(), -1) for row in finer.states[:, : cx.network.n_units]]
    if -1 in found or len(set(found)) < cx.n_regions:
        raise CheckFailedError("the regions of two layers do not lie in each other; please report this")
    return np.array(found, dtype=np.int64)


def _surroundings(
    cx: RegionComplex, corners: Corners, images: Collection[frozenset[IntegerPoint]], box: Box
) -> Surroundings:
    if box == cx.box:
        return Surroundings(cx.n_regions, 0, 0, 0)
    around = _enumerate(cx.network, box)
    inside = cut = alike = 0
    for states, own in zip(around.states, _corners(around), strict=True):
        k = cx.find(states)
        if k >= 0 and {tuple(v) for v in own} == {tuple(v) for v in corners[k]}:
            inside += 1
        else:
            cut += k >= 0
            alike += map_region(cx.network, states, own).points in images
    return Surroundings(inside, cut, around.n_regions - inside - cut, alike)
