"""The scripts of examples/experiments, with tiny settings: their tables, recomputed by other means."""

from __future__ import annotations

import csv
import importlib
import math
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from support.chance import Array, agree, forward

from polyregions import Box, Network, enumerate_regions
from polyregions.statistics import distance_to_boundary, estimate, line_regions, random_network

pytest.importorskip("matplotlib")
SCRIPTS = Path(__file__).parents[1] / "examples" / "experiments"


@pytest.fixture(scope="module")
def scripts() -> Iterator[Any]:
    """The scripts as modules; they import each other by name."""
    names = ("common", "learning", "initialisation", "training", "slices", "sawtooth")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SCRIPTS))
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})


@pytest.fixture
def mnist(tmp_path: Path) -> Path:
    """Ten classes of 4 x 4 images that are easily told apart, as a file of MNIST would have them."""
    rng = np.random.default_rng(0)
    kinds = rng.integers(40, 215, (10, 4, 4))
    y = {"y_train": np.arange(60) % 10, "y_test": np.arange(30) % 10}
    x = {name.replace("y", "x"): kinds[c] + rng.integers(-20, 20, (len(c), 4, 4)) for name, c in y.items()}
    path = tmp_path / "small.npz"
    np.savez(path, **y, **{name: images.astype(np.uint8) for name, images in x.items()})
    return path


def table(path: Path, columns: str) -> list[dict[str, str]]:
    """The rows of a table, whose columns are these; its picture is beside it."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == columns.split()
    assert path.with_suffix(".png").read_bytes().startswith(b"\x89PNG")
    return rows


def regions_between(network: Network, a: Array, b: Array) -> float:
    """Mean number of regions on the segments, by enumeration."""
    on_line = [network.through(pair) for pair in zip(a, b, strict=True)]
    return float(np.mean([enumerate_regions(line, Box([0], [1])).n_regions for line in on_line]))


def distance_from(network: Network, points: Array) -> float:
    """Mean over the points of the least |z_u| / ||grad z_u||, in plain floating point."""
    layers = [(layer.weight[None], layer.bias[None]) for layer in network.layers]
    found = []
    for x in points:
        values, gradients = (np.concatenate(part, axis=1)[0] for part in forward(layers, x))
        norms = np.linalg.norm(gradients, axis=1)
        found.append((np.abs(values)[norms > 0] / norms[norms > 0]).min())
    return float(np.mean(found))


# At initialisation.


def test_initialisation(scripts: Any, tmp_path: Path, mnist: Path, capsys: Any) -> None:
    script = scripts.initialisation
    settings = script.Settings(units=(12, 24), depths=(1, 3), networks=3, lines=4)
    script.main(["--seed", "5", "--out", str(tmp_path), "--mnist", str(mnist)], settings)
    rows = table(
        tmp_path / "initialisation.csv",
        "inputs units depth width network regions regions_per_unit distance_times_units",
    )
    assert len(rows) == 2 * 2 * 3
    data = scripts.common.load_data(mnist)
    a, b = scripts.common.random_pairs(data.x_test, 4, np.random.default_rng(5))
    for row in rows:
        units, depth, k = (int(row[name]) for name in ("units", "depth", "network"))
        assert (int(row["inputs"]), int(row["width"])) == (16, units // depth)
        rng = np.random.default_rng([5, depth, units, k])
        network = random_network([16, *[units // depth] * depth, 10], bias_std=1e-3, seed=rng)
        assert float(row["regions"]) == regions_between(network, a, b)
        assert float(row["regions_per_unit"]) == float(row["regions"]) / units
        assert math.isclose(float(row["distance_times_units"]), units * distance_from(network, a))
    assert f"predicted {script.predicted_regions(a, b):.4f}" in capsys.readouterr().out


def test_the_predicted_constant_is_that_of_one_layer(scripts: Any) -> None:
    """Hyperplanes of He's law, drawn anew: how many of them separate the ends."""
    rng = np.random.default_rng(1)
    a, b = rng.random((2, 3, 6))
    w, bias = rng.normal(0, math.sqrt(2 / 6), (100_000, 6)), rng.normal(0, 1e-3, (100_000, 1))
    separated = ((w @ a.T + bias > 0) != (w @ b.T + bias > 0)).mean(axis=1)
    assert agree(estimate(separated), scripts.initialisation.predicted_regions(a, b), 0.05)


