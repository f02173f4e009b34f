"""The engines that find all regions, beside regioncam, ``traverse`` and a forward pass, in one run.

    python benchmarks/engines_speed.py [--quick] [--nets "2-[64]*3" "fold(3, 4)"] [--seeds 0 1 2]

Each tool gets the same weights and the box [-1, 1]^d. Repeats are interleaved (tool after tool, then again),
and medians are reported, of all repeats of all seeds. A run shorter than a quarter of a second is repeated
until that has passed. What happens once in a process is not timed: imports, compiling, and a first small run
of each tool.

subdivide, split
    ``enumerate_regions(engine=...)``, with 1 and with 2 workers: from the arrays to the result, of
    "subdivide" with faces of all dimensions.
count
    ``count_regions(engine="split")``: regions and adjacencies, nothing kept.
forward
    One float64 numpy forward pass of the network over as many points as the complex has vertices.
left to integers
    How many signs float64 could not decide, of "subdivide" and of "split". Fold networks (Montufar et al.
    2014) have true zeros for nearly all of their signs.
peak MiB
    Memory that a run with 1 worker adds at its peak, result included, to a new process that made a small run
    before, for the first seed.
regioncam
    Two inputs only, float32: ``Regioncam(size=1)``, all layers, number of faces.
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
from pathlib import Path
from typing import Any

from nets import Pairs, environment, markdown_row, package_version, random_relu

# After nets, which limits numpy to one thread.
import numpy as np  # isort: skip

from polyregions import Box, Network, RegionComplex, count_regions, enumerate_regions

SHAPES: dict[str, tuple[int, ...]] = {
    "2-[16]": (2, 16),
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
    "7-[10]*2": (7, 10, 10),
    "8-[12]*2": (8, 12, 12),
}
FOLDS = {f"fold({p}, {depth})": (p, depth) for p, depth in ((3, 4), (3, 5), (4, 4), (4, 5))}
LARGE = ("2-[256]*4", "fold(4, 5)", "7-[10]*2", "8-[12]*2")  # left out by --quick
TRAVERSED = 100_000  # regions beyond which traverse is left out
SUBDIVIDED = 6  # inputs beyond which subdivide is left out
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


def network_pairs(name: str, seed: int = 0) -> Pairs:
    """The network of a name; folds have no seed."""
    return random_relu(SHAPES[name], seed) if name in SHAPES else fold(*FOLDS[name])


def enumerate_pairs(pairs: Pairs, engine: str, workers: int = 1) -> RegionComplex:
    network = Network.from_arrays(pairs)
    return enumerate_regions(network, Box.cube(network.input_dim, -1, 1), engine=engine, workers=workers)


def warm_up(d: int, workers: int = 1) -> None:
    """Import, compile, and let integers decide something too."""
    for pairs in (random_relu((d, 8, 8)), fold(2, 2)):
        for engine in engines(pairs):
            enumerate_pairs(pairs, engine, workers)


def engines(pairs: Pairs) -> list[str]:
    """Those that find all regions of a network at once."""
    return ["subdivide", "split"] if pairs[0][0].shape[1] <= SUBDIVIDED else ["split"]


def count_pairs(pairs: Pairs) -> int:
    network = Network.from_arrays(pairs)
    return count_regions(network, Box.cube(network.input_dim, -1, 1), engine="split").regions


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


def added_memory(pairs: Pairs, engine: str) -> float:
    """Bytes that an engine adds at its peak. To be called in a new process."""
    warm_up(pairs[0][0].shape[1])
    before = peak_memory(again=True)
    cx = enumerate_pairs(pairs, engine)
    added = peak_memory() - before
    del cx  # it was part of it
    return added


def in_new_process(work: Callable[..., Any], *arguments: Any) -> Any:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(work, *arguments).result()


def measure(name: str, seeds: list[int], repeats: int, tools: set[str]) -> Row:
    """Run every tool that fits the network ``repeats`` times, in turn, for each seed."""
    rates: dict[str, list[float]] = defaultdict(list)  # regions a second
    row: Row = {"network": name, "regions": [], "undecided": defaultdict(int), "wrong": []}
    for seed in seeds if name in SHAPES else seeds[:1]:
        pairs = network_pairs(name, seed)
        d = pairs[0][0].shape[1]
        if seed == seeds[0]:
            row["peak"] = {tool: in_new_process(added_memory, pairs, tool) for tool in engines(pairs)}
            for workers in (1, 2):
                warm_up(d, workers)
        for _ in range(repeats):
            measure_once(name, pairs, tools, rates, row)
    row["rates"] = {tool: statistics.median(found) for tool, found in rates.items()}
    return row | {"runs": rates}


def measure_once(name: str, pairs: Pairs, tools: set[str], rates: dict[str, list[float]], row: Row) -> None:
    """Run every tool once."""
    d, found, network = pairs[0][0].shape[1], {}, Network.from_arrays(pairs)

    def run(tool: str, work: Callable[[], Any]) -> None:
        seconds, result = timed(work)
        count = result if isinstance(result, int) else result.n_regions
        found[tool] = count, seconds
        print(f"{name} {tool}: {seconds:.3g} s", file=sys.stderr)
        if not isinstance(result, int) and tool in engines(pairs):
            row["undecided"][tool] = max(row["undecided"][tool], result.undecided)
            if tool == "subdivide":
                points = np.random.default_rng(0).uniform(-1, 1, (len(result.faces.of_dimension(0)), d))
                del result
                found["forward"] = count, timed(lambda: network(points))[0]

    for engine in engines(pairs):
        for workers in (1, 2):
            run(
                engine if workers == 1 else f"{engine} 2",
                lambda engine=engine, workers=workers: enumerate_pairs(pairs, engine, workers),
            )
    run("count", lambda: count_pairs(pairs))
    regions = found["count"][0]
    if d == 2 and "regioncam" in tools:
        run("regioncam", lambda: regioncam_faces(pairs))
    if regions <= TRAVERSED:
        run("traverse", lambda: enumerate_pairs(pairs, "traverse"))
    for tool, (count, seconds) in found.items():
        rates[tool].append(regions / seconds)
        if count != regions:
            row["wrong"].append(f"{tool} {count:,} of {regions:,}")
    if regions not in row["regions"]:
        row["regions"].append(regions)


HEADER = (
    "network",
    "regions",
    "subdivide /s",
    "2 workers",
    "split /s",
    "2 workers",
    "count /s",
    "regioncam: subdivide, split, count",
    "traverse: split",
    "forward pass: count",
    "left to integers",
    "peak MiB",
    "counts agree",
)


def table_row(row: Row) -> str:
    rates = row["rates"]

    def rate(tool: str) -> str:
        return f"{rates[tool]:,.0f}" if tool in rates else "-"

    def times(tool: str, other: str) -> str:
        return f"{rates[tool] / rates[other]:.2g}x" if tool in rates and other in rates else "-"

    beside = ", ".join(times(tool, "regioncam") for tool in ("subdivide", "split", "count"))
    return markdown_row(
        [
            f"`{row['network']}`",
            ", ".join(f"{n:,}" for n in row["regions"]),
            rate("subdivide"),
            times("subdivide 2", "subdivide"),
            rate("split"),
            times("split 2", "split"),
            rate("count"),
            beside if "regioncam" in rates else "-",
            times("split", "traverse"),
            times("count", "forward"),
            ", ".join(f"{row['undecided'][tool]:,}" for tool in row["peak"]),
            ", ".join(f"{peak / MIB:,.0f}" for peak in row["peak"].values()),
            f"no: {', '.join(sorted(set(row['wrong'])))}" if row["wrong"] else "yes",
        ]
    )


def print_header(header: tuple[str, ...]) -> None:
    print("\n" + markdown_row(list(header)))
    print(markdown_row(["---"] * len(header)), flush=True)


def main() -> None:
    names = [*SHAPES, *FOLDS]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="one seed, one repeat, without the largest networks"
    )
    parser.add_argument("--nets", nargs="+", choices=names, metavar="NET", help=f"of {', '.join(names)}")
    parser.add_argument("--seeds", nargs="+", type=int, help="of the random networks (default: 0 1 2)")
    parser.add_argument("--repeats", type=int, default=1, help="interleaved repeats of each seed")
    parser.add_argument("--json", type=Path, help="write all rates")
    options = parser.parse_args()
    seeds = options.seeds or ([0] if options.quick else [0, 1, 2])
    names = options.nets or [name for name in names if not options.quick or name not in LARGE]

    tools = {tool for tool in ("regioncam",) if package_version(tool) != "not installed"}
    small = random_relu((2, 8))
    enumerate_pairs(small, "traverse")
    count_pairs(small)
    if "regioncam" in tools:
        regioncam_faces(small)
    print(f"Box [-1, 1]^d, seeds {', '.join(map(str, seeds))}; medians of {options.repeats} run(s) of each.")
    print(environment("polyregions", "numpy", "numba", "regioncam"))
    print("2 workers, regioncam, traverse, forward pass: how many times quicker.")
    print_header(HEADER)
    rows = []
    for name in names:
        rows.append(measure(name, seeds, options.repeats, tools))
        print(table_row(rows[-1]), flush=True)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
