"""One layer on one cell, in float64: the states that are proven, up to the first unit that is not settled.

The forms are those of :mod:`polyregions.engines.traverse.rows`, pushed through one layer at a time under the
states found so far.
"""

from __future__ import annotations

from ...base.kernels import Int64Vector, UInt8Vector, Vector, int64, kernel
from ...engines.traverse.rows import (
    CellRows,
    RecentredArrays,
    activate,
    maxout_rows,
    push_layer,
    scalar_rows,
)
from ...geometry.cuts import CUTS, POSITIVE, UNKNOWN, Inside, side_of

#: What ended the search: every unit of the layer has its state; a border cuts the cell, or may; a maxout unit
#: may have several states.
SETTLED, CUT, OPEN, SEVERAL = 0, 1, 2, 3


@kernel(bare=True)
def next_layer(network: RecentredArrays, layer: int, pattern: UInt8Vector, room: CellRows) -> None:
    """Write the forms of a layer's rows, ``delta``, from those of the layer below under its states."""
    eta, delta = room.eta, room.delta
    d = eta.shape[0] - 2
    if layer == 0:
        eta[:, :d] = 0.0
        for k in range(d):
            eta[k, k] = 1.0
    else:
        outputs, first_output = network.table[layer - 1, 2], network.table[layer - 1, 4]
        for k in range(outputs):
            unit, state = network.column[first_output + k], int64(0)
            if unit >= 0:
                state = int64(pattern[unit])
            activate(network, delta, network.first[first_output + k] + state, eta, k)
    push_layer(network, layer, eta, delta)


@kernel(bare=True)
def likely_piece(network: RecentredArrays, room: CellRows, entry: int, end: int, point: Vector) -> int:
    """The state of a maxout unit at a point, by its float64 values."""
    delta = room.delta
    d = point.size
    best, largest = 0, 0.0
    for s in range(end - entry):
        r = network.row[entry + s]
        value = delta[d, r] + network.constants[entry + s]
        for j in range(d):
            value += delta[j, r] * point[j]
        if s == 0 or value > largest:
            best, largest = s, value
    return best


@kernel(bare=True)
def next_event(
    network: RecentredArrays,
    layer: int,
    place: Int64Vector,
    pattern: UInt8Vector,
    room: CellRows,
    m: int,
    inside: Inside,
) -> int:
    """Go on from a place in a layer, and write the states of the units that are proven to have one only.

    ``place`` is an output of the layer and the lowest state that it may have. It is moved to the first output
    that is not settled; then the first border of a scalar unit that is not, oriented such that it is positive
    in that state, is the last one written: ``rows[:, place[2] - 1]``.
    """
    outputs, first_output = network.table[layer, 2], network.table[layer, 4]
    for k in range(place[0], outputs):
        unit = network.column[first_output + k]
        if unit < 0:
            continue
        entry, end = network.first[first_output + k], network.first[first_output + k + 1]
        state = place[1] if k == place[0] else int64(0)
        if network.row[entry] != network.row[entry + 1]:
            state = likely_piece(network, room, entry, end, inside.middle)
            n = maxout_rows(network, room, entry, end, state, 0)
            for r in range(n):
                if side_of(room.rows, r, m, inside) != POSITIVE:
                    place[0], place[1], place[2] = k, state, n
                    return SEVERAL
        else:
            while state < end - entry - 1:
                n = scalar_rows(network, room, entry, end, state, 0)
                found = side_of(room.rows, n - 1, m, inside)
                if found == POSITIVE:
                    break
                if found in (CUTS, UNKNOWN):
                    place[0], place[1], place[2] = k, state, n
                    return CUT if found == CUTS else OPEN
                state += 1
        pattern[unit] = state
    return SETTLED
