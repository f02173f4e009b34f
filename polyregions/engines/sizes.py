"""How large an enumeration will be, as far as it can be told before the work.

Nobody knows the number of regions in advance. What is known is a bound by the widths, and an estimate from
the regions along a few lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..base.arrays import FloatArray
from ..base.memory import available_memory
from ..geometry.domain import Domain, box_of
from ..network.box import Box
from ..network.network import Network
from ..network.same_borders import same_borders
from ..network.states import filtered_states, states_by_unit

if TYPE_CHECKING:
    from .lines.engine import LineRegions

#: Up to this dimension "auto" takes "subdivide", and up to the second one "split".
FACES_DIMENSIONS, SPLIT_DIMENSIONS = 2, 8
#: Up to this dimension all faces are no burden; beyond, they outnumber the regions too much.
FEW_DIMENSIONS = 4
#: Up to this dimension "auto" takes "subdivide" if the other engines would need integers in most cells.
DEGENERATE_DIMENSIONS = 7
#: Pairs of pieces of a maxout unit are planes of "split"; with more pieces they are too many.
MANY_PIECES = 8
#: "split" begins with the 2^d corners of the box, and keeps all weights as dense matrices.
MOST_SPLIT_DIMENSIONS, MOST_ENTRIES = 16, 2**27
#: Cells that are looked at for that, at most.
CELLS = 4
#: "auto" leaves to "traverse" what "subdivide" has no useful error bounds for: one rounding is 2^-53.
MOST_GROWTH = 2.0**44
#: "subdivide" begins with the 3^d faces of the box.
MOST_BOX_FACES = 10**6
#: Lines along which regions are counted for an estimate, between points drawn with this seed.
LINES, SEED = 8, 0
#: Points on each of them, at first and at most.
FIRST_POINTS, MOST_POINTS = 2**6, 2**14


def too_large_to_subdivide(network: Network, domain: Domain) -> str:
    """Say why "subdivide" cannot take a problem; "" if it may."""
    d = domain.dim
    if 3**d > MOST_BOX_FACES:
        return f"a box of {d} dimensions has 3^{d} faces; engine 'traverse' has no need of them"
    return ""


def too_large_to_split(network: Network, domain: Domain) -> str:
    """Say why "split" cannot take a problem; "" if it may."""
    if domain.dim > MOST_SPLIT_DIMENSIONS:
        return (
            f"a box of {domain.dim} dimensions has 2^{domain.dim} corners; "
            "engine 'traverse' has no need of them"
        )
    entries = sum(layer.weight.shape[0] * layer.weight.shape[1] for layer in network.layers)
    if entries > MOST_ENTRIES:
        return (
            f"the network has weights of {entries:,} entries, those that are zero included; engine 'split' "
            f"takes at most {MOST_ENTRIES:,}, 'subdivide' and 'traverse' any number"
        )
    return ""


class Choice(NamedTuple):
    """The engine that "auto" takes for a problem, and why."""

    engine: str
    why: str


def choose(network: Network, domain: Domain) -> Choice:
    """Choose among the engines that find all regions, by the numbers of docs/benchmarks.md.

    Up to 2 inputs "subdivide" is as quick as any, and gives all faces. With 3 to 8 inputs "split" is the
    quickest. With more "traverse" is, whose work does not grow as 2^d. Against that: error bounds of so many
    layers that float64 decides no more signs ("traverse"); ties that leave "split" and "traverse" to integers
    in most cells, and maxout units of many pieces ("subdivide", as long as its faces fit into memory).

    Examples
    --------
    >>> net = Network.from_arrays([([[1] * 6], [0]), ([[1]], [0])])
    >>> choose(net, Box.cube(6, -1, 1))
    Choice(engine='split', why='3 to 8 inputs')
    """
    d, box = domain.dim, box_of(domain)
    if growth_of_bounds(network) > MOST_GROWTH:
        return Choice("traverse", "the error bounds of so many layers would leave the others to integers")
    if d <= FACES_DIMENSIONS:
        if faces_fit(network, box):
            return Choice("subdivide", "1 or 2 inputs")
        return Choice("split", "all faces would not fit into memory")
    if d <= SPLIT_DIMENSIONS and not too_large_to_split(network, domain):
        if max(layer.ranks.max(initial=1) for layer in network.layers) > MANY_PIECES:
            why = f"maxout units of more than {MANY_PIECES} pieces"
        elif may_tie(network) and has_ties(network, box):
            why = "ties that the other engines would leave to integers"
        else:
            return Choice("split", f"3 to {SPLIT_DIMENSIONS} inputs")
        if d <= DEGENERATE_DIMENSIONS and faces_fit(network, box):
            return Choice("subdivide", why)
        return Choice("traverse", why)
    if d <= FEW_DIMENSIONS and faces_fit(network, box):
        return Choice("subdivide", "weights too large for the engine 'split'")
    return Choice("traverse", f"more than {SPLIT_DIMENSIONS} inputs, or weights too large for the others")


def faces_fit(network: Network, box: Box) -> bool:
    """Whether the faces of all dimensions are likely to fit into memory, and into their numbers."""
    # Loaded here, like the engine itself.
    from .subdivide import group_cut

    most = min(available_memory() / bytes_of_region(network), group_cut.MOST_FACES / 2**box.dim)
    return bool(region_bound(network) <= most or likely_regions(network, box) <= most)


def may_tie(network: Network) -> bool:
    """Whether a hyperplane beyond the first layer may be zero for the only reason that what it reads is.

    Examples
    --------
    >>> may_tie(Network.from_arrays([([[1], [1]], [0, 0.5]), ([[1, 1]], [-1]), ([[1]], [0])]))
    False
    """
    return any(
        layer.n_units and ((layer.bias == 0.0).any() or layer.pieces.is_max.any())
        for layer in network.layers[1:]
    )


def has_ties(network: Network, box: Box) -> bool:
    """Whether float64 leaves something open in most of a few cells of the box, those around points of it.

    Examples
    --------
    >>> net = Network.from_arrays([([[1], [1]], [0, 0.5]), ([[1, 1]], [-1]), ([[1]], [0])])
    >>> has_ties(net, Box([-1], [1]))
    False
    """
    from .traverse.decisions import decide
    from .traverse.rows import RecentredRows

    share = np.random.default_rng(SEED).random((CELLS, box.dim))
    points = box.lower * (1 - share) + box.upper * share
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        states, certain = filtered_states(network.layers, points)
        patterns = np.unique(states[certain], axis=0)
        if not len(patterns):
            return True
        decided = decide(RecentredRows(network, box, same_borders(network).first), patterns).decided
    return 2 * int(decided.sum()) < decided.size


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

    A layer of units with k_1, ..., k_n states cuts a d-dimensional cell into at most
    sum_(i <= d) e_i(k_1 - 1, ..., k_n - 1) parts, e_i the elementary symmetric polynomials (Montufar, Ren,
    Zhang, arXiv 2104.08135; for hyperplanes, Zaslavsky 1975), and the layers' factors multiply.

    Examples
    --------
    >>> region_bound(Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, 0]), ([[1, 1, 1]], [0])]))
    7.0
    """
    bound = 1.0
    for layer in network.layers:
        symmetric = np.zeros(network.input_dim + 1)
        symmetric[0] = 1.0
        with np.errstate(over="ignore", invalid="ignore"):
            for states in layer.n_states.tolist():
                symmetric[1:] += (states - 1) * symmetric[:-1]
            bound *= float(symmetric.sum())
    return bound


