"""What an enumeration is likely to take: as a table, and before one begins that may be huge."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any

import click

from ..base.memory import available_memory
from ..engines.enumerate import likely_engine
from ..engines.sizes import likely_regions, region_bound
from ..errors import InvalidInputError, TooLargeError, counted
from .output import Styled, say
from .progress import status
from .where import Domain

if TYPE_CHECKING:
    from ..statistics.forecast import Forecast

#: A network that can have no more regions is enumerated at once, and so is one that is likely to take no more
#: seconds, by the regions along a few lines.
SMALL, QUICK = 100_000, 5.0
#: Seconds of probes.
PROBING = 1.0
#: On a terminal one is asked before more regions, or more than the memory that is free, are gone for.
ASKED = 10_000_000
#: Without a terminal more regions need a word: ``--limit``, ``--time-limit`` or ``--yes``.
MOST = 100_000_000

YEAR = 365.25 * 86400
UNITS = ((YEAR, "years"), (86400.0, "days"), (3600.0, "hours"), (60.0, "minutes"))


def look_ahead(domain: Domain, options: dict[str, Any], shown: bool, yes: bool) -> dict[str, Any] | None:
    """Tell what an enumeration is likely to take if it may be huge, and ask whether to begin.

    Returns the numbers of the forecast; None if the work is small, or has an end that was asked for.

    Raises
    ------
    InvalidInputError
        If the answer is no.
    TooLargeError
        If it is expected to have more than :data:`MOST` regions, and nobody can be asked.
    """
    ends = any(options[name] is not None for name in ("limit", "time_limit"))
    network, box = domain.network, domain.box
    if ends or options["engine"] == "brute" or region_bound(network) <= SMALL:
        return None
    from ..statistics.forecast import seconds_of_region

    each = seconds_of_region(network, likely_engine(network, box, options["engine"]))
    if likely_regions(network, box) * each <= QUICK:
        return None
    found = find_forecast(domain, options["engine"], shown)
    numbers, asked = found.numbers(), found.regions > ASKED or found.bytes > available_memory()
    if found.regions > MOST and not yes and not _terminal():
        raise TooLargeError(
            f"{regions_text(numbers)} regions are expected, {cost_text(numbers)}; more than {MOST:,} need "
            "--limit N, --time-limit SECONDS, or --yes"
        )
    if shown:
        most = "" if numbers["at_most"] is None else f"; at most {rough(numbers['at_most'])} by the shape"
        lines = numbers["lines"]
        along = f"{lines['least']:,.0f} to {lines['most']:,.0f} along {lines['n']} lines"
        say(f"expected: {regions_text(numbers)} regions, {_source_text(numbers)}", err=True)
        say(f"{along}{most}; {numbers['engine']} would take {cost_text(numbers)}", err=True)
    if asked and not yes and _terminal() and not _confirmed():
        raise InvalidInputError("not begun; --limit N or --time-limit SECONDS gives a part")
    return numbers


def find_forecast(domain: Domain, engine: str, shown: bool) -> Forecast:
    """Estimate the number of regions, and show that this goes on."""
    from ..statistics.forecast import forecast

    with status(shown, "estimating the number of regions"):
        return forecast(domain.network, domain.box, engine, PROBING)


def _confirmed() -> bool:
    """Ask whether to begin; an end of the input, or Ctrl-C, is a no."""
    try:
        return click.confirm("begin?", err=True)
    except click.Abort:
        return False


def _terminal() -> bool:
    """Whether there is somebody to ask."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def forecast_rows(numbers: dict[str, Any]) -> list[tuple[str, str | Styled]]:
    """What a table says of the numbers of a forecast."""
    from ..statistics.summaries import mean_text

    lines = numbers["lines"]
    along = f"{lines['least']:,.0f} to {lines['most']:,.0f}, {mean_text(lines)} on average"
    return [
        (f"along {counted(lines['n'], 'line')}", along),
        ("regions expected", Styled(regions_text(numbers), bold=True)),
        ("estimated", _source_text(numbers)),
        (f"{numbers['engine']} would take", cost_text(numbers)),
    ]


def regions_text(numbers: dict[str, Any]) -> str:
    """The number of regions that is expected, with its standard error if there is one."""
    from ..statistics.summaries import mean_text

    estimate = numbers["estimate"]
    if numbers["regions"] is None:
        return "more than float64 holds"
    if estimate is None or estimate["standard_error"] is None:
        return f"about {rough(numbers['regions'])}"
    if not 1 <= estimate["standard_error"] < 1e15:
        return mean_text({**estimate, "n": estimate["probes"]})
    # The error with two digits, the mean as far as that.
    digits = -max(0, math.floor(math.log10(estimate["standard_error"])) - 1)
    mean, error = (round(estimate[name], digits) for name in ("mean", "standard_error"))
    return f"{mean:,.0f} +- {error:,.0f}"


def _source_text(numbers: dict[str, Any]) -> str:
    """From where the number of regions is known."""
    if numbers["estimate"] is None:
        return "as if the borders that a line meets were in general position"
    return f"by {counted(numbers['estimate']['probes'], 'random descent')}, without bias"


def cost_text(numbers: dict[str, Any]) -> str:
    """Time and memory, and the rates that they follow from."""
    rates = (
        f"{rough(numbers['regions_per_second'])} regions/s, {rough(numbers['bytes_per_region'])} bytes each"
    )
    if numbers["seconds"] is None:
        return f"for ever, at {rates}"
    return f"about {duration(numbers['seconds'])} and {size(numbers['bytes'])}, at {rates}"


def rough(number: float) -> str:
    """A number with two digits.

    Examples
    --------
    >>> rough(123456), rough(0.123), rough(1.5e20)
    ('120,000', '0.12', '1.5e+20')
    """
    return f"{float(f'{number:.2g}'):,.0f}" if 100 <= number < 1e15 else f"{number:.2g}"


def duration(seconds: float) -> str:
    """A time that reads well.

    Examples
    --------
    >>> duration(0.01), duration(12.3), duration(400), duration(1e6), duration(1e30)
    ('a second', '12 s', '6.7 minutes', '12 days', '3.2e+22 years')
    """
    for length, name in UNITS:
        if seconds >= 2 * length:
            return f"{rough(seconds / length)} {name}"
    return f"{rough(seconds)} s" if seconds > 1 else "a second"


def size(count: float) -> str:
    """A number of bytes that reads well.

    Examples
    --------
    >>> size(5e5), size(3e9), size(1e20)
    ('1 MiB', '2.8 GiB', '93,000,000,000 GiB')
    """
    if count >= 2**30:
        return f"{rough(count / 2**30)} GiB"
    return f"{rough(max(1.0, count / 2**20))} MiB"
