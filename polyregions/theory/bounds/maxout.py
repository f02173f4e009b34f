"""Bounds for maxout networks, and one upper bound for every network, by the numbers of states of the units.

``ranks[l][i]`` is the number of states of unit i of layer l: k for a maxout unit of rank k, T + 1 for a
scalar unit with T breakpoints (ReLU, leaky ReLU, absolute value 2; hard tanh 3), 1 for a linear unit. The
lower bounds need maxout units; where they say rank k, more pieces do no harm, since a piece may be there
twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate
from math import ceil, comb, factorial, isfinite, prod

from ...base.checks import check_whole
from ...errors import InvalidInputError
from .bound import Bound, check_ranks, check_work, conditional, narrower, regions_in_general_position

Ranks = Sequence[Sequence[int]]


def maxout_layer(inputs: int, ranks: Sequence[int]) -> int:
    """Largest number of regions of one maxout layer with biases and units of ranks k_i.

    ``sum_{j <= n0} e_j(k_1 - 1, ..., k_m - 1)`` with the elementary symmetric polynomials e_j (Montufar, Ren,
    Zhang 2021). It is attained, by units that are convex functions of one linear form each.

    Examples
    --------
    >>> maxout_layer(2, [4, 2, 3])
    18
    """
    n0, (layer,) = check_ranks(inputs, [ranks])
    symmetric = [1] + [0] * min(n0, len(layer))
    for rank in layer:
        for j in range(len(symmetric) - 1, 0, -1):
            symmetric[j] += (rank - 1) * symmetric[j - 1]
    return sum(symmetric)


def network_upper_bound(inputs: int, ranks: Ranks) -> Bound:
    """Return ``prod_l maxout_layer(min(n0, ..., n_{l-1}), ranks_l)``, for networks of layers of any kind.

    On a region of the layers below, the input of layer l is an affine function of x, of a rank r of at most
    ``m = min(n0, ..., n_{l-1})``. It maps the region into an affine space of dimension r, openly, and layer l
    restricted to this space is a layer of the same ranks with r inputs. So layer l splits the region into at
    most ``maxout_layer(r, ranks_l) <= maxout_layer(m, ranks_l)`` parts with different states.

    A scalar unit with breakpoints t_1 < ... < t_T has the states of a maxout unit with the pieces
    ``s z - (t_1 + ... + t_s)``, s = 0, ..., T, of which piece s is the largest for t_s <= z <= t_{s+1}. For
    layers of such units the bound also follows by adding them one by one: the T hyperplanes of a unit are
    parallel, and each adds at most as many regions as the units before it make of a hyperplane, which has one
    dimension less.

    For ReLU this is the bound ``montufar_2017``. ``serra_upper`` may be smaller.

    Parameters
    ----------
    inputs : int
        Number of inputs n0.
    ranks : sequence of sequence of int
        Numbers of states, for each layer and unit. Of a network ``net`` these are
        ``[layer.pieces.n_states for layer in net.layers]``.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, or a layer has no unit.
    TooLargeError
        If the numbers are too large to be worked out.

    Examples
    --------
    Two hard tanh units (3 states each) and then two leaky ReLU units, in the plane:

    >>> network_upper_bound(2, [[3, 3], [2, 2]]).value
    36
    """
    n0, layers = check_ranks(inputs, ranks)
    dimensions = accumulate((n0, *map(len, layers[:-1])), min)
    value = prod(maxout_layer(m, layer) for m, layer in zip(dimensions, layers, strict=True))
    source = "Montufar, Ren, Zhang (2021) layer after layer"
    return Bound("layer by layer", source, "upper", value, "none")


def maxout_patterns(inputs: int, ranks: Ranks) -> Bound:
    """Return the product of the numbers of states of all units, ``k^N`` for rank k.

    Examples
    --------
    >>> maxout_patterns(2, [[3, 3], [2]]).value
    18
    """
    _, layers = check_ranks(inputs, ranks)
    value = prod(k for layer in layers for k in layer)
    return Bound("patterns", "a pattern has at most one region", "upper", value, "none")


def maxout_layer_lower(inputs: int, ranks: Ranks) -> Bound:
    """Return ``k^min(n0, n1)`` for one layer of rank k: each unit is a convex function of its own input.

    Examples
    --------
    >>> maxout_layer_lower(2, [[3, 3, 3]]).value
    9
    """
    n0, (layer, *rest) = check_ranks(inputs, ranks)
    value = min(layer) ** min(n0, len(layer))
    source = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Proposition 7"
    failures = [_several(len(rest) + 1)]
    return conditional(
        "Montufar et al. 2014, layer", source, "lower", value, "L = 1", failures, "linear regions"
    )


def maxout_layer_upper(inputs: int, ranks: Ranks) -> Bound:
    """Return ``min(S(k^2 n1, n0), k^n1)`` for one layer of n1 units of rank k.

    Examples
    --------
    >>> maxout_layer_upper(2, [[3, 3, 3]]).value
    27
    """
    n0, (layer, *rest) = check_ranks(inputs, ranks)
    n1, k = len(layer), max(layer)
    # For n0 >= n1 the sum is at least k^n1 with its first n1 + 1 terms already.
    value = min(regions_in_general_position(k * k * n1, min(n0, n1)), k**n1)
    source = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Proposition 7"
    return conditional(
        "Montufar et al. 2014, layer", source, "upper", value, "L = 1", [_several(len(rest) + 1)]
    )


def maxout_montufar_2014(inputs: int, ranks: Ranks) -> Bound:
    """Return ``k^(L-1) k^n0`` for L layers of at least n0 units of rank k.

    False for n0 = 1, k >= 3 and two or more layers: there :func:`maxout_chain` is the maximum, and it is
    less. In all other cases it follows from :func:`maxout_folds`, which is at least as large.

    Examples
    --------
    >>> maxout_montufar_2014(2, [[3, 3], [3, 3]]).value
    27
    >>> maxout_montufar_2014(1, [[3], [3]]).applies
    False
    """
    n0, layers = check_ranks(inputs, ranks)
    k, depth = _least_rank(layers), len(layers)
    chain = "n0 = 1, rank >= 3 and L >= 2: the theorem is false there, see maxout_chain"
    failures = [
        narrower([len(layer) for layer in layers], n0),
        _linear(k),
        chain if n0 == 1 and k >= 3 and depth > 1 else "",
    ]
    source = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Theorem 8"
    hypothesis = "every width >= n0, every rank >= 2; and n0 >= 2, or rank 2, or L = 1"
    value = k ** (depth - 1 + n0)
    return conditional("Montufar et al. 2014", source, "lower", value, hypothesis, failures, "linear regions")


def maxout_folds(inputs: int, ranks: Ranks) -> Bound:
    """Return ``prod_{l<L} c_l * k_L^n0`` with ``c_l = (2 k_l)^floor(n0/2) * 2^(n0 mod 2)``, for ranks k_l.

    Take the inputs of a layer in pairs, and two units of rank k for each pair: the support functions h of a
    regular k-gon and h' of the same one turned by a half of its angle, ``max_j <v_j, y>``. Their kinks
    alternate and make 2 k cones in the plane. On each, (h, h') is linear with slopes <v, y>, <v', y>, where v
    and v' are pi / k apart; and on its two sides h'/h is ``1 / cos(pi / k)`` and ``cos(pi / k)``. So all 2 k
    cones have the same image, a cone. An input that is left over gets a tent, |y|, with two intervals of the
    same image. Put the apex of the next layer into the interior of the image, and near it the same happens
    again: ``prod c_l`` pieces have a common image. The last layer cuts it into a grid, of k_L intervals in
    each coordinate.

    A linear form of its own, generic, added to all pieces of a last unit makes the maps of neighbours differ.

    Examples
    --------
    >>> maxout_folds(2, [[3, 3], [3, 3]]).value    # 6 * 3^2
    54
    """
    n0, layers = check_ranks(inputs, ranks)
    *folds, last = (min(layer) for layer in layers)
    value = prod((2 * k) ** (n0 // 2) * 2 ** (n0 % 2) for k in folds) * last**n0
    failures = [narrower([len(layer) for layer in layers], n0), _linear(_least_rank(layers))]
    hypothesis = "every width >= n0, every rank >= 2"
    source = "derived in polyregions.theory.bounds.maxout_folds"
    return conditional("folds and fans", source, "lower", value, hypothesis, failures, "linear regions")


def maxout_layer_maximum(inputs: int, ranks: Ranks) -> Bound:
    """Return :func:`maxout_layer`, the maximum for one layer.

    Examples
    --------
    >>> maxout_layer_maximum(2, [[3, 3, 3]]).value
    19
    """
    n0, (layer, *rest) = check_ranks(inputs, ranks)
    failures = [_several(len(rest) + 1)]
    source = "Montufar, Ren, Zhang (2021)"
    return conditional("one layer", source, "exact", maxout_layer(n0, layer), "L = 1", failures)


def maxout_chain(inputs: int, ranks: Ranks) -> Bound:
    """Return ``1 + sum_l (k_l - 1) 2^(l-1)``, the maximum for one input and layers of one unit, of ranks k_l.

    For a constant rank this is ``(k - 1) (2^L - 1) + 1``. At most: layer l changes its state at k_l - 1
    levels of its input. A convex function takes a value at two points at most, or on the whole interval of
    its minimum, whose ends are changes of its own state. So the composition of l - 1 of them crosses a level
    at 2^(l-1) points at most that were not counted yet. At least: let each layer map [0, 1] two-to-one onto
    itself, with k_l - 2 generic kinks more; every level in (0, 1) is then crossed 2^(l-1) times. A layer of
    rank 1 does not double.

    Examples
    --------
    >>> maxout_chain(1, [[3], [3]]).value
    7
    """
    n0, layers = check_ranks(inputs, ranks)
    widest = max(map(len, layers))
    chain = [layer[0] for layer in layers]
    doublings = accumulate((1, *(min(2, k) for k in chain[:-1])), lambda a, b: a * b)
    value = 1 + sum((k - 1) * copies for k, copies in zip(chain, doublings, strict=True))
    failures = [
        f"there are {n0} inputs" if n0 > 1 else "",
        f"a layer has {widest} units" if widest > 1 else "",
    ]
    source = "derived in polyregions.theory.bounds.maxout_chain"
    return conditional("chain", source, "exact", value, "n0 = 1, every width = 1", failures)


def maxout_serra(inputs: int, ranks: Ranks) -> Bound:
    """Return ``prod_l S(k (k - 1) / 2 * n_l, min(n0, ..., n_l))``: a hyperplane for any two pieces of a unit.

    With units of several ranks the number of hyperplanes is the sum over the units. It is never below
    :func:`network_upper_bound`: C(n, j) (k - 1)^j <= C((k - 1) n, j), and k - 1 is at most k (k - 1) / 2.

    Examples
    --------
    >>> maxout_serra(2, [[3, 3, 3]]).value         # S(9, 2)
    46
    """
    n0, layers = check_ranks(inputs, ranks)
    dimensions = list(accumulate((n0, *map(len, layers)), min))[1:]
    value = prod(
        regions_in_general_position(sum(comb(k, 2) for k in layer), m)
        for m, layer in zip(dimensions, layers, strict=True)
    )
    source = "Serra, Tjandraatmadja, Ramalingam (ICML 2018)"
    return Bound("Serra et al. 2018", source, "upper", value, "none")


def tseran_montufar_2021(
    inputs: int, units: int, rank: int, C_grad: float, C_bias: float, side: float
) -> Bound:
    """Bound the expected number of activation regions in a cube, for random maxout networks of any depth.

    ``(T K N)^n0 * C(K n0, 2 n0) / n0! * side^n0`` with ``T = 32 C_grad C_bias``, rounded up, for N >= n0
    units of rank K; for fewer units K^N, which every network obeys. This is the mean over random parameters:
    single networks may have more. The formula is that of the authors' own code; no proof of it is given here.

    Parameters
    ----------
    inputs, units, rank : int
        n0, N and K >= 2.
    C_grad : float
        The n0-th moments of the gradients of all pre-activation features, for every x, are at most
        ``C_grad^n0``.
    C_bias : float
        The conditional densities of any t biases are at most ``C_bias^t``.
    side : float
        Side of the cube; the theorem is for sides of at least ``1 / (2 C_grad C_bias)``.

    Raises
    ------
    InvalidInputError
        If a constant is not positive and finite, or a number is not whole.

    Examples
    --------
    >>> tseran_montufar_2021(1, units=5, rank=2, C_grad=1, C_bias=1, side=2).value
    640
    """
    n0, N, K = (check_whole(*pair) for pair in (("inputs", inputs), ("units", units), ("rank", rank)))
    check_work(K * n0 * n0 + N * K.bit_length())
    for name, constant in (("C_grad", C_grad), ("C_bias", C_bias), ("side", side)):
        if not (isinstance(constant, int | float) and isfinite(constant) and constant > 0):
            raise InvalidInputError(f"{name} must be a positive finite number, got {constant!r}")
    scale = Fraction(C_grad) * Fraction(C_bias)
    density = (32 * scale * K * N) ** n0 * comb(K * n0, 2 * n0) / factorial(n0)
    value = ceil(density * Fraction(side) ** n0) if n0 <= N else K**N
    failures = [
        _linear(K),
        "the side is too short" if n0 <= N and Fraction(side) * 2 * scale < 1 else "",
    ]
    source = "Tseran, Montufar (NeurIPS 2021)"
    hypothesis = "rank >= 2, side >= 1 / (2 C_grad C_bias)"
    return conditional("Tseran, Montufar 2021", source, "expected", value, hypothesis, failures)


#: All bounds for maxout networks, in the order of the tables.
MAXOUT_BOUNDS = (
    maxout_layer_lower,
    maxout_montufar_2014,
    maxout_folds,
    maxout_layer_maximum,
    maxout_chain,
    network_upper_bound,
    maxout_serra,
    maxout_layer_upper,
    maxout_patterns,
)


def maxout_bounds(inputs: int, ranks: Ranks) -> list[Bound]:
    """Return every bound for maxout networks of a shape, those whose hypothesis fails included.

    Examples
    --------
    >>> for bound in maxout_bounds(2, [[3, 3], [3, 3]]):
    ...     print(f"{bound.name} ({bound.kind}): {bound.value or bound.reason}")
    Montufar et al. 2014, layer (lower): there are 2 layers
    Montufar et al. 2014 (lower): 27
    folds and fans (lower): 54
    one layer (exact): there are 2 layers
    chain (exact): there are 2 inputs; a layer has 2 units
    layer by layer (upper): 81
    Serra et al. 2018 (upper): 484
    Montufar et al. 2014, layer (upper): there are 2 layers
    patterns (upper): 81
    """
    return [bound(inputs, ranks) for bound in MAXOUT_BOUNDS]


def _least_rank(layers: Sequence[Sequence[int]]) -> int:
    return min(k for layer in layers for k in layer)


def _linear(rank: int) -> str:
    return "a unit has rank 1" if rank == 1 else ""


def _several(depth: int) -> str:
    return f"there are {depth} layers" if depth > 1 else ""
