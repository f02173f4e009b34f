"""A network once more, in ``fractions.Fraction``: the definitions and nothing else.

Of the library it uses the arrays in which a layer is stored; every rule (what a state is, what a layer
computes, what an affine form is) is written down here a second time, and slowly.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from scipy.sparse import issparse

from polyregions.network.kinds import make_layer
from polyregions.network.layers import Layer, linear, mixed

Form = list[Fraction]  # (d + 1): coefficients and constant

PARAMETERS: dict[str, dict[str, Any]] = {
    "leaky_relu": {"slope": -0.3},
    "piecewise": {"breakpoints": [-0.4, 0.1, 0.7], "slopes": [0.5, -1.0, 2.0, 0.1]},
}
KINDS = (
    "relu",
    "leaky_relu",
    "abs",
    "hard_tanh",
    "piecewise",
    "linear",
    "maxout2",
    "maxout3",
    "maxout1",
    "mixed",
)


def fractions(values: Iterable[Any]) -> list[Fraction]:
    return [Fraction(float(v)) for v in values]


@dataclass(frozen=True)
class Output:
    """One output of a layer: a function of its rows."""

    rows: range
    breakpoints: list[Fraction]
    slopes: list[Fraction]
    has_state: bool

    def state(self, z: Sequence[Fraction]) -> int:
        own = [z[r] for r in self.rows]
        if len(own) > 1:
            return own.index(max(own))
        return sum(own[0] > t for t in self.breakpoints)

    def value(self, z: Sequence[Fraction]) -> Fraction:
        if len(self.rows) > 1:
            return max(z[r] for r in self.rows)
        return self.f(z[self.rows[0]])

    def f(self, z: Fraction) -> Fraction:
        """f(z) as the integral of the slopes from 0 to z."""
        t = self.breakpoints
        total = Fraction(0)
        for s, slope in enumerate(self.slopes):
            low, high = min(z, Fraction(0)), max(z, Fraction(0))
            if s > 0:
                low = max(low, t[s - 1])
            if s < len(t):
                high = min(high, t[s])
            total += slope * max(high - low, Fraction(0))
        return total if z > 0 else -total

    def piece(self, s: int, z: Sequence[Form]) -> Form:
        if len(self.rows) > 1:
            return z[self.rows[s]]
        form, slope = z[self.rows[0]], self.slopes[s]
        anchor = self.breakpoints[s - 1 if s else 0] if self.breakpoints else Fraction(0)  # of the piece
        constant = self.f(anchor) - slope * anchor
        return [*(slope * v for v in form[:-1]), slope * form[-1] + constant]


def outputs_of(layer: Layer) -> list[Output]:
    outputs, first = [], 0
    weight = np.asarray(layer.weight.todense()) if issparse(layer.weight) else layer.weight
    forms = [(*row, b) for row, b in zip(weight.tolist(), layer.bias.tolist(), strict=True)]
    for part in layer.parts:
        for rank, t, slopes in zip(part.ranks.tolist(), part.breakpoints, part.slopes, strict=True):
            rows = range(first, first + rank)
            differ = len({forms[r] for r in rows}) > 1 or len(set(slopes.tolist())) > 1
            outputs.append(Output(rows, fractions(t), fractions(slopes), differ))
            first += rank
    return outputs


def forward(layers: Sequence[Layer], x: Iterable[Any]) -> tuple[list[Fraction], list[int]]:
    """Output and states at one point, which is read as the exact rational it is."""
    y = [Fraction(v) for v in x]
    states: list[int] = []
    for layer in layers:
        z = [
            sum((w * v for w, v in zip(fractions(row), y, strict=True)), Fraction(float(b)))
            for row, b in zip(layer.dense, layer.bias, strict=True)
        ]
        outputs = outputs_of(layer)
        states += [output.state(z) for output in outputs if output.has_state]
        y = [output.value(z) for output in outputs]
    return y, states


def forms(layers: Sequence[Layer], pattern: Iterable[int]) -> tuple[list[list[Form]], list[Form]]:
    """Pre-activations of every layer and the output, as affine forms in (x, 1), under a pattern."""
    states = [int(s) for s in pattern]
    d = layers[0].n_inputs
    y = [[Fraction(int(i == j)) for j in range(d + 1)] for i in range(d)]
    pre = []
    for layer in layers:
        z = []
        for row, b in zip(layer.dense, layer.bias, strict=True):
            form = [Fraction(0)] * d + [Fraction(float(b))]
            for w, below in zip(fractions(row), y, strict=True):
                form = [a + w * v for a, v in zip(form, below, strict=True)]
            z.append(form)
        pre.append(z)
        y = [output.piece(states.pop(0) if output.has_state else 0, z) for output in outputs_of(layer)]
    assert not states
    return pre, y


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


def random_layer(rng: np.random.Generator, n: int, kind: str, width: int) -> Layer:
    """A dense layer with normal weights; "maxout3" has rank 3, "mixed" units of several kinds."""
    if kind == "mixed":
        parts = rng.choice(["linear", "relu", "maxout3", "hard_tanh", "leaky_relu", "maxout1"], size=width)
        return mixed([random_layer(rng, n, part, 1) for part in parts.tolist()])
    if kind.startswith("maxout"):
        rank = int(kind[-1])
        W, b = rng.normal(size=(width, rank, n)) / np.sqrt(n), 0.3 * rng.normal(size=(width, rank))
        return make_layer("maxout", W, b)
    W, b = rng.normal(size=(width, n)) / np.sqrt(n), 0.3 * rng.normal(size=width)
    return make_layer(kind, W, b, **PARAMETERS.get(kind, {}))


def random_layers(rng: np.random.Generator, d: int, kinds: Sequence[str], width: int) -> list[Layer]:
    layers, n = [], d
    for kind in kinds:
        layers.append(random_layer(rng, n, kind, width))
        n = width
    return [*layers, linear(rng.normal(size=(2, n)), rng.normal(size=2))]
