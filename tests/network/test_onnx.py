"""ONNX files: what is read of them, exactly, and what is refused."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from polyregions import Box, Network, enumerate_regions
from polyregions.cli import main
from polyregions.errors import (
    FileFormatError,
    InvalidInputError,
    InvalidNetworkError,
    MissingDependencyError,
    UnsupportedLayerError,
)
from polyregions.network import formats

onnx = pytest.importorskip("onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
files = pytest.importorskip("support.onnx_files")
node, model, saved = helper.make_node, files.model, files.saved
FLOAT, DOUBLE = onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE

RNG = np.random.default_rng(5)


def some(*shape: int) -> np.ndarray[Any, Any]:
    return RNG.normal(size=shape).astype(np.float32)


def load(made: Any, folder: Path, **options: Any) -> Network:
    return Network.load(saved(made, folder), **options)


W1, B1, W2, B2 = some(5, 2), some(5), some(3, 5), some(3)


def mlp(**more: Any) -> Any:
    """Two linear maps and a ReLU, as most exporters write them."""
    nodes = [
        node("Gemm", ["x", "w1", "b1"], ["z"], name="first", transB=1),
        node("Relu", ["z"], ["h"], name="bend"),
        node("Gemm", ["h", "w2", "b2"], ["y"], name="second", transB=1),
    ]
    return model(nodes, ("N", 2), {"w1": W1, "b1": B1, "w2": W2, "b2": B2}, **more)


def test_a_file_is_the_network_of_its_arrays(tmp_path: Path) -> None:
    net = load(mlp(), tmp_path)
    same = Network.from_arrays([(W1, B1), (W2, B2)])
    assert net == same
    assert net.source is not None
    assert net.source.format == "onnx"
    assert net.source.input_shape == (2,)
    assert net.source.output_shape == (3,)
    assert net.source.operators == {"Gemm": 2, "Relu": 1}
    assert not net.source.rounded
    assert net.source.points > 20
    assert net.source.largest_difference < 1e-13
    box = Box([-2, -2], [2, 2])
    assert enumerate_regions(net, box).n_regions == enumerate_regions(same, box).n_regions > 5


def test_the_command_line_reads_it(tmp_path: Path) -> None:
    path = saved(mlp(), tmp_path)
    result = CliRunner().invoke(main, ["enumerate", str(path), "--box", "-2", "2", "--json", "-"])
    assert result.exit_code == 0
    assert '"regions"' in result.stdout


@pytest.mark.parametrize(
    ("kind", "dtype"), [("FLOAT16", np.float16), ("DOUBLE", np.float64), ("BFLOAT16", None)]
)
def test_numbers_of_every_width_are_read_as_they_are(kind: str, dtype: Any, tmp_path: Path) -> None:
    elem_type = onnx.TensorProto.DataType.Value(kind)
    W = np.array([[0.1, -3.0], [2.0**-14, 1.5]])
    if dtype is None:  # bfloat16: the upper halves of float32
        halves = W.astype(np.float32).view(np.uint32) >> 16
        tensor = onnx.TensorProto(
            name="w", data_type=elem_type, dims=W.shape, raw_data=halves.astype("<u2").tobytes()
        )
        exact = (halves << 16).astype(np.uint32).view(np.float32).astype(np.float64)
    else:
        tensor, exact = numpy_helper.from_array(W.astype(dtype), "w"), W.astype(dtype).astype(np.float64)
    nodes = [node("MatMul", ["x", "w"], ["z"]), node("Relu", ["z"], ["y"])]
    net = load(model(nodes, (1, 2), {"w": tensor}, kind=elem_type, opset=14), tmp_path)
    assert (net.layers[0].dense == exact.T).all()


def test_factors_are_not_multiplied_into_weights(tmp_path: Path) -> None:
    """``0.3 W x + 0.7 b`` has no float64 weights: two linear layers hold it exactly."""
    nodes = [node("Gemm", ["x", "w", "b"], ["y"], transB=1, alpha=0.3, beta=0.7)]
    net = load(model(nodes, (1, 2), {"w": W1, "b": B1}), tmp_path)
    alpha, beta = Fraction(float(np.float32(0.3))), Fraction(float(np.float32(0.7)))
    point = np.array([0.5, -3.0])
    expected = [
        alpha * sum(Fraction(float(w)) * Fraction(t) for w, t in zip(row, point, strict=True))
        + beta * Fraction(float(b))
        for row, b in zip(W1, B1, strict=True)
    ]
    values = [Fraction(t) for t in point]
    for layer in net.layers:  # all linear
        assert layer.is_linear
        values = [
            sum((Fraction(w) * v for w, v in zip(row, values, strict=True)), Fraction(b))
            for row, b in zip(layer.dense.tolist(), layer.bias.tolist(), strict=True)
        ]
    assert values == expected
    assert not net.source.rounded  # type: ignore[union-attr]


def test_powers_of_two_are_multiplied_in(tmp_path: Path) -> None:
    nodes = [node("Gemm", ["x", "w", "b"], ["z"], transB=1, alpha=-0.5), node("Relu", ["z"], ["y"])]
    net = load(model(nodes, (1, 2), {"w": W1, "b": B1}), tmp_path)
    assert (net.layers[0].dense == -0.5 * W1).all()
    assert net.layers[0].kind == "relu"


def test_constants_are_computed_in_the_precision_of_the_file(tmp_path: Path) -> None:
    third = np.float32(1) / np.float32(3)
    nodes = [
        node("Constant", [], ["three"], value_float=3.0),
        node("Div", ["one", "three"], ["third"]),
        node("Mul", ["w", "third"], ["scaled"]),
        node("MatMul", ["x", "scaled"], ["z"]),
        node("Relu", ["z"], ["y"]),
    ]
    net = load(model(nodes, (1, 5), {"w": W1, "one": np.float32(1)}), tmp_path)
    assert (net.layers[0].dense == (W1 * third).T).all()
    assert net.source.operators == {"MatMul": 1, "Relu": 1}  # type: ignore[union-attr]


def test_what_is_rounded_is_listed(tmp_path: Path) -> None:
    nodes = [node("Div", ["x", "k"], ["a"]), node("ReduceMean", ["a"], ["y"], axes=[1])]
    net = load(model(nodes, (1, 3), {"k": np.float32([3, 2, 5])}), tmp_path)
    assert net.source.rounded == {"inverse of a divisor": 2, "1/k of a mean": 1}  # type: ignore[union-attr]


def test_shapes_computed_from_shapes(tmp_path: Path) -> None:
    """The flattening that exporters write for a free number of points."""
    nodes = [
        node("Shape", ["x"], ["s"]),
        node("Gather", ["s", "zero"], ["n"], axis=0),
        node("Unsqueeze", ["n", "axes"], ["n1"]),
        node("Concat", ["n1", "rest"], ["to"], axis=0),
        node("Reshape", ["x", "to"], ["flat"]),
        node("ConstantOfShape", ["to1"], ["ones"], value=numpy_helper.from_array(np.float32([1]))),
        node("Add", ["flat", "ones"], ["y"]),
    ]
    constants = {"zero": np.int64(0), "axes": np.int64([0]), "rest": np.int64([-1]), "to1": np.int64([1, 4])}
    net = load(model(nodes, ("N", 2, 2), constants), tmp_path)
    assert net([1.0, 2.0, 3.0, 4.0]).tolist() == [2.0, 3.0, 4.0, 5.0]
    assert net.source.output_shape == (4,)  # type: ignore[union-attr]
    assert net.source.operators == {"Reshape": 1, "Add": 1}  # type: ignore[union-attr]


def test_skip_connections(tmp_path: Path) -> None:
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("MatMul", ["a", "w"], ["b"]),
        node("Relu", ["b"], ["c"]),
        node("Add", ["c", "x"], ["y"]),
    ]
    made = model(nodes, (1, 2), {"w": some(2, 2)})
    net = load(made, tmp_path)
    assert net.widths == (2, 2)  # what is carried is no unit
    x = np.float32([[0.5, -0.25]])
    assert np.allclose(net(x[0].astype(float)), files.by_reference(made, x)[0])


def test_old_files_list_initializers_as_inputs(tmp_path: Path) -> None:
    made = mlp(input=[helper.make_tensor_value_info("w1", FLOAT, W1.shape)])
    assert load(made, tmp_path) == load(mlp(), tmp_path)


def test_nodes_in_any_order(tmp_path: Path) -> None:
    made = mlp()
    nodes = list(made.graph.node)[::-1]
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    assert load(made, tmp_path) == load(mlp(), tmp_path)


@pytest.mark.slow
def test_five_thousand_nodes_in_a_row(tmp_path: Path) -> None:
    names = ["x", *(f"v{i}" for i in range(4999)), "y"]
    nodes = [node("Relu", [a], [b]) for a, b in pairwise(names)]
    net = load(model(nodes[::-1], (1, 2)), tmp_path)
    assert len(net.layers) == 5000


def test_a_circle_is_refused(tmp_path: Path) -> None:
    nodes = [node("Add", ["x", "b"], ["a"]), node("Relu", ["a"], ["b"]), node("Relu", ["b"], ["y"])]
    with pytest.raises(FileFormatError, match="in a circle"):
        load(model(nodes, (1, 2)), tmp_path)


def test_what_the_output_does_not_need_is_not_looked_at(tmp_path: Path) -> None:
    made = mlp()
    made.graph.node.append(node("Erf", ["z"], ["unused"]))
    assert load(made, tmp_path) == load(mlp(), tmp_path)


def test_the_domain_of_the_standard_has_two_names(tmp_path: Path) -> None:
    made = mlp()
    made.graph.node[0].domain = made.opset_import[0].domain = "ai.onnx"
    assert load(made, tmp_path) == load(mlp(), tmp_path)


def test_numbers_may_become_wider_on_the_way(tmp_path: Path) -> None:
    nodes = [
        node("Cast", ["x"], ["wide"], to=DOUBLE),
        node("MatMul", ["wide", "w"], ["z"]),
        node("CastLike", ["z", "w"], ["same"]),
        node("Relu", ["same"], ["y"]),
    ]
    W = RNG.normal(size=(2, 3))
    net = load(model(nodes, (1, 2), {"w": W}, out_kind=DOUBLE), tmp_path)
    assert (net.layers[0].dense == W.T).all()
    assert net.source.largest_difference < 1e-13  # type: ignore[union-attr]


def test_a_mean_and_a_bias_that_cancel(tmp_path: Path) -> None:
    """The network has the offset 0 exactly; the model's rounding is no error of it."""
    far = np.float64([1e9])
    constants = {"s": np.float64([1]), "b": far, "m": far, "v": np.float64([1])}
    nodes = [node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], epsilon=0.0)]
    net = load(model(nodes, (1, 1), constants, kind=DOUBLE), tmp_path)
    assert net([0.1]).tolist() == [0.1]


