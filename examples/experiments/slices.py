"""Count the regions in planes through three images, through training, for true and random labels.

    python examples/experiments/slices.py [--full] [--seed N] [--out DIR] [--mnist FILE.npz]

A plane goes through three test images of different classes. In its coordinates (s, t) they are (0, 0), (1, 0)
and (0, 1), and the regions of the network on the plane are counted exactly in the window [-1, 2]^2; before
and after training in larger windows, too. The yardstick is N^2 / 2 (Hanin and Rolnick, NeurIPS 2019).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from common import (
    Data,
    FloatArray,
    IntArray,
    band,
    epoch_axis,
    load_data,
    outputs,
    parser,
    progress,
    save_small,
    student,
    tidy,
    write_table,
)
from learning import check_torch, train

from polyregions import Box, Network, enumerate_regions
from polyregions.plot import plot_regions
from polyregions.plot.flat import draw_decision
from polyregions.plot.styles import layer_handle, layer_name
from polyregions.statistics import estimate, typical_regions

LABELS = ("true", "random")
COLOURS = {"true": "#2f6fb5", "random": "#b8285a"}
#: How far a window [-m, 1 + m]^2 reaches beyond the triangle's square. The first one is drawn.
MARGINS = (1, 10, 100)


@dataclass(frozen=True)
class Settings:
    """One architecture, trained with all seeds, for true and for random labels."""

    hidden: tuple[int, ...] = (32, 32, 32)
    epochs: tuple[int, ...] = (0, 1, 2, 5, 10, 20, 50, 100)
    shown: tuple[int, ...] = (0, 2, 10, 100)
    seeds: int = 5
    planes: int = 3


FULL = Settings((64, 64, 64), (0, 1, 2, 5, 10, 20, 50, 100, 200, 500), (0, 2, 20, 500), 10, 5)


class Row(NamedTuple):
    """One plane, one network after some epochs, and one window."""

    labels: str
    units: int
    seed: int
    plane: int
    epoch: int
    margin: int
    train_accuracy: float
    test_accuracy: float
    regions: int
    ratio: float


class Picture(NamedTuple):
    """The first network on the first plane, to be drawn."""

    labels: str
    epoch: int
    network: Network


def choose_planes(data: Data, n: int, seed: int) -> tuple[FloatArray, IntArray]:
    """Three test images of different classes for each of n planes (n, 3, inputs), and the classes (n, 3)."""
    rng = np.random.default_rng(seed)
    classes = np.array([rng.choice(np.unique(data.y_test), 3, replace=False) for _ in range(n)])
    chosen = [[rng.choice(np.flatnonzero(data.y_test == c)) for c in three] for three in classes]
    return data.x_test[np.array(chosen)], classes


def measure(data: Data, planes: FloatArray, settings: Settings, seed: int) -> Iterator[tuple[Row, Network]]:
    """Train all networks, and count on all planes; with the network on the plane."""
    units = sum(settings.hidden)
    for labels in LABELS:
        for k in range(settings.seeds):
            progress(f"{labels} labels, network {k}")
            for after in train(data, settings.hidden, labels, settings.epochs, (seed, k)):
                ends = after.epoch in (settings.epochs[0], settings.epochs[-1])
                accuracies = after.train_accuracy, after.test_accuracy
                for plane, points in enumerate(planes):
                    on_plane = after.network.through(points)
                    for margin in MARGINS if ends else MARGINS[:1]:
                        n = enumerate_regions(on_plane, window(margin)).n_regions
                        place = labels, units, k, plane, after.epoch, margin
                        yield Row(*place, *accuracies, n, n / typical_regions(units, 2)), on_plane


def window(margin: int) -> Box:
    return Box.cube(2, -margin, 1 + margin)


def ratios(rows: list[Row], labels: str, settings: Settings, margin: int = MARGINS[0]) -> FloatArray:
    """Mean over the planes, for each seed and epoch that the window was counted at (seeds, epochs)."""
    found = [row.ratio for row in rows if (row.labels, row.margin) == (labels, margin)]
    return np.array(found).reshape(settings.seeds, -1, settings.planes).mean(axis=2)


def report(rows: list[Row], settings: Settings) -> None:
    units, t = sum(settings.hidden), student(settings.seeds)

    def cell(samples: FloatArray) -> str:
        e = estimate(samples)
        return f"{f'{e.mean:.3f} +- {t * e.standard_error:.3f}':>20}"

    print(f"regions in [-1, 2]^2 / (N^2 / 2), N = {units}: mean +- half a 95 % interval\n")
    print(f"{'epoch':>5}" + "".join(f"{f'{name} labels':>20}{'train acc.':>12}" for name in LABELS))
    for i, epoch in enumerate(settings.epochs):
        print(f"{epoch:>5}", end="")
        for labels in LABELS:
            accuracy = np.mean([r.train_accuracy for r in rows if r.labels == labels and r.epoch == epoch])
            print(f"{cell(ratios(rows, labels, settings)[:, i])}{100 * accuracy:>10.1f} %", end="")
        print()
    print(f"\nlarger windows\n{'':>14}" + "".join(f"{x:>20}" for x in ("before", "true", "random labels")))
    for margin in MARGINS:
        true, random = (ratios(rows, labels, settings, margin) for labels in LABELS)
        name = f"[{-margin}, {1 + margin}]^2"
        print(f"{name:>14}{cell(true[:, 0])}{cell(true[:, -1])}{cell(random[:, -1])}")


def draw_slice(ax: Any, picture: Picture, classes: IntArray) -> None:
    """The regions, the borders between the classes that the network decides for, and the three images."""
    cx = enumerate_regions(picture.network, window(MARGINS[0]), engine="subdivide")
    plot_regions(cx, ax=ax)
    ax.get_legend().remove()
    draw_decision(ax, cx.decision_boundary())
    for corner, c in zip(([0, 0], [1, 0], [0, 1]), classes, strict=True):
        ax.plot(*corner, "o", color="white", markeredgecolor="black", markersize=11, zorder=5)
        ax.annotate(str(c), corner, ha="center", va="center", fontsize=8, zorder=6)
    ax.set_title(
        f"{picture.labels} labels, epoch {picture.epoch}\n{cx.n_regions:,} regions", fontsize="medium"
    )
    ax.set_xlabel("s", labelpad=0)
    ax.set_ylabel("t", labelpad=0)


def draw(rows: list[Row], pictures: list[Picture], classes: IntArray, settings: Settings, path: Path) -> None:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

    figure = Figure(figsize=(12.5, 9.6), layout="constrained")
    n = len(settings.shown)
    grid = figure.add_gridspec(3, n, height_ratios=(1, 1, 0.85))
    for k, picture in enumerate(pictures):
        draw_slice(figure.add_subplot(grid[k // n, k % n]), picture, classes)
    ax = figure.add_subplot(grid[2, :])
    for labels in LABELS:
        found = ratios(rows, labels, settings).tolist()
        band(ax, settings.epochs, found, COLOURS[labels], f"{labels} labels")
    tidy(ax, "epoch", "regions / (N²/2)", "mean over networks, 95 % bands")
    epoch_axis(ax, settings.epochs)
    ax.set_ylim(bottom=0)
    ax.legend(frameon=False, loc="upper left")
    layers = range(len(settings.hidden))
    handles = [layer_handle(i, f"boundaries of {layer_name(i)}", 1.5) for i in layers]
    handles.append(Line2D([], [], color="black", linewidth=3, label="the decision changes"))
    figure.legend(handles=handles, loc="outside upper center", ncols=len(handles), frameon=False)
    save_small(figure, path, dpi=72)  # thousands of lines


def main(arguments: list[str] | None = None, settings: Settings | None = None) -> list[Row]:
    full = f"hidden layers {FULL.hidden}, {FULL.seeds} seeds, {FULL.epochs[-1]} epochs"
    chosen = parser(__doc__, full).parse_args(arguments)
    settings = settings or (FULL if chosen.full else Settings())
    check_torch()
    table, picture = outputs(chosen.out, "slices")
    data = load_data(chosen.mnist)
    planes, classes = choose_planes(data, settings.planes, chosen.seed)
    rows, pictures = [], []
    for row, on_plane in measure(data, planes, settings, chosen.seed):
        rows.append(row)
        if row.seed == row.plane == 0 and row.margin == MARGINS[0] and row.epoch in settings.shown:
            pictures.append(Picture(row.labels, row.epoch, on_plane))
    write_table(table, rows)
    print(f"{data.name}, {settings.seeds} networks of each kind, {settings.planes} planes")
    report(rows, settings)
    draw(rows, pictures, classes[0], settings, picture)
    print(f"\ntable:   {table}\npicture: {picture}")
    return rows


if __name__ == "__main__":
    main()
