"""What frameworks do with arrays, on arrays of affine forms. Axes and paddings are as in PyTorch and ONNX."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np

from ....base.arrays import IntArray
from ....base.rationals import round_fraction, round_root
from ....errors import InvalidNetworkError
from .forms import Forms, joined
from .program import Program, check_entries
from .windows import Geometry, adaptive, windows


def convolve(x: Forms, weight: Any, bias: Any, geometry: Geometry, groups: int = 1) -> Forms:
    """Convolution (strictly: correlation) of (N, C, *space) with weights (out, C / groups, *kernel)."""
    W = np.asarray(weight, dtype=np.float64)
    n, channels = x.shape[:2]
    out, per_group, d = W.shape[0], W.shape[1], W.ndim - 2
    if channels != per_group * groups or out % groups:
        raise InvalidNetworkError(
            f"a convolution of {channels} channels in {groups} groups by weights {W.shape}"
        )
    under = windows(x.shape, geometry)  # (N, C, *counts, *kernel)
    counts = under.shape[2 : 2 + d]
    under = np.moveaxis(under.reshape(n, groups, per_group, math.prod(counts), -1), 3, 2)
    under = under.reshape(n, groups, 1, math.prod(counts), -1)  # (N, groups, 1, places, C / groups * kernel)
    own = W.reshape(1, groups, out // groups, 1, -1)
    columns, values = np.broadcast_arrays(under, own)
    y = x.weighted(columns, values, (n, out, *counts))
    return y if bias is None else y.add(np.asarray(bias, dtype=np.float64).reshape(1, -1, *[1] * d))


def convolve_transposed(
    x: Forms, weight: Any, bias: Any, geometry: Geometry, space: Sequence[int], groups: int = 1
) -> Forms:
    """Transposed convolution of (N, C, *counts), weights (C, out / groups, *kernel), to (N, out, *space)."""
    W = np.asarray(weight, dtype=np.float64)
    n, channels = x.shape[:2]
    per_group, d = W.shape[1], W.ndim - 2
    if geometry.counts(space) != x.shape[2:] or channels != W.shape[0]:
        raise InvalidNetworkError(f"a transposed convolution of shape {x.shape} to {tuple(space)}")
    out = per_group * groups
    places, size = math.prod(x.shape[2:]), math.prod(space)
    spot = windows(space, geometry).reshape(
        1, 1, 1, places, -1
    )  # where each entry goes: (..., places, kernel)
    check_entries(n * channels * per_group * spot.size)
    # Entry (image, channel, place) goes with weight (channel, o, offset) to (image, group, o, spot).
    c = np.arange(channels).reshape(1, channels, 1, 1, 1)
    o = (c // (channels // groups)) * per_group + np.arange(per_group).reshape(1, 1, -1, 1, 1)
    image = np.arange(n).reshape(-1, 1, 1, 1, 1)
    target = np.where(spot >= 0, (image * out + o) * size + spot, -1)
    source = (image * channels + c) * places + np.arange(places).reshape(1, 1, 1, -1, 1)
    target, source, values = np.broadcast_arrays(target, source, W.reshape(1, channels, per_group, 1, -1))
    y = x.scattered(source, target, values, (n, out, *space))
    return y if bias is None else y.add(np.asarray(bias, dtype=np.float64).reshape(1, -1, *[1] * d))


def max_pool(x: Forms, geometry: Geometry) -> Forms:
    """The largest entry under each window of the last axes."""
    d = len(geometry.kernel)
    under = windows(x.shape, geometry)
    shape = under.shape[: under.ndim - d]
    return x.largest(under.reshape(math.prod(shape), -1), shape)


def average_pool(x: Forms, geometry: Geometry, count_padding: bool, divisor: int | None = None) -> Forms:
    """The mean under each window of the last axes; the padding counts as zeros, or not at all."""
    d = len(geometry.kernel)
    under = windows(x.shape, geometry, outside=-2)
    shape = under.shape[: under.ndim - d]
    under = under.reshape(*shape, -1)
    counts = (under >= (-1 if count_padding else 0)).sum(axis=-1)
    return mean_of(
        x, np.maximum(under, -1), counts if divisor is None else np.full_like(counts, divisor), shape
    )


def adaptive_pool(x: Forms, counts: Sequence[int], largest: bool) -> Forms:
    """Adaptive pooling of the last axes to so many windows each."""
    d = len(counts)
    space, lead = x.shape[-d:], x.shape[:-d]
    index = x.index.reshape(-1, *space)
    spans = product(*(adaptive(n, count) for n, count in zip(space, counts, strict=True)))
    groups = [index[(slice(None), *span)].reshape(len(index), -1) for span in spans]
    most = max(group.shape[1] for group in groups)
    padded = [np.pad(g, [(0, 0), (0, most - g.shape[1])], constant_values=-1) for g in groups]
    under = np.stack(padded, axis=1)
    shape = (*lead, *counts)
    if largest:
        return x.largest(under.reshape(-1, most), shape)
    return mean_of(x, under, (under >= 0).sum(axis=-1), shape)


def mean_of(x: Forms, under: IntArray, counts: IntArray, shape: Sequence[int]) -> Forms:
    """Sums of groups of entries (..., k), each divided by its count (...,)."""
    if not np.all(counts):
        raise InvalidNetworkError("a mean of nothing")
    share = 1.0 / counts
    note_rounded(x.program, "1/k of a mean", int((np.frexp(counts)[0] != 0.5).sum()))
    return x.weighted(under, np.broadcast_to(share[..., None], under.shape), shape)


def reduce(x: Forms, axes: Sequence[int] | None, keep: bool, how: str) -> Forms:
    """The "sum", "mean", "max" or "min" along some axes, all of them if None."""
    rank = len(x.shape)
    if axes is not None and not all(-rank <= a < rank for a in axes):
        raise InvalidNetworkError(f"a reduction of an array of shape {x.shape} along the axes {list(axes)}")
    along = sorted({int(a) % rank for a in axes}) if axes is not None else list(range(rank))
    rest = [a for a in range(rank) if a not in along]
    moved = x.index.transpose(*rest, *along)
    shape = tuple(1 if a in along else x.shape[a] for a in range(rank) if keep or a not in along)
    groups = moved.reshape(math.prod(moved.shape[: len(rest)]), -1)
    if how in ("max", "min"):
        return x.largest(groups, shape, 1.0 if how == "max" else -1.0)
    if how == "sum":
        return x.weighted(groups, np.ones(groups.shape), shape)
    return mean_of(x, groups, np.full(len(groups), groups.shape[1]), shape)


def extreme(parts: Sequence[Any], sign: float) -> Forms:
    """The largest (sign 1) or smallest (sign -1) of several arrays, broadcast."""
    everything, index = beside(parts)
    return everything.largest(index.reshape(-1, len(parts)), index.shape[:-1], sign)


def beside(parts: Sequence[Any]) -> tuple[Forms, IntArray]:
    """All entries of several arrays, and which of them meet where these are broadcast: (..., parts)."""
    sizes = [part.size if isinstance(part, Forms) else int(np.size(part)) for part in parts]
    starts = np.cumsum([0, *sizes])
    index = [
        (part.index if isinstance(part, Forms) else np.arange(np.size(part)).reshape(np.shape(part))) + start
        for part, start in zip(parts, starts, strict=False)
    ]
    return joined(parts, None), np.stack(np.broadcast_arrays(*index), axis=-1)


def relu(x: Forms) -> Forms:
    """max(x, 0)."""
    return x.bend("relu", [0.0], [0.0, 1.0])


def leaky_relu(x: Forms, slope: Any) -> Forms:
    """Slope 1 above 0, below it a slope of its own for each entry, broadcast."""
    below = np.broadcast_to(np.asarray(slope, dtype=np.float64), x.shape)
    return x.bend("leaky_relu", [0.0], np.stack([below, np.ones(x.shape)], axis=-1))


def absolute(x: Forms) -> Forms:
    """|x|."""
    return x.bend("abs", [0.0], [-1.0, 1.0])


def clip(x: Forms, low: float, high: float) -> Forms:
    """min(max(x, low), high); an infinite end is none."""
    low, high = float(low), float(high)
    if math.isnan(low) or math.isnan(high) or low > high:
        raise InvalidNetworkError(f"clipping between {low} and {high}")
    if low == high:
        return x.scale(0.0).add(low)
    if (low, high) == (-math.inf, math.inf):
        return x
    if (low, high) == (0.0, math.inf):
        return relu(x)
    if (low, high) == (-1.0, 1.0):
        return x.bend("hard_tanh", [-1.0, 1.0], [0.0, 1.0, 0.0])
    ends = [end for end in (low, high) if math.isfinite(end)]
    slopes = [0.0] * math.isfinite(low) + [1.0] + [0.0] * math.isfinite(high)
    return x.bend("piecewise", ends, slopes, min(max(0.0, low), high))


def hard_sigmoid(x: Forms, slope: float, offset: float = 0.5) -> Forms:
    """min(max(slope x + offset, 0), 1)."""
    return clip(x.scale(slope).add(offset), 0.0, 1.0)


def batch_norm(
    x: Forms, weight: Any, bias: Any, mean: Any, variance: Any, added: float, axis: int = 1
) -> Forms:
    """``s (x - mean) + bias``, s = weight / sqrt(variance + added): s x + t, s and t rounded once each."""
    scales, offsets = [], []
    numbers = [np.asarray(v, dtype=np.float64).ravel().tolist() for v in (weight, bias, mean, variance)]
    for w, b, m, v in zip(*numbers, strict=True):
        below = Fraction(v) + Fraction(added)
        if below <= 0:
            raise InvalidNetworkError(f"a normalisation by the variance {v}")
        scale = math.copysign(round_root(Fraction(w) ** 2 / below), w)
        offset = Fraction(b) - Fraction(scale) * Fraction(m)
        scales.append(scale)
        offsets.append(round_fraction(offset.numerator, offset.denominator))
    note_rounded(x.program, "scale or offset of a normalisation", 2 * len(scales))
    shape = [1] * len(x.shape)
    shape[axis] = -1
    return x.scale(np.reshape(scales, shape)).add(np.reshape(offsets, shape))


def divide(x: Forms, divisor: Any) -> Forms:
    """X / divisor: times its inverse, rounded once."""
    k = np.asarray(divisor, dtype=np.float64)
    with np.errstate(all="ignore"):
        inverse = 1.0 / k
    if not (np.isfinite(k) & np.isfinite(inverse) & (inverse != 0.0)).all():
        raise InvalidNetworkError("a division by zero, or by a number that has no inverse")
    note_rounded(x.program, "inverse of a divisor", int((np.abs(np.frexp(k)[0]) != 0.5).sum()))
    return x.scale(inverse)


def note_rounded(program: Program, what: str, numbers: int) -> None:
    """List numbers that had to be rounded, if there are any."""
    if numbers:
        program.rounded[what] += numbers


def chosen(mask: Any, x: Any, y: Any, program: Program) -> Forms:
    """Entries of x where a constant mask is true, else of y, broadcast."""
    parts = [Forms.of(program, v) for v in (x, y)]
    which, i, j = np.broadcast_arrays(np.asarray(mask, dtype=bool), parts[0].index, parts[1].index)
    return joined(parts, None).take(np.where(which, i, j + parts[0].size))


def matmul_left(matrix: Any, x: Forms) -> Forms:
    """``matrix @ x`` for a constant (..., m, k), as numpy does it."""
    A = np.asarray(matrix, dtype=np.float64)
    if len(x.shape) == 1:
        product_ = matmul_left(A, x.reshape((x.size, 1)))
        return product_.reshape(product_.shape[:-1])
    flipped = x.take(np.swapaxes(x.index, -1, -2))
    if A.ndim == 1:
        return flipped.matmul(A)
    result = flipped.matmul(np.swapaxes(A, -1, -2))
    return result.take(np.swapaxes(result.index, -1, -2))
