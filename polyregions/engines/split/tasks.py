"""A search in tasks: a cell to go on from each, which any worker may take.

A task is searched slice by slice, so many regions each. After each slice the cell at the bottom of the stack, the
last one in order and the largest as a rule, becomes a task of its own. So there is work for several threads
soon, and tasks, and all numbers in them, do not depend on how many there are. In the order of the search, what
a task has found comes first, and then its tasks, the last one first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from ...base.arrays import FloatArray, IntArray
from ...base.rationals import IntegerRows
from ...network.network import Network
from .exact_signs import ExactSigns
from .groups import (
    BEGIN,
    BUDGET,
    CUT,
    CUTTING,
    DECIDE,
    DEPTH,
    DONE,
    END,
    FACETS,
    FREE,
    FULL,
    INNER,

    MORE_ITEMS,
    MORE_VERTICES,
    MORE_WORDS,
    OPEN,
    OPENING,
    PHASE,
    REGIONS,
    SIMPLE,
    SIZE,
    SLOT,
    TOP,
    UNIT,
    USED,
    WALLS,
    Layers,
    Listed,
    Path,
    Planes,
    Pool,
    Work,
)
from .memory import enlarge, new_path, new_planes, new_work
from .search import search

#: Regions of a slice.
SLICE = 2**12
#: Walls that a task may make; numbers of walls of different tasks differ.
WALLS_OF_TASK = 2**40


class Cell(NamedTuple):
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
    cell : Cell or None
        None once it is begun.
    finished : bool
        Whether all of it is searched but what became tasks.
    slices : list
        What ``keep`` made of each slice.
    tasks : list of Task
        Those that were made of its cells.
    """

    number: int
    cell: Cell | None
    finished: bool = False
    slices: list[object] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)

    def in_order(self) -> list[Task]:
        """This task and all that were made of it, in the order of the search."""
        ordered, left = [], [self]
        while left:
            task = left.pop()
            ordered.append(task)
            left += task.tasks
        return ordered

    def done_in_order(self) -> list[Task]:
        """The tasks whose findings follow each other from the first one on, the last of them perhaps in part."""
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
    sides : float64 (sides, d + 1); exact_sides : integer rows
        Of the domain, ``a . t + c >= 0`` in recentred coordinates and ``a . x + c >= 0`` in those of the network.
    moved : float
        How far a witness may be from its centre.
    keep : callable or None
        ``keep(listed, facets)`` copies what a slice has listed; None to count only.
    """

    def __init__(
        self,
        network: Network,
        layers: Layers,
        sides: tuple[FloatArray, IntegerRows],
        moved: float,
        keep: Callable[[Listed, int], object] | None,
    ) -> None:
        self.work = new_work(layers, sides[0].shape[1] - 1, sides[0], keep is not None)
        self.work.done[1] = moved
        self.exact, self.keep = ExactSigns(network, sides[1]), keep

    def run(self, task: Task, publish: Callable[[Task, Cell], None]) -> Iterator[Progress]:
        """Search a task, and hand out the cells that become tasks of their own.

        Yields
        ------
        found : Progress
            After each slice.
        """
        self._take(task)
        code = FULL
        while code != DONE:
            self.work.at[[BUDGET, REGIONS, INNER, FACETS]] = SLICE, 0, 0, 0
            self.work.done[0] = 0.0
            self.work.listed.count[:] = 0
            code = self._slice()
            if self.keep is not None:
                task.slices.append(self.keep(self.work.listed, int(self.work.at[FACETS])))
            task.finished = code == DONE
            if code != DONE and self.work.at[TOP] > 1:
                publish(task, self._split_off())
            regions, inner = self.work.at[[REGIONS, INNER]].tolist()
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
                self.exact.decide(self.work, int(self.work.at[OPEN]))
                self.work.at[OPEN] = 0
            else:
                self.work = enlarge(self.work, code)

    def _take(self, task: Task) -> None:
        """Begin a task."""
        cell, work = task.cell, self.work
        assert cell is not None
        task.cell = None
        n, words = len(cell.pool.radii), cell.pool.above.shape[1]
        while len(self.work.pool.radii) < n:
            self.work = enlarge(self.work, MORE_VERTICES)
        while len(self.work.stack.items) < n:
            self.work = enlarge(self.work, MORE_ITEMS)
        while self.work.pool.above.shape[1] < words:
            self.work = enlarge(self.work, MORE_WORDS)
        work = self.work = self.work._replace(path=cell.path, planes=cell.planes)
        if work.pool.facets.shape[1] < cell.pool.facets.shape[1]:
            wide = np.zeros((len(work.pool.radii), cell.pool.facets.shape[1]), dtype=np.int32)
            rows = np.empty((max(len(work.scratch.work), wide.shape[1]), work.scratch.work.shape[1]))
            work = self.work = work._replace(
                pool=work.pool._replace(facets=wide), scratch=work.scratch._replace(work=rows)
            )
        for mine, its in zip(work.pool, cell.pool, strict=True):
            if its.ndim == 1:
                mine[:n] = its
            else:
                mine[:n, : its.shape[1]] = its
        work.stack.items[:n] = np.arange(n)
        work.stack.nodes[0], work.stack.share[0] = cell.node, cell.share
        work.stack.nodes[0, [BEGIN, SIZE]] = 0, n
        work.at[[TOP, FREE, USED, PHASE, OPEN, FACETS]] = 1, 0, n, cell.phase, 0, 0
        work.at[WALLS] = task.number * WALLS_OF_TASK
        self.exact.forget()

    def _split_off(self) -> Cell:
        """Take the cell at the bottom of the stack off."""
        work, stack = self.work, self.work.stack
        node, share = stack.nodes[0].copy(), float(stack.share[0])
        n, top = int(node[SIZE]), int(work.at[TOP])
        vertices = stack.items[node[BEGIN] : node[BEGIN] + n].copy()
        pool = Pool(*(array[vertices] for array in work.pool))
        if node[SIMPLE]:
            place = np.zeros(int(work.at[USED]), dtype=np.int32)
            place[vertices] = np.arange(n)
            pool.across[:] = place[pool.across >> END] << END | pool.across & SLOT
        cell = Cell(
            Path(*(array.copy() for array in work.path)),
            Planes(*(array.copy() for array in work.planes)),
            pool,
            node,
            share,
            CUTTING,
        )
        cell.path.leaves[:] = 0
        stack.nodes[: top - 1], stack.share[: top - 1] = stack.nodes[1:top].copy(), stack.share[1:top].copy()
        free = int(work.at[FREE])
        work.pool.free[free : free + n] = vertices
        work.at[FREE], work.at[TOP] = free + n, top - 1
        return cell


def first_cell(layers: Layers, sides: FloatArray, corners: FloatArray, on: list[list[int]], ends: IntArray) -> Cell:
    """The whole domain, a simple polytope.

    Parameters
    ----------
    sides : float64 (sides, d + 1)
    corners : float64 (n, d + 1)
        Homogeneous and exact.
    on : list of lists
        The d sides that each is on.
    ends : int (n, d)
        The end of the edge that leaves each of them, see ``END``.
    """
    d, n = sides.shape[1] - 1, len(corners)
    planes = new_planes(layers, sides)
    pool = Pool(
        corners,
        np.zeros(n),
        np.zeros(n),
        np.ones(n, dtype=np.uint8),
        np.array(on, dtype=np.int32),
        np.full(n, d, dtype=np.int32),
        np.asarray(ends, dtype=np.int32),
        np.zeros((n, 1), dtype=np.int64),
        np.zeros((n, 1), dtype=np.int64),
        np.zeros(n, dtype=np.int32),
        np.zeros(n, dtype=np.int32),
    )
    node = np.zeros(10, dtype=np.int64)
    node[[SIZE, DEPTH, SIMPLE, CUT, UNIT]] = n, -1, 1, -1, -1
    return Cell(new_path(layers, d, len(sides)), planes, pool, node, 1.0, OPENING)


def box_cell(layers: Layers, d: int) -> tuple[Cell, FloatArray]:
    """The box [-1, 1]^d, and its sides."""
    corners, axes = np.arange(2**d)[:, None], np.arange(d)
    bits = corners >> axes & 1
    sides = np.zeros((2 * d, d + 1))
    sides[0::2, :d], sides[1::2, :d], sides[:, d] = np.eye(d), -np.eye(d), 1.0
    points = np.concatenate([np.where(bits, 1.0, -1.0), np.ones((2**d, 1))], axis=1)
    cell = first_cell(layers, sides, points, (2 * axes + bits).tolist(), (corners ^ (1 << axes)) << END | axes)
    return cell, sides


