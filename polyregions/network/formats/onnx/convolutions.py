"""Convolutions and poolings: where the windows lie, and what is done under them."""

from __future__ import annotations

from collections.abc import Sequence

from ....errors import InvalidNetworkError, UnsupportedLayerError
from ..lowering import operators as op
from ..lowering.forms import Forms
from ..lowering.windows import Geometry
from .nodes import Node, handles


@handles("Conv")
def _conv(node: Node) -> Forms:
    x, weight, bias = node.computed(), node.numbers(1), None if node.value(2) is None else node.numbers(2)
    kernel = _kernel(node, x, weight.shape)
    _check_bias(bias, weight.shape[0])
    return op.convolve(x, weight, bias, geometry_of(node, x.shape[2:], kernel), node.attribute("group"))


@handles("ConvTranspose")
def _conv_transposed(node: Node) -> Forms:
    x, weight, bias = node.computed(), node.numbers(1), None if node.value(2) is None else node.numbers(2)
    kernel, groups = _kernel(node, x, weight.shape), node.attribute("group")
    _check_bias(bias, weight.shape[1] * groups)
    d = len(kernel)
    plain = Geometry.of(kernel, _each(node, "strides", d, 1), dilations=_each(node, "dilations", d, 1))
    more = _each(node, "output_padding", d, 0)
    reach = [
        (count - 1) * step + span + extra
        for count, step, span, extra in zip(x.shape[2:], plain.strides, plain.spans, more, strict=True)
    ]
    auto, wanted = node.attribute("auto_pad"), node.attribute("output_shape")
    if auto in ("SAME_UPPER", "SAME_LOWER") and not wanted:
        wanted = [count * step for count, step in zip(x.shape[2:], plain.strides, strict=True)]
    if wanted:
        if len(wanted) != d:
            raise InvalidNetworkError(f"an output_shape of {wanted} for {d} axes")
        totals = [max(0, full - size) for full, size in zip(reach, wanted, strict=True)]
        before, after = _shared(totals, auto == "SAME_UPPER")
    else:
        before, after = _pads(node, d)
    geometry = Geometry.of(kernel, plain.strides, before, after, plain.dilations)
    space = [full - low - high for full, low, high in zip(reach, before, after, strict=True)]
    if min(space) < 1:
        raise InvalidNetworkError(f"a result of the shape {tuple(space)}")
    return op.convolve_transposed(x, weight, bias, geometry, space, groups)


@handles("MaxPool")
def _max_pool(node: Node) -> Forms:
    x = node.computed()
    return op.max_pool(x, geometry_of(node, x.shape[2:], node.attribute("kernel_shape")))


@handles("AveragePool")
def _average_pool(node: Node) -> Forms:
    x = node.computed()
    geometry = geometry_of(node, x.shape[2:], node.attribute("kernel_shape"))
    return op.average_pool(x, geometry, bool(node.attribute("count_include_pad", 0)))


@handles("GlobalAveragePool", "GlobalMaxPool")
def _global_pool(node: Node) -> Forms:
    x = node.computed()
    how = "max" if node.operator == "GlobalMaxPool" else "mean"
    return op.reduce(x, range(2, len(x.shape)), True, how) if len(x.shape) > 2 else x


def geometry_of(node: Node, space: Sequence[int], kernel: Sequence[int]) -> Geometry:
    """Where the windows of an operator lie on axes of these lengths."""
    d = len(space)
    if len(kernel) != d:
        raise InvalidNetworkError(f"a kernel of shape {tuple(kernel)} on {d} axes")
    strides, dilations = _each(node, "strides", d, 1), _each(node, "dilations", d, 1)
    auto, ceil = node.attribute("auto_pad"), bool(node.attribute("ceil_mode", 0))
    if auto == "VALID" and ceil:
        raise UnsupportedLayerError("ceil_mode beside auto_pad = VALID")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        totals = [
            (-(-n // step) - 1) * step + (k - 1) * dilation + 1 - n
            for n, step, k, dilation in zip(space, strides, kernel, dilations, strict=True)
        ]
        if min(totals) < -1:
            raise UnsupportedLayerError(f"auto_pad = {auto} with windows that leave gaps is not defined")
        before, after = _shared([max(0, total) for total in totals], auto == "SAME_UPPER")
    else:
        before, after = _pads(node, d)
    return Geometry.of(kernel, strides, before, after, dilations, ceil)


def _shared(totals: Sequence[int], upper: bool) -> tuple[list[int], list[int]]:
    """Paddings before and after; the odd one is after if ``upper``."""
    before = [total // 2 if upper else total - total // 2 for total in totals]
    return before, [total - low for total, low in zip(totals, before, strict=True)]


def _pads(node: Node, d: int) -> tuple[list[int], list[int]]:
    auto = node.attribute("auto_pad")
    if auto not in ("NOTSET", "VALID"):
        raise InvalidNetworkError(f"auto_pad = {auto}")
    if auto == "VALID":
        return [0] * d, [0] * d
    pads = _each(node, "pads", 2 * d, 0)
    if not all(0 <= n < 2**31 for n in pads):
        raise InvalidNetworkError(f"pads = {pads}")
    return pads[:d], pads[d:]


def _each(node: Node, name: str, count: int, default: int) -> list[int]:
    """An attribute of whole numbers, one for each axis."""
    numbers = node.attribute(name) or [default] * count
    if len(numbers) != count:
        raise InvalidNetworkError(f"{name} = {list(numbers)}; {count} are needed")
    return [int(n) for n in numbers]


def _kernel(node: Node, x: Forms, weight: Sequence[int]) -> tuple[int, ...]:
    kernel = tuple(weight[2:])
    said = node.attribute("kernel_shape")
    if len(weight) != len(x.shape) or not kernel or 0 in weight or (said and tuple(said) != kernel):
        raise InvalidNetworkError(f"weights of shape {tuple(weight)} for an array of shape {x.shape}")
    return kernel


def _check_bias(bias: object, channels: int) -> None:
    if bias is not None and getattr(bias, "shape", ()) != (channels,):
        raise InvalidNetworkError(f"a bias of shape {getattr(bias, 'shape', ())} for {channels} channels")
