"""The result of an enumeration as the user holds it: the regions, and a door to each reader of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import checks as _checks
from . import graph as _graph
from . import polygons as _polygons
from .decision import DecisionBoundary, argmax_boundary, level_boundary
from .regions import Regions

if TYPE_CHECKING:
    import networkx


@dataclass(frozen=True, eq=False, repr=False)
class RegionComplex(Regions):
    """All activation regions of a network in a box, their facets, and what can be asked of them.

    It has the attributes of :class:`~polyregions.complex.regions.Regions`: ``states``, ``witnesses``,
    ``facet_neighbors``, ``complete``, ... Each method here is a function of another module, given the result.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])   # a tent
    >>> cx = enumerate_regions(net, Box([-1], [2]))
    >>> cx, cx[0], len(cx[:2])
    (RegionComplex(3 regions, 2 adjacencies, d=1, engine=subdivide), Region(id=0, pattern=1.1), 2)
    """

    def graph(self) -> networkx.Graph[int]:
        """Return the adjacency graph of the regions as a ``networkx.Graph``."""
        return _graph.region_graph(self)

    def polygons(self) -> list[Any]:
        """Return one ``shapely.Polygon`` per region, d = 2 only."""
        return _polygons.region_polygons(self)

    def decision_boundary(self, outputs: Sequence[int] | None = None) -> DecisionBoundary[RegionComplex]:
        """Return where the largest of the outputs changes.

        Parameters
        ----------
        outputs : sequence of int, optional
            Which outputs compete; all, by default. Of outputs that tie, the first one listed wins.

        Raises
        ------
        InvalidInputError
            If there are fewer than two, one does not exist, or the engine was not "subdivide".

        Examples
        --------
        >>> from polyregions import Box, Network, enumerate_regions
        >>> net = Network.from_arrays([([[1, 0]], [0]), ([[1], [0]], [0, 0.5])])   # relu(x) or 1/2
        >>> boundary = enumerate_regions(net, Box.cube(2, -1, 1)).decision_boundary()
        >>> boundary.decisions.tolist(), [piece.tolist() for piece in boundary.pieces()]
        ([0, 1, 1], [[[0.5, 1.0], [0.5, -1.0]]])
        """
        return argmax_boundary(self, outputs)

    def level_set(self, output: int = 0, level: float = 0.0) -> DecisionBoundary[RegionComplex]:
        """Return where an output crosses a level; the decisions are 1 above the level, else 0.

        Raises
        ------
        InvalidInputError
            If the output does not exist, the level is not finite, or the engine was not "subdivide".
        """
        return level_boundary(self, output, level)

    def check(self) -> None:
        """Check the invariants of the result; raise CheckFailedError on the first violation."""
        _checks.check(self)
