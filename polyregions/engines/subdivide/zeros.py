"""What is known to be zero at the vertices for a reason that needs no arithmetic.

Where a unit bends at zero, as ReLU does, it *is* zero: at each vertex on its hyperplane, whichever cell one
looks from. So is what reads nothing but such units and units that are off. Pooling after ReLU is full of such
zeros, at vertices with general coordinates, where no bound can prove them; and each would else be computed
over the integers.

Kept are masks of the outputs of the layer below that are *not* known to be zero at each vertex. A later
vertex lies inside a face: all is zero there that is zero at all corners of the face.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...complex.packed_states import PackedStates
from ...complex.topology import Cells
from ...network.layer_arrays import LayerArrays
from ...network.numbers import times
from .masks import Masks, bits_of, joined, masks_of, slices

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

    def inside(self, cells: Cells, faces: IntArray) -> Zeros:
        """The same for points inside some faces."""
        live = np.empty((faces.size, self.live.shape[1]), dtype=np.int32)
        for words, masks in joined(cells, self.live):
            live[:, words] = masks[faces]
        return Zeros(live, self.outputs)

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


class NewSigns(NamedTuple):
    """What a step found out: masks of its hyperplanes, one for each.

    Attributes
    ----------
    strict : int32 (old faces, words) or None
        Those that are not zero on all of a face.
    planes : int64
        Those that cut cells.
    signs : int32 (new vertices, words)
        Of these, those that are not zero at a vertex.
    """

    strict: Masks | None
    planes: IntArray
    signs: Masks


class KnownZeros:
    """The zeros of the layer that cuts, kept up with the complex, and only while they may decide a sign."""

    def __init__(self, steps: Sequence[LayerArrays], layers: int) -> None:
        self._wanted = _is_wanted(steps, layers)
        self._layer = -1
        self._below: Zeros | None = None
        self._outputs: Zeros | None = None

    @property
    def needs_signs(self) -> bool:
        """Whether zeros of the layer's outputs are of interest."""
        return self._wanted[self._layer + 1]

    def begin(self, layer: LayerArrays, cells: Cells) -> None:
        """Go on to the next layer, given its first step."""
        self._layer, self._outputs = layer.layer, None
        if not self._wanted[layer.layer]:
            self._below = None
        elif self._below is None:
            self._below = Zeros.none(cells.faces(0).size, layer.weight.shape[1])

    def of(self, step: LayerArrays, states: PackedStates) -> Zeros | PieceZeros | None:
        """Zeros of what a step reads; ``states`` are those of the cells so far."""
        if self._below is None or self._outputs is None:
            return self._below
        return PieceZeros(self._below, step, states)

    def follow(self, step: LayerArrays, cells: Cells, carriers: IntArray, new: NewSigns) -> None:
        """Go over to the vertices that a step leaves, given the old face that each is inside of."""
        if self._below is not None:
            self._below = self._below.inside(cells, carriers)
        if self._outputs is not None:
            self._outputs = self._outputs.inside(cells, carriers)
        elif new.strict is not None:
            self._outputs = _after_bends(step, new, carriers)
        else:
            self._outputs = Zeros.none(carriers.size, step.n_outputs)

    def end(self, layer: LayerArrays, states: PackedStates, cells: Cells) -> None:
        """The layer is done."""
        if not self._wanted[layer.layer + 1]:
            self._below = None
            return
        outputs = self._outputs
        if outputs is None:
            outputs = Zeros.none(cells.faces(0).size, layer.n_outputs)
        if self._below is not None:
            homes = cells.homes()[cells.faces(0)].astype(np.int64)
            outputs = _through_pieces(layer, self._below, outputs, states, homes)
        self._below = outputs


def _is_wanted(steps: Sequence[LayerArrays], layers: int) -> list[bool]:
    """For each layer, whether zeros of its inputs may decide signs of it or of later ones."""
    wanted = [False] * (layers + 1)
    for layer in range(layers - 1, -1, -1):
        own = [step for step in steps if step.layer == layer]
        decides = any(step.bare_planes.any() and not step.whole for step in own)
        wanted[layer] = decides or (wanted[layer + 1] and bool(own[0].bare_rows[_carried_rows(own[0])].any()))
    return wanted


def _after_bends(step: LayerArrays, new: NewSigns, carriers: IntArray) -> Zeros:
    """Zeros of the outputs of a layer after its first step, by the signs of its scalar units."""
    zeros, strict = Zeros.none(carriers.size, step.n_outputs), new.strict
    at_zero = np.flatnonzero(step.bends_at_zero)
    output, first = np.unique(step.pairs[at_zero, 0], return_index=True)
    if output.size and strict is not None:
        for rows in slices(carriers.size, len(step.pairs) + step.n_outputs):
            bits = bits_of(strict[carriers[rows]], len(step.pairs))
            bits[:, new.planes] = bits_of(new.signs[rows], new.planes.size)
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
