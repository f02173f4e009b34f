"""Arrangements by position: general, central, parallel families, grids, pencils.

Normals stand on the moment curve, (1, a, ..., a^(d-1)) for small whole numbers a: any d of them are
independent (Vandermonde). A point x lies on ``x_1 + x_2 a + ... + x_d a^(d-1) = o`` iff the polynomial with
the coefficients x has the value o at a, so questions of position are questions of interpolation.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb

from ...base.checks import check_whole
from ...errors import InvalidInputError
from .arrangement import Arrangement, count_faces, limit_size, split
from .counting import elementary_symmetric

ZASLAVSKY = "Zaslavsky 1975, Facing up to arrangements (Mem. AMS 154)"


def parallel_families(counts: Sequence[int], dimension: int) -> Arrangement:
    """Families of parallel hyperplanes in generic directions.

    Parameters
    ----------
    counts : sequence of int
        Numbers of hyperplanes of the families, each at least 1.
    dimension : int
        d.

    Raises
    ------
    InvalidInputError
        If there is no family, or a number is not whole and at least 1.
    TooLargeError
        If there are too many hyperplanes.

    Notes
    -----
    Family a is ``x_1 + x_2 a + ... + x_d a^(d-1) = C a^s + k`` for k = 0, 1, ..., with s the smaller of d
    and the number of families.

    Hyperplanes of d + 1 families never meet: else the polynomial of degree below d would have d + 1 values
    ``C a^d + k``, whose divided difference of order d vanishes; but it is C plus a number of magnitude at
    most (d + 1) max(k) < C, for the a are distinct whole numbers. So the flats are the choices of one
    hyperplane from each of at most d families, and ``f_k = sum_j C(j, d-k) e_j(counts)``, e_j the elementary
    symmetric polynomials.

    Each flat has a point with ``x_(s+1) = ... = x_d = 0`` on hyperplanes of s families; there the polynomial
    x is, by Lagrange, C times a^s reduced modulo prod (t - a_i), plus the values k interpolated. So with
    h = max |a|, ``|x_(j+1)| <= C comb(s, j) h^(s-j) + s max(k) comb(s-1, j) h^(s-1-j)``.

    Examples
    --------
    >>> parallel_families([2, 1, 3], 2).predictions[0].value     # 1 + 6 + (2 + 6 + 3)
    18
    """
    d = check_whole("dimension", dimension, 1)
    if not counts:
        raise InvalidInputError("counts: give at least one family")
    for count in counts:
        check_whole("number of hyperplanes of a family", count, 1)
    name = f"parallel families {'-'.join(map(str, counts))} in R^{d}"
    limit_size(name, sum(counts), d)
    s, most = min(len(counts), d), max(counts) - 1
    factor = (d + 1) * most + 1
    parameters = _centred(len(counts))
    rows = [
        (*(a**j for j in range(d)), factor * a**s + k)
        for a, count in zip(parameters, counts, strict=True)
        for k in range(count)
    ]
    normals, offsets = split(rows)
    h = max(map(abs, parameters))
    reach = [
        factor * comb(s, j) * h ** (s - j) + (s * most * comb(s - 1, j) * h ** (s - 1 - j) if j < s else 0)
        for j in range(s)
    ] + [0] * (d - s)
    return Arrangement(
        name, d, normals, offsets,
        "x_1 + x_2 a + ... + x_d a^(d-1) = C a^s + k",
        ZASLAVSKY,
        count_faces(_parallel_faces(counts, d), ZASLAVSKY),
        tuple(v + 1 for v in reach),
    )  # fmt: skip


def parallel(n: int, families: int = 3, dimension: int = 2) -> Arrangement:
    """Parallel hyperplanes, n in each of some generic directions. See :func:`parallel_families`."""
    limit_size(
        "parallel",
        check_whole("n", n, 1) * check_whole("families", families, 1),
        check_whole("dimension", dimension, 1),
    )
    return parallel_families([n] * families, dimension)


def general_position(n: int, dimension: int = 2) -> Arrangement:
    """Hyperplanes in general position: ``C(n, d-k) S(n-d+k, k)`` faces of dimension k, S(n, d) regions.

    See :func:`parallel_families`: each family has one hyperplane.

    Examples
    --------
    >>> general_position(5).predictions[2].value
    (10, 25, 16)
    """
    lines = parallel(1, families=check_whole("n", n, 1), dimension=dimension)
    return _renamed(lines, f"general position {n} in R^{dimension}")


def grid_of(counts: Sequence[int]) -> Arrangement:
    """The axis-parallel hyperplanes ``x_j = 0, ..., counts[j] - 1``, with the faces of parallel families.

    Examples
    --------
    >>> grid_of([3, 4]).predictions[2].value
    (12, 31, 20)
    """
    for count in counts:
        check_whole("number of hyperplanes of a direction", count, 1)
    d = check_whole("number of directions", len(counts), 1)
    name = f"grid {'x'.join(map(str, counts))}"
    limit_size(name, sum(counts), d)
    normals, offsets = split(
        (*(int(i == j) for j in range(d)), k) for i, count in enumerate(counts) for k in range(count)
    )
    faces = count_faces(_parallel_faces(counts, d), "a product of subdivided lines")
    definition = "x_j = 0, 1, ..."
    return Arrangement(name, d, normals, offsets, definition, "folklore", faces, tuple(counts))


def grid(n: int, dimension: int = 2) -> Arrangement:
    """The hyperplanes ``x_j = 0, ..., n - 1`` in every direction."""
    limit_size("grid", check_whole("n", n, 1) * check_whole("dimension", dimension, 1), dimension)
    return grid_of([n] * dimension)


def boolean(n: int) -> Arrangement:
    """The coordinate hyperplanes ``x_j = 0`` of R^n: ``C(n, k) 2^k`` faces of dimension k.

    Examples
    --------
    >>> boolean(3).predictions[2].value
    (1, 6, 12, 8)
    """
    lines = grid(1, dimension=check_whole("n", n, 1))
    faces = count_faces([comb(n, k) * 2**k for k in range(n + 1)], "one face for each sign vector")
    return Arrangement(f"Boolean {n}", n, lines.normals, lines.offsets, "x_j = 0", "folklore", faces)


def generic_central(n: int, dimension: int = 3) -> Arrangement:
    """Central hyperplanes, n of them, any d of their normals (1, a, ..., a^(d-1)) independent.

    The flats of dimension k > 0 are the C(n, d-k) intersections of d-k hyperplanes, and n hyperplanes make
    ``2 S(n-1, d-1)`` regions (Schlaefli), on such a flat too.

    Examples
    --------
    >>> generic_central(4, dimension=3).predictions[2].value
    (1, 12, 24, 14)
    """
    d = check_whole("dimension", dimension, 1)
    check_whole("n", n, 1)
    limit_size("generic central", n, d)
    faces = [comb(n, d - k) * _central_regions(n - d + k, k) for k in range(1, d + 1)]
    return Arrangement(
        f"generic central {n} in R^{d}", d,
        tuple(tuple(a**j for j in range(d)) for a in _centred(n)), (0,) * n,
        "x_1 + x_2 a + ... + x_d a^(d-1) = 0",
        ZASLAVSKY,
        count_faces([int(n >= d), *faces], ZASLAVSKY),
    )  # fmt: skip


def pencil(n: int) -> Arrangement:
    """Lines ``x + a y = 0`` through one point, n of them: 2 n sectors."""
    return _renamed(generic_central(n, 2), f"pencil {n}")


def near_pencil(n: int) -> Arrangement:
    """The plane ``z = 0``, and n - 1 planes ``x + a y = 0`` through the z axis; n at least 3.

    The wedges are 2 (n-1), each cut in two. On z = 0 lie 2 (n-1) facets, on each other plane 4; the edges
    are two on the z axis and two on each of n-1 lines in z = 0.

    Examples
    --------
    >>> near_pencil(6).predictions[2].value
    (1, 12, 30, 20)
    """
    m = check_whole("n", n, 3) - 1
    lines = pencil(m)
    return Arrangement(
        f"near-pencil {n}", 3,
        (*((*normal, 0) for normal in lines.normals), (0, 0, 1)), (0,) * n,
        "x + a y = 0, z = 0",
        "folklore",
        count_faces([1, 2 + 2 * m, 6 * m, 4 * m], "a pencil times a point on a line"),
    )  # fmt: skip


def _centred(n: int) -> range:
    """Whole numbers about 0, n of them."""
    return range(-(n // 2), n - n // 2)


def _parallel_faces(counts: Sequence[int], d: int) -> list[int]:
    e = elementary_symmetric(counts, d)
    return [sum(comb(j, d - k) * e[j] for j in range(d - k, d + 1)) for k in range(d + 1)]


def _central_regions(n: int, d: int) -> int:
    """Regions of n generic hyperplanes through the origin of R^d; one, if there are none."""
    if n < 0:
        return 0
    return 2 * sum(comb(n - 1, j) for j in range(d)) if n else 1


def _renamed(arrangement: Arrangement, name: str) -> Arrangement:
    a = arrangement
    return Arrangement(
        name, a.dimension, a.normals, a.offsets, a.definition, a.source, a.predictions, a.half_widths
    )
