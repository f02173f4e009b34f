"""Networks as ``.npz`` archives: plain arrays, nothing pickled.

Keys: ``format``, ``version``, ``types`` (one name a layer) and for layer i ``i.weight``, ``i.bias``
and, where the type has them, ``i.slope``, ``i.breakpoints``, ``i.slopes``, ``i.ranks`` (maxout
weights are stored piece after piece, shape (pieces, in)).

Version 2, written when needed: a layer of the type "mixed" has ``i.types`` (one name a part), and part k the
keys of a layer, ``i.k.weight`` and so on; parameters may have one more axis, that of the units; a sparse
weight is ``i.weight.shape``, ``.rows``, ``.columns``, ``.values``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from ...base.archives import read_archive
from ...errors import FileFormatError, InvalidNetworkError, short_repr
from ..kinds import make_layer
from ..layers import Layer, mixed, stacked_maxout
from ..numbers import is_sparse
from ..source import Reading
from .json import FORMAT, read_version, sparse_weight


def read(path: Path) -> Reading:
    """Read the layers of a network archive."""
    arrays = read_archive(path)
    try:
        return Reading(_from_arrays(arrays))
    except InvalidNetworkError as error:
        raise type(error)(f"{path}: {error}") from error
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from error


def write(path: Path, layers: tuple[Layer, ...]) -> None:
    """Write layers as a network archive, of the lowest version that can hold them."""
    arrays: dict[str, Any] = {"format": np.array(FORMAT), "types": np.array([layer.kind for layer in layers])}
    version = 1
    for i, layer in enumerate(layers):
        parts = layer.split()
        if len(parts) > 1:
            arrays[f"{i}.types"] = np.array([part.kind for part in parts])
            version = 2
        for k, part in enumerate(parts):
            prefix = f"{i}.{k}." if len(parts) > 1 else f"{i}."
            own = _entries(part)
            single = own.get("slope", np.empty(0)).ndim == 1 and "slope" in own
            if "weight" not in own or single or own.get("slopes", np.empty(0)).ndim == 2:
                version = 2
            arrays |= {prefix + name: value for name, value in own.items()}
    arrays["version"] = np.array(version)
    with path.open("wb") as file:
        np.savez_compressed(file, **arrays)


def _entries(layer: Layer) -> dict[str, Any]:
    entries: dict[str, Any] = {"bias": layer.bias}
    if is_sparse(layer.weight):
        coo = layer.weight.tocoo()
        values = {"shape": np.array(coo.shape), "rows": coo.row, "columns": coo.col, "values": coo.data}
        entries |= {f"weight.{name}": value for name, value in values.items()}
    else:
        entries["weight"] = layer.weight
    if layer.kind == "maxout":
        entries["ranks"] = layer.ranks
    return entries | {name: np.asarray(value) for name, value in layer.parameters.items()}


def _from_arrays(arrays: dict[str, Any]) -> list[Layer]:
    if "format" not in arrays or str(arrays["format"]) != FORMAT:
        raise FileFormatError(f'not a network: it needs an entry "format" with the text "{FORMAT}"')
    version = read_version(arrays["version"].tolist() if "version" in arrays else None)
    types = [str(name) for name in np.atleast_1d(arrays.get("types", np.array([])))]
    if not types:
        raise FileFormatError('"types" must name at least one layer')
    grouped: dict[str, dict[str, Any]] = {}
    for key, value in arrays.items():
        number, _, name = key.partition(".")
        grouped.setdefault(number, {})[name] = value
    layers = []
    for i, kind in enumerate(types):
        try:
            layers.append(_layer(kind, grouped.get(str(i), {}), version >= 2))
        except (InvalidNetworkError, FileFormatError) as error:
            raise type(error)(f"layer {i + 1}: {error}") from error
    return layers


def _layer(kind: str, own: dict[str, Any], extended: bool) -> Layer:
    if kind == "mixed" and extended:
        parts: dict[str, dict[str, Any]] = {}
        for key, value in own.items():
            number, _, name = key.partition(".")
            parts.setdefault(number, {})[name] = value
        kinds = [str(name) for name in np.atleast_1d(parts.get("types", {}).get("", np.array([])))]
        if "mixed" in kinds:
            raise FileFormatError("a part cannot be mixed itself")
        return mixed([_layer(name, parts.get(str(k), {}), extended) for k, name in enumerate(kinds)])
    sparse = {name: own.pop(f"weight.{name}", None) for name in ("shape", "rows", "columns", "values")}
    if extended and "weight" not in own and all(value is not None for value in sparse.values()):
        own["weight"] = sparse_weight(**{name: value.tolist() for name, value in sparse.items()})
    if not {"weight", "bias"} <= set(own):
        raise FileFormatError('it needs the arrays ".weight" and ".bias"')
    weight, bias = own.pop("weight"), own.pop("bias")
    if kind == "maxout":
        ranks = own.pop("ranks", None)
        if own:
            raise InvalidNetworkError(f"maxout layer: unknown {', '.join(map(short_repr, sorted(own)))}")
        if np.ndim(bias) != 1 or np.ndim(weight) != 2:
            raise InvalidNetworkError("maxout: ranks are for a weight (pieces, in) and a bias (pieces,)")
        return stacked_maxout(weight, bias, ranks)
    if not extended and (np.ndim(own.get("slope", 0)) > 0 or np.ndim(own.get("slopes", 0)) > 1):
        raise InvalidNetworkError(f"{kind} {' and '.join(own)}: those of single units are for version 2")
    return make_layer(kind, weight, bias, **own)
