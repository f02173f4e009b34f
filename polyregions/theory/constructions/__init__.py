"""Networks with known counts: the constructions behind the lower bounds, with exact float64 weights.

Each function returns a :class:`Construction`: a network, a box, and predictions, each with a theorem or a
derivation. None of them comes from an enumeration, so that enumerations can be held against them.

``folds``: a cube folded onto itself. ``montufar``: folds, and hyperplanes in general position on top.
``saws``: one variable, few units. ``zonotopes``: saws of a gauge. ``maxouts``, ``cones``: maxout.
``rewriting``: maxout as ReLU. ``envelopes``: Voronoi and power diagrams.

Examples
--------
>>> construction = make_construction("montufar", inputs=1, widths=[4, 3])
>>> construction
Construction(montufar(1, [4, 3]): Network(1 -> relu 4 -> relu 3 -> linear 1) on Box([0.0], [1.0]))
>>> [(p.quantity, p.relation, p.value) for p in construction.predictions][:2]
[('proper_activation', '=', 16), ('adjacencies', '=', 15)]
"""

from __future__ import annotations

from .cones import maxout_cones
from .construction import Construction
from .envelopes import power_diagram, voronoi_unit
from .folds import absolute_value_fold, montufar_folds
from .maxouts import maxout_tents, parallel_maxout
from .montufar_nets import montufar
from .registry import CONSTRUCTIONS, make_construction
from .rewriting import maxout_as_relu
from .saws import serra_fold, telgarsky_tent
from .zonotopes import arora_zonotope

__all__ = [
    "CONSTRUCTIONS",
    "Construction",
    "absolute_value_fold",
    "arora_zonotope",
    "make_construction",
    "maxout_as_relu",
    "maxout_cones",
    "maxout_tents",
    "montufar",
    "montufar_folds",
    "parallel_maxout",
    "power_diagram",
    "serra_fold",
    "telgarsky_tent",
    "voronoi_unit",
]
