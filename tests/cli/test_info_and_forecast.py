"""``polyregions info``, and what ``enumerate`` says and asks before it begins something huge."""

from __future__ import annotations

import json
import math
import re
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.command_line import numbers, run

from polyregions import Box, Network, enumerate_regions
from polyregions.cli import forecast as ahead
from polyregions.cli.forecast import duration, rough, size
from polyregions.engines.sizes import region_bound
from polyregions.errors import TooLargeError
from polyregions.network.layers import linear, mixed, relu
from polyregions.network.source import Source
from polyregions.statistics import forecast as forecasts
from polyregions.statistics import random_network
from polyregions.statistics.forecast import Forecast, forecast
from polyregions.theory import bounds

LINES = Network.from_arrays([([[1, 0], [0, 1], [1, 1]], [0, 0, -1]), ([[1, 1, 1]], [0])])
BOX = ("--box", "-1", "1")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ahead, "PROBING", 0.2)
    LINES.save("net.json")
    random_network([2, 16, 16, 1], bias_std=0.3, seed=0).save("small.npz")
    random_network([2, 460, 1], bias_std=0.3, seed=0).save("large.npz")
    random_network([8, 40, 40, 1], bias_std=0.3, seed=0).save("huge.npz")
    return tmp_path


def table(*arguments: str) -> dict[str, str]:
    result = run(*arguments)
    assert (result.exit_code, result.stderr) == (0, "")
    rows = (re.split(r"\s{2,}", line, maxsplit=1) for line in result.stdout.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


# info


def test_info_of_a_small_network() -> None:
    data = numbers("info", "net.json", "--box", "-2", "2")
    assert (data["inputs"], data["outputs"], data["units"], data["widths"]) == (2, 1, 3, [3])
    assert data["layers"] == [
        {
            "kind": "relu",
            "inputs": 2,
            "rows": 3,
            "units": 3,
            "passed_through": 0,
            "parameters": 5,
            "sparse": False,
        },
        {
            "kind": "linear",
            "inputs": 3,
            "rows": 1,
            "units": 0,
            "passed_through": 0,
            "parameters": 3,
            "sparse": False,
        },
    ]
    assert (data["parameters"], data["source"], data["dimension"]) == (8, None, 2)
    # Three lines in general position, and no bound of ReLU networks is less.
    assert data["bounds"][0]["value"] == 7
    assert data["bounds"] == sorted(data["bounds"], key=lambda bound: bound["log10"])
    estimate = data["forecast"]["estimate"]
    assert abs(estimate["mean"] - 7) <= 4 * estimate["standard_error"] < 1
    assert data["forecast"]["at_most"] == 7
    assert 2 <= data["forecast"]["lines"]["least"] <= data["forecast"]["lines"]["most"] <= 4
    assert data["box"] == {"lower": [-2, -2], "upper": [2, 2]}


def test_info_as_a_table() -> None:
    shown = table("info", "net.json")
    assert shown["exact"] == "for the float64 network that was read"
    assert shown["box"] == "-1 to 1 for every input, since no --box was given"
    assert shown["units"] == "3 in 1 layer"
    assert shown["regions at most"].startswith("7, for every network of this shape")
    assert re.fullmatch(r"by [\d,]+ random descents, without bias", shown["estimated"])
    assert "regions/s" in shown["subdivide would take"]
    assert "box" not in table("info", "net.json", "--box", "0", "1")
    assert run("info", "net.json", "-q").stdout == ""


def test_info_of_a_slice() -> None:
    random_network([784, 30, 10], seed=0).save("images.npz")
    np.save("three.npy", np.random.default_rng(0).random((3, 1, 28, 28)))
    data = numbers("info", "images.npz", "--plane", "three.npy")
    assert (data["inputs"], data["dimension"], data["plane"]["default_box"]) == (784, 2, True)
    assert data["forecast"]["engine"] == "subdivide"
    shown = table("info", "images.npz", "--plane", "three.npy")
    assert shown["slice"] == "through 3 points of 784 inputs, exactly"
    assert shown["box"] == "0 to 1 for each of its coordinates, since no --box was given"
    result = run("info", "images.npz", "--slice", "three.npy")
    assert result.exit_code == 2


def test_info_of_many_inputs_takes_seconds() -> None:
    random_network([784, 300, 300, 10], seed=0).save("images.npz")
    start = time.perf_counter()
    data = numbers("info", "images.npz")
    assert time.perf_counter() - start < 30
    assert data["forecast"]["estimate"] is None
    assert data["forecast"]["engine"] == "traverse"
    assert data["forecast"]["lines"]["n"] == 8
    assert data["bounds"][0]["value"] is None
    assert data["bounds"][0]["log10"] > 100
    shown = table("info", "images.npz")
    assert shown["estimated"] == "as if the borders that a line meets were in general position"
    assert re.match(r"~\d\.\d\de\+\d+, for every network", shown["regions at most"])


def test_info_tells_what_was_read(monkeypatch: pytest.MonkeyPatch) -> None:
    source = Source("onnx", (1, 2), (1,), {"Gemm": 2, "Relu": 1}, {"a third": 3}, ("Softmax",), 32, 1.5e-7)
    read = Network(LINES.layers, source)
    monkeypatch.setattr("polyregions.cli.info.load_network", lambda net, options: read)
    assert numbers("info", "net.json")["source"] == {
        "format": "onnx",
        "input_shape": [1, 2],
        "output_shape": [1],
        "operators": {"Gemm": 2, "Relu": 1},
        "rounded": {"a third": 3},
        "stripped": ["Softmax"],
        "points": 32,
        "largest_difference": 1.5e-7,
    }
    shown = table("info", "net.json")
    assert (shown["format"], shown["operators"]) == ("onnx", "Gemm 2, Relu 1")
    assert (shown["inputs"], shown["outputs"]) == ("2, of shape (1, 2)", "1")
    assert (shown["rounded once"], shown["left out"]) == ("3 a third", "Softmax")
    assert shown["compared with"] == "the model's own forward pass, at 32 points: largest difference 1.5e-07"


def test_info_of_other_kinds_of_networks() -> None:
    passed = mixed([relu([[1, 1], [1, -1]], [0, 0]), linear([[1, 0]], [0])])
    Network([passed, relu([[1, 1, 1]], [-1]), linear([[1]], [0])]).save("skip.json")
    data = numbers("info", "skip.json")
    assert [layer["passed_through"] for layer in data["layers"]] == [1, 0, 0]
    assert [layer["kind"] for layer in data["layers"]] == ["relu + linear", "relu", "linear"]
    assert data["bounds"][0]["name"] in ("layer by layer", "patterns")
    Network([linear([[1, 2]], [3])]).save("affine.json")
    data = numbers("info", "affine.json")
    assert (data["units"], data["bounds"], data["forecast"]["regions"]) == (0, [], 1)
    assert "regions at most" not in table("info", "affine.json")
    many = Network([*[relu(np.eye(2), [0, 0])] * 50, linear([[1, 1]], [0])])
    many.save("deep.json")
    assert "and 11 more; --json - shows all" in run("info", "deep.json").stdout


def test_bounds_that_are_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(network: Network) -> None:
        raise TooLargeError("bounds: this takes too long")

    monkeypatch.setattr(bounds, "bounds_of", refuse)
    (bound,) = numbers("info", "net.json")["bounds"]
    assert (bound["name"], bound["value"]) == ("patterns", None)
    assert bound["log10"] == pytest.approx(math.log10(8))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("net.json", "--box", "1", "0"), "inverted"),
        (("net.json", "--plane", "none.npy"), "does not exist"),
        (("none.json",), "does not exist"),
        (("net.json", "--json", "net.json"), "--json would overwrite the input"),
        (("net.json", "--json", "no/a.json"), "there is no directory"),
        (("net.json", "--strip-last"), "no option strip_last"),
    ],
)
def test_info_refuses_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    result = run("info", *arguments)
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert message in result.stderr


