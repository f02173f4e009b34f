"""The operators of ATen that compute, on arrays of affine forms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..lowering import operators as op
from ..lowering.forms import Forms, joined
from ..lowering.windows import Geometry
from .tensors import Call, Positions, handles


@handles("add", "sub", "rsub")
def _add(call: Call) -> Forms:
    x, y, alpha = call["self"], call["other"], call["alpha"]
    if call.full_name == "aten::rsub":
        x, y = y, x
    if alpha != 1:
        y = y.scale(alpha) if isinstance(y, Forms) else np.asarray(y, dtype=np.float64)
        if not isinstance(y, Forms):
            raise call.refuse("a factor alpha on a constant")
    sign = 1.0 if call.full_name.startswith("aten::add") else -1.0
    return Forms.of(call.program, x).add(y, sign)


@handles("neg")
def _neg(call: Call) -> Forms:
    return _only(call).scale(-1.0)


@handles("mul")
def _mul(call: Call) -> Any:
    x, y = call["self"], call["other"]
    if not isinstance(x, Forms):
        x, y = y, x
    if isinstance(y, Forms):
        raise call.refuse("a product of two computed tensors is not piecewise linear")
    return x.scale(y)


@handles("div")
def _div(call: Call) -> Forms:
    if isinstance(call["other"], Forms):
        raise call.refuse("a division by a computed tensor is not piecewise linear")
    if call.given.get("rounding_mode") is not None:
        raise call.refuse("a division that rounds is not continuous")
    return op.divide(call["self"], call["other"])


@handles("addmm", "addmv", "baddbmm", "addbmm")
def _addmm(call: Call) -> Forms:
    if call["beta"] != 1 or call["alpha"] != 1 or call.full_name == "aten::addbmm":
        raise call.refuse("factors alpha and beta")
    names = ("mat", "vec") if call.full_name == "aten::addmv" else ("mat1", "mat2")
    names = ("batch1", "batch2") if call.full_name == "aten::baddbmm" else names
    return _product(call, call[names[0]], call[names[1]]).add(call["self"])


@handles("mm", "bmm", "mv", "matmul", "dot")
def _mm(call: Call) -> Forms:
    second = next(name for name in ("mat2", "vec", "tensor", "other") if name in call.given)
    return _product(call, call["self"], call[second])


@handles("linear")
def _linear(call: Call) -> Forms:
    y = _product(call, call["input"], np.swapaxes(call["weight"], -1, -2))
    return y if call["bias"] is None else y.add(call["bias"])


@handles("convolution", "_convolution")
def _convolution(call: Call) -> Forms:
    x, weight, bias = call["input"], call["weight"], call["bias"]
    if isinstance(weight, Forms) or isinstance(bias, Forms):
        raise call.refuse("weights that were computed from the input")
    d = weight.ndim - 2
    geometry = Geometry.of(weight.shape[2:], call["stride"], call["padding"], None, call["dilation"])
    if not call["transposed"]:
        return op.convolve(x, weight, bias, geometry, call["groups"])
    extra = Geometry.of(weight.shape[2:], call["output_padding"]).strides
    space = [
        (n - 1) * step - low - high + span + more
        for n, step, low, high, span, more in zip(
            x.shape[-d:],
            geometry.strides,
            geometry.before,
            geometry.after,
            geometry.spans,
            extra,
            strict=True,
        )
    ]
    return op.convolve_transposed(x, weight, bias, geometry, space, call["groups"])


@handles("_native_batch_norm_legit_no_training", "native_batch_norm", "batch_norm", "cudnn_batch_norm")
def _batch_norm(call: Call) -> Any:
    if call.given.get("training"):
        raise call.refuse("a normalisation in training mode; call module.eval() first")
    x, mean, variance = call["input"], call["running_mean"], call["running_var"]
    if mean is None or variance is None:
        raise call.refuse("a normalisation by the statistics of the batch is not piecewise linear")
    weight = np.ones(mean.shape) if call["weight"] is None else call["weight"]
    bias = np.zeros(mean.shape) if call["bias"] is None else call["bias"]
    epsilon = call.given["eps"]  # added in double precision, or rounded with what is rounded anyway
    return op.batch_norm(x, weight, bias, mean, variance, epsilon), None, None


@handles("native_dropout")
def _dropout(call: Call) -> Any:
    if call["train"]:
        raise call.refuse("dropout in training mode; call module.eval() first")
    return call["input"], None


@handles("max_pool1d", "max_pool2d", "max_pool3d", "max_pool2d_with_indices", "max_pool3d_with_indices")
def _max_pool(call: Call) -> Any:
    kernel = _as_many(call, call["kernel_size"])
    geometry = Geometry.of(
        kernel, call["stride"] or kernel, call["padding"], None, call["dilation"], bool(call["ceil_mode"])
    )
    pooled = op.max_pool(call["self"], geometry)
    return (pooled, Positions(pooled.shape)) if call.full_name.endswith("with_indices") else pooled


@handles("avg_pool1d", "avg_pool2d", "avg_pool3d")
def _average_pool(call: Call) -> Forms:
    kernel = _as_many(call, call["kernel_size"])
    geometry = Geometry.of(
        kernel, call["stride"] or kernel, call["padding"], None, (), bool(call["ceil_mode"])
    )
    divisor = call.given.get("divisor_override")
    return op.average_pool(call["self"], geometry, bool(call["count_include_pad"]), divisor)


def _as_many(call: Call, kernel: Any) -> tuple[int, ...]:
    """A kernel with a number for each axis, where one stands for all."""
    d = int(next(c for c in call.full_name if c in "123"))
    return tuple(kernel) * d if len(kernel) == 1 else tuple(kernel)


@handles("_adaptive_avg_pool2d", "_adaptive_avg_pool3d", "adaptive_avg_pool1d", "adaptive_avg_pool2d")
def _adaptive_average(call: Call) -> Forms:
    return op.adaptive_pool(call["self"], call["output_size"], largest=False)


@handles("adaptive_max_pool1d", "adaptive_max_pool2d", "adaptive_max_pool3d")
def _adaptive_max(call: Call) -> Any:
    pooled = op.adaptive_pool(call["self"], call["output_size"], largest=True)
    return pooled, Positions(pooled.shape)


@handles("mean", "sum", "amax", "amin")
def _reduce(call: Call) -> Forms:
    how = {"amax": "max", "amin": "min"}.get(_name(call), _name(call))
    axes = call.given.get("dim")
    axes = [axes] if isinstance(axes, int) else axes or None
    return op.reduce(call["self"], axes, bool(call.given.get("keepdim", False)), how)


@handles("max", "min", "maximum", "minimum", "fmax", "fmin")
def _extreme(call: Call) -> Any:
    how = "max" if "max" in _name(call) else "min"
    if "other" in call.given:
        return op.extreme([call["self"], call["other"]], 1.0 if how == "max" else -1.0)
    if "dim" in call.given:
        largest = op.reduce(call["self"], [call["dim"]], bool(call["keepdim"]), how)
        return largest, Positions(largest.shape)
    return op.reduce(call["self"], None, False, how)


@handles("cat", "concat", "concatenate")
def _cat(call: Call) -> Forms:
    parts = [part for part in call["tensors"] if isinstance(part, Forms) or np.size(part)]
    return joined(parts, call["dim"])


@handles("stack")
def _stack(call: Call) -> Forms:
    parts, axis = call["tensors"], call["dim"]
    own = [Forms.of(call.program, part) for part in parts]
    return joined([part.take(np.expand_dims(part.index, axis)) for part in own], axis)


@handles("where")
def _where(call: Call) -> Forms:
    if isinstance(call["condition"], Forms):
        raise call.refuse("what follows depends on computed values")
    return op.chosen(call["condition"], call["self"], call["other"], call.program)


@handles("masked_fill")
def _masked_fill(call: Call) -> Forms:
    if isinstance(call["mask"], Forms):
        raise call.refuse("what follows depends on computed values")
    return op.chosen(call["mask"], call["value"], call["self"], call.program)


@handles("_to_copy", "to")
def _to(call: Call) -> Forms:
    dtype = call.given.get("dtype")
    if dtype is not None and dtype != call.dtype:
        raise call.refuse(f"a conversion to {dtype} rounds")
    return _only(call)


@handles("relu")
def _relu(call: Call) -> Forms:
    return op.relu(_only(call))


@handles("abs")
def _abs(call: Call) -> Forms:
    return op.absolute(_only(call))


@handles("leaky_relu")
def _leaky_relu(call: Call) -> Forms:
    return op.leaky_relu(_only(call), call["negative_slope"])


@handles("rrelu_with_noise")
def _rrelu(call: Call) -> Forms:
    if call["training"]:
        raise call.refuse("random slopes in training mode; call module.eval() first")
    raise call.refuse("it is not supported; its slope in eval mode is that of a LeakyReLU")


@handles("_prelu_kernel", "prelu")
def _prelu(call: Call) -> Forms:
    if isinstance(call["weight"], Forms):
        raise call.refuse("a slope that was computed from the input")
    return op.leaky_relu(_only(call), call["weight"])


@handles("hardtanh", "relu6")
def _hardtanh(call: Call) -> Forms:
    if _name(call) == "relu6":
        return op.clip(_only(call), 0.0, 6.0)
    return op.clip(_only(call), call["min_val"], call["max_val"])


@handles("hardsigmoid")
def _hardsigmoid(call: Call) -> Forms:
    op.note_rounded(call.program, "1/6 of a hard sigmoid", 1)
    return op.hard_sigmoid(_only(call), float(np.float64(1.0) / 6.0))


@handles("clamp", "clamp_min", "clamp_max", "clip")
def _clamp(call: Call) -> Forms:
    low, high = call.given.get("min"), call.given.get("max")
    ends = [call["min"] if low is not None else -math.inf, call["max"] if high is not None else math.inf]
    if any(isinstance(end, Forms) or np.ndim(end) for end in ends):
        x = call["self"]
        if low is not None:
            x = op.extreme([x, ends[0]], 1.0)
        return x if high is None else op.extreme([x, ends[1]], -1.0)
    return op.clip(_only(call), ends[0], ends[1])


@handles("threshold")
def _threshold(call: Call) -> Forms:
    x, at, value = call["self"], call["threshold"], call["value"]
    if at != value:
        raise call.refuse("a threshold with another value is not continuous")
    return op.clip(x, at, math.inf)


@handles("hardshrink", "softshrink")
def _shrink(call: Call) -> Forms:
    if _name(call) == "hardshrink":
        raise call.refuse("it is not continuous")
    t = call["lambd"]
    return _only(call).bend("piecewise", [-t, t], [1.0, 0.0, 1.0]) if t > 0 else _only(call)


def _name(call: Call) -> str:
    return call.full_name.removeprefix("aten::").rstrip("_")


def _only(call: Call) -> Forms:
    x = call["self"]
    if not isinstance(x, Forms):
        raise call.refuse("its parameters were computed from the input")
    return x


def _product(call: Call, a: Any, b: Any) -> Forms:
    if isinstance(a, Forms) and isinstance(b, Forms):
        raise call.refuse("a product of two computed tensors is not piecewise linear")
    return a.matmul(b) if isinstance(a, Forms) else op.matmul_left(a, b)
