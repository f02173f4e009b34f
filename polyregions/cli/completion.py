"""What a shell completes beyond what click knows by itself: options, choices, files of a declared type."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import click
from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def names_of(module: str, table: str) -> Completer:
    """Complete the names in a table of the library, which is loaded only then."""

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        known = getattr(import_module(f"..{module}", __package__), table)
        return [CompletionItem(name) for name in known if name.startswith(incomplete)]

    return complete


def listed_names_of(module: str, table: str) -> Completer:
    """Complete the last of several names with commas between."""
    last = names_of(module, table)

    def complete(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        before, comma, name = incomplete.rpartition(",")
        return [CompletionItem(before + comma + str(item.value)) for item in last(ctx, param, name)]

    return complete


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete files, for an option that takes points from one, or written out."""
    return [CompletionItem(incomplete, type="file")]
