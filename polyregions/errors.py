"""The errors of this library: every one says what is wrong, where, and what to do.

All derive from :class:`PolyregionsError`, so that ``except PolyregionsError`` catches what the
library refuses and nothing else. The command line turns each into one line and exit code 2.
"""

from __future__ import annotations

import reprlib


class PolyregionsError(Exception):
    """Base of every error that this library raises on purpose."""


class InvalidInputError(PolyregionsError, ValueError):
    """An argument has a value that cannot be used (an unknown engine, a limit below 1, ...)."""


class InvalidNetworkError(InvalidInputError):
    """Weights, biases or layers do not make a network: shapes, NaN or infinity, breakpoints."""


class InvalidBoxError(InvalidInputError):
    """The bounds do not make a box: not finite, inverted, empty, or of the wrong dimension."""


class InvalidPolytopeError(InvalidInputError):
    """The rows do not make a polytope: not finite, unbounded, empty, flat, or of the wrong dimension."""


class UnsupportedLayerError(InvalidNetworkError):
    """A layer or an activation that this library does not know. It is named, never guessed."""


class FileFormatError(PolyregionsError, ValueError):
    """A file cannot be read as what it claims to be: truncated, wrong format, wrong version."""


class TooLargeError(PolyregionsError):
    """The request exceeds a stated limit; the message gives the estimate and the limit."""


class MissingDependencyError(PolyregionsError, ImportError):
    """An optional package is needed; the message names it and the extra that installs it."""


class CheckFailedError(PolyregionsError):
    """A result contradicts an invariant. This is a defect of the library: please report it."""


def short_repr(value: object) -> str:
    """Return what a message shows of a value that it cannot use: one short line, whatever the value.

    Examples
    --------
    >>> print(short_repr("ReLU"), short_repr([[[[[[[[1]]]]]]]]))
    'ReLU' [[[[[[[...]]]]]]]
    """
    return " ".join(reprlib.repr(value).split())


def printable(text: object) -> str:
    r"""Return text as a terminal may show it: on one line, and with nothing that a terminal obeys.

    Names, paths and texts of files may hold line breaks and escapes that hide or forge what stands around
    them. Every character that is not printable is shown as its escape.

    Examples
    --------
    >>> print(printable("limit\n\x1b[2JVALID: all regions"))
    limit\n\x1b[2JVALID: all regions
    """
    shown = str(text)
    if shown.isprintable():
        return shown
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in shown)


def counted(n: int, singular: str, plural: str = "") -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted(1, "point"), counted(2500, "point"), counted(0, "axis", "axes")
    ('1 point', '2,500 points', '0 axes')
    """
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"
