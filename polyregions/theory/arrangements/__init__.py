"""Hyperplane arrangements as data: one-layer networks whose regions are counted by theorems.

Each family is a function of n. Its :class:`Arrangement` holds the hyperplanes, a definition, a reference,
and the predictions of a closed form or a published table, for a box that loses nothing
(:meth:`Arrangement.box`). No prediction comes from an enumeration, nor from
:mod:`polyregions.theory.arrangements.flats`, which counts any arrangement in any box.

Examples
--------
>>> arrangement = FAMILIES["shi"](3)
>>> arrangement
Arrangement(Shi 3: 6 hyperplanes in R^2)
>>> [(p.quantity, p.value) for p in arrangement.predictions]
[('proper_activation', 16), ('adjacencies', 21), ('f_vector', (6, 21, 16))]
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...base.named import make
from .arrangement import Arrangement, arrangement_of
from .deformations import catalan, linial, semiorder, shi, type_b_shi
from .graphs import complete, complete_bipartite, cycle, graphical, path
from .position import (
    boolean,
    general_position,
    generic_central,
    grid,
    grid_of,
    near_pencil,
    parallel,
    parallel_families,
    pencil,
)
from .reflection import braid, type_b, type_d, type_e, type_f, type_g
from .subsets import resonance, threshold

#: Every family that one whole number n describes; further parameters have keywords and defaults.
FAMILIES: dict[str, Callable[..., Arrangement]] = {
    family.__name__: family
    for family in (
        boolean,
        general_position,
        generic_central,
        parallel,
        grid,
        pencil,
        near_pencil,
        braid,
        type_b,
        type_d,
        type_e,
        type_f,
        type_g,
        shi,
        catalan,
        linial,
        semiorder,
        type_b_shi,
        path,
        cycle,
        complete,
        complete_bipartite,
        resonance,
        threshold,
    )
}


def make_arrangement(name: str, **parameters: Any) -> Arrangement:
    """Make an arrangement of a family by its name.

    Raises
    ------
    InvalidInputError
        If there is no such family, it does not take one of the parameters, or one is missing.
    TooLargeError
        If it has too many hyperplanes to be written down.

    Examples
    --------
    >>> make_arrangement("catalan", n=3)
    Arrangement(Catalan 3: 9 hyperplanes in R^2)
    """
    return make("arrangement", FAMILIES, name, parameters)


__all__ = [
    "FAMILIES",
    "Arrangement",
    "arrangement_of",
    "boolean",
    "braid",
    "catalan",
    "complete",
    "complete_bipartite",
    "cycle",
    "general_position",
    "generic_central",
    "graphical",
    "grid",
    "grid_of",
    "linial",
    "make_arrangement",
    "near_pencil",
    "parallel",
    "parallel_families",
    "path",
    "pencil",
    "resonance",
    "semiorder",
    "shi",
    "threshold",
    "type_b",
    "type_b_shi",
    "type_d",
    "type_e",
    "type_f",
    "type_g",
]
