"""A folded sheet as it is drawn: where each piece of it lies after each layer, and in which order.

A layer that folds the cube maps each of its regions onto the folded cube; the coordinates in which that is
[0, 1]^d come from the verification. The order of the layers of paper is that of an accordion: along a
coordinate the first part stays, the next is turned over and laid on top, and so on; one coordinate after the
other.

All of it is float64, for drawing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..analysis.folding import FoldedLayer, Folding
from ..analysis.folding.find_folding import homes
from ..base.arrays import FloatArray, IntArray
from ..complex.graph import lowest_flip_layers
from ..complex.polygons import region_rings, region_vertices, shared_edges
from ..errors import InvalidInputError
from ..network.box import Box
from .styles import layer_name

#: Colours from the left to the right of a sheet; they fade upwards.
COLOURS = np.array(
    [(1.0, 0.75, 0.4), (0.94, 0.56, 0.62), (0.72, 0.6, 0.9), (0.45, 0.7, 0.95), (0.42, 0.8, 0.62)]
)
#: Height of a stack, and of the gap between two of its layers at most; the cube has side 1.
STACK, GAP = 1.2, 0.3


@dataclass(frozen=True)
class Stack:
    """The sheet after some layers: n layers of paper over the unit cube.

    Attributes
    ----------
    home : int64 (pieces,)
        The layer of paper that each piece lies in.
    height : float64 (n,)
        Where each layer of paper lies.
    maps : float64 (n, d, d + 1)
        From the input to the coordinates of the folded cube.
    """

    home: IntArray
    height: FloatArray
    maps: FloatArray

    def fold(self, paper: int, points: FloatArray) -> FloatArray:
        """Where points (k, d) of a layer of paper lie in the folded cube."""
        return np.asarray(points @ self.maps[paper, :, :-1].T + self.maps[paper, :, -1])

    def unfold(self, paper: int, points: FloatArray) -> FloatArray:
        """The inverse of ``fold``."""
        own = self.maps[paper]
        return np.asarray(np.linalg.solve(own[:, :-1], (points - own[:, -1]).T).T)


class Sheet:
    """All that is drawn: the smallest pieces of the sheet, what separates them, and how they are stacked.

    Attributes
    ----------
    depth : int
        Number of layers that fold.
    cut : bool
        Whether the pieces are the regions of one more layer, which cuts what is folded.
    outlines : list of float64 (k, d)
        Vertices of each piece.
    walls : float64 (pairs, 2, d)
        Ends of the edge (for d = 1: the point, twice) between each pair of neighbours.
    pairs, layers : int64 (pairs, 2), (pairs,)
        These neighbours, and the hidden layer that separates them.
    colours : float64 (pieces, 3)
    stacks : list of Stack
        The flat sheet, and the stack after each layer that folds.
    """

    def __init__(self, folding: Folding) -> None:
        self.depth = folding.depth
        folded = folding.layers[: self.depth]
        self.cut = int(folded[-1].pieces[0]) > 1
        regions = folding.layers[self.depth if self.cut else self.depth - 1].regions
        self.pairs, self.layers = regions.adjacencies, lowest_flip_layers(regions)
        if folding.cube.dim == 2:
            self.outlines = region_rings(regions)
            self.walls = shared_edges(regions, self.outlines)
        else:
            self.outlines = [np.sort(region_vertices(regions, i), axis=0) for i in range(regions.n_regions)]
            starts = np.array([outline[0] for outline in self.outlines])
            self.walls = np.repeat(starts[self.pairs].max(axis=1)[:, None], 2, axis=1)
        self.stacks = [_flat(folding.cube, regions.n_regions)]
        for layer in folded:
            self.stacks.append(self._folded(layer, homes(layer.regions, regions)))
        # A cell is what ends up as one layer of paper; its colour tells where it was.
        cells = self.stacks[-1].home
        middles = np.array([self.stacks[0].fold(0, outline).mean(axis=0) for outline in self.outlines])
        self.colours = _colours(_means(middles, cells))[cells]

    def _folded(self, layer: FoldedLayer, home: IntArray) -> Stack:
        """The stack after one more layer, folded along one coordinate after the other like an accordion."""
        before = self.stacks[-1]
        middles = np.array(
            [before.fold(before.home[i], outline).mean(axis=0) for i, outline in enumerate(self.outlines)]
        )
        order = np.argsort(np.argsort(before.height))[_firsts(before.home, home)]
        n = len(before.height)
        for middle in _means(middles, home).T:
            _, block = np.unique(np.round(middle, 6), return_inverse=True)
            order = block * n + np.where(block % 2, n - 1 - order, order)
            n *= int(block.max()) + 1
        order = np.argsort(np.argsort(order))
        gap = min(GAP, STACK / max(1, len(order) - 1))
        bottom = int(np.argmin(order))
        maps = _turned(_cube_maps(layer), bottom, before.maps[_firsts(before.home, home)[bottom]])
        return Stack(home, order * np.float64(gap), maps)


def _flat(cube: Box, pieces: int) -> Stack:
    sides = cube.upper - cube.lower
    maps = np.hstack([np.diag(1 / sides), -(cube.lower / sides)[:, None]])
    return Stack(np.zeros(pieces, dtype=np.int64), np.zeros(1), maps[None])


def _cube_maps(layer: FoldedLayer) -> FloatArray:
    """The map of each region into the coordinates in which the folded cube is [0, 1]^d."""
    frame = layer.images[0].frame
    if frame is None:
        raise InvalidInputError(f"plot: {layer_name(layer.layer)} does not fold the cube")
    corner, edges = (np.array(part, dtype=np.float64) for part in frame)
    inverse = np.linalg.pinv(edges.T)
    maps = []
    for states in layer.regions.states:
        A, c = layer.regions.network.affine_map(states)
        maps.append(np.hstack([inverse @ A, (inverse @ (c - corner))[:, None]]))
    return np.array(maps)


def _turned(maps: FloatArray, bottom: int, before: FloatArray) -> FloatArray:
    """Turn the coordinates of the folded cube so that the paper at the bottom has stayed as it was before.

    A cube has no first corner and no order of its edges; which ones the verification took is of no meaning.
    """
    moved = maps[bottom, :, :-1] @ np.linalg.inv(before[:, :-1])
    axes = np.abs(moved).argmax(axis=0)
    if len(set(axes.tolist())) < len(axes):
        return maps
    turned = maps[:, axes]
    for k, axis in enumerate(axes.tolist()):
        if moved[axis, k] < 0:
            turned[:, k] *= -1
            turned[:, k, -1] += 1
    return turned


def _means(values: FloatArray, groups: IntArray) -> FloatArray:
    """Mean of the rows of each group."""
    sums = np.zeros((int(groups.max()) + 1, values.shape[1]))
    np.add.at(sums, groups, values)
    return np.asarray(sums / np.bincount(groups)[:, None])


def _firsts(values: IntArray, groups: IntArray) -> IntArray:
    """The value of the first member of each group."""
    return np.asarray(values[np.unique(groups, return_index=True)[1]])


def _colours(places: FloatArray) -> FloatArray:
    """Colours (n, 3) of points (n, d) of the unit cube."""
    stops = np.linspace(0, 1, len(COLOURS))
    colours = np.stack([np.interp(places[:, 0], stops, channel) for channel in COLOURS.T], axis=1)
    fading = 0.65 * places[:, 1:] if places.shape[1] == 2 else 0.2
    return np.asarray(colours + (1 - colours) * fading)
