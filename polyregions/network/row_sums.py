"""Rows times the maps of what they read, as sums that are exact: neither order matters, nor the way there.

The form of a row on a cell is the sum over its inputs k of ``w_k h_k``, h_k the map of input k there. Each
product is rounded to a multiple of one power of two, the *last place*, so large that all sums of the
rounded products are multiples of it below 2^53, which float64 adds exactly. From one cell to the next only
the products of units change that are in another state: they are taken out, others are added, and nothing is
lost. So what comes out depends on the cell alone, not on where one came from: to the last bit, whatever
runs cells are taken in. And the forms of all rows on a neighbour cost d + 1 numbers a row for each such
unit, not for each input.

Cells that are parts of one cell below share last places, one for each of the d + 1 columns. Let r bound the
numbers in that column of all inputs, in any of their states (``reach``), |W| be the largest row sum of
magnitudes and m the largest magnitude of an entry. The last place is the least G = 2^e with
``max(|W|, 4 m) r < 2^53 G``. Then

* one product is below 2^51 G, so that ``(t + 3 2^51 G) - 3 2^51 G`` is t, rounded to a multiple of G: the sum
  in between is between 2^52 G and 2^53 G. Four of them are below 2^53 G;
* so is a sum that has for each input one product, or none: also half way from one cell to the next, where a
  product is taken out before the other one comes in. (G / 2 for each product is what the bound has to spare.)
* n products lose at most n G / 2 by that, after ``U`` of their magnitudes. G is at most twice
  ``2^-53 max(|W|, 4 m) r``: about what any sum of n terms may lose, and no more after a thousand cells.

Whole numbers are multiples of a G up to 1, and stay what they are. Where r has left the range of float64, so
have the bounds, and nothing is proven.
"""

from __future__ import annotations

import numpy as np

from ..base.arrays import FloatArray
from ..base.kernels import Blocks, Int64Vector, Matrix, Vector, int64, kernel
from ..base.rounding import INFLATE
from .layer_arrays import Columns
from .unit_maps import CellMaps

#: Last places are not below what this makes them, so that what is added to round is a normal number.
LEAST = 2.0**-1000
#: Beyond, the bounds are infinite.
LARGEST = 2.0**1020


def last_places(columns: Columns, reach: FloatArray) -> FloatArray:
    """Return G for bounds of the inputs, of the same shape; infinite where they are too large.

    Examples
    --------
    >>> columns = Columns.of(np.array([[3.0, -1.0]]))
    >>> float(last_places(columns, np.array([1.0]))[0]) == 2.0**-49
    True
    """
    with np.errstate(over="ignore", invalid="ignore"):
        top = max(columns.norm, 4 * columns.largest) * reach * INFLATE
    exponent = np.frexp(np.maximum(top, LEAST))[1]
    return np.where(top < LARGEST, np.ldexp(1.0, exponent - 53), np.inf)


def shift_of(last_place: FloatArray) -> FloatArray:
    """What is added and taken off again to round to multiples of the last place."""
    return last_place * (1.5 * 2.0**52)


@kernel(bare=True)
def unit_form(below: CellMaps, home: int, entry: int, sign: float, out: Vector) -> bool:
    """Write the map of an output in a state, by its entry, or minus it; tell whether it is not zero."""
    d, piece, slope = out.size - 1, below.piece[entry], sign * below.slopes[entry]
    for j in range(d + 1):
        out[j] = slope * below.maps[home, j, piece] if slope != 0.0 else 0.0
    out[d] += sign * below.constants[entry]
    return bool(slope != 0.0 or out[d] != 0.0)


@kernel(bare=True)
def add_four(columns: Columns, units: Int64Vector, forms: Matrix, shift: Vector, out: Matrix) -> None:
    """Add the products of four inputs at once."""
    w0, w1 = columns.array[units[0]], columns.array[units[1]]
    w2, w3 = columns.array[units[2]], columns.array[units[3]]
    for j in range(out.shape[0]):
        s, total = shift[j], out[j]
        f0, f1, f2, f3 = forms[0, j], forms[1, j], forms[2, j], forms[3, j]
        for r in range(total.size):
            one = ((f0 * w0[r] + s) - s) + ((f1 * w1[r] + s) - s)
            other = ((f2 * w2[r] + s) - s) + ((f3 * w3[r] + s) - s)
            total[r] += one + other


@kernel(bare=True)
def add_one(columns: Columns, unit: int, form: Vector, shift: Vector, out: Matrix) -> None:
    """Add the products of one input."""
    if columns.array.shape[0] > 0:
        w = columns.array[unit]
        for j in range(out.shape[0]):
            s, f, total = shift[j], form[j], out[j]
            for r in range(total.size):
                total[r] += (f * w[r] + s) - s
        return
    start, row, value = columns.entries
    for j in range(out.shape[0]):
        s, f, total = shift[j], form[j], out[j]
        for i in range(start[unit], start[unit + 1]):
            total[row[i]] += (f * value[i] + s) - s


@kernel
def row_maps(below: CellMaps, shifts: Matrix, columns: Columns, out: Blocks) -> None:
    """Write the forms of all rows on cells: out (cells, d + 1, rows); ``shifts (parents, d + 1)``.

    A cell is made from the one before if both are parts of one, else from nothing.
    """
    cells, width, _ = out.shape
    units, forms = np.empty(4, dtype=np.int64), np.empty((4, width))
    by_four = columns.array.shape[0] > 0
    for c in range(cells):
        home, n = int64(below.parent[c]), 0
        fresh = c == 0 or home != below.parent[c - 1]
        shift, total = shifts[home], out[c]
        if fresh:
            total[:] = 0.0
        else:
            total[:] = out[c - 1]
        for k in range(below.states.shape[1]):
            state = int64(below.states[c, k])
            if not fresh and state == below.states[c - 1, k]:
                continue
            for side in range(1 if fresh else 0, 2):
                own = state if side == 1 else int64(below.states[c - 1, k])
                sign = 1.0 if side == 1 else -1.0
                if unit_form(below, home, below.first[k] + own, sign, forms[n]):
                    units[n] = k
                    n += 1
                if by_four and n == 4:
                    add_four(columns, units, forms, shift, total)
                    n = 0
                elif not by_four and n == 1:
                    add_one(columns, k, forms[0], shift, total)
                    n = 0
        for i in range(n):
            add_one(columns, units[i], forms[i], shift, total)