# Inputs, outputs and shapes


def two_of_each() -> Any:
    nodes = [node("Relu", ["x"], ["y"]), node("Add", ["x", "v"], ["t"]), node("Abs", ["x"], ["z"])]
    made = model(nodes, (1, 2), input=[helper.make_tensor_value_info("v", FLOAT, (1, 2))])
    made.graph.output.extend(helper.make_tensor_value_info(name, FLOAT, None) for name in ("z", "t"))
    return made


def test_one_of_several(tmp_path: Path) -> None:
    path = saved(two_of_each(), tmp_path)
    with pytest.raises(InvalidInputError, match="2 inputs: x, v; choose one with input="):
        Network.load(path)
    with pytest.raises(InvalidInputError, match="3 outputs: y, z, t; choose one with output="):
        Network.load(path, input="x")
    assert Network.load(path, input="x", output="z")([-1.0, 2.0]).tolist() == [1.0, 2.0]
    assert Network.load(path, input="x", output="y")([-1.0, 2.0]).tolist() == [0.0, 2.0]
    with pytest.raises(InvalidInputError, match=r"'v', which is an input that was not chosen"):
        Network.load(path, input="x", output="t")
    for wrong in ({"input": "w"}, {"input": "x", "output": "x"}, {"input": 1}, {"input": "x", "output": []}):
        with pytest.raises(InvalidInputError, match="it has no such"):
            Network.load(path, **wrong)


