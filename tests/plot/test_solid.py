"""Regions of three dimensions as polyhedra: their facets, shrunk, each seen from outside."""

from __future__ import annotations

from collections import Counter
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from matplotlib.figure import Figure
from mpl_toolkits.mplot3d.art3d import Line3DCollection, Path3DCollection, Poly3DCollection
from support.networks import random_network

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.plot import draw_cells, pattern_colours, plot_regions, solid
from polyregions.plot.coloring import colour_regions
from polyregions.plot.solid import cell_polygons

BOX = Box([-2, -1, 0], [2, 3, 3])


@pytest.fixture(scope="module")
def cx() -> RegionComplex:
    return enumerate_regions(random_network(5, 3, ["relu", "maxout3"], 4), BOX)


def axes() -> Any:
    return Figure().add_subplot(projection="3d")


def area_vector(polygon: Any) -> Any:
    """Normal to a polygon, as long as it is large."""
    return np.cross(polygon, np.roll(polygon, -1, axis=0)).sum(axis=0) / 2


def test_facets_close_each_region(cx: RegionComplex) -> None:
    """By the divergence theorem: area vectors that point outwards add up to 0, and give the volume."""
    polygons, owners = cell_polygons(cx, 1.0)
    assert Counter(owners.tolist()) == {i: len(cx[i].facets) for i in range(cx.n_regions)}
    sums, volumes = np.zeros((cx.n_regions, 3)), np.zeros(cx.n_regions)
    corners: dict[int, set[tuple[float, ...]]] = {}
    for polygon, i in zip(polygons, owners.tolist(), strict=True):
        sums[i] += area_vector(polygon)
        volumes[i] += polygon[0] @ area_vector(polygon) / 3
        corners.setdefault(i, set()).update(map(tuple, np.round(polygon, 9).tolist()))
    assert np.abs(sums).max() < 1e-9
    assert np.allclose(volumes, cx.volumes.values, rtol=1e-9, atol=1e-9)
    for i in range(cx.n_regions):
        assert len(corners[i]) == len(cx[i].vertices)


def test_shrinking_keeps_shapes_and_inside(cx: RegionComplex) -> None:
    whole, owners = cell_polygons(cx, 1.0)
    shrunk, _ = cell_polygons(cx, 0.5)
    volumes = np.zeros(cx.n_regions)
    for small, large, i in zip(shrunk, whole, owners.tolist(), strict=True):
        assert np.allclose(np.roll(small, 1, axis=0) - small, (np.roll(large, 1, axis=0) - large) / 2)
        volumes[i] += small[0] @ area_vector(small) / 3
        A, b = cx[i].halfspaces
        assert (small @ A.T < b + 1e-12).all()
    assert np.allclose(volumes, cx.volumes.values / 8, rtol=1e-9, atol=1e-9)


def test_one_collection_of_all_facets(cx: RegionComplex) -> None:
    ax = axes()
    drawn = draw_cells(ax, cx, pattern_colours(cx))
    assert len(drawn.get_facecolor()) == len(cx.facet_neighbors)
    assert ax.collections[:] == [drawn]
    ax = plot_regions(cx, ax=axes(), color="gradient")
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_zlabel()) == ("x0", "x1", "x2")
    assert (ax.get_xlim(), ax.get_zlim()) == ((-2, 2), (0, 3))
    assert np.allclose(ax._box_aspect / ax._box_aspect[0], [1, 1, 0.75])


def test_the_mean_of_an_output(cx: RegionComplex) -> None:
    """An affine function has its mean at the centre of mass."""
    subject = colour_regions(cx, "output:1")
    values = [float(cx.network(cx[i].centroid[None])[0, 1]) for i in range(cx.n_regions)]
    assert np.allclose(subject.colours, subject.scale.to_rgba(values)[:, :3], atol=0.02)


def test_graph_and_decision_are_drawn_alone(cx: RegionComplex) -> None:
    ax = plot_regions(cx, ax=axes(), graph=True)
    (lines,) = [c for c in ax.collections if type(c) is Line3DCollection]
    (dots,) = [c for c in ax.collections if type(c) is Path3DCollection]
    assert np.allclose(np.array(lines._segments3d), cx.centroids.values[cx.adjacencies])
    assert np.allclose(np.array(dots._offsets3d).T, cx.centroids.values)
    assert not [c for c in ax.collections if type(c) is Poly3DCollection]
    boundary = cx.decision_boundary()
    (facets,) = plot_regions(cx, ax=axes(), decision=True).collections
    assert len(facets.get_facecolor()) == len(boundary.facets)


def test_one_region_has_a_graph_without_lines() -> None:
    alone = enumerate_regions(Network.from_arrays([([[1.0, 0, 0]], [0])]), Box.cube(3, 0, 1))
    ax = plot_regions(alone, ax=axes(), graph=True)
    ax.figure.savefig(BytesIO())
    assert np.array(ax.collections[0]._offsets3d).T.tolist() == [[0.5] * 3]


def test_refusals(cx: RegionComplex, monkeypatch: pytest.MonkeyPatch) -> None:
    for options in ({"graph": True}, {"decision": True}):
        with pytest.raises(InvalidInputError, match="leave out the colour"):
            plot_regions(cx, ax=axes(), color="area", **options)
    with pytest.raises(InvalidInputError, match="the polyhedra have edges"):
        plot_regions(cx, ax=axes(), boundaries=True)
    with pytest.raises(InvalidInputError, match="shrink must be above 0"):
        draw_cells(axes(), cx, pattern_colours(cx), shrink=0)
    walked = enumerate_regions(cx.network, cx.box, engine="traverse")
    with pytest.raises(InvalidInputError, match="polyhedra: it takes the faces"):
        plot_regions(walked, ax=axes())
    wide = enumerate_regions(cx.network, Box.cube(3, -1e150, 1e150))
    with pytest.raises(InvalidInputError, match="too wide to be drawn in three dimensions"):
        plot_regions(wide, ax=axes())
    monkeypatch.setattr(solid, "MOST_CELLS", 3)
    with pytest.raises(TooLargeError, match="regions in 3-D, and the limit is 3"):
        plot_regions(cx, ax=axes())
