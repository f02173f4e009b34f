"""``polyregions line``, ``distance`` and ``stats``: numbers known by hand, files, and all wrong input."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import subprocess
import sys
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import Result
from support.command_line import numbers, run

import polyregions.statistics as statistics
from polyregions import Box, Network, cli, enumerate_regions
from polyregions.statistics import ensembles, measurements
from polyregions.statistics.summaries import mean_of, mean_text

#: The axes of the plane are its boundaries; the second unit is not heard.
CROSS = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 0]], [0])])
#: Boundaries at 0 and 1/2 (first layer), 1/4 and 3/4 (second layer).
TENT = Network.from_arrays([([[1], [1]], [0, -0.5]), ([[2, -4]], [-0.5]), ([[1]], [0])])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Run in a folder that holds a few networks."""
    monkeypatch.chdir(tmp_path)
    CROSS.save("cross.json")
    TENT.save("tent.json")
    Network.from_arrays([(np.eye(3), [0, 0, 0]), ([[1, 1, 1]], [0])]).save("cube.json")
    Network.from_arrays([(np.ones((30, 1)), -np.arange(30)), (np.ones((1, 30)), [0])]).save("comb.json")
    Network.from_arrays([([[1, 2]], [3])]).save("affine.npz")
    return tmp_path


def table(result: Result) -> dict[str, str]:
    assert (result.exit_code, result.stderr) == (0, "")
    rows = (re.split(r"\s{2,}", line.strip(), maxsplit=1) for line in result.stdout.splitlines())
    return {row[0]: row[1] for row in rows if len(row) == 2}