def test_an_initializer_may_be_the_input(tmp_path: Path) -> None:
    made = model(
        [node("Add", ["x", "b"], ["y"])], (1, 2), {"b": np.float32([[1, 2]]), "x": np.float32([[3, 4]])},
        input=[helper.make_tensor_value_info("b", FLOAT, (1, 2))],
    )  # fmt: skip
    with pytest.raises(InvalidInputError, match="it has no input"):
        load(made, tmp_path)
    assert load(made, tmp_path, input="b")([0.0, 0.0]).tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("shape", "given", "own"),
    [
        ((1, 2, 3), None, (2, 3)),
        (("N", 2, 3), None, (2, 3)),
        ((None, 2, 3), (2, 3), (2, 3)),
        ((-1, 2, 3), [1, 2, 3], (2, 3)),
        (("N", 2, "K"), (2, 3), (2, 3)),
        (("N", "C", "K"), (1, 2, 3), (2, 3)),
        ((1, None), 6, (6,)),
        ((2, 3), None, (2, 3)),
        ((2, "K"), (2, 3), (2, 3)),
        ((2, "K"), 3, (2, 3)),
        ((6,), None, (6,)),
        (("K",), 6, (6,)),
        (None, (2, 3), (2, 3)),
    ],
)
def test_shapes_of_the_input(shape: Any, given: Any, own: tuple[int, ...], tmp_path: Path) -> None:
    net = load(model([node("Relu", ["x"], ["y"])], shape), tmp_path, input_shape=given)
    assert net.source.input_shape == net.source.output_shape == own  # type: ignore[union-attr]
    assert net.input_dim == 6


