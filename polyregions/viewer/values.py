"""The values by which a page colours all regions at once: affine maps as float32, and the largest outputs.

Nothing is decided by a colour: bounds of their errors are not kept.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..base.arrays import FloatArray
from ..complex.region_complex import RegionComplex
from ..network.maps import region_maps
from .shapes import Shapes, middle_and_half

#: Outputs by which regions can be coloured: as many as take no more numbers than this, and at least one.
MAP_NUMBERS, MOST_OUTPUTS = 3_000_000, 100
#: Numbers that are worked on at once.
TOGETHER = 2**22


def shown_maps(cx: RegionComplex, shapes: Shapes) -> tuple[NDArray[np.float32], NDArray[np.uint32]]:
    """The affine maps of the first outputs, and which output is largest in the middle of each region.

    Returns
    -------
    maps : float32 (regions, shown outputs, d + 1)
        The last column is the value in the middle of the box.
    classes : uint32 (regions,)
    """
    n, d, outputs = cx.n_regions, cx.box.dim, cx.network.output_dim
    shown = max(1, min(outputs, MOST_OUTPUTS, MAP_NUMBERS // (n * (d + 1))))
    maps = np.empty((n, shown, d + 1), dtype=np.float32)
    classes = np.empty(n, dtype=np.uint32)
    middle, half = middle_and_half(cx)
    starts = np.cumsum(shapes.sizes) - shapes.sizes
    centres = np.add.reduceat(shapes.points[shapes.corners], starts) / shapes.sizes[:, None]
    chunk, largest = max(1, TOGETHER // max(outputs * (d + 1), cx.network.n_units)), cx.box.farthest
    for start in range(0, n, chunk):
        part = slice(start, min(n, start + chunk))
        own, _ = region_maps(cx.network.layers, cx.patterns_of(np.arange(part.start, part.stop)), largest)
        with np.errstate(all="ignore"):
            own[..., -1] += own[..., :-1] @ middle
            own[..., :-1] *= half
            values = np.einsum("nkj,nj->nk", own[..., :-1], centres[part]) + own[..., -1]
        maps[part] = rounded(own[:, :shown])
        classes[part] = np.argmax(values, axis=1)
    return maps, classes


def rounded(values: FloatArray) -> NDArray[np.float32]:
    """The nearest float32; infinite beyond their range."""
    with np.errstate(over="ignore", under="ignore"):
        return values.astype(np.float32)
