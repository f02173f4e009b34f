"""What is added up over all regions: exact volumes, and faces, each once."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq, fmpz

from .polytopes import Cell, Point


class ExactSum:
    """A sum of fractions with many different denominators.

    Added one by one, each step would be as long as the sum. So sums of equally many terms are joined first,
    as in a binary counter, and nothing is reduced.
    """

    def __init__(self) -> None:
        self.bits = 0
        self._parts: list[tuple[int, fmpz, fmpz]] = []  # (terms, numerator, denominator)

    def add(self, term: fmpq) -> None:
        """Add one fraction."""
        part = (1, term.p, term.q)
        self.bits += term.q.bit_length()
        while self._parts and self._parts[-1][0] == part[0]:
            part = _join(self._parts.pop(), part)
        self._parts.append(part)

    def equals(self, value: Fraction) -> bool:
        """Whether the sum is this."""
        total = (0, fmpz(0), fmpz(1))
        for part in reversed(self._parts):
            total = _join(total, part)
        return bool(total[1] * value.denominator == total[2] * value.numerator)


def _join(a: tuple[int, fmpz, fmpz], b: tuple[int, fmpz, fmpz]) -> tuple[int, fmpz, fmpz]:
    return a[0] + b[0], a[1] * b[2] + b[1] * a[2], a[2] * b[2]


class FaceTally:
    """All faces of dimension 0, ..., d - 2 of some cells that fit together, each once."""

    def __init__(self, dim: int) -> None:
        self.dim = dim
        self._points: dict[Point, int] = {}
        self._sides: list[int] = []  # of each point: the sides of the box that hold it, as bits
        self._faces: list[dict[frozenset[int], bool]] = [{} for _ in range(dim - 1)]  # face -> is it inside

    def add(self, cell: Cell, on_sides: list[int]) -> None:
        """Add the faces of a cell; ``on_sides`` are the sides of the box that hold each corner, as bits."""
        if self.dim == 1:
            return
        numbers = []
        for point, sides in zip(cell.corners, on_sides, strict=True):
            number = self._points.setdefault(point, len(self._points))
            if number == len(self._sides):
                self._sides.append(sides)
            numbers.append(number)
        level = set(cell.tight)
        for k in range(self.dim - 2, -1, -1):
            if k == 0:
                level = {frozenset([c]) for c in range(len(numbers))}
            else:
                level = {facet for face in level for facet in cell.facets_of(face)}
            for face in level:
                sides = -1
                for c in face:
                    sides &= on_sides[c]
                self._faces[k][frozenset(numbers[c] for c in face)] = sides == 0

    def counts(self, inner_facets: int, outer_facets: int, cells: int) -> tuple[list[int], list[int]]:
        """Numbers of faces of dimension 0, ..., d: of the closed box, and of those that meet the open box."""
        closed = [*(len(faces) for faces in self._faces), inner_facets + outer_facets, cells]
        inside = [*(sum(faces.values()) for faces in self._faces), inner_facets, cells]
        return closed, inside