def read_csv(name: str) -> list[dict[str, str]]:
    with open(name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def drawn(seed: int, n: int, lower: float, upper: float, dim: int = 2) -> tuple[Any, Any]:
    """What --random draws: first all points or beginnings, then all ends."""
    rng = np.random.default_rng(seed)
    first, second = rng.random((n, dim)), rng.random((n, dim))
    return lower + (upper - lower) * first, lower + (upper - lower) * second


# line


def test_one_segment() -> None:
    # x = -1 + 4 t, y = -2 + 4 t
    data = numbers("line", "cross.json", "--from", "-1,-2", "--to", "3,2", "--csv", "b.csv")
    assert (data["lines"], data["regions"], data["mean"], data["standard_error"]) == (1, [3], 3, None)
    assert (data["least"], data["most"], data["per_unit"], data["dimension"], data["units"]) == (
        3,
        3,
        1.5,
        2,
        2,
    )
    assert data["mean_length"] == pytest.approx(math.sqrt(32), rel=1e-15)
    assert [(b["t"], b["units"], b["states"]) for b in data["breakpoints"]] == [
        (pytest.approx(0.25), [0], [1]),
        (pytest.approx(0.5), [1], [1]),
    ]
    assert all(0 <= b["off_by"] < 1e-12 for b in data["breakpoints"])
    assert (data["complete"], data["stopped"], data["exact"]) == (True, None, True)
    assert (data["box"], data["seed"]) == (None, None)
    assert data["seconds"] >= 0
    rows = read_csv("b.csv")
    assert [(row["line"], row["segment"], row["units"], row["states"]) for row in rows] == [
        ("0", "0", "0", "1"),
        ("0", "0", "1", "1"),
    ]
    for row, b in zip(rows, data["breakpoints"], strict=True):
        assert [float(row[name]) for name in ("t", "share", "off_by")] == [b["t"], b["share"], b["off_by"]]


def test_units_that_flip_at_the_same_place_stand_together() -> None:
    assert run("line", "cross.json", "--from", "1 1", "--to", "-1 -1", "--csv", "b.csv").exit_code == 0
    assert [(row["units"], row["states"]) for row in read_csv("b.csv")] == [("0 1", "0 0")]
    text = run("line", "cross.json", "--from", "1 1", "--to", "-1 -1").stdout
    assert re.search(r"^0\.5 +0:0  1:0$", text, re.MULTILINE)


@pytest.mark.parametrize("name", ["corners.csv", "corners.txt", "corners.npy"])
def test_a_line_through_the_points_of_a_file(name: str) -> None:
    corners = np.array([[-1, -1], [1, -1], [1, 1]])
    if name.endswith(".npy"):
        np.save(name, corners)
    else:
        text = "\ufeff# x, y\n-1, -1\n\n1,-1 # a corner\n1,1\n"
        Path(name).write_text(text if name.endswith(".csv") else text.replace(",", "\t"), encoding="utf-8")
    data = numbers("line", "cross.json", "--along", name)
    assert data["mean_length"] == 4
    assert [(b["t"], b["segment"], b["share"], b["units"]) for b in data["breakpoints"]] == [
        (0.5, 0, 0.5, [0]),
        (1.5, 1, 0.5, [1]),
    ]


def test_pieces_of_maxout_units() -> None:
    # max(x, -x) changes from its second piece to its first one.
    Network.from_arrays([([[[1], [-1]]], [[0, 0]]), ([[1]], [0])]).save("abs.json")
    data = numbers("line", "abs.json", "--from", "-1", "--to", "1")
    assert [(b["t"], b["units"], b["states"]) for b in data["breakpoints"]] == [(0.5, [0], [0])]


def test_random_lines() -> None:
    a, b = drawn(5, 50, -1, 2)
    # A segment crosses an axis where a coordinate changes its sign.
    expected = 1 + ((a < 0) != (b < 0)).sum(axis=1)
    lengths = np.hypot(*(a - b).T)
    data = numbers(
        "line", "cross.json", "--random", "50", "--box", "-1", "2", "--seed", "5", "--csv", "b.csv"
    )
    assert data["regions"] == expected.tolist()
    assert data["mean"] == pytest.approx(expected.mean())
    assert data["standard_error"] == pytest.approx(expected.std(ddof=1) / math.sqrt(50))
    assert (data["least"], data["most"]) == (expected.min(), expected.max())
    assert data["per_unit"] == pytest.approx(expected.mean() / 2)
    assert data["lengths"] == pytest.approx(lengths.tolist())
    assert data["mean_length"] == pytest.approx(lengths.mean())
    assert data["breakpoints"] is None
    assert (data["box"], data["seed"]) == ({"lower": [-1, -1], "upper": [2, 2]}, 5)
    rows = read_csv("b.csv")
    assert np.bincount([int(row["line"]) for row in rows], minlength=50).tolist() == (expected - 1).tolist()
    for row in rows:
        line, unit, t = int(row["line"]), int(row["units"]), float(row["t"])
        assert a[line, unit] + t * (b[line, unit] - a[line, unit]) == pytest.approx(0, abs=1e-12)
    without = numbers("line", "cross.json", "--random", "50", "--box", "-1", "2")
    assert without["seed"] == 0
    assert without["lengths"] != data["lengths"]


def test_the_table_of_lines() -> None:
    one = run("line", "comb.json", "--from", "-1", "--to", "29.5")
    rows = table(one)
    assert (rows["regions along it"], rows["complete"], rows["exact"]) == ("31", "yes", "yes")
    assert (rows["length"], rows["inputs, units"]) == ("30.5", "1, 30")
    assert float(rows["per unit"]) == pytest.approx(31 / 30, rel=1e-5)
    assert one.stdout.endswith("and 10 more; --csv writes all\n")
    assert len(re.findall(r"^0\.\d+ +\d+:1$", one.stdout, re.MULTILINE)) == 20
    several = table(run("line", "comb.json", "--random", "9", "--box", "-1", "29.5"))
    data = numbers("line", "comb.json", "--random", "9", "--box", "-1", "29.5")
    mean, error = map(float, several["regions along a line"].split(" +- "))
    assert mean == pytest.approx(data["mean"], abs=0.05)
    assert error == pytest.approx(data["standard_error"], rel=0.05)
    assert several["least, most"] == f"{data['least']:.0f}, {data['most']:.0f}"


def test_lines_of_a_network_without_units() -> None:
    data = numbers("line", "affine.npz", "--from", "0,0", "--to", "1,1")
    assert (data["regions"], data["per_unit"], data["breakpoints"]) == ([1], None, [])
    assert (
        table(run("line", "affine.npz", "--random", "2", "--box", "0", "1"))["per unit"]
        == "there are no units"
    )


def test_interrupted_lines_are_written_and_labelled(monkeypatch: pytest.MonkeyPatch) -> None:
    found = statistics.line_regions

    def interrupted(*arguments: Any, progress: Any = None) -> Any:
        def press(done: int, total: int) -> None:
            if done == 3:
                raise KeyboardInterrupt

        return found(*arguments, progress=press)

    monkeypatch.setattr(statistics, "line_regions", interrupted)
    monkeypatch.setattr(measurements, "line_regions", interrupted)
    monkeypatch.setattr("polyregions.engines.lines.engine.TOGETHER", 1)  # a line at a time
    lines = ("line", "cross.json", "--random", "10", "--box", "-1", "1")
    result = run(*lines, "--json", "-", "--csv", "b.csv")
    assert result.exit_code == 3
    assert result.stderr == "partial: stopped early (interrupted), 3 of 10 lines were done\n"
    data = json.loads(result.stdout)
    assert (data["lines"], data["asked"], data["complete"], data["stopped"]) == (3, 10, False, "interrupted")
    a, b = drawn(0, 10, -1, 1)
    assert data["regions"] == (1 + ((a < 0) != (b < 0)).sum(axis=1))[:3].tolist()
    assert {row["line"] for row in read_csv("b.csv")} <= {"0", "1", "2"}
    assert "PARTIAL (stopped: interrupted)" in run(*lines).stdout
    # Of a single network stats has nothing to show then.
    result = run("stats", "cross.json", "--box", "-1", "1", "--random-lines", "10", "--json", "-")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


# distance


def test_distances_to_the_axes() -> None:
    Path("points.csv").write_text("1,2\n-0.25,3\n5,0.5\n0,7\n")
    data = numbers("distance", "cross.json", "--points", "points.csv", "--csv", "d.csv")
    assert data["distances"] == pytest.approx([1, 0.25, 0.5, 0])
    assert (data["points"], data["infinite"], data["layers"], data["nearest"]) == (4, 0, [4], [0, 0, 1, 0])
    assert (data["mean"], data["least"], data["most"]) == (pytest.approx(0.4375), 0, pytest.approx(1))
    assert data["times_units"] == pytest.approx(0.875)
    # Deviations 9/16, -3/16, 1/16, -7/16: the sum of their squares is 140/256.
    assert data["standard_error"] == pytest.approx(math.sqrt(140 / 256 / 3 / 4))
    assert (data["complete"], data["exact"], data["box"], data["seed"]) == (True, True, None, None)
    rows = read_csv("d.csv")
    assert [(row["point"], row["unit"], row["layer"]) for row in rows] == [
        ("0", "0", "1"),
        ("1", "0", "1"),
        ("2", "1", "1"),
        ("3", "0", "1"),
    ]
    for row, distance, true in zip(rows, data["distances"], (1, 0.25, 0.5, 0), strict=True):
        assert float(row["distance"]) == distance
        assert abs(distance - true) <= float(row["off_by"])


def test_layers_of_the_nearest_boundaries() -> None:
    np.save("points.npy", np.array([[0.3125], [0.6], [2.0]], dtype=np.float32))
    data = numbers("distance", "tent.json", "--points", "points.npy")
    # To 1/4 (layer 2), 1/2 (layer 1), 3/4 (layer 2); 0.6 is rounded to float32.
    assert data["distances"] == pytest.approx([1 / 16, 0.1, 1.25], rel=1e-6)
    assert (data["layers"], data["nearest"]) == ([1, 2], [2, 1, 2])
    rows = table(run("distance", "tent.json", "--points", "points.npy"))
    assert (rows["nearest in hidden layer 1"], rows["nearest in hidden layer 2"]) == ("1 point", "2 points")
    assert (rows["least, most"], rows["points"]) == ("0.0625, 1.25", "3")


def test_random_points() -> None:
    points = drawn(3, 40, -1, 2)[0]
    data = numbers("distance", "cross.json", "--random", "40", "--box", "-1", "2", "--seed", "3")
    assert data["distances"] == pytest.approx(np.abs(points).min(axis=1).tolist())
    assert data["nearest"] == np.abs(points).argmin(axis=1).tolist()
    assert (data["box"]["upper"], data["seed"]) == ([2, 2], 3)


def test_no_boundary_at_all() -> None:
    data = numbers("distance", "affine.npz", "--random", "3", "--box", "0", "1", "--csv", "d.csv")
    assert (data["infinite"], data["mean"], data["times_units"]) == (3, None, None)
    assert (data["distances"], data["nearest"], data["layers"]) == ([None] * 3, [None] * 3, [])
    assert [row["distance"] for row in read_csv("d.csv")] == ["inf"] * 3
    rows = table(run("distance", "affine.npz", "--random", "3", "--box", "0", "1"))
    assert rows["infinite: no boundary"] == "3 points, not in the mean"
    assert "least, most" not in rows


def test_what_the_distance_is_not() -> None:
    result = run("distance", "cross.json", "--random", "3", "--box", "0", "1")
    assert re.search(
        r"^lower bounds for the distances to where the gradient jumps: ", result.stdout, re.MULTILINE
    )


def test_interrupted_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    def press(*_: Any, **__: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(statistics, "distance_to_boundary", press)
    result = run("distance", "cross.json", "--random", "3", "--box", "0", "1")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


def test_partial_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    found = statistics.distance_to_boundary

    def interrupted(*arguments: Any, progress: Any = None) -> Any:
        def press(done: int, total: int) -> None:
            if done == 2:
                raise KeyboardInterrupt

        return found(*arguments, progress=press)

    monkeypatch.setattr(statistics, "distance_to_boundary", interrupted)
    monkeypatch.setattr("polyregions.statistics.distances.TOGETHER", 1)  # a point at a time
    far = ("distance", "cross.json", "--random", "3", "--box", "-1", "1")
    result = run(*far, "--json", "-", "--csv", "d.csv")
    assert result.exit_code == 3
    assert result.stderr == "partial: stopped early (interrupted), 2 of 3 points were done\n"
    data = json.loads(result.stdout)
    assert (data["points"], data["complete"], data["stopped"]) == (2, False, "interrupted")
    points, _ = drawn(0, 3, -1, 1)
    assert data["distances"] == pytest.approx(np.abs(points).min(axis=1).tolist()[:2])
    assert len(read_csv("d.csv")) == 2
    assert "PARTIAL (stopped: interrupted)" in run(*far).stdout


# stats of a network


def volumes(data: dict[str, Any]) -> dict[tuple[str, int], float]:
    return {(v["boundary"], v["k"]): v["total"] for v in data["boundary_volumes"]}


def test_statistics_of_the_axes() -> None:
    sides = ("--box", "-1", "1", "--box", "-1", "2")
    data = numbers(
        "stats", "cross.json", *sides, "--random-lines", "7", "--random-points", "9", "--seed", "4"
    )
    assert (data["regions"], data["typical_regions"], data["skipped"]) == (4, 2, "")
    # The axis of the first unit is 3 long, that of the second, which is not heard, 2.
    assert volumes(data) == {
        ("activation", 1): 5,
        ("activation", 2): 1,
        ("good", 1): 3,
        ("good", 2): 0,
        ("linear", 1): 3,
        ("linear", 2): 0,
    }
    first = data["boundary_volumes"][0]
    assert (first["density"], first["per_layer"], first["per_unit"]) == (pytest.approx(5 / 6), [5], [3, 2])
    assert (first["dimension"], data["complete"], data["exact"]) == (1, True, True)
    # Lines and points are those of the other commands with the same seed.
    lines = numbers("line", "cross.json", *sides, "--random", "7", "--seed", "4")
    assert {name: lines[name] for name in ("mean", "standard_error", "least", "most", "per_unit")} | {
        "n": 7
    } == data["lines"]
    far = numbers("distance", "cross.json", *sides, "--random", "9", "--seed", "4")
    assert {name: far[name] for name in data["distances"] if name != "n"} | {"n": 9} == data["distances"]


def test_boundary_volumes_in_space() -> None:
    # Three squares of area 4, three lines of length 2, one corner.
    data = numbers("stats", "cube.json", "--box", "-1", "1")
    by_k = {1: 12, 2: 6, 3: 1}
    assert volumes(data) == {(name, k): by_k[k] for name in statistics.BOUNDARIES for k in by_k}
    assert (data["regions"], data["typical_regions"]) == (8, 4.5)


def test_the_table_of_a_network() -> None:
    result = run("stats", "cube.json", "--box", "-1", "1")
    rows = table(result)
    assert (rows["regions"], rows["exact"]) == ("8", "yes")
    assert rows["units^inputs / inputs!"] == "4.5, the regions are 1.78 times as many"
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["activation", "2", "1", "6", "0.75", "6"] in lines
    assert {"regions along 100 lines", "distance at 1,000 points", "times units"} <= set(rows)


def test_statistics_of_many_inputs_are_those_of_lines_and_points() -> None:
    Network.from_arrays([(np.eye(5), np.zeros(5)), (np.ones((1, 5)), [0])]).save("five.json")
    data = numbers("stats", "five.json", "--box", "-1", "1", "--random-lines", "5", "--random-points", "5")
    assert (data["regions"], data["boundary_volumes"]) == (None, [])
    assert data["skipped"] == "all regions are enumerated for up to 4 inputs only"
    assert data["lines"]["n"] == 5
    assert "skipped: all regions" in run("stats", "five.json", "--box", "-1", "1").stdout


def test_statistics_without_boundaries() -> None:
    data = numbers("stats", "affine.npz", "--box", "0", "1", "--random-lines", "1", "--random-points", "1")
    assert (data["regions"], data["typical_regions"], set(volumes(data).values())) == (1, None, {0})
    assert (data["distances"]["infinite"], data["distances"]["mean"], data["lines"]["per_unit"]) == (
        1,
        None,
        None,
    )
    assert "not in the mean" in run("stats", "affine.npz", "--box", "0", "1").stdout


# stats of random networks

SMALL = (
    "--networks",
    "12",
    "--random-lines",
    "20",
    "--random-points",
    "20",
    "--samples",
    "4000",
    "--bias-std",
    "0.5",
)


def by_name(data: dict[str, Any]) -> dict[Any, Any]:
    return {(q["quantity"], q["boundary"], q["k"]): q for q in data["quantities"]}


def value(quantity: dict[str, Any], relation: str) -> float:
    (found,) = [t["value"] for t in quantity["theory"] if t["relation"] == relation]
    return float(found)


def test_random_networks_beside_theory() -> None:
    data = numbers("stats", "--sizes", "2", "4", "3", "1", "--seed", "9", "--box", "-1", "1", *SMALL)
    found = by_name(data)
    # He: E |grad z|^2 = 2 in every layer. A normal density is at most 1 / (s sqrt(2 pi)).
    n, c_grad, c_bias = 7, math.sqrt(2), 1 / (0.5 * math.sqrt(2 * math.pi))
    assert (data["units"], data["c_grad"], data["c_bias"]) == (
        n,
        pytest.approx(c_grad),
        pytest.approx(c_bias),
    )
    c = c_grad * c_bias
    regions = found["regions", None, None]
    assert value(regions, "~") == pytest.approx(n**2 / 2)
    assert value(regions, "<=") == pytest.approx((32 * c * n * 2) ** 2 / 2)
    for name in statistics.BOUNDARIES:
        assert value(found["boundary volume", name, 1], "<=") == pytest.approx(n * c * 4)
        assert value(found["boundary volume", name, 2], "<=") == pytest.approx(21 * c**2 * 4)
    assert value(found["distance", None, None], ">=") == pytest.approx(1 / (4 * n * c))
    # The mean distance of two random points of a unit square is 0.5214: 1.04 here, +- 0.03 for 240 pairs.
    length = (value(found["regions along a line", None, None], "<=") - 1) / (n * c / math.sqrt(2))
    assert abs(length - 2 * 0.5214) < 0.15

    # Measured once more, from the networks that a generator of this seed draws.
    rng = np.random.default_rng(9)
    networks = [statistics.random_network([2, 4, 3, 1], bias_std=0.5, seed=rng) for _ in range(12)]
    complexes = [enumerate_regions(net, Box.cube(2, -1, 1), engine="subdivide") for net in networks]
    counts = np.array([cx.n_regions for cx in complexes])
    measured = regions["measured"]
    assert (measured["mean"], measured["n"]) == (pytest.approx(counts.mean()), 12)
    assert measured["standard_error"] == pytest.approx(counts.std(ddof=1) / math.sqrt(12))
    for name in statistics.BOUNDARIES:
        totals = [statistics.boundary_volume(cx, 1, name).total for cx in complexes]
        assert found["boundary volume", name, 1]["measured"]["mean"] == pytest.approx(np.mean(totals))

    # Means and their expectations agree, and the bounds hold.
    for quantity in data["quantities"]:
        mean, error = quantity["measured"]["mean"], quantity["measured"]["standard_error"]
        for t in quantity["theory"]:
            if t["relation"] == "=":
                assert abs(mean - t["value"]) < 5 * math.hypot(error, t["standard_error"]), quantity
            if t["relation"] in ("<=", ">="):
                assert (mean < t["value"]) == (t["relation"] == "<="), quantity
    assert sum(t["relation"] == "=" for q in data["quantities"] for t in q["theory"]) == 6
    assert (data["networks"], data["asked"], data["complete"], data["stopped"]) == (12, 12, True, None)
    assert (data["widths"], data["init"], data["bias_std"], data["seed"]) == ([2, 4, 3, 1], "he", 0.5, 9)


def test_boundaries_that_no_output_hears() -> None:
    # In layers of one unit each boundary is heard only where all units above are on.
    few = (*SMALL, "--networks", "60")
    found = by_name(numbers("stats", "--sizes", "2", "1", "1", "1", "1", "--box", "-1", "1", *few))
    volume = {name: found["boundary volume", name, 1] for name in statistics.BOUNDARIES}
    expected = {name: value(volume[name], "=") for name in volume}
    assert expected["linear"] == expected["good"] < 0.8 * expected["activation"]
    for name, quantity in volume.items():
        measured, (t, _) = quantity["measured"], quantity["theory"]
        error = math.hypot(measured["standard_error"], t["standard_error"])
        assert abs(measured["mean"] - expected[name]) < 4 * error


def test_one_layer_exactly() -> None:
    # 1 + (2 n / pi) atan(s_w / s_b) regions in [-1, 1], with s_w^2 = 2.
    data = numbers("stats", "--sizes", "1", "5", "1", "--box", "-1", "1", *SMALL)
    regions = by_name(data)["regions", None, None]
    assert value(regions, "=") == pytest.approx(1 + 10 / math.pi * math.atan(math.sqrt(2) / 0.5))
    glorot = numbers("stats", "--sizes", "1", "5", "1", "--init", "glorot", "--box", "-1", "1", *SMALL)
    regions = by_name(glorot)["regions", None, None]
    assert value(regions, "=") == pytest.approx(1 + 10 / math.pi * math.atan(math.sqrt(2 / 6) / 0.5))
    uniform = numbers("stats", "--sizes", "1", "5", "1", "--init", "he_uniform", "--box", "-1", "1", *SMALL)
    assert "=" not in [t["relation"] for t in by_name(uniform)["regions", None, None]["theory"]]


def test_what_theory_does_not_tell_has_a_reason() -> None:
    data = numbers("stats", "--sizes", "3", "2", "1", "--box", "-1", "1", *SMALL)
    found = by_name(data)
    for key in (("regions", None, None), ("boundary volume", "activation", 3)):
        (reason,) = [t["source"] for t in found[key]["theory"] if t["value"] is None]
        assert "moments of the gradient above 2" in reason
    # Two units never switch together with a third one.
    assert found["boundary volume", "activation", 3]["measured"]["mean"] == 0
    flat = numbers("stats", "--sizes", "2", "2", "1", "--box", "-1", "1", "--box", "0", "1", *SMALL)
    assert "the box is no cube" in by_name(flat)["regions", None, None]["theory"][-1]["source"]
    tiny = numbers("stats", "--sizes", "2", "2", "1", "--box", "0", "0.01", *SMALL)
    assert "too small" in by_name(tiny)["regions", None, None]["theory"][-1]["source"]


def test_random_networks_with_many_inputs() -> None:
    widths = ("stats", "--sizes", "20", "8", "8", "1", "--box", "-1", "1", *SMALL)
    data = numbers(*widths)
    assert [q["quantity"] for q in data["quantities"]] == ["regions along a line", "distance"]
    assert data["skipped"].startswith("all regions are enumerated")
    result = run(*widths)
    assert "skipped: all regions" in result.stdout
    assert "C_grad, C_bias" in result.stdout


def test_the_table_of_random_networks() -> None:
    text = run("stats", "--sizes", "2", "3", "1", "--box", "-1", "1", *SMALL).stdout
    assert re.search(r"^networks +12 of widths 2 3 1 *$", text, re.MULTILINE)
    assert re.search(r"^weights, biases +he, standard deviation 0.5 *$", text, re.MULTILINE)
    assert re.search(r"^regions +\S+ \+- \S+ +(= \S+) +one layer, exactly$", text, re.MULTILINE)
    for boundary in statistics.BOUNDARIES:
        pattern = rf"^{boundary} boundary, k = 1 +\S+ \+- \S+ +(= \S+ \+- \S+) +co-area"
        assert re.search(pattern, text, re.MULTILINE)
    assert re.search(r"^distance +\S+ \+- \S+ +>= \S+ +1 / ", text, re.MULTILINE)


def test_interrupted_random_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    measure, calls = measurements.measure, count()

    def interrupted(*arguments: Any) -> Any:
        if next(calls) == 3:
            raise KeyboardInterrupt
        return measure(*arguments)

    monkeypatch.setattr(ensembles, "measure", interrupted)
    widths = ("stats", "--sizes", "2", "3", "1", "--box", "-1", "1", *SMALL)
    result = run(*widths, "--json", "-")
    assert result.exit_code == 3
    assert result.stderr == "partial: stopped early (interrupted), 3 of 12 networks were done\n"
    data = json.loads(result.stdout)
    assert (data["networks"], data["complete"], data["stopped"]) == (3, False, "interrupted")
    assert {q["measured"]["n"] for q in data["quantities"]} == {3}
    calls = count(2)  # one network is no mean
    result = run(*widths, "--json", "-")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "interrupted\n")


# what all three share

EACH = [
    ("line", "cross.json", "--from", "-1,-1", "--to", "1,2"),
    ("line", "cross.json", "--random", "4", "--box", "0", "1"),
    ("distance", "cross.json", "--random", "4", "--box", "0", "1"),
    ("stats", "cross.json", "--box", "-1", "1"),
    ("stats", "--sizes", "1", "2", "1", "--networks", "2", "--samples", "9", "--box", "-1", "1"),
]


@pytest.mark.parametrize("arguments", EACH)
def test_quiet_and_json_files(arguments: tuple[str, ...]) -> None:
    result = run(*arguments, "--quiet", "--json", "s.json")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "")
    data = json.loads(Path("s.json").read_text())
    again = numbers(*arguments)
    del data["seconds"], again["seconds"]
    assert data == again


