"""How long a million regions take to become a file, and how much memory beside the result.

    python benchmarks/export_speed.py [--quick] [--widths 850 850] [--formats graphml gexf ...] [--maps F ...]
                                        [--json FILE]

A random ReLU network with two inputs is enumerated once by ``subdivide``, in [-1, 1]^2. Then each format is
written by a process of its own, which begins as a copy of that one, result included: its peak memory is what
the file takes beyond that, everything that is derived from the result on the way (walls, volumes, maps)
included. Files go to a folder that is removed; the time of its disk is part of theirs. Affine maps are
left out, which take about as long as the rest; the last rows have them.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from engines_speed import MIB, enumerate_pairs, peak_memory, warm_up
from nets import environment, markdown_row, random_relu

from polyregions import RegionComplex
from polyregions.export.formats import FORMATS, find_format, write_file

WIDTHS, QUICK = (850, 850), (64, 64)
SEED = 0
NAMES = [form.name for form in FORMATS if 2 in (form.dims or (2,)) and not form.each]
HEADER = ("format", "seconds", "of CPU", "regions/s", "peak MiB beside the result", "file, MB")


def measure(cx: RegionComplex, path: Path, without: list[str]) -> dict[str, Any]:
    """Write a file in a copy of this process."""
    reader, writer = multiprocessing.Pipe(duplex=False)

    def run() -> None:
        before = peak_memory(again=True)
        start, worked = time.perf_counter(), time.process_time()
        write_file(cx, path, without=without)
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
        writer.send({"seconds": seconds, "CPU seconds": worked, "peak bytes": peak_memory() - before})

    process = multiprocessing.get_context("fork").Process(target=run)
    process.start()
    process.join()
    if process.exitcode or not reader.poll():
        return {}
    return {**reader.recv(), "bytes": path.stat().st_size}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="some thousands of regions")
    parser.add_argument("--widths", type=int, nargs="+", metavar="UNITS", help="hidden layers")
    parser.add_argument("--formats", nargs="+", default=NAMES, metavar="F", help=", ".join(NAMES))
    parser.add_argument(
        "--maps", nargs="*", default=["graphml"], metavar="F", help="formats to write with maps too"
    )
    parser.add_argument("--json", type=Path, help="write the numbers")
    options = parser.parse_args()
    widths = tuple(options.widths or (QUICK if options.quick else WIDTHS))
    forms = [(find_format("", name), False) for name in options.formats]
    forms += [(find_format("", name), True) for name in options.maps]
    warm_up(2)
    cx = enumerate_pairs(random_relu((2, *widths), SEED), "subdivide")
    print(f"2-{list(widths)}, seed {SEED}: {cx.n_regions:,} regions, {cx.n_adjacencies:,} adjacencies.")
    print(environment("polyregions", "numpy", "pyarrow", "scipy") + "\n")
    print(markdown_row(list(HEADER)))
    print(markdown_row(["---"] * len(HEADER)), flush=True)
    rows = {}
    with tempfile.TemporaryDirectory() as folder:
        for form, maps in forms:
            path = Path(folder) / f"regions{form.ending}"
            without = [] if maps or not form.attributes else ["map"]
            name = f"`{form.ending}`, with maps" if maps else f"`{form.ending}`"
            rows[name] = row = measure(cx, path, without)
            path.unlink(missing_ok=True)
            print(table_row(name, row, cx.n_regions), flush=True)
    if options.json:
        options.json.write_text(
            json.dumps({"regions": cx.n_regions, "formats": rows}, indent=1), encoding="utf-8"
        )
    if not all(rows.values()):
        sys.exit(1)


def table_row(name: str, row: dict[str, Any], regions: int) -> str:
    if not row:
        return markdown_row([name, "FAILED", "-", "-", "-"])
    cells = [f"{row['seconds']:.3g}", f"{row['CPU seconds']:.3g}", f"{regions / row['seconds']:,.0f}"]
    cells += [f"{row['peak bytes'] / MIB:,.0f}", f"{row['bytes'] / 1e6:,.0f}"]
    return markdown_row([name, *cells])


if __name__ == "__main__":
    main()
