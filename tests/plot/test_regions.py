"""Pictures: what is drawn, counted in matplotlib's own objects; and what is refused."""

from __future__ import annotations

import os
import subprocess
import sys
import warnings

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from polyregions import Box, Network, enumerate_regions, linear_regions
from polyregions.errors import FileFormatError, InvalidInputError, MissingDependencyError
from polyregions.plot import pattern_colours, plot_regions

# |x| as two units, then | |x| - 1/2 |: kinks at 0 (layer 1) and at +-1/2 (layer 2).
FOLDS = Network.from_arrays([([[1], [-1]], [0, 0]), ([[1, 1], [-1, -1]], [-0.5, 0.5]), ([[1, 1]], [0])])
LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])


def _axes():
    return Figure().subplots()


def _drawn(ax, kind):
    return [c for c in ax.collections if type(c) is kind]


def test_three_lines():
    ax = plot_regions(enumerate_regions(LINES, Box.cube(2, -2, 2), engine="brute"), ax=_axes())
    (polygons,) = _drawn(ax, PolyCollection)
    (lines,) = _drawn(ax, LineCollection)
    assert len(polygons.get_paths()) == 7
    assert len(polygons.get_facecolors()) == 7
    assert len(lines.get_segments()) == 9
    # No segment is drawn twice, and together they are the three lines: 4, 4, and from (2, -1) to (-1, 2).
    ends = {tuple(map(tuple, segment)) for segment in lines.get_segments()}
    assert len(ends) == 9
    assert sum(np.hypot(*np.subtract(a, b)) for a, b in ends) == pytest.approx(8 + 3 * 2**0.5)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x0", "x1")
    assert ax.get_title() == "7 regions, 9 adjacencies"
    assert (ax.get_xlim(), ax.get_ylim()) == ((-2, 2), (-2, 2))


def test_layers_have_their_own_lines_and_legend():
    # The folds of x0, read from a plane: vertical lines at 0 (layer 1) and +-1/2 (layer 2).
    net = Network.from_arrays([([[1, 0], [-1, 0]], [0, 0]), *[(x.weight, x.bias) for x in FOLDS.layers[1:]]])
    ax = plot_regions(enumerate_regions(net, Box.cube(2, -1, 1), engine="brute"), ax=_axes())
    by_colour = {tuple(c.get_colors()[0]): c.get_segments() for c in _drawn(ax, LineCollection)}
    assert sorted(sorted(s[0][0] for s in segments) for segments in by_colour.values()) == [[-0.5, 0.5], [0]]
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["layer 1 (1)", "layer 2 (2)"]
    handles = [mpl.colors.to_rgba(h.get_color()) for h in ax.get_legend().legend_handles]
    assert [len(by_colour[handle]) for handle in handles] == [1, 2]


def test_one_dimension():
    ax = plot_regions(enumerate_regions(FOLDS, Box([-1], [1]), engine="brute"), ax=_axes())
    (bands,) = _drawn(ax, PolyCollection)
    widths = sorted(path.get_extents().width for path in bands.get_paths())
    assert widths == [0.5] * 4
    *boundaries, function = _drawn(ax, LineCollection)
    assert sorted(sorted(s[0][0] for s in c.get_segments()) for c in boundaries) == [[-0.5, 0.5], [0]]
    points = sorted({tuple(point) for segment in function.get_segments() for point in segment})
    assert points == [(-1, 0.5), (-0.5, 0), (0, 0.5), (0.5, 0), (1, 0.5)]
    assert ax.get_ylabel() == "output 0"


def test_partial_result_says_so():
    cx = enumerate_regions(LINES, Box.cube(2, -2, 2), engine="traverse", limit=3)
    ax = plot_regions(cx, ax=_axes())
    assert ax.get_title().startswith("3 regions")
    assert "partial: limit" in ax.get_title()
    assert len(_drawn(ax, PolyCollection)[0].get_paths()) == 3


def test_one_region_without_any_boundary():
    for d in (1, 2):
        net = Network.from_arrays([(np.ones((1, d)), [0])])
        cx = enumerate_regions(net, Box.cube(d, 0, 1), engine="brute")
        ax = plot_regions(cx, ax=_axes())
        assert ax.get_title() == "1 region, 0 adjacencies"
        assert ax.get_legend() is None


def test_colours_belong_to_patterns():
    whole = enumerate_regions(LINES, Box.cube(2, -2, 2), engine="brute")
    part = enumerate_regions(LINES, Box([-2, -2], [0.25, 0.25]), engine="brute")
    colours = dict(zip(map(bytes, whole.states), pattern_colours(whole).tolist(), strict=True))
    assert 1 < part.n_regions < whole.n_regions
    for pattern, colour in zip(part.states, pattern_colours(part).tolist(), strict=True):
        assert colours[bytes(pattern)] == colour
    assert len(set(map(tuple, colours.values()))) == 7
    # Soft: light enough for dark lines on every one of them.
    assert pattern_colours(whole).min() > 0.4
    assert pattern_colours(whole).max() <= 1


