"""Results as files: the same after reading; nothing else is taken for one."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support import zoo

from polyregions import Box, Network, RegionComplex, enumerate_regions
from polyregions.base.archives import UNSUSPECTED
from polyregions.certification import certify
from polyregions.complex.face_arrays import ENTRIES as FACES
from polyregions.complex.region_complex import load_result, save_result
from polyregions.complex.result_files import ARRAYS
from polyregions.errors import FileFormatError, InvalidInputError, InvalidNetworkError, TooLargeError
from polyregions.network import hard_tanh

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


def without_faces(found: dict[str, Any]) -> dict[str, Any]:
    return {name: array for name, array in found.items() if name not in FACES}


def changed(name: str, value: Any) -> Any:
    return lambda found: {**found, name: value(found[name]) if callable(value) else value}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (changed("version", np.array(4)), "version '4'"),
        (changed("version", np.array(3)), "no entry polytope_A, polytope_b"),
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
    with pytest.raises(InvalidNetworkError, match="layer 1"):
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
    with pytest.raises(FileFormatError, match="the faces are those of another result"):
        load_result(path)
    np.savez(path, **without_faces(found))
    assert not certify(load_result(path)).valid


def test_a_network_without_units(tmp_path: Path) -> None:
    cx = enumerate_regions(Network.from_arrays([([[1, 2]], [3])]), Box.cube(2, 0, 1))
    save_result(cx, tmp_path / "r.npz")
    assert certify(load_result(tmp_path / "r.npz")).complete


def lines(found: dict[str, Any]) -> list[Any]:
    return np.split(found["facet_neighbors"], found["facet_offsets"][1:-1])


def with_lines(found: dict[str, Any], parts: list[Any], **others: Any) -> dict[str, Any]:
    offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts], dtype=np.int64)])
    return {**found, "facet_neighbors": np.concatenate(parts), "facet_offsets": offsets, **others}


def twice(found: dict[str, Any]) -> dict[str, Any]:
    """The last region once more."""
    parts = lines(found)
    more = {name: np.concatenate([found[name], found[name][-1:]]) for name in ("states", "witnesses")}
    return with_lines(found, [*parts, parts[-1]], **more)


def reversed_order(found: dict[str, Any]) -> dict[str, Any]:
    """All regions numbered from the end: true, but in no order in which they are found."""
    n = len(found["states"])
    parts = [np.where(part < 0, part, n - 1 - part) for part in lines(found)[::-1]]
    return with_lines(found, parts, states=found["states"][::-1], witnesses=found["witnesses"][::-1])


def none_at_all(found: dict[str, Any]) -> dict[str, Any]:
    empty = {name: found[name][:0] for name in ("states", "witnesses", "facet_neighbors")}
    return {**found, **empty, "facet_offsets": found["facet_offsets"][:1]}


def explored_in_part(found: dict[str, Any]) -> dict[str, Any]:
    return with_lines(found, lines(found)[:4])


def one_sided(found: dict[str, Any]) -> dict[str, Any]:
    """A facet that leads to a region from which none leads back."""
    parts = lines(found)
    missing = next(j for j in range(1, len(parts)) if j not in parts[0])
    return with_lines(found, [np.append(parts[0], missing), *parts[1:]])


def doubled(found: dict[str, Any]) -> dict[str, Any]:
    parts = lines(found)
    return with_lines(found, [np.append(parts[0], parts[0][:1]), *parts[1:]])


def own(found: dict[str, Any]) -> dict[str, Any]:
    parts = lines(found)
    return with_lines(found, [np.append(parts[0], 0), *parts[1:]])


def torn(found: dict[str, Any]) -> dict[str, Any]:
    """Region 0 alone with sides of the box, so that nothing leads from it to the others."""
    parts = [part[part != 0] for part in lines(found)]
    parts = [np.concatenate([part[part >= 0], [-1, -2, -3, -4]]) for part in parts]
    parts[0] = np.arange(-4, 0)
    return with_lines(found, parts)


def at(name: str, index: Any, value: Any) -> Any:
    def change(found: dict[str, Any]) -> dict[str, Any]:
        array = found[name].copy()
        array[index] = value
        return {**found, name: array}

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (none_at_all, "there is no region"),
        (twice, "the same pattern"),
        (reversed_order, "not in the order"),
        (explored_in_part, "complete is True, and 4 of 16"),
        (changed("complete", np.array(False)), "complete is False, and 16 of 16"),
        (changed("stopped", np.array("limit")), "it is complete, and it was stopped"),
        (lambda found: explored_in_part({**found, "complete": np.array(False)}), "stopped is none of limit"),
        (
            lambda found: explored_in_part(
                {**found, "complete": np.array(False), "stopped": np.array("x\n\x1b[32mVALID")}
            ),
            "stopped is none of limit",
        ),
        (changed("engine", np.array("magic")), "the engine is none of"),
        (at("witnesses", (0, 0), np.nan), "a witness is not finite"),
        (at("witnesses", (0, 0), np.inf), "a witness is not finite"),
        (at("witnesses", (0, 0), 1e9), "a witness is outside the box"),
        (one_sided, "none leads back"),
        (doubled, "lead to the same place"),
        (own, "leads back to its own region"),
        (torn, "not connected|not in the order"),
    ],
)
def test_a_result_that_contradicts_itself_is_refused(tmp_path: Path, change: Any, message: str) -> None:
    path = tmp_path / "r.npz"
    save_result(enumerate_regions(CASE.network, CASE.box, engine="traverse"), path)
    np.savez(path, **change(arrays(path)))
    with pytest.raises(FileFormatError, match=message) as caught:
        load_result(path)
    assert "\x1b" not in str(caught.value)


def test_no_random_damage_makes_a_wrong_complete_result(tmp_path: Path) -> None:
    """Entries changed at random: refused when read or gone on from, or the result is the true one."""
    path, rng = tmp_path / "r.npz", np.random.default_rng(0)
    whole = enumerate_regions(CASE.network, CASE.box, engine="traverse")
    save_result(enumerate_regions(CASE.network, CASE.box, engine="traverse", limit=13), path)
    found, refused = arrays(path), 0
    for _ in range(300):
        damaged = {name: array.copy() for name, array in found.items()}
        for name in rng.choice(["states", "facet_neighbors", "facet_offsets"], size=rng.integers(1, 4)):
            array = damaged[name].reshape(-1)
            array[rng.integers(array.size)] = array[rng.integers(array.size)]
        np.savez(path, **damaged)
        try:
            cx = enumerate_regions(CASE.network, CASE.box, resume=load_result(path))
        except (FileFormatError, InvalidInputError):
            refused += 1
            continue
        assert (cx.n_regions, cx.n_adjacencies, cx.complete) == (whole.n_regions, whole.n_adjacencies, True)
        assert {bytes(row) for row in cx.states} == {bytes(row) for row in whole.states}
    assert 100 < refused < 300


def test_an_archive_of_zeros_is_not_unpacked(path: Path) -> None:
    """268 MB and more that a 300 KB file unpacks to, all of them zero."""
    found = arrays(path)
    n = UNSUSPECTED // found["states"].shape[1] + 1
    np.savez_compressed(path, **{**found, "states": np.zeros((n, found["states"].shape[1]), dtype=np.uint8)})
    assert path.stat().st_size < 2**20
    tracemalloc.start()
    with pytest.raises(TooLargeError, match="more than 500 times the file"):
        load_result(path)
    assert tracemalloc.get_traced_memory()[1] < 2**22
    tracemalloc.stop()


def test_a_state_that_a_unit_does_not_have(tmp_path: Path) -> None:
    """Three states take two bits, which may say a fourth."""
    net = Network([hard_tanh([[1.0]], [0.0])])
    for engine in ("subdivide", "traverse"):
        save_result(enumerate_regions(net, Box([-2], [2]), engine=engine), tmp_path / "r.npz")
        found = arrays(tmp_path / "r.npz")
        found["states"][2] = 3
        np.savez(tmp_path / "r.npz", **found)
        with pytest.raises(FileFormatError, match="a unit is in a state that it does not have"):
            load_result(tmp_path / "r.npz")


# Faces. -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shi-3", "fold-2d-2-2", "maxout-3d-2-3-2-2", "hard-tanh-2d", "residual"])
def test_faces_survive(name: str, tmp_path: Path) -> None:
    """What is read off them is the same, decision boundaries included."""
    case = zoo.by_name(name)
    cx = enumerate_regions(case.network, case.box, engine="subdivide")
    cx.save(tmp_path / "r.npz")
    again = RegionComplex.load(tmp_path / "r.npz")
    assert again.faces.points.tobytes() == cx.faces.points.tobytes()
    assert again.f_vector == cx.f_vector
    assert [v.tobytes() for v in again.volumes] == [v.tobytes() for v in cx.volumes]
    assert [v.tobytes() for v in again.vertices] == [v.tobytes() for v in cx.vertices]
    corner = int(cx.faces.of_dimension(0)[-1])
    assert again.faces.exact_point(corner) == cx.faces.exact_point(corner)
    assert (again.faces.bent_units(0) == cx.faces.bent_units(0)).all()
    boundary, expected = again.level_set(0, 0.3), cx.level_set(0, 0.3)
    assert boundary.complex.states.tobytes() == expected.complex.states.tobytes()
    again.check()


def test_version_1_is_read(path: Path) -> None:
    cx, found = load_result(path), without_faces(arrays(path))
    del found["undecided"]
    np.savez(path, **{**found, "version": np.array(1), "states": cx.states})
    old = load_result(path)
    assert old.known_faces is None
    assert old.states.tobytes() == cx.states.tobytes()


def test_every_damaged_number_of_the_faces_is_harmless(path: Path) -> None:
    """One number of an index array out of range, or another one: refused, or read within all arrays."""
    found = arrays(path)
    rng = np.random.default_rng(0)
    refused = 0
    for name in [name for name in FACES if found[name].dtype.kind in "iu"]:
        for _ in range(12):
            array = found[name].copy()
            place = int(rng.integers(array.size))
            info = np.iinfo(array.dtype)
            array.flat[place] = rng.choice([info.min, info.max, -1 if info.min else 255, 0, 7, 100])
            np.savez(path, **{**found, name: array})
            try:
                cx = load_result(path)
            except (FileFormatError, InvalidInputError):
                refused += 1
                continue
            cx.faces.inside_counts, cx.faces.bent_units(1), cx.vertices
            with suppress(ZeroDivisionError):  # a vertex on other hyperplanes, which meet nowhere
                assert len(cx.volumes.values) == cx.n_regions
    assert refused > 80


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: {k: v for k, v in found.items() if k != "cut_pairs"}, "cut_pairs must be there"),
        (changed("faces_pool", lambda a: a[:-1]), "outside of the pool"),
        (changed("faces_dim", lambda a: a[::-1].copy()), "the faces are damaged"),
        (changed("faces_top", lambda a: a[:-1]), "cells are missing"),
        (changed("vertex_radii", lambda a: a * np.nan), "a bound is no number"),
        (changed("vertex_points", lambda a: a * np.inf), "a vertex is nowhere"),
        (changed("form_source", lambda a: a[:-1]), "arrays of vertices differ in length"),
        (changed("cut_states", lambda a: a[:-1]), "cuts are cut off"),
        (changed("cut_pairs", lambda a: a[::-1].copy()), "a hyperplane does not exist"),
        (changed("cuts", lambda a: a + 1), "the faces are damaged"),
    ],
)
def test_faces_that_are_none_are_refused(path: Path, change: Any, message: str) -> None:
    np.savez(path, **change(arrays(path)))
    with pytest.raises(FileFormatError, match=message):
        load_result(path)
