"""What theory says of one network in one box, as data that an enumeration can be held against.

Constructions and named arrangements carry predictions. None of them is ever read off from an enumeration:
each has its theorem, or the derivation that its source names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .errors import InvalidInputError

Relation = Literal["=", ">=", "<="]

#: The definitions of a linear region, finest first: counts descend along this list. See
#: :mod:`polyregions.linear_regions`.
DEFINITIONS = (
    "activation",
    "proper_activation",
    "convex",
    "open_connected",
    "closed_connected",
    "affine",
)
#: Those that are counted from all faces, which the engine "subdivide" keeps.
FROM_FACES = ("activation", "closed_connected")
#: What can be predicted: a count by one of the definitions, the number of adjacent pairs of proper activation
#: regions, and the numbers of faces of dimension 0, ..., d that meet the open box.
QUANTITIES = (*DEFINITIONS, "adjacencies", "f_vector")


@dataclass(frozen=True)
class Prediction:
    """A theorem, applied to one network in one box.

    Attributes
    ----------
    quantity : str
        One of :data:`QUANTITIES`.
    relation : "=", ">=" or "<="
        How the true number relates to ``value``.
    value : int, tuple of int, or None
        A tuple for "f_vector" alone. None where the hypothesis fails.
    source : str
        The theorem, or the derivation in a few words.
    reason : str
        What of the hypothesis fails; "" if nothing does.

    Raises
    ------
    InvalidInputError
        If the quantity is unknown, or neither a value nor a reason is given.

    Examples
    --------
    >>> prediction = Prediction("proper_activation", "=", 7, "three lines in general position")
    >>> prediction.holds(7), prediction.holds(8)
    (True, False)
    """

    quantity: str
    relation: Relation
    value: int | tuple[int, ...] | None
    source: str
    reason: str = ""

    def __post_init__(self) -> None:
        if self.quantity not in QUANTITIES:
            raise InvalidInputError(f"quantity {self.quantity!r} is unknown; known: {', '.join(QUANTITIES)}")
        if (self.value is None) == (self.reason == ""):
            raise InvalidInputError(f"{self.quantity}: give a value, or the reason why there is none")

    @property
    def applies(self) -> bool:
        """Whether the hypothesis holds."""
        return self.value is not None

    def holds(self, measured: int | tuple[int, ...]) -> bool:
        """Whether a measured number agrees.

        Raises
        ------
        InvalidInputError
            If the hypothesis fails: then nothing is predicted.
        """
        if self.value is None:
            raise InvalidInputError(f"{self.source} predicts nothing here: {self.reason}")
        if self.relation == "=" or isinstance(measured, tuple) or isinstance(self.value, tuple):
            return measured == self.value
        return measured >= self.value if self.relation == ">=" else measured <= self.value
