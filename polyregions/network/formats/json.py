"""Network JSON, versions 1 and 2: plain numbers, read as float64.

Version 2 is written when version 1 cannot hold a network. It adds the type "mixed", a list of "parts" that
are layers on the same inputs; parameters of single units; and sparse weights, objects with "shape", "rows",
"columns" and "values".

Python writes a float64 with the fewest digits that read back as the same number, so a network
survives saving and loading bit for bit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ...base.arrays import IntArray
from ...errors import FileFormatError, InvalidNetworkError, counted, short_repr
from ..kinds import make_layer
from ..layers import Layer, mixed, stacked_maxout
from ..numbers import float_array, is_sparse
from ..source import Reading

FORMAT = "polyregions-network"
VERSIONS = (1, 2)
#: A sparse weight has at most so many rows, and as many columns.
MOST_ROWS = 10**8


def read(path: Path) -> Reading:
    """Read the layers of a network JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: not a JSON text (it is not UTF-8)") from error
    except ValueError as error:  # of the name: a NUL character
        raise FileFormatError(f"{path}: cannot be read: {error}") from error
    try:
        return Reading(from_document(parse(text)))
    except InvalidNetworkError as error:
        raise type(error)(f"{path}: {error}") from error
    except FileFormatError as error:
        raise FileFormatError(f"{path}: {error}") from error


def write(path: Path, layers: tuple[Layer, ...]) -> None:
    """Write layers as a network JSON file."""
    path.write_text(json.dumps(to_document(layers)) + "\n", encoding="utf-8")


def parse(text: str) -> Any:
    """Turn a JSON text into a document whose numbers are all float64; no key may stand twice."""
    try:
        return json.loads(
            text, parse_int=float, parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicates
        )
    except json.JSONDecodeError as error:
        raise FileFormatError(f"not valid JSON, truncated perhaps: {error}") from error
    except RecursionError as error:
        raise FileFormatError("nested too deeply for a network") from error
    except ValueError as error:
        raise FileFormatError(str(error)) from error


def from_document(document: Any) -> list[Layer]:
    """Turn the parsed JSON document into layers."""
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise FileFormatError(f'not a network: the top level needs "format": "{FORMAT}"')
    version = read_version(document.get("version"))
    entries = document.get("layers")
    if not isinstance(entries, list) or not entries:
        raise FileFormatError('"layers" must be a list of at least one layer')
    layers = []
    for i, entry in enumerate(entries):
        try:
            layers.append(_layer(entry, version))
        except (InvalidNetworkError, FileFormatError) as error:
            raise type(error)(f"layer {i + 1}: {error}") from error
    given = document.get("input_dim", layers[0].n_inputs)
    if isinstance(given, bool) or given != layers[0].n_inputs:
        inputs = counted(layers[0].n_inputs, "input")
        raise InvalidNetworkError(f"input_dim is {_shown(given)} but layer 1 has {inputs}")
    return layers


def read_version(value: Any) -> int:
    """The version that a file states, if this release reads it."""
    if isinstance(value, bool) or value not in VERSIONS:
        raise FileFormatError(
            f"version {_shown(value)} of the network format is unknown; "
            f"this release reads {' and '.join(map(str, VERSIONS))}"
        )
    return int(value)


def _shown(value: Any) -> str:
    """A value of the file as it stands there: all numbers were read as float64."""
    return short_repr(int(value) if isinstance(value, float) and value.is_integer() else value)


