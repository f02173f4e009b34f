"""Arrays over all regions at once, result files, and conversions: seconds for one large result.

    python benchmarks/bulk_speed.py [--widths 2 260 260]

A random network (He) on [-1, 1]^2. Each is timed once, on a result that has computed nothing before; "exact,
one by one" is what the same takes region by region, from 200 of them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from nets import environment, markdown_row, random_relu

from polyregions import Box, Network, RegionComplex, enumerate_regions

EXACT: dict[str, Callable[[Any], Any]] = {
    "volumes": lambda region: region.volume,
    "centroids": lambda region: region.centroid,
    "affine_maps": lambda region: region.affine_map,
    "vertices": lambda region: region.vertices,
}


def seconds(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def one_by_one(cx: RegionComplex, name: str) -> str:
    if name not in EXACT:
        return "-"
    step = max(1, cx.n_regions // 200)
    regions = [cx[i] for i in range(0, cx.n_regions, step)]
    return f"{seconds(lambda: [EXACT[name](region) for region in regions]) / len(regions) * cx.n_regions:.3g}"


def row(name: str, work: Callable[[], Any], exact: str = "-") -> str:
    return markdown_row([name, f"{seconds(work):.3g}", exact])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--widths", type=int, nargs="+", default=[2, 260, 260])
    options = parser.parse_args()
    network, box = Network.from_arrays(random_relu(tuple(options.widths))), Box.cube(2, -1, 1)
    cx = enumerate_regions(network, box, engine="subdivide")
    print(environment("polyregions", "numpy", "numba", "pandas", "shapely"))
    print()
    print(f"{'-'.join(map(str, options.widths))}: {cx.n_regions:,} regions, {cx.n_adjacencies:,} adjacencies")
    print()
    print(markdown_row(["what", "seconds", "exact, one by one"]))
    print(markdown_row(["---"] * 3))
    assert cx.known_faces is not None
    for name in ("volumes", "centroids", "affine_maps", "vertices", "patterns"):
        print(row(f"`cx.{name}`", partial(getattr, cx, name), one_by_one(cx, name)))
    for name in ("to_scipy", "to_shapely", "to_pandas"):
        print(row(f"`cx.{name}()`", getattr(cx, name)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "result.npz"
        print(markdown_row(["`cx.save(path)`", f"{seconds(lambda: cx.save(path)):.3g}", "-"]))
        print(
            markdown_row(
                ["`RegionComplex.load(path)`", f"{seconds(lambda: RegionComplex.load(path)):.3g}", "-"]
            )
        )


if __name__ == "__main__":
    main()
