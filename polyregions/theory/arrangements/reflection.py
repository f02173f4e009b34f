"""Reflection arrangements: the mirrors of the finite Weyl groups. Their regions are the group's elements.

Types A, B, D stand in the usual coordinates, with the faces counted by (signed) ordered set partitions.
Types E, F, G stand in the coordinates ``y_i = (simple root i) . x``, where each mirror has the coefficients
of its positive root; their faces are the cosets of the parabolic subgroups.

References: Humphreys, Reflection groups and Coxeter groups (1990), sections 1.15 and 3.20; Orlik and Terao,
Arrangements of hyperplanes (1992), section 6.4.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb, factorial, prod

from ...base.checks import check_whole
from .arrangement import Arrangement, Row, count_faces, limit_size
from .counting import partitions_without_singletons, set_partitions

HUMPHREYS = "Humphreys 1990, Reflection groups and Coxeter groups"
ORLIK_TERAO = "Orlik and Terao 1992, Arrangements of hyperplanes, section 6.4"


def difference(n: int, i: int, j: int, sign: int = -1) -> list[int]:
    """The normal of ``x_i + sign x_j`` in R^n."""
    row = [0] * n
    row[i], row[j] = 1, sign
    return row


def braid(n: int) -> Arrangement:
    """Type A: ``x_i = x_j`` for i < j, n! regions; in R^(n-1), by setting ``x_n = 0``; n at least 2.

    A face is an ordered set partition of the n coordinates, and k + 1 blocks leave dimension k:
    ``f_k = (k+1)! S(n, k+1)``.

    Examples
    --------
    >>> braid(4).predictions[2].value
    (1, 14, 36, 24)
    """
    limit_size("braid", comb(check_whole("n", n, 2), 2), n - 1)
    normals = [difference(n, i, j)[:-1] for i, j in combinations(range(n), 2)]
    faces = [factorial(k + 1) * set_partitions(n, k + 1) for k in range(n)]
    return _central(f"braid {n}", n - 1, normals, "x_i = x_j (i < j), x_n = 0", HUMPHREYS, faces)


def type_b(n: int) -> Arrangement:
    """Type B: ``x_i = 0``, ``x_i = x_j``, ``x_i = -x_j`` in R^n; 2^n n! regions.

    A face is a set of z zero coordinates and a signed ordered partition of the others:
    ``f_k = k! sum_z C(n, z) 2^(n-z) S(n-z, k)``.

    Examples
    --------
    >>> type_b(3).predictions[2].value
    (1, 26, 72, 48)
    """
    limit_size("type B", check_whole("n", n, 1) ** 2, n)
    normals = [[int(i == j) for j in range(n)] for i in range(n)] + _plus_minus(n)
    faces = [
        factorial(k) * sum(comb(n, z) * 2 ** (n - z) * set_partitions(n - z, k) for z in range(n + 1))
        for k in range(n + 1)
    ]
    return _central(f"type B {n}", n, normals, "x_i = 0, x_i = +-x_j", HUMPHREYS, faces)


def type_d(n: int) -> Arrangement:
    """Type D: ``x_i = x_j`` and ``x_i = -x_j`` in R^n; 2^(n-1) n! regions; n at least 2.

    The flats are the signed partitions whose z zero coordinates are not just one. On a flat of dimension k
    with z >= 2, the mirrors make type B: 2^k k! regions. With z = 0 they make type D and one coordinate
    plane for each of the s blocks of two or more: 2^(k-1) (k-1)! (k + s) regions (Orlik and Terao).

    Examples
    --------
    >>> type_d(3).predictions[2].value
    (1, 14, 36, 24)
    """
    limit_size("type D", check_whole("n", n, 2) * (n - 1), n)
    faces = [1]
    for k in range(1, n + 1):
        with_zeros = sum(
            comb(n, z) * 2 ** (n - z - k) * set_partitions(n - z, k) for z in range(2, n - k + 1)
        )
        without = sum(
            comb(n, k - s) * partitions_without_singletons(n - k + s, s) * (k + s) for s in range(k + 1)
        )
        faces.append(
            2**k * factorial(k) * with_zeros + 2 ** (n - k) * 2 ** (k - 1) * factorial(k - 1) * without
        )
    return _central(f"type D {n}", n, _plus_minus(n), "x_i = +-x_j", ORLIK_TERAO, faces)


def type_e(n: int) -> Arrangement:
    """Types E6, E7, E8: 36, 63, 120 mirrors and 51840, 2903040, 696729600 regions.

    Examples
    --------
    >>> type_e(6).predictions[0].value
    51840
    """
    check_whole("n", n, 6, 8)
    bonds = [(0, 2), (2, 3), (1, 3), *((i, i + 1) for i in range(3, n - 1))]
    return _weyl(f"E{n}", n, {pair: -1 for i, j in bonds for pair in ((i, j), (j, i))})


def type_f(n: int = 4) -> Arrangement:
    """Type F4: 24 mirrors, 1152 regions; n is 4."""
    check_whole("n", n, 4, 4)
    bonds = {pair: -1 for i in range(3) for pair in ((i, i + 1), (i + 1, i))}
    return _weyl("F4", n, {**bonds, (1, 2): -2})


def type_g(n: int = 2) -> Arrangement:
    """Type G2: 6 mirrors, 12 regions; n is 2."""
    check_whole("n", n, 2, 2)
    return _weyl("G2", n, {(0, 1): -1, (1, 0): -3})


def positive_roots(n: int, bonds: dict[tuple[int, int], int]) -> list[Row]:
    """Positive roots as coefficients of the simple ones, from the Cartan integers ``<root i, coroot j>``.

    Every positive root comes from a simple one by simple reflections through positive roots.

    Examples
    --------
    >>> positive_roots(2, {(0, 1): -1, (1, 0): -1})
    [(0, 1), (1, 0), (1, 1)]
    """
    found = {tuple(int(i == j) for j in range(n)) for i in range(n)}
    new = list(found)
    while new:
        root = new.pop()
        for j in range(n):
            # root - <root, coroot j> (simple root j)
            pairing = sum(c * (2 if i == j else bonds.get((i, j), 0)) for i, c in enumerate(root))
            image = tuple(c - pairing * (i == j) for i, c in enumerate(root))
            if min(image) >= 0 and image not in found:
                found.add(image)
                new.append(image)
    return sorted(found)


def group_order(roots: Iterable[Row]) -> int:
    """Order of the Weyl group with these positive roots: ``prod (e + 1)`` over its exponents e.

    There are as many exponents of at least h as roots of height h (Kostant; Humphreys 3.20).

    Examples
    --------
    >>> group_order([(0, 1), (1, 0), (1, 1)])
    6
    """
    heights = [sum(root) for root in roots]
    number = [heights.count(h) for h in range(1, max(heights, default=0) + 2)]
    return prod((h + 1) ** (number[h - 1] - number[h]) for h in range(1, len(number)))


def parabolic_faces(n: int, roots: list[Row]) -> list[int]:
    """Faces by dimension k: the cosets of the subgroups that n - k simple reflections generate.

    Examples
    --------
    >>> parabolic_faces(2, [(0, 1), (1, 0), (1, 1)])
    [1, 6, 6]
    """
    order = group_order(roots)
    faces = [0] * (n + 1)
    for k in range(n + 1):
        for chosen in combinations(range(n), n - k):
            inside = (r for r in roots if all(i in chosen for i, c in enumerate(r) if c))
            faces[k] += order // group_order(inside)
    return faces


def _weyl(name: str, n: int, bonds: dict[tuple[int, int], int]) -> Arrangement:
    roots = positive_roots(n, bonds)
    definition = "root . y = 0 for the positive roots, in simple roots"
    return _central(name, n, roots, definition, HUMPHREYS, parabolic_faces(n, roots))


def _plus_minus(n: int) -> list[list[int]]:
    return [difference(n, i, j, sign) for i, j in combinations(range(n), 2) for sign in (1, -1)]


def _central(
    name: str, d: int, normals: Iterable[Iterable[int]], definition: str, source: str, faces: list[int]
) -> Arrangement:
    rows = tuple(tuple(normal) for normal in normals)
    return Arrangement(name, d, rows, (0,) * len(rows), definition, source, count_faces(faces, source))