def test_the_predicted_constant_is_that_of_every_layer(scripts: Any) -> None:
    """On a narrow network too: lengths on the sphere are kept in the mean (docs/experiments.md)."""
    rng = np.random.default_rng(2)
    a, b = rng.random((2, 4, 16))
    found = []
    for _ in range(700):
        lines = line_regions(random_network([16, 10, 10, 10, 1], seed=rng), a, b)
        found.append(np.bincount(lines.network.unit_layers[lines.flip_units], minlength=3) / (4 * 10))
    prediction = scripts.initialisation.predicted_regions(a, b)
    for layer in np.transpose(found):
        assert agree(estimate(layer), prediction, 0.2)


def test_the_predicted_distance(scripts: Any) -> None:
    rng = np.random.default_rng(3)
    points = rng.random((4, 64))
    networks = (random_network([64, 40, 40, 1], seed=rng) for _ in range(500))
    found = [80 * distance_to_boundary(network, points).distance.mean() for network in networks]
    assert agree(estimate(found), scripts.initialisation.predicted_distance(points), 0.2)


def test_estimates_are_combined_by_their_precision(scripts: Any) -> None:
    one, three = estimate([0, 2]), estimate([2, 4])  # 1 +- 1 and 3 +- 1
    combined = scripts.common.combine([one, three])
    # chi^2 with one degree: P(z^2 > 2) = P(|z| > sqrt 2) = erfc(1).
    assert combined == pytest.approx((2, math.sqrt(1 / 2), 2, math.erfc(1)))
    weighted = scripts.common.combine([one, estimate([5, 9])])  # 7 +- 2: weights 4 to 1
    assert weighted[:3] == pytest.approx((2.2, math.sqrt(4 / 5), 36 / 5))


def test_bands_are_those_of_student(scripts: Any) -> None:
    # Any table of the distribution: 2.776 for 4 degrees of freedom.
    assert round(scripts.common.student(5), 3) == 2.776


