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
    INPUTS,
    KEEP,
    MORE_FACETS,
    MORE_GENERAL,
    MORE_ITEMS,
    MORE_NODES,
    MORE_SIGNS,
    MORE_VERTICES,
    MORE_WORDS,
    NODE,
    OUTPUTS,
    PLACES,
    PLANES,
    ROWS,
    STAMP,
    Layers,
    Listed,
    Path,
    Planes,
    Pool,
    Scratch,
    Stack,
    Work,
)

#: Entries of the states of regions that are listed before they are taken over.
LISTED = 2**20
#: Regions that are.
ROWS_LISTED = 2**13


def new_path(layers: Layers, d: int, sides: int) -> Path:
    """A path that has not begun."""
    sizes, n = layers.sizes, len(layers.sizes)
    maps = np.zeros((d + 1) * int(sizes[:, ROWS].sum()))
    errors, magnitudes = np.zeros(n), np.zeros(n)
    if n:
        rows = int(sizes[0, ROWS])
        maps[: d * rows] = layers.weight[: d * rows]
        terms = int(sizes[0, INPUTS]) + 5
        errors[0] = 0.0 if layers.whole else terms * U * INFLATE
        magnitudes[0] = float(layers.norms[:rows].max(initial=0.0))
    outputs = int(sizes[:, OUTPUTS].sum())
    bytes_of = [np.zeros(outputs, dtype=np.uint8) for _ in range(3)]
    begin = np.full(n + 1, sides, dtype=np.int64)
    numbers = [np.zeros(n, dtype=np.int64) for _ in range(4)]
    updates = np.full(n, -1, dtype=np.int64)
    return Path(maps, errors, magnitudes, updates, *bytes_of, numbers[0], begin, *numbers[1:3])


def new_planes(layers: Layers, sides: FloatArray, errors: FloatArray) -> Planes:
    """The sides of the domain, float64 (sides, d + 1), and room for all planes of all layers."""
    most = len(layers.planes)
    n = len(sides) + most
    forms = np.zeros((n, sides.shape[1]))
    forms[: len(sides)] = sides
    steep = np.zeros(n)
    steep[: len(sides)] = np.abs(sides[:, :-1]).sum(axis=1) * INFLATE
    off = np.zeros(n)
    off[: len(sides)] = errors
    size = np.zeros(n)
    size[: len(sides)] = np.abs(sides).sum(axis=1) * INFLATE
    source = np.full((n, 3), -1, dtype=np.int32)
    wall = np.full(n, -1, dtype=np.int64)
    wall[: len(sides)] = -1 - np.arange(len(sides))
    return Planes(
        forms,
        off,
        steep,
        size,
        source,
        wall,
        np.zeros(n, dtype=np.int64),
        np.full(most, -1, dtype=np.int32),
        np.zeros((n, 3), dtype=np.int64),
    )


def new_pool(vertices: int, d: int, facets: int, words: int) -> Pool:
    """Room for so many vertices."""
    n = vertices
    return Pool(
        np.empty((n, d + 1)),
        np.empty(n),
        np.zeros(n),
        np.zeros(n, dtype=np.uint8),
        np.empty((n, facets), dtype=np.int32),
        np.zeros(n, dtype=np.int32),
        np.full((n, d), -1, dtype=np.int32),
        np.zeros((n, words), dtype=np.int64),
        np.zeros((n, words), dtype=np.int64),
        np.empty(n, dtype=np.int32),
        np.empty(n, dtype=np.int32),
    )


def new_scratch(layers: Layers, d: int, planes: int) -> Scratch:
    """Memory for cells of so many planes in all."""
    most = max(int(layers.sizes[:, PLANES].max(initial=1)), int(layers.sizes[:, ROWS].max(initial=1)), 1)
    many = max(planes, most, 256) + 2
    return Scratch(
        np.empty((d, d + 1)),
        np.empty(d),
        np.empty((2 * d, 2 * d + 1)),
        np.empty(d + 1),
        np.empty(d + 1),
        np.empty((d + 1, most)),
        np.empty((4, most)),
        np.empty(most, dtype=np.int64),
        np.empty(2**14, dtype=np.int8),
        np.zeros(most, dtype=np.uint8),
        np.empty(2**14, dtype=np.int32),
        np.empty(2**14, dtype=np.int32),
        np.zeros(many, dtype=np.int64),
        np.empty(many, dtype=np.int32),
        np.zeros((2, 1), dtype=np.int64),
        np.empty((2**9, 1), dtype=np.int64),
        np.empty((64, 8), dtype=np.int64),
        np.empty((2**9, 2), dtype=np.int32),
        np.empty(many, dtype=np.int32),
        np.empty(d, dtype=np.int32),
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
        np.zeros(2**10 if keep else 0, dtype=np.int64),
    )


def new_work(layers: Layers, d: int, sides: RecentredSides, keep: bool) -> Work:
    """All memory of a search whose stack is empty."""
    planes = new_planes(layers, *sides)
    n = len(planes.errors)
    at = np.zeros(PLACES, dtype=np.int64)
    at[STAMP], at[KEEP] = 1, keep
    return Work(
        at,
        np.zeros(2),
        layers,
        new_path(layers, d, len(sides.forms)),
        planes,
        new_pool(2**10, d, d, 1),
        Stack(np.zeros((2**6, NODE), dtype=np.int64), np.zeros(2**6), np.empty(2**15, dtype=np.int32)),
        new_scratch(layers, d, n),
        new_listed(layers, d, n, keep),
        np.empty((2**10, 3), dtype=np.int64),
    )


def enlarge(work: Work, code: int) -> Work:
    """The same work with more room where it was missing.

    Raises
    ------
    TooLargeError
        If there is no more memory.
    """
    if code == MORE_NODES:
        stack = work.stack
        return work._replace(stack=stack._replace(nodes=_longer(stack.nodes), share=_longer(stack.share)))
    if code == MORE_ITEMS:
        return work._replace(stack=work.stack._replace(items=_longer(work.stack.items)))
    if code == MORE_VERTICES:
        return work._replace(pool=Pool(*(_longer(array) for array in work.pool)))
    if code == MORE_WORDS:
        pool, scratch = work.pool, work.scratch
        pool = pool._replace(above=_wider(pool.above), below=_wider(pool.below))
        return work._replace(pool=pool, scratch=scratch._replace(either=_wider(scratch.either)))
    if code == MORE_FACETS:
        pool, scratch = work.pool, work.scratch
        room = 2 * pool.facets.shape[1]
        d = pool.across.shape[1]
        scratch = scratch._replace(work=np.empty((max(2 * d, room), 2 * d + 1)))
        return work._replace(pool=pool._replace(facets=_wider(pool.facets)), scratch=scratch)
    if code == MORE_SIGNS:
        scratch = work.scratch._replace(signs=_longer(work.scratch.signs))
        return work._replace(scratch=scratch, open=_longer(work.open))
    if code == MORE_GENERAL:
        return work._replace(scratch=_more_general(work.scratch), listed=_looser(work.listed))
    raise CheckFailedError(f"the search has stopped with code {code}; this is a defect, please report it")


def _more_general(scratch: Scratch) -> Scratch:
    return scratch._replace(
        upper=_longer(scratch.upper),
        lower=_longer(scratch.lower),
        incident=_wider(_longer(scratch.incident)),
        corners=_wider(_longer(scratch.corners)),
        edges=_longer(scratch.edges),
    )


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
