"""Time per region of ``traverse`` as the number of units grows, at a fixed number of inputs.

    python benchmarks/scaling.py [--dim 2] [--units 16 32 64 ...] [--repeats 5] [--json FILE]

One hidden layer of N ReLU units. A loop with one LP per unit, each over N rows, needs a time per region
that grows with N^2; a region's facets, in contrast, stay about as many whatever N is. The last columns
show which of the two the time follows: the exponent p of ``time per region ~ N^p`` from one row to the
next, and the time per facet. Medians; compiling is not timed.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time

from nets import environment, markdown_row, random_relu

from polyregions import Box, Network, enumerate_regions

HEADER = ("network", "regions", "facets per region", "seconds", "us per region", "p", "us per facet")


def measure(dim: int, units: int, repeats: int, limit: int | None) -> dict[str, float]:
    """Enumerate one network several times, at least half a second; return counts and the median time."""
    pairs = random_relu((dim, units))
    times: list[float] = []
    while len(times) < repeats or sum(times) < 0.5:
        start = time.perf_counter()
        cx = enumerate_regions(
            Network.from_arrays(pairs), Box.cube(dim, -1, 1), engine="traverse", workers=1, limit=limit
        )
        times.append(time.perf_counter() - start)
    return {
        "units": units,
        "regions": cx.n_explored,
        "complete": cx.complete,
        "facets": len(cx.facet_neighbors) / cx.n_explored,
        "seconds": statistics.median(times),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dim", type=int, default=2, help="inputs (default: 2)")
    parser.add_argument("--units", type=int, nargs="+", default=[16, 32, 64, 128, 256, 512])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--limit", type=int, help="most regions of each network (then partial)")
    parser.add_argument("--json", metavar="FILE", help="write the numbers")
    options = parser.parse_args()

    measure(options.dim, 4, 1, None)  # imports, compiling
    print(f"traverse, one worker, {options.dim}-[N], box [-1, 1]^d, medians of at least {options.repeats}.")
    print(environment("polyregions", "numpy", "numba"))
    print()
    print(markdown_row(list(HEADER)))
    print(markdown_row(["---"] * len(HEADER)), flush=True)
    results: list[dict[str, float]] = []
    for units in options.units:
        result = measure(options.dim, units, options.repeats, options.limit)
        each = result["seconds"] / result["regions"]
        exponent = "-"
        if results:
            before = results[-1]
            growth = math.log(each / (before["seconds"] / before["regions"]))
            exponent = f"{growth / math.log(units / before['units']):.2f}"
        results.append(result)
        cells = [
            f"`{options.dim}-[{units}]`",
            f"{result['regions']:,}" + ("" if result["complete"] else " (partial)"),
            f"{result['facets']:.2f}",
            f"{result['seconds']:.3g}",
            f"{each * 1e6:.1f}",
            exponent,
            f"{each / result['facets'] * 1e6:.2f}",
        ]
        print(markdown_row(cells), flush=True)
    if len(results) > 1:
        first, last = results[0], results[-1]
        ratio = last["seconds"] / last["regions"] / (first["seconds"] / first["regions"])
        factor = last["units"] / first["units"]
        print(f"\n{factor:g} times as many units: the time per region is {ratio:.1f} times as long.")
        print(f"With N^2 it would be {factor**2:,.0f} times.")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
