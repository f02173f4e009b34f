"""What Hanin and Rolnick measure of random and of trained networks.

Lines, distances and boundary volumes are exact where a thing can be exact: what bends where, what is nearest,
in which order. Beside them stand what theory expects of random networks, and estimates with their standard
errors.

B. Hanin, D. Rolnick: *Complexity of linear regions in deep networks* (ICML 2019), *Deep ReLU networks have
surprisingly few activation patterns* (NeurIPS 2019).
"""

from ..engines.lines.engine import LineRegions, line_regions
from .boundary_volumes import BOUNDARIES, BoundaryVolume, boundary_volume
from .coarea import expected_boundary_volume
from .distances import Distances, distance_to_boundary
from .ensembles import Ensemble, Expectations, Quantity, Theory, compare, measure_all
from .estimates import CurveEstimate, Estimate, estimate, estimate_curve
from .expectations import (
    bias_density_bound,
    boundary_density,
    boundary_volume_bound,
    distance_bound,
    gradient_bound,
    line_regions_bound,
    mean_norm,
    mean_squared_gradient,
    meeting_probability,
    one_layer_regions,
    published_boundary_volume_bound,
    regions_bound,
    typical_regions,
)
from .measurements import Measured, Sampling, measure
from .probe import RegionEstimate, estimate_regions
from .random_networks import INITIALISATIONS, random_network, weight_variance

__all__ = [
    "BOUNDARIES",
    "INITIALISATIONS",
    "BoundaryVolume",
    "CurveEstimate",
    "Distances",
    "Ensemble",
    "Estimate",
    "Expectations",
    "LineRegions",
    "Measured",
    "Quantity",
    "RegionEstimate",
    "Sampling",
    "Theory",
    "bias_density_bound",
    "boundary_density",
    "boundary_volume",
    "boundary_volume_bound",
    "compare",
    "distance_bound",
    "distance_to_boundary",
    "estimate",
    "estimate_curve",
    "estimate_regions",
    "expected_boundary_volume",
    "gradient_bound",
    "line_regions",
    "line_regions_bound",
    "mean_norm",
    "mean_squared_gradient",
    "measure",
    "measure_all",
    "meeting_probability",
    "one_layer_regions",
    "published_boundary_volume_bound",
    "random_network",
    "regions_bound",
    "typical_regions",
    "weight_variance",
]
