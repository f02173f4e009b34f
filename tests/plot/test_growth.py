"""How a subdivision grows: its stages are the subdivisions by fewer layers, enumerated for themselves."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection, PolyCollection
from PIL import Image
from support.networks import random_network

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.errors import FileFormatError, InvalidInputError, MissingDependencyError
from polyregions.plot import plot_growth
from polyregions.plot.growth import LONG, SHORT, stages

KINDS = [["relu", "relu", "relu"], ["maxout3", "abs"], ["hard_tanh", "relu"]]


def grown(kinds: list[str], d: int = 2) -> RegionComplex:
    return enumerate_regions(random_network(7, d, kinds, 4), Box.cube(d, -2, 2))


@pytest.mark.parametrize("kinds", KINDS)
@pytest.mark.parametrize("d", [1, 2, 3])
def test_stages_are_the_subdivisions_of_fewer_layers(kinds: list[str], d: int) -> None:
    cx = grown(kinds, d)
    found = list(stages(cx))
    assert [stage.layer for stage in found] == [-1, *range(len(kinds))]
    assert [stage.n_regions for stage in found] == [
        1,
        *(
            enumerate_regions(Network(cx.network.layers[: k + 1]), cx.box).n_regions
            for k in range(len(kinds))
        ),
    ]
    for stage in found[1:]:
        of_layer = cx.states[:, : stage.units]
        assert np.array_equal(of_layer[stage.groups], of_layer)
        assert (stage.groups <= np.arange(cx.n_regions)).all()


def test_steps_lead_through_a_layer() -> None:
    cx = grown(KINDS[0])
    found = list(stages(cx, 3))
    assert [stage.units for stage in found if stage.whole] == [0, 4, 8, 12]
    assert len(found) == 10
    counts = [stage.n_regions for stage in found]
    assert counts == sorted(counts)
    assert [stage.n_regions for stage in found if stage.whole] == [s.n_regions for s in stages(cx)]
    assert found[1].title.startswith("in layer 1\n")


def test_panels_show_what_has_come_in() -> None:
    cx = grown(KINDS[0])
    axes = plot_growth(cx)
    final = list(stages(cx))
    layers = [0, *np.unique(cx.network.unit_layers)]
    assert len(axes) == len(layers)
    total = 0
    for ax, stage in zip(axes, final, strict=True):
        (polygons,) = [c for c in ax.collections if type(c) is PolyCollection]
        colours = [tuple(c) for c in polygons.get_facecolors().tolist()]
        assert len(colours) == cx.n_regions
        assert [colours[k] for k in stage.groups] == colours
        assert len(set(colours)) == stage.n_regions
        drawn = sum(len(c.get_segments()) for c in ax.collections if type(c) is LineCollection)
        i, j = cx.adjacencies.T
        assert drawn == (stage.groups[i] != stage.groups[j]).sum() >= total
        total = drawn
    assert total == cx.n_adjacencies
    names = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert names == [f"boundaries of layer {k}" for k in (1, 2, 3)]


def test_one_input() -> None:
    cx = grown(["relu", "relu"], 1)
    for ax, stage in zip(plot_growth(cx), stages(cx), strict=True):
        *lines, _ = [c for c in ax.collections if type(c) is LineCollection]
        assert sum(len(c.get_segments()) for c in lines) == stage.n_regions - 1
        assert len(ax.collections[-1].get_offsets()) == stage.n_regions - 1


def test_a_moving_picture(tmp_path: Path) -> None:
    cx = grown(KINDS[1])
    first, second = tmp_path / "a.gif", tmp_path / "b.gif"
    plot_growth(cx, first)
    plot_growth(cx, second)
    assert first.read_bytes() == second.read_bytes()
    times: list[int] = []
    with Image.open(first) as moving:
        for frame in range(moving.n_frames):
            moving.seek(frame)
            times.append(int(moving.info["duration"]))
        assert moving.info["loop"] == 0
    expected = [LONG if stage.whole else SHORT for stage in stages(cx, 8)]
    assert times == expected
    assert len(list(tmp_path.iterdir())) == 2


def test_a_row_in_a_file(tmp_path: Path) -> None:
    for ending, magic in (("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")):
        plot_growth(grown(KINDS[1]), tmp_path / f"row.{ending}", boundaries=False)
        assert (tmp_path / f"row.{ending}").read_bytes().startswith(magic)


def test_films_are_made_by_ffmpeg(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stand-in for ffmpeg that keeps what it is given: so many pictures of one size."""
    import matplotlib as mpl

    program = tmp_path / "ffmpeg"
    program.write_text('#!/bin/sh\nfor last; do :; done\ncat > "$last"\n', encoding="utf-8")
    program.chmod(0o755)
    with mpl.rc_context({"animation.ffmpeg_path": str(program)}):
        cx = grown(KINDS[1])
        plot_growth(cx, tmp_path / "film.mp4")
    pictures = sum((LONG if stage.whole else SHORT) // SHORT for stage in stages(cx, 8))
    size, rest = divmod((tmp_path / "film.mp4").stat().st_size, pictures)
    assert (size > 10_000, rest, size % 4) == (True, 0, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ffmpeg", "film.mp4"]


def test_refusals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InvalidInputError, match="over one or two inputs, and the box has 3"):
        plot_growth(grown(["relu"], 3))
    part = enumerate_regions(random_network(7, 2, KINDS[0], 4), Box.cube(2, -2, 2), limit=3)
    with pytest.raises(InvalidInputError, match="needs a complete result, and this one is partial"):
        plot_growth(part)
    with pytest.raises(FileFormatError, match=r"known: .*\.gif, \.mp4"):
        plot_growth(grown(["relu"]), tmp_path / "a.webm")
    import matplotlib as mpl

    with (
        mpl.rc_context({"animation.ffmpeg_path": str(tmp_path / "nothing")}),
        pytest.raises(MissingDependencyError, match="needs the program ffmpeg"),
    ):
        plot_growth(grown(["relu"]), tmp_path / "a.mp4")
    assert list(tmp_path.iterdir()) == []
