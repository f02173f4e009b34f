"""The network recentred at the box of its domain, in float64, with a rigorous bound for every affine form.

The filter of the traversal: the deviations of :mod:`polyregions.network.recentred`, whose exact numbers are
rounded once each.

The bound
---------
For a form F(t) = a . t + c, computed as (a^, c^), let ``e`` bound ``sum |a^_j - a_j| + |c^ - c|``, which
bounds |F^(t) - F(t)| for all t in the box at once. With u = 2^-53 and gamma_n = n u / (1 - n u) (Higham,
*Accuracy and Stability of Numerical Algorithms*, 2nd ed., section 3.1: a computed sum of n products is
within gamma_n of the sum of their magnitudes, in any order):

* matrix product, of n weights that are not zero, and rounded, in a row at most:
  ``e(delta_r) <= sum_k |W_rk| (gamma_{n+3} |eta_k| + e(eta_k))``, |F| the sum of its magnitudes;
* activation: ``e(eta) <= |slope| e(delta) + 3 u (|slope| |delta| + |c_s|)``;
* a row ``+-(delta - tau)``: ``e + 2 u (|c| + |tau|)``; a row ``(delta_s + o_s) - (delta_r + o_r)``:
  ``e_s + e_r + 3 u (|delta_s| + |o_s| + |delta_r| + |o_r|)``.

Each bound follows the forms of one cell (no worst case over patterns) and costs one more column in the
product. It is computed in float64 from non-negative terms; the factor 1 + 2^-16 covers the rounding of
sums of up to 2^36 terms. Underflow is covered by the smallest normal number for each operation (a unit
that is exactly zero has none), and a constant that would round to zero is rounded away from it. Where
a form overflows it is inf or NaN, its bound may be finite, and no certificate accepts it.

Units that sit on a breakpoint everywhere (zero weights, or a maxout piece that repeats an earlier one) can
never change state, and units with the border of an earlier one change with that
(:mod:`polyregions.network.same_borders`): their rows are written as the constant 1, which like any positive
row is no boundary.
"""

from __future__ import annotations

from fractions import Fraction
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from ...base.arrays import FloatArray, IntArray, StateArray
from ...base.kernels import BoolVector, Int64Matrix, Int64Vector, Matrix, UInt8Vector, Vector, int64, kernel
from ...base.rationals import round_nonzero_fraction
from ...base.rounding import INFLATE, TINY, U
from ...geometry.domain import Domain, box_of, facet_sides
from ...geometry.recentred_domain import recentred_sides
from ...geometry.workspace import Workspace
from ...network.copies import Copies, find_copies
from ...network.network import Network
from ...network.numbers import dense
from ...network.recentred import RecentredLayer, recentre


class RecentredArrays(NamedTuple):
    """The network in float64, as kernels take it.

    Attributes
    ----------
    table : int64 (layers, 6)
        inputs, rows, outputs, start in ``weights``, first output in ``first`` and ``column``, and the largest
        number of inputs that a row reads.
    weights : float64
        Each layer's weight transposed, (inputs, rows), flattened.
    first : int64 (all outputs + 1,)
        Where an output's entries start in the arrays of entries below, one entry a state.
    column : int64 (all outputs,)
        Each output's unit in a pattern, -1 if it is none.
    row : int64 (entries,)
        The row of its layer that the output follows in this state.
    slopes, constants, thresholds : float64 (entries,)
        slope_s; c_s; tau of the breakpoint above the state (unused for the last one), or for maxout pieces 1
        where a piece repeats an earlier one, else 0.
    follows : bool (all outputs,)
        Whether an output's border is that of an earlier unit, and no row of its own.
    sides : float64 (d + 2, sides)
        The sides of the domain that hold its facets, as rows of a cell.
    side_numbers : int64 (sides,)
    """

    table: Int64Matrix
    weights: Vector
    first: Int64Vector
    column: Int64Vector
    row: Int64Vector
    slopes: Vector
    constants: Vector
    thresholds: Vector
    follows: BoolVector
    sides: Matrix
    side_numbers: Int64Vector


