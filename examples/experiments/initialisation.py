"""Count regions along lines, and measure distances to boundaries, of random networks of several depths.

    python examples/experiments/initialisation.py [--full] [--seed N] [--out DIR] [--mnist FILE.npz]

Weights are He's, biases have the variance 1e-6 (Hanin and Rolnick, ICML 2019). The lines run between two
images of digits, the same lines for all networks. The networks are the samples: each gives one number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import (
    Combined,
    FloatArray,
    band,
    combine,
    load_points,
    outputs,
    parser,
    progress,
    random_pairs,
    save_small,
    student,
    tidy,
    write_table,
)

from polyregions.plot.styles import layer_colour
from polyregions.statistics import (
    Estimate,
    bias_density_bound,
    distance_bound,
    distance_to_boundary,
    estimate,
    gradient_bound,
    line_regions,
    line_regions_bound,
    random_network,
)
from polyregions.statistics.random_networks import BIAS_STD

OUTPUTS = 10


@dataclass(frozen=True)
class Settings:
    """Each depth divides each number of units: networks of one size have layers of one width."""

    units: tuple[int, ...] = (60, 120, 240, 480)
    depths: tuple[int, ...] = (1, 2, 3, 4, 5)
    networks: int = 24
    lines: int = 32


FULL = Settings(networks=100, lines=64)


class Row(NamedTuple):
    """One network: means over the lines, and over one end of each."""

    inputs: int
    units: int
    depth: int
    width: int
    network: int
    regions: float
    regions_per_unit: float
    distance_times_units: float


def measure(a: FloatArray, b: FloatArray, settings: Settings, seed: int) -> list[Row]:
    """Draw all networks and measure them on the segments from a to b, both (lines, inputs)."""
    rows = []
    for depth in settings.depths:
        for units in settings.units:
            progress(f"depth {depth}, {units} units")
            widths = [a.shape[1], *[units // depth] * depth, OUTPUTS]
            for k in range(settings.networks):
                rng = np.random.default_rng([seed, depth, units, k])
                network = random_network(widths, bias_std=BIAS_STD, seed=rng)
                regions = float(line_regions(network, a, b).counts.mean())
                distance = float(distance_to_boundary(network, a).distance.mean())
                rows.append(
                    Row(
                        a.shape[1],
                        units,
                        depth,
                        units // depth,
                        k,
                        regions,
                        regions / units,
                        distance * units,
                    )
                )
    return rows


def predicted_regions(a: FloatArray, b: FloatArray) -> float:
    """Breakpoints per unit: the mean angle between (a, s) and (b, s), divided by pi.

    A unit of the first layer switches between a and b if its hyperplane does separate these vectors;
    s is the standard deviation of a bias over that of a weight. (So short that it hardly matters.)
    """
    s = np.full((len(a), 1), BIAS_STD / math.sqrt(2 / a.shape[1]))
    p, q = np.hstack([a, s]), np.hstack([b, s])
    p, q = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (p, q))
    angles = 2 * np.arctan2(np.linalg.norm(p - q, axis=1), np.linalg.norm(p + q, axis=1))
    return float(angles.mean() / math.pi)


def predicted_distance(points: FloatArray) -> float:
    """Distance times units: |x| sqrt(pi) G((d - 1) / 2) / (2 G(d / 2)), for one layer of many units.

    Without biases the hyperplanes go through the origin, and x is |x u| away, u a coordinate of a random
    direction. Its density at 0 is f = G(d / 2) / (sqrt(pi) G((d - 1) / 2)), G the gamma function, and the
    least of N such distances is |x| / (2 f N) in the mean, if N is large.
    """
    d = points.shape[1]
    inverse_density = math.sqrt(math.pi) * math.exp(math.lgamma((d - 1) / 2) - math.lgamma(d / 2))
    return float(np.linalg.norm(points, axis=1).mean() * inverse_density / 2)


def of(rows: list[Row], depth: int, units: int) -> list[Row]:
    return [row for row in rows if row.depth == depth and row.units == units]


def slope(row: Row) -> float:
    """C in ``regions = 1 + c N``."""
    return (row.regions - 1) / row.units


def distance(row: Row) -> float:
    return row.distance_times_units


def by_size(rows: list[Row], depth: int, settings: Settings, value: Callable[[Row], float]) -> list[Estimate]:
    """The mean over the networks of each size."""
    return [estimate([value(row) for row in of(rows, depth, n)]) for n in settings.units]


def report(
    rows: list[Row], settings: Settings, title: str, value: Callable[[Row], float], prediction: float
) -> None:
    """Print a table, and test whether depths agree, among themselves and with the prediction."""
    from scipy.stats import chi2

    found = {depth: by_size(rows, depth, settings, value) for depth in settings.depths}
    fits = {depth: combine(estimates) for depth, estimates in found.items()}
    print(f"\n{title}\n\ndepth" + "".join(f"{f'N = {n}':>18}" for n in settings.units), end="")
    print(f"{'all N':>18}{'p':>9}{'z':>6}{'spread of networks':>20}")
    for depth, fit in fits.items():
        spread = "  ".join(f"{e.standard_error * math.sqrt(e.n):.3f}" for e in found[depth])
        z = (fit.mean - prediction) / fit.standard_error
        print(f"{depth:>5}{_cells([*found[depth], fit])}{fit.p_value:>9.2g}{z:>6.1f}  {spread}")
    whole, degrees = combine(list(fits.values())), len(fits)
    against = sum(((fit.mean - prediction) / fit.standard_error) ** 2 for fit in fits.values())
    print(f"all depths: {whole.mean:.4f} +- {whole.standard_error:.4f}, predicted {prediction:.4f}")
    print(f"the same for all depths: chi^2({degrees - 1}) = {whole.chi2:.1f}, p = {whole.p_value:.2g}")
    print(
        f"as predicted for all depths: chi^2({degrees}) = {against:.1f}, p = {chi2.sf(against, degrees):.2g}"
    )


def _cells(estimates: Sequence[Estimate | Combined]) -> str:
    return "".join(f"{f'{e.mean:.4f} +- {e.standard_error:.4f}':>18}" for e in estimates)


def bounds(a: FloatArray, b: FloatArray) -> tuple[float, float]:
    """Upper bound of c, and lower bound of the distance times N, for all such networks."""
    d = a.shape[1]
    c_grad, c_bias = gradient_bound([d, 1, 1]), bias_density_bound(BIAS_STD)
    length = float(np.linalg.norm(a - b, axis=1).mean())
    # A derivative along the line has the d-th part of the gradient's mean square.
    return line_regions_bound(1, length, c_grad / math.sqrt(d), c_bias) - 1, distance_bound(1, c_grad, c_bias)


def draw(rows: list[Row], a: FloatArray, b: FloatArray, settings: Settings, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12.6, 4.0), layout="constrained")
    along, constant, near = figure.subplots(1, 3)
    prediction, units = predicted_regions(a, b), list(settings.units)
    grey: dict[str, Any] = {"color": "0.35", "linewidth": 1.2, "linestyle": "--", "zorder": 1}
    for depth in settings.depths:
        cells = [of(rows, depth, n) for n in units]
        colour, label = layer_colour(depth - 1), f"depth {depth}"
        band(along, units, list(zip(*[[r.regions for r in c] for c in cells], strict=True)), colour, label)
        scaled = list(zip(*[[r.distance_times_units for r in c] for c in cells], strict=True))
        band(near, units, scaled, colour, label)
        fit = combine(by_size(rows, depth, settings, slope))
        constant.errorbar(
            [depth],
            [fit.mean],
            yerr=student(settings.networks) * fit.standard_error,
            color=colour,
            marker="o",
            capsize=4,
        )
    along.plot(units, [1 + prediction * n for n in units], **grey, label="1 + N angle / π")
    constant.axhline(prediction, **grey)
    near.axhline(predicted_distance(a), **grey, label="predicted, one layer")
    tidy(along, "hidden units N", "regions along a line", "mean over networks, 95 % bands")
    tidy(constant, "hidden layers", "c in regions = 1 + c N", "fitted constant, 95 % intervals")
    tidy(near, "hidden units N", "mean distance to a boundary, times N", "mean over networks, 95 % bands")
    constant.set_xticks(settings.depths)
    constant.set_ylim(0.9 * prediction, 1.1 * prediction)
    near.set_ylim(bottom=0)
    along.legend(frameon=False, fontsize="small")
    near.legend(frameon=False, fontsize="small", loc="lower right", ncols=2)
    save_small(figure, path)


def main(arguments: list[str] | None = None, settings: Settings | None = None) -> list[Row]:
    options = parser(__doc__, f"{FULL.networks} networks of each kind, up to {FULL.units[-1]} units")
    chosen = options.parse_args(arguments)
    settings = settings or (FULL if chosen.full else Settings())
    table, picture = outputs(chosen.out, "initialisation")
    name, points = load_points(chosen.mnist)
    a, b = random_pairs(points, settings.lines, np.random.default_rng(chosen.seed))
    rows = measure(a, b, settings, chosen.seed)
    write_table(table, rows)
    print(f"{settings.networks} networks of each kind, {settings.lines} lines, {name}")
    print("p: the same for all N; z: standard errors from the prediction")
    report(rows, settings, "c in: regions along a line = 1 + c N", slope, predicted_regions(a, b))
    report(rows, settings, "mean distance to a boundary, times N", distance, predicted_distance(a))
    upper, lower = bounds(a, b)
    print(f"\nbounds for all such networks: c <= {upper:.3g}, distance times N >= {lower:.3g}")
    draw(rows, a, b, settings, picture)
    print(f"\ntable:   {table}\npicture: {picture}")
    return rows


if __name__ == "__main__":
    main()
