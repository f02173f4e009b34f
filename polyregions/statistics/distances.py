"""The distance from a point to the nearest activation boundary, exactly, in any dimension.

On the cell of a point x each unit's pre-activation is an affine form, and the rows of the cell are such
forms less a breakpoint, or differences of a maxout unit's pieces (see ``ExactNetwork.rows``).
The distance of x to the boundaries is the least distance to the zero set of a row,

    min over rows with a gradient of  |row(x)| / |grad row|

(B. Hanin, D. Rolnick, *Complexity of linear regions in deep networks*, ICML 2019), with the gradient *with
respect to the input*; the norm of a row of weights is in its place in the first layer only.

*Why.* No row vanishes in the open ball of this radius, so layer by layer no unit changes its state in it, and
the ball is free of boundaries. A row attains the minimum at its foot point y, and there is a boundary: let u
be the *lowest* unit that has such a row. A row of another unit that vanishes at y attains the minimum too, so
its unit is above u. The units below u keep their states around y, the form of u is the true one there, and
changes its sign (of a maxout unit, pieces with different gradients are tied: their maximum bends). A higher
unit in a tie may only touch its boundary at y, since the forms beyond y are others; so the lowest is
reported. The same holds for x on a boundary. A row without a gradient is constant, and no boundary.

*Exactness.* Which unit attains the minimum is decided. Float64 bounds
(:mod:`polyregions.statistics.distance_bounds`) decide first: where the interval of one unit is below all
others. What they leave open, rational arithmetic decides: for the units that are left, squared distances as
fractions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import SupportsIndex

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.memory import needs_memory
from ..base.rationals import rational_point, round_nonzero
from ..errors import InvalidInputError, short_repr
from ..network.network import Network
from .distance_bounds import Basis, distance_bounds, gradient_basis

#: Numbers that are worked on at once.
TOGETHER = 2**21


@dataclass(frozen=True, eq=False)
class Distances:
    """Distances from points to the nearest activation boundary; see :func:`distance_to_boundary`.

    Attributes
    ----------
    network : Network
    points : float64 (n, d)
    distance : float64 (n,)
        Infinite where there is no boundary, or where the distance exceeds the range of float64. Zero only on
        a boundary.
    reach : float64 (n,)
        Proven: ``|distance - true distance| <= reach``. Infinite where the true one is finite but exceeds the
        range of float64.
    unit : int64 (n,)
        Lowest unit that attains the distance, exactly; -1 where there is no boundary.
    undecided : int
        Number of points that float64 left open and rational arithmetic decided. There ``distance`` is the
        true one rounded once, and ``reach`` zero if it is the true one.
    stopped : str
        "interrupted" if these are only the first of the points asked for, else "".
    """

    network: Network
    points: FloatArray
    distance: FloatArray
    reach: FloatArray
    unit: IntArray
    undecided: int
    stopped: str = ""

    def __post_init__(self) -> None:
        for array in (self.points, self.distance, self.reach, self.unit):
            array.flags.writeable = False

    def __len__(self) -> int:
        return len(self.points)

    @property
    def complete(self) -> bool:
        """Whether all points asked for are here."""
        return not self.stopped

    @property
    def layer(self) -> IntArray:
        """Hidden layer (0, 1, ...) of each unit, -1 where there is no boundary; shape (n,)."""
        return np.append(self.network.unit_layers, -1)[self.unit]

    def exact_squared(self, i: SupportsIndex) -> Fraction:
        """Return the squared distance of point i: a rational number, the distance itself may not be one.

        Raises
        ------
        InvalidInputError
            If i is not one of 0, ..., n - 1, or there is no boundary: the distance is infinite.
        """
        try:
            index = operator.index(i)
        except TypeError as error:
            raise InvalidInputError(f"i must be a whole number, got {short_repr(i)}") from error
        if not 0 <= index < len(self):
            raise InvalidInputError(f"i must be the index of one of {len(self)} points, got {index}")
        unit, x = int(self.unit[index]), self.points[index]
        squared = None if unit < 0 else _squared(self.network, self.network.states(x), x, unit)
        if squared is None:
            raise InvalidInputError(f"the distance of point {index} is infinite: there is no boundary")
        return squared


@needs_memory("the distances: ask for fewer points at a time")
def distance_to_boundary(
    network: Network, points: ArrayLike, *, progress: Callable[[int, int], None] | None = None
) -> Distances:
    """Return the distance of each point to the nearest activation boundary in R^d, and the unit whose it is.

    An activation boundary is where a unit changes its state, whether or not the network bends there. For the
    set B_N where the gradient of the network is discontinuous this is a *lower bound*: a unit may be switched
    while none of its paths to the output is on, or two may cancel. The sides of no box count.

    Parameters
    ----------
    network : Network
        Of any input dimension d.
    points : array_like (n, d) or (d,)
        One point (d,) is n = 1.
    progress : callable, optional
        ``progress(done, points)`` now and then.

    Returns
    -------
    Distances
        Where Ctrl-C is pressed, of the points that were done.

    Raises
    ------
    InvalidInputError
        If the network is not a :class:`~polyregions.Network`, or the points are not finite or not of its
        dimension.

    Notes
    -----
    Exact by the argument in the module's docstring. B. Hanin, D. Rolnick, *Complexity of linear regions in
    deep networks* (ICML 2019), bound the mean of this distance from below by a constant over the number of
    units. The time is that of carrying min(d, rows of the first layer) columns per point through the network.

    Examples
    --------
    A tent: the boundaries are 0, 1/2 (both of the first layer) and 1/4, 3/4 (of the second).

    >>> net = Network.from_arrays([([[1], [1]], [0, -0.5]), ([[2, -4]], [-0.5]), ([[1]], [0])])
    >>> near = distance_to_boundary(net, [[0.3125], [0.625], [2.0]])
    >>> near.unit, near.layer
    (array([2, 1, 2]), array([1, 0, 1]))
    >>> near.exact_squared(0), near.exact_squared(1), near.exact_squared(2)
    (Fraction(1, 256), Fraction(1, 64), Fraction(25, 16))
    >>> bool(abs(near.distance[2] - 1.25) <= near.reach[2] < 1e-12)
    True
    """
    if not isinstance(network, Network):
        raise InvalidInputError(f"network: expected a Network, got {type(network).__name__}")
    x = np.array(network.validate_points(points)[0])
    n, done, undecided = len(x), 0, 0
    distance, reach = np.full(n, np.inf), np.zeros(n)
    unit = np.full(n, -1, dtype=np.int64)
    basis = gradient_basis(network.layers[0].dense)
    widest = max(layer.n_rows for layer in network.layers)
    chunk = max(1, TOGETHER // (widest * len(basis.coordinates)))
    try:
        while done < n:
            part = slice(done, min(n, done + chunk))
            if network.n_units:
                distance[part], reach[part], unit[part], more = _distances(network, basis, x[part])
                undecided += more
            done = part.stop
            if progress is not None:
                progress(done, n)
    except KeyboardInterrupt:
        if done == 0:
            raise
    stopped = "" if done == n else "interrupted"
    return Distances(network, x[:done], distance[:done], reach[:done], unit[:done], undecided, stopped)


def _distances(network: Network, basis: Basis, x: FloatArray) -> tuple[FloatArray, FloatArray, IntArray, int]:
    """Distances of some points, how far off they are, their units, and how many float64 left open."""
    distance, reach = np.full(len(x), np.inf), np.zeros(len(x))
    unit = np.full(len(x), -1, dtype=np.int64)
    states = network.states(x)
    lower, upper = distance_bounds(network, basis, x, states)
    candidates = (lower <= upper.min(axis=1, keepdims=True)) & (lower < np.inf)
    first, count = candidates.argmax(axis=1), candidates.sum(axis=1)
    at = np.arange(len(x))
    decided = (count == 1) & (lower[at, first] > 0) & (upper[at, first] < np.inf)
    sure, owner = at[decided], first[decided]
    low, high = lower[sure, owner], upper[sure, owner]
    middle = low + (high - low) / 2
    unit[sure], distance[sure] = owner, middle
    # The factor covers its own rounding and that of the differences.
    reach[sure] = np.maximum(high - middle, middle - low) * (1 + 2.0**-50)
    open_points = at[(count > 0) & ~decided]
    for i in open_points:
        found = _nearest(network, states[i], x[i], np.flatnonzero(candidates[i]))
        if found is not None:
            squared, unit[i] = found
            distance[i], reach[i] = _root(squared)
    return distance, reach, unit, len(open_points)


def _nearest(
    network: Network, states: StateArray, x: FloatArray, units: IntArray
) -> tuple[Fraction, int] | None:
    """Squared distance and lowest unit among the given (ascending) ones, None if no row has a gradient."""
    best: tuple[Fraction, int] | None = None
    for unit in units.tolist():
        squared = _squared(network, states, x, unit)
        if squared is not None and (best is None or squared < best[0]):
            best = squared, unit
        if best is not None and best[0] == 0:
            break
    return best


def _squared(network: Network, states: StateArray, x: FloatArray, unit: int) -> Fraction | None:
    """Exact squared distance of x to the nearest row of one unit, None if none has a gradient."""
    point = rational_point(x)
    found = []
    for row in network.exact.unit_rows(states, unit):
        square = sum(a * a for a in row[:-1])
        if square:
            value = sum(a * v for a, v in zip(row, point, strict=True))
            found.append(Fraction(int(value * value), int(square * point[-1] * point[-1])))
    return min(found, default=None)


def _root(squared: Fraction) -> tuple[float, float]:
    """The square root rounded once, but never to 0 if it is not, and a bound on what that has changed.

    The integer root has 64 bits or more. Its last bit is set where it is not exact: rounding it to float64
    is then the same as rounding the true root.
    """
    p, q = squared.numerator, squared.denominator
    shift = max(0, (130 + q.bit_length() - p.bit_length()) // 2)
    floor = isqrt((p << 2 * shift) // q)
    inexact = floor * floor * q != p << 2 * shift
    root = round_nonzero(Fraction(floor | inexact, 1 << shift))
    if np.isinf(root):
        return root, np.inf
    return root, 0.0 if Fraction(root) ** 2 == squared else float(np.spacing(root))
