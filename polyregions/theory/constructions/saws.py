"""Saws with few units: Telgarsky's tent with two, and the four-fold of Serra et al. with three."""

from __future__ import annotations

from ...base.checks import check_whole
from ...network.box import Box
from .construction import Construction, limit_weights
from .coordinates import Fold, Line, folded_cube
from .folds import saw_line

TENT = Fold((1, 1), (0, -0.5), (2, -4))
FOUR_FOLD = Fold((6, 3, -3), (-1, -1, 2), (-2, 3, -2), 4)


def telgarsky_tent(depth: int, box: Box | None = None) -> Construction:
    """``m(x) = 2 relu(x) - 4 relu(x - 1/2)``, again and again: 2^depth pieces on [0, 1].

    It is the saw with two teeth, its units scaled: counts and patterns are those of
    :func:`~polyregions.theory.constructions.folds.saw_line`. Left of 0 there is one more piece, and right of
    1 too, from depth 2 on; both are 0.

    Parameters
    ----------
    depth : int
    box : Box, optional
        [0, 1] by default; numbers are predicted for every box that contains it.

    Raises
    ------
    InvalidInputError
        If the depth is not whole or below 1.
    TooLargeError
        If the network is too large to be written down.

    Examples
    --------
    >>> {p.quantity: p.value for p in telgarsky_tent(5, Box.cube(1, -1, 2)).predictions}["proper_activation"]
    34
    """
    depth = check_whole("depth", depth)
    source = "Telgarsky (arXiv 1509.08101)"
    name = f"telgarsky_tent({depth})"
    limit_weights(name, 4 * depth)
    line = saw_line([2] * depth)
    return folded_cube(name, [TENT] * depth, line, 1, source, f"{line.cells} intervals", box)


def serra_fold(depth: int, inputs: int = 1, box: Box | None = None) -> Construction:
    """Four folds with three units a coordinate, again and again: (4^depth)^n0 regions, in all of R^n0.

    ``F(x) = 4 - 2 relu(6 x - 1) + 3 relu(3 x - 1) - 2 relu(2 - 3 x)`` has slopes 6, -6, 3, -3, with
    breakpoints 1/6, 1/3, 2/3, and maps 0, 1/6, 1/3, 2/3, 1 to 0, 1, 0, 1, 0. So four intervals are mapped
    onto [0, 1], and what is left of 0 or right of 1 to negative values, where F goes on straight. All
    breakpoints of the chain are in (0, 1), 4^depth
    - 1 of them. In one of them a unit is off, as on one side; the layers after see 0 or 1 there, which is no
    breakpoint: no pattern is of a point alone.

    For one input this is the bound of Serra, Tjandraatmadja, Ramalingam, ``prod (n_l + 1)``, for three
    units a layer.

    Parameters
    ----------
    depth : int
    inputs : int
        n0; a layer has 3 n0 units.
    box : Box, optional
        [0, 1]^n0 by default; numbers are predicted for every box that contains it.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1.
    TooLargeError
        If the network is too large to be written down.

    Examples
    --------
    >>> {p.quantity: p.value for p in serra_fold(3).predictions}["open_connected"]
    64
    """
    depth, n0 = check_whole("depth", depth), check_whole("inputs", inputs)
    name = f"serra_fold({depth}{f', inputs={n0}' if n0 > 1 else ''})"
    source = "Serra, Tjandraatmadja, Ramalingam (ICML 2018)"
    limit_weights(name, 9 * depth * n0 * n0)
    line = Line(4**depth)
    return folded_cube(name, [FOUR_FOLD] * depth, line, n0, source, f"{line.cells} intervals", box)
