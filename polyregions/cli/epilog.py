"""The examples with which every help ends."""

from __future__ import annotations

#: Where the networks of the examples are.
SHIPPED = "examples/networks"


def examples(*lines: str, folder: str | None = None) -> str:
    """The end of a command's help: lines that run as they stand, one after the other, in a folder."""
    title = ("Example" if len(lines) == 1 else "Examples") + (f", in {folder}:" if folder else ":")
    # The character keeps click from filling the lines up to paragraphs.
    return "\b\n" + "\n  ".join([title, *lines])
