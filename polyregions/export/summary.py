"""The numbers of an enumeration, for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex


def summary(cx: RegionComplex, seconds: float) -> dict[str, Any]:
    """Return the numbers of an enumeration, ready for ``json.dumps``.

    Parameters
    ----------
    cx : RegionComplex
    seconds : float
        How long the enumeration took.

    Returns
    -------
    dict
        ``regions``, ``adjacencies``, ``explored`` (regions whose facets are known), ``degrees``
        (``min``, ``mean``, ``max`` number of neighbours over the explored regions), ``f_vector``
        (see :attr:`polyregions.RegionComplex.f_vector`), ``dimension``, ``units``, ``widths`` (units of each
        layer),
        ``box`` (``lower``, ``upper``), ``polytope`` (``A``, ``b``; None if all of the box was looked at),
        ``engine``, ``complete``, ``stopped`` (None if complete),
        ``exact`` (always true: no number here depends on rounding), ``undecided`` (signs that float64 left
        to integers, None if not counted) and ``seconds``.

    Examples
    --------
    >>> from polyregions import Box, Network, enumerate_regions
    >>> net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])   # a tent
    >>> numbers = summary(enumerate_regions(net, Box([-1], [2])), seconds=0.1)
    >>> numbers["regions"], numbers["adjacencies"], numbers["f_vector"], numbers["degrees"]
    (3, 2, [2, 3], {'min': 1, 'mean': 1.3333333333333333, 'max': 2})
    """
    degrees = cx.degrees[: cx.n_explored]
    return {
        "regions": cx.n_regions,
        "adjacencies": cx.n_adjacencies,
        "explored": cx.n_explored,
        "degrees": {
            "min": int(degrees.min()),
            "mean": float(degrees.mean()),
            "max": int(degrees.max()),
        }
        if degrees.size
        else None,
        "f_vector": cx.f_vector,
        "dimension": cx.box.dim,
        "units": cx.network.n_units,
        "widths": list(cx.network.widths),
        "box": {"lower": cx.box.lower.tolist(), "upper": cx.box.upper.tolist()},
        "polytope": None
        if cx.polytope is None
        else {"A": cx.polytope.A.tolist(), "b": cx.polytope.b.tolist()},
        "engine": cx.engine,
        "complete": cx.complete,
        "stopped": None if cx.complete else cx.stopped,
        "exact": True,
        "undecided": cx.undecided,
        "seconds": float(seconds),
    }
