"""The facets around each face of dimension d - 2, in a cycle, and the angles between them.

*Ridges* are the faces of dimension d - 2 that meet the open box. The walls around a ridge form a cycle, with
one region between each two. Only one thing about angles is asked: whether the angle from one wall to another
is below pi, pi, or above. That of one region is below pi; two walls in the same hyperplane are opposite each
other; else it is the sign of a determinant of whole numbers, the corners' coordinates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from flint import fmpz_mat
from numpy.typing import NDArray

from ..base.rationals import homogeneous
from .regions import Regions
from .vertex_values import places

if TYPE_CHECKING:
    from .faces import Faces


@dataclass(frozen=True)
class Ridge:
    """The walls around a ridge, in a cycle.

    Attributes
    ----------
    walls : list of int
        Numbers of walls, in the order of :attr:`polyregions.complex.regions.Regions.walls`.
    regions : list of int
        ``regions[i]`` lies between walls i and i + 1.
    reach : list of int
        How many of the next walls are at an angle below pi from wall i.
    opposite : list of bool
        Whether the one after these is at the angle pi.
    """

    walls: list[int]
    regions: list[int]
    reach: list[int]
    opposite: list[bool]

    def angle(self, a: int, b: int) -> int:
        """Sign of the angle from wall a to wall b of the cycle minus pi; from a wall to itself it is 2 pi."""
        steps = (b - a - 1) % len(self.walls) + 1
        if steps <= self.reach[a]:
            return -1
        return 0 if self.opposite[a] and steps == self.reach[a] + 1 else 1


def ridges_of_walls(cx: Regions, faces: Faces, chosen: NDArray[np.bool_]) -> list[Ridge]:
    """Return the ridges of the walls chosen, with all walls around them.

    Parameters
    ----------
    cx : Regions
        Complete.
    faces : Faces
        All faces of it.
    chosen : bool (walls,)
    """
    if cx.box.dim == 1 or not chosen.any():
        return []
    cells = faces.cells
    facet = cx.walls.among(faces)
    wall = np.repeat(np.arange(facet.size), cells.size[facet])
    ridge = cells.boundaries(facet).astype(np.int64)
    wanted = np.zeros(len(faces), dtype=bool)
    wanted[ridge[chosen[wall]]] = True
    wanted &= faces.inside
    wall, ridge = wall[wanted[ridge]], ridge[wanted[ridge]]
    order = np.argsort(ridge, kind="stable")
    numbers, first = np.unique(ridge[order], return_index=True)
    ends = np.append(first, order.size).tolist()
    sides, around, corners = cx.walls.sides, wall[order], _Corners(faces)
    result = []
    for number, begin, end in zip(numbers.tolist(), ends[:-1], ends[1:], strict=True):
        some = around[begin:end]
        walls, regions = _go_round(dict(zip(some.tolist(), sides[some].tolist(), strict=True)))
        own = facet[walls].tolist()
        reach, opposite = _angles(cells.planes[own, 0].tolist(), corners.seen_along(number, own))
        result.append(Ridge(walls, regions, reach, opposite))
    return result


def _go_round(sides: dict[int, list[int]]) -> tuple[list[int], list[int]]:
    """Walls around a ridge in a cycle and the regions between, from the two sides of each wall."""
    walls_of: dict[int, list[int]] = {}
    for wall, regions in sides.items():
        for region in regions:
            walls_of.setdefault(region, []).append(wall)
    wall = next(iter(sides))
    region = sides[wall][0]
    cycle: list[int] = []
    between: list[int] = []
    while not cycle or wall != cycle[0]:
        cycle.append(wall)
        between.append(region)
        a, b = walls_of[region]
        wall = b if wall == a else a
        a, b = sides[wall]
        region = b if region == a else a
    return cycle, between


def _angles(
    planes: list[int], directions: Callable[[], list[tuple[int, int]]]
) -> tuple[list[int], list[bool]]:
    """How many of the next walls are at an angle below pi from each, and whether the one after is at pi.

    ``planes`` are numbers of the walls' hyperplanes. Directions are only asked for if these do not tell.
    """
    n = len(planes)
    known: list[tuple[int, int]] = []

    def turn(i: int, j: int) -> int:
        if not known:
            known.extend(directions())
        (a, b), (c, d) = known[i % n], known[j % n]
        return _sign(a * d - b * c)

    reach, opposite = [], []
    for i in range(n):
        steps, sign = 1, 1
        while steps + 1 < n:
            j = i + steps + 1
            sign = 0 if planes[i] == planes[j % n] else turn(i, j) * turn(0, 1)
            if sign <= 0:
                break
            steps += 1
        reach.append(steps)
        opposite.append(sign == 0)
    return reach, opposite


def _sign(value: int) -> int:
    return (value > 0) - (value < 0)


class _Corners:
    """Corners of faces in whole homogeneous coordinates."""

    def __init__(self, faces: Faces) -> None:
        self.faces, self.where = faces, places(faces)
        self._known: dict[int, list[int]] = {}

    def seen_along(self, ridge: int, facets: list[int]) -> Callable[[], list[tuple[int, int]]]:
        """Where facets around a ridge point to, in some basis of the plane across the ridge."""

        def directions() -> list[tuple[int, int]]:
            own = self.faces.cells.corners(ridge)
            first, second = _annihilator([self.point(v) for v in sorted(own)])
            points = [self.point(next(v for v in self._vertices(f) if v not in own)) for f in facets]
            return [(_product(first, point), _product(second, point)) for point in points]

        return directions

    def _vertices(self, face: int) -> Iterator[int]:
        """The vertices of a face, some of them more than once."""
        if self.faces.cells.dim[face] == 0:
            yield face
            return
        for below in self.faces.cells.boundary(face).tolist():
            yield from self._vertices(below)

    def point(self, vertex: int) -> list[int]:
        """A vertex; the last coordinate is positive."""
        if vertex not in self._known:
            place = int(self.faces.places[vertex])
            if self.where.whole[place]:
                self._known[vertex] = [int(v) for v in self.where.points[place].tolist()]
            else:
                self._known[vertex] = homogeneous(self.faces.exact_point(vertex))
        return self._known[vertex]


def _annihilator(points: list[list[int]]) -> list[list[int]]:
    """Two independent rows that vanish at the corners of a face of dimension d - 2."""
    if len(points) == 1:
        x, y, scale = points[0]
        return [[scale, 0, -x], [0, scale, -y]]
    basis, rank = fmpz_mat(points).nullspace()
    return [[int(basis[i, j]) for i in range(len(points[0]))] for j in range(rank)]


def _product(row: Sequence[int], point: Sequence[int]) -> int:
    return sum(a * v for a, v in zip(row, point, strict=True))
