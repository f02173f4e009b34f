"""What Hanin and Rolnick measure of random and of trained networks: lines, distances, boundary volumes."""

from .lines import LineRegions, line_regions

__all__ = ["LineRegions", "line_regions"]
