"""Arrays of affine forms: sums that would be rounded, and what does not fit into memory."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from polyregions.errors import CheckFailedError, InvalidNetworkError, TooLargeError, UnsupportedLayerError
from polyregions.network import linear, relu
from polyregions.network.formats.lowering import forward, operators, program
from polyregions.network.formats.lowering.forms import Forms
from polyregions.network.formats.lowering.layout import layers_of
from polyregions.network.formats.lowering.program import Program


def test_constants_whose_sum_is_no_float() -> None:
    run = Program(1)
    far = Forms.constants(run, [2.0**60]).add([1.0]).add(Forms.inputs(run, (1,)))
    value = [Fraction(3)]
    for layer in layers_of(far):
        rows = zip(layer.dense.tolist(), layer.bias.tolist(), strict=True)
        value = [sum((Fraction(w) * v for w, v in zip(r, value, strict=True)), Fraction(b)) for r, b in rows]
    assert value == [2**60 + 4]


def test_large_arrays_are_refused_before_they_are_made(monkeypatch: pytest.MonkeyPatch) -> None:
    run = Program(1000)
    x = Forms.inputs(run, (1000,))
    total = operators.reduce(x, None, False, "sum")
    with pytest.raises(TooLargeError, match="at most"):
        total.take(np.zeros(2**20, dtype=np.int64))  # of a thousand weights each
    monkeypatch.setattr(program, "available_memory", lambda: 2**20)
    with pytest.raises(TooLargeError, match=r"takes up to 0.1 GiB; 0.0 GiB are left"):
        x.matmul(np.ones((1000, 1000)))


def test_extremes_and_means_that_are_none() -> None:
    run = Program(1000)
    x = Forms.inputs(run, (1000,))
    with pytest.raises(UnsupportedLayerError, match="a maximum of 1,000 numbers; at most 256"):
        operators.reduce(x, None, False, "max")
    with pytest.raises(InvalidNetworkError, match="a mean of nothing"):
        operators.mean_of(x, np.array([[-1]]), np.array([0]), (1,))
    for axis in (1, -2):
        with pytest.raises(InvalidNetworkError, match="along the axes"):
            operators.reduce(x, [axis], False, "sum")
    with pytest.raises(InvalidNetworkError, match="no inverse"):
        operators.divide(x, 5e-324)


def test_wide_layers_are_compared_point_after_point(monkeypatch: pytest.MonkeyPatch) -> None:
    layers = [relu([[1.0, 2.0]] * 3, [0.0, 1.0, 2.0]), linear([[1.0, 1.0, 1.0]], [0.5])]
    points = forward.sample_points(2)
    asked = []

    def right(some: np.ndarray) -> np.ndarray:
        asked.append(len(some))
        return np.maximum(some @ [1.0, 2.0] + np.arange(3.0)[:, None], 0.0).sum(axis=0)[:, None] + 0.5

    assert forward.compare(layers, points, right, 2.0**-53) < 1e-13
    assert asked == [len(points)]
    monkeypatch.setattr(forward, "TOGETHER", 15)
    assert forward.compare(layers, points, right, 2.0**-53) < 1e-13
    assert set(asked[1:]) == {5, len(points) % 5}
    with pytest.raises(CheckFailedError, match="not read right"):
        forward.compare(layers, points, lambda some: right(some) + (some[:, :1] == 1.0), 2.0**-53)
    with pytest.raises(CheckFailedError, match="no finite number"):
        forward.compare(layers, points, lambda some: right(some) * np.nan, 2.0**-53)
