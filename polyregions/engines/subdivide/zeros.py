"""What is known to be zero at the vertices for a reason that needs no arithmetic.

Where a unit bends at zero, as ReLU does, it *is* zero: at each vertex on its hyperplane, whichever cell one
looks from. So is what reads nothing but such units and units that are off. Pooling after ReLU is full of such
zeros, at vertices with general coordinates, where no bound can prove them; and each would else be computed
over the integers.

Kept are masks of the outputs of the layer below that are *not* known to be zero at each vertex. A later
vertex lies inside an edge: all is zero there that is zero at both of its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...complex.packed_states import PackedStates
from ...network.layer_arrays import LayerArrays
from ...network.numbers import times
from .masks import Masks, bits_of, masks_of, slices

Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Zeros:
    """Which outputs of a layer are not known to be zero at the vertices.

    Attributes
    ----------
    live : int32 (vertices, words)
    outputs : int
    """

    live: Masks
    outputs: int

    @classmethod
    def none(cls, vertices: int, outputs: int) -> Zeros:
        """Nothing is known to be zero."""
        return cls(masks_of(np.ones((1, outputs), dtype=np.uint8)).repeat(vertices, axis=0), outputs)

    def inputs(self, places: IntArray, cells: IntArray) -> Bits:
        """Of what a step reads, what is not known to be zero at some vertices; uint8 (n, inputs).

        ``cells`` has a cell around each.
        """
        return bits_of(self.live[places], self.outputs)

    def pieces(self, layer: LayerArrays, rows: IntArray, places: IntArray | slice) -> Bits:
        """Which of some rows of the layer above are not known to be zero at vertices; uint8 (n, rows)."""
        live = np.ones((len(self.live[places]), rows.size), dtype=np.uint8)
        bare = np.flatnonzero(layer.bare_rows[rows])
        if bare.size:
            inputs = bits_of(self.live[places], self.outputs)
            reads = layer.weight[rows[bare]] != 0.0
            live[:, bare] = times(inputs.astype(np.float32), reads.astype(np.float32)) != 0.0
        return live


@dataclass(frozen=True)
class PieceZeros:
    """The same for a further step, which reads the largest pieces so far, and the next ones."""

    zeros: Zeros
    step: LayerArrays
    states: PackedStates

    def inputs(self, places: IntArray, cells: IntArray) -> Bits:
        """See :meth:`Zeros.inputs`."""
        step = self.step
        output, piece, _ = step.pairs.T
        first = step.first[output]
        rows, place = np.unique(step.piece, return_inverse=True)
        live = self.zeros.pieces(step, rows, places).take(place, axis=1) | (step.kinds == 0)
        largest = np.take_along_axis(live, first + self.states.rows(cells).take(output, axis=1), axis=1)
        return np.concatenate([largest, live.take(first + piece, axis=1)], axis=1)


class KnownZeros:
    """Masks of what is not known to be zero at the vertices of a part, by their numbers.

    Attributes
    ----------
    below : Zeros or None
        Of the outputs of the layer below the one that cuts; None where nothing is wanted of them.
    outputs : Zeros or None
        Of the outputs of the layer that cuts, as far as its steps have gone; None at first.
    """

    def __init__(
        self, wanted: Sequence[bool], below: Zeros | None = None, outputs: Zeros | None = None
    ) -> None:
        self._wanted, self.below, self.outputs = wanted, below, outputs

    def begin(self, layer: LayerArrays, vertices: int) -> None:
        """A layer begins to cut so many vertices."""
        self.outputs = None
        if self._wanted[layer.layer] and self.below is None:
            self.below = Zeros.none(vertices, layer.weight.shape[1])

    def of(self, step: LayerArrays, states: PackedStates, vertices: IntArray) -> Zeros | PieceZeros | None:
        """Zeros of what a step reads, at some vertices; ``states`` are those of the cells so far."""
        if self.below is None:
            return None
        below = Zeros(self.below.live[vertices], self.below.outputs)
        return below if self.outputs is None else PieceZeros(below, step, states)

    def needs_signs(self, step: LayerArrays) -> bool:
        """Whether the signs of all hyperplanes of a step are of interest, at all vertices that it leaves."""
        return self.outputs is None and self._wanted[step.layer + 1]

    @property
    def masks(self) -> Masks:
        """Masks of all outputs that are followed, next to each other; int32 (vertices, words)."""
        known = [zeros.live for zeros in (self.below, self.outputs) if zeros is not None]
        return np.concatenate(known, axis=1) if known else np.empty((0, 0), dtype=np.int32)

    def follow(self, step: LayerArrays, masks: Masks, strict: Callable[[], Masks]) -> None:
        """Go over to the vertices that a step leaves.

        Parameters
        ----------
        masks : int32 (vertices, words)
            As before, for more vertices.
        strict : callable
            Gives masks (vertices, words) of the step's hyperplanes that are not zero at each vertex.
        """
        is_first = self.outputs is None
        self.below, self.outputs = self._of(masks)
        if is_first and self._wanted[step.layer + 1]:
            self.outputs = _after_bends(step, strict())
        elif is_first and self.below is not None:
            self.outputs = Zeros.none(len(self.below.live), step.n_outputs)

    def end(
        self, layer: LayerArrays, states: PackedStates, vertices: int, cell: Callable[[], IntArray]
    ) -> None:
        """The layer is done; ``cell()`` gives a cell around each of so many vertices, or -1."""
        outputs = self.outputs
        if not self._wanted[layer.layer + 1]:
            outputs = None
        else:
            if outputs is None:
                outputs = Zeros.none(vertices, layer.n_outputs)
            if self.below is not None:
                outputs = _through_pieces(layer, self.below, outputs, states, cell())
        self.below, self.outputs = outputs, None

    def some(self, masks: Masks) -> KnownZeros:
        """The same for other vertices, by masks of theirs."""
        return KnownZeros(self._wanted, *self._of(masks))

    def _of(self, masks: Masks) -> tuple[Zeros | None, Zeros | None]:
        """What masks of all that is followed say."""
        split = 0 if self.below is None else self.below.live.shape[1]
        below = None if self.below is None else Zeros(masks[:, :split].copy(), self.below.outputs)
        outputs = None if self.outputs is None else Zeros(masks[:, split:].copy(), self.outputs.outputs)
        return below, outputs


def wanted_zeros(steps: Sequence[LayerArrays], layers: int) -> list[bool]:
    """For each layer, whether zeros of its inputs may decide signs of it or of later ones."""
    wanted = [False] * (layers + 1)
    for layer in range(layers - 1, -1, -1):
        own = [step for step in steps if step.layer == layer]
        decides = any(step.bare_planes.any() and not step.whole for step in own)
        wanted[layer] = decides or (wanted[layer + 1] and bool(own[0].bare_rows[_carried_rows(own[0])].any()))
    return wanted


def _after_bends(step: LayerArrays, strict: Masks) -> Zeros:
    """Zeros of the outputs of a layer after its first step, by the signs of its scalar units."""
    zeros = Zeros.none(len(strict), step.n_outputs)
    at_zero = np.flatnonzero(step.bends_at_zero)
    output, first = np.unique(step.pairs[at_zero, 0], return_index=True)
    if output.size:
        for rows in slices(len(strict), len(step.pairs) + step.n_outputs):
            bits = bits_of(strict[rows], len(step.pairs))
            live = np.ones((len(bits), step.n_outputs), dtype=np.uint8)
            live[:, output] = np.bitwise_and.reduceat(bits[:, at_zero], first, axis=1)
            zeros.live[rows] = masks_of(live)
    return zeros


def _through_pieces(
    layer: LayerArrays, below: Zeros, zeros: Zeros, states: PackedStates, homes: IntArray
) -> Zeros:
    """Zeros of all outputs of a layer: add those of maxout units, and of what is no unit, to the others.

    Such an output is zero where the piece is that is largest on a cell around the vertex, ``homes``.
    """
    own = np.flatnonzero(layer.is_max | (layer.n_states == 1))
    if not layer.bare_rows[_carried_rows(layer)].any():
        return zeros
    rows, place = np.unique(layer.piece, return_inverse=True)
    for some in slices(len(below.live), rows.size + layer.n_outputs):
        live = below.pieces(layer, rows, some)[:, place] | (layer.kinds == 0)
        entry = layer.first[own] + states.rows(homes[some])[:, own]
        bits = bits_of(zeros.live[some], layer.n_outputs)
        bits[:, own] &= np.take_along_axis(live, entry, axis=1)
        zeros.live[some] = masks_of(bits)
    return zeros


def _carried_rows(layer: LayerArrays) -> IntArray:
    """The rows of maxout units and of outputs that are no units."""
    own = np.flatnonzero(layer.is_max | (layer.n_states == 1))
    entries = [np.arange(layer.first[k], layer.first[k + 1]) for k in own.tolist()]
    return layer.piece[np.concatenate(entries)] if entries else np.empty(0, dtype=np.int64)
