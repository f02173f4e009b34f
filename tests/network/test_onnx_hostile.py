"""ONNX files that are damaged, or made to do harm: an error of our own, at once, in little memory."""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from polyregions import Network
from polyregions.errors import (
    FileFormatError,
    InvalidNetworkError,
    PolyregionsError,
    TooLargeError,
    UnsupportedLayerError,
)

onnx = pytest.importorskip("onnx")
helper, numpy_helper = onnx.helper, onnx.numpy_helper
files = pytest.importorskip("support.onnx_files")
node, model, saved = helper.make_node, files.model, files.saved
TensorProto = onnx.TensorProto

RNG = np.random.default_rng(2)


def some(*shape: int) -> np.ndarray[Any, Any]:
    return (RNG.integers(-40, 40, shape) / 16).astype(np.float32)


def convolutional() -> Any:
    nodes = [
        node("Conv", ["x", "k", "kb"], ["a"], pads=[1, 1, 1, 1], strides=[2, 2]),
        node("BatchNormalization", ["a", "s", "o", "m", "v"], ["b"]),
        node("Relu", ["b"], ["c"]),
        node("MaxPool", ["c"], ["d"], kernel_shape=[2, 2]),
        node("Shape", ["d"], ["shape"]),
        node("Gather", ["shape", "zero"], ["n"], axis=0),
        node("Unsqueeze", ["n", "axes"], ["n1"]),
        node("Concat", ["n1", "rest"], ["to"], axis=0),
        node("Reshape", ["d", "to"], ["e"]),
        node("Gemm", ["e", "w", "wb"], ["g"], transB=1, alpha=0.5),
        node("LeakyRelu", ["g"], ["l"], alpha=0.1),
        node("Clip", ["l", "low"], ["cl"]),
        node("Split", ["cl"], ["p", "q"], axis=1),
        node("Max", ["p", "q"], ["mx"]),
        node("ReduceMean", ["mx"], ["y"], axes=[1]),
    ]
    constants = {
        "k": some(3, 2, 3, 3), "kb": some(3), "s": some(3), "o": some(3), "m": some(3), "v": abs(some(3)) + 1,
        "w": some(4, 12), "wb": some(4), "zero": np.int64(0), "axes": np.int64([0]), "rest": np.int64([-1]),
        "low": np.float32(-1),
    }  # fmt: skip
    return model(nodes, (1, 2, 5, 5), constants)


def moving() -> Any:
    nodes = [
        node("Constant", [], ["two"], value=numpy_helper.from_array(np.float32(2))),
        node("Mul", ["w", "two"], ["w2"]),
        node("MatMul", ["x", "w2"], ["a"]),
        node("Relu", ["a"], ["d"]),
        node("Transpose", ["d"], ["dt"], perm=[1, 0]),
        node("Pad", ["dt", "pads"], ["dp"]),
        node("Slice", ["dp", "st", "en", "ax"], ["sl"]),
        node("Concat", ["sl", "sl", "dp"], ["cc"], axis=0),
        node("Expand", ["cc", "es"], ["ex"]),
        node("Tile", ["ex", "rep"], ["ti"]),
        node("ConstantOfShape", ["es2"], ["cos"]),
        node("Add", ["ti", "cos"], ["y"]),
    ]
    constants = {
        "w": some(2, 3), "pads": np.int64([1, 0, 0, 0]), "st": np.int64([0]), "en": np.int64([2]),
        "ax": np.int64([0]), "es": np.int64([8, 2]), "rep": np.int64([2, 1]), "es2": np.int64([16, 2]),
    }  # fmt: skip
    return model(nodes, ("N", 2), constants)


SEEDS = {"convolutional": convolutional, "moving": moving}


@pytest.fixture
def little_memory() -> Iterator[None]:
    """A test that takes neither long nor much memory, as far as numpy and Python tell."""
    tracemalloc.start()
    begin = time.perf_counter()
    yield
    seconds, (_, peak) = time.perf_counter() - begin, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 2**30
    assert seconds < 60  # minutes, on a machine that does other things


