"""How many regions can be counted, in which memory: time against regions, up to a hundred millions.

    python benchmarks/counting.py [--largest 100000000] [--workers 1] [--json FILE]

``count_regions`` keeps no region. Random networks of two and three inputs, each larger than the one before,
and folds (p^(2 depth) regions, boundaries through common points); each in a process of its own, whose peak
memory is told.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from nets import Pairs, environment, markdown_row, random_relu

# After nets, which limits numpy to one thread.
from engines_speed import MIB, fold, in_new_process, peak_memory, print_header  # isort: skip

from polyregions import Box, Network, count_regions

#: What is counted, with about so many regions.
NETWORKS: dict[str, tuple[float, Pairs]] = {
    "2-[64]*3": (1e4, random_relu((2, 64, 64, 64))),
    "2-[260]*2": (1e5, random_relu((2, 260, 260))),
    "2-[600]*3": (1e6, random_relu((2, 600, 600, 600))),
    "fold(2, 10)": (1e6, fold(2, 10)),
    "fold(2, 12)": (1.7e7, fold(2, 12)),
    "fold(10, 4)": (1e8, fold(10, 4)),
    "2-[16000]": (1e8, random_relu((2, 16000))),
    "3-[32]*3": (7e4, random_relu((3, 32, 32, 32))),
    "3-[72]*3": (9e5, random_relu((3, 72, 72, 72))),
    "3-[160]*3": (1e7, random_relu((3, 160, 160, 160))),
    "3-[340]*3": (1e8, random_relu((3, 340, 340, 340))),
}
HEADER = ("network", "regions", "adjacencies", "seconds", "ns a region", "peak MiB of the process")


def count(pairs: Pairs, workers: int) -> tuple[int, int, float, float]:
    """Regions, adjacencies, seconds, and the peak memory. To be called in a new process."""
    network = Network.from_arrays(pairs)
    box = Box.cube(network.input_dim, -1, 1)
    small = Network.from_arrays(random_relu((network.input_dim, 8, 8)))
    count_regions(small, box, workers=workers)
    start = time.perf_counter()
    counts = count_regions(network, box, workers=workers)
    assert counts.complete
    return counts.regions, counts.adjacencies, time.perf_counter() - start, peak_memory()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--largest", type=float, default=3e6, help="most regions, about (default: 3 millions)"
    )
    parser.add_argument("--nets", nargs="+", choices=list(NETWORKS), metavar="NET", help="these alone")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--json", type=Path, help="write all numbers")
    options = parser.parse_args()
    print(f"Box [-1, 1]^d, seed 0, {options.workers} worker(s).")
    print(environment("polyregions", "numpy", "numba"))
    print_header(HEADER)
    found = {}
    for name, (about, pairs) in NETWORKS.items():
        if about > 1.2 * options.largest if options.nets is None else name not in options.nets:
            continue
        regions, walls, seconds, peak = found[name] = in_new_process(count, pairs, options.workers)
        each = f"{1e9 * seconds / regions:,.0f}"
        print(
            markdown_row(
                [f"`{name}`", f"{regions:,}", f"{walls:,}", f"{seconds:.3g}", each, f"{peak / MIB:,.0f}"]
            ),
            flush=True,
        )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
