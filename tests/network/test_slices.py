"""Inputs that do not move: the regions are those of the slice, exactly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.networks import facets, random_network

from polyregions import Box, enumerate_regions
from polyregions.errors import InvalidBoxError, InvalidInputError
from polyregions.network.slices import fix_inputs

NET = random_network(3, 3, ["relu", "maxout3"], 5)


def test_nothing_is_rounded() -> None:
    """0.1 and 1e-30 have no short form; states are those of the whole network."""
    network, box, free = fix_inputs(NET, [-1, 0.1, 1e-30], [1, 0.1, 1])
    assert (network.input_dim, box, free.tolist()) == (2, Box([-1, 1e-30], [1, 1]), [0, 2])
    t = np.random.default_rng(0).uniform(box.lower, box.upper, size=(1000, 2))
    x = np.column_stack([t[:, 0], np.full(1000, 0.1), t[:, 1]])
    assert (network.states(t) == NET.states(x)).all()
    assert network(t) == pytest.approx(NET(x))


@pytest.mark.parametrize("engine", ["subdivide", "traverse", "brute"])
def test_the_regions_of_a_slice(engine: str) -> None:
    network, box, _ = fix_inputs(NET, [-1, 0.25, -1], [1, 0.25, 1])
    restricted = NET.restrict([0, 0.25, 0], [[1, 0, 0], [0, 0, 1]])
    cx = enumerate_regions(network, box, engine=engine)
    if (restricted.layers[0].weight == NET.layers[0].weight[:, [0, 2]]).all():
        assert cx.n_regions == enumerate_regions(restricted, box).n_regions
    assert facets(cx) == facets(enumerate_regions(network, box))
    cx.check()


def test_without_fixed_inputs_nothing_changes() -> None:
    network, box, free = fix_inputs(NET, [-1, -2, -3], [1, 2, 3])
    assert network is NET
    assert (box, free.tolist()) == (Box([-1, -2, -3], [1, 2, 3]), [0, 1, 2])


@pytest.mark.parametrize(
    ("lower", "upper", "message"),
    [
        ([0, 0, 0], [0, 0, 0], "every input is fixed"),
        ([0, 0, 2], [0, 1, 1], "dimension 2 is inverted"),
        ([0, 0], [0, 1], "3 inputs, lower has 2 entries"),
        ([0, 0, np.nan], [0, 1, 1], "lower must be finite"),
        ([0, 0, "a"], [0, 1, 1], "lower: expected real numbers"),
    ],
)
def test_refuses_bounds(lower: Any, upper: Any, message: str) -> None:
    with pytest.raises(InvalidBoxError, match=message):
        fix_inputs(NET, lower, upper)


def test_refuses_what_is_no_network() -> None:
    model: Any = [[1.0]]
    with pytest.raises(InvalidInputError, match="expected a Network, got list"):
        fix_inputs(model, [0], [1])


def test_a_box_names_the_way_out() -> None:
    with pytest.raises(InvalidBoxError, match=r"dimension 1 is empty.*fix_inputs"):
        Box([0, 1], [1, 1])
    with pytest.raises(InvalidBoxError) as caught:
        Box([0, 2], [1, 1])
    assert "fix_inputs" not in str(caught.value)


def test_the_command_line_fixes_inputs(tmp_path: Any) -> None:
    from click.testing import CliRunner

    from polyregions.cli import main

    NET.save(tmp_path / "net.json")
    sides = ["--box", "-1", "1", "--box", "0.25", "0.25", "--box", "-1", "1"]
    result = CliRunner().invoke(main, ["enumerate", str(tmp_path / "net.json"), *sides, "--json", "-"])
    network, box, _ = fix_inputs(NET, [-1, 0.25, -1], [1, 0.25, 1])
    assert result.exit_code == 0
    assert f'"regions": {enumerate_regions(network, box).n_regions},' in result.stdout
    assert '"fixed": {' in result.stdout
    assert '"1": 0.25' in result.stdout
