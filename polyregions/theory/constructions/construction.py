"""What a construction is: a network, a box, and what theory says of the one in the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ...errors import InvalidBoxError, InvalidInputError, TooLargeError
from ...network.box import Box
from ...network.network import Network
from ..predictions import Prediction

#: Constructions refuse to write down more weights than this.
MAX_WEIGHTS = 10_000_000

Values = Mapping[str, int | tuple[int, ...]]
#: Numbers of any size; those that are not float64 must not be rounded.
Exact = int | float | Fraction


@dataclass(frozen=True)
class Construction:
    """A network with known counts.

    Attributes
    ----------
    name : str
        The function that made it, with its parameters.
    network : Network
        Its float64 weights are the intended ones exactly.
    box : Box
        The box for which the numbers are predicted.
    source : str
        Where the construction comes from.
    predictions : tuple of Prediction
        Each from a theorem, or from the derivation in the docstring of the function; none from an
        enumeration. Where a hypothesis fails, the value is None and the reason is given.
    """

    name: str
    network: Network
    box: Box
    source: str
    predictions: tuple[Prediction, ...]

    def __repr__(self) -> str:
        return f"Construction({self.name}: {self.network!r} on {self.box!r})"


def predict(source: str, values: Values, reason: str = "") -> tuple[Prediction, ...]:
    """Predict these numbers exactly; with a reason, predict that none of them is known."""
    return tuple(
        Prediction(quantity, "=", None if reason else value, source, reason)
        for quantity, value in values.items()
    )


def all_maps_differ(regions: int) -> dict[str, int]:
    """The counts by all definitions of a linear region, if any two activation regions have different maps.

    Then nothing can be merged: ``affine <= closed <= open <= convex <= proper_activation`` are all equal.
    """
    definitions = ("proper_activation", "convex", "open_connected", "closed_connected", "affine")
    return dict.fromkeys(definitions, regions)


def box_or(default: Box, box: Box | None) -> Box:
    """Return the box given, or the default one.

    Raises
    ------
    InvalidInputError, InvalidBoxError
        If it is no box, or has another dimension.
    """
    if box is None:
        return default
    if not isinstance(box, Box):
        raise InvalidInputError(f"box: expected a Box, got {type(box).__name__}")
    if box.dim != default.dim:
        raise InvalidBoxError(f"box: it has {box.dim} dimension(s), the construction has {default.dim}")
    return box


def contains(box: Box, inner: Box) -> bool:
    """Whether a box contains another one of the same dimension."""
    return bool((box.lower <= inner.lower).all() and (box.upper >= inner.upper).all())


def limit_weights(name: str, weights: int) -> None:
    """Refuse more than :data:`MAX_WEIGHTS`, before anything is written down.

    Raises
    ------
    TooLargeError
        With the estimate and the limit.
    """
    if weights > MAX_WEIGHTS:
        raise TooLargeError(
            f"{name}: its network has {weights} weights and {MAX_WEIGHTS} is the limit; "
            "ask for fewer inputs, units or layers"
        )


def is_float(value: Exact) -> bool:
    """Whether a number is a finite float64, exactly."""
    try:
        return Fraction(float(value)) == value
    except (OverflowError, ValueError):  # beyond the range; NaN
        return False


def exact_floats(name: str, values: NDArray[np.object_]) -> NDArray[np.float64]:
    """Return exact numbers as float64.

    Raises
    ------
    TooLargeError
        If one of them has no float64.
    """
    for value in values.ravel().tolist():
        if not is_float(value):
            raise TooLargeError(
                f"{name}: the weight {value} needs more than the 53 bits of a float64; "
                "ask for fewer inputs, units or pieces"
            )
    return values.astype(np.float64)
