"""Hypothesis strategies: tiny networks of all kinds of layers, degenerate ones first-class.

Weights are small dyadic rationals. A row is fresh, or passes through the image of a special point (the
centre of the box, a corner, ...: so that boundaries share vertices and lie on sides), or repeats an
earlier row: duplicated, negated, scaled by up to 2^30, or shifted by 2^-40; or it is zero, or dead on the
box. Hypothesis shrinks towards the first of each list: a fresh ReLU, on [-1, 1]^d.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from polyregions import Box, Network, Polytope
from polyregions.network.kinds import make_layer
from polyregions.network.layers import Layer, linear, maxout, mixed

PLAIN = ("relu", "maxout", "abs", "leaky_relu", "hard_tanh", "piecewise", "linear")
KINDS = (*PLAIN, "mixed")
THIN = 2.0**-40
SCALES = (1.0, -1.0, 2.0, 0.25, 3.0, -5.0, 2.0**30, -(2.0**30), 2.0**-30)
#: Sides of the box: ordinary ones; tiny ones around 0 and far from it, and one that is tiny on one side of 0.
ORDINARY = ((-1, 1), (0, 1), (-2, 1), (-0.5, 3))
TINY = ((-THIN / 2, THIN / 2), (1 - THIN / 2, 1 + THIN / 2), (-THIN, 1))
#: Where a row comes from: mostly through special points, rarely such that it cuts nothing.
ROWS = ("fresh", "through", "copy", "slab", "axis", "fresh", "through", "through", "zero", "dead")

Vector = NDArray[np.float64]

small = st.sampled_from((1.0, -1.0, 0.0, 0.5, -0.5, 2.0, -2.0, 1.5, -1.5, 3.0))


@st.composite
def boxes(draw: st.DrawFn, dim: int) -> Box:
    """Boxes with ordinary sides, or with some tiny ones."""
    choice = draw(st.sampled_from((ORDINARY, ORDINARY, ORDINARY + TINY)))
    sides = [draw(st.sampled_from(choice)) for _ in range(dim)]
    return Box([low for low, _ in sides], [high for _, high in sides])


@st.composite
def polytopes(draw: st.DrawFn, box: Box) -> Polytope:
    """Polytopes in a box: rows through its corners, sides and centre, thin slabs, rows that repeat."""
    d = box.dim
    shares = st.sampled_from((0.5, 0.25, 0.75, 0.125))
    inner = box.lower + (box.upper - box.lower) * [draw(shares) for _ in range(d)]
    rows: list[tuple[list[Fraction], Fraction]] = []
    for _ in range(draw(st.sampled_from((2, 1, 3, 5)))):
        a = [Fraction(draw(small)) for _ in range(d)]
        at = sum((v * Fraction(x) for v, x in zip(a, inner.tolist(), strict=True)), Fraction(0))
        kind = draw(st.sampled_from(("through", "slab", "copy", "through")))
        if kind == "copy" and rows:
            scale = Fraction(draw(st.sampled_from((1.0, 2.0, 0.25))))
            normal, bound = draw(st.sampled_from(rows))
            rows.append(([scale * v for v in normal], scale * bound))
        elif kind == "slab":
            rows += [(a, at + Fraction(THIN)), ([-v for v in a], -at + Fraction(THIN))]
        else:
            ends = st.sampled_from((0.0, 1.0, 0.5))
            point = box.lower + (box.upper - box.lower) * [draw(ends) for _ in range(d)]
            bound = sum((v * Fraction(x) for v, x in zip(a, point.tolist(), strict=True)), Fraction(0))
            rows.append((a, bound if bound > at else 2 * at - bound if bound < at else at + 1))
    # Only rows whose numbers are float64 as they are: then ``inner`` is strictly inside.
    kept = [(a, b) for a, b in rows if all(Fraction(float(v)) == v for v in (*a, b))]
    return Polytope(
        np.array([[float(v) for v in a] for a, _ in kept]).reshape(-1, d), [float(b) for _, b in kept], box
    )


@st.composite
def networks(
    draw: st.DrawFn,
    dims: Sequence[int] = (1, 2, 3),
    max_units: int = 8,
    kinds: Sequence[str] = KINDS,
    box: Box | None = None,
) -> Network:
    """Networks of at most ``max_units`` units in at most three layers, and perhaps a read-out.

    Boundaries are drawn to meet in special points of the box, [-1, 1]^d if none is given.
    """
    if box is None:
        box = Box.cube(draw(st.sampled_from(dims)), -1, 1)
    fractions = st.sampled_from((0.5, 0.25, 0.0, 0.5, 1.0))
    points = box.lower + (box.upper - box.lower) * [[draw(fractions) for _ in box.lower] for _ in range(3)]
    layers: list[Layer] = []
    left = draw(st.sampled_from(range(1, max_units + 1)))
    for depth in range(3):
        width = min(left, draw(st.sampled_from((2, 3, 4, 1))) if depth < 2 else 4)
        images = Network(layers)(points) if layers else points
        kind = draw(st.sampled_from(kinds))
        layers.append(draw(_layers(kind, width, images)))
        left -= layers[-1].n_units
        if left == 0:
            break
    if draw(st.booleans()):
        layers.append(linear([[1.0] * layers[-1].n_outputs], [0.5]))
    return Network(layers)


@st.composite
def cases(
    draw: st.DrawFn, dims: Sequence[int] = (1, 2, 3), max_units: int = 8, kinds: Sequence[str] = KINDS
) -> tuple[Network, Box]:
    """A box, and a network some of whose boundaries meet in its corners, sides and centre."""
    box = draw(boxes(draw(st.sampled_from(dims))))
    return draw(networks(max_units=max_units, kinds=kinds, box=box)), box


@st.composite
def _layers(draw: st.DrawFn, kind: str, width: int, points: Vector) -> Layer:
    """Layers of one kind, their inputs at the special points being ``points``; "mixed" has several kinds."""
    if kind == "mixed":
        # A value that is passed through, then one unit after the other.
        parts = [draw(_layers("linear", 1, points))]
        parts += [draw(_layers(draw(st.sampled_from(PLAIN)), 1, points)) for _ in range(width)]
        return mixed(parts)
    if kind == "maxout":
        pieces = [draw(_rows(draw(st.sampled_from((2, 3, 4, 1))), points, (0.0,))) for _ in range(width)]
        return maxout([rows[:, :-1] for rows in pieces], [rows[:, -1] for rows in pieces])
    breakpoints: tuple[float, ...] = (0.0,)
    parameters: dict[str, Any] = {}
    if kind == "leaky_relu":
        parameters = {"slope": draw(st.sampled_from((0.25, 0.0, -0.5, -1.0, 1.0)))}
    elif kind == "hard_tanh":
        breakpoints = (-1.0, 1.0)
    elif kind == "piecewise":
        breakpoints = draw(st.sampled_from(((0.0, 1.0), (-1.0, 0.0, 2.0), (0.5, 1.0), (-2.0, -1.0))))
        slopes = [draw(st.sampled_from((0.0, 1.0, -1.0, 2.0))) for _ in range(len(breakpoints) + 1)]
        parameters = {"breakpoints": breakpoints, "slopes": slopes}
    rows = draw(_rows(width, points, breakpoints))
    return make_layer(kind, rows[:, :-1], rows[:, -1], **parameters)


@st.composite
def _rows(draw: st.DrawFn, count: int, points: Vector, levels: Sequence[float]) -> Vector:
    """Rows (w, b), some of which take a value of ``levels`` at one of the points."""
    n = points.shape[1]
    rows: list[Vector] = []
    for _ in range(count):
        how = draw(st.sampled_from(ROWS))
        if how in ("copy", "slab") and rows:
            row = rows[draw(st.integers(0, len(rows) - 1))]
            row = row + np.append(np.zeros(n), THIN) if how == "slab" else draw(st.sampled_from(SCALES)) * row
        elif how == "zero":
            row = np.array([0.0] * n + [draw(st.sampled_from((0.0, 1.0, -1.0)))])
        elif how == "axis":
            weight = np.zeros(n)
            weight[draw(st.integers(0, n - 1))] = draw(st.sampled_from(SCALES))
            row = _through(weight, draw(st.sampled_from(list(points))), draw(st.sampled_from(levels)))
        else:
            weight = np.array([draw(small) for _ in range(n)])
            if how == "through":
                row = _through(weight, draw(st.sampled_from(list(points))), draw(st.sampled_from(levels)))
            else:
                row = np.append(weight, -1000.0 if how == "dead" else draw(small))
        rows.append(row)
    return np.array(rows)


def _through(weight: Vector, point: Vector, level: float) -> Vector:
    return np.append(weight, level - weight @ point)
