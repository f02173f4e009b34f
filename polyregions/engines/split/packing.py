"""A network as the arrays that the splitting kernels take, all layers in one."""

from __future__ import annotations

from itertools import combinations

import numpy as np

from ...base.arrays import FloatArray, IntArray
from ...network.box import Box
from ...network.copies import find_copies
from ...network.hyperplanes import layer_steps
from ...network.layer_arrays import LayerArrays
from ...network.network import Network
from ...network.numbers import dense, most_entries
from .groups import COLUMNS, Layers


def pack_layers(network: Network, box: Box) -> tuple[Layers, bool]:
    """The layers of a network up to the last one that has units, at least one, recentred at a box.

    Returns
    -------
    layers : Layers
    whole : bool
        Whether all is in whole numbers, small ones as a rule.
    """
    copies = find_copies(network)
    firsts: list[LayerArrays] = []
    for step in layer_steps(network, box):
        if step.layer == len(firsts):
            firsts.append(step)
    while len(firsts) > 1 and not firsts[-1].units.size:
        firsts.pop()
    planes = [_planes(step, copies[step.layer].rows) for step in firsts]
    sizes = np.zeros((len(firsts), COLUMNS), dtype=np.int64)
    tables = [np.zeros((0, 2), dtype=np.int64)]
    at = np.zeros(COLUMNS - 6, dtype=np.int64)
    for number, (step, (own, _)) in enumerate(zip(firsts, planes, strict=True)):
        rows, inputs = step.weight.shape
        sizes[number] = [
            inputs,
            rows,
            step.n_outputs,
            len(own),
            most_entries(step.weight),
            _is_plain(own, rows),
            *at,
        ]
        at += [rows * (inputs + 1), rows, step.n_outputs, step.n_outputs + 1, step.piece.size, len(own)]
        tables.append(np.stack([step.first, _first_pairs(step, own, int(sizes[number, -1]))], axis=1))
    dense_weights = [dense(step.weight) for step in firsts]
    with np.errstate(over="ignore"):
        norms = [abs(weight).sum(axis=1) * (1 + 2.0**-10) for weight in dense_weights]
    layers = Layers(
        sizes,
        np.array([_bounds(step, own) for step, own in zip(firsts, norms, strict=True)]).reshape(-1, 3),
        np.concatenate([np.zeros(0), *map(_flat, dense_weights, norms)]),
        np.concatenate(tables).astype(np.int64),
        np.concatenate([np.zeros(0, dtype=np.int64), *(step.piece for step in firsts)]).astype(np.int64),
        np.concatenate([np.zeros((0, 2)), *(np.stack([s.slopes, s.constants], axis=1) for s in firsts)]),
        np.concatenate([np.zeros((0, 4), dtype=np.int64), *(own for own, _ in planes)]),
        np.concatenate([np.zeros((0, 2)), *(own for _, own in planes)]),
    )
    return layers, bool(firsts and firsts[0].whole)


def _flat(weight: FloatArray, norms: FloatArray) -> FloatArray:
    return np.concatenate([weight.T.ravel(), norms])


def _bounds(step: LayerArrays, norms: FloatArray) -> list[float]:
    return [
        float(np.abs(step.slopes).max(initial=0.0)),
        float(np.abs(step.constants).max(initial=0.0)),
        float(norms.max(initial=0.0)),
    ]


def _is_plain(planes: IntArray, rows: int) -> bool:
    """Whether each row has one plane, in their order, and each output one row."""
    every = np.arange(rows)
    return len(planes) == rows and bool(
        (planes[:, 0] == every).all() and (planes[:, 1] < 0).all() and (planes[:, 2] == every).all()
    )


def _planes(step: LayerArrays, rows: IntArray) -> tuple[IntArray, FloatArray]:
    """The planes of a layer (planes, 4) and their thresholds (planes, 2): output after output."""
    planes: list[list[int]] = []
    thresholds: list[list[float]] = []
    scalar: dict[int, list[int]] = {}
    for k, output in enumerate(step.pairs[:, 0].tolist()):
        if not step.is_max[output]:
            scalar.setdefault(output, []).append(k)
    number: dict[int, int] = {}
    for output in range(step.n_outputs):
        first, end = int(step.first[output]), int(step.first[output + 1])
        for k in scalar.get(output, []):
            number[k] = len(planes)
            same = number.get(int(step.same[k]), len(planes))
            tau = float(step.threshold[k])
            planes.append([int(step.piece[first]), -1, output, same])
            thresholds.append([tau, abs(tau)])
        if step.is_max[output]:
            for i, j in combinations(range(first, end), 2):
                a, b = int(step.piece[i]), int(step.piece[j])
                same = -1 if rows[a] == rows[b] else len(planes)
                c, e = float(step.constants[i]), float(step.constants[j])
                planes.append([a, b, output, same])
                thresholds.append([e - c, abs(c) + abs(e)])
    return np.array(planes, dtype=np.int64).reshape(-1, 4), np.array(thresholds).reshape(-1, 2)


def _first_pairs(step: LayerArrays, planes: IntArray, at: int) -> IntArray:
    """The first plane of each maxout unit, numbered from ``at`` on; -1 of the others, and one more."""
    first = np.full(step.n_outputs + 1, -1, dtype=np.int64)
    for k in range(len(planes) - 1, -1, -1):
        if step.is_max[planes[k, 2]]:
            first[planes[k, 2]] = at + k
    return first
