"""Voronoi and power diagrams as one maxout unit: the upper envelope of one affine function for each site.

The site s with the largest ``2 <s, x> - |s|^2 + w`` is the one with the least power distance ``|x - s|^2 -
w``, since the term |x|^2 is common to all. For w = 0 it is the nearest site.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import InvalidInputError, InvalidNetworkError
from ...network.box import Box
from ...network.layers import MAX_STATES, maxout
from ...network.network import Network
from ...network.numbers import float_array
from ..predictions import Prediction
from .construction import Construction, all_maps_differ, box_or, is_float, predict

Rows = list[list[Fraction]]


def voronoi_unit(sites: ArrayLike, box: Box | None = None) -> Construction:
    """One maxout unit whose regions are the Voronoi cells of the sites; its state is the nearest site.

    A site is inside its own cell. So if all of them are in the box, there are as many regions as sites. The
    gradients 2 s differ, so all definitions of a linear region count the same.

    Parameters
    ----------
    sites : array_like (n, d)
        Different points, 1 to 256 of them.
    box : Box, optional
        By default the sites' bounding box and its largest width, at least 1, to all sides.

    Raises
    ------
    InvalidInputError
        If there are none or too many sites, two are equal, or a number 2 s or |s|^2 has no float64.

    Examples
    --------
    >>> from polyregions import enumerate_regions
    >>> diagram = voronoi_unit([[0, 0], [2, 0], [0, 2], [4, 4]])
    >>> cx = enumerate_regions(diagram.network, diagram.box)
    >>> site = cx.states[:, 0]
    >>> sorted(sorted(pair) for pair in site[cx.adjacencies].tolist())
    [[0, 1], [0, 2], [1, 2], [1, 3], [2, 3]]
    """
    points = _points(sites)
    for i, point in enumerate(points):
        if point in points[:i]:
            raise InvalidInputError(f"sites: site {i} is the same as site {points.index(point)}")
    return _envelope(
        f"voronoi_unit({len(points)} sites)", "Voronoi diagram", points, [Fraction(0)] * len(points), box
    )


def power_diagram(sites: ArrayLike, weights: ArrayLike, box: Box | None = None) -> Construction:
    """One maxout unit whose regions are the cells of the power diagram of weighted sites.

    The cell of a site may be empty. It is not, and contains the site in its interior, if the site is nearer
    to itself than all others are: ``w_j - w_i < |s_i - s_j|^2``. Such sites in the box are counted from
    below, and all sites from above.

    Parameters
    ----------
    sites : array_like (n, d)
        1 to 256 points.
    weights : array_like (n,)
        The power distance to site i is ``|x - s_i|^2 - weights[i]``. Of equal sites with equal weights the
        first one has the cell.
    box : Box, optional
        By default the sites' bounding box and its largest width, at least 1, to all sides.

    Raises
    ------
    InvalidInputError
        If there are none or too many sites, their number is not that of the weights, or a number 2 s or w -
        |s|^2 has no float64.

    Examples
    --------
    >>> from polyregions import enumerate_regions
    >>> diagram = power_diagram([[0], [1], [3]], [0, -4, 0])        # site 1 has no cell
    >>> enumerate_regions(diagram.network, diagram.box).states.tolist()
    [[0], [2]]
    """
    points = _points(sites)
    w = [Fraction(v) for v in _floats("weights", weights, 1).tolist()]
    if len(w) != len(points):
        raise InvalidInputError(f"weights: {len(w)} of them for {len(points)} sites")
    return _envelope(f"power_diagram({len(points)} sites)", "power diagram", points, w, box)


def _envelope(name: str, what: str, sites: Rows, weights: list[Fraction], box: Box | None) -> Construction:
    normals = [[2 * v for v in site] for site in sites]
    constants = [w - sum(v * v for v in site) for site, w in zip(sites, weights, strict=True)]
    for i, row in enumerate(zip(normals, constants, strict=True)):
        for value in (*row[0], row[1]):
            if not is_float(value):
                raise InvalidInputError(f"site {i}: its piece has the number {value}, which is no float64")
    columns = list(zip(*sites, strict=True))
    margin = max(1, *(max(c) - min(c) for c in columns))
    default = Box([float(min(c) - margin) for c in columns], [float(max(c) + margin) for c in columns])
    box = box_or(default, box)
    unit = maxout([[[float(v) for v in row] for row in normals]], [[float(v) for v in constants]])
    return Construction(name, Network([unit]), box, what, _predictions(sites, weights, box))


def _predictions(sites: Rows, weights: list[Fraction], box: Box) -> tuple[Prediction, ...]:
    d, n = len(sites[0]), len(sites)
    ends = list(zip(map(Fraction, box.lower.tolist()), map(Fraction, box.upper.tolist()), strict=True))
    own = [
        i
        for i, s in enumerate(sites)
        if all(a <= v <= b for v, (a, b) in zip(s, ends, strict=True))
        and all(
            weights[j] - weights[i] < sum((u - v) ** 2 for u, v in zip(s, t, strict=True))
            for j, t in enumerate(sites)
            if j != i
        )
    ]
    source = "a site is inside its own cell"
    if len(own) == n:
        values: dict[str, int | tuple[int, ...]] = {**all_maps_differ(n), "activation": n}
        if d == 1:
            values |= {"adjacencies": n - 1, "f_vector": (n - 1, n)}
        found = predict(source, values)
    else:
        found = (
            Prediction("proper_activation", ">=", len(own), source),
            Prediction("proper_activation", "<=", n, "a piece has one cell at most"),
        )
    if d == 2 and n > 2:
        # Neighbours make a planar graph, drawn in the box.
        found += (Prediction("adjacencies", "<=", 3 * n - 6, "Euler: a planar graph"),)
    return found


def _points(sites: ArrayLike) -> Rows:
    array = _floats("sites", sites, 2)
    if not 1 <= len(array) <= MAX_STATES or array.shape[1] == 0:
        raise InvalidInputError(
            f"sites: 1 to {MAX_STATES} points with coordinates are needed, got {array.shape}"
        )
    return [[Fraction(v) for v in row] for row in array.tolist()]


def _floats(name: str, values: Any, ndim: int) -> NDArray[np.float64]:
    try:
        return float_array(name, values, ndim)
    except InvalidNetworkError as error:
        raise InvalidInputError(str(error)) from error
