"""Every operator of ONNX that is read, in every form, against two implementations that are not ours."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyregions import Network

onnx = pytest.importorskip("onnx")
helper = onnx.helper
files = pytest.importorskip("support.onnx_files")

NEWEST = min(onnx.defs.onnx_opset_version(), 24)
RNG = np.random.default_rng(11)


def some(*shape: int) -> np.ndarray[Any, Any]:
    """Numbers of few digits, none of them a power of two."""
    return (RNG.integers(-40, 40, shape) / np.float32(16) + np.float32(0.03125)).astype(np.float32)


@dataclass
class Case:
    """One node ``y = operator(inputs)`` among which x is the network's input."""

    operator: str
    shape: tuple[int, ...]
    inputs: dict[str, Any] = field(default_factory=dict)
    attributes: dict[str, Any] = field(default_factory=dict)
    opsets: tuple[int, ...] = (9, 13, 17)
    order: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ("y",)
    #: Why the reference implementation is no judge here, if it is not.
    no_reference: str = ""

    def model(self, opset: int) -> Any:
        names = self.order or ("x", *self.inputs)
        node = helper.make_node(self.operator, names, self.outputs, **self.attributes)
        constants = {name: v for name, v in self.inputs.items() if v is not None}
        kinds = {"Cast": self.attributes.get("to"), "CastLike": onnx.TensorProto.DOUBLE}
        return files.model([node], self.shape, constants, opset=opset, out_kind=kinds.get(self.operator))


def ints(*values: int) -> np.ndarray[Any, Any]:
    return np.array(values, dtype=np.int64)


def case(operator: str, shape: tuple[int, ...], /, **more: Any) -> Case:
    """A case: arrays are inputs, tuples of names and opsets are what they say, all else attributes."""
    own = {k: more.pop(k) for k in ("opsets", "order", "outputs", "no_reference") if k in more}
    arrays = {k: v for k, v in more.items() if isinstance(v, np.ndarray | np.generic)}
    attributes = {k: v for k, v in more.items() if k not in arrays}
    return Case(operator, shape, arrays, attributes, **own)


WINDOWS = "the reference moves windows that reach beyond the padding, or is minutes slow"
CUTTING = "the reference cannot cut entries off"
LACKING = "the reference has no such version"

ARITHMETIC = [
    case("Add", (2, 3), b=some(3), opsets=(7, 13, NEWEST)),
    case("Add", (2, 3), a=some(4, 1, 1), order=("a", "x")),
    case("Sub", (2, 3), b=some(2, 1)),
    case("Sub", (2, 3), a=some(3), order=("a", "x")),
    case("Mul", (2, 3), b=some(3)),
    case("Mul", (2, 3), a=some(4, 2, 3), order=("a", "x")),
    case("Div", (2, 3), b=some(3)),
    case("Neg", (2, 3)),
    case("Sum", (2, 3), b=some(3), c=some(4, 2, 1), opsets=(8, 13)),
    case("Sum", (2, 3)),
    case("Mean", (1, 3), b=some(3), c=some(2, 1), opsets=(8, 13), no_reference="it adds in place"),
    case("Gemm", (2, 3), w=some(3, 4), c=some(4), opsets=(7, 9, 11, 13)),
    case("Gemm", (3, 2), w=some(4, 3), c=some(2, 1), transA=1, transB=1, alpha=0.3, beta=0.7),
    case("Gemm", (3, 4), w=some(2, 3), order=("w", "x"), alpha=-2.0, opsets=(11, 13)),
    case("Gemm", (2, 4), a=some(2, 3), w=some(3, 4), order=("a", "w", "x"), alpha=0.3, beta=0.7),
    case("Gemm", (2, 3), w=some(3, 4), c=some(4), beta=0.0),
    case("MatMul", (2, 3), w=some(3, 4)),
    case("MatMul", (3,), w=some(3, 4)),
    case("MatMul", (2, 3), w=some(3)),
    case("MatMul", (2, 1, 2, 3), w=some(5, 3, 4)),
    case("MatMul", (3, 2), w=some(4, 3), order=("w", "x")),
    case("MatMul", (3,), w=some(4, 3), order=("w", "x")),
    case("MatMul", (3, 2), w=some(3), order=("w", "x")),
    case("MatMul", (5, 3, 2), w=some(2, 1, 4, 3), order=("w", "x")),
    case("Cast", (2, 3), to=onnx.TensorProto.FLOAT),
    case("Cast", (2, 3), to=onnx.TensorProto.DOUBLE),
    case("CastLike", (2, 3), like=np.zeros(1), opsets=(15, 19)),
    case(
        "BatchNormalization", (2, 3, 4), scale=some(3), bias=some(3), mean=some(3), var=abs(some(3)),
        epsilon=0.01, opsets=(7, 8, 9, 13), no_reference="before opset 14 it mixes in the batch",
    ),
    case(
        "BatchNormalization", (2, 3), scale=some(3), bias=some(3), mean=some(3), var=abs(some(3)),
        opsets=(14, 15, NEWEST),
    ),
]  # fmt: skip