class CellRows(NamedTuple):
    """The rows of one cell, and memory to make them in; see :func:`cell_rows`."""

    rows: Matrix
    owner: Int64Vector
    beyond: Int64Vector
    delta: Matrix
    eta: Matrix

    @classmethod
    def empty(cls, rows: int, width: int, d: int) -> CellRows:
        """For cells of at most that many rows, in layers of at most that width."""
        return cls(
            np.empty((d + 2, rows)),
            np.empty(rows, dtype=np.int64),
            np.empty(rows, dtype=np.int64),
            np.empty((d + 2, width)),
            np.empty((d + 2, width)),
        )


class RecentredRows:
    """What the rows of all patterns' cells are made of.

    Attributes
    ----------
    arrays : RecentredArrays
    max_rows, max_width : int
        The most rows of a cell, and the most numbers in a layer.
    """

    def __init__(self, network: Network, domain: Domain, same: IntArray | None = None) -> None:
        self.network, self.domain, self.box = network, domain, box_of(domain)
        box = self.box
        same = np.arange(network.n_units) if same is None else same
        self.exact = recentre(network, box)
        self.midpoint, self.halfwidths = self.exact.midpoint, self.exact.halfwidths
        table: list[list[int]] = []
        columns: list[IntArray] = []
        for (start, layer), outputs, size in zip(
            zip(network.first_units, network.layers, strict=False),
            accumulate((layer.n_outputs for layer in network.layers), initial=0),
            accumulate((layer.n_rows * layer.n_inputs for layer in network.layers), initial=0),
            strict=False,
        ):
            table.append([layer.n_inputs, layer.n_rows, layer.n_outputs, size, outputs, layer.most_inputs])
            column = layer.pieces.column
            columns.append(np.where(column >= 0, column + start, -1))
        tables = [layer.pieces for layer in network.layers]
        counts = np.concatenate([pieces.n_states for pieces in tables])
        column, copies = np.concatenate(columns), find_copies(network)
        self.arrays = RecentredArrays(
            np.array(table, dtype=np.int64),
            np.concatenate([np.ascontiguousarray(dense(own.weight).T).ravel() for own in self.exact.layers]),
            np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(counts)]),
            column,
            np.concatenate([pieces.row for pieces in tables]),
            np.concatenate([pieces.slope for pieces in tables]),
            np.concatenate([_rounded(layer.constants, layer.scale) for layer in self.exact.layers]),
            np.concatenate([_thresholds(*own) for own in zip(self.exact.layers, copies, strict=True)]),
            (column >= 0) & (np.append(same, -1)[column] != column),
            *_sides(domain),
        )
        most = (np.where(own.is_max, own.n_states - 1, np.minimum(own.n_states - 1, 2)) for own in tables)
        self.max_rows = sum(int(rows.sum()) for rows in most) + len(facet_sides(domain))
        self.max_width = max(box.dim, *(max(layer.n_rows, layer.n_outputs) for layer in network.layers))

    def point(self, t: FloatArray) -> list[Fraction]:
        """The exact point ``m + h t``."""
        return self.exact.point(t)

    def new_memory(self) -> tuple[CellRows, Workspace]:
        """Memory for the rows of a cell, and for the decision about them."""
        room = CellRows.empty(self.max_rows, self.max_width, self.box.dim)
        return room, Workspace.empty(self.max_rows, self.box.dim)

    @cached_property
    def memory(self) -> tuple[CellRows, Workspace]:
        """The same memory each time, for one thread."""
        return self.new_memory()

    @cached_property
    def frame(self) -> tuple[FloatArray, FloatArray, float]:
        """Midpoint and half widths (d,) in float64, and how far ``m + h t`` may be off in units of these."""
        middle = np.array([float(v) for v in self.midpoint])
        half = np.array([float(v) for v in self.halfwidths])
        # Four roundings.
        with np.errstate(divide="ignore"):
            error = 4.0 * U * (1.0 + (np.abs(middle) + 2.0**-1000) / half) * INFLATE
        return middle, half, float(np.sqrt(error @ error))

    def cell_rows(self, pattern: StateArray) -> tuple[FloatArray, IntArray, IntArray]:
        """Rows of one pattern's cell, those of the domain last; see the kernel of the same name."""
        room, _ = self.new_memory()
        n = cell_rows(self.arrays, pattern, room)
        return room.rows[:, :n], room.owner[:n], room.beyond[:n]


