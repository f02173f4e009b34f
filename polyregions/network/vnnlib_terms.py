"""What a VNN-LIB file compares: affine forms in the inputs, over the rationals, or something with outputs."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple


class Term(NamedTuple):
    """A number, a variable, or something made of them by an operator.

    ``linear`` has the coefficients of the inputs, none of them 0, and ``constant`` what is added. It is None
    for what reads outputs, or is no such form. ``plain`` is a number or a variable as it is written down.
    """

    name: str
    linear: dict[int, Fraction] | None = None
    constant: Fraction = Fraction(0)
    reads_output: bool = False
    plain: bool = False

    @property
    def number(self) -> float | None:
        """The number that it is, if it is one that is written down."""
        return float(self.constant) if self.plain and self.linear == {} else None

    @property
    def input(self) -> int | None:
        """The input that it is, if it is one that is written down."""
        return next(iter(self.linear)) if self.plain and self.linear else None


#: Forms with longer numbers are none: they are far beyond float64.
MOST_BITS = 2**13


def combined(operator: str, operands: Sequence[Term]) -> Term:
    """Sum, difference or product of terms; no form if it is not affine, or has numbers of too many digits.

    Examples
    --------
    >>> x, two = Term("X_0", {0: Fraction(1)}), Term("2", {}, Fraction(2))
    >>> combined("-", [combined("*", [two, x]), two]).linear, combined("*", [x, x]).linear
    ({0: Fraction(2, 1)}, None)
    """
    forms = [(term.linear, term.constant) for term in operands if term.linear is not None]
    if len(forms) < len(operands):
        return Term(operator, reads_output=any(term.reads_output for term in operands))
    if operator == "*":
        found = _product(forms)
    elif len(forms) == 1:
        found = _sum(forms, [-1 if operator == "-" else 1])
    else:
        found = _sum(forms, [1] + [1 if operator == "+" else -1] * (len(forms) - 1))
    if found is None or any(_is_long(v) for v in (*found[0].values(), found[1])):
        return Term(operator)
    # A number with a minus before it is written as it stands.
    is_number = operator == "-" and len(operands) == 1 and operands[0].number is not None
    return Term(f"-{operands[0].name}" if is_number else operator, *found, plain=is_number)


Form = tuple[dict[int, Fraction], Fraction]


def _sum(forms: list[Form], signs: list[int]) -> Form:
    total: dict[int, Fraction] = {}
    for (linear, _), sign in zip(forms, signs, strict=True):
        for j, a in linear.items():
            total[j] = total.get(j, Fraction(0)) + sign * a
    constant = sum((sign * c for (_, c), sign in zip(forms, signs, strict=True)), Fraction(0))
    return {j: a for j, a in total.items() if a}, constant


def _product(forms: list[Form]) -> Form | None:
    """None if two of them read inputs."""
    linear: dict[int, Fraction] = {}
    constant = Fraction(1)
    for own, c in forms:
        if (own and linear) or _is_long(constant):
            return None
        linear = {j: a * constant for j, a in own.items()} if own else {j: a * c for j, a in linear.items()}
        constant *= c
    return {j: a for j, a in linear.items() if a}, constant


def _is_long(value: Fraction) -> bool:
    return max(value.numerator.bit_length(), value.denominator.bit_length()) > MOST_BITS
