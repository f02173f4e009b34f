"""What the kernels on one cell work in: its scaled rows, a dictionary, and a few vectors.

All of it is made once, in one place, for the largest of many cells, and used for one cell after the other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..base.kernels import Int64Vector, Matrix, Vector


class ScaledCell(NamedTuple):
    """The rows ``A_k . y <= b_k`` of a cell that may be facets, in units of a ball inside it.

    See :mod:`polyregions.geometry.proofs`. A cell has m of them, of the ``columns`` that there is room for.

    Attributes
    ----------
    A : float64 (d, columns); b, eps (columns,)
        The rows, and how far each may be off at the centre.
    ymax : float64 (d,)
        Bounds of the coordinates on the cell.
    number : int64 (columns,)
        The number of each row among all rows of the cell, facets or not.
    """

    A: Matrix
    b: Vector
    eps: Vector
    ymax: Vector
    number: Int64Vector

    @classmethod
    def empty(cls, columns: int, d: int) -> ScaledCell:
        """Room for that many rows in d dimensions."""
        return cls(
            np.empty((d, columns)),
            np.empty(columns),
            np.empty(columns),
            np.empty(d),
            np.empty(columns, dtype=np.int64),
        )


class Dictionary(NamedTuple):
    """A vertex, and every variable as an affine function of those that are zero there.

    See :mod:`polyregions.geometry.simplex`.

    Attributes
    ----------
    D : float64 (1 + nonbasic, columns)
        The constants in row 0, then the coefficients of each nonbasic variable, one column a variable.
    basis : int64 (1 + nonbasic,)
        The column of the nonbasic variable in each row; the first is not used.
    place : int64 (columns,)
        The row of each nonbasic variable; 0 for a basic one.
    """

    D: Matrix
    basis: Int64Vector
    place: Int64Vector


class Workspace(NamedTuple):
    """Memory for the decision about one cell after the other.

    Attributes
    ----------
    cell : ScaledCell
    ball, simplex : Dictionary
        Of the program for the inscribed ball, in d + 1 variables, and of all others. They share their memory:
        the first is finished before the others begin.
    point : float64 (d,); reach (columns,)
        A point that is tried, and how fast each row falls towards one.
    chosen : int64 (d + 1,); multipliers : float64 (d + 1,)
        Rows of the cell, and how often each is taken.
    low, high : float64 (d,)
        A box around the cell.
    """

    cell: ScaledCell
    ball: Dictionary
    simplex: Dictionary
    point: Vector
    reach: Vector
    chosen: Int64Vector
    multipliers: Vector
    low: Vector
    high: Vector

    @classmethod
    def empty(cls, rows: int, d: int) -> Workspace:
        """For cells of at most that many rows in d dimensions."""
        # The dictionaries have a column for each row, and for y, the radius s and its row.
        columns = rows + d + 2
        ball = Dictionary(
            np.empty((d + 2, columns)), np.empty(d + 2, dtype=np.int64), np.empty(columns, dtype=np.int64)
        )
        return cls(
            ScaledCell.empty(columns, d),
            ball,
            Dictionary(ball.D[: d + 1], ball.basis[: d + 1], ball.place),
            np.empty(d),
            np.empty(columns),
            np.empty(d + 1, dtype=np.int64),
            np.empty(d + 1),
            np.empty(d),
            np.empty(d),
        )
