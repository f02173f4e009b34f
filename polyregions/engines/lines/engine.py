"""Regions along lines: every breakpoint of a network on segments and polylines, in any input dimension.

A network is piecewise linear along a line, too. What cuts the line is found layer by layer, for many lines at
once and in float64 (:mod:`polyregions.engines.lines.segments`); what float64 cannot prove is decided over the
integers: such a segment is enumerated by :mod:`polyregions.engines.subdivide.engine` as a network with one
input, which is exactly the network on this segment (:meth:`polyregions.Network.through`).

B. Hanin and D. Rolnick, *Complexity of linear regions in deep networks* (ICML 2019), count regions along
lines to compare networks with many inputs: at initialisation the mean number is proportional to the number of
units, whatever the depth.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.memory import available_memory, within_memory
from ...errors import InvalidInputError, short_repr
from ...network.box import Box
from ...network.network import Network
from ..subdivide.engine import enumerate_by_subdivision
from .segments import CutSegments, SegmentCutter, in_order, renumbered

#: Numbers that are worked on at once: they should fit into the processor's cache.
TOGETHER = 2**18
#: Bytes of results, and of work, for which nobody asks how much memory is free.
UNASKED = 2**25


@dataclass(frozen=True, eq=False)
class LineRegions:
    """The regions that lines run through, one after the other.

    A line is a polyline through its corners; its parameter t is 0 at the first corner, 1 at the second, and
    so on, and grows evenly between. A *breakpoint* is where the activation pattern changes along the line:
    from one side to the other, so that a boundary that is only touched does not count.

    Attributes
    ----------
    network : Network
    corners : float64 (lines, corners, d)
    offsets : int64 (lines + 1,)
        Line i has the breakpoints ``offsets[i]`` to ``offsets[i + 1] - 1``, in their exact order.
    segments : int64 (breakpoints,), positions : float64 (breakpoints,)
        Each breakpoint is on the segment from this corner to the next one, at this share of it, from 0 to 1:
        t is their sum. They never descend; breakpoints that differ stay apart even if their float64 are
        equal.
    reach : float64 (breakpoints,)
        How far off each position may be: a proven bound, mostly a thousand times the true error.
    flip_offsets : int64 (breakpoints + 1,), flip_units : int64 (flips,), flip_states : uint8 (flips,)
        Units whose states change at each breakpoint, ascending, and their states after it.
    first : uint8 (lines, units)
        The pattern at the beginning of each line.
    undecided : int
        Number of segments on which float64 left a decision open.
    stopped : str
        "interrupted" or "memory" if these are only the first of the lines asked for, else "".
    """

    network: Network
    corners: FloatArray
    offsets: IntArray
    segments: IntArray
    positions: FloatArray
    reach: FloatArray
    flip_offsets: IntArray
    flip_units: IntArray
    flip_states: NDArray[np.uint8]
    first: StateArray
    undecided: int
    stopped: str = ""

    def __post_init__(self) -> None:
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def __len__(self) -> int:
        return len(self.corners)

    @property
    def complete(self) -> bool:
        """Whether all lines asked for are here."""
        return not self.stopped

    @property
    def counts(self) -> IntArray:
        """Number of regions along each line, one more than its breakpoints; int64 (lines,).

        A polyline that comes back into a region counts it again.
        """
        return np.diff(self.offsets) + 1

    @property
    def lengths(self) -> FloatArray:
        """Euclidean length of each line; float64 (lines,)."""
        with np.errstate(over="ignore"):
            # Without squares, which leave the range of float64 before the length does.
            return np.asarray(np.hypot.reduce(np.diff(self.corners, axis=1), axis=2).sum(axis=1))

    def breakpoints(self, line: int) -> FloatArray:
        """Parameters t of one line's breakpoints; float64 (breakpoints,)."""
        span = self._span(line)
        return self.segments[span] + self.positions[span]

    def points(self, line: int) -> FloatArray:
        """Places of one line's breakpoints; float64 (breakpoints, d)."""
        span = self._span(line)
        share, corners = self.positions[span, None], self.corners[line]
        return np.asarray(
            corners[self.segments[span]] * (1 - share) + corners[self.segments[span] + 1] * share
        )

    def flips(self, line: int, breakpoint: int) -> IntArray:
        """Units whose states change at a line's breakpoint (0, 1, ...), ascending; int64."""
        k = self._place(line, breakpoint)
        return self.flip_units[self.flip_offsets[k] : self.flip_offsets[k + 1]]

    def patterns(self, line: int) -> StateArray:
        """Activation patterns of the regions along one line; uint8 (regions, units)."""
        span = self._span(line)
        patterns = np.repeat(self.first[line][None], span.stop - span.start + 1, axis=0)
        for row, k in enumerate(range(span.start, span.stop), 1):
            changed = slice(int(self.flip_offsets[k]), int(self.flip_offsets[k + 1]))
            patterns[row:, self.flip_units[changed]] = self.flip_states[changed]
        return patterns

    def exact_position(self, line: int, breakpoint: int) -> Fraction:
        """The share of its segment at which a line's breakpoint (0, 1, ...) lies, as a rational number.

        Raises
        ------
        InvalidInputError
            If there is no such line or breakpoint.
        """
        k = self._place(line, breakpoint)
        segment = int(self.segments[k])
        if segment and self.positions[k] == self.reach[k] == 0.0:  # at a corner
            return Fraction(0)
        before = self.first[line].copy()
        here = slice(int(self.flip_offsets[self.offsets[line]]), int(self.flip_offsets[k]))
        # Of several states of a unit the last one stays: numpy assigns in order.
        before[self.flip_units[here]] = self.flip_states[here]
        # The lowest unit that flips crosses its own hyperplane there: no earlier layer bends.
        unit, after = int(self.flip_units[here.stop]), int(self.flip_states[here.stop])
        state, network = int(before[unit]), self.network.through(self.corners[line, segment : segment + 2])
        others = network.exact.neighbors(unit, state)
        slope, constant = network.exact.unit_rows(before, unit)[others.index(after)]
        return Fraction(-int(constant), int(slope))

    def _span(self, line: int) -> slice:
        if not isinstance(line, int | np.integer) or not 0 <= line < len(self):
            raise InvalidInputError(f"line {short_repr(line)}: there are {len(self)}, from 0")
        return slice(int(self.offsets[line]), int(self.offsets[line + 1]))

    def _place(self, line: int, breakpoint: int) -> int:
        span = self._span(line)
        if not isinstance(breakpoint, int | np.integer) or not 0 <= breakpoint < span.stop - span.start:
            raise InvalidInputError(
                f"breakpoint {short_repr(breakpoint)}: line {line} has {span.stop - span.start}, from 0"
            )
        return int(span.start) + breakpoint

    def __repr__(self) -> str:
        partial = "" if self.complete else f", partial: {self.stopped}"
        return f"LineRegions({len(self)} lines, {self.counts.sum()} regions{partial})"


