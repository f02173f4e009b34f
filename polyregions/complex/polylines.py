"""Segments between numbered points, joined into lines from end to end."""

from __future__ import annotations

from collections.abc import Collection

from ..base.arrays import IntArray


def join_segments(ends: IntArray, stops: Collection[int] = ()) -> list[list[int]]:
    """Return lines that take each segment once, as the points that they pass.

    Lines end at points of one segment, or of three or more, and at ``stops``. What is left are closed lines;
    their first point is also the last one.

    Parameters
    ----------
    ends : int64 (segments, 2)
        Numbers of the points at both ends; no segment stands twice.
    stops : set of int
        Points at which a line ends in any case.

    Examples
    --------
    >>> import numpy as np
    >>> join_segments(np.array([[2, 7], [5, 4], [7, 5]]))
    [[2, 7, 5, 4]]
    >>> join_segments(np.array([[0, 1], [2, 0], [1, 2]]))
    [[0, 1, 2, 0]]
    >>> join_segments(np.array([[0, 1], [1, 2]]), {1})
    [[0, 1], [1, 2]]
    """
    around: dict[int, list[int]] = {}  # the segments at each point
    pairs = ends.tolist()
    for k, pair in enumerate(pairs):
        for point in pair:
            around.setdefault(point, []).append(k)
    ending = {point for point, own in around.items() if len(own) != 2 or point in stops}
    done = [False] * len(pairs)

    def follow(point: int, k: int) -> list[int]:
        line = [point]
        while not done[k]:
            done[k] = True
            a, b = pairs[k]
            point = b if a == point else a
            line.append(point)
            if point in ending:
                break
            first, second = around[point]
            k = second if first == k else first
        return line

    lines = [follow(point, k) for point in sorted(ending) for k in around[point] if not done[k]]
    return lines + [follow(pairs[k][0], k) for k in range(len(pairs)) if not done[k]]
