"""Weights and biases by name in a ``.safetensors`` file: a plain stack of layers.

See :mod:`polyregions.network.formats.state_dict`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, deserialize

from ...base.arrays import FloatArray
from ...base.memory import available_memory
from ...errors import FileFormatError, InvalidNetworkError, TooLargeError, UnsupportedLayerError, printable
from ..source import Reading
from . import state_dict

#: How numbers stand in a file; those of bfloat16 are the upper halves of float32.
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}


def read(
    path: Path, activation: str = "relu", slope: Any = None, breakpoints: Any = None, slopes: Any = None
) -> Reading:
    """Read a network; the activation and its parameters are those of ``Network.from_arrays``."""
    if path.is_file() and path.stat().st_size > available_memory() // 8:
        raise TooLargeError(
            f"{path}: it has {path.stat().st_size:,} bytes, too many for the memory that is free"
        )
    try:
        entries = deserialize(path.read_bytes())
    except SafetensorError as error:
        reason = " ".join(str(error).split())
        raise FileFormatError(
            f"{path}: not a readable .safetensors file, truncated perhaps: {reason}"
        ) from error
    mapping = {name: _array(path, name, entry) for name, entry in entries}
    given = {"slope": slope, "breakpoints": breakpoints, "slopes": slopes}
    parameters = {name: value for name, value in given.items() if value is not None}
    try:
        layers, source = state_dict.read(mapping, activation, **parameters)
    except InvalidNetworkError as error:
        raise type(error)(f"{path}: {error}") from error
    return Reading(layers, None if source is None else replace(source, format="safetensors"))


def _array(path: Path, name: str, entry: dict[str, Any]) -> FloatArray:
    """An array in float64, which holds all these types without loss."""
    kind = TYPES.get(entry["dtype"])
    if kind is None:
        raise UnsupportedLayerError(
            f"{path}: {printable(name)} is of the type {entry['dtype']}; known: {', '.join(TYPES)}"
        )
    raw = np.frombuffer(entry["data"], dtype=kind)
    if entry["dtype"] == "BF16":
        raw = (raw.astype("<u4") << 16).view("<f4")
    return raw.astype(np.float64).reshape(entry["shape"])
