"""Follow regions along lines, and distances to boundaries, through training, for true and random labels.

    python examples/experiments/training.py [--full] [--seed N] [--out DIR] [--mnist FILE.npz] [--epochs ...]

Several architectures with the same number of units are trained on the digits of scikit-learn, or on MNIST,
with Adam. Lines run between two test images, distances are measured at test images: the same ones always.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import (
    Data,
    band,
    epoch_axis,
    load_data,
    outputs,
    parser,
    progress,
    random_pairs,
    save_small,
    student,
    tidy,
    write_table,
)
from learning import check_torch, train

from polyregions.plot.styles import layer_colour
from polyregions.statistics import distance_to_boundary, estimate, line_regions

LABELS = ("true", "random")


@dataclass(frozen=True)
class Settings:
    """All architectures are trained with all seeds, for true and for random labels."""

    architectures: tuple[tuple[int, ...], ...] = ((120,), (40, 40, 40), (24,) * 5)
    epochs: tuple[int, ...] = (0, 1, 2, 5, 10, 20, 50, 100)
    seeds: int = 5
    lines: int = 50


FULL = Settings(
    ((240,), (120, 120), (80,) * 3, (60,) * 4, (48,) * 5), (0, 1, 2, 5, 10, 20, 50, 100, 200, 500), 5, 100
)


class Row(NamedTuple):
    """One network after some epochs; regions and distances are means over the lines and their first ends."""

    labels: str
    architecture: str
    units: int
    seed: int
    epoch: int
    train_accuracy: float
    test_accuracy: float
    regions_per_unit: float
    distance_times_units: float


def measure(data: Data, settings: Settings, seed: int) -> Iterator[Row]:
    """Train all networks and measure them."""
    a, b = random_pairs(data.x_test, settings.lines, np.random.default_rng(seed))
    for labels in LABELS:
        for hidden in settings.architectures:
            name, units = "-".join(map(str, hidden)), sum(hidden)
            for k in range(settings.seeds):
                progress(f"{labels} labels, {name}, network {k}")
                for after in train(data, hidden, labels, settings.epochs, (seed, k)):
                    regions = float(line_regions(after.network, a, b).counts.mean()) / units
                    distance = float(distance_to_boundary(after.network, a).distance.mean()) * units
                    accuracies = after.train_accuracy, after.test_accuracy
                    yield Row(labels, name, units, k, after.epoch, *accuracies, regions, distance)


def curves(rows: list[Row], labels: str, architecture: str, column: str) -> list[list[float]]:
    """One curve over the epochs for each seed."""
    chosen = [row for row in rows if row.labels == labels and row.architecture == architecture]
    return [
        [getattr(row, column) for row in chosen if row.seed == k] for k in sorted({r.seed for r in chosen})
    ]


def report(rows: list[Row], settings: Settings) -> None:
    columns = ("train_accuracy", "test_accuracy", "regions_per_unit", "distance_times_units")
    print(f"{'labels':<8}{'hidden':<16}{'epoch':>6}{'train acc.':>12}{'test acc.':>11}", end="")
    print(f"{'regions / N':>18}{'distance x N':>18}    (mean +- half a 95 % interval)")
    t = student(settings.seeds)
    for labels in LABELS:
        for architecture in dict.fromkeys(row.architecture for row in rows):
            cells = [np.array(curves(rows, labels, architecture, column)) for column in columns]
            regions = cells[2].mean(axis=0)
            # Before training, where the regions are fewest and most, and at the end.
            for i in sorted({0, int(regions.argmin()), int(regions.argmax()), len(regions) - 1}):
                train_accuracy, test_accuracy = (100 * c[:, i].mean() for c in cells[:2])
                both = (estimate(c[:, i]) for c in cells[2:])
                shown = "".join(f"{f'{e.mean:.3f} +- {t * e.standard_error:.3f}':>18}" for e in both)
                print(f"{labels:<8}{architecture:<16}{settings.epochs[i]:>6}", end="")
                print(f"{train_accuracy:>10.1f} %{test_accuracy:>9.1f} %{shown}")


def draw(rows: list[Row], settings: Settings, path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11.5, 9.6), layout="constrained")
    axes: Any = figure.subplots(3, 2, sharey="row", sharex=True)
    quantities = (
        ("regions_per_unit", "regions along a line / N"),
        ("distance_times_units", "distance to a boundary, times N"),
        ("train_accuracy", "accuracy (dashed: test)"),
    )
    for column, labels in enumerate(LABELS):
        for row, (quantity, y_label) in enumerate(quantities):
            ax = axes[row, column]
            for k, architecture in enumerate(dict.fromkeys(r.architecture for r in rows)):
                colour, found = layer_colour(k), curves(rows, labels, architecture, quantity)
                band(ax, settings.epochs, found, colour, architecture)
                if quantity == "train_accuracy":
                    test = curves(rows, labels, architecture, "test_accuracy")
                    band(ax, settings.epochs, test, colour, "_test", "--")
            title = f"{labels} labels; mean over networks, 95 % bands" if row == 0 else ""
            tidy(ax, "epoch" if row == 2 else "", y_label if column == 0 else "", title)
            epoch_axis(ax, settings.epochs)
    for ax in axes[:, 0]:  # the others share theirs
        ax.set_ylim(bottom=0)
    axes[0, 1].legend(frameon=False, title="hidden layers", fontsize="small", loc="lower left")
    save_small(figure, path)


def main(arguments: list[str] | None = None, settings: Settings | None = None) -> list[Row]:
    full = f"{FULL.seeds} seeds, {sum(FULL.architectures[0])} units, {FULL.epochs[-1]} epochs"
    options = parser(__doc__, full)
    options.add_argument("--epochs", type=int, nargs="+", metavar="EPOCH", help="when to measure, ascending")
    chosen = options.parse_args(arguments)
    settings = settings or (FULL if chosen.full else Settings())
    if chosen.epochs:
        if sorted({0, *chosen.epochs}) != chosen.epochs:
            options.error("--epochs must begin with 0 and ascend")
        settings = replace(settings, epochs=tuple(chosen.epochs))
    check_torch()
    table, picture = outputs(chosen.out, "training")
    data = load_data(chosen.mnist)
    rows = list(measure(data, settings, chosen.seed))
    write_table(table, rows)
    print(f"{data.name}, {settings.seeds} networks of each kind, {settings.lines} lines and points")
    report(rows, settings)
    draw(rows, settings, picture)
    print(f"\ntable:   {table}\npicture: {picture}")
    return rows


if __name__ == "__main__":
    main()
