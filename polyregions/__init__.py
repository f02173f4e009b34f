"""polyregions: the linear regions of a piecewise-linear network, exactly.

Every name below is loaded when it is first asked for, so ``import polyregions`` takes no time:
``polyregions.enumerate_regions`` is a function, ``polyregions.statistics`` a package of more of them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import analysis as analysis
    from . import certification as certification
    from . import errors as errors
    from . import export as export
    from . import network as network
    from . import plot as plot
    from . import statistics as statistics
    from . import theory as theory
    from . import verification as verification
    from . import viewer as viewer
    from .analysis.definitions import count_linear_regions, linear_regions
    from .certification import Certificate, certify
    from .complex.region_complex import RegionComplex, load_result, save_result
    from .complex.regions import Region
    from .engines.count import Counts, count_regions, iter_regions
    from .engines.enumerate import enumerate_regions
    from .geometry.polytope_domain import Polytope
    from .network.box import Box
    from .network.network import Network
    from .verification import verify

#: Where each name is defined.
_HOMES = {
    "Box": "network.box",
    "Certificate": "certification",
    "Counts": "engines.count",
    "Network": "network.network",
    "Polytope": "geometry.polytope_domain",
    "Region": "complex.regions",
    "RegionComplex": "complex.region_complex",
    "certify": "certification",
    "count_linear_regions": "analysis.definitions",
    "count_regions": "engines.count",
    "enumerate_regions": "engines.enumerate",
    "iter_regions": "engines.count",
    "linear_regions": "analysis.definitions",
    "load_result": "complex.region_complex",
    "save_result": "complex.region_complex",
    "verify": "verification",
}
#: What more can be imported from here: packages of functions, and the errors.
_PACKAGES = (
    "analysis",
    "certification",
    "errors",
    "export",
    "network",
    "plot",
    "statistics",
    "theory",
    "verification",
    "viewer",
)

__all__ = [
    "Box",
    "Certificate",
    "Counts",
    "Network",
    "Polytope",
    "Region",
    "RegionComplex",
    "certify",
    "count_linear_regions",
    "count_regions",
    "enumerate_regions",
    "iter_regions",
    "linear_regions",
    "load_result",
    "save_result",
    "verify",
]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    elif name in _PACKAGES:
        value = import_module(f".{name}", __name__)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_PACKAGES, "__version__"])