def outcome(path: Path) -> Network | PolyregionsError:
    """A network or an error of the library's own; anything else fails the test."""
    found: Network | PolyregionsError
    try:
        found = Network.load(path)
    except PolyregionsError as error:
        found = error
    if isinstance(found, PolyregionsError):
        assert str(found).startswith(str(path))
        assert len(str(found).splitlines()) == 1
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_truncations(seed: str, tmp_path: Path) -> None:
    whole = SEEDS[seed]().SerializeToString()
    path = tmp_path / "net.onnx"
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        found = outcome(path)
        assert isinstance(found, PolyregionsError), end


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
def test_flipped_bytes(seed: str, tmp_path: Path) -> None:
    """Each file is refused, or the network is the one of that file."""
    whole = SEEDS[seed]().SerializeToString()
    rng = np.random.default_rng(17)
    path = tmp_path / "net.onnx"
    networks = 0
    for _ in range(400):
        damaged = bytearray(whole)
        damaged[rng.integers(len(whole))] = rng.integers(256)
        path.write_bytes(damaged)
        found = outcome(path)
        if isinstance(found, Network):
            networks += 1
            made = onnx.load_model_from_string(bytes(damaged))
            (source,) = made.graph.input
            shape = [d.dim_value or 1 for d in source.type.tensor_type.shape.dim]
            x = rng.uniform(-1, 1, found.input_dim).astype(np.float32)
            theirs = files.by_runtime(made, x.reshape(shape), name=source.name)
            if theirs is not None:
                assert np.allclose(theirs.ravel(), found(x.astype(float)), rtol=1e-3, atol=1e-3)
    assert networks > 20


HUGE = np.int64([2**20, 2**20])
BOMBS = {
    "Expand": ([node("Expand", ["c", "n"], ["h"])], {"c": np.float32([[1]]), "n": HUGE}),
    "Tile": ([node("Tile", ["c", "n"], ["h"])], {"c": np.float32([[1]]), "n": HUGE}),
    "ConstantOfShape": ([node("ConstantOfShape", ["n"], ["h"])], {"n": HUGE}),
    "Range": (
        [node("Range", ["a", "b", "d"], ["h"])],
        {"a": np.float32(0), "b": np.float32(1e12), "d": np.float32(1)},
    ),
    "Range of no step": (
        [node("Range", ["a", "b", "d"], ["h"])],
        {"a": np.float32(0), "b": np.float32(1e38), "d": np.float32(1e-38)},
    ),
    "Pad": ([node("Pad", ["c", "n"], ["h"])], {"c": np.float32([1]), "n": HUGE[:2] * 1024}),
    "OneHot": (
        [node("OneHot", ["i", "n", "v"], ["h"])],
        {"i": np.int64([0]), "n": np.int64(10**12), "v": np.float32([0, 1])},
    ),
    "Resize": (
        [node("Resize", ["c", "", "s"], ["h"])],
        {"c": np.float32([[1]]), "s": np.float32([1e6, 1e6])},
    ),
    "Upsample": (
        [node("Upsample", ["c", "s"], ["h"])],
        {"c": np.float32([[1]]), "s": np.float32([1e6, 1e6])},
    ),
    "EyeLike": ([node("Expand", ["c", "n"], ["e"]), node("EyeLike", ["e"], ["h"])],
                {"c": np.float32([[1]]), "n": HUGE}),
    "a product": (
        [node("Expand", ["c", "n"], ["e"]), node("MatMul", ["e", "e"], ["h"])],
        {"c": np.float32([[1]]), "n": np.int64([8000, 8000])},
    ),
    "doubling": (
        [node("Concat", [f"v{i}"] * 2, [f"v{i + 1}"], axis=0) for i in range(40)]
        + [node("Identity", ["v40"], ["h"])],
        {"v0": np.float32([1])},
    ),
    "many": (
        [node("ConstantOfShape", ["n"], [f"v{i}"]) for i in range(100)]
        + [node("Sum", [f"v{i}" for i in range(100)], ["h"])],
        {"n": np.int64([2**22])},
    ),
}  # fmt: skip


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("bomb", BOMBS)
def test_small_files_that_ask_for_gigabytes(bomb: str, tmp_path: Path) -> None:
    nodes, constants = BOMBS[bomb]
    opset = 9 if bomb == "Upsample" else 17
    made = model([*nodes, node("Add", ["x", "h"], ["y"])], (1, 1), constants, opset=opset)
    found = outcome(saved(made, tmp_path))
    assert isinstance(found, TooLargeError if bomb != "Range of no step" else PolyregionsError)


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize(
    "last",
    [
        node("Expand", ["x", "n"], ["y"]),
        node("Tile", ["x", "n"], ["y"]),
        node("Pad", ["x", "pads"], ["y"]),
        node("MatMul", ["left", "x"], ["y"]),
        node("Conv", ["image", "kernel"], ["y"]),
        node("MaxPool", ["image"], ["y"], kernel_shape=[1024, 1024]),
        node("AveragePool", ["image"], ["y"], kernel_shape=[1, 1], pads=[2**30] * 4),
        node("ConvTranspose", ["image", "kernel"], ["y"], strides=[10**6, 10**6]),
    ],
    ids=lambda made: made.op_type,
)
def test_small_files_whose_networks_are_huge(last: Any, tmp_path: Path) -> None:
    nodes = [
        node("Expand", ["one", "tall"], ["left"]),
        node("Expand", ["one", "size"], ["kernel"]),
        node("Pad", ["x", "around"], ["padded"]),
        node("Reshape", ["padded", "picture"], ["image"]),
        last,
    ]
    constants = {
        "n": HUGE, "pads": np.int64([0, 0, 2**20, 2**20]), "one": np.float32([[1]]),
        "tall": np.int64([2**23, 1]), "size": np.int64([1, 1, 512, 512]),
        "around": np.int64([0, 0, 0, 2**20 - 1]), "picture": np.int64([1, 1, 1024, 1024]),
    }  # fmt: skip
    made = model(nodes, (1, 1), constants)
    found = outcome(saved(made, tmp_path))
    assert isinstance(found, UnsupportedLayerError if last.op_type == "MaxPool" else TooLargeError)
    assert f"operator {last.op_type}" in str(found)


