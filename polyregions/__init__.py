"""polyregions: the linear regions of a piecewise-linear network, exactly."""

from __future__ import annotations

from .analysis.definitions import count_linear_regions
from .certification import Certificate, certify
from .complex.region_complex import Region, RegionComplex
from .engines.enumerate import enumerate_regions
from .export.results import load_result, save_result
from .network.box import Box
from .network.network import Network

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
