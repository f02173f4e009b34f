"""Images that are not equal but have points in common.

Two images overlap if an interior point of the one region and one of the other look the same to the next
layer: ``A x + c = B y + e`` with x and y strictly inside. The equations are solved over the integers; what is
left is whether a polytope has an interior point
(:func:`polyregions.geometry.integer_simplex.interior_point`). Pairs whose extents do not meet in some
coordinate are never looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from flint import fmpz_mat

from ...base.arrays import IntArray
from ...base.rationals import round_fraction
from ...complex.region_complex import RegionComplex
from ...geometry.integer_simplex import interior_point
from .images import Image, pivots

#: Pairs of images that are compared; with more, nothing is said.
MOST_PAIRS = 20_000
#: Coordinates by which images are told apart quickly.
COORDINATES = 8


class SheetPlace(NamedTuple):
    """One region with its map: all integers.

    Attributes
    ----------
    image : rows (m + 1) of (d + 1)
        The affine map in homogeneous coordinates.
    inside : rows of (d + 1)
        ``row . (x, 1) > 0`` inside the region.
    """

    image: list[list[int]]
    inside: list[list[int]]


def find_overlaps(cx: RegionComplex, images: Sequence[Image], regions: Sequence[int]) -> IntArray | None:
    """Return the pairs (i, j), i < j, of different images that overlap; int64 (pairs, 2).

    ``regions[k]`` is a region with image k. None if more than MOST_PAIRS pairs would have to be compared.
    """
    pairs: list[tuple[int, int]] = []
    for i, others in _near(images):
        pairs += [(i, j) for j in others]
        if len(pairs) > MOST_PAIRS:
            return None
    sheets = {k: make_sheet(cx, regions[k]) for k in {k for pair in pairs for k in pair}}
    found = [(i, j) for i, j in pairs if look_alike(sheets[i], sheets[j])]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def extents(images: Sequence[Image]) -> tuple[IntArray, IntArray]:
    """Least and greatest value of each of the first coordinates; int64 (images, coordinates) twice.

    In place of each value stands its rank among all of them: ranks compare as the rationals do.
    """
    points = [point for image in images for point in image.points]
    ranks = np.empty((len(points), min(COORDINATES, len(points[0]) - 1)), dtype=np.int64)
    for k in range(ranks.shape[1]):
        # Where rounded numbers differ, the rationals differ in the same way: few of these are compared.
        values = [(round_fraction(point[k], point[-1]), Fraction(point[k], point[-1])) for point in points]
        order = sorted(range(len(points)), key=values.__getitem__)
        steps = [values[i] != values[j] for i, j in pairwise(order)]
        ranks[order, k] = np.concatenate([[0], np.cumsum(steps)])
    ends = np.cumsum([len(image.points) for image in images])
    starts = np.concatenate([[0], ends[:-1]])
    return np.minimum.reduceat(ranks, starts), np.maximum.reduceat(ranks, starts)


def _near(images: Sequence[Image]) -> Iterator[tuple[int, list[int]]]:
    """Each image, with the later ones whose open extents meet its own in every coordinate."""
    low, high = extents(images)
    flat = low == high
    for i in range(len(images) - 1):
        a, b, c, d = low[i], high[i], low[i + 1 :], high[i + 1 :]
        meet = (a < d) & (c < b) | flat[i] & flat[i + 1 :] & (a == c)
        yield i, (i + 1 + np.flatnonzero(meet.all(axis=1))).tolist()


def make_sheet(cx: RegionComplex, i: int) -> SheetPlace:
    """Region i and its map."""
    image = cx.network.exact.forms(cx.states[i])[1]
    return SheetPlace(*([[int(v) for v in row] for row in rows] for rows in (image, cx[i].exact_halfspaces)))


def look_alike(first: SheetPlace, second: SheetPlace) -> bool:
    """Whether an interior point of one region and one of the other have the same image."""
    d = len(first.image[0]) - 1
    # A x + c = B y + e, both over the product of the denominators: rows for (x, y, 1).
    p, q = second.image[-1][-1], -first.image[-1][-1]
    equations = [
        [*(p * v for v in a[:d]), *(q * v for v in b[:d]), p * a[d] + q * b[d]]
        for a, b in zip(first.image[:-1], second.image[:-1], strict=True)
    ]
    echelon, scale, rank = fmpz_mat(equations).rref()
    solved = [[int(v) for v in row] for row in echelon.tolist()[:rank]]
    places = pivots(solved, rank)
    if 2 * d in places:
        return False  # no solution at all
    free = [k for k in range(2 * d + 1) if k not in places]
    size, sign = abs(int(scale)), 1 if scale > 0 else -1
    left = []
    for row in [
        *([*row[:d], *[0] * d, row[d]] for row in first.inside),
        *([*[0] * d, *row] for row in second.inside),
    ]:
        # scale * (variable p) = - own . (free variables, 1)
        pivot = [(row[p], own) for p, own in zip(places, solved, strict=True) if row[p]]
        reduced = [size * row[k] - sign * sum(v * own[k] for v, own in pivot) for k in free]
        if any(reduced[:-1]):
            left.append(reduced)
        elif reduced[-1] <= 0:
            return False
    return not left or interior_point(left, [Fraction(0)] * (len(free) - 1)) is not None
