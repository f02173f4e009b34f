"""The domain in which regions are enumerated: a box, or a bounded polytope in one.

The sides of both are numbered in one way. Side 2 j of a box is the lower one of dimension j, 2 j + 1 the
upper one; a polytope has those of its box, and then side 2 d + k for row k of its A. Its facets lie on the
sides that :func:`facet_sides` lists: what a polytope has more is redundant, or another name of the same.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ..base.rationals import IntegerRows, homogeneous
from ..network.box import Box, box_rows
from .polytope_domain import Corner, Polytope

Domain = Box | Polytope


def n_sides(domain: Domain) -> int:
    """How many sides a domain has; their numbers are 0 to that."""
    return domain.n_sides if isinstance(domain, Polytope) else 2 * domain.dim


def box_of(domain: Domain) -> Box:
    """The box around a domain, which is its own if it is one."""
    return domain.box if isinstance(domain, Polytope) else domain


def fields_of(domain: Domain) -> dict[str, Any]:
    """What results hold of a domain: ``box`` and ``polytope``, which is None if it is a box."""
    return {"box": box_of(domain), "polytope": domain if isinstance(domain, Polytope) else None}


def side_rows(domain: Domain) -> IntegerRows:
    """Integer rows ``row . (x, 1) >= 0`` of all sides, by their numbers."""
    return domain.rows if isinstance(domain, Polytope) else box_rows(domain)


def facet_sides(domain: Domain) -> tuple[int, ...]:
    """The sides on which the facets of a domain lie, ascending."""
    return domain.facet_sides if isinstance(domain, Polytope) else tuple(range(2 * domain.dim))


def corners(domain: Domain) -> list[Corner]:
    """The corners of a domain, each with all sides that hold it and a facet.

    Those of a box, or of a polytope that is its box, come in the order of the bits of their numbers: number v
    has coordinate j at its upper side if bit j of v is set. Those of another polytope are sorted by their
    coordinates.

    Examples
    --------
    >>> corners(Box([0, 0.5], [1, 2]))[1]
    Corner(point=(2, 1, 2), sides=(1, 2))
    """
    if isinstance(domain, Polytope) and not domain.is_box:
        return domain.corners
    box, found = box_of(domain), []
    for v in range(2**domain.dim):
        sides = tuple(2 * j + (v >> j & 1) for j in range(domain.dim))
        ends = [Fraction((box.upper if v >> j & 1 else box.lower)[j]) for j in range(domain.dim)]
        found.append(Corner(tuple(homogeneous(ends)), sides))
    return found


def inner_point(domain: Domain) -> tuple[Fraction, ...]:
    """A point strictly inside a domain."""
    if isinstance(domain, Polytope):
        return domain.interior
    ends = zip(domain.lower.tolist(), domain.upper.tolist(), strict=True)
    return tuple((Fraction(low) + Fraction(high)) / 2 for low, high in ends)


def exact_volume(domain: Domain) -> Fraction:
    """The volume of a domain."""
    if isinstance(domain, Polytope):
        return domain.exact_volume
    product = Fraction(1)
    for low, high in zip(domain.lower.tolist(), domain.upper.tolist(), strict=True):
        product *= Fraction(high) - Fraction(low)
    return product
