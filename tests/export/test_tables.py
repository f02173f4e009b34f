"""Tables read back by pandas and pyarrow, the edge list by networkx."""

from __future__ import annotations

import networkx
import numpy as np
import pytest

from polyregions import Box, Network, enumerate_regions
from polyregions.export.formats import FORMATS, find_format, write_file

pandas = pytest.importorskip("pandas", reason="reads the tables")

ENDINGS = ("csv", "parquet")


def read(path):
    if path.suffix == ".parquet":
        pytest.importorskip("pyarrow", reason="reads and writes Parquet")
        return pandas.read_parquet(path)
    # Patterns and units are no numbers, though they look like some.
    texts = {"pattern": str, "units": str}
    return pandas.read_csv(path, dtype=texts)


def same_columns(table, frame, left_out, added):
    """Those of cx.to_pandas(), bit for bit, without some, and with some more."""
    assert set(table.columns) - added == set(frame.columns) - left_out
    for name in set(frame.columns) - left_out:
        # Rows of other lengths may be multiplied in another order.
        near = name.startswith(("A_", "c_", "map_error"))
        if near:
            assert table[name].to_numpy() == pytest.approx(frame[name].to_numpy(), abs=1e-13), name
        else:
            assert table[name].to_list() == pytest.approx(frame[name].to_list(), abs=0, nan_ok=True), name


def written(cx, folder, name):
    write_file(cx, folder / name)
    return read(folder / name)


@pytest.mark.parametrize("ending", ENDINGS)
def test_regions_come_back(any_plane, tmp_path, ending):
    cx = any_plane
    table = written(cx, tmp_path, f"r.regions.{ending}")
    assert table["region"].tolist() == list(range(cx.n_regions))
    assert table["pattern"].tolist() == ["".join(map(str, row)) for row in cx.states.tolist()]
    assert table["degree"].tolist() == cx.degrees.tolist()
    assert table["explored"].tolist() == [i < cx.n_explored for i in range(cx.n_regions)]
    same_columns(table, cx.to_pandas().regions, {"linear_map"}, set())
    for region, row in zip(cx, table.to_dict("records"), strict=True):
        A, c = region.affine_map
        for k in range(len(c)):
            assert [row[f"A_{k}_0"], row[f"A_{k}_1"], row[f"c_{k}"]] == pytest.approx(
                [*A[k], c[k]], abs=1e-12
            )
    assert ("volume" in table) == (cx.known_faces is not None)
    if cx.known_faces is not None:
        volumes = cx.faces.measured_volumes()
        assert np.array_equal(table["volume"], volumes.values)
        assert np.array_equal(table["volume_error"], volumes.errors)
        for region, decision in zip(cx, table["decision"], strict=True):
            values = [(region.affine_map[0] @ v + region.affine_map[1]).argmax() for v in region.vertices]
            if len(set(values)) > 1 and not np.isnan(decision):
                top = [region.affine_map[0] @ v + region.affine_map[1] for v in region.vertices]
                assert all(max(t) == pytest.approx(t[int(decision)], abs=1e-12) for t in top)
            elif not np.isnan(decision):
                assert values[0] == decision


@pytest.mark.parametrize("ending", ENDINGS)
def test_adjacencies_come_back(any_plane, tmp_path, ending):
    cx = any_plane
    table = written(cx, tmp_path, f"r.adjacencies.{ending}")
    same_columns(table, cx.to_pandas().adjacencies, set(), set())
    for row in table.to_dict("records"):
        flips = cx.flips(row["lower"], row["higher"])
        assert [int(u) for u in row["units"].split()] == flips.tolist()
        assert (row["flips"], row["unit"]) == (len(flips), flips[0])
    assert len(table) > 5


@pytest.mark.parametrize("ending", ENDINGS)
def test_walls_come_back(plane, space, tmp_path, ending):
    table = written(plane, tmp_path, f"r.walls.{ending}")
    same_columns(table, plane.to_pandas().walls, set(), set())
    ends = table[["x0_0", "x0_1", "x1_0", "x1_1"]].to_numpy().reshape(-1, 2, 2)
    for (i, j), segment in zip(plane.adjacencies, ends, strict=True):
        rings = [{tuple(v) for v in plane.polygons()[k].exterior.coords} for k in (i, j)]
        assert {tuple(v) for v in segment} <= rings[0] & rings[1]
    lengths = np.linalg.norm(ends[:, 1] - ends[:, 0], axis=1)
    assert table["size"].to_numpy() == pytest.approx(lengths, rel=1e-9)
    solid = written(space, tmp_path, f"s.walls.{ending}")
    same_columns(solid, space.to_pandas().walls, set(), set())
    walls = space.walls.among(space.faces)
    assert np.array_equal(solid["size"], space.faces.measured_faces(walls).values)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("d", [1, 4])
def test_other_dimensions(tmp_path, ending, d):
    net = Network.from_arrays([(np.eye(d) + 0.25, np.zeros(d)), (np.ones((2, d)), [0, 1])])
    cx = enumerate_regions(net, Box.cube(d, -1, 1), engine="subdivide")
    frames = cx.to_pandas()
    table = written(cx, tmp_path, f"r.regions.{ending}")
    same_columns(table, frames.regions, {"linear_map"}, set())
    same_columns(written(cx, tmp_path, f"r.walls.{ending}"), frames.walls, set(), set())


def test_edge_list_is_a_graph_of_networkx(plane, tmp_path):
    write_file(plane, tmp_path / "g.edges.csv")
    header, *lines = (tmp_path / "g.edges.csv").read_text().splitlines()
    names = header.split(",")
    kinds = dict.fromkeys(names[2:], int) | {"units": str}
    graph = networkx.parse_edgelist(lines, delimiter=",", nodetype=int, data=list(kinds.items()))
    assert names[:2] == ["source", "target"]
    assert sorted(tuple(sorted(edge)) for edge in graph.edges) == [
        tuple(p) for p in plane.adjacencies.tolist()
    ]
    assert all(
        data["units"] == " ".join(map(str, plane.flips(i, j))) for i, j, data in graph.edges(data=True)
    )


def test_rows_in_parts_are_the_same_file(plane, tmp_path, monkeypatch):
    names = [f"r{form.ending}" for form in FORMATS if 2 in (form.dims or (2,)) and not form.package]
    names = [name for name in names if not name.endswith((".ine", ".ext", ".mat"))]
    assert len(names) > 12
    whole = {}

    def write(name):
        # Of maps, the last bit depends on how many are made together.
        write_file(plane, tmp_path / name, without=["map"] if find_format(name).attributes else [])

    for name in names:
        write(name)
        whole[name] = (tmp_path / name).read_bytes()
    monkeypatch.setattr("polyregions.complex.attributes._ROWS", 7)
    for name in names:
        write(name)
        assert (tmp_path / name).read_bytes() == whole[name], name
    pytest.importorskip("pyarrow", reason="writes Parquet")
    write_file(plane, tmp_path / "r.parquet")
    assert pandas.read_parquet(tmp_path / "r.parquet")["region"].tolist() == list(range(plane.n_regions))
