"""Tables of a result: its regions, the adjacencies between them, and the walls, as named columns.

A column is an array, one entry a row; what programs for data frames take. Volumes, centres and sizes of walls
need the faces of the complex, which the engine "subdivide" keeps; without, their columns are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import MissingDependencyError
from .bulk import affine_maps
from .centroids import region_centroids
from .graph import lowest_flip_layers, pattern_texts
from .regions import Regions

if TYPE_CHECKING:
    import pandas

Columns = dict[str, NDArray[Any]]

#: Affine maps of more numbers than this have no columns of their own.
MAP_COLUMNS = 256


class Tables(NamedTuple):
    """Data frames: see :func:`region_columns`, :func:`adjacency_columns` and :func:`wall_columns`."""

    regions: pandas.DataFrame
    adjacencies: pandas.DataFrame
    walls: pandas.DataFrame


def region_columns(cx: Regions) -> Columns:
    """Columns of the regions, one row for each.

    Returns
    -------
    dict
        ``region`` (its number), ``pattern`` (text), ``degree``, ``linear_map`` (a number, the same iff the
        affine maps are), ``witness_0``, ...; with faces ``volume``, ``volume_error``, ``centroid_0``, ...;
        for maps of at most 256 numbers ``A_0_0`` (output, input), ..., ``c_0``, ..., ``map_error_0``, ...
    """
    columns: Columns = {
        "region": np.arange(cx.n_regions),
        "pattern": np.array(pattern_texts(cx), dtype=object),
        "degree": cx.degrees,
        "linear_map": cx.map_labels,
    }
    columns |= _numbered("witness", cx.witnesses)
    if cx.known_faces is not None:
        volumes = cx.known_faces.measured_volumes()
        columns |= {"volume": volumes.values, "volume_error": volumes.errors}
        columns |= _numbered("centroid", region_centroids(cx.known_faces).values)
    if cx.network.output_dim * (cx.box.dim + 1) <= MAP_COLUMNS:
        A, c, errors = affine_maps(cx)
        for k in range(cx.network.output_dim):
            columns |= _numbered(f"A_{k}", A[:, k])
        columns |= _numbered("c", c) | _numbered("map_error", errors)
    return columns


def adjacency_columns(cx: Regions) -> Columns:
    """Columns of the pairs of regions that share a facet, in the order of ``cx.adjacencies``.

    Returns
    -------
    dict
        ``lower`` and ``higher`` (regions), ``flips`` (how many units differ), ``unit`` (the first that does),
        ``layer`` (that it is in, 1 is the first).
    """
    lower, higher = cx.adjacencies.T
    flips, first = np.empty(lower.size, dtype=np.int64), np.empty(lower.size, dtype=np.int64)
    together = max(1, 2**22 // max(1, cx.network.n_units))
    for start in range(0, lower.size, together):
        part = slice(start, start + together)
        differ = cx.patterns_of(lower[part]) != cx.patterns_of(higher[part])
        flips[part], first[part] = np.count_nonzero(differ, axis=1), differ.argmax(axis=1)
    layer = lowest_flip_layers(cx) + 1
    return {"lower": lower, "higher": higher, "flips": flips, "unit": first, "layer": layer}


def wall_columns(cx: Regions) -> Columns:
    """Columns of the walls: the facets between the pairs of :func:`adjacency_columns`, in the same order.

    Returns
    -------
    dict
        ``lower`` and ``higher``, ``facet`` (its number among the facets of the lower region); with faces
        ``size`` (length, area, ...) and ``size_error``, and in two dimensions the ends ``x0_0``, ``x0_1``,
        ``x1_0``, ``x1_1``.
    """
    lower, higher = cx.adjacencies.T
    columns: Columns = {"lower": lower, "higher": higher}
    columns["facet"] = cx.walls.entries - cx.facet_offsets[lower]
    faces = cx.known_faces
    if faces is not None:
        walls = cx.walls.among(faces)
        sizes = faces.measured_faces(walls)
        columns |= {"size": sizes.values, "size_error": sizes.errors}
        if cx.box.dim == 2:
            ends = faces.points[faces.places[faces.cells.boundaries(walls)]].reshape(-1, 2, 2)
            columns |= _numbered("x0", ends[:, 0]) | _numbered("x1", ends[:, 1])
    return columns


def data_frames(cx: Regions) -> Tables:
    """Return the three tables as ``pandas.DataFrame``.

    Raises
    ------
    MissingDependencyError
        If pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise MissingDependencyError(
            "tables as data frames need pandas: pip install 'polyregions[pandas]'"
        ) from error
    return Tables(*(pandas.DataFrame(make(cx)) for make in (region_columns, adjacency_columns, wall_columns)))


def _numbered(name: str, values: NDArray[Any]) -> Columns:
    """A column for each coordinate."""
    return {f"{name}_{k}": np.ascontiguousarray(values[:, k]) for k in range(values.shape[1])}
