"""Slices: a network on the part of a box in which some inputs do not move."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import IntArray
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
