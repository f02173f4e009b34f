"""The closed box ``[l1, u1] x ... x [ld, ud]`` in which regions are enumerated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..base.arrays import FloatArray
from ..base.checks import check_number
from ..base.rationals import IntegerRows, dyadic, round_fraction
from ..errors import InvalidBoxError, InvalidInputError, counted, short_repr
from . import formats
from .numbers import float_array, real_array


@dataclass(frozen=True, eq=False)
class Box:
    """A closed, bounded, full-dimensional box. Its bounds are read as the exact rationals they are.

    Parameters
    ----------
    lower, upper : array_like of shape (d,)
        Finite bounds with ``lower < upper`` in every dimension.

    Raises
    ------
    InvalidBoxError
        If the bounds are not numbers, not finite, of different shapes, inverted or empty.

    Examples
    --------
    >>> box = Box([-1, 0], [1, 4])
    >>> box.dim, box.volume
    (2, 8.0)
    >>> A, b = box.halfspaces()
    >>> bool((A @ [0.5, 3] <= b).all())
    True
    """

    lower: FloatArray  # (d,)
    upper: FloatArray  # (d,)

    def __init__(self, lower: ArrayLike, upper: ArrayLike) -> None:
        low = bounds("lower", lower)
        high = bounds("upper", upper)
        if low.shape != high.shape:
            raise InvalidBoxError(
                f"box: lower has {counted(low.size, 'entry', 'entries')} and upper has {high.size}; "
                "give one of each per dimension"
            )
        for j in range(low.size):
            if not low[j] < high[j]:
                what = "empty" if low[j] == high[j] else "inverted"
                fixed = ", or polyregions.network.slices.fix_inputs for a fixed input" * (what == "empty")
                raise InvalidBoxError(
                    f"box: dimension {j} is {what}: lower {float(low[j])!r}, upper {float(high[j])!r}; "
                    f"need lower < upper{fixed}"
                )
        low.flags.writeable = high.flags.writeable = False
        object.__setattr__(self, "lower", low)
        object.__setattr__(self, "upper", high)

    @classmethod
    def cube(cls, dim: int, lower: float, upper: float) -> Box:
        """Return the box with the same bounds in all ``dim`` dimensions.

        Examples
        --------
        >>> Box.cube(3, -1, 1)
        Box([-1.0, -1.0, -1.0], [1.0, 1.0, 1.0])
        """
        if not isinstance(dim, int | np.integer) or dim < 1:
            raise InvalidBoxError(f"box: dimension must be a whole number, at least 1, got {short_repr(dim)}")
        return cls([lower] * dim, [upper] * dim)

    @classmethod
    def from_data(cls, points: ArrayLike, margin: float = 0.0) -> Box:
        """Return the smallest box around points (n, d), or a larger one.

        Parameters
        ----------
        points : array_like (n, d)
        margin : float
            How far it reaches beyond them at both ends of each side, as a share of the side's length.

        Raises
        ------
        InvalidBoxError
            If a coordinate is the same for all points: the box would be empty.
        InvalidInputError
            If they are no finite numbers (n, d), or the margin is none that is at least 0.

        Examples
        --------
        >>> Box.from_data([[0, 5], [2, 1], [1, 1]])
        Box([0.0, 1.0], [2.0, 5.0])
        >>> Box.from_data([[0, 5], [2, 1], [1, 1]], margin=0.25)
        Box([-0.5, 0.0], [2.5, 6.0])
        """
        x = float_array("points", points, 2, InvalidInputError)
        if x.size == 0:
            raise InvalidInputError(f"points: a box needs at least one point, got shape {x.shape}")
        low, high = x.min(axis=0), x.max(axis=0)
        share = check_number("margin", margin, zero=True)
        with np.errstate(over="ignore"):
            beyond = share * (high - low) if share else 0.0
            return cls(low - beyond, high + beyond)

    @classmethod
    def from_nnet(cls, path: str | Path, normalise: bool = False) -> Box:
        """Return the box of the inputs that a ``.nnet`` file names, for the network that it holds.

        Parameters
        ----------
        path : str or Path
        normalise : bool
            As it is given to ``Network.load``: the box of physical inputs, as it stands in the file, or, if
            False, that of ``(x - mean) / range``, each bound the exact number rounded once.

        Raises
        ------
        InvalidBoxError
            If an input is fixed: its bounds are equal.
            ``polyregions.network.formats.nnet.read_bounds(path)`` gives bounds for ``fix_inputs`` then.
        FileFormatError
            If it is no such file.
        """
        try:
            return cls(*formats.framework("nnet").read_bounds(path, normalise))
        except InvalidBoxError as error:
            raise InvalidBoxError(f"{path}: {error}") from error

    @classmethod
    def from_vnnlib(cls, path: str | Path, index: int | None = None) -> Box:
        """Return the box of the inputs that a VNN-LIB file names (:mod:`polyregions.network.vnnlib`).

        Parameters
        ----------
        path : str or Path
            Of version 1. Decimal numbers are read as the nearest float64.
        index : int
            Which box, from 0 on, if the file has several.

        Raises
        ------
        InvalidBoxError
            If an input is fixed: ``polyregions.network.vnnlib.read_bounds(path)`` gives the bounds for
            ``fix_inputs(network, lower, upper)`` then.
        InvalidInputError
            If there are several boxes and no index, or there is no such box.
        FileFormatError
            If it is no such file, or constrains inputs otherwise: :meth:`polyregions.Polytope.from_vnnlib`
            takes linear constraints between them.
        """
        from .vnnlib import choose, read_bounds

        found = choose(path, read_bounds(path), index)
        try:
            return cls(*found)
        except InvalidBoxError as error:
            raise InvalidBoxError(f"{path}: {error}") from error

    @property
    def dim(self) -> int:
        """Number of dimensions d."""
        return int(self.lower.size)

    @property
    def farthest(self) -> FloatArray:
        """The largest |x_j| of its points; float64 (d,)."""
        return np.maximum(np.abs(self.lower), np.abs(self.upper))

    @property
    def volume(self) -> float:
        """Volume (length for d = 1, area for d = 2): the exact one rounded once, infinite beyond float64."""
        pairs = zip(self.lower.tolist(), self.upper.tolist(), strict=True)
        exact = math.prod((Fraction(b) - Fraction(a) for a, b in pairs), start=Fraction(1))
        return round_fraction(exact.numerator, exact.denominator)

    def halfspaces(self) -> tuple[FloatArray, FloatArray]:
        """Return ``(A, b)`` of shapes (2d, d) and (2d,) with ``A x <= b`` on the box.

        Row ``2 j`` is the lower side of dimension j, row ``2 j + 1`` its upper side.
        """
        d = self.dim
        A = np.zeros((2 * d, d))
        b = np.empty(2 * d)
        for j in range(d):
            A[2 * j, j], b[2 * j] = -1.0, -self.lower[j]
            A[2 * j + 1, j], b[2 * j + 1] = 1.0, self.upper[j]
        return A, b

    def contains(self, points: ArrayLike) -> NDArray[np.bool_]:
        """Whether each of the points (n, d) lies in the closed box; shape (n,)."""
        x = np.atleast_2d(real_array("points", points, InvalidInputError))
        if x.ndim != 2 or x.shape[1] != self.dim:
            raise InvalidInputError(
                f"points must have shape (n, {self.dim}) or ({self.dim},), got {np.shape(points)}"
            )
        return np.asarray(((x >= self.lower) & (x <= self.upper)).all(axis=1))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Box):
            return NotImplemented
        return self.lower.tobytes() == other.lower.tobytes() and self.upper.tobytes() == other.upper.tobytes()

    def __hash__(self) -> int:
        return hash((self.lower.tobytes(), self.upper.tobytes()))

    def __repr__(self) -> str:
        return f"Box({self.lower.tolist()}, {self.upper.tolist()})"


def box_rows(box: Box) -> IntegerRows:
    """Integer rows of the sides of a box: side 2j is the lower, 2j + 1 the upper of dimension j."""
    rows = []
    for j in range(box.dim):
        for bound, sign in ((box.lower[j], 1), (box.upper[j], -1)):
            (n,), e = dyadic([bound])
            row = [0] * (box.dim + 1)
            row[j], row[-1] = sign * (1 << e), -sign * n
            rows.append(row)
    return rows


def bounds(name: str, values: Any) -> FloatArray:
    """Lower or upper bounds as finite float64 (d,), d >= 1, or an InvalidBoxError that names them."""
    array = np.atleast_1d(real_array(f"box: {name}", values, InvalidBoxError))
    if array.ndim != 1 or array.size == 0:
        raise InvalidBoxError(f"box: {name} must be a list of d >= 1 numbers, got shape {array.shape}")
    if not np.isfinite(array).all():
        raise InvalidBoxError(f"box: {name} must be finite, got {short_repr(array.tolist())}")
    return array
