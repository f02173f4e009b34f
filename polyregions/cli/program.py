"""The group of all commands: whatever goes wrong in one is a line on stderr and an exit code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from ..errors import CheckFailedError, PolyregionsError
from .output import BAD_INPUT, CHECK_FAILED, INTERRUPTED, NO_READER, complain, discard, say

#: What a write to stdout fails with: its reader is gone, the disk is full, or it is closed.
LOST_STDOUT = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
#: A call without arguments, which shows the help; older releases of click do not tell it from others.
HELP_SHOWN: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())


class Commands(click.Group):
    """Turns what a command refuses, and what stops it, into one line on stderr and an exit code."""

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments."""
        with _one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        with _one_line():
            return super().invoke(ctx)


@contextmanager
def _one_line() -> Iterator[None]:
    try:
        yield
    except PolyregionsError as error:
        complain(error)
        raise click.exceptions.Exit(
            CHECK_FAILED if isinstance(error, CheckFailedError) else BAD_INPUT
        ) from error
    except HELP_SHOWN:
        raise
    except click.ClickException as error:
        context = getattr(error, "ctx", None) or click.get_current_context(silent=True)
        usage = f" (try: {context.command_path} --help)" if context else ""
        complain(error.format_message() + usage)
        raise click.exceptions.Exit(BAD_INPUT) from error
    except KeyboardInterrupt as error:
        say("interrupted", err=True)
        raise click.exceptions.Exit(INTERRUPTED) from error
    except MemoryError as error:
        complain("out of memory: take a smaller network or box, or ask for less")
        raise click.exceptions.Exit(BAD_INPUT) from error
    except OSError as error:
        # What fails on a file has its name; the library turns that into errors of its own.
        if error.errno not in LOST_STDOUT or error.filename is not None:
            raise
        if sys.stdout is not None:
            discard(sys.stdout)
        if error.errno == errno.EPIPE:  # as a program that ends by the signal: without a word
            raise click.exceptions.Exit(NO_READER) from error
        complain(f"stdout: cannot be written: {error.strerror}")
        raise click.exceptions.Exit(BAD_INPUT) from error
