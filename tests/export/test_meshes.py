"""Meshes read back by VTK and meshio: volumes, incidences, and surfaces that are closed."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from polyregions import Box, Network, enumerate_regions
from polyregions.errors import InvalidInputError
from polyregions.export.formats import write_file


def read_vtu(path):
    pytest.importorskip("vtk", reason="reads VTU")
    from vtkmodules.vtkIOXML import vtkXMLUnstructuredGridReader

    reader = vtkXMLUnstructuredGridReader()
    reader.SetFileName(str(path))
    reader.Update()
    assert reader.GetErrorCode() == 0
    return reader.GetOutput()


def cell_data(grid, name):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    return vtk_to_numpy(grid.GetCellData().GetArray(name))


def check_numbers(grid, cx):
    from vtkmodules.util.numpy_support import vtk_to_numpy

    assert grid.GetNumberOfCells() == cx.n_regions
    assert grid.GetFieldData().GetArray("complete").GetValue(0) == cx.complete
    points = vtk_to_numpy(grid.GetPoints().GetData())
    assert points.dtype == np.float64
    assert np.array_equal(points[:, : cx.box.dim], cx.faces.points)
    assert not points[:, cx.box.dim :].any()
    assert np.array_equal(cell_data(grid, "region"), np.arange(cx.n_regions))
    assert np.array_equal(cell_data(grid, "volume"), cx.faces.measured_volumes().values)
    assert np.array_equal(cell_data(grid, "degree"), cx.degrees)
    assert np.array_equal(cell_data(grid, "witness_0"), cx.witnesses[:, 0])
    return points


def test_polyhedra(any_space, tmp_path):
    cx = any_space
    write_file(cx, tmp_path / "r.vtu")
    grid = read_vtu(tmp_path / "r.vtu")
    points = check_numbers(grid, cx)
    for i, region in enumerate(cx):
        cell = grid.GetCell(i)
        assert cell.GetClassName() == "vtkPolyhedron"
        assert cell.GetNumberOfFaces() == len(region.facets)
        vertices = points[[cell.GetPointId(k) for k in range(cell.GetNumberOfPoints())]]
        apart = np.abs(vertices[:, None] - region.vertices[None]).max(axis=2)
        assert apart.shape[0] == apart.shape[1]
        assert max(apart.min(axis=0).max(), apart.min(axis=1).max()) < 1e-12
        edges = Counter()
        for k in range(cell.GetNumberOfFaces()):
            ids = cell.GetFace(k).GetPointIds()
            ring = [ids.GetId(j) for j in range(ids.GetNumberOfIds())]
            edges.update(frozenset(edge) for edge in zip(ring, [*ring[1:], ring[0]], strict=True))
        assert set(edges.values()) == {2}  # closed: each edge is in two of its facets
        assert len(vertices) - len(edges) + cell.GetNumberOfFaces() == 2  # Euler


def test_the_volumes_of_vtk(any_space, tmp_path):
    """Mass properties of the surface of each cell: they rely on facets that turn outwards."""
    write_file(any_space, tmp_path / "r.vtu")
    pyvista = pytest.importorskip("pyvista", reason="takes surfaces of cells")
    grid = pyvista.wrap(read_vtu(tmp_path / "r.vtu"))
    for i, region in enumerate(any_space):
        surface = grid.extract_cells(i).extract_surface(algorithm="geometry").triangulate()
        assert surface.volume == pytest.approx(region.volume, rel=1e-5)


@pytest.mark.parametrize("d", [1, 2])
def test_lines_and_polygons(plane, tmp_path, d):
    net = Network.from_arrays([([[1], [1]], [0, -1]), ([[1, -2]], [0])])
    cx = plane if d == 2 else enumerate_regions(net, Box([-1], [2]))
    write_file(cx, tmp_path / "r.vtu")
    grid = read_vtu(tmp_path / "r.vtu")
    points = check_numbers(grid, cx)
    for i, region in enumerate(cx):
        cell = grid.GetCell(i)
        assert cell.GetClassName() == {1: "vtkLine", 2: "vtkPolygon"}[d]
        vertices = points[[cell.GetPointId(k) for k in range(cell.GetNumberOfPoints())]]
        assert len(vertices) == len(region.vertices)
        if d == 2:
            x, y = vertices[:, 0], vertices[:, 1]
            area = (x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2
            assert area == pytest.approx(region.volume, rel=1e-9)
        else:
            assert abs(vertices[0, 0] - vertices[1, 0]) == region.volume


def test_surfaces(any_space, tmp_path):
    meshio = pytest.importorskip("meshio", reason="reads STL")
    cx = any_space
    for i in range(0, cx.n_regions, 7):
        write_file(cx, tmp_path / "r.stl", regions=[i])
        mesh = meshio.read(tmp_path / "r.stl", file_format="stl")
        corners = mesh.points[mesh.cells_dict["triangle"]].astype(np.float64)
        volume = np.linalg.det(corners).sum() / 6  # by the divergence theorem, if all turn outwards
        assert volume == pytest.approx(cx[i].volume, rel=1e-4, abs=1e-6)
        found = {tuple(point) for point in mesh.points.astype(np.float32).tolist()}
        assert found == {tuple(point) for point in cx[i].vertices.astype(np.float32).tolist()}
    write_file(cx, tmp_path / "all.stl")
    mesh = meshio.read(tmp_path / "all.stl", file_format="stl")
    corners = mesh.points[mesh.cells_dict["triangle"]].astype(np.float64)
    assert np.linalg.det(corners).sum() / 6 == pytest.approx(8, rel=1e-4)


def test_what_surfaces_cannot_hold(tmp_path):
    net = Network.from_arrays([([[1, 0, 0]], [0]), ([[1]], [0])])
    cx = enumerate_regions(net, Box.cube(3, -1e300, 1e300), engine="subdivide")
    with pytest.raises(InvalidInputError, match="beyond their range"):
        write_file(cx, tmp_path / "r.stl")
    assert list(tmp_path.iterdir()) == []
