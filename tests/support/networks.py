"""Networks at random, generic and degenerate, and what two results are compared by."""

from __future__ import annotations

import numpy as np

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.network.kinds import make_layer
from polyregions.network.layers import Layer, linear

from .zoo import cube


def facets(cx: RegionComplex) -> dict[bytes, set[bytes | int]]:
    """What lies across each facet of each region, patterns instead of ids."""
    return {
        cx.states[i].tobytes(): {
            cx.states[j].tobytes() if j >= 0 else j
            for j in cx.facet_neighbors[cx.facet_offsets[i] : cx.facet_offsets[i + 1]].tolist()
        }
        for i in range(cx.n_explored)
    }


def random_network(seed: int, d: int, kinds: list[str], width: int) -> Network:
    """Dense random float64 weights, no two numbers related; ``kinds`` from the first layer on."""
    rng = np.random.default_rng(seed)
    parameters = {
        "leaky_relu": {"slope": -0.3},
        "piecewise": {"breakpoints": [-0.4, 0.1, 0.7], "slopes": [0.5, -1.0, 2.0, 0.1]},
    }
    layers, n = [], d
    for kind in kinds:
        if kind.startswith("maxout"):
            rank = int(kind[-1])
            layers.append(
                make_layer("maxout", rng.normal(size=(width, rank, n)), rng.normal(size=(width, rank)))
            )
        else:
            W, b = rng.normal(size=(width, n)) / np.sqrt(n), 0.3 * rng.normal(size=width)
            layers.append(make_layer(kind, W, b, **parameters.get(kind, {})))
        n = width
    return Network([*layers, linear(rng.normal(size=(2, n)), [0.0, 0.0])])


RANDOM = [
    (1, ["relu", "relu", "relu"], 6),
    (2, ["relu", "relu"], 5),
    (3, ["relu", "relu"], 4),
    (4, ["relu", "relu"], 3),
    (2, ["leaky_relu", "abs"], 4),
    (2, ["hard_tanh", "piecewise"], 3),
    (3, ["abs", "leaky_relu"], 3),
    (4, ["abs", "hard_tanh"], 2),
    (1, ["maxout3", "maxout4"], 4),
    (2, ["maxout2", "maxout3"], 3),
    (2, ["maxout4", "relu"], 3),
    (3, ["maxout3", "abs"], 2),
    (4, ["maxout2", "leaky_relu"], 2),
    (3, ["relu", "linear", "maxout2"], 3),
]


def subdivided(layers: list[Layer], box: Box) -> RegionComplex:
    return enumerate_regions(Network(layers), box, engine="subdivide")


def degenerate(seed: int, d: int) -> list[Layer]:
    """A few units with weights -1, 0, 1, 2: coincidences of all kinds."""
    rng = np.random.default_rng([seed, d])
    layers: list[Layer] = []
    n = d
    for _ in range(rng.integers(1, 4)):
        kind = str(rng.choice(["relu", "relu", "relu", "abs", "leaky_relu", "hard_tanh", "maxout"]))
        shape = (int(rng.integers(2, 5)), *((3,) if kind == "maxout" else ()))
        W, b = rng.choice([-1, -1, 0, 0, 1, 1, 2], size=(*shape, n)), rng.choice([-1, 0, 0, 0, 1], size=shape)
        layers.append(make_layer(kind, W, b, **({"slope": -0.5} if kind == "leaky_relu" else {})))
        n = shape[0]
    outputs = int(rng.choice([1, 1, 1, 2, 3]))
    return [*layers, linear(rng.choice([-1, 0, 1, 1], size=(outputs, n)), rng.choice([0, 1], size=outputs))]


def some(d: int, most: int, seeds: range) -> list[RegionComplex]:
    found = (subdivided(degenerate(seed, d), cube(d, -2, 2)) for seed in seeds)
    return [cx for cx in found if cx.n_regions <= most]
