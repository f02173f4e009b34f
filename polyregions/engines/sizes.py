"""How large an enumeration will be, as far as it can be told before the work.

Nobody knows the number of regions in advance. What is known is a bound by the widths, and an estimate from
the regions along a few lines.
"""

from __future__ import annotations

import math

import numpy as np

from ..base.memory import available_memory
from ..network.box import Box
from ..network.network import Network

#: Up to this dimension "auto" takes "subdivide": beyond, its faces outnumber the regions too much.
FEW_DIMENSIONS = 4
#: "auto" leaves to "traverse" what "subdivide" would cut into so many times as many cells as it returns.
MOST_CUT_AND_MERGED = 8
#: "auto" leaves to "traverse" what "subdivide" has no useful error bounds for: one rounding is 2^-53.
MOST_GROWTH = 2.0**44
#: Cells times hyperplanes that "subdivide" cuts in vain at most: about two minutes.
MOST_CUTS = 10**9
#: "subdivide" begins with the 3^d faces of the box.
MOST_BOX_FACES = 10**6
#: Lines along which regions are counted for an estimate, between points drawn with this seed.
LINES, SEED = 8, 0


def too_large_to_subdivide(network: Network, box: Box) -> str:
    """Say why "subdivide" cannot take a problem; "" if it may."""
    if 3**box.dim > MOST_BOX_FACES:
        return f"a box of {box.dim} dimensions has 3^{box.dim} faces; engine 'traverse' has no need of them"
    planes = crossing_ties(network, box)
    cells = float(sum(math.comb(planes, i) for i in range(box.dim + 1)))
    if cut_and_merged(network) > MOST_CUT_AND_MERGED and cells * planes > MOST_CUTS:
        return (
            f"engine 'subdivide' cuts a maxout unit where any two of its pieces are equal, by {planes:,} "
            f"hyperplanes into about {cells:.1e} cells, of which few are left; use engine 'traverse'"
        )
    return ""


def crossing_ties(network: Network, box: Box) -> int:
    """How many hyperplanes on which two pieces of a first maxout unit are equal cross the box, about.

    Examples
    --------
    >>> unit = [[[1, 0], [0, 1], [0, 0]]], [[0, 0, 5]]      # max(x, y, 5)
    >>> crossing_ties(Network.from_arrays([unit, ([[1]], [0])]), Box.cube(2, -1, 1))
    1
    """
    layer, count = network.layers[0], 0
    if layer.kind != "maxout":
        return 0
    middle, half = box.lower / 2 + box.upper / 2, box.upper / 2 - box.lower / 2
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        ends = np.cumsum(layer.n_states)
        for first, end in zip(ends - layer.n_states, ends, strict=True):
            weight, bias = layer.weight[first:end], layer.bias[first:end]
            for i in range(1, len(weight)):
                value = np.abs((weight[:i] - weight[i]) @ middle + (bias[:i] - bias[i]))
                count += int((value < np.abs(weight[:i] - weight[i]) @ half).sum())
    return count


def better_traversed(network: Network, box: Box) -> bool:
    """Whether "auto" takes "traverse" though "subdivide" takes all options.

    It does so with more than 4 inputs, with maxout units that "subdivide" would cut into many more cells than
    it returns, with so many layers that float64 decides no more of its signs, and if more faces are likely
    than fit into memory, or into their numbers.
    """
    if box.dim > FEW_DIMENSIONS or cut_and_merged(network) > MOST_CUT_AND_MERGED:
        return True
    if growth_of_bounds(network) > MOST_GROWTH:
        return True
    # Loaded here, like the engine itself.
    from .subdivide import layer_cut

    most = min(available_memory() / bytes_of_region(network), layer_cut.MOST_FACES / 2**box.dim)
    return bool(region_bound(network) > most and likely_regions(network, box) > most)


def cut_and_merged(network: Network) -> float:
    """About how many times as many cells "subdivide" cuts as it returns.

    It cuts a maxout unit of r pieces where any two of them are equal, by r (r - 1) / 2 hyperplanes, and joins
    what differs below the maximum only. That is r / 2 times as many hyperplanes as one piece has against the
    others, and cells grow with the power d.
    """
    tables = [layer.pieces for layer in network.hidden]
    ranks = [int(table.n_states[table.is_max].max(initial=2)) for table in tables]
    return float(max([2, *ranks]) / 2) ** network.input_dim


def growth_of_bounds(network: Network) -> float:
    """By how much the error bounds of "subdivide" grow from the first layer to the last, about.

    The largest row sums of magnitudes multiply. Measured on random networks of 2 inputs and widths 8 and 16:
    a product of 2^41 leaves 2 signs to integers, 2^50 leaves 800,000, and takes 70 times as long as
    "traverse".
    """
    with np.errstate(over="ignore", under="ignore"):
        sums = [float(abs(layer.weight).sum(axis=1).max()) for layer in network.layers[:-1]]
        return float(np.prod(sums))


def region_bound(network: Network) -> float:
    """The largest number of regions that networks of this shape may have, or more.

    A layer of n hyperplanes cuts a d-dimensional cell into at most sum_(i <= d) C(n, i) parts (Zaslavsky
    1975), and the layers' factors multiply.

    Examples
    --------
    >>> region_bound(Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, 0]), ([[1, 1, 1]], [0])]))
    7.0
    """
    bound = 1.0
    for layer in network.layers:
        states = layer.pieces.n_states
        pairs = np.where(layer.pieces.is_max, states * (states - 1) // 2, states - 1)
        n = int(pairs.sum())
        bound *= float(sum(math.comb(n, i) for i in range(network.input_dim + 1)))
    return bound


def bytes_of_region(network: Network) -> float:
    """Memory that "subdivide" takes for each region, about: its faces, and its map up to a layer.

    Around a vertex of a generic complex lie 2^d cells, so that there are about C(d, k) faces of dimension
    d - k for each cell.
    """
    d = network.input_dim
    pieces = max(layer.n_rows for layer in network.layers)
    face = 4 * (5 + 3 * -(-pieces // 32)) + 8 * d + 40
    return float(2 * (2**d * face + 8 * (d + 1) * pieces + network.n_units))


def likely_regions(network: Network, box: Box) -> float:
    """An estimate of the number of regions: as if the hyperplanes that a line meets were in general position.

    A line through the box that meets m boundaries stands for m hyperplanes, which have m^d / d! crossings and
    about as many regions. It is right for random networks up to a small factor, and too high if boundaries
    are parallel.
    """
    from .lines.engine import line_regions

    rng = np.random.default_rng(SEED)
    share = rng.random((2, LINES, box.dim))
    # From side to side of the box, in a random direction along its first axis.
    share[0, :, 0], share[1, :, 0] = 0.0, 1.0
    a, b = box.lower * (1 - share) + box.upper * share
    m = int(line_regions(network, a, b).counts.max())
    return float(max(m, m**box.dim / math.factorial(box.dim)))
