"""What colour each region has: a pattern, a decision, or a number."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from ..base.arrays import FloatArray, IntArray, StateArray
from ..complex.regions import Regions


def pattern_colours(cx: Regions) -> FloatArray:
    """Return a soft colour for each region, rgb float64 (regions, 3).

    It is a function of the pattern alone, the same in every process and on every machine.
    """
    return state_colours(cx.states)


def state_colours(states: StateArray) -> FloatArray:
    """Return a soft colour for each row of states, rgb float64 (n, 3): equal rows have equal colours."""
    rows = np.ascontiguousarray(states)
    digests = (hashlib.blake2b(row.tobytes(), digest_size=4).digest() for row in rows)
    hashes = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 4) / 256
    hue = 2 * np.pi * (hashes[:, 0] + hashes[:, 1] / 256)
    lightness = 0.84 + 0.11 * hashes[:, 2]
    chroma = 0.03 + 0.05 * hashes[:, 3]
    return oklab_to_rgb(lightness, chroma * np.cos(hue), chroma * np.sin(hue))


def decision_colours(decisions: IntArray) -> FloatArray:
    """Return a soft colour for each decision, rgb float64 (n, 3): hues of the first few lie far apart."""
    hue = np.pi * (3 - np.sqrt(5)) * decisions
    return oklab_to_rgb(np.full(len(hue), 0.88), 0.08 * np.cos(hue), 0.08 * np.sin(hue))


def value_colours() -> Any:
    """The colour map of numbers: from nearly white to blue, evenly darker, light enough for lines on it."""
    from matplotlib.colors import ListedColormap

    t = np.linspace(0, 1, 256)
    hue, chroma = np.pi * (0.55 + 0.85 * t), 0.05 + 0.07 * t
    colours = oklab_to_rgb(0.975 - 0.4 * t, chroma * np.cos(hue), chroma * np.sin(hue))
    # What has no number is white: grey is what a result does not cover.
    return ListedColormap(colours.tolist(), name="polyregions").with_extremes(bad="white")


def oklab_to_rgb(lightness: FloatArray, a: FloatArray, b: FloatArray) -> FloatArray:
    """Convert Oklab to sRGB (B. Ottosson, 2020): equal steps look equal, whatever the hue."""
    long = lightness + 0.3963377774 * a + 0.2158037573 * b
    medium = lightness - 0.1055613458 * a - 0.0638541728 * b
    short = lightness - 0.0894841775 * a - 1.2914855480 * b
    linear = np.stack([long, medium, short], axis=1) ** 3 @ np.array(
        [
            [4.0767416621, -1.2684380046, -0.0041960863],
            [-3.3077115913, 2.6097574011, -0.7034186147],
            [0.2309699292, -0.3413193965, 1.7076147010],
        ]
    )
    linear = np.clip(linear, 0, 1)
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))
