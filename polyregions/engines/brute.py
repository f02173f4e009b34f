"""The referee: every cell cut by every unit in exact rational arithmetic, for tiny networks.

Written to be obviously right, and to share nothing with the other engines but the network's arrays, the
box and the shape of the result. Numbers are rationals, a point is a tuple of them, and every decision
is the sign of a rational.

A cell keeps both of its descriptions: half-spaces, and *all* of its vertices with the half-spaces that
are tight at each. Cutting it by a hyperplane ``z = 0`` takes three elementary facts:

* an affine z takes strictly positive values on the cell iff it does so at a vertex;
* the vertices of the part ``z >= 0`` are the old ones with ``z >= 0``, and the points ``z = 0`` of the
  edges from a positive to a negative vertex;
* two vertices span an edge iff the half-spaces tight at both have normals of rank d - 1. This needs no
  half-space to be irredundant.

Each layer's units cut each cell in turn, z being the affine form that the unit has on the cell of the
layers below. A unit that is zero on a face of the cell only, or on all of it, does not cut.

Adjacency: a facet of a cell is a half-space whose tight vertices have an affine hull of dimension d - 1,
and two cells share a facet iff they have one with the same vertices. That this finds all
adjacencies rests on the cells meeting face to face (Grigsby and Lindsey, *On transversality of bent
hyperplane arrangements and the topological expressiveness of ReLU neural networks*, 2022), which is
not taken on trust: every facet must turn out to belong to two cells or to lie in a side of the box. If
so, the whole facet of one cell is a facet of the other, and no further cell can touch it in dimension
d - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import product
from math import log10
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat

from polyregions.complex.region_complex import RegionComplex
from polyregions.errors import CheckFailedError, InvalidInputError, TooLargeError, counted
from polyregions.geometry.domain import Domain, box_of, fields_of, n_sides
from polyregions.geometry.polytope_domain import Polytope
from polyregions.network.box import Box
from polyregions.network.layers import Layer
from polyregions.network.network import Network

#: The most regions, the most by a bound that is known in advance, and the most corners of the box: a few
#: minutes of work. Beyond them another engine is the right one.
MAX_REGIONS = 5_000
MAX_BOUND = 10_000_000
MAX_CORNERS = 256

Point = tuple[Any, ...]  # d rationals
Form = tuple[Any, ...]  # d + 1 rationals: a_1 x_1 + ... + a_d x_d + c
Facet = frozenset[Point]  # the vertices


@dataclass(frozen=True)
class _Cell:
    """A full-dimensional polytope: ``row(x) >= 0`` for all rows, and its vertices."""

    rows: tuple[Form, ...]  # the first ones are the sides of the domain
    vertices: dict[Point, frozenset[int]]  # each with the rows that vanish there

    def takes(self, sign: int, form: Form) -> bool:
        """Whether the form has the sign, 1 or -1, somewhere on the cell: then at a vertex."""
        return any(sign * _value(form, v) > 0 for v in self.vertices)

    def split(self, form: Form) -> list[_Cell]:
        """Return the two parts if the form takes both signs, else the cell itself."""
        if not (self.takes(1, form) and self.takes(-1, form)):
            return [self]
        return [self._part(form), self._part(tuple(-c for c in form))]

    def _part(self, form: Form) -> _Cell:
        """Return the part ``form >= 0``, where the form is positive somewhere."""
        new = len(self.rows)
        valued = [(_value(form, v), v, tight) for v, tight in self.vertices.items()]
        vertices = {v: tight | {new} if z == 0 else tight for z, v, tight in valued if z >= 0}
        negative = [(z, v, tight) for z, v, tight in valued if z < 0]
        for z_p, p, tight_p in valued:
            for z_q, q, tight_q in negative if z_p > 0 else []:
                common = tight_p & tight_q
                if self._span_an_edge(common):
                    t = z_p / (z_p - z_q)
                    crossing = tuple(a + t * (b - a) for a, b in zip(p, q, strict=True))
                    vertices[crossing] = common | {new}
        return _Cell((*self.rows, form), vertices)

    def _span_an_edge(self, common: frozenset[int]) -> bool:
        """Whether the rows tight at two vertices leave them one line only."""
        d = len(self.rows[0]) - 1
        return len(common) >= d - 1 and _rank([self.rows[i][:-1] for i in common]) == d - 1

    def facets(self) -> list[tuple[int, Facet]]:
        """First row and vertices of each facet: d affinely independent vertices are tight."""
        result: dict[Facet, int] = {}
        for i in range(len(self.rows)):
            tight = [v for v, rows in self.vertices.items() if i in rows]
            if _rank([(*v, fmpq(1)) for v in tight]) == len(self.rows[i]) - 1:
                result.setdefault(frozenset(tight), i)
        return [(i, facet) for facet, i in result.items()]

    def centre(self) -> list[float]:
        """Average of the vertices, an interior point, each coordinate rounded once."""
        sums = [sum(column) / len(self.vertices) for column in zip(*self.vertices, strict=True)]
        return [float(Fraction(int(q.p), int(q.q))) for q in sums]


def enumerate_brute(network: Network, domain: Domain) -> RegionComplex:
    """Enumerate all activation regions of a tiny network in exact rational arithmetic.

    Parameters
    ----------
    network : Network
    domain : Box or Polytope
        Of the network's input dimension.

    Returns
    -------
    RegionComplex
        Complete. Regions are in lexicographic order of their patterns; the facets of each are its
        neighbours by rising id, then the sides of the domain by rising number.

    Raises
    ------
    InvalidInputError
        If the box has another dimension than the network's inputs.
    TooLargeError
        If there are more than ``MAX_REGIONS`` regions, if a general bound allows more than
        ``MAX_BOUND``, or if the box has more than ``MAX_CORNERS`` corners.

    Examples
    --------
    >>> fold = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1]], [-1]), ([[1]], [0])])
    >>> cx = enumerate_brute(fold, Box([-2], [2]))     # |x|, then relu(|x| - 1)
    >>> cx.states.tolist()
    [[0, 1, 0], [0, 1, 1], [1, 0, 0], [1, 0, 1]]
    >>> cx.adjacencies.tolist()
    [[0, 1], [0, 2], [2, 3]]
    """
    d = domain.dim
    if network.input_dim != d:
        inputs = counted(network.input_dim, "input")
        raise InvalidInputError(f"the network has {inputs} but the box has dimension {d}")
    if 2**d > MAX_CORNERS:
        raise TooLargeError(
            f"engine 'brute' keeps all vertices, at most {MAX_CORNERS} of the box: in dimension {d} it has "
            f"2**{d}; use another engine"
        )
    bound = _upper_bound(network)
    if bound > MAX_BOUND:
        raise TooLargeError(
            f"engine 'brute' is for tiny networks: {network} may have up to 10^{log10(bound):.1f} regions by "
            f"the general bound, the limit is 10^{log10(MAX_BOUND):.1f}; use another engine"
        )
    regions = sorted(_regions(network, domain), key=lambda region: region[0])
    neighbors = _neighbors([cell for _, cell in regions], n_sides(domain))
    return RegionComplex(
        network=network,
        **fields_of(domain),
        engine="brute",
        states=np.array([states for states, _ in regions], dtype=np.uint8).reshape(len(regions), -1),
        witnesses=np.array([cell.centre() for _, cell in regions]),
        facet_offsets=np.cumsum([0] + [len(targets) for targets in neighbors], dtype=np.int64),
        facet_neighbors=np.array([j for targets in neighbors for j in targets], dtype=np.int64),
        complete=True,
    )


def _regions(network: Network, domain: Domain) -> list[tuple[tuple[int, ...], _Cell]]:
    """Pattern and cell of every region: layer by layer, unit by unit."""
    # Each cell has the states so far and the forms of the current layer's inputs, then of its z, on it.
    identity = [tuple(fmpq(int(i == j)) for j in range(domain.dim + 1)) for i in range(domain.dim)]
    cells: list[tuple[tuple[int, ...], _Cell, list[Form]]] = [((), _domain_cell(domain), identity)]
    for layer in network.layers:
        cells = [(states, cell, _preactivations(layer, forms)) for states, cell, forms in cells]
        units = _units(layer)
        for unit in units:
            if not unit.has_states:
                continue
            cells = [
                ((*states, state), part, forms)
                for states, cell, forms in cells
                for state, part in _cut_by_unit(unit, forms, cell)
            ]
            if len(cells) > MAX_REGIONS:
                raise TooLargeError(
                    f"engine 'brute' is for tiny networks, at most {MAX_REGIONS} regions: here are more, "
                    f"up to 10^{log10(_upper_bound(network)):.1f} by the general bound; use another engine"
                )
        cells = [(states, cell, _outputs(units, forms, states)) for states, cell, forms in cells]
    return [(states, cell) for states, cell, _ in cells]


def _preactivations(layer: Layer, inputs: list[Form]) -> list[Form]:
    """Forms of ``W y + b``."""
    weight, bias = _rationals(layer.dense), _rationals(layer.bias)
    return [_combine(row, inputs, c) for row, c in zip(weight, bias, strict=True)]


@dataclass(frozen=True)
class _Unit:
    """One output of a layer: a piecewise-linear function of one row, or the largest of several."""

    rows: range
    breakpoints: list[Any]
    slopes: list[Any]
    has_states: bool


def _units(layer: Layer) -> list[_Unit]:
    """The outputs of a layer; those whose pieces are all the same map have no state."""
    units, row = [], 0
    table = list(zip(layer.dense.tolist(), layer.bias.tolist(), strict=True))
    for part in layer.parts:
        for rank, t, slopes in zip(part.ranks.tolist(), part.breakpoints, part.slopes, strict=True):
            forms = table[row : row + rank]
            differ = any(form != forms[0] for form in forms) or bool((slopes != slopes[0]).any())
            units.append(_Unit(range(row, row + rank), _rationals(t), _rationals(slopes), differ))
            row += rank
    return units


def _cut_by_unit(unit: _Unit, forms: list[Form], cell: _Cell) -> list[tuple[int, _Cell]]:
    """Parts of a cell on whose interiors a unit's state is constant, with that state."""
    if len(unit.rows) > 1:
        return _cut_by_maxout([forms[r] for r in unit.rows], cell)
    return _cut_by_scalar(unit, forms[unit.rows[0]], cell)


