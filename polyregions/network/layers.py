"""Layers: an affine map followed by continuous piecewise-linear units.

The rows of a layer are affine forms ``z = W y + b`` of its inputs. A *scalar* unit applies a continuous
piecewise-linear function ``f`` with ``f(0) = 0`` to one row; ReLU, leaky ReLU, absolute value, hard tanh and
the identity are instances. A *maxout* unit is the largest of several rows, its pieces. Units of one layer may
differ: it is made of :class:`~polyregions.network.pieces.Part` after part (:func:`mixed`).

The *state* of a unit says which of its affine pieces is on: for a scalar unit the number of breakpoints that
z strictly exceeds, for a maxout unit the lowest index of a largest piece. What has one piece only, or pieces
that are all the same map, is no unit and has no state: it passes a value through.

Weights are ``(rows, in)`` float64, finite and read-only; they are read as the exact dyadic rationals that
they are. They may be sparse matrices of scipy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import BoolArray, FloatArray, IntArray
from ..errors import InvalidNetworkError, counted
from .numbers import Weight, dense, float_array, is_sparse, most_entries, stacked, times, weight_array
from .pieces import Part, Pieces, as_slice, make_pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: The most pieces that one unit may have: states are kept in one byte.
MAX_STATES = 256


@dataclass(frozen=True, eq=False)
class Layer:
    """An affine map and, for each unit, its own pieces.

    Built by :func:`relu`, :func:`leaky_relu`, :func:`absolute`, :func:`hard_tanh`, :func:`piecewise`,
    :func:`linear`, :func:`maxout` and :func:`mixed`.

    Attributes
    ----------
    weight : float64 (rows, in), or a sparse ``csr_array``
    bias : float64 (rows,)
    parts : tuple of Part
        The kinds of the units; their rows follow each other.
    """

    weight: Weight
    bias: FloatArray
    parts: tuple[Part, ...]

    @property
    def kind(self) -> str:
        """The kind of the units, or "mixed"."""
        kinds = {part.kind for part in self.parts}
        return kinds.pop() if len(kinds) == 1 else "mixed"

    @property
    def n_inputs(self) -> int:
        """Number of outputs of the layer below."""
        return int(self.weight.shape[1])

    @property
    def n_rows(self) -> int:
        """Number of affine forms."""
        return int(self.weight.shape[0])

    @cached_property
    def ranks(self) -> IntArray:
        """Number of rows of each output; int64 (outputs,)."""
        return np.concatenate([part.ranks for part in self.parts])

    @property
    def n_outputs(self) -> int:
        """Number of outputs: units, and what is passed through."""
        return int(self.ranks.size)

    @property
    def n_units(self) -> int:
        """Number of units: the outputs that have states."""
        return int(self.pieces.units.size)

    @property
    def has_row_each(self) -> bool:
        """Whether output k is a function of row k alone, as in a layer without maxout units."""
        return self.n_rows == self.n_outputs

    @property
    def is_linear(self) -> bool:
        """Whether the outputs are the rows themselves: an affine map, and nothing after it."""
        return all(part.kind == "linear" for part in self.parts)

    @property
    def n_states(self) -> IntArray:
        """Number of states of each unit; int64 (units,)."""
        return self.pieces.n_states[self.pieces.units]

    @cached_property
    def pieces(self) -> Pieces:
        """The exact table of all pieces."""
        one_form = np.add.reduceat(~self.repeats, self.first_rows) == 1
        return make_pieces(self.parts, one_form)

    @cached_property
    def first_rows(self) -> IntArray:
        """First row of each output; int64 (outputs,)."""
        return np.cumsum(self.ranks) - self.ranks

    @cached_property
    def most_inputs(self) -> int:
        """The largest number of inputs that a row reads: of entries that are not zero."""
        return most_entries(self.weight)

    @cached_property
    def maxout_rows(self) -> tuple[IntArray, IntArray, IntArray]:
        """Rows of all maxout units one after the other; each unit's start among them; its rank."""
        units = np.flatnonzero(self.pieces.is_max)
        ranks = self.ranks[units]
        starts = np.cumsum(ranks) - ranks
        rows = np.arange(int(ranks.sum())) + np.repeat(self.first_rows[units] - starts, ranks)
        return rows, starts, ranks

    @cached_property
    def repeats(self) -> BoolArray:
        """Rows that are the same form as an earlier row of their unit; bool (rows,)."""
        repeats = np.zeros(self.n_rows, dtype=np.bool_)
        for first, rank in zip(self.first_rows.tolist(), self.ranks.tolist(), strict=True):
            if rank > 1:
                repeats[first : first + rank] = _repeated(
                    self.weight[first : first + rank], self.bias[first : first + rank]
                )
        return repeats

    @cached_property
    def dense(self) -> FloatArray:
        """The weight as an array (rows, in), whether it is sparse or not."""
        return dense(self.weight)

    def split(self) -> list[Layer]:
        """The parts as layers of their own; :func:`mixed` puts them together again."""
        layers, row = [], 0
        for part in self.parts:
            end = row + int(part.ranks.sum())
            layers.append(Layer(self.weight[row:end], self.bias[row:end], (part,)))
            row = end
        return layers

    @property
    def parameters(self) -> dict[str, Any]:
        """What a layer of one part has beside weight and bias in a file.

        :func:`polyregions.network.kinds.make_layer` takes it:
        ``slope`` (), ``breakpoints`` (m,) and ``slopes`` (m + 1,) where all units have the same; else with
        one more axis, that of the units.
        """
        (part,) = self.parts
        together = bool(
            (part.slopes == part.slopes[0]).all() and (part.breakpoints == part.breakpoints[0]).all()
        )
        if part.kind == "leaky_relu":
            return {"slope": part.slopes[0, 0] if together else part.slopes[:, 0]}
        if part.kind == "piecewise":
            t, s = part.breakpoints, part.slopes
            return {"breakpoints": t[0], "slopes": s[0]} if together else {"breakpoints": t, "slopes": s}
        return {}

    def activate(self, z: FloatArray) -> FloatArray:
        """Outputs (..., outputs) of rows (..., rows), in float64."""
        table = self.pieces
        if self.kind == "relu":
            return np.asarray(np.maximum(z, 0.0))
        if self.kind == "abs":
            return np.asarray(np.abs(z))
        if self.kind == "maxout":
            return np.asarray(np.maximum.reduceat(z, self.first_rows, axis=-1))
        rows = z.reshape(-1, self.n_rows)
        y = rows[:, self.first_rows]
        if table.is_max.any():
            y[:, table.is_max] = np.maximum.reduceat(rows, self.first_rows, axis=1)[:, table.is_max]
        scalar = np.flatnonzero(~table.is_max)
        entry = (table.first[:-1] + self.threshold_counts(rows))[:, scalar]
        y[:, scalar] = table.slope[entry] * y[:, scalar] + table.constant[entry]
        return y.reshape(*z.shape[:-1], self.n_outputs)

    def threshold_counts(self, z: FloatArray) -> NDArray[np.int64]:
        """How many breakpoints each output's row exceeds: states, if scalar. (n, rows) to (n, outputs)."""
        borders = self.pieces.thresholds
        beyond = z[:, as_slice(borders.row)] > borders.level
        if borders.output.size == self.n_outputs and isinstance(as_slice(borders.output), slice):
            return beyond.astype(np.int64)  # one breakpoint each
        counts = np.zeros((len(z), self.n_outputs), dtype=np.int64)
        if borders.output.size:
            starts = np.flatnonzero(np.append(True, borders.output[1:] != borders.output[:-1]))
            counts[:, borders.output[starts]] = np.add.reduceat(beyond, starts, axis=1, dtype=np.int64)
        return counts