def line_regions(
    network: Network, *corners: ArrayLike, progress: Callable[[int, int], None] | None = None
) -> LineRegions:
    """Return all regions along segments or polylines, with every breakpoint in exact order.

    Parameters
    ----------
    network : Network
        With any number of inputs d.
    *corners : array_like, each (d,) or (lines, d)
        Two or more. ``line_regions(net, a, b)`` takes the segment from a to b, or from each row of ``a`` to
        the same row of ``b``; further corners make polylines. A single point serves all lines.
    progress : callable, optional
        ``progress(done, segments)`` now and then.

    Returns
    -------
    LineRegions
        Where Ctrl-C is pressed or memory runs out, of the lines that were done.

    Raises
    ------
    InvalidInputError
        If there are fewer than two corners, their shapes do not fit, or a corner is the same as the next.
    TooLargeError
        If the intervals of a line, or the lines that were done, do not fit into memory.

    Notes
    -----
    The float64 coordinates are read as the rational numbers that they are; ``a + t (b - a)`` is not rounded.
    Along a line that runs within a boundary the units of this boundary do not switch.

    References
    ----------
    B. Hanin, D. Rolnick, *Complexity of linear regions in deep networks*, ICML 2019.

    Examples
    --------
    >>> import numpy as np
    >>> net = Network.from_arrays([(np.eye(3), [0, -0.25, -0.5]), ([[1, 1, 1]], [0])])
    >>> lines = line_regions(net, [-1, -1, -1], [1, 1, 1])
    >>> lines.counts.tolist(), lines.breakpoints(0).tolist()
    ([4], [0.5, 0.625, 0.75])
    >>> lines.patterns(0).tolist()
    [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]]
    """
    with within_memory("the lines: take fewer, or shorter ones"):
        lines = _polylines(network, corners)
        per_line, cutter = lines.shape[1] - 1, SegmentCutter(network)
        parts, done, stopped = _cut_all(network, cutter, lines, progress)
        if done < per_line:  # not even one line
            raise KeyboardInterrupt if stopped == "interrupted" else MemoryError
        return _joined(network, lines, parts, done // per_line, stopped)


def _cut_all(
    network: Network, cutter: SegmentCutter, lines: FloatArray, progress: Callable[[int, int], None] | None
) -> tuple[list[_Part], int, str]:
    """Cut one segment after the other; return the parts, how many are done, and why not all, or ""."""
    per_line = lines.shape[1] - 1
    total, done, held = len(lines) * per_line, 0, 0
    each = 16.0  # intervals of a segment, a guess at first
    before: StateArray = np.empty((1, network.n_units), dtype=np.uint8)
    parts: list[_Part] = []
    try:
        # Wherever a sign is decided, rounding is bounded: what leaves the range of float64 proves nothing.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            while done < total:
                together = max(1, int(TOGETHER / (each * cutter.widest)))
                numbers = np.arange(done, min(total, done + together))
                part, before = _cut(network, cutter, lines, numbers, before)
                parts.append(part)
                done += numbers.size
                held += part.nbytes()
                # All parts are joined at the end, in a copy.
                if held > UNASKED and held + UNASKED > available_memory():
                    return parts, done, "memory"
                each = 1.0 + part.segment.size / numbers.size
                if progress is not None:
                    progress(done, total)
    except KeyboardInterrupt:
        return parts, done, "interrupted"
    except MemoryError:
        return parts, done, "memory"
    return parts, done, ""


def _polylines(network: Network, corners: tuple[ArrayLike, ...]) -> FloatArray:
    """The corners as one array (lines, corners, d)."""
    if len(corners) < 2:
        raise InvalidInputError(f"a line needs at least two corners, got {len(corners)}")
    points = [network.validate_points(corner)[0] for corner in corners]
    counts = {len(p) for p in points}
    n = max(counts) if 0 not in counts else 0
    if n == 0 or counts - {1, n}:
        raise InvalidInputError(
            "corners must be one point or as many points as there are lines, at least one; "
            f"got {', '.join(str(p.shape) for p in points)}"
        )
    lines = np.stack([np.broadcast_to(p, (n, network.input_dim)) for p in points], axis=1)
    same = np.argwhere((lines[:, 1:] == lines[:, :-1]).all(axis=2))
    if same.size:
        line, corner = same[0].tolist()
        raise InvalidInputError(f"line {line}: corners {corner} and {corner + 1} are the same point")
    return lines


@dataclass(frozen=True)
class _Part:
    """Some of the segments: their cuts and corners, with numbers that count through all lines.

    ``first`` has the patterns at the beginnings of lines only.
    """

    segment: IntArray
    place: FloatArray
    flips: IntArray
    first: StateArray
    undecided: int

    def nbytes(self) -> int:
        """How much memory it holds."""
        return self.segment.nbytes + self.place.nbytes + self.flips.nbytes + self.first.nbytes


def _cut(
    network: Network, cutter: SegmentCutter, lines: FloatArray, numbers: IntArray, before: StateArray
) -> tuple[_Part, StateArray]:
    """Cut segments; ``before`` (1, units) and what is returned are the patterns next to them."""
    per_line = lines.shape[1] - 1
    line, corner = np.divmod(numbers, per_line)
    a, b = lines[line, corner], lines[line, corner + 1]
    cut = cutter.cut(a, b)
    is_open = np.flatnonzero(cut.is_open)
    if is_open.size:
        cut = cut.replaced({s: _decided(network, a[s], b[s]) for s in is_open.tolist()})
    if per_line > 1:
        last = cut.last
        cut = _with_corners(cut, np.concatenate([before, last[:-1]]), corner == 0)
        before = last[-1:]
    return _Part(numbers[cut.segment], cut.place, cut.flips, cut.first[corner == 0], is_open.size), before


def _with_corners(cut: CutSegments, before: StateArray, is_start: NDArray[np.bool_]) -> CutSegments:
    """Add the corners at which the pattern changes, as breakpoints at the beginnings of segments."""
    corner, unit = np.nonzero((cut.first != before) & ~is_start[:, None])
    at = np.unique(corner)
    flips = np.stack([np.searchsorted(at, corner), unit, cut.first[corner, unit]], axis=1)
    return in_order(
        np.concatenate([at, cut.segment]),
        np.concatenate([np.zeros((at.size, 2)), cut.place]),
        np.concatenate([flips, renumbered(cut.flips, at.size)]),
        cut.first,
        cut.is_open,
    )


def _joined(
    network: Network, corners: FloatArray, parts: list[_Part], done: int, stopped: str
) -> LineRegions:
    """The result for the first lines, which are done."""
    shift = np.cumsum([0, *(part.segment.size for part in parts)])
    numbered = zip(parts, shift.tolist(), strict=False)
    flips = np.concatenate([renumbered(part.flips, k) for part, k in numbered])
    line, segment = np.divmod(np.concatenate([part.segment for part in parts]), corners.shape[1] - 1)
    size = int(np.searchsorted(line, done))
    flips = flips[: np.searchsorted(flips[:, 0], size)]
    place = np.concatenate([part.place for part in parts])[:size].clip([0.0, 0.0], [1.0, np.inf])
    _ascend(place, (line[1:size] == line[: size - 1]) & (segment[1:size] == segment[: size - 1]))
    return LineRegions(
        network,
        corners[:done],
        _offsets(line[:size], done),
        segment[:size],
        place[:, 0].copy(),
        place[:, 1].copy(),
        _offsets(flips[:, 0], size),
        flips[:, 1].copy(),
        flips[:, 2].astype(np.uint8),
        np.concatenate([part.first for part in parts])[:done],
        sum(part.undecided for part in parts),
        "" if done == len(corners) else stopped,
    )


def _ascend(place: FloatArray, together: NDArray[np.bool_]) -> None:
    """Raise places (n, 2) that are below the one before, if they are on one segment: their order is known.

    If t < t' are known as p > p', then p is as near to t' as p' is, or as it is to t.
    """
    while (descents := np.flatnonzero((place[1:, 0] < place[:-1, 0]) & together)).size:
        for k in descents.tolist():
            place[k + 1] = np.maximum(place[k], place[k + 1])


def _offsets(owners: IntArray, n: int) -> IntArray:
    """Where the entries of each of n owners begin, and where the last ones end; int64 (n + 1,)."""
    return np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(np.bincount(owners, minlength=n))])


