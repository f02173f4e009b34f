"""Readers and writers of networks: files of several formats, and models of other libraries.

A reader makes a :class:`~polyregions.network.source.Reading` of a file or of a model, a writer a file of
layers. Modules are loaded when they are needed: some need packages that not everybody has.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

from ...errors import FileFormatError, InvalidInputError, MissingDependencyError

#: Module of this package for each ending of a file's name.
FORMATS = {
    ".json": "json",
    ".npz": "npz",
    ".nnet": "nnet",
    ".onnx": "onnx",
    ".safetensors": "safetensors",
}
#: Those that can be written, too.
WRITTEN = (".json", ".npz")
#: Endings of files that are pickled. Reading one runs whatever code it holds.
PICKLED = (".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib")
#: The packages that modules of this package need, and the extras that install them.
EXTRAS = {
    "keras": ("torch", "keras"),
    "onnx": ("onnx", "onnx"),
    "torch": ("torch", "torch"),
    "sklearn": ("sklearn", "sklearn"),
    "safetensors": ("safetensors", "safetensors"),
}


def reader(path: Path, options: Iterable[str]) -> Callable[..., Any]:
    """Return the function that reads files of a name's ending, if it takes these options."""
    if path.suffix.lower() in PICKLED:
        raise FileFormatError(
            f"{path}: {path.suffix} files are pickled, and reading one would run whatever code it holds; "
            "give the model itself to Network.from_torch or Network.from_sklearn, "
            "or save its weights as .safetensors; "
            f"known: {', '.join(FORMATS)}"
        )
    read: Callable[..., Any] = framework(_format(path, tuple(FORMATS))).read
    known = [name for name in inspect.signature(read).parameters if name != "path"]
    for name in options:
        if name not in known:
            takes = f"it takes {', '.join(known)}" if known else "it takes none"
            raise InvalidInputError(f"load: {path.suffix.lower()} has no option {name}; {takes}")
    return read


def writer(path: Path) -> Callable[..., Any]:
    """Return the function that writes files of a name's ending."""
    write: Callable[..., Any] = framework(_format(path, WRITTEN)).write
    return write


def framework(name: str) -> Any:
    """Return a module of this package, or say which package it needs and lacks."""
    package, extra = EXTRAS.get(name, ("", ""))
    try:
        return import_module(f".{name}", __package__)
    except ImportError as error:
        if not package or (error.name or "").partition(".")[0] != package:
            raise
        raise MissingDependencyError(
            f"{package} is needed to read this; pip install 'polyregions[{extra}]'"
        ) from error


def _format(path: Path, endings: tuple[str, ...]) -> str:
    name = FORMATS.get(path.suffix.lower()) if path.suffix.lower() in endings else None
    if name is None:
        found = f"no network format ends in {path.suffix!r}" if path.suffix else "the name has no ending"
        raise FileFormatError(f"{path}: {found}; known: {', '.join(endings)}")
    return name
