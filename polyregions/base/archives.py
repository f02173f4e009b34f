"""Archives of arrays (``.npz``) that somebody hands in: nothing is unpickled, nothing is unpacked unseen."""

from __future__ import annotations

import lzma
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import FileFormatError, TooLargeError
from .memory import available_memory

#: What numpy and the zip library raise on a file that is damaged, encrypted, or something else.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    tokenize.TokenError,
    EOFError,
    ValueError,
    TypeError,
    OSError,
    LookupError,
    RuntimeError,
    SyntaxError,
    ArithmeticError,
    MemoryError,
    SystemError,
)

#: Zeros are packed to a thousandth of their size, arrays of networks and results to a hundredth at best. An
#: archive that unpacks to more than ``UNSUSPECTED`` bytes and so many times its size is made to fill memory.
MOST_TIMES, UNSUSPECTED = 500, 2**28


def read_archive(path: Path, names: Collection[str] | None = None) -> dict[str, Any]:
    """Read the arrays of an archive, all or those named.

    Raises
    ------
    FileFormatError
        If it is damaged, no archive, or holds objects.
    TooLargeError
        If its arrays would take more than half of the memory that is free, or far more than the file.
    """
    try:
        check_unpacked_size(path)
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise FileFormatError(f"{path}: a single array, not an archive of several")
        with loaded as archive:
            wanted = [name for name in archive.files if names is None or name in names]
            return {name: np.asarray(archive[name]) for name in wanted}
    except (FileFormatError, FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except UNREADABLE as error:
        raise FileFormatError(
            f"{path}: not a readable .npz archive, truncated perhaps: {_why(error)}"
        ) from error


def check_unpacked_size(path: Path) -> None:
    """Refuse an archive by the sizes that it states: too large for the memory, or for what it can hold."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    if size > max(UNSUSPECTED, MOST_TIMES * path.stat().st_size):
        raise TooLargeError(
            f"{path}: its arrays take {size / 2**30:,.1f} GiB, more than {MOST_TIMES} times the file: "
            "nothing but repetitions, which is not unpacked"
        )
    limit = available_memory() // 2
    if size > limit:
        raise TooLargeError(
            f"{path}: its arrays take {size / 2**30:,.1f} GiB, and {limit / 2**30:,.1f} GiB is the limit here"
        )


def _why(error: BaseException) -> str:
    """The reason in one line, without numpy's advice to unpickle what it cannot read."""
    reason = " ".join(str(error).split())
    if "pickle" in reason:
        return "it holds objects, which are never read, or it is no such file at all"
    return reason or type(error).__name__
