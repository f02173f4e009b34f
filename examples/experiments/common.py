"""What the experiments share: options, images of digits, tables, and curves with confidence bands."""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from polyregions.plot.figures import check_figure, save, use_palette
from polyregions.statistics import Estimate, estimate_curve

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: Of the curves and of the fitted constants.
LEVEL = 0.95
MNIST_KEYS = ("x_train", "y_train", "x_test", "y_test")


@dataclass(frozen=True)
class Data:
    """Images (n, inputs) with numbers from 0 to 1, and their classes (n,)."""

    name: str
    x_train: FloatArray
    y_train: IntArray
    x_test: FloatArray
    y_test: IntArray

    @property
    def inputs(self) -> int:
        """Number of pixels."""
        return self.x_train.shape[1]


def parser(description: str | None, full: str, mnist: bool = True) -> argparse.ArgumentParser:
    """Options of all experiments; ``full`` says what the large setting is."""
    options = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    options.add_argument("--full", action="store_true", help=full)
    options.add_argument("--seed", type=int, default=0, help="default: %(default)s")
    options.add_argument(
        "--out", type=Path, default=Path("experiments"), metavar="DIR", help="default: %(default)s"
    )
    if mnist:
        options.add_argument(
            "--mnist", type=Path, metavar="FILE.npz", help=f"MNIST with the arrays {', '.join(MNIST_KEYS)}"
        )
    return options


def outputs(directory: Path, name: str) -> tuple[Path, Path]:
    """The table and the picture of an experiment; refused before any work if they cannot be written."""
    directory.mkdir(parents=True, exist_ok=True)
    table, picture = directory / f"{name}.csv", directory / f"{name}.png"
    check_figure(picture)
    return table, picture


def load_data(mnist: Path | None) -> Data:
    """MNIST from a file, or the digits of scikit-learn: 1,797 images of 8 x 8, a fifth of them for tests.

    Raises
    ------
    SystemExit
        With a message, if there is neither.
    """
    if mnist is not None:
        return _mnist(mnist)
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        raise SystemExit(
            "the digits are those of scikit-learn; get it with: pip install 'polyregions[sklearn]', "
            "or give --mnist FILE.npz"
        ) from None
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = x[order] / 16, y[order].astype(np.int64)
    cut = len(x) * 4 // 5
    return Data("8 x 8 digits", x[:cut], y[:cut], x[cut:], y[cut:])


def load_points(mnist: Path | None) -> tuple[str, FloatArray]:
    """Images for tests and their name; without scikit-learn random points of the cube [0, 1]^64."""
    if mnist is None and find_spec("sklearn") is None:
        progress("scikit-learn is not installed: random points instead of digits")
        return "random points", np.random.default_rng(0).random((360, 64))
    data = load_data(mnist)
    return data.name, data.x_test


def _mnist(path: Path) -> Data:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = [file[key] for key in MNIST_KEYS]
    except (OSError, KeyError, ValueError, EOFError) as error:
        raise SystemExit(
            f"{path}: not a NumPy archive with the arrays {', '.join(MNIST_KEYS)} ({error})"
        ) from None
    x_train, y_train, x_test, y_test = arrays
    for x, y in ((x_train, y_train), (x_test, y_test)):
        if x.ndim < 2 or x.shape[1:] != x_train.shape[1:] or y.shape != x.shape[:1] or x.dtype != np.uint8:
            raise SystemExit(
                f"{path}: expected images (n, 28, 28) of uint8 and classes (n,), "
                f"got {x.shape} of {x.dtype} and {y.shape}"
            )
    return Data(
        path.stem,
        x_train.reshape(len(x_train), -1) / 255,
        y_train.astype(np.int64),
        x_test.reshape(len(x_test), -1) / 255,
        y_test.astype(np.int64),
    )


def random_pairs(images: FloatArray, n: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    """Both ends (n, inputs) of n segments between two different images."""
    pairs = np.array([rng.choice(len(images), 2, replace=False) for _ in range(n)])
    return images[pairs[:, 0]], images[pairs[:, 1]]


def write_table(path: Path, rows: Sequence[NamedTuple]) -> None:
    """One row for each measurement; floats with all their digits."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(rows[0]._fields)
        writer.writerows(rows)


class Combined(NamedTuple):
    """Mean of independent estimates, weighted by their precision; chi^2 tells whether they agree."""

    mean: float
    standard_error: float
    chi2: float
    p_value: float


def combine(estimates: Sequence[Estimate | Combined]) -> Combined:
    from scipy.stats import chi2

    means = np.array([e.mean for e in estimates])
    weights = np.array([e.standard_error for e in estimates]) ** -2
    mean = float(weights @ means / weights.sum())
    statistic = float(weights @ (means - mean) ** 2)
    return Combined(mean, float(weights.sum() ** -0.5), statistic, float(chi2.sf(statistic, len(means) - 1)))


def student(n: int) -> float:
    """How many standard errors an interval of the level reaches to each side of the mean of n samples."""
    from scipy.stats import t

    return float(t.ppf((1 + LEVEL) / 2, n - 1))


def band(
    ax: Any, x: Sequence[float], samples: Sequence[Sequence[float]], colour: str, label: str, style: str = "-"
) -> None:
    """Draw the mean of curves (n, m), one for each independent network, in its confidence band.

    The band is that of Student's t: the networks are few.
    """
    curve = estimate_curve(samples)
    reach = student(curve.n) * curve.standard_error
    ax.fill_between(x, curve.mean - reach, curve.mean + reach, color=colour, alpha=0.18, linewidth=0)
    ax.plot(x, curve.mean, style, color=colour, linewidth=1.6, marker="o", markersize=3, label=label)


def tidy(ax: Any, x_label: str, y_label: str, title: str) -> None:
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    ax.set_title(title, fontsize="medium")
    ax.grid(color="0.9", linewidth=0.7)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def epoch_axis(ax: Any, epochs: Iterable[int]) -> None:
    """Epochs from 0 on, evenly up to the first and logarithmically after that; the axis says so."""
    ax.set_xscale("symlog", linthresh=1, linscale=0.5)
    ax.set_xticks(list(epochs), [str(epoch) for epoch in epochs])
    ax.minorticks_off()
    ax.set_xlim(0, max(epochs))
    ax.tick_params(labelbottom=True)  # where rows share the axis, too
    if ax.get_xlabel():
        ax.set_xlabel(f"{ax.get_xlabel()} (linear from 0 to 1, then logarithmic)")


def save_small(figure: Any, path: Path, dpi: int = 90) -> None:
    """Write a picture for a page: with a palette, and no larger than it is shown."""
    save(figure, path, dpi)
    use_palette(path)


def progress(message: str) -> None:
    print(message, file=sys.stderr, flush=True)
