"""Weights by name, in memory and in ``.safetensors`` files: a plain stack of layers, or why it is none."""

from __future__ import annotations

import json
import pickle
import sys
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from safetensors.numpy import save_file
from support.profiles import examples

from polyregions import Network
from polyregions.errors import (
    FileFormatError,
    InvalidInputError,
    InvalidNetworkError,
    MissingDependencyError,
    PolyregionsError,
    TooLargeError,
    UnsupportedLayerError,
)
from polyregions.network.formats import safetensors as reader

W0, B0 = np.array([[1, 2], [3, 4], [5, 6.5]]), np.array([0.1, 0.2, 0.3])
W1, B1 = np.array([[7, 8, 9.0]]), np.array([1.0])
STACK = {"fc1.weight": W0, "fc1.bias": B0, "fc2.weight": W1, "fc2.bias": B1}
NET = Network.from_arrays([(W0, B0), (W1, B1)])


def changed(**entries: Any) -> dict[str, Any]:
    """The stack with other entries, None for none; fc1_weight stands for fc1.weight."""
    entries = {name.replace("_", ".", 1): value for name, value in entries.items()}
    return {name: value for name, value in (STACK | entries).items() if value is not None}


def test_layers_in_the_order_of_their_numbers() -> None:
    assert Network.from_state_dict(STACK) == NET
    assert Network.from_state_dict(dict(reversed(STACK.items()))) == NET
    for names in [
        ("0", "2"),
        ("9", "10"),
        ("net.2.fc", "net.10.fc"),
        ("a1b9", "a2b1"),
        ("fc", None),
        ("", None),
    ]:
        mapping = OrderedDict()
        for name, (W, b) in reversed(list(zip(names, [(W0, B0), (W1, B1)], strict=True))):
            if name is not None:
                mapping[f"{name}.bias".lstrip(".")] = b.tolist()
                mapping[f"{name}.weight".lstrip(".")] = W
        expected = NET if names[1] is not None else Network.from_arrays([(W0, B0)])
        assert Network.from_state_dict(mapping) == expected
    many = {f"fc{10**k}.weight": np.full((1, 1), k + 1.0) for k in (30, 2, 11, 0, 1)}
    found = [float(layer.weight[0, 0]) for layer in Network.from_state_dict(many).layers]
    assert found == [1, 2, 3, 12, 31]


def test_activations_are_named_by_the_caller() -> None:
    for activation, parameters in [("abs", {}), ("leaky_relu", {"slope": 0.1}), ("linear", {}),
                                   ("piecewise", {"breakpoints": [0, 6], "slopes": [0, 1, 0]})]:  # fmt: skip
        expected = Network.from_arrays([(W0, B0), (W1, B1)], activation, **parameters)
        assert Network.from_state_dict(STACK, activation, **parameters) == expected
        assert Network.from_state_dict(STACK, activation=activation, **parameters).source is not None
    with pytest.raises(UnsupportedLayerError, match="activation 'tanh'"):
        Network.from_state_dict(STACK, "tanh")
    with pytest.raises(InvalidNetworkError, match="missing slope"):
        Network.from_state_dict(STACK, "leaky_relu")


def test_what_was_read() -> None:
    source = Network.from_state_dict(STACK).source
    assert source is not None
    assert (source.format, source.input_shape, source.output_shape) == ("state_dict", (2,), (1,))
    assert source.operators == {"linear": 2, "relu": 1}
    assert source.points == 0  # there is no model to compare with


def test_a_layer_without_bias() -> None:
    assert Network.from_state_dict(changed(fc1_bias=None)) == Network.from_arrays([(W0, [0, 0, 0]), (W1, B1)])


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64, np.int64])
def test_numbers_widen(kind: Any) -> None:
    narrow = {name: value.astype(kind) for name, value in STACK.items()}
    wide = {name: value.astype(np.float64) for name, value in narrow.items()}
    assert Network.from_state_dict(narrow) == Network.from_state_dict(wide)


def test_tensors() -> None:
    """What a module gives, with gradients, in every precision: the module's own function."""
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    module = torch.nn.Sequential(torch.nn.Linear(2, 5), torch.nn.ReLU(), torch.nn.Linear(5, 3))
    net = Network.from_state_dict(module.state_dict())
    assert net == Network.from_state_dict(dict(module.named_parameters()))
    x = np.random.default_rng(0).normal(size=(50, 2)).astype(np.float32)
    assert net(x) == pytest.approx(module(torch.from_numpy(x)).detach().numpy(), rel=1e-4, abs=1e-5)
    for kind in (torch.bfloat16, torch.float16, torch.float64):
        own = module.to(kind).state_dict()
        wide = {name: value.double().numpy() for name, value in own.items()}
        assert Network.from_state_dict(own) == Network.from_state_dict(wide)
    for tensor, what in [
        (torch.ones((3, 2), dtype=torch.int8), "torch.int8"),
        (torch.ones((3, 2), dtype=torch.complex64), "torch.complex64"),
        (torch.ones((3, 2)).to_sparse(), "torch.sparse_coo"),
        (torch.ones((3, 2), device="meta"), "cannot be read"),
    ]:
        with pytest.raises(InvalidNetworkError, match=f"fc1.weight.*{what}"):
            Network.from_state_dict(changed(fc1_weight=tensor))
    with pytest.raises(
        InvalidInputError, match=r"got Sequential; give its state_dict\(\), or use Network.from_torch"
    ):
        Network.from_state_dict(module)


