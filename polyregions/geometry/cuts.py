"""Whether a hyperplane cuts a cell: float64 proposes, certificates decide, or whole numbers do.

The cell is given by rows as in :mod:`polyregions.geometry.proofs`, each a form with its error on the box
[-1, 1]^d. A further form may be positive or negative inside of the cell, or take both signs there, or float64
cannot tell. In this order, the cheapest first:

1. A box around the cell, proven by multipliers: a form that keeps its sign there keeps it in the cell.
2. A ball inside the cell: a form with both signs there has both in the cell.
3. The form as one more row, oriented such that it is positive at the centre: it takes both signs iff it has a
   facet then, and :func:`polyregions.geometry.facets.decide_row` finds and proves that one or its absence.

A form that is zero on the whole cell, or touches it only, is left open by all of them: :func:`exact_side`
decides.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from ..base.kernels import Matrix, UInt8Vector, Vector, kernel
from ..base.rationals import homogeneous
from ..base.rounding import INFLATE, U
from .enclosures import bound_by_simplex, shrink_to_bounding_box, shrink_to_simplex
from .facets import crosses, decide_row
from .integer_simplex import IntegerDictionary, IntegerRow
from .proofs import FACET, LOOSE, REDUNDANT, UNDECIDED, live_rows, recentre
from .simplex import chebyshev_centre, first_vertex
from .workspace import ScaledCell, Workspace

#: What a form is inside of a cell.
NEGATIVE, CUTS, POSITIVE, UNKNOWN, ZERO = -1, 0, 1, 2, 3


class Inside(NamedTuple):
    """What float64 has proven of one cell, and memory for what it is asked.

    Attributes
    ----------
    centre : float64 (d,)
    size : float64 (2,)
        The scale of the rows in ``work``, and the radius of a ball around the centre that lies inside of the
        cell; 0 if there is none.
    middle, half : float64 (d,)
        A box around the cell.
    verdict : uint8 (rows,)
        REDUNDANT for rows that are positive on the whole closed cell.
    work : Workspace
        The rows that may be facets, and the dictionary of a vertex.
    row : float64 (d + 2, 1); scaled : ScaledCell; answer : uint8 (1,)
        The form that is asked about.
    """

    centre: Vector
    size: Vector
    middle: Vector
    half: Vector
    verdict: UInt8Vector
    work: Workspace
    row: Matrix
    scaled: ScaledCell
    answer: UInt8Vector

    @classmethod
    def empty(cls, rows: int, d: int) -> Inside:
        """For cells of at most that many rows in d dimensions; the box is [-1, 1]^d."""
        return cls(
            np.zeros(d),
            np.zeros(2),
            np.zeros(d),
            np.ones(d),
            np.zeros(rows + 1, dtype=np.uint8),
            Workspace.empty(rows + 1, d),
            np.zeros((d + 2, 1)),
            ScaledCell.empty(1, d),
            np.zeros(1, dtype=np.uint8),
        )


@kernel(bare=True)
def look_inside(rows: Matrix, n: int, inside: Inside) -> int:
    """Find a ball in the cell of n rows (d + 2, n), a box around it, and a vertex.

    Returns the number of rows that may be facets, all of them in ``inside.work``; 0 if there is no vertex.
    Before, ``middle`` and ``half`` must be a box around the cell.
    """
    work, verdict, centre, size = inside.work, inside.verdict, inside.centre, inside.size
    cell, low, high = work.cell, work.low, work.high
    d = centre.size
    size[0] = size[1] = 0.0
    m = live_rows(rows, n, cell, verdict)
    if m <= 0:
        return 0
    for r in range(n):
        if verdict[r] == LOOSE:  # without it the cell is larger, and a ball may lie outside of it
            return 0
    rho = chebyshev_centre(cell, m, work.ball, work.point)
    if not rho > 0.0:
        return 0
    for j in range(d):
        centre[j] = work.point[j]
    radius = recentre(cell, m, centre, rho)
    if not radius > 0.0:
        return 0
    size[0], size[1] = rho, radius
    bound_by_simplex(work)
    m = shrink_to_simplex(m, verdict, work)
    vertex = first_vertex(cell, m, work.simplex)
    if vertex:
        m = shrink_to_bounding_box(m, verdict, work)
    for j in range(d):
        lost = 4.0 * U * (abs(centre[j]) + rho * (abs(low[j]) + abs(high[j]))) * INFLATE
        least = max(inside.middle[j] - inside.half[j], centre[j] + rho * low[j] - lost)
        most = min(inside.middle[j] + inside.half[j], centre[j] + rho * high[j] + lost)
        inside.middle[j] = (least + most) / 2.0
        inside.half[j] = (most - least) / 2.0 + 4.0 * U
    return m if vertex else 0


@kernel(bare=True)
def decide_form(m: int, inside: Inside) -> int:
    """Whether the form in ``row``, positive at the centre, is POSITIVE in the cell or CUTS it, or UNKNOWN."""
    work, scaled = inside.work, inside.scaled
    cell, D = work.cell, work.simplex.D
    d = inside.centre.size
    inside.answer[0] = UNDECIDED
    if live_rows(inside.row, 1, scaled, inside.answer) < 1:
        return POSITIVE if inside.answer[0] == REDUNDANT else UNKNOWN
    if not recentre(scaled, 1, inside.centre, inside.size[0]) > 0.0:
        return UNKNOWN
    # The last row of the cell, and a variable of the dictionary.
    for j in range(d):
        cell.A[j, m] = scaled.A[j, 0]
    cell.b[m], cell.eps[m] = scaled.b[0], scaled.eps[0]
    for i in range(d + 1):
        slack = cell.b[m] if i == 0 else 0.0
        for j in range(d):
            slack -= cell.A[j, m] * D[i, j]
        D[i, d + m] = slack
    work.simplex.place[d + m] = 0
    # The current vertex may lie beyond it, as none does beyond a row of the cell.
    if D[0, d + m] < 0.0 and crosses(m, m + 1, cell, D, 1, 0.0, work.point):
        return CUTS
    found = decide_row(m, m + 1, work)
    return CUTS if found == FACET else POSITIVE if found == REDUNDANT else UNKNOWN


@kernel(bare=True)
def side_of(forms: Matrix, column: int, m: int, inside: Inside) -> int:
    """Which signs one of several forms (d + 2, columns) has inside of a cell, of which m rows are at work."""
    centre, row = inside.centre, inside.row
    d = centre.size
    value, reach, size, slopes = forms[d, column], 0.0, abs(forms[d, column]), 0.0
    for j in range(d):
        a = forms[j, column]
        value += a * inside.middle[j]
        reach += abs(a) * inside.half[j]
        size += abs(a) * abs(inside.middle[j])
        slopes += a * a
    error = (forms[d + 1, column] + (d + 4) * U * (size + reach)) * INFLATE
    # Written so that NaN fails.
    if value - reach > error:
        return POSITIVE
    if value + reach < -error:
        return NEGATIVE
    if not inside.size[1] > 0.0:
        return UNKNOWN
    value, size = forms[d, column], abs(forms[d, column])
    for j in range(d):
        value += forms[j, column] * centre[j]
        size += abs(forms[j, column] * centre[j])
    error = (forms[d + 1, column] + (d + 4) * U * size) * INFLATE
    # The true gradient is at least so long; squares that underflow make it no longer.
    steep = slopes**0.5 * (1.0 - (d + 8) * U) - forms[d + 1, column] * INFLATE
    if slopes < np.inf and steep * inside.size[1] * (2.0 - INFLATE) > abs(value) + error:
        return CUTS
    if m == 0:
        return UNKNOWN
    sign = POSITIVE if value > 0.0 else NEGATIVE
    for j in range(d + 1):
        row[j, 0] = sign * forms[j, column]
    row[d + 1, 0] = forms[d + 1, column]
    found = decide_form(m, inside)
    return sign if found == POSITIVE else found


def exact_side(rows: Sequence[IntegerRow], interior: Sequence[Fraction], form: IntegerRow) -> int:
    """Which signs a form has inside of a cell, decided over the integers.

    Parameters
    ----------
    rows : sequence of integer vectors (d + 1)
        ``row . (x, 1) >= 0`` in the cell, which is bounded; none has a zero gradient.
    interior : sequence of Fraction (d,)
        A point at which all of them are positive.
    form : integer vector (d + 1)

    Returns
    -------
    NEGATIVE, CUTS, POSITIVE or ZERO

    Examples
    --------
    >>> square = [[1, 0, 0], [-1, 0, 1], [0, 1, 0], [0, -1, 1]]
    >>> centre = [Fraction(1, 2)] * 2
    >>> [exact_side(square, centre, form) for form in ([1, 1, -1], [1, 1, 0], [1, 0, -1], [0, 0, 0])]
    [0, 1, -1, 3]
    """
    if not any(form[:-1]):
        return ZERO if form[-1] == 0 else POSITIVE if form[-1] > 0 else NEGATIVE
    value = sum(a * v for a, v in zip(form, homogeneous(interior), strict=True))
    if value == 0:
        return CUTS
    sign = POSITIVE if value > 0 else NEGATIVE
    dictionary = IntegerDictionary([*rows, [sign * a for a in form]], interior)
    return CUTS if dictionary.is_facet(len(rows)) else sign
