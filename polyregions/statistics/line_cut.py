"""Segments are cut by one layer after the other: the one-dimensional propagation, in float64.

1. The forms of a layer's units on all intervals are one matrix product.
2. ``scan``: which units may change their states within each interval; most cannot, since |v| > |q| h.
3. ``find_crossings``: the states at the left ends, and the crossings in their order.
4. ``hand_on``: the new intervals, and the layer's outputs on them, for the product with the next weights.

What float64 cannot decide with its bounds leaves a segment open.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import TooLargeError
from ..exact import dyadic
from ..kernels import BYTE_TABLE, FLOAT, INDICES, INT, MATRIX, VECTOR, VOID, U, kernel
from ..layers import FloatArray, IntArray, Layer, ScalarLayer
from ..memory import available_memory
from ..network import Network, StateArray
from .line_crossings import CROSSINGS, Crossings, find_crossings, scan
from .line_forms import INTERVALS, ROWS, SLACK, Intervals, form_bound, half_length, layer_rows

#: Bytes that are taken without asking how much memory is free.
UNASKED = 2**27


@dataclass(frozen=True)
class CutSegments:
    """Segments with their intervals, segment after segment and from left to right.

    Attributes
    ----------
    segment : int64 (intervals,)
    ends : float64 (intervals, 4)
        Left end and how far off it may be, right end and how far off.
    states : uint8 (intervals, units)
    is_open : bool (segments,)
        Segments that float64 could not finish; what is said of them is void.
    """

    segment: IntArray
    ends: FloatArray
    states: StateArray
    is_open: NDArray[np.bool_]

    def replaced(self, decided: dict[int, tuple[FloatArray, StateArray]]) -> CutSegments:
        """Put other ends and states of some segments in the place of theirs."""
        bounds = np.searchsorted(self.segment, np.arange(self.is_open.size + 1)).tolist()
        found = [
            decided.get(s, (self.ends[i:j], self.states[i:j])) for s, (i, j) in enumerate(pairwise(bounds))
        ]
        segment = np.repeat(np.arange(self.is_open.size), [len(ends) for ends, _ in found])
        ends, states = (np.concatenate(arrays) for arrays in zip(*found, strict=True))
        return CutSegments(segment, ends, states, np.zeros_like(self.is_open))


class SegmentCutter:
    """Cuts segments by all layers of a network."""

    def __init__(self, network: Network) -> None:
        last = max((i for i, layer in enumerate(network.layers) if layer.kind != "linear"), default=-1)
        self.widest = max(layer.weight.shape[0] for layer in network.layers[: last + 1] or network.layers)
        self.layers = [LayerCut(layer, i == last) for i, layer in enumerate(network.layers[: last + 1])]

    def cut(self, a: FloatArray, b: FloatArray) -> CutSegments:
        """Cut the segments from a to b, float64 (segments, d) each."""
        n = len(a)
        ends = np.zeros((n, 4))
        ends[:, 2] = 1.0
        intervals = Intervals(np.arange(n), ends)
        is_open = np.zeros(n, dtype=bool)
        states: StateArray = np.empty((n, 0), dtype=np.uint8)
        y = np.empty((n, 2, a.shape[1]))
        # What overflows leaves its segment open.
        with np.errstate(over="ignore", invalid="ignore"):
            y[:, 0], y[:, 1] = a / 2 + b / 2, b - a
            rounding = (a.shape[1] + 20) * U / (1 - (a.shape[1] + 20) * U)
            sizes = rounding * _norms(np.abs(a) + np.abs(b) + np.abs(y[:, 1]))
            for layer in self.layers:
                z = y.reshape(-1, layer.layer.n_inputs) @ layer.layer.weight.T
                z[::2] += layer.layer.bias
                intervals, parent, own, y, sizes = layer.cut(intervals, z, sizes, is_open)
                states = np.concatenate([states[parent], own], axis=1)
        return CutSegments(intervals.segment, intervals.ends, states, is_open)


def _norms(rows: FloatArray) -> FloatArray:
    """Bounds for the Euclidean norms of rows, also of huge and tiny ones."""
    largest = rows.max(axis=1)
    scale = np.where(largest > 0.0, largest, 1.0)
    return np.asarray(np.sqrt(((rows / scale[:, None]) ** 2).sum(axis=1)) * largest * SLACK)


class LayerCut:
    """One layer, with the pairs of its hyperplanes that were compared so far."""

    def __init__(self, layer: Layer, is_last: bool) -> None:
        self.layer, self.rows, self.is_last = layer, layer_rows(layer), is_last
        self.has_states = layer.kind != "linear"
        self._same: dict[tuple[int, int], bool] = {}

    def cut(
        self, intervals: Intervals, z: FloatArray, sizes: FloatArray, is_open: NDArray[np.bool_]
    ) -> tuple[Intervals, IntArray, StateArray, FloatArray, FloatArray]:
        """New intervals, the old one of each, the layer's states and outputs on them, and |g|."""
        units, old = self.layer.n_units, len(sizes)
        room = np.empty(old, dtype=np.int64)
        scan(self.rows, intervals, z, sizes, room)
        start = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(room)])
        slots = int(start[-1])
        _check_memory(old + slots, 17 * units + 200)
        count, place, what = (
            np.empty(old, dtype=np.int64),
            np.empty((slots, 2)),
            np.empty((slots, 4), dtype=np.int64),
        )
        crossings = Crossings(start, count, place, what)
        states = np.empty((old, units), dtype=np.uint8)
        find_crossings(self.rows, intervals, z, sizes, states, crossings, is_open)

        used = np.flatnonzero(np.arange(slots) < np.repeat(start[:-1] + count, room))
        own = np.repeat(np.arange(old), room)[used]  # the interval of each crossing
        tied = what[used, 3] == 1
        for k, i in zip(used[tied].tolist(), own[tied].tolist(), strict=True):
            if not self.is_same(int(what[k - 1, 2]), int(what[k, 2])):
                is_open[intervals.segment[i]] = True

        new = old + int((~tied).sum())
        cut = Intervals(np.empty(new, dtype=np.int64), np.empty((new, 4)))
        parent, cut_states = np.empty(new, dtype=np.int64), np.empty((new, units), dtype=np.uint8)
        y, cut_sizes = np.empty((0 if self.is_last else 2 * new, units)), np.empty(new)
        hand_on(self.rows, intervals, z, sizes, states, crossings, cut, parent, cut_states, y, cut_sizes)
        return cut, parent, cut_states if self.has_states else cut_states[:, :0], y, cut_sizes

    def is_same(self, p: int, q: int) -> bool:
        """Whether two hyperplanes of a scalar layer are the same one, decided exactly and once."""
        if (p, q) not in self._same:
            self._same[p, q] = p >= 0 and q >= 0 and _are_multiples(self._hyperplane(p), self._hyperplane(q))
        return self._same[p, q]

    def _hyperplane(self, plane: int) -> list[int]:
        """The coefficients of ``w . y + b - tau``, times a power of two."""
        assert isinstance(self.layer, ScalarLayer)
        unit, j = divmod(plane, self.layer.breakpoints.size)
        numbers, _ = dyadic([*self.layer.weight[unit], self.layer.bias[unit], self.layer.breakpoints[j]])
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


