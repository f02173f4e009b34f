"""Exact counts of hyperplane arrangements in a box, by Zaslavsky's theorem: no region is ever looked at.

The *flats* of an arrangement are the nonempty intersections of its hyperplanes, R^d among them. Write
``mu(X, F)`` for the Moebius function of the flats from X down to F. Then for an open convex set K

    faces of dimension k that meet K  =  sum of |mu(X, F)| over flats X of dimension k and flats F within X,

over the flats that meet K only (Zaslavsky 1975 for K = R^d; 1977 for convex sets). For k = d, with X = R^d,
these are the regions. Algorithm:

1. :func:`_levels` finds the flats that meet the box, by codimension 1, 2, ...: on a flat the other
   hyperplanes make an arrangement again, and the hyperplanes of that are the flats just below. A flat is
   known by the set of hyperplanes that contain it. A flat within one that misses the box misses it too.
2. :func:`_positive_somewhere` decides whether a flat meets the open box: whether its 2 d sides, as affine
   forms on the flat, are positive together somewhere.
3. :func:`_count` finds ``|mu|`` by Weisner's theorem. For a hyperplane H that contains F but not X,

       |mu(X, F)|  =  sum of |mu(X, G)| over the flats G one dimension above F, within X and not within H,

   because the flats from X down to F are the lattice of a central arrangement, where mu alternates in sign.
   All those flats contain F, so they meet K if F does, and mu is what it is in the whole space.

All numbers are Python integers. Nothing is shared with the engines, which this module is a referee of.

References: Zaslavsky, Facing up to arrangements (1975), and A combinatorial analysis of topological
dissections (1977); Stanley, Enumerative combinatorics 1, section 3.9 (Weisner) and An introduction to
hyperplane arrangements.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import comb, gcd, lcm

from ...errors import InvalidBoxError, InvalidInputError, TooLargeError
from ...network.box import Box
from . import Arrangement

Row = tuple[int, ...]  #: An affine form on a flat: coefficients in the flat's coordinates, then the constant.

#: The most flats that are looked at, those that miss the box included.
MAX_FLATS = 100_000


@dataclass(frozen=True)
class FaceCounts:
    """The faces that an arrangement makes in an open box, or in R^d.

    Attributes
    ----------
    f_vector : tuple of d + 1 int
        Numbers of faces of dimension 0, ..., d.
    flats : tuple of d + 1 int
        Numbers of flats of dimension 0, ..., d that meet the box.
    characteristic : tuple of d + 1 int
        Coefficients of ``sum over flats F that meet the box of mu(R^d, F) t^dim(F)``, that of t^0 first: in
        R^d the characteristic polynomial.
    """

    f_vector: tuple[int, ...]
    flats: tuple[int, ...]
    characteristic: tuple[int, ...]

    @property
    def regions(self) -> int:
        """Number of regions."""
        return self.f_vector[-1]

    @property
    def facets(self) -> int:
        """Number of faces of dimension d - 1: of pairs of adjacent regions."""
        return self.f_vector[-2]


def count_in_box(arrangement: Arrangement, box: Box) -> FaceCounts:
    """Count the faces of an arrangement that meet the interior of a box.

    Parameters
    ----------
    arrangement : Arrangement
        In R^d.
    box : Box
        Of dimension d. It may cut the arrangement anywhere, and hyperplanes may lie outside or along its
        sides: what only touches the box does not count.

    Raises
    ------
    InvalidBoxError
        If the box has another dimension.
    TooLargeError
        If more than :data:`MAX_FLATS` flats would have to be looked at.

    Examples
    --------
    >>> from polyregions.theory.arrangements import shi
    >>> count_in_box(shi(3), Box.cube(2, -3, 3)).f_vector
    (6, 21, 16)
    >>> count_in_box(shi(3), Box([0, 0], [1, 3])).f_vector       # only x_2 = 1 and x_1 = x_2 cross it
    (0, 2, 3)
    """
    _check(arrangement)
    if not isinstance(box, Box):
        raise InvalidInputError(f"box: expected a Box, got {type(box).__name__}")
    if box.dim != arrangement.dimension:
        raise InvalidBoxError(
            f"box: it has {box.dim} dimension(s) but the arrangement has {arrangement.dimension}"
        )
    # In coordinates z in which the box is -1 < z_j < 1: x = middle + half z.
    ends = [(Fraction(a), Fraction(b)) for a, b in zip(box.lower.tolist(), box.upper.tolist(), strict=True)]
    middle, half = [(a + b) / 2 for a, b in ends], [(b - a) / 2 for a, b in ends]
    planes = []
    for *normal, offset in arrangement.hyperplanes:
        constant = sum((n * m for n, m in zip(normal, middle, strict=True)), Fraction(-offset))
        planes.append(_integers([*(n * h for n, h in zip(normal, half, strict=True)), constant]))
    d = box.dim
    sides = [(*(sign * (i == j) for i in range(d)), 1) for j in range(d) for sign in (1, -1)]
    return _count(arrangement, planes, sides)


def count_in_space(arrangement: Arrangement) -> FaceCounts:
    """Count the faces of an arrangement in R^d.

    Examples
    --------
    >>> from polyregions.theory.arrangements import braid
    >>> count_in_space(braid(4))
    FaceCounts(f_vector=(1, 14, 36, 24), flats=(1, 7, 6, 1), characteristic=(-6, 11, -6, 1))
    """
    _check(arrangement)
    planes = [(*normal, -offset) for *normal, offset in arrangement.hyperplanes]
    return _count(arrangement, planes, [])


def characteristic_polynomial(arrangement: Arrangement) -> tuple[int, ...]:
    """Coefficients of the characteristic polynomial ``sum_F mu(R^d, F) t^dim(F)``, that of t^0 first.

    Its value at -1 is, but for the sign, the number of regions, and at 1 that of the relatively bounded ones
    (Zaslavsky 1975).

    Examples
    --------
    >>> from polyregions.theory.arrangements import shi
    >>> characteristic_polynomial(shi(3))           # (t - 3)^2
    (9, -6, 1)
    """
    return count_in_space(arrangement).characteristic


def bounded_regions(arrangement: Arrangement) -> int:
    """Number of bounded regions in R^d; if no vertex exists, of those bounded across the common directions.

    Examples
    --------
    >>> from polyregions.theory.arrangements import shi
    >>> bounded_regions(shi(3))
    4
    """
    return abs(sum(characteristic_polynomial(arrangement)))


def _check(arrangement: Arrangement) -> None:
    if not isinstance(arrangement, Arrangement):
        raise InvalidInputError(f"arrangement: expected an Arrangement, got {type(arrangement).__name__}")


def _count(arrangement: Arrangement, planes: Sequence[Row], sides: Sequence[Row]) -> FaceCounts:
    """Add up ``|mu(X, F)|`` over all flats F, and X from R^d down to F."""
    d = arrangement.dimension
    faces, flats, characteristic = [0] * (d + 1), [0] * (d + 1), [0] * (d + 1)
    dimension: dict[int, int] = {}
    # above[G][X] = |mu(X, G)| for the flats G of the last level and all X around them
    above: dict[int, dict[int, int]] = {}
    for codimension, level in enumerate(_levels(arrangement.name, planes, sides, d)):
        here: dict[int, dict[int, int]] = {}
        for flat, covers in level.items():
            dimension[flat] = d - codimension
            sizes = here[flat] = {flat: 1}
            for cover in covers:
                for start, size in above[cover].items():
                    extra = flat & ~start
                    # H is the first hyperplane that contains the flat but not the start.
                    if extra & -extra & ~cover:
                        sizes[start] = sizes.get(start, 0) + size
            for start, size in sizes.items():
                faces[dimension[start]] += size
            characteristic[d - codimension] += (-1) ** codimension * sizes[0]
        flats[d - codimension] = len(level)
        above = here
    return FaceCounts(tuple(faces), tuple(flats), tuple(characteristic))


@dataclass(frozen=True)
class _Flat:
    """A flat in coordinates of its own."""

    planes: dict[Row, int]  # the arrangement on it: row . (z, 1) = 0, and the hyperplanes that meet it there
    sides: list[Row]  # the box on it: row . (z, 1) > 0


def _levels(name: str, planes: Sequence[Row], sides: Sequence[Row], d: int) -> Iterator[dict[int, list[int]]]:
    """The flats that meet the box, by codimension 0, 1, ...: each with the flats one dimension above it.

    A flat is the set of hyperplanes that contain it, bit i for the hyperplane i.
    """
    flats = {0: _Flat({_sign(row): 1 << i for i, row in enumerate(planes)}, list(sides))}
    level: dict[int, list[int]] = {0: []}
    total = 1
    while level:
        yield level
        level, below, missed = {}, {}, set()
        for flat, own in flats.items():
            for row, hyperplanes in own.planes.items():
                child = flat | hyperplanes
                if child in level:
                    level[child].append(flat)
                elif child not in missed:
                    sides_there = [_restrict(side, row) for side in own.sides]
                    if _positive_somewhere(sides_there):
                        level[child] = [flat]
                        below[child] = (own, row, sides_there)
                    else:
                        missed.add(child)
                    if total + len(level) + len(missed) > MAX_FLATS:
                        most = sum(comb(len(planes), j) for j in range(d + 1))
                        raise TooLargeError(
                            f"{name}: {len(planes)} hyperplanes in R^{d} have up to {most} flats, "
                            f"and these more than {MAX_FLATS}, the limit"
                        )
        total += len(level) + len(missed)
        flats = {flat: _Flat(_restriction(own, row), s) for flat, (own, row, s) in below.items()}


def _restriction(flat: _Flat, row: Row) -> dict[Row, int]:
    """The arrangement of a flat on one of its own hyperplanes, in one coordinate less."""
    planes: dict[Row, int] = {}
    if len(row) == 2:
        return planes  # on a point
    for other, hyperplanes in flat.planes.items():
        if other != row:
            there = _sign(_restrict(other, row))
            if any(there[:-1]):  # else they are parallel
                planes[there] = planes.get(there, 0) | hyperplanes
    return planes


def _restrict(row: Row, plane: Row) -> Row:
    """A positive multiple of an affine form on a hyperplane, without the first coordinate the latter has."""
    p = next(i for i, v in enumerate(plane) if v)
    scale, factor = plane[p], row[p]  # the scale is positive, see _sign
    if not factor:
        return row[:p] + row[p + 1 :]
    rest = [scale * v - factor * w for v, w in zip(row[p + 1 :], plane[p + 1 :], strict=True)]
    rest = [scale * v for v in row[:p]] + rest
    divisor = gcd(*rest)
    return tuple(v // divisor for v in rest) if divisor > 1 else tuple(rest)


def _positive_somewhere(forms: Sequence[Row]) -> bool:
    """Whether affine forms are positive together at some point.

    Maximise t where every form is at least t, by the simplex method in integers, and stop when t > 0. At the
    end of the method ``t = c - (nonnegative multiples of the slacks form - t >= 0)``, so t is at most c
    everywhere: that proves a "no", as the point where we stand proves a "yes". The method ends: a coordinate
    that has left the columns never comes back, and among slacks Bland's rule (least label) chooses.

    A row is (columns..., constant): a positive multiple of one slack, as an affine form of the variables of
    the columns, which are 0 where we stand. Only signs matter, so each row has a scale of its own.
    """
    if all(form[-1] > 0 for form in forms):
        return True  # at the origin
    n = len(forms[0]) - 1
    # Columns: the n coordinates, then the slack s of the form that is lowest at the origin, t = lowest - s.
    lowest = min(range(len(forms)), key=lambda i: forms[i][-1])
    low = forms[lowest]
    objective = [*low[:-1], -1, low[-1]]
    rows = {
        n + i: [*(v - w for v, w in zip(form[:-1], low[:-1], strict=True)), 1, form[-1] - low[-1]]
        for i, form in enumerate(forms)
        if i != lowest
    }
    labels = [*range(n), n + lowest]  # below n: a coordinate, of any sign
    while objective[-1] <= 0:
        useful = [j for j, label in enumerate(labels) if objective[j] > 0 or (label < n and objective[j] < 0)]
        if not useful:
            return False
        column = min(useful, key=labels.__getitem__)
        direction = 1 if objective[column] > 0 else -1
        leaving = -1
        for label, row in rows.items():
            if row[column] * direction < 0:
                # The row stops us at constant / |entry|: compare quotients, then labels.
                a = row[-1] * abs(rows[leaving][column]) if leaving >= 0 else -1
                b = rows[leaving][-1] * abs(row[column]) if leaving >= 0 else 0
                if a < b or (a == b and label < leaving):
                    leaving = label
        if leaving < 0:
            return True
        pivot = rows.pop(leaving)
        if labels[column] >= n:
            # It has the row "itself"; a coordinate needs none, as it may have any sign.
            rows[labels[column]] = [int(j == column) for j in range(n + 2)]
        labels[column] = leaving
        rows = {label: _exchange(row, pivot, column) for label, row in rows.items()}
        objective = _exchange(objective, pivot, column)
    return True


def _exchange(row: list[int], pivot: list[int], column: int) -> list[int]:
    """A row after the variable of a column has been replaced by the slack whose row is the pivot."""
    factor = row[column]
    if not factor:
        return row
    scale = pivot[column]
    if scale < 0:
        scale, factor = -scale, -factor
    row = [scale * v - factor * w for v, w in zip(row, pivot, strict=True)]
    row[column] = factor
    divisor = gcd(*row)
    return [v // divisor for v in row] if divisor > 1 else row


def _integers(values: Sequence[Fraction]) -> Row:
    """A positive multiple of rational numbers: coprime integers."""
    denominator = lcm(*(v.denominator for v in values))
    integers = [int(v * denominator) for v in values]
    divisor = gcd(*integers)
    return tuple(v // divisor for v in integers)


def _sign(row: Row) -> Row:
    """The multiple of a coprime row whose first nonzero entry is positive: one for each hyperplane."""
    return row if next((v for v in row if v), 1) > 0 else tuple(-v for v in row)
