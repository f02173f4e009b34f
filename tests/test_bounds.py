"""Bounds against the numbers of the literature, against each other, and against enumerations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from polyregions import Box, Network, enumerate_regions
from polyregions.bounds import (
    maxout_layer,
    montufar_2014,
    montufar_2017,
    pascanu_2013,
    raghu_2017,
    regions_in_general_position,
    relu_bounds,
    serra_lower,
    serra_upper,
)
from polyregions.errors import InvalidInputError

#: n0, widths, Pascanu 2013, Montufar 2014, Serra lower (None: its hypothesis fails), Serra upper,
#: Montufar 2017, Raghu 2017.
TABLE = [
    (1, (2, 2), 6, 6, None, 9, 9, 9),
    (1, (3, 3, 3), 36, 36, 64, 64, 64, 64),
    (2, (4,), 11, 11, 11, 11, 11, 11),
    (2, (4, 4), 22, 44, None, 121, 121, 121),
    (2, (4, 4, 4), 44, 176, None, 1331, 1331, 1331),
    (2, (5, 3), 14, 28, None, 112, 112, 256),
    (2, (2, 8), 37, 37, None, 56, 148, 1369),
    (2, (8, 2), 16, 64, 100, 148, 148, 1369),
    (2, (6, 6, 6), 198, 1782, 5632, 10648, 10648, 10648),
    (3, (6, 6), 84, 336, None, 1764, 1764, 1764),
    (3, (3, 9, 3), 24, 216, None, 2127, 8320, 2197000),
    (4, (8, 8), 326, 2608, None, 26569, 26569, 26569),
]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0]}-{row[1]}")
def test_table(row: tuple[int, ...]) -> None:
    inputs, widths, *expected = row
    bounds = (pascanu_2013, montufar_2014, serra_lower, serra_upper, montufar_2017, raghu_2017)
    assert [bound(inputs, widths).value for bound in bounds] == expected


def test_serra_sums_what_it_says() -> None:
    """The sum over all tuples, written out."""
    from math import comb, prod

    for inputs, widths in ((2, (3, 4)), (3, (4, 2, 5)), (2, (2, 8)), (1, (5, 5))):
        total = 0
        for js in itertools.product(*(range(n + 1) for n in widths)):
            ranks = [inputs]
            for n, j in zip(widths, js, strict=True):
                ranks.append(min(ranks[-1], n - j))
            if all(j <= rank for j, rank in zip(js, ranks, strict=False)):
                total += prod(comb(n, j) for n, j in zip(widths, js, strict=True))
        assert serra_upper(inputs, widths).value == total


def test_lower_bounds_are_below_upper_bounds() -> None:
    for inputs in (1, 2, 3):
        for widths in itertools.product(range(1, 10, 2), repeat=2):
            bounds = relu_bounds(inputs, widths)
            lower = [b.value for b in bounds if b.kind == "lower" and b.value is not None]
            upper = [b.value for b in bounds if b.kind == "upper" and b.value is not None]
            assert max(lower, default=1) <= min(upper)
            assert all(b.applies == (not b.reason) for b in bounds)
            values = {b.name: b.value for b in bounds if b.kind == "upper"}
            assert values["Serra et al. 2018"] <= values["Montufar 2017"] <= values["Raghu et al. 2017"]


@pytest.mark.parametrize(("d", "widths"), [(1, (4, 4)), (2, (5, 4)), (2, (2, 6)), (3, (4, 3))])
def test_no_network_has_more(d: int, widths: tuple[int, ...]) -> None:
    sizes = (d, *widths)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        pairs = [(rng.normal(size=(n, m)), rng.normal(size=n)) for m, n in itertools.pairwise(sizes)]
        net = Network.from_arrays([*pairs, (np.ones((1, widths[-1])), [0])])
        cx = enumerate_regions(net, Box.cube(d, -9, 9))
        for bound in relu_bounds(d, widths):
            if bound.kind == "upper":
                assert cx.n_regions <= bound.value


@pytest.mark.parametrize(
    ("inputs", "ranks", "regions"),
    [
        (1, (3, 4), 6),
        (2, (3, 3), 9),
        (2, (3, 3, 3), 19),
        (2, (4, 2, 3), 18),
        (2, (2, 2, 2, 2), 11),
        (3, (3, 3, 3), 27),
        (3, (2, 3, 2, 2), 22),
    ],
)
def test_maxout_layers(inputs: int, ranks: tuple[int, ...], regions: int) -> None:
    assert maxout_layer(inputs, ranks) == regions
    assert maxout_layer(inputs, [2] * 5) == regions_in_general_position(5, inputs)


def test_wrong_shapes() -> None:
    for inputs, widths in ((0, (2,)), (2, ()), (2, (3, 0)), (2, (3, 2.0)), (True, (2,))):
        with pytest.raises(InvalidInputError):
            relu_bounds(inputs, widths)
    with pytest.raises(InvalidInputError, match="at least 0"):
        regions_in_general_position(-1, 2)
