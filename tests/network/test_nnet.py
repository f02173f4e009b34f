"""``.nnet`` files: read as they stand, with or without their scaling; and every file that is none."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.profiles import examples
from support.reference import forward

from polyregions import Box, Network, enumerate_regions
from polyregions.errors import FileFormatError, InvalidBoxError, InvalidInputError, TooLargeError
from polyregions.network.formats import nnet
from polyregions.network.slices import fix_inputs

TEXT = """\
// A comment,
//and one more
3,2,1,3,
2,3,2,1,
0,
-1.0,10,
1,30.5,
0.25,20,3,
2,3,0.1,
1,-2,
0.1,0.7,
1e-3,-.5,
0.5,
-1,
0,
1,2,3,
-1,0.3,2.,
0,
0.25,
1,-1,
0.125,
"""
LINES = TEXT.splitlines()
ARRAYS: list[Any] = [
    ([[1, -2], [0.1, 0.7], [1e-3, -0.5]], [0.5, -1, 0]),
    ([[1, 2, 3], [-1, 0.3, 2]], [0, 0.25]),
    ([[1, -1]], [0.125]),
]
MEANS, RANGES = [0.25, 20.0], [2.0, 3.0]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "net.nnet").write_text(TEXT)
    return tmp_path / "net.nnet"


def with_line(path: Path, number: int, text: str | None) -> Path:
    """The file with another line, or without it."""
    lines = [*LINES]
    lines[number - 1 : number] = [] if text is None else [text]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_it_is_what_stands_there(path: Path) -> None:
    net = Network.load(path)
    assert net == Network.from_arrays(ARRAYS)
    assert net.source is not None
    assert (net.source.format, net.source.input_shape, net.source.output_shape) == ("nnet", (2,), (1,))
    assert net.source.operators == {"linear": 3, "relu": 2}
    assert net.source.rounded == {}
    assert net.source.points > 30


def test_without_commas_comments_and_with_other_ends_of_lines(path: Path) -> None:
    whole = Network.load(path)
    for text in [
        TEXT.replace(",\n", "\n"),
        "\n".join(LINES[2:]),
        TEXT.replace("\n", "\r\n"),
        TEXT.replace(",", " , "),
        "\n\n" + TEXT.replace("\n", "\n\n") + "\n // end",
        "\ufeff" + TEXT,
        TEXT.replace("\n0,\n-1.0", "\nnothing reads this\n-1.0"),
    ]:
        path.write_bytes(text.encode())
        assert Network.load(path) == whole


def test_physical_numbers_in_rational_arithmetic(path: Path) -> None:
    """(x - mean) times 1/range, rounded once, and output times range plus mean, exactly."""
    net, inner = Network.load(path, normalise=True), Network.load(path)
    assert [layer.kind for layer in net.layers] == [
        *["linear", "linear"], *["relu", "relu"], *["linear", "linear"]
    ]  # fmt: skip
    assert net.source is not None
    assert net.source.rounded == {"inverse of a divisor": 1}
    inverse = [Fraction(1 / r) for r in RANGES]
    for x in [[Fraction(1, 3), Fraction(15)], [Fraction(-1), Fraction(61, 2)], [Fraction(0), Fraction(0)]]:
        t = [(v - Fraction(m)) * s for v, m, s in zip(x, MEANS, inverse, strict=True)]
        (y,) = forward(inner.layers, t)[0]
        assert net.exact.value(x) == [y * Fraction(0.1) + 3]
        assert net.exact.states_at(x) == inner.exact.states_at(t)


def test_a_scaling_that_does_nothing_adds_nothing(path: Path) -> None:
    text = TEXT.replace("0.25,20,3,", "0,0,0").replace("2,3,0.1,", "1,1,1")
    path.write_text(text)
    assert Network.load(path, normalise=True) == Network.load(path)


def test_numbers_of_single_precision(path: Path) -> None:
    net = Network.load(path, as_float32=True)
    narrowed = [(np.float32(W).astype(float), np.float32(b).astype(float)) for W, b in ARRAYS]
    assert net == Network.from_arrays(narrowed)
    assert net.source is not None
    assert net.source.rounded == {"number to float32": 4}  # 0.1, 0.7, 0.001, 0.3
    net = Network.load(path, as_float32=True, normalise=True)
    assert net.source is not None
    assert net.source.rounded == {"number to float32": 5, "inverse of a divisor": 1}
    assert net.layers[-1].weight.tolist() == [[float(np.float32(0.1))]]
    path.write_text(TEXT.replace("1e-3", "1e39"))
    assert Network.load(path).layers[0].weight[2, 0] == 1e39
    with pytest.raises(FileFormatError, match="beyond the range of float32"):
        Network.load(path, as_float32=True)


def test_the_box_of_the_file(path: Path) -> None:
    assert Box.from_nnet(path, normalise=True) == Box([-1, 10], [1, 30.5])
    third = [float(Fraction(-10) / 3), 3.5]
    assert Box.from_nnet(str(path)) == Box([-0.625, third[0]], [0.375, third[1]])


def test_regions_in_physical_and_in_normalised_numbers(path: Path) -> None:
    inner = enumerate_regions(Network.load(path), Box.from_nnet(path))
    outer = enumerate_regions(Network.load(path, normalise=True), Box.from_nnet(path, normalise=True))
    assert {s.tobytes() for s in inner.states} == {s.tobytes() for s in outer.states}
    assert inner.n_regions == outer.n_regions > 3
    outer.check()


def test_inputs_that_the_file_fixes(path: Path) -> None:
    path.write_text(TEXT.replace("\n1,30.5,", "\n1,10,"))
    with pytest.raises(InvalidBoxError, match=r"net\.nnet: box: dimension 1 is empty.*fix_inputs"):
        Box.from_nnet(path)
    lower, upper = nnet.read_bounds(str(path), normalise=True)
    network, box, free = fix_inputs(Network.load(path, normalise=True), lower, upper)
    assert (network.input_dim, box, free.tolist()) == (1, Box([-1], [1]), [0])


@settings(max_examples=examples(60), deadline=None)
@given(data=st.data(), sizes=st.lists(st.integers(1, 4), min_size=2, max_size=5))
def test_random_files(
    data: st.DataObject, sizes: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Any numbers, written with the fewest digits: the same bits, whether something reads a unit or not."""
    numbers = st.floats(-1e6, 1e6) | st.sampled_from((0.0, 1.0, 0.1, 5e-324, 1e60))
    rows = lambda n, m: data.draw(  # noqa: E731
        st.lists(st.lists(numbers, min_size=m, max_size=m), min_size=n, max_size=n)
    )
    arrays = [(rows(n, m), rows(n, 1)) for m, n in pairwise(sizes)]
    n = sizes[0]
    head = [
        [len(arrays), n, sizes[-1], max(sizes)], sizes, [0], [-1] * n, [1] * n, [0] * (n + 1), [1] * (n + 1)
    ]  # fmt: skip
    lines = [",".join(map(repr, row)) for row in head]
    lines += [",".join(map(repr, row)) for pair in arrays for part in pair for row in part]
    path = tmp_path_factory.mktemp("nnet") / "net.nnet"
    path.write_text("\n".join(lines))
    net = Network.load(path)
    # A last layer that changes nothing is none.
    assert len(net.layers) >= len(arrays) - (arrays[-1] == (np.eye(sizes[-1]).tolist(), [[0]] * sizes[-1]))
    for layer, (W, b) in zip(net.layers, arrays, strict=False):
        assert (layer.weight == np.array(W)).all()
        assert (layer.bias == np.array(b)[:, 0]).all()
    assert net.widths == tuple(sizes[1:-1])


