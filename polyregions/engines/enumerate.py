"""Enumerate the activation regions of a network in a domain: validate, choose an engine, run it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from ..base.checks import check_number, check_whole
from ..complex.consistency import contradiction, misplaced_witness
from ..complex.region_complex import RegionComplex
from ..errors import InvalidBoxError, InvalidInputError, TooLargeError
from ..geometry.domain import Domain, box_of
from ..geometry.polytope_domain import Polytope
from ..network.box import Box
from ..network.network import Network
from .sizes import Choice, choose, too_large_to_split, too_large_to_subdivide

#: More threads than any machine has cores.
MOST_WORKERS = 256
#: Options with which "auto" takes the engine that goes on from a partial result.
STOPPING = ("limit", "time_limit", "resume")
LP_BACKENDS = ("native", "scipy", "cvxpy")

Progress = Callable[[int, int], None]


class Options(NamedTuple):
    """What an engine may be asked for; the defaults ask for nothing."""

    lp: str = "native"
    workers: int = 1
    limit: int | None = None
    time_limit: float | None = None
    progress: Progress | None = None
    resume: RegionComplex | None = None

    @property
    def asked(self) -> dict[str, Any]:
        """Those that are not their default."""
        return {
            name: value
            for name, value in self._asdict().items()
            if value is not self._field_defaults[name] and value != self._field_defaults[name]
        }


@dataclass(frozen=True)
class Engine:
    """One way to find the regions.

    Attributes
    ----------
    takes : frozenset of str
        The options that it takes.
    run : callable
        ``run(network, domain, **options)``.
    too_large : callable
        ``too_large(network, domain)`` says before any work why it will not do, or "".
    """

    takes: frozenset[str]
    run: Callable[..., RegionComplex]
    too_large: Callable[[Network, Domain], str] = lambda network, domain: ""


# Loaded when they run: the kernels take a moment, and everything else can do without them.
def _subdivide(network: Network, domain: Domain, **options: Any) -> RegionComplex:
    from .subdivide.engine import enumerate_by_subdivision

    return enumerate_by_subdivision(network, domain, **options)


def _traverse(network: Network, domain: Domain, **options: Any) -> RegionComplex:
    from .traverse.engine import enumerate_by_traversal

    return enumerate_by_traversal(network, domain, **options)


def _split(network: Network, domain: Domain, **options: Any) -> RegionComplex:
    from .faces_again import cut_again
    from .split.engine import enumerate_by_splitting

    return enumerate_by_splitting(network, domain, **options, further=cut_again)


def _brute(network: Network, domain: Domain, **options: Any) -> RegionComplex:
    from .brute import enumerate_brute

    return enumerate_brute(network, domain, **options)


#: What engines take that can stop.
STOPS = frozenset({"workers", "limit", "time_limit", "progress"})
TABLE = {
    "subdivide": Engine(STOPS, _subdivide, too_large_to_subdivide),
    "split": Engine(STOPS, _split, too_large_to_split),
    "traverse": Engine(frozenset(Options._fields), _traverse),
    "brute": Engine(frozenset(), _brute),
}
ENGINES = ("auto", *TABLE)


def enumerate_regions(
    network: Network,
    box: Domain,
    *,
    engine: str = "auto",
    lp: str = "native",
    workers: int = 1,
    limit: int | None = None,
    time_limit: float | None = None,
    progress: Progress | None = None,
    resume: RegionComplex | None = None,
) -> RegionComplex:
    """Enumerate every activation region of a network in a box or a polytope, exactly.

    Parameters
    ----------
    network : Network
    box : Box or Polytope
        Of the network's input dimension; a :class:`polyregions.Polytope` is ``{x in box : A x <= b}``. Where
        an input has one value only, see :func:`polyregions.network.slices.fix_inputs`.
    engine : {"auto", "subdivide", "split", "traverse", "brute"}
        "subdivide" cuts the whole complex, faces of all dimensions, layer by layer, for low dimension;
        "split" cuts one cell after the other, depth first, without faces, which are made when asked for;
        "traverse" goes breadth-first from region to region, in any dimension, and can stop and resume;
        "brute" cuts the domain by one unit after the other in rational arithmetic, a slow referee for tiny
        networks. "auto" is "traverse" if there is a limit, or something to resume, or another ``lp``; else
        "subdivide" up to 2 inputs, "split" up to 8, and "traverse" beyond, but for ties, many layers and
        little memory: :func:`choose_engine` tells which, and why.
    lp : {"native", "scipy", "cvxpy"}
        Linear programming back end of "traverse". It never changes the answer; witnesses are other points of
        the same regions.
    workers : int
        Threads, of "subdivide" and of "traverse" with its own ``lp``; at most 256. They never change the
        answer, and more than there is work for are not started.
    limit : int, optional
        Most regions to list, not of "brute"; with more, the result is partial (``complete`` is False).
    time_limit : float, optional
        Seconds after which the engine stops, not "brute"; the result is then partial.
    progress : callable, optional
        ``progress(done, known)`` now and then, of "subdivide" and "traverse": how many of the regions known
        so far are done. Neither number ever falls.
    resume : RegionComplex, optional
        A partial result of "traverse" for the same network and domain to go on from. The result is that of an
        uninterrupted run. The regions that it explored are decided again, and must be found as they are
        listed: about 1,000, spread over all, at first, and all of them before the result is complete, which
        takes about as long as exploring them did, within ``time_limit`` as all else. A complete one is
        returned as it is.

    Returns
    -------
    RegionComplex
        Partial, and labelled so, if "traverse" or "subdivide" met a limit, memory ran low or Ctrl-C was
        pressed. A region that Ctrl-C or the time limit left without a witness has NaN there. "subdivide"
        lists the parts of the box that it has finished, without faces; if there is none, it goes on until
        there is one, or raises what stopped it.

    Raises
    ------
    InvalidBoxError
        If the box has another dimension than the network's input.
    InvalidInputError
        If an engine or a back end is unknown, a number is out of its range, the engine does not take an
        option that is given, or ``resume`` is of another network or box, contradicts itself, or lists more
        regions than the limit.
    TooLargeError
        If the network is too large for "brute", or the complex for "subdivide".

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
    >>> cx = enumerate_regions(net, Box.cube(2, -2, 2))
    >>> cx.n_regions, cx.n_adjacencies, cx.complete
    (7, 9, True)
    """
    check_domain(network, box)
    if engine not in ENGINES:
        raise InvalidInputError(f"engine {engine!r} is unknown; known: {', '.join(ENGINES)}")
    options = Options(lp, workers, limit, time_limit, progress, resume)
    _check_options(options)
    if engine != "auto":
        _check_taken(engine, options)
    if resume is not None:
        _check_resumed(network, box, resume)
        if resume.complete:
            return resume
        if limit is not None and limit < resume.n_regions:
            raise InvalidInputError(f"limit: resume has {resume.n_regions:,} regions, more than {limit:,}")
    if engine == "auto":
        engine = choose_engine(network, box, **options._asdict()).engine
    chosen = TABLE[engine]
    if why := chosen.too_large(network, box):
        raise TooLargeError(why)
    # Wherever a sign is decided, rounding is bounded: what leaves the range of float64 proves nothing.
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return chosen.run(network, box, **options.asked)


def likely_engine(network: Network, box: Domain, engine: str = "auto") -> str:
    """The engine that a problem without further options is for.

    Examples
    --------
    >>> net = Network.from_arrays([([[1] * 6], [0]), ([[1]], [0])])
    >>> likely_engine(net, Box.cube(6, -1, 1))
    'split'
    """
    return choose_engine(network, box).engine if engine == "auto" else engine


def choose_engine(network: Network, box: Domain, **options: Any) -> Choice:
    """The engine that "auto" takes for a problem, and why.

    Parameters
    ----------
    network : Network
    box : Box or Polytope
    **options
        As for :func:`enumerate_regions`. What stops early, or goes on, is for "traverse": it knows the
        neighbours of the regions that it has explored, and can be resumed.

    Examples
    --------
    >>> net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])
    >>> choose_engine(net, Box.cube(2, -1, 1))
    Choice(engine='subdivide', why='1 or 2 inputs')
    """
    own = Options(**options).asked.keys() - (STOPS - set(STOPPING))
    if own:
        return Choice("traverse", f"the option {min(own)}")
    return choose(network, box)


def check_problem(network: Network, box: Box) -> None:
    """Refuse what is no network and a box for it.

    Raises
    ------
    InvalidInputError
        If one of them is something else.
    InvalidBoxError
        If the box has another dimension than the network's input.
    """
    check_network(network)
    if not isinstance(box, Box):
        raise InvalidInputError(f"box: expected a Box, got {type(box).__name__}")
    _check_dimension(network, box)


def check_domain(network: Network, domain: Domain) -> None:
    """As :func:`check_problem`, where polytopes are taken, too."""
    check_network(network)
    if not isinstance(domain, Box | Polytope):
        raise InvalidInputError(f"box: expected a Box or a Polytope, got {type(domain).__name__}")
    _check_dimension(network, box_of(domain))


def check_network(network: object) -> None:
    """Refuse what is no network."""
    if not isinstance(network, Network):
        raise InvalidInputError(f"network: expected a Network, got {type(network).__name__}")


def _check_dimension(network: Network, box: Box) -> None:
    if box.dim != network.input_dim:
        raise InvalidBoxError(
            f"box: it has {box.dim} dimension(s) but the network has {network.input_dim} input(s)"
        )


def _check_options(options: Options) -> None:
    """Refuse values that no engine takes."""
    if options.lp not in LP_BACKENDS:
        raise InvalidInputError(f"lp {options.lp!r} is unknown; known: {', '.join(LP_BACKENDS)}")
    check_whole("workers", options.workers, 1, MOST_WORKERS)
    if options.limit is not None:
        check_whole("limit", options.limit)
    if options.time_limit is not None:
        check_number("time_limit", options.time_limit)
    if options.progress is not None and not callable(options.progress):
        raise InvalidInputError(f"progress must be a function, got {type(options.progress).__name__}")
    if options.lp != "native" and options.workers > 1:
        raise InvalidInputError(f"lp {options.lp!r} works in one thread: leave out workers")


def _check_resumed(network: Network, domain: Domain, resume: object) -> None:
    """Refuse what is no result of the problem, or contradicts itself."""
    if not isinstance(resume, RegionComplex):
        raise InvalidInputError(
            f"resume: expected a RegionComplex, as load_result gives, got {type(resume).__name__}"
        )
    if resume.network != network or resume.domain != domain:
        raise InvalidInputError("resume: it is a result of another network or box")
    if not resume.complete and resume.engine != "traverse":
        raise InvalidInputError("resume: only what engine 'traverse' began can be gone on from")
    if why := contradiction(resume) or misplaced_witness(resume):
        raise InvalidInputError(f"resume: it contradicts itself: {why}")


def _check_taken(engine: str, options: Options) -> None:
    """Refuse an option that the engine would have to ignore."""
    for option in options.asked:
        if option not in TABLE[engine].takes:
            others = " or ".join(repr(other) for other, row in TABLE.items() if option in row.takes)
            stops = TABLE[engine].takes & set(STOPPING)
            whole = (
                f" does not take {option}" if stops or option not in STOPPING else " has all regions or none"
            )
            raise InvalidInputError(f"engine {engine!r}{whole}: leave out {option}, or use {others}")
