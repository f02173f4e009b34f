"""Resonance and threshold arrangements: all vectors of zeros and ones, or of signs; counts from tables."""

from __future__ import annotations

from itertools import product

from ...base.checks import check_whole
from .arrangement import Arrangement, count_regions, limit_size

A034997 = (2, 6, 32, 370, 11292, 1066044, 347326352, 419172756930, 1955230985997140)
A000609 = (4, 14, 104, 1882, 94572, 15028134, 8378070864, 17561539552946, 144130531453121108)
RESONANCE = "Brysiewicz, Eble and Kuehne 2021, Enumerating chambers with symmetry; OEIS A034997"
THRESHOLD = "Muroga 1971, Threshold logic and its applications; OEIS A000609"


def resonance(n: int) -> Arrangement:
    """``sum_(i in S) x_i = 0`` for every nonempty set S of coordinates of R^n: 2^n - 1 hyperplanes.

    Examples
    --------
    >>> [resonance(n).predictions[0].value for n in (2, 3, 4)]
    [6, 32, 370]
    """
    limit_size("resonance", 2 ** min(check_whole("n", n, 1), 64) - 1, n)
    normals = tuple(row for row in product((0, 1), repeat=n) if any(row))
    definition = "sum of x_i over S = 0 for every nonempty set S"
    return _tabulated("resonance", n, normals, definition, RESONANCE, A034997)


def threshold(n: int) -> Arrangement:
    """``+-x_1 +- ... +- x_n + x_(n+1) = 0`` in R^(n+1): its regions are the threshold functions.

    Examples
    --------
    >>> [threshold(n).predictions[0].value for n in (1, 2, 3, 4)]
    [4, 14, 104, 1882]
    """
    limit_size("threshold", 2 ** min(check_whole("n", n, 1), 64), n + 1)
    normals = tuple((*row, 1) for row in product((1, -1), repeat=n))
    return _tabulated("threshold", n, normals, "+-x_1 +- ... +- x_n + x_(n+1) = 0", THRESHOLD, A000609)


def _tabulated(
    name: str,
    n: int,
    normals: tuple[tuple[int, ...], ...],
    definition: str,
    source: str,
    table: tuple[int, ...],
) -> Arrangement:
    known = table[n - 1] if n <= len(table) else None
    reason = "" if known is not None else f"published up to n = {len(table)}"
    predictions = count_regions(known, source, reason)
    d = len(normals[0])
    return Arrangement(f"{name} {n}", d, normals, (0,) * len(normals), definition, source, predictions)