# before an enumeration


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let enumerations begin, but not go on."""
    begins: list[bool] = []

    def begin(network: Network, box: Box, **options: Any) -> Any:
        begins.append(True)
        return enumerate_regions(LINES, Box.cube(2, -1, 1))

    monkeypatch.setattr("polyregions.cli.enumerate.enumerate_regions", begin)
    return begins


def test_a_small_network_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bound by the shape is enough: no line is drawn, and no probe is made."""

    def work(*arguments: Any, **options: Any) -> None:
        pytest.fail("a bound by the shape was enough")

    for name in ("likely_regions", "status"):
        monkeypatch.setattr(ahead, name, work)
    network = Network.load("small.npz")
    assert 10_000 < region_bound(network) < ahead.SMALL
    data = numbers("enumerate", "small.npz", *BOX)
    assert data["forecast"] is None


def test_lines_may_be_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*arguments: Any, **options: Any) -> None:
        pytest.fail("a few lines were enough")

    monkeypatch.setattr(forecasts, "forecast", work)
    network = random_network([2, 24, 24, 24, 1], bias_std=0.3, seed=0)
    network.save("narrow.npz")
    assert region_bound(network) > ahead.SMALL
    assert numbers("enumerate", "narrow.npz", *BOX)["forecast"] is None


def test_what_is_expected_is_said_first_and_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "QUICK", 0.1)
    result = run("enumerate", "large.npz", *BOX, "--json", "-")
    assert result.exit_code == 0
    data = json.loads(result.stdout)  # and nothing else
    first, second = result.stderr.splitlines()
    assert re.fullmatch(
        r"expected: [\d,]+ \+- [\d,]+ regions, by [\d,]+ random descents, without bias", first
    )
    assert re.fullmatch(
        r"\d+ to \d+ along 8 lines; at most 110,000 by the shape; "
        r"subdivide would take about .+ and .+ MiB, at 490,000 regions/s, [\d,]+ bytes each",
        second,
    )
    expected = data["forecast"]["estimate"]
    assert abs(expected["mean"] - data["regions"]) < 4 * expected["standard_error"]
    assert run("enumerate", "large.npz", *BOX, "-q").stderr == ""


