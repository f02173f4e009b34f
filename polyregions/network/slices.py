"""Slices: a network on the part of a box in which some inputs do not move."""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import FloatArray, IntArray
from ..base.rationals import round_fraction
from ..errors import InvalidBoxError, InvalidInputError, counted
from .box import Box, bounds
from .layers import linear
from .network import Network


class FixedInputs(NamedTuple):
    """A network on its free inputs.

    Attributes
    ----------
    network : Network
        Takes the free inputs, in their order.
    box : Box
        Their ranges.
    free : int64 (k,)
        Which inputs they are; the others are fixed.
    """

    network: Network
    box: Box
    free: IntArray


class Rows(NamedTuple):
    """Rows ``A x <= b``; float64 (m, d) and (m,)."""

    A: FloatArray
    b: FloatArray


def rows_on_free(A: FloatArray, b: FloatArray, values: FloatArray, free: IntArray) -> Rows:
    """Rows ``A x <= b`` as rows of the free inputs, where the others have fixed values; exactly.

    Raises
    ------
    InvalidInputError
        If what is left of a bound is no float64.

    Examples
    --------
    >>> A, b = np.array([[1.0, 2.0, -1.0]]), np.array([1.0])
    >>> rows = rows_on_free(A, b, np.array([0.0, 0.25, 0.0]), np.array([0, 2]))    # x_1 = 1/4
    >>> rows.A.tolist(), rows.b.tolist()
    ([[1.0, -1.0]], [0.5])
    """
    fixed = np.setdiff1d(np.arange(values.size), free)
    left = []
    for k, (row, bound) in enumerate(zip(A[:, fixed].tolist(), b.tolist(), strict=True)):
        pairs = zip(row, values[fixed].tolist(), strict=True)
        exact = Fraction(bound) - sum((Fraction(a) * Fraction(v) for a, v in pairs), Fraction(0))
        left.append(round_fraction(exact.numerator, exact.denominator))
        if not np.isfinite(left[-1]) or Fraction(left[-1]) != exact:
            raise InvalidInputError(
                f"row {k}: its bound less what the fixed inputs add is no float64; give the inputs a range"
            )
    return Rows(A[:, free], np.array(left))


def fix_inputs(network: Network, lower: ArrayLike, upper: ArrayLike) -> FixedInputs:
    """Restrict a network to the inputs that move in a box, exactly: nothing is rounded.

    A linear layer comes first, from the free inputs t to ``x = S t + c``: S copies them into their places,
    and c holds the values of those that are fixed. The network of a box without fixed inputs is returned as
    it is.

    Parameters
    ----------
    network : Network
    lower, upper : array_like (d,)
        The bounds; an input is fixed where they are equal.

    Raises
    ------
    InvalidBoxError
        If the bounds are no numbers, not finite, of the wrong number or inverted, or if all inputs are
        fixed.
    InvalidInputError
        If ``network`` is no Network.

    Examples
    --------
    >>> from polyregions import enumerate_regions
    >>> net = Network.from_arrays([([[1, 1, 1], [1, -1, 0]], [-1, 0]), ([[1, 1]], [0])])
    >>> network, box, free = fix_inputs(net, [-1, 0.5, 0], [1, 0.5, 2])    # the second input is 1/2
    >>> free.tolist(), box
    ([0, 2], Box([-1.0, 0.0], [1.0, 2.0]))
    >>> enumerate_regions(network, box).n_regions
    3
    """
    if not isinstance(network, Network):
        raise InvalidInputError(f"network: expected a Network, got {type(network).__name__}")
    low, high, d = bounds("lower", lower), bounds("upper", upper), network.input_dim
    if low.size != d or high.size != d:
        raise InvalidBoxError(
            f"box: the network has {counted(d, 'input')}, "
            f"lower has {counted(low.size, 'entry', 'entries')} and upper has {high.size}"
        )
    free = np.flatnonzero(low != high)
    if not free.size:
        raise InvalidBoxError(
            "box: it is empty but for one point, since every input is fixed; "
            "Network.states gives the pattern there"
        )
    inverted = np.flatnonzero(low > high)
    if inverted.size:
        j = int(inverted[0])
        raise InvalidBoxError(
            f"box: dimension {j} is inverted: lower {float(low[j])!r}, upper {float(high[j])!r}; "
            "need lower <= upper"
        )
    box = Box(low[free], high[free])
    if free.size == d:
        return FixedInputs(network, box, free)
    places = np.zeros((d, free.size))
    places[free, np.arange(free.size)] = 1.0
    values = np.where(low == high, low, 0.0)
    return FixedInputs(Network([linear(places, values), *network.layers], network.source), box, free)
