"""Convex regions: how few convex cells a polyhedral complex needs on whose cells the network is affine.

That minimum is hard to find; here it is proven to lie between two numbers, which often are equal. For
ridges see :mod:`polyregions.complex.ridges`. A wall is *removable* iff the affine maps on both sides are
equal; every complex has all other walls in its own.

From above: leave out removable walls
-------------------------------------
Let W be a set of walls, with all that are not removable, such that those of W around each ridge

* are none, or two that are opposite each other, or
* are three or more, with all angles between one and the next below pi.

Then the groups of regions that W leaves together are the cells of a polyhedral complex:

*Each group is convex.* Take it with its walls cut open. Near any point of a wall, of a ridge or of a side of
the box it is convex: the angles are at most pi. Let p be a point of its interior, and move a point q through
the interior, from near p on; generic ones, so that the segment pq never meets a face of dimension below d -
2. Suppose that the segment touches the boundary, for the first time. There the group is convex, so near that
point all of the segment lies in the boundary. The points of the segment in the boundary are open and closed
in it, so p is one of them: a contradiction. So nearly all of the group is seen from p, hence nothing of it is
met twice, and it is convex, since p was nearly arbitrary. (Tietze and Nakajima: a closed, connected, locally
convex set is convex.)

*Two groups meet in a face of both.* Along a facet F of one group, the group across can only change at a ridge
in the relative interior of F. There the first group has the angle pi, so the walls are two, opposite each
other, and the group across is the same on both sides of the ridge. So F lies in one facet of one other group,
which likewise lies in F. And convex polytopes that meet facet to facet meet face to face (P. Gruber and S.
Ryshkov, *Facet-to-facet implies face-to-face*, European J. Combin. 10, 1989, for tilings of space; let copies
of the box, reflected in its sides, fill the space).

All walls together are such a set. One with few is searched for: leave out all that are removable; take back,
ridge after ridge, as few as must be; then leave out single ones again, with what must go with them.

From below: what every region needs
-----------------------------------
The interior of a cell of any such complex lies in one open connected region R. So R has one cell, or more if
it *needs a cut*: if at some ridge a sector of R, between two walls that are not removable, has an angle above
pi, or of pi while such walls are three or more. For the cells of a complex around a ridge have angles below
pi, unless they are two, on both sides of one hyperplane.

In the plane, let r sectors of R need a cut, and let e be its Euler characteristic, one minus its holes. Then
R has at least e + r / 2 cells: if cuts make i vertices and c edges inside R, the cells are e - i + c; each of
these vertices has at least three of these edges, each sector in need at least one, so 2 c >= 3 i + r.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...complex.ridges import Ridge, ridges_of_walls
from ...network.equal_maps import join

if TYPE_CHECKING:
    from ...complex.faces import Faces
    from ...complex.region_complex import RegionComplex

#: Around a ridge so many walls at most are left out or taken back in one step, if not all of them.
STEP = 3
#: At ridges with more walls than this it is always all of them.
MANY = 24


@dataclass(frozen=True)
class ConvexRegions:
    """The convex regions, as far as they are known.

    Attributes
    ----------
    low, high : int
        Proven bounds of their number; ``high`` is that of the complex found.
    labels : int64 (regions,)
        The cell of that complex in which each activation region lies.
    convex : bool (open connected regions,)
        Whether each open connected region is convex.
    """

    low: int
    high: int
    labels: IntArray
    convex: NDArray[np.bool_]


def convex_regions(cx: RegionComplex, faces: Faces, affine: IntArray, opened: IntArray) -> ConvexRegions:
    """Bound the number of convex regions, and find a complex with few cells.

    Parameters
    ----------
    cx : RegionComplex
        Complete.
    faces : Faces
        All faces of it.
    affine, opened : int64 (regions,)
        Labels of the affine maps, and of the open connected regions.
    """
    walls = _Walls(cx, faces, affine)
    least, convex = _least(walls, opened, cx.box.dim)
    labels = join(cx.n_regions, walls.sides[~walls.needed()])
    return ConvexRegions(int(least.sum()), int(labels.max()) + 1, labels, convex)


class _Walls:
    """The walls, and the ridges of those that are removable.

    Attributes
    ----------
    sides : int64 (walls, 2)
    removable : bool (walls,)
    ridges : list of Ridge
    ridges_of : dict
        The ridges of each removable wall.
    """

    def __init__(self, cx: RegionComplex, faces: Faces, affine: IntArray) -> None:
        self.sides = cx.walls.sides
        self.removable = affine[self.sides[:, 0]] == affine[self.sides[:, 1]]
        self.ridges = ridges_of_walls(cx, faces, self.removable)
        self.ridges_of: dict[int, list[int]] = {w: [] for w in np.flatnonzero(self.removable).tolist()}
        for i, ridge in enumerate(self.ridges):
            for wall in ridge.walls:
                if wall in self.ridges_of:
                    self.ridges_of[wall].append(i)

    def needed(self) -> NDArray[np.bool_]:
        """The walls W of a complex with few cells; bool (walls,)."""
        kept: NDArray[np.bool_] = ~self.removable
        self._settle(kept, range(len(self.ridges)), back=True)
        going = True
        while going:
            going = False
            tried: set[int] = set()
            for wall in self.ridges_of:
                if not kept[wall] or wall in tried:
                    continue
                kept[wall] = False
                changed, settled = self._settle(kept, self.ridges_of[wall], back=False)
                going |= settled
                if not settled:
                    # Mostly one of these forces the others: they would fail likewise.
                    tried.update(changed)
                    kept[[wall, *changed]] = True
        return kept

    def _settle(
        self, kept: NDArray[np.bool_], ridges: Iterable[int], *, back: bool
    ) -> tuple[list[int], bool]:
        """Take back, or leave out, walls until all ridges are right, starting with these.

        Returns which, and whether it succeeded.
        """
        changed: list[int] = []
        waiting = list(ridges)
        while waiting:
            ridge = self.ridges[waiting.pop()]
            here = [bool(kept[w]) for w in ridge.walls]
            if allowed(ridge, [i for i, keep in enumerate(here) if keep]):
                continue
            walls = self._change(ridge, here, back)
            if walls is None:
                return changed, False
            for wall in walls:
                kept[wall] = back
                changed.append(wall)
                waiting += self.ridges_of[wall]
        return changed, True

    def _change(self, ridge: Ridge, here: list[bool], back: bool) -> list[int] | None:
        """The fewest walls to take back, or to leave out, so that a ridge is right; None if none do."""
        places = [i for i, w in enumerate(ridge.walls) if self.removable[w] and here[i] != back]
        sizes = [len(places)]
        if len(ridge.walls) <= MANY:
            sizes = [*range(1, min(STEP + 1, len(places))), *sizes]
        for size in sizes:
            for chosen in combinations(places, size):
                if allowed(ridge, [i for i, keep in enumerate(here) if keep != (i in chosen)]):
                    return [ridge.walls[i] for i in chosen]
        return None


def allowed(ridge: Ridge, kept: Sequence[int]) -> bool:
    """Whether W may have just these walls of a ridge: places in its cycle, ascending."""
    if len(kept) < 3:
        return len(kept) == 0 or (len(kept) == 2 and ridge.angle(*kept) == 0)
    return all(ridge.angle(a, b) < 0 for a, b in zip(kept, [*kept[1:], kept[0]], strict=True))


def _least(walls: _Walls, opened: IntArray, d: int) -> tuple[IntArray, NDArray[np.bool_]]:
    """For each open connected region a number of cells that it needs, and whether it is convex."""
    regions = int(opened.max()) + 1
    convex = np.ones(regions, dtype=np.bool_)
    in_need = np.zeros(regions, dtype=np.int64)
    # Of the open region, made of activation regions, removable walls, and vertices that have only such walls.
    euler = np.bincount(opened, minlength=regions)
    euler -= np.bincount(opened[walls.sides[walls.removable, 0]], minlength=regions)
    for ridge in walls.ridges:
        bends = [i for i, w in enumerate(ridge.walls) if not walls.removable[w]]
        if not bends:
            euler[opened[ridge.regions[0]]] += 1
        for a, b in zip(bends, [*bends[1:], *bends[:1]], strict=True):
            angle, region = ridge.angle(a, b), opened[ridge.regions[a]]
            convex[region] &= angle <= 0
            in_need[region] += angle > 0 or (angle == 0 and len(bends) > 2)
    least = 1 + (in_need > 0)
    if d == 2:
        least = np.maximum(least, euler + (in_need + 1) // 2)
    return least, convex