# What is refused. -----------------------------------------------------------------------------------------


def refused(path: Path) -> str:
    with pytest.raises(FileFormatError) as caught:
        Network.load(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: line ")
    assert len(message.splitlines()) == 1
    return message


def test_every_truncation(path: Path) -> None:
    """A file that ends early has no last number, or says another one there; a line that is gone is missed."""
    for count in range(len(LINES)):
        path.write_text("\n".join(LINES[:count]))
        assert "truncated perhaps" in refused(path)
    for count in range(1, len(LINES) + 1):
        if not LINES[count - 1].startswith("//"):
            refused(with_line(path, count, None))


WRONG = [
    (3, "3,2,1", "4 numbers expected, got 3"),
    (3, "3,2,1,3,4", "4 numbers expected, got 5"),
    (3, "3,2.0,1,3", "'2.0' is no whole number from 1 on"),
    (3, "3,0,1,3", "'0' is no whole number"),
    (3, "3,-2,1,3", "'-2' is no whole number"),
    (3, "9999999999999,2,1,3", "is no whole number"),
    (4, "2,3,2", "4 numbers expected, got 3"),
    (4, "2,3,-2,1", "'-2' is no whole number"),
    (4, "5,3,2,1", "the sizes go from 5 to 1, but there are 2 inputs and 1 output"),
    (4, "2,3,2,2", "the sizes go from 2 to 2"),
    (6, "-1,ten,", "'ten' is no number"),
    (7, "1,nan,", "'nan' is no number"),
    (7, "1,1e999,", "'1e999' is beyond the range of float64"),
    (8, "0.25,20", "the means of inputs and outputs: 3 numbers expected, got 2"),
    (9, "2,3,0.1,0.1", "3 numbers expected, got 4"),
    (10, "1,,-2", "2 numbers expected, got 3"),
    (10, "1,", "row 0 of the weight of layer 1: 2 numbers expected, got 1"),
    (11, "0.1,0_7", "'0_7' is no number"),
    (12, "1e-3,\u0661", "is no number"),
    (13, "0.5,0.5", "row 0 of the bias of layer 1: 1 number expected, got 2"),
    (21, "0.125\n1", "nothing more was expected"),
]


@pytest.mark.parametrize(("number", "text", "message"), WRONG)
def test_a_wrong_line_is_named(number: int, text: str, message: str, path: Path) -> None:
    found = refused(with_line(path, number, text))
    assert message in found
    assert f": line {number + text.count(chr(10))}: " in found


def test_a_head_that_promises_too_much_fills_no_memory(path: Path) -> None:
    """A thousand million units, and no line of them."""
    text = TEXT.replace("3,2,1,3,\n2,3,2,1,", "3,2,1,3,\n2,1000000000,2,1,")
    path.write_text(text)
    assert "row 3 of the weight of layer 1" in refused(path)
    path.write_text("3,1000000000,1,3\n1000000000,3,2,1\n0\n1\n")
    assert "line 4: the least values of the inputs: 1,000,000,000 numbers expected, got 1" in refused(path)
    path.write_text("1000000000,2,1,3\n2,3,1\n")
    assert "1,000,000,001 numbers expected, got 3" in refused(path)


def test_files_that_are_no_text_or_too_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for content in (b"\xff\xfe", b"\x80" * 100):
        path.write_bytes(content)
        with pytest.raises(FileFormatError, match="UTF-8"):
            Network.load(path)
    for content in (b"", b"\0" * 100, b"hello", b"// only\n// comments"):
        path.write_bytes(content)
        refused(path)
    with pytest.raises(FileFormatError, match="No such file"):
        Box.from_nnet(path.with_name("other.nnet"))
    path.write_text(TEXT)
    monkeypatch.setattr(nnet, "MOST_BYTES", len(TEXT) - 1)
    with pytest.raises(TooLargeError, match="more than"):
        Network.load(path)


def test_ranges_that_scale_nothing_and_boxes_that_are_none(path: Path) -> None:
    path.write_text(TEXT.replace("2,3,0.1,", "2,0,0.1,"))
    assert Network.load(path) == Network.from_arrays(ARRAYS)  # which needs no ranges
    for call in (lambda: Network.load(path, normalise=True), lambda: Box.from_nnet(path)):
        with pytest.raises(FileFormatError, match=r"the range 0\.0 of input 1"):
            call()
    assert Box.from_nnet(path, normalise=True) == Box([-1, 10], [1, 30.5])
    path.write_text(TEXT.replace("\n1,30.5,", "\n1,9,"))
    with pytest.raises(FileFormatError, match=r"input 1 is inverted: least 10\.0, greatest 9\.0"):
        Box.from_nnet(path)


def test_options_are_named(path: Path) -> None:
    with pytest.raises(InvalidInputError, match="no option normalize; it takes normalise, as_float32"):
        Network.load(path, normalize=True)
