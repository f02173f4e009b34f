"""The operators that compute, on arrays of affine forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from onnx import TensorProto

from ....errors import InvalidNetworkError, UnsupportedLayerError
from ..lowering import operators as op
from ..lowering.forms import Forms
from .nodes import Node, handles

#: What exporters write for "no bound": the largest number of a type, or the usual digits of that of float32.
UNBOUNDED = {
    TensorProto.FLOAT16: (65504.0,),
    TensorProto.BFLOAT16: (float.fromhex("0x1.fep127"),),
    TensorProto.FLOAT: (float(np.float32(3.402823e38)),),
    TensorProto.DOUBLE: (float(np.finfo(np.float64).max),),
}
FLOAT_MAX = float(np.finfo(np.float32).max)


@handles("Add", "Sub")
def _add(node: Node) -> Forms:
    return node.forms(0).add(node.value(1), 1.0 if node.operator == "Add" else -1.0)


@handles("Sum")
def _sum(node: Node) -> Forms:
    total: Forms
    total, *others = sorted((node.value(i) for i in range(len(node.values))), key=_is_constant)
    for other in others:
        total = total.add(other)
    return total


def _is_constant(v: Any) -> bool:
    return not isinstance(v, Forms)


@handles("Mean")
def _mean(node: Node) -> Forms:
    everything, index = op.beside([node.value(i) for i in range(len(node.values))])
    shape = index.shape[:-1]
    return op.mean_of(everything, index, np.full(shape, index.shape[-1]), shape)


@handles("Neg")
def _neg(node: Node) -> Forms:
    return node.computed().scale(-1.0)


@handles("Mul")
def _mul(node: Node) -> Forms:
    if node.values[0] is not None and node.values[0].is_computed:
        return node.computed(0).scale(_factor(node, 1))
    return node.computed(1).scale(_factor(node, 0))


@handles("Div")
def _div(node: Node) -> Forms:
    if isinstance(node.value(1), Forms):
        raise UnsupportedLayerError("a division by a computed tensor is not piecewise linear")
    return op.divide(node.computed(), node.numbers(1))


def _factor(node: Node, i: int) -> Any:
    if isinstance(node.value(i), Forms):
        raise UnsupportedLayerError("a product of two computed tensors is not piecewise linear")
    return node.numbers(i)


@handles("MatMul")
def _matmul(node: Node) -> Forms:
    return _product(node, node.value(0), node.value(1))


@handles("Gemm")
def _gemm(node: Node) -> Forms:
    a, b, c = (node.value(i) for i in range(3))
    a, b = (_transposed(v) if node.attribute(f"trans{name}") else v for v, name in ((a, "A"), (b, "B")))
    y = _scaled(_product(node, a, b), node.attribute("alpha"))
    beta = node.attribute("beta")
    return y if c is None or beta == 0.0 else y.add(_scaled(node.forms(2), beta))


def _scaled(x: Forms, factor: float) -> Forms:
    """Times a factor: where that is no float64 map, a linear layer comes between."""
    if not math.isfinite(factor):
        raise InvalidNetworkError(f"a factor of {factor}")
    return x if factor == 1.0 else x.scale(factor)


def _transposed(v: Any) -> Any:
    return v.take(v.index.T) if isinstance(v, Forms) else np.transpose(v)


def _product(node: Node, a: Any, b: Any) -> Forms:
    """``a @ b``, one of them constant (or both, if what is added is computed)."""
    if isinstance(a, Forms) and isinstance(b, Forms):
        raise UnsupportedLayerError("a product of two computed tensors is not piecewise linear")
    for v in (a, b):
        if not isinstance(v, Forms) and not np.isfinite(v).all():
            raise InvalidNetworkError("a number among its weights is not finite")
    if isinstance(b, Forms):
        return op.matmul_left(a, b)
    return Forms.of(node.program, a).matmul(b)


@handles("BatchNormalization")
def _batch_norm(node: Node) -> Forms:
    if node.attribute("training_mode", 0) or (node.opset < 14 and any(node.proto.output[1:])):
        raise UnsupportedLayerError("training mode; export the model for inference")
    if not node.attribute("spatial", 1):
        raise UnsupportedLayerError("a normalisation of each entry by its own numbers (spatial = 0)")
    x = node.computed()
    weight, bias, mean, variance = (node.numbers(i) for i in range(1, 5))
    if len(x.shape) < 2 or any(v.shape != (x.shape[1],) for v in (weight, bias, mean, variance)):
        raise InvalidNetworkError(f"a normalisation of shape {x.shape} by numbers of shape {mean.shape}")
    return op.batch_norm(x, weight, bias, mean, variance, _finite(node, "epsilon"))


@handles("ReduceSum", "ReduceMean", "ReduceMax", "ReduceMin")
def _reduce(node: Node) -> Forms:
    x = node.computed()
    axes = node.attribute("axes")
    if axes is None:
        axes = node.whole(1)
    if not axes and node.attribute("noop_with_empty_axes", 0):
        return x
    how = node.operator.removeprefix("Reduce").lower()
    return op.reduce(x, axes or None, bool(node.attribute("keepdims")), how)


@handles("Cast", "CastLike")
def _cast(node: Node) -> Forms:
    return node.computed()  # what rounds is refused by its type


@handles("Relu")
def _relu(node: Node) -> Forms:
    return op.relu(node.computed())


@handles("Abs")
def _abs(node: Node) -> Forms:
    return op.absolute(node.computed())


@handles("LeakyRelu")
def _leaky_relu(node: Node) -> Forms:
    return op.leaky_relu(node.computed(), _finite(node, "alpha"))


@handles("PRelu")
def _prelu(node: Node) -> Forms:
    x, slopes = node.computed(), node.numbers(1)
    if slopes.ndim > len(x.shape) or np.broadcast_shapes(slopes.shape, x.shape) != x.shape:
        raise InvalidNetworkError(f"slopes of shape {slopes.shape} for an array of shape {x.shape}")
    return op.leaky_relu(x, slopes)


@handles("HardSigmoid")
def _hard_sigmoid(node: Node) -> Forms:
    return op.hard_sigmoid(node.computed(), _finite(node, "alpha"), _finite(node, "beta"))


@handles("ThresholdedRelu")
def _thresholded(node: Node) -> Forms:
    if node.attribute("alpha") != 0.0:
        raise UnsupportedLayerError(f"with alpha = {node.attribute('alpha')} it is not continuous")
    return op.relu(node.computed())


@handles("Shrink")
def _shrink(node: Node) -> Forms:
    bias, lambd = _finite(node, "bias"), _finite(node, "lambd")
    if bias != lambd or lambd < 0.0:
        raise UnsupportedLayerError(f"with bias = {bias} and lambd = {lambd} it is not continuous")
    x = node.computed()
    return x.bend("piecewise", [-lambd, lambd], [1.0, 0.0, 1.0]) if lambd else x


def _finite(node: Node, name: str) -> float:
    value = float(node.attribute(name))
    if not math.isfinite(value):
        raise InvalidNetworkError(f"{name} is {value}")
    return value


@handles("Clip")
def _clip(node: Node) -> Forms:
    return op.clip(node.computed(), _end(node, 1, "min", -math.inf), _end(node, 2, "max", math.inf))


def _end(node: Node, i: int, name: str, none: float) -> float:
    """A bound: an input, in old versions an attribute; ``none`` if there is none."""
    given = node.attribute(name) if node.value(i) is None else node.numbers(i, infinite=True)
    if given is None:
        return none
    if np.size(given) != 1:
        raise InvalidNetworkError(f"{name} is an array of shape {np.shape(given)}; it must be one number")
    end = float(np.asarray(given).item())
    largest = (FLOAT_MAX, *UNBOUNDED[node.elem_type])
    return none if abs(end) in largest and (end > 0) == (none > 0) else end


@handles("Max", "Min")
def _extreme(node: Node) -> Forms:
    """Of computed arrays and constants; beside one single number it is a clipping."""
    sign = 1.0 if node.operator == "Max" else -1.0
    every = [node.value(i) for i in range(len(node.values))]
    computed = [v for v in every if isinstance(v, Forms)]
    constants = [node.numbers(i) for i, v in enumerate(every) if not isinstance(v, Forms)]
    if not constants:
        return op.extreme(computed, sign)
    bound = constants[0]
    for more in constants[1:]:
        bound = np.maximum(bound, more) if sign > 0 else np.minimum(bound, more)
    if len(computed) == 1 and (bound == bound.flat[0]).all():
        (x,) = computed
        x = x.take(np.broadcast_arrays(x.index, bound)[0])
        end = float(bound.flat[0])
        return op.clip(x, end, math.inf) if sign > 0 else op.clip(x, -math.inf, end)
    return op.extreme([*computed, bound], sign)
