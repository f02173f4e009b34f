"""The six definitions of a linear region once more, slowly, in ``fractions.Fraction``.

Of the library it uses the list of regions with their corners, rows and neighbours (which other tests check):
no faces of lower dimension, no floats, no residues. Faces are found from corners, slices from corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations

import networkx as nx
import numpy as np

from polyregions import RegionComplex
from support.reference import evaluate, forms, forward

Point = tuple[Fraction, ...]
Map = tuple[tuple[Fraction, ...], ...]  # one form for each output


def maps_of(cx: RegionComplex) -> list[Map]:
    return [tuple(map(tuple, forms(cx.network.layers, states)[1])) for states in cx.states]


def corners_of(cx: RegionComplex) -> list[frozenset[Point]]:
    return [frozenset(region.exact_vertices) for region in cx]


def in_a_side(points: Sequence[Point], cx: RegionComplex) -> bool:
    """Whether the points lie in one side of the box."""
    bounds = [
        (Fraction(float(a)), Fraction(float(b))) for a, b in zip(cx.box.lower, cx.box.upper, strict=True)
    ]
    return any(all(p[j] == bound for p in points) for j, pair in enumerate(bounds) for bound in pair)


def faces_of_region(region: object) -> set[frozenset[Point]]:
    """Corners of each face of a region: the intersections of its facets."""
    points = region.exact_vertices  # type: ignore[attr-defined]
    whole = frozenset(points)
    faces = {whole}
    for row in region.exact_halfspaces:  # type: ignore[attr-defined]
        row = [Fraction(int(v)) for v in row]
        facet = frozenset(p for p in points if evaluate(row, p) == 0)
        faces |= {face & facet for face in faces}
    return faces - {frozenset()}


def count_activation(cx: RegionComplex) -> int:
    """Patterns at the means of the corners of all faces that meet the open box."""
    faces = {face for region in cx for face in faces_of_region(region)}
    patterns = set()
    for face in faces:
        if not in_a_side(sorted(face), cx):
            mean = [sum(column, Fraction(0)) / len(face) for column in zip(*face, strict=True)]
            patterns.add(tuple(forward(cx.network.layers, mean)[1]))
    return len(patterns)


def count_affine(cx: RegionComplex) -> int:
    return len(set(maps_of(cx)))


def open_components(cx: RegionComplex) -> list[set[int]]:
    maps = maps_of(cx)
    graph = nx.Graph()
    graph.add_nodes_from(range(cx.n_regions))
    graph.add_edges_from((i, j) for i, j in cx.adjacencies.tolist() if maps[i] == maps[j])
    return list(nx.connected_components(graph))


def zero_in_hull(vectors: Sequence[Sequence[Fraction]]) -> bool:
    """Caratheodory: zero is in the hull of some affinely independent ones, m + 1 at most."""
    vectors = sorted(set(map(tuple, vectors)))
    m = len(vectors[0])
    for size in range(1, m + 2):
        for chosen in combinations(vectors, size):
            weights = solve(
                [[*column, Fraction(0)] for column in zip(*chosen, strict=True)]
                + [[Fraction(1)] * (size + 1)]
            )
            if weights is not None and all(w >= 0 for w in weights):
                return True
    return False


def solve(table: list[list[Fraction]]) -> list[Fraction] | None:
    """The only solution of the equations ``row[:-1] . x = row[-1]``, or None if there is none or more."""
    table = [list(row) for row in table]
    n = len(table[0]) - 1
    for column in range(n):
        pivot = next((i for i in range(column, len(table)) if table[i][column]), None)
        if pivot is None:
            return None
        table[column], table[pivot] = table[pivot], table[column]
        lead = table[column][column]
        table[column] = [v / lead for v in table[column]]
        for i, row in enumerate(table):
            if i != column and row[column]:
                table[i] = [a - row[column] * b for a, b in zip(row, table[column], strict=True)]
    if any(row[-1] for row in table[n:]):
        return None
    return [table[i][-1] for i in range(n)]


def count_closed_connected(cx: RegionComplex) -> int:
    """Components of {f = g} that hold a region with map g, from the slices of all pairs of regions."""
    maps, corners = maps_of(cx), corners_of(cx)
    total = 0
    for g in set(maps):
        if maps.count(g) == 1:
            total += 1
            continue
        graph = nx.Graph()
        graph.add_nodes_from(i for i, own in enumerate(maps) if own == g)
        for i, j in combinations(range(cx.n_regions), 2):
            common = corners[i] & corners[j]  # the corners of a face of both
            if common and zero_in_hull([differences(maps[i], g, p) for p in common]):
                graph.add_edge(i, j)
        total += sum(any(maps[i] == g for i in part) for part in nx.connected_components(graph))
    return total


def differences(own: Map, g: Map, point: Point) -> list[Fraction]:
    return [evaluate(list(a), point) - evaluate(list(b), point) for a, b in zip(own, g, strict=True)]


def check_polyhedral_complex(cx: RegionComplex, labels: np.ndarray) -> None:
    """Assert that the groups of regions are the cells of a polyhedral complex on which the network is affine.

    A group is convex iff all its corners are inside of each facet that it has towards other groups or sides
    of the box: then it is the polytope of these rows. Two groups meet in a face of both iff the corners that
    they share (of activation regions) are all those that lie in the smallest face around them, in either
    group.
    """
    maps, corners = maps_of(cx), corners_of(cx)
    groups = [np.flatnonzero(labels == k).tolist() for k in range(labels.max() + 1)]
    assert sorted(i for group in groups for i in group) == list(range(cx.n_regions))
    rows, points = [], []
    for group in groups:
        assert len({maps[i] for i in group}) == 1
        points.append(frozenset().union(*(corners[i] for i in group)))
        outside = []
        for i in group:
            for row, across in zip(cx[i].exact_halfspaces, cx[i].facets.tolist(), strict=True):
                if across < 0 or labels[across] != labels[i]:
                    outside.append([Fraction(int(v)) for v in row])
        rows.append(outside)
        assert all(evaluate(row, p) >= 0 for row in outside for p in points[-1])
        linked = nx.Graph()
        linked.add_nodes_from(group)
        linked.add_edges_from((i, j) for i in group for j in cx[i].neighbors if labels[i] == labels[j])
        assert nx.is_connected(linked)
    for a, b in combinations(range(len(groups)), 2):
        shared = points[a] & points[b]
        if shared:
            for k in (a, b):
                tight = [row for row in rows[k] if all(evaluate(row, p) == 0 for p in shared)]
                assert tight
                assert {p for p in points[k] if all(evaluate(row, p) == 0 for row in tight)} == shared