@kernel(VOID, ROWS, MATRIX, FLOAT, INT, INT, INT, MATRIX, inline=True)
def take(rows: Any, z: Any, size: float, i: int, unit: int, state: int, own: Any) -> None:
    """Write of one unit in its state on interval i: v, q, E, slope and intercept, a column of ``own``."""
    piece, slope, intercept = unit, 1.0, 0.0
    if rows.slopes.size:
        slope, intercept = rows.slopes[state], rows.intercepts[state]
    else:
        piece = rows.first[unit] + state
    own[0, unit], own[1, unit] = z[2 * i, piece], z[2 * i + 1, piece]
    own[2, unit] = form_bound(size, rows.norms[piece], rows.errors[piece])
    own[3, unit], own[4, unit] = slope, intercept


@kernel(FLOAT, MATRIX, FLOAT, FLOAT, FLOAT, VECTOR, VECTOR)
def move(own: Any, shift: float, half: float, stretch: float, y_v: Any, y_q: Any) -> float:
    """Write the outputs about a new centre, for an interval of a new half length; return |g|."""
    v, q, e, slope, intercept, g = own[0], own[1], own[2], own[3], own[4], own[5]
    n = y_v.size
    gamma, reach = (n + 16) * U / (1.0 - (n + 16) * U), abs(shift) + half
    # One loop without sums, which the compiler turns into vector instructions.
    for unit in range(n):
        moved = v[unit] + q[unit] * shift
        y_v[unit] = slope[unit] * moved + intercept[unit]
        y_q[unit] = slope[unit] * q[unit]
        size = abs(moved) + abs(q[unit]) * reach
        g[unit] = abs(slope[unit]) * (stretch * e[unit] + gamma * size) + gamma * abs(intercept[unit])
    total, rest = 0.0, 0.0
    for unit in range(0, n - 1, 2):
        total += g[unit] * g[unit]
        rest += g[unit + 1] * g[unit + 1]
    if n % 2:
        total += g[n - 1] * g[n - 1]
    if total + rest > 2.0**-900:
        return float(np.sqrt(total + rest) * SLACK)
    # Squares of the smallest numbers vanish; their sum is a bound too.
    total = 0.0
    for unit in range(n):
        total += g[unit]
    return float(total * SLACK)


