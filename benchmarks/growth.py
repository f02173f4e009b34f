"""Time for each face and each region as networks grow, and outgrow the cache.

    python benchmarks/growth.py [--largest 2000000] [--json FILE]

One row for each network of a family, from a few thousand faces up: nanoseconds that ``subdivide`` takes for a
face, and that ``split`` and ``count_regions`` take for a region. Medians of three interleaved runs with one
worker, CPU time of the process; what happens once in a process is not timed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nets import environment, markdown_row, random_relu

# After nets, which limits numpy to one thread.
from engines_speed import count_pairs, enumerate_pairs, print_header, warm_up  # isort: skip

FAMILIES: dict[str, list[tuple[int, ...]]] = {
    "2-[n]": [(2, n) for n in (64, 128, 256, 512, 1024)],
    "2-[n]*3": [(2, n, n, n) for n in (32, 64, 128, 256)],
    "3-[n]": [(3, n) for n in (32, 64, 128, 192)],
    "3-[n]*3": [(3, n, n, n) for n in (16, 32, 48)],
    "4-[n]*2": [(4, n, n) for n in (12, 16, 24, 32)],
    "5-[n]*2": [(5, n, n) for n in (8, 12, 16)],
    "6-[n]*2": [(6, n, n) for n in (8, 10, 12)],
}
HEADER = ("network", "regions", "faces", "ns a face", "split: ns a region", "count: ns a region")


def nanoseconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """Median CPU time of three runs, and the last result."""
    times = []
    for _ in range(3):
        result = None  # not freed while the clock runs
        start = time.process_time()
        result = work()
        times.append(time.process_time() - start)
    return 1e9 * statistics.median(times), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--largest", type=int, default=2_000_000, help="regions beyond which a family ends")
    parser.add_argument("--json", type=Path, help="write all numbers")
    options = parser.parse_args()
    print("Box [-1, 1]^d, seed 0; medians of 3 runs, CPU time, one worker.")
    print(environment("polyregions", "numpy", "numba"))
    print_header(HEADER)
    found = []
    for family in FAMILIES.values():
        for shape in family:
            pairs = random_relu(shape)
            warm_up(shape[0])
            counted, regions = nanoseconds(lambda pairs=pairs: count_pairs(pairs))
            if regions > options.largest:
                break
            split, _ = nanoseconds(lambda pairs=pairs: enumerate_pairs(pairs, "split").n_regions)
            subdivided, faces = nanoseconds(
                lambda pairs=pairs: len(enumerate_pairs(pairs, "subdivide").faces)
            )
            name = f"{shape[0]}-[{shape[1]}]" + (f"*{len(shape) - 1}" if len(shape) > 2 else "")
            each = subdivided / faces, split / regions, counted / regions
            found.append({"network": name, "regions": regions, "faces": faces, "nanoseconds": each})
            cells = [f"`{name}`", f"{regions:,}", f"{faces:,}", *(f"{value:,.0f}" for value in each)]
            print(markdown_row(cells), flush=True)
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