@pytest.mark.parametrize(
    ("shape", "given", "message"),
    [
        (
            ("N", "C", 3),
            None,
            r"the shape \(1, \?, 3\); say the whole numbers of one input with input_shape=",
        ),
        (("K",), None, "say the whole numbers"),
        (None, None, r"\(unknown\)"),
        ((1, 2, 3), (3, 3), r"which is not input_shape \(3, 3\)"),
        ((1, 2, 3), (2, 2, 3), "which is not input_shape"),
        ((1, 2, 3), (3,), "which is not input_shape"),
        ((1, 2), (0,), "input_shape must be the whole numbers"),
        ((1, 2), "two", "input_shape must be the whole numbers"),
        ((1, 2), (1, float("inf")), "input_shape must be the whole numbers"),
    ],
)
def test_shapes_that_are_not_known(shape: Any, given: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=message):
        load(model([node("Relu", ["x"], ["y"])], shape), tmp_path, input_shape=given)


def test_options_have_names(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="it takes input_shape, input, output, strip_last"):
        load(mlp(), tmp_path, shape=(2,))


def test_integers_are_no_input(tmp_path: Path) -> None:
    made = model([node("Cast", ["x"], ["y"], to=FLOAT)], (1, 2), kind=onnx.TensorProto.INT64)
    with pytest.raises(UnsupportedLayerError, match="input 'x' is of the type INT64"):
        load(made, tmp_path)


# A last softmax


def ending(*last: Any, out: str = "y") -> Any:
    return model([node("MatMul", ["x", "w"], ["z"], name="sums"), *last], (1, 2), {"w": W1.T.copy()})


