"""How many regions a network can have: every bound of the literature that this library uses, with hypotheses.

A bound is a :class:`Bound`: its value, and whether the widths meet its hypothesis. Where they do not, the
value is None and ``reason`` says why: a formula outside its hypothesis bounds nothing. Values are whole
numbers of any size and hold on all of R^n0. So an upper bound holds in any box, and a lower bound says that
*some* network of this shape has so many regions.

Notation: n0 inputs, widths n_1 .. n_L, N units in all, S(m, d) = C(m, 0) + ... + C(m, d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import comb, prod
from typing import Literal

from .errors import InvalidInputError

Kind = Literal["lower", "upper"]


@dataclass(frozen=True)
class Bound:
    """A theorem, applied to one network shape.

    Attributes
    ----------
    name, source : str
        Short name, and where it stands.
    kind : "lower" or "upper"
        Bound for the largest number of activation regions among networks of this shape.
    value : int or None
        None where the hypothesis fails.
    hypothesis, reason : str
        What is assumed, and what of it fails ("" if nothing).
    """

    name: str
    source: str
    kind: Kind
    value: int | None
    hypothesis: str
    reason: str = ""

    @property
    def applies(self) -> bool:
        """Whether the hypothesis holds."""
        return self.value is not None


def regions_in_general_position(hyperplanes: int, dimension: int) -> int:
    """Number S(m, d) of regions of m hyperplanes in general position in R^d (Schlaefli; Zaslavsky 1975).

    Examples
    --------
    >>> regions_in_general_position(5, 2)
    16
    """
    if hyperplanes < 0 or dimension < 0:
        raise InvalidInputError(f"{hyperplanes} hyperplanes, dimension {dimension}: both must be at least 0")
    return sum(comb(hyperplanes, j) for j in range(dimension + 1))


def montufar_2014(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_{l<L} floor(n_l / n0)^n0 * S(n_L, n0)``, for widths of at least n0."""
    *folds, last = _check_shape(inputs, widths)
    source = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Theorem 4"
    value = prod((n // inputs) ** inputs for n in folds) * regions_in_general_position(last, inputs)
    return _lower("Montufar et al. 2014", source, value, "every width >= n0", [*folds, last], inputs)


def pascanu_2013(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_{l<L} floor(n_l / n0) * S(n_L, n0)``, for widths of at least n0."""
    *folds, last = _check_shape(inputs, widths)
    source = "Pascanu, Montufar, Bengio (arXiv 1312.6098)"
    value = prod(n // inputs for n in folds) * regions_in_general_position(last, inputs)
    return _lower("Pascanu et al. 2013", source, value, "every width >= n0", [*folds, last], inputs)


def serra_lower(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_{l<L} (floor(n_l / n0) + 1)^n0 * S(n_L, n0)``, for all widths but the last >= 3 n0."""
    *folds, last = _check_shape(inputs, widths)
    source = "Serra, Tjandraatmadja, Ramalingam (ICML 2018)"
    value = prod((n // inputs + 1) ** inputs for n in folds) * regions_in_general_position(last, inputs)
    hypothesis = "every width but the last >= 3 n0"
    return _lower("Serra et al. 2018", source, value, hypothesis, folds, 3 * inputs)


def serra_upper(inputs: int, widths: Sequence[int]) -> Bound:
    """Sum ``prod_l C(n_l, j_l)`` over ``0 <= j_l <= min(n0, n_1 - j_1, ..., n_{l-1} - j_{l-1}, n_l)``."""
    widths = _check_shape(inputs, widths)
    # totals[r]: the sum over the layers from here on if the rank so far is r
    totals = [1] * (inputs + 1)
    for n in reversed(widths):
        totals = [
            sum(comb(n, j) * totals[min(rank, n - j)] for j in range(min(rank, n) + 1))
            for rank in range(inputs + 1)
        ]
    source = "Serra, Tjandraatmadja, Ramalingam (ICML 2018), Theorem 1"
    return Bound("Serra et al. 2018", source, "upper", totals[inputs], "none")


def montufar_2017(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``prod_l S(n_l, min(n0, ..., n_{l-1}))``."""
    widths = _check_shape(inputs, widths)
    ranks = accumulate((inputs, *widths[:-1]), min)
    value = prod(regions_in_general_position(n, m) for n, m in zip(widths, ranks, strict=True))
    return Bound("Montufar 2017", "Montufar (SampTA 2017)", "upper", value, "none")


def raghu_2017(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``S(n, n0)^L`` for the largest width n."""
    widths = _check_shape(inputs, widths)
    value = regions_in_general_position(max(widths), inputs) ** len(widths)
    return Bound("Raghu et al. 2017", "Raghu et al. (ICML 2017)", "upper", value, "none")


def one_for_each_pattern(inputs: int, widths: Sequence[int]) -> Bound:
    """Return ``2^N``."""
    value = 2 ** sum(_check_shape(inputs, widths))
    return Bound("patterns", "a pattern has at most one region", "upper", value, "none")


#: All bounds for ReLU networks.
RELU_BOUNDS = (
    pascanu_2013,
    montufar_2014,
    serra_lower,
    serra_upper,
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
    Serra et al. 2018 (upper): 1331
    Montufar 2017 (upper): 1331
    Raghu et al. 2017 (upper): 1331
    patterns (upper): 4096
    """
    return [bound(inputs, widths) for bound in RELU_BOUNDS]


def maxout_layer(inputs: int, ranks: Sequence[int]) -> int:
    """Largest number of regions of one maxout layer with biases and units of ranks k_i.

    ``sum_{j <= n0} e_j(k_1 - 1, ..., k_m - 1)`` with the elementary symmetric polynomials e_j (Montufar, Ren,
    Zhang 2021). It is attained, by units that are convex functions of one linear form each.

    Examples
    --------
    >>> maxout_layer(2, [4, 2, 3])
    18
    """
    ranks = _check_shape(inputs, ranks)
    symmetric = [1] + [0] * inputs
    for rank in ranks:
        for j in range(inputs, 0, -1):
            symmetric[j] += (rank - 1) * symmetric[j - 1]
    return sum(symmetric)


def _lower(name: str, source: str, value: int, hypothesis: str, widths: list[int], least: int) -> Bound:
    """A lower bound that holds if these widths are at least so large."""
    narrow = [n for n in widths if n < least]
    reason = f"a layer has {min(narrow)} units, fewer than {least}" if narrow else ""
    return Bound(name, source, "lower", None if narrow else value, hypothesis, reason)


def _check_shape(inputs: int, widths: Sequence[int]) -> tuple[int, ...]:
    widths = tuple(widths)
    if not widths:
        raise InvalidInputError("widths: give at least one layer")
    for value in (inputs, *widths):
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise InvalidInputError(f"inputs and widths must be whole numbers, at least 1, got {value!r}")
    return widths
