"""The facets of one cell by exact arithmetic, and the pattern across each.

The last resort of the traversal, for cells in which float64 could not prove everything: several units
vanish on one facet, a boundary only touches the cell, a unit is identically zero, or the cell is a sliver.

1. The integer rows of the pattern and of the domain. Rows proven redundant in float64 are left out. A row
   that is identically zero is no boundary; its unit is remembered, because it may move beyond a facet. If all
   rows that were loose in float64 are of this kind, the facets that it proved without them are facets.
2. Proportional rows are one hyperplane: they are grouped by their primitive integer vector.
3. A point strictly inside (the float centre, if it passes the exact test). A group that is not proven a
   facet is redundant if the d rows that float64 proposes are a basis of the space in which it has no
   negative coordinate: where it vanishes on the cell, so do those rows, and that is no facet. Otherwise
   the integer simplex decides.
4. Across a facet, the units of its rows and the identically zero units take the states that the
   derivative along the outward normal gives them, layer by layer, however many flip.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from ...base.arrays import StateArray
from ...errors import CheckFailedError
from ...geometry.domain import Domain, facet_sides, inner_point, side_rows
from ...geometry.integer_simplex import IntegerDictionary, interior_point, positive_at
from ...geometry.proofs import FACET, LOOSE, REDUNDANT
from ...network.network import Network
from .followers import Followers


@dataclass(frozen=True)
class ExactCell:
    """One cell, exactly.

    Attributes
    ----------
    facets : list of (int or StateArray)
        What lies across each facet, in the order of their first rows: the pattern, or a side of the domain.
    interior : list of Fraction (d,)
        A point strictly inside.
    float_holds : bool
        Whether what float64 proved without the loose rows is true of the cell: they are identically zero.
    """

    facets: list[int | StateArray]
    interior: list[Fraction]
    float_holds: bool


def exact_cell(
    network: Network,
    domain: Domain,
    pattern: StateArray,
    verdict: NDArray[np.uint8],
    bases: NDArray[np.int32],
    centre: Sequence[Fraction] | None,
    followers: Followers | None = None,
) -> ExactCell:
    """Return the facets of a pattern's cell.

    Parameters
    ----------
    verdict : uint8 array
        What float64 proved about each row, in the order of
        :meth:`polyregions.network.exact.ExactNetwork.rows` and then of the domain's sides with facets; all
        UNDECIDED where nothing is known.
    bases : int32 array (rows, d)
        Proposals of rows that make an undecided row redundant, -1 first where there is none.
    centre : sequence of Fraction, optional
        A point that may be inside.
    followers : Followers, optional
        Units whose rows are those of others, and REDUNDANT for float64.

    Raises
    ------
    CheckFailedError
        If the pattern has no full-dimensional cell in the domain.
    """
    open_rows = verdict != REDUNDANT
    wanted = open_rows.copy()
    wanted[bases[open_rows & (bases[:, 0] >= 0)]] = True
    rows, beyond = network.exact.rows(pattern, wanted.tolist())
    side_numbers, every = facet_sides(domain), side_rows(domain)
    sides = [every[side] for side in side_numbers]
    groups: dict[tuple[int, ...], list[int]] = {}
    zero_units: list[tuple[int, int]] = []
    table = [[int(v) for v in row] for row in (*rows, *sides)]
    holds = not any(any(table[r][:-1]) for r in np.flatnonzero(verdict[: len(table)] == LOOSE).tolist())
    for r in np.flatnonzero(open_rows[: len(table)]).tolist():
        row = table[r]
        divisor = gcd(*row)
        if any(row[:-1]):
            groups.setdefault(tuple(v // divisor for v in row), []).append(r)
        elif row[-1] < 0 or (divisor == 0 and beyond[r][1] < pattern[beyond[r][0]]):
            # A constant of the wrong sign, or a tie in which the unit should be in the lower state.
            raise _no_region(pattern)
        elif divisor == 0:
            zero_units.append(beyond[r])

    planes = list(groups)
    if centre is None or not positive_at(planes, centre):
        centre = interior_point(planes, inner_point(domain))
        if centre is None:
            raise _no_region(pattern)

    dictionary: IntegerDictionary | None = None
    facets: list[int | StateArray] = []
    for number, (plane, members) in enumerate(groups.items()):
        if not (holds and any(verdict[r] == FACET for r in members)):
            proposals = [bases[r].tolist() for r in members if bases[r, 0] >= 0]
            if any(_implied(plane, [table[k] for k in basis]) for basis in proposals):
                continue
            if dictionary is None:
                dictionary = IntegerDictionary(planes, centre)
            if not dictionary.is_facet(number):
                continue
        side = members[-1] - len(rows)
        if side >= 0:
            facets.append(side_numbers[side])
            continue
        tied = _tied([beyond[r] for r in members] + zero_units, pattern, followers)
        if len(members) == 1 and not zero_units:
            across = pattern.copy()
            for unit, (state,) in tied.items():
                across[unit] = state
        else:
            outward = [-v for v in plane[:-1]]
            across = np.array(network.exact.cross(pattern, tied, outward), dtype=np.uint8)
        facets.append(across)
    return ExactCell(facets, list(centre), holds)


def _tied(
    flips: Sequence[tuple[int, int]], pattern: StateArray, followers: Followers | None
) -> dict[int, list[int]]:
    """The states beyond a facet of all units that may change there, from those whose rows vanish."""
    tied: dict[int, list[int]] = {}
    for unit, state in flips:
        tied.setdefault(unit, []).append(state)
        for other in followers.of(unit) if followers is not None else ():
            tied[other] = [1 - int(pattern[other])]
    return tied


def _no_region(pattern: StateArray) -> CheckFailedError:
    return CheckFailedError(f"the pattern {pattern.tolist()} has no region in the domain")


def _implied(plane: Sequence[int], others: Sequence[Sequence[int]]) -> bool:
    """Whether ``plane = sum l_k others_k + (0, ..., 0, c)`` with all l_k >= 0 and c >= 0, for d others.

    A single proportional row with c = 0 is the same plane, and implies nothing about it.
    """
    gradients = fmpz_mat([list(row[:-1]) for row in others]).transpose()
    try:
        multipliers = gradients.solve(fmpz_mat([[v] for v in plane[:-1]])).entries()
    except ZeroDivisionError:
        return False  # not a basis
    rest = plane[-1] - sum(m * row[-1] for m, row in zip(multipliers, others, strict=True))
    return bool(min(multipliers) >= 0 and (rest > 0 or (rest == 0 and sum(m > 0 for m in multipliers) > 1)))