def preactivation(layer: Layer, y: FloatArray) -> FloatArray:
    """Return ``W y + b`` in float64 for inputs of shape (..., in); (..., rows)."""
    return times(y, layer.weight) + layer.bias


def _repeated(weight: Weight, bias: FloatArray) -> list[bool]:
    """Which rows of a unit are the same form as an earlier one."""
    seen: set[tuple[Any, ...]] = set()
    repeated = []
    for row, b in zip(_keys(weight), bias.tolist(), strict=True):
        repeated.append((*row, b) in seen)
        seen.add((*row, b))
    return repeated


def _keys(weight: Weight) -> list[tuple[Any, ...]]:
    """Rows as tuples that are equal where the rows are: numbers, behind their places where it is sparse."""
    if not is_sparse(weight):
        return [tuple(row) for row in weight.tolist()]
    places, numbers, ends = weight.indices.tolist(), weight.data.tolist(), weight.indptr.tolist()
    return [(*places[i:j], *numbers[i:j]) for i, j in pairwise(ends)]


def _scalar(kind: str, weight: Any, bias: Any, breakpoints: Any, slopes: Any) -> Layer:
    W = weight_array(f"{kind} weight", weight)
    b = float_array(f"{kind} bias", bias, 1)
    if W.shape[0] == 0 or W.shape[1] == 0:
        raise InvalidNetworkError(
            f"{kind} weight: a layer needs at least one unit and one input, got shape {W.shape}"
        )
    if b.shape[0] != W.shape[0]:
        transposed = " (is the weight transposed?)" if b.shape[0] == W.shape[1] else ""
        raise InvalidNetworkError(
            f"{kind}: weight has shape {W.shape} but bias has {counted(b.size, 'entry', 'entries')}; "
            f"weight is (out, in), bias is (out,){transposed}"
        )
    t = _by_unit(f"{kind} breakpoints", breakpoints, len(b))
    s = _by_unit(f"{kind} slopes", slopes, len(b))
    if s.shape[1] != t.shape[1] + 1:
        raise InvalidNetworkError(
            f"{kind} slopes: one more than breakpoints is needed, {t.shape[1] + 1}, got {s.shape[1]}"
        )
    if s.shape[1] > MAX_STATES:
        raise InvalidNetworkError(f"{kind}: {s.shape[1]} slopes; at most {MAX_STATES} are supported")
    if t.shape[1] == 0 and kind != "linear":
        raise InvalidNetworkError(f"{kind}: at least one breakpoint is needed; without, it is a linear layer")
    if not (t[:, 1:] > t[:, :-1]).all():
        bad = int(np.flatnonzero(~(t[:, 1:] > t[:, :-1]).all(axis=1))[0])
        raise InvalidNetworkError(f"{kind}: breakpoints must increase strictly, got {t[bad].tolist()}")
    ranks = np.ones(len(b), dtype=np.int64)
    for array in (ranks, t, s):
        array.flags.writeable = False
    return Layer(W, b, (Part(kind, ranks, t, s),))


