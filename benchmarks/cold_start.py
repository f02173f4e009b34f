"""How long until polyregions answers: help, import, the first enumeration ever, and later ones.

    python benchmarks/cold_start.py [--repeats 5] [--first 2] [--json FILE]

Every run is a process of its own, timed from its start to its end; Python's own start is shown beside.
The first enumeration has an empty directory for numba's compiled kernels (NUMBA_CACHE_DIR), the later ones
the same directory filled. The files of Python and the packages are warm in the system's cache, and their
bytecode is compiled: one run of each command is made before and not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from nets import environment, markdown_row, random_relu

from polyregions import Network

HEADER = ("what", "runs", "median s", "fastest", "slowest", "bar s", "")


def seconds(command: list[str], cache: Path) -> float:
    """Wall time of a command."""
    variables = {**os.environ, "NUMBA_CACHE_DIR": str(cache)}
    start = time.perf_counter()
    done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - start
    if done.returncode:
        sys.exit(f"{' '.join(command)} failed:\n{done.stderr}")
    return elapsed


def row(what: str, times: list[float], bar: float | None) -> str:
    median = statistics.median(times)
    verdict = "" if bar is None else "within" if median < bar else "ABOVE"
    numbers = [f"{value:.2f}" for value in (median, min(times), max(times))]
    return markdown_row([what, str(len(times)), *numbers, f"{bar:g}" if bar is not None else "", verdict])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--first", type=int, default=2, help="repeats with an empty cache (default: 2)")
    parser.add_argument("--json", metavar="FILE", help="write all times")
    options = parser.parse_args()
    repeats = options.repeats

    script = Path(sys.executable).with_name("polyregions")
    program = [str(script)] if script.exists() else [sys.executable, "-m", "polyregions"]
    results: dict[str, tuple[list[float], float | None]] = {}
    with tempfile.TemporaryDirectory() as folder:
        net = Path(folder) / "net.json"
        Network.from_arrays(random_relu((2, 16, 16))).save(net)
        enumeration = [*program, "enumerate", str(net), "--box", "-1", "1", "--quiet"]
        cache = Path(folder) / "warm"
        commands: dict[str, tuple[list[str], float | None]] = {
            "Python itself": ([sys.executable, "-c", "pass"], None),
            "`import polyregions`": ([sys.executable, "-c", "import polyregions"], 0.4),
            "`polyregions --help`": ([*program, "--help"], 0.5),
            "`polyregions enumerate`, later": (enumeration, 1.5),
        }
        for command, _ in commands.values():
            seconds(command, cache)
        for what, (command, bar) in commands.items():
            results[what] = [seconds(command, cache) for _ in range(repeats)], bar
        empty = [Path(folder) / f"empty{k}" for k in range(options.first)]
        results["`polyregions enumerate`, first ever"] = [seconds(enumeration, path) for path in empty], 20.0

    print("Wall time of a process, from its start to its end. The network enumerated is 2-[16]*2.")
    print(environment("polyregions", "numpy", "numba"))
    print()
    print(markdown_row(list(HEADER)))
    print(markdown_row(["---"] * len(HEADER)))
    for what, (times, bar) in results.items():
        print(row(what, times, bar))
    if options.json:
        Path(options.json).write_text(json.dumps({k: v[0] for k, v in results.items()}), encoding="utf-8")


if __name__ == "__main__":
    main()
