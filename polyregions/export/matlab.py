"""The whole result as arrays for MATLAB, Octave and Julia: ``.mat``, version 5.

Regions are counted from 1 there, as MATLAB does: ``states(i, :)`` is the pattern of region i, and
``adjacencies`` can be given to ``graph`` as it is.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from ..complex.attributes import RegionColumns, runs
from ..complex.bulk import region_corners
from ..errors import TooLargeError

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex

#: The format has no room for arrays of so many bytes.
MOST_BYTES = 2**31


def write_mat(cx: RegionComplex, file: IO[bytes], *, without: Collection[str] = ()) -> None:
    """Write a MATLAB file.

    Raises
    ------
    TooLargeError
        If an array is too large for the format.
    """
    from scipy.io import savemat

    n = cx.n_regions
    states = 0 if "pattern" in without else cx.network.n_units
    maps = 0 if "map" in without else 8 * cx.network.output_dim * cx.box.dim
    largest = n * max(states, maps, 16)
    if largest >= MOST_BYTES:
        raise TooLargeError(
            f".mat: its arrays hold up to {MOST_BYTES:,} bytes, and this result has one of {largest:,}; "
            "take .regions.parquet"
        )
    found = arrays(cx, without)
    savemat(file, found, do_compression=True, oned_as="column")


def arrays(cx: RegionComplex, without: Collection[str]) -> dict[str, Any]:
    """The arrays of a result by their names there."""
    across = cx.facet_neighbors
    found: dict[str, Any] = {
        "lower": cx.box.lower,
        "upper": cx.box.upper,
        "engine": cx.engine,
        "complete": cx.complete,
        "stopped": cx.stopped,
        "witnesses": cx.witnesses,
        "facet_offsets": cx.facet_offsets,
        # Sides of the box stay what they are: -1, -2, ...
        "facet_neighbors": np.where(across < 0, across, across + 1),
        "adjacencies": cx.adjacencies + 1,
        "degrees": cx.degrees,
    }
    if cx.polytope is not None:
        found |= {"domain_A": cx.polytope.A, "domain_b": cx.polytope.b}
    if "pattern" not in without:
        found["states"] = cx.states
    found |= _numbers(cx, without)
    if cx.known_faces is not None:
        found["vertices"], found["vertex_offsets"] = region_corners(cx)
    return found


def _numbers(cx: RegionComplex, without: Collection[str]) -> dict[str, Any]:
    """Maps ``A(i, :, :) x + c(i, :)``, volumes, centres, and decisions (from 1; 0 for none)."""
    n, d, outputs = cx.n_regions, cx.box.dim, cx.network.output_dim
    columns = RegionColumns(cx, flat=True, without={"pattern", *without})
    names = {column.name for column in columns.part(0, 0)}
    found: dict[str, Any] = {name: np.empty(n) for name in ("volume", "volume_error") if name in names}
    if "centroid_0" in names:
        found["centroid"] = np.empty((n, d))
    if "c_0" in names:
        found["A"], found["c"] = np.empty((n, outputs, d)), np.empty((n, outputs))
    if "decision" in names:
        found["decision"] = np.empty(n, dtype=np.int64)
    for first, last in runs(cx, n):
        for name, values, _ in columns.part(first, last):
            kind, *place = name.split("_") if name not in found else [name]
            if kind == "decision":
                found[kind][first:last] = np.asarray(values) + 1
            elif kind in found:
                found[kind][(slice(first, last), *map(int, place))] = values
    return found