def _by_unit(name: str, values: Any, units: int) -> FloatArray:
    """Parameters of each unit, (units, m), from those of all (m,) or of each."""
    array = float_array(name, values, np.ndim(values) if np.ndim(values) == 2 else 1)
    if array.ndim == 1:
        return np.tile(array, (units, 1))
    if len(array) != units:
        raise InvalidNetworkError(
            f"{name}: {counted(len(array), 'list')} for {counted(units, 'unit')}; "
            "give one each, or one for all"
        )
    return array.copy()


def relu(weight: ArrayLike, bias: ArrayLike) -> Layer:
    """ReLU layer ``max(W y + b, 0)``; state 1 where the pre-activation is positive, else 0."""
    return _scalar("relu", weight, bias, [0.0], [0.0, 1.0])


def leaky_relu(weight: ArrayLike, bias: ArrayLike, slope: float | ArrayLike) -> Layer:
    """Leaky ReLU: slope ``slope`` (any finite number, or one for each unit) below zero, 1 above."""
    if np.ndim(slope) == 0:
        return _scalar("leaky_relu", weight, bias, [0.0], [slope, 1.0])
    below = float_array("leaky_relu slope", slope, 1)
    return _scalar("leaky_relu", weight, bias, [0.0], np.stack([below, np.ones(below.size)], axis=1))


def absolute(weight: ArrayLike, bias: ArrayLike) -> Layer:
    """Absolute-value layer ``|W y + b|``."""
    return _scalar("abs", weight, bias, [0.0], [-1.0, 1.0])


def hard_tanh(weight: ArrayLike, bias: ArrayLike) -> Layer:
    """Hard tanh ``min(max(W y + b, -1), 1)``, three states."""
    return _scalar("hard_tanh", weight, bias, [-1.0, 1.0], [0.0, 1.0, 0.0])


def piecewise(weight: ArrayLike, bias: ArrayLike, breakpoints: ArrayLike, slopes: ArrayLike) -> Layer:
    """General continuous piecewise-linear activation with ``f(0) = 0``.

    ``slopes[s]`` holds between ``breakpoints[s - 1]`` and ``breakpoints[s]``. ReLU6 is
    ``breakpoints=[0, 6], slopes=[0, 1, 0]``; a list of such lists gives one activation for each unit. A value
    other than 0 at the origin belongs into the bias of the next layer.
    """
    return _scalar("piecewise", weight, bias, breakpoints, slopes)


