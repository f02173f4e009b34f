"""polyregions: the linear regions of a piecewise-linear network, exactly."""

from __future__ import annotations

from .box import Box
from .complex import Region, RegionComplex
from .enumerate import enumerate_regions
from .network import Network

__all__ = ["Box", "Network", "Region", "RegionComplex", "enumerate_regions"]
__version__ = "0.1.0"
