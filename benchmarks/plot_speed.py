"""Pictures of many regions: seconds for one large result.

    python benchmarks/plot_speed.py [--widths 2 260 260]

A random network (He) on [-1, 1]^2. Each picture is drawn once into a .png file, and timed in two parts:
making the artists, with all that is computed for them, and writing the file. Enumeration is not counted.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

from nets import environment, markdown_row, random_relu

from polyregions import Box, Network, enumerate_regions
from polyregions.plot import plot_growth, plot_regions
from polyregions.plot.figures import new_axes, save

PICTURES: dict[str, dict[str, Any]] = {
    "by pattern": {},
    "by pattern, no boundaries": {"boundaries": False},
    "by the states of layer 1": {"color": "layer:1"},
    "by gradient": {"color": "gradient"},
    "by area": {"color": "area"},
    "by output, shaded": {"color": "output"},
    "by class": {"color": "class"},
    "decision on top": {"decision": True},
    "region graph on top": {"graph": True},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[2, 260, 260])
    widths: list[int] = parser.parse_args().widths
    network, box = Network.from_arrays(random_relu(tuple(widths))), Box.cube(2, -1, 1)
    cx = enumerate_regions(network, box, engine="subdivide")
    print(environment("polyregions", "numpy", "matplotlib"))
    print()
    print(f"{'-'.join(map(str, widths))}: {cx.n_regions:,} regions, {cx.n_adjacencies:,} adjacencies")
    print()
    print(markdown_row(["picture", "artists, s", "file, s"]))
    print(markdown_row(["---"] * 3))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "picture.png"
        for name, options in PICTURES.items():
            ax = new_axes((7.6, 6.4), interactive=False)
            start = time.perf_counter()
            plot_regions(cx, ax=ax, **options)
            made = time.perf_counter()
            save(ax.figure, path)
            times = (made - start, time.perf_counter() - made)
            print(markdown_row([name, *(f"{seconds:.2f}" for seconds in times)]), flush=True)
        start = time.perf_counter()
        axes = plot_growth(cx)
        made = time.perf_counter()
        save(axes[0].figure, path)
        times = (made - start, time.perf_counter() - made)
        print(markdown_row(["growth, a row of three", *(f"{seconds:.2f}" for seconds in times)]))


if __name__ == "__main__":
    main()
