"""Networks as ``.npz`` archives: plain arrays, nothing pickled.

Keys: ``format``, ``version``, ``types`` (one name a layer) and for layer i ``i.weight``, ``i.bias``
and, where the type has them, ``i.slope``, ``i.breakpoints``, ``i.slopes``, ``i.ranks`` (maxout
weights are stored piece after piece, shape (pieces, in)).
"""

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

from ...errors import FileFormatError, InvalidNetworkError, short_repr
from ..layers import Layer, MaxoutLayer, make_layer

FORMAT = "polyregions-network"
VERSION = 1

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


def read(path: Path) -> list[Layer]:
    """Read the layers of a network archive."""
    arrays = read_archive(path)
    try:
        return _from_arrays(arrays)
    except InvalidNetworkError as error:
        raise type(error)(f"{path}: {error}") from error
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from error


def write(path: Path, layers: tuple[Layer, ...]) -> None:
    """Write layers as a network archive."""
    arrays: dict[str, Any] = {
        "format": np.array(FORMAT),
        "version": np.array(VERSION),
        "types": np.array([layer.kind for layer in layers]),
    }
    for i, layer in enumerate(layers):
        arrays[f"{i}.weight"], arrays[f"{i}.bias"] = layer.weight, layer.bias
        if isinstance(layer, MaxoutLayer):
            arrays[f"{i}.ranks"] = layer.ranks
        elif layer.kind == "leaky_relu":
            arrays[f"{i}.slope"] = layer.slopes[0]
        elif layer.kind == "piecewise":
            arrays[f"{i}.breakpoints"], arrays[f"{i}.slopes"] = layer.breakpoints, layer.slopes
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _from_arrays(arrays: dict[str, Any]) -> list[Layer]:
    if "format" not in arrays or str(arrays["format"]) != FORMAT:
        raise FileFormatError(f'not a network: it needs an entry "format" with the text "{FORMAT}"')
    if str(arrays.get("version")) != str(VERSION):
        raise FileFormatError(
            f"version {short_repr(arrays.get('version'))} of the network format is unknown; "
            f"this release reads {VERSION}"
        )
    types = [str(name) for name in np.atleast_1d(arrays.get("types", np.array([])))]
    if not types:
        raise FileFormatError('"types" must name at least one layer')
    layers = []
    for i, kind in enumerate(types):
        own = {key.split(".", 1)[1]: value for key, value in arrays.items() if key.startswith(f"{i}.")}
        if not {"weight", "bias"} <= set(own):
            raise FileFormatError(f'layer {i}: each layer needs "{i}.weight" and "{i}.bias"')
        weight, bias = own.pop("weight"), own.pop("bias")
        try:
            if kind == "maxout":
                weight, bias = _split_pieces(weight, bias, own.pop("ranks", None))
            layers.append(make_layer(kind, weight, bias, **own))
        except InvalidNetworkError as error:
            raise type(error)(f"layer {i}: {error}") from error
    return layers


def _split_pieces(weight: Any, bias: Any, ranks: Any) -> tuple[list[Any], list[Any]]:
    if (
        ranks is None
        or ranks.ndim != 1
        or ranks.dtype.kind not in "iu"
        or weight.ndim != 2
        or bias.ndim != 1
        or (ranks < 1).any()
        or (ranks > weight.shape[0]).any()
        or int(ranks.sum()) != weight.shape[0]
        or weight.shape[0] != bias.shape[0]
    ):
        raise InvalidNetworkError(
            "maxout: ranks, weight (pieces, in) and bias (pieces,) do not fit each other"
        )
    cuts = np.cumsum(ranks)[:-1]
    return np.split(weight, cuts), np.split(bias, cuts)
