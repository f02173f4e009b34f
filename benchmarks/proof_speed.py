"""How long it takes to prove a result, and to merge its linear regions.

    python benchmarks/proof_speed.py

For random networks and folds: the enumeration, ``certify``, and ``count_linear_regions`` by each definition
that the result can tell.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from nets import environment, markdown_row, random_relu

from polyregions import Box, Network, certify, count_linear_regions, enumerate_regions
from polyregions.theory.constructions import montufar_folds
from polyregions.theory.predictions import DEFINITIONS, FROM_FACES

#: Inputs and widths; small enough for a proof of all regions.
SHAPES = [(2, 64), (2, 64, 64), (3, 16, 16), (4, 10, 10), (5, 8, 8), (6, 7, 7), (8, 9)]
#: All definitions but that of the regions themselves.
MERGED = [definition for definition in DEFINITIONS if definition != "proper_activation"]
#: Folds of the square into p x p cells, again and again.
FOLDS = [(3, 3, 3, 3), (3, 3, 3, 3, 3)]


def seconds(work: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """How long some work takes, and what comes of it."""
    start = time.perf_counter()
    result = work(*arguments)
    return time.perf_counter() - start, result


def main() -> None:
    print(environment("numpy", "numba", "python-flint"))
    print()
    columns = ["network", "regions", "enumerated, s", "proven, s", "a region, ms", *MERGED]
    print(markdown_row(columns))
    print(markdown_row(["---"] * len(columns)))
    cases = [
        (f"{d}-{list(widths)}", Network.from_arrays(random_relu((d, *widths))), Box.cube(d, -1, 1))
        for d, *widths in SHAPES
    ]
    for folds in FOLDS:
        fold = montufar_folds(2, list(folds))
        cases.append((fold.name, fold.network, fold.box))
    enumerate_regions(cases[0][1], cases[0][2])  # compiles
    for name, network, box in cases:
        enumerated, cx = seconds(enumerate_regions, network, box)
        proven, certificate = seconds(certify, cx)
        assert certificate.valid
        assert certificate.complete
        cells = [
            name,
            f"{cx.n_regions:,}",
            f"{enumerated:.2f}",
            f"{proven:.1f}",
            f"{1e3 * proven / cx.n_regions:.2f}",
        ]
        for definition in MERGED:
            if definition in FROM_FACES and cx.known_faces is None:
                cells.append("-")
                continue
            merged, count = seconds(count_linear_regions, cx, definition)
            low, high = count if isinstance(count, tuple) else (count, count)
            text = f"{low:,}" if low == high else f"{low:,} to {high:,}"
            cells.append(f"{text} ({merged:.2f} s)")
        print(markdown_row(cells), flush=True)


if __name__ == "__main__":
    main()
