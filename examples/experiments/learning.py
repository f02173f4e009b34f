"""Train ReLU networks with PyTorch, and hand them over epoch by epoch as exact networks.

The parameters are float32 and widen to float64 without rounding: what is counted is the network that was
trained. One thread and fixed seeds: the same run on the same machine gives the same numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from common import Data

from polyregions import Network
from polyregions.statistics import random_network

CLASSES = 10
BATCH = 64
RATE = 1e-3


class Snapshot(NamedTuple):
    """A network after so many epochs; accuracies are shares, that of training on the labels trained on."""

    epoch: int
    network: Network
    train_accuracy: float
    test_accuracy: float


def check_torch() -> None:
    if find_spec("torch") is None:
        raise SystemExit("training needs PyTorch; get it with: pip install 'polyregions[torch]'")


def train(
    data: Data, hidden: Sequence[int], labels: str, epochs: Sequence[int], seed: Sequence[int]
) -> Iterator[Snapshot]:
    """Train a network by Adam on the cross-entropy, and stop after each of the epochs, 0 for before.

    ``labels`` is "true", or "random": every training image gets one of the ten classes at random. The network
    is drawn as in the experiments of Hanin and Rolnick: He's weights, biases of variance 1e-6. It is the same
    one for true and for random labels.
    """
    import torch

    torch.set_num_threads(1)
    first = random_network([data.inputs, *hidden, CLASSES], seed=np.random.default_rng([*seed, *hidden]))
    rng = np.random.default_rng([*seed, *hidden, len(data.y_train)])
    y_train = rng.integers(CLASSES, size=len(data.y_train)) if labels == "random" else data.y_train
    model = _model(first)
    x, y = torch.tensor(data.x_train, dtype=torch.float32), torch.tensor(y_train)
    x_test, y_test = torch.tensor(data.x_test, dtype=torch.float32), torch.tensor(data.y_test)
    optimiser = torch.optim.Adam(model.parameters(), lr=RATE)
    for before, epoch in pairwise([0, *epochs]):
        for _ in range(before, epoch):
            for batch in torch.from_numpy(rng.permutation(len(x))).split(BATCH):
                optimiser.zero_grad()
                torch.nn.functional.cross_entropy(model(x[batch]), y[batch]).backward()
                optimiser.step()
        with torch.no_grad():
            right = [(model(inputs).argmax(1) == classes) for inputs, classes in ((x, y), (x_test, y_test))]
        yield Snapshot(epoch, exact(model), *(float(r.double().mean()) for r in right))


def _model(network: Network) -> Any:
    """The same network in PyTorch, its parameters rounded to float32."""
    import torch

    modules: list[Any] = []
    for layer in network.layers:
        affine = torch.nn.Linear(*layer.weight.shape[::-1])
        with torch.no_grad():
            affine.weight.copy_(torch.tensor(layer.weight))
            affine.bias.copy_(torch.tensor(layer.bias))
        modules += [affine, torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def exact(model: Any) -> Network:
    """The network of a PyTorch model of linear layers with ReLU between them, exactly."""
    parameters = [p.detach().numpy().astype(np.float64) for p in model.parameters()]
    return Network.from_arrays(list(zip(parameters[::2], parameters[1::2], strict=True)))
