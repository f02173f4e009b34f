"""The MATLAB file, read back by scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.io import loadmat

from polyregions import Box, Network, enumerate_regions
from polyregions.errors import TooLargeError
from polyregions.export import matlab
from polyregions.export.formats import write_file


def test_arrays(any_plane, tmp_path):
    cx = any_plane
    write_file(cx, tmp_path / "r.mat")
    found = loadmat(tmp_path / "r.mat")
    assert (found["engine"].item(), bool(found["complete"])) == (cx.engine, cx.complete)
    assert np.array_equal(found["states"], cx.states)
    assert np.array_equal(found["witnesses"], cx.witnesses, equal_nan=True)
    assert found["lower"].ravel().tolist() == cx.box.lower.tolist()
    assert np.array_equal(found["adjacencies"] - 1, cx.adjacencies)
    assert found["degrees"].ravel().tolist() == cx.degrees.tolist()
    offsets, across = found["facet_offsets"].ravel(), found["facet_neighbors"].ravel()
    for i in range(cx.n_explored):
        row = across[offsets[i] : offsets[i + 1]]
        assert 0 not in row
        assert [j - 1 if j > 0 else j for j in row.tolist()] == cx[i].facets.tolist()
    for i, region in enumerate(cx):
        A, c = region.affine_map
        assert found["A"][i] == pytest.approx(A, abs=1e-12)
        assert found["c"][i] == pytest.approx(c, abs=1e-12)
    assert ("vertices" in found) == ("volume" in found) == (cx.known_faces is not None)
    if cx.known_faces is not None:
        rings = np.split(found["vertices"], found["vertex_offsets"].ravel()[1:-1])
        assert [ring.tolist() for ring in rings] == [r.tolist() for r in np.split(*_rings(cx))]
        assert found["volume"].ravel().tolist() == cx.volumes.values.tolist()
        assert found["volume_error"].ravel().tolist() == cx.volumes.errors.tolist()
        assert np.array_equal(found["centroid"], cx.centroids.values)
        decisions = [data.get("decision", -1) for _, data in cx.graph().nodes(data=True)]
        assert (found["decision"].ravel() - 1).tolist() == decisions


def _rings(cx):
    points, offsets = cx.faces.rings()
    return points, offsets[1:-1]


def test_three_inputs_and_one(space, tmp_path):
    net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
    for cx in (space, enumerate_regions(net, Box([-1], [2]))):
        write_file(cx, tmp_path / "r.mat")
        found = loadmat(tmp_path / "r.mat")
        assert np.array_equal(found["centroid"], cx.centroids.values)
        assert np.array_equal(found["vertices"], cx.vertices.points)
        assert np.array_equal(found["vertex_offsets"].ravel(), cx.vertices.offsets)
        assert found["A"].shape == (cx.n_regions, cx.network.output_dim, cx.box.dim)
        assert ("decision" in found) == (cx.network.output_dim > 1)


def test_too_large(plane, tmp_path, monkeypatch):
    monkeypatch.setattr(matlab, "MOST_BYTES", 100)
    with pytest.raises(TooLargeError, match="up to 100 bytes"):
        write_file(plane, tmp_path / "r.mat")
    assert list(tmp_path.iterdir()) == []