def _sides(domain: Domain) -> tuple[FloatArray, IntArray]:
    """The sides with facets as rows (d + 2, sides), and their numbers."""
    forms, errors = recentred_sides(domain)
    numbers = np.array(facet_sides(domain), dtype=np.int64)
    return np.ascontiguousarray(np.column_stack([forms, errors])[numbers].T), numbers


def _rounded(numerators: list[int], scale: int) -> FloatArray:
    """Each number rounded once, and 0 only if it is."""
    return np.array([round_nonzero_fraction(v, scale) for v in numerators])


def _thresholds(layer: RecentredLayer, copies: Copies) -> FloatArray:
    """The thresholds of a layer by entry; see :class:`RecentredArrays`."""
    table, borders = layer.layer.pieces, layer.layer.pieces.thresholds
    thresholds = np.zeros(table.row.size)
    values = _rounded(layer.thresholds, layer.scale)
    # Where a unit's row is constant, it sits on its breakpoint everywhere or nowhere.
    moves = (layer.layer.dense != 0.0).any(axis=1)[borders.row]
    thresholds[borders.entry] = np.where(moves | (values != 0.0), values, 1.0)
    for k in np.flatnonzero(table.is_max).tolist():
        entries = slice(int(table.first[k]), int(table.first[k + 1]))
        rows = copies.rows[table.row[entries]]
        _, first, group = np.unique(rows, return_index=True, return_inverse=True)
        thresholds[entries] = first[group] != np.arange(rows.size)
    return thresholds


# Inlined: to hand on two groups of arrays for every unit costs more than what is done with them.
@kernel(inline=True, bare=True)
def push_layer(network: RecentredArrays, layer: int, eta: Matrix, delta: Matrix) -> None:
    """The rows ``delta (d + 2, rows)`` of a layer from its inputs ``eta (d + 2, inputs)``, bounds last."""
    d = eta.shape[0] - 2
    inputs, pieces, start = network.table[layer, 0], network.table[layer, 1], network.table[layer, 3]
    n = network.table[layer, 5] + 3
    gamma = n * U / (1.0 - n * U)
    delta[:, :pieces] = 0.0
    for k in range(inputs):
        size = 0.0
        for j in range(d + 1):
            size += abs(eta[j, k])
        if size == 0.0 and eta[d + 1, k] == 0.0:
            continue
        grown = gamma * size + eta[d + 1, k]
        w = network.weights[start + k * pieces : start + (k + 1) * pieces]
        for j in range(d + 1):
            factor = eta[j, k]
            if factor != 0.0:
                target = delta[j]
                for r in range(pieces):
                    target[r] += factor * w[r]
        target = delta[d + 1]
        for r in range(pieces):
            target[r] += grown * abs(w[r])
    for r in range(pieces):
        delta[d + 1, r] = delta[d + 1, r] * INFLATE + inputs * (d + 1) * TINY


@kernel(inline=True, bare=True)
def scalar_rows(
    network: RecentredArrays, room: CellRows, entry: int, end: int, state: int, count: int
) -> int:
    """Rows ``z - t_state >= 0`` and ``t_(state + 1) - z >= 0`` of a unit, where it has such breakpoints.

    ``entry`` to ``end`` are the unit's entries; the rows are written from ``count`` on.
    """
    rows, delta = room.rows, room.delta
    d = rows.shape[0] - 2
    r = network.row[entry]
    for side in range(2):
        if (side == 0 and state == 0) or (side == 1 and state == end - entry - 1):
            continue
        sign = 1.0 if side == 0 else -1.0
        tau = network.thresholds[entry + state - 1 + side]
        for j in range(d):
            rows[j, count] = sign * delta[j, r]
        rows[d, count] = sign * (delta[d, r] - tau)
        rows[d + 1, count] = (delta[d + 1, r] + 2.0 * U * (abs(delta[d, r]) + abs(tau))) * INFLATE
        room.beyond[count] = state - 1 if side == 0 else state + 1
        count += 1
    return count


