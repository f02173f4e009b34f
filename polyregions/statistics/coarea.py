"""The expected volume of the boundaries of a random network, by the co-area formula.

Where k units switch at once is a set B_k of dimension d - k: walls for k = 1, vertices for k = d. Write
``z_u(x)`` for the pre-activation of unit u *without its bias*; u switches where ``b_u = -z_u(x)``. By the
co-area formula, for weights with any law and independent normal biases of standard deviation s,

    E[vol(B_k in K)] = sum over sets U of k units of
                       int_K E[ sqrt(det J J^T) prod_{u in U} phi_s(z_u(x)) ] dx,

with the gradients of the z_u, u in U, as the rows of J, and phi_s the density of a bias (Hanin and Rolnick:
Complexity of Linear Regions in Deep Networks, ICML 2019). Here the integral, the sum over U and the
expectation are one Monte Carlo mean: a network, a point and a set U are drawn together. Nothing is
enumerated, so the answer is independent of the engines.

What is easily missed: the expectation is over networks whose biases are *such that all of U switch at x*. A
unit of U in a higher layer sees those in lower layers with the pre-activation 0, hence the output 0, not
with the output that their drawn biases give. So the units of U are pinned: their output is 0. Which
gradient they hand on does not matter. Were a pinned unit u taken as on, ``grad z_v`` would gain a multiple of
``grad z_u`` for each v above, since z_v is affine in the output of u near x; such row operations leave
``det J J^T`` as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray
from ..base.checks import check_number, check_whole
from ..errors import InvalidBoxError, InvalidInputError, TooLargeError, counted, short_repr
from ..network.box import Box
from .estimates import Estimate, estimate
from .random_networks import BIAS_STD, check_network_widths, check_seed, draw_layers

Boundary = Literal["activation", "good"]

#: About so many numbers are held in one array: networks are drawn in batches.
BATCH = 2**20
#: One of the sets of k units is drawn for each network: there is no hope to hit those that matter among more.
MAX_SETS = 10**15


def expected_boundary_volume(
    widths: Sequence[int],
    box: Box,
    k: int = 1,
    *,
    init: str = "he",
    bias_std: float = BIAS_STD,
    boundary: Boundary = "activation",
    samples: int = 10_000,
    seed: int | np.random.Generator,
) -> Estimate:
    """Estimate the expected (d - k)-volume of a random network's k-fold boundaries in a box.

    For k = 1 and one input it is the expected number of breakpoints, for k = 1 and two inputs the length
    of the boundaries, for k = d the number of vertices inside the box.

    Parameters
    ----------
    widths : sequence of int
        ``[inputs, n_1, ..., n_L, outputs]``.
    box : Box
        The result is for the whole box; divide by ``box.volume`` for a density.
    k : int
        How many units switch at once, 1 to d.
    init, bias_std, seed
        As in :func:`~polyregions.statistics.random_networks.random_network`, with ``bias_std > 0``. The
        smaller it is, the rarer are the samples that contribute, and the larger the standard error.
    boundary : {"activation", "good"}
        "activation": where a unit switches. "good": only where from each of the k units a path of active
        units leads to the output; with probability 1 that is where the gradient of the network jumps. The
        path may run through others of the k units: there is boundary on the side where they are active.
    samples : int
        How many networks are drawn, at least 2.

    Raises
    ------
    InvalidInputError
        If a number, a name or the seed cannot be used.
    InvalidBoxError
        If the box has not the network's dimension.
    TooLargeError
        If the network is too large to be drawn, or there are more than :data:`MAX_SETS` sets of k units.

    Examples
    --------
    One layer with one input has (2 n / pi) atan(h s_w / s_b) breakpoints in [-h, h], here 3.918:

    >>> volume = expected_boundary_volume([1, 5, 1], Box([-1], [1]), bias_std=0.5, seed=0)
    >>> volume.contains(3.918, 4), volume.standard_error < 0.04
    (True, True)
    """
    sizes = check_network_widths(widths)
    d, n_units = sizes[0], sum(sizes[1:-1])
    if not isinstance(box, Box):
        raise InvalidInputError(f"box: expected a Box, got {type(box).__name__}")
    if box.dim != d:
        raise InvalidBoxError(f"box: it has {box.dim} dimension(s) but the network has {d} input(s)")
    if check_whole("k", k) > min(d, n_units):
        raise InvalidInputError(
            f"k must be at most {min(d, n_units)}, for {counted(d, 'input')} and "
            f"{counted(n_units, 'unit')}; got {k}"
        )
    if boundary not in get_args(Boundary):
        raise InvalidInputError(
            f"boundary {short_repr(boundary)} is unknown; known: {', '.join(get_args(Boundary))}"
        )
    check_number("bias_std", bias_std)
    sets = math.comb(n_units, k)
    if sets > MAX_SETS:
        raise TooLargeError(
            f"k = {k}: there are 1e{math.log10(sets):.0f} sets of k units, "
            f"the limit is 1e{math.log10(MAX_SETS):.0f}"
        )
    rng = check_seed(seed)
    left = check_whole("samples", samples, 2)

    largest = max(n * max(m, d) for m, n in pairwise(sizes))
    batch = max(1, BATCH // largest)
    values = []
    while left > 0:
        size = min(batch, left)
        layers = draw_layers(sizes, size, init, bias_std, rng)
        x = rng.uniform(box.lower, box.upper, (size, d))
        if k == 1 and boundary == "activation":
            # All units at once: a pinned unit matters only to those above, and here to none.
            z, gradients, _ = _forward(layers, x, np.zeros((size, n_units), dtype=np.bool_))
            values.append((np.linalg.norm(gradients, axis=2) * _density(z, bias_std)).sum(axis=1))
        else:
            values.append(sets * _one_set_each(layers, x, k, boundary, bias_std, rng))
        left -= size
    return estimate(np.concatenate(values) * box.volume)


def _one_set_each(
    layers: Sequence[tuple[FloatArray, FloatArray]],
    x: FloatArray,
    k: int,
    boundary: Boundary,
    bias_std: float,
    rng: np.random.Generator,
) -> FloatArray:
    """The integrand for one random set of k units of each network; (samples,)."""
    n_units = sum(biases.shape[1] for _, biases in layers[:-1])
    pinned = np.zeros((len(x), n_units), dtype=np.bool_)
    chosen = np.argsort(rng.random(pinned.shape), axis=1)[:, :k]
    np.put_along_axis(pinned, chosen, True, axis=1)
    z, gradients, good = _forward(layers, x, pinned)
    J = np.take_along_axis(gradients, chosen[:, :, None], axis=1)
    # The product of the singular values, without squaring them.
    volume = np.linalg.svd(J, compute_uv=False).prod(axis=1)
    value = volume * _density(np.take_along_axis(z, chosen, axis=1), bias_std).prod(axis=1)
    if boundary == "good":
        value = np.where(np.take_along_axis(good, chosen, axis=1).all(axis=1), value, 0.0)
    return np.asarray(value)


def _forward(
    layers: Sequence[tuple[FloatArray, FloatArray]], x: FloatArray, pinned: NDArray[np.bool_]
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Pass one point (samples, d) through each network, the output of pinned units (samples, N) being 0.

    Returns
    -------
    z : float64 (samples, N)
        Pre-activations of all hidden units, without their own biases.
    gradients : float64 (samples, N, d)
        Their gradients in x.
    good : bool (samples, N)
        Whether a path of units that are active or pinned leads from the unit to the output. Weights are not
        0, so this is whether all layers above have such a unit.
    """
    samples, d = x.shape
    outputs, jacobian = x, np.broadcast_to(np.eye(d), (samples, d, d))
    all_z, all_gradients, passable = [], [], []
    first = 0
    for weights, biases in layers[:-1]:
        z, gradients = (weights @ outputs[:, :, None])[:, :, 0], weights @ jacobian
        pinned_here = pinned[:, first : first + z.shape[1]]
        active = (z + biases > 0) & ~pinned_here
        outputs, jacobian = np.where(active, z + biases, 0.0), gradients * active[:, :, None]
        first += z.shape[1]
        all_z.append(z)
        all_gradients.append(gradients)
        passable.append((active | pinned_here).any(axis=1))
    good: NDArray[np.bool_] = np.ones(samples, dtype=np.bool_)
    all_good = []
    for z, passable_here in zip(all_z[::-1], passable[::-1], strict=True):
        all_good.append(np.broadcast_to(good[:, None], z.shape))
        good = good & passable_here
    return (
        np.concatenate(all_z, axis=1),
        np.concatenate(all_gradients, axis=1),
        np.concatenate(all_good[::-1], axis=1),
    )


def _density(z: FloatArray, std: float) -> FloatArray:
    """Density of a bias at z; it is even, so that is its density at -z."""
    with np.errstate(over="ignore"):  # exp(-inf) is 0
        return np.asarray(np.exp(-0.5 * (z / std) ** 2) / (std * math.sqrt(2 * math.pi)))
