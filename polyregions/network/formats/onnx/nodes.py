"""Operators on their way: what the standard says of them, and the values that they are given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import (
    AttributeProto,
    NodeProto,
    TensorProto,
    TypeProto,
    checker,
    defs,
    helper,
    numpy_helper,
    shape_inference,
)

from ....base.arrays import FloatArray
from ....errors import InvalidNetworkError, UnsupportedLayerError, printable
from ..lowering.forms import Forms
from ..lowering.program import Program
from .files import one_line, widened

#: The least and the largest values of whole-number attributes: onnx itself does not ask in all versions, and
#: computes shapes with them that are no longer true, or not at all.
COUNT, FLAG = (1, 2**31 - 1), (0, 1)
LIMITS = {
    **dict.fromkeys(("blocksize", "dilations", "group", "kernel_shape", "num_outputs", "strides"), COUNT),
    **dict.fromkeys(("batch_dims", "output_padding"), (0, 2**31 - 1)),
    **dict.fromkeys(("allowzero", "antialias", "ceil_mode", "count_include_pad", "exclude_outside"), FLAG),
    **dict.fromkeys(("keepdims", "noop_with_empty_axes", "spatial", "storage_order", "training_mode"), FLAG),
    **dict.fromkeys(("transA", "transB", "upper"), FLAG),
}
#: Arrays up to this size may say what shape a result has.
SMALL = 2**10


@dataclass(frozen=True, eq=False)
class Value:
    """Affine forms or numbers, and which type of numbers the file says they are."""

    data: Forms | NDArray[Any]
    elem_type: int

    @property
    def shape(self) -> tuple[int, ...]:
        """Its axes."""
        return tuple(self.data.shape)

    @property
    def size(self) -> int:
        """Number of entries."""
        return math.prod(self.data.shape)

    @property
    def is_computed(self) -> bool:
        """Whether it was computed from the input."""
        return isinstance(self.data, Forms)

    @property
    def type(self) -> TypeProto:
        """As the file would say it."""
        return helper.make_tensor_type_proto(self.elem_type, self.shape)


@dataclass(frozen=True)
class Made:
    """What is known of a result before it is made: the type of its numbers, and its axes, or None."""

    elem_type: int
    shape: tuple[int, ...] | None


class Node:
    """One operator: checked against the standard, with the values that it reads.

    Raises
    ------
    UnsupportedLayerError
        If the standard has no such operator in this version.
    InvalidNetworkError
        If inputs, outputs or attributes are not those of the operator.
    """

    def __init__(
        self, proto: NodeProto, opset: int, values: Sequence[Value | None], program: Program
    ) -> None:
        self.proto, self.opset, self.values, self.program = proto, opset, values, program
        self.operator: str = proto.op_type
        try:
            self.schema = defs.get_schema(self.operator, opset, "")
        except Exception as error:  # a class of its own in a module that is private
            raise UnsupportedLayerError(f"there is no such operator in opset {opset}") from error
        if any(a.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS) for a in proto.attribute):
            raise UnsupportedLayerError("control flow is not supported")
        _check(proto, opset)

    @property
    def is_computed(self) -> bool:
        """Whether it reads something that was computed from the input."""
        return any(value is not None and value.is_computed for value in self.values)

    @property
    def elem_type(self) -> int:
        """The type of the numbers that it computes with: that of the first computed value."""
        return next(value.elem_type for value in self.values if value is not None and value.is_computed)

    def results(self) -> list[Made | None]:
        """What the standard says of the results; None for one that is left out, or of which it says nothing.

        Raises
        ------
        InvalidNetworkError
            If the shapes or types of the values do not fit the operator.
        """
        given = {name: v for name, v in zip(self.proto.input, self.values, strict=True) if v is not None}
        data = {
            name: numpy_helper.from_array(np.asarray(v.data), name)
            for name, v in given.items()
            if not v.is_computed and v.size <= SMALL and np.asarray(v.data).dtype.kind in "iuf"
        }
        opsets = [helper.make_opsetid("", self.opset)]
        types = {name: value.type for name, value in given.items()}
        try:
            found = shape_inference.infer_node_outputs(
                self.schema, self.proto, types, data, opset_imports=opsets
            )
        except Exception as error:  # of two classes in modules that are private
            raise InvalidNetworkError(one_line(error)) from error
        made = [_made(found[name]) if name in found else None for name in self.proto.output]
        if self.attribute("ceil_mode", 0):
            # Before opset 22 it counts windows that lie in the padding alone, which nobody else does.
            return [None if m is None else Made(m.elem_type, None) for m in made]
        return made

    def value(self, i: int) -> Any:
        """Input i: forms, numbers (floats as float64), or None where it is left out."""
        value = self.values[i] if i < len(self.values) else None
        if value is None or isinstance(value.data, Forms):
            return None if value is None else value.data
        return widened(value.data)

    def forms(self, i: int = 0) -> Forms:
        """Input i as forms, whether it is computed or not."""
        return Forms.of(self.program, self.value(i))

    def computed(self, i: int = 0) -> Forms:
        """Input i, which must be what the network computes."""
        value = self.value(i)
        if not isinstance(value, Forms):
            raise UnsupportedLayerError("its parameters were computed from the input")
        return value

    def numbers(self, i: int, infinite: bool = False) -> FloatArray:
        """Input i, which must not depend on the network's input, in float64."""
        value = self.value(i)
        if isinstance(value, Forms):
            raise UnsupportedLayerError("its parameters were computed from the input")
        array = np.asarray(value, dtype=np.float64)
        if not infinite and not np.isfinite(array).all():
            raise InvalidNetworkError("a number among its parameters is not finite")
        return array

    def whole(self, i: int) -> list[int] | None:
        """Input i as whole numbers; None where it is left out."""
        value = self.value(i)
        if isinstance(value, Forms):
            raise UnsupportedLayerError("what follows depends on computed values")
        return None if value is None else [int(n) for n in np.ravel(value)]

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute, or the standard's default, or if it has none, this one."""
        for given in self.proto.attribute:
            if given.name == name:
                return _plain(helper.get_attribute_value(given))
        known = self.schema.attributes.get(name)
        if known is None or known.default_value.type == AttributeProto.UNDEFINED:
            return default
        return _plain(helper.get_attribute_value(known.default_value))


