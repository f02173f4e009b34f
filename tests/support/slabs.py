"""Volumes of half-spaces in boxes in closed form, by inclusion and exclusion over the box's corners."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from math import factorial, prod

from polyregions import Box


def below(weights: Sequence[float], level: float, box: Box) -> Fraction:
    """Volume of the box where ``weights . x <= level``.

    With all weights positive it is the sum over the corners of ``(-1)^u (level - w . v)_+^d / (d! prod w)``,
    u being the upper sides of corner v: each term is what the plane cuts off the cone from v upwards.
    """
    slopes, sides, rest, start = [], [], Fraction(1), Fraction(level)
    for w, low, high in zip(map(Fraction, weights), box.lower.tolist(), box.upper.tolist(), strict=True):
        side = Fraction(high) - Fraction(low)
        if w == 0:
            rest *= side
            continue
        start -= w * Fraction(low if w > 0 else high)
        slopes.append(abs(w))
        sides.append(side)
    d = len(slopes)
    if d == 0:
        return rest if start >= 0 else Fraction(0)
    total = Fraction(0)
    for upper in product((0, 1), repeat=d):
        height = start - sum((a * s for a, s, u in zip(slopes, sides, upper, strict=True) if u), Fraction(0))
        total += (-1) ** sum(upper) * max(height, Fraction(0)) ** d
    return rest * total / (factorial(d) * prod(slopes))
