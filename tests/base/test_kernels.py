"""Kernels get the types that their annotations say, and work where nothing can be kept on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_origin

import numpy as np
import pytest
from numba import types
from numba.core.errors import NumbaError

import polyregions
from polyregions.base import kernels
from polyregions.base.kernels import (
    Int32Vector,
    Matrix,
    UInt8Vector,
    UInt64,
    Vector,
    int64,
    kernel,
    numba_type,
)

ROOT = Path(polyregions.__file__).parents[1]


class Line(NamedTuple):
    slope: float
    places: Vector


class Lines(NamedTuple):
    first: Line
    ids: Int32Vector


@kernel
def heights(lines: Lines, out: Vector) -> tuple[int, float]:
    for i in range(out.size):
        out[i] = lines.first.slope * lines.first.places[i]
    return int64(lines.ids[0]) + 1, out[0]


def test_the_type_of_an_annotation() -> None:
    assert numba_type(type(None)) == types.void
    assert [numba_type(hint) for hint in (bool, int, float)] == [types.boolean, types.int64, types.float64]
    assert numba_type(UInt64) == types.uint64
    assert numba_type(UInt8Vector) == types.uint8[::1]
    assert numba_type(Matrix) == types.float64[:, ::1]
    assert numba_type(tuple[int, int]) == types.UniTuple(types.int64, 2)
    line = types.NamedTuple([types.float64, types.float64[::1]], Line)
    assert numba_type(Line) == line
    assert numba_type(Lines) == types.NamedTuple([line, types.int32[::1]], Lines)


def test_each_type_has_one_name() -> None:
    known = [numba_type(hint) for hint in vars(kernels).values() if get_origin(hint) is Annotated]
    assert len(known) > 10
    assert len(set(known)) == len(known)


@pytest.mark.parametrize("hint", [Any, str, list[int], tuple, np.float32])
def test_annotations_that_say_no_type(hint: Any) -> None:
    with pytest.raises(TypeError, match="says no type of a kernel"):
        numba_type(hint)


def test_a_kernel_takes_its_own_types_and_no_others() -> None:
    out = np.empty(3)
    lines = Lines(Line(2.0, np.arange(3.0) + 1), np.array([7], dtype=np.int32))
    assert heights(lines, out) == (8, 2.0)
    assert out.tolist() == [2.0, 4.0, 6.0]
    for wrong in (lines._replace(ids=np.array([7])), lines._replace(first=(2.0, out)), tuple(lines)):
        with pytest.raises(TypeError, match="No matching definition"):
            heights(wrong, out)
    with pytest.raises(TypeError, match="No matching definition"):
        heights(lines, out[::2])


def test_an_inner_kernel_is_compiled_when_another_one_calls_it() -> None:
    @kernel(inner=True)
    def half(x: float) -> float:
        return x / 2

    @kernel
    def quarter(x: int) -> float:
        return half(half(x))

    assert quarter(3) == 0.75

    @kernel(inner=True)
    def broken(x: float) -> float:
        return x.nothing  # type: ignore[attr-defined, no-any-return]

    with pytest.raises(NumbaError, match="nothing"):

        @kernel
        def calls_it(x: float) -> float:
            return broken(x)


def test_an_argument_without_a_type_is_refused() -> None:
    with pytest.raises(TypeError, match="says no type of a kernel"):

        @kernel
        def f(x: Any) -> int:
            return 1


SOURCE = """
from polyregions.base.kernels import Vector, kernel

@kernel
def total(x: Vector) -> float:
    s = 0.0
    for v in x:
        s += v
    return s

@kernel
def twice(x: Vector) -> float:
    return 2.0 * total(x)
"""
SCRIPT = """
import warnings, numpy
with warnings.catch_warnings(record=True) as told:
    warnings.simplefilter("always")
    import sums
assert sums.twice(numpy.arange(4.0)) == 12.0
print(len(told), sum(sums.twice.stats.cache_hits.values()), sum(sums.total.stats.cache_hits.values()))
"""


def run(folder: Path, before: str = "", **variables: str) -> tuple[int, int, int]:
    """Warnings, and how often each of two kernels came from disk, in a new process."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    environment |= {"PYTHONPATH": f"{folder}{os.pathsep}{ROOT}", **variables}
    code = [sys.executable, "-c", before + SCRIPT]
    done = subprocess.run(code, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    warnings, twice, total = done.stdout.split()
    return int(warnings), int(twice), int(total)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "sums.py").write_text(SOURCE, encoding="utf-8")
    return tmp_path


