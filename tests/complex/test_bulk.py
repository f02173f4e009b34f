"""Arrays over all regions at once, against the exact ones of each region."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from support.networks import degenerate, random_network
from support.zoo import cube

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.errors import InvalidInputError, MissingDependencyError

PROBLEMS = [
    (random_network(0, 1, ["relu", "relu"], 5), Box([-1], [1.5])),
    (random_network(1, 2, ["relu", "hard_tanh"], 5), Box([3, -1], [4, 0])),
    (random_network(2, 2, ["maxout3", "relu"], 4), cube(2, -1, 1)),
    (random_network(3, 3, ["relu"], 6), Box([0, 0, 0], [1, 2, 3])),
    (random_network(4, 4, ["abs"], 3), cube(4, -1, 1)),
    (Network(degenerate(5, 2)), cube(2, -2, 2)),
    (random_network(0, 2, ["relu"], 5), Box([1, 1], [1 + 2.0**-40, 1 + 2.0**-40])),
]


@pytest.fixture(params=range(len(PROBLEMS)))
def cx(request: pytest.FixtureRequest) -> RegionComplex:
    return enumerate_regions(*PROBLEMS[request.param], engine="subdivide")


def test_volumes_centroids_and_maps_are_within_their_bounds(cx: RegionComplex) -> None:
    corner = np.maximum(np.abs(cx.box.lower), np.abs(cx.box.upper)).tolist()
    for i, region in enumerate(cx[:40]):
        exact = region.exact_volume
        assert abs(Fraction(cx.volumes.values[i]) - exact) <= Fraction(cx.volumes.errors[i])
        # The exact centre is rounded once.
        slack = np.spacing(np.abs(region.centroid))
        assert (np.abs(cx.centroids.values[i] - region.centroid) <= cx.centroids.errors[i] + slack).all()
        assert (cx.centroids.errors[i] <= 1e-6 * (cx.box.upper - cx.box.lower) + 2.0**-49 * 4).all()
        maps, constants = cx.network.exact.affine_map(region.pattern)
        for k, (row, constant) in enumerate(zip(maps, constants, strict=True)):
            entries = zip(cx.affine_maps.A[i, k], row, corner, strict=True)
            off = [abs(Fraction(v) - w) * Fraction(x) for v, w, x in entries]
            total = sum(off, abs(Fraction(cx.affine_maps.c[i, k]) - constant))
            assert total <= Fraction(cx.affine_maps.errors[i, k])
            assert cx.affine_maps.errors[i, k] < 1e-9


def test_vertices_are_those_of_each_region(cx: RegionComplex) -> None:
    points, offsets = cx.vertices
    assert offsets.tolist() == [0, *np.cumsum(np.diff(offsets)).tolist()]
    assert len(points) == offsets[-1]
    for i, region in enumerate(cx[:40]):
        own = points[offsets[i] : offsets[i + 1]]
        exact = sorted([float(v) for v in point] for point in region.exact_vertices)
        assert np.allclose(sorted(own.tolist()), exact, rtol=0, atol=1e-9)
        if cx.box.dim == 1:
            assert own[0, 0] < own[1, 0]
        if cx.box.dim == 2:
            x, y = (own - own.mean(axis=0)).T
            assert (x * np.roll(y, -1) - y * np.roll(x, -1)).sum() > 0


def test_without_faces() -> None:
    for network, box in PROBLEMS[:4]:
        known = enumerate_regions(network, box, engine="subdivide")
        other = enumerate_regions(network, box, engine="traverse")
        order = [known.find(pattern) for pattern in other.states]
        assert np.allclose(other.affine_maps.A, known.affine_maps.A[order], rtol=0, atol=1e-9)
        points, offsets = other.vertices
        for i, k in enumerate(order):
            expected = known.vertices.points[known.vertices.offsets[k] : known.vertices.offsets[k + 1]]
            own = points[offsets[i] : offsets[i + 1]]
            assert np.allclose(sorted(own.tolist()), sorted(expected.tolist()), rtol=0, atol=1e-9)
        for name in ("volumes", "centroids"):
            with pytest.raises(InvalidInputError, match=f"{name}: it takes the faces"):
                getattr(other, name)


def test_packed_patterns(cx: RegionComplex) -> None:
    fresh = enumerate_regions(cx.network, cx.box, engine="subdivide")
    packed = fresh.patterns
    assert packed.rows(slice(0, len(packed))).tobytes() == cx.states.tobytes()
    assert packed.packed.nbytes <= cx.states.nbytes
    some = np.arange(cx.n_regions)[::-2]
    assert fresh.patterns_of(some).tolist() == cx.states[some].tolist()


def test_graphs_and_polygons(cx: RegionComplex) -> None:
    matrix = cx.to_scipy()
    assert matrix.dtype == np.bool_
    assert (matrix != matrix.T).nnz == 0
    assert {(int(i), int(j)) for i, j in zip(*matrix.nonzero(), strict=True) if i < j} == set(
        map(tuple, cx.adjacencies.tolist())
    )
    assert sorted(cx.to_networkx().edges) == sorted(map(tuple, cx.adjacencies.tolist()))
    if cx.box.dim != 2:
        with pytest.raises(InvalidInputError, match="polygons"):
            cx.to_shapely()
        return
    for one, other in zip(cx.to_shapely(), cx.polygons(), strict=True):
        assert one.equals_exact(other, 0)


def test_data_frames(cx: RegionComplex) -> None:
    regions, adjacencies, walls = cx.to_pandas()
    assert len(regions) == cx.n_regions
    assert len(adjacencies) == len(walls) == cx.n_adjacencies
    assert regions["volume"].tolist() == cx.volumes.values.tolist()
    assert regions["degree"].tolist() == cx.degrees.tolist()
    assert regions["c_0"].tolist() == cx.affine_maps.c[:, 0].tolist()
    assert regions["linear_map"].nunique() == len(set(cx.map_labels.tolist()))
    for row in adjacencies.itertuples():
        flips = cx.flips(row.lower, row.higher)
        assert (row.flips, row.unit) == (flips.size, flips[0])
        assert row.layer == cx.network.unit_layers[flips[0]] + 1
    for row in walls.itertuples():
        assert cx[row.lower].facets[row.facet] == row.higher
    if cx.box.dim == 2:
        lengths = np.hypot(walls["x0_0"] - walls["x1_0"], walls["x0_1"] - walls["x1_1"])
        assert np.allclose(
            lengths, walls["size"], rtol=0, atol=1e-6 * float((cx.box.upper - cx.box.lower).max())
        )


def test_pandas_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(MissingDependencyError, match=r"polyregions\[pandas\]"):
        enumerate_regions(*PROBLEMS[0]).to_pandas()
