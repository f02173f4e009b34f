"""The vertices of a subdivision: their coordinates, the forms that define them, and exact signs.

A vertex is the point where d hyperplanes meet. Each hyperplane is a side of the domain or a unit's boundary
on one cell, known as a float64 form with an error bound and, by where it came from, as an exact integer
form.
"""

from __future__ import annotations

from copy import copy
from functools import cache
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from flint import fmpz_mat

from ..base.arrays import IntArray, StateArray
from ..base.kernels import Int32Matrix, Matrix, Vector
from ..base.rationals import IntegerRows
from ..geometry.domain import Domain, n_sides, side_rows
from ..geometry.polytope_domain import Polytope
from ..geometry.recentred_domain import recentred_corners, recentred_sides
from ..network.box import Box
from ..network.exact_forms import FormMaker
from ..network.integer_map import IntRows
from ..network.layer_arrays import LayerArrays
from ..network.network import Network
from .patterns import Cut
from .topology import Cells


class Store(NamedTuple):
    """Vertices and the forms that vanish there, as kernels take them.

    Attributes
    ----------
    points : float64 (n, d + 1); radii (n,)
        Homogeneous coordinates in which the box is [-1, 1]^d, and how far the true vertex may be from them.
    planes : int32 (n, d)
        The forms that vanish there.
    forms : float64 (m, d + 1); errors (m,); source : int32 (m, 3)
        Forms, and the step, cell and hyperplane of each; the first ones are the sides of the domain, step -1.
    """

    points: Matrix
    radii: Vector
    planes: Int32Matrix
    forms: Matrix
    errors: Vector
    source: Int32Matrix


