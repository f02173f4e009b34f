"""Parts that have gone through all layers, put together: one complex, its vertices, and what the steps did.

Parts are put one after the other. A face on the border of two was cut in both, and the faces inside it are
known by their places (:mod:`polyregions.engines.subdivide.origins`): those of a later part are those of the
first one that has them. So faces, cells and vertices come in the order in which parts own them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import IntArray
from ...base.kernels import BoolVector, Int8Vector, Int32Matrix, Int32Vector, Int64Vector, int64, kernel
from ...complex.packed_states import PackedStates
from ...complex.patterns import Cut
from ...complex.topology import Cells, FaceLists
from ...complex.vertices import Store
from ...errors import CheckFailedError, TooLargeError
from .group_cut import MOST_FACES
from .growth import Branch
from .origins import FORMS, Events, NewForms, Tracked
from .part import CellPart


class Joined(NamedTuple):
    """A complex, its vertices, and what the steps did that parts have gone through."""

    cells: Cells
    store: Store
    cuts: list[Cut]


class FacesInside(NamedTuple):
    """For some faces of a divided part the faces inside each: ``counts`` of them, one after the other."""

    faces: IntArray
    counts: IntArray
    inside: IntArray


@dataclass
class _Steps:
    """Forms and cuts of all parts, in order."""

    forms: list[NewForms] = field(default_factory=list)
    first_form: dict[int, int] = field(default_factory=dict)
    total: int = 0
    cuts: dict[int, list[Cut]] = field(default_factory=dict)
    cells: dict[int, int] = field(default_factory=dict)

    def add(self, events: Events | None, base: int) -> int:
        """Add those of a part whose cells are counted from ``base``; return where they are counted from."""
        assert events is not None
        self.first_form[events.number] = self.total
        for made in events.made:
            if isinstance(made, NewForms):
                if base:
                    made.source[:, 1] += np.int32(base)
                self.forms.append(made)
                self.total += len(made.errors)
            else:
                before = self.cells.get(made.step, 0)
                cell_of = made.cell_of + np.int32(base)
                self.cuts.setdefault(made.step, []).append(_with_cells(made, cell_of))
                self.cells[made.step] = before + len(cell_of)
                base = before
        return base

    def numbers(self, keys: IntArray) -> NDArray[np.int32]:
        """Numbers of the forms with such keys."""
        part, place = np.divmod(keys, FORMS)
        own, which = np.unique(part, return_inverse=True)
        first = np.array([self.first_form[number] for number in own.tolist()], dtype=np.int64)
        return (first[which] + place).astype(np.int32)

    def joined(self) -> list[Cut]:
        """What each step did."""
        return [_joined(cuts) for _, cuts in sorted(self.cuts.items())]


def join(root: Branch, before: list[Cut], *, in_order: bool = False) -> Joined:
    """Put together what is done of a branch, after some earlier cuts.

    Parameters
    ----------
    in_order : bool
        Leave out what comes after the first part that is not done.

    Notes
    -----
    Where a branch is not done as a whole, its faces are not compared with those of its siblings: faces on
    such borders are there twice.
    """
    steps = _Steps()
    done: list[tuple[CellPart, int]] = []
    same: list[tuple[IntArray, IntArray]] = []

    def visit(branch: Branch, base: int, faces: int) -> tuple[FacesInside | None, int]:
        tracked = branch.tracked
        base = steps.add(branch.events, base)
        if branch.is_done:
            part = branch.begin()
            done.append((part, faces))
            lists = None
            if tracked is not None:
                counts = np.bincount(tracked.keys, minlength=tracked.faces.size)
                lists = FacesInside(tracked.faces, counts, faces + tracked.pieces)
            return lists, faces + part.cells.dim.size
        found = []
        for child in branch.children:
            if child.events is not None:
                lists, faces = visit(child, base, faces)
                if lists is not None and child.is_whole:
                    found.append(lists)
            if in_order and not child.is_whole:
                break
        return _match(tracked, found, same), faces

    _, total = visit(root, 0, 0)
    other = np.full(total, -1, dtype=np.int64)
    for again, first in same:
        other[again] = first
    if root.is_whole and (np.concatenate([part.owned for part, _ in done]) == (other >= 0)).any():
        raise CheckFailedError(
            "a face on a border is missing in one part; this is a defect, please report it"
        )
    return _assembled(done, steps, before, _numbers(other), other < 0)


def _match(
    tracked: Tracked | None, found: list[FacesInside], same: list[tuple[IntArray, IntArray]]
) -> FacesInside | None:
    """Note which faces of the parts of a part are the same; return those inside what it tracks itself."""
    if not found:
        return None
    faces, counts, inside = (np.concatenate(own) for own in zip(*found, strict=True))
    starts = np.cumsum(counts) - counts
    first = np.full(int(faces.max(initial=0)) + 1, -1, dtype=np.int64)
    first[faces[::-1]] = np.arange(faces.size - 1, -1, -1)  # what is written last stays
    owner = first[faces]
    if (counts != counts[owner]).any():
        raise CheckFailedError("a face has other pieces in another part; this is a defect, please report it")
    again = np.flatnonzero(owner != np.arange(owner.size))
    n = counts[again]
    same.append((inside[_ranges(starts[again], n)], inside[_ranges(starts[owner[again]], n)]))
    if tracked is None:
        return None
    pieces = np.minimum(tracked.pieces, first.size - 1)
    here = first[pieces]
    own_counts = np.where((here >= 0) & (pieces == tracked.pieces), counts[here], 0)
    own = np.bincount(tracked.keys, weights=own_counts, minlength=tracked.faces.size)
    return FacesInside(tracked.faces, own.astype(np.int64), inside[_ranges(starts[here], own_counts)])


def _ranges(starts: IntArray, counts: IntArray) -> IntArray:
    """The numbers from each start on, so many of each."""
    ends = np.cumsum(counts)
    total = int(ends[-1]) if ends.size else 0
    return np.arange(total) + np.repeat(starts - ends + counts, counts)


def _numbers(other: IntArray) -> IntArray:
    """The number of each face of all parts in the whole, given the other face that it is, or -1."""
    owned = other < 0
    number = np.cumsum(owned) - 1
    if number[-1] >= MOST_FACES:
        raise TooLargeError(f"the complex has more than {MOST_FACES:,} faces; take a smaller box")
    shared = np.flatnonzero(~owned)
    target = other[shared]
    # A face may be that of a part which has it from another one.
    while (chained := np.flatnonzero(~owned[target])).size:
        target[chained] = other[target[chained]]
    number[shared] = number[target]
    return number


def _assembled(
    done: list[tuple[CellPart, int]],
    steps: _Steps,
    before: list[Cut],
    number: IntArray,
    owned: NDArray[np.bool_],
) -> Joined:
    """Put the faces that each part owns one after the other."""
    ends = [base + part.cells.dim.size for part, base in done]
    own_faces = [owned[base:end] for (_, base), end in zip(done, ends, strict=True)]
    d = done[0][0].cells.dimension
    faces = int(number.max()) + 1
    pool_size, corners = 0, 0
    for (part, _), chosen in zip(done, own_faces, strict=True):
        pool_size += int(part.cells.size[chosen].sum())
        corners += int(np.count_nonzero(chosen & (part.cells.dim == 0)))
    if pool_size > MOST_FACES:
        raise TooLargeError("the complex has too many faces for their numbers; take a smaller box")
    dim, planes = np.empty(faces, dtype=np.int8), np.empty((faces, d), dtype=np.int32)
    lists = FaceLists(*(np.empty(n, dtype=np.int32) for n in (faces, faces, pool_size)))
    points, radii = np.empty((corners, d + 1)), np.empty(corners)
    its_planes = np.empty((corners, d), dtype=np.int32)
    tops, used = [], np.zeros(3, dtype=np.int64)
    for (part, base), chosen in zip(done, own_faces, strict=True):
        cells, own = part.cells, number[base : base + part.cells.dim.size]
        assert part.events is not None
        forms = np.append(steps.numbers(part.events.keys), np.int32(-1))
        vertex = int(used[2])
        taken = np.empty(part.corners, dtype=np.int64)
        new = Whole(dim, planes, lists, used)
        append_faces(cells.dim, cells.planes, cells.lists, chosen, own, forms, taken, new)
        taken = taken[: used[2] - vertex]
        store, here = part.vertices.store, slice(vertex, int(used[2]))
        points[here], radii[here], its_planes[here] = (
            store.points[taken],
            store.radii[taken],
            forms[store.planes[taken]],
        )
        tops.append(own[cells.top])
    sources = (np.concatenate([getattr(made, name) for made in steps.forms]) for name in NewForms._fields)
    whole = Cells(dim, *lists, planes, np.concatenate(tops))
    return Joined(whole, Store(points, radii, its_planes, *sources), [*before, *steps.joined()])


class Whole(NamedTuple):
    """The faces of all parts; ``used (3,)`` counts faces, what is used of the pool, and vertices."""

    dim: Int8Vector
    planes: Int32Matrix
    lists: FaceLists
    used: Int64Vector


@kernel(bare=True)
def append_faces(
    dim: Int8Vector,
    planes: Int32Matrix,
    lists: FaceLists,
    owned: BoolVector,
    number: Int64Vector,
    forms: Int32Vector,
    corners: Int64Vector,
    new: Whole,
) -> None:
    """Append the owned faces of a part, by new numbers of faces and forms; list its vertices, by theirs."""
    start, size, pool = new.lists
    used, n = new.used, 0
    for f in range(dim.size):
        if not owned[f]:
            continue
        face = used[0]
        used[0] = face + 1
        new.dim[face], size[face] = dim[f], lists.size[f]
        for j in range(planes.shape[1]):
            new.planes[face, j] = forms[planes[f, j]]
        if dim[f] == 0:
            corners[n] = lists.start[f]
            start[face] = used[2]
            used[2] += 1
            n += 1
            continue
        start[face] = used[1]
        for i in range(int64(lists.start[f]), int64(lists.start[f]) + int64(lists.size[f])):
            pool[used[1]] = number[lists.pool[i]]
            used[1] += 1


def _with_cells(cut: Cut, cell_of: NDArray[np.int32]) -> Cut:
    return Cut(cut.step, cut.layer, cut.unit, cell_of, cut.states, cut.units)


def _joined(cuts: list[Cut]) -> Cut:
    """What a step did on all parts."""
    first = cuts[0]
    states: PackedStates = first.states.with_rows(np.concatenate([cut.states.packed for cut in cuts]))
    cell_of = np.concatenate([cut.cell_of for cut in cuts])
    return Cut(first.step, first.layer, first.unit, cell_of, states, first.units)
