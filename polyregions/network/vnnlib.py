"""The boxes and polytopes of inputs that a VNN-LIB file names, version 1.

Inputs are ``X_0, X_1, ...`` and outputs ``Y_0, Y_1, ...``, declared by ``(declare-const X_0 Real)``. What is
asserted is built with ``and`` and ``or`` from comparisons ``<=`` and ``>=``. Those of one input with a number
are its bounds, and those of linear expressions in inputs are rows of a polytope; those with an output must be
well formed, and do not count here. An ``or`` over bounds or rows gives several cases. Whoever asks for boxes
is refused rows.

A decimal number is read as the nearest float64, so a box may differ from the one in the file by half a unit
in the last place; ``fix_inputs`` takes bounds that are equal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..base.arrays import FloatArray
from ..base.checks import check_whole
from ..base.files import checked_path
from ..base.rationals import round_fraction
from ..base.texts import DECIMAL, read_text
from ..errors import FileFormatError, InvalidInputError, TooLargeError, counted, short_repr
from .vnnlib_terms import Term, combined

Found = TypeVar("Found")

#: Larger files are not read.
MOST_BYTES = 2**28
#: The most boxes, and the most lower (or upper) bounds of all of them together.
MOST_BOXES, MOST_NUMBERS = 2**16, 2**23

TOKEN = re.compile(r"[()]|[^\s();]+|;[^\n]*")
VARIABLE = re.compile(r"([XY])_(0|[1-9]\d{0,8})", re.ASCII)

#: The inputs of a row, ascending, with their coefficients.
Row = tuple[tuple[int, float], ...]
#: Bounds: the number for (input, whether it is the upper one), for (row, True) the largest value of a row.
Bounds = dict[tuple[int | Row, bool], float]


class Case(NamedTuple):
    """The inputs x with ``lower <= x <= upper`` and ``A x <= b``; float64 (d,), (d,), (m, d), (m,)."""

    lower: FloatArray
    upper: FloatArray
    A: FloatArray
    b: FloatArray


class Formula(NamedTuple):
    """What is said of the inputs: the bounds of ``always``, and those of one of ``cases``."""

    always: Bounds
    cases: list[Bounds]


def read_bounds(path: str | Path) -> list[tuple[FloatArray, FloatArray]]:
    """Read the boxes of inputs that a file names, one if it has no ``or`` over inputs.

    Parameters
    ----------
    path : str or Path
        At most :data:`MOST_BYTES`.

    Returns
    -------
    list of (lower, upper)
        float64 (d,) each, the nearest to the decimal numbers of the file; equal where an input is fixed.
        Each box once, in the order of the file.

    Raises
    ------
    FileFormatError
        If it is no such file, a bound is missing or inverted, or inputs are constrained otherwise; the
        message names the line.
    TooLargeError
        If the file is too large, or has more than :data:`MOST_BOXES` boxes.
    """
    return [(case.lower, case.upper) for case in _read(path, with_rows=False)]


def read_cases(path: str | Path) -> list[Case]:
    """Read what a file says of the inputs, with linear constraints between them.

    Parameters
    ----------
    path : str or Path
        At most :data:`MOST_BYTES`.

    Returns
    -------
    list of Case
        Each once, in the order of the file.

    Raises
    ------
    FileFormatError
        As :func:`read_bounds`, but for constraints between inputs: these are refused only where they are not
        linear, or a coefficient is no float64.
    TooLargeError
        If the file is too large, or has more than :data:`MOST_BOXES` cases.
    """
    return _read(path, with_rows=True)


def choose(path: str | Path, found: Sequence[Found], index: int | None) -> Found:
    """Return the box or case of a file with an index.

    Raises
    ------
    InvalidInputError
        If there are several and no index, or there is no such one.
    """
    if index is None and len(found) > 1:
        raise InvalidInputError(
            f"{path}: it has {len(found):,} boxes; choose one with index=0, ..., {len(found) - 1}"
        )
    return found[0 if index is None else check_whole("index", index, 0, len(found) - 1)]


def _read(path: str | Path, with_rows: bool) -> list[Case]:
    path = checked_path(path)
    reader = _Reader(path, read_text(path, MOST_BYTES), with_rows)
    reader.run()
    return list(_cases(path, reader.n_inputs(), reader.asserted))


class _Frame:
    """An expression that is not closed yet."""

    def __init__(self, start: int) -> None:
        self.start = start
        self.items: list[Any] = []  # texts, terms and formulas


class _Reader:
    """One pass over a text: every expression is understood when it closes, so nesting needs no recursion."""

    def __init__(self, path: Path, text: str, with_rows: bool) -> None:
        self.path, self.text, self.place, self.with_rows = path, text, 0, with_rows
        self.declared: set[str] = set()
        self.asserted = Formula({}, [{}])
        self.operators: dict[str, Callable[[Sequence[Any]], Any]] = {
            **dict.fromkeys(("<=", ">="), self._comparison),
            **dict.fromkeys(("and", "or"), self._connected),
            **dict.fromkeys(("+", "-", "*"), self._arithmetic),
        }
        self.commands: dict[str, Callable[[Sequence[Any]], Any]] = {
            "declare-const": self._declare,
            "assert": self._assert,
        }

    def error(self, message: str) -> FileFormatError:
        """What is wrong, and in which line."""
        line = self.text.count("\n", 0, self.place) + 1
        return FileFormatError(f"{self.path}: line {line}: {message}")

    def run(self) -> None:
        """Read the whole text."""
        open_: list[_Frame] = []
        for match in TOKEN.finditer(self.text):
            token, self.place = match.group(), match.start()
            if token[0] == ";":
                continue
            if token == "(":
                open_.append(_Frame(self.place))
            elif not open_:
                raise self.error(f"{short_repr(token)} stands outside of all parentheses")
            elif token != ")":
                open_[-1].items.append(token)
            else:
                frame = open_.pop()
                self.place = frame.start
                value = self._closed(frame.items, inside=bool(open_))
                if open_:
                    open_[-1].items.append(value)
        if open_:
            self.place = open_[-1].start
            raise self.error("a parenthesis is never closed; truncated perhaps")

    def n_inputs(self) -> int:
        """How many inputs are declared: X_0 and so on, none left out."""
        found = {int(name[2:]) for name in self.declared if name[0] == "X"}
        missing = next((i for i in range(len(found)) if i not in found), None)
        if not found or missing is not None:
            raise FileFormatError(
                f"{self.path}: X_{missing or 0} is not declared; inputs are numbered from 0"
            )
        return len(found)

    def _closed(self, items: list[Any], inside: bool) -> Any:
        head = items[0] if items else ""
        known = self.operators if inside else self.commands
        if not isinstance(head, str) or head not in known:
            what = short_repr(head) if isinstance(head, str) else "an expression"
            raise self.error(
                f"{what} is not read as {'an operator' if inside else 'a command'} of VNN-LIB 1; "
                f"known: {', '.join(known)}"
            )
        return known[head](items)

    def _declare(self, items: Sequence[Any]) -> None:
        name = items[1] if len(items) == 3 else None
        if not isinstance(name, str) or items[2] != "Real" or not VARIABLE.fullmatch(name):
            raise self.error("a declaration is (declare-const X_0 Real) or (declare-const Y_0 Real)")
        if name in self.declared:
            raise self.error(f"{name} is declared twice")
        self.declared.add(name)

    def _assert(self, items: Sequence[Any]) -> None:
        if len(items) != 2 or not isinstance(items[1], Formula):
            raise self.error("assert takes one constraint")
        self.asserted = self._both(self.asserted, items[1])

    def _term(self, item: Any) -> Term:
        if isinstance(item, Term):
            return item
        if not isinstance(item, str):
            raise self.error("a constraint stands where a number or a variable should")
        if DECIMAL.fullmatch(item):
            if abs(float(item)) == np.inf:
                raise self.error(f"{short_repr(item)} is beyond the range of float64")
            return Term(item, {}, Fraction(float(item)), plain=True)
        if item not in self.declared:
            raise self.error(f"{short_repr(item)} is neither a number nor declared")
        if item[0] == "Y":
            return Term(item, reads_output=True)
        return Term(item, {int(item[2:]): Fraction(1)}, plain=True)

    def _arithmetic(self, items: Sequence[Any]) -> Term:
        operator, *operands = items[0], *map(self._term, items[1:])
        if not operands:
            raise self.error(f"{operator} of nothing")
        if self.with_rows or (operator == "-" and len(operands) == 1):
            return combined(operator, operands)
        return Term(operator, reads_output=any(term.reads_output for term in operands))

    def _comparison(self, items: Sequence[Any]) -> Formula:
        if len(items) != 3:
            raise self.error(f"{items[0]} takes two terms, got {len(items) - 1}")
        upper, left, right = items[0] == "<=", self._term(items[1]), self._term(items[2])
        if left.reads_output or right.reads_output:
            return Formula({}, [{}])
        if left.number is not None:
            left, right, upper = right, left, not upper
        if self.with_rows or (left.input is not None and right.number is not None):
            lower_side, upper_side = (left, right) if upper else (right, left)
            linear, constant = combined("-", [lower_side, upper_side])[1:3]
            if linear and (row := self._row(linear, -constant)):
                return Formula(row, [{}])
        raise self.error(
            f"{items[0]} between {short_repr(left.name)} and {short_repr(right.name)} is no bound; "
            "of inputs, only one at a time compared with a number is read, like (<= X_0 1.5)"
        )

    def _row(self, linear: dict[int, Fraction], most: Fraction) -> Bounds:
        """What ``linear . x <= most`` says: a bound of an input, or a row."""
        if len(linear) == 1:
            ((j, factor),) = linear.items()
            bound = round_fraction((most / factor).numerator, (most / factor).denominator)
            if np.isfinite(bound) and Fraction(bound) == most / factor:
                return {(j, factor > 0): bound}
        row = tuple((j, round_fraction(a.numerator, a.denominator)) for j, a in sorted(linear.items()))
        bound = round_fraction(most.numerator, most.denominator)
        exact = [*linear.values(), most]
        rounded = [*(dict(row)[j] for j in linear), bound]
        if not np.isfinite(rounded).all() or any(
            Fraction(v) != w for v, w in zip(rounded, exact, strict=True)
        ):
            raise self.error("a number of a linear constraint is no float64 once it is worked out")
        return {(row, True): bound}

    def _connected(self, items: Sequence[Any]) -> Formula:
        operator, operands = items[0], items[1:]
        if not operands or not all(isinstance(operand, Formula) for operand in operands):
            raise self.error(f"{operator} takes constraints, at least one")
        if operator == "or":
            return self._either(operands)
        together: Formula = operands[0]
        for operand in operands[1:]:
            together = self._both(together, operand)
        return together

    def _both(self, first: Formula, second: Formula) -> Formula:
        always = _tightened(first.always, second.always)
        if second.cases == [{}]:
            return Formula(always, first.cases)
        if first.cases == [{}]:
            return Formula(always, second.cases)
        n, m = len(first.cases), len(second.cases)
        self._check_size(n * m, m * sum(map(len, first.cases)) + n * sum(map(len, second.cases)))
        return Formula(always, [_tightened(dict(a), dict(b)) for a in first.cases for b in second.cases])

    def _either(self, operands: Sequence[Formula]) -> Formula:
        copied = sum(len(always) * len(cases) for always, cases in operands if cases != [{}])
        self._check_size(sum(len(operand.cases) for operand in operands), copied)
        found: list[Bounds] = []
        for always, cases in operands:
            if cases == [{}]:
                found.append(always)
            else:
                found += [_tightened(dict(always), dict(c)) for c in cases] if always else cases
        # Those over outputs alone are one: they say nothing of the inputs.
        kept = [case for case in found if case] + [{}] * (not all(found))
        return Formula(kept[0], [{}]) if len(kept) == 1 else Formula({}, kept)

    def _check_size(self, boxes: int, numbers: int) -> None:
        if boxes > MOST_BOXES or numbers > MOST_NUMBERS:
            raise TooLargeError(
                f"{self.path}: its ors make {counted(boxes, 'box', 'boxes')}; at most {MOST_BOXES:,} of "
                f"{MOST_NUMBERS:,} bounds are read"
            )


def _tightened(first: Bounds, second: Bounds) -> Bounds:
    """Both; one of the two is changed, the larger."""
    small, large = (first, second) if len(first) < len(second) else (second, first)
    for (j, upper), value in small.items():
        known = large.get((j, upper), value)
        large[j, upper] = min(known, value) if upper else max(known, value)
    return large


def _cases(path: Path, n: int, asserted: Formula) -> Iterator[Case]:
    cases = asserted.cases
    if len(cases) * n > MOST_NUMBERS:
        raise TooLargeError(
            f"{path}: {counted(len(cases), 'box', 'boxes')} of {counted(n, 'input')} are too many"
        )
    common = np.stack([np.full(n, -np.inf), np.full(n, np.inf)])
    _tighten(common, asserted.always)
    seen: set[bytes] = set()
    numbers = 0
    for k, case in enumerate(cases):
        box = common.copy()
        _tighten(box, case)
        where = f"{path}: " if len(cases) == 1 else f"{path}: box {k} of {len(cases):,}: "
        low, high = box
        for bound, name in ((low, "lower"), (high, "upper")):
            missing = np.flatnonzero(~np.isfinite(bound))
            if missing.size:
                raise FileFormatError(f"{where}X_{missing[0]} has no {name} bound")
        inverted = np.flatnonzero(low > high)
        if inverted.size:
            j = int(inverted[0])
            raise FileFormatError(
                f"{where}X_{j} is inverted: at least {float(low[j])!r} and at most {float(high[j])!r}"
            )
        rows = {
            j: v for (j, _), v in _tightened(dict(asserted.always), dict(case)).items() if type(j) is tuple
        }
        numbers += len(rows) * n
        if numbers > MOST_NUMBERS:
            raise TooLargeError(f"{path}: the rows of all cases have more than {MOST_NUMBERS:,} coefficients")
        A = np.zeros((len(rows), n))
        for k, row in enumerate(rows):
            for j, a in row:
                A[k, j] = a
        b = np.array(list(rows.values()), dtype=np.float64)
        if (key := box.tobytes() + A.tobytes() + b.tobytes()) not in seen:
            seen.add(key)
            yield Case(low, high, A, b)


def _tighten(box: FloatArray, bounds: Bounds) -> None:
    for (j, upper), value in bounds.items():
        if isinstance(j, tuple):
            continue
        box[int(upper), j] = min(box[1, j], value) if upper else max(box[0, j], value)