@kernel(inline=True, bare=True)
def maxout_rows(
    network: RecentredArrays, room: CellRows, entry: int, end: int, state: int, count: int
) -> int:
    """Rows ``z_state - z_other >= 0`` of a unit for all its other pieces, in order."""
    rows, delta = room.rows, room.delta
    d = rows.shape[0] - 2
    p, offset = network.row[entry + state], network.constants[entry + state]
    size = abs(offset)
    for j in range(d + 1):
        size += abs(delta[j, p])
    for other in range(end - entry):
        if other == state:
            continue
        q, constant = network.row[entry + other], network.constants[entry + other]
        size_other = abs(constant)
        for j in range(d + 1):
            size_other += abs(delta[j, q])
            rows[j, count] = delta[j, p] - delta[j, q]
        rows[d, count] = (delta[d, p] + offset) - (delta[d, q] + constant)
        rows[d + 1, count] = (delta[d + 1, p] + delta[d + 1, q] + 3.0 * U * (size + size_other)) * INFLATE
        if network.thresholds[entry + other] == 1.0:
            rows[:, count] = 0.0
            rows[d, count] = 1.0
        room.beyond[count] = other
        count += 1
    return count


@kernel(inline=True, bare=True)
def activate(network: RecentredArrays, delta: Matrix, entry: int, eta: Matrix, k: int) -> None:
    """Write output k, a slope times a row plus a constant, with its bound."""
    d = eta.shape[0] - 2
    r, slope, constant = network.row[entry], network.slopes[entry], network.constants[entry]
    size = 0.0
    for j in range(d + 1):
        size += abs(delta[j, r])
        eta[j, k] = slope * delta[j, r]
    eta[d, k] += constant
    eta[d + 1, k] = (abs(slope) * delta[d + 1, r] + 3.0 * U * (abs(slope) * size + abs(constant))) * INFLATE
    if slope != 0.0 or constant != 0.0:
        eta[d + 1, k] += (d + 5) * TINY


@kernel(bare=True)
def cell_rows(network: RecentredArrays, pattern: UInt8Vector, room: CellRows) -> int:
    """Write the constraints ``rows[:d, r] . t + rows[d, r] >= 0`` of a pattern's cell; return their number.

    ``rows[d + 1, r]`` is the bound e. ``owner[r]`` is the unit and ``beyond[r]`` its state on the other
    side; the last rows are the sides of the domain, ``owner = -1`` and ``beyond`` the side. The order is that
    of :meth:`polyregions.network.exact.ExactNetwork.rows`. ``delta`` and ``eta`` are work space.
    """
    rows, eta = room.rows, room.eta
    d = rows.shape[0] - 2
    count = 0
    eta[:, :d] = 0.0
    for k in range(d):
        eta[k, k] = 1.0
    for layer in range(network.table.shape[0]):
        push_layer(network, layer, eta, room.delta)
        outputs, first_output = network.table[layer, 2], network.table[layer, 4]
        for k in range(outputs):
            entry, end = network.first[first_output + k], network.first[first_output + k + 1]
            unit, state, begin = network.column[first_output + k], int64(0), count
            if unit >= 0:
                state = int64(pattern[unit])
                if network.row[entry] != network.row[entry + 1]:
                    count = maxout_rows(network, room, entry, end, state, count)
                else:
                    count = scalar_rows(network, room, entry, end, state, count)
                    if network.follows[first_output + k]:
                        rows[:, begin:count] = 0.0
                        rows[d, begin:count] = 1.0
                room.owner[begin:count] = unit
            activate(network, room.delta, entry + state, eta, k)
    for side in range(network.side_numbers.size):
        for j in range(d + 2):
            rows[j, count] = network.sides[j, side]
        room.owner[count], room.beyond[count] = -1, network.side_numbers[side]
        count += 1
    return count
