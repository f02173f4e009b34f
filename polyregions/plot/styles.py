"""How the boundaries of each hidden layer look: a colour and a line style that tell any two layers apart.

Code counts hidden layers from 0, as the arrays of a result do; pictures and texts count them from 1.

The five colours differ from each other by at least 15 (CIEDE2000) in normal vision and in the two most
frequent kinds of colour blindness, deuteranopia and protanopia; a test computes it. After every five layers
the colours come again, with other dashes.
"""

from __future__ import annotations

from typing import Any

# Colours of the layers, in turn: the first is nearly black, all are darker than any region.
LAYER_COLOURS = ("#10182b", "#a3123a", "#e08a00", "#0a8f86", "#1f6fe0")
#: Dashes of the first five layers, of the next five, ...: none, or strokes and gaps in widths of the line.
LAYER_DASHES: tuple[tuple[float, ...], ...] = ((), (4.0, 1.6), (1.0, 1.6), (6.0, 1.6, 1.0, 1.6))


def layer_colour(layer: int) -> str:
    """Colour of the boundaries of a hidden layer (0, 1, ...)."""
    return LAYER_COLOURS[layer % len(LAYER_COLOURS)]


def layer_line(layer: int) -> Any:
    """Line style of the boundaries of a hidden layer (0, 1, ...), as matplotlib takes it."""
    dashes = LAYER_DASHES[layer // len(LAYER_COLOURS) % len(LAYER_DASHES)]
    return (0, dashes) if dashes else "solid"


def layer_width(layer: int) -> float:
    """How wide the boundaries of a hidden layer (0, 1, ...) are beside those of the first."""
    return float(max(0.55, 0.85**layer))


def layer_name(layer: int) -> str:
    """What a hidden layer (0, 1, ...) is called in pictures: the first is layer 1.

    >>> layer_name(0)
    'layer 1'
    """
    return f"layer {layer + 1}"


def layer_handle(layer: int, label: str, width: float = 2.2) -> Any:
    """A line for a legend that looks like the boundaries of a layer."""
    from matplotlib.lines import Line2D

    return Line2D(
        [], [], color=layer_colour(layer), linestyle=layer_line(layer), linewidth=width, label=label
    )