def _decided(network: Network, a: FloatArray, b: FloatArray) -> CutSegments:
    """One segment, decided exactly."""
    cx = enumerate_by_subdivision(network.through([a, b]), Box([0.0], [1.0]))
    assert cx.known_faces is not None
    # From the region at the lower side of the box to its neighbour, and so on: each has two ends.
    neighbors = cx.facet_neighbors.reshape(-1, 2)
    order, before = [int(np.flatnonzero((neighbors == -1).any(axis=1))[0])], -1
    for _ in range(cx.n_regions - 1):
        left, right = neighbors[order[-1]].tolist()
        after = left if right == before else right
        before = order[-1]
        order.append(after)
    cells, faces, states = cx.faces.cells, cx.faces, cx.states[order]
    sides = cells.boundaries(cells.top[order]).reshape(-1, 2)
    common = (sides[1:, :, None] == sides[:-1, None, :]).any(axis=2)
    places = faces.places[sides[1:][common]]
    here, units = np.nonzero(states[1:] != states[:-1])
    flips = np.stack([here, units, states[here + 1, units]], axis=1)
    place = np.concatenate([faces.points[places], faces.reach[places]], axis=1)
    return CutSegments(
        np.zeros(places.size, dtype=np.int64), place, flips, states[:1], np.zeros(1, dtype=bool)
    )
