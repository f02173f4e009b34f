"""Which faces hang together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..base.arrays import IntArray

if TYPE_CHECKING:
    from .topology import Cells  # loads kernels


def connected_parts(cells: Cells, faces: IntArray) -> IntArray:
    """Number the connected parts of a union of closed faces; int64 (faces,), from 0.

    Parameters
    ----------
    cells : Cells
    faces : int64 (n,)
        All of one dimension. Two of them hang together if they have a vertex in common, or are linked by
        others that do; the first face is in part 0, the first one that is not in part 1, and so on.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0], [1, 0]], [0, -1]), ([[1, 1]], [0])])       # three strips
    >>> faces = enumerate_regions(net, Box.cube(2, -2, 2), engine="subdivide").faces
    >>> edges = faces.of_dimension(1)
    >>> connected_parts(faces.cells, edges[faces.inside[edges]]).tolist()
    [0, 1]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(faces):
        return np.empty(0, dtype=np.int64)
    owner, below = np.arange(len(faces)), faces
    for _ in range(int(cells.dim[faces[0]])):
        owner = np.repeat(owner, cells.size[below])
        below = cells.boundaries(below).astype(np.int64)
        owner, below = np.divmod(np.unique(owner * len(cells.dim) + below), len(cells.dim))
    vertices, places = np.unique(below, return_inverse=True)
    n = len(faces) + len(vertices)
    shared = coo_array((np.ones(len(owner), dtype=np.int8), (owner, len(faces) + places)), shape=(n, n))
    labels = connected_components(shared, directed=False)[1][: len(faces)]
    first, inverse = np.unique(labels, return_index=True, return_inverse=True)[1:]
    return np.argsort(np.argsort(first)).astype(np.int64)[inverse]
