"""Pictures, with matplotlib: of regions, of folds, of bounds."""

from __future__ import annotations

from .bounds import plot_shallow_and_deep
from .folding import plot_folding
from .regions import check_plot, pattern_colours, plot_regions

__all__ = ["check_plot", "pattern_colours", "plot_folding", "plot_regions", "plot_shallow_and_deep"]