def _cut_by_scalar(unit: _Unit, form: Form, cell: _Cell) -> list[tuple[int, _Cell]]:
    """Cut at each breakpoint; the state is the number of breakpoints exceeded in the interior."""
    gaps = [(*form[:-1], form[-1] - t) for t in unit.breakpoints]
    parts = [cell]
    for gap in gaps:
        parts = [piece for part in parts for piece in part.split(gap)]
    return [(sum(part.takes(1, gap) for gap in gaps), part) for part in parts]


def _cut_by_maxout(pieces: list[Form], cell: _Cell) -> list[tuple[int, _Cell]]:
    """For each piece the part on which it is the largest; of equal pieces the lowest counts."""
    result = []
    for s, top in enumerate(pieces):
        if top in pieces[:s]:
            continue
        part: _Cell | None = cell
        for other in pieces:
            gap = tuple(a - b for a, b in zip(top, other, strict=True))
            if part is not None and other != top:
                # Where the gap takes no positive value, top exceeds other nowhere in the interior.
                part = part.split(gap)[0] if part.takes(1, gap) else None
        if part is not None:
            result.append((s, part))
    return result


def _outputs(units: list[_Unit], forms: list[Form], states: tuple[int, ...]) -> list[Form]:
    """Forms of a layer's outputs; the last states are those of its units."""
    count = sum(unit.has_states for unit in units)
    own = iter(states[len(states) - count :])
    outputs = []
    for unit in units:
        s = next(own) if unit.has_states else 0
        if len(unit.rows) > 1:
            outputs.append(forms[unit.rows[s]])
            continue
        # On piece s, f(z) = slope_s z + constant_s; f is continuous at each breakpoint, and f(0) = 0.
        constants = [fmpq(0)]
        for t, left, right in zip(unit.breakpoints, unit.slopes[:-1], unit.slopes[1:], strict=True):
            constants.append(constants[-1] + (left - right) * t)
        at_zero = constants[sum(t < 0 for t in unit.breakpoints)]
        scaled = [unit.slopes[s] * a for a in forms[unit.rows[0]]]
        outputs.append((*scaled[:-1], scaled[-1] + constants[s] - at_zero))
    return outputs