BENDS = [
    case("Relu", (2, 3), opsets=(7, 13, 14)),
    case("Abs", (2, 3)),
    case("LeakyRelu", (2, 3), opsets=(9, 16)),
    case("LeakyRelu", (2, 3), alpha=-0.3),
    case("PRelu", (2, 3, 4), slope=some(3, 1), opsets=(7, 9, 16)),
    case("PRelu", (2, 3), slope=some(3)),
    case("PRelu", (2, 3), slope=some(1)),
    case("Clip", (2, 3), min=-0.5, max=1.25, opsets=(7, 10)),
    case("Clip", (2, 3), max=1.25, opsets=(7, 10)),
    case("Clip", (2, 3), opsets=(7, 10)),
    case("Clip", (2, 3), low=np.float32(-0.5), high=np.float32(1.25), opsets=(11, 12, 13)),
    case("Clip", (2, 3), high=np.float32(1.25), order=("x", "", "high"), opsets=(11, 13)),
    case("Clip", (2, 3), low=np.float32(0.25), opsets=(11, 13)),
    case("Clip", (2, 3), low=np.float32(0.0), high=np.finfo(np.float32).max, opsets=(11, 13)),
    case("Clip", (2, 3), opsets=(11, 13)),
    case("Max", (2, 3), b=some(3), opsets=(8, 12, 13)),
    case("Max", (2, 3), a=np.float32([0.5]), b=some(4, 1, 1), order=("a", "x", "b", "x")),
    case("Max", (2, 3), b=np.zeros(3, np.float32)),
    case("Min", (2, 3), b=some(4, 1, 3)),
    case("Min", (2, 3), b=np.full((1, 1, 1), 0.25, np.float32)),
    case("Min", (2, 3)),
    case("HardSigmoid", (2, 3)),
    case("HardSigmoid", (2, 3), alpha=0.3, beta=-0.25),
    case("ThresholdedRelu", (2, 3), alpha=0.0, opsets=(10, 22)),
    case("Shrink", (2, 3), bias=0.75, lambd=0.75),
    case("Shrink", (2, 3), bias=0.0, lambd=0.0),
]

REDUCTIONS = [
    *(
        case(f"Reduce{how}", (2, 3, 4), axes=[0, -1], keepdims=0, opsets=(7, 11, 12))
        for how in ("Sum", "Mean", "Max", "Min")
    ),
    *(case(f"Reduce{how}", (2, 3, 4), opsets=(12, 17)) for how in ("Sum", "Mean", "Max", "Min")),
    *(
        case(f"Reduce{how}", (2, 3, 4), axes_=ints(1), keepdims=0, opsets=(18, NEWEST))
        for how in ("Sum", "Mean", "Max", "Min")
    ),
    case("ReduceSum", (2, 3, 4), axes_=ints(-2, 0), opsets=(13,)),
    case("ReduceSum", (2, 3, 4), axes_=ints(), noop_with_empty_axes=1, opsets=(13, 18)),
    case("ReduceMean", (2, 3), axes_=ints(), noop_with_empty_axes=0, opsets=(18,)),
    case("ReduceMax", (2, 3), noop_with_empty_axes=1, opsets=(18,)),
]