def _check(proto: NodeProto, opset: int) -> None:
    """Compare a node with the standard: numbers of inputs and outputs, names and types of attributes."""
    for attribute in proto.attribute:
        if attribute.ref_attr_name:
            raise InvalidNetworkError("an attribute that refers to one of a function")
        if attribute.t.data_location == TensorProto.EXTERNAL:
            raise InvalidNetworkError(f"{attribute.name} lies in another file; only weights may")
        numbers = [attribute.i] if attribute.type == AttributeProto.INT else attribute.ints
        least, most = LIMITS.get(attribute.name, (-(2**63), 2**63))
        if not all(least <= n <= most for n in numbers):
            raise InvalidNetworkError(f"{attribute.name} = {list(numbers)}; it must be {least} to {most}")
        if attribute.name == "num_outputs" and attribute.i != len(proto.output):
            raise InvalidNetworkError(f"num_outputs = {attribute.i}, but it has {len(proto.output)}")
    context = type(checker.DEFAULT_CONTEXT)()
    context.ir_version, context.opset_imports = onnx.IR_VERSION, {"": opset}
    try:
        checker.check_node(proto, context)
    except Exception as error:  # of classes in modules that are private
        raise InvalidNetworkError(one_line(error)) from error


def _plain(value: Any) -> Any:
    """An attribute as it is used: texts are bytes in the file."""
    if isinstance(value, bytes):
        return printable(value.decode("utf-8", "replace"))
    return value


def _made(found: TypeProto) -> Made | None:
    tensor = found.tensor_type
    if not found.HasField("tensor_type"):
        raise UnsupportedLayerError("its result is no tensor")
    shape = None
    if tensor.HasField("shape") and all(d.HasField("dim_value") for d in tensor.shape.dim):
        shape = tuple(d.dim_value for d in tensor.shape.dim)
        if any(n < 0 for n in shape):
            raise InvalidNetworkError(f"a result of the shape {shape}")
    return Made(tensor.elem_type, shape)


Handler = Callable[[Node], Forms]
HANDLERS: dict[str, Handler] = {}


def handles(*names: str) -> Callable[[Handler], Handler]:
    """Register what is done for operators of these names."""

    def register(handler: Handler) -> Handler:
        HANDLERS.update(dict.fromkeys(names, handler))
        return handler

    return register
