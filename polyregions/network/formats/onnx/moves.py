"""Operators that only move entries, without a case for each: they are run on numbers of entries.

What the standard types like the result is data: its entries are numbered through, constants among it too.
The operator moves the numbers, and then every place takes the entry whose number it holds. 0 is the constant
0 of a padding, and what else an attribute says to pad with is :data:`PADDING`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto

from ....errors import InvalidNetworkError, UnsupportedLayerError
from ..lowering.forms import Forms, joined
from .evaluation import Evaluator
from .nodes import Made, Node

NAMES = """
    Compress Concat DepthToSpace Dropout Expand Flatten Gather GatherElements GatherND Identity Pad Reshape
    Resize ReverseSequence ScatterElements ScatterND Slice SpaceToDepth Split Squeeze Tile Transpose Trilu
    Unsqueeze Upsample Where
"""
MOVES = frozenset(NAMES.split())
#: What the places of a padding hold, if an attribute says what that is.
PADDING = -1


def move(node: Node, made: Sequence[Made | None], evaluator: Evaluator) -> list[Any]:
    """Return the results of an operator that only moves entries: forms, or numbers that need none.

    Raises
    ------
    UnsupportedLayerError
        If what goes where is computed, or entries are mixed.
    """
    _check(node)
    kind = node.schema.outputs[0].type_str
    is_data = [_input_type(node, i) == kind for i in range(len(node.values))]
    if any(v.is_computed and not data for v, data in zip(node.values, is_data, strict=True) if v is not None):
        raise UnsupportedLayerError("what follows depends on computed values")
    given: dict[str, NDArray[Any]] = {}
    parts: list[Any] = []
    first = 1
    for i, (name, value, data) in enumerate(zip(node.proto.input, node.values, is_data, strict=True)):
        if value is None or name in given:
            continue
        if data:
            given[name] = np.arange(first, first + value.size, dtype=np.float64).reshape(value.shape)
            parts.append(node.value(i))
            first += value.size
        else:
            given[name] = np.asarray(value.data)
    proto = node.proto
    padding = node.attribute("value", 0.0) if node.operator == "Pad" else 0.0
    if padding:
        proto = _padding_marked(proto)
        parts.append(np.float64(padding))
    results = evaluator.run(proto, given, [m.shape for m in made if m is not None])
    return _taken(joined(parts, None), results, node, kind)


def _taken(everything: Forms, results: Sequence[NDArray[Any]], node: Node, kind: str) -> list[Any]:
    """What results of numbers of entries stand for; None for those that are left out."""
    found: list[Any] = []
    left = list(results)
    for i, name in enumerate(node.proto.output):
        array = left.pop(0) if name else None
        if array is not None and node.schema.outputs[min(i, len(node.schema.outputs) - 1)].type_str == kind:
            places = array.astype(np.int64)
            if (
                (places != array).any()
                or places.min(initial=0) < PADDING
                or places.max(initial=0) > everything.size
            ):
                raise InvalidNetworkError("it does not only move entries")
            places[places == PADDING] = everything.size
            found.append(everything.take(places - 1))
        else:
            found.append(array)
    return found


def _check(node: Node) -> None:
    """Refuse the forms of an operator in which it does more than to move entries."""
    operator = node.operator
    if operator in ("Resize", "Upsample"):
        mode = node.attribute("mode")
        if mode != "nearest":
            raise UnsupportedLayerError(f"the mode {mode}; only nearest is supported")
        for name, plain in (
            (
                "coordinate_transformation_mode",
                ("half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric"),
            ),
            ("keep_aspect_ratio_policy", ("stretch",)),
        ):
            said = node.attribute(name, plain[0])
            if said not in plain:
                raise UnsupportedLayerError(f"{name} {said} is not supported")
    if operator.startswith("Scatter") and node.attribute("reduction", "none") != "none":
        raise UnsupportedLayerError("a reduction is not supported")
    if operator == "Dropout" and node.value(2) is not None and np.any(node.value(2)):
        raise UnsupportedLayerError("training mode; export the model for inference")


def _input_type(node: Node, i: int) -> str:
    inputs = node.schema.inputs
    return str(inputs[min(i, len(inputs) - 1)].type_str)


def _padding_marked(proto: NodeProto) -> NodeProto:
    marked = NodeProto()
    marked.CopyFrom(proto)
    for attribute in marked.attribute:
        if attribute.name == "value":
            attribute.f = PADDING
    return marked