def test_what_is_huge_needs_a_word(begun: list[bool]) -> None:
    for more in ((), ("-q",), ("--workers", "2")):
        result = run("enumerate", "huge.npz", *BOX, "--json", "-", *more)
        assert (result.exit_code, result.stdout, result.stderr.count("\n"), begun) == (2, "", 1, [])
        assert "regions are expected, about " in result.stderr
        assert "more than 100,000,000 need --limit N, --time-limit SECONDS, or --yes" in result.stderr
    for more in (("--yes",), ("-y",), ("--limit", "10"), ("--time-limit", "1")):
        result = run("enumerate", "huge.npz", *BOX, "--json", "-", *more)
        assert result.exit_code == 0
        assert (json.loads(result.stdout)["forecast"] is None) == (
            not more[0].endswith("y") and len(more) > 1
        )
    assert len(begun) == 4


@pytest.mark.parametrize(
    ("answer", "code", "begins"), [("y\n", 0, [True]), ("n\n", 2, []), ("\n", 2, []), ("", 2, [])]
)
def test_on_a_terminal_one_is_asked(
    answer: str, code: int, begins: list[bool], begun: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "_terminal", lambda: True)
    result = run("enumerate", "huge.npz", *BOX, "--json", "-", input=answer)
    assert (result.exit_code, begun) == (code, begins)
    assert "expected: " in result.stderr
    assert "begin? [y/N]" in result.stderr
    if code:
        assert result.stdout == ""
        assert "not begun; --limit N or --time-limit SECONDS gives a part" in result.stderr
    else:
        json.loads(result.stdout)
    assert run("enumerate", "huge.npz", *BOX, "--yes", "-q").stderr == ""


def test_more_than_the_memory_is_asked_for(begun: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_terminal", lambda: True)
    monkeypatch.setattr(ahead, "QUICK", 0.1)
    assert run("enumerate", "large.npz", *BOX, input="n\n").exit_code == 0  # not asked
    monkeypatch.setattr(ahead, "available_memory", lambda: 2**20)
    assert run("enumerate", "large.npz", *BOX, input="n\n").exit_code == 2
    assert begun == [True]


# the forecast


@pytest.mark.parametrize("widths", [(2, 100, 100), (3, 40), (5, 10, 10), (6, 10, 10)])
def test_forecasts_come_true(widths: tuple[int, ...]) -> None:
    network, box = random_network([*widths, 1], bias_std=0.3, seed=4), Box.cube(widths[0], -1, 1)
    found, cx = forecast(network, box, seconds=0.5), enumerate_regions(network, box)
    assert found.engine == cx.engine
    assert found.estimate is not None
    assert found.estimate.probes > 20
    assert abs(found.regions - cx.n_regions) < 4 * found.estimate.standard_error < 2 * cx.n_regions
    assert cx.n_regions <= found.bound
    assert found.along.size == 8
    assert found.seconds == pytest.approx(found.regions * found.seconds_each)
    json.dumps(found.numbers(), allow_nan=False)


def test_what_float64_does_not_hold_is_none() -> None:
    found = Forecast(3000, "traverse", math.inf, np.array([2000, 5000]), None, 1.0, 10.0)
    shown = found.numbers()
    assert (shown["regions"], shown["at_most"], shown["seconds"], shown["bytes"]) == (None,) * 4
    assert ahead.regions_text(shown) == "more than float64 holds"
    assert ahead.cost_text(shown).startswith("for ever, at 1 regions/s")
    few = Forecast(2, "subdivide", 5.0, np.array([4]), None, 1.0, 10.0)
    assert few.regions == 5.0  # 7 in general position, but no network of this shape has more than 5


@pytest.mark.parametrize(
    ("mean", "error", "text"),
    [
        (15.09, 0.042, "15.090 +- 0.042"),
        (4096.0, 0.0, "4096 +- 0"),
        (12345.6, 78.9, "12,346 +- 79"),
        (12345.6, 789.0, "12,350 +- 790"),
        (7.41308e9, 1.34e9, "7,400,000,000 +- 1,300,000,000"),
        (3e20, 1.25e20, "3e+20 +- 1.2e+20"),
        (3e20, None, "about 3e+20"),
    ],
)
def test_estimates_read_well(mean: float, error: float | None, text: str) -> None:
    estimate = {"mean": mean, "standard_error": error, "probes": 10}
    assert ahead.regions_text({"regions": mean, "estimate": estimate}) == text


def test_numbers_read_well() -> None:
    assert [rough(v) for v in (1, 12.4, 123, 123456, 2e15)] == ["1", "12", "120", "120,000", "2e+15"]
    assert [duration(v) for v in (0.2, 59, 121, 8000, 2e5, 1e9)] == [
        "a second",
        "59 s",
        "2 minutes",
        "2.2 hours",
        "2.3 days",
        "32 years",
    ]
    assert [size(v) for v in (10, 5e7, 5e10)] == ["1 MiB", "48 MiB", "47 GiB"]
