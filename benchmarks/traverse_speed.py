"""Regions per second of ``traverse`` beside a linprog loop and relucent, in one run.

    python benchmarks/traverse_speed.py [--quick] [--nets 2-[16] 3-[16]*2] [--json FILE]

Each tool gets the same weights, the box [-1, 1]^d and one core, and enumerates activation regions with
their facets. Repeats are interleaved (tool after tool, then again), and medians are reported. What
happens once in a process is not timed: imports, compiling, and a first small run of each tool. The slow
tools get a time budget for each run; networks with few regions they finish, so that counts can be compared.

polyregions
    ``enumerate_regions(engine="traverse", workers=1)``, from the arrays to the region complex. A run is
    repeated until a quarter of a second has passed.
linprog
    The textbook loop: breadth-first, for each region and each unit one ``scipy.optimize.linprog``
    (HiGHS) that asks whether the unit's boundary is a facet, and one flipped state for each facet. It is
    stopped after the time budget; its rate is that of the regions finished until then.
relucent
    ``bfs(cube_radius=1, cube_mode="clipped", verify=False, nworkers=1)``. It has a cap on regions but none
    on time: a short run gives a rate, from which the cap is set that fits the time budget. Where it
    refuses a network so, ``cube_mode="intersect"`` is tried, which visits the same regions.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
import warnings
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass

from nets import SHAPES, Pairs, environment, markdown_row, package_version, random_relu

# After nets, which limits numpy to one thread.
import numpy as np  # isort: skip
from scipy.optimize import linprog

from polyregions import Box, Network, enumerate_regions

QUICK = ("2-[16]", "2-[64]", "2-[16]*2", "3-[16]*2", "4-[16]*2")
FINISH = 500  # regions up to which the slow tools finish, however long it takes
PILOT = 50  # regions of relucent's short run
PACKAGES = ("polyregions", "numpy", "scipy", "numba", "relucent", "gurobipy")


@dataclass(frozen=True)
class Run:
    """One timed run of one tool."""

    regions: int = 0
    seconds: float = 0.0
    complete: bool = False
    note: str = ""

    @property
    def rate(self) -> float:
        """Regions per second, 0 if there was none."""
        return self.regions / self.seconds if self.seconds else 0.0


def run_polyregions(pairs: Pairs, budget: float) -> Run:
    del budget  # it finishes
    times: list[float] = []
    while sum(times) < 0.25:
        start = time.perf_counter()
        network = Network.from_arrays(pairs)
        box = Box.cube(network.input_dim, -1, 1)
        cx = enumerate_regions(network, box, engine="traverse", workers=1)
        times.append(time.perf_counter() - start)
    return Run(cx.n_regions, statistics.median(times), cx.complete)


def run_linprog(pairs: Pairs, budget: float) -> Run:
    hidden = pairs[:-1]
    start = time.perf_counter()
    first = pattern_at(hidden, np.full(pairs[0][0].shape[1], 1e-3))
    seen, queue, done = {first}, deque([first]), 0
    while queue and time.perf_counter() - start < budget:
        pattern = queue.popleft()
        A, b = rows_of(hidden, pattern)
        for unit in range(len(b)):
            # As far beyond row `unit` as the other rows and the box allow; one unit of b is enough.
            relaxed = b.copy()
            relaxed[unit] += 1.0
            answer = linprog(-A[unit], A_ub=A, b_ub=relaxed, bounds=(-1.0, 1.0), method="highs")
            if answer.status == 0 and -answer.fun > b[unit] + 1e-9:
                across = pattern[:unit] + bytes([1 - pattern[unit]]) + pattern[unit + 1 :]
                if across not in seen:
                    seen.add(across)
                    queue.append(across)
        done += 1
    return Run(done, time.perf_counter() - start, not queue)


def pattern_at(hidden: Pairs, x: np.ndarray) -> bytes:
    """States of all units at a point."""
    states = []
    for W, b in hidden:
        z = W @ x + b
        states.append(z > 0)
        x = np.maximum(z, 0)
    return np.concatenate(states).astype(np.uint8).tobytes()


def rows_of(hidden: Pairs, pattern: bytes) -> tuple[np.ndarray, np.ndarray]:
    """The region of a pattern as ``A x <= b``, one normalised row for each unit."""
    states = np.frombuffer(pattern, dtype=np.uint8)
    d = hidden[0][0].shape[1]
    M, c, at = np.eye(d), np.zeros(d), 0
    A, b = [], []
    for W, bias in hidden:
        on = states[at : at + len(bias)]
        Z, z = W @ M, W @ c + bias
        sign = np.where(on, -1.0, 1.0)
        norm = np.linalg.norm(Z, axis=1)
        norm[norm == 0] = 1.0
        A.append(sign[:, None] * Z / norm[:, None])
        b.append(-sign * z / norm)
        M, c, at = on[:, None] * Z, on * z, at + len(bias)
    return np.concatenate(A), np.concatenate(b)


def run_relucent(pairs: Pairs, budget: float) -> Run:
    for mode in ("clipped", "intersect"):
        pilot = relucent_bfs(pairs, PILOT, mode)
        if pilot.complete:
            return pilot
        if pilot.regions:
            # Never fewer than the short run, which has everything that a longer one has.
            return relucent_bfs(pairs, max(PILOT, pilot.rate * budget), mode)
    return pilot


def relucent_bfs(pairs: Pairs, cap: float, mode: str) -> Run:
    from relucent import Complex

    start = time.perf_counter()
    cx = Complex(pairs)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = cx.bfs(cube_radius=1, cube_mode=mode, verify=False, nworkers=1, verbose=0, max_polys=cap)
    except Exception as error:  # noqa: BLE001  whatever it raises is its result
        return Run(note=type(error).__name__)
    note = "" if mode == "clipped" else f"{mode}, it refuses clipped"
    return Run(len(cx), time.perf_counter() - start, bool(found.complete), note)


Tool = Callable[[Pairs, float], Run]
TOOLS: dict[str, Tool] = {"polyregions": run_polyregions, "linprog": run_linprog, "relucent": run_relucent}


Runs = dict[str, list[Run]]


def measure(name: str, tools: dict[str, Tool], repeats: int, budget: float, seed: int) -> Runs:
    """Run all tools on a network, interleaved."""
    pairs = random_relu(SHAPES[name], seed)
    runs: Runs = {tool: [] for tool in tools}
    for repeat in range(repeats):
        for tool, run in tools.items():
            few = bool(runs["polyregions"]) and runs["polyregions"][0].regions <= FINISH
            runs[tool].append(run(pairs, math.inf if few else budget))
            last = runs[tool][-1]
            print(
                f"{name} repeat {repeat + 1}/{repeats} {tool}: "
                f"{last.regions:,} regions, {last.rate:,.0f}/s {last.note}",
                file=sys.stderr,
            )
    return runs


def rate(runs: list[Run]) -> float:
    return statistics.median(run.rate for run in runs)


def describe(runs: list[Run] | None) -> str:
    """Median rate of a tool; in parentheses the regions of a partial run, and notes."""
    if runs is None:
        return "not installed"
    figures = 0 if rate(runs) >= 100 else 1
    partial = [run.regions for run in runs if not run.complete]
    notes = [f"partial: {max(partial):,}"] if partial else []
    notes += sorted({run.note for run in runs} - {""})
    return f"{rate(runs):,.{figures}f}" + (f" ({'; '.join(notes)})" if notes else "")


def ratio(ours: list[Run], theirs: list[Run] | None) -> str:
    if theirs is None or rate(theirs) == 0:
        return "-"
    return f"{rate(ours) / rate(theirs):,.0f}"


def counts(runs: Runs) -> str:
    """Whether all the tools that finished found the same number of regions."""
    finished = {
        tool: {run.regions for run in repeats}
        for tool, repeats in runs.items()
        if all(run.complete for run in repeats)
    }
    if len(finished) < 2:
        return "-"
    if len(set.union(*finished.values())) == 1:
        return f"agree ({', '.join(finished)})"
    return f"DIFFER: {', '.join(f'{tool} {sorted(n)}' for tool, n in finished.items())}"


def table_row(name: str, runs: Runs) -> str:
    ours = runs["polyregions"]
    others = ("linprog", "relucent")
    return markdown_row(
        [
            f"`{name}`",
            str(sum(SHAPES[name][1:])),
            f"{ours[0].regions:,}",
            describe(ours),
            *(describe(runs.get(tool)) for tool in others),
            *(ratio(ours, runs.get(tool)) for tool in others),
            counts(runs),
        ]
    )


HEADER = (
    "network",
    "units",
    "regions",
    "polyregions /s",
    "linprog /s",
    "relucent /s",
    "x linprog",
    "x relucent",
    "counts",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few networks, one repeat: a minute")
    parser.add_argument("--nets", nargs="+", choices=SHAPES, metavar="NET", help=f"of {', '.join(SHAPES)}")
    parser.add_argument("--repeats", type=int, help="interleaved repeats (default: 3)")
    parser.add_argument("--budget", type=float, help="seconds of a slow tool's run (default: 10)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", metavar="FILE", help="write all runs")
    options = parser.parse_args()
    names = options.nets or (QUICK if options.quick else tuple(SHAPES))
    repeats = options.repeats or (1 if options.quick else 3)
    budget = options.budget or (4.0 if options.quick else 10.0)

    has_relucent = package_version("relucent") != "not installed"
    tools = {tool: run for tool, run in TOOLS.items() if tool != "relucent" or has_relucent}
    for run in tools.values():  # imports, compiling
        run(random_relu((2, 4)), 0.1)
    print(f"Regions/s, box [-1, 1]^d, seed {options.seed}; medians of {repeats} interleaved run(s).")
    print(f"Slow tools stop after about {budget:g} s: their rate is that of the regions finished (partial).")
    print(environment(*PACKAGES))
    print()
    print(markdown_row(list(HEADER)))
    print(markdown_row(["---"] * len(HEADER)), flush=True)
    results = {}
    for name in names:
        results[name] = measure(name, tools, repeats, budget, options.seed)
        print(table_row(name, results[name]), flush=True)
    if options.json:
        document = {
            "budget": budget,
            "seed": options.seed,
            "versions": {package: package_version(package) for package in PACKAGES},
            "runs": {
                name: {tool: [asdict(run) for run in repeated] for tool, repeated in runs.items()}
                for name, runs in results.items()
            },
        }
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(document, file, indent=1)


if __name__ == "__main__":
    main()
