"""Folds, and hyperplanes in general position on top: the network behind Theorem 4 of Montufar et al. 2014.

Layers 1, ..., L-1 fold [0, 1]^d onto itself, K^d times, K = p_1 ... p_{L-1} with p_l = floor(n_l / d). The
last layer has m units, whose hyperplanes are in general position and cut the cube into S(m, d) = C(m, 0) +
... + C(m, d) cells. Each of the K^d small cubes is cut likewise: K^d S(m, d) activation regions, the number
of the theorem.

The hyperplanes
---------------
Let ``s_k = B^k (2 y_k - 1)``, B = 3 d m; so the cube is ``|s_k| <= B^k``. For a = 1, ..., m let

    z_a = a^d - s_1 a^(d-1) + s_2 a^(d-2) - ... +- s_d = P(a),

the value at a of the monic polynomial P with the coefficients (-1)^k s_k. All numbers are whole. A hyperplane
is the set of all polynomials with a root a, so position is a matter of roots.

*General position.* The polynomials with j given roots are the multiples of a polynomial of degree j. For j
> d there are none; else they are an affine space of dimension d - j, with the coordinates s_1, ...,
s_(d-j).

*The other coefficients are small.* Let j >= 1 roots be given, and ``|s_i| <= B^i`` for i <= d - j. Then
``|s_k| < B^k`` for all k > d - j. For let Q be the product of the j factors, 1 - a x in reversed order, and
P = Q R; R is P / Q up to degree d - j. Coefficient by coefficient, P is bounded by

    ((1 + m x) / (1 - m x))^j sum_(i <= d-j) (B x)^i,

whose coefficient of x^k is less than ``B^k (((1 + m/B) / (1 - m/B))^j - 1)``. This is B^k at most, since
``((3d + 1) / (3d - 1))^d`` decreases in d, from 2: its logarithm is 2/3 + 2/(81 d^2) + ....

So any j <= d hyperplanes meet inside the open cube (at s_1 = ... = s_(d-j) = 0): the cube has all S(m, d)
cells. And they meet the open face of the cube where s_k = +-B^k for all k in a set J iff max J <= d - j, in
codimension j there too.

Counting
--------
The walls y_k = i/K, 0 < i < K, make a grid. An open face of it that lies in walls of the coordinates J, r
of them, is mapped onto an open face of the cube; there are ``(K-1)^r K^(d-r)`` of them for each J. With t =
max J it is cut as in general position, but by at most d - t hyperplanes at a time, into ``sum_(j <= d-t)
C(j, d-r-i) C(m, j)`` faces of dimension i. There are C(t-1, r-1) sets J with the same t and r. This is the
f-vector; the pairs are

    K^d m S(m-1, d-1) + sum_(t=1..d) (K-1) K^(d-1) S(m, d-t).

Patterns: of the K - 1 walls of a coordinate let q be those whose points have patterns of their own (see
:mod:`~polyregions.theory.constructions.folds`). Points in other walls have the patterns of one side. The last
layer adds none: around a point of j hyperplanes all 2^j sign vectors occur. So there are ``K^d S(m, d) +
sum_(t=1..d) S(m, d-t) q K^(d-t) (K+q)^(t-1)``.

Maps
----
The read-out is ``sum_a o_a relu(o_a z_a)`` with signs o_a. Where the units of a set A are on, its gradient
in y has the entries ``+-2 B^k sum_(a in A) a^(d-k)``, which are not zero unless A is empty. Neighbours
across a wall of y_k have maps that differ in the sign of this entry, and across the hyperplane of a by
+-z_a. So two neighbours have the same map iff in both no last unit is on.

*raw*, all o_a = 1. The cell C where all P(a) < 0 has no unit on. It touches the sides s_k = +-B^k for k <
d, because there ``(-1)^d s_d`` can be near -B^d; and of s_d = +-B^d the side ``(-1)^d s_d = -B^d`` alone,
by the estimate for j = 1. So its copies are merged across all walls of y_1, ..., y_(d-1). The walls y_d =
i/K are the side y_d = 1 for odd i and y_d = 0 for even i; so for odd d copies are merged across those with
odd i, for even d across the others. Of the K^d copies ``K - floor(K/2)`` or ``K - floor((K-1)/2)`` linear
regions are left.

*oriented*, o_a = (-1)^(m-a), if m > d. The divided difference of P at the points m - d, ..., m is 1, as P
is monic of degree d; and it is a sum of all ``o_a P(a)`` there, with positive factors. So they are not all
<= 0: in each cell a unit is on, and nothing is merged. For m <= d no signs do this: all 2^m sign vectors
occur.

*One input.* On a tooth, ``f = sum_(a in A) a +- |A| B (2 K x + c)``, where the c of two teeth of the same
sign differ by 4 at least. As ``sum a <= |A| m < |A| B``, cells have the same map only if |A| and sum a are
the same, and the tooth too, unless |A| = 0. *raw:* |A| tells the cell. *oriented:* from cell to cell an
element is added and another one removed, in turn; two such steps change sum a by 1, always in the same
direction, and one step changes |A|. So all maps differ but those that are 0. Where f agrees with one of
them it does so on its interval, and perhaps at single points.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from ...base.arrays import FloatArray
from ...base.checks import check_whole, check_whole_numbers
from ...errors import InvalidInputError, counted, short_repr
from ...network.box import Box
from ...network.layers import linear, relu
from ...network.network import Network
from ..bounds import montufar_2014, regions_in_general_position
from ..predictions import Prediction
from .construction import Construction, box_or, contains, exact_floats, limit_weights, predict
from .coordinates import chain, identity
from .folds import saw, saw_line

THEOREM = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Theorem 4"


def general_position_in_cube(inputs: int, hyperplanes: int) -> tuple[FloatArray, FloatArray]:
    """Hyperplanes in general position that cut [0, 1]^d into S(m, d) cells: weight (m, d) and bias (m,).

    Raises
    ------
    TooLargeError
        If a coefficient has no float64.
    """
    d, m = inputs, hyperplanes
    base = 3 * d * m
    rows = [[(-1) ** k * a ** (d - k) * base**k for k in range(d + 1)] for a in range(1, m + 1)]
    table = np.array([[2 * v for v in row[1:]] + [2 * row[0] - sum(row)] for row in rows], dtype=object)
    table = exact_floats(f"{m} hyperplanes in general position in [0, 1]^{d}", table)
    return table[:, :-1], table[:, -1]


def montufar(
    inputs: int, widths: Sequence[int], oriented: bool = False, box: Box | None = None
) -> Construction:
    """The folding network of Montufar et al. 2014, with as many regions as their Theorem 4 says.

    Parameters
    ----------
    inputs : int
        d, n0 in the paper.
    widths : sequence of int
        n_1, ..., n_L. All but the last at least d; what d does not divide is surplus and stays off.
    oriented : bool
        Orient the last units such that nowhere all of them are off. Then the activation regions are open
        connected linear regions too. It needs n_L > d.
    box : Box, optional
        [0, 1]^d by default. In a larger one the number of activation regions is bounded from below.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, a layer that folds has fewer than d units, or ``oriented`` is
        asked for n_L <= d.
    TooLargeError
        If a weight has no float64 (about: if ``(3 d n_L)^d`` is above 2^53), or the network is too large to
        be written down.

    Examples
    --------
    >>> {p.quantity: p.value for p in montufar(2, [4, 4, 3]).predictions}["proper_activation"]
    112
    >>> [p.value for p in montufar(2, [4, 4, 3], oriented=True).predictions if p.quantity == "open_connected"]
    [112, 112]
    """
    d, sizes = check_whole("inputs", inputs), check_whole_numbers("widths", widths)
    *wide, m = sizes
    if not isinstance(oriented, bool):
        raise InvalidInputError(f"oriented must be True or False, got {short_repr(oriented)}")
    if min(wide, default=d) < d:
        raise InvalidInputError(
            f"widths: a layer that folds {counted(d, 'input')} takes at least {counted(d, 'unit')}, "
            f"got {min(wide)}"
        )
    if oriented and m <= d:
        raise InvalidInputError(
            f"oriented: {counted(d, 'input')} need{'s' if d == 1 else ''} {d + 1} units in the last layer, "
            f"and {m} make{'s' if m == 1 else ''} all sign vectors"
        )
    name = f"montufar({d}, {sizes}{', oriented=True' if oriented else ''})"
    limit_weights(name, sum(a * b for a, b in zip([d, *wide], sizes, strict=True)))
    normals, offsets = general_position_in_cube(d, m)
    folds = [n // d for n in wide]
    layers, weight, bias = chain([saw(p) for p in folds], *identity(d), widths=wide)
    signs = np.array([(-1.0) ** (m - a) if oriented else 1.0 for a in range(1, m + 1)])
    last = relu(signs[:, None] * (normals @ weight), signs * (normals @ bias + offsets))
    network = Network([*layers, last, linear(signs[None], [0.0])])
    box = box_or(Box.cube(d, 0, 1), box)
    return Construction(name, network, box, THEOREM, _predictions(d, folds, m, oriented, box))


def _predictions(d: int, folds: list[int], m: int, oriented: bool, box: Box) -> tuple[Prediction, ...]:
    line = saw_line(folds)
    K, q = line.cells, line.points
    regions = K**d * regions_in_general_position(m, d)
    values: dict[str, int | tuple[int, ...]] = {}
    faces = _faces(d, K, m)
    values["proper_activation"], values["adjacencies"], values["f_vector"] = faces[-1], faces[-2], faces
    values["activation"] = regions + sum(
        regions_in_general_position(m, d - t) * q * K ** (d - t) * (K + q) ** (t - 1) for t in range(1, d + 1)
    )
    off = 0 if oriented else K - (K // 2 if d % 2 else (K - 1) // 2)
    linear_regions = regions if oriented else regions - K**d + off
    values["open_connected"] = linear_regions
    if oriented or d == 1:
        values["convex"] = linear_regions
    if d == 1:
        values["closed_connected"] = linear_regions
        values["affine"] = regions if oriented else regions - K + 1

    source = "derived in polyregions.theory.constructions.montufar_nets"
    bound = montufar_2014(d, [*(p * d for p in folds), m])
    cube = Box.cube(d, 0, 1)
    if box == cube:
        found = predict(source, values)
        reason = bound.reason or (
            "" if oriented else "copies of the cell where no last unit is on are merged"
        )
    else:
        reason = "counted in [0, 1]^n0, this is another box"
        found = predict(source, values, reason)
        if contains(box, cube):
            found += (Prediction("proper_activation", ">=", regions, f"{source}: those of the cube"),)
    value = None if reason else bound.value
    return (*found, Prediction("open_connected", ">=", value, bound.source, reason))


def _faces(d: int, K: int, m: int) -> tuple[int, ...]:
    """Numbers of faces of dimension 0, ..., d; see the module's docstring."""
    faces = []
    for i in range(d + 1):
        total = K**d * sum(comb(j, d - i) * comb(m, j) for j in range(d - i, d + 1))
        for t in range(1, d + 1):
            for r in range(1, min(t, d - i) + 1):
                pieces = sum(comb(j, d - r - i) * comb(m, j) for j in range(d - r - i, d - t + 1))
                total += comb(t - 1, r - 1) * (K - 1) ** r * K ** (d - r) * pieces
        faces.append(total)
    return tuple(faces)
