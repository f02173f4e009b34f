"""Make the pictures of docs/pictures.md: regions of the example networks, by all that they may show.

    python examples/pictures.py [DIRECTORY]

The pictures go into the directory, by default ``pictures`` in the current one. PNG files have a palette, and
the width at which a page shows them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.network import linear, maxout
from polyregions.plot import plot_growth, plot_maxout, plot_regions
from polyregions.plot.figures import use_palette

NETWORKS = Path(__file__).resolve().parent / "networks"
#: Pixels from left to right, of one picture and of a row.
WIDTH, ROW = 560, 860
#: Colours of a palette: enough for soft regions and the shades of lines on them.
COLOURS = 128
#: Maxout units: five lines, of which one is nowhere the largest, and seven planes.
LINES = maxout([[[-1.0], [-0.3], [0.2], [1.1], [0.1]]], [[-0.5, 0.1, 0.12, -0.4, -0.3]])
PLANES = maxout(
    [[[0.9, 0.1], [-0.8, 0.3], [0.2, 0.9], [-0.2, -0.8], [0.5, -0.6], [-0.6, 0.8], [0.1, 0.0]]],
    [[-0.3, -0.25, -0.2, -0.15, -0.2, -0.4, 0.05]],
)


def example(name: str, share: float = 1.0) -> RegionComplex:
    """The regions of an example network, in the middle of the box of its data."""
    box = json.loads((NETWORKS / "boxes.json").read_text(encoding="utf-8"))[name]
    middle = [(a + b) / 2 for a, b in zip(box["lower"], box["upper"], strict=True)]
    half = [share * (b - a) / 2 for a, b in zip(box["lower"], box["upper"], strict=True)]
    lower = [m - h for m, h in zip(middle, half, strict=True)]
    upper = [m + h for m, h in zip(middle, half, strict=True)]
    return enumerate_regions(Network.load(NETWORKS / f"{name}.json"), Box(lower, upper), engine="subdivide")


def along_a_line() -> RegionComplex:
    """The wine classifier on the diagonal of its box."""
    line = Network.load(NETWORKS / "wine_relu_2d.json").through([[-1.8, -1.7], [3.2, 3.3]])
    return enumerate_regions(line, Box([0], [1]))


def pictures() -> dict[str, Callable[[Path], Any]]:
    """How each picture is made, by its name."""
    wine, iris = example("wine_relu_2d"), example("iris_mixed_2d")
    line, inner = along_a_line(), example("cancer_relu_3d", 0.2)
    one, two = Network([LINES, linear([[1.0]], [0.0])]), Network([PLANES, linear([[1.0]], [0.0])])
    return {
        "pattern.png": lambda path: plot_regions(wine, path),
        "layer.png": lambda path: plot_regions(wine, path, color="layer:2"),
        "output.png": lambda path: plot_regions(wine, path, color="output:1", decision=True),
        "gradient.png": lambda path: plot_regions(wine, path, color="gradient:1", boundaries=False),
        "class.png": lambda path: plot_regions(wine, path, color="class", boundaries=True),
        "area.png": lambda path: plot_regions(wine, path, color="area"),
        "graph.png": lambda path: plot_regions(iris, path, graph=True),
        "line.png": lambda path: plot_regions(line, path, color="output:1"),
        "solid.png": lambda path: plot_regions(inner, path),
        "surface.png": lambda path: plot_regions(example("cancer_relu_3d"), path, decision=True),
        "growth.png": lambda path: plot_growth(iris, path),
        "growth.gif": lambda path: plot_growth(iris, path),
        "envelope.png": lambda path: plot_maxout(one, Box([-1], [1]), path=path),
        "power.png": lambda path: plot_maxout(two, Box.cube(2, -1, 1), path=path),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "directory", nargs="?", type=Path, default=Path("pictures"), help="default: %(default)s"
    )
    directory: Path = parser.parse_args().directory
    directory.mkdir(parents=True, exist_ok=True)
    for name, make in pictures().items():
        path = directory / name
        make(path)
        if path.suffix == ".png":
            use_palette(path, COLOURS, ROW if name in ("growth.png", "power.png") else WIDTH)
        print(f"{path}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
