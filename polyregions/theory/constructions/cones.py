"""Deep maxout networks of rank k: layers that map many cones onto a common image, and a grid on top.

Theorem 8 of Montufar, Pascanu, Cho, Bengio (NIPS 2014) says that L layers of n0 units of rank k can have
``k^(L-1) k^n0`` linear regions. The construction below has ``c^(L-1) k^n0`` at least, ``c = (2 k -
1)^floor(n0/2) 2^(n0 mod 2)``. This proves the theorem for n0 >= 2 and for k = 2. For n0 = 1 and k >= 3 it
is false from L = 2 on: a convex function folds a line once, whatever its rank
(:func:`polyregions.theory.bounds.maxout_chain` has the maximum).

One pair of units
-----------------
Take the inputs in pairs (x, y), and two units for each pair:

    h = max over even i of  i x + (3 - i^2) y,    h' = max over odd i,    i = -k, ..., k - 1.

For y > 0, piece i is y times a tangent of the parabola: ``i r - i^2 = r^2/4 - (r/2 - i)^2`` with r = x/y.
So i is the best one of its parity where r is nearest to 2 i. For n = -k, ..., k-2 the pieces n and n + 1
are on in the cone ``2 n < r < 2 n + 2``. These are 2 k - 1 cones, and between them h and h' have a kink in
turn. On cone n

    h' - h = +-(x - (2 n + 1) y),

which is y on one of its two sides and -y on the other.

The next layer sees ``X = a (h' - h)`` and ``Y = h - 1`` in the place of x and y, where a = 2 k (k^2 + 3) +
1. Let T be the triangle of all (x, y) with 0 < y < 1, -2 k y < x < (2 k - 2) y. **On each of the 2 k - 1
cones (X, Y) maps a part of T one-to-one onto a set that contains T:**

- On the sides of the cone, at the points t (2 n, 1), h is t (n^2 + 3) or t (n^2 + 2), at most t (k^2 + 3),
  and |X| = a t, with one sign on one side and the other on the other. So the image contains all points with
  ``|X| <= a (Y + 1) / (k^2 + 3)``. In T, ``|X| < 2 k Y``, which is less.
- Where does it come from? On the sides h >= 2 t, so h >= 2 y in the cone. As Y = h - 1 < 1, y < 1.

So ``(2 k - 1)^(L-1)`` disjoint parts of T are mapped one-to-one onto T by L - 1 such layers.

One input that is left over gets a tent, max(2 y - 1, 1 - 2 y), which maps two intervals onto (0, 1).

The last layer
--------------
T contains ``-1 < x < 1, 1/2 < y < 1``. Each unit of the last layer is a convex function of its own
coordinate with k - 1 breakpoints in there, and slopes 1, 2, ..., 2^(k-1). This makes k^n0 cells.

All these ``c^(L-1) k^n0`` pieces have different affine maps. (1) On a piece the map is one-to-one, and
pieces in the same cell of the last layer are mapped onto the same set; so if two of them had the same map,
they would be the same.
(2) Pieces in different cells differ in the power of two that divides the gradient of some output. For on
each cone (X, Y) has whole coefficients and an odd determinant, ``+-a (3 - i^2 + (2 n + 1) i)`` with the even
i of n, n + 1; so the gradients of x and y as the last layer sees them are not divisible by 2. (That of a
leftover input is +-2^(L-1).) So all definitions of a linear region count them.

One input
---------
Then there are only tents: 2^(L-1) intervals are mapped onto (0, 1), and cut into k. Outside of [0, 1]
nothing bends. So the number of regions is 2^(L-1) k.
"""

from __future__ import annotations

import numpy as np

from ...base.arrays import FloatArray
from ...base.checks import check_whole
from ...errors import InvalidInputError
from ...network.box import Box
from ...network.layers import MAX_STATES, Layer, maxout
from ...network.network import Network
from ..bounds import maxout_chain, maxout_montufar_2014, network_upper_bound
from ..predictions import Prediction
from .construction import Construction, box_or, contains, exact_floats, limit_weights
from .coordinates import Line, identity


