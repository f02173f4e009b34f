"""Models of other libraries, trained here on data that scikit-learn ships: read, compared, enumerated.

    python examples/models.py [FORMAT ...]

One row for each format whose packages are installed. Every reading is compared with the model's own forward
pass; the largest difference is in the table. Where a model has many inputs, what is enumerated is the plane
through three of its data.

iris      4 inputs: a Pipeline of StandardScaler and MLPClassifier, and the same as an ONNX file
wine      13 inputs: a Keras model with PReLU and a skip connection; a plain stack in a .safetensors file
digits    8 x 8 pixels: a convolution, BatchNorm, max-pooling and a residual block of PyTorch
nnet      the classifier of iris, written as text
"""

from __future__ import annotations

import argparse
import math
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_digits, load_iris, load_wine
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from polyregions import Box, Network, enumerate_regions

HEADER = ("format", "inputs", "operators", "rounded", "difference", "units", "regions", "seconds")
Problem = tuple[Network, Box]


def iris_pipeline() -> Any:
    X, y = load_iris(return_X_y=True)
    mlp = MLPClassifier((8, 6), solver="lbfgs", max_iter=1000, random_state=0)
    return make_pipeline(StandardScaler(), mlp).fit(X, y)


def in_the_data(network: Network) -> Problem:
    return network, Box.from_data(load_iris(return_X_y=True)[0])


def in_a_plane(network: Network, points: Any) -> Problem:
    return network.through(points), Box.cube(2, -0.5, 1.5)


def one_of_each_class(X: Any, y: Any) -> Any:
    return np.stack([X[y == k][0] for k in range(3)]).astype(np.float32).astype(float)


def read_sklearn() -> Problem:
    return in_the_data(Network.from_sklearn(iris_pipeline(), strip_last=True))


def read_onnx() -> Problem:
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    scaler, mlp = (step for _, step in iris_pipeline().steps)
    nodes = [helper.make_node("Sub", ["x", "mean"], ["c"]), helper.make_node("Div", ["c", "scale"], ["h0"])]
    arrays = {"mean": scaler.mean_, "scale": scaler.scale_}
    last = len(mlp.coefs_) - 1
    for i, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        arrays |= {f"W{i}": W, f"b{i}": b}
        nodes.append(helper.make_node("Gemm", [f"h{i}", f"W{i}", f"b{i}"], ["y" if i == last else f"z{i}"]))
        if i < last:
            nodes.append(helper.make_node("Relu", [f"z{i}"], [f"h{i + 1}"]))
    weights = [numpy_helper.from_array(v.astype(np.float32), name) for name, v in arrays.items()]
    inputs = [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4])]
    outputs = [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 3])]
    model = helper.make_model(
        helper.make_graph(nodes, "iris", inputs, outputs, weights),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=8,
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "iris.onnx"
        onnx.save(model, path)
        return in_the_data(Network.load(path))


def read_nnet() -> Problem:
    scaler, mlp = (step for _, step in iris_pipeline().steps)
    X = load_iris(return_X_y=True)[0]
    sizes = [len(W) for W in mlp.coefs_] + [3]
    lines = [
        "// iris, standardised",
        f"{len(mlp.coefs_)},4,3,{max(sizes)},",
        ",".join(map(str, sizes)) + ",",
        "0,",
    ]
    for values in (X.min(axis=0), X.max(axis=0), [*scaler.mean_, 0.0], [*scaler.scale_, 1.0]):
        lines.append(",".join(repr(float(v)) for v in values) + ",")
    for W, b in zip(mlp.coefs_, mlp.intercepts_, strict=True):
        lines += [",".join(repr(float(v)) for v in row) + "," for row in W.T]
        lines += [f"{float(v)!r}," for v in b]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "iris.nnet"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return in_the_data(Network.load(path, normalise=True))


def read_safetensors() -> Problem:
    from safetensors.numpy import save_file

    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X)
    mlp = MLPClassifier((16, 16), solver="lbfgs", max_iter=1000, random_state=0).fit(X, y)
    arrays = {}
    for i, (W, b) in enumerate(zip(mlp.coefs_, mlp.intercepts_, strict=True)):
        arrays |= {
            f"fc{i}.weight": np.ascontiguousarray(W.T, dtype=np.float32),
            f"fc{i}.bias": b.astype(np.float32),
        }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "wine.safetensors"
        save_file(arrays, path)
        return in_a_plane(Network.load(path), one_of_each_class(X, y))


def read_keras() -> Problem:
    os.environ.setdefault("KERAS_BACKEND", "torch")
    import keras

    keras.utils.set_random_seed(0)
    X, y = load_wine(return_X_y=True)
    X = StandardScaler().fit_transform(X).astype(np.float32)
    inputs = keras.layers.Input((13,))
    h = keras.layers.Dense(16, activation="relu")(inputs)
    h = keras.layers.Add()([h, keras.layers.PReLU()(keras.layers.Dense(16)(h))])
    model = keras.Model(inputs, keras.layers.Dense(3, activation="softmax")(h))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
    model.fit(X, y, epochs=10, verbose=0)
    return in_a_plane(Network.from_keras(model, strip_last=True), one_of_each_class(X, y))


def read_torch() -> Problem:
    import torch
    from torch import nn

    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(4, 4, 3, padding=1), nn.BatchNorm2d(4)

        def forward(self, x: Any) -> Any:
            return torch.relu(self.norm(self.conv(x)) + x)

    torch.manual_seed(0)
    X, y = load_digits(return_X_y=True)
    X = (X / 16).astype(np.float32)
    first = [nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2)]
    model = nn.Sequential(*first, Residual(), nn.Flatten(), nn.Linear(36, 10))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.01)
    images, classes = torch.from_numpy(X).reshape(-1, 1, 8, 8), torch.from_numpy(y)
    for _ in range(60):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(images), classes).backward()
        optimiser.step()
    return in_a_plane(Network.from_torch(model.eval(), (1, 8, 8)), one_of_each_class(X, y))


READERS: dict[str, Callable[[], Problem]] = {
    "sklearn": read_sklearn,
    "onnx": read_onnx,
    "nnet": read_nnet,
    "safetensors": read_safetensors,
    "keras": read_keras,
    "torch": read_torch,
}


def row(name: str) -> list[str]:
    """Train, read, enumerate; the cells of one row."""
    network, box = READERS[name]()
    start = time.perf_counter()
    cx = enumerate_regions(network, box)
    seconds = time.perf_counter() - start
    source = network.source
    known = (str(network.input_dim), "-", "-", "-")
    if source is not None:
        known = (
            str(math.prod(source.input_shape)),
            str(sum(source.operators.values())),
            str(sum(source.rounded.values())),
            f"{source.largest_difference:.1e}" if source.points else "-",
        )
    return [name, *known, str(network.n_units), f"{cx.n_regions:,}", f"{seconds:.2f}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("formats", nargs="*", metavar="FORMAT", help=f"of {', '.join(READERS)}")
    chosen = parser.parse_args().formats or list(READERS)
    print("| " + " | ".join(HEADER) + " |")
    print("|" + " --- |" * len(HEADER))
    for name in chosen:
        try:
            print("| " + " | ".join(row(name)) + " |", flush=True)
        except ImportError as error:
            print(f"| {name} | not installed: {error.name} |" + " |" * (len(HEADER) - 2), flush=True)


if __name__ == "__main__":
    main()
