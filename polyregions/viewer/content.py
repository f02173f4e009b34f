"""What a page holds of a result: its head, which is plain JSON, and arrays.

The page computes outputs and affine maps itself, in float64, from the weights; values by which all regions
are coloured at once come along as float32.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ..analysis.definitions import linear_regions
from ..complex.region_complex import RegionComplex
from ..errors import InvalidInputError, TooLargeError, counted
from ..network.layers import Layer
from .cells import differences, layer_cells
from .shapes import middle_and_half, region_shapes
from .values import rounded, shown_maps

FORMAT, VERSION = "polyregions-page", 1
#: A browser walks through so many regions without delay; more of them would be a file of 40 MB.
MOST_REGIONS = 500_000

Arrays = dict[str, NDArray[Any]]


def check_viewable(dim: int, regions: int = 0) -> None:
    """Refuse what no page can show, by the dimension of the box and the number of regions.

    Raises
    ------
    InvalidInputError
        If the box has more than three dimensions.
    TooLargeError
        If there are more than 500,000 regions.
    """
    if dim > 3:
        raise InvalidInputError(
            f"view: the box has {counted(dim, 'dimension')}, a page shows 1, 2 or 3; "
            "net.through(points), or --through, gives the network on a plane"
        )
    if regions > MOST_REGIONS:
        raise TooLargeError(
            f"view: {regions:,} regions, a page shows at most {MOST_REGIONS:,}; take a smaller box, "
            "or plot or export all of them"
        )


def page_content(cx: RegionComplex, title: str) -> tuple[dict[str, Any], Arrays]:
    """Return the head and the arrays of a page.

    Raises
    ------
    InvalidInputError, TooLargeError
        As :func:`check_viewable`.

    Notes
    -----
    The box is [-1, 1]^d in all arrays.
    """
    check_viewable(cx.box.dim, cx.n_regions)
    shapes = region_shapes(cx)
    middle, half = middle_and_half(cx)
    head: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "title": title,
        "dim": cx.box.dim,
        "regions": cx.n_regions,
        "explored": cx.n_explored,
        "adjacencies": cx.n_adjacencies,
        "complete": cx.complete,
        "stopped": cx.stopped,
        "engine": cx.engine,
        "lower": cx.box.lower.tolist(),
        "upper": cx.box.upper.tolist(),
        "rows": rows_of(cx),
        "middle": middle.tolist(),
        "half": half.tolist(),
        "outputs": cx.network.output_dim,
    }
    lower = cx.walls.sides[:, 0]
    arrays: Arrays = {
        "points": shapes.points,
        "corners": shapes.corners.astype(np.uint32),
        "sizes": shapes.sizes.astype(np.uint32),
        "volumes": rounded(shapes.volumes),
        "higher_counts": np.bincount(lower, minlength=cx.n_regions).astype(np.uint32),
        "higher": cx.walls.sides[:, 1].astype(np.uint32),
    }
    arrays["maps"], arrays["classes"] = shown_maps(cx, shapes)
    if cx.complete:
        arrays["linear"] = linear_regions(cx, "open_connected").labels.astype(np.uint32)
    head["cells"] = _add_cells(arrays, cx)
    head["layers"] = [_add_layer(arrays, k, layer) for k, layer in enumerate(cx.network.layers)]
    return head, arrays


def rows_of(cx: RegionComplex) -> list[list[float]]:
    """The rows a1, ..., ad, b with ``a . x <= b`` that cut the domain out of the box."""
    if cx.polytope is None:
        return []
    rows: list[list[float]] = np.column_stack([cx.polytope.A, cx.polytope.b]).tolist()
    return rows


def _add_cells(arrays: Arrays, cx: RegionComplex) -> list[dict[str, int]]:
    """The cells of each hidden layer: how many, of how many units, in how many bits each."""
    found = []
    for k, (states, parents) in enumerate(layer_cells(cx), start=1):
        arrays[f"states{k}"], bits = differences(states)
        arrays[f"parents{k}"] = parents.astype(np.uint32)
        found.append({"count": len(states), "units": states.shape[1], "bits": bits})
    return found


def _add_layer(arrays: Arrays, k: int, layer: Layer) -> dict[str, int]:
    """A layer as its weights, which are not zero, row by row, and the table of its pieces."""
    weight, table = csr_array(layer.weight), layer.pieces
    arrays |= {
        f"weights{k}": weight.data.astype(np.float64),
        f"columns{k}": weight.indices.astype(np.uint32),
        f"ends{k}": weight.indptr[1:].astype(np.uint32),
        f"bias{k}": layer.bias,
        f"first{k}": table.first.astype(np.uint32),
        f"row{k}": table.row.astype(np.uint32),
        f"slope{k}": table.slope,
        f"constant{k}": table.constant,
        f"level{k}": table.levels,
        f"is_max{k}": table.is_max.astype(np.uint8),
    }
    return {"inputs": layer.n_inputs, "rows": layer.n_rows, "outputs": layer.n_outputs}