def _neighbors(cells: list[_Cell], domain_sides: int) -> list[list[int]]:
    """Return for each cell what lies across its facets: ids of cells, then -1 - side of the domain."""
    facets = [cell.facets() for cell in cells]
    owners: dict[Facet, list[int]] = {}
    for i, own in enumerate(facets):
        for _, facet in own:
            owners.setdefault(facet, []).append(i)
    result = []
    for i, own in enumerate(facets):
        inner, sides = [], []
        for row, facet in own:
            others = [j for j in owners[facet] if j != i]
            if len(others) != (0 if row < domain_sides else 1):
                raise CheckFailedError(f"brute: a facet of region {i} is shared with {len(others)} others")
            if others:
                inner.append(others[0])
            else:
                sides.append(row)
        result.append(sorted(inner) + [-1 - side for side in sorted(sides)])
    return result


def _domain_cell(domain: Domain) -> _Cell:
    """The box, and the rows of a polytope one after the other."""
    cell = _box_cell(box_of(domain))
    if isinstance(domain, Polytope):
        for row, bound in zip(_rationals(domain.A), _rationals(domain.b), strict=True):
            cell = cell._part((*(-a for a in row), bound))
    return cell


def _box_cell(box: Box) -> _Cell:
    d = box.dim
    bounds = list(zip(_rationals(box.lower), _rationals(box.upper), strict=True))
    rows = []
    for j, (low, high) in enumerate(bounds):
        e = [fmpq(int(i == j)) for i in range(d)]
        rows += [(*e, -low), (*(-a for a in e), high)]
    vertices = {}
    for choice in product((0, 1), repeat=d):
        corner = tuple(bound[side] for bound, side in zip(bounds, choice, strict=True))
        vertices[corner] = frozenset(2 * j + side for j, side in enumerate(choice))
    return _Cell(tuple(rows), vertices)


