"""Segments are cut by one layer after the other: the one-dimensional propagation, in float64.

Of each layer the pre-activations at all vertices are known (:mod:`polyregions.engines.lines.values`):

1. ``mark`` the units that may change their states between two vertices, by the signs at both; most do not.
2. ``find_crossings`` of those, in order: the new vertices (:mod:`polyregions.engines.lines.crossings`).
3. The outputs at the old vertices, times the next layer's weights: a matrix product.
4. ``insert`` the new vertices. There the product is not needed: from one vertex to the next on an interval,
   only the units bend that cross, so the next layer's pre-activations change their slope by a multiple of one
   column of its weights for each of them (:mod:`polyregions.engines.lines.insertion`).

What float64 cannot decide with its bounds leaves a segment open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.memory import available_memory
from ...base.rationals import dyadic
from ...errors import TooLargeError
from ...network.layers import Layer
from ...network.network import Network
from ...network.numbers import dense
from .crossings import (
    AFTER,
    ENTRY,
    FACTS,
    INTERVAL,
    NUMBERS,
    OUTPUT,
    TOGETHER,
    Crossings,
    find_crossings,
    mark,
)
from .insertion import LayerAbove, insert
from .values import PLACE, LineValues, LineVertices, activate, layer_rows, norm_bound

#: Bytes that are taken without asking how much memory is free.
UNASKED = 2**27


@dataclass(frozen=True)
class CutSegments:
    """Segments with their breakpoints, segment after segment and from left to right.

    Attributes
    ----------
    segment : int64 (breakpoints,)
    place : float64 (breakpoints, 2)
        t^, and how far off it may be.
    flips : int64 (flips, 3)
        Breakpoint, unit, and the unit's state on the right; breakpoints and units ascending.
    first : uint8 (segments, units)
        The pattern at the beginning of each segment.
    is_open : bool (segments,)
        Segments that float64 could not finish; what is said of them is void.
    """

    segment: IntArray
    place: FloatArray
    flips: IntArray
    first: StateArray
    is_open: NDArray[np.bool_]

    @property
    def last(self) -> StateArray:
        """The pattern at the end of each segment; uint8 (segments, units)."""
        last = self.first.copy()
        breakpoints, units, states = self.flips.T
        # Of several states of a unit the last one stays: numpy assigns in order.
        last[self.segment[breakpoints], units] = states
        return last

    def replaced(self, decided: dict[int, CutSegments]) -> CutSegments:
        """Put other segments (one each) in the place of some."""
        kept = np.ones(self.is_open.size, dtype=bool)
        kept[list(decided)] = False
        here = kept[self.segment]
        number = np.cumsum(here) - 1
        flips = self.flips[here[self.flips[:, 0]]]
        flips[:, 0] = number[flips[:, 0]]
        total, first = int(here.sum()), self.first.copy()
        segments, places, all_flips = [self.segment[here]], [self.place[here]], [flips]
        for s, cut in decided.items():
            segments.append(np.full(cut.segment.size, s))
            places.append(cut.place)
            all_flips.append(renumbered(cut.flips, total))
            total += cut.segment.size
            first[s] = cut.first[0]
        return in_order(
            np.concatenate(segments),
            np.concatenate(places),
            np.concatenate(all_flips),
            first,
            np.zeros_like(self.is_open),
        )


def renumbered(flips: IntArray, breakpoint: int = 0, unit: int = 0) -> IntArray:
    """Flips with higher numbers of breakpoints and units."""
    return np.asarray(flips + np.array([breakpoint, unit, 0]))


def in_order(
    segment: IntArray, place: FloatArray, flips: IntArray, first: StateArray, is_open: NDArray[np.bool_]
) -> CutSegments:
    """Sort breakpoints by their segments; those of one segment keep their order."""
    order = np.argsort(segment, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    breakpoints = rank[flips[:, 0]]
    flips = np.stack([breakpoints, flips[:, 1], flips[:, 2]], axis=1)[np.lexsort((flips[:, 1], breakpoints))]
    return CutSegments(segment[order], place[order], flips, first, is_open)


class Buffers:
    """Memory that is used again and again: asking the system for it each time takes a third longer."""

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[np.uint8]] = {}

    def matrix(self, name: str, rows: int, columns: int) -> FloatArray:
        """A matrix of any content; the one of this name from before is no longer to be used."""
        return self.bytes(name, rows, 8 * columns).view(np.float64)

    def bytes(self, name: str, rows: int, columns: int) -> NDArray[np.uint8]:
        """The same, of bytes."""
        if name not in self._memory or self._memory[name].size < rows * columns:
            self._memory[name] = np.empty(rows * columns * 5 // 4, dtype=np.uint8)
        return self._memory[name][: rows * columns].reshape(rows, columns)


class SegmentCutter:
    """Cuts segments by all layers of a network."""

    def __init__(self, network: Network) -> None:
        last = max((i for i, layer in enumerate(network.layers) if layer.n_units), default=-1)
        self._memory = Buffers()
        self.layers = [
            LayerOnSegments(i, layer, 0 < i < last, self._memory)
            for i, layer in enumerate(network.layers[: last + 1])
        ]
        self.widest = max((layer.layer.n_rows for layer in self.layers), default=1)

    def cut(self, a: FloatArray, b: FloatArray) -> CutSegments:
        """Cut the segments from a to b, float64 (segments, d) each."""
        n, d = a.shape
        ends = np.stack([a, b], axis=1).reshape(2 * n, d)
        place = np.zeros((2 * n, 2))
        place[1::2, PLACE] = 1.0
        is_open = np.zeros(n, dtype=bool)
        flips: IntArray = np.empty((0, 3), dtype=np.int64)
        first: list[StateArray] = [np.empty((n, 0), dtype=np.uint8)]
        units = 0
        # What overflows leaves its segment open.
        with np.errstate(over="ignore", invalid="ignore"):
            # The ends are exact: they have norms, but no errors.
            size = np.stack([np.zeros(2 * n), norm_bound(ends)], axis=1)
            vertices = LineVertices(np.repeat(np.arange(n), 2), place, size)
            z = ends @ self.layers[0].transposed + self.layers[0].bias if self.layers else ends
            for layer, above in zip_longest(self.layers, self.layers[1:]):
                vertices, moved, own, states, z = layer.cut(vertices, z, above, is_open)
                flips[:, 0] = moved[flips[:, 0]]
                flips = np.concatenate([flips, renumbered(own, unit=units)])
                first.append(states)
                units += states.shape[1]
        # From numbers of vertices to those of breakpoints, which are all but the ends.
        inner = np.ones(vertices.segment.size, dtype=bool)
        starts = np.searchsorted(vertices.segment, np.arange(n))
        inner[starts] = inner[starts - 1] = False
        flips[:, 0] = (np.cumsum(inner) - 1)[flips[:, 0]]
        flips = flips[np.lexsort((flips[:, 1], flips[:, 0]))]
        return CutSegments(
            vertices.segment[inner], vertices.place[inner], flips, np.concatenate(first, axis=1), is_open
        )


class LayerOnSegments:
    """One layer, with the pairs of its hyperplanes that were compared so far."""

    def __init__(self, number: int, layer: Layer, is_inner: bool, memory: Buffers) -> None:
        self.number, self.layer, self.rows, self.memory = number, layer, layer_rows(layer, is_inner), memory
        self.transposed = np.require(dense(layer.weight.T), requirements=["C", "W"])
        self.bias = layer.bias.copy()
        self._same: dict[tuple[int, int], bool] = {}

    def cut(
        self, vertices: LineVertices, z: FloatArray, above: LayerOnSegments | None, is_open: NDArray[np.bool_]
    ) -> tuple[LineVertices, IntArray, IntArray, StateArray, FloatArray]:
        """Cut by this layer, with pre-activations z at the vertices.

        Returns
        -------
        vertices : the old ones, and the new ones between them
        moved : int64 (old vertices,), what number each has now
        flips : int64 (crossings, 3): vertex, unit of this layer, its state on the right
        first : uint8 (segments, units), the states at the beginning of each segment
        z : pre-activations of the layer above; empty if there is none
        """
        old, outputs, table = len(z), self.layer.n_outputs, self.layer.pieces
        first: StateArray = np.zeros((is_open.size, outputs), dtype=np.uint8)
        may_cross = self.memory.bytes("may cross", old, outputs)
        values = LineValues(self.rows, vertices, z)
        mark(values, first, may_cross)
        marked = np.flatnonzero(may_cross.view(np.bool_))
        slots = marked.size * int(table.n_states.max())
        wider = outputs if above is None else above.layer.n_rows
        _check_memory(old + slots, 8 * (wider + outputs) + outputs + 200)
        room = Crossings(np.empty((slots + 1, NUMBERS)), np.empty((slots + 1, FACTS), dtype=np.int64))
        count = find_crossings(values, marked, room, is_open)
        crossings = Crossings(room.place[:count], room.what[:count])
        what = crossings.what
        for k in np.flatnonzero(what[:, TOGETHER]).tolist():
            if not self.is_same(int(what[k - 1, ENTRY]), int(what[k, ENTRY])):
                is_open[vertices.segment[what[k, INTERVAL]]] = True
        new = old + int((what[:, TOGETHER] == 0).sum())
        cut = LineVertices(np.empty(new, dtype=np.int64), np.empty((new, 2)), np.empty((new, 2)))
        moved, at = np.empty(old, dtype=np.int64), np.empty(count, dtype=np.int64)
        if above is None:
            insert(vertices, crossings, LayerAbove(z[:0], z[:0], z[:0].ravel(), z[:0]), cut, moved, at)
            cut_z = z[:0]
        else:
            y, size = self.memory.matrix("y", old, outputs), np.empty((old, 2))
            activate(values, y, size)
            products = self.memory.matrix("products", old, wider)
            np.matmul(y, above.transposed, out=products)
            # Two matrices in turn: the layer above reads this one while it writes the other.
            cut_z = self.memory.matrix(f"z{self.number % 2}", new, wider)
            its = LayerAbove(products, above.transposed, above.bias, cut_z)
            insert(vertices._replace(size=size), crossings, its, cut, moved, at)
        flips = np.stack([at, table.column[what[:, OUTPUT]], what[:, AFTER]], axis=1)
        return cut, moved, flips, first[:, table.units], cut_z

    def is_same(self, p: int, q: int) -> bool:
        """Whether two hyperplanes of scalar units are the same one, decided exactly and once."""
        if (p, q) not in self._same:
            self._same[p, q] = p >= 0 and q >= 0 and _are_multiples(self._hyperplane(p), self._hyperplane(q))
        return self._same[p, q]

    def _hyperplane(self, plane: int) -> list[int]:
        """The coefficients of ``w . y + b - tau``, times a power of two."""
        row, level = self.layer.pieces.row[plane], self.layer.pieces.levels[plane]
        numbers, _ = dyadic([*dense(self.layer.weight[[row]])[0], self.layer.bias[row], level])
        return [*numbers[:-2], numbers[-2] - numbers[-1]]


def _are_multiples(p: list[int], q: list[int]) -> bool:
    """Whether two vectors other than zero are multiples of each other."""
    at = next(i for i, v in enumerate(p) if v)
    return q[at] != 0 and all(v * q[at] == w * p[at] for v, w in zip(p, q, strict=True))


def _check_memory(intervals: int, bytes_each: int) -> None:
    need = intervals * bytes_each
    if need < UNASKED:
        return
    free = available_memory()
    if need > free:
        raise TooLargeError(
            f"the segments may have {intervals:,} intervals, which need {need / 2**30:.3g} GiB; "
            f"{free / 2**30:.3g} GiB are free; take shorter segments"
        )
