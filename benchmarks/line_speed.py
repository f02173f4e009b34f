"""Regions along lines and in slices: ``line_regions`` beside sampling, bisection and regioncam, in one run.

    python benchmarks/line_speed.py [--quick] [--json FILE]

Each tool gets the same float32 weights and points, and one thread. Repeats are interleaved, and medians are
reported. What happens once in a process is not timed: imports, compiling, and a first small run of each tool.

lines
    Between two points with coordinates uniform in [-1/2, 1/2].
together, alone
    ``line_regions`` for all lines in one call, and with one call a line.
sampling
    Patterns at that many points of each line, evenly spaced, by a float64 numpy forward pass; a change is a
    breakpoint. It misses what lies between two points.
bisection
    From so many points, then halving each gap with a change until float64 ends; it misses even numbers of
    changes in a gap.
regioncam, 1-D
    ``Regioncam1D.through_points``, float32; the number of its edges. One call a line.
slice
    The plane through three such points, a square around them: ``Network.restrict`` and ``subdivide`` beside
    ``Regioncam.through_points``.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nets import Pairs, environment, markdown_row, package_version, random_relu

# After nets, which limits numpy to one thread.
import numpy as np  # isort: skip

from polyregions import Box, Network, enumerate_regions
from polyregions.statistics import line_regions

SHAPES: dict[str, tuple[int, ...]] = {
    "16-[64]*3": (16, 64, 64, 64),
    "64-[384]": (64, 384),
    "64-[128]*3": (64, 128, 128, 128),
    "784-[128]*3": (784, 128, 128, 128),
    "784-[256]*4": (784, 256, 256, 256, 256),
}
SAMPLES = (100, 1000)
BISECTED = 100  # points to begin with
HALVINGS = 46  # from a hundredth to the spacing of float64

Row = dict[str, Any]
Array = np.ndarray


def states(network: Network, points: Array) -> Array:
    """Patterns by a plain forward pass, packed to bits."""
    bits, y = [], points
    for layer in network.layers[:-1]:
        z = y @ layer.weight.T + layer.bias
        bits.append(z > 0)
        y = np.maximum(z, 0)
    return np.packbits(np.concatenate(bits, axis=1), axis=1)


def sampling(network: Network, a: Array, b: Array, samples: int) -> list[int]:
    shares = np.linspace(0, 1, samples)[:, None]
    counts = []
    for p, q in zip(a, b, strict=True):
        found = states(network, p + shares * (q - p))
        counts.append(1 + int((found[1:] != found[:-1]).any(axis=1).sum()))
    return counts


def bisection(network: Network, a: Array, b: Array) -> list[int]:
    counts = []
    for p, q in zip(a, b, strict=True):
        t = np.linspace(0, 1, BISECTED)
        found = states(network, p + t[:, None] * (q - p))
        for _ in range(HALVINGS):
            gaps = np.flatnonzero((found[1:] != found[:-1]).any(axis=1))
            middle = (t[gaps] + t[gaps + 1]) / 2
            new = (middle > t[gaps]) & (middle < t[gaps + 1])
            if not new.any():
                break
            t = np.concatenate([t, middle[new]])
            found = np.concatenate([found, states(network, p + middle[new][:, None] * (q - p))])
            order = np.argsort(t)
            t, found = t[order], found[order]
            # Only the gaps matter: two neighbours with the same pattern need no point between.
            inner = (found[1:-1] == found[:-2]).all(axis=1) & (found[1:-1] == found[2:]).all(axis=1)
            keep = np.concatenate([[True], ~inner, [True]])
            t, found = t[keep], found[keep]
        counts.append(1 + int((found[1:] != found[:-1]).any(axis=1).sum()))
    return counts


def regioncam_layers(pairs: Pairs) -> list[Any]:
    import regioncam

    layers: list[Any] = []
    for W, b in pairs[:-1]:
        layers.append(regioncam.nn.Linear(np.ascontiguousarray(W.T.astype(np.float32)), b.astype(np.float32)))
        layers.append(regioncam.nn.ReLU())
    return layers


def regioncam_lines(layers: list[Any], a: Array, b: Array) -> list[int]:
    import regioncam

    counts = []
    for p, q in zip(a, b, strict=True):
        # Its line reaches size / 2 times the distance of the points from their middle.
        line = regioncam.Regioncam1D.through_points(np.stack([p, q]).astype(np.float32), size=2)
        for layer in layers:
            line.add(layer)
        counts.append(int(line.num_edges))
    return counts


def regioncam_slice(layers: list[Any], points: Array) -> tuple[int, Array, Array, float]:
    """Faces of a slice, and the origin, the directions and the half side of its square."""
    import regioncam

    plane = regioncam.Regioncam.through_points(points.astype(np.float32), size=1)
    side = float(np.abs(plane.vertex_inputs).max())
    for layer in layers:
        plane.add(layer)
    return int(plane.num_faces), plane.plane.bias, plane.plane.weight, side


def own_slice(network: Network, origin: Array, directions: Array, side: float) -> int:
    flat = network.restrict(origin.astype(np.float64), directions.astype(np.float64))
    return enumerate_regions(flat, Box.cube(2, -side, side), engine="subdivide").n_regions


def measure(name: str, lines: int, repeats: int, with_regioncam: bool) -> Row:
    pairs = random_relu(SHAPES[name])
    network = Network.from_arrays(pairs)
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(-0.5, 0.5, (lines, SHAPES[name][0])).astype(np.float32).astype(float) for _ in "ab")
    layers = regioncam_layers(pairs) if with_regioncam else []
    times: dict[str, list[float]] = defaultdict(list)
    counts: dict[str, list[int]] = {}

    def run(tool: str, work: Callable[[], Any]) -> Any:
        start = time.perf_counter()
        result = work()
        times[tool].append(time.perf_counter() - start)
        print(f"{name} {tool}: {times[tool][-1]:.3g} s", file=sys.stderr)
        return result

    def alone() -> list[int]:
        return [int(line_regions(network, p, q).counts[0]) for p, q in zip(a, b, strict=True)]

    for _ in range(repeats):
        found = run("together", lambda: line_regions(network, a, b))
        counts["together"], undecided = found.counts.tolist(), found.undecided
        counts["alone"] = run("alone", alone)
        for samples in SAMPLES:
            tool = f"sampling {samples}"
            counts[tool] = run(tool, lambda samples=samples: sampling(network, a, b, samples))
        counts["bisection"] = run("bisection", lambda: bisection(network, a, b))
        if with_regioncam:
            counts["regioncam"] = run("regioncam", lambda: regioncam_lines(layers, a, b))
            faces, *plane = run(
                "regioncam slice", lambda: regioncam_slice(layers, np.stack([a[0], b[0], a[1]]))
            )
            regions = run("slice", lambda plane=plane: own_slice(network, *plane))
    truth = np.array(counts["together"])
    row: Row = {"network": name, "lines": lines, "regions": float(truth.mean()), "undecided": undecided}
    row["seconds"] = {tool: statistics.median(values) for tool, values in times.items()}
    row["wrong lines"] = {tool: int((np.array(n) != truth).sum()) for tool, n in counts.items()}
    row["found"] = {tool: float(np.sum(n) / truth.sum()) for tool, n in counts.items()}
    if with_regioncam:
        row["slice"] = {"own": regions, "regioncam": faces}
    return row


def line_row(row: Row) -> str:
    seconds, own = row["seconds"], row["seconds"]["together"]
    cells = [f"`{row['network']}`", f"{row['regions']:.1f}", f"{own / row['lines'] * 1e4:.3g}"]
    cells.append(f"{seconds['alone'] / own:.1f}")
    for tool in (*(f"sampling {n}" for n in SAMPLES), "bisection", "regioncam"):
        if tool not in seconds:
            cells.append("-")
            continue
        wrong = row["wrong lines"][tool] / row["lines"]
        cells.append(f"{seconds[tool] / own:.1f} ({wrong:.1%} wrong)")
    return markdown_row([*cells, str(row["undecided"])])


def slice_row(row: Row) -> str:
    seconds, counts = row["seconds"], row["slice"]
    agree = "yes" if counts["own"] == counts["regioncam"] else f"no: {counts['regioncam']:,}"
    ratio = seconds["regioncam slice"] / seconds["slice"]
    return markdown_row(
        [f"`{row['network']}`", f"{counts['own']:,}", f"{seconds['slice']:.3g}", f"{ratio:.1f}", agree]
    )


def print_header(header: tuple[str, ...]) -> None:
    print("\n" + markdown_row(list(header)))
    print(markdown_row(["---"] * len(header)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="one repeat, 50 lines, without the largest network"
    )
    parser.add_argument("--lines", type=int, help="lines of each network (default: 500)")
    parser.add_argument("--repeats", type=int, help="interleaved repeats (default: 3)")
    parser.add_argument("--json", type=Path, help="write all numbers")
    options = parser.parse_args()
    lines, repeats = (
        options.lines or (50 if options.quick else 500),
        options.repeats or (1 if options.quick else 3),
    )
    with_regioncam = package_version("regioncam") != "not installed"

    small = random_relu((2, 8))
    line_regions(Network.from_arrays(small), [0, 0], [1, 1])
    enumerate_regions(Network.from_arrays(small), Box.cube(2, -1, 1), engine="subdivide")
    print(f"{lines} lines, seed 0; medians of {repeats} interleaved run(s).")
    print(environment("polyregions", "numpy", "numba", "regioncam"))
    rows = [measure(n, lines, repeats, with_regioncam) for n in list(SHAPES)[: -1 if options.quick else None]]

    print("\nTimes as long as line_regions (lines on which the number of regions is wrong).")
    sampled = tuple(f"sampling {n}" for n in SAMPLES)
    header = ("network", "regions a line", "line_regions: s for 10,000 lines", "one by one", *sampled)
    print_header((*header, f"bisection from {BISECTED}", "regioncam 1-D", "open segments"))
    for row in rows:
        print(line_row(row))
    if with_regioncam:
        print_header(
            ("network", "regions of the slice", "subdivide s", "regioncam: times as long", "same count")
        )
        for row in rows:
            print(slice_row(row))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
