"""The result of an enumeration as the user holds it: the regions, and a door to each reader of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..base.arrays import Bounded
from . import bulk as _bulk
from . import checks as _checks
from . import graph as _graph
from . import polygons as _polygons
from .bulk import AffineMaps, RegionCorners
from .decision import DecisionBoundary, argmax_boundary, level_boundary
from .regions import Regions

if TYPE_CHECKING:
    import networkx
    from scipy.sparse import csr_array

    from .centroids import BoundedPoints
    from .packed_states import PackedStates
    from .tables import Tables


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

    @cached_property
    def volumes(self) -> Bounded:
        """Length, area, volume, ... of each region, with a proven bound; needs the faces ("subdivide").

        ``cx.faces.measured_volumes(accuracy=0)`` has the exact ones, rounded once, ``cx[i].exact_volume``
        that of a region.
        """
        return self.need_faces("volumes").measured_volumes()

    @cached_property
    def centroids(self) -> BoundedPoints:
        """Centre of mass of each region, with a proven bound; needs the faces.

        ``cx[i].centroid`` is the exact one of a region, rounded once.
        """
        self.need_faces("centroids")
        from .centroids import region_centroids  # loads kernels

        return region_centroids(self.faces)

    @cached_property
    def affine_maps(self) -> AffineMaps:
        """The map ``A x + c`` of each region, with a proven bound.

        ``cx[i].affine_map`` is the exact one of a region, rounded once.
        """
        return _bulk.affine_maps(self)

    @cached_property
    def vertices(self) -> RegionCorners:
        """The vertices of all regions, ragged: ``points`` and ``offsets``."""
        return _bulk.region_corners(self)

    @property
    def patterns(self) -> PackedStates:
        """All patterns, a bit for each unit of two states: ``patterns.rows(regions)`` unpacks some."""
        return _bulk.packed_patterns(self)

    def save(self, path: str | Path) -> None:
        """Write the result to an ``.npz`` file, faces included (:mod:`polyregions.complex.result_files`)."""
        from .result_files import write_result

        write_result(self, path)

    @classmethod
    def load(cls, path: str | Path) -> RegionComplex:
        """Read a result from a file; :func:`polyregions.certify` proves what it claims.

        Read, it has been looked at as far as that is quick: it cannot name a region twice, or be complete
        with regions that were not explored, and its faces are a complex with just these regions and facets.

        Raises
        ------
        FileFormatError
            If the file is missing, truncated, not what it says, or contradicts itself.
        InvalidInputError
            If its network or its box cannot be one.

        Examples
        --------
        >>> import tempfile
        >>> from polyregions import Box, Network, enumerate_regions
        >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     enumerate_regions(net, Box([-1], [2])).save(f"{folder}/tent.npz")
        ...     RegionComplex.load(f"{folder}/tent.npz").faces
        Faces(4 of dimension 0, 3 of dimension 1)
        """
        from .result_files import read_result

        return read_result(path, cls)

    def to_pandas(self) -> Tables:
        """Return data frames of the regions, the adjacencies and the walls.

        Raises
        ------
        MissingDependencyError
            If pandas is not installed.
        """
        from .tables import data_frames

        return data_frames(self)

    def to_networkx(self) -> networkx.Graph[int]:
        """Return the adjacency graph, as :meth:`graph` does."""
        return _graph.region_graph(self)

    def to_scipy(self) -> csr_array:
        """Return the adjacencies as a symmetric sparse matrix of booleans (regions, regions)."""
        return _bulk.adjacency_matrix(self)

    def to_shapely(self) -> Any:
        """Return an array of one ``shapely.Polygon`` per region, d = 2 only."""
        return _polygons.polygon_array(self)

    def polygons(self) -> list[Any]:
        """Return one ``shapely.Polygon`` per region, d = 2 only."""
        return _polygons.region_polygons(self)

    def view(self, title: str = "", height: int = 640) -> Any:
        """Return a page on which one walks through the regions, for a notebook to show; d <= 3.

        ``cx.view().save("page.html")`` writes it to a file. See :class:`polyregions.viewer.View`.

        Raises
        ------
        InvalidInputError
            If the box has more than three dimensions.
        TooLargeError
            If there are more than 500,000 regions.

        Examples
        --------
        >>> from polyregions import Box, Network, enumerate_regions
        >>> net = Network.from_arrays([([[1, 1], [1, -1]], [0, 0]), ([[1, 1]], [0])])
        >>> enumerate_regions(net, Box.cube(2, -1, 1)).view(title="two lines")
        View(4 regions)
        """
        return import_module("polyregions.viewer").View(self, title, height)  # which stands above

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


def save_result(cx: RegionComplex, path: str | Path) -> None:
    """Write a result to a file, whole or not at all: :meth:`RegionComplex.save`.

    Raises
    ------
    FileFormatError
        If the name has another ending than ``.npz``.
    InvalidInputError
        If the file cannot be written.
    """
    cx.save(path)


def load_result(path: str | Path) -> RegionComplex:
    """Read a result from a file: :meth:`RegionComplex.load`."""
    return RegionComplex.load(path)
