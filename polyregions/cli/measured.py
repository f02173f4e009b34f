"""What ``polyregions stats`` measures of one network in a box, and what it refuses to begin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..engines.enumerate import enumerate_regions
from ..engines.sizes import FEW_DIMENSIONS
from ..errors import TooLargeError
from ..network.box import Box
from ..network.network import Network
from .common import Progress
from .distance import check_points
from .line import check_lines, random_ends
from .means import finite
from .points import random_points

if TYPE_CHECKING:
    from ..statistics import BoundaryVolume, Distances, LineRegions

#: Why a network has no regions and no boundary volumes here.
SKIPPED = f"all regions are enumerated for up to {FEW_DIMENSIONS} inputs only"


@dataclass(frozen=True)
class Sampling:
    """The box, and how many random lines and points in it."""

    box: Box
    lines: int
    points: int

    @property
    def enumerates(self) -> bool:
        """Whether the box has few enough dimensions for all its regions."""
        return self.box.dim <= FEW_DIMENSIONS


@dataclass(frozen=True, eq=False)
class Measured:
    """One network in a box; without ``regions`` and ``volumes`` where there are too many inputs."""

    regions: int | None
    volumes: tuple[BoundaryVolume, ...]
    lines: LineRegions
    distances: Distances


def check_size(network: Network, sampling: Sampling, most_regions: int) -> None:
    """Refuse what would not end.

    Raises
    ------
    TooLargeError
        If more regions are to be expected, or the lines or points do not fit into memory.
    """
    from ..statistics import typical_regions

    check_lines(sampling.lines, network)
    check_points(sampling.points, network)
    expected = typical_regions(max(1, network.n_units), sampling.box.dim)
    if sampling.enumerates and expected > most_regions:
        raise TooLargeError(
            f"stats: N^n / n! is about {expected:,.3g} regions for N = {network.n_units} units and "
            f"n = {sampling.box.dim} inputs, and {most_regions:,} is the limit; "
            "if the box holds fewer, give a higher --most-regions"
        )


def measure(
    network: Network,
    sampling: Sampling,
    line_seed: np.random.Generator,
    point_seed: np.random.Generator,
    progress: Progress | None = None,
) -> Measured:
    """Enumerate the box, measure its boundaries, and draw lines and points."""
    from ..statistics import BOUNDARIES, boundary_volume, distance_to_boundary, line_regions

    box, regions = sampling.box, None
    volumes: tuple[BoundaryVolume, ...] = ()
    if sampling.enumerates:
        cx = enumerate_regions(network, box, engine="subdivide", progress=progress)
        regions = cx.n_regions
        volumes = tuple(boundary_volume(cx, k, name) for name in BOUNDARIES for k in range(1, box.dim + 1))
    lines = line_regions(network, *random_ends(box, sampling.lines, line_seed))
    distances = distance_to_boundary(network, random_points(box, sampling.points, point_seed))
    if not (lines.complete and distances.complete):  # Ctrl-C, which the library turns into a partial result
        raise KeyboardInterrupt
    return Measured(regions, volumes, lines, distances)


def volume_numbers(volume: BoundaryVolume) -> dict[str, Any]:
    """A boundary volume for JSON."""
    size = volume.box.volume
    return {
        "boundary": volume.boundary,
        "k": volume.k,
        "dimension": volume.dimension,
        "total": finite(volume.total),
        "density": finite(volume.total / size) if 0 < size < math.inf else None,
        "per_layer": [finite(part) for part in volume.per_layer.tolist()],
        "per_unit": [finite(part) for part in volume.per_unit.tolist()],
    }
