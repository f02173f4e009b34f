"""The zoo: named networks whose counts are known from the literature or derived by hand.

Nothing here is read off from the code under test. ``regions`` are full-dimensional activation regions in
the box, ``pairs`` the pairs of them that share a facet, ``multi_flip`` the pairs across whose facet
more than one unit changes state, ``f_vector`` the numbers of faces of dimension 0..d that meet the
interior of the box. S(m, d) = C(m, 0) + ... + C(m, d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, product

import numpy as np

from polyregions import Box, Network
from polyregions.network.layers import (
    Layer,
    absolute,
    hard_tanh,
    leaky_relu,
    linear,
    maxout,
    mixed,
    piecewise,
    relu,
)


@dataclass(frozen=True)
class Case:
    name: str
    network: Network
    box: Box
    regions: int
    pairs: int
    source: str
    multi_flip: int | None = None
    f_vector: tuple[int, ...] | None = None

    @property
    def dim(self) -> int:
        return self.box.dim


ZOO: list[Case] = []


def by_name(name: str) -> Case:
    return next(case for case in ZOO if case.name == name)


def add(
    name: str,
    layers: Sequence[Layer],
    box: Box,
    counts: tuple[int, int] | tuple[int, int, int],  # regions, pairs, multi_flip
    source: str,
    f_vector: tuple[int, ...] | None = None,
) -> None:
    assert name not in {case.name for case in ZOO}, name
    multi_flip = counts[2] if len(counts) == 3 else None
    ZOO.append(Case(name, Network(layers), box, counts[0], counts[1], source, multi_flip, f_vector))


def cube(dim: int, low: float = -1, high: float = 1) -> Box:
    return Box.cube(dim, low, high)


def units(*rows: Sequence[float]) -> tuple[list[list[float]], list[float]]:
    """Weight and bias from rows ``(w_1, ..., w_n, bias)``."""
    return [list(row[:-1]) for row in rows], [row[-1] for row in rows]


def read_out(n: int) -> Layer:
    return linear([[1.0] * n], [0.0])


# --------------------------------------------------------------------------------------------------------
# One-layer networks: hyperplane arrangements. All flats of an arrangement of full rank contain a vertex,
# so all meet the open box if all vertices lie in it, and the counts are those of the whole space
# (Zaslavsky 1975, 1977). Two cells of an arrangement of distinct hyperplanes that share a facet differ in
# one sign: multi_flip is 0.


def add_arrangement(
    name: str,
    planes: Sequence[Sequence[float]],  # (normal, offset): normal . x = offset
    half: float,
    regions: int,
    pairs: int,
    source: str,
    f_vector: tuple[int, ...] | None = None,
) -> None:
    d = len(planes[0]) - 1
    layer = relu([p[:-1] for p in planes], [-p[-1] for p in planes])
    box = cube(d, -half, half)
    add(name, [layer, read_out(len(planes))], box, (regions, pairs, 0), source, f_vector)


def moment_planes(d: int, m: int) -> list[list[int]]:
    """m hyperplanes in general position, with parameters a = -(m // 2), ...

    Plane a is ``a^d - x_1 a^(d-1) + x_2 a^(d-2) - ... = 0``: the points x for which a is a root of the monic
    polynomial with these coefficients. Any d normals are independent (Vandermonde), d parameters meet in
    their elementary symmetric functions, and no d + 1 have a common point, since the degree is d. Vertex
    coordinates are at most C(d, k) (m // 2)^k <= 108 in magnitude for the cases below.
    """
    return [
        [(-1) ** k * a ** (d - k) for k in range(1, d + 1)] + [-(a**d)] for a in range(-(m // 2), m - m // 2)
    ]


# Regions S(m, d); pairs m S(m-1, d-1); k-faces C(m, d-k) S(m-d+k, k).
for _d, _m, _regions, _pairs, _f in [
    (1, 5, 6, 5, (5, 6)),
    (2, 3, 7, 9, (3, 9, 7)),
    (2, 5, 16, 25, (10, 25, 16)),
    (2, 8, 37, 64, (28, 64, 37)),
    (3, 4, 15, 28, (4, 18, 28, 15)),
    (3, 6, 42, 96, (20, 75, 96, 42)),
    (4, 5, 31, 75, (5, 30, 70, 75, 31)),
    (4, 6, 57, 156, (15, 80, 165, 156, 57)),
]:
    _source = "Zaslavsky 1975 (Buck 1943): general position"
    add_arrangement(f"generic-{_d}d-{_m}", moment_planes(_d, _m), 128, _regions, _pairs, _source, _f)

# Normals (1, a, a^2, ...) through the origin: any d are independent (Vandermonde).
# Regions 2 S(m-1, d-1); pairs 2 m S(m-2, d-2).
for _d, _m, _regions, _pairs in [
    (2, 5, 10, 10),
    (3, 4, 14, 24),
    (3, 5, 22, 40),
    (3, 6, 32, 60),
    (4, 5, 30, 70),
    (4, 6, 52, 132),
]:
    _planes = [[a**k for k in range(_d)] + [0] for a in range(-(_m // 2), _m - _m // 2)]
    _source = "Zaslavsky 1975 (Schlaefli): generic central"
    add_arrangement(f"central-{_d}d-{_m}", _planes, 1, _regions, _pairs, _source)


def difference(n: int, i: int, j: int, offset: int = 0) -> list[int]:
    """``x_i - x_j = offset`` in R^(n-1), setting x_n = 0."""
    row = [0] * n
    row[i], row[j] = 1, -1
    return [*row[:-1], offset]


def deformation(n: int, offsets: Sequence[int]) -> list[list[int]]:
    return [difference(n, i, j, c) for i, j in combinations(range(n), 2) for c in offsets]


def graphical(n: int, edges: Sequence[tuple[int, int]]) -> list[list[int]]:
    return [difference(n, i, j) for i, j in edges]


def plus_minus(n: int) -> list[list[int]]:
    """``x_i + x_j = 0`` and ``x_i - x_j = 0``."""
    rows = []
    for (i, j), sign in product(combinations(range(n), 2), (1, -1)):
        row = [0] * (n + 1)
        row[i], row[j] = 1, sign
        rows.append(row)
    return rows


def axes(n: int) -> list[list[int]]:
    return [[int(i == j) for i in range(n)] + [0] for j in range(n)]


def subset_sums(n: int) -> list[list[int]]:
    return [[*row, 0] for row in product((0, 1), repeat=n) if any(row)]


_triangle = [(0, 1), (1, 2), (0, 2)]
_cycle = [(i, (i + 1) % 4) for i in range(4)]
_k4_minus = [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]
_k23 = [(i, j) for i in (0, 1) for j in (2, 3, 4)]
_b_shi = [[1, 0], [0, 1], [1, -1], [1, 1]]
_threshold = [[s, t, 1, 0] for s in (1, -1) for t in (1, -1)]
_pencil = [[1, k, 0] for k in range(6)]

# All hyperplanes have coefficients 0, +-1 (or a pencil through 0), all vertices are within 50 of the origin.
# Pairs: sum over the hyperplanes H of the regions of the arrangement restricted to H.
for _name, _planes, _regions, _pairs, _source, _f in [
    ("boolean-3", axes(3), 8, 12, "2^n", (1, 6, 12, 8)),
    ("braid-3", deformation(3, [0]), 6, 6, "n!, pairs (n-1) n!/2 (Coxeter A_2)", None),
    ("braid-4", deformation(4, [0]), 24, 36, "n!, pairs (n-1) n!/2 (Coxeter A_3)", None),
    ("braid-5", deformation(5, [0]), 120, 240, "n!, pairs (n-1) n!/2 (Coxeter A_4)", (1, 30, 150, 240, 120)),
    ("type-b-2", axes(2) + plus_minus(2), 8, 8, "2^n n!, pairs n 2^n n!/2 (Coxeter B_2)", None),
    ("type-b-3", axes(3) + plus_minus(3), 48, 72, "2^n n! (Coxeter B_3)", (1, 26, 72, 48)),
    ("type-d-3", plus_minus(3), 24, 36, "2^(n-1) n! (Coxeter D_3)", (1, 14, 36, 24)),
    ("shi-3", deformation(3, [0, 1]), 16, 21, "Shi 1986: (n+1)^(n-1)", (6, 21, 16)),
    ("shi-4", deformation(4, [0, 1]), 125, 244, "Shi 1986: (n+1)^(n-1)", (24, 144, 244, 125)),
    ("catalan-3", deformation(3, [-1, 0, 1]), 30, 42, "Stanley 1996: n! C_n", (13, 42, 30)),
    ("catalan-4", deformation(4, [-1, 0, 1]), 336, 684, "Stanley 1996: n! C_n", (75, 424, 684, 336)),
    ("linial-3", deformation(3, [1]), 7, 9, "Postnikov and Stanley 2000; OEIS A007889", (3, 9, 7)),
    ("linial-4", deformation(4, [1]), 36, 76, "Postnikov and Stanley 2000; OEIS A007889", (10, 51, 76, 36)),
    ("semiorder-3", deformation(3, [-1, 1]), 19, 30, "OEIS A006531", (12, 30, 19)),
    ("type-b-shi-2", [[*r, c] for r in _b_shi for c in (0, 1)], 25, 34, "Shi 1987: (2n+1)^n", (10, 34, 25)),
    ("resonance-2", subset_sums(2), 6, 6, "OEIS A034997", None),
    ("resonance-3", subset_sums(3), 32, 48, "OEIS A034997", (1, 18, 48, 32)),
    ("resonance-4", subset_sums(4), 370, 760, "OEIS A034997", (1, 90, 480, 760, 370)),
    ("threshold-2", _threshold, 14, 24, "OEIS A000609", (1, 12, 24, 14)),
    ("cycle-3", graphical(3, _triangle), 6, 6, "Stanley 1973: 2^n - 2 acyclic orientations", None),
    ("cycle-4", graphical(4, _cycle), 14, 24, "Stanley 1973: 2^n - 2 acyclic orientations", (1, 12, 24, 14)),
    ("k4-minus-edge", graphical(4, _k4_minus), 18, 28, "Stanley 1973: acyclic orientations", (1, 12, 28, 18)),
    ("k-2-3", graphical(5, _k23), 46, 108, "Stanley 1973: acyclic orientations", (1, 22, 84, 108, 46)),
    ("pencil-6", _pencil, 12, 12, "2m sectors", (1, 12, 12)),
    # Five planes through the z axis make 10 wedges, z = 0 halves each: 20. Pairs: 10 + 2 * 10.
    ("near-pencil", [[1, k, 0, 0] for k in range(5)] + [[0, 0, 1, 0]], 20, 30, "4 (m-1)", (1, 12, 30, 20)),
    # 4 x 5 cells; pairs 3 * 5 + 4 * 4.
    ("grid-3-4", [[1, 0, k] for k in range(3)] + [[0, 1, k] for k in range(4)], 20, 31, "grid", (12, 31, 20)),
    # 3 x 3 x 4 cells; pairs 2 * 12 + 2 * 12 + 3 * 9.
    (
        "grid-2-2-3",
        [[1, 0, 0, k] for k in (0, 1)] + [[0, 1, 0, k] for k in (0, 1)] + [[0, 0, 1, k] for k in (0, 1, 2)],
        36, 75, "grid", (12, 52, 75, 36),
    ),
    # Three concurrent lines make 6 sectors; the fourth meets them in 3 points, so it cuts 4 cells.
    ("triple-point", [[1, 0, 0], [0, 1, 0], [1, 1, 0], [1, -1, 1]], 10, 13, "Zaslavsky 1975", (4, 13, 10)),
]:  # fmt: skip
    add_arrangement(_name, _planes, 50, _regions, _pairs, _source, _f)

# --------------------------------------------------------------------------------------------------------
# Folds. On [0, 1] the p units relu(p y), relu(2 (p y - i + 1)), i = 2..p, with alternating signs map each
# [(i-1)/p, i/p] onto [0, 1]: the normalised form of Montufar et al. 2014, section 3.1. All weights are
# integers.


def fold_layers(n0: int, folds: Sequence[int], surplus: int = 0) -> tuple[list[Layer], np.ndarray]:
    """Fold layers, and the read-out (n0, width) that gives the folded vector."""
    layers: list[Layer] = []
    out = np.eye(n0)
    for p in folds:
        width = n0 * p + surplus
        inner = np.zeros((width, n0))
        bias = np.zeros(width)
        below, out = out, np.zeros((n0, width))
        for j, i in product(range(n0), range(p)):
            unit = j * p + i
            inner[unit, j] = p if i == 0 else 2 * p
            bias[unit] = -2 * i
            out[j, unit] = (-1) ** i
        layers.append(relu(inner @ below, bias))
    return layers, out


def folding(n0: int, folds: Sequence[int], last: Layer | None = None, surplus: int = 0) -> list[Layer]:
    """Folds, then the folded vector as read-out or the units of ``last`` on it."""
    layers, out = fold_layers(n0, folds, surplus)
    if last is None:
        return [*layers, linear(out, np.zeros(n0))]
    return [*layers, relu(last.weight @ out, last.bias), read_out(last.n_units)]


# On [0, 1]^n0: a grid of K^n0 cubes, K the product of the p. Across x_j = k / K one unit flips: the fold
# that makes it; every later one sees the value 0 or 1, where its units touch zero at most.
# On [-1, 2]: left of 0 everything is off, one more cell. Right of 1 the value is above 1, beyond the
# breakpoints of the next fold, as long as p is odd; after the first even p it is negative, and the first
# units of the later folds are off there: one more cell iff there is a later fold. So the facet x = 0 flips
# one unit a layer, and x = 1 (if it is one) one unit for each layer after the first even p.
# On [-1, 2]^n0 the coordinates do not interact: with R cells and t facets of several flips in one
# dimension there are R^n0 cells, n0 R^(n0-1) pairs and n0 t R^(n0-1) facets of several flips.
for _n0, _p, _outer, _outer_pairs, _multi in [
    (1, (2,), 3, 2, 0),
    (1, (3,), 4, 3, 0),
    (1, (2, 2), 6, 5, 1),
    (1, (3, 2), 7, 6, 1),
    (1, (4, 3), 14, 13, 1),
    (1, (2, 2, 2), 10, 9, 2),
    (1, (3, 3, 3), 28, 27, 1),
    (2, (2,), 9, 12, 0),
    (2, (3,), 16, 24, 0),
    (2, (2, 2), 36, 60, 12),
    (2, (3, 2), 49, 84, 14),
    (3, (2,), 27, 54, 0),
    (3, (3,), 64, 144, 0),
    (3, (2, 2), 216, 540, 108),
]:
    _name = f"fold-{_n0}d-{'-'.join(map(str, _p))}"
    _k = int(np.prod(_p))
    _inner = (_k**_n0, _n0 * (_k - 1) * _k ** (_n0 - 1), 0)
    add(_name, folding(_n0, _p), cube(_n0, 0, 1), _inner, "Montufar et al. 2014, section 3.1")
    _source = "Montufar et al. 2014, section 3.1; cells outside the unit cube by hand"
    add(f"{_name}-outside", folding(_n0, _p), cube(_n0, -1, 2), (_outer, _outer_pairs, _multi), _source)
add("fold-2d-4-4", folding(2, (4, 4)), cube(2, 0, 1), (256, 480, 0), "Montufar et al. 2014, section 3.1")
# A width that n0 does not divide: the surplus unit has zero weight and bias and stays off.
add("fold-2d-2-2-surplus", folding(2, (2, 2), surplus=1), cube(2, 0, 1), (16, 24, 0), "Montufar et al. 2014")


def inside_unit_cube(n0: int, m: int) -> Layer:
    """m hyperplanes in general position, all vertices inside the unit cube; y_1 is a function of the others.

    n0 = 1: y_1 = 1/4, 3/4. n0 = 2: 4 y_1 - 2 = 2 a y_2 - a^2, tangents of a parabola: two meet at
    y_2 = (a + a') / 2, and y_1 stays in (1/4, 3/4). n0 = 3, m = 4: the planes of :func:`moment_planes` for
    a = -3, -1, 1, 3 in s_3 = 256 y_1 - 128, s_1 = 8 y_2 - 4, s_2 = 16 y_3 - 12: three of them meet in
    (s_1, s_2) = (-3, -1), (-1, -9), (1, -9), (3, -1), inside, and |s_3| <= 27 + 4 * 9 + 12 * 3 < 128 all
    over the cube.
    """
    if n0 == 1:
        return relu([[4]] * m, [-1 - 2 * k for k in range(m)])
    if n0 == 2:
        parameters = [a / 4 for a in ((1, 3) if m == 2 else (1, 2, 3))]
        return relu([[4, -2 * a] for a in parameters], [a * a - 2 for a in parameters])
    # s_3 = a^3 - s_1 a^2 + s_2 a
    parameters = [-3, -1, 1, 3]
    return relu(
        [[256, 8 * a**2, -16 * a] for a in parameters],
        [-128 - a**3 - 4 * a**2 + 12 * a for a in parameters],
    )


# Regions: the bound of Theorem 4, K^n0 S(m, n0). Pairs: m S(m-1, n0-1) in each of the K^n0 copies, and
# across each wall between copies the number of pieces into which the last layer cuts that side of the cube.
# A wall y_j = k / K is the side y_j = 1 of the cube for odd k and y_j = 0 for even k. n0 = 2: sides y_1 =
# 0, 1 are not cut, y_2 = 0, 1 are cut in m distinct points: K (K-1) (1 + m + 1). n0 = 3, K = 2: one wall a
# direction, always the upper side. y_1 = 1 is not cut: 1. On y_2 = 1 and y_3 = 1 there are 4 lines; lines
# a, a' meet where s_1 (a + a') = s_2 + a^2 + a a' + a'^2. On y_2 = 1, s_1 = 4, this gives s_2 = -29, -15,
# -9, -1, 1, 3, of which 4 lie in (-12, 4): 1 + 4 + 4 = 9. On y_3 = 1, s_2 = 4, it gives s_1 = +-17/4,
# +-11/2 and none for a' = -a, all outside (-4, 4): 1 + 4 = 5. Pairs 8 * 4 * 7 + 4 * (1 + 9 + 5).
for _n0, _p, _m, _regions, _pairs in [
    (1, (2,), 1, 4, 3),
    (1, (3,), 1, 6, 5),
    (1, (3,), 2, 9, 8),
    (2, (2,), 2, 16, 4 * 4 + 2 * 4),
    (2, (2,), 3, 28, 4 * 9 + 2 * 5),
    (2, (3,), 3, 63, 9 * 9 + 6 * 5),
    (2, (2, 2), 3, 112, 16 * 9 + 12 * 5),
    (3, (2,), 4, 120, 224 + 60),
]:
    _layers = folding(_n0, _p, inside_unit_cube(_n0, _m))
    _name = f"theorem4-{_n0}d-{'-'.join(map(str, _p))}-{_m}"
    add(_name, _layers, cube(_n0, 0, 1), (_regions, _pairs, 0), "Montufar et al. 2014, Theorem 4")

# Tents m(x) = 2 relu(x) - 4 relu(x - 1/2), composed L times. On [-1, 2]: beyond 1 all is off from the
# second layer on and the cell left of 0 is one more, so 2^L + 2; at x = 0 all first units flip (one, if L =
# 1), at x = 1 the first units of layers 2..L.
for _depth in range(1, 6):
    _tent: list[Layer] = [relu([[1], [1]], [0, -0.5])]
    _tent += [relu([[2, -4], [2, -4]], [0, -0.5]) for _ in range(_depth - 1)]
    _tent.append(linear([[2, -4]], [0]))
    _inside, _outside = 2**_depth, 2**_depth + (1 if _depth == 1 else 2)
    add(f"tent-{_depth}", _tent, cube(1, 0, 1), (_inside, _inside - 1, 0), "Telgarsky 2015: 2^L")
    _source = "Telgarsky 2015; 2^L + 2 with both ends"
    _flips = (_depth > 1) + (_depth > 2)
    add(f"tent-{_depth}-outside", _tent, cube(1, -1, 2), (_outside, _outside - 1, _flips), _source)

# Four folds with three units: F(x) = 4 - 12 relu(x - 1/6) + 9 relu(x - 1/3) - 6 relu(2/3 - x) maps 0, 1/6,
# 1/3, 2/3, 1 to 0, 1, 0, 1, 0. Written as 4 - 2 relu(6x - 1) + 3 relu(3x - 1) - 2 relu(2 - 3x) all weights
# are integers: exact.
for _depth in (1, 2, 3):
    _inner_weight, _outer_weight = np.array([[6], [3], [-3]]), np.array([[-2, 3, -2]])
    _bias = np.array([-1, -1, 2])
    _four: list[Layer] = [relu(_inner_weight, _bias)]
    _four += [relu(_inner_weight @ _outer_weight, 4 * _inner_weight[:, 0] + _bias) for _ in range(_depth - 1)]
    _four.append(linear(_outer_weight, [4]))
    add(f"four-fold-{_depth}", _four, cube(1, 0, 1), (4**_depth, 4**_depth - 1, 0), "Serra et al. 2018: 4^L")

# sum_i |<a_i, x>| by 2m ReLUs: 2 S(m-1, n-1) cones; both ReLUs of a pair flip across each of the 2 m S(m-2,
# n-2) walls. Folding that sum f, with {f <= 1} inside the box: one fold has a breakpoint at f = 1/2, and
# cuts each cone in 2; two folds have f = 1/4, 1/2, 3/4, and f = 1, where the fold of the fold turns off: 5.
# Walls are cut likewise, and each cut of a cone is one more facet.
for _n, _vectors, _cones, _walls in [
    (2, [[1, 0], [0, 1]], 4, 4),
    (2, [[1, 0], [0, 1], [1, 1]], 6, 6),
    (2, [[1, 0], [0, 1], [1, 1], [1, -1]], 8, 8),
    (3, [[1, 0, 0], [0, 1, 0], [0, 0, 1]], 8, 12),
    (3, [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 1]], 14, 24),
]:
    _a = np.array(_vectors)
    _name = f"zonotope-{_n}d-{len(_a)}"
    _sum = relu(np.concatenate([_a, -_a]), np.zeros(2 * len(_a)))
    _source = "Arora et al. 2018: 2 S(m-1, n-1)"
    add(_name, [_sum, read_out(2 * len(_a))], cube(_n, -2, 2), (_cones, _walls, _walls), _source)
    _abs = absolute(_a, np.zeros(len(_a)))
    add(f"{_name}-abs", [_abs, read_out(len(_a))], cube(_n, -2, 2), (_cones, _walls, 0), _source)
    for _folds, _shells in [((2,), 2), ((2, 2), 5)]:
        _first, *_rest = folding(1, _folds)
        _saw = relu(_first.weight @ np.ones((1, 2 * len(_a))), _first.bias)
        _counts = (_shells * _cones, (_shells - 1) * _cones + _shells * _walls, _shells * _walls)
        _name2 = f"{_name}-fold-{len(_folds)}"
        add(_name2, [_sum, _saw, *_rest], cube(_n, -2, 2), _counts, "Arora et al. 2018, composed with a saw")

# --------------------------------------------------------------------------------------------------------
# Maxout.


def tents_of_rank_2(n0: int, depth: int) -> list[Layer]:
    """|2 x - 1| in each coordinate, depth times."""
    weights = [
        [[2 * int(i == j) for i in range(n0)], [-2 * int(i == j) for i in range(n0)]] for j in range(n0)
    ]
    return [maxout(weights, [[-1, 1]] * n0) for _ in range(depth)]


for _n0, _depth in [(1, 1), (1, 3), (2, 1), (2, 2), (3, 1), (3, 2)]:
    _k = 2**_depth
    _counts = (_k**_n0, _n0 * (_k - 1) * _k ** (_n0 - 1), 0)
    _source = "Montufar et al. 2014, Theorem 8, k = 2: 2^(n0 L)"
    add(f"maxout-tent-{_n0}d-{_depth}", tents_of_rank_2(_n0, _depth), cube(_n0, 0, 1), _counts, _source)


def convex_units(*families: tuple[Sequence[int], Sequence[float]]) -> Layer:
    """Unit i: a convex function of a form l with the given breakpoints, pieces s l - (t_1 + ... + t_s)."""
    return maxout(
        [[[s * v for v in form] for s in range(len(t) + 1)] for form, t in families],
        [[-float(sum(t[:s])) for s in range(len(t) + 1)] for _, t in families],
    )


_x, _y, _diagonal = (1, 0), (0, 1), (1, 2)
_ex, _ey, _ez, _exyz = (1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 1)
# Parallel families in general position: any n of the forms are independent, and no point lies on n + 1
# families, so the maximum of Montufar, Ren, Zhang is attained. Checked by hand: x + 2y takes only integers
# where the other two families meet, and its breakpoints are halves; likewise x + y + z.
for _name, _families, _regions, _pairs in [
    ("maxout-1d-3-4", [((1,), (0, 2)), ((1,), (1, 3, 4))], 6, 5),
    ("maxout-2d-3-3", [(_x, (0, 1)), (_y, (0, 1))], 9, 12),
    ("maxout-2d-3-3-3", [(_x, (0, 1)), (_y, (0, 1)), (_diagonal, (0.5, 2.5))], 19, 30),
    ("maxout-2d-4-2-3", [(_x, (0, 1, 2)), (_y, (0,)), (_diagonal, (0.5, 1.5))], 18, 28),
    # x = 0, y = 0, x + y = 1, x - y = 3 meet in six different points.
    ("maxout-2d-2-2-2-2", [(_x, (0,)), (_y, (0,)), ((1, 1), (1,)), ((1, -1), (3,))], 11, 16),
    ("maxout-3d-3-3-3", [(_ex, (0, 1)), (_ey, (0, 1)), (_ez, (0, 1))], 27, 54),
    ("maxout-3d-2-3-2-2", [(_ex, (0,)), (_ey, (0, 1)), (_ez, (0,)), (_exyz, (0.5,))], 22, 44),
]:
    _layers = [convex_units(*_families), read_out(len(_families))]
    add(
        _name,
        _layers,
        cube(len(_families[0][0]), -16, 16),
        (_regions, _pairs, 0),
        "Montufar, Ren, Zhang 2021",
    )

# --------------------------------------------------------------------------------------------------------
# The six definitions of a linear region (Stargalla, Hertrich, Reichman 2025); here the proper activation
# regions. Pairs and flips by hand.

_WIDE = cube(2, -8, 8)
_six = "Stargalla, Hertrich, Reichman 2025; by hand"
# h = relu(x, y, -y), u_1 = relu(relu(x) - y), u_2 = relu(relu(x)). Regions: y > x > 0, x > y > 0, x > 0 > y
# and the two left quadrants, in a cycle. x = 0 flips h_1 and u_2 (2 facets), y = 0 flips h_2, h_3 (2
# facets), y = x only u_1.
add(
    "six-convex",
    [relu([[1, 0], [0, 1], [0, -1]], [0] * 3), relu([[1, -1, 1], [1, 0, 0]], [0, 0]), linear([[1, -1]], [0])],
    _WIDE, (5, 5, 4), _six,
)  # fmt: skip
# h = relu(y - x), relu(x - y), relu(y); u_1 = relu(|y - x| - relu(y) - 1), u_2 = relu(|y - x|) touches y =
# x only. The rays of y = x and y = 0 make four sectors. u_1 = 0 is x = -1 above, x = 2y + 1, y = x - 1 and
# y = x + 1: each sector is cut in two: 8. Pairs: 4 cuts; 1 on each ray of y = x; 2 on each ray of y = 0,
# where the cuts of both sides meet it in (1, 0) and (-1, 0). Both h_1 and h_2 flip across the rays of y =
# x.
_rows = units((-1, 1, 0), (1, -1, 0), (0, 1, 0))
_second = units((1, 1, -1, -1), (1, 1, 0, 0))
add("six-differ", [relu(*_rows), relu(*_second), linear([[1, -1]], [0])], _WIDE, (8, 10, 2), _six)
# Also relu(x - 7), unused. The line x = 7 meets y = 7 (on y = x), y = 3 (on x = 2y + 1), y = 0 and cuts the
# four cells between: 4 more facets, and 3 facets are halved, one of them of two flips.
_rows = units((-1, 1, 0), (1, -1, 0), (0, 1, 0), (1, 0, -7))
_second = units((1, 1, -1, 0, -1), (1, 1, 0, 0, 0))
add("six-differ-useless", [relu(*_rows), relu(*_second), linear([[1, -1]], [0])], _WIDE, (12, 17, 3), _six)
_layers = [relu(*units((-1, -1, 0), (1, 1, 0))), linear([[1, -1]], [0])]
add("six-cancelling", _layers, _WIDE, (2, 1, 1), _six)
_layers = [relu(*units((-1, 0, 0), (0, 1, 0), (1, -1, 0))), linear([[1, -1, 1]], [0])]
add("six-central", _layers, _WIDE, (6, 6, 0), _six)
# 1 - |x| > 0: slabs at x = -1, 0, 1; two units flip at 0.
_layers = [relu(*units((1, 0, 0), (-1, 0, 0))), relu([[-1, -1]], [1]), linear([[1]], [0])]
add("six-hat", _layers, _WIDE, (4, 3, 1), _six)

# --------------------------------------------------------------------------------------------------------
# Traps, by hand. The comments derive (regions, pairs, facets that flip several units).

HAND = "by hand, see the comment"


def trap(name: str, layers: Sequence[Layer], box: Box, *counts: int) -> None:
    regions, pairs, flips = counts
    add(name, layers, box, (regions, pairs, flips), HAND)


# Four quadrants; the two facets on x = 0 flip two units.
trap("duplicated", [relu(*units((1, 0, 0), (1, 0, 0), (0, 1, 0)))], cube(2), 4, 4, 2)
trap("negated", [relu(*units((1, 0, 0), (-1, 0, 0), (0, 1, 0)))], cube(2), 4, 4, 2)
# One line x + 2y = 1/2, four times: scaled by 4, 3 and -5.
_rows = units((1, 2, -0.5), (4, 8, -2), (3, 6, -1.5), (-5, -10, 2.5))
trap("scaled", [relu(*_rows)], cube(2), 2, 1, 1)
# 3 * 0.1 > 0.3 as float64 (0.1 is rounded up, 0.3 down), so the breakpoints 0.1 and 0.3 / 3 differ.
trap("nearly-scaled", [relu(*units((1, -0.1), (3, -0.3)))], cube(1), 3, 2, 0)
# 0.1 + 0.2 > 0.3 likewise, through a linear layer: breakpoints -(0.1 + 0.2) < -0.3.
_layers = [linear(*units((1, 0.1), (1, 0))), relu(*units((1, 0, 0.2), (0, 1, 0.3)))]
trap("tenths", _layers, cube(1), 3, 2, 0)
# x - 5 < 0 on the box; the units above it see 0, with bias 0 (identically zero), 1 and -1.
_layers = [relu(*units((1, 0, -5), (0, 1, 0))), relu(*units((1, 0, 0), (1, 0, 1), (1, 0, -1)))]
trap("dead", _layers, cube(2), 2, 1, 0)
trap("zero-rows", [relu(*units((0, 0, 0), (0, 0, 1), (0, 0, -1), (1, 0, 0)))], cube(2), 2, 1, 0)
trap("all-zero", [relu([[0, 0]], [0]), relu([[0]], [0])], cube(2), 1, 0, 0)
trap("no-units", [linear([[1, 2], [3, 4]], [5, 6])], cube(2), 1, 0, 0)
# All zero sets lie in sides of the box, on both sides of it.
_rows = units((1, 0, -1), (-1, 0, 1), (0, 2, 2), (0, -1, -1))
trap("box-faces", [relu(*_rows)], cube(2), 1, 0, 0)
trap("box-faces-and-one", [relu([*_rows[0], [1, 1]], [*_rows[1], 0])], cube(2), 2, 1, 0)
# relu(x) touches zero on the side x = 0; relu(h - 1) with h = relu(x) touches zero on the side x = 1.
trap("box-faces-deep", [relu([[1, 0]], [0]), relu([[1], [-1]], [-1, 1])], cube(2, 0, 1), 1, 0, 0)
# x + y = 2 touches one corner, x = y passes through two.
trap("box-corner", [relu(*units((1, 1, -2), (-1, 1, -2)))], cube(2), 1, 0, 0)
trap("box-diagonal", [relu(*units((1, -1, 0), (1, 1, -2)))], cube(2), 2, 1, 0)
# x + y + z = 3 touches a corner, x + y = 2 an edge; x + y + z = 1 passes through three corners and cuts.
trap("box-corner-3d", [relu(*units((1, 1, 1, -3), (1, 1, 0, -2), (1, 1, 1, -1)))], cube(3), 2, 1, 0)
# Three lines from the corner (0, 0) of the square: 4 sectors in a row.
trap("pencil-in-corner", [relu(*units((1, -1, 0), (2, -1, 0), (1, -2, 0)))], cube(2, 0, 1), 4, 3, 0)
# Lines y = 0, y = x, y = -x meet on the middle of the side x = 0, and pass through corners at x = 1: 4
# sectors.
trap("pencil-on-side", [relu(*units((0, 1, 0), (1, -1, 0), (1, 1, 0)))], Box([0, -1], [1, 1]), 4, 3, 0)
# x + y = 3 cuts a corner off [-2, 2]^2, its crossings with x = 0 and y = 0 are outside: 4 + 1 regions.
trap("crossings-outside", [relu(*units((1, 0, 0), (0, 1, 0), (1, 1, -3)))], cube(2, -2, 2), 5, 5, 0)
trap("anisotropic-box", [relu(*units((1, 0, 0), (0, 1, 0)))], Box([-1, -1024], [2**-20, 3]), 4, 4, 0)

# h = max(x, 0) and (x, y) passed through; then h + y = 0 is y = 0 left of x = 0 and y = -x right of it.
_layers = [mixed([relu([[1, 0]], [0]), linear(np.eye(2), [0, 0])]), relu([[1, 0, 1]], [0])]
trap("residual", _layers, cube(2), 4, 4, 0)
# The same, and x passed through twice, beyond the second layer: x = 1/2 cuts both parts right of x = 0.
_layers = [
    mixed([relu([[1, 0]], [0]), linear(np.eye(2), [0, 0])]),
    mixed([relu([[1, 0, 1]], [0]), linear([[0, 1, 0]], [0])]),
]
trap("concatenation", [*_layers, relu([[0, 1]], [-0.5])], cube(2), 6, 7, 0)
# t = hard_tanh(2x) beside y: t + y = 0 is y = -2x for |x| < 1/2, from corner to corner of that strip; beyond
# it touches the sides y = 1 and y = -1. The two outer strips touch one half of the middle each.
_layers = [mixed([hard_tanh([[2, 0]], [0]), linear([[0, 1]], [0])]), relu([[1, 1]], [0])]
trap("hard-tanh-beside-skip", _layers, cube(2), 4, 3, 0)
# Slopes 1/2 and 1 below zero: the second is no unit. x / 2 + x - 1/2 < 0 for x < 0, and 2x - 1/2 = 0 at 1/4.
_layers = [leaky_relu([[1], [1]], [0, -0.5], [0.5, 1]), relu([[1, 1]], [0])]
trap("prelu-by-channel", _layers, cube(1), 3, 2, 0)

_THIN = 2.0**-40
trap("thin-slab-1d", [relu(*units((1, 0), (1, -_THIN)))], cube(1), 3, 2, 0)
trap("thin-slab-2d", [relu(*units((1, 0, 0), (1, 0, -_THIN)))], cube(2), 3, 2, 0)
trap("thin-slab-at-1", [relu(*units((1, 0, -1), (1, 0, -1 - _THIN)))], cube(2, 0, 2), 3, 2, 0)
# The slab is only seen by the second layer: |x| > 2^-40.
trap("thin-slab-deep", [absolute([[1, 0]], [0]), relu([[1]], [-_THIN])], cube(2), 4, 3, 0)
# Three lines around a triangle of side 2^-40: general position.
trap("thin-triangle", [relu(*units((1, 0, 0), (0, 1, 0), (1, 1, -_THIN)))], cube(2), 7, 9, 0)
# x + y + z = 2^-40 cuts a tiny simplex off the octant: general position, 15 regions, 28 pairs.
_rows = units((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (1, 1, 1, -_THIN))
trap("thin-simplex", [relu(*_rows)], cube(3), 15, 28, 0)
# Two lines at an angle of 2^-40 that cross in the middle, through no corner.
trap("thin-wedge", [relu(*units((1, 0, 0), (1, _THIN, 0)))], cube(2), 4, 4, 0)

# x = 0, y = 0 and 2^30 x + 2^-30 y = 2^-31 meet in (0, 0), (2^-61, 0), (0, 1/2): general position.
_rows = units((2.0**30, 0, 0), (0, 2.0**-30, 0), (2.0**30, 2.0**-30, -(2.0**-31)))
trap("weights-2-30", [relu(*_rows)], cube(2), 7, 9, 0)
# 2^-30 (2^30 |x|) - 1/2: breakpoints -1/2, 0 (two units), 1/2.
_layers = [relu([[2.0**30], [-(2.0**30)]], [0, 0]), relu([[2.0**-30, 2.0**-30]], [-0.5])]
trap("weights-2-30-deep", _layers, cube(1), 4, 3, 1)
# 2^30 h_1 - 2^30 h_2 with h_1 = x + 1, h_2 = x + 1 - 2^-30 on the box: the sum is 1 everywhere, minus 1 is
# identically zero.
_layers = [relu(*units((1, 1), (1, 1 - 2.0**-30))), relu([[2.0**30, -(2.0**30)]], [-1])]
trap("cancelling-to-zero", _layers, cube(1, 0, 1), 1, 0, 0)
# Beyond the range of float64 products: breakpoints 0 and about 1e-308.
trap("overflow-deep", [relu([[1e308]], [0]), relu([[1e308]], [-1e308])], cube(1), 3, 2, 0)
trap("overflow-sum", [relu([[1e308, 1e308]], [0])], cube(2, -4, 4), 2, 1, 0)
trap("subnormal", [relu([[5e-324, 0], [0, 1]], [0, 0])], cube(2), 4, 4, 0)

# Three lines in general position, all crossings inside a box of side 2^-40.
_rows = units((1, 0, 0), (0, 1, 0), (1, 1, -_THIN / 4))
trap("tiny-box", [relu(*_rows)], cube(2, -_THIN / 2, _THIN / 2), 7, 9, 0)
_rows = units((1, 0, -1), (0, 1, -1), (1, 1, -2 - _THIN / 4))
trap("tiny-box-at-1", [relu(*_rows)], cube(2, 1 - _THIN / 2, 1 + _THIN / 2), 7, 9, 0)
# h = (x, y) on the box, then x + y > 2 and x > y: the two diagonals.
_layers = [relu([[1, 0], [0, 1]], [0, 0]), relu([[1, 1], [1, -1]], [-2, 0])]
trap("tiny-box-at-1-deep", _layers, cube(2, 1 - _THIN / 2, 1 + _THIN / 2), 4, 4, 0)

# 2 relu(x) - relu(x + 10) + 9 is 9, then -x - 1 from -10, then x - 1 from 0: breakpoints -10, -1, 0, 1.
# Five slabs in a row; the slabs (-10, -1) and (1, oo) differ in one unit only, yet do not touch.
_layers = [relu([[1], [1]], [0, 10]), relu([[2, -1]], [9])]
trap("five-slabs-1d", _layers, cube(1, -20, 20), 5, 4, 0)
trap("five-slabs-2d", [relu([[1, 0], [1, 0]], [0, 10]), _layers[1]], cube(2, -20, 20), 5, 4, 0)

# |x| + |y| - 1 on the quadrants: each is cut once (4), each half axis in two (8).
_square = units((1, 0, 0), (0, 1, 0))
trap("diamond-abs", [absolute(*_square), absolute([[1, 1]], [-1])], cube(2, -2, 2), 8, 12, 0)
_rows = units((1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0))
trap("diamond-relu", [relu(*_rows), relu([[-1] * 4], [1])], cube(2, -2, 2), 8, 12, 8)
# |x| + |y|, -(|x| + |y|) and |x| touch zero at the origin or on x = 0, and never cross.
_layers = [absolute(*_square), relu([[1, 1], [-1, -1], [1, 0]], [0, 0, 0])]
trap("touching", _layers, cube(2), 4, 4, 0)
# |x| - 1/2 and 2 |x| - 1: one bent boundary, two units.
_layers = [absolute([[1]], [0]), relu([[1], [2]], [-0.5, -1])]
trap("duplicated-bent", _layers, cube(1), 4, 3, 2)

# Maxout: ties (lowest index), pieces that never win, or win only on a line.
trap("maxout-tie", [maxout([[[1], [1], [-1]]], [[0, 0, 0]])], cube(1), 2, 1, 0)
trap("maxout-all-equal", [maxout([[[1, 2]] * 3], [[1] * 3])], cube(2), 1, 0, 0)
trap("maxout-rank-1", [maxout([[[1, 0]], [[0, 1]]], [[0], [0]])], cube(2), 1, 0, 0)
trap("maxout-dominated", [maxout([[[1, 0], [-1, 0], [0, 0]]], [[0, 0, -1]])], cube(2), 2, 1, 0)
trap("maxout-touching-piece", [maxout([[[0, 0], [1, 0], [-1, 0]]], [[0, 0, 0]])], cube(2), 2, 1, 0)
trap("maxout-outside", [maxout([[[0, 0], [1, 0]]], [[0, -5]])], cube(2), 1, 0, 0)
# max(x, y, 0): three sectors around the origin; with (x, y, x, 0) the same.
trap("maxout-three", [maxout([[[1, 0], [0, 1], [0, 0]]], [[0] * 3])], cube(2), 3, 3, 0)
trap("maxout-three-tied", [maxout([[[1, 0], [0, 1], [1, 0], [0, 0]]], [[0] * 4])], cube(2), 3, 3, 0)
# max(x, -x) and max(2x, -2x, x) switch together.
_layers = [maxout([[[1], [-1]], [[2], [-2], [1]]], [[0, 0], [0, 0, 0]])]
trap("maxout-together", _layers, cube(1), 2, 1, 1)
# h = relu(x). max(h, 0) is piece 0 for x > 0 and by the tie for x < 0: no flip. max(0, h) flips with the
# ReLU.
trap("maxout-tie-deep", [relu([[1]], [0]), maxout([[[1], [0]]], [[0, 0]])], cube(1), 2, 1, 0)
trap("maxout-tie-deep-flip", [relu([[1]], [0]), maxout([[[0], [1]]], [[0, 0]])], cube(1), 2, 1, 1)
# max(x, -x) = |x|, then |x| - 1/2, then | relu(|x| - 1/2) - 1/4 |: breakpoints 0, +-1/2, +-3/4.
_layers = [maxout([[[1], [-1]]], [[0, 0]]), relu([[1]], [-0.5]), absolute([[1]], [-0.25])]
trap("mixed", _layers, cube(1), 6, 5, 0)

# Hard tanh: breakpoints -1 and 1.
trap("hard-tanh-1d", [hard_tanh([[1]], [0])], cube(1, -2, 2), 3, 2, 0)
trap("hard-tanh-2d", [hard_tanh(*_square)], cube(2, -2, 2), 9, 12, 0)
trap("hard-tanh-box-faces", [hard_tanh(*_square)], cube(2), 1, 0, 0)
# 2 H(x) crosses -1 and 1 at x = -1/2, 1/2; H(x) itself is 1 for x > 1, which is not > 1, and -1 for x < -1,
# which is not > -1: the outer unit is in state 0 there and in state 1 beyond, so it flips with the inner at
# x = -1.
trap("hard-tanh-twice", [hard_tanh([[1]], [0]), hard_tanh([[2]], [0])], cube(1, -2, 2), 5, 4, 0)
trap("hard-tanh-touching", [hard_tanh([[1]], [0]), hard_tanh([[1]], [0])], cube(1, -2, 2), 3, 2, 1)

# Leaky ReLU: the state flips whatever the slope; slope -1 is |x|, and |x| - 1/2 has two more breakpoints.
trap("leaky-negative", [leaky_relu([[1]], [0], -1), leaky_relu([[1]], [-0.5], 0.5)], cube(1), 4, 3, 0)
for _slope in (0.25, 0):
    # The second unit sees x for x > 0 and slope * x <= 0 for x < 0: it flips with the first.
    _layers = [leaky_relu([[1, 0]], [0], _slope), leaky_relu([[1]], [0], _slope)]
    trap(f"leaky-{_slope}", _layers, cube(2), 2, 1, 1)
# With slope 1 there is no unit.
trap("leaky-1", [leaky_relu([[1, 0]], [0], 1), leaky_relu([[1]], [0], 1)], cube(2), 1, 0, 0)
# With slope -1/2 the second sees -x/2 > 0 for x < 0: on both sides on.
trap(
    "leaky-negative-touching", [leaky_relu([[1]], [0], -0.5), leaky_relu([[1]], [0], -0.5)], cube(1), 2, 1, 0
)

# Breakpoints -1, 0, 2, slopes 1, 0, 2, -1: f is x + 1, 0, 2x, 6 - x. f - 1 crosses zero at 1/2 (and 5,
# outside). f is identically zero on (-1, 0) and positive for x > 0: a ReLU of f flips with the breakpoint
# 0.
_bends = ([-1, 0, 2], [1, 0, 2, -1])
trap("piecewise-1d", [piecewise([[1]], [0], *_bends)], cube(1, -3, 3), 4, 3, 0)
trap("piecewise-2d", [piecewise(*_square, *_bends)], cube(2, -3, 3), 16, 24, 0)
trap("piecewise-deep", [piecewise([[1]], [0], *_bends), relu([[1]], [-1])], cube(1, -3, 3), 5, 4, 0)
trap("piecewise-plateau", [piecewise([[1]], [0], *_bends), relu([[1]], [0])], cube(1, -3, 3), 4, 3, 1)
# Equal slopes still are different states; here four breakpoints on one side of the origin,
# and one that bends.
trap("piecewise-straight", [piecewise([[1]], [0], [1, 2, 3, 4], [1] * 4 + [2])], cube(1, -5, 5), 5, 4, 0)
# Nothing bends: pieces that are all the same map are no unit.
trap("piecewise-no-unit", [piecewise([[1]], [0], [1, 2, 3, 4], [1] * 5)], cube(1, -5, 5), 1, 0, 0)
# f is 0 up to 1, then x - 1, then 1 from 2 on; 2 f - 1 crosses zero at 3/2.
_layers = [piecewise([[1]], [0], [1, 2], [0, 1, 0]), relu([[2]], [-1])]
trap("piecewise-right-of-origin", _layers, cube(1, 0, 3), 4, 3, 0)
# f is -1 up to -2, then x + 1, then 0 from -1 on; 2 f + 1 crosses zero at -3/2.
_layers = [piecewise([[1]], [0], [-2, -1], [0, 1, 0]), relu([[2]], [1])]
trap("piecewise-left-of-origin", _layers, cube(1, -3, 0), 4, 3, 0)
