"""Folds of the cube onto itself: by p ReLU units a coordinate, or by absolute values.

The saw g with p teeth maps each interval [(i-1)/p, i/p] onto [0, 1], up and down in turn:

    g(y) = relu(p y) - relu(2 (p y - 1)) + relu(2 (p y - 2)) - ... +- relu(2 (p y - p + 1)).

It is the fold of Montufar, Pascanu, Cho, Bengio (NIPS 2014, section 3.1), scaled such that it maps [0, 1]
onto itself. All its weights are whole numbers. A chain of saws with p_1, ..., p_L teeth is a saw with K =
p_1 ... p_L teeth.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import prod

from ...base.checks import check_whole, check_whole_numbers
from ...errors import InvalidInputError, short_repr
from ...network.box import Box
from .construction import Construction, limit_weights
from .coordinates import Fold, Line, folded_cube

MONTUFAR = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), section 3.1"


def saw(teeth: int) -> Fold:
    """The saw g with p teeth."""
    p = teeth
    return Fold((p, *[2 * p] * (p - 1)), tuple(-2 * i for i in range(p)), tuple((-1) ** i for i in range(p)))


def saw_line(folds: Sequence[int]) -> Line:
    """What a chain of saws counts in one coordinate.

    *In (0, 1):* the chain has slopes +-K, and its breakpoints are k/K, 0 < k < K. Layer l makes those that
    the layers before map onto i/p_l, 0 < i < p_l. The layers after see 0 or 1 there, where none of their
    units crosses zero: the first one touches it.

    *Outside:* left of 0 all units are off and the chain is 0, so 0 is a breakpoint. Right of 1 a saw with
    odd p goes on upwards, and no later unit changes. An even p goes on downwards, to negative values; the
    first units of the later layers, if there are any, turn off there, and the chain is 0. So 1 is a
    breakpoint iff an even p has a layer after it.

    *Patterns of points:* in a breakpoint of layer l its unit is off, as on one side. It is a pattern of its
    own iff a later layer sees a 0 there, since its first unit is off then: it is on on both sides. For even
    i the layer l has the value 0 there; there are floor((p_l - 1) / 2) such i. For odd i, floor(p_l / 2) of
    them, it is 1, the later layers see 1, and 0 after an even p. (The set of all points with one pattern is
    convex, so these patterns differ.) At 0 and 1 the patterns are those of the outside.
    """
    last_even = max((i for i, p in enumerate(folds[:-1]) if p % 2 == 0), default=-1)
    points, before = 0, 1
    for i, p in enumerate(folds):
        if i < len(folds) - 1:
            points += before * ((p - 1) // 2)
        if i < last_even:
            points += before * (p // 2)
        before *= p
    return Line(before, points, bends_at_0=bool(folds), bends_at_1=last_even >= 0)


def montufar_folds(inputs: int, folds: Sequence[int], box: Box | None = None) -> Construction:
    """Fold layers alone: K^n0 cubes of side 1/K, each mapped onto [0, 1]^n0.

    The read-out is the folded vector. See :func:`saw_line` for the derivation.

    Parameters
    ----------
    inputs : int
        n0.
    folds : sequence of int
        p_l, the number of teeth of layer l in each coordinate; the layer has n0 p_l units.
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
    >>> {p.quantity: p.value for p in montufar_folds(2, [2, 2]).predictions}["proper_activation"]
    16
    >>> outside = montufar_folds(2, [2, 2], Box.cube(2, -1, 2))
    >>> {p.quantity: p.value for p in outside.predictions}["proper_activation"]
    36
    """
    n0, teeth = check_whole("inputs", inputs), check_whole_numbers("folds", folds)
    name = f"montufar_folds({n0}, {teeth})"
    widths = [n0, *(n0 * p for p in teeth)]
    limit_weights(name, sum(a * b for a, b in pairwise(widths)))
    saws, pieces = [saw(p) for p in teeth], f"{prod(teeth)} teeth"
    return folded_cube(name, saws, saw_line(teeth), n0, MONTUFAR, pieces, box)


def absolute_value_fold(
    inputs: int, depth: int, relu_pairs: bool = False, box: Box | None = None
) -> Construction:
    """``|2 y - 1|`` in each coordinate, again and again: K^n0 regions on [0, 1]^n0, K = 2^depth.

    ``|2 y - 1|`` maps [0, 1/2] and [1/2, 1] onto [0, 1] each. Its depth-fold composition has slopes +-K and
    the breakpoints k/K, 0 < k < K. It maps what is outside of [0, 1] to values above 1, where nothing
    bends, so the numbers are those of all of R^n0. In a breakpoint one unit is zero, and in state 0 as on
    one side: no pattern is of a point alone.

    With ReLU pairs, ``|z| = relu(z) + relu(-z)``: the two units flip together, but in a breakpoint both are
    off, so that each of the K - 1 breakpoints has a pattern of its own.

    Parameters
    ----------
    inputs, depth : int
    relu_pairs : bool
        Whether the layers are ReLU with 2 n0 units, or absolute values with n0.
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
    >>> fold = absolute_value_fold(1, 3)
    >>> fold.network, {p.quantity: p.value for p in fold.predictions}["affine"]
    (Network(1 -> abs 1 -> abs 1 -> abs 1 -> linear 1), 8)
    """
    n0, depth = check_whole("inputs", inputs), check_whole("depth", depth)
    if not isinstance(relu_pairs, bool):
        raise InvalidInputError(f"relu_pairs must be True or False, got {short_repr(relu_pairs)}")
    fold = Fold((2, -2), (-1, 1), (1, 1)) if relu_pairs else Fold((2,), (-1,), (1,))
    name = f"absolute_value_fold({n0}, {depth}{', relu_pairs=True' if relu_pairs else ''})"
    limit_weights(name, depth * (n0 * fold.units) ** 2)
    cells = 2**depth
    line = Line(cells, cells - 1 if relu_pairs else 0)
    source = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), section 2: absolute values fold"
    activation = "relu" if relu_pairs else "abs"
    return folded_cube(name, [fold] * depth, line, n0, source, f"{cells} intervals", box, activation)