CONVOLUTIONS = [
    case("Conv", (2, 3, 7), w=some(4, 3, 3), b=some(4), opsets=(7, 11, 22)),
    case("Conv", (1, 4, 6, 7), w=some(6, 2, 3, 2), group=2, strides=[2, 1], pads=[1, 0, 2, 1]),
    case("Conv", (1, 2, 7, 8), w=some(2, 1, 2, 3), group=2, dilations=[2, 3], kernel_shape=[2, 3]),
    case("Conv", (1, 2, 3, 4, 3), w=some(2, 2, 2, 2, 2), strides=[1, 2, 1]),
    case("Conv", (1, 2, 7, 6), w=some(3, 2, 3, 2), auto_pad="SAME_UPPER", strides=[2, 2]),
    case("Conv", (1, 2, 7, 6), w=some(3, 2, 2, 3), auto_pad="SAME_LOWER"),
    case("Conv", (1, 2, 6, 7), w=some(3, 2, 1, 1), auto_pad="SAME_UPPER", strides=[2, 2]),
    case("Conv", (1, 2, 6, 7), w=some(3, 2, 1, 1), auto_pad="SAME_LOWER", strides=[2, 2]),
    case("Conv", (1, 2, 7, 6), w=some(3, 2, 2, 3), auto_pad="VALID", strides=[2, 3]),
    case("ConvTranspose", (2, 3, 5), w=some(3, 2, 3), b=some(2), strides=[2], opsets=(7, 11, 22)),
    case("ConvTranspose", (1, 2, 3, 4), w=some(2, 2, 3, 2), strides=[2, 3], pads=[1, 0, 0, 1],
         output_padding=[1, 2]),
    case("ConvTranspose", (1, 4, 3, 3), w=some(4, 3, 2, 2), group=2, dilations=[2, 1],
         no_reference="it cuts the weights of groups along the wrong axis"),
    case("ConvTranspose", (1, 2, 3, 4), w=some(2, 2, 3, 3), auto_pad="SAME_UPPER", strides=[2, 2]),
    case("ConvTranspose", (1, 2, 3, 4), w=some(2, 2, 3, 3), auto_pad="SAME_LOWER", strides=[2, 2],
         output_shape=[6, 7], no_reference="it ignores an output_shape beside auto_pad"),
    case("ConvTranspose", (1, 1, 2, 3, 2), w=some(1, 2, 2, 2, 2)),
    case("MaxPool", (2, 3, 7), kernel_shape=[3], strides=[2], pads=[1, 1], opsets=(7, 8, 12)),
    case("MaxPool", (1, 2, 6, 7), kernel_shape=[3, 2], strides=[2, 3], ceil_mode=1, pads=[1, 0, 1, 1],
         opsets=(10, 12, 22), no_reference=WINDOWS),
    case("MaxPool", (1, 2, 6, 7), kernel_shape=[2, 2], dilations=[2, 3], opsets=(10, 12)),
    case("MaxPool", (1, 2, 6, 7), kernel_shape=[3, 2], auto_pad="SAME_UPPER", strides=[2, 2]),
    case("MaxPool", (1, 2, 6, 7), kernel_shape=[3, 2], auto_pad="SAME_LOWER", no_reference=WINDOWS),
    case("MaxPool", (1, 2, 4, 5), kernel_shape=[2, 2], outputs=("y", "indices")),
    case("MaxPool", (1, 1, 4, 3, 4), kernel_shape=[2, 2, 2], strides=[2, 1, 2]),
    case("AveragePool", (2, 3, 7), kernel_shape=[3], strides=[2], pads=[1, 1], opsets=(7, 11, 19)),
    case("AveragePool", (2, 3, 7), kernel_shape=[3], pads=[1, 1], count_include_pad=1),
    case("AveragePool", (1, 2, 6, 7), kernel_shape=[3, 3], strides=[2, 3], ceil_mode=1, pads=[1, 0, 1, 1],
         opsets=(10, 11, 19, 22), no_reference=WINDOWS),
    case("AveragePool", (1, 2, 6, 7), kernel_shape=[3, 2], strides=[4, 3], ceil_mode=1, pads=[1, 0, 1, 1],
         count_include_pad=1, opsets=(10, 11, 19, 22), no_reference=WINDOWS),
    case("AveragePool", (1, 2, 6, 7), kernel_shape=[2, 3], dilations=[2, 2], opsets=(19, 22)),
    case("AveragePool", (1, 2, 6, 7), kernel_shape=[2, 2], dilations=[2, 3], pads=[1, 1, 1, 1],
         count_include_pad=1, opsets=(19,)),
    case("AveragePool", (1, 2, 6, 7), kernel_shape=[3, 2], auto_pad="SAME_UPPER", strides=[2, 2]),
    case("AveragePool", (1, 2, 6, 7), kernel_shape=[3, 2], auto_pad="SAME_LOWER", count_include_pad=1),
    case("AveragePool", (1, 2, 6, 7), kernel_shape=[3, 2], auto_pad="VALID", strides=[2, 2]),
    case("GlobalAveragePool", (1, 2, 3, 4)),
    case("GlobalAveragePool", (2, 2, 3)),
    case("GlobalMaxPool", (1, 2, 3, 4)),
    case("GlobalMaxPool", (1, 2, 5), no_reference="it takes the axes of pictures"),
    case("GlobalMaxPool", (1, 2, 2, 3, 2), no_reference="it takes the axes of pictures"),
]  # fmt: skip