def test_an_input_of_many_numbers(tmp_path: Path) -> None:
    made = model([node("Relu", ["x"], ["y"])], (2**40, 2**40))
    assert isinstance(outcome(saved(made, tmp_path)), TooLargeError)


# Tensors


def with_weight(tensor: Any, folder: Path) -> Path:
    nodes = [node("MatMul", ["x", "w"], ["z"]), node("Relu", ["z"], ["y"])]
    tensor.name = "w"
    return saved(model(nodes, (1, 2), {"w": tensor}), folder)


TWO_BY_TWO = {"data_type": TensorProto.FLOAT, "dims": [2, 2]}
WRONG = {
    "too little": TensorProto(**TWO_BY_TWO, raw_data=b"\0" * 12),
    "too much": TensorProto(**TWO_BY_TWO, raw_data=b"\0" * 20),
    "too few numbers": TensorProto(**TWO_BY_TWO, float_data=[1.0, 2.0]),
    "no numbers": TensorProto(**TWO_BY_TWO),
    "numbers elsewhere": TensorProto(**TWO_BY_TWO, double_data=[1.0] * 4),
    "negative": TensorProto(data_type=TensorProto.FLOAT, dims=[-2, -2], float_data=[1.0] * 4),
    "huge": TensorProto(data_type=TensorProto.FLOAT, dims=[2**40, 2**40], float_data=[1.0]),
    "segmented": TensorProto(**TWO_BY_TWO, raw_data=b"\0" * 16, segment=TensorProto.Segment(begin=0, end=1)),
}


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("wrong", WRONG)
def test_shapes_that_do_not_fit_the_data(wrong: str, tmp_path: Path) -> None:
    found = outcome(with_weight(WRONG[wrong], tmp_path))
    assert isinstance(found, FileFormatError)
    assert "tensor 'w'" in str(found)


