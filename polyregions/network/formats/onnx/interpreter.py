"""A graph, run once on affine forms, node after node."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import AttributeProto, NodeProto, TensorProto, helper

from ....errors import (
    InvalidNetworkError,
    PolyregionsError,
    TooLargeError,
    UnsupportedLayerError,
    counted,
    printable,
)
from ..lowering.forms import Forms
from ..lowering.program import MOST, Program
from . import convolutions, handlers  # noqa: F401  (they register what they handle)
from .evaluation import Evaluator
from .files import array_of, type_name
from .graphs import ROUNDOFF, Graph, describe
from .moves import MOVES, move
from .nodes import HANDLERS, Made, Node, Value

#: Last operators that leave the regions of what they are given as they are.
LAST = ("LogSoftmax", "Sigmoid", "Softmax")
#: Operators that change the type of numbers, but not the numbers, or are refused.
CONVERSIONS = ("Cast", "CastLike")
#: Why some are refused; of all others it is said that they are not supported, or not piecewise linear.
REASONS = {
    **dict.fromkeys(
        ("Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "ArgMax", "ArgMin", "TopK", "NonZero"),
        "what follows depends on computed values; only fixed piecewise-linear networks can be read",
    ),
    **dict.fromkeys(("Ceil", "Floor", "Round", "Sign", "Mod"), "it is not continuous"),
    **dict.fromkeys(("If", "Loop", "Scan"), "control flow is not supported"),
    **dict.fromkeys(
        (
            "QuantizeLinear",
            "DynamicQuantizeLinear",
            "QLinearConv",
            "QLinearMatMul",
            "ConvInteger",
            "MatMulInteger",
        ),
        "quantised networks are not supported",
    ),
    **dict.fromkeys(LAST, "it is not piecewise linear; only as the last operator can it be left out"),
}
#: The attributes that may hold the value of a constant.
CONSTANTS = {
    "value": AttributeProto.TENSOR,
    "value_float": AttributeProto.FLOAT,
    "value_floats": AttributeProto.FLOATS,
    "value_int": AttributeProto.INT,
    "value_ints": AttributeProto.INTS,
}
#: Types that hold all numbers of another.
WIDER = {
    TensorProto.FLOAT16: (TensorProto.FLOAT, TensorProto.DOUBLE),
    TensorProto.BFLOAT16: (TensorProto.FLOAT, TensorProto.DOUBLE),
    TensorProto.FLOAT: (TensorProto.DOUBLE,),
    TensorProto.DOUBLE: (),
}


class Run:
    """The values of a graph, as far as it has been run.

    Attributes
    ----------
    computed : list of NodeProto
        The nodes that read what was computed, as they are to be run with numbers.
    """

    def __init__(self, graph: Graph, shape: Sequence[int], folder: Path, strip_last: bool) -> None:
        self.graph, self.folder, self.strip_last = graph, folder, strip_last
        self.program = Program(math.prod(shape))
        self.evaluator = Evaluator(graph.opset)
        self.last = graph.last(LAST, MOVES)
        self.computed: list[NodeProto] = []
        kind = graph.input.type.tensor_type.elem_type
        self._values = {graph.input.name: Value(Forms.inputs(self.program, shape), kind)}
        self._absent: dict[str, str] = {}
        for node in graph.nodes:
            self._step(node)

    @property
    def output(self) -> Value:
        """The output of the graph."""
        return self._value(self.graph.output)

    @property
    def unit_roundoff(self) -> float:
        """Of the coarsest numbers that the graph computes with."""
        return max(ROUNDOFF[value.elem_type] for value in self._values.values() if value.is_computed)

    def constants(self) -> dict[str, NDArray[Any]]:
        """The numbers that computing nodes read."""
        names = {name for node in self.computed for name in node.input if name}
        return {
            name: np.asarray(self._values[name].data) for name in names if not self._values[name].is_computed
        }

    def _value(self, name: str) -> Value:
        if name in self._absent:
            raise UnsupportedLayerError(
                f"the output '{printable(name)}' of {self._absent[name]} is not supported"
            )
        if name not in self._values:
            tensor = self.graph.initializers[name]
            self._values[name] = Value(array_of(tensor, self.folder), tensor.data_type)
        return self._values[name]

    def _step(self, proto: NodeProto) -> None:
        """Run one node; what goes wrong is said with its name."""
        try:
            results = self._results(proto)
        except PolyregionsError as error:
            raise type(error)(f"{describe(proto)}: {error}") from error
        except ValueError as error:  # numpy's word on shapes that do not fit
            raise InvalidNetworkError(f"{describe(proto)}: {error}") from error
        for name, value in zip(proto.output, results, strict=False):
            if value is not None:
                self._values[name] = value
        self._absent |= {name: describe(proto) for name in proto.output if name and name not in self._values}

    def _results(self, proto: NodeProto) -> list[Value | None]:
        if proto.op_type == "Constant":
            return [constant(proto, self.folder)]
        values = [self._value(name) if name else None for name in proto.input]
        node = Node(proto, self.graph.opset, values, self.program)
        if not node.is_computed or proto.op_type in ("Shape", "Size"):
            return self._evaluated(node)
        self.program.operators[proto.op_type] += 1
        self.computed.append(proto)
        if proto.op_type in LAST and proto.output[0] in self.last:
            return self._stripped(node)
        if proto.op_type not in HANDLERS and proto.op_type not in MOVES:
            raise UnsupportedLayerError(
                REASONS.get(proto.op_type, "it is not supported, or not piecewise linear")
            )
        made = node.results()
        for result in made:
            _check_result(node, result)
        if proto.op_type in MOVES:
            results: list[Any] = move(node, made, self.evaluator)
        else:
            results = [HANDLERS[proto.op_type](node)]
        if proto.op_type in CONVERSIONS:
            self._passes(proto)
        return [_typed(node, data, said) for data, said in zip(results, made, strict=False)]

    def _evaluated(self, node: Node) -> list[Value | None]:
        """Results that are constants of the file."""
        given = {
            name: np.broadcast_to(np.zeros((), np.float32), value.shape)
            if value.is_computed  # of which only the shape counts
            else np.asarray(value.data)
            for name, value in zip(node.proto.input, node.values, strict=True)
            if value is not None
        }
        made = node.results()
        shapes = [
            m.shape if m is not None else None
            for m, name in zip(made, node.proto.output, strict=True)
            if name
        ]
        results = iter(self.evaluator.run(node.proto, given, shapes))
        every = [next(results) if name else None for name in node.proto.output]
        return [
            None if array is None else Value(array, (said.elem_type if said else 0) or _type_of(array))
            for array, said in zip(every, made, strict=True)
        ]

    def _stripped(self, node: Node) -> list[Value | None]:
        """A last operator, left out if the caller says so."""
        if not self.strip_last:
            raise UnsupportedLayerError(
                "it is not piecewise linear, but it is the last operator; strip_last=True leaves it out: the "
                "regions are those of what it is given"
            )
        self.program.stripped.append(node.operator)
        self._passes(node.proto)
        return [Value(node.computed(), node.elem_type)]

    def _passes(self, proto: NodeProto) -> None:
        """Let a node pass its first input on when the graph is run with numbers."""
        self.computed[-1] = helper.make_node("Identity", [proto.input[0]], [proto.output[0]])


def constant(proto: NodeProto, folder: Path) -> Value:
    """The value of a node Constant."""
    if len(proto.attribute) != 1 or CONSTANTS.get(proto.attribute[0].name) != proto.attribute[0].type:
        names = ", ".join(printable(attribute.name) for attribute in proto.attribute)
        raise UnsupportedLayerError(f"a constant with the attributes {names or 'none'} is not supported")
    (attribute,) = proto.attribute
    if attribute.type == AttributeProto.TENSOR:
        return Value(array_of(attribute.t, folder), attribute.t.data_type)
    whole = attribute.type in (AttributeProto.INT, AttributeProto.INTS)
    numbers = np.array(helper.get_attribute_value(attribute), np.int64 if whole else np.float32)
    return Value(numbers, TensorProto.INT64 if whole else TensorProto.FLOAT)


def _check_result(node: Node, result: Made | None) -> None:
    """Refuse results that are too large, or rounded, before they are made."""
    if result is None:
        return
    size = math.prod(result.shape or ())
    if not size:
        raise UnsupportedLayerError(f"a result of the shape {result.shape}: no numbers at all")
    if size > MOST:
        raise TooLargeError(
            f"its result has {counted(size, 'entry', 'entries')}; at most {MOST:,} are supported"
        )
    if node.operator in CONVERSIONS and result.elem_type not in (
        node.elem_type,
        *WIDER[node.elem_type],
    ):
        raise UnsupportedLayerError(
            f"a conversion from {type_name(node.elem_type)} to {type_name(result.elem_type)} rounds"
        )


def _typed(node: Node, data: Any, said: Made | None) -> Value | None:
    """A result with its type, if its shape is what the standard says."""
    if data is None:
        return None
    if said is not None and said.shape not in (None, tuple(data.shape)):
        raise InvalidNetworkError(f"its result has the shape {tuple(data.shape)}, not {said.shape}")
    if not isinstance(data, Forms):
        return Value(data, said.elem_type if said else _type_of(data))
    if not data.size:
        raise UnsupportedLayerError(f"a result of the shape {data.shape}: no numbers at all")
    return Value(data, said.elem_type if said and said.elem_type in ROUNDOFF else node.elem_type)


def _type_of(array: NDArray[Any]) -> int:
    return int(helper.np_dtype_to_tensor_dtype(array.dtype))
