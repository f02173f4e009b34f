"""Deep ReLU networks beside shallow ones of the same size, and how fast the numbers of regions grow.

A shallow network has one hidden layer, and its largest number of regions is known: S(N, n0). A deep one has
L hidden layers of the same width n, and at least as many as a construction gives. Both have one output.

A :class:`Rate` is a formula for the growth, with the statement that makes it one: what it is the rate *of*,
divided by it, has a limit if the size of the layers grows and n0 and L stay. The limits follow from
``S(m, d) / m^d -> 1 / d!``, ``floor(n / n0) / (n / n0) -> 1`` and, for the number of parameters,
``P / ((L - 1) n^2) -> 1`` for L >= 2, ``P / (N (n0 + 2)) -> 1`` for L = 1.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import factorial, isqrt

from ...base.checks import check_whole
from ...errors import InvalidInputError, counted
from .bound import Bound, check_widths, regions_in_general_position
from .maxout import maxout_montufar_2014
from .relu import arora_2018, montufar_2014, montufar_2017, pascanu_2013, serra_lower


@dataclass(frozen=True)
class Comparison:
    """One deep network shape, and the shallow network that the same budget pays.

    Attributes
    ----------
    depth, width : int
        Number L of hidden layers, and the number n of units in each.
    units, parameters : int
        What the deep network takes: units L n; weights and biases, those of one output included.
    shallow_units, shallow : int
        Units of the shallow network, and the largest number S(N, n0) of regions that it can have.
    pascanu, montufar, serra : Bound
        What the deep network can have at least; without a value where the hypothesis fails.
    """

    depth: int
    width: int
    units: int
    parameters: int
    shallow_units: int
    shallow: int
    pascanu: Bound
    montufar: Bound
    serra: Bound

    @property
    def deep(self) -> int:
        """The best of the lower bounds that hold."""
        bounds = (self.pascanu, self.montufar, self.serra)
        return max(bound.value for bound in bounds if bound.value is not None)


def parameter_count(inputs: int, widths: Sequence[int], outputs: int = 1) -> int:
    """Number of weights and biases of a ReLU network, the linear read-out included.

    Examples
    --------
    >>> parameter_count(2, [3, 3])          # 3 (2 + 1) + 3 (3 + 1) + 1 (3 + 1)
    25
    """
    n0, layers = check_widths(inputs, widths)
    layers = (*layers, check_whole("outputs", outputs))
    return sum(n * (m + 1) for m, n in zip((n0, *layers), layers, strict=False))


def at_equal_units(inputs: int, units: int) -> list[Comparison]:
    """Compare networks of N units: one row for each depth L that divides N such that N / L >= n0.

    Each of the L layers has N / L units.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, or there are fewer units than inputs.
    TooLargeError
        If the numbers are too large to be worked out.

    Examples
    --------
    >>> for row in at_equal_units(2, 24):
    ...     print(row.depth, row.width, row.shallow, row.montufar.value, row.serra.value)
    1 24 301 301 301
    2 12 301 2844 3871
    3 8 301 9472 23125
    4 6 301 16038 90112
    6 4 301 11264 None
    8 3 301 7 None
    12 2 301 4 None
    """
    n0, N = check_whole("inputs", inputs), check_whole("units", units)
    if n0 > N:
        raise InvalidInputError(f"units: {N} are fewer than the {n0} inputs; the bounds need as many")
    check_widths(n0, [N])
    depths = [L for L in range(1, N // n0 + 1) if N % L == 0]
    return [_comparison(n0, L, N // L, N) for L in depths]


def at_equal_parameters(
    inputs: int, parameters: int, depths: Sequence[int] = (1, 2, 3, 4, 5, 6, 7, 8)
) -> list[Comparison]:
    """Compare networks of at most P parameters: for each depth, layers as wide as P pays, all of one width.

    The shallow network is the widest one that P pays. Depths whose layers would have fewer units than inputs
    are left out.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, or P does not even pay one layer of n0 units.
    TooLargeError
        If the numbers are too large to be worked out.

    Examples
    --------
    >>> for row in at_equal_parameters(2, 1000, depths=[1, 2, 3]):
    ...     print(row.depth, row.width, row.parameters, row.shallow_units, row.shallow, row.deep)
    1 249 997 249 31126 31126
    2 29 987 249 31126 98100
    3 20 921 249 31126 3089251
    """
    n0, P = check_whole("inputs", inputs), check_whole("parameters", parameters)
    widest = _width_for(n0, 1, P)
    if widest < n0:
        needed = parameter_count(n0, [n0])
        inputs_need = f"{counted(n0, 'input')} need{'s' if n0 == 1 else ''}"
        raise InvalidInputError(f"parameters: {P} are too few; {inputs_need} at least {needed}")
    depths = [check_whole("a depth", L) for L in depths]
    widths = {L: _width_for(n0, L, P) for L in depths}
    return [_comparison(n0, L, n, widest) for L, n in widths.items() if n >= n0]


def _width_for(n0: int, depth: int, parameters: int) -> int:
    """Largest n with ``n (n0 + 1) + (L - 1) n (n + 1) + n + 1 <= P``, that is ``a n^2 + b n <= P - 1``."""
    a, b = depth - 1, n0 + depth + 1
    if a == 0:
        return (parameters - 1) // b
    return (isqrt(b * b + 4 * a * (parameters - 1)) - b) // (2 * a)


def _comparison(n0: int, depth: int, width: int, shallow_units: int) -> Comparison:
    widths = [width] * depth
    return Comparison(
        depth,
        width,
        depth * width,
        parameter_count(n0, widths),
        shallow_units,
        regions_in_general_position(shallow_units, n0),
        pascanu_2013(n0, widths),
        montufar_2014(n0, widths),
        serra_lower(n0, widths),
    )


#: A function of the number n0 of inputs, the size (width n or rank k) and the depth L.
Growth = Callable[[int, int, int], Fraction]


@dataclass(frozen=True)
class Rate:
    """How fast a number of regions grows with the size of the layers.

    Attributes
    ----------
    name, source : str
        What grows, and where the rate stands.
    formula : str
        The rate, in n0, L and the size that grows: the width n, or for maxout the rank k.
    number, rate : callable (n0, size, L) -> Fraction
        The exact number, and the rate. The number is a lower bound for Omega, the maximum or an upper bound
        for O.
    limit : callable (n0, L) -> Fraction
        What number / rate tends to if the size grows.
    least_depth : int
        The smallest L that it is stated for.
    """

    name: str
    source: str
    formula: str
    number: Growth
    rate: Growth
    limit: Callable[[int, int], Fraction]
    least_depth: int = 1


def _proven(bound: Bound) -> Fraction:
    if bound.value is None:
        raise InvalidInputError(f"{bound.name}: {bound.reason}")
    return Fraction(bound.value)


def _value(bound: Callable[[int, Sequence[int]], Bound]) -> Growth:
    """Return the value of a bound for L layers of width n."""
    return lambda n0, n, L: _proven(bound(n0, [n] * L))


def _for_each_parameter(growth: Growth) -> Growth:
    return lambda n0, n, L: growth(n0, n, L) / parameter_count(n0, [n] * L)


def _shallow(n0: int, n: int, L: int) -> Fraction:
    return Fraction(regions_in_general_position(L * n, n0))


def _shallow_for_each_parameter(n0: int, n: int, L: int) -> Fraction:
    return _shallow(n0, n, L) / parameter_count(n0, [L * n])


def _maxout(n0: int, k: int, L: int) -> Fraction:
    return _proven(maxout_montufar_2014(n0, [[k] * n0] * L))


def _one_over_factorial(n0: int, L: int) -> Fraction:
    return Fraction(1, factorial(n0))


_MONTUFAR = "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Corollary 5"
_PASCANU = "Pascanu, Montufar, Bengio (arXiv 1312.6098)"

#: Rates of growth. Shallow networks have the same number N = L n of units.
RATES = (
    Rate(
        "shallow",
        "Zaslavsky (1975)",
        "O((L n)^n0)",
        _shallow,
        lambda n0, n, L: Fraction(L * n) ** n0,
        _one_over_factorial,
    ),
    Rate(
        "Pascanu et al. 2013",
        _PASCANU,
        "Omega(floor(n/n0)^(L-1) n^n0)",
        _value(pascanu_2013),
        lambda n0, n, L: Fraction(n // n0) ** (L - 1) * n**n0,
        _one_over_factorial,
    ),
    Rate(
        "Montufar et al. 2014",
        _MONTUFAR,
        "Omega((n/n0)^((L-1) n0) n^n0)",
        _value(montufar_2014),
        lambda n0, n, L: Fraction(n, n0) ** ((L - 1) * n0) * n**n0,
        _one_over_factorial,
    ),
    Rate(
        "Serra et al. 2018",
        "Serra, Tjandraatmadja, Ramalingam (ICML 2018)",
        "Omega((n/n0 + 1)^((L-1) n0) n^n0)",
        _value(serra_lower),
        lambda n0, n, L: (Fraction(n, n0) + 1) ** ((L - 1) * n0) * n**n0,
        _one_over_factorial,
    ),
    Rate(
        "Arora et al. 2018",
        "Arora, Basu, Mianjy, Mukherjee (ICLR 2018)",
        "Omega((n/2)^(n0-1) n^(L-1))",
        _value(arora_2018),
        lambda n0, n, L: Fraction(n, 2) ** (n0 - 1) * n ** (L - 1),
        lambda n0, L: Fraction(1, factorial(n0 - 1)),
        least_depth=2,
    ),
    Rate(
        "upper",
        "Montufar (SampTA 2017)",
        "O(n^(n0 L))",
        _value(montufar_2017),
        lambda n0, n, L: Fraction(n) ** (n0 * L),
        lambda n0, L: Fraction(1, factorial(n0)) ** L,
    ),
    Rate(
        "shallow, for each parameter",
        "S(N, n0) / (N (n0 + 2) + 1)",
        "O((L n)^(n0-1))",
        _shallow_for_each_parameter,
        lambda n0, n, L: Fraction(L * n) ** (n0 - 1),
        lambda n0, L: Fraction(1, factorial(n0) * (n0 + 2)),
    ),
    Rate(
        "Pascanu et al. 2013, for each parameter",
        _PASCANU,
        "Omega(floor(n/n0)^(L-1) n^(n0-2) / (L-1))",
        _for_each_parameter(_value(pascanu_2013)),
        lambda n0, n, L: Fraction(n // n0) ** (L - 1) * Fraction(n) ** (n0 - 2) / (L - 1),
        _one_over_factorial,
        least_depth=2,
    ),
    Rate(
        "Montufar et al. 2014, for each parameter",
        _MONTUFAR,
        "Omega((n/n0)^((L-1) n0) n^(n0-2) / (L-1))",
        _for_each_parameter(_value(montufar_2014)),
        lambda n0, n, L: Fraction(n, n0) ** ((L - 1) * n0) * Fraction(n) ** (n0 - 2) / (L - 1),
        _one_over_factorial,
        least_depth=2,
    ),
    Rate(
        "maxout of width n0 and rank k",
        "Montufar, Pascanu, Cho, Bengio (NIPS 2014), Theorem 8",
        "Omega(k^(L-1) k^n0)",
        _maxout,
        lambda n0, k, L: Fraction(k) ** (L - 1 + n0),
        lambda n0, L: Fraction(1),
    ),
)