@pytest.mark.parametrize("kind", ["STRING", "COMPLEX64", "FLOAT8E4M3FN", "UNDEFINED"])
def test_types_that_hold_no_weights(kind: str, tmp_path: Path) -> None:
    tensor = TensorProto(data_type=TensorProto.DataType.Value(kind), dims=[1], raw_data=b"\0" * 8)
    found = outcome(with_weight(tensor, tmp_path))
    assert isinstance(found, UnsupportedLayerError)
    assert kind in str(found)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_weights_that_are_not_finite(bad: float, tmp_path: Path) -> None:
    numbers = np.float32([[1, 2], [3, bad]])
    for operator, shape in {
        "MatMul": (1, 2), "Add": (1, 2), "Mul": (1, 2), "Div": (1, 2), "PRelu": (2, 2), "Gemm": (1, 2),
        "Max": (1, 2), "Concat": (2, 2),
    }.items():  # fmt: skip
        more = {"axis": 0} if operator == "Concat" else {}
        made = model([node(operator, ["x", "w"], ["y"], **more)], shape, {"w": numbers})
        assert isinstance(outcome(saved(made, tmp_path)), InvalidNetworkError), operator
    kernel = model([node("Conv", ["x", "w"], ["y"])], (1, 1, 3, 3), {"w": numbers.reshape(1, 1, 2, 2)})
    assert isinstance(outcome(saved(kernel, tmp_path)), InvalidNetworkError)
    slope = model([node("LeakyRelu", ["x"], ["y"], alpha=bad)], (1, 2))
    assert isinstance(outcome(saved(slope, tmp_path)), InvalidNetworkError)


def test_shapes_of_no_numbers(tmp_path: Path) -> None:
    assert "no numbers at all" in str(outcome(saved(model([node("Relu", ["x"], ["y"])], (1, 0)), tmp_path)))
    cut = model(
        [node("Slice", ["x", "s", "s"], ["a"]), node("Relu", ["a"], ["y"])], (1, 2), {"s": np.int64([0])}
    )
    assert "no numbers at all" in str(outcome(saved(cut, tmp_path)))
    none = model([node("Max", ["x", "e"], ["y"])], (1, 1), {"e": np.float32([])})
    assert "no numbers at all" in str(outcome(saved(none, tmp_path)))


def test_sparse_tensors_are_refused_by_name(tmp_path: Path) -> None:
    sparse = onnx.SparseTensorProto(
        values=numpy_helper.from_array(np.float32([1]), "w"), indices=numpy_helper.from_array(np.int64([0])),
        dims=[2, 2],
    )  # fmt: skip
    made = model([node("MatMul", ["x", "w"], ["y"])], (1, 2), sparse_initializer=[sparse])
    assert "'w', which is" in str(outcome(saved(made, tmp_path)))
    constant = node("Constant", [], ["w"], name="it", sparse_value=sparse)
    found = outcome(saved(model([constant, node("MatMul", ["x", "w"], ["y"])], (1, 2)), tmp_path))
    assert "operator Constant (node 'it'): a constant with the attributes sparse_value" in str(found)


# Data beside the model


def external(folder: Path, **said: Any) -> Path:
    tensor = TensorProto(**TWO_BY_TWO, data_location=TensorProto.EXTERNAL)
    for key, value in said.items():
        tensor.external_data.append(onnx.StringStringEntryProto(key=key, value=str(value)))
    return with_weight(tensor, folder)


WEIGHT = np.float32([[1, 2], [3, 4]])


def test_data_beside_the_model(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "w.bin").write_bytes(b"....." + WEIGHT.tobytes() + b"...")
    net = Network.load(external(tmp_path, location="parts/w.bin", offset=5, length=16))
    assert (net.layers[0].dense == WEIGHT.T).all()
    (tmp_path / "exact.bin").write_bytes(WEIGHT.tobytes())
    assert Network.load(external(tmp_path, location="exact.bin")) == net
    (tmp_path / "link.bin").symlink_to("exact.bin")  # within the folder
    assert Network.load(external(tmp_path, location="link.bin")) == net


def test_a_constant_beside_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)  # the folder is the model's, not the one where one stands
    (folder / "w.bin").write_bytes(WEIGHT.tobytes())
    value = TensorProto(**TWO_BY_TWO, data_location=TensorProto.EXTERNAL)
    value.external_data.append(onnx.StringStringEntryProto(key="location", value="w.bin"))
    nodes = [node("Constant", [], ["w"], value=value), node("MatMul", ["x", "w"], ["y"])]
    net = Network.load(saved(model(nodes, (1, 2)), folder))
    assert (net.layers[0].dense == WEIGHT.T).all()


