"""Half-spaces and vertices, read back by cddlib in rational arithmetic: each is the other's dual."""

from __future__ import annotations

from fractions import Fraction
from zipfile import ZipFile

import pytest

from polyregions import enumerate_regions
from polyregions.errors import InvalidInputError
from polyregions.export.formats import write_file

gmp = pytest.importorskip("cdd.gmp", reason="reads .ine and .ext, by pip install pycddlib-standalone")
cdd = pytest.importorskip("cdd")


def read(text):
    """The matrix of a file, as its lines say."""
    lines = [line for line in text.splitlines() if not line.startswith("*")]
    kind, begin, shape, *rows, end = lines
    assert (begin, end) == ("begin", "end")
    n, width, numbers = shape.split()
    array = [[Fraction(number) for number in row.split()] for row in rows]
    assert (len(array), {len(row) for row in array}, numbers) == (int(n), {int(width)}, "rational")
    kinds = {"H-representation": cdd.RepType.INEQUALITY, "V-representation": cdd.RepType.GENERATOR}
    return gmp.matrix_from_array(array, rep_type=kinds[kind])


def as_vertices(matrix):
    return {tuple(row[1:]) for row in gmp.copy_generators(gmp.polyhedron_from_matrix(matrix)).array}


@pytest.mark.parametrize("fixture", ["plane", "space", "any_space"])
def test_each_region(request, tmp_path, fixture):
    cx = request.getfixturevalue(fixture)
    write_file(cx, tmp_path / "r.ine.zip")
    write_file(cx, tmp_path / "r.ext.zip")
    with ZipFile(tmp_path / "r.ine.zip") as ine, ZipFile(tmp_path / "r.ext.zip") as ext:
        assert ine.namelist() == [f"region{i}.ine" for i in range(cx.n_regions)]
        assert ext.namelist() == [f"region{i}.ext" for i in range(cx.n_regions)]
        for i in range(0, cx.n_regions, 5):
            halfspaces = read(ine.read(f"region{i}.ine").decode())
            vertices = read(ext.read(f"region{i}.ext").decode())
            assert {row[0] for row in vertices.array} == {1}
            assert as_vertices(halfspaces) == {tuple(row[1:]) for row in vertices.array}
            assert as_vertices(halfspaces) == set(cx[i].exact_vertices)
            assert len(gmp.redundant_rows(halfspaces)) == 0
            assert len(halfspaces.array) == len(cx[i].facets)


def test_cddlib_reads_the_file_itself(plane, tmp_path):
    """By its own reader of files, where the library has it."""
    write_file(plane, tmp_path / "r.ine", regions=[3])
    text = (tmp_path / "r.ine").read_text()
    assert text.startswith("* polyregions: region 3, pattern ")
    write_file(plane, tmp_path / "all.ine.zip", regions=[3])
    with ZipFile(tmp_path / "all.ine.zip") as archive:
        assert archive.read("region3.ine").decode() == text


def test_which_regions(plane, tmp_path):
    with pytest.raises(InvalidInputError, match=r"\.ine holds one region: choose one"):
        write_file(plane, tmp_path / "r.ine")
    for wrong in ([plane.n_regions], [1, 2]):
        with pytest.raises(InvalidInputError, match="region"):
            write_file(plane, tmp_path / "r.ine", regions=wrong)
    partial = enumerate_regions(plane.network, plane.box, engine="traverse", limit=9)
    assert partial.n_explored < partial.n_regions
    with pytest.raises(InvalidInputError, match="its facets are not known, the result is partial"):
        write_file(partial, tmp_path / "r.ine", regions=[partial.n_regions - 1])
    assert list(tmp_path.iterdir()) == []
    write_file(partial, tmp_path / "r.ine.zip")
    with ZipFile(tmp_path / "r.ine.zip") as archive:
        assert len(archive.namelist()) == partial.n_explored
