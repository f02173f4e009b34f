"""What is on the axes: as many artists as things, where the result has them, coloured as asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection, TriMesh
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from support.networks import random_network

from polyregions import Box, Network, RegionComplex, enumerate_regions, linear_regions
from polyregions.complex.graph import lowest_flip_layers
from polyregions.errors import InvalidInputError
from polyregions.plot import (
    draw_bands,
    draw_boundaries,
    draw_breakpoints,
    draw_decision,
    draw_function,
    draw_graph,
    draw_regions,
    plot_regions,
)
from polyregions.plot.coloring import colour_regions, parse_color, region_gradients, region_sizes
from polyregions.plot.colours import pattern_colours
from polyregions.plot.flat import draw_values
from polyregions.plot.mesh import region_intervals, region_mesh
from polyregions.plot.styles import LAYER_COLOURS, layer_colour

BOX = Box([-2, -1], [2, 3])


@pytest.fixture(scope="module")
def cx() -> RegionComplex:
    """Three layers of different kinds and two outputs; more than 50 regions."""
    found = enumerate_regions(random_network(3, 2, ["relu", "maxout3", "leaky_relu"], 6), BOX)
    assert found.n_regions > 50
    assert found.network.output_dim > 1
    return found


@pytest.fixture(params=["subdivide", "traverse"])
def small(request: pytest.FixtureRequest) -> RegionComplex:
    """With faces, and without."""
    net = random_network(1, 2, ["relu", "relu"], 3)
    return enumerate_regions(net, BOX, engine=request.param)


def axes() -> Any:
    return Figure().subplots()


def corners(path: Any) -> list[tuple[float, ...]]:
    """The corners of a polygon, without the one that closes it."""
    return sorted({tuple(point) for point in path.vertices.tolist()})


def drawn(ax: Any, kind: type) -> list[Any]:
    return [c for c in ax.collections if type(c) is kind]


def test_polygons_are_those_of_the_complex(small: RegionComplex) -> None:
    colours = pattern_colours(small)
    polygons = draw_regions(axes(), small, colours)
    assert len(polygons.get_paths()) == small.n_regions
    for i, path in enumerate(polygons.get_paths()):
        assert np.allclose(corners(path), sorted(map(tuple, small[i].vertices.tolist())), rtol=1e-12)
    assert np.array_equal(polygons.get_facecolors()[:, :3], colours)


def test_segments_are_between_the_regions(small: RegionComplex) -> None:
    lines = draw_boundaries(axes(), small)
    layers = lowest_flip_layers(small)
    assert list(lines) == sorted(set(layers.tolist()))
    assert sum(len(c.get_segments()) for c in lines.values()) == small.n_adjacencies
    for layer, collection in lines.items():
        pairs = small.adjacencies[layers == layer]
        for (i, j), segment in zip(pairs.tolist(), collection.get_segments(), strict=True):
            for region in (small[i], small[j]):
                for end in segment:
                    assert np.abs(region.vertices - end).max(axis=1).min() < 1e-12
        assert {tuple(c) for c in collection.get_colors()} == {to_rgba(layer_colour(layer))}


def test_the_graph_stands_at_the_centres_of_mass(cx: RegionComplex, small: RegionComplex) -> None:
    for found in (cx, small):
        lines, dots = draw_graph(axes(), found)
        centres = np.array([found[i].centroid for i in range(found.n_regions)])
        assert np.allclose(dots.get_offsets(), centres, atol=1e-9)
        assert np.allclose(lines.get_segments(), centres[found.adjacencies], atol=1e-9)


def test_triangles_fill_the_polygons(cx: RegionComplex) -> None:
    mesh = region_mesh(cx)
    a, b, c = mesh.points[mesh.triangles].transpose(1, 0, 2)
    doubled = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert (doubled > 0).all()
    assert doubled.sum() / 2 == pytest.approx(16)
    assert len(mesh.triangles) == len(mesh.corners) - 2 * cx.n_regions
    # 4 area / perimeter, by shapely
    expected = [4 * p.area / p.length / 4 for p in cx.polygons()]  # the box has the side 4
    assert np.allclose(mesh.thickness(cx.box), expected, rtol=1e-9)


def test_outputs_are_shaded_as_they_are(cx: RegionComplex) -> None:
    ax = plot_regions(cx, ax=axes(), color="output:1")
    (mesh,) = drawn(ax, TriMesh)
    points = region_mesh(cx).points
    assert np.array_equal(mesh.get_array(), cx.network(points)[:, 1])
    assert not drawn(ax, PolyCollection)
    low, high = mesh.norm.vmin, mesh.norm.vmax
    assert (low, high) == (mesh.get_array().min(), mesh.get_array().max())
    subject = colour_regions(cx, "output:0")
    again = draw_values(axes(), cx, subject.scale, 0)
    assert np.array_equal(again.get_array(), cx.network(points)[:, 0])


@pytest.mark.parametrize("layer", [1, 2, 3])
def test_colours_of_a_layer_are_those_of_its_states(cx: RegionComplex, layer: int) -> None:
    colours = colour_regions(cx, f"layer:{layer}").colours
    states = cx.states[:, cx.network.unit_layers == layer - 1]
    by_state: dict[bytes, set[tuple[float, ...]]] = {}
    for row, colour in zip(states, colours.tolist(), strict=True):
        by_state.setdefault(row.tobytes(), set()).add(tuple(colour))
    assert all(len(found) == 1 for found in by_state.values())
    assert len({next(iter(found)) for found in by_state.values()}) == len(by_state) > 1


@pytest.mark.parametrize("color", ["gradient:1", "area", "array"])
def test_equal_values_have_equal_colours_and_larger_ones_others(cx: RegionComplex, color: str) -> None:
    values = {"gradient:1": region_gradients(cx, 1), "area": region_sizes(cx), "array": cx.degrees}[color]
    ax = plot_regions(cx, ax=axes(), color=cx.degrees if color == "array" else color)
    (polygons,) = drawn(ax, PolyCollection)
    colours = polygons.get_facecolors()
    by_value: dict[float, set[tuple[float, ...]]] = {}
    for value, colour in zip(values.tolist(), colours.tolist(), strict=True):
        by_value.setdefault(value, set()).add(tuple(colour))
    assert all(len(found) == 1 for found in by_value.values())
    first, last = (next(iter(by_value[pick(by_value)])) for pick in (min, max))
    dark, light = (last, first) if color != "area" else (first, last)
    assert sum(light[:3]) - sum(dark[:3]) > 0.8
    (bar,) = [child for child in ax.child_axes if child.get_xlabel()]
    names = {"gradient:1": "norm of the gradient of output 1", "area": "area of the region", "array": "value"}
    assert bar.get_xlabel() == names[color]


def test_gradients_are_those_of_the_maps(cx: RegionComplex) -> None:
    expected = [np.linalg.norm(cx[i].affine_map[0][1]) for i in range(cx.n_regions)]
    assert np.allclose(region_gradients(cx, 1), expected, rtol=1e-12)


def test_given_colours_are_taken_as_they_are(cx: RegionComplex) -> None:
    colours = np.linspace(0, 1, 3 * cx.n_regions).reshape(-1, 3)
    (polygons,) = drawn(plot_regions(cx, ax=axes(), color=colours), PolyCollection)
    assert np.array_equal(polygons.get_facecolors()[:, :3], colours)


def test_what_has_no_number_is_white(cx: RegionComplex) -> None:
    values = np.arange(cx.n_regions, dtype=float)
    values[3], values[4] = np.nan, np.inf
    colours = colour_regions(cx, values).colours
    assert colours[[3, 4]].tolist() == [[1, 1, 1]] * 2
    assert not (np.delete(colours, [3, 4], axis=0) == 1).all(axis=1).any()


def test_areas_that_are_not_known_are_white() -> None:
    net = random_network(1, 2, ["relu", "relu"], 3)
    part = enumerate_regions(net, BOX, engine="traverse", limit=6)
    assert part.n_explored < part.n_regions
    colours = colour_regions(part, "area").colours
    white = (colours == 1).all(axis=1)
    assert white.tolist() == [i >= part.n_explored for i in range(part.n_regions)]


def test_values_beyond_float64_are_no_error() -> None:
    net = Network.from_arrays([([[1e300, 0]], [0]), ([[1e300], [1]], [0, 0])])
    (mesh,) = drawn(plot_regions(enumerate_regions(net, BOX), ax=axes(), color="output"), TriMesh)
    assert mesh.get_array().mask.sum() == 2  # the corners on the right


def test_classes_and_boundaries_of_layers(cx: RegionComplex) -> None:
    boundary = cx.decision_boundary()
    ax = plot_regions(cx, ax=axes(), color="class")
    (polygons,) = drawn(ax, PolyCollection)
    assert len(polygons.get_paths()) == boundary.complex.n_regions
    by_class = {
        (d, tuple(c))
        for d, c in zip(boundary.decisions.tolist(), polygons.get_facecolors().tolist(), strict=True)
    }
    assert len(by_class) == len(set(boundary.decisions.tolist()))
    assert sum(len(c.get_segments()) for c in drawn(ax, LineCollection)) == len(boundary.pairs)
    # With boundaries those of the layers are drawn too, and none of them is the decision's.
    ax = plot_regions(cx, ax=axes(), color="class", boundaries=True)
    colours = {tuple(c) for lines in drawn(ax, LineCollection) for c in lines.get_colors()}
    layers = {to_rgba(c) for c in LAYER_COLOURS[:3]}
    assert colours == {*layers, to_rgba("white"), to_rgba("black")}
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["layer 1", "layer 2", "layer 3", "the decision"]
    assert not plot_regions(cx, ax=axes(), color="class", boundaries=False).collections[1:]


def test_the_decision_on_top(cx: RegionComplex) -> None:
    boundary = cx.decision_boundary()
    lines = draw_decision(axes(), boundary)
    assert [line.tolist() for line in lines.get_segments()] == [
        line.tolist() for line in boundary.polylines()
    ]
    ax = plot_regions(cx, ax=axes(), decision=True)
    assert [t.get_text() for t in ax.get_legend().get_texts()][-1] == "the decision"
    assert len(ax.collections[-1].get_segments()) == len(boundary.polylines())


def test_a_single_output_decides_by_its_sign() -> None:
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [-1])])
    found = enumerate_regions(net, Box.cube(2, -2, 2))
    ax = plot_regions(found, ax=axes(), color="class")
    assert [t.get_text() for t in ax.get_legend().get_texts()] == ["output 0 <= 0", "output 0 > 0"]
    ends = {tuple(p) for line in draw_decision(axes(), found.level_set(0, 0.0)).get_segments() for p in line}
    assert {(1, -2), (1, 0), (0, 1), (-2, 1)} == ends


def test_dashes_go_on_along_a_line() -> None:
    """The sixth layer is dashed, and its segments are one line from side to side."""
    slope = [([[1, 0], [0, 1]], [3, 3])]
    layers = [*slope, *[([[1, 0], [0, 1]], [0, 0])] * 4, ([[1, 0], [0, 1]], [-3, 0]), ([[1, 1]], [0])]
    found = enumerate_regions(Network.from_arrays(layers), Box.cube(2, -1, 1))
    lines = draw_boundaries(axes(), found)
    assert list(lines) == [5]
    (line,) = lines[5].get_segments()
    assert sorted(map(tuple, line.tolist())) == [(0, -1), (0, 1)]
    assert lines[5].get_linestyle()[0][1] is not None


def test_the_bands_of_one_input() -> None:
    # |x| as two units, then | |x| - 1/2 |
    net = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1], [-1, -1]], [-0.5, 0.5]), ([[1, 1]], [0])])
    found = enumerate_regions(net, Box([-1], [1]))
    bands = draw_bands(axes(), found, pattern_colours(found))
    for i, path in enumerate(bands.get_paths()):
        assert sorted(set(path.vertices[:, 0].tolist())) == sorted(found[i].vertices[:, 0].tolist())
    assert np.array_equal(np.diff(region_intervals(found))[:, 0], np.full(4, 0.5))
    lines = draw_breakpoints(axes(), found)
    at = {layer: sorted(s[0][0] for s in c.get_segments()) for layer, c in lines.items()}
    assert at == {0: [0], 1: [-0.5, 0.5]}
    line, dots = draw_function(axes(), found)
    assert len(line.get_segments()) == 4
    assert sorted(map(tuple, dots.get_offsets().tolist())) == [(-0.5, 0), (0, 0.5), (0.5, 0)]
    by_place = {x: tuple(c) for (x, _), c in zip(dots.get_offsets(), dots.get_facecolors(), strict=True)}
    assert by_place == {0: to_rgba(layer_colour(0)), **dict.fromkeys((-0.5, 0.5), to_rgba(layer_colour(1)))}


def test_one_input_coloured() -> None:
    net = Network.from_arrays([([[1]], [0]), ([[1], [0]], [0, 0.5])])  # relu(x), and 1/2
    found = enumerate_regions(net, Box([-1], [1]))
    ax = plot_regions(found, ax=axes(), color="gradient:0", decision=True)
    assert ax.get_ylabel() == "output 0"
    (bands,) = drawn(ax, PolyCollection)
    dark = {i: sum(c[:3]) for i, c in enumerate(bands.get_facecolors().tolist())}
    on = int(found.locate([0.75]))
    assert dark[on] < dark[1 - on]
    ax = plot_regions(found, ax=axes(), color="output:1")
    assert ax.get_ylabel() == "output 1"
    places = [
        c.get_segments()[0][0][0]
        for c in drawn(plot_regions(found, ax=axes(), decision=True), LineCollection)
    ]
    assert places.count(0.5) == 2  # the decision, and its rim


def test_linear_regions_by_a_value(cx: RegionComplex) -> None:
    (polygons,) = drawn(plot_regions(linear_regions(cx), ax=axes(), color="gradient"), PolyCollection)
    assert np.array_equal(
        polygons.get_facecolors(), np.c_[colour_regions(cx, "gradient").colours, np.ones(cx.n_regions)]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"color": "colour"}, "color 'colour' is unknown; known: pattern, layer\\[:N\\]"),
        ({"color": "layer:0"}, "no such hidden layer; they are 1 to 3"),
        ({"color": "layer:4"}, "no such hidden layer; they are 1 to 3"),
        ({"color": "output:9"}, "no such output; they are 0 to"),
        ({"color": "pattern:1"}, "a whole number may follow layer, output, gradient only"),
        ({"color": "layer:-1"}, "a whole number may follow"),
        ({"color": [1, 2, 3]}, "expected one number for each of .* regions.*got the shape \\(3,\\)"),
        ({"color": object()}, "expected a name or numbers"),
    ],
)
def test_refusals(cx: RegionComplex, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        plot_regions(cx, ax=axes(), **options)


def test_refusals_by_dimension(small: RegionComplex) -> None:
    line = enumerate_regions(Network.from_arrays([([[1]], [0]), ([[1]], [0])]), Box([-1], [1]))
    with pytest.raises(InvalidInputError, match="over one input the region graph is the line itself"):
        plot_regions(line, ax=axes(), graph=True)
    if small.known_faces is None:
        with pytest.raises(InvalidInputError, match="takes the faces"):
            plot_regions(small, ax=axes(), decision=True)
    assert parse_color("layer") == ("layer", 1)
    colours = np.full((small.n_regions, 3), 2.0)
    with pytest.raises(InvalidInputError, match="from 0 to 1"):
        plot_regions(small, ax=axes(), color=colours)
