"""New vertices are inserted between the old ones, with the pre-activations of the layer above.

The bound for new vertices
--------------------------
Between two old vertices the pre-activations are interpolated, and what is handed on is the activation of
those: so the outputs are off by no more than at the two ends, eps in norm, but for roundings. If the slope of
unit j's output changes by kappa_j at t_j, rounding t_j adds at most ``|kappa_j|`` times that. For p crossings
on an interval of length l, going from vertex to vertex takes at most 4 (p + 4) roundings of numbers ``W s``
with vectors s that are no longer than ``S + S' + sum |kappa_j| l``, where S and S' are those of the two ends.
Each of them is, entry by entry, at most ``u |W s|``, so it is like an error of the inputs of norm ``u |s|``,
and is counted as such. (The sum of products that makes the old vertices has no such bound: it takes the norm
of each row.)
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ...base.kernels import Int64Vector, Matrix, Vector, kernel
from ...base.rounding import INFLATE, U
from .crossings import INTERVAL, KINK, OUTPUT, SLIP, TOGETHER, Crossings
from .values import ERROR, NORM, PLACE, REACH, LineVertices


class LayerAbove(NamedTuple):
    """The layer above: its pre-activations ``z (new vertices, rows)``, and what they are made of.

    ``products (old vertices, rows)`` are the outputs times its weights, ``columns (outputs, rows)`` the
    columns of those, ``bias (rows,)`` its own. Without products nothing is written.
    """

    products: Matrix
    columns: Matrix
    bias: Vector
    z: Matrix


class Course(NamedTuple):
    """The products of the layer above on the way along an interval: (rows,) each."""

    value: Vector
    slope: Vector


@kernel(bare=True)
def add(left: Vector, right: Vector, total: Vector) -> None:
    """Write the sum of two vectors."""
    for k in range(total.size):
        total[k] = left[k] + right[k]


@kernel(bare=True)
def add_multiple(vector: Vector, factor: float, total: Vector) -> None:
    """Add a multiple of a vector to another."""
    for k in range(total.size):
        total[k] += factor * vector[k]


@kernel(bare=True)
def go(step: float, course: Course, bias: Vector, z: Vector, kink: float, column: Vector) -> None:
    """Go a step, write the pre-activations there, and bend: one loop, for memory is what it takes."""
    value, slope = course
    for k in range(value.size):
        value[k] += step * slope[k]
        z[k] = value[k] + bias[k]
        slope[k] += kink * column[k]


@kernel(bare=True)
def write_vertex(place: Vector, segment: int, size: Vector, cut: LineVertices, new: int) -> None:
    """Write a vertex."""
    cut.segment[new] = segment
    for k in range(2):
        cut.place[new, k], cut.size[new, k] = place[k], size[k]


@kernel(bare=True)
def bound_between(
    old: LineVertices, i: int, crossings: Crossings, begin: int, end: int, size: Vector
) -> None:
    """Write ERROR and NORM of the crossings on interval i; those together take the place of the first."""
    place, what = crossings
    length = old.place[i + 1, PLACE] - old.place[i, PLACE]
    bends, off, both = 0.0, 0.0, old.size[i, NORM] + old.size[i + 1, NORM]
    for c in range(begin, end):
        if what[c, TOGETHER]:
            off += abs(place[c, KINK]) * (place[c, REACH] + place[c - 1, REACH])
            place[c, PLACE], place[c, REACH] = place[c - 1, PLACE], place[c - 1, REACH]
        bends += abs(place[c, KINK]) * length
        off += place[c, SLIP]
    error = max(old.size[i, ERROR], old.size[i + 1, ERROR]) + off
    size[ERROR] = (error + 4.0 * (end - begin + 4) * U * (both + bends)) * INFLATE
    size[NORM] = (max(old.size[i, NORM], old.size[i + 1, NORM]) + bends) * INFLATE
    for k in range(2):
        if not size[k] < np.inf:
            size[k] = np.inf


@kernel(bare=True)
def set_out(
    old: LineVertices, i: int, crossings: Crossings, begin: int, end: int, above: LayerAbove, course: Course
) -> None:
    """Write the products at the left end of interval i, and their slope from there to the first crossing."""
    value, slope = course
    left, right = above.products[i], above.products[i + 1]
    for k in range(value.size):
        value[k] = left[k]
        slope[k] = right[k] - left[k]
    before, after = old.place[i, PLACE], old.place[i + 1, PLACE]
    for c in range(begin, end):
        rest = after - crossings.place[c, PLACE]
        add_multiple(above.columns[crossings.what[c, OUTPUT]], -crossings.place[c, KINK] * rest, slope)
    for k in range(slope.size):
        slope[k] /= after - before


@kernel
def insert(
    old: LineVertices,
    crossings: Crossings,
    above: LayerAbove,
    cut: LineVertices,
    moved: Int64Vector,
    at: Int64Vector,
) -> None:
    """Write the old and the new vertices, and the pre-activations of the layer above.

    ``old`` has the sizes of the outputs. ``moved`` and ``at`` are the new numbers of old vertices and of
    crossings.
    """
    (place, what), goes_on = crossings, above.products.shape[0] > 0
    size, course = np.empty(2), Course(np.empty(above.bias.size), np.empty(above.bias.size))
    new, k = 0, 0
    for i in range(moved.size):
        write_vertex(old.place[i], old.segment[i], old.size[i], cut, new)
        moved[i] = new
        if goes_on:
            add(above.products[i], above.bias, above.z[new])
        new += 1
        end = k
        while end < at.size and what[end, INTERVAL] == i:
            end += 1
        if end == k:
            continue
        bound_between(old, i, crossings, k, end, size)
        if goes_on:
            set_out(old, i, crossings, k, end, above, course)
        before = old.place[i, PLACE]
        while k < end:
            write_vertex(place[k], old.segment[i], size, cut, new)
            if goes_on:
                column, kink = above.columns[what[k, OUTPUT]], place[k, KINK]
                go(place[k, PLACE] - before, course, above.bias, above.z[new], kink, column)
            at[k], before = new, place[k, PLACE]
            k += 1
            while k < end and what[k, TOGETHER]:
                at[k] = new
                if goes_on:
                    add_multiple(above.columns[what[k, OUTPUT]], place[k, KINK], course.slope)
                k += 1
            new += 1