def test_modules_that_are_more_than_linear_layers() -> None:
    """Each is refused by the name of an entry."""
    torch = pytest.importorskip("torch")
    linear, relu = torch.nn.Linear(2, 2), torch.nn.ReLU()
    for extra in (torch.nn.BatchNorm1d(2), torch.nn.LayerNorm(2), torch.nn.PReLU(), torch.nn.Conv2d(1, 1, 1)):
        module = torch.nn.Sequential(linear, extra, relu, torch.nn.Linear(2, 1))
        with pytest.raises(UnsupportedLayerError, match=r"^1\.(weight|bias).*Network\.from_torch"):
            Network.from_state_dict(module.state_dict())
    attention = torch.nn.MultiheadAttention(2, 1)
    with pytest.raises(UnsupportedLayerError, match="in_proj_weight is neither the weight nor the bias"):
        Network.from_state_dict(attention.state_dict())


UNSUPPORTED: list[tuple[Any, str]] = [
    (changed(fc1_running_mean=B0), r"fc1\.running_mean belongs to a batch normalisation"),
    (changed(fc1_num_batches_tracked=3), r"fc1\.num_batches_tracked belongs to a batch norm"),
    (changed(fc1_weight_g=B0), r"fc1\.weight_g is neither the weight nor the bias"),
    (changed(fc1_weight=W0[None, None]), r"fc1\.weight has the shape \(1, 1, 3, 2\), a convolution"),
    (changed(fc1_weight=B0), r"fc1\.weight has the shape \(3,\), a normalisation"),
    (changed(fc1_weight=W0[:0]), r"fc1\.weight has the shape \(0, 2\)"),
    (changed(fc1_bias=W0), r"fc1\.bias has the shape \(3, 2\)"),
    ({"state": STACK}, "state is neither the weight nor the bias"),
    ({3: W0}, "3 is neither the weight"),
    ({"a\nb": W0}, r"a\\nb is neither"),
]
BEFORE = "but the layer before gives 3 outputs"
INVALID: list[tuple[Any, str]] = [
    (changed(fc1_weight=W0.T), r"fc1\.weight has shape \(2, 3\) and fc1\.bias 3 entries; is it transposed"),
    (changed(fc1_bias=B0[:2]), r"fc1\.weight has shape \(3, 2\) and fc1\.bias 2 entries; is it tr"),
    (changed(fc1_bias=B0[:1]), r"fc1\.weight has shape \(3, 2\) and fc1\.bias 1 entry$"),
    (changed(fc2_weight=W1.T, fc2_bias=None), rf"fc2\.weight has shape \(3, 1\), {BEFORE}; is it transposed"),
    (changed(fc2_weight=W1[:, :2]), rf"fc2\.weight has shape \(1, 2\), {BEFORE}$"),
    (changed(fc3_bias=B1), r"fc3\.bias has no fc3\.weight"),
    (changed(fc1_weight=W0 * np.nan), r"fc1\.weight\[0, 0\] is nan"),
    (changed(fc1_weight=W0.astype(complex)), r"fc1\.weight: expected real numbers"),
    (changed(fc1_weight={}), r"fc1\.weight: expected real numbers"),
    (changed(fc1_weight=None, fc2_weight=None), "there is no weight"),
    ({}, "there is no weight"),
    ({"fc1.weight": np.eye(2), "out.weight": np.eye(2)}, r"of fc1\.weight and out\.weight is told neither"),
    ({"fc1.weight": W0, "out.weight": W0}, r"of fc1\.weight and out\.weight is told neither"),
    ({f"{c}.weight": np.eye(2) for c in "abcdefghijklmnopqrstuvwxyz"}, "is told neither by numbers"),
    ({"fc1.weight": W0, "fc01.weight": W1}, "is told neither by numbers in their names nor by shapes"),
]


@pytest.mark.parametrize(
    ("mapping", "message", "kind"),
    [
        *((*case, UnsupportedLayerError) for case in UNSUPPORTED),
        *((*case, InvalidNetworkError) for case in INVALID),
        ([W0, W1], "expected names of arrays, got list; give a mapping", InvalidInputError),
    ],
)
def test_refused_by_name(mapping: Any, message: str, kind: type[PolyregionsError]) -> None:
    with pytest.raises(kind, match=message) as caught:
        Network.from_state_dict(mapping)
    assert type(caught.value) is kind
    assert len(str(caught.value).splitlines()) == 1


def test_names_without_numbers_in_the_order_of_their_shapes() -> None:
    """Of all three orders one fits; the two square layers between are told apart by their numbers."""
    square, last = np.array([[0, 1.0, 0], [1, 0, 0], [0, 0, 2]]), np.ones((1, 3))
    mapping = {"out.weight": last, "fc3.weight": square, "entry.weight": W0, "fc2.weight": square.T + 1}
    found = Network.from_state_dict(mapping)
    expected = [(W, np.zeros(len(W))) for W in (W0, square.T + 1, square, last)]
    assert found == Network.from_arrays(expected)


