"""Fold a square, check that it is folded, and draw it.

    python examples/folding.py [PICTURE]

The network is that of Montufar, Pascanu, Cho and Bengio (2014): each of two layers folds both coordinates of
the unit square in two, and the last layer cuts what is left by three lines. The picture goes into a file, by
default ``folding.png`` in the current directory.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from polyregions import Box, Network
from polyregions.analysis.folding import verify_folding
from polyregions.network.layers import Layer, linear, relu
from polyregions.plot import plot_folding
from polyregions.plot.figures import use_palette

FOLDS = (2, 2)
#: Three lines a y_1 + b y_2 + c = 0, which meet in the square in three points.
LINES = np.array([[20, -5, -4], [20, 13, -19], [-1, 5, -1]])


def folding_network(inputs: int, folds: tuple[int, ...], last: np.ndarray) -> Network:
    """Fold each coordinate in p, for each p, and cut the folded cube by hyperplanes.

    Of a coordinate y a layer takes relu(p y) and relu(2 (p y - i)) for 0 < i < p. With alternating signs they
    add up to the folded coordinate: it goes to and fro between 0 and 1, p times, as y goes from 0 to 1.
    """
    layers: list[Layer] = []
    read_out = np.eye(inputs)
    for p in folds:
        slopes = [p, *[2 * p] * (p - 1)]
        weight = np.kron(np.eye(inputs), np.array(slopes)[:, None])
        layers.append(relu(weight @ read_out, np.tile([-2 * i for i in range(p)], inputs)))
        read_out = np.kron(np.eye(inputs), [(-1) ** i for i in range(p)])
    layers.append(relu(last[:, :-1] @ read_out, last[:, -1]))
    return Network([*layers, linear(np.ones((1, len(last))), [0])])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "picture", nargs="?", type=Path, default=Path("folding.png"), help="default: %(default)s"
    )
    picture: Path = parser.parse_args().picture
    folding = verify_folding(folding_network(2, FOLDS, LINES), Box.cube(2, 0, 1))
    print(folding)
    plot_folding(folding, picture)
    if picture.suffix.lower() == ".png":
        use_palette(picture, width=1300)
    print(f"picture: {picture}")


if __name__ == "__main__":
    main()
