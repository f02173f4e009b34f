"""Pictures, with matplotlib: of regions, of how they come to be, of folds, of maxout units, of bounds."""

from __future__ import annotations

from .bands import draw_bands, draw_breakpoints, draw_function
from .bounds import plot_shallow_and_deep
from .colours import pattern_colours
from .envelopes import plot_maxout
from .flat import draw_boundaries, draw_decision, draw_graph, draw_regions
from .folding import plot_folding
from .growth import plot_growth
from .regions import check_plot, plot_regions
from .solid import draw_cells

__all__ = [
    "check_plot",
    "draw_bands",
    "draw_boundaries",
    "draw_breakpoints",
    "draw_cells",
    "draw_decision",
    "draw_function",
    "draw_graph",
    "draw_regions",
    "pattern_colours",
    "plot_folding",
    "plot_growth",
    "plot_maxout",
    "plot_regions",
    "plot_shallow_and_deep",
]
