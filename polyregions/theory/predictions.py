"""What theory says of one network in one box, as data that an enumeration can be held against.

Constructions and named arrangements carry predictions. None of them is ever read off from an enumeration:
each has its theorem, or the derivation that its source names.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Literal, cast, get_args

from ..errors import InvalidInputError, short_repr

Relation = Literal["=", ">=", "<="]

#: The definitions of a linear region, finest first: counts descend along this list. See
#: :mod:`polyregions.analysis.definitions`.
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
        How the true number relates to ``value``; "=" for "f_vector".
    value : int, tuple of int, or None
        A tuple for "f_vector", and only there. None where the hypothesis fails.
    source : str
        The theorem, or the derivation in a few words.
    reason : str
        What of the hypothesis fails; "" if nothing does.

    Raises
    ------
    InvalidInputError
        If the quantity or the relation is unknown, the value is not of their kind, or neither a value nor a
        reason is given.

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
        if self.relation not in get_args(Relation) or (self.quantity == "f_vector" and self.relation != "="):
            raise InvalidInputError(
                f"{self.quantity}: relation {self.relation!r} is not one that it can have"
            )
        if (self.value is None) == (self.reason == ""):
            raise InvalidInputError(f"{self.quantity}: give a value, or the reason why there is none")
        if self.value is not None:
            object.__setattr__(self, "value", _whole_numbers(self.quantity, self.value))

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
        if isinstance(measured, tuple) != isinstance(self.value, tuple):
            raise InvalidInputError(f"{self.quantity}: {measured!r} cannot be held against {self.value!r}")
        if self.relation == "=":
            return measured == self.value
        # Tuples are compared with "=" only.
        number, value = cast("tuple[int, int]", (measured, self.value))
        return number >= value if self.relation == ">=" else number <= value


def _whole_numbers(quantity: str, value: object) -> int | tuple[int, ...]:
    """Return the value as Python integers: several for the f-vector, one for all else."""
    try:
        if quantity == "f_vector":
            return tuple(map(index, cast("tuple[int, ...]", value)))
        return index(cast("int", value))
    except TypeError as error:
        what = "a tuple of whole numbers" if quantity == "f_vector" else "a whole number"
        raise InvalidInputError(f"{quantity}: the value must be {what}, got {short_repr(value)}") from error
