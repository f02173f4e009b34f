"""One step of a layer as arrays for the kernels; see :mod:`polyregions.network.hyperplanes`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import BoolArray, FloatArray, IntArray
from ..base.kernels import Int32Vector, Int64Vector, Matrix, Vector
from ..base.rounding import INFLATE
from .numbers import Weight, arrays_of, dense, is_sparse, most_entries

#: A matrix is kept by its entries if fewer than one in so many are not zero, or if it has few rows.
SPARSE, FEW_ROWS = 8, 6


@dataclass(frozen=True)
class LayerArrays:
    """One step of a layer: the hyperplanes that cut at once, and what the layer's outputs hand on.

    Attributes
    ----------
    layer : int
        Its number in the network.
    weight : float64 (rows, inputs), sparse or an array
        delta = weight @ eta.
    cut : float64 (cut rows, inputs), sparse or an array
    norms : float64 (cut rows,)
        Sums of the magnitudes of its rows.
    row_of : int64 (hyperplanes,)
        Row of ``cut`` of each hyperplane ``cut_row . eta = tau``. In a further step eta are not the outputs
        of the layer below but m of each hyperplane's unit, then f of each.
    threshold : float64 (hyperplanes,), tau
    pairs : int64 (hyperplanes, 3)
        For each hyperplane its output, and the states below and above it. Of a scalar unit the state below is
        the lower one. Of a maxout unit it is the piece f; the one above is any of those before, given as 0.
    same : int64 (hyperplanes,)
        The first hyperplane that is the same one, because the rows are multiples of each other.
    first : int64 (outputs + 1,)
        Where an output's entries start in the three arrays below, one entry a state.
    piece, slopes, constants
        eta = slope * delta_piece + constant in that state.
    kinds : uint8 (entries,)
        0 if the layer's own constant of the entry is not zero; else 1, or 2 if its slope is zero, too.
    bare_rows : bool (rows,), bare_planes : bool (hyperplanes,)
        Whether a row, and a hyperplane's form, is zero where all inputs that it reads are.
    bends_at_zero : bool (hyperplanes,)
        Whether the unit is zero where its hyperplane's form is; false for maxout units.
    units : int64 (units,)
        The outputs that are units: the columns of patterns.
    is_max : bool (outputs,)
    whole : bool
    """

    layer: int
    weight: Weight
    cut: Weight
    norms: FloatArray
    row_of: IntArray
    threshold: FloatArray
    pairs: IntArray
    same: IntArray
    first: IntArray
    piece: IntArray
    slopes: FloatArray
    constants: FloatArray
    kinds: NDArray[np.uint8]
    bare_rows: BoolArray
    bare_planes: BoolArray
    bends_at_zero: BoolArray
    units: IntArray
    is_max: BoolArray
    whole: bool

    @property
    def n_outputs(self) -> int:
        """Number of outputs."""
        return int(self.first.size - 1)

    @property
    def n_states(self) -> IntArray:
        """Number of states of each output, 1 of those that are no units; int64 (outputs,)."""
        return np.diff(self.first)

    def only(self, planes: IntArray) -> LayerArrays:
        """The same step with some of its hyperplanes, ascending: with each, those that are the same one."""
        return replace(
            self,
            row_of=self.row_of[planes],
            threshold=self.threshold[planes],
            pairs=np.ascontiguousarray(self.pairs[planes]),
            same=np.searchsorted(planes, self.same[planes]),
            bare_planes=self.bare_planes[planes],
            bends_at_zero=self.bends_at_zero[planes],
        )

    def with_planes_of(self, other: LayerArrays) -> LayerArrays:
        """The same step with those hyperplanes that another one of the same layer has."""
        keys = self.pairs @ np.array([2**32, 2**8, 1])
        return self.only(np.searchsorted(keys, other.pairs @ np.array([2**32, 2**8, 1])))

    @cached_property
    def entries(self) -> RowEntries:
        """The entries of ``cut``, row after row."""
        return row_entries(self.cut)

    @cached_property
    def columns(self) -> Columns:
        """The columns of ``weight``."""
        return Columns.of(self.weight)

    @cached_property
    def cut_columns(self) -> Columns:
        """The columns of ``cut``."""
        return self.columns if self.cut is self.weight else Columns.of(self.cut)


class RowEntries(NamedTuple):
    """The entries other than zero of a matrix: those of row r are start[r] .. start[r + 1]."""

    start: Int64Vector
    column: Int32Vector
    value: Vector


class Columns(NamedTuple):
    """The columns of a matrix: as rows of an array or, if they have few entries, as entries alone.

    Attributes
    ----------
    array : float64 (columns, rows)
        Or (0, rows), if the entries are given.
    entries : RowEntries
        Those of the transposed matrix; none, if it is given.
    largest, norm : float
        The largest magnitude of an entry, and bound of the largest sum of magnitudes of a row.
    most : int
        The largest number of entries of a row.
    """

    array: Matrix
    entries: RowEntries
    largest: float
    norm: float
    most: int

    @classmethod
    def of(cls, weight: Weight) -> Columns:
        """Those of a matrix."""
        n_rows, n_columns = weight.shape
        count = weight.nnz if is_sparse(weight) else np.count_nonzero(weight)
        values = arrays_of(weight)[0]
        with np.errstate(over="ignore"):
            norm = float(abs(weight).sum(axis=1).max(initial=0.0)) * INFLATE
        bounds = float(np.abs(values).max(initial=0.0)), norm, most_entries(weight)
        if n_rows <= FEW_ROWS or SPARSE * count < n_rows * n_columns:
            return cls(np.empty((0, n_rows)), row_entries(weight.T), *bounds)
        none = RowEntries(np.zeros(1, dtype=np.int64), np.empty(0, dtype=np.int32), np.empty(0))
        return cls(np.array(dense(weight).T, order="C"), none, *bounds)


def row_entries(matrix: Weight) -> RowEntries:
    """The entries of a matrix, row after row."""
    if is_sparse(matrix):
        rows = matrix.tocsr().sorted_indices()
        return RowEntries(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data.copy())
    row, column = np.nonzero(matrix)
    start = np.searchsorted(row, np.arange(len(matrix) + 1))
    return RowEntries(start, column.astype(np.int32), matrix[row, column])