class Vertices:
    """All vertices so far, starting with the corners of the domain.

    Attributes
    ----------
    store : Store
    steps : list of LayerArrays
    cuts : list of Cut
        What the steps did that have hyperplanes.
    """

    def __init__(self, network: Network, domain: Domain, steps: list[LayerArrays], cells: Cells) -> None:
        self.network, self.steps, self._domain = network, steps, domain
        if isinstance(domain, Polytope):
            self.store = _corners(domain, bool(steps) and steps[0].whole, cells)
        else:
            self.store = _box_corners(domain.dim)
        self.cuts: list[Cut] = []
        self._sides: IntegerRows | None = None
        self._forms: dict[tuple[int, int], IntRows] = {}
        self._maker: FormMaker | None = None
        self._exact: dict[int, list[int]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What is stored: not what is made again when it is asked for."""
        return {name: value for name, value in vars(self).items() if name not in ("_forms", "_maker")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._forms, self._maker = {}, None

    @property
    def n_sides(self) -> int:
        """How many of the forms, the first ones, are sides of the domain."""
        return n_sides(self._domain)

    def first(self, vertices: int) -> Store:
        """So many vertices of the store, and all forms."""
        n, s = vertices, self.store
        return s._replace(points=s.points[:n], radii=s.radii[:n], planes=s.planes[:n])

    def add_forms(self, count: int) -> None:
        """Make room for so many more forms."""
        s, total = self.store, len(self.store.errors) + count
        forms, errors = np.empty((total, s.forms.shape[1])), np.empty(total)
        source = np.empty((total, 3), dtype=np.int32)
        n = len(s.errors)
        forms[:n], errors[:n], source[:n] = s.forms, s.errors, s.source
        self.store = s._replace(forms=forms, errors=errors, source=source)

    def some(self, vertices: IntArray, forms: IntArray, room: int) -> Vertices:
        """Some of the vertices by new numbers, to go on with apart, with room for so many.

        ``forms`` are those that are kept, ascending, all that vanish at these vertices among them.
        """
        other, s = copy(self), self.store
        place = np.empty(len(s.errors), dtype=np.int32)
        place[forms] = np.arange(forms.size, dtype=np.int32)
        points, radii = np.empty((room, s.points.shape[1])), np.empty(room)
        planes = np.empty((room, s.planes.shape[1]), dtype=np.int32)
        n = vertices.size
        points[:n], radii[:n], planes[:n] = s.points[vertices], s.radii[vertices], place[s.planes[vertices]]
        other.store = Store(points, radii, planes, s.forms[forms], s.errors[forms], s.source[forms])
        other.cuts, other._forms, other._maker = list(self.cuts), dict(self._forms), None
        other._exact = {}
        if self._exact:
            numbers = dict(zip(vertices.tolist(), range(n), strict=True))
            other._exact = {numbers[v]: point for v, point in self._exact.items() if v in numbers}
        return other

    def continued(self, network: Network, steps: list[LayerArrays]) -> Vertices:
        """The same vertices, to go on with in a network that begins like this one."""
        other = copy(self)
        other.network, other.steps, other.cuts = network, steps, list(self.cuts)
        other._forms, other._exact, other._maker = {}, dict(self._exact), None
        return other

    def exact_forms(self, layer: int, cell: int) -> IntRows:
        """Exact pre-activations of a layer on one of the cells that it begins to cut, with the row of D last.

        They follow from those of the layer below on the cell that this one was cut from, which many share.
        """
        way: list[tuple[int, int, StateArray]] = []  # down to what is known; the states of the units below
        at, start = layer, cell
        while at > 0 and (at, start) not in self._forms:
            cuts = [cut for cut in self.cuts if cut.layer == at - 1]
            states = np.zeros(self.network.layers[at - 1].n_units, dtype=np.uint8)
            if cuts:
                states = cuts[-1].states.rows(np.array([start]))[0, cuts[-1].units]
            way.append((at, start, states))
            for cut in reversed(cuts):
                start = int(cut.cell_of[start])
            at -= 1
        if self._maker is None:
            self._maker = FormMaker(self.network.exact)
        if (at, start) not in self._forms:
            self._forms[at, start] = self._maker.first()
        forms = self._forms[at, start]
        for above, own, states in reversed(way):
            forms = self._forms[above, own] = self._maker.above(above - 1, forms, states)
        return forms

    def exact_form(self, step: int, cell: int, plane: int) -> list[int]:
        """A hyperplane of a step on a cell as integers in (x, 1), a positive multiple of the true form."""
        arrays = self.steps[step]
        layer, (output, below, above) = arrays.layer, arrays.pairs[plane].tolist()
        earlier = [cut for cut in self.cuts if cut.layer == layer and cut.step < step]
        if earlier:
            above = int(earlier[-1].states.rows(np.array([cell]))[0, output])
        for cut in reversed(earlier):
            cell = int(cut.cell_of[cell])
        form = self.network.exact.border(layer, self.exact_forms(layer, cell), output, above, below)
        return [int(v) for v in form]

    def exact_point(self, vertex: int) -> list[int]:
        """Homogeneous integer coordinates (d + 1,) of a vertex in x; the last one is positive."""
        if vertex not in self._exact:
            rows = []
            if self._sides is None:
                self._sides = side_rows(self._domain)
            for plane in self.store.planes[vertex].tolist():
                source = self.store.source[plane].tolist()
                if source[0] >= 0:
                    rows.append(self.exact_form(*source))
                else:
                    rows.append([int(v) for v in self._sides[plane]])
            gradients = fmpz_mat([row[:-1] for row in rows])
            solution = gradients.solve(fmpz_mat([[-row[-1]] for row in rows])).entries()
            scale = lcm(*(int(v.q) for v in solution))
            self._exact[vertex] = [*(int(v * scale) for v in solution), scale]
        return self._exact[vertex]

    def exact_sign(self, step: int, vertex: int, cell: int, plane: int) -> int:
        """Sign of a hyperplane's form at a vertex."""
        form, point = self.exact_form(step, cell, plane), self.exact_point(vertex)
        value = sum(a * v for a, v in zip(form, point, strict=True))
        return (value > 0) - (value < 0)


def _corners(domain: Domain, whole: bool, cells: Cells) -> Store:
    """The corners of a domain, and its sides."""
    forms, errors = recentred_sides(domain, whole)
    points, radii = recentred_corners(domain, whole)
    faces = cells.faces(0)
    planes = np.zeros((radii.size, domain.dim), dtype=np.int32)
    planes[cells.start[faces]] = cells.planes[faces]
    source = np.full((errors.size, 3), -1, dtype=np.int32)
    return Store(points, radii, planes, forms, errors, source)


@cache
def _box_corners(d: int) -> Store:
    """Those of any box of so many dimensions, recentred; nobody writes into them."""
    return _corners(Box.cube(d, -1, 1), False, Cells.box(d))
