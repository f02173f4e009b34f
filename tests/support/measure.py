"""What a construction predicts, counted: written anew, in rational arithmetic, on an enumerated complex."""

from __future__ import annotations

from fractions import Fraction

from polyregions import RegionComplex, enumerate_regions
from polyregions.analysis.definitions import count_linear_regions
from polyregions.theory.constructions import Construction
from support.reference import forward


def open_connected(cx: RegionComplex) -> int:
    """Components of the regions under "share a facet and have the same affine map"."""
    maps = [affine_map(cx, i) for i in range(cx.n_regions)]
    parent = list(range(cx.n_regions))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    for i, j in cx.adjacencies.tolist():
        if maps[i] == maps[j]:
            parent[root(i)] = root(j)
    return len({root(i) for i in range(cx.n_regions)})


def distinct_maps(cx: RegionComplex) -> int:
    return len({affine_map(cx, i) for i in range(cx.n_regions)})


def affine_map(cx: RegionComplex, i: int) -> tuple[Fraction, ...]:
    A, c = cx.network.exact.affine_map(cx.states[i])
    return tuple(v for row in A for v in row) + tuple(c)


def patterns(cx: RegionComplex) -> int:
    """Patterns of all points of the open box: a point of the relative interior of every face tells."""
    faces = cx.faces
    found = set()
    for k in range(cx.box.dim + 1):
        for face in faces.of_dimension(k):
            if faces.inside[face]:
                corners = [faces.exact_point(int(v)) for v in ([face] if k == 0 else faces.corners(face))]
                centre = [sum(column) / len(corners) for column in zip(*corners, strict=True)]
                found.add(tuple(forward(cx.network.layers, centre)[1]))
    return len(found)


COUNTS = {
    "activation": patterns,
    "proper_activation": lambda cx: cx.n_regions,
    "adjacencies": lambda cx: cx.n_adjacencies,
    "f_vector": lambda cx: tuple(cx.f_vector),
    "open_connected": open_connected,
    "affine": distinct_maps,
    "closed_connected": lambda cx: count_linear_regions(cx, "closed_connected"),
}


def assert_predictions(
    construction: Construction, engine: str = "subdivide", least: int = 1
) -> RegionComplex:
    """Count all that is predicted, and compare; ``least`` predictions apply, or the test would be empty.

    "convex" is known between two bounds, which must hold the predicted number. Where there are many faces the
    patterns of points are left to smaller cases.
    """
    cx = enumerate_regions(construction.network, construction.box, engine=engine)
    counts: dict[str, int | tuple[int, ...]] = {}
    seen = 0
    for p in construction.predictions:
        assert p.source
        if not p.applies:
            assert p.reason
            continue
        if p.quantity == "convex":
            low, high = count_linear_regions(cx, "convex")
            assert p.relation == "="
            assert low <= p.value <= high
            seen += 1
            continue
        if cx.known_faces is None and p.quantity in ("activation", "closed_connected", "f_vector"):
            continue
        if p.quantity == "activation" and len(cx.faces) > 1500:
            continue
        if p.quantity not in counts:
            counts[p.quantity] = COUNTS[p.quantity](cx)
        measured = counts[p.quantity]
        assert p.holds(measured), (construction.name, construction.box, p, measured)
        if p.relation == "=":
            wrong = measured[:-1] if isinstance(measured, tuple) else measured + 1
            assert not p.holds(wrong)
        seen += 1
    assert seen >= least
    return cx


def value_of(construction: Construction, quantity: str, relation: str = "=") -> int | tuple[int, ...] | None:
    """The predicted number; there is just one."""
    (found,) = {p.value for p in construction.predictions if (p.quantity, p.relation) == (quantity, relation)}
    return found
