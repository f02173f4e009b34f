"""Where memory runs out there is a partial result or one error of the library, never a raw MemoryError."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading

import numpy as np
import pytest

from polyregions import Box, Network, count_linear_regions, enumerate_regions
from polyregions.analysis.definitions import linear_regions
from polyregions.errors import TooLargeError
from polyregions.statistics import boundary_volume, distance_to_boundary

BEGIN = """
import resource
import numpy as np
from polyregions import Box, Network, enumerate_regions
from polyregions.errors import TooLargeError
from polyregions.statistics import line_regions

def network(d, widths):
    rng, layers, n = np.random.default_rng(0), [], d
    for width in widths:
        layers.append((rng.normal(size=(width, n)) * (2 / n) ** 0.5, rng.normal(size=width) / 10))
        n = width
    return Network.from_arrays([*layers, (np.ones((1, n)), [0.0])])

def leave(megabytes):
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 2**20,) * 2)

small = network(2, [3])
"""
TRAVERSE = """
enumerate_regions(small, Box.cube(2, -1, 1), engine="traverse")
leave(160)
part = enumerate_regions(network(6, [40, 40]), Box.cube(6, -1, 1), engine="traverse")
assert (part.complete, part.stopped) == (False, "memory"), part
assert 1000 < part.n_explored < part.n_regions
"""
SUBDIVIDE = """
enumerate_regions(small, Box.cube(2, -1, 1), engine="subdivide")
leave(160)
try:
    enumerate_regions(network(4, [60, 60]), Box.cube(4, -1, 1), engine="subdivide")
except TooLargeError as error:
    assert "traverse" in str(error)
else:
    raise AssertionError
"""
LINES = """
line_regions(small, [-1, -1], [1, 1])
ends = np.random.default_rng(0).normal(size=(2, 20_000, 16))
net = network(16, [200, 200])
leave(120)
part = line_regions(net, *ends)
assert (part.complete, part.stopped) == (False, "memory"), part
assert 0 < len(part) < 20_000
"""


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of the address space are Linux's")
@pytest.mark.parametrize("script", [TRAVERSE, SUBDIVIDE, LINES], ids=["traverse", "subdivide", "lines"])
def test_little_address_space(script: str) -> None:
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY
    done = subprocess.run([sys.executable, "-c", BEGIN + script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


def full(*args: object, **kwargs: object) -> None:
    raise MemoryError


def test_counts_and_measures_say_what_does_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
    cx = enumerate_regions(net, Box.cube(2, -1, 1))
    for place, work in (
        ("polyregions.analysis.definitions.merged.join", lambda: count_linear_regions(cx)),
        ("polyregions.analysis.definitions.merged.join", lambda: linear_regions(cx)),
        ("polyregions.statistics.boundary_volumes.np.zeros", lambda: boundary_volume(cx)),
        ("polyregions.statistics.distances.np.zeros", lambda: distance_to_boundary(net, np.ones((4, 2)))),
    ):
        work()
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            with pytest.raises(TooLargeError, match="not enough memory for the"):
                work()


def test_a_thread_without_memory_for_its_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    hidden = [(rng.normal(size=(24, n)), rng.normal(size=24) / 4) for n in (3, 24)]
    net = Network.from_arrays([*hidden, (np.ones((1, 24)), [0])])

    def full_stack(self: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", full_stack)
    with pytest.raises(TooLargeError, match="does not fit into memory"):
        enumerate_regions(net, Box.cube(3, -1, 1), engine="subdivide", workers=2)
    part = enumerate_regions(net, Box.cube(3, -1, 1), engine="traverse", workers=2)
    assert (part.complete, part.stopped) == (False, "memory")
