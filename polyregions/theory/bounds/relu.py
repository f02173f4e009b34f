"""Bounds for ReLU networks, by the number of inputs n0 and the widths n_1, ..., n_L of the hidden layers.

Lower bounds come from constructions that fold the input: every layer but the last maps many cells onto one
and the same cube, and the last one cuts the cube. Upper bounds follow a region through the layers. On it the
layers below are affine, of a rank of at most n0 and of every width below; so the next layer cuts it like an
arrangement of n_l hyperplanes in a space of that dimension.

What folds give is a number of activation regions. It is one of linear regions as well if n_L > n0: then the
last hyperplanes can be oriented so that in no cell all units of the last layer are off. If n_L <= n0 such
cells are there, and copies of one meet in a fold with equal maps. For n0 = 1 and widths (9, 1) the bound of
2014 is 18, and no network has more than 16 linear regions: the last pre-activation has at most 10 pieces,
each with at most one part above 0, and is below 0 on at most 6 intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from math import comb, prod

from .bound import Bound, Counts, check_widths, conditional, narrower, regions_in_general_position


def pascanu_2013(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_{l<L} floor(n_l / n0) * S(n_L, n0)``, for widths of at least n0.

    Examples
    --------
    >>> pascanu_2013(2, [6, 6]).value           # 3 * S(6, 2)
    66
    """
    n0, (*folds, last) = check_widths(inputs, widths)
    source = "Pascanu, Montufar, Bengio (arXiv 1312.6098)"
    value = prod(n // n0 for n in folds) * regions_in_general_position(last, n0)
    failures = [narrower([*folds, last], n0)]
    return conditional(
        "Pascanu et al. 2013", source, "lower", value, "every width >= n0", failures, _of_folds(n0, last)
    )


def montufar_2014(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_{l<L} floor(n_l / n0)^n0 * S(n_L, n0)``, for widths of at least n0.

    Examples
    --------
    >>> montufar_2014(2, [6, 6]).value          # 3^2 * S(6, 2)
    198
    """
    n0, (*folds, last) = check_widths(inputs, widths)
    source = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Theorem 4"
    value = prod((n // n0) ** n0 for n in folds) * regions_in_general_position(last, n0)
    failures = [narrower([*folds, last], n0)]
    return conditional(
        "Montufar et al. 2014", source, "lower", value, "every width >= n0", failures, _of_folds(n0, last)
    )


def serra_lower(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_{l<L} (floor(n_l / n0) + 1)^n0 * S(n_L, n0)``, for all widths but the last >= 3 n0.

    Why 3: p units of one variable y make p breakpoints; they should map p + 1 intervals onto [0, 1] each,
    with slopes s_0 > 0 > s_1, ... of alternating sign. Unit i adds ``s_i - s_{i-1}`` to the slope right of
    its breakpoint, or, turned around, ``s_{i-1} - s_i`` to the slope left of it. The slopes at the far left
    come out right if ``s_0 = sum of s_{i-1} - s_i over the units turned around``. Turn unit 3 around: since
    s_2 is positive and s_3 negative, ``s_2 = -s_3 = s_0 / 2`` will do. With 2 units or 1 no choice of signs
    does.

    Examples
    --------
    >>> serra_lower(2, [6, 6]).value            # 4^2 * S(6, 2)
    352
    >>> serra_lower(2, [5, 6]).reason
    'a layer has 5 units, fewer than 6'
    """
    n0, (*folds, last) = check_widths(inputs, widths)
    source = "Serra, Tjandraatmadja, Ramalingam (ICML 2018)"
    value = prod((n // n0 + 1) ** n0 for n in folds) * regions_in_general_position(last, n0)
    hypothesis = "every width but the last >= 3 n0"
    failures = [narrower(folds, 3 * n0)]
    return conditional("Serra et al. 2018", source, "lower", value, hypothesis, failures, _of_folds(n0, last))


def telgarsky_2015(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``2^L``, for one input and widths of at least 2: tents m(x) = 2 relu(x) - 4 relu(x - 1/2).

    Examples
    --------
    >>> telgarsky_2015(1, [2, 2, 2]).value
    8
    """
    n0, widths = check_widths(inputs, widths)
    failures = [f"there are {n0} inputs" if n0 > 1 else "", narrower(widths, 2)]
    return conditional(
        "Telgarsky 2015",
        "Telgarsky (arXiv 1509.08101; COLT 2016)",
        "lower",
        2 ** len(widths),
        "n0 = 1, every width >= 2",
        failures,
        "linear regions",
    )


def zonotope_pieces(inputs: int, m: int, w: int, k: int) -> Bound:
    """Return ``S(m - 1, n0 - 1) * w^k``, for widths 2 m, w, ..., w (k times).

    The first layer computes the gauge ``|<a_1, x>| + ... + |<a_m, x>|``, the others a saw of w^k pieces of
    it. The gauge is linear on the normal cones of a zonotope with ``2 S(m - 1, n0 - 1)`` vertices, and on
    each of them the saw has w^k pieces, whose slopes are not 0, so that pieces of neighbouring cones differ.
    So the family has in fact twice as many pieces as the theorem says.

    Examples
    --------
    >>> zonotope_pieces(2, m=3, w=2, k=2).value
    12
    """
    n0, (m, w, k) = check_widths(inputs, (m, w, k))
    check_widths(n0, (2 * m, *[w] * k))
    return _zonotope(n0, m, w, k, "widths 2 m, w, ..., w with w >= 2", ["w is 1" if w == 1 else ""])


def arora_2018(inputs: int, widths: Sequence[int]) -> Bound:
    """Return :func:`zonotope_pieces` for ``m = floor(n_1 / 2)``, ``w = min(n_2, ..., n_L)``, ``k = L - 1``.

    Units that a layer has beyond these stay off.

    Examples
    --------
    >>> arora_2018(2, [7, 4, 2]).value          # m = 3, w = 2, k = 2
    12
    """
    n0, (first, *rest) = check_widths(inputs, widths)
    failures = ["" if rest else "there is one layer", narrower([first, *rest], 2)]
    m, w, k = max(1, first // 2), min(rest, default=1), len(rest)
    return _zonotope(n0, m, w, k, "L >= 2, every width >= 2", failures)


def _zonotope(n0: int, m: int, w: int, k: int, hypothesis: str, failures: list[str]) -> Bound:
    source = "Arora, Basu, Mianjy, Mukherjee (ICLR 2018)"
    value = regions_in_general_position(m - 1, n0 - 1) * w**k
    return conditional("Arora et al. 2018", source, "lower", value, hypothesis, failures, "linear regions")


def one_layer_maximum(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``S(n_1, n0)``, the maximum for one layer: hyperplanes in general position.

    Examples
    --------
    >>> one_layer_maximum(2, [4]).value
    11
    """
    n0, (first, *rest) = check_widths(inputs, widths)
    failures = [f"there are {len(rest) + 1} layers" if rest else ""]
    value = regions_in_general_position(first, n0)
    return conditional("one layer", "Zaslavsky (1975)", "exact", value, "L = 1", failures)


def one_input_maximum(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_l (n_l + 1)``, the maximum for one input if all widths but the last are at least 3.

    The lower bound of Serra et al. and the upper bound of Montufar 2017 meet.

    Examples
    --------
    >>> one_input_maximum(1, [3, 3, 2]).value
    48
    """
    n0, widths = check_widths(inputs, widths)
    failures = [f"there are {n0} inputs" if n0 > 1 else "", narrower(widths[:-1], 3)]
    source = "Serra, Tjandraatmadja, Ramalingam (ICML 2018)"
    hypothesis = "n0 = 1, every width but the last >= 3"
    return conditional("one input", source, "exact", prod(n + 1 for n in widths), hypothesis, failures)


def serra_upper(inputs: int, widths: Sequence[int]) -> Bound:
    """Sum ``prod_l C(n_l, j_l)`` over ``0 <= j_l <= min(n0, n_1 - j_1, ..., n_{l-1} - j_{l-1}, n_l)``.

    Let T(r) bound the regions that the layers from l on make of an image of dimension r; T grows with r.
    Layer l makes at most S(n, r) regions of it, of which at most C(n, j) have j units off, for each j; and
    where j are off the next image has dimension ``min(r, n - j)`` at most. The sum of T over the regions is
    largest if those with few units off are as many as can be: C(n, j) for each j <= r. This needs that a unit
    that is off is constant, so it holds for ReLU, but neither for leaky ReLU nor for the absolute value.

    Examples
    --------
    >>> serra_upper(2, [2, 8]).value, montufar_2017(2, [2, 8]).value
    (56, 148)
    """
    n0, widths = check_widths(inputs, widths)
    # totals[r]: the sum over the layers from here on if the rank so far is r
    totals = [1] * (min(n0, max(widths)) + 1)
    for n in reversed(widths):
        chosen = [comb(n, j) for j in range(min(n, len(totals) - 1) + 1)]
        totals = [
            sum(choose * totals[min(rank, n - j)] for j, choose in enumerate(chosen[: rank + 1]))
            for rank in range(len(totals))
        ]
    source = "Serra, Tjandraatmadja, Ramalingam (ICML 2018), Theorem 1"
    return Bound("Serra et al. 2018", source, "upper", totals[-1], "none")


def hinz_van_de_geer_2019(inputs: int, widths: Sequence[int]) -> Bound:
    """Push a histogram of regions by the dimension of their images through the layers.

    ``|| B_L M_L ... B_1 M_1 e ||_1``: e is one region of dimension n0; M clips dimensions to the width, and
    column r of B holds, in row ``min(r, n - j)``, the C(n, j) regions with j units off, for j = 0, ..., r.
    With these binomial columns the product is the bound of Serra et al. (the sum is the same, begun at the
    other end). Other columns are not offered here.

    Examples
    --------
    >>> hinz_van_de_geer_2019(2, [2, 8]).value
    56
    """
    n0, widths = check_widths(inputs, widths)
    rank = min(n0, max(widths))
    histogram = [0] * rank + [1]
    for n in widths:
        chosen = [comb(n, j) for j in range(min(n, rank) + 1)]
        pushed = [0] * (rank + 1)
        for r, regions in enumerate(histogram):
            for j, choose in enumerate(chosen[: r + 1]):
                pushed[min(r, n - j)] += choose * regions
        histogram = pushed
    source = "Hinz, van de Geer (2019, arXiv 1806.01918), binomial columns"
    return Bound("Hinz, van de Geer 2019", source, "upper", sum(histogram), "none")


def montufar_2017(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_l S(n_l, min(n0, ..., n_{l-1}))``.

    Examples
    --------
    >>> montufar_2017(2, [8, 2]).value          # S(8, 2) * S(2, 2)
    148
    """
    n0, widths = check_widths(inputs, widths)
    ranks = accumulate((n0, *widths[:-1]), min)
    value = prod(regions_in_general_position(n, m) for n, m in zip(widths, ranks, strict=True))
    return Bound("Montufar 2017", "Montufar (SampTA 2017)", "upper", value, "none")


def raghu_2017(inputs: int, widths: Sequence[int], breakpoints: int = 1) -> Bound:
    """Return ``S(T n, n0)^L`` for the largest width n and units with T breakpoints (ReLU 1, hard tanh 2).

    Examples
    --------
    >>> raghu_2017(2, [8, 2]).value             # S(8, 2)^2
    1369
    """
    n0, widths = check_widths(inputs, widths)
    _, (T,) = check_widths(n0, (breakpoints,))
    check_widths(n0, [T * n for n in widths])
    value = regions_in_general_position(T * max(widths), n0) ** len(widths)
    return Bound("Raghu et al. 2017", "Raghu et al. (ICML 2017)", "upper", value, "none")


def one_for_each_pattern(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``2^N``.

    Examples
    --------
    >>> one_for_each_pattern(2, [8, 2]).value
    1024
    """
    _, widths = check_widths(inputs, widths)
    return Bound("patterns", "a pattern has at most one region", "upper", 2 ** sum(widths), "none")


#: All bounds for ReLU networks, in the order of the tables.
RELU_BOUNDS = (
    pascanu_2013,
    montufar_2014,
    serra_lower,
    telgarsky_2015,
    arora_2018,
    one_layer_maximum,
    one_input_maximum,
    serra_upper,
    hinz_van_de_geer_2019,
    montufar_2017,
    raghu_2017,
    one_for_each_pattern,
)


def relu_bounds(inputs: int, widths: Sequence[int]) -> list[Bound]:
    """Return every bound for ReLU networks of a shape, those whose hypothesis fails included.

    Examples
    --------
    >>> for bound in relu_bounds(2, [4, 4, 4]):
    ...     print(f"{bound.name} ({bound.kind}): {bound.value or bound.reason}")
    Pascanu et al. 2013 (lower): 44
    Montufar et al. 2014 (lower): 176
    Serra et al. 2018 (lower): a layer has 4 units, fewer than 6
    Telgarsky 2015 (lower): there are 2 inputs
    Arora et al. 2018 (lower): 32
    one layer (exact): there are 3 layers
    one input (exact): there are 2 inputs
    Serra et al. 2018 (upper): 1331
    Hinz, van de Geer 2019 (upper): 1331
    Montufar 2017 (upper): 1331
    Raghu et al. 2017 (upper): 1331
    patterns (upper): 4096
    """
    return [bound(inputs, widths) for bound in RELU_BOUNDS]


def _of_folds(inputs: int, last: int) -> Counts:
    """What a fold construction has so many of; see the top of this page."""
    return "linear regions" if last > inputs else "activation regions"
