"""Train the small classifiers of this directory on real measurements, and describe them.

    python examples/networks/train.py [DIRECTORY]

Writes one network file for each entry of ``MODELS``, ``boxes.json`` (the box of each network's data,
and how its inputs were standardised) and ``README.md`` (the table) into the directory, by default the
one of this script. The data ship inside scikit-learn; the training is numpy alone: full-batch Adam on the
cross-entropy, with the gradients written out below. Nothing is drawn without a fixed seed.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn import datasets

from polyregions import Box, Network, enumerate_regions
from polyregions.network.kinds import make_layer

TEST_SHARE = 0.3  # of each class, held out
STEPS, RATE, DECAY = 1000, 0.01, 0.1  # of Adam; each step also shrinks all parameters by RATE * DECAY
LEAK = 0.1  # slope of the leaky ReLU below zero
RANK = 3  # pieces of a maxout unit
DECIMALS = 6  # of the weights and biases in the files


@dataclass(frozen=True)
class Model:
    """What to train: a file name, the data, and the hidden layers as (type, units)."""

    name: str
    data: str
    features: tuple[str, ...]
    hidden: tuple[tuple[str, int], ...]
    seed: int = 0

    @property
    def shape(self) -> str:
        """The network in words."""
        kinds = [f"{kind.replace('_', ' ')} {units}" for kind, units in self.hidden]
        return " → ".join(kinds).replace("maxout", f"maxout (rank {RANK})")


WINE = ("flavanoids", "color_intensity")
IRIS = ("petal length (cm)", "petal width (cm)")
CANCER = ("worst radius", "worst texture", "worst concave points")
MODELS = (
    Model("wine_relu_2d", "wine", WINE, (("relu", 16), ("relu", 16))),
    Model("wine_maxout_2d", "wine", WINE, (("maxout", 12), ("maxout", 12))),
    Model("iris_mixed_2d", "iris", IRIS, (("hard_tanh", 16), ("leaky_relu", 16))),
    Model("cancer_relu_3d", "breast_cancer", CANCER, (("relu", 12), ("relu", 12))),
    Model("cancer_maxout_3d", "breast_cancer", CANCER, (("maxout", 8), ("maxout", 6))),
)


# --- the data ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Data:
    """Standardised measurements, their classes, and which of them are held out for the test."""

    x: np.ndarray  # (n, d)
    y: np.ndarray  # (n,)
    test: np.ndarray  # (n,) bool
    classes: list[str]
    mean: np.ndarray  # (d,) of the training part, in the units of the measurements
    scale: np.ndarray  # (d,)

    @property
    def box(self) -> Box:
        """The range of the data, training and test, rounded outward to one decimal."""
        return Box(np.floor(self.x.min(axis=0) * 10) / 10, np.ceil(self.x.max(axis=0) * 10) / 10)


def load(name: str, features: tuple[str, ...]) -> Data:
    """Split by class and at random (fixed seed); standardise by the training part alone."""
    bunch = getattr(datasets, f"load_{name}")()
    raw = bunch.data[:, [list(bunch.feature_names).index(feature) for feature in features]]
    rng = np.random.default_rng(0)
    test = np.zeros(len(raw), dtype=bool)
    for c in np.unique(bunch.target):
        members = rng.permutation(np.flatnonzero(bunch.target == c))
        test[members[: round(TEST_SHARE * len(members))]] = True
    mean, scale = raw[~test].mean(axis=0), raw[~test].std(axis=0)
    return Data((raw - mean) / scale, bunch.target, test, [str(c) for c in bunch.target_names], mean, scale)


# --- the training ------------------------------------------------------------------------------------


def activate(kind: str, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the outputs of a layer (n, units), and by what to multiply the gradient on its way to z.

    ``z`` is (n, units), for maxout (n, units * RANK) with the pieces of a unit side by side.
    """
    if kind == "maxout":
        pieces = z.reshape(len(z), -1, RANK)
        slope = np.eye(RANK)[pieces.argmax(axis=2)]
        return pieces.max(axis=2), slope.reshape(z.shape)
    slope = {
        "linear": lambda: np.ones_like(z),
        "relu": lambda: np.where(z > 0, 1.0, 0.0),
        "leaky_relu": lambda: np.where(z > 0, 1.0, LEAK),
        "hard_tanh": lambda: np.where(np.abs(z) < 1, 1.0, 0.0),
    }[kind]()
    return (np.clip(z, -1, 1) if kind == "hard_tanh" else slope * z), slope


def loss_gradient(
    kinds: list[str], parameters: list[np.ndarray], x: np.ndarray, y: np.ndarray
) -> list[np.ndarray]:
    """Gradient of the mean cross-entropy, one array for each of W1, b1, W2, b2, ..."""
    inputs, slopes = [x], []
    for kind, W, b in zip(kinds, parameters[::2], parameters[1::2], strict=True):
        out, slope = activate(kind, inputs[-1] @ W.T + b)
        inputs.append(out)
        slopes.append(slope)
    logits = inputs.pop()
    softmax = np.exp(logits - logits.max(axis=1, keepdims=True))
    softmax /= softmax.sum(axis=1, keepdims=True)
    back = (softmax - np.eye(logits.shape[1])[y]) / len(y)
    gradient: list[np.ndarray] = []
    weights = parameters[::2]
    for kind, W, below, slope in zip(kinds[::-1], weights[::-1], inputs[::-1], slopes[::-1], strict=True):
        back = (np.repeat(back, RANK, axis=1) if kind == "maxout" else back) * slope
        gradient = [back.T @ below, back.sum(axis=0), *gradient]
        back = back @ W
    return gradient


