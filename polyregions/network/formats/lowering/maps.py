"""Sparse float64 maps, composed and added only where no entry needs rounding."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from scipy.sparse import csr_array, diags_array

from ....base.arrays import BoolArray, FloatArray, IntArray
from ....base.rationals import round_fraction
from ....base.rounding import TINY


def sparse(rows: IntArray, columns: IntArray, values: FloatArray, shape: tuple[int, int]) -> csr_array | None:
    """The map with these entries, entries of one place added; None if a sum is no float64."""
    kept = values != 0.0
    if not kept.all():
        rows, columns, values = rows[kept], columns[kept], values[kept]
    place = rows.astype(np.int64) * max(shape[1], 1) + columns
    if not (place[1:] > place[:-1]).all():
        order = np.argsort(place, kind="stable")
        place, values = place[order], values[order]
        starts = np.flatnonzero(np.append(True, place[1:] != place[:-1]))
        if starts.size < place.size:
            sums = _sums(values, starts)
            if sums is None:
                return None
            place, values = place[starts][sums != 0.0], sums[sums != 0.0]
        rows, columns = np.divmod(place, max(shape[1], 1))
    ends = np.searchsorted(rows, np.arange(shape[0] + 1))
    return csr_array((values, columns, ends), shape=shape)


def _sums(values: FloatArray, starts: IntArray) -> FloatArray | None:
    """Exact sums of runs of numbers, or None if one is no float64."""
    ends = np.append(starts[1:], values.size)
    sums = values[starts]
    several = np.flatnonzero(ends - starts > 1).tolist()
    for run in several:
        exact = sum(map(Fraction, values[starts[run] : ends[run]].tolist()), Fraction(0))
        sums[run] = round_fraction(exact.numerator, exact.denominator)
        if not np.isfinite(sums[run]) or Fraction(sums[run]) != exact:
            return None
    return sums


def selection(size: int, first: int, columns: int) -> csr_array:
    """The map that picks ``size`` entries one after the other, from the first on."""
    return csr_array((np.ones(size), first + np.arange(size), np.arange(size + 1)), shape=(size, columns))


def is_power_of_two(values: FloatArray) -> BoolArray:
    """Whether multiplying by each number changes exponents and signs only."""
    mantissas, _ = np.frexp(np.abs(values))
    return np.asarray(mantissas == 0.5)


def is_plain(matrix: csr_array) -> bool:
    """Whether every row has at most one entry, a power of two with a sign."""
    return bool((np.diff(matrix.indptr) <= 1).all() and is_power_of_two(matrix.data).all())


def product(left: csr_array, right: csr_array) -> csr_array | None:
    """``left @ right``, or None if an entry would have to be rounded (or to be looked at longer)."""
    shape = (left.shape[0], right.shape[1])
    if left.shape[0] == 0 or left.nnz == 0 or right.nnz == 0:
        return csr_array(shape)
    if is_plain(left):
        found = csr_array(left @ right)
        return found if _keeps(found.data, left.data, right.data) else None
    if not is_plain(right):
        return None
    factors, columns = _only_entries(right), np.zeros(right.shape[0], dtype=np.int64)
    columns[np.diff(right.indptr) == 1] = right.indices
    entries = left.tocoo()
    values = entries.data * factors[entries.col]
    kept = factors[entries.col] != 0.0
    if not _keeps(values[kept], left.data, right.data):
        return None
    return sparse(entries.row, columns[entries.col], values, shape)


def total(first: csr_array, second: csr_array, sign: float) -> csr_array | None:
    """``first + sign * second``, sign 1 or -1, or None if an entry would have to be rounded."""
    a, b = first.tocoo(), second.tocoo()
    return sparse(
        np.concatenate([a.row, b.row]),
        np.concatenate([a.col, b.col]),
        np.concatenate([a.data, sign * b.data]),
        first.shape,
    )


def exact_sum(a: FloatArray, b: FloatArray) -> FloatArray | None:
    """``a + b``, or None if an entry would have to be rounded (Knuth's TwoSum tells)."""
    s = a + b
    back = s - a
    lost = (a - (s - back)) + (b - back)
    return s if bool(np.isfinite(s).all() and (lost == 0.0).all()) else None


def scaling(factors: FloatArray) -> csr_array:
    """The map that multiplies each entry by its own factor."""
    return csr_array(diags_array(factors))


def _only_entries(plain: csr_array) -> FloatArray:
    """The entry of each row of a plain map, 0 where there is none."""
    values = np.zeros(plain.shape[0])
    values[np.diff(plain.indptr) == 1] = plain.data
    return values


def _keeps(products: FloatArray, *factors: FloatArray) -> bool:
    """Whether products of numbers with powers of two are exact: none overflows or underflows."""
    if any(bool((np.abs(some) == 1.0).all()) for some in factors):
        return True
    size = np.abs(products)
    return bool(((size >= TINY) & (size < np.inf)).all())


def moved(plain: csr_array, values: FloatArray) -> FloatArray | None:
    """``plain @ values`` for a plain map, or None if an entry would have to be rounded."""
    products = np.asarray(plain @ values)
    return (
        products
        if _keeps(products[products != 0.0], plain.data) and _same_zeros(plain, values, products)
        else None
    )


def _same_zeros(plain: csr_array, values: FloatArray, products: FloatArray) -> bool:
    return int((products != 0.0).sum()) == int((values[plain.indices] != 0.0).sum())