MOVES = [
    case("Identity", (2, 3), opsets=(7, 13, 16)),
    case("Reshape", (2, 3), shape=ints(3, -1), opsets=(7, 13, 14)),
    case("Reshape", (2, 3, 4), shape=ints(0, -1)),
    case("Flatten", (2, 3, 4), axis=2),
    case("Flatten", (2, 3, 4), axis=-1, opsets=(11, 13)),
    case("Transpose", (2, 3, 4), perm=[2, 0, 1]),
    case("Transpose", (2, 3, 4)),
    case("Squeeze", (1, 3, 1), axes=[0, 2], opsets=(7, 11)),
    case("Squeeze", (1, 3, 1), axes_=ints(-1), opsets=(13,)),
    case("Squeeze", (1, 3, 1), opsets=(7, 11, 13)),
    case("Unsqueeze", (2, 3), axes=[0, 3], opsets=(7, 11)),
    case("Unsqueeze", (2, 3), axes_=ints(-1, 0), opsets=(13,)),
    case("Slice", (3, 5), starts=[1, -3], ends=[3, 9], axes=[0, 1], opsets=(7, 9)),
    case("Slice", (3, 5), starts_=ints(4, 0), ends_=ints(-9, 2), axes_=ints(1, 0), steps_=ints(-2, 1),
         opsets=(10, 11, 13)),
    case("Gather", (3, 5), indices=ints(2, 0, 2), opsets=(7, 11, 13)),
    case("Gather", (3, 5), indices=np.int64(-1), axis=1, opsets=(11, 13)),
    case("GatherND", (3, 5, 2), indices=np.array([[0, 1], [2, -1]]), opsets=(11, 12, 13)),
    case("GatherND", (2, 3, 2), indices=np.array([[1], [0]]), batch_dims=1, opsets=(12, 13)),
    case("GatherElements", (3, 2), indices=np.array([[0, 1], [2, 2], [1, -1]]), opsets=(11, 13)),
    case("GatherElements", (3, 4), indices=np.array([[3, 1], [0, 0]]), axis=1, opsets=(11, 13),
         no_reference="it wants indices as long as the array"),
    case("ScatterElements", (3, 3), indices=np.array([[0, 2]]), updates=some(1, 2), axis=1, opsets=(11, 16)),
    case("ScatterND", (4, 2), indices=np.array([[1], [3]]), updates=some(2, 2), opsets=(11, 16)),
    case("ScatterND", (2, 2), data=some(4, 2), indices=np.array([[1], [3]]), order=("data", "indices", "x"),
         opsets=(11, 18)),
    case("Split", (6, 2), axis=0, split=[1, 3, 2], outputs=("a", "y", "b"), opsets=(7, 11)),
    case("Split", (6, 2), split_=ints(1, 3, 2), outputs=("a", "y", "b"), opsets=(13,)),
    case("Split", (2, 6), axis=-1, outputs=("a", "y"), opsets=(11, 13)),
    case("Split", (7, 2), num_outputs=3, outputs=("a", "b", "y"), opsets=(18,)),
    case("Expand", (3, 1), shape=ints(2, 3, 4), opsets=(8, 13)),
    case("Tile", (2, 3), repeats=ints(2, 2), opsets=(7, 13)),
    case("Pad", (2, 3), pads=[1, 0, 0, 2], opsets=(7, 10)),
    case("Pad", (2, 3), pads=[1, 0, 0, 2], value=1.5, opsets=(7, 10)),
    case("Pad", (2, 3), pads=[1, 2, 0, 1], mode="reflect", opsets=(7, 10)),
    case("Pad", (2, 3), pads_=ints(1, 0, 0, 2), opsets=(11, 13, 18)),
    case("Pad", (2, 3), pads_=ints(1, 0, 0, 2), c=np.float32(-0.75), opsets=(11, 13, 18)),
    case("Pad", (2, 4), pads_=ints(1, 3, 0, 2), mode="reflect", opsets=(11, 13, 18)),
    case("Pad", (2, 3), pads_=ints(1, 3, 0, 2), mode="edge", opsets=(11, 13, 18)),
    case("Pad", (2, 3), pads_=ints(1, 2), axes_=ints(1), order=("x", "pads_", "", "axes_"), opsets=(18,)),
    case("Pad", (2, 3), pads_=ints(1, 2, 1, 2), mode="wrap", opsets=(19,)),
    case("Pad", (3, 4), pads=[1, -1, -2, 2], value=0.5, opsets=(7, 10), no_reference=CUTTING),
    case("Pad", (3, 4), pads_=ints(1, -1, -2, 2), c=np.float32(0.5), opsets=(11, 13), no_reference=CUTTING),
    case("DepthToSpace", (1, 8, 2, 3), blocksize=2, opsets=(9, 11, 13)),
    case("DepthToSpace", (1, 8, 2, 3), blocksize=2, mode="CRD", opsets=(11, 13)),
    case("SpaceToDepth", (1, 2, 4, 6), blocksize=2),
    case("Upsample", (1, 2, 2, 3), scales=[1.0, 1.0, 2.0, 3.0], opsets=(7, 8), no_reference=LACKING),
    case("Upsample", (1, 2, 2, 3), scales_=np.float32([1, 1, 2, 3]), opsets=(9,)),
    case("Resize", (1, 2, 2, 3), scales_=np.float32([1, 1, 2, 3]), opsets=(10,), no_reference=LACKING),
    case("Resize", (1, 2, 4, 6), scales_=np.float32([1, 1, 0.5, 0.5]), opsets=(10,),
         no_reference=LACKING),
    *(
        case("Resize", (1, 1, 3, 4), roi=np.float32([]), scales_=np.float32([1, 1, 2, 1.5]),
             coordinate_transformation_mode=how, nearest_mode=which, opsets=(11, 13))
        for how in ("half_pixel", "pytorch_half_pixel", "asymmetric", "align_corners")
        for which in ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil")
    ),
    case("Resize", (1, 1, 3, 4), sizes=ints(1, 1, 5, 2), order=("x", "", "", "sizes"), opsets=(13, 19)),
    case("Resize", (1, 1, 3, 4), sizes=ints(5, 7), axes=[2, 3], order=("x", "", "", "sizes"), opsets=(18,)),
    case("Dropout", (2, 3), opsets=(7, 10, 12, 13)),
    case("Dropout", (2, 3), ratio=0.25, outputs=("y", "mask"), opsets=(7, 10)),
    case("Dropout", (2, 3), ratio_=np.float32(0.5), t=np.bool_(False), opsets=(12, 13)),
    case("Concat", (2, 3), a=some(2, 2), order=("x", "a", "x"), axis=1),
    case("Where", (2, 3), c=np.array([True, False, True]), b=some(4, 1, 1), order=("c", "x", "b"),
         opsets=(9, 16)),
    case("Trilu", (3, 4), k=np.int64(1), upper=0, opsets=(14,)),
    case("Compress", (3, 4), c=np.array([True, False, True]), axis=0, opsets=(9, 11)),
    case("ReverseSequence", (4, 2), n=ints(3, 2), opsets=(10,)),
]  # fmt: skip

