"""The table of formats: names, endings, what is refused, and that nothing is half-written."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import util
from pathlib import Path

import pytest

from polyregions import Box, Network, enumerate_regions
from polyregions.complex.attributes import OPTIONAL
from polyregions.errors import FileFormatError, InvalidInputError, MissingDependencyError
from polyregions.export import formats, planar
from polyregions.export.formats import FORMATS, GRAPHS, find_format, write_file


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_names_and_endings_lead_to_it(form):
    names = [name for name in (form.name, form.also) if name]
    for name in names:
        assert find_format(f"some.thing.{name}") is form
        assert find_format(f"a.b/THING.{name.upper()}") is form
        assert find_format("x.txt", name) is form
        assert find_format("x.wkt", f".{name}") is form


def test_a_file_may_be_called_by_the_ending_alone():
    assert find_format("walls.csv").name == "walls.csv"
    assert find_format("edges.csv").name == "edges.csv"
    assert find_format("other.csv").name == "regions.csv"


@pytest.mark.parametrize("name", ["r.xyz", "r", ".dot", "r.", "r.ine.gz", "graphml"])
def test_unknown_endings(plane, tmp_path, name):
    with pytest.raises(FileFormatError, match=r"known: \.graphml, .*\.mat"):
        write_file(plane, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_unknown_names(plane, tmp_path):
    with pytest.raises(FileFormatError, match="there is no export format 'xlsx'; known"):
        write_file(plane, tmp_path / "r.wkt", "xlsx")
    with pytest.raises(FileFormatError, match=r"known: \.graphml, \.gexf, \.json, \.dot$"):
        find_format("r.wkt", among=GRAPHS)


def test_dimensions(plane, space, tmp_path):
    for name in ("r.svg", "r.wkt", "r.geojson", "r.geoparquet"):
        with pytest.raises(
            InvalidInputError, match=r"holds polygons.* of 2 inputs, this box has 3 dimensions"
        ):
            write_file(space, tmp_path / name)
    with pytest.raises(InvalidInputError, match="of 3 inputs, this box has 2 dimensions"):
        write_file(plane, tmp_path / "r.stl")
    net = Network.from_arrays([([[1, 0, 0, 0]], [0]), ([[1]], [0])])
    four = enumerate_regions(net, Box.cube(4, -1, 1))
    with pytest.raises(InvalidInputError, match="of 1, 2 or 3 inputs, this box has 4 dimensions"):
        write_file(four, tmp_path / "r.vtu")
    assert list(tmp_path.iterdir()) == []


def test_faces_that_are_missing(plane, tmp_path):
    bare = enumerate_regions(plane.network, plane.box, engine="traverse")
    for form in FORMATS:
        if form.faces and 2 in (form.dims or (2,)):
            with pytest.raises(InvalidInputError, match="it takes the faces of all dimensions"):
                write_file(bare, tmp_path / f"r{form.ending}")
    assert list(tmp_path.iterdir()) == []


def test_regions_of_a_format_that_holds_all(plane, tmp_path):
    with pytest.raises(InvalidInputError, match="holds the whole result"):
        write_file(plane, tmp_path / "r.wkt", regions=[1])


def test_what_is_left_out(plane, tmp_path):
    write_file(plane, tmp_path / "a.json", without=["map", "pattern"])
    nodes = json.loads((tmp_path / "a.json").read_text())["nodes"]
    for node, (_, data) in zip(nodes, plane.graph().nodes(data=True), strict=True):
        assert {"id", *data} - {*node} == {"map", "pattern"}
    write_file(plane, tmp_path / "a.csv", without=OPTIONAL)
    assert (tmp_path / "a.csv").read_text().startswith("region,explored,degree,witness_0,witness_1\n")
    for form in FORMATS:
        if form.attributes and not form.package:
            sizes = []
            for without in ((), OPTIONAL):
                write_file(plane, tmp_path / f"r{form.ending}", without=without)
                sizes.append((tmp_path / f"r{form.ending}").stat().st_size)
            assert sizes[1] < sizes[0], form.name
    with pytest.raises(InvalidInputError, match="without 'degree': what may be left out is pattern, map"):
        write_file(plane, tmp_path / "r.csv", without=["degree"])
    with pytest.raises(InvalidInputError, match="holds no attributes"):
        write_file(plane, tmp_path / "r.wkt", without=["map"])


def test_a_package_that_is_missing(plane, tmp_path, monkeypatch):
    monkeypatch.setattr(
        formats, "find_spec", lambda name: None if name == "pyarrow" else util.find_spec(name)
    )
    for name in ("r.parquet", "r.walls.parquet", "r.geoparquet"):
        with pytest.raises(MissingDependencyError, match=r"pyarrow.*polyregions\[parquet\]"):
            write_file(plane, tmp_path / name)
    write_file(plane, tmp_path / "r.csv")


def test_failure_leaves_the_old_file_alone(plane, tmp_path, monkeypatch):
    path = tmp_path / "r.wkt"
    path.write_text("old")

    def ring_parts(cx):
        yield from list(whole(cx))[:1]
        raise RuntimeError("half way")

    whole = planar.ring_parts
    monkeypatch.setattr(planar, "ring_parts", ring_parts)
    with pytest.raises(RuntimeError, match="half way"):
        write_file(plane, path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_writes_what_it_can(form, any_plane, space, tmp_path):
    """In two inputs or three, and without faces where it needs none."""
    pytest.importorskip(form.package or "numpy")
    cx = space if form.dims == (3,) else any_plane
    if form.faces and cx.known_faces is None:
        pytest.skip("it takes faces")
    path = tmp_path / f"r{form.ending}"
    write_file(cx, path, regions=[0] if form.single else None)
    assert path.stat().st_size > 100
    first = path.read_bytes()
    if form.name != "mat":  # which has the time in its head
        write_file(cx, path, regions=[0] if form.single else None)
        assert path.read_bytes() == first


def test_graphs_and_polygons_load_no_library_for_them(tmp_path):
    """A networkx graph of a million nodes would fill the memory."""
    code = (
        "import sys\n"
        "from polyregions import Box, Network, enumerate_regions\n"
        "from polyregions.export.formats import write_file\n"
        "cx = enumerate_regions(Network.from_arrays([([[1, 0]], [0]), ([[1]], [0])]), Box.cube(2, -1, 1))\n"
        "for name in 'graphml gexf json dot edges.csv regions.csv geojson wkt svg vtu'.split():\n"
        "    write_file(cx, 'r.' + name)\n"
        "print({'networkx', 'shapely', 'pandas', 'pyarrow', 'matplotlib'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_the_page_lists_all_formats():
    page = (Path(__file__).parents[2] / "docs" / "export.md").read_text()
    for form in FORMATS:
        assert f"`{form.ending}`" in page, form.ending
        assert not form.also or f"`.{form.also}`" in page, form.also
