"""Pictures of the docs have a palette and are small; how they get one."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from polyregions.plot.figures import save, use_palette

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").rglob("*.png"))
MOST_BYTES, MOST_MOVING = 1_250_000, 500_000


def test_committed_pictures_have_a_palette_and_are_small() -> None:
    assert len(DOCS) > 10
    for path in DOCS:
        with Image.open(path) as picture:
            assert picture.mode == "P", path
            colours = picture.getcolors(256)
            assert colours is not None, path
    assert sum(path.stat().st_size for path in DOCS) < MOST_BYTES
    assert sum(path.stat().st_size for path in (ROOT / "docs").rglob("*.gif")) < MOST_MOVING


def test_every_committed_picture_is_shown_and_every_link_leads_to_one() -> None:
    shown = set()
    for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        links = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", page.read_text(encoding="utf-8"))
        shown |= {(page.parent / link).resolve() for link in links}
    assert shown == {*DOCS, *(ROOT / "docs").rglob("*.gif")}


def test_a_palette_keeps_the_page_and_few_colours(tmp_path: Path) -> None:
    figure = Figure(figsize=(3, 2))
    figure.subplots().imshow(np.random.default_rng(0).random((40, 60, 3)))
    path = tmp_path / "a.png"
    save(figure, path)
    before = path.stat().st_size
    with Image.open(path) as picture:
        page, size = picture.convert("RGB").getpixel((0, 0)), picture.size
        assert len(picture.convert("RGB").getcolors(1 << 20)) > 1000
    use_palette(path, 64)
    with Image.open(path) as picture:
        assert (picture.mode, picture.size) == ("P", size)
        assert len(picture.getcolors()) <= 64
        assert picture.convert("RGB").getpixel((0, 0)) == page == (255, 255, 255)
    assert path.stat().st_size < before
    use_palette(path, width=size[0] // 2)
    with Image.open(path) as picture:
        assert picture.width == size[0] // 2
    assert [p.name for p in tmp_path.iterdir()] == ["a.png"]