@pytest.mark.parametrize("operator", ["Softmax", "LogSoftmax", "Sigmoid"])
def test_a_last_softmax(operator: str, tmp_path: Path) -> None:
    last = node(operator, ["z"], ["s"], name="last")
    made = ending(last, node("Identity", ["s"], ["i"]), node("Reshape", ["i", "z5"], ["y"]))
    made.graph.initializer.append(numpy_helper.from_array(np.int64([5]), "z5"))
    with pytest.raises(UnsupportedLayerError, match=rf"{operator} \(node 'last'\).*strip_last=True leaves"):
        load(made, tmp_path)
    net = load(made, tmp_path, strip_last=True)
    assert net.source.stripped == (operator,)  # type: ignore[union-attr]
    assert (net.layers[-1].dense == W1).all()
    followed = ending(last, node("Relu", ["s"], ["y"]))
    with pytest.raises(
        UnsupportedLayerError, match=rf"{operator} \(node 'last'\).*only as the last operator"
    ):
        load(followed, tmp_path, strip_last=True)
    beside = ending(last, node("Add", ["s", "z"], ["y"]))
    with pytest.raises(UnsupportedLayerError, match="only as the last operator"):
        load(beside, tmp_path, strip_last=True)


def test_there_may_be_no_last_softmax(tmp_path: Path) -> None:
    assert load(mlp(), tmp_path, strip_last=True) == load(mlp(), tmp_path)


# Constants that are joined, clipped and compared with


@pytest.mark.parametrize("largest", [np.finfo(np.float32).max, np.float32(3.402823e38), np.float32(np.inf)])
def test_clipping_at_the_largest_number_is_none(largest: np.float32, tmp_path: Path) -> None:
    made = model([node("Clip", ["x", "lo", "hi"], ["y"])], (1, 2), {"lo": np.float32(0), "hi": largest})
    assert load(made, tmp_path).layers[0].kind == "relu"
    made = model([node("Clip", ["x"], ["y"], min=float(-largest), max=float(largest))], (1, 2), opset=10)
    if np.isfinite(largest):
        assert not load(made, tmp_path).n_units
    made = model([node("Clip", ["x", "lo", "hi"], ["y"])], (1, 2), {"lo": -largest, "hi": np.float32(2)})
    assert load(made, tmp_path).layers[0].pieces.thresholds.level.tolist() == [2.0, 2.0]


def test_a_maximum_with_one_number_has_no_second_piece(tmp_path: Path) -> None:
    made = model([node("Max", ["zero", "x"], ["y"])], (1, 2), {"zero": np.float32(0)})
    assert [layer.kind for layer in load(made, tmp_path).layers] == ["relu"]


# What is not read


REFUSED = [
    ("Sigmoid", {}, "it is not piecewise linear; only as the last"),
    ("Tanh", {}, "it is not supported, or not piecewise linear"),
    ("Softmax", {}, "only as the last"),
    ("HardSwish", {}, "not piecewise linear"),
    ("LpPool", {"kernel_shape": [1]}, "not piecewise linear"),
    ("Elu", {}, "not piecewise linear"),
    ("ThresholdedRelu", {"alpha": 0.5}, "not continuous"),
    ("Shrink", {"lambd": 0.5}, "not continuous"),
    ("Floor", {}, "not continuous"),
    ("Cast", {"to": 10}, "a conversion from FLOAT to FLOAT16 rounds"),
    ("Cast", {"to": 7}, "a conversion from FLOAT to INT64 rounds"),
    ("ArgMax", {}, "depends on computed values"),
    ("NonZero", {}, "depends on computed values"),
    ("DynamicQuantizeLinear", {}, "quantised"),
    ("LayerNormalization", {}, "not piecewise linear"),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "attributes", "why"), REFUSED, ids=lambda v: str(v))
def test_operators_that_are_refused_by_name(
    operator: str, attributes: dict[str, Any], why: str, tmp_path: Path
) -> None:
    more = ["w"] if operator == "LayerNormalization" else []
    outputs = ["h", "s", "t"] if operator == "DynamicQuantizeLinear" else ["h"]
    made = model(
        [node(operator, ["x", *more], outputs, name="it", **attributes), node("Abs", ["h"], ["y"])],
        (1, 2, 3),
        {"w": some(3)},
    )
    path = saved(made, tmp_path)
    with pytest.raises(UnsupportedLayerError) as found:
        Network.load(path)
    message = str(found.value)
    assert message.startswith(f"{path}: operator {operator} (node 'it'): ")
    assert why in message
    result = CliRunner().invoke(main, ["enumerate", str(path), "--box", "0", "1"])
    assert result.exit_code == 2
    assert len(result.stderr.strip().splitlines()) == 1
    assert f"operator {operator} (node 'it')" in result.stderr


