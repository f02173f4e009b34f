"""Ensembles of random networks, what is measured of one network, and how many samples fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from polyregions import Box, Network
from polyregions.errors import InvalidInputError, TooLargeError
from polyregions.statistics import (
    Ensemble,
    Expectations,
    Sampling,
    compare,
    gradient_bound,
    measure,
    measure_all,
)
from polyregions.statistics.measurements import check_size
from polyregions.statistics.sampling import check_lines, check_points, random_ends, random_points
from polyregions.statistics.summaries import mean_of

#: The axes of the plane are its boundaries.
CROSS = Network.from_arrays([(np.eye(2), [0, 0]), ([[1, 1]], [0])])
SQUARE = Box.cube(2, -1, 1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"widths": [2, 1]}, "widths: expected"),
        ({"widths": 3}, "widths: expected a list"),
        ({"widths": [2, 0, 1]}, "at least 1, got 0"),
        ({"init": "magic"}, "init 'magic' is unknown"),
        ({"bias_std": 0}, "bias_std"),
        ({"bias_std": float("nan")}, "bias_std"),
        ({"networks": 1}, "networks must be a whole number, at least 2, got 1"),
        ({"networks": 2.0}, "networks must be a whole number"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
    ],
)
def test_laws_that_cannot_be_drawn(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        Ensemble(**{"widths": [2, 3, 1], **options})


def test_the_same_networks_however_often_they_are_drawn() -> None:
    ensemble = Ensemble(np.array([2, 3, 1]), networks=3, seed=5)
    assert (ensemble.widths, ensemble.n_units) == ((2, 3, 1), 3)
    assert list(ensemble.draw()) == list(ensemble.draw())
    assert len(set(ensemble.draw())) == 3
    assert list(ensemble.draw()) != list(Ensemble([2, 3, 1], networks=3, seed=6).draw())


def test_means_stand_beside_what_theory_says_exactly() -> None:
    ensemble = Ensemble([1, 4, 1], networks=200)
    sampling = Sampling(Box([-1], [1]), lines=5, points=5)
    done: list[tuple[int, int]] = []
    measured = measure_all(ensemble, sampling, lambda *counts: done.append(counts))
    assert done == [(n, 200) for n in range(1, 201)]
    theory = Expectations(ensemble, sampling, samples=100)
    assert (theory.n, theory.d) == (4, 1)
    assert theory.c_grad == gradient_bound([1, 4, 1], "he")
    regions = compare(measured, theory)[0]
    exact = next(t for t in regions.theory if t.relation == "=")
    assert exact.value is not None
    assert abs(regions.measured["mean"] - exact.value) < 4 * regions.measured["standard_error"]
    # On a line, a network of one layer has a region more than it has bends in the box.
    assert regions.measured == mean_of([m.regions for m in measured])
    assert [m.regions for m in measured] == [
        1 + sum(abs(b) < abs(w) for w, b in zip(net.layers[0].weight[:, 0], net.layers[0].bias, strict=True))
        for net in ensemble.draw()
    ]


def test_what_does_not_fit_each_other() -> None:
    ensemble, sampling = Ensemble([3, 2, 1], networks=2), Sampling(SQUARE, 2, 2)
    for call in (lambda: measure_all(ensemble, sampling), lambda: Expectations(ensemble, sampling, 10)):
        with pytest.raises(InvalidInputError, match="dimension 2, and the networks have 3 inputs"):
            call()
    fitting = Expectations(Ensemble([2, 2, 1], networks=2), sampling, 10)
    with pytest.raises(InvalidInputError, match="no measured networks"):
        compare([], fitting)
    for options in ({"box": [0, 1]}, {"lines": 0}, {"points": True}):
        with pytest.raises(InvalidInputError):
            Sampling(**{"box": SQUARE, **options})


def test_the_axes() -> None:
    found = measure(CROSS, Sampling(SQUARE, lines=20, points=30), 1, 2)
    assert found.regions == 4
    totals = {(v.boundary, v.k): v.total for v in found.volumes}
    assert totals["activation", 1] == pytest.approx(4)
    assert totals["activation", 2] == pytest.approx(1)
    starts, ends = random_ends(SQUARE, 20, np.random.default_rng(1))
    assert found.lines.counts.tolist() == (1 + ((starts < 0) != (ends < 0)).sum(axis=1)).tolist()
    points = random_points(SQUARE, 30, np.random.default_rng(2))
    assert found.distances.distance == pytest.approx(np.abs(points).min(axis=1))


def test_many_inputs_have_lines_and_distances_only() -> None:
    net = Network.from_arrays([(np.eye(6), np.zeros(6)), (np.ones((1, 6)), [0])])
    found = measure(net, Sampling(Box.cube(6, -1, 1), lines=2, points=2), 0, 0)
    assert (found.regions, found.volumes, len(found.lines), len(found.distances)) == (None, (), 2, 2)


def test_what_would_not_end_is_refused() -> None:
    wide = Network.from_arrays([(np.ones((1000, 2)), np.zeros(1000)), (np.ones((1, 1000)), [0])])
    with pytest.raises(TooLargeError, match="about 5e\\+05 regions for 1,000 units and 2 inputs, and 9 is"):
        check_size(wide, Sampling(SQUARE), most_regions=9)
    check_size(wide, Sampling(SQUARE))
    for check in (check_lines, check_points):
        with pytest.raises(TooLargeError, match="GiB are free; ask for fewer"):
            check(10**15, CROSS)
        check(10, CROSS)


def test_points_reach_no_further_than_the_box() -> None:
    wide = Box([-1e308, 0], [1e308, 5e-324])
    points = random_points(wide, 1000, np.random.default_rng(0))
    assert np.isfinite(points).all()
    assert wide.contains(points).all()
