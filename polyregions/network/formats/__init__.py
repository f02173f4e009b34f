"""Readers and writers of network files. Each turns a file into layers, and layers into a file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from ...errors import FileFormatError

#: Module of this package for each ending of a file's name.
FORMATS = {".json": "json", ".npz": "npz"}


def module(path: Path) -> Any:
    """Return the module with ``read`` and ``write`` for a file's name."""
    name = FORMATS.get(path.suffix.lower())
    if name is None:
        found = f"no network format ends in {path.suffix!r}" if path.suffix else "the name has no ending"
        raise FileFormatError(f"{path}: {found}; known: {', '.join(FORMATS)}")
    return import_module(f".{name}", __package__)
