"""Enumerate the example networks, prove the results, draw one of them, and write its graph.

    python examples/demo.py [DIRECTORY]

For each network of ``examples/networks`` the regions in the box of its data are enumerated, and the result is
proven independently, in exact arithmetic. The certificate of the first two-dimensional network is printed;
its picture and its graph go into the directory, by default ``demo`` in the current one. The first enumeration
on a machine also compiles the library's kernels.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from polyregions import Box, Certificate, Network, RegionComplex, certify, enumerate_regions
from polyregions.errors import MissingDependencyError
from polyregions.export.graphs import write_graph
from polyregions.plot import plot_regions

NETWORKS = Path(__file__).resolve().parent / "networks"
COLUMNS = ("network", "regions", "adjacencies", "mean degree", "max", "seconds", "proof", "seconds")
ROW = "{:<18}{:>9}{:>13}{:>13}{:>5}{:>9}{:>9}{:>9}"


def write_outputs(cx: RegionComplex, name: str, directory: Path) -> None:
    """Write the picture and the graph, and say where they are."""
    directory.mkdir(parents=True, exist_ok=True)
    graph, picture = directory / f"{name}.graphml", directory / f"{name}.png"
    write_graph(cx, graph)
    print(f"graph:   {graph}")
    try:
        plot_regions(cx, picture)
        print(f"picture: {picture}")
    except MissingDependencyError as error:
        print(f"picture: not drawn ({error})")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", nargs="?", type=Path, default=Path("demo"), help="default: %(default)s")
    directory: Path = parser.parse_args().directory
    boxes = json.loads((NETWORKS / "boxes.json").read_text(encoding="utf-8"))
    proven = True
    flat: tuple[str, RegionComplex, Certificate] | None = None

    print(ROW.format(*COLUMNS))
    for name, box in boxes.items():
        network = Network.load(NETWORKS / f"{name}.json")
        start = time.perf_counter()
        cx = enumerate_regions(network, Box(box["lower"], box["upper"]))
        enumerated = time.perf_counter()
        certificate = certify(cx)
        checked = time.perf_counter()
        proven &= certificate.valid and certificate.complete
        verdict = "valid" if certificate.valid and certificate.complete else "FAILED"
        numbers = (f"{cx.n_regions:,}", f"{cx.n_adjacencies:,}", f"{cx.degrees.mean():.2f}", cx.degrees.max())
        seconds = (f"{enumerated - start:.2f}", verdict, f"{checked - enumerated:.2f}")
        print(ROW.format(name, *numbers, *seconds), flush=True)
        if flat is None and cx.box.dim == 2:
            flat = name, cx, certificate
    if flat is not None:
        name, cx, certificate = flat
        print(f"\nThe certificate of {name}: what was proven, and of how many things\n{certificate}\n")
        write_outputs(cx, name, directory)
    return 0 if proven else 1


if __name__ == "__main__":
    sys.exit(main())
