"""Signs that float64 leaves open, decided over the integers from what is on the path."""

from __future__ import annotations

from itertools import combinations, islice
from math import lcm

import numpy as np
from flint import fmpz_mat

from ...base.rationals import IntegerRows
from ...network.exact_forms import FormMaker
from ...network.integer_map import IntRows
from ...network.network import Network
from .groups import DEGREE, FIRST, NOW, NUMBER, OF, OF_LAYER, OUTPUT, OUTPUTS, PLANE, SERIAL, START, Search


class ExactSigns:
    """Exact forms of the planes of a path, exact vertices, and the signs of the ones at the others.

    Parameters
    ----------
    network : Network
    sides : integer rows (sides, d + 1)
        ``a . x + c >= 0`` in the domain.
    """

    def __init__(self, network: Network, sides: IntegerRows) -> None:
        self._network, self._sides = network, sides
        self._maker = FormMaker(network.exact)
        self._forms: dict[int, tuple[int, IntRows]] = {}
        self.decided = 0

    def forget(self) -> None:
        """Begin another task: cells are numbered anew."""
        self._forms = {}

    def decide(self, work: Search, count: int) -> None:
        """Decide so many open signs of a search, and enter them."""
        points: dict[int, list[int]] = {}
        for v, place, q in work.cells.open[:count].tolist():
            if v not in points:
                points[v] = self._point(work, v)
            form = self._form(work, q)
            value = sum(a * x for a, x in zip(form, points[v], strict=True))
            self._enter(work, v, place, q, (value > 0) - (value < 0))
        self.decided += count

    def _enter(self, work: Search, v: int, place: int, q: int, sign: int) -> None:
        if place >= 0:
            work.opening.signs[place] = sign
            return
        planes, masks = work.cells.planes, work.cells.pool.masks
        plane = q - int(planes.layers[planes.marks[q, OF_LAYER], START])
        keep = ~np.int64(np.uint64(1 << plane % 64).astype(np.int64))
        if sign <= 0:
            masks[v, 2 * (plane // 64)] &= keep
        if sign >= 0:
            masks[v, 2 * (plane // 64) + 1] &= keep

    def _point(self, work: Search, v: int) -> list[int]:
        """Homogeneous integer coordinates (d + 1,) of a vertex, the last one positive."""
        pool = work.cells.pool
        facets = pool.facets[v, : pool.links[v, DEGREE]].tolist()
        rows = _independent([[int(a) for a in self._form(work, q)] for q in facets])
        solution = (
            fmpz_mat([row[:-1] for row in rows]).solve(fmpz_mat([[-row[-1]] for row in rows])).entries()
        )
        scale = lcm(*(int(x.q) for x in solution))
        return [*(int(x * scale) for x in solution), scale]

    def _form(self, work: Search, q: int) -> list[int]:
        """A plane as integers in (x, 1), a positive multiple of the true form."""
        if q < len(self._sides):
            return [int(a) for a in self._sides[q]]
        layer, number = work.cells.planes.marks[q, [OF_LAYER, NUMBER]].tolist()
        sizes = work.layers.sizes[layer]
        at = int(sizes[PLANE])
        output = int(work.layers.planes[at + number, OF])
        (begin, first), (end, _) = work.layers.outputs[sizes[FIRST] + output :][:2].tolist()
        if first >= 0:
            rank = end - begin
            above, below = next(islice(combinations(range(rank), 2), at + number - first, None))
        else:
            below = int((work.layers.planes[at : at + number, OF] == output).sum())
            above = below + 1
        return [
            int(a) for a in self._network.exact.border(layer, self._rows(work, layer), output, above, below)
        ]

    def _rows(self, work: Search, layer: int) -> IntRows:
        """Pre-activations of a layer on the path's cell below it."""
        serial = int(work.cells.planes.layers[layer, SERIAL])
        known = self._forms.get(layer)
        if known is not None and known[0] == serial:
            return known[1]
        if layer == 0:
            rows = self._maker.first()
        else:
            sizes = work.layers.sizes[layer - 1]
            states = work.path.states[NOW, sizes[OUTPUT] : sizes[OUTPUT] + sizes[OUTPUTS]]
            units = self._network.layers[layer - 1].pieces.units
            rows = self._maker.above(layer - 1, self._rows(work, layer - 1), states[units])
        self._forms[layer] = serial, rows
        return rows


def _independent(rows: list[list[int]]) -> list[list[int]]:
    """As many of the rows (n, d + 1) as there are dimensions, with independent gradients."""
    d = len(rows[0]) - 1
    if len(rows) == d:
        return rows
    chosen: list[list[int]] = []
    for row in rows:
        if fmpz_mat([own[:-1] for own in [*chosen, row]]).rank() > len(chosen):
            chosen.append(row)
        if len(chosen) == d:
            break
    return chosen