def test_colours_are_the_same_in_every_process():
    program = (
        "from polyregions import Box, Network, enumerate_regions\n"
        "from polyregions.plot import pattern_colours\n"
        "net = Network.from_arrays([([[1]], [0]), ([[1]], [0])])\n"
        "cx = enumerate_regions(net, Box([-1], [1]), engine='brute')\n"
        "print(sorted(pattern_colours(cx).tolist()))"
    )

    def output(seed):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.check_output([sys.executable, "-c", program], env=environment, text=True)

    assert output("1") == output("2")


@pytest.mark.parametrize(
    ("ending", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF"), (".PNG", b"\x89PNG")]
)
def test_files(tmp_path, ending, magic):
    cx = enumerate_regions(LINES, Box.cube(2, -2, 2), engine="brute")
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    plot_regions(cx, first)
    plot_regions(cx, second)
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_refusals(tmp_path, monkeypatch):
    flat = enumerate_regions(LINES, Box.cube(2, -2, 2), engine="brute")
    net = Network.from_arrays([(np.eye(4), np.zeros(4)), (np.ones((1, 4)), [0])])
    deep = enumerate_regions(net, Box.cube(4, -1, 1), engine="brute")
    with pytest.raises(InvalidInputError, match=r"4 dimensions and this picture at most 3.*net\.restrict"):
        plot_regions(deep)
    with pytest.raises(FileFormatError, match=r"known: \.png, \.svg"):
        plot_regions(flat, tmp_path / "a.jpeg")
    with pytest.raises(InvalidInputError, match="there is no directory"):
        plot_regions(flat, tmp_path / "no" / "a.png")
    monkeypatch.setattr("polyregions.plot.figures.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"polyregions\[plot\]"):
        plot_regions(flat)
    assert list(tmp_path.iterdir()) == []


def test_linear_regions_have_one_colour_and_no_lines_inside():
    """relu(x) with relu(y) unused: two halves, one line in two segments."""
    net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 0]], [0])])
    ax = plot_regions(linear_regions(enumerate_regions(net, Box.cube(2, -1, 1))), ax=_axes())
    (polygons,) = _drawn(ax, PolyCollection)
    (lines,) = _drawn(ax, LineCollection)
    assert len(polygons.get_paths()) == 4
    assert len({tuple(colour) for colour in polygons.get_facecolors()}) == 2
    assert sorted(sorted(map(tuple, s)) for s in lines.get_segments()) == [
        [(0, -1), (0, 0)],
        [(0, 0), (0, 1)],
    ]
    assert ax.get_title() == "2 linear regions (open_connected)"


def test_decisions_have_one_colour_each():
    """relu(x) against 1/2: the line x = 1/2 and nothing else."""
    net = Network.from_arrays([([[1, 0]], [0]), ([[1], [0]], [0, 0.5])])
    boundary = enumerate_regions(net, Box.cube(2, -1, 1)).decision_boundary()
    ax = plot_regions(boundary, ax=_axes())
    (polygons,) = _drawn(ax, PolyCollection)
    (lines,) = _drawn(ax, LineCollection)
    assert len(polygons.get_paths()) == 3
    by_decision = dict(zip(boundary.decisions.tolist(), map(tuple, polygons.get_facecolors()), strict=True))
    assert len(set(by_decision.values())) == 2
    assert [sorted(map(tuple, s)) for s in lines.get_segments()] == [[(0.5, -1), (0.5, 1)]]
    legend = ax.get_legend()
    assert legend.get_title().get_text() == "decision"
    named = {
        int(text.get_text()): h for text, h in zip(legend.get_texts(), legend.legend_handles, strict=True)
    }
    assert {k: tuple(h.get_facecolor()) for k, h in named.items()} == by_decision
    assert ax.get_title() == "2 decisions, 1 facet between them"


def test_decisions_in_one_dimension():
    net = Network.from_arrays([([[1]], [0]), ([[1], [0]], [0, 0.5])])
    cx = enumerate_regions(net, Box([-1], [1]))
    for shown, places in ((cx.decision_boundary(), [0.5]), (cx.level_set(0, 0.25), [0.25])):
        ax = plot_regions(shown, ax=_axes())
        lines = [s for c in _drawn(ax, LineCollection)[:-1] for s in c.get_segments()]
        assert [s[0][0] for s in lines] == places


@pytest.mark.parametrize("thing", [LINES, None, "cx.npz", [1, 2]])
def test_only_regions_are_drawn(thing):
    with pytest.raises(InvalidInputError, match="plot: expected regions, linear regions or a decision"):
        plot_regions(thing)


@pytest.mark.parametrize(("ending", "warns"), [("svg", True), ("pdf", True), ("png", False)])
def test_many_paths_are_announced(tmp_path, monkeypatch, ending, warns):
    """7 regions and 9 facets are 16 paths: of more than the limit, size and time are said before."""
    cx = enumerate_regions(LINES, Box.cube(2, -2, 2), engine="brute")
    for most, expected in ((15, warns), (16, False)):
        monkeypatch.setattr("polyregions.plot.regions.MANY_PATHS", most)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            plot_regions(cx, tmp_path / f"many.{ending}")
        texts = [str(w.message) for w in caught if "paths" in str(w.message)]
        assert len(texts) == expected
        if expected:
            assert "will hold 16 paths" in texts[0]
            assert ".png" in texts[0]
