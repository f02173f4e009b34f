"""How much memory is left, and what is said where it does not suffice.

Asked before arrays grow, so that a large result stops instead of crashing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from ..errors import TooLargeError

P = ParamSpec("P")
T = TypeVar("T")


def available_memory() -> int:
    """Bytes that can be allocated without swapping, within the limit of the process, as far as is known."""
    return min(_free_in_system(), _free_in_address_space())


def _free_in_system() -> int:
    try:
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 1 << 62


def _free_in_address_space() -> int:
    """What a limit of the address space (``ulimit -v``) leaves."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit == resource.RLIM_INFINITY:
            return 1 << 62
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        return max(0, limit - pages * resource.getpagesize())
    except (ImportError, OSError, ValueError):
        return 1 << 62


@contextmanager
def memory_for_threads() -> Iterator[None]:
    """Turn what Python raises where a thread's stack cannot be had into the MemoryError that it is."""
    try:
        yield
    except RuntimeError as error:
        if "start new thread" not in str(error):
            raise
        raise MemoryError(str(error)) from error


@contextmanager
def within_memory(what: str) -> Iterator[None]:
    """Turn the MemoryError of a block into a :class:`TooLargeError` that says what did not fit.

    Examples
    --------
    >>> with within_memory("the table: ask for fewer points"):
    ...     raise MemoryError
    Traceback (most recent call last):
    ...
    polyregions.errors.TooLargeError: not enough memory for the table: ask for fewer points
    """
    try:
        yield
    except MemoryError as error:
        raise TooLargeError(f"not enough memory for {what}") from error


def needs_memory(what: str) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """The decorator that runs a function :func:`within_memory`."""

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @wraps(function)
        def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
            with within_memory(what):
                return function(*args, **kwargs)

        return wrapped

    return decorate
