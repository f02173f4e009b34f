"""Archives of arrays (``.npz``): read whole, and nothing unpickled."""

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

from ..errors import FileFormatError

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
)


def read_archive(path: Path, names: Collection[str] | None = None) -> dict[str, Any]:
    """Read the arrays of an archive, all or those named; nothing is ever unpickled."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if not isinstance(loaded, np.lib.npyio.NpzFile):
            raise FileFormatError(f"{path}: a single array, not an archive of several")
        with loaded as archive:
            wanted = [name for name in archive.files if names is None or name in names]
            return {name: np.asarray(archive[name]) for name in wanted}
    except (FileFormatError, FileNotFoundError, IsADirectoryError, PermissionError):
        raise
    except UNREADABLE as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise FileFormatError(f"{path}: not a readable .npz archive, truncated perhaps: {reason}") from error
