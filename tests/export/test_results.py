"""Results as files: the same after reading; nothing else is taken for one."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo

from polyregions import Network, enumerate_regions
from polyregions.certification import certify
from polyregions.errors import FileFormatError, InvalidInputError, InvalidNetworkError
from polyregions.export.results import ARRAYS, load_result, save_result

CASE = zoo.by_name("shi-3")


def arrays(path: Path) -> dict[str, Any]:
    with np.load(path) as archive:
        return dict(archive)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "result.npz"
    save_result(enumerate_regions(CASE.network, CASE.box), path)
    return path


@pytest.mark.parametrize("case", zoo.ZOO[::5], ids=lambda case: case.name)
def test_a_result_survives(case: zoo.Case, tmp_path: Path) -> None:
    cx = enumerate_regions(case.network, case.box)
    save_result(cx, tmp_path / "r.npz")
    again = load_result(tmp_path / "r.npz")
    assert (again.network, again.box) == (cx.network, cx.box)
    for name in ARRAYS:
        assert getattr(again, name).tobytes() == getattr(cx, name).tobytes()
    assert (again.engine, again.complete, again.stopped) == (cx.engine, cx.complete, cx.stopped)
    assert again.n_adjacencies == case.pairs
    again.check()
    assert certify(again).complete


def test_a_partial_result_stays_partial_and_goes_on(tmp_path: Path) -> None:
    cx = enumerate_regions(CASE.network, CASE.box, engine="traverse", limit=5)
    save_result(cx, tmp_path / "r.npz")
    again = load_result(tmp_path / "r.npz")
    assert (again.complete, again.stopped, again.n_explored) == (False, "limit", cx.n_explored)
    assert enumerate_regions(CASE.network, CASE.box, engine="traverse", resume=again).n_regions == 16


def test_writing_is_refused(tmp_path: Path) -> None:
    cx = enumerate_regions(CASE.network, CASE.box)
    with pytest.raises(FileFormatError, match=r"known: \.npz"):
        save_result(cx, tmp_path / "r.json")
    with pytest.raises(InvalidInputError, match="no directory"):
        save_result(cx, tmp_path / "none" / "r.npz")
    assert list(tmp_path.iterdir()) == []


def test_every_truncation_is_refused(path: Path) -> None:
    data = path.read_bytes()
    for length in [*range(0, len(data), 97), len(data) - 1]:
        path.write_bytes(data[:length])
        with pytest.raises(FileFormatError):
            load_result(path)


def test_pickles_are_never_read(path: Path) -> None:
    found = arrays(path)
    found["states"] = np.array([{"a": 1}], dtype=object)
    np.savez(path, **found)
    with pytest.raises(FileFormatError, match="it holds objects, which are never read"):
        load_result(path)


def test_networks_are_no_results(path: Path) -> None:
    CASE.network.save(path)
    with pytest.raises(FileFormatError, match="not a result"):
        load_result(path)


def changed(name: str, value: Any) -> Any:
    return lambda found: {**found, name: value(found[name]) if callable(value) else value}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("version", np.array(2)), "version '2'"),
        (lambda found: {k: v for k, v in found.items() if k != "witnesses"}, "no entry witnesses"),
        (changed("states", lambda a: a.astype(np.int64)), "states must be uint8"),
        (changed("states", lambda a: a[0]), "states must be uint8 with 2"),
        (changed("states", lambda a: a[:, :-1]), "do not fit the network"),
        (changed("witnesses", lambda a: a[:-1]), "do not fit"),
        (changed("witnesses", lambda a: a[:, :-1]), "do not fit"),
        (changed("facet_offsets", lambda a: a[1:]), "facet_offsets"),
        (changed("facet_offsets", lambda a: a[:0]), "facet_offsets"),
        (changed("facet_offsets", lambda a: np.append(a, a[-1])), "facet_offsets"),
        (changed("facet_offsets", lambda a: -a), "facet_offsets"),
        (changed("facet_neighbors", lambda a: a + 100), "facet_neighbors"),
        (changed("facet_neighbors", lambda a: a - 100), "facet_neighbors"),
        (changed("complete", np.array("yes")), "complete must be"),
        (changed("complete", np.array([True, True])), "complete must be"),
        (changed("lower", lambda a: np.append(a, -1.0)), "entries"),
        (changed("lower", lambda a: a * np.nan), "finite"),
        (changed("network", lambda a: a[:-5]), "not valid JSON"),
        (changed("network", np.array("text")), "bytes of a text"),
        (changed("network", np.frombuffer(b"[" * 10**5, dtype=np.uint8)), "nested too deeply"),
        (changed("network", np.frombuffer(b"{}", dtype=np.uint8)), "not a network"),
    ],
)
def test_what_does_not_fit_is_refused(path: Path, change: Any, message: str) -> None:
    np.savez(path, **change(arrays(path)))
    with pytest.raises((FileFormatError, InvalidInputError), match=message) as caught:
        load_result(path)
    assert str(caught.value).startswith(str(path))


def test_a_network_that_cannot_be_one_is_refused(path: Path) -> None:
    found = arrays(path)
    document = json.loads(found["network"].tobytes())
    document["layers"][0]["bias"].append(1.0)
    found["network"] = np.frombuffer(json.dumps(document).encode(), dtype=np.uint8)
    np.savez(path, **found)
    with pytest.raises(InvalidNetworkError, match="layer 0"):
        load_result(path)


def test_a_single_array_and_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.npz"
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    path.write_bytes(buffer.getvalue())
    with pytest.raises(FileFormatError, match="single array"):
        load_result(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.txt", "text")
    with pytest.raises(FileFormatError):
        load_result(path)
    with pytest.raises(FileFormatError, match="cannot be read"):
        load_result(tmp_path / "missing.npz")


def test_wrong_content_is_read_and_then_rejected(path: Path) -> None:
    found = arrays(path)
    found["states"] = found["states"].copy()
    found["states"][3, 0] ^= 1
    np.savez(path, **found)
    assert not certify(load_result(path)).valid


def test_a_network_without_units(tmp_path: Path) -> None:
    from polyregions import Box

    cx = enumerate_regions(Network.from_arrays([([[1, 2]], [3])]), Box.cube(2, 0, 1))
    save_result(cx, tmp_path / "r.npz")
    assert certify(load_result(tmp_path / "r.npz")).complete
