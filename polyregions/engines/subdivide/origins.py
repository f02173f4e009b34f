"""Where the pieces of a part come from: what it takes to put the parts together again.

A face on the border of two parts is cut in both. The faces inside it are listed in an order that depends on
the face and the hyperplanes that cut it alone, not on the groups in which they come: so they are known by
their places in that order.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...base.arrays import FloatArray, IntArray
from ...complex.patterns import Cut
from ...complex.vertices import Store
from .face_table import NewFaces, list_inside

_NUMBERS = count()
#: A form's key is the number of the part that made it times this, and its place among those of the part.
FORMS = 2**32


@dataclass(frozen=True)
class Tracked:
    """The faces inside faces that a part began with, of those that others have, too.

    Attributes
    ----------
    keys : int32 (n,), ascending
        Places of the faces that the part began with, among ``faces``.
    pieces : int64 (n,)
        The faces inside each, in an order that is the same wherever the face is cut.
    faces : int64 (m,)
        Numbers of the tracked faces in the part that was divided.
    """

    keys: IntArray
    pieces: IntArray
    faces: IntArray

    @classmethod
    def begin(cls, faces: IntArray, shared: NDArray[np.bool_], above: Tracked | None, total: int) -> Tracked:
        """Those of a part that has some faces of another, which has so many.

        ``shared`` says which of them a sibling has; those of ``above`` are tracked, too.
        """
        if above is not None:
            outer = np.zeros(total, dtype=np.bool_)
            outer[above.pieces] = True
            shared = shared | outer[faces]
        own = np.flatnonzero(shared)
        return cls(np.arange(own.size), own, faces[own])

    def follow(self, new: NewFaces) -> Tracked:
        """Go over to the faces that a group has made."""
        counts, listed = np.empty(self.pieces.size, dtype=np.int64), np.empty(len(new.table), dtype=np.int64)
        end = list_inside(self.pieces, new.piece_of, new.inside, counts, listed)
        return Tracked(np.repeat(self.keys, counts), listed[:end].copy(), self.faces)

    def merged(self, number: IntArray) -> Tracked:
        """Go over to merged faces, given the new number of each."""
        pieces = number[self.pieces]
        kept = np.sort(np.unique(pieces, return_index=True)[1])
        return Tracked(self.keys[kept], pieces[kept], self.faces)


class NewForms(NamedTuple):
    """Forms that a step has made, see :class:`polyregions.complex.vertices.Store`."""

    forms: FloatArray
    errors: FloatArray
    source: NDArray[np.int32]


class Events:
    """What a part has made that others name, in order: forms, and cuts.

    Attributes
    ----------
    number : int
        Of the part.
    keys : int64 (forms of the part,)
        Which part made each form, and as which.
    made : list
        Forms that a step made, or its cut.
    """

    def __init__(self, store: Store | None = None) -> None:
        self.number = next(_NUMBERS)
        self.keys = np.empty(0, dtype=np.int64)
        self.made: list[NewForms | Cut] = []
        self._count = 0
        if store is not None:
            self.add_forms(store, 0)

    def add_forms(self, store: Store, base: int) -> None:
        """Forms were made, from number ``base`` on."""
        own = store.forms[base:].copy(), store.errors[base:].copy(), store.source[base:].copy()
        self.made.append(NewForms(*own))
        n = len(store.errors) - base
        keys = FORMS * self.number + np.arange(self._count, self._count + n)
        self.keys = np.concatenate([self.keys, keys])
        self._count += n

    def add_cut(self, cut: Cut) -> None:
        """A step is done."""
        self.made.append(cut)

    def beneath(self) -> Events:
        """Those of a part of this one, at first."""
        other = Events()
        other.keys = self.keys
        return other

    def keep(self, forms: IntArray) -> None:
        """Go over to some of the forms."""
        self.keys = self.keys[forms]