def refused(nodes: list[Any], tmp_path: Path, constants: Any = None, **more: Any) -> str:
    shape = more.pop("shape", (1, 2, 3))
    with pytest.raises(UnsupportedLayerError) as found:
        load(model(nodes, shape, constants, **more), tmp_path)
    return str(found.value)


def test_products_of_computed_tensors(tmp_path: Path) -> None:
    assert "product of two computed" in refused([node("Mul", ["x", "x"], ["y"])], tmp_path)
    assert "product of two computed" in refused(
        [node("Transpose", ["x"], ["t"], perm=[0, 2, 1]), node("MatMul", ["x", "t"], ["y"])], tmp_path
    )
    assert "division by a computed" in refused([node("Div", ["c", "x"], ["y"])], tmp_path, {"c": some(3)})


def test_parameters_that_are_computed(tmp_path: Path) -> None:
    assert "its parameters were computed" in refused([node("PRelu", ["x", "x"], ["y"])], tmp_path)
    assert "its parameters were computed" in refused(
        [node("Conv", ["c", "x"], ["y"])], tmp_path, {"c": some(2, 2, 9)}
    )
    index = [node("Cast", ["x"], ["i"], to=7), node("Gather", ["c", "i"], ["y"])]
    assert "rounds" in refused(index, tmp_path, {"c": some(3)})
    where = [node("Greater", ["x", "c"], ["m"]), node("Where", ["m", "x", "c"], ["y"])]
    assert "depends on computed values" in refused(where, tmp_path, {"c": some(3)})


def test_training_mode(tmp_path: Path) -> None:
    numbers = {name: abs(some(2)) for name in "abcd"}
    batch = ["x", *"abcd"]
    assert "training mode" in refused(
        [node("BatchNormalization", batch, ["y", "m", "v"], training_mode=1)], tmp_path, numbers
    )
    old = [node("BatchNormalization", batch, ["y", "m", "v", "s", "t"])]
    assert "training mode" in refused(old, tmp_path, numbers, opset=9)
    spatial = [node("BatchNormalization", batch, ["y"], spatial=0)]
    assert "spatial = 0" in refused(spatial, tmp_path, numbers, opset=8)
    drop = [node("Dropout", ["x", "r", "t"], ["y"])]
    assert "training mode" in refused(drop, tmp_path, {"r": np.float32(0.5), "t": np.bool_(True)})


def test_forms_of_moves_that_mix(tmp_path: Path) -> None:
    resize = node("Resize", ["x", "", "s"], ["y"], mode="linear")
    assert "the mode linear" in refused([resize], tmp_path, {"s": np.float32([1, 2, 2])})
    crop = node("Resize", ["x", "r", "s"], ["y"], coordinate_transformation_mode="tf_crop_and_resize")
    said = refused([crop], tmp_path, {"s": np.float32([1, 2, 2]), "r": np.float32([0, 0, 0, 1, 1, 1])})
    assert "tf_crop_and_resize" in said
    scatter = node("ScatterND", ["x", "i", "u"], ["y"], reduction="add")
    said = refused([scatter], tmp_path, {"i": np.int64([[0]]), "u": some(1, 2, 3)}, opset=18)
    assert "a reduction" in said


def test_what_implementations_disagree_on(tmp_path: Path) -> None:
    gaps = node("Conv", ["x", "w"], ["y"], auto_pad="SAME_UPPER", strides=[5])
    assert "is not defined" in refused([gaps], tmp_path, {"w": some(1, 2, 2)}, shape=(1, 2, 5))
    ceiled = node("MaxPool", ["x"], ["y"], kernel_shape=[2], auto_pad="VALID", ceil_mode=1)
    assert "ceil_mode beside auto_pad" in refused([ceiled], tmp_path)
    small = node("Resize", ["x", "s"], ["y"])
    with pytest.raises(InvalidNetworkError, match="was not said before opset 11"):
        load(model([small], (1, 2, 5), {"s": np.float32([1, 1, 0.4])}, opset=10), tmp_path)


