"""Units of one hyperplane: they change their states together, whatever the region.

Only units of two states and one row are looked at. Rows of a layer have the same border if they are copies
(:mod:`polyregions.network.copies`), or if they differ by a power of two and a sign. A pair relu(z), relu(-z)
hands on a number: a later row that reads nothing but w relu(z) - w relu(-z) = w z has the border of z again.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.arrays import BoolArray, FloatArray, IntArray
from .copies import find_copies, in_order, row_entries
from .layers import Layer
from .network import Network
from .numbers import is_sparse


class Multiple(NamedTuple):
    """A row that is ``factor`` times the normal form of a unit's row; 0 if that is not known."""

    unit: int
    factor: float


class SameBorders(NamedTuple):
    """For each unit the first one that has the same border.

    Attributes
    ----------
    first : int64 (units,)
    opposite : bool (units,)
        Whether the two are on at opposite sides of it.
    """

    first: IntArray
    opposite: BoolArray


def same_borders(network: Network) -> SameBorders:
    """Find the units of one hyperplane.

    Examples
    --------
    >>> net = Network.from_arrays([([[1.0], [0.5], [-2.0]], [0, 1, 0]), ([[2, 0, 1]], [0])])
    >>> first, opposite = same_borders(net)
    >>> first.tolist(), opposite.tolist()
    ([0, 1, 0], [False, False, True])
    """
    same, inputs = np.arange(network.n_units), np.arange(network.input_dim)
    negative = np.zeros(network.n_units, dtype=np.bool_)
    passed: dict[int, Multiple] = {}
    for layer, copies, start in zip(network.layers, find_copies(network), network.first_units, strict=False):
        units = _simple_units(layer)
        seen: dict[bytes, Multiple] = {}
        found: dict[int, Multiple] = {}
        for r, (columns, values) in enumerate(row_entries(layer, inputs) if units else ()):
            if r not in units or not values.any():
                continue
            output, level = units[r]
            unit = start + int(layer.pieces.column[output])
            own = _passed_on(layer, r, passed) if level == 0.0 and len(passed) > 1 else None
            if own is None:
                key, factor = _normal(columns, values, np.array([layer.bias[r], level]))
                own = Multiple(seen.setdefault(key, Multiple(unit, 1.0)).unit, factor)
            same[unit], negative[unit] = own.unit, own.factor < 0.0
            if _is_relu(layer, output) and abs(float(np.frexp(own.factor)[0])) == 0.5:
                found[output] = own
        passed, inputs = found, copies.outputs
    return SameBorders(same, negative != negative[same])


def _simple_units(layer: Layer) -> dict[int, tuple[int, float]]:
    """Output and level of each row that one unit of two states has for its own."""
    borders = layer.pieces.thresholds
    simple = layer.pieces.n_states[borders.output] == 2
    listed = zip(borders.row[simple], borders.output[simple], borders.level[simple], strict=True)
    return {int(row): (int(output), float(level)) for row, output, level in listed}


def _is_relu(layer: Layer, output: int) -> bool:
    """Whether an output of two states is relu of its row."""
    first = int(layer.pieces.first[output])
    slopes, constants = layer.pieces.slope[first : first + 2], layer.pieces.constants[first : first + 2]
    return bool(slopes.tolist() == [0.0, 1.0] and not any(constants) and layer.pieces.levels[first] == 0.0)


def _passed_on(layer: Layer, row: int, passed: dict[int, Multiple]) -> Multiple | None:
    """What a row is a multiple of that reads nothing but a pair relu(z), relu(-z) with opposite weights."""
    if layer.bias[row] != 0.0:
        return None
    entries = layer.weight[[row]].tocoo() if is_sparse(layer.weight) else None
    columns = np.flatnonzero(layer.weight[row]) if entries is None else entries.col
    values = layer.weight[row, columns] if entries is None else entries.data
    if columns.size != 2 or not all(int(k) in passed for k in columns):
        return None
    (p, q), (a, b) = (passed[int(k)] for k in columns), values.tolist()
    # Powers of two, so that products round nothing, or are infinite or too small and not taken.
    weights = a * abs(p.factor), b * abs(q.factor)
    if p.unit != q.unit or p.factor * q.factor >= 0.0 or weights[0] != -weights[1]:
        return None
    whole = all(2.0**-1000 < abs(w) < 2.0**1000 for w in weights)
    return Multiple(p.unit, weights[0] if p.factor > 0.0 else weights[1]) if whole else None


def _normal(columns: IntArray, values: FloatArray, ends: FloatArray) -> tuple[bytes, float]:
    """A key of the normal form of a row, its bias and its level, and the factor that the row is of it.

    In the normal form the first weight is in [1/2, 1), if no number leaves the range of float64.
    """
    lead = float(values[np.flatnonzero(values)[0]])
    sign, exponent = float(np.sign(lead)), int(np.frexp(lead)[1])
    with np.errstate(over="ignore", under="ignore"):
        scaled, scaled_ends = (np.ldexp(v * sign, -exponent) + 0.0 for v in (values, ends))
        back = [np.ldexp(v, exponent) * sign for v in (scaled, scaled_ends)]
    factor = 0.0
    if (back[0] == values).all() and (back[1] == ends).all() and abs(exponent) < 1000:
        columns, values = in_order(columns, scaled) if columns.size else (columns, scaled)
        ends, factor = scaled_ends, sign * 2.0**exponent
    return columns.tobytes() + values.tobytes() + (ends + 0.0).tobytes(), factor
