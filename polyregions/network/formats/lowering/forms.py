"""Arrays whose entries are affine forms over the inputs and units of a program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_array, vstack

from ....base.arrays import FloatArray, IntArray
from ....errors import InvalidNetworkError, UnsupportedLayerError
from ...layers import MAX_STATES
from . import maps
from .program import Program, check_entries


class Forms:
    """An array of affine forms; entry i (in C order) is ``rows[i] . basis + bias[i]``.

    Attributes
    ----------
    program : Program
    rows : sparse float64 (size, basis when it was made)
    bias : float64 (size,)
    shape : tuple of int
    """

    def __init__(self, program: Program, rows: csr_array, bias: FloatArray, shape: Sequence[int]) -> None:
        self.program, self.rows, self.bias = program, rows, bias
        self.shape = tuple(int(n) for n in shape)

    @classmethod
    def inputs(cls, program: Program, shape: Sequence[int]) -> Forms:
        """The inputs of a program as an array."""
        n = program.n_inputs
        return cls(program, maps.selection(n, 0, n), np.zeros(n), shape)

    @classmethod
    def constants(cls, program: Program, values: Any) -> Forms:
        """An array of numbers."""
        array = np.asarray(values, dtype=np.float64)
        if not np.isfinite(array).all():
            raise InvalidNetworkError("a number among the weights is not finite")
        return cls(program, csr_array((array.size, program.size)), array.ravel().copy(), array.shape)

    @classmethod
    def of(cls, program: Program, values: Any) -> Forms:
        """Forms as they are, and numbers as constants."""
        return values if isinstance(values, Forms) else cls.constants(program, values)

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(self.bias.size)

    @property
    def index(self) -> IntArray:
        """The numbers of the entries in their places: whatever moves them, moves the entries."""
        return np.arange(self.size).reshape(self.shape)

    @property
    def is_constant(self) -> bool:
        """Whether no entry depends on anything."""
        return bool(self.rows.nnz == 0)

    def wide(self) -> csr_array:
        """The rows over all of the basis that there is by now."""
        rows = self.rows
        return csr_array((rows.data, rows.indices, rows.indptr), shape=(rows.shape[0], self.program.size))

    def take(self, index: Any) -> Forms:
        """The entries of these numbers, an array of any shape; -1 is the constant 0."""
        index = np.asarray(index)
        check_entries(index.size)
        flat = index.ravel()
        check_entries(int(np.diff(self.rows.indptr)[flat].sum()) if self.size else 0)
        if flat.size and flat.min() >= 0:
            return Forms(self.program, self.rows[flat], self.bias[flat], index.shape)
        kept = flat >= 0
        ends = np.concatenate([[0], np.cumsum(kept)])
        pick = csr_array((np.ones(int(kept.sum())), flat[kept], ends), shape=(flat.size, self.size))
        return Forms(
            self.program,
            csr_array(pick @ self.rows),
            np.where(kept, self.bias[flat * kept], 0.0),
            index.shape,
        )

    def reshape(self, shape: Sequence[int]) -> Forms:
        """The same entries in another shape."""
        return Forms(self.program, self.rows, self.bias, shape)

    def linear(self, left: csr_array, shape: Sequence[int], bias: FloatArray | None = None) -> Forms:
        """``left @ entries + bias``; through a linear layer where the product is no float64 map."""
        added = np.zeros(left.shape[0]) if bias is None else bias
        rows, constants = maps.product(left, self.wide()), self._moved_bias(left)
        constants = None if constants is None else maps.exact_sum(constants, added)
        if rows is None or constants is None:
            rows, constants = maps.product(left, self.passed().wide()), added
            assert rows is not None  # what is multiplied with ones is exact
        return Forms(self.program, rows, constants, shape)

    def _moved_bias(self, left: csr_array) -> FloatArray | None:
        """``left @ bias``, or None where it may have to be rounded."""
        if not self.bias.any():
            return np.zeros(left.shape[0])
        return maps.moved(left, self.bias) if maps.is_plain(left) else None

    def passed(self) -> Forms:
        """The same values as outputs of a linear layer."""
        return self._units(self.program.append("linear", self.wide(), self.bias), self.size, self.shape)

    def add(self, other: Any, sign: float = 1.0) -> Forms:
        """``self + sign * other``, broadcast; sign is 1 or -1."""
        b = Forms.of(self.program, other)
        i, j = np.broadcast_arrays(self.index, b.index)
        first, second = self.take(i), b.take(j)
        for _ in range(2):
            rows = maps.total(first.wide(), second.wide(), sign)
            bias = maps.exact_sum(first.bias, sign * second.bias)
            if rows is not None and bias is not None:
                return Forms(self.program, rows, bias, i.shape)
            first = first.passed()
            second = second if second.is_constant else second.passed()
        raise AssertionError("sums of units are exact")

    def scale(self, factors: Any) -> Forms:
        """Every entry times its own factor, broadcast."""
        k = np.asarray(factors, dtype=np.float64)
        i, k = np.broadcast_arrays(self.index, k)
        return self.take(i).linear(maps.scaling(k.ravel()), i.shape)

    def matmul(self, matrix: Any) -> Forms:
        """``self @ matrix`` for a constant (..., k, m), as numpy does it."""
        W = np.asarray(matrix, dtype=np.float64)
        if W.ndim == 1:
            product = self.matmul(W[:, None])
            return product.reshape(product.shape[:-1])
        if not self.shape or self.shape[-1] != W.shape[-2]:
            raise InvalidNetworkError(f"a product of arrays of shapes {self.shape} and {W.shape}")
        index = self.index if len(self.shape) > 1 else self.index[None]
        columns, values = np.broadcast_arrays(index[..., :, None, :], np.swapaxes(W, -1, -2)[..., None, :, :])
        shape = columns.shape[:-1] if len(self.shape) > 1 else (*columns.shape[:-3], columns.shape[-2])
        return self.weighted(columns, values, shape)

    def weighted(self, columns: IntArray, values: FloatArray, shape: Sequence[int]) -> Forms:
        """Sums of entries (..., k), given by their numbers, times weights (..., k); -1 is left out."""
        check_entries(columns.size)
        n, k = int(np.prod(columns.shape[:-1])), columns.shape[-1]
        rows, flat, weights = np.repeat(np.arange(n), k), columns.ravel(), np.ravel(values)
        kept = (flat >= 0) & (weights != 0.0)
        left = maps.sparse(rows[kept], flat[kept], weights[kept], (n, self.size))
        if left is None:  # one entry several times, and its weights add up to no float64
            expanded = self.take(np.maximum(flat, 0)).passed()
            return expanded.weighted(
                np.where(flat >= 0, np.arange(flat.size), -1).reshape(n, k), weights, shape
            )
        return self.linear(left, shape)

    def scattered(
        self, source: IntArray, target: IntArray, values: FloatArray, shape: Sequence[int]
    ) -> Forms:
        """Entry ``source`` times ``values`` is added up at place ``target``; -1 is nowhere."""
        check_entries(target.size)
        kept = target >= 0
        left = maps.sparse(target[kept], source[kept], values[kept], (int(np.prod(shape)), self.size))
        if left is None:
            raise InvalidNetworkError("weights of one entry add up to no float64")
        return self.linear(left, shape)

    def bend(self, kind: str, breakpoints: Any, slopes: Any, at_zero: float = 0.0) -> Forms:
        """A piecewise-linear function of every entry: ``f + at_zero`` with f(0) = 0.

        ``breakpoints`` (m,) and ``slopes`` (m + 1,) of all, or with the axes of entries before, broadcast.
        """
        t, s = np.asarray(breakpoints, dtype=np.float64), np.asarray(slopes, dtype=np.float64)
        t, s = (np.broadcast_to(v, (*self.shape, v.shape[-1])).reshape(self.size, -1) for v in (t, s))
        first = self.program.append(kind, self.wide(), self.bias, None, t, s)
        bent = self._units(first, self.size, self.shape)
        bent.bias[:] = at_zero
        return bent

    def largest(self, groups: IntArray, shape: Sequence[int], sign: float = 1.0) -> Forms:
        """The largest (with sign -1 the smallest) of each group of entries (groups, k); -1 is left out."""
        kept = groups >= 0
        ranks = kept.sum(axis=1)
        if (ranks == 0).any():
            raise InvalidNetworkError("a maximum of nothing")
        if ranks.max(initial=1) > MAX_STATES:
            raise UnsupportedLayerError(
                f"a maximum of {ranks.max():,} numbers; at most {MAX_STATES} are supported"
            )
        if (ranks == 1).all():
            return self.take(groups[kept]).reshape(shape)
        own = self.take(groups[kept])
        first = self.program.append("maxout", sign * own.wide(), sign * own.bias, ranks.astype(np.int64))
        units = self._units(first, len(groups), shape)
        units.rows = csr_array(sign * units.rows)
        return units

    def _units(self, first: int, size: int, shape: Sequence[int]) -> Forms:
        return Forms(self.program, maps.selection(size, first, self.program.size), np.zeros(size), shape)


def joined(parts: Sequence[Any], axis: int | None) -> Forms:
    """Arrays, some of them of forms, one after the other along an axis, or all entries in one row."""
    program = next(part.program for part in parts if isinstance(part, Forms))
    own = [Forms.of(program, part) for part in parts]
    starts = np.cumsum([0, *(part.size for part in own)])
    rows = csr_array(vstack([part.wide() for part in own], format="csr"))
    bias = np.concatenate([part.bias for part in own])
    everything = Forms(program, rows, bias, bias.shape)
    if axis is None:
        return everything
    return everything.take(np.concatenate([p.index + s for p, s in zip(own, starts, strict=False)], axis))
