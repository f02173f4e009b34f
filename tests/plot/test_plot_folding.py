"""Pictures of folds: what is drawn where follows from the network; paper does not pass through paper."""

from __future__ import annotations

import subprocess
import sys
from itertools import combinations, product
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.collections import PolyCollection
from support.zoo import folding as fold_network
from support.zoo import inside_unit_cube, tents_of_rank_2

from polyregions import Box, Network
from polyregions.analysis.folding import verify_folding
from polyregions.errors import FileFormatError, InvalidInputError, MissingDependencyError, TooLargeError
from polyregions.network.layers import linear, relu
from polyregions.plot import folding as pictures
from polyregions.plot import plot_folding
from polyregions.plot.folding import INK, LETTER
from polyregions.plot.sheets import Sheet


def folded(n0, folds, last=None):
    return verify_folding(Network(fold_network(n0, folds, last)), Box.cube(n0, 0, 1))


def letters(ax):
    """Vertices of the polygons that are filled with ink."""
    (polygons,) = [c for c in ax.collections if type(c) is PolyCollection]
    faces = polygons.get_facecolors()
    ink = np.flatnonzero((np.abs(faces[:, :3] - INK).max(axis=1) < 1e-6) & (faces[:, 3] == 1))
    return [polygons.get_paths()[k].vertices[:-1] for k in ink.tolist()]


@pytest.mark.parametrize("folds", [(2,), (3,), (2, 2), (3, 2)])
def test_every_cell_shows_the_letter(folds):
    folding = folded(2, folds)
    axes = plot_folding(folding)
    assert len(axes) == len(folds) + 2
    K = int(np.prod(folds))
    drawn = letters(axes[0])
    assert len(drawn) == K**2
    # The read-out is the folded vector: it takes each letter of the sheet to the one in the folded square.
    for letter in drawn:
        assert np.allclose(folding.network(letter), LETTER)
    # One in each cell of the sheet.
    assert {tuple(np.floor(K * letter.mean(axis=0)).astype(int)) for letter in drawn} == set(
        product(range(K), repeat=2)
    )
    # Every stack shows them all, and from above there is one.
    assert [len(letters(ax)) for ax in axes[1:]] == [K**2] * len(folds) + [1]
    assert np.allclose(letters(axes[-1])[0], LETTER)


@pytest.mark.parametrize(
    ("n0", "folds"),
    [(1, (2, 3)), (1, (3, 2)), (1, (4, 3)), (1, (2, 2, 2)), (2, (2, 2)), (2, (3, 2)), (2, (2, 3))],
)
def test_paper_does_not_pass_through_paper(n0, folds):
    """On each side of a stack, two folds lie one in the other, or one above the other."""
    sheet = Sheet(folded(n0, folds))
    assert len(sheet.stacks) == len(folds) + 1
    compared = 0
    for number, stack in enumerate(sheet.stacks):
        K = int(np.prod(folds[:number]))
        steps = np.sort(stack.height)
        assert len(steps) == K**n0
        assert len(set(steps.tolist())) == len(steps)
        assert np.allclose(np.diff(steps), np.diff(steps)[:1])
        sides = {}
        for k, (i, j) in enumerate(sheet.pairs.tolist()):
            if stack.home[i] != stack.home[j]:
                ends = stack.fold(stack.home[i], sheet.walls[k])
                # The map of the other layer agrees on the fold.
                assert np.allclose(ends, stack.fold(stack.home[j], sheet.walls[k]))
                axis = int(np.ptp(ends, axis=0).argmin())
                at = round(float(ends[:, axis].mean()))
                assert np.allclose(ends[:, axis], at)
                span = tuple(sorted(stack.height[stack.home[[i, j]]].tolist()))
                sides.setdefault((axis, at), set()).add(span)
        for spans in sides.values():
            for (_, b), (c, d) in combinations(sorted(spans), 2):
                compared += 1
                assert b < c or d < b
    assert compared > 0


def test_the_bottom_stays_where_it_was():
    """|2 y - 1| begins with a fall, and the read-out mixes: but no paper is turned that need not be."""
    network = Network([*tents_of_rank_2(2, 2), linear([[0, -3], [1, 0]], [5, 0])])
    box = Box([0, 0], [1, 1])
    sheet = Sheet(verify_folding(network, box))
    for stack, K in zip(sheet.stacks, (1, 2, 4), strict=True):
        bottom = stack.maps[np.argmin(stack.height)]
        assert np.allclose(bottom, [[K, 0, 0], [0, K, 0]])


