"""A complex of convex cells as pure topology: faces, their boundaries, and how they are cut.

Faces of all dimensions share one numbering. Face f has dimension ``dim[f]`` and the boundary
``pool[start[f] : start[f] + size[f]]``, its faces of one dimension less (an edge: two vertices; a vertex:
none). Nothing here knows coordinates, networks or numbers: what is cut is told by *signs*.

Cutting
-------
Let hyperplanes 0, 1, ... be given by the sign of each at every vertex. A face is cut by a hyperplane iff it
has vertices strictly on both sides: two bit masks per face, the OR of those of its vertices, tell. A
cut face F becomes F+ and F-, and gains ``F0 = F n {z = 0}``, one dimension lower, whose boundary is

* the F0 of every cut face of F's boundary, and
* every face of the boundary's boundary that lies in {z = 0} already, once.

A face that only touches the hyperplane stays whole. An edge's F0 is a new vertex.

The faces of one cell after the other are cut, hyperplane after hyperplane, edges first. A face that bounds
several cells is cut with the first of them; then its pieces are in the boundaries of the others' faces.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..base.kernels import Int8Vector, Int32Matrix, Int32Vector, Int64Vector, int64, kernel

Int32Array = NDArray[np.int32]
Int64Array = NDArray[np.int64]


class FaceLists(NamedTuple):
    """The boundaries of all faces: that of face f is ``pool[start[f] : start[f] + size[f]]``."""

    start: Int32Vector
    size: Int32Vector
    pool: Int32Vector


@dataclass
class Cells:
    """Faces of a complex of dimension d; see the module.

    Attributes
    ----------
    dim : int8 (faces,)
    start, size : int32 (faces,)
        Boundary of each face in ``pool``. A vertex has ``start`` = its number among the vertices.
    pool : int32
        Faces.
    planes : int32 (faces, d)
        The first d - dim are hyperplanes whose intersection is the face's flat.
    top : int64 (cells,)
        The faces of dimension d, in the order in which cells are numbered.
    """

    dim: NDArray[np.int8]
    start: Int32Array
    size: Int32Array
    pool: Int32Array
    planes: Int32Array
    top: Int64Array
    _by_dim: dict[int, Int64Array] = field(default_factory=dict, repr=False)

    @classmethod
    @cache
    def box(cls, d: int) -> Cells:
        """The 3^d faces of a cube; its hyperplanes are its sides, 2 j the lower, 2 j + 1 the upper.

        Vertex number v is the corner with coordinate j at its upper side if bit j of v is set.
        """
        # A face is a word over {lower, upper, free}; digits base 3.
        words = [[(code // 3**j) % 3 for j in range(d)] for code in range(3**d)]
        words.sort(key=lambda word: (word.count(2), word))
        number = {tuple(word): f for f, word in enumerate(words)}
        dim, start, size, planes = [], [], [], []
        pool: list[int] = []
        for word in words:
            k = word.count(2)
            fixed = [2 * j + word[j] for j in range(d) if word[j] != 2]
            boundary = []
            for j in range(d):
                if word[j] == 2:
                    ends = [(*word[:j], side, *word[j + 1 :]) for side in (0, 1)]
                    boundary += [number[end] for end in ends]
            dim.append(k)
            start.append(len(pool) if k else sum(word[j] << j for j in range(d)))
            size.append(len(boundary))
            pool += boundary
            planes.append(fixed + [-1] * (d - len(fixed)))
        return cls(
            np.array(dim, dtype=np.int8),
            np.array(start, dtype=np.int32),
            np.array(size, dtype=np.int32),
            np.array(pool, dtype=np.int32),
            np.array(planes, dtype=np.int32).reshape(len(words), d),
            np.array([len(words) - 1]),
        )

    @property
    def dimension(self) -> int:
        """Dimension d of the complex."""
        return int(self.planes.shape[1])

    @property
    def lists(self) -> FaceLists:
        """The boundaries, as kernels take them."""
        return FaceLists(self.start, self.size, self.pool)

    def faces(self, k: int) -> Int64Array:
        """Numbers of the k-faces, ascending."""
        if k not in self._by_dim:
            self._by_dim[k] = np.flatnonzero(self.dim == k)
        return self._by_dim[k]

    def corners(self, f: int) -> set[int]:
        """The vertices of a face."""
        faces = {f}
        for _ in range(int(self.dim[f])):
            faces = {int(b) for g in faces for b in self.boundary(g)}
        return faces

    def boundaries(self, faces: Int64Array) -> Int32Array:
        """Boundaries of the faces, one after the other; ``size[faces]`` of each."""
        counts = self.size[faces].astype(np.int64)
        ends = np.cumsum(counts)
        within = np.arange(ends[-1] if ends.size else 0) - np.repeat(ends - counts, counts)
        return np.asarray(self.pool[np.repeat(self.start[faces].astype(np.int64), counts) + within])

    def boundary(self, f: int) -> Int32Array:
        """Faces of dimension one less in the boundary of face f."""
        return self.pool[self.start[f] : self.start[f] + self.size[f]]

    def homes(self, *, last: bool = False) -> Int32Array:
        """Number of a cell around each face, the first of them, or the last; shape (faces,)."""
        numbers = np.arange(self.top.size, dtype=np.int32)
        homes = self.closure(self.top[::-1], numbers[::-1]) if last else self.closure(self.top, numbers)
        return homes[1]

    def closure(self, faces: Int64Array, marks: Int32Array) -> tuple[Int64Array, Int32Array]:
        """Faces, their boundaries, the boundaries of these, and so on.

        Parameters
        ----------
        faces : int64 (n,)
            Different ones of one dimension.
        marks : int32 (n,), 0 or more
            For each of them.

        Returns
        -------
        listed : int64
            These faces in order, then those of their boundaries in the order in which they have them, ...
        marks : int32 (faces,)
            Of each face that of the first of the given faces that has it, or -1 where none has.
        """
        order, known = np.empty(self.dim.size, dtype=np.int64), np.full(self.dim.size, -1, dtype=np.int32)
        order[: len(faces)], known[faces] = faces, marks
        return order[: list_closure(order, len(faces), self.lists, known)], known

    def part(self, faces: Int64Array, top: Int64Array) -> Cells:
        """Some of the faces, with each those of its boundary, as a complex with some cells of its own.

        Face k of it is ``faces[k]`` of this one. Vertices have the same numbers.
        """
        number = np.empty(self.dim.size, dtype=np.int32)
        number[faces] = np.arange(faces.size, dtype=np.int32)
        dim, planes = self.dim[faces], self.planes[faces]
        start, size = self.start[faces], self.size[faces]
        pool = np.empty(int(size.sum()), dtype=np.int32)
        renumber_boundaries(faces, self.lists, number, dim, FaceLists(start, size, pool))
        return Cells(dim, start, size, pool, planes, number[top].astype(np.int64))

    def merge(self, groups: Int64Array) -> tuple[Cells, Int64Array, Int64Array]:
        """Merge the faces of each group into one.

        Parameters
        ----------
        groups : int64 (faces,)
            From 0, without gaps: the relative interiors of the faces of one group, of all dimensions, make
            up the relative interior of one convex face.

        Returns
        -------
        cells : Cells
        pieces : int64 (faces of ``cells``,)
            For each of them an old face that is a piece of it, of the same dimension.
        number : int64 (faces,)
            For each old face the one that it is now a part of.
        """
        # All below is in terms of places in this order, so that the result does not depend on numbers.
        order = self.closure(self.top, np.zeros(self.top.size, dtype=np.int32))[0]
        dims = self.dim[order]
        group = groups[order]
        dim = np.full(group.max() + 1, -1, dtype=np.int8)
        np.maximum.at(dim, group, dims)
        whole = np.flatnonzero(dims == dim[group])  # the pieces of full dimension
        # Number the groups by their first piece.
        first = np.full(dim.size, order.size, dtype=np.int64)
        np.minimum.at(first, group[whole], whole)
        ranked = np.argsort(first)
        rank = np.empty(dim.size, dtype=np.int64)
        rank[ranked] = np.arange(dim.size)
        number = rank[groups]
        dim, pieces = dim[ranked], order[first[ranked]]
        # Boundary of a group: the groups around its pieces, in the order in which these have them.
        thick = order[whole[dims[whole] > 0]]
        thick = thick[np.argsort(number[thick], kind="stable")]
        start, size = self.start[pieces], np.zeros(dim.size, dtype=np.int32)
        pool = np.empty(int(self.size[thick].sum()), dtype=np.int32)
        met = np.full(dim.size, -1, dtype=np.int64)
        end = join_boundaries(thick, number, self.lists, met, FaceLists(start, size, pool))
        top = np.flatnonzero(dim == self.dimension)
        return Cells(dim, start, size, pool[:end].copy(), self.planes[pieces], top), pieces, number


@kernel
def pass_down(faces: Int64Vector, lists: FaceLists, homes: Int32Vector) -> None:
    """Give the boundary of each face its home, if that is lower."""
    start, size, pool = lists
    for f in faces:
        for i in range(start[f], start[f] + size[f]):
            homes[pool[i]] = min(homes[pool[i]], homes[f])


@kernel(bare=True)
def list_closure(order: Int64Vector, listed: int, lists: FaceLists, marks: Int32Vector) -> int:
    """Go on with a list of faces: the boundary of each one in it, with its mark, unless that is marked.

    ``marks (faces,)`` are -1 for faces that are not in the list. Returns how long it is.
    """
    start, size, pool = lists
    place, end = 0, listed
    while place < end:
        f = order[place]
        for i in range(start[f], start[f] + size[f]):
            b = int64(pool[i])
            if marks[b] < 0:
                marks[b] = marks[f]
                order[end] = b
                end += 1
        place += 1
    return end


@kernel(bare=True)
def renumber_boundaries(
    faces: Int64Vector, lists: FaceLists, number: Int32Vector, dim: Int8Vector, new: FaceLists
) -> None:
    """Write the boundaries of some faces by new numbers."""
    start, _, pool = new
    place = 0
    for k in range(faces.size):
        if dim[k] == 0:
            continue
        begin = int64(lists.start[faces[k]])
        start[k] = place
        for i in range(begin, begin + int64(lists.size[faces[k]])):
            pool[place] = number[lists.pool[i]]
            place += 1


@kernel(bare=True)
def join_boundaries(
    pieces: Int64Vector, number: Int64Vector, lists: FaceLists, met: Int64Vector, new: FaceLists
) -> int:
    """Join the boundaries of pieces of faces, those of one face together; return how much they take.

    A face ``number[piece]`` has in its boundary all other faces that its pieces have, each once. ``met`` is
    memory, -1 for each face.
    """
    place, before = 0, int64(-1)
    for p in pieces:
        face = number[p]
        if face != before:
            new.start[face], before = place, face
        begin = int64(lists.start[p])
        for i in range(begin, begin + int64(lists.size[p])):
            b = number[lists.pool[i]]
            if b != face and met[b] != face:
                met[b] = face
                new.pool[place] = b
                new.size[face] += 1
                place += 1
    return place


@kernel(bare=True)
def find_neighbors(
    top: Int64Vector,
    lists: FaceLists,
    planes: Int32Matrix,
    offsets: Int64Vector,
    met: Int32Vector,
    neighbors: Int64Vector,
) -> None:
    """For each facet of each top cell, the cell across, or -1 - hyperplane where there is none.

    ``met (faces,)`` is memory, all -1.
    """
    start, size, pool = lists
    for c in range(top.size):
        for i in range(size[top[c]]):
            facet = pool[start[top[c]] + i]
            other = int64(met[facet])
            neighbors[offsets[c] + i] = other if other >= 0 else -1 - int64(planes[facet, 0])
            if other >= 0:
                k = 0
                while pool[start[top[other]] + k] != facet:
                    k += 1
                neighbors[offsets[other] + k] = c
            met[facet] = c
