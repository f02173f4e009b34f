"""Network files: bit-for-bit round trips, and every file that is not one."""

from __future__ import annotations

import io
import json
import pickle
import random
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.profiles import examples

from polyregions import Network
from polyregions.errors import (
    FileFormatError,
    InvalidInputError,
    InvalidNetworkError,
    PolyregionsError,
    UnsupportedLayerError,
)
from polyregions.network.kinds import make_layer
from polyregions.network.layers import Layer, leaky_relu, linear, maxout, piecewise, relu

EXTREME = (-0.0, 0.0, 5e-324, -5e-324, 2.2250738585072014e-308, 1e308, -1.7976931348623157e308, 0.1, 1 / 3)
numbers = st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(EXTREME)
one_tmp_path = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def any_networks(draw: st.DrawFn) -> Network:
    """Networks of every kind of layer, with any finite float64 in any place."""
    layers: list[Layer] = []
    n = draw(st.integers(1, 3))
    for _ in range(draw(st.integers(1, 4))):
        width = draw(st.integers(1, 3))
        kind = draw(
            st.sampled_from(("relu", "leaky_relu", "abs", "hard_tanh", "piecewise", "linear", "maxout"))
        )
        if kind == "maxout":
            ranks = [draw(st.integers(1, 3)) for _ in range(width)]
            weight = [draw(arrays(np.float64, (rank, n), elements=numbers)) for rank in ranks]
            layers.append(
                maxout(weight, [draw(arrays(np.float64, rank, elements=numbers)) for rank in ranks])
            )
        else:
            parameters: dict[str, Any] = {}
            if kind == "leaky_relu":
                parameters = {"slope": draw(numbers)}
            if kind == "piecewise":
                t = sorted({v + 0.0 for v in draw(st.lists(numbers, min_size=1, max_size=4))})
                slopes = draw(st.lists(numbers, min_size=len(t) + 1, max_size=len(t) + 1))
                parameters = {"breakpoints": t, "slopes": slopes}
            weight = draw(arrays(np.float64, (width, n), elements=numbers))
            layers.append(
                make_layer(kind, weight, draw(arrays(np.float64, width, elements=numbers)), **parameters)
            )
        n = width
    return Network(layers)