def test_a_box_of_other_sides():
    """The same fold of [2, 4] x [-4, 0]: drawn in the same place."""
    first, *rest = fold_network(2, (2, 2))
    shift = np.array([[1 / 2, 0], [0, 1 / 4]])
    network = Network([relu(first.weight @ shift, first.bias + first.weight @ [-1, 1]), *rest])
    axes = plot_folding(verify_folding(network, Box([2, -4], [4, 0])))
    for ours, plain in zip(axes, plot_folding(folded(2, (2, 2))), strict=True):
        assert ours.get_xlim() == pytest.approx(plain.get_xlim())
        ordered = [sorted(map(tuple, np.round(np.concatenate(letters(ax)), 9))) for ax in (ours, plain)]
        assert ordered[0] == ordered[1]


def test_regions_of_the_next_layer():
    """Three lines in each of 16 cells; of the wall between two cells one side is crossed by them."""
    axes = plot_folding(folded(2, (2, 2), inside_unit_cube(2, 3)))
    assert axes[-1].get_title().splitlines() == ["from above", "7 regions of layer 3, 16 times each"]
    names = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert names == ["creases of layer 1", "creases of layer 2", "boundaries of layer 3"]
    assert letters(axes[0]) == []
    (polygons,) = axes[-1].collections
    edges = [tuple(c) for c in polygons.get_edgecolors()]
    # Each of three lines that meet in three points has three pieces.
    assert edges.count(mpl.colors.to_rgba(pictures.layer_colour(2))) == 9


def test_one_dimension():
    folding = folded(1, (3, 2))
    axes = plot_folding(folding)
    assert [ax.get_title().splitlines() for ax in axes] == [
        ["the sheet", "6 cells"],
        ["folded by layer 1", "3 to 1"],
        ["folded by layer 2", "6 to 1"],
        ["from above", "6 cells look like one"],
    ]
    for ax, n, marks in zip(axes, (1, 3, 6, 1), (5, 3, 0, 0), strict=True):
        lines = ax.get_lines()
        # Creases that are still to be folded are marked, the others are curves.
        assert sum(line.get_marker() == "|" for line in lines) == marks
        assert sum(len(line.get_xdata()) > 2 for line in lines) == n - 1
        assert len({float(line.get_ydata()[0]) for line in lines if len(line.get_xdata()) == 2}) == n
    # An arrow in every cell, to the right in the folded interval: the read-out says where that is.
    for ax, cells in ((axes[0], 6), (axes[-1], 1)):
        assert len(ax.texts) == cells
        for arrow in ax.texts:
            ends = [[arrow.xyann[0]], [arrow.xy[0]]]
            if cells > 1:
                ends = folding.network(ends).tolist()
            assert np.allclose(ends, [[0.2], [0.8]])


def test_a_layer_without_boundaries_cuts_nothing():
    layers = fold_network(1, (2,))
    network = Network([layers[0], relu([[1, -1]], [1]), linear([[1]], [0])])  # positive all over
    axes = plot_folding(verify_folding(network, Box([0], [1])))
    assert axes[-1].get_title().splitlines()[1] == "2 cells look like one"


@pytest.mark.parametrize(("ending", "magic"), [(".png", b"\x89PNG"), (".svg", b"<?xml"), (".pdf", b"%PDF")])
def test_files(tmp_path, ending, magic):
    folding = folded(2, (2,), inside_unit_cube(2, 2))
    first, second = tmp_path / f"a{ending}", tmp_path / f"b{ending}"
    plot_folding(folding, first)
    plot_folding(folding, second)
    assert first.read_bytes().startswith(magic)
    assert first.read_bytes() == second.read_bytes()
    assert len(list(tmp_path.iterdir())) == 2


def test_refusals(tmp_path, monkeypatch):
    folding = folded(2, (2,))
    with pytest.raises(InvalidInputError, match="3 dimensions"):
        plot_folding(folded(3, (2,)))
    network = Network([relu([[1], [2]], [0, -1]), linear([[1, -2]], [0])])
    with pytest.raises(InvalidInputError, match="does not fold the cube: 2 regions, 2 images"):
        plot_folding(verify_folding(network, Box([0], [1])))
    with pytest.raises(FileFormatError, match="known"):
        plot_folding(folding, tmp_path / "a.jpeg")
    monkeypatch.setattr(pictures, "MOST_REGIONS", 3)
    with pytest.raises(TooLargeError, match="4 regions in each picture, and the limit is 3"):
        plot_folding(folding)
    monkeypatch.undo()
    monkeypatch.setattr("polyregions.plot.figures.find_spec", lambda name: None)
    with pytest.raises(MissingDependencyError, match=r"polyregions\[plot\]"):
        plot_folding(folding)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_the_example(tmp_path):
    script = Path(__file__).parents[2] / "examples" / "folding.py"
    run = subprocess.run(
        [sys.executable, script, tmp_path / "a.png"], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert run.stdout.startswith("2 of 3 hidden layers fold the cube, 16 to 1\n")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
