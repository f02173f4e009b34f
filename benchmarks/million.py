"""A million regions: how long ``subdivide`` takes, how much memory, and whether ``check()`` passes.

    python benchmarks/million.py [--quick] [--widths 600 600 600] [--fold 4 5] [--no-check] [--json FILE]

Two networks with two inputs, in [-1, 1]^2: a random ReLU network, and a fold network with exactly p^(2 depth)
regions and true zeros everywhere. Each is enumerated with ``engine="subdivide"`` once with 1 and once with 2
workers, from the arrays to the complex with faces of all dimensions; each run has a new process, which
imported, compiled and made a small run before. Its peak memory is what the run adds to that process, result
included. Whether both runs give the same arrays is told below the table. ``cx.check()`` then proves the
invariants of the first result: its time stands in the last column, and a violation ends this script.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from engines_speed import MIB, enumerate_pairs, fold, in_new_process, peak_memory, warm_up
from nets import Pairs, environment, markdown_row, random_relu

from polyregions import RegionComplex

WIDTHS = (600, 600, 600)
FOLD = (4, 5)
QUICK = ((48, 48, 48), (4, 3))
SEED = 0
HEADER = (
    "network",
    "regions",
    "faces",
    "workers",
    "seconds",
    "regions/s",
    "peak MiB",
    "bytes per region",
    "check() seconds",
)


def run(pairs: Pairs, workers: int, check: bool) -> dict[str, Any]:
    """Enumerate a network, and check the result if wanted. To be called in a new process."""
    warm_up(pairs[0][0].shape[1], workers)
    if check:
        enumerate_pairs(fold(2, 2), "subdivide").check()
    before = peak_memory(again=True)
    start = time.perf_counter()
    cx = enumerate_pairs(pairs, "subdivide", workers)
    seconds = time.perf_counter() - start
    row = {"regions": cx.n_regions, "faces": len(cx.faces), "workers": workers, "seconds": seconds}
    row |= {"peak bytes": peak_memory() - before, "digest": digest(cx)}
    if check:
        start = time.perf_counter()
        cx.check()
        row["check seconds"] = time.perf_counter() - start
    return row


def digest(cx: RegionComplex) -> str:
    """One for all arrays of a result."""
    arrays = (cx.states, cx.witnesses, cx.facet_offsets, cx.facet_neighbors)
    return hashlib.sha256(b"".join(hashlib.sha256(array).digest() for array in arrays)).hexdigest()


def table_row(name: str, row: dict[str, Any]) -> str:
    return markdown_row(
        [
            f"`{name}`",
            f"{row['regions']:,}",
            f"{row['faces']:,}",
            str(row["workers"]),
            f"{row['seconds']:.3g}",
            f"{row['regions'] / row['seconds']:,.0f}",
            f"{row['peak bytes'] / MIB:,.0f}",
            f"{row['peak bytes'] / row['regions']:,.0f}",
            f"{row['check seconds']:.3g}, passed" if "check seconds" in row else "-",
        ]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="some thousands of regions")
    parser.add_argument("--widths", type=int, nargs="+", metavar="UNITS", help="hidden layers, at random")
    parser.add_argument("--fold", type=int, nargs=2, metavar=("P", "DEPTH"), help="the fold network")
    parser.add_argument("--no-check", action="store_true", help="leave out cx.check()")
    parser.add_argument("--json", type=Path, help="write the numbers")
    options = parser.parse_args()
    widths, folds = QUICK if options.quick else (WIDTHS, FOLD)
    widths, folds = tuple(options.widths or widths), tuple(options.fold or folds)
    networks = {
        f"2-{list(widths)}": random_relu((2, *widths), SEED),
        f"fold{folds}": fold(*folds),
    }
    print(f"subdivide, box [-1, 1]^2, seed {SEED}; one run in a new process for each row.")
    print(environment("polyregions", "numpy", "numba") + "\n")
    print(markdown_row(list(HEADER)))
    print(markdown_row(["---"] * len(HEADER)), flush=True)
    results: dict[str, list[dict[str, Any]]] = {}
    for name, pairs in networks.items():
        results[name] = []
        for workers in (1, 2):
            row = in_new_process(run, pairs, workers, workers == 1 and not options.no_check)
            results[name].append(row)
            print(table_row(name, row), flush=True)
    if options.json:
        options.json.write_text(json.dumps(results, indent=1), encoding="utf-8")
    print()
    for name, rows in results.items():
        same = len({row["digest"] for row in rows}) == 1
        print(f"`{name}`: {'the same' if same else 'DIFFERENT'} arrays with 1 and 2 workers.")
        if not same:
            sys.exit(1)


if __name__ == "__main__":
    main()
