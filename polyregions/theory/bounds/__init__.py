"""How many regions a network can have: every bound of the literature that this library uses, with hypotheses.

A bound is a :class:`Bound`: its value, and whether the shape meets its hypothesis. Where it does not, the
value is None and ``reason`` says why: a formula outside its hypothesis bounds nothing. Values are whole
numbers of any size and hold on all of R^n0. So an upper bound holds in any box, and a lower bound says that
*some* network of this shape has so many regions, in some box.

Notation: n0 inputs, widths n_1 .. n_L, N units in all, S(m, d) = C(m, 0) + ... + C(m, d).

``relu``: ReLU networks. ``maxout``: maxout networks, and one upper bound for all networks. ``tables``: all
bounds of a shape. ``depth``: deep networks beside shallow ones of the same size, and rates of growth.
"""

from __future__ import annotations

from .bound import Bound, Counts, Kind, regions_in_general_position
from .depth import RATES, Comparison, Rate, at_equal_parameters, at_equal_units, parameter_count
from .maxout import (
    MAXOUT_BOUNDS,
    maxout_bounds,
    maxout_chain,
    maxout_folds,
    maxout_layer,
    maxout_layer_lower,
    maxout_layer_maximum,
    maxout_layer_upper,
    maxout_montufar_2014,
    maxout_patterns,
    maxout_serra,
    network_upper_bound,
    tseran_montufar_2021,
)
from .relu import (
    RELU_BOUNDS,
    arora_2018,
    hinz_van_de_geer_2019,
    montufar_2014,
    montufar_2017,
    one_for_each_pattern,
    one_input_maximum,
    one_layer_maximum,
    pascanu_2013,
    raghu_2017,
    relu_bounds,
    serra_lower,
    serra_upper,
    telgarsky_2015,
    zonotope_pieces,
)
from .tables import bounds_of, bounds_table, format_number, format_table

__all__ = [
    "MAXOUT_BOUNDS",
    "RATES",
    "RELU_BOUNDS",
    "Bound",
    "Comparison",
    "Counts",
    "Kind",
    "Rate",
    "arora_2018",
    "at_equal_parameters",
    "at_equal_units",
    "bounds_of",
    "bounds_table",
    "format_number",
    "format_table",
    "hinz_van_de_geer_2019",
    "maxout_bounds",
    "maxout_chain",
    "maxout_folds",
    "maxout_layer",
    "maxout_layer_lower",
    "maxout_layer_maximum",
    "maxout_layer_upper",
    "maxout_montufar_2014",
    "maxout_patterns",
    "maxout_serra",
    "montufar_2014",
    "montufar_2017",
    "network_upper_bound",
    "one_for_each_pattern",
    "one_input_maximum",
    "one_layer_maximum",
    "parameter_count",
    "pascanu_2013",
    "raghu_2017",
    "regions_in_general_position",
    "relu_bounds",
    "serra_lower",
    "serra_upper",
    "telgarsky_2015",
    "tseran_montufar_2021",
    "zonotope_pieces",
]