def test_the_second_output_of_a_pooling(tmp_path: Path) -> None:
    nodes = [
        node("MaxPool", ["x"], ["p", "i"], name="pool", kernel_shape=[2]),
        node("Gather", ["p", "i"], ["y"]),
    ]
    assert "the output 'i' of operator MaxPool (node 'pool') is not supported" in refused(nodes, tmp_path)


def test_control_flow_functions_and_other_domains(tmp_path: Path) -> None:
    body = helper.make_graph([], "body", [], [helper.make_tensor_value_info("x", FLOAT, None)])
    branch = node("If", ["c"], ["h"], name="it", then_branch=body, else_branch=body)
    said = refused([branch, node("Add", ["x", "h"], ["y"])], tmp_path, {"c": np.bool_(True)})
    assert "operator If (node 'it'): control flow is not supported" in said
    fused = node("FusedConv", ["x"], ["y"], name="it", domain="com.microsoft")
    assert "FusedConv (node 'it'): it is not of the standard" in refused([fused], tmp_path)
    own = model([node("Relu", ["x"], ["y"])], (1, 2))
    own.functions.append(
        helper.make_function("", "Relu", ["a"], ["b"], [node("Neg", ["a"], ["b"])], own.opset_import)
    )
    with pytest.raises(UnsupportedLayerError, match="a function of the model's own"):
        load(own, tmp_path)
    assert "there is no such operator in opset 17" in refused([node("Gelu", ["x"], ["y"])], tmp_path)


def test_versions(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedLayerError, match="operators of opset 6; at least 7"):
        load(mlp(opset=6), tmp_path)
    with pytest.raises(
        UnsupportedLayerError, match=r"operators of opset 1000; onnx .* pip install --upgrade"
    ):
        load(mlp(opset=1000), tmp_path)
    made = mlp()
    del made.opset_import[:]
    with pytest.raises(FileFormatError, match="which version of the operators"):
        load(made, tmp_path)


def test_a_maximum_of_too_many(tmp_path: Path) -> None:
    said = refused([node("ReduceMax", ["x"], ["y"])], tmp_path, shape=(1, 20, 20))
    assert "a maximum of 400 numbers; at most 256" in said


def test_an_output_that_does_not_depend_on_the_input(tmp_path: Path) -> None:
    for nodes in (
        [node("Add", ["c", "c"], ["y"])],
        [node("Shape", ["x"], ["s"]), node("ConstantOfShape", ["s"], ["y"])],
        [node("Mul", ["x", "zero"], ["z"]), node("Add", ["z", "c"], ["y"])],
    ):
        with pytest.raises(InvalidNetworkError, match="the output does not depend on the input"):
            load(model(nodes, (1, 2), {"c": some(2), "zero": np.float32(0)}), tmp_path)


def test_it_needs_onnx(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lacking(name: str, package: str) -> None:
        raise ImportError("No module named 'onnx'", name="onnx")

    monkeypatch.setattr(formats, "import_module", lacking)
    with pytest.raises(MissingDependencyError, match=r"pip install 'polyregions\[onnx\]'"):
        load(mlp(), tmp_path)


def test_a_network_that_was_read_wrong_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from polyregions.network.formats.onnx.nodes import HANDLERS

    right = HANDLERS["Relu"]
    monkeypatch.setitem(HANDLERS, "Relu", lambda n: right(n).scale(1.0 + 2.0**-15))
    with pytest.raises(InvalidNetworkError, match="The model was not read right"):
        load(mlp(), tmp_path)


def test_what_the_reference_cannot_run_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from polyregions.network.formats.onnx import evaluation

    def lacking(*_: Any, **__: Any) -> None:
        raise NotImplementedError("no Gemm here")

    monkeypatch.setattr(evaluation, "ReferenceEvaluator", lacking)
    with pytest.raises(InvalidNetworkError, match="cannot run it: no Gemm here"):
        load(mlp(), tmp_path)
