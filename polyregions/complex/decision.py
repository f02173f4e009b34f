"""Decision boundaries: where the largest output changes, or where one output crosses a level.

Both are one more layer of units on the outputs: a maxout unit whose pieces are the outputs, or a unit
that bends at the level. So the network with that layer has the same regions, cut along the boundary, and
everything that is exact about regions is exact about decisions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from ..base.arrays import FloatArray, IntArray
from ..errors import InvalidInputError
from ..network.layers import Layer, maxout, piecewise
from ..network.network import Network

if TYPE_CHECKING:
    from .region_complex import RegionComplex


@dataclass(frozen=True, eq=False)
class DecisionBoundary:
    """The regions of a network, cut where the decision changes.

    Attributes
    ----------
    complex : RegionComplex
        Of the network with the decision as its last unit.
    labels : tuple of int
        What the states of that unit mean: the outputs that compete, or 0 and 1 for not above and above
        the level.
    """

    complex: RegionComplex
    labels: tuple[int, ...]

    @property
    def decisions(self) -> IntArray:
        """The label of each region, int64 (regions,). Of outputs that tie throughout, the first."""
        return np.array(self.labels, dtype=np.int64)[self.complex.states[:, -1]]

    @cached_property
    def pairs(self) -> IntArray:
        """The pairs of adjacent regions whose decisions differ: one for each facet of the boundary."""
        cx = self.complex
        states = cx.states[:, -1]
        i, j = cx.adjacencies.T
        return np.asarray(cx.adjacencies[states[i] != states[j]])

    @cached_property
    def facets(self) -> IntArray:
        """The faces of the complex that make up the boundary, one for each of ``pairs``."""
        cx = self.complex
        faces = _faces(cx)
        inner = cx.facet_neighbors >= 0
        lists = faces.cells.boundaries(faces.cells.top)[inner]
        owner = cx.facet_owners[inner]
        keys = owner * cx.n_regions + cx.facet_neighbors[inner]
        order = np.argsort(keys)
        at = np.searchsorted(keys[order], self.pairs[:, 0] * cx.n_regions + self.pairs[:, 1])
        return np.asarray(lists[order[at]].astype(np.int64))

    def pieces(self) -> list[FloatArray]:
        """The corners of each facet of the boundary, float64 (corners, d): two points for d = 2."""
        faces = _faces(self.complex)
        return [np.array([faces.point(int(v)) for v in faces.corners(int(f))]) for f in self.facets]


def _faces(cx: RegionComplex) -> Any:
    if cx.faces is None:
        raise InvalidInputError(f"engine {cx.engine!r} does not keep the faces; use engine='subdivide'")
    return cx.faces


def with_argmax(network: Network, outputs: Sequence[int] | None) -> tuple[Network, tuple[int, ...]]:
    """The network with a maxout unit over its outputs, and which output each piece is."""
    weight, bias = _readout(network)
    chosen = tuple(range(len(bias))) if outputs is None else tuple(outputs)
    if len(chosen) < 2 or len(set(chosen)) < len(chosen):
        raise InvalidInputError(
            f"outputs: {len(set(chosen))} different output(s); a decision takes two or more"
        )
    for output in chosen:
        _check_output(network, output)
    unit = maxout([weight[list(chosen)]], [bias[list(chosen)]])
    return Network([*_below(network), unit]), chosen


def with_level(network: Network, output: int, level: float) -> Network:
    """The network with a unit that bends where an output crosses a level."""
    _check_output(network, output)
    if not np.isfinite(level):
        raise InvalidInputError(f"level must be finite, got {level}")
    weight, bias = _readout(network)
    unit = piecewise(weight[[output]], bias[[output]], [float(level)], [0.0, 1.0])
    return Network([*_below(network), unit])


def _check_output(network: Network, output: int) -> None:
    if not 0 <= output < network.output_dim:
        raise InvalidInputError(f"output {output}: the network has {network.output_dim}, from 0")


def _below(network: Network) -> tuple[Layer, ...]:
    """The layers that the outputs are read from."""
    return network.layers[:-1] if network.layers[-1].is_linear else network.layers


def _readout(network: Network) -> tuple[FloatArray, FloatArray]:
    last = network.layers[-1]
    if last.is_linear:
        return last.dense, last.bias
    return np.eye(network.output_dim), np.zeros(network.output_dim)
