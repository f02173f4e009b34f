"""Maxout networks with known counts: tents of rank 2, and one layer of parallel families.

:mod:`~polyregions.theory.constructions.cones` has deep networks of any rank.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

import numpy as np

from ...base.checks import check_whole, check_whole_numbers
from ...errors import InvalidInputError
from ...network.box import Box
from ...network.layers import MAX_STATES, maxout
from ...network.network import Network
from ..arrangements import parallel_families
from ..arrangements.counting import elementary_symmetric
from ..bounds import maxout_layer, maxout_montufar_2014
from ..predictions import Prediction
from .construction import (
    Construction,
    all_maps_differ,
    box_or,
    contains,
    exact_floats,
    limit_weights,
    predict,
)
from .coordinates import Line


def maxout_tents(inputs: int, depth: int, box: Box | None = None) -> Construction:
    """``max(2 y - 1, 1 - 2 y)`` in each coordinate, again and again: 2^(n0 depth) regions on [0, 1]^n0.

    The function is ``|2 y - 1|``, see :func:`~polyregions.theory.constructions.absolute_value_fold`. Where
    the pieces tie the state is the lower one, as on one side, so no pattern is of a point alone.

    Parameters
    ----------
    inputs, depth : int
    box : Box, optional
        [0, 1]^n0 by default; numbers are predicted for every box that contains it.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1.
    TooLargeError
        If the network is too large to be written down.

    Examples
    --------
    >>> {p.quantity: p.value for p in maxout_tents(3, 2).predictions if p.relation == "="}["affine"]
    64
    """
    n0, depth = check_whole("inputs", inputs), check_whole("depth", depth)
    name = f"maxout_tents({n0}, {depth})"
    limit_weights(name, 2 * depth * n0 * n0)
    unit = 2 * np.eye(n0)
    layer = maxout(np.stack([unit, -unit], axis=1), [[-1, 1]] * n0)
    box = box_or(Box.cube(n0, 0, 1), box)
    found = Line(2**depth).predict(box, "max(2 y - 1, 1 - 2 y) in each coordinate")
    bound = maxout_montufar_2014(n0, [[2] * n0] * depth)
    reason = "" if contains(box, Box.cube(n0, 0, 1)) else "the box does not contain [0, 1]^n"
    value = None if reason else bound.value
    found += (Prediction("open_connected", ">=", value, bound.source, reason),)
    return Construction(name, Network([layer] * depth), box, bound.source, found)


def parallel_maxout(inputs: int, ranks: Sequence[int], box: Box | None = None) -> Construction:
    """One maxout layer with the most regions that its ranks allow (Montufar, Ren, Zhang 2021).

    Unit i is a convex function of one linear form, with k_i - 1 breakpoints: if they are ``o_1 < o_2 <
    ...``, piece s is ``s form - (o_1 + ... + o_s)``, the largest one for ``o_s <= form <= o_(s+1)``. So the
    cells are those of parallel families of k_i - 1 hyperplanes in generic directions
    (:func:`~polyregions.theory.arrangements.parallel_families`, where it is proven that no n0 + 1 of the
    families have a common point): ``f_k = sum_j C(j, n0-k) e_j(k_1 - 1, ..., k_m - 1)`` faces, e_j the
    elementary symmetric polynomials. The arrangement is simple, and tied pieces count as the lower one, so no
    pattern is of a face alone.

    The output is the vector of the units; its maps are all different, since in each unit those of the
    pieces are.

    Parameters
    ----------
    inputs : int
        n0.
    ranks : sequence of int
        k_i, at most 256; a unit of rank 1 cuts nothing.
    box : Box, optional
        One that holds all vertices, by default; numbers are predicted for every box that contains that.

    Raises
    ------
    InvalidInputError
        If a number is not whole or below 1, or a rank is above 256.
    TooLargeError
        If a weight has no float64, or the network is too large to be written down.

    Examples
    --------
    >>> {p.quantity: p.value for p in parallel_maxout(2, [4, 2, 3]).predictions}["f_vector"]
    (11, 28, 18)
    """
    n0, sizes = check_whole("inputs", inputs), check_whole_numbers("ranks", ranks)
    if max(sizes) > MAX_STATES:
        raise InvalidInputError(f"ranks: {max(sizes)} pieces; at most {MAX_STATES} are supported")
    name = f"parallel_maxout({n0}, {sizes})"
    limit_weights(name, sum(sizes) * n0)
    counts = [k - 1 for k in sizes if k > 1]
    arrangement = parallel_families(counts, n0) if counts else None
    hyperplanes = iter(zip(arrangement.normals, arrangement.offsets, strict=True) if arrangement else ())
    weights, biases = [], []
    for k in sizes:
        own = [next(hyperplanes) for _ in range(k - 1)]
        normal = own[0][0] if own else (0,) * n0
        offsets = [o for _, o in own]
        weights.append(
            exact_floats(name, np.array([[s * v for v in normal] for s in range(k)], dtype=object))
        )
        biases.append(exact_floats(name, np.array([-sum(offsets[:s]) for s in range(k)], dtype=object)))
    default = arrangement.box() if arrangement else Box.cube(n0, -1, 1)
    box = box_or(default, box)
    reason = "" if contains(box, default) else f"the box does not contain {default!r}"
    e = elementary_symmetric(counts, n0)
    faces = tuple(sum(comb(j, n0 - k) * e[j] for j in range(n0 - k, n0 + 1)) for k in range(n0 + 1))
    regions = maxout_layer(n0, sizes)
    values: dict[str, int | tuple[int, ...]] = {**all_maps_differ(regions), "activation": regions}
    values |= {"adjacencies": faces[-2], "f_vector": faces}
    source = "Montufar, Ren, Zhang (2021)"
    network = Network([maxout(weights, biases)])
    return Construction(name, network, box, source, predict(source, values, reason))
