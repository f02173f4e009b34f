"""All that is measured of one network in a box: regions, boundary volumes, lines and distances."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.checks import check_whole
from ..engines.enumerate import enumerate_regions
from ..engines.lines.engine import LineRegions, line_regions
from ..engines.sizes import FEW_DIMENSIONS
from ..errors import InvalidInputError, TooLargeError, counted, short_repr
from ..network.box import Box
from ..network.network import Network
from .boundary_volumes import BOUNDARIES, BoundaryVolume, boundary_volume
from .distances import Distances, distance_to_boundary
from .expectations import typical_regions
from .sampling import check_lines, check_points, random_ends, random_points
from .summaries import finite

#: Why a network has no regions and no boundary volumes here.
SKIPPED = f"all regions are enumerated for up to {FEW_DIMENSIONS} inputs only"
#: Networks for which theory expects more regions are refused, unless another limit is given.
MOST_REGIONS = 10_000_000


@dataclass(frozen=True)
class Sampling:
    """The box, and how many random lines and points in it.

    Parameters
    ----------
    box : Box
    lines, points : int
        At least 1 each.

    Raises
    ------
    InvalidInputError
        If one of them is not what it should be.

    Examples
    --------
    >>> Sampling(Box.cube(2, -1, 1), lines=10, points=100).enumerates
    True
    """

    box: Box
    lines: int = 100
    points: int = 1000

    def __post_init__(self) -> None:
        if not isinstance(self.box, Box):
            raise InvalidInputError(f"box: expected a Box, got {short_repr(self.box)}")
        check_whole("lines", self.lines)
        check_whole("points", self.points)

    @property
    def enumerates(self) -> bool:
        """Whether the box has few enough dimensions for all its regions."""
        return self.box.dim <= FEW_DIMENSIONS


@dataclass(frozen=True, eq=False)
class Measured:
    """What was measured of one network in a box.

    Attributes
    ----------
    regions : int or None
        Number of activation regions; None where there are too many inputs.
    volumes : tuple of BoundaryVolume
        Of every boundary and codimension; empty where there are too many inputs.
    lines : LineRegions
    distances : Distances
    """

    regions: int | None
    volumes: tuple[BoundaryVolume, ...]
    lines: LineRegions
    distances: Distances


def check_size(network: Network, sampling: Sampling, most_regions: int = MOST_REGIONS) -> None:
    """Refuse what would not end.

    Raises
    ------
    TooLargeError
        If more regions are to be expected, or the lines or points do not fit into memory.
    """
    check_lines(sampling.lines, network)
    check_points(sampling.points, network)
    expected = typical_regions(max(1, network.n_units), sampling.box.dim)
    if sampling.enumerates and expected > most_regions:
        raise TooLargeError(
            f"stats: N^n / n! is about {expected:,.3g} regions for {counted(network.n_units, 'unit')} and "
            f"{counted(sampling.box.dim, 'input')}, and {most_regions:,} is the limit; "
            "if the box holds fewer, give a higher limit (--most-regions)"
        )


def measure(
    network: Network,
    sampling: Sampling,
    line_seed: int | np.random.Generator,
    point_seed: int | np.random.Generator,
    progress: Callable[[int, int], None] | None = None,
) -> Measured:
    """Enumerate the box, measure its boundaries, and draw lines and points.

    Parameters
    ----------
    network : Network
    sampling : Sampling
    line_seed, point_seed : int or numpy.random.Generator
        The same whole number gives the same lines and points.
    progress : callable, optional
        Of the enumeration, as in :func:`polyregions.enumerate_regions`.

    Raises
    ------
    KeyboardInterrupt
        If it is pressed: a part of the lines or of the points would be another measurement.

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])   # the axes
    >>> found = measure(net, Sampling(Box.cube(2, -1, 1), lines=5, points=5), 0, 0)
    >>> found.regions, [round(v.total) for v in found.volumes if v.boundary == "activation"]
    (4, [4, 1])
    """
    box, regions = sampling.box, None
    volumes: tuple[BoundaryVolume, ...] = ()
    if sampling.enumerates:
        cx = enumerate_regions(network, box, engine="subdivide", progress=progress)
        regions = cx.n_regions
        volumes = tuple(boundary_volume(cx, k, name) for name in BOUNDARIES for k in range(1, box.dim + 1))
    line_rng, point_rng = np.random.default_rng(line_seed), np.random.default_rng(point_seed)
    lines = line_regions(network, *random_ends(box, sampling.lines, line_rng))
    distances = distance_to_boundary(network, random_points(box, sampling.points, point_rng))
    if not (lines.complete and distances.complete):  # Ctrl-C, of which they make a partial result
        raise KeyboardInterrupt
    return Measured(regions, volumes, lines, distances)


def volume_numbers(volume: BoundaryVolume) -> dict[str, Any]:
    """Return a boundary volume as a dictionary that ``json.dumps`` can write."""
    size = volume.domain.volume
    return {
        "boundary": volume.boundary,
        "k": volume.k,
        "dimension": volume.dimension,
        "total": finite(volume.total),
        "density": finite(volume.total / size) if 0 < size < math.inf else None,
        "per_layer": [finite(part) for part in volume.per_layer.tolist()],
        "per_unit": [finite(part) for part in volume.per_unit.tolist()],
    }
