"""Network JSON, version 1: plain numbers, read as float64.

Python writes a float64 with the fewest digits that read back as the same number, so a network
survives saving and loading bit for bit.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ...errors import FileFormatError, InvalidNetworkError, short_repr
from ..layers import Layer, MaxoutLayer, make_layer

FORMAT = "polyregions-network"
VERSION = 1


def read(path: Path) -> list[Layer]:
    """Read the layers of a network JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise FileFormatError(f"{path}: not a JSON text (it is not UTF-8)") from error
    except ValueError as error:  # of the name: a NUL character
        raise FileFormatError(f"{path}: cannot be read: {error}") from error
    try:
        return from_document(parse(text))
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
    if document.get("version") != VERSION or isinstance(document["version"], bool):
        raise FileFormatError(
            f"version {short_repr(document.get('version'))} of the network format is unknown; "
            f"this release reads {VERSION}"
        )
    entries = document.get("layers")
    if not isinstance(entries, list) or not entries:
        raise FileFormatError('"layers" must be a list of at least one layer')
    layers = []
    for i, entry in enumerate(entries):
        if not isinstance(entry, dict) or not {"type", "weight", "bias"} <= set(entry):
            raise FileFormatError(f'layer {i}: each layer needs "type", "weight" and "bias"')
        parameters = {key: value for key, value in entry.items() if key not in ("type", "weight", "bias")}
        try:
            layers.append(make_layer(entry["type"], entry["weight"], entry["bias"], **parameters))
        except InvalidNetworkError as error:
            raise type(error)(f"layer {i}: {error}") from error
    if document.get("input_dim", layers[0].n_inputs) != layers[0].n_inputs:
        raise InvalidNetworkError(
            f"input_dim is {short_repr(document['input_dim'])} but layer 0 has {layers[0].n_inputs} inputs"
        )
    return layers


def to_document(layers: tuple[Layer, ...]) -> dict[str, Any]:
    """Turn layers into the JSON document."""
    entries = []
    for layer in layers:
        entry: dict[str, Any] = {"type": layer.kind}
        if isinstance(layer, MaxoutLayer):
            cuts = layer.offsets[1:-1]
            entry["weight"] = [[row.tolist() for row in unit] for unit in np.split(layer.weight, cuts)]
            entry["bias"] = [unit.tolist() for unit in np.split(layer.bias, cuts)]
        else:
            entry["weight"], entry["bias"] = layer.weight.tolist(), layer.bias.tolist()
            if layer.kind == "leaky_relu":
                entry["slope"] = float(layer.slopes[0])
            if layer.kind == "piecewise":
                entry["breakpoints"], entry["slopes"] = layer.breakpoints.tolist(), layer.slopes.tolist()
        entries.append(entry)
    return {"format": FORMAT, "version": VERSION, "input_dim": layers[0].n_inputs, "layers": entries}


def _refuse_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {short_repr(twice)} stands twice in one object")
    return result


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number that a network can hold; all numbers must be finite")
