"""The random networks of the benchmarks, and what all of its scripts need.

Import this first: it keeps numpy to one thread, so that every tool gets one core.
"""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import platform  # noqa: E402
from importlib.metadata import PackageNotFoundError, version  # noqa: E402

import numpy as np  # noqa: E402

Pairs = list[tuple[np.ndarray, np.ndarray]]

#: "2-[64]*3": 2 inputs, three hidden ReLU layers of 64 units. The box is always [-1, 1]^d.
SHAPES: dict[str, tuple[int, ...]] = {
    "2-[16]": (2, 16),
    "2-[64]": (2, 64),
    "2-[256]": (2, 256),
    "2-[16]*2": (2, 16, 16),
    "2-[64]*3": (2, 64, 64, 64),
    "2-[100]*3": (2, 100, 100, 100),
    "3-[16]*2": (3, 16, 16),
    "3-[32]*3": (3, 32, 32, 32),
    "4-[16]*2": (4, 16, 16),
    "4-[24]*2": (4, 24, 24),
    "6-[12]*2": (6, 12, 12),
    "8-[12]*2": (8, 12, 12),
}


def random_relu(shape: tuple[int, ...], seed: int = 0) -> Pairs:
    """He-normal weights, biases N(0, 0.3^2), all exact in float32; one linear output.

    The numbers depend on the shape and the seed alone.
    """
    rng = np.random.default_rng([seed, *shape])
    pairs: Pairs = []
    for fan_in, units in zip(shape, (*shape[1:], 1), strict=True):
        W = rng.normal(0.0, (2.0 / fan_in) ** 0.5, (units, fan_in))
        b = rng.normal(0.0, 0.3, units)
        pairs.append((W.astype(np.float32).astype(np.float64), b.astype(np.float32).astype(np.float64)))
    return pairs


def package_version(name: str) -> str:
    """Installed version of a package, or "not installed"."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def environment(*packages: str) -> str:
    """One line on the machine and the versions, to stand above a table."""
    parts = [f"{name} {package_version(name)}" for name in packages]
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"{', '.join(parts)}; one thread for each tool."
    )


def markdown_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
