"""Operators that ``onnx.reference`` gets wrong in some version, lacks, or takes minutes for.

Checked against onnxruntime in the tests. They know nothing of the lowering: the comparison of what was read
with the model would be none, if both had one source.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx.reference.op_run import OpRun

Array = NDArray[Any]


class BatchNormalization(OpRun):
    """In versions before 14, the reference mixes in the statistics of the batch."""

    def _run(self, x: Array, *parameters: Array, epsilon: float = 1e-5, **_: Any) -> tuple[Array]:
        shape = (-1, *[1] * (x.ndim - 2))
        # Mean and bias may cancel, which the network that is compared does exactly.
        scale, bias, mean, variance = (p.reshape(shape).astype(np.longdouble) for p in parameters)
        return (((x - mean) / np.sqrt(variance + epsilon) * scale + bias).astype(x.dtype),)


class Conv(OpRun):
    """Some versions of the reference ignore that there is no padding (VALID)."""

    def _run(self, x: Array, W: Array, B: Array | None = None, group: int = 1, **said: Any) -> tuple[Array]:
        windows = _Windows(x.shape, {**said, "kernel_shape": W.shape[2:]})
        n, channels, out = x.shape[0], x.shape[1] // group, W.shape[0] // group
        weights = W.reshape(group, out, channels, -1)
        total = np.zeros((n, group, out, *windows.counts))
        for i, part in enumerate(windows.parts(x, 0.0, 0.0)):
            under = part.reshape(n, group, channels, *windows.counts)
            total += np.einsum("ngc...,goc->ngo...", under, weights[..., i])
        y = total.reshape(n, group * out, *windows.counts)
        return ((y if B is None else y + B.reshape(-1, *[1] * len(windows.counts))).astype(x.dtype),)


class MaxPool(OpRun):
    """The reference moves windows that reach beyond the padding."""

    def _run(self, x: Array, **attributes: Any) -> tuple[Array]:
        largest = np.full((), -np.inf)
        for part in _Windows(x.shape, attributes).parts(x, -np.inf, -np.inf):
            largest = np.maximum(largest, part)
        return (largest.astype(x.dtype),)


class AveragePool(OpRun):
    """The reference moves windows that reach beyond the padding."""

    def _run(self, x: Array, count_include_pad: int = 0, **attributes: Any) -> tuple[Array]:
        windows = _Windows(x.shape, attributes)
        total = np.sum(list(windows.parts(x, 0.0, 0.0)), axis=0)
        count = np.sum(list(windows.parts(np.ones(x.shape), float(count_include_pad), 0.0)), axis=0)
        return ((total / count).astype(x.dtype),)


class _Windows:
    """Where the windows of a pooling or a convolution lie."""

    def __init__(self, shape: Sequence[int], attributes: dict[str, Any]) -> None:
        self.kernel = attributes["kernel_shape"]
        d = len(self.kernel)
        self.strides = attributes.get("strides") or [1] * d
        self.dilations = attributes.get("dilations") or [1] * d
        pads = attributes.get("pads") or [0] * 2 * d
        auto = attributes.get("auto_pad") or "NOTSET"
        self.pads, self.counts, self.beyond = [], [], []
        for i, n in enumerate(shape[2:]):
            span, step = (self.kernel[i] - 1) * self.dilations[i] + 1, self.strides[i]
            low, high = (pads[i], pads[d + i]) if auto == "NOTSET" else (0, 0)
            if auto.startswith("SAME"):
                total = max((math.ceil(n / step) - 1) * step + span - n, 0)
                low = total // 2 if auto == "SAME_UPPER" else total - total // 2
                high = total - low
            count = (n + low + high - span) / step + 1
            if attributes.get("ceil_mode"):
                count = math.ceil(count)
                count -= (count - 1) * step >= n + low  # a window that lies in the padding alone is none
            count = math.floor(count)
            self.pads.append((low, high))
            self.counts.append(count)
            self.beyond.append((0, max(0, (count - 1) * step + span - n - low - high)))

    def parts(self, x: Array, padding: float, beyond: float) -> Iterator[Array]:
        """For each offset in a window the entries there, of all windows."""
        none = [(0, 0), (0, 0)]
        x = np.pad(x.astype(np.float64), none + self.pads, constant_values=padding)
        x = np.pad(x, none + self.beyond, constant_values=beyond)
        for offset in product(*map(range, self.kernel)):
            yield x[_cut(offset, self.dilations, self.counts, self.strides)]


def _cut(offset: Sequence[int], dilations: Sequence[int], counts: Sequence[int], steps: Sequence[int]) -> Any:
    """The index of the entries at one offset in all windows."""
    axes = zip(offset, dilations, counts, steps, strict=True)
    return (
        ...,
        *(slice(o * dilation, o * dilation + (n - 1) * step + 1, step) for o, dilation, n, step in axes),
    )


class GlobalMaxPool(OpRun):
    """The reference takes the axes of pictures, whatever there is."""

    def _run(self, x: Array, **_: Any) -> tuple[Array]:
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


class ConvTranspose(OpRun):
    """The reference cuts the weights of groups along the wrong axis."""

    def _run(self, x: Array, W: Array, B: Array | None = None, group: int = 1, **said: Any) -> tuple[Array]:
        kernel = W.shape[2:]
        d = len(kernel)
        strides, dilations = (said.get(name) or [1] * d for name in ("strides", "dilations"))
        more, pads = said.get("output_padding") or [0] * d, said.get("pads") or [0] * 2 * d
        wanted, auto = said.get("output_shape"), said.get("auto_pad") or "NOTSET"
        n, channels = x.shape[:2]
        parts = x.reshape(n, group, channels // group, *x.shape[2:])
        weights = W.reshape(group, channels // group, *W.shape[1:])
        reach = [
            (count - 1) * step + (k - 1) * dilation + 1 + extra
            for count, step, k, dilation, extra in zip(
                x.shape[2:], strides, kernel, dilations, more, strict=True
            )
        ]
        y = np.zeros((n, group, W.shape[1], *reach))
        for offset in product(*map(range, kernel)):
            at: Any = (..., *offset)
            y[_cut(offset, dilations, x.shape[2:], strides)] += np.einsum(
                "ngc...,gco->ngo...", parts, weights[at]
            )
        y = y.reshape(n, group * W.shape[1], *reach)
        if auto.startswith("SAME") and not wanted:
            wanted = [count * step for count, step in zip(x.shape[2:], strides, strict=True)]
        for i, full in enumerate(reach):
            low, high = (pads[i], pads[d + i]) if auto == "NOTSET" else (0, 0)
            if wanted:
                total = max(0, full - wanted[i])
                low = total // 2 if auto == "SAME_UPPER" else total - total // 2
                high = total - low
            y = y.take(range(low, full - high), axis=2 + i)
        return ((y if B is None else y + B.reshape(-1, *[1] * d)).astype(x.dtype),)


class Mean(OpRun):
    """The reference adds in the place of the first, which may be the smaller one."""

    def _run(self, *parts: Array, **_: Any) -> tuple[Array]:
        return ((sum(parts[1:], parts[0]) / len(parts)).astype(parts[0].dtype),)


class GatherElements(OpRun):
    """The reference wants indices as long as the array along all other axes."""

    def _run(self, data: Array, indices: Array, axis: int = 0, **_: Any) -> tuple[Array]:
        places: list[Any] = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
        places[axis] = indices
        return (data[tuple(places)],)


class Pad(OpRun):
    """The reference cannot cut entries off, which negative paddings do."""

    def _run(self, x: Array, *inputs: Any, mode: str = "constant", **said: Any) -> tuple[Array]:
        pads, value, axes = [*inputs, None, None, None][:3]
        pads = said["pads"] if pads is None else pads
        value = said.get("value") or 0.0 if value is None else value
        axes = range(x.ndim) if axes is None else axes
        widths = np.zeros((x.ndim, 2), dtype=np.int64)
        widths[list(axes)] = np.reshape(pads, (2, -1)).T
        if mode != "constant":
            return (np.pad(x, widths, mode=mode),)  # type: ignore[call-overload]
        for axis, (low, high) in enumerate(widths.tolist()):
            x = x.take(range(max(0, -low), max(0, x.shape[axis] + min(0, high))), axis=axis)
        return (np.pad(x, np.maximum(widths, 0), constant_values=np.asarray(value).item()),)


class Resize(OpRun):
    """The nearest entries: the reference looks at all entries for each, and lacks old versions."""

    def _run(self, x: Array, *others: Array | None, mode: str = "nearest", **said: Any) -> tuple[Array]:
        if mode != "nearest":
            raise NotImplementedError(f"Resize with the mode {mode}")
        old = self.run_params["opsets"][""] < 11
        scales, sizes = ([*([None] if old else []), *others, None, None, None])[1:3]
        if scales is None or not scales.size:
            scales = None
        axes = [a % x.ndim for a in said.get("axes") or range(x.ndim)]
        transformation = "asymmetric" if old else said["coordinate_transformation_mode"]
        for i, axis in enumerate(axes):
            n = x.shape[axis]
            size = int(sizes[i]) if scales is None and sizes is not None else None
            scale = np.float32(size) / np.float32(n) if scales is None else np.float32(scales[i])
            count = math.floor(n * float(scale)) if size is None else size
            places = nearest(n, count, scale, transformation, "simple" if old else said["nearest_mode"])
            x = x.take(places, axis=axis)
        return (x,)


class Upsample(Resize):
    """Resize of old; in versions before 9 the scales are an attribute."""

    def _run(self, x: Array, *others: Array | None, mode: str = "nearest", **said: Any) -> tuple[Array]:
        scales = said.get("scales")
        return super()._run(x, *(others if scales is None else [np.asarray(scales)]), mode=mode, **said)


def nearest(n: int, count: int, scale: Any, transformation: str, rounding: str) -> Array:
    """Which of n entries each of ``count`` is, in the standard's float32 arithmetic."""
    x, half = np.arange(count, dtype=np.float32), np.float32(0.5)
    if transformation == "align_corners":
        at = x * np.float32(n - 1) / np.float32(max(count - 1, 1))
    elif transformation == "asymmetric":
        at = x / scale
    elif transformation in ("half_pixel", "half_pixel_symmetric") or (
        transformation == "pytorch_half_pixel" and count > 1
    ):
        at = (x + half) / scale - half
        if transformation == "half_pixel_symmetric":
            at += np.float32(n / 2 * (1 - count / (float(scale) * n)))
    elif transformation == "pytorch_half_pixel":
        at = np.zeros(count, dtype=np.float32)
    else:
        raise NotImplementedError(f"Resize with the transformation {transformation}")
    if rounding == "simple" and (np.floor(at) != np.ceil(at)).any() and scale < 1:
        raise NotImplementedError("which entries a smaller picture has, was not said before opset 11")
    places = {
        "round_prefer_floor": lambda: np.ceil(at - half),
        "round_prefer_ceil": lambda: np.floor(at + half),
        "floor": lambda: np.floor(at),
        "ceil": lambda: np.ceil(at),
        "simple": lambda: np.floor(at),
    }[rounding]()
    return np.asarray(np.clip(places, 0, n - 1).astype(np.int64))


#: What takes the place of the reference.
CORRECTED = (
    AveragePool,
    BatchNormalization,
    Conv,
    ConvTranspose,
    GatherElements,
    GlobalMaxPool,
    MaxPool,
    Mean,
    Pad,
    Resize,
    Upsample,
)
