"""The numbers of combinatorics that the closed forms are made of; none of them looks at a hyperplane."""

from __future__ import annotations

from collections.abc import Iterable
from math import comb, factorial

Edge = tuple[int, int]


def set_partitions(n: int, k: int) -> int:
    """Number S(n, k) of partitions of n things into k blocks (Stirling numbers of the second kind).

    Examples
    --------
    >>> [set_partitions(4, k) for k in range(5)]
    [0, 1, 7, 6, 1]
    """
    if k < 0:
        return 0
    surjections: int = sum((-1) ** (k - j) * comb(k, j) * j**n for j in range(k + 1))
    return surjections // factorial(k)


def partitions_without_singletons(n: int, k: int) -> int:
    """Number of partitions of n things into k blocks of at least two: inclusion and exclusion of singletons.

    Examples
    --------
    >>> [partitions_without_singletons(4, k) for k in range(4)]
    [0, 1, 3, 0]
    """
    return sum((-1) ** j * comb(n, j) * set_partitions(n - j, k - j) for j in range(min(n, k) + 1))


def elementary_symmetric(values: Iterable[int], degree: int) -> list[int]:
    """Elementary symmetric polynomials e_0, ..., e_degree of some numbers.

    Examples
    --------
    >>> elementary_symmetric([2, 3, 4], 3)
    [1, 9, 26, 24]
    """
    e = [1] + [0] * degree
    for value in values:
        for j in range(degree, 0, -1):
            e[j] += value * e[j - 1]
    return e


def acyclic_orientations(edges: Iterable[Edge], known: dict[frozenset[Edge], int] | None = None) -> int:
    """Number of acyclic orientations of a graph, by deletion and contraction.

    It is ``|chi(-1)|`` for the chromatic polynomial chi (Stanley 1973), so it adds up:
    ``a(G) = a(G - e) + a(G / e)``.

    Parameters
    ----------
    edges : iterable of (i, j)
        Loops are not allowed; an edge may stand twice.
    known : dict, optional
        Keeps the numbers found, for further calls.

    Examples
    --------
    >>> acyclic_orientations([(0, 1), (1, 2), (0, 2)])   # 2^3 orientations, two of them are cycles
    6
    """
    known = {} if known is None else known
    graph = frozenset((min(e), max(e)) for e in edges)
    if not graph:
        return 1
    if graph not in known:
        # Always at the last vertex: so the same smaller graphs come again and again.
        edge = max(graph, key=lambda e: (e[1], e[0]))
        known[graph] = acyclic_orientations(graph - {edge}, known)
        known[graph] += acyclic_orientations(contract(graph, edge), known)
    return known[graph]


def contract(edges: Iterable[Edge], edge: Edge) -> frozenset[Edge]:
    """The edges after the ends of one have become one vertex (the first end), without loops."""
    keep, drop = edge
    moved = ((keep if i == drop else i, keep if j == drop else j) for i, j in edges)
    return frozenset((min(e), max(e)) for e in moved if e[0] != e[1])


def graph_faces(n: int, edges: Iterable[Edge]) -> list[int]:
    """Acyclic orientations of all contractions of a graph, by the number of vertices left: index 0 to n.

    Examples
    --------
    >>> graph_faces(3, [(0, 1), (1, 2), (0, 2)])
    [0, 1, 6, 6]
    """
    known: dict[frozenset[Edge], int] = {}
    totals = [0] * (n + 1)
    # From each contraction (the vertex in which each vertex has gone) the edges that are left.
    level = {tuple(range(n)): frozenset((min(e), max(e)) for e in edges)}
    for vertices in range(n, 0, -1):
        totals[vertices] = sum(acyclic_orientations(graph, known) for graph in level.values())
        below: dict[tuple[int, ...], frozenset[Edge]] = {}
        for merged, graph in level.items():
            for keep, drop in graph:
                after = tuple(keep if v == drop else v for v in merged)
                if after not in below:
                    below[after] = contract(graph, (keep, drop))
        level = below
    return totals
