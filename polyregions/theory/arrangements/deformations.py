"""Affine hyperplanes parallel to the mirrors of types A and B: Shi, Catalan, Linial, semiorder.

Those of type A stand in R^(n-1), by setting ``x_n = 0``. Their vertices have ``|x_i| <= n - 1``: the n
coordinates hang together by a tree of equations ``x_i - x_j = c`` with ``|c| <= 1``, and the way from i to n
has at most n - 1 edges.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb, factorial

from ...base.checks import check_whole
from ..predictions import Prediction
from .arrangement import Arrangement, count_faces, count_regions, limit_size
from .counting import set_partitions
from .reflection import difference

ATHANASIADIS = (
    "Shi 1986 for the regions; Athanasiadis 1996, Characteristic polynomials of subspace arrangements "
    "and finite fields"
)
STANLEY = "Stanley 1996, Hyperplane arrangements, interval orders, and trees"
LINIAL = "Postnikov and Stanley 2000, Deformations of Coxeter hyperplane arrangements; OEIS A007889"
SEMIORDERS = "Chandon, Lemaire and Pouget 1978; OEIS A006531"
TYPE_B_SHI = "Shi 1987, Sign types corresponding to an affine Weyl group: (h + 1)^n, Coxeter number h"


def shi(n: int) -> Arrangement:
    """``x_i - x_j = 0, 1`` for i < j: (n+1)^(n-1) regions; n at least 2.

    In R^n there are ``C(n, k) sum_i (-1)^i C(n-k, i) (n-i+1)^(n-1)`` faces of dimension k (Athanasiadis), one
    dimension less here.

    Examples
    --------
    >>> shi(3).predictions[2].value
    (6, 21, 16)
    """
    limit_size("shi", 2 * comb(check_whole("n", n, 2), 2), n - 1)
    faces = [
        comb(n, k) * sum((-1) ** i * comb(n - k, i) * (n - i + 1) ** (n - 1) for i in range(n - k + 1))
        for k in range(1, n + 1)
    ]
    return _type_a("Shi", n, (0, 1), ATHANASIADIS, count_faces(faces, ATHANASIADIS))


def catalan(n: int) -> Arrangement:
    """``x_i - x_j = -1, 0, 1`` for i < j: n! C_n regions with the Catalan number C_n; n at least 2.

    A face says in which order the points ``x_i`` and ``x_i + 1`` stand, and which of them coincide. With m
    distinct x_i (m! S(n, m) ways), read from left to right, it is a path of m steps up (an x_i) and m down
    (an x_i + 1), where a coincidence of an x_j with an x_i + 1 is one level step, above ground. All such
    paths occur: put each new x_i anywhere between the last point and the next x_j + 1 due. Level steps are
    marked valleys of Dyck paths, so there are as many paths with t of them as ways to cut an (m+2)-gon by
    m-1-t diagonals (Kirkman, Cayley), and each x_i that is no coincidence is free: dimension m - t, one less
    here.

    Examples
    --------
    >>> catalan(3).predictions[2].value
    (13, 42, 30)
    """
    limit_size("catalan", 3 * comb(check_whole("n", n, 2), 2), n - 1)
    faces = [
        sum(factorial(m) * set_partitions(n, m) * _dissections(m + 2, k - 1) for m in range(k, n + 1))
        for k in range(1, n + 1)
    ]
    source = f"{STANLEY}; faces: lattice paths, see polyregions.theory.arrangements.catalan"
    return _type_a("Catalan", n, (-1, 0, 1), STANLEY, count_faces(faces, source))


def linial(n: int) -> Arrangement:
    """``x_i - x_j = 1`` for i < j: ``2^-n sum_k C(n, k) (k+1)^(n-1)`` regions; n at least 2.

    Examples
    --------
    >>> [linial(n).predictions[0].value for n in (2, 3, 4, 5)]
    [2, 7, 36, 246]
    """
    limit_size("linial", comb(check_whole("n", n, 2), 2), n - 1)
    regions = sum(comb(n, k) * (k + 1) ** (n - 1) for k in range(n + 1)) // 2**n
    return _type_a("Linial", n, (1,), LINIAL, count_regions(regions, LINIAL))


def semiorder(n: int) -> Arrangement:
    """``x_i - x_j = -1, 1`` for i < j: as many regions as labelled semiorders; n at least 2.

    Their exponential generating function is C(1 - e^-x) with the Catalan series C, so there are
    ``sum_k (-1)^(n-k) k! S(n, k) C_k`` of them.

    Examples
    --------
    >>> [semiorder(n).predictions[0].value for n in (2, 3, 4, 5)]
    [3, 19, 183, 2371]
    """
    limit_size("semiorder", 2 * comb(check_whole("n", n, 2), 2), n - 1)
    regions = sum(
        (-1) ** (n - k) * factorial(k) * set_partitions(n, k) * comb(2 * k, k) // (k + 1)
        for k in range(1, n + 1)
    )
    return _type_a("semiorder", n, (-1, 1), SEMIORDERS, count_regions(regions, SEMIORDERS))


def type_b_shi(n: int) -> Arrangement:
    """``x_i = 0, 1`` and ``x_i +- x_j = 0, 1`` for i < j, in R^n: (2n+1)^n regions.

    At a vertex each coordinate hangs by equations ``x_i +- x_j = c`` on an ``x_k = c`` or on a circle of l
    of them that gives ``2 x_k`` as a sum of l numbers of magnitude at most 1. So ``|x_i| <= 1 + (n-1)`` or
    ``|x_i| <= l/2 + (n-l)``, at most n.

    Examples
    --------
    >>> type_b_shi(2).predictions[0].value
    25
    """
    limit_size("type-B Shi", 2 * check_whole("n", n, 1) ** 2, n)
    normals = [[int(i == j) for j in range(n)] for i in range(n)]
    normals += [difference(n, i, j, sign) for i, j in combinations(range(n), 2) for sign in (-1, 1)]
    return Arrangement(
        f"type-B Shi {n}", n,
        tuple(tuple(normal) for normal in normals for _ in (0, 1)), (0, 1) * (n * n),
        "x_i = 0, 1 and x_i +- x_j = 0, 1 (i < j)",
        TYPE_B_SHI,
        count_regions((2 * n + 1) ** n, TYPE_B_SHI),
        (n + 1,) * n,
    )  # fmt: skip


def _type_a(
    name: str, n: int, constants: tuple[int, ...], source: str, predictions: Iterable[Prediction]
) -> Arrangement:
    pairs = list(combinations(range(n), 2))
    return Arrangement(
        f"{name} {n}", n - 1,
        tuple(tuple(difference(n, i, j)[:-1]) for i, j in pairs for _ in constants), constants * len(pairs),
        f"x_i - x_j = {', '.join(map(str, constants))} (i < j), x_n = 0",
        source,
        tuple(predictions),
        (n,) * (n - 1),
    )  # fmt: skip


def _dissections(corners: int, diagonals: int) -> int:
    """Ways to draw so many diagonals of a convex polygon that do not cross (Kirkman, Cayley)."""
    if diagonals > corners - 3:
        return 0 if corners > 2 or diagonals else 1
    return comb(corners - 3, diagonals) * comb(corners + diagonals - 1, diagonals) // (diagonals + 1)
