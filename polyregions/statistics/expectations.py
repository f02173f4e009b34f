"""What theory expects of random ReLU networks: gradients, bounds with their constants, one layer in full.

Notation: d inputs, N hidden units in all; ``z_u(x)`` is the pre-activation of unit u without its bias b_u.

All bounds are made of two constants of the initialisation:

- ``c_bias``: the density of a bias, given everything else, is at most this (:func:`bias_density_bound`);
- ``c_grad``: ``E ||grad z_u(x)||^k <= c_grad^k`` for all units and points (:func:`gradient_bound`).

They come from one formula (:mod:`~polyregions.statistics.coarea`): the expected volume of the k-fold
boundaries, where k units switch at once, is a sum over sets U of k units of
``int E[sqrt(det J J^T) prod phi(z_u)] dx``. Each density is at most ``c_bias``, the root is at most
``prod ||grad z_u||`` (Hadamard), and the expectation of that is at most ``c_grad^k`` (Hoelder). In the
formula the units of U hand on no gradient, but a layer with fewer units only makes those above smaller.
Values are float64, and infinite beyond its range.

References
----------
Hanin, Rolnick: Complexity of Linear Regions in Deep Networks. ICML 2019 (arXiv 1901.09021).
Hanin, Rolnick: Deep ReLU Networks Have Surprisingly Few Activation Patterns. NeurIPS 2019 (arXiv 1906.00904).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise, product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import FloatArray
from ..base.checks import check_number, check_whole
from ..errors import InvalidBoxError, InvalidInputError, TooLargeError, short_repr
from ..network.box import Box
from ..theory.bounds.bound import check_work
from .random_networks import check_network_widths, weight_variance

#: The most units that the formulas take: more have no meaning.
MAX_UNITS = 10**15

# The constants.


def bias_density_bound(bias_std: float) -> float:
    """Return ``c_bias = 1 / (s sqrt(2 pi))``, the largest density of a normal bias of standard deviation s.

    Examples
    --------
    >>> round(bias_density_bound(1e-3), 2)
    398.94
    """
    return 1 / (check_number("bias_std", bias_std) * math.sqrt(2 * math.pi))


def mean_squared_gradient(widths: Sequence[int], init: str = "he") -> FloatArray:
    """Return ``E ||grad z_u(x)||^2`` for the units u of each hidden layer, the same at all points x.

    Exact, for biases with a density: ``d v_1`` in the first layer, and in layer l ``n_{l-1} v_l / 2`` times
    the value of the layer below, where v_l is the variance of a weight.

    Proof. Let w be the weights of a unit in layer l. Its gradient is ``sum_j w_j 1{j on} grad z_j`` over the
    units j below. Since w does not depend on the layers below and ``E[w w^T] = v_l I``, its mean squared
    length is ``v_l sum_j E[1{j on} ||grad z_j||^2]``. Turn the signs of the weights and the bias of j: the
    law of the layer stays (for an orthogonal one too), so does ``||grad z_j||``, but j is on where it was
    off, as its pre-activation is 0 with probability 0. So the indicator is worth a half.

    In the same way ``E[grad z_u grad z_u^T]`` is a multiple of the identity: ``v^T grad z_u`` has the mean
    square ``E ||grad z_u||^2 / d`` for each unit vector v.

    Parameters
    ----------
    widths : sequence of int
        ``[inputs, n_1, ..., n_L, outputs]``.
    init : str
        A name in :data:`~polyregions.statistics.random_networks.INITIALISATIONS`.

    Returns
    -------
    float64 (L,)

    Examples
    --------
    >>> mean_squared_gradient([2, 10, 20, 1], "he"), mean_squared_gradient([2, 10, 20, 1], "orthogonal")
    (array([2., 2.]), array([0.4, 0.2]))
    """
    sizes = check_network_widths(widths)
    # The first layer's inputs are all "on".
    factors = [
        fan_in * weight_variance(init, fan_in, fan_out) / (2 if layer else 1)
        for layer, (fan_in, fan_out) in enumerate(pairwise(sizes[:-1]))
    ]
    return np.asarray(np.cumprod(factors), dtype=np.float64)


def gradient_bound(widths: Sequence[int], init: str = "he") -> float:
    """Return ``c_grad``, the least constant with ``E ||grad z_u(x)||^2 <= c_grad^2`` for all units.

    Then ``E ||grad z_u(x)|| <= c_grad`` too (Jensen), so the constant serves k = 1 and k = 2. Higher
    moments are larger: for k > 2 bounds need a constant of their own.

    Examples
    --------
    >>> round(gradient_bound([784, 64, 64, 10]), 9)
    1.414213562
    """
    return math.sqrt(mean_squared_gradient(widths, init).max())


# Bounds, for networks of any depth. Numbers of things first, then geometry, then the constants.


def boundary_volume_bound(n_units: int, k: int, c_grad: float, c_bias: float) -> float:
    """Return ``C(N, k) (c_grad c_bias)^k``: the k-fold boundaries have at most this volume per unit volume.

    The derivation above, for ReLU. It is 2^k times sharper than :func:`published_boundary_volume_bound`. For
    activation boundaries, hence for those where the gradient of the network jumps.

    Examples
    --------
    >>> boundary_volume_bound(10, 1, c_grad=2**0.5, c_bias=bias_density_bound(0.5))
    11.28...
    """
    n, k, constant = _units(n_units), check_whole("k", k, 0), _constant(c_grad, c_bias)
    if k > n:
        return 0.0
    check_work(k * k * n.bit_length())
    sets = math.comb(n, k)
    if max(sets.bit_length(), k * abs(math.log2(constant))) < 1000:
        return sets * constant**k
    return _exp(math.log(sets) + k * math.log(constant))


def published_boundary_volume_bound(n_units: int, k: int, c_grad: float, c_bias: float) -> float:
    """Return ``C(N, k) (2 c_grad c_bias)^k`` (Hanin and Rolnick, ICML 2019, Theorem 3).

    Examples
    --------
    >>> published_boundary_volume_bound(4, 2, c_grad=1, c_bias=0.5)
    6.0
    """
    _constant(c_grad, c_bias)
    return boundary_volume_bound(n_units, k, 2 * c_grad, c_bias)


def line_regions_bound(n_units: int, length: float, c_grad: float, c_bias: float) -> float:
    """Return ``1 + N c_grad c_bias length``: a segment meets at most so many regions in the mean.

    It has one region more than points where a unit switches. These are the boundaries of the network on the
    segment, and a derivative along it is at most the gradient (Hanin and Rolnick, ICML 2019, Corollary 4).
    Its mean square is the d-th part of the gradient's (:func:`mean_squared_gradient`), so for the networks
    of that function ``c_grad / sqrt(d)`` may stand for ``c_grad``.

    Examples
    --------
    >>> line_regions_bound(8, 3, c_grad=1, c_bias=0.5)
    13.0
    """
    n, length = _units(n_units), check_number("length", length)
    return 1 + n * _constant(c_grad, c_bias) * length


def distance_bound(n_units: int, c_grad: float, c_bias: float) -> float:
    """Return ``1 / (4 N c_grad c_bias)``: the mean distance to the nearest boundary is at least this.

    Pointwise in x, in R^d (the sides of a box are no boundaries). The distance is the least
    ``|z_u + b_u| / ||grad z_u||``. Neither z_u nor its gradient depends on b_u; so a unit is nearer than t
    with a probability of at most ``E[2 t ||grad z_u|| c_bias] <= 2 t c_grad c_bias``, and one of N with at
    most ``t / T``, ``T = 1 / (2 N c_grad c_bias)``. The mean is ``int P(distance >= t) dt``, at least
    ``int_0^T (1 - t / T) dt = T / 2``. Hanin and Rolnick (ICML 2019, Corollary 5) have some constant for 1/4.

    Examples
    --------
    >>> distance_bound(5, c_grad=1, c_bias=0.5)
    0.1
    """
    return 1 / (4 * _units(n_units) * _constant(c_grad, c_bias))


def regions_bound(n_units: int, inputs: int, side: float, c_grad: float, c_bias: float) -> float:
    """Return ``(T N)^d / d! side^d``, ``T = 32 c_grad c_bias``; 2^N if N < d. For a cube with the given side.

    The mean number of activation regions is at most this (Hanin and Rolnick, NeurIPS 2019, Theorem 5), if the
    side is at least ``1 / (15 c_grad c_bias)``, for ``c_grad`` with all moments up to d.

    Why 32 and 15, for N >= d. Every region has a vertex in the cube. At a vertex inside a k-dimensional face
    of the cube k units switch, so it belongs to at most 2^k regions. There are ``C(d, k) 2^(d-k)`` such
    faces. With ``c = c_grad c_bias side`` the mean is at most ``sum_k C(d, k) 2^(d-k) 2^k C(N, k) c^k``.
    Since ``C(N, k) <= N^d / d!`` that is at most ``N^d / d! (2 + 2 c)^d``, and ``2 + 2 c <= 32 c`` for
    ``c >= 1/15``.

    Raises
    ------
    InvalidInputError
        If the cube is smaller than that: it always has one region, however small it is.

    Examples
    --------
    >>> regions_bound(8, 2, side=2, c_grad=1, c_bias=0.25)      # (8 * 8 * 2)^2 / 2!
    8192.0
    >>> regions_bound(2, 3, side=2, c_grad=1, c_bias=0.25)
    4.0
    """
    n, d = _units(n_units), check_whole("inputs", inputs)
    constant, length = _constant(c_grad, c_bias), check_number("side", side)
    if n < d:
        return _exp(n * math.log(2)) if n > 1000 else 2.0**n
    if 15 * constant * length < 1:
        raise InvalidInputError(
            f"side {length:g} is too small: the bound holds for cubes with sides of at least "
            f"1 / (15 c_grad c_bias) = {1 / (15 * constant):g}"
        )
    return _power_over_factorial(32 * constant * length * n, d)


def typical_regions(n_units: int, inputs: int) -> float:
    """Return ``N^d / d!``, what is seen in a window that holds most of the boundaries, whatever the depth.

    No bound, but the yardstick of Hanin and Rolnick (NeurIPS 2019): for one layer the maximum is
    ``C(N, d)`` and lower terms.

    Examples
    --------
    >>> typical_regions(100, 2)
    5000.0
    """
    n, d = _units(n_units), check_whole("inputs", inputs)
    return _power_over_factorial(n, d)


# Closed forms for one layer: weights normal of standard deviation s_w, biases of standard deviation s_b.


def mean_norm(inputs: int, weight_std: float) -> float:
    """Return ``E ||w|| = s_w sqrt(2) Gamma((d + 1) / 2) / Gamma(d / 2)``, the mean of the chi distribution.

    Examples
    --------
    >>> round(mean_norm(1, 1), 4), round(mean_norm(2, 1), 4)        # sqrt(2 / pi), sqrt(pi / 2)
    (0.7979, 1.2533)
    """
    d = check_whole("inputs", inputs)
    ratio = math.exp(math.lgamma((d + 1) / 2) - math.lgamma(d / 2))
    return check_number("weight_std", weight_std) * math.sqrt(2) * ratio


def boundary_density(points: ArrayLike, weight_std: float, bias_std: float) -> FloatArray:
    """Return the expected boundary volume of one unit per unit volume at points (n, d); (n,).

    It is ``E[||w|| phi(w.x)]``. Let w_1 be the part of w along x. With ``s^2 = s_b^2 + s_w^2 |x|^2``,
    ``phi(w.x)`` times the density of w_1 is ``1 / (s sqrt(2 pi))`` times a normal density of variance
    ``s_w^2 (1 - m)``, ``m = s_w^2 |x|^2 / s^2``. So the mean length is that of a normal vector with one short
    axis: that of a round one, times ``E sqrt(1 - m T)``, where T is the square of a coordinate of a random
    direction. It is Beta(1/2, (d - 1)/2), and the factor is ``2F1(-1/2, 1/2; d/2; m)`` (Euler's integral), 1
    at x = 0.

    Examples
    --------
    >>> boundary_density([[0.0, 0.0], [1.0, 1.0]], weight_std=1, bias_std=0.5).round(4)
    array([1.    , 0.2363])
    """
    from scipy.special import hyp2f1

    try:
        x = np.asarray(points)
    except ValueError as error:
        raise InvalidInputError("points: rows have different lengths") from error
    if x.dtype.kind not in "fiu" or x.ndim != 2 or x.shape[1] == 0 or not np.isfinite(x).all():
        raise InvalidInputError(f"points must be finite, of shape (n, d), got {short_repr(points)}")
    d = x.shape[1]
    length = mean_norm(d, weight_std)
    along = weight_std * np.linalg.norm(x, axis=1)
    s = np.hypot(check_number("bias_std", bias_std), along)
    return np.asarray(length / (s * math.sqrt(2 * math.pi)) * hyp2f1(-0.5, 0.5, d / 2, (along / s) ** 2))


def meeting_probability(k: int, box: Box, weight_std: float, bias_std: float) -> float:
    """Return the probability that the hyperplanes of k units of one layer meet in a box; d <= 2.

    *k = 1.* A hyperplane separates points p and q if ``(w, b)`` does so with the vectors ``(s_w p, s_b)`` and
    ``(s_w q, s_b)``: with the probability angle / pi. That is the answer for a segment. A line that
    meets a rectangle cuts two of its sides, so there it is half the sum over the sides.

    *k = d = 2.* The lines meet at the point whose vector ``(s_w x, s_b)`` is orthogonal to two standard
    normal vectors, so its direction is uniform. The probability is the solid angle of the rectangle
    ``s_w box x {s_b}``, divided by the 2 pi of a hemisphere: a sum over the corners (u, v, s_b) of
    ``+- atan(u v / (s_b sqrt(u^2 + v^2 + s_b^2)))``.

    Raises
    ------
    InvalidInputError
        If k is not 1, ..., d, or a number cannot be used.
    InvalidBoxError
        If the box has more than two dimensions: no closed form is known then.

    Examples
    --------
    >>> square = Box.cube(2, -1, 1)
    >>> [round(meeting_probability(k, square, weight_std=1, bias_std=0.5), 4) for k in (1, 2)]
    [0.9291, 0.5903]
    """
    if not isinstance(box, Box):
        raise InvalidInputError(f"box: expected a Box, got {type(box).__name__}")
    if box.dim > 2:
        raise InvalidBoxError(
            f"box: closed forms are for 1 or 2 dimensions, got {box.dim}; "
            "expected_boundary_volume estimates vertices in any"
        )
    if check_whole("k", k) > box.dim:
        raise InvalidInputError(f"k must be at most the dimension {box.dim}, got {k}")
    w, b = check_number("weight_std", weight_std), check_number("bias_std", bias_std)
    corners = [
        np.append(w * np.array(corner), b) for corner in product(*zip(box.lower, box.upper, strict=True))
    ]
    if k == 2:
        angles = [u * v / (b * math.sqrt(u * u + v * v + b * b)) for u, v, _ in corners]
        # The corners are in the order lower-lower, lower-upper, upper-lower, upper-upper.
        signed = zip((1, -1, -1, 1), angles, strict=True)
        return sum(sign * math.atan(angle) for sign, angle in signed) / (2 * math.pi)
    if box.dim == 1:
        return _angle(corners[0], corners[1]) / math.pi
    sides = ((0, 1), (1, 3), (3, 2), (2, 0))
    return sum(_angle(corners[i], corners[j]) for i, j in sides) / (2 * math.pi)


def one_layer_regions(n_units: int, box: Box, weight_std: float, bias_std: float) -> float:
    """Return the expected number of activation regions of one layer in a box, d <= 2.

    ``1 + sum_k C(n, k) P(k given hyperplanes meet in the box)``: an arrangement in general position has one
    region for each flat that meets the open box, the whole space among them (Zaslavsky 1975).

    For one input that is one more than the expected number of breakpoints, ``n (2 / pi) atan(h s_w / s_b)``
    for the box [-h, h].

    Examples
    --------
    >>> round(one_layer_regions(5, Box([-1], [1]), weight_std=2**0.5, bias_std=0.5), 6)
    4.918266
    >>> round(one_layer_regions(6, Box.cube(2, -1, 1), weight_std=1, bias_std=0.5), 2)
    15.43
    """
    n = _units(n_units)
    if not isinstance(box, Box):
        raise InvalidInputError(f"box: expected a Box, got {type(box).__name__}")
    terms = [
        math.comb(n, k) * meeting_probability(k, box, weight_std, bias_std) for k in range(1, box.dim + 1)
    ]
    return 1 + sum(terms)


def _angle(p: FloatArray, q: FloatArray) -> float:
    """Angle between two vectors, exact for nearly parallel ones too (Kahan)."""
    # The scale does not matter; squares must stay within the range of float64.
    p, q = p / np.abs(p).max(), q / np.abs(q).max()
    p, q = p / np.linalg.norm(p), q / np.linalg.norm(q)
    return float(2 * np.arctan2(np.linalg.norm(p - q), np.linalg.norm(p + q)))


def _units(n_units: Any) -> int:
    n = check_whole("n_units", n_units)
    if n > MAX_UNITS:
        raise TooLargeError(f"n_units is about 1e{math.log10(n):.0f}, the limit is {MAX_UNITS:.0e}")
    return n


def _power_over_factorial(base: float, d: int) -> float:
    """``base^d / d!``, infinite beyond the range of float64."""
    if d < 100:
        return math.prod(base / j for j in range(1, d + 1))
    return _exp(d * math.log(base) - math.lgamma(d + 1))


def _exp(logarithm: float) -> float:
    """The number with this logarithm, infinite beyond the range of float64."""
    try:
        return math.exp(logarithm)
    except OverflowError:
        return math.inf


def _constant(c_grad: Any, c_bias: Any) -> float:
    return check_number("c_grad", c_grad) * check_number("c_bias", c_bias)
