"""The complex that a subdivision begins with: the faces of the domain.

Those of a polytope follow from its corners and the sides through each: a face is the set of all corners that
some sides have in common, and the faces in its boundary are the largest sets that it has in common with a
further side. No coordinate is looked at, so it does not matter how many sides meet in a corner.
"""

from __future__ import annotations

import numpy as np
from flint import fmpz_mat

from ..base.rationals import IntegerRows
from ..errors import TooLargeError
from ..geometry.domain import Domain, corners, side_rows
from ..geometry.polytope import bits
from ..geometry.polytope_domain import Polytope
from .topology import Cells

#: More faces than these are not begun with.
MOST_FACES = 10**6


def first_cells(domain: Domain) -> Cells:
    """The faces of a domain; its hyperplanes are its sides.

    Raises
    ------
    TooLargeError
        If there are more than 10^6.

    Examples
    --------
    >>> from polyregions import Polytope
    >>> [len(first_cells(Polytope.simplex(3)).faces(k)) for k in range(4)]
    [4, 6, 4, 1]
    """
    if not isinstance(domain, Polytope) or domain.is_box:
        if 3**domain.dim > MOST_FACES:
            raise TooLargeError(
                f"a box of {domain.dim} dimensions has 3^{domain.dim} faces; "
                "engine 'traverse' has no need of them"
            )
        return Cells.box(domain.dim)
    d, holds, n_corners = domain.dim, _corners_of_sides(domain), len(corners(domain))
    levels: list[dict[int, list[int]]] = [{} for _ in range(d)] + [{(1 << n_corners) - 1: []}]
    for k in range(d, 0, -1):
        for face in levels[k]:
            levels[k][face] = _boundary(face, list(holds.values()))
            levels[k - 1].update((below, []) for below in levels[k][face])
        if sum(map(len, levels)) > MOST_FACES:
            raise TooLargeError(
                f"the polytope has more than {MOST_FACES:,} faces; engine 'traverse' has no need of them"
            )
    numbers: dict[int, int] = {}
    for level in levels:
        for face in sorted(level):
            numbers[face] = len(numbers)
    dim, start, size, planes = [], [], [], []
    pool: list[int] = []
    rows = side_rows(domain)
    for k, level in enumerate(levels):
        for face in sorted(level):
            boundary = sorted(numbers[below] for below in level[face])
            dim.append(k)
            start.append(len(pool) if k else face.bit_length() - 1)
            size.append(len(boundary))
            pool += boundary
            sides = [side for side, held in holds.items() if face & ~held == 0]
            planes.append(_independent(sides, rows, d - k) + [-1] * k)
    return Cells(
        np.array(dim, dtype=np.int8),
        np.array(start, dtype=np.int32),
        np.array(size, dtype=np.int32),
        np.array(pool, dtype=np.int32),
        np.array(planes, dtype=np.int32),
        np.array([len(dim) - 1]),
    )


def _corners_of_sides(domain: Polytope) -> dict[int, int]:
    """For each side with a facet the corners on it, as bits."""
    holds = dict.fromkeys(domain.facet_sides, 0)
    for number, corner in enumerate(corners(domain)):
        for side in corner.sides:
            holds[side] |= 1 << number
    return holds


def _boundary(face: int, sides: list[int]) -> list[int]:
    """The faces of dimension one less in the boundary of a face, all as the bits of their corners."""
    if face.bit_count() == 2:  # an edge
        return [1 << corner for corner in bits(face)]
    common = {face & side for side in sides if face & ~side} - {0}
    # A face that lies in another one has fewer corners, and comes after it.
    largest: list[int] = []
    for part in sorted(common, key=int.bit_count, reverse=True):
        if all(part & ~other for other in largest):
            largest.append(part)
    return largest


def _independent(sides: list[int], rows: IntegerRows, count: int) -> list[int]:
    """The first of some sides whose normals are independent, so many."""
    if len(sides) == count:
        return sides
    chosen: list[int] = []
    for side in sides:
        if fmpz_mat([rows[k][:-1] for k in (*chosen, side)]).rank() > len(chosen):
            chosen.append(side)
    return chosen