@pytest.fixture
def no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail the test if anything is measured."""

    def work(*arguments: Any, **options: Any) -> None:
        pytest.fail("this should have been refused before the work")

    for name in ("distance_to_boundary", "expected_boundary_volume", "boundary_volume"):
        monkeypatch.setattr(statistics, name, work)
        for module in (ensembles, measurements):
            monkeypatch.setattr(module, name, work, raising=False)
    monkeypatch.setattr("polyregions.engines.lines.engine.SegmentCutter", work)
    monkeypatch.setattr("polyregions.statistics.measurements.enumerate_regions", work)


MANY = "1" + "0" * 15
HUGE = "1" + "0" * 40


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("line", "cross.json"), "give one of: --along, --from and --to, --random"),
        (("line", "cross.json", "--from", "1,1"), "give one of"),
        (("line", "cross.json", "--to", "1,1"), "give one of"),
        (("line", "cross.json", "--from", "0,0", "--to", "1,1", "--random", "3"), "give one of"),
        (("line", "cross.json", "--random", "3"), "--random: give --box LO HI too"),
        (("line", "cross.json", "--random", "3", "--box", "1", "0"), "inverted"),
        (("line", "cross.json", "--random", "3", *["--box", "0", "1"] * 3), "2 input(s): give --box once"),
        (
            ("line", "cross.json", "--from", "0,0", "--to", "1,1", "--box", "0", "1"),
            "--box is for --random only",
        ),
        (
            ("line", "cross.json", "--from", "0,0", "--to", "1,1", "--seed", "1"),
            "--seed is for --random only",
        ),
        (("line", "cross.json", "--from", "0,0", "--to", "1"), "--to has 1 coordinate(s), cross.json has 2"),
        (("line", "cross.json", "--from", "0,0", "--to", "0,0"), "are the same point"),
        (("line", "cross.json", "--random", MANY, "--box", "0", "1"), "lines take about"),
        (("line", "cross.json", "--random", HUGE, "--box", "0", "1"), "GiB are free; ask for fewer"),
        (("line", "cross.json", "--along", "one.csv"), "one.csv: a line needs at least two corners, got 1"),
        (("line", "cross.json", "--along", "same.csv"), "same.csv: line 0: corners 1 and 2 are the same"),
        (
            ("line", "cross.json", "--along", "two.csv", "--csv", "two.csv"),
            "--csv would overwrite the input",
        ),
        (
            ("line", "cross.json", "--along", "two.csv", "--json", "two.csv"),
            "--json would overwrite the input",
        ),
        (("line", "cross.json", "--along", "two.csv", "--csv", "b.txt"), "no table format ends in '.txt'"),
        (("line", "cross.json", "--along", "two.csv", "--csv", "-"), "no table format"),
        (("line", "cross.json", "--along", "two.csv", "--csv", "none/b.csv"), "no directory"),
        (("line", "cross.json", "--along", "cross.json"), "points: expected real numbers"),
        (("line", "two.csv", "--along", "two.csv"), "no network format"),
        (("distance", "cross.json"), "give one of: --points, --random"),
        (("distance", "cross.json", "--points", "two.csv", "--random", "1"), "give one of"),
        (("distance", "cross.json", "--points", "two.csv", "--box", "0", "1"), "--box is for --random only"),
        (("distance", "cross.json", "--random", "3"), "--random: give --box LO HI too"),
        (("distance", "cross.json", "--random", MANY, "--box", "0", "1"), "points take about"),
        (
            ("distance", "tent.json", "--points", "two.csv"),
            "its points have 2 coordinate(s), the network has 1",
        ),
        (("distance", "cross.json", "--points", "two.csv", "--csv", "two.csv"), "would overwrite the input"),
        (("distance", "cross.json", "--points", "two.csv", "--json", "a.csv", "--csv", "a.csv"), "overwrite"),
        (("stats", "--box", "0", "1"), "give one of: a network file NET, --sizes"),
        (("stats", "cross.json", "--sizes", "2", "3", "1", "--box", "0", "1"), "give one of"),
        (("stats", "cross.json", "--bias-std", "1", "--box", "0", "1"), "leave out --bias-std"),
        (("stats", "cross.json", "--networks", "3", "--box", "0", "1"), "leave out --networks"),
        (("stats", "cross.json", "--box", "0", "1", "--random-lines", MANY), "lines take about"),
        (("stats", "cross.json", "--box", "0", "1", "--random-points", MANY), "points take about"),
        (("stats", "cross.json", "--box", "0", "1", "--most-regions", "1"), "is about 2 regions"),
        (("stats", "cross.json", "--box", "0", "1", "--json", "cross.json"), "would overwrite the input"),
        (("stats", "--sizes", "2", "1", "--box", "0", "1"), "widths: expected [inputs, hidden units"),
        (("stats", "--sizes", "2", "0", "1", "--box", "0", "1"), "at least 1, got 0"),
        (("stats", "--sizes", "2", "3", "1", *["--box", "0", "1"] * 3), "--sizes has 2 input(s)"),
        (
            ("stats", "--sizes", "2", "3", "1", "--box", "0", "1", "--init", "magic"),
            "init 'magic' is unknown",
        ),
        (("stats", "--sizes", "2", "3", "1", "--box", "0", "1", "--bias-std", "0"), "above 0, got 0.0"),
        (("stats", "--sizes", "2", "3", "1", "--box", "0", "1", "--bias-std", "nan"), "got nan"),
        (("stats", "--sizes", "2", "100000", "1", "--box", "0", "1"), "10,000,000 is the limit"),
        (("stats", "--sizes", "2", "20000", "20000", "1", "--box", "0", "1"), "the limit is 1e+08"),
    ],
)
def test_refused_before_the_work(arguments: tuple[str, ...], message: str, folder: Path) -> None:
    Path("one.csv").write_text("1,2\n")
    Path("two.csv").write_text("1,2\n3,4\n")
    Path("same.csv").write_text("1,2\n3,4\n3,4\n")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: ")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("line",), "Missing argument 'NET'"),
        (("line", "none.json", "--random", "3", "--box", "0", "1"), "does not exist"),
        (("line", "cross.json", "--along", "none.csv"), "none.csv: cannot be read: No such file"),
        (("line", "cross.json", "--from", "1,x", "--to", "1,1"), "'1,x' is no list of finite numbers"),
        (("line", "cross.json", "--from", "", "--to", "1,1"), "'' is no list"),
        (("line", "cross.json", "--from", "1,inf", "--to", "1,1"), "'1,inf' is no list of finite"),
        (("line", "cross.json", "--from", "1,,2", "--to", "1,1"), "'1,,2' is no list"),
        (("line", "cross.json", "--random", "0", "--box", "0", "1"), "'--random'"),
        (("line", "cross.json", "--random", "1", "--box", "0", "1", "--seed", "-1"), "'--seed'"),
        (("distance", "cross.json", "--points", "."), "is a directory"),
        (("distance", "cross.json", "--random", "many", "--box", "0", "1"), "'--random'"),
        (("stats", "cross.json"), "Missing option '--box'"),
        (("stats", "cross.json", "--box", "0", "1", "--random-lines", "0"), "'--random-lines'"),
        (("stats", "--sizes", "2", "3", "1", "--box", "0", "1", "--networks", "1"), "'--networks'"),
        (("stats", "--sizes", "2", "3", "1", "--box", "0", "1", "--networks", MANY), "'--networks'"),
        (("stats", "--sizes", "2", "3", "1", "--box", "0", "1", "--samples", MANY), "'--samples'"),
        (("stats", "--sizes", "2,x", "--box", "0", "1"), "is no list of whole numbers"),
    ],
)
def test_usage(arguments: tuple[str, ...], message: str) -> None:
    result = run(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert message in result.stderr


def npy(array: Any, **options: Any) -> bytes:
    np.save("made.npy", array, **options)
    content = Path("made.npy").read_bytes()
    Path("made.npy").unlink()
    return content


def with_shape(text: bytes) -> bytes:
    """A file that promises another shape than it holds."""
    whole = npy(np.ones((2, 2)))
    changed = whole.replace(b"(2, 2)", text)
    return changed.replace(b" " * (len(text) - 6) + b"\n", b"\n")


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("p.csv", b"", "there are no points"),
        ("p.csv", b"# x,y\n\n", "there are no points"),
        ("p.csv", b"x,y\n1,2\n", "line 1: 'x' is no number"),
        ("p.csv", b"1,2\n\n3\n", "line 3 has 1 number(s), line 1 has 2"),
        ("p.csv", b"1,2\n3,4,5\n", "line 2 has 3 number(s), line 1 has 2"),
        ("p.csv", b"1,2,3\n", "its points have 3 coordinate(s), the network has 2 input(s)"),
        ("p.csv", b"1,2\n3,nan\n", "line 2: 'nan' is not a finite number"),
        ("p.csv", b"1,-inf\n", "line 1: '-inf' is not a finite number"),
        ("p.csv", b"1,1e999\n", "line 1: '1e999' is not a finite number"),
        ("p.csv", b"1,2,\n", "line 1: '' is no number"),
        ("p.csv", b"1;2\n", "line 1: '1;2' is no number"),
        ("p.csv", b"1_0,2\n", "line 1: '1_0' is no number"),
        ("p.csv", b"1,2\n\xff\xfe\n", "it is not UTF-8"),
        ("p.csv", b"1,\0\n", "line 1: '\\x00' is no number"),
        ("p.csv", b"1," + b"9" * 99 + b"x\n", "is no number"),
        ("p.txt", b"1 2\n3 4 5\n", "line 2 has 3 number(s)"),
        ("p.npy", b"", "not a .npy array"),
        ("p.npy", b"PK\x03\x04 an archive", "not a .npy array"),
        ("p.npy", b"\x80\x04K\x01.", "not a .npy array"),
        ("p.npy", "truncated", "not a readable .npy array, truncated perhaps"),
        ("p.npy", "head", "not a readable .npy array, truncated perhaps"),
        ("p.npy", "object", "not a readable .npy array"),
        ("p.npy", "promise", "not a readable .npy array"),
        ("p.npy", "flat", "points must have the shape (n, d), got (2,)"),
        ("p.npy", "complex", "got dtype complex128"),
        ("p.npy", "text", "got dtype <U1"),
        ("p.npy", "nan", "row 1: nan is not a finite number"),
        ("p.npy", "large", "an integer beyond 2**53 has no float64"),
        ("p.npy", "largest", "an integer beyond 2**53 has no float64"),
        ("p.npy", "wide", "its points have 3 coordinate(s)"),
        ("p.npy", "none", "there are no points"),
        ("p", b"1,2\n", "no point format is told by a name without an ending; known: .csv, .txt, .npy"),
        ("p.npz", b"", "no point format ends in '.npz'"),
    ],
)
def test_files_that_hold_no_points(name: str, content: bytes | str, message: str) -> None:
    if isinstance(content, str):
        whole = npy(np.ones((2, 2)))
        content = {
            "truncated": lambda: whole[:-1],
            "head": lambda: whole[:20],
            "object": lambda: npy(np.array([[1, None]], dtype=object), allow_pickle=True),
            "promise": lambda: with_shape(b"(2, 99999999999)"),
            "flat": lambda: npy(np.ones(2)),
            "complex": lambda: npy(np.ones((1, 2)) * 1j),
            "text": lambda: npy(np.array([["1", "2"]])),
            "nan": lambda: npy(np.array([[0, 1], [math.nan, 1]])),
            "large": lambda: npy(np.array([[1, 2**53 + 1]])),
            "largest": lambda: npy(np.array([[1, 2**64 - 1]], dtype=np.uint64)),
            "wide": lambda: npy(np.ones((1, 3))),
            "none": lambda: npy(np.ones((0, 2))),
        }[content]()
    Path(name).write_bytes(content)
    for arguments in (
        ("distance", "cross.json", "--points", name),
        ("line", "cross.json", "--along", name),
    ):
        result = run(*arguments, "--json", "-")
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.startswith(f"error: {name}: ")
        assert message in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("no_work")
@pytest.mark.parametrize("name", ["p.csv", "p.npy"])
def test_files_that_are_too_large_are_not_opened(name: str) -> None:
    with open(name, "wb") as file:
        os.truncate(file.fileno(), 2**30 + 1)
    result = run("distance", "cross.json", "--points", name)
    assert result.exit_code == 2
    assert result.stderr == f"error: {name}: it has 1,073,741,825 bytes, and 1,073,741,824 is the limit\n"


def test_whole_numbers_that_float64_holds_are_read() -> None:
    np.save("p.npy", np.array([[2**53, 3], [2**60, 5]]))
    assert numbers("distance", "cross.json", "--points", "p.npy")["distances"] == pytest.approx([3, 5])


def test_boxes_as_wide_as_float64() -> None:
    wide = ("--random", "9", "--box", "-1e308", "1e308")
    data = numbers("line", "cross.json", *wide)
    a, b = (x * 2 - 1 for x in drawn(0, 9, 0, 1))
    assert data["regions"] == (1 + ((a < 0) != (b < 0)).sum(axis=1)).tolist()
    assert data["mean_length"] is None
    data = numbers("distance", "cross.json", *wide)
    assert (data["standard_error"], data["infinite"]) == (None, 0)
    assert data["distances"] == pytest.approx((np.abs(a).min(axis=1) * 1e308).tolist())


def test_means() -> None:
    assert mean_of([1e308, 1e308, 1e308])["mean"] is None
    assert mean_of([1, math.inf]) == dict.fromkeys(("mean", "standard_error", "least", "most")) | {"n": 2}
    assert mean_text(mean_of([1e-9, 3e-9])) == "2e-09 +- 1e-09"
    assert mean_text(mean_of([])) == "not known"


# commands and help


def test_all_commands_are_there() -> None:
    commands = {"enumerate", "certify", "verify", "bounds", "construct", "line", "distance", "stats"}
    assert commands <= set(cli.main.commands)


@pytest.mark.parametrize("command", sorted(cli.main.commands))
def test_help_texts(command: str) -> None:
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "\b" not in result.stdout
    assert "\\b" not in result.stdout
    examples = [line for line in result.stdout.splitlines() if f"polyregions {command} " in line]
    assert all(line.strip().startswith("polyregions ") for line in examples[1:])  # the first is "Usage:"


def test_help_loads_nothing_heavy() -> None:
    program = (
        "import sys\n"
        "from click.testing import CliRunner\n"
        "from polyregions.cli import main\n"
        "for command in ('line', 'distance', 'stats'):\n"
        "    assert CliRunner().invoke(main, [command, '--help']).exit_code == 0\n"
        "heavy = {'numba', 'scipy', 'cvxpy', 'matplotlib', 'networkx', 'shapely', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)), 'polyregions.statistics' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"
