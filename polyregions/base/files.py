"""Files: the format by the name's ending, and writing whole or not at all.

A file is written under another name beside its place and then renamed. What can be refused is refused before
the work: :func:`known_ending` and :func:`check_target` look at a path alone.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from ..errors import FileFormatError, InvalidInputError, short_repr


def checked_path(path: object) -> Path:
    """Return a path that the system can take.

    Raises
    ------
    InvalidInputError
        If it is neither a text nor a path, or has a NUL character.

    Examples
    --------
    >>> checked_path("net.json").suffix
    '.json'
    """
    if not isinstance(path, str | os.PathLike):
        raise InvalidInputError(f"a file is named by a text or a path, got {short_repr(path)}")
    name = os.fspath(path)
    if not isinstance(name, str):
        raise InvalidInputError(f"a file is named by a text or a path, got {short_repr(path)}")
    if "\0" in name:
        raise InvalidInputError(f"{short_repr(name)}: no file's name can have a NUL character")
    return Path(name)


def known_ending(path: str | Path, what: str, endings: tuple[str, ...]) -> str:
    """Return the ending of a file's name in lower case if it is one of those known."""
    ending = checked_path(path).suffix.lower()
    if ending not in endings:
        known = ", ".join(endings)
        if not ending:
            raise FileFormatError(
                f"{path}: no {what} format is told by a name without an ending; known: {known}"
            )
        raise FileFormatError(f"{path}: no {what} format ends in {ending!r}; known: {known}")
    return ending


def check_target(path: str | Path) -> None:
    """Refuse a path at which no file can be written."""
    path = checked_path(path)
    folder = _place(path).parent
    if path.is_dir():
        raise InvalidInputError(f"{path}: cannot be written: it is a directory")
    if not folder.is_dir():
        raise InvalidInputError(f"{path}: cannot be written: there is no directory {folder}")
    # A file that is not a regular one (/dev/null, a pipe) is written in place.
    place = path if path.exists() and not path.is_file() else folder
    if not os.access(place, os.W_OK):
        raise InvalidInputError(f"{path}: cannot be written: no permission to write to {place}")


@contextmanager
def replacing(path: str | Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of ``path`` when the block ends, and vanishes if it fails."""
    path = checked_path(path)
    target = _place(path)
    in_place = path.exists() and not path.is_file()
    # Beside the target: a rename within one file system cannot be seen half done.
    part = target if in_place else target.with_name(f".{secrets.token_hex(8)}.part")
    try:
        try:
            with open(part, "wb" if in_place else "xb") as file:
                yield file
            if not in_place:
                os.replace(part, target)
        except BaseException:
            if not in_place:
                part.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidInputError(f"{path}: cannot be written: {error.strerror or error}") from error


def _place(path: Path) -> Path:
    """Where the file really lies: a symbolic link stays, what it points to is replaced."""
    return Path(os.path.realpath(path))
