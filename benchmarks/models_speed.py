"""Slices of networks like those that users have: convolutions, pooling, residual blocks, lattices, twins.

    python benchmarks/models_speed.py [NETWORK ...]

Needs PyTorch. Weights are random (He), images are smooth blobs on a background of zeros. One thread, a new
process for each row, so that the peak of memory is its own; kernels are compiled before. What is left to
integers are signs.

conv       28 x 28: two convolutions and a layer of 100; a square in the plane through three images
pool       28 x 28: two convolutions, each with max-pooling; a square in such a plane
residual   3 x 32 x 32: two residual blocks with normalisation; a square in such a plane
lattice    the largest of smallest of affine functions of 2 inputs, by pairs of ReLU, nearly all signs zero
twin       two networks with 7 inputs that share two layers, side by side
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from nets import environment, markdown_row

# After nets, which limits numpy to one thread.
import numpy as np  # isort: skip
import torch
from torch import nn

from polyregions import Box, Network, enumerate_regions

Problem = tuple[Network, Box]
HEADER = ("network", "engine", "units", "regions", "seconds", "regions/s", "left to integers", "peak MiB")


def he(module: Any) -> Any:
    """Random weights, and statistics of normalisations, in eval mode."""
    torch.manual_seed(0)
    for part in module.modules():
        if isinstance(part, nn.Linear | nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)
            nn.init.normal_(part.bias, std=0.1)
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(std=0.1)
            part.running_var.uniform_(0.5, 1.5)
    return module.eval()


def images(shape: tuple[int, int, int]) -> np.ndarray:
    """Three images (3, pixels) of five blobs each."""
    rng = np.random.default_rng(0)
    channels, height, width = shape
    y, x = np.mgrid[:height, :width]
    made = np.zeros((3, channels, height, width))
    for image in made:
        for _ in range(5):
            a, b = rng.uniform(height / 4, height * 3 / 4), rng.uniform(width / 4, width * 3 / 4)
            s = rng.uniform(height / 14, height / 8)
            image += np.exp(-((y - a) ** 2 + (x - b) ** 2) / (2 * s * s))
    made[made < 0.15] = 0.0
    return np.round(np.clip(made, 0, 1) * 255).reshape(3, -1) / 256


def in_a_plane(module: Any, shape: tuple[int, int, int], half: float) -> Problem:
    network = Network.from_torch(he(module), shape).through(images(shape))
    return network, Box([0.33 - half] * 2, [0.33 + half] * 2)


def conv() -> Problem:
    layers = [nn.Conv2d(1, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, stride=2, padding=1), nn.ReLU()]
    layers += [nn.Flatten(), nn.Linear(16 * 14 * 14, 100), nn.ReLU(), nn.Linear(100, 10)]
    return in_a_plane(nn.Sequential(*layers), (1, 28, 28), 0.1)


def pool() -> Problem:
    layers = [nn.Conv2d(1, 4, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3), nn.ReLU(), nn.MaxPool2d(2)]
    layers += [nn.Flatten(), nn.Linear(200, 32), nn.ReLU(), nn.Linear(32, 10)]
    return in_a_plane(nn.Sequential(*layers), (1, 28, 28), 0.04)


class Block(nn.Module):
    """Two convolutions with normalisation, beside the input or a convolution of it."""

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(channels, out, 3, stride, 1), nn.BatchNorm2d(out), nn.ReLU())
        self.second = nn.Sequential(nn.Conv2d(out, out, 3, 1, 1), nn.BatchNorm2d(out))
        self.beside = nn.Identity() if stride == 1 else nn.Conv2d(channels, out, 1, stride)

    def forward(self, x: Any) -> Any:
        """The sum, bent."""
        return torch.relu(self.second(self.first(x)) + self.beside(x))


def residual() -> Problem:
    layers = [nn.Conv2d(3, 4, 3, 2, 1), nn.ReLU(), Block(4, 4, 1), Block(4, 8, 2), nn.AvgPool2d(4)]
    return in_a_plane(nn.Sequential(*layers, nn.Flatten(), nn.Linear(32, 10)), (3, 32, 32), 0.03)


class Lattice(nn.Module):
    """The largest of 20 smallest ones of 5 of 20 affine functions."""

    def __init__(self) -> None:
        super().__init__()
        self.affine = nn.Linear(2, 20)
        self.chosen = [np.random.default_rng(k).permutation(20)[:5].tolist() for k in range(20)]

    def by_pairs(self, x: Any, largest: bool) -> Any:
        """The largest or smallest along the last axis, two by two."""
        while x.shape[-1] > 1:
            if x.shape[-1] % 2:
                x = torch.cat([x, x[..., -1:]], -1)
            a, b = x[..., 0::2], x[..., 1::2]
            both = torch.relu(b) - torch.relu(-b)
            x = torch.relu(a - b) + both if largest else both - torch.relu(b - a)
        return x[..., 0]

    def forward(self, x: Any) -> Any:
        """The largest of the smallest."""
        z = self.affine(x)
        smallest = torch.stack([self.by_pairs(z[:, own], False) for own in self.chosen], -1)
        return self.by_pairs(smallest, True)[:, None]


def lattice() -> Problem:
    module = Lattice()
    torch.manual_seed(0)
    with torch.no_grad():
        module.affine.weight.normal_()
        module.affine.bias.normal_()
    return Network.from_torch(module.eval(), 2), Box.cube(2, -2, 2)


class Twin(nn.Module):
    """Two heads, each on layers of its own that are the same."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(7, 12), nn.ReLU(), nn.Linear(12, 12), nn.ReLU())
        self.one, self.other = nn.Linear(12, 3), nn.Linear(12, 3)

    def forward(self, x: Any) -> Any:
        """Both heads."""
        return torch.cat([self.one(self.body(x)), self.other(self.body(x))], 1)


def twin() -> Problem:
    return Network.from_torch(he(Twin()), 7), Box.cube(7, -0.25, 0.25)


PROBLEMS: dict[str, Callable[[], Problem]] = {
    "conv": conv,
    "pool": pool,
    "residual": residual,
    "lattice": lattice,
    "twin": twin,
}


def row(name: str) -> str:
    small = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
    for engine in ("subdivide", "traverse"):
        enumerate_regions(small, Box.cube(2, -1, 1), engine=engine)
    network, box = PROBLEMS[name]()
    start = time.perf_counter()
    cx = enumerate_regions(network, box)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    left = "-" if cx.undecided is None else f"{cx.undecided:,}"
    return markdown_row(
        [
            f"`{name}`",
            cx.engine,
            f"{network.n_units:,}",
            f"{cx.n_regions:,}",
            f"{seconds:.3g}",
            f"{cx.n_regions / seconds:,.0f}",
            left,
            f"{peak:,}",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help=f"of {', '.join(PROBLEMS)}")
    parser.add_argument("--row", choices=PROBLEMS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.row:
        print(row(options.row))
        return
    print(environment("polyregions", "numpy", "numba", "torch"))
    print()
    print(markdown_row(list(HEADER)))
    print(markdown_row(["---"] * len(HEADER)), flush=True)
    for name in options.networks or PROBLEMS:
        done = subprocess.run(
            [sys.executable, __file__, "--row", name], capture_output=True, text=True, check=True
        )
        print(done.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