@pytest.mark.parametrize("ending", [".json", ".npz"])
@settings(one_tmp_path, max_examples=examples(150))
@given(net=any_networks())
def test_round_trip_bit_for_bit(net: Network, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"net{ending}"
    net.save(path)
    assert Network.load(path) == net  # equality compares all bits
    assert Network.load(str(path)) == net


DOCUMENT: dict[str, Any] = {
    "format": "polyregions-network",
    "version": 1,
    "input_dim": 2,
    "layers": [
        {"type": "relu", "weight": [[1, 0], [0.5, -1e-3]], "bias": [0, 0.1]},
        {"type": "maxout", "weight": [[[1, 0], [0, 1]], [[2, 3]]], "bias": [[0, -0.0], [5e-324]]},
        {"type": "leaky_relu", "slope": -0.25, "weight": [[1, 1]], "bias": [1]},
        {"type": "piecewise", "breakpoints": [0, 6], "slopes": [0, 1, 0], "weight": [[1]], "bias": [0]},
        {"type": "linear", "weight": [[1e308]], "bias": [-0.0]},
    ],
}
NET = Network(
    [
        relu([[1, 0], [0.5, -1e-3]], [0, 0.1]),
        maxout([[[1, 0], [0, 1]], [[2, 3]]], [[0, -0.0], [5e-324]]),
        leaky_relu([[1, 1]], [1], -0.25),
        piecewise([[1]], [0], [0, 6], [0, 1, 0]),
        linear([[1e308]], [-0.0]),
    ]
)


def edited(*path: Any, value: Any = ..., drop: bool = False, **top: Any) -> dict[str, Any]:
    """A copy of the document with one entry replaced or dropped."""
    document: Any = json.loads(json.dumps(DOCUMENT)) | top
    place = document
    for key in path[:-1]:
        place = place[key]
    if drop:
        del place[path[-1]]
    elif path:
        place[path[-1]] = value
    return document


def refused(path: Path, *, kind: type[PolyregionsError] = PolyregionsError) -> str:
    """The one-line message with which a file is refused; it names the file."""
    with pytest.raises(PolyregionsError) as caught:
        Network.load(path)
    message = str(caught.value)
    assert isinstance(caught.value, kind), (type(caught.value), message)
    assert path.name in message
    assert len(message.splitlines()) == 1, message
    assert len(message) < 400 + len(str(path)), message
    return message


def test_reads_the_documented_json(tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(DOCUMENT))
    assert Network.load(path) == NET
    path.write_text(json.dumps(edited("input_dim", drop=True), indent=3))
    assert Network.load(path) == NET


def test_json_integers_are_read_as_float64(tmp_path: Path) -> None:
    """9007199254740993 = 2^53 + 1 lies between two floats and goes to the even one."""
    path = tmp_path / "net.json"
    path.write_text(json.dumps(edited("layers", 0, "weight", value=[[9007199254740993, 10**300], [0, 1]])))
    assert Network.load(path).layers[0].weight.tolist() == [[9007199254740992, 1e300], [0, 1]]


def test_the_file_is_plain_json_and_plain_arrays(tmp_path: Path) -> None:
    NET.save(tmp_path / "net.json")
    assert json.loads((tmp_path / "net.json").read_text()) == DOCUMENT
    NET.save(tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz", allow_pickle=False) as archive:
        assert str(archive["format"]) == "polyregions-network"
        assert archive["types"].tolist() == ["relu", "maxout", "leaky_relu", "piecewise", "linear"]
        assert archive["1.ranks"].tolist() == [2, 1]
        assert archive["1.weight"].tolist() == [[1, 0], [0, 1], [2, 3]]
        assert float(archive["2.slope"]) == -0.25


# ------------------------------------------------------------------------------------------- any ending


@pytest.mark.parametrize("name", ["net.json", "net.npz"])
def test_files_that_cannot_be_opened(name: str, tmp_path: Path) -> None:
    assert "No such file" in refused(tmp_path / name, kind=FileFormatError)
    assert "No such file" in refused(tmp_path / "nowhere" / name, kind=FileFormatError)
    (tmp_path / name).mkdir()
    assert "directory" in refused(tmp_path / name, kind=FileFormatError)
    with pytest.raises(InvalidInputError, match="NUL"):
        Network.load(f"a\0{name}")


@pytest.mark.parametrize("name", ["net", "net.txt", "net.pt", "net.npy", ".json", "net.json.bak"])
def test_unknown_endings(name: str, tmp_path: Path) -> None:
    assert "known: .json, .npz" in refused(tmp_path / name, kind=FileFormatError)
    with pytest.raises(FileFormatError, match=r"known: \.json, \.npz"):
        NET.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["net.json", "net.npz"])
def test_every_truncation(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    NET.save(path)
    whole = path.read_bytes()
    for length in range(
        0, len(whole) - 1, 1 if name == "net.json" else 13
    ):  # without the last newline it is whole
        path.write_bytes(whole[:length])
        refused(path, kind=FileFormatError)


@pytest.mark.parametrize("name", ["net.json", "net.npz"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 100, b"hello", b"\x93NUMPY", b"PK\x03\x04", b"\xff\xfe{\0}\0"]
)
def test_something_else(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    refused(tmp_path / name, kind=FileFormatError)


def test_one_format_under_the_name_of_the_other(tmp_path: Path) -> None:
    NET.save(tmp_path / "a.json")
    NET.save(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes((tmp_path / "a.json").read_bytes())
    (tmp_path / "b.json").write_bytes((tmp_path / "a.npz").read_bytes())
    assert "not a readable .npz archive" in refused(tmp_path / "b.npz", kind=FileFormatError)
    assert "UTF-8" in refused(tmp_path / "b.json", kind=FileFormatError)


# ------------------------------------------------------------------------------------------------- JSON

ANYTHING: list[Any] = [
    None,
    True,
    1,
    -0.5,
    "relu",
    [],
    {},
    [[]],
    [None],
    [[1, "a"]],
    {"a": 1},
    [[[[1]]]],
    "a\nb",
]
PLACES = [
    ("format",),
    ("version",),
    ("input_dim",),
    ("layers",),
    ("layers", 0),
    ("layers", 0, "type"),
    ("layers", 0, "weight"),
    ("layers", 0, "weight", 1),
    ("layers", 0, "weight", 1, 1),
    ("layers", 0, "bias"),
    ("layers", 0, "bias", 1),
    ("layers", 1, "weight"),
    ("layers", 1, "weight", 0),
    ("layers", 1, "weight", 0, 1),
    ("layers", 1, "weight", 0, 1, 1),
    ("layers", 1, "bias"),
    ("layers", 1, "bias", 0),
    ("layers", 1, "bias", 1, 0),
    ("layers", 2, "slope"),
    ("layers", 3, "breakpoints"),
    ("layers", 3, "breakpoints", 1),
    ("layers", 3, "slopes"),
]


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_wrong_types_anywhere_in_the_json(place: tuple[Any, ...], tmp_path: Path) -> None:
    """A value of another type than the one that stands there; a number may take a number's place."""
    path = tmp_path / "net.json"
    original: Any = DOCUMENT
    for key in place:
        original = original[key]
    for value in ANYTHING:
        if isinstance(original, int | float) and isinstance(value, int | float):
            continue
        if value in ("relu", original):
            continue
        path.write_text(json.dumps(edited(*place, value=value)))
        refused(path)


@pytest.mark.parametrize(
    "place", [p for p in PLACES if isinstance(p[-1], str) and p[-1] != "input_dim"], ids=str
)
def test_missing_entries_in_the_json(place: tuple[Any, ...], tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(edited(*place, drop=True)))
    message = refused(path)
    assert place[-1] in message


JSON_CASES: list[tuple[str, type[PolyregionsError], str]] = [
    ("[]", FileFormatError, "format"),
    ("3", FileFormatError, "format"),
    ("null", FileFormatError, "format"),
    ('"text"', FileFormatError, "format"),
    ("{}", FileFormatError, "format"),
    ('{"format": "onnx"}', FileFormatError, '"format": "polyregions-network"'),
    (json.dumps(edited(version=3)), FileFormatError, "version 3 of"),
    (json.dumps(edited(version="1")), FileFormatError, "version '1'"),
    (json.dumps(edited(version=None)), FileFormatError, "version None"),
    (json.dumps(edited(version=["\n"] * 100)), FileFormatError, "version"),
    (json.dumps(edited(layers=[])), FileFormatError, "at least one layer"),
    (json.dumps(edited(layers={"0": 1})), FileFormatError, "at least one layer"),
    (json.dumps(edited(input_dim=3)), InvalidNetworkError, "input_dim is 3 but layer 1 has 2 inputs"),
    (
        json.dumps(edited("layers", 0, "type", value="gelu")),
        UnsupportedLayerError,
        "layer 1: layer type 'gelu'",
    ),
    (
        json.dumps(edited("layers", 0, "slope", value=1)),
        InvalidNetworkError,
        "layer 1: relu layer: unknown 'slope'",
    ),
    (json.dumps(edited("layers", 0, "kind", value=1)), InvalidNetworkError, "unknown 'kind'"),
    (json.dumps(edited("layers", 0, "a\nb", value=1)), InvalidNetworkError, "unknown"),
    (json.dumps(edited("layers", 1, "weight", value=[[[1, 2]]])), InvalidNetworkError, "layer 2: maxout"),
    (json.dumps(edited("layers", 4, "weight", value=[[1, 2]])), InvalidNetworkError, "layer 5 has 2 inputs"),
    (
        json.dumps(edited("layers", 3, "breakpoints", value=[6, 0])),
        InvalidNetworkError,
        "layer 4: .*increase",
    ),
    (json.dumps(edited("layers", 3, "breakpoints", value=[])), InvalidNetworkError, "layer 4: "),
    (json.dumps(DOCUMENT).replace("-0.25", "NaN"), FileFormatError, "NaN is not a number"),
    (json.dumps(DOCUMENT).replace("-0.25", "Infinity"), FileFormatError, "Infinity is not a number"),
    (json.dumps(DOCUMENT).replace("-0.25", "-Infinity"), FileFormatError, "-Infinity is not a number"),
    (json.dumps(DOCUMENT).replace("-0.25", "1e999"), InvalidNetworkError, "layer 3: .*inf"),
    (
        json.dumps(DOCUMENT).replace("1e+308", "1e309"),
        InvalidNetworkError,
        r"layer 5: linear weight\[0, 0\] is inf",
    ),
    (
        json.dumps(DOCUMENT).replace("1e+308", "9" * 400),
        InvalidNetworkError,
        r"layer 5: linear weight\[0, 0\] is inf",
    ),
    (json.dumps(DOCUMENT).replace("1e+308", "9" * 10_000), InvalidNetworkError, r"layer 5: .*inf"),
    (
        json.dumps(DOCUMENT).replace('"bias": [0, 0.1]', '"bias": [0, 0.1], "bias": [1, 2]'),
        FileFormatError,
        "'bias'",
    ),
    (
        json.dumps(DOCUMENT).replace('"version"', '"version": 2, "version"'),
        FileFormatError,
        "'version' stands twice",
    ),
    (json.dumps(DOCUMENT) + "x", FileFormatError, "not valid JSON"),
    (json.dumps(DOCUMENT) + json.dumps(DOCUMENT), FileFormatError, "not valid JSON"),
    (json.dumps(DOCUMENT).replace('"', "'"), FileFormatError, "not valid JSON"),
    ("\ufeff" + json.dumps(DOCUMENT), FileFormatError, "BOM"),
    (json.dumps(edited("layers", 0, "type", value="\ud800")), UnsupportedLayerError, r"\\ud800"),
]


@pytest.mark.parametrize(
    ("text", "kind", "message"), JSON_CASES, ids=[str(i) for i in range(len(JSON_CASES))]
)
def test_refuses_json(text: str, kind: type[PolyregionsError], message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(kind, match=message):
        Network.load(path)
    refused(path, kind=kind)


@pytest.mark.parametrize("depth", [50, 100, 900, 970, 990, 1000, 100_000])
@pytest.mark.parametrize(
    "place", [(), ("version",), ("input_dim",), ("layers",), ("layers", 0, "weight")], ids=str
)
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_nesting(depth: int, place: tuple[Any, ...], brackets: str, tmp_path: Path) -> None:
    opening, closing = ("[", "]") if brackets == "[]" else ('{"a":', "}")
    nested = opening * depth + "1" + closing * depth
    text = json.dumps(edited(*place, value="HERE")).replace('"HERE"', nested) if place else nested
    path = tmp_path / "net.json"
    path.write_text(text)
    refused(path)


@pytest.mark.parametrize(
    "content", [b'{"format": "\xff"}', "{}".encode("utf-16"), b"\x80", b'{"a": "\xed\xa0\x80"}']
)
def test_json_that_is_not_utf_8(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "net.json").write_bytes(content)
    assert "UTF-8" in refused(tmp_path / "net.json", kind=FileFormatError)


# ------------------------------------------------------------------------------------------------- npz


def contents(net: Network, folder: Path) -> dict[str, Any]:
    net.save(folder / "whole.npz")
    with np.load(folder / "whole.npz") as archive:
        return {name: archive[name] for name in archive.files}


BAD_ARRAYS: list[tuple[str, Any, str]] = [
    ("format", np.array("onnx"), "format"),
    ("format", np.array(3), "format"),
    ("format", np.array(["polyregions-network"]), "format"),
    ("version", np.array(3), "version 3 of"),
    ("version", np.array(3.0), "version 3 of"),
    ("version", np.array(True), "version True of"),
    ("version", np.array("1"), "version '1' of"),
    ("version", np.array([[1] * 50] * 50), r"version \[\["),
    ("version", np.array("a\nb"), r"version 'a\\nb'"),
    ("types", np.array([], dtype="U4"), "at least one layer"),
    ("types", np.array(["relu"] * 5), "layer 2"),
    (
        "types",
        np.array(["gelu", "maxout", "leaky_relu", "piecewise", "linear"]),
        "layer 1: layer type 'gelu'",
    ),
    ("types", np.array([["relu", "maxout"], ["linear", "abs"]]), "layer 1: layer type"),
    ("types", np.array([1.0, 2.0]), "layer 1: layer type '1.0'"),
    ("types", np.array(b"relu"), "layer 1: layer type"),
    (
        "types",
        np.array(["relu", "maxout", "leaky_relu", "piecewise", "linear", "linear"]),
        'layer 6: .*".weight"',
    ),
    ("0.weight", np.array([[np.nan, 1], [0, 1]]), r"layer 1: relu weight\[0, 0\] is nan"),
    ("0.weight", np.array([[np.inf, 1], [0, 1]]), r"layer 1: relu weight\[0, 0\] is inf"),
    ("0.weight", np.ones(2), "layer 1: relu weight: expected 2"),
    ("0.weight", np.ones((2, 2), dtype=complex), "complex128"),
    ("0.weight", np.ones((2, 2), dtype=np.longdouble), "wider than float64"),
    ("0.weight", np.ones((2, 2), dtype=bool), "dtype bool"),
    ("0.weight", np.array([[2**53 + 1, 1], [0, 1]]), "beyond"),
    ("0.weight", np.array([["a", "b"], ["c", "d"]]), "dtype <U1"),
    ("0.weight", np.zeros((2, 2), dtype=[("x", float)]), "dtype"),
    ("0.weight", np.zeros((3, 2)), "bias has 2 entries"),
    ("0.bias", np.zeros(3), "bias has 3 entries"),
    ("0.bias", np.array(0.0), "layer 1: relu bias: expected 1"),
    ("0.slope", np.array(1.0), "layer 1: relu layer: unknown 'slope'"),
    ("0.kind", np.array(1.0), "layer 1: relu layer: unknown 'kind'"),
    ("0.a\nb", np.array(1.0), "layer 1: relu layer: unknown"),
    ("1.ranks", np.array([1, 1]), "ranks"),
    ("1.ranks", np.array([3, 0]), "ranks"),
    ("1.ranks", np.array([4, -1]), "ranks"),
    ("1.ranks", np.array([2.0, 1.0]), "ranks"),
    ("1.ranks", np.array(3), "ranks"),
    ("1.ranks", np.array([[2, 1]]), "ranks"),
    ("1.ranks", np.array([], dtype=int), "ranks"),
    ("1.ranks", np.array(["2", "1"]), "ranks"),
    ("1.ranks", np.array([2**63, 2**63, 3], dtype=np.uint64), "ranks"),  # wraps to 3
    ("1.weight", np.zeros((1, 3, 2)), "ranks"),
    ("1.bias", np.zeros((2, 2)), "ranks"),
    ("1.bias", np.zeros(2), "ranks"),
    ("2.slope", np.array([0.5]), "layer 3: leaky_relu slope"),
    ("2.slope", np.array(np.nan), "layer 3: leaky_relu slope"),
    ("2.slope", np.array("a"), "layer 3: leaky_relu slope"),
    ("3.breakpoints", np.array([6.0, 0.0]), "layer 4: .*increase"),
    ("3.slopes", np.array([0.0]), "layer 4: .*slopes"),
]


@pytest.mark.parametrize(
    ("name", "value", "message"), BAD_ARRAYS, ids=[f"{c[0]}-{i}" for i, c in enumerate(BAD_ARRAYS)]
)
def test_wrong_arrays_in_the_npz(name: str, value: Any, message: str, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    np.savez(path, **(contents(NET, tmp_path) | {name: value}))
    with pytest.raises(PolyregionsError, match=message):
        Network.load(path)
    refused(path)


def test_missing_arrays_in_the_npz(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    whole = contents(NET, tmp_path)
    for name in whole:
        np.savez(path, **{key: value for key, value in whole.items() if key != name})
        assert name.split(".")[-1] in refused(path)


class Bomb:
    """Unpickling it would call this."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return pytest.fail, ("a pickle was loaded",)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    whole = contents(NET, tmp_path)
    for name in whole:
        np.savez(path, **(whole | {name: np.array([Bomb()], dtype=object)}))
        assert "not a readable .npz" in refused(path, kind=FileFormatError)
    path.write_bytes(pickle.dumps(Bomb()))
    refused(path, kind=FileFormatError)
    np.save(tmp_path / "single.npy", np.array([Bomb()], dtype=object))
    path.write_bytes((tmp_path / "single.npy").read_bytes())
    refused(path, kind=FileFormatError)


def test_a_single_array_under_the_name_of_an_archive(tmp_path: Path) -> None:
    np.save(tmp_path / "net.npy", np.ones((2, 2)))
    (tmp_path / "net.npy").rename(tmp_path / "net.npz")
    assert "a single array" in refused(tmp_path / "net.npz", kind=FileFormatError)


def test_zip_members_that_are_no_arrays(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    NET.save(tmp_path / "whole.npz")
    with zipfile.ZipFile(tmp_path / "whole.npz") as whole:
        members = {name: whole.read(name) for name in whole.namelist()}
    for name in members:
        for bad, content in [
            (name, b""),
            (name, b"hello"),
            (name, members[name][:-1]),
            (name, members[name][:20]),
            (name, b"\x93NUMPY\x09\x00"),
            (name.removesuffix(".npy"), b"hello"),
        ]:
            with zipfile.ZipFile(path, "w") as archive:
                for key, value in members.items():
                    archive.writestr(bad if key == name else key, content if key == name else value)
            refused(path)


def test_array_headers_that_lie(tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }"
    for shape in (
        "(1000000000000,)",
        "(10**40,)",
        "(-1,)",
        "('a',)",
        "(2.5,)",
        "None",
        "(2,",
        "(" * 500,
        "\0",
    ):
        stream = io.BytesIO()
        text = (header % shape).encode().ljust(600) + b"\n"
        stream.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text)
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("0.weight.npy", stream.getvalue())
        refused(path, kind=FileFormatError)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_damaged_members(method: int, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    NET.save(tmp_path / "whole.npz")
    with zipfile.ZipFile(tmp_path / "whole.npz") as whole, zipfile.ZipFile(path, "w", method) as archive:
        for name in whole.namelist():
            archive.writestr(name, whole.read(name))
    good = path.read_bytes()
    assert Network.load(path) == NET
    rng = random.Random(0)
    for position in range(30, 400):
        damaged = bytearray(good)
        damaged[position] ^= rng.randrange(1, 256)
        path.write_bytes(damaged)
        loads_or_refuses(path)


# ----------------------------------------------------------------------------------------------- fuzzing


def loads_or_refuses(path: Path) -> bool:
    """Whether the file is refused. Anything that escapes but a PolyregionsError fails the test."""
    try:
        assert isinstance(Network.load(path), Network)
    except PolyregionsError as error:
        assert len(str(error).splitlines()) == 1, str(error)  # noqa: PT017
        assert path.name in str(error)  # noqa: PT017
        return True
    return False


def mutate(rng: random.Random, content: bytes) -> bytes:
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5))):
        if not data:
            break
        i, j = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
        how = rng.randrange(5)
        if how == 0:
            data[i] = rng.randrange(256)
        elif how == 1:
            del data[i : min(j, i + 30)]
        elif how == 2:
            data[i:i] = data[j : j + 20]
        elif how == 3:
            data[i] ^= 1 << rng.randrange(8)
        else:
            data[i : i + 1] = rng.choice(
                (b"-", b"1e999", b"[", b"]", b'"', b"null", b"NaN", b"\n", b"{}", b"true", b"\0")
            )
    return bytes(data)


@pytest.mark.parametrize("name", ["net.json", "net.npz"])
def test_fuzzed_bytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    NET.save(path)
    whole = path.read_bytes()
    rng = random.Random(1)
    refusals = 0
    for _ in range(1500):
        path.write_bytes(mutate(rng, whole))
        refusals += loads_or_refuses(path)
    assert refusals > 700


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers()
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=8,
)


@settings(one_tmp_path, max_examples=examples(400))
@given(place=st.sampled_from(PLACES), value=json_values)
def test_fuzzed_values_in_the_json(place: tuple[Any, ...], value: Any, tmp_path: Path) -> None:
    path = tmp_path / "net.json"
    path.write_text(json.dumps(edited(*place, value=value)))
    loads_or_refuses(path)


any_dtype = st.sampled_from(
    ["f8", "f4", "f2", ">f8", "i8", "u8", "i1", "?", "c16", "U3", "S3", "M8[s]", "V4", "g"]
)


@settings(one_tmp_path, max_examples=examples(400))
@given(data=st.data())
def test_fuzzed_arrays_in_the_npz(data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "net.npz"
    whole = contents(NET, tmp_path)
    name = data.draw(st.sampled_from([*whole, "0.ranks", "5.weight", "0.", "0", ".weight"]))
    shape = data.draw(st.lists(st.integers(0, 3), max_size=3))
    dtype = np.dtype(data.draw(any_dtype))
    value = np.frombuffer(data.draw(st.binary(min_size=500, max_size=500)), dtype=np.uint8)
    count = int(np.prod(shape, dtype=int)) * dtype.itemsize
    array = np.resize(value, max(count, 1))[:count].view(dtype).reshape(shape)
    np.savez(path, **(whole | {name: array}))
    loads_or_refuses(path)


@pytest.mark.parametrize("name", ["net.json", "net.npz"])
def test_a_file_that_cannot_be_written(name: str, tmp_path: Path) -> None:
    with pytest.raises(FileFormatError, match="cannot be written"):
        NET.save(tmp_path / "missing" / name)
