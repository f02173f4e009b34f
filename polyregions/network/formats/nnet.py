"""The text format ``.nnet``: a plain stack of ReLU layers, with the ranges and the scaling of its inputs.

Lines of comment begin with ``//``. Then: number of layers, of inputs, of outputs, and the largest layer; the
sizes of the inputs and of all layers; a flag that nothing uses; the least and the greatest values of the
inputs; their means and ranges, each followed by that of the outputs; and for each layer the rows of its
weight, a line each, and its biases, a line each. Hidden layers are ReLU, the last one is linear. Numbers are
separated by commas, and one more may stand at the end of a line.

The weights take normalised inputs, ``(x - mean) / range``, and give normalised outputs. A decimal number is
read as the nearest float64.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ...base.arrays import FloatArray
from ...base.files import checked_path
from ...base.rationals import round_fraction
from ...base.rounding import U
from ...base.texts import decimal, read_text
from ...errors import FileFormatError, InvalidNetworkError, counted, short_repr
from ..kinds import make_layers
from ..source import Reading
from .lowering import operators as op
from .lowering.embedding import embed
from .lowering.forms import Forms
from .lowering.program import Program
from .lowering.reading import finish

#: Larger files are not read.
MOST_BYTES = 2**29


class Contents(NamedTuple):
    """What stands in a file.

    Attributes
    ----------
    lower, upper : float64 (n,)
        The least and the greatest values of the inputs.
    means, ranges : float64 (n + 1,)
        Of the inputs, and of all outputs.
    pairs : list of (weight (out, in), bias (out,))
    """

    lower: FloatArray
    upper: FloatArray
    means: FloatArray
    ranges: FloatArray
    pairs: list[tuple[FloatArray, FloatArray]]


def read(path: Path, normalise: bool = False, as_float32: bool = False) -> Reading:
    """Read a network.

    Parameters
    ----------
    path : Path
    normalise : bool
        Take physical inputs, and give physical outputs: ``(x - mean) / range`` first and
        ``output * range + mean`` last, as linear layers of their own. 1 / range is rounded once.
    as_float32 : bool
        Round the weights (and, with ``normalise``, the means and ranges) from float64 to float32, as programs
        do that compute with such.
    """
    contents = _parsed(path)
    n = contents.lower.size
    program = Program(n)
    if as_float32:
        contents = _narrowed(path, contents, program, normalise)
    means, ranges, pairs = contents.means, contents.ranges, contents.pairs
    forms = Forms.inputs(program, (n,))
    if normalise:
        _check_ranges(path, ranges)
        forms = op.divide(forms.add(means[:n], -1.0), ranges[:n])
    forms = embed(make_layers(pairs, "relu", {}), forms)
    if normalise:
        forms = forms.scale(ranges[n]).add(means[n])
    program.operators.update(linear=len(pairs), relu=len(pairs) - 1)

    def evaluate(x: FloatArray) -> FloatArray:
        with np.errstate(all="ignore"):  # what is not finite is not compared
            y = (x - means[:n]) / ranges[:n] if normalise else x
            for W, b in pairs[:-1]:
                y = np.maximum(y @ W.T + b, 0.0)
            y = y @ pairs[-1][0].T + pairs[-1][1]
            return y * ranges[n] + means[n] if normalise else y

    try:
        return finish("nnet", (n,), forms, evaluate, U, every_unit=True)
    except InvalidNetworkError as error:
        raise type(error)(f"{path}: {error}") from error


def read_bounds(path: str | Path, normalise: bool = False) -> tuple[FloatArray, FloatArray]:
    """Read the least and the greatest inputs, (n,) each, of the network that :func:`read` makes of a file.

    With ``normalise`` they are those of the file; else ``(bound - mean) / range``, the exact number rounded
    once. They may be equal.

    Raises
    ------
    FileFormatError
        If it is no such file, a lower bound is above its upper bound, or a range is not positive.
    """
    path = checked_path(path)
    contents = _parsed(path)
    lower, upper = contents.lower, contents.upper
    inverted = np.flatnonzero(lower > upper)
    if inverted.size:
        j = int(inverted[0])
        raise FileFormatError(
            f"{path}: input {j} is inverted: least {float(lower[j])!r}, greatest {float(upper[j])!r}"
        )
    if normalise:
        return lower, upper
    _check_ranges(path, contents.ranges)
    return _normalised(lower, contents), _normalised(upper, contents)


def _normalised(bounds: FloatArray, contents: Contents) -> FloatArray:
    numbers = zip(bounds.tolist(), contents.means.tolist(), contents.ranges.tolist(), strict=False)
    exact = [(Fraction(b) - Fraction(mean)) / Fraction(size) for b, mean, size in numbers]
    return np.array([round_fraction(v.numerator, v.denominator) for v in exact])


def _check_ranges(path: Path, ranges: FloatArray) -> None:
    bad = np.flatnonzero(~(ranges > 0.0))
    if bad.size:
        raise FileFormatError(
            f"{path}: the range {float(ranges[bad[0]])!r} of input {int(bad[0])} scales nothing; it must be "
            "positive (the last one is that of the outputs)"
        )


def _narrowed(path: Path, contents: Contents, program: Program, all_numbers: bool) -> Contents:
    """The same with numbers of float32; how many differ from before is noted."""

    def narrow(values: FloatArray) -> FloatArray:
        with np.errstate(over="ignore", under="ignore"):
            narrowed = values.astype(np.float32).astype(np.float64)
        if not np.isfinite(narrowed).all():
            raise FileFormatError(f"{path}: a number is beyond the range of float32")
        op.note_rounded(program, "number to float32", int((narrowed != values).sum()))
        return narrowed

    pairs = [(narrow(W), narrow(b)) for W, b in contents.pairs]
    if not all_numbers:
        return contents._replace(pairs=pairs)
    return contents._replace(pairs=pairs, means=narrow(contents.means), ranges=narrow(contents.ranges))


def _parsed(path: Path) -> Contents:
    lines = _Lines(path)
    n_layers, n, outputs, _ = lines.whole("the numbers of layers, inputs and outputs and the largest size", 4)
    sizes = lines.whole("the sizes of the inputs and of all layers", n_layers + 1)
    if sizes[0] != n or sizes[-1] != outputs:
        raise lines.error(
            f"the sizes go from {sizes[0]:,} to {sizes[-1]:,}, but there are {counted(n, 'input')} "
            f"and {counted(outputs, 'output')}"
        )
    lines.line("the unused flag")  # some files have a text there
    lower, upper = (lines.numbers(f"the {name} values of the inputs", n) for name in ("least", "greatest"))
    means, ranges = (
        lines.numbers(f"the {name} of inputs and outputs", n + 1) for name in ("means", "ranges")
    )
    pairs = []
    for k, (width, size) in enumerate(pairwise(sizes), start=1):
        # Rows are kept as they come: what the head promises is not believed.
        weight = lines.rows(f"of the weight of layer {k}", size, width)
        bias = lines.rows(f"of the bias of layer {k}", size, 1)
        pairs.append((weight, bias[:, 0]))
    lines.end()
    return Contents(lower, upper, means, ranges, pairs)


class _Lines:
    """The lines of a file one after the other, without comments and empty ones."""

    def __init__(self, path: Path) -> None:
        self.path, self.number = path, 0
        self._lines = self._without_comments(read_text(path, MOST_BYTES))

    def _without_comments(self, text: str) -> Iterator[str]:
        for self.number, line in enumerate(text.split("\n"), 1):
            stripped = line.strip()
            if stripped and not stripped.startswith("//"):
                yield stripped

    def error(self, message: str) -> FileFormatError:
        """What is wrong with the line that was taken last."""
        return FileFormatError(f"{self.path}: line {self.number}: {message}")

    def line(self, what: str) -> str:
        """The next line."""
        line = next(self._lines, None)
        if line is None:
            raise self.error(f"the file ends before {what}; truncated perhaps")
        return line

    def cells(self, what: str, count: int) -> list[str]:
        """The numbers of the next line, as texts."""
        cells = [cell.strip() for cell in self.line(what).removesuffix(",").split(",")]
        if len(cells) != count:
            raise self.error(f"{what}: {counted(count, 'number')} expected, got {len(cells):,}")
        return cells

    def whole(self, what: str, count: int) -> list[int]:
        """The whole numbers of the next line, each at least 1."""
        cells = self.cells(what, count)
        for cell in cells:
            if not re.fullmatch("[0-9]{1,12}", cell) or int(cell) < 1:
                raise self.error(f"{what}: {short_repr(cell)} is no whole number from 1 on")
        return [int(cell) for cell in cells]

    def numbers(self, what: str, count: int) -> FloatArray:
        """The numbers of the next line."""
        cells = self.cells(what, count)
        where = f"{self.path}: line {self.number}: {what}"
        return np.array([decimal(cell, where) for cell in cells])

    def rows(self, what: str, count: int, width: int) -> FloatArray:
        """The numbers of the next lines, (count, width)."""
        found = array("d")
        for i in range(count):
            found.extend(self.numbers(f"row {i} {what}", width))
        return np.array(found).reshape(count, width)

    def end(self) -> None:
        """Refuse what stands after the end."""
        if next(self._lines, None) is not None:
            raise self.error("nothing more was expected: the head of the file promises no further layer")
