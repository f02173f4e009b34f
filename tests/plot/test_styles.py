"""Layers are told apart by everybody: colours differ as colour-blind readers see them, or lines do."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from polyregions.plot.styles import LAYER_COLOURS, layer_colour, layer_handle, layer_line, layer_name

#: G. M. Machado, M. M. Oliveira, L. A. F. Fernandes (2009), severity 1, for linear sRGB.
VISIONS = {
    "normal": np.eye(3),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
LEAST = 15.0


def lab(colour: str, vision: str = "normal") -> Any:
    """CIE L*a*b* (D65) of a colour as somebody sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISIONS[vision] @ linear, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750]]
    to_xyz += [[0.0193339, 0.1191920, 0.9503041]]
    xyz = np.array(to_xyz) @ seen / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def difference(one: Any, two: Any) -> float:
    """CIEDE2000."""
    (L1, a1, b1), (L2, a2, b2) = one, two
    mean = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(mean**7 / (mean**7 + 25**7))
    C1, C2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1, h2 = (np.degrees(np.arctan2(b, stretch * a)) % 360 for a, b in ((a1, b1), (a2, b2)))
    turn = 0.0 if C1 * C2 == 0 else (h2 - h1 + 180) % 360 - 180
    dH = 2 * np.sqrt(C1 * C2) * np.sin(np.radians(turn) / 2)
    L, C = (L1 + L2) / 2, (C1 + C2) / 2
    h = h1 + h2 if C1 * C2 == 0 else (h1 + turn / 2) % 360

    def cos(degrees: float) -> float:
        return float(np.cos(np.radians(degrees)))

    T = 1 - 0.17 * cos(h - 30) + 0.24 * cos(2 * h) + 0.32 * cos(3 * h + 6) - 0.2 * cos(4 * h - 63)
    dL = (L2 - L1) / (1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2))
    dC, dH = (C2 - C1) / (1 + 0.045 * C), dH / (1 + 0.015 * C * T)
    angle = 60 * np.exp(-(((h - 275) / 25) ** 2))
    rotation = -2 * np.sqrt(C**7 / (C**7 + 25**7)) * np.sin(np.radians(angle))
    return float(np.sqrt(dL**2 + dC**2 + dH**2 + rotation * dC * dH))


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [  # G. Sharma, W. Wu, E. N. Dalal (2005), table 1
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_the_published_one(one: Any, two: Any, expected: float) -> None:
    assert difference(one, two) == pytest.approx(expected, abs=5e-5)


def test_the_simulation_sees_what_is_alike() -> None:
    """Else the test below would pass for nothing: a red and a green that deuteranopes cannot tell apart."""
    red, green = "#b8285a", "#2e7d52"
    assert difference(lab(red), lab(green)) > 40
    assert difference(lab(red, "deuteranopia"), lab(green, "deuteranopia")) < 1


def test_all_pairs_of_layers_differ() -> None:
    alike = []
    for i, j in combinations(range(20), 2):
        if layer_line(i) != layer_line(j):
            continue
        for vision in VISIONS:
            found = difference(lab(layer_colour(i), vision), lab(layer_colour(j), vision))
            if found < LEAST:
                alike.append((layer_name(i), layer_name(j), vision, found))
    assert alike == []
    # Colours alone tell the first five apart, and lines alone those of one colour.
    assert len({layer_line(i) for i in range(5)}) == 1
    assert len({(layer_colour(i), str(layer_line(i))) for i in range(20)}) == 20


def test_the_first_layer_is_layer_1() -> None:
    assert [layer_name(i) for i in range(3)] == ["layer 1", "layer 2", "layer 3"]
    handle = layer_handle(len(LAYER_COLOURS) + 1, "name")
    assert (handle.get_color(), handle.get_label()) == (LAYER_COLOURS[1], "name")
    assert handle.is_dashed()
