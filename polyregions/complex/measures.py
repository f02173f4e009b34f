"""How large faces are, with a proven bound: from float64, and from rationals where its bound is not small."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations
from math import factorial, prod
from typing import NamedTuple

import numpy as np
from flint import fmpz_mat

from ..base.arrays import FloatArray, IntArray
from ..base.rationals import round_root
from ..base.rounding import U
from .simplices import measure_in_units
from .topology import Cells
from .vertices import Vertices

#: How close to the true value each number is proven to be, relative to it, if nothing else is asked for: to
#: the finer one if that takes rationals for few faces, else to the coarser one. Rationals take about a
#: millisecond for a face, a thousand times what float64 takes. And in deep networks, where the bounds of most
#: faces are above the finer one, it is the bounds that are large, not the errors.
FINE, COARSE, FEW = 2.0**-30, 2.0**-10, 64


class Bounded(NamedTuple):
    """Measures of faces, and how far each may be from the true one.

    Attributes
    ----------
    values : float64 (faces,)
        Infinite only where the true value is beyond the range of float64.
    errors : float64 (faces,)
        Proven bounds of ``|values - true values|``.
    """

    values: FloatArray
    errors: FloatArray


def exact_square(cells: Cells, vertices: Vertices, face: int) -> Fraction:
    """The square of the volume of one face of dimension k >= 1, a rational number.

    All its simplices lie in one flat, so their minors are proportional: one of them, the same for all, is
    summed, and the square of its ratio to the others is known from any of the simplices.
    """
    k, d = int(cells.dim[face]), cells.dimension
    corners = {v: vertices.exact_point(int(cells.start[v])) for v in cells.corners(face)}
    simplices = [[corners[v] for v in simplex] for simplex in fan(cells, face)]

    def minor(simplex: list[list[int]], columns: tuple[int, ...]) -> Fraction:
        table = [[row[j] for j in columns] + [row[d]] for row in simplex]
        return Fraction(abs(int(fmpz_mat(table).det())), prod(row[d] for row in simplex))

    minors = {columns: minor(simplices[0], columns) for columns in combinations(range(d), k)}
    largest = max(minors, key=lambda columns: minors[columns])
    total = sum((minor(simplex, largest) for simplex in simplices), Fraction(0)) / factorial(k)
    return total**2 * sum((v**2 for v in minors.values()), Fraction(0)) / minors[largest] ** 2


def fan(cells: Cells, face: int) -> list[tuple[int, ...]]:
    """Triangulate a face: every face is a fan from its lowest vertex; vertices of each simplex."""
    corners: dict[int, set[int]] = {}
    known: dict[int, list[tuple[int, ...]]] = {}

    def simplices(f: int) -> list[tuple[int, ...]]:
        if f not in known:
            corners[f] = cells.corners(f)
            known[f] = [(f,)] if cells.dim[f] == 0 else list(cones(f))
        return known[f]

    def cones(f: int) -> Iterator[tuple[int, ...]]:
        apex = min(corners[f])
        for below in cells.boundary(f).tolist():
            parts = simplices(below)
            if apex not in corners[below]:
                yield from ((apex, *rest) for rest in parts)

    return simplices(face)


def measure(
    cells: Cells,
    vertices: Vertices,
    faces: IntArray,
    places: tuple[FloatArray, FloatArray],
    half: list[Fraction],
    accuracy: float | None,
    whole: Fraction = Fraction(1),
) -> Bounded:
    """Volumes of faces of one dimension k, each proven to be as close to the true one as asked for.

    Parameters
    ----------
    cells, vertices
        Of the complex.
    faces : int64 (n,)
    places : float64 (vertices, d), (vertices,)
        Where the box is [-1, 1]^d, and how far each may be off.
    half : list of Fraction (d,)
        Half the sides of the box.
    accuracy : float or None
        Where the bound is larger, the exact value is rounded once. None: :data:`FINE` or :data:`COARSE`.
    whole : Fraction
        What they are divided by.
    """
    k = int(cells.dim[faces[0]]) if len(faces) else 0
    if k == 0:
        return Bounded(np.ones(len(faces)), np.zeros(len(faces)))
    if k == cells.dimension:
        scales, unit = np.ones(k), prod(half, start=Fraction(1))
    else:
        largest = max(half)
        scales, unit = np.array([float(h / largest) for h in half]), largest**k
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        values, errors = measure_in_units(cells, faces, k, places, scales)
        errors += 4 * U * values  # for the unit
        # Written so that NaN is not good enough.
        unsure = ~(errors <= (FINE if accuracy is None else accuracy) * values)
        if accuracy is None and np.count_nonzero(unsure) > FEW:
            unsure = ~(errors <= COARSE * values)
        unit /= whole
        scaled, bounds = times(values, unit), times(errors, unit)
        # What rounding makes infinite may be within the range.
        unsure |= np.isinf(scaled) & ~np.isinf(times(values - errors, unit * Fraction(1023, 1024)))
        for i in np.flatnonzero(unsure).tolist():
            scaled[i] = round_root(exact_square(cells, vertices, int(faces[i])) / whole**2)
            bounds[i] = U * scaled[i]
    return Bounded(scaled, bounds + 5e-324)


def times(values: FloatArray, unit: Fraction) -> FloatArray:
    """Multiply by a positive rational, perhaps beyond the range of float64; two roundings in its range."""
    exponent = unit.numerator.bit_length() - unit.denominator.bit_length()
    return np.asarray(np.ldexp(values * float(unit / Fraction(2) ** exponent), exponent))
