"""Perturb the weights of a sawtooth with 2^L pieces, and count the pieces that are left, exactly.

    python examples/experiments/sawtooth.py [--full] [--seed N] [--out DIR]

The sawtooth is the tent m(x) = 2 relu(x) - 4 relu(x - 1/2), L times: two units a layer, 2^L linear pieces on
[0, 1] (Telgarsky 2015). Normal noise of standard deviation sigma is added to every weight and bias. Pieces
are those of the function: neighbouring regions with the same slope are one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import FloatArray, band, outputs, parser, progress, save_small, student, tidy, write_table

from polyregions import Box, Network, enumerate_regions
from polyregions.analysis.definitions import count_linear_regions
from polyregions.plot.styles import layer_colour
from polyregions.statistics import estimate_curve, line_regions, random_network

INTERVAL = Box([0.0], [1.0])


@dataclass(frozen=True)
class Settings:
    """Depths, noise, and a depth and a sigma of the picture; so many networks for each depth."""

    depths: tuple[int, ...] = (8, 10, 12)
    sigmas: tuple[float, ...] = tuple(2.0**-k for k in range(10, 0, -1))
    networks: int = 20
    drawn: tuple[int, float] = (6, 2.0**-3)


FULL = Settings((8, 9, 10, 11, 12), sigmas=tuple(2.0 ** (-k / 2) for k in range(24, 0, -1)), networks=100)


class Row(NamedTuple):
    """One network: a perturbed sawtooth, or a random network of He's, with an empty sigma."""

    depth: int
    sigma: float | None
    network: int
    pieces: int
    share: float


def sawtooth(depth: int) -> Network:
    """The tent of the tent of the tent ...: depth hidden layers of two units."""
    bias, tent = [0, -0.5], [2, -4]
    layers: list[tuple[Any, Any]] = [([[1], [1]], bias)]
    layers += [([tent, tent], bias)] * (depth - 1)
    return Network.from_arrays([*layers, ([tent], [0])])


def perturbed(network: Network, sigma: float, rng: np.random.Generator) -> Network:
    """Add noise to every weight and bias."""

    def noisy(values: FloatArray) -> FloatArray:
        return values + sigma * rng.standard_normal(values.shape)

    return Network.from_arrays([(noisy(layer.weight), noisy(layer.bias)) for layer in network.layers])


def random_like(depth: int, rng: np.random.Generator) -> Network:
    """A network of the sawtooth's shape as at initialisation."""
    return random_network([1, *[2] * depth, 1], seed=rng)


def pieces(network: Network) -> int:
    """Number of linear pieces on [0, 1], exactly."""
    return count_linear_regions(enumerate_regions(network, INTERVAL), "open_connected")


def measure(settings: Settings, seed: int) -> Iterator[Row]:
    """Count the pieces of all networks; the noise of one is the same for all sigma, but for its size."""
    for depth in settings.depths:
        progress(f"depth {depth}")
        saw = sawtooth(depth)
        for k in range(settings.networks):
            numbers = [seed, depth, k]
            for sigma in settings.sigmas:
                n = pieces(perturbed(saw, sigma, np.random.default_rng(numbers)))
                yield Row(depth, sigma, k, n, n / 2**depth)
            n = pieces(random_like(depth, np.random.default_rng(numbers)))
            yield Row(depth, None, k, n, n / 2**depth)


def shares(rows: list[Row], depth: int, settings: Settings) -> FloatArray:
    """Pieces / 2^depth of the perturbed sawtooths (networks, sigmas)."""
    found = [row.share for row in rows if row.depth == depth and row.sigma is not None]
    return np.array(found).reshape(settings.networks, -1)


def report(rows: list[Row], settings: Settings) -> None:
    t = student(settings.networks)
    print("pieces on [0, 1] / 2^L: mean +- half a 95 % interval\n")
    print(f"{'sigma':>10}" + "".join(f"{f'L = {depth}':>16}" for depth in settings.depths))
    print(f"{'0':>10}" + "".join(f"{pieces(sawtooth(L)) / 2**L:>16g}" for L in settings.depths))
    columns = [estimate_curve(shares(rows, depth, settings)) for depth in settings.depths]
    for i, sigma in enumerate(settings.sigmas):
        cells = (f"{c.mean[i]:.3f} +- {t * c.standard_error[i]:.3f}" for c in columns)
        print(f"{sigma:>10.5f}" + "".join(f"{cell:>16}" for cell in cells))
    print("\npieces of a random network of the same shape, He's weights")
    random = [[r.pieces for r in rows if r.depth == L and r.sigma is None] for L in settings.depths]
    print(f"{'mean':>10}" + "".join(f"{np.mean(counts):>16.2f}" for counts in random))
    print(f"{'most':>10}" + "".join(f"{max(counts):>16}" for counts in random))


def draw_function(ax: Any, network: Network, title: str) -> None:
    """Through all breakpoints: nothing is left out."""
    x = np.concatenate([[0.0], line_regions(network, [0.0], [1.0]).points(0)[:, 0], [1.0]])
    ax.plot(x, network(x[:, None])[:, 0], color=layer_colour(0), linewidth=0.9)
    n = pieces(network)
    tidy(ax, "x", "output", f"{title}: {n} piece{'s' if n > 1 else ''}")
    ax.set_xlim(0, 1)


def draw(rows: list[Row], settings: Settings, seed: int, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 6), layout="constrained")
    grid = figure.add_gridspec(3, 2, width_ratios=(1, 1.25))
    ax = figure.add_subplot(grid[:, 0])
    for k, depth in enumerate(settings.depths):
        samples = shares(rows, depth, settings).tolist()
        band(ax, settings.sigmas, samples, layer_colour(k), f"L = {depth}")
    ax.axhline(1, color="0.35", linewidth=1.2, linestyle="--", label="not perturbed")
    tidy(ax, "standard deviation of the noise", "pieces / $2^L$", "mean over networks, 95 % bands")
    ax.set_xscale("log", base=2)
    ax.set_xticks(settings.sigmas)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False)
    depth, sigma = settings.drawn
    saw, numbers = sawtooth(depth), [seed, depth, 0]
    for row, (network, title) in enumerate(
        (
            (saw, f"the sawtooth, L = {depth}"),
            (perturbed(saw, sigma, np.random.default_rng(numbers)), f"noise of {sigma:g}"),
            (random_like(depth, np.random.default_rng(numbers)), "random, He's weights"),
        )
    ):
        draw_function(figure.add_subplot(grid[row, 1]), network, title)
    save_small(figure, path)


def main(arguments: list[str] | None = None, settings: Settings | None = None) -> list[Row]:
    full = f"{FULL.networks} networks for each depth, {len(FULL.sigmas)} sizes of the noise"
    chosen = parser(__doc__, full, mnist=False).parse_args(arguments)
    settings = settings or (FULL if chosen.full else Settings())
    table, picture = outputs(chosen.out, "sawtooth")
    rows = list(measure(settings, chosen.seed))
    write_table(table, rows)
    report(rows, settings)
    draw(rows, settings, chosen.seed, picture)
    print(f"\ntable:   {table}\npicture: {picture}")
    return rows


if __name__ == "__main__":
    main()
