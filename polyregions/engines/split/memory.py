"""The memory of a search: how much there is of each array at first, and more where one is full."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray
from ...base.memory import available_memory
from ...base.rounding import INFLATE, U
from ...errors import CheckFailedError, TooLargeError
from ...geometry.recentred_domain import RecentredSides
from .groups import (
    BESIDES,
    ERROR,
    INPUTS,
    KEEP,
    LISTS,
    MAGNITUDE,
    MARKS,
    MORE_FACETS,
    MORE_GENERAL,
    MORE_ITEMS,
    MORE_NODES,
    MORE_SIGNS,
    MORE_VERTICES,
    MORE_WORDS,
    NODE,
    NORM,
    ON_WALL,
    OUTPUTS,
    PLACES,
    PLANES,
    ROW_ERROR,
    ROWS,
    SPAN,
    STAMP,
    START,
    STEEP,
    UPDATES,
    WHOLES,
    Carving,
    CellStack,
    General,
    Layers,
    Listed,
    Opening,
    Path,
    Planes,
    Pool,
    Search,
    Solving,
)

#: Entries of the states of regions that are listed before they are taken over.
LISTED = 2**20
#: How much of all else there is at first, about: vertices.
ROOM = 2**10
#: Regions that are.
ROWS_LISTED = 2**13


def new_path(layers: Layers, d: int, whole: bool) -> Path:
    """A path that has not begun."""
    sizes, n = layers.sizes, len(layers.sizes)
    maps = np.zeros((d + 1) * int(sizes[:, ROWS].sum()))
    bounds = np.zeros((n, 2))
    if n:
        rows = int(sizes[0, ROWS])
        maps[: d * rows] = layers.weight[: d * rows]
        bounds[0, ROW_ERROR] = 0.0 if whole else (int(sizes[0, INPUTS]) + 5) * U * INFLATE
        bounds[0, MAGNITUDE] = float(layers.bounds[0, NORM])
    return Path(maps, bounds, np.zeros((3, int(sizes[:, OUTPUTS].sum())), dtype=np.uint8))


def new_planes(layers: Layers, sides: FloatArray, errors: FloatArray) -> Planes:
    """The sides of the domain, float64 (sides, d + 1), and room for all planes of all layers."""
    m, d1 = sides.shape
    n = m + len(layers.planes)
    forms, marks = np.zeros((n, d1 + 3)), np.full((n, MARKS), -1, dtype=np.int64)
    forms[:m, :d1], forms[:m, ERROR] = sides, errors
    forms[:m, STEEP] = np.abs(sides[:, :-1]).sum(axis=1) * INFLATE
    forms[:m, SPAN] = np.abs(sides).sum(axis=1) * INFLATE
    marks[:m, ON_WALL] = -1 - np.arange(m)
    numbers = np.zeros((len(layers.sizes) + 1, 5), dtype=np.int64)
    numbers[:, START], numbers[:, UPDATES] = m, -1
    return Planes(forms, marks, numbers)


def new_pool(vertices: int, d: int, facets: int, words: int) -> Pool:
    """Room for so many vertices."""
    n = vertices
    return Pool(
        np.zeros((n, d + BESIDES)),
        np.zeros((n, d + BESIDES), dtype=np.uint32),
        np.zeros((n, facets), dtype=np.uint32),
        np.zeros((n, 2 * words), dtype=np.int64),
    )


def new_cells(d: int, planes: Planes, most: int, whole: bool) -> Carving:
    """Memory for cells of which a layer has so many planes or rows at most."""
    at = np.zeros(PLACES, dtype=np.int64)
    at[STAMP], at[WHOLES] = 1, whole
    scratch = Solving(
        np.empty((d, d + 1)),
        np.empty((2 * d, 2 * d + 1)),
        np.empty((3, d + 1)),
        np.zeros((max(len(planes.forms), most, 256) + 2, LISTS), dtype=np.int64),
        np.empty((2, 16 * ROOM), dtype=np.uint32),
    )
    return Carving(
        at,
        np.empty((ROOM, 3), dtype=np.int64),
        planes,
        new_pool(ROOM, d, d, 1),
        np.empty(32 * ROOM, dtype=np.uint32),
        scratch,
    )


def new_listed(layers: Layers, d: int, planes: int, keep: bool) -> Listed:
    """Room for a slice of regions, or for none."""
    outputs = int(layers.sizes[:, OUTPUTS].sum())
    rows = max(64, min(ROWS_LISTED, LISTED // max(1, outputs))) if keep else 0
    return Listed(
        np.empty(rows * outputs, dtype=np.uint8),
        np.empty((len(layers.sizes), rows), dtype=np.int64),
        np.zeros(len(layers.sizes), dtype=np.int64),
        np.empty((rows, d + 1)),
        np.empty(rows, dtype=np.int64),
        np.empty(max(planes, 4 * d * rows) if keep else 0, dtype=np.int64),
        np.zeros(1 + ROOM if keep else 0, dtype=np.int64),
    )


def new_work(layers: Layers, d: int, sides: RecentredSides, whole: bool, keep: bool) -> Search:
    """All memory of a search whose stack is empty."""
    planes = new_planes(layers, *sides)
    most = max(1, int(layers.sizes[:, [PLANES, ROWS]].max(initial=1)))
    cells = new_cells(d, planes, most, whole)
    cells.at[KEEP] = keep
    return Search(
        np.zeros(2),
        layers,
        new_path(layers, d, whole),
        cells,
        CellStack(np.zeros((1 + ROOM // 16, NODE), dtype=np.int64), np.zeros(1 + ROOM // 16)),
        np.zeros((2, 1), dtype=np.int64),
        General(
            np.empty((1 + ROOM // 2, 1), dtype=np.int64),
            np.empty((64, 8), dtype=np.int64),
            np.empty((1 + ROOM // 2, 2), dtype=np.int32),
        ),
        Opening(np.empty((d + 5, most)), np.empty(16 * ROOM, dtype=np.int8)),
        new_listed(layers, d, len(planes.forms), keep),
    )


def enlarge(work: Search, code: int) -> Search:
    """The same work with more room where it was missing.

    Raises
    ------
    TooLargeError
        If there is no more memory.
    """
    cells, pool = work.cells, work.cells.pool
    if code == MORE_NODES:
        return work._replace(stack=CellStack._make(_longer(array) for array in work.stack))
    if code == MORE_ITEMS:
        return work._replace(cells=cells._replace(items=_longer(cells.items)))
    if code == MORE_VERTICES:
        return work._replace(cells=cells._replace(pool=Pool._make(_longer(array) for array in pool)))
    if code == MORE_WORDS:
        cells = cells._replace(pool=pool._replace(masks=_wider(pool.masks)))
        return work._replace(cells=cells, either=_wider(work.either))
    if code == MORE_FACETS:
        room, d = 2 * pool.facets.shape[1], len(cells.scratch.rows)
        scratch = cells.scratch._replace(work=np.empty((max(2 * d, room), 2 * d + 1)))
        cells = cells._replace(pool=pool._replace(facets=_wider(pool.facets)), scratch=scratch)
        return work._replace(cells=cells)
    if code == MORE_SIGNS:
        cells = cells._replace(open=_longer(cells.open))
        return work._replace(cells=cells, opening=work.opening._replace(signs=_longer(work.opening.signs)))
    if code == MORE_GENERAL:
        general = work.general
        parts = np.empty((2, 4 * cells.scratch.parts.shape[1]), dtype=np.uint32)
        return work._replace(
            cells=cells._replace(scratch=cells.scratch._replace(parts=parts)),
            general=General(
                _wider(_longer(general.incident)), _wider(_longer(general.corners)), _longer(general.edges)
            ),
            listed=_looser(work.listed),
        )
    raise CheckFailedError(f"the search has stopped with code {code}; this is a defect, please report it")


def _looser(listed: Listed) -> Listed:
    return listed._replace(loose=_longer(listed.loose)) if listed.loose.size else listed


def _longer(array: NDArray[Any]) -> NDArray[Any]:
    """The array with four times as many rows."""
    if array.nbytes > available_memory() // 16 and array.nbytes > 2**24:
        raise TooLargeError(f"the search needs more than {array.nbytes:,} bytes for one of its arrays")
    new = np.zeros((4 * len(array), *array.shape[1:]), dtype=array.dtype)
    new[: len(array)] = array
    return new


def _wider(array: NDArray[Any]) -> NDArray[Any]:
    """The array with twice as many columns."""
    new = np.zeros((len(array), 2 * array.shape[1]), dtype=array.dtype)
    new[:, : array.shape[1]] = array
    return new