def train(model: Model, x: np.ndarray, y: np.ndarray) -> Network:
    """Fit the network by full-batch Adam with weight decay, and round it to a few decimals."""
    rng = np.random.default_rng(model.seed)
    layers = [*model.hidden, ("linear", int(y.max()) + 1)]
    parameters: list[np.ndarray] = []
    fan_in = x.shape[1]
    for kind, units in layers:
        rows = units * RANK if kind == "maxout" else units
        parameters += [rng.normal(0, (2 / fan_in) ** 0.5, (rows, fan_in)), rng.normal(0, 0.3, rows)]
        fan_in = units
    kinds = [kind for kind, _ in layers]
    first = [np.zeros_like(p) for p in parameters]
    second = [np.zeros_like(p) for p in parameters]
    for step in range(1, STEPS + 1):
        gradient = loss_gradient(kinds, parameters, x, y)
        for p, g, m, v in zip(parameters, gradient, first, second, strict=True):
            m += 0.1 * (g - m)
            v += 0.001 * (g * g - v)
            p -= RATE * (m / (1 - 0.9**step) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8) + DECAY * p)
    return to_network(kinds, [p.round(DECIMALS) for p in parameters])


def to_network(kinds: list[str], parameters: list[np.ndarray]) -> Network:
    """The same network as polyregions has it."""
    result = []
    for kind, W, b in zip(kinds, parameters[::2], parameters[1::2], strict=True):
        if kind == "maxout":
            W, b = W.reshape(-1, RANK, W.shape[1]), b.reshape(-1, RANK)
        result.append(make_layer(kind, W, b, **({"slope": LEAK} if kind == "leaky_relu" else {})))
    return Network(result)


# --- the files ---------------------------------------------------------------------------------------

README = """\
# Example networks

Small classifiers trained on real measurements that ship inside scikit-learn. This page, the networks and
`boxes.json` are written by [`train.py`](train.py); do not edit them by hand.

{table}

- **Inputs** are standardised: (measurement - mean) / scale, with the mean and the standard deviation of
  the training part. Both are in `boxes.json`, as are the names of the classes, in the order of the outputs.
- **Box**: the range of the standardised data, training and test, rounded outward to one decimal. It is
  in `boxes.json` too.
- **Accuracy**: {share:.0%} of each class, chosen at random with a fixed seed, are held out of the training
  and of the standardisation. The class with the largest output is the answer.
- **Regions**: activation regions in the box, and pairs of them that share a facet, as
  `polyregions.enumerate_regions` finds them.
- `triangle.csv`, which is written by hand, is no network but a polytope, three rows of A x <= b.
- The weights are the result of {steps:,} steps of full-batch Adam with weight decay, rounded to
  {decimals} decimals; accuracies and regions are those of the rounded networks.

Running `python examples/networks/train.py` again on the same machine writes the same files bit for bit.
Another BLAS or processor may round the last bits of a sum differently, which training can carry into the
decimals that are kept.
"""

COLUMNS = (
    "network",
    "data",
    "inputs",
    "hidden layers",
    "box",
    "accuracy, training",
    "accuracy, test",
    "regions",
    "adjacencies",
)


def accuracy(network: Network, x: np.ndarray, y: np.ndarray) -> str:
    right = int((network(x).argmax(axis=1) == y).sum())
    return f"{right / len(y):.1%} of {len(y)}"


def describe(model: Model, data: Data, network: Network) -> tuple[str, ...]:
    """Enumerate the network's regions, and return its row of the table."""
    cx = enumerate_regions(network, data.box)
    sides = zip(data.box.lower.tolist(), data.box.upper.tolist(), strict=True)
    return (
        f"[`{model.name}.json`]({model.name}.json)",
        model.data.replace("_", " "),
        ", ".join(model.features),
        model.shape,
        " x ".join(f"[{low}, {high}]" for low, high in sides),
        accuracy(network, data.x[~data.test], data.y[~data.test]),
        accuracy(network, data.x[data.test], data.y[data.test]),
        f"{cx.n_regions:,}",
        f"{cx.n_adjacencies:,}",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Train the example networks and describe them.")
    here = Path(__file__).resolve().parent
    parser.add_argument("directory", nargs="?", type=Path, default=here, help="where to write")
    target: Path = parser.parse_args().directory
    target.mkdir(parents=True, exist_ok=True)
    boxes = {}
    rows = [COLUMNS, ("---",) * len(COLUMNS)]
    for model in MODELS:
        data = load(model.data, model.features)
        network = train(model, data.x[~data.test], data.y[~data.test])
        network.save(target / f"{model.name}.json")
        boxes[model.name] = {
            "lower": data.box.lower.tolist(),
            "upper": data.box.upper.tolist(),
            "features": list(model.features),
            "mean": data.mean.tolist(),
            "scale": data.scale.tolist(),
            "classes": data.classes,
        }
        rows.append(describe(model, data, network))
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    text = README.format(table=table, share=TEST_SHARE, steps=STEPS, decimals=DECIMALS)
    (target / "boxes.json").write_text(json.dumps(boxes, indent=2) + "\n", encoding="utf-8")
    (target / "README.md").write_text(text, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