CASES = [*ARITHMETIC, *BENDS, *REDUCTIONS, *CONVOLUTIONS, *MOVES]
LISTED = [(case, opset) for case in CASES for opset in case.opsets]


def label(value: Any) -> str:
    if isinstance(value, Case):
        said = ",".join(f"{k}={v}" for k, v in value.attributes.items())
        return f"{value.operator}({','.join(value.order or ('x', *value.inputs))};{said})".replace(" ", "")
    return str(value)


def points_of(shape: tuple[int, ...]) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(3)
    return (rng.integers(-64, 64, (4, *shape)) / np.float32(32)).astype(np.float32)


@pytest.mark.parametrize(("made", "opset"), LISTED, ids=label)
def test_operator(made: Case, opset: int, tmp_path: Path) -> None:
    if opset > onnx.defs.onnx_opset_version():
        pytest.skip("newer than the installed onnx")
    model = made.model(opset)
    net = Network.load(files.saved(model, tmp_path), input_shape=made.shape)
    assert net.source is not None
    assert net.source.operators == {made.operator: 1}
    assert net.source.largest_difference < 1e-12  # the comparison is in float64
    for x in points_of(made.shape):
        own = net(x.ravel().astype(np.float64))
        size = 1.0 + np.abs(own)
        if not made.no_reference:
            found = files.by_reference(model, x).ravel()
            assert found.shape == own.shape
            assert (np.abs(found - own) < 2e-5 * size).all()
        found = files.by_runtime(model, x)
        if found is not None:
            assert found.size == own.size
            assert (np.abs(found.ravel() - own) < 2e-5 * size).all()
