"""The activation patterns of all points of the open box: also those that only lower-dimensional sets have.

The pattern is constant on the relative interior of each face, and the faces that meet the open box cover it.

*On a face.* Each unit is affine on a closed face F, and no breakpoint lies strictly between two values of
it there. So if it exceeds a breakpoint at one corner of F, it does so throughout the relative interior, and
its state there is the largest of its states at the corners. Likewise a maxout piece is a largest one in the
relative interior iff it is at every corner; the state is the lowest index of those.

*At a vertex.* By continuity, a scalar unit is in the lowest of its states in the regions around, or one
lower, if in all of them its values come down to a breakpoint right at the vertex. A maxout piece that is the
state of a region around is a largest one; another may be tied. So what is left to decide is whether some
gaps are zero: float64 decides that, up to its error bound (:mod:`polyregions.complex.vertex_values`), then
integers.

*Which are new.* The states on a face are at most those of the regions around it. The set of all points with
one pattern is convex; so if some region has the pattern of a face, one around that face has, and it is the
one whose states have the lowest sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from ...base.arrays import StateArray
from ...base.kernels import Int64Vector, UInt8Matrix, kernel
from ...base.rationals import rational_point
from ...base.rounding import TINY, U
from ...complex.topology import Cells, FaceLists, pass_down
from ...complex.vertex_values import Places, Values, exponent_of, fits, places, walk
from ...network.layers import Layer

if TYPE_CHECKING:
    from ...complex.faces import Faces
    from ...complex.region_complex import RegionComplex

#: Numbers that are worked on at once.
TOGETHER = 2**21

ByteTable = NDArray[np.uint8]


def count_patterns(cx: RegionComplex, faces: Faces) -> int:
    """Return the number of patterns of points of the open box."""
    if cx.network.n_units == 0:
        return 1
    cells = faces.cells
    marks = _Marks(cx.network.hidden)
    # The region around each face whose states have the lowest sum.
    order = np.argsort(cx.states.sum(axis=1, dtype=np.int64), kind="stable")
    lowest = np.full(len(faces), np.iinfo(np.int32).max, dtype=np.int32)
    lowest[cells.top[order]] = np.arange(len(order))
    for k in range(cells.dimension, 0, -1):
        pass_down(cells.faces(k), cells.lists, lowest)
    home = order[lowest]
    rows = _at_vertices(cx, faces, marks, home[cells.faces(0)])
    new = [_distinct(cx.states[:0])]
    for k in range(cells.dimension):
        if k > 0:
            below, rows = rows, np.zeros((len(cells.faces(k)), marks.n), dtype=np.uint8)
            largest_of(cells.faces(k), cells.lists, _numbers(cells, k - 1), below, rows)
        states = marks.states(rows)
        here = cells.faces(k)
        other = (states != cx.states[home[here]]).any(axis=1) & faces.inside[here]
        new.append(_distinct(states[other]))
    return cx.n_regions + len(np.unique(np.concatenate(new)))


def _distinct(states: StateArray) -> NDArray[Any]:
    """The different rows, each as one item of bytes."""
    return np.unique(np.ascontiguousarray(states).view(np.dtype((np.void, states.shape[1]))).ravel())


class _Marks:
    """What is kept of each unit on each face: a scalar unit's state, and 1 for each maxout piece beaten.

    So the marks in the relative interior of a face are the largest of those at its corners, and those at a
    vertex are at most the least of those in the regions around.

    Attributes
    ----------
    n : int
        Number of marks.
    layers : list of _LayerMarks
        Of the hidden layers.
    """

    def __init__(self, hidden: tuple[Layer, ...]) -> None:
        self.layers: list[_LayerMarks] = []
        self.n = unit = 0
        for layer in hidden:
            self.layers.append(_LayerMarks(layer, unit, self.n))
            unit += layer.n_units
            self.n += self.layers[-1].output.size
        self.units = unit

    def of(self, states: StateArray) -> ByteTable:
        """Marks (n, marks) in the interior of regions, from their states."""
        marks = np.ones((len(states), self.n), dtype=np.uint8)
        for own in self.layers:
            scalar, several = own.units[~own.is_max], own.units[own.is_max]
            marks[:, own.first[~own.is_max]] = states[:, scalar]
            if several.size:
                np.put_along_axis(
                    marks, own.first[own.is_max] + states[:, several].astype(np.int64), 0, axis=1
                )
        return marks

    def states(self, marks: ByteTable) -> StateArray:
        """States, from marks."""
        states = np.empty((len(marks), self.units), dtype=np.uint8)
        for own in self.layers:
            states[:, own.units[~own.is_max]] = marks[:, own.first[~own.is_max]]
            for k in np.flatnonzero(own.is_max).tolist():
                a = own.first[k]
                states[:, own.units[k]] = marks[:, a : a + own.counts[k]].argmin(axis=1)
        return states


class _LayerMarks:
    """The marks of one layer.

    Attributes
    ----------
    units, first, counts : int64 (units,); is_max : bool (units,)
        Each unit's column in a pattern, its first mark, how many it has, and whether it is a maxout unit.
    output, row : int64 (marks,)
        The output of the layer that each mark belongs to, and its row.
    start : int
        The first mark.
    """

    def __init__(self, layer: Layer, unit: int, start: int) -> None:
        table = layer.pieces
        self.layer, self.start = layer, start
        self.units = unit + np.arange(layer.n_units)
        self.is_max = table.is_max[table.units]
        self.counts = np.where(self.is_max, table.n_states[table.units], 1)
        self.first = start + np.cumsum(self.counts) - self.counts
        self.output = np.repeat(table.units, self.counts)
        within = np.arange(self.output.size) - np.repeat(self.first - start, self.counts)
        self.row = table.row[table.first[self.output] + within]


def _numbers(cells: Cells, k: int) -> Any:
    """Number of each k-face among the k-faces; int64 (faces,), of other faces 0."""
    numbers = np.zeros(cells.dim.size, dtype=np.int64)
    numbers[cells.faces(k)] = np.arange(len(cells.faces(k)))
    return numbers


def _at_vertices(cx: RegionComplex, faces: Faces, marks: _Marks, home: Any) -> ByteTable:
    """Marks at the vertices; (vertices, marks)."""
    cells = faces.cells
    rows = marks.of(cx.states)
    for k in range(cells.dimension, 0, -1):
        around = cells.top if k == cells.dimension else cells.faces(k)
        above, rows = rows, np.full((len(cells.faces(k - 1)), marks.n), 255, dtype=np.uint8)
        least_of(around, cells.lists, _numbers(cells, k - 1), above, rows)
    where, vertices = places(faces), cells.faces(0)
    chunk = max(1, TOGETHER // max(1, marks.n))
    for i in range(0, len(vertices), chunk):
        part = slice(i, min(i + chunk, len(vertices)))
        undecided = _lower(cx, marks, where[part], cx.states[home[part]], rows[part])
        for v in np.flatnonzero(undecided).tolist():
            rows[i + v] = _exact_marks(cx, marks, faces.exact_point(int(vertices[i + v])))
    return rows


def _lower(cx: RegionComplex, marks: _Marks, where: Places, home: StateArray, rows: ByteTable) -> Any:
    """Lower the marks whose gap is zero, in place; return the vertices where that is not known."""
    undecided = np.zeros(len(rows), dtype=bool)
    hidden = iter(marks.layers)  # not by identity: one layer may stand in several places
    for layer, z in zip(cx.network.layers, walk(cx.network.layers, where, home), strict=False):
        if not layer.n_units:
            continue
        here = next(hidden)
        own = rows[:, here.start : here.start + here.output.size]
        value, error, zero = _gaps(here, z, own, home[:, here.units], where.points[:, -1:])
        doubtful = (own > 0) & ~(value > error)
        own -= (doubtful & zero).astype(np.uint8)
        undecided |= (doubtful & ~zero).any(axis=1)
    return undecided


def _gaps(here: _LayerMarks, z: Values, own: ByteTable, home: StateArray, scale: Any) -> tuple[Any, Any, Any]:
    """The gaps that keep marks up, their errors, and whether they are zero; (vertices, marks) each."""
    table, is_max = here.layer.pieces, here.layer.pieces.is_max[here.output]
    # A maxout piece lags behind the one that is largest; a scalar unit's row is above a breakpoint.
    top = table.row[table.entries(home)][:, here.output]
    below = table.first[here.output] + np.maximum(own.astype(np.int64) - 1, 0)
    level = np.where(is_max, 0.0, table.levels[np.where(is_max, 0, below)])
    level = np.where(np.isfinite(level), level, 0.0) * scale
    numbers, errors = z.numbers[:, here.row], z.errors[:, here.row]
    others, other_errors = (np.take_along_axis(v, top, axis=1) for v in (z.numbers, z.errors))
    with np.errstate(all="ignore"):
        value = np.where(is_max, others - numbers, numbers - level)
    size = np.abs(numbers) + np.where(is_max, np.abs(others), np.abs(level))
    errors = errors + np.where(is_max, other_errors, 0.0)
    whole = z.whole[:, None] & fits(size, z.exponent + exponent_of(table.thresholds.level))
    errors = np.where(whole, 0.0, 2 * (errors + 2 * U * size + TINY))
    return value, errors, whole & (value == 0.0)


def _exact_marks(cx: RegionComplex, marks: _Marks, point: Any) -> list[int]:
    """Marks at a rational point."""
    column = fmpz_mat([[v] for v in rational_point(point)])
    exact = cx.network.exact
    pre, _, states = exact.propagate(column, lambda i, layer, z: layer.lexicographic_states(z))
    row: list[int] = []
    hidden = (z for layer, z in zip(cx.network.layers, pre, strict=True) if layer.n_units)
    for here, z in zip(marks.layers, hidden, strict=True):
        rows = here.row.tolist()
        for unit, first, count, is_max in zip(
            here.units.tolist(), here.first.tolist(), here.counts.tolist(), here.is_max.tolist(), strict=True
        ):
            begin = first - here.start
            own = rows[begin : begin + count]
            row += [int(z[k] != z[own[states[unit]]]) for k in own] if is_max else [states[unit]]
    return row


@kernel
def least_of(
    faces: Int64Vector, lists: FaceLists, number: Int64Vector, above: UInt8Matrix, below: UInt8Matrix
) -> None:
    """Lower each row of ``below`` to the rows of the faces around; rows are those of the faces' numbers."""
    start, size, pool = lists
    for i in range(faces.size):
        for j in range(start[faces[i]], start[faces[i]] + size[faces[i]]):
            other = number[pool[j]]
            for c in range(above.shape[1]):
                below[other, c] = min(below[other, c], above[i, c])


@kernel
def largest_of(
    faces: Int64Vector, lists: FaceLists, number: Int64Vector, below: UInt8Matrix, above: UInt8Matrix
) -> None:
    """Raise each row of ``above`` to the rows of the faces in its boundary."""
    start, size, pool = lists
    for i in range(faces.size):
        for j in range(start[faces[i]], start[faces[i]] + size[faces[i]]):
            other = number[pool[j]]
            for c in range(above.shape[1]):
                above[i, c] = max(above[i, c], below[other, c])
