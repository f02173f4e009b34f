"""The proof, region by region; :func:`polyregions.certify` tells what is proven and why that is enough."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from flint import fmpz_mat

from ..errors import TooLargeError
from .polytopes import Cell, NotACellError, Point, cell, inner_point
from .rational import RationalNetwork
from .report import Certificate, Statement
from .sides import between, domain_rows, is_within, volume
from .sums import ExactSum, FaceTally

if TYPE_CHECKING:
    from ..complex.region_complex import RegionComplex

#: Volumes and numbers of faces are compared up to this dimension; beyond, a region has too many of either.
SMALL_DIM = 4
#: The volumes' exact sum is a fraction of about this many bits at most; larger sums are left out.
SUM_BITS = 2**28

ARRAYS = "the arrays fit each other, the network and the domain"
DISTINCT = "the patterns are distinct"
INTERIOR = "the pattern holds at an inner point of the cell that the facets bound"
FACETS = "each facet has dimension d - 1"
REDUNDANT = "no facet is missing: every other constraint holds at all corners"
SHARED = "the facet is the same on both sides"
BEYOND = "beyond the facet lies the region that is listed"
WITNESSES = "the witness is an inner point, rounded"
COMPLETE = "no facet leads out of the list, which is complete"
VOLUMES = "the volumes add up to the volume of the domain"
FACES = "the numbers of faces alternate to 1, and are those given"

CLAIMS = (
    ARRAYS,
    DISTINCT,
    INTERIOR,
    FACETS,
    REDUNDANT,
    SHARED,
    BEYOND,
    WITNESSES,
    COMPLETE,
    VOLUMES,
    FACES,
)


class RejectedError(Exception):
    """A region fails a statement."""

    def __init__(self, claim: str, note: str) -> None:
        super().__init__(note)
        self.claim, self.note = claim, note


class Checker:
    """Counts what is proven and notes the first failure of each statement."""

    def __init__(self, cx: RegionComplex, progress: Callable[[int, int], None] | None) -> None:
        self.cx, self.progress = cx, progress
        self.dim = cx.box.dim
        self.network = RationalNetwork(cx.network.layers)
        self.proven: dict[str, int] = {}
        self.failed: dict[str, str] = {}
        self.skipped: dict[str, str] = {}
        # Facets seen from one side only so far, as sets of corners.
        self.waiting: dict[tuple[int, int], tuple[int, frozenset[Point]]] = {}
        self.reached: set[int] = set()
        self.rejected: set[int] = set()
        self.volumes = ExactSum()
        self.faces = FaceTally(self.dim)

    @cached_property
    def side_rows(self) -> list[list[int]]:
        """The sides of the domain, by their numbers."""
        return domain_rows(self.cx)

    @cached_property
    def sides(self) -> fmpz_mat:
        """The same, to multiply with."""
        return fmpz_mat(self.side_rows)

    def run(self) -> Certificate:
        """Check everything."""
        for check in (self._arrays, self._distinct):
            try:
                check()
            except RejectedError as failure:
                self.failed[failure.claim] = failure.note
                return self._report()
        explored = self.cx.n_explored
        for claim in (INTERIOR, FACETS, REDUNDANT, SHARED, WITNESSES, *([BEYOND] * (not self.cx.complete))):
            self.proven[claim] = 0
        for done, i in enumerate(self._order()):
            self._attempt(self._region, i)
            if self.progress is not None and (done % 64 == 0 or done + 1 == explored):
                self.progress(done + 1, explored)
        for pair, (i, _) in self.waiting.items():
            if not self.rejected & set(pair):  # else it has been told what is wrong
                j = pair[0] + pair[1] - i
                self.failed.setdefault(SHARED, f"region {j}: no facet leads back to region {i}")
        for j in range(explored, self.cx.n_regions):
            self._attempt(self._unexplored, j)
        self._sums()
        self._completeness()
        return self._report()

    def _attempt(self, check: Callable[[int], None], i: int) -> None:
        try:
            check(i)
        except RejectedError as failure:
            self.rejected.add(i)
            self.failed.setdefault(failure.claim, f"region {i}: {failure.note}")

    def _order(self) -> list[int]:
        """Explored regions with patterns that begin alike one after the other: they share work."""
        states = self.cx.states[: self.cx.n_explored]
        return sorted(range(len(states)), key=lambda i: states[i].tobytes())

    def _arrays(self) -> None:
        cx, d = self.cx, self.dim
        units = sum(layer.n_units for layer in self.network.layers if layer.has_states)

        def need(fits: bool, note: str) -> None:
            if not fits:
                raise RejectedError(ARRAYS, note)

        for name, kind in (
            ("states", "u"),
            ("witnesses", "f"),
            ("facet_offsets", "i"),
            ("facet_neighbors", "i"),
        ):
            array = getattr(cx, name)
            fits = isinstance(array, np.ndarray) and array.dtype.kind == kind and array.dtype.itemsize <= 8
            need(fits, f"{name} are not an array of the right type")
        need(isinstance(cx.complete, bool), "complete is neither True nor False")
        need(self.network.dim == d, "the box has another dimension than the network's input")
        n, offsets, across = cx.states.shape[0] if cx.states.ndim else 0, cx.facet_offsets, cx.facet_neighbors
        need(n >= 1, "there is no region")
        need(cx.states.shape == (n, units), f"states have shape {cx.states.shape}, not {(n, units)}")
        need(cx.witnesses.shape == (n, d), f"witnesses have shape {cx.witnesses.shape}, not {(n, d)}")
        # A region that was found and not explored may have none.
        missing = np.isnan(cx.witnesses).all(axis=1) & (np.arange(n) >= offsets.size - 1)
        need(bool(np.isfinite(cx.witnesses[~missing]).all()), "a witness is not finite")
        ranges = [layer.n_states for layer in cx.network.layers]
        need(not units or bool((cx.states < np.concatenate(ranges)).all()), "a unit is in a state it has not")
        need(offsets.ndim == 1 and 1 <= offsets.size <= n + 1, "facet_offsets do not fit the regions")
        need(across.ndim == 1, "facet_neighbors are not a list")
        cut = offsets[0] == 0 and offsets[-1] == across.size and bool((offsets[1:] >= offsets[:-1]).all())
        need(cut, "facet_offsets do not cut facet_neighbors into parts")
        need(is_within(cx.polytope, cx.box), "the polytope is none in this box")
        valid = (across >= -len(self.side_rows)) & (across < n)
        need(bool(valid.all()), "across a facet is neither a region nor a side of the domain")
        need(not cx.complete or offsets.size == n + 1, "called complete, but some regions are not explored")
        need(cx.complete != bool(cx.stopped), "it is called complete and stopped, or neither")
        self.proven[ARRAYS] = 1

    def _distinct(self) -> None:
        seen: dict[bytes, int] = {}
        for i, row in enumerate(self.cx.states):
            first = seen.setdefault(row.tobytes(), i)
            if first != i:
                raise RejectedError(DISTINCT, f"regions {first} and {i} have the same")
        self.proven[DISTINCT] = len(seen)

    def _region(self, i: int) -> None:
        cx = self.cx
        pattern = cx.states[i].tolist()
        layers = self.network.under(pattern)
        neighbors = cx.facet_neighbors[cx.facet_offsets[i] : cx.facet_offsets[i + 1]].tolist()
        rows = [self._facet_row(i, j, pattern, layers) for j in neighbors]
        own = _cell(rows)
        for j, tight in zip(neighbors, own.tight, strict=True):
            if len(tight) < self.dim or fmpz_mat([own.corners[k] for k in tight]).rank() < self.dim:
                raise RejectedError(FACETS, f"that towards {_across(j)} has a lower one")
        if len(set(own.tight)) < len(rows):
            raise RejectedError(FACETS, "one stands twice")
        self._interior(own, pattern)
        on_sides = self._other_constraints(own, layers)
        self.proven[FACETS] += len(rows)
        for j, row, tight in zip(neighbors, rows, own.tight, strict=True):
            self._across(i, j, row, [own.corners[k] for k in tight])
        self._witness(i, rows)
        self.proven[WITNESSES] += 1
        if cx.complete and self.dim <= SMALL_DIM:
            if self.volumes.bits < SUM_BITS:
                self.volumes.add(own.volume())
            self.faces.add(own, on_sides)

    def _interior(self, own: Cell, pattern: list[int]) -> None:
        if self.network.states_at(inner_point(own.corners)) != pattern:
            raise RejectedError(INTERIOR, "another pattern holds there")
        self.proven[INTERIOR] += 1

    def _facet_row(self, i: int, j: int, pattern: list[int], layers: list[Any]) -> list[Any]:
        """The half-space of a facet: that of the first unit that changes across it, or of a side."""
        if j < 0:
            if not any(self.side_rows[-1 - j][:-1]):
                raise RejectedError(FACETS, f"{_across(j)} is all of space")
            return self.side_rows[-1 - j]
        changed = np.flatnonzero(self.cx.states[i] != self.cx.states[j])
        if not changed.size:
            raise RejectedError(FACETS, "one leads back to the same region")
        unit = int(changed[0])
        here, there = pattern[unit], int(self.cx.states[j, unit])
        for layer, z, _ in layers:
            if not layer.has_states:
                continue
            if unit < layer.n_units:
                row = layer.border(z, unit, here, there)
                if not any(row[:-1]):
                    raise RejectedError(FACETS, f"the one towards {_across(j)} has no hyperplane")
                return list(row)
            unit -= layer.n_units
        raise AssertionError("a changed unit is in one of the layers")

    def _other_constraints(self, own: Cell, layers: list[Any]) -> list[int]:
        """Check all constraints at all corners; return on which sides each corner is, as bits."""
        corners = fmpz_mat(own.corners).transpose()
        for _, _, constraints in layers:
            if constraints.nrows() and min((constraints * corners).entries()) < 0:
                raise RejectedError(REDUNDANT, "the cell of its facets reaches beyond its pattern")
            self.proven[REDUNDANT] += constraints.nrows()
        values = (self.sides * corners).tolist()
        if min(v for row in values for v in row) < 0:
            raise RejectedError(REDUNDANT, "the cell of its facets reaches beyond the domain")
        self.proven[REDUNDANT] += self.sides.nrows()
        # A row of zeros is no hyperplane, and holds no corner.
        real = [(s, row) for s, row in enumerate(values) if any(self.side_rows[s][:-1])]
        return [sum(1 << s for s, row in real if row[k] == 0) for k in range(len(own.corners))]

    def _witness(self, i: int, rows: list[list[Any]]) -> None:
        """The witness lies in the interior, or the points that round to it reach into the interior."""
        x = [Fraction(v) for v in self.cx.witnesses[i].tolist()]
        scale = max(v.denominator for v in x)  # powers of two
        point = fmpz_mat([[int(v * scale)] for v in x] + [[scale]])
        if min((fmpz_mat(rows) * point).entries()) > 0:
            return
        rounded = []
        for j, v in enumerate(self.cx.witnesses[i].tolist()):
            rounded += between(self.dim, j, *rounding_interval(v))
        try:
            cell([*rows, *rounded])
        except NotACellError as failure:
            raise RejectedError(WITNESSES, "no inner point of the region rounds to it") from failure

    def _across(self, i: int, j: int, row: list[Any], corners: list[Point]) -> None:
        """Check what lies beyond a facet of region i that is said to lead to j."""
        if j < 0:
            return
        if j >= self.cx.n_explored:
            inner, outwards = inner_point(corners), [-v for v in row[:-1]]
            if min((self.sides * fmpz_mat([[v] for v in inner])).entries()) <= 0:
                raise RejectedError(BEYOND, f"the end of the box, not region {j}")
            if self.network.states_beyond(inner, outwards) != self.cx.states[j].tolist():
                raise RejectedError(BEYOND, f"another pattern than that of region {j}")
            self.reached.add(j)
            self.proven[BEYOND] += 1
            return
        pair, face = (min(i, j), max(i, j)), frozenset(corners)
        first, other = self.waiting.setdefault(pair, (i, face))
        if first == i and other is not face:
            raise RejectedError(SHARED, f"two facets lead to region {j}")
        if first != i:
            del self.waiting[pair]
            if other != face:
                raise RejectedError(SHARED, f"the facet towards region {j} is another one there")
            self.proven[SHARED] += 1

    def _unexplored(self, j: int) -> None:
        """A listed region whose facets are not: it exists, and its witness, if it has one, is in it."""
        pattern = self.cx.states[j].tolist()
        parts = [constraints.tolist() for _, _, constraints in self.network.under(pattern)]
        rows = [row for part in (*parts, self.side_rows) for row in part if any(row)]
        if not np.isnan(self.cx.witnesses[j]).any():
            self._witness(j, rows)
            self.proven[WITNESSES] += 1
        if j not in self.reached:
            self._interior(_cell(rows), pattern)

    def _completeness(self) -> None:
        """By now everything else is known: nothing that failed may be called complete."""
        if not self.cx.complete:
            self.skipped[COMPLETE] = f"the result is partial: {self.cx.stopped}"
        elif self.failed:
            self.skipped[COMPLETE] = "something above failed"
        else:
            self.proven[COMPLETE] = self.cx.n_regions

    def _sums(self) -> None:
        cx = self.cx
        if not cx.complete or self.failed:
            return
        if self.dim > SMALL_DIM:
            self.skipped[VOLUMES] = self.skipped[FACES] = f"only for up to {SMALL_DIM} inputs"
            return
        if self.volumes.bits >= SUM_BITS:
            self.skipped[VOLUMES] = "the exact sum would be too long"
        else:
            self._volumes()
        pairs = self.proven[SHARED]
        closed, inside = self.faces.counts(pairs, len(cx.facet_neighbors) - 2 * pairs, cx.n_regions)
        if _alternating(closed) != 1 or _alternating(inside) != (-1) ** self.dim:
            self.failed[FACES] = f"they are {closed}, {inside} of them inside"
        elif cx.f_vector is not None and list(cx.f_vector) != inside:
            self.failed[FACES] = f"{inside} are inside, not {list(cx.f_vector)}"
        else:
            self.proven[FACES] = sum(closed)

    def _volumes(self) -> None:
        try:
            whole = volume(self.cx)
        except TooLargeError:
            self.skipped[VOLUMES] = "the polytope has too many corners"
            return
        if self.volumes.equals(whole):
            self.proven[VOLUMES] = self.cx.n_regions
        else:
            self.failed[VOLUMES] = "they do not"

    def _report(self) -> Certificate:
        statements = []
        for claim in CLAIMS:
            if claim in self.failed:
                statements.append(Statement(claim, "no", self.proven.get(claim, 0), self.failed[claim]))
            elif claim in self.skipped:
                statements.append(Statement(claim, "not checked", 0, self.skipped[claim]))
            elif self.proven.get(claim, 1) == 0 and not self.cx.n_explored:
                statements.append(Statement(claim, "not checked", 0, "no region is explored"))
            elif claim in self.proven:
                statements.append(Statement(claim, "yes", self.proven[claim]))
        regions = len(self.cx.states) if ARRAYS in self.proven else 0
        return Certificate(tuple(statements), regions, COMPLETE in self.proven)


def _cell(rows: list[list[Any]]) -> Cell:
    """The cell of a region's rows."""
    try:
        return cell(rows)
    except NotACellError as failure:
        raise RejectedError(INTERIOR, str(failure)) from failure


def rounding_interval(value: float) -> tuple[Fraction, Fraction]:
    """The ends of the interval of numbers that round to a float64."""
    near = Fraction(value)
    below, above = (math.nextafter(value, towards) for towards in (-math.inf, math.inf))
    # Next to the largest float64 lies infinity: then the step is that on the other side.
    step_below = near - Fraction(below) if math.isfinite(below) else Fraction(above) - near
    step_above = Fraction(above) - near if math.isfinite(above) else step_below
    return near - step_below / 2, near + step_above / 2


def _alternating(counts: list[int]) -> int:
    return sum((-1) ** k * n for k, n in enumerate(counts))


def _across(j: int) -> str:
    return f"region {j}" if j >= 0 else f"side {-1 - j} of the domain"
