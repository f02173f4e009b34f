"""``subdivide`` by itself, then beside regioncam, relucent and ``traverse``, in one run.

    python benchmarks/subdivide_speed.py [--quick] [--nets "2-[64]*3" "fold(3, 4)"] [--json FILE]

Each tool gets the same weights and the box [-1, 1]^d. Repeats are interleaved (tool after tool, then again),
and medians are reported. A run shorter than a quarter of a second is repeated until that has passed. What
happens once in a process is not timed: imports, compiling, and a first small run of each tool.

subdivide
    ``enumerate_regions(engine="subdivide")``, with 1 and with 2 workers: from the arrays to the complex
    with faces of all dimensions.
forward
    One float64 numpy forward pass of the network over as many points as the complex has vertices.
left to integers
    How many signs float64 could not decide. Fold networks (Montufar et al. 2014) have true zeros for nearly
    all of their signs.
peak MiB, bytes per region
    Memory that a run with 1 worker adds at its peak, result included, to a new process that made a small run
    before.
regioncam
    Two inputs only, float32: ``Regioncam(size=1)``, all layers, number of faces.
relucent
    As in ``traverse_speed.py``, within a time budget. Not run on folds: it refuses coincident boundaries.
traverse
    ``enumerate_regions(engine="traverse", workers=1)``, up to a number of regions.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nets import Pairs, environment, markdown_row, package_version, random_relu

# After nets, which limits numpy to one thread.
import numpy as np  # isort: skip
from traverse_speed import Run, run_relucent

from polyregions import Box, Network, RegionComplex, enumerate_regions

SHAPES: dict[str, tuple[int, ...]] = {
    "2-[64]": (2, 64),
    "2-[256]": (2, 256),
    "2-[32]*3": (2, 32, 32, 32),
    "2-[64]*3": (2, 64, 64, 64),
    "2-[128]*4": (2, 128, 128, 128, 128),
    "2-[256]*4": (2, 256, 256, 256, 256),
    "3-[32]*3": (3, 32, 32, 32),
    "3-[64]*2": (3, 64, 64),
    "4-[24]*2": (4, 24, 24),
    "5-[12]*2": (5, 12, 12),
    "6-[12]*2": (6, 12, 12),
}
FOLDS = {f"fold({p}, {depth})": (p, depth) for p, depth in ((3, 4), (3, 5), (4, 4), (4, 5))}
LARGEST = "2-[256]*4"  # left out by --quick
TRAVERSED = 100_000  # regions beyond which traverse is left out
MIB = 2**20
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")

Row = dict[str, Any]


def fold(p: int, depth: int) -> Pairs:
    """Fold each coordinate of [-1, 1]^2 p times, ``depth`` times over: p^(2 depth) regions."""
    layers, read, middle = [], np.eye(2) / 2, 0.5
    for _ in range(depth):
        slopes = [p * (1.0 if i == 0 else 2.0) for i in range(p)]
        W = np.array([slope * read[j] for j in range(2) for slope in slopes])
        b = np.array([slope * middle - 2.0 * i for _ in range(2) for i, slope in enumerate(slopes)])
        layers.append((W, b))
        # From now on coordinates in [0, 1], each an alternating sum of the units before.
        read, middle = np.kron(np.eye(2), [(-1.0) ** i for i in range(p)]), 0.0
    return [*layers, (read, np.zeros(2))]


def network_pairs(name: str) -> Pairs:
    return random_relu(SHAPES[name]) if name in SHAPES else fold(*FOLDS[name])


def enumerate_pairs(pairs: Pairs, engine: str, workers: int = 1) -> RegionComplex:
    network = Network.from_arrays(pairs)
    return enumerate_regions(network, Box.cube(network.input_dim, -1, 1), engine=engine, workers=workers)


def warm_up(d: int, workers: int = 1) -> None:
    """Import, compile, and let integers decide something too."""
    for pairs in (random_relu((d, 8, 8)), fold(2, 2)):
        enumerate_pairs(pairs, "subdivide", workers)


def regioncam_faces(pairs: Pairs) -> int:
    """Cut [-1, 1]^2 by a network with regioncam; return the number of faces."""
    import regioncam

    plane = regioncam.Regioncam(size=1)
    for i, (W, b) in enumerate(pairs):
        plane.add(regioncam.nn.Linear(np.ascontiguousarray(W.T.astype(np.float32)), b.astype(np.float32)))
        if i < len(pairs) - 1:
            plane.add(regioncam.nn.ReLU())
    return int(plane.num_faces)


def timed(work: Callable[[], Any], least: float = 0.25) -> tuple[float, Any]:
    """Median seconds of as many runs as fit into ``least`` seconds, and the last result."""
    times: list[float] = []
    while sum(times) < least:
        result = None  # not freed while the clock runs
        start = time.perf_counter()
        result = work()
        times.append(time.perf_counter() - start)
    return statistics.median(times), result


def peak_memory(again: bool = False) -> float:
    """Most bytes of memory in use since the process began, or since ``again``; nan where not told.

    This is not ``ru_maxrss``, in which a new process inherits the peak of the one that started it.
    """
    if not CLEAR.exists():
        return math.nan
    if again:
        CLEAR.write_text("5", encoding="ascii")
    line = next(line for line in STATUS.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
    return 1024.0 * int(line.split()[1])


def added_memory(pairs: Pairs) -> float:
    """Bytes that ``subdivide`` adds at its peak. To be called in a new process."""
    warm_up(pairs[0][0].shape[1])
    before = peak_memory(again=True)
    cx = enumerate_pairs(pairs, "subdivide")
    added = peak_memory() - before
    del cx  # it was part of it
    return added


def in_new_process(work: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measure(name: str, repeats: int, budget: float, tools: set[str]) -> Row:
    """Run every tool that fits the network ``repeats`` times, in turn."""
    pairs = network_pairs(name)
    d = pairs[0][0].shape[1]
    network, rng = Network.from_arrays(pairs), np.random.default_rng(0)
    times: dict[str, list[float]] = defaultdict(list)
    counts: dict[str, int] = {}
    relucent: list[Run] = []

    def run(tool: str, work: Callable[[], Any]) -> Any:
        seconds, result = timed(work)
        times[tool].append(seconds)
        print(f"{name} {tool}: {seconds:.3g} s", file=sys.stderr)
        return result

    memory = in_new_process(added_memory, pairs)
    for workers in (1, 2):
        warm_up(d, workers)
    for _ in range(repeats):
        cx = run("subdivide", lambda: enumerate_pairs(pairs, "subdivide"))
        vertices = len(cx.faces.of_dimension(0))
        row: Row = {"network": name, "regions": cx.n_regions, "faces": len(cx.faces), "vertices": vertices}
        row |= {"left to integers": cx.undecided, "peak bytes": memory}
        del cx
        counts["2 workers"] = run("2 workers", lambda: enumerate_pairs(pairs, "subdivide", 2)).n_regions
        points = rng.uniform(-1, 1, (vertices, d))
        run("forward", lambda points=points: network(points))
        if d == 2 and "regioncam" in tools:
            counts["regioncam"] = run("regioncam", lambda: regioncam_faces(pairs))
        if name in SHAPES and "relucent" in tools:
            relucent.append(run_relucent(pairs, budget))
            print(f"{name} relucent: {relucent[-1].rate:,.1f} regions/s", file=sys.stderr)
        if row["regions"] <= TRAVERSED:
            counts["traverse"] = run("traverse", lambda: enumerate_pairs(pairs, "traverse")).n_regions
    if relucent and all(part.complete for part in relucent):
        counts["relucent"] = relucent[-1].regions
    row |= {"counts": counts, "seconds": {tool: statistics.median(values) for tool, values in times.items()}}
    return row | {"runs": times, "relucent": [asdict(part) for part in relucent]}


OWN_HEADER = (
    "network",
    "regions",
    "faces",
    "seconds",
    "regions/s",
    "2 workers: seconds",
    "regions/s",
    "x forward pass",
    "left to integers",
    "peak MiB",
    "bytes per region",
)
BESIDE_HEADER = (
    "network",
    "regions",
    "subdivide s",
    "regioncam s",
    "relucent",
    "traverse s",
    "counts agree",
)


def own_row(row: Row) -> str:
    regions, seconds = row["regions"], row["seconds"]
    cells = [f"`{row['network']}`", f"{regions:,}", f"{row['faces']:,}"]
    for tool in ("subdivide", "2 workers"):
        cells += [f"{seconds[tool]:.3g}", f"{regions / seconds[tool]:,.0f}"]
    return markdown_row(
        [
            *cells,
            f"{seconds['subdivide'] / seconds['forward']:.1f}",
            f"{row['left to integers']:,}",
            f"{row['peak bytes'] / MIB:,.1f}",
            f"{row['peak bytes'] / regions:,.0f}",
        ]
    )


def beside_row(row: Row) -> str:
    seconds = row["seconds"]

    def beside(tool: str) -> str:
        if tool not in seconds:
            return "-"
        return f"{seconds[tool]:.3g} ({seconds[tool] / seconds['subdivide']:.1f})"

    wrong = [f"{tool} {count:,}" for tool, count in row["counts"].items() if count != row["regions"]]
    agree = "yes" if set(row["counts"]) - {"2 workers"} else "-"
    return markdown_row(
        [
            f"`{row['network']}`",
            f"{row['regions']:,}",
            f"{seconds['subdivide']:.3g}",
            beside("regioncam"),
            describe_relucent(row),
            beside("traverse"),
            f"no: {', '.join(wrong)}" if wrong else agree,
        ]
    )


def describe_relucent(row: Row) -> str:
    """Median seconds, or the rate until it was stopped; in parentheses how many times slower it is."""
    runs = [Run(**run) for run in row["relucent"]]
    rate = statistics.median(run.rate for run in runs) if runs else 0.0
    if rate == 0:
        return ", ".join(sorted({run.note for run in runs})) or "-"
    text = f"{rate:,.3g}/s p"
    if all(run.complete for run in runs):
        text = f"{statistics.median(run.seconds for run in runs):.3g}"
    return f"{text} ({row['regions'] / row['seconds']['subdivide'] / rate:,.0f})"


def print_header(header: tuple[str, ...]) -> None:
    print("\n" + markdown_row(list(header)))
    print(markdown_row(["---"] * len(header)), flush=True)


def main() -> None:
    names = [*SHAPES, *FOLDS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one repeat, without the largest network")
    parser.add_argument("--nets", nargs="+", choices=names, metavar="NET", help=f"of {', '.join(names)}")
    parser.add_argument("--repeats", type=int, help="interleaved repeats (default: 3)")
    parser.add_argument("--budget", type=float, help="seconds of relucent's run (default: 10)")
    parser.add_argument("--json", type=Path, help="write all times")
    options = parser.parse_args()
    repeats = options.repeats or (1 if options.quick else 3)
    budget = options.budget or (4.0 if options.quick else 10.0)
    names = options.nets or [name for name in names if not options.quick or name != LARGEST]

    tools = {tool for tool in ("regioncam", "relucent") if package_version(tool) != "not installed"}
    small = random_relu((2, 8))
    enumerate_pairs(small, "traverse")
    if "regioncam" in tools:
        regioncam_faces(small)
    if "relucent" in tools:
        run_relucent(small, 0.1)
    print(f"Box [-1, 1]^d, seed 0; medians of {repeats} interleaved run(s).")
    print(environment("polyregions", "numpy", "numba", "regioncam", "relucent"))
    print_header(OWN_HEADER)
    rows = []
    for name in names:
        rows.append(measure(name, repeats, budget, tools))
        print(own_row(rows[-1]), flush=True)
    print("\nIn parentheses: times as long as subdivide with 1 worker.")
    print(f"p: partial, stopped after about {budget:g} s; the rate is that of the regions found until then.")
    print_header(BESIDE_HEADER)
    for row in rows:
        print(beside_row(row))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