def test_kernels_are_kept(folder: Path) -> None:
    assert run(folder) == (0, 0, 0)
    assert run(folder) == (0, 1, 1)


def test_where_nothing_can_be_written_kernels_work_and_say_so_once(folder: Path) -> None:
    """Root may write anywhere; but no directory can be made below a file, by nobody."""
    (folder / "__pycache__").write_text("a file", encoding="utf-8")
    nowhere = str(folder / "sums.py" / "home")
    variables = {"HOME": nowhere, "XDG_CACHE_HOME": nowhere, "NUMBA_CACHE_DIR": nowhere}
    variables |= {"LOCALAPPDATA": nowhere, "PYTHONDONTWRITEBYTECODE": "1"}
    assert run(folder, **variables) == (1, 0, 0)
    assert run(folder, **variables | {"NUMBA_CACHE_DIR": str(folder / "kept")}) == (0, 0, 0)
    assert run(folder, **variables | {"NUMBA_CACHE_DIR": str(folder / "kept")}) == (0, 1, 1)


def test_a_full_disk(folder: Path) -> None:
    """A process that may write files of no length only."""
    resource = pytest.importorskip("resource")
    limit = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, {resource.RLIM_INFINITY}))\n"
    assert run(folder, limit, PYTHONDONTWRITEBYTECODE="1")[1:] == (0, 0)
    assert run(folder) == (0, 0, 0)
    assert run(folder) == (0, 1, 1)


def emptied(data: bytes) -> bytes:
    return b""


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


def overwritten(data: bytes) -> bytes:
    return bytes(range(256)) * (len(data) // 256 + 1)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the kernels and what is kept of them."""
    folder = tmp_path_factory.mktemp("kept")
    (folder / "sums.py").write_text(SOURCE, encoding="utf-8")
    assert run(folder) == (0, 0, 0)
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("damage", [emptied, cut, overwritten])
@pytest.mark.parametrize("ending", [".nbi", ".nbc"])
def test_what_is_damaged_is_made_again(
    kept: Path, tmp_path: Path, ending: str, damage: Callable[[bytes], bytes]
) -> None:
    folder = shutil.copytree(kept, tmp_path / "copy")
    files = list((folder / "__pycache__").glob("sums.t*" + ending))
    assert len(files) == 2
    for file in files:
        file.write_bytes(damage(file.read_bytes()))
    assert run(folder) == (0, 0, 0)
    assert run(folder) == (0, 1, 1)


WITH_A_GROUP = """
from typing import NamedTuple

from polyregions.base.kernels import Vector, kernel

class Line(NamedTuple):
    x: Vector

@kernel
def total(line: Line) -> float:
    s = 0.0
    for v in line.x:
        s += v
    return s

@kernel
def twice(x: Vector) -> float:
    return 2.0 * total(Line(x))
"""


def test_a_group_of_another_name(tmp_path: Path) -> None:
    """Types are kept by the names of their classes, and read before it is seen that the file has changed."""
    (tmp_path / "sums.py").write_text(WITH_A_GROUP, encoding="utf-8")
    assert run(tmp_path) == (0, 0, 0)
    assert run(tmp_path) == (0, 1, 1)
    (tmp_path / "sums.py").write_text(WITH_A_GROUP.replace("Line", "Segment"), encoding="utf-8")
    assert run(tmp_path) == (0, 0, 0)
    assert run(tmp_path) == (0, 1, 1)


def test_a_package_with_damaged_kernels_enumerates(tmp_path: Path) -> None:
    """A copy of the package, what it keeps included, with some of it cut off."""
    package = shutil.copytree(ROOT / "polyregions", tmp_path / "polyregions")
    files = [file for file in package.rglob("*.nb[ic]") if file.name.startswith(("simplex.", "topology."))]
    for file in files:
        file.write_bytes(cut(file.read_bytes()))
    script = (
        "from polyregions import *\n"
        "net = Network.from_arrays([([[1, 0], [0, 1]], [0, 0]), ([[1, 1]], [0])])\n"
        "for engine in ('traverse', 'subdivide'):\n"
        "    print(enumerate_regions(net, Box.cube(2, -1, 1), engine=engine).n_regions)\n"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("NUMBA_")}
    environment["PYTHONPATH"] = str(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["4", "4"], "")
    for file in files:
        assert file.stat().st_size > 0
