"""The units and outputs of a network at all vertices of a complex, in float64, with errors that can be zero.

A vertex lies in the closure of some region, and there each unit is one affine piece. So the states of that
region, its *home*, lead through the layers without any decision, and errors pass through one layer after the
other: a sum of n products gains ``gamma_n`` times the sum of their magnitudes
(:mod:`polyregions.network.states`).

Folding networks and arrangements have small whole weights, and nearly every question about them is whether
something is zero, which no bound can answer. There a vertex is kept in whole homogeneous coordinates, all its
values are multiples of a known power of two, and while sums of magnitudes stay below 2^52 such multiples
float64 computes exactly: the error is 0, and the value the true one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.rationals import dyadic, round_fraction
from ..base.rounding import TINY, WHOLE, gamma
from ..network.layers import Layer
from ..network.numbers import arrays_of, times

if TYPE_CHECKING:
    from .faces import Faces

#: Below this many multiples of a power of two, float64 computes exactly (with room for a rounded bound).
SURELY_WHOLE = WHOLE / 2
#: Beyond 2^-1000, products would leave the range of float64.
DEEPEST = 1000


@dataclass(frozen=True)
class Places:
    """Where the vertices are, in homogeneous coordinates: ``points[:, j] / points[:, d]`` is x_j.

    Attributes
    ----------
    points : float64 (vertices, d + 1)
        The last column is positive.
    errors : float64 (vertices, d)
        |computed - true| of each coordinate.
    whole : bool (vertices,)
        Whether all coordinates are whole numbers, and exact.
    """

    points: FloatArray
    errors: FloatArray
    whole: NDArray[np.bool_]

    def __getitem__(self, which: IntArray | slice) -> Places:
        return Places(self.points[which], self.errors[which], self.whole[which])


def places(faces: Faces) -> Places:
    """Return where the vertices are, in the order of ``faces.of_dimension(0)``."""
    d = faces.box.dim
    store = faces._vertices.store
    numbers = faces.cells.start[faces.cells.faces(0)]
    recentred, whole = store.points[numbers], store.radii[numbers] == 0.0
    whole &= (recentred == np.rint(recentred)).all(axis=1)
    # x = (u + l) / 2 + (u - l) / 2 t, times 2^(e + 1) and the last coordinate of t.
    bounds, e = dyadic(np.concatenate([faces.box.lower, faces.box.upper]))
    lower, upper = np.array(bounds[:d], dtype=object), np.array(bounds[d:], dtype=object)
    middle, half = (
        np.array([round_fraction(v, 1) for v in values]) for values in (upper + lower, upper - lower)
    )
    with np.errstate(over="ignore", invalid="ignore"):
        homogeneous = middle * recentred[:, d:] + half * recentred[:, :d]
        last = recentred[:, d:] * 2.0 ** min(e + 1, DEEPEST)
        sizes = np.abs(middle) * recentred[:, d:] + half * np.abs(recentred[:, :d])
        whole &= (np.maximum(sizes, last) < SURELY_WHOLE).all(axis=1)
    whole &= e < DEEPEST
    points = np.concatenate([faces.points, np.ones((len(numbers), 1))], axis=1)
    exact = np.concatenate([homogeneous, last], axis=1)[whole]
    points[whole] = exact / np.gcd.reduce(exact.astype(np.int64), axis=1)[:, None]
    return Places(points, np.where(whole[:, None], 0.0, faces.reach), whole)


@dataclass(frozen=True)
class Values:
    """Pre-activations, or outputs, at some vertices: a vertex's numbers are in units of its last coordinate.

    Attributes
    ----------
    numbers, errors : float64 (vertices, rows)
        ``numbers / points[:, d]`` is the value; |computed - true| of the numbers.
    whole : bool (vertices,)
        Whether all numbers so far are exact multiples of ``2.0**-exponent``.
    exponent : int
    """

    numbers: FloatArray
    errors: FloatArray
    whole: NDArray[np.bool_]
    exponent: int


def walk(layers: Sequence[Layer], where: Places, states: StateArray) -> Iterator[Values]:
    """Yield the pre-activations of each layer, and at last the outputs.

    Parameters
    ----------
    layers : sequence of Layer
    where : Places
        Of n vertices.
    states : uint8 (n, units)
        Pattern of a region around each of them.
    """
    scale = where.points[:, -1:]
    y = Values(where.points[:, :-1], where.errors, where.whole, 0)
    unit = 0
    for layer in layers:
        z = _affine(layer, y, scale)
        yield z
        own = states[:, unit : unit + layer.n_units]
        unit += layer.n_units
        y = z if layer.is_linear else _pieces(layer, z, own, scale)
    yield y


def _affine(layer: Layer, y: Values, scale: FloatArray) -> Values:
    weight, n = abs(layer.weight), layer.n_inputs + 4
    exponent = y.exponent + exponent_of(arrays_of(layer.weight)[0], layer.bias)
    whole = y.whole.copy()
    with np.errstate(all="ignore"):
        z = times(y.numbers, layer.weight) + scale * layer.bias
        size = times(np.abs(y.numbers[whole]), weight) + scale[whole] * np.abs(layer.bias)
        whole[whole] = fits(size, exponent).all(axis=1)
        if whole.all():
            return Values(z, np.zeros(z.shape), whole, exponent)
        # gamma_n times the sum of the magnitudes, and the errors of the inputs
        terms = times(gamma(n) * np.abs(y.numbers) + (1 + gamma(n)) * y.errors, weight)
        error = 2 * (terms + gamma(n) * scale * np.abs(layer.bias) + n * TINY)
    error[whole] = 0.0
    return Values(z, error, whole, exponent)


# A bound that left the range of float64 decides nothing.
@np.errstate(all="ignore")
def _pieces(layer: Layer, z: Values, own: StateArray, scale: FloatArray) -> Values:
    table = layer.pieces
    entry = table.entries(own)
    numbers, errors = z.numbers, z.errors
    if not layer.has_row_each:
        numbers, errors = (np.take_along_axis(v, table.row[entry], axis=1) for v in (numbers, errors))
    slope, constant = table.slope[entry], table.constant[entry]
    if not table.rounds:
        return Values(slope * numbers, np.abs(slope) * errors, z.whole, z.exponent)
    exponent = z.exponent + exponent_of(table.slope, table.constant)
    if not table.constants_are_floats:
        exponent = 2 * DEEPEST  # never whole
    y = slope * numbers + constant * scale
    size = np.abs(slope) * (np.abs(numbers) + errors) + np.abs(constant) * scale
    whole = z.whole & fits(size, exponent).all(axis=1)
    error = 2 * (gamma(6) * size + np.abs(slope) * errors + 6 * TINY * scale)
    return Values(y, np.where(whole[:, None], 0.0, error), whole, exponent)


def exponent_of(*arrays: FloatArray) -> int:
    """The least e >= 0 such that all the numbers are multiples of ``2.0**-e``."""
    values = np.concatenate([array.ravel() for array in arrays])
    mantissas, exponents = np.frexp(values[values != 0.0])
    digits = np.ldexp(mantissas, 53).astype(np.int64)
    zeros = np.frexp((digits & -digits).astype(np.float64))[1] - 1
    return max(0, -int((exponents - 53 + zeros).min(initial=0)))


def fits(size: FloatArray, exponent: int) -> NDArray[np.bool_]:
    """Whether multiples of ``2.0**-exponent``, magnitudes summing up to ``size``, are added exactly."""
    if exponent > DEEPEST:
        return np.zeros(size.shape, dtype=np.bool_)
    return np.asarray(np.ldexp(size, exponent) < SURELY_WHOLE)
