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
slope is at most ``(|f' - f| + 2 E) / (t^_{i+1} - t^_i)``. (Vertices are farther apart than what they may
be off: that makes rho < 1, and the roundings cover it times those of f and f'.) So a sign is certain if its
value exceeds

    E + rho (|f' - f| + 2 E) + roundings,    rho = max(r_i, r_{i+1}) / (t^_{i+1} - t^_i).

A crossing is the zero of the affine function through both values, off by at most E over its slope.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.kernels import (
    BoolVector,
    Int64Matrix,
    Int64Vector,
    Matrix,
    UInt8Matrix,
    UInt8Vector,
    Vector,
    kernel,
)
from ...base.rounding import INFLATE, U
from .values import PLACE, REACH, LineValues, LineVertices, bound_at, state_at

#: How many columns the two tables of crossings have, and which: PLACE and REACH are those of a vertex.
NUMBERS, FACTS = 4, 6
KINK, SLIP = range(2, NUMBERS)
INTERVAL, OUTPUT, BEFORE, AFTER, ENTRY, TOGETHER = range(FACTS)
#: Instead of an entry, where it cannot be told which one it is.
UNCERTAIN = -2


class Crossings(NamedTuple):
    """Where units change their states, from left to right on each segment.

    Attributes
    ----------
    place : float64 (crossings, NUMBERS)
        PLACE and REACH: t^ and r. KINK: the change of the slope of the unit's output. SLIP: how far off that
        is because t^ is rounded.
    what : int64 (crossings, FACTS)
        The INTERVAL and the OUTPUT, its states BEFORE and AFTER, on the left and on the right, the ENTRY of
        its breakpoint (-1 for maxout), and TOGETHER: 1 if it is, as far as can be told, at the same place as
        the crossing before.
    """

    place: Matrix
    what: Int64Matrix


class Gap(NamedTuple):
    """An affine function on an interval, whose sign tells what is larger.

    Attributes
    ----------
    left, right : float
        Its values at both ends, as computed.
    size : float
        How large the numbers are whose difference it is.
    error : float
        E, of both values.
    """

    left: float
    right: float
    size: float
    error: float


@kernel(inline=True)
def uncertainty(vertices: LineVertices, i: int) -> float:
    """Rho of interval i."""
    length = vertices.place[i + 1, PLACE] - vertices.place[i, PLACE]
    if not length > 0.0:
        return np.inf
    return float(max(vertices.place[i, REACH], vertices.place[i + 1, REACH]) / length * INFLATE)


@kernel(inline=True)
def margin(gap: Gap, rho: float) -> float:
    """What a value at an end must exceed to have a certain sign."""
    f, g, size, e = gap
    return float((e + rho * (abs(g - f) + 2.0 * e) + 8.0 * U * (abs(f) + abs(g) + size)) * INFLATE)


@kernel(inline=True)
def above_level(left: float, right: float, level: float, error: float) -> Gap:
    """How far a row with such values is above a breakpoint."""
    return Gap(left - level, right - level, abs(level), error)


@kernel(inline=True)
def above_piece(values: LineValues, i: int, p: int, r: int) -> Gap:
    """How far row p is above row r on interval i."""
    rows, vertices, z = values
    size = abs(z[i, p]) + abs(z[i + 1, p])
    error = bound_at(rows, vertices, i, p) + bound_at(rows, vertices, i, r)
    return Gap(z[i, p] - z[i, r], z[i + 1, p] - z[i + 1, r], size, error)


@kernel(bare=True)
def stays_largest(values: LineValues, i: int, k: int, best: int, rho: float) -> bool:
    """Whether an entry of a maxout unit is certain to be the largest throughout interval i."""
    rows = values.rows
    p = rows.row[best]
    for entry in range(rows.first[k], rows.first[k + 1]):
        if entry != best and not rows.skip[entry]:
            gap = above_piece(values, i, p, rows.row[entry])
            least = margin(gap, rho)
            if not (gap.left > least and gap.right > least):
                return False
    return True


@kernel
def mark_steps(values: LineValues, i: int, e: Vector, may_cross: UInt8Vector) -> None:
    """Mark the outputs of a layer without maxout units on interval i; ``e (outputs,)`` is work space."""
    rows, vertices, left, right = values.rows, values.vertices, values.z[i], values.z[i + 1]
    rho = uncertainty(vertices, i)
    for k in range(e.size):
        e[k], may_cross[k] = bound_at(rows, vertices, i, k), 0
    for j in range(rows.steps.shape[0]):
        levels = rows.steps[j]
        # Without branches, so that the compiler turns it into vector instructions.
        for k in range(e.size):
            gap = above_level(left[k], right[k], levels[k], e[k])
            least = margin(gap, rho)
            is_above, is_below = (
                (gap.left > least) & (gap.right > least),
                (gap.left < -least) & (gap.right < -least),
            )
            may_cross[k] |= not (is_above | is_below)


@kernel(bare=True)
def may_change(values: LineValues, i: int, k: int, rho: float) -> bool:
    """Whether output k may change its state on interval i."""
    rows, vertices, z = values
    first, end = rows.first[k], rows.first[k + 1]
    if end - first < 2:
        return False
    r = rows.row[first]
    if r != rows.row[first + 1]:
        return not stays_largest(values, i, k, first + state_at(rows, z[i], k), rho)
    e = bound_at(rows, vertices, i, r)
    for entry in range(first, end - 1):
        gap = above_level(z[i, r], z[i + 1, r], rows.levels[entry], e)
        f, g, least = gap.left, gap.right, margin(gap, rho)
        if not ((f > least and g > least) or (f < -least and g < -least)):
            return True
    return False


@kernel
def count_steps(values: LineValues, i: int, states: UInt8Vector) -> None:
    """The states at vertex i of the outputs of a layer without maxout units; ``states`` are 0."""
    row = values.z[i]
    for j in range(values.rows.steps.shape[0]):
        levels = values.rows.steps[j]
        for k in range(states.size):
            states[k] += row[k] > levels[k]


@kernel
def mark(values: LineValues, first: UInt8Matrix, may_cross: UInt8Matrix) -> None:
    """Write which outputs may change their states on each interval, and the states at the first vertices."""
    rows, vertices, z = values
    outputs = rows.first.size - 1
    e, stepped = np.empty(outputs), rows.steps.shape[1] == outputs
    for i in range(z.shape[0]):
        segment = vertices.segment[i]
        if i == 0 or vertices.segment[i - 1] != segment:
            if stepped:
                count_steps(values, i, first[segment])
            else:
                for k in range(outputs):
                    first[segment, k] = state_at(rows, z[i], k)
        if i + 1 == z.shape[0] or vertices.segment[i + 1] != segment:
            may_cross[i] = 0
        elif stepped:
            mark_steps(values, i, e, may_cross[i])
        else:
            rho = uncertainty(vertices, i)
            for k in range(outputs):
                may_cross[i, k] = may_change(values, i, k, rho)


@kernel(bare=True)
def write_place(vertices: LineVertices, i: int, gap: Gap, bend: float, crossings: Crossings, k: int) -> bool:
    """Write where a gap closes on interval i, and what that does to the output; whether it is certain to."""
    start = vertices.place[i, PLACE]
    length, rise = vertices.place[i + 1, PLACE] - start, abs(gap.left) + abs(gap.right)
    off = (gap.error + 8.0 * U * (rise + gap.size)) * INFLATE
    reach = (off / (rise - 2.0 * off) * length + 4.0 * U) * INFLATE
    kink = bend * (gap.right - gap.left) / length
    crossings.what[k, INTERVAL] = i
    crossings.place[k, PLACE] = start + abs(gap.left) / rise * length
    crossings.place[k, REACH], crossings.place[k, KINK] = reach, kink
    crossings.place[k, SLIP] = abs(kink) * (16.0 * U * length + 4.0 * U)
    return rise > 2.0 * off


@kernel(inline=True)
def copy_place(place: Matrix, source: int, target: int) -> None:
    """Copy the numbers of a crossing."""
    for c in range(NUMBERS):
        place[target, c] = place[source, c]


@kernel(inline=True)
def write_change(crossings: Crossings, k: int, output: int, before: int, after: int, entry: int) -> None:
    """Write which unit changes which states in a crossing."""
    what = crossings.what
    what[k, OUTPUT], what[k, BEFORE], what[k, AFTER], what[k, ENTRY] = output, before, after, entry


@kernel(bare=True)
def sort_crossings(crossings: Crossings, begin: int, end: int) -> None:
    """Sort the crossings of one interval from left to right, and mark those that cannot be told apart."""
    place, what = crossings
    for k in range(begin + 1, end):
        j = k
        while j > begin and place[j - 1, PLACE] > place[j, PLACE]:
            for c in range(NUMBERS):
                place[j, c], place[j - 1, c] = place[j - 1, c], place[j, c]
            for c in range(TOGETHER):  # the last column is written below
                what[j, c], what[j - 1, c] = what[j - 1, c], what[j, c]
            j -= 1
    reached = -np.inf  # how far right the crossings so far may be
    for k in range(begin, end):
        what[k, TOGETHER] = 0 if place[k, PLACE] - place[k, REACH] > reached else 1
        reached = max(reached, place[k, PLACE] + place[k, REACH])


@kernel(bare=True)
def cross_scalar(
    values: LineValues, i: int, unit: int, crossings: Crossings, count: int, is_open: BoolVector
) -> int:
    """Write the crossings of a scalar unit on interval i; return how many there are in all now."""
    rows, vertices, z = values
    first, end = rows.first[unit], rows.first[unit + 1]
    r = rows.row[first]
    rho, e = uncertainty(vertices, i), bound_at(rows, vertices, i, r)
    for j in range(end - first - 1):
        gap = above_level(z[i, r], z[i + 1, r], rows.levels[first + j], e)
        f, g, least = gap.left, gap.right, margin(gap, rho)
        if f == 0.0 and g == 0.0 and e == 0.0:
            continue  # on the breakpoint throughout, which is no crossing
        if not (abs(f) > least and abs(g) > least):
            is_open[vertices.segment[i]] = True
        elif (f > 0.0) != (g > 0.0):
            before, after = (j, j + 1) if g > 0.0 else (j + 1, j)
            write_change(crossings, count, unit, before, after, first + j)
            bend = rows.slopes[first + after] - rows.slopes[first + before]
            if not write_place(vertices, i, gap, bend, crossings, count):
                is_open[vertices.segment[i]] = True
            count += 1
    return count


@kernel(bare=True)
def is_largest(values: LineValues, i: int, unit: int, top: int, rho: float) -> bool:
    """Whether an entry of a maxout unit is certain to be the largest at vertex i, seen along interval i."""
    rows = values.rows
    for entry in range(rows.first[unit], rows.first[unit + 1]):
        if entry != top and not rows.skip[entry]:
            gap = above_piece(values, i, rows.row[top], rows.row[entry])
            if not gap.left > margin(gap, rho):
                return False
    return True


@kernel(bare=True)
def first_to_overtake(
    values: LineValues, i: int, unit: int, top: int, rho: float, crossings: Crossings, count: int
) -> int:
    """The entry that is the first to exceed the largest one on interval i; -1 if there is none.

    UNCERTAIN if float64 cannot tell. Where it does so is written as crossing ``count``; the next one is
    memory.
    """
    rows, place = values.rows, crossings.place
    following, reached, clash = -1, np.inf, np.inf  # clash: how far left another crossing may be
    for entry in range(rows.first[unit], rows.first[unit + 1]):
        if entry == top or rows.skip[entry]:
            continue
        gap = above_piece(values, i, rows.row[top], rows.row[entry])
        if not abs(gap.right) > margin(gap, rho):
            return UNCERTAIN
        if gap.right > 0.0:
            continue
        # Write it where the crossing of this unit goes; the leftmost one stays.
        if not (gap.left > 0.0 and write_place(values.vertices, i, gap, -1.0, crossings, count)):
            return UNCERTAIN
        at, off = place[count, PLACE], place[count, REACH]
        if following < 0 or at < place[count + 1, PLACE]:
            if following >= 0:
                clash = min(clash, place[count + 1, PLACE] - place[count + 1, REACH])
            following, reached = entry, at + off
            copy_place(place, count, count + 1)
        else:
            clash = min(clash, at - off)
    if following >= 0:
        if not reached < clash:
            return UNCERTAIN
        copy_place(place, count + 1, count)
    return following


@kernel(bare=True)
def cross_maxout(
    values: LineValues, i: int, unit: int, crossings: Crossings, count: int, is_open: BoolVector
) -> int:
    """The same for a maxout unit: from the largest piece on the left to steeper ones."""
    rows, vertices, z = values
    rho, first = uncertainty(vertices, i), rows.first[unit]
    top = first + state_at(rows, z[i], unit)
    if not is_largest(values, i, unit, top, rho):
        is_open[vertices.segment[i]] = True
        return count
    while True:
        following = first_to_overtake(values, i, unit, top, rho, crossings, count)
        if following == UNCERTAIN:
            is_open[vertices.segment[i]] = True
        if following < 0:
            return count
        write_change(crossings, count, unit, top - first, following - first, -1)
        count += 1
        top = following


@kernel(bare=True)
def find_crossings(values: LineValues, marked: Int64Vector, crossings: Crossings, is_open: BoolVector) -> int:
    """Find the crossings of marked units, ``interval * units + unit`` ascending; return how many."""
    rows = values.rows
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
            count = cross_scalar(values, i, unit, crossings, count, is_open)
        else:
            count = cross_maxout(values, i, unit, crossings, count, is_open)
    sort_crossings(crossings, begin, count)
    return count