def test_random_points_without_scikit_learn(scripts: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(scripts.common, "find_spec", lambda name: None)
    name, points = scripts.common.load_points(None)
    assert name == "random points"
    assert points.shape[1] == 64


def test_the_digits(scripts: Any) -> None:
    pytest.importorskip("sklearn")
    data = scripts.common.load_data(None)
    assert [x.shape for x in (data.x_train, data.x_test)] == [(1437, 64), (360, 64)]
    assert data.x_train.min() == 0
    assert data.x_train.max() == 1
    assert data.y_train.shape == (1437,)


@pytest.mark.parametrize("wrong", ["missing", "text", "keys", "shape"])
def test_files_that_are_not_mnist_are_refused(scripts: Any, tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "file.npz"
    if wrong == "text":
        path.write_text("no archive")
    elif wrong == "keys":
        np.savez(path, x=np.zeros(3))
    elif wrong == "shape":
        np.savez(path, **dict.fromkeys(scripts.common.MNIST_KEYS, np.zeros(3)))
    with pytest.raises(SystemExit, match=r"file\.npz: "):
        scripts.common.load_data(path)


# Through training.


def test_training(scripts: Any, tmp_path: Path, mnist: Path) -> None:
    pytest.importorskip("torch")
    settings = scripts.training.Settings(((12,), (4, 4, 4)), seeds=2, lines=3)
    options = ["--seed", "1", "--out", str(tmp_path), "--mnist", str(mnist), "--epochs"]
    scripts.training.main([*options, "0", "3"], settings)
    rows = table(
        tmp_path / "training.csv",
        "labels architecture units seed epoch train_accuracy test_accuracy regions_per_unit "
        "distance_times_units",
    )
    assert len(rows) == 2 * 2 * 2 * 2
    data = scripts.common.load_data(mnist)
    a, b = scripts.common.random_pairs(data.x_test, 3, np.random.default_rng(1))
    for row in rows[::3]:
        hidden = [int(width) for width in row["architecture"].split("-")]
        assert int(row["units"]) == sum(hidden) == 12
        epoch = int(row["epoch"])
        # The same network again: training is repeatable.
        again = list(scripts.learning.train(data, hidden, row["labels"], (0, epoch), (1, int(row["seed"]))))
        network = again[1].network
        assert epoch or network == again[0].network
        assert float(row["test_accuracy"]) == np.mean(network(data.x_test).argmax(axis=1) == data.y_test)
        assert float(row["regions_per_unit"]) == regions_between(network, a, b) / 12
        assert math.isclose(float(row["distance_times_units"]), 12 * distance_from(network, a))


@pytest.mark.parametrize("epochs", [["1", "2"], ["0", "2", "1"], ["0", "0"]])
def test_epochs_ascend_from_zero(scripts: Any, epochs: list[str], capsys: Any) -> None:
    with pytest.raises(SystemExit):
        scripts.training.main(["--epochs", *epochs])
    assert "--epochs must begin with 0 and ascend" in capsys.readouterr().err


@pytest.mark.parametrize("labels", ["true", "random"])
def test_networks_learn_their_labels(scripts: Any, mnist: Path, labels: str) -> None:
    pytest.importorskip("torch")
    data = scripts.common.load_data(mnist)
    before, after = scripts.learning.train(data, [64], labels, (0, 400), [0])
    assert before.train_accuracy < 0.5
    true = np.mean(after.network(data.x_train).argmax(axis=1) == data.y_train)
    if labels == "true":
        assert after.train_accuracy == after.test_accuracy == true == 1
    else:  # it knows the labels that it was given better than the true ones
        assert true < after.train_accuracy
        assert after.test_accuracy < 0.5


def test_the_trained_network_is_taken_exactly(scripts: Any) -> None:
    torch = pytest.importorskip("torch")
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.ReLU(), torch.nn.Linear(3, 1))
    network = scripts.learning.exact(model)
    for layer, module in zip(network.layers, (model[0], model[2]), strict=True):
        assert layer.weight.tolist() == module.weight.tolist()
        assert layer.bias.tolist() == module.bias.tolist()


def test_missing_torch_is_told(scripts: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(scripts.learning, "find_spec", lambda name: None)
    for script in (scripts.training, scripts.slices):
        with pytest.raises(SystemExit, match=r"pip install 'polyregions\[torch\]'"):
            script.main([])


# Planes.


def test_slices(scripts: Any, tmp_path: Path, mnist: Path) -> None:
    pytest.importorskip("torch")
    settings = scripts.slices.Settings((6, 6), epochs=(0, 1, 4), shown=(0, 4), seeds=2, planes=2)
    scripts.slices.main(["--seed", "2", "--out", str(tmp_path), "--mnist", str(mnist)], settings)
    rows = table(
        tmp_path / "slices.csv",
        "labels units seed plane epoch margin train_accuracy test_accuracy regions ratio",
    )
    assert len(rows) == 2 * 2 * 2 * (3 + 1 + 3)
    data = scripts.common.load_data(mnist)
    planes, classes = scripts.slices.choose_planes(data, 2, 2)
    for points, three in zip(planes, classes, strict=True):
        assert len(set(three.tolist())) == 3
        for point, c in zip(points, three, strict=True):
            assert c in data.y_test[(data.x_test == point).all(axis=1)]
    for row in rows[::5]:
        epoch, margin = int(row["epoch"]), int(row["margin"])
        *_, after = scripts.learning.train(
            data, (6, 6), row["labels"], sorted({0, epoch}), (2, int(row["seed"]))
        )
        on_plane = after.network.through(planes[int(row["plane"])])
        cx = enumerate_regions(on_plane, Box.cube(2, -margin, 1 + margin), engine="traverse")
        assert int(row["regions"]) == cx.n_regions
        assert float(row["ratio"]) == cx.n_regions / (12 * 12 / 2)


# The sawtooth.


def pieces_of(network: Network) -> int:
    """Linear pieces on [0, 1], by following all values at all breakpoints in rational arithmetic."""
    x = [Fraction(0), Fraction(1)]
    values = [[Fraction(0)], [Fraction(1)]]
    for layer in network.layers:
        rows = [[Fraction(w) for w in row] for row in layer.weight.tolist()]
        bias = [Fraction(b) for b in layer.bias.tolist()]
        z = [[sum(map(Fraction.__mul__, r, v), c) for r, c in zip(rows, bias, strict=True)] for v in values]
        if layer is network.layers[-1]:
            slopes = [(z[i + 1][0] - z[i][0]) / (x[i + 1] - x[i]) for i in range(len(x) - 1)]
            return 1 + sum(s != t for s, t in pairwise(slopes))
        places = dict(zip(x, z, strict=True))
        for i in range(len(x) - 1):
            for p, q in zip(z[i], z[i + 1], strict=True):
                if p * q < 0:
                    share = p / (p - q)
                    middle = [u + share * (v - u) for u, v in zip(z[i], z[i + 1], strict=True)]
                    places[x[i] + share * (x[i + 1] - x[i])] = middle
        x = sorted(places)
        values = [[max(v, Fraction(0)) for v in places[place]] for place in x]
    raise AssertionError


@pytest.mark.parametrize("depth", range(1, 11))
def test_the_sawtooth_has_all_its_pieces(scripts: Any, depth: int) -> None:
    saw = scripts.sawtooth.sawtooth(depth)
    assert scripts.sawtooth.pieces(saw) == 2**depth
    teeth = np.arange(2**depth + 1)
    assert saw(teeth[:, None] / 2**depth)[:, 0].tolist() == (teeth % 2).tolist()


def test_perturbed_sawtooths(scripts: Any, tmp_path: Path, capsys: Any) -> None:
    script = scripts.sawtooth
    settings = script.Settings(depths=(2, 5), sigmas=(1e-6, 0.125, 1.0), networks=4, drawn=(3, 0.125))
    script.main(["--seed", "3", "--out", str(tmp_path)], settings)
    rows = table(tmp_path / "sawtooth.csv", "depth sigma network pieces share")
    assert len(rows) == 2 * 4 * (3 + 1)
    for row in rows:
        depth, rng = int(row["depth"]), np.random.default_rng([3, int(row["depth"]), int(row["network"])])
        if row["sigma"]:
            network = script.perturbed(script.sawtooth(depth), float(row["sigma"]), rng)
        else:
            network = random_network([1, *[2] * depth, 1], seed=rng)
        assert int(row["pieces"]) == pieces_of(network)
        assert float(row["share"]) == int(row["pieces"]) / 2**depth
    assert capsys.readouterr().out.startswith("pieces on [0, 1] / 2^L")


def test_noise_is_added_to_all_weights_and_biases(scripts: Any) -> None:
    saw = scripts.sawtooth.sawtooth(3)
    noise = [scripts.sawtooth.perturbed(saw, sigma, np.random.default_rng(0)).layers for sigma in (0.25, 0.5)]
    for quarter, half, layer in zip(*noise, saw.layers, strict=True):
        for name in ("weight", "bias"):
            small, large = (getattr(noisy, name) - getattr(layer, name) for noisy in (quarter, half))
            assert (small != 0).all()
            np.testing.assert_allclose(large, 2 * small, rtol=0, atol=1e-15)
