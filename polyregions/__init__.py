"""polyregions: the linear regions of a piecewise-linear network, exactly."""

from __future__ import annotations

from .box import Box
from .certify import Certificate, certify
from .complex import Region, RegionComplex
from .enumerate import enumerate_regions
from .linear_regions import count_linear_regions
from .network import Network
from .results import load_result, save_result

__all__ = [
    "Box",
    "Certificate",
    "Network",
    "Region",
    "RegionComplex",
    "certify",
    "count_linear_regions",
    "enumerate_regions",
    "load_result",
    "save_result",
]
__version__ = "0.1.0"
