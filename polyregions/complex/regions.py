"""What was found: regions, their facets, and who lies across each facet.

:class:`Regions` is a frozen set of arrays; :class:`Region` is a view of one region, made on demand. Topology
(states, facets, neighbours) is exact; coordinates are float64, each rounded once from the exact rational.
What is read off them stands above, one module for each idea, and :class:`polyregions.RegionComplex` leads
there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any, overload

import numpy as np
from numpy.typing import ArrayLike

from ..base.arrays import FloatArray, IntArray, StateArray
from ..base.indices import numbers
from ..base.rationals import IntegerRows, Point
from ..errors import CheckFailedError, InvalidInputError, TooLargeError
from ..geometry import polytope, volumes
from ..geometry.domain import Domain, side_rows
from ..geometry.polytope_domain import Polytope
from ..network.box import Box
from ..network.equal_maps import map_labels
from ..network.network import Network
from .patterns import Patterns, PatternsOrArray
from .walls import Walls, find_walls, sides_in_parts

if TYPE_CHECKING:
    from .faces import Faces  # loads kernels, which results without faces have no need of

#: A region may have at most so many vertices when they are asked for: beyond, there is no point in beginning.
MOST_VERTICES = 10**7


@dataclass(frozen=True, eq=False)
class Regions:
    """Activation regions of a network in a domain, and their facets: plain data, small when pickled.

    Attributes
    ----------
    network, box, polytope
        What was enumerated: the network in a box, or, if ``polytope`` is not None, in that; ``box`` is then
        the box around it. ``domain`` is what was asked for of the two.
    engine : str
        Which engine did it.
    states : uint8 array (regions, units)
        Activation pattern of each region.
    witnesses : float64 array (regions, d)
        A point of each region: the nearest float64 to a point of its interior. NaN for regions that were
        found and not explored, if Ctrl-C or a time limit left no time for them.
    facet_offsets, facet_neighbors : int64 arrays (explored + 1,), (facets,)
        Region i has the facets ``facet_neighbors[facet_offsets[i]:facet_offsets[i + 1]]``: the
        region across each, or ``-1 - side`` for a side of the domain (side ``2 j`` is the lower one of
        dimension j of the box, ``2 j + 1`` the upper, ``2 d + k`` row k of a polytope).
    complete : bool
        Whether these are all regions of the domain.
    stopped : str
        Why not, if they are not ("limit", "time", "interrupted", "memory"); else "".
    known_faces : Faces or None
        All faces of all dimensions, from the engine "subdivide"; ``faces`` has them, or makes those of a
        result of "split", or says why it has not.
    undecided : int or None
        How many signs float64 could not decide and integers did; None if not counted.
    further : callable or None
        ``further(regions, network)`` cuts the regions by what a network has beyond theirs, and makes faces: a
        plain function of the engine, such as :func:`polyregions.engines.subdivide.engine.extend`.

    If ``complete`` is false, the regions listed are true regions, the facets of the first
    ``n_explored`` of them are known, and every adjacency listed is a true one.
    """

    network: Network
    box: Box
    engine: str
    states: StateArray
    witnesses: FloatArray
    facet_offsets: IntArray
    facet_neighbors: IntArray
    complete: bool
    stopped: str = ""
    known_faces: Faces | None = None
    undecided: int | None = None
    further: Callable[[Any, Network], Any] | None = field(default=None, repr=False)
    polytope: Polytope | None = None

    def __post_init__(self) -> None:
        for array in (self.witnesses, self.facet_offsets, self.facet_neighbors):
            array.flags.writeable = False
        if not isinstance(vars(self)["states"], Patterns):
            self.states.flags.writeable = False

    def __getstate__(self) -> dict[str, Any]:
        """What is stored: not what was computed from it and kept."""
        return {item.name: vars(self)[item.name] for item in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        Regions.__post_init__(self)

    @property
    def domain(self) -> Domain:
        """Where the regions are: the polytope, if one was asked for, else the box."""
        return self.box if self.polytope is None else self.polytope

    @property
    def n_regions(self) -> int:
        """Number of activation regions listed."""
        return len(self.witnesses)

    def patterns_of(self, regions: IntArray) -> StateArray:
        """Patterns of some regions; uint8 (regions, units). Those of the others are not made for it."""
        known = vars(self)["states"]
        found: StateArray = known.rows(regions) if isinstance(known, Patterns) else known[regions]
        found.flags.writeable = False
        return found

    @property
    def n_explored(self) -> int:
        """Number of regions whose facets are known: all of them if complete."""
        return len(self.facet_offsets) - 1

    @property
    def facet_owners(self) -> IntArray:
        """The region that has each of ``facet_neighbors`` across a facet; int64 (facets,)."""
        return np.repeat(np.arange(self.n_explored), np.diff(self.facet_offsets))

    @cached_property
    def walls(self) -> Walls:
        """The facets between two regions, each once, in the order of ``adjacencies``."""
        return find_walls(self.facet_owners, self.facet_neighbors)

    @property
    def adjacencies(self) -> IntArray:
        """Pairs (i, j), i < j, of regions that share a facet, sorted; int64 (pairs, 2)."""
        return self.walls.sides

    @cached_property
    def map_labels(self) -> IntArray:
        """A number for the affine map of each region, the same iff the maps are; int64 (regions,)."""
        labels = map_labels(self.network.layers, self.states)
        labels.flags.writeable = False
        return labels

    @property
    def faces(self) -> Faces:
        """All faces of all dimensions.

        Raises
        ------
        InvalidInputError
            If they are not known: "traverse" and "brute" keep none, nor did files of version 1.
        """
        return self.need_faces("faces of this result")

    def need_faces(self, purpose: str) -> Faces:
        """Return the faces, or say that a purpose takes them and how to have them.

        Raises
        ------
        InvalidInputError
            If they are not known.

        Examples
        --------
        >>> from polyregions import Box, Network, enumerate_regions
        >>> net = Network.from_arrays([([[1]], [0]), ([[1]], [0])])
        >>> enumerate_regions(net, Box([-1], [1]), engine="traverse").need_faces("volumes")
        Traceback (most recent call last):
        polyregions.errors.InvalidInputError: volumes: it takes the faces of all dimensions, ...
        """
        if self.known_faces is None and self.engine == "split" and self.further is not None:
            vars(self)["known_faces"] = self.further(self, self.network).known_faces
            vars(self).pop("f_vector", None)  # it may be known now
        if self.known_faces is None:
            lost = "has lost them (files of version 1 did not keep them)" if self.complete else "is partial"
            keeps = self.further is not None or self.engine in ("subdivide", "split")
            why = f"this result {lost}" if keeps else f"engine {self.engine!r} does not keep them"
            raise InvalidInputError(
                f"{purpose}: it takes the faces of all dimensions, and {why}; "
                "use enumerate_regions(network, box, engine='subdivide')"
            )
        return self.known_faces

    @cached_property
    def n_adjacencies(self) -> int:
        """Number of pairs of regions that share a facet."""
        return sum(len(lower) for lower, _ in sides_in_parts(self.facet_offsets, self.facet_neighbors))

    @cached_property
    def f_vector(self) -> list[int] | None:
        """Numbers of faces of dimension 0, 1, ..., d inside the domain, or None if not known.

        Faces in a side of the domain do not count: they are its own. Known from all faces; else, for complete
        results with d <= 2, from regions and adjacencies, since ``sum (-1)^k f_k = (-1)^d``.
        """
        d, regions, facets = self.box.dim, self.n_regions, self.n_adjacencies
        if self.known_faces is not None:
            return self.known_faces.inside_counts
        if not self.complete or d > 2:
            return None
        return [facets, regions] if d == 1 else [1 + facets - regions, facets, regions]

    @cached_property
    def degrees(self) -> IntArray:
        """Number of neighbours of each region, int64 (regions,)."""
        degrees = np.zeros(self.n_regions, dtype=np.int64)
        for lower, higher in sides_in_parts(self.facet_offsets, self.facet_neighbors):
            np.add.at(degrees, lower, 1)
            np.add.at(degrees, higher, 1)
        return degrees

    def flips(self, i: int, j: int) -> IntArray:
        """Units whose states differ between regions i and j."""
        return np.flatnonzero(np.not_equal(*self.patterns_of(np.array([i, j]))))

    @cached_property
    def _index(self) -> dict[bytes, int]:
        return {row.tobytes(): i for i, row in enumerate(self.states)}

    def find(self, pattern: ArrayLike) -> int:
        """Id of the region with the given pattern, or -1 if there is none."""
        return self._index.get(self.network.validate_pattern(pattern).tobytes(), -1)

    def locate(self, points: ArrayLike) -> IntArray:
        """Region ids of points (n, d) or (d,); int64 (n,) or a scalar array.

        A point on a boundary belongs to the region whose pattern it has; where that pattern has no
        region (it is realised on a lower-dimensional face only), the region just beyond in the
        direction (1, e, e^2, ...) is given that lies inside the box, or on the way to an inner point of a
        polytope. Points outside the domain, or in regions that a partial result does not list, give -1.
        """
        states = np.atleast_2d(self.network.states(points))
        x = np.asarray(points, dtype=np.float64)
        inside = self.domain.contains(x)
        ids = np.array([self._index.get(row.tobytes(), -1) for row in states], dtype=np.int64)
        for i in np.flatnonzero(inside & (ids < 0)):
            ids[i] = self._index.get(self._pattern_beside(np.atleast_2d(x)[i]), -1)
        ids[~inside] = -1
        return ids.reshape(x.shape[:-1])

    def _pattern_beside(self, point: FloatArray) -> bytes:
        """Pattern of a region whose closure holds the point of the domain."""
        if self.polytope is not None:
            return bytes(self.network.exact.states_near(point, towards=self.polytope.interior))
        signs = np.where(point < self.box.upper, 1, -1)
        return bytes(self.network.exact.states_near(point, signs.tolist()))

    @overload
    def __getitem__(self, i: int) -> Region: ...

    @overload
    def __getitem__(self, i: slice) -> list[Region]: ...

    def __getitem__(self, i: int | slice) -> Region | list[Region]:
        found = numbers("region", i, self.n_regions)
        return [Region(self, k) for k in found] if isinstance(found, range) else Region(self, found)

    def __len__(self) -> int:
        return self.n_regions

    def __iter__(self) -> Iterator[Region]:
        return (Region(self, i) for i in range(self.n_regions))

    def __repr__(self) -> str:
        partial = "" if self.complete else f", partial: {self.stopped}"
        return (
            f"{type(self).__name__}({self.n_regions} regions, {self.n_adjacencies} adjacencies, "
            f"d={self.box.dim}, engine={self.engine}{partial})"
        )


# An array once it is read; within the class, a dataclass would take it for a default.
Regions.states = PatternsOrArray("states")  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class Region:
    """One activation region: a convex polytope on which the network is affine.

    Attributes
    ----------
    complex : Regions
    id : int
    """

    complex: Regions
    id: int

    @property
    def pattern(self) -> StateArray:
        """States of all units, uint8 (units,)."""
        return np.asarray(self.complex.patterns_of(np.array([self.id]))[0])

    @property
    def witness(self) -> FloatArray:
        """A point of the region, float64 (d,)."""
        return np.asarray(self.complex.witnesses[self.id])

    @property
    def facets(self) -> IntArray:
        """What lies across each facet: a region id, or ``-1 - side`` for a side of the domain."""
        cx = self.complex
        if self.id >= cx.n_explored:
            raise InvalidInputError(
                f"region {self.id}: its facets are not known, the result is partial ({cx.stopped})"
            )
        return cx.facet_neighbors[cx.facet_offsets[self.id] : cx.facet_offsets[self.id + 1]]

    @property
    def neighbors(self) -> list[int]:
        """Ids of the regions that share a facet with this one, in the order of the facets."""
        return [int(j) for j in self.facets if j >= 0]

    @cached_property
    def exact_halfspaces(self) -> IntegerRows:
        """Irredundant rows ``row . (x, 1) >= 0`` over the integers, one for each entry of ``facets``."""
        cx = self.complex
        rows, beyond = self._pattern_rows
        by_target = {target: row for target, row in zip(beyond, rows, strict=True) if any(row[:-1])}
        sides = side_rows(cx.domain)
        result = []
        for j in self.facets.tolist():
            if j < 0:
                result.append(sides[-1 - j])
                continue
            # The lowest unit that flips has the facet's hyperplane as its own boundary.
            there = cx[j].pattern
            targets = ((u, int(there[u])) for u in cx.flips(self.id, j).tolist())
            row = next((by_target[target] for target in targets if target in by_target), None)
            if row is None:
                raise CheckFailedError(f"regions {self.id} and {j} are no neighbours: no unit separates them")
            result.append(row)
        return result

    @cached_property
    def _pattern_rows(self) -> tuple[IntegerRows, list[tuple[int, int]]]:
        """All rows of the pattern, and the unit and the state beyond each."""
        return self.complex.network.exact.rows(self.pattern)

    @property
    def halfspaces(self) -> tuple[FloatArray, FloatArray]:
        """(A, b) with ``A x <= b``, irredundant, one row for each entry of ``facets``.

        Rows are scaled so that the largest coefficient of A is 1 in magnitude, then rounded.
        """
        return polytope.float_halfspaces(self.exact_halfspaces)

    @cached_property
    def exact_vertices(self) -> list[Point]:
        """The vertices as exact rationals; in 2-D in counter-clockwise order.

        Raises
        ------
        TooLargeError
            If the region has so many facets, in so many dimensions, that they may be too many. ``vertices``,
            ``volume`` and ``centroid`` raise it too.
        """
        dim, facets = self.complex.box.dim, len(self.facets)
        most = polytope.most_vertices(dim, facets)
        if most > MOST_VERTICES:
            raise TooLargeError(
                f"region {self.id}: with {facets} facets in {dim} dimensions it has up to {most:,} vertices, "
                f"and they are listed up to {MOST_VERTICES:,}; halfspaces and witness are there for all sizes"
            )
        rows = self.exact_halfspaces
        return polytope.polygon_vertices(rows) if len(rows[0]) == 3 else polytope.vertices(rows)

    @property
    def vertices(self) -> FloatArray:
        """The vertices, float64 (n, d), each coordinate rounded once from the exact rational."""
        return np.array([[float(v) for v in point] for point in self.exact_vertices])

    @property
    def affine_map(self) -> tuple[FloatArray, FloatArray]:
        """(A, c) with ``f(x) = A x + c`` on the region."""
        return self.complex.network.affine_map(self.pattern)

    @property
    def exact_volume(self) -> Fraction:
        """Volume (length, area, ...) as a rational number."""
        return volumes.exact_volume(self.exact_vertices, self.exact_halfspaces)

    @property
    def volume(self) -> float:
        """Volume (length, area, ...) in float64: the exact one rounded once, infinite beyond its range."""
        return volumes.volume(self.exact_vertices, self.exact_halfspaces)

    @property
    def centroid(self) -> FloatArray:
        """Centre of mass, float64 (d,): the exact one rounded once."""
        return volumes.centroid(self.exact_vertices, self.exact_halfspaces)

    def __repr__(self) -> str:
        states = ".".join(map(str, self.pattern.tolist()))
        return f"Region(id={self.id}, pattern={states if len(states) < 80 else states[:77] + '...'})"