def _layer(entry: Any, version: int) -> Layer:
    if isinstance(entry, dict) and entry.get("type") == "mixed" and version >= 2:
        parts = entry.get("parts")
        if set(entry) != {"type", "parts"} or not isinstance(parts, list):
            raise FileFormatError('a mixed layer has "type" and "parts", a list of layers')
        layers = []
        for k, part in enumerate(parts):
            try:
                if isinstance(part, dict) and part.get("type") == "mixed":
                    raise FileFormatError("a part cannot be mixed itself")
                layers.append(_layer(part, version))
            except (InvalidNetworkError, FileFormatError) as error:
                raise type(error)(f"part {k}: {error}") from error
        return mixed(layers)
    if not isinstance(entry, dict) or not {"type", "weight", "bias"} <= set(entry):
        raise FileFormatError('each layer needs "type", "weight" and "bias"')
    parameters = {key: value for key, value in entry.items() if key not in ("type", "weight", "bias")}
    weight = entry["weight"]
    if version >= 2 and isinstance(weight, dict):
        if set(weight) != {"shape", "rows", "columns", "values"}:
            raise FileFormatError('a sparse weight has "shape", "rows", "columns" and "values"')
        weight = sparse_weight(**weight)
        if entry["type"] == "maxout":
            return stacked_maxout(weight, entry["bias"], whole_numbers("ranks", parameters.get("ranks")))
    elif version < 2 and _of_single_units(parameters):
        names = " and ".join(parameters)
        raise InvalidNetworkError(f"{entry['type']} {names}: those of single units are for version 2")
    return make_layer(entry["type"], weight, entry["bias"], **parameters)


def sparse_weight(shape: Any, rows: Any, columns: Any, values: Any) -> Any:
    """A sparse weight from its two sizes, and the row, column and value of each entry."""
    from scipy.sparse import coo_array

    sizes, i, j = (
        whole_numbers("shape", shape),
        whole_numbers("rows", rows),
        whole_numbers("columns", columns),
    )
    entries = float_array("values", values, 1)
    if sizes.size != 2 or not i.size == j.size == entries.size:
        raise InvalidNetworkError("a sparse weight has 2 sizes, and as many rows and columns as values")
    if sizes.max() > MOST_ROWS or (i >= sizes[0]).any() or (j >= sizes[1]).any():
        raise InvalidNetworkError("a sparse weight has an entry outside its shape, or is too large")
    return coo_array((entries, (i, j)), shape=tuple(sizes.tolist()))


def whole_numbers(name: str, values: Any) -> IntArray:
    """A list of whole numbers, none negative."""
    array = float_array(name, values, 1)
    if ((array < 0) | (array % 1.0 != 0)).any():
        raise InvalidNetworkError(f"{name}: expected whole numbers, at least 0")
    return array.astype(np.int64)


def _of_single_units(parameters: dict[str, Any]) -> bool:
    """Whether a slope, breakpoints or slopes are given for each unit."""
    pairs = [parameters.get(name) for name in ("breakpoints", "slopes")]
    lists = [value for value in pairs if isinstance(value, list)]
    return isinstance(parameters.get("slope"), list) or any(
        isinstance(item, list) for value in lists for item in value
    )


def to_document(layers: tuple[Layer, ...]) -> dict[str, Any]:
    """Turn layers into the JSON document, of the lowest version that can hold them."""
    entries, version = [], 1
    for layer in layers:
        parts = [_entry(part) for part in layer.split()]
        entries.append(parts[0] if len(parts) == 1 else {"type": "mixed", "parts": parts})
        if len(parts) > 1 or isinstance(parts[0]["weight"], dict) or _of_single_units(parts[0]):
            version = 2
    return {"format": FORMAT, "version": version, "input_dim": layers[0].n_inputs, "layers": entries}


def _entry(layer: Layer) -> dict[str, Any]:
    entry: dict[str, Any] = {"type": layer.kind}
    if is_sparse(layer.weight):
        coo = layer.weight.tocoo()
        entry["weight"] = {
            "shape": list(coo.shape),
            "rows": coo.row.tolist(),
            "columns": coo.col.tolist(),
            "values": coo.data.tolist(),
        }
        entry["bias"] = layer.bias.tolist()
        if layer.kind == "maxout":
            entry["ranks"] = layer.ranks.tolist()
    elif layer.kind == "maxout":
        cuts = layer.first_rows[1:]
        entry["weight"] = [unit.tolist() for unit in np.split(layer.weight, cuts)]
        entry["bias"] = [unit.tolist() for unit in np.split(layer.bias, cuts)]
    else:
        entry["weight"], entry["bias"] = layer.weight.tolist(), layer.bias.tolist()
    return entry | {name: value.tolist() for name, value in layer.parameters.items()}


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {short_repr(twice)} stands twice in one object")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that a network can hold; all numbers must be finite")
