"""All faces of a complex as plain arrays, for files: what a :class:`~polyregions.complex.faces.Faces` holds.

=====================  =======================================================================================
faces_dim ...          ``dim``, ``start``, ``size``, ``pool``, ``planes``, ``top`` of the cells
                       (:mod:`polyregions.complex.topology`)
vertex_points ...      ``points``, ``radii``, ``planes``, ``forms``, ``errors``, ``source`` of the vertices
                       (:mod:`polyregions.complex.vertices`)
cuts                   int64 (cuts, 2): step and layer of each cut (:mod:`polyregions.complex.patterns`)
cut_cells, cut_states  ``cell_of`` and the packed states of all cuts, one cut after the other
cut_sizes              int64 (cuts, 3): cells, hyperplanes, and bytes of states for a cell
cut_pairs              int64 (hyperplanes, 3): output and states of the hyperplanes of all cuts
=====================  =======================================================================================

Arrays from a file are looked at before anything reads them: every number that is an index has to be one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import FileFormatError
from ..network.box import Box
from ..network.hyperplanes import layer_steps
from ..network.layer_arrays import LayerArrays
from ..network.network import Network
from ..network.pieces import as_slice
from .faces import Faces
from .packed_states import PackedStates
from .patterns import Cut, Patterns
from .topology import Cells
from .vertices import Store, Vertices

Arrays = dict[str, NDArray[Any]]

CELLS = {
    "faces_dim": (np.int8, 1),
    "faces_start": (np.int32, 1),
    "faces_size": (np.int32, 1),
    "faces_pool": (np.int32, 1),
    "faces_planes": (np.int32, 2),
    "faces_top": (np.int64, 1),
}
STORE = {
    "vertex_points": (np.float64, 2),
    "vertex_radii": (np.float64, 1),
    "vertex_planes": (np.int32, 2),
    "form_numbers": (np.float64, 2),
    "form_errors": (np.float64, 1),
    "form_source": (np.int32, 2),
}
CUTS = {
    "cuts": (np.int64, 2),
    "cut_sizes": (np.int64, 2),
    "cut_cells": (np.int32, 1),
    "cut_states": (np.uint8, 1),
    "cut_pairs": (np.int64, 2),
}
ENTRIES = CELLS | STORE | CUTS


def to_arrays(faces: Faces) -> Arrays:
    """Return the arrays of faces, by the names of ``ENTRIES``."""
    cells, vertices = faces.cells, faces.vertices
    own = cells.dim, cells.start, cells.size, cells.pool, cells.planes, cells.top
    arrays: Arrays = dict(zip(CELLS, own, strict=True))
    arrays |= zip(STORE, vertices.store, strict=True)
    cuts = vertices.cuts
    pairs = [vertices.steps[cut.step].pairs for cut in cuts]
    packed = [cut.states.packed for cut in cuts]
    sizes = [(len(cut.cell_of), len(p), s.shape[1]) for cut, p, s in zip(cuts, pairs, packed, strict=True)]
    none = np.empty(0, dtype=np.int64)
    arrays["cuts"] = np.array([(cut.step, cut.layer) for cut in cuts], dtype=np.int64).reshape(-1, 2)
    arrays["cut_sizes"] = np.array(sizes, dtype=np.int64).reshape(-1, 3)
    arrays["cut_cells"] = np.concatenate([none.astype(np.int32), *(cut.cell_of for cut in cuts)])
    arrays["cut_states"] = np.concatenate([none.astype(np.uint8), *(s.ravel() for s in packed)])
    arrays["cut_pairs"] = np.concatenate([none.reshape(0, 3), *pairs])
    return arrays


def from_arrays(found: Arrays, network: Network, box: Box) -> Faces:
    """Return the faces that arrays make.

    Raises
    ------
    FileFormatError
        If they are no faces of the network in the box.
    """
    d = box.dim
    dim, start, size, pool, planes, top = (found[name] for name in CELLS)
    cells = Cells(dim, start, size, pool, planes, top)
    _check_cells(cells, d)
    store = Store(*(found[name] for name in STORE))
    _check_store(cells, store, d)
    steps = layer_steps(network, box)
    vertices = Vertices(network, box, steps)
    vertices.store = store
    _enter_cuts(vertices, found, network)
    _check_sources(vertices, top.size)
    patterns = Patterns(vertices.cuts, len(network.layers), top.size, network.n_units)
    return Faces(cells, vertices, box, patterns)


def _need(holds: bool | np.bool_, what: str) -> None:
    if not holds:
        raise FileFormatError(f"the faces are damaged: {what}")


def _within(values: NDArray[Any], low: int, high: int) -> bool:
    """Whether all whole numbers are low .. high - 1."""
    return not values.size or (int(values.min()) >= low and int(values.max()) < high)


def _check_cells(cells: Cells, d: int) -> None:
    n = cells.dim.size
    same = cells.start.size == cells.size.size == n and cells.planes.shape == (n, d)
    _need(same, "arrays differ in length")
    _need(_within(cells.dim, 0, d + 1) and _within(cells.pool, 0, n), "a face that does not exist is named")
    thick = cells.dim > 0
    starts, sizes = cells.start[thick].astype(np.int64), cells.size[thick].astype(np.int64)
    inside = _within(starts, 0, cells.pool.size + 1) and _within(sizes, 2, n + 1)
    _need(inside and _within(starts + sizes, 0, cells.pool.size + 1), "a boundary is outside of the pool")
    _need(bool((cells.size[~thick] == 0).all()), "a vertex has a boundary")
    for k in range(1, d + 1):
        faces = cells.faces(k)
        _need((cells.dim[cells.boundaries(faces)] == k - 1).all(), "a boundary has faces of other dimensions")
    _need(np.array_equal(np.sort(cells.top), cells.faces(d)) and cells.top.size > 0, "cells are missing")


def _check_store(cells: Cells, store: Store, d: int) -> None:
    n, m = len(store.points), len(store.forms)
    shapes = store.points.shape == (n, d + 1) and store.planes.shape == (n, d) and store.radii.shape == (n,)
    shapes = shapes and store.forms.shape == (m, d + 1) and store.errors.shape == (m,)
    _need(shapes and store.source.shape == (m, 3) and m >= 2 * d, "arrays of vertices differ in length")
    corners = cells.faces(0)
    _need(_within(cells.start[corners], 0, n), "a vertex that does not exist is named")
    _need(_within(store.planes, 0, m), "a form that does not exist is named")
    fixed = np.arange(d) < d - cells.dim[:, None]
    _need(_within(cells.planes[fixed], 0, m), "a form that does not exist is named")
    # What overflowed has an infinite radius, and is computed exactly where it is asked for.
    placed = np.isfinite(store.points).all(axis=1) & (store.points[:, -1] > 0)
    _need((placed | (store.radii == np.inf)).all(), "a vertex is nowhere")
    _need((store.radii >= 0).all() and (store.errors >= 0).all(), "a bound is no number")


def _enter_cuts(vertices: Vertices, found: Arrays, network: Network) -> None:
    """Make the cuts, and reduce the steps to their hyperplanes."""
    cuts, sizes, pairs = found["cuts"], found["cut_sizes"], found["cut_pairs"]
    steps = vertices.steps
    _need(cuts.shape[1:] == (2,) and sizes.shape == (len(cuts), 3) and pairs.shape[1:] == (3,), "cuts differ")
    _need(_within(cuts[:, 0], 0, len(steps)) and (np.diff(cuts[:, 0]) > 0).all(), "a step does not exist")
    _need(_within(sizes, 0, 2**40), "the size of a cut is none")
    cells, before, plane, byte = 0, 1, 0, 0
    for (number, layer), (count, planes, width) in zip(cuts.tolist(), sizes.tolist(), strict=True):
        step = steps[number]
        _need(step.layer == layer, "a cut is of another layer")
        cell_of = found["cut_cells"][cells : cells + count]
        packed = found["cut_states"][byte : byte + count * width]
        own = pairs[plane : plane + planes]
        whole = cell_of.size == count and packed.size == count * width and len(own) == planes
        _need(whole, "cuts are cut off")
        _need(_within(cell_of, 0, before), "a cell that does not exist is named")
        states = PackedStates(count, step.n_states)
        _need(states.packed.shape == (count, width), "states have another width")
        states.packed[:] = packed.reshape(count, width)
        for part in range(0, count, 2**12):
            few = states.rows(slice(part, part + 2**12))
            _need((few < step.n_states).all(), "a unit is in a state that it does not have")
        steps[number] = _with_pairs(step, own)
        unit, units = network.first_units[layer], as_slice(step.units)
        vertices.cuts.append(Cut(number, layer, unit, cell_of, states, units))
        cells, before, plane, byte = cells + count, count, plane + planes, byte + count * width
    left = found["cut_cells"].size == cells and found["cut_states"].size == byte and len(pairs) == plane
    _need(left, "there is more than the cuts")


def _with_pairs(step: LayerArrays, pairs: NDArray[np.int64]) -> LayerArrays:
    """A step with those of its hyperplanes that are given by output and states."""
    keys = {tuple(pair): k for k, pair in enumerate(step.pairs.tolist())}
    places = [keys.get(tuple(pair), -1) for pair in pairs.tolist()]
    _need(-1 not in places and places == sorted(set(places)), "a hyperplane does not exist")
    return step.only(np.array(places, dtype=np.int64))


def _check_sources(vertices: Vertices, cells: int) -> None:
    """Every form is a side of the box, or of a hyperplane of a step on a cell that it cut."""
    source, d = vertices.store.source, vertices.store.points.shape[1] - 1
    _need((source[: 2 * d] == -1).all(), "the sides of the box are missing")
    below = 1
    known = np.zeros(len(source), dtype=np.bool_)
    known[: 2 * d] = True
    for cut in vertices.cuts:
        here = source[:, 0] == cut.step
        planes = len(vertices.steps[cut.step].pairs)
        inside = _within(source[here, 1], 0, below) and _within(source[here, 2], 0, planes)
        _need(inside, "a form is of a hyperplane that does not exist")
        known |= here
        below = len(cut.cell_of)
    _need(known.all() and below == cells, "a form or a cell comes from no cut")