def _combine(coefficients: list[Any], forms: list[Form], constant: Any) -> Form:
    """Return the form ``sum of coefficient * form, + constant``."""
    total = [sum((w * a for w, a in zip(coefficients, column, strict=True)), fmpq(0))
             for column in zip(*forms, strict=True)]  # fmt: skip
    return (*total[:-1], total[-1] + constant)


def _value(form: Form, point: Point) -> Any:
    return sum((a * x for a, x in zip(form[:-1], point, strict=True)), form[-1])


def _rank(vectors: list[Any]) -> int:
    return int(fmpq_mat([list(v) for v in vectors]).rank()) if vectors else 0


def _rationals(values: Any) -> Any:
    """Nested lists of the rationals that the float64 entries of an array are."""
    if isinstance(values, np.ndarray):
        return [_rationals(v) for v in values]
    return fmpq(*float(values).as_integer_ratio())


def _upper_bound(network: Network) -> int:
    """Return the largest number of regions that networks of this shape may have, or more.

    A layer of units with k_i states cuts a cell whose image has dimension n into at most
    ``sum_(|S| <= n) prod_(i in S) (k_i - 1)`` (Montufar, Ren and Zhang, *Sharp bounds for the number of
    regions of maxout networks and vertices of Minkowski sums*, 2022; for scalar units, Zaslavsky 1975);
    n is at most the least width so far, and the layers' factors multiply.
    """
    dim, bound = network.input_dim, 1
    for layer in network.layers:
        sums = [1] + [0] * dim  # sums[j]: over the sets of j units
        for k in layer.n_states.tolist():
            sums = [sums[0]] + [sums[j] + (k - 1) * sums[j - 1] for j in range(1, dim + 1)]
        bound *= sum(sums)
        dim = min(dim, layer.n_outputs)
    return bound