def maxout_cones(inputs: int, rank: int, depth: int, box: Box | None = None) -> Construction:
    """L maxout layers of n0 units of rank k, with at least ``k^(L-1) k^n0`` linear regions if n0 >= 2.

    See the module's docstring for the construction and the proof.

    Parameters
    ----------
    inputs : int
        n0.
    rank : int
        k, at least 2.
    depth : int
        L.
    box : Box, optional
        By default [-2 k, 2 k] x [0, 1] for each pair of inputs, [0, 1] for one left over. Numbers are
        predicted for every box that contains it.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, or the rank is 1 or above 256.
    TooLargeError
        If a weight has no float64 (about: if the rank is above 50), or the network is too large to be
        written down.

    Examples
    --------
    >>> for p in maxout_cones(2, 3, 2).predictions:
    ...     print(p.quantity, p.relation, p.value, "|", p.source)
    proper_activation >= 45 | derived in polyregions.theory.constructions.cones
    affine >= 45 | derived in polyregions.theory.constructions.cones
    open_connected >= 27 | Montufar, Pascanu, Cho, Bengio (NIPS 2014), Theorem 8
    proper_activation <= 81 | Montufar, Ren, Zhang (2021) layer after layer
    """
    n0, depth = check_whole("inputs", inputs), check_whole("depth", depth)
    k = check_whole("rank", rank, 2)
    if k > MAX_STATES:
        raise InvalidInputError(f"rank: {k} pieces; at most {MAX_STATES} are supported")
    name = f"maxout_cones({n0}, {k}, {depth})"
    limit_weights(name, depth * n0 * n0 * k)

    seen, constant = identity(n0)  # the coordinates as functions of the layer below
    layers: list[Layer] = []
    for _ in range(depth - 1):
        layers.append(_layer(_fold_pieces(n0, k), seen, constant))
        seen, constant = _next_coordinates(n0, k)
    layers.append(_layer(_grid_pieces(name, n0, k), seen, constant))

    lower, upper = [-2 * k, 0] * (n0 // 2) + [0] * (n0 % 2), [2 * k, 1] * (n0 // 2) + [1] * (n0 % 2)
    default = Box(lower, upper)
    box = box_or(default, box)
    return Construction(
        name,
        Network(layers),
        box,
        "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Theorem 8",
        _predictions(n0, k, depth, box, default),
    )


def _fold_pieces(n0: int, k: int) -> list[tuple[FloatArray, FloatArray]]:
    """Weight (k, n0) and bias (k,) of each unit of a folding layer, in the coordinates x, y, x, y, ..."""
    units: list[tuple[FloatArray, FloatArray]] = []
    for j in range(n0):
        W, b = np.zeros((k, n0)), np.zeros(k)
        if j == n0 - 1 and n0 % 2:
            # A tent; the surplus pieces are copies of the first one.
            W[:, j], b[:] = 2, -1
            W[1, j], b[1] = -2, 1
        else:
            # h takes the even i, h' the odd ones.
            i = np.arange(-k + (k + j) % 2, k, 2)
            x = j - j % 2
            W[:, x], W[:, x + 1] = i, 3 - i**2
        units.append((W, b))
    return units


def _next_coordinates(n0: int, k: int) -> tuple[FloatArray, FloatArray]:
    """X = a (h' - h), Y = h - 1 for each pair, and a leftover coordinate itself."""
    W, b = identity(n0)
    for x in range(0, n0 - 1, 2):
        a = 2 * k * (k * k + 3) + 1
        W[x : x + 2, x : x + 2] = [[-a, a], [1, 0]]
        b[x + 1] = -1
    return W, b


def _grid_pieces(name: str, n0: int, k: int) -> list[tuple[FloatArray, FloatArray]]:
    """Units of the last layer: slopes 1, 2, 4, ... and breakpoints in (-1, 1) for x, in (1/2, 1) for y."""
    parts = 1 << (k - 1).bit_length()  # at least k
    units: list[tuple[FloatArray, FloatArray]] = []
    for j in range(n0):
        if j == n0 - 1 and n0 % 2:
            start, length = 0.0, 1.0
        else:
            start, length = (-1.0, 2.0) if j % 2 == 0 else (0.5, 0.5)
        W, b = np.zeros((k, n0)), np.zeros(k, dtype=object)
        for s in range(1, k):
            # All numbers are dyadic; b is kept in units of 1 / (2 parts), whole.
            b[s] = b[s - 1] - 2 ** (s - 1) * int(2 * parts * start + 2 * length * s)
        W[:, j] = 2.0 ** np.arange(k)
        units.append((W, exact_floats(name, b) / (2 * parts)))
    return units


def _layer(units: list[tuple[FloatArray, FloatArray]], seen: FloatArray, constant: FloatArray) -> Layer:
    """The maxout layer whose pieces are given in coordinates ``seen y + constant``."""
    return maxout([W @ seen for W, _ in units], [W @ constant + b for W, b in units])


def _predictions(n0: int, k: int, depth: int, box: Box, default: Box) -> tuple[Prediction, ...]:
    ranks = [[k] * n0] * depth
    reason = "" if contains(box, default) else f"the box does not contain {default!r}"
    own = "derived in polyregions.theory.constructions.cones"
    found: tuple[Prediction, ...]
    if n0 == 1:
        found = Line(2 ** (depth - 1) * k).predict(box, own)
        above = maxout_chain(n0, ranks)
    else:
        least = ((2 * k - 1) ** (n0 // 2) * 2 ** (n0 % 2)) ** (depth - 1) * k**n0
        value = None if reason else least
        found = tuple(Prediction(q, ">=", value, own, reason) for q in ("proper_activation", "affine"))
        above = network_upper_bound(n0, ranks)
    bound = maxout_montufar_2014(n0, ranks)
    theorem = bound.reason or reason
    return (
        *found,
        Prediction("open_connected", ">=", None if theorem else bound.value, bound.source, theorem),
        Prediction("proper_activation", "<=", above.value, above.source, above.reason),
    )
