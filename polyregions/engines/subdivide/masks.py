"""Masks of bits in words of 32, as rows of int32: one row for each cell, face or vertex."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...base.kernels import Int32Matrix, Int64Vector, kernel
from ...complex.topology import Cells, FaceLists
from .face_table import WORD

Masks = NDArray[np.int32]

#: Words of masks that are joined at once, for all faces.
WORDS_TOGETHER = 8
#: Bits that are bytes at once.
BITS_TOGETHER = 2**22


def bits_of(masks: Masks, n: int) -> NDArray[np.uint8]:
    """The first n bits of each row of masks (rows, words); uint8 (rows, n).

    Examples
    --------
    >>> bits_of(np.array([[5]], dtype=np.int32), 4).tolist()
    [[1, 0, 1, 0]]
    """
    raw = np.ascontiguousarray(masks.astype("<i4", copy=False)).view(np.uint8)
    return np.unpackbits(raw, axis=1, count=n, bitorder="little")


def masks_of(bits: NDArray[np.uint8] | NDArray[np.bool_]) -> Masks:
    """Rows of bits as masks; int32 (rows, words).

    Examples
    --------
    >>> masks_of(np.array([[1, 0, 1, 0]], dtype=np.uint8)).tolist()
    [[5]]
    """
    packed = np.packbits(bits, axis=1, bitorder="little")
    masks = np.zeros((len(bits), 4 * -(-bits.shape[1] // WORD)), dtype=np.uint8)
    masks[:, : packed.shape[1]] = packed
    return masks.view("<i4").astype(np.int32, copy=False)


def selected(masks: Masks, bits: IntArray, n: int) -> Masks:
    """Some of the n bits of each row of masks, next to each other; int32 (rows, words)."""
    chosen = np.empty((len(masks), -(-bits.size // WORD)), dtype=np.int32)
    for rows in slices(len(masks), n):
        chosen[rows] = masks_of(bits_of(masks[rows], n).take(bits, axis=1))
    return chosen


def slices(rows: int, n: int) -> Iterator[slice]:
    """Rows of n bits, as many at a time as may be bytes at once."""
    together = max(1, BITS_TOGETHER // max(1, n))
    return (slice(start, min(start + together, rows)) for start in range(0, rows, together))


def of_cells(cells: Cells, order: IntArray, corners: Masks) -> Masks:
    """Join the masks of the vertices, in the order of ``cells.faces(0)``, for each cell.

    int32 (cells, words). ``order`` has all faces, each one after those that it bounds.
    """
    words = corners.shape[1]
    own = np.empty((cells.top.size, words), dtype=np.int32)
    for first in range(0, words, WORDS_TOGETHER):
        some = slice(first, min(first + WORDS_TOGETHER, words))
        masks = np.zeros((cells.dim.size, some.stop - some.start), dtype=np.int32)
        masks[cells.faces(0)] = corners[:, some]
        join_masks(order, cells.lists, masks)
        own[:, some] = masks[cells.top]
    return own


@kernel(bare=True)
def join_masks(order: Int64Vector, lists: FaceLists, masks: Int32Matrix) -> None:
    """Give each face the union of the masks of its boundary, the last one in order first."""
    start, size, pool = lists
    for place in range(order.size - 1, -1, -1):
        f = order[place]
        for i in range(start[f], start[f] + size[f]):
            for j in range(masks.shape[1]):
                masks[f, j] |= masks[pool[i], j]
