"""Hold an enumeration against theory: counts by every definition, each theorem that applies, and a proof.

1. The network is enumerated, and its regions are counted by each definition of
   :mod:`polyregions.analysis.definitions`.
2. Claims are collected: what the construction or arrangement predicts; the bounds for networks of this shape;
   for one hidden layer Zaslavsky's theorem, an answer that shares no idea with the engines; Euler's relation;
   the order of the definitions. Each says PASS, FAIL or "not applicable", and why.
3. :func:`polyregions.certify` proves the enumeration itself.
4. Where the layers fold the box, :func:`polyregions.analysis.folding.verify_folding` tells how.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from ..analysis.definitions import all_counts
from ..analysis.folding import Folding, verify_folding
from ..certification import certify
from ..complex.region_complex import RegionComplex
from ..engines.enumerate import check_problem, enumerate_regions
from ..engines.sizes import FEW_DIMENSIONS, faces_fit
from ..errors import InvalidInputError, TooLargeError, short_repr
from ..network.box import Box
from ..network.network import Network
from ..theory.bounds import format_number
from ..theory.predictions import DEFINITIONS, Prediction
from .claims import (
    Claim,
    Counted,
    Measured,
    from_arrangement,
    from_bounds,
    from_definitions,
    from_euler,
    from_predictions,
)
from .pages import PAGE_FORMATS, check_page, write_page
from .report import Report

__all__ = ["PAGE_FORMATS", "Claim", "Counts", "Report", "check_page", "verify", "write_page"]

#: Folding is looked for in results of at most so many regions, since it takes exact images of all.
FOLDED_REGIONS = 20_000
#: With more regions predicted than this, the enumeration is not begun: they would not fit into memory.
MOST_REGIONS = 10_000_000


def verify(
    network: Network,
    box: Box,
    *,
    predictions: Iterable[Prediction] = (),
    title: str = "",
    source: str = "",
    engine: str = "auto",
    workers: int = 1,
    limit: int | None = None,
    certified: bool = True,
    progress: Callable[[str, int, int], None] | None = None,
) -> Report:
    """Enumerate a network in a box and hold the result against theory.

    Parameters
    ----------
    network : Network
    box : Box
    predictions : iterable of Prediction
        What is known of this very network in this very box, as constructions and arrangements carry it.
    title, source : str
        For the report.
    engine, workers, limit
        As in :func:`polyregions.enumerate_regions`. Of a partial result nothing is claimed.
    certified : bool
        Whether to prove the result, which takes longer than all the rest. After Ctrl-C it is not proven.
    progress : callable, optional
        Called now and then with what is done ("enumerating", "certifying") and two numbers: done, and known
        so far.

    Returns
    -------
    Report
        ``passed`` says whether every theorem that applies holds, and the certificate is valid.

    Raises
    ------
    InvalidInputError
        If a prediction is no Prediction.
    TooLargeError
        If more than :data:`MOST_REGIONS` regions are predicted, and there is no lower limit.
    PolyregionsError
        As :func:`polyregions.enumerate_regions`.

    Examples
    --------
    >>> from polyregions.theory.constructions import montufar
    >>> fold = montufar(2, [4, 3])
    >>> report = verify(fold.network, fold.box, predictions=fold.predictions)
    >>> report.passed, report.complex.n_regions, report.folding.is_folding
    (True, 28, True)
    >>> [claim.statement for claim in report.claims][:2]
    ['proper activation = 28', 'adjacencies = 46']
    """
    check_problem(network, box)
    predictions = _checked(predictions, limit)
    start = time.perf_counter()
    # The engine "brute" tells nothing on its way.
    told = None if engine == "brute" else _named(progress, "enumerating")
    cx = enumerate_regions(network, box, engine=engine, workers=workers, limit=limit, progress=told)
    seconds = time.perf_counter() - start
    if cx.engine == "split" and cx.complete and box.dim <= FEW_DIMENSIONS and faces_fit(network, box):
        cx.need_faces("verify")  # theorems speak of them, and another engine must agree
    counts = count(cx)
    claims: list[Claim] = []
    if cx.complete:
        claims += from_predictions(predictions, counts)
        claims += from_arrangement(network, box, counts)
        claims += [from_euler(box.dim, counts), from_definitions(counts)]
        claims += from_bounds(network, counts)
    else:
        reason = f"the enumeration was stopped ({cx.stopped})"
        claims.append(Claim("theorems about all regions", "", "", "not applicable", reason))
    folding = find_folding(cx)
    # Whoever pressed Ctrl-C wants the end, not a proof of a part.
    proving = certified and cx.stopped != "interrupted"
    certificate = certify(cx, _named(progress, "certifying")) if proving else None
    return Report(title or repr(network), source, cx, counts, tuple(claims), certificate, folding, seconds)


def _checked(predictions: Iterable[Prediction], limit: int | None) -> list[Prediction]:
    """Refuse, before any work, what is no prediction, and predictions of too many regions."""
    try:
        known = list(predictions)
    except TypeError as error:
        raise InvalidInputError(f"predictions: expected a list, got {short_repr(predictions)}") from error
    for prediction in known:
        if not isinstance(prediction, Prediction):
            raise InvalidInputError(f"predictions: expected a Prediction, got {short_repr(prediction)}")
        least = 0 if prediction.relation == "<=" else prediction.value
        if prediction.quantity == "proper_activation" and isinstance(least, int) and limit is None:
            _check_size(least, prediction.source)
    return known


def _check_size(regions: int, source: str) -> None:
    if regions > MOST_REGIONS:
        raise TooLargeError(
            f"verify: {format_number(regions)} regions are predicted ({source}), and {MOST_REGIONS:,} is the "
            "limit; take smaller parameters, or give a limit of your own for a partial result"
        )


def count(cx: RegionComplex) -> Counted:
    """Count the regions by every definition that this result can tell."""
    regions: dict[str, Measured] = dict.fromkeys(DEFINITIONS)
    regions["proper_activation"] = cx.n_regions
    if cx.complete:
        for name, number in all_counts(cx).items():
            regions[name] = number if isinstance(number, int) else tuple(number)
    f_vector = None if cx.f_vector is None else tuple(cx.f_vector)
    return Counted(regions, cx.n_adjacencies, f_vector)


def find_folding(cx: RegionComplex) -> Folding | None:
    """How the layers fold the box; None if they do not, or there is only one, or it would take too long."""
    if not cx.complete or len(cx.network.hidden) < 2 or cx.n_regions > FOLDED_REGIONS:
        return None
    try:
        folding = verify_folding(cx.network, cx.box)
    except TooLargeError:
        return None
    return folding if folding.is_folding else None


def _named(progress: Callable[[str, int, int], None] | None, name: str) -> Callable[[int, int], None] | None:
    return None if progress is None else lambda done, known: progress(name, done, known)