# Files. -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
def test_files_of_every_precision(kind: Any, tmp_path: Path) -> None:
    narrow = {name: value.astype(kind) for name, value in STACK.items()}
    save_file(narrow, tmp_path / "a.safetensors", metadata={"activation": "of no matter"})
    net = Network.load(tmp_path / "a.safetensors")
    assert net == Network.from_state_dict(narrow)
    assert net.source is not None
    assert net.source.format == "safetensors"
    net = Network.load(tmp_path / "a.safetensors", activation="leaky_relu", slope=0.25)
    assert net == Network.from_state_dict(narrow, "leaky_relu", slope=0.25)


def test_files_of_bfloat16(tmp_path: Path) -> None:
    """Bits by hand: 0x3f80 is 1, 0xbfc0 is -1.5, 0x0001 the least number above 0, 2^-133."""
    header = {"weight": {"dtype": "BF16", "shape": [1, 3], "data_offsets": [0, 6]}}
    written(tmp_path / "a.safetensors", header, np.array([0x3F80, 0xBFC0, 0x0001], "<u2").tobytes())
    assert Network.load(tmp_path / "a.safetensors").layers[0].weight.tolist() == [[1, -1.5, 2.0**-133]]


def test_files_that_torch_writes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file as save_tensors

    module = torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1))
    for kind in (torch.float32, torch.bfloat16):
        own = module.to(kind).state_dict()
        save_tensors(own, tmp_path / "a.safetensors")
        assert Network.load(tmp_path / "a.safetensors") == Network.from_state_dict(own)


def written(path: Path, header: Any, data: bytes) -> Path:
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


@settings(max_examples=examples(50), deadline=None)
@given(
    weight=arrays(
        np.float32, st.tuples(st.integers(1, 3), st.integers(1, 3)), elements=st.floats(-9, 9, width=32)
    )
)
def test_round_trips(weight: Any, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.mktemp("s") / "a.safetensors"
    save_file({"weight": weight}, path)
    assert (Network.load(path).layers[0].weight == weight).all()


def test_every_truncation_and_other_files(tmp_path: Path) -> None:
    path = tmp_path / "a.safetensors"
    save_file(STACK, path)
    whole = path.read_bytes()
    for content in [whole[:k] for k in range(0, len(whole), 3)] + [whole + b"\0", b"hello", b"\xff" * 100]:
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match=r"not a readable \.safetensors file, truncated perhaps"):
            Network.load(path)
    with pytest.raises(FileFormatError, match="No such file"):
        Network.load(tmp_path / "b.safetensors")


def test_fuzzed_bytes(tmp_path: Path) -> None:
    """Either a clear error that names the file, or a network."""
    path = tmp_path / "a.safetensors"
    save_file(STACK, path)
    whole, rng = path.read_bytes(), np.random.default_rng(0)
    for _ in range(300):
        content = bytearray(whole)
        content[rng.integers(len(content))] = rng.integers(256)
        path.write_bytes(content)
        try:
            Network.load(path)
        except PolyregionsError as error:
            assert "a.safetensors" in str(error)  # noqa: PT017


def test_types_and_names_that_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(
        tmp_path / "a.safetensors", {"w\n": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}, b"\0" * 8
    )
    with pytest.raises(
        UnsupportedLayerError, match=r"a\.safetensors: w\\n is of the type I64; known: F64, F32, F16, BF16"
    ):
        Network.load(path)
    save_file(STACK | {"1.running_mean": B0}, path)
    with pytest.raises(
        UnsupportedLayerError, match=r"a\.safetensors: 1\.running_mean belongs to a batch normalisation"
    ):
        Network.load(path)
    with pytest.raises(
        InvalidInputError, match="no option act; it takes activation, slope, breakpoints, slopes"
    ):
        Network.load(path, act="relu")
    monkeypatch.setattr(reader, "available_memory", lambda: 8)
    with pytest.raises(TooLargeError, match="too many for the memory"):
        Network.load(path)


@pytest.mark.parametrize("ending", ["pt", "pth", "PT", "ckpt", "pkl", "joblib"])
def test_nothing_is_unpickled(ending: str, tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> Any:
            return (Path.touch, (tmp_path / "sprung",))

    path = tmp_path / f"net.{ending}"
    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(FileFormatError, match=r"are pickled.*Network\.from_torch.*\.safetensors"):
        Network.load(path)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize("package", ["safetensors", "sklearn"])
def test_a_package_that_is_missing_is_named(
    package: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [package, *(name for name in sys.modules if name.startswith(f"{package}."))]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, f"polyregions.network.formats.{package}", raising=False)
    with pytest.raises(MissingDependencyError, match=f"{package} is needed.*polyregions\\[{package}\\]"):
        Network.load(tmp_path / "a.safetensors") if package == "safetensors" else Network.from_sklearn(None)
