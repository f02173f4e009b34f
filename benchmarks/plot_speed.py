"""How long pictures of many regions take.

    python benchmarks/plot_speed.py [--quick]

A random network 2-[200, 200] with He's weights has about 10^5 regions in the box [-4, 4]^2 (``--quick``:
2-[60, 60]). Each picture is drawn once into a .png file, and timed in two parts: making the artists, and
drawing them. Enumeration is not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from polyregions import Box, Network, enumerate_regions
from polyregions.plot import plot_growth, plot_regions
from polyregions.plot.figures import new_axes, save

PICTURES: dict[str, dict[str, Any]] = {
    "pattern": {},
    "pattern, no boundaries": {"boundaries": False},
    "layer 1": {"color": "layer:1"},
    "gradient": {"color": "gradient"},
    "area": {"color": "area"},
    "output, shaded": {"color": "output"},
    "decision on top": {"decision": True},
    "class": {"color": "class"},
    "region graph on top": {"graph": True},
}


def random_he(widths: list[int], seed: int) -> Network:
    rng = np.random.default_rng(seed)
    layers = [
        (rng.normal(0, (2 / n) ** 0.5, (m, n)), rng.normal(0, 1 if n == 2 else 0.1, m))
        for n, m in pairwise(widths)
    ]
    return Network.from_arrays(layers)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a network 2-[60, 60]")
    width = 60 if parser.parse_args().quick else 200
    start = time.perf_counter()
    cx = enumerate_regions(random_he([2, width, width, 3], 0), Box.cube(2, -4, 4), engine="subdivide")
    print(f"2-[{width}, {width}]: {cx.n_regions:,} regions, {cx.n_adjacencies:,} adjacencies, ", end="")
    print(f"enumerated in {time.perf_counter() - start:.1f} s\n")
    print(f"{'picture':<26}{'artists, s':>12}{'file, s':>12}")
    with tempfile.TemporaryDirectory() as folder:
        for name, options in PICTURES.items():
            ax = new_axes((7.6, 6.4), interactive=False)
            start = time.perf_counter()
            plot_regions(cx, ax=ax, **options)
            made = time.perf_counter()
            save(ax.figure, Path(folder) / "picture.png")
            print(f"{name:<26}{made - start:>12.2f}{time.perf_counter() - made:>12.2f}", flush=True)
        start = time.perf_counter()
        plot_growth(cx, Path(folder) / "growth.png")
        print(f"{'growth, a row of 3':<26}{'':>12}{time.perf_counter() - start:>12.2f}")


if __name__ == "__main__":
    main()
