"""Options that take several numbers, and earlier names of options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import takewhile
from typing import Any

import click

#: Options that may be followed by several numbers.
LISTS = ("--widths", "--sizes", "--ranks", "--folds", "--outputs")
NUMBER = re.compile(r"-?\d[\d,]*")


class ListCommand(click.Command):
    """A command whose options may be followed by several numbers: ``--widths 4 4 3``.

    Parameters
    ----------
    earlier : mapping of str to str, optional
        What options were called before, and what they are called now; both are understood.
    """

    def __init__(self, *args: Any, earlier: Mapping[str, str] | None = None, **extra: Any) -> None:
        super().__init__(*args, **extra)
        self.earlier = dict(earlier or {})

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Join the numbers after such an option to one value."""
        joined: list[str] = []
        rest = list(args)
        while rest:
            name, equals, value = rest.pop(0).partition("=")
            joined.append(self.earlier.get(name, name) + equals + value)
            if joined[-1] in LISTS:
                numbers = list(takewhile(NUMBER.fullmatch, rest))
                del rest[: len(numbers)]
                joined += [",".join(numbers)] if numbers else []
        return super().parse_args(ctx, joined)


def whole_numbers(ctx: click.Context, param: click.Parameter, value: str | None) -> list[int] | None:
    """Turn whole numbers, with commas or spaces between, into a list."""
    if value is None:
        return None
    try:
        return [int(part) for part in re.split(r",|\s+", value.strip())]
    except ValueError:
        message = f"{value!r} is no list of whole numbers, such as 4 4 3"
        raise click.BadParameter(message, ctx=ctx, param=param) from None