@kernel(
    VOID,
    ROWS,
    INTERVALS,
    MATRIX,
    VECTOR,
    BYTE_TABLE,
    CROSSINGS,
    INTERVALS,
    INDICES,
    BYTE_TABLE,
    MATRIX,
    VECTOR,
)
def hand_on(
    rows: Any,
    intervals: Any,
    z: Any,
    sizes: Any,
    states: Any,
    crossings: Any,
    cut: Any,
    parent: Any,
    cut_states: Any,
    y: Any,
    cut_sizes: Any,
) -> None:
    """Write the new intervals, their states, and the outputs ``y (2 new intervals, units)`` with |g|.

    Without rows in ``y`` no outputs are written.
    """
    units = rows.first.size - 1
    own = np.empty((6, units))
    ends, what = cut.ends, crossings.what
    new = 0
    for i in range(sizes.size):
        low, low_off = intervals.ends[i, 0], intervals.ends[i, 1]
        high, high_off = intervals.ends[i, 2], intervals.ends[i, 3]
        centre, h = 0.5 * (low + high), half_length(low, low_off, high, high_off)
        for unit in range(units):
            take(rows, z, sizes[i], i, unit, states[i, unit], own)
        k, last = crossings.start[i], crossings.start[i] + crossings.count[i]
        while True:
            parent[new], cut.segment[new] = i, intervals.segment[i]
            for unit in range(units):
                cut_states[new, unit] = states[i, unit]
            ends[new, 0], ends[new, 1], ends[new, 2], ends[new, 3] = low, low_off, high, high_off
            if k < last:
                ends[new, 2], ends[new, 3] = crossings.place[k, 0], crossings.place[k, 1]
            if y.shape[0] > 0:
                shift = 0.5 * (ends[new, 0] + ends[new, 2]) - centre
                half = half_length(ends[new, 0], ends[new, 1], ends[new, 2], ends[new, 3])
                # E holds a little beyond the old interval in proportion.
                stretch = max(1.0, (abs(shift) + half) / h * SLACK)
                cut_sizes[new] = move(own, shift, half, stretch, y[2 * new], y[2 * new + 1])
            low, low_off = ends[new, 2], ends[new, 3]
            new += 1
            if k == last:
                break
            while True:
                states[i, what[k, 0]] = what[k, 1]
                take(rows, z, sizes[i], i, what[k, 0], what[k, 1], own)
                k += 1
                if k == last or what[k, 3] == 0:
                    break
