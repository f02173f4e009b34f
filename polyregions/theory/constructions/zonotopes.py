"""A saw of a gauge: the zonotope construction of Arora, Basu, Mianjy, Mukherjee (ICLR 2018).

The gauge ``f(x) = |<a_1, x>| + ... + |<a_m, x>|`` is linear on the cones of m hyperplanes through the
origin, and a chain of saws (:mod:`~polyregions.theory.constructions.folds`) of f cuts each cone into shells.

*Cones.* The vectors are the unit vectors and (1, t, ..., t^(n-1)) for t = 1, ..., m - n. Any n of them are
independent: the minors of a Vandermonde matrix with positive nodes are not zero. So the hyperplanes are
generic, with ``c_k = 2 C(m, n-k) S(m-n+k-1, k-1)`` faces of dimension k >= 1 (Schlaefli), and the origin.
As f is at least |x_1| + ... + |x_n|, the set {f <= 1} lies in [-1, 1]^n.

*Maps.* On a cone f is <v, x>, and neighbours have v that differ by 2 a_i. No two cones have the same v: f is
convex, so where it agrees with <v, x> is convex, and would contain what is between them.

*Shells.* The saw with K teeth has breakpoints k/K, 0 < k < K, and 1, if an even number of teeth has a layer
after it; beyond that it is 0. In a larger box than [-1, 1]^n each face of the cones, of dimension 1 or
more, is cut into s = K, or K + 1, pieces. So there are ``s c_k + (s-1) c_(k+1)`` faces of dimension k >= 1,
and ``1 + (s-1) c_1`` vertices.

*Linear regions.* On the shells i = 0, ..., K-1 of a cone the map is ``K <v, x> - i`` for even i and ``i + 1
- K <v, x>`` for odd i. These differ; those of the cone of -v, too, since the constants with +v are 0, -2,
... here and 2, 4, ... there. On the outer shells, if they are separate, the map is 0. They are connected
through walls in dimension 2 or more, and two in dimension 1. In between 0 is taken on shell boundaries
only, and in the origin.

*Patterns.* Each face of the cones has one of its own, as both units of a pair are off where <a_i, x> = 0.
Along it the saw has the patterns of its intervals, and of some breakpoints.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import comb

import numpy as np

from ...base.checks import check_whole, check_whole_numbers
from ...errors import InvalidInputError, counted
from ...network.box import Box
from ...network.layers import linear, relu
from ...network.network import Network
from ..bounds import arora_2018, regions_in_general_position
from ..predictions import Prediction
from .construction import Construction, all_maps_differ, box_or, exact_floats, limit_weights, predict
from .coordinates import chain
from .folds import saw, saw_line

ARORA = "Arora, Basu, Mianjy, Mukherjee (ICLR 2018)"


def arora_zonotope(inputs: int, widths: Sequence[int], box: Box | None = None) -> Construction:
    """A gauge of m absolute values by the first layer, and a saw of it by the others.

    Parameters
    ----------
    inputs : int
        n.
    widths : sequence of int
        ``2 m``, at least ``2 n``, and then the number of teeth of each saw, if any. With an odd first width
        one unit is surplus.
    box : Box, optional
        [-2, 2]^n by default; numbers are predicted for every box whose interior contains [-1, 1]^n.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, or the first width is below 2 n.
    TooLargeError
        If a weight has no float64, or the network is too large to be written down.

    Examples
    --------
    >>> {p.quantity: p.value for p in arora_zonotope(2, [6]).predictions if p.relation == "="}["affine"]
    6
    >>> {p.quantity: p.value for p in arora_zonotope(2, [6, 2, 2]).predictions if p.relation == "="}["affine"]
    25
    """
    n, (first, *teeth) = check_whole("inputs", inputs), check_whole_numbers("widths", widths)
    m = first // 2
    if m < n:
        raise InvalidInputError(
            f"widths: the gauge of {counted(n, 'input')} needs {2 * n} units in the first layer at least, "
            f"got {first}"
        )
    name = f"arora_zonotope({n}, {[first, *teeth]})"
    sizes = [n, first, *teeth]
    limit_weights(name, sum(a * b for a, b in pairwise(sizes)))
    rows = [[int(i == j) for j in range(n)] for i in range(n)]
    rows += [[t**j for j in range(n)] for t in range(1, m - n + 1)]
    vectors = exact_floats(name, np.array(rows, dtype=object))
    weight = np.zeros((first, n))
    weight[:m], weight[m : 2 * m] = vectors, -vectors
    gauge = np.zeros((1, first))
    gauge[0, : 2 * m] = 1
    layers, out, bias = chain([saw(p) for p in teeth], gauge, np.zeros(1))
    network = Network([relu(weight, np.zeros(first)), *layers, linear(out, bias)])
    box = box_or(Box.cube(n, -2, 2), box)
    return Construction(name, network, box, ARORA, _predictions(n, m, first, teeth, box))


def _predictions(n: int, m: int, first: int, teeth: list[int], box: Box) -> tuple[Prediction, ...]:
    line = saw_line(teeth)
    outer = int(line.bends_at_1)
    shells = line.cells + outer
    cones = [1] + [
        2 * comb(m, n - k) * regions_in_general_position(m - n + k - 1, k - 1) for k in range(1, n + 1)
    ]
    above = [*cones[1:], 0]
    faces = [
        (shells if k else 1) * a + (shells - 1) * b for k, (a, b) in enumerate(zip(cones, above, strict=True))
    ]
    values: dict[str, int | tuple[int, ...]] = {"f_vector": tuple(faces), "adjacencies": faces[-2]}
    values["activation"] = 1 + sum(cones[1:]) * (shells + line.points)
    if outer:
        values["proper_activation"] = faces[-1]
        values["open_connected"] = values["closed_connected"] = line.cells * cones[n] + (1 if n > 1 else 2)
        values["affine"] = line.cells * cones[n] + 1
    else:
        values |= all_maps_differ(faces[-1])
    inside = (box.lower < -1).all() and (box.upper > 1).all()
    reason = "" if inside else "the interior of the box does not contain [-1, 1]^n0"
    bound = arora_2018(n, [first, *teeth])
    theorem = bound.reason or reason
    return (
        *predict("derived in polyregions.theory.constructions.zonotopes", values, reason),
        Prediction("open_connected", ">=", None if theorem else bound.value, bound.source, theorem),
    )
