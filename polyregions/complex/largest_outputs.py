"""Which outputs are largest at the vertices, and on whole regions.

On a region all outputs are affine, so one of them is largest throughout iff it is at each corner. At a vertex
float64 tells, up to its error bound (:mod:`polyregions.complex.vertex_values`), which outputs are surely not
the largest; where more than one is left, rational arithmetic decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import IntArray, StateArray
from ..network.network import Network
from .patterns import Patterns
from .regions import Region, Regions
from .vertex_values import places, walk

if TYPE_CHECKING:
    from .faces import Faces

#: Numbers that are worked on at once.
TOGETHER = 2**22


def decided_outputs(cx: Regions, faces: Faces) -> IntArray:
    """Return the output that is largest throughout each region, or -1 if there is none; int64 (regions,).

    Of outputs that tie throughout it is the first.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1]], [0]), ([[1], [0]], [0, 0.5])])   # relu(x), and 1/2
    >>> cx = enumerate_regions(net, Box([-1], [1]))
    >>> cx.states[:, 0].tolist(), decided_outputs(cx, cx.faces).tolist()
    ([1, 0], [-1, 1])
    """
    largest = not_surely_less(cx.network, faces, vars(cx)["states"])  # made some at a time, if they can be
    settle(cx.network, faces, largest, np.flatnonzero(largest.sum(axis=1) > 1))
    return first_throughout(faces, largest)


def decided_output(region: Region) -> int:
    """Return the output that is largest throughout one region, or -1, without faces: from its vertices."""
    A, c = region.complex.network.exact.affine_map(region.pattern)
    if len(c) < 2:
        return -1
    largest = set(range(len(c)))
    for point in region.exact_vertices:
        values = [
            v + sum(a * x for a, x in zip(row, point, strict=True)) for row, v in zip(A, c, strict=True)
        ]
        most = max(values)
        largest &= {k for k in largest if values[k] == most}
    return min(largest, default=-1)


def first_throughout(faces: Faces, largest: NDArray[np.bool_]) -> IntArray:
    """Return the first column, of (vertices, columns), that is true at all corners of each region, or -1."""
    cells = faces.cells
    for k in range(1, cells.dimension + 1):
        number = np.zeros(len(faces), dtype=np.int64)
        number[cells.faces(k - 1)] = np.arange(len(cells.faces(k - 1)))
        here = cells.top if k == cells.dimension else cells.faces(k)
        first = np.cumsum(cells.size[here]) - cells.size[here]
        largest = np.logical_and.reduceat(largest[number[cells.boundaries(here)]], first, axis=0)
    return np.where(largest.any(axis=1), largest.argmax(axis=1), -1)


def not_surely_less(network: Network, faces: Faces, states: StateArray | Patterns) -> NDArray[np.bool_]:
    """Return which outputs are not proven to be below another, at each vertex; bool (vertices, outputs).

    Parameters
    ----------
    network : Network
    faces : Faces
        All faces of a complex on whose regions the network is affine.
    states : uint8 (regions, units), or Patterns
        The network's pattern on each of them.
    """
    where, home = places(faces), faces.cells.homes()[faces.cells.faces(0)]
    widest = max(layer.n_rows for layer in network.layers)
    chunk = max(1, TOGETHER // widest)
    parts = []
    for i in range(0, len(home), chunk):
        *_, last = walk(network.layers, where[i : i + chunk], states[home[i : i + chunk]])
        with np.errstate(over="ignore", invalid="ignore"):
            # Differences of whole numbers are exact; else one step outwards takes in their own rounding.
            exact = last.errors == 0.0
            low = np.where(exact, last.numbers, np.nextafter(last.numbers - last.errors, -np.inf))
            high = np.where(exact, last.numbers, np.nextafter(last.numbers + last.errors, np.inf))
        # A number that is none, or infinite, proves nothing.
        low[~np.isfinite(low)], high[~np.isfinite(high)] = -np.inf, np.inf
        parts.append(high >= low.max(axis=1, keepdims=True))
    return np.concatenate(parts)


def settle(network: Network, faces: Faces, largest: NDArray[np.bool_], vertices: IntArray) -> None:
    """In these rows of what :func:`not_surely_less` gives, leave only the outputs that are largest."""
    numbers = faces.of_dimension(0)
    for i in vertices.tolist():
        values = network.exact.value(faces.exact_point(int(numbers[i])))
        most = max(values)
        largest[i] = [value == most for value in values]
