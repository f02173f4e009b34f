"""The group of all commands: whatever goes wrong in one is a line on stderr and an exit code."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from importlib import import_module
from typing import Any

import click

from ..errors import CheckFailedError, PolyregionsError
from .output import BAD_INPUT, CHECK_FAILED, INTERRUPTED, NO_READER, complain, discard, say

#: What a write to stdout fails with: its reader is gone, the disk is full, or it is closed.
LOST_STDOUT = {errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}
#: A call without arguments, which shows the help; older releases of click do not tell it from others.
HELP_SHOWN: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())


class LazyCommand(click.Command):
    """A command that is loaded when it is called: not to list it, nor to complete its name.

    Parameters
    ----------
    name : str
    module : str
        The module of the command line that has it, as ``NAME_command``.
    text : str
        What it does: the first sentence of its help.
    """

    def __init__(self, name: str, module: str, text: str) -> None:
        super().__init__(name, short_help=text)
        self.module = module

    @cached_property
    def loaded(self) -> click.Command:
        """The command itself."""
        home = import_module(f".{self.module}", __package__)
        command: click.Command = getattr(home, f"{self.name}_command")
        return command

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments; what is called then is the command itself."""
        return self.loaded.make_context(*args, **extra)


class Commands(click.Group):
    """Turns what a command refuses, and what stops it, into one line on stderr and an exit code."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Their names, in the order in which they were added."""
        return list(self.commands)

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
