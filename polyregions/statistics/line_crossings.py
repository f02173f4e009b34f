"""Where the units of one layer change their states on intervals of segments, in order.

A scalar unit crosses a breakpoint inside an interval iff its form has different signs at the two ends. A
maxout unit goes from the piece that is largest at the left end to steeper ones. Three kinds of decisions
are made: the sign of a form at an end, the order of two crossings, and which piece is largest. If one is
closer than the bounds (:mod:`polyregions.statistics.line_forms`), the segment is *open*: it is left to
exact arithmetic. Crossings that cannot be told apart are taken for one, and marked: the caller knows
whether two units have the same hyperplane. All comparisons are written so that NaN and infinity leave a
segment open.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..kernels import (
    BOOL,
    BYTE_TABLE,
    FLAGS,
    FLOAT,
    INDICES,
    INT,
    MATRIX,
    TABLE,
    VECTOR,
    VOID,
    U,
    group,
    kernel,
)
from .line_forms import INTERVALS, ROWS, SLACK, form_bound, half_length, pair_bound


class Crossings(NamedTuple):
    """Where units change their state, interval after interval, and within an interval from left to right.

    Attributes
    ----------
    start : int64 (intervals + 1,)
        Room for each interval's crossings; ``count`` of them are there.
    count : int64 (intervals,)
    place : float64 (crossings, 2)
        t and how far off it may be.
    what : int64 (crossings, 4)
        The unit, its state on the right, its hyperplane (-1 for maxout), and 1 if it is, as far as can be
        told, at the same place as the crossing before.
    """

    start: Any
    count: Any
    place: Any
    what: Any


CROSSINGS = group(Crossings, INDICES, INDICES, MATRIX, TABLE)


@kernel(BOOL, ROWS, MATRIX, INT, FLOAT, FLOAT, INT, INT, bare=True)
def stays_largest(rows: Any, z: Any, i: int, h: float, size: float, unit: int, best: int) -> bool:
    """Whether a piece of a maxout unit is certain to be the largest throughout interval i."""
    for piece in range(rows.first[unit], rows.first[unit + 1]):
        if piece != best and not rows.skip[piece]:
            gap = z[2 * i, best] - z[2 * i, piece]
            steep = abs(z[2 * i + 1, best] - z[2 * i + 1, piece])
            if not gap > steep * h + pair_bound(rows, z, i, h, size, best, piece):
                return False
    return True


@kernel(INT, ROWS, MATRIX, INT, FLOAT, INT, bare=True)
def largest_piece(rows: Any, z: Any, i: int, s: float, unit: int) -> int:
    """The piece of a maxout unit that is largest at ``centre + s``, as computed."""
    best = rows.first[unit]
    for piece in range(best + 1, rows.first[unit + 1]):
        if (
            not rows.skip[piece]
            and z[2 * i, piece] + s * z[2 * i + 1, piece] > z[2 * i, best] + s * z[2 * i + 1, best]
        ):
            best = piece
    return int(best)


@kernel(VOID, ROWS, INTERVALS, MATRIX, VECTOR, INDICES, bare=True)
def scan(rows: Any, intervals: Any, z: Any, sizes: Any, room: Any) -> None:
    """Write how many crossings each interval can have at most.

    ``z (2 intervals, pieces)`` has v in even rows and q in odd ones; ``sizes (intervals,)`` is |g|.
    """
    ends = intervals.ends
    for i in range(sizes.size):
        h = half_length(ends[i, 0], ends[i, 1], ends[i, 2], ends[i, 3])
        total = 0
        for tau in rows.breakpoints:
            for unit in range(rows.first.size - 1):
                v, q = abs(z[2 * i, unit] - tau), abs(z[2 * i + 1, unit]) * h
                e = form_bound(sizes[i], rows.norms[unit], rows.errors[unit])
                total += 0 if v > (q + e + 8.0 * U * (q + v + abs(tau))) * SLACK else 1
        if rows.slopes.size == 0:
            for unit in range(rows.first.size - 1):
                if not stays_largest(rows, z, i, h, sizes[i], unit, largest_piece(rows, z, i, 0.0, unit)):
                    total += rows.first[unit + 1] - rows.first[unit] - 1
        room[i] = total


CROSS = (ROWS, INTERVALS, MATRIX, VECTOR, INT, INT, BYTE_TABLE, CROSSINGS, INT, FLAGS)


@kernel(INT, *CROSS, bare=True)
def cross_scalar(
    rows: Any,
    intervals: Any,
    z: Any,
    sizes: Any,
    i: int,
    unit: int,
    states: Any,
    crossings: Any,
    count: int,
    is_open: Any,
) -> int:
    """Crossings of one scalar unit in one interval; return how many there are in all now."""
    low, low_off = intervals.ends[i, 0], intervals.ends[i, 1]
    high, high_off = intervals.ends[i, 2], intervals.ends[i, 3]
    h = half_length(low, low_off, high, high_off)
    centre = 0.5 * (low + high)
    q = z[2 * i + 1, unit]
    form = form_bound(sizes[i], rows.norms[unit], rows.errors[unit])
    state = 0
    for j in range(rows.breakpoints.size):
        tau = rows.breakpoints[j]
        f = z[2 * i, unit] - tau
        e = (form + 8.0 * U * (abs(f) + abs(tau) + abs(q) * h)) * SLACK
        if abs(f) > (abs(q) * h + e) * SLACK or (f == 0.0 and q == 0.0 and form == 0.0):
            state += 1 if f > 0.0 else 0
            continue
        left, right = f + q * (low - centre), f + q * (high - centre)
        near, far = (e + abs(q) * low_off) * SLACK, (e + abs(q) * high_off) * SLACK
        if not (abs(left) > near and abs(right) > far):
            is_open[intervals.segment[i]] = True
            continue
        state += 1 if left > 0.0 else 0
        if (left > 0.0) == (right > 0.0):
            continue
        k = crossings.start[i] + count
        crossings.place[k, 0] = centre - f / q
        crossings.place[k, 1] = (e / abs(q) + 8.0 * U) * SLACK
        crossings.what[k, 0] = unit
        crossings.what[k, 1] = j + 1 if right > 0.0 else j
        crossings.what[k, 2] = unit * rows.breakpoints.size + j
        count += 1
    states[i, unit] = state
    return count


@kernel(INT, *CROSS, bare=True)
def cross_maxout(
    rows: Any,
    intervals: Any,
    z: Any,
    sizes: Any,
    i: int,
    unit: int,
    states: Any,
    crossings: Any,
    count: int,
    is_open: Any,
) -> int:
    """Crossings of one maxout unit in one interval: from the largest piece on the left to steeper ones."""
    low, low_off = intervals.ends[i, 0], intervals.ends[i, 1]
    high, high_off = intervals.ends[i, 2], intervals.ends[i, 3]
    h = half_length(low, low_off, high, high_off)
    centre = 0.5 * (low + high)
    first, end = rows.first[unit], rows.first[unit + 1]
    p = largest_piece(rows, z, i, low - centre, unit)
    states[i, unit] = p - first
    if stays_largest(rows, z, i, h, sizes[i], unit, p):
        return count
    for r in range(first, end):
        if r != p and not rows.skip[r]:
            gap, steep = z[2 * i, p] - z[2 * i, r], z[2 * i + 1, p] - z[2 * i + 1, r]
            e = pair_bound(rows, z, i, h, sizes[i], p, r)
            if not gap + steep * (low - centre) > (e + abs(steep) * low_off) * SLACK:
                is_open[intervals.segment[i]] = True
                return count
    while True:
        following, place, off = -1, np.inf, 0.0
        clash = np.inf  # the leftmost end of the places of the other crossings
        for r in range(first, end):
            if r == p or rows.skip[r]:
                continue
            gap, steep = z[2 * i, p] - z[2 * i, r], z[2 * i + 1, p] - z[2 * i + 1, r]
            e = pair_bound(rows, z, i, h, sizes[i], p, r)
            at_end = gap + steep * (high - centre)
            if not abs(at_end) > (e + abs(steep) * high_off) * SLACK:
                is_open[intervals.segment[i]] = True
                return count
            if at_end > 0.0:
                continue
            root, reach = centre - gap / steep, (e / abs(steep) + 8.0 * U) * SLACK
            if root < place:
                clash = min(clash, place - off)
                following, place, off = r, root, reach
            else:
                clash = min(clash, root - reach)
        if following < 0 and clash == np.inf:
            return count
        if not place + off < clash:
            is_open[intervals.segment[i]] = True
            return count
        k = crossings.start[i] + count
        crossings.place[k, 0] = place
        crossings.place[k, 1] = off
        crossings.what[k, 0] = unit
        crossings.what[k, 1] = following - first
        crossings.what[k, 2] = -1
        count += 1
        p = following


@kernel(VOID, CROSSINGS, INT, bare=True)
def sort_crossings(crossings: Any, i: int) -> None:
    """Sort the crossings of interval i from left to right, and mark those that cannot be told apart."""
    start, end = crossings.start[i], crossings.start[i] + crossings.count[i]
    place, what = crossings.place, crossings.what
    for k in range(start + 1, end):
        j = k
        while j > start and place[j - 1, 0] > place[j, 0]:
            for c in range(2):
                place[j, c], place[j - 1, c] = place[j - 1, c], place[j, c]
            for c in range(3):
                what[j, c], what[j - 1, c] = what[j - 1, c], what[j, c]
            j -= 1
    reached = -np.inf  # how far right the crossings so far may be
    for k in range(start, end):
        what[k, 3] = 0 if place[k, 0] - place[k, 1] > reached else 1
        reached = max(reached, place[k, 0] + place[k, 1])


@kernel(VOID, ROWS, INTERVALS, MATRIX, VECTOR, BYTE_TABLE, CROSSINGS, FLAGS, bare=True)
def find_crossings(
    rows: Any, intervals: Any, z: Any, sizes: Any, states: Any, crossings: Any, is_open: Any
) -> None:
    """Find the states at the left end of each interval, and all crossings, in order."""
    for i in range(sizes.size):
        count = 0
        if crossings.start[i] == crossings.start[i + 1] and rows.breakpoints.size == 1:
            for unit in range(rows.first.size - 1):
                states[i, unit] = 1 if z[2 * i, unit] > rows.breakpoints[0] else 0
        elif rows.slopes.size:
            for unit in range(rows.first.size - 1):
                count = cross_scalar(rows, intervals, z, sizes, i, unit, states, crossings, count, is_open)
        else:
            for unit in range(rows.first.size - 1):
                count = cross_maxout(rows, intervals, z, sizes, i, unit, states, crossings, count, is_open)
        crossings.count[i] = count
        sort_crossings(crossings, i)
