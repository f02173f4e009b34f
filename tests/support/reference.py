"""A network once more, in ``fractions.Fraction``: the definitions and nothing else.

Of the library it uses the arrays in which a layer is stored; every rule (what a state is, what a layer
computes, what an affine form is) is written down here a second time, and slowly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from polyregions.network.layers import Layer, MaxoutLayer, ScalarLayer, linear, make_layer

Form = list[Fraction]  # (d + 1): coefficients and constant

PARAMETERS: dict[str, dict[str, Any]] = {
    "leaky_relu": {"slope": -0.3},
    "piecewise": {"breakpoints": [-0.4, 0.1, 0.7], "slopes": [0.5, -1.0, 2.0, 0.1]},
}
KINDS = ("relu", "leaky_relu", "abs", "hard_tanh", "piecewise", "linear", "maxout2", "maxout3", "maxout1")


def fractions(values: Iterable[Any]) -> list[Fraction]:
    return [Fraction(float(v)) for v in values]


def scalar_value(layer: ScalarLayer, z: Fraction) -> Fraction:
    """f(z) as the integral of the slopes from 0 to z."""
    t, slopes = fractions(layer.breakpoints), fractions(layer.slopes)
    total = Fraction(0)
    for s, slope in enumerate(slopes):
        low, high = min(z, Fraction(0)), max(z, Fraction(0))
        if s > 0:
            low = max(low, t[s - 1])
        if s < len(t):
            high = min(high, t[s])
        total += slope * max(high - low, Fraction(0))
    return total if z > 0 else -total


def scalar_state(layer: ScalarLayer, z: Fraction) -> int:
    return sum(z > t for t in fractions(layer.breakpoints))


def units_of(layer: MaxoutLayer) -> list[range]:
    """Pieces of each unit."""
    units, first = [], 0
    for rank in layer.ranks.tolist():
        units.append(range(first, first + rank))
        first += rank
    return units


def forward(layers: Sequence[Layer], x: Iterable[Any]) -> tuple[list[Fraction], list[int]]:
    """Output and states at one point, which is read as the exact rational it is."""
    y = [Fraction(v) for v in x]
    states: list[int] = []
    for layer in layers:
        z = [
            sum((w * v for w, v in zip(fractions(row), y, strict=True)), Fraction(float(b)))
            for row, b in zip(layer.weight, layer.bias, strict=True)
        ]
        if isinstance(layer, MaxoutLayer):
            y = [max(z[k] for k in unit) for unit in units_of(layer)]
            states += [[z[k] for k in unit].index(top) for unit, top in zip(units_of(layer), y, strict=True)]
        else:
            if layer.kind != "linear":
                states += [scalar_state(layer, v) for v in z]
            y = [scalar_value(layer, v) for v in z]
    return y, states


def forms(layers: Sequence[Layer], pattern: Iterable[int]) -> tuple[list[list[Form]], list[Form]]:
    """Pre-activations of every layer and the output, as affine forms in (x, 1), under a pattern."""
    states = [int(s) for s in pattern]
    d = layers[0].n_inputs
    y = [[Fraction(int(i == j)) for j in range(d + 1)] for i in range(d)]
    pre = []
    for layer in layers:
        z = []
        for row, b in zip(layer.weight, layer.bias, strict=True):
            form = [Fraction(0)] * d + [Fraction(float(b))]
            for w, below in zip(fractions(row), y, strict=True):
                form = [a + w * v for a, v in zip(form, below, strict=True)]
            z.append(form)
        pre.append(z)
        if isinstance(layer, MaxoutLayer):
            y = [z[unit[states.pop(0)]] for unit in units_of(layer)]
        elif layer.kind == "linear":
            y = z
        else:
            y = [_piece(layer, states.pop(0), form) for form in z]
    assert not states
    return pre, y


def _piece(layer: ScalarLayer, s: int, form: Form) -> Form:
    slope = Fraction(float(layer.slopes[s]))
    anchor = Fraction(float(layer.breakpoints[s - 1 if s else 0]))  # a point of the piece
    constant = scalar_value(layer, anchor) - slope * anchor
    return [*(slope * v for v in form[:-1]), slope * form[-1] + constant]


def evaluate(form: Form, x: Iterable[Any]) -> Fraction:
    return sum((a * Fraction(v) for a, v in zip(form[:-1], x, strict=True)), form[-1])


def proportional(row: Iterable[Any], form: Form) -> bool:
    """Whether the integer row is a positive multiple of the form (or both are zero)."""
    numbers = [int(v) for v in row]
    lead = next((k for k, v in enumerate(form) if v), None)
    if lead is None:
        return not any(numbers)
    factor = numbers[lead] / form[lead]
    return factor > 0 and all(v == factor * a for v, a in zip(numbers, form, strict=True))


def random_layers(rng: np.random.Generator, d: int, kinds: Sequence[str], width: int) -> list[Layer]:
    """Dense layers with normal weights; "maxout3" is maxout of rank 3."""
    layers, n = [], d
    for kind in kinds:
        if kind.startswith("maxout"):
            rank = int(kind[-1])
            W, b = rng.normal(size=(width, rank, n)) / np.sqrt(n), 0.3 * rng.normal(size=(width, rank))
            layers.append(make_layer("maxout", W, b))
        else:
            W, b = rng.normal(size=(width, n)) / np.sqrt(n), 0.3 * rng.normal(size=width)
            layers.append(make_layer(kind, W, b, **PARAMETERS.get(kind, {})))
        n = width
    return [*layers, linear(rng.normal(size=(2, n)), rng.normal(size=2))]
