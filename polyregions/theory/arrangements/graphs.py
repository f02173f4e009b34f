"""Graphical arrangements: ``x_i = x_j`` for each edge of a graph (Stanley 1973; Greene and Zaslavsky 1983).

A region is an acyclic orientation of the graph, a face one of a contraction. They are counted on the graph,
by deletion and contraction (:mod:`polyregions.theory.arrangements.counting`). The arrangement stands in
R^(n-1), by setting ``x_n = 0``.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from math import comb

from ...base.checks import check_whole
from ...errors import InvalidInputError, short_repr
from ..predictions import Prediction
from .arrangement import Arrangement, count_faces, limit_size
from .counting import Edge, graph_faces
from .reflection import difference

STANLEY = "Stanley 1973, Acyclic orientations of graphs; faces: Greene and Zaslavsky 1983"

#: Contractions of a graph are as many as set partitions of its vertices: up to 4140 here.
MOST_VERTICES = 8


def graphical(n: int, edges: Iterable[Edge], name: str = "graphical") -> Arrangement:
    """``x_i = x_j`` for each edge (i, j) of a graph.

    Parameters
    ----------
    n : int
        Vertices, at least 2: 0, ..., n - 1.
    edges : iterable of (i, j)
        The ends of each edge. An edge may stand twice.
    name : str

    Raises
    ------
    InvalidInputError
        If an edge is a loop, or has an end that is no vertex.
    TooLargeError
        If there are too many edges.

    Examples
    --------
    >>> graphical(4, [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3)]).predictions[2].value   # K_4 without an edge
    (1, 12, 28, 18)
    """
    limit_size(name, check_whole("n", n, 2) - 1, n - 1)
    graph = list(edges)
    for edge in graph:
        vertices = all(isinstance(v, int) and 0 <= v < n for v in edge)
        if len(edge) != 2 or not vertices or edge[0] == edge[1]:
            raise InvalidInputError(
                f"edge {short_repr(edge)}: expected two different vertices of 0, ..., {n - 1}"
            )
    limit_size(name, len(graph), n - 1)
    return Arrangement(
        f"{name} {n}", n - 1,
        tuple(tuple(difference(n, i, j)[:-1]) for i, j in graph), (0,) * len(graph),
        "x_i = x_j for the edges (i, j) of a graph, x_n = 0",
        STANLEY,
        _predictions(n, graph),
    )  # fmt: skip


def path(n: int) -> Arrangement:
    """Graphical arrangement of a path of n vertices: 2^(n-1) regions."""
    return graphical(n, ((i, i + 1) for i in range(check_whole("n", n, 2) - 1)), "path")


def cycle(n: int) -> Arrangement:
    """Graphical arrangement of a cycle of n vertices, n at least 3: 2^n - 2 regions.

    Examples
    --------
    >>> cycle(4).predictions[2].value
    (1, 12, 24, 14)
    """
    return graphical(check_whole("n", n, 3), ((i, (i + 1) % n) for i in range(n)), "cycle")


def complete(n: int) -> Arrangement:
    """Graphical arrangement of the complete graph, which is the braid arrangement: n! regions."""
    limit_size("complete graph", comb(check_whole("n", n, 2), 2), n - 1)
    return graphical(n, combinations(range(n), 2), "complete graph")


def complete_bipartite(n: int, m: int | None = None) -> Arrangement:
    """Graphical arrangement of the complete bipartite graph of n and m vertices (m = n if not given).

    Examples
    --------
    >>> complete_bipartite(2, 3).predictions[2].value
    (1, 22, 84, 108, 46)
    """
    check_whole("n", n, 1)
    m = n if m is None else check_whole("m", m, 1)
    limit_size("complete bipartite graph", n * m, n + m - 1)
    edges = ((i, n + j) for i in range(n) for j in range(m))
    return graphical(n + m, edges, f"complete bipartite graph {n}, {m} of")


def _predictions(n: int, edges: list[Edge]) -> tuple[Prediction, ...]:
    if n <= MOST_VERTICES:
        return count_faces(graph_faces(n, edges)[1:], STANLEY)
    reason = f"{n} vertices; contractions are listed for up to {MOST_VERTICES}"
    return (Prediction("proper_activation", "=", None, STANLEY, reason),)