def bytes_of_region(network: Network) -> float:
    """Memory that "subdivide" takes for each region, about, or more: its faces and its pattern.

    Around a vertex of a generic complex lie 2^d cells, so that there are about C(d, k) faces of dimension
    d - k for each cell.
    """
    d = network.input_dim
    face = 12 * d + 40
    return float(2 * (2**d * face + network.n_units / 8))


def likely_regions(network: Network, box: Box) -> float:
    """An estimate of the number of regions: as if the hyperplanes that a line meets were in general position.

    A line through the box that meets m boundaries stands for m hyperplanes, which make
    C(m, 0) + ... + C(m, d) regions in general position. It is right for random networks in few dimensions up
    to a small factor, and too high if boundaries are parallel. m is how often units change their state from
    one point of the line to the next, as far as float64 is certain of it, with more points until there is
    little new.
    """
    a, b = line_ends(box)
    met, before, points = 0, -1, FIRST_POINTS
    while met > 1.1 * before and points <= MOST_POINTS:
        t = np.linspace(0.0, 1.0, points + 1)[:, None]
        before, met = met, 0
        for p, q in zip(a, b, strict=True):
            states, certain = states_by_unit(network.layers, p * (1 - t) + q * t)
            met = max(met, int(np.count_nonzero((states[1:] != states[:-1]) & certain[1:] & certain[:-1])))
        points *= 2
    return in_general_position(met, box.dim)


def sample_lines(network: Network, box: Box) -> LineRegions:
    """The regions along a few lines, from side to side of the box in random directions."""
    from .lines.engine import line_regions

    return line_regions(network, *line_ends(box))


def line_ends(box: Box) -> tuple[FloatArray, FloatArray]:
    """Where a few lines in random directions enter the box, and where they leave it; (lines, d) each."""
    rng = np.random.default_rng(SEED)
    share = rng.random((2, LINES, box.dim))
    # Along the first axis.
    share[0, :, 0], share[1, :, 0] = 0.0, 1.0
    a, b = box.lower * (1 - share) + box.upper * share
    return a, b


def in_general_position(hyperplanes: int, dimension: int) -> float:
    """The number of regions of hyperplanes in general position, infinite beyond the range of float64.

    Examples
    --------
    >>> in_general_position(3, 2), in_general_position(2000, 2000)
    (7.0, inf)
    """
    total = term = 1.0
    for k in range(min(hyperplanes, dimension)):
        term *= (hyperplanes - k) / (k + 1)
        total += term
    return total
