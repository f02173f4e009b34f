"""Enumerate the activation regions of a network in a box: validate, choose an engine, run it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np

from ..complex.region_complex import RegionComplex
from ..errors import InvalidBoxError, InvalidInputError, TooLargeError
from ..network.box import Box
from ..network.network import Network

ENGINES = ("auto", "subdivide", "traverse", "brute")
#: Up to this dimension "auto" takes "subdivide": beyond, its faces outnumber the regions too much.
FEW_DIMENSIONS = 4
#: "auto" leaves to "traverse" what "subdivide" would cut into so many times as many cells as it returns.
MOST_CUT_AND_MERGED = 8
LP_BACKENDS = ("native", "scipy", "cvxpy")


def enumerate_regions(
    network: Network,
    box: Box,
    *,
    engine: str = "auto",
    lp: str = "native",
    workers: int = 1,
    limit: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    resume: RegionComplex | None = None,
) -> RegionComplex:
    """Enumerate every activation region of a network in a box, exactly.

    Parameters
    ----------
    network : Network
    box : Box
        Of the network's input dimension.
    engine : {"auto", "subdivide", "traverse", "brute"}
        "subdivide" cuts the whole complex, faces of all dimensions, layer by layer, for low dimension;
        "traverse" goes breadth-first from region to region, in any dimension, and can stop and resume;
        "brute" cuts the box by one unit after the other in rational arithmetic, a slow referee for tiny
        networks. "auto" is "subdivide" for up to 4 inputs without limit, resume or another ``lp``, if all
        faces fit into memory and no maxout unit has many pieces, else "traverse"; the result's ``engine``
        tells.
    lp : {"native", "scipy", "cvxpy"}
        Linear programming back end of "traverse". It never changes the answer.
    workers : int
        Threads. They never change the answer.
    limit : int, optional
        Most regions to list; with more, the result is partial (``complete`` is False).
    progress : callable, optional
        Called now and then with the numbers of regions explored and found so far.
    resume : RegionComplex, optional
        A partial result for the same network and box to go on from: nothing of it is done again, and the
        result is that of an uninterrupted run. A complete one is returned as it is.

    Returns
    -------
    RegionComplex
        Partial, and labelled so, if "traverse" met the limit, memory ran low or Ctrl-C was pressed.

    Raises
    ------
    InvalidBoxError
        If the box has another dimension than the network's input.
    InvalidInputError
        If an engine or a back end is unknown, workers or limit are below 1, ``resume`` is of another network
        or box, or "brute" or "subdivide" is given a limit: they have all regions or none.
    TooLargeError
        If the network is too large for "brute", or the complex for "subdivide".

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> cx = enumerate_regions(net, Box.cube(2, -2, 2))
    >>> cx.n_regions, cx.n_adjacencies, cx.complete
    (7, 9, True)
    """
    if not isinstance(network, Network):
        raise InvalidInputError(f"network: expected a Network, got {type(network).__name__}")
    if not isinstance(box, Box):
        raise InvalidInputError(f"box: expected a Box, got {type(box).__name__}")
    if box.dim != network.input_dim:
        raise InvalidBoxError(
            f"box: it has {box.dim} dimension(s) but the network has {network.input_dim} input(s)"
        )
    if engine not in ENGINES:
        raise InvalidInputError(f"engine {engine!r} is unknown; known: {', '.join(ENGINES)}")
    if lp not in LP_BACKENDS:
        raise InvalidInputError(f"lp {lp!r} is unknown; known: {', '.join(LP_BACKENDS)}")
    for name, value in (("workers", workers), ("limit", limit)):
        whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
        if value is not None and not (whole and value >= 1):
            raise InvalidInputError(f"{name} must be a whole number, at least 1, got {value!r}")
    if progress is not None and not callable(progress):
        raise InvalidInputError(f"progress must be a function, got {type(progress).__name__}")

    if resume is not None:
        if resume.network != network or resume.box != box:
            raise InvalidInputError("resume: it is a result of another network or box")
        if resume.complete:
            return resume

    stops = limit is not None or resume is not None
    low = network.input_dim <= FEW_DIMENSIONS and _cut_and_merged(network) <= MOST_CUT_AND_MERGED
    if engine == "auto" and low and not stops and lp == "native":
        with suppress(TooLargeError):
            return _subdivide(network, box, workers, progress)
    if engine == "auto":
        engine = "traverse"
    if engine != "traverse" and stops:
        raise InvalidInputError(
            f"engine {engine!r} has all regions or none: leave out limit and resume, or use 'traverse'"
        )
    if engine == "brute":
        from .brute import enumerate_brute

        return enumerate_brute(network, box)
    if engine == "subdivide":
        return _subdivide(network, box, workers, progress)
    # Loaded here: the kernels take a moment, and everything else can do without them.
    from .traverse.engine import enumerate_by_traversal

    return enumerate_by_traversal(
        network, box, lp=lp, workers=workers, limit=limit, progress=progress, resume=resume
    )


def _cut_and_merged(network: Network) -> float:
    """About how many times as many cells "subdivide" cuts as it returns.

    It cuts a maxout unit of r pieces where any two of them are equal, by r (r - 1) / 2 hyperplanes, and joins
    what differs below the maximum only. That is r / 2 times as many hyperplanes as one piece has against the
    others, and cells grow with the power d.
    """
    ranks = [int(layer.ranks.max()) for layer in network.hidden]
    return float(max([2, *ranks]) / 2) ** network.input_dim


def _subdivide(
    network: Network, box: Box, workers: int, progress: Callable[[int, int], None] | None
) -> RegionComplex:
    # Loaded here, like the other kernels.
    from .subdivide.engine import enumerate_by_subdivision

    return enumerate_by_subdivision(network, box, workers=workers, progress=progress)
