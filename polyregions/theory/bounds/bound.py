"""One bound as data, and what all bounds share: S(m, d), and the check of a shape before any work."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, log2, log10
from typing import Any, Literal

from ...base.checks import check_whole
from ...errors import InvalidInputError, TooLargeError, counted, short_repr

Kind = Literal["lower", "exact", "upper", "expected"]
Counts = Literal["activation regions", "linear regions"]

#: The most work that a bound may take, in bit operations on whole numbers: some seconds to half a minute.
MAX_WORK = 10**11


@dataclass(frozen=True)
class Bound:
    """A theorem, applied to one network shape.

    Attributes
    ----------
    name, source : str
        Short name, and where it stands.
    kind : "lower", "exact", "upper" or "expected"
        The largest number of regions among the networks of this shape is at least, is, or is at most the
        value. "expected": the mean over random networks is at most the value; single networks may have more.
    value : int or None
        A whole number of any size. None where the hypothesis fails: then nothing is bounded.
    hypothesis, reason : str
        What is assumed, and what of it fails ("" if nothing).
    counts : "activation regions" or "linear regions"
        What the theorem counts. A linear region is an open connected one, in some box. There are never more
        linear than activation regions, so a lower bound for linear regions holds for both, and so does an
        upper bound for activation regions.

    Raises
    ------
    InvalidInputError
        If neither a value nor a reason is given, or both.

    Examples
    --------
    >>> Bound("patterns", "a pattern has at most one region", "upper", 8, "none").applies
    True
    """

    name: str
    source: str
    kind: Kind
    value: int | None
    hypothesis: str
    reason: str = ""
    counts: Counts = "activation regions"

    def __post_init__(self) -> None:
        if (self.value is None) == (self.reason == ""):
            raise InvalidInputError(f"bound {self.name}: give a value, or the reason why there is none")

    @property
    def applies(self) -> bool:
        """Whether the hypothesis holds."""
        return self.value is not None


def conditional(
    name: str,
    source: str,
    kind: Kind,
    value: int,
    hypothesis: str,
    failures: Iterable[str],
    counts: Counts = "activation regions",
) -> Bound:
    """Return the bound, without its value if anything failed; an empty string is no failure."""
    reason = "; ".join(failure for failure in failures if failure)
    return Bound(name, source, kind, None if reason else value, hypothesis, reason, counts)


def narrower(widths: Sequence[int], least: int) -> str:
    """Say which layer has fewer units than it should; "" if none has."""
    narrowest = min(widths, default=least)
    return f"a layer has {counted(narrowest, 'unit')}, fewer than {least}" if narrowest < least else ""


def regions_in_general_position(hyperplanes: int, dimension: int) -> int:
    """Number S(m, d) of regions of m hyperplanes in general position in R^d (Schlaefli; Zaslavsky 1975).

    ``S(m, d) = C(m, 0) + ... + C(m, d)``. No arrangement of m hyperplanes has more.

    Raises
    ------
    InvalidInputError
        If a number is negative or not whole.
    TooLargeError
        If the sum has too many terms to be worked out.

    Examples
    --------
    >>> regions_in_general_position(5, 2)
    16
    """
    m, d = check_whole("hyperplanes", hyperplanes, 0), check_whole("dimension", dimension, 0)
    last = min(m, d)
    check_work(last * min(m, last * m.bit_length()))
    total = term = 1
    for j in range(last):
        term = term * (m - j) // (j + 1)
        total += term
    return total


def check_widths(inputs: int, widths: Sequence[int]) -> tuple[int, tuple[int, ...]]:
    """Return the number of inputs and the widths as Python's whole numbers.

    Raises
    ------
    InvalidInputError
        If there is no layer, or a number is not whole or below 1.
    TooLargeError
        If the bounds of this shape would take more than :data:`MAX_WORK`.
    """
    n0 = check_whole("inputs", inputs)
    layers = tuple(check_whole("a width", n) for n in _sequence("widths", widths))
    _check_shape_work(n0, layers, max(layers))
    return n0, layers


def check_ranks(inputs: int, ranks: Sequence[Sequence[int]]) -> tuple[int, tuple[tuple[int, ...], ...]]:
    """Return the number of inputs, and for each layer the numbers of states of its units.

    Raises
    ------
    InvalidInputError
        If there is no layer, a layer without units, or a number that is not whole or below 1.
    TooLargeError
        If the bounds of this shape would take more than :data:`MAX_WORK`.
    """
    n0 = check_whole("inputs", inputs)
    layers = tuple(
        tuple(check_whole("a rank", k) for k in _sequence("the ranks of a layer", layer))
        for layer in _sequence("ranks", ranks)
    )
    bits = max(ceil(sum(log2(k) for k in layer)) for layer in layers)
    _check_shape_work(n0, [len(layer) for layer in layers], bits)
    return n0, layers


def _sequence(name: str, values: Any) -> tuple[Any, ...]:
    try:
        found = tuple(values)
    except TypeError as error:
        raise InvalidInputError(f"{name}: expected a list, got {short_repr(values)}") from error
    if not found:
        raise InvalidInputError(f"{name}: the list is empty; give at least one number for it")
    return found


def _check_shape_work(inputs: int, widths: Sequence[int], bits: int) -> None:
    """Refuse absurd shapes: a layer adds so many bits at most, and takes one step for each pair of ranks."""
    depth = len(widths)
    check_work(depth * bits * (1 + depth * min(inputs, max(widths)) ** 2))


def check_work(work: int) -> None:
    """Refuse more than :data:`MAX_WORK` bit operations.

    Raises
    ------
    TooLargeError
        With the estimate and the limit.
    """
    if work > MAX_WORK:
        raise TooLargeError(
            f"bounds: this takes about 1e{log10(work):.0f} bit operations, the limit is "
            f"1e{log10(MAX_WORK):.0f}; ask for fewer inputs, units or layers"
        )
