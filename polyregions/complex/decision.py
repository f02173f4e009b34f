"""Decision boundaries: where the largest output changes, or where one output crosses a level.

Both are one more layer of units on the outputs: a maxout unit whose pieces are the outputs, or a unit
that bends at the level. So the network with that layer has the same regions, cut along the boundary, and
everything that is exact about regions is exact about decisions.

Many outputs
------------
The pieces of a maxout unit come one after the other, and each is compared with the largest so far in all
regions. So of many outputs only some compete at first, those that are largest throughout a region or alone at
a vertex. On each cell then, the largest of these is one affine function g, and another output f exceeds it
there iff it does at a corner: f - g is affine. Outputs that do, or that tie with g on all of a cell and stand
before it, are added, and so on until there are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from operator import index
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import Bounded, FloatArray, IntArray
from ..errors import InvalidInputError, counted, short_repr
from ..network.layers import Layer, linear, maxout, piecewise
from ..network.network import Network
from .connected import connected_parts
from .largest_outputs import first_throughout, not_surely_less, settle
from .polylines import join_segments
from .regions import Regions

#: So many outputs compete at once.
ALL_AT_ONCE = 8

Found = TypeVar("Found", bound=Regions)


@dataclass(frozen=True, eq=False)
class DecisionBoundary(Generic[Found]):
    """The regions of a network, cut where the decision changes.

    Attributes
    ----------
    complex : RegionComplex
        Of the network with the decision as its last unit.
    labels : tuple of int
        What the states of that unit mean: the outputs that compete, or 0 and 1 for not above and above
        the level. Of more than eight outputs some are left out that are largest nowhere.
    """

    complex: Found
    labels: tuple[int, ...]

    @property
    def decisions(self) -> IntArray:
        """The label of each region, int64 (regions,). Of outputs that tie throughout, the first."""
        if self.complex.network.layers[-1].n_units == 0:
            # All that compete are one and the same: that is no unit, and has no state.
            return np.full(self.complex.n_regions, self.labels[0], dtype=np.int64)
        return np.array(self.labels, dtype=np.int64)[self.complex.states[:, -1]]

    @cached_property
    def _between(self) -> NDArray[np.bool_]:
        """Whether the decision changes across each wall."""
        i, j = self.complex.walls.sides.T
        decisions = self.decisions
        return np.asarray(decisions[i] != decisions[j])

    @property
    def pairs(self) -> IntArray:
        """The pairs of adjacent regions whose decisions differ: one for each facet of the boundary."""
        return np.asarray(self.complex.walls.sides[self._between])

    @cached_property
    def facets(self) -> IntArray:
        """The faces of the complex that make up the boundary, one for each of ``pairs``."""
        return self.complex.walls.among(self.complex.need_faces("decision boundary"))[self._between]

    def pieces(self) -> list[FloatArray]:
        """The corners of each facet of the boundary, float64 (corners, d): two points for d = 2."""
        faces = self.complex.need_faces("decision boundary")
        return [np.array([faces.point(int(v)) for v in faces.corners(int(f))]) for f in self.facets]

    def piece_decisions(self) -> IntArray:
        """The decisions on both sides of each of :meth:`pieces`, the lower one first; int64 (facets, 2)."""
        return np.sort(self.decisions[self.pairs], axis=1)

    def measured(self, accuracy: float | None = None) -> Bounded:
        """Length (area, ...) of each facet of the boundary, as ``pairs``, and how far it may be off.

        A facet of an interval is a point, and measures 1. For ``accuracy`` see
        :meth:`polyregions.complex.faces.Faces.measured`.

        Examples
        --------
        >>> from polyregions import Box, Network, enumerate_regions
        >>> net = Network.from_arrays([([[1, 0], [-1, 0]], [0, 0]), ([[1, 1]], [0])])          # |x|
        >>> boundary = enumerate_regions(net, Box.cube(2, -1, 1)).level_set(level=0.5)
        >>> values, errors = boundary.measured()
        >>> values.tolist(), bool((errors < 1e-12).all())
        ([2.0, 2.0], True)
        """
        return self.complex.need_faces("decision boundary").measured_faces(self.facets, accuracy)

    @cached_property
    def components(self) -> IntArray:
        """In which connected part of the boundary each facet is, numbered from 0; int64 (facets,).

        Facets that share a point hang together, be it on a side of the box.
        """
        return connected_parts(self.complex.need_faces("decision boundary").cells, self.facets)

    def polylines(self) -> list[FloatArray]:
        """The boundary in the plane as lines from end to end, float64 (points, 2) each.

        A line ends at a side of the box, or where three or more lines meet; one that closes has its first
        point again as its last. Pieces are joined where they have the same vertex, not where coordinates
        agree. :meth:`polyline_decisions` tells what each separates.

        Raises
        ------
        InvalidInputError
            If d is not 2.

        Examples
        --------
        >>> from polyregions import Box, Network, enumerate_regions
        >>> net = Network.from_arrays([([[1, 0], [-1, 0]], [0, 0]), ([[1, 1], [0, 0]], [0, 0.5])])
        >>> boundary = enumerate_regions(net, Box.cube(2, -1, 1)).decision_boundary()
        >>> [line.tolist() for line in boundary.polylines()], boundary.polyline_decisions().tolist()
        ([[[-0.5, -1.0], [-0.5, 1.0]], [[0.5, 1.0], [0.5, -1.0]]], [[0, 1], [0, 1]])
        """
        return [line for line, _ in self._lines]

    def polyline_decisions(self) -> IntArray:
        """The decisions on both sides of each of :meth:`polylines`, the lower one first; int64 (lines, 2)."""
        return np.array([sides for _, sides in self._lines], dtype=np.int64).reshape(-1, 2)

    @cached_property
    def _lines(self) -> list[tuple[FloatArray, tuple[int, int]]]:
        """Each line, and what it separates.

        That is the same all along: inside the box two pieces meet at a point of a line, and cut what is
        around it in two.
        """
        cx = self.complex
        if cx.box.dim != 2:
            raise InvalidInputError(
                f"polylines: the box has {counted(cx.box.dim, 'dimension')}, lines need 2; "
                "pieces() has all corners"
            )
        faces = cx.need_faces("decision boundary")
        ends = faces.cells.boundaries(self.facets).astype(np.int64).reshape(-1, 2)
        sides = self.piece_decisions().tolist()
        separated = {frozenset(pair): (a, b) for pair, (a, b) in zip(ends.tolist(), sides, strict=True)}
        stops = set(ends[~faces.inside[ends]].tolist())
        lines = [
            (np.asarray(faces.points[faces.places[line]]), separated[frozenset(line[:2])])
            for line in join_segments(ends, stops)
        ]
        return sorted(lines, key=lambda line: (*line[0][0], *line[0][-1], len(line[0])))


def argmax_boundary(cx: Found, outputs: Sequence[int] | None = None) -> DecisionBoundary[Found]:
    """Return where the largest output changes; see :meth:`polyregions.RegionComplex.decision_boundary`."""
    competing = competing_outputs(cx.network, outputs)
    faces = cx.need_faces("decision boundary")
    if len(competing) <= ALL_AT_ONCE:
        return DecisionBoundary(_further(cx, with_argmax(cx.network, competing)), competing)
    network = with_outputs(cx.network, competing)
    largest = not_surely_less(network, faces, cx.states)
    settle(network, faces, largest, np.flatnonzero(largest.sum(axis=1) > 1))
    throughout = first_throughout(faces, largest)
    some = {*throughout[throughout >= 0].tolist(), *largest.argmax(axis=1)[largest.sum(axis=1) == 1].tolist()}
    some |= set(list({0, 1} - some)[: max(0, 2 - len(some))])  # a maximum is one of two or more
    while True:
        few = sorted(some)
        labels = tuple(competing[k] for k in few)
        found = _further(cx, with_argmax(cx.network, labels))
        missing = _missing(network, found, few)
        if not missing:
            return DecisionBoundary(found, labels)
        some |= missing


def level_boundary(cx: Found, output: int, level: float) -> DecisionBoundary[Found]:
    """Return where an output crosses a level; see :meth:`polyregions.RegionComplex.level_set`."""
    network = with_level(cx.network, output, level)
    cx.need_faces("level set")
    return DecisionBoundary(_further(cx, network), (0, 1))


def _further(cx: Found, network: Network) -> Found:
    if cx.further is None:
        raise InvalidInputError(
            f"engine {cx.engine!r} cannot cut its regions further; use engine='subdivide'"
        )
    found: Found = cx.further(cx, network)
    return found


def _missing(network: Network, found: Regions, few: list[int]) -> set[int]:
    """Outputs that exceed all of these somewhere, or tie with the largest on a cell and stand before it."""
    faces = found.need_faces("decision boundary")
    largest = not_surely_less(network, faces, found.states[:, : network.n_units])
    others = np.ones(largest.shape[1], dtype=np.bool_)
    others[few] = False
    # Where no other output can be the largest, it does not matter which of the few is.
    settle(network, faces, largest, np.flatnonzero(largest[:, others].any(axis=1)))
    above = ~largest[:, few].any(axis=1)
    throughout = first_throughout(faces, largest)
    needed = {*largest[above].argmax(axis=1).tolist(), *throughout[throughout >= 0].tolist()}
    return needed - set(few)


def competing_outputs(network: Network, outputs: Sequence[int] | None) -> tuple[int, ...]:
    """The outputs that compete, checked; all, by default.

    Raises
    ------
    InvalidInputError
        If there are fewer than two, or one does not exist.
    """
    if outputs is not None and not isinstance(outputs, Iterable):
        raise InvalidInputError(f"outputs {short_repr(outputs)}: expected a list of whole numbers")
    given = range(network.output_dim) if outputs is None else outputs
    chosen = tuple(_output(network, output) for output in given)
    if len(chosen) < 2 or len(set(chosen)) < len(chosen):
        raise InvalidInputError(
            f"outputs: {len(set(chosen))} different output(s); a decision takes two or more"
        )
    return chosen


def with_argmax(network: Network, outputs: Sequence[int]) -> Network:
    """The network with a maxout unit over some of its outputs, in this order."""
    weight, bias = _readout(network)
    return Network([*_below(network), maxout([weight[list(outputs)]], [bias[list(outputs)]])])


def with_outputs(network: Network, outputs: Sequence[int]) -> Network:
    """The network with some of its outputs, in this order."""
    weight, bias = _readout(network)
    return Network([*_below(network), linear(weight[list(outputs)], bias[list(outputs)])])


def with_level(network: Network, output: int, level: float) -> Network:
    """The network with a unit that bends where an output crosses a level."""
    output, level = _output(network, output), _level(level)
    weight, bias = _readout(network)
    unit = piecewise(weight[[output]], bias[[output]], [level], [0.0, 1.0])
    return Network([*_below(network), unit])


def _output(network: Network, output: Any) -> int:
    """The number of an output, checked."""
    try:
        if isinstance(output, bool | np.bool_):
            raise TypeError("a truth value")
        number = index(output)
    except TypeError as error:
        raise InvalidInputError(f"output {short_repr(output)}: expected a whole number") from error
    if not 0 <= number < network.output_dim:
        raise InvalidInputError(f"output {number}: the network has {network.output_dim}, from 0")
    return number


def _level(level: Any) -> float:
    """A level as the float64 that it is, checked."""
    try:
        value = np.nan if isinstance(level, bool) or not isinstance(level, Real) else float(level)
    except OverflowError:
        value = np.inf
    if not np.isfinite(value):
        raise InvalidInputError(f"level must be a finite number, got {short_repr(level)}")
    if value != level:
        raise InvalidInputError(f"level {short_repr(level)} has no float64; round it first")
    return value


def _below(network: Network) -> tuple[Layer, ...]:
    """The layers that the outputs are read from."""
    return network.layers[:-1] if network.layers[-1].is_linear else network.layers


def _readout(network: Network) -> tuple[FloatArray, FloatArray]:
    last = network.layers[-1]
    if last.is_linear:
        return last.dense, last.bias
    return np.eye(network.output_dim), np.zeros(network.output_dim)
