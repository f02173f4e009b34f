"""Linear regions, by each of the six definitions of the literature.

After M. Stargalla, C. Hertrich, D. Reichman, *The computational complexity of counting linear regions in ReLU
neural networks* (NeurIPS 2025), finest first, for the network f on the box:

================  ===================================================================================
definition        one region for
================  ===================================================================================
activation        each activation pattern that a point of the open box has
proper_activation each of those that a full-dimensional set has: the regions of a ``RegionComplex``
convex            each cell of a polyhedral complex on whose cells f is affine, with as few as possible
open_connected    each maximal open connected set on which f is affine
closed_connected  each maximal closed connected set, with interior points, on which f is affine
affine            each affine map to which f is equal on some open set
================  ===================================================================================

Their numbers descend in this order. All are exact, but for "convex": there two proven bounds are given, which
often are equal. How: the affine maps of all regions are compared exactly
(:mod:`polyregions.network.equal_maps`); open connected regions are joined across the facets with the same map
on both sides. The rest needs the faces of all dimensions:
:mod:`~polyregions.analysis.definitions.strict_patterns`,
:mod:`~polyregions.analysis.definitions.convex_regions` and
:mod:`~polyregions.analysis.definitions.closed_regions`.
"""

from __future__ import annotations

from .merged import LinearRegion, LinearRegions, all_counts, count_linear_regions, linear_regions

__all__ = ["LinearRegion", "LinearRegions", "all_counts", "count_linear_regions", "linear_regions"]
