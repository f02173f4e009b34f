"""A finite set of hyperplanes ``normal . x = offset``, exact, with what theory says of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import gcd, lcm, prod
from numbers import Rational

from ...base.checks import check_whole
from ...errors import InvalidInputError, TooLargeError, short_repr
from ...network.box import Box
from ...network.layers import linear, relu
from ...network.network import Network
from ..predictions import Prediction

Number = int | Fraction
Row = tuple[int, ...]

#: Families refuse to write down more numbers than this: m (d + 1) for m hyperplanes in R^d.
MAX_NUMBERS = 100_000


@dataclass(frozen=True)
class Arrangement:
    """Hyperplanes in R^d. One may stand twice, or scaled: it counts once.

    Attributes
    ----------
    name : str
    dimension : int
        d.
    normals : tuple of m tuples of d int or Fraction
        None of them zero.
    offsets : tuple of m int or Fraction
        Hyperplane i is ``normals[i] . x = offsets[i]``.
    definition, source : str
        The hyperplanes in words or symbols, and where they come from.
    predictions : tuple of Prediction
        What closed forms and published tables say of the open box :meth:`box`.
    half_widths : tuple of d int, optional
        For :meth:`box`: its family proves that each flat has a point with ``|x_j| < half_widths[j]``.

    Raises
    ------
    InvalidInputError
        If the numbers are not int or Fraction, do not fit together, or a normal is zero.

    Examples
    --------
    >>> lines = Arrangement("corner", 2, ((1, 0), (0, 2), (0, 1)), (1, 2, 1), "x = 1, y = 1", "an example")
    >>> lines.hyperplanes
    ((1, 0, 1), (0, 1, 1))
    >>> lines.network()
    Network(2 -> relu 3 -> linear 1)
    """

    name: str
    dimension: int
    normals: tuple[tuple[Number, ...], ...]
    offsets: tuple[Number, ...]
    definition: str
    source: str
    predictions: tuple[Prediction, ...] = ()
    half_widths: tuple[int, ...] | None = None

    def __post_init__(self) -> None:
        d = check_whole("dimension", self.dimension, 1)
        if len(self.normals) != len(self.offsets):
            raise InvalidInputError(
                f"{self.name}: {len(self.normals)} normals and {len(self.offsets)} offsets; one of each"
            )
        for i, (normal, offset) in enumerate(zip(self.normals, self.offsets, strict=True)):
            if len(normal) != d:
                raise InvalidInputError(f"{self.name}: normal {i} has {len(normal)} entries, not {d}")
            if not all(isinstance(v, Rational) for v in (*normal, offset)):
                raise InvalidInputError(
                    f"{self.name}: hyperplane {i}: expected int or Fraction, got "
                    f"{short_repr((*normal, offset))}; Fraction(v) reads a float exactly"
                )
            if not any(normal):
                raise InvalidInputError(f"{self.name}: normal {i} is zero: no hyperplane")
        if self.half_widths is not None and len(self.half_widths) != d:
            raise InvalidInputError(f"{self.name}: {len(self.half_widths)} half widths, not {d}")

    @cached_property
    def hyperplanes(self) -> tuple[Row, ...]:
        """The distinct hyperplanes, as integers (normal, offset): coprime, the first nonzero one positive."""
        rows = (_primitive((*n, o)) for n, o in zip(self.normals, self.offsets, strict=True))
        return tuple(dict.fromkeys(rows))

    @property
    def central(self) -> bool:
        """Whether all hyperplanes contain the origin."""
        return not any(self.offsets)

    def network(self) -> Network:
        """One ReLU unit ``normal . x - offset`` for each hyperplane, and their sum as the read-out.

        Raises
        ------
        InvalidInputError
            If a number has no float64, or there is no hyperplane.
        """
        if not self.normals:
            raise InvalidInputError(f"{self.name}: a network needs at least one hyperplane")
        weight = [[self._float(v) for v in normal] for normal in self.normals]
        bias = [self._float(-v) for v in self.offsets]
        return Network([relu(weight, bias), linear([[1.0] * len(bias)], [0.0])])

    def box(self) -> Box:
        """A box whose interior holds a point of every flat, so that its counts are those of R^d.

        All vertices lie inside. A central arrangement has [-1, 1]^d. The others have the half widths that
        their family gives, or else a power of two from Cramer and Hadamard: a smallest flat is the solution
        of r independent integer rows ``(normal, offset)``; with the d - r coordinates zero that they leave
        free, each other one is a quotient of two r x r determinants. The denominator is at least 1, and the
        numerator at most the product of the rows' lengths.

        Raises
        ------
        TooLargeError
            If that bound is beyond float64.
        """
        d, half_widths = self.dimension, self.half_widths
        if self.central:
            return Box.cube(d, -1, 1)
        if half_widths is None:
            squares = sorted(sum(v * v for v in row) for row in self.hyperplanes)
            half_widths = (2 ** ((prod(squares[-d:]).bit_length() + 1) // 2),) * d
        bits = max(half_widths).bit_length()
        if bits > 1023:
            raise TooLargeError(
                f"{self.name}: vertices may be as far out as 2^{bits}, float64 ends at 2^1024; give a box"
            )
        # Beyond 2^53 a power of two, for float64.
        upper = [float(w if w <= 2**53 else 2 ** w.bit_length()) for w in half_widths]
        return Box([-w for w in upper], upper)

    def _float(self, value: Number) -> float:
        try:
            rounded = float(value)
        except OverflowError:
            rounded = float("inf")
        if rounded in (float("inf"), float("-inf")) or Fraction(rounded) != value:
            raise InvalidInputError(f"{self.name}: {short_repr(value)} is no float64, so no weight or bias")
        return rounded

    def __repr__(self) -> str:
        return f"Arrangement({self.name}: {len(self.hyperplanes)} hyperplanes in R^{self.dimension})"


def arrangement_of(network: Network) -> Arrangement:
    """The arrangement of a network with one hidden layer of scalar units, from its weights exactly.

    Each breakpoint t of each unit is a hyperplane ``w . x + b = t``; a unit whose w is zero has none. The
    activation regions of the network in a box are those of the arrangement. Linear layers may stand before
    and after the hidden one.

    Raises
    ------
    InvalidInputError
        If the network has no hidden layer, more than one, or one of maxout units.

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 2], [0, 0]], [0.5, 1]), ([[1, 1]], [0])], "hard_tanh")
    >>> arrangement_of(net).hyperplanes          # x + 2 y = -3/2 and x + 2 y = 1/2
    ((2, 4, -3), (2, 4, 1))
    """
    if len(network.hidden) != 1 or network.hidden[0].pieces.is_max.any():
        raise InvalidInputError(
            f"{network!r} is no hyperplane arrangement: that is one hidden layer, not of maxout units"
        )
    d = network.input_dim
    forms = [[Fraction(int(i == j)) for j in range(d + 1)] for i in range(d + 1)]
    normals, offsets = [], []
    for layer in network.layers:
        weight = [[Fraction(v) for v in row] for row in layer.dense.tolist()]
        bias = [Fraction(v) for v in layer.bias.tolist()]
        rows = [[*w, b] for w, b in zip(weight, bias, strict=True)]
        columns = list(zip(*forms, strict=True))
        forms = [[sum((v * f for v, f in zip(row, c, strict=True) if v and f), Fraction()) for c in columns]
                 for row in rows] + [forms[-1]]  # fmt: skip
        if layer is network.hidden[0]:
            break
        pieces = layer.pieces  # of outputs that are no units: one each
        forms = [
            [Fraction(slope) * v for v in forms[row]]
            for row, slope in zip(pieces.row.tolist(), pieces.slope.tolist(), strict=True)
        ] + [forms[-1]]
    borders = layer.pieces.thresholds
    for row, level in zip(borders.row.tolist(), borders.level.tolist(), strict=True):
        *normal, constant = forms[row]
        if any(normal):
            normals.append(tuple(normal))
            offsets.append(Fraction(level) - constant)
    return Arrangement("network", d, tuple(normals), tuple(offsets), repr(network), "the network's weights")


def count_faces(f_vector: Sequence[int], source: str) -> tuple[Prediction, ...]:
    """Predictions from the numbers of faces of dimension 0, ..., d."""
    faces = tuple(f_vector)
    return (
        Prediction("proper_activation", "=", faces[-1], source),
        Prediction("adjacencies", "=", faces[-2], source),
        Prediction("f_vector", "=", faces, source),
    )


def count_regions(regions: int | None, source: str, reason: str = "") -> tuple[Prediction, ...]:
    """The prediction of the number of regions alone."""
    return (Prediction("proper_activation", "=", regions, source, reason),)


def limit_size(name: str, hyperplanes: int, dimension: int) -> None:
    """Raise TooLargeError, before anything is written down, if it would be too much."""
    numbers = hyperplanes * (dimension + 1)
    if numbers > MAX_NUMBERS:
        raise TooLargeError(
            f"{name}: at least {hyperplanes} hyperplanes in R^{dimension} are {numbers} numbers; "
            f"the limit is {MAX_NUMBERS}"
        )


def split(rows: Iterable[Sequence[Number]]) -> tuple[tuple[tuple[Number, ...], ...], tuple[Number, ...]]:
    """Normals and offsets of rows (normal, offset)."""
    table = [tuple(row) for row in rows]
    return tuple(row[:-1] for row in table), tuple(row[-1] for row in table)


def _primitive(row: Sequence[Number]) -> Row:
    fractions = [Fraction(v) for v in row]
    denominator = lcm(*(v.denominator for v in fractions))
    integers = [int(v * denominator) for v in fractions]
    divisor = gcd(*integers)
    if next(v for v in integers if v) < 0:
        divisor = -divisor
    return tuple(v // divisor for v in integers)
