"""The facets of one cell by exact arithmetic, and the pattern across each.

The last resort of the traversal, for cells in which float64 could not prove everything: several units
vanish on one facet, a boundary only touches the cell, a unit is identically zero, or the cell is a sliver.

1. The integer rows of the pattern and of the box. Rows proven redundant in float64 are left out. A row
   that is identically zero is no boundary; its unit is remembered, because it may move beyond a facet.
2. Proportional rows are one hyperplane: they are grouped by their primitive integer vector.
3. A point strictly inside (the float centre, if it passes the exact test), and the integer simplex for
   every group that is not proven a facet.
4. Across a facet, the units of its rows and the identically zero units take the states that the
   derivative along the outward normal gives them, layer by layer, however many flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import numpy as np
from numpy.typing import NDArray

from .box import Box
from .certificates import FACET, REDUNDANT
from .errors import CheckFailedError
from .integer_simplex import IntegerDictionary, interior_point, positive_at
from .network import Network, StateArray
from .polytope import box_rows


@dataclass(frozen=True)
class ExactCell:
    """One cell, exactly.

    Attributes
    ----------
    facets : list of (int or StateArray)
        What lies across each facet, in the order of their first rows: the pattern, or a side of the box.
    interior : list of Fraction (d,)
        A point strictly inside.
    """

    facets: list[int | StateArray]
    interior: list[Fraction]


def exact_cell(
    network: Network,
    box: Box,
    pattern: StateArray,
    verdict: NDArray[np.uint8],
    centre: Sequence[Fraction] | None,
) -> ExactCell:
    """Return the facets of a pattern's cell.

    Parameters
    ----------
    verdict : uint8 array
        What float64 proved about each row, in the order of :meth:`ExactNetwork.rows` and then of the sides
        of the box; all AMBIGUOUS where nothing is known.
    centre : sequence of Fraction, optional
        A point that may be inside.

    Raises
    ------
    CheckFailedError
        If the pattern has no full-dimensional cell in the box.
    """
    rows, beyond = network.exact.rows(pattern)
    sides = box_rows(box)
    groups: dict[tuple[int, ...], list[int]] = {}
    zero_units: list[tuple[int, int]] = []
    for r, row in enumerate([*rows, *sides]):
        if verdict[r] == REDUNDANT:
            continue
        integers = [int(v) for v in row]
        divisor = gcd(*integers[:-1])
        if divisor == 0:
            if integers[-1] == 0:
                zero_units.append(beyond[r])
            continue
        divisor = gcd(divisor, integers[-1])
        groups.setdefault(tuple(v // divisor for v in integers), []).append(r)

    planes = list(groups)
    if centre is None or not positive_at(planes, centre):
        midpoint = [(Fraction(a) + Fraction(b)) / 2 for a, b in zip(box.lower, box.upper, strict=True)]
        centre = interior_point(planes, midpoint)
        if centre is None:
            raise CheckFailedError(f"the pattern {pattern.tolist()} has no region in the box")

    dictionary: IntegerDictionary | None = None
    facets: list[int | StateArray] = []
    for number, (plane, members) in enumerate(groups.items()):
        if not any(verdict[r] == FACET for r in members):
            if dictionary is None:
                dictionary = IntegerDictionary(planes, centre)
            if not dictionary.is_facet(number):
                continue
        side = members[-1] - len(rows)
        if side >= 0:
            facets.append(side)
            continue
        if len(members) == 1 and not zero_units:
            across = pattern.copy()
            unit, state = beyond[members[0]]
            across[unit] = state
        else:
            tied: dict[int, list[int]] = {}
            for unit, state in [*(beyond[r] for r in members), *zero_units]:
                tied.setdefault(unit, []).append(state)
            outward = [-v for v in plane[:-1]]
            across = np.array(network.exact.cross(pattern, tied, outward), dtype=np.uint8)
        facets.append(across)
    return ExactCell(facets, list(centre))
