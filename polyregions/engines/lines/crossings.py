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
slope is at most ``(|f' - f| + 2 E) / (t^_{i+1} - t^_i)``. (Vertices are farther apart than what they may be
off: that makes rho < 1, and the roundings cover it times those of f and f'.) So a sign is certain if its
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
from .values import ROWS, VERTICES, bound_at


class Crossings(NamedTuple):
    """Where units change their states, from left to right on each segment.

    Attributes
    ----------
    place : float64 (crossings, 4)
        t^ and r; the change of the slope of the unit's output, and how far off that is because t^ is rounded.
    what : int64 (crossings, 6)
        The interval, the unit, its states on the left and on the right, its hyperplane (-1 for maxout), and 1
        if it is, as far as can be told, at the same place as the crossing before.
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


@kernel(INT, ROWS, MATRIX, INT, INT, bare=True)
def largest_piece(rows: Any, z: Any, i: int, unit: int) -> int:
    """The piece of a maxout unit that is largest at vertex i, as computed."""
    best = rows.first[unit]
    for piece in range(best + 1, rows.first[unit + 1]):
        if not rows.skip[piece] and z[i, piece] > z[i, best]:
            best = piece
    return int(best)


@kernel(FLOAT, ROWS, VERTICES, INT, INT, INT, inline=True)
def pair_bound(rows: Any, vertices: Any, i: int, p: int, r: int) -> float:
    """E of the difference of two pieces."""
    return float(bound_at(rows, vertices, i, p) + bound_at(rows, vertices, i, r))


@kernel(BOOL, ROWS, VERTICES, MATRIX, INT, INT, INT, FLOAT, bare=True)
def stays_largest(rows: Any, vertices: Any, z: Any, i: int, unit: int, best: int, rho: float) -> bool:
    """Whether a piece of a maxout unit is certain to be the largest throughout interval i."""
    for piece in range(rows.first[unit], rows.first[unit + 1]):
        if piece != best and not rows.skip[piece]:
            f, g = z[i, best] - z[i, piece], z[i + 1, best] - z[i + 1, piece]
            size = abs(z[i, best]) + abs(z[i + 1, best])
            least = margin(f, g, size, pair_bound(rows, vertices, i, best, piece), rho)
            if not (f > least and g > least):
                return False
    return True


@kernel(VOID, ROWS, VERTICES, INT, VECTOR, VECTOR, VECTOR, BYTES)
def mark_scalar(rows: Any, vertices: Any, i: int, left: Any, right: Any, e: Any, may_cross: Any) -> None:
    """Mark the units of a scalar layer on interval i, with z at its ends; ``e (units,)`` is work space."""
    rho = uncertainty(vertices, i)
    for unit in range(e.size):
        e[unit], may_cross[unit] = bound_at(rows, vertices, i, unit), 0
    for tau in rows.breakpoints:
        # Without branches, so that the compiler turns it into vector instructions.
        for unit in range(e.size):
            f, g = left[unit] - tau, right[unit] - tau
            least = margin(f, g, abs(tau), e[unit], rho)
            is_above, is_below = (f > least) & (g > least), (f < -least) & (g < -least)
            may_cross[unit] |= not (is_above | is_below)


@kernel(VOID, ROWS, VERTICES, MATRIX, BYTE_TABLE, BYTE_TABLE)
def mark(rows: Any, vertices: Any, z: Any, first: Any, may_cross: Any) -> None:
    """Write which units may change their states on each interval, and the states at the first vertices."""
    units = rows.first.size - 1
    e = np.empty(units)
    for i in range(z.shape[0]):
        segment = vertices.segment[i]
        if i == 0 or vertices.segment[i - 1] != segment:
            for unit in range(units):
                for tau in rows.breakpoints:
                    first[segment, unit] += 1 if z[i, unit] > tau else 0
                if rows.slopes.size == 0:
                    first[segment, unit] = largest_piece(rows, z, i, unit) - rows.first[unit]
        if i + 1 == z.shape[0] or vertices.segment[i + 1] != segment:
            may_cross[i] = 0
        elif rows.slopes.size:
            mark_scalar(rows, vertices, i, z[i], z[i + 1], e, may_cross[i])
        else:
            rho = uncertainty(vertices, i)
            for unit in range(units):
                best = largest_piece(rows, z, i, unit)
                may_cross[i, unit] = not stays_largest(rows, vertices, z, i, unit, best, rho)


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
    rho, e = uncertainty(vertices, i), bound_at(rows, vertices, i, unit)
    for j in range(rows.breakpoints.size):
        tau = rows.breakpoints[j]
        f, g = z[i, unit] - tau, z[i + 1, unit] - tau
        if f == 0.0 and g == 0.0 and e == 0.0:
            continue  # on the breakpoint throughout, which is no crossing
        least = margin(f, g, abs(tau), e, rho)
        if not (abs(f) > least and abs(g) > least):
            is_open[vertices.segment[i]] = True
        elif (f > 0.0) != (g > 0.0):
            before, after = (j, j + 1) if g > 0.0 else (j + 1, j)
            crossings.what[count, 1], crossings.what[count, 4] = unit, unit * rows.breakpoints.size + j
            crossings.what[count, 2], crossings.what[count, 3] = before, after
            bend = rows.slopes[after] - rows.slopes[before]
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
    p = largest_piece(rows, z, i, unit)
    for r in range(first, end):
        if r != p and not rows.skip[r]:
            f, g = z[i, p] - z[i, r], z[i + 1, p] - z[i + 1, r]
            size = abs(z[i, p]) + abs(z[i + 1, p])
            if not f > margin(f, g, size, pair_bound(rows, vertices, i, p, r), rho):
                is_open[vertices.segment[i]] = True
                return count
    while True:
        following, reached, clash = -1, np.inf, np.inf  # clash: how far left another crossing may be
        for r in range(first, end):
            if r == p or rows.skip[r]:
                continue
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
                following, reached = r, place + off
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
        crossings.what[count, 2], crossings.what[count, 3] = p - first, following - first
        count += 1
        p = following


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
        if rows.slopes.size:
            count = cross_scalar(rows, vertices, z, i, unit, crossings, count, is_open)
        else:
            count = cross_maxout(rows, vertices, z, i, unit, crossings, count, is_open)
    sort_crossings(crossings, begin, count)
    return count
