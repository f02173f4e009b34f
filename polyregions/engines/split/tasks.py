"""A search in tasks: a cell to go on from each, which any worker may take.

A task is searched slice by slice, so many regions each. After each slice the cell at the bottom of the stack,
the last one in order and the largest as a rule, becomes a task of its own. So there is work for several
threads soon, and tasks, and all numbers in them, do not depend on how many there are. In the order of the
search, what a task has found comes first, and then its tasks, the last one first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, IntArray
from ...base.rounding import U
from ...geometry.domain import Domain, corners, facet_sides, side_rows
from ...geometry.recentred_domain import RecentredSides, recentred_corners, recentred_sides
from ...network.network import Network
from .exact_signs import ExactSigns
from .groups import (
    BEGIN,
    BESIDES,
    BUDGET,
    CUT,
    CUTTING,
    DECIDE,
    DEGREE,
    DEPTH,
    DONE,
    END,
    FACETS,
    FREE,
    FRESH,
    FULL,
    INNER,
    LEAVES,
    MORE_FACETS,
    MORE_ITEMS,
    MORE_VERTICES,
    MORE_WORDS,
    NODE,
    OPEN,
    OPENING,
    PHASE,
    RADIUS,
    REGIONS,
    REST,
    SIMPLE,
    SIZE,
    SLOT,
    SPAN,
    SPARE,
    TOP,
    TWIN,
    UNIT,
    USED,
    WALLS,
    Layers,
    Listed,
    Path,
    Planes,
    Pool,
)
from .memory import enlarge, new_path, new_planes, new_pool, new_work
from .search import search
from .walls import WALLS_OF_TASK

#: Regions of a slice.
SLICE = 2**12


class PendingCell(NamedTuple):
    """A cell to go on from, and all that it stands on.

    Attributes
    ----------
    path : Path; planes : Planes
    pool : Pool
        Its vertices, numbered from 0.
    node : int64 (NODE,)
    share : float
        Of the whole work.
    phase : int
    """

    path: Path
    planes: Planes
    pool: Pool
    node: IntArray
    share: float
    phase: int


class Progress(NamedTuple):
    """What a slice has found: regions, facets between two of them, and its share of the whole work."""

    regions: int
    inner: int
    share: float


@dataclass
class Task:
    """A cell to search, and what was found in it.

    Attributes
    ----------
    number : int
    cell : PendingCell or None
        None once it is begun.
    finished : bool
        Whether all of it is searched but what became tasks.
    walls : int
        How many it has made.
    slices : list
        What ``keep`` made of each slice.
    tasks : list of Task
        Those that were made of its cells.
    """

    number: int
    cell: PendingCell | None
    finished: bool = False
    walls: int = 0
    slices: list[object] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)

    def in_order(self) -> list[Task]:
        """The task and all that were made of it, in the order of the search."""
        ordered, left = [], [self]
        while left:
            task = left.pop()
            ordered.append(task)
            left += task.tasks
        return ordered

    def done_in_order(self) -> list[Task]:
        """The tasks whose findings follow each other from the first one on, the last one perhaps in part."""
        ordered = []
        for task in self.in_order():
            ordered.append(task)
            if not task.finished:
                break
        return ordered


class Worker:
    """What one thread works with: it searches tasks, one after the other.

    Parameters
    ----------
    network : Network
    layers : Layers
    domain : Domain
    sides : RecentredSides
        Of the domain.
    whole : bool
        Whether all is in whole numbers.
    moved : float
        How far a witness may be from its centre.
    keep : callable or None
        ``keep(listed, facets)`` copies what a slice has listed; None to count only.
    """

    def __init__(
        self,
        network: Network,
        layers: Layers,
        domain: Domain,
        sides: RecentredSides,
        whole: bool,
        moved: float,
        keep: Callable[[Listed, int], object] | None,
    ) -> None:
        self.work = new_work(layers, domain.dim, sides, whole, keep is not None)
        self.work.done[1] = moved
        self.exact, self.keep = ExactSigns(network, side_rows(domain)), keep

    def run(self, task: Task, publish: Callable[[Task, PendingCell], None]) -> Iterator[Progress]:
        """Search a task, and hand out the cells that become tasks of their own.

        Yields
        ------
        found : Progress
            After each slice.
        """
        self._take(task)
        code = FULL
        while code != DONE:
            self.work.cells.at[[BUDGET, REGIONS, INNER, FACETS]] = SLICE, 0, 0, 0
            self.work.done[0] = 0.0
            self.work.listed.counts[:] = 0
            code = self._slice()
            if self.keep is not None:
                task.slices.append(self.keep(self.work.listed, int(self.work.cells.at[FACETS])))
            task.finished = code == DONE
            task.walls = int(self.work.cells.at[WALLS]) - task.number * WALLS_OF_TASK
            if code != DONE and self.work.cells.at[TOP] > 1:
                publish(task, self._split_off())
            regions, inner = self.work.cells.at[[REGIONS, INNER]].tolist()
            yield Progress(regions, inner, float(self.work.done[0]))

    def loose(self) -> set[int]:
        """The walls whose facets may come in another order from the other side."""
        loose = self.work.listed.loose
        return set(loose[1 : 1 + loose[0]].tolist()) if loose.size else set()

    def _slice(self) -> int:
        while True:
            code = int(search(self.work))
            if code in (DONE, FULL):
                return code
            if code == DECIDE:
                self.exact.decide(self.work, int(self.work.cells.at[OPEN]))
                self.work.cells.at[OPEN] = 0
            else:
                self.work = enlarge(self.work, code)

    def _take(self, task: Task) -> None:
        """Begin a task."""
        cell, work = task.cell, self.work
        assert cell is not None
        task.cell = None
        n, words = len(cell.pool.points), cell.pool.masks.shape[1]
        while len(self.work.cells.pool.points) < n:
            self.work = enlarge(self.work, MORE_VERTICES)
        while len(self.work.cells.items) < n:
            self.work = enlarge(self.work, MORE_ITEMS)
        while self.work.cells.pool.masks.shape[1] < words:
            self.work = enlarge(self.work, MORE_WORDS)
        while self.work.cells.pool.facets.shape[1] < cell.pool.facets.shape[1]:
            self.work = enlarge(self.work, MORE_FACETS)
        cells = self.work.cells._replace(planes=cell.planes)
        work = self.work = self.work._replace(path=cell.path, cells=cells)
        arrays: Iterable[tuple[NDArray[Any], NDArray[Any]]] = zip(cells.pool, cell.pool, strict=True)
        for mine, its in arrays:
            mine[:n, : its.shape[1]] = its
        cells.items[:n] = np.arange(n)
        work.stack.nodes[0], work.stack.share[0] = cell.node, cell.share
        work.stack.nodes[0, [BEGIN, SIZE]] = 0, n
        cells.at[[TOP, SPARE, USED, PHASE, OPEN, FACETS]] = 1, 0, n, cell.phase, 0, 0
        cells.at[WALLS] = task.number * WALLS_OF_TASK
        self.exact.forget()

    def _split_off(self) -> PendingCell:
        """Take the cell at the bottom of the stack off."""
        work, stack, cells = self.work, self.work.stack, self.work.cells
        node, share = stack.nodes[0].copy(), float(stack.share[0])
        n, top = int(node[SIZE]), int(cells.at[TOP])
        vertices = cells.items[node[BEGIN] : node[BEGIN] + n].copy()
        pool = Pool._make(array[vertices] for array in cells.pool)
        if node[SIMPLE]:
            place = np.zeros(int(cells.at[USED]), dtype=np.uint32)
            place[vertices] = np.arange(n)
            ends = pool.links[:, :-BESIDES]
            ends[:] = place[ends >> END] << END | ends & SLOT
        cell = PendingCell(
            Path._make(array.copy() for array in work.path),
            Planes._make(array.copy() for array in cells.planes),
            pool,
            node,
            share,
            CUTTING,
        )
        cell.planes.layers[:, LEAVES] = 0
        stack.nodes[: top - 1], stack.share[: top - 1] = stack.nodes[1:top].copy(), stack.share[1:top].copy()
        cells.pool.links[vertices, TWIN] = [cells.at[FREE], *vertices[:-1]]
        cells.at[FREE], cells.at[TOP] = vertices[-1], top - 1
        cells.at[SPARE] += n
        return cell


def first_cell(layers: Layers, whole: bool, domain: Domain) -> tuple[PendingCell, RecentredSides]:
    """The whole domain, and its sides."""
    sides, points = recentred_sides(domain, whole), recentred_corners(domain, whole)
    facets = set(facet_sides(domain))
    on = [sorted(facets.intersection(corner.sides)) for corner in corners(domain)]
    n, d = len(on), domain.dim
    degree = np.array([len(own) for own in on])
    simple = bool((degree == d).all())
    planes, pool = new_planes(layers, *sides), new_pool(n, d, int(degree.max()), 1)
    for v, own in enumerate(on):
        pool.facets[v, : len(own)] = own
        pool.points[v, REST] = _rest(points.points[v], planes, own)
    pool.points[:, : d + 1], pool.points[:, RADIUS] = points.points, points.radii
    pool.links[:, DEGREE], pool.links[:, FRESH] = degree, 1
    if simple:
        pool.links[:, :d] = _edges(on, d)
    node = np.zeros(NODE, dtype=np.int64)
    node[[SIZE, DEPTH, SIMPLE, CUT, UNIT]] = n, -1, simple, -1, -1
    return PendingCell(new_path(layers, d, whole), planes, pool, node, 1.0, OPENING), sides


def _rest(point: FloatArray, planes: Planes, sides: list[int]) -> float:
    """The largest value of a side's form at a corner on it, as a share of the form's size."""
    values = np.abs(planes.forms[sides, : point.size] @ point) / point[-1]
    return float((values / planes.forms[sides, SPAN]).max()) + 2 * (point.size + 3) * U


def _edges(on: list[list[int]], d: int) -> NDArray[np.uint32]:
    """The ends of the edges of a simple polytope, see ``END``: corners with all sides but one in common."""
    ends = np.zeros((len(on), d), dtype=np.uint32)
    leaving: dict[tuple[int, ...], tuple[int, int]] = {}
    for v, own in enumerate(on):
        for k in range(d):
            edge = tuple(own[:k] + own[k + 1 :])
            if edge in leaving:
                w, j = leaving.pop(edge)
                ends[v, k], ends[w, j] = w << END | j, v << END | k
            else:
                leaving[edge] = v, k
    return ends