def linear(weight: ArrayLike, bias: ArrayLike) -> Layer:
    """Affine map without units: the read-out, or a linear layer between others. It has no states."""
    return _scalar("linear", weight, bias, [], [1.0])


def maxout(weight: Sequence[ArrayLike] | ArrayLike, bias: Sequence[ArrayLike] | ArrayLike) -> Layer:
    """Maxout layer; ``weight[unit][piece][input]`` and ``bias[unit][piece]``.

    The units of one layer may differ in rank (their number of pieces).
    """
    try:
        weights: list[Any] = list(weight)  # type: ignore[arg-type]
        biases: list[Any] = list(bias)  # type: ignore[arg-type]
    except TypeError as error:
        raise InvalidNetworkError("maxout: weight is [unit][piece][input], bias is [unit][piece]") from error
    if not weights or len(weights) != len(biases):
        raise InvalidNetworkError(
            f"maxout: {counted(len(weights), 'unit')} in weight and {len(biases)} in bias; "
            "need as many, at least 1"
        )
    ws = [float_array(f"maxout weight[{u}]", w, 2) for u, w in enumerate(weights)]
    bs = [float_array(f"maxout bias[{u}]", b, 1) for u, b in enumerate(biases)]
    for u, (w, b) in enumerate(zip(ws, bs, strict=True)):
        if w.shape[0] == 0 or w.shape[0] != b.shape[0]:
            raise InvalidNetworkError(
                f"maxout unit {u}: weight has {counted(w.shape[0], 'piece')} and bias has {b.shape[0]}; "
                "need the same number, at least 1"
            )
        if w.shape[0] > MAX_STATES:
            raise InvalidNetworkError(
                f"maxout unit {u}: rank {w.shape[0]}; at most {MAX_STATES} is supported"
            )
        if w.shape[1] != ws[0].shape[1] or w.shape[1] == 0:
            raise InvalidNetworkError(
                f"maxout unit {u}: pieces have {counted(w.shape[1], 'input')}, "
                f"those of unit 0 have {ws[0].shape[1]}"
            )
    return stacked_maxout(np.concatenate(ws), np.concatenate(bs), np.array([len(w) for w in ws]))


def stacked_maxout(weight: Any, bias: Any, ranks: Any) -> Layer:
    """Maxout layer from the pieces of unit 0, then those of unit 1, ...; the weight may be sparse.

    Parameters
    ----------
    weight : (pieces, in), bias : (pieces,), ranks : whole numbers (units,)
    """
    W = weight_array("maxout weight", weight)
    b = float_array("maxout bias", bias, 1)
    r = np.asarray(ranks)
    if (
        r.ndim != 1
        or r.size == 0
        or r.dtype.kind not in "iu"
        or (r < 1).any()
        or (r > min(MAX_STATES, W.shape[0])).any()
        or int(r.sum()) != W.shape[0]
        or W.shape[0] != b.size
    ):
        raise InvalidNetworkError(
            "maxout: ranks, weight (pieces, in) and bias (pieces,) do not fit each other"
        )
    r = r.astype(np.int64)
    none, one = np.empty((r.size, 0)), np.ones((r.size, 1))
    for array in (r, none, one):
        array.flags.writeable = False
    return Layer(W, b, (Part("maxout", r, none, one),))


def mixed(layers: Sequence[Layer]) -> Layer:
    """One layer of the units of several, which read the same inputs: those of the first one, then the next.

    Raises
    ------
    InvalidNetworkError
        If there are none, or they have different numbers of inputs.

    Examples
    --------
    >>> layer = mixed([relu([[1.0, 1.0]], [0.0]), linear([[0.0, 1.0]], [0.0])])     # a skip connection
    >>> layer.kind, layer.n_outputs, layer.n_units
    ('mixed', 2, 1)
    """
    own = list(layers)
    if not own or not all(isinstance(layer, Layer) for layer in own):
        raise InvalidNetworkError("mixed: a layer is made of a list of at least one layer")
    for i, layer in enumerate(own):
        if layer.n_inputs != own[0].n_inputs:
            raise InvalidNetworkError(
                f"mixed: part {i} has {counted(layer.n_inputs, 'input')}, part 0 has {own[0].n_inputs}"
            )
    bias = np.concatenate([layer.bias for layer in own])
    bias.flags.writeable = False
    weight = stacked([layer.weight for layer in own])
    return Layer(weight, bias, tuple(part for layer in own for part in layer.parts))
