"""Where the units of one layer change their states on intervals of segments, in order.

Interval i lies between the vertices i and i + 1 of a segment. A scalar unit crosses a breakpoint inside it
iff its form has different signs at the two ends. A maxout unit goes from the piece that is largest at the
left end to steeper ones. Three kinds of decisions are made: the sign of a form at an end, the order of two
crossings, and which piece is largest. If one is closer than the bounds
(:mod:`polyregions.engines.lines.values`), the segment is *open*: it is left to exact arithmetic. Crossings
that cannot be told apart are taken for one, and marked: the caller knows whether two units have the same
hyperplane. All comparisons are written so that NaN and infinity leave a segment open.

The sign at an end
------------------
Computed are values f, f' at t^_i and t^_{i+1} with a bound E for both. The true ends are up to r off, and the
slope is at most ``(|f' - f| + 2 E) / (t^_{i+1} - t^_i)``. (LineVertices are farther apart than what they may
be off: that makes rho < 1, and the roundings cover it times those of f and f'.) So a sign is certain if its
value exceeds

    E + rho (|f' - f| + 2 E) + roundings,    rho = max(r_i, r_{i+1}) / (t^_{i+1} - t^_i).

A crossing is the zero of the affine function through both values, off by at most E over its slope.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...base.kernels import (
    BOOL,
    BYTE_TABLE,
    BYTES,
    FLAGS,
    FLOAT,
    INDICES,
    INT,
    MATRIX,
    TABLE,
    VECTOR,
    VOID,
    group,
    kernel,
)
from ...base.rounding import INFLATE, U
from .values import ROWS, VERTICES, bound_at, state_at


class Crossings(NamedTuple):
    """Where units change their states, from left to right on each segment.

    Attributes
    ----------
    place : float64 (crossings, 4)
        t^ and r; the change of the slope of the unit's output, and how far off that is because t^ is rounded.
    what : int64 (crossings, 6)
        The interval, the output, its states on the left and on the right, the entry of its breakpoint (-1
        for maxout), and 1 if it is, as far as can be told, at the same place as the crossing before.
    """

    place: Any
    what: Any


CROSSINGS = group(Crossings, MATRIX, TABLE)


@kernel(FLOAT, VERTICES, INT, inline=True)
def uncertainty(vertices: Any, i: int) -> float:
    """Rho of interval i."""
    length = vertices.place[i + 1, 0] - vertices.place[i, 0]
    if not length > 0.0:
        return np.inf
    return float(max(vertices.place[i, 1], vertices.place[i + 1, 1]) / length * INFLATE)


@kernel(FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, inline=True)
def margin(f: float, g: float, size: float, e: float, rho: float) -> float:
    """What a value at an end must exceed to have a certain sign; f, g at both ends, of numbers up to size."""
    return float((e + rho * (abs(g - f) + 2.0 * e) + 8.0 * U * (abs(f) + abs(g) + size)) * INFLATE)


@kernel(FLOAT, ROWS, VERTICES, INT, INT, INT, inline=True)
def pair_bound(rows: Any, vertices: Any, i: int, p: int, r: int) -> float:
    """E of the difference of two pieces."""
    return float(bound_at(rows, vertices, i, p) + bound_at(rows, vertices, i, r))


@kernel(BOOL, ROWS, VERTICES, MATRIX, INT, INT, INT, FLOAT, bare=True)
def stays_largest(rows: Any, vertices: Any, z: Any, i: int, k: int, best: int, rho: float) -> bool:
    """Whether an entry of a maxout unit is certain to be the largest throughout interval i."""
    p = rows.row[best]
    for entry in range(rows.first[k], rows.first[k + 1]):
        if entry != best and not rows.skip[entry]:
            r = rows.row[entry]
            f, g = z[i, p] - z[i, r], z[i + 1, p] - z[i + 1, r]
            size = abs(z[i, p]) + abs(z[i + 1, p])
            least = margin(f, g, size, pair_bound(rows, vertices, i, p, r), rho)
            if not (f > least and g > least):
                return False
    return True


@kernel(VOID, ROWS, VERTICES, INT, VECTOR, VECTOR, VECTOR, BYTES)
def mark_steps(rows: Any, vertices: Any, i: int, left: Any, right: Any, e: Any, may_cross: Any) -> None:
    """Mark the outputs of a layer without maxout units on interval i; ``e (outputs,)`` is work space."""
    rho = uncertainty(vertices, i)
    for k in range(e.size):
        e[k], may_cross[k] = bound_at(rows, vertices, i, k), 0
    for j in range(rows.steps.shape[0]):
        levels = rows.steps[j]
        # Without branches, so that the compiler turns it into vector instructions.
        for k in range(e.size):
            tau = levels[k]
            f, g = left[k] - tau, right[k] - tau
            least = margin(f, g, abs(tau), e[k], rho)
            is_above, is_below = (f > least) & (g > least), (f < -least) & (g < -least)
            may_cross[k] |= not (is_above | is_below)


@kernel(BOOL, ROWS, VERTICES, MATRIX, INT, INT, FLOAT, bare=True)
def may_change(rows: Any, vertices: Any, z: Any, i: int, k: int, rho: float) -> bool:
    """Whether output k may change its state on interval i."""
    first, end = rows.first[k], rows.first[k + 1]
    if end - first < 2:
        return False
    r = rows.row[first]
    if r != rows.row[first + 1]:
        return not stays_largest(rows, vertices, z, i, k, first + state_at(rows, z[i], k), rho)
    e = bound_at(rows, vertices, i, r)
    for entry in range(first, end - 1):
        tau = rows.levels[entry]
        f, g = z[i, r] - tau, z[i + 1, r] - tau
        least = margin(f, g, abs(tau), e, rho)
        if not ((f > least and g > least) or (f < -least and g < -least)):
            return True
    return False


@kernel(VOID, ROWS, VERTICES, MATRIX, BYTE_TABLE, BYTE_TABLE)
def mark(rows: Any, vertices: Any, z: Any, first: Any, may_cross: Any) -> None:
    """Write which outputs may change their states on each interval, and the states at the first vertices."""
    outputs = rows.first.size - 1
    e = np.empty(outputs)
    for i in range(z.shape[0]):
        segment = vertices.segment[i]
        if i == 0 or vertices.segment[i - 1] != segment:
            for k in range(outputs):
                first[segment, k] = state_at(rows, z[i], k)
        if i + 1 == z.shape[0] or vertices.segment[i + 1] != segment:
            may_cross[i] = 0
        elif rows.steps.shape[1] == outputs:
            mark_steps(rows, vertices, i, z[i], z[i + 1], e, may_cross[i])
        else:
            rho = uncertainty(vertices, i)
            for k in range(outputs):
                may_cross[i, k] = may_change(rows, vertices, z, i, k, rho)


@kernel(BOOL, VERTICES, INT, FLOAT, FLOAT, FLOAT, FLOAT, FLOAT, CROSSINGS, INT, bare=True)
def write_place(
    vertices: Any, i: int, f: float, g: float, size: float, e: float, bend: float, crossings: Any, k: int
) -> bool:
    """Write where the affine function from f to g is zero on interval i, and what that does to the output."""
    start = vertices.place[i, 0]
    length, rise = vertices.place[i + 1, 0] - start, abs(f) + abs(g)
    off = (e + 8.0 * U * (rise + size)) * INFLATE
    reach = (off / (rise - 2.0 * off) * length + 4.0 * U) * INFLATE
    kink = bend * (g - f) / length
    crossings.what[k, 0] = i
    crossings.place[k, 0], crossings.place[k, 1] = start + abs(f) / rise * length, reach
    crossings.place[k, 2] = kink
    crossings.place[k, 3] = abs(kink) * (16.0 * U * length + 4.0 * U)
    return rise > 2.0 * off


@kernel(VOID, CROSSINGS, INT, INT, bare=True)
def sort_crossings(crossings: Any, begin: int, end: int) -> None:
    """Sort the crossings of one interval from left to right, and mark those that cannot be told apart."""
    place, what = crossings.place, crossings.what
    for k in range(begin + 1, end):
        j = k
        while j > begin and place[j - 1, 0] > place[j, 0]:
            for c in range(4):
                place[j, c], place[j - 1, c] = place[j - 1, c], place[j, c]
            for c in range(5):
                what[j, c], what[j - 1, c] = what[j - 1, c], what[j, c]
            j -= 1
    reached = -np.inf  # how far right the crossings so far may be
    for k in range(begin, end):
        what[k, 5] = 0 if place[k, 0] - place[k, 1] > reached else 1
        reached = max(reached, place[k, 0] + place[k, 1])


CROSS = (ROWS, VERTICES, MATRIX, INT, INT, CROSSINGS, INT, FLAGS)


@kernel(INT, *CROSS, bare=True)
def cross_scalar(
    rows: Any, vertices: Any, z: Any, i: int, unit: int, crossings: Any, count: int, is_open: Any
) -> int:
    """Write the crossings of a scalar unit on interval i; return how many there are in all now."""
    first, end = rows.first[unit], rows.first[unit + 1]
    r = rows.row[first]
    rho, e = uncertainty(vertices, i), bound_at(rows, vertices, i, r)
    for j in range(end - first - 1):
        tau = rows.levels[first + j]
        f, g = z[i, r] - tau, z[i + 1, r] - tau
        if f == 0.0 and g == 0.0 and e == 0.0:
            continue  # on the breakpoint throughout, which is no crossing
        least = margin(f, g, abs(tau), e, rho)
        if not (abs(f) > least and abs(g) > least):
            is_open[vertices.segment[i]] = True
        elif (f > 0.0) != (g > 0.0):
            before, after = (j, j + 1) if g > 0.0 else (j + 1, j)
            crossings.what[count, 1], crossings.what[count, 4] = unit, first + j
            crossings.what[count, 2], crossings.what[count, 3] = before, after
            bend = rows.slopes[first + after] - rows.slopes[first + before]
            if not write_place(vertices, i, f, g, abs(tau), e, bend, crossings, count):
                is_open[vertices.segment[i]] = True
            count += 1
    return count


@kernel(INT, *CROSS, bare=True)
def cross_maxout(
    rows: Any, vertices: Any, z: Any, i: int, unit: int, crossings: Any, count: int, is_open: Any
) -> int:
    """The same for a maxout unit: from the largest piece on the left to steeper ones."""
    rho, first, end = uncertainty(vertices, i), rows.first[unit], rows.first[unit + 1]
    top = first + state_at(rows, z[i], unit)
    p = rows.row[top]
    for entry in range(first, end):
        if entry != top and not rows.skip[entry]:
            r = rows.row[entry]
            f, g = z[i, p] - z[i, r], z[i + 1, p] - z[i + 1, r]
            size = abs(z[i, p]) + abs(z[i + 1, p])
            if not f > margin(f, g, size, pair_bound(rows, vertices, i, p, r), rho):
                is_open[vertices.segment[i]] = True
                return count
    while True:
        following, reached, clash = -1, np.inf, np.inf  # clash: how far left another crossing may be
        for entry in range(first, end):
            if entry == top or rows.skip[entry]:
                continue
            r = rows.row[entry]
            f, g = z[i, p] - z[i, r], z[i + 1, p] - z[i + 1, r]
            size, e = abs(z[i, p]) + abs(z[i + 1, p]), pair_bound(rows, vertices, i, p, r)
            if not abs(g) > margin(f, g, size, e, rho):
                is_open[vertices.segment[i]] = True
                return count
            if g > 0.0:
                continue
            # Write it where the crossing of this unit goes; the leftmost one stays.
            if not (f > 0.0 and write_place(vertices, i, f, g, size, e, -1.0, crossings, count)):
                is_open[vertices.segment[i]] = True
                return count
            place, off = crossings.place[count, 0], crossings.place[count, 1]
            if following < 0 or place < crossings.place[count + 1, 0]:
                if following >= 0:
                    clash = min(clash, crossings.place[count + 1, 0] - crossings.place[count + 1, 1])
                following, reached = entry, place + off
                for c in range(4):
                    crossings.place[count + 1, c] = crossings.place[count, c]
            else:
                clash = min(clash, place - off)
        if following < 0:
            return count
        if not reached < clash:
            is_open[vertices.segment[i]] = True
            return count
        for c in range(4):
            crossings.place[count, c] = crossings.place[count + 1, c]
        crossings.what[count, 1], crossings.what[count, 4] = unit, -1
        crossings.what[count, 2], crossings.what[count, 3] = top - first, following - first
        count += 1
        top = following
        p = rows.row[top]


@kernel(INT, ROWS, VERTICES, MATRIX, INDICES, CROSSINGS, FLAGS, bare=True)
def find_crossings(rows: Any, vertices: Any, z: Any, marked: Any, crossings: Any, is_open: Any) -> int:
    """Find the crossings of marked units, ``interval * units + unit`` ascending; return how many."""
    units = rows.first.size - 1
    interval, begin, count = -1, 0, 0
    for k in range(marked.size):
        i, unit = marked[k] // units, marked[k] % units
        if i != interval:
            sort_crossings(crossings, begin, count)
            interval, begin = i, count
        first = rows.first[unit]
        if rows.first[unit + 1] - first < 2:
            continue  # no unit, but beyond the range of what can be certified
        if rows.row[first] == rows.row[first + 1]:
            count = cross_scalar(rows, vertices, z, i, unit, crossings, count, is_open)
        else:
            count = cross_maxout(rows, vertices, z, i, unit, crossings, count, is_open)
    sort_crossings(crossings, begin, count)
    return count
