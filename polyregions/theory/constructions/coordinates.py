"""Networks that treat each coordinate alone, and all coordinates alike: chains of folds, and what they count.

A :class:`Fold` is a function of one variable, made by one layer of a few units. A chain of folds is applied
to each coordinate; the composed weights are those of a plain network.

What one coordinate counts is a :class:`Line`; a network on R^n counts products. A box is cut into a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray
from ...network.box import Box
from ...network.kinds import make_layer
from ...network.layers import Layer, linear
from ...network.network import Network
from ..predictions import Prediction
from .construction import Construction, box_or, contains, predict


@dataclass(frozen=True)
class Fold:
    """The function ``outer . activation(weight y + bias) + constant`` of one variable y."""

    weight: tuple[float, ...]
    bias: tuple[float, ...]
    outer: tuple[float, ...]
    constant: float = 0.0

    @property
    def units(self) -> int:
        """Number of units, p."""
        return len(self.weight)


def chain(
    folds: Sequence[Fold],
    weight: FloatArray,
    bias: FloatArray,
    activation: str = "relu",
    widths: Sequence[int] | None = None,
) -> tuple[list[Layer], FloatArray, FloatArray]:
    """Fold n variables one by one, again and again.

    Parameters
    ----------
    folds : sequence of Fold
        One for each layer, applied to each variable.
    weight, bias : (n, inputs), (n,)
        The variables as an affine function of the inputs.
    activation : "relu" or "abs"
    widths : sequence of int, optional
        Of the layers. Units beyond those of the folds have zero weight and bias, and are never on.

    Returns
    -------
    layers : list of Layer
    weight, bias : (n, width), (n,)
        The folded variables as an affine function of the last layer.
    """
    n = len(weight)
    layers: list[Layer] = []
    for i, fold in enumerate(folds):
        width = n * fold.units if widths is None else widths[i]
        inner, outer = np.zeros((width, n)), np.zeros((n, width))
        inner_bias = np.zeros(width)
        for j in range(n):
            own = slice(j * fold.units, (j + 1) * fold.units)
            inner[own, j], inner_bias[own], outer[j, own] = fold.weight, fold.bias, fold.outer
        layers.append(make_layer(activation, inner @ weight, inner @ bias + inner_bias))
        weight, bias = outer, np.full(n, fold.constant)
    return layers, weight, bias


@dataclass(frozen=True)
class Line:
    """A piecewise linear function of one variable, and how it is cut.

    Attributes
    ----------
    cells : int
        Intervals into which (0, 1) is cut. Their maps are not constant, and all different.
    points : int
        Patterns that only single points of (0, 1) have.
    bends_at_0, bends_at_1 : bool
        Whether there is a breakpoint in 0, in 1. If so, the function is 0 beyond, and the point has the
        pattern of the outer side. Else the first, the last interval goes on.
    """

    cells: int
    points: int = 0
    bends_at_0: bool = False
    bends_at_1: bool = False

    def predict(self, box: Box, source: str) -> tuple[Prediction, ...]:
        """Predict all counts of a network that applies the function to each coordinate.

        The output is the vector of the function's values. Say coordinate j has c_j intervals in the box,
        m_j maps among them, and r_j patterns. The cells are products of intervals: c_1 ... c_n cells,
        ``f_k`` the coefficient of t^k in ``prod_j (c_j t + c_j - 1)``, r_1 ... r_n patterns, m_1 ... m_n
        maps. The two outer intervals alone have the same map, 0. Where the function agrees with a map is a
        union of separate closed sets, at most two of them intervals, so nothing is connected: the other
        definitions count the cells.
        """
        reason = "" if contains(box, Box.cube(box.dim, 0, 1)) else "the box does not contain [0, 1]^n"
        left = (self.bends_at_0 & (box.lower < 0)).tolist()
        right = (self.bends_at_1 & (box.upper > 1)).tolist()
        cells = [self.cells + a + b for a, b in zip(left, right, strict=True)]
        maps = [self.cells + (a or b) for a, b in zip(left, right, strict=True)]
        f_vector = grid_faces(cells)
        regions = f_vector[-1]
        values: dict[str, int | tuple[int, ...]] = {
            "activation": prod(c + self.points for c in cells),
            "proper_activation": regions,
            "adjacencies": f_vector[-2],
            "f_vector": f_vector,
            "convex": regions,
            "open_connected": regions,
            "closed_connected": regions,
            "affine": prod(maps),
        }
        return predict(source, values, reason)


def folded_cube(
    name: str,
    folds: Sequence[Fold],
    line: Line,
    inputs: int,
    source: str,
    pieces: str,
    box: Box | None,
    activation: str = "relu",
) -> Construction:
    """A chain of folds in each coordinate, read out as it is; ``pieces`` are those of one coordinate."""
    layers, weight, bias = chain(folds, *identity(inputs), activation)
    box = box_or(Box.cube(inputs, 0, 1), box)
    predictions = line.predict(box, f"{source}: {pieces} in each coordinate")
    return Construction(name, Network([*layers, linear(weight, bias)]), box, source, predictions)


def grid_faces(cells: Sequence[int]) -> tuple[int, ...]:
    """Numbers of faces of dimension 0, ..., n of a grid, inside the box: each coordinate has so many cells.

    Examples
    --------
    >>> grid_faces([4, 5])
    (12, 31, 20)
    """
    faces = [1]
    for c in cells:
        shorter, longer = [*faces, 0], [0, *faces]
        faces = [(c - 1) * a + c * b for a, b in zip(shorter, longer, strict=True)]
    return tuple(faces)


def identity(inputs: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The inputs as an affine function of themselves."""
    return np.eye(inputs), np.zeros(inputs)