def test_data_elsewhere_are_not_read(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret.bin", tmp_path / "models"
    secret.write_bytes(WEIGHT.tobytes())
    (folder / "sub").mkdir(parents=True)
    (folder / "link.bin").symlink_to(secret)
    (folder / "out").symlink_to(tmp_path)
    places = [
        str(secret), "../secret.bin", "sub/../../secret.bin", "..\\secret.bin", "link.bin", "out/secret.bin",
        "", ".", "sub", "a\0b", "file://" + str(secret),
    ]  # fmt: skip
    for place in places:
        found = outcome(external(folder, location=place))
        assert isinstance(found, FileFormatError), place
    if hasattr(os, "mkfifo"):
        os.mkfifo(folder / "pipe")  # which would wait for ever
        assert "is not a file" in str(outcome(external(folder, location="pipe")))


def test_attributes_are_not_read_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.bin").write_bytes(b"\0\0\0\0")
    value = TensorProto(data_type=TensorProto.FLOAT, dims=[1], data_location=TensorProto.EXTERNAL)
    value.external_data.append(onnx.StringStringEntryProto(key="location", value="w.bin"))
    made = model(
        [node("ConstantOfShape", ["n"], ["h"], value=value), node("Add", ["x", "h"], ["y"])],
        (1, 2), {"n": np.int64([2])},
    )  # fmt: skip
    assert "value lies in another file" in str(outcome(saved(made, tmp_path)))


@pytest.mark.usefixtures("little_memory")
def test_rows_that_are_long_and_many(tmp_path: Path) -> None:
    """A sum of all inputs, and that in a million copies."""
    nodes = [node("ReduceSum", ["x"], ["sum"]), node("Expand", ["sum", "n"], ["y"])]
    made = model(nodes, (1, 4096), {"n": np.int64([1, 2**20])})
    assert isinstance(outcome(saved(made, tmp_path)), TooLargeError)


@pytest.mark.usefixtures("little_memory")
def test_lengths_beyond_the_file(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(WEIGHT.tobytes())
    for said in (
        {"offset": 1}, {"offset": 2**62}, {"length": 2**62}, {"length": 12}, {"offset": -4},
        {"offset": "four"}, {"length": "9" * 5000}, {"offset": "1e1"}, {"offset": "٣"},
    ):  # fmt: skip
        assert isinstance(outcome(external(tmp_path, location="w.bin", **said)), FileFormatError), said
    assert isinstance(outcome(external(tmp_path)), FileFormatError)
    huge = TensorProto(
        data_type=TensorProto.FLOAT, dims=[2**40], data_location=TensorProto.EXTERNAL,
        external_data=[onnx.StringStringEntryProto(key="location", value="w.bin")],
    )  # fmt: skip
    assert "fewer than" in str(outcome(with_weight(huge, tmp_path)))


# Files as a whole


def test_what_is_no_onnx_file(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    for content in (b"", b"\0", b"hello", b"PK\3\4", b"\xff" * 1000, b'{"format": "polyregions-network"}'):
        path.write_bytes(content)
        assert isinstance(outcome(path), FileFormatError)
    with pytest.raises(FileFormatError, match="No such file"):
        Network.load(tmp_path / "none.onnx")
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(FileFormatError, match="not a file"):
        Network.load(tmp_path / "folder.onnx")


def test_names_that_are_no_text(tmp_path: Path) -> None:
    made = model([node("Relu", ["x"], ["hidden"]), node("Abs", ["hidden"], ["y"])], (1, 2))
    path = tmp_path / "net.onnx"
    path.write_bytes(made.SerializeToString().replace(b"hidden", b"\xff\xfe\xfd\xfc\xfb\xfa"))
    assert "no UTF-8 text" in str(outcome(path))


def test_names_that_a_terminal_would_obey(tmp_path: Path) -> None:
    made = model([node("Tanh", ["x"], ["y"], name="a\n\x1b[2Jb")], (1, 2))
    assert r"(node 'a\n\x1b[2Jb')" in str(outcome(saved(made, tmp_path)))


@pytest.mark.parametrize(
    "nodes",
    [
        [node("Relu", ["x"], ["y"]), node("Abs", ["x"], ["y"])],
        [node("Relu", ["x"], ["x"]), node("Abs", ["x"], ["y"])],
        [node("Relu", ["x"], ["w"]), node("Abs", ["w"], ["y"])],
        [node("Relu", ["nothing"], ["y"])],
        [node("Relu", ["y"], ["y"])],
    ],
    ids=["twice", "the input", "a constant", "of nothing", "of itself"],
)
def test_names_that_do_not_fit(nodes: Any, tmp_path: Path) -> None:
    assert isinstance(outcome(saved(model(nodes, (1, 2), {"w": some(2)}), tmp_path)), FileFormatError)


@pytest.mark.parametrize(
    "wrong",
    [
        node("Relu", ["x", "w"], ["y"]),
        node("Relu", ["x"], ["y"], alpha=1.0),
        node("LeakyRelu", ["x"], ["y"], alpha=1),
        node("Concat", ["x"], ["y"]),
        node("Add", ["x"], ["y"]),
        node("Add", ["x", "w"], ["y"]),
        node("MatMul", ["x", "w"], ["y"]),
        node("Gemm", ["x", "w"], ["y"]),
        node("Transpose", ["x"], ["y"], perm=[0, 0]),
        node("Transpose", ["x"], ["y"], perm=[0, 7]),
        node("Reshape", ["x", "seven"], ["y"]),
        node("Conv", ["x", "w"], ["y"]),
        node("Conv", ["image", "kernel"], ["y"], group=0),
        node("Conv", ["image", "kernel"], ["y"], group=-1),
        node("Conv", ["image", "kernel"], ["y"], strides=[0, 1]),
        node("Conv", ["image", "kernel"], ["y"], strides=[1]),
        node("Conv", ["image", "kernel"], ["y"], dilations=[1, -1]),
        node("Conv", ["image", "kernel"], ["y"], pads=[0, 0, -1, 0]),
        node("Conv", ["image", "kernel"], ["y"], kernel_shape=[2, 1]),
        node("Conv", ["image", "kernel"], ["y"], auto_pad="SOME"),
        node("Conv", ["image", "kernel", "w"], ["y"]),
        node("ConvTranspose", ["image", "kernel"], ["y"], output_padding=[-1, 0]),
        node("ConvTranspose", ["image", "kernel"], ["y"], output_shape=[100, 100]),
        node("ConvTranspose", ["image", "kernel"], ["y"], pads=[5, 5, 5, 5]),
        node("MaxPool", ["image"], ["y"], kernel_shape=[3, 1]),
        node("MaxPool", ["image"], ["y"], kernel_shape=[0, 1]),
        node("AveragePool", ["image"], ["y"], kernel_shape=[1, 1], pads=[0, 1, 0, 1]),
        node("PRelu", ["x", "w"], ["y"]),
        node("Clip", ["x", "w"], ["y"]),
        node("BatchNormalization", ["x", "w", "w", "w", "w"], ["y"]),
        node("ReduceSum", ["x", "seven"], ["y"]),
        node("Split", ["x"], ["y", "z", "u"], axis=1),
        node("Slice", ["x", "seven", "w"], ["y"]),
        node("Gather", ["x", "seven"], ["y"]),
        node("Pad", ["x", "seven"], ["y"]),
        node("Squeeze", ["x", "seven"], ["y"]),
    ],
    ids=lambda made: f"{made.op_type}({','.join(made.input)};{len(made.attribute)})",
)
def test_nodes_that_do_not_fit_the_standard(wrong: Any, tmp_path: Path) -> None:
    nodes = [node("Reshape", ["x", "picture"], ["image"]), wrong]
    constants = {
        "w": some(3), "seven": np.int64([7]), "picture": np.int64([1, 1, 1, 2]), "kernel": some(1, 1, 1, 1),
    }  # fmt: skip
    found = outcome(saved(model(nodes, (1, 2), constants), tmp_path))
    assert isinstance(found, InvalidNetworkError)
    assert f"operator {wrong.op_type}" in str(found)
