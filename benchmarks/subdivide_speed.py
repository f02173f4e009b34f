"""Seconds of ``subdivide`` beside regioncam, ``traverse`` and a forward pass, in one run.

    python benchmarks/subdivide_speed.py [--quick] [--repeats N] [--json FILE]

subdivide
    ``enumerate_regions(engine="subdivide")``, from the arrays to the region complex with all faces. The
    last columns tell how many signs float64 left to integers, and the peak memory that the run added.
regioncam
    Version 0.5.2, two inputs only, float32: ``Regioncam(size=1)``, all layers, number of faces.
traverse
    ``enumerate_regions(engine="traverse", workers=1)``.
forward
    One float64 numpy forward pass of the network over as many points as the complex has vertices.

Fold networks (Montufar et al. 2014) have true zeros for nearly all of their signs. Repeats are
interleaved, and medians are reported. Imports, compiling and a first small run are not timed.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from nets import environment, markdown_row, random_relu

# After nets, which limits numpy to one thread.
import numpy as np  # isort: skip

from polyregions import Box, Network
from polyregions.engines.subdivide import Subdivision
from polyregions.engines.traverse import enumerate_by_traversal

SHAPES = [
    (2, (64,)),
    (2, (256,)),
    (2, (32,) * 3),
    (2, (64,) * 3),
    (2, (128,) * 4),
    (3, (32,) * 3),
    (4, (24,) * 2),
    (5, (12,) * 2),
    (6, (12,) * 2),
]
LARGE = [(2, (256,) * 4), (3, (64,) * 2)]
FOLDS = [(3, 4), (4, 4), (4, 5)]
TRAVERSED = 100_000  # regions beyond which traverse is left out


def fold(p: int, depth: int) -> Network:
    """Fold each coordinate of the unit square p times, ``depth`` times over: p^(2 depth) regions."""
    layers, read = [], np.eye(2)
    for _ in range(depth):
        rows = [((1 if i == 0 else 2) * p * read[j], -2.0 * i) for j in range(2) for i in range(p)]
        layers.append((np.array([w for w, _ in rows]), np.array([b for _, b in rows])))
        read = np.kron(np.eye(2), [(-1.0) ** i for i in range(p)])
    return Network.from_arrays([*layers, (read, np.zeros(2))])


def regioncam_faces(network: Network) -> int:
    """Cut [-1, 1]^2 by the network with regioncam; return the number of faces."""
    import regioncam

    plane = regioncam.Regioncam(size=1)
    for layer in network.layers:
        weight, bias = layer.weight.T.astype(np.float32), layer.bias.astype(np.float32)
        plane.add(regioncam.nn.Linear(np.ascontiguousarray(weight), bias))
        if layer.kind == "relu":
            plane.add(regioncam.nn.ReLU())
    return int(plane.num_faces)


def timed(work: Callable[[], object]) -> tuple[float, object]:
    start = time.perf_counter()
    result = work()
    return time.perf_counter() - start, result


def measure(name: str, network: Network, box: Box, repeats: int, with_regioncam: bool) -> dict[str, object]:
    """Run every tool ``repeats`` times in turn."""
    seconds: dict[str, list[float]] = {}
    rng = np.random.default_rng(0)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row: dict[str, object] = {"network": name}
    for _ in range(repeats):
        subdivision = Subdivision(network, box)
        spent, cx = timed(subdivision.run)
        setup, _ = timed(lambda: Subdivision(network, box))
        seconds.setdefault("subdivide", []).append(spent + setup)
        row.setdefault("MiB", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
        row |= {"regions": cx.n_regions, "faces": cx.faces.cells.dim.size, "open": subdivision.undecided}
        points = rng.uniform(-1, 1, (subdivision.vertices.store.radii.size, network.input_dim))
        seconds.setdefault("forward", []).append(timed(partial(network, points))[0])
        if with_regioncam:
            spent, faces = timed(lambda: regioncam_faces(network))
            seconds.setdefault("regioncam", []).append(spent)
            row["regioncam faces"] = faces
        if cx.n_regions <= TRAVERSED:
            spent, other = timed(lambda: enumerate_by_traversal(network, box))
            seconds.setdefault("traverse", []).append(spent)
            row["traverse regions"] = other.n_regions
        print(f"{name}: {cx.n_regions:,} regions", file=sys.stderr)
    return row | {tool: statistics.median(values) for tool, values in seconds.items()}


def table_row(row: dict[str, object]) -> list[str]:
    regions, own = row["regions"], row["subdivide"]

    def beside(tool: str) -> str:
        return f"{row[tool]:.3g} ({row[tool] / own:.1f})" if tool in row else "-"

    counts = {row[key] for key in ("regioncam faces", "traverse regions") if key in row}
    agree = "-" if not counts else "yes" if counts == {regions} else f"no: {sorted(counts)}"
    return [
        f"`{row['network']}`",
        f"{regions:,}",
        f"{row['faces']:,}",
        f"{own:.3g}",
        f"{regions / own:,.0f}",
        f"{own / row['forward']:.1f}",
        beside("regioncam"),
        beside("traverse"),
        agree,
        f"{row['open']:,}",
        f"{row['MiB']:,.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one repeat, without the largest networks")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    try:
        import regioncam  # noqa: F401

        installed = True
    except ImportError:
        installed = False
        print("regioncam: not installed", file=sys.stderr)
    repeats = 1 if arguments.quick else arguments.repeats
    cases = []
    for d, widths in SHAPES + ([] if arguments.quick else LARGE):
        shape = f"{d}-[{widths[0]}]" + (f"*{len(widths)}" if len(widths) > 1 else "")
        cases.append((shape, Network.from_arrays(random_relu((d, *widths))), Box.cube(d, -1, 1), d == 2))
    cases += [(f"fold p={p}, depth {n}", fold(p, n), Box.cube(2, 0, 1), False) for p, n in FOLDS]
    warm = Network.from_arrays(random_relu((2, 8, 8)))
    measure("warm-up", warm, Box.cube(2, -1, 1), 1, installed)
    rows = [measure(name, net, box, repeats, plane and installed) for name, net, box, plane in cases]
    print(f"Medians of {repeats} interleaved run(s). In brackets: times as long as subdivide.")
    print(environment("polyregions", "numpy", "numba", "regioncam") + "\n")
    head = ["network", "regions", "faces", "subdivide s", "regions/s", "x forward pass"]
    head += ["regioncam s", "traverse s", "counts agree", "left to integers", "peak MiB"]
    print(markdown_row(head))
    print(markdown_row(["---"] * len(head)))
    for row in rows:
        print(markdown_row(table_row(row)))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
