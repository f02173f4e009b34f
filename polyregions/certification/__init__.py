"""An independent checker: proves in exact arithmetic that a result is right, or says where it is not.

It shares no code with the engines: of this library it knows what a layer, a box and the arrays of a result
are, and brings its own integers, polytopes and forward pass. For each region i with pattern s:

1. Each *facet* listed is taken at its word: across it lies region j, so the first unit whose states differ
   gives its hyperplane; or it is a side of the domain, the box or the polytope. The cell P that these
   half-spaces bound is computed.
2. The exact forward pass at a mean of P's corners gives s, and every constraint of s (what its units'
   states say) and of the domain is >= 0 at every corner. Each is affine on P, so s holds in all of P's
   interior; and since P is made of constraints of s and of the domain, P is the whole region. So no facet is
   missing, too. (A constraint that is 0 at that inner point is 0 on all of P, and decides nothing differently
   there.)
3. The corners on each facet span it, and those of j's facet towards i are the same points: the two share it
   whole.

Patterns differ, so regions do not overlap. Every facet inside the domain leads to a listed region, so the
union of the regions has no boundary there but in dimension d - 2 and less, which cannot part the domain: the
list is *complete*. Two sums confirm it where d is small: volumes add up to that of the domain, and the
numbers of faces alternate to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import InvalidInputError
from .report import Certificate, Statement

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex

__all__ = ["Certificate", "Statement", "certify"]


def certify(cx: RegionComplex, progress: Callable[[int, int], None] | None = None) -> Certificate:
    """Prove a result in exact arithmetic, independently of the engines.

    Parameters
    ----------
    cx : RegionComplex
        Of any engine, or read from a file. A partial one is proven as far as it goes.
    progress : callable, optional
        Called now and then with the numbers of regions checked and to be checked.

    Returns
    -------
    Certificate
        Its ``valid`` says whether every statement holds that could be checked. A wrong result is reported,
        not raised.

    Raises
    ------
    InvalidInputError
        If it is no result.
    TooLargeError
        If a region has too many corners, as regions of more than about ten dimensions have.

    Notes
    -----
    Proven are patterns, facets, adjacencies, witnesses (as float64 roundings of inner points), ``complete``,
    and, for d <= 4, the f-vector. Of ``faces`` only their numbers are. A region takes up to a millisecond for
    two inputs, ten for six, a tenth of a second for eight: it has that many corners.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> certificate = certify(enumerate_regions(net, Box.cube(2, -2, 2)))
    >>> certificate.valid, certificate.complete
    (True, True)
    >>> print(certificate)                                # doctest: +ELLIPSIS
    the arrays fit each other, the network and the domain ...
    VALID: 7 regions, all regions of the domain
    """
    from .checker import Checker

    if not hasattr(cx, "facet_neighbors"):
        raise InvalidInputError(f"certify: expected a RegionComplex, got {type(cx).__name__}")
    return Checker(cx, progress).run()
