"""Theorems held against counts: each gives claims, and each claim a verdict.

PASS and FAIL are said only where the hypothesis of a theorem holds for this network and box, and the number
is known. Otherwise the verdict is "not applicable", with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ..errors import InvalidInputError, TooLargeError
from ..network.box import Box
from ..network.network import Network
from ..theory.arrangements import arrangement_of
from ..theory.arrangements.flats import count_in_box
from ..theory.bounds import Bound, bounds_of
from ..theory.predictions import DEFINITIONS, Prediction

Verdict = Literal["PASS", "FAIL", "not applicable"]
#: A number of regions, bounds on one (low, high), or numbers of faces; None if it is not known.
Measured = int | tuple[int, ...] | None


@dataclass(frozen=True)
class Claim:
    """One theorem, said of one network in one box.

    Attributes
    ----------
    statement : str
        What must hold, with its value.
    source : str
    measured : str
        What was found; "" if nothing was.
    verdict : "PASS", "FAIL" or "not applicable"
    reason : str
        Why the theorem does not apply; else "".
    """

    statement: str
    source: str
    measured: str
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True)
class Counted:
    """What was counted.

    Attributes
    ----------
    regions : dict
        By definition: a number; (low, high) for "convex"; None where it is not known.
    adjacencies : int
    f_vector : tuple of int, or None
    """

    regions: dict[str, Measured]
    adjacencies: int
    f_vector: tuple[int, ...] | None

    def of(self, quantity: str) -> Measured:
        """The number of a quantity of :mod:`polyregions.theory.predictions`."""
        if quantity == "adjacencies":
            return self.adjacencies
        return self.f_vector if quantity == "f_vector" else self.regions.get(quantity)


def from_predictions(predictions: Iterable[Prediction], counts: Counted) -> list[Claim]:
    """What a construction or an arrangement predicts."""
    claims = []
    for p in predictions:
        name = p.quantity.replace("_", " ")
        if p.value is None:
            claims.append(Claim(name, p.source, show(counts.of(p.quantity)), "not applicable", p.reason))
            continue
        statement = f"{name} {p.relation} {show(p.value)}"
        measured = counts.of(p.quantity)
        claims.append(_judge(statement, measured, p))
    return claims


def _judge(statement: str, measured: Measured, p: Prediction) -> Claim:
    if measured is None:
        return Claim(statement, p.source, "", "not applicable", "the number was not counted")
    if p.quantity != "convex" or isinstance(measured, int):
        return Claim(statement, p.source, show(measured), "PASS" if p.holds(measured) else "FAIL")
    low, high = measured
    possible = {p.holds(low), p.holds(high)} | ({True} if low <= _whole(p.value) <= high else set())
    if len(possible) > 1:
        reason = "the number is known only to lie between two bounds"
        return Claim(statement, p.source, show_range(low, high), "not applicable", reason)
    return Claim(statement, p.source, show_range(low, high), "PASS" if possible == {True} else "FAIL")


def _whole(value: int | tuple[int, ...] | None) -> int:
    assert isinstance(value, int)
    return value


def from_bounds(network: Network, counts: Counted) -> list[Claim]:
    """The bounds for the shape of the network: upper ones hold for it, lower ones for some network."""
    try:
        table = bounds_of(network)
    except TooLargeError as error:
        return [Claim("bounds by widths", "the shape of the network", "", "not applicable", str(error))]
    return [_from_bound(bound, counts) for bound in table]


def _from_bound(bound: Bound, counts: Counted) -> Claim:
    regions = _whole(counts.of("proper_activation"))
    source = bound.source or bound.name
    if bound.value is None:
        return Claim(f"{bound.name} ({bound.kind})", source, "", "not applicable", bound.reason)
    if bound.kind in ("upper", "exact") and bound.counts == "activation regions":
        verdict: Verdict = "PASS" if regions <= bound.value else "FAIL"
        return Claim(f"proper activation <= {bound.value:,}", source, show(regions), verdict)
    sign = {"lower": ">=", "exact": "=", "upper": "<=", "expected": "mean <="}[bound.kind]
    which = "a random" if bound.kind == "expected" else "the best"
    reason = f"{bound.name}: about {which} network of this shape"
    return Claim(f"{bound.counts} {sign} {bound.value:,}", source, "", "not applicable", reason)


def from_arrangement(network: Network, box: Box, counts: Counted) -> list[Claim]:
    """One hidden layer of scalar units is a hyperplane arrangement: Zaslavsky's theorem counts its faces."""
    source = "Zaslavsky 1977: sums of the Moebius function over the flats that meet the box"
    try:
        faces = count_in_box(arrangement_of(network), box)
    except InvalidInputError:
        reason = "the network is not one hidden layer of scalar units"
        return [Claim("faces of a hyperplane arrangement", source, "", "not applicable", reason)]
    except TooLargeError as error:
        return [Claim("faces of a hyperplane arrangement", source, "", "not applicable", str(error))]
    predictions = [
        Prediction("proper_activation", "=", faces.regions, source),
        Prediction("adjacencies", "=", faces.facets, source),
        Prediction("f_vector", "=", faces.f_vector, source),
    ]
    degree = "by induction on d: a hyperplane adds r regions and at most r + (d - 1) r adjacencies"
    below = counts.adjacencies < box.dim * _whole(counts.of("proper_activation"))
    return [
        *from_predictions(predictions, counts),
        Claim("mean degree < 2 d", degree, _mean_degree(counts), "PASS" if below else "FAIL"),
    ]


def _mean_degree(counts: Counted) -> str:
    return f"{2 * counts.adjacencies / _whole(counts.of('proper_activation')):.4g}"


def from_euler(dim: int, counts: Counted) -> Claim:
    """The faces that meet the open box, an open ball, alternate to its Euler characteristic."""
    statement = f"the numbers of faces alternate to {(-1) ** dim}"
    source = "Euler's relation for the subdivided open box"
    if counts.f_vector is None:
        return Claim(statement, source, "", "not applicable", "the faces are not known")
    total = sum((-1) ** k * n for k, n in enumerate(counts.f_vector))
    measured = f"{show(counts.f_vector)}: {total}"
    return Claim(statement, source, measured, "PASS" if total == (-1) ** dim else "FAIL")


def from_definitions(counts: Counted) -> Claim:
    """Each definition of a linear region merges more than the one before."""
    statement = "a coarser definition counts no more"
    source = "Stargalla, Hertrich, Reichman (NeurIPS 2025)"
    ends: list[tuple[int, int]] = []
    for name in DEFINITIONS:
        value = counts.of(name)
        if isinstance(value, int):
            ends.append((value, value))
        elif value is not None:
            ends.append((value[0], value[1]))
    if len(ends) < 2:
        return Claim(statement, source, "", "not applicable", "fewer than two of them were counted")
    ordered = all(a[1] >= b[1] and a[0] >= b[0] for a, b in pairwise(ends))
    shown = ", ".join(show_range(*end) for end in ends)
    return Claim(statement, source, shown, "PASS" if ordered else "FAIL")


def show(value: Measured) -> str:
    """A number, or several, for reading."""
    if value is None:
        return ""
    if isinstance(value, int):
        return f"{value:,}"
    return "(" + ", ".join(f"{v:,}" for v in value) + ")"


def show_range(low: int, high: int) -> str:
    """Bounds on a number, or the number if they meet."""
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def failed(claims: Sequence[Claim]) -> list[Claim]:
    """Those with the verdict FAIL."""
    return [claim for claim in claims if claim.verdict == "FAIL"]
