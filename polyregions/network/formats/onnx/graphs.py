"""The part of a model that leads from the chosen input to the chosen output, in an order to run it."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

import onnx
from onnx import NodeProto, TensorProto, ValueInfoProto

from ....errors import (
    FileFormatError,
    InvalidInputError,
    InvalidNetworkError,
    UnsupportedLayerError,
    printable,
    short_repr,
)
from .files import type_name

#: The oldest version of the operators; before, arrays were broadcast in another way.
OLDEST = 7
#: Names of the domain of the standard's operators.
STANDARD = ("", "ai.onnx")
#: The unit roundoff of each type of numbers that a network may compute with.
ROUNDOFF = {
    TensorProto.BFLOAT16: 2.0**-8,
    TensorProto.FLOAT16: 2.0**-11,
    TensorProto.FLOAT: 2.0**-24,
    TensorProto.DOUBLE: 2.0**-53,
}


@dataclass(frozen=True, eq=False)
class Graph:
    """What is to be run.

    Attributes
    ----------
    opset : int
        Version of the operators.
    input : ValueInfoProto
    output : str
    nodes : list of NodeProto
        Those that the output needs, each after what it reads.
    initializers : dict str -> TensorProto
    """

    opset: int
    input: ValueInfoProto
    output: str
    nodes: list[NodeProto]
    initializers: dict[str, TensorProto]

    @classmethod
    def of(cls, model: onnx.ModelProto, input_name: Any, output_name: Any) -> Graph:
        """The part of a model between an input and an output; None for the only one that there is."""
        graph = model.graph
        initializers = _by_name(graph.initializer)
        inputs = _by_name(graph.input)
        free = [name for name in inputs if name not in initializers]
        chosen = _chosen("input", inputs, free, input_name)
        outputs = [value.name for value in graph.output]
        output = _chosen("output", outputs, outputs, output_name)
        initializers.pop(chosen, None)
        makers = _makers(graph.node, {*inputs, *initializers})
        needed = _needed(output, makers)
        others = {*free, *(tensor.values.name for tensor in graph.sparse_initializer)} - {chosen}
        _check_reads(needed, {chosen, *initializers, *makers}, others)
        if output not in makers:
            raise InvalidNetworkError(f"nothing makes the output '{printable(output)}'")
        opset = opset_of(model)
        functions = {(function.domain, function.name) for function in model.functions}
        for node in needed:
            _check_domain(node, functions)
            node.ClearField("domain")  # two names for one
        return cls(opset, inputs[chosen], output, _sorted(needed, makers), initializers)

    def last(self, operators: Container[str], moves: Container[str]) -> set[str]:
        """First outputs of the nodes of some operators after which there are only moves up to the output."""
        plain, found = {self.output}, set()
        read_by_others: set[str] = set()
        for node in reversed(self.nodes):
            makes = [name for name in node.output if name]
            ends = bool(plain.intersection(makes)) and not read_by_others.intersection(makes)
            if ends and node.op_type in operators:
                found.add(node.output[0])
            (plain.update if ends and node.op_type in moves else read_by_others.update)(node.input)
        return found


def opset_of(model: onnx.ModelProto) -> int:
    """Version of the standard's operators.

    Raises
    ------
    FileFormatError, UnsupportedLayerError
        If it is not said, too old, or newer than the installed package.
    """
    versions = {opset.version for opset in model.opset_import if opset.domain in STANDARD}
    if len(versions) != 1:
        raise FileFormatError("it does not say which version of the operators (opset) it uses")
    (version,) = versions
    if version < OLDEST:
        raise UnsupportedLayerError(
            f"operators of opset {version}; at least {OLDEST} is needed: onnx.version_converter may help"
        )
    newest = onnx.defs.onnx_opset_version()
    if version > newest:
        raise UnsupportedLayerError(
            f"operators of opset {version}; onnx {onnx.__version__} knows them up to {newest}: "
            "pip install --upgrade onnx"
        )
    return int(version)


def input_shape_of(value: ValueInfoProto, given: Any) -> tuple[int, ...]:
    """The whole shape of an input, an unknown number of points being 1.

    Parameters
    ----------
    value : ValueInfoProto
    given : whole numbers, or None
        What the caller says: with or without the first axis, that of the points.
    """
    name, tensor = printable(value.name), value.type.tensor_type
    if tensor.elem_type not in ROUNDOFF:
        raise UnsupportedLayerError(
            f"input '{name}' is of the type {type_name(tensor.elem_type)}, not of floating-point numbers"
        )
    known = None
    if tensor.HasField("shape"):
        known = [
            d.dim_value if d.HasField("dim_value") and d.dim_value >= 0 else None for d in tensor.shape.dim
        ]
    if given is not None:
        return _agreed(name, known, given)
    if known and len(known) > 1:
        known[0] = 1 if known[0] is None else known[0]
    if known is None or None in known:
        raise InvalidInputError(
            f"input '{name}' has the shape {_shown(known)}; say the whole numbers of one input with "
            "input_shape="
        )
    if 0 in known:
        raise InvalidNetworkError(f"input '{name}' has the shape {_shown(known)}: no numbers at all")
    return tuple(known)  # type: ignore[arg-type]


def _agreed(name: str, known: list[int | None] | None, given: Any) -> tuple[int, ...]:
    try:
        shape = (int(given),) if isinstance(given, int) else tuple(int(n) for n in given)
    except (TypeError, ValueError, OverflowError):
        shape = ()
    if not shape or any(n < 1 for n in shape):
        raise InvalidInputError(
            f"input_shape must be the whole numbers of one input, like (1, 28, 28); got {short_repr(given)}"
        )
    if known is None:
        return (1, *shape)
    if len(shape) == len(known) - 1:
        shape = (known[0] or 1, *shape)
    if len(shape) != len(known) or any(k not in (None, n) for k, n in zip(known, shape, strict=True)):
        raise InvalidInputError(
            f"input '{name}' has the shape {_shown(known)}, which is not input_shape {short_repr(given)}"
        )
    return shape


def _shown(known: list[int | None] | None) -> str:
    return "(unknown)" if known is None else f"({', '.join('?' if n is None else str(n) for n in known)})"


def _chosen(what: str, known: Container[str], usual: Sequence[str], wanted: Any) -> str:
    """The name that is wanted, or else the only usual one."""
    listed = ", ".join(printable(name) for name in usual)
    if wanted is None:
        if len(usual) != 1:
            raise InvalidInputError(
                f"it has {len(usual)} {what}s: {listed}; choose one with {what}="
                if usual
                else f"it has no {what}"
            )
        return usual[0]
    if not isinstance(wanted, str) or wanted not in known:
        raise InvalidInputError(f"{what}={short_repr(wanted)}: it has no such {what}; known: {listed}")
    return wanted


def _by_name(messages: Iterable[Any]) -> dict[str, Any]:
    named: dict[str, Any] = {}
    for message in messages:
        if message.name in named:
            raise FileFormatError(f"the value '{printable(message.name)}' is given twice")
        named[message.name] = message
    return named


def _makers(nodes: Iterable[NodeProto], taken: set[str]) -> dict[str, NodeProto]:
    """The node that makes each value."""
    makers: dict[str, NodeProto] = {}
    for node in nodes:
        for name in node.output:
            if name and (name in makers or name in taken):
                raise FileFormatError(f"the value '{printable(name)}' is made twice")
            if name:
                makers[name] = node
    return makers


def _needed(output: str, makers: Mapping[str, NodeProto]) -> list[NodeProto]:
    """The nodes that an output depends on, in no order."""
    found: dict[int, NodeProto] = {}
    names = [output]
    while names:
        node = makers.get(names.pop())
        if node is not None and id(node) not in found:
            found[id(node)] = node
            names += node.input
    return list(found.values())


def _check_reads(nodes: Iterable[NodeProto], known: set[str], others: set[str]) -> None:
    for node in nodes:
        for name in node.input:
            if name in others and name not in known:
                raise InvalidInputError(
                    f"{describe(node)}: it reads '{printable(name)}', which is an input that was not chosen, "
                    "or a sparse tensor; the network is read with one input, and all else must have values"
                )
            if name and name not in known:
                raise FileFormatError(f"{describe(node)}: it reads '{printable(name)}', which nothing makes")


def _check_domain(node: NodeProto, functions: Container[tuple[str, str]]) -> None:
    if (node.domain, node.op_type) in functions:
        raise UnsupportedLayerError(f"{describe(node)}: a function of the model's own is not supported")
    if node.domain not in STANDARD:
        raise UnsupportedLayerError(
            f"{describe(node)}: it is not of the standard, but of the domain '{printable(node.domain)}'"
        )


def _sorted(nodes: Sequence[NodeProto], makers: Mapping[str, NodeProto]) -> list[NodeProto]:
    """Each node after those that make what it reads."""
    by_id = {id(node): node for node in nodes}
    before = {
        id(node): [id(makers[name]) for name in node.input if name in makers] for node in reversed(nodes)
    }
    try:
        return [by_id[i] for i in TopologicalSorter(before).static_order()]
    except CycleError as error:
        node = by_id[error.args[1][0]]
        raise FileFormatError(f"{describe(node)}: it reads, in a circle, what it makes itself") from error


def describe(node: NodeProto) -> str:
    """An operator in an error: what it is, and which one."""
    which = f"node '{printable(node.name)}'" if node.name else f"the one that makes '{_first(node)}'"
    return f"operator {printable(node.op_type)} ({which})"


def _first(node: NodeProto) -> str:
    return printable(next((name for name in node.output if name), ""))
