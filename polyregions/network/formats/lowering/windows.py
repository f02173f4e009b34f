"""Which entries lie under each window of a convolution or a pooling: numbers, -1 on the padding."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....base.arrays import IntArray
from ....errors import InvalidNetworkError
from .program import check_entries


@dataclass(frozen=True)
class Geometry:
    """How windows lie on the last axes of an array; one number for each of these axes.

    Attributes
    ----------
    kernel, strides, dilations : tuple of int
    before, after : tuple of int
        Padding.
    ceil : bool
        Whether a last window may begin inside and reach beyond the padding (``ceil_mode``).
    """

    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    before: tuple[int, ...]
    after: tuple[int, ...]
    dilations: tuple[int, ...]
    ceil: bool = False

    @classmethod
    def of(
        cls,
        kernel: Sequence[int],
        strides: Sequence[int] = (),
        before: Sequence[int] = (),
        after: Sequence[int] | None = None,
        dilations: Sequence[int] = (),
        ceil: bool = False,
    ) -> Geometry:
        """Strides and dilations of 1 and no padding unless said; one number may stand for all axes."""
        d = len(kernel)

        def each(values: Sequence[int], default: int) -> tuple[int, ...]:
            given = tuple(int(v) for v in values) or (default,)
            return given * d if len(given) == 1 else given

        begin = each(before, 0)
        return cls(
            each(kernel, 1), each(strides, 1), begin, begin if after is None else each(after, 0),
            each(dilations, 1), ceil,
        )  # fmt: skip

    @property
    def spans(self) -> tuple[int, ...]:
        """How far a window reaches."""
        return tuple((k - 1) * step + 1 for k, step in zip(self.kernel, self.dilations, strict=True))

    def counts(self, space: Sequence[int]) -> tuple[int, ...]:
        """Number of windows along each axis of that length."""
        found = []
        for n, span, step, low, high in zip(
            space, self.spans, self.strides, self.before, self.after, strict=True
        ):
            free = n + low + high - span
            if free < 0:
                raise InvalidNetworkError(f"a window of {span} does not fit into {n} entries")
            count = (-(-free // step) if self.ceil else free // step) + 1
            # A window that lies in the padding alone is none.
            found.append(count - (self.ceil and (count - 1) * step >= n + low))
        return tuple(found)


def windows(shape: Sequence[int], geometry: Geometry, outside: int = -1) -> IntArray:
    """Numbers of the entries under each window of an array (..., *space): (..., *counts, *kernel).

    ``outside`` marks what lies beyond the padding (``ceil``); the padding is -1.
    """
    d = len(geometry.kernel)
    space, lead = tuple(shape[-d:]), tuple(shape[:-d])
    index = np.arange(int(np.prod(shape, dtype=np.int64))).reshape(shape)
    counts = geometry.counts(space)
    no = [(0, 0)] * len(lead)
    room = (n + low + high for n, low, high in zip(space, geometry.before, geometry.after, strict=True))
    check_entries(math.prod(lead) * math.prod(room))
    check_entries(math.prod(lead) * math.prod(counts) * math.prod(geometry.kernel))
    padded = np.pad(index, no + list(zip(geometry.before, geometry.after, strict=True)), constant_values=-1)
    beyond = [
        max(0, (count - 1) * step + span - n)
        for count, step, span, n in zip(
            counts, geometry.strides, geometry.spans, padded.shape[-d:], strict=True
        )
    ]
    padded = np.pad(padded, no + [(0, more) for more in beyond], constant_values=outside)
    axes = tuple(range(len(lead), len(lead) + d))
    every = np.lib.stride_tricks.sliding_window_view(padded, geometry.spans, axes)
    cut = tuple(
        slice(0, (count - 1) * step + 1, step) for count, step in zip(counts, geometry.strides, strict=True)
    )
    inner = tuple(slice(None, None, step) for step in geometry.dilations)
    return np.asarray(every[(slice(None),) * len(lead) + cut + inner])


def adaptive(n: int, count: int) -> list[slice]:
    """Windows of an adaptive pooling along an axis: ``floor(i n / count)`` to ``ceil((i + 1) n / count)``."""
    return [slice(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]
